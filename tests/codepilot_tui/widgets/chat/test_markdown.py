import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.style import Style

from codepilot_tui.theme import load_theme
from codepilot_tui.widgets.chat.blocks import Document
from codepilot_tui.widgets.chat.inline import addresses
from codepilot_tui.widgets.chat.markdown import MarkdownText
from codepilot_tui.widgets.chat.pen import Pen

TOKENS = load_theme("dusk")


def pen(width=60):
    return Pen(width, TOKENS)


def drawn(text, width=60, ended=True):
    return MarkdownText().draw(text, ended, pen(width))


def rows(text, width=60, ended=True):
    return [each.strip.text.rstrip() for each in drawn(text, width, ended)]


def styled(text, piece):
    for each in drawn(text):
        for segment in each.strip:
            if segment.text.strip() == piece:
                return segment.style
    raise AssertionError(f"{piece!r} is not there")


def test_blocks_stand_apart_and_items_of_a_list_do_not():
    """Report, row 19: everything was set too tight."""
    assert rows(
        "# Head\nOne\ntwo.\n\nThree:\n- a\n- b\n  - c\n1. x\n2. y\n> said\n\n| a |\n|---|\n| 1 |\n\nend"
    ) == [
        "Head",
        "",
        "One two.",
        "",
        "Three:",
        "",
        "• a",
        "• b",
        "  • c",
        "",
        "1. x",
        "2. y",
        "",
        "│ said",
        "",
        "a",
        "1",
        "",
        "end",
    ]


def test_a_list_written_with_air_keeps_it():
    assert rows("- a\n\n- b\n- c\n\n  more of c\n\n  ```\n  x\n  ```") == [
        "• a",
        "",
        "• b",
        "• c",
        "",
        "  more of c",
        "",
        "   x",
    ]
    assert rows("- a\n* b") == ["• a", "", "• b"], "another mark is another list"


def test_code_blocks_stand_apart_under_their_language():
    """Report, row 19: `python`, `diff` and `json` became one block."""
    assert rows("```python\na\n```\n```diff\n+b\n```\n```\nc\n```") == [
        " python",
        " a",
        "",
        " diff",
        " +b",
        "",
        " c",
    ]


def test_a_diff_is_green_and_red():
    text = "```diff\n--- a.py\n+++ b.py\n same\n-old\n+new\n```"
    for source, ended in ((text, True), (text[:-4], False)):
        inks, planes = {}, {}
        for row in drawn(source, ended=ended):
            for segment in row.segments:
                inks[segment.text.strip()] = segment.style.color.name
                planes[segment.text.strip()] = segment.style.bgcolor.name
        assert (inks["+new"], inks["-old"]) == (TOKENS["ok"], TOKENS["bad"])
        assert (planes["+new"], planes["-old"], planes["same"]) == (
            TOKENS["added"],
            TOKENS["removed"],
            TOKENS["raised"],
        )
        assert planes["--- a.py"] == planes["+++ b.py"] == TOKENS["raised"]


def test_headings_differ_by_level():
    looks = [styled(f"{'#' * level} Head", "Head") for level in range(1, 5)]
    assert all(look.bold for look in looks)
    assert len({(look.underline, look.italic, look.color.name) for look in looks}) == 4


def test_tasks_have_signs():
    assert rows("- [x] read\n- [ ] write `[x]`\n- [y] no\n1. [x] no") == [
        "✓ read",
        "○ write [x]",
        "• [y] no",
        "",
        "1. [x] no",
    ]
    assert styled("- [x] read", "✓").color.name == TOKENS["ok"]


def href(text, piece):
    meta = styled(text, piece).meta
    return meta.get("href") if meta else None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://e.x/a_b?c=1&d=(e).", "https://e.x/a_b?c=1&d=(e)"),
        ("(https://e.x/a)", "https://e.x/a"),
        ("http://e.x, and more", "http://e.x"),
        ("**https://e.x/a**", "https://e.x/a"),
        ("| a |\n|---|\n| https://e.x/t |", "https://e.x/t"),
    ],
)
def test_a_bare_address_is_a_link(text, address):
    assert href(text, address) == address and styled(text, address).underline


def test_what_is_no_link():
    for text, piece in (
        ("[docs](file.py)", "docs"),
        ("ftp://e.x/a", "ftp://e.x/a"),
        ("`https://e.x`", "https://e.x"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        (f"[long](https://e.x/{'a' * 300})", "long"),
    ):
        assert href(text, piece) is None and not styled(text, piece).underline, text


def test_a_link_and_its_target_open_the_same():
    text = "[docs](https://example.com/x)"
    assert href(text, "docs") == href(text, "https://example.com/x") == "https://example.com/x"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("https://a.example", ["https://a.example"]),
        ("see https://a.example", ["see ", "https://a.example"]),
        ("https://a.example.", ["https://a.example", "."]),
        ("no address", ["no address"]),
        ("", []),
    ],
)
def test_a_text_with_addresses_comes_in_pieces_of_which_none_is_empty(text, pieces):
    assert [piece for piece, _ in addresses(text, Style.null())] == pieces


def test_inline_styles():
    assert styled("a **b** c", "b").bold
    assert styled("a *b* c", "b").italic
    assert styled("a ~~b~~ c", "b").strike
    assert styled("a `b` c", "b").color.name == TOKENS["code"]
    assert styled("# Head", "Head").bold


def test_a_link_shows_where_it_leads():
    assert rows("[docs](https://example.com/x)") == ["docs (https://example.com/x)"]
    assert rows("<https://example.com>") == ["https://example.com"]
    assert styled("[docs](https://example.com/x)", "docs").underline
    assert not styled("[docs](file.py)", "docs").underline
    assert rows("[bad](javascript:alert)") == ["[bad](javascript:alert)"]


def test_no_terminal_link_is_written():
    assert all(
        segment.style is None or segment.style.link is None
        for row in drawn("[x](https://e.x)")
        for segment in row.strip
    )


def test_a_table_is_aligned_and_fits():
    text = "| a | num |\n|---|---:|\n| one | 1 |\n| two | 22 |"
    assert rows(text) == ["a    num", "one    1", "two   22"]
    wide = "| a | b |\n|---|---|\n| " + "word " * 12 + "| " + "more " * 12 + "|"
    assert all(row.strip.cell_length <= 40 for row in drawn(wide, 40))


def test_a_quote_has_a_bar():
    assert rows("> said\n> so") == ["│ said so"]


def test_a_fence_is_coloured_and_kept():
    text = "```python\ndef f():\n\treturn 1\n```"
    assert rows(text) == [" python", " def f():", "     return 1"]
    assert styled(text, "def").color.name == TOKENS["syntax-keyword"]
    assert styled(text, "def").bgcolor.name == TOKENS["raised"]


@pytest.mark.parametrize("fence", ["```", "````", "~~~"])
def test_an_open_fence_is_source_already(fence):
    assert rows(f"{fence}python\ndef f():\n  ret", ended=False) == [" python", " def f():", "   ret"]
    # The closing line is not shown while it is typed.
    assert rows(f"{fence}\nx\n{fence[:2]}", ended=False) == [" x"]
    assert rows(f"{fence}\nx\n{fence}\n\nafter") == [" x", "", "after"]


def test_html_is_text():
    assert rows("<b>x</b> <script>") == ["<b>x</b> <script>"]


def test_an_entity_cannot_name_a_control_character():
    text = " ".join(rows("a &#27;[31m &#x202e; &#155; &rlm; b &lt;"))
    assert not {"\x1b", "\u202e", "\x9b", "\u200f"} & set(text)
    assert "<" in text


def test_rich_markup_is_text():
    assert rows("[red]x[/red] [/] [@click=app.quit]y[/]") == ["[red]x[/red] [/] [@click=app.quit]y[/]"]


def test_only_the_last_block_is_parsed_again():
    document = Document()
    document.grow("First.\n\nSecond.\n", False)
    first = document.done[0]
    document.grow("First.\n\nSecond.\n\nThird\n", False)
    assert document.done[0] is first
    assert [block.kind for block in document.done] == ["paragraph_open", "paragraph_open"]
    assert len(document.tail) == 1


def test_the_items_of_a_list_are_done_one_by_one():
    document = Document()
    document.grow("".join(f"{n}. item\n" for n in range(1, 9)), False)
    assert len(document.done) == 7


def test_another_text_begins_again():
    text = MarkdownText()
    text.draw("One two three", False, pen())
    assert [row.text for row in text.draw("Else", True, pen())] == ["Else"]


PIECES = st.sampled_from(
    [
        "word ",
        "`code` ",
        "**bold",
        "** ",
        "\n",
        "\n\n",
        "- item\n",
        "  - sub\n",
        "1. one\n",
        "```python\n",
        "```\n",
        "```",
        "~~~\n",
        "# Head\n",
        "> quote\n",
        "| a | b |\n|---|---|\n",
        "| 1 | 2 |\n",
        "[x](http://y)",
        "    deep\n",
        "---\n",
        "===\n",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=25), st.integers(16, 50))
def test_growing_ends_as_the_whole(pieces, width):
    """However it was sliced, the finished message looks the same; nothing is wider than the pane."""
    whole = "".join(pieces)
    text = MarkdownText()
    for end in range(len(pieces)):
        for row in text.draw("".join(pieces[:end]), False, pen(width)):
            assert row.strip.cell_length <= width
    grown = [row.strip.text for row in text.draw(whole, True, pen(width))]
    assert grown == [row.strip.text for row in drawn(whole, width)]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80))
@example("a\r\rb\n\n# c\r\n\r- d")
def test_any_text_is_drawn(text):
    for ended in (False, True):
        for row in MarkdownText().draw(text, ended, pen(20)):
            assert row.strip.cell_length <= 20
