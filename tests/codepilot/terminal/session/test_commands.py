"""Commands in a real bash, through a real host."""

import asyncio
import os
import random
import shlex
import shutil

import pytest

from codepilot.errors import TerminalError

pytestmark = pytest.mark.slow
GUARD = 60


@pytest.fixture
async def main(client):
    await client.open("main")

    async def run(command: str, timeout: float = GUARD):
        return await client.execute("main", command, timeout=timeout)

    return run


async def test_exactly_what_it_printed(main, work):
    result = await main("echo hi")
    assert (result.output, result.status, result.exit_code, result.cwd) == ("hi", "completed", 0, str(work))
    assert (await main("printf 'no end'")).output == "no end"
    assert (await main("printf 'a\\n\\n'")).output == "a\n"
    assert (await main("true")).output == ""
    assert (await main("# nothing")).status == "completed"


@pytest.mark.parametrize("code", [0, 1, 2, 77, 126, 255])
async def test_exit_codes(main, code):
    assert (await main(f"(exit {code})")).exit_code == code
    assert (await main("echo $?")).output == str(code)


async def test_signals_and_missing_programs(main):
    assert (await main("sh -c 'kill -TERM $$'")).exit_code == 143
    result = await main("no_such_program_here")
    assert result.exit_code == 127 and "no_such_program_here: command not found" in result.output
    assert "/files/" not in result.output


async def test_state_lives_on_at_top_level(main, work):
    await main("declare -A map=([a]=1); x='y z'; f() { echo from f; }; shopt -s nullglob; mkdir d; cd d")
    result = await main('echo ${map[a]} "$x"; f; pwd')
    assert result.output == f"1 y z\nfrom f\n{work}/d"
    assert result.cwd == f"{work}/d"


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("cat <<'EOF'\n$HOME `x` !! \\\nEOF", "$HOME `x` !! \\"),
        ("cat <<EOF\n\tindented $((1+1))\nEOF\n", "\tindented 2"),
        ("echo 'single' \"double $((2*3))\"", "single double 6"),
        ('echo wow! !! !x "!"', "wow! !! !x !"),
        ("echo one\necho two\n\necho three", "one\ntwo\nthree"),
        ("for i in 1 2; do\n  echo $i\ndone", "1\n2"),
        ("echo grüße 漢字 👋🏽 é", "grüße 漢字 👋🏽 é"),
        ("printf 'a\tb\tc\\n'", "a\tb\tc"),
        ("echo a \\\n  b", "a b"),
        ("echo '\x1b[31mred\x1b[0m'", "red"),
        ("echo !(x)", "!(x)"),
        ("printf '\\xff\\xfe ok\\n'", "\ufffd\ufffd ok"),
        ("printf 'nul\\0nul\\n'", "nulnul"),
        ("echo $LINENO; echo $0", None),
        ("[[ $- == *i* ]] && echo interactive", "interactive"),
        ("x=$(cat <<< 'sub'); echo $x", "sub"),
        ("echo " + "x" * 9000, "x" * 9000),
        ("echo 50% \r", None),
    ],
)
async def test_commands_arrive_intact(main, command, output):
    if "!(" in command:
        await main("shopt -s extglob; rm -f *")
    result = await main(command)
    assert result.status == "completed" and result.exit_code == 0
    if output is not None:
        assert result.output == output


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("if true", "unexpected end of file"),
        ("echo 'open", "unexpected EOF"),
        ("echo $(", "unexpected"),
        ("cat <<EOF\nnever closed", "here-document"),
        ("echo )", "unexpected token"),
        ("a\0b", "NUL"),
    ],
)
async def test_incomplete_commands_are_refused_before_the_shell_sees_them(main, command, message):
    result = await main(command)
    assert result.status == "refused" and message in result.output
    assert "/files/" not in result.output
    assert (await main("echo alive")).output == "alive"


async def test_a_hundred_commands_with_random_gaps(client):
    """A gap is some turns of the host."""
    await client.open("main")
    chance = random.Random(120)
    for number in range(100):
        result = await client.execute("main", f"echo tok{number}; (exit {number})", timeout=GUARD)
        assert (result.output, result.status, result.exit_code) == (f"tok{number}", "completed", number)
        for _ in range(chance.randrange(4)):
            await client.text("main")


async def test_long_output_keeps_head_and_tail(main):
    result = await main("seq 1 200000")
    assert result.status == "completed" and result.exit_code == 0 and result.truncated
    assert result.output.startswith("1\n2\n3\n") and result.output.endswith("199999\n200000")
    assert len(result.output) < 10_200
    with open(result.spool) as spool:
        assert [int(line) for line in spool] == list(range(1, 200_001))


async def test_a_forged_mark_is_output_and_nothing_else(main):
    result = await main("printf '\\e]633;D;0\\a\\e]633;D;0;0\\a'; sleep 0.3; echo end; (exit 9)")
    assert (result.output, result.exit_code, result.status) == ("end", 9, "completed")


async def test_output_of_marks_variables_changes_nothing(main):
    result = await main("set; declare -f >/dev/null; echo end")
    assert result.status == "completed" and result.output.endswith("end")
    assert (await main("env")).output.find("codepilot") == -1


async def test_the_time_is_up_and_then_the_rest_is_read(client, main):
    result = await main("echo begin; sleep 0.6; echo end; (exit 4)", timeout=0.3)
    assert (result.output, result.status, result.exit_code) == ("begin", "running", None)
    result = await client.read("main", timeout=GUARD)
    assert (result.output, result.status, result.exit_code) == ("end", "completed", 4)
    result = await client.read("main", timeout=GUARD)
    assert (result.output, result.status) == ("", "completed")


async def test_a_busy_terminal_is_never_typed_into(client, main):
    await main("cat > got", timeout=0.1)
    result = await main("echo never", timeout=0.2)
    assert result.status == "busy" and result.waits_for == "cat > got"
    await client.send("main", "\x04", timeout=GUARD)
    assert (await main("cat got")).output == ""


async def test_commands_given_at_once_run_one_after_the_other(client, main):
    results = await asyncio.gather(*(main(f"echo {n}; sleep 0.02; echo {n}") for n in range(5)))
    assert [result.output for result in results] == [f"{n}\n{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("read x", "input to bash"),
        ("cat", "input to cat"),
        ("read -s -p 'Password: ' x", "a password"),
        ("python3 -c 'input(\"Proceed? [y/N] \")'", "yes or no"),
        ("sh -c 'read y'", "input to sh"),
    ],
)
async def test_waiting_for_input_is_seen(client, main, command, wanted):
    result = await main(command)
    assert result.status == "waiting" and wanted in result.waits_for, result
    result = await client.send("main", "y\r\x04", timeout=GUARD)
    if result.status != "completed":
        await client.interrupt("main")
        assert (await client.read("main", timeout=GUARD)).status == "completed"
    assert (await main("echo on")).output == "on"


async def test_a_conversation_with_a_program(client, main):
    result = await main("python3 -q -i")
    assert result.status == "waiting" and result.output.endswith(">>> ")
    result = await client.send("main", "6*7\r", timeout=GUARD)
    assert "42" in result.output and result.status == "waiting"
    result = await client.send("main", "exit(5)\r", timeout=GUARD)
    assert (result.status, result.exit_code) == ("completed", 5)


async def test_silent_work_is_not_waiting(client, main, work):
    """Longer than it takes to see that a program waits: first a pipeline, then a program alone."""
    sleeps = "import os, select, time\nwhile not os.path.exists('{}'): time.sleep(0.02)"
    first, second = (shlex.join(["python3", "-c", sleeps.format(name)]) for name in ("one", "two"))
    assert (await main(f"{first} | cat; {second}", timeout=0.7)).status == "running"
    (work / "one").touch()
    assert (await client.read("main", timeout=0.7)).status == "running"
    (work / "two").touch()
    assert (await client.read("main", timeout=GUARD)).status == "completed"


@pytest.mark.skipif(shutil.which("less") is None, reason="no less")
async def test_a_pager(client, main):
    result = await main("seq 1 500 | less")
    assert result.status == "waiting" and "pager" in result.waits_for
    assert "full-screen" in result.note and result.output.startswith("1\n2\n3")
    result = await client.send("main", "q", timeout=GUARD)
    assert (result.status, result.exit_code, result.output) == ("completed", 0, "")


@pytest.mark.skipif(shutil.which("vim") is None, reason="no vim")
async def test_a_full_screen_editor(client, main, work):
    result = await main("vim -u NONE note.txt")
    assert result.status == "waiting" and "full-screen" in result.waits_for
    result = await client.send("main", "ihello vim", timeout=1)
    assert "hello vim" in result.output
    await client.send("main", keys=["escape"], timeout=1)
    result = await client.send("main", ":wq\r", timeout=GUARD)
    assert result.status == "completed" and result.exit_code == 0
    assert (work / "note.txt").read_text() == "hello vim\n"


async def test_much_input_to_a_program_that_does_not_read(client, main):
    await main("sleep 60", timeout=0.1)
    await client.write("main", b"x" * 100_000)
    await client.write("main", b"line\n" * 20_000)
    result = await client.send("main", "\x03", timeout=GUARD)
    assert (result.status, result.exit_code) == ("completed", 130)
    assert (await main("echo alive")).output == "alive"


async def test_interrupt_ends_what_ignores_it(client, main):
    await main("trap '' INT; sh -c 'trap \"\" INT; sleep 60; true'", timeout=0.2)
    await client.interrupt("main")
    result = await client.read("main", timeout=GUARD)
    assert result.status == "completed" and "SIGTERM" in result.note
    assert (await main("echo alive")).output == "alive"


async def test_a_half_typed_line_is_not_part_of_the_command(client, main):
    await main("true")
    await client.write("main", b"touch ran #")
    assert (await main("echo safe")).output == "safe"


@pytest.mark.parametrize("mode", ["emacs", "vi"])
async def test_a_half_typed_line_is_dropped_where_the_shell_ignores_the_interrupt(client, main, mode):
    """Found by use: no ^C reaches the line editor then, and the terminal was busy for good."""
    await main(f"set -o {mode}; trap '' INT")
    await client.write("main", b"touch ran #")
    assert (await main("echo safe")).output == "safe"
    assert (await main("ls ran 2>/dev/null; echo none")).output == "none"


async def test_a_half_typed_line_that_cannot_be_dropped_is_told_as_such(client, main):
    await main("trap '' INT; bind -m emacs-standard -r '\\e[633~'")
    await client.write("main", b"touch ran #")
    result = await client.execute("main", "echo safe", timeout=4)
    assert (result.status, result.waits_for) == ("busy", "a half-typed line at the prompt")
    assert "does not drop it at ^C; the command was not given" in result.note


async def test_what_somebody_types_is_a_command_too(client, main):
    await main("true")
    result = await client.send("main", "echo typed; (exit 6)\r", timeout=GUARD)
    assert (result.output, result.exit_code) == ("typed", 6)
    (info,) = await client.list()
    assert info.command == "echo typed; (exit 6)"


async def test_output_of_background_jobs_can_be_read(client, main):
    await main("(sleep 0.2; echo late) &")
    text = ""
    while "late" not in text:
        text += (await client.read("main", timeout=1)).output


async def test_the_shell_ends_and_a_new_one_is_started(client, main, work):
    await main("cd /; x=1")
    result = await main("echo bye; exit 3")
    assert (result.output, result.status, result.exit_code) == ("bye", "exited", 3)
    result = await main("echo $x; pwd")
    assert result.output == f"\n{work}" and "new shell" in result.note and "exit code 3" in result.note


async def test_the_shell_is_killed(client, main):
    result = await main("kill -9 $$")
    assert (result.status, result.exit_code) == ("exited", 137)
    assert "signal 9" in result.note
    assert (await main("echo alive")).output == "alive"


async def test_shell_options_leave_no_traces_in_results(main):
    await main("set -x")
    assert (await main("echo hi")).output.lstrip("+") == " echo hi\nhi"
    await main("set +x; set -u")
    assert (await main("echo ${nothing:-ok}")).output == "ok"
    await main("set +u; set -e")
    assert (await main("true")).exit_code == 0
    await main("set +e")
    assert (await main("exec 5>&1 >/dev/null; echo gone; exec >&5 5>&-; echo back")).output == "back"


@pytest.mark.parametrize("gone", ["exec 2>/dev/null", "exec >/dev/null 2>&1", "exec 2>errors"])
async def test_a_shell_that_sends_its_errors_elsewhere_goes_on(main, gone):
    for command, code in ((gone, 0), ("(exit 3)", 3), ("true", 0), ("exec >/dev/tty 2>&1", 0)):
        result = await main(command)
        assert (command, result.status, result.exit_code) == (command, "completed", code)
    result = await main("echo back; ls /not/there")
    assert result.output.startswith("back\n") and "/not/there" in result.output
    assert "633" not in result.output


async def test_prompt_commands_of_the_person_keep_working(client, home):
    (home / ".bashrc").write_text(
        "PS1='old> '\nlast=0\n_mine() { last=$?; PS1='new> '; }\nPROMPT_COMMAND=_mine\n"
    )
    await client.open("mine")
    await client.execute("mine", "(exit 7)", timeout=GUARD)
    assert (await client.execute("mine", "echo $last", timeout=GUARD)).output == "7"
    while not (await client.text("mine")).rstrip().endswith("7\nnew>"):
        await asyncio.sleep(0.01)


async def test_the_screen_shows_the_command_and_not_how_it_was_given(client, main):
    await main("echo one\necho two")
    await main("false")
    while not (text := await client.text("main")).endswith("$ false\n$"):
        await asyncio.sleep(0.01)
    assert text.strip() == "$ echo one\necho two\none\ntwo\n$ false\n$"


async def test_secrets_and_sockets_stay_out_of_the_shell(main):
    text = (await main("env; set")).output
    assert "s3cret" not in text and "host.sock" not in text


async def test_files_made_by_commands_have_the_usual_mode(main, work):
    await main("umask 022; touch made")
    mask = os.umask(0)
    os.umask(mask)
    assert (await main("umask 0077; umask")).output == "0077"
    assert (work / "made").stat().st_mode & 0o777 == 0o644


async def test_the_umask_is_that_of_the_embedding_program(client):
    mask = os.umask(0)
    os.umask(mask)
    await client.open("other")
    assert int((await client.execute("other", "umask", timeout=GUARD)).output, 8) == mask


async def test_the_person_holds_the_keyboard(client, main):
    await main("true")
    await client.set_owner("main", "person")
    result = await main("echo no", timeout=0.1)
    assert (result.status, result.waits_for) == ("busy", "the person")
    waiting = asyncio.create_task(main("echo yes"))
    await client.set_owner("main", "free")
    assert (await waiting).output == "yes"


async def test_single_programs(client, work):
    await client.open("py", argv=["python3", "-q", "-i"])
    result = await client.send("py", "print(1+1)\r", timeout=GUARD)
    assert "2" in result.output
    result = await client.execute("py", "3+4", timeout=GUARD)
    assert (result.output, result.exit_code) == ("7", None) and "inferred" in result.note
    with pytest.raises(TerminalError, match="not found"):
        await client.open("nothing", argv=["no_such_program"])


async def test_one_shot_processes(client, work):
    name, result = await client.run("echo out; echo err >&2; exit 5", timeout=GUARD)
    assert (result.output, result.status, result.exit_code) == ("out\nerr", "completed", 5)
    name, result = await client.run("echo begun; sleep 60", timeout=0.3)
    assert (result.output, result.status) == ("begun", "running")
    assert (await client.terminate(name)).exit_code is not None
    name, result = await client.run(["printf", "%s", "a b"], cwd=work, timeout=GUARD)
    assert result.output == "a b"
    name, result = await client.run("sleep 0.2; echo done", timeout=0, background=True)
    assert result.status == "running"
    assert (await client.read(name, timeout=GUARD)).output == "done"


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a b", "x" * 65, "\x1b[2J", "-rf"])
async def test_names_are_plain(client, name):
    with pytest.raises(TerminalError):
        await client.open(name)


async def test_folders_with_odd_names(client, work):
    odd = work / "a;b 'c' \\ ü"
    odd.mkdir()
    await client.open("main")
    result = await client.execute("main", f"cd {shlex.quote(str(odd))}", timeout=GUARD)
    assert result.cwd == str(odd)
    with pytest.raises(TerminalError, match="not a folder"):
        await client.open("other", cwd=work / "missing")


async def test_a_cancelled_call_interrupts_its_command_and_no_other(client, main):
    started = asyncio.Event()
    client.on_event(lambda event: event.state == "busy" and started.set())
    call = asyncio.create_task(main("sleep 60"))
    await asyncio.wait_for(started.wait(), GUARD)
    waiting = asyncio.create_task(main("echo never"))
    await client.list()
    waiting.cancel()
    await client.list()
    (info,) = await client.list()
    assert info.state == "busy"
    call.cancel()
    result = await client.read("main", timeout=GUARD)
    assert (result.status, result.exit_code) == ("completed", 130)
    started.clear()
    call = asyncio.create_task(client.run("sleep 60", timeout=GUARD))
    await asyncio.wait_for(started.wait(), GUARD)
    call.cancel()
    assert (await client.read("run-1", timeout=GUARD)).exit_code == 130


async def test_the_start_of_the_shell_takes_nothing_from_the_command(client, home):
    (home / ".bashrc").write_text("PS1='$ '\nsleep 11\n")
    await client.open("slow")
    result = await client.execute("slow", "echo here; sleep 0.2", timeout=0.5)
    assert (result.status, result.output) == ("completed", "here")


async def test_start_up_files_that_ask_are_told_as_such(client, home):
    (home / ".bashrc").write_text("PS1='$ '\nread -p 'Unlock the key? ' answer\n")
    await client.open("asks")
    result = await client.execute("asks", "echo here", timeout=2)
    assert (result.status, result.waits_for) == ("busy", "the shell's start")
    assert "start-up files wait for" in result.note and "Unlock the key?" in result.note
    assert "nothing was typed" in result.note and "a program" not in result.note
    await client.send("asks", "y\n", timeout=1)
    assert (await client.execute("asks", "echo here", timeout=GUARD)).output == "here"
