"""A replay: the recorded calls of a session carried out again without a model, and compared with what they did then."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from codepilot import events as e
from codepilot.agentfile import AgentConfig
from codepilot.checkpoints.heads import head_of
from codepilot.errors import SessionError, UsageError
from codepilot.journal.blobs import store_of
from codepilot.journal.comparing import Comparison
from codepilot.journal.export import records_of
from codepilot.journal.library import check_format
from codepilot.journal.listing import SessionInfo
from codepilot.journal.overview import overview_of
from codepilot.journal.place import TEXTS, sessions_root
from codepilot.journal.replay_report import Masks, ReplayReport, planned
from codepilot.journal.steps import RecordedTask, first_head, first_states, tasks_of
from codepilot.runtime.native import AsyncRuntime
from codepilot.runtime.replay_folder import ReplayFolder, copy_folder
from codepilot.runtime.replay_paths import Moved
from codepilot.runtime.replay_run import ReplayRun
from codepilot.testing.recorded import RecordedProvider
from codepilot.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """What is replayed, and how."""

    start: int = 1
    """The first step, counted over the session."""
    limit: int | None = None
    """How many steps; None: all that follow."""
    in_place: bool = False
    """In the session's own folder, as it is now, instead of in a copy of how it was."""
    keep: bool = False
    """Leave the copy where it is."""
    live: tuple[str, ...] = ()
    """Tools that act outside and are carried out all the same: `ask_user`, those in `tools`."""
    tools: dict[str, Callable[..., Any]] = field(default_factory=dict)
    """The program's own, for `live`."""
    ask: Callable[[str], str | None] | None = None
    """Answers `ask_user` where that is live."""
    masks: tuple[re.Pattern[str], ...] = ()
    """What else is left out of the comparison of commands' outputs, beside `mask` of the agent file."""
    watch: Callable[[e.Stamped], None] | None = None
    """Is given the events of the replay."""


class Replay:
    """A session, made ready to be replayed.

    Args:
        info: which.
        options: what of it, and how.

    Raises:
        UsageError: there are no such steps, or a live tool that is not there.
        SessionError: the session cannot be read, or its folder is gone.
    """

    def __init__(self, info: SessionInfo, options: ReplayOptions | None = None) -> None:
        check_format(info)
        imported = overview_of(info).figures.imported
        self.from_elsewhere = bool(imported)
        """It was imported from an export: its commands are those of whoever gave the file."""
        if imported not in ("", "codepilot"):
            raise UsageError(f"The session {info.id} was imported: it has no calls that could be replayed.")
        self._info = info
        self._options = options = options or ReplayOptions()
        self._root = os.path.realpath(info.folder)
        records = list(records_of(info))
        self._tasks = _chosen(tasks_of(records, self._root), options)
        self._steps = [step for task in self._tasks for step in task.steps]
        if not self._steps:
            raise UsageError(f"The session {info.id} has no step to replay there.")
        if missing := [name for name in options.live if name not in options.tools and name != "ask_user"]:
            raise UsageError(
                f"There is no tool {missing[0]!r} that could be called.",
                hint="A tool of a program can be live only in that program.",
            )
        self._from = self._tasks[0].n if self._steps[0].number == 1 else self._steps[0].n
        self._ended = max((each.time for each in records if each.type == "task_finished"), default=0.0)
        self._states = first_states(records, self._root, self._from)
        self._head = first_head(records, self._from)

    def plan(self) -> list[Any]:
        """What would be carried out, step by step, as JSON values."""
        return list(planned(self._steps, self._options.live))

    async def run(self, config: AgentConfig) -> ReplayReport:
        """Carry it out.

        Args:
            config: the agent file; its model is not used.

        Raises:
            SessionError: the folder cannot be copied.
            CodepilotError: no worker or terminal can be started.
        """
        if not Path(self._root).is_dir():
            raise SessionError(
                f"The session's folder {self._root} is gone.", hint="Put it back, or replay another session."
            )
        if self._options.in_place:
            return await self._run_in(Path(self._root), config)
        place = Path(tempfile.mkdtemp(prefix="codepilot-replay-"))
        try:
            folder = place / Path(self._root).name
            copy_folder(Path(self._root), folder)
            report = await self._run_in(folder, config)
            report.folder = str(folder) if self._options.keep else ""
            return report
        finally:
            if not self._options.keep:
                shutil.rmtree(place, ignore_errors=True)

    async def _run_in(self, folder: Path, config: AgentConfig) -> ReplayReport:
        options = self._options
        moved = None if options.in_place else Moved([self._root, self._info.folder], folder)
        named = [self._root, self._info.folder] if moved is None else moved.known
        masks = Masks(
            [*named, str(folder), os.path.realpath(folder), str(sessions_root())],
            (*options.masks, *_masks_of(config)),
        )
        comparison = Comparison(self._info.id, masks, options.live)
        files = ReplayFolder(self._info, folder, store_of(self._root), moved)
        if not options.in_place:
            files.take_back(self._from)
        if not options.in_place:
            comparison.suspects = lambda: files.changed_since(self._ended, self._states)
        self._compare_head(comparison)
        files.compare_start(self._states, comparison)
        files.turn_links()
        provider = RecordedProvider()
        runtime = AsyncRuntime(
            replace(config, runtime=replace(config.runtime, work_dir=str(folder))),
            # In place it is a session of its own, so that what it does to the files can be undone.
            session="journal" if options.in_place else "memory",
            session_id=f"{self._info.id}-replay-{os.urandom(3).hex()}" if options.in_place else None,
            mode="ask",
            provider=provider,
            use_stdin=False,
            on_exit="end",
        )
        async with runtime:
            runtime.subscribe(options.watch or (lambda stamped: None))
            masks.long_text = lambda name: _read(
                name, [self._info.path.with_name(TEXTS), *runtime._agent.spool.folders]
            )
            run = ReplayRun(runtime, provider, files, comparison, moved)
            if "ask_user" in options.live:
                run.ask = options.ask
            run.tools = {name: tool for name, tool in options.tools.items() if name in options.live}
            await run.play(self._tasks)
        return comparison.report

    def _compare_head(self, comparison: Comparison) -> None:
        """Of the folder itself: a copy of a part of a repository has no HEAD."""
        now = head_of(self._root)
        if self._head is not None and self._head != (now.commit, now.branch):
            comparison.start_file(".git/HEAD", _shown_head(*self._head), _shown_head(now.commit, now.branch))


def _shown_head(commit: str, branch: str) -> str:
    return " ".join(filter(None, (branch, commit)))


def _read(name: str, folders: Iterable[Path]) -> str | None:
    """A long text, from the first of these folders that has it."""
    for folder in folders:
        with contextlib.suppress(OSError):
            return (folder / name).read_text("utf-8", "replace")
    return None


def _masks_of(config: AgentConfig) -> list[re.Pattern[str]]:
    """Those that the agent file gives for commands."""
    return [re.compile(mask) for tool in config.tools for mask in tool.config.get("mask", ())]


def _chosen(tasks: list[RecordedTask], options: ReplayOptions) -> list[RecordedTask]:
    """The tasks with the steps that are meant."""
    if options.start < 1 or (options.limit is not None and options.limit < 1):
        raise UsageError("The steps of a replay count from 1, and it has one at least.")
    end = None if options.limit is None else options.start + options.limit
    found = []
    for task in tasks:
        steps = [
            step
            for step in task.steps
            if step.reply is not None and step.index >= options.start and (end is None or step.index < end)
        ]
        if steps:
            found.append(replace(task, steps=steps))
    return found
