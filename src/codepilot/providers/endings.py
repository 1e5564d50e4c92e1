"""What a service says at the end of a reply: why it is over, and what it cost. Neither is taken on trust."""

from __future__ import annotations

import math
from typing import Final

from codepilot.messages import FinishReason

_WHOLE: Final = (
    "stop stopped stop_sequence stop_word stop_words stop_token end end_turn end_of_turn eos eos_token eot eot_token "
    "complete completed done finish finished normal success "
    "tool_calls tool_call tool_use function_call function_calls eosfound stopstringfound"
)
_LIMITS: Final = (
    "length max_length max_tokens max_output_tokens max_new_tokens model_length token_limit context_length "
    "context_length_exceeded model_context_window_exceeded contextlengthreached maxpredictedtokensreached"
)
_FILTERS: Final = (
    "content_filter content_filtered refusal safety recitation blocklist prohibited_content spii sensitive "
    "guardrail_intervened image_safety language error_toxic"
)
_REASONS: Final[dict[str, FinishReason]] = {
    **dict.fromkeys(_WHOLE.split(), "stop"),
    **dict.fromkeys(_LIMITS.split(), "length"),
    **dict.fromkeys(_FILTERS.split(), "refusal"),
}
_NOT_YET: Final = frozenset(["null", "none", "not_finished", "unspecified"])
_MAX_COUNT: Final = 2**53


def reason_of(finish: str) -> FinishReason | None:
    """Why a reply is over, from the service's word for it; None: it was broken off, or the word is not known.

    What is not known is no end: a block of a reply that was broken off must not run.
    """
    return _REASONS.get(_word(finish))


def is_end(finish: str) -> bool:
    """Whether it says why a reply is over; some services have a word for "not yet"."""
    return bool(finish) and _word(finish) not in _NOT_YET


def count(value: object) -> int:
    """A number of tokens; 0 for what is none. A reply must not fail because of its bill."""
    if isinstance(value, float) and math.isfinite(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return min(max(value, 0), _MAX_COUNT)


def _word(finish: str) -> str:
    """Without its spelling, and without the details that some put behind a colon."""
    word = finish.partition(":")[0].strip().lower().replace("-", "_")
    return word.removeprefix("finish_").removeprefix("reason_")
