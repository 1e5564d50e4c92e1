"""What the demo says and does next, decided from the conversation alone. Pure, so that every branch is testable."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from codepilot.messages import ModelMessage

TASK = re.compile(r"^\[Task \d+\]\[USER INPUT\]$", re.MULTILINE)
MESSAGE = re.compile(r"^\[USER MESSAGE\]\n(.*?)(?=\n\n\[|\Z)", re.MULTILINE | re.DOTALL)
DENIED = re.compile(r"Permission denied(?: for)?[^\n]*")
HOW_TO_GO_ON = (
    "To work with a real model, set its key (for example `ANTHROPIC_API_KEY`) and start `codepilot-tui` again in your"
    " own project."
)


def test_command() -> str:
    """The command that runs the project's tests: as a person would type it, where that means any Python 3."""
    python = "python3" if shutil.which("python3") else shlex.quote(sys.executable)
    return f"{python} -m unittest"


@dataclass(frozen=True, slots=True)
class Scene:
    """The current task as far as it went."""

    replies: tuple[str, ...]
    """What the demo said since the task began."""
    seen: str
    """Everything that came back since then."""
    last: str
    """What came back after the last reply."""

    @property
    def test_runs(self) -> int:
        """How often the demo asked to run the tests."""
        return sum('execute("main"' in reply for reply in self.replies)

    @property
    def edited(self) -> bool:
        """Whether the demo proposed its edit."""
        return any("edit_file(" in reply for reply in self.replies)

    @property
    def fixed_before(self) -> bool:
        """Whether the guard was in the file already when the task began, as after a stop behind the edit."""
        return not self.edited and "raise OutOfStock" in self.seen


def scene(messages: Sequence[ModelMessage]) -> Scene:
    """Cut the current task out of a conversation."""
    start = max(
        (
            index
            for index, message in enumerate(messages)
            if message.role == "user" and TASK.search(message.text)
        ),
        default=0,
    )
    current = messages[start:]
    heard = [message.text for message in current if message.role == "user"]
    return Scene(
        tuple(message.text for message in current if message.role == "assistant"),
        "\n".join(heard),
        heard[-1] if heard else "",
    )


def next_reply(messages: Sequence[ModelMessage]) -> str:
    """The demo's next reply."""
    now = scene(messages)
    heard = "".join(_answer_to(words) for words in MESSAGE.findall(now.last)) if now.replies else ""
    return heard + _act(messages, now)


def _act(messages: Sequence[ModelMessage], now: Scene) -> str:
    if not now.replies:
        return _finished_before() if _was_fixed(messages) else _look()
    if now.test_runs == 0:
        return _run_tests(now)
    denied = DENIED.search(now.last)
    if now.fixed_before:
        return _unchecked() if denied else _done(now.last)
    if not any("ask_user(" in reply for reply in now.replies):
        return _ask(denied is not None, now)
    if not now.edited:
        return _edit(now)
    if now.test_runs == 1:
        return _edit_refused(denied.group(), now.last) if denied else _check(now)
    if denied:
        return _unchecked()
    return _done(now.last)


def _answer_to(words: str) -> str:
    quoted = " ".join(words.split())
    return (
        f"Your message reached me at this step: “{quoted}”. I am a script, so I cannot act on it; a real model"
        " reads it at just this point and changes its course.\n\n"
    )


def _look() -> str:
    return """\
I am the **scripted demo**, not a language model: my words are fixed, but the shell, the files, the questions and the
test run around me are real. While I work, type something and press Enter; it reaches me at my next step.

First I look at the code and at its test.

```codepilot
read_file("inventory/stock.py")
read_file("tests/test_stock.py")
```
"""


def _run_tests(now: Scene) -> str:
    found = (
        "`Stock.remove` has its guard already, from an earlier task."
        if now.fixed_before
        else "`Stock.remove` subtracts without looking whether there is enough."
    )
    return f"""\
{found} Let me see what the tests say. You are asked first:
**y** lets the command run in the terminal, **n** does not, **d** says no and tells me why.

```codepilot
execute("main", {test_command()!r}, timeout=60)
```
"""


def _ask(denied: bool, now: Scene) -> str:
    if denied:
        found = "You did not let me run the tests, so I go by what I read: `remove` has no guard."
    elif "status: running" in now.last or "status: waiting" in now.last:
        found = "The tests are not through yet; I go by what I read: `remove` has no guard."
    elif "FAILED" in now.last:
        found = "As expected: `test_remove_too_many` fails, because nothing raises `OutOfStock`."
    else:
        found = "The run did not show the failure that I expected; by its code, `remove` still has no guard."
    return f"""\
{found} One question before I change anything.

```codepilot
answer = ask_user("What do you call one piece in the error message? For example: piece, part, item.")
```
"""


def _noun(now: Scene) -> str:
    match = re.search(r"\[ask_user\] A: (.*)", now.seen)
    words = re.sub(r"[^A-Za-z ]", "", match.group(1)).strip().lower() if match else ""
    return words if 0 < len(words) <= 20 else "piece"


def _edit(now: Scene) -> str:
    noun = _noun(now)
    return f"""\
Here is the change. It stands before you as a diff and is not on the disk until you say yes.

```codepilot
edit_file("inventory/stock.py")
```

```python filename=inventory/stock.py
<<<<<<< SEARCH
        self.items[code] -= quantity
        return self.items[code]
=======
        have = self.items.get(code, 0)
        if quantity > have:
            raise OutOfStock(f"{{quantity}} of {{code}} asked for, {{have}} {noun}(s) left")
        self.items[code] = have - quantity
        return self.items[code]
>>>>>>> REPLACE
```
"""


def _check(now: Scene) -> str:
    if "ERROR" in now.last:
        return """\
The edit did not go through; the reason stands above. A real model would read it and try again; my script ends here.

```completion
Demo ended: the edit could not be applied, and nothing was changed.
```
"""
    return f"""\
The guard is in. Now the same tests again.

```codepilot
execute("main", {test_command()!r}, timeout=60)
```
"""


def _edit_refused(denial: str, heard: str) -> str:
    reason = re.search(r"The user says: (.*)", heard)
    said = f" You said: “{reason.group(1).strip()}”." if reason else ""
    del denial
    return f"""\
You refused the edit, so the file is as it was and the test still fails.{said} A real model would now propose another
change; I have only this one.

```completion
Demo ended: the edit was refused, `inventory/stock.py` is unchanged and `test_remove_too_many` still fails.
```
"""


def _unchecked() -> str:
    return f"""\
The guard is in `inventory/stock.py`, but you did not let me run the tests, so I cannot say that they pass.

```completion
Demo done: the edit is on the disk, its tests were not run. {HOW_TO_GO_ON}
```
"""


def _done(heard: str) -> str:
    if re.search(r"^OK\b", heard, re.MULTILINE):
        return f"""\
All tests pass.

```completion
Demo done: `Stock.remove` raises `OutOfStock` when there is too little, and all five tests pass. {HOW_TO_GO_ON}
```
"""
    return f"""\
The tests do not show the end that my script expects; the terminal holds what they say.

```completion
Demo ended: the edit is on the disk, but the tests did not report OK. {HOW_TO_GO_ON}
```
"""


def _was_fixed(messages: Sequence[ModelMessage]) -> bool:
    return any(
        "Demo done: `Stock.remove`" in message.text for message in messages if message.role == "assistant"
    )


def _finished_before() -> str:
    return (
        f"The demo is over: its one bug is fixed, and I am a script that knows nothing else. {HOW_TO_GO_ON}"
    )
