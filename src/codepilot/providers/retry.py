"""Which failures are asked again, how often, and after how long; the SDKs' own retries are switched off."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack

from codepilot.errors import ProviderError
from codepilot.messages import ModelEvent, ModelRequest, Retrying
from codepilot.ports import Clock, Provider
from codepilot.values import dataclass

LONGEST_WAIT = 120.0
"""A service that asks you to wait longer than this many seconds gets no second try: the person decides."""
_BUSY = frozenset({429, 503, 529})
"""The service is there and has too much to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How often and when a model is asked again."""

    attempts: int = 6
    """How often to ask in all."""
    busy_attempts: int = 8
    """The same where the service has too much to do: with the default waits about a minute."""
    silent_attempts: int = 2
    """The same where no word came: each try has already lasted minutes."""
    base: float = 0.5
    """The first wait in seconds; it doubles with each try."""
    cap: float = 30.0
    """The longest wait that is our own choice, in seconds."""

    def allowed(self, failure: ProviderError) -> int:
        """How often a model that fails in this way is asked in all."""
        if not failure.retryable:
            return 1
        if is_silence(failure):
            return self.silent_attempts
        return self.busy_attempts if failure.status in _BUSY else self.attempts


def is_silence(failure: ProviderError) -> bool:
    """No word came in time; a gateway that says so itself has at least answered."""
    return failure.fault == "timeout" and failure.status is None


def _chance() -> float:
    import random  # nearly a millisecond, and most replies need no second try

    return random.random()


class RetryingProvider:
    """Asks again after a failure that may pass.

    Words that were given out before a `Retrying` are void: the reply begins anew.

    Args:
        provider: the one that is asked again.
        clock: how to wait.
        schedule: how often and when.
        jitter: a number from 0 to 1 for each wait, so that many clients do not come back at once.
    """

    def __init__(
        self,
        provider: Provider,
        clock: Clock,
        *,
        schedule: Schedule | None = None,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self.provider = provider
        self.name = provider.name
        self.model = provider.model
        self._clock = clock
        self._schedule = schedule or Schedule()
        self._jitter = jitter or _chance

    @property
    def warnings(self) -> list[str]:
        """What the person should know about how this model is asked."""
        return list(getattr(self.provider, "warnings", ()))

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """The reply in pieces, with a `Retrying` before each new try.

        Raises:
            ProviderError: the failure will not pass, or all tries were used up.
        """
        asked = silences = 0
        while True:
            asked += 1
            async with AsyncExitStack() as stack:
                source = self.provider.stream(request)
                if isinstance(source, AsyncGenerator):  # closed here and now, not when it is collected
                    stack.push_async_callback(source.aclose)
                try:
                    async for event in source:
                        yield event
                    return
                except ProviderError as error:
                    failure = error
            silences += is_silence(failure)
            allowed = self._schedule.allowed(failure)
            if (silences if is_silence(failure) else asked) >= allowed:
                if asked > 1:
                    failure.hint = f"{failure.hint} Asked {asked} times.".strip()
                raise failure
            wait = self._wait(asked, failure)
            yield Retrying(
                attempt=asked + 1, attempts=max(allowed, asked + 1), wait=wait, reason=failure.message
            )
            await self._clock.sleep(wait)

    async def close(self) -> None:
        """Let go of sockets."""
        await self.provider.close()

    def _wait(self, asked: int, failure: ProviderError) -> float:
        schedule = self._schedule
        own = min(schedule.cap, schedule.base * 2.0 ** (asked - 1)) * (0.5 + self._jitter() / 2)
        named = failure.retry_after
        if named is None:
            return own
        if named > LONGEST_WAIT:
            failure.hint = (
                f"{self.name} asks you to wait {named:.0f} s; try again then. {failure.hint}".strip()
            )
            raise failure
        # "At once", or a time that is past, is what a service says that does not know; a real answer is taken.
        return named if named >= 1.0 else max(named, own)
