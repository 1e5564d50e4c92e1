"""How a command is shown where it is asked about: coloured parts, and its effects in plain words.

This is for the eye only. What may run is decided by `codepilot.permissions`; a word that is not red here is not
thereby harmless, and the question is asked either way.
"""

from __future__ import annotations

import re
from typing import Literal

from codepilot.text import clean
from codepilot_tui.docks.command_judge import INTERPRETERS, NETWORK, Findings, judge, named
from codepilot_tui.docks.shell_words import Simple, Token, parse

Role = Literal["plain", "name", "danger", "hidden", "blank"]
Severity = Literal["calm", "warn", "bad"]

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_UNSURE = re.compile(r"`[^`]*\\|\$\{\w*[^\w}]|\bcase\b")
"""Where this reading may end elsewhere than the shell's: escapes in backticks, operators in `${…}`, case."""
_SYSTEM = ("/bin", "/usr/bin", "/usr/local/bin")
_DURATION = re.compile(r"\d+(\.\d+)?[smhd]?")
_WRAPPERS = named(
    "sudo doas env nohup nice timeout command exec builtin stdbuf setsid xargs time pkexec "
    "coproc flock watch chroot ionice taskset busybox"
)
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
_PRIVILEGED = named("sudo doas su pkexec")
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
    sure = findings.reads_only and findings.names and not _UNSURE.search(command)
    return [("reads only" if sure else "runs a program", "calm")]


def _shown(text: str, role: Role) -> list[tuple[str, Role]]:
    pieces: list[tuple[str, Role]] = []
    for char in text:
        safe = clean(char)
        if char == "\t":
            pieces.append(("␉", "blank"))
        else:
            pieces.append((safe, role if safe == char else "hidden"))
    return pieces


def _look(command: str) -> Findings:
    tokens, simples = parse(command)
    findings = Findings(tokens)
    previous: Simple | None = None
    for simple in simples:
        _look_at_redirects(simple, findings)
        _look_at_named(simple, simple.words, previous if simple.piped_into else None, findings)
        if any(_is_command(simple.words[:before], at, tokens) for at, before in simple.substitutions):
            findings.effects.add("runs other commands")
        if simple.background:
            findings.effects.add("keeps running in the background")
        previous = simple
    if any(token.kind == "text" and re.search(r"\$\(|`", token.text) for token in tokens):
        findings.effects.add("runs other commands")
    return findings


def _is_command(before: list[int], at: int, tokens: list[Token]) -> bool:
    """Whether what a substitution prints is run, and not an argument: only what runs other commands stands before it.

    Args:
        before: the words before it.
        at: the token that opens it.
        tokens: of the whole command.
    """
    if at and tokens[at - 1].kind == "word" and _ASSIGNMENT.match(tokens[at - 1].text):
        return False
    while before and (not tokens[before[0]].value or _ASSIGNMENT.match(tokens[before[0]].text)):
        before = before[1:]
    if not before:
        return True
    name = tokens[before[0]].value.rsplit("/", 1)[-1]
    if name in INTERPRETERS or name in ("eval", "source", "."):
        return True
    return name in _WRAPPERS and _is_command(_inner(before, tokens), at, tokens)


def _look_at_redirects(simple: Simple, findings: Findings) -> None:
    for operator, target in simple.redirects:
        if ">" not in findings.tokens[operator].text:
            continue
        if target is not None and findings.tokens[target].value in _HARMLESS_TARGETS:
            continue
        findings.danger.add(operator)
        findings.effects.add("writes files")


def _look_at_named(simple: Simple, words: list[int], source: Simple | None, findings: Findings) -> None:
    tokens = findings.tokens
    while words and _ASSIGNMENT.match(tokens[words[0]].text):
        words = words[1:]
        findings.reads_only = False  # PATH, GIT_PAGER, LESSOPEN: a reader may be made to run what it names
    if not words:
        return
    name = tokens[words[0]].value.rsplit("/", 1)[-1]
    # A program elsewhere only has the name of a reader.
    findings.reads_only = findings.reads_only and not _is_elsewhere(tokens[words[0]].value)
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
            _look_at_named(simple, inner, source, findings)
        return
    judge(name, words, arguments, findings)
    if source is not None and name in INTERPRETERS:
        _look_at_pipe(words, source, findings)


def _look_at_pipe(words: list[int], source: Simple, findings: Findings) -> None:
    """What an interpreter is piped, it runs."""
    tokens = findings.tokens
    if _names_network(source, tokens):
        findings.danger.update((words[0], source.words[0]))
        findings.effects.add("runs downloaded code")
    elif all(tokens[index].value.startswith("-") for index in words[1:]):
        findings.danger.add(words[0])
        findings.effects.add("runs other commands")


def _is_elsewhere(program: str) -> bool:
    """Whether it is named by a folder that is none of the system's."""
    folder, slash, _ = program.rpartition("/")
    return bool(slash) and folder not in _SYSTEM


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
    return any(tokens[index].value.rsplit("/", 1)[-1] in NETWORK for index in simple.words)
