"""Programs that never call `close()`: they end by themselves, promptly, and leave no process and no folder behind."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from codepilot.testing import ModelServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="orphans are gathered with PR_SET_CHILD_SUBREAPER"),
]

KEEPER = """
import ctypes, json, os, signal, subprocess, sys

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # orphans of the program become our children
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests that were started behind `&` have it ignored
more = json.loads(sys.argv[1])
run = subprocess.Popen(
    [sys.executable, "-W", "error::ResourceWarning", "program.py"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
)
out, err = "", ""
if more["signal_at"]:
    run.stdin.write(more["stdin"]); run.stdin.flush()
    while more["signal_at"] not in out:
        line = run.stdout.readline()
        if not line:
            break
        out += line
    run.send_signal(more["signal"])
    rest, err = run.communicate(timeout=60)
    out += rest
else:
    out, err = run.communicate(more["stdin"], timeout=60)

def children():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
            if int(stat[1]) == os.getpid() and stat[0] != "Z":
                found.append(open(f"/proc/{pid}/cmdline").read().replace("\\0", " "))
        except OSError:
            pass
    return found

def enough(number, frame):
    raise TimeoutError

left = []
signal.signal(signal.SIGALRM, enough)
signal.alarm(10)
try:
    while True:
        os.wait()
except ChildProcessError:
    pass  # none is left
except TimeoutError:
    left = children()
print(json.dumps({"code": run.returncode, "out": out, "err": err, "left": left}))
"""

HEAD = "import asyncio, sys, threading, time\nfrom codepilot import *\n"
TOOLS = "execute('main', 'echo from the shell; sleep 300 &', timeout=20)\nprint('from the worker')"


def block(code):
    return f"```codepilot\n{code}\n```\n"


def done(summary="Done."):
    return f"```completion\n{summary}\n```\n"


@pytest.fixture
def program(monkeypatch):
    """Runs a program beside an agent file; says how it ended and what it left."""
    home = Path(tempfile.mkdtemp(prefix="cp-"))
    with ModelServer() as server:

        def run(text, *turns, stdin="", signal_at="", signal=2):
            for turn in turns:
                server.script.add(turn)
            (home / "tmp").mkdir()
            (home / "agent.yaml").write_text(
                f"agent:\n  name: A\n  model: {{provider: openai, name: m, base_url: {server.openai_url}}}\n"
                "  runtime: {work_dir: ./work}\n"
            )
            (home / "program.py").write_text(HEAD + text)
            environment = {**os.environ, "TMPDIR": str(home / "tmp"), "PYTHONUNBUFFERED": "1"}
            environment.pop("XDG_RUNTIME_DIR", None)
            kept = subprocess.run(
                [
                    sys.executable,
                    "-c",
                    KEEPER,
                    json.dumps({"stdin": stdin, "signal_at": signal_at, "signal": signal}),
                ],
                cwd=home,
                env=environment,
                capture_output=True,
                text=True,
                timeout=100,
                check=False,
            )
            assert kept.stderr == ""
            result = json.loads(kept.stdout)
            result["folders"] = sorted(path.name for path in (home / "tmp").iterdir())
            return result

        yield run
    shutil.rmtree(home)


def clean(result):
    assert result["err"] == ""
    assert (result["code"], result["left"], result["folders"]) == (0, [], [])
    return result["out"]


def test_a_script_with_the_sync_face(program):
    out = clean(
        program(
            """
runtime = Runtime("agent.yaml", stream=True)

@on_stream(runtime)
def stream(text: str, **_):
    print(text, end="", flush=True)

@on_finish(runtime)
def finish(summary: str, **_):
    print(f"Finished: {summary}")

print("returned", runtime.run("go"))
print("messages", len(runtime.messages))
""",
            block(TOOLS),
            done(),
        )
    )
    assert "Finished: Done." in out
    assert "returned Done." in out


def test_a_script_with_the_async_face(program):
    out = clean(
        program(
            """
runtime = AsyncRuntime("agent.yaml")

async def main():
    print("returned", await runtime.run("go"))

asyncio.run(main())
asyncio.run(main())
""",
            *(block(TOOLS), done("One."), done("Two.")),
        )
    )
    assert "returned One." in out
    assert "returned Two." in out


FULL = """
import errno
from pathlib import Path
from codepilot.sessions.journal import JournalSession
from codepilot.testing.faults import FaultyDisk

disk = FaultyDisk(lambda n, name: errno.ENOSPC if name == "write" else 0)
session = JournalSession("one", session_dir="s", disk=disk)
"""


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("face", ["Runtime", "AsyncRuntime"])
def test_what_a_disk_never_took_is_told_at_the_very_end(program, face, own):
    """By the handler of the program, too, although no thread can begin any more."""
    text = f"{FULL}runtime = {face}('agent.yaml', session)\n"
    if own:
        text += "@on_runtime_error(runtime)\ndef failed(error, hint, **_):\n    print('heard', error, hint)\n"
    run = "runtime.run('go')" if face == "Runtime" else "asyncio.run(runtime.run('go'))"
    out = clean(program(f"{text}print('returned', {run})\n", done()))
    last = out.splitlines()[-2 if not own else -1]
    assert out.index("returned Done.") < out.index("The session has ended, and "), out
    assert "they are lost." in last and ("heard" in last) == own, out


def test_runtimes_that_were_made_and_never_used(program):
    clean(program("runtime, other = Runtime('agent.yaml'), AsyncRuntime('agent.yaml')\nruntime.reset()"))


def test_a_runtime_that_is_collected_lets_go_of_its_processes(program):
    out = clean(
        program(
            """
import gc, os
runtime = Runtime("agent.yaml")
runtime.hooks.clear(EventType.TOOL_RESULT)
runtime.run("go")
worker = runtime._async._agent.executor._pool.process.pid
del runtime
gc.collect()
print("worker lives", os.path.exists(f"/proc/{worker}"), [t.name for t in threading.enumerate()])
""",
            *(block(TOOLS), done()),
        )
    )
    assert "worker lives False" in out
    assert "codepilot-loop" not in out


def test_the_main_thread_leaves_while_a_command_runs(program):
    clean(
        program(
            """
runtime = Runtime("agent.yaml")
working = threading.Event()
runtime.hooks.register(EventType.TOOL_CALL, lambda **_: working.set())
threading.Thread(target=runtime.run, args=("go",), daemon=True).start()
working.wait(20)
""",
            block("execute('main', 'sleep 300', timeout=300)"),
        )
    )


@pytest.mark.parametrize("kind", ["Runtime", "AsyncRuntime"])
@pytest.mark.parametrize("used", [True, False])
def test_a_task_that_begins_when_the_program_ends_is_refused(program, kind, used):
    first = "go(runtime)" if used else ""
    out = clean(
        program(
            f"""
import asyncio, atexit
from codepilot import AsyncRuntime
from codepilot.errors import UsageError

def go(runtime):
    ran = runtime.run("go")
    return asyncio.run(ran) if asyncio.iscoroutine(ran) else ran

def late():
    try:
        go(runtime)
    except UsageError as error:
        print("late:", error.message)

runtime = {kind}("agent.yaml")
atexit.register(late)
{first}
""",
            done(),
        )
    )
    assert "late: The program is ending, so no task can begin any more." in out


def test_the_session_of_a_task_that_the_program_leaves_is_saved(program, tmp_path):
    kept = tmp_path / "kept"
    clean(
        program(
            f"""
runtime = Runtime("agent.yaml", session="file", session_id="s", session_dir={str(kept)!r})
working = threading.Event()
runtime.hooks.register(EventType.TOOL_CALL, lambda **_: working.set())
threading.Thread(target=runtime.run, args=("do not forget me",), daemon=True).start()
working.wait(20)
""",
            block("find('x')\nwhile True: pass"),
        )
    )
    assert "do not forget me" in (kept / "s.json").read_text()


def test_a_conversational_command_line(program):
    out = clean(
        program(
            """
runtime = Runtime("agent.yaml", session="memory")
on_think(runtime)(lambda message, **_: print(f"thinks: {message}"))
on_finish(runtime)(lambda summary, **_: print(f"done: {summary}"))
on_ask_user(runtime)(lambda question, **_: print(f"asks: {question}"))
while True:
    try:
        task = input("You: ").strip()
    except (KeyboardInterrupt, EOFError):
        print("Goodbye.")
        sys.exit(0)
    if task == "quit":
        sys.exit(0)
    if task == "reset":
        runtime.reset()
        print("cleared", len(runtime.messages))
        continue
    runtime.run(task)
""",
            *(block("think('hm')\nprint(ask_user('Which colour?'))"), done("One.")),
            *(block("done('Two.')"),),
            stdin="first task\nblue\nreset\nsecond task\nquit\n",
        )
    )
    assert "thinks: hm" in out
    assert out.count("Which colour?") >= 1
    assert "cleared 0" in out
    assert "done: Two." in out


def test_ctrl_c_at_the_prompt_of_a_command_line(program):
    result = program(
        """
runtime = Runtime("agent.yaml")
try:
    runtime.run("go")
except KeyboardInterrupt:
    print("interrupted", runtime.last_outcome.status)
""",
        block("execute('main', 'sleep 300', timeout=300)"),
        signal_at="▸ execute",
    )
    assert "interrupted aborted" in clean(result)


def test_ctrl_c_under_asyncio_run(program):
    result = program(
        """
async def main():
    runtime = AsyncRuntime("agent.yaml")
    try:
        await runtime.run("go")
    finally:
        print("ended", runtime.last_outcome.status)

try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
""",
        block("execute('main', 'sleep 300', timeout=300)"),
        signal_at="▸ execute",
    )
    out = clean(result)
    assert "ended aborted" in out
    assert "interrupted" in out


QUIET = 'import os, warnings\nwarnings.filterwarnings("ignore", ".*multi-threaded", DeprecationWarning)\n'
"""Python 3.12 and later warn of every fork of a process with threads; what we say of it is tested here."""
FORK = """
runtime = Runtime("agent.yaml")
print("parent", runtime.run("go"), flush=True)
child = os.fork()
if child == 0:
    try:
        runtime.run("again")
    except CodepilotError as error:
        print("child", error.message, flush=True)
    for late in (lambda: runtime.send_message("from the child"), lambda: runtime.cancel_message("1")):
        try:
            print("child may", late(), flush=True)
        except CodepilotError as error:
            print("child may not", flush=True)
    runtime.close()
    sys.exit(0)
_, status = os.waitpid(child, 0)
print("child ended with", status)
print("parent", runtime.run("and on"))
"""


def test_a_fork_after_the_start_says_so_and_ends_without_harm_to_the_parent(program):
    out = clean(program(QUIET + FORK, block(TOOLS), done(), block(TOOLS), done("Still here.")))
    assert "child This runtime was started before the process was forked" in out
    assert out.count("child may not") == 2 and "child may " not in out.replace("child may not", "")
    assert "child ended with 0" in out
    assert "parent Still here." in out


def test_a_fork_of_an_asyncio_program_closes_nothing_of_the_parent(program):
    out = clean(
        program(
            QUIET
            + """
runtime = AsyncRuntime("agent.yaml")

async def main():
    await runtime.run("go")

asyncio.run(main())
child = os.fork()
if child == 0:
    warnings.simplefilter("ignore")  # the parent's sockets and processes, which nobody closes here
    sys.exit(0)
print("child ended with", os.waitpid(child, 0)[1])
print(asyncio.run(runtime.run("and on")))
""",
            block(TOOLS),
            done(),
            block(TOOLS),
            done("Still here."),
        )
    )
    assert "child ended with 0" in out and "Still here." in out
