"""The loop: ask the model, run what it wrote, tell it what came of it. Knows ports only."""

from codepilot.loop.agent_loop import AgentLoop
from codepilot.loop.outcome import LoopSettings, Outcome
from codepilot.loop.spending import Spending
from codepilot.loop.wiring import BlockPorts, LoopPorts, Outlet

__all__ = ["AgentLoop", "BlockPorts", "LoopPorts", "LoopSettings", "Outcome", "Outlet", "Spending"]
