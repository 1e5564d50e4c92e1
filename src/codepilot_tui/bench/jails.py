"""The two jails in words. The *code jail* is around the Python that the agent writes, the *shell jail* around commands.

They are told apart everywhere: one of them being closed says nothing about the other.
"""

from __future__ import annotations

SHELL_JAIL = "off. Approved commands run with your rights."
"""What a question says of the shell jail, behind that label. There is none yet."""
IN_THE_BAR = "shell jail off"
"""The top bar says only what holds for commands, since those are what the person approves …"""
NO_CODE_JAIL = "code jail off"
"""… and this beside it where the agent's Python is not isolated, either."""
