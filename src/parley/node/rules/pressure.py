"""Pressure: whose QNH counts under an agreement, how old it is, how far it may be wrong.

Rules:
- Any party may report; levels are compared with altitudes only by the source that the agreement
  names, and only of the place that it names. Without a fresh report the comparison is undecided.
- Of the source's reports the latest observed counts; of two of one instant the one written last.
- A report says nothing of a time before it was written, and one observed after it was written, or
  written when it was stale already, does not count.
- A report may be less exact than the agreement's bound, never more: nobody can narrow it.
"""

from __future__ import annotations

from typing import cast

import msgspec

from parley.node.agreement_bodies import PressureReported
from parley.node.agreement_inputs import ReportPressure
from parley.node.entries import Draft, Entry
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.state import Scope, State, rank_of, written_us
from parley.world.agreement import PressureRule
from parley.world.faults import InputFault
from parley.world.time import format_instant
from parley.world.units import MICROSECONDS_PER_SECOND
from parley.world.volume import PressureSource

_AHEAD_US = 2 * MICROSECONDS_PER_SECOND
"""An observation may bear a time so far ahead of the node's clock: two clocks never agree."""
_BOUND_MOST_M = 1_000.0


class PressureView(msgspec.Struct, frozen=True, kw_only=True):
    """By which QNH an agreement compares levels with altitudes now, or why by none.

    `others`: reports of parties whose QNH does not count, or of other places: by whom, where, what.
    """

    agreement: str
    source: str
    place: str
    qnh_hpa: float | None
    observed_us: int | None
    age_s: float | None
    bound_m: float | None
    stale_after_s: float
    because: str
    transition_altitude_m: float | None = None
    transition_level_m: float | None = None
    others: tuple[str, ...] = ()


def act(state: State, event: ReportPressure, now_us: int) -> tuple[Draft, ...]:
    """Return the entry of a QNH that this party measured or was told.

    Raises:
        InputFault: the agreement compares no levels, a QNH that no weather gives, an observation of
            the future or older than the agreement lets count, a bound that is none.
    """
    agreement = adopted_agreement(state, event.agreement)
    check_own_post(agreement, state.party, event.post)
    rule = agreement.pressure
    if rule is None:
        wanted = "an agreement that says whose QNH counts"
        raise InputFault(f"pressure of {event.agreement}", value="no source", wanted=wanted)
    if not event.place.strip() or not event.place.isprintable():
        raise InputFault("pressure place", value=event.place, wanted="the place of the QNH")
    observed_us = now_us if event.observed_us is None else event.observed_us
    stale_us = round(rule.stale_after_s * MICROSECONDS_PER_SECOND)
    if not now_us - stale_us <= observed_us <= now_us + _AHEAD_US:
        value = format_instant(observed_us)
        wanted = f"from {format_instant(now_us - stale_us)} to {format_instant(now_us)}"
        raise InputFault("pressure observed", value=value, wanted=wanted)
    bound_m = rule.bound_m if event.bound_m is None else event.bound_m
    if not rule.bound_m <= bound_m <= _BOUND_MOST_M:
        wanted = f"{rule.bound_m:g} (what the agreement grants a fresh report) to {_BOUND_MOST_M:g}"
        raise InputFault("pressure bound_m", value=bound_m, wanted=wanted)
    # Refuses what is no QNH.
    PressureSource(qnh_hpa=event.qnh_hpa, observed_us=observed_us, bound_m=bound_m)
    body = PressureReported(
        place=event.place,
        qnh_pa100=round(event.qnh_hpa * 10_000),
        observed_us=min(observed_us, now_us),
        bound_mm=round(bound_m * 1000),
        post=event.post,
    )
    return (Draft(agreement=event.agreement, by=event.post, body=body),)


def due(state: State, now_us: int) -> list[Draft]:
    """Return what time makes due: nothing; a report that is stale is found so when it is used."""
    del state, now_us
    return []


def pressure_at(state: State, agreement_id: str, at_us: int) -> PressureSource | None:
    """Return the QNH by which an agreement compares levels with altitudes at an instant.

    None is not a standard day: without it the comparison is undecided. For an instant ahead it is
    the newest report, as long as it will not be stale by then.

    Args:
        state: whose record.
        agreement_id: under which.
        at_us: the instant of the comparison.
    """
    agreement = state.agreement(agreement_id)
    if agreement is None or agreement.pressure is None:
        return None
    return _source_at(state.scope(agreement_id), agreement.pressure, at_us)


def _source_at(scope: Scope, rule: PressureRule, at_us: int) -> PressureSource | None:
    stale_us = round(rule.stale_after_s * MICROSECONDS_PER_SECOND)
    for source, reached_us in _sound(scope, rule):
        if at_us - source.observed_us > stale_us:
            break
        if reached_us <= at_us:
            return source
    return None


def _sound(scope: Scope, rule: PressureRule) -> list[tuple[PressureSource, int]]:
    """Return the reports that count, with when each was written, the latest observed first.

    Read once for each entry that comes: what anybody reports without end must not make every step
    dear.
    """
    stamp = (len(scope.terms.pressure), rule)
    known = scope.index.views.get("pressure sound")
    if known is None or known[0] != stamp:
        stale_us = round(rule.stale_after_s * MICROSECONDS_PER_SECOND)
        counted = [(e, _counted(e, rule, stale_us)) for e in scope.terms.pressure.values()]
        found = [(s.observed_us, rank_of(e), s, written_us(e)) for e, s in counted if s is not None]
        found.sort(key=lambda each: each[:2], reverse=True)
        known = (stamp, [(source, reached_us) for _, _, source, reached_us in found])
        scope.index.views["pressure sound"] = known
    return cast("list[tuple[PressureSource, int]]", known[1])


def _counted(entry: Entry, rule: PressureRule, stale_us: int) -> PressureSource | None:
    """Return what a report says, if it is the agreed source's of the agreed place, and sound."""
    body = entry.body
    assert isinstance(body, PressureReported)
    if entry.log.party != rule.source or rule.place not in ("", body.place):
        return None
    if not written_us(entry) - stale_us <= body.observed_us <= written_us(entry):
        return None
    try:
        return PressureSource(
            qnh_hpa=body.qnh_pa100 / 10_000,
            observed_us=body.observed_us,
            bound_m=max(body.bound_mm / 1000, rule.bound_m),
        )
    except InputFault:
        return None


def pressure_views(state: State, now_us: int) -> tuple[PressureView, ...]:
    """Return for each agreement with a pressure rule by which QNH it compares now."""
    return tuple(
        _view(state.scope(name), name, agreement.pressure, now_us)
        for name, agreement in sorted(state.agreements.items())
        if agreement.pressure is not None
    )


def _view(scope: Scope, name: str, rule: PressureRule, now_us: int) -> PressureView:
    found = _source_at(scope, rule, now_us)
    of_source = _sound(scope, rule)
    if found is not None:
        because = f"reported by {rule.source}"
    elif of_source:
        because = f"the last report of {rule.source} is stale: levels and altitudes are undecided"
    else:
        because = f"no report of {rule.source} that counts: levels and altitudes are undecided"
    age_s = (now_us - found.observed_us) / MICROSECONDS_PER_SECOND if found is not None else None
    return PressureView(
        agreement=name,
        source=rule.source,
        place=rule.place,
        qnh_hpa=found.qnh_hpa if found is not None else None,
        observed_us=found.observed_us if found is not None else None,
        age_s=age_s,
        bound_m=round(found.bound_at_m(now_us), 1) if found is not None else None,
        stale_after_s=rule.stale_after_s,
        because=because,
        transition_altitude_m=rule.transition_altitude_m,
        transition_level_m=rule.transition_level_m,
        others=_others(scope, rule, now_us),
    )


def _others(scope: Scope, rule: PressureRule, now_us: int) -> tuple[str, ...]:
    """Return the newest report of each other party and place, in words: they do not count."""
    newest: dict[tuple[str, str], Entry] = {}
    for entry in scope.terms.pressure.values():
        assert isinstance(entry.body, PressureReported)
        name = (entry.log.party, entry.body.place)
        counts = entry.log.party == rule.source and rule.place in ("", entry.body.place)
        if counts or written_us(entry) > now_us:
            continue
        if name not in newest or rank_of(entry) > rank_of(newest[name]):
            newest[name] = entry
    kept = sorted(newest.items())[:_OTHERS_SHOWN_MAX]
    return tuple(
        f"{party} says {body.qnh_pa100 / 10_000:.1f} hPa at {place}: does not count"
        for (party, place), entry in kept
        if isinstance(body := entry.body, PressureReported)
    )


_OTHERS_SHOWN_MAX = 8
