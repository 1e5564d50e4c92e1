"""An agent's parts, wired."""

import pytest

from codepilot import events as e
from codepilot.agentfile import AgentConfig
from codepilot.clock import SystemClock
from codepilot.errors import MissingKey, WorkspaceError
from codepilot.runtime.agent import Agent, model_of
from codepilot.runtime.given import Given

KEYS = {"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}


def given(environment=KEYS):
    return Given(
        stream=False,
        mode=None,
        allow=(),
        environment=environment,
        clock=SystemClock(),
        use_stdin=False,
        on_exit=None,
        adopt_terminals=False,
    )


@pytest.fixture
def agent(tmp_path):
    def make(runtime="work_dir: ./work", tools=""):
        path = tmp_path / "agent.yaml"
        path.write_text(
            "agent:\n  name: T\n  role: A helper.\n  model: {provider: openai, name: gpt-4o}\n"
            f"  runtime: {{{runtime}}}\n{tools}"
        )
        config = AgentConfig.load(path)
        return Agent(config, model_of(config, given()), given(), stopping=lambda: made.stopping)

    class made:
        stopping = False

    make.state = made
    return make


def test_the_prompt_names_folder_and_tools(agent, tmp_path):
    prompt = agent().system_prompt()
    assert str(tmp_path / "work") in prompt
    assert "write_file(" in prompt


def test_a_folder_that_cannot_be_made_is_named(agent, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(WorkspaceError, match="taken/work cannot be made"):
        agent("work_dir: ./taken/work")


def test_a_lost_worker_is_news_unless_a_stop_cost_nothing(agent):
    made, seen = agent(), []
    made.events.subscribe(lambda stamped: seen.append(stamped.event))
    made._worker_lost("killed", ())
    agent.state.stopping = True
    made._worker_lost("killed", ())
    made._worker_lost("killed", ("x",))
    assert seen == [e.WorkerLost(reason="killed", lost=()), e.WorkerLost(reason="killed", lost=("x",))]


def test_another_model_gets_a_loop_of_its_own(agent):
    made = agent()
    before = made.loop
    made.use_model("anthropic:claude-sonnet-4-5")
    assert made.loop is not before
    assert made.provider.model == made.config.model.name == "claude-sonnet-4-5"


def test_all_is_forgotten_and_told(agent):
    made, seen = agent(), []
    made.events.subscribe(lambda stamped: seen.append(stamped.event))
    made.conversation.add_task(1, "go")
    made.inbox.put("more")
    seen.clear()
    made.forget()
    assert made.conversation.messages == []
    assert not len(made.inbox)
    assert e.SessionCleared() in seen


def test_limits_are_those_of_the_configuration_now(agent):
    made = agent("work_dir: ./work, max_steps: 7")
    made.refresh_settings()
    assert made.loop.settings.max_steps == 7


def test_a_model_wants_its_key(tmp_path):
    path = tmp_path / "agent.yaml"
    path.write_text("agent:\n  name: T\n  model: {provider: openai, name: gpt-4o}\n")
    with pytest.raises(MissingKey):
        model_of(AgentConfig.load(path), given({}))
