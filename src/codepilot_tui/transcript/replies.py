"""A reply as it comes: prose, thinking, payloads, the completion, and how it ended."""

from __future__ import annotations

import posixpath

from codepilot import events as ev
from codepilot.errors import with_stop
from codepilot_tui.transcript.items import Completion, Notice, Payload, Prose, Thinking
from codepilot_tui.transcript.record import Record

_ENDS: dict[str, tuple[str, str, str]] = {
    "length": ("The reply hit the output limit", "the model continues from there", ""),
    "refusal": ("The model refused", "", "Try other words."),
    "cut": ("The reply was cut off", "none of it ran", ""),
}


class Replies:
    """What the current step has received so far."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._prose: Prose | None = None
        self._thinking: Thinking | None = None
        self._completion: Completion | None = None
        self._payloads: list[Payload] = []
        self._retry: Notice | None = None
        self._broken = False
        """The row of `_retry` stands behind words that broke off."""
        self.ending: Notice | None = None
        """How the last reply ended, until something else happens; an explanation that follows replaces the notice."""

    # -- steps --

    def end_step(self, *, cut: bool = False) -> None:
        """The step is over: a completion that was withheld is not shown, and nothing will take its payloads.

        Args:
            cut: the program ended in it, so nobody knows what would have taken those that came whole.
        """
        self.end_streams()
        if self._completion is not None and not self._completion.done:
            self._record.hide(self._completion)  # withheld: the agent goes on
        self._completion = self.ending = None
        self.waiting_over()
        if cut:
            self._payloads = [payload for payload in self._payloads if not payload.closed]
        self._drop_payloads()

    def finish(self, event: ev.TaskFinished, asked: float) -> None:
        """The task ends with these words; `asked` seconds of it were the person's."""
        done = self._completion or self._open_completion()
        done.text = done.text if done.text.strip() else event.summary
        # The agent's own time: waiting for the person's answers does not count.
        done.done, done.steps, done.seconds = True, event.steps, max(0.0, event.seconds - asked)
        if event.cost is not None:
            done.cost = f"${event.cost:.2f}"
        elif event.input_tokens:
            done.cost = "price unknown"
        self._record.touch(done)

    # -- streams --

    def text(self, event: ev.TextStreamed) -> None:
        """More prose; blank lines between blocks are no paragraph."""
        self._answered()
        if self._prose is None:
            if not event.text.strip():
                return
            self.end_streams()
            self._prose = self._record.add(Prose(id=self._record.next_id, at=self._record.now))
        self._prose.text += event.text
        self._record.touch(self._prose)
        self._record.phase("writing", "writing")

    def thinking(self, event: ev.ThinkingStreamed) -> None:
        """More thinking."""
        self._answered()
        if self._thinking is None:
            if not event.text.strip():
                return
            self.end_streams()
            self._thinking = self._record.add(Thinking(id=self._record.next_id, at=self._record.now))
        self._thinking.text += event.text
        self._record.touch(self._thinking)
        self._record.phase("thinking", "thinking")

    def thought(self, event: ev.Thought) -> None:
        """The model called `think()`."""
        record = self._record
        record.add(Thinking(id=record.next_id, at=record.now, text=event.message, streaming=False))

    def end_streams(self) -> None:
        """Prose and thinking are whole."""
        for stream in (self._prose, self._thinking):
            if stream is not None and stream.streaming:
                stream.streaming = False
                self._record.touch(stream)
        self._prose = self._thinking = None

    # -- blocks --

    def block_opened(self, event: ev.BlockOpened) -> None:
        """A block begins."""
        self._answered()
        self.end_streams()
        if event.kind == "payload":
            self._open_payload(event.path)
            self._record.phase("writing", f"writing {event.path}")
        elif event.kind == "completion":
            self._open_completion()
            self._record.phase("writing", "writing the summary")
        else:
            self._record.phase("writing", "writing the next action")

    def block_streamed(self, event: ev.BlockStreamed) -> None:
        """More of it; the control block is shown by its calls."""
        target: Payload | Completion | None = None
        if event.kind == "payload" and self._payloads:
            target = self._payloads[-1]
        elif event.kind == "completion":
            target = self._completion
        if target is not None:
            target.text += event.text
            self._record.touch(target)

    def block_closed(self, event: ev.BlockClosed) -> None:
        """It is whole."""
        if event.kind == "payload":
            last = self._payloads[-1] if self._payloads else None
            payload = self._open_payload(event.path) if last is None or last.closed else last
            payload.text, payload.closed, payload.path = event.text, True, event.path or payload.path
            self._record.touch(payload)
        elif event.kind == "completion":
            completion = self._completion or self._open_completion()
            completion.text = event.text
            self._record.touch(completion)

    def taken(self, path: str) -> None:
        """A call wrote the file: its diff replaces the payload."""
        wanted = _normal(path)
        for payload in self._payloads:
            if not payload.hidden and _normal(payload.path) == wanted:
                self._record.hide(payload)
                return

    def leave_over(self) -> None:
        """The control block ended: no call took these payloads."""
        for payload in self._payloads:
            if payload.closed and not payload.hidden and not payload.unused:
                payload.unused = True
                self._record.touch(payload)

    def _open_payload(self, path: str) -> Payload:
        payload = self._record.add(Payload(id=self._record.next_id, at=self._record.now, path=path))
        self._payloads.append(payload)
        return payload

    def _open_completion(self) -> Completion:
        self._completion = self._record.add(Completion(id=self._record.next_id, at=self._record.now))
        return self._completion

    # -- the service --

    def finished(self, event: ev.ReplyFinished) -> None:
        """The reply is over, whole or not."""
        self.end_streams()
        if event.reason != "cut":
            self._answered()
        status = self._record.status
        status.tokens = event.input_tokens + event.output_tokens or status.tokens
        status.window = event.context_window or status.window
        if event.cost is not None:
            status.cost = event.cost
        if event.reason == "cut":
            self._void()
        if event.reason in _ENDS:
            self.ending = self._record.notice("warn", *_ENDS[event.reason])

    def _void(self) -> None:
        """The reply broke off: no call will use its payloads, and its completion is void."""
        self._drop_payloads()
        if self._completion is not None:
            self._record.hide(self._completion)
            self._completion = None

    def _drop_payloads(self) -> None:
        """No call will use what is left of them, also where one never came to its end."""
        for payload in self._payloads:
            if not payload.hidden and not payload.unused:
                payload.unused = True
                self._record.touch(payload)
        self._payloads.clear()

    def retried(self, event: ev.ProviderRetried) -> None:
        """The model is asked again; further tries update the same notice."""
        self.end_streams()
        tries = f"try {event.attempt} of {event.attempts}"
        waits = event.wait >= 1
        next_ = f"{tries} in {event.wait:.0f} s" if waits else f"{tries} now"
        if self._retry is None:
            self._retry, self._broken = self.ending or self._record.notice("warn", ""), bool(self.ending)
        self._retry.what, self._retry.where, self._retry.next = event.reason, "", next_
        self._record.touch(self._retry)
        asking = f"asking again, {tries}"
        self._record.phase("thinking", f"waiting to ask again, {tries}" if waits else asking)
        if waits:  # no event tells when the next request begins
            self._record.status.later = (self._record.now + event.wait, asking)

    def waiting_over(self) -> None:
        """Nothing is waited for any more, and what follows says why: the row that counts the tries goes."""
        if self._retry is not None:
            self._record.hide(self._retry)
            self._retry = None

    def _answered(self) -> None:
        """The model answers. A row between the words that broke off and the new ones stays, without its time."""
        if self._retry is not None and self._broken:
            self._retry.what, self._retry.next = (
                f"{with_stop(self._retry.what)} The model was asked again.",
                "",
            )
            self._record.touch(self._retry)
            self._retry = None
        self.waiting_over()

    def silent(self, event: ev.ProviderSilent) -> None:
        """No word has come for a while."""
        self._record.phase("thinking", "no further word" if event.begun else "no word yet")
        self._record.status.since = self._record.now - event.seconds


def _normal(path: str) -> str:
    return posixpath.normpath(path.replace("\\", "/")) if path else ""
