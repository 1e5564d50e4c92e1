"""Thinking is no part of the reply: nothing in it is a fence, and without its end nothing runs."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codepilot.protocol import ProseDelta, ReplyParser, ThinkingDelta, parse_reply, refusal
from codepilot.protocol.tags import TAGS
from codepilot.protocol.thinking import BLANKS

DRAFT = "```codepilot\nexecute('main', 'touch DRAFT-RAN')\n```\n"
REAL = "```codepilot\nexecute('main', 'ls')\n```\n"
PAIRS = [
    ("<think>", "</think>"),
    ("<think>\n", "\n</think>"),
    ("<THINK>", "</THINK>"),
    ("<thinking>", "</thinking>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<Thought>", "</Thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<antThinking>", "</antThinking>"),
    ("<planning>", "</planning>"),
    ("<reason>", "</reason>"),
    ("<|thinking|>", "<|/thinking|>"),
    ("<details><summary>Thinking…</summary>", "</details>"),
    ("<think>", "</think >"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<REASONING_SCRATCHPAD>", "</REASONING_SCRATCHPAD>"),
    ("<analysis>", "</analysis>"),
    ("<inner_monologue>", "</inner_monologue>"),
    ("<seed:think>", "</seed:think>"),
    ("<longcat_think>", "</longcat_think>"),
    ('<think time="3">', "</think>"),
    ('<details type="reasoning" done="true">', "</details>"),
    ("[THINK]", "[/THINK]"),
    ("[THOUGHT]", "[/THOUGHT]"),
    ("[REASONING]", "[/REASONING]"),
    ("<|think|>", "<|/think|>"),
    ("<|begin_of_thinking|>", "<|end_of_thinking|>"),
    ("&lt;think&gt;", "&lt;/think&gt;"),
    *(
        (f"<{name}>", f"</{name}>")
        for name in (
            "cot",
            "chain_of_thought",
            "chain-of-thought",
            "thinking_process",
            "thought_process",
            "inner_thoughts",
            "internal_monologue",
            "deliberation",
            "brainstorm",
            "reasoning_content",
            "seed:cot_budget_reflect",
            "draft",
        )
    ),
    *(
        (f"<details><summary>{words}</summary>", "</details>")
        for words in (
            "💭 Thinking",
            "My thinking",
            "My reasoning",
            "Chain of thought",
            "Click to see reasoning",
        )
    ),
    *(
        (f"<|{name}|>", f"<|/{name}|>")
        for name in ("thought", "reasoning", "my_reasoning", "internal thoughts")
    ),
    ("<|begin_of_reasoning|>", "<|end_of_reasoning|>"),
    ("<|reasoning_start|>", "<|reasoning_end|>"),
    ("<think_start>", "<think_end>"),
    ("<begin_of_thought>", "<end_of_thought>"),
    ("<｜begin▁of▁thinking｜>", "<｜end▁of▁thinking｜>"),
    ("<<think>>", "<</think>>"),
    ("\\<think\\>", "\\</think\\>"),
    ("＜think＞", "＜/think＞"),
    ("《thinking》", "《/thinking》"),
    *(
        (f"<{name}>", f"</{name}>")
        for name in ("思考", "мысли", "Gedanken", "pensée", "scratch", "my thoughts")
    ),
    ("<internal>", "</internal>"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<unused94>thought", "<unused95>"),
    ("<ctrl94>thought", "<ctrl95>"),
    ("<|channel>thought", "<channel|>"),
    ("<|channel|>analysis<|message|>", "<|end|>"),
    (
        "<|start|>assistant<|channel|>analysis<|message|>",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
    ),
    ("<!--", "-->"),
]
ALONE = [
    ("[THINKING]", "[/THINKING]"),
    ("[thinking]", "[/Thinking]"),
    ("[SCRATCHPAD]", "[/SCRATCHPAD]"),
    ("[INTERNAL THOUGHTS]", "[/INTERNAL THOUGHTS]"),
    ("[BEGIN REASONING]", "[END REASONING]"),
    ("[[thinking]]", "[[/thinking]]"),
    ("【思考】", "【/思考】"),
    ("［thinking］", "［/thinking］"),
    ("{think}", "{/think}"),
    ("{{thinking}}", "{{/thinking}}"),
    ("{% thinking %}", "{% endthinking %}"),
    ("(thinking)", "(/thinking)"),
    ("(thinking)", "(end of thinking)"),
    ("<|im_start|>think", "<|im_end|>"),
]
"""Brackets that prose has, too: they count alone on their line."""
PAIRS += [(f"{opening}\n", f"\n{closing}") for opening, closing in ALONE]


def read(text, cuts=()):
    parser = ReplyParser()
    events = []
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    for start, stop in zip(edges, edges[1:], strict=False):
        events += parser.feed(text[start:stop])
    return parser.finish(), events + parser.pending()


def said(events, kind):
    return "".join(event.text for event in events if isinstance(event, kind))


@pytest.mark.parametrize(("opening", "closing"), PAIRS)
def test_a_draft_in_the_thinking_does_not_run_and_the_block_after_it_does(opening, closing):
    reply = parse_reply(f"{opening}I try this:\n{DRAFT}No, that is wrong.{closing}\n{REAL}")
    assert reply.control.text == "execute('main', 'ls')"
    assert reply.surplus_controls == ()
    assert reply.runnable
    assert "DRAFT-RAN" in reply.thinking
    assert reply.prose == ""


@pytest.mark.parametrize(("opening", "closing"), PAIRS)
def test_thinking_without_an_end_is_malformed_and_nothing_runs(opening, closing):
    reply = parse_reply(f"{opening}I try this:\n{REAL}")
    assert not reply.runnable
    assert reply.control is None
    assert "is never closed" in reply.malformed[0].message
    shown = parse_reply(refusal(reply).partition("Write it like this:\n\n")[2])
    assert shown.runnable


@pytest.mark.parametrize(("opening", "closing"), PAIRS)
def test_inside_a_payload_the_tags_are_text(opening, closing):
    text = f"{opening.strip()}\nnothing\n{closing.strip()}\n"
    reply = parse_reply(f"```codepilot\nwrite_file('a')\n```\n~~~~text filename=a\n{text}~~~~\n")
    assert [payload.text for payload in reply.payloads] == [text]
    assert reply.runnable
    assert reply.thinking == ""


def test_every_tag_of_the_table_has_an_example_here():
    assert {tag.name for tag in TAGS} <= {
        parse_reply(f"{opening}x{closing}").parts[0].tag for opening, closing in PAIRS
    }


@pytest.mark.parametrize(
    "text",
    [
        "Use `<think>` tags.\n",
        "The word <think> in a line.\n",
        "```xml\n<think>\n```\n",
        "<theme>\n",
        "<details>\nmore\n",
        "<details>\n<summary>The plan</summary>\nmore\n</details>\n",
        "<plan>\n1. Look.\n</plan>\n",
        "a --> b\n",
        "[THINKING] is none of mine.\n",
        "(I think so)\n",
        "[I think so]\n",
        "[thinking](docs/thinking.md)\n",
        "[thoughts]: docs/thoughts.md\n",
        "{reason}: why\n",
        "A line that says [thinking] and {think} and (thinking) and <|think|> inside.\n",
    ],
)
def test_what_is_no_thinking_stays_prose(text):
    reply = parse_reply(text + REAL)
    assert reply.prose == text
    assert reply.thinking == ""
    assert reply.runnable


@pytest.mark.parametrize("blanks", [" ", "   ", "\t", " " * BLANKS])
@pytest.mark.parametrize(("opening", "closing"), [("<think>", "</think>"), ("<planning>", "</planning>")])
def test_an_indented_tag_is_one(blanks, opening, closing):
    reply = parse_reply(f"{blanks}{opening}\n{DRAFT}{blanks}{closing}\n{REAL}")
    assert reply.control.text == "execute('main', 'ls')"
    assert reply.surplus_controls == ()
    assert not parse_reply(f"{blanks}{opening}\n{REAL}").runnable


def test_a_tag_behind_more_blanks_is_text():
    text = " " * (BLANKS + 1) + "<think>\n"
    assert parse_reply(text + REAL).prose == text
    assert parse_reply(text + REAL).runnable


@pytest.mark.parametrize("closing", ["</think>", "[/THINK]"])
@pytest.mark.parametrize("line", ["I close with `{}`.\n", "Both `<x>` and `{} ` are tags.\n"])
def test_an_end_in_inline_code_is_only_spoken_of(line, closing):
    text = line.format(closing)
    reply = parse_reply(REAL + text)
    assert reply.control.text == "execute('main', 'ls')"
    assert (reply.prose, reply.thinking) == (text, "")


def test_an_end_behind_inline_code_is_one():
    reply = parse_reply(f"{DRAFT}Not `x`.</think>\n{REAL}")
    assert reply.control.text == "execute('main', 'ls')"


@pytest.mark.parametrize("element", ["<think/>", "<think />", '<thinking time="3"/>', "<seed:think/>"])
def test_an_element_that_closes_itself_opens_nothing(element):
    reply = parse_reply(f"{element}\nI look.\n{REAL}")
    assert reply.runnable
    assert reply.thinking == ""
    assert "I look." in reply.prose


def test_words_and_a_fence_may_follow_the_closing_tag_on_its_line():
    reply = parse_reply(f"<think>short</think>Now I look.\n<think>again</think>{REAL}")
    assert reply.prose == "Now I look.\n"
    assert reply.thinking == "short\nagain"
    assert reply.runnable


def test_several_kinds_one_after_the_other():
    reply = parse_reply(f"<thinking>\na\n</thinking>\n<reflection>\n{DRAFT}</reflection>\n{REAL}")
    assert reply.control.text == "execute('main', 'ls')"
    assert reply.prose == ""


@pytest.mark.parametrize("closing", ["</think>", "[/THINK]", "◁/think▷", "</seed:think>", "<|END_THINKING|>"])
@pytest.mark.parametrize("before", ["", "No, that is wrong."])
def test_an_end_without_a_beginning_makes_thinking_of_all_before_it(closing, before):
    # Many chat templates end the prompt with the opening tag, so that the reply begins inside it.
    reply = parse_reply(f"I try this:\n{DRAFT}{before}{closing}\n\nI look.\n{REAL}")
    assert reply.control.text == "execute('main', 'ls')"
    assert reply.surplus_controls == ()
    assert reply.prose.strip() == "I look."
    assert "DRAFT-RAN" in reply.thinking


def test_special_tokens_that_a_server_dropped_still_tell_where_the_answer_begins():
    reply = parse_reply(f"analysisWe try:\n{DRAFT}Fine.assistantfinalI look.\n{REAL}")
    assert reply.control.text == "execute('main', 'ls')"
    assert "DRAFT-RAN" in reply.thinking


def test_faults_of_a_draft_do_not_count():
    reply = parse_reply(f"```text filename=a\nx\n```\n```\ny\n```\n</think>\n{REAL}")
    assert reply.runnable
    assert reply.display == ()


def test_a_block_before_a_stray_end_does_not_run_and_the_model_is_told():
    from codepilot.protocol import intended_action

    reply = parse_reply(f"{REAL}</think>\n")
    assert reply.control is None
    assert "</think>" in intended_action(reply)
    assert "execute('main', 'ls')" in intended_action(reply)


def test_the_output_limit_inside_the_thinking_is_named():
    reply = parse_reply("<think>\nhm", reason="length")
    assert not reply.malformed
    assert "thinking" in refusal(reply)


def test_thinking_streams_as_it_comes_and_no_tag_is_shown():
    parser = ReplyParser()
    shown = [event for character in "<think>\nhm <b>\n</think>\nSo." for event in parser.feed(character)]
    assert said(shown, ThinkingDelta) == "hm <b>\n"
    assert said(shown, ProseDelta) == "So."
    parser = ReplyParser()
    assert parser.feed("<think>one ") == [ThinkingDelta("one ")]
    assert parser.feed("two </thi") == [ThinkingDelta("two ")]
    assert parser.feed("s</think>") == [ThinkingDelta("</this")]


@pytest.mark.parametrize(
    "piece",
    [
        "</think>",
        "<think></think>",
        "<|channel|>final<|message|>",
        "x </think>",
        "<think>x",
        "◁think▷◁/think▷",
    ],
)
def test_a_line_of_many_tags_is_read(piece):
    text = piece * 10_000
    assert parse_reply(text).raw == text
    assert parse_reply(text + f"\n</think>\n{REAL}").raw.startswith(piece)


WORDS = st.sampled_from(
    [
        *(part for pair in PAIRS for part in pair),
        "assistantfinal", "analysis", "<", "</", "<|", "◁", "[", "think", ">", "\n", "\r\n", "\r", " ", "\t", "`",
        "\n```codepilot\n", "\n```\n", "\n```text filename=a\n", "~~~", "words", "\n",
    ]
)  # fmt: skip
REPLIES = st.lists(WORDS, max_size=30).map("".join)


def joined(events):
    out = []
    for event in events:
        if out and type(out[-1]) is type(event) and hasattr(event, "text") and not hasattr(event, "path"):
            last = out.pop()
            fields = {"kind": event.kind} if hasattr(event, "kind") else {}
            if fields and last.kind != event.kind:
                out += [last, event]
            else:
                out.append(type(event)(**fields, text=last.text + event.text))
        else:
            out.append(event)
    return out


@given(REPLIES, st.lists(st.integers(0, 2000), max_size=30))
@settings(max_examples=400)
def test_any_slicing_gives_the_same_thinking(text, cuts):
    whole, cut = read(text), read(text, cuts)
    assert cut[0] == whole[0]
    assert joined(cut[1]) == joined(whole[1])


@given(REPLIES)
@settings(max_examples=300)
def test_character_by_character_gives_the_same_thinking(text):
    whole, cut = read(text), read(text, range(len(text)))
    assert cut[0] == whole[0]
    assert joined(cut[1]) == joined(whole[1])


@given(REPLIES, st.sampled_from(PAIRS))
@settings(max_examples=300)
def test_what_is_thought_never_runs(text, pair):
    opening, closing = pair
    draft = (
        text.lower().replace("</", "").replace("<|", "").replace("<channel|>", "").replace("<unused95>", "")
    )
    draft = draft.replace("-->", "").replace("assistantfinal", "")
    draft = re.sub("[/／]|end", "", draft)  # no closing tag in any shape
    reply = parse_reply(f"{opening}{draft}\n{DRAFT}{closing}\n{REAL}")
    assert reply.control.text == "execute('main', 'ls')"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<thoughts>", "</thoughts>"),
        ("<antThinking>", "</antThinking>"),
        ("<planning>", "</planning>"),
        ("<reason>", "</reason>"),
        ("<|thinking|>", "<|/thinking|>"),
        ("<details><summary>Thinking…</summary>", "</details>"),
        ("<think>", "</think >"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_block_in_tags_that_models_invent_does_not_run(opening, closing, size):
    text = f"{opening}\n```codepilot\nread_file('a')\n```\n{closing}\nHello.\n"
    parser = ReplyParser()
    for start in range(0, len(text), size):
        parser.feed(text[start : start + size])
    reply = parser.finish()
    assert reply.control is None and reply.sound
    assert reply.prose.strip() == "Hello."


def test_a_plan_between_tags_is_for_the_person():
    assert "1. Read it." in parse_reply("<plan>\n1. Read it.\n</plan>\n").prose


def test_a_closing_tag_with_a_blank_that_nothing_opened_ends_thinking_too():
    reply = parse_reply("```codepilot\nx\n```\n</think >\nHello.\n")
    assert reply.control is None and reply.prose.strip() == "Hello."


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_folded_thinking_may_have_its_summary_on_a_line_of_its_own(size):
    text = "<details>\n<summary>Thinking</summary>\n```codepilot\nread_file('a')\n```\n</details>\nHello.\n"
    parser = ReplyParser()
    for start in range(0, len(text), size):
        parser.feed(text[start : start + size])
    reply = parser.finish()
    assert reply.control is None and reply.sound
    assert reply.prose.split() == ["<details>", "Hello."]
