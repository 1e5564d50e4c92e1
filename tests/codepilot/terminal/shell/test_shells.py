"""The same contract for every shell with an integration, in the real programs; those that are not there are skipped."""

import asyncio
import shlex
import shutil
from dataclasses import dataclass

import pytest

from codepilot.errors import TerminalError

pytestmark = pytest.mark.slow
GUARD = 60
NONCE = "__codepilot_nonce"


@dataclass(frozen=True)
class Words:
    """How a shell says what a test needs."""

    set_x: str
    fails_with_7: str
    kill_itself: str
    open_block: str
    multi_line: str
    rc: str
    rc_text: str


POSIX = Words(
    set_x="x='y z'",
    fails_with_7="(exit 7)",
    kill_itself="kill -9 $$",
    open_block="if true; then",
    multi_line="for i in 1 2; do\n  echo $i\ndone",
    rc="",
    rc_text="",
)
WORDS = {
    "bash": Words(**{**vars(POSIX), "rc": ".bashrc", "rc_text": "PS1='$ '\nmine=yes\n"}),
    "zsh": Words(**{**vars(POSIX), "rc": ".zshrc", "rc_text": "PS1='%# '\nmine=yes\n"}),
    "fish": Words(
        set_x="set x 'y z'",
        fails_with_7="sh -c 'exit 7'",
        kill_itself="kill -9 $fish_pid",
        open_block="if true",
        multi_line="for i in 1 2\n  echo $i\nend",
        rc=".config/fish/config.fish",
        rc_text="set mine yes\nset -g fish_greeting ''\n",
    ),
    "sh": POSIX,
}


@pytest.fixture(params=list(WORDS))
def name(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"no {request.param}")
    return request.param


@pytest.fixture
def words(name):
    return WORDS[name]


@pytest.fixture
async def run(client, name, words, home):
    if words.rc:
        file = home / words.rc
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(words.rc_text)
    await client.open("main", shell=name)

    async def run(command, timeout=GUARD):
        return await client.execute("main", command, timeout=timeout)

    return run


async def test_exactly_what_it_printed_with_code_and_folder(run, words, work):
    result = await run("echo hi")
    assert (result.output, result.status, result.exit_code, result.cwd) == ("hi", "completed", 0, str(work))
    result = await run("printf 'no end'")
    assert (result.output, result.exit_code) == ("no end", 0)
    assert (await run("printf 'a\\n\\n'")).output == "a\n"
    assert (await run("true")).output == ""
    assert (await run("# nothing")).status == "completed"
    assert (await run(words.fails_with_7)).exit_code == 7
    assert (await run("sh -c 'kill -TERM $$'")).exit_code == 143
    result = await run("no_such_program_here")
    assert result.exit_code == 127 and "no_such_program_here" in result.output
    assert "/files/" not in result.output
    assert (await run(words.multi_line)).output == "1\n2"
    assert (
        await run("echo 'grüße 漢字 👋🏽 é' \"a  b\" 50% '!!' !x")
    ).output == "grüße 漢字 👋🏽 é a  b 50% !! !x"
    assert (await run("printf 'a\tb\\n'")).output == "a\tb"


async def test_state_lives_on_at_top_level(run, words, work):
    odd = work / "a;b 'c' ü"
    odd.mkdir()
    place = str(odd).replace("'", "\\'") if words is WORDS["fish"] else shlex.quote(str(odd))
    await run(words.set_x)
    result = await run(f"cd '{place}'" if words is WORDS["fish"] else f"cd {place}")
    assert result.cwd == str(odd)
    assert (await run('echo "$x"')).output == "y z"


async def test_what_it_could_not_understand_is_refused_before_it_sees_it(run, words):
    for command in (words.open_block, "echo 'open"):
        result = await run(command)
        assert result.status == "refused" and result.output and "/files/" not in result.output
    assert (await run("echo alive")).output == "alive"


@pytest.mark.parametrize("name", [name for name, words in WORDS.items() if words.rc], indirect=True)
async def test_the_start_up_files_of_the_person_are_read(run, words):
    assert (await run("echo $mine")).output == "yes"


async def test_the_nonce_is_in_no_environment_and_no_file(client, run):
    await run("true")
    text = (await run("env")).output
    assert NONCE not in text and "ZDOTDIR" not in text and "\nENV=" not in text
    assert not list((client.socket_path.parent / "files").glob("*.rc"))


async def test_what_runs_in_it_is_seen(client, run, words):
    await run("true")  # the shell has started
    result = await run("sleep 0.6; echo end", timeout=0.2)
    assert (result.status, result.output) == ("running", "")
    result = await client.read("main", timeout=GUARD)
    assert (result.status, result.output, result.exit_code) == ("completed", "end", 0)
    result = await run("read x")
    assert result.status == "waiting", result
    result = await client.send("main", "val\r", timeout=GUARD)
    assert result.status == "completed"
    assert (await run("echo $x")).output == "val"


async def test_a_half_typed_line_is_dropped(client, run):
    await run("true")
    await client.write("main", b"touch ran #")
    assert (await run("echo safe")).output == "safe"
    await client.write("main", b"x\x7f")
    assert (await run("echo safe")).output == "safe"


async def test_a_prompt_that_is_drawn_again_is_no_new_prompt(client, run):
    """A half-typed line stays one when the window changes; else the next command would be added to it."""
    await run("true")
    await client.write("main", b"touch ran #")
    for columns in (130, 140):
        await client.resize("main", columns, 40)
        await client.write("main", b" x")
    assert (await run("echo safe")).output == "safe"


async def test_what_somebody_types_is_a_command_too(client, run, words, name):
    await run("true")
    typed = f"printf '%s\\n' 'a;b\\\\c'; {words.fails_with_7}"
    said = "a;b\\c" if name == "fish" else "a;b\\\\c"
    result = await client.send("main", f"{typed}\r", timeout=GUARD)
    assert (result.output, result.exit_code, result.status) == (said, 7, "completed")
    (info,) = await client.list()
    assert info.command == typed
    # An empty line is no command.
    await client.write("main", b"\r\r")
    assert (await run("echo on")).output == "on"


async def test_what_is_typed_the_moment_a_command_ends_is_the_next_one(client, run):
    """Between the mark of the end and the prompt; its text is known, and it is never mixed with the agent's next."""
    await run("true")
    told, written = [], set()

    def take(event):
        told.append(event)
        if event.kind == "state" and event.state == "idle" and event.command.startswith("echo agent"):
            task = asyncio.ensure_future(client.write("main", b"echo theirs\r"))
            written.add(task)
            task.add_done_callback(written.discard)

    client.on_event(take)
    for number in range(8):
        told.clear()
        assert (await run(f"echo agent{number}")).output == f"agent{number}"
        async with asyncio.timeout(GUARD):
            while not any(event.state == "busy" and event.command == "echo theirs" for event in told):
                await asyncio.sleep(0.005)
        result = await run("echo after")
        assert (result.output, result.exit_code) == ("after", 0)


async def test_the_screen_shows_the_command_and_not_how_it_was_given(client, run):
    await run("echo one")
    await run("false")
    text = await client.text("main")
    while not text.rstrip().endswith(("$", "#", ">", "]")):
        await asyncio.sleep(0.01)
        text = await client.text("main")
    rows = text.split("\n")
    assert any(row.endswith("echo one") for row in rows) and any(row.endswith("false") for row in rows)
    assert "one" in rows and "source" not in text and "/files/" not in text


async def test_a_shell_that_ends_is_replaced_and_its_code_is_exact(run, words, work):
    await run("cd /")
    result = await run("echo bye; exit 3")
    assert (result.output, result.status, result.exit_code) == ("bye", "exited", 3)
    result = await run("pwd")
    assert result.output == str(work) and "new shell" in result.note and "exit code 3" in result.note
    result = await run(words.kill_itself)
    assert (result.status, result.exit_code) == ("exited", 137) and "signal 9" in result.note
    result = await run("exec sh -c 'echo other; exit 9'")
    assert (result.output, result.status, result.exit_code) == ("other", "exited", 9)
    assert (await run("echo alive")).output == "alive"


async def test_nested_shells_are_inert(client, run, words, name):
    await run("true")
    nested = await run(name)
    assert nested.status == "waiting" and nested.exit_code is None
    assert (await run("echo never", timeout=0.1)).status == "busy"
    result = await client.send("main", "exit 5\r", timeout=GUARD)
    assert (result.status, result.exit_code) == ("completed", 5)
    assert (await run("echo back")).output == "back"
    result = await run(f"exec {name}")
    assert result.status == "waiting"
    result = await client.send("main", "exit 6\r", timeout=GUARD)
    assert (result.status, result.exit_code) == ("exited", 6)


async def test_interrupts(client, run):
    await run("true")  # the shell has started
    await run("sleep 60", timeout=0.2)
    await client.interrupt("main")
    result = await client.read("main", timeout=GUARD)
    assert (result.status, result.exit_code) == ("completed", 130)
    assert (await run("echo alive")).output == "alive"


async def test_a_forged_mark_is_output(run):
    result = await run(
        "printf '\\033]633;D;0\\007\\033]633;D;0;0\\007\\033]633;B;\\007'; sleep 0.3; echo end; sh -c 'exit 9'"
    )
    assert (result.output, result.exit_code, result.status) == ("end", 9, "completed")


async def test_commands_leave_no_history(client, run, home):
    await run("echo a_secret_word")
    await run("true")
    await client.send("main", "exit\r", timeout=GUARD)
    kept = [
        path for path in home.rglob("*") if path.is_file() and "a_secret_word" in path.read_text("latin-1")
    ]
    assert kept == []


async def test_an_unknown_shell_is_refused_at_once(client):
    for name in ("powershell", "cmd", "nu", "/bin/cat"):
        with pytest.raises(TerminalError, match="No integration"):
            await client.open("other", shell=name)
    with pytest.raises(TerminalError, match="no program"):
        await client.open("other", shell="/nowhere/bash")
    assert await client.list() == []


async def test_a_shell_by_its_path(client, name):
    path = shutil.which(name)
    await client.open("main", shell=path)
    assert (await client.execute("main", "echo hi", timeout=GUARD)).output == "hi"


# -- what only one of them has --


@pytest.fixture
def has_zsh():
    if shutil.which("zsh") is None:
        pytest.skip("no zsh")


@pytest.fixture
def has_fish():
    if shutil.which("fish") is None:
        pytest.skip("no fish")


async def zsh(client, home, rc, **files):
    (home / ".zshrc").write_text(rc)
    for path, text in files.items():
        (home / path).write_text(text)
    await client.open("main", shell="zsh")

    async def run(command):
        return await client.execute("main", command, timeout=GUARD)

    return run


@pytest.mark.usefixtures("has_zsh")
async def test_zsh_hooks_of_the_person_keep_working(client, home):
    rc = (
        "precmd() { last=$?; PS1='new> ' }\n"
        "count=0\nzle-line-init() { count=$(( count + 1 )) }\nzle -N zle-line-init\n"
        "begun() { print -n 'begun ' >>$HOME/log }\npreexec_functions=(begun)\n"
    )
    run = await zsh(client, home, rc, **{".zshenv": "envfile=yes\n"})
    assert (await run("echo $envfile $count")).output == "yes 1"
    await run("(exit 7)")
    assert (await run("echo $last $count")).output == "7 3"
    assert (home / "log").read_text().split() == ["begun"] * 3
    assert "new> echo" in await client.text("main")


@pytest.mark.usefixtures("has_zsh")
async def test_zsh_finds_its_files_where_the_person_has_them(work, environment, home):
    from codepilot.terminal.client import HostOptions, TerminalClient

    folder = home / "my zsh"
    folder.mkdir()
    (folder / ".zshenv").write_text("a=1\n")
    (folder / ".zshrc").write_text("b=2\n")
    client = await TerminalClient.launch(
        HostOptions(work_dir=work, environment={**environment, "ZDOTDIR": str(folder)})
    )
    try:
        await client.open("main", shell="zsh")
        result = await client.execute("main", "echo $a$b; sh -c 'echo \"$ZDOTDIR\"'", timeout=GUARD)
        assert result.output == f"12\n{folder}"
    finally:
        await client.close()


@pytest.mark.usefixtures("has_zsh")
async def test_zsh_asks_nothing_of_a_new_user(client):
    await client.open("main", shell="zsh")
    assert (await client.execute("main", "echo hi", timeout=GUARD)).output == "hi"


@pytest.mark.usefixtures("has_zsh")
async def test_zsh_options_leave_no_traces_in_results(client, home):
    run = await zsh(client, home, "")
    await run("setopt xtrace")
    assert (await run("echo hi")).output == "+zsh:1> echo hi\nhi"
    await run("unsetopt xtrace; setopt nounset")
    assert (await run("echo ${nothing:-ok}")).output == "ok"
    await run("unsetopt nounset; setopt errexit")
    assert (await run("true")).exit_code == 0
    await run("unsetopt errexit; setopt ksharrays shwordsplit noglob allexport")
    assert (await run("echo ok; env | grep -c '633;'")).output == "ok\n0"
    assert (await run("exec 5>&1 >/dev/null; echo gone; exec >&5 5>&-; echo back")).output == "back"
    assert (await run("exec 2>/dev/null; echo there")).output == "there"
    assert (await run("echo still")).output == "still"
    assert (await run("sleep 60 & exit 4")).status == "exited"


@pytest.mark.usefixtures("has_zsh")
async def test_zsh_editing_inside_a_command_is_no_prompt(client, home):
    run = await zsh(client, home, "")
    result = await run("vared -p 'name: ' -c y")
    assert result.status == "waiting" and "name:" in result.waits_for
    assert (await client.execute("main", "echo never", timeout=0.1)).status == "busy"
    assert (await client.send("main", "val\r", timeout=GUARD)).status == "completed"
    assert (await run("echo $y")).output == "val"


@pytest.mark.usefixtures("has_fish")
async def test_fish_says_why_it_does_not_end(client, home):
    await client.open("main", shell="fish")

    async def run(command):
        return await client.execute("main", command, timeout=GUARD)

    await run("sleep 60 &")
    assert (await run("exit 4")).status == "completed"
    text = ""
    while "still jobs active" not in text:
        text += (await client.read("main", timeout=1)).output
    assert (await run("echo on")).output == "on"


@pytest.mark.usefixtures("has_fish")
async def test_fish_takes_another_prompt(client, home):
    await client.open("main", shell="fish")

    async def run(command):
        return await client.execute("main", command, timeout=GUARD)

    await run("function fish_prompt; echo -n 'mine> '; end")
    assert (await run("echo 1")).output == "1"
    assert (await run("echo 2")).output == "2"
    assert "mine> echo 2" in await client.text("main")


async def test_bash_prompts_that_are_exported_carry_no_nonce(client, home):
    (home / ".bashrc").write_text("export PS1='P> ' PROMPT_COMMAND=true\nset -a\n")
    await client.open("main")

    async def run(command):
        return await client.execute("main", command, timeout=GUARD)

    nonce = (await run("echo $__codepilot_nonce")).output
    assert len(nonce) == 32
    assert nonce not in (await run("env")).output
    assert (await run("bash")).status == "waiting"
    assert (await client.execute("main", "echo never", timeout=0.1)).status == "busy"
    assert (await client.send("main", "exit 5\r", timeout=GUARD)).exit_code == 5


async def test_a_shell_that_became_another_program_has_no_marks_and_says_so(client, home):
    (home / ".bashrc").write_text("exec sh -i\n")
    await client.open("main")
    result = await client.execute("main", "echo hi", timeout=GUARD)
    assert (result.output, result.status, result.exit_code) == ("hi", "completed", None)
    assert "inferred" in result.note
    result = await client.execute("main", "exit 5", timeout=GUARD)
    assert (result.status, result.exit_code) == ("exited", 5)


async def test_a_shell_that_asks_at_its_start(client, home):
    (home / ".bashrc").write_text("read -s -p 'Password: ' x\n")
    await client.open("main")
    result = await client.execute("main", "echo hi", timeout=3)
    assert result.status == "busy" and "password" in result.note
    await client.write("main", b"word\r")
    assert (await client.execute("main", "echo $x", timeout=GUARD)).output == "word"
