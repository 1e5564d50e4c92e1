"""The person's shells are the person's own: pager, editor, history. What the agent needs goes with its commands only."""

import asyncio
import re
import shutil
from dataclasses import dataclass

import pytest

from codepilot.terminal.client import HostOptions, TerminalClient

pytestmark = pytest.mark.slow
GUARD = 60
UP = b"\x1b[A"


@dataclass(frozen=True)
class Shell:
    """How a shell says what a test needs."""

    rc: str
    rc_text: str
    history: str = ""
    """Where it keeps its history."""
    last_code: str = "echo $?"
    chooses: str = "export PAGER=chosen GIT_EDITOR='chosen too'"
    fails_with_7: str = "(exit 7)"


SHELLS = {
    "bash": Shell(".bashrc", "PS1='$ '\n", ".bash_history"),
    "zsh": Shell(
        ".zshrc", "PS1='%# '\nHISTFILE=~/.kept SAVEHIST=50 HISTSIZE=50\nsetopt inc_append_history\n", ".kept"
    ),
    "fish": Shell(
        ".config/fish/config.fish",
        "set -g fish_greeting ''\nfunction fish_prompt; echo -n '> '; end\n",
        ".local/share/fish/fish_history",
        "echo $status",
        "set -gx PAGER chosen; set -gx GIT_EDITOR 'chosen too'",
        "sh -c 'exit 7'",
    ),
    "sh": Shell("", ""),
}


@pytest.fixture(params=list(SHELLS))
def name(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"no {request.param}")
    return request.param


@pytest.fixture
def words(name, home):
    words = SHELLS[name]
    if words.rc:
        file = home / words.rc
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(words.rc_text)
    return words


class Both:
    """The agent and the person at one terminal."""

    def __init__(self, client):
        self.client = client
        self._told = []
        self._changed = asyncio.Event()
        client.on_event(self._take)

    def _take(self, event):
        self._told.append(event)
        self._changed.set()

    async def agent(self, command, timeout=GUARD):
        return await self.client.execute("main", command, timeout=timeout)

    async def presses(self, keys):
        """The person presses keys that end with Enter; until the command that comes of it has ended."""
        self._told.clear()
        await self.client.write("main", keys)
        async with asyncio.timeout(GUARD):
            while not any(
                event.kind == "state" and event.state in ("idle", "exited") for event in self._told
            ):
                self._changed.clear()
                await self._changed.wait()

    async def person(self, line):
        """The person types a line."""
        await self.presses(line.encode() + b"\r")


@pytest.fixture
async def both(work, environment, words, name):
    theirs = {"PAGER": "less -R", "EDITOR": "vim", "GIT_EDITOR": "emacs -nw"}
    client = await TerminalClient.launch(HostOptions(work_dir=work, environment={**environment, **theirs}))
    await client.open("main", shell=name)
    both = Both(client)
    await both.agent("true")
    yield both
    await client.close()


async def variables(both, work, *, by_agent=False):
    file = work / "variables"
    if by_agent:
        await both.agent(f"env >{file}")
    else:
        await both.person(f"env >{file}")
    found = dict(line.partition("=")[::2] for line in file.read_text().splitlines())
    file.unlink()
    return {
        key: value for key, value in found.items() if key.startswith(("GIT_", "PAGER", "EDITOR", "MANPAGER"))
    }


THEIRS = {"PAGER": "less -R", "EDITOR": "vim", "GIT_EDITOR": "emacs -nw"}


async def test_the_persons_variables_are_back_at_each_prompt(both, work, words):
    assert await variables(both, work) == THEIRS
    agents = await variables(both, work, by_agent=True)
    assert agents["PAGER"] == agents["GIT_PAGER"] == agents["MANPAGER"] == "cat"
    assert (agents["GIT_EDITOR"], agents["GIT_TERMINAL_PROMPT"], agents["EDITOR"]) == ("true", "0", "vim")
    assert await variables(both, work) == THEIRS
    await both.agent(words.fails_with_7)
    assert await variables(both, work) == THEIRS
    await both.agent("sleep 60", timeout=0.3)
    await both.client.interrupt("main")
    result = await both.client.read("main", timeout=GUARD)
    assert (result.status, result.exit_code) == ("completed", 130)
    assert await variables(both, work) == THEIRS


async def test_the_exit_code_of_the_command_before_is_there(both, words):
    await both.agent(words.fails_with_7)
    assert (await both.agent(words.last_code)).output == "7"


async def test_what_a_command_chooses_itself_stays(both, words):
    await both.agent(words.chooses)
    assert (
        await both.agent("env | grep -E '^(GIT_EDITOR|PAGER)' | sort")
    ).output == "GIT_EDITOR=chosen too\nPAGER=chosen"
    assert (await both.agent("env | grep ^GIT_PAGER")).output == "GIT_PAGER=cat"


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"], indirect=True)
async def test_only_the_persons_lines_are_in_the_history(both, words, home, work):
    await both.person("echo theirs >>out")
    for command in ("echo agents", "printf 'a\\nb\\n'", "echo agents"):
        assert (await both.agent(command)).status == "completed"
    await both.presses(UP + b"\r")
    assert (work / "out").read_text() == "theirs\n" * 2
    await both.agent("echo agents; false")
    for line, keys in (("env | grep ^PAGER # agents\r", []), ("env | grep ^PAGER # agents", ["enter"])):
        result = await both.client.send("main", line, keys=keys, timeout=GUARD)
        assert (result.output, result.status) == ("PAGER=cat", "completed")
    await both.person("echo more")
    await both.presses(UP + UP + b"\r")
    assert (work / "out").read_text() == "theirs\n" * 3
    await both.person("exit")
    kept = (home / words.history).read_text()
    assert "theirs" in kept and "agents" not in kept
    assert "__codepilot" not in kept and "/files/" not in kept


@pytest.mark.parametrize("name", ["bash", "zsh"], indirect=True)
async def test_history_expansion_is_the_persons(both, work):
    await both.person("echo once >>out")
    await both.agent("echo '!!' >agent")
    await both.person("!!")
    assert (work / "out").read_text() == "once\n" * 2 and (work / "agent").read_text() == "!!\n"


@pytest.mark.parametrize("name", ["bash", "zsh", "sh"], indirect=True)
async def test_options_show_no_trace_of_it(both):
    await both.agent("set -x")
    result = await both.agent("echo hi")
    assert result.output.endswith("echo hi\nhi") and "codepilot" not in result.output
    await both.agent("set +x; set -u; set -e; set -a")
    assert re.search("[0-9a-f]{32}", (await both.agent("env")).output) is None
    assert (await both.agent("echo on")).output == "on"


async def test_a_program_in_a_terminal_of_its_own_is_the_agents(both):
    _, result = await both.client.run("env | grep ^PAGER", timeout=GUARD)
    assert result.output == "PAGER=cat"
