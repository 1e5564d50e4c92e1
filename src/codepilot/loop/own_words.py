"""The model's own words in a summary."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing

from codepilot.context.summary import QUESTION
from codepilot.errors import ProviderError
from codepilot.messages import ModelMessage, ModelRequest, ReplyEnd, TextDelta, Usage, merged
from codepilot.ports import Provider
from codepilot.protocol import parse_reply


async def own_words(
    provider: Provider, system: str, turns: Iterable[ModelMessage], most: int
) -> tuple[str, Usage]:
    """What the model itself would keep; the request begins as the last one did, so that it is cached.

    Args:
        provider: the model.
        system: the system prompt.
        turns: what it has seen so far.
        most: tokens of its words; 0: it is not asked.

    Returns:
        The words, and the tokens that they cost. Empty where the service fails: the rest of a summary needs no model.
    """
    if most <= 0:
        return "", Usage()
    question = ModelMessage("user", QUESTION.format(words=max(50, most * 3 // 5)))
    request = ModelRequest(system=system, messages=tuple(merged([*turns, question])), max_tokens=most)
    pieces: list[str] = []
    usage = Usage()
    try:
        async with aclosing(provider.stream(request)) as stream:  # type: ignore[type-var]
            async for piece in stream:
                if isinstance(piece, TextDelta):
                    pieces.append(piece.text)
                elif isinstance(piece, ReplyEnd):
                    usage = piece.usage or usage
    except ProviderError:
        return "", usage
    return parse_reply("".join(pieces)).prose, usage
