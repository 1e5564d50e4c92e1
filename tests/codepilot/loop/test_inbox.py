from codepilot import events as e
from codepilot.loop.inbox import Inbox


def test_words_are_taken_once_in_order_and_each_change_is_an_event():
    seen = []
    inbox = Inbox(seen.append)
    first, second = inbox.put("one"), inbox.put("two")
    assert inbox.drop(first) == "one"
    assert inbox.drop(first) is None
    assert [message.text for message in inbox.take()] == ["two"]
    assert inbox.take() == []
    assert [type(event) for event in seen] == [
        e.MessageQueued,
        e.MessageQueued,
        e.MessageDropped,
        e.MessageInjected,
    ]
    assert seen[-1].message_id == second


def test_what_is_said_behind_a_task_that_is_about_to_begin_is_not_late():
    inbox = Inbox(lambda event: None)
    inbox.put("before")
    inbox.expect_task()
    inbox.put("behind")
    assert [message.text for message in inbox.take_late()] == ["before"]
    assert [message.text for message in inbox.take()] == ["behind"]
    inbox.put("between")
    assert [message.text for message in inbox.take_late()] == ["between"], "a task that nobody announced"
