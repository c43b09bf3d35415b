"""Live tracks: what new reports do to the picture, and what follows from it.

Rules:
- A node warns about its own aircraft and those bound through it. Raw tracks stay with their owner,
  so an alert carries its inputs.
- That an aircraft is not heard ends an alert only with these words, never as "no loss". One whose
  reports come and are not believed is not one that nobody reports: the end says which, and why.
- Nothing here says that a picture without alerts is clear.

What does not live here: pairs of aircraft (`conflicts`, and `separation` before rules version 5).
"""

from __future__ import annotations

from parley.node.coasting import why_unbelieved
from parley.node.entries import Alert, Draft, TracksRecorded
from parley.node.inputs import SegmentRecorded, TrackReports
from parley.node.picture import STALE_US, Aircraft, Picture
from parley.node.rules import (
    conflict_flights,
    conflicts,
    conformance,
    coverage_watch,
    notices,
    separation,
)
from parley.node.rules.alerts import alert_key, resolve
from parley.node.rules.objects import objects_met
from parley.node.state import State


def segment_recorded(event: SegmentRecorded) -> Draft:
    """Return the entry that commits to a segment of raw reports by its hash."""
    return Draft(
        agreement=event.agreement,
        by="system",
        body=TracksRecorded(
            sha256=event.sha256,
            size_bytes=event.size_bytes,
            reports=event.reports,
            from_us=event.from_us,
            to_us=event.to_us,
        ),
    )


def track_reports(state: State, event: TrackReports, now_us: int) -> list[Draft]:
    """Return the alerts that new reports raise and resolve."""
    drafts: list[Draft] = []
    moved: set[str] = set()
    said: set[tuple[str, str]] = set()
    for report in event.reports:
        if not state.picture.take(report, now_us, event.feed):
            continue
        moved.add(report.aircraft)
        conflict_flights.take(state, report, now_us)
        coverage_watch.note(state, state.picture.aircraft[report.aircraft], now_us)
        for draft in _objects(state, state.picture.aircraft[report.aircraft], now_us):
            # Many reports of one aircraft may come at once; what stands open is only seen when it
            # is folded, so one batch says one thing about one alert.
            name = (draft.agreement, alert_key(draft))
            if name not in said:
                said.add(name)
                drafts.append(draft)
        drafts.extend(notices.differences(state, state.picture.aircraft[report.aircraft], now_us))
        drafts.extend(conformance.observed(state, state.picture.aircraft[report.aircraft], now_us))
    state.picture.evaluated_us = now_us
    drafts.extend(separation.alerts(state, now_us))
    drafts.extend(conflicts.turn(state, moved, now_us))
    return drafts


def _objects(state: State, aircraft: Aircraft, now_us: int) -> list[Draft]:
    """Return what an aircraft does to zones and lines; by each report that is believed just now."""
    return [d for seen in aircraft.replayed() for d in objects_met(state, seen, now_us)]


def due(state: State, now_us: int) -> list[Draft]:
    """Return the end of own alerts about aircraft that are not reported, or not believed, any more.

    It says so: that nothing is heard is no evidence that nothing is there. An alert from before a
    restart has the same time to be taken up by the feed.
    """
    picture = state.picture
    if picture.watched_from_us is None:
        picture.watched_from_us = now_us
    drafts = []
    for name in sorted(state.scopes):
        for entry in state.scopes[name].index.watched.get(state.party, {}).values():
            body = entry.body
            if not isinstance(body, Alert):
                continue
            lost = [a for a in body.aircraft if not _heard(picture, a, now_us)]
            since_us = max(entry.issued_us, picture.watched_from_us)
            if lost and now_us - since_us > STALE_US:
                why = f"not watched any more: {_why_lost(picture, lost, now_us)}"
                drafts.extend(resolve(state, name, body.key, why))
    return drafts


def _why_lost(picture: Picture, lost: list[str], now_us: int) -> str:
    """Return who is not reported at all, and whose reports are not believed, with why."""
    unheard, said = [], []
    for name in lost:
        track = picture.aircraft.get(name)
        why = None if track is None else why_unbelieved(track, now_us)
        if why is None:
            unheard.append(name)
        else:
            said.append(f"reports of {name} are not believed: {why}")
    if unheard:
        said.insert(0, f"no report of {', '.join(unheard)} for {STALE_US // 10**6} s")
    return "; ".join(said)


def _heard(picture: Picture, aircraft: str, now_us: int) -> bool:
    known = picture.aircraft.get(aircraft)
    return known is not None and now_us - known.received_us <= STALE_US
