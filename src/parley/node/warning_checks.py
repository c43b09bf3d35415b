"""Limits of the bodies of rules version 5 that their types cannot say: counts, ranges, names.

Rules:
- They hold on reading and on writing alike: a body past one is unreadable, whoever signed it.
- Each is past all that flies or is agreed, so that nothing honest is lost by it: a place on the
  earth, distances on it, a day for what people do, names that stand on one line.

What does not live here: what follows from the agreement, e.g. whose flights may be named or how
wide a formation may be (`rules`); instants and the lengths of texts (`encoding`).
"""

from __future__ import annotations

from collections.abc import Iterable

from parley.node.warning_bodies import (
    AlertMarked,
    ConflictRaised,
    ConflictRenewed,
    ConflictState,
    ConformanceObserved,
    FlightUnusual,
    FormationConfirmed,
    FormationDeclared,
    FormationEnded,
    WarningBody,
)
from parley.world.faults import InputFault
from parley.world.limits import NAME_CHARACTERS_MAX
from parley.world.volume import ALTITUDE_REFERENCES

MEMBERS_MAX = 16
"""Flights of one formation: four flights of four."""
CHAINS_MAX = 16
"""Parties whose time to act one conflict names; it is about two."""
CHAIN_MAX_S = 86_400
"""A day from a warning to a manoeuvre: who needs longer is not warned, but written to."""
KEY_CHARACTERS_MAX = 480
"""Of an alert's key: two names, in which a slash takes three characters."""
OBJECT_CHARACTERS_MAX = 3 * NAME_CHARACTERS_MAX
"""Of a formation among what flies: the word, its party and its own name."""
DISTANCE_MAX_MM = 20_100_000_000
"""Half around the earth: nothing on it is further from anything."""
HEIGHT_MAX_MM = 2_000_000_000
"""Twice the greatest height that is watched: the difference of two."""
SPEED_MAX_MMPS = 20_000_000
"""Ten times the fastest that is believed."""
AGE_MAX_US = 86_400 * 1_000_000
LATE_MAX_MS = 366 * 86_400 * 1_000
PPM_MAX = 1_000_000
_LAT_MAX_E9, _LON_MAX_E9 = 90_000_000_000, 180_000_000_000
_WHATS_MAX = 4


def check_warning(body: WarningBody) -> None:
    """Check the limits of a body.

    Raises:
        InputFault: past one; says which field, and what was wanted.
    """
    match body:
        case ConflictRaised() | ConflictRenewed():
            _check_conflict(body)
        case AlertMarked():
            _check_name(body.post, "post")
            _check_line(body.text, "text")
        case FormationDeclared():
            _check_declared(body)
        case FormationConfirmed():
            _check_name(body.post, "post")
        case FormationEnded():
            _check_name(body.post, "post")
            _check_line(body.reason, "reason")
        case ConformanceObserved():
            _check_observed(body)
        case FlightUnusual():
            _check_name(body.flight, "flight")
            _check_place(body.lat_e9, body.lon_e9)
            _check_range(body.beyond_mm, "beyond_mm", 0, DISTANCE_MAX_MM)


# ---- conflicts ----------------------------------------------------------------------------------


def _check_conflict(body: ConflictRaised | ConflictRenewed) -> None:
    for what, each in (("aircraft", body.aircraft), ("parties", body.parties)):
        _check_count(each, what, 2, 2)
    _check_count(body.states, "states", 2, 2)
    _check_name(body.key, "key", most=KEY_CHARACTERS_MAX)
    _check_name(body.evaluator, "evaluator")
    _check_line(body.text, "text")
    _check_optional_name(body.clause, "clause")
    for name in body.aircraft:
        _check_name(name, "aircraft")
    for name in body.parties:
        # "": of one who is no party.
        _check_optional_name(name or None, "parties")
    for what in ("horizontal_mm", "least_horizontal_mm"):
        _check_range(getattr(body, what), what, 0, DISTANCE_MAX_MM)
    for what in ("vertical_mm", "quantisation_mm"):
        _check_range(getattr(body, what), what, 0, HEIGHT_MAX_MM)
    _check_range(body.vertical_then_mm, "vertical_then_mm", -HEIGHT_MAX_MM, HEIGHT_MAX_MM)
    _check_optional_range(body.probability_ppm, "probability_ppm", 0, PPM_MAX)
    _check_count(body.chain_s, "chain_s", 0, CHAINS_MAX)
    for name, chain_s in body.chain_s.items():
        _check_name(name, "chain_s")
        _check_range(chain_s, "chain_s", 0, CHAIN_MAX_S)
    for name, state in zip(body.aircraft, body.states, strict=True):
        _check_state(state)
        # Of a formation, one of those that are in it.
        if name not in (state.members or (state.aircraft,)):
            wanted = "the aircraft in the order of the states"
            raise InputFault("entry aircraft", value=_short(name), wanted=wanted)


def _check_state(each: ConflictState) -> None:
    _check_count(each.members, "members", 0, MEMBERS_MAX)
    most = OBJECT_CHARACTERS_MAX if each.members else NAME_CHARACTERS_MAX
    _check_name(each.aircraft, "aircraft", most=most)
    for name in each.members:
        _check_name(name, "members")
    _check_optional_name(each.party, "party")
    _check_optional_name(each.feed or None, "feed")
    _check_place(each.lat_e9, each.lon_e9)
    _check_height(each.altitude_mm, each.altitude_reference)
    for what in ("east_mmps", "north_mmps", "up_mmps"):
        _check_range(getattr(each, what), what, -SPEED_MAX_MMPS, SPEED_MAX_MMPS)
    _check_range(each.age_us, "age_us", 0, AGE_MAX_US)
    _check_range(each.radius_mm, "radius_mm", 0, DISTANCE_MAX_MM)
    for what in ("horizontal_sigma_mm", "vertical_sigma_mm"):
        _check_optional_range(getattr(each, what), what, 0, DISTANCE_MAX_MM)
    _check_optional_range(each.velocity_sigma_mmps, "velocity_sigma_mmps", 0, DISTANCE_MAX_MM)


# ---- formations and conformance -----------------------------------------------------------------


def _check_declared(body: FormationDeclared) -> None:
    _check_name(body.formation, "formation")
    _check_name(body.post, "post")
    _check_line(body.text, "text")
    _check_count(body.flights, "flights", 1, MEMBERS_MAX)
    flights = [name for names in body.flights.values() for name in names]
    _check_count(flights, "flights", 1, MEMBERS_MAX)
    for name in (*body.flights, *flights):
        _check_name(name, "flights")
    _check_range(body.radius_mm, "radius_mm", 0, DISTANCE_MAX_MM)
    _check_range(body.vertical_mm, "vertical_mm", 0, HEIGHT_MAX_MM)


def _check_observed(body: ConformanceObserved) -> None:
    _check_name(body.intent, "intent")
    _check_name(body.flight, "flight")
    _check_count(body.what, "what", 0, _WHATS_MAX)
    _check_place(body.lat_e9, body.lon_e9)
    _check_height(body.altitude_mm, body.altitude_reference)
    _check_range(body.horizontal_mm, "horizontal_mm", 0, DISTANCE_MAX_MM)
    # Below its volume is less than nothing above it.
    _check_range(body.vertical_mm, "vertical_mm", -HEIGHT_MAX_MM, HEIGHT_MAX_MM)
    _check_range(body.late_ms, "late_ms", -LATE_MAX_MS, LATE_MAX_MS)


# ---- one value ----------------------------------------------------------------------------------


def _check_name(name: str, what: str, *, most: int = NAME_CHARACTERS_MAX) -> None:
    if not 0 < len(name) <= most or not name.isprintable():
        wanted = f"1 to {most} printable characters"
        raise InputFault(f"entry {what}", value=_short(name), wanted=wanted)


def _check_optional_name(name: str | None, what: str) -> None:
    if name is not None:
        _check_name(name, what)


def _check_line(text: str, what: str) -> None:
    """Check that a text is one line: a line break in it would be read as another entry's words."""
    if not text.isprintable():
        raise InputFault(f"entry {what}", value=_short(text), wanted="printable, on one line")


def _short(text: str) -> str:
    """Return what of a name is repeated in the reason."""
    return ascii(text[:32])


def _check_count(values: Iterable[object], what: str, least: int, most: int) -> None:
    count = sum(1 for _ in values)
    if not least <= count <= most:
        wanted = f"exactly {least}" if least == most else f"{least} to {most}"
        raise InputFault(f"entry {what}", value=f"{count} of them", wanted=wanted)


def _check_range(value: int, what: str, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InputFault(f"entry {what}", value=value, wanted=f"{least} to {most}")


def _check_optional_range(value: int | None, what: str, least: int, most: int) -> None:
    if value is not None:
        _check_range(value, what, least, most)


def _check_place(lat_e9: int, lon_e9: int) -> None:
    _check_range(lat_e9, "lat_e9", -_LAT_MAX_E9, _LAT_MAX_E9)
    _check_range(lon_e9, "lon_e9", -_LON_MAX_E9, _LON_MAX_E9)


def _check_height(altitude_mm: int, reference: str) -> None:
    _check_range(altitude_mm, "altitude_mm", -HEIGHT_MAX_MM, HEIGHT_MAX_MM)
    if reference not in ALTITUDE_REFERENCES:
        wanted = ", ".join(ALTITUDE_REFERENCES)
        raise InputFault("entry altitude_reference", value=_short(reference), wanted=wanted)
