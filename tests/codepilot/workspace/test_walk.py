"""Ignore rules, walking, trees and the search that runs in a child."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from codepilot.errors import WorkspaceError
from codepilot.workspace import IgnoreRules, Walk, Workspace, children, ignore_rules, tree
from codepilot.workspace.search import Search, command, matches, request


def make(root, *paths, **texts):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x\n")
    for path, text in texts.items():
        (root / path).write_text(text)


def walked(root, **options):
    return [entry.path for entry in Walk(Workspace(root), **options)]


def test_rules_of_nested_files_and_negation(tmp_path):
    make(
        tmp_path,
        "a.log",
        "keep.log",
        "build/x",
        "sub/a.log",
        "sub/b.tmp",
        "sub/deep/b.tmp",
        "src/build/y",
        "sub/c",
    )
    (tmp_path / ".gitignore").write_text("*.log\n!keep.log\n/build/\n!\n\\\n")
    (tmp_path / "sub" / ".gitignore").write_text("!a.log\n*.tmp\n")
    (tmp_path / "sub" / "deep" / ".gitignore").write_bytes(b"\xef\xbb\xbf!b.tmp\n")
    assert walked(tmp_path) == [
        ".gitignore", "keep.log", "src/build/y", "sub/.gitignore", "sub/a.log", "sub/c",
        "sub/deep/.gitignore", "sub/deep/b.tmp",
    ]  # fmt: skip
    rules = ignore_rules(Workspace(tmp_path))
    assert rules.hides("build/x")
    assert not rules.hides("src/build/y")
    assert rules.hides("node_modules/a/b.js")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_agrees(tmp_path):
    patterns = [
        "*.o\n",
        "!keep.o\n",
        "doc/*.txt\n",
        "**/tmp\n",
        "a/**/z\n",
        "/only-top\n",
        "dir/\n",
        "\\#x\n",
        "b[0-9]\n",
    ]
    make(
        tmp_path,
        *(
            "x.o",
            "keep.o",
            "s/keep.o",
            "doc/a.txt",
            "doc/s/a.txt",
            "tmp/f",
            "s/tmp/f",
            "a/z",
            "a/b/c/z",
            "only-top",
        ),
        *("s/only-top", "s/dir/f", "dir", "#x", "b1", "bb", "s/b7/f"),
    )
    (tmp_path / ".gitignore").write_text("".join(patterns))
    (tmp_path / "s" / ".gitignore").write_text("!x.o\n!tmp\n")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True, env=env)
    out = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=tmp_path,
        check=True,
        env=env,
        capture_output=True,
        text=True,
    )
    assert walked(tmp_path) == sorted(out.stdout.split())


def test_noise_is_left_out_without_any_rules(tmp_path):
    make(
        tmp_path,
        ".git/HEAD",
        "node_modules/a.js",
        "s/__pycache__/a.pyc",
        "a.pyc",
        ".venv/x",
        ".env",
        "s/a.py",
    )
    assert walked(tmp_path) == [".env", "s/a.py"]
    assert ".venv/x" in walked(tmp_path, ignore=False)
    assert IgnoreRules(lambda folder: None).ignores("x/.venv", folder=True)


def test_links_to_folders_are_not_entered(tmp_path):
    make(tmp_path, "a/f")
    (tmp_path / "a" / "loop").symlink_to("..")
    (tmp_path / "out").symlink_to("/")
    found = list(Walk(Workspace(tmp_path)))
    assert [(entry.path, entry.link) for entry in found] == [("a/f", False), ("a/loop", True), ("out", True)]


def test_caps(tmp_path):
    make(tmp_path, *(f"d{n}/f{m}" for n in range(5) for m in range(5)))
    walk = Walk(Workspace(tmp_path), limit=7)
    assert len(list(walk)) == 7
    assert walk.truncated
    walk = Walk(Workspace(tmp_path), limit=25)
    assert len(list(walk)) == 25
    assert not walk.truncated
    assert walked(tmp_path, start="d3") == [f"d3/f{n}" for n in range(5)]
    deep = tmp_path / "/".join(["x"] * 60)
    deep.mkdir(parents=True)
    (deep / "f").write_text("")
    walk = Walk(Workspace(tmp_path))
    assert not any(entry.path.endswith("x/f") for entry in walk)
    assert walk.truncated


def test_children_of_one_folder(tmp_path):
    make(tmp_path, "b.py", "A.py", "z/f", ".git/config", "x.log")
    (tmp_path / ".gitignore").write_text("*.log\n")
    found = children(Workspace(tmp_path))
    assert [(entry.path, entry.folder, entry.ignored) for entry in found] == [
        (".git", True, True),
        ("z", True, False),
        (".gitignore", False, False),
        ("A.py", False, False),
        ("b.py", False, False),
        ("x.log", False, True),
    ]
    assert [entry.path for entry in children(Workspace(tmp_path), "z")] == ["z/f"]
    with pytest.raises(FileNotFoundError):
        children(Workspace(tmp_path), "none")
    with pytest.raises(WorkspaceError):
        children(Workspace(tmp_path), "..")


def test_tree_is_cut_by_depth_and_number(tmp_path):
    make(tmp_path, "a/b/c/d", *(f"m/{n:02}" for n in range(20)), "z")
    root = tree(Workspace(tmp_path), depth=2, limit=10)
    assert [node.entry.path for node in root.children] == ["a", "m", "z"]
    a, m, z = root.children
    assert (a.children[0].entry.path, a.children[0].more) == ("a/b", -1)
    assert (len(m.children), m.more) == (6, 14)
    assert z.children == ()


def test_search_finds_lines(tmp_path):
    make(tmp_path, "s/x.txt")
    (tmp_path / "a.py").write_text("import os\n\nos.getcwd()\r\n")
    (tmp_path / "b.txt").write_bytes("caf\xe9 os\n".encode("latin-1"))
    (tmp_path / "bin").write_bytes(b"os\0os")
    search = Search(root=str(tmp_path), pattern=r"\bos\b")
    found = [(match.path, match.line, match.text) for match in matches(search)]
    assert found == [("a.py", 1, "import os"), ("a.py", 3, "os.getcwd()"), ("b.txt", 1, "café os")]
    only = Search(root=str(tmp_path), pattern="os", include=("*.py", "!a.py"))
    assert list(matches(only)) == []
    assert [m.path for m in matches(Search(root=str(tmp_path), pattern="x", files=("s/x.txt", "none")))] == [
        "s/x.txt"
    ]
    assert [m.line for m in matches(Search(root=str(tmp_path), pattern="^$", files=("a.py",)))] == [2]
    with pytest.raises(re.error):
        list(matches(Search(root=str(tmp_path), pattern="(")))


def test_search_never_reads_outside(tmp_path):
    (tmp_path / "secret").write_text("x secret\n")
    root = tmp_path / "work"
    make(root, "f")
    (root / "link").symlink_to("../secret")
    (root / "dir").symlink_to("..")
    assert [m.path for m in matches(Search(root=str(root), pattern="x"))] == ["f"]
    assert list(matches(Search(root=str(root), pattern="x", files=("link", "dir/secret", "../secret")))) == []


def test_the_child_answers_line_by_line(tmp_path):
    make(tmp_path, "é/f.txt")
    search = Search(root=str(tmp_path), pattern="x")
    done = subprocess.run(
        command(sys.executable),
        input=request(search),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert [json.loads(line) for line in done.stdout.splitlines()] == [["é/f.txt", 1, "x"]]
