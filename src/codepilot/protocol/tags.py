"""The tags that mark a model's thinking, and what stands before a reply of gpt-oss."""

from __future__ import annotations

from typing import Final

from codepilot.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One way to mark thinking."""

    name: str
    """The opening tag, for messages."""
    end: str
    """The closing tag, for messages."""
    models: str
    """Who writes it."""
    literals: tuple[str, ...] = ()
    """The opening, where it is a fixed text; lower case."""
    element: str = ""
    """The name, where it is an element that may carry attributes and a namespace."""
    needs: str = ""
    """An attribute without which the element is none of ours."""
    ends: tuple[str, ...] = ()
    """What closes it; lower case."""
    stays: tuple[str, ...] = ()
    """What closes it and belongs to the text that follows; lower case."""
    alone: bool = True
    """Its end without a beginning says that all before it was thinking."""


def element(name: str, models: str, *more_ends: str, alone: bool = True) -> Tag:
    """An element of this name; it may carry attributes."""
    ends = dict.fromkeys([f"</{name.lower()}>", *more_ends])
    return Tag(
        name=f"<{name}>",
        end=f"</{name}>",
        models=models,
        element=name.lower(),
        ends=tuple(spelled for end in ends for spelled in (end, f"{end[:-1]} >")),
        alone=alone,
    )


def _pair(opening: str, closing: str, models: str) -> Tag:
    return Tag(name=opening, end=closing, models=models, literals=(opening.lower(),), ends=(closing.lower(),))


# Models mix these up in closing.
_THINK = ("</think>", "</thinking>", "</thought>")

_FOLDED = (
    *("thinking", "thought", "reasoning", "chain of thought", "internal", "💭"),
    *("my thinking", "my thought", "my reasoning", "model thinking", "model reasoning"),
    *("show thinking", "show reasoning", "view reasoning", "click to see", "click to expand"),
)
"""How the summary of folded thinking begins."""

TAGS: Final = (
    element("think", "DeepSeek, Qwen, GLM, MiniMax, Hunyuan, Nemotron, Phi, ERNIE, MiMo, Granite", *_THINK),
    element("thinking", "Claude, Nova and models tuned on their replies", *_THINK),
    element("thought", "EXAONE Deep, Marco-o1, Gemini over some gateways", *_THINK),
    element("thoughts", "models told so by their prompt", "</thought>"),
    element("antThinking", "Claude in prompts for artifacts"),
    element("planning", "models told so by their prompt", alone=False),
    element("reason", "models told so by their prompt", "</reasoning>", alone=False),
    element("reasoning", "models told so by their prompt"),
    element("reflection", "Reflection and its kin"),
    element("scratchpad", "Hermes, Claude"),
    element("reasoning_scratchpad", "Hermes"),
    element("analysis", "Claude, models told so by their prompt"),
    element("inner_monologue", "Hermes and MemGPT prompts"),
    element("longcat_think", "LongCat"),
    Tag(
        name='<details type="reasoning">',
        end="</details>",
        models="Open WebUI and what is copied from it",
        element="details",
        needs='type="reasoning"',
        ends=("</details>",),
        alone=False,
    ),
    Tag(
        name="<details><summary>Thinking",
        end="</details>",
        models="gateways that fold the thinking",
        literals=tuple(
            f"{start}<summary>{word}"  # the summary may stand on a line of its own
            for start in ("<details>", "")
            for word in _FOLDED
        ),
        ends=("</details>",),
        alone=False,
    ),
    Tag(
        name="<|thinking|>",
        end="<|/thinking|>",
        models="small models, fine-tunes",
        literals=("<|thinking|>",),
        ends=("<|/thinking|>", "</|thinking|>", "<|end_thinking|>", "</thinking>"),
    ),
    _pair("[THINK]", "[/THINK]", "Magistral"),
    _pair("[THOUGHT]", "[/THOUGHT]", "models told so by their prompt"),
    _pair("[REASONING]", "[/REASONING]", "models told so by their prompt"),
    _pair("<|think|>", "<|/think|>", "small models, fine-tunes"),
    _pair("<|begin_of_thinking|>", "<|end_of_thinking|>", "small models, fine-tunes"),
    _pair("&lt;think&gt;", "&lt;/think&gt;", "gateways that escape the reply"),
    _pair("◁think▷", "◁/think▷", "Kimi"),
    _pair("<|begin_of_thought|>", "<|end_of_thought|>", "Sky-T1, OpenThinker"),
    _pair("<|START_THINKING|>", "<|END_THINKING|>", "Command A"),
    _pair("<|inner_prefix|>", "<|inner_suffix|>", "Apertus"),
    _pair("<unused94>thought", "<unused95>", "MedGemma"),
    _pair("<ctrl94>thought", "<ctrl95>", "Gemini"),
    _pair("<|channel>thought", "<channel|>", "Gemma 4"),
    Tag(
        name="<|channel|>analysis<|message|>",
        end="<|end|>",
        models="gpt-oss (harmony)",
        literals=("<|channel|>analysis", "<|start|>assistant<|channel|>analysis"),
        ends=("<|end|>", "<|return|>"),
        stays=("<|start|>", "<|channel|>final", "<|channel|>commentary"),
        alone=False,
    ),
    Tag(name="<!-- -->", end="-->", models="a comment", literals=("<!--",), ends=("-->",), alone=False),
)

HEADERS: Final = tuple(
    f"{start}<|channel|>{channel}<|message|>"
    for start in ("<|start|>assistant", "")
    for channel in ("final", "commentary")
)
"""What stands before a reply of gpt-oss. It is no part of it, and what follows begins a line."""
