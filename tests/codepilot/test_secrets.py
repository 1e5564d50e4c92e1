"""A known secret is found however it is written, and nothing else is taken for one."""

import base64
import platform
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


@pytest.mark.parametrize(
    "value",
    [
        *("postgres", "development", "localhost", "production", "password", "changeme", "mysecretpassword"),
        *(
            "DISABLED",
            "Frankfurt",
            "MyCompany",
            "my-company",
            "us-east-1",
            "hashicorp-vault",
            "integration tests",
        ),
        *("localhost:5432", "auth.example.com", "me@example.com", "xxxxxxxx", "changechange"),
        *(
            "/home/me/keys",
            "~/keys/id_rsa",
            "./secret.json",
            "../a/b.pem",
            "C:\\keys\\a.pem",
            "/run/secrets/x8Q2",
            "/var/run/secrets/kubernetes.io/serviceaccount/token",
            ".env",
        ),
        *(
            "https://login.example.com/oauth2/v2.0/token",
            "http://localhost:8080/realms",
            "redis://cache:6379/0",
        ),
    ],
)
def test_a_value_that_is_a_common_word_a_name_or_a_place_is_no_secret(value):
    """`POSTGRES_PASSWORD=postgres` made `[secret POSTGRES_PASSWORD]` of the word in every text."""
    assert book_of({"SOME_PASSWORD": value}).replaced(f"a {value} b") == f"a {value} b"


@pytest.mark.parametrize(
    "value",
    [
        *(
            "sk-proj-Zq81hTTw0aNw7Bk2LmQx93v",
            "sk-ant-api03-AbC_dEf",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        ),
        *(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "/JalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
        ),
        # They read as paths.
        *("/bPxRfiCYEXAMPLEKEYwJalr/XUtnFEMIK7MDENGx", "~8Q2kfPq.zM1xW-v7Lr0yT_bN3sHd9JcVuEaGi"),
        *(".Fx8Q~kTq9ZmP2rLw7VbNc4Sd1HyJgUeRaTiOp", "~a8!Kq.9zP#x2$mN", "/k9!/x2$mN/Qp#7"),
        *("xoxb-17653672481-19874698323", "glpat-9sTzKqmWvB", "hf_kQzTgVwXbN", "tok-8a7d42", "tokentok1"),
        *("1f0e3dad99908345f7439f8ffabdffc4", "7f1d2c3b-4a5e-6f70-8192-a3b4c5d6e7f8", "12345678"),
        *(
            "Sommer2024!",
            "hunter2hunter2",
            "kdjfwuernvbzqpoi",
            "kdjf wuer nvbz qpoi",
            "correct horse battery staple",
        ),
        *("postgres://me:s3cret@db.example.com/shop", "https://hooks.example.com/T024BE7LD/B8x1Qm2Zr7Vw"),
        *(
            "https://example.com/?sig=Zq81hTTw0aNw7Bk2",
            "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA7\n-----END KEY-----",
        ),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl",
    ],
)
def test_a_real_key_is_one(value):
    assert book_of({"SOME_PASSWORD": value}).replaced(f"a {value} b") == "a [secret SOME_PASSWORD] b"


def test_a_path_that_is_there_is_none_whatever_its_name(tmp_path):
    there = tmp_path / "kQ8zTgVwXbN2m4Lr"
    assert book_of({"A_KEY": str(there)}).replaced(f"at {there}") == "at [secret A_KEY]"
    there.touch()
    assert book_of({"A_KEY": str(there)}).replaced(f"at {there}") == f"at {there}"


def test_the_names_of_user_and_host_are_none():
    names = {"USER": "jq7x-zw81", "A_TOKEN": "jq7x-zw81", "B_TOKEN": platform.node(), "C_TOKEN": "jq7x-zw82"}
    said = book_of(names).replaced(f"jq7x-zw81 {platform.node()} jq7x-zw82")
    assert said == f"jq7x-zw81 {platform.node()} [secret C_TOKEN]"


def test_what_a_program_was_told_is_a_key_always_is_one():
    assert book_of({"MINE": "postgres"}, ("MINE",)).replaced("postgres") == "[secret MINE]"


@pytest.mark.parametrize(
    ("text", "end", "cut"),
    [
        ("say correct horse ", 18, 4),
        ("say correct horse battery staple now", 22, 4),
        ("say correct horse battery staple now", 32, 32),
        ("say correct horses ", 18, 18),
        ("ends in c", 9, 8),
        ("nothing here", 7, 7),
        ("stapleton is correct horse battery staplecorr", 45, 41),
        ("correct horse battery staple", 0, 0),
    ],
)
def test_a_text_that_goes_on_is_cut_before_what_may_become_a_secret(text, end, cut):
    assert SecretBook({"A": "correct horse battery staple"}).cut(text, end) == cut


def test_of_two_secrets_that_overlap_neither_is_cut():
    book = SecretBook({"A": "one two three", "B": "three four five"})
    assert book.cut("say one two three four five", 18) == 4
    assert SecretBook({}).cut("whatever", 5) == 5
