import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.text import (
    PairedText,
    clean,
    clean_line,
    dollars,
    dollars_of,
    escaped_json,
    head_and_tail,
    shorten,
    shorten_around,
    visible,
    well_formed,
)

HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from("\r\n\t\x1b\x9b\x00\u200d\u200c\ufe0f\u202e\u2028\U000e0041\ud800👩🚀न्क"),
    )
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("\x1b]52;c;eA==\x07", "␛]52;c;eA==␇"),
        ("a\x00b\x7fc", "a␀b␡c"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("10%\r20%", "10%␍20%"),
        ("a\x0bb\x0c", "a␋b␌"),
        ("\x9b2J", "<U+009B>2J"),
        ("\x85", "<U+0085>"),
        ("evil\u202etxt.exe", "evil<U+202E>txt.exe"),
        ("a\u2066b\u2069", "a<U+2066>b<U+2069>"),
        ("pass\u200bword", "pass<U+200B>word"),
        ("\ufeffBOM", "<U+FEFF>BOM"),
        ("a\u2028b\u2029", "a<U+2028>b<U+2029>"),
        ("so\u00adft", "so<U+00AD>ft"),
        ("\ud800x\udfff", "\ufffdx\ufffd"),
        ("\U000e0041\U000e007f", "<U+E0041><U+E007F>"),
        ("naïve — 日本語 \u00a0 π", "naïve — 日本語 \u00a0 π"),
        ("👩\u200d🚀 ❤\ufe0f 👩\u200d❤\ufe0f\u200d👩", "👩\u200d🚀 ❤\ufe0f 👩\u200d❤\ufe0f\u200d👩"),
        ("\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f3f3\ufe0f\u200d\U0001f308"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("a\u200db", "a<U+200D>b"),
        ("👩\u200d\u200d🚀", "👩<U+200D><U+200D>🚀"),
        ("क्\u200dष", "क्\u200dष"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("x\u200cy", "x<U+200C>y"),
        ("😀\ufe0f\ufe01\ufe02", "😀\ufe0f<U+FE01><U+FE02>"),
        ("\U000e0101", "<U+E0101>"),
        ("a\u3164b\uffa0", "a<U+3164>b<U+FFA0>"),
    ],
)
def test_clean_shows_what_could_do_harm(text, shown):
    assert clean(text) == shown


@given(HOSTILE)
def test_visible_leaves_out_what_clean_would_show_otherwise(text):
    shown = visible(text)
    if clean(text) == text and not {"\n", "\t"} & set(text):
        assert shown == text
    assert not {"\x1b", "\n", "\t", "\u202e", "\U000e0041"} & set(shown) and len(shown) <= len(text)


def test_clean_gives_back_the_very_text_when_nothing_is_to_do():
    for text in ("ascii\n\ttext", "naïve 日本語"):
        assert clean(text) is text


def test_a_line_stays_a_line():
    assert clean_line("a\r\nb\tc\n\x1b[0m") == "a␤b␉c␤␛[0m"


@given(HOSTILE)
def test_what_is_clean_holds_nothing_that_drives_a_terminal(text):
    shown = clean(text)
    shown.encode("utf-8")
    for character in shown:
        kind = unicodedata.category(character)
        assert kind not in ("Cs", "Zl", "Zp")
        assert kind != "Cc" or character in "\n\t"
        assert (
            character not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff"
        )


@given(HOSTILE)
def test_cleaning_twice_changes_nothing_more(text):
    assert clean(clean(text)) == clean(text)


@given(HOSTILE)
def test_a_line_has_no_line_ends(text):
    assert len(clean_line(text).splitlines()) <= 1


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_well_formed_leaves_good_text_alone(text):
    assert well_formed(text) == text


def test_well_formed_replaces_only_lone_surrogates():
    assert well_formed("a\ud83d\x1b\u202e") == "a\ufffd\x1b\u202e"


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("abcd", 1, "…"),
        ("abcd", 0, ""),
        ("cafe\u0301s", 5, "caf…"),
        ("a👩\u200d🚀b", 4, "a…"),
        ("a👍\U0001f3fdb", 3, "a…"),
    ],
)
def test_shorten(text, limit, short):
    assert shorten(text, limit) == short


def test_a_long_line_is_cut_around_a_place():
    assert shorten_around("short", 400, 0) == "short"
    cut = shorten_around("a" * 5_000 + "needle" + "b" * 5_000, 400, 5_000)
    assert "needle" in cut and len(cut) == 402
    assert shorten_around("x" * 1_000, 400, 999) == "…" + "x" * 400
    assert shorten_around("x" * 1_000, 400, 0) == "x" * 400 + "…"


@given(st.text(), st.integers(0, 40))
def test_shorten_keeps_its_limit(text, limit):
    assert len(shorten(text, limit)) <= limit or len(text) <= limit


def test_head_and_tail_cuts_at_lines_and_counts_what_is_missing():
    text = "".join(f"line {number}\n" for number in range(1000))
    cut = head_and_tail(text, 400, note=lambda left_out: f"[{left_out} gone]")
    head, note, tail = cut.partition("[")[0], cut.split("[")[1].split("]")[0], cut.split("]\n")[1]
    assert head.startswith("line 0\n") and head.endswith("\n")
    assert tail.startswith("line ") and tail.endswith("line 999\n")
    assert len(head.rstrip("\n")) + int(note.split()[0]) + len(tail) == len(text)
    assert len(cut) <= 400


def test_head_and_tail_of_one_endless_line():
    assert head_and_tail("x" * 5000, 100).count("x") > 40


@given(st.text(alphabet="ab\n", max_size=300), st.integers(0, 200), st.sampled_from(["", "…", "[cut]"]))
def test_head_and_tail_keeps_its_limit(text, limit, note):
    cut = head_and_tail(text, limit, note=note)
    assert len(cut) <= limit or cut == text


@given(HOSTILE)
def test_escaped_json_has_the_same_value_and_nothing_that_drives_a_terminal(text):
    for ascii_only in (False, True):
        plain = json.dumps({text: [text]}, ensure_ascii=ascii_only)
        assert json.loads(escaped_json(plain)) == json.loads(plain)
        assert clean(escaped_json(plain)) == escaped_json(plain)


def test_escaped_json_leaves_what_can_be_read():
    shown = '"naïve — 日本語 👩\u200d🚀"'
    assert escaped_json(shown) == shown
    hidden = '"\x7f\x9b\u2028\u202e\U000e0041\ud800"'
    assert escaped_json(hidden) == r'"\u007f\u009b\u2028\u202e\udb40\udc41\ud800"'


@given(st.text(), st.lists(st.integers(0, 200)))
def test_pairs_that_were_cut_are_joined_again(text, cuts):
    halves = text.encode("utf-16-le")
    units = [halves[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(halves), 2)]
    pairs, given_out = PairedText(), ""
    edges = sorted({0, *(min(cut, len(units)) for cut in cuts), len(units)})
    for start, end in zip(edges, edges[1:], strict=False):
        given_out += pairs.feed("".join(units[start:end]))
    assert given_out == text
    assert pairs.held == ""


def test_a_half_that_stays_alone_is_replaced_or_held():
    pairs = PairedText()
    assert pairs.feed("a\ud83d") == "a"
    assert pairs.held == "\ud83d"
    assert pairs.feed("b") == "\ufffdb"
    assert pairs.feed("\ude80") == "\ufffd"
    assert pairs.feed("\ud83d") == ""
    assert pairs.feed("\ud83d") == "\ufffd"
    assert pairs.feed("\ude80") == "\U0001f680"


@pytest.mark.parametrize(
    ("spent", "limit", "shown"),
    [
        (0.26, 0.6, "$0.26 of $0.60"),
        (0.04289, 0.06, "$0.043 of $0.060"),
        (0.075, 0.1, "$0.075 of $0.100"),
        (0.7996, 1.0, "$0.7996 of $1.0000"),
        (1.6, 2.0, "$1.60 of $2.00"),
        (12.34, 100.0, "$12.34 of $100.00"),
        (0.0, 0.5, "$0.00 of $0.50"),
    ],
)
def test_dollars_of_a_limit_are_the_percentage_that_they_are(spent, limit, shown):
    assert dollars_of(spent, limit) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (2.0, "$2.00"),
        (0.26, "$0.26"),
        (0.0375, "$0.037"),
        (0.0044, "$0.0044"),
        (0.00004, "$0.000040"),
        (0.0, "$0.00"),
    ],
)
def test_small_amounts_keep_two_digits(amount, shown):
    assert dollars(amount) == shown
