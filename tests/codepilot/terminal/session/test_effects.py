"""What programs ask for beyond their screen, and what they are told of the viewer, through a real host."""

import asyncio

import pytest

from codepilot.terminal.client import TerminalClient

pytestmark = pytest.mark.slow
GUARD = 60


async def until(holds):
    async with asyncio.timeout(GUARD):
        while not holds():
            await asyncio.sleep(0.005)


async def test_bell_clipboard_and_notice_are_told_to_every_client(client):
    events = []
    client.on_event(events.append)
    await client.open("main")
    await client.execute(
        "main", r"printf '\a\e]52;c;aGVsbG8=\a\e]52;p;c2VsZWN0ZWQ=\a\e]9;done\a'", timeout=GUARD
    )
    wanted = {
        ("bell", "", False),
        ("clipboard", "hello", False),
        ("clipboard", "selected", True),
        ("notice", "done", False),
    }
    await until(lambda: wanted <= {(event.kind, event.detail, event.primary) for event in events})
    assert {event.name for event in events if event.kind == "clipboard"} == {"main"}


async def test_a_program_that_asks_for_the_clipboard_hears_nothing(client):
    await client.open("main")
    result = await client.execute(
        "main",
        r"printf '\e]52;c;aGk=\a\e]52;c;?\a\e[5n'; read -rsd n -t 10 answer; echo ${#answer}",
        timeout=GUARD,
    )
    assert result.output.endswith("3"), "the status report alone: ESC [ 0"


async def test_a_frame_that_is_never_ended_is_shown_all_the_same(client):
    updates = []
    await client.open("main")
    await client.watch("main", updates.append)
    await client.execute("main", r"printf '\e[?2026h\e[H\e[2Jforgotten'; read -t 3 x", timeout=0.1)
    await until(lambda: any("forgotten" in row.text for update in updates for row in update.rows.values()))
    await client.interrupt("main")


async def test_the_directory_a_program_tells_reaches_the_viewer(client):
    updates = []
    await client.open("main")
    await client.watch("main", updates.append)
    await client.execute("main", r"printf '\e]7;file:///srv/www\a'", timeout=GUARD)
    await until(lambda: updates and updates[-1].directory == "/srv/www")


ASK = r"""stty -echo; printf '\e]11;?\a'; IFS= read -rsd $'\a' -t 10 answer; stty echo; echo "${answer:1}" """


async def test_colours_of_the_theme_are_told_in_old_and_new_terminals(client):
    await client.open("old")
    await client.set_default_colours((10, 20, 30), (250, 251, 252))
    await client.open("new")
    for name in ("old", "new"):
        result = await client.execute(name, ASK, timeout=GUARD)
        assert result.output == "]11;rgb:fafa/fbfb/fcfc"
    await client.set_default_colours((10, 20, 30), (0, 1, 2))
    assert (await client.execute("old", ASK, timeout=GUARD)).output == "]11;rgb:0000/0101/0202"


async def test_a_new_shell_finds_the_screen_in_order(client: TerminalClient):
    updates = []
    await client.open("main")
    await client.watch("main", updates.append)
    await client.execute(
        "main", r"printf '\e[?1049h\e[?1003h\e[?25l\e[2;4r\e[>1u'; kill -9 $$", timeout=GUARD
    )
    result = await client.execute("main", "echo alive", timeout=GUARD)
    assert result.output == "alive"
    await until(lambda: not updates[-1].modes.alternate and updates[-1].modes.mouse == "off")
    assert updates[-1].cursor.visible


async def test_a_listener_that_fails_costs_no_connection(client):
    failures, updates = [], []
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: failures.append(context["exception"])
    )

    def fails(update):
        raise KeyError("of the listener")

    await client.open("main")
    await client.watch("main", fails)
    await client.watch("main", updates.append)
    await client.execute("main", "echo words", timeout=GUARD)
    await until(lambda: any("words" in row.text for update in updates for row in update.rows.values()))
    assert client.alive and {str(error) for error in failures} == {"'of the listener'"}
