"""What a program would do with these arguments, as far as its name tells: for the eye only, see `command_look`."""

from __future__ import annotations

import re

from codepilot_tui.docks.findings import Findings, is_flag, named
from codepilot_tui.docks.git_effects import judge_git
from codepilot_tui.docks.modes import container_verbs, only_lists, runs_programs
from codepilot_tui.docks.readers import only_reads

SHELLS = named("sh bash zsh dash ksh fish")
INTERPRETERS = SHELLS | named("python python3 perl ruby node php lua")
NETWORK = named("curl wget ssh scp sftp rsync nc ncat netcat telnet ftp ping dig nslookup gh aws gcloud")
_INSTALLERS = named(
    "pip pip3 pipx uv npm pnpm yarn npx uvx bun cargo gem go brew poetry apt apt-get dnf yum pacman apk twine"
)
_INSTALL_VERBS = named("install add i ci update upgrade download sync fetch")
_NAMES_NEXT = named("run run-script exec config env list ls info view show search help why")
"""Verbs behind which a word such as `update` is a name: of a script, a setting, a package."""
_RUNS_PACKAGES = {"pipx": "run", "npm": "exec", "pnpm": "dlx", "yarn": "dlx", "uv": "run", "bun": "x"}
"""Verbs that fetch a package to run it."""
_PUBLISHES = {
    "npm": "publish",
    "pnpm": "publish",
    "yarn": "publish",
    "cargo": "publish",
    "poetry": "publish",
    "uv": "publish",
    "gem": "push",
    "twine": "upload",
}
_CONTAINERS = named("docker podman docker-compose podman-compose")
_PULLS = named("pull push run build up")
_REMOVES = named("rm rmi prune remove")
_WRITERS = named("tee mv cp touch mkdir ln patch install unzip tar rsync")
DELETERS = named("rm rmdir unlink shred")
DANGEROUS = named("dd mkfs fdisk parted shutdown reboot halt poweroff mount umount iptables crontab shred")


_IN_PLACE = re.compile(r"-[A-Zn-z0-9]*i|--in-place")
"""`-i` of sed and perl, also in a bundle."""


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
            index for index, value in arguments.items() if is_flag(value, "rRf", "--recursive", "--force")
        )
    elif (name in DANGEROUS and not only_lists(name, values)) or name.startswith("mkfs."):
        found.add("changes the system")
        findings.danger.add(words[0])
    elif name == "systemctl" and not {"status", "show"} & set(values):
        found.add("changes the system")
    elif name in ("chmod", "chown", "chgrp"):
        found.add("changes permissions")
        findings.danger.update(
            index
            for index, value in arguments.items()
            if value == "777" or is_flag(value, "R", "--recursive")
        )
    elif name in ("kill", "pkill", "killall"):
        found.add("stops processes")
    elif name == "eval" or (name in INTERPRETERS and any(is_flag(value, "ce") for value in values)):
        found.add("runs other commands")
        if name == "eval" or name in SHELLS:
            findings.danger.add(words[0])
    elif name == "find":
        _judge_find(arguments, findings)
    elif name == "git":
        judge_git(arguments, findings)


def _judge_more(name: str, values: list[str], found: set[str]) -> None:
    """What it may do beside that."""
    if name in ("sed", "perl") and any(_IN_PLACE.match(value) for value in values):
        found.add("writes files")
    if (name in _WRITERS and not only_lists(name, values)) or name == "truncate":
        found.add("writes files")
    if name in NETWORK:
        found.add("network")
    if name in INTERPRETERS and values[:1] == ["-m"] and values[1:2]:
        name, values = values[1], values[2:]  # python -m pip
    if name in _INSTALLERS:
        _judge_installer(name, values, found)
    if name in _CONTAINERS:
        _judge_containers(values, found)
    if runs_programs(name, values):
        found.add("runs other commands")


def _judge_containers(values: list[str], found: set[str]) -> None:
    verbs, rest = container_verbs(values)
    if verbs & _PULLS:
        found.add("network")
    if verbs & _REMOVES or ("down" in verbs and {"-v", "--volumes"} & set(rest)):
        found.add("deletes containers, images or volumes")
    if verbs & {"kill", "stop"}:
        found.add("stops processes")
    if "leave" in verbs:
        found.add("changes the system")
    if verbs & {"exec", "run", "unshare"}:
        found.add("runs other commands")


def _judge_installer(name: str, values: list[str], found: set[str]) -> None:
    verb = next((value for value in values if not value.startswith("-")), "")
    if verb and verb == _PUBLISHES.get(name):
        found.update(("publishes a package", "network"))
    elif (
        (verb not in _NAMES_NEXT and _INSTALL_VERBS & set(values))
        or (name == "go" and verb == "get")
        or name in ("npx", "uvx")
        or (verb and verb == _RUNS_PACKAGES.get(name))
        or (name == "yarn" and not verb)
    ):
        found.update(("installs packages", "network"))
    elif verb in ("uninstall", "remove", "rm", "autoremove", "purge"):
        found.add("removes packages")


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
