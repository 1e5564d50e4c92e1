"""Each wall of the jail for itself: with the audit hook left out, what does the kernel still allow?"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from codepilot.sandbox.isolation import isolation_of

SRC = Path(__file__).parents[3] / "src"

ATTEMPTS = r"""
import ctypes, json, os, signal, socket, sys, _posixsubprocess
from codepilot.sandbox import jail
setting = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)
get_errno = ctypes.get_errno  # the module itself goes out of reach where there is no seccomp
if setting["uid"] is not None:
    os.setgid(setting["uid"])
    os.setuid(setting["uid"])
if "hook" in setting["without"]:
    sys.addaudithook = lambda hook: None
if "landlock" in setting["without"]:
    def _landlock(libc, readable): raise OSError("not here")
    jail._landlock = _landlock
if "seccomp" in setting["without"]:
    def enter(libc, *, reading, threads): raise OSError("not here")
    jail.seccomp.enter = enter
held_open = os.memfd_create("y")
closed = jail.enter(memory=512 << 20, threads=False, host=os.getppid())
results = {}

def attempt(name, action):
    try:
        action()
    except (OSError, PermissionError) as error:
        results[name] = type(error).__name__
    else:
        results[name] = "done"

def call(*args):
    if libc.syscall(*args) < 0:
        code = get_errno()
        raise OSError(code, os.strerror(code))

def forking():
    if os.fork() == 0:
        os._exit(0)
    os.wait()

def connect():
    with socket.socket() as s:
        s.connect(("127.0.0.1", setting["port"]))

def pair():
    one, two = socket.socketpair()

canary = setting["canary"]
attempt("read", lambda: os.close(os.open(setting["secret"], os.O_RDONLY)))
attempt("read_around", lambda: os.close(os.open(setting["around"] + setting["secret"], os.O_RDONLY)))
attempt("list", lambda: os.listdir("/"))
attempt("list_around", lambda: os.listdir(setting["around"]))
attempt("library", lambda: os.close(os.open(os.__file__, os.O_RDONLY)))
attempt("list_library", lambda: os.listdir(os.path.dirname(os.__file__)))
attempt("write", lambda: os.close(os.open(canary, os.O_WRONLY | os.O_CREAT)))
attempt("library_write", lambda: os.close(os.open(os.__file__, os.O_WRONLY)))
attempt("mkdir", lambda: os.mkdir(canary))
attempt("chmod", lambda: os.chmod(setting["secret"], 0o777))
attempt("utime", lambda: os.utime(setting["secret"]))
attempt("fork", forking)
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
attempt("socket", connect)
attempt("socketpair", pair)
attempt("kill", lambda: os.kill(os.getppid(), 0))
attempt("setpriority", lambda: os.setpriority(os.PRIO_PROCESS, 0, 5))
attempt("memfd", lambda: os.memfd_create("x"))
attempt("grow", lambda: os.write(held_open, b"x"))
attempt("unshare", lambda: call(272, 0x10000000))
attempt("ptrace", lambda: call(101, 0, 0, 0, 0))
attempt("io_uring", lambda: call(425, 1, None))
attempt("bpf", lambda: call(321, 0, None, 0))
attempt("keyctl", lambda: call(250, 0, 0, 0))
print(json.dumps({"layers": closed.layers, "notes": closed.notes, "results": results}))
"""


LIBRARY = Path(os.__file__).parent
AROUND = os.fspath(LIBRARY) + "/.." * (len(LIBRARY.parts) - 1)
"""The root folder, by a path that begins in the library."""


@pytest.fixture
def attempts(tmp_path):
    library = tmp_path / "library"
    secret = tmp_path / "library of another" / "secret"
    for folder in (library, secret.parent):
        folder.mkdir()
    secret.write_text("secret")

    def run(*, without=("hook",), uid=None):
        setting = {
            "secret": str(secret),
            "around": AROUND,
            "canary": str(tmp_path / "canary"),
            "port": 9,
            "without": list(without),
            "uid": uid,
        }
        done = subprocess.run(
            [sys.executable, "-c", ATTEMPTS],
            input=json.dumps(setting),
            env={"PYTHONPATH": os.pathsep.join(map(str, (SRC, library)))},
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        assert not (tmp_path / "canary").exists()
        found = json.loads(done.stdout)
        return found["layers"], found["notes"], found["results"]

    return run


NEVER = (
    *(
        "read",
        "read_around",
        "list",
        "list_around",
        "write",
        "library_write",
        "mkdir",
        "chmod",
        "utime",
        "fork",
        "exec",
        "socket",
        "socketpair",
        "kill",
        "memfd",
    ),
    *("setpriority", "unshare", "ptrace", "io_uring", "bpf", "keyctl"),
)
linux = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="numbers of x86_64 Linux"
)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes an ordinary user")


@linux
def test_the_kernel_alone_holds(attempts):
    layers, notes, results = attempts()
    assert [name for name in NEVER if results[name] == "done"] == []
    assert results["library"] == "done"
    assert isolation_of(layers, notes).level == "landlock"


@linux
@as_root
def test_it_holds_for_an_ordinary_user(attempts):
    layers, _, results = attempts(uid=65534)
    assert [name for name in NEVER if results[name] == "done"] == []
    assert any(layer.startswith("landlock") for layer in layers)


@linux
def test_without_landlock_nothing_can_be_opened_at_all(attempts):
    layers, notes, results = attempts(without=("hook", "landlock"))
    assert [name for name in (*NEVER, "library") if results[name] == "done"] == []
    isolation = isolation_of(layers, notes)
    assert isolation.level == "seccomp"
    assert not isolation.isolated
    assert "no landlock: not here" in isolation.detail


@linux
def test_without_seccomp_it_does_not_count_as_isolated(attempts):
    layers, notes, results = attempts(without=("hook", "seccomp"))
    assert results["read"] != "done"
    assert results["write"] != "done"
    isolation = isolation_of(layers, notes)
    assert isolation.level == "process"
    assert not isolation.isolated


@linux
def test_landlock_alone_lets_nobody_connect(attempts):
    """Beside seccomp nobody sees whether it does."""
    layers, _, results = attempts(without=("hook", "seccomp"))
    version = next((int(layer.split()[1]) for layer in layers if layer.startswith("landlock")), 0)
    assert results["socket"] == ("PermissionError" if version >= 4 else "ConnectionRefusedError")


@linux
def test_the_limits_alone_let_no_file_grow(attempts):
    """Not even one that was open before: neither Landlock nor seccomp forbids to write into that."""
    _, _, results = attempts()
    assert results["grow"] == "OSError"


@linux
def test_the_audit_hook_alone_refuses_the_everyday_effects(attempts):
    layers, notes, results = attempts(without=("landlock", "seccomp"))
    for name in (
        "read",
        "read_around",
        "list",
        "list_around",
        "write",
        "library_write",
        "mkdir",
        "chmod",
        "utime",
        "fork",
        "exec",
        "socket",
        "kill",
    ):
        assert results[name] == "PermissionError", name
    assert (results["library"], results["list_library"]) == ("done", "done")
    assert isolation_of(layers, notes).detail.startswith("not isolated")


@pytest.mark.parametrize(
    ("layers", "level"),
    [
        (("rlimits", "landlock 7", "seccomp", "audit hook"), "landlock"),
        (("rlimits", "landlock 1", "audit hook"), "process"),
        (("seccomp",), "seccomp"),
        ((), "process"),
    ],
)
def test_the_ladder(layers, level):
    isolation = isolation_of(layers, ())
    assert isolation.level == level
    assert isolation.layers == layers
    assert isolation.isolated is (level == "landlock")
