"""The `codepilot` command: the agent without a screen."""

import sys

try:
    import codepilot
    from codepilot.installation import DISTRIBUTION, REPAIR

    if getattr(codepilot, "DISTRIBUTION", "") != DISTRIBUTION:
        raise SystemExit(REPAIR)

    from codepilot.cli.main import main
except KeyboardInterrupt:  # ^C while all this is loaded, which takes most of the command's first half second
    if sys.stderr is not None:
        sys.stderr.write("codepilot: stopped.\n")
    raise SystemExit(130) from None

__all__ = ["main"]
