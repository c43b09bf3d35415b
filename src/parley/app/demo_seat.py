"""A seat in the demo: somebody real sits at a post, and the story leaves its words to them.

Here: what is left out of a plan for that, and how time goes then. Nothing is made easier: what
nobody answers in time is unanswered, and calls the next post.
"""

from __future__ import annotations

import msgspec

from parley.app.demo_plan import Plan, Reply, Shown
from parley.app.demo_units import UnitTold
from parley.world.faults import InputFault, nearest
from parley.world.time import MICROSECONDS_PER_SECOND

SEAT_SPEED_RATIO = 1.0
"""Somebody who reads and types needs the time that a duty has."""
SEAT_STEP_US = MICROSECONDS_PER_SECOND
"""While something is near, time is told each second: a picture that jumps cannot be worked with."""


def seated(plan: Plan, party: str) -> Plan:
    """Return the plan in which somebody real sits at a party's post.

    What is shown to that party and what it answers is left to whoever sits there; all else goes as
    it was. Nothing waits for them: a deadline that they let pass has passed.

    Raises:
        InputFault: no node of the plan is that party's.
    """
    known = [node.party for node in plan.nodes]
    if party not in known:
        close = nearest(party, known)
        raise InputFault(
            "--sit", value=party, wanted=f"one of {', '.join(known)}",
            repair=f"did you mean {close!r}?" if close else "",
        )  # fmt: skip
    cues = tuple(
        cue
        for cue in plan.cues
        if cue.party != party or not isinstance(cue.do, Reply | Shown | UnitTold)
    )
    return msgspec.structs.replace(plan, cues=cues, seat=party)
