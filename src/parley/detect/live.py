"""The live picture as columns: one new state against all others, without redoing the rest.

Here: states of many aircraft, each at its own time, kept by name; which pairs of them lose
separation, as seen from one instant. Never here: reports and whether they are believed, parties,
alerts. `live_plain` is the slow twin: it answers by `prediction` on all of them.

The definition is that of `prediction`: the answer at `now` is what `predict_pairs` says of all
states brought to `now` along their geodesics. Besides:

- A state older than `STALE_S` is not predicted: further ahead would be a guess. One from the future
  (a clock ahead of ours) is taken as of now, never flown backwards.
- Heights with two references are not compared. A pair that comes inside horizontally is listed as
  undecided, never passed over.
- A pair is named smaller id first, and the answers are sorted: neither the order in which states
  came nor the row in which they lie shows in them. The kernel's formulas are odd or even in the
  order of the two, so that both aircraft of a pair get the same bits.

How: every state lies as ECEF place and velocity at its own time, so that nothing is moved when time
goes on. One pass over all of them keeps those that can be reached (speed times lookahead: about
a nanosecond each, one branch-free loop in order of memory: 20 microseconds for 20,000; a grid would
look at fewer and pay for keeping itself up). What a bound on height, closest approach and bend
leaves gets the exact test.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parley.detect.legs import SPEED_MAX_MPS, WGS84_A_M, WGS84_F
from parley.detect.minima_table import GROUPS_MAX, MinimaPlane, MinimaTable
from parley.detect.prediction import PREDICTION
from parley.detect.states import ALTITUDE_MAX_M, LOOKAHEAD_MAX_S, SLICE_S, States, arc_m
from parley.world.faults import InputFault

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Three = tuple[float, float, float]
_State = tuple[float, float, float, float, float, float]
_Kept = tuple[str, str, int, list[float]]
Number = TypeVar("Number", np.float64, np.float32, np.int64)

STALE_S = 60.0
"""A state older than this is not predicted: coasting further would be a guess."""
CAPACITY_MAX = 1_000_000
"""Rows of one picture: 200 bytes each; a scan of so many takes milliseconds, and works."""
CONFLICTS_KEPT_MAX = 200_000
"""Losses listed in one answer (30 MB); those beyond are counted by aircraft, never left unsaid."""
US_PER_S = 1e6

_ECCENTRICITY_SQUARED = WGS84_F * (2.0 - WGS84_F)
_FIRST_ROWS = 64
_FIRST_FOUND = 256


@dataclass(frozen=True, slots=True, eq=False)
class LiveMinima:
    """The minima by rule and by the groups of the two aircraft: (rules, 2, groups, groups).

    Made once when agreements change, used for every report. A minimum of 0 binds nothing.
    `plane` says which rule a row of the tables belongs to; `widest_m` is the widest of each group.
    """

    table_m: Floats
    plane: Ints
    widest_m: Floats

    @staticmethod
    def of(planes: Iterable[tuple[ArrayLike, ArrayLike]]) -> LiveMinima:
        """Return the minima of rules, each a horizontal and a vertical one: numbers or tables.

        Raises:
            InputFault: no rule, a table that is not square and symmetric, a minimum out of range.

        >>> LiveMinima.of([(9260.0, 304.8)]).table_m.shape
        (1, 2, 1, 1)
        """
        rules = tuple(
            MinimaPlane(np.atleast_2d(np.asarray(h, float)), np.atleast_2d(np.asarray(v, float)))
            for h, v in planes
        )
        return LiveMinima.of_table(MinimaTable(np.zeros(0, dtype=np.int64), rules))

    @staticmethod
    def of_table(table: MinimaTable) -> LiveMinima:
        """Return the rules of a table, of which the groups are those that states are put with."""
        limbs = table.limbs()
        table_m = np.ascontiguousarray(np.stack((limbs.radius_m, limbs.half_height_m), axis=1))
        binding = (limbs.radius_m > 0.0) & (limbs.half_height_m > 0.0)
        widest_m = np.where(binding, limbs.radius_m, 0.0).max(axis=(0, 2))
        for each in (table_m, widest_m):
            each.flags.writeable = False
        return LiveMinima(table_m, limbs.plane, widest_m)

    @property
    def groups(self) -> int:
        """How many groups of aircraft the tables tell apart."""
        return int(self.table_m.shape[2])


@dataclass(frozen=True, slots=True, eq=False)
class LiveConflicts:
    """The losses of separation found, sorted by pair and rule; times are seconds from `now`.

    `rows` are as `predict_pairs` gives them, `a` and `b` indexing `ids`; `rule` says by which rule.
    One that needs both distances is two limbs and may stand twice, the sooner loss first.
    `undecided`: pairs that come inside horizontally while their heights have two references.
    `left_out`: by aircraft, how many losses are beyond `CONFLICTS_KEPT_MAX`.
    """

    ids: tuple[str, ...]
    rows: NDArray[np.void]
    rule: Ints
    undecided: tuple[tuple[str, str], ...]
    left_out: dict[str, int]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The pairs of `rows`, smaller id first."""
        return tuple(
            (self.ids[a], self.ids[b])
            for a, b in zip(self.rows["a"].tolist(), self.rows["b"].tolist(), strict=True)
        )


_NOTHING = LiveConflicts(
    (), np.empty(0, dtype=PREDICTION), np.empty(0, dtype=np.int64), (), {}
)  # fmt: skip


class LivePicture:
    """States of up to `capacity` aircraft by name, and the losses of separation among them.

    >>> live = LivePicture()
    >>> live.put("A", 0, (0.0, 0.0, 9000.0), (250.0, 0.0, 0.0))
    >>> live.put("B", 0, (0.0, 0.538985, 9000.0), (-250.0, 0.0, 0.0))
    >>> found = live.conflicts_of("B", LiveMinima.of([(9260.0, 304.8)]), 300.0, 0)
    >>> found.pairs, round(float(found.rows["loss_s"][0]), 1)
    ((('A', 'B'),), 101.5)
    """

    def __init__(self, capacity: int = 20_000, stale_s: float = STALE_S) -> None:
        if not 0 < capacity <= CAPACITY_MAX:
            raise InputFault("capacity", value=capacity, wanted=f"1 to {CAPACITY_MAX} aircraft")
        if not 0.0 < stale_s <= LOOKAHEAD_MAX_S:
            wanted = f"more than 0 and at most {LOOKAHEAD_MAX_S:.0f}"
            raise InputFault("stale age in seconds", value=stale_s, wanted=wanted)
        self.capacity = capacity
        self.stale_s = stale_s
        self._row: dict[str, int] = {}
        self._name: list[str] = []
        self._motion: Floats = np.zeros((0, 9))
        self._marks: Ints = np.zeros((0, 4), dtype=np.int64)
        self._places: NDArray[np.float32] = np.zeros((4, 0), dtype=np.float32)
        self._given: Floats = np.zeros((0, 6))
        self._scan = _Scan.of(0)
        self._group_max = 0
        self._numbers: Floats = np.empty((_FIRST_FOUND, 8))
        self._found: Ints = np.empty((_FIRST_FOUND, 3), dtype=np.int64)
        self._slices: dict[float, tuple[Floats, Floats]] = {}

    def __len__(self) -> int:
        return len(self._row)

    def __contains__(self, name: object) -> bool:
        return name in self._row

    @property
    def names(self) -> list[str]:
        """The aircraft, sorted."""
        return sorted(self._row)

    # ---- what changes it ------------------------------------------------------------------------

    def put(
        self,
        name: str,
        at_us: int,
        place: Three,
        velocity: Three,
        *,
        group: int | None = None,
        datum: int = 0,
    ) -> None:
        """Take the newest state of an aircraft, in place of the one before.

        Args:
            name: of the aircraft.
            at_us: when the state was true.
            place: latitude and longitude in degrees, altitude in metres.
            velocity: to the east, to the north and up, m/s over the ellipsoid.
            group: row of the minima; None keeps the one it has, 0 at first.
            datum: a number for what the altitude refers to; two that differ are not compared.

        Raises:
            InputFault: a number out of range or not finite, or a full picture.
        """
        lat_deg, lon_deg, alt_m = place
        east_mps, north_mps, up_mps = velocity
        _check_state(name, (lat_deg, lon_deg, alt_m, east_mps, north_mps, up_mps))
        row = self._row.get(name)
        if row is None:
            row = self._new_row(name)
        flown = _flown(east_mps, north_mps, up_mps)
        x_m, y_m, z_m, vx_mps, vy_mps, vz_mps = _ecef(
            lat_deg, lon_deg, *((east_mps, north_mps) if flown else (0.0, 0.0))
        )
        speed_mps = math.sqrt(vx_mps * vx_mps + vy_mps * vy_mps + vz_mps * vz_mps)
        self._motion[row] = (
            x_m, y_m, z_m, vx_mps, vy_mps, vz_mps, speed_mps, alt_m, up_mps if flown else 0.0,
        )  # fmt: skip
        self._places[:, row] = (x_m, y_m, z_m, speed_mps)
        self._marks[row, 0], self._marks[row, 2], self._marks[row, 3] = at_us, datum, flown
        if group is not None:
            self._set_group(row, group)
        self._given[row] = (lat_deg, lon_deg, alt_m, east_mps, north_mps, up_mps)

    def regroup(self, name: str, group: int) -> None:
        """Say by which row of the minima an aircraft is judged from now on."""
        self._set_group(self._row_of(name), group)

    def _set_group(self, row: int, group: int) -> None:
        if not 0 <= group < GROUPS_MAX:
            raise InputFault("group", value=group, wanted=f"0 to {GROUPS_MAX - 1}")
        self._marks[row, 1] = group
        self._group_max = max(self._group_max, group)

    def drop(self, name: str) -> None:
        """Forget an aircraft; one that is not there is no error."""
        row = self._row.pop(name, None)
        if row is None:
            return
        last = len(self._name) - 1
        if row != last:
            # The last row takes the empty place: rows stay without gaps, and no answer shows it.
            self._motion[row] = self._motion[last]
            self._marks[row] = self._marks[last]
            self._places[:, row] = self._places[:, last]
            self._given[row] = self._given[last]
            self._name[row] = self._name[last]
            self._row[self._name[row]] = row
        self._name.pop()

    def _row_of(self, name: str) -> int:
        row = self._row.get(name)
        if row is None:
            raise InputFault("aircraft", value=name, wanted="one that is in the picture")
        return row

    def _new_row(self, name: str) -> int:
        row = len(self._name)
        if row >= self.capacity:
            raise InputFault("picture", value=row, wanted=f"at most {self.capacity} aircraft")
        if row >= self._motion.shape[0]:
            rows = min(max(2 * row, _FIRST_ROWS), self.capacity)
            self._motion = _widened(self._motion, rows)
            self._marks = _widened(self._marks, rows)
            self._given = _widened(self._given, rows)
            self._places = np.ascontiguousarray(_widened(self._places.T, rows).T)
            self._scan = _Scan.of(rows)
        self._marks[row] = 0
        self._name.append(name)
        self._row[name] = row
        return row

    # ---- what it answers ------------------------------------------------------------------------

    def state_at(self, name: str, now_us: int) -> States:
        """Return the one state of an aircraft, brought to an instant.

        Raises:
            InputFault: an aircraft that is not there.
        """
        return self._states([self._row_of(name)], now_us)

    def states_at(self, now_us: int) -> tuple[tuple[str, ...], States]:
        """Return the names, sorted, and the states of all that are not stale, brought to now."""
        stale_us = round(self.stale_s * US_PER_S)
        names = [n for n in self.names if now_us - int(self._marks[self._row[n], 0]) <= stale_us]
        return tuple(names), self._states([self._row[n] for n in names], now_us)

    def _states(self, rows: Sequence[int], now_us: int) -> States:
        given = self._given[list(rows)]
        age_s = np.maximum(now_us - self._marks[list(rows), 0], 0) / US_PER_S
        states = States(*(column for column in given.T))
        return states.at(np.minimum(age_s, LOOKAHEAD_MAX_S))

    def conflicts_of(
        self, name: str, minima: LiveMinima, lookahead_s: float, now_us: int
    ) -> LiveConflicts:
        """Return the losses of one aircraft with any other: an update costs this.

        Raises:
            InputFault: a lookahead out of range, a group without minima, an unknown aircraft.
        """
        return self._conflicts([self._row_of(name)], minima, lookahead_s, now_us)

    def conflicts_among(
        self, names: Iterable[str] | None, minima: LiveMinima, lookahead_s: float, now_us: int
    ) -> LiveConflicts:
        """Return the losses of every pair with at least one of the names, each pair once.

        None: of all pairs. That is a pass over everybody for each of the names, meant for those
        that are a node's own; for a whole large picture `states_at` and `prediction` do less.

        Raises:
            InputFault: as `conflicts_of`.
        """
        chosen = self.names if names is None else sorted(set(names))
        return self._conflicts([self._row_of(n) for n in chosen], minima, lookahead_s, now_us)

    def _conflicts(
        self, rows: list[int], minima: LiveMinima, lookahead_s: float, now_us: int
    ) -> LiveConflicts:
        from parley.detect import live_kernel as kernel

        times_s, nodes = self._slices_of(lookahead_s)
        if self._group_max >= minima.groups:
            # The highest ever seen may be gone, or be judged by another row by now.
            self._group_max = int(self._marks[: len(self._name), 1].max(initial=0))
        if self._group_max >= minima.groups:
            wanted = f"at most {minima.groups - 1}: a row of the minima"
            raise InputFault("group", value=self._group_max, wanted=wanted)
        looked: set[int] = set()
        listed = _Listed(self._name, minima.plane.tolist())
        for row in rows:
            while True:
                total = kernel.conflicts_of_row(
                    self._motion, self._marks, self._places, len(self._name), row, now_us,
                    self.stale_s, times_s, minima.table_m, minima.widest_m, *self._scan.room,
                    nodes, self._numbers, self._found,
                )  # fmt: skip
                if total <= self._found.shape[0]:
                    break
                # More than ever before: make room and look again. At most all pairs of one.
                self._numbers = np.empty((2 * total, 8))
                self._found = np.empty((2 * total, 3), dtype=np.int64)
            if total:
                listed.add(row, self._found[:total], self._numbers[:total], looked)
            looked.add(row)
        return listed.conflicts() if listed.kept or listed.undecided else _NOTHING

    def _slices_of(self, lookahead_s: float) -> tuple[Floats, Floats]:
        held = self._slices.get(lookahead_s)
        if held is None:
            if not 0.0 < lookahead_s <= LOOKAHEAD_MAX_S:
                wanted = f"more than 0 and at most {LOOKAHEAD_MAX_S:.0f}"
                raise InputFault("lookahead in seconds", value=lookahead_s, wanted=wanted)
            slices = math.ceil(lookahead_s / SLICE_S)
            times_s = np.minimum(SLICE_S * np.arange(slices + 1), lookahead_s)
            held = times_s, np.empty((2, slices + 1, 3))
            if len(self._slices) >= 8:
                self._slices.clear()
            self._slices[lookahead_s] = held
        return held


@dataclass(frozen=True, slots=True, eq=False)
class _Scan:
    """Room for one pass over all rows: a byte each, the same bytes by eight, and row numbers."""

    room: tuple[NDArray[np.uint8], NDArray[np.uint64], Ints]

    @staticmethod
    def of(rows: int) -> _Scan:
        """Return room for so many rows."""
        words = np.zeros(rows // 8 + 1, dtype=np.uint64)
        return _Scan((words.view(np.uint8), words, np.empty(rows + 1, dtype=np.int64)))


@dataclass(slots=True)
class _Listed:
    """What was found so far, as rows named by the aircraft; bounded by `CONFLICTS_KEPT_MAX`."""

    names: list[str]
    plane: list[int]
    kept: list[_Kept] = field(default_factory=list)
    undecided: set[tuple[str, str]] = field(default_factory=set)
    left_out: dict[str, int] = field(default_factory=dict)

    def add(self, row: int, found: Ints, numbers: Floats, looked: set[int]) -> None:
        """Add what was found of one aircraft, unless it was found of the other one before."""
        one = self.names[row]
        for (other_row, rule, compared), values in zip(
            found.tolist(), numbers.tolist(), strict=True
        ):
            if other_row in looked:
                continue
            other = self.names[other_row]
            first, second = (one, other) if one < other else (other, one)
            if not compared:
                self.undecided.add((first, second))
            elif len(self.kept) < CONFLICTS_KEPT_MAX:
                self.kept.append((first, second, self.plane[rule], values))
            else:
                self.left_out[one] = self.left_out.get(one, 0) + 1

    def conflicts(self) -> LiveConflicts:
        """Return it sorted."""
        kept = self.kept
        kept.sort()
        ids = sorted({name for each in kept for name in each[:2]})
        place = {name: index for index, name in enumerate(ids)}
        return LiveConflicts(
            ids=tuple(ids),
            rows=np.array([(place[a], place[b], *v) for a, b, _, v in kept], dtype=PREDICTION),
            rule=np.array([rule for _, _, rule, _ in kept], dtype=np.int64),
            undecided=tuple(sorted(self.undecided)),
            left_out=dict(sorted(self.left_out.items())),
        )


def motion_between(
    before: tuple[float, float, float, int], last: tuple[float, float, float, int]
) -> Three:
    """Return east, north and up speed in m/s at the second of two reports, as two numbers do it.

    The scalar form of `states.velocity_from_reports`: each report is latitude and longitude in
    degrees, altitude in metres, time in microseconds.

    Raises:
        InputFault: a second report not later than the first.

    >>> east, north, up = motion_between((0.0, 179.995, 0.0, 0), (0.0, -179.995, 50.0, 10**7))
    >>> round(east, 2), round(north, 2), up
    (111.32, 0.0, 5.0)
    """
    span_s = (last[3] - before[3]) / US_PER_S
    if not span_s > 0.0:
        raise InputFault("seconds from report 0 to report 1", value=span_s, wanted="more than 0")
    from_m = _surface_m(math.radians(before[0]), math.radians(before[1]))
    lat_rad, lon_rad = math.radians(last[0]), math.radians(last[1])
    to_m = _surface_m(lat_rad, lon_rad)
    dx, dy, dz = to_m[0] - from_m[0], to_m[1] - from_m[1], to_m[2] - from_m[2]
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    sin_lon, cos_lon = math.sin(lon_rad), math.cos(lon_rad)
    east_m = -sin_lon * dx + cos_lon * dy
    north_m = -sin_lat * cos_lon * dx - sin_lat * sin_lon * dy + cos_lat * dz
    level_m = math.sqrt(east_m * east_m + north_m * north_m)
    arc = float(arc_m(np.array([math.sqrt(dx * dx + dy * dy + dz * dz)]))[0])
    stretch = arc / (level_m if level_m > 0.0 else 1.0)
    return (
        east_m * stretch / span_s, north_m * stretch / span_s, (last[2] - before[2]) / span_s,
    )  # fmt: skip


def warm() -> None:
    """Compile the kernel (or load it from the cache) by running it once on two aircraft."""
    live = LivePicture()
    live.put("A", 0, (0.0, 0.0, 9000.0), (250.0, 0.0, 0.0))
    live.put("B", 0, (0.0, 0.5, 9000.0), (-250.0, 0.0, 0.0))
    live.conflicts_of("A", LiveMinima.of([(9260.0, 304.8)]), 300.0, 0)


def _check_state(name: str, state: _State) -> None:
    """Refuse a state with a number that is out of range; NaN fails every comparison."""
    lat_deg, lon_deg, alt_m, *speeds_mps = state
    if (
        -90.0 <= lat_deg <= 90.0
        and -180.0 <= lon_deg <= 180.0
        and -ALTITUDE_MAX_M <= alt_m <= ALTITUDE_MAX_M
        and math.isfinite(sum(map(abs, speeds_mps)))
    ):
        return
    limits = (90.0, 180.0, ALTITUDE_MAX_M, math.inf, math.inf, math.inf)
    for value, limit, what in zip(state, limits, States.__dataclass_fields__, strict=True):
        if not (-limit <= value <= limit and math.isfinite(value)):
            wanted = f"a finite number, {-limit:g} to {limit:g}"
            raise InputFault(f"{what} of {name[:64]}", value=value, wanted=wanted)


def _flown(east_mps: float, north_mps: float, up_mps: float) -> bool:
    """Whether a speed can have been flown, as `States.flown` says it."""
    if max(abs(east_mps), abs(north_mps), abs(up_mps)) > SPEED_MAX_MPS:
        return False
    return east_mps * east_mps + north_mps * north_mps <= SPEED_MAX_MPS * SPEED_MAX_MPS


def _surface_m(lat_rad: float, lon_rad: float) -> Three:
    """Return ECEF metres of a point on the ellipsoid, operation by operation as `states`."""
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    normal_m = WGS84_A_M / math.sqrt(1.0 - _ECCENTRICITY_SQUARED * sin_lat * sin_lat)
    flat_m = normal_m * cos_lat
    return (
        flat_m * math.cos(lon_rad),
        flat_m * math.sin(lon_rad),
        normal_m * (1.0 - _ECCENTRICITY_SQUARED) * sin_lat,
    )


def _ecef(
    lat_deg: float, lon_deg: float, east_mps: float, north_mps: float
) -> tuple[float, float, float, float, float, float]:
    """Return place and velocity on the ellipsoid in ECEF metres and m/s."""
    lat_rad, lon_rad = math.radians(lat_deg), math.radians(lon_deg)
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    sin_lon, cos_lon = math.sin(lon_rad), math.cos(lon_rad)
    return (
        *_surface_m(lat_rad, lon_rad),
        -sin_lon * east_mps - sin_lat * cos_lon * north_mps,
        cos_lon * east_mps - sin_lat * sin_lon * north_mps,
        cos_lat * north_mps,
    )


def _widened(table: NDArray[Number], rows: int) -> NDArray[Number]:
    wider = np.zeros((rows, table.shape[1]), dtype=table.dtype)
    wider[: table.shape[0]] = table
    return wider
