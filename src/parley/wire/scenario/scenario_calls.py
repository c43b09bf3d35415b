"""Telephone calls and relay reports of a scenario: what each end, and whoever was asked, wrote."""

from __future__ import annotations

from collections.abc import Sequence

from parley.wire.scenario.scenario_messages import flat
from parley.wire.scenario.scenario_reading import (
    TIMELINE_NAME,
    instant_us,
    records,
    unknown_word,
)
from parley.wire.scenario.scenario_records import CallDoc, RelayReportDoc
from parley.world.agreement import Agreement
from parley.world.scenario import ScenarioCall, ScenarioRelayReport


def calls_of(value: object, agreements: Sequence[Agreement]) -> tuple[ScenarioCall, ...]:
    """Return the entries of calls, in the order of the file.

    An entry without `entered_at` was made as the call ended; one of a call that nobody took, as it
    began.

    Raises:
        InputFault: an unknown key, word or line, with the nearest right one; a bad time.
    """
    where = f"{TIMELINE_NAME} calls"
    return tuple(_call(doc, agreements) for doc in records(CallDoc, value, where))


def _call(doc: CallDoc, agreements: Sequence[Agreement]) -> ScenarioCall:
    where = f"{TIMELINE_NAME} call {doc.id}"
    under = {line.id: a.id for a in agreements for line in a.lines}
    if doc.line not in under:
        raise unknown_word(f"{where} line", doc.line, list(under))
    began_us = instant_us(doc.began, f"{where} began")
    ended_us = None if doc.ended is None else instant_us(doc.ended, f"{where} ended")
    over_us = began_us if ended_us is None else ended_us
    return ScenarioCall(
        id=doc.id,
        by=doc.by,
        party=doc.party,
        line=doc.line,
        agreement=under[doc.line],
        direction=doc.direction,
        outcome=doc.outcome,
        began_us=began_us,
        ended_us=ended_us,
        entered_us=_entered_us(doc.entered_at, over_us, where),
        spoke_with=doc.spoke_with,
        subject=doc.subject,
        text=doc.text,
        fields=flat("", doc.fields),
        read_back=flat("", doc.read_back),
        reason=doc.reason,
        of=doc.of,
        same_as=doc.same_as,
        corrects=doc.corrects,
    )


def _entered_us(text: str | None, otherwise_us: int, where: str) -> int:
    return otherwise_us if text is None else instant_us(text, f"{where} entered_at")


def relay_reports_of(value: object) -> tuple[ScenarioRelayReport, ...]:
    """Return what became of relay requests, in the order of the file.

    Raises:
        InputFault: an unknown key or word, with the nearest right one; a bad time.
    """
    found = []
    for doc in records(RelayReportDoc, value, f"{TIMELINE_NAME} relay_reports"):
        where = f"{TIMELINE_NAME} relay report of {doc.of}"
        at_us = instant_us(doc.at, f"{where} at")
        found.append(
            ScenarioRelayReport(
                of=doc.of,
                by=doc.by,
                outcome=doc.outcome,
                at_us=at_us,
                entered_us=_entered_us(doc.entered_at, at_us, where),
                received_by=doc.to,
                text=doc.text,
            )
        )
    return tuple(found)
