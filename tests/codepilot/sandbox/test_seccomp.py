"""The filter, judged by an interpreter of BPF: so that the tables of both machines are tested on either."""

import struct

import pytest

from codepilot.sandbox.seccomp import program

ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {
    "x86_64": {
        **{
            "read": 0,
            "write": 1,
            "mmap": 9,
            "exit_group": 231,
            "open": 2,
            "openat": 257,
            "clone": 56,
            "clone3": 435,
            "fork": 57,
            "vfork": 58,
        },
        **{
            "execve": 59,
            "execveat": 322,
            "socket": 41,
            "connect": 42,
            "ptrace": 101,
            "kill": 62,
            "tkill": 200,
            "tgkill": 234,
            "mount": 165,
        },
        **{
            "bpf": 321,
            "io_uring_setup": 425,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "prlimit64": 302,
            "fcntl": 72,
        },
        **{
            "sendmsg": 46,
            "ioctl": 16,
            "chmod": 90,
            "unlink": 87,
            "memfd_create": 319,
            "openat2": 437,
            "setrlimit": 160,
            "prctl": 157,
        },
        **{
            "pidfd_send_signal": 424,
            "userfaultfd": 323,
            "keyctl": 250,
            "unshare": 272,
            "setns": 308,
            "futex": 202,
        },
        **{"timer_create": 222, "setitimer": 38, "alarm": 37, "dup2": 33, "perf_event_open": 298},
    },
    "aarch64": {
        **{
            "read": 63,
            "write": 64,
            "mmap": 222,
            "exit_group": 94,
            "openat": 56,
            "clone": 220,
            "clone3": 435,
            "execve": 221,
            "execveat": 281,
        },
        **{
            "socket": 198,
            "connect": 203,
            "ptrace": 117,
            "kill": 129,
            "tkill": 130,
            "tgkill": 131,
            "mount": 40,
            "bpf": 280,
            "prlimit64": 261,
        },
        **{
            "io_uring_setup": 425,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "fcntl": 25,
            "sendmsg": 211,
            "ioctl": 29,
        },
        **{
            "memfd_create": 279,
            "openat2": 437,
            "setrlimit": 164,
            "prctl": 167,
            "pidfd_send_signal": 424,
            "userfaultfd": 282,
        },
        **{
            "keyctl": 219,
            "unshare": 97,
            "setns": 268,
            "futex": 98,
            "timer_create": 107,
            "setitimer": 103,
            "dup3": 24,
        },
        **{"perf_event_open": 241, "fchmodat": 53, "unlinkat": 35},
    },
}
ALLOW, KILL, EPERM, EACCES, ENOSYS = 0x7FFF0000, 0x80000000, 0x50001, 0x5000D, 0x50026
PID = 4242


def verdict(code, *, arch, number, args=()):
    data = struct.pack("<iIQ6Q", number, arch, 0, *(tuple(args) + (0,) * 6)[:6])
    ops = [struct.unpack_from("=HBBI", code, at) for at in range(0, len(code), 8)]
    at = register = 0
    while True:
        op, yes, no, k = ops[at]
        at += 1
        if op == 0x20:
            (register,) = struct.unpack_from("<I", data, k)
        elif op == 0x54:
            register &= k
        elif op == 0x15:
            at += yes if register == k else no
        elif op == 0x35:
            at += yes if register >= k else no
        elif op == 0x06:
            return k
        else:
            raise AssertionError(f"unknown instruction {op:#x}")


@pytest.fixture(params=["x86_64", "aarch64"])
def judge(request):
    machine = request.param

    def ask(name, *args, reading=True, threads=False):
        number = CALLS[machine][name]
        code = program(machine, pid=PID, reading=reading, threads=threads)
        return verdict(code, arch=ARCH[machine], number=number, args=args)

    ask.machine = machine
    return ask


def test_what_python_needs_is_allowed(judge):
    for name in ("read", "write", "mmap", "exit_group", "futex"):
        assert judge(name) == ALLOW


def test_everything_else_is_refused(judge):
    special = {
        "read",
        "write",
        "mmap",
        "exit_group",
        "futex",
        "open",
        "openat",
        "clone3",
        "fcntl",
        "tgkill",
        "prlimit64",
    }
    for name in CALLS[judge.machine].keys() - special:
        assert judge(name) == EPERM, name
    assert judge("clone3") == ENOSYS


def test_files_open_for_reading_only(judge):
    o_cloexec = 0o2000000
    assert judge("openat", 0, 0, o_cloexec) == ALLOW
    for flag in (0o1, 0o2, 0o100, 0o1000, 0o2000, 0o20000000):
        assert judge("openat", 0, 0, flag | o_cloexec) == EACCES
    assert judge("openat", 0, 0, 0, reading=False) == EACCES
    if judge.machine == "x86_64":
        assert judge("open", 0, 0) == ALLOW
        assert judge("open", 0, 0o101) == EACCES


def test_threads_only_where_they_are_needed(judge):
    clone_thread = 0x10000
    assert judge("clone", clone_thread) == EPERM
    assert judge("clone", clone_thread, threads=True) == ALLOW
    assert judge("clone", 0x11, threads=True) == EPERM


def test_signals_reach_the_worker_only(judge):
    assert judge("tgkill", PID) == ALLOW
    assert judge("tgkill", PID + 1) == EPERM
    assert judge("fcntl", 3, 1) == ALLOW
    assert judge("fcntl", 3, 2) == ALLOW
    assert judge("fcntl", 3, 3) == ALLOW
    for command in (0, 4, 8, 10, 15, 1030):
        assert judge("fcntl", 3, command) == EPERM


def test_limits_can_be_asked_for_but_not_set(judge):
    assert judge("prlimit64", 0, 7, 0, 0x1000) == ALLOW
    assert judge("prlimit64", 0, 7, 0x1000, 0) == EPERM
    assert judge("prlimit64", 0, 7, 1 << 40, 0) == EPERM


def test_a_foreign_architecture_is_killed():
    code = program("x86_64", pid=PID, reading=True, threads=False)
    assert verdict(code, arch=0x40000003, number=4) == KILL
    assert verdict(code, arch=ARCH["x86_64"], number=0x40000000 | 1) == KILL


def test_an_unknown_machine_has_no_filter():
    with pytest.raises(ValueError):
        program("vax", pid=PID, reading=True, threads=False)
