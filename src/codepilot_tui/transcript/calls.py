"""Control blocks and their tool calls: started, asked for, finished, stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from codepilot import events as ev
from codepilot_tui.transcript.call_words import doing_of, first_line, is_one_call, state_of
from codepilot_tui.transcript.items import CallLine, CallState, Change
from codepilot_tui.transcript.record import Record

_SAID_ELSEWHERE = frozenset(("think", "done"))
"""Calls that are shown by their effect: a thought, the end of the task."""
_GOES_ON = {"running": "still running", "waiting": "waits for input"}
_BUSY = {"busy": "still running", "waiting": "waits for input"}
"""The same, by the state of a terminal in its pane."""


@dataclass(slots=True)
class _Open:
    """A call that has not returned."""

    call: CallLine
    began: float
    """When it began, shifted by the time in which it asked or waited for a terminal of the person."""
    asked: float = 0.0
    """When it began to ask; 0 if it does not."""
    waits: float = 0.0
    """When it began to wait for a terminal that the person holds; 0 if it does not."""
    waited: float = 0.0
    """Seconds for which it did, each time that is over."""

    def wait(self, waits: bool, now: float) -> None:
        """It begins or ends to wait for a terminal that the person holds: time that is not its own."""
        if waits and not self.waits:
            self.waits = now
        elif self.waits and not waits:
            seconds = max(0.0, now - self.waits)
            self.waits, self.waited, self.began = 0.0, self.waited + seconds, self.began + seconds


@dataclass(slots=True)
class _GoingOn:
    """A call that returned while what it started went on."""

    call: CallLine
    seen: bool
    """Its terminal was seen to be busy, or has had time to say so: if it rests now, what was started has ended."""


_TYPE = frozenset(("execute", "send_input"))
"""Calls that wait for a terminal's keyboard; others only look."""
_BY = {"mode": "by the mode", "rule": "by a rule", "hook": "by a handler", "nobody": ""}
"""Who answered for the person; nobody did where the task was stopped, and the reason says so."""


class Calls:
    """The calls of the running control block."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._open: dict[str, _Open] = {}
        self._settled: dict[str, CallLine] = {}
        self._going_on: list[_GoingOn] = []
        self._terminals: dict[str, str] = {}
        self._wanted: frozenset[str] = frozenset()
        self._others: dict[str, str] = {}
        self._code = ""
        self._number = 0
        self.asked_seconds = 0.0
        """Seconds for which the calls of the task waited for the person: for an answer, or a terminal."""
        self._asked_before = 0.0
        """The same, when the block began."""

    @property
    def asking(self) -> bool:
        """A call waits for a permission."""
        return any(each.call.state == "asks" for each in self._open.values())

    @property
    def waits_for(self) -> str:
        """The terminal that a call waits for because the person holds it; empty if there is none."""
        return next((each.call.terminal for each in self._open.values() if each.call.state == "waits"), "")

    @property
    def doing(self) -> str:
        """What the last open call does, in words; empty if there is none."""
        return doing_of(list(self._open.values())[-1].call) if self._open else ""

    def begun_before(self, older: Calls) -> None:
        """Calls of an earlier page: what ends now of them is shown there."""
        self._settled |= older._settled

    # -- blocks --

    def block_started(self, event: ev.ControlStarted) -> None:
        """A control block runs."""
        self._code, self._number, self._asked_before = event.code, 0, self.asked_seconds
        self._record.phase("running", "running code")

    def block_finished(self, event: ev.ControlFinished) -> None:
        """It ended. A block that failed or made no calls gets a row of its own; one that was stopped has its calls'."""
        aborted = event.kind == "aborted"
        self.settle("aborted" if aborted else "error")
        if not self._number or not (event.ok or aborted):
            self._add_block(event, "ok" if event.ok else "aborted" if aborted else "error")
        self._record.phase("thinking", "thinking")

    def _add_block(self, event: ev.ControlFinished, state: CallState) -> None:
        record = self._record
        refused = event.kind == "lint"
        record.add(
            CallLine(
                id=record.next_id,
                at=record.now,
                call_id="",
                tool="python",
                label=first_line(self._code),
                state=state,
                result=event.printed if event.ok else event.error or event.printed,
                figure="refused, nothing ran" if refused else event.kind.replace("_", " "),
                seconds=max(0.0, event.seconds - (self.asked_seconds - self._asked_before)),
                code=self._code if "\n" in self._code.strip() else "",
            )
        )

    def block_failed(self) -> CallLine | None:
        """The row of a failed control block, if it is the last item shown."""
        last = self._record.last_shown()
        return last if isinstance(last, CallLine) and not last.call_id and last.state == "error" else None

    # -- calls --

    def started(self, event: ev.ToolStarted) -> None:
        """A call begins."""
        self._number += 1
        code = self._code if self._number == 1 and not is_one_call(self._code, event.tool) else ""
        call = self._add(event.call_id, event.tool, event.label, code=code)
        call.args, call.terminal = dict(event.args), event.terminal
        call.hidden = event.tool in _SAID_ELSEWHERE
        if (earlier := self._open.pop(event.call_id, None)) is not None:
            self._settle(earlier, "aborted")
        self._open[event.call_id] = _Open(call, self._record.now)
        self._record.phase("running", doing_of(call))
        self._look_who_waits()

    def finished(self, event: ev.ToolFinished) -> None:
        """A call returned."""
        known = self._open.pop(event.call_id, None)
        if known is not None:
            known.wait(False, self._record.now)
        waited = known.waited if known is not None else 0.0
        self.asked_seconds += event.asked + waited
        if known is None and event.call_id in self._settled:
            if event.recovered and (cut := self._settled[event.call_id]).state == "cut off":
                self._ended(cut, event)
                self._record.touch(cut)
            return  # else the task was over before the call could say so
        call = known.call if known is not None else self._add(event.call_id, event.tool, "")
        self._ended(call, event)
        call.seconds = max(0.0, event.seconds - waited)
        call.reason = (not event.recovered and event.reason) or call.reason
        if call.tool in _SAID_ELSEWHERE:
            call.hidden = call.state == "ok"
        self._record.touch(call)

    def _ended(self, call: CallLine, event: ev.ToolFinished) -> None:
        call.state, call.figure, call.result = state_of(event), event.figure, event.result
        if call.state == "goes on":
            call.figure = _GOES_ON[event.state]
            self._going_on.append(_GoingOn(call, self._terminals.get(call.terminal) in _BUSY))
        if event.recovered:
            call.state, call.timed = "cut off" if event.state == "aborted" else call.state, False

    def terminals_do(
        self, states: Mapping[str, str], wanted: frozenset[str], others: Mapping[str, str]
    ) -> bool:
        """The terminals do this now: calls whose command went on say whether it still does.

        Args:
            states: by terminal; one that is not there has ended.
            wanted: those that the agent has asked the person for.
            others: those in which a command runs that is not the agent's, and that command.

        Returns:
            Whether a call begins or ends to wait for one of them.
        """
        self._terminals, self._wanted, self._others = dict(states), wanted, dict(others)
        for going in tuple(self._going_on):
            call, state = going.call, states.get(going.call.terminal, "")
            going.seen = going.seen or state in _BUSY
            if not going.seen or call.figure == _BUSY.get(state):
                continue
            if state in _BUSY:
                call.figure = _BUSY[state]
            else:
                call.state, call.figure = "went on", "ended later"
                self._going_on.remove(going)
            self._record.touch(call)
        return self._look_who_waits()

    def _look_who_waits(self) -> bool:
        before = (self.waits_for, self.doing)
        for each in self._open.values():
            call = each.call
            if call.state in ("running", "waits"):
                waits = call.terminal in self._wanted and call.tool in _TYPE
                state: CallState = "waits" if waits else "running"
                behind = self._others.get(call.terminal, "") if call.tool == "execute" and not waits else ""
                each.wait(waits, self._record.now)
                if (call.state, call.behind) != (state, behind):
                    call.state, call.behind = state, behind
                    self._record.touch(call)
        return (self.waits_for, self.doing) != before

    def step_over(self) -> None:
        """A step or task is over: forget its code. The terminals have had the time to say what they do."""
        self._code = ""
        for going in self._going_on:
            going.seen = True

    def _add(self, call_id: str, tool: str, label: str, code: str = "") -> CallLine:
        record = self._record
        return record.add(
            CallLine(
                id=record.next_id,
                at=record.now,
                call_id=call_id,
                tool=tool,
                label=label,
                state="running",
                code=code,
            )
        )

    def asked(self, event: ev.PermissionAsked) -> None:
        """A call waits for a permission."""
        if known := self._open.get(event.call_id):
            known.call.state, known.asked = "asks", self._record.now
            self._record.touch(known.call)

    def answered(self, event: ev.PermissionAnswered) -> None:
        """The permission was given or denied."""
        known = self._open.get(event.call_id)
        if known is None:
            return
        call = known.call
        if known.asked:
            known.began += self._record.now - known.asked
            known.asked = 0.0
        call.state = "running" if event.allow else "denied"
        if event.by == "person":
            call.note = "approved" if event.allow else "denied"
        elif event.by == "rule" and not event.allow:
            call.note = ""  # its reason says what is in the way
        else:
            call.note = _BY.get(event.by, f"by {event.by}")
        call.reason = "" if event.allow else event.reason
        self._look_who_waits()
        self._record.touch(call)

    def give_way(self, call_id: str) -> None:
        """The call is shown by the question that it asks."""
        if known := self._open.get(call_id):
            self._record.hide(known.call)

    def file_changed(self, event: ev.FileChanged) -> None:
        """A call wrote a file."""
        known = self._open.get(event.call_id)
        if known is None:
            return
        known.call.changes.append(
            Change(
                path=event.path,
                before=event.before,
                after=event.after or "",
                added=event.added,
                removed=event.removed,
                coarse=event.coarse,
            )
        )
        self._record.touch(known.call)

    def settle(self, state: CallState) -> None:
        """End the open calls: they will not return."""
        for known in self._open.values():
            self._settle(known, state)
        self._settled |= {call_id: known.call for call_id, known in self._open.items()}
        self._open.clear()

    def _settle(self, known: _Open, state: CallState) -> None:
        call = known.call
        known.wait(False, self._record.now)
        self.asked_seconds += known.waited
        if call.state != "denied":
            call.state = state
        if state != "cut off":  # when the program ended is not known
            call.seconds = max(0.0, (known.asked or self._record.now) - known.began)
        self._record.touch(call)
