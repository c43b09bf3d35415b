"""How near parties fly to lines: margins in continuous time, per line and party, and by week (S46).

Rules:
- A margin is the signed distance to the line in force then: positive on the party's own side,
  negative beyond it. Whose side is whose comes from a clause, or is said to come from where the
  party flew longest; nothing here says why anybody flew there.
- All figures are weighted by time, not by reports: a party that reports twice as often is no nearer
  to anything. Where nothing was reported nothing is counted.
- What the uncertainty of line and track leaves open is counted apart, as is the time beyond the
  line's ends, where there is no side. Crossings are counted with hysteresis, flaps beside them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from parley.detect.crossing import Path, planar_path
from parley.world.agreement import Agreement
from parley.world.boundary import Boundary, boundary_in_force, side_of
from parley.world.clauses import BoundaryRule, StandOff
from parley.world.faults import InputFault
from parley.world.geo import UNDECIDED, Position, wrapped_longitude_deg
from parley.world.line_search import nearest_on_line
from parley.world.time import datetime_from_us, format_instant
from parley.world.track import Track

Floats = NDArray[np.float64]
Side = Literal["left", "right"]
Progress = Callable[[int, int], None]
NOBODY = "nobody"
ALL_WEEKS = "all"
SAMPLES_MAX = 20_000_000
_FINE_ROUNDS = 40


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """How margins are taken.

    Attributes:
        step_s: a track is looked at this often between its reports.
        max_gap_s: reports further apart are not joined: nobody knows where it was.
        near_m: what counts as near the line.
        track_uncertainty_m: of the tracks; that of the line is added.
        hysteresis_m: beyond all uncertainty by so much is a crossing.
        dwell_s: and for so long.
        period: what a row is of, beside the one of all time: a week (ISO) or a day, UTC.
    """

    step_s: float = 10.0
    max_gap_s: float = 600.0
    near_m: float = 5_000.0
    track_uncertainty_m: float = 0.0
    hysteresis_m: float = 250.0
    dwell_s: float = 5.0
    period: Literal["week", "day"] = "week"

    def period_of(self, at_us: int) -> str:
        """Return the name of the week or day of an instant."""
        return week_of(at_us) if self.period == "week" else format_instant(at_us)[:10]

    def __post_init__(self) -> None:
        for name in ("step_s", "max_gap_s", "near_m"):
            value = getattr(self, name)
            if not (value > 0.0 and math.isfinite(value)):
                raise InputFault(f"margins {name}", value=value, wanted="above 0")
        for name in ("track_uncertainty_m", "hysteresis_m", "dwell_s"):
            value = getattr(self, name)
            if not (value >= 0.0 and math.isfinite(value)):
                raise InputFault(f"margins {name}", value=value, wanted="0 or more")


class MarginRow(msgspec.Struct, frozen=True, kw_only=True):
    """The margins of one party to one line in one week (or day: `Watched.period`), or in all.

    `p1_m`, `p5_m`, `p50_m`: so much of the decided or undecided time the margin was less; None
    where there was none. `near_s`: time within `near_m`; it lies between `near_least_s` and
    `near_most_s` whatever the uncertainty did. `flaps`: changes of side as drawn from one
    sample to the next, whatever they were worth. `near_longest_s`: the longest that one flight
    was near without a break, and which; of the period in which that began.
    """

    line: str
    versions: tuple[int, ...]
    party: str
    week: str
    side: Side
    side_from: str
    tracks: int
    flight_h: float
    p1_m: float | None
    p5_m: float | None
    p50_m: float | None
    least_m: float | None
    least_track: str
    least_at_us: int | None
    near_m: float
    near_s: float
    near_least_s: float
    near_most_s: float
    crossings: int
    flaps: int
    crossings_per_h: float | None
    undecided_s: float
    beyond_ends_s: float
    uncertainty_m: float
    near_longest_s: float = 0.0
    near_longest_track: str = ""


class MarginStudy(msgspec.Struct, frozen=True, kw_only=True):
    """The rows, and what was not watched."""

    rows: tuple[MarginRow, ...]
    gaps: int
    outside_s: float
    """Flight time while no version of the line was in force."""


@dataclass(slots=True)
class _Columns:
    """What was sampled of one party and line: one place per sample."""

    week: list[str] = field(default_factory=list)
    left_m: list[float] = field(default_factory=list)
    weight_s: list[float] = field(default_factory=list)
    doubt_m: list[float] = field(default_factory=list)
    decided: list[bool] = field(default_factory=list)
    ends: list[bool] = field(default_factory=list)
    at_us: list[int] = field(default_factory=list)
    track: list[str] = field(default_factory=list)
    crossed: list[tuple[str, Side]] = field(default_factory=list)
    flapped: list[str] = field(default_factory=list)
    versions: set[int] = field(default_factory=set)
    edges: list[tuple[str, str, int, float]] = field(default_factory=list)
    near_runs: dict[tuple[str, str], float] = field(default_factory=dict)
    """The longest without a break, by the period in which it began and the track."""
    _run: tuple[str, float] = ("", 0.0)

    def take_near(
        self, track: str, week: str, weight_s: float, *, near: bool, goes_on: bool
    ) -> None:
        """Take a sample in for the time that one track is near the line without a break."""
        began, near_s = self._run if goes_on else ("", 0.0)
        self._run = (began if near_s else week, near_s + weight_s) if near else ("", 0.0)
        if near:
            run = (self._run[0], track)
            self.near_runs[run] = max(self._run[1], self.near_runs.get(run, 0.0))


def week_of(at_us: int) -> str:
    """Return the ISO week of an instant, UTC.

    >>> week_of(1_497_787_200_000_000)
    '2017-W24'
    """
    year, week, _ = datetime_from_us(at_us).isocalendar()
    return f"{year}-W{week:02d}"


def margins(
    tracks: Sequence[Track],
    lines: Iterable[Boundary],
    how: Watched,
    own_side: Mapping[tuple[str, str], tuple[Side, str]] | None = None,
    progress: Progress | None = None,
) -> MarginStudy:
    """Return one row per line, party and week, and one for all weeks, sorted so.

    Args:
        tracks: any number; those of nobody are one party, `nobody`.
        lines: all versions of each; the newest in force at each instant counts.
        how: how it is looked at.
        own_side: by line and party, the side on which it keeps and the clause that says so.
        progress: told how much is done, and how much there is.

    Raises:
        InputFault: more samples than fit, versions that do not go together.
    """
    versions: dict[str, list[Boundary]] = {}
    for line in lines:
        versions.setdefault(line.id, []).append(line)
    flown_s = sum(_flown_s(track, how.max_gap_s) for track in tracks)
    if flown_s / how.step_s * max(1, len(versions)) > SAMPLES_MAX:
        wanted = f"a step of {math.ceil(flown_s * len(versions) / SAMPLES_MAX)} s or more"
        raise InputFault("margins step_s", value=how.step_s, wanted=wanted)
    found: dict[tuple[str, str], _Columns] = {}
    outside_s, gaps, done = 0.0, 0, 0
    for track in tracks:
        path = planar_path(track)
        gaps += int(np.count_nonzero(np.diff(track.t_us) > how.max_gap_s * 1e6))
        for name, known in sorted(versions.items()):
            columns = found.setdefault((name, track.party or NOBODY), _Columns())
            outside_s += _sampled_outside_s(track, path, known, how, columns)
            done += 1
            if progress is not None:
                progress(done, len(tracks) * len(versions))
    sides = own_side or {}
    rows = [
        row
        for (line, party), columns in sorted(found.items())
        if columns.left_m
        for row in _rows(line, party, columns, how, sides.get((line, party)))
    ]
    return MarginStudy(rows=tuple(rows), gaps=gaps, outside_s=outside_s)


def sides_by_clause(agreements: Iterable[Agreement]) -> dict[tuple[str, str], tuple[Side, str]]:
    """Return, by line and party, the side on which a clause keeps it, and which clause.

    Only clauses that name a side and its parties; where two say differently, neither is taken: a
    contradiction is no side.
    """
    found: dict[tuple[str, str], tuple[Side, str]] = {}
    dropped: set[tuple[str, str]] = set()
    for agreement in agreements:
        for clause in agreement.clauses:
            if not isinstance(clause, BoundaryRule | StandOff) or not clause.side:
                continue
            for party in clause.applies_to.parties:
                name = (clause.boundary, party)
                if name in found and found[name][0] != clause.side:
                    dropped.add(name)
                found.setdefault(name, (clause.side, f"clause {clause.id} of {agreement.id}"))
    return {name: side for name, side in found.items() if name not in dropped}


def _flown_s(track: Track, max_gap_s: float) -> float:
    spans_s = np.diff(track.t_us) / 1e6
    return float(spans_s[spans_s <= max_gap_s].sum())


def _instants(track: Track, how: Watched) -> Iterator[tuple[float, float, bool]]:
    """Yield the middle of each step of each leg, how long it stands for, and if a gap is before."""
    broken = True
    for from_us, to_us in zip(track.t_us[:-1].tolist(), track.t_us[1:].tolist(), strict=True):
        span_us = to_us - from_us
        if span_us > how.max_gap_s * 1e6:
            broken = True
            continue
        steps = max(1, math.ceil(span_us / (how.step_s * 1e6)))
        for k in range(steps):
            yield from_us + (k + 0.5) * span_us / steps, span_us / steps / 1e6, broken
            broken = False


def _at(path: Path, at_us: float) -> Position:
    """Return where a path is; longitudes run on in it, and are brought back."""
    lon_deg = float(np.interp(at_us, path.t_us, path.lon_deg))
    return Position(
        lat_deg=float(np.interp(at_us, path.t_us, path.lat_deg)),
        lon_deg=wrapped_longitude_deg(lon_deg),
    )


def _left_m(line: Boundary, position: Position) -> float:
    """Return the distance to the line, positive on its left."""
    foot = nearest_on_line(position, line.line)
    return foot.distance_m if foot.side == "left" else -foot.distance_m


def _sampled_outside_s(
    track: Track, path: Path, known: list[Boundary], how: Watched, columns: _Columns
) -> float:
    """Take one track's samples against one line; return for how long no version was in force."""
    outside_s = 0.0
    settled, version = _Settled(how), 0
    nearest: tuple[float, float, Boundary] | None = None
    for at_us, weight_s, broken in _instants(track, how):
        line = boundary_in_force(known, round(at_us))
        if line is None:
            outside_s += weight_s
            columns.take_near(track.id, "", 0.0, near=False, goes_on=False)
            continue
        if broken or line.version != version:
            settled, version = _Settled(how), line.version
        columns.versions.add(line.version)
        position, week = _at(path, at_us), how.period_of(round(at_us))
        left_m = _left_m(line, position)
        answer = side_of(line, position, how.track_uncertainty_m)
        beyond = "; beyond the" in answer.because
        near = not beyond and abs(left_m) < how.near_m
        columns.take_near(track.id, week, weight_s, near=near, goes_on=not broken)
        columns.week.append(week)
        columns.left_m.append(left_m)
        columns.weight_s.append(weight_s)
        columns.doubt_m.append(line.uncertainty_m + how.track_uncertainty_m)
        columns.decided.append(answer.decided != UNDECIDED)
        columns.ends.append(beyond)
        columns.at_us.append(round(at_us))
        columns.track.append(track.id)
        settled.look(line, position, answer.decided, left_m, at_us, beyond=beyond)
        columns.crossed += [(week, side) for side in settled.taken()]
        columns.flapped += [week] * settled.flapped()
        if not beyond and (nearest is None or abs(left_m) < abs(nearest[1])):
            nearest = (at_us, left_m, line)
    if nearest is not None:
        at_us, left_m, line = nearest
        at_us, least_m = _finer(path, line, at_us, how.step_s * 1e6, track)
        side_m = math.copysign(least_m, left_m)
        columns.edges.append((how.period_of(round(at_us)), track.id, round(at_us), side_m))
    return outside_s


def _finer(
    path: Path, line: Boundary, at_us: float, span_us: float, track: Track
) -> tuple[float, float]:
    """Return the least distance to a line around an instant, to a metre, and when it was."""
    low_us = max(at_us - span_us, float(track.t_us[0]))
    high_us = min(at_us + span_us, float(track.t_us[-1]))
    for _ in range(_FINE_ROUNDS):
        third_us = (high_us - low_us) / 3.0
        one, two = (abs(_left_m(line, _at(path, us))) for us in
                    (low_us + third_us, high_us - third_us))  # fmt: skip
        low_us, high_us = (
            (low_us, high_us - third_us) if one < two else (low_us + third_us, high_us)
        )
        if high_us - low_us < 1_000.0:
            break
    middle_us = (low_us + high_us) / 2.0
    return middle_us, abs(_left_m(line, _at(path, middle_us)))


class _Settled:
    """The side on which a track is for good, as `node.rules.crossings` settles it live."""

    def __init__(self, how: Watched) -> None:
        self._how = how
        self._standing = ""
        self._fresh: tuple[str, float] | None = None
        self._drawn = ""
        self._taken: list[Side] = []
        self._flapped = 0

    def look(
        self,
        line: Boundary,
        position: Position,
        decided: str,
        left_m: float,
        at_us: float,
        *,
        beyond: bool,
    ) -> None:
        """Take one sample in."""
        drawn = "" if beyond else "left" if left_m >= 0.0 else "right"
        if drawn and self._drawn and drawn != self._drawn:
            self._flapped += 1
        self._drawn = drawn or self._drawn
        if decided == self._standing:
            self._fresh = None
            return
        if decided == UNDECIDED:
            return
        if not self._standing:
            self._standing = decided
            return
        beyond_m = self._how.track_uncertainty_m + self._how.hysteresis_m
        if side_of(line, position, beyond_m).decided == UNDECIDED:
            return
        if self._fresh is None or self._fresh[0] != decided:
            self._fresh = (decided, at_us)
        elif at_us - self._fresh[1] >= self._how.dwell_s * 1e6:
            self._standing, self._fresh = decided, None
            self._taken.append("left" if decided == "left" else "right")

    def taken(self) -> list[Side]:
        """Return the sides newly settled on since the last question."""
        found, self._taken = self._taken, []
        return found

    def flapped(self) -> int:
        """Return how often the side as drawn has changed since the last question."""
        found, self._flapped = self._flapped, 0
        return found


def _rows(
    line: str,
    party: str,
    columns: _Columns,
    how: Watched,
    stated: tuple[Side, str] | None,
) -> Iterator[MarginRow]:
    left_m, weight_s = np.array(columns.left_m), np.array(columns.weight_s)
    ends = np.array(columns.ends)
    side: Side
    if stated is not None:
        side, side_from = stated
    else:
        on_left_s = float(weight_s[(left_m >= 0.0) & ~ends].sum())
        side = "left" if on_left_s * 2.0 >= float(weight_s[~ends].sum()) else "right"
        side_from = "where it flew longest"
    weeks = np.array(columns.week)
    for week in (ALL_WEEKS, *sorted(set(columns.week))):
        of_week = np.ones(len(weeks), dtype=np.bool_) if week == ALL_WEEKS else weeks == week
        yield _row(line, party, columns, how, (side, side_from), week, of_week)


def _row(
    line: str,
    party: str,
    columns: _Columns,
    how: Watched,
    side: tuple[Side, str],
    week: str,
    chosen: NDArray[np.bool_],
) -> MarginRow:
    sign = 1.0 if side[0] == "left" else -1.0
    margin_m = sign * np.array(columns.left_m)[chosen]
    weight_s = np.array(columns.weight_s)[chosen]
    doubt_m = np.array(columns.doubt_m)[chosen]
    ends = np.array(columns.ends)[chosen]
    decided = np.array(columns.decided)[chosen]
    near = np.abs(margin_m)
    edges = [
        (sign * left_m, at_us, track)
        for in_week, track, at_us, left_m in columns.edges
        if week in (ALL_WEEKS, in_week)
    ]
    held = [
        (float(margin_m[k]), int(np.array(columns.at_us)[chosen][k]),
         columns.track[int(np.flatnonzero(chosen)[k])])
        for k in ([int(np.argmin(np.where(ends, np.inf, margin_m)))] if (~ends).any() else [])
    ]  # fmt: skip
    least = min((*edges, *held), default=None)
    runs = [
        (near_s, name)
        for (began, name), near_s in sorted(columns.near_runs.items())
        if week in (ALL_WEEKS, began)
    ]
    near_longest = max(runs, default=(0.0, ""))
    flight_h = float(weight_s.sum()) / 3600.0
    crossed = sum(week in (ALL_WEEKS, in_week) for in_week, _ in columns.crossed)
    quantiles = [
        weighted_quantile_m(margin_m[~ends], weight_s[~ends], q) for q in (0.01, 0.05, 0.5)
    ]
    return MarginRow(
        line=line,
        versions=tuple(sorted(columns.versions)),
        party=party,
        week=week,
        side=side[0],
        side_from=side[1],
        tracks=len({columns.track[k] for k in np.flatnonzero(chosen)}),
        flight_h=flight_h,
        p1_m=quantiles[0],
        p5_m=quantiles[1],
        p50_m=quantiles[2],
        least_m=least[0] if least else None,
        least_track=least[2] if least else "",
        least_at_us=least[1] if least else None,
        near_m=how.near_m,
        near_s=float(weight_s[~ends & (near < how.near_m)].sum()),
        near_least_s=float(weight_s[~ends & (near + doubt_m < how.near_m)].sum()),
        near_most_s=float(weight_s[ends | (near - doubt_m < how.near_m)].sum()),
        crossings=crossed,
        flaps=sum(week in (ALL_WEEKS, in_week) for in_week in columns.flapped),
        crossings_per_h=crossed / flight_h if flight_h > 0.0 else None,
        undecided_s=float(weight_s[~decided & ~ends].sum()),
        beyond_ends_s=float(weight_s[ends].sum()),
        uncertainty_m=float(doubt_m.max()),
        near_longest_s=near_longest[0],
        near_longest_track=near_longest[1],
    )


def weighted_quantile_m(values: Floats, weights: Floats, share: float) -> float | None:
    """Return the least value that at least `share` of the weight is at or below; None of none.

    >>> weighted_quantile_m(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), 0.5)
    2.0
    """
    if not len(values):
        return None
    order = np.argsort(values, kind="stable")
    summed = np.cumsum(weights[order])
    place = int(np.searchsorted(summed, share * summed[-1] * (1.0 - 1e-12)))
    return float(values[order][min(place, len(values) - 1)])


def margin_document(row: MarginRow) -> dict[str, object]:
    """Return a row with instants as text and metres and seconds to a tenth."""

    def rounded(value: float | None, digits: int = 1) -> object:
        return None if value is None else round(value, digits)

    return {
        "line": row.line,
        "versions": " ".join(map(str, row.versions)),
        "party": row.party,
        "week": row.week,
        "side": row.side,
        "side_from": row.side_from,
        "tracks": row.tracks,
        "flight_h": round(row.flight_h, 4),
        "p1_m": rounded(row.p1_m),
        "p5_m": rounded(row.p5_m),
        "p50_m": rounded(row.p50_m),
        "least_m": rounded(row.least_m),
        "least_track": row.least_track,
        "least_at": None if row.least_at_us is None else format_instant(row.least_at_us),
        "near_m": row.near_m,
        "near_s": rounded(row.near_s),
        "near_least_s": rounded(row.near_least_s),
        "near_most_s": rounded(row.near_most_s),
        "crossings": row.crossings,
        "flaps": row.flaps,
        "crossings_per_h": rounded(row.crossings_per_h, 4),
        "undecided_s": rounded(row.undecided_s),
        "beyond_ends_s": rounded(row.beyond_ends_s),
        "uncertainty_m": rounded(row.uncertainty_m),
        "near_longest_s": rounded(row.near_longest_s),
        "near_longest_track": row.near_longest_track,
    }
