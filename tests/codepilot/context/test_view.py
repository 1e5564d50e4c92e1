"""What the model sees of a conversation, and what stands for the rest."""

from codepilot.context.search import PAGE, reveal
from codepilot.context.view import View, archive_message, summary_message
from codepilot.loop.conversation import Conversation


def user(text):
    return {"role": "user", "content": text}


def reply(text):
    return {"role": "assistant", "content": text}


def task(number, text="go"):
    return user(f"[Task {number}][USER INPUT]\n{text}")


def result(text):
    return user(f"[EXECUTION RESULT]\n{text}")


def texts(messages, view=None):
    return [shown.text for shown in (view or View()).shown(messages)]


def test_without_a_summary_everything_is_shown():
    messages = [task(1), reply("I look."), result("a"), reply("Done.")]
    assert texts(messages) == [each["content"] for each in messages]


def test_a_summary_stands_at_the_beginning_for_the_messages_up_to_its_number():
    messages = [task(1), reply("I look."), result("a"), reply("I look again."), result("b")]
    messages.append(user(summary_message(3, "The first part.")))
    messages.append(reply("Done."))
    shown = texts(messages)
    assert shown[0].endswith("The first part.") and shown[1:] == [
        "I look again.",
        "[EXECUTION RESULT]\nb",
        "Done.",
    ]
    messages.append(user(summary_message(5, "More of it.")))
    assert [text[-11:] for text in texts(messages)] == ["More of it.", "Done."]


def test_the_summary_of_another_program_and_words_that_look_like_one_are_only_words():
    messages = [task(1), user("[GLOBAL SUMMARY]\nwhat codepilot-ai kept"), reply("Of messages 1 to 2, none.")]
    assert len(texts(messages)) == 3
    assert len(texts([task(1), user(summary_message(9, "of messages that are not there"))])) == 2


def test_an_archived_task_is_shown_by_its_summary_where_it_stood():
    messages = [task(1), reply("One."), task(2), reply("Two."), task(3), reply("I archive it.")]
    messages += [user(archive_message(2, "Two was done.")), result("[archive_context] done")]
    assert texts(messages) == [
        messages[0]["content"],
        "One.",
        "[ARCHIVED TASK 2]\nTwo was done.",
        messages[4]["content"],
        "I archive it.",
        "[EXECUTION RESULT]\n[archive_context] done",
    ]


def test_a_view_follows_and_starts_anew_where_a_program_changed_the_messages():
    view, messages = View(), [task(1), reply("One.")]
    view.follow(messages)
    messages.append(user(summary_message(1, "gone")))
    assert len(texts(messages, view)) == 2 and view.cut == 1
    messages[:] = [task(1), reply("Other."), reply("And more.")]
    assert len(texts(messages, view)) == 3 and view.cut == 0
    messages.clear()
    assert texts(messages, view) == []


def test_the_beginning_of_a_request_stays_byte_for_byte_while_nothing_is_cut():
    conversation = Conversation()
    conversation.add_task(1, "go")
    before = ()
    for step in range(30):
        conversation.add_reply(f"step {step}")
        conversation.add_observation(f"[EXECUTION RESULT]\n{step}")
        now = conversation.for_model()
        assert now[: len(before)] == before
        before = now


MESSAGES = [
    task(1, "find the number"),
    reply("I look for the number."),
    result("The launch code is Zanzibar-77." + "x" * 1_000),
    task(2, "go on"),
    reply("reveal_context('launch code')"),
]


def test_words_are_found_wherever_they_stand_the_asking_reply_apart():
    view = View()
    for words in ("launch code", "code launch", "ZANZIBAR-77", "is Zanzibar-77"):
        found = reveal(MESSAGES, view, words)
        assert found.startswith("[reveal_context]") and "Zanzibar-77" in found and "m3:" in found
        assert len(found) < 1_000
    assert "Nothing of the conversation" in reveal(MESSAGES, view, "unheard of")
    assert "Say what to look for" in reveal(MESSAGES, view, "?!")


def test_what_holds_all_words_comes_before_what_holds_some_and_what_was_revealed_is_not_found_again():
    messages = [
        task(1, "red"),
        result("red and green"),
        result("[reveal_context] 'red green':\nm2: red and green"),
        reply("."),
    ]
    found = reveal(messages, View(), "red green")
    assert "m2:" in found and "m1:" not in found and "m3:" not in found


def test_a_task_and_a_message_are_shown_by_their_numbers_in_pages():
    view = View()
    assert "The launch code" in reveal(MESSAGES, view, 1) and "go on" not in reveal(MESSAGES, view, 1)
    assert reveal(MESSAGES, view, "m4").endswith("[Task 2][USER INPUT]\ngo on")
    assert "There is no task 9. Tasks: 1, 2." in reveal(MESSAGES, view, "9")
    assert "There is no message 9; there are 5." in reveal(MESSAGES, view, "m9")
    long = [task(1, "y" * (PAGE + 10))]
    assert "(page 1 of 2)" in reveal(long, view, "m1")
    assert reveal(long, view, "m1", 2).endswith("y" * 10)
    assert reveal(long, view, "m1", 3).endswith("has 2 pages.")
