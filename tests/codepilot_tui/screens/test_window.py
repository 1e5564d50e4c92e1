"""`/context` and `/compact` in a workbench with an agent."""

from codepilot.messages import Usage
from codepilot.testing import Turn
from codepilot_tui.pages.context import ContextPage
from codepilot_tui.pages.file import FilePage

OWN_WORDS = Turn(text="I found the cause.", match="about to be cut here", repeat=True)
LOOKS = [Turn(text=f"I look.\n```codepilot\nprint('{n}', 'result ' * 300)\n```\n") for n in range(10)]
DONE = Turn(text="```completion\nDone.\n```\n")


async def type_in(app, pilot, text):
    await pilot.press("f5", *text, "enter")


async def test_the_window_is_shown_a_result_left_out_and_the_conversation_compacted(live):
    app = live([OWN_WORDS, *LOOKS, DONE])
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await type_in(app, pilot, "/compact")
        await app.until(lambda: "Nothing has been said yet." in app.seen())
        await type_in(app, pilot, "Find it")
        await app.until(
            lambda: any("Done." in str(m["content"]) for m in app.parts.agent.bridge.runtime.messages)
        )
        await app.is_idle()
        await type_in(app, pilot, "/context")
        await app.until(lambda: isinstance(app.session.pages.page, ContextPage) and "▰" in app.seen())
        page = app.session.pages.page
        await app.session.run("context")
        assert app.session.pages.page is page, "one page of it is enough"
        await pilot.press("enter")
        await app.until(lambda: isinstance(app.session.pages.page, FilePage) and "Plain Python" in app.seen())
        await pilot.press("escape")
        await app.until(lambda: app.session.pages.page is page)
        rows = page.rows
        result = next(n for n, each in enumerate(rows.entries) if each is not None and each.kind == "result")
        number = rows.entries[result].message
        await pilot.press("home", *["down"] * result, "delete")
        await app.until(
            lambda: any(each.message == number and each.left_out for each in rows.entries if each is not None)
        )
        assert f"look it up as m{number}." in app.seen()
        await pilot.press("ctrl+k")
        await app.until(lambda: "Freed " in app.seen() and "of the first" in app.seen())
        await pilot.press("ctrl+k")
        await app.until(lambda: "Nothing to compact" in app.seen())
        await pilot.press("escape")
        await app.until(lambda: "tokens in the model's window" in app.seen())
        assert app.session.facts().place == "composer"


async def test_while_the_agent_works_it_is_compacted_before_its_next_step(live):
    waits = Turn(text="```codepilot\nexecute('main', 'touch made')\n```\n")
    app = live([OWN_WORDS, *LOOKS[:8], waits, DONE])
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        await type_in(app, pilot, "Find it")
        await app.asks()
        await app.session.run("compact")
        await app.until(lambda: "before the agent's next step." in app.seen())
        await pilot.press("y")
        await app.is_idle()
        await app.until(lambda: "tokens in the model's window" in app.seen())


async def test_the_person_is_asked_before_the_budget_is_used_up(live):
    costly = Usage(input_tokens=100_000, output_tokens=1_000)  # of gpt-4o: 26 cents
    app = live([Turn(text="```codepilot\nprint(1)\n```\n", usage=costly)] * 4)
    async with app.run_test(size=(120, 40)) as pilot:
        await app.is_up()
        runtime = app.parts.agent.bridge.runtime
        runtime.use_model("gpt-4o")
        runtime.config.runtime.max_cost = 0.6
        await type_in(app, pilot, "Find it")
        await app.asks()
        await app.until(lambda: "This session has cost $0.26 of $0.60" in app.seen())
        await pilot.press(*"yes", "enter")
        await app.until(lambda: "the next step costs about $0.26" in app.seen())
        await app.asks()
        await pilot.press(*"no", "enter")
        await app.is_idle()
        await app.until(lambda: "Stopped to keep to the budget" in app.seen() and "$0.52" in app.seen())
