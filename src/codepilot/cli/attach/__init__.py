"""`codepilot attach`: a terminal of a runtime in the person's own terminal, or as plain text."""

from codepilot.cli.attach.command import add_to

__all__ = ["add_to"]
