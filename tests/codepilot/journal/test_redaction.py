"""Known secrets are replaced where a record is read, and nowhere where the program needs what it says."""

import json
from dataclasses import fields
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot import EventType
from codepilot import events as e
from codepilot.journal.record import of_event
from codepilot.journal.redaction import NOTE, is_data, is_redacted, noted, redacted, redacted_messages
from codepilot.secrets import SecretBook

VALUE = "db-7f3a-91c"
"""Of the variable, and the name of a folder, too."""
MARK = "[secret DB_PASSWORD]"
BOOK = SecretBook({"DB_PASSWORD": VALUE})
ROW = {"path": f"{VALUE}/a.sql", "now_id": None, "now_mode": 0, "then_id": "0" * 64, "then_mode": 33188}


def payload(path, text):
    return f"```text filename={path}\n{text}\n```\n"


def block(code):
    return f"```codepilot\n{code}\n```\n"


DONE = "```completion\nDone.\n```\n"


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    monkeypatch.setenv("DB_PASSWORD", VALUE)


def cut(runtime, kind):
    """End the program's writing with the first event of a kind, as a kill would."""

    def watch(stamped):
        if isinstance(stamped.event, kind):
            runtime.session.log.close()
            runtime.abort()

    runtime.subscribe(watch)


def kept(event):
    return redacted(BOOK, *of_event(event))


def test_paths_by_which_files_come_back_stay_as_they_are():
    path = f"{VALUE}/a.sql"
    changed = e.FileChanged(
        call_id="c1", path=path, before=VALUE, after=None, added=0, removed=1, before_id="", after_id=None
    )
    assert (kept(changed)["path"], kept(changed)["before"]) == (path, MARK)
    effect = kept(e.EffectStarted(call_id="c1", effect="write", path=f"/w/{path}", command=f"rm {path}"))
    assert (effect["path"], effect["command"]) == (f"/w/{path}", f"rm {MARK}/a.sql")
    assert kept(e.RestoreStarted(to=1, rows=(ROW,), folders={path: 1})) == {
        **{"to": 1, "rows": (ROW,), "folders": {path: 1}, "finishes": 0, "rewinds": 0}
    }
    finished = kept(e.RestoreFinished(done=(path,), kept={path: f"{VALUE} is there"}))
    assert finished == {"done": (path,), "kept": {path: f"{MARK} is there"}}
    started = kept(
        e.ToolStarted(call_id="c1", tool="execute", args={"command": VALUE}, terminal=VALUE, label=VALUE)
    )
    assert (started["terminal"], started["label"], started["args"]) == (VALUE, MARK, {"command": MARK})


def test_what_is_one_of_a_few_words_or_an_id_stays_in_every_record():
    """A variable may have such a word for its value, and a program that reads another one does something else."""
    missed = []
    for kind in get_args(e.Event):
        types = get_type_hints(kind)
        for field in fields(kind):
            fixed = get_origin(types[field.name]) is Literal or field.name.endswith("_id")
            if fixed and not is_data(e.type_name_of(kind), field.name):
                missed.append((kind.__name__, field.name))
    assert missed == []


def test_words_are_replaced_wherever_they_stand():
    told = kept(e.MessageStored(role="user", text=f"use {VALUE}", kind="task"))
    assert (told["text"], told["role"]) == (f"use {MARK}", "user")
    assert kept(e.ToolFinished(call_id="c1", tool="x", result=VALUE))["result"] == MARK
    assert redacted(BOOK, "of a newer version", {"any": [VALUE]}) == {"any": [MARK]}


def test_reasoning_that_would_be_changed_is_left_out():
    """It is signed: the service refuses the request that brings it back as anything else."""
    reasoning = {"provider": "anthropic", "model": "m", "wire": "a", "blocks": ({"thinking": "plain"},)}
    reply = e.MessageStored(role="assistant", text="x", kind="reply", reasoning=reasoning)
    assert kept(reply)["reasoning"] == {**reasoning, "blocks": [{"thinking": "plain"}]}
    said = {**reasoning, "blocks": ({"thinking": VALUE, "signature": "s"},)}
    assert "reasoning" not in kept(e.MessageStored(role="assistant", text="x", kind="reply", reasoning=said))
    message = {"role": "assistant", "content": VALUE, "reasoning": said}
    assert redacted_messages(BOOK, [message]) == [{"role": "assistant", "content": MARK}]


async def test_a_file_in_a_folder_of_that_name_comes_back(make, tmp_path):
    """Found by a reader: with POSTGRES_PASSWORD=postgres no rewind brought anything in `postgres/` back."""
    file = tmp_path / "work" / VALUE / "init.sql"
    file.parent.mkdir(parents=True)
    file.write_text("the person's\n")
    path = f"{VALUE}/init.sql"
    runtime = make(
        block(f"read_file({path!r})\nwrite_file({path!r})") + payload(path, f"the agent's, {VALUE}"), DONE
    )
    await runtime.run("work")
    assert file.read_text().startswith("the agent's")
    plan = await runtime.plan_restore(to=1)
    assert [(row.action, row.path, row.kept) for row in plan.rows] == [("write", path, "")]
    await runtime.apply_restore(plan)
    assert file.read_text() == "the person's\n"
    lines = [json.loads(line) for line in runtime.session.path.read_text().splitlines()]
    assert [line["done"] for line in lines if line["type"] == "restore_finished"] == [[path]]
    assert f"the agent's, {VALUE}" not in runtime.session.path.read_text()


async def test_what_became_of_a_write_is_seen_in_that_file(make, tmp_path):
    """Found by a reader: "not written. The file is as it was before." was told of a file that was written."""
    path = f"{VALUE}/new.sql"
    first = make(block(f"write_file({path!r})") + payload(path, "new"), DONE)
    cut(first, e.FileChanged)
    await first.run("work")
    await first.close()
    assert (tmp_path / "work" / path).read_text() == "new\n"
    second = make(DONE)
    assert await second.resume() == "Done."
    assert ": written. The file is as you wanted it." in second.messages[2]["content"]


def told(runtime):
    then = []
    runtime.subscribe(
        lambda each: then.append(each.event.then) if isinstance(each.event, e.TaskResumed) else None
    )
    return then


@pytest.mark.parametrize("kind", [e.ReplyFinished, e.ControlStarted, e.ToolStarted])
@pytest.mark.parametrize("where", ["block", "payload"])
async def test_a_block_that_the_replacing_changed_is_never_run(make, tmp_path, kind, where):
    """Found by a reader: `mkdir [secret POSTGRES_PASSWORD]` was run, in the place of what the model had said."""
    reply = (
        block(f"run_command('mkdir {VALUE} && touch {VALUE}/made')")
        if where == "block"
        else block("write_file('a.txt')") + payload("a.txt", f"key={VALUE}")
    )
    first = make(reply, DONE)
    cut(first, kind)
    await first.run("work")
    await first.close()
    assert list((tmp_path / "work").iterdir()) == []
    second = make(reply, DONE)
    then = told(second)
    assert await second.resume() == "Done."
    assert then == [
        "Not done: it held a known secret, which the journal does not keep. The model writes it again."
    ]
    assert "Not done: your last reply held a known secret" in second.messages[2]["content"]
    made = [path.name for path in (tmp_path / "work").iterdir()]
    assert made == ([VALUE] if where == "block" else ["a.txt"])  # by what the model wrote again
    if where == "payload":
        assert (tmp_path / "work" / "a.txt").read_text() == f"key={VALUE}\n"


async def test_a_reply_that_says_a_secret_and_does_nothing_is_still_an_answer(make):
    first = make(f"Your key is {VALUE}.\n")
    cut(first, e.ReplyFinished)
    await first.run("work")
    await first.close()
    second = make()
    await second.resume()
    assert second.messages[1]["content"] == f"Your key is {MARK}.\n" and len(second.messages) == 2


@pytest.mark.parametrize("session", ["journal", "file"])
async def test_words_that_waited_say_that_a_secret_is_not_in_them(make, tmp_path, session):
    options = {"session": session, "session_dir": tmp_path / "sessions"}
    first = make("Hello.\n", **options)
    await first.run("hi")
    first.send_message(f"take {VALUE}")
    first.send_message("plain")
    await first.close()
    second = make("Good.\n", **options)
    await second.run("go on")
    texts = [message["content"] for message in second.messages]
    (words,) = [text for text in texts if "take " in text]
    assert words.endswith(f"take {MARK}\n{NOTE}")
    assert any(text.endswith("plain") for text in texts)


async def test_a_task_that_had_not_begun_says_it_too(make):
    first = make("Hello.\n")
    cut(first, e.TaskStarted)
    await first.run(f"use {VALUE}")
    await first.close()
    second = make("Good.\n")
    await second.resume()
    assert second.messages[0]["content"] == f"[Task 1][USER INPUT]\nuse {MARK}\n{NOTE}"


async def test_an_answer_says_it_too(make):
    first = make(block("print(ask_user('Which?'))\nrun_command('true')"), DONE, use_stdin=False)
    first.hooks.replace(EventType.ASK_USER, lambda question, **_: f"this: {VALUE}")
    cut(first, e.QuestionAnswered)
    await first.run("work")
    await first.close()
    second = make(DONE)
    assert second.unfinished.calls[0].answer == f"this: {MARK}"
    second.unfinished.calls[0].effect = "outside"
    await second.resume()
    assert f"[ask_user] A: this: {MARK}\n{NOTE}" in second.messages[2]["content"]


def test_a_note_is_made_once_and_only_where_something_was_replaced():
    assert noted("plain") == "plain"
    assert noted(MARK) == f"{MARK}\n{NOTE}" == noted(noted(MARK))


@given(st.text(min_size=1))
def test_whatever_a_variable_is_called_its_mark_is_known_again(name):
    assert is_redacted(SecretBook({name: VALUE}).replaced(f"x {VALUE} y"))


async def test_the_folder_of_a_session_has_no_known_secret_anywhere(make, tmp_path):
    """A result that is too long for the model goes past the records, into a file beside them."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "s.txt").write_text(f"{VALUE}\n")
    long = "cat s.txt; seq 1 30000; cat s.txt"
    runtime = make(
        block(f"run_command({long!r})\nexecute('main', {long!r})\nprint({VALUE!r} + 'x' * 60000)"), DONE
    )
    await runtime.run(f"use {VALUE}")
    await runtime.close()
    files = [path for path in runtime.session.path.parent.rglob("*") if path.is_file()]
    texts = [path for path in files if path.parent.name == "texts"]
    assert any(MARK in path.read_text() and "\n29999\n" in path.read_text() for path in texts)
    assert [path for path in files if VALUE.encode() in path.read_bytes()] == []
