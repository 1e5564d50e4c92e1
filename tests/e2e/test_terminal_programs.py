"""Programs that people use in terminals, driven by a person in the workbench's own terminal."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow

PROMPT = re.compile(r"held\$ *$", re.M)
WHEEL_UP, WHEEL_DOWN = 4, 5
Hand = Callable[..., Any]


def need(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


@pytest.fixture
def hand(workbench: Any) -> Iterator[Hand]:
    """Opens the workbench with the terminal held by the person, on the whole screen."""
    with ModelServer([Turn(text="Done.")]) as server:

        def begin(columns: int = 100, lines: int = 30) -> Any:
            bench = workbench(server, columns, lines)
            bench.wait_for_terminal()
            bench.press("f4")
            bench.wait_for("free")
            bench.wait_for(re.compile(r"/project[#$] *$", re.M))
            bench.press("f6")
            bench.wait_for("hand back")
            lead(bench, "z")
            bench.wait_for("restore")
            # The new size comes once it has lasted; programs started before would see the old one.
            size = f"{lines - 2} {columns if columns == 80 else columns - 1}"  # 80 have no border beside them
            bench.type(f"PS1='held$ '; until [ \"$(stty size)\" = '{size}' ]; do sleep .05; done; clear\r")
            bench.wait_for(lambda _: rows(bench)[0] == "held$")
            return bench

        yield begin


def lead(bench: Any, letter: str) -> None:
    """The leader, then a letter."""
    bench.press("ctrl+x")
    bench.wait_for("Go to the composer")
    bench.press(letter)
    bench.wait_gone("Go to the composer")


def run(bench: Any, command: str) -> None:
    """Run a command to its end."""
    bench.type(f"clear; {command}; echo en''ded\r")
    bench.wait_for(re.compile(r"▌?ended *$", re.M))


def rows(bench: Any) -> list[str]:
    """The terminal's rows."""
    return [line.removeprefix("▌").rstrip() for line in bench.screen_text().splitlines()[1:-1]]


def test_vim(hand: Hand, place: Any) -> None:
    need("vim")
    file = place.project / "poem.txt"
    file.write_text("one\ntwo\nthree\n")
    bench = hand()
    bench.type("vim -u NONE -c 'set ruler nocompatible' poem.txt\r")
    bench.wait_for('"poem.txt" 3')
    bench.wait_for(lambda _: rows(bench)[:4] == ["one", "two", "three", "~"])
    bench.type("j")
    bench.wait_for("2,1")
    bench.type("dwitwo and a half")
    bench.press("escape")
    bench.wait_for("2,14")
    bench.press("down", "up", "end")
    bench.type(":set columns? lines?\r")
    bench.wait_for(re.compile(r"columns=99\b"))
    bench.wait_for(re.compile(r"lines=28\b"))
    bench.press("enter")
    bench.resize(80, 24)
    # Its ruler stands 18 columns before the right edge, once it has the new size.
    bench.wait_for(lambda _: len(rows(bench)) == 22 and rows(bench)[-1].find("2,") == 62)
    bench.type(":set columns? lines?\r")
    bench.wait_for(re.compile(r"columns=80\b"))
    bench.wait_for(re.compile(r"lines=22\b"))
    bench.press("enter")
    bench.type(":wq\r")
    bench.wait_until(lambda: file.read_text() == "one\ntwo and a half\nthree\n")
    bench.wait_for(PROMPT)
    assert "three" not in bench.screen_text(), "its screen is gone"


def test_less(hand: Hand, place: Any) -> None:
    need("less")
    (place.project / "long.txt").write_text("".join(f"row {n}\n" for n in range(500)))
    bench = hand()
    bench.type("less long.txt\r")
    bench.wait_for("row 26")
    bench.press("space")
    bench.wait_for("row 53")
    bench.mouse("press", WHEEL_DOWN, 20, 10)
    bench.wait_for("row 56")
    bench.type("/row 321\r")
    bench.wait_for(lambda _: rows(bench)[0] == "row 321")
    bench.type("G")
    bench.wait_for("(END)")
    bench.type("q")
    bench.wait_for(PROMPT)
    assert "row" not in "".join(rows(bench)).replace("row 3", "")


def test_htop(hand: Hand) -> None:
    need("htop")
    bench = hand()
    bench.type("htop\r")
    bench.wait_for(re.compile(r"PID.USER"))
    bench.wait_for("F10Quit")
    bench.mouse("press", 1, 4, 28)  # on F1 in its last line
    bench.mouse("release", 1, 4, 28)
    bench.wait_for("Released under the GNU GPL")
    bench.type(" ")
    bench.wait_gone("Released under the GNU GPL")
    bench.press("f10")  # while the person holds it, F-keys are the program's
    bench.wait_for(PROMPT)


def test_top(hand: Hand) -> None:
    need("top")
    bench = hand()
    bench.type("top\r")
    bench.wait_for(re.compile(r"PID USER .*COMMAND"))
    bench.type("q")
    bench.wait_for(PROMPT)


def test_fzf(hand: Hand) -> None:
    need("fzf")
    bench = hand()
    bench.type("clear; seq 1000 | fzf > chosen; cat chosen\r")
    bench.wait_for("1000/1000")
    bench.type("77")
    bench.wait_gone("1000/1000")
    bench.press("up")
    bench.wait_for(re.compile(r"> 770\b"))
    bench.press("down")
    bench.wait_for(re.compile(r"> 77\b"))
    bench.press("enter")
    bench.wait_for(lambda text: "77" in rows(bench) and PROMPT.search(text))


def test_tmux(hand: Hand, place: Any) -> None:
    need("tmux")
    bench = hand()
    socket = place.temporary / "tmux"
    tmux = f"tmux -f /dev/null -S {socket}"
    bench.type(f"{tmux} new -s inner sh\r")
    bench.wait_for("[inner]")
    bench.type("echo le''ft\r")
    bench.wait_for("left")
    bench.press("ctrl+b")
    bench.type("%")
    bench.wait_for(re.compile(r"│.*[#$] *$", re.M))
    bench.type("clear; echo ri''ght; stty size\r")
    bench.wait_for(re.compile(r"│right"))
    bench.wait_for(re.compile(r"│27 49\b"))
    bench.press("ctrl+b", "d")
    bench.wait_for("[detached")
    run(bench, f"{tmux} list-panes -t inner | wc -l; {tmux} kill-server")
    assert "2" in rows(bench)


def test_git_add_p(hand: Hand, place: Any) -> None:
    need("git")

    def git(*words: str) -> str:
        base = ["git", "-C", str(place.project), "-c", "user.name=A", "-c", "user.email=a@b"]
        return subprocess.run([*base, *words], check=True, capture_output=True, text=True).stdout

    file = place.project / "list.txt"
    file.write_text("".join(f"row {n}\n" for n in range(40)))
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    file.write_text(file.read_text().replace("row 3\n", "row three\n").replace("row 33\n", "row more\n"))
    bench = hand()
    bench.type("git -c color.ui=always add -p\r")
    bench.wait_for("(1/2) Stage this hunk")
    bench.type("n\r")
    bench.wait_for("(2/2) Stage this hunk")
    assert any(row.startswith("+row more") for row in rows(bench))
    bench.type("y\r")
    bench.wait_until(lambda: git("diff", "--cached", "--name-only") == "list.txt\n")
    assert "+row more" in git("diff", "--cached") and "+row three" not in git("diff", "--cached")


def test_a_python_prompt(hand: Hand) -> None:
    need("python3")
    bench = hand()
    bench.type("python3 -q -i -c 'import sys; sys.ps1=\"py> \"'\r")
    bench.wait_for("py> ")
    bench.type("6*7\r")
    bench.wait_for(lambda _: "42" in rows(bench))
    bench.press("ctrl+c")
    bench.wait_for("KeyboardInterrupt")
    bench.type("print('ü日本', end='|\\n')\r")
    bench.wait_for(lambda _: "ü日本|" in rows(bench))
    bench.press("ctrl+d")
    bench.wait_for(PROMPT)


def test_what_a_program_puts_into_the_clipboard_needs_a_yes(hand: Hand) -> None:
    bench = hand()
    secret = base64.b64encode(b"planted words").decode()
    ours = re.compile(rb"\x1b\]52;[a-z]*;" + secret.encode())
    command = rf"printf '\033]52;c;{secret}\007'" + "\r"
    bench.type(command)
    bench.wait_for("clipboard")  # it waits in a row while the terminal has the keyboard
    lead(bench, "a")
    bench.ready("Let this program write to your clipboard?")
    bench.wait_for("planted words")
    bench.press("n")
    bench.wait_gone("clipboard")
    bench.type(command)
    bench.wait_for(lambda _: "".join(rows(bench)).count("printf") == 2)
    run(bench, "true")
    assert "clipboard" not in bench.screen_text(), "a no is not asked again"
    assert not ours.search(bytes(bench.raw))
    lead(bench, "o")
    bench.wait_for("shell-1")
    bench.wait_for(re.compile(r"[#$] *$", re.M))
    bench.type(command)
    bench.wait_for("clipboard")  # it waits in a row while the terminal has the keyboard
    lead(bench, "a")
    bench.ready("Let this program write to your clipboard?")
    bench.press("y")
    bench.wait_gone("clipboard")
    bench.wait_until(lambda: bench.pump() and ours.search(bytes(bench.raw)))


def test_lines_pasted_where_they_would_run_are_asked_about(hand: Hand, place: Any) -> None:
    bench = hand()
    bench.type("echo no''w; cat > got\r")
    bench.wait_for(lambda _: "now" in rows(bench))
    bench.paste("one\ntwo\n")
    bench.ready("Paste 2 lines into main?")
    bench.press("y")
    bench.wait_gone("Paste 2 lines")
    bench.wait_until(lambda: (place.project / "got").read_text() == "one\ntwo\n")
    bench.paste("three")
    bench.press("enter")
    bench.wait_until(lambda: (place.project / "got").read_text() == "one\ntwo\nthree\n")
    bench.paste("four\nfive\n")
    bench.ready("Paste 2 lines into main?")
    bench.press("n")
    bench.wait_gone("Paste 2 lines")
    bench.press("ctrl+d")
    bench.wait_for(PROMPT)
    assert (place.project / "got").read_text() == "one\ntwo\nthree\n"


def test_a_flood_leaves_the_interface_alive(hand: Hand) -> None:
    bench = hand(120, 40)
    lead(bench, "z")
    bench.wait_for("○ ready")
    bench.type("yes 0123456789 | head -c 60000000; echo fl''ooded\r")
    bench.wait_for(lambda text: text.count("0123456789") > 20)
    lead(bench, "i")
    for letter in "still there":
        bench.type(letter)
        bench.pump(0.01)
    bench.wait_for("still there")
    bench.wait_for("flooded")
    bench.press("f4")
    bench.wait_for("full screen")
    run(bench, "echo ali''ve")
    assert "alive" in bench.screen_text()


def test_finding_in_a_long_history(hand: Hand) -> None:
    bench = hand()
    run(bench, "seq -f 'number %g.' 3000")
    lead(bench, "/")
    bench.wait_for("Find")
    bench.type("number 123")
    bench.wait_for("11 of 11 ")
    bench.wait_for("number 1239.")
    bench.press("down")
    bench.wait_for("1 of 11 ")
    bench.wait_for("number 123.")
    bench.press("escape")
    bench.wait_gone("Find number")
    bench.type("echo ty''ped\r")
    bench.wait_for("typed")
    assert "number 123." not in bench.screen_text(), "typing shows where it goes"


def test_opening_and_closing_terminals(hand: Hand) -> None:
    bench = hand(80, 24)
    lead(bench, "o")
    bench.wait_for("shell-1")
    bench.wait_for("you type")
    bench.type("echo se''cond; sleep 1000\r")
    bench.wait_for("second")
    bench.wait_for("shell-1 ●")
    lead(bench, "k")
    bench.wait_gone("second")
    lead(bench, "j")
    bench.wait_for("second")
    lead(bench, "w")
    bench.ready("Close shell-1?")
    assert bench.find_process("sleep 1000")
    bench.press("y")
    bench.wait_gone("shell-1")
    bench.wait_until(lambda: not any("sleep 1000" in line for line in bench.note_processes().values()))
    bench.press("f6")
    bench.wait_for("sk, or / for commands")  # all panes are back
    bench.wait_gone("hand back")


def test_looking_back_with_the_wheel_while_a_program_writes(hand: Hand) -> None:
    bench = hand()
    run(bench, "seq -f 'number %g.' 200")
    for _ in range(10):
        bench.mouse("press", WHEEL_UP, 20, 10)
    bench.wait_for("30 below")
    seen = [row for row in rows(bench) if row.startswith("number")]
    bench.press("shift+pageup")
    bench.wait_for(lambda _: [row for row in rows(bench) if row.startswith("number")] != seen)
    bench.press("shift+pagedown", "shift+pagedown", "shift+pagedown", "shift+pagedown", "shift+pagedown")
    bench.wait_gone("below")
