"""What bars, chips and panes show of the facts: one place that writes it all, and only what is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.timer import Timer

from codepilot_tui.bench import first_times
from codepilot_tui.bench.footer import hints
from codepilot_tui.state import WAITS, Status
from codepilot_tui.widgets.banner import Banner
from codepilot_tui.widgets.status import StatusLine
from codepilot_tui.widgets.strip import TerminalStrip
from codepilot_tui.widgets.top_bar import BarFacts, TopBar

if TYPE_CHECKING:
    from codepilot_tui.facts import Facts
    from codepilot_tui.screens.session import SessionScreen


_UNSAVED = "What was said since is lost if the program ends now; saving is tried again every 5 s."


class Bars:
    """The rows around the panes.

    Args:
        screen: the session screen.
    """

    def __init__(self, screen: SessionScreen) -> None:
        self._screen = screen
        self._timer: Timer | None = None
        self._banner = ""
        self._said: frozenset[str] | None = None
        self._standing: first_times.FirstTime | None = None
        self.before_start = ""
        """What is done before there is an agent: it waits for an answer (trust, which model), or another session is
        read along."""

    def show(self) -> None:
        """Show what is true now."""
        screen, parts = self._screen, self._screen.parts
        if not screen.query("#status"):
            return  # the screen is being taken down, and the agent's last words come in
        if parts is not None:  # first: what is told here changes what the agent is said to do, and the keys
            terminals = parts.terminals
            parts.agent.terminals_do(terminals.states, terminals.wanted, terminals.others)
            parts.terminals.agent_waits_for(parts.agent.transcript.waits_for)
        facts = screen.facts()
        line, top = screen.query_one("#status", StatusLine), screen.query_one("#top", TopBar)
        # Before the parts are there no key does what its hint would say.
        line.hints = hints(screen.keymap, facts, sends=screen.program.can_send) if parts is not None else ()
        status = parts.agent.transcript.status if parts is not None else Status()
        if doing := self.before_start:
            status = Status(activity="waiting" if doing == WAITS else "idle", phase=doing)
        line.show(status, starting=not facts.ready and not doing)
        top.show(status)
        top.tabs = screen.panes.tabs()
        if screen.docks is not None:
            screen.docks.name_key(self._key("answer", facts))
        if parts is None:
            return
        top.facts = parts.bar_facts()
        composer = screen.composer
        composer.working, composer.queue = facts.working, parts.agent.outbox.chips
        screen.query_one("#strip", TerminalStrip).terminal = parts.terminals.summary
        screen.panes.terminals_do(parts.terminals.pulse)
        parts.offers.name_key(self._key("add_runs", facts))
        self._show_banner(facts)
        self._say_first_time(facts)
        screen.program.attention.title(_title(top.facts, facts, status))

    def _key(self, name: str, facts: Facts) -> str:
        """A key for the rows above the composer: in a terminal that the person holds most keys are the program's."""
        keymap = self._screen.keymap
        return keymap.shown_key(
            keymap[name], "terminal-held" if facts.place == "terminal-held" else "composer"
        )

    def _show_banner(self, facts: Facts) -> None:
        """The row above the composer that names a waiting question."""
        parts = self._screen.parts
        assert parts is not None
        questions = parts.questions
        what = questions.first if facts.waiting and not questions.is_open else ""
        more = f"and {facts.waiting - 1} more · " if what and facts.waiting > 1 else ""
        # A dock that has the keyboard has keys of its own.
        key = "" if facts.place == "question" else self._key("answer", facts)
        asker = "The agent asks: " if questions.first_is_the_agents else ""
        if not what and (why := parts.agent.transcript.status.unsaved):
            key, more, asker, what = "", "", "Not saved: ", f"{why}. {_UNSAVED}"
        if (said := f"{key} {more}{asker}{what}" if what else "") == self._banner:
            return
        self._banner = said
        banner = self._screen.query_one("#banner", Banner)
        banner.display = bool(said)
        if said:
            answer = " answer · " if key else ""
            banner.update(Content.assemble((key, "$ink bold"), answer, more, (asker, "bold"), what))

    def _say_first_time(self, facts: Facts) -> None:
        """What happens for the first time says its key, where nothing else is said; it goes when it holds no more."""
        screen = self._screen
        if self._standing is not None and not self._standing.when(facts):
            self._standing = None
            screen.untrue("first time")
        if self._said is None:
            self._said = first_times.recall()
        each = first_times.due(facts, self._said)
        if each is None or screen.notices.shown is not None:
            return
        self._standing = each
        self._said |= {each.name}
        first_times.keep(self._said)
        words = first_times.said(each, screen.keymap, screen.program.can_send)
        screen.tell(words, about="first time")

    def show_notice(self) -> None:
        """Show the notice that stands now, and come back when it ends."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        screen = self._screen
        if not screen.stands:
            return
        notice = screen.notices.shown
        line = screen.query_one("#status", StatusLine)
        line.say(notice.text if notice is not None else "", notice.kind if notice is not None else "info")
        wait = screen.notices.wake_in()
        if wait is not None:
            self._timer = screen.set_timer(wait + 0.01, self.show_notice)


def _title(bar: BarFacts, facts: Facts, status: Status) -> str:
    """The window's title: what wants the person first."""
    if facts.waiting:
        return f"? {bar.folder} · asks"
    if facts.working:
        return f"{bar.folder} · step {status.step}" if status.step else f"{bar.folder} · working"
    return bar.folder
