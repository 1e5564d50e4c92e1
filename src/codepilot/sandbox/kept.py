"""What the host has of the names of earlier blocks: for the next worker when one is killed, dies, or is given back."""

from __future__ import annotations

from codepilot.frames import FrameError
from codepilot.sandbox.codec import pack
from codepilot.sandbox.replies import MAX_MIRROR, Done


class KeptNames:
    """The values that another worker can be given, and the names whose values live in the active one only."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._opaque: tuple[str, ...] = ()
        self._whole = True
        self.untold: tuple[str, ...] = ()
        """Names that are gone, and the model was not told."""

    @property
    def whole(self) -> bool:
        """Whether another worker, given these values, has all names as the active one has them."""
        return self._whole and not self._opaque

    def frame(self) -> bytes | None:
        """What gives a new worker the values; None if there are none."""
        return pack({"t": "restore", "values": self._values}) if self._values else None

    def note(self, done: Done) -> None:
        """Keep what a block left behind.

        Raises:
            FrameError: it is more than a worker may hand over.
        """
        if done.opaque is None:
            return
        values = {name: text for name, text in self._values.items() if name not in done.gone} | done.values
        if sum(map(len, values.values())) > MAX_MIRROR:
            raise FrameError("it handed over more values than it may")
        self._values, self._opaque, self._whole = values, done.opaque, done.whole

    def lose(self) -> tuple[str, ...]:
        """The active worker is gone: gives the names that went with it."""
        lost, self._opaque, self._whole = self._opaque, (), True
        self.untold = (*self.untold, *lost)
        return lost

    def tell(self) -> tuple[str, ...]:
        """The names that are gone, to be told now."""
        untold, self.untold = self.untold, ()
        return untold

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()
        self._opaque = self.untold = ()
        self._whole = True
