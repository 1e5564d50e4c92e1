"""One place of the workbench, on a stage without an agent, brought about as often as a test needs it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("stage", Path(__file__).parents[2] / "snapshots" / "stage.py")
stage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stage)

PLACES = ("composer", "chat", "files", "changes", "agent's terminal")
BRING = {name: stage.STAGINGS[name][1] for name in PLACES} | stage.OPENED
"""All but a terminal of the person and a free one, where every key is the program's."""


class Scene:
    """One place.

    Args:
        bring: brings it about.
    """

    def __init__(self, app, pilot, name, bring=None):
        self.app, self.pilot, self.name = app, pilot, name
        self._bring = bring or BRING[name]
        self.ran: list[str] = []
        self.results: list[object] = []
        """How the question or page that was open has ended."""
        app.left = []
        app.dispatch.watch = lambda action: self.ran.append(action.name)

    async def begin(self):
        """Be there, whatever was done before."""
        app, session = self.app, self.app.session
        for page in list(session.pages._pages):
            page.finish(None)
        app.stop_asking()
        while session.docks.dock is not None:
            session.docks.dock.finish(None)
        app.terminal(owner="agent", data=stage.TESTS * 4)
        app.parts.close_open("popup")
        for popup in session.query("Popup"):
            popup.finish(None)
        session.panes.restore()
        session.to_composer()
        session.composer.text = "first row\nsecond row" if self.name == "composer" else ""
        await self.settle()
        await self._bring(app, self.pilot)
        if (dock := session.open_question()) is not None:
            dock.arming.deaf = 0.01
        await self.settle()
        if self.name in stage.OPENED:
            assert session.facts().kind == self.name, session.facts()
        self._note_results()
        self.ran.clear()

    def _note_results(self):
        self.results.clear()
        for opened in (self.app.session.open_question(), self.app.session.pages.page):
            if opened is not None and not hasattr(opened, "noted"):
                opened.noted, told = True, opened.done

                def done(result, told=told):
                    self.results.append(result)
                    told(result)

                opened.done = done

    async def settle(self):
        """Wait until all is done."""
        await stage.settled(self.pilot)

    async def does(self, key: str) -> bool:
        """Whether something comes of a key."""
        before = stage.seen(self.app)
        self.ran.clear()
        await self.pilot.press(key)
        await self.settle()
        return stage.seen(self.app) != before or bool(self.ran)


async def furnish(app, pilot):
    """Give the stage a conversation longer than the screen, changes, a terminal."""
    await stage.settled(pilot)
    for _ in range(6):
        app.play(stage.TASK, *stage.LOOKED, *stage.EDITED, *stage.DONE)
    app.play(stage.OTHER)
    app.terminal(data=stage.TESTS * 4)
