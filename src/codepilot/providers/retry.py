"""Retries that can be seen, cancelled and tested; the SDKs' own are switched off."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack

from codepilot.errors import ProviderError
from codepilot.messages import ModelEvent, ModelRequest, Retrying, TextDelta
from codepilot.ports import Clock, Provider

LONGEST_WAIT = 120.0
"""A service that asks to wait longer than this many seconds gets no second try: the person decides."""


class RetryingProvider:
    """Asks again after a failure that may pass, as long as no text of the reply was given out.

    Args:
        provider: whom to ask.
        clock: how to wait.
        attempts: how often to ask at most.
        base: the first wait in seconds; it doubles with each try.
        cap: the longest wait that is our own choice.
        jitter: a number from 0 to 1 for each wait, so that many clients do not come back at once.
    """

    def __init__(
        self,
        provider: Provider,
        clock: Clock,
        *,
        attempts: int = 6,
        base: float = 0.5,
        cap: float = 30.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.provider = provider
        self.name = provider.name
        self.model = provider.model
        self._clock = clock
        self._attempts = attempts
        self._base = base
        self._cap = cap
        self._jitter = jitter

    @property
    def warnings(self) -> list[str]:
        """What the person should know about how this model is asked."""
        return list(getattr(self.provider, "warnings", ()))

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """The reply in pieces, with a `Retrying` before each new try.

        Raises:
            ProviderError: the failure will not pass, text was already given out, or all tries were used up.
        """
        for attempt in range(1, self._attempts + 1):
            spoken = False
            async with AsyncExitStack() as stack:
                source = self.provider.stream(request)
                if isinstance(source, AsyncGenerator):  # closed here and now, not when it is collected
                    stack.push_async_callback(source.aclose)
                try:
                    async for event in source:
                        spoken = spoken or (isinstance(event, TextDelta) and bool(event.text))
                        yield event
                    return
                except ProviderError as error:
                    failure = error
            if spoken or not failure.retryable:
                raise failure
            if attempt == self._attempts:
                failure.hint = f"{failure.hint} Asked {attempt} times.".strip()
                raise failure
            wait = self._wait(attempt, failure)
            yield Retrying(attempt=attempt + 1, attempts=self._attempts, wait=wait, reason=failure.message)
            await self._clock.sleep(wait)

    async def close(self) -> None:
        """Let go of sockets."""
        await self.provider.close()

    def _wait(self, attempt: int, failure: ProviderError) -> float:
        own = min(self._cap, self._base * 2.0 ** (attempt - 1)) * (0.5 + self._jitter() / 2)
        asked = failure.retry_after
        if asked is None:
            return own
        if asked > LONGEST_WAIT:
            failure.hint = f"{self.name} asks to wait {asked:.0f} s; try again then. {failure.hint}".strip()
            raise failure
        return max(asked, self._base * self._jitter())
