"""What `reveal_context` finds by words; tasks and pages are in `tests/codepilot/runtime/test_context.py`."""

from codepilot.context.search import reveal
from codepilot.context.view import View


def test_words_are_found_where_they_stand_also_behind_letters_that_are_two_without_case():
    """Seen: 300 ß before the place, and the words were not in the piece that was shown."""
    text = "Die Straße ist groß. " * 400 + "the Password of the printer is QX-4711."
    messages = [{"role": "user", "content": text}, {"role": "assistant", "content": "I look it up."}]
    for wanted in ("qx-4711", "password printer"):
        assert "the Password of the printer is QX-4711." in reveal(messages, View(), wanted)
