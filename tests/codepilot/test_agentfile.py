"""The agent file: every documented key, errors that name line and key, and what an untrusted one may not do."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from codepilot.agentfile import (
    AgentConfig,
    AgentFile,
    TimeoutConfig,
    find_agent_file,
)
from codepilot.errors import AgentFileError, AgentFileNotFound, UsageError
from codepilot.paths import packaged_agent_file

SMALL = "name: A\nmodel: {provider: openai, name: gpt-4o}\n"

README_021 = """
# agent.yaml
agent:
  name: "BackendEngineer"
  role: "Expert Python backend engineer."
  system_prompt: "./prompts/instructions.md"

  model:
    provider: "anthropic"
    name: "claude-opus-4-5"
    api_key_env: "ANTHROPIC_API_KEY"
    temperature: 0.2
    max_tokens: 8096

  runtime:
    work_dir: "./workspace"
    max_steps: 30
    unsafe_mode: false
    allowed_imports:
      - "re"
      - "json"

  tools:
    - name: "write_file"
      enabled: true
      config:
        require_permission: false
    - name: "read_file"
      enabled: true
    - name: "run_command"
      enabled: false
      config:
        timeout: 60
        require_permission: true
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "agent.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def load(path) -> AgentConfig:
    return AgentConfig.load(path)


class TestReading:
    def test_the_file_of_the_021_readme(self, write, tmp_path):
        write("Be brief.\n", "prompts/instructions.md")
        config = load(write(README_021))
        assert AgentFile is AgentConfig
        assert (config.name, config.role) == ("BackendEngineer", "Expert Python backend engineer.")
        assert config.system_prompt == "Be brief.\n"
        assert config.system_prompt_file == tmp_path / "prompts" / "instructions.md"
        assert (config.model.provider, config.model.name) == ("anthropic", "claude-opus-4-5")
        assert (config.model.temperature, config.model.max_tokens) == (0.2, 8096)
        assert config.model.thinking.enabled is False and config.model.thinking.budget_tokens == 8000
        assert config.runtime.work_dir == str(tmp_path / "workspace") and config.work_dir_given
        assert not Path(config.runtime.work_dir).exists()
        assert (config.runtime.max_steps, config.runtime.unsafe_mode) == (30, False)
        assert config.runtime.allowed_imports == ("re", "json")
        assert [(t.name, t.enabled, dict(t.config)) for t in config.tools] == [
            ("write_file", True, {"require_permission": False}),
            ("read_file", True, {}),
            ("run_command", False, {"timeout": 60, "require_permission": True}),
        ]
        assert config.warnings == ()

    def test_a_flat_file_and_all_defaults(self, write, tmp_path):
        config = load(write(SMALL))
        assert (config.role, config.system_prompt, config.tools) == (None, "", ())
        assert config.model.api_key_env == "OPENAI_API_KEY"
        assert config.model.temperature is None and config.model.base_url == ""
        assert config.model.max_tokens == 4096
        assert config.runtime.max_steps == 20
        assert config.runtime.allowed_imports is None
        assert config.runtime.work_dir == str(tmp_path) and not config.work_dir_given
        memory = config.memory
        assert (memory.max_context_tokens, memory.global_summary_max_tokens) == (120_000, 500)
        assert memory.global_summary_threshold == 0.9
        assert (config.terminals.on_exit, config.terminals.idle_minutes) == (None, 30.0)

    def test_how_long_a_model_is_waited_for(self, write):
        assert load(write(SMALL)).model.timeout == TimeoutConfig(
            first_word=180.0, between_words=60.0, whole_reply=900.0
        )
        text = SMALL.replace("gpt-4o", "gpt-4o, timeout: {first_word: 600, whole_reply: 0.5}")
        timeout = load(write(text)).model.timeout
        assert (timeout.first_word, timeout.between_words, timeout.whole_reply) == (600.0, 60.0, 0.5)
        for wrong in ("0", "-1", "100000", "soon", "[1]"):
            text = SMALL.replace("gpt-4o", f"gpt-4o, timeout: {{between_words: {wrong}}}")
            with pytest.raises(
                AgentFileError, match=r"agent\.yaml:2: model\.timeout\.between_words: expected a num"
            ):
                load(write(text))
        text = SMALL.replace("gpt-4o", "gpt-4o, timeout: {first_words: 3}")
        assert "did you mean first_word?" in load(write(text)).warnings[0]

    def test_what_becomes_of_the_terminals(self, write):
        config = load(write(SMALL + "terminals: {on_exit: Detach, idle_minutes: 2.5}\n"))
        assert (config.terminals.on_exit, config.terminals.idle_minutes) == ("detach", 2.5)
        with pytest.raises(AgentFileError, match="one of ask, detach, end"):
            load(write(SMALL + "terminals: {on_exit: keep}\n"))
        assert "terminals.idle" in load(write(SMALL + "terminals: {idle: 3}\n")).warnings[0]

    def test_every_other_key(self, write):
        config = load(
            write(
                "agent:\n  name: A\n  model:\n    provider: Moonshot\n    name: k\n    base_url: http://h:1/v1\n"
                "    thinking: {enabled: yes, budget_tokens: 2_000}\n    temperature: 0\n"
                "  runtime: {unsafe_mode: on}\n  tools: [find, {name: execute}]\n"
            )
        )
        assert (config.model.provider, config.model.api_key_env) == ("kimi", "MOONSHOT_API_KEY")
        assert config.model.base_url == "http://h:1/v1"
        assert (config.model.thinking.enabled, config.model.thinking.budget_tokens) == (True, 2000)
        assert config.model.temperature == 0.0
        assert config.runtime.unsafe_mode is True
        assert [tool.name for tool in config.tools] == ["find", "execute"]

    def test_a_jail_that_is_not_there_is_no_setting(self, write):
        for text in ("off", "Off", "'off'", ""):
            assert load(write(SMALL + f"runtime:\n  sandbox: {text}\n")).warnings == ()
        for text in ("workspace", "workspace+network", "tight", "true"):
            path = write(SMALL + f"runtime:\n  sandbox: {text}\n")
            with pytest.raises(AgentFileError) as caught:
                load(path)
            assert caught.value.message == (
                f"{path}:4: runtime.sandbox: there is no jail around the shells yet, "
                "so approved commands run with your rights"
            )
            assert caught.value.hint == "Take the sandbox line out, or write off."

    def test_keys_of_codepilot_ai_without_effect_are_one_warning(self, write):
        path = write(
            "agent:\n  name: A\n  model:\n    provider: openai\n    name: x\n    api_version: '3'\n"
            "    thinking: {enabled: true, reasoning_effort: high}\n"
            "  memory: {max_context_tokens: 9000, global_summary_threshold: 0.5, context_stress_trigger: 0.78}\n"
            "  sub_agents: {enabled: true}\n"
        )
        assert load(path).warnings == (
            f"{path}:6: agent.model.api_version; line 7: agent.model.thinking.reasoning_effort; "
            "line 8: agent.memory.context_stress_trigger; line 9: agent.sub_agents.enabled: "
            "no effect here yet (keys of codepilot-ai)",
        )
        assert load(path).memory.max_context_tokens == 9000

    def test_the_memory_keys_of_codepilot_ai_are_read(self, write):
        config = load(
            write(
                SMALL + "memory: {max_context_tokens: 9000, global_summary_threshold: 0.5, "
                "global_summary_max_tokens: 200}\n"
            )
        )
        memory = config.memory
        assert (memory.max_context_tokens, memory.global_summary_threshold) == (9000, 0.5)
        assert (memory.global_summary_max_tokens, config.max_context_given, config.warnings) == (
            200,
            True,
            (),
        )
        config = load(write(SMALL + "memory: {}\n"))
        assert (config.memory.max_context_tokens, config.max_context_given) == (120_000, False)
        assert "max_context_given" not in config.model_dump()

    def test_keys_without_effect_that_are_merged_in_or_are_no_texts(self, write):
        path = write(
            "base: &base {name: helper}\nagent:\n  name: A\n"
            "  model: {provider: openai, name: x}\n  sub_agents: {<<: *base, foo: 1, ? [a, b] : 3}\n"
        )
        assert load(path).warnings[0] == (
            f"{path}:1: agent.sub_agents.name; line 5: agent.sub_agents.foo, agent.sub_agents.?: "
            "no effect here yet (keys of codepilot-ai)"
        )

    def test_keys_that_are_merged_in_have_their_effect(self, write):
        path = write(
            "base: &base {max_context_tokens: 9000}\nagent:\n  name: A\n"
            "  model: {provider: openai, name: x}\n  memory: {<<: *base, foo: 1, ? [a, b] : 3}\n"
        )
        config = load(path)
        assert config.memory.max_context_tokens == 9000
        assert config.warnings[:2] == (
            f"{path}:5: agent.memory.foo: is not a setting here and is ignored",
            f"{path}:5: agent.memory.?: is not a setting here and is ignored",
        )

    @pytest.mark.parametrize("more", ["", "  runtime: {max_steps: no}\n"])
    def test_what_is_told_of_a_file_drives_no_terminal(self, write, more):
        path = write(SMALL.rstrip("\n") + '\n"k\\e[31m": 1\n' + more.replace("  ", "", 1))
        if more:
            with pytest.raises(AgentFileError) as caught:
                load(path)
            told = str(caught.value)
        else:
            (told,) = load(path).warnings
        assert "k␛[31m: is not a setting here and is ignored" in told

    @pytest.mark.parametrize(
        "memory", ["3", "{max_context_tokens: lots}", "{global_summary_threshold: 0}", "{maximum: 3}"]
    )
    def test_a_memory_value_that_means_nothing_is_told(self, write, memory):
        path = write(SMALL + f"memory: {memory}\n")
        try:
            told = load(path).warnings
        except AgentFileError as error:
            told = (str(error),)
        assert len(told) == 1 and "memory" in told[0]

    @pytest.mark.parametrize(
        ("text", "mistakes"),
        [
            ("agent: 3\n", ["agent: expected a mapping, found '3'"]),
            ("agent: [a]\n", ["agent: expected a mapping, found a list"]),
            ("name: A\n", ["model is missing, expected a mapping"]),
            ("model: 3\n", ["model: expected a mapping, found '3'", "name is missing, expected a text"]),
        ],
    )
    def test_what_a_missing_section_would_hold_is_not_told_as_well(self, write, text, mistakes):
        with pytest.raises(AgentFileError) as caught:
            load(write(text))
        lines = str(caught.value).splitlines()
        assert len(lines) == len(mistakes)
        for mistake in mistakes:
            assert any(mistake in line for line in lines)

    def test_merge_keys_and_anchors(self, write):
        text = "base: &b {provider: openai, name: x}\nagent:\n  name: A\n  model: {<<: *b, name: y}\n"
        config = load(write(text))
        assert (config.model.provider, config.model.name) == ("openai", "y")

    def test_a_byte_order_mark_and_a_relative_path(self, write, tmp_path, monkeypatch):
        write("\ufeff" + SMALL)
        monkeypatch.chdir(tmp_path)
        assert load("agent.yaml").path == tmp_path / "agent.yaml"

    def test_a_prompt_in_the_file_itself(self, write):
        config = load(write(SMALL + "system_prompt: |\n  Read notes.md\n  and obey.md\n"))
        assert config.system_prompt == "Read notes.md\nand obey.md\n"
        assert config.system_prompt_file is None

    def test_a_prompt_file_that_is_not_there_is_words_with_a_warning(self, write):
        config = load(write(SMALL + "system_prompt: nowhere.md\n"))
        assert config.system_prompt == "nowhere.md"
        assert "nowhere.md does not exist" in config.warnings[0]

    def test_the_shipped_file(self):
        config = load(packaged_agent_file())
        assert config.warnings == () and not config.work_dir_given
        assert (config.model.provider, config.model.api_key_env) == ("anthropic", "ANTHROPIC_API_KEY")
        assert config.model.temperature is None
        assert not any("require_permission" in tool.config for tool in config.tools)
        names = {tool.name for tool in config.tools}
        assert {"read_file", "write_file", "edit_file", "execute", "run_command", "find", "ask_user"} <= names

    def test_every_key_that_the_shipped_file_offers_in_a_comment_works(self, write):
        lines = packaged_agent_file().read_text().splitlines()
        offered = [re.sub(r"^( +)# (?=( {2})*[a-z_]+:( |$))", r"\1", line) for line in lines]
        assert sum(new != old for new, old in zip(offered, lines, strict=True)) == 14
        write("Be brief.\n", "instructions.md")
        config = load(write("\n".join(offered)))
        assert config.warnings == ()
        assert config.system_prompt == "Be brief.\n"
        assert (config.model.base_url, config.model.temperature) == ("http://localhost:8080/v1", 0.2)
        assert (config.model.thinking.enabled, config.model.timeout.whole_reply) == (True, 900)
        assert (config.terminals.on_exit, config.terminals.person_commands) == ("ask", "offer")


class TestErrors:
    def test_no_such_file(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(FileNotFoundError) as caught:
            load("gone.yaml")
        assert str(caught.value) == f"AgentFile not found: {tmp_path / 'gone.yaml'}"
        assert isinstance(caught.value, AgentFileNotFound) and caught.value.exit_code == 2

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "is empty"),
            ("- a\n", ":1: expected a mapping, found a list"),
            ("hello\n", "expected a mapping, found 'hello'"),
            ("name: A\n", "model is missing"),
            ("model: {provider: openai, name: x}\n", "name is missing"),
            ("name: ''\nmodel: {provider: a, name: b}\n", ":1: name: expected a text that is not empty"),
            ("name: A\nmodel:\n  provider: openai\n", ":2: model: name is missing"),
            ("name: A\nmodel: gpt-4o\n", ":2: model: expected a mapping, found 'gpt-4o'"),
            (
                "name: A\nmodel:\n  provider: openai\n  name: [x]\n",
                ":4: model.name: expected a text, found a list",
            ),
            (
                SMALL + "runtime:\n  max_steps: 0\n",
                ":4: runtime.max_steps: expected a whole number of at least 1",
            ),
            (SMALL + "runtime:\n  max_steps: many\n", "found 'many'"),
            (SMALL + "runtime: {max_steps: 2.5}\n", "found '2.5'"),
            (SMALL + "runtime:\n  unsafe_mode: perhaps\n", ":4: runtime.unsafe_mode: expected true or false"),
            (
                SMALL + "runtime:\n  allowed_imports: re\n",
                ":4: runtime.allowed_imports: expected a list of texts",
            ),
            (SMALL + "tools: execute\n", ":3: tools: expected a list, found 'execute'"),
            (SMALL + "tools:\n  - name: a\n  - [b]\n", ":5: tools[1]: expected a mapping with 'name'"),
            (SMALL + "tools:\n  - enabled: true\n", ":4: tools[0]: name is missing"),
            (
                SMALL + "tools:\n  - name: a\n    config: {require_permission: maybe}\n",
                "expected true or false",
            ),
            (
                "name: A\nmodel: {provider: openai, name: x, temperature: 3}\n",
                "model.temperature: expected a number",
            ),
            ("name: A\nmodel: {provider: openai, name: x, temperature: .nan}\n", "found '.nan'"),
            ("name: [A\n", "is not YAML"),
            ("name: A\n\tmodel: x\n", ":2: is not YAML"),
            ("a: 1\n---\nb: 2\n", ":2: begins a second YAML document, expected one"),
            ("name: A\nrole: x\0\n", ":2: is not YAML: the character U+0000 is not allowed"),
            (
                "x: !!python/object/apply:os.system [true]\n"
                + SMALL
                + "tools: [{name: a, config: {b: !!python/x y}}]",
                "YAML",
            ),
        ],
    )
    def test_what_cannot_be_used_says_where_and_why(self, write, text, said):
        path = write(text)
        with pytest.raises(AgentFileError) as caught:
            load(path)
        assert str(caught.value).startswith(str(path))
        assert said in str(caught.value)
        assert isinstance(caught.value, ValueError)

    def test_bytes_that_are_no_text(self, tmp_path):
        path = tmp_path / "agent.yaml"
        path.write_bytes(b"name: \xff\n")
        with pytest.raises(AgentFileError, match="UTF-8"):
            load(path)

    def test_things_that_are_no_files(self, tmp_path):
        with pytest.raises(AgentFileError, match="not a regular file"):
            load(tmp_path)
        os.mkfifo(tmp_path / "pipe.yaml")
        with pytest.raises(AgentFileError, match="not a regular file"):
            load(tmp_path / "pipe.yaml")

    def test_a_file_that_is_too_large(self, write):
        with pytest.raises(AgentFileError, match="larger"):
            load(write(SMALL + "#" * 1_000_001))

    def test_deep_nesting_does_not_crash(self, write):
        with pytest.raises(AgentFileError):
            load(write("name: " + "[" * 1_500))


class TestWarnings:
    def test_unknown_keys_are_noted_with_line_and_guess(self, write):
        config = load(write(SMALL + "runtime:\n  max_step: 3\n  zebra: 1\nmodell: 1\n"))
        text = "\n".join(config.warnings)
        assert ":4: runtime.max_step: is not a setting here and is ignored; did you mean max_steps?" in text
        assert ":5: runtime.zebra: is not a setting here and is ignored" in text
        assert ":6: modell" in text and "did you mean model?" in text

    def test_what_a_table_of_models_says_is_named_with_its_place(self, write):
        config = load(write("name: A\nmodel: {provider: openai, name: x, context_window: -5}\n"))
        assert config.warnings[0].endswith(
            ":2: model.context_window: is not a setting here and is ignored; "
            "models.yaml in your configuration folder is the place for it"
        )

    def test_the_name_that_another_library_uses(self, write):
        config = load(write("name: A\nmodel: {provider: openai, name: x, api_base: http://h}\n"))
        assert "did you mean base_url?" in config.warnings[0]

    def test_keys_beside_agent(self, write):
        config = load(
            write("agent:\n  name: A\n  model: {provider: openai, name: x}\nruntime: {max_steps: 3}\n")
        )
        assert ":4: runtime" in config.warnings[0]
        assert config.runtime.max_steps == 20

    def test_keys_and_tools_given_twice(self, write):
        config = load(write(SMALL + "name: B\ntools: [{name: find, enabled: false}, find]\n"))
        assert config.name == "B"
        assert [(tool.name, tool.enabled) for tool in config.tools] == [("find", True)]
        again, twice = config.warnings
        assert again.endswith(":3: name is given twice; this one counts")
        assert twice.endswith(":4: tools[1]: find is listed twice; this one counts")

    def test_a_tool_that_is_not_there_is_told_with_its_line(self, write):
        tools = "tools:\n- find\n- Execute\n- {name: web_search}\n- {name: mine, enabled: false}\n"
        path = write(SMALL + tools + "- mcp\n- mcp\n")
        assert load(path).warnings == (
            f"{path}:9: tools[5]: mcp is listed twice; this one counts",
            f"{path}:5: tools[1]: there is no tool Execute (did you mean execute?); "
            "it is left out, unless the program registers it",
            f"{path}:6: tools[2]: there is no tool web_search; it is left out, unless the program registers it",
            f"{path}:9: tools[5]: there is no tool mcp; it is left out, unless the program registers it",
        )

    def test_an_entry_that_names_no_tool_is_a_mistake_and_no_tool_that_is_missing(self, write):
        path = write(SMALL + "tools:\n- {enabled: true}\n- [find]\n")
        with pytest.raises(AgentFileError) as caught:
            load(path)
        assert caught.value.message.splitlines() == [
            f"{path}:4: tools[0]: name is missing, expected a text",
            f"{path}:5: tools[1]: expected a mapping with 'name', found a list",
        ]

    def test_a_misspelt_setting_of_a_built_in_tool_is_told_with_a_guess(self, write):
        config = load(
            write(
                SMALL + "tools:\n  - name: execute\n    config: {max_output: 3}\n"
                "  - name: run_command\n    config: {timout: 3}\n  - {name: find, config: {depth: 3}}\n"
                "  - {name: mine, config: {timout: 3}}\n"
            )
        )
        two, three, four, _ = config.warnings
        assert two.endswith("did you mean max_output_chars?")
        assert ":7: tools[1].config.timout" in three and three.endswith("did you mean timeout?")
        assert "tools[2].config.depth" in four and "did you mean" not in four
        assert config.tools[3].config == {"timout": 3}

    @pytest.mark.parametrize("tool", ["execute", "mine"])
    def test_require_permission_in_the_wrong_place_is_told_with_the_right_one(self, write, tool):
        with pytest.raises(AgentFileError) as caught:
            load(write(SMALL + f"tools:\n  - {{name: {tool}, require_permission: true}}\n"))
        assert ":4: tools[0].require_permission: has no effect here" in caught.value.message
        assert caught.value.hint == "It belongs under tools[0].config.require_permission."

    @pytest.mark.parametrize(
        ("tool", "setting", "expected"),
        [
            ("execute", "max_output_chars: -4", "a whole number of at least 1"),
            ("execute", "max_output_chars: many", "a whole number of at least 1"),
            ("execute", "mask: 3", "a list of texts"),
            ("run_command", "mask: ['(']", "a list of regular expressions"),
            ("run_command", "timeout: 0", "a number above 0"),
            ("run_command", "timeout: soon", "a number above 0"),
            ("find", "require_permission: maybe", "true or false"),
        ],
    )
    def test_a_setting_of_a_built_in_tool_with_a_value_that_cannot_be_used(
        self, write, tool, setting, expected
    ):
        key = setting.partition(":")[0]
        with pytest.raises(AgentFileError, match=rf":3: tools\[0\]\.config\.{key}: expected {expected}"):
            load(write(SMALL + f"tools: [{{name: {tool}, config: {{{setting}}}}}]\n"))

    @pytest.mark.parametrize("tool", ["execute", "own"])
    @pytest.mark.parametrize("nothing", ["", "~", "null"])
    def test_a_gate_with_nothing_behind_it_is_an_error_and_not_open(self, write, tool, nothing):
        """As a template leaves it whose variable is empty."""
        with pytest.raises(AgentFileError) as caught:
            load(write(SMALL + f"tools:\n- name: {tool}\n  config:\n    require_permission: {nothing}\n"))
        words = ":6: tools[0].config.require_permission: has no value, so nothing would be asked"
        assert words in caught.value.message
        assert caught.value.hint == "Write true or false, or take the line out."

    def test_a_good_setting_is_kept_as_it_is_written(self, write):
        tools = "tools: [{name: execute, config: {max_output_chars: 500}}, {name: run_command, config: {timeout: 60}}]\n"
        config = load(write(SMALL + tools))
        assert [json.dumps(tool.config) for tool in config.tools] == [
            '{"max_output_chars": 500}',
            '{"timeout": 60}',
        ]
        assert config.warnings == ()


class TestLookup:
    @pytest.fixture(autouse=True)
    def home(self, tmp_path, monkeypatch):
        monkeypatch.setenv("CODEPILOT_HOME", str(tmp_path / "home"))
        return tmp_path / "home"

    def test_the_order(self, write, tmp_path, home):
        folder = tmp_path / "project"
        folder.mkdir()
        assert find_agent_file(None, folder, True) == packaged_agent_file()
        own = write(SMALL, "home/config/agent.yaml")
        assert find_agent_file(None, folder, True) == own
        local = write(SMALL, "project/agent.yaml")
        assert find_agent_file(None, folder, True) == local
        assert find_agent_file(None, folder, False) == own
        named = write(SMALL, "named.yaml")
        assert find_agent_file(str(named), folder, True) == named

    def test_a_named_file_has_to_exist(self, tmp_path):
        with pytest.raises(AgentFileNotFound, match="AgentFile not found: "):
            find_agent_file(tmp_path / "no.yaml", tmp_path, True)


class TestOtherModel:
    def test_of_another_provider(self, write):
        config = load(
            write("name: A\nmodel: {provider: openai, name: x, base_url: http://h, max_tokens: 7}\n")
        )
        other = config.with_model("ollama:qwen3-coder:30b")
        assert (other.model.provider, other.model.name) == ("ollama", "qwen3-coder:30b")
        assert (other.model.api_key_env, other.model.base_url) == ("OLLAMA_API_KEY", "")
        assert other.model.max_tokens == 7 and other.runtime == config.runtime

    @pytest.mark.parametrize("spec", ["y", "openai:y"])
    def test_of_the_same_provider(self, write, spec):
        config = load(write("name: A\nmodel: {provider: openai, name: x, base_url: http://h}\n"))
        assert config.with_model(spec).model.name == "y"
        assert config.with_model(spec).model.base_url == "http://h"

    def test_a_colon_may_belong_to_the_name(self, write):
        assert load(write(SMALL)).with_model("qwen:7b-v1").model.provider == "alibaba"
        assert load(write(SMALL)).with_model("mistral:7b").model.name == "mistral:7b"

    def test_without_a_colon_it_is_a_name_though_a_provider_is_called_so(self, write):
        local = load(write("name: A\nmodel: {provider: ollama, name: x}\n")).with_model("qwen")
        assert (local.model.provider, local.model.name) == ("ollama", "qwen")

    def test_a_misspelt_provider_is_no_part_of_the_name(self, write):
        with pytest.raises(
            UsageError, match="Unknown provider 'antropic' in 'antropic:x'. Did you mean anthropic"
        ):
            load(write(SMALL)).with_model("antropic:x")
        local = load(write("name: A\nmodel: {provider: ollama, name: x}\n"))
        assert local.with_model("deepseek-r1:8b").model.name == "deepseek-r1:8b"
        own = load(write("name: A\nmodel: {provider: openai, name: x, base_url: http://h}\n"))
        for name in ("deepseek-r1:8b", "gemma:2b", "openchat:7b"):
            assert own.with_model(name).model.name == name
        with pytest.raises(UsageError, match="Unknown provider 'opnai'") as caught:
            own.with_model("opnai:gpt")
        assert "write openai:opnai:gpt" in caught.value.hint
        assert own.with_model("openai:opnai:gpt").model.name == "opnai:gpt"

    @pytest.mark.parametrize("spec", ["", " ", "openai:"])
    def test_nothing_named(self, write, spec):
        with pytest.raises(UsageError):
            load(write(SMALL)).with_model(spec)


# -- as programs for codepilot-ai use it -----------------------------------------------------------------------------


def test_without_a_path_the_agent_file_of_the_current_folder_is_read(tmp_path, monkeypatch):
    (tmp_path / "agent.yaml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    assert AgentConfig.load().path == tmp_path / "agent.yaml"


def test_values_can_be_changed_and_the_work_folder_is_a_text(tmp_path):
    (tmp_path / "agent.yaml").write_text(SMALL)
    config = AgentConfig.load(tmp_path / "agent.yaml")
    assert config.runtime.work_dir == str(tmp_path)
    config.runtime.max_steps = 5
    config.model.temperature = 0.3
    assert (config.runtime.max_steps, config.model.temperature) == (5, 0.3)


def test_all_values_as_json_by_the_names_of_the_file(tmp_path):
    (tmp_path / "agent.yaml").write_text(README_021)
    values = AgentConfig.load(tmp_path / "agent.yaml").model_dump()
    assert json.loads(json.dumps(values)) == values
    assert values["name"] == "BackendEngineer" and values["model"]["max_tokens"] == 8096
    assert values["runtime"]["allowed_imports"] == ["re", "json"]
    assert values["tools"][2] == {
        "name": "run_command", "enabled": False, "config": {"timeout": 60, "require_permission": True},
    }  # fmt: skip


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file_with_the_unknown_keys(tmp_path):
    path = tmp_path / "agent.yaml"
    path.write_text(
        "name: A\nmodel:\n  provder: openai\n  name: m\n  max_tokens: many\nruntime:\n  unsafe_mode: perhaps\n"
    )
    with pytest.raises(AgentFileError) as raised:
        AgentConfig.load(path)
    lines = raised.value.message.splitlines()
    assert lines == [
        f"{path}:2: model: provider is missing, expected a text",
        f"{path}:3: model.provder: is not a setting here and is ignored; did you mean provider?",
        f"{path}:5: model.max_tokens: expected a whole number of at least 1, found 'many'",
        f"{path}:7: runtime.unsafe_mode: expected true or false, found 'perhaps'",
    ]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("mode: plan\n", "mode"),
        ("permission_mode: ask\n", "permission_mode"),
        ("permissions: {execute: ask}\n", "permissions"),
        ("sandbox: true\n", "sandbox"),
        ("runtime: {mode: ask}\n", "runtime.mode"),
        ("runtime: {read_only: true}\n", "runtime.read_only"),
        ("runtime: {require_permission: true}\n", "runtime.require_permission"),
        ("tools:\n- {name: execute, require_permission: true}\n", "tools[0].require_permission"),
        (
            "tools:\n- {name: execute, config: {require_permissions: true}}\n",
            "tools[0].config.require_permissions",
        ),
        ("tools:\n- {name: execute, config: {requires_permission: true}}\n", "config.requires_permission"),
        ("tools:\n- {name: execute, config: {require_permision: true}}\n", "config.require_permision"),
        ("tools:\n- {name: mine, config: {require_permision: true}}\n", "config.require_permision"),
        ("tools:\n- {name: execute, config: {requirePermission: true}}\n", "config.requirePermission"),
        ("tools:\n- {name: execute, config: {ask: true}}\n", "config.ask"),
        ("tools:\n- {name: execute, config: {confirm: true}}\n", "config.confirm"),
        ("tools:\n- {name: execute, permission: ask}\n", "tools[0].permission"),
        ("tools:\n- {name: execute, enable: false}\n", "tools[0].enable"),
        ("tools:\n- {name: execute, disabled: true}\n", "tools[0].disabled"),
        ("approval: always\n", "approval"),
        ("safe_mode: true\n", "safe_mode"),
        ("security: {level: high}\n", "security"),
        ("runtime: {safe_mode: true}\n", "runtime.safe_mode"),
        ("runtime: {network: false}\n", "runtime.network"),
        ("runtime: {allowed_commands: [ls]}\n", "runtime.allowed_commands"),
        ("runtime: {allowed_import: [re]}\n", "runtime.allowed_import"),
        ("runtime: {deny: [rm]}\n", "runtime.deny"),
        ("runtime: {blockedCommands: [rm]}\n", "runtime.blockedCommands"),
        ("runtime: {allow_execute: false}\n", "runtime.allow_execute"),
        ("runtime: {dry-run: true}\n", "runtime.dry-run"),
        ("terminals: {ask: always}\n", "terminals.ask"),
        ("banned: [rm]\n", "banned"),
        ("block: [rm]\n", "block"),
        ("policy: strict\n", "policy"),
        ("strict: true\n", "strict"),
        ("auto_run: false\n", "auto_run"),
        ("runtime: {autoExecute: off}\n", "runtime.autoExecute"),
    ],
)
def test_a_key_that_promises_safety_and_is_not_read_is_a_mistake(write, text, where):
    with pytest.raises(AgentFileError) as error:
        load(write(SMALL + text))
    assert f"{where}: has no effect" in error.value.message and error.value.hint
    assert "unsafe_mode" not in str(error.value) + error.value.hint


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("tools:\n- {name: execute, config: {requires_permission: true}}\n", "require_permission"),
        ("tools:\n- {name: mine, config: {require_permision: true}}\n", "require_permission"),
        ("tools:\n- {name: execute, enable: false}\n", "enabled"),
        ("runtime: {allowed_import: [re]}\n", "allowed_imports"),
    ],
)
def test_a_slip_in_a_key_that_promises_safety_is_told_with_the_right_name(write, text, guess):
    with pytest.raises(AgentFileError) as error:
        load(write(SMALL + text))
    assert error.value.hint == f"Did you mean {guess}?"


def test_automation_that_is_wished_for_promises_nothing(write):
    assert ":3: auto_run: is not a setting here" in load(write(SMALL + "auto_run: true\n")).warnings[0]


def test_an_empty_list_of_tools_is_told_to_mean_the_default_tools(write):
    config = load(write(SMALL + "tools: []\n"))
    assert config.tools == ()
    [warning] = config.warnings
    assert warning.endswith(
        ":3: tools: is empty, which gives all default tools; to have fewer, list those that you want"
    )
    assert load(write(SMALL)).warnings == ()


@pytest.mark.parametrize("key", ["enabled", "enable", "Enabled"])
def test_a_tool_that_is_turned_off_one_level_too_deep_is_a_mistake(write, key):
    text = f"tools:\n- name: execute\n  config: {{{key}: false}}\n"
    with pytest.raises(AgentFileError) as error:
        load(write(SMALL + text))
    assert f":5: tools[0].config.{key}: has no effect here" in error.value.message
    assert error.value.hint == "It belongs under tools[0].enabled."
    # What a tool of the program takes is its own affair.
    assert load(write(SMALL + text.replace("execute", "mine"))).tools[0].config == {key: False}


def test_a_section_beside_agent_that_holds_a_promise_is_a_mistake(write):
    agent = "agent:\n  name: A\n  model: {provider: openai, name: x}\n"
    for text, key in (
        ("tools: [{name: execute, config: {require_permission: true}}]", "require_permission"),
        ("tools: [{name: execute, enabled: false}]", "enabled"),
        ("runtime: &r {allowed_imports: [re], again: *r}", "allowed_imports"),
    ):
        with pytest.raises(AgentFileError, match=f"so its {key} has no effect") as error:
            load(write(agent + text + "\n"))
        assert error.value.hint == f"It belongs under agent.{text.partition(':')[0]}."
    assert "is not a setting here" in load(write(agent + "runtime: &r {max_steps: 3, x: [*r]}\n")).warnings[0]
    shared = "base: &b {require_permission: true}\n" + agent + "  tools: [{name: execute, config: *b}]\n"
    assert load(write(shared)).tools[0].config == {"require_permission": True}


def test_a_setting_of_the_agent_that_stands_beside_it_is_told_where_it_belongs(write):
    with pytest.raises(
        AgentFileError, match=r":3: model: is not a setting here .*; it belongs under agent\.model"
    ):
        load(write("agent:\n  name: A\nmodel: {provider: openai, name: x}\n"))
    agent = "agent:\n  name: A\n  model: {provider: openai, name: x}\n"
    (warning,) = load(write(agent + "runtime: {max_steps: 3}\n")).warnings
    assert warning.endswith(
        ":4: runtime: is not a setting here and is ignored; it belongs under agent.runtime"
    )


def test_every_key_that_codepilot_ai_documents_loads(write):
    """Those of 0.2.1 and 0.9, also where they have no effect here."""
    config = load(
        write(
            "agent:\n  name: A\n  role: r\n  system_prompt: be brief\n"
            "  model: {provider: openai, name: x, api_key_env: K, temperature: 0.0, max_tokens: 4096, api_base: null,\n"
            "    api_version: null, thinking: {enabled: false, budget_tokens: 8000, reasoning_effort: high}}\n"
            "  runtime: {work_dir: ., unsafe_mode: false, max_steps: 20, allowed_imports: [re]}\n"
            "  memory: {max_context_tokens: 120000, global_summary_threshold: 0.9, global_summary_max_tokens: 500,\n"
            "    context_stress_multiplier: 1.0, context_stress_trigger: 0.78, context_safety_margin_tokens: 1024}\n"
            "  sub_agents: {enabled: false, max_steps: 20}\n"
            "  tools:\n"
            "    - {name: execute, enabled: true, config: {require_permission: true, max_output_chars: 10000}}\n"
            "    - {name: run_command, config: {timeout: 30, require_permission: false}}\n"
            "    - {name: semantic_search, config: {provider: p, model: m, api_key_env: K, base_url: b,\n"
            "        parallelism: 2, timeout: 60, max_results: 3, max_output_chars: 8000}}\n"
            "    - {name: mcp, config: {servers: [{name: s, url: u, api_key_env: K, api_key_param: p}]}}\n"
        )
    )
    assert [tool.name for tool in config.tools] == ["execute", "run_command", "semantic_search", "mcp"]
    missing = [warning for warning in config.warnings if "there is no tool" in warning]
    assert len(missing) == 2 and "semantic_search" in missing[0] and "mcp" in missing[1]


@pytest.mark.parametrize(
    "text",
    ["description: hi\n", "tasks: [a]\n", "runtime: {unsafe_mod: true}\n", "version: 3\n", "author: me\n"],
)
def test_a_key_that_promises_nothing_is_a_warning(write, text):
    assert "is not a setting here" in load(write(SMALL + text)).warnings[0]


@pytest.mark.parametrize("word", ["off", "false", "no", "none", '""'])
def test_a_sandbox_that_is_off_is_off(write, word):
    assert load(write(SMALL + f"runtime: {{sandbox: {word}}}\n")).warnings == ()


def test_a_hint_is_told_once(write):
    with pytest.raises(AgentFileError) as error:
        load(write(SMALL + "mode: ask\nsandbox: on\n"))
    assert error.value.hint.count("Remove the line") == 1


def test_a_model_that_is_not_named_is_told_without_an_option_of_the_command(tmp_path):
    file = tmp_path / "agent.yaml"
    file.write_text("name: A\nmodel: {provider: openai, name: m}\n")
    with pytest.raises(UsageError, match="^model: expected provider:name, found 'openai:'.$"):
        AgentConfig.load(file).with_model("openai:")


def test_a_misspelt_provider_is_told_beside_the_other_mistakes_and_refuses_nothing_alone(tmp_path):
    file = tmp_path / "agent.yaml"
    file.write_text("name: A\nmodel:\n  provider: opnai\n  name: m\n  max_tokens: -1\n")
    with pytest.raises(AgentFileError) as caught:
        AgentConfig.load(file)
    assert caught.value.message.splitlines() == [
        f"{file}:3: model.provider: there is no provider 'opnai'; did you mean openai?",
        f"{file}:5: model.max_tokens: expected a whole number of at least 1, found '-1'",
    ]
    file.write_text("name: A\nmodel: {provider: opnai, name: m}\n")
    assert AgentConfig.load(file).with_model("openai:m").model.provider == "openai"


def test_values_of_a_tool_count_as_they_were_read(write):
    """A text that says false is a no, and figures are figures: not the words of the file."""
    tools = """  tools:
  - {name: write_file, config: {require_permission: "false"}}
  - {name: execute, config: {require_permission: "true", max_output_chars: "500"}}
"""
    config = load(write(SMALL + tools.replace("  tools", "tools", 1)))
    assert [dict(tool.config) for tool in config.tools] == [
        {"require_permission": False},
        {"require_permission": True, "max_output_chars": 500},
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("runtime: {work_dir: '~nobody-of-this-name/x'}\n", ":3: runtime.work_dir: "),
        ("system_prompt: '~nobody-of-this-name/x.md'\n", ":3: system_prompt: "),
    ],
)
def test_a_home_folder_that_there_is_not(write, text, place):
    with pytest.raises(AgentFileError) as error:
        load(write(SMALL + text))
    assert f"{place}expected a path, found no home folder for '~nobody-of-this-name'" in error.value.message


def test_a_named_file_in_a_home_folder_that_there_is_not(tmp_path):
    with pytest.raises(
        AgentFileNotFound, match="--agent: expected a path, found no home folder for '~nobody-of"
    ):
        find_agent_file("~nobody-of-this-name/agent.yaml", tmp_path, True)


def test_a_mapping_of_tools_is_not_said_to_be_empty(write):
    with pytest.raises(AgentFileError) as error:
        load(write(SMALL + "tools: {find: {}}\n"))
    assert error.value.message.endswith(":3: tools: expected a list, found a mapping")


def test_an_agent_with_nothing_in_it_is_told(write):
    [warning] = load(write("agent:\n" + SMALL)).warnings
    assert warning.endswith(":1: agent: is empty, so the keys beside it are read")
    with pytest.raises(AgentFileError) as error:
        load(write("agent:\n"))
    assert ":1: agent: is empty" in error.value.message and "sub_agents" not in error.value.message


@pytest.mark.parametrize("text", ["mode: ask\n", "runtime: {mode: ask}\n"])
def test_a_mode_is_told_to_be_an_option(write, text):
    with pytest.raises(AgentFileError) as error:
        load(write(SMALL + text))
    assert "Runtime(mode=…)" in error.value.hint and "model" not in error.value.hint


@pytest.mark.parametrize("name", ["", ".", "folder", "/dev/null"])
def test_what_is_there_and_is_no_file_is_not_said_to_be_missing(tmp_path, monkeypatch, name):
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AgentFileNotFound) as caught:
        find_agent_file(Path(name), tmp_path, False)
    assert caught.value.message == f"{Path(name).absolute()} is no file."


def padded(text, size):
    return text + "#" * (size - len(text))


def test_an_agent_file_may_have_a_million_bytes_and_no_more(write):
    assert load(write(padded(SMALL, 1_000_000))).name == "A"
    path = write(padded(SMALL, 1_000_001))
    with pytest.raises(AgentFileError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: is larger than 1,000,000 bytes, too large for an agent file"


def test_a_prompt_may_have_a_million_bytes_and_no_more(write, tmp_path):
    path = write(SMALL + "system_prompt: prompt.md\n")
    (tmp_path / "prompt.md").write_text("x" * 1_000_000)
    assert len(load(path).system_prompt) == 1_000_000
    (tmp_path / "prompt.md").write_text("x" * 1_000_001)
    with pytest.raises(
        AgentFileError, match=r":3: system_prompt: expected a file of at most 1,000,000 bytes"
    ):
        load(path)


def test_an_entry_of_the_tools_without_anything_is_a_mistake(write):
    path = write(SMALL + "tools:\n- ~\n")
    with pytest.raises(AgentFileError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}:4: tools[0]: expected a mapping with 'name', found ")


def test_the_bound_of_idle_minutes_and_blanks_around_off(write):
    assert (
        load(write(SMALL + "terminals: {idle_minutes: 10080}\nruntime: {sandbox: ' off '}\n")).warnings == ()
    )
    with pytest.raises(AgentFileError, match="idle_minutes: expected a number from 0 and up to 10080"):
        load(write(SMALL + "terminals: {idle_minutes: 10081}\n"))


def test_a_tool_in_capitals_is_guessed(write):
    (told,) = load(write(SMALL + "tools: [EXECUTE]\n")).warnings
    assert "there is no tool EXECUTE (did you mean execute?)" in told
