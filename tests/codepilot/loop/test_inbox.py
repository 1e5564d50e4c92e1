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
