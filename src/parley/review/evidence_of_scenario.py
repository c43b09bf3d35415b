"""The evidence of a scenario: its messages, answers, acts, tracks, zones, calls and receipts.

A scenario tells everything that happened, so that nothing is lacking but what no scenario tells:
who was at a post, and when a message was stored at the other end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parley.node.rules.replying import POSITIVE
from parley.node.rules.threads import ends
from parley.review.verdict_evidence import (
    Answered,
    Called,
    Confirmed,
    Ended,
    Evidence,
    Flown,
    Present,
    Said,
    Status,
    UnitsAsked,
    UnitTold,
    ZoneWord,
)
from parley.review.verdict_parts import window_of
from parley.world.norms import allowed_answers, norms
from parley.world.scenario import Scenario, ScenarioMessage
from parley.world.time import format_second, parse_instant_us
from parley.world.track import Track

_VALUES = {"active": "in force", "resumed": "in force", "in force": "in force"}


def evidence_of_scenario(scenario: Scenario, tracks: Iterable[Track] = ()) -> Evidence:
    """Return what a scenario tells, as evidence; `tracks`: recordings beside its own."""
    openers = [m for m in scenario.messages if m.answer is None]
    return Evidence(
        source="scenario",
        said=tuple(_said(scenario, m) for m in openers),
        answers=tuple(_answers(scenario)),
        ended=tuple(_ended(scenario)),
        status=tuple(s for m in openers if (s := _status(m)) is not None),
        calls=tuple(_calls(scenario)),
        flights=tuple(_flights(scenario)),
        zone_words=tuple(_zone_words(scenario)),
        units_asked=tuple(
            UnitsAsked(
                cite=f"message {r.of}", at_us=scenario.message(r.of).at_us, by=r.party,
                of=f"message {r.of}", units=r.units,
            )
            for r in scenario.distribution_required
        ),
        units_told=tuple(
            UnitTold(
                cite=f"receipt of message {r.of} by {r.unit}", at_us=r.at_us, by=r.party,
                of=f"message {r.of}", unit=r.unit, says_us=r.at_us, loaded=r.loaded,
            )
            for r in scenario.distribution_receipts
        ),
        tracks=(*scenario.tracks, *tracks),
        present=tuple(_present(scenario)),
        presence_held=bool(scenario.presence),
        confirmed=tuple(
            Confirmed(
                cite=f"confirmation of message {c.of} at {format_second(c.at_us)}", at_us=c.at_us,
                by=scenario.message(c.of).sender, of=_cite(c.of), until_us=c.until_us,
            )
            for c in scenario.confirmations
        ),
        receipts_held=False,
        boundaries={
            b.id: b for a in scenario.agreements for b in a.boundaries
        } | {b.id: b for b in scenario.boundaries},
        zones={z.id: z for a in scenario.agreements for z in a.zones}
        | {z.id: z for z in scenario.zones},
        places=tuple(
            {p.id: p for p in (*(p for a in scenario.agreements for p in a.places),
                               *scenario.places)}.values()
        ),
        short=dict(_short(scenario)),
    )  # fmt: skip


def _cite(seq: int) -> str:
    return f"message {seq}"


def _of(scenario: Scenario, message: ScenarioMessage) -> tuple[str, ...]:
    """Return what a message speaks of: of an answer, also what that answers."""
    if message.of is None:
        return ()
    about = scenario.message(message.of)
    more = (_cite(about.of),) if about.answer is not None and about.of is not None else ()
    return (_cite(message.of), *more)


def _said(scenario: Scenario, message: ScenarioMessage) -> Said:
    kind = message.norms
    reads = message.requires == "read_back"
    return Said(
        cite=_cite(message.seq),
        at_us=message.at_us,
        by=message.sender,
        agreement=message.agreement,
        line=message.line,
        to=message.to,
        type=message.type or "",
        message_class=message.message_class,
        subject=message.subject,
        text=message.text,
        fields=message.fields,
        asks=bool(allowed_answers(kind)),
        answer_within_s=message.answer_within_s,
        read_back_within_s=message.answer_within_s,
        reads_back=tuple(n for n in kind.read_back if n in message.fields) if reads else (),
        of=_of(scenario, message),
        valid_until_us=message.valid_until_us,
        life_safety=kind.life_safety or message.message_class == "DISTRESS",
    )


def _answers(scenario: Scenario) -> Iterator[Answered]:
    for message in scenario.messages:
        if message.answer is not None and message.of is not None:
            yield Answered(
                cite=_cite(message.seq), at_us=message.at_us, by=message.sender,
                agreement=message.agreement, of=_cite(message.of), word=message.answer,
                fields=message.fields, positive=message.answer in POSITIVE,
            )  # fmt: skip


def _ended(scenario: Scenario) -> Iterator[Ended]:
    for message in scenario.messages:
        for of in _of(scenario, message) if message.answer is None else ():
            about = scenario.message(int(of.removeprefix("message ")))
            word = ends(message.type or "", about.type or "") if about.type else None
            if word is not None and about.sender == message.sender:
                yield Ended(
                    cite=_cite(message.seq), at_us=message.at_us, by=message.sender,
                    agreement=message.agreement, of=of, word=word,
                )  # fmt: skip


def _status(message: ScenarioMessage) -> Status | None:
    """Return a party's act on its agreement; never in effect before it was sent."""
    if message.type != "line.state" or message.fields.get("dimension") not in (
        None, "agreement_status",
    ):  # fmt: skip
        return None
    stated = message.fields.get("effective")
    value = message.fields.get("value", "")
    return Status(
        cite=_cite(message.seq),
        at_us=message.at_us,
        by=message.sender,
        agreement=message.agreement,
        value=_VALUES.get(value, value),
        effective_us=max(message.at_us, parse_instant_us(stated) if stated else message.at_us),
        line=message.line,
    )


def _calls(scenario: Scenario) -> Iterator[Called]:
    for call in scenario.calls:
        yield Called(
            cite=f"call {call.id}", at_us=call.entered_us, by=call.by, agreement=call.agreement,
            line=call.line, other=call.party, outcome=call.outcome, began_us=call.began_us,
            direction=call.direction, subject=call.subject,
            of=(_cite(call.of),) if call.of is not None else (),
        )  # fmt: skip


def _present(scenario: Scenario) -> Iterator[Present]:
    """Yield each word of a person at a post, and that it left."""
    for there in scenario.presence:
        for at_us in (*there.acts_us, there.to_us):
            yield Present(
                cite=f"presence of {there.party} at {format_second(at_us)}", at_us=at_us,
                by=there.party, agreement=there.agreement, line=there.line, post=there.post,
                present=at_us < there.to_us,
            )  # fmt: skip


def _flights(scenario: Scenario) -> Iterator[Flown]:
    tracks = {track.id: track for track in scenario.tracks}
    first_us = min((m.at_us for m in scenario.messages), default=0)
    for flight in scenario.flights:
        track = tracks.get(flight.track or "")
        yield Flown(
            cite=f"flight {flight.id}", at_us=first_us if track is None else int(track.t_us[0]),
            by=flight.party, flight=flight.id, kind=flight.kind,
            aircraft_class=flight.aircraft_class, priority=flight.priority,
            track=flight.track or "",
        )  # fmt: skip


def _zone_words(scenario: Scenario) -> Iterator[ZoneWord]:
    for state in scenario.initial_states:
        yield ZoneWord(
            cite=f"first state of {state.zone}", at_us=state.since_us, by=state.by,
            zone=state.zone, what="activity", value=state.activity,
        )  # fmt: skip
    for message in scenario.messages:
        word = zone_word(message.type or "", message.fields)
        if message.answer is None and word is not None:
            window = window_of(message.fields)
            yield ZoneWord(
                cite=_cite(message.seq), at_us=message.at_us, by=message.sender,
                agreement=message.agreement, zone=message.fields.get("zone", ""), what=word[0],
                value=word[1], from_us=None if window is None else window[0], to=message.to,
            )  # fmt: skip


def zone_word(message_type: str, fields: dict[str, str]) -> tuple[str, str] | None:
    """Return what a message says of a zone: of which kind, and which word.

    >>> zone_word("zone.state", {"zone": "MOA-E", "activity": "cold"})
    ('activity', 'cold')
    """
    activity = fields.get("activity") or fields.get("status", "")
    if not fields.get("zone"):
        return None
    if message_type in ("zone.state", "zone.notice") and activity in norms().zone.activity:
        return "activity", activity
    if message_type == "zone.release.request":
        return "release", "cold asked for"
    issued = {"zone.request": "requested", "zone.issued": "issued", "zone.notice": "issued"}
    return ("promulgation", issued[message_type]) if message_type in issued else None


def _short(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for m in scenario.messages:
        what = m.answer or m.type or m.kind
        said = ", ".join(f"{k} {v}" for k, v in sorted(m.fields.items()))
        about = f" to message {m.of}" if m.of is not None else ""
        text = f"{format_second(m.at_us)} {m.sender} to {', '.join(m.to)}: {what}{about}"
        yield _cite(m.seq), text + (f" ({said})" if said else "")
    for track in scenario.tracks:
        first, last = format_second(int(track.t_us[0])), format_second(int(track.t_us[-1]))
        yield (
            f"track {track.id}",
            f"{track.party or 'nobody'}, {len(track)} reports, {first} to {last}",
        )
    for state in scenario.initial_states:
        yield f"first state of {state.zone}", f"{state.by}: {state.zone} {state.activity}"
    for flight in scenario.flights:
        yield f"flight {flight.id}", f"{flight.party}: {flight.kind or 'no kind said'}"
    for call in scenario.calls:
        began = format_second(call.began_us)
        yield f"call {call.id}", f"{began} {call.by} with {call.party}: {call.outcome}"
