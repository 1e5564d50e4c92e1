"""When results are left out, and when the conversation is cut again: the rules of `Compaction`, by plain calls."""

import pytest

from codepilot import events as e
from codepilot.context.budget import Window
from codepilot.loop.compaction import Compaction, ContextFull
from codepilot.loop.conversation import Conversation
from codepilot.messages import ModelMessage, ModelRequest
from codepilot.testing import RecordedProvider

ROOM = 10_000
"""Tokens."""


class Stage:
    """A compaction over a conversation, without a model's own words."""

    def __init__(self):
        self.room, self.cut_at, self.seen = ROOM, 0.9, []
        self.conversation = Conversation()
        self.compaction = Compaction(
            self.conversation,
            RecordedProvider(),
            self.seen.append,
            lambda: Window(messages=self.room, cut_at=self.cut_at),
            prose=lambda: 0,
            look=lambda path: None,
        )

    def text(self, tokens, word="word"):
        """So many tokens, in lines."""
        characters = self.compaction.meter.characters(tokens)
        return ("\n".join([word * 8] * (characters // (len(word) * 8 + 1) + 1)))[:characters]

    def step(self, said, result):
        self.conversation.add_reply(f"```codepilot\n{said}\n```")
        self.conversation.add_observation(f"[EXECUTION RESULT]\n{result}")

    def share(self):
        return self.compaction.used() / self.room

    def count(self, kind):
        return sum(isinstance(event, kind) for event in self.seen)


@pytest.fixture
def stage():
    return Stage()


@pytest.mark.parametrize(("share", "left_out"), [(0.13, False), (0.17, True)])
async def test_results_are_left_out_only_where_that_frees_15_percent_of_the_window(stage, share, left_out):
    stage.conversation.add_task(1, "go")
    stage.step("pass", stage.text(share * ROOM))
    for _ in range(9):  # so that it is old
        stage.step("pass", "ok")
    stage.conversation.add_user_message(stage.text(0.76 * ROOM - stage.compaction.used()))
    stage.step("pass", "ok")
    assert 0.7 < stage.share() < 0.9
    assert await stage.compaction.fit("") == left_out
    assert (stage.count(e.ContextPruned), stage.count(e.ContextCut)) == (int(left_out), 0)


async def cut_once(stage):
    stage.conversation.add_task(1, "go")
    while stage.share() < 0.92:
        stage.step(stage.text(600), "ok")  # a reply is never left out
    assert await stage.compaction.fit("")
    assert stage.count(e.ContextCut) == 1 and stage.share() <= 0.6
    stage.room = int(stage.compaction.used() / 0.93)  # a model with a smaller window


async def test_no_second_cut_within_three_steps_where_little_came_in(stage):
    await cut_once(stage)
    for _ in range(3):
        assert not await stage.compaction.fit("")
        assert stage.count(e.ContextCut) == 1
    stage.step("pass", "ok")
    assert await stage.compaction.fit("")
    assert stage.count(e.ContextCut) == 2


@pytest.mark.parametrize(("came_in", "cuts"), [(0.08, 1), (0.12, 2)])
async def test_a_second_cut_comes_at_once_where_a_tenth_of_the_room_came_in(stage, came_in, cuts):
    await cut_once(stage)
    stage.room = int(stage.compaction.used() / 0.88)
    stage.step("pass", stage.text(came_in * stage.room))
    assert stage.share() > 0.9
    assert await stage.compaction.fit("") == (cuts == 2)
    assert stage.count(e.ContextCut) == cuts


@pytest.mark.parametrize("sizes", [(6_000, 9_000), (9_000, 6_000)])
async def test_the_smallest_request_that_was_refused_is_the_limit(stage, sizes):
    """A larger one that is refused later says nothing new."""
    tokens = stage.compaction.meter.characters
    for size in sizes:
        request = ModelRequest(system="", messages=(ModelMessage("user", "x" * tokens(size)),), max_tokens=1)
        await stage.compaction.refused("", request)
    assert stage.compaction.room("") == pytest.approx(Window(messages=ROOM).room(0, refused=6_000), abs=2)
    assert stage.compaction.room("") < Window(messages=ROOM).room(0, refused=9_000)


@pytest.mark.parametrize(("share", "fits"), [(0.02, True), (0.2, False)])
async def test_a_cut_that_leaves_more_than_four_fifths_was_of_no_use(stage, share, fits):
    """Where it comes early, that less than 60 percent of the room are left says nothing."""
    stage.cut_at = 0.5
    stage.conversation.add_task(1, stage.text(share * ROOM))  # the person's words stay
    while stage.share() < 0.52:
        stage.step(stage.text(300), "ok")
    if fits:
        assert await stage.compaction.fit("")
    else:
        with pytest.raises(ContextFull):
            await stage.compaction.fit("")
    assert stage.count(e.ContextCut) == 1 and stage.share() < 0.6


async def test_what_fills_the_window_is_looked_up_by_the_number_that_is_shown(stage):
    from codepilot.context.search import reveal
    from codepilot.messages import Usage

    stage.conversation.add_task(1, "go")
    for number in range(30):
        stage.step(f"print({number})", f"result {number} " + stage.text(400))
    assert await stage.compaction.fit("")
    report = stage.compaction.report("", 0, Usage(), None)
    results = [entry for entry in report.entries if entry.kind == "result"]
    assert results and any(entry.left_out for entry in report.entries)
    conversation = stage.conversation
    for entry in results:
        whole = conversation.messages[entry.message - 1]["content"]
        said = reveal(conversation.messages, conversation.view, f"m{entry.message}")
        assert said.startswith(f"[reveal_context] message {entry.message}") and whole[:200] in said
