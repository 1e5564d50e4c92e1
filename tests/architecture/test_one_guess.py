"""What a stranger looks for is behind the first door; and every door that docs/architecture.md names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
PAGE = (ROOT / "docs" / "architecture.md").read_text()

GUESSES = {
    "the fence grammar": ("codepilot/protocol/parser.py", "class ReplyParser"),
    "the imports that a block may have": ("codepilot/sandbox/lint.py", "DEFAULT_IMPORTS"),
    "may it run?": ("codepilot/permissions/policy.py", "class Policy"),
    "may it write here?": ("codepilot/workspace/places.py", "outside the work folder"),
    "the loop": ("codepilot/loop/agent_loop.py", "class AgentLoop"),
    "the quirks of Anthropic's service": ("codepilot/providers/anthropic.py", "class AnthropicProvider"),
    "the diff pane": ("codepilot_tui/widgets/diff.py", "class DiffView"),
    "the list of keys": ("codepilot_tui/actions.py", "ACTIONS: tuple[Action, ...]"),
    "colours": ("codepilot_tui/theme.py", "themes"),
    "what prints": ("codepilot/cli/output.py", "def write"),
    "how much of a long output is shown": ("codepilot/protocol/observation.py", "class Limits"),
    "what is asked again": ("codepilot/providers/retry.py", "class RetryingProvider"),
    "why a command waits for input": ("codepilot/terminal/session/waiting.py", "wait"),
}
"""Question → the file that one opens first, and what must be in it."""


@pytest.mark.parametrize("question", GUESSES)
def test_the_first_guess_is_right(question):
    path, mark = GUESSES[question]
    assert mark in (SOURCE / path).read_text()


def test_the_page_names_the_file_of_every_question():
    assert [path for path, _ in GUESSES.values() if path not in PAGE] == []


def test_every_door_of_the_page_is_there():
    rows = [row.split("|")[2] for row in PAGE.split("## Where is")[1].splitlines() if row.startswith("| ")]
    doors = {door for row in rows for door in re.findall(r"`([\w./]+/[\w./]*)`", row)}
    gone = [door for door in doors if not any((base / door).exists() for base in (SOURCE, ROOT))]
    beside = [door for door in gone if not list(SOURCE.glob(f"*/{door}"))]
    assert len(doors) > 30 and beside == []


ALLOWED_TO_PRINT = {"codepilot/hooks/defaults.py"}
"""The handlers that print what happens, as codepilot-ai's do, until the program registers its own."""


def test_nothing_else_of_the_library_prints():
    found = {
        str(path.relative_to(SOURCE))
        for path in (SOURCE / "codepilot").rglob("*.py")
        if re.search(r"(?m)^[^#\"\n]*(?<![\w.\"'`])print\(", path.read_text())
    }
    assert found <= ALLOWED_TO_PRINT, found - ALLOWED_TO_PRINT


TOPS = "codepilot|codepilot_tui|tests|docs|benchmarks|themes|src|screenshots"
EXAMPLES = {
    "docs/decisions/0007-backslashes-in-paths.md": {"src/app.py"},
    "docs/decisions/0024-kept-for-what-comes.md": {"docs/keys.md"},
}
"""Pages and what they name that is not here, and is not said to be."""


def pages() -> list[str]:
    # The changes name what was.
    found = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("themes/*.md"),
    ]
    return [str(page.relative_to(ROOT)) for page in found]


def test_every_file_that_a_page_names_by_its_path_is_there():
    named = {
        (page, path)
        for page in pages()
        for path in re.findall(rf"`((?:{TOPS})/[\w./-]*\w/?)`", (ROOT / page).read_text())
    }
    gone = {
        (page, path)
        for page, path in named
        if not any((base / path).exists() for base in (ROOT, SOURCE)) and path not in EXAMPLES.get(page, ())
    }
    assert len(named) > 80 and gone == set()
