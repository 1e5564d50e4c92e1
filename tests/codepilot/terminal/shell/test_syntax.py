"""What is taken for whole at a glance is whole for bash too."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codepilot.terminal.shell.syntax import surely_whole


@pytest.mark.parametrize(
    "text",
    [
        "true", "ls -la src/", "git status\n", "make test 2>&1 | tail -50", "cd /x && pytest -q || echo no; pwd;",
        "a=1 b=$HOME env", "echo 'it is' \"$x y\" > out.txt", "[ -f x ] && cat < x", "grep -rn foo *.py", "echo $?",
    ],
)  # fmt: skip
def test_what_is_sure(text):
    assert surely_whole(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "if true", "done", "x | if y", "echo 'open", 'echo "open', "a &&", "| a", "a ||", "a;;b", "a >", "> >",
        "(a)", "{ a; }", "cat <<E", "a & b", "echo $(x)", "echo `x`", "a\nb", "a\\", "a[1", "x=(1", "f() { a", "! a",
        "time if x", "[[ x", 'echo "$(x"', "echo ${x", "# x", "x" * 3000, "a < <(b)", "a >| b", "[x", "echo \x01",
    ],
)  # fmt: skip
def test_what_has_to_be_asked(text):
    assert not surely_whole(text)


PIECES = [
    *"|;<>&'\" $\t", "&&", "||", ">>", "2>&1", "&>", "'a b'", '"$x"', "$y", "$?", "word", "if", "then", "fi", "do",
    "for", "in", "case", "x=1", "a[", "[", "]", "-n", "*", "~", "^", "=", "!", "time", "\\", "(", ")", "{", "}", "#",
]  # fmt: skip


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join), min_size=40, max_size=40))
def test_bash_agrees(texts):
    sure = [text for text in texts if surely_whole(text)]
    if sure:
        for text in ("\n".join(sure), sure[0]):
            done = subprocess.run(
                ["bash", "--norc", "-O", "extglob", "-n"], input=text + "\n", capture_output=True, text=True
            )
            assert (done.returncode, done.stderr) == (0, "")
