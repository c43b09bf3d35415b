"""Recorded traffic as a plan: two nodes, the real reports in their order, real alerts.

Whose an aircraft is says a clause of the agreement that both have adopted: a `term` with the id
`aircraft-assignment`, one part per party, "icao24 ends in LETTERS: PARTY", separated by "; ".
Nothing is sampled or interpolated; the raw reports of each five minutes go to a segment file, and
its SHA-256 to both logs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyarrow as pa

from parley.app.demo_flights import FlightPlan
from parley.app.demo_plan import LEAD_IN_US, Plan, PlannedNode
from parley.detect.encounters import Minima
from parley.node.inputs import SegmentRecorded
from parley.node.picture import TrackReport
from parley.store.files import read_recording, write_table
from parley.trust.bytes import sha256_hex
from parley.wire.traffic import COLUMNS, read_traffic
from parley.world.agreement import Agreement, Line, LineEnd, Party
from parley.world.clauses import Separation, Term
from parley.world.faults import InputFault
from parley.world.time import MICROSECONDS_PER_SECOND, format_instant
from parley.world.track import Track

ASSIGNMENT = "aircraft-assignment"
WITHIN_S = 1200.0
"""Without a stated end: the first twenty minutes."""
STEP_US = MICROSECONDS_PER_SECOND
"""Reports of one second are given together, at its end."""
SEGMENT_US = 300 * MICROSECONDS_PER_SECOND
_PART = re.compile(r"icao24 ends in (?P<letters>[0-9a-f]+): (?P<party>\S+)\Z")
_PARTIES = (("EVEN", "02468ace"), ("ODD", "13579bdf"))
_AGREEMENT = "AGR-RECORDING"


@dataclass(frozen=True, slots=True)
class Segment:
    """Raw reports from one instant up to another."""

    from_us: int
    to_us: int
    reports: tuple[TrackReport, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The plan of a recording, its raw reports in segments, and in words what it is."""

    plan: Plan
    segments: tuple[Segment, ...]
    told: str


def recording_agreement(minima: Minima) -> Agreement:
    """Return the agreement of the two parties of a recording: minima, and whose an aircraft is."""
    parts = [f"icao24 ends in {letters}: {party}" for party, letters in _PARTIES]
    post = "air-desk"
    return Agreement(
        id=_AGREEMENT,
        title="Separation of recorded traffic between two parties (demonstration)",
        parties=tuple(
            Party(id=party, name=f"aircraft with an {party.lower()} icao24", posts=(post,))
            for party, _ in _PARTIES
        ),
        lines=(
            Line(id="LINE", ends=tuple(LineEnd(party=party, post=post) for party, _ in _PARTIES)),
        ),
        clauses=(
            Separation(
                id="S1", horizontal_m=minima.horizontal_m, vertical_m=minima.vertical_m, joined="or"
            ),
            Term(id=ASSIGNMENT, text="; ".join(parts), source="parley demo --recording"),
        ),
    )


def assignment_of(agreement: Agreement) -> dict[str, str]:
    """Return which party an aircraft belongs to, by the last letter of its icao24.

    Raises:
        InputFault: the agreement has no such clause, or one that is not understood.
    """
    term = next((c for c in agreement.clauses if c.id == ASSIGNMENT), None)
    if not isinstance(term, Term):
        raise InputFault(f"agreement {agreement.id}", wanted=f"a term {ASSIGNMENT}")
    found: dict[str, str] = {}
    for part in term.text.split("; "):
        match = _PART.match(part)
        if match is None or match["party"] not in {party.id for party in agreement.parties}:
            wanted = "icao24 ends in LETTERS: PARTY"
            raise InputFault(f"clause {ASSIGNMENT}", value=part, wanted=wanted)
        found.update(dict.fromkeys(match["letters"], match["party"]))
    return found


def plan_recordings(
    files: Sequence[Path],
    minima: Minima,
    *,
    from_us: int | None = None,
    to_us: int | None = None,
    within_s: float | None = None,
) -> Recorded:
    """Return the plan of recorded traffic.

    Args:
        files: recordings with the columns of the `traffic` library.
        minima: what the two parties have agreed.
        from_us: the first instant; without it that of the first report.
        to_us: the last instant.
        within_s: how long; 20 minutes where neither this nor `to_us` is given.

    Raises:
        InputFault: a recording that cannot be used, or without a report in that time.
    """
    tables = [(str(file), read_recording(file, COLUMNS)) for file in files]
    traffic = read_traffic(tables)
    agreement = recording_agreement(minima)
    begin_us = from_us if from_us is not None else _first_us(traffic.tracks)
    if to_us is None or within_s is not None:
        within_us = round((within_s or WITHIN_S) * MICROSECONDS_PER_SECOND)
        to_us = min(begin_us + within_us, to_us or begin_us + within_us)
    reports = sorted(
        _reports(traffic.tracks, assignment_of(agreement), begin_us, to_us),
        key=lambda report: (report.at_us, report.aircraft),
    )
    if not reports:
        raise InputFault(
            "recording", value="no report", wanted=f"some from {format_instant(begin_us)} on"
        )
    by_instant: dict[int, list[TrackReport]] = {}
    for report in reports:
        by_instant.setdefault(-(-report.at_us // STEP_US) * STEP_US, []).append(report)
    instants = tuple(by_instant)
    plan = Plan(
        scenario=", ".join(file.name for file in files),
        nodes=tuple(_node(agreement, party.id) for party in agreement.parties),
        agreements=(agreement,),
        cues=(),
        flights=FlightPlan(
            concerned=tuple(party.id for party in agreement.parties),
            instants=instants,
            reports={at_us: tuple(each) for at_us, each in by_instant.items()},
        ),
        begins_us=instants[0] - LEAD_IN_US // 60,
        ends_us=instants[-1] + LEAD_IN_US // 60,
        near=((instants[0], instants[-1]),),
    )
    aircraft = len({report.aircraft for report in reports})
    span = f"{format_instant(reports[0].at_us)} to {format_instant(reports[-1].at_us)}"
    told = (
        f"{len(reports)} real reports of {aircraft} aircraft, {span}; {agreement.clauses[1].text}"
    )
    return Recorded(plan=plan, segments=tuple(_segments(reports)), told=told)


def _first_us(tracks: Sequence[Track]) -> int:
    if not tracks:
        raise InputFault("recording", value="no report that can be used", wanted="some traffic")
    return min(int(track.t_us[0]) for track in tracks)


def _node(agreement: Agreement, party_id: str) -> PlannedNode:
    party = agreement.party(party_id)
    return PlannedNode(
        party=party_id,
        name=party.name,
        posts=party.posts,
        agreements=(agreement.id,),
        peers=tuple(other.id for other in agreement.parties if other.id != party_id),
    )


def _reports(
    tracks: Sequence[Track], owners: dict[str, str], from_us: int, to_us: int
) -> Iterator[TrackReport]:
    for track in tracks:
        for row in range(len(track)):
            at_us = int(track.t_us[row])
            if from_us <= at_us <= to_us:
                yield TrackReport(
                    aircraft=track.id,
                    at_us=at_us,
                    lat_deg=float(track.lat_deg[row]),
                    lon_deg=float(track.lon_deg[row]),
                    altitude_m=float(track.alt_m[row]),
                    altitude_reference=track.alt_reference,
                    party=owners.get(track.id[-1:]),
                )


def _segments(reports: Sequence[TrackReport]) -> Iterator[Segment]:
    """Yield the reports in pieces of `SEGMENT_US`, in order; none is empty."""
    begin_us = reports[0].at_us
    part: list[TrackReport] = []
    for report in reports:
        if report.at_us >= begin_us + SEGMENT_US:
            yield Segment(begin_us, part[-1].at_us, tuple(part))
            begin_us, part = report.at_us, []
        part.append(report)
    yield Segment(begin_us, part[-1].at_us, tuple(part))


def write_segments(recorded: Recorded, top: Path) -> tuple[tuple[int, str, SegmentRecorded], ...]:
    """Return what each node is told of the segments, after writing them to files.

    Each file stands once, in `segments/` beside the folders of the nodes: both were given the same
    reports.
    """
    folder = top / "segments"
    folder.mkdir(mode=0o700, parents=True)
    found = []
    for number, segment in enumerate(recorded.segments, 1):
        path = folder / f"{number:04d}.parquet"
        write_table(path, _table(segment.reports))
        data = path.read_bytes()
        at_us = -(-segment.to_us // STEP_US) * STEP_US
        found += [
            (
                at_us,
                node.party,
                SegmentRecorded(
                    agreement=_AGREEMENT,
                    sha256=sha256_hex(data),
                    size_bytes=len(data),
                    reports=len(segment.reports),
                    from_us=segment.from_us,
                    to_us=segment.to_us,
                ),
            )
            for node in recorded.plan.nodes
        ]
    return tuple(found)


def _table(reports: Sequence[TrackReport]) -> pa.Table:
    names = [each.name for each in msgspec.structs.fields(TrackReport)]
    return pa.table({name: [getattr(report, name) for report in reports] for name in names})
