"""Records → the events that a screen showed: what a journal leaves out comes back, a reply through the parser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from codepilot import events as e
from codepilot import protocol
from codepilot.journal.record import Record, to_event
from codepilot.workspace.filetext import decode

_NOT_SHOWN = (
    *(e.MessageStored, e.MessageQueued, e.MessageDropped, e.EffectStarted),
    *(e.SessionOpened, e.SessionClosed, e.SessionTrouble, e.TerminalsFound),
)
"""What is told by another event as well, or was about the moment only: queued words wait again by themselves."""


def streamed(found: Iterable[protocol.ReplyEvent]) -> Iterator[e.Event]:
    """The events of a stream for what its parser found."""
    for event in found:
        match event:
            case protocol.ProseDelta(text):
                yield e.TextStreamed(text=text)
            case protocol.ThinkingDelta(text):
                yield e.ThinkingStreamed(text=text)
            case protocol.BlockOpened(kind, path):
                yield e.BlockOpened(kind=kind, path=path)
            case protocol.BlockDelta(kind, text):
                yield e.BlockStreamed(kind=kind, text=text)
            case protocol.BlockClosed(kind, path, text):
                yield e.BlockClosed(kind=kind, path=path, text=text)


Content = Callable[[str], bytes | None]
"""Gives the content of a file by its id; None: it is not kept."""


def expand(records: Iterable[Record], content: Content = lambda key: None) -> Iterator[e.Stamped]:
    """The events of some records in a row; their numbers in a stream are not known any more, and 0.

    Args:
        records: from the start of a task or a step on, so that no reply is cut at their beginning.
        content: gives the texts of changed files; without it their changes are `coarse`.
    """
    reply = _Reply(content)
    last = 0.0
    for record in records:
        for event in reply.take(record):
            yield e.Stamped(0, record.time, event, record.n)
        last = record.time
    for event in reply.left_over():
        yield e.Stamped(0, last, event)


class Expansion:
    """The events of records that come bit by bit, as they are written; a reply is there when it is whole.

    Args:
        content: as for `expand`.
    """

    def __init__(self, content: Content = lambda key: None) -> None:
        self._reply = _Reply(content)

    def take(self, records: Iterable[Record]) -> Iterator[e.Stamped]:
        """The events of records that follow those that were taken before."""
        for record in records:
            for event in self._reply.take(record):
                yield e.Stamped(0, record.time, event, record.n)


class _Reply:
    """What is known of the reply of a step, as its records come."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._text = self._thinking = self._code = ""

    def take(self, record: Record) -> Iterator[e.Event]:
        if record.type == "reply_part":
            self._text += str(record.data.get("text", ""))
            self._thinking += str(record.data.get("thinking", ""))
            return
        event = to_event(record)
        match event:
            case e.MessageStored(kind="reply", text=text):
                self._text = ""
                yield from self._thought()
                yield from self._said(text, complete=True)
            case e.ReplyFinished(reason="cut", text=text):
                self._text = ""
                yield from self._thought()
                yield from self._said(text, complete=False)
                yield event
            case e.ControlStarted():
                yield replace(event, code=self._code)
            case e.FileChanged() if "before" not in record.data and not record.data.get("coarse"):
                yield self._with_texts(event)
            case e.StepStarted() | e.TaskStarted() | e.TaskFinished() | e.TaskResumed():
                yield from self.left_over()
                yield event
            case None:
                return
            case _ if not isinstance(event, _NOT_SHOWN):
                yield event

    def _with_texts(self, event: e.FileChanged) -> e.FileChanged:
        """As it was told, where its texts are kept still."""
        texts: list[str | None] = []
        for key in (event.before_id, event.after_id):
            data = self._content(key) if key is not None else b""
            if data is None:
                return event
            texts.append(None if key is None else decode(data, shown=event.path).text)
        return replace(event, before=texts[0], after=texts[1], coarse=False)

    def left_over(self) -> Iterator[e.Event]:
        """The parts of a reply that never came to its end."""
        text, self._text = self._text, ""
        yield from self._thought()
        if text:
            yield from self._said(text, complete=False)
            yield e.ReplyFinished(text=text, reason="cut")

    def _thought(self) -> Iterator[e.Event]:
        thinking, self._thinking = self._thinking, ""
        if thinking:
            yield e.ThinkingStreamed(text=thinking)

    def _said(self, text: str, *, complete: bool) -> Iterator[e.Event]:
        parser = protocol.ReplyParser()
        found = list(parser.feed(text))
        reply = parser.finish(complete=complete, reason="stop")
        self._code = reply.control.text if reply.control is not None else ""
        yield from streamed([*found, *parser.pending()])
