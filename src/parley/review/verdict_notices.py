"""Verdicts on clauses about notices: lead times, contents, units, places, disclosure.

Rules: a lead time counts from when the addressee had the notice, by its own clock, to what was
announced; where that is not known well enough it is not checkable. What a later message of the
sender changes in a notice has a lead time of its own: a notice cannot be given early and filled in
late. A notice that is not in these logs is missed only where they are the only channel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from parley.node.rules.notices import is_notice as announces_to_units
from parley.review.verdict_evidence import Confirmed, Received, Said, UnitTold, when
from parley.review.verdict_geometry import Begin, beginnings
from parley.review.verdict_messages import answered
from parley.review.verdict_parts import (
    Case,
    Finding,
    announces,
    covers,
    had,
    is_notice,
    replaced,
    under,
    unsure,
    window_of,
    words,
)
from parley.world.clauses import (
    Disclosure,
    Distribution,
    Notification,
    PositionCheck,
    Prohibited,
    StandingNotice,
)
from parley.world.faults import InputFault
from parley.world.geo import UNDECIDED, Position
from parley.world.norms import norms
from parley.world.place import Gazetteer, check_named_position
from parley.world.time import US_MAX, seconds_between
from parley.world.verdict import ClauseVerdict, Measure, measured

_MICRO = 1_000_000
_CHANGES = ("correction", "intent.change", "humanitarian.update", "zone.modify")
_CITED_MAX = 20
"""Of what is counted and not told one by one."""
_WHERE = ("centre", "position", "pick_up", "drop_off")
_PLACES = ("named_place", "place")


# ---- notified in time ----------------------------------------------------------------------------


def notification(case: Case) -> Iterator[Finding]:
    """Yield lead time, content, answer and units of each notice, and each that is missing."""
    clause = case.clause
    assert isinstance(clause, Notification)
    for said in case.said():
        notice = _notice_changed(case, clause, said)
        if notice is None or not under(case, said):
            continue
        for party in said.to:
            yield _lead(clause, said, party, _begins_us(notice, said))
            if said is notice and clause.content:
                yield _content(clause, said, party)
            if said is notice and clause.answer_within_s is not None and covers(case, said, party):
                yield answered(case, said, party, clause.answer_within_s)
            units = clause.required_units.get(party, ()) if said is notice else ()
            for unit in units:
                yield from _units(
                    case, said, party, unit, clause.units_before_s,
                    loaded=False, alone=lambda put: announces(put, clause),
                )  # fmt: skip
    yield from _missing(case, clause)


def _notice_changed(case: Case, clause: Notification, said: Said) -> Said | None:
    """Return the notice that a message is, or whose time or place it changes; None: none."""
    if announces(said, clause):
        return said
    if said.type not in _CHANGES:
        return None
    for cite in said.of:
        notice = case.evidence.by_cite.get(cite)
        if notice is not None and notice.by == said.by and announces(notice, clause):
            same = ("window", "from_time", "effective", *_WHERE)
            changed = [
                n for n in same if n in said.fields and said.fields[n] != notice.fields.get(n)
            ]
            return notice if changed else None
    return None


def _begins_us(notice: Said, said: Said) -> int | None:
    """Return when what a message announces begins; of an extension, where the first one ended."""
    before, after = window_of(notice.fields), window_of(said.fields)
    if after is None:
        return before[0] if before else None
    extended = (
        said is not notice and before is not None and before[0] == after[0]
        and before[1] is not None and after[1] is not None and after[1] > before[1]
    )  # fmt: skip
    return before[1] if extended and before is not None else after[0]


def _emergency(said: Said) -> bool:
    return said.subject == "emergency" or said.fields.get("emergency") == "yes"


def _lead(clause: Notification, said: Said, party: str, begins_us: int | None) -> Finding:
    lead_s, word = clause.lead_s, ""
    if clause.emergency_lead_s is not None and _emergency(said):
        lead_s, word = clause.emergency_lead_s, f", an emergency as {said.by} says"
    start = Finding(
        parties=(said.by,), towards=(party,), about=f"lead time of {said.type} to {party}",
        at_us=said.at_us, verdict="not checkable", because=f"{said.type} states no beginning",
        cites=(said.cite,), line=said.line, zone=said.fields.get("zone", ""),
    )  # fmt: skip
    if begins_us is None:
        return start
    received = had(said.at_us, said.received, party)
    verdict, measure, because = lead_time(received, party, begins_us, lead_s)
    return replaced(
        start, verdict=verdict, measure=measure, because=f"{because}{word}",
        due_us=begins_us - round(lead_s * _MICRO), cites=(said.cite, *received.cites),
    )  # fmt: skip


def lead_time(
    received: Received, party: str, begins_us: int, lead_s: float
) -> tuple[ClauseVerdict, Measure | None, str]:
    """Return whether somebody had a notice long enough before, by its own clock; the measure; why.

    >>> had_at = Received(from_us=0, to_us=0)
    >>> lead_time(had_at, "RUS", 60_000_000, 900.0)[::2]
    ('late', 'lead time 60 s against 900 s')
    """
    longest_s = seconds_between(received.from_us, begins_us)
    if received.to_us is not None:
        shortest_s = seconds_between(received.to_us, begins_us)
        measure, within = measured(shortest_s, lead_s, "s", at_least=True)
        if within:
            return "met", measure, f"lead time {shortest_s:g} s against {lead_s:g} s"
    doubt_s = received.within_us / _MICRO
    if longest_s + doubt_s < lead_s:
        measure, _ = measured(longest_s, lead_s, "s", at_least=True)
        return "late", measure, f"lead time {longest_s:g} s against {lead_s:g} s"
    if received.to_us is None:
        return "not checkable", None, f"nothing of {party} shows when it had it"
    apart = f"{longest_s + doubt_s:g} s to {seconds_between(received.to_us, begins_us):g} s"
    return (
        "not checkable",
        None,
        f"lead time {apart} by what is known of clocks, against {lead_s:g} s",
    )


def _content(clause: Notification, said: Said, party: str) -> Finding:
    lacking = [name for name in clause.content if not said.fields.get(name, "").strip()]
    because = f"without {', '.join(lacking)}" if lacking else f"has {', '.join(clause.content)}"
    return Finding(
        parties=(said.by,), towards=(party,), about=f"content of {said.type} to {party}",
        at_us=said.at_us, verdict="missed" if lacking else "met", because=because,
        cites=(said.cite,), line=said.line,
    )  # fmt: skip


def _missing(case: Case, clause: Notification) -> Iterator[Finding]:
    """Yield for each flight that called for a notice whether one that names it came in time."""
    for begin in beginnings(case, clause.trigger, clause.boundary, clause.zone):
        for other in case.agreement.parties:
            if other.id != begin.party:
                yield _notice_of(case, clause, begin, other.id)


def _notice_of(case: Case, clause: Notification, begin: Begin, other: str) -> Finding:
    notices = [
        s for s in case.evidence.naming(begin.flight)
        if s.by == begin.party and other in s.to and announces(s, clause)
    ]  # fmt: skip
    start = Finding(
        parties=(begin.party,), towards=(other,), about=f"{begin.what} to {other}",
        at_us=begin.at_us, verdict="missed", because=f"no notice of it to {other}",
        cites=begin.cites, classes=begin.classes, rests_on=(begin.party,),
    )  # fmt: skip
    if not notices:
        if case.exclusive:
            return start
        because = f"no notice of it to {other} in these logs, which are not the only channel"
        return replaced(start, verdict="not checkable", because=because)
    first = min(notices, key=lambda s: s.at_us)
    emergency = clause.emergency_lead_s is not None and _emergency(first)
    lead_s = clause.emergency_lead_s if emergency and clause.emergency_lead_s else clause.lead_s
    received = had(first.at_us, first.received, other)
    verdict, measure, because = lead_time(received, other, begin.at_us, lead_s)
    return replaced(
        start, verdict=verdict, measure=measure, because=f"{because}, to what was flown",
        cites=(*begin.cites, first.cite, *received.cites),
    )  # fmt: skip


# ---- units ---------------------------------------------------------------------------------------


def distribution(case: Case) -> Iterator[Finding]:
    """Yield for each unit that must have a notice whether it said so in time."""
    clause = case.clause
    assert isinstance(clause, Distribution)

    def wanted(said: Said) -> bool:
        # As the list of units not told asks: a request announces nothing to a unit.
        return said.type in clause.of if clause.of else announces_to_units(said.type)

    for said in case.said():
        if not wanted(said) or not under(case, said):
            continue
        for party in said.to:
            for unit in clause.units.get(party, ()):
                yield from _units(
                    case, said, party, unit, clause.before_s, loaded=clause.loaded, alone=wanted
                )


Window = tuple[int, int | None]


def _units(
    case: Case, said: Said, party: str, unit: str, before_s: float | None, *,
    loaded: bool, alone: Callable[[Said], bool], window: Window | None = None,
) -> Iterator[Finding]:  # fmt: skip
    """Yield whether a unit was told of a notice, and of each message that put it right since.

    Who has the old one has not the new one. `alone`: messages that are judged as notices of their
    own. `window`: of the notice that is put right, where the message has none.
    """
    window = window_of(said.fields) or window
    yield _unit(case, said, party, unit, before_s, loaded=loaded, begins=window)
    ended = case.evidence.end_of(said)
    put = case.evidence.by_cite.get(ended.cite) if ended and ended.word == "corrected" else None
    if put is not None and put.at_us > said.at_us and party in put.to and not alone(put):
        yield from _units(
            case, put, party, unit, before_s, loaded=loaded, alone=alone, window=window
        )


def _unit(
    case: Case, said: Said, party: str, unit: str, before_s: float | None, *,
    loaded: bool, begins: Window | None,
) -> Finding:  # fmt: skip
    clocks = norms().distribution
    before_s = float(clocks.before_s) if before_s is None else before_s
    due_us = said.at_us + clocks.within_s * _MICRO
    if begins is not None:
        due_us = max(said.at_us, begins[0] - round(before_s * _MICRO))
    start = Finding(
        parties=(party,), towards=(said.by,), about=f"{unit} of {party} told of {said.type}",
        at_us=said.at_us, verdict="not triggered", because=f"due at {when(due_us)}",
        cites=(said.cite,), due_us=due_us, rests_on=(party,), line=said.line, passes=said.passes,
    )  # fmt: skip
    told = [t for t in case.evidence.units_told if (t.of, t.by, t.unit) == (said.cite, party, unit)]
    good = [t for t in told if t.loaded or not loaded]
    surely = [t for t in good if not unsure(t.at_us, t.later, due_us)]
    first = min(surely or good, key=lambda t: t.at_us, default=None)
    ended = case.evidence.end_of(said)
    over = ended is not None and ended.at_us <= min(due_us, case.as_of_us)
    if over and ended is not None and (first is None or first.at_us > due_us):
        because = f"{ended.word} by its sender at {when(ended.at_us)}, before it was due"
        return replaced(start, because=because, cites=(said.cite, ended.cite))
    if first is None:
        if case.as_of_us <= due_us:
            return start
        because = f"{unit} told, and no word that it has loaded it" if told else f"{unit} not told"
        cites = (said.cite, *(t.cite for t in told))
        return replaced(start, verdict="missed", because=because, cites=cites)
    return _told(said, unit, first, good, start)


def _told(
    said: Said, unit: str, first: UnitTold, good: Sequence[UnitTold], start: Finding
) -> Finding:
    """Return whether a unit was told in time, by the first word of it that is sure of its time."""
    due_us = start.due_us
    assert due_us is not None
    doubts = [(t, unsure(t.at_us, t.later, due_us)) for t in good]
    open_, why = next(((t, why) for t, why in doubts if why), (None, ""))
    if open_ is not None and (open_ is first or first.at_us > due_us):
        because = f"{unit} told: {why}"
        cites = (said.cite, open_.cite)
        return replaced(start, verdict="not checkable", because=because, cites=cites)
    how = "by voice, as its party entered it" if first.voice else "by its own word"
    measure, within = measured(seconds_between(said.at_us, first.at_us),
                               seconds_between(said.at_us, due_us), "s")  # fmt: skip
    because = f"{unit} told {how} at {when(first.at_us)}, due at {when(due_us)}"
    if first.says_us < first.at_us - _MICRO:
        because += f"; it was to have been at {when(first.says_us)}, by a word entered later"
    return replaced(
        start, verdict="met" if within else "late", measure=measure, because=because,
        cites=(said.cite, first.cite),
    )  # fmt: skip


# ---- notices that stand --------------------------------------------------------------------------


def standing_notice(case: Case) -> Iterator[Finding]:
    """Yield whether each notice that stands was confirmed again in time."""
    clause = case.clause
    assert isinstance(clause, StandingNotice)
    for said in case.said():
        wanted = said.type in clause.of if clause.of else is_notice(said.type)
        if wanted and under(case, said):
            yield _confirmed(case, clause, said)


def _confirmed(case: Case, clause: StandingNotice, said: Said) -> Finding:
    every_us = round(clause.reconfirm_every_s * _MICRO)
    words_of_it = [c for c in case.evidence.confirmed if c.of == said.cite and c.by == said.by]
    ended = case.evidence.end_of(said)
    over = [
        e for e in (said.valid_until_us, None if ended is None else ended.at_us) if e is not None
    ]
    until_us = min((case.as_of_us, *over))
    times = _times_of(said, [(c.at_us, c) for c in words_of_it], until_us)
    start = Finding(
        parties=(said.by,), towards=said.to, about=f"{said.type} that stands", at_us=said.at_us,
        verdict="not triggered", because=f"due at {when(times[-1] + every_us)}",
        cites=(said.cite, *(c.cite for c in words_of_it)), due_us=times[-1] + every_us,
        rests_on=(said.by,), line=said.line,
    )  # fmt: skip
    found = _renewed(clause, start, times, until_us)
    doubted = next((c for c in words_of_it if c.later is not None), None)
    if doubted is not None and doubted.later is not None:
        surely = [(_surely_us(c), c) for c in words_of_it]
        other = _renewed(clause, start, _times_of(said, surely, until_us), until_us)
        if other.verdict != found.verdict:
            because = f"confirmed at {when(doubted.at_us)} as dated, but {doubted.later.words}"
            return replaced(start, verdict="not checkable", because=because)
    return found


def _surely_us(confirmed: Confirmed) -> int:
    later = confirmed.later
    if later is None:
        return confirmed.at_us
    return US_MAX if later.since_us is None else max(confirmed.at_us, later.since_us)


def _times_of(said: Said, dated: list[tuple[int, Confirmed]], until_us: int) -> list[int]:
    return [said.at_us, *sorted(at_us for at_us, _ in dated if at_us <= until_us)]


def _renewed(clause: StandingNotice, start: Finding, times: list[int], until_us: int) -> Finding:
    """Return whether a notice was confirmed in time, by the times at which it was."""
    gaps = [seconds_between(a, b) for a, b in pairwise(times)]
    last_s = seconds_between(times[-1], until_us)
    measure, _ = measured(max((*gaps, last_s)), clause.reconfirm_every_s, "s")
    if last_s > clause.reconfirm_every_s:
        because = f"not confirmed for {last_s:g} s against {clause.reconfirm_every_s:g} s: stale"
        return replaced(start, verdict="missed", measure=measure, because=because)
    if not gaps:
        return start
    late = max(gaps) > clause.reconfirm_every_s
    because = (
        f"confirmed after {max(gaps):g} s at the longest against {clause.reconfirm_every_s:g} s"
    )
    return replaced(start, verdict="late" if late else "met", measure=measure, because=because)


# ---- places --------------------------------------------------------------------------------------


def position_check(case: Case) -> Iterator[Finding]:
    """Yield whether a named place and the coordinates sent with it agree."""
    clause = case.clause
    assert isinstance(clause, PositionCheck)
    for said in case.said():
        name = next((said.fields[n] for n in _PLACES if n in said.fields), None)
        if name is None or not under(case, said):
            continue
        yield _placed(case, clause, said, name)


def _placed(case: Case, clause: PositionCheck, said: Said, name: str) -> Finding:
    field = next((n for n in _WHERE if n in said.fields), None)
    within_m = clause.named_place_within_m
    start = Finding(
        parties=(said.by,), towards=said.to, at_us=said.at_us,
        about=f"{'place' if said.guarded else name} in {said.type}",
        verdict="missed", because="a name without coordinates", cites=(said.cite,), line=said.line,
    )  # fmt: skip
    if field is None:
        return start
    position = position_of(said.fields[field])
    if position is None:
        return replaced(start, because=f"{field} is no position")
    gazetteer = Gazetteer(case.evidence.places)
    try:
        answer = check_named_position(gazetteer, name, position, within_m)
        place = gazetteer.find(name)
    except InputFault:
        return replaced(start, verdict="not checkable", because="no place here is called so")
    measure, _ = measured(answer.margin_m or 0.0, within_m, "m")
    measure = Measure(
        value=round(measure.value, 1), limit_quantity=within_m, unit="m",
        off_quantity=round(measure.off_quantity, 1),
    )  # fmt: skip
    apart = f"{measure.value:.0f} m apart against {within_m:g} m"
    if answer.decided == UNDECIDED:
        doubt_km = place.uncertainty_m / 1000
        margin_km = round(abs((answer.margin_m or 0.0) - within_m) / 1000, 3)
        doubt = f"with an uncertainty of {doubt_km:g} km at a margin of {margin_km:g} km"
        because = f"cannot decide {within_m / 1000:g} km {doubt}: {apart}"
        return replaced(start, verdict="not checkable", measure=measure, because=because)
    verdict: ClauseVerdict = "met" if answer.decided == "agrees" else "missed"
    ended = case.evidence.end_of(said)
    more = (
        f"; {ended.word} at {when(ended.at_us)}" if ended is not None and verdict != "met" else ""
    )
    cites = (said.cite, *((ended.cite,) if more and ended is not None else ()))
    return replaced(start, verdict=verdict, measure=measure, because=apart + more, cites=cites)


def position_of(text: str) -> Position | None:
    """Return the position of a "latitude,longitude" text, None if it is none."""
    try:
        lat_deg, lon_deg = (float(part) for part in text.split(","))
        return Position(lat_deg=lat_deg, lon_deg=lon_deg)
    except (ValueError, InputFault):
        return None


# ---- what may be said to whom --------------------------------------------------------------------


def disclosure(case: Case) -> Iterator[Finding]:
    """Yield whether what was told went only to whom it may, no finer and no sooner than agreed."""
    clause = case.clause
    assert isinstance(clause, Disclosure)
    for said in case.said():
        if said.agreement == case.agreement.id and said.type in clause.of:
            yield _disclosed(clause, said)
    for planned in case.evidence.planned:
        meant = "intent" in clause.of and planned.agreement == case.agreement.id
        if meant and case.begins_in(planned.at_us):
            outside = sorted(set(planned.to) - set(clause.to)) if clause.to else []
            yield Finding(
                parties=(planned.by,), about=f"intent {planned.intent}", at_us=planned.at_us,
                verdict="missed" if outside else "met", cites=(planned.cite,),
                because=f"told to {words(tuple(outside))}" if outside else "told to whom it may be",
            )  # fmt: skip


def _disclosed(clause: Disclosure, said: Said) -> Finding:
    start = Finding(
        parties=(said.by,), about=f"{said.type} to {words(said.to)}", at_us=said.at_us,
        verdict="met", because="told to whom it may be, no finer and no sooner",
        cites=(said.cite,), line=said.line,
    )  # fmt: skip
    outside = sorted(set(said.to) - set(clause.to)) if clause.to else []
    if outside:
        because = f"told to {words(tuple(outside))}, who may not have it"
        return replaced(start, verdict="missed", because=because)
    begins = window_of(said.fields)
    if clause.delay_s and begins is not None:
        gone_s = seconds_between(begins[0], said.at_us)
        measure, within = measured(gone_s, clause.delay_s, "s", at_least=True)
        if not within:
            because = f"told {gone_s:g} s after, not before {clause.delay_s:g} s"
            return replaced(start, verdict="missed", measure=measure, because=because)
    if clause.precision_m is None:
        return start
    return _finer(clause, said, start, None if begins is None else begins[0])


def _finer(clause: Disclosure, said: Said, start: Finding, begins_us: int | None) -> Finding:
    """Return whether a place was told no finer than it may be so long before."""
    limit_m, wanted = clause.precision_m, ""
    assert limit_m is not None
    left_s = None if begins_us is None else seconds_between(said.at_us, begins_us)
    if clause.precise_before_s is not None and left_s is not None:
        near = left_s <= clause.precise_before_s
        limit_m = (clause.precise_m or 0.0) if near else limit_m
        wanted = " so near before it" if near else ""
    stated = _metres(said.fields.get("precision", ""))
    if stated is None:
        if not any(name in said.fields for name in _WHERE):
            return replaced(start, because="it says no place")
        because = "it does not say how precise its place is"
        return replaced(start, verdict="not checkable", because=because)
    measure, within = measured(stated, limit_m, "m", at_least=True)
    because = f"told to {stated:g} m; no finer than {limit_m:g} m{wanted}"
    return replaced(start, verdict="met" if within else "missed", measure=measure, because=because)


def _metres(text: str) -> float | None:
    number, _, unit = text.strip().partition(" ")
    try:
        value_m = float(number)
    except ValueError:
        return None
    return {"": value_m, "m": value_m, "km": value_m * 1000.0}.get(unit.strip())


def prohibited(case: Case) -> Iterator[Finding]:
    """Yield each message of what must not be exchanged, and one verdict on all the others."""
    clause = case.clause
    assert isinstance(clause, Prohibited)
    looked: list[str] = []
    for said in case.said():
        if said.agreement != case.agreement.id:
            continue
        start = Finding(
            parties=(said.by,), towards=said.to, about=f"{said.type} of {said.by}",
            at_us=said.at_us, verdict="missed", because="", cites=(said.cite,), line=said.line,
        )  # fmt: skip
        text = " ".join((said.text, *said.fields.values())).casefold()
        hits = [word for word in clause.words if word.casefold() in text]
        if said.subject in clause.subjects and said.subject:
            yield replaced(start, because=f"subject {said.subject} is not exchanged")
        elif said.type in clause.message_types:
            yield replaced(start, because=f"{said.type} is not exchanged")
        elif hits:
            because = f"its text has {', '.join(hits)}: people must read what is meant"
            yield replaced(start, verdict="not checkable", because=because)
        else:
            looked.append(said.cite)
    yield from _the_others(case, looked)


def _the_others(case: Case, looked: list[str]) -> Iterator[Finding]:
    hidden = [
        h for h in case.evidence.hidden
        if h.agreement == case.agreement.id and case.begins_in(h.at_us)
    ]  # fmt: skip
    start = Finding(
        parties=case.parties, about="the other messages", at_us=case.from_us, whole=True,
        verdict="met",
        because=f"{len(looked)} messages, none of what is not exchanged",
        cites=tuple(looked[:_CITED_MAX]),
    )  # fmt: skip
    if looked:
        yield start
    if hidden:
        yield replaced(
            start, verdict="not checkable", about="what is sealed",
            because=f"{len(hidden)} entries are sealed: their words are not held here",
            cites=tuple(h.cite for h in hidden),
        )  # fmt: skip
