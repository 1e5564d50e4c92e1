"""What a git command would do, as far as its words tell: for the eye only."""

from __future__ import annotations

from codepilot_tui.docks.findings import Findings, is_flag, named

_GIT_WRITERS = named(
    "add commit merge rebase cherry-pick revert apply am mv checkout switch read-tree checkout-index stash pull clone"
)
_GIT_VALUES = named(
    "-C -c --git-dir --work-tree --namespace --exec-path --super-prefix --config-env --attr-source"
)
"""Options of git itself, before the verb, that take the next word."""


def judge_git(arguments: dict[int, str], findings: Findings) -> None:
    """Add what one git command does.

    Args:
        arguments: the texts of its words behind `git`, by their positions in the tokens.
        findings: grows.
    """
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
            if v.startswith(("--force", "+", ":")) or is_flag(v, "fd", "--delete", "--prune")
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


_DISCARD_FLAGS: dict[str, tuple[str, ...]] = {
    "switch": ("fC", "--force", "--discard-changes", "--force-create"),
    "checkout-index": ("f", "--force"),
    "branch": ("dDMCf", "--delete", "--force"),
    "update-ref": ("d", "--delete"),
}
"""Letters of short options, and long ones."""
_DISCARD_WORDS = {
    "reset": named("--hard --merge"),
    "read-tree": named("--reset"),
    "worktree": named("remove"),
    "reflog": named("expire delete"),
    "checkout": named("-- . -f"),
    "stash": named("drop clear"),
}


def _discards(verb: str, values: list[str]) -> bool:
    """Whether a git command throws away what was not committed, or commits."""
    if verb == "clean":
        return not any(is_flag(value, "n", "--dry-run") for value in values)
    if verb == "gc":
        return any(value.startswith("--prune") for value in values)
    if verb in _DISCARD_FLAGS:
        letters, *long = _DISCARD_FLAGS[verb]
        return any(is_flag(value, letters, *long) for value in values)
    return verb in ("restore", "filter-branch", "filter-repo") or bool(
        _DISCARD_WORDS.get(verb, frozenset()) & set(values)
    )


def _lists_tags(values: list[str]) -> bool:
    return not values or any(is_flag(value, "ln", "--list") for value in values)
