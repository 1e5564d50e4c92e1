"""The C interface checks no types, so the whole table is used once in a process of its own."""

import subprocess
import sys

import pytest

from codepilot.terminal.engines import available

pytestmark = pytest.mark.skipif(
    "ghostty" not in available(), reason="no wheel of pyghostty for this platform"
)

SCRIPT = """
from codepilot.terminal.engines.ghostty_raw import *
from codepilot.terminal.engines.ghostty_screen import *
for turn in range(50):
    terminal, screen = NativeTerminal(80, 24), NativeScreen()
    values = {"COLOR_FOREGROUND": {"r": 1}, "COLOR_BACKGROUND": {"b": 1}, "MODE_DEFAULT": {"mode": 2027, "value": True}}
    for option in TERMINAL_OPTIONS:
        terminal.set(option, values.get(option, 1 << 20))
    for item in TERMINAL_ITEMS:
        terminal.get(item)
    taken = []
    told = []
    terminal.on_bell(lambda: told.append("bell"))
    terminal.on_clipboard(lambda primary, text: told.append((primary, text)))
    terminal.on_notice(lambda title, text: told.append((title, text)))
    terminal.feed(b"\\x07\\x1b]52;c;aGk=\\x07\\x1b]52;p;aGk=\\x07\\x1b]9;a\\x07\\x1b]777;notify;b;c\\x07")
    assert told == ["bell", (False, "hi"), (True, "hi"), ("", "a"), ("b", "c")], told
    terminal.on_reply(taken.append); terminal.answer_size(); terminal.answer_colour_scheme(lambda: True)
    terminal.feed(b"\\x1b[6n\\x1b[18t\\x1b[?996n\\x1b]2;t\\x07\\x1b[1;3;4:3;38;5;3;48;2;1;2;3;58;5;7mab\\x1b]8;;u:\\x07l\\x1b[me" + "\\u0301".encode())
    terminal.feed(b"\\n" * 40)
    terminal.scroll_to(0)
    assert screen.update(terminal) and terminal.text("TITLE") == "t" and terminal.mode(2027)
    for y in screen.rows(dirty_only=False):
        if y == 0:
            assert len(screen.row_cells()) == 80 * 8 and len(screen.row_id()) == 16 and not screen.row_wrapped()
            screen.open_cells()
            assert read_style(screen.style(0))[:4] == (3, (1, 2, 3), 3, 7)
            assert dict(zip(STYLE_FLAGS, read_style(screen.style(0)).flags))["italic"]
            assert screen.cluster(3) == "e\\u0301" and terminal.link(2, 0) == "u:" and terminal.link(0, 0) == ""
    terminal.scroll_to(None)
    screen.clean(); screen.cursor(); terminal.resize(100, 30)
    assert len(taken) == 3
    screen.close(); terminal.close()
print("done")
"""


def test_every_entry_of_the_table_has_its_type() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
