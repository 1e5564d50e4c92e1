"""A control block between marks: a draft or an example, or the one that is meant? What is not sure is asked.

What thinking is called is known (`thinking`), but no list has all the tags. So a block runs only where nothing is
around it, or where what is around it holds the whole reply, since models also wrap the one that they mean.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from codepilot.protocol.blocks import ControlBlock, Reply, Thinking
from codepilot.protocol.correction import MAX_EXAMPLE, control_block, correction, inline
from codepilot.protocol.fences import read_fence
from codepilot.protocol.made_up import made_up_turn
from codepilot.protocol.marks import Mark, is_answer_heading, marks, without_marks
from codepilot.protocol.names import is_act, is_thinking
from codepilot.protocol.prose import Plain, plain_text
from codepilot.protocol.quoted import not_meant, quotation
from codepilot.protocol.turns import foreign_turn, spoken_turn
from codepilot.values import dataclass

_PAIRS = (
    "/* */ {/* */} {# #} {{!-- --}} <![CDATA[ ]]> (* *) <> </> <? ?> "
    "<% %> <%-- --%> <%# %> \\[ \\] =begin =end =pod =cut <<< >>> { } [ ] ( ) --[[ ]] {- -} <# #> #| |#"
)
_ALIKE = "%% \"\"\" ''' ~~ ::: +++ $$ ??? !!! @@ 💭 || ===="
_UNNAMED: Final = (
    *zip(_PAIRS.split()[::2], _PAIRS.split()[1::2], strict=True),
    *((sign, sign) for sign in _ALIKE.split()),
    ("#if 0", "#endif"),
)
"""What comments and asides begin and end with elsewhere."""
_MIRRORED: Final = str.maketrans("()[]{}<>«»‹›“”‘’「」『』„", ")(][}{><»«›‹”“’‘」「』『“")
_SIGNS = re.compile(r"(?:[^\w\s]|_){1,20}\Z")
_RULE = re.compile(r"(?:-[- ]*|\*[* ]*|_{3}|#+|[|`~]+|=+)\Z")
"""A line between two parts, or the rest of a table, a heading or inline code."""
_HEREDOC = re.compile(r"<<[-~]?\s?['\"]?(?P<end>\w+)['\"]?(?=\s|\Z|[;|&>)])")
_MACRO = re.compile(r"\{(?P<name>\w+)(?::[^{}]{0,80})?\}\Z")
_COMMENT = re.compile(r"(?<![\"'“‘`(])<!--")
_CODE = re.compile(r"(`+)(?:(?!`).)+?\1(?!`)")


@dataclass(frozen=True, slots=True)
class _Around:
    """What is around a block: what opened it, and from which line to which."""

    shown: str
    line: int
    end_line: int
    """0 where nothing closes it."""
    aside: bool


def enclosed(reply: Reply) -> str:
    """The correction for a first block that stands between marks; nothing where it may run."""
    first = reply.control
    if first is None:
        return ""
    lines = _lines(reply)
    if doubt := _behind_a_turn(lines, first) or _in_a_payload(reply, first):
        return doubt
    around = _outermost(lines, first)
    if around is None:
        return _told_not_to(lines, first)
    surplus, shown = reply.surplus_controls, inline(around.shown)
    if surplus and around.end_line and around.end_line < surplus[0].line:
        return correction(
            what=f"there are two codepilot blocks, and the first stands inside {shown}, which may be a draft. "
            f"Send the one that you mean again, alone and outside {shown}",
            where=f"lines {first.line} and {surplus[0].line}",
        )
    if not around.aside and _is_all(lines, around):
        return ""
    return correction(
        what=f"the `codepilot` block stands inside {shown}, so it may be a draft or an example. If you mean it, "
        f"send it again, with its payloads, outside {shown}; if not, leave it out",
        where=f"line {first.line}",
        instead=_again(first),
    )


def _behind_a_turn(lines: Plain, block: ControlBlock) -> str:
    before = [(number, line) for number, line in lines if number < block.line]
    turn = foreign_turn(before) or spoken_turn(before) or made_up_turn(before)
    words = [line.strip() for _, line in before if line.strip()]
    if turn is None or words == [turn.shown]:  # small models copy the tag of what they answer, and no words
        return ""
    return correction(
        what=f"`{turn.shown}` begins a turn that is not yours: nobody said or ran what stands there, and the "
        "`codepilot` block behind it may rest on it. If you mean the block without that, send it again, alone; else "
        "ask, and end your reply there",
        where=f"line {turn.line}",
        instead=_again(block),
    )


def _told_not_to(lines: Plain, block: ControlBlock) -> str:
    words = not_meant([(number, line) for number, line in lines if number < block.line])
    if not words:
        return ""
    return correction(
        what=f'the words above the `codepilot` block say that it is not meant to run now ("{words[-60:]}"). If you '
        "mean it, send it again without them; if not, leave it out",
        where=f"line {block.line}",
        instead=_again(block),
    )


def _in_a_payload(reply: Reply, block: ControlBlock) -> str:
    """The block's fence has closed a payload that no call of it takes: it may be an example in that text."""
    before = next((each for each in reply.payloads if each.end_line + 1 == block.line), None)
    if before is None or before.path.rpartition("/")[2] in block.text:
        return ""
    last = read_fence(reply.raw.split("\n")[before.end_line - 1].rstrip("\r"))
    if before.end_line > before.line and last is not None and not last.info:
        return ""
    return correction(
        what=f"payload {before.path} has no closing fence, and no call of the `codepilot` block behind it takes it, "
        "so the block may be a part of its text. Close the payload, with a longer fence if it holds fences itself",
        where=f"lines {before.line} and {block.line}",
        instead=_again(block),
    )


def _again(block: ControlBlock) -> str:
    return control_block(block.text if len(block.text) <= MAX_EXAMPLE else 'read_file("src/app.py")')


def _lines(reply: Reply) -> Plain:
    """The prose, and the comments in it, which may be marks too: `<!-- draft -->`."""
    comments = [
        (part.line, part.text.strip())
        for part in reply.parts
        if isinstance(part, Thinking) and part.tag == "<!-- -->" and part.line == part.end_line
    ]
    return sorted([*plain_text(reply), *comments])


def _outermost(lines: Plain, block: ControlBlock) -> _Around | None:
    before = [(number, line) for number, line in lines if number < block.line]
    after = [(number, line) for number, line in lines if number > block.end_line]
    found = [*_named(before, after), *_comment(before), *_unnamed(before, after), *_between(before, after)]
    if (quoted := quotation(before, after)) is not None:
        found.append(_Around(*quoted, aside=True))
    asides = [around for around in found if around.aside]
    return next(iter([*asides, *found]), None)


def _named(before: Plain, after: Plain) -> list[_Around]:
    opened = _still_open(before)
    found: list[_Around] = []
    inner: list[Mark] = []
    for number, line in after:
        for mark in marks(line):
            if not mark.closes:
                inner.append(mark)
            elif own := next((each for each in reversed(inner) if each.is_closed_by(mark)), None):
                inner.remove(own)
            else:
                found += _closed(opened, mark, number)
        if is_answer_heading(line):
            found += [
                _Around(each.shown, line_of, number, aside=True)
                for line_of, each in opened
                if each.heading and is_thinking(each.name)
            ]
    closed = {around.line for around in found}
    found += [
        _Around(each.shown, line_of, 0, aside=True)
        for line_of, each in opened
        if each.sure and line_of not in closed
    ]
    return sorted(found, key=lambda around: around.line)


def _still_open(before: Plain) -> list[tuple[int, Mark]]:
    opened: list[tuple[int, Mark]] = []
    for number, line in before:
        for mark in marks(line):
            if not mark.closes:
                opened.append((number, mark))
                continue
            own = next((each for each in reversed(opened) if each[1].is_closed_by(mark)), None)
            if own is not None:
                opened.remove(own)
    return opened


def _closed(opened: list[tuple[int, Mark]], mark: Mark, number: int) -> list[_Around]:
    """What this closing mark says of the block before it."""
    own = next((each for each in reversed(opened) if each[1].is_closed_by(mark)), None)
    if own is None:  # templates write the opening one themselves
        return [_Around(mark.shown, 0, number, aside=True)] if is_thinking(mark.name) else []
    line, opening = own
    if is_act(opening.name):
        return []
    return [_Around(opening.shown, line, number, aside=opening.aside)]


def _comment(before: Plain) -> list[_Around]:
    """A comment that begins behind words and is open where the block begins."""
    at = 0
    for number, line in before:
        spoken = _CODE.sub("", line)
        begun = list(_COMMENT.finditer(spoken))
        ended = spoken.rfind("-->")
        if begun and begun[-1].start() > ended:
            at = number
        elif ended >= 0:
            at = 0
    return [_Around("<!--", at, 0, aside=True)] if at else []


def _unnamed(before: Plain, after: Plain) -> list[_Around]:
    """Signs on lines of their own, or with a word after the opening one."""
    found: list[_Around] = []
    for opening, closing in _UNNAMED:
        at, last = 0, ""
        for number, line in before:
            text = line.strip()
            underlines = opening == "====" and last  # a heading stands above it
            last = text
            if at and text == closing:
                at = 0
            elif underlines:
                continue
            elif text == opening or _opens(text, opening):
                at = number
        end = next((number for number, line in after if line.strip() == closing), 0)
        if at and end:
            found.append(_Around(opening, at, end, aside=True))
    return found


def _between(before: Plain, after: Plain) -> list[_Around]:
    """The same signs, or mirrored ones, on the lines next to the block; a here-document around it."""
    above = next(((number, line.strip()) for number, line in reversed(before) if line.strip()), None)
    below = next(((number, line.strip()) for number, line in after if line.strip()), None)
    if above is None or below is None:
        return []
    (line, opening), (end_line, closing) = above, below
    heredoc, macro, ended = _HEREDOC.search(opening), _MACRO.match(opening), _MACRO.match(closing)
    around = (
        _are_signs(opening, closing)
        or (heredoc is not None and heredoc["end"] == closing)
        or (macro is not None and ended is not None and macro["name"] == ended["name"])
        or (closing in ('"""', "'''") and opening.endswith(closing))
        or (opening.startswith("<<<<<<<") and closing.startswith(">>>>>>>"))
    )
    if not around or (_is_balanced(before, closing) and _is_balanced(after, closing)):
        return []
    return [_Around(opening[:60], line, end_line, aside=True)]


def _is_balanced(lines: Plain, sign: str) -> bool:
    """A sign that opens and closes by itself stands there in pairs: each part is closed on its side of the block."""
    count = sum(line.strip() == sign for _, line in lines)
    return count > 0 and count % 2 == 0


def _are_signs(opening: str, closing: str) -> bool:
    if _SIGNS.match(opening) is None or _RULE.match(opening) is not None:
        return False
    if opening in ("…", "...") or all(map(_is_picture, opening)):
        return False  # something is left out, an arrow or a picture
    return closing in (opening, opening[::-1].translate(_MIRRORED), opening.translate(_MIRRORED))


def _is_picture(sign: str) -> bool:
    """An arrow or an emoji, but none that shows thinking."""
    return not sign.isascii() and unicodedata.category(sign) in ("So", "Sm") and sign not in "💭🤔🧠🗯"


def _opens(text: str, sign: str) -> bool:
    return len(sign) > 1 and (
        (text.startswith(sign) and re.fullmatch(r"\s?[^\W\d_][\w -]{0,30}", text[len(sign) :]) is not None)
        or text.endswith(f" {sign}")
    )


def _is_all(lines: Plain, around: _Around) -> bool:
    """Nothing else of the reply stands outside."""
    return bool(around.end_line) and not any(
        without_marks(line) for number, line in lines if not around.line <= number <= around.end_line
    )
