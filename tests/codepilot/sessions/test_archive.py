"""The parts of codepilot-ai by which programs shorten messages themselves."""

import asyncio
import json

import pytest

from codepilot import ContextArchive, FileSession, MemoryConfig, MemoryManager
from codepilot.messages import ReplyEnd, TextDelta


def task(number, text="go"):
    return {"role": "user", "content": f"[Task {number}][USER INPUT]\n{text}"}


def reply(text):
    return {"role": "assistant", "content": text}


MESSAGES = [
    task(1, "first"),
    reply("One."),
    task(2, "second"),
    reply("Two."),
    task(3, "third"),
    reply("Three."),
]


def test_an_archive_keeps_copies_by_the_number_of_the_task():
    archive, mine = ContextArchive(), [task(1), reply("One.")]
    archive.archive(1, mine)
    mine[0]["content"] = "changed"
    archive.reveal(1)[1]["content"] = "changed"
    assert archive.reveal(1) == [task(1), reply("One.")] and archive.reveal(2) is None
    assert (archive.is_archived(1), archive.is_archived(2), archive.list_all()) == (True, False, [1])
    assert archive.token_count(1) > 0 and archive.token_count(2) == 0
    archive.clear_position(1)
    archive.clear_position(1)
    assert archive.list_all() == []


def test_what_is_kept_of_it_is_the_documented_shape_and_comes_back(tmp_path):
    manager = MemoryManager()
    kept = manager.archive_task(MESSAGES, 2, "Two was done.")
    assert [each["content"] for each in kept[2:4]] == [
        "[ARCHIVED TASK 2]\nTwo was done.",
        task(3, "third")["content"],
    ]
    assert manager.archive_task(MESSAGES, 3, "Three.")[-1]["content"] == "[ARCHIVED TASK 3]\nThree."
    with pytest.raises(ValueError, match="There is no task 9"):
        manager.archive_task(MESSAGES, 9, "x")
    session = FileSession("s", "A", tmp_path)
    session.save_extra({"memory_state": manager.serialize_state()})
    document = json.loads(session.path.read_text())
    assert document["extra"]["memory_state"]["archive"]["store"]["2"] == MESSAGES[2:4]
    again = MemoryManager()
    again.restore_state(FileSession("s", "A", tmp_path).load_extra()["memory_state"])
    assert again.archive.reveal(2) == MESSAGES[2:4] and again.archive.list_all() == [2, 3]
    again.restore_state({})
    again.restore_state({"archive": {"store": {"x": [], "4": "no list"}}})
    assert again.archive.list_all() == []


def test_how_full_the_context_is():
    manager = MemoryManager(MemoryConfig(max_context_tokens=100))
    lines = manager.build_context_stress(MESSAGES).splitlines()
    assert lines[0].startswith("Context: ") and " / 100 tokens (" in lines[0]
    assert [line.partition(":")[0] for line in lines[1:4]] == ["Task 1", "Task 2", "Task 3"]
    assert lines[3].endswith("tokens (active)")
    full = manager.build_context_stress([*MESSAGES, reply("x" * 400)])
    assert full.endswith("archive the tasks that are finished.")


class Model:
    """A provider as the runtime has it."""

    async def stream(self, request):
        assert request.max_tokens == 90 and "about to be cut" in request.messages[-1].text
        yield TextDelta("It was ")
        yield TextDelta("the clock.")
        yield ReplyEnd(reason="stop")


class Chat:
    """A provider of codepilot-ai."""

    async def chat(self, messages, system, temperature, max_tokens):
        assert messages[-1]["role"] == "user" and max_tokens == 90
        return "It was the clock."


LONG = [
    task(1, "find the cause"),
    *[reply("word " * 100) for _ in range(40)],
    task(2, "go on"),
    reply("Yes."),
]


@pytest.mark.parametrize("provider", [Model(), Chat(), None])
async def test_the_older_part_becomes_a_summary_if_there_is_too_much(provider):
    config = MemoryConfig(max_context_tokens=3_000, global_summary_max_tokens=90)
    manager = MemoryManager(config, provider)
    assert await manager.process(MESSAGES) == MESSAGES
    short = await manager.process(LONG)
    assert short[0]["content"].startswith("[GLOBAL SUMMARY]\n") and "find the cause" in short[0]["content"]
    assert ("It was the clock." in short[0]["content"]) == (provider is not None)
    assert short[-2:] == LONG[-2:] and len(short) < len(LONG) == 43
    assert await manager.process(short) == short


def test_the_settings_have_the_documented_defaults():
    config = MemoryConfig()
    assert (config.max_context_tokens, config.global_summary_threshold) == (120_000, 0.9)
    assert config.global_summary_max_tokens == 500
    assert MemoryManager(config, provider_of := Chat()).provider is provider_of
    assert asyncio.iscoroutinefunction(MemoryManager.process)
