"""The colours of a theme on a terminal that has 256 of them.

Left to Rich, near-black planes all become black, near-white ones white, and muted text teal. Here the tokens that are
greys by their meaning stay greys, planes that lie beside each other stay apart, and what has a hue keeps it.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from codepilot_tui.theme import Tokens

Rgb = tuple[int, int, int]

PLANES = ("ground", "panel-plane", "raised", "line", "terminal-ground")
"""Planes of grey, which may lie beside each other."""
GREYS = ("ink", "muted", "faint", "syntax-comment")
"""Text of no hue."""
HUED = ("added", "added-word", "removed", "removed-word", "selection")
"""Planes that say something by their hue; of two that begin alike, one lies in the other."""

_STEPS = (0, 95, 135, 175, 215, 255)
_CUBE: dict[int, Rgb] = {
    16 + 36 * red + 6 * green + blue: (_STEPS[red], _STEPS[green], _STEPS[blue])
    for red in range(6)
    for green in range(6)
    for blue in range(6)
}
_RAMP: dict[int, Rgb] = {232 + step: (8 + 10 * step,) * 3 for step in range(24)}
COLOURS: dict[int, Rgb] = {**_CUBE, **_RAMP}
"""Those whose look does not depend on how the person's terminal is set up, by number."""
_BLACK, _WHITE = 16, 231
_BY_LIGHTNESS = (_BLACK, *_RAMP, _WHITE)
_HUES = tuple(number for number, rgb in _CUBE.items() if len(set(rgb)) > 1)
READABLE = 4.5
"""The contrast that text is to have with the planes."""
_WRONG_HUE = 700.0
"""What a hue on the other side of the circle costs, as a distance of colours."""


def numbers(tokens: Tokens) -> dict[str, int]:
    """The number of each token of a theme in the palette of 256 colours."""
    found = _planes(tokens)
    found |= {name: _grey(_rgb(tokens[name]), dark=tokens.dark) for name in GREYS}
    for name in HUED:
        beside = {number for other, number in found.items() if other in PLANES or other in HUED}
        found[name] = _hue(_rgb(tokens[name]), without=beside)
    below = [found[name] for name in PLANES if name != "line"]
    for name in tokens:
        if name not in found:
            found[name] = (nearest if name.startswith("ansi-") else _text_on(below))(_rgb(tokens[name]))
    return found


def nearest(rgb: Rgb) -> int:
    """The number of the nearest colour; a hue stays a hue."""
    if max(rgb) - min(rgb) < 32:
        return _closest(rgb, _BY_LIGHTNESS)
    return _hue(rgb)


def _planes(tokens: Tokens) -> dict[str, int]:
    """Each plane has a grey of its own, in the order of their lightness, and as near as can be."""
    names = sorted(PLANES, key=lambda name: _lightness(_rgb(tokens[name])))
    wanted = [_lightness(_rgb(tokens[name])) for name in names]
    greys = [_lightness(COLOURS[number]) for number in _BY_LIGHTNESS]
    return dict(zip(names, (_BY_LIGHTNESS[at] for at in _ascending(wanted, greys)), strict=True))


def _ascending(wanted: Sequence[float], offered: Sequence[float]) -> tuple[int, ...]:
    """For each wanted value, ascending, the place of one that is offered: each its own, at the least cost together."""
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())] * (len(offered) + 1)
    """At n: what the values so far cost, and which places they have, with the first n places alone."""
    for value in wanted:
        row: list[tuple[float, tuple[int, ...]]] = [(float("inf"), ())]
        for at, grey in enumerate(offered):
            cost, places = best[at]
            row.append(min(row[-1], (cost + (value - grey) ** 2, (*places, at))))
        best = row
    return best[-1][1]


def _grey(rgb: Rgb, *, dark: bool) -> int:
    """The nearest grey that is not nearer to the planes than the colour itself: text stays as well to be read."""
    light = _lightness(rgb)
    fitting = [
        number
        for number in _BY_LIGHTNESS
        if (_lightness(COLOURS[number]) >= light if dark else _lightness(COLOURS[number]) <= light)
    ]
    return _closest((round(light),) * 3, fitting)


def _text_on(planes: Sequence[int]) -> Callable[[Rgb], int]:
    """Finds the nearest hue that can be read on all of these planes."""

    def find(rgb: Rgb) -> int:
        near = sorted(_HUES, key=lambda number: _apart(rgb, number))
        read = (number for number in near if all(contrast(number, plane) >= READABLE for plane in planes))
        return next(read, near[0])

    return find


def contrast_of(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """How well a colour stands out from another, from 1 to 21, as WCAG counts it."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(rgb: tuple[int, int, int]) -> float:
    def channel(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (channel(part) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: int, plane: int) -> float:
    """How well a colour stands out from another, both by number, as WCAG counts it."""
    return contrast_of(COLOURS[ink], COLOURS[plane])


def _hue(rgb: Rgb, *, without: Iterable[int] = ()) -> int:
    taken = frozenset(without)
    return min((number for number in _HUES if number not in taken), key=lambda number: _apart(rgb, number))


def _apart(rgb: Rgb, number: int) -> float:
    other = COLOURS[number]
    turn = abs(_hue_of(rgb) - _hue_of(other))
    return _distance(rgb, other) + (_WRONG_HUE * min(turn, 1 - turn)) ** 2


def _hue_of(rgb: Rgb) -> float:
    return colorsys.rgb_to_hsv(*(part / 255 for part in rgb))[0]


def _closest(rgb: Rgb, among: Iterable[int]) -> int:
    return min(among, key=lambda number: _distance(rgb, COLOURS[number]))


def _distance(one: Rgb, other: Rgb) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)))


def _lightness(rgb: Rgb) -> float:
    """From 0 to 255, as the eye weighs the three parts."""
    red, green, blue = rgb
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


class In256Colours(LineFilter):
    """Draws with the colours of the palette in place of those that the terminal has not.

    Args:
        tokens: the theme in force.
    """

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.theme = tokens.name
        """Whose colours these are."""
        self._known: Mapping[Rgb, int] = {
            _rgb(tokens[name]): number for name, number in reversed(numbers(tokens).items())
        }
        self._style = lru_cache(4096)(self._in_palette)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments in colours that there are."""
        del background
        return [
            Segment(text, self._style(style) if style is not None else None, control)
            for text, style, control in segments
        ]

    def _in_palette(self, style: Style) -> Style:
        return style + Style(color=self._colour(style.color), bgcolor=self._colour(style.bgcolor))

    def _colour(self, colour: RichColor | None) -> RichColor | None:
        if colour is None or colour.triplet is None:
            return colour
        rgb: Rgb = (colour.triplet.red, colour.triplet.green, colour.triplet.blue)
        number = self._known.get(rgb)
        return RichColor.from_ansi(nearest(rgb) if number is None else number)
