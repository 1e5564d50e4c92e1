"""The value that JSON cannot hold is named by its place."""

import pytest

from codepilot.sessions.json_values import first_unwritable


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"messages": [{"role": "user", "content": b"bytes"}]}, "messages[0].content"),
        ({"a": 1, "extra": {"made": {1, 2}}}, "extra.made"),
        ({"extra": {(1, 2): "a key that is no text"}}, "extra.(1, 2)"),
        ({"extra": [[object()]]}, "extra[0][0]"),
        ({"extra": {"share": float("inf")}}, "extra.share"),
    ],
)
def test_the_first_value_that_cannot_be_written(document, place):
    assert first_unwritable(document) == place


def test_a_value_that_holds_itself_has_a_place_that_ends():
    loop: list[object] = []
    loop.append(loop)
    assert first_unwritable({"extra": loop}).endswith("[0]…")
