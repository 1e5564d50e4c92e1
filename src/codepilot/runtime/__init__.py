"""`AsyncRuntime` and `Runtime`: the agent file turned into a working agent. The composition root."""

from codepilot.runtime.blocking import Runtime
from codepilot.runtime.native import AsyncRuntime

__all__ = ["AsyncRuntime", "Runtime"]
