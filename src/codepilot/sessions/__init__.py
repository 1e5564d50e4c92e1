"""Where conversations are kept: the backends that codepilot-ai documents, and what there is to do with whole sessions.

The functions about journals (`list_sessions` …) are found on first use: a program that runs one agent needs none.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from codepilot.sessions.base import AsyncBaseSession, BaseSession
from codepilot.sessions.create import create_session
from codepilot.sessions.database import AsyncDatabaseSession, DatabaseSession
from codepilot.sessions.file import FileSession
from codepilot.sessions.memory import InMemorySession

if TYPE_CHECKING:
    from codepilot.journal.bin import DeletedSession as DeletedSession
    from codepilot.journal.bin import delete_session as delete_session
    from codepilot.journal.bin import deleted_sessions as deleted_sessions
    from codepilot.journal.bin import undelete_session as undelete_session
    from codepilot.journal.export import export_session as export_session
    from codepilot.journal.importing import ImportedSession as ImportedSession
    from codepilot.journal.importing import import_sessions as import_sessions
    from codepilot.journal.library import find_session as find_session
    from codepilot.journal.library import fork_session as fork_session
    from codepilot.journal.library import rename_session as rename_session
    from codepilot.journal.library import search_sessions as search_sessions
    from codepilot.journal.listing import SessionInfo as SessionInfo
    from codepilot.journal.overview import Overview as Overview
    from codepilot.journal.overview import list_sessions as list_sessions
    from codepilot.sessions.summarised import fork_with_summary as fork_with_summary

_OF_JOURNALS = {
    "DeletedSession": "codepilot.journal.bin",
    "ImportedSession": "codepilot.journal.importing",
    "Overview": "codepilot.journal.overview",
    "SessionInfo": "codepilot.journal.listing",
    "delete_session": "codepilot.journal.bin",
    "deleted_sessions": "codepilot.journal.bin",
    "export_session": "codepilot.journal.export",
    "find_session": "codepilot.journal.library",
    "fork_session": "codepilot.journal.library",
    "fork_with_summary": "codepilot.sessions.summarised",
    "import_sessions": "codepilot.journal.importing",
    "list_sessions": "codepilot.journal.overview",
    "rename_session": "codepilot.journal.library",
    "search_sessions": "codepilot.journal.library",
    "undelete_session": "codepilot.journal.bin",
}

__all__ = [
    "AsyncBaseSession",
    "AsyncDatabaseSession",
    "BaseSession",
    "DatabaseSession",
    "DeletedSession",
    "FileSession",
    "ImportedSession",
    "InMemorySession",
    "Overview",
    "SessionInfo",
    "create_session",
    "delete_session",
    "deleted_sessions",
    "export_session",
    "find_session",
    "fork_session",
    "fork_with_summary",
    "import_sessions",
    "list_sessions",
    "rename_session",
    "search_sessions",
    "undelete_session",
]


def __getattr__(name: str) -> Any:
    """Load the module that holds a function about journals when it is first asked for."""
    home = _OF_JOURNALS.get(name)
    if home is None:
        raise AttributeError(f"module 'codepilot.sessions' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value
