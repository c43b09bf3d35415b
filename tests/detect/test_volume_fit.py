"""Conformance of a track to 4D volumes: by hand, against the slow twin, against other libraries.

The other libraries: shapely in an azimuthal equidistant plane about the report (pyproj), where
every distance from the report is the geodesic one, and geographiclib for circles.
"""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pyproj
import pytest
import shapely
from geographiclib.geodesic import Geodesic

from parley.detect.volume_fit import (
    FOUND_WITHIN_S,
    LOOK_STEP_S,
    TESTS_MAX,
    Seen,
    fit,
    flown_on,
    leaving,
    volumes_of,
)
from parley.detect.volume_fit_plain import LOOK_EVERY_S, fit_plain, leaving_plain
from parley.world.faults import InputFault
from parley.world.geo import Position, destination, wrapped_longitude_deg
from parley.world.shape import Circle, Corridor, Polygon
from parley.world.volume import SURFACE, UNLIMITED, PressureSource, VerticalLimit, Volume4D

AT_US = 1_780_000_000_000_000
HERE = Position(lat_deg=35.0, lon_deg=38.0)
SECOND_US = 1_000_000


def limit(value_m, reference="AMSL"):
    return VerticalLimit(value_m=value_m, reference=reference)


def ring(centre=HERE, radius_m=1_000.0, low_m=100.0, high_m=500.0, start_s=-60, end_s=60):
    return Volume4D(
        shape=Circle(centre=centre, radius_m=radius_m),
        lower=limit(low_m), upper=limit(high_m),
        from_us=AT_US + start_s * SECOND_US, to_us=AT_US + end_s * SECOND_US,
    )  # fmt: skip


def seen(position=HERE, altitude_m=300.0, reference="AMSL", at_s=0.0, **changes):
    at_us = AT_US + round(at_s * SECOND_US)
    return Seen(at_us=at_us, position=position, altitude_m=altitude_m,
                altitude_reference=reference, **changes)  # fmt: skip


def east(metres):
    return destination(HERE, 90.0, metres)


# ---- by hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "decided", "what", "distances"),
    [
        (seen(), "in", (), (0.0, 0.0, 0)),
        (seen(east(1_250.0)), "out", ("place",), (250.0, 0.0, 0)),
        (seen(east(1_250.0), horizontal_m=300.0), "undecided", ("place",), (250.0, 0.0, 0)),
        (seen(east(900.0), horizontal_m=150.0), "undecided", (), (0.0, 0.0, 0)),
        (seen(altitude_m=620.0), "out", ("height",), (0.0, 120.0, 0)),
        (seen(altitude_m=620.0, vertical_m=130.0), "undecided", ("height",), (0.0, 120.0, 0)),
        (seen(altitude_m=60.0), "out", ("height",), (0.0, 40.0, 0)),
        (seen(at_s=-70), "out", ("time",), (0.0, 0.0, -10_000_000)),
        (seen(at_s=65), "out", ("time",), (0.0, 0.0, 5_000_001)),
        (seen(at_s=65, time_us=6_000_000), "undecided", ("time",), (0.0, 0.0, 5_000_001)),
        (seen(east(1_003.0), 504.0), "out", ("place", "height"), (3.0, 4.0, 0)),
        # WGS84 against AMSL differs by up to 110 m: in the middle that does not matter.
        (seen(reference="WGS84"), "in", (), (0.0, 0.0, 0)),
        (seen(altitude_m=560.0, reference="WGS84"), "undecided", ("height",), (0.0, 60.0, 0)),
        # A pressure level without a pressure source, and a height above ground: nobody knows.
        (seen(altitude_m=620.0, reference="STD"), "undecided", ("height",), (0.0, 120.0, 0)),
        (seen(reference="AGL"), "undecided", ("height",), (0.0, 0.0, 0)),
        (seen(altitude_m=None), "undecided", ("height",), (0.0, 0.0, 0)),
        # Out of the area decidedly: the height does not matter.
        (seen(east(5_000.0), reference="AGL"), "out", ("place", "height"), (4_000.0, 0.0, 0)),
    ],
)  # fmt: skip
def test_one_volume_by_hand(report, decided, what, distances):
    found = fit(volumes_of([ring()]), report)
    assert (found.decided, found.what) == (decided, what)
    assert (found.horizontal_m, found.vertical_m, found.time_us) == (
        pytest.approx(distances[0], abs=0.001), pytest.approx(distances[1]), distances[2],
    )  # fmt: skip


def test_a_pressure_level_is_judged_through_the_pressure_source_widened_by_its_age() -> None:
    level = seen(altitude_m=620.0, reference="STD")
    fresh = PressureSource(qnh_hpa=1_013.25, observed_us=AT_US, bound_m=20.0)
    old = PressureSource(qnh_hpa=1_013.25, observed_us=AT_US - 5 * 3_600 * SECOND_US, bound_m=20.0)
    assert fit(volumes_of([ring()]), level, fresh).decided == "out"
    assert fit(volumes_of([ring()]), level, old).decided == "undecided"


def test_a_flight_conforms_in_any_one_volume_and_the_nearest_is_told_by_what_is_missing() -> None:
    first = ring(start_s=-60, end_s=0)
    second = ring(centre=east(3_000.0), start_s=0, end_s=60)
    both = volumes_of([first, second])
    assert fit(both, seen(at_s=-1)).decided == "in"
    late = seen(at_s=10, east_mps=50.0)
    # 2,000 m to the one that is open now; 10 s at 50 m/s beyond the end of the one that it is in.
    found = fit(both, late)
    assert (found.decided, found.volume, found.what, found.time_us) == (
        "out", 0, ("time",), 10_000_001,
    )  # fmt: skip
    found = fit(both, seen(at_s=50, east_mps=50.0))
    assert (found.volume, found.what) == (1, ("place",))
    assert found.horizontal_m == pytest.approx(2_000.0, abs=0.01)


def test_leaving_says_when_how_far_and_of_what() -> None:
    one = volumes_of([ring()])
    across = leaving(one, seen(east(400.0), east_mps=50.0), 30.0)
    assert (across.in_s, across.ground_m, across.what) == (
        pytest.approx(12.0, abs=FOUND_WITHIN_S), pytest.approx(600.0, abs=3.0), ("place",),
    )  # fmt: skip
    up = leaving(one, seen(up_mps=10.0), 30.0)
    assert (up.in_s, up.what) == (pytest.approx(20.0, abs=FOUND_WITHIN_S), ("height",))
    end = leaving(one, seen(at_s=40), 30.0)
    assert (end.in_s, end.what) == (pytest.approx(20.0, abs=FOUND_WITHIN_S), ("time",))
    assert leaving(one, seen(), 30.0) is None
    assert leaving(one, seen(east(2_000.0), east_mps=-50.0), 30.0) is None
    beside = volumes_of([ring(), ring(centre=east(1_500.0))])
    assert leaving(beside, seen(east(400.0), east_mps=50.0), 30.0) is None
    slow = volumes_of([ring(end_s=20), ring(centre=east(5_000.0), start_s=20)])
    assert leaving(slow, seen(east_mps=20.0), 30.0).what == ("time", "speed")


# ---- against the slow twin and two other libraries ----------------------------------------------

PLACES = (
    Position(lat_deg=35.0, lon_deg=38.0),
    Position(lat_deg=-17.0, lon_deg=179.99),
    Position(lat_deg=70.0, lon_deg=-179.995),
    Position(lat_deg=88.9, lon_deg=20.0),
    Position(lat_deg=-89.5, lon_deg=-120.0),
)


def random_shape(draw, about):
    where = destination(about, draw.uniform(0, 360), draw.uniform(0, 9_000))
    kind = draw.random()
    edges = draw.choice(("planar", "geodesic"))
    if kind < 0.35:
        return Circle(centre=where, radius_m=draw.uniform(200, 6_000))
    if kind < 0.6:
        ends = (where, destination(where, draw.uniform(0, 360), draw.uniform(500, 9_000)))
        return Corridor(vertices=ends, width_m=draw.uniform(100, 3_000), edges=edges)
    count, size_m = draw.randint(3, 9), draw.uniform(500, 6_000)
    turns = sorted(draw.uniform(0, 360) for _ in range(count))
    return Polygon(
        exterior=tuple(destination(where, t, size_m * draw.uniform(0.5, 1)) for t in turns),
        edges=edges,
    )


def random_limits(draw):
    reference = draw.choice(("AMSL", "AMSL", "AMSL", "WGS84", "STD", "AGL"))
    low_m = draw.uniform(0, 3_000)
    lower = SURFACE if draw.random() < 0.2 else limit(low_m, reference)
    high = limit(low_m + draw.uniform(50, 2_000), reference)
    return lower, UNLIMITED if draw.random() < 0.2 else high


def random_volumes(draw, about, count):
    found = []
    while len(found) < count:
        lower, upper = random_limits(draw)
        start = draw.choice((None, draw.uniform(-120, 60)))
        end = draw.choice((None, draw.uniform(60.1, 200) if start is None else start + 90))
        try:
            shape = random_shape(draw, about)
        except InputFault:  # crossed edges
            continue
        found.append(Volume4D(
            shape=shape, lower=lower, upper=upper,
            from_us=None if start is None else AT_US + round(start * SECOND_US),
            to_us=None if end is None else AT_US + round(end * SECOND_US),
        ))  # fmt: skip
    return found


def random_seen(draw, about):
    return seen(
        destination(about, draw.uniform(0, 360), draw.uniform(0, 10_000)),
        None if draw.random() < 0.05 else draw.uniform(0, 4_000),
        draw.choice(("AMSL", "AMSL", "AMSL", "WGS84", "STD", "AGL")),
        at_s=draw.uniform(-60, 120),
        horizontal_m=draw.choice((0.0, 50.0, 800.0)),
        vertical_m=draw.choice((0.0, 30.0)),
        time_us=draw.choice((0, 0, 3_000_000)),
        east_mps=draw.uniform(-250, 250), north_mps=draw.uniform(-250, 250),
        up_mps=draw.uniform(-15, 15),
    )  # fmt: skip


@pytest.mark.parametrize("place", range(len(PLACES)))
def test_the_same_answers_as_the_slow_twin_on_random_volumes(place):
    draw = random.Random(60_000 + place)
    source = PressureSource(qnh_hpa=1_003.0, observed_us=AT_US, bound_m=15.0)
    words = {"in": 0, "out": 0, "undecided": 0}
    for _ in range(10):
        volumes = random_volumes(draw, PLACES[place], draw.choice((1, 3, 8)))
        among = volumes_of(volumes)
        for _ in range(12):
            report, pressure = random_seen(draw, PLACES[place]), draw.choice((None, source))
            fast, slow = fit(among, report, pressure), fit_plain(volumes, report, pressure)
            assert fast == slow, (volumes, report)
            words[fast.decided] += 1
    assert min(words.values()) > 2, words


@pytest.mark.parametrize("place", range(len(PLACES)))
def test_leaving_as_the_slow_twin_by_many_looks(place):
    draw = random.Random(61_000 + place)
    both = 0
    for _ in range(7):
        volumes = random_volumes(draw, PLACES[place], draw.choice((1, 3)))
        reports = [random_seen(draw, PLACES[place]) for _ in range(40)]
        report = next(
            (r for r in reports if fit(volumes_of(volumes), r).nominal == "in"), reports[0]
        )
        fast = leaving(volumes_of(volumes), report, 12.0)
        slow = leaving_plain(volumes, report, 12.0)
        if (fast is None) != (slow is None):
            # Only a corner shorter than the stated steps may be seen by one of them alone.
            assert fast is None
            there = [fit(volumes_of(volumes), flown_on(report, slow.in_s + s)).nominal
                     for s in (-LOOK_STEP_S, LOOK_STEP_S)]  # fmt: skip
            assert "out" not in there
            continue
        if fast is not None:
            both += 1
            assert fast.in_s == pytest.approx(slow.in_s, abs=LOOK_EVERY_S + 2 * FOUND_WITHIN_S)
    assert both


def local_plane(position):
    return pyproj.Transformer.from_crs(
        "EPSG:4326",
        f"+proj=aeqd +lat_0={position.lat_deg} +lon_0={position.lon_deg} +ellps=WGS84",
        always_xy=True,
    )


def dense_planar_ring(polygon, parts=400):
    """A polygon of planar edges with many points on each: short enough to be straight anywhere."""
    points = [*polygon.exterior, polygon.exterior[0]]
    found = []
    for one, other in itertools.pairwise(points):
        turn = (other.lon_deg - one.lon_deg + 180.0) % 360.0 - 180.0
        share = np.arange(parts) / parts
        lon = [wrapped_longitude_deg(one.lon_deg + turn * s) for s in share]
        lat = one.lat_deg + (other.lat_deg - one.lat_deg) * share
        found.append(np.column_stack((lon, lat)))
    return np.concatenate(found)


@pytest.mark.parametrize("place", range(len(PLACES)))
def test_places_against_shapely_in_a_plane_about_the_report(place):
    draw = random.Random(62_000 + place)
    inside = outside = 0
    while inside + outside < 20:
        try:
            shape = random_shape(draw, PLACES[place])
        except InputFault:
            continue
        if not isinstance(shape, Polygon) or shape.edges != "planar":
            continue
        at = destination(shape.exterior[0], draw.uniform(0, 360), draw.uniform(0, 4_000))
        report = seen(at)
        found = fit(volumes_of([Volume4D(shape=shape)]), report)
        degrees = dense_planar_ring(shape)
        x_m, y_m = local_plane(report.position).transform(degrees[:, 0], degrees[:, 1])
        drawn = shapely.Polygon(np.column_stack((x_m, y_m)))
        origin = shapely.Point(0.0, 0.0)
        if found.nominal == "in":
            inside += 1
            assert drawn.covers(origin)
            assert found.inward_m == pytest.approx(drawn.exterior.distance(origin), abs=0.05)
        else:
            outside += 1
            assert not drawn.covers(origin)
            assert found.horizontal_m == pytest.approx(drawn.distance(origin), abs=0.05)
    assert inside
    assert outside


def test_circles_against_geographiclib_over_the_antimeridian_and_the_pole() -> None:
    draw = random.Random(63)
    pole = Position(lat_deg=90.0, lon_deg=0.0)
    for about in (*PLACES, pole):
        for _ in range(40):
            radius_m = draw.uniform(100, 20_000)
            at = destination(about, draw.uniform(0, 360), draw.uniform(0, 40_000))
            ends = (about.lat_deg, about.lon_deg, at.lat_deg, at.lon_deg)
            away_m = Geodesic.WGS84.Inverse(*ends)["s12"]
            circle = Volume4D(shape=Circle(centre=about, radius_m=radius_m))
            found = fit(volumes_of([circle]), seen(at))
            assert found.nominal == ("in" if away_m <= radius_m else "out")
            assert found.horizontal_m == pytest.approx(max(0.0, away_m - radius_m), abs=1e-4)


# ---- hostile input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"altitude_m": math.nan}, {"altitude_m": 1e308}, {"horizontal_m": math.nan},
        {"horizontal_m": -1.0}, {"vertical_m": math.inf}, {"time_us": -1},
        {"east_mps": math.nan}, {"north_mps": 1e308}, {"at_us": 10**30},
    ],
)  # fmt: skip
def test_what_is_no_number_or_out_of_range_is_refused(changes):
    values = {"at_us": AT_US, "position": HERE, "altitude_m": 1.0, "altitude_reference": "AMSL"}
    with pytest.raises(InputFault):
        Seen(**(values | changes))


@pytest.mark.parametrize("ahead_s", [math.nan, -1.0, 1e9])
def test_an_ahead_that_is_no_time_is_refused(ahead_s):
    with pytest.raises(InputFault):
        leaving(volumes_of([ring()]), seen(), ahead_s)
    with pytest.raises(InputFault):
        volumes_of([])


def test_ten_thousand_volumes_are_all_looked_at_where_it_matters_and_the_cap_is_told() -> None:
    """The last of ten thousand holds the flight; of as many in one place the nearest is capped."""
    far = [ring(centre=destination(HERE, k * 0.036, 200_000.0 + k)) for k in range(9_999)]
    assert fit(volumes_of([*far, ring()]), seen()).volume == 9_999
    found = fit(volumes_of(far), seen())
    assert found.decided == "out"
    assert found.horizontal_m == pytest.approx(199_000.0, abs=0.01)
    assert found.all_measured
    box = [(-0.1, -0.1), (0.1, -0.1), (0.1, 0.1), (0.0, -0.05), (-0.1, 0.1)]
    hollow = Polygon(exterior=tuple(
        Position(lat_deg=35.0 + y, lon_deg=38.0 + x) for x, y in box
    ))  # fmt: skip
    stacked = volumes_of([Volume4D(shape=hollow)] * 10_000)
    found = fit(stacked, seen())
    # Inside every box and outside every outline that was measured: the others may hold it.
    assert (found.decided, found.what, found.all_measured) == ("undecided", ("place",), False)
    assert fit(volumes_of([Volume4D(shape=hollow)] * TESTS_MAX), seen()).decided == "out"
    assert leaving(stacked, seen(east_mps=100.0), 30.0) is None


def test_a_polygon_of_ten_thousand_vertices_is_measured_to_its_last_one() -> None:
    turns = [360.0 * k / 10_000 for k in range(10_000)]
    around = Polygon(exterior=tuple(destination(HERE, -t, 5_000.0) for t in turns))
    found = fit(volumes_of([Volume4D(shape=around)]), seen(east(5_010.0)))
    assert found.decided == "out"
    assert found.horizontal_m == pytest.approx(10.0, abs=0.01)


def test_the_earth_turned_changes_nothing() -> None:
    """The same volumes and report on another meridian: the antimeridian is no place of its own."""
    draw = random.Random(64)
    for _ in range(40):
        east_deg = draw.uniform(-180, 180)
        volumes = random_volumes(draw, HERE, 1)
        report = random_seen(draw, HERE)
        shape = volumes[0].shape
        if not isinstance(shape, Circle):
            continue

        def turned(position, by_deg=east_deg):
            lon_deg = wrapped_longitude_deg(position.lon_deg + by_deg)
            return Position(lat_deg=position.lat_deg, lon_deg=lon_deg)

        moved_shape = Circle(centre=turned(shape.centre), radius_m=shape.radius_m)
        moved = Volume4D(shape=moved_shape, lower=volumes[0].lower, upper=volumes[0].upper,
                         from_us=volumes[0].from_us, to_us=volumes[0].to_us)  # fmt: skip
        there = Seen(**{name: getattr(report, name) for name in report.__struct_fields__}
                     | {"position": turned(report.position)})  # fmt: skip
        one, other = fit(volumes_of(volumes), report), fit(volumes_of([moved]), there)
        assert (one.nominal, one.what, one.time_us) == (other.nominal, other.what, other.time_us)
        assert one.horizontal_m == pytest.approx(other.horizontal_m, abs=1e-3)
