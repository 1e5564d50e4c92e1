"""What the agent has seen."""

from codepilot.workspace import FileMemory, FileText, Splice
from codepilot.workspace.filetext import decode


def file(text):
    return decode(text.encode(), shown="x")


def test_a_file_never_shown_is_not_known():
    memory = FileMemory()
    assert memory.seen("/a") is None
    assert memory.difference("/a", file("x\n"), "a") == ""


def test_difference_since_it_was_shown():
    memory = FileMemory()
    memory.show("/a", file("one\ntwo\n"))
    assert memory.difference("/a", file("one\ntwo\n"), "a") == ""
    assert memory.difference("/a", file("one\nTWO\n"), "a") == (
        "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n one\n-two\n+TWO"
    )
    assert memory.difference("/a", None, "a").startswith("--- a/a\n+++ /dev/null\n")
    assert memory.difference("/a", decode(b"one\r\ntwo\r\n", shown="a"), "a").startswith("(only line ends")


def test_a_long_difference_is_cut():
    memory = FileMemory()
    memory.show("/a", file("a\n"))
    lines = memory.difference("/a", file("".join(f"{n}\n" for n in range(500))), "a").split("\n")
    assert len(lines) == 41
    assert lines[-1] == "… (464 more lines of difference)"
    memory.show("/b", file("a\n"))
    assert max(map(len, memory.difference("/b", file("x" * 10_000), "b").split("\n"))) == 200


def test_numbers_hold_for_a_block_and_then_mean_the_file_as_it_is():
    memory = FileMemory()
    memory.show("/a", file("1\n2\n3\n"))
    memory.edited("/a", file("1\nx\ny\n3\n"), [Splice(1, 2, ("x", "y"))])
    assert memory.seen("/a").lines.span(3, 3) == (3, 4)
    assert memory.difference("/a", file("1\nx\ny\n3\n"), "a") == ""
    memory.begin_step()
    assert memory.seen("/a").lines.span(3, 3) == (2, 3)
    assert memory.seen("/a").lines.total == 4


def test_showing_again_starts_anew_and_clear_forgets():
    memory = FileMemory()
    memory.show("/a", file("1\n2\n"))
    memory.edited("/a", file("0\n1\n2\n"), [Splice(0, 0, ("0",), after=0)])
    memory.show("/a", file("0\n1\n2\n"))
    assert memory.seen("/a").lines.span(1, 1) == (0, 1)
    memory.forget("/a")
    assert memory.seen("/a") is None
    memory.show("/a", file("1\n"))
    memory.clear()
    assert memory.seen("/a") is None


def test_the_oldest_are_forgotten_first():
    memory = FileMemory(max_bytes=10)
    memory.show("/a", file("aaaa\n"))
    memory.show("/b", file("bbbb\n"))
    memory.show("/a", file("aaaa\n"))
    memory.show("/c", file("cccc\n"))
    assert [memory.seen(key) is not None for key in ("/a", "/b", "/c")] == [True, False, True]
    memory.show("/d", file("d" * 100))
    assert memory.seen("/d") is not None


def test_what_is_new_is_told_once():
    memory = FileMemory()
    memory.show("/a", FileText(text="x", digest="1"))
    assert memory.take_new() == {"/a": "1"} and memory.take_new() == {}
    memory.edited("/a", FileText(text="y", digest="2"), [])
    assert memory.take_new() == {"/a": "2"}


def test_a_file_that_an_earlier_program_knew_is_known_or_has_changed():
    memory, now = FileMemory(), FileText(text="x\n", digest="1")
    memory.recall("/a", "1", now)
    assert memory.difference("/a", now, "a") == "" and memory.seen("/a").file is now
    memory.recall("/b", "0", now)
    assert "+x" in memory.difference("/b", now, "b")
    memory.recall("/c", "0", None)
    assert memory.difference("/c", None, "c")
    assert memory.take_new() == {}
