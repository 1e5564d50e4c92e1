"""What codepilot-ai does wrong with sessions, memory and the archive, by the numbers of our own list of it: not here.

Those of control blocks, payloads and edits are in `test_weaknesses_of_blocks.py`.
"""

import asyncio
import json
import os
import subprocess
import sys
import threading

import pytest
import sqlalchemy

from codepilot import AsyncRuntime, DatabaseSession, EventType, FileSession, Runtime
from codepilot.context.budget import Meter
from codepilot.loop.conversation import Conversation
from codepilot.script import Fault, Turn
from codepilot.testing import ModelServer

pytestmark = pytest.mark.slow

DONE = "```completion\nDone.\n```\n"


def block(code):
    return f"```codepilot\n{code}\n```\n"


@pytest.fixture
def make(tmp_path):
    """A runtime of a kind on a scripted model, silent."""
    made = []

    def make(*turns, kind=Runtime, **options):
        server = ModelServer([turn if isinstance(turn, Turn) else Turn(text=turn) for turn in turns])
        server.__enter__()
        (tmp_path / "agent.yaml").write_text(
            f"agent:\n  name: A\n  model: {{provider: openai, name: m, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: ./work, max_steps: 6}\n"
        )
        runtime = kind(tmp_path / "agent.yaml", use_stdin=False, **options)
        for event in EventType:
            runtime.hooks.clear(event)
        made.append((server, runtime))
        runtime.server = server
        return runtime

    yield make
    for server, runtime in made:
        if isinstance(runtime, Runtime):
            runtime.close()
        server.__exit__(None, None, None)


def in_file(tmp_path, name="s"):
    return {"session": "file", "session_id": name, "session_dir": tmp_path / "kept"}


def in_database(tmp_path):
    return {"session": "db", "session_id": "s", "db_url": f"sqlite:///{tmp_path}/kept.db"}


def test_w19_a_block_that_exits_leaves_the_program_alive_and_its_run_saved(make, tmp_path):
    runtime = make(block("exit()"), DONE, **in_file(tmp_path))
    assert runtime.run("go") == "Done."
    assert len(FileSession("s", session_dir=tmp_path / "kept").load()) == 4


async def test_w21_a_session_in_a_plain_database_does_not_hold_the_loop(make, tmp_path):
    """Its statements run in another thread; the loop's own would be held by them."""
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/kept.db")
    runtime = make(block("print(1)"), DONE, kind=AsyncRuntime, session="db", db=engine)
    threads = set()
    sqlalchemy.event.listen(engine, "before_cursor_execute", lambda *_: threads.add(threading.get_ident()))
    assert await runtime.run("go") == "Done."
    await runtime.close()
    engine.dispose()
    assert threads and threading.get_ident() not in threads


async def test_w21_a_session_in_a_file_does_not_hold_the_loop(make, tmp_path, monkeypatch):
    """What waits for the disk, syncs and whole files, is done in another thread; a line of the log is one write."""
    threads = {"fsync": set(), "replace": set()}
    for name, seen in threads.items():

        def noting(*args, real=getattr(os, name), seen=seen, **options):
            seen.add(threading.get_ident())
            return real(*args, **options)

        monkeypatch.setattr(os, name, noting)
    runtime = make(
        block("run_command('echo x')"), DONE, kind=AsyncRuntime, allow=("all",), **in_file(tmp_path)
    )
    assert await runtime.run("go") == "Done."
    await runtime.close()
    assert all(threads.values()) and not any(threading.get_ident() in seen for seen in threads.values())


async def test_w21_the_plain_runtime_works_inside_a_running_loop(make, tmp_path):
    assert make(DONE, **in_file(tmp_path)).run("go") == "Done."


def test_w24_a_tool_that_is_only_named_in_a_comment_or_a_string_costs_nothing(make, tmp_path):
    code = "# write_file('a.txt') comes later\nsaid = \"write_file('b.txt')\"\nprint('ran', said)"
    runtime = make(block(code), DONE, **in_file(tmp_path))
    assert runtime.run("go") == "Done."
    assert "ran write_file('b.txt')" in runtime.messages[2]["content"]
    assert "PARSER ERROR" not in runtime.messages[2]["content"]
    assert list(runtime.work_dir.iterdir()) == []


def test_w24_a_loop_writes_the_file_of_each_path(make, tmp_path):
    code = "for path in ('a.txt', 'b.txt', 'c/d.txt'):\n    write_file(path)"
    payloads = "".join(
        f"\n```text filename={name}\n{name} is here\n```\n" for name in ("a.txt", "b.txt", "c/d.txt")
    )
    runtime = make(block(code) + payloads, DONE, allow=("all",), **in_file(tmp_path))
    assert runtime.run("go") == "Done."
    for name in ("a.txt", "b.txt", "c/d.txt"):
        assert (runtime.work_dir / name).read_text() == f"{name} is here\n"


def test_w28_the_history_holds_each_reply_as_it_was_written(make, tmp_path):
    reply = block("write_file('a.txt')") + "\n```text filename=a.txt\na\n```\n"
    runtime = make(reply, DONE, **in_file(tmp_path))
    runtime.run("go")
    assert FileSession("s", session_dir=tmp_path / "kept").load()[1]["content"] == reply


@pytest.mark.parametrize(
    "prose",
    [
        "A fence is ``` and so is this one.",
        "Use ```print()``` for that, and ```x = 1``` for this.",
        "Put three backticks (```) before it.",
    ],
)
def test_w29_backticks_in_the_prose_before_a_block_do_not_lose_it(make, tmp_path, prose):
    runtime = make(f"{prose}\n\n{block('print(6 * 7)')}", DONE, **in_file(tmp_path))
    assert runtime.run("go") == "Done."
    assert "42" in runtime.messages[2]["content"]


def test_w32_nothing_is_downloaded_to_count_tokens():
    program = (
        "import socket, sys\n"
        "def refuse(*_): raise SystemExit('the network was asked for')\n"
        "socket.socket.connect = socket.create_connection = refuse\n"
        "from codepilot import MemoryManager, ContextArchive\n"
        "print(MemoryManager().build_context_stress([{'role': 'user', 'content': 'x' * 360}]))\n"
        "assert not [name for name in sys.modules if 'tiktoken' in name]\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "Context: 110 / 120,000 tokens (0%)\n"), ran.stderr


def test_w33_a_text_that_a_tokenizer_takes_for_a_mark_is_only_text(make, tmp_path):
    runtime = make(block("print('<|endoftext|>')"), DONE, DONE, **in_file(tmp_path))
    assert runtime.run("what is <|endoftext|>?") == "Done."
    assert runtime.run("and again") == "Done."
    assert "<|endoftext|>" in FileSession("s", session_dir=tmp_path / "kept").load()[0]["content"]


def test_w34_a_service_that_fails_costs_one_step_and_leaves_no_message(make, tmp_path):
    wrong_key = Turn(fault=Fault(status=401), repeat=True)
    runtime = make(wrong_key, **in_file(tmp_path))
    assert runtime.run("go") is None
    assert (runtime.last_outcome.status, runtime.last_outcome.steps) == ("failed", 1)
    assert [each["role"] for each in FileSession("s", session_dir=tmp_path / "kept").load()] == ["user"]


def test_w36_what_is_summarised_is_not_looked_at_in_each_step():
    conversation = Conversation()
    for number in range(2_000):
        conversation.add_reply(f"step {number}")
    conversation.add_summary(1_990, "what was before")
    conversation.for_model()
    assert len(conversation.for_model()) == 2, "the summary, and the replies after it as one turn"
    looked_at = sum(1 for _ in conversation.shown())
    assert looked_at == 11 and Meter().tokens(36) == 11


def test_w37_words_sent_in_the_last_step_are_kept_and_stand_before_the_next_task(make, tmp_path):
    runtime = make(block("say()"), Turn(text=DONE, repeat=True), **in_file(tmp_path))
    runtime._async.config.runtime.max_steps = 1
    runtime.register_tool("say", lambda: runtime.send_message("late words") and None)
    runtime.run("one")
    runtime.run("two")
    said = [each["content"] for each in FileSession("s", session_dir=tmp_path / "kept").load()]
    words = [text for text in said if "USER" in text]
    assert words == ["[Task 1][USER INPUT]\none", "[USER MESSAGE]\nlate words", "[Task 2][USER INPUT]\ntwo"]


@pytest.mark.parametrize("kind", ["file", "db"])
def test_w37_words_that_no_step_has_read_stand_before_the_next_task_of_another_program(make, tmp_path, kind):
    kept = in_file(tmp_path) if kind == "file" else in_database(tmp_path)
    first = make(block("say()"), Turn(text=DONE, repeat=True), **kept)
    first._async.config.runtime.max_steps = 1
    first.register_tool("say", lambda: first.send_message("late words") and None)
    first.run("one")
    first.send_message("idle words")
    first.close()
    second = make(Turn(text=DONE, repeat=True), **kept)
    second.run("two")
    words = [each["content"] for each in second.messages if "USER" in each["content"]]
    assert words[0] == "[Task 1][USER INPUT]\none" and words[-1] == "[Task 2][USER INPUT]\ntwo"
    assert "late words" in words[1] and "idle words" in "".join(words[1:-1])


def test_w38_two_threads_work_one_after_the_other_and_both_tasks_are_kept_whole(make, tmp_path):
    runtime = make(Turn(text=DONE, repeat=True), **in_file(tmp_path))
    results = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(runtime.run(f"task {n}"))) for n in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == ["Done.", "Done."]
    roles = [each["role"] for each in FileSession("s", session_dir=tmp_path / "kept").load()]
    assert roles == ["user", "assistant"] * 2


@pytest.mark.parametrize("folder", ["as text", "as a path"])
def test_w39_a_folder_is_a_text_or_a_path_and_is_made(make, tmp_path, folder):
    where = tmp_path / "not" / "there"
    runtime = make(
        DONE, session="file", session_id="a/b:c", session_dir=str(where) if folder == "as text" else where
    )
    assert runtime.run("go") == "Done."
    assert len(FileSession("a/b:c", session_dir=where).load()) == 2
    assert FileSession("a_b_c", session_dir=where).load() == []


def test_w39_of_two_programs_none_overwrites_the_other(make, tmp_path):
    one, other = make(DONE, DONE, **in_file(tmp_path)), make(DONE, **in_file(tmp_path))
    assert one.run("one") == "Done."
    with pytest.raises(Exception, match="was continued by another program") as refused:
        other.run("two")
    assert type(refused.value).__name__ == "SessionBusy"
    assert one.run("three") == "Done."
    third = make(DONE, **in_file(tmp_path))
    assert third.run("four") == "Done."
    tasks = [each["content"] for each in third.messages if each["role"] == "user"]
    assert [text.partition("\n")[2] for text in tasks] == ["one", "three", "four"]


def test_w39_a_file_is_the_documented_json_and_for_its_owner_only(make, tmp_path):
    make(DONE, **in_file(tmp_path)).run("go")
    path = tmp_path / "kept" / "s.json"
    assert list(json.loads(path.read_text())) == [
        "session_id",
        "agent_name",
        "created_at",
        "updated_at",
        "messages",
    ]
    assert path.stat().st_mode & 0o077 == 0 and path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kept", ["file", "db"])
def test_w39_what_was_said_is_kept_if_the_process_dies_in_a_run(make, tmp_path, kept):
    """Killed in a tool: no handler of the program, no `finally`, no exit function runs."""
    program = (
        "import os, signal, sys\n"
        "from codepilot import Runtime\n"
        "where = {'session_dir': sys.argv[3]} if sys.argv[2] == 'file' else {'db_url': f'sqlite:///{sys.argv[3]}.db'}\n"
        "runtime = Runtime(sys.argv[1], session=sys.argv[2], session_id='s', use_stdin=False, **where)\n"
        "runtime.register_tool('die', lambda: os.kill(os.getpid(), signal.SIGKILL))\n"
        "runtime.run('do it')\n"
    )
    options = in_file(tmp_path) if kept == "file" else in_database(tmp_path)
    make(block("die()"), DONE, DONE, **options).close()
    arguments = [str(tmp_path / "agent.yaml"), kept, str(tmp_path / "kept")]
    ran = subprocess.run([sys.executable, "-c", program, *arguments], check=False, capture_output=True)
    assert ran.returncode == -9, ran.stderr
    if kept == "file":
        messages = FileSession("s", session_dir=tmp_path / "kept").load()
    else:
        session = DatabaseSession("s", db_url=f"sqlite:///{tmp_path}/kept.db")
        messages = session.load()
        session.dispose()
    said = [each["content"] for each in messages]
    assert said[:2] == ["[Task 1][USER INPUT]\ndo it", block("die()")]


def test_w41_who_approves_everything_answers_no_question_of_the_agent(make, tmp_path):
    runtime = make(block("print('heard', repr(ask_user('Which colour?')))"), DONE, **in_file(tmp_path))
    asked = []

    def approve(**options):
        asked.append(options)
        return True

    runtime.hooks.register(EventType.PERMISSION_REQUEST, approve)
    assert runtime.run("go") == "Done."
    assert asked == [] and "Nobody can be asked" in runtime.messages[2]["content"]
    assert "heard True" not in runtime.messages[2]["content"]


async def test_w42_what_the_person_changes_while_the_model_thinks_is_told_by_the_next_edit(make, tmp_path):
    """A file that was changed since it was read is refused with the difference, whenever that was."""
    file = tmp_path / "work" / "a.txt"
    edit = "```codepilot\nedit_file('a.txt')\n```\n\n```text filename=a.txt\n<<<<<<< SEARCH\none\n=======\ntwo\n>>>>>>> REPLACE\n```\n"
    runtime = make(block("read_file('a.txt')"), edit, DONE, kind=AsyncRuntime)
    file.parent.mkdir(exist_ok=True)
    file.write_text("one\n")
    changed = asyncio.Event()

    def change(stamped):
        if type(stamped.event).__name__ == "StepStarted" and stamped.event.step == 2:
            file.write_text("one\nof the person\n")
            changed.set()

    runtime.subscribe(change)
    assert await runtime.run("go") == "Done."
    await runtime.close()
    assert changed.is_set() and "of the person" in file.read_text()
    assert any("+of the person" in each["content"] for each in runtime.messages)
