"""The corpus of hostile blocks: none does harm, each ends as it says, and the host works on."""

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from codepilot.sandbox import DEFAULT_IMPORTS, BlockLimits

CORPUS = Path(__file__).parents[2] / "corpora" / "hostile"
TOKEN = "token-5f0e"
BLOCKS = sorted(CORPUS.glob("*.block"))

BARE = """
import json, sys
setting = json.load(sys.stdin)
code = setting.pop("code")
exec(code, {**setting, "__name__": "__main__", "echo": print, "slow": print})
"""


def header(block, key):
    for line in block.read_text().splitlines():
        if line.startswith(f"# {key}: "):
            return line.removeprefix(f"# {key}: ").split()
    raise AssertionError(f"{block.name} has no {key}")


class Stage:
    """What a block could harm."""

    def __init__(self, folder):
        self.canary = folder / "canary"
        self.secret = folder / "secret.txt"
        self.secret.write_text(TOKEN)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0)
        self.victim = subprocess.Popen(["sleep", "1000"])

    @property
    def names(self):
        return {
            "CANARY": str(self.canary),
            "SECRET_FILE": str(self.secret),
            "PORT": self.listener.getsockname()[1],
            "VICTIM": self.victim.pid,
        }

    def harm(self, printed):
        found = []
        if self.canary.exists() or self.canary.is_symlink():
            found.append("the canary is there")
        if TOKEN in printed:
            found.append("the secret was printed")
        if not self.secret.exists() or self.secret.read_text() != TOKEN:
            found.append("the secret file was changed")
        if self.victim.poll() is not None:
            found.append("the victim is dead")
        try:
            self.listener.accept()[0].close()
            found.append("the listener was reached")
        except BlockingIOError:
            pass
        return found

    def close(self):
        self.listener.close()
        self.victim.kill()
        self.victim.wait()


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path)
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.stem)
async def test_no_harm(block, stage, make_bench):
    bench = make_bench(globals=stage.names, limits=BlockLimits(seconds=1.0))
    await bench.executor.start()
    assert bench.executor.isolation.isolated
    asyncio.get_running_loop().call_later(20, bench.tools.release.set)

    result = await asyncio.wait_for(bench(block.read_text()), 30)

    assert stage.harm(result.printed) == []
    assert (result.kind or "ok") in header(block, "expect"), result.error
    assert result.ok or result.error
    after = await bench("print('alive')")
    if block.stem == "frames_forged_end":  # a worker that lied about its end is found out by the next block
        assert after.kind == "timeout"
        after = await bench("print('alive')")
    assert after.printed == "alive\n", after.error
    assert stage.harm(result.printed) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if header(block, "control") == ["harm"]], ids=lambda block: block.stem
)
async def test_no_harm_without_a_kernel_jail_either(block, stage, make_bench, old_kernel):
    """Nothing is claimed of this rung, but what is known to do harm does none."""
    bench = make_bench(globals=stage.names, limits=BlockLimits(seconds=1.0))
    await bench.executor.start()
    assert bench.executor.isolation.level == "process"
    asyncio.get_running_loop().call_later(20, bench.tools.release.set)
    result = await asyncio.wait_for(bench(block.read_text()), 30)
    assert stage.harm(result.printed) == []
    assert (await bench("print('alive')")).printed == "alive\n"


async def test_without_a_kernel_jail_it_says_so_and_ordinary_blocks_run(make_bench, old_kernel):
    bench = make_bench()
    await bench.executor.start()
    isolation = bench.executor.isolation
    assert (isolation.level, isolation.isolated) == ("process", False)
    assert isolation.detail.startswith("not isolated: ")
    imports = "\n".join(f"import {name}" for name in DEFAULT_IMPORTS)
    code = (
        "from datetime import datetime\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass P:\n    x: int\n"
        "print(datetime.strptime('2026-11-21', '%Y-%m-%d').year, P(1), json.dumps({'a': decimal.Decimal(1) == 1}))\n"
        "print(hashlib.sha256(b'x').hexdigest()[:4], random.Random(1).randint(1, 9), echo('back'))\n"
        "print(statistics.mean([1, 3]), re.sub('a', 'b', 'aa'), zlib.crc32(b'x'), len(ast.dump(ast.parse('x = 1'))))\n"
    )
    result = await bench(f"{imports}\n{code}")
    assert result.ok, result.error
    assert result.printed.startswith('2026 P(x=1) {"a": true}\n2d71 3 back\n2 bb ')


@pytest.mark.slow
@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if header(block, "control") == ["harm"]], ids=lambda block: block.stem
)
def test_the_same_block_does_harm_under_a_bare_exec(block, stage):
    done = subprocess.run(
        [sys.executable, "-c", BARE],
        input=json.dumps({"code": block.read_text(), **stage.names}),
        capture_output=True,
        text=True,
        timeout=30,
    )
    if stage.victim.poll() is None and "VICTIM" in block.read_text():
        stage.victim.wait(10)
    assert stage.harm(done.stdout), done.stderr


def test_the_corpus_is_large_enough():
    assert len(BLOCKS) >= 60
    assert sum(header(block, "control") == ["harm"] for block in BLOCKS) >= 25
