"""Terminals on the screen: `TerminalView` shows one, `TerminalPane` holds several under tabs."""

from codepilot_tui.widgets.terminal.browsing import KEYS as WALKING_KEYS
from codepilot_tui.widgets.terminal.find import FindInput
from codepilot_tui.widgets.terminal.messages import Owner
from codepilot_tui.widgets.terminal.pane import TerminalPane
from codepilot_tui.widgets.terminal.tabs import State
from codepilot_tui.widgets.terminal.view import TerminalView

__all__ = ["WALKING_KEYS", "FindInput", "Owner", "State", "TerminalPane", "TerminalView"]
