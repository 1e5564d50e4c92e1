"""Every command that bash runs is one that the question names, or the question says that it is not sure."""

import os
import re
import select
import shutil
import signal
import subprocess
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codepilot_tui.docks.command_look import UNSURE, command_parts, effects

BASH = shutil.which("bash")
NAMES = tuple(f"c{number}" for number in range(12))
"""Programs of no other folder than the test's own: each writes its name down."""
WRAPPERS = ("env", "timeout", "nice", "nohup", "stdbuf", "setsid", "xargs", "flock")
GUARD = 60

pytestmark = pytest.mark.skipif(BASH is None, reason="no bash here")


class Shell:
    """Runs commands in a folder of their own, where nothing but the recorders can be found."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = folder / "programs"
        self._programs.mkdir()
        self._record = folder / "record"
        recorder = f'#!/bin/sh\necho "${{0##*/}}" >> "{self._record}"\n'
        for name in NAMES:
            (self._programs / name).write_text(recorder)
            (self._programs / name).chmod(0o755)
        for name in WRAPPERS:
            if there := shutil.which(name):
                (self._programs / name).symlink_to(there)

    def run(self, command: str) -> set[str]:
        """The names of the programs that ran."""
        cwd = self._folder / "cwd"
        shutil.rmtree(cwd, ignore_errors=True)
        cwd.mkdir()
        self._record.write_text("")
        alive, held = os.pipe()  # closed when the last process that came of it is gone
        process = subprocess.Popen(
            [BASH or "", "--norc", "-c", command],
            cwd=cwd,
            env={"PATH": str(self._programs), "FUNCNEST": "4", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[held],
        )
        os.close(held)
        try:
            select.select([alive], [], [], GUARD)  # a loop without an end has told its names by then
        finally:
            os.close(alive)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return set(self._record.read_text().split())


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("bash"))


def named(command: str) -> set[str]:
    """The words that are shown as names of programs, without their quotes."""
    shown = [text for text, role in command_parts(command) if role in ("name", "danger")]
    return {re.sub(r"[\\'\"$\n]", "", text) for text in shown}


def check(command: str, shell: Shell) -> None:
    said = [text for text, _ in effects(command)]
    if UNSURE in said:
        return  # whatever runs, nothing was promised
    ran = shell.run(command)
    assert ran <= named(command), said
    assert not (ran and said == ["reads only"])


def one_of(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


def joined(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    return st.tuples(*(part if not isinstance(part, str) else st.just(part) for part in parts)).map("".join)


NAME = one_of("@", "@", "@", "'@'", '"@"', "\\@", "$'@'", "''@", '@""', "@\\\n")
"""`@` becomes a name of its own for each command."""
BLANK = one_of(" ", " ", " ", "\t", "\\\n", " \\\n ")
END = one_of(";", "\n", " ; ", "; # it's a \" note `\n", "; # )\n")
WRAPPED = one_of(
    "env ", "env -u A B=1 ", "env --unset A ", "timeout 5 ", "timeout -s KILL 5 ", "timeout --signal KILL --foreground 5 ",
    "timeout --kill-aft 3 5 ", "nice -n 1 ", "nice ", "nohup ", "stdbuf -oL ", "stdbuf --output L ", "flock f ", "flock -w 1 f ",
    "time ", "time -p ", "time -- ", "command ", "exec ", "exec -a x ", "! ", "A=1 ", "A+=1 a[0]=2 ", "a[1<<2]=3 ", "<f ", "2>f ",
    "{x}>f ", ">&2 ", "A=$(@)b ", "time -p ! ", "xargs -n 1 ", "xargs -i ", "setsid -w ", "env -i A=1 ", "env - ",
)  # fmt: skip
WORD = one_of(
    "a", "'a b'", '"a b"', "$'a\\'b'", "$'a\\\\'", '"a\\"b"', "a\\ b", "#a", "a#b", "\\#", "'#'", "$#", "${#x}", "${x# #}", "${x%% *}",
    "${x:-a b}", '"${x:-"a"}"', "${x:-'}'}", '"${x:-\'}"', "${a[1<<2]}", "$((1<<2))", "$(( (1<<2) ))", "$[1<<2]", '"$((1<<2))"',
    "$((x#1))", "{a,b}", "*", "~", "\\\\", "'\\'", '"\\\\"', "do", "in", "case", "esac", "then", "}", "{", "!", "=", "a=(b", "-x", "--",
    "`", "((", "))", "[", "]]", "a\\\nb", "'a\nb'", '"a\nb"', '$"a"', "$", "<&1", "2>&1", ">f", "> f", ">>f", "<f", "&>f", "<<<x",
    "<<<'a b'", "2>\\\nf", "\\;", "';'", "$'\\x27'",
)  # fmt: skip


def commands(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Commands that hold other ones."""
    word = st.one_of(
        WORD,
        joined("$(", inner, ")"),
        joined('"$(', inner, ')"'),
        joined("`", inner, "`"),
        joined('"`', inner, '`"'),
        joined("a$(", inner, ")b"),
        joined("<(", inner, ")"),
        joined("${x:-$(", inner, ")}"),
        joined('"${x:-`', inner, '`}"'),
        joined("$(($(", inner, ")+1))"),
    )
    simple = joined(
        st.lists(WRAPPED, max_size=2).map("".join),
        NAME,
        st.lists(joined(BLANK, word), max_size=3).map("".join),
    )
    text = one_of(
        "a\n",
        "",
        "it's\n",
        '"\n',
        "E \n",
        "\tE\n",
        "$(@)\n",
        "`@`\n",
        "a\\\n",
        "E\\\n\n",
        "# )\n",
        "E)\n",
        "@\n",
    )
    heredoc = joined(
        simple, one_of(" <<E", " <<'E'", ' <<"E"', " <<\\E", " <<-E", " << E", " <<E <<E", " <<E a"), one_of("", " ", "; @", " | @"),
        "\n", text, text, "E\n", one_of("", "E\n"),
    )  # fmt: skip
    compound = st.one_of(
        joined("( ", inner, ")"),
        joined("(", inner, ") "),
        joined("{ ", inner, "; }"),
        joined("if ", inner, END, "then ", inner, END, "else ", inner, "; fi"),
        joined("for x in a b", one_of(";", "\n"), " do ", inner, END, "done"),
        joined("set a; for x", one_of(" ", ";", "\n"), "do ", inner, END, "done"),
        joined("for ((i=0;i<1<<1;i++))", one_of(" ", ";", "\n"), "do ", inner, END, "done"),
        joined("for x in a; { ", inner, "; }"),
        joined("while ! ((k++)) && ", inner, "; do ", inner, END, "done"),
        joined("case x in ", one_of("x) ", "(x) ", "y|x)", "x )", "y) ;; x)", "'x')"), inner, one_of(";;", ";&", ";;&", "\n;;"), " esac"),
        joined(one_of("f() ", "function f ", "function f() ", "f ()\n"), one_of("{ ", "( "), inner, END).map(
            lambda text: text + (" )" if "( " in text[:15] and "{ " not in text[:15] else " }") + "; f"
        ),
        joined("(( x = 1<<2 ))", END, inner),
        joined("[[ a < b && a =~ ", one_of("a", "(a|b)", "^#", "\\(", "[)]"), " ]] && ", inner),
        joined("a=(b [1]=c [2<<1]=d # e\n f)", END, inner),
        joined("coproc ", inner),
        joined("x=", one_of("$(", "`"), inner).map(lambda text: text + (")" if text.startswith("x=$") else "`")),
    )  # fmt: skip
    pieces = st.one_of(simple, simple, heredoc, compound)
    return st.lists(pieces, min_size=1, max_size=3).flatmap(
        lambda texts: st.lists(
            one_of(" && ", " || ", "; ", " | ", "\n", "&\n", " # it's\n", "&&\\\n", " |& "),
            min_size=len(texts) - 1,
            max_size=len(texts) - 1,
        ).map(lambda between: "".join(text + mark for text, mark in zip(texts, [*between, ""], strict=True)))
    )


GRAMMAR = st.recursive(joined(NAME, " a"), commands, max_leaves=4)
FRAGMENT = one_of(
    "'", '"', "`", "$(", ")", "(", "${x", "${", "}", "{ ", "\\", "\n", " ", ";", "#", " #", "<<E", "<<E\n", "\nE\n", "<<'E'", "$'",
    "((", "))", "$((", "$[", "[", "]", "a[", "]=", "=", "<", ">f", "&", "|", "@ ", "\n@ ", ";@ ", "case x in x)", ";;", "esac", "if ",
    "then ", "fi", "for x ", "do ", "done", "in ", "[[ ", " ]]", "=~ ", "!", "time ", "function f ", "f;", "\\\n", "1", "$", "-", "\t",
)  # fmt: skip
SOUP = st.lists(FRAGMENT, max_size=24).map("".join)


@st.composite
def torn(draw: st.DrawFn) -> str:
    """A command with pieces of others put into it; more commands follow, that can be swallowed."""
    text = draw(GRAMMAR)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(FRAGMENT) + text[at + draw(st.integers(0, 2)) :]
    return text + draw(one_of("", "\n@ a", ";@ a\nE\n@", "\n@ 'a'\n@ \"a\"", "\n@ a)`\n@"))


def numbered(text: str) -> str:
    """Each `@` is another program."""
    numbers = count()
    return re.sub("@", lambda _: f"c{next(numbers) % len(NAMES)}", text)


def settings_for(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[*HealthCheck],
        derandomize=examples < 1000,
    )


@given(GRAMMAR)
@settings_for(60)
def test_what_bash_runs_is_named(shell: Shell, text: str):
    check(numbered(text), shell)


@given(torn())
@settings_for(60)
def test_what_bash_runs_of_torn_text_is_named(shell: Shell, text: str):
    check(numbered(text), shell)


@pytest.mark.slow
@pytest.mark.parametrize("texts", [GRAMMAR, SOUP, torn()], ids=["grammar", "soup", "torn"])
@given(st.data())
@settings_for(600)
def test_what_bash_runs_of_much_is_named(shell: Shell, texts: st.SearchStrategy[str], data: st.DataObject):
    check(numbered(data.draw(texts)), shell)
