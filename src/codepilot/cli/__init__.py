"""The `codepilot` command: the agent without a screen."""

import codepilot
from codepilot.installation import DISTRIBUTION, REPAIR

if getattr(codepilot, "DISTRIBUTION", "") != DISTRIBUTION:
    raise SystemExit(REPAIR)

from codepilot.cli.main import main

__all__ = ["main"]
