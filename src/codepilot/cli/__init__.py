"""The `codepilot` command: the agent without a screen."""

from codepilot.cli.main import main

__all__ = ["main"]
