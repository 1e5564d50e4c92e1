"""`codepilot run` in this process: formats, exit codes, options."""

import json
import os

import pytest

from codepilot.cli import stdin
from codepilot.journal.listing import sessions_of
from codepilot.journal.place import sessions_root
from codepilot.messages import Usage
from codepilot.permissions import TrustStore
from codepilot.script import Fault, Turn
from codepilot.sessions.journal import JournalSession
from codepilot.text import clean


def block(code):
    return f"```codepilot\n{code}\n```\n"


def done(summary="Done."):
    return f"```completion\n{summary}\n```\n"


def payload(path, text):
    return f"```text filename={path}\n{text}\n```\n"


WRITE = "I write.\n\n" + block("write_file('a.txt')") + payload("a.txt", "hello")


# -- formats -----------------------------------------------------------------------------------------------------


def test_text_prose_and_summary_on_stdout_calls_on_stderr(shop):
    shop.play(WRITE, done("Written."))
    result = shop.run("write it", "--allow", "write_file")
    assert result.code == 0
    assert result.out == "I write.\n\nWritten.\n"
    assert result.err.startswith("✓ write_file a.txt")
    assert (shop.work / "a.txt").read_text() == "hello\n"


def test_text_holds_no_control_characters(shop):
    shop.play("Red \x1b[31malert\x07 \x1b]52;c;x\x07", done())
    result = shop.run("go")
    assert "\x1b" not in result.out
    assert "\x07" not in result.out


def test_json_is_one_object(shop):
    shop.play(WRITE, done("Written."))
    result = shop.run("write it", "--allow", "write_file", "--format", "json")
    found = result.object
    assert found["status"] == "done"
    assert found["exit_code"] == result.code == 0
    assert (found["summary"], found["reply"], found["error"]) == ("Written.", "", "")
    assert (found["steps"], found["calls"]) == (2, 1)
    assert found["changed"] == {"a.txt": {"added": 1, "removed": 0}}
    assert (found["denied"], found["unanswered"], found["errors"]) == ([], [], [])
    assert found["usage"]["input_tokens"] > 0
    assert found["model"] == "openai:scripted"
    assert found["work_dir"] == str(shop.work)
    assert (found["agent"], bool(found["session"])) == ("Shop Agent", True)


def test_jsonl_is_an_event_a_line_without_gaps(shop):
    shop.play(WRITE, done("Written."))
    result = shop.run("write it", "--allow", "write_file", "--format", "jsonl")
    events = result.events
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert all(event["time"] > 0 for event in events)
    names = [event["type"] for event in events]
    assert names[:2] == ["session_opened", "task_started"]
    assert names.count("task_finished") == 1
    assert names.count("step_started") == 2
    assert [name for name in names if name in ("tool_started", "file_changed", "tool_finished")] == [
        "tool_started",
        "file_changed",
        "tool_finished",
    ]
    (finished,) = (event for event in events if event["type"] == "task_finished")
    assert (finished["status"], finished["summary"]) == ("done", "Written.")


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_survives_what_cannot_be_encoded(shop, form):
    shop.play("half \ud83d a pair", done("☃"))
    result = shop.run("go", "--format", form)
    assert result.code == 0
    for line in result.out.splitlines():
        json.loads(line)


HOSTILE = "\x1b]0;title\x07 \x9b2J \u202eevil \u2028 \u200b \x7f \U000e0041 \ud800 end"


@pytest.mark.parametrize("form", ["text", "json", "jsonl"])
def test_nothing_that_drives_a_terminal_comes_out_raw(shop, form):
    (shop.work / "a\x1b]0;b\x9b\u202ec.txt").write_text("needle\n")
    shop.write_agent(name='"A\\e]0;x\\a\\u202e"')
    shop.play(
        block(f"print({HOSTILE!r})\nprint(find('needle'))") + HOSTILE,
        block("write_file('x\x1b\u202e.txt')") + "```text filename=x\x1b\u202e.txt\nx\n```\n",
        done(HOSTILE),
    )
    result = shop.run("go", "--format", form)
    assert result.code in (0, 5)
    for shown in (result.out, result.err):
        assert clean(shown) == shown
    if form == "json":
        assert result.object["summary"] == HOSTILE.replace("\ud800", "\ufffd")


def test_a_chat_reply_is_an_answer(shop):
    shop.play("Because of the wind.")
    found = shop.run("why?", "--json").object
    assert (found["status"], found["summary"], found["reply"]) == ("replied", None, "Because of the wind.")
    assert found["exit_code"] == 0


# -- exit codes --------------------------------------------------------------------------------------------------


def test_1_when_something_of_ours_fails(shop, tmp_path):
    session = JournalSession("broken", "A")
    session.path.mkdir(parents=True)  # a folder where the session's file should be
    result = shop.run("go", "--session", "broken")
    assert result.code == 1
    assert "cannot be opened" in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("",),
        ("go", "--max-steps", "0"),
        ("go", "--max-steps", "few"),
        ("go", "--max-cost", "0"),
        ("go", "--max-cost", "nan"),
        ("go", "--max-cost", "some"),
        ("go", "--mode", "wild"),
        ("go", "--format", "xml"),
        ("go", "--allow", "fly"),
        ("go", "--allow", "write_file,fly"),
        ("go", "--dir", "/not/there"),
        ("go", "--agent", "/not/there.yaml"),
        ("go", "--model", "openai:"),
        ("-", "--steer"),
        ("go", "--unknown"),
    ],
    ids=str,
)
def test_2_for_what_cannot_mean_anything(shop, arguments):
    result = shop.run(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert result.err


def test_2_names_the_tools_that_can_be_allowed(shop):
    result = shop.run("go", "--allow", "fly")
    assert "fly" in result.err
    assert "write_file" in result.err


def test_2_for_a_broken_agent_file_with_file_and_line(shop):
    shop.agent.write_text(
        "agent:\n  name: A\n  model:\n    provider: openai\n    name: m\n    max_tokens: many\n"
    )
    result = shop.run("go")
    assert result.code == 2
    assert f"{shop.agent}:6" in result.err


COSTLY = Usage(input_tokens=100_000, output_tokens=1_000)
"""What a step of gpt-4o takes: 26 cents."""


def test_6_where_the_budget_is_used_up(shop):
    shop.play(*[Turn(text=block("print(1)"), usage=COSTLY)] * 4)
    result = shop.run("go", "--model", "openai:gpt-4o", "--max-cost", "0.6")
    assert result.code == 6
    assert "… This session has cost $0.26 of $0.60." in result.err, "with the next step most of it is used"
    assert (
        "Stopped to keep to the budget: this session has cost $0.52. The task is not finished." in result.err
    )
    assert "--max-cost" in result.err
    assert "codepilot: 200,000 tokens in, 2,000 out · $0.5200 (prices of 2026-" in result.err


def test_what_a_task_cost_is_said_at_its_end(shop):
    shop.play(
        Turn(text=done(), usage=COSTLY), Turn(text=done(), usage=COSTLY), Turn(text=done(), usage=COSTLY)
    )
    first = shop.run("go", "--model", "openai:gpt-4o", "--format", "json").object
    assert (round(first["cost"]["task"], 2), round(first["cost"]["session"], 2)) == (0.26, 0.26)
    assert first["cost"]["prices_of"].startswith("2026-")
    second = shop.run("more", "--continue", "--model", "openai:gpt-4o")
    assert "· $0.2600 (session $0.5200, prices of" in second.err and second.out == "Done.\n"
    assert "· price unknown" in shop.run("go").err


def test_3_at_the_step_limit(shop):
    shop.play(block("think('a')"), block("think('b')"))
    result = shop.run("go", "--max-steps", "2")
    assert result.code == 3
    assert "--max-steps" in result.err


def test_4_without_a_key_and_the_hint_names_the_variable(shop):
    shop.agent.write_text("agent:\n  name: A\n  model: {provider: anthropic, name: m}\n")
    result = shop.run("go")
    assert result.code == 4
    assert "export ANTHROPIC_API_KEY=" in result.err


def test_4_when_the_service_refuses(shop):
    shop.play(Turn(fault=Fault(status=401, body={"error": {"message": "bad key"}})))
    result = shop.run("go", "--format", "json")
    found = result.object
    assert result.code == found["exit_code"] == 4
    assert found["status"] == "failed"
    assert found["errors"][0]["source"] == "provider"
    assert found["errors"][0]["hint"]


def test_5_when_a_person_was_needed(shop):
    shop.play(WRITE, "I may not write, so I leave it.")
    result = shop.run("write it", "--format", "json")
    found = result.object
    assert result.code == found["exit_code"] == 5
    assert found["status"] == "needs_person"
    assert found["denied"][0]["tool"] == "write_file"
    assert found["denied"][0]["by"] == "nobody"
    assert not (shop.work / "a.txt").exists()


def test_5_says_which_option_would_have_helped(shop):
    shop.play(WRITE, "I may not write, so I leave it.")
    result = shop.run("write it")
    assert result.code == 5
    assert "--allow write_file" in result.err
    assert "denied  denied" not in result.err


def test_a_denial_that_the_agent_could_do_without_is_no_failure(shop):
    shop.play(block("execute('main', 'true')"), WRITE, done("Did without."))
    assert shop.run("write it", "--allow", "write_file").code == 0


def test_5_when_the_agent_calls_it_done_though_everything_was_denied(shop):
    shop.play(WRITE, done("Did without."))
    result = shop.run("write it", "--format", "json")
    assert result.code == 5
    assert (result.object["status"], result.object["summary"]) == ("needs_person", "Did without.")


# -- modes and permissions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ((), False),
        (("--mode", "ask"), False),
        (("--mode", "plan"), False),
        (("--mode", "plan", "--allow", "all"), False),
        (("--mode", "auto-edit"), True),
        (("--allow", "all"), True),
        (("--allow", "find", "--allow", "read_file, write_file"), True),
        (("--allow", "execute"), False),
    ],
    ids=str,
)
def test_what_may_be_written(shop, options, written):
    shop.play(WRITE, done())
    shop.run("write it", *options)
    assert (shop.work / "a.txt").exists() is written


@pytest.mark.parametrize("mode", ["auto", "yolo"])
def test_a_mode_that_needs_a_jail_is_refused_before_anything_is_done(shop, mode):
    shop.play(WRITE, done())
    run = shop.run("write it", "--mode", mode)
    assert run.code == 2
    assert f"Mode {mode} is not available yet: it needs a jail around the shells" in run.err
    assert "The modes are plan, ask and auto-edit." in run.err
    assert not shop.server.requests
    assert not (shop.work / "a.txt").exists()


def test_what_the_agent_file_asks_for_in_vain_is_warned_of(shop):
    shop.write_agent(
        "  memory: {context_stress_trigger: 0.5}\n  tools: [fetch_page, web_search, raed_file, find]\n"
    )
    shop.play(done())
    run = shop.run("go")
    assert run.code == 0
    assert "agent.memory.context_stress_trigger: no effect here yet (keys of codepilot-ai)" in run.err
    assert run.err.count("no effect here yet") == 1  # not logged as well
    assert run.err.count("; it is left out, unless the program registers it") == 3
    assert "agent.tools[2]: there is no tool raed_file (did you mean read_file?)" in run.err


def test_a_key_that_stands_in_the_file_is_named_where_it_is_missed(shop):
    shop.agent.write_text(
        "agent:\n  name: A\n  model: {provider: openai, name: m, api_key_env: NO_SUCH_KEY, api_key: sk-1234}\n"
    )
    run = shop.run("go")
    assert run.code == 4
    assert "agent.model.api_key: is not a setting here and is ignored; did you mean api_key_env?" in run.err


def test_require_permission_asks_in_auto_edit_too(shop):
    shop.write_agent("  tools:\n    - {name: write_file, config: {require_permission: true}}\n")
    shop.play(WRITE, done())
    shop.run("write it", "--mode", "auto-edit")
    assert not (shop.work / "a.txt").exists()


def test_5_when_a_question_found_nobody_unless_something_was_permitted(shop):
    ask = block("ask_user('Which colour?')")
    shop.play(ask, done("Red, I guess."))
    assert shop.run("paint").code == 5
    shop.play(ask, WRITE, done("Red, I guess."))
    assert shop.run("paint", "--allow", "write_file").code == 0


def test_a_question_finds_nobody_and_the_agent_is_told(shop):
    shop.play(block("ask_user('Which colour?')"), done())
    shop.run("go")
    assert "Nobody can be asked" in shop.server.requests[-1].user_text


# -- agent file, folder, model -----------------------------------------------------------------------------------


def test_dir_wins_over_the_work_dir_of_the_agent_file(shop):
    shop.write_agent("  runtime: {work_dir: ./elsewhere}\n")
    shop.play(WRITE, done())
    assert shop.run("go", "--allow", "all", "--format", "json").object["work_dir"] == str(shop.work)
    assert (shop.work / "a.txt").exists()


def test_without_dir_the_work_dir_of_the_agent_file_holds(shop, monkeypatch):
    monkeypatch.chdir(shop.work)
    shop.write_agent("  runtime: {work_dir: ./elsewhere}\n")
    shop.play(done())
    found = shop.main("run", "--agent", str(shop.agent), "go", "--format", "json").object
    assert found["work_dir"] == str(shop.agent.parent / "elsewhere")


def test_without_both_the_current_folder_holds(shop, monkeypatch):
    monkeypatch.chdir(shop.work)
    shop.play(done())
    found = shop.main("run", "--agent", str(shop.agent), "go", "--format", "json").object
    assert found["work_dir"] == str(shop.work)


def test_an_agent_file_of_an_untrusted_folder_is_not_used_and_that_is_said(shop, monkeypatch):
    monkeypatch.chdir(shop.work)
    shop.write_agent(path=shop.work / "agent.yaml", name="From The Folder")
    result = shop.main("run", "go")
    assert result.code == 4  # the packaged file asks a service that needs a key
    assert f"{shop.work / 'agent.yaml'} is not used" in result.err
    assert "--agent" in result.err
    assert shop.server.requests == []
    TrustStore().remember(shop.work, True)
    shop.play(done("Trusted."))
    result = shop.main("run", "go", "--format", "json")
    assert result.object["agent"] == "From The Folder"
    assert "not used" not in result.err


def test_the_persons_own_agent_file_comes_before_the_packaged_one(shop, monkeypatch):
    from codepilot.paths import user_agent_file

    monkeypatch.chdir(shop.work)
    user_agent_file().parent.mkdir(parents=True)
    shop.write_agent(path=user_agent_file(), name="My Own")
    shop.play(done())
    assert shop.main("run", "go", "--format", "json").object["agent"] == "My Own"


def test_warnings_of_the_agent_file_are_told(shop):
    shop.write_agent("  colour: blue\n")
    shop.play(done())
    assert "colour" in shop.run("go").err


def test_another_model_of_the_same_provider(shop):
    shop.play(done())
    assert shop.run("go", "--model", "other-1", "--format", "json").object["model"] == "openai:other-1"
    assert shop.server.requests[0].body["model"] == "other-1"


def test_a_key_that_no_file_names_is_not_said_to_be_named_in_one(shop):
    result = shop.run("go", "--model", "openrouter:m")
    assert result.code == 4
    assert "the variable OPENROUTER_API_KEY is not set or empty" in result.err


def test_another_provider_needs_its_own_key_and_not_this_address(shop):
    result = shop.run("go", "--model", "anthropic:claude-sonnet-4-5")
    assert result.code == 4
    assert "ANTHROPIC_API_KEY" in result.err
    assert shop.server.requests == []


def test_a_question_that_nobody_answered_is_named(shop):
    shop.play(block('print(ask_user("Which?"), ask_user("Why?"))'), done())
    found = shop.run("go", "--format", "json").object
    assert (found["status"], found["exit_code"], found["denied"]) == ("needs_person", 5, [])
    assert found["unanswered"] == ["Which?", "Why?"]


@pytest.mark.parametrize(("command", "glyph"), [("true", "✓"), ("sh -c 'exit 4'", "✗")])
def test_a_command_that_fails_is_not_ticked(shop, command, glyph):
    shop.play(block(f'execute("main", {command!r})'), done())
    err = shop.run("go", "--allow", "execute").err
    assert err.startswith(f"{glyph} execute main › {command}  exit {4 if glyph == '✗' else 0}")


def test_an_empty_name_of_a_session_is_refused(shop):
    result = shop.run("go", "--session", "")
    assert (result.code, "--session wants a name" in result.err) == (2, True)


# -- sessions ----------------------------------------------------------------------------------------------------


def test_a_session_is_resumed(shop):
    shop.play(done("One."), done("Two."))
    shop.run("first words", "--session", "mine")
    found = shop.run("second words", "--session", "mine", "--format", "json").object
    assert found["session"] == "mine"
    sent = json.dumps(shop.server.requests[-1].body)
    assert "first words" in sent
    assert "[Task 2][USER INPUT]" in sent
    session = JournalSession("mine")
    assert len(session.load()) == 4
    session.close()


def test_the_last_session_of_the_folder_goes_on(shop, tmp_path):
    shop.play(done("One."), done("Two."), done("Three."))
    first = shop.run("first words", "--format", "json").object["session"]
    other = shop.run("other words", "--dir", str(tmp_path), "--format", "json").object["session"]
    found = shop.run("second words", "--continue", "--format", "json").object
    assert found["session"] == first != other
    sent = json.dumps(shop.server.requests[-1].body)
    assert "first words" in sent and "other words" not in sent


def test_a_folder_without_a_session_says_so(shop):
    result = shop.run("go", "-c")
    assert (result.code, "There is no session of" in result.err) == (2, True)


def test_nothing_is_done_where_nothing_was_cut(shop):
    shop.play(done())
    shop.run("go")
    result = shop.run("--continue")
    assert (result.code, "none was cut" in result.err) == (2, True)
    assert "codepilot run --session" in result.err, "and not the last session of the folder"


def test_a_task_that_was_cut_goes_on_without_a_word(shop):
    session = JournalSession("mine", work_dir=shop.work)
    session.log.append("task_started", {"task": "first words", "number": 1})
    session.close()
    shop.play(done("Went on."))
    result = shop.run("--continue")
    assert (result.code, result.out) == (0, "Went on.\n")
    assert "ended before its first step; the task goes on" in result.err
    assert "first words" in json.dumps(shop.server.requests[-1].body)


def test_a_rewind_that_was_cut_is_told(shop):
    session = JournalSession("mine", work_dir=shop.work)
    row = {"path": "a.txt", "now_id": None, "now_mode": 0, "then_id": "ab" * 16, "then_mode": 0o100644}
    session.log.append("restore_started", {"to": 1, "rows": [row], "folders": {}})
    session.close()
    shop.play(done("Went on."), done("Again."))
    assert "in the middle of a rewind" in shop.run("go", "--continue").err
    session = JournalSession("mine", work_dir=shop.work)
    session.log.append("restore_finished", {"done": [], "kept": {}})
    session.close()
    assert "rewind" not in shop.run("go", "--continue").err


def test_two_programs_do_not_share_a_session(shop):
    session = JournalSession("mine")
    session.save([])
    result = shop.run("go", "--session", "mine")
    assert (result.code, "open in this program" in result.err) == (1, True)
    session.close()


def test_7_where_the_session_could_not_be_made(shop):
    place = sessions_root()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("no folder")
    shop.play(done("Two."), done("Two."), done("Two."))
    result = shop.run("go", "--format", "json")
    last = result.object["errors"][-1]
    assert (result.code, result.object["exit_code"], result.object["status"]) == (7, 7, "done")
    assert "they are lost." in last["error"] and last["hint"].endswith("Nothing of the session is kept.")
    result = shop.run("go")
    assert result.code == 7 and result.out == "Two.\n"
    assert "records were not written" in result.err.splitlines()[-2]
    assert shop.run("go", "--max-steps", "1", "--format", "jsonl").events[-1]["type"] == "runtime_failed"


def test_a_task_that_went_wrong_keeps_its_exit_code_where_the_session_is_lost_too(shop):
    place = sessions_root()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("no folder")
    shop.play(block("think('x')"))
    result = shop.run("go", "--max-steps", "1")
    assert result.code == 3 and "records were not written" in result.err


def test_the_demo_leaves_no_session(shop):
    shop.main("run", "--demo", "--allow", "all")
    assert sessions_of() == []


# -- standard input ----------------------------------------------------------------------------------------------


@pytest.fixture
def typed(monkeypatch):
    """Lets these words stand on standard input."""
    opened = []

    def typed(text, *, close=True):
        read, write = os.pipe()
        os.write(write, text.encode())
        if close:
            os.close(write)
        opened.append(open(read, encoding="utf-8"))  # noqa: SIM115 - closed at the end of the test
        monkeypatch.setattr("sys.stdin", opened[-1])
        return write

    yield typed
    for stream in opened:
        stream.close()


def test_a_dash_reads_the_task_from_standard_input(shop, typed):
    typed("do this\nand that\n")
    shop.play(done())
    assert shop.run("-").code == 0
    assert shop.server.requests[0].user_text == "[Task 1][USER INPUT]\ndo this\nand that\n"


def test_what_is_piped_in_goes_along_with_the_task(shop, typed):
    typed("line one\n```\nline two\n")
    shop.play(done())
    assert shop.run("explain").code == 0
    assert shop.server.requests[0].user_text == (
        "[Task 1][USER INPUT]\nexplain\n\nStandard input:\n````\nline one\n```\nline two\n````"
    )


def test_what_is_piped_in_is_the_task_where_none_is_named(shop, typed):
    typed("fix it\n")
    shop.play(done())
    assert shop.run().code == 0
    assert shop.server.requests[0].user_text == "[Task 1][USER INPUT]\nfix it\n"


def test_a_silent_pipe_is_waited_for_a_moment_and_then_told(shop, typed, monkeypatch):
    monkeypatch.setattr(stdin, "FIRST_BYTE", 0.05)
    typed("", close=False)
    shop.play(done())
    result = shop.run("explain")
    assert result.code == 0
    assert "nothing arrived on standard input" in result.err
    assert shop.server.requests[0].user_text == "[Task 1][USER INPUT]\nexplain"


def test_an_empty_pipe_adds_nothing(shop, typed):
    typed("")
    shop.play(done())
    assert shop.run("explain").code == 0
    assert shop.server.requests[0].user_text == "[Task 1][USER INPUT]\nexplain"


def test_more_than_a_model_could_read_is_refused_with_what_to_do(shop, tmp_path, monkeypatch):
    (tmp_path / "huge").write_bytes(b"x" * (stdin.MOST + 1))
    with (tmp_path / "huge").open(encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        result = shop.run("explain")
    assert result.code == 2 and "Save it to a file" in result.err


def test_a_dash_with_nothing_there_is_no_task(shop, typed):
    typed("  \n")
    assert shop.run("-").code == 2


def test_130_when_the_person_leaves_before_the_task_is_read(shop, monkeypatch):
    class Interrupted:
        def read(self):
            raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin", Interrupted())
    result = shop.run("-")
    assert (result.code, result.err) == (130, "codepilot: stopped.\n")


def test_steer_sends_each_line_to_the_agent_while_it_works(shop, typed):
    typed("first hint\n\nsecond hint ☃")
    shop.play(Turn(match=r"second hint ☃", text=done("Heard both.")))
    shop.play(Turn(match=r"\A(?!.*second)", text=block("think('wait')"), repeat=True))
    result = shop.run("go", "--steer", "--format", "jsonl", "--max-steps", "10000")
    assert result.code == 0
    injected = [event["message"] for event in result.events if event["type"] == "message_injected"]
    assert injected == ["first hint", "second hint ☃"]
    assert shop.server.requests[0].user_text.startswith("[Task 1][USER INPUT]\ngo")


def test_steer_goes_on_after_a_line_that_is_too_long(shop, monkeypatch, tmp_path):
    (tmp_path / "lines").write_text("x" * 3_000_000 + "\n" + "y" * 5_000 + "\nlast hint\n", "utf-8")
    shop.play(Turn(match=r"last hint", text=done("Heard.")))
    shop.play(Turn(match=r"\A(?!.*last hint)", text=block("think('wait')"), repeat=True))
    with (tmp_path / "lines").open(encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        result = shop.run("go", "--steer", "--max-steps", "10000")
    assert (result.code, result.out.splitlines()[-1]) == (0, "Heard.")
    assert "was longer than 1,000,000 bytes, so it was not sent." in result.err
    assert "› last hint" in result.err and "› yyy" in result.err
    assert max(map(len, result.err.splitlines())) < 2_000, "the one that was sent is not printed whole"


def test_steer_does_not_wait_for_lines_that_never_come(shop, typed):
    write = typed("", close=False)
    shop.play(done("Alone."))
    result = shop.run("go", "--steer")
    os.close(write)
    assert (result.code, result.out) == (0, "Alone.\n")


# -- help --------------------------------------------------------------------------------------------------------


def test_the_version(shop):
    from codepilot import __version__

    result = shop.main("--version")
    assert (result.code, result.out) == (0, f"codepilot {__version__}\n")


def test_the_help_names_every_option_and_exit_code(shop):
    assert "run" in shop.main("--help").out
    text = shop.main("run", "--help").out
    for word in (
        *(
            "--dir",
            "--agent",
            "--model",
            "--mode",
            "--allow",
            "--format",
            "--session",
            "--continue",
            "--steer",
            "--max-steps",
            "--demo",
        ),
        *("0 done", "1 failed", "2 usage", "3 step limit", "4 provider", "5 a person", "130 stopped"),
    ):
        assert word in " ".join(text.split())
