"""The terminal emulators behind `engines.engine.Engine`, and the choice between them."""

from __future__ import annotations

import os
from importlib import import_module

from codepilot.errors import TerminalError
from codepilot.terminal.engines.engine import Engine, EngineFactory

_ENGINES = {
    "ghostty": ("codepilot.terminal.engines.ghostty", "GhosttyEngine"),
    "bittty": ("codepilot.terminal.engines.bittty", "BitttyEngine"),
}
"""Best first."""
WISH = "CODEPILOT_TERMINAL_ENGINE"
"""The variable by which tests and benchmarks have a host use another than the best."""
_FOREIGN = {"pyghostty", "cffi", "_cffi_backend", "bittty"}


def _load(name: str) -> EngineFactory | None:
    module, attribute = _ENGINES[name]
    try:
        factory: EngineFactory = getattr(import_module(module), attribute)
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in _FOREIGN:
            raise
        return None  # no wheel for this platform
    except OSError:
        return None  # the wheel's library does not load here
    return factory


def available() -> tuple[str, ...]:
    """Names of the engines that can be loaded here, best first."""
    return tuple(name for name in _ENGINES if _load(name) is not None)


def new_engine(columns: int, lines: int, prefer: str | None = None) -> Engine:
    """A new engine: the one asked for, here or in the environment, else the best one there is.

    Raises:
        TerminalError: no engine, or not the one asked for, can be loaded.
    """
    prefer = prefer or os.environ.get(WISH) or None
    if prefer is not None and prefer not in _ENGINES:
        raise TerminalError(f"Unknown terminal engine {prefer!r}.", hint=f"Known: {', '.join(_ENGINES)}.")
    for name in (prefer,) if prefer else _ENGINES:
        factory = _load(name)
        if factory is not None:
            return factory(columns, lines)
    raise TerminalError(
        "No terminal engine can be loaded.", hint="Install pyghostty, or bittty where it has no wheel."
    )


__all__ = ["available", "new_engine"]
