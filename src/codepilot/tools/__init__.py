"""The tools that a control block may call, and the registry that serves them."""

from codepilot.tools.builtin import builtin_registry
from codepilot.tools.edit import EditTool
from codepilot.tools.files import FileTools
from codepilot.tools.find import FindTool
from codepilot.tools.registry import ToolRegistry
from codepilot.tools.result import ToolResult, ToolState
from codepilot.tools.talk import TalkTools
from codepilot.tools.tool import Tool
from codepilot.workspace import FileMemory

__all__ = [
    "EditTool",
    "FileMemory",
    "FileTools",
    "FindTool",
    "TalkTools",
    "Tool",
    "ToolRegistry",
    "ToolResult",
    "ToolState",
    "builtin_registry",
]
