"""The person's keys: `keys.yaml` in the configuration folder, laid over the table of actions."""

from __future__ import annotations

from pathlib import Path

from codepilot import paths
from codepilot.errors import UsageError
from codepilot_tui.keymap import Keymap


def key_file() -> Path:
    """Where it is looked for."""
    return paths.config_dir() / "keys.yaml"


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
        raise UsageError(f"{path} cannot be read: {error}") from error
    import yaml  # only who has such a file waits for it

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not YAML: {str(error).splitlines()[0]}") from error
    if data is None:
        return Keymap()
    if not isinstance(data, dict):
        raise UsageError(f"{path}: write one action a line", hint="take_over: f11")
    try:
        return Keymap().remapped({str(name): str(key) for name, key in data.items()})
    except UsageError as error:
        raise UsageError(f"{path}: {error.message.removeprefix('keys: ')}", hint=error.hint) from error
