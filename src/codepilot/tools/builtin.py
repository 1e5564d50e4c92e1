"""The built-in tools, put together from what an agent file says about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from codepilot.agentfile import ToolConfig
from codepilot.tools.context import Archive, ContextTools
from codepilot.tools.edit import EditTool
from codepilot.tools.files import FileTools
from codepilot.tools.find import FindTool
from codepilot.tools.registry import ToolRegistry
from codepilot.tools.talk import TalkTools
from codepilot.workspace import FileMemory, Workspace

if TYPE_CHECKING:
    from codepilot.terminal.client import TerminalService

ALWAYS = ("think", "done")
"""Tools that are there whatever the agent file lists."""
CONTEXT = ("archive_context", "reveal_context", "list_archived_context")
"""Tools that are there whatever it lists, but where it turns them off: without them what was cut is out of reach."""
_ASK_THEMSELVES = frozenset(
    {"write_file", "edit_file", "execute", "run_command", "send_input", "terminate_terminal"}
)
"""These put their own questions, which show what would happen; all other tools are asked for as a call."""


def builtin_registry(
    *,
    workspace: Workspace,
    memory: FileMemory,
    terminals: TerminalService | None,
    tools: Iterable[ToolConfig] = (),
    complete: Callable[[str], None],
    archive: Archive | None = None,
) -> ToolRegistry:
    """All built-in tools, or those that the agent file lists.

    Args:
        workspace: where files are read and written.
        memory: what the agent has seen of them.
        terminals: where commands run; None leaves the tools for commands out.
        tools: the `tools` of the agent file; empty is the default set.
        complete: told the summary when the model calls `done()`.
        archive: the conversation; None leaves the tools for it out.
    """
    listed = tuple(tools)
    settings: dict[str, Mapping[str, Any]] = {tool.name: tool.config for tool in listed}
    required = {
        name: bool(config["require_permission"])
        for name, config in settings.items()
        if "require_permission" in config
    }
    registry = ToolRegistry()
    files = FileTools(workspace, memory, require_permission=required)
    talk = TalkTools(complete)
    _add(registry, files.read_file, _path)
    _add(registry, files.write_file, _path)
    _add(registry, EditTool(files.changes).edit_file, _path)
    _add(registry, FindTool(workspace).find, lambda args: str(args.get("pattern", "")))
    if terminals is not None:
        _add_terminal_tools(registry, terminals, settings, required)
    _add(registry, talk.ask_user, lambda args: str(args.get("question", "")))
    _add(registry, talk.think, lambda args: str(args.get("message", "")))
    _add(registry, talk.done, lambda args: str(args.get("summary", "")))
    if archive is not None:
        context = ContextTools(archive)
        _add(registry, context.archive_context, lambda args: str(args.get("task", "")))
        _add(registry, context.reveal_context, lambda args: str(args.get("what", "")))
        _add(registry, context.list_archived_context, lambda args: "")
    registry.on_step(memory.begin_step)
    registry.require_permission(
        (name for name, wanted in required.items() if wanted),
        asking=_ASK_THEMSELVES,
    )
    registry.turn_off(tool.name for tool in listed if not tool.enabled and tool.name not in ALWAYS)
    if listed:
        registry.restrict([*(tool.name for tool in listed if tool.enabled), *ALWAYS, *CONTEXT])
    return registry


def unknown_tools(tools: Iterable[ToolConfig], registry: ToolRegistry) -> list[str]:
    """The names of listed tools that are not there."""
    return [tool.name for tool in tools if tool.enabled and tool.name not in registry]


def _add_terminal_tools(
    registry: ToolRegistry,
    terminals: TerminalService,
    settings: Mapping[str, Mapping[str, Any]],
    required: Mapping[str, bool],
) -> None:
    from codepilot.tools.command import CommandTool
    from codepilot.tools.terminal import TerminalTools

    limits = _given(settings, "execute", "max_output_chars")
    shells = TerminalTools(terminals, require_permission=required, **limits)
    once = _given(settings, "run_command", "timeout")
    commands = CommandTool(terminals, require_permission=required, **limits, **once)
    for func, text in ((shells.execute, "command"), (shells.read_output, ""), (shells.send_input, "text")):
        _add(registry, func, _in_terminal(text), _session)
    _add(registry, shells.terminate_terminal, _in_terminal(""), _session)
    _add(registry, commands.run_command, lambda args: str(args.get("command", "")))


def _given(settings: Mapping[str, Mapping[str, Any]], tool: str, key: str) -> dict[str, Any]:
    """A setting of the agent file as a keyword argument, if it is there."""
    value = settings.get(tool, {}).get(key)
    return {} if value is None else {key: value}


def _add(
    registry: ToolRegistry,
    func: Callable[..., Any],
    label: Callable[[dict[str, Any]], str],
    terminal: Callable[[dict[str, Any]], str] | None = None,
) -> None:
    registry.register(func.__name__, func, builtin=True, label=label, terminal=terminal)


def _path(args: dict[str, Any]) -> str:
    return str(args.get("path", ""))


def _session(args: dict[str, Any]) -> str:
    return str(args.get("session_id", ""))


def _in_terminal(name: str) -> Callable[[dict[str, Any]], str]:
    """``main › pytest -q``."""

    def label(args: dict[str, Any]) -> str:
        text = str(args.get(name, "")) if name else ""
        return f"{_session(args)} › {text}" if text else _session(args)

    return label
