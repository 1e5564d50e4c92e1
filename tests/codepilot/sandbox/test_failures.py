"""What goes wrong, as data and back."""

from codepilot.sandbox.failures import MAX_TEXT, describe, rebuilt


def raised(code, **names):
    try:
        exec(compile(code, "<block 7>", "exec"), names)
    except Exception as error:  # noqa: BLE001 - whatever the code raises is what is wanted
        return error
    raise AssertionError


def test_an_exception_is_told_with_the_lines_of_blocks_only():
    said = describe(raised("def f():\n    return 1 / 0\n\nf()"), set())
    assert (said["type"], said["text"]) == ("ZeroDivisionError", "division by zero")
    assert [tuple(row) for row in said["stack"]] == [(7, 4, "<module>"), (7, 2, "f")]


def test_a_deep_stack_has_its_two_ends():
    stack = describe(raised("def f(n):\n    return f(n - 1) if n else 1 / 0\nf(50)"), set())["stack"]
    assert len(stack) == 8 and stack[0][2] == "<module>"


def test_causes_are_told():
    said = describe(
        raised("try:\n    1 / 0\nexcept Exception as e:\n    raise ValueError('bad') from e"), set()
    )
    assert said["causes"] == ["after: ZeroDivisionError: division by zero"]


def test_a_cause_that_the_program_hides_is_not_told():
    hidden = "try:\n    1 / 0\nexcept Exception:\n    raise ValueError('bad') from None"
    assert describe(raised(hidden), set())["causes"] == []
    behind = f"try:\n    {hidden.replace(chr(10), chr(10) + '    ')}\nexcept Exception as e:\n    raise KeyError from e"
    assert describe(raised(behind), set())["causes"] == ["after: ValueError: bad"]


def test_of_many_causes_the_nearest_four_are_told():
    code = "def f(n):\n    try:\n        f(n - 1) if n else 1 / 0\n    except Exception:\n        raise ValueError(n)\nf(9)"
    assert describe(raised(code), set())["causes"] == [f"after: ValueError: {n}" for n in (8, 7, 6, 5)]


def test_a_name_that_resembles_another_is_guessed():
    assert describe(raised("totl", total=1), {"total"})["hint"] == "Did you mean total?"


def test_a_text_that_cannot_be_made_or_is_long_is_bounded():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError

    assert describe(Odd(), set())["text"] == "(its text could not be made: RuntimeError)"
    assert len(describe(ValueError("x" * 9_000), set())["text"]) <= MAX_TEXT + 2


def test_an_exception_of_a_tool_comes_back_as_a_built_in_one():
    assert isinstance(rebuilt("ValueError", "bad"), ValueError)
    for name in ("Custom", "UnicodeDecodeError", "KeyboardInterrupt", "print"):
        assert type(rebuilt(name, "bad")) is RuntimeError
        assert str(rebuilt(name, "bad")) == f"{name}: bad"
