"""Properties of the line diff and its hunks."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codepilot import diff

lines = st.lists(st.sampled_from(["a", "b", "c", "", "  x", "def f():", "\x0c", "\u2028", "é"]), max_size=30)
texts = st.builds(lambda body, end: "\n".join(body) + end, lines, st.sampled_from(["", "\n"]))


@given(texts, texts)
def test_ops_cover_both_texts(before, after):
    ops = diff.line_diff(before, after)
    assert "".join("".join(op.old) for op in ops) == before
    assert "".join("".join(op.new) for op in ops) == after
    old = new = 0
    for op in ops:
        assert (op.old_start, op.new_start) == (old, new)
        old, new = op.old_end, op.new_end
        assert op.old or op.new
        assert (op.kind == "equal") == (op.old == op.new)
        assert op.kind != "replace" or (op.old and op.new)
    assert all(not (x.kind == "equal" == y.kind) for x, y in zip(ops, ops[1:]))


@given(texts, texts, st.integers(0, 4))
def test_all_hunks_make_after_and_none_keeps_before(before, after, context):
    found = diff.hunks(diff.line_diff(before, after), context)
    assert diff.apply_hunks(before, after, set(range(len(found))), context) == after
    assert diff.apply_hunks(before, after, set(), context) == before
    assert bool(found) == (before != after)


@given(texts, texts, st.data())
def test_each_hunk_alone_changes_only_its_place(before, after, data):
    found = diff.hunks(diff.line_diff(before, after), 1)
    if not found:
        return
    number = data.draw(st.integers(0, len(found) - 1))
    result = diff.apply_hunks(before, after, {number}, 1)
    hunk = found[number]
    old = diff.split_lines(before)
    mine = [line for op in hunk.ops for line in op.new]
    expected = "".join([*old[: hunk.old_start], *mine, *old[hunk.old_start + hunk.old_count :]])
    assert result.replace("\n", "") == expected.replace("\n", "")


def test_unknown_hunk_is_refused():
    with pytest.raises(IndexError, match="There is no hunk 1: there are 1"):
        diff.apply_hunks("a\n", "b\n", {1})


@given(texts, texts)
def test_counts_agree_with_the_ops(before, after):
    added, removed = diff.counts(before, after)
    assert added - removed == len(diff.split_lines(after)) - len(diff.split_lines(before))
    assert (added or removed) or before == after


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(before=texts, after=texts)
def test_git_applies_the_unified_diff(tmp_path_factory, before, after):
    if not before or not after or before == after:
        return
    folder = tmp_path_factory.mktemp("apply")
    (folder / "f.txt").write_bytes(before.encode())
    patch = diff.unified(before, after, "f.txt")
    subprocess.run(
        ["git", "apply", "--unidiff-zero", "--whitespace=nowarn", "-"],
        input=patch.encode(),
        cwd=folder,
        check=True,
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CEILING_DIRECTORIES": str(folder.parent)},
    )
    assert (folder / "f.txt").read_bytes() == after.encode()


def test_unified_text():
    assert diff.unified("a\nb\nc\n", "a\nB\nc", "x.py") == (
        "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n a\n-b\n-c\n+B\n+c\n\\ No newline at end of file\n"
    )
    assert diff.unified(None, "a\n", "x.py").startswith("--- /dev/null\n+++ b/x.py\n@@ -0,0 +1 @@\n")
    assert diff.unified("a\n", None, "x.py").splitlines()[1:3] == ["+++ /dev/null", "@@ -1 +0,0 @@"]
    assert diff.unified("same", "same", "x") == ""


def test_close_changes_share_a_hunk_and_far_ones_do_not():
    before = "".join(f"{n}\n" for n in range(40))
    near = before.replace("10\n", "x\n").replace("16\n", "y\n")
    far = before.replace("10\n", "x\n").replace("30\n", "y\n")
    assert len(diff.hunks(diff.line_diff(before, near))) == 1
    assert [h.header for h in diff.hunks(diff.line_diff(before, far))] == [
        "@@ -8,7 +8,7 @@",
        "@@ -28,7 +28,7 @@",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x\n" * 9_000, "y\n" * 9_000),
        ("".join(f"{n % 97}\n" for n in range(9_000)), "".join(f"{n * 31 % 97}\n" for n in range(9_000))),
        ("".join(f"{n}\n" for n in range(60_000)), "".join(f"{n}\n" for n in range(59_999, -1, -1))),
        ("a" * 500_000, "a" * 499_999 + "b"),
    ],
    ids=["all-equal", "popular", "reversed", "one-line"],
)
def test_hostile_inputs_stay_exact(before, after):
    ops = diff.line_diff(before, after)
    assert "".join("".join(op.new) for op in ops) == after
    assert "".join("".join(op.old) for op in ops) == before


def test_a_moved_block_is_found():
    block = "".join(f"line {n}\n" for n in range(50))
    ops = diff.line_diff("head\n" + block, block + "head\n")
    assert sum(len(op.old) for op in ops if op.kind == "equal") == 50
