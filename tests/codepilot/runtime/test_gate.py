"""Who is asked before something runs, and the edits of one step as one question.

The first part drives the gate itself, with real handlers; the second goes through the real runtime, where only the
model is scripted.
"""

import asyncio
import itertools

import pytest

from codepilot import EventType, Runtime
from codepilot.decision import Decision, PermissionRequest, PlannedEdit
from codepilot.hooks import HookSystem
from codepilot.hooks.approver import HookApprover
from codepilot.hooks.delivery import HookDelivery
from codepilot.permissions import Policy
from codepilot.runtime.gate import Gate
from codepilot.script import Turn
from codepilot.testing import ModelServer

# -- the gate itself -------------------------------------------------------------------------------------------------


async def inline(job):
    return job()


class Asked:
    """A gate in mode ask whose one handler answers every question with `answer`. `requests` were put to it."""

    def __init__(self, answer):
        self.requests, self.told, self.counted = [], [], []
        hooks = HookSystem()

        async def handler(request, **_):
            self.requests.append(request)
            return await answer if isinstance(answer, asyncio.Future) else answer

        hooks.register(EventType.PERMISSION_REQUEST, handler)
        self.gate = Gate(
            Policy("ask"),
            HookApprover(hooks, inline, use_stdin=False),
            HookDelivery(hooks, inline, stream=True),
            publish=self.told.append,
            unanswered=lambda: self.counted.append("unanswered"),
            permitted=lambda: self.counted.append("permitted"),
        )
        self._ids = itertools.count(1)

    async def edit(self, edit, *ahead):
        """A call that makes this change comes by; the code says that it makes `ahead`, this one first."""
        number = next(self._ids)

        async def step():
            return ahead

        request = PermissionRequest(
            id=f"r{number}",
            call_id=f"c{number}",
            tool="write_file",
            description=f"Write {edit.path!r} (w)",
            kind="edit",
            path=edit.path,
            before=edit.before,
            after=edit.after,
        )
        return await self.gate.permit(request, step)

    @property
    def shown(self):
        """Which changes each question showed."""
        return [request.step for request in self.requests]


A = PlannedEdit(path="a.txt", before=None, after="A\n")
B = PlannedEdit(path="b.txt", before=None, after="B\n")
C = PlannedEdit(path="c.txt", before=None, after="C\n")


@pytest.mark.parametrize(
    ("answer", "counted"),
    [
        (Decision(allow=True), ["permitted"]),
        (Decision(allow=False, reason="no"), []),
        (Decision(allow=False, by="nobody"), ["unanswered"]),
    ],
    ids=["yes", "no", "nobody"],
)
async def test_what_a_person_allows_counts_as_permitted(answer, counted):
    # A task in which something was allowed is done, though another question found nobody.
    asked = Asked(answer)
    await asked.edit(A)
    assert asked.counted == counted


FOR_STEP = [Decision(allow=True, whole_step=True), Decision(allow=False, reason="no", whole_step=True)]


@pytest.mark.parametrize("answer", FOR_STEP, ids=["yes", "no"])
async def test_an_answer_for_the_step_holds_for_what_was_shown(answer):
    asked = Asked(answer)
    assert [await asked.edit(A, A, B, C), await asked.edit(B, B, C), await asked.edit(C, C)] == [answer] * 3
    assert asked.shown == [(A, B, C)]


@pytest.mark.parametrize("answer", FOR_STEP, ids=["yes", "no"])
async def test_an_answer_for_the_step_ends_with_it(answer):
    """The next reply asks again, be it for the very same change."""
    asked = Asked(answer)
    await asked.edit(A, A, B)
    asked.gate.begin_step()
    await asked.edit(B, B)
    assert [request.path for request in asked.requests] == ["a.txt", "b.txt"]


@pytest.mark.parametrize("answer", FOR_STEP, ids=["yes", "no"])
async def test_an_answer_for_the_step_is_used_up_by_its_change(answer):
    """The same write a second time was not shown a second time."""
    asked = Asked(answer)
    await asked.edit(A, A, B)
    await asked.edit(B, B)
    assert len(asked.requests) == 1
    await asked.edit(B, B)
    await asked.edit(A, A)
    assert [request.path for request in asked.requests] == ["a.txt", "b.txt", "a.txt"]


async def test_who_looks_on_hears_that_a_question_ended_with_its_task():
    """Else it stands open for ever in whatever shows the agent's facts."""
    asked = Asked(asyncio.get_running_loop().create_future())
    asking = asyncio.ensure_future(asked.edit(A, A))
    async with asyncio.timeout(60):
        while not asked.requests:
            await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    question, answer = asked.told
    assert (question.request_id, answer.request_id) == ("r1", "r1")
    assert (answer.allow, answer.by, answer.reason) == (False, "nobody", "The task was stopped.")


@pytest.mark.parametrize("ahead", [(B, C), (PlannedEdit(path="a.txt", before=None, after="harmless\n"), B)])
async def test_what_is_shown_begins_with_what_is_asked_for(ahead):
    """Else the code was understood wrongly: the question shows this change only, and the answer is for it alone."""
    asked = Asked(FOR_STEP[0])
    await asked.edit(A, *ahead)
    assert [(each.path, each.after, each.step) for each in asked.requests] == [("a.txt", "A\n", ())]
    await asked.edit(ahead[1])
    assert len(asked.requests) == 2


@pytest.mark.parametrize(
    "other",
    [
        PlannedEdit(path="c.txt", before=None, after="B\n"),
        PlannedEdit(path="b.txt", before="", after="B\n"),
        PlannedEdit(path="b.txt", before=None, after="B"),
    ],
    ids=["path", "before", "after"],
)
async def test_what_differs_in_any_way_is_asked_about(other):
    asked = Asked(FOR_STEP[0])
    await asked.edit(A, A, B)
    await asked.edit(other, other)
    assert [request.path for request in asked.requests] == ["a.txt", other.path]


# -- through the runtime ---------------------------------------------------------------------------------------------

REPLY = (
    "```codepilot\nwrite_file('a.txt')\nwrite_file('b.txt')\nexecute_after = 1\nwrite_file('c.txt')\n```\n"
    + "".join(f"```text filename={name}.txt\n{name.upper()}\n```\n" for name in "abc")
)
DONE = "```completion\nDone.\n```\n"


@pytest.fixture
def server():
    with ModelServer() as server:
        yield server


@pytest.fixture
def ask(server, tmp_path):
    """Runs one task in mode ask; gives the requests that a handler was asked, and the folder."""
    made = []

    def run(answer, *replies, mode="ask"):
        for reply in (*replies, DONE):
            server.script.add(reply if isinstance(reply, Turn) else Turn(text=reply))
        file = tmp_path / "agent.yaml"
        file.write_text(
            f"agent:\n  name: T\n  model: {{provider: openai, name: scripted, base_url: {server.openai_url}}}\n"
            "  runtime: {work_dir: ./work, max_steps: 6}\n"
        )
        runtime = Runtime(str(file), mode=mode)
        made.append(runtime)
        asked = []

        def permission(request, **_):
            asked.append(request)
            return answer(request, len(asked)) if callable(answer) else answer

        runtime.hooks.clear(EventType.PERMISSION_REQUEST)
        runtime.hooks.register(EventType.PERMISSION_REQUEST, permission)
        runtime.run("go")
        return asked, tmp_path / "work"

    yield run
    for runtime in made:
        runtime.close()


def texts(folder):
    return {path.name: path.read_text() for path in sorted(folder.glob("*.txt"))}


ALL = {"a.txt": "A\n", "b.txt": "B\n", "c.txt": "C\n"}


def test_the_first_question_shows_all_edits_and_one_answer_is_enough(ask):
    asked, folder = ask(Decision(allow=True, whole_step=True), REPLY)
    assert len(asked) == 1
    assert [(each.path, each.before, each.after) for each in asked[0].step] == [
        ("a.txt", None, "A\n"), ("b.txt", None, "B\n"), ("c.txt", None, "C\n"),
    ]  # fmt: skip
    assert texts(folder) == ALL


def test_a_no_for_the_step_is_a_no_to_each_with_the_same_words(ask, server):
    asked, folder = ask(Decision(allow=False, reason="use tabs", whole_step=True), REPLY)
    assert len(asked) == 1
    assert texts(folder) == {}
    assert server.requests[-1].user_text.count("use tabs") == 3


@pytest.mark.parametrize("answer", [True, Decision(allow=True)])
def test_who_does_not_speak_of_the_step_is_asked_for_each(ask, answer):
    asked, folder = ask(answer, REPLY)
    assert [request.path for request in asked] == ["a.txt", "b.txt", "c.txt"]
    assert [len(request.step) for request in asked] == [3, 2, 0]
    assert texts(folder) == ALL


def test_what_is_not_what_was_shown_is_asked_about(ask):
    """The code does something else than its text seems to say."""
    sly = (
        "```codepilot\nwrite_file('a.txt')\ntext = read_file\ndef write_file(path, real=write_file):\n"
        "    return real(path, mode='a')\nwrite_file('a.txt')\n```\n"
        "```text filename=a.txt\nfirst\n```\n```text filename=a.txt\nsecond\n```\n"
    )
    asked, folder = ask(Decision(allow=True, whole_step=True), sly)
    assert [each.after for each in asked[0].step] == ["first\n", "second\n"]
    assert [request.after for request in asked] == ["first\n", "first\nsecond\n"]
    assert texts(folder) == {"a.txt": "first\nsecond\n"}


def test_a_file_that_changed_meanwhile_is_asked_about_again(ask, tmp_path):
    def answer(request, count):
        if count == 1:
            (tmp_path / "work" / "b.txt").write_text("by hand\n")
        return Decision(allow=True, whole_step=True)

    asked, folder = ask(answer, REPLY)
    assert [(request.path, request.before) for request in asked] == [("a.txt", None), ("b.txt", "by hand\n")]
    assert [each.path for each in asked[1].step] == ["b.txt", "c.txt"]
    assert texts(folder) == ALL


def test_an_answer_does_not_outlive_its_step(ask):
    """The first reply breaks off before its other edits; the second makes one of them, exactly as it was shown."""
    broken = REPLY.replace("execute_after = 1", "raise SystemError('stop here')")
    again = "```codepilot\nwrite_file('c.txt')\n```\n```text filename=c.txt\nC\n```\n"
    asked, folder = ask(Decision(allow=True, whole_step=True), broken, again)
    assert [[each.path for each in request.step] for request in asked] == [["a.txt", "b.txt", "c.txt"], []]
    assert asked[1].path == "c.txt"
    assert texts(folder) == ALL


def test_nothing_is_tried_out_where_nobody_is_asked(ask):
    asked, folder = ask(Decision(allow=False), REPLY, mode="auto-edit")
    assert asked == []
    assert texts(folder) == ALL
