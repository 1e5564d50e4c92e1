import inspect
import os
import queue
import re
import signal

from textual.drivers import linux_driver

from codepilot_tui.way_out import RESET, LastResort, input_ended, is_dropped

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


def test_an_input_whose_terminal_is_gone_is_a_hangup():
    got = []
    before = signal.signal(signal.SIGHUP, lambda number, frame: got.append(number))
    master, terminal = os.openpty()
    try:
        os.close(master)
        input_ended(terminal)
    finally:
        os.close(terminal)
        signal.signal(signal.SIGHUP, before)
    assert got == [signal.SIGHUP]


def test_only_the_first_signal_counts():
    """The kernel sends one, and the end of the input is another: quitting must not begin anew."""
    ended = queue.SimpleQueue()
    resort = LastResort(ended.put)
    assert resort.begin(129) and not resort.begin(143)
    assert ended.get(timeout=10) == 129 and ended.empty()


def test_a_connection_that_broke_is_not_the_persons_wish(monkeypatch):
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    assert not is_dropped(signal.SIGHUP)
    monkeypatch.setenv("SSH_CONNECTION", "1.2.3.4 5 6.7.8.9 22")
    assert is_dropped(signal.SIGHUP) and not is_dropped(signal.SIGTERM)
