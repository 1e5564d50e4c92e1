from codepilot import events as ev
from codepilot_tui.bench.changes import ChangeBook


def wrote(path="a.py", before="", after="", **more):
    figures = {"added": 0, "removed": 0, **more}
    return ev.FileChanged(call_id="c", path=path, before=before, after=after, **figures)


def test_from_the_first_text_to_the_last():
    book = ChangeBook()
    assert book.apply(wrote(before="1\n", after="1\n2\n", added=1))
    assert book.apply(wrote(before="1\n2\n", after="1\n2\n3\n", added=1))
    change = book.files[0]
    assert (change.before, change.after, change.added, change.removed) == ("1\n", "1\n2\n3\n", 2, 0)


def test_the_figures_are_those_of_the_whole_way():
    book = ChangeBook()
    book.apply(wrote(before="a\n", after="b\n", added=1, removed=1))
    book.apply(wrote(before="b\n", after="c\n", added=1, removed=1))
    assert (book.files[0].added, book.files[0].removed) == (1, 1)


def test_a_file_that_is_as_at_first_is_no_change():
    book = ChangeBook()
    book.apply(wrote(before="a\n", after="b\n", added=1, removed=1))
    book.apply(wrote(before="b\n", after="a\n", added=1, removed=1))
    assert book.files == ()
    assert book.get("a.py") is None
    book.apply(wrote(before="a\n", after="c\n", added=1, removed=1))
    assert [each.path for each in book.files] == ["a.py"]


def test_a_large_change_says_so_and_keeps_its_figures():
    book = ChangeBook()
    book.apply(wrote(before="", after="", added=9000, removed=3, coarse=True))
    change = book.files[0]
    assert change.coarse and not change.before_known and not change.after_known
    assert (change.added, change.removed) == (9000, 3)


def test_a_large_change_after_a_small_one_keeps_the_first_text():
    book = ChangeBook()
    book.apply(wrote(before="first\n", after="second\n", added=1, removed=1))
    book.apply(wrote(before="", after="", added=9000, coarse=True))
    change = book.get("a.py")
    assert (change.before, change.before_known, change.after_known) == ("first\n", True, False)
    assert (change.added, change.removed) == (9001, 1)


def test_a_small_change_after_a_large_one_has_no_first_text():
    book = ChangeBook()
    book.apply(wrote(before="", after="", added=9000, coarse=True))
    book.apply(wrote(before="x\n", after="y\n", added=1, removed=1))
    change = book.files[0]
    assert change.coarse and change.after == "y\n"
    assert change.added == 9001


def test_a_new_file_that_was_too_large_at_first_is_known_again_once_it_is_small():
    book = ChangeBook()
    book.apply(wrote(before=None, after="", added=9000, coarse=True))
    book.apply(wrote(before="", after="", added=0, removed=8999, coarse=True))
    book.apply(wrote(before="x\n", after="y\n", added=1, removed=1))
    change = book.files[0]
    assert change.created and not change.coarse
    assert (change.before, change.after, change.added, change.removed) == (None, "y\n", 1, 0)


def test_a_new_session_forgets():
    book = ChangeBook()
    book.apply(wrote(before=None, after="x\n", added=1))
    assert book.files[0].created
    assert book.apply(ev.SessionCleared())
    assert book.files == ()
    assert not book.apply(ev.StepStarted(step=1, max_steps=2))


def test_a_file_that_somebody_put_back_is_no_change_until_it_is_another_again():
    book = ChangeBook()
    book.apply(wrote("new.py", before=None, after="x\n", added=1))
    book.apply(wrote(before="a\n", after="b\n", added=1, removed=1))
    book.apply(wrote("big.py", added=9000, coarse=True))
    assert book.written == ("new.py", "a.py")
    assert not book.found({"new.py": "x\n", "a.py": "edited by hand\n"})
    assert book.found({"new.py": None, "a.py": "a\n"})
    assert [each.path for each in book.files] == ["big.py"] and book.get("a.py") is None
    assert not book.found({"new.py": None, "a.py": "a\n", "big.py": "", "other.py": ""})
    assert book.found({"new.py": ""}) and [each.path for each in book.files] == ["new.py", "big.py"]
    book.apply(wrote(before="a\n", after="c\n", added=1, removed=1))
    assert book.get("a.py").after == "c\n"
    book.found({"a.py": "a\n"})
    book.apply(ev.SessionCleared())
    book.apply(wrote(before="a\n", after="b\n", added=1, removed=1))
    assert [each.path for each in book.files] == ["a.py"]


def test_a_file_that_a_command_deleted_is_a_change_until_it_is_there_again():
    book = ChangeBook()
    book.apply(
        ev.FileChanged(call_id="c", path="a.py", before="", after=None, added=0, removed=0, source="command")
    )
    (change,) = book.files
    assert change.deleted and change.after == "" and not change.coarse
    book.apply(
        ev.FileChanged(call_id="", path="a.py", before=None, after="", added=0, removed=0, source="restore")
    )
    assert book.files == ()


def test_a_file_that_was_made_and_deleted_is_no_change():
    book = ChangeBook()
    book.apply(ev.FileChanged(call_id="c", path="a.py", before=None, after="x\n", added=1, removed=0))
    book.apply(ev.FileChanged(call_id="d", path="a.py", before="x\n", after=None, added=0, removed=1))
    assert book.files == ()


LINES = [f"{n}\n" for n in range(1, 21)]


def text(**others):
    """Twenty lines, some of them others: `text(l3="three")`."""
    lines = list(LINES)
    for name, words in others.items():
        lines[int(name[1:]) - 1] = f"{words}\n"
    return "".join(lines)


def two_edits_and_one_of_the_person():
    book = ChangeBook()
    book.apply(wrote(before=text(), after=text(l3="three"), added=1, removed=1))
    book.apply(wrote(before=text(l3="three"), after=text(l3="three", l15="fifteen"), added=1, removed=1))
    return book, text(l3="three", l10="mine", l15="fifteen")


def test_lines_of_the_person_are_not_counted():
    """Found by use: after a rewind the list counted a line that the person had changed in between."""
    book, disk = two_edits_and_one_of_the_person()
    assert not book.found({"a.py": disk}) and (book.files[0].added, book.files[0].removed) == (2, 2)
    book.apply(wrote(before=disk, after=text(l3="three", l10="mine"), source="restore"))
    (change,) = book.files
    assert (change.before, change.added, change.removed) == (text(l10="mine"), 1, 1)


def test_a_file_in_which_only_lines_of_the_person_are_left_is_no_change():
    book, disk = two_edits_and_one_of_the_person()
    book.apply(wrote(before=disk, after=text(l10="mine"), source="restore"))
    assert book.files == () and book.get("a.py") is None
    book.apply(wrote(before=text(l10="mine"), after=disk, source="restore"))
    assert (book.files[0].added, book.files[0].removed) == (2, 2)


def test_what_the_person_put_back_beside_other_lines_is_no_change_any_more():
    book = ChangeBook()
    book.apply(wrote(before=text(), after=text(l3="three"), added=1, removed=1))
    assert not book.found({"a.py": text(l3="laid out anew")}) and len(book.files) == 1
    assert book.found({"a.py": text(l10="mine")}) and book.files == ()
    assert book.found({"a.py": text(l3="three", l4="mine")}) and len(book.files) == 1
    assert book.found({"a.py": None}) and book.files == ()


def test_lines_that_the_agent_took_out_are_a_change_until_they_are_back():
    book = ChangeBook()
    book.apply(wrote(before=text(), after="".join(LINES[:9] + LINES[12:]), removed=3))
    assert not book.found({"a.py": "".join([*LINES[:9], *LINES[12:], "mine\n"])}) and len(book.files) == 1
    assert book.found({"a.py": text(l20="mine")}) and book.files == ()


def test_a_deleted_file_that_the_person_made_again_is_no_change():
    book = ChangeBook()
    book.apply(wrote(before="a\n", after=None, removed=1))
    assert not book.found({"a.py": None}) and len(book.files) == 1
    assert book.found({"a.py": "mine\n"}) and book.files == ()
    book.apply(wrote(before="mine\n", after="mine\nand more\n", added=1))
    assert (book.files[0].before, book.files[0].added) == ("mine\n", 1)


def test_a_file_that_the_person_deleted_and_the_agent_made_anew_is_new():
    book = ChangeBook()
    book.apply(wrote(before="a\n", after="b\n", added=1, removed=1))
    book.apply(wrote(before=None, after="c\n", added=1))
    assert (book.files[0].before, book.files[0].created, book.files[0].removed) == (None, True, 0)


def test_where_both_changed_the_same_lines_the_first_text_stays():
    book = ChangeBook()
    book.apply(wrote(before="a\n", after="b\n", added=1, removed=1))
    book.apply(wrote(before="mine\n", after="mine\nc\n", added=1))
    assert book.files[0].before == "a\n"
