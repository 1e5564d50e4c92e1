"""Branch and letters as git would say them, read without git. The last part: nothing of the folder is ever run."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from codepilot.workspace.git import GitReader, find_repository, read_status
from codepilot.workspace.git.index import IndexUnreadable, parse_index


def status(folder):
    found = read_status(folder)
    assert found is not None
    return found


# -- what is checked out ---------------------------------------------------------------------------------------------


def test_a_folder_without_a_repository_has_no_status(tmp_path):
    assert read_status(tmp_path) is None
    assert GitReader(tmp_path).head() is None


def test_the_branch_before_the_first_commit(repository):
    found = status(repository.top)
    assert (found.branch, found.head.commit, found.dirty, found.letters) == ("main", "", False, {})
    repository.write("new.py", "1")
    repository.git("add", "new.py")
    found = status(repository.top)
    assert (found.dirty, dict(found.letters)) == (True, {"new.py": "A"})


def test_a_branch_with_slashes_and_strange_letters(repository):
    repository.commit()
    repository.git("switch", "-q", "-c", "fix/stück-\N{SNOWMAN}")
    assert status(repository.top).branch == "fix/stück-\N{SNOWMAN}"


def test_a_detached_head_is_named_by_its_commit(repository):
    repository.commit()
    repository.git("switch", "-q", "--detach")
    commit = repository.git("rev-parse", "HEAD").strip()
    found = status(repository.top)
    assert (found.branch, found.head.branch, found.head.commit) == (commit[:7], "", commit)


@pytest.mark.parametrize("packed", [False, True])
def test_the_commit_is_found_in_loose_and_in_packed_references(repository, packed):
    repository.write("a", "1")
    repository.commit()
    repository.git("branch", "x/main")  # a name that ends alike
    repository.write("a", "2")
    repository.commit()
    if packed:
        repository.git("pack-refs", "--all")
        assert not (repository.top / ".git/refs/heads/main").exists()
    found = status(repository.top)
    assert found.head.commit == repository.git("rev-parse", "HEAD").strip()
    assert found.dirty is False


def test_a_linked_work_tree_has_its_own_branch_and_letters(repository, tmp_path):
    repository.write("a", "1")
    repository.commit()
    other = tmp_path / "other"
    repository.git("worktree", "add", "-q", "-b", "side", str(other))
    (other / "a").write_text("2")
    assert (status(other).branch, dict(status(other).letters)) == ("side", {"a": "M"})
    assert (status(repository.top).branch, status(repository.top).dirty) == ("main", False)


def test_a_head_that_is_a_link_as_of_old(repository):
    repository.commit()
    head = repository.top / ".git/HEAD"
    head.unlink()
    head.symlink_to("refs/heads/main")
    assert status(repository.top).branch == "main"


def test_a_folder_below_the_top_has_letters_of_its_own_and_the_mark_of_all(repository):
    for path in ("src/a", "src/deep/b", "docs/c"):
        repository.write(path, "1")
    repository.commit()
    repository.write("docs/c", "2")
    found = status(repository.top / "src")
    assert (found.branch, found.dirty, dict(found.letters)) == ("main", True, {})
    assert found.tracked == {"a", "deep/b"}
    repository.write("src/deep/b", "2")
    assert dict(status(repository.top / "src").letters) == {"deep/b": "M"}
    assert dict(status(repository.top / "src/deep").letters) == {"b": "M"}


def test_variables_of_git_have_no_say(repository, tmp_path, monkeypatch):
    repository.write("a", "1")
    repository.commit()
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert (status(repository.top).branch, status(repository.top).dirty) == ("main", False)


# -- which files differ ----------------------------------------------------------------------------------------------


def change(repository):
    """One of each kind of difference."""
    for name in (
        "same",
        "changed",
        "gone",
        "mode",
        "kind",
        "staged",
        "unstaged",
        "both",
        "renamed",
        "sub/x",
        "sub/y/z",
    ):
        repository.write(name, name)
    (repository.top / "link").symlink_to("same")
    (repository.top / "link2").symlink_to("same")
    repository.commit()
    repository.write("changed", "other")
    (repository.top / "gone").unlink()
    (repository.top / "mode").chmod(0o755)
    (repository.top / "kind").unlink()
    (repository.top / "kind").symlink_to("same")
    (repository.top / "link2").unlink()
    (repository.top / "link2").symlink_to("mode")
    repository.write("staged", "other")
    repository.git("add", "staged")
    repository.git("rm", "-q", "--cached", "unstaged")
    repository.write("both", "other")
    repository.git("add", "both")
    repository.write("both", "third")
    repository.git("mv", "renamed", "elsewhere")
    repository.write("added", "1")
    repository.write("added and gone", "1")
    repository.write("later", "1")
    repository.git("add", "added", "added and gone")
    repository.git("add", "-N", "later")
    (repository.top / "added and gone").unlink()
    shutil.rmtree(repository.top / "sub/y")
    repository.write("untracked", "1")
    repository.write("Stück \N{SNOWMAN}", "1")
    repository.git("add", "Stück \N{SNOWMAN}")


@pytest.mark.parametrize("version", [2, 3, 4])
def test_the_letters_are_those_of_git(repository, version):
    change(repository)
    repository.git("update-index", "--index-version", str(version))
    found = status(repository.top)
    assert dict(found.letters) == repository.letters()
    assert found.dirty is True
    assert "same" in found.tracked
    assert "untracked" not in found.tracked


def test_packed_objects_and_deltas(repository):
    text = "".join(f"line {number} of a long file\n" for number in range(2000))
    for number in range(40):
        repository.write("folder/long", text + str(number))
        repository.write(f"many/{number}", str(number))
        repository.commit()
    repository.git("gc", "-q", "--aggressive", "--prune=now")
    assert not list((repository.top / ".git/objects").glob("[0-9a-f][0-9a-f]/*"))
    repository.git("read-tree", "HEAD")  # an index that knows no tree: all of them are read
    repository.git("update-index", "-q", "--refresh")
    repository.write("folder/long", text)
    repository.git("add", "folder/long")
    repository.git("rm", "-rq", "--cached", "many/1")
    assert dict(status(repository.top).letters) == repository.letters()


def test_names_of_sha256(tmp_path, made_in):
    made = made_in(tmp_path)
    made.git("init", "-q", "-b", "main", "--object-format=sha256")
    made.write("a", "1")
    made.write("b/c", "1")
    made.commit()
    assert status(tmp_path).dirty is False
    made.write("b/c", "2")
    assert dict(status(tmp_path).letters) == {"b/c": "M"}


def test_a_conflict_is_said_to_be_one(repository):
    repository.write("a", "1")
    repository.commit()
    repository.git("switch", "-q", "-c", "side")
    repository.write("a", "2")
    repository.commit()
    repository.git("switch", "-q", "main")
    repository.write("a", "3")
    repository.commit()
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "-q", "side")
    assert dict(status(repository.top).letters) == {"a": "U"} == repository.letters()


def test_a_file_and_a_folder_change_places(repository):
    repository.write("a", "1")
    repository.write("b/c", "1")
    repository.commit()
    (repository.top / "a").unlink()
    shutil.rmtree(repository.top / "b")
    repository.write("a/c", "1")
    repository.write("b", "1")
    assert dict(status(repository.top).letters) == repository.letters() == {"a": "D", "b/c": "D"}
    repository.git("add", "-A")
    assert dict(status(repository.top).letters) == repository.letters()


def test_a_change_in_the_very_moment_of_the_add_is_seen(repository):
    repository.write("a", "1")
    repository.commit()
    file = repository.write("a", "2")  # as long as before
    index = (repository.top / ".git/index").stat()
    os.utime(file, ns=(index.st_mtime_ns, index.st_mtime_ns))
    assert dict(status(repository.top).letters) == {"a": "M"}


def test_times_that_changed_without_the_content_are_no_change(repository):
    for name in ("a", "b"):
        repository.write(name, "1")
    repository.commit()
    for name in ("a", "b"):
        os.utime(repository.top / name, (1, 1))
    assert (status(repository.top).dirty, dict(status(repository.top).letters)) == (False, {})


def test_an_unpacked_copy_is_compared_by_content(repository, tmp_path):
    repository.write("a", "1")
    repository.write("b", "1")
    repository.commit()
    copy = tmp_path / "copy"
    shutil.copytree(repository.top, copy, copy_function=shutil.copyfile)
    (copy / "b").write_text("2")
    found = status(copy)
    assert dict(found.letters) == {"b": "M"}


def test_what_the_person_told_git_not_to_look_at_is_left_alone(repository):
    for name in ("a", "b"):
        repository.write(name, "1")
    repository.commit()
    repository.git("update-index", "--assume-unchanged", "a")
    repository.git("update-index", "--skip-worktree", "b")
    repository.write("a", "2")
    (repository.top / "b").unlink()
    assert (status(repository.top).dirty, dict(status(repository.top).letters)) == (False, {})


def test_the_executable_bit_where_it_does_not_count(repository):
    repository.write("a", "1")
    repository.commit()
    (repository.top / "a").chmod(0o755)
    assert dict(status(repository.top).letters) == {"a": "M"}
    repository.git("config", "core.fileMode", "false")
    assert status(repository.top).dirty is False


def test_a_reader_follows_the_disk(repository):
    for name in ("a", "b/c"):
        repository.write(name, "1")
    repository.commit()
    reader = GitReader(repository.top)
    assert reader.status().dirty is False
    for text, letters in (("2", {"a": "M"}), ("1", {}), ("3", {"a": "M"})):
        repository.write("a", text)
        assert dict(reader.status().letters) == letters
    repository.commit()
    assert reader.status().dirty is False
    repository.git("switch", "-q", "-c", "other")
    assert reader.head().branch == reader.status().branch == "other"
    (repository.top / "b/c").unlink()
    assert dict(reader.status().letters) == {"b/c": "D"}


def test_at_random_it_says_what_git_says(repository):
    rng = random.Random(20261121)
    names = [f"{folder}{name}" for folder in ("", "a/", "a/b/", "c/", "a-") for name in ("x", "y", "z.py")]
    reader = GitReader(repository.top)

    def write():
        path = rng.choice(names)
        place = repository.top / path
        if not place.is_dir() and not any(parent.is_file() for parent in place.parents):
            repository.write(path, rng.choice(("1", "2", "long\n" * 50)))

    def remove():
        (repository.top / rng.choice(names)).unlink(missing_ok=True)

    actions = [
        *(write, write, write, remove),
        lambda: repository.git("add", "-A"),
        lambda: repository.git("add", "-A", "a") if (repository.top / "a").exists() else None,
        lambda: repository.commit(),
        lambda: repository.git("reset", "-q") if reader.head().commit else None,
        lambda: repository.git("gc", "-q"),
        lambda: repository.git("update-index", "--index-version", rng.choice("24")),
    ]
    for turn in range(150):
        rng.choice(actions)()
        found = reader.status()
        said = repository.letters()
        assert dict(found.letters) == said, turn
        assert found.dirty is bool(said)
        assert found.tracked == set(filter(None, repository.git("ls-files", "-z").split("\0")))


# -- what cannot be known is not guessed -----------------------------------------------------------------------------


def test_line_ends_that_git_turns_are_unknown_and_not_a_change(repository):
    repository.write(".gitattributes", "*.txt text eol=crlf\n")
    repository.write("a.txt", "1\r\n2\r\n")
    repository.commit()
    os.utime(repository.top / "a.txt", (1, 1))
    assert repository.letters() == {}
    os.utime(repository.top / "a.txt", (2, 2))
    assert (status(repository.top).dirty, dict(status(repository.top).letters)) == (None, {})
    repository.write("a.txt", "1\r\n3\r\n")
    assert dict(status(repository.top).letters) == {"a.txt": "M"}
    repository.write("a.txt", "1\n2\n")
    assert dict(status(repository.top).letters) == {"a.txt": "M"} == repository.letters()


@pytest.mark.parametrize(
    "attributes",
    [
        "*.bin filter=lfs diff=lfs merge=lfs -text\n",
        "*.bin ident\n",
        "*.bin working-tree-encoding=UTF-16\n",
        "[attr]mine filter=x\n*.bin mine\n",
        '"*.bin" filter=x\n',
    ],
)
@pytest.mark.parametrize("place", [".gitattributes", "deep/.gitattributes", ".git/info/attributes"])
def test_what_stands_behind_a_filter_is_unknown(repository, attributes, place):
    repository.write("deep/a.bin", "stored")
    repository.write("deep/b.txt", "stored")
    repository.commit()
    repository.write(place, attributes)
    repository.write("deep/a.bin", "STORED")
    found = status(repository.top)
    assert (found.dirty, dict(found.letters)) == (None, {})
    repository.write("deep/b.txt", "STORED")
    found = status(repository.top)
    assert (found.dirty, dict(found.letters)) == (True, {"deep/b.txt": "M"})


@pytest.mark.parametrize(
    "attributes", ["*.py diff=python\n", "*.py -filter !ident\n", "# *.py filter=x\n", "*.py eol=lf\n"]
)
def test_attributes_that_change_no_content_leave_the_letter(repository, attributes):
    repository.write(".gitattributes", attributes)
    repository.write("a.py", "1")
    repository.commit()
    repository.write("a.py", "2")
    assert dict(status(repository.top).letters) == {"a.py": "M"}


def test_attributes_of_the_person_count(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config/git").mkdir(parents=True)
    (tmp_path / "config/git/attributes").write_text("*.py filter=x\n")
    repository.write("a.py", "1")
    repository.commit()
    repository.write("a.py", "2")
    assert status(repository.top).dirty is None


def test_an_object_that_is_elsewhere_makes_the_rest_unknown(repository):
    repository.write("a", "1")
    repository.write("b", "1")
    repository.commit()
    shutil.rmtree(repository.top / ".git/objects")
    (repository.top / ".git/objects").mkdir()
    assert status(repository.top).dirty is None
    repository.write("a", "2")
    assert dict(status(repository.top).letters) == {"a": "M"}


def test_a_split_index_gives_the_branch_alone(repository):
    repository.write("a", "1")
    repository.commit()
    repository.git("update-index", "--split-index")
    repository.write("a", "2")
    found = status(repository.top)
    assert (found.branch, found.dirty, dict(found.letters)) == ("main", None, {})


def test_a_sparse_index(repository):
    for name in ("in/a", "out/b"):
        repository.write(name, "1")
    repository.commit()
    repository.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    assert status(repository.top).dirty is False
    repository.write("in/a", "2")
    assert dict(status(repository.top).letters) == {"in/a": "M"}


def test_a_submodule_at_another_commit_differs(repository, tmp_path, made_in):
    inner = made_in(tmp_path / "inner")
    inner.top.mkdir()
    inner.git("init", "-q")
    inner.commit()
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.top), "sub")
    repository.commit()
    assert status(repository.top).dirty is None  # what is in it is its own affair
    repository.git("commit", "-q", "--allow-empty", "-m", "y", folder=repository.top / "sub")
    assert dict(status(repository.top).letters) == {"sub": "M"}


def test_a_bare_repository_and_an_unknown_store_give_the_branch_alone(repository):
    repository.write("a", "1")
    repository.commit()
    repository.git("config", "extensions.objectFormat", "sha999", GIT_DIR=str(repository.top / ".git"))
    assert (status(repository.top).branch, status(repository.top).dirty) == ("main", None)


def test_reftable_is_not_misread(repository):
    (repository.top / ".git/HEAD").write_text("ref: refs/heads/.invalid\n")
    assert read_status(repository.top) is None


# -- hostile files ---------------------------------------------------------------------------------------------------


def test_an_index_with_any_byte_wrong_is_refused_or_read_and_never_more(repository):
    change(repository)
    for version in (2, 4):
        repository.git("update-index", "--index-version", str(version))
        data = (repository.top / ".git/index").read_bytes()
        rng = random.Random(version)
        for _ in range(400):
            broken = bytearray(data)
            for _ in range(rng.randint(1, 4)):
                broken[rng.randrange(len(broken))] = rng.randrange(256)
            if rng.random() < 0.3:
                del broken[rng.randrange(len(broken)) :]
            try:
                parse_index(bytes(broken), 20)
            except IndexUnreadable:
                continue


def test_objects_with_any_byte_wrong_are_refused_or_read_and_never_more(repository):
    for number in range(20):
        repository.write(f"folder/{number % 3}", "text\n" * 300 + str(number))
        repository.commit()
    repository.git("gc", "-q")
    repository.git("read-tree", "HEAD")
    (pack,) = (repository.top / ".git/objects/pack").glob("*.pack")
    index = pack.with_suffix(".idx")
    rng = random.Random(3)
    for path in (pack, index):
        path.chmod(0o644)
        data = path.read_bytes()
        for _ in range(150):
            broken = bytearray(data)
            broken[rng.randrange(8, len(broken))] ^= 1 << rng.randrange(8)
            path.write_bytes(bytes(broken))
            assert status(repository.top).branch == "main"
        path.write_bytes(data)


@pytest.mark.parametrize(
    "path", [b"../outside", b"/etc/passwd", b"a/../../x", b".git/config", b"a/.GIT/hooks/x", b"a//b"]
)
def test_paths_that_lead_out_of_the_work_tree_are_refused(repository, path):
    repository.write("x" * len(path), "1")
    repository.git("add", "-A")
    file = repository.top / ".git/index"
    with pytest.raises(IndexUnreadable):
        parse_index(file.read_bytes().replace(b"x" * len(path), path), 20)


def test_a_link_in_the_way_of_a_tracked_file_is_not_followed(repository, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a").write_text("1")
    repository.write("folder/a", "1")
    repository.commit()
    shutil.rmtree(repository.top / "folder")
    (repository.top / "folder").symlink_to(outside)
    assert dict(status(repository.top).letters) == {"folder/a": "D"} == repository.letters()


@pytest.mark.parametrize("name", ["HEAD", "index", "config", "packed-refs", "objects/info/alternates"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "socket", "huge"])
def test_what_is_no_plain_file_holds_nobody_up(repository, name, kind):
    repository.write("a", "1")
    repository.commit()
    place = repository.top / ".git" / name
    place.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    elif kind == "device":
        place.symlink_to("/dev/zero")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            os.chdir(place.parent)
            one.bind(place.name)
    else:
        with place.open("wb") as file:
            file.truncate(1 << 40)
    found = read_status(repository.top)
    assert found is None if name == "HEAD" else found.branch == "main"


def test_a_tracked_file_that_became_a_pipe_holds_nobody_up(repository):
    repository.write("a", "1")
    repository.commit()
    (repository.top / "a").unlink()
    os.mkfifo(repository.top / "a")
    assert dict(status(repository.top).letters) == {"a": "D"}


def test_references_that_lead_out_are_not_followed(repository, tmp_path):
    (tmp_path / "secret").write_text("f" * 40 + "\n")
    (repository.top / ".git/HEAD").write_text("ref: refs/../../../secret\n")
    assert read_status(repository.top) is None
    (repository.top / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (repository.top / ".git/refs/heads/main").write_text("ref: ../../secret\n")
    assert status(repository.top).head.commit == ""


def test_references_and_alternates_that_go_in_circles_end(repository):
    (repository.top / ".git/refs/heads/main").write_text("ref: refs/heads/main\n")
    assert status(repository.top).branch == "main"
    objects = repository.top / ".git/objects"
    (objects / "info").mkdir(exist_ok=True)
    (objects / "info/alternates").write_text(f"{objects}\n{objects}/.\n")
    assert status(repository.top).dirty is False


def test_folders_without_end_are_given_up(repository):
    deep = "/".join("a" * 1500)
    blob = repository.git("hash-object", "-w", "--stdin").strip()
    repository.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{deep}")
    assert status(repository.top).branch == "main"
    assert status(repository.top).dirty is True  # it is not on the disk
    tree = repository.git("write-tree").strip()
    commit = repository.git("commit-tree", "-m", "x", tree).strip()
    repository.git("update-ref", "refs/heads/main", commit)
    (repository.top / ".git/index").unlink()
    assert status(repository.top).dirty is None


def test_a_git_folder_that_cannot_be_entered_counts_as_none(tmp_path):
    (tmp_path / ".git").symlink_to(".git")
    assert read_status(tmp_path) is None


def test_borrowed_objects_are_found(repository, tmp_path):
    repository.write("a", "1")
    repository.commit()
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--shared", str(repository.top), str(clone))
    assert (status(clone).branch, status(clone).dirty) == ("main", False)


HOSTILE = """
[core]
    fsmonitor = {mark} fsmonitor
    hooksPath = {hooks}
    pager = {mark} pager
    editor = {mark} editor
    sshCommand = {mark} ssh
    askPass = {mark} askpass
    attributesFile = {include}
[include]
    path = {include}
[credential]
    helper = !{mark} credential
[filter "bad"]
    clean = {mark} clean
    smudge = {mark} smudge
    process = {mark} process
    required = true
[diff]
    external = {mark} diff
[diff "bad"]
    textconv = {mark} textconv
    command = {mark} command
[alias]
    status = !{mark} alias
[gpg]
    program = {mark} gpg
[uploadpack]
    packObjectsHook = {mark} pack
[extensions]
    partialClone = origin
[remote "origin"]
    url = ext::{mark} remote
    promisor = true
    uploadpack = {mark} upload
"""


def hostile(repository, tmp_path):
    """A repository that names a program wherever git would take one; each leaves its name in a folder."""
    marks = tmp_path / "marks"
    marks.mkdir()
    mark = tmp_path / "mark"
    mark.write_text(f'#!/bin/sh\ntouch {marks}/"$1"\ncat\n')
    mark.chmod(0o755)
    hooks = repository.top / "hooks"
    hooks.mkdir()
    for name in (
        "post-index-change",
        "pre-commit",
        "post-checkout",
        "fsmonitor-watchman",
        "reference-transaction",
    ):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {marks}/{name}\n")
        (hooks / name).chmod(0o755)
        (repository.top / ".git/hooks").mkdir(exist_ok=True)
        shutil.copy(hooks / name, repository.top / ".git/hooks" / name)
    include = repository.top / "included"
    include.write_text(f"[core]\n    fsmonitor = {mark} included\n")
    repository.write("a.txt", "1")
    repository.commit()
    repository.write(".gitattributes", "* filter=bad diff=bad\n")
    repository.write("a.txt", "2")
    for each in marks.iterdir():
        each.unlink()
    with (repository.top / ".git/config").open("a") as file:
        file.write(HOSTILE.format(mark=mark, hooks=hooks, include=include))
    return marks


def test_git_itself_would_run_what_the_folder_names(repository, tmp_path):
    """The control: without it the next test would hold of any repository."""
    marks = hostile(repository, tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("status", "--porcelain=v1", "--branch", "--untracked-files=no")
    assert {path.name for path in marks.iterdir()} >= {"included"}


def test_nothing_is_started(repository, tmp_path):
    marks = hostile(repository, tmp_path)
    script = (
        "import sys\n"
        "from codepilot.workspace.git import read_status\n"
        "def refuse(event, _):\n"
        "    assert not event.startswith(('subprocess', 'os.fork', 'os.exec', 'os.posix_spawn', 'os.system')), event\n"
        "sys.addaudithook(refuse)\n"
        "status = read_status(sys.argv[1])\n"
        "print(status.branch, status.dirty)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(repository.top)], capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr) == ("main None\n", "")
    assert list(marks.iterdir()) == []


def test_the_folder_is_not_written_to(repository, tmp_path):
    marks = hostile(repository, tmp_path)

    def seen():
        return {
            path: path.lstat().st_mtime_ns
            for path in (repository.top / ".git", *Path(repository.top).rglob("*"))
        }

    before = seen()
    assert status(repository.top).branch == "main"
    assert seen() == before
    assert list(marks.iterdir()) == []
    assert find_repository(repository.top / "hooks").top == repository.top.resolve()
