"""From the YAML of an agent file to its values."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path
from typing import TypeVar

import yaml

from codepilot.agentfile.reader import Section, compose
from codepilot.agentfile.sections import DAY, memory_of, terminals_of, timeout_of
from codepilot.agentfile.values import (
    AgentValues,
    ModelConfig,
    RuntimeConfig,
    ThinkingConfig,
    ToolConfig,
)
from codepilot.errors import AgentFileError, AgentFileNotFound
from codepilot.models import key_variable, nearest_provider, provider_name, providers
from codepilot.paths import expanded
from codepilot.text import clean_line

Config = TypeVar("Config", bound=AgentValues)

_PROMPT_ENDINGS = (".md", ".txt", ".j2")
_LARGEST = 1_000_000
_EVERY_TOOL = ("require_permission",)
_NO_GATE = "Write true or false, or take the line out."

SETTINGS_OF_TOOLS = {
    **dict.fromkeys(
        (
            *("read_file", "write_file", "edit_file", "find", "read_output", "send_input"),
            *("terminate_terminal", "ask_user", "think", "done"),
            *("archive_context", "reveal_context", "list_archived_context"),
        ),
        _EVERY_TOOL,
    ),
    "execute": (*_EVERY_TOOL, "max_output_chars", "mask"),
    "run_command": (*_EVERY_TOOL, "timeout", "mask"),
}
"""What may stand in the `config` of each built-in tool."""


def load(path: Path, kind: type[Config]) -> Config:
    """Read and check a file; see `AgentConfig.load`.

    Args:
        path: absolute.
        kind: what is made of the values.
    """
    if not path.exists():
        raise AgentFileNotFound(f"AgentFile not found: {path}", hint="Write one, or name another file.")
    if not path.is_file():
        raise AgentFileError(f"{path}: is not a regular file")
    try:
        if path.stat().st_size > _LARGEST:
            raise AgentFileError(f"{path}: is larger than {_LARGEST:,} bytes, too large for an agent file")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise AgentFileError(f"{path}: is not UTF-8 ({error.reason} at byte {error.start})") from error
    except OSError as error:
        raise AgentFileError(f"{path}: cannot be read: {error.strerror or error}") from error
    warnings: list[str] = []
    try:
        top = compose(path, text, warnings)
        return _build(top, path, warnings, kind)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        if error.problem == "but found another document":
            raise AgentFileError(f"{path}{line}: begins a second YAML document, expected one") from error
        raise AgentFileError(f"{path}{line}: is not YAML: {error.problem or error}") from error
    except yaml.reader.ReaderError as error:
        line = f":{text.count(chr(10), 0, error.position) + 1}"
        sign = f"the character U+{ord(text[error.position]):04X}"
        raise AgentFileError(f"{path}{line}: is not YAML: {sign} is not allowed") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise AgentFileError(f"{path}: is not YAML: {str(error) or type(error).__name__}") from error


def _build(top: Section, path: Path, warnings: list[str], kind: type[Config]) -> Config:
    agent = top.section("agent") if "agent" in top else top
    if agent is top and top.says_nothing("agent"):
        top.known("agent")
        warnings.append(f"{top.place('agent')}: is empty, so the keys beside it are read")
    name = agent.text("name", required=True)
    role = agent.text("role") or None
    prompt, prompt_file = _prompt(agent, path, warnings)
    unused = agent.unused("sub_agents")
    memory = agent.section("memory")
    config = kind(
        name=name,
        role=role,
        system_prompt=prompt,
        system_prompt_file=prompt_file,
        model=_model(agent.section("model", required=True), unused),
        runtime=_runtime(agent.section("runtime"), path.parent),
        memory=memory_of(memory, unused),
        terminals=terminals_of(agent.section("terminals")),
        tools=_tools(agent, warnings),
        path=path,
        max_context_given="max_context_tokens" in memory,
        work_dir_given=bool(agent.section("runtime").text("work_dir")),
    )
    if unused:
        warnings.append(f"{path}:{_by_line(unused)}: no effect here yet (keys of codepilot-ai)")
    agent.finish()
    if agent is not top:
        top.finish(within=agent)
    top.raise_mistakes()
    return dataclasses.replace(config, warnings=tuple(map(clean_line, warnings)))


def _by_line(keys: list[tuple[int, str]]) -> str:
    """Keys of many lines in one text, which begins with the number of the first line."""
    lines: dict[int, list[str]] = {}
    for line, key in sorted(keys, key=lambda each: each[0]):
        lines.setdefault(line, []).append(key)
    return "; line ".join(f"{line}: {', '.join(names)}" for line, names in lines.items())


def _prompt(agent: Section, path: Path, warnings: list[str]) -> tuple[str, Path | None]:
    """The prompt and the file it came from: a value that names a file beside the YAML stands for it."""
    text = agent.text("system_prompt")
    named = text.strip()
    if "\n" in named or not named.lower().endswith(_PROMPT_ENDINGS):
        return text, None
    try:
        file = (path.parent / expanded(named)).absolute()
    except ValueError as error:
        agent.refuse("system_prompt", str(error))
        return text, None
    if not file.is_file():
        warnings.append(
            f"{agent.place('system_prompt')}: {file} does not exist, so the words themselves are the prompt"
        )
        return text, None
    try:
        if file.stat().st_size > _LARGEST:
            agent.wrong("system_prompt", f"a file of at most {_LARGEST:,} bytes")
            return text, None
        return file.read_text(encoding="utf-8-sig"), file
    except (OSError, UnicodeDecodeError) as error:
        agent.wrong("system_prompt", f"a readable UTF-8 file ({error})")
        return text, None


def _model(section: Section, unused: list[tuple[int, str]]) -> ModelConfig:
    provider = provider_name(section.text("provider", required=True))
    thinking = section.section("thinking")
    config = ModelConfig(
        provider=provider,
        name=section.text("name", required=True).strip(),
        api_key_env=section.text("api_key_env").strip() or key_variable(provider),
        base_url=section.text("base_url").strip(),
        temperature=section.number("temperature", None, low=0.0, high=2.0),
        max_tokens=section.whole("max_tokens", 4096),
        thinking=ThinkingConfig(
            enabled=thinking.flag("enabled", False), budget_tokens=thinking.whole("budget_tokens", 8000)
        ),
        timeout=timeout_of(section.section("timeout")),
    )
    near = nearest_provider(provider) if provider and provider not in providers() else ""
    if near:  # another may be given instead of it, so by itself it is told when it is used
        section.remark("provider", f"there is no provider {provider!r}; did you mean {near}?")
    unused += [*section.unused("api_version"), *thinking.unused("reasoning_effort")]
    thinking.finish()
    section.finish()
    return config


def _runtime(section: Section, folder: Path) -> RuntimeConfig:
    work_dir = Path()
    try:
        work_dir = expanded(section.text("work_dir") or ".")
    except ValueError as error:
        section.refuse("work_dir", str(error))
    config = RuntimeConfig(
        work_dir=os.path.normpath(folder / work_dir),
        unsafe_mode=section.flag("unsafe_mode", False),
        max_steps=section.whole("max_steps", 20),
        max_cost=section.number("max_cost", None, low=0, high=1_000_000, above=True),
        allowed_imports=section.texts("allowed_imports"),
    )
    if section.text("sandbox").strip().lower() not in ("", "off", "false", "no", "none"):
        section.refuse(
            "sandbox",
            "there is no jail around the shells yet, so approved commands run with your rights",
            hint="Take the sandbox line out, or write off.",
        )
    section.finish()
    return config


def _tools(agent: Section, warnings: list[str]) -> tuple[ToolConfig, ...]:
    tools: dict[str, ToolConfig] = {}
    places: dict[str, str] = {}
    for place, entry in agent.entries("tools"):
        if isinstance(entry, str):
            tool = ToolConfig(name=entry)
        else:
            tool = ToolConfig(
                name=entry.text("name", required=True),
                enabled=entry.flag("enabled", True),
                config=_tool_settings(entry),
            )
            for key in SETTINGS_OF_TOOLS.get(tool.name, _EVERY_TOOL):
                entry.misplaced(key, "config")
            entry.finish("enabled")
        if tool.name in tools:
            warnings.append(f"{place}: {tool.name} is listed twice; this one counts")
        tools[tool.name], places[tool.name] = tool, place
    warnings += [
        _missing(places[name], name)
        for name, tool in tools.items()
        if name and tool.enabled and name not in SETTINGS_OF_TOOLS
    ]
    if "tools" in agent and agent.says_nothing("tools"):
        warnings.append(
            f"{agent.place('tools')}: is empty, which gives all default tools; "
            "to have fewer, list those that you want"
        )
    return tuple(tools.values())


def _missing(place: str, name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name.lower(), SETTINGS_OF_TOOLS, n=1)
    guess = f" (did you mean {near[0]}?)" if near else ""
    return f"{place}: there is no tool {name}{guess}; it is left out, unless the program registers it"


def _tool_settings(entry: Section) -> dict[str, object]:
    """The `config` of a tool. What a tool of the program takes is its own affair; a built-in one's is checked."""
    settings = entry.section("config")
    checked: dict[str, object] = {}
    keys = SETTINGS_OF_TOOLS.get(entry.text("name"))
    for key in keys or _EVERY_TOOL:
        if key == "require_permission" and settings.says_nothing(key):  # whoever wrote it wants to be asked
            settings.known(key)
            settings.refuse(key, "has no value, so nothing would be asked", hint=_NO_GATE)
        elif key not in settings:
            settings.known(key)
        elif key == "require_permission":
            checked[key] = settings.flag(key, False)
        elif key == "max_output_chars":
            checked[key] = settings.whole(key, 1)
        elif key == "mask":
            checked[key] = _masks(settings)
        elif (seconds := settings.number(key, None, low=0.0, high=DAY, above=True)) is not None:
            checked[key] = int(seconds) if seconds.is_integer() else seconds
    if keys is not None:
        settings.refuse_inner("enabled", entry)
        settings.finish()
    else:
        settings.refuse_slips("require_permission")
    return {**settings.plain(), **checked}


def _masks(settings: Section) -> list[str]:
    """What a replay leaves out of the comparison of a command's output: regular expressions."""
    found = list(settings.texts("mask") or ())
    for each in found:
        try:
            re.compile(each)
        except re.error as error:
            settings.wrong("mask", f"a list of regular expressions ({each!r}: {error})")
    return found
