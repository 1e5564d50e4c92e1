"""A terminal that is asked for before there is a host is opened once, and what was said of it meanwhile goes."""

from __future__ import annotations

import pytest

from codepilot_tui.screens.awaited import AwaitedTerminal


class Screen:
    """Keeps what is typed, and shows what it is told."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}
        self.done: list[str] = []

    def tell(self, text: str, severity: str = "", *, about: str = "") -> None:
        self.told[about] = text

    def untrue(self, about: str) -> None:
        del self.told[about]

    def hold_keys(self, most: float):
        self.done.append("held")
        return lambda there: self.done.append("handed on" if there else "dropped")


@pytest.mark.parametrize(
    ("there", "done"), [(True, ["held", "opened", "handed on"]), (False, ["held", "dropped"])]
)
def test_what_is_said_while_it_is_awaited_is_not_said_any_more(there, done):
    screen = Screen()
    awaited = AwaitedTerminal(screen, lambda: screen.done.append("opened"))
    assert awaited.begin()
    assert list(screen.told.values()) == ["The terminals are still starting."]
    assert not awaited.begin(), "the first who asked waits"
    awaited.end(there)
    assert screen.told == {} and screen.done == done
    awaited.end(there)
    assert screen.done == done, "it is opened once"
    assert awaited.begin(), "and may be asked for again"
