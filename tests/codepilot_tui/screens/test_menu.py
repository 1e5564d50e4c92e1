"""What is chosen in the menu of a place does what it says: each row of each menu, by its letter, by Enter, by a click."""

from __future__ import annotations

import asyncio
import importlib.util
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest

from codepilot.decision import Decision
from codepilot_tui.actions import ACTIONS
from codepilot_tui.key_names import key_text
from codepilot_tui.popups.menu import MenuPopup
from codepilot_tui.widgets.chat import ChatView
from codepilot_tui.widgets.options import Option

_spec = importlib.util.spec_from_file_location("scene", Path(__file__).with_name("scene.py"))
scenes = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(scenes)
stage = scenes.stage


async def _files(app, pilot):
    await stage.STAGINGS["files"][1](app, pilot)
    await pilot.press("home")  # on a folder


async def _file(app, pilot):
    await stage.STAGINGS["files"][1](app, pilot)
    await pilot.press("end")  # on README.md


async def _chat(app, pilot):
    await stage.STAGINGS["chat"][1](app, pilot)
    await stage.settled(pilot)
    await pilot.press("end")
    while not app.keymap_table["unfold"].available(app.session.facts()):
        await pilot.press("up")


async def _changes(app, pilot):
    await stage.STAGINGS["changes"][1](app, pilot)
    await pilot.press("home")


async def _conflict(app, pilot):
    """One of the files of the question was written to since the agent read it."""
    await stage.OPENED["edits"](app, pilot)
    (app.project / "inventory" / "stock.py").write_text("by hand\n")
    app.parts.questions.look_at_disk()
    await stage._until(pilot, lambda: "o" in app.session.here().offered)


async def _two_questions(app, pilot):
    """A second one waits behind the first."""
    await stage.OPENED["command"](app, pilot)
    app.parts.questions.ask(stage.Pending(replace(stage.COMMAND, id="r9", command="git status"), ""))
    await stage._until(pilot, lambda: "tab" in app.session.here().offered)


async def _deleted_session(app, pilot):
    await stage.OPENED["sessions"](app, pilot)
    page = app.session.pages.page
    page.press("delete")
    await stage._until(pilot, lambda: "ctrl+z" in page.offered())


class Reverts:
    """A change that can be undone, and one that was, without a runtime."""

    possible = undoable = True

    async def plan(self, path, hunk):
        return await stage.Said().plan(hunk)

    async def undo(self):
        return "a.txt"


async def _revert(app, pilot):
    edits = stage.file_edits([("a.txt", stage.LONG, stage.LONG.replace("line 50 ", "line fifty "))])
    await stage._page(app, pilot, stage.ChangePage(edits, reverts=Reverts()))


MENUS = scenes.BRING | {
    "chat": _chat,
    "files": _files,
    "a file": _file,
    "changes": _changes,
    "free terminal": stage.STAGINGS["free terminal"][1],
    "held terminal": stage.STAGINGS["held terminal"][1],
    "conflict": _conflict,
    "two questions": _two_questions,
    "a deleted session": _deleted_session,
    "a revert": _revert,
}


def picture(scene):
    return stage.seen(scene.app)


def answer(scene):
    """What the question was answered; a decision as whether and why."""
    given = scene.results[-1] if scene.results else "open"
    return (given.allow, given.reason) if isinstance(given, Decision) else given


def kind(scene):
    return scene.app.session.facts().kind


def opened(scene):
    return scene.app.looks_at()


def width(scene):
    panes = scene.app.session.panes
    return panes.shown.width(panes.focused or "chat")


def ended(scene):
    page = scene.app.session.pages.page
    return "closed" if page is None else page.field.value


def asks_for(scene):
    """What the field at the foot of the sessions is for; empty: it is not there."""
    page = scene.app.session.pages.page
    return page.asked_for if page is not None and page.entry.asks else ""


def sessions(scene):
    """How many are listed."""
    return scene.app.session.pages.page.list.count


def words(scene):
    """What stands on the screen."""
    return "\n".join(strip.text for strip in scene.app.screen._compositor.render_strips())


def does(scene):
    """What was chosen on the rewind page; empty: nothing."""
    return scene.results[-1].does if scene.results else ""


def other(before, after):
    return before != after


def now(wanted):
    return lambda before, after: before != wanted == after


EFFECTS = {
    "find_chat": (kind, now("search")),
    "maximise": (lambda scene: scene.app.session.panes.wants.maximised, other),
    "widen": (width, lambda before, after: after > before),
    "narrow": (width, lambda before, after: after < before),
    "reset_widths": (lambda scene: (width(scene), scene.app.notice()), other),
    "copy_item": (lambda scene: scene.app.notice(), now("Copied (through your terminal).")),
    "previous_prompt": (
        lambda scene: scene.app.session.query_one(ChatView).rows.cursor.index,
        lambda before, after: after < before,
    ),
    "unfold": (picture, other),
    "open_file": (picture, other),
    "open_change": (opened, now("Changes · 2 files")),
    "all_changes": (opened, now("All changes · 2 files")),
    "look_round": (picture, other),
    "find_terminal": (kind, now("find")),
    "browse_terminal": (kind, now("walk")),
    "allow": (answer, now((True, ""))),
    "refuse": (answer, lambda before, after: before == "open" and after[0] is False),
    "refuse_why": (kind, now("reason")),
    "refuse_words": (answer, now((False, "Not now"))),
    "answer_words": (answer, now("main")),
    "later": (answer, now(None)),
    "to_answers": (kind, now("command")),
    "trust": (answer, now(True)),
    "distrust": (answer, now(False)),
    "quit_end": (answer, now("end")),
    "quit_keep": (answer, now("detach")),
    "stay": (answer, now(None)),
    "clipboard_once": (answer, now("once")),
    "clipboard_always": (answer, now("always")),
    "clipboard_no": (answer, now("no")),
    "confirm": (answer, now(True)),
    "confirm_no": (answer, now(False)),
    "dismiss": (answer, lambda before, after: after in (None, False, "no")),
    "full_question": (lambda scene: scene.app.session.open_question().full, other),
    "show_conflict": (opened, other),
    "next_question": (lambda scene: id(scene.app.session.open_question()), other),
    "find_next": (picture, other),
    "choose_row": (lambda scene: len(scene.results), now(1)),
    "show_entry": (lambda scene: scene.app.notice(), now("Shown.")),
    "leave_out": (lambda scene: scene.app.notice(), now("Left out.")),
    "compact_now": (lambda scene: scene.app.notice(), now("Compacted.")),
    "next_change": (picture, other),
    "next_file": (picture, other),
    "fold_lines": (picture, other),
    "wrap_lines": (picture, other),
    "close_page": (ended, other),
    "welcome_quit": (answer, now(None)),
    "rewind_here": (words, lambda before, after: "yes, rewind" not in before and "yes, rewind" in after),
    "rewind_what": (words, lambda before, after: "what: conversation" in after and before != after),
    "rewind_diff": (opened, other),
    "rewind_overwrite": (words, lambda before, after: "overwrites your changes" in after and before != after),
    "rewind_edit": (
        words,
        lambda before, after: "edit the prompt" not in before and "edit the prompt" in after,
    ),
    "rewind_fork": (does, now("fork")),
    "rewind_redo": (does, now("redo")),
    "open_session": (lambda scene: len(scene.results), now(1)),
    "another_session": (answer, now("new")),
    "rename_session": (asks_for, now("rename")),
    "export_session": (asks_for, now("export as Markdown")),
    "replay_session": (kind, now("replay")),
    "replay_play": (words, lambda before, after: "paused" in before and "paused" not in after),
    "replay_step": (picture, other),
    "replay_step_back": (picture, other),
    "replay_prompt": (picture, other),
    "replay_former_prompt": (picture, other),
    "replay_speed": (words, lambda before, after: "1×" in before and "2×" in after),
    "say_there": (asks_for, now("send")),
    "fork_there": (answer, now("fork")),
    "fork_session": (sessions, lambda before, after: after > before),
    "delete_session": (sessions, lambda before, after: after < before),
    "revert_change": (words, lambda before, after: "yes, revert" in after),
    "undo_revert": (lambda scene: len(scene.results), now(1)),
    "undelete_session": (sessions, lambda before, after: after > before),
    "other_folders": (lambda scene: "Tab this folder" in words(scene), other),
}
"""By the name of a row: what is looked at before and after it was chosen, and how it must be then."""
NEED_AGENT = {"revert_file", "unrevert_file"}
"""These need an agent that changed something: `test_reverts.py` chooses them."""
NEED_HOST = {
    "take_over", "new_terminal", "close_terminal", "next_terminal", "previous_terminal", "copy_terminal", "add_runs",
}  # fmt: skip
"""These need terminals in which something can be done: `test_terminal_column.py` chooses them."""


async def open_menu(scene):
    by_key = scene.app.keymap_table["menu"].is_at(scene.app.session.facts())
    await scene.pilot.press(*(("f10",) if by_key else ("ctrl+x", "space")))
    await scene.settle()
    (menu,) = scene.app.session.query(MenuPopup)
    return menu


async def by_enter(scene, menu, at):
    await scene.pilot.press(*["down"] * at, "enter")


async def by_letter(scene, menu, at):
    letter = menu.rows.options[at].letter
    await (scene.pilot.press(letter) if letter else by_enter(scene, menu, at))


async def by_click(scene, menu, at):
    await scene.pilot.click(menu.rows, offset=(4, at))


def offered(scene):
    return [row.name for row in scene.app.keymap_table.menu(scene.app.session.here())]


WIDTHS = ["widen", "narrow", "reset_widths"]
PANE = ["find_chat", "maximise", *WIDTHS]
HELD = ["find_chat", "take_over", "close_terminal", "find_terminal", "browse_terminal", "maximise"]
TERMINAL = [*HELD, *WIDTHS]
EDITS = [
    "allow",
    "refuse",
    "refuse_why",
    "later",
    "full_question",
    "next_change",
    "next_file",
    "fold_lines",
    "wrap_lines",
]
ROWS = {
    "composer": PANE,
    "chat": ["previous_prompt", "unfold", *PANE, "copy_item"],
    "files": ["open_file", *PANE],
    "changes": ["open_change", "all_changes", *PANE],
    "agent's terminal": ["look_round", *TERMINAL],
    "free terminal": TERMINAL,
    "held terminal": HELD,
    "walk": [row for row in TERMINAL if row != "browse_terminal"],
    "find": [row for row in TERMINAL if row != "find_terminal"],
    "command": ["allow", "refuse", "refuse_why", "later"],
    "edits": EDITS,
    "reason": ["refuse_words", "to_answers"],
    "ask": ["answer_words", "later"],
    "trust": ["trust", "distrust", "dismiss"],
    "quit": ["quit_end", "quit_keep", "stay", "dismiss"],
    "clipboard": ["clipboard_once", "clipboard_always", "clipboard_no", "dismiss"],
    "confirm": ["confirm", "confirm_no", "dismiss"],
    "file": ["close_page"],
    "found": ["find_next", "close_page"],
    "change": ["next_change", "next_file", "fold_lines", "wrap_lines", "close_page"],
    "stream": ["next_change", "next_file", "fold_lines", "wrap_lines", "close_page"],
    "search": ["choose_row", "close_page"],
    "keys": ["choose_row", "close_page"],
    "welcome": ["choose_row", "welcome_quit"],
    "rewind": [
        *("rewind_here", "rewind_what", "rewind_diff", "rewind_edit", "rewind_fork", "rewind_redo"),
        *("rewind_overwrite", "close_page"),
    ],
    "sessions": [
        *("open_session", "another_session", "rename_session", "fork_session", "export_session"),
        *("replay_session",),
        *("delete_session", "other_folders", "close_page"),
    ],
    "context": ["show_entry", "leave_out", "compact_now", "close_page"],
    "replay": [
        *("replay_play", "replay_step", "replay_step_back", "replay_prompt", "replay_former_prompt"),
        *("replay_speed", "close_page"),
    ],
    "reading": ["say_there", "fork_there", "close_page"],
    "a file": [*PANE, "open_file"],
    "conflict": [*EDITS, "show_conflict"],
    "two questions": ["allow", "refuse", "refuse_why", "later", "next_question"],
}
"""What stands in the menu of each place."""
ROWS["a deleted session"] = [*ROWS["sessions"], "undelete_session"]
ROWS["a revert"] = ["close_page", "fold_lines", "wrap_lines", "revert_change", "undo_revert"]
ONLY = ("a file", "conflict", "two questions", "a deleted session", "a revert")
"""Brought about for the last of their rows; the others are chosen elsewhere."""


def test_each_row_that_stands_in_a_menu_is_chosen_in_some_place():
    """A new row fails here until it has its effect above, and a place in which it is offered."""
    chosen = {row for rows in ROWS.values() for row in rows}
    assert chosen | NEED_HOST | NEED_AGENT == {action.name for action in ACTIONS if action.menu}
    assert chosen - NEED_HOST == set(EFFECTS)
    assert set(ROWS) == set(MENUS)


@pytest.mark.slow
@pytest.mark.parametrize("name", MENUS)
async def test_each_row_of_a_menu_does_what_it_says(tmp_path, name):
    app = stage.Stage(tmp_path)
    async with asyncio.timeout(300), app.run_test(size=(120, 40)) as pilot:
        await scenes.furnish(app, pilot)
        scene = scenes.Scene(app, pilot, name, MENUS[name])
        ways = cycle((by_letter, by_enter, by_click))
        await scene.begin()
        names = offered(scene)
        assert sorted(names) == sorted(ROWS[name])
        for row in ROWS[name][-1:] if name in ONLY else [each for each in names if each not in NEED_HOST]:
            if offered(scene) != names or app.session.facts().popup or scene.results:
                await scene.begin()
            app.session.tell("")
            look, is_right = EFFECTS[row]
            before, way = look(scene), next(ways)
            menu = await open_menu(scene)
            assert [option.value for option in menu.rows.options] == names
            await way(scene, menu, names.index(row))
            await scene.settle()
            assert not app.session.query(MenuPopup)
            after = look(scene)
            assert is_right(before, after), f"{row} by {way.__name__}: {before} -> {after}"


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
