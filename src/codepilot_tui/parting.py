"""What stands on the terminal after the program: what was not written of its sessions, and which terminals go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codepilot_tui.tabs import Tabs

if TYPE_CHECKING:
    from codepilot.terminal.protocol import OnLeave

KEEP_RUNNING = """\
The terminals keep running. See them with: codepilot attach {name}, or start codepilot-tui here again.
End them with: codepilot terminals --end {name}"""
"""Said of terminals that go on; `name`: of their runtime."""


def said_at_last(tabs: Tabs, terminals: OnLeave) -> str:
    """All of it; empty: there is nothing to say.

    Args:
        tabs: all closed.
        terminals: what became of those whose setting is to ask.
    """
    said = list(tabs.lost.texts)
    for tab in tabs.all:
        parts = tab.session.parts
        if parts is None or not parts.agent.runtime_id:
            continue
        if (terminals if parts.plan.on_exit == "ask" else parts.plan.on_exit) == "detach":
            said.append(KEEP_RUNNING.format(name=parts.agent.runtime_id))
    return "\n".join(said)
