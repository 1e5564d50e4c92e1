"""Whether this package can work as it is installed.

codepilot-ai installs a package of the same name into the same folder, and a zip file holds no files that can be run.
"""

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


def zipped(place: str) -> str:
    """What is said on import from a zip file.

    Args:
        place: the zip file, or the folder in it.
    """
    return (
        f"codepilot cannot be imported from a zip file ({place}): the processes that it starts run files of "
        "the package. Unpack it into a folder, or install it there: pip install --target FOLDER codepilot-tui."
    )
