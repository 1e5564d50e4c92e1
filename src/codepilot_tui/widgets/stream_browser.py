"""All changed files in one stream, with a list of them beside it: how one moves about in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from codepilot_tui.widgets.diff_stream import DiffStream
from codepilot_tui.widgets.edit_list import FileList, Listed
from codepilot_tui.widgets.foot import key_of
from codepilot_tui.widgets.painted import Painted
from codepilot_tui.widgets.stream_rows import FileDiff

LIST_FROM = 100
"""Columns from which the files stand in a list beside the stream."""


class StreamBrowser(Horizontal):
    """Files left, the stream right. It takes no focus: hand keys on to `press`.

    Args:
        files: what differs, at least one file.
        at: the file to begin with.
    """

    DEFAULT_CSS = """
    StreamBrowser { height: 1fr; width: 1fr; background: $raised; }
    StreamBrowser FileList { display: none; }
    StreamBrowser.-listed FileList { display: block; }
    """

    class Moved(Message):
        """Another file or change is meant, or the room is another."""

    def __init__(self, files: Sequence[FileDiff], *, at: int = 0, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self.files = tuple(files)
        self.list = FileList(Listed(self.files, at, frozenset((at,))))
        self.stream = DiffStream(self.files, at=at)

    def compose(self) -> ComposeResult:
        """The list, the stream."""
        yield self.list
        yield self.stream

    @property
    def path(self) -> str:
        """The file that is meant."""
        return self.files[self.stream.file].path

    @property
    def change(self) -> tuple[int, int]:
        """Which change of that file is meant, from 0, and how many it has; -1: none."""
        return self.stream.change, self.stream.changes

    @property
    def figures(self) -> tuple[int, int]:
        """Lines added and removed in all files."""
        return sum(each.added for each in self.files), sum(each.removed for each in self.files)

    @property
    def where(self) -> str:
        """Where one is, in words, if there is more than one place to be."""
        said = f"file {self.stream.file + 1} of {len(self.files)}" if len(self.files) > 1 else ""
        number, total = self.stream.number
        if total > 1 and number:
            said += f"{' · ' if said else ''}change {number} of {total}"
        return said

    def on_resize(self, event: events.Resize) -> None:
        """A list only where there is room for it beside the stream."""
        self.set_class(len(self.files) > 1 and event.size.width >= LIST_FROM, "-listed")
        self.post_message(self.Moved())

    def on_diff_stream_moved(self, event: DiffStream.Moved) -> None:
        """The list shows which file is meant."""
        event.stop()
        listed, at = self.list.listed, self.stream.file
        if at != listed.at:
            self.list.listed = replace(listed, at=at, seen=listed.seen | {at})
            self.list.repaint()
        self.post_message(self.Moved())

    def on_painted_pressed(self, event: Painted.Pressed) -> None:
        """A click on a file of the list shows it."""
        event.stop()
        self.stream.go_to_file(int(event.name))

    def press(self, key: str) -> bool:
        """Move about in the changes; True if the key does."""
        stream = self.stream
        page = max(1, stream.size.height - 2)  # the head of the file hides a row
        rows = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "home": -(10**9), "end": 10**9}
        columns = {"left": -8, "right": 8}
        steps = {"full_stop": 1, "comma": -1}
        files = {"greater_than_sign": 1, "less_than_sign": -1}
        if key in rows:
            stream.move(rows[key])
        elif key in columns:
            stream.move_aside(columns[key])
        elif key in steps:
            stream.go(steps[key])
        elif key in files:
            stream.go_to_file(stream.file + files[key])
        elif key == "f":
            stream.toggle_folds()
        elif key == "w":
            stream.toggle_wrap()
        else:
            return False
        return True

    def offered(self) -> frozenset[str]:
        """The keys that mean something, whether there is room for their words or not."""
        moves = ("down",) if self.stream.max_scroll_y > 0 else ()
        aside = ("right",) if self.stream.max_scroll_x > 0 else ()
        return frozenset((*(key_of(label) for label, _ in self.keys()), *moves, *aside))

    def keys(self) -> list[tuple[str, str]]:
        """The keys that mean something, with their words."""
        shown = [("< >", "file")] if len(self.files) > 1 else []
        if len(self.files) > 1 or self.stream.changes > 1:
            shown.append((", .", "change"))
        shown += [("f", "fold")] if self.stream.has_folds else []
        shown += [("w", "wrap")] if self.stream.has_long_lines or self.stream.rows.form.wrapped else []
        return shown
