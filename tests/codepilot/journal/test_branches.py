"""Going back in a conversation: what was left is no part of it any more, and is all there still."""

import json

from hypothesis import given
from hypothesis import strategies as st

from codepilot.journal.branches import left_ranges, offset_of, prompt_tree, saved_of
from codepilot.journal.pages import page_before
from codepilot.journal.record import CREATED, encode


class Book:
    """A journal in memory."""

    def __init__(self):
        self.lines = []
        self.add(CREATED, {"format": 1, "id": "a"})

    def add(self, kind, data):
        self.lines.append(encode(len(self.lines) + 1, 1000.0 + len(self.lines), kind, data))
        return len(self.lines)

    def task(self, number, words, answer="ok", files=()):
        """A task with one step; returns the record of its beginning."""
        begun = self.add("task_started", {"task": words, "number": number})
        self.add("message_stored", {"role": "user", "text": words, "kind": "task", "number": number})
        self.add("step_started", {"step": 1, "max_steps": 9})
        self.add("message_stored", {"role": "assistant", "text": answer, "kind": "reply"})
        self.add("reply_finished", {"reason": "stop", "input_tokens": 10, "output_tokens": 1})
        for path in files:
            self.add("file_changed", {"call_id": f"c{number}", "path": path})
        self.add("task_finished", {"status": "replied"})
        return begun

    def back(self, to):
        return self.add(
            "rewound", {"to": to, "to_offset": offset_of(self.lines, to), "left": len(self.lines)}
        )

    @property
    def saved(self):
        return saved_of(lambda: self.lines)

    @property
    def said(self):
        return [message["content"] for message in self.saved.messages]


def test_the_conversation_goes_on_from_where_one_went_back_to():
    book = Book()
    book.task(1, "one")
    second = book.task(2, "two")
    book.back(second - 1)
    assert book.said == ["one", "ok"]
    book.task(3, "another two", "sure")
    assert book.said == ["one", "ok", "another two", "sure"]
    saved = book.saved
    assert saved.tasks == 3, "numbers count on"
    assert saved.spent.usage.input_tokens == 30, "what was spent was spent"
    assert saved.unfinished is None


def test_a_rewind_is_taken_back():
    book = Book()
    book.task(1, "one")
    second = book.task(2, "two")
    left = len(book.lines)
    book.back(second - 1)
    book.back(left)
    assert book.said == ["one", "ok", "two", "ok"]
    assert left_ranges(book.lines) == [(left + 1, left + 1)]


def test_words_that_wait_stay_and_those_that_were_read_are_read():
    book = Book()
    book.add("message_queued", {"message_id": "m1", "message": "early"})
    first = book.task(1, "one")
    book.add("message_queued", {"message_id": "m2", "message": "late"})
    book.add("message_injected", {"message_id": "m1", "message": "early"})
    book.back(first - 1)
    assert book.saved.queued == {"m2": "late"} and book.saved.sent == 2


def test_a_task_that_was_cut_is_over_once_one_went_back_in_it():
    book = Book()
    book.task(1, "one")
    cut = book.add("task_started", {"task": "two", "number": 2})
    book.add("message_stored", {"role": "user", "text": "two", "kind": "task", "number": 2})
    book.back(cut - 1)
    assert book.saved.unfinished is None and book.said == ["one", "ok"]


def test_the_tree_has_every_branch():
    book = Book()
    first = book.task(1, "one", files=["a", "b", "a"])
    second = book.task(2, "two", files=["c"])
    left = len(book.lines)
    book.back(second - 1)
    assert prompt_tree(book.lines).undo == left
    third = book.task(3, "three")
    tree = prompt_tree(book.lines)
    assert [(each.text, each.record, each.parent, each.active) for each in tree.prompts] == [
        ("one", first, 0, True),
        ("two", second, first, False),
        ("three", third, first, True),
    ]
    assert [each.files for each in tree.prompts] == [("a", "b"), ("c",), ()]
    assert tree.branches == 2 and tree.tips == (left,) and tree.undo == 0
    book.back(first - 1)
    fourth = book.task(4, "four")
    assert prompt_tree(book.lines).prompts[-1].parent == 0
    assert [each.record for each in prompt_tree(book.lines).prompts if each.active] == [fourth]


def test_words_said_meanwhile_are_prompts_too():
    book = Book()
    first = book.add("task_started", {"task": "one", "number": 1})
    person = book.add(
        "message_stored", {"role": "user", "text": "also", "kind": "person", "message_id": "m1"}
    )
    book.add("message_injected", {"message_id": "m1", "message": "also this"})
    tree = prompt_tree(book.lines)
    assert [(each.kind, each.text, each.record, each.before) for each in tree.prompts] == [
        ("task", "one", first, first - 1),
        ("message", "also this", person, person - 1),
    ]


def test_what_was_cleared_is_no_part_of_the_tree():
    book = Book()
    book.task(1, "one")
    book.add("session_cleared", {})
    book.task(1, "anew")
    assert [each.text for each in prompt_tree(book.lines).prompts] == ["anew"]


walks = st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=12)


@given(walks, st.integers(1, 400))
def test_pages_and_the_whole_tell_the_same_conversation(tmp_path_factory, walk, at_least):
    """However one went to and fro, reading page by page from the end gives what the fold gives."""
    book, tasks = Book(), 0
    for forward, pick in walk:
        tree = prompt_tree(book.lines)
        places = [each.before for each in tree.prompts] + list(tree.tips)
        if forward or not places:
            tasks += 1
            book.task(tasks, f"words {tasks}", f"answer {tasks}")
        else:
            book.back(places[pick % len(places)])
    path = tmp_path_factory.mktemp("walk") / "journal.jsonl"
    path.write_bytes(b"".join(book.lines))
    said, end, more = [], None, True
    while more:
        page = page_before(path, end, at_least)
        said[:0] = [each.data["text"] for each in page.records if each.type == "message_stored"]
        end, more = page.start, page.more
    assert said == book.said
    active = [each.text for each in prompt_tree(book.lines).prompts if each.active]
    assert active == book.said[::2]


@given(st.lists(st.binary(max_size=60)))
def test_any_bytes_are_read(lines):
    damaged = [b'{"n":3,"time":1,"type":"rewound","to":"x"}\n', json.dumps({"n": 4}).encode(), *lines]
    prompt_tree(damaged)
    saved_of(lambda: damaged)


def test_what_is_missing_is_counted_on_all_branches(tmp_path):
    lines = [
        encode(n, 1.0, type, data)
        for n, type, data in [
            (1, "session_created", {"format": 1}),
            (2, "task_started", {"task": "a", "number": 1}),
            (5, "task_finished", {}),
            (6, "rewound", {"to": 1, "to_offset": 0, "left": 5}),
            (7, "task_started", {"task": "b", "number": 2}),
        ]
    ]
    assert saved_of(lambda: lines).missing == 2
    assert saved_of(lambda: lines[:2]).missing == 0


def test_a_rewind_before_the_conversation_was_cleared_is_not_offered_to_be_taken_back():
    book = Book()
    first = book.task(1, "first")
    book.back(first - 1)
    assert prompt_tree(book.lines).undo
    book.add("session_cleared", {})
    tree = prompt_tree(book.lines)
    assert (tree.undo, tree.undo_restore, tree.tips, tree.prompts) == (0, 0, (), ())


def test_damage_on_a_branch_that_was_left_is_counted():
    book = Book()
    first = book.task(1, "first")
    book.lines.append(b"no record\n")
    number = len(book.lines)
    book.lines.append(encode(number, 1.0, "thought", {"message": "m"}))
    rewound = {"to": first - 1, "to_offset": 0, "left": number}
    book.lines.append(encode(number + 1, 1.0, "rewound", rewound))
    saved = saved_of(lambda: book.lines)
    assert (saved.skipped, saved.missing, saved.messages) == (1, 0, [])
