"""The words of sessions: found the same with SQLite's full text and without it."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codepilot import paths
from codepilot.journal import index
from codepilot.journal.bin import delete_session
from codepilot.journal.library import rename_session, search_sessions
from codepilot.journal.listing import sessions_of
from codepilot.journal.overview import overviews
from codepilot.journal.words import phrases, weight
from codepilot.sessions.journal import JournalSession

SAID = {
    "a": ["Mend the price in shop.py", "The PRICE was wrong: 12 apples, not 21.", "Straße, Über, naïve, ÉTÉ"],
    "b": ["shop and py are two words", "snake_case_name and CamelCase", "日本語 のテスト 12"],
    "c": ["prices are not a price tag", "nothing of it"],
}
QUERIES = [
    *(
        "price",
        "PRICE",
        "price apples",
        "apples price",
        "pric",
        "shop.py",
        "py shop",
        "shop py",
        "uber",
        "Über",
    ),
    *(
        "ete",
        "naive",
        "snake_case_name",
        "case",
        "camelcase",
        "日本語",
        "12",
        "2",
        "not",
        "",
        "  ",
        "'",
        '"',
        "%",
        "_",
    ),
    *(
        "price %",
        "it's",
        'a "price" tag',
        "AND",
        "NEAR(a b)",
        "price*",
        "straße",
        "strasse",
        "-price",
        "text:price",
    ),
]


@pytest.fixture
def kept(tmp_path):
    for name, texts in SAID.items():
        session = JournalSession(name, "Agent", work_dir=tmp_path)
        for number, text in enumerate(texts, 1):
            session.log.append(
                "message_stored", {"role": "user", "text": text, "kind": "task", "number": number}
            )
        session.close()
    return tmp_path


@pytest.fixture
def without(monkeypatch):
    """SQLite is asked for a module that it has not, as one without full text is."""

    there = index.FULL_TEXT

    def off(is_off=True):
        monkeypatch.setattr(index, "FULL_TEXT", "fts5_is_not_built_in" if is_off else there)

    return off


def hits(query, folder):
    return sorted((hit.session, hit.n, hit.kind) for hit in search_sessions(query, folder))


def test_the_same_is_found_without_full_text(kept, without):
    with_it = {query: hits(query, kept) for query in QUERIES}
    assert with_it["price"] == [("a", 2, "task"), ("a", 3, "task"), ("c", 2, "task")]
    without()
    assert {query: hits(query, kept) for query in QUERIES} == with_it
    with closing(sqlite3.connect(paths.state_dir() / "index.sqlite3")) as base:
        (made,) = base.execute("SELECT sql FROM sqlite_master WHERE name = 'said'").fetchone()
    assert "fts5" not in made, "the index of the other SQLite could not be read; it was made anew"


def test_what_other_folders_say_takes_no_place_from_a_folder_s_own(kept, without, tmp_path):
    """Two hundred better hits elsewhere left none for the folder that was asked about."""
    other = tmp_path / "other"
    other.mkdir()
    session = JournalSession("loud", "Agent", work_dir=other)
    for number in range(300):
        session.log.append(
            "message_stored", {"role": "user", "text": "apples", "kind": "task", "number": number}
        )
    session.close()
    search_sessions("apples", None)
    assert hits("apples", kept) == [("a", 3, "task")]
    assert len(hits("apples", other)) > 1
    without()
    assert hits("apples", kept) == [("a", 3, "task")]


def test_what_is_renamed_and_deleted_is_followed_without_full_text(kept, without):
    without()
    assert [hit.session for hit in search_sessions("prices", kept)] == ["c"]
    rename_session("b", "All about prices")
    assert [(hit.session, hit.kind) for hit in search_sessions("prices about", kept)] == [("b", "title")]
    delete_session("c")
    assert [hit.session for hit in search_sessions("prices", kept)] == ["b"]
    assert {each.info.id for each in overviews(sessions_of(kept))} == {"a", "b"}


def test_a_new_session_of_a_deleted_one_s_name_has_its_own_words_only(kept):
    assert hits("apples", kept) == [("a", 3, "task")]
    (old,) = (info.path for info in sessions_of(kept) if info.id == "a")
    size = old.stat().st_size
    delete_session("a")
    session = JournalSession("a", "Agent", work_dir=kept)
    for number, text in enumerate(["pears", "and much more than there was " * 100], 1):
        session.log.append("message_stored", {"role": "user", "text": text, "kind": "task", "number": number})
    session.close()
    assert session.path == old and old.stat().st_size > size, "as if it had only grown"
    assert (hits("apples", kept), hits("pears", kept)) == ([], [("a", 2, "task")])


def test_some_words_around_are_shown(kept, without):
    without()
    session = JournalSession("long", "Agent", work_dir=kept)
    words = " ".join(f"w{number}" for number in range(40))
    session.log.append("message_stored", {"role": "user", "text": words, "kind": "person"})
    session.close()
    (hit,) = search_sessions("w20", kept)
    assert hit.text.startswith("…") and hit.text.endswith("…") and "w20" in hit.text and len(hit.text) < 80
    (hit,) = search_sessions("apples", kept)
    assert hit.text == SAID["a"][1]


def test_the_one_that_says_it_more_often_comes_first(kept, without):
    without()
    session = JournalSession("more", "Agent", work_dir=kept)
    session.log.append("message_stored", {"role": "user", "text": "price price price", "kind": "person"})
    session.close()
    assert search_sessions("price", kept)[0].session == "more"


def test_an_index_without_full_text_is_used_where_there_is_one(kept, without):
    without()
    assert hits("apples", kept)
    without(False)
    assert hits("apples", kept) == [("a", 3, "task")]


def test_two_programs_that_search_at_once_index_each_message_once(kept):
    """Each had looked how far the index went before it wrote, so that both added the same."""
    file, sessions = kept / "index.sqlite3", sessions_of(kept)
    with closing(index.opened(file)) as one, closing(index.opened(file)) as other:
        other.execute("PRAGMA busy_timeout = 0")
        met = []

        def meanwhile(statement):
            if statement.startswith("SELECT indexed_to") and not met:
                try:
                    met.append(index._update(other, sessions))
                except sqlite3.OperationalError as error:
                    met.append(str(error))

        one.set_trace_callback(meanwhile)
        index._update(one, sessions)
        assert met == ["database is locked"], "without the wait of ten seconds"
        index._update(other, sessions)
        found = one.execute("SELECT count(*) FROM said").fetchone()
    assert found == (sum(map(len, SAID.values())),)


def test_two_programs_make_the_index_at_once(kept, monkeypatch):
    """One of them failed, since the other had made the tables between its look and its own."""
    file, connect = kept / "index.sqlite3", sqlite3.connect

    def meanwhile(statement):
        if statement.startswith("BEGIN") and sqlite3.connect is connected:
            monkeypatch.setattr(sqlite3, "connect", connect)
            index.opened(file).close()

    def connected(*args, **options):
        base = connect(*args, **options)
        base.set_trace_callback(meanwhile)
        return base

    monkeypatch.setattr(sqlite3, "connect", connected)
    assert [hit.session for hit in index.search("apples", sessions_of(kept), file=file)] == ["a"]


WORDS = st.text(st.sampled_from("abÄé1_.,- \n日"), max_size=12)


@settings(max_examples=150, deadline=None)
@given(WORDS, WORDS)
def test_a_text_holds_the_words_that_full_text_finds_in_it(text, query):
    with closing(sqlite3.connect(":memory:")) as base:
        base.execute("CREATE VIRTUAL TABLE said USING fts5(text)")
        base.execute("INSERT INTO said VALUES (?)", (text,))
        wanted = " ".join(f'"{word}"' for word in query.split())
        found = base.execute("SELECT 1 FROM said WHERE said MATCH ?", (wanted,)).fetchall() if wanted else []
    assert bool(found) == (weight(text, phrases(query)) > 0)
