"""What the scripted model does: each step changes a file, runs a command, and leaves a line in the witness."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from codepilot.script import Script, Turn

STEPS, FEW = 20, 3
"""Of a run, and of one of those that are killed at each operation in turn."""
LONG = "Many words, so that a part of the reply is kept before its end. " * 60


def story(witness: Path, steps: int, *, whole: bool = False) -> Script:
    """Which step it is, the last words of the conversation tell.

    Args:
        witness: gets a line for each effect.
        steps: how many.
        whole: also look only, ask the person, and call a tool of the program.
    """

    def after(number: int) -> Callable[[str], bool]:
        def fits(text: str) -> bool:
            seen = [n for n in range(1, steps + 1) if f"step-{n}." in text]
            return max(seen, default=0) == number

        return fits

    turns = []
    for number in range(steps):
        step = number + 1
        said = LONG if step == 1 and whole else f"Now step {step} of the work."
        code, files = _act(step, witness, whole)
        text = f"{said}\n\n```codepilot\n{code}\n```\n{files}"
        turns.append(Turn(text=text, match=after(number), repeat=True, delay=0.001))
    turns.append(Turn(text="```completion\nAll done.\n```\n", match=after(steps), repeat=True))
    return Script(turns)


def _act(step: int, witness: Path, whole: bool) -> tuple[str, str]:
    done = f": step-{step}.; printf '{step}\\\\n' >> {witness}"
    if whole and step == 2:
        return f"think('step-{step}.')\nread_file('step-1.txt')\nprint('step-{step}.')", ""
    if whole and step == 3:
        return f"print(deploy('step-{step}.'))", ""
    if whole and step == 4:
        return f"ask_user('Shall I go on after step-{step}.?')", ""
    write = f"write_file('step-{step}.txt')\n"
    files = f"\n```text filename=step-{step}.txt\nwritten in step {step}\n```\n"
    if step % 3 == 0:
        write = f"edit_file('step-{step - 1}.txt')\n"
        files = (
            f"\n```text filename=step-{step - 1}.txt\n<<<<<<< SEARCH\nwritten in\n=======\nwritten and edited in\n"
            ">>>>>>> REPLACE\n```\n"
        )
    if step % 2 == 0:
        return f"{write}execute('main', \"{done}\", timeout=30)", files
    return f'{write}run_command("{done}")', files
