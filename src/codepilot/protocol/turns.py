"""Turns of someone else in a reply: the model has gone on past its own end and plays the person or the runtime.

What it has them say was never said. A block behind such a turn acts on an answer that nobody gave.
"""

from __future__ import annotations

import re

from codepilot.protocol.names import plain
from codepilot.protocol.observation import CHANGE_TAG, MESSAGE_TAG, RESULT_TAG, SUMMARY_TAG
from codepilot.protocol.prose import Plain
from codepilot.values import dataclass

_OURS = re.compile(
    rf"[ \t>*_#]*(?:{'|'.join(map(re.escape, (RESULT_TAG, MESSAGE_TAG, CHANGE_TAG, SUMMARY_TAG)))}"
    r"|\[Task \d+\]\s?\[USER INPUT\]|\[USER INPUT\])"
)
_WHO = r"(?:user|human|prompter|person|tool|tool_response|observation|environment|ipython|function|system)"
_TOKEN = re.compile(
    r"(?:\A[ \t>*_#]*|(?<=[>\]])[ \t]*|(?<=[^\s`\"'(]))(?P<token>"
    rf"<\|(?:im_start|start_header_id|start|start_of_role|turn|header_start|role_start|im_middle)\|?>\s?{_WHO}\b"
    rf"|<start_of_turn>\s?{_WHO}\b"
    r"|<\|(?:im_|start_)?(?:user|human|prompter|tool|ipython|observation|tool_response|user_token)\|>"
    r"|<\|tool_outputs?_(?:begin|sep)\|>|\[\|(?:user|human)\|\]|\[INST\]|\[TOOL_RESULTS\]"
    r"|<(?:tool_response|tool_responses|tool_result|tool_results|function_results?|function_response|tool_output)>"
    r")",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"(?!\s*\*\s)[\s*_#]*(?P<who>human|user|person)[*_]*\s?[:：][*_]*(?:\s|\Z)", re.IGNORECASE
)
_ANSWERED = re.compile(
    r"[\s*_#]*(?:assistant|ai|codepilot|claude|chatgpt|gpt|gemini)[*_]*\s?[:：][*_]*(?:\s|\Z)",
    re.IGNORECASE,
)
_IN_A_SENTENCE = re.compile(
    r"[*_]*\s+(?:already |also |still |then )?(?:said|says|showed|shows|noted|tells|told|is|was|has|had|came|comes|"
    r"means|marks|begins|ends)\b(?!.*\?)",
)
"""The line goes on about the tag."""
_LEADS_IN = re.compile(
    r"\A(?!.*\b(?:answer|please|shall|should|wait|you|your)\b).*"
    r"\b(?:example|dialog(?:ue)?|line|log|output|prompt|template|transcript|wrote|reads|says)\b[^.?!]*\Z",
    re.IGNORECASE,
)
"""What follows such words is quoted."""
_CODE = re.compile(r"(`+)(?:(?!`).)+?\1(?!`)")


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a turn of someone else begins, and with what."""

    line: int
    shown: str


def foreign_turn(lines: Plain) -> Turn | None:
    """The first turn of someone else whose marks leave no doubt: a tag of this runtime, a token of a chat template."""
    for number, line in lines:
        if line.lstrip().startswith(">"):
            continue
        if (ours := _OURS.match(line)) is not None and not _IN_A_SENTENCE.match(line, ours.end()):
            return Turn(number, ours[0].strip(" \t>*_#"))
        spoken = plain(_CODE.sub("", line))
        token = _TOKEN.search(spoken)
        if token is not None and not _IN_A_SENTENCE.match(spoken, token.end()):
            return Turn(number, token["token"])
    return None


def spoken_turn(lines: Plain) -> Turn | None:
    """`Human:`, or `User:` with an answer after it: other words may begin so."""
    above = ""
    for index, (number, line) in enumerate(lines):
        spoken = _SPOKEN.match(line)
        if spoken is None or _LEADS_IN.search(above):
            above = line.strip() or above
            continue
        above = line.strip()
        if spoken["who"].lower() == "human" or any(_ANSWERED.match(after) for _, after in lines[index + 1 :]):
            return Turn(number, f"{spoken['who']}:")
    return None
