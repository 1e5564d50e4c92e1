"""The examples in the READMEs of codepilot-ai 0.2.1 and 0.9.2 run as they stand there."""

import ast
import asyncio
import inspect
import io
import json
import re
import sys
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

import codepilot
from codepilot import AgentConfig, AsyncRuntime, EventType, Runtime
from codepilot import events as e
from codepilot.testing import ModelServer, Turn

CORPUS = Path(__file__).parents[1] / "corpora" / "codepilot_ai"
FENCE = re.compile(r"^## ([^\n]*)\n\n(`{3,})(\w+)\n(.*?)^\2$", re.S | re.M)
DONE = "```completion\nDone.\n```\n"


def examples(version, language):
    """Heading and text of each example in a language."""
    text = (CORPUS / f"{version}.md").read_text(encoding="utf-8")
    return [(found[1], found[4]) for found in FENCE.finditer(text) if found[3] == language]


def is_code(text):
    """Not a list of signatures, as under "Full API surface"."""
    try:
        compile(text, "", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError:
        return False
    return True


def programs(version):
    """The examples that are programs: not the calls of a model, and not that of 0.2.1 which fails in 0.2.1 itself."""
    for number, (heading, text) in enumerate(examples(version, "python")):
        if is_code(text) and not text.startswith("execute(") and "import FastAPI" not in text:
            yield pytest.param(version, text, id=f"{version} {number} {heading}")


ALL = [*programs("0.2.1"), *programs("0.9.2")]


class Nothing:
    """What an example has from elsewhere: `slack_client` and the like."""

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **options):
        return self


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the README's own agent file, and a model that is done at once, where its provider is looked for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not-a-key")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "instructions.md").write_text("Be brief.")
    with ModelServer() as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.anthropic_url)
        server.script.add(Turn(text=DONE, repeat=True))
        yield tmp_path


def surroundings(version, engines):
    """The names that the examples of a README take for granted."""
    engine = create_async_engine("sqlite+aiosqlite:///./own.db")
    engines.append(engine)
    return {
        **{name: getattr(codepilot, name) for name in codepilot.__all__},
        "runtime": Runtime("agent.yaml"),
        "async_engine": engine,
        "DATABASE_URL": "sqlite+aiosqlite:///./application.db",
        "my_handler": lambda **_: None,
        "send_to_ui": Nothing(),
        "save_to_db": Nothing(),
        "my_search_api": Nothing(),
        "slack_client": Nothing(),
    }


@pytest.mark.slow
@pytest.mark.parametrize(("version", "text"), ALL)
def test_an_example_runs_unchanged(place, version, text, monkeypatch):
    [(_, agent_file)] = examples(version, "yaml")
    (place / "agent.yaml").write_text(agent_file, encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO("Fix it\n\nreset\nAgain\nquit\n"))
    monkeypatch.setattr(sys, "argv", ["cli.py"])
    engines = []
    names = surroundings(version, engines)
    code = compile(text, f"{version} README", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)

    async def run():
        value = eval(code, names)  # noqa: S307
        if inspect.isawaitable(value):
            await value
        for each in names.values():
            if isinstance(each, AsyncRuntime):
                await each.close()
        for engine in [*engines, names.get("engine")]:
            if engine is not None:
                await engine.dispose()

    try:
        if "input(" in text and "while True" in text:
            with pytest.raises(SystemExit) as left:
                exec(code, names)  # noqa: S102
            assert left.value.code == 0
            for engine in engines:
                asyncio.run(engine.dispose())
        else:
            asyncio.run(run())
    finally:
        for each in names.values():
            if isinstance(each, Runtime):
                each.close()


def test_the_list_of_examples_is_whole():
    assert len(ALL) == 24
    left_out = [text for _, text in examples("0.2.1", "python") if not is_code(text)]
    assert [text.partition("(")[0] for text in left_out] == [
        "Runtime",
        "FileSession",
        "InMemorySession",
        "create_session",
    ]


@pytest.mark.parametrize("version", ["0.2.1", "0.9.2"])
def test_the_agent_file_of_a_readme_has_nothing_that_is_not_known(version, tmp_path):
    [(_, text)] = examples(version, "yaml")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "instructions.md").write_text("Be brief.")
    (tmp_path / "agent.yaml").write_text(text, encoding="utf-8")
    assert AgentConfig.load(tmp_path / "agent.yaml").warnings == ()


@pytest.mark.slow
def test_what_a_session_file_holds_is_what_the_readme_shows(place):
    [(_, agent_file)] = examples("0.2.1", "yaml")
    [(_, shown)] = examples("0.2.1", "json")
    (place / "agent.yaml").write_text(agent_file, encoding="utf-8")
    with Runtime("agent.yaml", session="file", session_id="ecommerce-api", session_dir="kept") as runtime:
        runtime.run("go")
    written = json.loads((place / "kept" / "ecommerce-api.json").read_text())
    assert list(written) == list(json.loads(shown.replace("[ ... ]", "[]")))
    assert (written["session_id"], written["agent_name"]) == ("ecommerce-api", "BackendEngineer")


REPLIES = [text for _, text in examples("0.9.2", "markdown")]
CALLS = [
    f"```codepilot\n{text}```\n" for _, text in examples("0.9.2", "python") if text.startswith("execute(")
]


@pytest.mark.slow
@pytest.mark.parametrize("reply", [*REPLIES, *CALLS])
def test_a_reply_of_the_readme_is_carried_out(tmp_path, reply):
    work = tmp_path / "workspace"
    (work / "routes").mkdir(parents=True)
    (work / "tests").mkdir()
    (work / "tests" / "test_api.py").write_text("def test_it():\n    pass\n")
    (work / "config.py").write_text("TIMEOUT = 30\nRETRIES = 3\n")
    (work / "routes" / "profile.py").write_text("".join(f"line_{n} = {n}\n" for n in range(1, 61)))
    [(_, agent_file)] = examples("0.9.2", "yaml")
    look = "```codepilot\nread_file('config.py')\nread_file('routes/profile.py')\n```\n"  # "after observing exact line numbers"
    with ModelServer([Turn(text=look), Turn(text=reply), Turn(text=DONE)]) as server:
        (tmp_path / "agent.yaml").write_text(agent_file, encoding="utf-8")
        environment = {"ANTHROPIC_API_KEY": "not-a-key", "ANTHROPIC_BASE_URL": server.anthropic_url}
        with Runtime(str(tmp_path / "agent.yaml"), environment=environment, allow=("all",)) as runtime:
            for event in EventType:
                runtime.hooks.clear(event)
            seen = []
            runtime.subscribe(lambda stamped: seen.append(stamped.event))
            assert runtime.run("go") == "Done."
    assert [event for event in seen if isinstance(event, (e.RuntimeFailed, e.SecurityRefused))] == []
    assert [event.ok for event in seen if isinstance(event, e.ControlFinished)] == [True, True]
    if "TIMEOUT = 60" in reply:
        assert (work / "config.py").read_text() == "TIMEOUT = 60\nRETRIES = 3\n"
    if "multi_edit" in reply:
        lines = (work / "routes" / "profile.py").read_text().splitlines()
        assert (lines[41], lines[48], len(lines)) == (
            "# replacement for lines 42-48",
            "# replacement for line 55",
            54,
        )
