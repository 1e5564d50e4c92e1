"""What a control block that failed is told beside Python's own words: the corrected form of the commonest slips.

Only the text of the block is looked at, line by line; nothing of it is compiled here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from codepilot.protocol.blocks import DisplayFence, Reply
from codepilot.protocol.calls import BUILTIN_TOOLS, PREFIXES, Tools, python_tree, signature_of
from codepilot.protocol.correction import block, control_block, payload_info
from codepilot.protocol.fences import read_fence
from codepilot.protocol.habits import ELSEWHERE
from codepilot.protocol.mends import form_of_call, form_of_code, literal
from codepilot.protocol.payloads import normalise_path
from codepilot.protocol.prose import is_diff, named_file, plain_text, words_before

_COMMAND = re.compile(
    r"\s*[$%!>]?\s*(?:cd|ls|cat|git|pip|pip3|uv|npm|npx|yarn|pnpm|make|pytest|python3?|cargo|go|mkdir|rm|cp|mv|grep|rg|"
    r"sed|echo|curl|docker|node|ruff|mypy|touch|chmod|sudo|apt|apt-get)(?:\s+[^=(\s].*)?\s*\Z"
)
_CURLY_QUOTES = "“”‘’"
_WRITTEN = re.compile(r"(?:write|edit)_file\(\s*(?:path\s*=\s*)?[\"']([^\"'\n]+)[\"']")
_UNSEEN = re.compile(r"non-printable character U\+([0-9A-F]{4,6})")
_UNDEFINED = re.compile(r"name '(\w+)' is not defined")


def syntax_hint(code: str, line: int, message: str) -> str:
    """How to mend a block that is not Python; empty where nothing better is known than Python's words.

    Args:
        code: the block.
        line: of the block, from 1; 0 where it is not known.
        message: Python's words.
    """
    lines = code.split("\n")
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    if "triple-quoted" in message:
        return _cut_by_its_fence(code)
    if any(quote in source for quote in _CURLY_QUOTES):
        straight = re.sub("[‘’]", "'", re.sub("[“”]", '"', source.strip()))
        return _shown("Use straight quotes.", straight)
    if "\u00a0" in source or _UNSEEN.search(message):
        return _without_unseen(source, message)
    if _COMMAND.match(source) and "=" not in source.split(" ", 1)[0]:
        command = source.strip().lstrip("$%!> ")
        return _shown("Shell commands run through a tool.", f'execute("main", {literal(command)})')
    if any(read_fence(text) for text in lines):
        return "A line of the block is a code fence; it is not Python."
    if "'await'" in message or re.search(r"\bawait\b", source):
        return _shown("Tools are plain calls; leave `await` out.", source.strip().replace("await ", ""))
    if "unterminated" in message or "never closed" in message:
        return "The text of a file belongs in a payload block, not in the code."
    if "indent" in message:
        return "The block's first statement starts in column one."
    if re.fullmatch(r"\s*[A-Z][\w',]* [\w', ]+[.:!]?\s*", source):
        return "The control block holds Python only; words for the person go outside it."
    return ""


def _without_unseen(source: str, message: str) -> str:
    """How to mend a line with signs that nobody sees."""
    unseen = _UNSEEN.search(message)
    if "\u00a0" in source or unseen is None:
        return "The line holds no-break spaces (U+00A0); use plain ones."
    clean = source.strip().replace(chr(int(unseen[1], 16)), "")
    return _shown(f"The line holds an invisible character (U+{unseen[1]}); leave it out.", clean)


def unknown_name(message: str, source: str, names: Collection[str], guess: str = "") -> str:
    """What to say of a NameError about a call; empty where the name is called nowhere in the line.

    Args:
        message: Python's words.
        source: the line at which it happened.
        names: the tools that there are.
        guess: what else may have been meant, as a sentence.
    """
    found = _UNDEFINED.search(message)
    name = found[1] if found else ""
    tools = _tools(names)
    names = tuple(tools)
    if name in PREFIXES and re.search(rf"\b{name}\.\w+\(", source):
        mended = form_of_code(source, tools).code
        if mended.strip() != source.strip():
            return _shown(f"Tools are called by their plain names, without `{name}.`.", mended.strip())
        return f"Tools are called by their plain names, without `{name}.`. There are: {', '.join(names)}."
    if not name or not re.search(rf"(?<![\w.]){name}\(", source):
        return ""
    there = f"There is no tool {name}. There are: {', '.join(names)}."
    if name in ELSEWHERE:
        from codepilot.protocol.foreign.reading import python_call  # loaded with the first that needs it

        tree = python_tree(source.strip())
        call = (
            python_call(tree.body[0].value) if tree is not None and hasattr(tree.body[0], "value") else None
        )
        if call is not None and call[0] == name:
            return f"{there} Write it like this:\n\n{form_of_call(name, call[1], tools, call[2]).markdown()}"
    return f"{guess} {there}".strip()


def missing_payloads(reply: Reply, paths: Iterable[str]) -> tuple[str, ...]:
    """Point to the display fence that seems to hold the content of a write that found none."""
    plain = plain_text(reply)
    notes: list[str] = []
    for path in dict.fromkeys(paths):
        fence = _fence_for(path, reply, {fence.line: words_before(plain, fence) for fence in reply.display})
        if fence is not None:
            kind = f"The `{fence.info}` block" if fence.info else "The unnamed block"
            if is_diff(fence):
                from codepilot.protocol.foreign.edits import (
                    form_of_diff,
                )  # loaded with the first that needs it

                form = form_of_diff(fence.text, path, BUILTIN_TOOLS).markdown()
                notes.append(
                    f"{kind} at line {fence.line} is only shown, and a diff is not the content of a file. "
                    f"Write it like this:\n\n{form}"
                )
                continue
            notes.append(
                f"{kind} at line {fence.line} is only shown, since its fence does not say filename=. To be taken by "
                f"the call for '{path}' it is fenced as ```{payload_info(path)}"
            )
    return tuple(notes)


def _fence_for(path: str, reply: Reply, words: dict[int, str]) -> DisplayFence | None:
    key = normalise_path(path)
    for fence in reply.display:
        named = named_file(fence, words[fence.line])
        if named and (normalise_path(named) == key or key.endswith("/" + named)):
            return fence
    nameless = [fence for fence in reply.display if not named_file(fence, "")]
    return nameless[0] if len(nameless) == 1 == len(reply.display) else None


def _cut_by_its_fence(code: str) -> str:
    written = _WRITTEN.findall(code)
    path = written[-1] if written else "docs/guide.md"
    form = control_block(f"write_file({literal(path)})")
    payload = block(payload_info(path), "# Title\n\n```bash\nmake test\n```")
    return (
        "A fence inside a string closes the block at that line. Content never goes into a Python string: it goes "
        f"into a payload, whose fence is longer than those in it. Write it like this:\n\n{form}\n\n{payload}"
    )


def _shown(hint: str, code: str) -> str:
    return f"{hint} Write it like this:\n\n{control_block(code)}"


def _tools(names: Iterable[str]) -> Tools:
    """The tools of these names, in the order of the prompt."""
    order = {name: index for index, name in enumerate(BUILTIN_TOOLS)}
    return {
        name: BUILTIN_TOOLS.get(name) or signature_of(f"{name}(*args, **kwargs)")
        for name in sorted(names, key=lambda name: (order.get(name, len(order)), name))
    }
