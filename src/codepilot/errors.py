"""Every error that the library raises on purpose.

    CodepilotError                      hint: what to do next; exit_code: of the command line
      AgentFileError (ValueError)       names file, key and line
        AgentFileNotFound (FileNotFoundError)
      MissingKey (EnvironmentError)     the key variable is unset or empty
      UsageError (ValueError)           a call or an option that cannot mean anything
      ProviderError                     the model's service; `fault` is one of `ProviderFault`
      SandboxError                      the worker could not be started or broke its protocol
      TerminalError                     the terminal host or a terminal in it
      WorkspaceError (PermissionError)  a path that may not be opened
      SessionError                      a session that cannot be read or written
        SessionBusy                     another program works on it

What the *model* got wrong is an observation, not an exception; what a *tool* refused is text.

A message is a sentence, with its full stop. What is wrong in a file begins with the place, as compilers have it:
`agent.yaml:3: model: expected a mapping, found 'x'`.
"""

from __future__ import annotations

from typing import Literal


class CodepilotError(Exception):
    """The root. `hint` says what to do next and is kept apart, so that each face can lay it out."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message

    @property
    def told(self) -> str:
        """Message and hint as sentences on one line, each with its full stop."""
        return " ".join(filter(None, (with_stop(self.message), self.hint)))


def with_stop(text: str) -> str:
    """A text that ends as a sentence does; a stop, question mark or colon that is there stays the only one."""
    text = text.rstrip()
    return text if not text or text[-1] in ".!?:…" else f"{text}."


def named_error(error: BaseException) -> str:
    """`ValueError: bad`: what somebody else's code raised, also where that cannot say what it is."""
    name = type(error).__name__
    try:
        return f"{name}: {error}"
    except Exception as wrong:  # noqa: BLE001 - the `__str__` of somebody else's error
        return f"{name} (its text cannot be shown: {type(wrong).__name__})"


class UsageError(CodepilotError, ValueError):
    """A call or an option that cannot mean anything."""

    exit_code = 2


class AgentFileError(CodepilotError, ValueError):
    """An agent file that cannot be used; the message names file, line and key."""

    exit_code = 2


class AgentFileNotFound(AgentFileError, FileNotFoundError):
    """No agent file at the given path."""


class MissingKey(CodepilotError, EnvironmentError):
    """The variable named by `api_key_env` is unset or empty."""

    exit_code = 4


ProviderFault = Literal[
    "auth",
    "rate",
    "overloaded",
    "unreachable",
    "timeout",
    "cut",
    "protocol",
    "too_long",
    "bad_request",
    "not_found",
]


class ProviderError(CodepilotError):
    """The model's service failed.

    Args:
        message: what happened, in words for a person.
        fault: the kind of failure; decides whether a new try makes sense.
        retryable: a new try may succeed.
        retry_after: seconds that the service asked to wait, if it did.
        status: the HTTP status, if there was one.
        hint: what to do next.
    """

    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        fault: ProviderFault,
        retryable: bool = False,
        retry_after: float | None = None,
        status: int | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.fault = fault
        self.retryable = retryable
        self.retry_after = retry_after
        self.status = status


class SandboxError(CodepilotError):
    """The worker could not be started, or broke its protocol."""


class TerminalError(CodepilotError):
    """The terminal host, or a terminal in it, cannot do what was asked."""


class WorkspaceError(CodepilotError, PermissionError):
    """A path that may not be opened: outside, a link that leads out, not a regular file."""


class SessionError(CodepilotError):
    """A session that cannot be read or written."""


class SessionBusy(SessionError):
    """Another program, or another runtime of this one, works on the session or has gone on with it."""
