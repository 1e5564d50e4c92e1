import inspect
import re

from textual.drivers import linux_driver

from codepilot_tui.way_out import RESET

MODE = re.compile(r"\\x1b\[\?(\d+)([hl])")
"""As the source of the driver has it, where the escape is written out."""


def test_every_mode_that_textual_sets_is_undone():
    lines = [
        line for line in inspect.getsource(linux_driver).splitlines() if not line.strip().startswith("#")
    ]
    set_by_it = {mode for mode, letter in MODE.findall("\n".join(lines)) if letter == "h"} - {"7", "25"}
    assert {"1000", "1049", "2004"} <= set_by_it, "the driver writes its modes in another way"
    assert {mode for mode in set_by_it if f"\x1b[?{mode}l" not in RESET} == set()


def test_what_textual_hides_or_turns_off_is_there_again():
    assert "\x1b[?25h" in RESET and "\x1b[?7h" in RESET


def test_the_keyboard_mode_goes_before_the_screen_it_belongs_to():
    assert RESET.index("\x1b[<u") < RESET.index("\x1b[?1049l")
