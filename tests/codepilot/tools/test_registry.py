"""The registry: names, signatures, custom tools, events, direct calls."""

import asyncio
import builtins
import enum
import functools
import threading

import pytest

from codepilot.decision import Decision
from codepilot.errors import UsageError
from codepilot.events import Thought, ToolFinished, ToolStarted
from codepilot.ports import CallContext
from codepilot.sandbox.lint import REMOVED_BUILTINS
from codepilot.tools import ToolRegistry, ToolResult
from codepilot.tools.talk import NOBODY


def add(a: int, b: int = 2) -> int:
    """Add two numbers.

    Second paragraph.
    """
    return a + b


async def test_names_and_registration(desk):
    tools, before = desk.tools, desk.tools.names()
    with pytest.raises(
        ValueError, match=r"Tool 'find' is already registered\. Pass replace=True to override\."
    ):
        tools.register("find", add)
    for name in ("", "a b", "1x", "for", "a.b", None):
        with pytest.raises(ValueError, match="must be a Python name"):
            tools.register(name, add)
    with pytest.raises(TypeError, match="must be callable"):
        tools.register("x", 3)
    tools.register("zeta", add)
    tools.register("alpha", add)
    assert tools.names() == (*before, "zeta", "alpha")
    assert list(tools) == list(tools.names())
    assert "zeta" in tools
    assert tools.get("zeta").func is add
    assert tools.get("none") is None
    tools.remove("zeta")
    assert "zeta" not in tools
    tools.restrict(["find", "alpha", "comes_later"])
    assert tools.names() == ("find", "alpha")
    assert len(tools) == 2
    with pytest.raises(KeyError):
        await desk.call("read_file", "x")


def test_descriptions(desk):
    class Thing:
        def __call__(self, x, *rest, key=None, **more):
            """Call me."""

    desk.tools.register("add", add)
    desk.tools.register("thing", Thing())
    desk.tools.register("largest", max)
    found = {tool.name: tool for tool in desk.tools.describe()}
    assert list(found) == list(desk.tools.names())
    assert found["read_file"].signature == "read_file(path, start_line=1, end_line=None) -> str"
    assert found["write_file"].signature == (
        "write_file(path, start_line=None, end_line=None, after_line=None, mode='w', edits=None) -> str"
    )
    assert found["edit_file"].signature == "edit_file(path) -> str"
    assert found["find"].signature == (
        "find(pattern, scope='codebase', target=None, include=None, max_results=50) -> str"
    )
    assert found["done"].signature == "done(summary='Task complete.') -> str"
    assert found["read_file"].builtin
    assert all(tool.text for tool in found.values())
    assert found["add"].signature == "add(a: int, b: int = 2) -> int"
    assert found["add"].text == "Add two numbers.\n\nSecond paragraph."
    assert not found["add"].builtin
    assert found["thing"].text == "Call me."
    desk.tools.register("part", functools.partial(add, 1))
    assert (desk.tools.describe()[-1].signature, desk.tools.describe()[-1].text[:15]) == (
        "part(b: int = 2) -> int",
        "Add two numbers",
    )
    assert found["thing"].signature == "thing(x, *rest, key=None, **more)"
    assert found["largest"].signature == "largest(*args, **kwargs)"


def test_annotations_written_as_text_have_no_quotes(desk):
    def search(query: "str", limit: "int | None" = None) -> "list[str]":
        """Search."""

    desk.tools.register("search", search)
    assert desk.tools.describe()[-1].signature == "search(query: str, limit: int | None = None) -> list[str]"


def test_a_signature_is_the_same_in_every_run(desk):
    class Odd:
        def __repr__(self):
            raise ValueError("no repr")

    class Colour(enum.Enum):
        RED = "r"

    class Word(enum.StrEnum):
        A = "a"

    class Point:
        def __init__(self, x: int = 0):
            self.x = x

    def tool(
        a=object(), b=[len, print, object()], c=Odd(), d=Colour.RED, e=Word.A, f=1.5, *, g=desk.call
    ): ...  # noqa: B006, B008

    desk.tools.register("tool", tool)
    desk.tools.register("point", Point)
    shown, point = [each.signature for each in desk.tools.describe()[-2:]]
    assert shown == "tool(a=..., b=..., c=..., d=Colour.RED, e='a', f=1.5, *, g=...)"
    assert point.startswith("point(x: int = 0) -> ") and point.endswith("Point")


async def test_wrong_arguments_are_a_type_error_with_the_signature(desk):
    with pytest.raises(TypeError) as caught:
        await desk.call("read_file")
    assert str(caught.value) == (
        "read_file() was not called: missing a required argument: 'path'. "
        "Call it as read_file(path, start_line=1, end_line=None) -> str. "
        'Write it like this:\n\n```codepilot\nread_file("src/app.py")\n```'
    )
    assert desk.events == []


@pytest.mark.parametrize(
    ("args", "kwargs", "problem", "form"),
    [
        (
            ("a.py",),
            {"content": "x = 1\n"},
            "unexpected keyword argument 'content'",
            "```text filename=a.py\nx = 1\n```",
        ),
        (("a.py", "x = 1\n"), {}, "it takes no content", "```text filename=a.py\nx = 1\n```"),
        (("a.py", "x = 1\n", "w"), {}, "it takes no content", 'write_file("a.py")\n```'),
        (
            (),
            {"file_path": "a.py", "text": "x"},
            "",
            'write_file("a.py")\n```\n\n```text filename=a.py\nx\n```',
        ),
        (
            ({"path": "a.py", "content": "x"},),
            {},
            "one by one, not in a dictionary",
            'write_file("a.py")\n```\n\n```text filename=a.py',
        ),
    ],
)
async def test_content_in_the_call_is_not_called_and_shown_as_a_payload(desk, args, kwargs, problem, form):
    with pytest.raises(TypeError) as caught:
        await desk.call("write_file", *args, **kwargs)
    assert str(caught.value).startswith("write_file() was not called: ")
    assert problem in str(caught.value)
    assert form in str(caught.value)
    assert "The content goes into a block of its own" in str(caught.value)
    assert desk.events == []


async def test_an_edit_in_the_call_is_shown_as_search_and_replace(desk):
    with pytest.raises(TypeError) as caught:
        await desk.call("edit_file", "a.py", "x = 1", "x = 2")
    assert "<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE" in str(caught.value)


async def test_a_custom_tool_runs_in_a_thread_and_returns_any_value(desk):
    threads = []

    def work(path, items=()):
        threads.append(threading.current_thread())
        return {"n": len(items)}

    desk.tools.register("work", work)
    assert await desk.call("work", "a.py", items=["x" * 1_000, b"raw"]) == {"n": 2}
    assert threads != [threading.main_thread()]
    assert desk.read == []
    started, finished = desk.events
    assert (started.tool, started.label, started.builtin) == ("work", "a.py", False)
    assert started.args == {"path": "a.py", "items": ["x" * 399 + "…", "b'raw'"]}
    assert (finished.result, finished.state, finished.builtin) == ("{'n': 2}", "ok", False)
    assert finished.call_id == started.call_id
    assert finished.seconds >= 0


async def test_the_time_of_a_call_is_its_own():
    """A person who thinks for 20 s does not make a command of 1 s one of 21 s."""
    now, events = 100.0, []

    def later(seconds):
        nonlocal now
        now += seconds

    async def permit(request):
        later(20)
        return Decision(allow=True)

    async def ask(question):
        later(5)
        return "yes"

    async def work(context, path):
        later(0.5)
        await context.permit(None)
        await context.ask("sure?")
        later(0.5)
        return ToolResult("done")

    tools = ToolRegistry(monotonic=lambda: now)
    tools.register("work", work, builtin=True)
    context = CallContext(
        call_id="c1", emit=events.append, permit=permit, take_payload=lambda path: None,
        payload_paths=list, append=lambda text: None, ask=ask,
    )  # fmt: skip
    await tools.call("work", ["x"], {}, context)
    assert (events[-1].seconds, events[-1].asked) == (1.0, 25.0)


async def test_async_custom_tools_run_on_the_loop(desk):
    home = threading.current_thread()

    async def plain(x):
        await asyncio.sleep(0)
        return threading.current_thread() is home, x

    class Thing:
        async def __call__(self, x):
            return threading.current_thread() is home, x

    desk.tools.register("plain", plain)
    desk.tools.register("thing", Thing())
    desk.tools.register("wrapped", lambda x: plain(x))
    for name in ("plain", "thing", "wrapped"):
        assert await desk.call(name, 3) == (True, 3)


class Wordless(Exception):
    """One that cannot say what it is."""

    def __str__(self):
        raise ValueError("no words")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("bad"), "[boom] ERROR: ValueError: bad"),
        (SystemExit(3), "[boom] ERROR: SystemExit: 3"),
        (StopIteration(), "[boom] ERROR: RuntimeError: the function raised StopIteration"),
        (GeneratorExit(), "[boom] ERROR: RuntimeError: the function raised GeneratorExit"),
        (asyncio.CancelledError(), "[boom] ERROR: RuntimeError: the function raised CancelledError"),
        (TypeError("inside"), "[boom] ERROR: TypeError: inside"),
        (Wordless(), "[boom] ERROR: Wordless (its text cannot be shown: ValueError)"),
    ],
)
async def test_a_custom_tool_that_fails_answers_in_text(desk, error, text):
    def boom():
        raise type(error)(
            *error.args
        )  # its own keeps the frames, and all that is in them, for the tests after this one

    desk.tools.register("boom", boom)
    assert await desk.call("boom") == text
    assert desk.read == [text]
    assert desk.of(ToolFinished)[0].state == "error"


async def test_a_built_in_tool_that_breaks_answers_in_text_too(desk):
    async def broken(context, x):
        """Break."""
        raise OSError("disk on fire")

    desk.tools.register("broken", broken, builtin=True)
    assert await desk.call("broken", 1) == "[broken] ERROR: OSError: disk on fire"


async def test_results_of_built_in_tools_are_read_by_the_model(desk):
    async def tool(context, session_id, command=""):
        """A tool."""
        context.append("first")
        return ToolResult("second", "running", "running")

    desk.tools.register(
        "tool",
        tool,
        builtin=True,
        label=lambda args: f"{args['session_id']} › {args['command']}",
        terminal=lambda args: args["session_id"],
    )
    assert await desk.call("tool", "main", command="a\nb") == "second"
    assert desk.read == ["first", "second"]
    started, finished = desk.events
    assert (started.label, started.terminal, started.builtin) == ("main › a ⏎ b", "main", True)
    assert (finished.result, finished.state, finished.figure) == ("second", "running", "running")


@pytest.mark.parametrize("indirect", [False, True])
async def test_a_cancellation_that_is_the_tools_own_is_an_error_of_it(desk, indirect):
    """As of a dialogue of the program that was closed: nobody cut the call off."""

    async def talk():
        dialogue = asyncio.ensure_future(asyncio.Event().wait())
        dialogue.cancel()
        await dialogue

    desk.tools.register("talk", (lambda: talk()) if indirect else talk)
    text = "[talk] ERROR: RuntimeError: the function raised CancelledError"
    assert await desk.call("talk") == text
    assert desk.read == [text]
    finished = desk.of(ToolFinished)[0]
    assert (finished.state, finished.reason) == ("error", "")


@pytest.mark.parametrize("threaded", [False, True])
async def test_cancelling_a_call_is_told(desk, threaded):
    """A function in a thread cannot be stopped; a coroutine has ended."""
    entered, leave, home = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

    async def wait():
        entered.set()
        await asyncio.Event().wait()

    def block():
        home.call_soon_threadsafe(entered.set)
        leave.wait()

    desk.tools.register("wait", block if threaded else wait)
    task = asyncio.ensure_future(desk.call("wait"))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    leave.set()
    reason = "It was under way: what it had done until then stays"
    reason += ", and it may still be running." if threaded else "."
    assert [(e.state, e.reason) for e in desk.of(ToolFinished)] == [("aborted", reason)]
    assert desk.read == [f"[wait] Call c1 was cut off before it had a result. {reason}"]


async def test_a_replaced_tool_can_still_be_called_by_its_replacement(desk):
    desk.write("a", "x\n")
    original = desk.tools.bind("read_file", desk.context, loop=lambda loop=asyncio.get_running_loop(): loop)

    def read_file(path):
        """Only a."""
        return original(path).upper()

    desk.tools.register("read_file", read_file, replace=True)
    assert (await desk.call("read_file", "a")).startswith("[READ_FILE] 'A'")
    assert [type(event).__name__ for event in desk.events[:4]] == [
        "ToolStarted", "ToolStarted", "ToolFinished", "ToolFinished",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="call it from a thread"):
        original("a")
    with pytest.raises(KeyError):
        desk.tools.bind("none", desk.context)


def test_a_bound_tool_without_a_loop(desk):
    desk.write("a", "x\n")
    assert desk.tools.bind("read_file", desk.context)("a").startswith("[read_file] 'a' (lines 1–1 of 1)")


async def test_begin_step_tells_whoever_asked():
    registry = ToolRegistry()
    told = []
    registry.on_step(lambda: told.append(1))
    registry.begin_step()
    registry.begin_step()
    assert told == [1, 1]


async def test_think_done_and_ask_user(desk):
    assert await desk.call("think", "hm") == ""
    assert desk.read == []
    assert desk.of(Thought) == [Thought(message="hm")]
    assert await desk.call("done") == "[done] Task complete."
    assert await desk.call("done", "All good.") == "[done] All good."
    assert desk.done == ["Task complete.", "All good."]
    assert await desk.call("ask_user", "Which?") == "[ask_user] Q: Which?\n[ask_user] A: yes"
    desk.answer = None
    assert await desk.call("ask_user", "Which?") == f"[ask_user] Q: Which?\n[ask_user] A: {NOBODY}"
    assert [(each.state, each.figure) for each in desk.of(ToolFinished)[-2:]] == [
        ("ok", ""),
        ("error", "no answer"),
    ]
    assert await desk.call("ask_user", " ") == "[ask_user] ERROR: question is empty."
    assert desk.of(ToolStarted)[-1].label == ""


def test_the_default_set_with_terminals(tmp_path):
    from codepilot.agentfile import ToolConfig
    from codepilot.agentfile.loader import SETTINGS_OF_TOOLS
    from codepilot.terminal.client import HostOptions, TerminalService
    from codepilot.tools import builtin_registry
    from codepilot.workspace import FileMemory, Workspace

    def build(*tools):
        return builtin_registry(
            workspace=Workspace(tmp_path),
            memory=FileMemory(),
            terminals=TerminalService(HostOptions(work_dir=tmp_path)),
            tools=tools,
            complete=lambda summary: None,
            archive=object(),
        )

    assert build().names() == (
        *("read_file", "write_file", "edit_file", "find"),
        *("execute", "read_output", "send_input", "terminate_terminal", "run_command"),
        *("ask_user", "think", "done"),
        *("archive_context", "reveal_context", "list_archived_context"),
    )
    execute = build().get("execute")
    assert execute.label({"session_id": "main", "command": "pytest -q"}) == "main › pytest -q"
    assert execute.terminal({"session_id": "main"}) == "main"
    assert set(SETTINGS_OF_TOOLS) == set(build().names())
    listed = build(
        ToolConfig(name="execute", config={"max_output_chars": 500, "require_permission": True}),
        ToolConfig(name="run_command", config={"timeout": 5}),
    )
    context = ("archive_context", "reveal_context", "list_archived_context")
    assert listed.names() == ("execute", "run_command", "think", "done", *context)


def test_the_agent_files_list(desk):
    from codepilot.agentfile import ToolConfig

    desk.build(
        tools=(
            ToolConfig(name="read_file"),
            ToolConfig(name="find", enabled=False),
            ToolConfig(name="write_file"),
        )
    )
    assert desk.tools.names() == ("read_file", "write_file", "think", "done")


def test_a_listed_tool_that_is_not_there_takes_no_other_away(desk):
    from codepilot.agentfile import ToolConfig

    listed = [ToolConfig(name=name) for name in ("find", "archive_context")]
    desk.build(tools=[*listed, ToolConfig(name="other", enabled=False)])
    assert desk.tools.names() == ("find", "think", "done")


@pytest.mark.parametrize("allow", [True, False])
@pytest.mark.parametrize("name", ["read_file", "find", "ask_user", "think", "web_search", "find_custom"])
async def test_require_permission_holds_for_tools_that_do_not_ask_by_themselves(desk, name, allow):
    from codepilot.agentfile import ToolConfig

    desk.build(tools=[ToolConfig(name=name, config={"require_permission": True})])
    ran = []
    desk.write("a", "text\n")
    if "_" in name and name not in desk.tools:
        desk.tools.register(name, lambda query: ran.append(query) or "found")
    desk.decision = Decision(allow=allow, reason="" if allow else "not today")
    said = await desk.call(name, "a")
    (request,) = desk.asked
    assert (request.tool, request.kind, request.required, request.description) == (
        name,
        "custom",
        True,
        f"Call {name}: a",
    )
    if not allow:
        assert said == f"[{name}] Permission denied. The user says: not today."
        assert desk.of(ToolFinished)[-1].state == "denied"
        assert ran == []
    else:
        assert "denied" not in str(said)


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("name", ["write_file", "edit_file", "execute"])
async def test_what_takes_the_place_of_a_tool_that_asks_is_asked_for(desk, name, required):
    from codepilot.agentfile import ToolConfig

    config = {"require_permission": True} if required else {}
    desk.build(tools=[ToolConfig(name=name, config=config)])
    ran = []
    desk.tools.register(name, ran.append, replace=True)
    desk.decision = Decision(allow=False, reason="no")
    assert "Permission denied" in await desk.call(name, "a")
    (request,) = desk.asked
    # Where the agent file does not want the question, the mode decides.
    assert (request.tool, request.required, ran) == (name, required, [])


async def test_what_takes_the_place_of_a_command_tool_is_asked_for_with_its_command(desk):
    async def execute(context, session_id, command): ...
    async def run_command(context, command): ...

    desk.build()
    shown = lambda args: " › ".join(filter(None, (args.get("session_id"), args.get("command"))))  # noqa: E731
    desk.tools.register("execute", execute, builtin=True, label=shown)
    desk.tools.register("run_command", run_command, builtin=True, label=shown)
    desk.tools.register("execute", lambda session_id, command: "ran", replace=True)
    desk.tools.register("run_command", lambda line: "ran", replace=True)
    await desk.call("execute", "main", "rm -rf build")
    await desk.call("run_command", "ls")
    assert [(request.description, request.command) for request in desk.asked] == [
        ("Call execute: main › rm -rf build", "rm -rf build"),
        ("Call run_command: ls", ""),
    ]


def test_a_tool_that_the_agent_file_turns_off_stays_off(desk, caplog):
    from codepilot.agentfile import ToolConfig

    off = [ToolConfig(name=name, enabled=False) for name in ("deploy", "find", "think")]
    desk.build(tools=[*off, ToolConfig(name="read_file")])
    for name in ("deploy", "find", "other"):
        desk.tools.register(name, print)
    desk.tools.register("find", print, replace=True)
    assert desk.tools.names() == ("read_file", "think", "done", "other")
    assert "The agent file turns the tool deploy off (enabled: false); it is left out." in caplog.text


async def test_a_tool_without_the_setting_is_not_asked_for(desk):
    desk.write("a", "text\n")
    await desk.call("read_file", "a")
    assert desk.asked == []


async def test_require_permission_of_the_agent_file_covers_every_way_of_writing(desk):
    from codepilot.agentfile import ToolConfig

    for config, expected in (({"require_permission": True}, [True, True]), ({}, [False, False])):
        desk.asked.clear()
        desk.build(tools=(ToolConfig(name="write_file", config=config), ToolConfig(name="edit_file")))
        await desk.put("a", "x\n")
        await desk.replace("a", "<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n")
        assert [request.required for request in desk.asked] == expected
        await desk.put("a", "x\n")


def test_a_tool_cannot_hide_what_control_blocks_have_of_python():
    tools = ToolRegistry()
    missing = {*REMOVED_BUILTINS, "copyright", "credits", "license"}
    for name in (
        name for name in vars(builtins) if name.isidentifier() and name.islower() and name[0] != "_"
    ):
        if name in missing:
            tools.register(name, lambda: None)
            continue
        with pytest.raises(UsageError, match=f"hide Python's own {name} from control blocks") as caught:
            tools.register(name, lambda: None)
        assert "replace=True" in caught.value.hint
        tools.register(name, lambda: None, replace=True)
        assert name in tools
