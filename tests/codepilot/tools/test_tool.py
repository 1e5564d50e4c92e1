"""What is said of a call to a tool."""

import inspect

import pytest

from codepilot.tools.tool import Tool, label_of, not_called


def write_file(path: str, mode: str = "w") -> str:
    return path + mode


def made(name="write_file", *, builtin=True, label=None):
    return Tool(name, write_file, inspect.signature(write_file), builtin, label)


@pytest.mark.parametrize(
    ("tool", "named", "shown"),
    [
        (made(), {"count": 3, "path": "a.py", "mode": "w"}, "a.py"),
        (made(), {"count": 3}, ""),
        (made(label=lambda named: f"{named['path']}\nand more"), {"path": "a"}, "a"),
    ],
)
def test_what_its_line_shows(tool, named, shown):
    assert label_of(tool, named).startswith(shown) and "\n" not in label_of(tool, named)


def test_a_call_that_does_not_fit_is_told_with_one_that_does():
    said = not_called(made(), ("a",), {"content": "x"}, "no argument 'content'")
    assert said.startswith("write_file() was not called: no argument 'content'. Call it as write_file(path")
    assert 'write_file("a")' in said and "filename=a" in said, "the content goes into a payload"


def test_of_a_tool_of_the_program_only_its_signature_is_known():
    said = not_called(made("deploy", builtin=False), (), {}, "missing 'path'")
    assert said.startswith("deploy() was not called: missing 'path'. Call it as deploy(path")
    assert "```" not in said


def _three(path, start=1, *, exact=False):
    return path, start, exact


@pytest.mark.parametrize(
    "func", [lambda a, b: 0, lambda a, b=2: 0, lambda a, /, b=2: 0, lambda *args: 0, _three]
)
@pytest.mark.parametrize("args", [(), (1,), (1, 2), (1, 2, 3)])
@pytest.mark.parametrize("kwargs", [{}, {"b": 3}, {"exact": True}, {"nothing": 0}])
def test_arguments_are_bound_as_python_binds_them(func, args, kwargs):
    tool = Tool("three", func, inspect.signature(func), builtin=False)
    try:
        expected = tool.signature.bind(*args, **kwargs)
    except TypeError as error:
        with pytest.raises(TypeError) as raised:
            tool.bind(args, kwargs)
        assert str(raised.value) == str(error)
    else:
        bound = tool.bind(args, kwargs)
        assert (bound, list(bound.arguments)) == (expected, list(expected.arguments))
