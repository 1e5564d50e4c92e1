"""Secrets of a process of ours: in memory, and nowhere that another process of the same user can read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from codepilot import credentials
from codepilot.credentials import is_secret

PLANTED = "sk-planted-0123456789"
LOOK = """
import ctypes, os, subprocess, sys
from codepilot import credentials

def seen():
    with open("/proc/self/environ", "rb") as file:
        return file.read()

libc = ctypes.CDLL(None)
libc.getenv.restype = ctypes.c_char_p
"""


def run(script, **variables):
    """Run a script that looks at itself; what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK + script],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


PARTS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL")
NAMES = ("DOCKER_AUTH_CONFIG", "GH_PAT", "GITHUB_PAT", "MYSQL_PWD", "NPM_AUTH", "PGPASS")


@pytest.mark.parametrize("part", PARTS)
def test_a_variable_whose_name_holds_such_a_word_is_a_secret(part):
    assert all(map(is_secret, (part, part.lower(), f"MY_{part}", f"{part}S_OF_MINE", f"a{part.title()}b")))


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_of_such_a_name_is_a_secret(name):
    assert is_secret(name)


def test_what_is_no_secret():
    assert not any(map(is_secret, ("PATH", "EDITOR", "LANG", "SSH_AUTH_SOCK", "TEXTUAL_DISABLE_KITTY_KEY")))


def test_the_page_on_security_names_what_is_hidden():
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    assert [name for name in (*PARTS, *NAMES) if not re.search(rf"\b{name}\b", page)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
@pytest.mark.parametrize("way", ["block", "address"])
def test_hidden_secrets_are_in_memory_only(way):
    said = run(
        ("credentials._erase_in_block = lambda names: False\n" if way == "address" else "")
        + "credentials.hide()\n"
        "credentials.hide_also('MENDER')\n"
        "assert b'planted' not in seen(), seen()\n"
        "assert b'LEFT=alone' in seen() and b'LAST=one' in seen()\n"
        "assert not {'A_KEY', 'B_TOKEN', 'MENDER'} & set(os.environ)\n"
        "assert libc.getenv(b'A_KEY') is None and libc.getenv(b'LEFT') == b'alone'\n"
        "child = subprocess.run(['env'], capture_output=True, text=True, check=True).stdout\n"
        "assert 'planted' not in child and 'A_KEY' not in child and 'LEFT=alone' in child, child\n"
        "print(*(credentials.environment()[name] for name in ('A_KEY', 'B_TOKEN', 'MENDER', 'EMPTY_KEY', 'LEFT')), sep='|')\n",
        A_KEY=PLANTED,
        LEFT="alone",
        B_TOKEN="planted=with=signs",
        EMPTY_KEY="",
        MENDER="planted too",
        LAST="one",
    )
    assert said == f"{PLANTED}|planted=with=signs|planted too||alone\n"


def test_a_process_without_secrets_is_left_as_it_is():
    assert (
        run("before = seen()\ncredentials.hide()\nassert seen() == before\nprint('ok')", LEFT="alone")
        == "ok\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_nobody_may_look_into_the_memory_of_a_process_of_ours():
    get_dumpable = "libc.prctl(3, 0, 0, 0, 0)"
    said = run(
        f"credentials.forbid_dumps()\nprint({get_dumpable})\n"
        f"credentials.hide()\ncredentials.forbid_dumps()\nprint({get_dumpable})\n"
        "print(len(os.listdir('/proc/self/fd')) > 2)\n"
    )
    assert said == "1\n0\nTrue\n"


def test_a_program_that_embeds_the_library_is_left_alone(tmp_path):
    said = run(
        "from codepilot import Runtime\n"
        "credentials.hide_also('A_KEY')\n"
        "runtime = Runtime('agent.yaml', use_stdin=False)\n"
        "print(os.environ['A_KEY'], b'planted' in seen(), libc.prctl(3, 0, 0, 0, 0))\n".replace(
            "'agent.yaml'", repr(str(agent_file(tmp_path)))
        ),
        A_KEY=PLANTED,
    )
    assert said == f"{PLANTED} True 1\n"


def agent_file(folder):
    path = folder / "agent.yaml"
    path.write_text("agent:\n  name: A\n  model: {provider: openai, name: m, api_key_env: A_KEY}\n")
    return path


def test_the_environment_follows_the_processs_own(monkeypatch):
    seen = credentials.environment()
    monkeypatch.setenv("A_NEW_ONE", "1")
    assert seen["A_NEW_ONE"] == "1"
    assert dict(seen) == dict(os.environ)
