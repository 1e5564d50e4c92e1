"""`codepilot replay`: a session shown again, and its calls carried out again."""

import pytest


def done(summary):
    return f"I look at it.\n\n```completion\n{summary}\n```\n"


@pytest.fixture
def kept(shop):
    shop.play(done("The first is done."))
    shop.run("Mend the parser", "--session", "one")
    return shop


def replayed(shop, *words):
    return shop.main("replay", *words, "--dir", str(shop.work))


def test_a_session_is_shown_again(kept):
    result = replayed(kept, "one", "--speed", "0")
    assert result.code == 0
    assert result.out == kept.main("sessions", "show", "one", "--dir", str(kept.work)).out
    assert "The first is done." in replayed(kept, "on", "--speed", "1000").out


def test_its_events_come_one_by_one(kept):
    events = replayed(kept, "one", "--speed", "0", "--json").events
    # The look at the folder, in the background, may be over after a task that is as short as this one.
    types = [event["type"] for event in events if event["type"] != "checkpoint_seeded"]
    assert [types[0], types[-1]] == ["task_started", "task_finished"]


def test_what_cannot_be_shown_is_told(kept):
    assert replayed(kept, "other").code == 2
    result = replayed(kept, "one", "--speed", "-1")
    assert (result.code, "The speed of a replay is 0, or 0.001 or more" in result.err) == (2, True)


def block(code, prose="Now."):
    return f"{prose}\n\n```codepilot\n{code}\n```\n"


EDIT = """\
Mend it.

```codepilot
edit_file("calc.py")
execute("main", "python3 calc.py")
```

```python filename=calc.py
<<<<<<< SEARCH
    return a - b
=======
    return a + b
>>>>>>> REPLACE
```
"""
NEW = """\
Note it.

```codepilot
write_file("notes/log.txt")
print(read_file("notes/log.txt"))
```

```text filename=notes/log.txt
mended
```
"""


@pytest.fixture
def worked(shop):
    """A session with reads, edits, commands, a denial."""
    (shop.work / "calc.py").write_text("def add(a, b):\n    return a - b\n\nprint(add(2, 3))\n")
    (shop.work / "other.txt").write_text("untouched\n")
    shop.play(
        block('print(read_file("calc.py"))\nread_file("other.txt")'),
        EDIT,
        block(
            'execute("main", "date > when.txt; sleep 1.1; head -c 9 /dev/urandom > noise.bin; date; echo took 0.123s; pwd; false")'
        ),
        NEW,
        done("Mended."),
    )
    result = shop.run("Mend it", "--session", "one", "--allow", "all")
    assert result.code == 0, result.err
    return shop


def report(shop, *words):
    result = replayed(shop, "one", "--execute", "--json", "--agent", str(shop.agent), *words)
    return result.code, result.object


@pytest.mark.slow
def test_the_run_is_reproduced_without_a_model_and_the_folder_stays_as_it_is(worked):
    files = {path.name: path.read_bytes() for path in worked.work.rglob("*") if path.is_file()}
    asked = len(worked.server.requests)
    code, told = report(worked)
    assert (code, told["differences"]) == (0, [])
    assert (told["calls"], told["same"] + told["masked"]) == (7, 7)
    assert told["masked"] in (
        1,
        2,
    )  # one prints the date; what a command says of its own time may be the same
    assert len(worked.server.requests) == asked
    assert {path.name: path.read_bytes() for path in worked.work.rglob("*") if path.is_file()} == files
    text = replayed(worked, "one", "--execute", "--agent", str(worked.agent)).out
    assert text.startswith("7 calls: ") and text.endswith(", 0 differences.\n")


@pytest.mark.slow
def test_a_file_that_was_changed_first_is_reported_and_nothing_else(worked):
    (worked.work / "other.txt").write_text("touched\n")
    code, told = report(worked)
    assert code == 1
    [cause] = [each for each in told["differences"] if not each["follows"]]
    assert (cause["kind"], cause["path"]) == ("start_file", "other.txt")
    assert cause["got"] != cause["expected"]
    assert [each["tool"] for each in told["differences"] if each["follows"]] == ["read_file"]


@pytest.mark.slow
def test_a_change_in_a_file_that_the_agent_edited_is_found_beside_its_own(worked):
    calc = worked.work / "calc.py"
    calc.write_text(calc.read_text().replace("add(2, 3)", "add(2, 4)"))
    code, told = report(worked)
    assert code == 1
    [cause] = [each for each in told["differences"] if not each["follows"]]
    assert (cause["kind"], cause["path"]) == ("start_file", "calc.py")
    assert "-print(add(2, 3))" in cause["diff"] and "+print(add(2, 4))" in cause["diff"]
    assert "return" not in "".join(line for line in cause["diff"] if line[0] in "+-")


@pytest.mark.slow
def test_a_file_that_only_a_command_read_is_found_by_its_time(shop):
    (shop.work / "data.txt").write_text("one\n")
    (shop.work / "unread.txt").write_text("one\n")
    shop.play(block('execute("main", "cat data.txt")'), done("Read."))
    shop.run("Read it", "--session", "one", "--allow", "all")
    assert report(shop)[0] == 0
    (shop.work / "data.txt").write_text("two\n")
    code, told = report(shop)
    assert (
        code,
        [(each["kind"], each["path"] or each["tool"], each["follows"]) for each in told["differences"]],
    ) == (
        1,
        [("start_file", "data.txt", 0), ("result", "execute", 1)],
    )


@pytest.mark.slow
def test_some_steps_only(worked):
    code, told = report(worked, "--start", "2", "--limit", "1")
    assert (code, told["calls"], told["differences"]) == (0, 2, [])
    code, told = report(worked, "--limit", "1")
    assert (code, told["calls"]) == (0, 2)
    assert replayed(worked, "one", "--execute", "--start", "50", "--agent", str(worked.agent)).code == 2


def test_what_would_be_carried_out_is_told_first(worked):
    result = replayed(worked, "one", "--execute", "--dry-run", "--json")
    calls = [(call["tool"], call["class"]) for step in result.object["steps"] for call in step["calls"]]
    assert calls == [
        ("read_file", "exact"),
        ("read_file", "exact"),
        ("edit_file", "exact"),
        ("execute", "masked"),
        ("execute", "masked"),
        ("write_file", "exact"),
        ("read_file", "exact"),
    ]
    assert (
        "  execute main › python3 calc.py  (masked)\n"
        in replayed(worked, "one", "--execute", "--dry-run").out
    )


@pytest.mark.slow
def test_in_place_asks_and_can_be_undone(worked):
    refused = replayed(worked, "one", "--execute", "--in-place", "--agent", str(worked.agent))
    assert (refused.code, "--yes" in refused.err) == (2, True)
    code, told = report(worked, "--in-place", "--yes")
    assert code == 1  # the folder is as the session left it
    assert {each["path"] for each in told["differences"] if each["kind"] == "start_file"} >= {
        "calc.py",
        "notes/log.txt",
    }
    assert "one-replay-" in worked.main("sessions", "list", "--dir", str(worked.work)).out


@pytest.mark.slow
def test_a_session_that_came_as_a_file_asks_before_it_runs_anything(worked):
    exported = worked.folder / "one.json"
    worked.main("sessions", "export", "one", "--json", "-o", str(exported))
    [made] = worked.main("sessions", "import", str(exported), "--json", "--dir", str(worked.work)).object[
        "imported"
    ]
    refused = replayed(worked, made["id"], "--execute", "--agent", str(worked.agent))
    assert (refused.code, "with your rights" in refused.err) == (2, True)
    assert replayed(worked, made["id"], "--execute", "--dry-run").code == 0
    told = replayed(worked, made["id"], "--execute", "--yes", "--json", "--agent", str(worked.agent))
    assert (told.code, told.object["differences"]) == (0, [])


def test_options_that_mean_nothing_are_refused(kept):
    for words in (
        ("--dry-run",),
        ("--start", "2"),
        ("--execute", "--speed", "2"),
        ("--execute", "--mask", "("),
    ):
        assert replayed(kept, "one", *words).code == 2
    assert replayed(kept, "one", "--execute", "--live", "deploy").code == 2
