"""Who says yes: True and Decision(allow=True), and nothing else."""

import asyncio
import io
import os
import subprocess
import sys
import threading
import tty

import pexpect
import pytest

from codepilot.decision import Decision, PermissionRequest
from codepilot.hooks import EventType, HookSystem
from codepilot.hooks.approver import HookApprover


async def inline(job):
    return job()


def request(**more):
    return PermissionRequest(id="r1", call_id="c1", tool="execute", description="Execute: ls", **more)


def asked(*handlers, use_stdin=False):
    """An approver whose permission handlers these are: functions, or answers."""
    hooks = HookSystem()
    for handler in handlers:
        hooks.register(
            EventType.PERMISSION_REQUEST,
            handler if callable(handler) else lambda handler=handler, **_: handler,
        )
    return HookApprover(hooks, inline, use_stdin=use_stdin)


def raises(**_):
    raise RuntimeError("boom")


async def later(**_):
    await asyncio.sleep(0)
    return True


YES = Decision(allow=True, by="person")
NO = Decision(allow=False, reason="not now", by="person")
TRUTHY = [
    "no",
    "yes",
    "True",
    1,
    1.0,
    {"allow": True},
    [True],
    object(),
    Decision,
    Decision(allow="no"),
    Decision(allow=1),
]


@pytest.mark.parametrize(
    ("answer", "allowed", "by"),
    [
        (True, True, "hook"),
        (YES, True, "person"),
        (False, False, "hook"),
        (NO, False, "person"),
        (None, False, "nobody"),
        (raises, False, "nobody"),
        (later, True, "hook"),
    ],
)
async def test_the_answer_of_one_handler(answer, allowed, by):
    decision = await asked(answer, use_stdin=True).decide(request())
    assert (decision.allow, decision.by) == (allowed, by)


@pytest.mark.parametrize("answer", TRUTHY, ids=range(len(TRUTHY)))
async def test_what_is_merely_truthy_is_no_yes(answer):
    decision = await asked(lambda **_: answer).decide(request())
    assert decision.allow is False
    given, words = answer, ""
    if isinstance(answer, Decision):
        given, words = answer.allow, "Decision(allow=…) with "
    assert decision.reason == (
        f"A permission handler answered with {words}a value of type {type(given).__name__}; "
        "only True or Decision(allow=True) allows."
    )
    assert decision.by == "nobody"


async def test_what_is_falsy_and_no_false_is_told_as_a_mistake_too():
    for answer in (0, "", [], {}):
        decision = await asked(answer).decide(request())
        assert decision.allow is False
        assert "answered with a value of type" in decision.reason


@pytest.mark.parametrize("others", [(True,), (YES,), (True, True), (None, True)])
@pytest.mark.parametrize(
    "strict", [False, NO, raises, "no", Decision(allow=1)], ids=["False", "NO", "raises", "text", "number"]
)
@pytest.mark.parametrize("place", ["first", "last"])
async def test_the_strictest_of_several_wins(strict, others, place):
    handlers = (strict, *others) if place == "first" else (*others, strict)
    assert (await asked(*handlers).decide(request())).allow is False


@pytest.mark.parametrize(
    "handlers", [(True, True), (None, True), (True, None), (YES, True), (None, None, YES)]
)
async def test_all_yes_is_yes_and_none_is_no_answer(handlers):
    assert (await asked(*handlers).decide(request())).allow is True


async def test_of_several_refusals_the_one_with_a_reason_is_told():
    assert (
        await asked(False, NO, Decision(allow=False, reason="later")).decide(request())
    ).reason == "not now"
    assert (await asked(False, raises).decide(request())).by == "hook"


STEP, SINGLE = Decision(allow=True, whole_step=True), Decision(allow=True)


@pytest.mark.parametrize(
    ("answers", "whole_step"),
    [
        ((STEP,), True),
        ((STEP, STEP), True),
        ((None, STEP), True),
        ((STEP, SINGLE), False),
        ((SINGLE, STEP), False),
        ((STEP, True), False),
        ((True, STEP), False),
    ],
)
async def test_the_step_is_agreed_to_only_if_every_handler_means_it(answers, whole_step):
    decision = await asked(*answers).decide(request())
    assert (decision.allow, decision.whole_step) == (True, whole_step)


async def test_every_handler_is_called_and_gets_tool_description_and_request():
    seen = []

    def handler(**given):
        seen.append(given)
        return False

    await asked(handler, handler).decide(request())
    assert seen == [{"tool": "execute", "description": "Execute: ls", "request": request()}] * 2


async def test_a_handler_that_raises_says_so_and_never_falls_to_stdin(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    decision = await asked(raises, use_stdin=True).decide(request())
    assert decision == Decision(
        allow=False, by="nobody", reason="The permission handler raised an exception, so the call was denied."
    )
    decision = await asked(None, use_stdin=True).decide(request())
    assert decision == Decision(
        allow=False, by="nobody", reason="The permission handler returned no answer, so the call was denied."
    )


# -- nobody is registered --------------------------------------------------------------------------------------------


async def test_without_handler_and_stdin_nobody_answers(monkeypatch):
    stdin = io.StringIO("y\nblue\n")
    monkeypatch.setattr(sys, "stdin", stdin)
    assert await questioned().answer("colour?") is None
    decision = await asked().decide(request())
    assert decision == Decision(allow=False, by="nobody", reason="There was no one to ask, so it was denied.")


@pytest.mark.parametrize(
    ("typed", "allowed"),
    [
        ("y\n", True),
        ("YES\n", True),
        (" y \n", True),
        ("\n", False),
        ("n\n", False),
        ("yess\n", False),
        ("j\n", False),
    ],
)
async def test_a_line_on_stdin_stands_in(monkeypatch, capsys, typed, allowed):
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    decision = await asked(use_stdin=True).decide(
        PermissionRequest(id="r", call_id="c", tool="execute", description="Execute: \x1b[2Jls")
    )
    assert (decision.allow, decision.by, decision.reason) == (allowed, "person", "")
    assert capsys.readouterr().out == "The agent asks: Execute: ␛[2Jls\nAllow? [y/N] "


@pytest.mark.parametrize("stdin", [None, io.StringIO("")])
async def test_an_end_of_stdin_is_nobody(monkeypatch, stdin):
    monkeypatch.setattr(sys, "stdin", stdin)
    decision = await asked(use_stdin=True).decide(request())
    assert decision == Decision(allow=False, by="nobody", reason="There was no one to ask, so it was denied.")


class Person:
    """Someone at a terminal, who types when the prompt is on the screen. The screen is a pipe with a buffer."""

    def __init__(self, monkeypatch, typed, *, raw=False):
        self.ours, theirs = os.openpty()
        if raw:
            tty.setraw(theirs)
        self.stdin = os.fdopen(theirs, encoding="utf-8")
        self.seen, screen = os.pipe()
        self.stdout = os.fdopen(screen, "w", encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", self.stdin)
        monkeypatch.setattr(sys, "stdout", self.stdout)
        self.shown = b""
        self.thread = threading.Thread(target=self._answer, args=(typed,), daemon=True)
        self.thread.start()

    def _answer(self, typed):
        while b"[y/N] " not in self.shown:
            self.shown += os.read(self.seen, 4096)
        view = memoryview(typed)
        while view:
            view = view[os.write(self.ours, view) :]

    def leave(self):
        self.thread.join(10)
        for each in (self.stdin, self.stdout):
            each.close()
        for each in (self.ours, self.seen):
            os.close(each)


@pytest.mark.parametrize(
    ("typed", "raw", "allowed", "by"),
    [
        (b"y\n", False, True, "person"),
        (b"yes\n", False, True, "person"),
        (b"n\n", False, False, "person"),
        (b"\n", False, False, "person"),
        (b"\xffy\n", False, False, "person"),
        (b"\x04", False, False, "nobody"),
        (b" " * 6000 + b"y\n", True, True, "person"),
    ],
)
async def test_a_person_at_a_terminal_is_asked_from_another_thread(monkeypatch, typed, raw, allowed, by):
    person = Person(monkeypatch, typed, raw=raw)
    try:
        async with asyncio.timeout(60):
            decision = await HookApprover(HookSystem(), asyncio.to_thread, use_stdin=True).decide(request())
        assert (decision.allow, decision.by) == (allowed, by)
        person.shown += b"" if by == "person" else os.read(person.seen, 4096)
        # Ctrl+D ends no line, so the next words would stand behind the question.
        assert person.shown == b"The agent asks: Execute: ls\nAllow? [y/N] " + b"\n" * (by == "nobody")
    finally:
        person.leave()


@pytest.fixture
def piped(monkeypatch):
    """Data for the program on its stdin."""
    source, sink = os.pipe()
    os.write(sink, b"y\ndata\n")
    os.close(sink)
    with open(source, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield stdin


ASKING = """
import asyncio, sys
from codepilot.decision import PermissionRequest
from codepilot.hooks import HookSystem
from codepilot.hooks.approver import HookApprover

approver = HookApprover(HookSystem(), asyncio.to_thread, use_stdin=True)
request = PermissionRequest(id="r1", call_id="c1", tool="execute", description="Execute: ls")
decision = asyncio.run(approver.decide(request))
answer = asyncio.run(approver.answer("colour?"))
print("allowed", decision.allow, decision.by, "answer", answer, "left", sys.stdin.read().split())
"""


def test_what_is_piped_in_is_no_answer_where_there_is_no_terminal():
    """It is the program's, and a `y` in it allowed a command."""
    run = subprocess.run(
        [sys.executable, "-c", ASKING],
        input="y\ndata\n",
        stdout=-1,
        text=True,
        check=True,
        start_new_session=True,
    )
    assert run.stdout == "allowed False nobody answer None left ['y', 'data']\n"


def test_past_a_pipe_the_person_is_asked_at_the_terminal():
    command = """printf 'no\\ndata\\n' | "$0" -c "$1" """
    screen = pexpect.spawn("/bin/sh", ["-c", command, sys.executable, ASKING], encoding="utf-8", timeout=30)
    screen.expect_exact("The agent asks: Execute: ls\r\nAllow? [y/N] ")
    screen.sendline("y")
    screen.expect_exact("colour?\r\n> ")
    screen.sendline("blue")
    screen.expect_exact("allowed True person answer blue left ['no', 'data']\r\n")
    screen.expect(pexpect.EOF)
    screen.close()


def test_a_job_in_the_background_does_not_ask_at_the_terminal_of_another():
    """Reading there would stop it."""
    command = """set -m; printf 'no\\n' | "$0" -c "$1" & wait"""
    screen = pexpect.spawn("/bin/sh", ["-c", command, sys.executable, ASKING], encoding="utf-8", timeout=30)
    screen.expect_exact("allowed False nobody answer None left ['no']\r\n")
    screen.close()


async def test_the_input_of_a_notebook_is_asked_whatever_stdin_is(monkeypatch, piped):
    monkeypatch.setattr("builtins.input", lambda: "y")
    assert (await asked(use_stdin=True).decide(request())).allow
    assert piped.read() == "y\ndata\n"


# -- questions in words ----------------------------------------------------------------------------------------------


def questioned(*handlers, use_stdin=False):
    hooks = HookSystem()
    for handler in handlers:
        hooks.register(
            EventType.ASK_USER, handler if callable(handler) else lambda handler=handler, **_: handler
        )
    hooks.register(EventType.PERMISSION_REQUEST, lambda **_: True)
    return HookApprover(hooks, inline, use_stdin=use_stdin)


@pytest.mark.parametrize(
    ("handlers", "answer"),
    [
        ((), None),
        ((lambda question, **_: question.upper(),), "COLOUR?"),
        (("first", "second"), "second"),
        (("first", None), "first"),
        (("first", "  "), "first"),
        (("first", 3), "first"),
        ((True,), None),
        (("  ",), None),
        ((raises, "words"), "words"),
    ],
)
async def test_the_answer_is_the_last_handlers_words_and_never_the_permission_hooks(handlers, answer):
    assert await questioned(*handlers).answer("colour?") == answer


@pytest.mark.parametrize("answer", [5, True, ["a"], b"x", 0])
async def test_an_answer_that_is_no_text_is_told_as_a_mistake(caplog, answer):
    hooks, told = HookSystem(), []
    hooks.on_error = told.append
    hooks.register(EventType.ASK_USER, lambda **_: answer)
    assert await HookApprover(hooks, inline, use_stdin=False).answer("colour?") is None
    kind = type(answer).__name__
    assert told == [f"A handler for ask_user answered with a value of type {kind}; only a text is an answer."]
    assert [record.getMessage() for record in caplog.records] == told


@pytest.mark.parametrize(("handlers", "prompt"), [((), "colour␛?\n> "), ((lambda **_: None,), "> ")])
async def test_a_question_on_stdin_is_shown_once(monkeypatch, capsys, handlers, prompt):
    monkeypatch.setattr(sys, "stdin", io.StringIO("blue\n"))
    assert await questioned(*handlers, use_stdin=True).answer("colour\x1b?") == "blue"
    assert capsys.readouterr().out == prompt


async def test_an_empty_line_on_stdin_is_no_answer(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert await questioned(use_stdin=True).answer("colour?") is None


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
async def test_a_blank_answer_of_a_handler_is_not_asked_again_on_stdin(monkeypatch, capsys, blank):
    monkeypatch.setattr(sys, "stdin", io.StringIO("blue\n"))
    assert await questioned(lambda **_: blank, use_stdin=True).answer("colour?") is None
    assert (capsys.readouterr().out, sys.stdin.read()) == ("", "blue\n")


@pytest.mark.parametrize(
    ("handlers", "typed", "nobody"),
    [
        ((), None, True),  # as `codepilot run` without a terminal
        ((lambda **_: None,), None, False),  # a screen on which the person skipped the question
        ((), "", True),
        ((lambda **_: None,), "", True),
        ((), "\n", False),
        ((lambda **_: "",), "", False),
        ((), "blue\n", False),
    ],
)
async def test_whether_nobody_was_there_to_answer(monkeypatch, handlers, typed, nobody):
    hooks, told = HookSystem(), []
    for handler in handlers:
        hooks.register(EventType.ASK_USER, handler)
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed or ""))
    approver = HookApprover(
        hooks, inline, use_stdin=typed is not None, unanswered=lambda: told.append("nobody")
    )
    await approver.answer("colour?")
    assert told == ["nobody"] * nobody


@pytest.mark.parametrize("missing", ["stdin", "stdout", "stderr"])
async def test_without_a_console_nobody_is_asked(monkeypatch, missing):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    monkeypatch.setattr(sys, missing, None)
    assert (await asked(use_stdin=True).decide(request())).by == "nobody"


class Screen(io.StringIO):
    def __init__(self, tty):
        super().__init__()
        self.isatty = lambda: tty


@pytest.mark.parametrize(
    ("stdout", "stderr", "chosen"),
    [(False, True, "stderr"), (True, True, "stdout"), (True, False, "stdout"), (False, False, "stdout")],
)
async def test_the_prompt_goes_where_the_person_sees_it(monkeypatch, stdout, stderr, chosen):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    screens = {"stdout": Screen(stdout), "stderr": Screen(stderr)}
    for name, screen in screens.items():
        monkeypatch.setattr(sys, name, screen)
    assert (await asked(use_stdin=True).decide(request())).allow
    assert {name: bool(screen.getvalue()) for name, screen in screens.items()} == {
        "stdout": chosen == "stdout",
        "stderr": chosen == "stderr",
    }


async def test_the_end_of_stdin_ends_the_line_of_the_question(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    await asked(use_stdin=True).decide(request())
    assert capsys.readouterr().out == "The agent asks: Execute: ls\nAllow? [y/N] \n"


@pytest.mark.parametrize("whole_step", [1, "no", "yes", [0], {"a": 1}, object()])
@pytest.mark.parametrize("allow", [True, False])
async def test_only_true_answers_for_the_whole_step(whole_step, allow):
    decision = await asked(Decision(allow=allow, whole_step=whole_step)).decide(request())
    assert (decision.allow, decision.whole_step) == (allow, False)
    assert (await asked(Decision(allow=allow, whole_step=True)).decide(request())).whole_step is True


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (5, "The permission handler denied it; its reason is a value of type int, not a text."),
        (["a"], "The permission handler denied it; its reason is a value of type list, not a text."),
        (None, ""),
    ],
)
async def test_a_reason_that_is_no_text_denies_all_the_same(reason, told):
    decision = await asked(Decision(allow=False, reason=reason)).decide(request())
    assert (decision.allow, decision.reason) == (False, told)
    assert (await asked(Decision(allow=True, reason=reason)).decide(request())).reason == ""
