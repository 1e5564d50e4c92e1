"""Reads a reply while it is being written. Sans-IO: text goes in, in any slicing; events and a `Reply` come out.

The grammar is told in ``docs/protocol.md``. Four rules carry the safety of it:

- Only a fence whose info string *begins* with ``codepilot`` makes a control block, and only where no other block or
  display fence is open. Nothing that is shown as an example is ever executed.
- In a fenced region an inner fence with an info string nests (`regions`), so a README can hold its own examples.
- A block without its end is an `OpenBlock`, never a block.
- Where the model thinks aloud (`thinking`), nothing is a fence.
"""

from __future__ import annotations

from codepilot.protocol import thinking
from codepilot.protocol.blocks import Reply, ReplyEvent, Thinking
from codepilot.protocol.draft import Draft, Thought
from codepilot.protocol.fences import MAY_BE, UNDECIDED, dedent, read_fence, split_cr
from codepilot.protocol.regions import Regions
from codepilot.protocol.stops import StopTokens
from codepilot.protocol.thinking import Found


class ReplyParser:
    """Feed it what comes, then `finish` it once."""

    def __init__(self) -> None:
        self._raw: list[str] = []
        self._stops = StopTokens()
        self._draft = Draft()
        self._regions = Regions(self._draft)
        self._thought: Thought | None = None
        self._line_start = 0
        self._line_length = 0
        self._line: list[str] = []  # of prose, as far as it was shown
        self._held: list[str] = []
        self._state = "start"  # of the current line: "start" undecided, "fence" may be one, "free" content
        self._after_mark = False  # a tag stood before what is left of the line
        self._carriage_return = False
        self._first_words = ""
        self._lone_end: tuple[int, int] | None = None  # where, and in which line

    def feed(self, text: str) -> list[ReplyEvent]:
        """Take the next piece of the reply, of any size; give what it shows."""
        self._raw.append(text)
        self._read(self._stops.feed(text))
        return self._draft.drain()

    def _read(self, text: str) -> None:
        if text:
            if self._carriage_return:
                text, self._carriage_return = "\r" + text, False
            if text.endswith("\r"):
                # Whether it belongs to a line end is known with the next character.
                text, self._carriage_return = text[:-1], True
            start = 0
            while (newline := text.find("\n", start)) >= 0:
                self._line_length += newline - start
                self._end_line(text[start:newline])
                self._line_start += self._line_length + 1
                self._line_length = 0
                start = newline + 1
            if start < len(text):
                self._line_length += len(text) - start
                self._take(text[start:])

    def finish(self, *, complete: bool = True, reason: str = "stop") -> Reply:
        """Close the reply.

        Args:
            complete: the service ended the reply by itself. False for a cut stream and for the output limit.
            reason: stop, length, refusal or cut.
        """
        complete = complete and reason == "stop"
        self._read(self._stops.finish(complete=complete))
        if self._carriage_return:
            self._line_length += 1
            self._take("\r")
        if self._held or self._state == "free":
            self._end_line("", final=True)
        self._leave_open_thought(complete)
        open_block = self._regions.leave_open()
        self._draft.end_prose()
        raw, parts = "".join(self._raw), tuple(self._draft.parts)
        if self._lone_end is not None:
            at, line = self._lone_end
            parts = (Thinking(text=raw[:at], tag="", line=1, end_line=line), *parts)
        return Reply(
            raw=raw,
            parts=parts,
            display=tuple(self._draft.display),
            malformed=tuple(self._draft.malformed),
            open_block=open_block,
            complete=complete,
            reason=reason,
        )

    def pending(self) -> list[ReplyEvent]:
        """Events that `finish` brought about: the last line of a reply needs no newline."""
        return self._draft.drain()

    # -- lines -----------------------------------------------------------------------------------------------------

    def _take(self, piece: str) -> None:
        """Take a piece of the current line that does not end it."""
        while piece:
            if self._thought is not None:
                piece = self._think(self._thought, piece)
                continue
            if self._state == "free":
                self._content(piece)
                return
            self._held.append(piece)
            if self._state == "fence":
                return
            so_far = "".join(self._held)
            self._held = [so_far]
            found = thinking.at_line_start(so_far, whole=False) if self._regions.open is None else None
            if not isinstance(found, Found):
                self._wait_or_release(so_far, may_be_tag=found is not None)
                return
            piece = self._pass_mark(found, so_far)

    def _wait_or_release(self, so_far: str, *, may_be_tag: bool) -> None:
        if may_be_tag or UNDECIDED.match(so_far):
            return
        if MAY_BE.match(so_far):
            self._state = "fence"
        else:
            self._release(so_far)

    def _end_line(self, piece: str, *, final: bool = False) -> None:
        rest: str | None = piece
        while rest is not None:
            if self._thought is not None:
                rest = self._think_line(self._thought, rest, final)
            elif self._state == "free":
                self._end_free(rest, final)
                rest = None
            else:
                rest = self._end_held("".join([*self._held, rest]), final)
        self._begin_line()

    def _end_free(self, piece: str, final: bool) -> None:
        rest, has_cr = split_cr(piece)
        if has_cr and not self._regions.drops_cr:
            rest = piece
        if rest:
            self._content(rest)
        self._end_content(final)

    def _end_held(self, held: str, final: bool) -> str | None:
        """Judge a line of which nothing was given out; gives what is left of it where it began with a tag."""
        line, has_cr = split_cr(held)
        found = thinking.at_line_start(line, whole=True) if self._regions.open is None else None
        if isinstance(found, Found):
            return self._pass_mark(found, held)
        fence = read_fence(line)
        taken = fence is not None and self._regions.take(fence, line, has_cr, final)
        if not taken and not self._is_left_over(line):
            self._release(line + "\r" if has_cr and not self._regions.drops_cr else line)
            self._end_content(final)
        return None

    def _begin_line(self) -> None:
        self._held = []
        self._line = []
        self._state = "start"
        self._after_mark = False
        self._regions.begin_line()
        self._draft.line += 1

    def _is_left_over(self, line: str) -> bool:
        """Blanks behind a closing tag belong to the tag."""
        return (
            self._after_mark
            and self._regions.open is None
            and not line.strip(" \t")
            and len(line) <= thinking.BLANKS
        )

    def _release(self, line: str) -> None:
        """The line is not a fence: give out what was held of it."""
        self._held = []
        self._state = "free"
        region = self._regions.open
        if region is not None and region.kind is not None and region.fence.indent:
            line = dedent(line, region.fence.indent)
        if line:
            self._content(line)

    def _end_content(self, final: bool) -> None:
        self._regions.content_end(final)
        if self._regions.open is None:
            self._look_for_lone_end(final)

    def _content(self, piece: str) -> None:
        if self._regions.open is None:
            self._line.append(piece)
        self._regions.content(piece)

    # -- thinking --------------------------------------------------------------------------------------------------

    def _pass_mark(self, found: Found, line: str) -> str:
        """Act on a tag at the beginning of a line; gives the rest of the line, which begins a line too."""
        rest = line[found.length :]
        self._held = []
        self._after_mark = True
        if found.tag is not None:
            self._draft.end_prose()
            self._thought = Thought(found.tag, found.ends, self._draft.line)
        elif found.kind == "lone end":
            self._take_back(self._line_start + self._line_length - len(line), "")
        return rest

    def _think(self, thought: Thought, piece: str) -> str:
        """Take a piece of thinking; gives what follows its end."""
        text = thought.tail + piece
        end = thinking.end_in(text, thought.tag, thought.ends)
        if end is None:
            back = thinking.held_back(text, thought.tag, thought.ends)
            thought.tail = text[len(text) - back :]
            self._say_thought(thought, text[: len(text) - back])
            return ""
        self._end_thought(thought, text[: end[0]])
        return text[end[1] :]

    def _think_line(self, thought: Thought, piece: str, final: bool) -> str | None:
        """Take the end of a line of thinking; gives what follows the end of the thinking."""
        text = thought.tail + piece
        end = thinking.end_in(text, thought.tag, thought.ends)
        if end is not None:
            self._end_thought(thought, text[: end[0]])
            return text[end[1] :]
        line, _ = split_cr(text)
        thought.tail = ""
        if line or thought.pieces or thought.line != self._draft.line:
            self._say_thought(thought, line if final else line + "\n")
        return None

    def _say_thought(self, thought: Thought, text: str) -> None:
        if text:
            thought.pieces.append(text)
            self._draft.say("thinking", text)

    def _end_thought(self, thought: Thought, text: str) -> None:
        self._say_thought(thought, text)
        self._draft.add_thinking("".join(thought.pieces), thought.tag.name, thought.line, closed=True)
        self._thought = None
        self._state = "start"
        self._held = []
        self._after_mark = True

    def _leave_open_thought(self, complete: bool) -> None:
        if (thought := self._thought) is None:
            return
        self._say_thought(thought, thought.tail)
        self._draft.add_thinking("".join(thought.pieces), thought.tag.name, thought.line, closed=False)
        self._thought = None
        if complete:
            opening, end = thought.tag.name.partition("<|message|>")[0], thought.tag.end
            self._draft.fault(
                f"line {thought.line}",
                f"the thinking that begins with {opening} at line {thought.line} is never closed, so all that "
                f"follows belongs to it. End it with {end} before the block; if you only speak of the tag, put it into "
                "backticks",
                thought.line,
                f'{thought.tag.name}\n…\n{end}\n\n```codepilot\nread_file("src/app.py")\n```'
                if thought.tag.element
                else '```codepilot\nread_file("src/app.py")\n```',
            )

    def _look_for_lone_end(self, final: bool) -> None:
        line = "".join(self._line)
        if self._draft.line == 1:
            self._first_words = line[:20]
        at = thinking.lone_end_in(line, reply=self._first_words)
        if at:
            rest = line[at:]
            self._take_back(self._line_start + at, rest if final or not rest.strip() else rest + "\n")

    def _take_back(self, at: int, rest: str) -> None:
        """A closing tag that nothing opened: all before it was thinking, whatever it looked like."""
        self._draft.take_back(rest if rest.strip() else "")
        self._lone_end = (at, self._draft.line)
        self._regions.forget()


def parse_reply(text: str, *, complete: bool = True, reason: str = "stop") -> Reply:
    """Take a whole reply apart at once."""
    parser = ReplyParser()
    parser.feed(text)
    return parser.finish(complete=complete, reason=reason)
