"""The token with which a model ends its turn, where a server leaves it in the text: ```` ```<|eot_id|> ````."""

from __future__ import annotations

import re
from typing import Final

_NAMES = (
    "/?s eos end_of_turn endofturn im_end eot_id eom_id endoftext end_of_text return end eot EOT "
    "end[_▁]of[_▁]sentence"
)
END_TOKENS: Final = re.compile(
    rf"<[|｜]?(?:{'|'.join(_NAMES.split())})[|｜]?>|\[EOS\]|\[/?EOT\]", re.IGNORECASE
)
"""What some servers leave at the end of a reply."""
_TAIL = re.compile(
    rf"(?:(?:{END_TOKENS.pattern})\s{{0,2}}){{0,4}}(?:<[|｜]?/?[\w▁]{{0,20}}[|｜]?|\[/?[A-Z]{{0,3}})?\Z",
    re.IGNORECASE,
)
_ALL = re.compile(rf"(?:(?:{END_TOKENS.pattern})\s{{0,2}})+\Z", re.IGNORECASE)
_LONGEST = 160


class StopTokens:
    """Holds back what may be such a token at the end of the reply, and drops it there.

    Only right behind the last word or fence: a sentence that speaks of a token has a blank before it.
    """

    def __init__(self) -> None:
        self._held = ""
        self._before = ""

    def feed(self, text: str) -> str:
        """Take the next piece; gives what surely belongs to the reply."""
        text = self._held + text
        window = max(0, len(text) - _LONGEST)
        tail = _TAIL.search(text, window)
        at = tail.start() if tail is not None else len(text)
        self._held = text[at:]
        if at:
            line = text[:at].rpartition("\n")
            self._before = (line[2] if line[1] else self._before + line[2])[-_LONGEST:]
        return text[:at]

    def finish(self, *, complete: bool) -> str:
        """What was held back and is no such token; `complete`: the reply was not cut there."""
        held, self._held = self._held, ""
        before = self._before
        left_over = (
            complete
            and before[-1:].strip()
            and _ALL.match(held)
            and not ("</s>" in held.lower() and "<s>" in before.lower())
        )
        return "" if left_over else held
