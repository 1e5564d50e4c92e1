import pytest

from codepilot.terminal.keys import key_bytes, key_name


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("up", b"\x1b[A"),
        ("shift+up", b"\x1b[1;2A"),
        ("ctrl+alt+right", b"\x1b[1;7C"),
        ("home", b"\x1b[H"),
        ("pageup", b"\x1b[5~"),
        ("ctrl+delete", b"\x1b[3;5~"),
        ("f1", b"\x1bOP"),
        ("shift+f1", b"\x1b[1;2P"),
        ("f5", b"\x1b[15~"),
        ("f12", b"\x1b[24~"),
        ("enter", b"\r"),
        ("alt+enter", b"\x1b\r"),
        ("tab", b"\t"),
        ("shift+tab", b"\x1b[Z"),
        ("escape", b"\x1b"),
        ("backspace", b"\x7f"),
        ("ctrl+backspace", b"\x08"),
        ("alt+backspace", b"\x1b\x7f"),
        ("space", b" "),
        ("ctrl+space", b"\x00"),
        ("ctrl+at", b"\x00"),
        ("ctrl+c", b"\x03"),
        ("ctrl+left_square_bracket", b"\x1b"),
        ("ctrl+right_square_bracket", b"\x1d"),
        ("ctrl+underscore", b"\x1f"),
        ("ctrl+alt+a", b"\x1b\x01"),
        ("alt+x", b"\x1bx"),
        ("alt+upper_x", b"\x1bX"),
        ("alt+shift+x", b"\x1bX"),
        ("a", b"a"),
        ("A", b"A"),
        ("upper_a", b"A"),
        ("exclamation_mark", b"!"),
        ("é", "é".encode()),
        ("+", b"+"),
        ("ctrl++", b"+"),
        ("newline", b"\n"),
        # as tmux and agents spell them
        ("C-c", b"\x03"),
        ("c-c", b"\x03"),
        ("C-C", b"\x03"),
        ("^C", b"\x03"),
        ("^", b"^"),
        ("M-x", b"\x1bx"),
        ("C-M-a", b"\x1b\x01"),
        ("S-Up", b"\x1b[1;2A"),
        ("C-Left", b"\x1b[1;5D"),
        ("Up", b"\x1b[A"),
        ("Enter", b"\r"),
        ("BTab", b"\x1b[Z"),
        ("BSpace", b"\x7f"),
        ("DC", b"\x1b[3~"),
        ("PPage", b"\x1b[5~"),
        ("PageDown", b"\x1b[6~"),
        ("Escape", b"\x1b"),
        ("Esc", b"\x1b"),
        ("Space", b" "),
        ("F5", b"\x1b[15~"),
        ("C--", b"\x1f"),
    ],
)
def test_bytes(name: str, sent: bytes) -> None:
    assert key_bytes(name) == sent


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("up", b"\x1bOA"),
        ("home", b"\x1bOH"),
        ("ctrl+up", b"\x1b[1;5A"),
        ("pageup", b"\x1b[5~"),
        ("f1", b"\x1bOP"),
    ],
)
def test_bytes_in_application_cursor_mode(name: str, sent: bytes) -> None:
    assert key_bytes(name, application_cursor=True) == sent


@pytest.mark.parametrize("name", ["", "nosuch", "ctrl+nosuch", "hyper+x", "C-nosuch", "\x1b", "\n", "ls -l"])
def test_unknown_names(name: str) -> None:
    assert key_bytes(name) is None
    assert key_name(name) is None


def test_canonical_names() -> None:
    assert key_name("M-C-X") == "ctrl+alt+x"
    assert key_name("BTab") == "shift+tab"
    assert key_name("^[") == "ctrl+["
    assert key_name("PgUp") == "pageup"
