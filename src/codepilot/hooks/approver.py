"""The `Approver` that asks the registered handlers, or the person at the terminal where there are none."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TextIO

from codepilot.decision import Decision, PermissionRequest
from codepilot.hooks.bus import Answers, HookSystem, Runner
from codepilot.hooks.points import EventType
from codepilot.text import clean

_INPUT: Final = input
"""Python's own: a notebook puts one in its place that asks in the browser, whatever stdin is."""


def strictest(answers: Answers) -> Decision:
    """Combine the answers of several permission handlers.

    Only `True` and `Decision(allow=True)` mean yes; None is not an answer. One handler that says no, raises or returns
    anything else overrules the yes of all others.
    """
    decisions = [_decision(value) for value in answers.values]
    refusals = [decision for decision in decisions if not decision.allow]
    if refusals:
        return next((refusal for refusal in refusals if refusal.reason), refusals[0])
    if answers.raised:
        return Decision(
            allow=False,
            by="nobody",
            reason="The permission handler raised an exception, so the call was denied.",
        )
    if not decisions:
        return Decision(
            allow=False,
            by="nobody",
            reason="The permission handler returned no answer, so the call was denied.",
        )
    # A handler that looked at one change only has not agreed to the others of its step.
    return replace(decisions[-1], whole_step=all(decision.whole_step for decision in decisions))


def _decision(value: object) -> Decision:
    """One handler's answer as a `Decision`. A value that is merely truthy (a text, a dict, 1) is a mistake: denied."""
    if isinstance(value, Decision):
        allow: object = value.allow  # whatever a handler put there
        if allow is True or allow is False:
            return _plain(value)
        return _mistaken(f"Decision(allow=…) with a value of type {type(allow).__name__}")
    if value is True or value is False:
        return Decision(allow=value, by="hook")
    return _mistaken(f"a value of type {type(value).__name__}")


def _plain(decision: Decision) -> Decision:
    """A handler's decision with what its fields should hold: no value that is merely truthy agrees to a whole step."""
    reason: object = decision.reason
    whole_step: object = decision.whole_step
    words = reason if isinstance(reason, str) else ""
    if not (decision.allow or reason is None or isinstance(reason, str)):
        words = f"The permission handler denied it; its reason is a value of type {type(reason).__name__}, not a text."
    return replace(decision, reason=words, whole_step=whole_step is True)


def _mistaken(answer: str) -> Decision:
    return Decision(
        allow=False,
        by="nobody",
        reason=f"A permission handler answered with {answer}; only True or Decision(allow=True) allows.",
    )


class HookApprover:
    """Asks the handlers of `PERMISSION_REQUEST` and `ASK_USER`; see `strictest` for what counts as yes.

    Without any registered handler it asks y/N at the terminal, if `use_stdin` allows that (a screen and `codepilot run`
    turn it off). What is piped into the program is never an answer: it is meant for the program.

    Args:
        hooks: where handlers are registered.
        run_sync: runs blocking calls: sync handlers and the y/N line.
        use_stdin: whether the person at the terminal may be asked when no handler is registered.
        unanswered: told when nobody was there to answer a question of `ask_user`.
    """

    def __init__(
        self,
        hooks: HookSystem,
        run_sync: Runner,
        *,
        use_stdin: bool,
        unanswered: Callable[[], None] | None = None,
    ) -> None:
        self._hooks = hooks
        self._run_sync = run_sync
        self._use_stdin = use_stdin
        self._unanswered = unanswered

    async def decide(self, request: PermissionRequest) -> Decision:
        """The combined answer of the handlers, or of the person at the terminal."""
        if not self._hooks.has_handlers(EventType.PERMISSION_REQUEST):
            return await self._decide_on_stdin(request)
        answers = await self._hooks.dispatch(
            EventType.PERMISSION_REQUEST,
            {"tool": request.tool, "description": request.description, "request": request},
            self._run_sync,
        )
        return strictest(answers)

    async def answer(self, question: str) -> str | None:
        """The last text that an `ASK_USER` handler returned and that is not blank; None if there was no answer.

        Where no handler returned a text, the person is asked at the terminal. A blank one is what an empty line is
        there: the question was put to somebody, who says nothing.
        """
        answers = await self._hooks.dispatch(EventType.ASK_USER, {"question": question}, self._run_sync)
        for words in answers.values:
            if not isinstance(words, str):
                kind = type(words).__name__
                text = (
                    f"A handler for ask_user answered with a value of type {kind}; only a text is an answer."
                )
                self._hooks.tell(EventType.ASK_USER, text)
        for words in reversed(answers.values):
            if isinstance(words, str) and words.strip():
                return words
        # With stdin one that only prints the question, as is documented; without, somebody who gave no answer.
        handled = self._hooks.has_handlers(EventType.ASK_USER)
        if handled and (not self._use_stdin or any(isinstance(words, str) for words in answers.values)):
            return None
        prompt = "> " if handled else f"{clean(question)}\n> "
        typed = await self._run_sync(lambda: _read_line(prompt)) if self._use_stdin else None
        if typed is None and self._unanswered is not None:
            self._unanswered()
        return str(typed) if typed else None

    async def _decide_on_stdin(self, request: PermissionRequest) -> Decision:
        if not self._use_stdin:
            return Decision(allow=False, by="nobody", reason="There was no one to ask, so it was denied.")
        prompt = f"The agent asks: {clean(request.description)}\nAllow? [y/N] "
        typed = await self._run_sync(lambda: _read_line(prompt))
        if typed is None:
            return Decision(allow=False, by="nobody", reason="There was no one to ask, so it was denied.")
        return Decision(allow=str(typed).strip().lower() in ("y", "yes"), by="person")


def _read_line(prompt: str) -> str | None:
    """One line from the person, or None if there is none. The prompt goes to stderr if stdout is redirected."""
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:  # no console
        return None
    if _is_redirected(sys.stdin):
        return _ask_at_terminal(prompt)
    screen = sys.stderr if sys.stderr.isatty() and not sys.stdout.isatty() else sys.stdout
    try:
        screen.write(prompt)
        screen.flush()
        if sys.stdin.isatty() and threading.current_thread() is not threading.main_thread():
            typed = _read_terminal(sys.stdin.fileno())
        else:
            typed = _read_input()
        if typed is None:  # ^D ends no line
            screen.write("\n")
            screen.flush()
        return typed
    except (OSError, ValueError):  # closed, or captured as pytest does
        return None


def _read_input() -> str | None:
    try:
        return input()
    except EOFError:
        return None


def _is_redirected(stdin: TextIO) -> bool:
    """Whether it is a pipe or a file, with data for the program. What has no descriptor, as in IDLE, may ask."""
    try:
        return not os.isatty(stdin.fileno()) and input is _INPUT
    except (OSError, ValueError, AttributeError):  # no descriptor, or closed
        return False


def _ask_at_terminal(prompt: str) -> str | None:
    """Past a redirected stdin, as ssh asks for a password; None where there is no terminal, or another job has it."""
    try:
        with open("/dev/tty", "r+b", buffering=0) as terminal:  # noqa: PTH123 - no path of the project
            if os.tcgetpgrp(terminal.fileno()) != os.getpgrp():
                return None  # reading would stop the whole program, with SIGTTIN
            terminal.write(prompt.encode(errors="replace"))
            typed = _read_terminal(terminal.fileno())
            if typed is None:
                terminal.write(b"\n")
            return typed
    except OSError:
        return None


def _read_terminal(descriptor: int) -> str | None:
    """A line from the terminal's descriptor: a thread that still waits in `input()` would crash the program's exit."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, 4096)
        if not piece:
            break
        line += piece
    return line.decode(sys.stdin.encoding or "utf-8", "replace").rstrip("\n") if line else None
