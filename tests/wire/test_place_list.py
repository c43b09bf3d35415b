"""Lists of places in and out: nothing is lost, shortened or made up without a word."""

from __future__ import annotations

import contextlib
import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.node.agreement_bodies import KeptPlace
from parley.wire import place_list
from parley.wire.place_list import (
    LINE_BYTES_MAX,
    PlaceRow,
    RowFault,
    cells_geojson,
    csv_text,
    form_of,
    harmless,
    places_csv,
    places_geojson,
    read_places,
    refused_csv,
)
from parley.world.faults import InputFault

HEAD = "id,name,kind,lat,lon,uncertainty,text\n"
GOOD = "H1,Clinic at the ford,hospital,35.6289,38.7581,500 m,by day only\n"


def rows_of(text, form="csv", name="list.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_places(io.BytesIO(data), name, form))


def one(text):
    (row,) = rows_of(HEAD + text)
    return row


def point(lon=38.7581, lat=35.6289, **properties):
    values = {"id": "H1", "name": "Clinic", "kind": "hospital"} | properties
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "geometry": geometry, "properties": values}


def geojson(*features, **more):
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more})


@pytest.mark.row("R16")
def test_a_row_is_read_exactly_as_it_is_written():
    row = one(GOOD)
    assert row == PlaceRow(
        row=2,
        place=KeptPlace(
            place="H1", name="Clinic at the ford", kind="hospital", lat_e9=35_628_900_000,
            lon_e9=38_758_100_000, uncertainty_mm=500_000, text="by day only",
        ),
        source=row.source,
    )  # fmt: skip


@pytest.mark.row("R16", "S32")
@pytest.mark.parametrize(
    ("row", "column", "wanted"),
    [
        ("H1,Clinic,hospital,,,,", "lat", "a name without coordinates is not a place"),
        ("H1,Clinic,hospital,95.1,38,,", "lat", "-90 to 90 degrees; are latitude and longitude"),
        ("H1,Clinic,hospital,35.1,190,,", "lon", "-180 to 180 degrees"),
        ("H1,Clinic,hospital,nan,38,,", "lat", "a number of degrees"),
        ("H1,Clinic,hospital,inf,38,,", "lat", "a number of degrees"),
        ("H1,Clinic,hospital,1e1,38,,", "lat", "a number of degrees"),
        ("H1,Clinic,hospital,35 37 44 N,38,,", "lat", "a number of degrees"),
        ('H1,Clinic,hospital,"35,62",38,,', "lat", "decimal point"),
        (f"H1,Clinic,hospital,35.{'1' * 41},38,,", "lat", "a number of degrees"),
        ("H1,Clinic,hospital,35,38,500,", "uncertainty", "a number and one of"),
        ("H1,Clinic,hospital,35,38,-5 m,", "uncertainty", ""),
        ("H1,Clinic,hospital,35,38,9999 km,", "uncertainty", "0 to 1000 km"),
        ("H 1,Clinic,hospital,35,38,,", "id", "no blank"),
        (",Clinic,hospital,35,38,,", "id", "1 to 64"),
        ("H1,,hospital,35,38,,", "name", "a word"),
        ("H1,=cmd|' /C calc'!A0,hospital,35,38,,", "name", "a spreadsheet would run it"),
        ("H1,Clinic,@x,35,38,,", "kind", "a spreadsheet would run it"),
        ('H1,"Clin\nic",hospital,35,38,,', "name", "printable"),
        ("H1,Cl\x1b[2Jinic,hospital,35,38,,", "name", "printable"),
        ("H1,Clinic,hospital,35,38,,,", "", "7, as in the header"),
        ("H1,Clinic,hospital,35", "", "7, as in the header"),
        ('H1,"Cli"nic,hospital,35,38,,', "", "a row of CSV"),
    ],
)
def test_a_bad_row_says_file_row_column_value_limit_and_repair(row, column, wanted):
    fault = one(row + "\n")
    assert isinstance(fault, RowFault)
    assert fault.column == column
    line = fault.line("list.csv")
    assert line.startswith(f"list.csv row 2 {column}".rstrip())
    assert wanted in line
    assert "\n" not in line
    assert "\x1b" not in line


def test_what_computers_write_beyond_the_ninth_decimal_is_rounded_the_same_each_time():
    row = one("H1,Clinic,hospital,33.001999999999995,-38.0000000005,,\n")
    assert (row.place.lat_e9, row.place.lon_e9) == (33_002_000_000, -38_000_000_000)


def test_good_rows_after_bad_ones_are_read_and_all_are_accounted_for():
    text = HEAD + GOOD + "H2,b,c,99,1,,\n\n" + GOOD + "H3,d,e,35,38,,\n"
    found = rows_of(text)
    assert [type(each).__name__ for each in found] == [
        "PlaceRow", "RowFault", "RowFault", "PlaceRow",
    ]  # fmt: skip
    assert "it is in row 2" in found[2].line("list.csv")
    assert found[3].row == 6


def test_bytes_that_are_no_utf_8_are_named_with_their_row():
    data = HEAD.encode() + GOOD.encode() + b"H2,Clini\xe9,hospital,35,38,,\n"
    good, bad = rows_of(data)
    assert isinstance(good, PlaceRow)
    assert bad.line("list.csv").startswith("list.csv row 3 name is ")
    assert "save the file as UTF-8" in bad.line("list.csv")
    table = "".join(refused_csv([bad]))
    assert "\\udce9" in table or "\\xe9" in table
    with pytest.raises(InputFault, match="UTF-16"):
        rows_of(HEAD.encode("utf-16"))
    assert isinstance(rows_of(b"\xef\xbb\xbf" + (HEAD + GOOD).encode())[0], PlaceRow)


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("id,name,kind,lat\n", "without lon"),
        ("id,name,kind,lat,lon,lat\n", "each column once"),
        ("id,name,kind,lat,lon,radius\n", "it would not be kept"),
        ("id,name,kindd,lat,lon\n", "did you mean 'kind'"),
        ("id,name,kind,lat,lon,uncertainty_parsecs\n", "uncertainty unit"),
        ("", "without id"),
    ],
)
def test_a_header_that_cannot_be_read_stops_the_file(head, wanted):
    with pytest.raises(InputFault) as caught:
        rows_of(head)
    assert wanted in str(caught.value)


def test_units_in_the_header_other_names_of_columns_and_other_delimiters():
    for head, delimiter in (
        ("Place;Name;Type;Latitude;Longitude;Uncertainty (km)", ";"),
        ("id\tname\tkind\tlat_deg\tlon_deg\tuncertainty_km", "\t"),
    ):
        values = delimiter.join(("H1", "Clinic", "hospital", "35.5", "-38.25", "0.5"))
        (row,) = rows_of(f"{head}\n{values}\n")
        assert (row.place.uncertainty_mm, row.place.lon_e9) == (500_000, -38_250_000_000)
    (row,) = rows_of("id,name,kind,lat,lon,uncertainty_m\nH1,a,b,35,38,2 km\n")
    assert row.place.uncertainty_mm == 2_000_000


def test_too_many_rows_and_too_long_lines_are_refused_not_cut(monkeypatch):
    monkeypatch.setattr(place_list, "ROWS_MAX", 3)
    text = HEAD + "".join(f"H{n},a,b,35,38,,\n" for n in range(4))
    with pytest.raises(InputFault, match="at most 3 rows"):
        rows_of(text)
    with pytest.raises(InputFault, match="bytes in a line"):
        rows_of(HEAD + "x" * (LINE_BYTES_MAX + 1))


def test_a_hundred_thousand_rows_are_read_one_by_one():
    class Lines(io.RawIOBase):
        """A file that is never there as a whole."""

        def __init__(self):
            self.at = -1

        def readline(self, size=-1):
            del size
            self.at += 1
            if self.at == 0:
                return HEAD.encode()
            return b"" if self.at > 100_000 else f"H{self.at},a,b,35.5,38.5,,\n".encode()

    count = last = 0
    for row in read_places(Lines(), "list.csv", "csv"):
        assert isinstance(row, PlaceRow)
        count, last = count + 1, row.row
    assert (count, last) == (100_000, 100_001)


@pytest.mark.row("R16")
def test_points_of_geojson_are_read_and_everything_else_is_told():
    area = {"type": "Polygon", "coordinates": [[[38, 35], [39, 35], [39, 36], [38, 35]]]}
    found = rows_of(
        geojson(
            point(uncertainty_m=500, text="by day"),
            point(id="H2") | {"geometry": area},
            point(id="H3", lon=35.6, lat=98.7),
            point(id="H4", colour="red"),
            point(id="H5") | {"geometry": {"type": "Point", "coordinates": [1, 2, 3]}},
            point(id="H6") | {"geometry": None},
            {"type": "Feature"},
            7,
        ),
        "geojson",
    )
    assert found[0].place.uncertainty_mm == 500_000
    wanted = ("the middle of an area is no place", "-90 to 90", "would not be kept",
              "heights are not kept", "a Point", "a Point", "a Feature")  # fmt: skip
    for each, words in zip(found[1:], wanted, strict=True):
        assert isinstance(each, RowFault)
        assert words in each.line("list.geojson")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"type":"Feature","features":[]}', "[" * 100_000, '{"a":1'],
)  # fmt: skip
def test_what_is_no_feature_collection_is_refused(text):
    with pytest.raises(InputFault):
        rows_of(text, "geojson")


def test_another_datum_is_refused():
    crs = {"type": "name", "properties": {"name": "EPSG:32637"}}
    with pytest.raises(InputFault, match="CRS84"):
        rows_of(geojson(point(), crs=crs), "geojson")


KEPT = st.builds(
    KeptPlace,
    place=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,20}", fullmatch=True),
    name=st.from_regex(r"[A-Za-zéدÄ][A-Za-z0-9 ,;\"'\[\]{}é]{0,30}[a-z]", fullmatch=True),
    kind=st.sampled_from(["hospital", "school", "aid store"]),
    lat_e9=st.integers(-90 * 10**9, 90 * 10**9),
    lon_e9=st.integers(-180 * 10**9, 180 * 10**9),
    uncertainty_mm=st.integers(0, 10**9),
    text=st.just("") | st.from_regex(r"[a-z][a-z ,\"]{0,40}[a-z]", fullmatch=True),
)


@pytest.mark.row("R16")
@given(st.lists(KEPT, max_size=6, unique_by=lambda each: each.place))
@settings(max_examples=150, deadline=None)
def test_what_is_written_out_reads_in_again_as_it_is(places):
    for form, writer in (("csv", places_csv), ("geojson", places_geojson)):
        found = rows_of("".join(writer(places)), form)
        assert [each.place for each in found] == places


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader(data):
    for form in ("csv", "geojson"):
        with contextlib.suppress(InputFault):
            for row in read_places(io.BytesIO(HEAD.encode() + data), "x", form):
                assert isinstance(row, PlaceRow | RowFault)


@pytest.mark.row("R16")
def test_what_a_peer_named_is_no_formula_in_a_table_of_ours():
    names = ("=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", "a\x1b[2Jb", "Clinic")
    text = "".join(csv_text(("name", "lat"), [{"name": n, "lat": "-1.5"} for n in names]))
    for cells in list(csv.reader(io.StringIO(text)))[1:]:
        # A bare number is one, whatever sign it has; whatever else begins so is quoted.
        assert cells[0] == "+1" or not cells[0].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert cells[1] == "-1.5"
        assert "\x1b" not in cells[0]
    assert harmless("Clinic") == "Clinic"


def test_notices_go_out_as_cells_never_as_points():
    rows = [{"cell": "35.5,38.5,35.75,39", "state": "STALE", "place": "=x"}, {"cell": "no"}]
    found = json.loads("".join(cells_geojson(rows)))
    first, second = found["features"]
    assert first["geometry"]["type"] == "Polygon"
    assert first["geometry"]["coordinates"][0][0] == [38.5, 35.5]
    assert first["properties"]["state"] == "STALE"
    assert first["properties"]["place"] == "'=x"
    assert second["geometry"] is None
    assert second["properties"] == {"cell": "no"}


def test_forms_are_known_by_the_end_of_the_name():
    assert [form_of(n) for n in ("a.CSV", "b.geojson", "c.json")] == ["csv", "geojson", "geojson"]
    with pytest.raises(InputFault, match="ends in"):
        form_of("a.xlsx")
    with pytest.raises(InputFault, match="csv or geojson"):
        rows_of(HEAD, "xml")
