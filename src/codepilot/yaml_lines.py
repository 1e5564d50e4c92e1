"""A YAML file read as plain values, of which what is wrong is told with its line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from codepilot.errors import UsageError, with_stop

if TYPE_CHECKING:
    import yaml


class YamlFile:
    """A mapping in a file.

    Args:
        path: of the file.
        unique: refuse keys that stand twice in one mapping, of which YAML takes the last.

    Raises:
        UsageError: it cannot be read, is no YAML, or no mapping.
    """

    def __init__(self, path: Path, *, unique: bool = True) -> None:
        import yaml

        self.path = path
        try:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(path.read_text(encoding="utf-8-sig"))
            self._root: yaml.Node | None = loader.get_single_node()
            data: Any = None if self._root is None else loader.construct_document(self._root)
        except UnicodeDecodeError as error:
            raise UsageError(f"{path}: is not UTF-8 ({error.reason} at byte {error.start}).") from error
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror or error}.") from error
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f":{mark.line + 1}" if mark else ""
            raise UsageError(f"{path}{line}: is not YAML: {error.problem or error}.") from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise UsageError(f"{path}: is not YAML: {error}.") from error
        self.data: dict[Any, Any] = self.mapping(data)
        if unique and self._root is not None:
            self._refuse_doubled(self._root, ())

    def mapping(self, value: Any, *keys: str) -> dict[Any, Any]:
        """A value that must be a mapping; nothing is an empty one.

        Args:
            value: what stands there.
            keys: where it stands.

        Raises:
            UsageError: it is something else.
        """
        if value is None:
            return {}
        if not isinstance(value, dict):
            found = "a list" if isinstance(value, list) else repr(value)
            raise self.wrong(f"expected a mapping, found {found}", *keys)
        return value

    def wrong(self, why: str, *keys: str) -> UsageError:
        """The error for what stands under these keys: with file, line and keys."""
        node, line = self._root, 1
        for key in keys:
            entries = _entries(node)
            at = next((each for each in entries if str(each[0].value).lower() == key.lower()), None)
            if at is None:
                break
            line, node = at[0].start_mark.line + 1, at[1]
        place = f"{'.'.join(keys)}: " if keys else ""
        return UsageError(with_stop(f"{self.path}:{line}: {place}{why}"))

    def _refuse_doubled(self, node: yaml.Node, keys: tuple[str, ...]) -> None:
        seen: dict[str, int] = {}
        for key, value in _entries(node):
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen and name != "<<":
                place = ".".join((*keys, name))
                raise UsageError(f"{self.path}:{line}: {place}: is already set on line {seen[name]}.")
            seen[name] = line
            self._refuse_doubled(value, (*keys, name))


def _entries(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    """The keys and values of a mapping; empty for anything else."""
    import yaml

    return list(node.value) if isinstance(node, yaml.MappingNode) else []
