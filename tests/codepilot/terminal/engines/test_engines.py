import subprocess
import sys

import pytest

from codepilot.errors import TerminalError
from codepilot.terminal.engines import available, new_engine


def test_the_best_engine_comes_first() -> None:
    names = available()
    assert names and list(names) == sorted(names, key=("ghostty", "bittty").index)
    engine = new_engine(80, 24)
    assert engine.name == names[0]
    engine.close()


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(TerminalError, match="Unknown terminal engine 'vt52'") as caught:
        new_engine(80, 24, prefer="vt52")
    assert "ghostty" in caught.value.hint


def test_without_the_wheel_the_other_engine_is_taken() -> None:
    script = (
        "import sys; sys.modules['pyghostty'] = None\n"
        "from codepilot.terminal.engines import available, new_engine\n"
        "engine = new_engine(80, 24); engine.feed(b'hello')\n"
        "print(available(), engine.name, engine.text())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout == "('bittty',) bittty hello\n", done.stderr


def test_no_engine_is_loaded_before_one_is_wanted() -> None:
    script = (
        "import sys, codepilot.terminal.engines\n"
        "print([name for name in ('pyghostty', 'bittty', 'cffi') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr
