"""What a replay reports, how each tool is treated, and the masks for what is never the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, field
from typing import Any, Final, Literal

from codepilot.journal.steps import RecordedCall, RecordedStep
from codepilot.values import dataclass

DifferenceKind = Literal["start_file", "result", "state", "file", "missing", "extra"]
"""A file that was not as it was when the steps began; a call that said something else, or ended otherwise; a file that
holds something else after a step; a call that was not made now; one that was made only now."""
CallClass = Literal["exact", "masked", "recorded"]
"""All is compared; all but times, process numbers and the like; not carried out, but answered from the record."""
_TERMINAL: Final = frozenset(
    {"execute", "run_command", "read_output", "send_input", "terminate_terminal", "list_terminals"}
)
_MODE = r"[-dlbcps][-rwxsStT]{9}[.+@]?"
_MASKS: Final = tuple(
    (re.compile(pattern), shown)
    for pattern, shown in (
        # `ls -la`: the folder above the work folder is another one, and counts for the sum and the columns' widths.
        (rf"(?m)^total \S+$(?=\n{_MODE} .* \./?\n{_MODE} .* \.\./?$)", "total <masked>"),
        (rf"(?m)^{_MODE} .* \.\./?$", "<folder above>"),
        (rf"(?m)^({_MODE}) +(\d+) +(\S+) +(\S+) +(\d+) ", r"\1 \2 \3 \4 \5 "),
        (r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?", "<time>"),
        (
            r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [^\n]{0,16}\d\d:\d\d(?::\d\d)?(?:[^\n\d]{0,9}\d{4})?",
            "<time>",
        ),
        (r"\b[A-Z][a-z]{2} +\d{1,2} +(?:\d\d:\d\d|\d{4})\b", "<time>"),
        (r"\b\d{1,2}:\d\d:\d\d(?:\.\d+)?\b", "<time>"),
        (r"\b\d+m\d+(?:\.\d+)?s\b", "<seconds>"),
        (r"\b\d+(?:\.\d+)?(?: ?(?:ns|µs|us|ms|s|secs?|seconds?)\b)", "<seconds>"),
        (r"(?i)\b(pid|process)([ :=]+)\d+", r"\1\2<pid>"),
        (r"(?m)^\[(\d+)\] +\d+$", r"[\1] <pid>"),
        (r"\b0x[0-9a-fA-F]+\b", "<address>"),
        (r"(\[terminal:[^\]\n]*?:cmd)\d+\]", r"\1<n>]"),
        (r"(?:/var)?/tmp/[^\s'\":)]+", "<temp>"),
        (r"\btmp[a-z0-9_]{6,10}\b", "<temp>"),
    )
)

_LONG: Final = re.compile(r"(?<![^\s:])/[^\n]*?/(?:texts|codepilot-results-[^/\s]+)/([0-9a-f]{64})\b")
"""The file of a result that was too long for the model: named by what it holds, and so the same wherever it lies."""


def class_of(call: RecordedCall, live: Iterable[str] = ()) -> CallClass:
    """How a call is treated.

    Args:
        call: recorded.
        live: names of tools that are carried out although they act outside.
    """
    if call.tool in live:
        return "masked"
    if not call.builtin or call.tool == "ask_user":
        return "recorded"
    return "masked" if call.tool in _TERMINAL else "exact"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it was recorded."""

    kind: DifferenceKind
    n: int = 0
    """The record of the call; 0: it belongs to none."""
    task: int = 0
    step: int = 0
    """In its task."""
    call: str = ""
    """As the record names it, or, of an extra one, the replay."""
    tool: str = ""
    path: str = ""
    expected: str = ""
    """Of texts and files a digest."""
    got: str = ""
    diff: tuple[str, ...] = ()
    """At most 40 lines."""
    follows: int = 0
    """The number of the difference, from 1, that it may come from; 0: it comes from none."""


@dataclass(slots=True)
class ReplayReport:
    """What came of a replay."""

    session: str
    calls: int = 0
    same: int = 0
    masked: int = 0
    """The same but for times, process numbers and the like."""
    recorded: int = 0
    """Answered from the record."""
    skipped: int = 0
    """Calls of which the record does not say how they ended."""
    differences: list[Difference] = field(default_factory=list)
    folder: str = ""
    """Where they were carried out, if it is kept."""

    @property
    def as_recorded(self) -> bool:
        """Nothing differs."""
        return not self.differences

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "differences": [asdict(each) for each in self.differences]}


class Masks:
    """What is never the same twice.

    Args:
        folders: the work folders and what belongs to each, the longer ones first; all become one word.
        more: regular expressions of the person for the outputs of commands.
    """

    def __init__(self, folders: Iterable[str], more: Iterable[re.Pattern[str]] = ()) -> None:
        self._folders = sorted({each for each in folders if each}, key=len, reverse=True)
        self._more = [(each, "<masked>") for each in more]
        self.long_text: Callable[[str], str | None] = lambda name: None
        """Gives a result that was too long for the model, by the name of its file; None: it is gone."""

    def exact(self, text: str) -> str:
        """The text without the name of the folder."""
        return self._without_folders(_LONG.sub(r"<text \1>", text))

    def masked(self, text: str) -> str:
        """The text without what differs at each run; what is kept beside it counts as it is without that, too."""
        return self._without_runs(_LONG.sub(self._masked_text, text))

    def _masked_text(self, found: re.Match[str]) -> str:
        whole = self.long_text(found[1])
        if whole is None:
            return f"<text {found[1]}>"
        return f"<text {hashlib.sha256(self._without_runs(whole).encode('utf-8', 'replace')).hexdigest()}>"

    def _without_folders(self, text: str) -> str:
        for folder in self._folders:
            text = text.replace(folder, "<folder>")
        return text

    def _without_runs(self, text: str) -> str:
        text = self._without_folders(text)
        for pattern, shown in (*self._more, *_MASKS):
            text = pattern.sub(shown, text)
        return text


def planned(steps: Iterable[RecordedStep], live: Iterable[str] = ()) -> list[Mapping[str, Any]]:
    """What a replay would carry out, as JSON values.

    Args:
        steps: in order.
        live: tools that are carried out although they act outside.
    """
    return [
        {
            "step": step.index,
            "task": step.task,
            "calls": [
                {"n": call.n, "tool": call.tool, "label": call.label, "class": class_of(call, live)}
                for call in step.calls
            ],
        }
        for step in steps
    ]
