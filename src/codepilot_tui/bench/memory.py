"""What is remembered of a folder's screen from one start to the next: widths, folds, theme."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass, field
from pathlib import Path

from codepilot import paths
from codepilot_tui.bench.layout import Wants

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Remembered:
    """Of one folder."""

    wants: Wants = field(default_factory=Wants)
    theme: str = ""
    """Empty: the default one."""


def _file(folder: Path) -> Path:
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return paths.state_dir() / "layout" / f"{name}.json"


def recall(folder: Path) -> Remembered:
    """What was kept of a folder; the default where nothing was, or where it cannot be read."""
    try:
        data = json.loads(_file(folder).read_text("utf-8"))
    except FileNotFoundError:
        return Remembered()
    except (OSError, ValueError):
        log.warning("the layout of %s cannot be read; it is made anew", folder, exc_info=True)
        return Remembered()
    theme = data.get("theme") if isinstance(data, dict) else None
    wants = data.get("wants") if isinstance(data, dict) else None
    return Remembered(Wants.from_json(wants), theme if isinstance(theme, str) else "")


def keep(folder: Path, remembered: Remembered) -> None:
    """Write it down; a disk that cannot be written to is logged, for a layout is no reason to disturb."""
    path = _file(folder)
    data = {"folder": str(folder), "wants": remembered.wants.as_json(), "theme": remembered.theme}
    try:
        paths.write_private(path, json.dumps(data))
    except OSError:
        log.warning("the layout of %s cannot be kept", folder, exc_info=True)
