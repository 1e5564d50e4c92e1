"""What the lint says, and what it leaves alone."""

import ast

import pytest

from codepilot.sandbox.lint import DEFAULT_IMPORTS, Violation, check


def lint(code, allowed, **known):
    return check(ast.parse(code), allowed, **known)


@pytest.mark.parametrize(
    ("code", "line", "message", "hint"),
    [
        ("import os", 1, "'os' cannot be imported", "execute("),
        ("x = 1\nimport subprocess as s", 2, "'subprocess' cannot be imported", "execute("),
        ("from os.path import join", 1, "'os.path' cannot be imported", "read_file("),
        ("import requests", 1, "'requests' cannot be imported", "no network"),
        ("import urllib.request", 1, "of 'urllib' only urllib.parse can be imported", "just that"),
        ("from urllib import parse, request", 1, "of 'urllib' only urllib.parse", ""),
        ("import sys", 1, "'sys' cannot be imported", "exit()"),
        ("import asyncio", 1, "'asyncio' cannot be imported", "one after another"),
        ("import numpy", 1, "'numpy' cannot be imported", "execute("),
        ("from . import x", 1, "it has no relative imports", ""),
        ("def f():\n    with open('a') as f:\n        pass", 2, "open() does not exist", "read_file("),
        ("eval('1')", 1, "eval() does not exist", "statements"),
        ("exec('1')", 1, "exec() does not exist", "statements"),
        ("compile('1', '', 'exec')", 1, "compile() does not exist", ""),
        ("__import__('os')", 1, "__import__() does not exist", "import statement"),
        ("input('?')", 1, "input() does not exist", "ask_user("),
        ("().__class__.__subclasses__()", 1, "__subclasses__ cannot be used", "tools"),
        ("read_file.__globals__", 1, "__globals__ cannot be used", "tools"),
        ("__builtins__", 1, "__builtins__ cannot be used", "tools"),
        ("async def f(): pass", 1, "synchronous", "without await"),
        ("await execute('ls')", 1, "synchronous", "without await"),
        ("async with x: pass", 1, "synchronous", ""),
    ],
)
def test_it_names_the_line_and_the_way_out(code, line, message, hint):
    found = lint(code, DEFAULT_IMPORTS)
    assert found[0].line == line
    assert message in found[0].message
    assert hint in found[0].hint


@pytest.mark.parametrize(
    "code",
    [
        "import re, json\nfrom collections.abc import Mapping\nimport collections.abc as abc",
        "from __future__ import annotations",
        "import urllib.parse\nfrom urllib.parse import quote\nfrom urllib import parse",
        "import re\nre.compile('a').match('a')",
        "def compile(x): return x\ncompile(1)",
        "open = 3\nprint(open)",
        "def f(open): return open()",
        "from pathlib import Path\nPath('a').open",
        "class A:\n    def __init__(self): super().__init__()\n    def __reduce__(self): return super().__reduce__()",
        "print(type(1).__name__, {}.__class__, [].__len__(), f.__doc__)",
        "exit()",
    ],
)
def test_it_leaves_everyday_code_alone(code):
    assert lint(code, DEFAULT_IMPORTS) == []


def test_names_of_earlier_blocks_and_tools_may_have_any_name():
    assert lint("input('x')", ()) != []
    assert lint("input('x')", (), known={"input"}) == []


def test_all_violations_are_told_in_order():
    found = lint("open('a')\nimport os\neval('1')", ())
    assert [violation.line for violation in found] == [1, 2, 3]
    assert all(isinstance(violation, Violation) for violation in found)


def test_the_imports_of_the_old_default_are_all_there():
    old = ["re", "json", "math", "datetime", "random", "itertools", "collections", "typing", "pathlib"]
    assert set(old) <= set(DEFAULT_IMPORTS)
