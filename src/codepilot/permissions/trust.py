"""The folders that the person trusts: real paths, kept in the user's state, never in the folder itself."""

from __future__ import annotations

import json
from pathlib import Path

from codepilot.paths import locked, private_dir, state_dir, write_private


class TrustStore:
    """Remembers answers to the trust question.

    Args:
        path: the JSON file; default `trust.json` in the state folder.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or state_dir() / "trust.json"

    def answer(self, folder: Path) -> bool | None:
        """True, False, or None if the question was never answered."""
        return self._read().get(str(folder.resolve()))

    def remember(self, folder: Path, trusted: bool) -> None:
        """Store an answer, beside those that other programs store in this moment."""
        private_dir(self._path.parent)
        with locked(self._path.with_suffix(".lock")):
            answers = {**self._read(), str(folder.resolve()): trusted}
            write_private(self._path, json.dumps(answers, indent=2))

    def _read(self) -> dict[str, bool]:
        try:
            answers = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # nothing remembered: the question is asked again
        if not isinstance(answers, dict):
            return {}
        return {key: value for key, value in answers.items() if value is True or value is False}
