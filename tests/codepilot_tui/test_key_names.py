import pytest

from codepilot.errors import UsageError
from codepilot.terminal.keys import parse_key
from codepilot_tui.key_names import checked_key, key_text, textual_name


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("ctrl+p", "Ctrl+P"),
        ("escape", "Esc"),
        ("f12", "F12"),
        ("alt+m", "Alt+M"),
        ("y", "y"),
        ("right_square_bracket", "]"),
        ("ctrl+shift+left", "Ctrl+Shift+←"),
    ],
)
def test_keys_as_people_read_them(key: str, text: str):
    assert key_text(key) == text


def test_a_key_of_the_file_is_checked():
    assert checked_key("quit", " Ctrl+G ") == "ctrl+g"
    for value in ("ctrl+", "g", "shift+enter", "escape", "ctrl+c"):
        with pytest.raises(UsageError, match="quit"):
            checked_key("quit", value)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("alt+/", "alt+slash"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("ctrl+alt+a", "alt+ctrl+a"),
        ("ctrl+right_square_bracket", "ctrl+right_square_bracket"),
        ("PgUp", "pageup"),
        ("f20", "f20"),
        ("ctrl+space", "ctrl+space"),
    ],
)
def test_a_key_is_kept_by_the_name_that_a_press_of_it_has(written: str, key: str):
    assert checked_key("quit", written) == key
    # What Textual is told when that key is pressed.
    found = parse_key(key)
    assert found is not None and textual_name(key) == key


@pytest.mark.parametrize(
    "value",
    ["banana", "ctrl+bb", "ctrl+shift", "true", "none", "f0", "f01", "f99", "hyper+a", "a+b"],
)
def test_a_key_that_there_is_not_is_refused(value: str):
    with pytest.raises(UsageError, match="is not a key|needed for typing") as caught:
        checked_key("quit", value)
    assert caught.value.message.endswith(".") and caught.value.hint.endswith(".")


@pytest.mark.parametrize(
    ("value", "sent"),
    [("ctrl+i", "Tab"), ("ctrl+m", "Enter"), ("ctrl+[", "Esc"), ("ctrl+@", "Ctrl+Space"), ("Ctrl+I", "Tab")],
)
def test_a_key_that_terminals_send_as_another_is_refused(value: str, sent: str):
    with pytest.raises(UsageError, match="cannot be told from another key") as caught:
        checked_key("leader", value)
    assert caught.value.hint.endswith(f" as {sent}.")
