"""The shells that are integrated, and the choice between them.

Each prints marks through what it has for that (bash: PS0, PS1, PROMPT_COMMAND; zsh: precmd, preexec, zle-line-init;
fish: its events; sh and its like: the prompt, which they expand), and is given commands through a private file.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from codepilot.errors import TerminalError
from codepilot.terminal.shell.integration import MarkedShell, Shell

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


def script(name: str, nonce: str) -> str:
    """One of the scripts beside this module, with the nonce and the variables of the agent's commands put in."""
    variables = " ".join(f"{name}={value}" for name, value in AGENT.items())
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return text.replace("@NONCE@", nonce).replace("@AGENT@", variables)


_OPEN_HEREDOC = re.compile(r"here-document at line \d+ delimited by end-of-file")


class Bash(MarkedShell):
    """bash 4.4 or newer (PS0)."""

    name = "bash"
    hint = "Install bash 4.4 or newer."
    surely = b"\x1b[633~"  # bound to a function of ours: where INT is ignored, nothing comes of ^C

    def start_files(self, nonce: str, environment: Mapping[str, str]) -> Mapping[str, str]:
        """One file, in place of ~/.bashrc."""
        return {"bashrc": script("bashrc.bash", nonce)}

    def argv(self, program: str, folder: Path) -> Sequence[str]:
        """Interactive, with our start-up file in place of ~/.bashrc, which it reads itself."""
        return (program, "--rcfile", str(folder / "bashrc"), "-i")

    def source_line(self, path: Path) -> bytes:
        """Sourced at top level, so that `declare`, `cd`, `set` and `exit` mean what they mean when typed."""
        return f" __codepilot_agent; . {shlex.quote(str(path))}\r".encode()

    def check_argv(self, program: str, path: Path) -> Sequence[str]:
        """``bash -n``, with extended globs known as in the interactive shell."""
        return (program, "--norc", "-O", "extglob", "-n", str(path))

    def refusal(self, exit_code: int, message: str, path: Path) -> str:
        """A syntax error, or a here-document whose end is missing (bash only warns of it)."""
        message = message.replace(f"{path}: ", "").strip()
        if exit_code == 0 and not _OPEN_HEREDOC.search(message):
            return ""
        return message or f"bash -n ended with {exit_code}"

    def clean(self, output: str, path: Path | None) -> str:
        """Under `set -x` the shell also traces the sourcing and our prompt function: take those lines out."""
        if "+ " not in output:
            return output
        if path is not None:
            output = re.sub(rf"\A\++ __codepilot_agent\n\++ \. '?{re.escape(str(path))}'?\n", "", output)
        return re.sub(r"(?:\A|(?<=\n))\++ __codepilot_\w+\n?\Z", "", output)


class Zsh(MarkedShell):
    """zsh 5.3 or newer."""

    name = "zsh"
    hint = "Install zsh 5.3 or newer."

    def start_files(self, nonce: str, environment: Mapping[str, str]) -> Mapping[str, str]:
        """One file, in place of the person's .zshenv; it gives the person's ZDOTDIR back."""
        theirs = environment.get("ZDOTDIR")
        back = "unset ZDOTDIR" if theirs is None else f"export ZDOTDIR={shlex.quote(theirs)}"
        return {".zshenv": script("zshenv.zsh", nonce).replace("@ZDOTDIR@", back)}

    def environment(self, environment: Mapping[str, str], folder: Path) -> Mapping[str, str]:
        """ZDOTDIR, where zsh looks for its first start-up file, is our folder."""
        return {**environment, "ZDOTDIR": str(folder)}

    def argv(self, program: str, folder: Path) -> Sequence[str]:
        """Interactive."""
        return (program, "-i")

    def source_line(self, path: Path) -> bytes:
        """Sourced at top level, with `builtin` to keep away from aliases."""
        return f" __codepilot_agent; builtin source {shlex.quote(str(path))}\r".encode()

    def check_argv(self, program: str, path: Path) -> Sequence[str]:
        """``zsh -n`` without start-up files."""
        return (program, "-f", "-n", str(path))

    def refusal(self, exit_code: int, message: str, path: Path) -> str:
        """A syntax error."""
        if exit_code == 0:
            return ""
        return message.replace(f"{path}:", "line ").strip() or f"zsh -n ended with {exit_code}"

    def clean(self, output: str, path: Path | None) -> str:
        """Messages name zsh and not the private file. Under `set -x` the sourcing and our hooks are traced."""
        if path is not None:
            output = re.sub(rf"(?m)^{re.escape(str(path))}:(?=\d+: )", "zsh:", output)
        if "+" not in output:
            return output
        if path is not None:
            before = r"\+[^\n]*> __codepilot_agent\n(?:\+__codepilot_[^\n]*\n)*"
            sourced = rf"\+[^\n]*> source '?{re.escape(str(path))}'?\n"
            output = re.sub(rf"\A(?:{before})?{sourced}", "", output)
            output = output.replace(f"+{path}:", "+zsh:")
        return re.sub(r"(?:\A|(?<=\n))(?:\+__codepilot_\w+:\d+> [^\n]*(?:\n|\Z))+\Z", "", output)


class Fish(MarkedShell):
    """fish 3.1 or newer."""

    name = "fish"
    hint = "Install fish 3.1 or newer."
    # Bound to a function of ours: fish takes ^C for a signal, which may be seen after keys that were pressed later, and
    # at an empty line nothing comes of it.
    clear = b"\x1d"
    confirms = True

    def start_files(self, nonce: str, environment: Mapping[str, str]) -> Mapping[str, str]:
        """One file, read after the person's own configuration."""
        return {"init.fish": script("init.fish", nonce)}

    def argv(self, program: str, folder: Path) -> Sequence[str]:
        """Interactive; our file comes after config.fish."""
        return (program, "-i", "--init-command", f"source {_quote(folder / 'init.fish')}")

    def source_line(self, path: Path) -> bytes:
        """Evaluated and not sourced: in a sourced file `exit` would end only the file."""
        return f"\x1c __codepilot_agent {_quote(path)}; builtin eval $__codepilot_command\r".encode()

    def check_argv(self, program: str, path: Path) -> Sequence[str]:
        """Parsed only, without configuration."""
        return (program, "--no-config", "--no-execute", str(path))

    def refusal(self, exit_code: int, message: str, path: Path) -> str:
        """A syntax error."""
        if exit_code == 0:
            return ""
        message = re.sub(rf"(?m)^[^\n]*{re.escape(path.name)} \(line (\d+)\)", r"line \1", message)
        message = re.sub(r"\n*warning: Error while reading file [^\n]*", "", message)
        return message.strip() or f"fish --no-execute ended with {exit_code}"

    def clean(self, output: str, path: Path | None) -> str:
        """Nothing of it shows."""
        return output


def _quote(path: Path) -> str:
    """For fish: only the backslash and the quote mean something in single quotes."""
    text = str(path).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


FAMILY = frozenset({"sh", "dash", "ash", "ksh", "mksh"})
"""Names of shells that read the file named by ENV and expand parameters in PS1, as POSIX has it."""


class Posix(MarkedShell):
    """A shell without hooks. It tells how a command ended with its next prompt, and never that one began.

    Args:
        name: of the program, or its path.
    """

    hint = "Every POSIX system has sh."
    announces = False

    def __init__(self, name: str) -> None:
        super().__init__(name if "/" in name else "")
        self.name = PurePath(name).name

    def start_files(self, nonce: str, environment: Mapping[str, str]) -> Mapping[str, str]:
        """One file, in place of the one that ENV names, which it reads."""
        theirs = environment.get("ENV")
        back = "unset ENV" if theirs is None else f"export ENV={shlex.quote(theirs)}"
        return {"env": script("env.sh", nonce).replace("@ENV@", back)}

    def environment(self, environment: Mapping[str, str], folder: Path) -> Mapping[str, str]:
        """ENV names our start-up file."""
        return {**environment, "ENV": str(folder / "env")}

    def argv(self, program: str, folder: Path) -> Sequence[str]:
        """Interactive."""
        return (program, "-i")

    def source_line(self, path: Path) -> bytes:
        """Sourced at top level."""
        return f" __codepilot_agent; . {shlex.quote(str(path))}; __codepilot_back\r".encode()

    def check_argv(self, program: str, path: Path) -> Sequence[str]:
        """``sh -n``."""
        return (program, "-n", str(path))

    def refusal(self, exit_code: int, message: str, path: Path) -> str:
        """A syntax error."""
        if exit_code == 0:
            return ""
        return message.replace(f"{path}: ", "").strip() or f"{self.name} -n ended with {exit_code}"

    def clean(self, output: str, path: Path | None) -> str:
        """Messages name the shell and not the private file; under `set -x` the sourcing is traced."""
        if path is None:
            return output
        output = re.sub(rf"\A\+ __codepilot_agent\n\+ \. '?{re.escape(str(path))}'?\n", "", output)
        output = re.sub(r"(?:\A|(?<=\n))\+ __codepilot_back\n?\Z", "", output)
        return output.replace(f"{self.name}: {path}: ", f"{self.name}: ").replace(f"{path}: ", "")


def shell_named(name: str) -> Shell:
    """The integration for a shell of that name, or at that path.

    Raises:
        TerminalError: there is none.
    """
    base = PurePath(name).name
    place = name if "/" in name else ""
    if base == "bash":
        return Bash(place)
    if base == "zsh":
        return Zsh(place)
    if base == "fish":
        return Fish(place)
    if base in FAMILY:
        return Posix(name)
    raise TerminalError(
        f"No integration for the shell {name!r}.",
        hint="Use bash, zsh, fish, sh or dash; any other program runs in a terminal of its own, as `argv`.",
    )


def chosen_shell(name: str | None, environment: Mapping[str, str]) -> Shell:
    """The shell of that name or path; None: bash where it is, else sh.

    Raises:
        TerminalError: there is no integration for it.
    """
    if name is None:
        name = "bash" if shutil.which("bash", path=environment.get("PATH")) else "sh"
    return shell_named(name)
