"""Where codepilot keeps its things, where it finds what it was shipped with, and how a model's paths are read.

The functions that name a place do not touch the disk; `private_dir` and `write_private` do. `CODEPILOT_HOME`
moves everything under one folder, which is what tests and portable installations want.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

_APP = "codepilot"
_PACKAGE = Path(__file__).resolve().parent


def model_path(path: str) -> str:
    r"""A path as the model wrote it, with `/` between its parts: ``src\app.py`` is ``src/app.py``.

    Tools that open a path and payloads that look for their call both read it here, so that they mean the same file.
    Blanks around it do not count. See decision 7.
    """
    return path.strip().replace("\\", "/")


def expanded(path: object) -> Path:
    """A path as programs and files write it, with the home folder in place of ``~`` or ``~name``.

    Raises:
        ValueError: it is none; the text says what it is instead.
    """
    try:
        given = os.fspath(path)  # type: ignore[call-overload] # whatever a program gave
    except TypeError:
        given = None
    if not isinstance(given, str):
        shown = (
            repr(path)
            if path is None or isinstance(path, int | float)
            else f"an object of type {type(path).__name__}"
        )
        raise ValueError(f"expected a path, found {shown}")
    if "\0" in given:
        raise ValueError(f"expected a path, found a NUL character in {given!r}")
    try:
        return Path(given).expanduser()
    except RuntimeError:
        raise ValueError(f"expected a path, found no home folder for {Path(given).parts[0]!r}") from None


def _home() -> Path | None:
    """The folder that `CODEPILOT_HOME` names, if it names one."""
    value = os.environ.get("CODEPILOT_HOME", "")
    return Path(value).expanduser().absolute() if value else None


def config_dir() -> Path:
    """What the person wrote: agent file, settings, models.yaml."""
    home = _home()
    if home:
        return home / "config"
    import platformdirs

    return platformdirs.user_config_path(_APP, appauthor=False)


def state_dir() -> Path:
    """What must survive a restart: journals, trust, grants, the log."""
    home = _home()
    if home:
        return home / "state"
    import platformdirs

    return platformdirs.user_state_path(_APP, appauthor=False)


def cache_dir() -> Path:
    """What can be made again."""
    home = _home()
    if home:
        return home / "cache"
    import platformdirs

    return platformdirs.user_cache_path(_APP, appauthor=False)


def runtime_dir() -> Path:
    """Sockets and locks. Kept short, because the path of a Unix socket may have only some 100 bytes."""
    home = _home()
    if home:
        return home / "run"
    if sys.platform == "win32":
        import platformdirs

        return platformdirs.user_runtime_path(_APP, appauthor=False)
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if base and os.path.isabs(base) and os.access(base, os.W_OK | os.X_OK):  # noqa: PTH117 - a string is at hand
        return Path(base) / _APP
    import tempfile

    return Path(tempfile.gettempdir()) / f"{_APP}-{os.getuid()}"


def sessions_dir() -> Path:
    """The JSON sessions of the library: `~/.codepilot/sessions`, as codepilot-ai documents it."""
    home = _home()
    return home / "sessions" if home else Path.home() / ".codepilot" / "sessions"


def log_file() -> Path:
    """The one log file."""
    return state_dir() / "codepilot.log"


def user_agent_file() -> Path:
    """The person's own agent file, whether it exists or not."""
    return config_dir() / "agent.yaml"


def shipped(package: Path, name: str) -> Path:
    """A file or folder that belongs to a package: beside its modules, else at the top of the checkout.

    Args:
        package: the folder of the package, e.g. ``Path(codepilot.__file__).parent``.
        name: ``agent.yaml``, ``themes`` …

    Raises:
        FileNotFoundError: neither place has it; the installation is damaged.
    """
    inside = package / name
    if inside.exists():
        return inside
    checkout = package.parent.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).exists():
        return checkout / name
    raise FileNotFoundError(f"{name} is missing from the installation ({inside})")


def packaged_agent_file() -> Path:
    """The agent file that is used where the person has none."""
    return shipped(_PACKAGE, "agent.yaml")


def private_dir(path: Path) -> Path:
    """Make a folder that only this user can enter, or check that an existing one is such.

    Raises:
        PermissionError: something else stands there: a link, a file, a folder of another user.
    """
    if not path.parent.exists():
        private_dir(path.parent)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        pass
    if sys.platform == "win32":  # rights come from the profile folder there
        return path
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{path} must be a folder of your own; it is a link, a file or another user's")
    if stat.S_IMODE(found.st_mode) & 0o077:
        path.chmod(0o700)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace a file of ours in one move; only this user can read it, before and after."""
    import tempfile

    private_dir(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600 by its contract
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that other programs wait for, for as long as it takes to read a file, change it and write it.

    Args:
        path: a file for the lock alone; its folder is there.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)  # which lets go of it
