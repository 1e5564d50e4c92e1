"""`codepilot sessions`: what there is, what was said, what is found, what is deleted."""

import json

import pytest

from codepilot import paths
from codepilot.journal.bin import KEPT_DAYS
from codepilot.sessions.journal import JournalSession


def done(summary):
    return f"I look at it.\n\n```completion\n{summary}\n```\n"


@pytest.fixture
def kept(shop):
    """Two sessions of the work folder."""
    shop.play(done("The first is done."), done("The second is done."))
    shop.run("Mend the parser", "--session", "one")
    shop.run("Write the page", "--session", "two/b")
    return shop


def said(shop, *words):
    return shop.main("sessions", *words, "--dir", str(shop.work))


def test_the_sessions_of_the_folder_are_listed(kept, tmp_path):
    lines = said(kept, "list").out.splitlines()
    assert [line.split()[0] for line in lines] == ["two/b", "one"]
    assert lines[1].endswith("  now  done  1 step  Mend the parser")
    (first, _) = json.loads(said(kept, "list", "--json").out)["sessions"]
    assert (first["id"], first["state"], first["first_words"]) == ("two/b", "done", "Write the page")
    assert first["folder"] == str(kept.work) and first["bytes"] > 0
    elsewhere = kept.main("sessions", "list", "--dir", str(tmp_path))
    assert (elsewhere.code, elsewhere.out) == (0, "") and "no session of this folder" in elsewhere.err
    assert len(kept.main("sessions", "list", "--all").out.splitlines()) == 2


def test_what_a_session_is_now_is_told(kept):
    session = JournalSession("one")
    session.log.append("task_started", {"task": "more", "number": 2})
    assert "  open  " in said(kept, "list").out
    session.close()
    assert "  cut  " in said(kept, "list").out


def test_a_session_is_shown_as_it_was_said(kept):
    out = said(kept, "show", "one").out
    assert out.index("> Mend the parser") < out.index("I look at it.") < out.index("The first is done.")


def test_the_beginning_of_an_id_is_enough_if_it_means_one(kept):
    assert "Write the page" in said(kept, "show", "tw").out
    JournalSession("two/c", work_dir=kept.work).save([])
    assert "may be one of 2 sessions" in said(kept, "show", "two").err
    for number in range(5):
        JournalSession(f"two/{number}", work_dir=kept.work).save([])
    assert "may be one of 7 sessions" in said(kept, "show", "two").err
    assert "and 2 more" in said(kept, "show", "two").err
    result = said(kept, "show", "three")
    assert (result.code, "There is no session 'three'" in result.err) == (2, True)


def test_words_are_found_in_every_session_and_in_what_came_since(kept):
    assert [line.split()[:2] for line in said(kept, "search", "parser").out.splitlines()] == [["one", "task"]]
    (hit,) = json.loads(said(kept, "search", "page", "WRITE", "--json").out)["hits"]
    assert (hit["session"], hit["kind"]) == ("two/b", "task") and "Write the page" in hit["text"]
    assert "No message" in said(kept, "search", "nowhere").err
    assert said(kept, "search", '"', "OR").code == 0
    kept.play(done("Third."))
    kept.run("Paint the shed", "--session", "one")
    assert "one" in said(kept, "search", "shed").out
    assert len(said(kept, "search", "parser").out.splitlines()) == 1


def test_a_damaged_index_is_made_anew(kept):
    said(kept, "search", "parser")
    (paths.state_dir() / "index.sqlite3").write_bytes(b"not a database at all" * 100)
    assert "one" in said(kept, "search", "parser").out


def test_a_deleted_session_is_in_the_bin_for_a_while(kept):
    result = said(kept, "delete", "one")
    assert result.code == 0 and "Deleted the session one" in result.err
    assert [line.split()[0] for line in said(kept, "list").out.splitlines()] == ["two/b"]
    assert said(kept, "search", "parser").out == ""
    (there,) = (paths.state_dir() / "bin").iterdir()
    old = there.with_name(f"{int(there.name.partition('-')[0]) - (KEPT_DAYS + 1) * 86_400}-one")
    there.rename(old)
    said(kept, "delete", "two/b", "--now")
    assert list((paths.state_dir() / "bin").iterdir()) == [] and said(kept, "list").out == ""


def test_a_session_that_is_open_is_not_deleted(kept):
    session = JournalSession("one")
    result = said(kept, "delete", "one")
    assert (result.code, "open in this program" in result.err) == (1, True)
    session.close()


def object_of(shop, *words):
    return json.loads(said(shop, *words, "--json").out)


def test_a_session_has_the_title_that_it_is_given(kept):
    result = said(kept, "rename", "one", " The parser\n again ")
    assert (result.code, ": The parser again" in result.err) == (0, True)
    assert said(kept, "list").out.splitlines()[0].endswith("  The parser again")
    assert object_of(kept, "rename", "one", "Parser") == {"id": "one", "title": "Parser"}
    (first, second) = object_of(kept, "list")["sessions"]
    assert (first["title"], first["first_words"]) == ("Parser", "Mend the parser")
    assert second["title"] == "Write the page"
    assert [hit["kind"] for hit in object_of(kept, "search", "Parser")["hits"]].count("title") == 1
    assert object_of(kept, "search", "again")["hits"] == []
    assert said(kept, "rename", "one", "  ").code == 2
    kept.play(done("Third."))
    kept.run("Paint the shed", "--session", "one")
    assert object_of(kept, "list")["sessions"][0]["title"] == "Parser"


def test_a_fork_goes_on_by_itself(kept):
    made = object_of(kept, "fork", "one", "--title", "Another way")
    assert made["parent"]["id"] == "one" and made["title"] == "Another way" and made["state"] == "done"
    kept.play(done("Painted."))
    assert kept.run("Paint the shed", "--session", made["id"]).code == 0
    assert "The first is done." in said(kept, "show", made["id"]).out
    assert "shed" not in said(kept, "show", "one").out
    said(kept, "delete", "one", "--now")
    assert "Painted." in said(kept, "show", made["id"]).out
    result = said(kept, "fork", made["id"], "--at", "9999")
    assert (result.code, "has no record 9999" in result.err) == (2, True)
    last = result.err.partition("its last one is ")[2].partition(".")[0]
    assert int(last) > 1 and f"its last one is {last}." in said(kept, "fork", made["id"], "--at", "0").err


def test_a_fork_may_begin_with_a_summary(kept):
    made = object_of(kept, "fork", "one", "--summary", "--title", "Shorter")
    assert (made["title"], made["state"], made["parent"]) == ("Shorter", "new", None)
    kept.play(done("Painted."))
    assert kept.run("Paint the shed", "--session", made["id"]).code == 0
    assert "Painted." in said(kept, "show", made["id"]).out
    assert said(kept, "fork", "one", "--summary", "--at", "2").code == 2


def test_a_deleted_session_comes_back(kept):
    said(kept, "delete", "one")
    assert [each["id"] for each in object_of(kept, "list", "--deleted")["deleted"]] == ["one"]
    assert "Mend the parser" in said(kept, "list", "--deleted").out
    assert object_of(kept, "undelete", "on") == {"undeleted": "one"}
    assert "The first is done." in said(kept, "show", "one").out
    assert "The bin is empty" in said(kept, "list", "--deleted").err
    assert said(kept, "undelete", "one").code == 2


def test_what_is_shown_is_told_as_events(kept):
    shown = object_of(kept, "show", "one")
    assert shown["session"]["id"] == "one" and shown["session"]["tasks"] == 1
    assert [each["type"] for each in shown["events"]][0] == "task_started"
    assert shown["events"][-1]["summary"] == "The first is done."


def test_a_session_is_exported_into_a_new_file(kept, tmp_path):
    page = tmp_path / "one.html"
    result = said(kept, "export", "one", "--format", "html", "-o", str(page))
    assert (result.code, result.out) == (0, "") and str(page) in result.err
    assert page.stat().st_mode & 0o777 == 0o600 and "The first is done." in page.read_text()
    again = said(kept, "export", "one", "-o", str(page))
    assert (again.code, "already exists" in again.err) == (2, True)
    assert said(kept, "export", "one", "-o", str(tmp_path / "no" / "x")).code == 1
    assert said(kept, "export", "one").out.startswith("# Mend the parser\n")
    assert object_of(kept, "export", "one")["records"][0]["type"] == "session_created"
    other = tmp_path / "other.html"
    told = object_of(kept, "export", "one", "--format", "html", "-o", str(other))
    assert told == {"session": "one", "format": "html", "file": str(other)}
    assert other.read_text() == page.read_text()


def test_an_imported_session_is_gone_on_with(kept, tmp_path):
    old = tmp_path / "inventory.json"
    old.write_text(json.dumps({"messages": [{"role": "user", "content": "[Task 1][USER INPUT]\nCount it"}]}))
    [made] = object_of(kept, "import", str(old))["imported"]
    assert (made["program"], made["source_id"], made["new"]) == ("codepilot-ai", "inventory", True)
    kept.play(done("Counted."))
    assert kept.run("And now?", "--session", made["id"]).code == 0
    assert "Count it" in str(kept.server.requests[-1].body)
    again = said(kept, "import", str(old))
    assert "was already imported" in again.err and made["id"] in again.out
    assert said(kept, "import", str(tmp_path / "nowhere")).code == 2


@pytest.mark.parametrize("first", [b"", b'{"n":1,"time":17.5,"type":"session_cre'], ids=["gone", "cut"])
def test_a_session_whose_first_record_is_lost_is_known_everywhere_and_told_as_damaged(kept, first):
    session = JournalSession("one")
    session.close()
    lines = session.path.read_bytes().splitlines(keepends=True)
    session.path.write_bytes(b"".join([first and first + b"\n", *lines[1:]]))
    assert "Mend" not in said(kept, "list").out, "of which folder it was, nobody knows"
    listed = kept.main("sessions", "list", "--all").out
    assert "Mend the parser" in listed and "1 record missing" in listed
    shown = said(kept, "show", "one")
    assert "The first is done." in shown.out and "1 record of it is missing" in shown.err
    for words in (["events", "one"], ["replay", "one", "--speed", "0"], ["sessions", "export", "one"]):
        assert "The first is done." in kept.main(*words, "--dir", str(kept.work)).out, words
    assert "1 record of it is missing" in kept.main("events", "one", "--dir", str(kept.work)).err
    doctor = json.loads(kept.main("doctor", "--json", "--dir", str(kept.work)).out)
    (check,) = (each for each in doctor["checks"] if each["name"] == "sessions")
    assert check["state"] == "note" and "one: 1 record" in check["said"]
    kept.play(done("More."))
    ran = kept.run("And now?", "--session", "one")
    assert ran.code == 0 and ("1 record of it is missing" if not first else "1 line of it") in ran.err
    assert "Mend the parser" in str(kept.server.requests[-1].body)
    assert "More." in said(kept, "show", "one").out


def test_records_that_are_missing_are_said(kept):
    session = JournalSession("one")
    session.close()
    lines = session.path.read_bytes().splitlines(keepends=True)
    session.path.write_bytes(b"".join([*lines[:3], *lines[5:]]))
    assert "2 records missing" in said(kept, "list").out
    told = json.loads(said(kept, "list", "--json").out)["sessions"]
    assert {each["id"]: each["records_missing"] for each in told} == {"one": 2, "two/b": 0}
    assert "2 records of it are missing" in said(kept, "show", "one").err
    assert "missing" not in said(kept, "show", "two").err
    assert "2 records of it are missing" in kept.main("events", "one", "--dir", str(kept.work)).err
    doctor = json.loads(kept.main("doctor", "--json", "--dir", str(kept.work)).out)
    (check,) = (each for each in doctor["checks"] if each["name"] == "sessions")
    assert check["state"] == "note" and "one: 2 records" in check["said"]


def test_the_rule_for_ids_that_is_told_is_the_one_that_holds(shop):
    refused = shop.run("go", "--session", "é" * 120)
    assert refused.code == 2 and "found 720: 'é" in refused.err and "…'." in refused.err
    assert "count three for each byte of UTF-8" in refused.err
    shop.play(done("Fine."))
    assert shop.run("go", "--session", "é" * 33).code == 0
