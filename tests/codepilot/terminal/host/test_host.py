"""The host as a process: who may join, what all see, and how it ends."""

import asyncio
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import codepilot
from codepilot.errors import TerminalError
from codepilot.terminal.client import HostOptions, TerminalClient, TerminalService, liveness
from codepilot.terminal.messages import encode_frame

pytestmark = pytest.mark.slow
GUARD = 60


class Mirror:
    """What a viewer makes of the updates."""

    def __init__(self):
        self.rows = {}
        self.updates = 0
        self.last = None

    def __call__(self, update):
        if update.full:
            self.rows = {}
        self.rows.update(update.rows)
        self.updates += 1
        self.last = update

    @property
    def text(self):
        rows = [
            self.rows[number].text.rstrip() if number in self.rows else ""
            for number in range(self.last.lines)
        ]
        return "\n".join(rows).rstrip()


async def until(holds):
    async with asyncio.timeout(GUARD):
        while not holds():
            await asyncio.sleep(0.005)


async def written(folder, *names):
    await until(lambda: all((folder / name).exists() and (folder / name).read_text() for name in names))
    return [int((folder / name).read_text()) for name in names]


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def test_the_socket_is_private(client):
    folder = client.socket_path.parent
    assert stat.S_IMODE(folder.lstat().st_mode) == 0o700
    assert stat.S_IMODE(client.socket_path.lstat().st_mode) == 0o600
    await client.open("main")
    await client.execute("main", "true", timeout=GUARD)
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in folder.rglob("*"))
    assert not list(folder.rglob("*.rc")) and not list(folder.rglob("*.sh"))


async def test_two_clients_see_the_same_screen(client):
    await client.open("main")
    other = await TerminalClient.connect(client.socket_path)
    try:
        first, second = Mirror(), Mirror()
        await client.watch("main", first)
        await client.execute("main", "echo before", timeout=GUARD)
        await other.watch("main", second)
        await client.execute("main", "seq 1 200; printf '\\e[31mred\\e[0m\\n'", timeout=GUARD)
        await until(
            lambda: first.rows and second.rows and first.text == second.text and first.text.endswith("red\n$")
        )
        assert first.text == (await other.text("main")).rstrip()
        run = next(run for row in first.rows.values() for run in row.runs if run.text == "red")
        assert run.foreground == 1
        assert (await other.history("main", 0, 3))[0].text == "$ echo before"
        await other.write("main", b"echo from the other\r")
        await until(lambda: "from the other\n$" in first.text)
    finally:
        await other.close()
    assert (await client.execute("main", "echo still", timeout=GUARD)).output == "still"


async def test_updates_are_few_and_stop_when_nothing_happens(client):
    await client.open("main")
    mirror = Mirror()
    await client.watch("main", mirror)
    await client.execute("main", "true", timeout=GUARD)
    loop = asyncio.get_running_loop()
    before, start = mirror.updates, loop.time()
    await client.execute("main", "for i in {1..20000}; do echo $i; done", timeout=GUARD)
    assert mirror.updates - before <= 60 * (loop.time() - start) + 5
    await client.unwatch("main", mirror)
    count = mirror.updates
    await client.execute("main", "echo unseen", timeout=GUARD)
    assert mirror.updates == count


async def test_a_viewer_that_does_not_read_harms_nobody(client):
    await client.open("main")
    lazy = socket.socket(socket.AF_UNIX)
    lazy.connect(str(client.socket_path))
    try:
        lazy.sendall(encode_frame({"hello": 1}) + encode_frame({"id": 1, "op": "watch", "name": "main"}))
        result = await client.execute(
            "main",
            "for i in {1..400}; do printf '\\e[%dm%0*d\\n' $((i%8+30)) 4000 $i; sleep 0.002; done",
            timeout=60,
        )
        assert result.status == "completed"
        assert (await client.execute("main", "echo alive", timeout=GUARD)).output == "alive"
    finally:
        lazy.close()


async def test_size(client):
    await client.open("main")
    await client.execute("main", "true", timeout=GUARD)
    await client.resize("main", 200, 50)
    assert (await client.execute("main", "stty size", timeout=GUARD)).output == "50 200"
    await client.resize("main", 60, 10)
    assert (await client.execute("main", "stty size", timeout=GUARD)).output == "24 80"
    await client.set_owner("main", "person")
    mirror = Mirror()
    await client.watch("main", mirror)
    await until(lambda: mirror.last is not None and (mirror.last.columns, mirror.last.lines) == (60, 10))
    await client.set_owner("main", "free")
    await until(lambda: (mirror.last.columns, mirror.last.lines) == (80, 24))


async def test_keys_pastes_and_mouse_go_to_the_program(client):
    await client.open("main")
    await client.execute("main", "cat -v", timeout=1)
    await client.paste("main", "pasted\x1b[31m\n")
    await client.key("main", "up")
    await client.key("main", "enter")
    await client.mouse("main", "press", 1, 2, 3)
    await client.key("main", "ctrl+d")
    result = await client.read("main", timeout=GUARD)
    assert result.status == "completed" and "pasted" in result.output and "^[[A" in result.output


async def test_events_tell_the_story(client):
    events = []
    end = client.on_event(lambda event: events.append((event.kind, event.state, event.exit_code)))
    await client.open("main")
    await client.execute("main", "(exit 3)", timeout=GUARD)
    await client.execute("main", "exit 4", timeout=GUARD)
    story = [event for event in events if event[0] in ("opened", "state", "closed")]
    assert story == [
        ("opened", "starting", None),
        ("state", "idle", None),
        ("state", "busy", None),
        ("state", "idle", 3),
        ("state", "busy", None),
        ("state", "exited", 4),
        ("closed", "exited", 4),
    ]
    end()
    count = len(events)
    await client.terminate("main")
    assert len(events) == count


async def test_terminate_ends_everything_below(client, work):
    await client.open("main")
    await client.execute(
        "main",
        "nohup sh -c 'echo $$ >a; exec sleep 300' & sh -c 'trap \"\" HUP TERM; echo $$ >b; sleep 301; true' & "
        "setsid -w sh -c 'echo $$ >c; exec sleep 302' &",
        timeout=GUARD,
    )
    pids = await written(work, "a", "b", "c")
    assert not any(map(gone, pids))
    info = await client.terminate("main")
    assert info.state == "exited" and all(map(gone, [*pids, info.pid]))
    assert await client.list() == []
    with pytest.raises(TerminalError, match="no terminal 'main'"):
        await client.read("main", timeout=1)


async def test_nothing_more_of_a_command_line_runs_when_its_terminal_is_closed(client, work):
    """The shell took the end of its child for that of the command before it was told to end itself: one in ten."""
    names = [f"t{number}" for number in range(12)]
    for name in names:
        await client.open(name)
        await client.execute(name, f"echo >{name}.begun; sleep 300; echo >{name}.late", timeout=0)
    await until(lambda: all((work / f"{name}.begun").exists() for name in names))
    await asyncio.gather(*(client.terminate(name) for name in names))
    assert list(work.glob("*.late")) == []


async def test_a_list_says_what_runs_in_the_background(client):
    await client.open("main")
    assert (await client.execute("main", "true", timeout=GUARD)).status == "completed"
    assert [info.job for info in await client.list()] == [""]
    await client.execute("main", "sleep 300 &", timeout=GUARD)
    await client.execute("main", "echo another", timeout=GUARD)
    async with asyncio.timeout(GUARD):
        while [info.job for info in await client.list()] != ["sleep 300"]:
            await asyncio.sleep(0)


async def test_what_runs_in_the_background_is_named_without_the_path_of_its_program(client):
    """Found by use: the path of an interpreter that pyenv had looked up took all the room of a question."""
    await client.open("main")
    await client.execute("main", "$(type -P sleep) 300 &", timeout=GUARD)
    async with asyncio.timeout(GUARD):
        while [info.job for info in await client.list()] != ["sleep 300"]:
            await asyncio.sleep(0)


async def test_closing_leaves_nothing(work, environment):
    client = await TerminalClient.launch(HostOptions(work_dir=work, environment=environment))
    await client.open("main")
    command = "(setsid sh -c 'nohup sleep 300 & echo $! >a'); sleep 301 & echo $! >b"
    await client.execute("main", command, timeout=GUARD)
    pids = await written(work, "a", "b")
    folder, host = client.socket_path.parent, client.host_pid
    await client.close()
    assert all(map(gone, [*pids, host]))
    assert not folder.exists()
    await client.close()
    with pytest.raises(TerminalError):
        await client.list()


async def test_the_last_client_ends_the_host(work, environment):
    first = await TerminalClient.launch(HostOptions(work_dir=work, environment=environment))
    second = await TerminalClient.connect(first.socket_path)
    await first.close()
    await second.open("main")
    assert (await second.execute("main", "echo on", timeout=GUARD)).output == "on"
    await second.close()
    await until(lambda: gone(first.host_pid) and not first.socket_path.exists())


async def test_a_host_may_stay(work, environment):
    first = await TerminalClient.launch(HostOptions(work_dir=work, environment=environment, on_exit="detach"))
    await first.open("main")
    await first.execute("main", "x=kept", timeout=GUARD)
    path = first.socket_path
    await first.close()
    second = await TerminalClient.connect(path)
    assert (await second.execute("main", "echo $x", timeout=GUARD)).output == "kept"
    await second.shutdown()
    await until(lambda: gone(first.host_pid) and not path.exists())


async def test_a_killed_host_is_told_and_replaced(work, environment):
    lost = []
    service = TerminalService(
        HostOptions(work_dir=work, environment=environment), on_event=lambda event: lost.append(event.kind)
    )
    client = await service.client()
    await client.open("main")
    folder = client.socket_path.parent
    running = asyncio.create_task(client.execute("main", "sleep 60", timeout=GUARD))
    await until(lambda: "state" in lost)
    os.kill(client.host_pid, signal.SIGKILL)
    with pytest.raises(TerminalError, match="host is gone") as caught:
        await running
    assert caught.value.hint == (
        "This command may have been started; what became of it is not known. The next call starts a new terminal "
        "host. The earlier shells are lost with their variables and folders; programs that were detached from them "
        "(nohup, setsid, disown) may still run."
    )
    with pytest.raises(TerminalError, match="host is gone") as caught:
        await client.list()
    assert caught.value.hint.startswith("The next call starts a new terminal host.")
    assert lost[-1] == "lost" and not client.alive
    again = await service.client()
    assert (
        again is not client and "new one was started" in service.take_notice() and service.take_notice() == ""
    )
    await again.open("main")
    assert (await again.execute("main", "echo new", timeout=GUARD)).output == "new"
    assert not folder.exists()
    await service.close()


async def test_sigterm_ends_the_host_cleanly(work, environment):
    client = await TerminalClient.launch(HostOptions(work_dir=work, environment=environment))
    info = await client.open("main")
    os.kill(client.host_pid, signal.SIGTERM)
    await until(lambda: not client.alive)
    await client.close()
    assert gone(info.pid) and not client.socket_path.parent.exists()


async def test_a_killed_embedding_program_takes_its_terminals_along(work, environment, tmp_path):
    script = tmp_path / "embedder.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import asyncio, pathlib
            from codepilot.terminal.client import HostOptions, TerminalClient

            async def main():
                client = await TerminalClient.launch(HostOptions(work_dir=pathlib.Path({str(work)!r})))
                info = await client.open("main")
                await client.execute("main", "sleep 300 &", timeout=10)
                print(client.host_pid, info.pid, client.socket_path, flush=True)
                await asyncio.Event().wait()

            asyncio.run(main())
            """
        )
    )
    root = str(Path(codepilot.__file__).resolve().parent.parent)
    program = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdout=subprocess.PIPE, env={**environment, "PYTHONPATH": root}
    )
    host, shell, path = (await program.stdout.readline()).decode().split()
    program.kill()
    await program.wait()
    await until(lambda: gone(int(host)) and gone(int(shell)) and not Path(path).exists())


async def test_children_of_the_embedding_program_are_its_own(work, environment):
    client = await TerminalClient.launch(HostOptions(work_dir=work, environment=environment))
    before = signal.getsignal(signal.SIGCHLD)
    child = subprocess.Popen(["sh", "-c", "exit 5"])
    await client.open("main")
    await client.execute("main", "true", timeout=GUARD)
    assert child.wait() == 5
    await client.close()
    assert signal.getsignal(signal.SIGCHLD) is before


async def test_nothing_of_the_workspace_is_imported(work, environment, monkeypatch):
    (work / "json.py").write_text("raise SystemExit('hostile')")
    (work / "codepilot").mkdir()
    monkeypatch.chdir(work)
    client = await TerminalClient.launch(HostOptions(work_dir=work, environment=environment))
    await client.close()


async def test_strangers_are_cut_off(client):
    raw = socket.socket(socket.AF_UNIX)
    raw.connect(str(client.socket_path))
    raw.settimeout(GUARD)
    with raw:
        raw.sendall(encode_frame({"hello": 99}))
        assert b"version" in raw.recv(1000)
        assert raw.recv(1000) == b""
    raw = socket.socket(socket.AF_UNIX)
    raw.connect(str(client.socket_path))
    raw.settimeout(GUARD)
    with raw:
        raw.sendall(b"\xff" * 100)
        try:
            assert raw.recv(1000) == b""
        except ConnectionResetError:
            pass
    with pytest.raises(TerminalError, match="Unknown request"):
        await client._ask("nonsense")
    with pytest.raises(TerminalError, match="No terminal host answers"):
        await TerminalClient.connect(client.socket_path.parent / "none.sock")


async def test_a_folder_that_is_not_private_is_refused(work, environment, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    with pytest.raises(TerminalError, match="not a private folder"):
        await TerminalClient.launch(HostOptions(work_dir=work, environment=environment, directory=shared))
    deep = tmp_path / ("d" * 100)
    with pytest.raises(TerminalError, match="too long"):
        await TerminalClient.launch(HostOptions(work_dir=work, environment=environment, directory=deep))


async def test_a_folder_without_room_is_told_in_one_sentence(work, environment, tmp_path):
    """A description that is longer than any file may be stands for a full disk: $XDG_RUNTIME_DIR is often small."""
    script = tmp_path / "embedder.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import asyncio, pathlib, resource
            from codepilot.errors import TerminalError
            from codepilot.terminal.client import HostOptions, TerminalClient

            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
            options = HostOptions(work_dir=pathlib.Path({str(work)!r}), agent="A" * 3000)
            try:
                asyncio.run(TerminalClient.launch(options))
            except TerminalError as error:
                print(error.message)
            """
        )
    )
    root = str(Path(codepilot.__file__).resolve().parent.parent)
    program = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdout=subprocess.PIPE, env={**environment, "PYTHONPATH": root}
    )
    said, _ = await program.communicate()
    assert re.fullmatch(
        r"The terminal host did not start: /\S+ cannot hold the files of the terminals: File too large\. "
        r"Make room there, or set XDG_RUNTIME_DIR or TMPDIR to another folder and start again\.",
        said.decode().strip(),
    )


async def test_the_host_holds_no_secrets_and_no_thread_of_ours(client):
    variables = Path(f"/proc/{client.host_pid}/environ").read_bytes()
    assert b"s3cret" not in variables and b"KEY" not in variables


async def test_a_flood_is_bounded_and_can_be_stopped(client):
    await client.open("main")
    mirror = Mirror()
    await client.watch("main", mirror)
    result = await client.execute("main", "yes 'all work and no play makes jack a dull boy'", timeout=2)
    assert result.status == "running" and result.truncated
    await client.interrupt("main")
    result = await client.read("main", timeout=GUARD)
    assert (result.status, result.exit_code) == ("completed", 130)
    status = Path(f"/proc/{client.host_pid}/status").read_text()
    resident = int(status.split("VmRSS:")[1].split()[0])
    assert resident < 160_000


@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="the limit of another process can be set on Linux"
)
async def test_a_full_disk_leaves_no_request_without_an_answer(client):
    """As when the disk of the host's folder is full: what it writes to its files, or to its log, fails."""
    await client.open("main")
    await client.execute("main", "true", timeout=GUARD)
    resource.prlimit(client.host_pid, resource.RLIMIT_FSIZE, (1024, 1024))
    async with asyncio.timeout(GUARD):
        long = await client.execute("main", "seq 1 20000", timeout=GUARD)
        assert (long.status, long.exit_code, long.truncated, long.spool) == ("completed", 0, True, "")
        assert long.output.endswith("\n20000")
        assert long.note == "The full output could not be kept: File too large."
        with pytest.raises(TerminalError, match=r"could not be written to .*: File too large\. Nothing ran"):
            await client.execute("main", f"true {'x' * 2000}", timeout=GUARD)
        assert (await client.execute("main", "echo again", timeout=GUARD)).output == "again"


@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="the limit of another process can be set on Linux"
)
async def test_a_mistake_of_the_host_is_told_though_its_log_is_full(client):
    await client.open("main")
    resource.prlimit(client.host_pid, resource.RLIMIT_FSIZE, (0, 0))
    async with asyncio.timeout(GUARD):
        with pytest.raises(TerminalError, match="The terminal host failed"):
            await client._ask("open")


async def test_a_host_that_hangs_is_given_up_and_replaced(work, environment, monkeypatch):
    told = []
    service = TerminalService(
        HostOptions(work_dir=work, environment=environment), on_event=lambda event: told.append(event)
    )
    client = await service.client()
    await client.open("main")
    running = asyncio.create_task(client.execute("main", "sleep 60", timeout=GUARD))
    await until(lambda: any(event.kind == "state" for event in told))
    os.kill(client.host_pid, signal.SIGSTOP)
    monkeypatch.setattr(liveness, "TICK", 0.01)
    async with asyncio.timeout(GUARD):
        with pytest.raises(TerminalError, match="it does not answer") as caught:
            await running
    assert "what became of it is not known. The next call starts a new terminal host." in caught.value.hint
    assert (told[-1].kind, told[-1].detail) == ("lost", "the terminal host is gone (it does not answer)")
    await until(lambda: gone(client.host_pid))
    monkeypatch.undo()
    again = await service.client()
    assert "it does not answer" in service.take_notice()
    await again.open("main")
    assert (await again.execute("main", "echo new", timeout=GUARD)).output == "new"
    await service.close()


async def test_a_host_that_answers_late_is_kept(client, monkeypatch):
    """Also where this program was stopped itself, as by a debugger: a look that is late is one look."""
    await client.open("main")
    running = asyncio.create_task(client.execute("main", "echo on", timeout=GUARD))
    os.kill(client.host_pid, signal.SIGSTOP)
    monkeypatch.setattr(liveness, "TICK", 0.01)
    asked = client._answers.count
    await until(lambda: client._answers.count > asked + 1)  # the command, and for a sign of life
    os.kill(client.host_pid, signal.SIGCONT)
    monkeypatch.undo()
    assert (await running).output == "on"
    assert client.alive


async def test_a_host_that_hangs_when_it_is_left_is_killed(work, environment, monkeypatch):
    monkeypatch.setattr(liveness, "FAREWELL", 0.1)
    client = await TerminalClient.launch(HostOptions(work_dir=work, environment=environment))
    info = await client.open("main")
    folder = client.socket_path.parent
    os.kill(client.host_pid, signal.SIGSTOP)
    async with asyncio.timeout(GUARD):
        await client.close()
    await until(lambda: gone(client.host_pid) and gone(info.pid) and not folder.exists())


async def test_a_host_that_hangs_and_is_to_stay_is_left_alone(work, environment, monkeypatch):
    monkeypatch.setattr(liveness, "FAREWELL", 0.1)
    client = await TerminalClient.launch(
        HostOptions(work_dir=work, environment=environment, on_exit="detach")
    )
    await client.open("main")
    await client.execute("main", "x=kept", timeout=GUARD)
    os.kill(client.host_pid, signal.SIGSTOP)
    async with asyncio.timeout(GUARD):
        await client.close()
    os.kill(client.host_pid, signal.SIGCONT)
    monkeypatch.undo()
    again = await TerminalClient.connect(client.socket_path)
    assert (await again.execute("main", "echo $x", timeout=GUARD)).output == "kept"
    await again.shutdown()
    await until(lambda: gone(client.host_pid))
