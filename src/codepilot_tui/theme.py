"""Themes: YAML files of named colours, checked, and handed to style sheets and to widgets that draw lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.style import Style

from codepilot.errors import CodepilotError
from codepilot.values import dataclass

if TYPE_CHECKING:
    from textual.app import App
    from textual.theme import Theme

TOKENS = (
    "ground",
    "panel-plane",
    "raised",
    "line",
    "ink",
    "muted",
    "faint",
    "you",
    "agent",
    "ok",
    "warn",
    "bad",
    "code",
    "added",
    "added-word",
    "removed",
    "removed-word",
    "selection",
    "terminal-ground",
)
"""The names that style sheets use, with a `$` in front."""

SYNTAX = ("keyword", "string", "number", "comment", "function", "type", "constant", "decorator")
"""Kinds of source text; in a style sheet `$syntax-keyword` and so on."""

_ANSI_BASE = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
ANSI = _ANSI_BASE + tuple(f"bright-{name}" for name in _ANSI_BASE)
"""The sixteen colours of a terminal, in their numbers' order; in a style sheet `$ansi-red` and so on."""

DEFAULT_THEME = "dusk"

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class ThemeError(CodepilotError, ValueError):
    """A theme file is missing or wrong; the text names the file and the key."""


@dataclass(frozen=True)
class Tokens(Mapping[str, str]):
    """The colours of one theme by token: `tokens["ink"]`, `tokens["syntax-string"]`, `tokens["ansi-red"]`."""

    name: str
    dark: bool
    colours: Mapping[str, str]
    _styles: dict[tuple[Any, ...], Style] = field(default_factory=dict, repr=False, compare=False)

    def __getitem__(self, token: str) -> str:
        return self.colours[token]

    def __iter__(self) -> Iterator[str]:
        return iter(self.colours)

    def __len__(self) -> int:
        return len(self.colours)

    def __hash__(self) -> int:
        return hash((self.name, self.dark))

    @property
    def ansi(self) -> tuple[str, ...]:
        """The sixteen terminal colours in the order of their numbers."""
        return tuple(self.colours[f"ansi-{name}"] for name in ANSI)

    def style(self, ink: str = "", plane: str = "", *, bold: bool = False, italic: bool = False) -> Style:
        """A Rich style of token names: `style("muted")`, `style("ink", "added", bold=True)`."""
        key = (ink, plane, bold, italic)
        made = self._styles.get(key)
        if made is None:
            made = self._styles[key] = Style(
                color=self.colours[ink] if ink else None,
                bgcolor=self.colours[plane] if plane else None,
                bold=bold or None,
                italic=italic or None,
            )
        return made


def theme_folders() -> tuple[Path, ...]:
    """Where themes lie: beside the installed package, and at the top of a checkout."""
    here = Path(__file__).resolve().parent
    return (here / "themes", here.parents[1] / "themes")


def theme_names(folders: tuple[Path, ...] | None = None) -> tuple[str, ...]:
    """The names of all themes that can be loaded."""
    found = {path.stem for folder in folders or theme_folders() for path in folder.glob("*.yaml")}
    return tuple(sorted(found))


def load_theme(name: str, folders: tuple[Path, ...] | None = None) -> Tokens:
    """Read and check one theme.

    Raises:
        ThemeError: no such theme, or its file is wrong.
    """
    for folder in folders or theme_folders():
        path = folder / f"{name}.yaml"
        if path.is_file():
            return read_theme(path)
    known = ", ".join(theme_names(folders)) or "none"
    raise ThemeError(f"There is no theme {name!r}.", hint=f"Themes that can be loaded: {known}.")


def read_theme(path: Path) -> Tokens:
    """Read and check one theme file.

    Raises:
        ThemeError: naming the file and the key.
    """
    data = _data(path)
    if not isinstance(data, dict):
        raise ThemeError(f"{path}: must be a mapping with name, dark, tokens, syntax and ansi.")
    for key in data:
        if key not in ("name", "dark", "tokens", "syntax", "ansi"):
            raise ThemeError(f"{path}: {key}: unknown key.")
    if data.get("name") != path.stem:
        raise ThemeError(f"{path}: name: must be {path.stem!r}, as the file is called.")
    if not isinstance(data.get("dark"), bool):
        raise ThemeError(f"{path}: dark: must be true or false.")
    colours = _section(path, data, "tokens", TOKENS, "")
    colours |= _section(path, data, "syntax", SYNTAX, "syntax-")
    colours |= _section(path, data, "ansi", ANSI, "ansi-")
    return Tokens(name=path.stem, dark=data["dark"], colours=colours)


def _data(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ThemeError(f"{path}: cannot be read: {error}.") from error
    if (data := plain_mapping(text)) is not None:
        return data
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ThemeError(f"{path}: cannot be read: {error}.") from error


_PLAIN = re.compile(
    r"( {2,8})?([A-Za-z][\w-]*):(?: +(?:\"([^\"\\\\]*)\"|'([^']*)'|(true|false)|([A-Za-z][\w.-]*)))? *(?:#.*)?"
)


def plain_mapping(text: str) -> dict[str, Any] | None:
    """What a theme file says, if it is as plain as ours: sections of `name: "#rrggbb"`. None: YAML has to read it.

    The first frame waits for a theme, and to import a YAML parser and parse with it takes a tenth of that wait.
    """
    data: dict[str, Any] = {}
    section: dict[str, Any] | None = None
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        found = _PLAIN.fullmatch(line)
        if found is None:
            return None
        indent, key, *values = found.groups()
        double, single, flag, word = values
        value = next((each for each in (double, single, word) if each is not None), None)
        said: Any = flag == "true" if flag is not None else value
        target = section if indent else data
        if target is None or key in target or word in ("yes", "no", "on", "off", "null"):
            return None
        if said is None:
            if indent:
                return None
            section = data[key] = {}
        else:
            target[key] = said
    return data


def _section(
    path: Path, data: dict[Any, Any], key: str, names: tuple[str, ...], prefix: str
) -> dict[str, str]:
    section = data.get(key)
    if not isinstance(section, dict):
        raise ThemeError(f"{path}: {key}: must be a mapping of colours.")
    for name in section:
        if name not in names:
            raise ThemeError(f"{path}: {key}.{name}: unknown token.")
    colours = {}
    for name in names:
        if name not in section:
            raise ThemeError(f"{path}: {key}.{name}: is missing.")
        value = section[name]
        if not isinstance(value, str) or not _COLOUR.fullmatch(value):
            raise ThemeError(f"{path}: {key}.{name}: {value!r} is not a colour of the form '#rrggbb'.")
        colours[prefix + name] = value.lower()
    return colours


@lru_cache(maxsize=16)
def _shipped(name: str) -> Tokens:
    return load_theme(name)


def textual_theme(tokens: Tokens) -> Theme:
    """The same colours as a Textual theme: the tokens as variables, Textual's own names mapped onto them."""
    from textual.theme import Theme

    return Theme(
        name=tokens.name,
        dark=tokens.dark,
        primary=tokens["you"],
        secondary=tokens["agent"],
        accent=tokens["you"],
        success=tokens["ok"],
        warning=tokens["warn"],
        error=tokens["bad"],
        foreground=tokens["ink"],
        background=tokens["ground"],
        surface=tokens["panel-plane"],
        panel=tokens["raised"],
        variables=_variables(tokens),
    )


def _variables(tokens: Tokens) -> dict[str, str]:
    return {
        **tokens.colours,
        "border": tokens["you"],
        "border-blurred": tokens["line"],
        "block-cursor-background": tokens["raised"],
        "block-cursor-foreground": tokens["ink"],
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": tokens["raised"],
        "block-cursor-blurred-foreground": tokens["ink"],
        "input-cursor-background": tokens["you"],
        "input-cursor-foreground": tokens["ground"],
        "input-selection-background": tokens["selection"],
        "screen-selection-background": tokens["selection"],
        "screen-selection-foreground": tokens["ink"],
        "scrollbar": tokens["line"],
        "scrollbar-hover": tokens["faint"],
        "scrollbar-active": tokens["faint"],
        "scrollbar-background": tokens["ground"],
        "scrollbar-background-hover": tokens["ground"],
        "scrollbar-background-active": tokens["ground"],
        "scrollbar-corner-color": tokens["ground"],
        "footer-key-foreground": tokens["ink"],
        "link-color": tokens["code"],
    }


def install_themes(app: App[Any], name: str = DEFAULT_THEME) -> None:
    """Register a theme and choose it. Call it in the app's `__init__`; the others follow after the first frame.

    Raises:
        ThemeError: its file is wrong, or there is no such theme.
    """
    app.register_theme(textual_theme(_shipped(name)))
    app.theme = name


def register_themes(app: App[Any]) -> None:
    """Register every theme that can be found, so that it can be chosen.

    Raises:
        ThemeError: a theme file is wrong.
    """
    for each in theme_names():
        app.register_theme(textual_theme(_shipped(each)))


def tokens_for(app: App[Any]) -> Tokens:
    """The colours in force, for widgets that draw with Rich styles; under a foreign Textual theme our default."""
    chosen = app.theme
    return _shipped(chosen if chosen in _known() else DEFAULT_THEME)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """The themes that were there at the start, kept because tokens are asked for at every redraw."""
    return frozenset(theme_names())
