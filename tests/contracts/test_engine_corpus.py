"""A corpus of what terminals must do, as data in `tests/corpora/terminal`, run against every engine.

What an engine does otherwise stands in `known_misses.yaml` with a reason; a miss that is none any more fails too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from codepilot.terminal import screen
from codepilot.terminal.engines import Engine, available, new_engine
from codepilot.terminal.screen import Row, Run, ScreenUpdate

FOLDER = Path(__file__).parents[1] / "corpora" / "terminal"
MISSES: dict[str, dict[str, str]] = yaml.safe_load((FOLDER / "known_misses.yaml").read_text())
CASES: list[dict[str, Any]] = [
    case | {"file": path.stem}
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.stem != "known_misses"
    for case in yaml.safe_load(path.read_text())
]
KEYS = {"name", "file", "size", "feed", "bytes", "any", "screen", "screen_in", "cursor", "runs", "wrapped", "history",
        "history_runs", "modes", "visible", "shape", "title", "directory", "replies", "replies_in", "replies_match",
        "effects", "size_is"}  # fmt: skip
ATTRIBUTES = ("bold", "faint", "italic", "underline", "blink", "inverse", "invisible", "strike", "overline")


def parts(case: dict[str, Any]) -> Iterator[bytes | list[int]]:
    """What is fed, and the sizes that the window takes in between."""
    if "bytes" in case:
        yield from map(bytes, case["bytes"])
        return
    feed = case["feed"]
    for part in feed if isinstance(feed, list) else [feed]:
        yield part["resize"] if isinstance(part, dict) else part.encode()


def colour(text: str) -> screen.Colour:
    return tuple(bytes.fromhex(text[1:])) if text.startswith("#") else int(text)  # type: ignore[return-value]


def as_run(item: Any) -> Run:
    text, style = (item, "") if isinstance(item, str) else item
    fields: dict[str, Any] = {"attributes": 0}
    for word in style.split():
        key, _, value = word.partition("=")
        if key == "link":
            fields["link"] = value
        elif value:
            fields[{"fg": "foreground", "bg": "background", "ul": "underline"}[key]] = colour(value)
        else:
            fields["attributes"] |= getattr(screen, key.upper())
    return Run(text, len(text), **fields)


def texts(rows: Any) -> list[str]:
    found = [row.text.rstrip() for row in rows]
    while found and not found[-1]:
        found.pop()
    return found


def check(engine: Engine, case: dict[str, Any]) -> None:
    update = engine.take_update(full=True)
    assert update is not None
    rows = list(update.rows.values())
    check_sane(update)
    if "screen" in case:
        assert texts(rows) == case["screen"]
    if "screen_in" in case:
        assert texts(rows) in case["screen_in"]
    if "cursor" in case:
        assert [update.cursor.x, update.cursor.y] == case["cursor"]
    if "visible" in case:
        assert update.cursor.visible is case["visible"]
    if "shape" in case:
        assert update.cursor.shape == case["shape"]
    for y, runs in case.get("runs", {}).items():
        assert rows[y].runs == tuple(map(as_run, runs))
    if "wrapped" in case:
        assert [y for y, row in enumerate(rows) if row.wrapped] == case["wrapped"]
    history = engine.history(0, 1000)
    assert len(history) == update.history
    if "history" in case:
        assert [row.text.rstrip() for row in history] == case["history"]
    for y, runs in case.get("history_runs", {}).items():
        assert history[y].runs == tuple(map(as_run, runs))
    for name, value in case.get("modes", {}).items():
        assert getattr(update.modes, name) == value, name
    if "title" in case:
        assert update.title == case["title"]
    if "directory" in case:
        assert update.directory == case["directory"]
    if "size_is" in case:
        assert [update.columns, update.lines] == case["size_is"]
    replies = engine.take_replies().decode()
    if "replies" in case:
        assert replies == case["replies"]
    if "replies_in" in case:
        assert replies in case["replies_in"]
    if "replies_match" in case:
        assert re.fullmatch(case["replies_match"], replies), replies
    if "effects" in case:
        found = [
            f"{'primary' if effect.target == 'primary' else effect.kind} {effect.text}".strip()
            for effect in engine.take_effects()
        ]
        assert found == case["effects"]


def check_sane(update: ScreenUpdate) -> None:
    assert list(update.rows) == list(range(update.lines))
    assert 0 <= update.cursor.x < update.columns and 0 <= update.cursor.y < update.lines
    for row in update.rows.values():
        assert isinstance(row, Row) and sum(run.width for run in row.runs) <= update.columns
        assert all(run.text and run.width for run in row.runs)


@pytest.mark.parametrize("name", ("ghostty", "bittty"))
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']}: {case['name']}")
def test_conformance(name: str, case: dict[str, Any], request: pytest.FixtureRequest) -> None:
    if name not in available():
        pytest.skip(f"{name} cannot be loaded here")
    reason = MISSES[name].get(case["name"])
    if reason is not None:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True, raises=AssertionError))
    engine = new_engine(*case.get("size", (20, 5)), prefer=name)
    for part in parts(case):
        if isinstance(part, bytes):
            engine.feed(part)
        else:
            engine.resize(*part)
    check(engine, case)
    engine.close()


def test_the_corpus_is_well_formed() -> None:
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names)) >= 300
    assert not [case["name"] for case in CASES if set(case) - KEYS]
    assert not [case["name"] for case in CASES if not set(case) - {"name", "file", "size", "feed", "bytes"}]
    for misses in MISSES.values():
        assert set(misses) <= set(names)
        assert all(len(reason) > 10 for reason in misses.values())
