from codepilot_tui.attention import RESTORE, SAVE, Attention


def made(in_front=False):
    written = []
    return Attention(written.append, lambda: in_front), written


def test_the_title_is_written_once_and_given_back():
    attention, written = made(in_front=True)
    attention.title("inventory")
    attention.title("inventory")
    attention.title("? inventory · asks")
    attention.close()
    attention.close()
    assert written == [SAVE, "\x1b]2;inventory\x1b\\", "\x1b]2;? inventory · asks\x1b\\", RESTORE]


def test_nothing_hostile_reaches_the_title_or_a_note():
    attention, written = made()
    attention.title("a\x1b]0;b\x07\x9c\u202ec\n")
    attention.call("run; \x1b[2Jrm\x07")
    text = "".join(written).replace("\x1b]2;", "").replace(SAVE, "")
    assert "\x1b]0" not in text and "\x1b[2J" not in text and "\u202e" not in text
    assert written[-1].count("\x07") == 1
    assert ";rm" not in written[-1] and "run," in written[-1]


def test_no_call_while_the_window_is_in_front():
    attention, written = made(in_front=True)
    attention.call("The agent asks")
    assert written == []


def test_a_call_rings_once_and_leaves_a_note():
    attention, written = made()
    attention.call("The agent asks")
    assert written == ["\x07\x1b]9;The agent asks\x1b\\\x1b]777;notify;codepilot;The agent asks\x1b\\"]
