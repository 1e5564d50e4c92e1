"""The output of a shell, read by its marks, without any process."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot.terminal.engines import available, new_engine
from codepilot.terminal.session.boundaries import Reader
from codepilot.terminal.session.capture import Capture
from codepilot.terminal.session.state import Command
from codepilot.terminal.shell.shells import shell_named


def mark(kind, value=""):
    return f"\x1b]633;{kind};{value + ';' if value else ''}secret\x07".encode()


PROMPT = mark("A") + b"$ " + mark("B")


class Story:
    """A reader, and what it has told."""

    def __init__(self, folder, shell="bash"):
        self.folder = folder
        self.told, self.shown, self.command = [], b"", None
        aside = Capture(10_000, folder / "aside")
        self.reader = Reader(shell_named(shell) if shell else None, "secret", aside, self)

    @property
    def running(self):
        return self.command if self.command is not None and self.command.running else None

    def show(self, data):
        self.shown += data

    def began(self, typed):
        self.told.append(("begun", typed))
        if typed is not None:
            self.command = Command(typed, "typed", Capture(10_000, self.folder / "command"), 0.0)

    def ended(self, code):
        self.told.append(("ended", code))
        if self.running is not None:
            self.command.finish(code, 1.0)

    def prompted(self):
        self.told.append("prompt")

    def moved(self, folder):
        self.told.append(("moved", folder))

    def give(self, text):
        self.command = Command(text, "given", Capture(10_000, self.folder / "command"), 0.0)
        self.reader.expect_given()

    @property
    def output(self):
        return self.command.capture.take().text


def test_a_given_command_is_told_apart_from_its_echo_and_the_prompt(tmp_path):
    story = Story(tmp_path)
    story.reader.take(PROMPT)
    story.give("make")
    story.reader.take(b" . /secret/1.sh\x1b[?2004l\r\n" + mark("C") + b"built\r\n" + mark("D", "2") + PROMPT)
    assert story.told == ["prompt", ("begun", None), ("ended", 2), "prompt"]
    assert story.output == "built\n"
    assert story.shown == b"$ \x1b[?2004l\r\nbuilt\r\n$ "


def test_a_typed_command_has_the_text_that_the_shell_announces(tmp_path):
    story = Story(tmp_path)
    story.reader.take(PROMPT)
    story.reader.prompt.key(b"cd /\r", silent=story.reader.silent)
    story.reader.take(b"cd /\r\n" + mark("E", "cd /") + mark("C") + mark("P", "/") + mark("D", "0") + PROMPT)
    assert story.told == ["prompt", ("begun", "cd /"), ("moved", "/"), ("ended", 0), "prompt"]
    assert story.shown == b"$ cd /\r\n$ "


def test_a_prompt_that_is_drawn_anew_is_no_part_of_what_was_typed(tmp_path):
    """Another size while the first letters are typed. Seen: the agent was told of `user@host:~# echo one`."""
    story = Story(tmp_path)
    story.reader.take(PROMPT)
    story.reader.prompt.key(b"e", silent=story.reader.silent)
    story.reader.take(b"e\r\x1b[K" + PROMPT + b"echo")
    story.reader.prompt.key(b" one\r", silent=story.reader.silent)
    story.reader.take(b" one\r\n" + mark("C") + b"one\r\n" + mark("D", "0") + PROMPT)
    assert story.told == ["prompt", ("begun", "echo one\n"), ("ended", 0), "prompt"]


def test_a_shell_that_announces_nothing_is_read_by_its_echo(tmp_path):
    story = Story(tmp_path, "sh")
    story.reader.take(PROMPT)
    story.reader.prompt.key(b"id\r", silent=story.reader.silent)
    story.reader.take(b"id\r\nuid=0\r\n" + mark("D", "0") + PROMPT)
    assert story.told == ["prompt", ("begun", "id"), ("ended", 0), "prompt"]
    assert story.output == "uid=0\n"


def test_a_prompt_ends_a_command_whose_end_nobody_told(tmp_path):
    story = Story(tmp_path)
    story.reader.take(PROMPT)
    story.give("PROMPT_COMMAND=")
    story.reader.take(mark("C") + PROMPT)
    assert story.told == ["prompt", ("begun", None), ("ended", None), "prompt"]


EMPTY_LINE = mark("D", "0") + PROMPT


def test_the_prompt_of_an_earlier_empty_line_is_no_end_of_the_command(tmp_path):
    """Enter was pressed twice before the command was given; under load the shell comes to that only now."""
    story = Story(tmp_path)
    story.reader.take(PROMPT)
    story.give("make")
    story.reader.take(
        b"\r\n" + EMPTY_LINE + b"\r\n" + EMPTY_LINE + b" . /1.sh\r\n" + mark("C") + b"built\r\n"
    )
    assert story.told == ["prompt", ("begun", None)] and story.command.running
    story.reader.take(mark("D", "2") + PROMPT)
    assert story.told[2:] == [("ended", 2), "prompt"] and story.output == "built\n"


def test_a_given_line_that_was_interrupted_has_ended_with_the_next_prompt(tmp_path):
    story = Story(tmp_path)
    story.reader.take(PROMPT)
    story.give("make")
    story.reader.typed(b"\x03")
    story.reader.take(b"^C\r\n" + mark("D", "130") + PROMPT)
    assert story.told == ["prompt", ("ended", 130), "prompt"]


def test_a_prompt_that_is_drawn_anew_before_the_line_is_dropped_takes_no_command(tmp_path):
    story = Story(tmp_path)
    story.reader.take(EMPTY_LINE)
    story.reader.prompt.key(b"touch ran #", silent=story.reader.silent)
    story.reader.take(b"touch ran #")
    story.reader.prompt.drop(confirmed=False)
    story.reader.take(b"\r\x1b[K" + PROMPT + b"touch ran #")
    assert not story.reader.prompt.stands
    story.reader.take(b"^C\r\n" + mark("D", "130") + PROMPT)
    assert story.reader.prompt.stands and not story.reader.prompt.touched


def test_a_line_that_is_to_be_dropped_is_unheard_until_the_shell_says_that_something_ended(tmp_path):
    """bash keeps a ^C that comes in the moment before it waits for a key: one in about a hundred, on a busy machine."""
    for shell, confirmed, unheard in (("bash", False, True), ("zsh", True, False)):
        story = Story(tmp_path, shell)
        prompt = story.reader.prompt
        story.reader.take(mark("D", "0") + PROMPT + b"half")
        assert not prompt.unheard
        prompt.drop(confirmed=confirmed)
        story.reader.take(b"^C")
        assert prompt.unheard is unheard
        story.reader.take(b"\r\n" + mark("D", "130"))
        assert not prompt.unheard, "a prompt is on its way"
        story.reader.take(mark("K") * confirmed + PROMPT)
        assert prompt.stands and not prompt.unheard


def test_a_shell_that_tells_no_ends_takes_a_command_at_the_prompt_after_the_dropped_line(tmp_path):
    story = Story(tmp_path)
    story.reader.take(PROMPT)
    story.reader.prompt.key(b"touch ran #", silent=story.reader.silent)
    story.reader.prompt.drop(confirmed=False)
    story.reader.take(b"^C\r\n" + PROMPT)
    assert story.reader.prompt.stands


def test_a_prompt_that_is_due_ends_no_command(tmp_path):
    """A typed command that the shell had before its prompt was whole: the end of that one is still told."""
    story = Story(tmp_path)
    story.reader.take(EMPTY_LINE)
    story.reader.prompt.key(b"make\r", silent=story.reader.silent)
    story.reader.prompt.command_ended()
    story.reader.take(mark("C") + b"built\r\n" + mark("A"))
    assert story.command.running
    story.reader.take(mark("D", "2") + PROMPT)
    assert story.told[-2:] == [("ended", 2), "prompt"] and story.output == "built\n"


def test_output_at_the_prompt_is_kept_aside(tmp_path):
    story = Story(tmp_path)
    story.reader.take(PROMPT + b"[1]+ Done  sleep 1\r\n")
    assert story.reader.aside.take().text == "[1]+ Done  sleep 1\n"
    assert story.told == ["prompt"]


@pytest.mark.parametrize("at_once", [True, False])
def test_what_the_shell_says_after_the_output_is_no_output(tmp_path, at_once):
    story = Story(tmp_path)
    story.reader.take(PROMPT)
    story.give("true")
    data = mark("C") + b"out\r\n" + mark("O") + b"job done\r\n" + mark("D", "0")
    for piece in [data] if at_once else [data[n : n + 1] for n in range(len(data))]:
        story.reader.take(piece)
    assert story.output == "out\n"
    assert story.reader.aside.take().text == "job done\n"


def test_a_program_without_marks_is_shown_and_collected_as_it_is(tmp_path):
    story = Story(tmp_path, None)
    story.command = Command("cat", "process", Capture(10_000, tmp_path / "command"), 0.0)
    story.reader.take(b"a" + mark("D", "0"))
    assert story.reader.unmarked and story.told == [] and story.shown == b"a" + mark("D", "0")
    assert story.output.startswith("a")


SESSION = (
    PROMPT + b"ls\r\n" + mark("E", "ls") + mark("C") + b"a b\r\n" + mark("D", "0") + mark("P", "/w") + PROMPT
)


@given(cuts=st.lists(st.integers(0, len(SESSION)), max_size=12).map(sorted))
def test_it_does_not_matter_how_the_output_is_cut(tmp_path_factory, cuts):
    story = Story(tmp_path_factory.mktemp("cut"))
    for start, end in zip([0, *cuts], [*cuts, len(SESSION)]):
        story.reader.take(SESSION[start:end])
    story.reader.close()
    assert story.told == ["prompt", ("begun", "ls"), ("ended", 0), ("moved", "/w"), "prompt"]
    assert story.shown == b"$ ls\r\na b\r\n$ " and story.output == "a b\n"


@pytest.mark.parametrize(
    "line", ["plain text of a log, not very long", "\x1b[1;32mgreen\x1b[0m and \x1b[4mso on\x1b[m"]
)
def test_output_is_not_looked_at_character_by_character(tmp_path, line):
    """W3: at 1.6 MB/s a screen stood still. Counted are the lines of Python that are run, not the time that they take."""

    if "ghostty" not in available():
        pytest.skip("no wheel of pyghostty for this platform")

    def lines_run(count):
        folder = tmp_path / str(count)
        folder.mkdir()
        story = Story(folder)
        engine = new_engine(120, 40, prefer="ghostty")
        story.show = engine.feed
        story.reader.take(PROMPT)
        story.give("cat log")
        data = mark("C") + f"{line}\r\n".encode() * count + mark("D", "0") + PROMPT
        ran = 0

        def trace(frame, event, argument):
            nonlocal ran
            ran += event == "line"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            for at in range(0, len(data), 65_536):
                story.reader.take(data[at : at + 65_536])
        finally:
            sys.settrace(before)
        assert story.command.exit_code == 0
        engine.close()
        return ran, len(data)

    (few, size), (many, _) = lines_run(10_000), lines_run(20_000)
    assert many < size / 80, "eighty bytes to a line of Python, at least"
    assert many < 3 * few, "twice the output is twice the work"
