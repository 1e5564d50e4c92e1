"""The C types that are handed to libghostty-vt, parsed all at once.

For each type that is named to cffi its parser reads the names of all declarations again, some milliseconds each time:
a fifth of a second for the forty types that the first terminal of a process needs. As the fields of one struct they are
parsed together.
"""

from __future__ import annotations

from typing import Any

from pyghostty._ffi import ffi

SCROLL = "void(*)(GhosttyTerminal, CodepilotScrollViewport)"
GRID_REF = "GhosttyResult(*)(GhosttyTerminal, GhosttyPointS, GhosttyGridRef*)"
_VALUES = (
    "CodepilotScrollViewport",
    "GhosttyCellsView",
    "GhosttyColorRgb",
    "GhosttyGridRef",
    "GhosttyKeyEncoder",
    "GhosttyKeyEvent",
    "GhosttyMouseEncoder",
    "GhosttyMouseEncoderSize",
    "GhosttyMouseEvent",
    "GhosttyMousePosition",
    "GhosttyPointS",
    "GhosttyRenderState",
    "GhosttyRenderStateCursor",
    "GhosttyRenderStateDirty",
    "GhosttyRenderStateRowCells",
    "GhosttyRenderStateRowId",
    "GhosttyRenderStateRowIterator",
    "GhosttyRow",
    "GhosttyString",
    "GhosttyStyle",
    "GhosttyTerminal",
    "GhosttyTerminalModeConfig",
    "GhosttyTerminalScreen",
    "GhosttyTerminalScrollViewport",
    "bool",
    "size_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "uint8_t",
)
"""Each by itself, and a pointer to it."""
_ARRAYS = ("char", "uint8_t", "uint32_t")
_FUNCTIONS = (
    "GhosttyTerminalBellFn",
    "GhosttyTerminalClipboardWriteFn",
    "GhosttyTerminalColorSchemeFn",
    "GhosttyTerminalDesktopNotificationFn",
    "GhosttyTerminalSizeFn",
    "GhosttyTerminalWritePtyFn",
)
_POINTERS_TO_FUNCTIONS = (SCROLL, GRID_REF)


def _parse() -> dict[str, Any]:
    fields = [f"{name} *" for name in _VALUES]
    fields += [f"{name} (*{{}})[]" for name in _ARRAYS]
    fields += _FUNCTIONS
    fields += [name.replace("(*)", "(*{})") for name in _POINTERS_TO_FUNCTIONS]
    members = (
        f"{each.format(f'f{at}')};" if "{}" in each else f"{each} f{at};" for at, each in enumerate(fields)
    )
    # ABI mode cannot pass a union by value; the first struct has the same shape as the one with the union.
    ffi.cdef(
        "typedef struct { GhosttyTerminalScrollViewportTag tag; uint64_t row; uint64_t _pad; }"
        f" CodepilotScrollViewport; struct CodepilotTypes {{ {' '.join(members)} }};"
    )
    parsed = iter([field.type for _, field in ffi.typeof("struct CodepilotTypes").fields])
    types: dict[str, Any] = {}
    for name in _VALUES:
        types[f"{name}*"] = pointer = next(parsed)
        types[name] = pointer.item
    types |= {f"{name}[]": next(parsed).item for name in _ARRAYS}
    return types | dict(zip((*_FUNCTIONS, *_POINTERS_TO_FUNCTIONS), parsed, strict=True))


TYPES = _parse()
"""By their names in C, without blanks before `*`; what `ffi.new` and its like take in place of the name."""


__all__ = ["GRID_REF", "SCROLL", "TYPES"]
