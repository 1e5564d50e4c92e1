"""What is written before the folder of the agent is known, and would be lost by quitting then."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from codepilot_tui.history import PromptHistory, history_file

if TYPE_CHECKING:
    from codepilot_tui.screens.session import SessionScreen


def keep(session: SessionScreen, options: argparse.Namespace) -> None:
    """Put the draft, and what was sent or cleared meanwhile, into the history of the folder that it was meant for.

    Args:
        session: its screen, whose parts are not built yet.
        options: the command line, which tells the folder; that of a demo is gone when it ends.
    """
    if options.demo or not session.is_mounted:
        return
    composer = session.composer
    composer.keep()
    if composer.history.on_disk or not composer.history.texts:
        return
    from codepilot_tui.opening import Opening  # after the first frame

    history = PromptHistory(history_file(Opening(session, options).folder))
    for text in composer.history.texts:
        history.add(text)
