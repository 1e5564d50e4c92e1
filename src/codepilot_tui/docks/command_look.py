"""How a command is shown where it is asked about: coloured parts, and its effects in plain words.

This is for the eye only. What may run is decided by `codepilot.permissions`; a word that is not red here is not
thereby harmless, and the question is asked either way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from codepilot.text import clean
from codepilot_tui.docks.shell_words import Simple, Token, parse

Role = Literal["plain", "name", "danger", "hidden", "blank"]
Severity = Literal["calm", "warn", "bad"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_DURATION = re.compile(r"\d+(\.\d+)?[smhd]?")
_WRAPPERS = _words("sudo doas env nohup nice timeout command exec builtin stdbuf setsid xargs time pkexec")
_VALUE_OPTIONS = {
    "sudo": "ugCDhpRTUr",
    "doas": "uC",
    "env": "uCS",
    "nice": "n",
    "timeout": "ks",
    "xargs": "IinPLsEd",
    "stdbuf": "ioe",
}
"""Short options of the wrappers that take the next word."""
_PRIVILEGED = _words("sudo doas su pkexec")
_SHELLS = _words("sh bash zsh dash ksh fish")
_INTERPRETERS = _SHELLS | _words("python python3 perl ruby node php lua")
_READERS = _words(
    "cat ls grep rg egrep fgrep head tail wc pwd echo printf sort uniq cut diff file stat du df tree which type "
    "date whoami id uname true false cd less more nl tr basename dirname realpath readlink test ["
)
_GIT_READERS = _words("status diff log show blame branch rev-parse ls-files describe grep shortlog")
_GIT_WRITERS = _words("add commit merge rebase cherry-pick apply am mv checkout switch tag")
_NETWORK = _words("curl wget ssh scp sftp rsync nc ncat netcat telnet ftp ping dig nslookup gh aws gcloud")
_INSTALLERS = _words(
    "pip pip3 pipx uv npm pnpm yarn npx bun cargo gem go brew apt apt-get dnf yum pacman apk"
)
_INSTALL_VERBS = _words("install add i ci update upgrade get download sync fetch publish")
_WRITERS = _words("tee mv cp touch mkdir ln patch install unzip tar rsync")
_DELETERS = _words("rm rmdir unlink shred")
_DANGEROUS = _words("dd mkfs fdisk parted shutdown reboot halt poweroff mount umount iptables crontab shred")
_HARMLESS_TARGETS = frozenset(("/dev/null", "/dev/stdout", "/dev/stderr", "-", "1", "2"))

_ORDER: tuple[tuple[str, Severity], ...] = (
    ("runs as another user", "bad"),
    ("runs downloaded code", "bad"),
    ("changes the system", "bad"),
    ("deletes files", "bad"),
    ("rewrites a remote branch", "bad"),
    ("discards changes", "bad"),
    ("network", "warn"),
    ("pushes to a remote", "warn"),
    ("installs packages", "warn"),
    ("writes files", "warn"),
    ("changes permissions", "warn"),
    ("stops processes", "warn"),
    ("runs other commands", "warn"),
    ("keeps running in the background", "warn"),
    ("hidden characters", "bad"),
)


@dataclass(slots=True)
class _Findings:
    tokens: list[Token]
    names: set[int] = field(default_factory=set)
    danger: set[int] = field(default_factory=set)
    effects: set[str] = field(default_factory=set)
    reads_only: bool = True


def command_parts(command: str) -> list[tuple[str, Role]]:
    """The whole command as it is shown, in pieces with a role. Newlines stay; nothing is left out.

    `hidden` pieces stand for characters that could not be seen (control, bidi, zero-width); `blank` is a tab.
    """
    findings = _look(command)
    parts: list[tuple[str, Role]] = []
    for index, token in enumerate(findings.tokens):
        role: Role = "danger" if index in findings.danger else "name" if index in findings.names else "plain"
        for text, part_role in _shown(token.text, role):
            if parts and parts[-1][1] == part_role:
                parts[-1] = (parts[-1][0] + text, part_role)
            else:
                parts.append((text, part_role))
    return parts


def effects(command: str) -> list[tuple[str, Severity]]:
    """What it would do, as far as words can tell, the worst first; never empty."""
    findings = _look(command)
    if any(role == "hidden" for _, role in command_parts(command)):
        findings.effects.add("hidden characters")
    severity = {"bad": 0, "warn": 1, "calm": 2}
    found = [(text, level) for text, level in _ORDER if text in findings.effects]
    found.sort(key=lambda item: severity[item[1]])
    if found:
        return found
    return [("reads only" if findings.reads_only and findings.names else "runs a program", "calm")]


def _shown(text: str, role: Role) -> list[tuple[str, Role]]:
    pieces: list[tuple[str, Role]] = []
    for char in text:
        safe = clean(char)
        if char == "\t":
            pieces.append(("␉", "blank"))
        else:
            pieces.append((safe, role if safe == char else "hidden"))
    return pieces


def _look(command: str) -> _Findings:
    tokens, simples = parse(command)
    findings = _Findings(tokens)
    previous: Simple | None = None
    for simple in simples:
        _look_at_redirects(simple, findings)
        _look_at_words(simple, simple.words, previous if simple.piped_into else None, findings)
        if simple.nested:
            findings.effects.add("runs other commands")
        if simple.background:
            findings.effects.add("keeps running in the background")
        previous = simple
    if any(token.kind == "text" and re.search(r"\$\(|`", token.text) for token in tokens):
        findings.effects.add("runs other commands")
    return findings


def _look_at_redirects(simple: Simple, findings: _Findings) -> None:
    for operator, target in simple.redirects:
        if ">" not in findings.tokens[operator].text:
            continue
        if target is not None and findings.tokens[target].value in _HARMLESS_TARGETS:
            continue
        findings.danger.add(operator)
        findings.effects.add("writes files")


def _look_at_words(simple: Simple, words: list[int], source: Simple | None, findings: _Findings) -> None:
    tokens = findings.tokens
    while words and _ASSIGNMENT.match(tokens[words[0]].text):
        words = words[1:]
    if not words:
        return
    name = tokens[words[0]].value.rsplit("/", 1)[-1]
    arguments = {index: tokens[index].value for index in words[1:]}
    findings.names.add(words[0])
    if name in _WRAPPERS and name not in ("command", "builtin", "time"):
        findings.reads_only = False
    if name in _PRIVILEGED:
        findings.danger.add(words[0])
        findings.effects.add("runs as another user")
    if name == "xargs" and len(words) > 1:
        findings.effects.add("runs other commands")
    if name in _WRAPPERS:
        inner = _inner(words, tokens)
        if inner:
            _look_at_words(simple, inner, source, findings)
        return
    _judge(name, words, arguments, findings)
    if source is not None and name in _INTERPRETERS and _names_network(source, tokens):
        findings.danger.update((words[0], source.words[0]))
        findings.effects.add("runs downloaded code")


def _inner(words: list[int], tokens: list[Token]) -> list[int]:
    """The command behind `sudo -n`, `env A=b`, `timeout 5` and so on."""
    takes_value = _VALUE_OPTIONS.get(tokens[words[0]].value.rsplit("/", 1)[-1], "")
    rest = words[1:]
    while rest:
        value = tokens[rest[0]].value
        if len(value) == 2 and value[0] == "-" and value[1] in takes_value:
            rest = rest[2:]
        elif value.startswith("-") or _ASSIGNMENT.match(value) or _DURATION.fullmatch(value):
            rest = rest[1:]
        else:
            break
    return rest


def _names_network(simple: Simple, tokens: list[Token]) -> bool:
    return any(tokens[index].value.rsplit("/", 1)[-1] in _NETWORK for index in simple.words)


def _judge(name: str, words: list[int], arguments: dict[int, str], findings: _Findings) -> None:
    values = list(arguments.values())
    found = findings.effects
    if name not in _READERS and not (name == "git" and values and values[0] in _GIT_READERS):
        findings.reads_only = False
    if name in _DELETERS:
        found.add("deletes files")
        findings.danger.add(words[0])
        findings.danger.update(
            index for index, value in arguments.items() if _is_flag(value, "rRf", "--recursive", "--force")
        )
    elif name in _DANGEROUS or name.startswith("mkfs."):
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
    elif name == "eval" or (name in _INTERPRETERS and any(value in ("-c", "-e", "-lc") for value in values)):
        found.add("runs other commands")
        if name == "eval" or name in _SHELLS:
            findings.danger.add(words[0])
    elif name == "find":
        _judge_find(arguments, findings)
    elif name == "git":
        _judge_git(arguments, findings)
    if name in ("sed", "perl") and any(value.startswith("-i") or value == "--in-place" for value in values):
        found.add("writes files")
    if name in _WRITERS or name == "truncate":
        found.add("writes files")
    if name in _NETWORK:
        found.add("network")
    if name in _INSTALLERS and (_INSTALL_VERBS & set(values) or name == "npx"):
        found.update(("installs packages", "network"))
    if name in ("docker", "podman") and {"pull", "push", "run", "build"} & set(values):
        found.add("network")
    for index, value in arguments.items():
        if value.startswith(("--force", "--no-verify", "--no-preserve-root", "--hard")):
            findings.danger.add(index)


def _judge_find(arguments: dict[int, str], findings: _Findings) -> None:
    for index, value in arguments.items():
        if value == "-delete":
            findings.danger.add(index)
            findings.effects.add("deletes files")
        elif value in ("-exec", "-execdir", "-ok", "-okdir"):
            findings.danger.add(index)
            findings.effects.add("runs other commands")
            if any(other == "rm" for other in arguments.values()):
                findings.effects.add("deletes files")
        elif value.startswith("-fprint") or value == "-fls":
            findings.effects.add("writes files")


def _judge_git(arguments: dict[int, str], findings: _Findings) -> None:
    verbs = [(index, value) for index, value in arguments.items() if not value.startswith("-")]
    if not verbs:
        return
    at, verb = verbs[0]
    values = list(arguments.values())
    found = findings.effects
    if verb in ("push", "pull", "fetch", "clone", "ls-remote", "submodule"):
        found.add("network")
    if verb == "push":
        found.add("pushes to a remote")
        forced = [
            i for i, v in arguments.items() if v.startswith(("--force", "+")) or _is_flag(v, "f", "--delete")
        ]
        if forced or any(value.startswith("--mirror") for value in values):
            found.discard("pushes to a remote")
            found.add("rewrites a remote branch")
        findings.danger.update(forced or [at])
    elif _discards(verb, values):
        found.add("discards changes")
        findings.danger.add(at)
    elif verb in _GIT_WRITERS:
        found.add("writes files")
    elif verb == "rm":
        found.add("deletes files")
        findings.danger.add(at)


def _discards(verb: str, values: list[str]) -> bool:
    """Whether a git command throws away what was not committed."""
    if verb in ("clean", "restore"):
        return True
    if verb == "reset":
        return "--hard" in values
    return verb in ("checkout", "stash") and bool({"--", ".", "-f", "drop", "clear"} & set(values))


def _is_flag(value: str, letters: str, *long: str) -> bool:
    """Whether it is one of the long options, or a bundle of short ones with one of the letters."""
    if value.startswith("--"):
        return value.split("=", 1)[0] in long
    return value.startswith("-") and any(letter in value for letter in letters)
