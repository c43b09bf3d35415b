"""Assessments, incidents, layers and studies: the page, the API, the watch and the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet
import pytest

from app.terminal import watching
from app.twonodes import AGREEMENT, make_pair, parley_here, running, say, until
from parley.app.layer_views import layer_at, layer_geojson
from parley.world.agreement import BackgroundLayer
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.shape import Polygon
from parley.world.time import Interval, parse_instant_us
from shared_data import shared

SOURCE = Path(__file__).resolve().parents[2] / "src" / "parley"


def box(west_deg, south_deg, width_deg):
    return Polygon(
        exterior=tuple(
            Position(lat_deg=south_deg + y * width_deg, lon_deg=west_deg + x * width_deg)
            for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))
        )
    )


def layer(stem="control", day="2015-06-05", **changes):
    from_us = parse_instant_us(f"{day}T00:00:00Z")
    values = {
        "id": f"{stem}-{day}", "kind": "control", "name": "who held what",
        "as_of": Interval(from_us=from_us, to_us=from_us + 86_400_000_000),
        "source": "an institute <b>of its own</b>", "areas": (box(38.0, 35.0, 1.0),),
        "uncertainty_m": 5_000.0,
    }  # fmt: skip
    return BackgroundLayer(**(values | changes))


LAYERS = (
    layer(),
    layer(day="2017-06-18"),
    layer("fir", "2017-01-01", kind="FIR", name="FIR limits", areas=(),
          lines=((Position(lat_deg=36.0, lon_deg=37.0), Position(lat_deg=33.0, lon_deg=41.0)),)),
    layer("state", "2010-01-01", kind="state", name="State limits"),
)  # fmt: skip


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Give two nodes under an agreement that has layers."""
    with_layers = msgspec.structs.replace(AGREEMENT, layers=LAYERS)
    folder = tmp_path_factory.mktemp("assessed")
    with running(make_pair(folder, agreement=with_layers, sign_in=False)) as started:
        yield started


@pytest.fixture
def cli(nodes, capsys):
    def run(party, *arguments):
        node = nodes[party]
        return parley_here(capsys, *arguments, "--node", node.url, "--token", node.token_file)

    return run


def done(result):
    code, out, err = result
    assert (code, err) == (0, ""), err
    return out


def page_of(node):
    from app.twonodes import WEB

    return WEB.get(f"{node.url}/").text


# ---- assessments --------------------------------------------------------------------------------


@pytest.mark.row("S43")
def test_an_assessment_is_declared_shown_everywhere_and_ended(nodes, cli):
    key = nodes["RUS"].act(**say(agreement="AGR-1", to=["COAL"], line="L1", text="assess me"))
    log, index = key.json()["key"]
    until(lambda: any(m["key"] == [log, index] for m in nodes["COAL"].get("/api/messages")))
    done(cli("COAL", "assess", "both tracks <b>", "--about", log, str(index), "--for", "10min",
             "--text", "commander\x1b[2J looks"))  # fmt: skip
    listed = done(cli("COAL", "assess"))
    assert "COAL duty-officer assesses both tracks <b>: holds until" in listed
    assert "\x1b" not in listed
    assert "a hold stops no deadline" in listed
    until(lambda: "both tracks" in done(cli("RUS", "assess")))
    for party in ("COAL", "RUS"):
        page = page_of(nodes[party])
        assert "Being assessed" in page
        assert "both tracks &lt;b&gt;" in page
        assert "An assessment stops no deadline" in page
    with watching(nodes["COAL"], look_only=True) as coal:
        coal.shows("ASSESSING: 1 held, first until")
    (row,) = nodes["COAL"].get("/api/assessments")["shown"]
    assert (row["word"], row["about"]) == ("holds", [log, index])
    done(cli("COAL", "assess", "both tracks <b>", "--about", log, str(index), "--done"))
    assert "nothing is being assessed" in done(cli("COAL", "assess"))


@pytest.mark.row("S43")
def test_an_assessment_that_expires_says_so_loudly_and_once(nodes, cli):
    done(cli("COAL", "assess", "short one", "--for", "1s"))
    until(lambda: "short one: EXPIRED" in done(cli("COAL", "assess")))
    assert "EXPIRED, nothing decided" in page_of(nodes["COAL"])
    alarms = [a["alarm"] for a in nodes["COAL"].get("/api/alarms")["alarms"]]
    assert [a["post"] for a in alarms if a["kind"] == "assessment"] == ["duty-officer"]
    with watching(nodes["COAL"], look_only=True) as coal:
        coal.shows("ASSESSING: 1 EXPIRED, not decided: short one")
    done(cli("COAL", "assess", "short one", "--done"))


def test_what_cannot_be_assessed_is_refused_in_one_line(cli):
    for arguments, words in (
        (("assess", "x", "--until", "yesterday"), "--until"),
        (("assess", "x", "--until", "2020-01-01T00:00:00Z"), "assessment until"),
        (("assess", "x", "--for", "3min", "--until", "2020-01-01T00:00:00Z"), "one of them"),
        (("assess", "--done"), "a SUBJECT"),
        (("assess", "never begun", "--done"), "assessment done"),
        (
            ("assess", "x", "--about", "parley.example/AGR-1/RUS/line/2017", "9"),
            "wanted a log held",
        ),
    ):
        code, out, err = cli("COAL", *arguments)
        assert (code, out) == (2, ""), arguments
        assert words in err
        assert len(err.strip().splitlines()) == 1


# ---- incidents ----------------------------------------------------------------------------------


@pytest.mark.row("S47")
@pytest.mark.row("S48")
def test_both_sides_registers_stand_side_by_side_with_their_own_counts(nodes, cli):
    """The precedent of 24 November 2015; figures as the two parties gave them, no more."""
    window = ("--from", "2015-11-24T00:00:00Z", "--to", "2015-11-24T23:59:59Z")
    done(cli("COAL", "study", "incidents", "--register", "2015-11-24", *window,
             "--kind", "loss of an aircraft", "--definition", "a crewed aircraft lost by an act",
             "--title", "near the border <b>", "-f", "time inside=17 s, says COAL",
             "-f", "distance inside=2.19 km, says COAL", "-f", "warnings=10 in 5 min, says COAL",
             "--source", "letter of one party"))  # fmt: skip
    done(cli("RUS", "study", "incidents", "--register", "2015-11-24", *window,
             "--kind", "loss of an aircraft", "--definition", "an aircraft lost over a border",
             "-f", "warnings=none received, says RUS"))  # fmt: skip
    until(lambda: "none received" in done(cli("COAL", "study", "incidents")))
    listed = done(cli("COAL", "study", "incidents"))
    assert "1 by COAL: loss of an aircraft: a crewed aircraft lost by an act" in listed
    assert "1 by RUS: loss of an aircraft: an aircraft lost over a border" in listed
    assert "never summed" in listed
    assert "REGISTERS DIFFER: 2015-11-24 warnings: COAL has 10 in 5 min, says COAL" in listed
    page = page_of(nodes["COAL"])
    assert "Register of incidents" in page
    assert "near the border &lt;b&gt;" in page
    seen = nodes["RUS"].get("/api/incidents")
    assert [each["count"] for each in seen["counts"]] == [1, 1]
    code, _, err = cli("COAL", "study", "incidents", "--register", "X", *window, "--kind", "k",
                       "--definition", "d", "-f", "warnings=10")  # fmt: skip
    assert code == 2
    assert "who says it" in err


@pytest.mark.row("S36")
def test_a_line_in_force_is_asked_by_date_party_and_words(nodes):
    found = nodes["COAL"].get("/api/boundaries/B1/in-force?side=east%20of%20it&party=RUS")
    assert (found["party"], found["agreed"]["binds"]) == ("RUS", True)
    assert found["side"]["decided"] == "left"
    early = nodes["COAL"].get("/api/boundaries/B1/in-force?at=2001-01-01T00:00:00Z")
    assert early["own"] is None
    from app.twonodes import WEB

    bad = WEB.get(f"{nodes['COAL'].url}/api/boundaries/B9/in-force")
    assert (bad.status_code, "B1" in bad.text) == (400, True)


# ---- layers -------------------------------------------------------------------------------------


@pytest.mark.row("S35")
@pytest.mark.row("S37")
def test_layers_are_listed_with_their_date_and_source_and_decide_nothing(nodes):
    rows = nodes["COAL"].get("/api/layers?at=2016-01-01T00:00:00Z")
    shown = {row["layer"]: row["shown"] for row in rows}
    assert shown == {
        "control-2015-06-05": True, "control-2017-06-18": False,
        "fir-2017-01-01": False, "state-2010-01-01": True,
    }  # fmt: skip
    assert {row["decides"] for row in rows} == {"decides nothing"}
    now = {row["layer"]: row["shown"] for row in nodes["COAL"].get("/api/layers")}
    assert now["control-2017-06-18"]
    assert not now["control-2015-06-05"]
    page = page_of(nodes["COAL"])
    assert "They decide nothing" in page
    assert "an institute &lt;b&gt;of its own&lt;/b&gt;" in page
    drawn = nodes["COAL"].get("/api/layers/fir-2017-01-01/geojson")
    (feature,) = drawn["features"]
    assert feature["geometry"] == {
        "type": "LineString", "coordinates": [[37.0, 36.0], [41.0, 33.0]]
    }  # fmt: skip
    assert feature["properties"]["decides"] == "decides nothing"
    assert feature["properties"]["as_of_from"] == "2017-01-01T00:00:00Z"


@pytest.mark.row("S35")
def test_the_layer_for_a_day_is_the_last_one_drawn_by_then_and_never_a_later_one() -> None:
    def on(day):
        found = layer_at(LAYERS, parse_instant_us(f"{day}T12:00:00Z"))
        return {each.id for each in found.values()}

    assert on("2009-01-01") == set()
    assert on("2015-06-05") == {"control-2015-06-05", "state-2010-01-01"}
    assert on("2017-06-17") == {"control-2015-06-05", "fir-2017-01-01", "state-2010-01-01"}
    assert on("2017-06-18") == {"control-2017-06-18", "fir-2017-01-01", "state-2010-01-01"}


@pytest.mark.row("S35")
@pytest.mark.row("S37")
def test_no_layer_is_a_zone_a_boundary_or_part_of_any_answer(nodes):
    """Never mixed with agreed geometry: only what draws or prints a document reads layers."""
    names = {each.id for each in LAYERS}
    for path in ("/api/zones", "/api/boundaries", "/api/alerts", "/api/intents"):
        assert not names & set(re.findall(r"[\w-]+", json.dumps(nodes["COAL"].get(path))))
    readers = {
        file.relative_to(SOURCE).parts[0]
        for file in SOURCE.rglob("*.py")
        if re.search(r"\.layers\b|BackgroundLayer", file.read_text())
        and file.relative_to(SOURCE).parts[:2] != ("world", "agreement.py")
    }
    assert not readers & {"detect", "node", "review", "trust", "store"}


def test_a_layer_names_who_drew_it_and_its_areas_come_out_closed() -> None:
    with pytest.raises(InputFault, match="who drew it"):
        layer(source=" ")
    (feature,) = layer_geojson(layer())["features"]
    (ring,) = feature["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    assert len(ring) == 5


# ---- parley study -------------------------------------------------------------------------------


@pytest.fixture
def study(capsys):
    def run(*arguments):
        return parley_here(capsys, "study", *arguments)

    return run


@pytest.mark.row("S44")
@pytest.mark.row("S46")
def test_a_scenario_is_studied_from_its_folder(study, tmp_path):
    folder = shared("scenarios/syria-2017-06")
    code, out, err = study("encounters", folder, "--clock-bound", "5s", "--json")
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    both = next(row for row in rows if row["pair"] == "SYN-A1 SYN-B1")
    assert both["horizontal_nm"] == pytest.approx(1.74, abs=0.01)
    assert both["least_nm"] < both["horizontal_nm"] < both["most_nm"]
    assert "5 s either way" in err
    file = tmp_path / "rows.csv"
    assert study("margins", folder, "--line", "GL-EUPHRATES", "--step", "60s", "-o", file)[0] == 0
    assert file.read_text().startswith('"line","versions","party"')
    code, out, err = study("trend", folder, "--between", "COAL,RUS")
    assert (code, "8 are needed" in err) == (0, True)
    assert "that is no all-clear" in err
    code, _, err = study("trend", folder, "--between", "COAL")
    assert (code, "two parties" in err) == (2, True)
    code, _, err = study("margins", folder, "--line", "NONE")
    assert (code, len(err.splitlines())) == (2, 1)


@pytest.mark.row("S42")
@pytest.mark.row("S45")
def test_a_recording_is_studied_with_a_list_of_parties_and_spans(study, tmp_path):
    day_us, start = 86_400_000_000, parse_instant_us("2017-04-01T06:00:00Z")
    rows = [
        {"timestamp": (start + day * day_us + s * 1_000_000) / 1e6, "icao24": f"{name}{day:02d}",
         "latitude": lat, "longitude": 38.0 + s / 6_000.0, "altitude": 20_000.0}
        for day in range(40) for name, lat in (("a", 35.0), ("b", 35.1))
        for s in (0, 300, 600)
    ]  # fmt: skip
    traffic = tmp_path / "flown.parquet"
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), traffic)
    owners = tmp_path / "owners.csv"
    owners.write_text("aircraft,party\n" + "".join(
        f"{name}{day:02d},{party}\n" for day in range(40) for name, party in
        (("a", "ALFA"), ("b", "BRAVO"))))  # fmt: skip
    code, out, _ = study("trend", traffic, "--parties", owners, "--between", "ALFA,BRAVO", "--json")
    found = json.loads(out)
    assert (code, len(found["weeks"])) == (0, 7)
    assert found["weeks"][1]["least_m"] == pytest.approx(11_096.0, rel=0.01)
    code, out, _ = study("encounters", traffic, "--parties", owners, "--minima", "10NM,1000ft")
    assert (code, out.count("inside=yes")) == (0, 40)
    spans = tmp_path / "spans.csv"
    spans.write_text(
        "from,to,state,source\n2017-04-01T00:00:00Z,2017-04-08T00:00:00Z,in force,RUS\n"
        "2017-04-08T00:00:00Z,2017-05-11T00:00:00Z,suspended,RUS\n"
    )
    code, out, _ = study("activity", traffic, "--spans", spans, "--parties", owners)
    assert code == 0
    assert "in force: 14 flights in 7.00 days" in out
    assert out.count("no causal claim") >= 2
    folder = shared("scenarios/syria-2017-06")
    code, out, _ = study("margins", traffic, "--parties", owners, "--step", "60s",
                         "--lines", folder, "--line", "GL-EW", "--json")  # fmt: skip
    assert (code, "ALFA" in out) == (0, True)
    spans.write_text("from,to,state\n2017-04-01T00:00:00Z,2017-04-08T00:00:00Z,a\n"
                     "2017-04-05T00:00:00Z,2017-05-11T00:00:00Z,b\n")  # fmt: skip
    code, _, err = study("activity", traffic, "--spans", spans)
    assert (code, "contradict" in err) == (2, True)
    owners.write_text("plane,owner\n")
    code, _, err = study("trend", traffic, "--parties", owners, "--between", "A,B")
    assert (code, "the columns aircraft, party" in err) == (2, True)


@pytest.mark.row("S42")
def test_activity_takes_the_changes_of_a_line_as_a_node_tells_them(cli, study, tmp_path, nodes):
    changes = done(cli("COAL", "line", "L1", "--changes", "2017-01-01T00:00:00Z", "--json"))
    file = tmp_path / "changes.json"
    file.write_text(changes)
    code, out, err = study("activity", shared("scenarios/syria-2017-06"), "--spans", file)
    assert (code, err) == (0, "")
    assert "no causal claim" in out
