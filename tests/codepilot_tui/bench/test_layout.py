import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot_tui.bench.layout import (
    CHAT,
    PANES,
    Arrangement,
    Sight,
    Size,
    TerminalPulse,
    Wants,
    arrange,
    drag,
    reset,
    resized,
    widen,
)

PULSES = ("none", "idle", "busy", "held", "asks")


@pytest.mark.parametrize(
    ("size", "sight", "columns"),
    [
        ((200, 60), Sight(pulse="idle"), (30, 88, 80)),
        ((160, 48), Sight(pulse="idle"), (28, 76, 54)),
        ((160, 48), Sight(pulse="none"), (28, 76, 54)),
        ((160, 48), Sight(pulse="busy"), (28, 66, 64)),
        ((160, 48), Sight("terminal", "held"), (0, 78, 81)),
        ((120, 40), Sight(pulse="idle"), (24, 95, 0)),
        ((120, 40), Sight(pulse="busy"), (0, 67, 52)),
        ((120, 40), Sight("terminal", "idle"), (0, 67, 52)),
        ((120, 40), Sight("terminal", "held"), (0, 0, 120)),
        ((120, 40), Sight(None, "held"), (0, 0, 120)),
        ((120, 40), Sight("chat", "held"), (24, 95, 0)),
        ((80, 24), Sight("chat", "held"), (0, 80, 0)),
        ((80, 24), Sight("files", "held"), (80, 0, 0)),
        ((100, 30), Sight(pulse="idle"), (24, 75, 0)),
        ((80, 24), Sight(pulse="idle"), (0, 80, 0)),
        ((80, 24), Sight(pulse="busy"), (0, 80, 0)),
        ((80, 24), Sight("terminal", "busy"), (0, 0, 80)),
        ((80, 24), Sight("files", "idle"), (80, 0, 0)),
        ((60, 20), Sight(pulse="idle"), (0, 60, 0)),
        ((60, 20), Sight("terminal", "held"), (0, 0, 60)),
        ((40, 12), Sight(pulse="asks"), (0, 40, 0)),
    ],
)
def test_the_five_sizes(size, sight, columns):
    made = arrange(Size(*size), Wants(), sight)
    assert (made.files, made.chat, made.terminal) == columns


def test_a_terminal_without_a_column_is_a_row_at_the_chats_foot_or_a_tab():
    assert arrange(Size(120, 40), Wants(), Sight(pulse="idle")).strip
    assert not arrange(Size(120, 40), Wants(), Sight(pulse="none")).strip
    held = arrange(Size(120, 40), Wants(), Sight("terminal", "held"))
    assert held.tabs and not held.strip, "chat and files are tabs while the person holds a terminal"
    small = arrange(Size(80, 24), Wants(), Sight(pulse="idle"))
    assert small.tabs and not small.strip


def test_a_folded_pane_leaves_a_handle():
    made = arrange(Size(160, 48), Wants(folded=frozenset(["files"])), Sight(pulse="idle"))
    assert (made.files, made.handles) == (0, ("files",))
    made = arrange(Size(160, 48), Wants(folded=frozenset(["terminal"])), Sight(pulse="busy"))
    assert (made.terminal, made.strip, made.handles) == (0, False, ("terminal",))


def test_a_terminal_that_is_held_is_seen_though_it_was_folded():
    made = arrange(Size(160, 48), Wants(folded=frozenset(["terminal"])), Sight("terminal", "held"))
    assert made.terminal == 81


@pytest.mark.parametrize("pane", PANES)
def test_maximised(pane):
    made = arrange(Size(160, 48), Wants(maximised=pane), Sight(pulse="busy"))
    assert made.shown == {pane}
    assert made.width(pane) == 160
    assert made.alone == (pane == "terminal")


wants = st.builds(
    Wants,
    folded=st.frozensets(st.sampled_from(("files", "terminal"))),
    files=st.none() | st.floats(0.02, 0.95),
    terminal=st.none() | st.floats(0.02, 0.95),
)
sights = st.builds(Sight, st.sampled_from((None, *PANES)), st.sampled_from(PULSES))


@given(st.integers(20, 300), st.integers(8, 90), wants, sights)
def test_columns_add_up_and_the_chat_keeps_its_room(width, height, wants, sight):
    made = arrange(Size(width, height), wants, sight)
    shown = made.shown
    assert (
        made.files + made.chat + made.terminal + len(shown) - 1 + len(made.handles) == width
        or len(shown) == 1
    )
    assert shown
    if len(shown) > 1:
        assert made.chat >= CHAT
    if sight.pulse == "held" and sight.focus == "terminal":
        assert made.terminal >= min(81, width)


@given(st.integers(120, 300), st.integers(0, 300), st.sampled_from(("files", "terminal")))
def test_a_drag_puts_the_gap_where_the_mouse_is_if_there_is_room(width, x, splitter):
    size = Size(width, 40)
    made = arrange(size, drag(Wants(), splitter, x, size), Sight(pulse="busy"))
    if splitter == "files" and made.files and 16 <= x <= width - 16:
        assert abs(made.files - x) <= 1
    if splitter == "terminal" and made.terminal and 16 <= width - x - 1 <= width - 16:
        assert abs(width - made.terminal - 1 - x) <= 1


def test_wider_by_key_and_back():
    size, sight = Size(160, 48), Sight(pulse="idle")
    before = arrange(size, Wants(), sight)
    wider = widen(Wants(), "terminal", 2, before, size)
    assert arrange(size, wider, sight).terminal == before.terminal + 2
    assert arrange(size, reset(wider, "terminal"), sight) == before
    assert reset(widen(Wants(), "files", 3, before, size), "files") == Wants()


@given(
    st.integers(60, 300),
    wants,
    sights,
    st.sampled_from(("files", "chat", "terminal")),
    st.sampled_from((-2, 2)),
)
def test_a_press_that_is_taken_does_what_it_says_and_there_is_a_last_one(width, wants, sight, pane, columns):
    """One that did nothing, or took the pane away that was to be wider, said nothing of it."""
    size, shown = Size(width, 40), arrange(Size(width, 40), wants, sight)
    for _ in range(300):
        wanted = resized(wants, pane, columns, size, sight) if len(shown.shown) > 1 else None
        if wanted is None:
            return
        made = arrange(size, wanted, sight)
        assert made.chat
        assert made.shown > shown.shown or (made.width(pane) - shown.width(pane)) * columns > 0
        wants, shown = wanted, made
    raise AssertionError("it goes on for ever")


def test_a_pane_is_resized_up_to_where_another_needs_its_room():
    size, sight = Size(160, 48), Sight("terminal", "idle")
    assert resized(Wants(terminal=0.6), "terminal", 2, size, sight) is not None
    assert resized(Wants(terminal=99 / 160), "terminal", 2, size, sight) is None, "the chat keeps 60"
    assert resized(Wants(terminal=0.1), "terminal", -2, size, sight) is None
    assert resized(Wants(files=0.1), "files", -2, size, Sight("files", "idle")) is None
    assert resized(Wants(terminal=0.1), "chat", 2, size, Sight("chat", "idle")) is None
    assert resized(Wants(), "terminal", -2, size, Sight("terminal", "held")) is None, "it keeps its 80"
    usual = arrange(size, Wants(), Sight("chat", "idle")).chat
    assert resized(Wants(), "chat", -usual, size, Sight("chat", "idle")) is None


@given(wants)
def test_what_was_wanted_is_read_again(wants):
    assert Wants.from_json(wants.as_json()) == wants


@pytest.mark.parametrize(
    "data", [None, [], {"folded": 3, "files": "x", "maximised": "nose"}, {"folded": ["chat"], "terminal": 7}]
)
def test_a_wrong_file_is_the_default(data):
    assert Wants.from_json(data) == Wants()


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_a_short_command_moves_nothing():
    clock = Clock()
    pulse = TerminalPulse(clock)
    assert pulse.tell("idle", focused=False)
    pulse.tell("busy", focused=False)
    assert pulse.wake_in(focused=False) == 1.0
    clock.now += 0.9
    assert not pulse.tell("idle", focused=False)
    assert pulse.wake_in(focused=False) is None
    assert pulse.shown == "idle"


def test_a_long_one_grows_and_shrinks_later():
    clock = Clock()
    pulse = TerminalPulse(clock)
    pulse.tell("idle", focused=False)
    pulse.tell("busy", focused=False)
    clock.now += 1.0
    assert pulse.tell("busy", focused=False)
    pulse.tell("idle", focused=False)
    clock.now += 9.9
    assert not pulse.tell("idle", focused=False)
    clock.now += 0.1
    assert pulse.tell("idle", focused=False)
    assert pulse.shown == "idle"


def test_it_never_shrinks_under_the_persons_hands():
    clock = Clock()
    pulse = TerminalPulse(clock)
    pulse.tell("busy", focused=True)
    clock.now += 5
    pulse.tell("busy", focused=True)
    pulse.tell("idle", focused=True)
    clock.now += 100
    assert not pulse.tell("idle", focused=True)
    assert pulse.wake_in(focused=True) is None
    assert pulse.tell("idle", focused=False)


@pytest.mark.parametrize("shown", ["busy", "asks", "held"])
@pytest.mark.parametrize("wanted", ["none", "idle"])
def test_whatever_made_it_large_it_stays_large_under_the_persons_hands(shown, wanted):
    clock = Clock()
    pulse = TerminalPulse(clock)
    pulse.tell(shown, focused=True)
    clock.now += 60
    pulse.tell(shown, focused=True)
    assert pulse.shown == shown
    clock.now += 60
    assert not pulse.tell(wanted, focused=True)
    clock.now += 60
    assert not pulse.tell(wanted, focused=True)
    assert pulse.wake_in(focused=True) is None
    assert pulse.tell(wanted, focused=False)


def test_taking_and_handing_back_are_followed_at_once():
    clock = Clock()
    pulse = TerminalPulse(clock)
    pulse.tell("idle", focused=True)
    assert pulse.tell("held", focused=True)
    assert not pulse.tell("held", focused=False)
    assert pulse.tell("idle", focused=False)
    assert pulse.tell("asks", focused=False)


def test_an_arrangement_of_nothing_shows_nothing():
    assert Arrangement().shown == frozenset()


def test_what_runs_in_a_terminal_that_is_not_shown_gives_no_room_to_the_one_that_is():
    clock = Clock()
    pulse = TerminalPulse(clock)
    pulse.tell("idle", focused=False)
    assert not pulse.tell("aside", focused=False)
    assert pulse.shown == "idle" and pulse.wake_in(focused=False) is None
