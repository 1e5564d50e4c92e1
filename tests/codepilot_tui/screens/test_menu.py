"""What is chosen in the menu of a place, or on the page of keys, does what its key does."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from codepilot_tui.actions import ACTIONS, PRESS
from codepilot_tui.key_names import key_text
from codepilot_tui.pages.keys import KeysPage
from codepilot_tui.popups.menu import MenuPopup
from codepilot_tui.widgets.options import Option

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

IN_MENUS = [
    (place, action.name)
    for place in ("chat", "files", "changes", "agent's terminal")
    for action in ACTIONS
    if action.target == PRESS and action.menu and stage.STAGINGS[place][0] in action.places
    if action.name != "fold_file"  # its row is a folder, not the one that opens
]
"""The rows whose key a widget takes itself: the choice presses it, once the menu has given the keyboard back."""


async def by_key(app, pilot, name):
    await pilot.press(app.keymap_table[name].key)


async def by_menu(app, pilot, name):
    await pilot.press("f10")
    await stage.settled(pilot)
    menu = app.screen.query_one(MenuPopup)
    for _ in range([option.value for option in menu.rows.options].index(name)):
        await pilot.press("down")
    await pilot.press("enter")


async def by_keys_page(app, pilot, name):
    await pilot.press("f1")
    await stage.settled(pilot)
    app.screen.query_one(KeysPage).field.value = app.keymap_table[name].label
    await stage.settled(pilot)
    await pilot.press("enter")


async def shown(folder, place, name, how):
    """What the screen shows before and after the action."""
    folder.mkdir()
    app = stage.Stage(folder)
    async with app.run_test(size=(120, 40)) as pilot:
        await stage.begin(app, pilot)
        await stage.STAGINGS[place][1](app, pilot)
        await stage.settled(pilot)
        await pilot.press("end")
        await stage.settled(pilot)
        while place in ("chat", "files") and not app.keymap_table[name].available(app.session.facts()):
            await pilot.press("up")  # to one that opens
            await stage.settled(pilot)
        texts = []
        for step in (None, how):
            if step is not None:
                await step(app, pilot, name)
            await stage.settled(pilot)
            rows = [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]
            texts.append("\n".join(rows).replace(str(folder), "FOLDER"))
        return texts


@pytest.mark.slow
@pytest.mark.parametrize(("place", "name"), IN_MENUS)
async def test_a_row_does_what_its_key_does(tmp_path, place, name):
    before, wanted = await shown(tmp_path / "key", place, name, by_key)
    assert wanted != before
    for how in (by_menu, by_keys_page):
        assert await shown(tmp_path / how.__name__, place, name, how) == [before, wanted], how.__name__


async def test_no_row_of_a_menu_is_cut_on_the_narrowest_screen(tmp_path):
    app = stage.Stage(tmp_path)
    async with app.run_test(size=(60, 20)) as pilot:
        await stage.settled(pilot)
        rows = [action for action in ACTIONS if action.menu]
        options = [
            Option(row.name, row.label, "" if key == row.menu_letter else key, row.menu_letter)
            for row in rows
            for key in [key_text(row.key) if row.key else app.keymap_table.leader_key(row)]
        ]
        menu = MenuPopup(options)
        menu.open(app.session, lambda chosen: None)
        await stage.settled(pilot)
        width = menu.rows.scrollable_content_region.width
        for at, option in enumerate(options):
            text = menu.rows.paint(at, width, False).text
            assert option.label in text and option.note in text, text
