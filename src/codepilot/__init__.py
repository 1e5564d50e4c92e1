"""An embeddable coding agent that acts by writing Python: `Runtime("agent.yaml").run("...")`.

Importing this package executes nothing and loads no SDK: every public name is found on first use (PEP 562).
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Written out with `as`, which is what makes a name of this package one that type checkers let others import.
if TYPE_CHECKING:
    from codepilot.agentfile import AgentConfig as AgentConfig
    from codepilot.agentfile import AgentFile as AgentFile
    from codepilot.agentfile import TimeoutConfig as TimeoutConfig
    from codepilot.decision import Decision as Decision
    from codepilot.decision import PermissionRequest as PermissionRequest
    from codepilot.errors import CodepilotError as CodepilotError
    from codepilot.hooks import EventType as EventType
    from codepilot.hooks import HookSystem as HookSystem
    from codepilot.hooks import on_ask_user as on_ask_user
    from codepilot.hooks import on_finish as on_finish
    from codepilot.hooks import on_permission_request as on_permission_request
    from codepilot.hooks import on_runtime_error as on_runtime_error
    from codepilot.hooks import on_stream as on_stream
    from codepilot.hooks import on_think as on_think
    from codepilot.hooks import on_tool_call as on_tool_call
    from codepilot.hooks import on_tool_result as on_tool_result
    from codepilot.hooks import on_user_message_injected as on_user_message_injected
    from codepilot.hooks import on_user_message_queued as on_user_message_queued
    from codepilot.loop import Outcome as Outcome
    from codepilot.runtime import AsyncRuntime as AsyncRuntime
    from codepilot.runtime import Runtime as Runtime
    from codepilot.sessions import AsyncBaseSession as AsyncBaseSession
    from codepilot.sessions import AsyncDatabaseSession as AsyncDatabaseSession
    from codepilot.sessions import BaseSession as BaseSession
    from codepilot.sessions import DatabaseSession as DatabaseSession
    from codepilot.sessions import FileSession as FileSession
    from codepilot.sessions import InMemorySession as InMemorySession
    from codepilot.sessions import create_session as create_session
    from codepilot.sessions.archive import ContextArchive as ContextArchive
    from codepilot.sessions.archive import MemoryConfig as MemoryConfig
    from codepilot.sessions.archive import MemoryManager as MemoryManager

__version__ = "0.1.0"

_HOME = {
    "Runtime": "codepilot.runtime",
    "AsyncRuntime": "codepilot.runtime",
    "Outcome": "codepilot.loop",
    "AgentConfig": "codepilot.agentfile",
    "AgentFile": "codepilot.agentfile",
    "TimeoutConfig": "codepilot.agentfile",
    "BaseSession": "codepilot.sessions",
    "AsyncBaseSession": "codepilot.sessions",
    "InMemorySession": "codepilot.sessions",
    "DatabaseSession": "codepilot.sessions",
    "AsyncDatabaseSession": "codepilot.sessions",
    "FileSession": "codepilot.sessions",
    "create_session": "codepilot.sessions",
    "ContextArchive": "codepilot.sessions.archive",
    "MemoryConfig": "codepilot.sessions.archive",
    "MemoryManager": "codepilot.sessions.archive",
    "EventType": "codepilot.hooks",
    "HookSystem": "codepilot.hooks",
    "on_think": "codepilot.hooks",
    "on_stream": "codepilot.hooks",
    "on_tool_call": "codepilot.hooks",
    "on_tool_result": "codepilot.hooks",
    "on_ask_user": "codepilot.hooks",
    "on_permission_request": "codepilot.hooks",
    "on_finish": "codepilot.hooks",
    "on_runtime_error": "codepilot.hooks",
    "on_user_message_queued": "codepilot.hooks",
    "on_user_message_injected": "codepilot.hooks",
    "PermissionRequest": "codepilot.decision",
    "Decision": "codepilot.decision",
    "CodepilotError": "codepilot.errors",
}

__all__ = [
    "__version__",
    "AgentConfig",
    "AgentFile",
    "AsyncBaseSession",
    "AsyncDatabaseSession",
    "AsyncRuntime",
    "BaseSession",
    "CodepilotError",
    "ContextArchive",
    "DatabaseSession",
    "Decision",
    "EventType",
    "FileSession",
    "HookSystem",
    "InMemorySession",
    "MemoryConfig",
    "MemoryManager",
    "Outcome",
    "PermissionRequest",
    "Runtime",
    "TimeoutConfig",
    "create_session",
    "on_ask_user",
    "on_finish",
    "on_permission_request",
    "on_runtime_error",
    "on_stream",
    "on_think",
    "on_tool_call",
    "on_tool_result",
    "on_user_message_injected",
    "on_user_message_queued",
]


DISTRIBUTION = "codepilot-tui"
"""Which distribution this file came from; codepilot-ai installs one of the same name."""


def _check_installation() -> None:
    folder = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 - pathlib would be the first import
    try:
        with os.scandir(folder) as entries:
            if not any(entry.name.startswith("codepilot_ai-") for entry in entries):
                return
    except NotADirectoryError:
        from codepilot.installation import zipped

        raise ImportError(zipped(folder), name=__name__) from None
    import warnings

    from codepilot.installation import warning

    warnings.warn(warning(folder), stacklevel=3)


_check_installation()


def __getattr__(name: str) -> Any:
    """Load the module that holds a public name when it is first asked for."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'codepilot' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return __all__
