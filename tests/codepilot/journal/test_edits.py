"""How many lines the agent changed in each file, by a journal."""

from codepilot.journal.edits import lines_edited
from codepilot.journal.record import CREATED, encode


class Book:
    def __init__(self):
        self.lines = []
        self.add(CREATED, {"format": 1, "id": "a"})

    def add(self, kind, data):
        self.lines.append(encode(len(self.lines) + 1, 1000.0, kind, data))
        return len(self.lines)

    def changed(self, path, added, removed, source="tool"):
        data = {"call_id": "c1", "path": path, "added": added, "removed": removed, "source": source}
        return self.add("file_changed", data)

    @property
    def edited(self):
        return lines_edited(lambda: iter(self.lines))


def test_those_of_tools_and_commands_are_added_up():
    book = Book()
    book.changed("a.py", 3, 1)
    book.changed("a.py", 2, 0, "command")
    book.changed("b.py", 0, 4)
    book.changed("a.py", 100, 100, "person")
    book.changed("a.py", 1, 5, "restore")
    assert book.edited == {"a.py": (5, 1), "b.py": (0, 4)}


def test_what_the_conversation_left_does_not_count():
    book = Book()
    to = book.changed("a.py", 3, 1)
    book.changed("a.py", 50, 50)
    book.add("rewound", {"to": to, "to_offset": 0, "left": len(book.lines)})
    book.changed("a.py", 1, 0)
    assert book.edited == {"a.py": (4, 1)}


def test_a_new_conversation_begins_at_nothing():
    book = Book()
    book.changed("a.py", 3, 1)
    book.add("session_cleared", {})
    book.changed("b.py", 1, 1)
    assert book.edited == {"b.py": (1, 1)}


def test_what_is_damaged_is_left_out():
    book = Book()
    book.changed("a.py", None, "x")
    book.add("file_changed", {"path": 7})
    book.lines.append(b'{"n":4,"type":"file_changed", garbage\n')
    book.changed("b.py", 1, 1)
    assert book.edited == {"b.py": (1, 1)}
