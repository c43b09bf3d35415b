"""Heights with their reference, and the volume: an area, two limits, a time window.

A number of metres is no height without its reference: WGS84 (above the ellipsoid), AMSL (above mean
sea level), STD (pressure altitude on 1013.25 hPa), AGL (above the ground below). SFC and UNL are
limits, not numbers: everything is above SFC and below UNL.

Rules: across references nothing is converted silently. WGS84 against AMSL is bounded by the geoid
(110 m), STD against the others by a pressure source and its age, AGL against the others is
undecided. Windows are half open: at the instant where two meet, the second holds. Not here: who
owns the volume.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from parley.world.faults import InputFault
from parley.world.geo import (
    UNDECIDED,
    Answer,
    Position,
    checked_uncertainty_m,
    inside_all,
    judged,
)
from parley.world.shape import Shape, contains
from parley.world.time import US_MAX, US_MIN, format_instant
from parley.world.units import MICROSECONDS_PER_SECOND

AltitudeReference = Literal["WGS84", "AMSL", "STD", "AGL"]
LimitReference = Literal["SFC", "UNL", "AMSL", "STD", "WGS84", "AGL"]

ALTITUDE_REFERENCES: tuple[AltitudeReference, ...] = ("WGS84", "AMSL", "STD", "AGL")
GEOID_BOUND_M = 110.0
"""EGM2008 lies between -107 m and +86 m of the WGS-84 ellipsoid."""
HEIGHT_MIN_M = -1_000.0
HEIGHT_MAX_M = 100_000.0
"""Below the lowest ground and above the highest limit that anyone publishes (99,999 m)."""
STANDARD_PRESSURE_HPA = 1013.25
QNH_MIN_HPA, QNH_MAX_HPA = 850.0, 1100.0
_SECONDS_PER_HOUR = 3_600


class VerticalLimit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One limit of a volume: metres on a reference, or the surface, or no limit."""

    value_m: float | None
    reference: LimitReference

    def __post_init__(self) -> None:
        if self.reference in ("SFC", "UNL"):
            if self.value_m is not None:
                raise InputFault(
                    f"vertical limit {self.reference}", value=self.value_m, wanted="no number"
                )
            return
        if self.reference not in ALTITUDE_REFERENCES:
            wanted = ", ".join(("SFC", "UNL", *ALTITUDE_REFERENCES))
            raise InputFault("vertical limit reference", value=self.reference, wanted=wanted)
        if self.value_m is None:
            raise InputFault(f"vertical limit {self.reference}", wanted="a number of metres")
        checked_altitude_m(self.value_m, "vertical limit")


SURFACE = VerticalLimit(value_m=None, reference="SFC")
UNLIMITED = VerticalLimit(value_m=None, reference="UNL")


class PressureSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A QNH that compares pressure levels with altitudes, and how far it may be wrong.

    `bound_m` holds at the observation; it widens by `widening_m_per_hour` with age. The default is
    3 hPa an hour at 8.3 m per hPa: faster than what forecasters call "very rapidly" (2 hPa an
    hour).
    """

    qnh_hpa: float
    observed_us: int
    bound_m: float
    widening_m_per_hour: float = 25.0

    def __post_init__(self) -> None:
        if not QNH_MIN_HPA <= self.qnh_hpa <= QNH_MAX_HPA:
            wanted = f"{QNH_MIN_HPA:.0f} to {QNH_MAX_HPA:.0f} hPa"
            raise InputFault("QNH", value=self.qnh_hpa, wanted=wanted)
        checked_uncertainty_m(self.bound_m, "pressure bound")
        checked_uncertainty_m(self.widening_m_per_hour, "pressure bound widening")

    @property
    def offset_m(self) -> float:
        """What to add to a pressure altitude (STD) for the altitude on this QNH.

        ISA troposphere (ICAO Doc 7488): 44,330.77 m * ((QNH / 1013.25) ** 0.190263 - 1).
        """
        ratio = self.qnh_hpa / STANDARD_PRESSURE_HPA
        return 44_330.77 * (math.pow(ratio, 0.190263) - 1.0)

    def bound_at_m(self, at_us: int) -> float:
        """Return how far a comparison at that instant may be wrong, either way from observation."""
        age_s = abs(at_us - self.observed_us) / MICROSECONDS_PER_SECOND
        return self.bound_m + self.widening_m_per_hour * age_s / _SECONDS_PER_HOUR


def qnh_for_offset_hpa(offset_m: float) -> float:
    """Return the QNH at which altitudes are so many metres above pressure altitudes.

    >>> round(qnh_for_offset_hpa(0.0), 2)
    1013.25
    """
    return STANDARD_PRESSURE_HPA * math.pow(1.0 + offset_m / 44_330.77, 1.0 / 0.190263)


class Volume4D(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An area between two limits, from an instant up to but not including another; None is open."""

    shape: Shape
    lower: VerticalLimit = SURFACE
    upper: VerticalLimit = UNLIMITED
    from_us: int | None = None
    to_us: int | None = None

    def __post_init__(self) -> None:
        check_limits(self.lower, self.upper)
        check_window(self.from_us, self.to_us)


class VolumeAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The three questions of a volume, each answered, and all together."""

    horizontal: Answer
    vertical: Answer
    time: Answer
    together: Answer


def checked_altitude_m(value_m: float, what: str = "altitude") -> float:
    """Return the height in metres as it is, or raise.

    Raises:
        InputFault: NaN, or outside `HEIGHT_MIN_M` to `HEIGHT_MAX_M`.
    """
    if not HEIGHT_MIN_M <= value_m <= HEIGHT_MAX_M:
        wanted = f"{HEIGHT_MIN_M:.0f} to {HEIGHT_MAX_M:.0f} m"
        raise InputFault(what, value=value_m, wanted=wanted)
    return value_m


def check_limits(lower: VerticalLimit, upper: VerticalLimit) -> None:
    """Raise unless something can lie between the limits.

    Raises:
        InputFault: lower limit UNL, upper limit SFC, or lower not below upper on one reference.
    """
    if lower.reference == "UNL":
        raise InputFault("lower limit", value="UNL", wanted="SFC or a number")
    if upper.reference == "SFC":
        raise InputFault("upper limit", value="SFC", wanted="UNL or a number")
    if lower.value_m is None or upper.value_m is None or lower.reference != upper.reference:
        return
    if lower.value_m >= upper.value_m:
        raise InputFault(
            "vertical limits",
            value=f"{lower.value_m:.1f} m to {upper.value_m:.1f} m {upper.reference}",
            wanted="the lower below the upper",
        )


def check_window(from_us: int | None, to_us: int | None) -> None:
    """Raise unless the window holds at least one instant.

    Raises:
        InputFault: the end is not after the start, or a time is outside 1900 to 2100.
    """
    for what, at_us in (("window start", from_us), ("window end", to_us)):
        if at_us is not None and not US_MIN <= at_us <= US_MAX:
            raise InputFault(what, value=at_us, wanted="1900 to 2100 in microseconds")
    if from_us is not None and to_us is not None and from_us >= to_us:
        raise InputFault(
            "window",
            value=f"{format_instant(from_us)} to {format_instant(to_us)}",
            wanted="an end after the start",
        )


def compare_altitudes(
    alt_m: float,
    reference: AltitudeReference,
    other_m: float,
    other_reference: AltitudeReference,
    *,
    uncertainty_m: float = 0.0,
    pressure: PressureSource | None = None,
    at_us: int | None = None,
) -> Answer:
    """Return "above" or "below": where the first height is, seen from the second.

    Equal is nominally "above" and never decided. Nominal between AMSL and WGS84 compares the
    numbers; between STD and those it goes through the pressure source, or, without one, compares
    the numbers. AGL against any other has no nominal answer: both are "undecided".

    Args:
        alt_m: the first height.
        reference: its reference.
        other_m: the second height.
        other_reference: its reference.
        uncertainty_m: of both heights together.
        pressure: compares STD with AMSL and WGS84; without it that is undecided.
        at_us: the instant of the comparison, by which the pressure source is widened.

    Raises:
        InputFault: a height out of range, an unknown reference, or a pressure source without
            `at_us`.

    >>> compare_altitudes(3_000.0, "WGS84", 2_950.0, "AMSL").decided
    'undecided'
    >>> compare_altitudes(3_000.0, "WGS84", 2_850.0, "AMSL").decided
    'above'
    """
    for what, name in (("altitude", reference), ("other altitude", other_reference)):
        if name not in ALTITUDE_REFERENCES:
            wanted = ", ".join(ALTITUDE_REFERENCES)
            raise InputFault(f"{what} reference", value=name, wanted=wanted)
    checked_altitude_m(alt_m)
    checked_altitude_m(other_m, "other altitude")
    checked_uncertainty_m(uncertainty_m)
    pair = {reference, other_reference}
    if "AGL" in pair and len(pair) > 1:
        because = f"{reference} against {other_reference} needs the height of the ground"
        return Answer(nominal=UNDECIDED, decided=UNDECIDED, margin_m=None, because=because)
    offset_m, bound_m, how = _between(reference, other_reference, pressure, at_us)
    difference_m = alt_m + offset_m - other_m
    nominal = "above" if difference_m >= 0.0 else "below"
    margin_m = abs(difference_m)
    if bound_m is None:
        return Answer(nominal=nominal, decided=UNDECIDED, margin_m=margin_m, because=how)
    total_m = bound_m + uncertainty_m
    because = f"{margin_m:.0f} m {nominal}{how}, uncertainty {total_m:.0f} m"
    return judged(nominal, margin_m=margin_m, uncertainty_m=total_m, because=because)


def _between(
    reference: AltitudeReference,
    other: AltitudeReference,
    pressure: PressureSource | None,
    at_us: int | None,
) -> tuple[float, float | None, str]:
    """Return what to add to the first, how far that may be wrong (None: no bound), and how."""
    if reference == other:
        return 0.0, 0.0, ""
    geoid_m = GEOID_BOUND_M if "WGS84" in (reference, other) else 0.0
    if "STD" not in (reference, other):
        return 0.0, geoid_m, f" ({reference} against {other}, no geoid)"
    if pressure is None:
        return 0.0, None, f"{reference} against {other} needs a pressure source"
    if at_us is None:
        raise InputFault("pressure comparison", wanted="the instant it is for (at_us)")
    offset_m = pressure.offset_m if reference == "STD" else -pressure.offset_m
    how = f" ({reference} against {other}, QNH {pressure.qnh_hpa:.1f} hPa)"
    return offset_m, pressure.bound_at_m(at_us) + geoid_m, how


def altitude_inside(
    alt_m: float | None,
    reference: AltitudeReference,
    lower: VerticalLimit,
    upper: VerticalLimit,
    *,
    uncertainty_m: float = 0.0,
    pressure: PressureSource | None = None,
    at_us: int | None = None,
) -> Answer:
    """Return "in" or "out" of the limits; both limits belong nominally to what they bound.

    Args:
        alt_m: the height; None if unknown: undecided, except between SFC and UNL.
        reference: of the height.
        lower: everything is above SFC.
        upper: everything is below UNL.
        uncertainty_m: of height and limits together.
        pressure: see `compare_altitudes`.
        at_us: see `compare_altitudes`.

    >>> above = VerticalLimit(value_m=3_000.0, reference="AMSL")
    >>> altitude_inside(2_500.0, "AMSL", SURFACE, above).decided
    'in'
    """
    answers = []
    for limit, inside, outside in ((lower, "above", "below"), (upper, "below", "above")):
        if limit.value_m is None or limit.reference in ("SFC", "UNL"):
            continue
        if alt_m is None:
            answers.append(_unknown("the height is unknown"))
            continue
        seen = compare_altitudes(
            alt_m,
            reference,
            limit.value_m,
            _number_reference(limit),
            uncertainty_m=uncertainty_m,
            pressure=pressure,
            at_us=at_us,
        )
        words = {inside: "in", outside: "out", UNDECIDED: UNDECIDED}
        nominal = "in" if seen.margin_m == 0.0 else words[seen.nominal]
        answers.append(
            Answer(
                nominal=nominal,
                decided=nominal if seen.decided != UNDECIDED else UNDECIDED,
                margin_m=seen.margin_m,
                because=f"{'lower' if limit is lower else 'upper'} limit: {seen.because}",
            )
        )
    if not answers:
        return judged("in", margin_m=None, uncertainty_m=0.0, because="from SFC to UNL")
    return inside_all(*answers)


def _number_reference(limit: VerticalLimit) -> AltitudeReference:
    if limit.reference == "SFC" or limit.reference == "UNL":
        raise InputFault("vertical limit", value=limit.reference, wanted="a number of metres")
    return limit.reference


def _unknown(because: str) -> Answer:
    return Answer(nominal=UNDECIDED, decided=UNDECIDED, margin_m=None, because=because)


def in_window(from_us: int | None, to_us: int | None, at_us: int) -> Answer:
    """Return "in" or "out" of the window [from, to); always decided: an instant is exact.

    >>> in_window(0, 10, 10).decided, in_window(10, 20, 10).decided
    ('out', 'in')
    """
    if from_us is not None and at_us < from_us:
        nominal, because = "out", f"before {format_instant(from_us)}"
    elif to_us is not None and at_us >= to_us:
        nominal, because = "out", f"not before the end at {format_instant(to_us)}"
    else:
        nominal, because = "in", "within the window"
    return judged(nominal, margin_m=None, uncertainty_m=0.0, because=because)


def judge_volume(
    volume: Volume4D,
    position: Position,
    alt_m: float | None,
    reference: AltitudeReference,
    at_us: int,
    uncertainty_m: float = 0.0,
    *,
    vertical_uncertainty_m: float = 0.0,
    pressure: PressureSource | None = None,
) -> VolumeAnswer:
    """Return the answers of a volume one by one and together.

    Args:
        volume: the volume.
        position: where.
        alt_m: how high; None if unknown.
        reference: of the height.
        at_us: when.
        uncertainty_m: horizontal, of position and volume together.
        vertical_uncertainty_m: of height and limits together.
        pressure: see `compare_altitudes`.
    """
    horizontal = contains(volume.shape, position, uncertainty_m)
    vertical = altitude_inside(
        alt_m,
        reference,
        volume.lower,
        volume.upper,
        uncertainty_m=vertical_uncertainty_m,
        pressure=pressure,
        at_us=at_us,
    )
    time = in_window(volume.from_us, volume.to_us, at_us)
    together = inside_all(time, horizontal, vertical)
    return VolumeAnswer(horizontal=horizontal, vertical=vertical, time=time, together=together)


def contains_4d(
    volume: Volume4D,
    position: Position,
    alt_m: float | None,
    reference: AltitudeReference,
    at_us: int,
    uncertainty_m: float = 0.0,
    *,
    vertical_uncertainty_m: float = 0.0,
    pressure: PressureSource | None = None,
) -> Answer:
    """Return "in" or "out" of the volume at that instant; arguments as in `judge_volume`."""
    return judge_volume(
        volume,
        position,
        alt_m,
        reference,
        at_us,
        uncertainty_m,
        vertical_uncertainty_m=vertical_uncertainty_m,
        pressure=pressure,
    ).together
