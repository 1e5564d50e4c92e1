"""What a program would do with these arguments, as far as its name tells: for the eye only, see `command_look`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from codepilot_tui.docks.readers import only_reads
from codepilot_tui.docks.shell_words import Token


def named(text: str) -> frozenset[str]:
    """Names that stand in a row."""
    return frozenset(text.split())


SHELLS = named("sh bash zsh dash ksh fish")
INTERPRETERS = SHELLS | named("python python3 perl ruby node php lua")
_GIT_WRITERS = named(
    "add commit merge rebase cherry-pick apply am mv checkout switch read-tree checkout-index"
)
NETWORK = named("curl wget ssh scp sftp rsync nc ncat netcat telnet ftp ping dig nslookup gh aws gcloud")
_GIT_VALUES = named(
    "-C -c --git-dir --work-tree --namespace --exec-path --super-prefix --config-env --attr-source"
)
"""Options of git itself, before the verb, that take the next word."""
_INSTALLERS = named("pip pip3 pipx uv npm pnpm yarn npx bun cargo gem go brew apt apt-get dnf yum pacman apk")
_INSTALL_VERBS = named("install add i ci update upgrade get download sync fetch publish")
_WRITERS = named("tee mv cp touch mkdir ln patch install unzip tar rsync")
DELETERS = named("rm rmdir unlink shred")
DANGEROUS = named("dd mkfs fdisk parted shutdown reboot halt poweroff mount umount iptables crontab shred")


_IN_PLACE = re.compile(r"-[A-Zn-z0-9]*i|--in-place")
"""`-i` of sed and perl, also in a bundle."""


@dataclass(slots=True)
class Findings:
    """What was found in a command so far."""

    tokens: list[Token]
    names: set[int] = field(default_factory=set)
    danger: set[int] = field(default_factory=set)
    effects: set[str] = field(default_factory=set)
    reads_only: bool = True


def judge(name: str, words: list[int], arguments: dict[int, str], findings: Findings) -> None:
    """Add what one program does.

    Args:
        name: of the program, without its folder.
        words: of the command, the program first, as positions in the tokens.
        arguments: the texts of the others.
        findings: grows.
    """
    values = list(arguments.values())
    if not only_reads(name, values):
        findings.reads_only = False
    _judge_first(name, words, arguments, findings)
    _judge_more(name, values, findings.effects)
    for index, value in arguments.items():
        if value.startswith(("--force", "--no-verify", "--no-preserve-root", "--hard")):
            findings.danger.add(index)


def _judge_first(name: str, words: list[int], arguments: dict[int, str], findings: Findings) -> None:
    """What the program is there for."""
    values = list(arguments.values())
    found = findings.effects
    if name in DELETERS:
        found.add("deletes files")
        findings.danger.add(words[0])
        findings.danger.update(
            index for index, value in arguments.items() if _is_flag(value, "rRf", "--recursive", "--force")
        )
    elif name in DANGEROUS or name.startswith("mkfs."):
        found.add("changes the system")
        findings.danger.add(words[0])
    elif name == "systemctl" and not {"status", "show"} & set(values):
        found.add("changes the system")
    elif name in ("chmod", "chown", "chgrp"):
        found.add("changes permissions")
        findings.danger.update(
            index
            for index, value in arguments.items()
            if value == "777" or _is_flag(value, "R", "--recursive")
        )
    elif name in ("kill", "pkill", "killall"):
        found.add("stops processes")
    elif name == "eval" or (name in INTERPRETERS and any(_is_flag(value, "ce") for value in values)):
        found.add("runs other commands")
        if name == "eval" or name in SHELLS:
            findings.danger.add(words[0])
    elif name == "find":
        _judge_find(arguments, findings)
    elif name == "git":
        _judge_git(arguments, findings)


def _judge_more(name: str, values: list[str], found: set[str]) -> None:
    """What it may do beside that."""
    if name in ("sed", "perl") and any(_IN_PLACE.match(value) for value in values):
        found.add("writes files")
    if name in _WRITERS or name == "truncate":
        found.add("writes files")
    if name in NETWORK:
        found.add("network")
    if name in _INSTALLERS and (_INSTALL_VERBS & set(values) or name == "npx"):
        found.update(("installs packages", "network"))
    if name in ("docker", "podman") and {"pull", "push", "run", "build"} & set(values):
        found.add("network")


def _judge_find(arguments: dict[int, str], findings: Findings) -> None:
    if "-exec" in arguments.values() and "rm" in arguments.values():
        findings.effects.add("deletes files")
    for index, value in arguments.items():
        if value == "-delete":
            findings.danger.add(index)
            findings.effects.add("deletes files")
        elif value in ("-exec", "-execdir", "-ok", "-okdir"):
            findings.danger.add(index)
            findings.effects.add("runs other commands")
        elif value.startswith("-fprint") or value == "-fls":
            findings.effects.add("writes files")


def _judge_git(arguments: dict[int, str], findings: Findings) -> None:
    places = list(arguments)
    while places and arguments[places[0]].startswith("-"):
        places = places[2 if arguments[places[0]] in _GIT_VALUES else 1 :]
    if not places:
        return
    at, verb = places[0], arguments[places[0]]
    values = [arguments[index] for index in places[1:]]
    found = findings.effects
    if verb in ("push", "pull", "fetch", "clone", "ls-remote", "submodule"):
        found.add("network")
    if verb == "push":
        found.add("pushes to a remote")
        forced = [
            i
            for i, v in arguments.items()
            if v.startswith(("--force", "+", ":")) or _is_flag(v, "fd", "--delete", "--prune")
        ]
        if forced or any(value.startswith("--mirror") for value in values):
            found.discard("pushes to a remote")
            found.add("rewrites a remote branch")
        findings.danger.update(forced or [at])
    elif _discards(verb, values):
        found.add("discards changes")
        findings.danger.add(at)
    elif verb in _GIT_WRITERS or (verb == "tag" and not _lists_tags(values)):
        found.add("writes files")
    elif verb == "rm":
        found.add("deletes files")
        findings.danger.add(at)


def _discards(verb: str, values: list[str]) -> bool:
    """Whether a git command throws away what was not committed."""
    if verb in ("clean", "restore"):
        return True
    if verb == "reset":
        return bool({"--hard", "--merge"} & set(values))
    if verb == "switch":
        return any(
            _is_flag(value, "fC", "--force", "--discard-changes", "--force-create") for value in values
        )
    if verb == "read-tree":
        return "--reset" in values
    if verb == "checkout-index":
        return any(_is_flag(value, "f", "--force") for value in values)
    if verb == "branch":
        return any(_is_flag(value, "dDMCf", "--delete", "--force") for value in values)
    if verb == "worktree":
        return "remove" in values
    if verb == "gc":
        return any(value.startswith("--prune") for value in values)
    return verb in ("checkout", "stash") and bool({"--", ".", "-f", "drop", "clear"} & set(values))


def _lists_tags(values: list[str]) -> bool:
    return not values or any(_is_flag(value, "ln", "--list") for value in values)


def _is_flag(value: str, letters: str, *long: str) -> bool:
    """Whether it is one of the long options, or a bundle of short ones with one of the letters."""
    if value.startswith("--"):
        return value.split("=", 1)[0] in long
    return value.startswith("-") and any(letter in value for letter in letters)
