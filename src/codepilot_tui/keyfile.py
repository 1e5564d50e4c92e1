"""The person's keys: `keys.yaml` in the configuration folder, laid over the table of actions."""

from __future__ import annotations

import logging
from pathlib import Path

from codepilot import paths
from codepilot.errors import UsageError, with_stop
from codepilot_tui.keymap import Keymap

log = logging.getLogger(__name__)


def key_file() -> Path:
    """Where it is looked for."""
    return paths.config_dir() / "keys.yaml"


def keys_in_force() -> tuple[Keymap, str]:
    """The person's keys and an empty text; or the usual keys, and what is wrong with the person's."""
    try:
        return read_keys(key_file()), ""
    except UsageError as error:
        log.warning("%s", error)
        return Keymap(), f"The default keys are used. {with_stop(error.told)}"


def read_keys(path: Path) -> Keymap:
    """The table with the file's keys; the table as it is where there is no file.

    Raises:
        UsageError: the file cannot be read, or says something that cannot be; the text says where.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Keymap()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    import yaml  # only who has such a file waits for it

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not YAML: {str(error).splitlines()[0]}.") from error
    if data is None:
        return Keymap()
    if not isinstance(data, dict):
        raise UsageError(f"{path}: expected one action per line.", hint="take_over: f11")
    try:
        return Keymap().remapped({_text(name, name): _text(name, key) for name, key in data.items()})
    except UsageError as error:
        raise UsageError(f"{path}: {error.message.removeprefix('keys: ')}", hint=error.hint) from error


def _text(entry: object, value: object) -> str:
    """What was meant: a word, or a digit, of which YAML makes a number.

    Raises:
        UsageError: YAML read something else, as it does of `on` and `~`.
    """
    if isinstance(value, str):
        return value
    if type(value) is int and 0 <= value <= 9:
        return str(value)
    shown = (
        {None: "nothing", True: "true", False: "false"}.get(value)
        if isinstance(value, bool | None)
        else repr(value)
    )
    raise UsageError(
        f"keys: {entry}: YAML reads this as {shown}, which is not a key.", hint="Write it in quotes."
    )
