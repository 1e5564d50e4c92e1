"""What every `Toolset` holds, on the registry of built-in tools and on a bare one."""

import asyncio
import inspect

import pytest

from codepilot.decision import Decision
from codepilot.events import ToolFinished, ToolStarted
from codepilot.messages import ToolDescription
from codepilot.ports import CallContext, Toolset
from codepilot.tools import ToolRegistry, builtin_registry
from codepilot.workspace import FileMemory, Workspace


def bare(folder):
    return ToolRegistry()


def full(folder):
    return builtin_registry(
        workspace=Workspace(folder), memory=FileMemory(), terminals=None, complete=lambda summary: None
    )


@pytest.fixture(params=[bare, full])
def toolset(request, tmp_path) -> Toolset:
    tools = request.param(tmp_path)

    async def echo(context, text, times=1):
        """Say it again."""
        return text * times

    def number(value):
        """Give a number."""
        return value + 1

    tools.register("echo", echo, builtin=True)
    tools.register("number", number)
    return tools


@pytest.fixture
def call(toolset):
    events, appended = [], []

    async def permit(request):
        return Decision(allow=True)

    async def ask(question):
        return None

    context = CallContext("c1", events.append, permit, lambda path: None, lambda: (), appended.append, ask)

    async def call(name, *args, **kwargs):
        return await toolset.call(name, args, kwargs, context)

    call.events, call.appended = events, appended
    return call


def test_names_and_descriptions_agree(toolset):
    names = toolset.names()
    assert isinstance(names, tuple)
    assert [tool.name for tool in toolset.describe()] == list(names)
    builtin = [tool.builtin for tool in toolset.describe()]
    assert builtin == sorted(builtin, reverse=True)
    for tool in toolset.describe():
        assert isinstance(tool, ToolDescription)
        assert tool.signature.startswith(tool.name + "(")
        assert "context" not in tool.signature
        assert tool.text == inspect.cleandoc(tool.text) != ""


def test_descriptions_are_the_same_each_time(toolset):
    assert toolset.describe() == toolset.describe()


async def test_a_call_stands_between_its_two_events(toolset, call):
    assert await call("echo", "ab", times=2) == "abab"
    started, finished = call.events
    assert started == ToolStarted(
        call_id="c1", tool="echo", args={"text": "ab", "times": 2}, label="ab", builtin=True
    )
    assert isinstance(finished, ToolFinished)
    assert (finished.call_id, finished.tool, finished.result, finished.state) == ("c1", "echo", "abab", "ok")
    assert call.appended == ["abab"]


async def test_a_custom_value_reaches_the_block_only(toolset, call):
    assert await call("number", 41) == 42
    assert call.appended == []


async def test_errors_of_a_tool_are_text(toolset, call):
    assert (
        await call("number", "x") == '[number] ERROR: TypeError: can only concatenate str (not "int") to str'
    )
    assert call.appended == ['[number] ERROR: TypeError: can only concatenate str (not "int") to str']
    assert call.events[-1].state == "error"


async def test_unknown_tools_and_wrong_arguments_raise(toolset, call):
    with pytest.raises(KeyError):
        await call("nothing")
    with pytest.raises(TypeError, match=r"Call it as echo\(text, times=1\)"):
        await call("echo")
    with pytest.raises(TypeError):
        await call("echo", "a", wrong=1)
    assert call.events == []


async def test_begin_step_can_be_called_at_any_time(toolset, call):
    toolset.begin_step()
    await call("echo", "a")
    toolset.begin_step()


async def test_cancelling_reaches_the_tool(toolset, call):
    entered, left = asyncio.Event(), asyncio.Event()

    async def wait(context):
        """Wait."""
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    toolset.register("wait", wait, builtin=True)
    task = asyncio.ensure_future(call("wait"))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left.is_set()
    assert call.events[-1].state == "aborted"
