"""Calls in the shapes of other systems: each is recognised, named, and shown as it is written here."""

import pytest

from codepilot.messages import NativeCall
from codepilot.protocol import BUILTIN_TOOLS, intended_action, judge, parse_reply
from codepilot.protocol.foreign import FORMS, find_call

READ = 'read_file("src/app.py")'
LS = 'execute("main", "ls -la")'


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.shape)
def test_the_example_of_each_shape_is_recognised_and_mended(form):
    found = find_call(form.example, BUILTIN_TOOLS)
    assert (found.shape, found.line) == (form.shape, 1 + (form.shape.startswith("SEARCH")))
    text = intended_action(parse_reply(form.example + "\n"))
    assert (form.said or form.shape) in text
    assert (
        'read_file("src/app.py")' in text
        or 'edit_file("src/app.py")' in text
        or 'write_file("src/app.py")' in text
        or 'execute("main", "ls' in text
    )


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        # Mistral
        ('[TOOL_CALLS][{"name": "read_file", "arguments": {"path": "src/app.py"}}]', READ),
        ('[TOOL_CALLS] [{"name": "execute", "arguments": {"session_id": "main", "command": "ls -la"}}]', LS),
        ('[TOOL_CALLS]read_file[ARGS]{"path": "src/app.py"}', READ),
        ('[TOOL_CALLS]read_file[CALL_ID]abc123[ARGS]{"path": "src/app.py"}', READ),
        # DeepSeek
        (
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>read_file\n```json\n"
            '{"path": "src/app.py"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
            READ,
        ),
        (
            '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>read_file<｜tool▁sep｜>{"path": "src/app.py"}'
            "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            READ,
        ),
        (
            '<｜DSML｜function_calls>\n<｜DSML｜invoke name="read_file">\n'
            '<｜DSML｜parameter name="path" string="true">src/app.py</｜DSML｜parameter>\n</｜DSML｜invoke>\n'
            "</｜DSML｜function_calls>",
            READ,
        ),
        # Kimi
        (
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.read_file:0<|tool_call_argument_begin|>"
            '{"path": "src/app.py"}<|tool_call_end|><|tool_calls_section_end|>',
            READ,
        ),
        # Llama
        ('<|python_tag|>read_file(path="src/app.py")', READ),
        ('<|python_tag|>{"name": "read_file", "parameters": {"path": "src/app.py"}}', READ),
        ('[read_file(path="src/app.py")]', READ),
        ('<function=read_file>{"path": "src/app.py"}</function>', READ),
        # Qwen coder, Seed
        ("<tool_call>\n<function=execute>\n<parameter=command>\nls -la\n</parameter>\n</function>\n</tool_call>", LS),
        ("<seed:tool_call>\n<function=execute>\n<parameter=command>ls -la</parameter>\n</function>\n</seed:tool_call>", LS),
        # GLM, LongCat
        ("<tool_call>read_file\n<arg_key>path</arg_key>\n<arg_value>src/app.py</arg_value>\n</tool_call>", READ),
        (
            "<longcat_tool_call>read_file\n<longcat_arg_key>path</longcat_arg_key>\n"
            "<longcat_arg_value>src/app.py</longcat_arg_value>\n</longcat_tool_call>",
            READ,
        ),
        # MiniMax
        (
            '<minimax:tool_call>\n<invoke name="read_file">\n<parameter name="path">src/app.py</parameter>\n</invoke>\n'
            "</minimax:tool_call>",
            READ,
        ),
        # gpt-oss
        (
            '<|channel|>commentary to=functions.read_file <|constrain|>json<|message|>{"path": "src/app.py"}<|call|>',
            READ,
        ),
        ('assistantcommentary to=functions.read_file json{"path": "src/app.py"}', READ),
        ('to=functions.read_file {"path": "src/app.py"}', READ),
        ('commentary to=functions.shell code{"command": ["bash", "-lc", "ls -la"]}', LS),
        # Command R, LFM, Granite, Phi, Olmo, Apertus, Gemma
        ('<|START_ACTION|>[{"tool_name": "read_file", "parameters": {"path": "src/app.py"}}]<|END_ACTION|>', READ),
        ('<|tool_call_start|>[read_file(path="src/app.py")]<|tool_call_end|>', READ),
        ('<|tool_call|>[{"name": "read_file", "arguments": {"path": "src/app.py"}}]', READ),
        ('functools[{"name": "read_file", "arguments": {"path": "src/app.py"}}]', READ),
        ('<function_calls>\nread_file(path="src/app.py")\n</function_calls>', READ),
        ('<|tools_prefix|>[{"read_file": {"path": "src/app.py"}}]<|tools_suffix|>', READ),
        ("call:default_api:read_file{path: 'src/app.py'}", "read_file("),
        ('```tool_code\nprint(default_api.read_file(path="src/app.py"))\n```', 'read_file(path="src/app.py")'),
        # ReAct
        ('Thought: I read it.\nAction: read_file\nAction Input: {"path": "src/app.py"}', READ),
        ("Action: read_file\nAction Input: src/app.py", READ),
        ("**Action:** `execute`\n**Action Input:** ls -la", LS),
        ('Action: read_file(path="src/app.py")', READ),
        # names of other systems
        ('{"name": "bash", "arguments": {"command": "ls -la"}}', LS),
        ('{"name": "shell", "arguments": {"command": ["bash", "-lc", "ls -la"]}}', LS),
        ('{"name": "list_dir", "arguments": {"path": "src"}}', 'execute("main", "ls src")'),
        ('{"name": "Read", "arguments": {"file_path": "src/app.py"}}', READ),
        ('{"name": "grep_search", "arguments": {"query": "TODO"}}', 'find("TODO")'),
        ('{"recipient_name": "functions.read_file", "parameters": {"path": "src/app.py"}}', READ),
        ('functions.read_file({"path": "src/app.py"})', READ),
        ('read_file({"path": "src/app.py"})', READ),
        ('default_api.read_file(path="src/app.py")', "read_file("),
        ("<write_to_file>\n<path>a.py</path>\n<content>\nx = 1\n</content>\n</write_to_file>", 'write_file("a.py")'),
        ("<attempt_completion>\n<result>\nAll done.\n</result>\n</attempt_completion>", "```completion\nAll done."),
        (
            '{"name": "str_replace", "arguments": {"path": "a.py", "old_str": "x = 1", "new_str": "x = 2"}}',
            'edit_file("a.py")\n```\n\n```text filename=a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE',
        ),
        # changes of files
        (
            "*** Begin Patch\n*** Update File: a.py\n@@\n def f():\n-    x = 1\n+    x = 2\n*** End Patch",
            "<<<<<<< SEARCH\ndef f():\n    x = 1\n=======\ndef f():\n    x = 2\n>>>>>>> REPLACE",
        ),
        ("```diff\n*** Begin Patch\n*** Add File: a.py\n+x = 1\n*** End Patch\n```", "```text filename=a.py\nx = 1\n"),
        ("a.py\n```python\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n```", "edit_file("),
        ('<file path="a.py">\nx = 1\n</file>', "write_file(\"a.py\")\n```\n\n```text filename=a.py\nx = 1\n"),
        ('<boltAction type="file" filePath="a.py">\nx = 1\n</boltAction>', 'write_file("a.py")'),
        ("<codepilot>\nread_file(\"src/app.py\")\n</codepilot>", READ),
        ("<completion>\nAll done.\n</completion>", "```completion\nAll done."),
        # content inside the call
        ("```python\nwrite_file('a.py', 'x = 1')\n```", 'write_file("a.py")\n```\n\n```text filename=a.py\nx = 1\n'),
        ("```python\nwrite_file('a.py', content=text)\n```", 'write_file("a.py")'),
        ("```bash\nls -la\n```", LS),
        ("```python\nexecute('ls -la')\n```", LS),
        ("I'll create `a.py`:\n\n```python\nx = 1\n```", 'write_file("a.py")\n```\n\n```text filename=a.py\nx = 1\n'),
        ("```python:src/app.py\nx = 1\n```", 'write_file("src/app.py")'),
        ("```python title=\"src/app.py\"\nx = 1\n```", 'write_file("src/app.py")'),
        # no fence at all
        ('content = read_file("src/app.py")\nprint(content)', 'content = read_file("src/app.py")\nprint(content)'),
        ("codepilot\nread_file(\"src/app.py\")", READ),
        ("await read_file(\"src/app.py\")", READ),
    ],
)  # fmt: skip
def test_each_of_these_is_a_call_and_shown_in_the_right_form(reply, code):
    text = intended_action(parse_reply(reply + "\n"))
    assert text is not None
    assert "What ran: nothing." in text
    assert code in text


@pytest.mark.parametrize(
    "reply",
    [
        "Action: restart the server by hand.",
        "The agent answers `to=functions.x` in its own channel.",
        "Mistral writes `[TOOL_CALLS]` before a call.",
        "[1] first note\n[see(this)] second",
        "Its wire has <tool_call> in the middle of a line.",
        'I would send {"name": "read_file"} here.',
        "<file>\n</file>",
        "The flag is `*** Begin Patch`.",
        "```diff\n-a\n+b\n```\nThat is the change.",
        "You can create `a.py` like this:\n\n```python\nx = 1\n```",
        "The file `a.py` holds:\n\n```python\nx = 1\n```",
        "To run it:\n\n```bash\nmake\n```",
    ],
)
def test_talk_of_such_shapes_stays_talk(reply):
    assert intended_action(parse_reply(reply + "\n")) is None


@pytest.mark.parametrize(
    "call",
    [NativeCall("read_file", '{"path": "src/app.py"}'), NativeCall("view", '{"file_path": "src/app.py"}')],
)
def test_a_native_call_is_shown_as_a_block(call):
    text = intended_action(parse_reply(""), calls=(call,))
    assert f"native function call ({call.name})" in text
    assert READ in text


def test_a_native_call_without_a_name_is_one_too():
    assert "native function call" in intended_action(parse_reply("I look."), calls=(NativeCall("", ""),))


def test_an_unknown_tool_gets_the_list_of_tools():
    text = intended_action(
        parse_reply('<tool_call>\n{"name": "get_weather", "arguments": {}}\n</tool_call>\n')
    )
    assert "get_weather" in text
    assert ", ".join(BUILTIN_TOOLS) in text


@pytest.mark.parametrize("info", ["markdown", "text", "md", ""])
@pytest.mark.parametrize("fence", ["````", "```"])
def test_a_whole_reply_inside_a_fence_is_taken_out_of_it(info, fence):
    inner = 'I look.\n\n```codepilot\nread_file("src/app.py")\n```'
    text = intended_action(parse_reply(f"{fence}{info}\n{inner}\n{fence}\n"))
    assert "the fence around" in text.lower() or "leave that fence out" in text.lower()
    assert text.partition("Write it like this:\n\n")[2].startswith(inner)


@pytest.mark.parametrize(
    "piece",
    [
        "{\n", "[{", "[a(\n", "<tool_call>\n", "[TOOL_CALLS]", "Action: read_file\n", "<file path='a'>\n", "```python\n",
        "````text\n```codepilot\n", "*** Begin Patch\n", "to=functions.x ", "<read_file>\n", "<<<<<<< SEARCH\n", "</think>\n",
        "<think>\n</think>\n", "read_file(\n", "read_file('a')\n", "<invoke name='a'>\n", "```codepilot x```\n", "<|channel|>",
    ],
)  # fmt: skip
def test_a_long_reply_of_one_piece_is_judged_at_once(piece):
    judge(parse_reply(piece * (100_000 // len(piece))), BUILTIN_TOOLS)


def test_an_example_of_a_reply_among_words_stays_an_example():
    reply = "You act like this:\n\n````markdown\n```codepilot\nread_file('a')\n```\n````\n\nThat is all."
    assert intended_action(parse_reply(reply)) is None
