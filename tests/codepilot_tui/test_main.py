"""The command line of the workbench, before any screen."""

import os
import subprocess
import sys

import pytest

from codepilot_tui.__main__ import _placed, main, parser


@pytest.mark.parametrize("mode", ["auto", "yolo"])
def test_a_mode_that_needs_a_jail_is_refused(capsys, mode):
    assert main(["--mode", mode]) == 2
    said = capsys.readouterr().err
    assert f"codepilot-tui: Mode {mode} is not available yet: it needs a jail around the shells" in said
    assert "The modes are plan, ask and auto-edit." in said


def test_an_unknown_mode_is_refused(capsys):
    assert main(["--mode", "fast"]) == 2
    assert "There is no mode 'fast'." in capsys.readouterr().err


@pytest.mark.parametrize("words", [["~nobody-here/x"], ["--agent", "~nobody-here/agent.yaml"]])
def test_a_home_folder_that_there_is_not_is_an_error_of_the_command_line(capsys, words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "found no home folder for '~nobody-here'" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--demo"]])
@pytest.mark.parametrize("closed", [0, 1])
def test_without_a_terminal_it_says_so_also_where_a_stream_is_closed(words, closed):
    ended = subprocess.run(
        [sys.executable, "-m", "codepilot_tui", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: os.close(closed),
    )
    said = 'codepilot-tui needs a terminal with a screen. Without one, use: codepilot run "your task"\n'
    assert (ended.returncode, ended.stderr) == (2, said)


def test_each_option_says_what_it_is_for(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert caught.value.code == 0 and words.startswith("usage: codepilot-tui ")
    for option in parser()._actions:
        assert option.help, f"{option.dest} says nothing"
        said = " ".join(option.help.replace("%%", "%").split())
        assert said in words or "%(" in said


@pytest.mark.parametrize(
    "given", [("--max-cost", "0"), ("--max-cost", "nan"), ("--max-cost", "x"), ("--max-steps", "0")]
)
def test_a_limit_that_is_none_is_refused(given, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(given)
    assert given[0] in capsys.readouterr().err


def test_limits_are_taken(capsys):
    options = parser().parse_args(["--max-cost", "2.5", "--max-steps", "40"])
    assert (options.max_cost, options.max_steps) == (2.5, 40)
    assert parser().parse_args([]).max_cost is None


@pytest.mark.parametrize(
    ("words", "directory", "task"),
    [
        (["say hello, see a//b/"], None, "say hello, see a//b/"),
        (["."], ".", None),
        ([".", "say hello"], ".", "say hello"),
        (["no such folder", "say hello"], "no such folder", "say hello"),
        (["a folder"], "a folder", None),
        ([], None, None),
    ],
)
def test_words_that_are_no_folder_are_the_task(tmp_path, monkeypatch, words, directory, task):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a folder").mkdir()
    options = _placed(parser().parse_args(words))
    assert options.task == task
    assert (None if options.directory is None else str(options.directory)) == directory
