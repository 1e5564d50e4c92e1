"""Recognises calls and edits written in other systems' shapes, so that the correction can show the model its own call.

Nothing here is ever executed; it is read for the sake of a good sentence. `FORMS` lists all shapes; `docs/protocol.md`
shows the same list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from codepilot.protocol.calls import Tools
from codepilot.protocol.foreign import edits, tags, tokens
from codepilot.protocol.foreign.reading import Found, bare, json_object
from codepilot.protocol.mends import Form, form_of_call
from codepilot.values import dataclass

_MAX_READ: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """One shape of other systems."""

    shape: str
    """How a correction names it."""
    models: str
    """Who writes it."""
    example: str
    find: Callable[[str, Tools], Found | None]
    sure: bool = False
    """It is neither data nor talk, whatever tool it names."""
    said: str = ""
    """What a correction calls it, where that is not "a tool call" or "a change of a file" written as the shape."""


@dataclass(frozen=True, slots=True)
class ForeignCall:
    """The first call of a text in another shape."""

    line: int
    shape: str
    name: str
    form: Form
    known: bool
    said: str = ""


def find_call(text: str, tools: Tools, *, first_line: int = 1) -> ForeignCall | None:
    """The first call in another shape that a text holds."""
    text = text[:_MAX_READ]
    best: tuple[int, Foreign, Found] | None = None
    for foreign in FORMS:
        found = foreign.find(text, tools)
        if found is None or not (found.known or foreign.sure):
            continue
        if best is None or found.at < best[0]:
            best = found.at, foreign, found
    if best is None:
        return None
    at, foreign, found = best
    return ForeignCall(
        first_line + text.count("\n", 0, at), foreign.shape, found.name, found.form, found.known, foreign.said
    )


def native_form(name: str, arguments: str, tools: Tools) -> Form:
    """A function call of the service's own form as it is written here."""
    return form_of_call(bare(name), json_object(arguments), tools)


FORMS: Final = (
    Foreign(
        shape="JSON",
        models="many; also `tool`/`args`, `action`/`action_input`, `function`, lists of calls",
        example='{"name": "read_file", "arguments": {"path": "src/app.py"}}',
        find=tokens.json_call,
    ),
    Foreign(
        shape="XML",
        models="Claude, Qwen, GLM, MiniMax, Seed, LongCat, DeepSeek V3.2 (DSML), Llama",
        example='<tool_call>\n{"name": "read_file", "arguments": {"path": "src/app.py"}}\n</tool_call>',
        find=tags.xml,
        sure=True,
    ),
    Foreign(
        shape="a tag",
        models="prompts of Cline, Roo, OpenHands and their like",
        example="<read_file>\n<path>src/app.py</path>\n</read_file>",
        find=tags.tool_as_tag,
        sure=True,
    ),
    Foreign(
        shape="special tokens",
        models="Mistral, DeepSeek, Kimi, Llama, Command R, LFM, Granite, Phi, Apertus, InternLM, Gemma",
        example='[TOOL_CALLS][{"name": "read_file", "arguments": {"path": "src/app.py"}}]',
        find=tokens.special_tokens,
        sure=True,
    ),
    Foreign(
        shape="harmony",
        models="gpt-oss",
        example='<|channel|>commentary to=functions.read_file<|message|>{"path": "src/app.py"}<|call|>',
        find=tokens.harmony,
        sure=True,
    ),
    Foreign(
        shape="a list of calls",
        models="Llama 3.2 and 4, Olmo, LFM",
        example='[read_file(path="src/app.py")]',
        find=tokens.python_list,
    ),
    Foreign(
        shape="ReAct",
        models="models led by a ReAct prompt",
        example='Action: read_file\nAction Input: {"path": "src/app.py"}',
        find=tokens.react,
    ),
    Foreign(
        shape="an API's call",
        models="Gemini, GPT",
        example='default_api.read_file(path="src/app.py")',
        find=tokens.prefixed,
    ),
    Foreign(
        shape="a marked call",
        models="Functionary, Qwen-Agent, small models",
        example='✿FUNCTION✿: read_file\n✿ARGS✿: {"path": "src/app.py"}',
        find=tokens.marked,
        said="a tool call written as text",
    ),
    Foreign(
        shape="a command at a prompt",
        models="small models",
        example="$ ls -la",
        find=tokens.at_prompt,
        said="a command at a prompt",
    ),
    Foreign(
        shape="a shell action as a tag",
        models="Bolt",
        example='<boltAction type="shell">ls</boltAction>',
        find=edits.bolt_shell,
        sure=True,
        said="a command written as a tag",
    ),
    Foreign(
        shape="a diff in no fence",
        models="GPT, small models",
        example="diff --git a/src/app.py b/src/app.py\n--- a/src/app.py\n+++ b/src/app.py\n@@ -1 +1 @@\n-a = 1\n+a = 2",
        find=edits.raw_diff,
        sure=True,
    ),
    Foreign(
        shape="a patch",
        models="GPT, Codex",
        example="*** Begin Patch\n*** Update File: src/app.py\n@@\n-a = 1\n+a = 2\n*** End Patch",
        find=edits.patch,
        sure=True,
    ),
    Foreign(
        shape="SEARCH/REPLACE outside a payload",
        models="models led by Aider's prompt",
        example="src/app.py\n<<<<<<< SEARCH\na = 1\n=======\na = 2\n>>>>>>> REPLACE",
        find=edits.search_replace,
        sure=True,
    ),
    Foreign(
        shape="a file as a tag",
        models="Bolt and artifact prompts",
        example='<file path="src/app.py">\na = 1\n</file>',
        find=edits.file_tag,
        sure=True,
        said="a file written as a tag",
    ),
    Foreign(
        shape="a block as a tag",
        models="small models",
        example='<codepilot>\nread_file("src/app.py")\n</codepilot>',
        find=tags.our_block_as_tag,
        sure=True,
        said="a block written as a tag",
    ),
)
"""Every shape that is recognised, in the order of the page."""
