"""Consecutive requests begin byte for byte the same, on both wires, so that a service can read them from its cache."""

import copy

import pytest

from codepilot import AsyncRuntime, EventType
from codepilot import events as e
from codepilot.script import Turn
from codepilot.testing import ModelServer

pytestmark = pytest.mark.slow


def block(code):
    return f"I look.\n```codepilot\n{code}\n```\n"


def unmarked(body):
    """A request without its cache marks, which move."""
    body = copy.deepcopy(body)
    for part in [*_parts(body.get("system")), *(p for m in body["messages"] for p in _parts(m["content"]))]:
        part.pop("cache_control", None)
    return body


def marks(body):
    parts = [*_parts(body.get("system")), *(p for m in body["messages"] for p in _parts(m["content"]))]
    return [part["text"] for part in parts if "cache_control" in part]


def _parts(content):
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
async def test_each_request_begins_as_the_one_before_but_after_a_pruning_or_a_cut(tmp_path, wire):
    steps = [Turn(text=block(f"print('{n}', 'result ' * 300)")) for n in range(24)]
    own = Turn(text="I found it.", match="about to be cut here", repeat=True)
    with ModelServer([own, *steps, Turn(text="```completion\nDone.\n```\n")]) as server:
        url = server.openai_url if wire == "openai" else server.anthropic_url
        (tmp_path / "agent.yaml").write_text(
            f"agent:\n  name: A\n  model: {{provider: {wire}, name: scripted, base_url: {url}}}\n"
            "  runtime: {work_dir: ./work, max_steps: 60}\n  memory: {max_context_tokens: 6000}\n"
        )
        async with AsyncRuntime(str(tmp_path / "agent.yaml"), use_stdin=False) as runtime:
            for event in EventType:
                runtime.hooks.clear(event)
            shortened = []
            runtime.subscribe(
                lambda stamped: (
                    shortened.append(len(server.requests))
                    if isinstance(stamped.event, e.ContextCut | e.ContextPruned)
                    else None
                )
            )
            for number in (3, 9):
                runtime.subscribe(
                    lambda stamped, number=number: (
                        runtime.send_message(f"mind the {number}")
                        if stamped.event == e.StepStarted(step=number, max_steps=60)
                        else None
                    )
                )
            assert await runtime.run("Find the cause") == "Done."
    asked = [unmarked(each.body) for each in server.requests]
    assert len({str(body.get("system") or body["messages"][0]) for body in asked}) == 1
    own_words = [n for n, each in enumerate(server.requests) if "about to be cut here" in each.user_text]
    assert own_words and shortened
    for number in range(1, len(asked)):
        if number in shortened or number - 1 in own_words:
            continue
        before, after = asked[number - 1]["messages"], asked[number]["messages"]
        same = len(before) - 1 if number in own_words else len(before)
        assert after[:same] == before[:same], number
    for each in server.requests:
        found = marks(each.body)
        if wire == "openai":
            assert found == []
            continue
        assert len(found) <= 4 and found[0] == each.body["system"][0]["text"]
        assert found[-1] == each.body["messages"][-1]["content"][-1]["text"]
        assert ("[GLOBAL SUMMARY]" in str(each.body["messages"])) == any(
            "[GLOBAL SUMMARY]" in t for t in found
        )
