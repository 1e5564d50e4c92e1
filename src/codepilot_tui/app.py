"""The application: which screen, which theme, which keys. No logic of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import gc
import logging
import logging.handlers
import os
import re
import shutil
import signal
import sys
import termios
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import constants, events, work
from textual.binding import Binding
from textual.driver import Driver

from codepilot import paths
from codepilot.agentfile import AgentConfig, find_agent_file
from codepilot.errors import CodepilotError
from codepilot.messages import OnExit
from codepilot.permissions import TrustStore, known_mode
from codepilot.ports import Provider
from codepilot.terminal.lifetime import Wish
from codepilot_tui.actions import Action, Keymap, key_text
from codepilot_tui.keyboard import KeyboardDriver, can_be_pressed
from codepilot_tui.modals.leader import LeaderModal
from codepilot_tui.modals.picker import Option, PickerModal
from codepilot_tui.modals.trust import TrustModal
from codepilot_tui.pace import PacedApp
from codepilot_tui.screens.welcome import Offer, WelcomeScreen
from codepilot_tui.screens.workbench import AgentPlan, WorkbenchScreen
from codepilot_tui.theme import DEFAULT_THEME, install_themes, theme_names
from codepilot_tui.widgets.chat import ChatView
from codepilot_tui.widgets.terminal import TerminalView

if TYPE_CHECKING:
    from codepilot.providers import ModelOffer
    from codepilot.runtime import AsyncRuntime

log = logging.getLogger(__name__)

LAST_RESORT = 12.0
"""Seconds from a signal to the end, whatever happens."""

RESET = "\x1b[<u\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[?25h\x1b[0m"
"""Turns off every mode that Textual turns on, for the ways out on which it does not do so itself."""


class WorkbenchApp(PacedApp[int]):
    """`codepilot-tui`.

    Args:
        options: the command line.
        keymap: the keys in force.
    """

    CSS_PATH = [str(path) for path in sorted((Path(__file__).parent / "styles").glob("*.tcss"))]
    TITLE = "codepilot"
    ENABLE_COMMAND_PALETTE = False
    """Ours has the same look as every other list here."""
    ESCAPE_TO_MINIMIZE = False
    """Esc belongs to the terminal that is maximised."""

    def __init__(self, options: argparse.Namespace, keymap: Keymap | None = None) -> None:
        self.keymap_table = keymap or Keymap()
        super().__init__()
        self.options = options
        self._demo_folder: Path | None = None
        self._workbench: WorkbenchScreen | None = None
        install_themes(self, options.theme or DEFAULT_THEME)
        for action in self.keymap_table.actions:
            if action.name == "stop":
                continue  # Esc belongs to what is focused first
            # In the place of Textual's own: its Ctrl+Q would end the program unasked, with the agent at work.
            function_key = re.fullmatch(r"f\d+", action.key) is not None
            target = f"app.function_key({action.name!r})" if function_key else action.target
            first = function_key or action.name == "quit"
            self._bindings.key_to_bindings[action.key] = [
                Binding(action.key, target, action.label, show=False, priority=first)
            ]
        self._bindings.key_to_bindings.setdefault(self.keymap_table.leader, []).append(
            Binding(self.keymap_table.leader, "app.leader", "Leader", show=False, priority=True)
        )

    def get_driver_class(self) -> type[Driver]:
        """Ours, which reads the keys; `TEXTUAL_DRIVER` may name another."""
        return super().get_driver_class() if constants.DRIVER else KeyboardDriver

    # -- the first screen ------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Choose what to begin with; signals end the program in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._signalled, number)
        self._begin()
        self.call_after_refresh(self._first_frame)

    def _first_frame(self) -> None:
        """What lives from here to the end is no longer looked at by the collector, which ran not at all until now."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(5_000, 20, 20)
        gc.enable()

    def _signalled(self, number: int) -> None:
        threading.Thread(target=_end_anyway, args=(128 + number,), name="last-resort", daemon=True).start()
        # A connection that broke is no wish of the person: what runs on the far machine goes on there.
        dropped = number == signal.SIGHUP and bool(os.environ.get("SSH_CONNECTION"))
        asks = self.bench is not None and self.bench.plan.on_exit == "ask"
        self._quit(128 + number, "detach" if dropped and asks else "")

    def _begin(self) -> None:
        options = self.options
        if options.demo:
            self._open_demo()
            return
        directory = self._directory
        if options.agent is None and _has_settings(directory) and TrustStore().answer(directory) is None:
            self.push_screen(TrustModal(str(directory), found=["agent.yaml"]), self._trust_answered)
            return
        self._open_configured()

    def _trust_answered(self, trusted: bool | None) -> None:
        if trusted is not None:
            TrustStore().remember(self._directory, trusted)
        self._open_configured()

    def _open_configured(self) -> None:
        from codepilot.providers import is_configured, keyed_offers

        try:
            config = self._config()
            if is_configured(config.model, file=config.path):
                self._open(config)
                return
        except CodepilotError as error:
            self.exit(error.exit_code, message=f"codepilot-tui: {error.message}\n{error.hint}".rstrip())
            return
        if self.options.or_demo:
            self._open_demo()
            return
        model = config.model
        wanted = f"{model.provider}:{model.name}"
        missing = f"The agent file {config.path} wants {wanted}, but {model.api_key_env} is not set."
        self.push_screen(WelcomeScreen([_offer(found) for found in keyed_offers(model)], missing))
        self._look_for_servers()

    @work(thread=True, group="servers")
    def _look_for_servers(self) -> None:
        from codepilot.providers import local_offers

        if found := [_offer(each) for each in local_offers()]:
            self.call_from_thread(self._offer, found)

    def _offer(self, found: list[Offer]) -> None:
        if isinstance(self.screen, WelcomeScreen):
            self.screen.add(found)

    def on_welcome_screen_chosen(self, event: WelcomeScreen.Chosen) -> None:
        """Begin as the person chose."""
        if event.offer == "demo":
            self._open_demo()
            return
        self._open(self._config().with_model(event.offer))

    @property
    def _directory(self) -> Path:
        return Path(self.options.directory or Path.cwd()).expanduser().resolve()

    def _config(self) -> AgentConfig:
        options, directory = self.options, self._directory
        if not directory.is_dir():
            raise CodepilotError(f"{directory} is not a folder.")
        path = find_agent_file(options.agent, directory, TrustStore().answer(directory) is True)
        config = AgentConfig.load(path)
        if options.model:
            config = config.with_model(options.model)
        if options.directory is not None or not config.work_dir_given:
            config = replace(config, runtime=replace(config.runtime, work_dir=str(directory)))
        return config

    def _open_demo(self) -> None:
        from codepilot.demo import DEMO_TASK, DemoProvider, commit_project, create_project

        project = create_project(commit=False)
        self._demo_folder = project.parent

        def make() -> AsyncRuntime:
            commit_project(project)
            config = AgentConfig.load(paths.packaged_agent_file())
            config = replace(config, name="Demo", runtime=replace(config.runtime, work_dir=str(project)))
            return self._make(config, "end", DemoProvider())

        plan = AgentPlan(
            name="Demo",
            model=DemoProvider.model,
            mode=self.options.mode,
            work_dir=project,
            on_exit="end",  # its folder goes, too
            make=make,
        )
        self._show_workbench(plan, self.options.task or DEMO_TASK)

    def _open(self, config: AgentConfig) -> None:
        on_exit: OnExit = self.options.on_exit or config.terminals.on_exit or "ask"
        plan = AgentPlan(
            name=config.name,
            model=config.model.name,
            mode=self.options.mode,
            work_dir=Path(config.runtime.work_dir),
            on_exit=on_exit,
            make=lambda: self._make(config, on_exit),
        )
        self._show_workbench(plan, self.options.task or "")

    def _make(self, config: AgentConfig, on_exit: OnExit, provider: Provider | None = None) -> AsyncRuntime:
        from codepilot.runtime import AsyncRuntime  # a tenth of a second: after the first frame

        return AsyncRuntime(
            config,
            session="file" if self.options.session else "memory",
            session_id=self.options.session,
            stream=True,
            mode=known_mode(self.options.mode),
            provider=provider,
            use_stdin=False,
            on_exit=on_exit,
            adopt_terminals=True,
        )

    def _show_workbench(self, plan: AgentPlan, task: str) -> None:
        plan.work_dir.mkdir(parents=True, exist_ok=True)
        self._workbench = WorkbenchScreen(
            plan, keymap=self.keymap_table, task=task, log_file=paths.log_file()
        )
        self.push_screen(self._workbench)

    # -- actions ---------------------------------------------------------------------------------------------------

    async def action_function_key(self, name: str) -> None:
        """Do what an F-key stands for; in a terminal that the person holds it belongs to the program."""
        action, view = self.keymap_table[name], self.focused
        if isinstance(view, TerminalView) and view.owner == "person" and name != "take_over":
            view.post_message(events.Key(action.key, None))
        else:
            await self.run_action(action.target)

    @property
    def bench(self) -> WorkbenchScreen | None:
        """The workbench, once it is open."""
        return self._workbench

    def action_stop(self) -> None:
        """Stop the agent."""
        if self.bench is not None:
            self.bench.stop()

    def action_pending_question(self) -> None:
        """Show the waiting question."""
        if self.bench is not None:
            self.bench.recall_question()

    def action_new_session(self) -> None:
        """Begin a new conversation."""
        if self.bench is not None:
            self.bench.new_session()

    def action_choose_model(self) -> None:
        """Choose among the models whose key is set or whose server is local."""
        bench = self.bench
        if bench is None or bench.runtime is None:
            return
        current = f"{bench.runtime.provider.name}:{bench.runtime.provider.model}"
        self._list_models(bench, bench.runtime.config, current)

    @work(exclusive=True, group="models")
    async def _list_models(self, bench: WorkbenchScreen, config: AgentConfig, current: str) -> None:
        from codepilot.providers import keyed_offers, local_offers

        found = [*keyed_offers(config.model), *await asyncio.to_thread(local_offers)]
        options = [Option(current, current, "in use")]
        options += [Option(each.choice, each.choice, each.why) for each in found if each.choice != current]

        def chosen(value: str | None) -> None:
            if value is not None and value != current:
                bench.choose_model(value)

        self.push_screen(PickerModal("Model", options, current=current), chosen)

    def action_choose_theme(self) -> None:
        """Choose a theme."""

        def chosen(name: str | None) -> None:
            if name is not None:
                self.theme = name

        options = [Option(name, name) for name in theme_names()]
        self.push_screen(PickerModal("Theme", options, current=self.theme), chosen)

    def action_take_over(self) -> None:
        """Take the terminal's keyboard, or hand it back."""
        if self.bench is not None:
            self.bench.take_over()

    def action_add_runs(self) -> None:
        """Put what the person ran in the terminals into the message."""
        if self.bench is not None:
            self.bench.add_runs()

    def action_new_terminal(self) -> None:
        """Open a terminal that the person holds."""
        if self.bench is not None:
            self.bench.open_terminal()

    def action_close_terminal(self) -> None:
        """Close the terminal that is shown."""
        if self.bench is not None:
            self.bench.close_terminal()

    def action_next_terminal(self, step: int) -> None:
        """Show the terminal to the right, or with -1 the one to the left."""
        if self.bench is not None:
            self.bench.next_terminal(step)

    def action_find_terminal(self) -> None:
        """Search the terminal that is shown."""
        if self.bench is not None:
            self.bench.find_in_terminal()

    def action_browse_terminal(self) -> None:
        """Walk and select in the terminal with the keys."""
        if self.bench is not None:
            self.bench.browse_terminal()

    def action_copy_terminal(self) -> None:
        """Copy what is selected in the terminal."""
        if self.bench is not None:
            self.bench.copy_from_terminal()

    def action_focus_composer(self) -> None:
        """Go to the composer."""
        if self.bench is not None:
            self.bench.show_composer()

    def action_focus_chat(self) -> None:
        """Go to the chat."""
        if self.bench is not None:
            self.bench.show_pane("chat")

    def action_focus_terminal(self) -> None:
        """Go to the terminal."""
        if self.bench is not None:
            self.bench.show_pane("terminal")

    def action_focus_files(self) -> None:
        """Go to the files."""
        if self.bench is not None:
            self.bench.show_pane("files")

    def action_toggle_files(self) -> None:
        """Fold the files away, or unfold them."""
        if self.bench is not None:
            self.bench.toggle_pane("files")

    def action_toggle_terminal(self) -> None:
        """Fold the terminal away, or unfold it."""
        if self.bench is not None:
            self.bench.toggle_pane("terminal")

    def action_maximise_pane(self) -> None:
        """Give the focused pane the whole screen, or back."""
        if self.bench is not None:
            self.bench.maximise()

    def action_help_keys(self) -> None:
        """Show the keys."""
        if self.bench is not None:
            self.bench.show_help()

    def action_toggle_mouse(self) -> None:
        """Let the user's own terminal select, or take the mouse back."""
        driver = self._driver
        if driver is None:
            return
        self._mouse_off = not getattr(self, "_mouse_off", False)
        letter = "l" if self._mouse_off else "h"
        # Where Textual has asked for pixels, cells would be taken for pixels from now on.
        pixels = (1016,) if getattr(driver, "_mouse_pixels", False) else ()
        driver.write("".join(f"\x1b[?{mode}{letter}" for mode in (1000, 1003, 1015, 1006, *pixels)))
        driver.flush()
        self.notify(
            "The mouse is your terminal's now." if self._mouse_off else "The mouse is ours again.",
            markup=False,
        )

    def action_leader(self) -> None:
        """Wait for one letter."""

        def chosen(name: str | None) -> None:
            if name is not None:
                self.call_later(self.run_action, self.keymap_table[name].target)

        self.push_screen(LeaderModal(self.keymap_table.actions), chosen)

    def action_quit_bench(self) -> None:
        """Quit, asking first while the agent works."""
        if self.bench is None:
            self._quit(0)
        else:
            self.bench.confirm_quit(partial(self._leave, 0))

    def _leave(self, code: int, terminals: Wish) -> None:
        self._quit(code, terminals)

    @work(exclusive=True, group="quit")
    async def _quit(self, code: int, terminals: Wish = "") -> None:
        if self.bench is not None:
            await self.bench.shut_down(terminals)
        self.forget_demo()
        if not _terminal_is_there():
            # Nothing can be restored, and Textual would wait for a writer that died with the terminal.
            logging.shutdown()
            os._exit(code)
        self.exit(code, return_code=code, message=self._farewell(terminals))

    def _farewell(self, terminals: Wish) -> str | None:
        """What is said on the way out of terminals that go on."""
        bench = self.bench
        if bench is None or not bench.runtime_id or (terminals or bench.plan.on_exit) != "detach":
            return None
        name = bench.runtime_id
        return (
            f"The terminals go on. To see them: codepilot attach {name}, or start codepilot-tui here again.\n"
            f"To end them: codepilot terminals --end {name}"
        )

    def _key(self, action: Action) -> str:
        """The action's key, or the way by the leader where the terminal cannot send it."""
        if can_be_pressed(self, action.key):
            return key_text(action.key)
        return f"{key_text(self.keymap_table.leader)} {action.leader}"

    def action_command_palette(self) -> None:
        """Everything that can be done, found by typing."""
        options = [
            Option(action.name, action.label, " · ".join(filter(None, (self._key(action), action.slash))))
            for action in self.keymap_table.actions
            if action.name != "palette"
        ]

        def chosen(name: str | None) -> None:
            if name is not None:
                self.call_later(self.run_action, self.keymap_table[name].target)

        self.push_screen(PickerModal("Everything that can be done", options), chosen)

    def on_chat_view_copy_requested(self, event: ChatView.CopyRequested) -> None:
        """Put text into the clipboard by OSC 52, and say so truthfully."""
        self.copy_to_clipboard(event.text)
        self.notify("Sent to your terminal's clipboard (OSC 52).", markup=False)

    def forget_demo(self) -> None:
        """Delete the demo's project."""
        if self._demo_folder is not None:
            shutil.rmtree(self._demo_folder, ignore_errors=True)
            self._demo_folder = None


def _terminal_is_there() -> bool:
    """Whether anyone is left at the other end of standard output; true for what is no terminal at all."""
    try:
        termios.tcgetattr(1)
    except termios.error as error:
        return bool(error.args[0] != errno.EIO)
    return True


def _end_anyway(code: int) -> None:
    """After a signal: end the process even if its loop is stuck."""
    time.sleep(LAST_RESORT)
    log.error("the workbench did not end within %s s after a signal", LAST_RESORT)
    logging.shutdown()
    os._exit(code)


def _has_settings(directory: Path) -> bool:
    """Whether the folder brings an agent file that says anything the packaged one does not."""
    own = directory / "agent.yaml"
    try:
        return own.is_file() and own.read_bytes() != paths.packaged_agent_file().read_bytes()
    except OSError:
        return True  # it cannot be compared, so it is asked about


def _offer(found: ModelOffer) -> Offer:
    return Offer(found.choice, found.choice, found.why)


def run(options: argparse.Namespace) -> int:
    """Open the workbench and close everything behind it; returns the exit code.

    The modules that only an agent needs are imported where they are used, after the first frame where that can be.
    """
    _log_to_file()
    app = WorkbenchApp(options)
    clean = False
    try:
        code = app.run()
        clean = app.return_code is not None
    finally:
        if not clean:
            with contextlib.suppress(OSError):  # the terminal itself may be gone
                sys.stdout.write(RESET)
                sys.stdout.flush()
        app.forget_demo()
    return code if code is not None else (app.return_code or 0)


def _log_to_file() -> None:
    path = paths.log_file()
    paths.private_dir(path.parent)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=2_000_000, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
