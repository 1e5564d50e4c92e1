"""What is said of a block that its program did not come to the end of; the rest is in `test_runtime_cut_off.py`."""

import pytest

from codepilot.loop.resuming import _is_one_call


@pytest.mark.parametrize(
    ("code", "one"),
    [
        ("execute('make')", True),
        ("result = execute('make')", True),
        ("execute('make')\nexecute('make test')", False),
        ("for each in 'ab':\n    execute(each)", False),
        ("if True:\n    execute('make')", False),
        ("write_file(read_file('a'))", False),
        ("[execute(each) for each in 'ab']", True),
        ("1 +", False),
    ],
)
def test_a_block_of_one_call_has_no_rest(code, one):
    assert _is_one_call(f"I do it.\n\n```codepilot\n{code}\n```\n") is one


def test_a_reply_without_a_block_is_none():
    assert not _is_one_call("Words only.")
