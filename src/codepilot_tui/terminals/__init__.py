"""The driver of the terminals: joins their pane to the terminal host, over a connection of the screen's own loop.

It is the second driver beside the bridge, which drives the agent: screens come in and keys go out without a detour by
the agent's thread.
"""

from codepilot_tui.terminals.connection import NO_ANSWER
from codepilot_tui.terminals.driver import TerminalDriver
from codepilot_tui.terminals.driver_host import DriverHost

__all__ = ["NO_ANSWER", "DriverHost", "TerminalDriver"]
