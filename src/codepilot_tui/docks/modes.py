"""What a program is told to do where its options or a word in a certain place say so: tar, unzip, crontab, docker.

Sources: the manuals of GNU tar, Info-ZIP's unzip, crontab(1) and the docker command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codepilot_tui.docks.findings import named


@dataclass(frozen=True, slots=True)
class _Modes:
    """Options that choose what a program does: letters and long names."""

    lists: frozenset[str]
    acts: frozenset[str]
    takes: str
    """Letters behind which the rest of a bundle is a value."""
    prints: frozenset[str] = frozenset()
    """Options with which what it takes out goes to its output."""


_MODES = {
    "tar": _Modes(
        lists=named("t d list diff compare test-label"),
        acts=named("x c r u A extract get create append update concatenate catenate delete"),
        takes="fbCTXKLNVgHFI",
        prints=named("O to-stdout"),
    ),
    "unzip": _Modes(lists=named("l"), acts=frozenset(), takes="dPx"),
    "crontab": _Modes(lists=named("l"), acts=named("e r"), takes="u"),
}
_EXTRACTS = named("x extract get")
_RUNS = named(
    "I F to-command checkpoint-action use-compress-program info-script new-volume-script rmt-command rsh-command"
)
"""Options of tar whose value is a program; GNU tar takes the beginning of a long name for all of it."""
_GROUPS = named(
    "builder buildx compose config container context image kube machine manifest network node plugin pod secret"
    " service stack swarm system trust volume"
)
"""Words of docker and podman that have verbs of their own."""
_FLAGS = named("-D --debug --remote --tls --tlsverify --compatibility --dry-run --all-resources")
"""Options before the verb that take nothing."""
_VALUES = named(
    "-c -f -H -l -p --ansi --config --connection --context --env-file --file --host --log-level --parallel --profile"
    " --project-directory --project-name --url"
)
"""Options before the verb that take the next word."""


def only_lists(name: str, values: Sequence[str]) -> bool:
    """Whether tar, unzip or crontab is told to show what there is, and nothing else.

    Args:
        name: of the program, without its folder.
        values: its arguments.
    """
    modes = _MODES.get(name)
    if modes is None:
        return False
    options = set(_options(modes, values, old_style=name == "tar"))
    acts = options & modes.acts
    if acts and acts <= _EXTRACTS:
        return bool(options & modes.prints)
    return not acts and bool(options & modes.lists)


def _options(modes: _Modes, values: Sequence[str], *, old_style: bool) -> list[str]:
    """The letters and long names among the arguments; `tar tf` has them without a dash."""
    found: list[str] = []
    for at, value in enumerate(values):
        if value == "--":
            break
        if value.startswith("--"):
            found.append(value[2:].split("=", 1)[0])
        elif value.startswith("-"):
            letters = value[1:]
            end = next((i + 1 for i, letter in enumerate(letters) if letter in modes.takes), len(letters))
            found.extend(letters[:end])
        elif at == 0 and old_style:
            found.extend(value)
    return found


def container_verbs(values: Sequence[str]) -> tuple[frozenset[str], Sequence[str]]:
    """The verb of a docker or podman command, and what stands behind it; none without one.

    Where an option stands before it that is not known here, what follows may be its value or the verb: then each word
    is taken for one. A warning too many costs little.

    Args:
        values: its arguments.
    """
    rest = list(values)
    while rest:
        word = rest.pop(0)
        if word in _VALUES:
            del rest[:1]
        elif word.startswith("-"):
            if "=" not in word and word not in _FLAGS:
                return frozenset(rest), rest
        elif word not in _GROUPS:
            return frozenset((word,)), rest
    return frozenset(), rest


def runs_programs(name: str, values: Sequence[str]) -> bool:
    """Whether tar is told to run a program for what it reads or writes.

    Args:
        name: of the program, without its folder.
        values: its arguments.
    """
    if name != "tar":
        return False
    options = set(_options(_MODES["tar"], values, old_style=True))
    begun = {each for each in options if len(each) > 1 and each not in ("checkpoint", "to")}
    return bool(options & _RUNS) or any(full.startswith(each) for full in _RUNS for each in begun)
