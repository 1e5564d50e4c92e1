"""Programs that mark nothing: given a text, judged by their silence, and said so."""

import shutil
import sys
import textwrap

import pytest

from codepilot.errors import TerminalError
from codepilot.terminal.protocol import CommandResult
from codepilot.terminal.session.unmarked import NOTE, trimmed

GUARD = 60
slow = pytest.mark.slow
SLEEPS = "import os, time; slept = any(time.sleep(0.02) for _ in iter(lambda: os.path.exists('woken'), True))"
"""Silent, until the file is there; a line without a block, so that the prompt takes it at once."""


@pytest.fixture
def opened(client):
    async def opened(*argv):
        await client.open("main", argv=argv)

        async def run(text, timeout=GUARD):
            return await client.execute("main", text, timeout=timeout)

        return run

    return opened


@slow
async def test_a_python_prompt(client, opened, work):
    run = await opened(sys.executable, "-q")
    result = await run("6 * 7")
    assert (result.output, result.status, result.exit_code, result.note) == ("42", "completed", None, NOTE)
    assert (await run("x = 'grüße 漢字'")).output == ""
    assert (await run("x")).output == "'grüße 漢字'"
    assert (await run("print('no end', end='')")).output == "no end"
    result = await run(f"{SLEEPS}; print('slept')", timeout=0.6)
    assert (result.status, result.output) == ("running", "")
    (work / "woken").touch()
    assert (await client.read("main", timeout=GUARD)).output == "slept"
    assert (await run("'y' * 300")).output == repr("y" * 300)
    result = await run("def f():\n    for i in range(2):\n        print(i)\n\n    return 3\n\nf()")
    assert result.output == "0\n1\n3"
    assert "ZeroDivisionError" in (await run("1 / 0")).output


@slow
async def test_a_question_of_it_is_not_answered_by_the_next_text(client, opened):
    run = await opened(sys.executable, "-q")
    result = await run("input('name? ')")
    assert result.status == "waiting" and "name?" in result.waits_for and result.output == "name? "
    assert (await run("never", timeout=0.1)).status == "busy"
    result = await client.send("main", "bob\r", timeout=GUARD)
    assert result.status == "completed" and result.output.endswith("'bob'")
    assert (await run("2 + 2")).output == "4"


@slow
async def test_a_text_that_goes_on_too_long_is_running_and_then_read(client, opened, work):
    run = await opened(sys.executable, "-q")
    result = await run(f"print('a'); {SLEEPS}; print('b')", timeout=0.5)
    assert (result.status, result.output, result.exit_code) == ("running", "a", None)
    (work / "woken").touch()
    result = await client.read("main", timeout=GUARD)
    assert (result.status, result.output) == ("completed", "b")
    await run("import time; time.sleep(60)", timeout=0.3)
    await client.interrupt("main")
    result = await client.read("main", timeout=GUARD)
    assert result.status == "completed" and "KeyboardInterrupt" in result.output
    assert (await run("3")).output == "3"


@slow
async def test_input_that_is_no_text_and_back_again(client, opened):
    run = await opened(sys.executable, "-q")
    await run("1")
    result = await client.send("main", "5 + 5\r", timeout=GUARD)
    assert "10" in result.output and result.status == "waiting"
    assert (await run("6")).output == "6"


@slow
async def test_the_end_of_the_program(client, opened):
    run = await opened(sys.executable, "-q")
    result = await run("exit(4)")
    assert (result.status, result.exit_code) == ("exited", 4)
    assert (await run("1")).status == "exited"


@slow
@pytest.mark.parametrize("argv", [("bash", "--norc"), ("zsh", "-f"), ("dash",), ("fish", "--no-config")])
async def test_a_shell_as_an_unknown_program(client, opened, argv):
    if shutil.which(argv[0]) is None:
        pytest.skip(f"no {argv[0]}")
    run = await opened(*argv)
    result = await run("echo hi")
    assert (result.output, result.status, result.exit_code) == ("hi", "completed", None)
    assert (await run("cd /; sleep 0.5; pwd")).output == "/"
    assert (await run("false")).status == "completed"
    assert (await run("echo one\necho two")).output == "one\ntwo"
    assert (await run("sleep 60", timeout=0.3)).status == "running"
    assert (await run("echo never", timeout=0.1)).status == "busy"


@slow
async def test_a_program_without_a_prompt(client, opened):
    run = await opened("cat")
    assert (await run("hello")).output == "hello"
    assert (await run("two\nlines")).output == "two\nlines"


@slow
async def test_a_program_that_always_polls(client, opened, work):
    """As ssh does: that it waits says nothing, so its prompt and its silence are what counts."""
    (work / "relay.py").write_text(
        textwrap.dedent(
            """
            import os, pty, select
            pid, master = pty.fork()
            if pid == 0:
                os.execlp("sh", "sh", "-c", "PS1='far$ ' exec sh -i")
            import termios, tty
            tty.setraw(0)
            while True:
                for fd in select.select([0, master], [], [])[0]:
                    data = os.read(fd, 4096)
                    if not data:
                        raise SystemExit
                    os.write(master if fd == 0 else 1, data)
            """
        )
    )
    run = await opened(sys.executable, "relay.py")
    result = await run("echo hi")
    assert (result.output, result.status) == ("hi", "completed")
    assert (await run("sleep 1.5; echo late")).output == "late"


@slow
async def test_one_shot_tabs_take_nothing(client):
    name, _ = await client.run("true", timeout=GUARD)
    with pytest.raises(TerminalError, match="single command"):
        await client.execute(name, "echo", timeout=1)


@pytest.mark.parametrize(
    ("output", "text", "prompt", "left"),
    [
        ("1+1\n2\n>>> ", "1+1", ">>> ", "2"),
        ("print(1)\n1\n>>> ", "print(1)", ">>> ", "1"),
        ("echo a\na$ ", "echo a", "$ ", "a"),
        ("x\nIn [2]: ", "x", "In [1]: ", ""),
        ("two\ntwo\nlines\nlines", "two\nlines", "", "two\nlines"),
        ("for i in y:\n...     i\n... \n0\n1\n>>> ", "for i in y:\n    i", ">>> ", "0\n1"),
        ("cd /\nroot@far:/# ", "cd /", "root@far:~# ", ""),
        ("quiet\nquiet", "loud", "", "quiet\nquiet"),
    ],
)
def test_echo_and_prompt_are_left_out(output, text, prompt, left):
    result = trimmed(CommandResult(output=output, status="completed"), text, prompt)
    assert (result.output, result.note) == (left, NOTE)
