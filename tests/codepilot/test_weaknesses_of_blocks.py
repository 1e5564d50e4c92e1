"""What codepilot-ai does wrong with control blocks, payloads and edits, by the numbers of our own list of it: not here."""

import os
import threading

import pytest

from codepilot import EventType, Runtime
from codepilot import events as e
from codepilot.script import Turn
from codepilot.testing import ModelServer

pytestmark = pytest.mark.slow

DONE = "```completion\nDone.\n```\n"


def block(code, *payloads):
    files = "".join(f"\n````text filename={name}\n{text}\n````\n" for name, text in payloads)
    return f"```codepilot\n{code}\n```\n{files}"


@pytest.fixture
def play(tmp_path):
    """Runs one task with these replies; gives the runtime, whose messages hold the observations."""
    ended = []

    def play(*replies, allow=("all",), answer=None, extra="", before=lambda runtime: None):
        server = ModelServer([Turn(text=reply) for reply in (*replies, DONE)])
        server.__enter__()
        (tmp_path / "work").mkdir(exist_ok=True)
        (tmp_path / "agent.yaml").write_text(
            f"agent:\n  name: A\n  model: {{provider: openai, name: m, base_url: {server.openai_url}}}\n"
            f"  runtime: {{work_dir: ./work, max_steps: 6}}\n{extra}"
        )
        runtime = Runtime(tmp_path / "agent.yaml", use_stdin=False, allow=allow)
        ended.append((server, runtime))
        for event in EventType:
            runtime.hooks.clear(event)
        if answer is not None:
            runtime.hooks.register(EventType.PERMISSION_REQUEST, lambda **_: answer)
        before(runtime)
        runtime.run("go")
        runtime.requests = server.requests
        return runtime

    yield play
    for server, runtime in ended:
        runtime.close()
        server.__exit__(None, None, None)


def observed(runtime):
    return "\n".join(message["content"] for message in runtime.messages if message["role"] == "user")


@pytest.mark.parametrize(
    "escape",
    [
        "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0]"
        ".__init__.__globals__['system']('touch escaped')",
        "read_file.__func__.__globals__['os'].system('touch escaped')",
        "read_file.__self__.runtime.config.runtime.unsafe_mode = True\nimport os\nos.system('touch escaped')",
    ],
)
def test_w17_the_block_does_not_get_out_by_what_its_names_lead_to(play, tmp_path, escape):
    runtime = play(block(escape))
    assert not list(tmp_path.rglob("escaped")) and "Traceback" not in runtime.messages[-1]["content"]


def test_w17_imports_and_classes_work(play):
    runtime = play(block("import re\nclass Word:\n    text = re.sub('a', 'b', 'banana')\nprint(Word.text)"))
    assert "bbnbnb" in observed(runtime)


@pytest.mark.parametrize("way", ["open('made', 'w').write('x')", "import os\nos.system('touch made')"])
def test_w18_no_effect_passes_the_question_that_the_agent_file_asks_for(play, tmp_path, way):
    extra = "  tools:\n    - {name: execute, config: {require_permission: true}}\n"
    play(block(way), allow=(), answer=False, extra=extra)
    assert not list(tmp_path.rglob("made"))


def test_w20_a_stop_ends_a_block_that_never_ends(play):
    def stop_it(runtime):
        started = threading.Event()
        runtime.subscribe(
            lambda stamped: started.set() if isinstance(stamped.event, e.ControlStarted) else None
        )
        threading.Thread(target=lambda: started.wait(60) and runtime.abort(), daemon=True).start()

    runtime = play(block("while True:\n    pass"), before=stop_it)
    assert runtime.last_outcome.status == "aborted"


def test_w22_a_payload_may_hold_backticks(play, tmp_path):
    text = "# T\n```python\nprint(1)\n```\nend"
    play(block("write_file('a.md')", ("a.md", text)))
    assert (tmp_path / "work/a.md").read_text() == text + "\n"


def test_w23_each_file_gets_its_own_payload_whichever_call_is_made(play, tmp_path):
    code = "if False:\n    write_file('x.py')\nelse:\n    write_file('y.py')"
    play(block(code, ("x.py", "x = 1"), ("y.py", "y = 2")))
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["y.py"]
    assert (tmp_path / "work/y.py").read_text() == "y = 2\n"


def test_w25_and_w26_edits_may_be_lists_and_those_that_overlap_change_nothing(play, tmp_path):
    (tmp_path / "work").mkdir()
    file = tmp_path / "work/a.txt"
    file.write_text("".join(f"{n}\n" for n in range(1, 11)))
    twice = [("a.txt", "first"), ("a.txt", "second")]
    runtime = play(
        block("read_file('a.txt')"),
        block("write_file('a.txt', mode='multi_edit', edits=[(2, 5), (4, 6)])", *twice),
        block("write_file('a.txt', mode='multi_edit', edits=[[1, 1], [2, 2]])", *twice),
    )
    assert "overlap" in observed(runtime)
    assert file.read_text().split()[:4] == ["first", "second", "3", "4"]


def test_w27_line_numbers_hold_for_the_file_by_whatever_name(play, tmp_path):
    (tmp_path / "work").mkdir()
    file = tmp_path / "work/m.py"
    file.write_text("one\ntwo\nthree\n")
    code = (
        "write_file('m.py', mode='edit', start_line=1, end_line=1)\n"
        "write_file('./m.py', mode='edit', start_line=3, end_line=3)"
    )
    play(block("read_file('m.py')"), block(code, ("m.py", "one\nand a half"), ("./m.py", "THREE")))
    assert file.read_text() == "one\nand a half\ntwo\nTHREE\n"


def test_w30_ends_of_lines_and_files_stay_as_they_are(play, tmp_path):
    (tmp_path / "work").mkdir()
    for name, data in (("crlf.txt", b"a\r\nb\r\nc\r\n"), ("latin.txt", "caf\xe9\nb\n".encode("latin-1"))):
        (tmp_path / "work" / name).write_bytes(data)
    code = "\n".join(
        f"write_file('{name}', mode='edit', start_line=2, end_line=2)" for name in ("crlf.txt", "latin.txt")
    )
    reads = block("read_file('crlf.txt')\nread_file('latin.txt')")
    play(
        reads,
        block(code + "\nwrite_file('new.txt')", ("crlf.txt", "B"), ("latin.txt", "B"), ("new.txt", "x")),
    )
    assert (tmp_path / "work/crlf.txt").read_bytes() == b"a\r\nB\r\nc\r\n"
    assert (tmp_path / "work/latin.txt").read_bytes() == "caf\xe9\nB\n".encode("latin-1")
    assert (tmp_path / "work/new.txt").read_bytes() == b"x\n"


def test_w31_no_tool_reads_or_writes_outside_through_a_link(play, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "secret.txt").write_text("the hidden word\n")
    (tmp_path / "work/link.txt").symlink_to(tmp_path / "secret.txt")
    tries = ["read_file('link.txt')", "find('hidden', path='link.txt')", "write_file('link.txt')"]
    code = "\n".join(
        f"try:\n    print({each})\nexcept Exception as error:\n    print(error)" for each in tries
    )
    runtime = play(block(code, ("link.txt", "over it")))
    assert "the hidden word" not in observed(runtime)
    assert (tmp_path / "secret.txt").read_text() == "the hidden word\n"


def test_w35_a_large_folder_and_a_link_to_itself_make_no_request_large(play, tmp_path):
    (tmp_path / "work").mkdir()
    for number in range(5000):
        (tmp_path / f"work/file-{number}.txt").touch()
    (tmp_path / "work/again").symlink_to(tmp_path)
    runtime = play(block("print(1)"))
    assert max(len(str(request.body)) for request in runtime.requests) < 60_000


def test_w40_a_runtime_without_handlers_prints_nothing_and_a_handler_that_fails_is_told(play, capfd):
    told = []

    def listen(runtime):
        runtime.hooks.register(EventType.STEP, lambda **_: os.fspath(1))
        runtime.subscribe(
            lambda stamped: told.append(stamped.event) if isinstance(stamped.event, e.RuntimeFailed) else None
        )

    play(block("print(1)"), before=listen)
    assert capfd.readouterr() == ("", "") and told
