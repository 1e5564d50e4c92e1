"""`codepilot terminals` and `codepilot attach` without a screen: what they print, and how they end."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from codepilot.cli import main
from codepilot.cli.hosts import choose_host, choose_terminal
from codepilot.errors import TerminalError, UsageError
from codepilot.terminal.client import HostOptions, TerminalClient
from codepilot.terminal.host.registry import HostAbout, make_folder, write_about
from codepilot.terminal.protocol import TerminalInfo

GUARD = 60


class Runtime:
    """A host on a loop of its own, as a program that embeds the library has it."""

    def __init__(self, work: Path, home: Path):
        (home / ".bashrc").write_text("PS1='$ '\n")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._open = True
        environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        self.client = self.do(
            TerminalClient.launch(HostOptions(work_dir=work, environment=environment, agent="Mender"))
        )
        self.name = self.client.socket_path.parent.name

    def do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self):
        if self._open:
            self._open = False
            self.do(self.client.close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


def read_until(process, last):
    """The lines up to this one. A process that does not print it is killed, so that the test fails and does not hang."""
    lines = []
    guard = threading.Timer(GUARD, process.kill)
    guard.start()
    for line in iter(process.stdout.readline, ""):
        lines.append(line)
        if line == last:
            break
    guard.cancel()
    assert lines[-1:] == [last], lines
    return lines


@pytest.fixture
def runtime(tmp_path):
    work, home = tmp_path / "shop", tmp_path / "person"
    work.mkdir()
    home.mkdir()
    made = Runtime(work, home)
    made.do(made.client.open("main"))
    yield made
    made.close()


@pytest.fixture
def said(capsys):
    def run(*arguments):
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as left:
            code = left.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


class TestWithoutAny:
    def test_the_list_is_empty(self, said):
        assert said("terminals") == (0, "", "No runtime has terminals now.\n")
        code, out, _ = said("terminals", "--json")
        assert (code, json.loads(out)) == (0, {"runtimes": []})

    def test_an_end_without_a_name_is_an_error(self, said):
        code, out, err = said("terminals", "--end", "")
        assert (code, out) == (2, "") and "--end wants the name of a runtime." in err

    def test_there_is_nothing_to_attach_to(self, said):
        code, out, err = said("attach")
        assert (code, out) == (1, "") and "No runtime has terminals" in err

    def test_one_that_does_not_answer_is_listed_as_such(self, said):
        place = make_folder()
        about = HostAbout(id="x", work_dir="/w", agent="A", pid=1, started=1.0, version=1, on_exit="end")
        write_about(place.directory, about)
        code, out, _ = said("terminals")
        assert code == 0 and place.directory.name in out and "does not answer" in out
        (found,) = json.loads(said("terminals", "--json")[1])["runtimes"]
        assert found["terminals"] == [] and "No terminal host answers" in found["error"]
        code, _, err = said("attach", place.directory.name)
        assert code == 1 and "No terminal host answers" in err
        place.remove()


class TestChoosing:
    @pytest.fixture
    def hosts(self, tmp_path):
        made = []
        for number, name in enumerate(("shop", "mill", "mill/wheel")):
            (tmp_path / name).mkdir()
            place = make_folder()
            write_about(
                place.directory,
                HostAbout(
                    id="x",
                    work_dir=str(tmp_path / name),
                    agent="",
                    pid=1,
                    started=float(number),
                    version=1,
                    on_exit="end",
                ),
            )
            made.append(place)
        yield [place.directory.name for place in made]
        for place in made:
            place.remove()

    def test_by_name_beginning_or_folder(self, hosts, tmp_path):
        here = Path("/")
        for wanted in (hosts[0], "shop", str(tmp_path / "shop"), f"{tmp_path}/mill/../shop"):
            assert choose_host(wanted, here).id == hosts[0]
        with pytest.raises(UsageError, match="No runtime is called '~nobody-here/shop'"):
            choose_host("~nobody-here/shop", here)
        assert choose_host(hosts[1][:4], here).id == hosts[1] or hosts[1][:4] in (h[:4] for h in hosts)

    def test_without_a_word_the_one_here(self, hosts, tmp_path):
        assert choose_host(None, tmp_path / "shop").id == hosts[0]
        assert choose_host(None, tmp_path / "mill").id == hosts[1]
        with pytest.raises(UsageError, match="several") as caught:
            choose_host(None, tmp_path / "mill" / "wheel")
        assert (
            hosts[1] in caught.value.hint
            and hosts[2] in caught.value.hint
            and hosts[0] not in caught.value.hint
        )
        with pytest.raises(UsageError, match="several") as caught:
            choose_host(None, Path("/"))
        assert all(name in caught.value.hint for name in hosts)

    def test_an_unknown_one_names_those_there_are(self, hosts):
        with pytest.raises(UsageError, match="No runtime is called 'zzzzzz'") as caught:
            choose_host("zzzzzz", Path("/"))
        assert all(name in caught.value.hint for name in hosts) and caught.value.exit_code == 2

    def test_terminals(self):
        def info(name):
            return TerminalInfo(name=name, pid=1, state="idle", cwd="/")

        assert choose_terminal([info("a")], None).name == "a"
        assert choose_terminal([info("a"), info("main")], None).name == "main"
        assert choose_terminal([info("a"), info("main")], "a").name == "a"
        for terminals, wanted, words in (
            ([], None, "no terminals"),
            ([info("a"), info("b")], None, "several terminals"),
            ([info("a")], "b", "no terminal 'b'"),
        ):
            with pytest.raises(UsageError, match=words):
                choose_terminal(terminals, wanted)

    def test_none_at_all(self):
        with pytest.raises(TerminalError):
            choose_host(None, Path("/"))


@pytest.mark.slow
class TestWithOne:
    def test_the_list(self, runtime, said, tmp_path):
        runtime.do(runtime.client.open("server", columns=100, lines=30))
        runtime.do(runtime.client.execute("main", "printf '\\e]0;evil\\a'; (exit 3)", timeout=GUARD))
        runtime.do(runtime.client.execute("server", "sleep 50", timeout=0.3))
        code, out, _ = said("terminals")
        assert code == 0 and "\x1b" not in out
        head, main_line, server = out.rstrip().split("\n")
        assert runtime.name in head and str(tmp_path / "shop") in head and "Mender" in head
        assert main_line.split()[:4] == ["main", "idle", "free", "120×40"]
        assert (
            server.split()[:3] == ["server", "busy", "agent"] and "100×30" in server and "sleep 50" in server
        )
        (found,) = json.loads(said("terminals", "--json")[1])["runtimes"]
        assert (found["id"], found["kept"], found["clients"], found["agent"]) == (
            runtime.name,
            True,
            1,
            "Mender",
        )
        first, second = found["terminals"]
        assert (first["name"], first["running"], second["running"]) == ("main", False, True)
        assert (second["columns"], second["owner"], second["command"]) == (100, "agent", "sleep 50")

    def test_ending_one(self, runtime, said):
        code, _, err = said("terminals", "--end", runtime.name)
        assert code == 0 and runtime.name in err
        assert said("terminals")[2] == "No runtime has terminals now.\n"

    def test_an_unknown_terminal(self, runtime, said):
        code, _, err = said("attach", runtime.name, "nope")
        assert code == 2 and "no terminal 'nope'" in err and "main" in err

    def test_raw_shows_what_was_and_what_comes_as_plain_lines(self, runtime, tmp_path):
        do, client = runtime.do, runtime.client
        do(
            client.execute(
                "main", "for i in {1..60}; do echo old-$i; done; printf '\\e[31mred\\e[0m\\n'", timeout=GUARD
            )
        )
        with subprocess.Popen(
            [sys.executable, "-m", "codepilot", "attach", "--raw"],
            cwd=tmp_path / "shop",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        ) as attached:
            before = read_until(attached, "red\n")
            assert [line for line in before if line.startswith("old-")] == [
                f"old-{n}\n" for n in range(1, 61)
            ]
            # The answer to \e[5n is read without echo: the kernel would write it as ^[[0n before whatever comes next.
            command = (
                "stty -echo; printf 'one\\rTWO\\n\\e]52;c;eA==\\a\\e[5nbell\\a\\n'; read -rd n; stty echo; "
                "printf '\\e[?1049hhidden\\e[?1049l'; echo end-$((40+2))"
            )
            do(client.execute("main", command, timeout=GUARD))
            after = read_until(attached, "end-42\n")
            assert "TWO\n" in after and "bell\n" in after
            assert not any("hidden" in line for line in after[2:])
            assert not any("\x1b" in line or "\x07" in line for line in before + after)
            do(client.terminate("main"))
            assert attached.wait(GUARD) == 0

    def test_raw_ends_with_the_runtime(self, runtime, tmp_path):
        runtime.do(runtime.client.execute("main", "echo here", timeout=GUARD))
        with subprocess.Popen(
            [sys.executable, "-m", "codepilot", "attach", runtime.name, "main"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        ) as attached:
            read_until(attached, "here\n")
            runtime.close()
            _, err = attached.communicate(timeout=GUARD)
            assert attached.returncode == 0 and err in ("", err)
