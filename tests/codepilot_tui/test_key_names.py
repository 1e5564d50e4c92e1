import pytest

from codepilot.errors import UsageError
from codepilot_tui.key_names import checked_key, key_text


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
