"""The key walk: every row of the table, in every place, at three sizes, by every way to it.

What runs is what the row says; where a widget takes the key by itself (target `press`), it is seen by what changes. From
there Esc leads back to the composer with the draft as it was. What needs more than its place – a folder under the cursor,
an agent that works – is brought about in `test_lists.py`.
"""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from typing import get_args

import pytest

from codepilot_tui.actions import PRESS
from codepilot_tui.facts import Place
from codepilot_tui.popups.pick import PickPopup
from codepilot_tui.widgets.popup import Popup

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

pytestmark = pytest.mark.slow
SIZES = [(160, 48), (80, 24), (60, 20)]
DRAFT = "a draft"
LETTERS = (80, 24)
"""At this size the leader's letters are walked from every place; at the others from `LETTERS_FROM`."""
LETTERS_FROM = ("composer",)
DEPENDS = ("unfold", "fold_file", "wrap_lines")
"""Whether they do something depends on the row under the cursor, or on how long the lines are."""
LADDER = 4
"""So many presses of Esc lead back from anywhere."""


def test_every_place_has_a_staging():
    assert {place for place, _ in stage.STAGINGS.values()} == set(get_args(Place))


class Walk:
    """One place at one size."""

    def __init__(self, app, pilot, name):
        self.app, self.pilot, self.name = app, pilot, name
        self.place, self.bring = stage.STAGINGS[name]
        self.ran = []
        app.left = []
        app.dispatch.watch = lambda action: self.ran.append(action.name)

    async def begin(self):
        """Stand in the place, with a draft in the composer."""
        app = self.app
        if app.session.facts().place != self.place or app.session.composer.text != DRAFT:
            app.session.composer.text = DRAFT
            await self.bring(app, self.pilot)
            await self.pilot.pause()
        assert app.session.facts().place == self.place, f"{self.name}: {app.session.facts()}"
        self.ran.clear()

    async def back(self, said):
        """Esc leads back to the composer; in a terminal of the person it is the program's, so hand it back first."""
        app, pilot = self.app, self.pilot
        if self.place == "terminal-held":
            app.terminal(owner="agent")
        for _ in range(LADDER):
            if app.screen is app.session and app.session.facts().place == "composer" and not self.open():
                break
            await pilot.press("escape")
            await pilot.pause()
        facts = app.session.facts()
        assert app.screen is app.session and facts.place == "composer" and not self.open(), f"{said}: {facts}"
        assert app.session.composer.text in (DRAFT, self.draft_after), f"{said}: the draft is another"
        app.session.panes.restore()
        app.left.clear()
        app.stop_asking()

    async def by_key(self, row):
        """Where the table says so the key runs the row; elsewhere it is left to what has the keyboard."""
        if not row.key or row.target == PRESS or row.name in ("back", "interrupt"):
            return
        await self.begin()
        facts = self.app.session.facts()
        if self.place not in row.places:
            assert not self.app.check_action("do", (row.name,)), f"{row.key} in {self.name}"
            return
        await self.press(row.key)
        ran = [row.name] if row.available(facts) else []
        assert self.ran == ran, f"{row.name} by {row.key} in {self.name}: {self.ran}"
        await self.back(f"{row.name} by key in {self.name}")

    async def by_press(self, row):
        """The widget of the place takes the key: more than the status line changes."""
        session = self.app.session
        await self.begin()
        if row.when == "empty":
            session.composer.text = ""
        here = session.here()
        if not row.available(here) or self.app.keymap_table.taking(row.key, here) is not row:
            return
        if row.name == "history":
            session.composer.text = "not sent"
        await stage.settled(self.pilot)
        self.ran.clear()
        ways = iter(row.also)  # one of the others leads to where it has something to do
        while not await self.changes(row.key):
            way = next(ways, None)
            if row.name in DEPENDS:
                break
            assert way is not None, f"{row.name} by {row.key} in {self.name} does nothing"
            await self.changes(way)
        if row.name != "choose_row":  # which runs what was chosen
            assert self.ran == [], f"{row.name} by {row.key} in {self.name} runs {self.ran}"
        self.draft_after = session.composer.text
        await self.back(f"{row.name} by key in {self.name}")
        self.draft_after = DRAFT

    async def changes(self, key):
        """Whether something is seen of a key."""
        before = stage.seen(self.app)
        await self.pilot.press(key)
        await stage.settled(self.pilot)
        return stage.seen(self.app) != before

    async def by_letter(self, row):
        """The leader's letter runs it from everywhere."""
        await self.begin()
        ran = [row.name] if row.available(self.app.session.facts()) else []
        await self.press(self.app.keymap_table.leader, row.leader)
        assert self.ran == (["leader", *ran] if "leader" in self.ran else []), (
            f"{row.name} by letter: {self.ran}"
        )
        assert "leader" in self.ran or self.place not in self.app.keymap_table["leader"].places
        await self.back(f"{row.name} by letter in {self.name}")

    async def by_hint(self, row):
        """A hint in the status line is a button."""
        await self.begin()
        hint = self.app.hint(row.name)
        if hint is None:
            return
        await self.pilot.click("#status", offset=(hint, 0))
        await self.pilot.pause()
        assert self.ran[:1] == [row.name], f"{row.name} by click in {self.name}: {self.ran}"
        self.draft_after = self.app.session.composer.text if row.target == PRESS else DRAFT
        await self.back(f"{row.name} by click in {self.name}")
        self.draft_after = DRAFT

    draft_after = DRAFT

    def open(self):
        """Something is open; not a question that is only looked past."""
        session = self.app.session
        asks = session.docks.dock is not None and not self.app.parts.questions.is_open
        return asks or session.pages.page is not None or bool(session.query(Popup))

    async def press(self, *keys):
        await self.pilot.press(*keys)
        await self.pilot.pause()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", stage.STAGINGS)
async def test_walk(tmp_path, name, size):
    app = stage.Stage(tmp_path)
    async with asyncio.timeout(300), app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        for _ in range(6):  # more than a screen of it
            app.play(stage.TASK, *stage.LOOKED, *stage.EDITED, stage.OTHER, *stage.DONE)
        app.terminal()
        await stage.settled(pilot)
        walk = Walk(app, pilot, name)
        keymap = app.keymap_table
        for row in keymap.actions:
            if row.name == "leader":
                continue
            await walk.by_key(row)
            if row.target == PRESS:
                await walk.by_press(row)
            if row.is_command and (size == LETTERS or name in LETTERS_FROM):
                await walk.by_letter(row)
            await walk.by_hint(row)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_walk_by_words(tmp_path, size):
    """The palette and the slash commands begin in the composer."""
    app = stage.Stage(tmp_path)
    async with asyncio.timeout(300), app.run_test(size=size) as pilot:
        await stage.settled(pilot)
        app.play(stage.TASK, *stage.LOOKED, *stage.EDITED, *stage.DONE)
        app.terminal()
        walk = Walk(app, pilot, "composer")
        for row in app.keymap_table.commands:
            if row.slash:
                await walk.begin()
                app.session.composer.text = ""
                app.session.composer.text = row.slash[:-1]
                await walk.press(row.slash[-1], "enter")
                runs = row.available(app.session.facts()) or walk.ran
                assert walk.ran == ([row.name] if runs else []), f"{row.slash}: {walk.ran}"
                walk.draft_after = ""
                await walk.back(row.slash)
                walk.draft_after = DRAFT
            if row.name == "palette":
                continue
            await walk.begin()
            if row.available(app.session.facts()):
                await walk.press("ctrl+p")
                app.session.query_one(PickPopup).field.value = row.label
                await pilot.pause()
                await walk.press("enter")
                assert walk.ran == ["palette", row.name], f"{row.label}: {walk.ran}"
                await walk.back(row.label)
