"""Coverage: what a feed's own history says of a place, against a slow twin and other geometry."""

from __future__ import annotations

import math
import random

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parley.detect import coverage as module
from parley.detect.coverage import (
    BANDS,
    FEEDS_MAX,
    FORGOTTEN_US,
    QUIET_US,
    SILENT_US,
    SLOT_US,
    SLOTS_TO_COVER,
    Coverage,
    band_limits_m,
    band_of,
    bands_within,
    cell_at,
    corners_deg,
    key_of,
    parts_of,
)
from parley.detect.coverage_ground import CELLS_MAX, cells_of_area, cells_of_line
from parley.detect.flown_area import cell_of
from parley.world.faults import InputFault
from parley.world.geo import Position, destination, interpolated, polyline
from parley.world.shape import Circle, Corridor, Polygon, contains
from parley.world.volume import SURFACE, UNLIMITED, PressureSource, VerticalLimit

SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US
BEGIN_US = 1_700_000_000 * SECOND_US // SLOT_US * SLOT_US
HERE = (35.05, 38.05)
KEY = key_of(cell_at(*HERE), "sea", 2)


def noted(times_us, *, feed="radar", at=HERE, altitude_m=2_000.0, reference="AMSL", into=None):
    coverage = Coverage() if into is None else into
    for at_us in times_us:
        coverage.note(feed, *at, altitude_m, reference, at_us)
    return coverage


def usual(**changes):
    """Return a coverage with one usual cell, last seen at `BEGIN_US`."""
    return noted([BEGIN_US - n * SLOT_US for n in range(SLOTS_TO_COVER)][::-1], **changes)


# ---- one word for a place -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after_us", "feed_heard", "word"),
    [
        (0, True, "covered"),
        (SILENT_US, False, "covered"),
        (SILENT_US + 1, False, "feed silent"),
        (SILENT_US + 1, True, "covered"),
        (QUIET_US, True, "covered"),
        (QUIET_US + 1, True, "quiet"),
        (QUIET_US + 1, False, "quiet"),
        (80 * DAY_US, True, "quiet"),
        # Dated by a clock that was ahead: nothing is known of now.
        (-SILENT_US, True, "covered"),
        (-SILENT_US - 1, True, "quiet"),
    ],
)
def test_a_usual_place_is_covered_while_its_feed_is_heard_and_never_longer(
    after_us, feed_heard, word
):
    coverage, now_us = usual(), BEGIN_US + after_us
    if feed_heard:
        coverage.note("radar", -10.0, -10.0, 2_000.0, "AMSL", now_us)
    assert coverage.word([KEY], now_us) == word


def test_where_nobody_ever_flew_there_is_no_history_and_that_is_not_called_uncovered():
    coverage = usual()
    there = key_of(cell_at(60.0, 10.0), "sea", 2)
    assert coverage.word([there], BEGIN_US) == "no history"
    assert not any("not covered" in word for word in module.WORDS)


def test_one_flight_however_long_in_one_span_is_no_custom():
    second_by_second = [BEGIN_US + n * SECOND_US for n in range(3_600)]
    coverage = noted(second_by_second)
    assert coverage.word([KEY], second_by_second[-1]) == "seen"
    assert not coverage.learnt
    assert usual().learnt


@pytest.mark.parametrize(("altitude_m", "band"), [(3_500.0, 3), (10_000.0, 5), (13_000.0, 6)])
def test_who_is_only_ever_seen_high_up_does_not_cover_what_is_below(altitude_m, band):
    coverage = usual(altitude_m=altitude_m)
    words = [coverage.word([key_of(KEY >> 4, "sea", n)], BEGIN_US) for n in range(BANDS)]
    assert words == ["covered" if n == band else "no history" for n in range(BANDS)]
    assert coverage.word([key_of(KEY >> 4, "ground", n) for n in range(BANDS)], BEGIN_US) == (
        "no history"
    )


@given(
    altitude_m=st.floats(-1_000.0, 100_000.0),
    qnh_hpa=st.floats(850.0, 1_049.0),
    geoid_m=st.floats(-107.0, 86.0),
)
def test_a_height_never_counts_below_where_it_may_have_been(altitude_m, qnh_hpa, geoid_m):
    pressure = PressureSource(qnh_hpa=qnh_hpa, observed_us=0, bound_m=0.0)
    above_sea_m = altitude_m + pressure.offset_m
    assert band_of(altitude_m, "STD") >= band_of(above_sea_m, "AMSL")
    assert band_of(altitude_m, "WGS84") >= band_of(altitude_m - geoid_m, "AMSL")
    low_m, high_m = band_limits_m(band_of(altitude_m, "AMSL"))
    assert high_m is None or altitude_m < high_m
    assert low_m is None or altitude_m >= low_m


def test_of_several_feeds_the_best_counts_and_none_speaks_for_another():
    coverage = usual(feed="a")
    noted([BEGIN_US], feed="b", into=coverage)
    later_us = BEGIN_US + 60 * SECOND_US
    noted([later_us], feed="b", into=coverage)
    # b was heard and has seen the place too seldom; a covers it and is silent.
    assert coverage.word([KEY], later_us) == "feed silent"
    assert coverage.silent_names(later_us) == ("a",)
    assert (coverage.covered_cells("a", later_us), coverage.covered_cells("b", later_us)) == (1, 0)
    noted([later_us], feed="a", at=(0.0, 0.0), into=coverage)
    assert coverage.word([KEY], later_us) == "covered"


def plain_word(reports, key, now_us):
    """The slow twin: all reports are kept, and everything is counted again each time."""
    best = len(module.WORDS) - 1
    for feed in {each[0] for each in reports}:
        of_feed = [each for each in reports if each[0] == feed]
        here = [each[2] for each in of_feed if each[1] == key]
        if not here:
            continue

        def spans(until_us, here=here):
            newest = until_us // SLOT_US
            return {t // SLOT_US for t in here if newest - 64 < t // SLOT_US and t <= until_us}

        ever = any(len(spans(t)) >= SLOTS_TO_COVER for t in here)
        now = {t // SLOT_US for t in here if now_us // SLOT_US - 64 < t // SLOT_US}
        fresh = now_us - max(here) <= QUIET_US
        heard = now_us - of_feed[-1][2] <= SILENT_US
        word = "quiet" if ever else "seen"
        if fresh and len(now) >= SLOTS_TO_COVER:
            word = "covered" if heard else "feed silent"
        best = min(best, module.WORDS.index(word))
    return module.WORDS[best]


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.sampled_from([HERE, (35.05, 38.15)]),
            st.sampled_from([200.0, 2_000.0]),
            st.sampled_from([1, 20, 7_200, 10_800, 90_000, 700_000]),
        ),
        max_size=40,
    ),
    after_s=st.sampled_from([0, 29, 31, 86_000, 87_000]),
)
def test_it_says_what_the_plain_twin_says(steps, after_s):
    coverage, reports, now_us = Coverage(), [], BEGIN_US
    for feed, at, altitude_m, gap_s in steps:
        now_us += gap_s * SECOND_US
        coverage.note(feed, *at, altitude_m, "AMSL", now_us)
        key = key_of(cell_at(*at), "sea", band_of(altitude_m, "AMSL"))
        reports.append((feed, key, now_us))
    now_us += after_s * SECOND_US
    for at in (HERE, (35.05, 38.15)):
        for band in (0, 2):
            key = key_of(cell_at(*at), "sea", band)
            assert coverage.word([key], now_us) == plain_word(reports, key, now_us)


def test_reports_of_one_instant_give_the_same_in_any_order():
    draw = random.Random(3)
    one = [
        ("a" if n % 3 else "b", draw.uniform(-90, 90), draw.uniform(-180, 180)) for n in range(99)
    ]
    other = one[:]
    draw.shuffle(other)
    kept = []
    for rows in (one, other):
        coverage = Coverage()
        for feed, lat_deg, lon_deg in rows:
            coverage.note(feed, lat_deg, lon_deg, 500.0, "AMSL", BEGIN_US)
        kept.append(coverage.rows())
    assert kept[0] == kept[1]


# ---- clocks -------------------------------------------------------------------------------------


def test_a_clock_that_was_set_back_leaves_nothing_covered_by_the_time_to_come():
    coverage = usual()
    back_us = BEGIN_US - HOUR_US
    noted([back_us], into=coverage)
    assert coverage.feeds["radar"].is_heard(back_us)
    assert coverage.word([KEY], back_us) == "quiet"
    assert coverage.word([KEY], BEGIN_US + SECOND_US) == "feed silent"


def test_a_clock_that_was_years_ahead_is_forgotten_at_the_next_report():
    coverage = noted([BEGIN_US + 3_650 * DAY_US + n * SLOT_US for n in range(SLOTS_TO_COVER)])
    noted([BEGIN_US + n * SLOT_US for n in range(SLOTS_TO_COVER)], into=coverage)
    assert coverage.word([KEY], BEGIN_US + (SLOTS_TO_COVER - 1) * SLOT_US) == "covered"


# ---- bounds -------------------------------------------------------------------------------------


def flood(coverage, count, *, feed, at_us, north_deg=0.0):
    for n in range(count):
        lat_deg, lon_deg = north_deg - 60.0 + n // 1_000 * 0.11, n % 1_000 * 0.3 - 150.0
        coverage.note(feed, lat_deg, lon_deg, 1e4, "STD", at_us)


def test_a_flood_of_places_is_bounded_counted_and_takes_no_other_feed_its_room(monkeypatch):
    monkeypatch.setattr(module, "KEYS_MAX", 2_000)
    monkeypatch.setattr(module, "FEED_KEYS_MAX", 1_000)
    coverage = usual()
    flood(coverage, 1_500, feed="flood", at_us=BEGIN_US)
    assert (len(coverage), coverage.refused) == (1_001, 500)
    assert coverage.word([KEY], BEGIN_US) == "covered"
    noted([BEGIN_US], at=(50.0, 8.0), into=coverage)
    assert len(coverage) == 1_002
    # A day later what never became usual makes room; what is usual stays.
    later_us = BEGIN_US + QUIET_US + HOUR_US
    flood(coverage, 10, feed="flood", at_us=later_us, north_deg=90.0)
    assert len(coverage.feeds["flood"].seen) == 10
    assert coverage.forgotten == 1_001
    assert coverage.word([KEY], later_us) == "quiet"
    assert len(coverage) == sum(len(feed.seen) for feed in coverage.feeds.values())


def test_the_stated_bound_of_memory_holds():
    assert module.FEED_KEYS_MAX * 2 <= module.KEYS_MAX == 100_000


def test_feeds_are_bounded_and_the_longest_silent_one_makes_room_after_ninety_days():
    coverage = usual(feed="first")
    for n in range(FEEDS_MAX - 1):
        noted([BEGIN_US], feed=f"f{n}", into=coverage)
    noted([BEGIN_US], feed="more", into=coverage)
    assert (len(coverage.feeds), coverage.refused) == (FEEDS_MAX, 1)
    later_us = BEGIN_US + FORGOTTEN_US + 1
    noted([later_us], feed="more", into=coverage)
    assert len(coverage.feeds) == FEEDS_MAX
    assert "more" in coverage.feeds
    assert len(coverage) == sum(len(feed.seen) for feed in coverage.feeds.values())


# ---- kept over a restart ------------------------------------------------------------------------


def test_what_is_kept_is_what_was_there():
    coverage = usual()
    flood(coverage, 300, feed="other", at_us=BEGIN_US + 5)
    again = Coverage.of_rows(coverage.rows())
    assert again.rows() == coverage.rows()
    assert len(again) == len(coverage)
    assert again.word([KEY], BEGIN_US + SILENT_US + 1) == "feed silent"


def row(**changes):
    values = {
        "key": KEY, "reports": 3, "last_us": BEGIN_US, "slot": BEGIN_US // SLOT_US, "slots": 7,
        "usual": 1,
    }  # fmt: skip
    return tuple((values | changes).values())


GOOD = (BEGIN_US, BEGIN_US, 3)


@pytest.mark.parametrize(
    "rows",
    [
        {"radar": (GOOD, [row(key=-1)])},
        {"radar": (GOOD, [row(key=key_of(1_800 * 3_600, "sea", 0))])},
        {"radar": (GOOD, [row(key=key_of(3_599, "sea", 0))])},
        {"radar": (GOOD, [row(key=KEY // 16 * 16 + 7)])},
        {"radar": (GOOD, [row(reports=0)])},
        {"radar": (GOOD, [row(slot=3)])},
        {"radar": (GOOD, [row(slots=1 << 64 | 1)])},
        {"radar": (GOOD, [row(slots=6)])},
        {"radar": (GOOD, [row(slots=0)])},
        {"radar": (GOOD, [row(usual=2)])},
        {"radar": (GOOD, [row(usual=0)])},
        {"radar": (GOOD, [row(last_us=10**20, slot=10**20 // SLOT_US)])},
        {"radar": (GOOD, [row(), row()])},
        {"radar": ((BEGIN_US, BEGIN_US, 0), [])},
        {"radar": ((-(10**18), BEGIN_US, 1), [])},
        {f"f{n}": (GOOD, []) for n in range(FEEDS_MAX + 1)},
    ],
)
def test_what_cannot_have_been_kept_is_refused(rows):
    Coverage.of_rows({"radar": (GOOD, [row()])})
    with pytest.raises(InputFault):
        Coverage.of_rows(rows)


# ---- cells and bands ----------------------------------------------------------------------------


@example(lat_deg=0.0, lon_deg=179.99999999999997)
@given(lat_deg=st.floats(-90.0, 90.0), lon_deg=st.floats(-180.0, 180.0))
def test_the_cells_are_those_of_the_flown_area_and_hold_their_places(lat_deg, lon_deg):
    cell = cell_at(lat_deg, lon_deg)
    assert cell == cell_of(Position(lat_deg=lat_deg, lon_deg=lon_deg))
    south_deg, north_deg, west_deg, east_deg = corners_deg(cell)
    assert south_deg - 1e-9 <= lat_deg <= north_deg + 1e-9
    west_of_180 = lon_deg if lon_deg < 180.0 - 1e-9 or west_deg > 0.0 else lon_deg - 360.0
    assert west_deg - 1e-9 <= west_of_180 <= east_deg + 1e-9
    assert -180.0 <= west_deg < east_deg <= 180.0
    assert all(parts_of(key_of(cell, s, b)) == (cell, s, b) for s in module.SCALES for b in (0, 6))


def limit(value_m, reference):
    return VerticalLimit(value_m=value_m, reference=reference)


@pytest.mark.parametrize(
    ("lower", "upper", "scale", "bands"),
    [
        (SURFACE, UNLIMITED, "sea", [0, 1, 2, 3, 4, 5]),
        (SURFACE, limit(3_000.0, "AMSL"), "sea", [0, 1, 2]),
        (SURFACE, limit(3_000.1, "AMSL"), "sea", [0, 1, 2, 3]),
        (limit(3_000.0, "AMSL"), limit(6_000.0, "AMSL"), "sea", [3]),
        # FL100 may be above 3,000 m or below it, and so may 3,000 m above the ellipsoid.
        (limit(3_048.0, "STD"), limit(6_096.0, "STD"), "sea", [2, 3, 4]),
        (limit(3_000.0, "WGS84"), limit(5_000.0, "AMSL"), "sea", [2, 3]),
        (SURFACE, limit(120.0, "AGL"), "ground", [0]),
        (limit(50.0, "AGL"), limit(400.0, "AGL"), "ground", [0, 1]),
        # What is above the ground bounds nothing that is above the sea.
        (limit(500.0, "AGL"), limit(2_000.0, "AMSL"), "sea", [0, 1, 2]),
        (limit(500.0, "AMSL"), limit(2_000.0, "AGL"), "sea", [1, 2, 3, 4, 5]),
        (limit(15_000.0, "AMSL"), UNLIMITED, "sea", [6]),
        (limit(15_000.0, "AMSL"), limit(20_000.0, "AMSL"), "sea", [6]),
    ],
)  # fmt: skip
def test_a_volume_asks_for_every_band_that_it_may_have_a_part_of(lower, upper, scale, bands):
    assert bands_within(lower, upper) == (scale, range(bands[0], bands[-1] + 1))


# ---- areas and lines ----------------------------------------------------------------------------

SHAPES = {
    "circle": Circle(centre=Position(lat_deg=35.5, lon_deg=38.5), radius_m=30_000.0),
    "small": Circle(centre=Position(lat_deg=35.51, lon_deg=38.52), radius_m=10.0),
    "over 180": Circle(centre=Position(lat_deg=-20.0, lon_deg=179.9), radius_m=60_000.0),
    "pole": Circle(centre=Position(lat_deg=89.9, lon_deg=20.0), radius_m=40_000.0),
    "near pole": Circle(centre=Position(lat_deg=-89.0, lon_deg=20.0), radius_m=40_000.0),
    "corridor": Corridor(
        vertices=(Position(lat_deg=40.0, lon_deg=-179.5), Position(lat_deg=40.5, lon_deg=179.4)),
        width_m=9_000.0, edges="geodesic",
    ),
    "corridor over the pole": Corridor(
        vertices=(Position(lat_deg=89.6, lon_deg=0.0), Position(lat_deg=89.6, lon_deg=179.0)),
        width_m=9_000.0, edges="geodesic",
    ),
    "polygon with a hole": Polygon(
        exterior=(
            Position(lat_deg=10.0, lon_deg=179.3), Position(lat_deg=10.0, lon_deg=-179.3),
            Position(lat_deg=11.0, lon_deg=-179.3), Position(lat_deg=11.0, lon_deg=179.3),
        ),
        holes=((
            Position(lat_deg=10.3, lon_deg=179.8), Position(lat_deg=10.3, lon_deg=-179.8),
            Position(lat_deg=10.7, lon_deg=-179.8), Position(lat_deg=10.7, lon_deg=179.8),
        ),),
    ),
}  # fmt: skip


def middle_of(shape):
    match shape:
        case Circle():
            return shape.centre, shape.radius_m
        case Corridor():
            ends = shape.vertices
            return interpolated(ends[0], ends[1], 0.5, "geodesic"), 70_000.0
        case Polygon():
            return Position(lat_deg=10.5, lon_deg=180.0), 100_000.0


@pytest.mark.parametrize("name", SHAPES)
def test_an_area_has_every_cell_that_it_touches_and_none_that_is_away(name):
    shape, draw = SHAPES[name], random.Random(name)
    cells = set(cells_of_area(shape))
    middle, reach_m = middle_of(shape)
    inside = 0
    for _ in range(400):
        away_m = reach_m * math.sqrt(draw.random()) * 1.2
        at = destination(middle, draw.uniform(0.0, 360.0), away_m)
        if contains(shape, at).nominal == "in":
            inside += 1
            assert cell_at(at.lat_deg, at.lon_deg) in cells
    assert inside > 10 or name == "small"
    for cell in sorted(cells)[:: max(len(cells) // 40, 1)]:
        south, north, west, east = corners_deg(cell)
        centre = Position(lat_deg=(south + north) / 2.0, lon_deg=(west + east) / 2.0)
        # Whatever touches the cell is within its half diagonal, twice that for one by one.
        assert contains(shape, centre, 16_500.0).decided != "out"
    assert list(cells_of_area(shape)) == sorted(cells)


def test_cells_inside_a_hole_are_none_of_its():
    cells = cells_of_area(SHAPES["polygon with a hole"])
    assert cell_at(10.5, 180.0) not in cells
    assert cell_at(10.5, 179.5) in cells
    assert cell_at(10.5, -179.5) in cells


def test_an_area_too_large_to_look_at_is_refused_and_never_judged_by_a_part():
    with pytest.raises(InputFault, match=str(CELLS_MAX)):
        cells_of_area(Circle(centre=Position(lat_deg=0.0, lon_deg=0.0), radius_m=1_500_000.0))


@pytest.mark.parametrize(
    "ends",
    [
        ((36.8, 38.0), (34.5, 41.0)),
        ((10.0, 179.0), (11.0, -179.0)),
        ((89.5, 0.0), (89.5, 170.0)),
        ((-5.0, 10.0), (-5.0, 10.001)),
    ],
)
def test_the_metres_of_a_line_are_those_of_the_geodesic_in_the_cells_on_its_way(ends):
    a, b = (Position(lat_deg=lat, lon_deg=lon) for lat, lon in ends)
    cells = cells_of_line(polyline((a, b), "geodesic"))
    whole = Geodesic.WGS84.InverseLine(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg)
    assert sum(cells.values()) == pytest.approx(whole.s13, rel=0.006)
    expected: dict[int, float] = {}
    for n in range(4_000):
        there = whole.Position(whole.s13 * (n + 0.5) / 4_000)
        cell = cell_at(there["lat2"], there["lon2"])
        expected[cell] = expected.get(cell, 0.0) + whole.s13 / 4_000
    for cell in expected.keys() | cells.keys():
        off_m = abs(expected.get(cell, 0.0) - cells.get(cell, 0.0))
        assert off_m <= 1_200.0 + 0.006 * expected.get(cell, 0.0)
