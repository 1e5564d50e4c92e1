import pytest

from codepilot.protocol import PayloadBinder, normalise_path, parse_reply


def payloads(*pairs):
    return parse_reply("".join(f'```text filename="{path}"\n{text}\n```\n' for path, text in pairs)).payloads


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("a.py", "a.py"),
        ("./a.py", "a.py"),
        (r"src\app.py", "src/app.py"),
        ("src//x/../app.py", "src/app.py"),
        (" a.py ", "a.py"),
        ("/w/./a.py", "/w/a.py"),
        ("//w/a.py", "/w/a.py"),
        ("../a.py", "../a.py"),
        ("e\u0301.py", "é.py"),
        ("", ""),
    ],
)
def test_spellings_of_one_path_meet(path, key):
    assert normalise_path(path) == key


def test_a_payload_goes_to_its_path_whatever_the_order():
    binder = PayloadBinder(payloads(("x.py", "x"), ("y.py", "y")))
    assert binder.take("./y.py") == "y\n"
    assert binder.take("y.py") is None
    assert binder.remaining() == ("x.py",)
    assert binder.take("x.py") == "x\n"
    assert binder.remaining() == ()


def test_several_of_one_path_come_in_order():
    binder = PayloadBinder(payloads(("m.py", "1"), ("n.py", "n"), (r".\m.py", "2")))
    assert [binder.take("m.py"), binder.take("m.py"), binder.take("m.py")] == ["1\n", "2\n", None]


def test_an_absolute_path_inside_the_work_folder_is_the_relative_one():
    binder = PayloadBinder(payloads(("src/a.py", "a"), ("/work/b.py", "b")), work_dir="/work/")
    assert binder.take("/work/src/a.py") == "a\n"
    assert binder.take("b.py") == "b\n"


def test_remaining_keeps_the_words_and_the_order_of_the_model():
    binder = PayloadBinder(payloads(("./b.py", "1"), ("a.py", "2"), ("b.py", "3")))
    assert binder.remaining() == ("./b.py", "a.py", "b.py")


def test_what_was_missed_is_kept_as_the_calls_spelled_it():
    binder = PayloadBinder(payloads(("a.py", "1")))
    binder.take("./b.py")
    binder.take("a.py")
    assert binder.missed == ["./b.py"]
