"""How a command is shown where it is asked about: coloured parts, and its effects in plain words.

This is for the eye only. What may run is decided by `codepilot.permissions`; a word that is not red here is not
thereby harmless, and the question is asked either way.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from codepilot.text import clean
from codepilot_tui.docks.command_judge import DANGEROUS, DELETERS, INTERPRETERS, NETWORK, SHELLS, judge
from codepilot_tui.docks.findings import Findings, named
from codepilot_tui.docks.readers import is_steered
from codepilot_tui.docks.shell_words import Token, is_substitution
from codepilot_tui.docks.simple_commands import Simple, parse
from codepilot_tui.docks.wrappers import ASSIGNMENT, WRAPPERS, wrapped

Role = Literal["plain", "name", "danger", "hidden", "blank"]
Severity = Literal["calm", "warn", "bad"]

_PLAIN_NAME = re.compile(r"[\w@%+=:,./~][\w@%+=:,./~-]*|\[\[?|[!{}]")
"""What a name looks like that the shell does not make another one of."""
_EVALUATES = named(
    "test [ [[ printf read declare local export typeset readonly let unset mapfile readarray alias trap"
)
"""What may run a substitution that is quoted, as the index of an array or as a command for later."""
_SYSTEM = ("/bin", "/usr/bin", "/usr/local/bin")
_PRIVILEGED = named("sudo doas su pkexec")
_ALARMING = re.compile(rf"(?<![\w.-])({'|'.join(sorted(DELETERS | DANGEROUS | _PRIVILEGED))}|eval)(?![\w-])")
UNSURE = "cannot be read with certainty: check it yourself"
_MOST = 50
"""So many wrappers, or substitutions, in one command are looked at; nobody writes more."""
_HARMLESS_TARGETS = frozenset(("/dev/null", "/dev/stdout", "/dev/stderr", "-", "1", "2"))

_ORDER: tuple[tuple[str, Severity], ...] = (
    ("runs as another user", "bad"),
    ("runs downloaded code", "bad"),
    ("changes the system", "bad"),
    ("deletes files", "bad"),
    ("deletes containers, images or volumes", "bad"),
    ("publishes a package", "bad"),
    ("rewrites a remote branch", "bad"),
    ("discards changes", "bad"),
    (UNSURE, "warn"),
    ("network", "warn"),
    ("pushes to a remote", "warn"),
    ("installs packages", "warn"),
    ("removes packages", "warn"),
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
    # Where more may run than was read, each word that would delete and the like is red, wherever it stands.
    anywhere = bool(findings.effects & {UNSURE, "runs other commands"})
    parts: list[tuple[str, Role]] = []
    for index, token in enumerate(findings.tokens):
        role: Role = "danger" if index in findings.danger else "name" if index in findings.names else "plain"
        pieces = _ALARMING.split(token.text) if anywhere and role != "danger" else [token.text]
        for place, piece in enumerate(pieces):
            for text, part_role in _shown(piece, "danger" if place % 2 else role):
                if parts and parts[-1][1] == part_role:
                    parts[-1] = (parts[-1][0] + text, part_role)
                else:
                    parts.append((text, part_role))
    return parts


def effects(command: str) -> list[tuple[str, Severity]]:
    """What it would do, as far as words can tell, the worst first; never empty."""
    findings = _look(command)
    all_effects = set(findings.effects)
    if any(role == "hidden" for _, role in command_parts(command)):
        all_effects.add("hidden characters")
    severity = {"bad": 0, "warn": 1, "calm": 2}
    found = [(text, level) for text, level in _ORDER if text in all_effects]
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


@lru_cache(maxsize=4)
def _look(command: str) -> Findings:
    parsed = parse(command)
    tokens = parsed.tokens
    findings = Findings(tokens)
    if not parsed.sure:
        findings.effects.add(UNSURE)
    previous: Simple | None = None
    for simple in parsed.commands:
        _look_at_redirects(simple, findings)
        if _is_too_much(simple, tokens):
            findings.effects.add(UNSURE)
            continue
        _look_at_named(simple, simple.words, previous if simple.piped_into else None, findings)
        if any(_is_command(simple.words[:before], at, tokens) for at, before in simple.substitutions):
            findings.effects.update(("runs other commands", UNSURE))
        if simple.background:
            findings.effects.add("keeps running in the background")
        previous = simple
    return findings


def _is_too_much(simple: Simple, tokens: list[Token]) -> bool:
    """Whether a look at each would take too long."""
    wrappers = sum(tokens[index].value.rsplit("/", 1)[-1] in WRAPPERS for index in simple.words)
    return max(wrappers, len(simple.substitutions)) > _MOST


def _is_command(before: list[int], at: int, tokens: list[Token]) -> bool:
    """Whether what a substitution prints is run, and not an argument: only what runs other commands stands before it.

    Args:
        before: the words before it.
        at: the token that opens it.
        tokens: of the whole command.
    """
    if at and tokens[at - 1].kind == "word" and ASSIGNMENT.match(tokens[at - 1].bare):
        return False
    while before and (not tokens[before[0]].value or ASSIGNMENT.match(tokens[before[0]].bare)):
        before = before[1:]
    if not before:
        return True
    name = tokens[before[0]].value.rsplit("/", 1)[-1]
    if name in INTERPRETERS or name in ("eval", "source", "."):
        return True
    return name in WRAPPERS and _is_command(_inner(before, tokens)[0], at, tokens)


def _look_at_redirects(simple: Simple, findings: Findings) -> None:
    for operator, target in simple.redirects:
        if target is not None and findings.tokens[target].value.startswith(("/dev/tcp/", "/dev/udp/")):
            findings.effects.add("network")
        if ">" not in findings.tokens[operator].text:
            continue
        if target is not None and findings.tokens[target].value in _HARMLESS_TARGETS:
            continue
        findings.danger.add(operator)
        findings.effects.add("writes files")


def _look_at_named(simple: Simple, words: list[int], source: Simple | None, findings: Findings) -> None:
    tokens = findings.tokens
    while words and ASSIGNMENT.match(tokens[words[0]].bare):
        findings.reads_only = False  # PATH, GIT_PAGER, LESSOPEN: a reader may be made to run what it names
        if _is_quoted_command(tokens[words[0]].value):
            findings.effects.add(UNSURE)
        words = words[1:]
    if not words:
        return
    program = tokens[words[0]].value
    name = program.rsplit("/", 1)[-1]
    arguments = {index: tokens[index].value for index in words[1:]}
    findings.names.add(words[0])
    if _is_unsure(words, tokens):
        findings.effects.add(UNSURE)
    # A program elsewhere only has the name of a reader, and an option may come out of a variable.
    texts = [tokens[index].text for index in (*words[1:], *(at for at, _ in simple.substitutions))]
    if _is_elsewhere(program) or is_steered(name, texts):
        findings.reads_only = False
    if name in WRAPPERS and name not in ("command", "builtin", "time"):
        findings.reads_only = False
    if name in _PRIVILEGED:
        findings.danger.add(words[0])
        findings.effects.add("runs as another user")
    if name in WRAPPERS:
        _look_at_wrapped(simple, words, source, findings)
        return
    judge(name, words, arguments, findings)
    if name in INTERPRETERS:
        _look_at_input(name, simple, words, source, findings)


def _look_at_wrapped(simple: Simple, words: list[int], source: Simple | None, findings: Findings) -> None:
    """`sudo -n`, `env A=b`, `timeout 5` and so on."""
    inner, sure = _inner(words, findings.tokens)
    if not sure:
        findings.effects.add(UNSURE)
    if findings.tokens[words[0]].value == "xargs" and len(words) > 1:
        findings.effects.add("runs other commands")
    if inner:
        _look_at_named(simple, inner, source, findings)


def _is_unsure(words: list[int], tokens: list[Token]) -> bool:
    """Whether something else may run than the first word says."""
    program, *values = (tokens[index].value for index in words)
    name = program.rsplit("/", 1)[-1]
    after = tokens[words[0] + 1 : words[0] + 2]
    if not _PLAIN_NAME.fullmatch(program) or (after and is_substitution(after[0])):
        return True
    return name == "alias" or (name in _EVALUATES and any(map(_is_quoted_command, values)))


def _is_quoted_command(value: str) -> bool:
    return "$(" in value or "`" in value


def _look_at_input(
    name: str, simple: Simple, words: list[int], source: Simple | None, findings: Findings
) -> None:
    """What an interpreter reads, it runs."""
    tokens = findings.tokens
    fed = source is not None or any("<" in tokens[operator].text for operator, _ in simple.redirects)
    if source is not None and source.words and _names_network(source, tokens):
        findings.danger.update((words[0], source.words[0]))
        findings.effects.add("runs downloaded code")
    elif fed and not _names_script(name, [tokens[index].value for index in words[1:]]):
        findings.danger.add(words[0])
        findings.effects.add("runs other commands")


def _names_script(name: str, values: list[str]) -> bool:
    """Whether an interpreter is given a file to run, so that what it reads is only input: not with `bash -s a`."""
    if name in SHELLS and any(re.match(r"-[a-z]*s", value) for value in values):
        return False
    return any(not value.startswith("-") for value in values)


def _is_elsewhere(program: str) -> bool:
    """Whether it is named by a folder that is none of the system's."""
    folder, slash, _ = program.rpartition("/")
    return bool(slash) and folder not in _SYSTEM


def _inner(words: list[int], tokens: list[Token]) -> tuple[list[int], bool]:
    """The command behind `sudo -n`, `env A=b`, `timeout 5` and so on, and whether it is that for certain."""
    name = tokens[words[0]].value.rsplit("/", 1)[-1]
    values = [tokens[index].value for index in words[1:]]
    begin, sure = wrapped(name, values)
    return words[1 + begin :], sure


def _names_network(simple: Simple, tokens: list[Token]) -> bool:
    return any(tokens[index].value.rsplit("/", 1)[-1] in NETWORK for index in simple.words)
