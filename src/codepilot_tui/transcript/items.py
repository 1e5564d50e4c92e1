"""The items of a chat as plain records: what was said, called, written, asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

CallState = Literal[
    "running", "asks", "waits", "ok", "failed", "error", "denied", "aborted", "cut off", "goes on", "went on"
]
"""`asks`: for a permission. `waits`: for a terminal that the person holds. `failed`: the command ran and ended with
another exit code than 0. `error`: the call itself went wrong. `goes on`: it returned, and what it started still runs or
waits for input. `went on`: it did, and has ended since. `cut off`: the program ended while it was under way, and how it
went is not known.
"""
NoticeKind = Literal["info", "warn", "error"]


@dataclass(slots=True, kw_only=True)
class Item:
    """One thing in the chat. `version` grows with each change, so that a drawing can be kept until then."""

    id: int
    at: float
    version: int = 0
    hidden: bool = False
    """Superseded by another item; takes no room."""
    who: ClassVar[str] = ""
    """Whose words they are, for who searches them; empty: it has none."""


@dataclass(slots=True, kw_only=True)
class UserTurn(Item):
    """What the person said."""

    who = "you"
    text: str
    step: int = 0
    """Said while the agent worked, and delivered at this step; 0: it began the task."""


@dataclass(slots=True, kw_only=True)
class AgentTurn(Item):
    """The head of one step."""

    name: str
    step: int
    max_steps: int
    named: bool = True
    """It follows the person's words, so the agent is named; a further step of the same turn has its number only."""


@dataclass(slots=True, kw_only=True)
class Prose(Item):
    """The model's words, Markdown."""

    who = "agent"
    text: str = ""
    streaming: bool = True


@dataclass(slots=True, kw_only=True)
class Thinking(Item):
    """Thoughts of the model: streamed ones, and `think()`."""

    who = "thinking"
    text: str = ""
    streaming: bool = True


@dataclass(slots=True, kw_only=True)
class Payload(Item):
    """A file's text on its way, until the call that takes it has changed the file."""

    who = "file"
    path: str
    text: str = ""
    closed: bool = False
    unused: bool = False
    """The control block ended and no call took it."""

    @property
    def lines(self) -> int:
        """How many lines there are so far."""
        return self.text.count("\n") + (1 if self.text and not self.text.endswith("\n") else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A file that a call wrote; the texts are raw."""

    path: str
    before: str | None
    after: str
    added: int
    removed: int
    coarse: bool


@dataclass(slots=True, kw_only=True)
class CallLine(Item):
    """One tool call, or a control block that has no call to show its outcome (tool `python`)."""

    who = "call"
    call_id: str
    tool: str
    label: str
    state: CallState
    args: dict[str, str] = field(default_factory=dict)
    result: str = ""
    """What the model got back."""
    figure: str = ""
    note: str = ""
    """How the permission went: `approved`, `denied`, `by mode`."""
    reason: str = ""
    """Why it did not go well, in words for the person: those of a denial, or what was in the way."""
    seconds: float = 0.0
    """Its own time: that in which it asked is not in it."""
    timed: bool = True
    """Somebody saw how long it took."""
    code: str = ""
    """The control block that called, where it says more than the call does; on its first call only."""
    terminal: str = ""
    behind: str = ""
    """The command for whose end it waits: one that is not the agent's runs in its terminal."""
    changes: list[Change] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Notice(Item):
    """Something to know: what, where, and what to do next."""

    who = "notice"
    kind: NoticeKind
    what: str
    where: str = ""
    next: str = ""
    """What to do, with the key that does it."""
    detail: str = ""
    """The rest of it, shown when the notice is unfolded."""


@dataclass(slots=True, kw_only=True)
class Completion(Item):
    """The agent's closing words. Shown once the task really ends with them."""

    who = "agent"
    text: str = ""
    done: bool = False
    steps: int = 0
    seconds: float = 0.0
    cost: str = ""
    """Of the task, in words; empty: nothing was counted."""


@dataclass(slots=True, kw_only=True)
class Question(Item):
    """`ask_user()`."""

    who = "question"
    question_id: str
    question: str
    answer: str | None = None
    open: bool = True


def plain_text(item: Item) -> str:
    """The item's logical text, for the clipboard, a pager or an export."""
    match item:
        case UserTurn(text=text) | Prose(text=text) | Thinking(text=text) | Completion(text=text):
            return text.strip("\n")
        case AgentTurn(name=name, step=step):
            return f"{name}, step {step}"
        case Payload(text=text):
            return text
        case Notice(what=what, where=where, next=next_, detail=detail):
            return "\n".join(part for part in (what, detail, where, next_) if part)
        case Question(question=question, answer=answer):
            return question if answer is None else f"{question}\n{answer}"
        case CallLine(tool=tool, label=label, result=result):
            head = f"{tool} {label}".strip()
            return f"{head}\n{result}".rstrip("\n")
    return ""
