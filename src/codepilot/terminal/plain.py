"""A program's output as plain text: what a person would have read, without the terminal's language.

Carriage return, backspace, erase and small cursor moves are carried out on the last few rows, so that a progress bar is
one line. Styles, titles and full-screen episodes are left out. Bytes that are not UTF-8 become U+FFFD. Most output has
none of that and takes a short way that never looks at single characters.
"""

from __future__ import annotations

import re

WINDOW = 60
"""Rows that cursor moves can still change; older ones are final."""
_LONGEST_ROW = 65536
_LONGEST_SEQUENCE = 8192

_SEQUENCE = (
    rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC
    rb"|\x1b[P^_X][^\x1b]*\x1b\\"  # DCS, PM, APC, SOS
    rb"|\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    rb"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"  # others of two or three bytes
)
_STRIP = re.compile(_SEQUENCE)
_STYLE = re.compile(rb"\x1b\[[0-9;:]*m")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|[\]P^_X][^\x07\x1b]*\x1b?|[ -/]*)\Z")
_OPEN_STRING = re.compile(rb"\x1b[\]P^_X]")
_STRING_END = re.compile(rb"\x07|\x1b\\")
_MOVES = re.compile(rb"\x1b\[[0-9;]*[ABCDEFGHJPXdf@`]|\x1b\[[12]K|\x1b\[\?(?:1049|1047|47)h|\x1bc")
_ALTERNATE_OFF = re.compile(rb"\x1b\[\?(?:1049|1047|47)l")
_ODD_RETURN = re.compile(rb"\r[^\r\n]")
_CONTROLS = bytes(set(range(32)) - {9, 10} | {127})
_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x08\x0a-\x1f\x7f]+)|\x1b\[(?P<arguments>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[P^_X][^\x1b]*\x1b\\|\x1b[ -/]*[0-~]|(?P<control>[\s\S])"
)
_ALTERNATE = frozenset({"?1049", "?1047", "?47"})


class PlainText:
    """Turns a terminal's output into text as it comes. `feed` gives out rows once they are final."""

    def __init__(self) -> None:
        self._rows: list[str] = [""]
        self._row = 0
        self._column = 0
        self._held = b""
        self._in_string = False
        self.alternate = False
        """A full-screen program has the terminal; what it draws is not text."""
        self.had_full_screen = False

    @property
    def line(self) -> str:
        """The row on which the cursor stands."""
        return self._rows[self._row]

    @property
    def text(self) -> str:
        """The rows that `feed` has not given, because later output may change them."""
        return "\n".join(self._rows)

    def feed(self, data: bytes) -> bytes:
        """Take output, cut anywhere; give the rows that no later output can change, as UTF-8."""
        data = self._whole(self._held + data)
        out: list[bytes] = []
        if b"\x1b" in data:
            # By far the most frequent, and it moves nothing.
            data = _STYLE.sub(b"", data)
        while data:
            if self.alternate:
                end = _ALTERNATE_OFF.search(data)
                if end is None:
                    break
                self.alternate = False
                data = data[end.end() :]
                continue
            if self._simple(data):
                out.append(self._feed_simple(data))
                break
            data = self._feed_moves(data, out)
        return b"".join(out)

    def settle(self) -> bytes:
        """Make all rows above the last final and give them; the last one stays open."""
        done, self._rows = self._rows[:-1], self._rows[-1:]
        if self._row < len(done):
            self._column = len(self._rows[0])
        self._row = 0
        return "".join(f"{row}\n" for row in done).encode("utf-8", "replace")

    def finish(self) -> bytes:
        """No more will come: give all that is left."""
        held, self._held = self._held, b""
        if held and not held.startswith(b"\x1b") and not self.alternate:
            self._write(held.rstrip(b"\r").decode("utf-8", "replace"))
        done = self.settle() + self._rows[0].encode("utf-8", "replace")
        self._rows, self._row, self._column = [""], 0, 0
        return done

    def _whole(self, data: bytes) -> bytes:
        """Cut off what is unfinished at the end (a sequence, a character, a CR whose LF may come) and keep it."""
        self._held = b""
        if self._in_string:
            end = _STRING_END.search(data)
            if end is None:
                self._held = data[-1:] if data.endswith(b"\x1b") else b""
                return b""
            self._in_string = False
            data = data[end.end() :]
        last = data.rfind(b"\x1b")
        if last > 0 and data[last - 1 : last] != b"\x1b" and last == len(data) - 1:
            # A lone ESC at the end may be the first half of the ST that ends a string.
            opening = data.rfind(b"\x1b", 0, last)
            if opening >= 0 and _UNFINISHED.match(data, opening):
                last = opening
        if last >= 0 and _UNFINISHED.match(data, last):
            if len(data) - last <= _LONGEST_SEQUENCE:
                self._held, data = data[last:], data[:last]
            elif _OPEN_STRING.match(data, last):
                self._in_string, data = True, data[:last]
            else:
                data = data[:last]
        elif data.endswith(b"\r"):
            kept = len(data.rstrip(b"\r"))
            self._held, data = data[kept:][-1:], data[:kept]
        else:
            cut = _cut_character(data)
            self._held, data = data[cut:], data[:cut]
        return data

    def _simple(self, data: bytes) -> bool:
        """Only text that goes on at the end: no moves, no overwriting."""
        if self._row != len(self._rows) - 1 or self._column != len(self._rows[-1]) or b"\b" in data:
            return False
        if b"\x1b" in data and _MOVES.search(data):
            return False
        return not data.endswith(b"\r") and _ODD_RETURN.search(data) is None

    def _feed_simple(self, data: bytes) -> bytes:
        if b"\x1b" in data:
            data = _STRIP.sub(b"", data)
        data = data.translate(None, _CONTROLS)
        cut = len(data)
        for _ in range(WINDOW):
            cut = data.rfind(b"\n", 0, cut)
            if cut < 0:
                break
        out = b""
        if cut >= 0:
            out = "\n".join(self._rows).encode("utf-8", "replace") + data[: cut + 1]
            self._rows = [""]
            data = data[cut + 1 :]
        first, *others = data.decode("utf-8", "replace").split("\n")
        self._rows[-1] += first
        self._rows += others
        self._row = len(self._rows) - 1
        out += self._overflow()
        self._column = len(self._rows[-1])
        return out

    def _overflow(self) -> bytes:
        """Rows that left the window; and most of a row without end, which no program goes back over."""
        out = ""
        extra = len(self._rows) - WINDOW
        if extra > 0 and self._row >= extra:
            out = "".join(f"{row}\n" for row in self._rows[:extra])
            del self._rows[:extra]
            self._row -= extra
        if len(self._rows) - 1 == self._row and len(self._rows[-1]) > _LONGEST_ROW:
            out += "".join(f"{row}\n" for row in self._rows[:-1])
            cut = len(self._rows[-1]) - 4096
            out += self._rows[-1][:cut]
            self._rows = [self._rows[-1][cut:]]
            self._row = 0
            self._column = max(0, self._column - cut)
        return out.encode("utf-8", "replace")

    def _feed_moves(self, data: bytes, out: list[bytes]) -> bytes:
        """The careful way, token by token. Gives what follows where a full-screen program begins."""
        text = data.decode("utf-8", "surrogateescape")
        for token in _TOKEN.finditer(text):
            if token["text"] is not None:
                self._write(token["text"].encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
            elif token["control"] is not None:
                self._control(token["control"], out)
            elif token["final"] is not None:
                arguments, final = token["arguments"], token["final"]
                if final == "h" and arguments in _ALTERNATE:
                    self.alternate = self.had_full_screen = True
                    return text[token.end() :].encode("utf-8", "surrogateescape")
                self._move(arguments, final, out)
        out.append(self._overflow())
        return b""

    def _write(self, text: str) -> None:
        row = self._rows[self._row]
        if self._column > len(row):
            row = row.ljust(self._column)
        self._rows[self._row] = row[: self._column] + text + row[self._column + len(text) :]
        self._column += len(text)

    def _control(self, control: str, out: list[bytes]) -> None:
        if control == "\n":
            self._down(1, out)
            self._column = 0
        elif control == "\r":
            self._column = 0
        elif control == "\b":
            self._column = max(0, self._column - 1)

    def _down(self, count: int, out: list[bytes]) -> None:
        self._row += count
        while self._row >= len(self._rows):
            self._rows.append("")
        if len(self._rows) > 2 * WINDOW:
            out.append(self._overflow())

    def _move(self, arguments: str, final: str, out: list[bytes]) -> None:
        first = arguments.split(";")[0]
        number = min(int(first), 500) if first.isdigit() else 0
        count = max(1, number)
        row = self._rows[self._row]
        if final in "AF":
            self._row = max(0, self._row - count)
        elif final in "BE":
            self._down(min(count, WINDOW), out)
        elif final == "C":
            self._column += count
        elif final == "D":
            self._column = max(0, self._column - count)
        elif final in "G`":
            self._column = count - 1
        elif final in "KPX@" or (final == "J" and number == 0):
            self._change(row, final, number, count)
        elif final in "Hfd" and (row or self._row < len(self._rows) - 1):
            # Somewhere else on the screen: for a text that is a new line.
            self._down(len(self._rows) - self._row, out)
            self._column = 0
        if final in "EF":
            self._column = 0

    def _change(self, row: str, final: str, number: int, count: int) -> None:
        """What changes the row, or all below, and leaves the cursor where it is."""
        before, behind = row[: self._column], row[self._column :]
        if final == "P":
            self._rows[self._row] = before + behind[count:]
        elif final == "X":
            self._rows[self._row] = before + " " * count + behind[count:]
        elif final == "@":
            self._rows[self._row] = before + " " * count + behind
        else:
            self._erase(row, number)
            if final == "J":
                del self._rows[self._row + 1 :]

    def _erase(self, row: str, how: int) -> None:
        if how == 0:
            self._rows[self._row] = row[: self._column]
        elif how == 1:
            self._rows[self._row] = " " * min(self._column, len(row)) + row[self._column :]
        else:
            self._rows[self._row] = ""


def _cut_character(data: bytes) -> int:
    """Where a character stands at the end of `data` whose last bytes are still to come, else its length."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return len(data) - back if needed > back else len(data)
    return len(data)


def plain(data: bytes) -> str:
    """All of `data` as plain text."""
    reader = PlainText()
    return (reader.feed(data) + reader.finish()).decode("utf-8", "replace")
