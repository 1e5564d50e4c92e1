"""Keys whose names promise safety: where such a key is not read, its writer believes in a wall that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable

import yaml

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_STEMS = re.compile(
    r"(permission|permit|approv|confirm|consent|sandbox|jail|isolat|container|network|internet|offline|allow|deny|denied"
    r"|disallow|forbid|restrict|prohibit|whitelist|blacklist|readonly|safe|secur|protect|guard|trust|yolo|disable).*"
    r"|block|blocks|blocked|blocklist|ban|bans|banned|policy|policies|strict|ask|asks|asking"
)
_PHRASES = re.compile(
    r"((plan|edit|agent|run|runtime)_)?mode|read_only|dry_?run|human_in_the_loop|no_(shell|exec|execute|commands|writes?)"
)
_SWITCHES = ("require_permission", "allowed_imports")
"""Keys that keep something from happening wherever they are read; a near miss of one is a promise."""

_NO_SLIPS = ("unsafe_mode", "model")
HINT = (
    "Remove the line. Modes are an option: codepilot run --mode, Runtime(mode=…). A tool asks first by "
    "config: {require_permission: true} beside its name."
)


def promises(name: str, value: yaml.Node | None = None) -> bool:
    """Whether somebody who writes this key believes that something is kept from happening.

    Known by a list of words, which cannot be whole.

    Args:
        name: the key.
        value: what stands there, if that counts: `auto_run: false` promises something, `auto_run: true` does not.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    return (
        any(_STEMS.fullmatch(word) for word in words)
        or _PHRASES.fullmatch("_".join(words)) is not None
        or bool(meant(name, _SWITCHES))
        or (
            words[:1] == ["auto"]
            and isinstance(value, yaml.ScalarNode)
            and value.value.lower() in ("false", "no", "off", "0", "never")
        )
    )


def meant(name: str, keys: Iterable[str]) -> str:
    """The key of these that this is a slip of; empty if it is none.

    `safe_mode` is no slip of `unsafe_mode`, nor `mode` of `model`.
    """
    import difflib

    near = difflib.get_close_matches(name.lower(), [key for key in keys if key not in _NO_SLIPS], 1, 0.85)
    return next(iter(near), "")


def promise_within(node: yaml.Node) -> str:
    """The first key below a node that keeps something from happening where it is read; empty if there is none."""
    waiting, seen = [node], {id(node)}
    while waiting:
        node = waiting.pop(0)
        below: list[yaml.Node] = []
        if isinstance(node, yaml.SequenceNode):
            below = node.value
        elif isinstance(node, yaml.MappingNode):
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and (key.value == "enabled" or promises(key.value)):
                    return str(key.value)
            below = [value for _, value in node.value]
        waiting += [each for each in below if id(each) not in seen]
        seen.update(map(id, below))  # an alias may lead back
    return ""
