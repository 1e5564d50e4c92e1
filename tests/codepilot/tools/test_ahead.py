"""What a block is going to write, read from its code and tried out on a copy."""

import pytest

from codepilot.decision import PlannedEdit
from codepilot.errors import WorkspaceError
from codepilot.tools.ahead import MOST, DryWorkspace, EditsAhead, StaticCall, static_calls
from codepilot.workspace import Workspace

REPLACE = "<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"


def write(*args, **kwargs):
    return StaticCall("write_file", args, kwargs)


def edit(*args, **kwargs):
    return StaticCall("edit_file", args, kwargs)


@pytest.mark.parametrize(
    ("code", "calls"),
    [
        ("write_file('a.py')\nedit_file('b.py')", [write("a.py"), edit("b.py")]),
        ("x = write_file('a.py', mode='a')\nprint(edit_file(path='b'))", [write("a.py", mode="a"), edit(path="b")]),
        ("write_file('a', mode='multi_edit', edits=[(1, 2), (4, 4)])", [write("a", mode="multi_edit", edits=[(1, 2), (4, 4)])]),
        ("for p in ['a', 'b']:\n    edit_file(p)", [edit("a"), edit("b")]),
        ("names = ('a', 'b')\nfor p in names:\n    r = edit_file(p)\n    print(r)", [edit("a"), edit("b")]),
        ("p = 'a'\nwrite_file(p)\np = input()\nwrite_file(p)", [write("a")]),
        ("p = 'a'\np += 'b'\nwrite_file(p)\np = 'c'\nwrite_file(p)", [write("c")]),
        ("for p in ['a']:\n    p = p + 'x'\n    write_file(p)", []),
        ("execute('main', 'ls')\nread_file('x')\nwrite_file('a')", [write("a")]),
        ("if True:\n    write_file('a')\nwrite_file('b')", [write("b")]),
        ("try:\n    write_file('a')\nexcept Exception:\n    write_file('b')", []),
        ("def f():\n    write_file('a')\nf()", []),
        ("ok and write_file('a')\nx = write_file('a') if y else 0\n[write_file(p) for p in 'ab']", []),
        ("write_file(*args)\nwrite_file(**more)\nwrite_file(name)\nwrite_file(f'{x}.py')", []),
        ("for p in find('x'):\n    edit_file(p)\nfor a, b in [(1, 2)]:\n    edit_file(a)", []),
        ("write_file('a'\n", []),
        ("write_file('a')\x00", []),
        ("print(write_file('a') + edit_file('b'))", [write("a"), edit("b")]),
    ],
)  # fmt: skip
def test_what_can_be_read_from_the_code(code, calls):
    assert static_calls(code) == calls


def test_a_code_that_never_ends_is_looked_at_only_so_far():
    assert len(static_calls("for p in ['a'] * 0:\n    pass\n" + "write_file('a')\n" * 1000)) == MOST
    assert static_calls("(" * 5000 + ")" * 5000) == []


@pytest.fixture
def ahead(desk):
    return EditsAhead(Workspace(desk.root), desk.memory)


async def look(ahead, desk, code, *payloads, made=1):
    """What stands ahead when the call number `made` of the block is asked about."""
    desk.reply(*payloads)
    ahead.begin(code)
    for call in static_calls(code)[:made]:
        ahead.called(call.name, call.args, call.kwargs)
    return list(await ahead.edits(desk.binder.fork().take))


async def test_all_edits_of_the_block_as_they_will_be_written(ahead, desk):
    desk.write("a.py", "one\ntwo\n")
    code = "edit_file('a.py')\nwrite_file('new/b.py')\nedit_file('a.py')"
    payloads = (
        ("a.py", REPLACE.format("one", "ONE")),
        ("new/b.py", "fresh\n"),
        ("a.py", REPLACE.format("two", "TWO")),
    )
    assert await look(ahead, desk, code, *payloads) == [
        PlannedEdit(path="a.py", before="one\ntwo\n", after="ONE\ntwo\n"),
        PlannedEdit(path="new/b.py", before=None, after="fresh\n"),
        PlannedEdit(path="a.py", before="ONE\ntwo\n", after="ONE\nTWO\n"),
    ]
    assert (desk.root / "a.py").read_text() == "one\ntwo\n"
    assert not (desk.root / "new").exists()
    assert desk.binder.remaining() == ("a.py", "new/b.py", "a.py")


async def test_line_numbers_are_carried_over_earlier_edits_and_the_real_ones_stay(ahead, desk):
    desk.write("a.txt", "1\n2\n3\n4\n")
    await desk.call("read_file", "a.txt")
    code = (
        "write_file('a.txt', mode='insert', after_line=1)\n"
        "write_file('a.txt', mode='edit', start_line=3, end_line=3)"
    )
    edits = await look(ahead, desk, code, ("a.txt", "new\n"), ("a.txt", "THREE\n"))
    assert [each.after for each in edits] == ["1\nnew\n2\n3\n4\n", "1\nnew\n2\nTHREE\n4\n"]
    for call in static_calls(code):
        await desk.call(call.name, *call.args, **call.kwargs)
    assert (desk.root / "a.txt").read_text() == "1\nnew\n2\nTHREE\n4\n"
    assert [(each.before, each.after) for each in desk.asked] == [(each.before, each.after) for each in edits]


async def test_only_what_follows_the_call_is_ahead(ahead, desk):
    code = "write_file('a')\nwrite_file('b')\nwrite_file('c')"
    payloads = (("b", "B\n"), ("c", "C\n"))  # the first one has taken its own
    assert [each.path for each in await look(ahead, desk, code, *payloads, made=2)] == ["b", "c"]


async def test_a_call_that_fails_is_left_out_and_one_that_cannot_run_ends_it(ahead, desk):
    desk.write("a.py", "one\n")
    code = "write_file('x')\nedit_file('a.py')\nwrite_file('b')\nwrite_file('c', nonsense=1)\nwrite_file('d')"
    payloads = (
        ("x", "X\n"),
        ("a.py", REPLACE.format("not there", "x")),
        ("b", "B\n"),
        ("c", "C\n"),
        ("d", "D\n"),
    )
    assert [each.path for each in await look(ahead, desk, code, *payloads)] == ["x", "b"]


async def test_a_call_that_does_not_stand_in_the_code_tells_nothing(ahead, desk):
    desk.reply(("b", "B\n"))
    ahead.begin("write_file('a')\nwrite_file('b')")
    ahead.called("write_file", ("z",), {})
    assert await ahead.edits(desk.binder.fork().take) == ()
    ahead.begin("")
    ahead.called("write_file", ("a",), {})
    assert await ahead.edits(desk.binder.fork().take) == ()


async def test_what_another_tool_would_write_is_not_known(desk):
    ahead = EditsAhead(Workspace(desk.root), desk.memory, lambda name: name == "write_file")
    code = "write_file('a')\nedit_file('b')\nwrite_file('c')"
    edits = await look(ahead, desk, code, ("a", "A\n"), ("c", "C\n"))
    assert [each.path for each in edits] == ["a"]


async def test_a_path_outside_is_left_out(ahead, desk):
    code = "write_file('a')\nwrite_file('../out')\nwrite_file('b')"
    edits = await look(ahead, desk, code, ("a", "A\n"), ("../out", "X\n"), ("b", "B\n"))
    assert [each.path for each in edits] == ["a", "b"]
    assert not (desk.root.parent / "out").exists()


def test_a_preview_in_a_work_folder_that_is_gone_leaves_telling_it_to_the_call(tmp_path):
    root = tmp_path / "w"
    root.mkdir()
    real = Workspace(root)
    root.rmdir()
    with pytest.raises(WorkspaceError, match="is gone"):
        DryWorkspace(real).read_text("a.txt")
