"""Notices: errors, how a task ended, what the agent was told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from codepilot import events as ev
from codepilot.text import clean_line, dollars_of, shorten
from codepilot_tui.state import WAITS
from codepilot_tui.transcript.calls import Calls
from codepilot_tui.transcript.items import Notice, NoticeKind
from codepilot_tui.transcript.record import Record
from codepilot_tui.transcript.replies import Replies

_NOT_A_REPLY = "The agent's reply could not be used; the agent is told why"
"""A correction is written for the model, which it calls "you", so its text is folded below."""
_WHERE = {
    "control": "the agent is told",
    "worker": "the agent's Python",
    "hook": "an event handler",
}
"""What a source of errors is called here; the others name it in their words."""
_ENDINGS: dict[str, tuple[NoticeKind, str, str]] = {
    "aborted": ("warn", "Stopped", "Type what to do instead, or go back to your last message with Up."),
    "max_steps": ("warn", "Stopped at the step limit", 'Type "go on" to let it continue.'),
    "max_cost": ("warn", "Stopped to keep to the budget", 'Type "go on" to be asked again.'),
    "needs_person": ("warn", "Stopped: there was no one to answer", 'Type "go on" to let it ask again.'),
    "failed": ("error", "The task failed", ""),
}
_FILES = 5
"""Names of a notice."""
_LAST = 3
"""Commands that are named of those that the agent was told."""
_AGAIN = "Up goes back to your message."


class Notices:
    """Writes notices.

    Args:
        record: where they go.
        replies: its notice on how a reply ended is replaced by one that explains it.
        calls: a failed control block already has a row.
    """

    def __init__(self, record: Record, replies: Replies, calls: Calls) -> None:
        self._record = record
        self._replies = replies
        self._calls = calls
        self._failure: Notice | None = None
        self.kept: dict[str, str] = {}
        """The files that the last restore left as they are, with the reason."""
        self.of_files: dict[type, Callable[..., None]] = {
            ev.CheckpointAwaited: self.checkpoint_awaited,
            ev.CheckpointSeeded: self.checkpoint_seeded,
            ev.SessionTrouble: self.session_trouble,
            ev.RestoreFinished: self.restored,
        }
        """What is told of files, and of the disk that has them, by its event."""
        self.of_limits: dict[type, Callable[..., None]] = {
            ev.ContextCut: self.context_cut,
            ev.ContextCompacted: self.compacted,
            ev.BudgetAsked: lambda event: self._record.phase("waiting", WAITS),
            ev.BudgetReached: self.budget_reached,
        }
        """What is told of limits."""

    def restored(self, event: ev.RestoreFinished) -> None:
        """Files were restored: say which of them could not be, and why. A rewind that follows says it again."""
        self.kept = event.kept
        self._tell_kept()

    def _tell_kept(self) -> None:
        lines = [clean_line(f"{path}: {why}") for path, why in self.kept.items()]
        if len(lines) == 1:
            (path, why), *_ = self.kept.items()
            self._record.notice("warn", f"{clean_line(path)} stayed as it is", clean_line(why))
        elif lines:
            self._record.notice("warn", f"{len(lines)} files stayed as they are", detail="\n".join(lines))

    def session_trouble(self, event: ev.SessionTrouble) -> None:
        """The session cannot be written, or can again."""
        self._record.status.unsaved = event.why

    def task_started(self) -> None:
        """Forget the failure of an earlier task."""
        self._failure = None

    def task_finished(self, event: ev.TaskFinished) -> None:
        """How it ended; if an error said so already, only what to do is added."""
        if event.status not in _ENDINGS:
            return
        kind, what, next_ = _ENDINGS[event.status]
        if event.status != "failed":
            self._record.notice(kind, what, event.summary, next_)
        elif self._failure is None:
            self._record.notice(kind, what, event.summary, _AGAIN)
        elif _AGAIN not in self._failure.next:
            hint = self._failure.next
            stop = "." if hint and hint[-1] not in ".!?" else ""
            self._failure.next = f"{hint}{stop} {_AGAIN}".strip()
            self._record.touch(self._failure)

    def security_refused(self, event: ev.SecurityRefused) -> None:
        """Code was refused before it ran."""
        if self._calls.block_failed() is None:  # else its row says it, with what was wrong
            what, detail = _split(event.error)
            self._record.notice("error", what, "the code was refused; none of it ran", detail=detail)

    def runtime_failed(self, event: ev.RuntimeFailed) -> None:
        """Something went wrong that the person should know."""
        if event.source == "control" and self._calls.block_failed() is not None:
            return
        if event.source == "provider":
            self._replies.waiting_over()
        notice = self._replies.ending or self._record.notice("error", "")
        notice.kind = "error"
        notice.what, notice.detail = _split(event.error)
        notice.where, notice.next = _WHERE.get(event.source, ""), event.hint
        if event.source == "protocol":
            notice.kind, notice.what, notice.detail = "warn", _NOT_A_REPLY, event.error.strip("\n")
        self._record.touch(notice)
        self._failure = notice

    def worker_lost(self, event: ev.WorkerLost) -> None:
        """The process that runs the agent's code was replaced."""
        names = ", ".join(event.lost)
        what = f"The agent's Python was restarted: {event.reason}"
        self._record.notice("warn", what, names and f"lost: {names}")

    def task_resumed(self, event: ev.TaskResumed) -> None:
        """A task goes on that an earlier program began."""
        self._calls.settle("cut off")
        self._record.notice("info", f"The program had ended {event.where}; the task continues", event.then)

    def rewound(self, event: ev.Rewound | ev.SessionCleared) -> None:
        """The conversation goes on from an earlier place, or begins anew, of which there is nothing to say."""
        if isinstance(event, ev.SessionCleared):
            return
        words = " ".join(event.words.split())
        what = f"Rewound to before “{shorten(words, 60)}”" if words else "Rewind undone"
        self._record.notice("info", what, "/rewind shows what was said, and can undo this")
        if event.restore:
            self._tell_kept()

    def context_cut(self, event: ev.ContextCut) -> None:
        """The model sees the beginning of the conversation no more."""
        what = "Older messages were summarised for the model"
        tokens = f"{event.tokens_before:,} tokens became {event.tokens_after:,}"
        self._record.notice("info", what, f"{tokens}; the chat and the session keep everything")

    def compacted(self, event: ev.ContextCompacted) -> None:
        """The person asked for it."""
        freed = event.tokens_before - event.tokens_after
        if freed > 0:
            what = f"Freed {freed:,} tokens in the model's window"
            self._record.notice("info", what, f"{event.tokens_before:,} became {event.tokens_after:,}")
        else:
            self._record.notice("info", "Nothing to compact", "the conversation is still short")

    def checkpoint_awaited(self, event: ev.CheckpointAwaited) -> None:
        """A command waits for the first look at the folder."""
        self._record.phase("running", f"looking at the folder, {event.seconds:g} s at most")

    def checkpoint_seeded(self, event: ev.CheckpointSeeded) -> None:
        """What commands change is not found."""
        why = event.left_out.get(".", "")
        self._record.notice("info", "What commands change in this folder cannot be undone", why)

    def budget_reached(self, event: ev.BudgetReached) -> None:
        """Most of a limit is used, or all of it."""
        if event.kind == "cost":
            what = f"This session has cost {dollars_of(event.used, event.limit)}"
        else:
            what = f"{event.used:.0f} of {event.limit:.0f} steps of this task are used"
        self._record.notice("info", what, "" if event.go_on else "the task stops here")
        self._record.phase("thinking", "thinking")

    def terminals_found(self, event: ev.TerminalsFound) -> None:
        """Terminals of an earlier program, or of the conversation before this one, go on here."""
        count = len(event.terminals)
        what = f"{count} terminal{'s' if count != 1 else ''} from the earlier session"
        self._record.notice("info", what, ", ".join(event.running) or "nothing runs there")

    def person_told(self, event: ev.PersonCommandsTold) -> None:
        """The agent heard what the person ran."""
        where = ", ".join(event.terminals)
        told = f"The agent was told what you ran in {where}"
        what = told if event.commands else f"The agent has {where} back"
        self._record.notice("info", what, _last(event.commands))

    def changes_told(self, event: ev.FileChangesTold) -> None:
        """The agent heard that files were changed by somebody else, or by a command."""
        count = len(event.files)
        more = f" and {count - _FILES} more" if count > _FILES else ""
        what = "a file that it knows was" if count == 1 else f"{count} files that it knows were"
        self._record.notice(
            "info", f"The agent was told that {what} changed", ", ".join(event.files[:_FILES]) + more
        )


def _last(commands: Sequence[str]) -> str:
    """The last commands, and how many came before."""
    before = len(commands) - _LAST
    return "; ".join((*((f"{before} earlier",) if before > 0 else ()), *commands[-_LAST:]))


def _split(text: str) -> tuple[str, str]:
    """The first line of a text, and the rest."""
    first, _, rest = text.strip().partition("\n")
    return first, rest.strip("\n")
