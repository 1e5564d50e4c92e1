"""How the end of a control block is told to the model: what, where, what ran already, what to do instead."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from codepilot import protocol
from codepilot.sandbox.replies import Done, Raised
from codepilot.text import counted, shorten

_SHOWN_CALLS: Final = 8
_SHOWN_LINE: Final = 160
_WHERE: Final = re.compile(r'File "<block (\d{1,9})>", line (\d{1,9}) in (\S{0,99})')
_UNDEFINED: Final = re.compile(r"name '(\w+)' is not defined")
_SIGNALS: Final = {
    4: "SIGILL",
    6: "SIGABRT",
    7: "SIGBUS",
    9: "SIGKILL",
    11: "SIGSEGV",
    15: "SIGTERM",
    31: "SIGSYS",
}
_NOTHING: Final = "Nothing of this block ran."


class CallList:
    """The tool calls of one block, as far as they are worth telling."""

    def __init__(self) -> None:
        self.count = 0
        """All calls of the block, those that could not be made included."""
        self._refused = 0
        self._last: deque[str] = deque(maxlen=_SHOWN_CALLS)
        self._under_way = ""
        self._begun = False

    def add(self, name: str, args: Sequence[object]) -> None:
        """Note a call."""
        self.count += 1
        self._under_way = f"{name}({_brief(args[0]) if args else ''})"
        self._begun = False

    def begin(self) -> None:
        """The call noted last reaches its tool."""
        self._begun = True

    def done(self) -> None:
        """The call noted last has its answer."""
        if self._under_way:
            self._last.append(self._under_way)
            self._under_way = ""

    def take_back(self) -> None:
        """The call noted last was not made after all."""
        self._refused += 1
        self._under_way = ""

    @property
    def made(self) -> int:
        """Those that reached their tool."""
        return self.count - self._refused

    def __str__(self) -> str:
        if not self.made:
            return "No tool was called."
        hidden = self.made - len(self._last) - bool(self._under_way)
        shown = ", ".join(self._last)
        before = f"{counted(hidden, 'other')}, then " if hidden else ""
        called = f"Tools called already: {before}{shown}." if shown else ""
        # Begun, it may wait for a yes, or be half done: its own result says which.
        how = "was called and had no result yet" if self._begun else "was not started"
        stopped = f"{self._under_way} {how}." if self._under_way else ""
        return f"{called} {stopped}".strip()


def _brief(value: object) -> str:
    return repr(shorten(value, 60)) if isinstance(value, str) else type(value).__name__


class Report:
    """Words about one block.

    Args:
        number: of the block.
        sources: the code of this and of some earlier blocks, by number.
        calls: its tool calls.
        lost: names that are gone with the worker.
        tools: what the block could call.
    """

    def __init__(
        self,
        number: int,
        sources: Mapping[int, str],
        calls: CallList,
        lost: Sequence[str] = (),
        tools: Collection[str] = (),
    ) -> None:
        self._number = number
        self._sources = sources
        self._calls = calls
        self._lost = lost
        self._tools = tools

    def of(self, done: Done, output_limit: int) -> str:
        """The block ended by itself."""
        if done.kind == "lint":
            return self._lint(done.violations)
        if done.kind == "syntax":
            return self._syntax(done.line, done.text)
        if done.kind == "output_limit":
            return self._joined(
                f"OutputLimit: the block printed more than {output_limit:,} characters and was stopped there.",
                "Print less: slices, counts, or only the lines that matter.",
                f"{self._calls} What ran before that stands.",
            )
        if done.raised is not None:
            return self._exception(done.raised)
        return ""

    def timeout(self, limit: float, words: str) -> str:
        """The block was stopped for its time; `words` are what the worker said of where it was."""
        where = [self._line(int(block), int(line), name) for block, line, name in _WHERE.findall(words)[:3]]
        return self._joined(
            f"TimeLimit: the block computed for more than {limit:g} s and was stopped; time in tools does not count.",
            *(f"  {'called from' if index else 'it was at'} {place}" for index, place in enumerate(where)),
            f"{self._calls} What ran before that stands.",
            self._replaced(),
        )

    def aborted(self, reason: str) -> str:
        """The block was stopped from outside."""
        return self._joined(
            f"Stopped: {reason}." if reason else "Stopped.",
            f"{self._calls} What ran before that stands.",
            self._replaced(),
        )

    def crashed(self, status: int, words: str, broken: str) -> str:
        """The worker died of itself, or broke its protocol."""
        if broken:
            what = f"broke its protocol ({broken}) and was killed"
        elif status < 0:
            what = f"was killed by {_SIGNALS.get(-status, f'signal {-status}')}"
        else:
            what = f"ended with status {status}"
        fatal = next((line for line in words.splitlines() if line.startswith("Fatal Python error")), "")
        return self._joined(
            f"WorkerDied: the process that ran the block {what}.",
            f"  {fatal[:200]}" if fatal else "",
            f"{self._calls} What ran before that stands.",
            self._replaced(),
        )

    # -- pieces ----------------------------------------------------------------------------------------------------

    def _lint(self, violations: Iterable[tuple[int, str, str]]) -> str:
        said = [
            f"line {line}: {message}. {hint}\n    {self._source(self._number, line)}"
            for line, message, hint in violations
        ]
        return self._joined(f"Refused: {said[0] if said else ''}", *said[1:], _NOTHING)

    def _syntax(self, line: int, text: str) -> str:
        return self._joined(
            f"SyntaxError: {text}",
            f"  at {self._line(self._number, line, '')}" if line else "",
            protocol.syntax_hint(self._sources.get(self._number, ""), line, text),
            _NOTHING,
        )

    def _exception(self, raised: Raised) -> str:
        own = [line for block, line, _ in raised.stack if block == self._number]
        if raised.type == "SystemExit":
            return self._joined(
                f"SystemExit: exit() ended this block{f' at line {own[0]}' if own else ''}; the task continues.",
                "To end the task write a completion block.",
                f"{self._calls}",
            )
        headline = f"{raised.type}: {raised.text}" if raised.text else raised.type
        if raised.type == "MemoryError":
            headline += " (the block needed more memory than it may have)"
        return self._joined(
            headline,
            *(
                f"  {'at' if index == 0 else 'in'} {self._line(*entry)}"
                for index, entry in enumerate(raised.stack)
            ),
            *(f"  {cause}" for cause in raised.causes),
            self._unknown(raised) or raised.hint,
            self._before(own[0]) if own else str(self._calls),
        )

    def _unknown(self, raised: Raised) -> str:
        if raised.type != "NameError" or not raised.stack:
            return ""
        block, line, _ = raised.stack[-1]
        deleted = _UNDEFINED.search(raised.text)
        if deleted and deleted[1] in self._tools:
            return f"The block deleted the tool {deleted[1]}; the next block has it again."
        return protocol.unknown_name(raised.text, self._source(block, line), self._tools, raised.hint)

    def _before(self, line: int) -> str:
        lines = self._sources.get(self._number, "").splitlines()
        above = any(text.strip() and not text.lstrip().startswith("#") for text in lines[: max(line - 1, 0)])
        if not above and not self._calls.made and ";" not in self._source(self._number, line):
            return "Nothing ran before it."
        return f"What ran before line {line} stands. {self._calls}"

    def _line(self, block: int, line: int, function: str) -> str:
        where = f"line {line}" if block == self._number else f"line {line} of an earlier block"
        inside = f"{function}(), " if function and not function.startswith("<") else ""
        source = self._source(block, line)
        return f"{inside}{where}: {source}" if source else f"{inside}{where}"

    def _source(self, block: int, line: int) -> str:
        lines = self._sources.get(block, "").splitlines()
        return lines[line - 1].strip()[:_SHOWN_LINE] if 0 < line <= len(lines) else ""

    def _replaced(self) -> str:
        return "Names that this block made are gone; plain values of earlier blocks are still there."

    def _joined(self, *lines: str) -> str:
        gone = lost_words(self._lost)
        return "\n".join(line for line in (*lines, gone) if line)


def lost_words(lost: Sequence[str]) -> str:
    """One line about names that went with a worker; empty if there are none."""
    if not lost:
        return ""
    shown = ", ".join(lost[:30]) + (f" and {len(lost) - 30} more" if len(lost) > 30 else "")
    return f"Gone with the worker of the earlier blocks (define them again if you need them): {shown}."
