"""`Runtime` as programs written for codepilot-ai use it: real SDK, real worker, real files; only the model is scripted."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from codepilot import (
    AsyncRuntime,
    EventType,
    FileSession,
    Runtime,
    on_ask_user,
    on_finish,
    on_permission_request,
    on_stream,
    on_think,
    on_tool_call,
    on_tool_result,
    on_user_message_injected,
    on_user_message_queued,
)
from codepilot.errors import CodepilotError, UsageError
from codepilot.script import Fault, Turn
from codepilot.testing import ModelServer

WRITE_ARGUMENTS = {
    "path": "", "start_line": None, "end_line": None, "after_line": None, "mode": "w", "edits": None,
}  # fmt: skip
FIND_ARGUMENTS = {"pattern": "", "scope": "codebase", "target": None, "include": None, "max_results": 50}
"""What handlers of TOOL_CALL are given of calls that name only the first: programs read `args["mode"]`."""
PATIENCE = 60
"""Seconds after which a test that waits for another thread gives up."""


def block(code):
    return f"```codepilot\n{code}\n```\n"


def done(summary="Done."):
    return f"```completion\n{summary}\n```\n"


def payload(path, text):
    return f"```text filename={path}\n{text}\n```\n"


@pytest.fixture
def server():
    with ModelServer() as server:
        yield server


@pytest.fixture
def make(server, tmp_path):
    """Makes runtimes whose model plays the given turns; all are closed at the end."""
    made = []

    def make(*turns, tools="", max_steps=6, name="Test Agent", **options):
        for turn in turns:
            server.script.add(turn)
        file = tmp_path / "agent.yaml"
        file.write_text(
            f"agent:\n  name: {name}\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            f"  runtime: {{work_dir: ./work, max_steps: {max_steps}}}\n{tools}"
        )
        runtime = Runtime(str(file), **options)
        made.append(runtime)
        return runtime

    yield make
    for runtime in made:
        runtime.close()


def listen(runtime, *points):
    """Gather (event, keywords) of these points, or of all."""
    seen = []
    for point in points or EventType:
        if not points:
            runtime.hooks.clear(point)
        runtime.hooks.register(point, lambda point=point, **keywords: seen.append((point.name, keywords)))
    return seen


def said(runtime):
    return [(message["role"], message["content"]) for message in runtime.messages]


# -- what run() returns ------------------------------------------------------------------------------------------


def test_run_returns_the_completion(make):
    assert make(done("All is well.")).run("Look around") == "All is well."


def test_run_returns_what_done_was_given(make):
    runtime = make(block("done('Finished it.')"))
    assert runtime.run("go") == "Finished it."
    assert runtime.last_outcome.status == "done"


def test_statements_after_done_still_run(make):
    runtime = make(block("done('First.')\nwrite_file('a.txt')") + payload("a.txt", "later"))
    assert runtime.run("go") == "First."
    assert (runtime.work_dir / "a.txt").read_text() == "later\n"


def test_a_chat_reply_returns_none_and_finishes_with_the_standing_line(make):
    runtime = make("Hello there.")
    seen = listen(runtime, EventType.FINISH)
    assert runtime.run("hi") is None
    assert seen == [("FINISH", {"summary": "Agent replied. Standing by for next task."})]


def test_the_step_limit_returns_none_and_fires_max_steps(make):
    runtime = make(block("think('a')"), block("think('b')"), max_steps=2)
    seen = listen(runtime, EventType.MAX_STEPS, EventType.FINISH, EventType.STEP)
    assert runtime.run("go") is None
    assert seen == [
        ("STEP", {"step": 1, "max_steps": 2}),
        ("STEP", {"step": 2, "max_steps": 2}),
        ("MAX_STEPS", {}),
    ]


def test_a_provider_that_fails_returns_none_and_says_why(make):
    runtime = make(Turn(fault=Fault(status=401, body={"error": {"message": "no such key"}})))
    seen = listen(runtime, EventType.RUNTIME_ERROR, EventType.FINISH)
    assert runtime.run("go") is None
    assert [name for name, _ in seen] == ["RUNTIME_ERROR"]
    assert "key" in seen[0][1]["error"]
    outcome = runtime.last_outcome
    assert (outcome.status, outcome.error_source) == ("failed", "provider")
    assert "OPENAI_API_KEY" in outcome.hint
    assert (seen[0][1]["hint"], seen[0][1]["source"]) == (outcome.hint, "provider")


# -- the conversation --------------------------------------------------------------------------------------------


def test_the_conversation_grows_over_several_tasks_with_the_documented_tags(make):
    runtime = make(
        block("print('seen')"), done("One."), "Just talking.", block("done('Three.')"), done("never asked")
    )
    assert [runtime.run(task) for task in ("first", "second", "third")] == ["One.", None, "Three."]
    roles = [role for role, _ in said(runtime)]
    assert set(roles) == {"user", "assistant"}
    texts = [text for _, text in said(runtime)]
    assert texts[0] == "[Task 1][USER INPUT]\nfirst"
    assert texts[1] == block("print('seen')")
    assert texts[2].startswith("[EXECUTION RESULT]\n")
    assert "seen" in texts[2]
    assert texts[4] == "[Task 2][USER INPUT]\nsecond"
    assert texts[6] == "[Task 3][USER INPUT]\nthird"
    assert all(set(message) == {"role", "content"} for message in runtime.messages)


def test_a_block_without_output_says_so(make):
    runtime = make(block("x = 1"), done())
    runtime.run("go")
    assert runtime.messages[2]["content"] == "[EXECUTION RESULT]\n[Control block executed with no output.]"


def test_the_model_sees_earlier_tasks(make, server):
    runtime = make(done("One."), done("Two."))
    runtime.run("first words")
    runtime.run("second words")
    sent = json.dumps(server.requests[-1].body["messages"])
    assert "first words" in sent
    assert "One." in sent
    assert "second words" in sent


def test_messages_is_the_same_list_throughout(make):
    runtime = make(done(), done())
    messages = runtime.messages
    runtime.run("go")
    assert messages is runtime.messages
    assert len(messages) == 2
    runtime.reset()
    assert messages == []
    runtime.run("again")
    assert len(messages) == 2


# -- reset, sessions ---------------------------------------------------------------------------------------------


def test_reset_before_the_first_task_fires_its_event_here_and_now(make):
    runtime = make()
    threads = []
    runtime.hooks.register(EventType.SESSION_RESET, lambda **kw: threads.append((threading.get_ident(), kw)))
    runtime.reset()
    assert threads == [(threading.get_ident(), {})]


def test_reset_wipes_messages_file_names_and_the_task_count(make, tmp_path):
    runtime = make(
        block("kept = 1"),
        done(),
        block("kept"),
        done(),
        session="file",
        session_id="s",
        session_dir=tmp_path / "kept",
    )
    runtime.run("go")
    assert runtime.session.exists()
    threads = []
    runtime.hooks.register(EventType.SESSION_RESET, lambda **_: threads.append(threading.get_ident()))
    runtime.reset()
    assert threads == [threading.get_ident()]
    assert runtime.messages == []
    assert not runtime.session.exists()
    runtime.run("anew")
    assert runtime.messages[0]["content"] == "[Task 1][USER INPUT]\nanew"
    assert "NameError" in runtime.messages[2]["content"]
    assert runtime.session.exists()


def test_reset_from_a_handler_ends_the_task_and_then_wipes(make, tmp_path):
    runtime = make(
        block("think('now')\nthink('more')"),
        done("never"),
        done("Fresh."),
        session="file",
        session_dir=tmp_path,
    )
    on_think(runtime)(lambda message, **_: runtime.reset())
    assert runtime.run("go") is None
    assert runtime.messages == []
    assert not runtime.session.exists()
    server_turn_left = runtime.run("again")
    assert server_turn_left in ("never", "Fresh.")
    assert runtime.messages[0]["content"] == "[Task 1][USER INPUT]\nagain"


def test_reset_from_another_thread_stops_the_task_first(make):
    runtime = make(block("while True: pass"), done("Fresh."))
    started = threading.Event()
    runtime.subscribe(
        lambda stamped: started.set() if type(stamped.event).__name__ == "ControlStarted" else None
    )
    with ThreadPoolExecutor() as pool:
        working = pool.submit(runtime.run, "go")
        assert started.wait(PATIENCE)
        runtime.reset()
        assert working.result(PATIENCE) is None
    assert runtime.messages == []
    assert runtime.run("again") == "Fresh."


def test_queued_words_do_not_survive_a_reset(make):
    runtime = make(done())
    runtime.send_message("forget this")
    runtime.reset()
    runtime.run("go")
    assert [text for _, text in said(runtime)][0] == "[Task 1][USER INPUT]\ngo"


def test_a_file_session_is_resumed_and_counts_on(make, tmp_path):
    options = {"session": "file", "session_id": "ecommerce-api", "session_dir": tmp_path / "kept"}
    first = make(done("One."), **options)
    first.run("first")
    path = tmp_path / "kept" / "ecommerce-api.json"
    stored = json.loads(path.read_text())
    assert set(stored) == {"session_id", "agent_name", "created_at", "updated_at", "messages"}
    assert (stored["session_id"], stored["agent_name"]) == ("ecommerce-api", "Test Agent")
    assert stored["messages"] == first.messages
    second = make(done("Two."), **options)
    assert second.messages == first.messages
    assert second.run("second") == "Two."
    assert second.messages[2]["content"] == "[Task 2][USER INPUT]\nsecond"
    assert FileSession("ecommerce-api", "", tmp_path / "kept").load() == second.messages


def test_a_session_written_by_codepilot_ai_is_resumed(make, tmp_path):
    messages = [
        {"role": "user", "content": "[USER INPUT]\nold style"},
        {"role": "assistant", "content": "```python\ndone('x')\n```"},
        {"role": "user", "content": "[EXECUTION RESULT]\n[done] x"},
    ]
    (tmp_path / "old.json").write_text(
        json.dumps(
            {
                "session_id": "old",
                "agent_name": "B",
                "created_at": 1.0,
                "updated_at": 2.0,
                "messages": messages,
            }
        )
    )
    runtime = make(done("Went on."), session="file", session_id="old", session_dir=tmp_path)
    assert runtime.messages == messages
    assert runtime.run("go on") == "Went on."
    stored = json.loads((tmp_path / "old.json").read_text())
    assert stored["created_at"] == 1.0
    assert stored["messages"][:3] == messages


def test_a_session_is_saved_after_a_stop_and_after_a_failure_too(make, tmp_path):
    runtime = make(Turn(fault=Fault(status=401)), session="file", session_id="s", session_dir=tmp_path)
    runtime.run("remember me")
    assert "remember me" in FileSession("s", "", tmp_path).load()[0]["content"]


@pytest.mark.parametrize("data", ["{broken", '{"messages": 3}'])
def test_a_damaged_session_is_told_once_with_the_place_where_it_is(make, tmp_path, data):
    (tmp_path / "s.json").write_text(data)
    runtime = make(done(), done(), session="file", session_id="s", session_dir=tmp_path)
    seen = listen(runtime, EventType.RUNTIME_ERROR)
    runtime.run("go")
    runtime.run("again")
    ((_, told),) = seen
    assert told["error"].endswith(f"{runtime.session.set_aside}.")
    assert runtime.session.set_aside.read_text() == data


def test_a_session_that_cannot_be_saved_is_told_and_the_result_is_not_lost(make):
    class Full:
        session_id = "full"

        def load(self):
            return []

        def save(self, messages):
            raise OSError("no space left")

        def reset(self):
            pass

    runtime = make(done("Still here."), session=Full())
    seen = listen(runtime, EventType.RUNTIME_ERROR)
    assert runtime.run("go") == "Still here."
    assert "no space left" in seen[0][1]["error"]


# -- events ------------------------------------------------------------------------------------------------------


def test_all_events_of_a_task_in_their_order(make):
    runtime = make(
        "I write.\n\n" + block("write_file('a.txt')") + payload("a.txt", "hello"),
        "Now it is there.\n\n" + done("Written."),
    )
    seen = listen(runtime)
    runtime.run("write it")
    assert [name for name, _ in seen] == [
        *("START", "STEP", "STREAM", "TOOL_CALL", "TOOL_RESULT"),
        *("STEP", "STREAM", "STREAM", "FINISH"),
    ]
    keywords = [keywords for _, keywords in seen]
    assert keywords[0] == {"task": "write it"}
    assert keywords[1] == {"step": 1, "max_steps": 6}
    assert keywords[2] == {"text": "I write."}
    assert keywords[3] == {
        "tool": "write_file",
        "args": WRITE_ARGUMENTS | {"path": "a.txt"},
        "label": "a.txt",
    }
    assert keywords[4]["tool"] == "write_file"
    assert "a.txt" in keywords[4]["result"]
    assert [k["text"] for k in keywords[6:8]] == ["Now it is there.", "Written."]
    assert keywords[8] == {"summary": "Written."}


def test_streamed_text_comes_in_pieces_and_holds_no_block(make):
    text = "A somewhat longer sentence before the block.\n\n"
    runtime = make(text + block("think('x')"), "After.\n\n" + done("Ok."), stream=True)
    pieces = []

    @on_stream(runtime)
    def stream(text, **_):
        pieces.append(text)

    runtime.run("go")
    assert len(pieces) > 4
    assert "".join(pieces) == text + "After.\n\n" + "Ok."


def test_think_and_done_have_their_own_events_only(make):
    runtime = make(block("think('hm')\ndone('Ok.')"))
    seen = listen(runtime)
    runtime.run("go")
    assert [name for name, _ in seen] == ["START", "STEP", "THINK", "STREAM", "FINISH"]
    assert seen[2][1] == {"message": "hm"}
    assert seen[-1][1] == {"summary": "Ok."}


def test_thinking_of_the_model_is_an_event(make):
    runtime = make(Turn(thinking="let me see", text=done()))
    seen = listen(runtime, EventType.THINKING_STREAM)
    runtime.run("go")
    assert "".join(keywords["thinking"] for _, keywords in seen) == "let me see"


def test_a_refused_block_is_a_security_error_and_an_exception_a_runtime_error(make):
    runtime = make(block("import subprocess"), block("1/0"), done())
    seen = listen(runtime, EventType.SECURITY_ERROR, EventType.RUNTIME_ERROR)
    assert runtime.run("go") == "Done."
    assert [name for name, _ in seen] == ["SECURITY_ERROR", "RUNTIME_ERROR"]
    assert "subprocess" in seen[0][1]["error"]
    assert "ZeroDivisionError" in seen[1][1]["error"]


def test_python_fences_never_run(make):
    runtime = make("```python\nwrite_file('a.txt')\n```\n" + payload("a.txt", "no"), "I see.")
    seen = listen(runtime, EventType.TOOL_CALL)
    runtime.run("go")
    assert seen == []
    assert not (runtime.work_dir / "a.txt").exists()


def test_payloads_are_bound_by_path_and_not_by_order(make):
    runtime = make(
        block("write_file('a.txt')\nwrite_file('b.txt')")
        + payload("b.txt", "B")
        + payload("./a.txt", "A")
        + done()
    )
    assert runtime.run("go") == "Done."
    assert (runtime.work_dir / "a.txt").read_text() == "A\n"
    assert (runtime.work_dir / "b.txt").read_text() == "B\n"


def test_a_tool_error_is_text_and_the_block_goes_on(make):
    runtime = make(
        block("write_file('a.txt')") + payload("a.txt", "one\ntwo"),
        block(
            "said = write_file('a.txt', mode='edit', start_line=5, end_line=9)\n"
            "print('text:', type(said).__name__, 'ERROR' in said)\nprint('went on')"
        )
        + payload("a.txt", "never"),
        done(),
    )
    assert runtime.run("go") == "Done."
    assert (runtime.work_dir / "a.txt").read_text() == "one\ntwo\n"
    observed = runtime.messages[4]["content"]
    assert "text: str True" in observed
    assert "went on" in observed


def test_names_live_on_between_blocks_and_tasks(make):
    runtime = make(
        block("import math\ncount = 41\ndef more(n): return n + 1"),
        done(),
        block("print(more(count), math.floor(1.5))"),
        done(),
    )
    runtime.run("go")
    runtime.run("again")
    assert "42 1" in runtime.messages[6]["content"]


def test_plain_values_survive_a_killed_worker_and_the_model_is_told_once(make):
    runtime = make(
        block("count = 41\ndef grown(n): return n + 1"),
        block("think('kill me')\nwhile True: pass"),
        block("print('count is', count)"),
        block("print('again', count)"),
        done(),
    )

    @on_think(runtime)
    def kill(**_):
        os.kill(runtime._async._agent.executor._pool.process.pid, signal.SIGKILL)

    runtime.run("go")
    told = [text for role, text in said(runtime) if role == "user"]
    assert "count is 41" in told[3]
    assert "again 41" in told[4]
    assert ["grown" in text for text in told] == [False, False, True, False, False]


def test_a_file_is_made_read_and_edited_by_its_line_numbers(make):
    lines = "\n".join(f"line {number}" for number in range(1, 7))
    runtime = make(
        block("write_file('config.py', mode='w')") + payload("config.py", lines),
        block("read_file('config.py')"),
        block("write_file('config.py', mode='edit', start_line=1, end_line=1)")
        + payload("config.py", "first"),
        block("write_file('config.py', mode='multi_edit', edits=[(2, 3), (5, 5)])")
        + payload("config.py", "second and third")
        + payload("config.py", "fifth\nand more"),
        done("Edited."),
    )
    assert runtime.run("go") == "Edited."
    assert (runtime.work_dir / "config.py").read_text().splitlines() == [
        *("first", "second and third", "line 4", "fifth", "and more", "line 6")
    ]
    assert "line 6" in runtime.messages[4]["content"]


def test_files_outside_of_the_work_folder_are_out_of_reach_unless_the_file_says_so(make, tmp_path):
    (tmp_path / "secret.txt").write_text("the secret")
    step = block("read_file('../secret.txt')\nwrite_file('../new.txt')") + payload("../new.txt", "x")
    runtime = make(step, done())
    runtime.run("go")
    assert "the secret" not in runtime.messages[2]["content"]
    assert not (tmp_path / "new.txt").exists()


# -- handlers ----------------------------------------------------------------------------------------------------


def test_the_default_handlers_print_until_something_is_registered_or_cleared(make, capsys):
    runtime = make(
        "Hello you.\n\n" + block("think('thinking of it')\nfind('x')"),
        done("Over and out."),
        done("Second."),
        done("Third."),
    )
    runtime.run("go")
    printed = capsys.readouterr().out
    for words in ("Hello you.", "thinking of it", "find", "Over and out."):
        assert printed.count(words) >= 1
    assert printed.count("Over and out.") == 1
    assert printed.count("thinking of it") == 1
    finished = []
    on_finish(runtime)(lambda summary, **_: finished.append(summary))
    runtime.run("go")
    assert "Second." not in capsys.readouterr().out
    runtime.hooks.clear(EventType.FINISH)
    runtime.run("go")
    assert "Third." not in capsys.readouterr().out
    assert finished == ["Second."]


def test_a_runtime_is_made_used_and_closed_in_another_thread(make):
    """W6: another library sets a signal handler when it is made, and dies of that outside of the main thread."""

    def life():
        assert threading.current_thread() is not threading.main_thread()
        runtime = make(
            block("write_file('a.txt')\nexecute('main', 'echo hi')") + payload("a.txt", "there"), done()
        )
        runtime.hooks.register(EventType.PERMISSION_REQUEST, lambda **_: True)
        said = runtime.run("go")
        runtime.close()
        return said, (runtime.work_dir / "a.txt").read_text()

    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(life).result(PATIENCE) == ("Done.", "there\n")
    assert {number: signal.getsignal(number) for number in signal.valid_signals()} == before


def test_handlers_run_on_the_thread_that_called_run(make):
    runtime = make("Hm.\n\n" + block("think('x')\nfind('y')\nask_user('z')"), done(), tools=ASKING)
    threads = {}

    def note(point, answer):
        def handler(**_):
            threads[point] = threading.get_ident()
            return answer

        return handler

    for point in EventType:
        runtime.hooks.register(point, note(point, "words" if point is EventType.ASK_USER else None))
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(runtime.run, "go").result(PATIENCE) == "Done."
        caller = pool.submit(threading.get_ident).result()
    assert set(threads.values()) == {caller}
    assert {EventType.START, EventType.THINK, EventType.ASK_USER, EventType.FINISH} <= set(threads)


def test_a_handler_that_raises_is_reported_and_the_rest_goes_on(make, caplog):
    runtime = make(block("think('x')"), done())
    seen = listen(runtime, EventType.RUNTIME_ERROR)

    @on_think(runtime)
    def broken(**_):
        raise RuntimeError("my own fault")

    runtime.hooks.register(EventType.THINK, lambda message, **_: seen.append(("THINK", message)))
    with caplog.at_level(logging.ERROR):
        assert runtime.run("go") == "Done."
    assert ("THINK", "x") in seen
    assert any("my own fault" in keywords["error"] for name, keywords in seen if name == "RUNTIME_ERROR")


def test_async_handlers_are_awaited_on_the_sync_face_too(make):
    runtime = make(done("Ok."))
    seen = []

    async def finish(summary, **_):
        await asyncio.sleep(0)
        seen.append(summary)

    runtime.hooks.register(EventType.FINISH, finish)
    runtime.run("go")
    assert seen == ["Ok."]


def test_decorators_return_the_function_and_replace(make):
    runtime = make(block("find('x')"), done())
    seen = []

    @on_tool_call(runtime)
    def first(tool, args, **_):
        seen.append("first")

    @on_tool_call(runtime)
    def second(tool: str, args: dict, label: str = "", **_):
        seen.append((tool, args, label))

    @on_tool_result(runtime)
    def result(tool: str, result: str, **_):
        seen.append((tool, result[:6]))

    runtime.run("go")
    assert callable(first)
    assert seen == [("find", FIND_ARGUMENTS | {"pattern": "x"}, "x"), ("find", "[find]")]


def test_run_inside_a_handler_or_a_tool_of_the_same_runtime_is_refused(make):
    runtime = make(block("again()"), done())
    raised = []

    def attempt(**_):
        try:
            runtime.run("nested")
        except UsageError as error:
            raised.append(str(error))

    async def attempt_async(**_):
        attempt()

    runtime.hooks.register(EventType.START, attempt)
    runtime.hooks.register(EventType.STEP, attempt_async)
    runtime.register_tool("again", attempt)
    assert runtime.run("go") == "Done."
    assert len(raised) == 4
    assert "send_message" in raised[0]


def test_another_runtime_may_run_inside_a_tool(make, tmp_path):
    outer = make(
        Turn(match="outer", text=block("inner('inner task')")), Turn(match="EXECUTION", text=done("Outer."))
    )
    helper = make(Turn(match="inner task", text=done("Inner.")))
    results = []
    outer.register_tool("inner", lambda task: results.append(helper.run(task)))
    assert outer.run("outer task") == "Outer."
    assert results == ["Inner."]


# -- permission and questions ------------------------------------------------------------------------------------

ASKING = (
    "  tools:\n    - {name: write_file, config: {require_permission: true}}\n    - find\n    - ask_user\n"
    "    - {name: run_command, config: {require_permission: true}}\n"
)
WRITE = block("write_file('a.txt')") + payload("a.txt", "written")


@pytest.mark.parametrize(
    ("answer", "written"), [(True, True), (False, False), (None, False), ("yes", False), (1, False)]
)
def test_the_permission_handler_decides(make, answer, written):
    runtime = make(WRITE, done(), tools=ASKING)
    asked = []

    @on_permission_request(runtime)
    def gate(tool: str, description: str, **_):
        asked.append((tool, description))
        return answer

    runtime.run("go")
    assert asked == [("write_file", "Write 'a.txt' (full file)")]
    assert (runtime.work_dir / "a.txt").exists() is written
    assert ("Permission denied" in runtime.messages[2]["content"]) is not written


def test_a_permission_handler_that_raises_never_means_yes(make, caplog):
    runtime = make(WRITE, done(), tools=ASKING)

    @on_permission_request(runtime)
    def gate(**_):
        raise RuntimeError("the dialog broke")

    runtime.run("go")
    assert not (runtime.work_dir / "a.txt").exists()


def test_a_permission_dialogue_that_was_cancelled_is_told_as_one_that_raises(make, caplog):
    """It was told as a cancelled call, which the task ended with as done."""
    runtime = make(WRITE, done(), tools=ASKING)

    @on_permission_request(runtime)
    async def gate(**_):
        dialogue = asyncio.ensure_future(asyncio.Event().wait())
        asyncio.get_running_loop().call_soon(dialogue.cancel)
        return await dialogue

    runtime.run("go")
    assert runtime.last_outcome.status == "needs_person"
    told = runtime.messages[2]["content"]
    assert "Permission denied for 'a.txt'. Reason: The permission handler raised an exception" in told
    assert "was cancelled" not in told
    assert not (runtime.work_dir / "a.txt").exists()


@contextlib.contextmanager
def typed(keys, monkeypatch):
    """A person at a terminal, who typed this."""
    ours, theirs = os.openpty()
    os.write(ours, keys)
    try:
        with open(theirs, encoding="utf-8") as stdin:
            monkeypatch.setattr("sys.stdin", stdin)
            yield
    finally:
        os.close(ours)


def test_without_any_handler_the_person_at_stdin_is_asked(make, monkeypatch, capsys):
    runtime = make(WRITE, WRITE.replace("a.txt", "b.txt"), done(), tools=ASKING)
    with typed(b"y\nn\n", monkeypatch):
        runtime.run("go")
    assert (runtime.work_dir / "a.txt").exists()
    assert not (runtime.work_dir / "b.txt").exists()
    assert "Write 'a.txt' (full file)" in capsys.readouterr().out


def test_a_closed_stdin_is_no_yes(make):
    runtime = make(WRITE, done(), tools=ASKING, use_stdin=False)
    runtime.run("go")
    assert not (runtime.work_dir / "a.txt").exists()


def test_without_a_console_nobody_is_asked(make, monkeypatch):
    runtime = make(WRITE, block("ask_user('Which colour?')"), done(), tools=ASKING)
    monkeypatch.setattr("sys.stdin", None)
    assert runtime.run("go") == "Done."
    assert not (runtime.work_dir / "a.txt").exists()
    assert "Nobody can be asked" in runtime.messages[4]["content"]


def test_a_tool_without_require_permission_does_not_ask(make):
    runtime = make(WRITE, done())
    seen = listen(runtime, EventType.PERMISSION_REQUEST)
    runtime.run("go")
    assert seen == []
    assert (runtime.work_dir / "a.txt").exists()


def test_the_question_of_the_agent_goes_to_ask_user_and_its_answer_back(make):
    runtime = make(block("print('heard', ask_user('Which colour?'))"), done(), tools=ASKING)
    questions, permissions = [], listen(runtime, EventType.PERMISSION_REQUEST)

    @on_ask_user(runtime)
    def shown(question: str, **_):
        questions.append(question)

    @on_ask_user(runtime)
    def answered(question: str, **_):
        return "blue"

    runtime.run("go")
    assert questions == ["Which colour?"]
    assert permissions == []
    assert "blue" in runtime.messages[2]["content"]


def test_a_question_without_a_handler_is_read_from_stdin(make, monkeypatch, capsys):
    runtime = make(block("ask_user('Which colour?')"), done())
    with typed("grün\n".encode(), monkeypatch):
        runtime.run("go")
    assert "grün" in runtime.messages[2]["content"]
    assert capsys.readouterr().out.count("Which colour?") >= 1


def test_a_handler_that_only_shows_the_question_leaves_the_answer_to_stdin(make, monkeypatch, capsys):
    runtime = make(block("ask_user('Which colour?')"), done())
    runtime.hooks.clear(EventType.TOOL_CALL)
    runtime.hooks.clear(EventType.TOOL_RESULT)
    on_ask_user(runtime)(lambda question, **_: print(f"asked: {question}"))
    with typed(b"green\n", monkeypatch):
        runtime.run("go")
    assert "green" in runtime.messages[2]["content"]
    assert capsys.readouterr().out.count("Which colour?") == 1


# -- messages while the agent works ------------------------------------------------------------------------------


def test_words_sent_meanwhile_are_queued_then_injected_at_the_next_step(make):
    runtime = make(block("think('working')"), Turn(match=r"type hints", text=done("With hints.")))
    order = []

    @on_think(runtime)
    def display(message: str, **_):
        runtime.send_message("Also add type hints")

    @on_user_message_queued(runtime)
    def queued(message: str, **_):
        order.append(("queued", message))

    @on_user_message_injected(runtime)
    def injected(message: str, **_):
        order.append(("injected", message))

    assert runtime.run("go") == "With hints."
    assert order == [("queued", "Also add type hints"), ("injected", "Also add type hints")]
    assert ("user", "[USER MESSAGE]\nAlso add type hints") in said(runtime)


def test_send_message_fires_its_event_at_once_on_the_calling_thread(make):
    runtime = make()
    threads = []
    on_user_message_queued(runtime)(lambda message, **_: threads.append((message, threading.get_ident())))
    runtime.send_message("one")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(runtime.send_message, "two").result(PATIENCE)
        other = pool.submit(threading.get_ident).result()
    assert threads == [("one", threading.get_ident()), ("two", other)]


def test_words_sent_when_idle_stand_before_the_next_task(make):
    runtime = make(done())
    runtime.send_message("by the way")
    runtime.run("go")
    assert [text for _, text in said(runtime)][:2] == [
        "[USER MESSAGE]\nby the way",
        "[Task 1][USER INPUT]\ngo",
    ]


def test_queued_words_can_be_taken_back(make):
    runtime = make(done())
    message = runtime.send_message("oops")
    assert runtime.cancel_message(message) == "oops"
    assert runtime.cancel_message(message) is None
    runtime.run("go")
    assert "oops" not in str(runtime.messages)


# -- abort -------------------------------------------------------------------------------------------------------


def test_abort_when_idle_has_no_effect_and_does_not_stick(make):
    runtime = make(done("One."), done("Two."))
    runtime.abort()
    assert runtime.run("go") == "One."
    runtime.abort()
    assert runtime.run("go") == "Two."


@pytest.mark.parametrize(
    ("turn", "until"),
    [
        (Turn(text=block("while True: pass")), "ControlStarted"),
        (Turn(text="word " * 9 + "end", fault=Fault(stall_at=4)), "TextStreamed"),
        (Turn(match=r"\]\ngo\Z", fault=Fault(hang_headers=True)), "StepStarted"),
    ],
    ids=["block", "stream", "silence"],
)
def test_abort_stops_at_once_and_the_next_task_works(make, turn, until):
    runtime = make(turn, done("Next."), stream=True)
    runtime.hooks.clear(EventType.STREAM)
    seen = listen(runtime, EventType.FINISH, EventType.MAX_STEPS)
    reached = threading.Event()
    runtime.subscribe(lambda stamped: reached.set() if type(stamped.event).__name__ == until else None)
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(runtime.run, "go")
        assert reached.wait(PATIENCE)
        assert runtime.running
        runtime.abort()
        assert working.result(PATIENCE) is None
    assert seen == []
    assert runtime.last_outcome.status == "aborted"
    assert runtime.last_outcome.steps == 1
    assert not runtime.running
    assert runtime.run("again") == "Next."


def test_abort_from_a_handler(make):
    runtime = make(block("think('stop')\nthink('never')"), done("never"))
    seen = []

    @on_think(runtime)
    def stop(message, **_):
        seen.append(message)
        runtime.abort()

    assert runtime.run("go") is None
    assert seen == ["stop"]


def test_abort_just_after_run_was_called_counts(make):
    runtime = make(done("Next."))
    called = threading.Event()
    original = runtime._thread.submit

    def submit(work):
        called.set()
        return original(work)

    runtime._thread.submit = submit
    with ThreadPoolExecutor(1) as pool:
        block_loop = threading.Event()
        original_loop_busy = threading.Event()

        async def busy():
            original_loop_busy.set()
            block_loop.wait(PATIENCE)

        original(busy())
        assert original_loop_busy.wait(PATIENCE)
        working = pool.submit(runtime.run, "first words")
        assert called.wait(PATIENCE)
        runtime.abort()
        block_loop.set()
        assert working.result(PATIENCE) is None
    assert runtime.last_outcome.status == "aborted"
    assert runtime.messages[0]["content"] == "[Task 1][USER INPUT]\nfirst words"
    assert runtime.run("again") == "Next."


# -- threads, loops, interrupts ----------------------------------------------------------------------------------


def test_two_threads_that_call_run_take_turns(make):
    runtime = make(
        Turn(match="task a", text=done("A.")),
        Turn(match="task b", text=done("B.")),
        Turn(match="task c", text=done("C.")),
    )
    order = listen(runtime, EventType.START, EventType.FINISH)
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(runtime.run, ["task a", "task b", "task c"]))
    assert results == ["A.", "B.", "C."]
    assert [name for name, _ in order] == ["START", "FINISH"] * 3


async def test_run_works_inside_a_running_loop(make):
    runtime = make(block("think('x')"), done("From inside."))
    threads = []
    on_think(runtime)(lambda **_: threads.append(threading.get_ident()))
    assert runtime.run("go") == "From inside."
    assert threads == [threading.get_ident()]


async def test_run_works_in_a_thread_beside_a_running_loop_with_events_pushed_to_it(make):
    runtime = make(block("think('x')\nfind('nothing')"), done("Served."))
    queue, loop = asyncio.Queue(), asyncio.get_running_loop()

    def push(event):
        loop.call_soon_threadsafe(queue.put_nowait, event)

    runtime.hooks.register(EventType.THINK, lambda message, **_: push({"type": "think", "message": message}))
    runtime.hooks.register(
        EventType.TOOL_CALL, lambda tool, args, **_: push({"type": "call", "tool": tool, "args": args})
    )
    runtime.hooks.register(
        EventType.TOOL_RESULT, lambda tool, result, **_: push({"type": "result", "tool": tool})
    )
    runtime.hooks.register(
        EventType.FINISH, lambda summary, **_: push({"type": "finish", "summary": summary})
    )
    threading.Thread(target=runtime.run, args=("task",), daemon=True).start()
    events = []
    async with asyncio.timeout(PATIENCE):
        while not events or events[-1]["type"] != "finish":
            events.append(await queue.get())
    assert events == [
        {"type": "think", "message": "x"},
        {"type": "call", "tool": "find", "args": FIND_ARGUMENTS | {"pattern": "nothing"}},
        {"type": "result", "tool": "find"},
        {"type": "finish", "summary": "Served."},
    ]


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError])
def test_ctrl_c_in_a_handler_stops_the_agent_and_reaches_the_caller(make, error):
    runtime = make(block("think('x')\nwhile True: pass"), done("Next."))

    @on_think(runtime)
    def interrupted(**_):
        raise error

    with pytest.raises(error):
        runtime.run("go")
    assert runtime.last_outcome.status == "aborted"
    runtime.hooks.clear(EventType.THINK)
    assert runtime.run("again") == "Next."


@pytest.fixture
def python_takes_ctrl_c():
    """The handler of ^C that a plain program has; a shell that starts tests behind `&` has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_while_run_waits_stops_the_agent_and_reaches_the_caller(make, python_takes_ctrl_c):
    runtime = make(block("while True: pass"), done("Next."))
    sent = []

    def press(stamped):
        if type(stamped.event).__name__ == "ControlStarted":
            sent.append(stamped.sequence)
            os.kill(os.getpid(), signal.SIGINT)

    runtime.subscribe(press)
    try:
        runtime.run("go")
    except KeyboardInterrupt:
        assert sent
    else:
        pytest.fail(f"^C did not reach the caller: sent {sent}, {signal.getsignal(signal.SIGINT)}")
    assert runtime.last_outcome.status == "aborted"
    assert runtime.messages[0]["content"] == "[Task 1][USER INPUT]\ngo"


def test_ctrl_c_at_a_permission_question_is_no_yes(make):
    runtime = make(WRITE, done(), tools=ASKING)

    @on_permission_request(runtime)
    def gate(**_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runtime.run("go")
    assert not (runtime.work_dir / "a.txt").exists()


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (EventType.PERMISSION_REQUEST, "execute('main', 'touch a.txt')"),
        (EventType.ASK_USER, "ask_user('Which?')"),
        (EventType.THINK, "think('x')"),
    ],
)
def test_a_handler_whose_answers_are_used_up_is_reported_and_the_task_goes_on(make, event, code):
    """`next(answers)` is how a program's tests answer; at its end run() waited for ever."""
    runtime = make(block(code), done(), mode="ask", use_stdin=False)
    faults, answers = [], iter(())

    def used_up(**_):
        return next(answers)

    runtime.hooks.replace(event, used_up)
    runtime.hooks.replace(EventType.RUNTIME_ERROR, lambda error, **_: faults.append(error))
    guard = threading.Timer(PATIENCE, runtime.abort)
    guard.start()
    runtime.run("go")
    guard.cancel()
    assert runtime.last_outcome.status in ("done", "needs_person")
    assert faults == [f"A handler for {event.value} raised RuntimeError: the function raised StopIteration"]
    assert not (runtime.work_dir / "a.txt").exists()


def test_sys_exit_in_a_handler_reaches_the_caller(make):
    runtime = make(done())

    @on_finish(runtime)
    def leave(**_):
        raise SystemExit(7)

    with pytest.raises(SystemExit) as caught:
        runtime.run("go")
    assert caught.value.code == 7


def test_a_closed_runtime_says_so(make):
    runtime = make(done())
    runtime.close()
    runtime.close()
    with pytest.raises(UsageError, match="closed"):
        runtime.run("go")


@pytest.mark.parametrize("used", [True, False])
@pytest.mark.parametrize(
    "ask",
    [
        lambda runtime: runtime.send_message("more"),
        lambda runtime: runtime.register_tool("more", len),
        lambda runtime: runtime.reset(),
    ],
    ids=["send_message", "register_tool", "reset"],
)
def test_a_closed_runtime_takes_nothing_that_it_will_never_work_on(make, used, ask):
    runtime = make(done())
    if used:
        runtime.run("go")
    runtime.close()
    with pytest.raises(UsageError, match="This runtime is closed"):
        ask(runtime)
    runtime.abort()
    assert runtime.cancel_message("m1") is None


def test_a_provider_of_ones_own_that_breaks_ends_the_task_and_tells_the_caller(make):
    class Broken:
        name, model = "own", "broken"

        async def stream(self, request):
            raise LookupError("my provider broke")
            yield

        async def close(self):
            pass

    runtime = make(provider=Broken())
    events = []
    runtime.subscribe(lambda stamped: events.append(stamped.event))
    with pytest.raises(LookupError, match="my provider broke"):
        runtime.run("go")
    assert (type(events[-1]).__name__, events[-1].status) == ("TaskFinished", "failed")
    assert not runtime.running


def test_signal_handlers_and_children_of_the_program_are_left_alone(make):
    child = subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"])
    signals = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD]
    before = [signal.getsignal(number) for number in signals]
    runtime = make(block("think('x')"), done())
    runtime.run("go")
    assert [signal.getsignal(number) for number in signals] == before
    runtime.close()
    assert [signal.getsignal(number) for number in signals] == before
    assert child.wait(PATIENCE) == 7


# -- custom tools ------------------------------------------------------------------------------------------------


def test_a_custom_tool_reaches_the_model_by_append_execution_only(make):
    runtime = make(block("web_search('asyncio')\nprint('value:', send('x'))"), done())
    seen = listen(runtime, EventType.TOOL_CALL, EventType.TOOL_RESULT)

    def web_search(query: str):
        """Search."""
        runtime._append_execution(f"[web_search] found {query}")
        return "not shown"

    runtime.register_tool("web_search", web_search)
    runtime.register_tool("send", lambda text: runtime._async._append_execution(f"[send] {text}"))
    assert runtime.run("go") == "Done."
    observed = runtime.messages[2]["content"]
    assert "[web_search] found asyncio" in observed
    assert "[send] x" in observed
    assert "value: None" in observed
    assert "not shown" not in observed
    assert seen == []


def test_text_that_is_appended_before_a_block_is_read_after_it(make):
    runtime = make("I look.\n\n" + block("print('looked')"), done())
    on_stream(runtime)(lambda **_: runtime._append_execution("[watcher] a file changed"))
    runtime.run("go")
    assert "[watcher] a file changed" in runtime.messages[2]["content"]


def test_a_custom_tool_that_raises_is_text_for_the_model(make):
    runtime = make(block("print(broken())\nprint('went on')"), done())

    def broken():
        raise LookupError("nothing there")

    runtime.register_tool("broken", broken)
    assert runtime.run("go") == "Done."
    assert "LookupError: nothing there" in runtime.messages[2]["content"]
    assert "went on" in runtime.messages[2]["content"]


def test_plain_values_cross_to_custom_tools_and_back(make):
    values = [None, True, 1, 2.5, "text ☃", b"\x00\xff", (1, 2), {3}, [1, {"a": (b"b",)}], date(2026, 1, 2)]
    runtime = make(
        block(
            "for number in range(10):\n    value = give(number)\n    take(number, value)\n    print(type(value).__name__)"
        ),
        done(),
    )
    taken = {}
    runtime.register_tool("give", lambda number: values[number])
    runtime.register_tool("take", taken.__setitem__)
    runtime.run("go")
    assert [taken[number] for number in range(10)] == values
    assert [type(taken[number]) for number in range(10)] == [type(value) for value in values]


def test_any_other_value_crosses_as_its_repr_with_a_note(make):
    class Row:
        def __repr__(self):
            return "<Row 7>"

    runtime = make(block("row = give()\nprint('got', row, type(row).__name__)"), done())
    runtime.register_tool("give", Row)
    runtime.run("go")
    observed = runtime.messages[2]["content"]
    assert "got <Row 7> (Row, passed as text) str" in observed


async def test_an_async_custom_tool_is_awaited(make):
    runtime = make(block("print('got', fetch('x'))"), done())

    async def fetch(name: str) -> str:
        await asyncio.sleep(0)
        return name.upper()

    runtime.register_tool("fetch", fetch)
    await asyncio.to_thread(runtime.run, "go")
    assert "got X" in runtime.messages[2]["content"]


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.parametrize("answer", [True, False])
@pytest.mark.parametrize("added", ["", "; echo more"])
def test_what_takes_the_place_of_run_command_is_asked_for_once_unless_it_runs_something_else(
    make, answer, added
):
    runtime = make(block("print(run_command('echo hi'))"), done(), mode="ask")
    asked = []
    runtime.hooks.register(
        EventType.PERMISSION_REQUEST, lambda request, **_: asked.append(request.command) or answer
    )

    def wrapped(command):
        return runtime._shell_tools.run_command(command + added)

    runtime.register_tool("run_command", wrapped, replace=True)
    runtime.run("go")
    assert asked == (["echo hi", "echo hi; echo more"] if added and answer else ["echo hi"])
    assert ("Return Code: 0" in runtime.messages[2]["content"]) is answer


def test_a_tool_that_takes_the_place_of_run_command_and_calls_it(make):
    runtime = make(block("run_command('sudo reboot')\nrun_command('echo $((40 + 2))', timeout=20)"), done())

    def safe_run_command(command: str, timeout: int = None, background: bool = False):
        """Run a harmless command."""
        if "sudo" in command:
            runtime._append_execution(f"[run_command] Blocked: '{command}'")
            return
        runtime._shell_tools.run_command(command, timeout=timeout, background=background)

    runtime.register_tool("run_command", safe_run_command, replace=True)
    assert runtime.run("go") == "Done."
    observed = runtime.messages[2]["content"]
    assert "Blocked: 'sudo reboot'" in observed
    assert "STDOUT:\n42" in observed
    assert "Return Code: 0" in observed


# -- terminals ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_commands_are_gated_by_their_text(make):
    runtime = make(
        block("run_command('echo allowed')\nrun_command('echo denied > d.txt')"),
        done(),
        tools=ASKING,
    )

    @on_permission_request(runtime)
    def gate(tool: str, description: str, **_) -> bool:
        return tool == "run_command" and description == "Execute: echo allowed"

    runtime.run("go")
    assert "STDOUT:\nallowed" in runtime.messages[2]["content"]
    assert "Permission denied: echo denied > d.txt" in runtime.messages[2]["content"]
    assert not (runtime.work_dir / "d.txt").exists()


@pytest.mark.slow
def test_terminals_live_on_between_tasks_until_reset(make):
    runtime = make(
        block("execute('main', 'mkdir -p sub; cd sub; export HERE=yes', timeout=20)"),
        done(),
        block("execute('main', 'echo $HERE $(basename $PWD)', timeout=20)"),
        done(),
        block("execute('main', 'echo [$HERE] $(basename $PWD)', timeout=20)"),
        done(),
    )
    runtime.run("one")
    runtime.run("two")
    assert "yes sub" in runtime.messages[6]["content"]
    runtime.reset()
    runtime.run("three")
    assert "[] work" in runtime.messages[2]["content"]


@pytest.mark.slow
def test_a_server_in_a_terminal_of_its_own(make):
    runtime = make(
        block(
            "execute('server', 'echo up; cat', timeout=1, new_terminal=True)\n"
            "read_output('server', timeout=0)\n"
            "execute('main', 'echo tested', timeout=20)\n"
            "send_input('server', '\\x03', timeout=10)"
        ),
        done("Tried."),
    )
    assert runtime.run("go") == "Tried."
    observed = runtime.messages[2]["content"]
    assert "up" in observed
    assert "status: running" in observed or "status: waiting" in observed
    assert "tested" in observed


@pytest.mark.slow
def test_abort_interrupts_a_command_and_the_shell_lives_on(make):
    runtime = make(
        block("execute('main', 'NAME=kept; echo begun; sleep 600', timeout=600)"),
        block("execute('main', 'echo $NAME still here', timeout=20)"),
        done(),
    )
    begun = threading.Event()
    runtime.subscribe(lambda stamped: begun.set() if type(stamped.event).__name__ == "ToolStarted" else None)
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(runtime.run, "go")
        assert begun.wait(PATIENCE)
        runtime.abort()
        assert working.result(PATIENCE) is None
    assert runtime.run("again") == "Done."
    assert "still here" in runtime.messages[-2]["content"]


# -- closing from a handler ------------------------------------------------------------------------------------------


def test_close_from_a_handler_stops_the_task_and_closes_before_run_returns(make):
    runtime = make(block("read_file('none')"), done())
    on_tool_call(runtime)(lambda **_: runtime.close())
    assert runtime.run("go") is None
    assert runtime.last_outcome.status == "aborted"
    with pytest.raises(UsageError, match="closed"):
        runtime.run("again")


def test_close_from_a_tool_stops_the_task_too(make):
    runtime = make(block("leave()"), done())
    runtime.register_tool("leave", lambda: runtime.close())
    assert runtime.run("go") is None
    with pytest.raises(UsageError, match="closed"):
        runtime.run("again")


def test_close_at_the_finish_keeps_the_result(make):
    runtime = make(done("All of it."))
    on_finish(runtime)(lambda **_: runtime.close())
    assert runtime.run("go") == "All of it."
    with pytest.raises(UsageError, match="closed"):
        runtime.run("again")


def test_closing_twice_is_no_fault(make):
    runtime = make(done())
    runtime.run("go")
    runtime.close()
    runtime.close()


def test_a_work_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "agent.yaml").write_text(
        "agent:\n  name: A\n  model: {provider: ollama, name: m}\n  runtime: {work_dir: ./file/work}\n"
    )
    with pytest.raises(
        CodepilotError, match=r"The work folder .*/file/work cannot be made: Not a directory\."
    ):
        Runtime(tmp_path / "agent.yaml")


def test_a_custom_tool_takes_the_next_payload_of_the_reply(make):
    taken = []
    runtime = make(
        block("take()\ntake()\ntake()") + payload("b.txt", "second?") + payload("a.txt", "first?"), done()
    )
    runtime.register_tool("take", lambda: taken.append(runtime.pop_next_payload_block()))
    runtime.run("go")
    assert taken == ["second?\n", "first?\n", None]


def test_a_changed_step_limit_counts_from_the_next_task(make):
    runtime = make(block("pass"), block("pass"), block("pass"), max_steps=2)
    runtime.run("go")
    assert (runtime.last_outcome.status, runtime.last_outcome.steps) == ("max_steps", 2)
    runtime.config.runtime.max_steps = 1
    runtime.run("go")
    assert (runtime.last_outcome.status, runtime.last_outcome.steps) == ("max_steps", 1)


@pytest.mark.parametrize(
    ("last", "summary"),
    [(done("Did without."), "Did without."), ("I may not.", "Agent replied. Standing by for next task.")],
)
def test_a_task_in_which_nobody_could_be_asked_finishes_as_any_other(make, last, summary):
    runtime = make(block("write_file('a.txt')") + payload("a.txt", "x"), last, mode="ask", use_stdin=False)
    seen = []
    on_finish(runtime)(lambda summary, **_: seen.append(summary))
    runtime.run("go")
    assert (runtime.last_outcome.status, seen) == ("needs_person", [summary])


def test_no_key_reaches_a_shell_whatever_its_name(server, tmp_path):
    """The name that the agent file gives its key may not tell what it is."""
    server.script.add(block("execute('main', 'env', timeout=20)"))
    server.script.add(done())
    file = tmp_path / "agent.yaml"
    file.write_text(
        "agent:\n  name: A\n"
        f"  model: {{provider: openai, name: m, base_url: {server.openai_url}, api_key_env: MENDER_CREDS}}\n"
    )
    keys = {"MENDER_CREDS": "planted-1", "OTHER_TOKEN": "planted-2", "HARMLESS": "shown"}
    runtime = Runtime(str(file), environment={**os.environ, **keys}, work_dir=tmp_path)
    try:
        assert runtime.run("go") == "Done."
    finally:
        runtime.close()
    assert server.requests[0].headers["authorization"] == "Bearer planted-1"
    seen = str(runtime.messages)
    assert "HARMLESS=shown" in seen
    assert "planted" not in seen


def test_what_the_agent_file_has_that_means_nothing_is_logged_once(make, caplog):
    tools = "  tools:\n    - {name: execute, config: {max_output: 3}}\n    - finde\n"
    runtime = make(tools=tools)
    told = [record.getMessage() for record in caplog.records if record.name == "codepilot"]
    assert told == list(runtime.config.warnings)
    assert "did you mean max_output_chars?" in told[0] and "did you mean find?" in told[1]
    assert {record.levelname for record in caplog.records} == {"WARNING"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"allow": "execute"}, "allow: expected the names of tools, found 'execute'"),
        ({"allow": 3}, "allow: expected the names of tools, found 3"),
        ({"allow": [print]}, "allow: expected the names of tools, found an object of type list"),
        ({"timeout": 30}, "timeout: expected a TimeoutConfig, found 30"),
        ({"on_exit": "x"}, "on_exit: expected one of 'ask', 'detach', 'end' or None, found 'x'"),
        (
            {"session": object()},
            "session: expected 'memory', 'file', 'db', 'journal' or an object with load, save and reset",
        ),
        ({"session": None}, "session: .*, found None"),
        ({"environment": {"PORT": 5}}, "environment: expected a text for PORT, found 5."),
        ({"environment": {"PORT": None}}, "environment: expected a text for PORT, found None."),
        ({"environment": {"A": b"x"}}, "environment: expected a text for A, found an object of type bytes."),
        ({"environment": {"A": "secret\0"}}, "^environment: the value of A holds a NUL character"),
        ({"environment": {5: "x"}}, "environment: expected the name of a variable, found 5."),
        ({"environment": {"A=B": "x"}}, "environment: expected the name of a variable, found 'A=B'."),
        ({"environment": {"": "x"}}, "environment: expected the name of a variable, found ''."),
    ],
)
def test_an_option_of_another_type_is_refused_with_what_is_expected(make, options, words):
    with pytest.raises(UsageError, match=words):
        make(**options)


@pytest.mark.parametrize("text", [None, 3, b"go"])
def test_a_task_and_a_message_are_texts(make, text):
    runtime = make(done())
    with pytest.raises(UsageError, match="task: expected a text, found"):
        runtime.run(text)
    with pytest.raises(UsageError, match="message: expected a text, found"):
        runtime.send_message(text)
    assert runtime.run("go") == "Done."


def test_allow_names_tools_that_are_there_once_a_task_is_run(make):
    runtime = make(done(), tools="  tools: [find]\n", allow=("execute", "deploy", "exceute"))
    with pytest.raises(UsageError, match=r"allow names no tool: deploy, exceute\.") as caught:
        runtime.run("go")
    assert "find" in caught.value.hint
    better = make(done(), tools="  tools: [find]\n", allow=("execute", "deploy"))
    better.register_tool("deploy", lambda: "ok")
    assert better.run("go") == "Done."


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("where", ["tool", "async tool", "async handler", "async permission"])
def test_what_would_end_a_thread_does_not_end_the_loop(make, error, where):
    """A prompt in a tool raises KeyboardInterrupt where its Ctrl+C is typed; run() waited for ever."""

    def bad(*_, **__):
        raise error("here")

    async def abad(*_, **__):
        raise error("here")

    runtime = make(block("own()\nexecute('main', 'true')"), done(), done("Again."), allow=["execute"])
    runtime.register_tool("own", {"tool": bad, "async tool": abad}.get(where, lambda: 1))
    if where == "async handler":
        runtime.hooks.register(EventType.TOOL_CALL, abad)
    if where == "async permission":
        runtime.hooks.register(EventType.PERMISSION_REQUEST, abad)
    assert runtime.run("go") == "Done."
    assert runtime.run("go") == "Again."


@pytest.mark.parametrize("error", [ValueError, StopIteration])
def test_a_reader_of_events_that_raises_is_reported_as_a_handler_and_the_task_goes_on(make, error):
    runtime, faults = make(done()), []

    def bad(stamped):
        raise error("own")

    runtime.subscribe(bad)
    runtime.hooks.replace(EventType.RUNTIME_ERROR, lambda error, **_: faults.append(error))
    assert runtime.run("go") == "Done."
    assert runtime.last_outcome.status == "done"
    assert faults[0] == f"A function given to subscribe() raised {error.__name__}: own"
    assert len(faults) == 2 and "more times in this task" in faults[1]


def test_a_reader_of_events_that_leaves_the_program_does_so_and_the_task_has_an_outcome(make):
    runtime = make(done())

    def leave(stamped):
        raise SystemExit(7)

    end = runtime.subscribe(leave)
    with pytest.raises(SystemExit):
        runtime.run("go")
    assert runtime.last_outcome.status == "failed"
    end()
    assert runtime.run("again") == "Done."


@pytest.mark.parametrize(
    ("choice", "words"),
    [("", "model: expected words, found none."), (None, "model: expected a text, found None.")],
)
async def test_a_model_must_be_named(tmp_path, choice, words):
    file = tmp_path / "agent.yaml"
    file.write_text("name: A\nmodel: {provider: openai, name: m}\n")
    async with AsyncRuntime(file, work_dir=tmp_path, environment={"OPENAI_API_KEY": "k"}) as runtime:
        with pytest.raises(UsageError, match=words):
            runtime.use_model(choice)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("x", "an object of type str as message 1, where a dict was expected"),
        (None, "None as message 1, where a dict was expected"),
        ({"role": "user"}, "message 1 without content"),
        ({"role": 5, "content": "x"}, "message 1 with an object of type int as role"),
    ],
)
def test_a_message_of_a_program_in_a_wrong_form_is_named_and_nothing_is_sent(make, server, wrong, words):
    runtime = make("One.")
    runtime.messages.extend([{"role": "user", "content": "hello"}, wrong])
    with pytest.raises(UsageError) as caught:
        runtime.run("go")
    assert caught.value.message == f"runtime.messages: found {words}."
    assert "role ('user' or 'assistant') and content, a text" in caught.value.hint
    assert server.requests == []
    assert runtime.messages[1:] == [wrong]
    del runtime.messages[1]
    assert runtime.run("go") is None and runtime.last_outcome.reply == "One."


def test_what_a_program_changes_in_the_messages_is_what_the_model_reads(make, server):
    runtime = make("One.", "Two.")
    runtime.run("go")
    runtime.messages[1]["content"] = "Uno."
    runtime.messages.append({"role": "user", "content": "By the way."})
    runtime.run("on")
    sent = str(server.requests[-1].body)
    assert "Uno." in sent and "By the way." in sent and "One." not in sent


@pytest.mark.parametrize("sink", [None, 5])
def test_a_reader_that_cannot_be_called_is_refused_at_once(make, sink):
    with pytest.raises(UsageError, match=f"^subscribe: expected a function, found {sink}.$"):
        make().subscribe(sink)


@pytest.mark.parametrize("steps", ["a", None, 0, -1, 1.5, True])
def test_a_limit_that_cannot_be_one_is_wrong_use(make, steps):
    runtime = make(done())
    runtime.config.runtime.max_steps = steps
    with pytest.raises(
        UsageError,
        match="^The runtime's config.runtime.max_steps: expected a whole number of at least 1, found",
    ):
        runtime.run("go")
    runtime.config.runtime.max_steps = 3
    runtime.config.model.max_tokens = steps
    with pytest.raises(
        UsageError,
        match="^The runtime's config.model.max_tokens: expected a whole number of at least 1, found",
    ):
        runtime.run("go")
    runtime.config.model.max_tokens = 300
    assert runtime.run("go") is not None
