"""YAML with line numbers: typed reads of a mapping that can say where a wrong value stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from codepilot.agentfile.document import NULL, Document, composed, shown
from codepilot.agentfile.promises import HINT as SAFETY_HINT
from codepilot.agentfile.promises import meant, promise_within, promises
from codepilot.errors import AgentFileError

_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")
_SAID_ELSEWHERE = {
    "api_base": "base_url",
    "model_name": "name",
    "workdir": "work_dir",
    "imports": "allowed_imports",
}
_OF_MODELS = frozenset({"context_window", "input_price", "output_price"})
"""Settings of a model family, which stand in models.yaml."""


class Section:
    """One mapping of the file. Each read marks its key as known; `finish` warns of keys that were never read."""

    def __init__(
        self, file: Document, node: yaml.MappingNode | None, prefix: str, line: int, silent: bool = False
    ) -> None:
        self._file = file
        self._prefix = prefix
        self._line = line
        self._silent = silent
        self._known: set[str] = set()
        self._nodes: dict[str, yaml.Node] = {}
        self._lines: dict[str, int] = {}
        self._sections: dict[str, Section] = {}
        self._node = node
        if node is None:
            return
        file.loader.flatten_mapping(node)
        for key, value in node.value:
            name = _named(key)
            if name in self._nodes:
                file.warnings.append(
                    f"{file.path}:{key.start_mark.line + 1}: {self._full(name)} is given twice; this one counts"
                )
            self._nodes[name] = value
            self._lines[name] = key.start_mark.line + 1

    def __contains__(self, key: str) -> bool:
        node = self._nodes.get(key)
        return node is not None and node.tag != NULL

    def says_nothing(self, key: str) -> bool:
        """Whether the key is there with nothing behind it, or with an empty list."""
        node = self._nodes.get(key)
        return node is not None and (
            node.tag == NULL or (isinstance(node, yaml.SequenceNode) and not node.value)
        )

    def place(self, key: str = "") -> str:
        """``file:line: key``, as errors and warnings begin."""
        line = self._lines.get(key, self._line)
        return f"{self._file.path}:{line}: {self._full(key) or 'the file'}"

    def wrong(self, key: str, expected: str) -> None:
        """Note that a value is not what it should be; reading goes on, so that all mistakes are told at once."""
        if self._silent:
            return
        node = self._nodes.get(key)
        found = "" if node is None else f", found {shown(node)}"
        self._file.errors.append(AgentFileError(f"{self.place(key)}: expected {expected}{found}"))

    def refuse(self, key: str, why: str, hint: str = "") -> None:
        """Note that a value that is well written cannot be had."""
        self._file.errors.append(AgentFileError(f"{self.place(key)}: {why}", hint=hint))

    def text(self, key: str, *, required: bool = False) -> str:
        """A text; numbers and words like `on` are taken as they are written."""
        node = self._get(key, "a text" if required else "")
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.wrong(key, "a text")
            return ""
        if required and not node.value.strip():
            self.wrong(key, "a text that is not empty")
        return str(node.value)

    def whole(self, key: str, default: int, *, low: int = 1) -> int:
        """A whole number."""
        node = self._get(key)
        if node is None:
            return default
        try:
            value = int(str(node.value).replace("_", "")) if isinstance(node, yaml.ScalarNode) else low - 1
        except ValueError:
            value = low - 1
        if value < low:
            self.wrong(key, f"a whole number of at least {low}")
            return default
        return value

    def number(
        self, key: str, default: float | None, *, low: float, high: float, above: bool = False
    ) -> float | None:
        """A number in a range; `above` leaves the lower end out."""
        node = self._get(key)
        if node is None:
            return default
        try:
            value = float(node.value) if isinstance(node, yaml.ScalarNode) else float("nan")
        except ValueError:
            value = float("nan")
        if not (low < value if above else low <= value) or not value <= high:
            self.wrong(key, f"a number {'above' if above else 'from'} {low:g} and up to {high:g}")
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false, in any of YAML's spellings."""
        node = self._get(key)
        if node is None:
            return default
        word = str(node.value).lower() if isinstance(node, yaml.ScalarNode) else ""
        if word not in _TRUE + _FALSE:
            self.wrong(key, "true or false")
        return word in _TRUE

    def one_of(self, key: str, choices: Sequence[str], default: str) -> str:
        """One word of a list."""
        node = self._get(key)
        if node is None:
            return default
        word = str(node.value).lower() if isinstance(node, yaml.ScalarNode) else ""
        if word not in choices:
            self.wrong(key, f"one of {', '.join(choices)}")
            return default
        return word

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts; None where the file has none."""
        node = self._get(key)
        if node is None:
            return None
        if not isinstance(node, yaml.SequenceNode) or any(
            not isinstance(n, yaml.ScalarNode) for n in node.value
        ):
            self.wrong(key, "a list of texts")
            return None
        return tuple(str(n.value) for n in node.value)

    def section(self, key: str, *, required: bool = False) -> Section:
        """A nested mapping; an empty one where the file has none.

        Args:
            key: where it stands.
            required: it is a mistake to leave it out. What would be missing in it is not told as well.
        """
        if key in self._sections:
            return self._sections[key]
        node = self._get(key, "a mapping" if required else "")
        silent = self._silent or (required and node is None)
        if node is not None and not isinstance(node, yaml.MappingNode):
            self.wrong(key, "a mapping")
            node, silent = None, True
        nested = Section(self._file, node, self._full(key), self._lines.get(key, self._line), silent)
        self._sections[key] = nested
        return nested

    def entries(self, key: str) -> Iterator[tuple[str, Section | str]]:
        """A list whose entries are mappings or plain names, each with its place."""
        node = self._get(key)
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            self.wrong(key, "a list")
            return
        for number, item in enumerate(node.value):
            line, name = item.start_mark.line + 1, f"{self._full(key)}[{number}]"
            place = f"{self._file.path}:{line}: {name}"
            if isinstance(item, yaml.ScalarNode) and item.tag != NULL:
                yield place, str(item.value)
            elif isinstance(item, yaml.MappingNode):
                yield place, Section(self._file, item, name, line)
            else:
                self._file.errors.append(
                    AgentFileError(f"{place}: expected a mapping with 'name', found {shown(item)}")
                )

    def plain(self) -> dict[str, Any]:
        """The whole mapping as plain data, keys as text."""
        self._known.update(self._nodes)
        return {
            name: self._file.loader.construct_object(node, deep=True) for name, node in self._nodes.items()
        }

    def unused(self, *keys: str) -> list[tuple[int, str]]:
        """The lines and full names of what stands under these keys, which are known and without effect."""
        self._known.update(keys)
        found: list[tuple[int, str]] = []
        for key, node in ((key, self._nodes.get(key)) for key in keys):
            if isinstance(node, yaml.MappingNode):
                self._file.loader.flatten_mapping(node)
                names = {_named(name): name.start_mark.line + 1 for name, _ in node.value}
                found += [(line, f"{self._full(key)}.{name}") for name, line in names.items()]
            elif node is not None:
                found.append((self._lines[key], self._full(key)))
        return found

    def known(self, *keys: str) -> None:
        """These keys may stand here, and be meant where another is misspelt."""
        self._known.update(keys)

    def misplaced(self, key: str, section: str) -> None:
        """Note a key, if it is here, that has a meaning only in a section beside it."""
        if key in self:
            self._known.add(key)
            if promises(key):
                where = f"It belongs under {self._full(section)}.{key}."
                self.refuse(key, "has no effect here", where)
                return
            said = f"{self.place(key)}: has no effect here; it belongs under {self._full(section)}.{key}"
            self._file.warnings.append(said)

    def raise_mistakes(self) -> None:
        """Tell all mistakes of the file at once, and the keys that mean nothing: they may be why others are missing.

        Raises:
            AgentFileError: there is a mistake.
        """
        self._file.raise_mistakes()

    def remark(self, key: str, text: str) -> None:
        """Have this told if the file is refused: something that is judged later, and by itself refuses nothing."""
        self._file.remarks.append(f"{self.place(key)}: {text}")

    def finish(self, *switches: str, within: Section | None = None) -> None:
        """Note the keys that mean nothing here.

        Args:
            switches: known keys that turn something off, so that a slip in one is a mistake, not a warning.
            within: the section that they may belong to.
        """
        for name, node in self._nodes.items():
            if name in self._known:
                continue
            slip = meant(name, switches)
            if slip or promises(name, node):
                self._refuse_promise(name, slip or meant(name, self._known))
            elif within is not None and name in within._known and promise_within(node):
                why = f"is not a setting here, so its {promise_within(node)} has no effect"
                self.refuse(name, why, f"It belongs under {within._full(name)}.")
            else:
                self._warn_of(name, within)

    def refuse_slips(self, key: str) -> None:
        """Note each misspelling of a key that promises safety, where other keys may be what they will."""
        for name in self._nodes:
            if name != key and meant(name, [key]):
                self._refuse_promise(name, key)

    def refuse_inner(self, key: str, section: Section) -> None:
        """Note a key that turns something off, or a slip of it, if it is here and belongs into a section around."""
        for name in self._nodes:
            if meant(name, [key]):
                self._known.add(name)
                self.refuse(name, "has no effect here", f"It belongs under {section._full(key)}.")

    def _refuse_promise(self, name: str, near: str) -> None:
        guess = f"Did you mean {near}?" if near else ""
        why = "has no effect: there is no such setting here"
        self.refuse(name, why, guess or SAFETY_HINT)

    def _warn_of(self, name: str, within: Section | None) -> None:
        guess = self._guess(name, within)
        self._file.warnings.append(f"{self.place(name)}: is not a setting here and is ignored{guess}")

    def _guess(self, name: str, within: Section | None) -> str:
        if within is not None and name in within._known:
            return f"; it belongs under {within._full(name)}"
        near = _SAID_ELSEWHERE.get(name, "")
        if near not in self._known:
            import difflib

            near = next(iter(difflib.get_close_matches(name, sorted(self._known), n=1)), "")
        if near:
            return f"; did you mean {near}?"
        return "; models.yaml in your configuration folder is the place for it" if name in _OF_MODELS else ""

    def _full(self, key: str) -> str:
        return f"{self._prefix}.{key}" if self._prefix and key else self._prefix or key

    def _get(self, key: str, required: str = "") -> yaml.Node | None:
        self._known.add(key)
        if key in self:
            return self._nodes[key]
        if required and not self._silent:
            self._file.errors.append(AgentFileError(f"{self.place()}: {key} is missing, expected {required}"))
        return None


def _named(key: yaml.Node) -> str:
    return str(key.value) if isinstance(key, yaml.ScalarNode) else "?"


def compose(path: Path, text: str, warnings: list[str]) -> Section:
    """The top mapping of a YAML text.

    Raises:
        yaml.YAMLError: it is not YAML.
        AgentFileError: it is empty, or not a mapping.
    """
    loader, node = composed(text)
    if node is None:
        raise AgentFileError(f"{path}: is empty, expected a mapping with name and model")
    if not isinstance(node, yaml.MappingNode):
        raise AgentFileError(f"{path}:{node.start_mark.line + 1}: expected a mapping, found {shown(node)}")
    return Section(Document(path, loader, warnings), node, "", 1)
