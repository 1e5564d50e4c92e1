"""What a program says instead of the agent file."""

from dataclasses import replace
from pathlib import Path

import pytest

from codepilot import AsyncRuntime
from codepilot.agentfile import AgentConfig, TimeoutConfig
from codepilot.errors import UsageError
from codepilot.runtime.given import check_flags, check_options, check_text, config_of
from codepilot.sessions import FileSession, InMemorySession


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "agent.yaml"
    path.write_text(
        "agent:\n  name: T\n  model: {provider: openai, name: m}\n  runtime: {work_dir: ./work}\n"
    )
    return path


def test_the_file_decides_where_nothing_is_said(file, tmp_path):
    config = config_of(str(file), None, None)
    assert Path(config.runtime.work_dir) == tmp_path / "work"
    assert config == config_of(AgentConfig.load(file), None, None)


def test_folder_and_timeout_win_over_the_file(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    timeout = TimeoutConfig(first_word=1, between_words=2, whole_reply=3)
    config = config_of(file, "elsewhere", timeout)
    assert Path(config.runtime.work_dir) == (tmp_path / "elsewhere").resolve()
    assert config.model.timeout == timeout
    assert config.model.name == "m"


def test_a_path_in_the_configuration_of_a_program_is_a_folder_like_its_text(file, tmp_path):
    loaded = AgentConfig.load(file)
    config = replace(loaded, runtime=replace(loaded.runtime, work_dir=tmp_path))
    assert config_of(config, None, None).runtime.work_dir == str(tmp_path)


def test_what_is_no_text_is_refused():
    check_text("a task", "task")
    with pytest.raises(UsageError, match="task: expected a text, found 3"):
        check_text(3, "task")


@pytest.mark.parametrize("words", ["", "  \n"])
def test_a_blank_task_is_not_asked_of_a_model(words):
    with pytest.raises(UsageError, match="task: expected words, found none"):
        check_text(words, "task")


@pytest.mark.parametrize("name", ["first_word", "between_words", "whole_reply"])
@pytest.mark.parametrize("seconds", [0, -1, "a", True, None, float("nan")])
def test_a_timeout_that_is_not_a_time_is_refused(name, seconds):
    with pytest.raises(UsageError, match=f"timeout: expected seconds above 0 for {name}"):
        check_options((), TimeoutConfig(**{name: seconds}), None, "memory")


def test_a_providers_name_is_not_a_provider():
    with pytest.raises(UsageError, match="provider: expected a model of your own, found 'openai'"):
        check_options((), None, None, "memory", "openai")


def test_a_session_is_called_by_a_text():
    with pytest.raises(UsageError, match="session_id: expected a text, found 5"):
        check_options((), None, None, "memory", None, 5)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"clock": 3}, "clock: expected a clock, found 3."),
        ({"environment": 3}, "environment: expected a mapping of variables, found 3."),
        (
            {"environment": ["A=1"]},
            "environment: expected a mapping of variables, found an object of type list.",
        ),
    ],
)
def test_options_of_another_type_are_refused_when_they_are_given(file, option, words):
    with pytest.raises(UsageError, match=words):
        AsyncRuntime(file, provider=None, **option)


@pytest.mark.parametrize(
    ("given", "found"), [(None, "None"), (5, "5"), (b"a.yaml", "an object of type bytes")]
)
def test_an_agent_file_that_is_no_path_is_refused(given, found):
    with pytest.raises(UsageError, match=f"agent_file: expected a path or an AgentConfig, found {found}"):
        config_of(given, None, None)


NO_FOLDERS = [5, b"/tmp", "a\0b", "~nobody-of-this-name/x"]


@pytest.mark.parametrize("given", NO_FOLDERS)
def test_folders_and_files_that_are_no_paths_are_refused(file, given):
    with pytest.raises(UsageError, match="^work_dir: expected a path, found "):
        AsyncRuntime(file, work_dir=given)
    with pytest.raises(UsageError, match="^session_dir: expected a path, found "):
        FileSession("s", "T", given)
    with pytest.raises(UsageError, match="^Agent file: expected a path, found "):
        AgentConfig.load(given)
    with pytest.raises(UsageError, match="^agent_file: expected a path"):
        config_of(given, None, None)


@pytest.mark.parametrize("name", ["stream", "use_stdin", "adopt_terminals"])
def test_a_flag_is_no_text(file, name):
    with pytest.raises(UsageError, match=f"^{name}: expected True or False, found 'no'.$"):
        AsyncRuntime(file, **{name: "no"})
    check_flags(**{name: True}, other=False, none=None, one=1)


def test_a_session_is_no_class(file):
    with pytest.raises(UsageError, match="with load, save and reset, found the class InMemorySession"):
        AsyncRuntime(file, session=InMemorySession)
