"""One terminal, two hands: the agent's calls and the person's keys in a real shell."""

import asyncio
import socket

import pytest

from codepilot.errors import TerminalError

pytestmark = pytest.mark.slow
GUARD = 60


@pytest.fixture
async def main(client):
    await client.open("main")
    await client.execute("main", "true", timeout=GUARD)

    async def run(command: str, timeout: float = GUARD, **more):
        return await client.execute("main", command, timeout=timeout, **more)

    return run


@pytest.fixture
def see(client):
    """Waits for something that the host tells."""
    told = []
    changed = asyncio.Event()

    def take(event):
        told.append(event)
        changed.set()

    client.on_event(take)

    async def see(holds):
        async with asyncio.timeout(GUARD):
            while not any(holds(event) for event in told):
                changed.clear()
                await changed.wait()

    return see


async def typed(client, see, text, name="main"):
    """The person types a line, and its command has ended."""
    await client.write(name, text.encode() + b"\r")
    await see(lambda event: event.kind == "state" and event.state == "busy" and text.strip() in event.command)
    async with asyncio.timeout(GUARD):
        while next(info for info in await client.list() if info.name == name).state not in ("idle", "exited"):
            await asyncio.sleep(0)


async def info(client, name="main"):
    return next(each for each in await client.list() if each.name == name)


# -- taking and handing back --


async def test_the_agent_never_types_while_the_person_holds_the_terminal(client, main):
    await client.set_owner("main", "person")
    for result in (
        await main("echo mine", timeout=0.3),
        await client.send("main", "echo mine\r", timeout=0.3),
        await client.send("main", keys=["enter"], timeout=0.3),
    ):
        assert (result.status, result.waits_for) == ("busy", "the person")
        assert "nothing was typed" in result.note
    await client.set_owner("main", "free")
    assert "mine" not in await client.text("main")
    assert (await main("echo mine")).output == "mine"


async def test_waiting_calls_go_on_at_the_hand_back(client, main, see):
    await client.set_owner("main", "person")
    command = asyncio.create_task(main("echo one"))
    await see(lambda event: event.kind == "owner" and event.detail == "wanted")
    await client.set_owner("main", "free")
    assert (await command).output == "one"


async def test_a_new_size_while_the_person_types_does_not_bring_the_prompt_into_the_command(
    client, main, see
):
    await client.set_owner("main", "person", by_typing=True)
    await client.write("main", b"ech")
    async with asyncio.timeout(GUARD):
        while "ech" not in await client.text("main"):
            await asyncio.sleep(0)
    await client.resize("main", 53, 24)
    await typed(client, see, "o some words")
    await client.set_owner("main", "free")
    reports = await client.take_handed_back()
    assert [command.text for report in reports for command in report.commands] == ["echo some words"]


async def test_what_the_person_ran_is_told_once(client, main, see, work):
    (work / "y").mkdir()
    await client.set_owner("main", "person")
    await typed(client, see, "echo some words; (exit 2)")
    await typed(client, see, "cd y")
    assert await client.take_handed_back() == []
    await client.set_owner("main", "free")
    (report,) = await client.take_handed_back()
    first, second = report.commands
    assert (first.text, first.exit_code, first.folder, first.output) == (
        "echo some words; (exit 2)", 2, str(work), "some words",
    )  # fmt: skip
    assert (second.text, second.exit_code, report.folder, report.moved) == ("cd y", 0, f"{work}/y", True)
    assert await client.take_handed_back() == [] and await client.offered() == []


async def test_the_agents_own_calls_are_not_the_persons(client, main):
    await main("echo given")
    await client.send("main", "echo sent\r", timeout=GUARD)
    await client.set_owner("main", "person")
    await client.set_owner("main", "free")
    assert await client.take_handed_back() == [] and await client.offered() == []


async def test_taken_in_the_middle_of_a_command(client, main, see):
    command = asyncio.create_task(main("read -p 'really? ' x; echo got $x; (exit 5)"))
    await see(lambda event: event.kind == "state" and event.state == "busy")
    await client.set_owner("main", "person")
    await see(lambda event: event.kind == "state" and event.state == "waiting")
    await client.write("main", b"yes\r")
    result = await command
    assert (result.status, result.exit_code) == ("completed", 5) and "got yes" in result.output
    assert "The person typed into it" in result.note
    assert (await info(client)).owner == "person"
    await client.set_owner("main", "free")
    assert await client.take_handed_back() == []


async def test_handed_back_while_the_agents_command_runs(client, main):
    await main("sleep 30", timeout=0.2)
    await client.set_owner("main", "person")
    await client.set_owner("main", "free")
    assert (await info(client)).owner == "agent"
    result = await client.send("main", keys=["ctrl+c"], timeout=GUARD)
    assert result.exit_code == 130 and (await info(client)).owner == "free"


async def test_the_agents_result_stays_its_own_when_the_person_goes_on(client, main, see):
    await main("read x; echo got $x; (exit 7)", timeout=0.2)
    await client.set_owner("main", "person")
    await client.write("main", b"v\r")
    await see(lambda event: event.kind == "state" and event.state == "idle" and event.exit_code == 7)
    await typed(client, see, "echo theirs")
    await client.set_owner("main", "free")
    result = await client.read("main", timeout=GUARD)
    assert (result.status, result.exit_code) == ("completed", 7) and "got v" in result.output
    assert "theirs" not in result.output
    assert (await client.take_handed_back())[0].into == "read x; echo got $x; (exit 7)"
    again = await client.read("main", timeout=GUARD)
    assert "got v" not in again.output and "The person ran this, not you" in again.note


async def test_abort_works_while_the_person_holds_it(client, main):
    await main("sleep 30", timeout=0.2)
    await client.set_owner("main", "person")
    await client.interrupt("main")
    async with asyncio.timeout(GUARD):
        while (await info(client)).state != "idle":
            await asyncio.sleep(0)


async def test_a_shell_that_the_person_ended_is_not_started_under_their_hands(client, main, see):
    await client.set_owner("main", "person")
    await client.write("main", b"exit 3\r")
    await see(lambda event: event.kind == "closed")
    assert (await main("echo x", timeout=0.3)).status == "busy"
    await client.set_owner("main", "free")
    (report,) = await client.take_handed_back()
    assert [(each.text, each.exit_code) for each in report.commands] == [("exit 3", 3)]
    result = await main("echo x")
    assert result.output == "x" and "new shell was started" in result.note


async def test_answers_that_no_program_read_are_not_part_of_the_next_command(main):
    for _ in range(3):
        assert (await main("printf '\\033[c\\033[6n\\033Z'")).exit_code == 0
        result = await main("echo alive; (exit 4)")
        assert (result.output, result.exit_code) == ("alive", 4)


# -- what is offered --


async def test_what_is_run_in_a_free_terminal_is_offered(client, main, see):
    await typed(client, see, "echo free")
    await see(lambda event: event.kind == "typed" and event.count == 1)
    (report,) = await client.offered()
    assert [each.text for each in report.commands] == ["echo free"] and not report.handed_back
    assert await client.offered("other") == []
    assert await client.offered("main", take=True) == [report]
    await see(lambda event: event.kind == "typed" and event.count == 0)
    assert await client.offered() == [] and await client.take_handed_back() == []


async def test_a_terminal_that_is_ended_takes_its_offers_along(client, main, see):
    await client.set_owner("main", "person")
    await typed(client, see, "echo due")
    await client.set_owner("main", "free")
    await typed(client, see, "echo free")
    await client.terminate("main")
    await see(lambda event: event.kind == "typed" and event.count == 0)
    assert await client.offered() == []
    assert [each.text for each in (await client.take_handed_back())[0].commands] == ["echo due"]


async def test_a_hold_by_typing_gives_way_to_the_agent_at_an_empty_prompt(client, main, see):
    for _ in "a line":  # a view says so with each key until it has heard that it holds the terminal
        await client.set_owner("main", "person", by_typing=True)
    await typed(client, see, "echo typed")
    await client.write("main", b"half a li")
    assert (await main("echo agent", timeout=2)).status == "busy"
    await client.write("main", b"\x15\r")
    result = await main("echo agent")
    assert result.output == "agent"
    assert [each.text for each in (await client.offered())[0].commands] == ["echo typed"]


async def test_what_is_typed_unseen_is_not_kept(client, main, see):
    await client.set_owner("main", "person")
    await client.write("main", b"read -s -p 'Password: ' p; echo; echo done\r")
    await see(lambda event: event.kind == "state" and event.state == "waiting")
    await client.write("main", b"hunter2\r")
    await see(lambda event: event.kind == "state" and event.state == "idle" and "read" in event.command)
    await typed(client, see, " echo s3cret words")
    await client.set_owner("main", "free")
    (report,) = await client.take_handed_back()
    assert "hunter2" not in repr(report) and "s3cret" not in repr(report)
    assert report.commands[0].output.endswith("done") and "kept private" in report.commands[1].text


async def test_the_output_that_is_kept_is_short(client, main, see):
    await client.set_owner("main", "person")
    await typed(client, see, "seq 1 5000")
    await client.set_owner("main", "free")
    (command,) = (await client.take_handed_back())[0].commands
    assert len(command.output) <= 1000 and command.output.endswith("4999\n5000")


# -- signs --


async def test_waiting_for_words(client, main):
    result = await main("echo begin; echo server is up; exec sleep 30", wait_for=r"is \w+$")
    assert result.status == "running" and "server is up" in result.output
    assert "Matched: 'server is up'." in result.note
    result = await client.read("main", timeout=0.3, wait_for="is up")
    assert result.status == "running" and "has not appeared" in result.note
    await client.send("main", keys=["ctrl+c"], timeout=GUARD)


async def test_words_that_come_later_and_in_pieces(client, main):
    await main("echo is it; printf 're'; sleep 1; printf 'ady'; exec sleep 30", timeout=0.2)
    result = await client.read("main", timeout=GUARD, wait_for="ready")
    assert result.status == "running" and "Matched: 'ready'" in result.note
    await client.send("main", keys=["ctrl+c"], timeout=GUARD)


async def test_the_end_comes_first(main):
    result = await main("echo no; (exit 4)", wait_for="yes")
    assert (result.status, result.exit_code) == ("completed", 4) and "ended without 'yes'" in result.note
    result = await main("echo yes; (exit 4)", wait_for="yes")
    assert (result.status, result.exit_code) == ("completed", 4) and "Matched: 'yes'" in result.note
    result = await main("read -p 'sure? '", wait_for="yes")
    assert result.status == "waiting" and "has not appeared" in result.note


async def test_what_cannot_be_waited_for(main):
    with pytest.raises(TerminalError, match="empty text"):
        await main("true", wait_for="x*")
    with pytest.raises(TerminalError, match="not a port number"):
        await main("true", wait_port=70000)
    assert (await main("echo alive")).output == "alive"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


SERVE = (
    "python3 -c \"import socket as s; x = s.create_server(('127.0.0.1', {port})); print('up'); x.accept()\""
)


async def test_waiting_for_a_port(client, main):
    port = free_port()
    result = await main(SERVE.format(port=port), wait_port=port)
    assert result.status == "running" and f"Port {port} accepts connections." in result.note
    assert (await client.read("main", timeout=0.2)).status == "running"  # the wait was no connection
    await client.send("main", keys=["ctrl+c"], timeout=GUARD)
    result = await main("true", timeout=0.5, wait_port=port)
    assert (result.status, result.exit_code) == ("completed", 0) and "Nothing listens" in result.note
    result = await main("false", wait_port=port)
    assert result.exit_code == 1 and "Nothing listens" in result.note


async def test_a_server_in_the_background(client, main):
    port = free_port()
    result = await main(SERVE.format(port=port) + " &", wait_port=port, wait_for="up")
    assert (result.status, result.exit_code) == ("completed", 0)
    assert f"Port {port} accepts connections." in result.note and "Matched: 'up'" in result.note
    assert "up" in result.output
    assert (await main("kill %1; wait")).status == "completed"


async def test_a_port_that_somebody_else_has(main):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = await main("true", timeout=0.5, wait_port=port)
        assert "before this command already" in result.note


# -- keys --


async def test_keys_in_a_row(client, main):
    await main("cat -v", timeout=0.3)
    result = await client.send("main", "x", keys=["up", "y", "enter"], timeout=0.5)
    assert "x^[[Ay" in result.output
    assert (await client.send("main", keys=["ctrl+d"], timeout=GUARD)).exit_code == 0
