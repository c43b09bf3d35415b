"""Who flies with whom now: the members of formations in force that are together, as one object.

Rules:
- Together are those within the declared extent of each other; alone or apart nobody is one object.
- The object is the centre of those, moving as they do on average, with the declared extent around
  it: whoever comes near one of them comes near it.
- A member outside is warned of like any other, also of its own formation ("formation broken"). On
  its way to the first meeting it is joining, which all agreed to, and nobody is warned of that: for
  `JOINING_US` at most, and never where this node cannot know that they have not met before.
- A flight counts only as of the party that the formation names for it, by the feeds of this node.

What does not live here: what counts as in force (`formation_record`), pairs (`conflicts`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, cast

import numpy as np

from parley.detect.states import Floats, States
from parley.detect.track_motion import Fix, Motion, plane_m
from parley.node.conflict_watch import ConflictWatch, Flying
from parley.node.entries import Draft
from parley.node.picture import STALE_US
from parley.node.rules.alerts import resolve
from parley.node.rules.conflict_flights import part_of, placed
from parley.node.rules.conflict_minima import Group, group_of, number_of
from parley.node.rules.formation_record import FormationView, in_force
from parley.node.state import State
from parley.world.volume import ALTITUDE_REFERENCES

JOINING_US = 1_800 * 1_000_000
"""Half an hour from when it is in force: the recorded join-ups take five to twenty minutes."""


@dataclass(slots=True)
class Formed:
    """One formation in force, as its members fly now.

    Attributes:
        view: the formation.
        flights: its flights that the feeds show as of the parties it names, sorted.
        together: those of them that are one object.
        met: those that were seen together with another since it is in force.
    """

    view: FormationView
    flights: tuple[str, ...]
    together: tuple[str, ...] = ()
    met: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its name among what flies: no aircraft's has a bare slash."""
        body = self.view.body
        return f"formation/{self.view.party}/{body.formation.replace('/', '%2F')}"


def formed_now(state: State, now_us: int) -> list[Formed]:
    """Return the formations in force; of a flight in two of them, the earlier has it."""
    found, taken = [], set[str]()
    for view in in_force(state, now_us):
        flights = sorted(
            flight
            for party, names in view.body.flights.items()
            for flight in names
            if flight not in taken and _is_of(state, flight, party)
        )
        taken.update(flights)
        found.append(Formed(view, tuple(flights)))
    return found


def _is_of(state: State, flight: str, party: str) -> bool:
    known = state.picture.aircraft.get(flight)
    return known is not None and known.party == party


def together(watch: ConflictWatch, formed: Formed, now_us: int) -> tuple[str, ...]:
    """Return the flights that are within the extent of each other: who is furthest out goes first.

    None where fewer than two are left, or their heights have several references.
    """
    body = formed.view.body
    places = _places(watch, formed.flights, now_us)
    if len({watch.motions[flight][0] for flight in places}) > 1:
        return ()
    radius_m, vertical_m = body.radius_mm / 1000, body.vertical_mm / 1000
    while len(places) >= 2:
        apart = [
            pair
            for pair in combinations(sorted(places), 2)
            if _apart(places[pair[0]], places[pair[1]], radius_m, vertical_m)
        ]
        if not apart:
            return tuple(sorted(places))
        centre = [sum(p[axis] for p in places.values()) / len(places) for axis in range(3)]
        far = max(
            {name for pair in apart for name in pair},
            key=lambda name: (math.dist(places[name], centre), name),
        )
        del places[far]
    return ()


def _apart(
    one: tuple[float, float, float],
    two: tuple[float, float, float],
    radius_m: float,
    vertical_m: float,
) -> bool:
    return (
        math.hypot(one[0] - two[0], one[1] - two[1]) > radius_m or abs(one[2] - two[2]) > vertical_m
    )


def _places(
    watch: ConflictWatch, flights: tuple[str, ...], now_us: int
) -> dict[str, tuple[float, float, float]]:
    """Return where the flights that are heard are at one instant, metres from the first of them."""
    heard: dict[str, tuple[Fix, Motion]] = {}
    for flight in flights:
        held = watch.motions.get(flight)
        if held is None:
            continue
        last, motion = held[1].last, held[1].motion
        if last is not None and motion is not None and now_us - last.at_us <= STALE_US:
            heard[flight] = (last, motion)
    if not heard:
        return {}
    origin = heard[min(heard)][0]
    places = {}
    for flight, (fix, motion) in heard.items():
        east_m, north_m = plane_m(origin, fix)
        age_s = max(now_us - fix.at_us, 0) / 1e6
        places[flight] = (
            east_m + age_s * motion.east_mps,
            north_m + age_s * motion.north_mps,
            fix.alt_m + age_s * motion.up_mps,
        )
    return places


def as_object(state: State, watch: ConflictWatch, formed: Formed, now_us: int) -> Flying:
    """Put a formation where its members are; return it."""
    body = formed.view.body
    tracks = {flight: watch.motions[flight] for flight in formed.together}
    lasts = [_last(track.last) for _, track in tracks.values()]
    motions = [_motion(track.motion) for _, track in tracks.values()]
    at_us = min(now_us, max(fix.at_us for fix in lasts))
    middle = _middle(lasts, motions, at_us)
    motion = Motion(
        sum(m.east_mps for m in motions) / len(motions),
        sum(m.north_mps for m in motions) / len(motions),
        sum(m.up_mps for m in motions) / len(motions),
        steady=all(m.steady for m in motions),
    )
    lead = formed.together[0]
    reference = tracks[lead][0]
    known = [
        group_of(state, state.picture.aircraft[flight].party, flight) for flight in formed.together
    ]
    members = tuple({member.known_by: member for member in known}.values())
    wanted = Group(None, (), "", members, body.radius_mm / 1000, body.vertical_mm / 1000)
    group = number_of(watch, wanted)
    held_as = cast("Group", watch.groups[group])
    # What is written of it says by which extent it was looked at.
    radius_m, vertical_m = held_as.radius_m, held_as.vertical_m
    if held_as.known_by != wanted.known_by:
        watch.merged.add(formed.name)
    else:
        watch.merged.discard(formed.name)
    flying = Flying(
        formed.name, lead, state.picture.aircraft[lead].party, at_us, motion, reference, group,
        formed.together, formed.view.key, radius_m, vertical_m,
    )  # fmt: skip
    watch.flying[formed.name] = flying
    watch.live.put(
        formed.name,
        at_us,
        middle,
        (motion.east_mps, motion.north_mps, motion.up_mps),
        group=group,
        datum=ALTITUDE_REFERENCES.index(reference),
    )
    return flying


def _middle(lasts: list[Fix], motions: list[Motion], at_us: int) -> tuple[float, float, float]:
    """Return the middle of several aircraft at one instant: latitude, longitude, altitude."""

    def column(of_each: Iterable[Any]) -> Floats:
        return np.array(list(of_each), dtype=np.float64)

    states = States(
        lat_deg=column(fix.lat_deg for fix in lasts),
        lon_deg=column(fix.lon_deg for fix in lasts),
        alt_m=column(fix.alt_m for fix in lasts),
        east_mps=column(m.east_mps for m in motions),
        north_mps=column(m.north_mps for m in motions),
        up_mps=column(m.up_mps for m in motions),
    ).at(column(max(at_us - fix.at_us, 0) / 1e6 for fix in lasts))
    alt_m = float(np.mean(states.alt_m))
    lats, lons = states.lat_deg.tolist(), states.lon_deg.tolist()
    origin = Fix.of(0, lats[0], lons[0], alt_m)
    offsets = [
        plane_m(origin, Fix.of(0, lat, lon, alt_m)) for lat, lon in zip(lats, lons, strict=True)
    ]
    # A point reached in one second at that speed: the same arithmetic as any other motion.
    middle = States(
        lat_deg=column([lats[0]]),
        lon_deg=column([lons[0]]),
        alt_m=column([alt_m]),
        east_mps=column([sum(east for east, _ in offsets) / len(offsets)]),
        north_mps=column([sum(north for _, north in offsets) / len(offsets)]),
        up_mps=column([0.0]),
    ).at(column([1.0]))
    return float(middle.lat_deg[0]), float(middle.lon_deg[0]), alt_m


def _last(fix: Fix | None) -> Fix:
    assert fix is not None, "who is together has been seen"
    return fix


def _motion(motion: Motion | None) -> Motion:
    assert motion is not None, "who is together moves"
    return motion


def may_join(state: State, formed: Formed, flight: str, now_us: int) -> bool:
    """Whether a member outside is on its way to the first meeting, as all have agreed."""
    since_us = formed.view.since_us
    watched_us = state.picture.watched_from_us
    known = watched_us is not None and watched_us <= since_us
    return known and flight not in formed.met and now_us - since_us <= JOINING_US


# ---- in place of its members ---------------------------------------------------------------------


def form(
    state: State, watch: ConflictWatch, reported: list[str], moved: set[str], now_us: int
) -> list[Draft]:
    """Put formations in place of their members where they are together; return what that ends."""
    before = cast("dict[str, Formed]", watch.formed)
    now = {formed.name: formed for formed in formed_now(state, now_us)}
    drafts: list[Draft] = []
    for name in sorted(before.keys() - now.keys()):
        drafts += _split(state, watch, before[name], before[name].together, moved, now_us)
        for flight in before[name].flights:
            moved |= placed(state, watch, flight, now_us)
    for name, formed in sorted(now.items()):
        old = before.get(name)
        if old is not None and old.view.key == formed.view.key:
            formed.met, formed.together = old.met, old.together
        if set(reported) & set(formed.flights) or formed.together:
            drafts += _form(state, watch, formed, moved, now_us)
    watch.formed = cast("dict[str, object]", now)
    return drafts


def _form(
    state: State, watch: ConflictWatch, formed: Formed, moved: set[str], now_us: int
) -> list[Draft]:
    drafts: list[Draft] = []
    before = formed.together
    formed.together = together(watch, formed, now_us)
    formed.met |= set(formed.together)
    gone = tuple(flight for flight in before if flight not in formed.together)
    if gone and not formed.together:
        drafts += _split(state, watch, formed, gone, moved, now_us)
    for flight in formed.flights:
        if flight in formed.together:
            continue
        moved |= placed(state, watch, flight, now_us)
        flying = watch.flying.get(part_of(flight))
        if flying is not None:
            flying.member_of = formed.view.key
            flying.joining = may_join(state, formed, flight, now_us)
    if not formed.together:
        return drafts
    as_object(state, watch, formed, now_us)
    moved.add(formed.name)
    for flight in formed.together:
        part = part_of(flight)
        watch.hand_over(part, [formed.name])
        why = f"flies as one of formation {formed.view.body.formation}"
        drafts += _ended(state, watch, part, why)
        watch.forget(part)
        moved.discard(part)
    return drafts


def _split(
    state: State,
    watch: ConflictWatch,
    formed: Formed,
    flights: tuple[str, ...],
    moved: set[str],
    now_us: int,
) -> list[Draft]:
    """Let a formation be no object any more: its flights are single again."""
    for flight in flights:
        moved |= placed(state, watch, flight, now_us)
    watch.hand_over(formed.name, [part_of(flight) for flight in flights])
    why = f"formation {formed.view.body.formation} flies as one no more"
    drafts = _ended(state, watch, formed.name, why)
    watch.forget(formed.name)
    moved.discard(formed.name)
    return drafts


def _ended(state: State, watch: ConflictWatch, name: str, why: str) -> list[Draft]:
    """Return the ends of what stands of something that flies under another name now."""
    drafts = []
    for key in sorted(watch.keys_of.get(name, ())):
        seen = watch.pairs[key]
        if seen.memory.told is not None:
            drafts += resolve(state, seen.agreement, key, why)
    return drafts
