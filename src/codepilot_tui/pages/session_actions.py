"""What is done with a session of the list: opened, read along, renamed, forked, exported, deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path, PurePath
from typing import Any, Literal, TypeVar

from textual import work

from codepilot.errors import CodepilotError
from codepilot.journal.overview import Overview
from codepilot.text import clean_line
from codepilot_tui.bench.session_rows import SessionRow
from codepilot_tui.glyphs import UNICODE
from codepilot_tui.pages.base import Page
from codepilot_tui.pages.entry import EntryPage
from codepilot_tui.pages.session_rows import SessionRows
from codepilot_tui.session_store import FORMS, SessionStore
from codepilot_tui.widgets.field import Field
from codepilot_tui.widgets.painted import middle_path

Choice = Overview | Literal["new"]
Made = TypeVar("Made")
OpenPage = Callable[[Page[Any], Callable[[Any], None]], None]
_FORMS = {".md": "Markdown", ".html": "HTML", ".json": "JSON"}
"""What Tab walks over where a session is exported."""


class SessionActions(EntryPage[Choice]):
    """The part of the page of sessions that does something.

    Args:
        store: the sessions.
        tab: gives the number of the tab that has a session open; 0: none of this program.
        rows: the list.
        open_page: opens another page over this one, and tells its result.
        renamed: told the id of a session that was renamed, and its new title.
    """

    def __init__(
        self,
        store: SessionStore,
        tab: Callable[[str], int],
        rows: SessionRows,
        open_page: OpenPage,
        renamed: Callable[[str, str], None],
    ) -> None:
        self._store = store
        self._tab = tab
        self.list = rows
        self._open_page = open_page
        self._renamed = renamed
        self._deleted: list[str] = []
        super().__init__()

    def load(self, then: str = "", said: str = "") -> None:
        """Read the list anew; the cursor goes to the session `then`, or stays with the one it is on."""
        raise NotImplementedError

    @property
    def exports(self) -> bool:
        """It is asked for the file of an export."""
        return self.entry.asks and self.asked_for.startswith("export")

    # -- doing -----------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        row = self.list.chosen
        if row is None:
            return
        if self.is_elsewhere(row):
            self._read_along(row)
        else:
            self.finish(row.overview)

    def is_elsewhere(self, row: SessionRow) -> bool:
        """Another program works in it."""
        return row.overview.holder is not None and not self._tab(row.id)

    def _read_along(self, row: SessionRow) -> None:
        from codepilot_tui.pages.reading import ReadingPage  # only where a session is in use

        def done(wanted: Literal["fork"] | None) -> None:
            if wanted is not None:
                self._fork(opens=True)

        self._open_page(ReadingPage(row.overview), done)

    def _replay(self) -> None:
        from codepilot_tui.pages.replay import ReplayPage  # the first time it is wanted

        if (row := self.list.chosen) is not None:
            self._open_page(ReplayPage(row.overview), lambda _: None)

    def _ask_title(self) -> None:
        if (row := self.list.chosen) is not None:
            self.ask("rename", "Title", row.title, lambda words: self._rename(row, words))

    def _ask_path(self) -> None:
        if (row := self.list.chosen) is not None:
            path = self._store.export_path(row.overview)
            self.ask(_export_word(path), "Export to", path, lambda words: self._export(row, words))

    def other_form(self) -> None:
        """Export as something else: the end of the file's name says it."""
        path = PurePath(self.entry.field.value)
        endings = tuple(FORMS)
        at = endings.index(path.suffix) if path.suffix in FORMS else -1
        stem = self.entry.field.value.removesuffix(path.suffix) if path.suffix in FORMS else str(path)
        self.entry.field.value = f"{stem}{endings[(at + 1) % len(endings)]}"
        self.entry.field.cursor_position = len(self.entry.field.value)

    def on_input_changed(self, event: Field.Changed) -> None:
        """The end of the name of a file says what is written."""
        if event.input is self.entry.field and self.exports:
            self.asked_for = _export_word(event.value)
            self.keys_changed()

    @work(group="do")
    async def _rename(self, row: SessionRow, words: str) -> None:
        if (title := await self._did(self._store.rename(row.overview, words))) is not None:
            self._renamed(row.id, title)
            self.load(row.id)

    @work(group="do")
    async def _export(self, row: SessionRow, words: str) -> None:
        if (path := await self._did(self._store.export(row.overview, words))) is not None:
            self.say(f"written: {self._shown(path)}")

    def _shown(self, path: Path) -> str:
        """As it fits beside the title: from the work folder on where it is in that, its name whole."""
        inside = path.is_relative_to(self._store.work_dir)
        shown = path.relative_to(self._store.work_dir) if inside else path
        return middle_path(clean_line(str(shown)), max(20, self.size.width // 2 - 14))

    @work(group="do")
    async def _fork(self, *, opens: bool = False) -> None:
        if (row := self.list.chosen) is None:
            return
        if (made := await self._did(self._store.fork(row.overview))) is None:
            return
        if opens:
            self.finish(made)
        else:
            self.load(made.id, "forked · Enter opens it")

    @work(group="do")
    async def _delete(self) -> None:
        if (row := self.list.chosen) is None:
            return
        if number := self._tab(row.id):
            self.say(f"open in tab {number} · close that first")
            return
        try:
            await self._store.delete(row.overview)
        except CodepilotError as error:
            self._tell(error)
            return
        self._deleted.append(row.id)
        self.load(said="in the bin · Ctrl+Z undoes")  # in narrow windows the foot has no room for that key

    @work(group="do")
    async def _undelete(self) -> None:
        if not self._deleted:
            return
        if (back := await self._did(self._store.undelete(self._deleted[-1]))) is not None:
            self._deleted.pop()
            self.load(back.id)

    async def _did(self, doing: Awaitable[Made]) -> Made | None:
        """What came of it; None: it could not be done, and why is said."""
        try:
            return await doing
        except CodepilotError as error:
            self._tell(error)
            return None

    def _tell(self, error: CodepilotError) -> None:
        self.say(f"{UNICODE.bad} {error.message}")


def _export_word(path: str) -> str:
    form = _FORMS.get(PurePath(path).suffix.lower())
    return f"export as {form}" if form else "export"
