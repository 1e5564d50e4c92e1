import pytest

from codepilot.loop.conversation import Conversation
from codepilot.messages import Reasoning


def test_tags_and_task_numbers_go_on_over_a_resumed_session():
    conversation = Conversation([{"role": "user", "content": "[Task 4][USER INPUT]\nold"}])
    assert conversation.next_task() == 5
    conversation.add_task(5, "new")
    assert conversation.messages[-1] == {"role": "user", "content": "[Task 5][USER INPUT]\nnew"}


def test_a_task_that_was_cut_before_its_words_were_stored_keeps_its_number():
    conversation = Conversation()
    assert [conversation.next_task(), conversation.next_task()] == [1, 2]
    conversation.tasks = 7
    assert conversation.next_task() == 8


def test_each_message_is_told_with_what_it_is():
    told = []
    conversation = Conversation([], told.append)
    conversation.add_task(1, "a")
    conversation.add_user_message("b", "m4")
    conversation.add_reply("c", reason="stop")
    conversation.add_observation("d")
    assert [(event.kind, event.text) for event in told] == [
        ("task", "[Task 1][USER INPUT]\na"),
        ("person", "[USER MESSAGE]\nb"),
        ("reply", "c"),
        ("observation", "d"),
    ]
    assert (told[0].number, told[1].message_id, told[2].reason, told[2].role) == (
        1,
        "m4",
        "stop",
        "assistant",
    )


def test_user_turns_that_stand_together_are_joined_for_the_wire_only():
    conversation = Conversation()
    conversation.add_task(1, "a")
    conversation.add_user_message("b")
    conversation.add_reply("c", Reasoning(provider="p", model="m", wire="w", blocks=({"type": "thinking"},)))
    turns = conversation.for_model()
    assert [turn.role for turn in turns] == ["user", "assistant"]
    assert turns[0].text == "[Task 1][USER INPUT]\na\n\n[USER MESSAGE]\nb"
    assert turns[1].reasoning is not None
    assert turns[1].reasoning.blocks == ({"type": "thinking"},)
    assert len(conversation.messages) == 3


def reasoning(said):
    return Reasoning(provider="p", model="m", wire="w", blocks=({"type": "thinking", "thinking": said},))


def test_of_replies_that_are_joined_the_last_reasoning_goes_along():
    """After a change of the model it is the one that may be sent back."""
    conversation = Conversation()
    conversation.add_reply("a", reasoning("first"))
    conversation.add_reply("b", reasoning("second"))
    conversation.add_user_message("c")
    conversation.add_reply("d", reasoning("third"))
    conversation.add_reply("e")
    first, _, last = conversation.for_model()
    assert (first.text, first.reasoning) == ("a\n\nb", reasoning("second"))
    assert (last.text, last.reasoning) == ("d\n\ne", reasoning("third"))


def test_a_reply_of_reasoning_alone_is_sent_and_one_of_nothing_is_not():
    conversation = Conversation()
    conversation.add_reply(" \n", reasoning("hm"))
    conversation.add_user_message("a")
    conversation.add_reply("")
    assert [(turn.role, turn.reasoning) for turn in conversation.for_model()] == [
        ("assistant", reasoning("hm")),
        ("user", None),
    ]


STORED = {"provider": "p", "model": "m", "wire": "w", "blocks": [{"type": "thinking"}]}
KEPT = Reasoning(provider="p", model="m", wire="w", blocks=({"type": "thinking"},))


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        (STORED, KEPT),
        ({**STORED, "mood": "good"}, KEPT),
        ({name: value for name, value in STORED.items() if name != "wire"}, None),
        ({name: value for name, value in STORED.items() if name != "blocks"}, None),
        ({**STORED, "blocks": None}, None),
        ("I should look first.", None),
    ],
)
def test_reasoning_that_another_release_or_program_stored_is_sent_whole_or_not_at_all(stored, sent):
    """A session that a later release had stored could not be gone on with: a TypeError, for each message."""
    conversation = Conversation([{"role": "assistant", "content": "x", "reasoning": stored}])
    assert conversation.for_model()[0].reasoning == sent


def test_content_of_other_programs_may_be_a_list_of_parts():
    conversation = Conversation([{"role": "user", "content": [{"type": "text", "text": "x"}, "y"]}])
    assert conversation.for_model()[0].text == "x\ny"


@pytest.mark.parametrize("content", ["a\ud800b", [{"type": "text", "text": "a\ud800b"}]])
def test_half_a_character_of_a_stored_session_can_be_sent(content):
    conversation = Conversation([{"role": "user", "content": content}])
    assert conversation.for_model()[0].text == "a\ufffdb"
