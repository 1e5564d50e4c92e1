"""Whether this package is whole: codepilot-ai installs a package of the same name into the same folder."""

from __future__ import annotations

DISTRIBUTION = "codepilot-tui"

REPAIR = """\
The package `codepilot` is owned by two distributions here, codepilot-tui and codepilot-ai, and one has overwritten or
removed files of the other. Keep one of them:
  pip uninstall codepilot-ai
  pip install --force-reinstall --no-deps codepilot-tui
"""
"""What is wrong and what to do, for people."""


def warning(folder: str) -> str:
    """What is said on import while both are installed and nothing is broken yet.

    Args:
        folder: where both lie.
    """
    return (
        f"codepilot-ai is installed beside codepilot-tui in {folder}, and both own the package `codepilot`. "
        "Uninstalling one breaks the other. Keep one: pip uninstall codepilot-ai, then "
        "pip install --force-reinstall --no-deps codepilot-tui."
    )
