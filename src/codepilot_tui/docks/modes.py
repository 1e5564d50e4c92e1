"""What a program is told to do where its options or a word in a certain place say so: tar, unzip, crontab, docker.

Sources: the manuals of GNU tar, Info-ZIP's unzip, crontab(1) and the docker command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codepilot_tui.docks.findings import named


@dataclass(frozen=True, slots=True)
class _Modes:
    """Options that choose what a program does: letters and long names."""

    lists: frozenset[str]
    acts: frozenset[str]
    takes: str
    """Letters behind which the rest of a bundle is a value."""
    prints: frozenset[str] = frozenset()
    """Options with which what it takes out goes to its output."""


_MODES = {
    "tar": _Modes(
        lists=named("t d list diff compare test-label"),
        acts=named("x c r u A extract get create append update concatenate catenate delete"),
        takes="fbCTXKLNVgHFI",
        prints=named("O to-stdout"),
    ),
    "unzip": _Modes(lists=named("l"), acts=frozenset(), takes="dPx"),
    "crontab": _Modes(lists=named("l"), acts=named("e r"), takes="u"),
}
_EXTRACTS = named("x extract get")
_GROUPS = named(
    "builder buildx compose container context image machine manifest network plugin pod stack system volume"
)
"""Words of docker and podman that have verbs of their own."""
_VALUES = named(
    "-c -f -H -l -p --ansi --config --connection --context --env-file --file --host --log-level --parallel --profile"
    " --project-directory --project-name --url"
)
"""Options before the verb that take the next word."""


def only_lists(name: str, values: Sequence[str]) -> bool:
    """Whether tar, unzip or crontab is told to show what there is, and nothing else.

    Args:
        name: of the program, without its folder.
        values: its arguments.
    """
    modes = _MODES.get(name)
    if modes is None:
        return False
    options = set(_options(modes, values, old_style=name == "tar"))
    acts = options & modes.acts
    if acts and acts <= _EXTRACTS:
        return bool(options & modes.prints)
    return not acts and bool(options & modes.lists)


def _options(modes: _Modes, values: Sequence[str], *, old_style: bool) -> list[str]:
    """The letters and long names among the arguments; `tar tf` has them without a dash."""
    found: list[str] = []
    for at, value in enumerate(values):
        if value == "--":
            break
        if value.startswith("--"):
            found.append(value[2:].split("=", 1)[0])
        elif value.startswith("-"):
            letters = value[1:]
            end = next((i + 1 for i, letter in enumerate(letters) if letter in modes.takes), len(letters))
            found.extend(letters[:end])
        elif at == 0 and old_style:
            found.extend(value)
    return found


def container_verb(values: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The verb of a docker or podman command, and what stands behind it; empty without one.

    Args:
        values: its arguments.
    """
    rest = list(values)
    while rest:
        word = rest.pop(0)
        if word in _VALUES:
            del rest[:1]
        elif not word.startswith("-") and word not in _GROUPS:
            return word, rest
    return "", rest
