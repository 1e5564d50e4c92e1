"""Who may do what without a question: modes now, rules later."""

from codepilot.permissions.policy import Policy, Verdict, known_mode
from codepilot.permissions.trust import TrustStore

__all__ = ["Policy", "TrustStore", "Verdict", "known_mode"]
