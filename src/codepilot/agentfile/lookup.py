"""Which agent file holds, and what one from an untrusted folder may say."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from codepilot import paths
from codepilot.agentfile.config import DEFAULT_IMPORTS, AgentConfig, Sandbox, key_variable
from codepilot.errors import AgentFileNotFound


def find_agent_file(explicit: str | Path | None, directory: str | Path, trusted: bool) -> Path:
    """Which agent file holds: the named one, the folder's if it is trusted, the person's, the shipped one.

    Raises:
        AgentFileNotFound: the named one does not exist.
    """
    if explicit:
        path = Path(explicit).expanduser().absolute()
        if not path.is_file():
            raise AgentFileNotFound(f"AgentFile not found: {path}")
        return path
    candidates = [Path(directory).expanduser().absolute() / "agent.yaml"] if trusted else []
    candidates.append(paths.user_agent_file())
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    return paths.packaged_agent_file()


def restricted(config: AgentConfig) -> AgentConfig:
    """What is left of a file that lies in an untrusted folder: it may tighten, never loosen.

    Dropped: `base_url` and `api_key_env` (they would send a key elsewhere), `unsafe_mode`, a work folder or
    prompt file outside the file's folder, imports beyond the default, a weaker sandbox, telling the agent unasked
    what the person runs, and tool settings that waive a question.
    """
    folder = config.path.parent.resolve()
    dropped: list[str] = []

    def drop(key: str) -> None:
        dropped.append(f"{config.path}: {key} is left out, because this folder is not trusted")

    model, runtime, prompt = config.model, config.runtime, config.system_prompt
    if model.base_url:
        drop("model.base_url")
    usual = key_variable(model.provider)
    if model.api_key_env != usual:
        drop("model.api_key_env")
    model = dataclasses.replace(model, base_url="", api_key_env=usual)
    if runtime.unsafe_mode:
        drop("runtime.unsafe_mode")
    work_dir = Path(runtime.work_dir)
    if not work_dir.resolve().is_relative_to(folder):
        drop("runtime.work_dir")
        work_dir = config.path.parent
    imports = tuple(
        name
        for name in runtime.allowed_imports
        if name in DEFAULT_IMPORTS or name.split(".")[0] in DEFAULT_IMPORTS
    )
    if imports != runtime.allowed_imports:
        drop("runtime.allowed_imports (beyond the default)")
    sandbox: Sandbox = "workspace" if runtime.sandbox == "workspace" else "off"
    if sandbox != runtime.sandbox:
        drop("runtime.sandbox")
    runtime = dataclasses.replace(
        runtime, unsafe_mode=False, work_dir=str(work_dir), allowed_imports=imports, sandbox=sandbox
    )
    terminals = config.terminals
    if terminals.person_commands == "send":
        drop("terminals.person_commands: send")
        terminals = dataclasses.replace(terminals, person_commands="offer")
    if config.system_prompt_file and not config.system_prompt_file.resolve().is_relative_to(folder):
        drop("system_prompt (a file outside the folder)")
        prompt = ""
    tools = []
    for tool in config.tools:
        settings = dict(tool.config)
        if "require_permission" in settings and settings["require_permission"] is not True:
            drop(f"tools.{tool.name}.require_permission: false")
            del settings["require_permission"]
        tools.append(dataclasses.replace(tool, config=settings))
    return dataclasses.replace(
        config,
        model=model,
        runtime=runtime,
        system_prompt=prompt,
        terminals=terminals,
        tools=tuple(tools),
        warnings=config.warnings + tuple(dropped),
    )
