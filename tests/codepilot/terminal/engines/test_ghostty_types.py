"""A type of the table is what cffi makes of its name, and none is parsed by its name."""

import subprocess
import sys

import pytest

from codepilot.terminal.engines import available

pytestmark = pytest.mark.skipif(
    "ghostty" not in available(), reason="no wheel of pyghostty for this platform"
)

PARSED = """
import sys
import pyghostty
names = []
def note(frame, event, argument):
    if event == "call" and frame.f_code.co_name == "parse_type_and_quals":
        names.append(frame.f_locals["cdecl"])
sys.setprofile(note)
from codepilot.terminal.engines import new_engine
engine = new_engine(80, 24, "ghostty")
engine.feed(b"\\x1b[31mred \\x1b]8;;u:\\x07link e" + "\\u0301".encode())
engine.take_update(full=True)
engine.resize(90, 30)
engine.encode_key("ctrl+c")
engine.encode_mouse("press", 1, 2, 3)
engine.history(0, 5)
engine.set_default_colours((1, 2, 3), (4, 5, 6))
engine.close()
sys.setprofile(None)
print(*names)
"""


def test_each_is_the_type_of_its_name() -> None:
    from pyghostty._ffi import ffi

    from codepilot.terminal.engines.ghostty_types import TYPES

    assert {name: ffi.typeof(name) for name in TYPES} == TYPES


def test_the_first_terminal_of_a_process_has_all_its_types_parsed_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", PARSED], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "struct CodepilotTypes\n"), done.stderr
