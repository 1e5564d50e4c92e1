"""Who writes to a session, told by a claim: each program holds its own."""

import subprocess
import sys

FORKED = """
import json, os
from codepilot.sessions import holder

def alive(claim):
    child = os.fork()
    if not child:
        os._exit(holder.alive(claim))
    return bool(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

mine = holder.begin()
told, tell = os.pipe()
over, end = os.pipe()
worker = os.fork()
if not worker:
    os.write(tell, json.dumps(holder.begin()).encode())
    os.read(over, 1)
    os._exit(0)
claim = json.loads(os.read(told, 4096))
print("worker's:", holder.alive(claim), alive(claim))
os.write(end, b"x")
os.waitpid(worker, 0)
print("after its end:", holder.alive(claim), alive(claim))
print("parent's:", holder.alive(mine), alive(mine))
holder.end(mine["claim"])
print("given up:", holder.alive(mine))
"""


def test_workers_that_were_forked_see_each_others_claims():
    """Found by a program: they took themselves for one program, and none of them for the one that held it."""
    said = subprocess.run([sys.executable, "-c", FORKED], check=True, capture_output=True, text=True).stdout
    assert said.splitlines() == [
        "worker's: True True",
        "after its end: False False",
        "parent's: True True",
        "given up: False",
    ]
