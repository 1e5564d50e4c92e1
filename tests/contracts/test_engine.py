"""What every terminal engine must do, run against each that can be loaded here."""

from __future__ import annotations

import pytest

from codepilot.terminal import screen
from codepilot.terminal.engines import Engine, available, new_engine
from codepilot.terminal.keys import key_bytes
from codepilot.terminal.messages import pack_update, unpack_update
from codepilot.terminal.screen import Effect, Row, Run, ScreenUpdate

SAMPLE = (
    b"\x1b]2;a title\x07plain \x1b[1;31mbold red\x1b[0m\r\n"
    b"\x1b[38;2;1;2;3;48;5;200mrgb\x1b[m \xe6\x97\xa5\xe6\x9c\xac e\xcc\x81 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7\r\n"
    b"\x1b[5;10H\x1b[7minverse\x1b[27m\x1b]8;;https://example.org/x\x1b\\link\x1b]8;;\x1b\\\x1b[3;4r\x1b[4;1Ha\r\nb\r\nc\x1b[r"
    b"\x1b[8;3H\x1b[?2004h\x1b[?1003;1006h"
)


@pytest.fixture(params=("ghostty", "bittty"))
def name(request: pytest.FixtureRequest) -> str:
    if request.param not in available():
        pytest.skip(f"{request.param} cannot be loaded here")
    return request.param


@pytest.fixture
def engine(name: str):
    engine = new_engine(40, 10, prefer=name)
    yield engine
    engine.close()


def screen_of(engine: Engine) -> ScreenUpdate:
    update = engine.take_update(full=True)
    assert update is not None and update.full
    return update


def row(engine: Engine, y: int) -> Row:
    return screen_of(engine).rows[y]


def only_run(engine: Engine, y: int = 0) -> Run:
    (run,) = row(engine, y).runs
    return run


def test_it_is_named(engine: Engine, name: str) -> None:
    assert engine.name == name


def test_text_stands_where_it_was_written(engine: Engine) -> None:
    engine.feed(b"one\r\ntwo\x1b[4;5Hthree")
    assert engine.text() == "one\ntwo\n\n    three"
    assert row(engine, 3).text == "    three"
    assert screen_of(engine).cursor == screen.Cursor(9, 3)


@pytest.mark.parametrize(
    ("sgr", "expected"),
    [
        ("31", {"foreground": 1}),
        ("97", {"foreground": 15}),
        ("44", {"background": 4}),
        ("38;5;208", {"foreground": 208}),
        ("48;5;17", {"background": 17}),
        ("38;2;10;20;30", {"foreground": (10, 20, 30)}),
        ("48:2::10:20:30", {"background": (10, 20, 30)}),
        ("1", {"attributes": screen.BOLD}),
        ("2", {"attributes": screen.FAINT}),
        ("3;4", {"attributes": screen.ITALIC | screen.UNDERLINE}),
        ("4:0", {}),
        ("4:1", {"attributes": screen.UNDERLINE}),
        ("4:2", {"attributes": screen.UNDERLINE | screen.DOUBLE}),
        ("21", {"attributes": screen.UNDERLINE | screen.DOUBLE}),
        ("4:3", {"attributes": screen.UNDERLINE | screen.CURLY}),
        ("4:4", {"attributes": screen.UNDERLINE | screen.DOTTED}),
        ("4:5", {"attributes": screen.UNDERLINE | screen.DASHED}),
        ("4:3;58:2::10:20:30", {"attributes": screen.UNDERLINE | screen.CURLY, "underline": (10, 20, 30)}),
        ("4;58;5;208", {"attributes": screen.UNDERLINE, "underline": 208}),
        ("4;58;5;208;59", {"attributes": screen.UNDERLINE}),
        ("58;5;208", {}),
        ("5", {"attributes": screen.BLINK}),
        ("7", {"attributes": screen.INVERSE}),
        ("8", {"attributes": screen.INVISIBLE}),
        ("9;53", {"attributes": screen.STRIKE | screen.OVERLINE}),
    ],
)
def test_colours_and_attributes(engine: Engine, sgr: str, expected: dict) -> None:
    engine.feed(f"\x1b[{sgr}mword\x1b[0m".encode())
    assert only_run(engine) == Run("word", 4, **expected)


def test_runs_are_split_by_style_and_blank_ends_are_cut(engine: Engine) -> None:
    engine.feed(b"ab\x1b[32mcd\x1b[0m   \r\n\x1b[41mx\x1b[K")
    assert row(engine, 0).runs == (Run("ab", 2), Run("cd", 2, foreground=2))
    assert row(engine, 1).runs == (Run("x" + " " * 39, 40, background=1),)
    assert row(engine, 2) == Row()


EDGE = "a" * 37 + "\x1b[1;31mwor"


@pytest.mark.parametrize(
    "erase", ["\x1b[m\x1b[K", "\x1b[K", "\x1b[0K\x1b[m\x1b[K", "\x1b[01;32m\x1b[K\x1b[m"]
)
@pytest.mark.parametrize("cut", [0, 1, 2, 3, 1000])
def test_a_word_that_ends_at_the_right_edge_keeps_its_last_character(
    engine: Engine, erase: str, cut: int
) -> None:
    """grep and gcc erase to the end of the line behind each coloured word; the cursor waits to wrap there."""
    data = (EDGE + erase).encode()
    engine.feed(data[: len(data) - cut])
    engine.feed(data[len(data) - cut :])
    engine.feed(b"next")
    assert engine.text() == "a" * 37 + "wor\nnext"
    assert row(engine, 0).wrapped


def test_an_erase_elsewhere_takes_the_rest_of_the_line(engine: Engine) -> None:
    engine.feed(f"{'x' * 40}\r\n{'y' * 40}\x1b[40G\x1b[K\x1b[1;39H\x1b[K\x1b[3;1H{'z' * 40}\x1b[2K".encode())
    assert engine.text() == "x" * 38 + "\n" + "y" * 39


def test_wide_characters_take_two_cells(engine: Engine) -> None:
    engine.feed("a日本b".encode())
    assert row(engine, 0).runs == (Run("a", 1), Run("日本", 4), Run("b", 1))
    assert screen_of(engine).cursor.x == 6


def test_a_wide_character_does_not_straddle_the_edge(engine: Engine) -> None:
    engine.feed(b"x" * 39 + "日".encode())
    assert row(engine, 0).text.rstrip() == "x" * 39
    assert row(engine, 0).wrapped
    assert row(engine, 1).runs == (Run("日", 2),)


@pytest.mark.parametrize(("cluster", "width"), [("e\u0301", 1), ("👩\u200d👩\u200d👧", 2), ("🇨🇿", 2)])
def test_clusters_are_one_cell_group(engine: Engine, cluster: str, width: int) -> None:
    engine.feed(f"<{cluster}>".encode())
    assert row(engine, 0).runs == (Run("<", 1), Run(cluster, width), Run(">", 1))


def test_alternate_screen_and_back(engine: Engine) -> None:
    engine.feed(b"shell\x1b[?1049h\x1b[Hfull screen")
    assert engine.text() == "full screen"
    assert screen_of(engine).modes.alternate
    engine.feed(b"\x1b[?1049l")
    assert engine.text() == "shell"
    assert not screen_of(engine).modes.alternate


def test_scroll_region_moves_only_its_lines(engine: Engine) -> None:
    engine.feed(b"".join(b"\x1b[%d;1Hline %d" % (y, y) for y in range(1, 11)))
    engine.take_update()
    engine.feed(b"\x1b[3;5r\x1b[5;1H\n")
    update = engine.take_update()
    assert update is not None
    assert {y: row.text for y, row in update.rows.items()} == {2: "line 4", 3: "line 5", 4: ""}
    assert update.history == 0


def test_insert_and_delete(engine: Engine) -> None:
    engine.feed(b"abcdef\x1b[3G\x1b[2@\r\nabcdef\x1b[3G\x1b[2P\r\nx\r\ny\x1b[A\x1b[L")
    assert engine.text() == "ab  cdef\nabef\n\nx\ny"


def test_history_keeps_what_scrolled_off(engine: Engine) -> None:
    engine.feed(b"".join(b"\x1b[3%dmline %d\x1b[0m\r\n" % (n % 8, n) for n in range(100)))
    update = engine.take_update()
    assert update is not None and update.history == 91
    rows = engine.history(0, 3)
    assert [row.text for row in rows] == ["line 0", "line 1", "line 2"]
    assert rows[1].runs[0].foreground == 1
    assert [row.text for row in engine.history(88, 50)] == ["line 88", "line 89", "line 90"]
    assert list(engine.history(91, 5)) == []
    assert engine.take_update() is None, "looking back changes nothing on the screen"
    assert engine.text(history=True).splitlines() == [f"line {n}" for n in range(100)]


def test_a_look_back_loses_no_change(engine: Engine) -> None:
    engine.feed(b"line\r\n" * 30)
    engine.take_update()
    engine.feed(b"new")
    engine.history(0, 5)
    update = engine.take_update()
    assert update is not None and [row.text for row in update.rows.values()] == ["new"]


def test_history_is_bounded(engine: Engine) -> None:
    engine.feed(b"x" * 39 + b"\r\n")
    for _ in range(20 if engine.name == "bittty" else 400):
        engine.feed((b"y" * 39 + b"\r\n") * 1000)
    update = engine.take_update()
    assert update is not None and 2_000 < update.history < 400_000


def test_wrapped_lines_are_joined_in_the_log(engine: Engine) -> None:
    engine.feed(b"a" * 45 + b" end\r\nnext")
    assert [row(engine, y).wrapped for y in range(3)] == [True, False, False]
    assert engine.text().splitlines() == ["a" * 40, "aaaaa end", "next"]
    assert engine.text(history=True).splitlines() == ["a" * 45 + " end", "next"]


def test_resize_wraps_anew(engine: Engine) -> None:
    engine.feed(b"0123456789" * 6 + b"\r\n$ ")
    engine.resize(30, 10)
    update = engine.take_update()
    assert update is not None and update.full and (update.columns, update.lines) == (30, 10)
    assert engine.text().splitlines() == ["0123456789" * 3, "0123456789" * 3, "$"]
    engine.resize(80, 10)
    assert engine.text().splitlines() == ["0123456789" * 6, "$"]


def test_a_smaller_screen_pushes_into_history(engine: Engine) -> None:
    engine.feed(b"".join(b"line %d\r\n" % n for n in range(9)) + b"$ ")
    engine.resize(40, 4)
    assert screen_of(engine).rows.keys() == {0, 1, 2, 3}
    assert engine.text() == "line 6\nline 7\nline 8\n$"
    assert [row.text for row in engine.history(0, 9)] == [f"line {n}" for n in range(6)]


def test_cursor(engine: Engine) -> None:
    engine.feed(b"\x1b[3;7H")
    assert screen_of(engine).cursor == screen.Cursor(6, 2, True, "block")
    engine.feed(b"\x1b[?25l\x1b[5 q")
    assert screen_of(engine).cursor == screen.Cursor(6, 2, False, "bar")
    engine.feed(b"\x1b[?25h\x1b[4 q")
    assert screen_of(engine).cursor == screen.Cursor(6, 2, True, "underline")


def test_cursor_at_the_edge_stays_inside(engine: Engine) -> None:
    engine.feed(b"x" * 40)
    assert screen_of(engine).cursor.x == 39


def test_title(engine: Engine) -> None:
    assert screen_of(engine).title == ""
    engine.feed("\x1b]0;héllo\x1b\\".encode())
    update = engine.take_update()
    assert update is not None and update.title == "héllo" and not update.rows
    engine.feed(b"\x1b]2;" + b"x" * 1000 + b"\x07")
    assert len(screen_of(engine).title) <= 256


def test_modes(engine: Engine) -> None:
    engine.feed(b"\x1b[?1h\x1b[?2004h\x1b[?1004h\x1b[?1002h\x1b[?1006h")
    modes = screen_of(engine).modes
    assert modes == screen.Modes(
        application_cursor=True, bracketed_paste=True, focus_events=True, mouse="drag", mouse_sgr=True
    )
    engine.feed(b"\x1b[?1003h")
    assert screen_of(engine).modes.mouse == "motion"
    engine.feed(b"\x1bc")
    assert screen_of(engine).modes == screen.Modes()


def test_queries_are_answered(engine: Engine) -> None:
    engine.set_default_colours((0x12, 0x34, 0x56), (0, 0, 0))
    engine.feed(b"\x1b[2;5H\x1b[5n\x1b[6n")
    assert engine.take_replies() == b"\x1b[0n\x1b[2;5R"
    engine.feed(b"\x1b[c")
    assert engine.take_replies().startswith(b"\x1b[?6")
    engine.feed(b"\x1b]10;?\x07\x1b]11;?\x07")
    assert engine.take_replies() == b"\x1b]10;rgb:1212/3434/5656\x07\x1b]11;rgb:0000/0000/0000\x07"
    engine.feed(b"\x1b[18t")
    assert engine.take_replies() == b"\x1b[8;10;40t"
    engine.feed(b"\x1b[?2004h\x1b[?2004$p")
    assert engine.take_replies() == b"\x1b[?2004;1$y"
    assert engine.take_replies() == b""


def test_a_title_is_never_typed_back(engine: Engine) -> None:
    engine.feed(b"\x1b]2;rm -rf ~\x07\x1b[21t\x1b[20t")
    assert b"rm" not in engine.take_replies()


def test_replies_are_bounded(engine: Engine) -> None:
    engine.feed(b"\x1b[6n" * 300_000)
    assert 0 < len(engine.take_replies()) <= 1 << 20


def test_paste(engine: Engine) -> None:
    assert engine.encode_paste("a\nb\x1b[201~\x03c") == b"a\rb[201~c"
    engine.feed(b"\x1b[?2004h")
    assert engine.encode_paste("a\r\nb\x1b[201~\x9b6n") == b"\x1b[200~a\nb[201~6n\x1b[201~"
    assert engine.encode_paste("") == b""


def test_mouse(engine: Engine) -> None:
    assert engine.encode_mouse("press", 1, 2, 3) == b""
    engine.feed(b"\x1b[?1000h\x1b[?1006h")
    assert engine.encode_mouse("press", 1, 2, 3) == b"\x1b[<0;3;4M"
    assert engine.encode_mouse("move", 1, 3, 3) == b""
    assert engine.encode_mouse("release", 1, 2, 3) == b"\x1b[<0;3;4m"
    assert engine.encode_mouse("press", 2, 0, 0) == b"\x1b[<1;1;1M"
    assert engine.encode_mouse("release", 2, 0, 0) == b"\x1b[<1;1;1m"
    assert engine.encode_mouse("press", 3, 0, 0, ["ctrl", "alt"]) == b"\x1b[<26;1;1M"
    assert engine.encode_mouse("release", 3, 0, 0) == b"\x1b[<2;1;1m"
    assert engine.encode_mouse("press", 4, 0, 0) == b"\x1b[<64;1;1M"
    assert engine.encode_mouse("press", 5, 0, 0, ["shift"]) == b"\x1b[<69;1;1M"
    engine.feed(b"\x1b[?1002h")
    engine.encode_mouse("press", 1, 2, 3)
    assert engine.encode_mouse("move", 1, 3, 3) == b"\x1b[<32;4;4M"
    engine.encode_mouse("release", 1, 3, 3)
    engine.feed(b"\x1b[?1003h")
    assert engine.encode_mouse("move", 0, 5, 5) == b"\x1b[<35;6;6M"
    engine.feed(b"\x1b[?1006l")
    assert engine.encode_mouse("press", 1, 0, 0) == b"\x1b[M !!"


KEYS = """
up down left right home end pageup pagedown insert delete enter tab shift+tab escape backspace space f1 f4 f5 f12
ctrl+c ctrl+d ctrl+z ctrl+space ctrl+left ctrl+shift+up alt+x alt+backspace alt+up shift+f5 ctrl+delete
ctrl+right_square_bracket ctrl+backslash ctrl+underscore upper_a slash a
"""


def test_keys(engine: Engine) -> None:
    assert {key: engine.encode_key(key) for key in KEYS.split()} == {
        key: key_bytes(key) for key in KEYS.split()
    }
    assert engine.encode_key("é", text="é") == "é".encode()
    assert engine.encode_key("text", text="日本") == "日本".encode()
    assert engine.encode_key("no_such_key") == b""


def test_keys_in_application_cursor_mode(engine: Engine) -> None:
    engine.feed(b"\x1b[?1h")
    assert engine.encode_key("up") == b"\x1bOA"
    assert engine.encode_key("end") == b"\x1bOF"
    assert engine.encode_key("ctrl+up") == b"\x1b[1;5A"
    engine.feed(b"\x1b[?1l")
    assert engine.encode_key("up") == b"\x1b[A"


def test_keys_in_kittys_protocol(engine: Engine) -> None:
    engine.feed(b"\x1b[>1u")
    assert engine.encode_key("ctrl+c") == b"\x1b[99;5u"
    assert engine.encode_key("escape") == b"\x1b[27u"
    assert engine.encode_key("a", text="a") == b"a"
    assert engine.encode_key("upper_a", text="A") == b"A"
    assert engine.encode_key("up") == b"\x1b[A"
    assert engine.encode_key("enter") == b"\r"


def test_encoding_a_key_leaves_the_replies_alone(engine: Engine) -> None:
    engine.feed(b"\x1b[>1u\x1b[6n")
    engine.encode_key("ctrl+c")
    assert engine.take_replies() == b"\x1b[1;1R"


def test_only_changed_rows_are_told(engine: Engine) -> None:
    engine.feed(b"".join(b"line %d\r\n" % n for n in range(8)))
    assert len(screen_of(engine).rows) == 10
    engine.feed(b"\x1b[4;1Hchanged")
    update = engine.take_update()
    assert update is not None and not update.full
    assert update.rows == {3: Row((Run("changed", 7),))}
    assert engine.take_update() is None
    engine.feed(b"\x1b[4;1Hchanged")
    assert engine.take_update() is None, "written again, but the same"
    engine.feed(b"\x1b[1;1H")
    update = engine.take_update()
    assert update is not None and update.rows == {} and update.cursor.y == 0


def test_a_full_update_holds_everything(engine: Engine) -> None:
    engine.feed(b"a\r\nb")
    engine.take_update()
    update = screen_of(engine)
    assert [update.rows[y].text for y in range(10)] == ["a", "b"] + [""] * 8
    assert engine.take_update() is None


def test_updates_add_up_to_the_screen(engine: Engine) -> None:
    """Also where rows move and styles are let go and given again."""
    seen: dict[int, Row] = {}
    for n in range(120):
        engine.feed(
            f"\x1b[38;5;{n}mstyled {n}\x1b[0m\r\n".encode() if n % 3 else b"\x1b[3;4H\x1b[Lmid\x1b[10;1H"
        )
        if n % 7 == 0:
            engine.feed(f"\x1b[5;1H\x1b[38;5;{255 - n}mstyled x\x1b[0m\x1b[10;1H".encode())
        update = engine.take_update()
        if update:
            seen.update(update.rows)
    assert seen == screen_of(engine).rows


def test_synchronised_output_is_held_together(name: str) -> None:
    now = [100.0]
    from codepilot.terminal.engines import bittty, ghostty

    kind = {"ghostty": ghostty.GhosttyEngine, "bittty": bittty.BitttyEngine}[name]
    engine = kind(40, 10, now=lambda: now[0])
    engine.feed(b"before")
    engine.take_update()
    engine.feed(b"\x1b[?2026h\x1b[1;1Hduring")
    assert engine.take_update() is None
    whole = engine.take_update(full=True)
    assert whole is not None and whole.rows[0].text == "before"
    engine.feed(b"\x1b[?2026l")
    update = engine.take_update()
    assert update is not None and update.rows[0].text == "during"
    engine.feed(b"\x1b[?2026h\x1b[1;1Hforgot")
    assert engine.take_update() is None
    now[0] += 2
    update = engine.take_update()
    assert update is not None and update.rows[0].text == "forgot"
    engine.close()


def test_columns_are_not_the_programs_to_change(engine: Engine) -> None:
    engine.feed(b"\x1b[?40h\x1b[?3h\x1b[?3l\x1b[8;20;20t")
    update = screen_of(engine)
    assert (update.columns, update.lines) == (40, 10)
    engine.feed(b"x" * 41)
    assert row(engine, 0).text == "x" * 40


def test_links(engine: Engine) -> None:
    engine.feed(
        b"\x1b]8;;https://a.example/\x07here\x1b]8;;\x07 \x1b]8;;https://b.example/\x07there\x1b]8;;\x07"
    )
    assert row(engine, 0).runs == (
        Run("here", 4, link="https://a.example/"),
        Run(" ", 1),
        Run("there", 5, link="https://b.example/"),
    )


def test_a_cut_at_any_place_gives_the_same_screen(name: str) -> None:
    whole = new_engine(40, 10, prefer=name)
    whole.feed(SAMPLE)
    expected, text = screen_of(whole), whole.text()
    whole.close()
    for cut in range(1, len(SAMPLE)):
        engine = new_engine(40, 10, prefer=name)
        engine.feed(SAMPLE[:cut])
        engine.feed(SAMPLE[cut:])
        assert screen_of(engine) == expected, cut
        assert engine.text() == text
        engine.close()


# -- what programs ask for beyond their screen --


def test_effects_are_told_once(engine: Engine) -> None:
    engine.feed(b"\a\x1b]52;c;aGVsbG8=\x07\x1b]9;done\x07")
    assert list(engine.take_effects()) == [
        Effect("bell"),
        Effect("clipboard", "hello"),
        Effect("notice", "done"),
    ]
    assert list(engine.take_effects()) == []


def test_effects_are_few_however_often_asked_for(engine: Engine) -> None:
    engine.feed(b"\a\x1b]9;note\x07\x1b]52;c;aGVsbG8=\x07" * 1000 + b"\x1b]52;c;bGFzdA==\x07")
    effects = engine.take_effects()
    assert len(effects) <= 10 and effects[1] == Effect("clipboard", "last")


def test_a_text_too_long_for_the_clipboard_is_left_out_whole(engine: Engine) -> None:
    engine.feed(b"\x1b]52;c;" + b"aGVs" * 250_000 + b"\x07")
    (effect,) = engine.take_effects()
    assert effect.text == "hel" * 250_000
    engine.feed(b"\x1b]52;c;" + b"aGVs" * 500_000 + b"\x07after")
    assert not engine.take_effects()
    assert engine.text() == "after"


def test_a_directory_is_a_fact_of_the_screen(engine: Engine) -> None:
    engine.feed(b"\x1b]7;file:///srv/www\x07")
    update = engine.take_update()
    assert update is not None and update.directory == "/srv/www"
    assert unpack_update(pack_update(update)) == update


def test_focus(engine: Engine) -> None:
    assert engine.encode_focus(True) == b""
    engine.feed(b"\x1b[?1004h")
    assert (engine.encode_focus(True), engine.encode_focus(False)) == (b"\x1b[I", b"\x1b[O")


# -- keyboard protocols --

DISAMBIGUATED = {
    "ctrl+c": "99;5u", "ctrl+i": "105;5u", "ctrl+shift+a": "97;6u", "alt+x": "120;3u", "escape": "27u",
    "shift+enter": "13;2u", "ctrl+enter": "13;5u", "shift+tab": "9;2u", "ctrl+space": "32;5u", "super+a": "97;9u",
    "up": "A", "ctrl+up": "1;5A", "f3": "13~", "f5": "15~", "delete": "3~", "home": "H",
}  # fmt: skip


def test_kittys_disambiguation(engine: Engine) -> None:
    engine.feed(b"\x1b[>1u")
    assert {key: engine.encode_key(key) for key in DISAMBIGUATED} == {
        key: f"\x1b[{end}".encode() for key, end in DISAMBIGUATED.items()
    }
    assert [engine.encode_key(key) for key in ("enter", "tab", "backspace", "space")] == [
        b"\r",
        b"\t",
        b"\x7f",
        b" ",
    ]


def test_kittys_reports_of_all_keys(engine: Engine) -> None:
    engine.feed(b"\x1b[>8u")
    assert engine.encode_key("a", text="a") == b"\x1b[97u"
    assert engine.encode_key("upper_a", text="A") == b"\x1b[97;2u"
    assert engine.encode_key("exclamation_mark", text="!") == b"\x1b[49;2u"
    assert engine.encode_key("enter") == b"\x1b[13u"
    engine.feed(b"\x1b[<u\x1b[>31u")
    assert engine.encode_key("upper_a", text="A") == b"\x1b[97:65;2;65u"


def test_kittys_event_types(engine: Engine) -> None:
    assert engine.encode_key("up", action="release") == b""
    assert engine.encode_key("up", action="repeat") == b"\x1b[A"
    engine.feed(b"\x1b[>3u")
    assert engine.encode_key("up") in (b"\x1b[A", b"\x1b[1;1:1A")
    assert engine.encode_key("up", action="repeat") == b"\x1b[1;1:2A"
    assert engine.encode_key("up", action="release") == b"\x1b[1;1:3A"
    assert engine.encode_key("ctrl+c", action="release") == b"\x1b[99;5:3u"
    assert engine.encode_key("enter", action="release") == b"", "so that a shell is not left with half a key"


def test_each_screen_has_its_own_keyboard(engine: Engine) -> None:
    engine.feed(b"\x1b[?1049h\x1b[>1u")
    assert engine.encode_key("ctrl+c") == b"\x1b[99;5u"
    engine.feed(b"\x1b[?1049l")
    assert engine.encode_key("ctrl+c") == b"\x03"


def test_modified_keys_in_xterms_way(engine: Engine) -> None:
    engine.feed(b"\x1b[>4;2m")
    assert engine.encode_key("ctrl+c") == b"\x1b[27;5;99~"
    assert engine.encode_key("alt+x") == b"\x1b[27;3;120~"
    assert engine.encode_key("shift+enter") == b"\x1b[27;2;13~"
    assert engine.encode_key("upper_a", text="A") == b"A"
    assert engine.encode_key("ctrl+up") == b"\x1b[1;5A"
    engine.feed(b"\x1b[>4;0m")
    assert engine.encode_key("ctrl+c") == b"\x03"


# -- what a program leaves behind --

LEFT_BEHIND = (
    b"\x1b[?1049h\x1b[2;4r\x1b[?6h\x1b[?25l\x1b[?1h\x1b[?1003;1006h\x1b[?1004h\x1b[?2004h\x1b[?7l\x1b[4h\x1b[20h"
    b"\x1b[>1u\x1b[>4;2m\x1b[1;31m\x1b(0\x1b]8;;http://a/\x1b\\\x1b[5 q\x1b]11;#ffffff\x07\x1b[?2026h\x1b[?69h\x1b[2;5s"
)


@pytest.mark.parametrize("alternate", [True, False])
def test_modes_are_put_in_order(engine: Engine, alternate: bool) -> None:
    engine.feed(
        b"before\r\nprompt" + (LEFT_BEHIND if alternate else LEFT_BEHIND.replace(b"\x1b[?1049h", b""))
    )
    engine.reset_modes()
    engine.feed(b"\r\nqx" + b"." * 39)
    update = screen_of(engine)
    assert update.modes == screen.Modes()
    assert update.cursor.visible and update.cursor.shape == "block"
    lines = engine.text().splitlines()
    assert "before" in lines and "prompt" in lines
    assert lines[-2:] == ["qx" + "." * 38, "."]
    assert Run("qx" + "." * 38, 40) in [run for row in update.rows.values() for run in row.runs]
    assert engine.encode_key("ctrl+c") == b"\x03"
    engine.take_replies()
    engine.feed(b"\x1b]11;?\x07")
    assert engine.take_replies() == b"\x1b]11;rgb:0c0c/0f0f/1313\x07"


# -- colours of the theme --


def test_a_new_theme_is_told_unless_the_program_chose_its_own_colours(engine: Engine) -> None:
    engine.set_default_colours((1, 1, 1), (255, 255, 255))
    engine.feed(b"\x1b]10;#123456\x07\x1b]10;?\x07\x1b]11;?\x07")
    assert engine.take_replies() == b"\x1b]10;rgb:1212/3434/5656\x07\x1b]11;rgb:ffff/ffff/ffff\x07"
    engine.set_default_colours((2, 2, 2), (0, 0, 0))
    engine.feed(b"\x1b]10;?\x07\x1b]11;?\x07\x1b]110\x07\x1b]10;?\x07")
    assert engine.take_replies() == (
        b"\x1b]10;rgb:1212/3434/5656\x07\x1b]11;rgb:0000/0000/0000\x07\x1b]10;rgb:0202/0202/0202\x07"
    )


def test_features_are_what_they_say(engine: Engine) -> None:
    """The two things in which the engines differ on purpose; the rest stands in the corpus' known misses."""
    engine.feed(b"\x1b[?996n")
    assert (engine.take_replies() == b"\x1b[?997;1n") is ("colour-scheme" in engine.features)
    engine.set_default_colours((0, 0, 0), (250, 250, 250))
    engine.feed(b"\x1b[?996n")
    assert (engine.take_replies() == b"\x1b[?997;2n") is ("colour-scheme" in engine.features)
    engine.feed(b"\x1b]10;?;?\x07")
    assert (engine.take_replies().count(b"rgb:") == 2) is ("colour-lists" in engine.features)


# -- pace --


def test_a_feed_with_no_time_takes_a_piece_and_gives_back_the_rest(engine: Engine) -> None:
    data = b"".join(b"line %d\r\n" % n for n in range(4000))
    rest = engine.feed(data, seconds=0)
    assert 0 < len(rest) < len(data) and data.endswith(rest)
    turns = 0
    while rest:
        rest = engine.feed(rest, seconds=0)
        turns += 1
    assert turns < 2000
    assert engine.text().splitlines()[-1] == "line 3999"
    assert engine.feed(b"end", seconds=10) == b""


COSTLY = {
    "repeat": b"a\x1b[65535b", "erase": b"\x1b[?2J", "fill": b"\x1b[65;1;1;50;200$x", "align": b"\x1b#8",
    "scroll": b"a\x1b[999S", "reset": b"\x1bc", "columns": b"\x1b[?40h\x1b[?3h\x1b[?3l", "clear": b"x\x1b[2J",
}  # fmt: skip


@pytest.mark.parametrize("costly", COSTLY.values(), ids=COSTLY)
def test_costly_sequences_are_taken_a_few_at_a_time(name: str, costly: bytes) -> None:
    engine = new_engine(200, 50, prefer=name)
    data = costly * (100_000 // len(costly))
    rest = engine.feed(data, seconds=0)
    again = engine.feed(rest, seconds=0)
    assert len(data) - len(rest) <= 8192 and len(rest) - len(again) <= 8192
    engine.close()


def test_delete_characters_are_passed_over_anywhere(engine: Engine) -> None:
    engine.feed(b"a\x7fb\x1b[3\x7f1mc\x1b]2;t\x7fi\x07")
    assert row(engine, 0).runs == (Run("ab", 2), Run("c", 1, foreground=1))


def test_holding_says_that_a_look_later_is_worth_it(engine: Engine) -> None:
    assert not engine.holding
    engine.feed(b"\x1b[?2026hx")
    assert engine.holding and engine.take_update() is None
    engine.feed(b"\x1b[?2026l")
    assert not engine.holding and engine.take_update() is not None
