"""Parts for testing agents without a model's service: a loopback model server, a recorded session as the model, a
clock, an event sink.

Nothing here imitates our own code: the real SDKs talk to `ModelServer` over a real socket. The names are
found on first use, so that `python -m codepilot.testing.model_server` runs the module once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codepilot.script import Fault, Script, Turn
    from codepilot.testing.clock import ManualClock
    from codepilot.testing.model_server import ModelServer, RecordedRequest
    from codepilot.testing.recorded import RecordedProvider
    from codepilot.testing.sink import RecordingSink

_HOME = {
    "Fault": "codepilot.script",
    "Script": "codepilot.script",
    "Turn": "codepilot.script",
    "ManualClock": "codepilot.testing.clock",
    "ModelServer": "codepilot.testing.model_server",
    "RecordedProvider": "codepilot.testing.recorded",
    "RecordedRequest": "codepilot.testing.model_server",
    "RecordingSink": "codepilot.testing.sink",
}

__all__ = [
    "Fault",
    "ManualClock",
    "ModelServer",
    "RecordedProvider",
    "RecordedRequest",
    "RecordingSink",
    "Script",
    "Turn",
]


def __getattr__(name: str) -> Any:
    """Load the module that holds a name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'codepilot.testing' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
