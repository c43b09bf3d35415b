"""Hours and shapes in an agreement document: time zones, clock changes, rings, strips, features."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from parley.wire.agreement_text import (
    TIMEZONE_SOURCE,
    read_agreement,
    zone_offsets,
)
from parley.world.agreement_document import document_of
from wire.agreementkit import (
    SCHEMA,
    agreement,
    changed,
    faults,
    plain,
    put_zone,
    zone,
)

# ---- schedules ---------------------------------------------------------------------------------


@pytest.mark.row("R7")
def test_local_hours_are_worked_out_over_the_validity():
    found = agreement(plain())
    schedule = found.zones[0].schedule
    assert found.timezone_source == TIMEZONE_SOURCE
    changes = [
        (datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(), ahead_s)
        for at_us, ahead_s in schedule.offsets
    ]
    assert changes[1:] == [
        ("2027-03-28T01:00:00+00:00", 7200),
        ("2027-10-31T01:00:00+00:00", 3600),
        ("2028-03-26T01:00:00+00:00", 7200),
        ("2028-10-29T01:00:00+00:00", 3600),
    ]
    assert changes[0][1] == 3600
    assert schedule.until_us > found.valid.to_us


@pytest.mark.row("R8")
@pytest.mark.parametrize(
    ("begins", "ends", "says"),
    [
        ("02:30", "16:00", "begins is 02:30 on 2027-03-28, which is skipped"),
        ("22:00", "02:30", "ends is 02:30 on 2027-03-28, which is skipped"),
        ("03:00", "16:00", ""),
        ("01:59", "03:00", ""),
    ],
)
def test_a_local_time_across_a_clock_change_is_refused_with_its_date_and_both_repairs(
    begins, ends, says
):
    def change(document):
        zone(document)["schedule"]["windows"] = [{"begins": begins, "ends": ends}]

    said = faults(change)
    assert bool(said) == bool(says)
    if says:
        assert says in said[0]
        assert "write the windows in UTC" in said[0]
        assert 'at_clock_change = "earlier" or "later"' in said[0]


def test_a_doubled_hour_is_refused_only_on_the_days_on_which_it_comes():
    def change(days):
        def of(document):
            window = {"begins": "02:30", "ends": "04:00", "days": days, "first": "2027-06-01"}
            zone(document)["schedule"]["windows"] = [window]

        return of

    assert "2027-10-31, which comes twice" in faults(change(["sun"]))[0]
    assert faults(change(["mon"])) == []


@pytest.mark.row("R7")
@pytest.mark.parametrize("day", ["2027-03-28", "2027-10-31"], ids=["skipped", "doubled"])
@pytest.mark.parametrize(("choice", "hour"), [("earlier", "00:30"), ("later", "01:30")])
def test_the_hour_that_is_meant_is_held(day, choice, hour):
    from parley.world.schedule import hours_at
    from parley.world.time import parse_instant_us

    def change(document):
        zone(document)["schedule"].update(
            windows=[{"begins": "02:30", "ends": "05:00", "first": day, "last": day}],
            at_clock_change=choice,
        )

    found = agreement(changed(change))
    schedule = found.zones[0].schedule
    at_us = parse_instant_us(f"{day}T{hour}:00Z")
    assert hours_at(schedule, at_us) == "inside"
    assert hours_at(schedule, at_us - 1) == "outside"
    assert agreement(document_of(found)) == found


def test_hours_that_are_written_out_are_taken_as_they_are():
    """What was adopted reads alike on a node with other time zone rules."""
    first = agreement(plain())
    written = document_of(first)
    written["zones"][0]["schedule"]["offsets"][1]["ahead"] = "+03:00"
    written["timezone_source"] = "IANA time zone rules 2019a"
    found = agreement(written)
    assert found.zones[0].schedule.offsets[1][1] == 10_800
    assert found.timezone_source == "IANA time zone rules 2019a"


@pytest.mark.parametrize(
    "name", ["Europe/Zagreb", "Asia/Kolkata", "America/Boise", "Africa/Casablanca"]
)
def test_offsets_are_those_of_the_time_zone_rules_at_every_hour(name):
    import io
    import pkgutil
    from zoneinfo import ZoneInfo

    zone_info = ZoneInfo.from_file(io.BytesIO(pkgutil.get_data("tzdata", f"zoneinfo/{name}")))
    from_us = 1_767_225_600_000_000
    to_us = from_us + 3 * 366 * 86_400_000_000
    found = zone_offsets(name, from_us, to_us)
    for at_us in range(from_us, to_us, 1_800_000_000):
        held = [ahead_s for change_us, ahead_s in found if change_us <= at_us][-1]
        at = datetime.fromtimestamp(at_us / 1e6, UTC).astimezone(zone_info)
        assert at.utcoffset().total_seconds() == held


# ---- geometry ----------------------------------------------------------------------------------


def test_a_ring_is_a_circle_without_the_circle_inside_it():
    found = agreement(
        changed(
            put_zone("shape", {"ring": {"centre": "44N 15E", "inner": "2 NM", "outer": "5 NM"}})
        )
    ).zones[0]
    assert found.shape.radius_m == 9260.0
    assert found.exclusions[-1].shape.radius_m == 3704.0
    said = faults(
        put_zone("shape", {"ring": {"centre": "44N 15E", "inner": "5 NM", "outer": "2 NM"}})
    )
    assert "an inner radius below the outer" in said[0]


def test_a_strip_lies_beside_its_boundary_and_on_the_side_that_it_says():
    from parley.world.boundary import distance_to_boundary_m, side_of

    found = agreement(plain())
    strip = next(each for each in found.zones if each.id == "BUFFER").shape
    far = strip.exterior[3:]
    line = found.boundaries[0]
    for vertex in far:
        assert side_of(line, vertex).nominal == "right"
        assert distance_to_boundary_m(line, vertex) == pytest.approx(9260.0, rel=0.002)
    assert strip.edges == line.edges


def test_a_boundary_at_a_distance_from_a_place_is_no_better_known_than_the_place():
    def change(document):
        document["boundaries"].append(
            {
                "id": "NEAR-FIELD", "uncertainty": "10 m",
                "from_place": {
                    "place": "KARST-FIELD", "bearing": "270 deg", "distance": "2 km",
                    "half_length": "20 km",
                },
            }
        )  # fmt: skip

    document = changed(change)
    document["boundaries"][-1].pop("uncertainty")
    found = agreement(document).boundaries[-1]
    assert found.uncertainty_m == 100.0
    assert found.agreed_by == ("CELL", "RANGE", "NEIGHBOUR")
    assert SCHEMA.is_valid(document)


def test_a_feature_of_a_file_beside_the_document_is_read_longitude_first():
    collection = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature", "id": "area", "properties": {},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[15.0, 44.0], [15.5, 44.0], [15.5, 44.5], [15.0, 44.0]]],
                },
            }
        ],
    }  # fmt: skip
    asked = []

    def beside(name):
        asked.append(name)
        return json.dumps(collection).encode()

    def of(feature, file="ground.geojson"):
        document = changed(put_zone("shape", {"geojson": {"file": file, "feature": feature}}))
        return read_agreement(json.dumps(document).encode(), "loa.json", beside=beside)

    assert of("area").agreement.zones[0].shape.exterior[1].lon_deg == 15.5
    assert asked == ["ground.geojson"]
    assert "wanted one feature of that id: area" in str(of("other").faults[0])


@pytest.mark.parametrize(
    "file", ["../secret", "/etc/passwd", "a/b.geojson", ".hidden", "", "a\x00b"]
)
def test_a_document_of_somebody_else_names_no_path_here(file):
    def beside(name):
        raise AssertionError(name)

    document = changed(put_zone("shape", {"geojson": {"file": file, "feature": "1"}}))
    found = read_agreement(json.dumps(document).encode(), "loa.json", beside=beside)
    assert "zone KARST-RANGE shape geojson file" in str(found.faults[0])
