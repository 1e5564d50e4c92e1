import asyncio

from codepilot.hooks import EventType, HookSystem


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


def test_emit_returns_the_last_answer_and_survives_a_handler_that_raises():
    hooks = HookSystem()
    told = []
    hooks.on_error = told.append

    def broken(**_):
        raise RuntimeError("boom")

    hooks.register(EventType.ASK_USER, lambda **_: "first")
    hooks.register(EventType.ASK_USER, broken)
    hooks.register(EventType.ASK_USER, lambda **_: None)
    assert hooks.emit(EventType.ASK_USER, question="?") == "first"
    assert "boom" in told[0]


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
