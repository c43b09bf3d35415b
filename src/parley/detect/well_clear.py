"""Well clear: the volumes of detect and avoid (DO-365, DAIDALUS), and when a pair is in them.

Here: volumes, relative motion as columns, when a violation begins and ends, whether there is one
now, closest approach and its kin. Never here: the earth (`orthographic`), levels (`alert_levels`),
parties. `well_clear_kernel` computes, `well_clear_plain` is the slow twin; `well_clear_states` is
the fast road from two state vectors.

Sources: Munoz, Narkawicz, Chamberlain, Consiglio, Upchurch, "A Family of Well-Clear Boundary Models
for the Integration of UAS in the NAS", AIAA 2014-2412; Upchurch et al., NASA/TM-2014-218280; Munoz
et al., "DAIDALUS: Detect and Avoid Alerting Logic for Unmanned Systems", DASC 2015. Derived
here from these definitions, as known from the reports (their text was not at hand); NASA's software
was not read, its output is the tests' oracle.

**Definitions.** With s and v the relative position and velocity in the plane, z and w those in
height, all constant in v and w; D = DTHR, H = ZTHR, T = TTHR:

    violation   = horizontal and vertical
    horizontal  = |s| <= D, or (s.v < 0 and DCPA <= D and time variable <= T)
    vertical    = |z| <= H, or (z w < 0 and time variable <= its threshold)
    time variables, horizontal: TCPA    -s.v / v.v           time to closest approach
                                TAUMOD  (D² - s.s) / s.v     modified tau
                                TEP     time to entry into |s| <= D
                      vertical: TCOA    -z / w               time to co-altitude
                                VMOD    (|z| - H) / |w|      vertical modified tau

Limits belong to the violation. A `strict` volume is the cylinder |s| < D and |z| < H (CD3D).

**When, horizontally.** Let c = -s.v / v.v be the time of closest approach, det = s x v, and

    e = sqrt(D² v.v - det²) / v.v        half the time that is spent within D

real exactly when DCPA <= D, since DCPA² = det² / v.v. All is symmetric about c, so it leaves D at
c + e. It comes into D at c - e, and into the volume earlier by what the time variable adds:

    TCPA     c - max(e, T)                       c - t <= T
    TEP      c - (e + T)                         (c - e) - t <= T
    TAUMOD   c - (T/2 + sqrt(T²/4 + e²))

the last because t before c, at u = c - t, has s.v = -v.v u and s.s = DCPA² + v.v u²; so modified
tau is (v.v u² - v.v e²) / (v.v u) = u - e²/u, which is at most T when u² - T u - e² <= 0. With
max(e, T) <= T/2 + sqrt(T²/4 + e²) <= e + T the three volumes lie in one another in this order.
There is no gap: each begins no later than D is reached. Without relative motion a pair stays in or
out; a pair outside D that does not come closer stays out.

**When, vertically.** Let a = z, or -z when w < 0, so that it rises by |w|. It leaves at a = H. It
enters at a = -H, or earlier: time to co-altitude is a / -|w|, so at a = -max(H, |w| TCOA); vertical
modified tau is (-a - H) / |w|, so at a = -(H + |w| VMOD).

**Vertical modified tau: what is derived, what is read off.** No report that defines it was at hand.
Derived: a time variable of the family counts only while a pair converges (elsewhere it has no
value), so |z| <= H + |w| T alone, which also holds for a pair that has passed and goes apart, would
be a wider distance and not a time. Derived too is the interval above, from the definition. Not
derivable is the definition itself. Two are natural: modified tau word for word in one dimension,
(z² - H²) / (|z| |w|), which is the horizontal one for a pair that flies straight at the other; or
the time to the threshold, (|z| - H) / |w|, to which time to entry comes there. The name says the
first. **Read off** the golden rows: it is the second, and only when converging. Of 9,996 rows with
T = 20 s it has all right; the first has 33 wrong, the second counted both ways 109, time to
co-altitude 62, no time at all 78 (`tests/detect/test_well_clear_golden.py` counts them). No DO-365
volume uses it; whoever does relies on one program's output.

A violation within [begin, end] is where both intervals and it overlap. Each is symmetric in (s, v)
and (-s, -v) bit by bit, so the two aircraft may be swapped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from parley.world.faults import InputFault

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
TimeVariable = Literal["TAUMOD", "TCPA", "TEP"]

METRES_PER_NM = 1852.0
METRES_PER_FOOT = 0.3048
LOOKAHEAD_S = 180.0
"""How far ahead the DO-365 configurations look."""
CYLINDER_LOOKAHEAD_S = 300.0
MOTION_MAX_M = 1e8
"""Nothing on the earth is further away; keeps nonsense out of the arithmetic."""
MOTION_MAX_MPS = 1e5
END_MAX_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """One well-clear volume: thresholds, time variables, where it is from.

    A threshold that is 0 s switches its time variable off. `strict` means the open cylinder; all
    other volumes hold their limits.

    Raises:
        InputFault: a threshold that is negative, not finite or beyond any sense; a strict volume
        with time variables, or both vertical ones at once, for which there is no definition.
    """

    name: str
    dthr_m: float
    zthr_m: float
    tthr_s: float = 0.0
    tcoa_s: float = 0.0
    vmod_s: float = 0.0
    horizontal: TimeVariable = "TAUMOD"
    strict: bool = False
    lookahead_s: float = LOOKAHEAD_S
    source: str = ""

    def __post_init__(self) -> None:
        for name, limit in (
            ("dthr_m", MOTION_MAX_M),
            ("zthr_m", MOTION_MAX_M),
            ("tthr_s", END_MAX_S),
            ("tcoa_s", END_MAX_S),
            ("vmod_s", END_MAX_S),
            ("lookahead_s", END_MAX_S),
        ):
            if not 0.0 <= getattr(self, name) <= limit:
                raise InputFault(
                    f"volume {self.name} {name}",
                    value=getattr(self, name),
                    wanted=f"0 to {limit:g}",
                )
        if self.horizontal not in ("TAUMOD", "TCPA", "TEP"):
            raise InputFault(
                f"volume {self.name} horizontal", value=self.horizontal, wanted="TAUMOD, TCPA, TEP"
            )
        times = (self.tthr_s, self.tcoa_s, self.vmod_s)
        if (self.strict and any(times)) or (self.tcoa_s and self.vmod_s):
            raise InputFault(
                f"volume {self.name} times",
                value=times,
                wanted="none in a strict volume, TCOA or VMOD but not both in any other",
            )


_RTCA = "RTCA DO-365"
_DTHR_M, _ZTHR_M, _TTHR_S = 0.66 * METRES_PER_NM, 450 * METRES_PER_FOOT, 35.0

PHASE1_PREVENTIVE = Volume(
    name="phase1-preventive",
    dthr_m=_DTHR_M,
    zthr_m=700 * METRES_PER_FOOT,
    tthr_s=35.0,
    source=f"{_RTCA} phase I, preventive: 0.66 NM, 700 ft, 35 s",
)
PHASE1 = Volume(
    name="phase1",
    dthr_m=_DTHR_M,
    zthr_m=_ZTHR_M,
    tthr_s=_TTHR_S,
    source=f"{_RTCA} phase I, corrective and warning: 0.66 NM, 450 ft, 35 s",
)
PHASE2 = Volume(
    name="phase2",
    dthr_m=1500 * METRES_PER_FOOT,
    zthr_m=_ZTHR_M,
    source=f"{_RTCA} phase II, terminal area: 1,500 ft, 450 ft, 0 s",
)
NONCOOPERATIVE = Volume(
    name="noncooperative",
    dthr_m=2200 * METRES_PER_FOOT,
    zthr_m=_ZTHR_M,
    source=f"{_RTCA} non-cooperative: 2,200 ft, 450 ft, 0 s",
)
BUFFERED = Volume(
    name="buffered",
    dthr_m=1.0 * METRES_PER_NM,
    zthr_m=_ZTHR_M,
    tthr_s=35.0,
    tcoa_s=20.0,
    source="NASA buffered well clear for SC-228: 1 NM, 450 ft, 35 s, TCOA 20 s",
)
PHASE1_TCPA = Volume(
    name="phase1-tcpa",
    horizontal="TCPA",
    dthr_m=_DTHR_M,
    zthr_m=_ZTHR_M,
    tthr_s=_TTHR_S,
    source="AIAA 2014-2412, TCPA for modified tau",
)
PHASE1_TEP = Volume(
    name="phase1-tep",
    horizontal="TEP",
    dthr_m=_DTHR_M,
    zthr_m=_ZTHR_M,
    tthr_s=_TTHR_S,
    source="AIAA 2014-2412, TEP for modified tau",
)
PHASE1_VMOD = Volume(
    name="phase1-vmod",
    vmod_s=20.0,
    dthr_m=_DTHR_M,
    zthr_m=_ZTHR_M,
    tthr_s=_TTHR_S,
    source="phase I with vertical modified tau 20 s; its form is read off golden data",
)
CYLINDER = Volume(
    name="cylinder-5nm",
    dthr_m=5 * METRES_PER_NM,
    zthr_m=1000 * METRES_PER_FOOT,
    strict=True,
    lookahead_s=CYLINDER_LOOKAHEAD_S,
    source="ICAO Doc 4444, en route: 5 NM, 1,000 ft; strictly inside (CD3D)",
)

VOLUMES: dict[str, Volume] = {
    volume.name: volume
    for volume in (
        PHASE1_PREVENTIVE, PHASE1, PHASE2, NONCOOPERATIVE, BUFFERED,
        PHASE1_TCPA, PHASE1_TEP, PHASE1_VMOD, CYLINDER,
    )
}  # fmt: skip
"""All named volumes; docs/well-clear.md has them as a table."""


@dataclass(frozen=True, slots=True, eq=False)
class Motions:
    """Relative motion of many pairs, one row each: intruder minus ownship, in one flat frame.

    Raises:
        InputFault: columns of different lengths, or a number that is not finite or larger than
        anything on the earth (`MOTION_MAX_M`, `MOTION_MAX_MPS`); the column and row are named.
    """

    east_m: Floats
    north_m: Floats
    up_m: Floats
    east_mps: Floats
    north_mps: Floats
    up_mps: Floats

    def __post_init__(self) -> None:
        from parley.detect import well_clear_kernel as kernel

        rows = -1
        for field in fields(self):
            column = np.array(getattr(self, field.name), dtype=np.float64, order="C")
            rows = column.shape[0] if column.ndim == 1 and rows < 0 else rows
            if column.shape != (rows,):
                raise InputFault(
                    f"motions {field.name}", value=column.shape, wanted=f"one column of {rows} rows"
                )
            limit = MOTION_MAX_MPS if field.name.endswith("_mps") else MOTION_MAX_M
            row = kernel.first_beyond(column, limit)
            if row >= 0:
                raise InputFault(
                    f"motions {field.name} row {row}",
                    value=float(column[row]),
                    wanted=f"a finite number, {-limit:g} to {limit:g}",
                )
            column.flags.writeable = False
            # The one moment at which a frozen record is normalised: before anyone has seen it.
            object.__setattr__(self, field.name, column)

    def __len__(self) -> int:
        return int(self.east_m.shape[0])

    @property
    def columns(self) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
        """The six columns, places before speeds."""
        return (
            self.east_m, self.north_m, self.up_m,
            self.east_mps, self.north_mps, self.up_mps,
        )  # fmt: skip

    def swapped(self) -> Motions:
        """Return the same pairs, the other one taken as ownship."""
        return Motions(*(-column for column in self.columns))

    def after(self, ahead_s: float) -> Motions:
        """Return where the pairs are `ahead_s` seconds later, straight on."""
        x, y, z, u, v, w = self.columns
        return Motions(x + u * ahead_s, y + v * ahead_s, z + w * ahead_s, u, v, w)


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """When each pair's violation begins and ends, seconds from now; (inf, -inf) where none is.

    So `in_s < limit` is right without looking at `found` first.
    """

    in_s: Floats
    out_s: Floats

    @property
    def found(self) -> Bools:
        """Which pairs are in violation at some time."""
        return self.in_s <= self.out_s


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """How close each pair comes, and when.

    `tcpa_s` is the time of horizontal closest approach, 0 for a pair that diverges, and `dcpa_m`
    the distance then; both NaN without horizontal relative motion, where no instant is the closest.
    `hmd_m` and `vmd_m` are the least horizontal and vertical distance within the lookahead.
    `tcoa_s` is the time of equal altitude, negative for a pair that diverges vertically, -inf
    without vertical relative motion. `taumod_s` is modified tau, -1 within the distance and for a
    pair that does not come closer.
    """

    tcpa_s: Floats
    dcpa_m: Floats
    hmd_m: Floats
    vmd_m: Floats
    tcoa_s: Floats
    taumod_s: Floats


def violation_intervals(
    motions: Motions, volume: Volume, *, begin_s: float = 0.0, end_s: float | None = None
) -> Intervals:
    """Return when each pair is in violation within [begin, end], under straight motion of both.

    Args:
        motions: the pairs.
        volume: what must not be violated.
        begin_s: seconds from now.
        end_s: seconds from now; the volume's own lookahead if not given.

    Raises:
        InputFault: times that are not in order or beyond `END_MAX_S`.

    Head-on at 200 m/s from 20 km, level: modified tau reaches 35 s some time before 1,222 m do.

    >>> head_on = Motions([20_000.0], [0.0], [0.0], [-200.0], [0.0], [0.0])
    >>> times = violation_intervals(head_on, PHASE1)
    >>> round(float(times.in_s[0]), 3), round(float(times.out_s[0]), 3)
    (63.964, 106.112)
    """
    from parley.detect import well_clear_kernel as kernel

    end_s = volume.lookahead_s if end_s is None else end_s
    if not 0.0 <= begin_s <= end_s <= END_MAX_S:
        raise InputFault(
            "begin and end of the lookahead in seconds",
            value=(begin_s, end_s),
            wanted=f"0 <= begin <= end <= {END_MAX_S:g}",
        )
    in_s, out_s = np.empty(len(motions)), np.empty(len(motions))
    limits, kind = kernel_terms(volume)
    pairs = motions if begin_s == 0.0 else motions.after(begin_s)
    kernel.intervals(pairs.columns, limits, kind, end_s - begin_s, in_s, out_s)
    if begin_s > 0.0:
        in_s += begin_s
        np.minimum(out_s + begin_s, end_s, out=out_s)
    return Intervals(in_s, out_s)


def violated_now(motions: Motions, volume: Volume) -> Bools:
    """Return which pairs are in violation now: the definition, without solving for a time.

    >>> abeam = Motions([1_000.0, 1_300.0], [0.0, 0.0], [137.0, 0.0], [0, 0], [9, 9], [0, 0])
    >>> violated_now(abeam, PHASE1).tolist()
    [True, False]
    """
    x, y, z, u, v, w = motions.columns
    square_m2, height_m = _thresholds(volume)
    square, across, speed, turn = x * x + y * y, x * u + y * v, u * u + v * v, x * v - y * u
    room = square_m2 * speed - turn * turn
    if volume.horizontal == "TCPA":
        soon = -across <= volume.tthr_s * speed
    elif volume.horizontal == "TEP":
        # (-s.v - sqrt(room)) / v.v <= T, and v.v > 0 as the pair comes closer.
        soon = -across - np.sqrt(np.maximum(room, 0.0)) <= volume.tthr_s * speed
    else:
        soon = square_m2 - square >= volume.tthr_s * across  # divided by s.v < 0
    comes = (across < 0.0) & (room >= 0.0) & soon
    level = (square <= square_m2) | comes
    climb = np.abs(w)
    entry_m = np.maximum(climb * volume.tcoa_s, height_m + climb * volume.vmod_s)
    high = (np.abs(z) <= height_m) | ((z * w < 0.0) & (np.abs(z) <= entry_m))
    both: Bools = level & high
    return both


def metrics(
    motions: Motions, *, dthr_m: float = PHASE1.dthr_m, lookahead_s: float = LOOKAHEAD_S
) -> Metrics:
    """Return closest approach, miss distances, co-altitude and modified tau of each pair.

    Args:
        motions: the pairs.
        dthr_m: the distance that modified tau is for.
        lookahead_s: how far the miss distances look.

    >>> one = metrics(Motions([10_000.0], [500.0], [300.0], [-200.0], [0.0], [-5.0]))
    >>> float(one.tcpa_s[0]), float(one.dcpa_m[0]), float(one.tcoa_s[0]), float(one.vmd_m[0])
    (50.0, 500.0, 60.0, 0.0)
    """
    from parley.detect import well_clear_kernel as kernel

    if not (0.0 <= dthr_m <= MOTION_MAX_M and 0.0 <= lookahead_s <= END_MAX_S):
        raise InputFault(
            "metrics distance and lookahead",
            value=(dthr_m, lookahead_s),
            wanted=f"0 to {MOTION_MAX_M:g} m and 0 to {END_MAX_S:g} s",
        )
    x, y, z, u, v, w = motions.columns
    square, across, speed = x * x + y * y, x * u + y * v, u * u + v * v
    moving, climbing, comes = speed > kernel.STILL_M2PS2, w != 0.0, across < 0.0
    nearest_s = np.where(comes & moving, -across / np.where(moving, speed, 1.0), 0.0)
    with np.errstate(over="ignore"):  # hardly climbing: never level, infinite
        level_s = np.where(climbing, -z / np.where(climbing, w, 1.0), 0.0)

    def distance_m(at_s: Floats) -> Floats:
        east_m, north_m = x + u * at_s, y + v * at_s
        return np.sqrt(east_m * east_m + north_m * north_m)

    outside = comes & (square > dthr_m * dthr_m)
    return Metrics(
        tcpa_s=np.where(moving, nearest_s, math.nan),
        dcpa_m=np.where(moving, distance_m(nearest_s), math.nan),
        hmd_m=distance_m(np.minimum(nearest_s, lookahead_s)),
        vmd_m=np.abs(z + w * np.clip(level_s, 0.0, lookahead_s)),
        tcoa_s=np.where(climbing, level_s, -math.inf),
        taumod_s=np.where(outside, (dthr_m * dthr_m - square) / np.where(outside, across, 1), -1.0),
    )


def warm() -> None:
    """Compile the kernel (or load it from the cache) by running it once on one pair."""
    violation_intervals(Motions(*np.full((6, 1), 9.0)), PHASE1)


def kernel_name() -> str:
    """Return what computes, for a record that must say so: the compiler and its version."""
    import numba

    return f"parley.detect.well_clear (numba {numba.__version__}, fastmath off, one thread)"


def kernel_terms(volume: Volume) -> tuple[tuple[float, float, float, float, float], int]:
    """Return a volume as the kernel takes it: its `Limits` and which time variable it has."""
    from parley.detect import well_clear_kernel as kernel

    square_m2, height_m = _thresholds(volume)
    kinds = {"TAUMOD": kernel.TAUMOD, "TCPA": kernel.TCPA, "TEP": kernel.TEP}
    kind = kernel.CYLINDER if volume.strict else kinds[volume.horizontal]
    return (square_m2, height_m, volume.tthr_s, volume.tcoa_s, volume.vmod_s), kind


def _thresholds(volume: Volume) -> tuple[float, float]:
    """Return the squared distance and the height that still belong to the volume.

    Below a limit is at most the next smaller number: the open volume is a closed one.
    """
    square_m2, height_m = volume.dthr_m * volume.dthr_m, volume.zthr_m
    if not volume.strict:
        return square_m2, height_m
    return math.nextafter(square_m2, -math.inf), math.nextafter(height_m, -math.inf)
