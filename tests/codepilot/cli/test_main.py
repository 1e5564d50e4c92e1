"""`codepilot` alone, and mistyped."""

import subprocess
import sys

import pytest

from codepilot.cli.main import parser


def test_alone_it_shows_what_there_is(shop):
    result = shop.main()
    assert result.code == 0 and "work on one task and exit" in result.out and result.err == ""


def test_a_mistyped_command_names_the_one_that_was_meant(shop):
    result = shop.main("rum", "fix it")
    assert result.code == 2 and "there is no command 'rum'. Did you mean: codepilot run" in result.err


def test_a_word_that_is_near_nothing_lists_the_commands(shop):
    result = shop.main("frobnicate")
    assert result.code == 2 and "run" in result.err and "attach" in result.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--formt", "json", "x"), "there is no option --formt. Did you mean --format?"),
        (("run", "--max-step=3", "x", "--agnt", "a"), "Did you mean --agent?"),
        (("run", "--zzz", "x"), "there is no option --zzz. codepilot run --help lists all."),
        (("attach", "--redonly"), "Did you mean --read-only?"),
        (("run", "fix", "the", "test"), 'codepilot run "fix the test"'),
        (("attach", "a", "b", "c"), "too many words: c"),
        (
            ("run", "--", "--help me", "--agent", "a.yaml"),
            "--agent comes after --, where every word belongs to the task. Put it before --.",
        ),
        (
            ("run", "--", "fix", "--this"),
            'more than one task. Put it into quotes: codepilot run -- "fix --this"',
        ),
        (("run", "--agnt", "--", "fix"), "there is no option --agnt. Did you mean --agent?"),
    ],
)
def test_words_that_a_command_does_not_know_are_told_with_what_was_meant(shop, arguments, words):
    result = shop.main(*arguments)
    assert result.code == 2 and words in result.err


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--demo", "--allow", "all"),
        ("run", "--demo", "--allow", "all", "--format", "json"),
        ("run", "--demo", "--allow", "all", "--format", "jsonl"),
        ("terminals", "--json"),
    ],
)
def test_a_program_without_a_standard_output_says_so(shop, words):
    ended = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-P", "-m", "codepilot", *words],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.count("codepilot: The output cannot be written: it is closed.\n") == 1
    assert "Traceback" not in ended.stderr


def test_a_task_from_a_standard_input_that_is_closed_is_no_task(shop):
    ended = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-P", "-m", "codepilot", "run", "-"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr.splitlines()[0]) == (2, "codepilot: There is no task.")


def test_each_command_and_each_of_its_options_says_what_it_is_for(shop):
    listed = shop.main("--help").out.split()
    (commands,) = [each.choices for each in parser()._actions if isinstance(each.choices, dict)]
    for name, command in commands.items():
        words = " ".join(shop.main(name, "--help").out.split())
        assert name in listed and words.startswith(f"usage: codepilot {name} ")
        assert command.description
        for option in command._actions:
            assert option.help, f"{name}: {option.dest} says nothing"
            said = " ".join(option.help.replace("%%", "%").split())
            assert said in words or "%(" in said
