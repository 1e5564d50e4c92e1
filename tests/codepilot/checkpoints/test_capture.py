"""What counts, what is left out and said, and what is too much to keep."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from codepilot.checkpoints.capture import Capture
from codepilot.checkpoints.keeper import not_covered
from codepilot.checkpoints.known import Limit
from codepilot.checkpoints.states import NotCovered, WorkFiles
from codepilot.checkpoints.tree import Tree
from codepilot.journal.blobs import store_of
from codepilot.workspace import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def git(folder, *arguments):
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    named = ("-c", "user.name=P", "-c", "user.email=p@example.com")
    subprocess.run(["git", *named, *arguments], cwd=folder, env=environment, check=True, capture_output=True)


@pytest.fixture(params=["watch", "scan"])
def capture_of(request, monkeypatch):
    monkeypatch.setenv("CODEPILOT_WATCHES", {"watch": "", "scan": "0"}[request.param])
    made = []

    def make(work, session=Path("/nowhere")):
        files, store = WorkFiles(Workspace(work)), store_of(work)
        made.append(Capture(files, store, Tree(Workspace(work), store.folder, lambda: session)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def collected(capture):
    return {each.path: each for each in capture.collect("c1", Limit())}


def test_what_is_ignored_or_noise_or_ours_does_not_count(work, capture_of):
    (work / ".gitignore").write_text("*.log\nout/\n")
    capture = capture_of(work, work / "sessions/one")
    capture.seed()
    for path in (
        "a.log",
        "out/x",
        "node_modules/m/i.js",
        ".git/x",
        "sessions/one/journal.jsonl",
        "counts.txt",
    ):
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text("x")
    assert set(collected(capture)) == {"counts.txt"}


def test_a_nested_repository_is_looked_at_as_files(work, capture_of):
    git(work, "init", "-q")
    (work / "vendor/lib").mkdir(parents=True)
    git(work / "vendor/lib", "init", "-q")
    (work / "vendor/lib/a.txt").write_text("one\n")
    capture = capture_of(work)
    capture.seed()
    (work / "vendor/lib/a.txt").write_text("two\n")
    (work / "vendor/lib/b.txt").write_text("new\n")
    changes = collected(capture)
    assert set(changes) == {"vendor/lib/a.txt", "vendor/lib/b.txt"}
    assert changes["vendor/lib/a.txt"].before == "one\n"


def test_too_much_of_one_command_is_named_only(work, capture_of):
    capture = capture_of(work)
    (work / "old.txt").write_text("old\n")
    capture.seed()
    (work / "old.txt").write_text("new\n")
    for number in range(2_100):
        (work / f"n{number:04}.txt").write_text("x\n")
    changes = collected(capture)
    assert len(changes) == 2_000
    assert all(each.coarse and each.after_id == "" for each in changes.values())
    (work / "old.txt").write_text("newer\n")
    changes = collected(capture)
    assert set(changes) == {"old.txt"}
    assert changes["old.txt"].before_id == ""
    assert store_of(work).get(changes["old.txt"].after_id) == b"newer\n"


def test_what_was_too_large_at_the_first_look_is_said_and_unknown(work, capture_of):
    (work / "large.bin").write_bytes(bytes(3_000_000))
    (work / "small.txt").write_text("small\n")
    capture = capture_of(work)
    seeded = capture.seed()
    assert seeded.left_out == {"large.bin": "over 2 MB"} and seeded.captured == 1
    (work / "large.bin").write_bytes(b"short now")
    change = collected(capture)["large.bin"]
    assert change.before_id == "" and change.coarse
    (work / "large.bin").write_bytes(b"short again")
    assert collected(capture)["large.bin"].before_id == change.after_id


def test_files_that_git_stores_in_another_form_are_not_known_to_be_as_it_has_them(work, capture_of):
    git(work, "init", "-q")
    (work / ".gitattributes").write_text("*.crlf text eol=crlf\n")
    (work / "a.crlf").write_bytes(b"one\r\ntwo\r\n")
    (work / "b.txt").write_bytes(b"one\n")
    git(work, "add", "-A")
    git(work, "commit", "-qm", "one")
    capture = capture_of(work)
    capture.seed()
    (work / "a.crlf").write_bytes(b"three\r\n")
    (work / "b.txt").write_bytes(b"three\n")
    changes = collected(capture)
    assert changes["a.crlf"].before_id == "" and changes["b.txt"].before == "one\n"


def test_an_ignore_file_that_changes_is_followed(work, capture_of):
    (work / "out").mkdir()
    (work / ".gitignore").write_text("out/\n")
    capture = capture_of(work)
    capture.seed()
    (work / ".gitignore").write_text("")
    (work / "out/x.txt").write_text("x\n")
    assert set(collected(capture)) == {".gitignore", "out/x.txt"}
    (work / "out/y.txt").write_text("y\n")
    assert set(collected(capture)) == {"out/y.txt"}


def test_names_that_are_no_text_and_odd_ones(work, capture_of):
    git(work, "init", "-q")
    capture = capture_of(work)
    capture.seed()
    odd = [":(top)x", "*.txt", "a\nb", "[x]", "ü €", "-rf", "a b"]
    for name in odd:
        (work / name).write_text("x\n")
    Path(os.fsdecode(os.fsencode(work) + b"/\xff\xfe")).write_text("x\n")
    assert set(collected(capture)) == set(odd)
    git(work, "add", "-A")
    for name in odd:
        (work / name).write_text("y\n")
    assert {path: each.before for path, each in collected(capture).items()} == dict.fromkeys(odd, "x\n")


def test_two_writes_in_one_tick_of_the_clock(work, capture_of):
    file = work / "a.txt"
    capture = capture_of(work)
    capture.seed()
    before = None
    for number in range(100):
        file.write_text(f"{number:04}\n")
        change = collected(capture)["a.txt"]
        assert (change.before, change.after) == (before, f"{number:04}\n")
        before = change.after


def test_permissions_and_links_are_changes(work, capture_of):
    (work / "a.sh").write_text("x\n")
    (work / "link").symlink_to("a.sh")
    capture = capture_of(work)
    capture.seed()
    (work / "a.sh").chmod(0o755)
    (work / "link").unlink()
    (work / "link").symlink_to("elsewhere")
    changes = collected(capture)
    assert (
        stat.S_IMODE(changes["a.sh"].before_mode) == 0o644
        and stat.S_IMODE(changes["a.sh"].after_mode) == 0o755
    )
    assert stat.S_ISLNK(changes["link"].after_mode) and changes["link"].coarse


def test_a_folder_with_a_broken_repository_is_walked(work, capture_of):
    (work / ".git").write_text("gitdir: /nowhere\n")
    (work / "a.txt").write_text("one\n")
    capture = capture_of(work)
    assert capture.seed().captured == 1
    (work / "a.txt").write_text("two\n")
    assert collected(capture)["a.txt"].before == "one\n"


def test_a_repository_that_breaks_later_ends_it(work, capture_of):
    git(work, "init", "-q")
    (work / "a.txt").write_text("one\n")
    capture = capture_of(work)
    capture.seed()
    (work / ".git").rename(work / "gone")
    (work / "b.txt").write_text("one\n")
    with pytest.raises(NotCovered, match="cannot be looked at"):
        collected(capture)


def test_where_only_tools_are_covered(work, monkeypatch):
    monkeypatch.setenv("HOME", str(work))
    assert not_covered(str(work)) and not_covered("/") and not not_covered(str(work.parent))


def test_a_look_that_goes_on_beside_the_next_command_leaves_what_that_does(work, capture_of):
    """As in trees where a look takes longer than a command waits for it."""
    for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
        (work / name).write_text("old\n")
    (work / "folder").mkdir()
    (work / "folder/in.txt").write_text("in\n")
    capture = capture_of(work)
    capture.seed()
    (work / "a.txt").write_text("first\n")
    (work / "b.txt").write_text("first\n")
    limit = Limit(until=(work / "b.txt").stat().st_ctime_ns + 1)
    while (work / "c.txt").stat().st_ctime_ns < limit.until:  # the clock of the file system goes in steps
        (work / "c.txt").write_text("second\n")
    (work / "b.txt").write_text("second\n")
    (work / "d.txt").unlink()
    (work / "folder").rename(work / "moved")
    changes = {each.path: each for each in capture.collect("c1", limit)}
    assert {path: (each.before, each.after) for path, each in changes.items()} == {
        "a.txt": ("old\n", "first\n")
    }
    changes = {each.path: each for each in capture.collect("c2", Limit())}
    assert {path: (each.before, each.after) for path, each in changes.items()} == {
        **{"b.txt": ("old\n", "second\n"), "c.txt": ("old\n", "second\n"), "d.txt": ("old\n", None)},
        **{"folder/in.txt": ("in\n", None), "moved/in.txt": (None, "in\n")},
    }
    assert all(each.joined for each in changes.values())
    (work / "a.txt").write_text("of the person\n")
    capture.absorb(Limit())
    assert not capture.collect("c3", Limit())


def test_what_a_tool_wrote_and_nobody_looked_at_is_known(work, capture_of):
    (work / "a.txt").write_text("old\n")
    capture = capture_of(work)
    capture.seed()
    (key,) = store_of(work).put(b"of the tool\n")
    capture.written["a.txt"] = key
    (work / "a.txt").write_text("of the tool\n")
    (work / "a.txt").write_text("of the command\n")
    (change,) = capture.collect("c1", Limit())
    assert (change.before, change.after) == ("of the tool\n", "of the command\n")


def test_a_look_ends_soon_after_its_program(work, capture_of):
    git(work, "init", "-q")
    (work / "a.txt").write_text("x\n")
    capture = capture_of(work)
    capture.close()
    with pytest.raises(NotCovered):
        capture.seed()


def test_a_file_that_could_be_written_again_at_the_same_time_is_looked_at_again(work, capture_of):
    """The clock of a file system stands for milliseconds: another text of that size would have the same times."""
    file = work / "a.txt"
    capture = capture_of(work)
    capture.seed()
    file.write_text("one\n")
    os.utime(file, (2**32, 2**32))  # in any case less than a tick ago, however busy the machine is
    assert set(collected(capture)) == {"a.txt"}
    assert list(capture._due({"a.txt"}, Limit())) == ["a.txt"]
    assert collected(capture) == {}, "looked at, and the same"


def test_an_ignored_file_that_the_person_touched_before_a_command_does_not_count(work, capture_of):
    """Only git knows all that is ignored, and it is not asked before a command."""
    git(work, "init", "-q")
    (work / ".git/info").mkdir(exist_ok=True)
    (work / ".git/info/exclude").write_text("*.log\n")
    capture = capture_of(work)
    capture.seed()
    (work / "a.log").write_text("of the person\n")
    (work / "b.txt").write_text("of the person\n")
    capture.absorb(Limit())
    (work / "a.log").write_text("of the command\n")
    (work / "b.txt").write_text("of the command\n")
    changes = collected(capture)
    assert set(changes) == {"b.txt"} and changes["b.txt"].before == "of the person\n"
