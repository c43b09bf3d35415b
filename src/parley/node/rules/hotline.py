"""Messages, in one place for whoever asks: what may be said, who answers, what the clock asks.

What does not live here: the rules themselves. `saying`: what may be said and by when it is to be
answered; `replying`: who answers what; `deadlines`: overdue, escalation, read-back; `delivery`:
held, displayed; `threads`: corrections, cancellations, translations; `outcomes`: what became of a
message, and its ladder.
"""

from __future__ import annotations

from parley.node.rules.deadlines import due, next_due_us, steps_for
from parley.node.rules.outcomes import Outcome, ladder_of_thread, outcome_of
from parley.node.rules.replying import (
    CLOSING,
    POSITIVE,
    REFUSING,
    answer,
    closing_answer,
    display,
    standby,
    wants,
)
from parley.node.rules.saying import say
from parley.node.rules.threads import find_thread

__all__ = [
    "CLOSING", "POSITIVE", "REFUSING", "Outcome", "answer", "closing_answer", "display", "due",
    "find_thread", "ladder_of_thread", "next_due_us", "outcome_of", "say", "standby", "steps_for",
    "wants",
]  # fmt: skip
