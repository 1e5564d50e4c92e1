"""Who may do what without being asked: modes now, rules later."""

from codepilot.permissions.policy import Policy, Verdict

__all__ = ["Policy", "Verdict"]
