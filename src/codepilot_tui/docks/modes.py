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
    extracts: frozenset[str] = frozenset()
    """Those of `acts` that take something out."""
    prints: frozenset[str] = frozenset()
    """Options with which what it takes out goes to its output."""
    runs: frozenset[str] = frozenset()
    """Options whose value is a program. The beginning of a long name stands for all of it."""
    undashed: bool = False
    """The first argument may be letters without a dash: `tar tf`."""


_MODES = {
    "tar": _Modes(
        lists=named("t d list diff compare test-label"),
        acts=named("x c r u A extract get create append update concatenate catenate delete"),
        takes="fbCTXKLNVgHFI",
        extracts=named("x extract get"),
        prints=named("O to-stdout"),
        runs=named(
            "I F to-command checkpoint-action use-compress-program info-script new-volume-script rmt-command"
            " rsh-command"
        ),
        undashed=True,
    ),
    "unzip": _Modes(lists=named("l"), acts=frozenset(), takes="dPx"),
    "crontab": _Modes(lists=named("l"), acts=named("e r"), takes="u"),
}
_ALSO_BEGINNINGS = frozenset({"checkpoint", "to"})
"""Of tar, and no such option: one has a meaning of its own, and the other is refused because it may be two."""
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
    options = _options(modes, values)
    acts = options & modes.acts
    if acts and acts <= modes.extracts:
        return bool(options & modes.prints)
    return not acts and bool(options & modes.lists)


def _options(modes: _Modes, values: Sequence[str]) -> set[str]:
    """The letters and long names among the arguments."""
    found: set[str] = set()
    for at, value in enumerate(values):
        if value == "--":
            break
        if value.startswith("--"):
            found.add(value[2:].split("=", 1)[0])
        elif value.startswith("-"):
            letters = value[1:]
            end = next((i + 1 for i, letter in enumerate(letters) if letter in modes.takes), len(letters))
            found.update(letters[:end])
        elif at == 0 and modes.undashed:
            found.update(value)
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
    """Whether it is told to run another program for what it reads or writes, as tar can be.

    Args:
        name: of the program, without its folder.
        values: its arguments.
    """
    modes = _MODES.get(name)
    if modes is None:
        return False
    options = _options(modes, values)
    begun = {each for each in options - _ALSO_BEGINNINGS if len(each) > 1}
    return bool(options & modes.runs) or any(full.startswith(each) for full in modes.runs for each in begun)
