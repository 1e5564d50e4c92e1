"""The ids of calls and questions, which count on over another model, a cleared conversation and a restart."""

from __future__ import annotations


class Numbers:
    """Counts from where an earlier program stopped.

    Args:
        calls: the highest number of a call that there was.
        questions: the same of questions.
    """

    def __init__(self, calls: int = 0, questions: int = 0) -> None:
        self.calls = calls
        self.questions = questions

    def next_call(self) -> str:
        """`c1`, `c2` …"""
        self.calls += 1
        return f"c{self.calls}"

    def next_question(self) -> str:
        """`q1`, `q2` …"""
        self.questions += 1
        return f"q{self.questions}"
