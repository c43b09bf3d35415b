"""Whether a zone between limits on two references has any room between them.

Rules: a pressure level moves against altitudes with the QNH, as far as any QNH is taken here; the
ellipsoid lies as far from the sea as it does anywhere. No room at any pressure is a fault, none at
some is a note. Limits above the ground are left out: how high the ground is nobody here knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from parley.world.agreement import Agreement
from parley.world.document_forms import Limit
from parley.world.faults import InputFault
from parley.world.volume import (
    GEOID_BOUND_M,
    QNH_MAX_HPA,
    QNH_MIN_HPA,
    PressureSource,
    qnh_for_offset_hpa,
)
from parley.world.zone import Zone


def empty_zones(agreement: Agreement) -> Iterator[InputFault]:
    """Yield zones whose floor is above their ceiling at every pressure: nothing is ever inside."""
    for zone in agreement.zones:
        least_m, _ = _room_m(zone)
        if least_m is not None and least_m[1] <= 0.0:
            yield InputFault(
                f"zone {zone.id} lower", value=_limit_words(zone, "lower"),
                wanted=f"below {_limit_words(zone, 'upper')}, at whatever pressure",
                repair="exchange them, or give both on one reference",
            )  # fmt: skip


def sometimes_empty(agreement: Agreement) -> Iterator[str]:
    """Yield zones that are nothing at some pressures, each with at which."""
    for zone in agreement.zones:
        room_m, needs = _room_m(zone)
        if room_m is not None and room_m[0] <= 0.0 < room_m[1]:
            lower, upper = _limit_words(zone, "lower"), _limit_words(zone, "upper")
            yield f"zone {zone.id}: {lower} is above {upper} {needs}: nothing is inside then"


def _limit_words(zone: Zone, name: str) -> str:
    return str(Limit().write(getattr(zone, name)))


def _room_m(zone: Zone) -> tuple[tuple[float, float] | None, str]:
    """Return how high a zone is at the least and at the most, and where it is nothing; None: fixed.

    A pressure level moves against altitudes with the QNH, the ellipsoid against the sea by place.
    """
    lower, upper = zone.lower, zone.upper
    known = ("AMSL", "WGS84", "STD")
    if lower.reference not in known or upper.reference not in known:
        return None, ""
    if lower.reference == upper.reference or lower.value_m is None or upper.value_m is None:
        return None, ""
    lows_m, highs_m = _reach_m(lower.reference), _reach_m(upper.reference)
    gap_m = upper.value_m - lower.value_m
    room_m = (gap_m + highs_m[0] - lows_m[1], gap_m + highs_m[1] - lows_m[0])
    if "STD" not in (lower.reference, upper.reference):
        return room_m, "where the geoid is so"
    # The level moves by what is lacking: at this QNH floor and ceiling are one.
    moved_m = gap_m if lower.reference == "STD" else -gap_m
    side = "above" if lower.reference == "STD" else "below"
    return room_m, f"at a QNH {side} {qnh_for_offset_hpa(moved_m):.0f} hPa"


def _reach_m(reference: str) -> tuple[float, float]:
    """Return from where to where a limit on a reference may lie against mean sea level."""
    if reference == "STD":
        low, high = (
            PressureSource(qnh_hpa=qnh_hpa, observed_us=0, bound_m=0.0).offset_m
            for qnh_hpa in (QNH_MIN_HPA, QNH_MAX_HPA)
        )
        return low, high
    return (-GEOID_BOUND_M, GEOID_BOUND_M) if reference == "WGS84" else (0.0, 0.0)
