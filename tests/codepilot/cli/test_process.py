"""`codepilot run` as a process: signals, pipes, a terminal, and what is left behind."""

import ctypes
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codepilot.messages import Usage
from codepilot.script import Fault, Turn

pytestmark = pytest.mark.slow

PATIENCE = 60
SLEEP = "```codepilot\nexecute('main', 'echo begun; sleep 600', timeout=600)\n```\n"


def done(summary="Done."):
    return f"```completion\n{summary}\n```\n"


def children():
    """Living children of this process."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if int(parent) == os.getpid() and state != "Z":
                found.add(int(folder.name))
    return found


@pytest.fixture
def nothing_left(monkeypatch, tmp_path_factory):
    """After the test no process and no folder that it began is left."""
    if sys.platform != "linux":
        pytest.skip("orphans are gathered with PR_SET_CHILD_SUBREAPER")
    temporary = tmp_path_factory.mktemp("t")
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    before = children()
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    yield
    try:
        end = time.monotonic() + PATIENCE
        while (left := children() - before) and time.monotonic() < end:
            select.select([], [], [], 0.01)
        assert left == set()
        assert list(temporary.iterdir()) == []
    finally:
        ctypes.CDLL(None).prctl(36, 0, 0, 0, 0)


def until_event(process, kind):
    """Read JSON lines until one is of this kind; gives all that were read."""
    events = []
    for line in process.stdout:
        events.append(json.loads(line))
        if events[-1]["type"] == kind:
            return events
    raise AssertionError(f"no {kind} in {events}; {process.stderr.read()}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_a_running_command(shop, nothing_left, number):
    shop.play(SLEEP)
    process = shop.start("go", "--allow", "all", "--format", "jsonl")
    events = until_event(process, "tool_started")
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    events += [json.loads(line) for line in out.splitlines()]
    assert process.returncode == 130
    assert err == ""
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    (finished,) = (event for event in events if event["type"] == "task_finished")
    assert finished["status"] == "aborted"
    (tool,) = (event for event in events if event["type"] == "tool_finished")
    assert tool["state"] == "aborted"


INTERRUPTED = """
import signal, sys

class Interrupts:
    def find_spec(self, name, *_):
        if name == sys.argv[1]:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
from codepilot.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("module", ["codepilot.installation", "asyncio", "codepilot.cli.report"])
def test_a_signal_while_the_command_is_loaded(module):
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, module, "run", "go"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "codepilot: stopped.\n")


def test_a_signal_while_the_model_is_silent(shop, nothing_left):
    shop.play(Turn(fault=Fault(hang_headers=True)))
    process = shop.start("go", "--format", "json", "--session", "s")
    while not shop.server.requests:
        assert process.poll() is None
        select.select([], [], [], 0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    found = json.loads(out)
    assert process.returncode == found["exit_code"] == 130
    assert (found["status"], found["steps"]) == ("aborted", 1)
    assert err == ""


def test_nothing_is_left_after_a_task(shop, nothing_left):
    shop.play("```codepilot\nexecute('main', 'sleep 300 & echo started', timeout=20)\n```\n", done())
    process = shop.start("go", "--allow", "execute")
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (0, "Done.\n")
    assert err.startswith("✓ execute main › sleep 300 & echo started")


def test_the_reader_of_the_output_goes_away(shop, nothing_left):
    shop.play("One. " * 20 + "\n\n" + SLEEP)
    process = shop.start("go", "--allow", "all", "--format", "jsonl")
    until_event(process, "task_started")
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert err == ""


def test_the_task_comes_through_a_pipe(shop, nothing_left):
    shop.play(done())
    process = shop.start("-", stdin=subprocess.PIPE)
    out, err = process.communicate("piped words\n", timeout=PATIENCE)
    assert (process.returncode, out) == (0, "Done.\n")
    assert re.fullmatch(r"codepilot: [\d,]+ tokens in, \d+ out · price unknown\n", err)
    assert "piped words" in shop.server.requests[0].user_text


def test_steering_through_a_pipe(shop, nothing_left):
    shop.play(
        "```codepilot\nexecute('main', 'echo begun; until [ -e go ]; do sleep 0.05; done', timeout=60)\n```\n",
        Turn(match="use tabs", text=done("With tabs.")),
    )
    process = shop.start("go", "--allow", "all", "--steer", "--format", "jsonl", stdin=subprocess.PIPE)
    until_event(process, "tool_started")
    process.stdin.write("use tabs\n")
    process.stdin.flush()
    until_event(process, "message_queued")
    (shop.work / "go").touch()
    events = until_event(process, "task_finished")
    assert events[-1]["summary"] == "With tabs."
    process.stdout.read()
    process.stdin.close()
    assert process.wait(PATIENCE) == 0
    process.stdout.close()
    process.stderr.close()


@pytest.fixture
def typist():
    """A terminal: its two ends, and a way to wait for words on it."""
    ours, theirs = pty.openpty()
    seen = bytearray()

    def wait_for(words):
        end = time.monotonic() + PATIENCE
        while words.encode() not in seen:
            ready, _, _ = select.select([ours], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{words!r} did not come; there is {bytes(seen)!r}"
            seen.extend(os.read(ours, 4096))

    yield ours, theirs, wait_for
    os.close(ours)
    os.close(theirs)


WRITE = "```codepilot\nwrite_file('a.txt')\n```\n\n```text filename=a.txt\nhello\n```\n"


@pytest.mark.parametrize(
    ("answer", "written"), [("y\n", True), ("n\n", False), ("\n", False), ("\x04", False)]
)
def test_a_person_at_a_terminal_is_asked_on_stderr_and_stdout_stays_pure(
    shop, nothing_left, typist, answer, written
):
    ours, theirs, wait_for = typist
    shop.play(WRITE, done("Over."))
    process = shop.start("go", stdin=theirs, stderr=theirs)
    wait_for("Allow? [y/N]")
    os.write(ours, answer.encode())
    out, _ = process.communicate(timeout=PATIENCE)
    assert out == "Over.\n"
    assert (shop.work / "a.txt").exists() is written


def test_a_person_at_a_terminal_is_asked_before_a_budget_is_used_up(shop, nothing_left, typist):
    ours, theirs, wait_for = typist
    costly = Usage(input_tokens=100_000, output_tokens=1_000)  # of gpt-4o: 26 cents
    shop.play(
        *[Turn(text="```codepilot\nprint(1)\n```\n", usage=costly)] * 2, Turn(text=done(), usage=costly)
    )
    process = shop.start(
        "go", "--model", "openai:gpt-4o", "--max-cost", "0.6", "--max-steps", "3", stdin=theirs, stderr=theirs
    )
    wait_for("This session has cost $0.26 of $0.60")
    os.write(ours, b"yes\n")
    wait_for("the next step costs about $0.26")
    os.write(ours, b"2\n")
    out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (0, "Done.\n")


def test_a_signal_at_a_question_ends_without_an_answer(shop, nothing_left, typist):
    _, theirs, wait_for = typist
    shop.play(WRITE)
    process = shop.start("go", stdin=theirs, stderr=theirs)
    wait_for("Allow? [y/N]")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, "")
    assert not (shop.work / "a.txt").exists()


def test_the_demo_runs_to_its_end(shop, nothing_left):
    from codepilot.demo import DEMO_TASK

    process = subprocess.run(
        [sys.executable, "-m", "codepilot", "run", "--demo", "--allow", "all", "--format", "jsonl"],
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    events = [json.loads(line) for line in process.stdout.splitlines()]
    assert (process.returncode, process.stderr) == (0, "")
    assert events[0]["task"] == DEMO_TASK
    (finished,) = (event for event in events if event["type"] == "task_finished")
    assert "all five tests pass" in finished["summary"]
    (changed,) = (event for event in events if event["type"] == "file_changed")
    assert changed["path"] == "inventory/stock.py"


def test_without_permission_the_demo_ends_honestly(shop, nothing_left):
    process = subprocess.run(
        [sys.executable, "-m", "codepilot", "run", "--demo", "--format", "json"],
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    found = json.loads(process.stdout)
    assert found["changed"] == {}
    assert "unchanged" in found["summary"]


def run_codepilot(*command, **options):
    """The command as a process of its own, in which nothing of this one's folder matters."""
    return subprocess.run(
        [sys.executable, "-P", "-c", "from codepilot.cli import main; exit(main())", *command],
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


@pytest.mark.parametrize("command", [("run", "hi"), ("attach",), ("terminals", "--end", "x")])
def test_a_current_folder_that_was_deleted_is_told(tmp_path, command):
    gone = tmp_path / "gone"
    gone.mkdir()
    ended = run_codepilot(*command, cwd=gone, preexec_fn=gone.rmdir, capture_output=True)
    assert ended.returncode == 2
    assert "The current folder was deleted." in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("form", ["text", "json", "jsonl"])
def test_output_that_cannot_be_written_is_told(shop, form):
    with open("/dev/full", "w") as full:
        ended = run_codepilot(
            "run", "--demo", "--allow", "all", "--format", form, stdout=full, stderr=subprocess.PIPE
        )
    assert ended.returncode == 1
    assert "The output cannot be written: No space left on device." in ended.stderr
    assert "Traceback" not in ended.stderr and "Exception ignored" not in ended.stderr


def without_reader():
    ours, theirs = os.pipe()
    os.close(ours)
    return theirs


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("narration", ["closed", "full", "without a reader"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_lines_for_the_person_that_nobody_can_read_do_not_stop_the_task(shop, narration, form):
    """Stdout holds the answer and alone decides; in the form of a text the task ended after its first command."""
    shop.play(
        *(f"```codepilot\nexecute('main', 'touch {name}')\n```\n" for name in "AB"), done("The answer.")
    )
    shop.write_agent("  unknown: 1\n")  # a warning before the task begins
    stderr = {"closed": None, "full": os.open("/dev/full", os.O_WRONLY), "without a reader": without_reader()}
    close = (lambda: os.close(2)) if narration == "closed" else None
    process = shop.start("go", "--allow", "all", "--format", form, stderr=stderr[narration], preexec_fn=close)
    os.close(stderr["full"])
    os.close(stderr["without a reader"])
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert (out if form == "text" else json.loads(out)["summary"] + "\n") == "The answer.\n"
    assert sorted(path.name for path in shop.work.iterdir()) == ["A", "B"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_an_error_that_nobody_can_read_is_in_the_exit_code():
    with open("/dev/full", "w") as full:
        ended = run_codepilot("run", "", stdout=subprocess.PIPE, stderr=full)
    assert (ended.returncode, ended.stdout) == (2, "")
