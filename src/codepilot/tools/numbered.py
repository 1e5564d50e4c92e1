"""Lines as the model sees them: numbered from 1, long ones cut, regions with what stands around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MAX_COLUMNS = 2000
_AROUND = 3
_MAX_REGION = 40
_MAX_ALL = 120


def numbered(lines: Sequence[str], first: int) -> list[str]:
    """Rows ``    3 | text`` for lines whose first one has number `first`; blanks at their ends are left out."""
    return [f"{number:5} | {_cut(line)}".rstrip() for number, line in enumerate(lines, first)]


def regions(lines: Sequence[str], spans: Iterable[tuple[int, int]]) -> list[str]:
    """Rows of the spans (from 0, end excluded) with three lines around each; a gap shows as ``      …``."""
    rows: list[str] = []
    last = 0
    for start, end in _joined(spans, len(lines)):
        if start > last:
            rows.append("      …")
        if end - start > _MAX_REGION:
            half = _MAX_REGION // 2
            rows += numbered(lines[start : start + half], start + 1)
            rows.append(f"      … ({end - start - 2 * half} lines)")
            rows += numbered(lines[end - half : end], end - half + 1)
        else:
            rows += numbered(lines[start:end], start + 1)
        last = end
        if len(rows) > _MAX_ALL:
            rows[_MAX_ALL:] = ["      …"]
            return rows
    if last < len(lines):
        rows.append("      …")
    return rows


def _joined(spans: Iterable[tuple[int, int]], total: int) -> list[tuple[int, int]]:
    wide: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        start, end = max(0, start - _AROUND), min(total, end + _AROUND)
        if wide and start <= wide[-1][1]:
            wide[-1] = (wide[-1][0], max(end, wide[-1][1]))
        elif start < end:
            wide.append((start, end))
    return wide


def _cut(line: str) -> str:
    line = line.rstrip()
    return (
        line
        if len(line) <= MAX_COLUMNS
        else f"{line[:MAX_COLUMNS]} … [+{len(line) - MAX_COLUMNS} characters]"
    )
