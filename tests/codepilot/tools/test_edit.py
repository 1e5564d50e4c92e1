"""edit_file and the blocks that it reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.decision import Decision
from codepilot.events import FileChanged, ToolFinished
from codepilot.tools.arguments import Refused
from codepilot.tools.searchreplace import Block, is_search_replace, locate_all, parse_blocks

CODE = "def f(a):\n    x = 1  \n    return x\n\n\ndef g(a):\n    x = 1\n    return x\n"


def block(search, replace, size=7):
    lines = [
        f"{'<' * size} SEARCH",
        *search.splitlines(),
        "=" * size,
        *replace.splitlines(),
        f"{'>' * size} REPLACE",
    ]
    return "".join(line + "\n" for line in lines)


async def test_one_replacement(desk):
    desk.write("a.py", CODE)
    assert await desk.replace("a.py", block("def g(a):", "def g(a, b):\n    # new")) == (
        "[edit_file] 'a.py' edited: 1 replacement(s), at former lines 6–6. File now has 9 lines total.\n      …\n"
        "    3 |     return x\n    4 |\n    5 |\n    6 | def g(a, b):\n    7 |     # new\n    8 |     x = 1\n"
        "    9 |     return x\n[moved] The lines below line 7 moved by +1."
    )
    (request,) = desk.asked
    assert (request.tool, request.kind, request.description) == (
        "edit_file",
        "edit",
        "Write 'a.py' (search/replace)",
    )
    assert (request.before, request.after) == (CODE, CODE.replace("def g(a):", "def g(a, b):\n    # new"))
    assert (desk.root / "a.py").read_text() == request.after
    assert desk.of(FileChanged)[0].after == request.after
    assert desk.of(ToolFinished)[0].figure == "+2 −1"


async def test_several_blocks_are_one_step(desk):
    desk.write("a.py", CODE)
    payload = block("def g(a):", "def h(a):") + "\n" + block("def f(a):", "")
    assert "2 replacement(s), at former lines 1–1, 6–6." in await desk.replace("a.py", payload)
    assert (desk.root / "a.py").read_text() == CODE.replace("def g(a):", "def h(a):").replace(
        "def f(a):\n", ""
    )
    bad = block("def h(a):", "def i(a):") + block("no such line", "x")
    before = (desk.root / "a.py").read_text()
    assert "matches nothing" in await desk.replace("a.py", bad)
    assert (desk.root / "a.py").read_text() == before
    assert len(desk.asked) == 1


async def test_blanks_at_line_ends_do_not_matter_and_stay(desk):
    desk.write("a.py", CODE)
    payload = block("def f(a):\n    x = 1\n    return x", "def f(a):\n    x = 1\n    return -x  ")
    assert "ERROR" not in await desk.replace("a.py", payload)
    assert (desk.root / "a.py").read_text().startswith("def f(a):\n    x = 1  \n    return -x  \n")


async def test_an_exact_place_wins_over_a_tolerant_one(desk):
    desk.write("a", "x \ny\nx\n")
    assert "ERROR" not in await desk.replace("a", block("x", "z"))
    assert (desk.root / "a").read_text() == "x \ny\nz\n"


async def test_several_places_are_listed(desk):
    desk.write("a.py", CODE)
    assert await desk.replace("a.py", block("    return x", "    return y")) == (
        "[edit_file] ERROR: the SEARCH of line 1 matches 2 places: lines 3–3, 8–8. "
        "Add lines around it until only one matches. Nothing was written."
    )


async def test_a_miss_shows_the_nearest_lines(desk):
    desk.write("a.py", CODE)
    assert await desk.replace("a.py", block("def g(a):\n    y = 1\n    return x", "pass")) == (
        "[edit_file] ERROR: the SEARCH of line 1 matches nothing, so nothing was written. The nearest lines are:\n"
        "    4 |\n    5 |\n    6 | def g(a):\n    7 |     x = 1\n    8 |     return x"
    )
    assert "The nearest lines are:\n    4 |\n    5 |\n    6 | def g(a):" in await desk.replace(
        "a.py", block("def g(b):", "pass")
    )
    assert "Lines 6–7 differ only in their indentation:" in await desk.replace(
        "a.py", block("  def g(a):\n      x = 1", "pass")
    )
    assert "No line of the file resembles it." in await desk.replace("a.py", block("%%%%%%%%%%", "pass"))
    desk.write("empty", "")
    assert "The file is empty." in await desk.replace("empty", block("a", "b"))


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("x = 1\n", "line 1 of the block is not part of any SEARCH/REPLACE: use this form:\n<<<<<<< SEARCH"),
        ("", "the block holds no SEARCH/REPLACE."),
        ("<<<<<<< SEARCH\na\n=======\nb\n", "the SEARCH of line 1 has no line '>>>>>>> REPLACE' that closes it."),
        ("<<<<<<< SEARCH\na\n>>>>>>> REPLACE\n", "the SEARCH of line 1 has no line '=======' before its REPLACE."),
        ("<<<<<<< SEARCH\na\n=======\nb\n=======\nc\n>>>>>>> REPLACE\n",
         "the SEARCH of line 1 holds a marker line as text. Use longer markers for that block, e.g. <<<<<<<< SEARCH"),
        (block("a", "a"), "the SEARCH and the REPLACE of line 1 are the same: there is nothing to change."),
        (block("", "a"), "the SEARCH of line 1 is empty."),
        (block("a\nb", "x") + block("b\nc", "y"), "the SEARCH blocks of lines 1 and 7 overlap at line 2."),
    ],
)  # fmt: skip
async def test_blocks_that_are_refused(desk, payload, text):
    desk.write("f", "a\nb\nc\n")
    result = await desk.replace("f", payload)
    assert result.startswith("[edit_file] ERROR: " + text)
    assert (desk.root / "f").read_text() == "a\nb\nc\n"
    assert desk.asked == []


async def test_longer_markers_hold_marker_lines(desk):
    desk.write("f.rst", "Title\n=======\ntext\n")
    assert "ERROR" not in await desk.replace("f.rst", block("Title\n=======", "Topic\n=======", size=8))
    assert (desk.root / "f.rst").read_text() == "Topic\n=======\ntext\n"


async def test_an_empty_search_creates_a_file(desk):
    assert (
        await desk.replace("new/a.py", block("", "x = 1")) == "[edit_file] 'new/a.py' created with 1 lines."
    )
    assert (desk.root / "new" / "a.py").read_text() == "x = 1\n"
    assert "there is no file 'none'" in await desk.replace("none", block("a", "b"))


@pytest.mark.parametrize(
    ("data", "after"),
    [
        (b"a\r\nb\r\n", b"a\r\nX\r\nY\r\n"),
        (b"a\r\nb\r\nc\n", b"a\r\nX\r\nY\r\nc\n"),
        (b"a\r\nb\nc\r\n", b"a\r\nX\nY\nc\r\n"),
        (b"a\nb", b"a\nX\nY"),
        (b"caf\xe9\nb\n", b"caf\xe9\nX\nY\n"),
        ("\ufeffb\n".encode(), "\ufeffX\nY\n".encode()),
    ],
)
async def test_line_ends_and_encoding_stay(desk, data, after):
    file = desk.write("f", data)
    for payload in (block("b", "X\nY"), block("b", "X\nY").replace("\n", "\r\n")):
        file.write_bytes(data)
        desk.memory.clear()
        assert "ERROR" not in await desk.replace("f", payload)
        assert file.read_bytes() == after


async def test_unread_is_fine_stale_is_not(desk):
    file = desk.write("f", "a\nb\n")
    assert "ERROR" not in await desk.replace("f", block("a", "A"))
    await desk.call("read_file", "f")
    file.write_text("A\nuser\nb\n")
    result = await desk.replace("f", block("b", "B"))
    assert "'f' changed since you last saw it, so nothing was written" in result
    assert "+user" in result


async def test_line_numbers_hold_over_an_edit_in_the_same_block(desk):
    desk.write("f", "".join(f"{n}\n" for n in range(1, 7)))
    await desk.call("read_file", "f")
    desk.reply(("f", block("2", "two\ntwo-b")), ("f", "five\n"), ("f", "x\n"))
    await desk.call("edit_file", "f")
    await desk.call("write_file", "f", 5, 5, mode="edit")
    assert "already edited in this block" in await desk.call("write_file", "f", 2, 2, mode="edit")
    assert (desk.root / "f").read_text().split() == ["1", "two", "two-b", "3", "4", "five", "6"]


async def test_denial_and_missing_payload(desk):
    desk.write("f", "a\n")
    desk.decision = Decision(allow=False, reason="no")
    assert (
        await desk.replace("f", block("a", "b"))
        == "[edit_file] Permission denied for 'f'. The user says: no."
    )
    result = await desk.call("edit_file", "f")
    assert result.startswith("[edit_file] ERROR: there is no block with its content for 'f'")
    assert "```text filename=f\n<<<<<<< SEARCH\n...\n=======\n...\n>>>>>>> REPLACE\n```" in result


words = st.lists(
    st.sampled_from(["a", "b", "  a", "", "=======", "<<<<<<< SEARCH", ">>>>>>> REPLACE"]), max_size=5
)


@given(st.lists(st.tuples(words, words), min_size=1, max_size=4))
def test_blocks_read_back_with_markers_long_enough(pairs):
    payload = "".join(
        block("\n".join(s) + "\n" * bool(s), "\n".join(r) + "\n" * bool(r), size=9) for s, r in pairs
    )
    found = parse_blocks(payload)
    assert [(list(b.search), list(b.replace)) for b in found] == [(s, r) for s, r in pairs]
    assert is_search_replace(payload)


@given(st.text(alphabet="<=>SEARCHREPLACE \n\rx", max_size=120))
def test_any_payload_is_read_or_refused(payload):
    try:
        assert parse_blocks(payload)
    except Refused as refused:
        assert refused.message


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=12), st.data())
def test_a_block_is_placed_only_where_it_stands_alone(lines, data):
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(start + 1, len(lines)))
    search = tuple(lines[start:end])
    places = [at for at in range(len(lines)) if tuple(lines[at : at + len(search)]) == search]
    try:
        (splice,) = locate_all([Block(1, search, ("new",))], lines)
    except Refused:
        assert len(places) > 1
    else:
        assert places == [splice.start] == [start]
        assert splice.end == end
