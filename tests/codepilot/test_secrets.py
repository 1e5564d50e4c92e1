"""A known secret is found however it is written, and nothing else is taken for one."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.secrets import SecretBook, book_of

KEY = "sk-ant/Q+9x=abc 7"
BOOK = SecretBook({"A_KEY": KEY})


@pytest.mark.parametrize(
    "text",
    [KEY, quote(KEY, safe=""), KEY.encode().hex(), KEY.encode().hex().upper(), f"x{KEY}x"],
)
def test_each_form_is_replaced(text):
    assert "[secret A_KEY]" in BOOK.replaced(f"found {text} there")
    assert KEY not in BOOK.replaced(text)


@given(st.binary(max_size=7), st.binary(max_size=7))
def test_base64_is_found_wherever_it_begins(before, after):
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert "[secret A_KEY]" in BOOK.replaced(encode(before + KEY.encode() + after).decode())


@given(st.text(alphabet="abcdefgh =", max_size=60))
def test_other_text_stays(text):
    assert BOOK.replaced(text) == text


def test_the_longer_of_two_is_replaced_first():
    book = SecretBook({"SHORT_KEY": "abcdefgh", "LONG_KEY": "abcdefghijkl"})
    assert book.replaced("abcdefghijkl abcdefgh") == "[secret LONG_KEY] [secret SHORT_KEY]"


def test_all_texts_of_a_value_are_looked_at():
    value = {"a": [KEY, 1, None], "b": {"c": (KEY,)}}
    assert BOOK.replaced_in(value) == {"a": ["[secret A_KEY]", 1, None], "b": {"c": ["[secret A_KEY]"]}}


def test_names_tell_which_variables_are_secrets():
    found = book_of(
        {
            "X_TOKEN": "tokentok1",
            "PATH": "abcdefghi",
            "KEY_FILE": "/home/me/keys",
            "MINE": "valuevalue1",
            "A_KEY": "short",
        },
        also=("MINE", "UNSET"),
    )
    said = found.replaced("tokentok1 abcdefghi /home/me/keys valuevalue1 short")
    assert said == "[secret X_TOKEN] abcdefghi /home/me/keys [secret MINE] short"
