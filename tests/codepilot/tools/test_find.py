"""find, by ripgrep and by our own search: the same words."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys

import pytest

from codepilot.events import ToolFinished
from codepilot.tools.find import FindTool
from codepilot.tools.registry import ToolRegistry
from codepilot.workspace import Workspace
from codepilot.workspace.regular import MAX_BYTES

RIPGREP = shutil.which("rg")


@pytest.fixture(
    params=["own", pytest.param("rg", marks=pytest.mark.skipif(not RIPGREP, reason="needs ripgrep"))]
)
def search(desk, request):
    """The desk with a find of one kind."""
    tool = FindTool(Workspace(desk.root), ripgrep=RIPGREP if request.param == "rg" else "")
    registry = ToolRegistry()
    registry.register("find", tool.find, builtin=True)
    desk.tools = registry
    return desk


async def test_matches(search):
    search.write("b.py", "import os\nprint(os)\r\n")
    search.write("a/x.txt", "nothing\nos here\n")
    search.write("a/bin", b"os\0")
    search.write("caf\xe9.txt", "caf\xe9 os\n".encode("latin-1"))
    search.write("skip.log", "os\n")
    search.write(".gitignore", "*.log\n")
    search.write("node_modules/m.js", "os\n")
    search.write(".hidden", "os\n")
    search.write(".git/config", "os\n")
    assert await search.call("find", r"\bos\b") == (
        "[find] 5 match(es):\n.hidden:1:os\na/x.txt:2:os here\nb.py:1:import os\nb.py:2:print(os)\n"
        "caf\xe9.txt:1:caf\xe9 os"
    )
    assert search.of(ToolFinished)[0].figure == "5 matches"
    assert await search.call("find", "os", max_results=2) == (
        "[find] 5 match(es) (showing 2 of 5):\n.hidden:1:os\na/x.txt:2:os here"
    )
    assert (
        await search.call("find", "os", include="*.py")
        == "[find] 2 match(es):\nb.py:1:import os\nb.py:2:print(os)"
    )
    assert (
        await search.call("find", "os", include=["*.txt", "!caf*"])
        == "[find] 1 match(es):\na/x.txt:2:os here"
    )
    assert await search.call("find", "os", target="a") == "[find] 1 match(es):\na/x.txt:2:os here"
    assert (
        await search.call("find", "import", scope="file", target="./b.py")
        == "[find] 1 match(es):\nb.py:1:import os"
    )
    assert await search.call("find", "here|import", scope="files", target=["b.py", "a/x.txt"]) == (
        "[find] 2 match(es):\nb.py:1:import os\na/x.txt:2:os here"
    )
    assert await search.call("find", "no such thing") == "[find] No matches found."
    assert search.of(ToolFinished)[-1].figure == "0 matches"


async def test_names_that_drive_a_terminal_are_shown(search):
    search.write("a\x1b]0;b\n\u202e.txt", "needle\n")
    assert await search.call("find", "needle") == "[find] 1 match(es):\na␛]0;b␤<U+202E>.txt:1:needle"


@pytest.mark.parametrize(
    ("kwargs", "text"),
    [
        ({"pattern": ""}, "pattern is empty."),
        ({"pattern": 3}, "pattern must be text, not int."),
        ({"pattern": "(", }, "'(' is not a regular expression: missing ), unterminated subpattern at position 0. "
                             "Escape what you mean literally."),
        ({"pattern": "*.py"}, "'*.py' is not a regular expression but a pattern of file names. To search in such files: "
                              "find(\"TODO\", include='*.py')."),
        ({"pattern": "x", "scope": "all"}, "scope 'all' does not exist. Scopes: codebase, file, files."),
        ({"pattern": "x", "scope": "file"}, "scope='file' needs target, a path."),
        ({"pattern": "x", "scope": "files", "target": "a"}, "scope='files' needs a list of paths as target."),
        ({"pattern": "x", "scope": "file", "target": "none"}, "there is no file 'none'."),
        ({"pattern": "x", "scope": "file", "target": "dir"}, "'dir' is a folder: use scope='codebase' with it as target."),
        ({"pattern": "x", "target": "f"}, "'f' is a file: use scope='file' with it as target."),
        ({"pattern": "x", "scope": "file", "target": "pipe"}, "'pipe' is not a regular file."),
        ({"pattern": "x", "max_results": 0}, "max_results is 0, but it must be at least 1."),
        ({"pattern": "x", "include": 3}, "include must be a file pattern such as '*.py', or a list of them."),
    ],
)  # fmt: skip
async def test_errors(search, kwargs, text):
    search.write("f", "x\n")
    search.write("dir/g", "x\n")
    os.mkfifo(search.root / "pipe")
    assert await search.call("find", **kwargs) == "[find] ERROR: " + text


async def test_nothing_is_read_outside(search, tmp_path):
    (tmp_path / "secret").write_text("x secret\n")
    search.write("f", "x\n")
    (search.root / "link").symlink_to("../secret")
    (search.root / "dir").symlink_to("..")
    assert await search.call("find", "x") == "[find] 1 match(es):\nf:1:x"
    for target in ("link", "../secret", "dir/secret", str(tmp_path / "secret")):
        result = await search.call("find", "x", scope="file", target=target)
        assert "is outside the work folder" in result
    assert "outside" in await search.call("find", "x", target="dir")


@pytest.mark.parametrize("pattern", ["--pre=/bin/sh", "-e", "--files", "--", "-"])
async def test_a_pattern_is_never_an_option(search, pattern):
    search.write("f", f"a {pattern} b\n")
    search.write("--files", "other\n")
    assert await search.call("find", pattern) == f"[find] 1 match(es):\nf:1:a {pattern} b"
    assert (
        await search.call("find", "o", scope="file", target="--files")
        == "[find] 1 match(es):\n--files:1:other"
    )


async def test_odd_names_and_long_lines(search):
    search.write("a b:c.txt", "needle\n")
    search.write("new\nline", "needle\n")
    search.write("long", "a" * 9_000 + "needle" + "b" * 9_000)
    result = await search.call("find", "needle")
    assert "\na b:c.txt:1:needle\n" in result
    assert "\nnew␤line:1:needle" in result
    assert len(result) < 700


async def test_looking_ahead_works_with_both(search):
    search.write("f", "foobar\nfoobaz\n")
    assert await search.call("find", "foo(?=baz)") == "[find] 1 match(es):\nf:2:foobaz"


async def test_very_many_matches_are_cut(search):
    search.write("f", "x\n" * 30_000)
    result = await search.call("find", "x", max_results=1)
    assert result == "[find] 10000+ match(es) (showing 1 of 10000+):\nf:1:x"


@pytest.mark.slow
async def test_a_hopeless_pattern_ends_in_time(desk):
    desk.write("a", "first\n")
    desk.write("b", "a" * 40 + "!\n")
    registry = ToolRegistry()
    registry.register("find", FindTool(Workspace(desk.root), ripgrep="", timeout=2).find, builtin=True)
    desk.tools = registry
    assert await desk.call("find", "^(a+)+$|first") == (
        "[find] 1 match(es): (The search was ended after 2 s: narrow it with target or include.)\na:1:first"
    )


async def test_cancelling_ends_the_child(desk):
    desk.write("b", "a" * 40 + "!\n")
    registry = ToolRegistry()
    registry.register("find", FindTool(Workspace(desk.root), ripgrep="").find, builtin=True)
    desk.tools = registry
    task = asyncio.ensure_future(desk.call("find", "^(a+)+$"))
    while not children():
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == []
    assert desk.of(ToolFinished)[0].state == "aborted"


def children():
    """Processes of ours that run the search."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
                if parent == os.getpid():
                    found.append(int(name))
            except (FileNotFoundError, ProcessLookupError):
                pass
    return found


def large(search, name, *lines):
    """A file that is too large to be searched: the lines, then a hole."""
    path = search.write(name, "".join(f"{line}\n" for line in lines))
    os.truncate(search.root / name if path is None else path, MAX_BYTES + 1)


async def test_a_file_that_is_too_large_is_named_instead_of_said_to_hold_nothing(search):
    large(search, "big.log", "needle")
    search.write("small.txt", "needle\n")
    search.write("sub/other.txt", "nothing\n")
    left_out = (
        ' (Not searched, larger than 32 MB: big.log. There use execute("main", "grep -n PATTERN big.log").)'
    )
    assert await search.call("find", "needle", target="sub") == "[find] No matches found."
    assert await search.call("find", "nowhere") == "[find] No matches found." + left_out
    assert await search.call("find", "needle") == f"[find] 1 match(es):{left_out}\nsmall.txt:1:needle"
    # ripgrep searches what is named, whatever its size.
    assert await search.call("find", "needle", scope="file", target="big.log") in (
        "[find] No matches found." + left_out,
        "[find] 1 match(es):\nbig.log:1:needle",
    )
    assert await search.call("find", "nowhere", include="*.txt") == "[find] No matches found."


async def test_of_many_large_files_the_first_are_named(search):
    for number in range(7):
        large(search, f"{number}.log", "x")
    assert "0.log, 1.log, 2.log, 3.log, 4.log and 2 more." in await search.call("find", "x")


async def test_a_program_of_the_folder_is_not_taken_for_ripgrep(desk, monkeypatch):
    desk.write("rg", "#!/bin/sh\ntouch ran\n").chmod(0o755)
    desk.write("a", "needle\n")
    monkeypatch.chdir(desk.root)
    for folders in ((".",), ("", "."), (".", *os.get_exec_path())):
        monkeypatch.setenv("PATH", os.pathsep.join(folders))
        registry = ToolRegistry()
        registry.register("find", FindTool(Workspace(desk.root)).find, builtin=True)
        desk.tools = registry
        assert "a:1:needle" in await desk.call("find", "needle")
    assert not (desk.root / "ran").exists()


class Vanishing(Workspace):
    """Its folder is removed as soon as something in it was looked at."""

    def kind(self, path):
        found = super().kind(path)
        shutil.rmtree(self.root)
        return found


@pytest.mark.parametrize(
    "ripgrep", ["", pytest.param(RIPGREP, marks=pytest.mark.skipif(not RIPGREP, reason="needs ripgrep"))]
)
async def test_a_work_folder_that_is_removed_during_the_call_is_told(desk, ripgrep):
    desk.write("a/x.txt", "os\n")
    desk.tools = ToolRegistry()
    desk.tools.register("find", FindTool(Vanishing(desk.root), ripgrep=ripgrep).find, builtin=True)
    assert await desk.call("find", "os", target="a") == (
        f"[find] ERROR: The work folder '{desk.root}' is gone. Nothing can be read or written until it is there again."
    )


SLOW = """#!/bin/sh
# ripgrep that never ends, in its search or when it is asked for the files.
case "$1" in --files) part=sizes ;; *) part=search ;; esac
[ "$part" = {part} ] || {{ echo '{{"type": "summary"}}'; exit 0; }}
echo $$ > {fifo}
exec sleep 600
"""


@pytest.mark.parametrize("part", ["search", "sizes"])
def test_a_search_that_is_cancelled_again_while_it_ends_leaves_no_process(desk, tmp_path, caplog, part):
    """As when a program leaves in the middle of a task: the call is cancelled, then everything on the loop is."""
    fifo, program = tmp_path / "started", tmp_path / "rg"
    os.mkfifo(fifo)
    program.write_text(SLOW.format(part=part, fifo=fifo))
    program.chmod(0o755)
    tool = FindTool(Workspace(desk.root), ripgrep=str(program))
    for _ in range(50):
        loop = asyncio.new_event_loop()
        call = loop.create_task(tool.find(desk.context(), "x"))
        pid = int(loop.run_until_complete(loop.run_in_executor(None, fifo.read_text)))
        for _ in range(3):
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0))
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(call)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        with pytest.raises(ProcessLookupError):  # a zombie would still be there
            os.kill(pid, 0)
    assert caplog.messages == []


async def test_a_search_that_is_cancelled_while_its_program_starts_leaves_no_process(desk, tmp_path, caplog):
    program = tmp_path / "rg"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    tool = FindTool(Workspace(desk.root), ripgrep=str(program))
    for turns in range(30):
        call = asyncio.create_task(tool.find(desk.context(), "x"))
        for _ in range(turns):
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    listed = subprocess.run(["ps", "-eo", "ppid=,args="], capture_output=True, text=True, check=True).stdout
    children = [
        line.split(maxsplit=1)[1] for line in listed.splitlines() if int(line.split()[0]) == os.getpid()
    ]
    assert [child for child in children if "sleep 600" in child or "defunct" in child] == []
    assert caplog.messages == []


@pytest.mark.parametrize("include", [7, ["*.py", 7], {"*.py": 1}])
async def test_what_is_no_pattern_of_files_is_refused_before_anything_is_searched(search, include):
    assert "include must be a file pattern" in await search.call("find", "os", include=include)


MATCH = '{"type":"match","data":{"path":{"text":"./a"},"lines":{"text":"needle\\n"},"line_number":1,"submatches":[]}}'
SUMMARY = '{"data":{},"type":"summary"}'
BROKEN = {
    "no program": "\x00\x01\x02",
    "no interpreter": "#!/no/such/interpreter\n",
    "an error": "#!/bin/sh\necho 'rg: cannot open shared object file' >&2\nexit 2\n",
    "an error without a word": "#!/bin/sh\nexit 2\n",
    "nothing at all": "#!/bin/sh\n",
    "another program": "#!/bin/sh\necho hello\n",
    "another program that writes JSON": "#!/bin/sh\necho '[1]'\n",
    "a script around a program that never ends": "#!/bin/sh\nyes\n:\n",
    "a script around a program that writes noise": "#!/bin/sh\nhead -c 300000 /dev/urandom\n:\n",
    "killed at once": "#!/bin/sh\nkill -9 $$\n",
    "killed after a match": f"#!/bin/sh\nprintf '%s\\n' '{MATCH}'\nkill -9 $$\n",
    "killed in a match": f"#!/bin/sh\nprintf %s '{MATCH[:60]}'\nkill -9 $$\n",
    "an error after a match": f"#!/bin/sh\nprintf '%s\\n' '{MATCH}'\necho 'out of memory' >&2\nexit 2\n",
    "killed in the list of files": f"""#!/bin/sh
[ "$1" = --files ] && kill -9 $$
printf '%s\\n' '{MATCH}' '{SUMMARY}'
""",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
async def test_a_ripgrep_that_does_not_answer_whole_is_replaced_by_our_own_search(desk, tmp_path, content):
    """Half an answer was told as the whole, or `find` failed at each call."""
    desk.write("a", "needle\n")
    desk.write("b", "needle\n")
    program = tmp_path / "rg"
    program.write_text(content)
    program.chmod(0o755)
    desk.tools = ToolRegistry()
    desk.tools.register("find", FindTool(Workspace(desk.root), ripgrep=str(program)).find, builtin=True)
    assert await desk.call("find", "needle") == "[find] 2 match(es):\na:1:needle\nb:1:needle"
    assert await desk.call("find", "nowhere") == "[find] No matches found."


async def test_a_script_around_a_ripgrep_that_never_answers_is_ended_in_time(desk, tmp_path):
    program = tmp_path / "rg"
    program.write_text("#!/bin/sh\nsleep 1000\n:\n")
    program.chmod(0o755)
    tool = FindTool(Workspace(desk.root), ripgrep=str(program), timeout=0.2)
    desk.tools = ToolRegistry()
    desk.tools.register("find", tool.find, builtin=True)
    assert "(The search was ended after 0.2 s:" in await desk.call("find", "needle")


KILLED = """#!/bin/sh
{first}
kill -9 $$
"""


@pytest.mark.parametrize(
    ("first", "text"),
    [
        ("", "[find] ERROR: the search failed: signal 9 ended its process"),
        (
            """echo '["a", 1, "needle"]'; printf '["b", 1'""",
            "[find] 1 match(es): (The search broke off, there may be more matches: signal 9 ended its process.)\n"
            "a:1:needle",
        ),
    ],
)
async def test_our_own_search_that_is_killed_is_not_told_as_whole(desk, tmp_path, monkeypatch, first, text):
    """As when memory runs out: what had been found until then was told as all there is."""
    program = tmp_path / "python"
    program.write_text(KILLED.format(first=first))
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    desk.tools = ToolRegistry()
    desk.tools.register("find", FindTool(Workspace(desk.root), ripgrep="").find, builtin=True)
    assert await desk.call("find", "needle") == text


def by_program(desk, program, content, **settings):
    """The desk with a find whose ripgrep is this script."""
    program.write_text(content)
    program.chmod(0o755)
    desk.tools = ToolRegistry()
    tool = FindTool(Workspace(desk.root), ripgrep=str(program), **settings)
    desk.tools.register("find", tool.find, builtin=True)
    return desk


@pytest.mark.skipif(not RIPGREP, reason="needs ripgrep")
async def test_a_script_around_ripgrep_is_ended_with_the_ripgrep_that_it_started(desk, tmp_path):
    """Its output is read to the ten-thousandth match; the script was killed, and what it had started held the pipes."""
    desk.write("f", "x\n" * 200_000)
    by_program(desk, tmp_path / "rg", f"""#!/bin/sh\n{RIPGREP} "$@"\nexit $?\n""")
    assert await desk.call("find", "x", max_results=1) == (
        "[find] 10000+ match(es) (showing 1 of 10000+):\nf:1:x"
    )


# Whoever keeps the FIFO open is alive: its reader gets the end of the file when the last one is gone.
GRANDCHILD = """#!/bin/sh
sh -c 'exec 3> {fifo}; echo started >&3; exec sleep 600'
exit $?
"""


async def test_a_search_that_is_cancelled_leaves_no_process_of_a_script_around_ripgrep(desk, tmp_path):
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    by_program(desk, tmp_path / "rg", GRANDCHILD.format(fifo=fifo))
    call = asyncio.create_task(desk.call("find", "x"))
    with await asyncio.to_thread(fifo.open) as alive:
        assert await asyncio.to_thread(alive.readline) == "started\n"
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await asyncio.to_thread(alive.read) == ""


async def test_a_script_around_ripgrep_that_never_ends_is_ended_in_time(desk, tmp_path):
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    by_program(desk, tmp_path / "rg", GRANDCHILD.format(fifo=fifo), timeout=1)
    call = asyncio.create_task(desk.call("find", "x"))
    with await asyncio.to_thread(fifo.open) as alive:
        assert await call == (
            "[find] No matches found. (The search was ended after 1 s: narrow it with target or include.)"
        )
        assert await asyncio.to_thread(alive.read) == "started\n"


# What is in a session of its own is not killed with the script, and holds what the script gave it.
ESCAPED = """#!/bin/sh
[ "$1" = --files ] && exit 0
mkfifo {fifo}-away
setsid sh -c 'echo > {fifo}-away; echo $$ > {fifo}; exec sleep 600 {held}' &
read away < {fifo}-away
{then}
"""


@pytest.mark.parametrize("held", ["", ">/dev/null", "2>/dev/null"])
async def test_a_search_is_cancelled_whatever_still_holds_its_pipes(desk, tmp_path, held):
    fifo = tmp_path / "pid"
    os.mkfifo(fifo)
    by_program(desk, tmp_path / "rg", ESCAPED.format(fifo=fifo, held=held, then="wait"))
    call = asyncio.create_task(desk.call("find", "x"))
    pid = int(await asyncio.to_thread(fifo.read_text))
    try:
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    finally:
        os.kill(pid, signal.SIGKILL)


async def test_a_search_that_is_done_does_not_wait_for_what_still_holds_its_stderr(desk, tmp_path):
    fifo = tmp_path / "pid"
    os.mkfifo(fifo)
    then = f"printf '%s\\n' '{MATCH}' '{SUMMARY}'"
    by_program(desk, tmp_path / "rg", ESCAPED.format(fifo=fifo, held=">/dev/null", then=then))
    call = asyncio.create_task(desk.call("find", "needle"))
    pid = int(await asyncio.to_thread(fifo.read_text))
    try:
        assert await call == "[find] 1 match(es):\na:1:needle"
    finally:
        os.kill(pid, signal.SIGKILL)


async def test_a_search_that_is_done_leaves_nothing_in_the_background(desk, tmp_path):
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    left = f"exec 3> {fifo}\n(echo started >&3; exec sleep 600 >/dev/null 2>&1) &"
    by_program(desk, tmp_path / "rg", f"#!/bin/sh\n{left}\nprintf '%s\\n' '{MATCH}' '{SUMMARY}'\n")
    desk.write("a", "needle\n")
    call = asyncio.create_task(desk.call("find", "needle", scope="file", target="a"))
    with await asyncio.to_thread(fifo.open) as alive:
        assert await call == "[find] 1 match(es):\na:1:needle"
        assert await asyncio.to_thread(alive.read) in ("started\n", "")


async def test_a_line_that_matches_in_four_million_places_is_found(search):
    """As in a minified script. It took longer to read what ripgrep tells of them than a search may take."""
    search.write("a.js", "needle" + "x" * 4_000_000)
    found = await search.call("find", "x")
    assert found.startswith("[find] 1 match(es):\na.js:1:needlexxx")
