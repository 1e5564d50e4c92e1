"""What a host and its shells get of the program's environment."""

from codepilot.terminal.client.launch import host_environment, shell_environment


def test_secrets_and_traces_of_the_outer_terminal_are_left_out():
    given = {
        "PATH": "/bin",
        "HOME": "/h",
        "OPENAI_API_KEY": "x",
        "github_token": "x",
        "DB_PASSWORD": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "GH_PAT": "x",
        "TMUX": "x",
        "TERM_PROGRAM": "x",
        "COLUMNS": "9",
        "CODEPILOT_SOCKET": "x",
        "BASH_ENV": "x",
        "VIRTUAL_ENV": "/v",
        "SSH_AUTH_SOCK": "/s",
        "PAGER": "less",
    }
    environment = shell_environment(given)
    assert {"PATH", "HOME", "VIRTUAL_ENV", "SSH_AUTH_SOCK"} <= environment.keys()
    assert "x" not in environment.values() and "COLUMNS" not in environment
    assert environment["TERM"] == "xterm-256color"
    assert environment["PAGER"] == "less" and "GIT_TERMINAL_PROMPT" not in environment
    assert environment["LANG"] == "C.UTF-8"


def test_whatever_describes_the_outer_terminal_is_left_out_and_what_only_looks_like_it_stays():
    outer = [
        "COLUMNS",
        "LINES",
        "TERM_PROGRAM",
        "TERM_PROGRAM_VERSION",
        "TERM_SESSION_ID",
        "TERMCAP",
        "TMUX",
        "TMUX_PANE",
        "STY",
        "WINDOW",
        "WINDOWID",
        "KITTY_PID",
        "WEZTERM_PANE",
        "ALACRITTY_LOG",
        "ITERM_PROFILE",
        "LC_TERMINAL",
        "LC_TERMINAL_VERSION",
        "VTE_VERSION",
        "WT_SESSION",
        "WT_PROFILE_ID",
        "KONSOLE_VERSION",
        "GHOSTTY_BIN_DIR",
        "VSCODE_PID",
    ]
    others = [
        "COLUMNS_OF_MINE",
        "STYLE",
        "WINDOWS",
        "MY_TMUX",
        "TERMINAL",
        "WT_OTHER",
        "TERMCAPS",
        "VTE_VERSIONS",
    ]
    environment = shell_environment(dict.fromkeys([*outer, *others], "x"))
    assert [name for name, value in environment.items() if value == "x"] == others


def test_a_chosen_language_stays():
    assert shell_environment({"LC_ALL": "de_DE.UTF-8"}).get("LANG") is None


def test_the_host_starts_without_keys():
    environment = host_environment({"PATH": "/bin", "OPENAI_API_KEY": "x", "PYTHONSTARTUP": "x"}, "/src")
    assert environment == {"PATH": "/bin", "PYTHONPATH": "/src"}
