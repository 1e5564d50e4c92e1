"""The environment that a shell of the agent is born with."""

from __future__ import annotations

import re
from collections.abc import Mapping

from codepilot.credentials import is_secret

_OUTER_TERMINAL = re.compile(
    r"COLUMNS|LINES|TERM_PROGRAM.*|TERM_SESSION_ID|TERMCAP|TMUX.*|STY|WINDOW|WINDOWID|KITTY_.*|WEZTERM_.*"
    r"|ALACRITTY_.*|ITERM_.*|LC_TERMINAL.*|VTE_VERSION|WT_SESSION|WT_PROFILE_ID|KONSOLE_.*|GHOSTTY_.*|VSCODE_.*"
)
"""These describe the person's own terminal, which is not the one that the shell gets."""

_SHELL_START = frozenset({"BASH_ENV", "PROMPT_COMMAND", "PS0", "PS1", "SHLVL", "OLDPWD"})

AGENT: Mapping[str, str] = {
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "MANPAGER": "cat",
    "SYSTEMD_PAGER": "cat",
    "GIT_EDITOR": "true",
    "GIT_TERMINAL_PROMPT": "0",
    "PYTHON_BASIC_REPL": "1",
}
"""What the agent's commands get beside: pagers and editors off, no question from git that nobody would see, and no
Python prompt that redraws its line at each key. The shells themselves, which the person uses too, do not have it."""


def shell_environment(base: Mapping[str, str]) -> dict[str, str]:
    """What a shell gets of `base`: no secrets, nothing of ours, nothing about the outer terminal."""
    environment = {
        name: value
        for name, value in base.items()
        if not is_secret(name)
        and not name.startswith("CODEPILOT")
        and name not in _SHELL_START
        and _OUTER_TERMINAL.fullmatch(name) is None
    }
    environment.update(TERM="xterm-256color", COLORTERM="truecolor")
    if not any(environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")):
        environment["LANG"] = "C.UTF-8"
    return environment


def host_environment(base: Mapping[str, str], module_root: str) -> dict[str, str]:
    """What the host process itself gets: enough to run Python, no key. The shells' variables travel apart."""
    kept = (
        "PATH",
        "HOME",
        "USER",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TZ",
        "TMPDIR",
        "SYSTEMROOT",
        "LD_LIBRARY_PATH",
        "CODEPILOT_TERMINAL_ENGINE",
    )
    environment = {name: base[name] for name in kept if name in base}
    environment["PYTHONPATH"] = module_root
    return environment
