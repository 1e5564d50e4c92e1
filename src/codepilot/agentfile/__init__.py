"""The agent file: who the agent is, which model it asks, where and with which tools it works.

`AgentConfig.load` reads YAML, nested under `agent:` or flat, with every key that codepilot-ai documents and
`model.base_url`. What cannot be used is an `AgentFileError` that names file, line and key; what is merely
unknown is left out and noted in `AgentConfig.warnings`.
"""

from __future__ import annotations

from codepilot.agentfile.config import AgentConfig, AgentFile
from codepilot.agentfile.lookup import find_agent_file
from codepilot.agentfile.values import (
    MemoryConfig,
    ModelConfig,
    RuntimeConfig,
    TerminalsConfig,
    ThinkingConfig,
    TimeoutConfig,
    ToolConfig,
)

__all__ = [
    "AgentConfig",
    "AgentFile",
    "MemoryConfig",
    "ModelConfig",
    "RuntimeConfig",
    "TerminalsConfig",
    "ThinkingConfig",
    "TimeoutConfig",
    "ToolConfig",
    "find_agent_file",
]
