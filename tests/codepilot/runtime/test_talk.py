"""`rewind()`: the model reads no more of what was left, and nothing of it is lost."""

import json
from dataclasses import replace

import pytest

from codepilot import AsyncRuntime, Runtime
from codepilot import events as e
from codepilot.agentfile import AgentConfig, ModelConfig, RuntimeConfig
from codepilot.errors import UsageError
from codepilot.journal.disk import SystemDisk
from codepilot.secrets import SecretBook
from codepilot.sessions.journal import JournalSession
from codepilot.testing import ModelServer, Turn

pytestmark = pytest.mark.slow
DONE = "```completion\nDone.\n```\n"


@pytest.fixture
def server():
    with ModelServer([Turn(text=DONE, repeat=True)]) as made:
        yield made


@pytest.fixture
def config(server, tmp_path):
    model = ModelConfig(provider="openai", name="scripted", base_url=server.openai_url)
    return AgentConfig(
        name="A", model=model, runtime=RuntimeConfig(work_dir=tmp_path), path=tmp_path / "a.yaml"
    )


def asked(server):
    return str(server.requests[-1].body["messages"])


async def test_a_way_back_within_a_branch_that_was_left_is_no_way_back_to_it(config, server):
    """Seen: "Rewind undone" in the chat, where the conversation went back to before a prompt of the other branch."""
    async with AsyncRuntime(config, session="journal", session_id="s", use_stdin=False) as runtime:
        for words in ("first words", "second words", "third words"):
            await runtime.run(words)
        _, second, third = (await runtime.prompts()).prompts
        left = await runtime.rewind(second.before)
        assert (await runtime.rewind(left.left)).words == ""
        await runtime.rewind(second.before)
        await runtime.run("other words")
        assert (await runtime.rewind(second.before)).words == "second words"
        assert (await runtime.rewind(third.before)).words == "third words"
        await runtime.run("again")
        assert "second words" in asked(server) and "third words" not in asked(server)


async def test_the_model_no_longer_reads_what_was_left_and_reads_it_again_after_the_way_back(config, server):
    async with AsyncRuntime(config, session="journal", session_id="s", use_stdin=False) as runtime:
        for words in ("first words", "second words"):
            await runtime.run(words)
        told = []
        runtime.subscribe(lambda stamped: told.append(stamped.event))
        first, second = (await runtime.prompts()).prompts
        assert (first.text, second.text, second.parent) == ("first words", "second words", first.record)
        rewound = await runtime.rewind(second.before)
        assert told == [rewound] and rewound.words == "second words"
        await runtime.run("other words")
        assert "first words" in asked(server) and "second words" not in asked(server)
        assert "[TASK 3]" in asked(server) or "other words" in asked(server)
        await runtime.rewind(rewound.left)
        await runtime.run("last words")
        assert "second words" in asked(server) and "other words" not in asked(server)
        assert (await runtime.prompts()).branches == 2
    async with AsyncRuntime(config, session="journal", session_id="s", use_stdin=False) as again:
        said = str(again.messages)
        assert "second words" in said and "last words" in said and "other words" not in said


async def test_words_that_wait_stay(config, server):
    async with AsyncRuntime(config, session="journal", session_id="s", use_stdin=False) as runtime:
        await runtime.run("work")
        runtime.send_message("also this")
        await runtime.rewind((await runtime.prompts()).prompts[0].before)
        assert [each.text for each in runtime.queued_messages] == ["also this"]
        assert runtime.messages == []
        await runtime.run("again")
        assert "also this" in asked(server)


async def test_the_names_of_the_blocks_are_gone(config):
    blocks = ["```codepilot\nheld = 41\n```\n", DONE, "```codepilot\nprint(held)\n```\n", DONE]
    with ModelServer(blocks) as server:
        config = replace(config, model=replace(config.model, base_url=server.openai_url))
        async with AsyncRuntime(config, session="journal", session_id="s", use_stdin=False) as runtime:
            await runtime.run("work")
            await runtime.rewind((await runtime.prompts()).prompts[0].before)
            await runtime.run("again")
            assert "NameError" in asked(server)


async def test_only_places_between_prompts_are_gone_back_to(config):
    async with AsyncRuntime(config, session="journal", session_id="s", use_stdin=False) as runtime:
        with pytest.raises(UsageError, match="cannot go on behind record 1"):
            await runtime.rewind(1)
        await runtime.run("one")
        with pytest.raises(UsageError, match="cannot go on behind record 9999"):
            await runtime.rewind(9999)
    async with AsyncRuntime(config, session="memory", use_stdin=False) as runtime:
        with pytest.raises(UsageError, match="has no journal"):
            await runtime.prompts()
        with pytest.raises(UsageError, match="has no journal"):
            await runtime.rewind(1)


def test_the_same_without_an_event_loop(config):
    runtime = Runtime(config, session="journal", session_id="s", use_stdin=False)
    runtime.run("one")
    (prompt,) = runtime.prompts().prompts
    assert isinstance(runtime.rewind(prompt.before), e.Rewound)
    assert runtime.messages == []
    runtime.close()


async def test_words_that_are_sent_just_then_do_not_spoil_the_way_back(config, server):
    """Another thread's words are recorded between the look at the last record and the rewind's own."""
    async with AsyncRuntime(config, session="journal", session_id="s", use_stdin=False) as runtime:
        await runtime.run("first words")
        (prompt,) = (await runtime.prompts()).prompts
        recorder = runtime._life._keeper

        class Sending(SecretBook):
            """What a record is looked through by: the last thing before it is written."""

            sent = False

            def replaced_in(self, value):
                if value == "first words" and not self.sent:
                    self.sent = True
                    runtime.send_message("just now")
                return super().replaced_in(value)

        recorder._secrets = Sending({})
        rewound = await runtime.rewind(prompt.before)
        lines = [json.loads(line) for line in runtime.session.path.read_bytes().splitlines()]
        (written,) = (each for each in lines if each["type"] == "rewound")
        assert written["left"] == rewound.left == written["n"] - 1
        assert lines[rewound.left - 1]["type"] == "message_queued"
        await runtime.rewind(rewound.left)
        assert "first words" in str(runtime.messages)


class Noting(SystemDisk):
    """Notes what of the journal would survive a loss of power."""

    written = safe = b""

    def write(self, handle, data):
        self.written += data
        return super().write(handle, data)

    def sync(self, handle):
        super().sync(handle)
        self.safe = self.written


async def test_a_rewind_is_durable_when_it_returns(config, server):
    disk = Noting()
    session = JournalSession("s", disk=disk)
    async with AsyncRuntime(config, session=session, use_stdin=False) as runtime:
        await runtime.run("first words")
        await runtime.rewind((await runtime.prompts()).prompts[0].before)
        assert b'"type":"rewound"' in disk.safe
