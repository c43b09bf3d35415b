"""Answers about zones: both states at each change, who entered without leave, who left their box.

The states come from messages and initial states only (NORMS 5). Rules:

- Only its owner says what happens in a zone; only whom it was asked of issues it.
- An acknowledgement is not an issue; issued is not in force before the window begins.
- A state is a function of the instant: windows that meet leave no gap.
- One issue takes no other away; a request that none has answered reads hot until it is over.
- Once a window of the owner has ended and nothing later was said, the activity is unknown.

Not here: where a track was (`answers_geometry`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec
import shapely

from parley.review.answers_duties import as_of_us, window_us
from parley.review.answers_geometry import stays_in
from parley.world.norms import norms
from parley.world.scenario import Scenario, ScenarioMessage
from parley.world.shape import planar_rings
from parley.world.time import format_instant, parse_instant_us, seconds_between
from parley.world.track import Track
from parley.world.units import feet_from_metres
from parley.world.volume import VerticalLimit
from parley.world.zone import (
    ACTIVITIES,
    Activity,
    Promulgation,
    Zone,
    shown_activity,
    sum_as_stated,
)

_MICRO = 1_000_000


class _Answered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Values as they are printed; what does not apply is left out."""


class ZoneStateAnswer(_Answered, frozen=True, kw_only=True):
    """Both states of a zone from an instant on; `shown` is how it reads to others."""

    t: str | None
    activity: str
    promulgation: str
    shown: str | None = None
    because: str = ""


class PopulationAnswer(_Answered, frozen=True, kw_only=True):
    """A number as it was stated, with its qualifier and source."""

    qualifier: str
    value: int
    source: str
    as_of: str


class ZoneAnswer(_Answered, frozen=True, kw_only=True):
    """A zone: whose it is and its states, one row for each change."""

    kind: str
    name: str
    owner: str | None
    agreement: str | None
    agreed_by: tuple[str, ...]
    asserted_by: tuple[str, ...]
    lower: str
    upper: str
    applies_from: str | None
    applies_to: str | None
    states: tuple[ZoneStateAnswer, ...]
    population: PopulationAnswer | None = None


class _Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said about a zone that counts: known from `said_us`, about [from_us, to_us)."""

    what: str
    value: str
    said_us: int
    from_us: int
    to_us: int | None
    because: str


def zones(scenario: Scenario) -> dict[str, ZoneAnswer]:
    """Return for each zone whose it is and both its states at each change."""
    return {zone.id: _zone(scenario, zone) for zone in scenario.zones}


def _zone(scenario: Scenario, zone: Zone) -> ZoneAnswer:
    stated = zone.population
    return ZoneAnswer(
        kind=zone.kind,
        name=zone.name,
        owner=zone.owner,
        agreement=zone.agreement,
        lower=_limit(zone.lower),
        upper=_limit(zone.upper),
        applies_from=None if zone.from_us is None else format_instant(zone.from_us),
        applies_to=None if zone.to_us is None else format_instant(zone.to_us),
        agreed_by=zone.agreed_by,
        asserted_by=zone.asserted_by,
        states=tuple(_changes(scenario, zone)),
        population=None
        if stated is None
        else PopulationAnswer(
            qualifier=stated.qualifier,
            value=stated.value,
            source=stated.source,
            as_of=stated.as_of,
        ),
    )


def _limit(limit: VerticalLimit) -> str:
    """Return a vertical limit as it is printed: feet on its reference."""
    if limit.value_m is None:
        return limit.reference
    return f"{feet_from_metres(limit.value_m):.0f} ft {limit.reference}"


def _changes(scenario: Scenario, zone: Zone) -> Iterator[ZoneStateAnswer]:
    acts = _acts(scenario, zone)
    before: tuple[str, str, str | None] | None = None
    cuts = {act.said_us for act in acts} | {act.from_us for act in acts}
    cuts |= {act.to_us for act in acts if act.to_us is not None}
    for at_us in (None, *sorted(cuts)):
        found = state_at(scenario, zone, at_us)
        state = (found.activity, found.promulgation, found.shown)
        if state != before:
            yield found
        before = state


def state_at(scenario: Scenario, zone: Zone, at_us: int | None) -> ZoneStateAnswer:
    """Return both states of a zone at an instant; None is before anything was said."""
    acts = [a for a in _acts(scenario, zone) if at_us is not None and a.said_us <= at_us]
    promulgation, why_promulgation = _promulgation(acts, at_us)
    activity, why_activity = _activity(acts, at_us)
    if promulgation == "in force" and activity != "hot" and not _cold_since_issue(acts, at_us):
        # Whoever issued it has confirmed that it applies now, and nobody has said it is cold since.
        activity, why_activity = "hot", "in force, and its owner has not said that it is cold"
    spoken = promulgation == "in force" or any(a.what == "activity" for a in acts)
    return ZoneStateAnswer(
        t=None if at_us is None else format_instant(at_us),
        activity=activity,
        promulgation=promulgation,
        shown=_shown(activity, promulgation, acts, at_us) if spoken else None,
        because="; ".join(w for w in (why_activity, why_promulgation) if w) or "nothing was said",
    )


def _cold_since_issue(acts: list[_Act], at_us: int | None) -> bool:
    """Whether the word of cold that speaks of an instant came after every issue in force then."""
    issued = [a.said_us for a in acts if a.value == "issued" and _holds(a, at_us)]
    cold = [a.said_us for a in acts if a.value == "cold" and _holds(a, at_us)]
    return bool(cold) and (not issued or max(cold) >= max(issued))


def _holds(act: _Act, at_us: int | None) -> bool:
    if at_us is None or act.from_us > at_us:
        return False
    return act.to_us is None or at_us < act.to_us


def _unanswered(acts: list[_Act], at_us: int | None) -> list[_Act]:
    """Return the requests that are not over and that no later issue has answered."""
    issued = [a for a in acts if a.value == "issued"]
    return [
        r for r in acts
        if r.value == "requested" and at_us is not None and (r.to_us is None or at_us < r.to_us)
        and not any(i.said_us >= r.said_us and _covers(i, r) for i in issued)
    ]  # fmt: skip


def _covers(issued: _Act, request: _Act) -> bool:
    begins = issued.from_us <= max(request.from_us, issued.said_us)
    ends = issued.to_us is None or request.to_us is None or request.to_us <= issued.to_us
    return begins and ends


def _shown(
    activity: Activity, promulgation: Promulgation, acts: list[_Act], at_us: int | None
) -> str:
    # A release that is asked for is open until cold is said; a reservation until it is issued too.
    asking = [a for a in acts if a.what == "release"] + _unanswered(acts, at_us)
    if promulgation == "requested":
        asking += [a for a in acts if a.value == "requested"]
    asked_us = max((a.said_us for a in asking), default=None)
    cold_us = max((a.said_us for a in acts if a.value == "cold"), default=None)
    open_request = asked_us is not None and (cold_us is None or cold_us < asked_us)
    # A zone that its owner speaks of stands without having been asked for.
    standing: Promulgation = "in force" if promulgation == "draft" else promulgation
    return shown_activity(
        activity,
        promulgation=standing,
        owner_link_down_past_limit=False,
        open_request_without_cold=open_request,
    )


def _promulgation(acts: list[_Act], at_us: int | None) -> tuple[Promulgation, str]:
    said = [a for a in acts if a.what == "promulgation"]
    if not said or at_us is None:
        return "draft", ""
    issued = [a for a in said if a.value == "issued"]
    if not issued:
        return "requested", said[-1].because
    # One issue takes no other away: what holds now, else what comes next, else what was last.
    holding = [a for a in issued if _holds(a, at_us)]
    if holding:
        return "in force", max(holding, key=lambda a: a.said_us).because
    coming = [a for a in issued if a.from_us > at_us]
    if coming:
        return "issued", min(coming, key=lambda a: a.from_us).because
    return "ended", max(issued, key=lambda a: a.said_us).because


def _activity(acts: list[_Act], at_us: int | None) -> tuple[Activity, str]:
    """Return what the latest statement that speaks of an instant says, else unknown."""
    speaking = [
        a
        for a in acts
        if a.what == "activity"
        and at_us is not None
        and a.from_us <= at_us
        and (a.to_us is None or at_us < a.to_us)
    ]
    if not speaking:
        return "unknown", ""
    last = max(speaking, key=lambda a: a.said_us)
    # A lasting word said before a window is not taken up again when the window has ended.
    windows = [
        a for a in acts
        if a.what == "activity" and a.to_us is not None and at_us is not None
        and a.to_us <= at_us and a.said_us >= last.said_us
    ]  # fmt: skip
    if windows and last.to_us is None:
        return "unknown", "its owner's last window has ended and nothing was said since"
    for activity in ACTIVITIES:
        if activity == last.value:
            return activity, last.because
    return "unknown", last.because


def _acts(scenario: Scenario, zone: Zone) -> list[_Act]:
    """Return what was said about a zone by those who may, in the order in which it was said."""
    acts = [
        _Act(
            what="activity",
            value=state.activity,
            said_us=state.since_us,
            from_us=state.since_us,
            to_us=None,
            because=f"initial state by {state.by}",
        )
        for state in scenario.initial_states
        if state.zone == zone.id and zone.owner in (None, state.by)
    ]
    about = [
        m for m in scenario.messages if zone.id in (m.fields.get("zone"), m.fields.get("area"))
    ]
    about.sort(key=lambda m: (m.at_us, m.seq))
    for message in about:
        act = _act(zone, message, about)
        if act is not None:
            acts.append(act)
    return sorted(acts, key=lambda a: a.said_us)


def _act(zone: Zone, message: ScenarioMessage, about: list[ScenarioMessage]) -> _Act | None:
    own = zone.owner in (None, message.sender)
    activity = message.fields.get("activity")
    if message.type in ("zone.state", "zone.notice") and activity in norms().zone.activity:
        return _said("activity", str(activity), message, message) if own else None
    if message.type == "zone.request":
        return _said("promulgation", "requested", message, message)
    if message.type == "zone.release.request":
        return _said("release", "cold asked for", message, message)
    requests = [m for m in about if m.type == "zone.request" and m.at_us <= message.at_us]
    if message.type == "zone.issued":
        if requests and not any(message.sender in m.to for m in requests):
            return None
        windowed = message if window_us(message) or not requests else requests[-1]
        return _said("promulgation", "issued", message, windowed)
    if message.type in ("area.notice", "zone.notice") and own and not requests:
        # An owner's notice of its own area is its issue: nobody else has to confirm it.
        return _said("promulgation", "issued", message, message) if window_us(message) else None
    return None


def _said(what: str, value: str, message: ScenarioMessage, windowed: ScenarioMessage) -> _Act:
    window = window_us(windowed)
    stated = message.fields.get("effective")
    from_us = window[0] if window else parse_instant_us(stated) if stated else message.at_us
    return _Act(
        what=what,
        value=value,
        said_us=message.at_us,
        from_us=max(message.at_us, from_us),
        to_us=window[1] if window else None,
        because=f"{value}: message {message.seq} by {message.sender}",
    )


# ---- entering without leave, leaving the box --------------------------------------------------


def authorised_by(scenario: Scenario, zone: Zone, track: Track) -> tuple[str, int] | None:
    """Return by what, and from when, a track has leave to be in a zone; None if it has none.

    Leave is: flying for the zone's own authority; a clearance by the authority for this flight into
    the zone, or into one whose outline meets it; a priority intent of a life-safety type.
    """
    if track.party is not None and track.party == zone.owner:
        return "flies for the zone's authority", int(track.t_us[0])
    for message in sorted(scenario.messages, key=lambda m: m.at_us):
        if message.fields.get("flight") != track.id or message.type is None:
            continue
        if message.type == "clearance" and message.sender == zone.owner:
            if message.fields.get("zone") in _zones_within(scenario, zone):
                return f"cleared by message {message.seq}", message.at_us
        elif message.type == "priority.intent" and message.norms.life_safety:
            return f"priority intent, message {message.seq}", message.at_us
    return None


def _zones_within(scenario: Scenario, zone: Zone) -> set[str]:
    """Return the zone and every other whose outline meets its outline."""

    def outline(each: Zone) -> shapely.Polygon:
        rings = [[(p.lon_deg, p.lat_deg) for p in ring] for ring in planar_rings(each.shape)]
        return shapely.Polygon(rings[0], rings[1:])

    mine = outline(zone)
    return {
        each.id for each in scenario.zones if each.id == zone.id or mine.intersects(outline(each))
    }


class IncursionAnswer(_Answered, frozen=True, kw_only=True, rename={"from_t": "from"}):
    """A time inside a zone in force without leave: when it happened and when it was known."""

    about: str
    flight: str
    party: str | None
    zone: str
    from_t: str
    to: str
    seconds: float
    happened_from: str
    known_first: str
    because: str


def incursions(scenario: Scenario) -> list[IncursionAnswer]:
    """Return every stay in a zone that asks for leave, by a track that had none."""
    found = []
    for zone in scenario.zones:
        if not scenario.terms_of(zone.id).authorisation_required:
            continue
        for track in scenario.tracks:
            leave = authorised_by(scenario, zone, track)
            for from_us, to_us in stays_in(zone, track):
                if leave is None or leave[1] > from_us:
                    in_force = state_at(scenario, zone, from_us).promulgation == "in force"
                    if in_force:
                        found.append(_incursion(scenario, zone, track, from_us, to_us))
    return found


def _incursion(
    scenario: Scenario, zone: Zone, track: Track, from_us: int, to_us: int
) -> IncursionAnswer:
    reports = [
        m.at_us
        for m in scenario.messages
        if m.type == "incursion.report" and m.fields.get("flight") == track.id
    ]
    known = [at_us for at_us in (track.known_us, *reports) if at_us is not None]
    known_us = max(from_us, min(known)) if known else from_us
    begins = format_instant(-(-from_us // _MICRO) * _MICRO)
    return IncursionAnswer(
        about="incursion",
        flight=track.id,
        party=track.party,
        zone=zone.id,
        from_t=begins,
        to=format_instant(to_us // _MICRO * _MICRO),
        seconds=round(seconds_between(from_us, to_us), 1),
        happened_from=begins,
        known_first=format_instant(-(-known_us // _MICRO) * _MICRO),
        because=f"{zone.id} asks for leave of {zone.owner}, and none was given to {track.id}",
    )


class ConformanceAnswer(_Answered, frozen=True, kw_only=True):
    """A flight that was to stay inside a zone released to its party, and was outside."""

    about: str
    flight: str
    zone: str
    nonconforming_from: str
    to: str
    seconds: float
    because: str


def conformance(scenario: Scenario) -> list[ConformanceAnswer]:
    """Return every time outside, of flights of the party that a zone is released to."""
    found = []
    for zone in scenario.zones:
        party = scenario.terms_of(zone.id).released_to
        for track in scenario.tracks:
            if party is None or track.party != party:
                continue
            stays = stays_in(zone, track)
            for (_, left_us), (back_us, _) in pairwise(stays):
                found.append(
                    ConformanceAnswer(
                        about="conformance",
                        flight=track.id,
                        zone=zone.id,
                        nonconforming_from=format_instant(-(-left_us // _MICRO) * _MICRO),
                        to=format_instant(back_us // _MICRO * _MICRO),
                        seconds=round(seconds_between(left_us, back_us), 1),
                        because=f"{zone.id} is released to {party}, whose flights stay inside",
                    )
                )
    return found


class OverlapAnswer(_Answered, frozen=True, kw_only=True, rename={"from_t": "from"}):
    """Two zones whose outlines and limits meet, hot at once and of different owners."""

    about: str
    zones: tuple[str, str]
    from_t: str
    to: str
    seconds: float


def hot_overlaps(scenario: Scenario) -> list[OverlapAnswer]:
    """Return the times at which two zones that meet in space were hot at once."""
    found = []
    hot = {zone.id: _hot_times(scenario, zone) for zone in scenario.zones}
    for i, one in enumerate(scenario.zones):
        for other in scenario.zones[i + 1 :]:
            if one.owner == other.owner or not (hot[one.id] and hot[other.id]):
                continue
            if other.id not in _zones_within(scenario, one) or not _heights_meet(one, other):
                continue
            for a_from, a_to in hot[one.id]:
                for b_from, b_to in hot[other.id]:
                    from_us, to_us = max(a_from, b_from), min(a_to, b_to)
                    if from_us < to_us:
                        found.append(
                            OverlapAnswer(
                                about="overlap",
                                zones=(one.id, other.id),
                                from_t=format_instant(from_us),
                                to=format_instant(to_us),
                                seconds=seconds_between(from_us, to_us),
                            )
                        )
    return found


def _heights_meet(one: Zone, other: Zone) -> bool:
    for low, high in ((one.lower, other.upper), (other.lower, one.upper)):
        if low.value_m is None or high.value_m is None or low.reference != high.reference:
            continue
        if low.value_m >= high.value_m:
            return False
    return True


def _hot_times(scenario: Scenario, zone: Zone) -> list[tuple[int, int]]:
    states = list(_changes(scenario, zone))
    end_us = as_of_us(scenario)
    times = []
    for state, after in zip(states, [*states[1:], None], strict=True):
        if state.activity == "hot" and state.t is not None:
            until = parse_instant_us(after.t) if after is not None and after.t else end_us
            times.append((parse_instant_us(state.t), until))
    return times


class PopulationSum(_Answered, frozen=True, kw_only=True):
    """The people said to live in the zones of an agreement, added up as stated."""

    about: str
    agreement: str
    total_as_stated: int
    mixes_bounds: bool
    because: str


def populations(scenario: Scenario) -> list[PopulationSum]:
    """Return for each agreement the sum of the numbers stated for its zones."""
    found = []
    for agreement in scenario.agreements:
        numbers = [
            zone.population
            for zone in scenario.zones
            if zone.agreement == agreement.id and zone.population is not None
        ]
        if numbers:
            total = sum_as_stated(numbers)
            found.append(
                PopulationSum(
                    about="population",
                    agreement=agreement.id,
                    total_as_stated=total.value,
                    mixes_bounds=total.mixed,
                    because=total.because,
                )
            )
    return found
