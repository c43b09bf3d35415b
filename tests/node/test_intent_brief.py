"""Reading an intent in brief says the same of it as reading the whole of it."""

from __future__ import annotations

import math
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.overlapkit import drawn_pair
from parley.detect.strategic_index import areas_meet
from parley.node.documents import document_of, record_of
from parley.node.intent_brief import brief_from, brief_of
from parley.node.rules.intent_limits import window_of
from parley.world.areas import area_m2
from parley.world.faults import Fault
from parley.world.geo import Position
from parley.world.intent import Intent
from parley.world.shape import Circle, Corridor, Polygon
from parley.world.volume import SURFACE, UNLIMITED, VerticalLimit, Volume4D


def whole(document: msgspec.Raw) -> Intent | None:
    try:
        return record_of(document, Intent)
    except Fault:
        return None


def around(box):
    return (box.south_deg, box.north_deg, box.west_deg, box.east_deg)


def check_same(document: msgspec.Raw) -> None:
    """The brief is there if and only if the whole is, with the same words and no smaller boxes."""
    brief, intent = brief_of(document), whole(document)
    assert (brief is None) == (intent is None)
    if brief is None or intent is None:
        return
    for name in ("id", "party", "flight", "priority", "state", "version"):
        assert getattr(brief, name) == getattr(intent, name)
    assert (brief.from_us, brief.to_us) == window_of(intent)
    assert sum(area_m2(volume.shape) for volume in intent.volumes) <= brief.area_m2
    for box, exact in zip(brief.boxes, brief_from(intent).boxes, strict=True):
        assert (box.low_m, box.high_m) == (exact.low_m, exact.high_m)
        assert (box.from_us, box.to_us) == (exact.from_us, exact.to_us)
        assert box.south_deg <= exact.south_deg <= exact.north_deg <= box.north_deg
        turn = round((exact.west_deg - box.west_deg) / 360.0) * 360.0
        assert box.west_deg + turn <= exact.west_deg + 1e-9
        assert exact.east_deg <= box.east_deg + turn + 1e-9
        assert areas_meet(around(box), around(exact))


@settings(max_examples=150)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_brief_says_the_same_as_the_whole(seed: int, other: int) -> None:
    volumes = (drawn_pair(seed)[1], drawn_pair(other)[2])
    filed = Intent(id="I1", party="ALFA", flight="F", priority=f"p{seed % 3}", version=seed + 1,
                   volumes=volumes)  # fmt: skip
    check_same(document_of(filed))


def point(lat, lon):
    return {"lat_e9": round(lat * 1e9), "lon_e9": round(lon * 1e9)}


def polygon(*corners, **more):
    return {"type": "polygon", "exterior": [point(*corner) for corner in corners], **more}


def corridor(*corners, width_mm=1_000_000, **more):
    line = [point(*corner) for corner in corners]
    return {"type": "corridor", "vertices": line, "width_mm": width_mm, **more}


STAR = tuple(
    (10 * math.cos(turn * 0.8 * math.pi), 10 * math.sin(turn * 0.8 * math.pi)) for turn in range(5)
)
BOX = ((0, 0), (0, 1), (1, 1), (1, 0))


@pytest.mark.parametrize(
    ("shape", "readable"),
    [
        (polygon(*BOX), True),
        (polygon(*reversed(BOX)), True),
        (polygon(*BOX, BOX[0]), True),  # closed
        (polygon(*BOX, edges="geodesic"), True),
        (polygon((0, 0), (0, 1), (1, 0), (1, 1)), False),  # crosses itself
        (polygon(*STAR), False),  # turns one way only, and goes round twice
        (polygon((0, 0), (0, 1), (0, 2)), False),  # flat
        (polygon((0, 0), (0, 2), (1e-9, 1)), True),
        (polygon((0, 0), (0, 1), (1, 0.5), (0.2, 0.5)), True),  # not convex
        (polygon((0, 0), (0, 1)), False),
        (polygon((90, 0), (89, 0), (89, 1)), False),
        (polygon((0, 179), (0, -179), (1, -179), (1, 179)), True),
        (polygon((0, -179), (0, 179), (1, 179), (1, -179)), True),
        (polygon((0, 0), (0, 180), (1, 90)), False),  # which way round?
        (polygon((80, 0), (80, 120), (80, -120)), False),  # round a pole
        (polygon((0, 0), (0, 1), (91, 1)), False),
        (polygon(*BOX, holes=[[point(*c) for c in ((0.2, 0.2), (0.2, 0.4), (0.4, 0.3))]]), True),
        (polygon(*BOX, holes=[[point(*c) for c in ((5, 5), (5, 6), (6, 5))]]), False),
        (polygon(*BOX, edges="straight"), False),
        (corridor((0, 0), (1, 1)), True),
        (corridor((0, 0), (0, 0)), False),
        (corridor((0, 0), (0, 0), (1, 1)), True),
        (corridor((0, 0)), False),
        (corridor((0, 0), (0, 180)), False),
        (corridor((89, 0), (89, 179), edges="geodesic"), True),
        (corridor((0, 179.9), (0, -179.9), edges="geodesic"), True),
        (corridor((0, 0), (1, 1), width_mm=0), False),
        (corridor((0, 0), (1, 1), width_mm=2**70), False),
        ({"type": "circle", "centre": point(0, 0), "radius_mm": 5}, True),
        ({"type": "circle", "centre": point(0, 0), "radius_mm": 0}, False),
        ({"type": "circle", "centre": point(0, 0), "radius_mm": True}, False),
        ({"type": "circle", "centre": point(0, 0), "radius_mm": 1, "more": 1}, False),
        ({"type": "circle", "centre": {"lat_deg": 1.5, "lon_e9": 0}, "radius_mm": 1}, True),
        ({"type": "circle", "centre": point(90, 0), "radius_mm": 1_000}, True),
        ({"type": "square"}, False),
    ],
)  # fmt: skip
def test_a_shape_is_good_in_brief_where_the_whole_is_good(shape, readable) -> None:
    document = {"id": "I1", "party": "ALFA", "flight": "F", "volumes": [{"shape": shape}]}
    raw = msgspec.Raw(msgspec.json.encode(document))
    assert (whole(raw) is not None) == readable
    check_same(raw)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "a b"}, {"id": ""}, {"volumes": []}, {"volumes": None}, {"version": "1"},
        {"version": True}, {"version": 1.0}, {"version": 2**80}, {"state": "Ended"},
        {"state": "ended"}, {"priority": 5}, {"unknown": 1}, {"aircraft_class": "C1"},
    ],
)  # fmt: skip
def test_an_intent_is_good_in_brief_where_the_whole_is_good(changes) -> None:
    volumes = [{"shape": polygon(*BOX)}]
    document = {"id": "I1", "party": "ALFA", "flight": "F", "volumes": volumes, **changes}
    check_same(msgspec.Raw(msgspec.json.encode(document)))


@pytest.mark.parametrize(
    "changes",
    [
        {"lower": None}, {"lower": {"value_mm": 5, "reference": "SFC"}},
        {"lower": {"value_mm": None, "reference": "AMSL"}},
        {"lower": {"value_mm": 10**9, "reference": "AMSL"}},
        {"lower": {"value_mm": 5, "reference": "QNH"}},
        {"lower": {"value_mm": 10, "reference": "AMSL"}, "upper": {"value_mm": 10,
                                                                   "reference": "AMSL"}},
        {"upper": {"value_mm": None, "reference": "SFC"}}, {"from_us": 10, "to_us": 10},
        {"from_us": 2**61}, {"from_us": 1.5}, {"to_us": None},
        {"lower": {"value_mm": 10, "reference": "STD"}, "upper": {"value_mm": 5,
                                                                  "reference": "AMSL"}},
    ],
)  # fmt: skip
def test_a_volume_is_good_in_brief_where_the_whole_is_good(changes) -> None:
    volumes = [{"shape": polygon(*BOX), **changes}]
    document = {"id": "I1", "party": "ALFA", "flight": "F", "volumes": volumes}
    check_same(msgspec.Raw(msgspec.json.encode(document)))


def test_bytes_that_are_no_document_have_no_brief() -> None:
    for raw in (b"", b"[]", b"{", b"[" * 5_000, b'{"id": "\xff"}'):
        assert brief_of(msgspec.Raw(raw)) is None


@settings(max_examples=150)
@given(st.integers(0, 10**9))
def test_rings_drawn_at_random_are_good_in_brief_where_the_whole_is_good(seed: int) -> None:
    """Many of them cross themselves; few numbers, so that points coincide and lie in line."""
    draw = random.Random(seed)
    step = draw.choice((1.0, 0.1, 1e-9))
    ring = [
        (draw.randint(0, 4) * step, draw.randint(0, 4) * step) for _ in range(draw.randint(3, 6))
    ]
    document = {"id": "I1", "party": "ALFA", "flight": "F", "volumes": [{"shape": polygon(*ring)}]}
    check_same(msgspec.Raw(msgspec.json.encode(document)))


def test_an_area_is_never_thought_smaller_than_it_is() -> None:
    """A corridor that doubles back is wider than its box: its overlaps are counted twice."""
    line = tuple(Position(lat_deg=0.1 * (n % 2), lon_deg=0.001 * n) for n in range(60))
    shapes = (
        Corridor(vertices=line, width_m=9_000.0, edges="geodesic"),
        Circle(centre=Position(lat_deg=80.0, lon_deg=179.0), radius_m=400_000.0),
        Polygon(
            exterior=tuple(Position(lat_deg=float(lat), lon_deg=float(lon)) for lat, lon in BOX)
        ),
    )
    level = VerticalLimit(value_m=100.0, reference="AMSL")
    volumes = tuple(Volume4D(shape=each, lower=SURFACE, upper=level) for each in shapes)
    volumes = (*volumes, Volume4D(shape=shapes[2], lower=level, upper=UNLIMITED))
    document = document_of(Intent(id="I1", party="ALFA", flight="F", volumes=volumes))
    check_same(document)
    brief = brief_of(document)
    assert brief is not None
    assert math.isfinite(brief.area_m2)
