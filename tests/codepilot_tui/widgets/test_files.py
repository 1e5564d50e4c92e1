import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from textual import events
from textual.app import App, ComposeResult

from codepilot_tui.theme import install_themes
from codepilot_tui.widgets.files import Change, ChangeList, FilesPane, FileTree
from codepilot_tui.widgets.files_marks import Marks
from codepilot_tui.widgets.files_tree import Entry, FileTreeModel, parents, short_names
from codepilot_tui.widgets.painted import middle


def folders(*names: str) -> list[Entry]:
    return [Entry(name.rstrip("/"), name.endswith("/")) for name in names]


TREE = {
    "": folders("README.md", "src/", "tests/", "empty/"),
    "src": folders("shop/", "main.py"),
    "src/shop": folders("stock.py", "report.py"),
    "tests": folders("test_stock.py"),
    "empty": [],
}


def filled() -> FileTreeModel:
    model = FileTreeModel()
    model.fill("", TREE[""])
    return model


def names(model: FileTreeModel) -> list[str]:
    return ["  " * row.depth + row.name for row in model.rows]


def test_folders_stand_before_files():
    assert names(filled()) == ["src", "tests", "empty", "README.md"]


def test_only_what_is_unfolded_is_missing():
    model = FileTreeModel()
    assert model.missing() == [""]
    model.fill("", TREE[""])
    assert model.missing() == []
    model.unfold("src")
    assert model.missing() == ["src"]
    model.fill("src", TREE["src"])
    assert names(model) == ["src", "  shop", "  main.py", "tests", "empty", "README.md"]
    model.fold("src")
    assert names(model) == ["src", "tests", "empty", "README.md"]


def test_revealing_unfolds_what_is_above_but_not_against_the_person():
    model = filled()
    model.reveal("src/shop/stock.py")
    assert model.missing() == ["src", "src/shop"]
    model.fold("src")
    model.reveal("src/shop/report.py")
    assert model.missing() == []


def test_a_folder_that_cannot_be_read_says_why_in_its_place():
    model = filled()
    model.unfold("src")
    model.fail("src", "Permission denied")
    assert model.rows[1].note == "Permission denied"
    assert model.missing() == []
    model.fill("src", TREE["src"])
    assert model.rows[1].name == "shop"


def test_parents_and_rows_by_path():
    assert parents("a/b/c.py") == ["a", "a/b"]
    assert parents("a") == []
    model = filled()
    assert model.index_of("tests") == 1
    assert model.index_of("nowhere") is None


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["src/a.py", "b.py"], ["a.py", "b.py"]),
        (["src/a.py", "tests/a.py"], ["src/a.py", "tests/a.py"]),
        (["a.py", "src/a.py"], ["a.py", "src/a.py"]),
        (["x/y/a.py", "z/y/a.py"], ["x/y/a.py", "z/y/a.py"]),
        (["a/stock.py", "livestock.py"], ["stock.py", "livestock.py"]),
    ],
)
def test_short_names(paths: list[str], expected: list[str]):
    assert list(short_names(paths).values()) == expected


class Bench(App[None]):
    CSS = "FilesPane { width: 1fr; }"
    AUTO_FOCUS = None

    def __init__(self, load: Callable[[str], list[Entry]]) -> None:
        super().__init__()
        install_themes(self)
        self.load_folder = load
        self.chosen: list[tuple[str, str]] = []
        self.heard: list[str] = []

    def compose(self) -> ComposeResult:
        yield FilesPane(self.load_folder)

    @property
    def pane(self) -> FilesPane:
        return self.query_one(FilesPane)

    def on_files_pane_file_chosen(self, event: FilesPane.FileChosen) -> None:
        self.chosen.append(("file", event.path))

    def on_files_pane_change_chosen(self, event: FilesPane.ChangeChosen) -> None:
        self.chosen.append(("change", event.path))

    def on_key(self, event: events.Key) -> None:
        self.heard.append(event.key)

    def lines(self, kind: type[Any]) -> list[str]:
        rows = self.query_one(kind)
        return [rows.render_line(y).text.rstrip() for y in range(rows.size.height)]


async def until(pilot: Any, condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await pilot.pause(0.01)


CHANGES = [
    Change("src/shop/stock.py", 3, 1),
    Change("src/shop/report.py", 12, 0, created=True),
    Change("tests/gone.py", 0, 4),
]


async def test_the_agents_changes_are_marked_in_both_lists():
    app = Bench(TREE.__getitem__)
    async with app.run_test(size=(34, 24)) as pilot:
        app.pane.set_changes(CHANGES)
        await until(pilot, lambda: any("stock.py" in line and "M" in line for line in app.lines(FileTree)))
        tree = app.lines(FileTree)
        assert tree[:4] == [
            " ▾ src",
            "   ▾ shop",
            "       stock.py           M +3 −1",
            "       report.py            A +12",
        ]
        assert app.lines(ChangeList)[:3] == [
            " stock.py                   +3 −1",
            " report.py                    +12",
            " gone.py                       −4",
        ]
        assert str(app.query_one("#changes-title").render()) == "CHANGES · 3"
        app.query_one(ChangeList).focus()
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.chosen == [("change", "src/shop/report.py")]


async def test_walking_the_tree_with_the_keyboard():
    app = Bench(TREE.__getitem__)
    async with app.run_test(size=(60, 24)) as pilot:
        tree = app.query_one(FileTree)
        await until(pilot, lambda: tree.count == 4)
        tree.focus()
        await pilot.press("right")
        await until(pilot, lambda: tree.count == 6)
        await pilot.press("right", "enter")
        await until(pilot, lambda: tree.count == 8)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.chosen == [("file", "src/shop/stock.py")]
        await pilot.press("left", "left", "left", "left")
        assert tree.count == 4
        await pilot.press("end", "enter")
        await pilot.pause()
        assert app.chosen[-1] == ("file", "README.md")


async def test_the_mouse_folds_and_chooses():
    app = Bench(TREE.__getitem__)
    async with app.run_test(size=(60, 24)) as pilot:
        tree = app.query_one(FileTree)
        await until(pilot, lambda: tree.count == 4)
        await pilot.click(FileTree, offset=(4, 1))
        await until(pilot, lambda: tree.count == 5)
        await pilot.click(FileTree, offset=(6, 2))
        await pilot.pause()
        assert app.chosen == [("file", "tests/test_stock.py")]


async def test_letters_of_git_and_a_dot_for_folded_changes():
    app = Bench(TREE.__getitem__)
    async with app.run_test(size=(34, 24)) as pilot:
        tree = app.query_one(FileTree)
        await until(pilot, lambda: tree.count == 4)
        app.pane.set_git({"tests/test_stock.py": "M"}, frozenset({"tests/test_stock.py"}))
        lines = app.lines(FileTree)
        assert lines[1].startswith(" ▸ tests") and lines[1].endswith("●")
        assert lines[3].endswith("?")
        app.pane.set_git({}, frozenset({"README.md", "tests/test_stock.py"}))
        assert not any(line.endswith(("●", "?")) for line in app.lines(FileTree))


async def test_a_file_that_git_misses_shows_where_it_was():
    app = Bench(TREE.__getitem__)
    async with app.run_test(size=(34, 24)) as pilot:
        tree = app.query_one(FileTree)
        await until(pilot, lambda: tree.count == 4)
        gone = {"LICENSE": "D", "src/lost.py": "D"}
        app.pane.set_git(gone, frozenset({"README.md", *gone}))
        assert app.lines(FileTree)[3:5] == ["   LICENSE                      D", "   README.md"]
        assert app.lines(FileTree)[0].endswith("●")
        tree.focus()
        await pilot.press("home", "right")
        await until(pilot, lambda: "lost.py" in app.lines(FileTree)[2])


async def test_long_names_keep_their_end():
    long = folders("test_remove_more_than_there_is.py", "test_remove_nothing_at_all.py", "x.py")
    app = Bench({"": long}.__getitem__)
    async with app.run_test(size=(24, 24)) as pilot:
        await until(pilot, lambda: app.query_one(FileTree).count == 3)
        assert app.lines(FileTree)[:3] == ["   test_re…_there_is.py", "   test_re…ng_at_all.py", "   x.py"]
        app.pane.set_changes(
            [Change("test_remove_nothing_at_all.py", 252, 252), Change("x.py", 0, 0, created=True)]
        )
        await pilot.pause()
        assert app.lines(ChangeList)[:2] == [" test…_all.py +252 −252", " x.py             empty"]


async def test_a_file_far_down_keeps_its_name():
    deep = [f"folder{level}" for level in range(16)]
    tree = {"/".join(deep[:level]): folders(f"{deep[level]}/") for level in range(16)}
    tree["/".join(deep)] = folders("stock_report.py")
    app = Bench(tree.__getitem__)
    async with app.run_test(size=(26, 30)) as pilot:
        files = app.query_one(FileTree)
        await until(pilot, lambda: files.count == 1)
        for row in range(16):
            files.move_to(row)
            files.action_unfold()
            await until(pilot, lambda row=row: files.count == row + 2)
        rows = app.lines(FileTree)
        assert rows[4] == " " + "  " * 4 + "▾ folder4" and rows[5] == " " + "  " * 5 + "▾ folder5"
        assert rows[6] == rows[5].replace("  ▾ folder5", "⋯ ▾ folder6") and rows[15].endswith("⋯ ▾ folder15")
        assert rows[16].endswith("⋯   stoc…port.py"), rows[16]


async def test_the_changes_take_a_third_of_the_column():
    app = Bench(TREE.__getitem__)
    async with app.run_test(size=(28, 30)) as pilot:
        await pilot.pause()
        listed = app.query_one(ChangeList)
        assert listed.size.height == 2  # the words of the empty list
        for count, rows in ((1, 1), (7, 7), (40, 10)):
            app.pane.set_changes([Change(f"f{number}", 1, 0) for number in range(count)])
            await pilot.pause()
            assert listed.size.height == rows


async def test_the_cursor_shows_where_the_keyboard_is():
    app = Bench(TREE.__getitem__)
    async with app.run_test(size=(34, 24)) as pilot:
        await until(pilot, lambda: app.query_one(FileTree).count == 4)
        app.pane.set_changes(CHANGES)
        app.query_one(FileTree).focus()
        await pilot.pause()
        assert app.lines(FileTree)[0][0] == "▎" and app.lines(ChangeList)[0][0] == " "
        assert app.query_one("#files-title").has_class("-focused")
        await pilot.press("tab")
        await pilot.pause()
        assert app.lines(FileTree)[0][0] == " " and app.lines(ChangeList)[0][0] == "▎"
        assert app.query_one("#changes-title").has_class("-focused")
        assert not app.query_one("#files-title").has_class("-focused")


async def test_letters_are_left_to_the_composer():
    app = Bench(TREE.__getitem__)
    async with app.run_test(size=(34, 24)) as pilot:
        await until(pilot, lambda: app.query_one(FileTree).count == 4)
        app.query_one(FileTree).focus()
        await pilot.press("l", "h", "j", "k")
        assert app.heard == ["l", "h", "j", "k"] and app.query_one(FileTree).count == 4


async def test_a_folder_that_comes_back_is_read_anew():
    content = dict(TREE)
    app = Bench(lambda path: content[path])
    async with app.run_test(size=(34, 24)) as pilot:
        tree = app.query_one(FileTree)
        await until(pilot, lambda: tree.count == 4)
        tree.focus()
        await pilot.press("home", "right")
        await until(pilot, lambda: tree.count == 6)
        content[""] = folders("README.md")
        await app.pane.reload(["", "src"])
        assert tree.count == 1
        content.update({"": folders("src/"), "src": folders("other.py")})
        await app.pane.reload([""])
        await until(pilot, lambda: [row.name for row in tree.model.rows] == ["src", "other.py"])


def test_git_decides_what_is_changed():
    agents = [Change("a.py", 1, 0), Change("new.py", 3, 0, created=True)]
    marks = Marks().with_changes(agents)
    assert [marks.letter(path) for path in ("a.py", "new.py", "b.py")] == ["M", "A", ""]
    marks = marks.with_git({"a.py": "M", "b.py": "M"}, frozenset({"a.py", "b.py", "c.py"}))
    assert [marks.letter(path) for path in ("a.py", "new.py", "b.py", "c.py", "d.py")] == [
        "M",
        "A",
        "M",
        "",
        "?",
    ]
    assert marks.figures("a.py") == agents[0] and marks.figures("b.py") is None
    marks = marks.with_git({}, frozenset({"a.py", "b.py"}))  # after `git checkout .`
    assert marks.letter("a.py") == "" and marks.figures("a.py") is None


def test_files_of_a_submodule_are_not_unknown_to_git():
    """Found by use: git lists the folder as one entry, and every file in it was marked `?`."""
    marks = Marks().with_changes([Change("lib/sub/b.py", 1, 0), Change("lib/sub/new.py", 3, 0, created=True)])
    marks = marks.with_git({}, frozenset({"a.py", "lib/sub"}))
    assert [marks.letter(f"lib/sub/{name}") for name in ("a.py", "b.py", "new.py")] == ["", "M", "A"]
    assert marks.letter("lib/other.py") == "?"


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("short.py", 8, "short.py"),
        ("test_remove_too_many.py", 16, "test_r…o_many.py"),
        ("漢字漢字漢字.py", 9, "漢…字.py"),
        ("abcdef", 3, "ab…"),
        ("abcdef", 0, ""),
    ],
)
def test_the_middle_of_a_name_goes(name: str, width: int, shown: str):
    assert middle(name, width) == shown


async def test_reading_again_keeps_the_cursor_on_its_file():
    content = dict(TREE)
    app = Bench(lambda path: content[path])
    async with app.run_test(size=(60, 24)) as pilot:
        tree = app.query_one(FileTree)
        await until(pilot, lambda: tree.count == 4)
        tree.focus()
        await pilot.press("end")
        content[""] = folders("AAA.md", "README.md", "src/", "tests/", "zoo/")
        await app.pane.reload(["", "never/shown"])
        assert [row.name for row in tree.model.rows] == ["src", "tests", "zoo", "AAA.md", "README.md"]
        assert tree.model.rows[tree.cursor].name == "README.md"


async def test_a_slow_disk_does_not_hold_up_the_screen():
    release = threading.Event()

    def load(path: str) -> list[Entry]:
        release.wait(20)
        return TREE[path]

    app = Bench(load)
    async with app.run_test(size=(60, 24)) as pilot:
        await pilot.pause()
        assert app.lines(FileTree)[0] == " Reading…"
        release.set()
        await until(pilot, lambda: app.query_one(FileTree).count == 4)


async def test_empty_states_and_errors_are_words():
    def load(path: str) -> list[Entry]:
        if path == "src":
            raise PermissionError(13, "Permission denied")
        return folders("src/") if app.query_one(FileTree).has_class("-full") else []

    app = Bench(load)
    async with app.run_test(size=(60, 24)) as pilot:
        await until(pilot, lambda: app.lines(FileTree)[0] == " No files yet.")
        assert app.lines(ChangeList)[0] == " No changes yet. Files the agent edits appear here."
        app.query_one(FileTree).add_class("-full")
        await app.pane.reload([""])
        app.query_one(FileTree).focus()
        await pilot.press("enter")
        await until(pilot, lambda: "✗ Permission denied" in app.lines(FileTree)[1])
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.chosen == []


async def test_focusing_the_pane_focuses_the_tree():
    app = Bench(TREE.__getitem__)
    async with app.run_test(size=(60, 24)) as pilot:
        await until(pilot, lambda: app.query_one(FileTree).count == 4)
        app.query_one(ChangeList).focus()
        app.pane.focus()
        await pilot.pause()
        assert app.focused is app.query_one(FileTree)
