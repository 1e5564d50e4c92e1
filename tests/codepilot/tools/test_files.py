"""read_file and write_file: what they do and what they say."""

import asyncio
import os
import re
import shutil
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codepilot.decision import Decision
from codepilot.events import FileChanged, ToolFinished, ToolStarted

TEN = "".join(f"line {n}\n" for n in range(1, 11))


# -- reading ------------------------------------------------------------------------------------------------


async def test_read_whole_and_part(desk):
    desk.write("a.py", "one  \n\n\tthree\nfour")
    assert await desk.call("read_file", "a.py") == (
        "[read_file] 'a.py' (lines 1–4 of 4)\n    1 | one\n    2 |\n    3 | \tthree\n    4 | four\n[END OF FILE]"
    )
    assert await desk.call("read_file", "./a.py", 2, 3) == (
        "[read_file] 'a.py' (lines 2–3 of 4)\n    2 |\n    3 | \tthree\n[TRUNCATED: 1 lines remaining]"
    )
    assert (await desk.call("read_file", "a.py", start_line=4)).startswith(
        "[read_file] 'a.py' (lines 4–4 of 4)"
    )
    assert [event.figure for event in desk.of(ToolFinished)] == ["1–4 of 4", "2–3 of 4", "4–4 of 4"]
    assert desk.of(ToolStarted)[1].label == "./a.py"
    assert len(desk.read) == 3


async def test_reading_past_the_end_shows_what_there_is(desk):
    desk.write("a.py", TEN)
    text = await desk.call("read_file", "a.py", 9, 200)
    assert text.startswith("[read_file] 'a.py' (lines 9–10 of 10)")
    assert text.endswith("[END OF FILE]")


async def test_read_empty_long_and_wide(desk):
    desk.write("empty", "")
    desk.write("long", "x\n" * 5_000)
    desk.write("wide", "y" * 10_000 + "\n")
    desk.write("huge", ("z" * 1_000 + "\n") * 500)
    assert await desk.call("read_file", "empty") == "[read_file] 'empty' (lines 1-0 of 0)\n[END OF FILE]"
    text = await desk.call("read_file", "long")
    assert text.startswith("[read_file] 'long' (lines 1–2000 of 5000)")
    assert text.endswith("[TRUNCATED: 3000 lines remaining]")
    assert (await desk.call("read_file", "wide")).split("\n")[1].endswith("y … [+8000 characters]")
    text = await desk.call("read_file", "huge")
    assert len(text) < 101_000
    assert re.search(r"\[TRUNCATED: \d+ lines remaining\]$", text)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (("none.py",), "there is no file 'none.py'."),
        (("sub/a.py",), "there is no file 'sub/a.py'. Did you mean 'a.py'?"),
        (("a.pyx",), "there is no file 'a.pyx'. Did you mean 'a.py'?"),
        (("dir",), "'dir' is a folder. Name a file in it, or list it in a terminal."),
        (("bin",), "'bin' is a binary file (3 bytes). Only text can be read and written here; "
                   "look at it with a command in a terminal."),
        (("../x",), "'../x' is outside the work folder '<root>'. Use a path inside it, or ask the user."),
        (("pipe",), "'pipe' is a named pipe. Only regular files are opened."),
        (("a.py", 11), "start_line 11 is out of range: 'a.py' has 10 lines."),
        (("a.py", 0), "start_line is 0, but it must be at least 1."),
        (("a.py", 3, 2), "end_line 2 is before start_line 3."),
        (("a.py", "2"), "start_line must be a whole number, not '2'."),
        (("a.py", True), "start_line must be a whole number, not True."),
        (("a.py", 1, 2.0), "end_line must be a whole number, not 2.0."),
        (("",), "path is empty. Name a file, e.g. 'src/app.py'."),
        ((None,), "path must be text, not NoneType."),
    ],
)  # fmt: skip
async def test_read_errors(desk, args, text):
    desk.write("a.py", TEN)
    desk.write("dir/x", "")
    desk.write("bin", b"\0\1\2")
    os.mkfifo(desk.root / "pipe")
    expected = "[read_file] ERROR: " + text.replace("<root>", str(desk.root))
    assert await desk.call("read_file", *args) == expected
    assert desk.read == [expected]
    assert desk.of(ToolFinished)[0].state == "error"


# -- writing ------------------------------------------------------------------------------------------------


async def test_write_a_new_file(desk):
    result = await desk.put("src/é.py", "print('é')\n")
    assert result == "[write_file] 'src/é.py' written (12 bytes, 1 line)."
    assert (desk.root / "src" / "é.py").read_bytes() == "print('é')\n".encode()
    (request,) = desk.asked
    assert (request.tool, request.kind, request.required) == ("write_file", "edit", False)
    assert request.description == "Write 'src/é.py' (full file)"
    assert (request.path, request.before, request.after) == ("src/é.py", None, "print('é')\n")
    (changed,) = desk.of(FileChanged)
    assert (changed.path, changed.before, changed.added, changed.removed) == ("src/é.py", None, 1, 0)
    assert [type(event) for event in desk.events] == [ToolStarted, FileChanged, ToolFinished]
    assert desk.of(ToolFinished)[0].figure == "+1 −0"


async def test_write_empty_and_without_final_newline(desk):
    assert await desk.put("e", "") == "[write_file] 'e' written (0 bytes, 0 lines)."
    assert (desk.root / "e").read_bytes() == b""
    assert await desk.put("n", "x") == "[write_file] 'n' written (1 byte, 1 line)."
    assert (desk.root / "n").read_bytes() == b"x"


async def test_append(desk):
    desk.write("a", "one")
    assert await desk.put("a", "two\nthree\n", mode="a") == (
        "[write_file] 'a' appended (10 bytes, 2 lines). File now has 3 lines total.\n"
        "    1 | one\n    2 | two\n    3 | three"
    )
    assert (desk.root / "a").read_text() == "one\ntwo\nthree\n"
    assert desk.asked[0].description == "Write 'a' (append)"
    assert await desk.put("new/b", "x\n", mode="a") == (
        "[write_file] 'new/b' appended (2 bytes, 1 line). File now has 1 line total."
    )


async def test_edit_insert_and_multi_edit(desk):
    desk.write("a.txt", TEN)
    await desk.call("read_file", "a.txt")
    assert await desk.put("a.txt", "X\nY\nZ\n", mode="edit", start_line=3, end_line=4) == (
        "[write_file] 'a.txt' edited: replaced lines 3–4 (2 → 3 lines). File now has 11 lines total.\n"
        "    1 | line 1\n    2 | line 2\n    3 | X\n    4 | Y\n    5 | Z\n    6 | line 5\n    7 | line 6\n"
        "    8 | line 7\n      …\n[moved] The lines below line 5 moved by +1."
    )
    assert await desk.put("a.txt", "top\n", mode="insert", after_line=0) == (
        "[write_file] 'a.txt' inserted 1 line(s) after line 0. File now has 12 lines total. "
        "Former line 1 is now line 2.\n"
        "    1 | top\n    2 | line 1\n    3 | line 2\n    4 | X\n      …\n[moved] The lines below line 1 moved by +1."
    )
    assert await desk.put("a.txt", "end\n", mode="insert", after_line=12) == (
        "[write_file] 'a.txt' inserted 1 line(s) after line 12. File now has 13 lines total.\n"
        "      …\n   10 | line 8\n   11 | line 9\n   12 | line 10\n   13 | end"
    )
    desk.reply(("a.txt", "B\n"), ("a.txt", ""))
    result = await desk.call("write_file", "a.txt", mode="multi_edit", edits=[[12, 13], (1, 1)])
    assert result.startswith(
        "[write_file] 'a.txt' multi-edited: applied 2 block replacements ([L12–13 → 1 line, L1–1 → 0 lines]). "
        "File now has 11 lines total.\n"
    )
    assert result.endswith("[moved] The lines below line 11 moved by −2.") or "[moved]" not in result
    assert (desk.root / "a.txt").read_text() == "line 1\nline 2\nX\nY\nZ\n" + "".join(
        f"line {n}\n" for n in range(5, 10)
    ) + "B\n"
    assert [request.description for request in desk.asked] == [
        "Write 'a.txt' (replace lines 3–4)",
        "Write 'a.txt' (insert after line 0)",
        "Write 'a.txt' (insert after line 12)",
        "Write 'a.txt' (multi edit)",
    ]


async def test_several_edits_in_one_block_use_the_numbers_that_were_shown(desk):
    desk.write("m.py", TEN)
    await desk.call("read_file", "m.py")
    desk.reply(("m.py", "two\n2b\n2c\n"), ("./m.py", "after five\n"), ("m.py", ""), ("m.py", "ten\n"))
    await desk.call("write_file", "m.py", 2, 2, mode="edit")
    await desk.call("write_file", "./m.py", after_line=5, mode="insert")
    await desk.call("write_file", "m.py", 7, 8, mode="edit")
    await desk.call("write_file", "m.py", 10, 10, mode="edit")
    assert (desk.root / "m.py").read_text() == (
        "line 1\ntwo\n2b\n2c\nline 3\nline 4\nline 5\nafter five\nline 6\nline 9\nten\n"
    )
    # In the next reply numbers mean the file as it is now.
    await desk.put("m.py", "THREE\n", start_line=5, end_line=5, mode="edit")
    assert (desk.root / "m.py").read_text().split("\n")[4] == "THREE"


async def test_an_overlap_refuses_that_call_only(desk):
    desk.write("m.py", TEN)
    await desk.call("read_file", "m.py")
    desk.reply(("m.py", "A\n"), ("m.py", "B\n"), ("m.py", "C\n"))
    await desk.call("write_file", "m.py", 3, 5, mode="edit")
    assert await desk.call("write_file", "m.py", 5, 6, mode="edit") == (
        "[write_file] ERROR: 'm.py': line 5 was already edited in this block, so this call was not carried out "
        "(the calls before it were). Read the file again and edit in your next reply."
    )
    await desk.call("write_file", "m.py", 6, 6, mode="edit")
    assert (desk.root / "m.py").read_text().split("\n")[2:5] == ["A", "C", "line 7"]
    assert len(desk.asked) == 2


async def test_numbers_after_w_and_after_reading_again_in_a_block(desk):
    desk.reply(("f", "a\nb\nc\n"), ("f", "B\n"), ("f", "bb\n"))
    await desk.call("write_file", "f")
    await desk.call("write_file", "f", 2, 2, mode="edit")
    await desk.call("read_file", "f")
    await desk.call("write_file", "f", 2, 2, mode="edit")
    assert (desk.root / "f").read_text() == "a\nbb\nc\n"


@given(data=st.data(), total=st.integers(1, 8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_a_block_of_edits_equals_one_multi_edit(desk, data, total):
    """Disjoint edits give the same file in any order of calls, as single calls or as one multi_edit."""
    lines = [f"l{n}" for n in range(1, total + 1)]
    cuts = sorted(data.draw(st.sets(st.integers(1, total), min_size=1, max_size=4)))
    ranges = [
        (cut, data.draw(st.integers(cut, (following or total + 1) - 1)))
        for cut, following in zip(cuts, [*cuts[1:], None])
    ]
    new = [data.draw(st.lists(st.sampled_from(["x", "y"]), max_size=3)) for _ in ranges]
    order = data.draw(st.permutations(range(len(ranges))))
    expected = list(lines)
    for (start, end), body in reversed(list(zip(ranges, new))):
        expected[start - 1 : end] = body
    payloads = {n: "".join(f"{line}\n" for line in new[n]) for n in order}

    async def run():
        for name in ("one", "many"):
            desk.write(name, "".join(f"{line}\n" for line in lines))
            await desk.call("read_file", name)
        desk.reply(*(("one", payloads[n]) for n in order))
        result = await desk.call("write_file", "one", mode="multi_edit", edits=[ranges[n] for n in order])
        assert "ERROR" not in result
        desk.reply(*(("many", payloads[n]) for n in order))
        for n in order:
            assert "ERROR" not in await desk.call("write_file", "many", *ranges[n], mode="edit")

    asyncio.run(run())
    for name in ("one", "many"):
        assert (desk.root / name).read_text().split("\n")[:-1] == expected or (
            desk.root / name
        ).read_text() == ""


@pytest.mark.parametrize(
    ("data", "after"),
    [
        (b"a\r\nb\r\nc\r\n", b"a\r\nX\r\nY\r\nc\r\n"),
        (b"a\r\nb\nc\r\n", b"a\r\nX\r\nY\r\nc\r\n"),
        (b"a\nb\r\nc\nd\n", b"a\nX\nY\nc\nd\n"),
        (b"a\nb\nc", b"a\nX\nY\nc"),
        ("\ufeffa\nb\nc\n".encode(), "\ufeffa\nX\nY\nc\n".encode()),
        (b"caf\xe9\nb\nc\n", b"caf\xe9\nX\nY\nc\n"),
        ("\ufeffa\r\nb\r\nc".encode("utf-16-le"), "\ufeffa\r\nX\r\nY\r\nc".encode("utf-16-le")),
        (b"a\x0cz\nb\nc\xc2\x85d\n", b"a\x0cz\nX\nY\nc\xc2\x85d\n"),
    ],
    ids=["crlf", "mixed-crlf", "mixed-lf", "no-eol", "bom", "latin-1", "utf-16", "separators"],
)
@pytest.mark.parametrize("payload", ["X\nY\n", "X\r\nY\r\n", "X\nY"])
async def test_an_edit_keeps_everything_else(desk, data, after, payload):
    file = desk.write("f.txt", data)
    file.chmod(0o755)
    await desk.call("read_file", "f.txt")
    await desk.put("f.txt", payload, start_line=2, end_line=2, mode="edit")
    assert file.read_bytes() == after
    assert stat.S_IMODE(file.stat().st_mode) == 0o755


async def test_editing_the_last_line_keeps_the_end_of_the_file(desk):
    for data, after in ((b"a\nb", b"a\nX"), (b"a\r\nb", b"a\r\nX"), (b"a\r\nb\r\nc\nd", b"a\r\nb\r\nc\nX")):
        file = desk.write("f", data)
        text = await desk.call("read_file", "f")
        last = text.count(" | ")
        await desk.put("f", "X\n", start_line=last, end_line=last, mode="edit")
        assert file.read_bytes() == after


async def test_a_whole_write_keeps_the_ways_of_the_file(desk):
    file = desk.write("f", "\ufeffa\r\n".encode())
    assert await desk.put("f", "é\nb\n") == "[write_file] 'f' written (10 bytes, 2 lines)."
    assert file.read_bytes() == "\ufeffé\r\nb\r\n".encode()
    file = desk.write("l", b"caf\xe9\n")
    assert await desk.put("l", "thé\n") == "[write_file] 'l' written (4 bytes, 1 line)."
    assert await desk.put("l", "☕\n") == "[write_file] 'l' written (4 bytes, 1 line). It is UTF-8 now."
    assert file.read_bytes() == "☕\n".encode()


async def test_a_character_that_the_file_cannot_hold_is_refused_before_anyone_is_asked(desk):
    desk.write("l", b"caf\xe9\n")
    await desk.call("read_file", "l")
    result = await desk.put("l", "☕\n", start_line=1, end_line=1, mode="edit")
    assert result == (
        "[write_file] ERROR: 'l' is latin-1 text, which cannot hold U+2615. Leave that character out, or write the "
        "whole file again, which makes it UTF-8. No file was changed."
    )
    assert desk.asked == []


# -- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kwargs", "text"),
    [
        ({"mode": "x"}, "mode 'x' does not exist. Modes: w, a, edit, insert, multi_edit."),
        ({"start_line": 1}, "start_line belongs to mode='edit', not to mode='w'."),
        ({"after_line": 1, "mode": "a"}, "after_line belongs to mode='insert', not to mode='a'."),
        ({"edits": [(1, 1)], "mode": "edit"}, "edits belongs to mode='multi_edit', not to mode='edit'."),
        ({"mode": "edit"}, "start_line must be a whole number, not None."),
        ({"mode": "edit", "start_line": 1}, "end_line must be a whole number, not None."),
        ({"mode": "edit", "start_line": 0, "end_line": 1}, "start_line is 0, but it must be at least 1."),
        ({"mode": "edit", "start_line": 2, "end_line": 1}, "end_line 1 is before start_line 2."),
        ({"mode": "edit", "start_line": 9, "end_line": 11},
         "end_line 11 is out of range: 'a.py' had 10 lines when you last saw it. Nothing was written."),
        ({"mode": "insert"}, "after_line must be a whole number, not None."),
        ({"mode": "insert", "after_line": -1}, "after_line is -1, but it must be at least 0."),
        ({"mode": "insert", "after_line": 11},
         "after_line 11 is out of range: 'a.py' had 10 lines when you last saw it. Nothing was written."),
        ({"mode": "multi_edit"},
         "mode='multi_edit' needs edits=[(start_line, end_line), ...], one pair for each block."),
        ({"mode": "multi_edit", "edits": [3]}, "edits holds 3, which is not a pair (start_line, end_line)."),
        ({"mode": "multi_edit", "edits": [(2, 11)]},
         "range (2, 11) is out of range: 'a.py' had 10 lines when you last saw it. Nothing was written."),
        ({"mode": "multi_edit", "edits": [(4, 6), (2, 5)]}, "edits (2, 5) and (4, 6) overlap. Nothing was written."),
    ],
)  # fmt: skip
async def test_write_errors(desk, kwargs, text):
    file = desk.write("a.py", TEN)
    await desk.call("read_file", "a.py")
    desk.reply(("a.py", "x\n"), ("a.py", "y\n"), ("b.py", "other\n"))
    assert await desk.call("write_file", "a.py", **kwargs) == "[write_file] ERROR: " + text
    assert file.read_text() == TEN
    assert desk.asked == []
    # The block goes on, and the payload of the failed call is gone.
    assert await desk.call("write_file", "b.py") == "[write_file] 'b.py' written (6 bytes, 1 line)."


async def test_missing_payload(desk):
    desk.reply(("other.py", "x\n"))
    assert await desk.call("write_file", "a b.py") == (
        "[write_file] ERROR: there is no block with its content for 'a b.py' in this reply, so nothing was written. "
        "Put it into a fence of its own, outside of the codepilot block:\n"
        "```text filename=\"a b.py\"\n...\n```\nBlocks that no call has taken: 'other.py'."
    )
    desk.write("m", TEN)
    await desk.call("read_file", "m")
    desk.reply(("m", "x\n"))
    result = await desk.call("write_file", "m", mode="multi_edit", edits=[(1, 1), (3, 3)])
    assert result.startswith(
        "[write_file] ERROR: there is only 1 of 2 blocks for 'm' in this reply, so nothing"
    )
    assert (desk.root / "m").read_text() == TEN


async def test_lines_of_a_file_never_read_are_refused(desk):
    desk.write("a.py", TEN)
    for kwargs in ({"mode": "edit", "start_line": 1, "end_line": 1}, {"mode": "insert", "after_line": 0}):
        assert await desk.put("a.py", "x\n", **kwargs) == (
            "[write_file] ERROR: you have not read 'a.py' yet, so its line numbers mean nothing. "
            'First read_file("a.py"), then edit in your next reply.'
        )
    assert desk.asked == []
    assert await desk.put("none.py", "x\n", mode="insert", after_line=0) == (
        "[write_file] ERROR: there is no file 'none.py'."
    )
    assert await desk.put("a.py", "x\n") == "[write_file] 'a.py' written (2 bytes, 1 line)."


@pytest.mark.parametrize("kwargs", [{}, {"mode": "edit", "start_line": 1, "end_line": 1}])
async def test_a_stale_file_is_refused_with_the_difference(desk, kwargs):
    file = desk.write("a.py", "one\ntwo\n")
    await desk.call("read_file", "a.py")
    file.write_text("one\nTWO\n")
    assert await desk.put("a.py", "x\n", **kwargs) == (
        "[write_file] ERROR: 'a.py' changed since you last saw it, so nothing was written. The difference:\n"
        '--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n one\n-two\n+TWO\nRead it again with read_file("a.py").'
    )
    assert file.read_text() == "one\nTWO\n"
    finished = desk.of(ToolFinished)[-1]
    assert finished.reason == "a.py was changed on disk since the agent read it. Nothing was written."
    await desk.call("read_file", "a.py")
    assert "ERROR" not in await desk.put("a.py", "x\n", **kwargs)


async def test_the_person_is_told_that_a_file_was_deleted(desk):
    """Seen: the row of the call showed a diff against /dev/null and what the model is to do."""
    file = desk.write("src/new.py", "one\n")
    await desk.call("read_file", "src/new.py")
    file.unlink()
    await desk.put("src/new.py", "x\n")
    finished = desk.of(ToolFinished)[-1]
    assert finished.reason == "src/new.py was deleted on disk since the agent read it. Nothing was written."


async def test_appending_needs_no_knowledge_but_gives_none(desk):
    file = desk.write("a", "one\n")
    await desk.call("read_file", "a")
    file.write_text("ONE\n")
    assert "ERROR" not in await desk.put("a", "two\n", mode="a")
    assert file.read_text() == "ONE\ntwo\n"
    assert "changed since you last saw it" in await desk.put(
        "a", "x\n", start_line=1, end_line=1, mode="edit"
    )


@pytest.mark.parametrize(
    ("decision", "text"),
    [
        (Decision(allow=False), ""),
        (Decision(allow=False, reason="use the other file"), " The user says: use the other file."),
        (
            Decision(allow=False, reason='Mode "plan" only reads.', by="mode"),
            ' Reason: Mode "plan" only reads.',
        ),
    ],
)
async def test_a_denial_writes_nothing_and_takes_the_payload(desk, decision, text):
    file = desk.write("a.py", "one\n")
    await desk.call("read_file", "a.py")
    desk.decision = decision
    desk.reply(("a.py", "first\n"), ("a.py", "second\n"))
    assert await desk.call("write_file", "a.py") == f"[write_file] Permission denied for 'a.py'.{text}"
    assert file.read_text() == "one\n"
    assert desk.of(ToolFinished)[-1].state == "denied"
    desk.decision = Decision(allow=True)
    await desk.call("write_file", "a.py")
    assert file.read_text() == "second\n"


@pytest.mark.parametrize("exists", [True, False])
async def test_a_change_while_the_question_stands_is_refused(desk, exists):
    if exists:
        desk.write("a.py", "one\n")
        await desk.call("read_file", "a.py")
    desk.while_asked = lambda: desk.write("a.py", "user\n")
    result = await desk.put("a.py", "agent\n")
    assert result.startswith(
        "[write_file] ERROR: 'a.py' changed while permission was being asked, so nothing was written."
    )
    assert "+user" in result
    assert (desk.root / "a.py").read_text() == "user\n"
    assert desk.of(FileChanged) == []
    what = "changed" if exists else "created"
    reason = f"a.py was {what} on disk since you were asked. Nothing was written."
    assert desk.of(ToolFinished)[-1].reason == reason


async def test_a_folder_swapped_for_a_link_while_asked_leads_nowhere(desk, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    desk.write("d/f", "x\n")

    def swap():
        os.rename(desk.root / "d", desk.root / "old")
        (desk.root / "d").symlink_to(outside)

    desk.while_asked = swap
    assert "outside the work folder" in await desk.put("d/f", "agent\n")
    assert os.listdir(outside) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("../x", "'../x' is outside the work folder"),
        (".git/config", "'.git/config' is a control file"),
        (".git/hooks/pre-commit", "is a control file"),
        ("out", "'out' is outside the work folder"),
        ("file/x", "Cannot open 'file/x': Not a directory"),
        ("dir", "'dir' is a folder"),
        ("bin", "'bin' is a binary file"),
    ],
)
async def test_paths_that_may_not_be_written(desk, path, text):
    desk.write("file", "x")
    desk.write("dir/x", "x")
    desk.write("bin", b"\0")
    (desk.root / "out").symlink_to("../secret")
    result = await desk.put(path, "x\n")
    assert result.startswith("[write_file] ERROR: ")
    assert text in result
    assert result.endswith("No file was changed.")
    assert desk.asked == []


async def test_search_replace_blocks_never_become_a_file(desk):
    payload = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n"
    assert 'Use edit_file("a.py")' in await desk.put("a.py", payload)
    assert not (desk.root / "a.py").exists()


async def test_broken_syntax_is_told(desk):
    assert await desk.put("a.py", "def f(:\n    pass\n") == (
        "[write_file] 'a.py' written (17 bytes, 2 lines).\n[syntax] line 1: invalid syntax"
    )
    await desk.call("read_file", "a.py")
    assert "[syntax]" not in await desk.put("a.py", "def f():\n", start_line=1, end_line=1, mode="edit")


async def test_require_permission_is_passed_on(tmp_path):
    from codepilot.agentfile import ToolConfig
    from codepilot.tools.files import FileTools
    from codepilot.workspace import FileMemory, Workspace

    assert ToolConfig(name="write_file").config == {}
    tools = FileTools(Workspace(tmp_path), FileMemory(), require_permission={"write_file": True})
    assert tools.changes._is_required("write_file")
    assert tools.changes._is_required("edit_file")
    tools = FileTools(
        Workspace(tmp_path), FileMemory(), require_permission={"write_file": True, "edit_file": False}
    )
    assert not tools.changes._is_required("edit_file")


async def test_large_texts_are_left_out_of_the_event_but_not_of_the_question(desk):
    big = "x" * 99 + "\n"
    await desk.put("big", big * 5_000)
    (changed,) = desk.of(FileChanged)
    assert (changed.before, changed.after, changed.coarse, changed.added) == (None, "", True, 5_000)
    assert desk.asked[0].after == big * 5_000


@pytest.mark.parametrize("turns", range(6))
async def test_a_cancelled_write_is_whole_or_not_at_all(desk, turns):
    """Cancelled right after the yes, when the write is under way: the file is old or new, and the event says so."""
    desk.write("a", "old\n")
    desk.reply(("a", "new\n"))
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(desk.call("write_file", "a"))

    def cancel(left):
        if left:
            loop.call_soon(cancel, left - 1)
        else:
            task.cancel()

    desk.while_asked = lambda: cancel(turns)
    (result,) = await asyncio.gather(task, return_exceptions=True)
    text = (desk.root / "a").read_text()
    assert (text == "new\n") == bool(desk.of(FileChanged)), result
    assert text == "new\n" or isinstance(result, asyncio.CancelledError)
    assert os.listdir(desk.root) == ["a"]
    assert desk.of(ToolFinished)[0].state == (
        "aborted" if isinstance(result, asyncio.CancelledError) else "ok"
    )


async def test_a_work_folder_that_was_deleted_is_told_by_every_file_tool(desk):
    desk.write("a.txt", "x\n")
    await desk.call("read_file", "a.txt")
    shutil.rmtree(desk.root)
    gone = f"The work folder '{desk.root}' is gone"
    assert gone in await desk.call("read_file", "a.txt")
    assert gone in await desk.call("find", "x")
    assert gone in await desk.put("b.txt", "text\n")
    assert gone in await desk.put("sub/b.txt", "text\n")
    desk.reply(("a.txt", "<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n"))
    assert gone in await desk.call("edit_file", "a.txt")


# -- backslashes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [r"sub\a.txt", r"x\..\sub\a.txt", r".\sub\a.txt", " sub/a.txt "])
async def test_a_path_is_read_alike_by_the_payload_and_by_the_tool(desk, path):
    desk.reply(("sub/a.txt", "one\n"))
    assert "'sub/a.txt' written" in await desk.call("write_file", path)
    assert [p.relative_to(desk.root).as_posix() for p in desk.root.rglob("*") if p.is_file()] == ["sub/a.txt"]
    assert "1 | one" in await desk.call("read_file", path)
    assert "sub/a.txt:1:one" in await desk.call("find", "one", "file", path)


@pytest.mark.parametrize("path", [r"C:\x\a.txt", "c:/x/a.txt"])
async def test_a_drive_is_refused_where_there_are_none(desk, path):
    desk.reply((path, "one\n"))
    assert "is a Windows path" in await desk.call("write_file", path)
    assert list(desk.root.iterdir()) == []
