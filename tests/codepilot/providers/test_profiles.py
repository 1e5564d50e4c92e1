from __future__ import annotations

import pytest

from codepilot.errors import UsageError
from codepilot.messages import Usage
from codepilot.providers import profile_for


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CODEPILOT_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("claude-sonnet-4-5", "claude-sonnet-4-5"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("anthropic/claude-sonnet-5-5", "claude-sonnet-5-5"),
        ("claude-sonnet-5", "claude-sonnet-5"),
        ("claude-sonnet-5-9", ""),
        ("GPT-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("gpt-4o", "gpt-4o"),
        ("gpt-5.9", ""),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("qwen3-coder:30b", ""),
        ("", ""),
    ],
)
def test_the_longest_family_that_fits(name, family):
    assert profile_for(name).family == family


def test_what_is_not_known_is_zero_and_none():
    profile = profile_for("my-own-model")
    assert (profile.context_window, profile.max_output) == (0, 0)
    assert profile.cost(Usage(input_tokens=5)) is None


def test_cost_counts_cached_tokens_at_their_own_price():
    profile = profile_for("claude-sonnet-4-5")
    usage = Usage(input_tokens=1_000_000, output_tokens=100_000, cache_read=500_000, cache_write=100_000)
    assert profile.cost(usage) == pytest.approx(0.4 * 3 + 0.5 * 0.3 + 0.1 * 3.75 + 0.1 * 15)


def test_prices_have_a_date():
    assert profile_for("claude-sonnet-4-5").prices_of == "2026-11-21"


def test_the_persons_own_table_goes_first(home):
    (home / "config").mkdir()
    (home / "config" / "models.yaml").write_text(
        "models: {my-own-model: {context_window: 32768}, gpt-4o: {context_window: 1}}\n"
    )
    assert profile_for("my-own-model:7b").context_window == 32768
    assert profile_for("gpt-4o").context_window == 1
    assert profile_for("gpt-4o-mini").context_window == 128_000


@pytest.mark.parametrize(
    "text", ["models: [1]", "models: {a: {windows: 3}}", "models: {a: {max_output: many}}", "{"]
)
def test_a_table_that_cannot_be_used_is_named(home, text):
    (home / "config").mkdir()
    (home / "config" / "models.yaml").write_text(text)
    with pytest.raises(UsageError, match=r"models\.yaml"):
        profile_for("gpt-4o")
