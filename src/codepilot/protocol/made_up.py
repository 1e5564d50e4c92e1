"""Turns of someone else that no token and no English label gives away: headings, other languages, JSON, ReAct.

Most of these words have other uses, so a turn of the person counts only with the model's own turn behind it, in the
same spelling, and with no more than a paragraph between that and the block: `**User** yes … **Assistant** Sure.`
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from codepilot.protocol.names import plain
from codepilot.protocol.prose import Plain
from codepilot.protocol.turns import Turn

_PERSON = "user|human|用户|ユーザー|사용자|benutzer|nutzer|utilisateur|usuario|usuário|utente|пользователь"
_MODEL = "assistant|ai|助手|アシスタント|어시스턴트|assistent|assistente|asistente|ассистент"
_DECO = r"[#*_\[|=\s-]*"
_HEAD: Final = re.compile(
    rf"(?P<before>{_DECO})(?:(?P<person>{_PERSON}|instruction)|(?P<model>{_MODEL}|response))"
    r"(?P<after>[\]*_|=\s-]*)(?P<colon>[:：]?)[*_]*(?:\s+|\Z|(?<=：))(?P<rest>.*)\Z",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\s*[*-]\s")
_ON_ONE_LINE = re.compile(
    r"(?P<before>.*?)\b(?P<shown>USER:|GPT4 Correct User:)\s.*\b(?:ASSISTANT|GPT4 Correct Assistant):"
)
_SURE: Final = re.compile(
    r"[ \t*_#]*(?P<shown>\[(?:execution result|user message|environment change|user input|system message)\]"
    r"|\[task \d+\](?=\s*\Z)|⟦output [0-9a-f]{4,}⟧|<system-reminder>(?=\s*\Z)"
    r"|(?-i:EXECUTION RESULT:|USER MESSAGE[*_]*:)|system:(?= (?:you may|you can|permission)\b))",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"[*_]*\s+(?:said|says|shows?|noted|tells?|told|is|was|has|had|means|marks|begins|ends)\b"
)
_DIRECTLY = re.compile(
    r"\s*(?P<shown>\{\s*\"role\":\s*\"(?:user|human|system|tool)\"|<(?P<tag>user|human)>)(?P<rest>.*)\Z",
    re.IGNORECASE,
)
_REACT = re.compile(r"[ \t*_]*(?P<what>action|observation)[*_]*:", re.IGNORECASE)
_LEADS_IN = re.compile(
    r"\b(?:example|dialog(?:ue)?|line|log|format|prompt|template|transcript|wrote|reads|says|is|are)\b[^.?!]*:?\Z",
    re.I,
)
_CODE = re.compile(r"(`+)(?:(?!`).)+?\1(?!`)")
_MAX_WORDS = 120
_NEAR = 200
"""So many lines may stand between such a turn and the block."""


def made_up_turn(lines: Plain) -> Turn | None:
    """The first of them.

    Args:
        lines: the prose before a block.
    """
    said = [(number, plain(_CODE.sub("", line))) for number, line in lines]
    said = [(number, line) for number, line in said if not line.lstrip().startswith(">")]
    return _sure(said) or _pair(said) or _one_line(said) or _directly(said) or _react(said)


def _sure(lines: Plain) -> Turn | None:
    for number, line in lines:
        found = _SURE.match(line)
        if found is not None and not _GOES_ON.match(line, found.end()):
            return Turn(number, found["shown"].replace("*", ""))
    return None


def _pair(lines: Plain) -> Turn | None:
    heads = [(index, head) for index, (_, line) in enumerate(lines) if (head := _head(line)) is not None]
    for (index, person), (last, model) in pairwise(heads):
        alike = (person["before"].strip(), person["colon"]) == (model["before"].strip(), model["colon"])
        fits = ("instruction" in person[0].lower()) == ("response" in model[0].lower())
        if not (person["person"] and model["model"] and alike and fits) or _led_in(lines, index):
            continue
        if _is_little(model["rest"], lines, last):
            return Turn(lines[index][0], person[0][: person.start("rest")].strip())
    return None


def _head(line: str) -> re.Match[str] | None:
    head = _HEAD.match(line)
    if head is None or _BULLET.match(line):
        return None
    bracketed = head["before"].strip(" #") and head["after"].strip()
    return head if head["colon"] or not head["rest"] or bracketed else None


def _one_line(lines: Plain) -> Turn | None:
    for index, (number, line) in enumerate(lines):
        found = _ON_ONE_LINE.match(line) if "assistant:" in line.lower() else None
        if found is None or _LEADS_IN.search(found["before"]) or _led_in(lines, index):
            continue
        if _is_little(line[found.end() :], lines, index):
            return Turn(number, found["shown"])
    return None


def _directly(lines: Plain) -> Turn | None:
    """A message as JSON or an element, with no words between it and the block."""
    for index, (number, line) in enumerate(lines):
        found = _DIRECTLY.match(line)
        if found is None or len(lines) - index > _NEAR or _led_in(lines, index):
            continue
        after = "\n".join([found["rest"], *(line for _, line in lines[index + 1 :])])
        end = f"</{found['tag'].lower()}>" if found["tag"] else "}"
        behind = after.lower().partition(end)[2]
        if end in after.lower() and len(re.sub(r"</?assistant>|[\s}\]]", "", behind)) <= len("Sure."):
            return Turn(number, found["shown"])
    return None


def _react(lines: Plain) -> Turn | None:
    acted = False
    for number, line in lines:
        found = _REACT.match(line)
        if found is not None and found["what"].lower() == "action":
            acted = True
        elif found is not None and acted:
            return Turn(number, "Observation:")
    return None


def _led_in(lines: Plain, index: int) -> bool:
    above = next((lines[at][1] for at in range(index - 1, -1, -1) if lines[at][1].strip()), "")
    return _LEADS_IN.search(above.strip()) is not None


def _is_little(rest: str, lines: Plain, index: int) -> bool:
    """No more than a short paragraph follows this line."""
    if len(lines) - index > _NEAR:
        return False
    text = "\n".join([rest, *(line for _, line in lines[index + 1 :])]).strip()
    return len(text) <= _MAX_WORDS and "\n\n" not in text
