"""Where conversations are kept: the backends that codepilot-ai documents."""

from codepilot.sessions.base import AsyncBaseSession, BaseSession
from codepilot.sessions.create import create_session
from codepilot.sessions.database import AsyncDatabaseSession, DatabaseSession
from codepilot.sessions.file import FileSession
from codepilot.sessions.memory import InMemorySession

__all__ = [
    "AsyncBaseSession",
    "AsyncDatabaseSession",
    "BaseSession",
    "DatabaseSession",
    "FileSession",
    "InMemorySession",
    "create_session",
]
