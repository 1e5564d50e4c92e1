"""The keys that docs/sessions.md names are those that `--json` prints."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs/sessions.md"
DONE = "I look at it.\n\n```completion\nThe words are here.\n```\n"


def documented():
    """By command: the keys of the object, and of what its first key lists."""
    table = re.search(r"\| command \| keys \|\n\|---\|---\|\n((?:\|.*\n)+)", DOCS.read_text(encoding="utf-8"))
    found = {}
    for line in table[1].splitlines():
        _, command, keys, _ = line.split("|")
        outer, listed, inner = keys.partition(": for each")
        found[command.strip().strip("`")] = (
            re.findall(r"`(\w+)`", outer),
            re.findall(r"`(\w+)`", inner) if listed else [],
        )
    return found


@pytest.fixture
def kept(shop):
    shop.play(DONE, DONE)
    shop.run("Find the words", "--session", "one")
    shop.run("Say the words", "--session", "two")
    return shop


@pytest.fixture
def printed(kept, tmp_path):
    """What each command prints, in an order in which each has something to print."""

    def said(*words):
        return json.loads(kept.main(*words, "--json").out)

    def sessions(*words):
        return said("sessions", *words, "--dir", str(kept.work))

    export = tmp_path / "one.json"
    return {
        "list": sessions("list"),
        "show": sessions("show", "one"),
        "search": sessions("search", "words"),
        "rename": sessions("rename", "one", "A title"),
        "fork": sessions("fork", "one"),
        "export": sessions("export", "two", "-f", "json", "-o", str(export)),
        "import": sessions("import", str(export)),
        "delete": sessions("delete", "two"),
        "list --deleted": sessions("list", "--deleted"),
        "undelete": sessions("undelete", "two"),
        "stats": said("stats"),
        "doctor": said("doctor"),
    }


@pytest.mark.slow
def test_each_command_prints_the_documented_keys(printed):
    told = documented()
    assert set(told) == set(printed)
    session = told["list"][1]
    for command, (outer, inner) in told.items():
        value = printed[command]
        match command:
            case "show":
                assert (set(value), set(value["session"])) == ({"session", "events"}, set(session))
            case "fork":
                assert set(value) == set(session)
            case "export":
                assert set(value) == {"session", "format", "file"}
            case _:
                assert set(value) == set(outer), command
        if inner:
            (listed,) = [each for each in value.values() if isinstance(each, list)]
            assert listed and all(set(each) == set(inner) for each in listed), command
    fork = printed["fork"]
    assert set(fork["parent"]) == {"id", "n"} and fork["open_in"] is None
