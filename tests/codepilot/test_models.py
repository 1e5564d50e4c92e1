from __future__ import annotations

from pathlib import Path

import pytest

from codepilot.errors import UsageError
from codepilot.messages import Usage
from codepilot.models import key_variable, profile_for, provider_name, providers


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
    assert profile.context_window == 0
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
    ("text", "told"),
    [
        ("providers:\n  acme: {title: Acme}\n", ":2: providers.acme: base_url is missing."),
        (
            "providers:\n  acme:\n    base_url: [1]\n",
            ":3: providers.acme.base_url: expected a text, found [1].",
        ),
        (
            "providers: {acme: {base_url: u, local: 3}}",
            ":1: providers.acme.local: expected true or false, found 3.",
        ),
        (
            "providers: {acme: {base_url: u, wire: telex}}",
            ":1: providers.acme.wire: expected one of openai, anthropic, found 'telex'.",
        ),
        (
            "providers: {acme: {base_url: u, aliases: a}}",
            ":1: providers.acme.aliases: expected a list of texts, found 'a'.",
        ),
        (
            "providers:\n  Acme:\n    base_url: u\n    keyenv: K\n",
            ":4: providers.Acme.keyenv: unknown key; did you mean key_env?",
        ),
        ("providers:\n\n  work: x\n", ":3: providers.work: expected a mapping, found 'x'."),
        ("models: [1]", ":1: models: expected a mapping, found a list."),
        ("\n- a\n", ":1: expected a mapping, found a list."),
        ("models:\n  a: {zzz: 3}", ":2: models.a.zzz: unknown key; there are cache_read_price"),
        (
            "models:\n  a: {context_window: many}",
            ":2: models.a.context_window: expected a whole number from 1 to 1,000,000,000, found 'many'.",
        ),
        *(
            (
                f"models:\n  a: {{context_window: {written}}}",
                f":2: models.a.context_window: expected a whole number from 1 to 1,000,000,000, found {found}.",
            )
            for written, found in (
                ("-5", "-5"),
                ("0", "0"),
                ("'8000'", "'8000'"),
                ("true", "True"),
                ("1.5", "1.5"),
                ("", "None"),
                ("1000000001", "1000000001"),
                (".inf", "inf"),
                (".nan", "nan"),
                ("[8000]", "[8000]"),
            )
        ),
        pytest.param(
            f"models:\n  a: {{context_window: {'9' * 3_000}}}",
            f":2: models.a.context_window: expected a whole number from 1 to 1,000,000,000, found {'9' * 59}…",
            id="a number of 3,000 digits",
        ),
        (
            "models: {a: {input_price: -1}}",
            ":1: models.a.input_price: expected a number from 0 to 1,000,000, found -1.",
        ),
        (
            "models: {a: {input_price: .inf}}",
            ":1: models.a.input_price: expected a number from 0 to 1,000,000, found inf.",
        ),
        (
            "models: {a: {input_price: 1.0e+308}}",
            ":1: models.a.input_price: expected a number from 0 to 1,000,000, found 1e+308.",
        ),
        ("models: {a: {thinking: much}}", ":1: models.a.thinking: expected one of budget, adaptive"),
        ("models: {}\nprovider: {}\n", ":2: provider: unknown key; did you mean providers?"),
        ("models: {}\nx: {}\n", ":2: x: unknown key; there are models, prices_of, providers."),
        (
            "models:\n  a: {context_window: 1}\n  b: {context_window: 1}\n  a: {context_window: 2}\n",
            ":4: models.a: is already set on line 2.",
        ),
        ("{", ":"),
        ("models:\n\tx", ":2: is not YAML: "),
        (b"\xff\xfe", ": is not UTF-8 ("),
        ("models: {a: \x07}", ": is not YAML: "),
    ],
)
def test_a_table_that_cannot_be_used_is_told_with_its_line(home, text, told):
    (home / "config").mkdir()
    file = home / "config" / "models.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError) as error:
        profile_for("gpt-4o")
    assert error.value.message.startswith(f"{file}{told}".rstrip("."))
    assert error.value.message.endswith((".", "?", "…"))
    assert "object has no attribute" not in error.value.message


@pytest.mark.parametrize("text", ["", "# none yet\n", "models:\nproviders:\n"])
def test_a_table_without_rows_changes_nothing(home, text):
    (home / "config").mkdir()
    (home / "config" / "models.yaml").write_text(text)
    assert profile_for("gpt-4o").context_window == 128_000


def test_names_and_keys_of_providers():
    assert [provider_name(name) for name in ("Claude", " moonshot ", "llama.cpp", "acme")] == [
        "anthropic",
        "kimi",
        "llamacpp",
        "acme",
    ]
    assert [key_variable(name) for name in ("kimi", "ollama", "my-own.llm")] == [
        "MOONSHOT_API_KEY",
        "OLLAMA_API_KEY",
        "MY_OWN_LLM_API_KEY",
    ]


def test_the_table_says_all_that_is_needed():
    for name, each in providers().items():
        assert each.title and each.key_env and each.base_url.startswith("http"), name
        assert each.local or each.default_model, name
        assert name not in {alias for other in providers().values() for alias in other.aliases}


def test_a_provider_of_ones_own(home):
    (home / "config").mkdir()
    (home / "config" / "models.yaml").write_text(
        "providers:\n"
        "  work: {base_url: 'https://llm.example/v1', key_env: WORK_KEY, default_model: big, aliases: [office]}\n"
        "  anthropic: {default_model: claude-haiku-4-5}\n"
    )
    work = providers()["work"]
    assert (work.title, work.wire, work.key_env) == ("work", "openai", "WORK_KEY")
    assert provider_name("office") == "work"
    assert providers()["anthropic"].default_model == "claude-haiku-4-5"
    assert providers()["anthropic"].wire == "anthropic"
    assert list(providers())[-1] == "work"


def test_the_example_of_the_readme(home):
    text = (Path(__file__).parents[2] / "README.md").read_text()
    (home / "config").mkdir()
    (home / "config" / "models.yaml").write_text(
        text.split("```yaml\nproviders:")[1].split("```")[0].join(["providers:", ""])
    )
    assert providers()["work"].key_env == key_variable("work") == "WORK_KEY"
    assert profile_for("big-coder").context_window == 200_000


def test_one_price_of_ones_own_leaves_the_limits(home):
    (home / "config").mkdir()
    (home / "config" / "models.yaml").write_text(
        "prices_of: 2027-01-01\nmodels: {gpt-4o: {input_price: 1}}\n"
    )
    profile = profile_for("gpt-4o")
    assert (profile.input_price, profile.output_price, profile.context_window) == (1, 10, 128_000)
    assert profile.prices_of == "2027-01-01"
