import asyncio
from pathlib import Path

from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.selection import Selection

import codepilot_tui
from codepilot import events as ev
from codepilot_tui.theme import install_themes, load_theme, register_themes
from codepilot_tui.transcript import CallLine, Transcript
from codepilot_tui.widgets.chat import ChatView

STYLES = Path(codepilot_tui.__file__).parent / "styles"


class Bench(App):
    AUTO_FOCUS = ""
    CSS_PATH = [STYLES / "chat.tcss"]

    def __init__(self):
        super().__init__()
        install_themes(self)
        self.chat = ChatView()
        self.transcript = Transcript("Builder")
        self.copied = []
        self.keys = []
        self.opened = []
        self.sequence = 0

    def compose(self) -> ComposeResult:
        yield self.chat

    def feed(self, *events):
        for event in events:
            self.sequence += 1
            stamped = ev.Stamped(self.sequence, 100.0 + self.sequence, event)
            self.chat.apply(self.transcript, self.transcript.apply(stamped))

    def on_key(self, event):
        self.keys.append(event.character)

    def on_chat_view_link_chosen(self, message):
        self.opened.append(message.target)

    def on_chat_view_copy_requested(self, message):
        self.copied.append(message.text)

    def under_cursor(self):
        return self.transcript.items[self.chat.rows.cursor.index]

    def rows(self):
        """What stands in the pane."""
        return [self.chat.render_line(y).text.rstrip() for y in range(self.chat.size.height)]

    async def drawn(self, pilot):
        await pilot.pause()
        async with asyncio.timeout(60):
            while self.chat._waiting or self.chat._frames.waiting:
                await pilot.pause(0.01)


def turn(number):
    return [
        ev.TaskStarted(task=f"task {number}", number=number),
        ev.StepStarted(step=1, max_steps=9),
        ev.TextStreamed(text=f"words of {number} " * (1 + number % 7)),
        ev.ToolStarted(call_id=str(number), tool="read_file", args={"path": "x"}, label=f"file{number}.py"),
        ev.ToolFinished(call_id=str(number), tool="read_file", result=f"a\nb {number}", figure="1–2"),
        ev.TaskFinished(status="replied"),
    ]


def many(count):
    return [event for number in range(count) for event in turn(number)]


async def test_the_empty_state_then_a_turn():
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        assert "is ready." in "\n".join(app.rows())
        app.feed(*turn(1))
        await app.drawn(pilot)
        rows = app.rows()
        assert rows[0].startswith(" ▍ You") and rows[1] == " ▍ task 1"
        assert rows[2] == "" and rows[3].startswith(" ▍ Builder")
        assert rows[5].startswith("   ✓ read_file   file1.py")


async def test_hostile_text_is_only_text():
    app = Bench()
    evil = "\x1b]0;own\x07 \x9b2J [/x] [red]a[/] \u202egnp.exe &#27;[31m"
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        app.feed(
            ev.TaskStarted(task=evil, number=1),
            ev.StepStarted(step=1, max_steps=9),
            ev.TextStreamed(text=evil),
            ev.ToolStarted(call_id="1", tool=evil, args={evil: evil}, label=evil),
            ev.FileChanged(call_id="1", path=evil, before="a\n", after=evil, added=1, removed=1),
            ev.ToolFinished(call_id="1", tool="x", result=evil, state="error"),
            ev.RuntimeFailed(error=evil, source="tool", hint=evil),
            ev.QuestionAsked(question_id="q", call_id="1", question=evil),
            ev.TaskFinished(status="done", summary=evil),
        )
        await app.drawn(pilot)
        app.chat.focus()
        for key in ("up", "enter", "up", "enter"):
            await pilot.press(key)
        for y in range(app.chat.size.height):
            strip = app.chat.render_line(y)
            assert not set("\x1b\x07\x9b\u202e") & set(strip.text)
            assert strip.cell_length == app.chat.size.width
        assert "[red]a[/]" in "\n".join(app.rows())


async def test_the_end_is_followed_until_the_person_scrolls():
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(*many(20))
        await app.drawn(pilot)
        assert app.chat.rows.following and app.chat.scroll_offset.y == app.chat.max_scroll_y
        app.chat.focus()
        await pilot.press("pageup")
        assert not app.chat.rows.following
        before = app.rows()
        app.feed(*turn(77))
        await app.drawn(pilot)
        assert app.rows()[:-1] == before[:-1]
        assert "▼ 3 new" in app.rows()[-1]
        await pilot.press("end")
        assert app.chat.rows.following and "file77.py" in "\n".join(app.rows())
        assert "▼" not in "\n".join(app.rows())


async def test_the_marker_can_be_clicked():
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(*many(10))
        await app.drawn(pilot)
        app.chat.action_scroll_home()
        app.feed(*turn(50))
        await app.drawn(pilot)
        await pilot.click(ChatView, offset=(app.chat.size.width - 5, app.chat.size.height - 1))
        assert app.chat.rows.following


async def test_sending_goes_back_to_the_end():
    """`follow` is what the session screen calls when a message is sent."""
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(*many(20))
        await app.drawn(pilot)
        app.chat.action_page_up()
        app.feed(*turn(50))
        await app.drawn(pilot)
        assert "▼" in app.rows()[-1]
        app.chat.follow()
        assert app.chat.rows.following and "▼" not in app.rows()[-1]
        app.feed(*turn(51))
        await app.drawn(pilot)
        assert "file51.py" in "\n".join(app.rows())


async def test_a_new_session_is_followed():
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(*many(20))
        await app.drawn(pilot)
        app.chat.action_page_up()
        app.feed(ev.SessionCleared(), *many(20))
        await app.drawn(pilot)
        assert app.chat.rows.following and "file19.py" in "\n".join(app.rows())


async def test_an_end_that_came_into_view_is_followed():
    """A long message is withdrawn: the view stands at the end, where no wheel could reach it again."""
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(ev.TaskStarted(task="go", number=1), ev.StepStarted(step=1, max_steps=9))
        app.feed(ev.BlockClosed(kind="completion", text="line\n\n" * 40))
        await app.drawn(pilot)
        app.chat.action_scroll_home()
        assert not app.chat.rows.following
        app.feed(ev.StepStarted(step=2, max_steps=9))
        await app.drawn(pilot)
        assert app.chat.rows.following


async def test_scrolling_up_meets_every_row_once():
    """Heights that were only estimated are put right without a row being skipped or shown twice."""
    app = Bench()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        for event in many(40):
            app.sequence += 1
            app.transcript.apply(ev.Stamped(app.sequence, 100.0, event))
        app.chat.show(app.transcript)
        await pilot.pause()
        seen = app.rows()
        for _ in range(2_000):
            if app.chat.scroll_offset.y == 0:
                break
            app.chat.scroll_relative(y=-1, animate=False)
            now = app.rows()
            assert now[1:] == seen[: len(now) - 1]
            seen = [now[0], *seen]
        assert app.chat.scroll_offset.y == 0
        assert [row.split()[-1] for row in seen if row.startswith(" ▍ task")] == [str(n) for n in range(40)]


async def test_only_what_is_in_view_is_drawn():
    app = Bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for event in many(500):
            app.transcript.apply(ev.Stamped(1, 100.0, event))
        app.chat.show(app.transcript)
        await pilot.pause()
        assert len(app.transcript.items) == 2000
        assert len(app.chat.rows._drawings) < 40
        assert len(app.screen.children) == 1
        await pilot.resize_terminal(60, 24)
        await pilot.pause()
        assert app.chat.rows.following and "file499.py" in "\n".join(app.rows())
        for _ in range(400):
            app.chat.action_page_up()
        assert len(app.chat.rows._drawings) <= 256


async def test_the_block_cursor_walks_unfolds_and_copies():
    app = Bench()
    async with app.run_test(size=(70, 30)) as pilot:
        await pilot.pause()
        app.feed(*turn(1), *turn(2))
        await app.drawn(pilot)
        app.chat.focus()
        await pilot.pause()
        assert isinstance(app.under_cursor(), CallLine) and app.under_cursor().label == "file2.py"
        await pilot.press("enter")
        assert "▎    b 2" in app.rows()
        await pilot.press("enter")
        assert "▎    b 2" not in app.rows()
        await pilot.press("right", "right")
        assert "▎    b 2" in app.rows()
        await pilot.press("left", "left")
        assert "▎    b 2" not in app.rows()
        await pilot.press("up")
        app.chat.action_copy_item()
        await pilot.press("ctrl+up")
        app.chat.action_copy_item()
        await pilot.press("alt+up")
        app.chat.action_copy_item()
        await pilot.press("down")
        app.chat.action_copy_item()
        await pilot.press("ctrl+down")
        app.chat.action_copy_item()
        await pilot.pause()
        assert [text.strip() for text in app.copied] == [
            "words of 2 words of 2 words of 2",
            "task 2",
            "task 1",
            "words of 1 words of 1",
            "task 2",
        ]


async def test_without_a_cursor_the_last_words_are_copied():
    app = Bench()
    async with app.run_test(size=(70, 30)) as pilot:
        await pilot.pause()
        app.chat.action_copy_item()
        app.feed(*turn(1), *turn(2))
        await app.drawn(pilot)
        app.chat.action_copy_item()
        await pilot.pause()
        assert [text.strip() for text in app.copied] == ["words of 2 words of 2 words of 2"]


async def test_an_item_higher_than_the_pane_is_walked_through():
    app = Bench()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        words = " ".join(str(number) for number in range(300))
        app.feed(ev.TaskStarted(task="go", number=1), ev.TextStreamed(text=words), *turn(1))
        await app.drawn(pilot)
        app.chat.focus()
        seen = set()
        for _ in range(60):
            await pilot.press("up")
            seen.update(" ".join(app.rows()).split())
        assert {str(number) for number in range(300)} <= seen
        assert app.chat.scroll_offset.y == 0
        for _ in range(60):
            await pilot.press("down")
        assert app.chat.rows.following and "file1.py" in "\n".join(app.rows())


async def test_paging_takes_the_cursor_along():
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(*many(20))
        await app.drawn(pilot)
        app.chat.focus()
        await pilot.pause()
        for key in ("pageup", "pageup", "home", "pagedown", "end"):
            await pilot.press(key)
            assert any(row.startswith("▎") for row in app.rows()), key
        assert app.chat.rows.following


async def test_letters_are_not_the_chats():
    """They are words for the composer: none is a command here, so none can be hit by mistake."""
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(*many(20))
        await app.drawn(pilot)
        app.chat.focus()
        await pilot.press("pageup")
        before = app.rows()
        app.keys.clear()
        typed = "jknpgGcy hjkl"
        for character in typed:
            await pilot.press("space" if character == " " else character)
        assert app.rows() == before and not app.copied
        assert "".join(app.keys) == typed


async def test_the_cursor_is_shown_where_the_keys_go():
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(*turn(1))
        await app.drawn(pilot)
        assert not any(row.startswith("▎") for row in app.rows())
        app.chat.focus()
        await pilot.pause()
        tokens = load_theme("dusk")
        row = app.chat.render_line(5)
        assert row.text.startswith("▎  ✓ read_file")
        assert row._segments[0].style.color.name == tokens["you"]
        assert {segment.style.bgcolor.name for segment in row} == {tokens["raised"]}
        app.set_focus(None)
        await pilot.pause()
        assert not any(row.startswith("▎") for row in app.rows())


async def test_enter_all_does_what_it_says():
    """By the key that it names, and by a click on it."""
    app = Bench()
    async with app.run_test(size=(70, 40)) as pilot:
        await pilot.pause()
        long = "\n".join(f"row {number}" for number in range(20))
        app.feed(ev.TaskStarted(task="go", number=1), ev.StepStarted(step=1, max_steps=9))
        app.feed(ev.ToolStarted(call_id="1", tool="work", args={}, label="x"))
        app.feed(ev.ToolFinished(call_id="1", tool="work", result=long, state="error"))
        app.feed(ev.RuntimeFailed(error="Your reply had\n a python fence", source="protocol"))
        await app.drawn(pilot)
        said = [y for y, row in enumerate(app.rows()) if row.endswith("Enter all")]
        assert [app.rows()[y].strip() for y in said] == [
            "… 8 more lines  Enter all",
            "… 2 more lines  Enter all",
        ]
        await pilot.click(ChatView, offset=(12, said[0]))
        await pilot.pause()
        assert any("row 0" in row for row in app.rows())
        app.chat.focus()
        await pilot.press("end", "enter")
        assert any("Your reply had" in row for row in app.rows())
        assert not any(row.endswith("Enter all") for row in app.rows())


async def test_a_click_on_the_head_unfolds():
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(*turn(1))
        await app.drawn(pilot)
        await pilot.click(ChatView, offset=(10, 5))
        assert "▎    b 1" in app.rows()


async def test_a_drag_that_ends_on_a_head_or_an_address_selects_and_is_no_click(drag):
    """What was marked is what is copied: nothing unfolds, folds or opens at the release."""
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(*turn(1), ev.TextStreamed(text="See https://e.x/a now."))
        await app.drawn(pilot)
        head = next(y for y, row in enumerate(app.rows()) if "file1.py" in row)
        prose = next(y for y, row in enumerate(app.rows()) if "https://e.x/a" in row)
        before = [row[1:] for row in app.rows()]  # without the bar of the cursor
        for start, end in (((20, prose), (10, head)), ((8, prose), (14, prose)), ((14, head), (10, head))):
            await drag(pilot, app.chat, start, end)
            assert [row[1:] for row in app.rows()] == before and app.opened == []
            assert app.screen.get_selected_text()
        await pilot.click(ChatView, offset=(10, head))
        assert "▎    b 1" in app.rows(), "a click is one still, and what was selected is not any more"
        assert not app.screen.selections


async def test_a_click_on_an_address_opens_it():
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(
            ev.TaskStarted(task="go", number=1),
            ev.TextStreamed(text="See https://e.x/a and [b](https://e.x/b)."),
        )
        await app.drawn(pilot)
        row = next(y for y, text in enumerate(app.rows()) if "https://e.x/a" in text)
        text = app.rows()[row]
        for piece in ("https://e.x/a", "b (", "https://e.x/b"):
            await pilot.click(ChatView, offset=(text.index(piece), row))
        await pilot.click(ChatView, offset=(text.index("and"), row))
        await pilot.pause()
        assert app.opened == ["https://e.x/a", "https://e.x/b", "https://e.x/b"]


async def test_marked_text_is_logical_text():
    app = Bench()
    async with app.run_test(size=(30, 20)) as pilot:
        await pilot.pause()
        app.feed(ev.TaskStarted(task="one two three four five six seven eight", number=1))
        await app.drawn(pilot)
        assert app.rows()[2] != ""
        text, _ = app.chat.get_selection(Selection(Offset(0, 1), Offset(29, 2)))
        assert text == "one two three four five six seven eight"[: len(text)]
        assert "\n" not in text and "▍" not in text


async def test_clearing_and_another_transcript():
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(*turn(1), ev.SessionCleared())
        await app.drawn(pilot)
        assert "is ready." in "\n".join(app.rows())
        app.transcript = Transcript("Other")
        app.feed(*turn(2))
        await app.drawn(pilot)
        assert "Other" in "\n".join(app.rows()) and "task 1" not in "\n".join(app.rows())


async def test_nothing_moves_by_itself_while_a_call_runs_or_asks():
    """Each row is drawn once: a pane that ticks beside the status line makes the screen compose all between."""
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(ev.TaskStarted(task="go", number=1), ev.StepStarted(step=1, max_steps=9))
        app.feed(ev.ToolStarted(call_id="1", tool="execute", args={}, label="main › make"))
        await app.drawn(pilot)
        assert app.rows()[4] == "   ● execute     main › make"
        assert not app.chat._timers
        app.feed(
            ev.PermissionAsked(request_id="r", call_id="1", tool="execute", description="", kind="command")
        )
        await app.drawn(pilot)
        assert app.rows()[4].startswith("   ? execute     main › make") and app.rows()[4].endswith(" asks")
        assert not app.chat._timers


async def test_a_theme_changes_the_drawing():
    app = Bench()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        app.feed(*turn(1))
        await app.drawn(pilot)
        frames = []
        render_lines = app.chat.render_lines
        app.chat.render_lines = lambda crop: frames.append(crop) or render_lines(crop)
        register_themes(app)
        app.theme = "paper"
        await pilot.pause()
        del app.chat.render_lines
        assert frames, "the pane is drawn anew by itself"
        segment = next(iter(app.chat.render_line(0)._segments[1:]))
        assert segment.style.color.name == load_theme("paper")["you"]


def test_the_style_sheets_hold_no_order_pseudo_classes():
    for name in ("chat", "composer", "status"):
        text = (STYLES / f"{name}.tcss").read_text()
        for word in (":first-child", ":last-child", ":nth", ":odd", ":even", ":first-of", ":last-of"):
            assert word not in text


async def test_a_double_click_selects_a_word_and_not_the_chat():
    app = Bench()
    async with app.run_test(size=(60, 20)) as pilot:
        app.feed(ev.TaskStarted(task="Look at src/app.py, please.", number=1))
        await app.drawn(pilot)
        row = next(y for y, text in enumerate(app.rows()) if "src/app.py" in text)
        column = app.rows()[row].index("app.py")
        await pilot.click(ChatView, offset=(column, row), times=2)
        assert app.screen.get_selected_text() == "src/app.py"
        await pilot.click(ChatView, offset=(column, row), times=3)
        assert app.screen.get_selected_text() == "Look at src/app.py, please."
