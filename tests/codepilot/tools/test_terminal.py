"""The terminal tools as a control block calls them, over a real host."""

import asyncio
import dataclasses
import os
import re
import signal
from pathlib import Path

import pytest

from codepilot.decision import Decision
from codepilot.ports import CallContext
from codepilot.terminal.client import HostOptions, TerminalService
from codepilot.terminal.session.processes import is_alive
from codepilot.tools.terminal import TerminalTools
from codepilot.tools.typed import key_named

pytestmark = pytest.mark.slow
GUARD = 60


class Person:
    """Who is asked for permission."""

    def __init__(self):
        self.asked = []
        self.answer = Decision(allow=True)

    async def permit(self, request):
        self.asked.append(request)
        return self.answer


@pytest.fixture
def person():
    return Person()


@pytest.fixture
def context(person):
    async def ask(question):
        return None

    return CallContext(
        call_id="c1",
        emit=lambda event: None,
        permit=person.permit,
        take_payload=lambda path: None,
        payload_paths=lambda: (),
        append=lambda text: None,
        ask=ask,
    )


@pytest.fixture
async def service(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "home" / ".bashrc").write_text("PS1='$ '\n")
    environment = {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    service = TerminalService(HostOptions(work_dir=tmp_path / "work", environment=environment))
    yield service
    await service.close()


@pytest.fixture
def opened():
    return []


@pytest.fixture
def tools(service, opened):
    return TerminalTools(service, require_permission={"execute": True}, on_new=opened.append)


async def test_a_result(tools, context, service, opened):
    result = await tools.execute(context, "main", "echo hi; (exit 2)", timeout=GUARD)
    assert re.fullmatch(
        r"\[terminal:main:cmd1\] \$ echo hi; \(exit 2\)\nhi\n"
        rf"\[status: completed \| return_code: 2 \| pid: \d+ \| cwd: {service.work_dir}\]",
        result.text,
    )
    assert (result.state, result.figure) == ("ok", "exit 2")
    result = await tools.execute(context, "main", "true", timeout=GUARD)
    assert result.text.startswith("[terminal:main:cmd2] $ true\n[status: completed | return_code: 0 |")
    assert opened == ["main"]


@pytest.mark.parametrize("timeout", ["x", -1, float("nan"), [3]])
async def test_a_timeout_that_is_no_time_is_told_and_nothing_runs(tools, context, service, timeout):
    for call in (
        tools.execute(context, "main", "touch ran", timeout=timeout),
        tools.read_output(context, "main", timeout=timeout),
        tools.send_input(context, "main", "touch ran\n", timeout=timeout),
    ):
        result = await call
        assert result.state == "error"
        assert result.text.startswith(
            f"[terminal:main] Error: timeout is {timeout!r}; it is a number of seconds"
        )
    assert not (Path(service.work_dir) / "ran").exists()


@pytest.mark.parametrize(
    ("tool", "args", "kwargs", "words"),
    [
        ("execute", ("main", ["ls", "-la"]), {}, "command must be text, not list. Write command='ls -la'."),
        ("execute", ("main", b"ls"), {}, "command must be text, not bytes."),
        ("execute", (None, "ls"), {}, "session_id must be text, not NoneType."),
        ("execute", ("main", "ls"), {"wait_for": 5}, "wait_for must be text, not int."),
        (
            "execute",
            ("main", "ls"),
            {"wait_port": "x"},
            "wait_port is 'x'; it is the number of a port, 1 to 65535",
        ),
        ("execute", ("main", "ls"), {"wait_port": 70000}, "wait_port is 70000; "),
        ("execute", ("b", "ls"), {"new_terminal": "no"}, "new_terminal must be True or False, not 'no'."),
        ("read_output", (None,), {}, "session_id must be text, not NoneType."),
        (
            "read_output",
            ("main",),
            {"wait_for": ["a"]},
            "wait_for must be text, not list. Write wait_for='a'.",
        ),
        ("read_output", ("main",), {"wait_port": True}, "wait_port is True; "),
        ("send_input", ("main", 5), {}, "text must be text, not int."),
        ("send_input", ("main",), {"keys": 5}, "keys is 5; it is a list of names"),
        ("send_input", ("main",), {"keys": [5]}, "keys is [5]; "),
        ("terminate_terminal", (5,), {}, "session_id must be text, not int."),
    ],
)
async def test_arguments_of_the_wrong_kind_are_told_before_anyone_is_asked(
    tools, context, person, opened, tool, args, kwargs, words
):
    result = await getattr(tools, tool)(context, *args, **kwargs)
    assert result.state == "error"
    assert f"Error: {words}" in result.text
    assert (person.asked, opened) == ([], [])


async def test_another_terminal(tools, context, opened):
    result = await tools.execute(context, "server", "echo x")
    assert result.text == (
        "[terminal:server] Error: session 'server' not found. Use new_terminal=True to create it."
    )
    assert result.state == "error"
    for look in (tools.read_output, tools.terminate_terminal):
        result = await look(context, "server")
        assert result.text == "[terminal:server] Error: session 'server' not found."
        assert result.state == "error"
    result = await tools.execute(context, "server", "echo x", timeout=GUARD, new_terminal=True)
    assert result.state == "ok" and opened == ["server"]
    result = await tools.execute(context, "server", "echo x", new_terminal=True)
    assert result.text == "[terminal:server] Error: session 'server' already exists."
    result = await tools.terminate_terminal(context, "server")
    assert re.fullmatch(r"\[terminal:server\] Session destroyed \(PID \d+ terminated\)\.", result.text)
    assert "not found" in (await tools.terminate_terminal(context, "server")).text
    read = await tools.read_output(context, "server", GUARD)
    assert "[It was ended with terminate_terminal.]" in read.text and "next command starts" not in read.text
    ended = "Error: session 'server' not found: it was ended with terminate_terminal."
    assert (await tools.send_input(context, "server", "x")).text == f"[terminal:server] {ended}"


async def test_a_command_that_outlasts_its_time(tools, context):
    result = await tools.execute(context, "main", "echo a; sleep 0.5; echo b", timeout=0.2)
    assert (result.state, result.figure) == ("running", "running")
    assert "a\n[status: running | pid:" in result.text
    result = await tools.read_output(context, "main", timeout=GUARD)
    assert result.text.startswith(
        "[terminal:main:cmd1] (continued output)\nb\n[status: completed | return_code: 0"
    )
    result = await tools.read_output(context, "main")
    assert result.text.startswith("[terminal:main:cmd1] (complete output: nothing new)\n[status: completed")


async def test_input(tools, context, person):
    result = await tools.execute(context, "main", "read -p 'Name: ' name; echo hello $name", timeout=GUARD)
    assert (result.state, result.figure) == ("waiting", "waits for input")
    assert "Name: \n[status: waiting | waits for: input to bash: 'Name:'" in result.text
    result = await tools.send_input(context, "main", "Ada", timeout=0.3)
    assert "no newline" in result.text and '(after input: "Ada")' in result.text
    result = await tools.send_input(context, "main", " L\n", timeout=GUARD)
    assert '(after input: " L\\n")\nhello Ada L\n[status: completed' in result.text
    request = person.asked[-1]
    assert (request.kind, request.command, request.terminal, request.tool, request.required) == (
        "input", " L\n", "main", "send_input", False,
    )  # fmt: skip
    assert request.description == "Send input to 'main':  L\\n"


@pytest.mark.parametrize("text", ["\x03", "\\x03", "C-c", "Ctrl-C", "^C"])
async def test_interrupting(tools, context, text):
    await tools.execute(context, "main", "sleep 60", timeout=0.2)
    result = await tools.send_input(context, "main", text, timeout=GUARD)
    assert "return_code: 130" in result.text and "no newline" not in result.text


async def test_a_busy_terminal(tools, context):
    await tools.execute(context, "main", "sleep 60", timeout=0.2)
    result = await tools.execute(context, "main", "ls", timeout=0.2)
    assert result.state == "error" and "[status: busy | busy with: sleep 60 |" in result.text
    assert "nothing was typed" in result.text
    assert result.reason == "main was busy with sleep 60. Nothing was typed into it."


async def test_the_person_holds_it(tools, context, service):
    await tools.execute(context, "main", "true", timeout=GUARD)
    client = await service.client()
    await client.set_owner("main", "person")
    for result in (
        await tools.execute(context, "main", "ls", timeout=0.2),
        await tools.send_input(context, "main", "ls", timeout=0.2),
    ):
        assert (result.state, result.figure) == ("error", "busy")
        assert result.reason == "You held main. Nothing was typed into it."
        assert "[status: busy | busy with: the person |" in result.text and "no newline" not in result.text
    result = await tools.terminate_terminal(context, "main")
    assert result.text == "[terminal:main] Error: the person holds this terminal; it was not ended."
    await client.set_owner("main", "free")
    assert (await tools.execute(context, "main", "true", timeout=GUARD)).figure == "exit 0"


async def test_waiting_for_a_sign(tools, context):
    result = await tools.execute(
        context, "server", "echo it is ready; sleep 60", GUARD, True, wait_for=r"is \w+"
    )
    assert result.state == "running" and "\n[Matched: 'it is ready'.]" in result.text
    result = await tools.read_output(context, "server", 0.2, wait_port=1)
    assert result.state == "running" and "Nothing listens on port 1 so far." in result.text
    result = await tools.execute(context, "main", "true", wait_for="")
    assert result.figure == "exit 0"
    assert "matches the empty text" in (await tools.execute(context, "main", "true", wait_for="x*")).text


async def test_keys_in_a_row(tools, context, person):
    await tools.execute(context, "main", "cat -v", timeout=1)
    result = await tools.send_input(context, "main", "x", 0.5, keys=["Up", "y", "enter"])
    assert '(after input: "x Up y enter")' in result.text and "x^[[Ay" in result.text
    assert person.asked[-1].command == "x Up y enter"
    result = await tools.send_input(context, "main", keys=["Entr"])
    assert result.state == "error" and "there is no key called 'Entr'" in result.text
    assert (await tools.send_input(context, "main", keys="C-d", timeout=GUARD)).figure == "exit 0"


async def test_what_the_shell_would_not_understand(tools, context):
    result = await tools.execute(context, "main", "if true; then", timeout=GUARD)
    assert (result.state, result.figure) == ("error", "syntax")
    assert "unexpected end of file" in result.text and "[status: refused" in result.text


async def test_permission(tools, context, person, service):
    person.answer = Decision(allow=False, reason="use make")
    result = await tools.execute(context, "main", "rm -rf build")
    assert result.text == "[terminal:main] Permission denied: rm -rf build. The user says: use make."
    assert result.state == "denied"
    (request,) = person.asked
    assert request.description == "Execute: rm -rf build" and request.kind == "command" and request.required
    assert (request.command, request.terminal, request.cwd) == ("rm -rf build", "main", str(service.work_dir))
    client = await service.client()
    assert await client.list() == []
    person.answer = Decision(allow=True)
    await tools.execute(context, "main", "cat", timeout=GUARD)
    person.answer = Decision(allow=False)
    result = await tools.send_input(context, "main", "x\n")
    assert result.text == "[terminal:main] Permission denied: x\n"
    assert len({request.id for request in person.asked}) == 3


class Closing(Person):
    """Closes the terminal while the question about it is open."""

    def __init__(self, service, *, another=False):
        super().__init__()
        self.service = service
        self.another = another
        """A new one of its name is opened then."""

    async def permit(self, request):
        client = await self.service.client()
        for terminal in await client.list():
            await client.terminate(terminal.name, by="person")
            if self.another:
                await client.open(terminal.name)
        return await super().permit(request)


async def test_a_terminal_that_is_closed_while_the_question_about_it_is_open(tools, context, service, opened):
    client = await service.client()
    await client.open("main")
    await client.open("web")
    closing = dataclasses.replace(context, permit=Closing(service).permit)
    result = await tools.execute(closing, "main", "pwd", timeout=GUARD)
    assert result.state != "error" and str(service.work_dir) in result.text
    assert opened == ["main"], "a new one, in the folder that was asked about"
    await client.execute("main", "cd /", timeout=GUARD)
    result = await tools.execute(closing, "main", "touch here", timeout=GUARD)
    assert (
        result.state == "error" and "was closed while the question about this command was open" in result.text
    )
    assert "Nothing was run" in result.text
    assert await client.list() == [], "another folder than the one asked about"
    await client.open("web")
    result = await tools.execute(closing, "web", "pwd", timeout=GUARD)
    assert result.state == "error" and "new_terminal=True" in result.text and "Nothing was run" in result.text


@pytest.mark.parametrize("name", ["main", "web"])
async def test_the_person_closes_the_terminal_in_which_the_command_runs(
    tools, context, service, opened, name
):
    """Found by use: it read like a crash, so that the agent would run it again."""
    running = asyncio.create_task(
        tools.execute(context, name, "echo begun; sleep 300", timeout=GUARD, new_terminal=name != "main")
    )
    async with asyncio.timeout(GUARD):
        while not opened or "begun" not in await (await service.client()).text(name):
            await asyncio.sleep(0.02)
    await (await service.client()).terminate(name, by="person")
    result = await running
    assert "[The person closed this terminal, which ended the command.]" in result.text
    assert "The shell ended" not in result.text
    assert result.reason == f"You closed {name}, which ended the command."
    assert "nothing new" in (await tools.read_output(context, name, GUARD)).text


@pytest.mark.parametrize("name", ["main", "web"])
async def test_what_is_said_of_a_terminal_that_the_person_closed(tools, context, service, name):
    """It read as if there had never been one, and what the command had written last was lost."""
    client = await service.client()
    new = name != "main"
    await tools.execute(
        context, name, "echo begun; read line; echo got $line; sleep 300", 0.5, new, wait_for="begun"
    )
    await tools.send_input(context, name, "it\n", 0)
    async with asyncio.timeout(GUARD):
        while "got it" not in await client.text(name):
            await asyncio.sleep(0.02)
    await client.terminate(name, by="person")
    missing = f"session '{name}' not found: the person closed it."
    sent = await tools.send_input(context, name, "x\n")
    assert missing in sent.text and sent.reason == f"You closed {name}."
    assert missing in (await tools.terminate_terminal(context, name)).text
    for again in (False, True):
        result = await tools.read_output(context, name, GUARD)
        assert ("got it" in result.text) is not again
        assert "status: exited" in result.text
        assert "[The person closed this terminal, which ended the command.]" in result.text
        assert "The shell ended" not in result.text
        assert result.reason == f"You closed {name}, which ended the command."
    if new:
        then = "Use new_terminal=True to create it."
        assert f"{missing} {then}" in (await tools.execute(context, name, "pwd")).text
    result = await tools.execute(context, name, "echo fresh", GUARD, new)
    assert "fresh" in result.text and ("person" not in result.text) is new
    assert "person" not in (await tools.read_output(context, name, GUARD)).text


@pytest.mark.parametrize("again", [False, True], ids=["closed", "closed and opened again"])
async def test_the_first_command_in_a_new_shell_says_that_it_is_one(tools, context, service, again):
    """Found by use: a command ran in another folder than the agent had gone to, and nothing said so."""
    client, work = await service.client(), service.work_dir
    await tools.execute(context, "main", "mkdir sub; cd sub; export A=1", GUARD)
    await client.terminate("main", by="person")
    if again:
        await client.open("main")
    result = await tools.execute(context, "main", "pwd; echo [$A]", GUARD)
    assert f"$ pwd; echo [$A]\n{work}\n[]\n[status: completed" in result.text
    change = f"The person closed the earlier terminal 'main'; this is a new shell, in {work}."
    assert f"\n[{change} The earlier one's variables and folder are gone.]" in result.text
    assert "person" not in (await tools.execute(context, "main", "pwd", GUARD)).text


async def test_a_terminal_that_has_the_name_of_a_closed_one_is_not_taken_for_it(tools, context, service):
    """Found by use: input for a command that was gone was typed at the prompt of the person's new terminal."""
    client = await service.client()
    earlier = "the person closed the earlier terminal 'web'; this is another one of that name."
    for tool, then in (("send_input", "Nothing was typed."), ("terminate_terminal", "It was not ended.")):
        await tools.execute(context, "web", "cat", 0.3, tool == "send_input")
        await client.terminate("web", by="person")
        await client.open("web")
        result = await getattr(tools, tool)(context, "web", *["touch wrong\n"] * (tool == "send_input"))
        assert result.text == f"[terminal:web] Error: {earlier} {then}"
        assert (result.state, result.reason) == ("error", "You closed web.")
    assert not (service.work_dir / "wrong").exists()
    assert "web" in [each.name for each in await client.list()]
    assert "touch right" in (await tools.send_input(context, "web", "touch right\n", GUARD)).text
    assert (service.work_dir / "right").exists()
    assert "Session destroyed" in (await tools.terminate_terminal(context, "web")).text


async def test_what_a_closed_terminal_wrote_last_is_read_also_when_its_name_is_taken(tools, context, service):
    client = await service.client()
    await tools.execute(context, "web", "echo begun; read line; echo got $line; sleep 300", 1, True)
    await tools.send_input(context, "web", "it\n", 0)
    async with asyncio.timeout(GUARD):
        while "got it" not in await client.text("web"):
            await asyncio.sleep(0.02)
    await client.terminate("web", by="person")
    await client.open("web")
    result = await tools.read_output(context, "web", GUARD)
    assert result.text.startswith("[terminal:web:cmd1] (continued output)\n") and "got it" in result.text
    assert "[The person closed this terminal, which ended the command.]" in result.text
    assert "[Another terminal of that name is open now: read it again to see that one.]" in result.text
    assert result.reason == "You closed web, which ended the command."
    result = await tools.read_output(context, "web", GUARD)
    assert "[status: idle |" in result.text and "erson" not in result.text and "nother" not in result.text
    assert ":cmd1]" not in result.text, "no command of the agent ran there"
    await client.terminate("web")
    await client.open("web")
    result = await tools.read_output(context, "web", GUARD)
    assert "[The earlier terminal 'web' is gone; this is another one of that name.]" in result.text


@pytest.mark.parametrize("another", [False, True])
async def test_a_terminal_that_is_closed_while_the_question_about_its_end_is_open(context, service, another):
    tools = TerminalTools(service, require_permission={"terminate_terminal": True})
    client = await service.client()
    await client.open("web")
    closing = dataclasses.replace(context, permit=Closing(service, another=another).permit)
    result = await tools.terminate_terminal(closing, "web")
    what = "the terminal was closed while the question about ending it was open."
    then = " Another one of that name is open; it was not ended." if another else ""
    assert result.text == f"[terminal:web] Error: {what}{then}"
    assert len(await client.list()) == another


@pytest.mark.parametrize("held", [False, True])
async def test_a_command_that_waits_in_a_terminal_that_the_person_closes(tools, context, service, held):
    """Found by use: it was told a return code of a command that was never given, and later that it had been ended."""
    client = await service.client()
    await tools.execute(context, "main", "true" if held else "sleep 300", GUARD if held else 0.2)
    await client.set_owner("main", "person" if held else "free")
    waiting = asyncio.create_task(tools.execute(context, "main", "touch ran", GUARD))
    await client.execute("main", "true", timeout=0.5)  # is behind it
    await client.terminate("main", by="person")
    result = await waiting
    assert result.text.startswith("[terminal:main:cmd2] $ touch ran\n[status: exited | pid:")
    told = "[The person closed this terminal before the command could be given; nothing of it ran.]"
    assert told in result.text and (result.state, result.figure) == ("error", "not run")
    assert result.reason == "You closed main before the command could be given."
    read = await tools.read_output(context, "main", GUARD)
    assert read.text.startswith("[terminal:main:cmd1] ") and "[The person closed this terminal" in read.text
    assert await client.list() == [] and not (service.work_dir / "ran").exists()


async def test_a_folder_that_the_person_changed_in_a_terminal_that_nobody_held(tools, context, service):
    """Found by use: the agent's command ran in another folder than its last one, and nothing said so."""
    client, work = await service.client(), service.work_dir
    await tools.execute(context, "main", "mkdir sub other; cd sub", GUARD)
    assert "The person" not in (await tools.execute(context, "main", "cd ..", GUARD)).text
    await client.write("main", b"cd other\r")
    async with asyncio.timeout(GUARD):
        while (await client.list())[0].cwd != f"{work}/other":
            await asyncio.sleep(0.02)
    result = await tools.execute(context, "main", "pwd", GUARD)
    moved = f"[The person changed this terminal's folder from {work} to {work}/other.]"
    assert moved in result.text
    assert "The person" not in (await tools.execute(context, "main", "sleep 0.5; cd ..", 0.2)).text
    await tools.read_output(context, "main", GUARD)
    assert "The person" not in (await tools.execute(context, "main", "pwd", GUARD)).text


async def test_a_new_shell_is_no_news_to_an_agent_that_ended_the_earlier_one(tools, context, service):
    await tools.execute(context, "main", "cd /", GUARD)
    await tools.terminate_terminal(context, "main")
    assert "earlier" not in (await tools.execute(context, "main", "cd /", GUARD)).text
    await tools.terminate_terminal(context, "main")
    await (await service.client()).open("main")
    result = await tools.execute(context, "main", "pwd", GUARD)
    assert "[You ended the earlier terminal 'main'; this is a new shell, in " in result.text


@pytest.mark.parametrize("hand", ["agent", "person"])
async def test_the_numbers_of_commands_go_on_whoever_ends_the_terminal(tools, context, service, hand):
    """Found by use: after its own terminate_terminal it was told of cmd0, and then of a second cmd1."""
    await tools.execute(context, "web", "sleep 300", 0.2, True)
    if hand == "agent":
        await tools.terminate_terminal(context, "web")
    else:
        await (await service.client()).terminate("web", by="person")
    assert (await tools.read_output(context, "web", GUARD)).text.startswith("[terminal:web:cmd1] ")
    again = await tools.execute(context, "web", "true", GUARD, True)
    assert again.text.startswith("[terminal:web:cmd2] $ true")
    assert (await tools.read_output(context, "web", GUARD)).text.startswith("[terminal:web:cmd2] ")


async def test_a_terminal_that_is_gone_with_nobody_named(tools, context, service):
    client = await service.client()
    await tools.execute(context, "main", "true", GUARD)
    await client.terminate("main")
    assert (
        "[The earlier terminal 'main' is gone; this is a new shell, in "
        in (await tools.execute(context, "main", "true", GUARD)).text
    )


async def test_a_terminal_at_rest_that_the_person_closed(tools, context, service):
    client = await service.client()
    await tools.execute(context, "main", "echo done", GUARD)
    await client.terminate("main", by="person")
    result = await tools.read_output(context, "main", GUARD)
    assert "[The person closed this terminal.]" in result.text and "ended the command" not in result.text
    assert "next command" not in result.text and result.reason == "You closed main."


@pytest.mark.parametrize("another", [False, True])
async def test_input_to_a_terminal_that_is_closed_while_the_question_about_it_is_open(
    tools, context, service, another
):
    """Another program than the one asked about must not get it."""
    client = await service.client()
    await client.open("web")
    closing = dataclasses.replace(context, permit=Closing(service, another=another).permit)
    result = await tools.send_input(closing, "web", "touch here\n", GUARD)
    assert result.state == "error"
    what = "the terminal was closed while the question about this input was open. Nothing was typed."
    assert f"Error: {what}" in result.text
    assert not (service.work_dir / "here").exists()


async def test_shells(tools, context):
    assert (
        "unknown shell 'tcsh'. Valid options: bash, zsh, fish, sh, dash."
        in (await tools.execute(context, "main", "ls", shell="tcsh")).text
    )
    result = await tools.execute(context, "main", "ls", shell="powershell")
    assert result.state == "error" and "Use bash" in result.text
    assert (await tools.execute(context, "main", "true", shell="bash", timeout=GUARD)).state == "ok"
    what = "session 'main' has its shell; open a new terminal for sh."
    assert what in (await tools.execute(context, "main", "true", shell="sh")).text
    result = await tools.execute(context, "plain", "echo $((1+1))", GUARD, True, "sh")
    assert "\n2\n[status: completed | return_code: 0" in result.text


async def test_long_output_names_the_file(service, context):
    tools = TerminalTools(service, max_output_chars=500)
    result = await tools.execute(context, "main", "seq 1 5000", timeout=GUARD)
    assert len(result.text) < 1000 and "\n5000\n[Output truncated at 500 chars; all of it: " in result.text
    path = re.search(r"all of it: (.*)\]", result.text)[1]
    assert Path(path).read_text().splitlines()[-1] == "5000"


async def test_a_shell_that_ended(tools, context):
    result = await tools.execute(context, "main", "exit 3", timeout=GUARD)
    assert "[status: exited | return_code: 3 |" in result.text and result.figure == "exit 3"
    assert "terminal process is dead" in (await tools.send_input(context, "main", "x\n")).text
    result = await tools.execute(context, "main", "echo back", timeout=GUARD)
    assert "back\n" in result.text and "new shell was started" in result.text


async def test_a_host_that_died(tools, context, service):
    await tools.execute(context, "main", "true", timeout=GUARD)
    client = await service.client()
    os.kill(client.host_pid, signal.SIGKILL)
    result = await tools.execute(context, "main", "echo one", timeout=GUARD)
    if result.state == "error":
        assert "host is gone" in result.text
        result = await tools.execute(context, "main", "echo one", timeout=GUARD)
    assert "one\n" in result.text and "a new one was started" in result.text


async def test_a_host_that_died_is_not_said_to_have_taken_everything_along(tools, context, service, tmp_path):
    """Found by use: "Earlier shells and what ran in them are gone", while a server that had been detached ran on."""
    start = "for how in nohup setsid; do $how sh -c 'echo $$ >> pids; exec sleep 600' > /dev/null 2>&1 & done"
    await tools.execute(context, "main", start, timeout=GUARD)
    pids = tmp_path / "work" / "pids"
    while not (pids.exists() and len(pids.read_text().split()) == 2):
        await asyncio.sleep(0.01)
    client = await service.client()
    os.kill(client.host_pid, signal.SIGKILL)
    while client.alive:
        await asyncio.sleep(0.01)
    detached = [int(pid) for pid in pids.read_text().split()]
    try:
        result = await tools.execute(context, "main", "echo one", timeout=GUARD)
        assert (
            "[Note: the terminal host is gone; a new one was started. The earlier shells are lost with their "
            "variables and folders; programs that were detached from them (nohup, setsid, disown) may still run.]"
        ) in result.text
        assert all(is_alive(pid) for pid in detached)
    finally:
        for pid in detached:
            os.kill(pid, signal.SIGKILL)


async def test_odd_names(tools, context):
    result = await tools.execute(context, "../x", "ls", new_terminal=True)
    assert result.state == "error" and "cannot name a terminal" in result.text


def test_names_of_keys():
    named = {
        "C-c": "ctrl+c", "Enter": "enter", "Up": "up", "M-x": "alt+x", "F5": "f5", "PgDn": "pagedown",
        "up": "", "y": "", "cc": "", "C-": "", "Yes": "", "ctrl-d": "ctrl+d",
        "Ctrl-C": "ctrl+c", "^z": "ctrl+z", "Alt+.": "alt+.", "BTab": "shift+tab", "S-Tab": "shift+tab", "Delete": "delete",
        "Begin": "", "No": "", "At": "", "Plus": "", "Make all": "", "C-style": "", "I+1": "",
    }  # fmt: skip
    assert {text: key_named(text) for text in named} == named
