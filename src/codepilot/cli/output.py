"""The only writer of stdout and stderr. Stdout is data (the answer, JSON); stderr is narration.

Where stdout takes nothing any more, the task has no reader and is stopped. Narration that cannot be written is dropped.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any, TextIO

from codepilot import events as e
from codepilot.errors import CodepilotError, with_stop
from codepilot.text import clean, clean_line, dollars, dollars_of, escaped_json, shorten

_FAILED = re.compile(r"exit (?!0$)-?\d+")
_WHY = re.compile(
    r"^(?:\[[\w:.-]+\] )?(?:ERROR|(?:Execution )?[Ee]rror): (?:Execution error: )?(.+)", re.MULTILINE
)
"""How the results for the model begin their reason."""
_LONGEST_MESSAGE = 1_000
"""Characters of a message that are shown."""
_LONGEST_WHY = 200


class OutputError(CodepilotError):
    """What is to be written cannot be: the disk is full, the device is gone."""


def write(text: str) -> None:
    """Data, as it is, cleaned of control characters."""
    _put(sys.stdout, clean(text))


def json_line(value: dict[str, Any]) -> None:
    """One JSON object on a line of its own; what stdout cannot take or a terminal would obey is escaped."""
    text = escaped_json(json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":")))
    if sys.stdout is not None and not _fits(sys.stdout, text):
        text = escaped_json(json.dumps(value, default=str, separators=(",", ":")))
    _put(sys.stdout, text + "\n")


def narrate(text: str) -> None:
    """A line for the person beside the data; dropped where stderr takes none."""
    try:
        _put(sys.stderr, clean(text) + "\n")
    except (BrokenPipeError, OutputError):
        _lead_nowhere(sys.stderr)


def give_up() -> None:
    """Nobody takes our output any more: let what is still buffered go nowhere instead of failing at exit."""
    _lead_nowhere(sys.stdout)


def _lead_nowhere(stream: TextIO | None) -> None:
    if stream is None:  # the program was started without one: nothing is buffered
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _put(stream: TextIO | None, text: str) -> None:
    if stream is None:  # the program was started without one
        raise OutputError("The output cannot be written: it is closed.")
    if not _fits(stream, text):
        encoding = stream.encoding or "ascii"
        text = text.encode(encoding, "replace").decode(encoding)
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:  # the reader has what it wanted
        raise
    except OSError as error:
        raise OutputError(f"The output cannot be written: {error.strerror}.") from error


def _fits(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def error(message: str, hint: str = "") -> None:
    """What happened, and what to do next."""
    narrate(f"codepilot: {message}")
    if hint:
        narrate(f"  {hint}")


class TextReport:
    """`--format text`: prose and completion on stdout, one line a call on stderr."""

    def __init__(self) -> None:
        self._prose_open = False
        self._held = ""
        """Line ends that were not written yet: they are only if more prose follows."""
        self._said = False
        self._calls: dict[str, e.ToolStarted] = {}

    def take(self, stamped: e.Stamped) -> None:
        """Show one event."""
        match stamped.event:
            case e.TextStreamed(text=text):
                self._say(text)
            case e.ToolStarted() as call:
                self._calls[call.call_id] = call
            case e.ToolFinished() as done:
                self._end_prose()
                narrate(_call_line(done, self._calls.get(done.call_id)))
            case e.RuntimeFailed() as failed:
                self._end_prose()
                error(failed.error, failed.hint)
            case e.TaskFinished() as finished:
                self._end_prose()
                self._finish(finished)
            case other:
                if said := _said_of(other):
                    self._end_prose()
                    narrate(said)

    def _finish(self, finished: e.TaskFinished) -> None:
        if finished.status == "done" or (finished.status == "needs_person" and finished.summary):
            self._say(finished.summary)
            self._end_prose()
        elif finished.status == "max_steps":
            error(
                f"The step limit of {finished.steps} is reached; the task is not finished.",
                "Raise it with --max-steps or runtime.max_steps in the agent file.",
            )
        elif finished.status == "max_cost":
            error(
                f"Stopped to keep to the budget: this session has cost {dollars(finished.session_cost or 0)}. "
                "The task is not finished.",
                "Raise it with --max-cost or runtime.max_cost in the agent file.",
            )
        elif finished.status == "aborted":
            narrate("codepilot: stopped.")
        if said := spent(finished):
            narrate(f"codepilot: {said}")

    def _say(self, text: str) -> None:
        """Prose as it comes; what one reply says is one empty line away from the next."""
        text = self._held + text if self._prose_open else text.lstrip("\n")
        body = text.rstrip("\n")
        self._held = text[len(body) :]
        if body:
            write(body if self._prose_open or not self._said else "\n" + body)
            self._prose_open = self._said = True

    def _end_prose(self) -> None:
        if self._prose_open:
            write("\n")
            self._prose_open = False


def spent(finished: e.TaskFinished) -> str:
    """What a task has cost, in a line; empty where nothing was counted."""
    if not finished.input_tokens:
        return ""
    said = [f"{finished.input_tokens:,} tokens in, {finished.output_tokens:,} out"]
    if finished.cached_tokens:
        said[0] += f" ({finished.cached_tokens * 100 // finished.input_tokens} % from the cache)"
    if finished.cost is None:
        said.append("price unknown")
    else:
        session = finished.session_cost or finished.cost
        more = f"session ${session:.4f}, " if session > finished.cost else ""
        said.append(f"${finished.cost:.4f} ({more}prices of {finished.prices_of})")
    return " · ".join(said)


def _call_line(done: e.ToolFinished, started: e.ToolStarted | None) -> str:
    # The call did its work, the command did not.
    failed = done.state == "ok" and _FAILED.fullmatch(done.figure)
    glyph = "✗" if failed else {"ok": "✓", "running": "…", "waiting": "…"}.get(done.state, "✗")
    label = clean_line(started.label) if started else ""
    denied = "denied" if done.state == "denied" and done.figure != "denied" else ""
    figures = "  ".join(part for part in (denied, done.figure, f"{done.seconds:.1f} s") if part)
    said = f"{glyph} {done.tool} {label}  {figures}"
    why = done.reason or _why(done)
    return f"{said}  {clean_line(why)}" if why else said


def _why(done: e.ToolFinished) -> str:
    """Why a call failed, of what the model is told: its first line; empty where it did not fail."""
    found = _WHY.search(done.result) if done.state == "error" else None
    why = found[1].strip() if found else ""
    if why.endswith(":") and ". " in why:  # the last sentence announces lines that are not shown
        why = why.rpartition(". ")[0] + "."
    return shorten(why, _LONGEST_WHY)


def _said_of(event: e.Event) -> str:
    """The line for an event that has one and nothing else; empty: it is not shown."""
    match event:
        case e.PermissionAnswered(allow=False, by="nobody") as answer:
            return f"✗ {answer.tool} was not allowed: {answer.reason} (--allow {answer.tool} would)"
        case e.ProviderRetried() as retried:
            soon = f"in {retried.wait:.0f} s" if retried.wait >= 1 else "now"
            return f"… {with_stop(retried.reason)} Try {retried.attempt} of {retried.attempts} {soon}."
        case e.ProviderSilent(seconds=seconds, begun=begun):
            return f"… no {'further word' if begun else 'word'} from the model yet · {seconds:.0f} s"
        case e.MessageInjected(message=message):
            return f"› {shorten(clean_line(message), _LONGEST_MESSAGE)}"
        case e.ContextCut(tokens_before=before, tokens_after=after):
            return f"… The beginning of the conversation is summarised: {before:,} tokens became {after:,}."
        case e.BudgetReached(kind="cost", used=used, limit=limit, go_on=True):
            return f"… This session has cost {dollars_of(used, limit)}."
        case e.TaskResumed(where=where, then=then):
            return f"… The program had ended {where}; the task goes on. {then}".rstrip()
        case _:
            return ""


class JsonLines:
    """`--format jsonl`: one event per line."""

    def take(self, stamped: e.Stamped) -> None:
        """Show one event."""
        json_line(e.as_dict(stamped))


class Gathered:
    """`--format json`: keeps what the one final object says."""

    def __init__(self) -> None:
        self.changed: dict[str, dict[str, int]] = {}
        self.denied: list[dict[str, str]] = []
        self.unanswered: list[str] = []
        self._asked: dict[str, str] = {}
        self.errors: list[dict[str, str]] = []
        self.calls = 0
        self.cost: dict[str, Any] = {"task": None, "session": None, "prices_of": ""}

    def take(self, stamped: e.Stamped) -> None:
        """Note one event."""
        match stamped.event:
            case e.FileChanged(path=path, added=added, removed=removed):
                counts = self.changed.setdefault(path, {"added": 0, "removed": 0})
                counts["added"] += added
                counts["removed"] += removed
            case e.PermissionAnswered(allow=False) as answer:
                self.denied.append({"tool": answer.tool, "reason": answer.reason, "by": answer.by})
            case e.QuestionAsked(question_id=number, question=question):
                self._asked[number] = question
            case e.QuestionAnswered(question_id=number, answer=None):
                self.unanswered.append(self._asked[number])
            case e.RuntimeFailed() as failed:
                self.errors.append({"source": failed.source, "error": failed.error, "hint": failed.hint})
            case e.ToolStarted():
                self.calls += 1
            case e.TaskFinished(cost=cost, session_cost=session_cost, prices_of=prices_of):
                self.cost = {"task": cost, "session": session_cost, "prices_of": prices_of}
            case _:
                pass
