"""Conversion at the edges, and the constants; nothing else multiplies by 0.3048.

Exact by definition: 1 ft = 0.3048 m, 1 NM = 1852 m (ICAO Annex 5).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal

from parley.world.faults import InputFault

METRES_PER_FOOT = 0.3048
METRES_PER_NAUTICAL_MILE = 1852.0
METRES_PER_KILOMETRE = 1000.0
SECONDS_PER_MINUTE = 60.0
MICROSECONDS_PER_SECOND = 1_000_000

_LENGTHS_M = {
    "m": 1.0,
    "km": METRES_PER_KILOMETRE,
    "ft": METRES_PER_FOOT,
    "nm": METRES_PER_NAUTICAL_MILE,
}
_DURATIONS_S = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*\Z")


def metres_from_feet(length_ft: float) -> float:
    """Return the length in metres.

    >>> round(metres_from_feet(1000.0), 3)
    304.8
    """
    return length_ft * METRES_PER_FOOT


def feet_from_metres(length_m: float) -> float:
    """Return the length in feet."""
    return length_m / METRES_PER_FOOT


def metres_from_nautical_miles(length_nm: float) -> float:
    """Return the length in metres."""
    return length_nm * METRES_PER_NAUTICAL_MILE


def nautical_miles_from_metres(length_m: float) -> float:
    """Return the length in nautical miles."""
    return length_m / METRES_PER_NAUTICAL_MILE


def kilometres_from_metres(length_m: float) -> float:
    """Return the length in kilometres."""
    return length_m / METRES_PER_KILOMETRE


def _quantity(text: str, what: str, units: dict[str, float], example: str) -> float:
    match = _QUANTITY.match(text)
    factor = units.get(match.group(2).lower()) if match else None
    if match is None or factor is None:
        raise InputFault(
            what,
            value=text,
            wanted=f"a number and one of {', '.join(units)}",
            repair=f"e.g. {example}",
        )
    value = float(match.group(1)) * factor
    if not math.isfinite(value):
        raise InputFault(what, value=text, wanted="a finite number")
    return value


def parse_length_m(text: str, what: str = "length") -> float:
    """Return a length in metres from text with its unit.

    >>> parse_length_m("5NM"), parse_length_m("1000 ft"), parse_length_m("0.5km")
    (9260.0, 304.8, 500.0)
    """
    return _quantity(text, what, _LENGTHS_M, "5NM or 1000ft")


def parse_seconds(text: str, what: str = "duration") -> float:
    """Return a duration in seconds from text with its unit.

    >>> parse_seconds("60s"), parse_seconds("5min")
    (60.0, 300.0)
    """
    return _quantity(text, what, _DURATIONS_S, "60s or 5min")


# ---- quantities of documents: a number never stands without its unit ---------------------------


@dataclass(frozen=True, slots=True)
class Quantity:
    """A kind of quantity: what it is called, its units and how much each is, an example.

    Attributes:
        noun: "a length".
        units: each spelling with its factor to the unit that is kept inside.
        example: what a good one looks like.
        preferred: the units in which one is written, the first that writes it exactly.
        decimals: with at most so many.
    """

    noun: str
    units: dict[str, float]
    example: str
    preferred: tuple[str, ...]
    decimals: int = 3

    @property
    def pattern(self) -> str:
        """The form as a regular expression that JSON Schema understands."""
        form = rf"[0-9]{{1,15}}(\.[0-9]{{1,25}})? ?({'|'.join(self.units)})"
        return f"^({form}|{_ISO_DURATION})$" if "min" in self.units else f"^{form}$"

    @property
    def wanted(self) -> str:
        """What was wanted, in one phrase."""
        return f"{self.noun}: a number, not negative, and one of {', '.join(self.preferred)}"

    def value(self, written: object, what: str) -> float:
        """Return a quantity of a document in the unit that is kept inside.

        Args:
            written: what stands in the document.
            what: names it in the fault.

        Raises:
            InputFault: a bare number, no unit or an unknown one, a negative number.

        >>> LENGTH.value("3 NM", "horizontal"), DURATION.value("PT15M", "lead")
        (5556.0, 900.0)
        """
        repair = f"e.g. {self.example}"
        bare = f"{self.noun} with its unit"
        if isinstance(written, int | float) and not isinstance(written, bool):
            number = f"the bare number {written}"
            raise InputFault(what, value=number, wanted=bare, repair=repair)
        if not isinstance(written, str):
            raise InputFault(what, value=written, wanted=self.wanted, repair=repair)
        match = _NUMBER_AND_UNIT.match(written)
        if match is not None and match[2] in self.units:
            return float(match[1]) * self.units[match[2]]
        if "min" in self.units and (iso := _ISO.match(written)):
            days, _, hours, minutes, seconds, _ = iso.groups()
            parts = zip((days, hours, minutes, seconds), (86400.0, 3600.0, 60.0, 1.0), strict=True)
            return sum(float(part[:-1]) * each_s for part, each_s in parts if part)
        wanted = bare if re.fullmatch(r"[0-9.]+", written) else self.wanted
        raise InputFault(what, value=written, wanted=wanted, repair=repair)


_ISO_DURATION = (
    r"P(?=[0-9T])([0-9]{1,6}D)?"
    r"(T(?=[0-9])([0-9]{1,6}H)?([0-9]{1,6}M)?([0-9]{1,9}(\.[0-9]{1,6})?S)?)?"
)
LENGTH = Quantity(
    noun="a length",
    units={"m": 1.0, "km": 1000.0, "ft": METRES_PER_FOOT, "NM": METRES_PER_NAUTICAL_MILE},
    example="3 NM, 1000 ft, 10 km or 250 m",
    preferred=("NM", "km", "ft", "m"),
)
HEIGHT = Quantity(
    noun="a height",
    units=LENGTH.units,
    example="1000 ft or 300 m",
    preferred=("ft", "m", "km", "NM"),
)
DURATION = Quantity(
    noun="a duration",
    units={
        "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "day": 86400.0, "days": 86400.0,
    },
    example="15 min, 24 h, 30 days or PT15M",
    preferred=("days", "h", "min", "s"),
    decimals=0,
)  # fmt: skip
FREQUENCY = Quantity(
    noun="a radio frequency",
    units={"kHz": 1.0, "MHz": 1000.0},
    example="118.1 MHz",
    preferred=("MHz", "kHz"),
)
RATE = Quantity(
    noun="a data rate",
    units={"bit/s": 1.0, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9},
    example="9600 bit/s",
    preferred=("bit/s",),
)
AREA = Quantity(
    noun="an area",
    units={"m2": 1.0, "km2": 1e6, "NM2": METRES_PER_NAUTICAL_MILE**2},
    example="250 km2",
    preferred=("km2", "m2"),
)
ANGLE = Quantity(noun="an angle", units={"deg": 1.0}, example="90 deg", preferred=("deg",))
_NUMBER_AND_UNIT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,25})?) ?([A-Za-z2/]+)\Z")
_ISO = re.compile(rf"{_ISO_DURATION}\Z")


def quantity_text(value: float, quantity: Quantity) -> str:
    """Return a quantity as it is written: the first preferred unit that gives it back exactly.

    >>> quantity_text(5556.0, LENGTH), quantity_text(304.8, HEIGHT), quantity_text(900.0, DURATION)
    ('3 NM', '1000 ft', '15 min')
    """
    for unit in quantity.preferred:
        count = round(value / quantity.units[unit], quantity.decimals)
        text = f"{count:.{quantity.decimals}f}"
        text = (text.rstrip("0").rstrip(".") if "." in text else text) + f" {unit}"
        if (count >= 0.1 or value == 0.0) and quantity.value(text, "") == value:
            if text == "1 days":
                return "1 day"
            return text if value else f"0 {quantity.preferred[-1]}"
    base = next(unit for unit, factor in quantity.units.items() if factor == 1.0)
    return f"{Decimal(repr(value)):f} {base}"
