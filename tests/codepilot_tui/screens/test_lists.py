"""The lists of keys, in every place: what F1 lists there does something there, and what does something is listed."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from typing import get_args

import pytest
from textual.widgets import Input, TextArea

from codepilot_tui.actions import OFFERED, PRESS
from codepilot_tui.facts import READING, Kind
from codepilot_tui.pages.keys import KeysPage
from codepilot_tui.popups.menu import MenuPopup

_spec = importlib.util.spec_from_file_location("scene", Path(__file__).with_name("scene.py"))
scenes = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(scenes)
stage, BRING = scenes.stage, scenes.BRING

pytestmark = pytest.mark.slow
NAMED = (
    "enter", "escape", "tab", "shift+tab", "space", "up", "down", "left", "right", "pageup", "pagedown", "home", "end",
    "shift+pageup", "shift+pagedown", "ctrl+up", "ctrl+down", "alt+enter", "alt+r", "shift+enter",
    *(f"f{number}" for number in range(1, 13)),
)  # fmt: skip
LETTERS = ("y", "n", "d", "e", "s", "p", "a", "o", "f", "w", "q", "g", "h", "v", "full_stop", "comma", "less_than_sign",
           "greater_than_sign", "slash")  # fmt: skip
DEPENDS = ("unfold", "fold_file")
"""Whether they do something depends on the row under the cursor."""


def test_whatever_has_keys_of_its_own_has_a_staging():
    assert set(stage.OPENED) == set(get_args(Kind)) - {""}


@pytest.fixture
async def scene(tmp_path, request):
    app = stage.Stage(tmp_path)
    async with asyncio.timeout(300), app.run_test(size=(120, 40)) as pilot:
        await scenes.furnish(app, pilot)
        made = scenes.Scene(app, pilot, request.param)
        await made.begin()
        yield made


@pytest.mark.parametrize("scene", BRING, indirect=True)
async def test_what_is_listed_does_something(scene):
    keymap = scene.app.keymap_table
    rows = [row for row in keymap.here(scene.app.session.here()) if row.target == PRESS]
    for row in rows:
        if (
            scene.name == "replay"
        ):  # the row before may have led to its beginning, where nothing can be scrolled
            await scene.begin()
        for key in row.keys:
            if (
                not row.available(scene.app.session.here())
                or keymap.taking(key, scene.app.session.here()) is not row
            ):
                await scene.begin()
            if not row.available(scene.app.session.here()):
                assert row.when != OFFERED
                break
            ways = iter(row.keys)  # one of the others leads to where it has something to do
            while not await scene.does(key):
                way = next(ways, None)
                if row.name in DEPENDS:
                    break
                assert way is not None, f"{key} for {row.name} in {scene.name} does nothing"
                await scene.does(way)


@pytest.mark.parametrize("scene", BRING, indirect=True)
async def test_what_does_something_is_listed(scene):
    keymap, session = scene.app.keymap_table, scene.app.session
    writes = isinstance(session.focused, (Input, TextArea))
    editing = (
        {key for node in (session.focused,) for key in node._bindings.key_to_bindings} if writes else set()
    )
    if scene.name == "agent's terminal":
        editing = {"enter", "space"}  # refused: the border blinks, and the line above says who types
    commands = not writes and session.facts().place not in (*READING, "composer") and not editing
    letters = LETTERS if commands else ()
    for key in (*NAMED, *letters):
        if key == "space" and writes:
            continue
        facts = session.here()
        row = keymap.taking(key, facts)
        if (row is not None and (row.when != OFFERED or row.available(facts))) or key in editing:
            continue
        before = session.composer.text
        did = await scene.does(key)
        if session.composer.text != before:  # a letter that is no answer goes to the draft
            session.composer.text = ""
            await scene.begin()
            continue
        assert not did, f"{key} in {scene.name} does something: {scene.ran or session.facts()}"


@pytest.mark.parametrize("scene", [name for name in BRING if name not in ("keys",)], indirect=True)
async def test_f1_and_f10_list_what_is_here(scene):
    app, session = scene.app, scene.app.session
    keymap, facts = app.keymap_table, session.here()
    await scene.pilot.press("f1")
    await scene.settle()
    page = session.pages.page
    assert isinstance(page, KeysPage)
    assert [line.action for line in page._sections[0].lines] == list(keymap.here(facts))
    await scene.pilot.press("escape")
    await scene.begin()
    await scene.pilot.press("f10")
    await scene.settle()
    menus = list(session.query(MenuPopup))
    offered = [row.name for row in keymap.menu(facts)]
    assert [option.value for menu in menus for option in menu.rows.options] == offered
    assert bool(menus) == bool(offered)


@pytest.mark.parametrize("scene", ["command", "edits"], indirect=True)
async def test_no_because_chosen_from_the_menu_asks_for_the_words(scene):
    dock, asked = scene.app.session.open_question(), scene.app.asked
    await scene.pilot.press("f10")
    await scene.settle()
    await scene.pilot.press("d")
    await scene.settle()
    assert dock.writing and not dock._over
    await scene.pilot.press(*"later", "enter")
    await scene.settle()
    assert (asked.future.result().allow, asked.future.result().reason) == (False, "later")


@pytest.mark.parametrize("scene", ["command"], indirect=True)
async def test_an_answer_chosen_for_a_question_that_is_gone_answers_no_other(scene):
    await scene.pilot.press("f10")
    await scene.settle()
    scene.app.stop_asking()
    await scene.settle()
    other = stage.Pending(stage.EDITS, "")
    scene.app.parts.questions.ask(other)
    scene.app.parts.questions.recall()
    await scene.settle()
    await scene.pilot.press("y")
    await scene.settle()
    assert other.open
