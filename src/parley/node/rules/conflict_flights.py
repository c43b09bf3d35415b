"""What flies, as conflicts see it: reports become motions, and motions stand in an index.

What does not live here: pairs (`conflicts`), flights that fly as one (`formation_flights`).
"""

from __future__ import annotations

from typing import cast

from parley.detect.track_motion import TrackMotion
from parley.node.conflict_watch import ConflictWatch, Flying
from parley.node.picture import TrackReport
from parley.node.rules.conflict_minima import group_of, number_of
from parley.node.state import State
from parley.world.volume import ALTITUDE_REFERENCES

_WATCH = "conflict watch"


def watch_of(state: State) -> ConflictWatch:
    """Return what is remembered between looks."""
    held = state.views.get(_WATCH)
    if held is None:
        held = state.views[_WATCH] = (None, ConflictWatch())
    return cast("ConflictWatch", held[1])


def take(state: State, report: TrackReport) -> None:
    """Take a report that the picture has taken into the motion of its aircraft."""
    watch = watch_of(state)
    held = watch.motions.get(report.aircraft)
    if held is None or held[0] != report.altitude_reference:
        # Heights of two references are two tracks: between them nobody climbed.
        held = watch.motions[report.aircraft] = (report.altitude_reference, TrackMotion())
    # As of when it came in, where its clock is ahead of ours: never flown backwards, never frozen.
    at_us = min(report.at_us, state.picture.aircraft[report.aircraft].received_us)
    held[1].add(at_us, report.lat_deg, report.lon_deg, report.altitude_m)


def part_of(aircraft: str) -> str:
    """Return an aircraft's part of a key: ids that contain a slash stay apart.

    >>> part_of("B/2"), part_of("B%2F2")
    ('B%2F2', 'B%252F2')
    """
    return aircraft.replace("%", "%25").replace("/", "%2F")


def placed(state: State, watch: ConflictWatch, aircraft: str) -> set[str]:
    """Put an aircraft where its last believed report shows it; return what has moved by that."""
    known = state.picture.aircraft.get(aircraft)
    held = watch.motions.get(aircraft)
    if known is None or held is None:
        return set()
    reference, track = held
    last, motion = track.last, track.motion
    if last is None or motion is None:
        return set()
    name = part_of(aircraft)
    group = number_of(watch, group_of(state, known.party, aircraft))
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
        watch.forget(part_of(aircraft))
