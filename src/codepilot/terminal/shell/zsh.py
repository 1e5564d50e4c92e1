"""zsh: marks through precmd, preexec and zle-line-init; commands through a private file that is sourced."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from codepilot.terminal.shell.integration import MarkedShell, script


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
