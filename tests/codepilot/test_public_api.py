"""The names, signatures, keywords, attributes and values that programs written for codepilot-ai rely on."""

import inspect
import os
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

import codepilot
from codepilot import (
    AgentConfig,
    AgentFile,
    AsyncBaseSession,
    AsyncDatabaseSession,
    AsyncRuntime,
    BaseSession,
    DatabaseSession,
    EventType,
    FileSession,
    HookSystem,
    InMemorySession,
    Runtime,
    create_session,
)
from codepilot.agentfile import ToolConfig
from codepilot.errors import (
    AgentFileError,
    AgentFileNotFound,
    CodepilotError,
    MissingKey,
    SessionError,
    UsageError,
    WorkspaceError,
)

DOCUMENTED = {
    "0.2.1": (
        "Runtime AgentConfig AgentFile InMemorySession FileSession BaseSession create_session EventType HookSystem"
        " on_think on_tool_call on_tool_result on_ask_user on_permission_request on_finish on_user_message_queued"
        " on_user_message_injected"
    ),
    "0.9.2": "AsyncRuntime AsyncBaseSession DatabaseSession AsyncDatabaseSession MemoryManager MemoryConfig ContextArchive"
    " on_stream on_runtime_error",
}

EVENTS = [
    "START",
    "STEP",
    "THINK",
    "STREAM",
    "TOOL_CALL",
    "TOOL_RESULT",
    "ASK_USER",
    "PERMISSION_REQUEST",
    "SECURITY_ERROR",
    "RUNTIME_ERROR",
    "FINISH",
    "MAX_STEPS",
    "USER_MESSAGE_QUEUED",
    "USER_MESSAGE_INJECTED",
    "SESSION_RESET",
]

LOCAL = (
    "agent:\n  name: Backend Engineer\n  model: {provider: ollama, name: m}\n  runtime: {work_dir: ./work}\n"
)
"""A local server needs no key, and nothing asks it before the first task."""


ALWAYS = ("think", "done", "archive_context", "reveal_context", "list_archived_context")
"""Tools that are there whatever a file lists."""


@pytest.fixture
def agent_file(tmp_path):
    path = tmp_path / "agent.yaml"
    path.write_text(LOCAL)
    return path


def with_model(path, model):
    path.write_text(f"agent:\n  name: A\n  model: {model}\n")
    return path


@pytest.mark.parametrize("version", DOCUMENTED)
def test_every_documented_name_is_there(version):
    for name in DOCUMENTED[version].split():
        assert getattr(codepilot, name) is not None
        assert name in codepilot.__all__


@pytest.mark.parametrize("kind", [Runtime, AsyncRuntime])
def test_the_constructor_takes_the_documented_parameters_in_their_order(kind):
    parameters = list(inspect.signature(kind).parameters.values())[:7]
    assert [p.name for p in parameters] == [
        "agent_file",
        "session",
        "session_id",
        "session_dir",
        "stream",
        "db_url",
        "db",
    ]
    assert [p.default for p in parameters[1:]] == ["memory", None, None, False, None, None]
    assert all(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)


@pytest.mark.parametrize("kind", [Runtime, AsyncRuntime])
def test_all_parameters_work_by_position_and_by_name(kind, agent_file, tmp_path):
    by_position = kind(str(agent_file), "file", "my id", tmp_path / "kept", True)
    by_name = kind(
        agent_file=str(agent_file),
        session="file",
        session_id="my id",
        session_dir=tmp_path / "kept",
        stream=True,
        db_url=None,
        db=None,
    )
    for made in (by_position, by_name):
        assert made.session.session_id == "my id"
        assert made.session.path.parent == tmp_path / "kept" and made.session.path.name.startswith("my_id~")


@pytest.mark.parametrize("kind", [Runtime, AsyncRuntime])
def test_attributes_of_a_new_runtime(kind, agent_file):
    runtime = kind(agent_file)
    assert runtime.messages == []
    assert isinstance(runtime.session, InMemorySession)
    assert runtime.session.session_id == "backend-engineer"
    assert isinstance(runtime.hooks, HookSystem)
    assert isinstance(runtime.config, AgentConfig)
    assert runtime.config.name == "Backend Engineer"
    assert (runtime.provider.name, runtime.provider.model) == ("ollama", "m")
    assert "write_file" in runtime.registry
    assert runtime.last_outcome is None
    assert runtime.running is False
    assert runtime.mode is None
    assert runtime.work_dir == agent_file.parent / "work"


@pytest.mark.parametrize("kind", [Runtime, AsyncRuntime])
@pytest.mark.parametrize("mode", ["auto", "yolo", "other"])
def test_a_mode_that_is_not_there_is_refused(kind, mode, agent_file):
    with pytest.raises(UsageError, match=f"Mode {mode} is not available yet|There is no mode 'other'"):
        kind(agent_file, mode=mode)
    runtime = kind(agent_file, mode="ask")
    with pytest.raises(UsageError, match=mode):
        runtime.mode = mode
    assert runtime.mode == "ask"
    runtime.mode = "plan"
    assert runtime.mode == "plan"


@pytest.mark.parametrize("kind", [Runtime, AsyncRuntime])
def test_a_tool_that_the_program_registers_later_may_be_listed(kind, agent_file):
    agent_file.write_text(LOCAL + "  tools: [find, web_search, archive_context]\n")
    runtime = kind(agent_file)
    assert len(runtime.config.warnings) == 1
    assert "there is no tool web_search; " in runtime.config.warnings[0]
    runtime.register_tool("web_search", lambda query: query)
    assert runtime.registry.names() == ("find", *ALWAYS, "web_search")


@pytest.mark.parametrize("kind", [Runtime, AsyncRuntime])
def test_a_tool_that_is_not_there_is_told_once_whether_a_file_or_the_program_lists_it(
    kind, agent_file, caplog
):
    agent_file.write_text(LOCAL + "  tools: [find, web_search]\n")
    config = AgentConfig.load(agent_file)
    kind(replace(config, tools=(*config.tools, ToolConfig(name="exceute"), ToolConfig(name="web"))))
    said = [record.getMessage() for record in caplog.records if "no tool" in record.getMessage()]
    assert [text.partition("no tool ")[2].partition(";")[0] for text in said] == [
        "web_search",
        "exceute",
        "web",
    ]


@pytest.mark.parametrize("kind", [Runtime, AsyncRuntime])
def test_the_default_tools_are_all_those_of_both_versions(kind, agent_file):
    assert set(kind(agent_file).registry.names()) >= {
        *("read_file", "write_file", "edit_file", "find"),
        *("execute", "read_output", "send_input", "terminate_terminal", "run_command"),
        *("ask_user", *ALWAYS),
    }


def test_listed_tools_are_the_only_ones_but_think_and_done(agent_file):
    agent_file.write_text(
        LOCAL + "  tools:\n    - {name: write_file, enabled: true, config: {require_permission: false}}\n"
        "    - {name: read_file, enabled: false}\n    - name: run_command\n      config: {timeout: 60}\n"
    )
    assert set(Runtime(agent_file).registry.names()) == {"write_file", "run_command", *ALWAYS}


@pytest.mark.parametrize("kind", [Runtime, AsyncRuntime])
def test_the_methods_are_there_on_both_faces(kind):
    for name in ("run", "send_message", "abort", "reset", "register_tool", "_append_execution", "close"):
        assert callable(getattr(kind, name))
    documented = ["self", "name", "func", "replace"]
    assert list(inspect.signature(kind.register_tool).parameters)[:4] == documented
    assert inspect.signature(kind.register_tool).parameters["effect"].kind == inspect.Parameter.KEYWORD_ONLY
    assert inspect.signature(kind.register_tool).parameters["replace"].default is False


def test_run_is_a_coroutine_on_the_async_face_only():
    assert inspect.iscoroutinefunction(AsyncRuntime.run)
    assert inspect.iscoroutinefunction(AsyncRuntime.areset)
    assert not inspect.iscoroutinefunction(Runtime.run)


@pytest.mark.parametrize("kind", [Runtime, AsyncRuntime])
def test_a_tool_is_registered_once_unless_it_replaces(kind, agent_file):
    runtime = kind(agent_file)
    runtime.register_tool("web_search", lambda query: None)
    with pytest.raises(ValueError) as caught:
        runtime.register_tool("web_search", lambda query: None)
    assert str(caught.value) == "Tool 'web_search' is already registered. Pass replace=True to override."
    with pytest.raises(ValueError, match="already registered"):
        runtime.register_tool("run_command", lambda command: None)
    runtime.register_tool("run_command", lambda command: None, replace=True)
    runtime.register_tool("web_search", lambda query: None, True)
    assert "web_search" in runtime.registry


def test_the_docstring_of_a_tool_goes_into_the_prompt(agent_file):
    runtime = AsyncRuntime(agent_file)

    def web_search(query: str, count: int = 3):
        """
        Look things up in the outside world.
        Good for release notes.
        """

    runtime.register_tool("web_search", web_search)
    prompt = runtime._agent.system_prompt()
    assert "web_search(query: str, count: int = 3)" in prompt
    assert "Look things up in the outside world." in prompt
    assert "Good for release notes." in prompt


# -- errors of the construction ----------------------------------------------------------------------------------


def test_a_missing_agent_file_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        Runtime(str(tmp_path / "no.yaml"))
    assert str(caught.value) == f"AgentFile not found: {tmp_path / 'no.yaml'}"
    assert isinstance(caught.value, AgentFileNotFound)
    assert isinstance(caught.value, ValueError)


def test_a_relative_path_is_named_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AgentFileNotFound, match=str(tmp_path / "no.yaml")):
        Runtime("no.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "agent: [",
        "agent:\n  name: A\n",
        "agent:\n  name: A\n  model: {provider: ollama, name: m, max_tokens: 0}\n",
        "agent:\n  name: A\n  model: {provider: ollama, name: m}\n  runtime: {max_steps: 0}\n",
    ],
)
def test_a_broken_agent_file_is_a_value_error(agent_file, text):
    agent_file.write_text(text)
    with pytest.raises(ValueError) as caught:
        Runtime(agent_file)
    assert isinstance(caught.value, AgentFileError)
    assert str(agent_file) in str(caught.value)


@pytest.mark.parametrize(
    ("provider", "variable"),
    [("anthropic", "ANTHROPIC_API_KEY"), ("openai", "MY_KEY"), ("together", "TOGETHER_API_KEY")],
)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_or_empty_key_is_an_environment_error(agent_file, provider, variable, value, monkeypatch):
    if value is not None:
        monkeypatch.setenv(variable, value)
    with_model(agent_file, f"{{provider: {provider}, name: m, api_key_env: {variable}}}")
    with pytest.raises(EnvironmentError) as caught:
        Runtime(agent_file)
    assert isinstance(caught.value, MissingKey)
    assert variable in str(caught.value)
    assert variable in caught.value.hint


def test_a_key_that_stands_in_the_file_is_named_where_it_is_missed(agent_file, monkeypatch, caplog):
    monkeypatch.delenv("MY_KEY", raising=False)
    with_model(agent_file, "{provider: openai, name: m, api_key_env: MY_KEY, api_key: sk-1234}")
    with pytest.raises(MissingKey):
        Runtime(agent_file)
    (said,) = caplog.messages
    assert said.endswith("model.api_key: is not a setting here and is ignored; did you mean api_key_env?")


def test_an_unknown_provider_or_session_backend_is_a_value_error(agent_file):
    with pytest.raises(ValueError, match="papyrus"):
        Runtime(agent_file, session="papyrus")
    with pytest.raises(ValueError, match="Unknown provider 'nobody'"):
        Runtime(with_model(agent_file, "{provider: nobody, name: m}"))


@pytest.mark.parametrize("kind", [Runtime, AsyncRuntime])
def test_a_database_session_is_made_by_name_or_engine(kind, agent_file, tmp_path):
    url = f"sqlite:///{tmp_path}/kept.db"
    engine = sqlalchemy.create_engine(url)
    for options in ({"session": "db", "db_url": url}, {"session": "db", "db": engine}, {"db": engine}):
        session = kind(agent_file, session_id="mine", **options).session
        assert isinstance(session, DatabaseSession) and session.session_id == "mine"
        session.dispose()
    engine.dispose()


def test_an_asynchronous_engine_is_for_the_asynchronous_runtime(agent_file, tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/kept.db")
    assert isinstance(AsyncRuntime(agent_file, session="db", db=engine).session, AsyncDatabaseSession)
    with pytest.raises(ValueError, match="AsyncEngine belongs to an event loop") as caught:
        Runtime(agent_file, session="db", db=engine)
    assert "AsyncRuntime" in caught.value.hint


@pytest.mark.parametrize("kind", [Runtime, AsyncRuntime])
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"session": "db"}, "'db' needs a database"),
        ({"db_url": "sqlite://"}, "db_url: the session is kept in 'memory'"),
        ({"session": InMemorySession("s"), "db_url": "sqlite://"}, "db and db_url mean nothing"),
        ({"session": "db", "db_url": "no url"}, "db_url: Could not parse SQLAlchemy URL"),
        ({"session": "db", "db_url": "nobase://x/y"}, "db_url: "),
        ({"session": "db", "db_url": "sqlite://", "session_id": "x" * 256}, "at most 255 characters"),
    ],
)
def test_what_names_no_database_is_a_value_error(kind, agent_file, options, text):
    with pytest.raises(ValueError, match=text) as caught:
        kind(agent_file, **options)
    assert isinstance(caught.value, UsageError)


def test_the_errors_have_the_bases_that_programs_catch():
    for error, base in (
        (AgentFileNotFound, FileNotFoundError),
        (AgentFileNotFound, AgentFileError),
        (AgentFileError, ValueError),
        (MissingKey, EnvironmentError),
        (UsageError, ValueError),
        (WorkspaceError, PermissionError),
        (SessionError, CodepilotError),
    ):
        assert issubclass(error, base)
        assert issubclass(error, CodepilotError)


def test_the_readme_agent_file_of_the_first_version_is_read(tmp_path, monkeypatch):
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "instructions.md").write_text("Speak like a pirate.")
    (tmp_path / "agent.yaml").write_text(
        """
agent:
  name: "BackendEngineer"
  role: "Knows databases."
  system_prompt: "./prompts/instructions.md"
  model:
    provider: "anthropic"
    name: "claude-opus-4-5"
    api_key_env: "ANTHROPIC_API_KEY"
    temperature: 0.2
    max_tokens: 8096
  runtime:
    work_dir: "./workspace"
    max_steps: 30
    unsafe_mode: false
    allowed_imports: ["re", "json", "math", "datetime", "pathlib"]
  tools:
    - {name: "write_file", enabled: true, config: {require_permission: false}}
    - {name: "read_file", enabled: true}
    - {name: "run_command", enabled: true, config: {timeout: 60, require_permission: true}}
    - {name: "ask_user", enabled: true}
"""
    )
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not-a-key")
    runtime = Runtime(str(tmp_path / "agent.yaml"))
    config = runtime.config
    assert (config.name, config.role) == ("BackendEngineer", "Knows databases.")
    assert config.system_prompt == "Speak like a pirate."
    assert (config.model.temperature, config.model.max_tokens) == (0.2, 8096)
    assert config.runtime.work_dir == str(tmp_path / "workspace")
    assert config.runtime.max_steps == 30
    assert Path(config.runtime.work_dir).is_dir()
    assert config.warnings == ()
    assert runtime.session.session_id == "backendengineer"


def test_the_agent_file_may_lie_anywhere_and_paths_are_relative_to_it(tmp_path, monkeypatch):
    (tmp_path / "conf").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "conf" / "agent.yaml").write_text(LOCAL)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert Runtime("../conf/agent.yaml").work_dir == tmp_path / "conf" / "work"


def test_agent_file_is_another_name_for_agent_config():
    assert AgentFile is AgentConfig


# -- sessions ----------------------------------------------------------------------------------------------------


def test_signatures_of_the_sessions():
    def parameters(kind):
        return {name: p.default for name, p in inspect.signature(kind).parameters.items()}

    assert parameters(FileSession) == {
        "session_id": inspect.Parameter.empty,
        "agent_name": "agent",
        "session_dir": None,
    }
    assert parameters(InMemorySession) == {"session_id": "default"}
    assert parameters(create_session) == {
        "backend": "memory",
        "session_id": "default",
        "agent_name": "agent",
        "session_dir": None,
        "db_url": None,
        "engine": None,
    }
    required = inspect.Parameter.empty
    url = "sqlite:///./codepilot.db"
    assert parameters(DatabaseSession) == {
        "session_id": required,
        "agent_name": "agent",
        "db_url": url,
        "engine": None,
    }
    assert parameters(AsyncDatabaseSession) == {
        "session_id": required,
        "agent_name": "agent",
        "engine": None,
    }


def test_the_file_session_is_found_and_described_as_documented(tmp_path):
    session = FileSession(session_id="ecommerce-api", agent_name="Backend", session_dir=tmp_path)
    assert session.metadata() is None
    assert session.exists() is False
    session.save([{"role": "user", "content": "hello"}])
    again = FileSession(session_id="ecommerce-api", agent_name="", session_dir=tmp_path)
    assert again.exists() is True
    assert again.metadata()["updated_at"] >= again.metadata()["created_at"] > 0
    assert again.path == tmp_path / "ecommerce-api.json"
    assert isinstance(again.path, Path)
    (row,) = FileSession(session_id="_", agent_name="_", session_dir=tmp_path).list_sessions()
    line = f"{row['session_id']:30} {row['messages']:4} messages  updated {row['updated_at']}"
    assert line.startswith("ecommerce-api ")
    assert again.load() == [{"role": "user", "content": "hello"}]
    again.reset()
    assert not again.exists()
    assert again.load() == []


def test_the_default_folder_of_file_sessions(monkeypatch, tmp_path):
    monkeypatch.delenv("CODEPILOT_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert FileSession("x", "A").path == tmp_path / ".codepilot" / "sessions" / "x.json"


def test_an_empty_folder_lists_no_session(tmp_path):
    assert FileSession("_", "_", tmp_path / "not there").list_sessions() == []


def test_a_session_object_of_ones_own(agent_file):
    class Own(InMemorySession):
        pass

    own = Own("mine")
    own.save([{"role": "user", "content": "[Task 1][USER INPUT]\nearlier"}])
    runtime = Runtime(agent_file, session=own)
    assert runtime.session is own
    assert runtime.messages == [{"role": "user", "content": "[Task 1][USER INPUT]\nearlier"}]


def test_the_bases_of_sessions():
    assert issubclass(FileSession, BaseSession)
    assert issubclass(InMemorySession, BaseSession)
    assert {"load", "save", "reset"} <= set(dir(AsyncBaseSession))


# -- events ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVENTS)
def test_each_documented_event_is_there_with_its_value(name):
    assert EventType[name].value == name.lower()
    assert EventType(name.lower()) is EventType[name]
    assert isinstance(EventType[name], str)


def test_a_path_and_its_text_name_the_same_agent_file(agent_file):
    assert Runtime(agent_file).config == Runtime(os.fspath(agent_file)).config == AgentConfig.load(agent_file)
