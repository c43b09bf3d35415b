"""Small agreements and evidence, by which single clauses are judged: ALFA and BRAVO, one line."""

from __future__ import annotations

import msgspec
import numpy as np

from parley.review.verdict_evidence import (
    Answered,
    Called,
    Ended,
    Evidence,
    Flown,
    Planned,
    Received,
    Said,
    UnitTold,
    ZoneWord,
)
from parley.review.verdicts import verdicts
from parley.world.agreement import Agreement, AircraftClass, Line, LineEnd, Party
from parley.world.boundary import Boundary
from parley.world.clauses import AppliesTo
from parley.world.geo import Position
from parley.world.norms import known_type
from parley.world.place import Place
from parley.world.shape import Circle
from parley.world.time import Interval, format_instant, parse_instant_us
from parley.world.track import Track
from parley.world.verdict import JudgedDuty
from parley.world.zone import Zone

BEGIN = parse_instant_us("2031-03-03T08:00:00Z")
DAY = 86_400
END = BEGIN + DAY * 1_000_000
LINE = Line(id="LINE-AB", ends=(LineEnd(party="ALFA", post="desk"), LineEnd(party="BRAVO")))
CLASSES = (
    AircraftClass(id="combat", kinds=("fighter",)),
    AircraftClass(id="transport", kinds=("cargo",)),
)


def at(seconds: float) -> int:
    """Return an instant so long after the window begins."""
    return BEGIN + round(seconds * 1_000_000)


def text(seconds: float) -> str:
    return format_instant(at(seconds))


def agreement(clause, **changes) -> Agreement:
    values = {
        "id": "AB",
        "parties": (Party(id="ALFA", units=("alfa-1",)), Party(id="BRAVO", units=("bravo-1",))),
        "lines": (LINE,),
        "clauses": clause if isinstance(clause, tuple) else (clause,),
        "aircraft_classes": CLASSES,
    } | changes
    return Agreement(**values)


def asserted(clause) -> Agreement:
    return agreement(clause, asserted_by=("ALFA",))


def lapsed(clause) -> Agreement:
    """Return the agreement as it was in force long before the window."""
    return agreement(clause, valid=Interval(from_us=at(-900 * DAY), to_us=at(-800 * DAY)))


def with_classes(clause, *classes: str):
    return msgspec.structs.replace(clause, applies_to=AppliesTo(classes=classes))


def said(number: int, seconds: float, kind: str, **changes) -> Said:
    """Return message `number`, ALFA's to BRAVO where nothing else is said."""
    known = known_type(kind)
    assert known is not None
    fields = changes.get("fields", {})
    values = {
        "cite": f"message {number}", "at_us": at(seconds), "by": "ALFA", "agreement": "AB",
        "line": "LINE-AB", "to": ("BRAVO",), "type": kind,
        "message_class": known.message_class,
        "life_safety": known.life_safety,
    } | changes  # fmt: skip
    if changes.get("reads_back") is True:
        values["reads_back"] = tuple(n for n in known.read_back if n in fields)
    return Said(**values)


def answer(number: int, seconds: float, of: int, **changes) -> Answered:
    values = {
        "cite": f"message {number}", "at_us": at(seconds), "by": "BRAVO", "agreement": "AB",
        "of": f"message {of}", "word": "WILCO",
    } | changes  # fmt: skip
    return Answered(**values)


def ended(number: int, seconds: float, of: int, **changes) -> Ended:
    values = {
        "cite": f"message {number}", "at_us": at(seconds), "by": "ALFA", "agreement": "AB",
        "of": f"message {of}", "word": "corrected",
    } | changes  # fmt: skip
    return Ended(**values)


def call(name: str, by: str, began: float, entered: float, **changes) -> Called:
    other = "BRAVO" if by == "ALFA" else "ALFA"
    values = {
        "cite": f"call {name}", "at_us": at(entered), "by": by, "agreement": "AB", "other": other,
        "line": "LINE-AB", "outcome": "talked", "began_us": at(began),
        "direction": "placed" if by == "ALFA" else "received",
    } | changes  # fmt: skip
    return Called(**values)


def flown(flight: str, party: str = "ALFA", **changes) -> Flown:
    values = {
        "cite": f"flight {flight} of {party}", "at_us": at(100), "by": party, "flight": flight,
        "track": flight,
    } | changes  # fmt: skip
    return Flown(**values)


def planned(name: str, filed: float, begins: float, ends: float, **changes) -> Planned:
    values = {
        "cite": f"intent {name}", "at_us": at(filed), "by": "ALFA", "agreement": "AB",
        "intent": name, "flight": "F1", "from_us": at(begins), "to_us": at(ends), "area_m2": 1e6,
        "to": ("BRAVO",),
    } | changes  # fmt: skip
    return Planned(**values)


def zone_word(number: int, seconds: float, value: str, **changes) -> ZoneWord:
    values = {
        "cite": f"message {number}", "at_us": at(seconds), "by": "ALFA", "agreement": "AB",
        "zone": "Z1", "what": "activity", "value": value, "to": ("BRAVO",),
    } | changes  # fmt: skip
    return ZoneWord(**values)


def unit_told(seconds: float, of: int, **changes) -> UnitTold:
    values = {
        "cite": f"receipt of message {of}", "at_us": at(seconds), "by": "BRAVO", "agreement": "AB",
        "of": f"message {of}", "unit": "bravo-1", "says_us": at(seconds),
    } | changes  # fmt: skip
    return UnitTold(**values)


def had(from_s: float, to_s: float | None, within_s: float = 0.0) -> Received:
    return Received(
        from_us=at(from_s), to_us=None if to_s is None else at(to_s),
        within_us=round(within_s * 1_000_000),
    )  # fmt: skip


def track(name: str, *points, party: str | None = "ALFA", reference="AMSL") -> Track:
    """Return a track through (seconds, latitude, longitude, height)."""
    columns = list(zip(*points, strict=True))
    return Track(
        id=name, party=party, t_us=np.array([at(s) for s in columns[0]], dtype=np.int64),
        lat_deg=np.array(columns[1], dtype=float), lon_deg=np.array(columns[2], dtype=float),
        alt_m=np.array(columns[3], dtype=float), alt_reference=reference,
    )  # fmt: skip


# The middle of everything: 36 N 40 E. A boundary runs east along 36 N: left of it is north.
BOUNDARY = Boundary(
    id="B1",
    vertices=(Position(lat_deg=36.0, lon_deg=39.0), Position(lat_deg=36.0, lon_deg=41.0)),
    uncertainty_m=100.0,
)
ZONE = Zone(
    id="Z1",
    kind="zone",
    shape=Circle(centre=Position(lat_deg=36.0, lon_deg=40.0), radius_m=10_000.0),
)
TOWN = Place(id="PL-T", name="Town", position=Position(lat_deg=36.0, lon_deg=40.0))
VAGUE = Place(
    id="PL-V", name="Vague", position=Position(lat_deg=36.0, lon_deg=40.0), uncertainty_m=10_000.0
)


def evidence(**facts) -> Evidence:
    """Return evidence with the boundary, zone and places above."""
    values = {
        "source": "logs", "boundaries": {"B1": BOUNDARY}, "zones": {"Z1": ZONE},
        "places": (TOWN, VAGUE), "tracks_held": True,
    } | facts  # fmt: skip
    return Evidence(**values)


def judge(text_of: Agreement, facts: Evidence, *, to_s: float = DAY, as_of_s: float = DAY):
    """Return the verdicts on clause C over the window."""
    found = verdicts(facts, (text_of,), BEGIN, at(to_s), at(as_of_s))
    return [each for each in found if each.clause == "C"]


def one(judged: list[JudgedDuty], **values: object) -> JudgedDuty:
    (found,) = [v for v in judged if all(getattr(v, k) == w for k, w in values.items())]
    return found
