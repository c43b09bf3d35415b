"""What people did under an agreement beside messages: being at a post, confirming notices again."""

from __future__ import annotations

from collections.abc import Sequence

from parley.wire.scenario.scenario_reading import (
    TIMELINE_NAME,
    instant_us,
    records,
    seconds_of,
    unknown_word,
)
from parley.wire.scenario.scenario_records import ConfirmationDoc, PresenceDoc
from parley.world.agreement import Agreement
from parley.world.scenario_terms import ScenarioConfirmation, ScenarioPresence
from parley.world.time import MICROSECONDS_PER_SECOND


def presence_of(value: object, agreements: Sequence[Agreement]) -> tuple[ScenarioPresence, ...]:
    """Return from when to when somebody was at which post of which line."""
    lines = {line.id: (line, text) for text in agreements for line in text.lines}
    found = []
    for doc in records(PresenceDoc, value, f"{TIMELINE_NAME} presence"):
        where = f"{TIMELINE_NAME} presence of {doc.party}"
        if doc.line not in lines:
            raise unknown_word(f"{where} line", doc.line, list(lines))
        line, text = lines[doc.line]
        posts = [end.post for end in line.ends if end.party == doc.party]
        found.append(
            ScenarioPresence(
                party=doc.party,
                line=line.id,
                agreement=text.id,
                post=doc.post or next(iter(posts), ""),
                from_us=instant_us(doc.from_, f"{where} from"),
                to_us=instant_us(doc.to, f"{where} to"),
                every_us=round(seconds_of(doc.every, f"{where} every") * MICROSECONDS_PER_SECOND),
            )
        )
    return tuple(found)


def confirmations_of(value: object) -> tuple[ScenarioConfirmation, ...]:
    """Return which notices were confirmed again, when and until when."""
    where = f"{TIMELINE_NAME} confirmations"
    return tuple(
        ScenarioConfirmation(
            of=doc.of,
            at_us=instant_us(doc.t, f"{where} of {doc.of} t"),
            until_us=instant_us(doc.until, f"{where} of {doc.of} until"),
        )
        for doc in records(ConfirmationDoc, value, where)
    )
