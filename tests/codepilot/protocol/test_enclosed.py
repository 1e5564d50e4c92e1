"""Two control blocks, the first inside an element: which one is meant has to be asked."""

import pytest

from codepilot.protocol import judge, parse_reply

BLOCK = "```codepilot\nexecute('main', 'touch {}')\n```\n"
DRAFT, REAL = BLOCK.format("draft"), BLOCK.format("real")


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<working_notes>", "</working_notes>"),
        ("<X>", "</x>"),
        ('<section kind="plan">\nFirst:', "Done.\n</section>"),
        ("<outer>\n<inner>", "</inner>\n</outer>"),
    ],
)
def test_the_first_block_inside_an_element_does_not_run_beside_another(opening, closing):
    verdict = judge(parse_reply(f"{opening}\n{DRAFT}{closing}\n{REAL}"), ())
    assert verdict.act == "say again"
    assert "two codepilot blocks, and the first stands inside <" in verdict.text
    assert "What ran: nothing." in verdict.text


@pytest.mark.parametrize(
    "reply",
    [
        f"<x>\n{DRAFT}</x>\n",  # alone: models also wrap the block that they mean
        f"{DRAFT}{REAL}",
        f"<x>\nnotes\n</x>\n{DRAFT}{REAL}",
        f"<x>\n{DRAFT}{REAL}</x>\n",
        f"Use <x> here.\n{DRAFT}And </x> there.\n{REAL}",
        f"{DRAFT}</x>\n{REAL}",
    ],
)
def test_others_run_as_before(reply):
    assert judge(parse_reply(reply), ()).act == "run"
