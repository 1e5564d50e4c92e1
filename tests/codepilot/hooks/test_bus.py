import asyncio

import pytest

from codepilot.errors import UsageError
from codepilot.hooks import EventType, HookSystem
from codepilot.hooks.defaults import DEFAULT_HANDLERS


async def inline(job):
    return job()


def test_default_handlers_print_until_someone_registers(capsys):
    hooks = HookSystem()
    hooks.emit(EventType.FINISH, summary="all done")
    assert "all done" in capsys.readouterr().out
    seen = []
    hooks.register(EventType.FINISH, lambda summary, **_: seen.append(summary))
    hooks.emit(EventType.FINISH, summary="again")
    assert seen == ["again"]
    assert capsys.readouterr().out == ""


def test_clear_removes_the_default_handler_too(capsys):
    hooks = HookSystem()
    hooks.clear(EventType.STREAM)
    hooks.emit(EventType.STREAM, text="hello")
    assert capsys.readouterr().out == ""


def test_default_output_holds_no_raw_escape(capsys):
    HookSystem().emit(EventType.STREAM, text="\x1b]52;c;evil\x07")
    assert "\x1b" not in capsys.readouterr().out


def boom(**_):
    raise RuntimeError("boom")


BOOM = "A handler for ask_user raised RuntimeError: boom"


def test_emit_returns_the_last_answer_and_survives_a_handler_that_raises(caplog):
    hooks = HookSystem()
    told = []
    hooks.on_error = told.append
    hooks.register(EventType.ASK_USER, lambda **_: "first")
    hooks.register(EventType.ASK_USER, boom)
    hooks.register(EventType.ASK_USER, lambda **_: "last")
    hooks.register(EventType.ASK_USER, lambda **_: None)
    assert hooks.emit(EventType.ASK_USER, question="?") == "last"
    assert told == [BOOM]
    (record,) = caplog.records
    assert (record.getMessage(), record.levelname, record.exc_info[0]) == (BOOM, "ERROR", RuntimeError)


def test_an_error_that_cannot_say_what_it_is_is_named():
    class Wordless(Exception):
        def __str__(self):
            raise ValueError("no words")

    def raises(**_):
        raise Wordless

    hooks, told = HookSystem(), []
    hooks.on_error = told.append
    hooks.register("step", raises)
    hooks.emit("step", step=1, max_steps=2)
    assert told == ["A handler for step raised Wordless (its text cannot be shown: ValueError)"]


def test_a_fault_of_a_handler_of_faults_is_told_to_the_log_alone(caplog):
    hooks = HookSystem()
    told = []
    hooks.on_error = told.append
    hooks.register("runtime_error", boom)
    hooks.emit("runtime_error", error="x")
    assert told == []
    assert "A handler for runtime_error raised RuntimeError: boom" in caplog.text
    hooks.on_error = None
    hooks.register("step", boom)
    hooks.emit("step", step=1, max_steps=2)
    assert "A handler for step raised" in caplog.text


def test_events_go_by_their_names_too():
    hooks = HookSystem()
    for register in (hooks.register, hooks.replace):
        register("finish", print)
        assert hooks.handlers(EventType.FINISH) == (print,)
        assert hooks.has_handlers("finish")
        hooks.clear("finish")
        assert hooks.handlers(EventType.FINISH) == ()
        assert not hooks.has_handlers("finish")
    with pytest.raises(ValueError, match="finnish"):
        hooks.register("finnish", print)


def test_which_events_have_a_default_handler():
    hooks = HookSystem()
    assert set(hooks.default_events()) == set(DEFAULT_HANDLERS)
    for event in EventType:
        default = DEFAULT_HANDLERS.get(event)
        assert hooks.handlers(event) == (() if default is None else (default,))
        assert not hooks.has_handlers(event)
    bare = HookSystem(defaults=False)
    assert bare.default_events() == ()
    assert all(bare.handlers(event) == () for event in EventType)


def test_replace_leaves_one_handler_and_register_adds():
    hooks = HookSystem()
    hooks.register(EventType.STEP, print)
    hooks.register(EventType.STEP, repr)
    assert hooks.handlers(EventType.STEP) == (print, repr)
    hooks.replace(EventType.STEP, len)
    assert hooks.handlers(EventType.STEP) == (len,)


def test_emit_runs_async_handlers_too():
    hooks = HookSystem()

    async def handler(**_):
        return "later"

    hooks.register(EventType.ASK_USER, handler)
    assert hooks.emit(EventType.ASK_USER, question="?") == "later"


async def test_async_handlers_are_awaited_in_order():
    hooks = HookSystem()
    order = []

    async def slow(**_):
        await asyncio.sleep(0)
        order.append("slow")

    hooks.register(EventType.STEP, slow)
    hooks.register(EventType.STEP, lambda **_: order.append("quick"))
    await hooks.dispatch(EventType.STEP, {"step": 1, "max_steps": 2}, inline)
    assert order == ["slow", "quick"]


async def test_on_a_running_loop_emit_does_not_wait_and_keeps_the_task_until_it_is_done(caplog):
    hooks = HookSystem()
    go, seen = asyncio.Event(), []

    async def slow(**_):
        await go.wait()
        seen.append("done")
        return "too late"

    async def broken(**_):
        raise RuntimeError("boom")

    hooks.register(EventType.ASK_USER, slow)
    hooks.register(EventType.ASK_USER, broken)
    assert hooks.emit(EventType.ASK_USER, question="?") is None
    assert len(hooks._under_way) == 2
    go.set()
    await asyncio.gather(*hooks._under_way)
    assert seen == ["done"]
    await asyncio.sleep(0)  # the callbacks of what is done
    assert not hooks._under_way
    assert BOOM in caplog.text


class Inline:
    """Runs sync handlers here, and counts them."""

    def __init__(self):
        self.jobs = 0

    async def __call__(self, job):
        self.jobs += 1
        return job()


async def test_dispatch_gathers_the_answers_in_order(caplog):
    hooks = HookSystem()
    told = []
    hooks.on_error = told.append

    async def later(**_):
        return "later"

    for handler in (
        lambda **_: "first",
        later,
        boom,
        lambda **_: None,
        lambda **_: later(),
        lambda **_: "last",
    ):
        hooks.register(EventType.ASK_USER, handler)
    runner = Inline()
    answers = await hooks.dispatch(EventType.ASK_USER, {"question": "?"}, runner)
    assert answers == (("first", "later", "later", "last"), True)
    assert runner.jobs == 5  # all but the async one
    assert told == [BOOM]
    hooks.replace(EventType.ASK_USER, lambda question, **_: question)
    assert await hooks.dispatch(EventType.ASK_USER, {"question": "?"}, runner) == (("?",), False)


async def test_default_handlers_never_block_so_they_run_at_once(capsys):
    runner = Inline()
    assert await HookSystem().dispatch(EventType.FINISH, {"summary": "all done"}, runner) == ((), False)
    assert runner.jobs == 0
    assert "all done" in capsys.readouterr().out


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
async def test_an_interrupt_in_a_handler_goes_on_to_the_caller_but_not_out_of_an_async_one(error, caplog):
    """Let go by a coroutine of the loop it would end the loop, and the task that runs in it without a word."""
    hooks = HookSystem()

    async def on_the_loop(**_):
        raise error

    def on_a_thread(**_):
        raise error

    hooks.register(EventType.STEP, on_the_loop)
    assert (await hooks.dispatch(EventType.STEP, {"step": 1, "max_steps": 2}, inline)).raised
    assert f"A handler for step raised {error.__name__}" in caplog.text
    hooks.replace(EventType.STEP, on_a_thread)
    with pytest.raises(error):
        await hooks.dispatch(EventType.STEP, {"step": 1, "max_steps": 2}, inline)


class Leaves(BaseException):
    """As a library raises to leave a scope of its own."""


@pytest.mark.parametrize("on_the_loop", [True, False])
async def test_what_is_no_error_goes_on_to_the_caller(on_the_loop, caplog):
    def leaves(**_):
        raise Leaves

    async def leaves_later(**_):
        raise Leaves

    hooks = HookSystem()
    hooks.register(EventType.STEP, leaves_later if on_the_loop else leaves)
    with pytest.raises(Leaves):
        await hooks.dispatch(EventType.STEP, {"step": 1, "max_steps": 2}, inline)
    assert not caplog.records


def test_a_fault_of_what_reads_all_events_is_named_as_such():
    hooks, told = HookSystem(), []
    hooks.on_error = told.append
    hooks.report(None, print, ValueError("own"))
    assert told == ["A function given to subscribe() raised ValueError: own"]


async def cancelled_dialogue(**_):
    raise asyncio.CancelledError


@pytest.mark.parametrize("handler", [cancelled_dialogue, lambda **_: cancelled_dialogue()])
async def test_a_cancellation_that_is_the_handlers_own_is_a_fault_of_it(handler, caplog):
    """As of a dialogue of the program that was cancelled; the task that asks goes on."""
    hooks = HookSystem()
    hooks.register(EventType.PERMISSION_REQUEST, lambda **_: True)
    hooks.register(EventType.PERMISSION_REQUEST, handler)
    answers = await hooks.dispatch(EventType.PERMISSION_REQUEST, {}, inline)
    assert answers == ((True,), True)
    assert "A handler for permission_request raised CancelledError" in caplog.text


async def test_a_cancellation_of_the_task_that_asks_goes_on(caplog):
    hooks, asked = HookSystem(), asyncio.Event()

    async def waits(**_):
        asked.set()
        await asyncio.Event().wait()

    hooks.register(EventType.PERMISSION_REQUEST, waits)
    asking = asyncio.create_task(hooks.dispatch(EventType.PERMISSION_REQUEST, {}, inline))
    await asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not caplog.records


async def test_a_handler_that_fails_again_is_counted_and_told_at_the_end(caplog):
    hooks, told = HookSystem(), []
    hooks.on_error = told.append

    def gone(text, **_):
        raise BrokenPipeError(f"at {text}")

    def other(text, **_):
        raise (KeyError if text == "3" else BrokenPipeError)(text)

    for handler in (gone, other):
        hooks.register(EventType.STREAM, handler)
    for piece in "1234":
        await hooks.dispatch(EventType.STREAM, {"text": piece}, inline)
    hooks.emit(EventType.STREAM, text="5")
    assert told == [
        "A handler for stream raised BrokenPipeError: at 1",
        "A handler for stream raised BrokenPipeError: 1",
        "A handler for stream raised KeyError: '3'",
    ]
    assert caplog.text.count("Traceback") == 3
    hooks.sum_up()
    assert told[3:] == [
        "A handler for stream raised BrokenPipeError 4 more times in this task.",
        "A handler for stream raised BrokenPipeError 3 more times in this task.",
    ]
    hooks.sum_up()
    hooks.emit(EventType.STREAM, text="6")
    assert told[5] == "A handler for stream raised BrokenPipeError: at 6"


@pytest.mark.parametrize(
    ("event", "guess"),
    [("nope", ""), ("tool_cal", "tool_call"), ("TOOL_CALL", "tool_call"), (5, ""), (None, "")],
)
def test_an_event_that_there_is_not_is_told_with_those_that_there_are(event, guess):
    hooks = HookSystem()
    for wrong in (
        lambda: hooks.register(event, print),
        lambda: hooks.replace(event, print),
        lambda: hooks.clear(event),
        lambda: hooks.emit(event),
    ):
        with pytest.raises(UsageError, match=f"^There is no event {event!r}.$") as caught:
            wrong()
        assert caught.value.hint.startswith(
            f"Did you mean {guess!r}? The" if guess else "The events are: start, "
        )


@pytest.mark.parametrize("handler", [None, 5, "print"])
def test_a_handler_that_cannot_be_called_is_refused_at_once(handler):
    hooks = HookSystem()
    for register in (hooks.register, hooks.replace):
        with pytest.raises(UsageError, match=f"^A handler for stream must be a function, not {handler!r}.$"):
            register(EventType.STREAM, handler)
    assert not hooks.has_handlers(EventType.STREAM)
