"""A zone told in full: what was said of it and whether it counts, what is late, the hours ahead.

Only reading. What lies ahead is by what is known now: whoever says something later changes it, and
whether its owner will be heard then is not in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from parley.node.rules.zone_acts import ZONE_TERMS_SINCE, ZoneAct, acts_of, known_by, late_s
from parley.node.rules.zone_agreed import ZoneSaid, is_open
from parley.node.rules.zone_listed import ZoneReservation, reservations_listed
from parley.node.rules.zones import versions_of
from parley.node.state import Key, Scope, State
from parley.world.schedule import hours_between
from parley.world.units import MICROSECONDS_PER_SECOND, feet_from_metres
from parley.world.volume import VerticalLimit
from parley.world.zone import Zone, shown_activity

AHEAD_US = 86_400 * MICROSECONDS_PER_SECOND
STEPS_MAX = 20
SPANS_MAX = 64
_CUTS_MAX = 512
_COLD_MAX = 32
_OPEN_MAX = 3
"""Open requests that a span looks at, those open longest: a peer may write many."""


class ZoneStep(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said about a zone: by whom, when, of which window, where it stands in the logs.

    `late_s`: by how much its notice was too short; 0 where it was in time. `counts`: whether its
    writer may say it.
    """

    what: str
    value: str
    party: str
    post: str
    written_us: int
    from_us: int | None
    to_us: int | None
    key: Key
    counts: bool
    reference: str = ""
    late_s: float = 0.0


class ZoneSpan(msgspec.Struct, frozen=True, kw_only=True):
    """What a zone will be from an instant up to another, by what is known now, and why.

    `shown`: hot or cold, with what is asked for and not answered, as if its owner were heard then.
    """

    from_us: int
    to_us: int
    shown: str
    activity: str
    promulgation: str
    because: str


class ZoneDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A zone in full, whose it is, what was said, what is late, what lies ahead.

    Attributes:
        whose: "agreed by all", or who alone says so.
        limits: lower and upper, with reference.
        exclusions: what is not part of it, by name.
        notice_s: of a change, as agreed.
        steps: the last things said, in order.
        late: how many of them came with too short a notice.
        ahead: the next 24 hours.
        versions: of a zone of one party: number, and from when on each has effect.
        schedule: why its schedule does not count; "" where it does or there is none.
        scheduled: whether it has a schedule.
        reservations: what is asked for and issued, the soonest first, then what is over.
        reservations_more: how many that stand are left out.
    """

    whose: str
    limits: tuple[str, str]
    exclusions: tuple[str, ...] = ()
    notice_s: float = 0.0
    steps: tuple[ZoneStep, ...] = ()
    late: int = 0
    ahead: tuple[ZoneSpan, ...] = ()
    versions: tuple[tuple[int, int], ...] = ()
    schedule: str = ""
    scheduled: bool = False
    reservations: tuple[ZoneReservation, ...] = ()
    reservations_more: int = 0


def limit_words(limit: VerticalLimit) -> str:
    """Return a vertical limit as people say it: feet on its reference.

    >>> limit_words(VerticalLimit(reference="AMSL", value_m=3048.0))
    '10000 ft AMSL'
    """
    if limit.value_m is None:
        return limit.reference
    return f"{feet_from_metres(limit.value_m):.0f} ft {limit.reference}"


def zone_detail(state: State, scope: Scope, zone: Zone, now_us: int) -> ZoneDetail:
    """Return everything that this node can tell of a zone at an instant."""
    limits = (limit_words(zone.lower), limit_words(zone.upper))
    exclusions = tuple(each.name for each in zone.exclusions)
    if scope.rules.version < ZONE_TERMS_SINCE:
        acts = [a for a in acts_of(scope, zone.id) if known_by(state, a, now_us)]
        steps = tuple(_step(a, counts=True, late_s=0.0) for a in acts[-STEPS_MAX:])
        return ZoneDetail(whose=_whose(zone), limits=limits, exclusions=exclusions, steps=steps)
    said = ZoneSaid(state, scope, zone, now_us)
    notice_us = said.terms.notice_us
    steps = tuple(
        _step(act, counts=said.counted(act), late_s=late_s(act, notice_us)) for act in _newest(said)
    )
    versions: tuple[tuple[int, int], ...] = ()
    if zone.asserted_by and zone.owner is not None:
        versions = tuple(
            (v.zone.version, v.from_us) for v in versions_of(scope, zone.id, zone.owner)
        )
    reserved, more = reservations_listed(said, now_us)
    return ZoneDetail(
        whose=_whose(zone),
        limits=limits,
        exclusions=exclusions,
        reservations=reserved,
        reservations_more=more,
        notice_s=notice_us / MICROSECONDS_PER_SECOND,
        steps=steps,
        late=sum(1 for step in steps if step.counts and step.late_s > 0),
        ahead=tuple(itertools.islice(_ahead(said, now_us, now_us + AHEAD_US), SPANS_MAX)),
        versions=versions[-STEPS_MAX:],
        schedule=said.terms.why_not,
        scheduled=zone.schedule is not None,
    )


def _newest(said: ZoneSaid) -> list[ZoneAct]:
    """Return the last things said that are known, in order."""
    known = (act for act in reversed(said.told.every) if said.known(act))
    return list(reversed(list(itertools.islice(known, STEPS_MAX))))


def _whose(zone: Zone) -> str:
    if zone.asserted_by:
        return f"as said by {', '.join(zone.asserted_by)}"
    return f"agreed by {', '.join(zone.agreed_by)}" if zone.agreed_by else "agreed text"


def _step(act: ZoneAct, *, counts: bool, late_s: float) -> ZoneStep:
    return ZoneStep(
        what=act.what,
        value=act.value,
        party=act.party,
        post=act.post,
        written_us=act.order[0],
        from_us=act.from_us,
        to_us=act.to_us,
        key=act.key,
        counts=counts,
        reference=act.reference,
        late_s=late_s,
    )


def _ahead(said: ZoneSaid, from_us: int, to_us: int) -> Iterator[ZoneSpan]:
    """Yield what the zone will be, span by span."""
    before: ZoneSpan | None = None
    cuts = _cuts(said, from_us, to_us)
    for begin_us, end_us in pairwise(cuts):
        activity = said.activity(begin_us)
        promulgation, _, _ = said.promulgation(begin_us)
        waiting = _longest(said.open_requests(begin_us))
        span = ZoneSpan(
            from_us=begin_us,
            to_us=end_us,
            shown=shown_activity(
                activity.value,
                promulgation=promulgation,
                owner_link_down_past_limit=False,
                open_request_without_cold=bool(waiting) or promulgation == "requested",
            ),
            activity=activity.value,
            promulgation=promulgation,
            because="; ".join([activity.because, *(is_open(act) for act in waiting)]),
        )
        if before is not None and span == msgspec.structs.replace(
            before, from_us=span.from_us, to_us=span.to_us
        ):
            before = msgspec.structs.replace(before, to_us=end_us)
            continue
        if before is not None:
            yield before
        before = span
    if before is not None:
        yield before


def _longest(waiting: list[ZoneAct]) -> list[ZoneAct]:
    """Return the open requests that stay open longest: the zone reads hot as long as they do."""
    return sorted(waiting, key=lambda act: (act.to_us is None, act.to_us or 0))[-_OPEN_MAX:]


def _cuts(said: ZoneSaid, from_us: int, to_us: int) -> list[int]:
    """Return the instants at which something may change, with both ends; the soonest are kept."""
    edges: set[int | None] = {said.zone.from_us, said.zone.to_us}
    for act in said.told.every:
        if said.known(act) and not act.over(from_us):
            edges |= {act.from_us, act.to_us}
    for acts in said.words.values():
        for act in acts[-_COLD_MAX:]:
            if act.value == "cold" and not act.over(from_us):
                edges |= set(said.span(act))
    if said.terms.schedule is not None:
        hours = hours_between(said.terms.schedule, from_us, to_us)
        edges |= {edge for span in hours.windows for edge in span}
        edges |= {edge for span in hours.undecided for edge in span[:2]}
    within = sorted(edge for edge in edges if edge is not None and from_us < edge < to_us)
    return [from_us, *within[:_CUTS_MAX], to_us]
