"""A seat in the demo: somebody real sits at a post, and the story leaves its words to them.

Here: what is left out of a plan for that, and how time goes then. Nothing is made easier: what
nobody answers in time is unanswered, and calls the next post.
"""

from __future__ import annotations

import msgspec

from parley.app.demo_plan import Cue, Plan, Reply, Shown
from parley.app.demo_units import UnitTold
from parley.node.inputs import Say
from parley.world.faults import InputFault, nearest
from parley.world.norms import allowed_answers, known_type
from parley.world.time import MICROSECONDS_PER_SECOND

SEAT_SPEED_RATIO = 1.0
"""Somebody who reads and types needs the time that a duty has."""
SEAT_READY_US = 30 * MICROSECONDS_PER_SECOND
"""So long before the first message that asks something of the seat its time begins; what was before
is played at once: nobody waits twenty minutes for their first message."""
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
    asked_us = [cue.at_us for cue in cues if _asks(cue, party)]
    from_us = min(asked_us, default=plan.begins_us) - SEAT_READY_US
    return msgspec.structs.replace(plan, cues=cues, seat=party, seat_from_us=from_us)


def _asks(cue: Cue, party: str) -> bool:
    """Whether somebody else says something to a party that it has to answer."""
    if cue.party == party or not isinstance(cue.do, Say) or party not in cue.do.to:
        return False
    kind = known_type(cue.do.message_type)
    return kind is not None and bool(allowed_answers(kind)) and not kind.machine
