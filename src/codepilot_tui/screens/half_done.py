"""What an earlier program left half done, a rewind of files or a task: the person says what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codepilot.errors import CodepilotError
from codepilot_tui.bench.prompt_rows import count_words
from codepilot_tui.screens.agent_control import AgentControl
from codepilot_tui.timeline import Timeline

if TYPE_CHECKING:
    from codepilot_tui.screens.session import SessionScreen


async def take_up(screen: SessionScreen, agent: AgentControl) -> None:
    """Ask about a task that was cut; what is not gone on with is left.

    Args:
        screen: on which it is asked.
        agent: of the session.
    """
    from codepilot_tui.docks.go_on import cut_dock
    from codepilot_tui.screens.overlays import ask

    # Who has said meanwhile what is to be done does not go on with it.
    if agent.cut and not agent.working and await ask(screen, cut_dock(agent.cut)) is True:
        agent.go_on()
    else:
        agent.leave()


async def finish_restore(screen: SessionScreen, agent: AgentControl) -> None:
    """Ask about a rewind that was cut, before any task: the next one leaves it as it is, and needs the files.

    Args:
        screen: on which it is asked.
        agent: of the session, idle; it begins with what waits once this is settled.
    """
    await _finish_restore(screen, agent)
    agent.messages.waited()


async def _finish_restore(screen: SessionScreen, agent: AgentControl) -> None:
    if agent.bridge is None or not agent.bridge.past.restoring:
        return
    from codepilot_tui.docks.restore import RestoreDock
    from codepilot_tui.screens.overlays import ask

    timeline = Timeline(agent.bridge)
    try:
        rest = await timeline.unfinished()
        if rest is None:
            return
        wanted = await ask(screen, RestoreDock(rest))
        if wanted == "finish":
            restored = await timeline.apply(rest)
            done = (
                [f"{count_words(len(restored.done), 'file')} restored"]
                if rest.rows or not rest.rewinds
                else []
            )
            if rest.rewinds:
                await timeline.rewind(rest.rewinds, rest.finishes)
                done.append("conversation rewound")
            screen.tell(f"Rewind finished: {', '.join(done)}.")
            screen.changed()
        elif wanted == "back":
            restored = await timeline.apply(await timeline.plan(rest.finishes))
            if not restored.record:
                await timeline.apply(rest.left)  # nothing was to undo, and it is not asked again
            kept = f" {', '.join(restored.kept)} stayed." if restored.kept else ""
            screen.tell(f"Rewind undone: {count_words(len(restored.done), 'file')} restored.{kept}")
        elif wanted == "leave":
            await timeline.apply(rest.left)
    except CodepilotError as error:
        agent.warn([error.told])
