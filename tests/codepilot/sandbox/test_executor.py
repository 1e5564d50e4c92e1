"""What control blocks can do, and how their ends are told."""

import textwrap

import pytest

from codepilot.errors import UsageError
from codepilot.sandbox import DEFAULT_IMPORTS, BlockLimits


def block(text):
    return textwrap.dedent(text).strip("\n")


class TestLanguage:
    async def test_the_python_that_models_write_works(self, bench):
        assert (
            await bench.good(
                block("""
                from __future__ import annotations
                import re, json, dataclasses, functools, contextlib, enum, typing
                from dataclasses import dataclass, field

                class Base:
                    def hello(self) -> str:
                        return "base"

                class Child(Base):
                    def hello(self):
                        return "child of " + super().hello()

                    @property
                    def size(self):
                        return 3

                @dataclass(order=True)
                class Point:
                    x: int
                    y: int = 0
                    tags: list[str] = field(default_factory=list)

                class Colour(enum.Enum):
                    RED = 1

                class Pair(typing.NamedTuple):
                    a: int
                    b: int

                @functools.lru_cache
                def fib(n):
                    return n if n < 2 else fib(n - 1) + fib(n - 2)

                def squares(n):
                    for i in range(n):
                        yield i * i

                @contextlib.contextmanager
                def noted(name):
                    print("in", name)
                    try:
                        yield name
                    finally:
                        print("out", name)

                with noted("a") as name:
                    print(Child().hello(), Child().size, Point(1), Colour.RED, Pair(1, 2), fib(30))

                try:
                    raise KeyError("x") from ValueError("y")
                except (KeyError, TypeError) as error:
                    print(type(error).__name__, error.__cause__)
                else:
                    print("never")

                match {"kind": "a", "n": [1, 2]}:
                    case {"kind": str(kind), "n": [first, *rest]} if rest:
                        print(kind, first, rest)

                print(f"{sum(squares(4)):>5}|{[x for x in 'ab']!r}", {k: v for k, v in zip("ab", (1, 2))}, (y := 3))
                print(re.sub(r"\\d", lambda m: m[0] * 2, "a1b2"), json.dumps({"a": None}), sorted("ba", key=str.lower))
                print(*map(str, (1, 2)), sep="-", end="!\\n")
                """)
            )
            == block("""
                in a
                child of base 3 Point(x=1, y=0, tags=[]) Colour.RED Pair(a=1, b=2) 832040
                out a
                KeyError y
                a 1 [2]
                   14|['a', 'b'] {'a': 1, 'b': 2} 3
                a11b22 {"a": null} ['a', 'b']
                1-2!
                """)
            + "\n"
        )

    async def test_every_default_import_works(self, bench):
        assert await bench.good("\n".join(f"import {name}" for name in DEFAULT_IMPORTS)) == ""

    async def test_what_modules_load_late_works(self, bench):
        printed = await bench.good(
            block("""
            import datetime, decimal, statistics, difflib, pprint, copy, pathlib
            print(datetime.datetime.strptime("2026-01-02", "%Y-%m-%d").date())
            print("ä".encode("utf-16-le"), "ä".encode("cp437"), b"\\xff".decode("latin-1"))
            print(statistics.mean([1, 2, 3]), decimal.Decimal("1.10") + 1)
            pprint.pprint({"b": 1, "a": [2]})
            print(pathlib.PurePath("a") / "b", copy.deepcopy([1]), "".join(difflib.ndiff(["a\\n"], ["b\\n"])).split())
            import json.tool
            """)
        )
        assert printed.splitlines()[0] == "2026-01-02"
        assert "{'a': [2], 'b': 1}" in printed

    async def test_output_to_anything_but_a_buffer_is_output(self, bench):
        printed = await bench.good(
            block("""
            import io, json
            sys = json.codecs.sys
            held = io.StringIO()
            print("held", file=held)
            print("one", file=sys.stderr)
            sys.stdout.write("two\\n")
            print("three", flush=True)
            print(repr(held.getvalue()))
            """)
        )
        assert printed == "one\ntwo\nthree\n'held\\n'\n"

    async def test_main_guard_runs(self, bench):
        assert await bench.good("if __name__ == '__main__':\n    print('yes')") == "yes\n"


class TestImports:
    async def test_an_import_that_is_not_allowed_names_the_tools(self, bench):
        result = await bench("x = 1\nimport os")
        assert result.kind == "lint"
        assert "line 2: 'os' cannot be imported" in result.error
        assert "execute('main', command)" in result.error
        assert "import os" in result.error.splitlines()[1]
        assert result.error.endswith("Nothing of this block ran.")
        assert (await bench("print(x)")).kind == "exception"

    async def test_what_the_lint_cannot_see_is_refused_at_run_time(self, bench):
        result = await bench("import json\njson.codecs.builtins.__dict__\nfrom urllib import parse, error")
        assert result.kind == "lint"
        result = await bench("vars()['__builtins__']['__import__']('socket')")
        assert result.error.startswith("ImportError: 'socket' cannot be imported in a control block.")

    async def test_the_agent_file_chooses_what_may_be_imported(self, make_bench):
        bench = make_bench(allowed_imports=["json", "threading", "no_such_module"])
        assert bench.executor.allowed_imports == ("json", "threading", "no_such_module")
        assert (await bench("import re")).kind == "lint"
        assert "No module named" in (await bench("import no_such_module")).error
        printed = await bench.good(
            "import threading\nt = threading.Thread(target=lambda: print(echo('from a thread')))\nt.start()\nt.join()"
        )
        assert printed == "from a thread\n"

    async def test_a_dotted_entry_allows_that_submodule_only(self, bench):
        await bench.good("import urllib.parse\nprint(urllib.parse.quote('a b'))")
        result = await bench("import urllib.request")
        assert "only urllib.parse can be imported here" in result.error


class TestNames:
    async def test_names_persist(self, bench):
        await bench.good(
            "import json as j\nfrom math import pi\ndef f(n): return n + base\nclass A:\n    v = 1\nbase = 1"
        )
        assert await bench.good("base = 10\nprint(f(1), A.v, j.dumps(1), round(pi))") == "11 1 1 3\n"
        await bench.good("del base")
        assert "NameError" in (await bench("print(base)")).error

    async def test_names_of_a_failed_block_persist_too(self, bench):
        await bench("x = 5\n1 / 0")
        assert await bench.good("print(x)") == "5\n"

    async def test_reset_forgets_them(self, bench):
        await bench.good("x = 5\ndef f(): pass")
        await bench.executor.reset()
        assert (await bench("f")).error.startswith("NameError")
        assert (await bench("x")).error.startswith("NameError")
        assert bench.losses == []

    async def test_constants_and_tools_are_put_back(self, bench):
        await bench.good(
            block("""
            WORK_DIR = "elsewhere"
            def echo(value): return "tampered"
            len = None
            __builtins__ = 3
            vars()["__builtins__"] = {}
            """).replace("__builtins__ = 3\n", "")
        )
        assert await bench.good("print(echo(1), WORK_DIR)") == "1 /work/here\n"
        await bench.good("b = vars()['__builtins__']\nb['print'] = b['sorted'] = None")
        assert await bench.good("print(sorted([2, 1]))") == "[1, 2]\n"

    @pytest.mark.parametrize("code", ["print = lambda *a: None", "def print(*a): pass", "print = 5"])
    async def test_print_is_put_back(self, bench, code):
        await bench.good(code)
        assert await bench.good("print('second', 1)") == "second 1\n"
        await bench.executor.reset()
        assert bench.losses == []

    async def test_a_name_that_hides_a_function_of_python_stays_and_is_named_where_it_is_called(self, bench):
        await bench.good("id = 5\nlen = None")
        assert await bench.good("print(id)") == "5\n"
        result = await bench("len('abc')")
        assert (
            "Names of this or earlier blocks hide Python's own id, len; `del id, len` brings that back."
            in result.error
        )
        assert await bench.good("del id, len\nprint(len('abc'))") == "3\n"

    async def test_a_tool_that_the_block_deleted_is_back_in_the_next(self, bench):
        result = await bench("del echo\necho(1)")
        assert "The block deleted the tool echo; the next block has it again." in result.error
        assert "There is no tool" not in result.error
        assert await bench.good("print(echo(1))") == "1\n"

    async def test_a_tool_that_is_offered_no_more_is_gone(self, bench):
        await bench.good("echo(1)")
        result = await bench("echo(1)", names=("slow",))
        assert result.error.startswith("NameError")


class TestCalls:
    async def test_arguments_and_results_keep_their_types(self, bench):
        printed = await bench.good(
            block("""
            import datetime
            for value in (None, b"x", (1, 2), {1}, frozenset((2,)), {1: "a"}, datetime.date(2026, 1, 2), 2 ** 200, "ä\\n"):
                assert echo(value) == value and type(echo(value)) is type(value), value
            print(echo(a=1, b=(2,)))
            """)
        )
        assert printed == "{'a': 1, 'b': (2,)}\n"
        assert ("echo", [b"x"], {}) in bench.tools.calls

    async def test_strangers_cross_as_text(self, bench):
        printed = await bench.good("class A:\n    def __repr__(self): return 'an A'\nprint(echo(A()))")
        assert printed == "an A (A, passed as text)\n"

    async def test_exceptions_of_tools_can_be_caught(self, bench):
        for error in (ValueError("v"), KeyError("k"), TypeError("t"), OSError("o"), PermissionError("p")):
            bench.tools.error = error
            name = type(error).__name__
            printed = await bench.good(
                f"try:\n    fail()\nexcept {name} as e:\n    print(type(e) is {name}, e)"
            )
            assert printed.startswith("True")

    async def test_other_exceptions_become_runtime_errors(self, bench):
        class OwnError(Exception):
            pass

        bench.tools.error = OwnError("o")
        assert (await bench("fail()")).error.startswith("RuntimeError: OwnError: o\n  at line 1: fail()")
        bench.tools.error = UnicodeDecodeError("utf-8", b"x", 0, 1, "bad")
        assert (await bench("fail()")).error.startswith("RuntimeError: UnicodeDecodeError: ")

    async def test_a_result_that_cannot_cross_is_an_error_of_the_block(self, bench):
        async def call(name, args, kwargs):
            return "x" * (17 << 20)

        result = await bench.executor.run("echo()", names=["echo"], call=call)
        assert result.error.startswith("ValueError: the result of echo() cannot be handed to the block")

    async def test_a_large_argument_and_result_cross(self, bench):
        assert await bench.good("print(len(echo('x' * 5_000_000)))") == "5000000\n"

    async def test_a_call_after_the_end_is_refused(self, bench):
        await bench.good(
            "class Late:\n    def __del__(self, echo=echo): echo('late')\nlate = Late()\nkept = [late]"
        )
        await bench.good("def later(echo=echo):\n    return echo")
        assert await bench.good("print(later()('through an old name'))") == "through an old name\n"


class TestEnds:
    async def test_an_exception_says_where_and_what_ran(self, bench):
        result = await bench(
            "x = echo('a')\n\ndef f(n):\n    return n / 0\n\nprint('before')\nf(x and 1)\nprint('after')"
        )
        assert result.kind == "exception"
        assert not result.ok
        assert result.printed == "before\n"
        assert result.error == block("""
            ZeroDivisionError: division by zero
              at line 7: f(x and 1)
              in f(), line 4: return n / 0
            What ran before line 7 stands. Tools called already: echo('a').
            """)

    async def test_an_exception_in_the_first_statement(self, bench):
        assert (await bench("# a comment\n1 / 0")).error.endswith("Nothing ran before it.")

    async def test_causes_and_groups_are_told(self, bench):
        result = await bench("try:\n    int('x')\nexcept ValueError as e:\n    raise KeyError('k') from e")
        assert "after: ValueError: invalid literal" in result.error
        result = await bench("raise ExceptionGroup('several', [ValueError('one'), TypeError('two')])")
        assert "in it: ValueError: one" in result.error
        assert "in it: TypeError: two" in result.error

    async def test_a_function_of_an_earlier_block_is_named(self, bench):
        await bench.good("def f():\n    return [][1]")
        result = await bench("f()")
        assert "in f(), line 2 of an earlier block: return [][1]" in result.error

    async def test_a_wrong_name_gets_a_hint(self, bench):
        assert "Did you mean echo?" in (await bench("ecko(1)")).error
        assert "Did you mean print?" in (await bench("prnt(1)")).error
        assert "read_file(path)" in (await bench("f = open")).error

    async def test_an_unknown_tool_gets_the_list(self, bench):
        error = (await bench("tools.echo(1)")).error
        assert "without `tools.`" in error
        assert "bool" not in error
        assert "There are: echo, fail, slow." in (await bench("list_files('.')")).error

    async def test_a_call_whose_arguments_do_not_fit_is_not_told_as_called(self, bench):
        bench.tools.error = TypeError("fail() was not called: missing a required argument")
        assert (await bench("fail()")).error.endswith("Nothing ran before it.")
        assert "No tool was called." in (await bench("x = 1\nfail()")).error
        assert "Tools called already: echo(int)." in (await bench("echo(1)\nfail()")).error

    async def test_a_syntax_error(self, bench):
        result = await bench("x = 1\ny = (2\nz = 3 +\n")
        assert result.kind == "syntax"
        assert result.error.startswith("SyntaxError: ")
        assert "  at line " in result.error
        assert result.error.endswith("Nothing of this block ran.")
        assert (await bench("return 1")).kind == "syntax"
        assert (await bench("x = '\0'")).kind == "syntax"

    async def test_an_unclosed_text_points_to_payloads(self, bench):
        error = (await bench('write_file("a.md", """\nabc')).error
        assert "A fence inside a string closes the block" in error
        assert 'write_file("a.md")' in error

    @pytest.mark.parametrize(
        "code", ["exit()", "quit(1)", "raise SystemExit", "import json\njson.codecs.sys.exit(3)"]
    )
    async def test_exit_ends_the_block_only(self, bench, code):
        result = await bench(code)
        assert result.kind == "exception"
        assert result.error.startswith("SystemExit: exit() ended this block at line ")
        assert "completion block" in result.error

    @pytest.mark.parametrize(
        "name", ["KeyboardInterrupt", "MemoryError", "RecursionError", "GeneratorExit", "StopIteration"]
    )
    async def test_exceptions_of_the_interpreter_are_as_others(self, bench, name):
        result = await bench(f"print(1)\nraise {name}('x')")
        assert result.kind == "exception"
        assert result.error.startswith(f"{name}: x")
        assert result.printed == "1\n"

    async def test_too_much_output_ends_the_block(self, make_bench):
        bench = make_bench(limits=BlockLimits(characters=1_000))
        result = await bench("x = 1\nfor n in range(10_000):\n    print(n)")
        assert result.kind == "output_limit"
        assert len(result.printed) == 1_000
        assert "1,000 characters" in result.error
        assert await bench.good("print(x)") == "1\n"

    async def test_output_just_within_the_limit(self, make_bench):
        bench = make_bench(limits=BlockLimits(characters=1_000))
        assert len(await bench.good("print('x' * 999)")) == 1_000

    async def test_a_lone_surrogate_does_not_leave_the_executor(self, bench):
        result = await bench("print('a\\ud800b')\nraise ValueError('\\udfff')")
        assert result.printed == "a?b\n"
        assert result.error.startswith("ValueError: ?")

    async def test_more_calls_than_a_block_may_make(self, bench):
        result = await bench("for n in range(20_000): echo(n)")
        assert "one block may make 10,000 tool calls" in result.error
        assert len(bench.tools.calls) == 10_000
        assert "others, then" in result.error


class TestMany:
    async def test_a_thousand_empty_blocks(self, bench):
        for _ in range(1_000):
            assert (await bench("")).ok

    async def test_one_block_at_a_time(self, bench):
        async def call(name, args, kwargs):
            with pytest.raises(UsageError):
                await bench("print('inner')")
            with pytest.raises(UsageError):
                await bench.executor.reset()
            return "ok"

        result = await bench.executor.run("print(echo())", names=["echo"], call=call)
        assert result.printed == "ok\n"
