"""What flies, as conflicts see it: reports become motions, and motions stand in an index.

What does not live here: pairs (`conflicts`), flights that fly as one (`formation_flights`).
"""

from __future__ import annotations

from typing import cast

from parley.detect.track_motion import VERTICAL_M, TrackMotion
from parley.node.conflict_watch import ConflictWatch, Flying
from parley.node.picture import TrackReport
from parley.node.rules.conflict_minima import group_of, number_of, stamp_of, table_of
from parley.node.state import State
from parley.world.volume import ALTITUDE_REFERENCES

_WATCH = "conflict watch"


def watch_of(state: State) -> ConflictWatch:
    """Return what is remembered between looks."""
    held = state.views.get(_WATCH)
    if held is None:
        held = state.views[_WATCH] = (None, ConflictWatch())
    return cast("ConflictWatch", held[1])


def take(state: State, report: TrackReport, now_us: int) -> None:
    """Take a report that the picture has taken into the motion of its aircraft."""
    watch = watch_of(state)
    known = state.picture.aircraft[report.aircraft]
    held = watch.motions.get(report.aircraft)
    again = known.taken_up is not None and known.taken_up[0] == now_us
    if held is None or held[0] != report.altitude_reference or again:
        # Heights of two references are two tracks: between them nobody climbed. Nor did anybody fly
        # from a place that is no more believed to the one that is.
        vertical_m = VERTICAL_M if held is None else held[1].vertical_m
        held = watch.motions[report.aircraft] = (
            report.altitude_reference,
            TrackMotion(vertical_m),
        )
    track = held[1]
    for each in known.reports if again else (known.last,):
        if each.altitude_reference == held[0]:
            # As of when it came in, where its clock is ahead: never flown backwards, never frozen.
            at_us = min(each.at_us, known.received_us)
            track.add(at_us, each.lat_deg, each.lon_deg, each.altitude_m)


def part_of(aircraft: str) -> str:
    """Return an aircraft's part of a key: ids that contain a slash stay apart.

    >>> part_of("B/2"), part_of("B%2F2")
    ('B%2F2', 'B%252F2')
    """
    return aircraft.replace("%", "%25").replace("/", "%2F")


def grouped(state: State, watch: ConflictWatch, aircraft: str, stamp: object) -> int:
    """Return the row of the minima by which a known aircraft is looked at; `stamp`: of the record.

    Which classes it is of is read again when the record is another, or its party.
    """
    party = state.picture.aircraft[aircraft].party
    held = watch.group_of.get(aircraft)
    if held is None or held[0] != stamp or held[1] != party:
        number = number_of(watch, group_of(state, party, aircraft))
        held = watch.group_of[aircraft] = (stamp, party, number)
    return held[2]


def placed(state: State, watch: ConflictWatch, aircraft: str, now_us: int) -> set[str]:
    """Put an aircraft where its last believed report shows it; return what has moved by that."""
    known = state.picture.aircraft.get(aircraft)
    held = watch.motions.get(aircraft)
    if known is None or held is None:
        return set()
    reference, track = held
    stamp = watch.table.stamp if watch.table is not None else stamp_of(state)
    group = grouped(state, watch, aircraft, stamp)
    # Made new if the group is; it is never made of no group at all.
    table = watch.table or table_of(state, watch, now_us)
    # What is a climb to one who keeps 15 m is none to one who keeps 1,000 ft.
    track.judge_by(table.least_vertical_m[group])
    last, motion = track.last, track.motion
    if last is None or motion is None:
        return set()
    name = part_of(aircraft)
    watch.flying[name] = Flying(name, aircraft, known.party, last.at_us, motion, reference, group)
    watch.live.put(
        name,
        last.at_us,
        (last.lat_deg, last.lon_deg, last.alt_m),
        (motion.east_mps, motion.north_mps, motion.up_mps),
        group=group,
        datum=ALTITUDE_REFERENCES.index(reference),
    )
    return {name}


def forget_gone(state: State, watch: ConflictWatch) -> None:
    """Forget what the picture has forgotten."""
    if len(watch.motions) <= len(state.picture.aircraft):
        return
    for aircraft in sorted(set(watch.motions) - set(state.picture.aircraft)):
        del watch.motions[aircraft]
        watch.group_of.pop(aircraft, None)
        watch.forget(part_of(aircraft))
