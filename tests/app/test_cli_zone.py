"""Zones and pressure at the command line, in the API and on the page of two running nodes."""

from __future__ import annotations

import json

import httpx
import pytest

from app.twonodes import lines_of, parley_here, until
from parley.app.cli.zone_commands import pressure_lines
from parley.app.page_zones import pressure_part
from parley.node.rules.pressure import PressureView

pytest_plugins = ["app.sharednodes"]


WINDOW = ("--from", "2030-01-01T00:00:00Z", "--to", "2030-01-01T02:00:00Z")
SHAPE = {"type": "circle", "centre": {"lat_deg": 35.0, "lon_deg": 38.0}, "radius_m": 900.0}


@pytest.fixture
def cli(nodes, capsys):
    """Give the command line at a party's node: exit code, stdout, stderr."""

    def run(party, *arguments):
        node = nodes[party]
        return parley_here(capsys, *arguments, "--node", node.url, "--token", node.token_file)

    return run


def done(result):
    code, out, err = result
    assert (code, err) == (0, ""), err
    return out


def declared(cli, folder, party, zone, **changes):
    path = folder / f"{zone}.json"
    path.write_text(json.dumps({"id": zone, "kind": "zone", "shape": SHAPE, **changes}))
    return cli(party, "zone", "--declare", path)


def test_a_zone_is_told_in_full_and_said_by_a_word(nodes, cli, tmp_path):
    done(declared(cli, tmp_path, "RUS", "ZZ-1"))
    done(cli("RUS", "zone", "ZZ-1", "cold"))
    assert "shown hot; activity cold, promulgation draft" in done(cli("RUS", "zone", "ZZ-1"))
    done(cli("RUS", "zone", "ZZ-1", "issue", "--reference", "R-1"))
    assert "shown hot; activity hot, promulgation in force" in done(cli("RUS", "zone", "ZZ-1"))
    done(cli("RUS", "zone", "ZZ-1", "cold"))
    out = done(cli("RUS", "zone", "ZZ-1"))
    for words in (
        "shown cold; activity cold", "said cold by RUS", "version 1, SFC to UNL", "next 24 h: ",
        "said: cold by RUS duty-officer at ", "issued by RUS duty-officer", ", number R-1",
        "as said by RUS",
    ):  # fmt: skip
        assert words in out
    until(lambda: "shown cold" in done(cli("COAL", "zone", "ZZ-1")))
    done(cli("COAL", "zone", "ZZ-1", "release", *WINDOW))
    until(lambda: "a release asked for by COAL is open" in done(cli("RUS", "zone", "ZZ-1")))
    assert "shown hot" in done(cli("RUS", "zone", "ZZ-1"))
    done(cli("RUS", "zone", "ZZ-1", "cold"))
    assert "shown cold" in done(cli("RUS", "zone", "ZZ-1"))
    done(cli("COAL", "zone", "ZZ-1", "request", *WINDOW))
    until(lambda: "a request by COAL is open" in done(cli("RUS", "zone", "ZZ-1")))
    row = lines_of(done(cli("COAL", "zone", "ZZ-1", "--json")))[0]
    assert row["detail"]["limits"] == ["SFC", "UNL"]
    words = [step["value"] for step in row["detail"]["steps"]]
    assert words == ["cold", "issued", "cold", "cold asked for", "cold", "requested"]


@pytest.mark.row("R7")
def test_two_reservations_are_listed_and_each_is_ended_by_its_name(nodes, cli, tmp_path):
    done(declared(cli, tmp_path, "RUS", "ZZ-5"))
    later = ("--from", "2030-02-01T00:00:00Z", "--to", "2030-02-01T02:00:00Z")
    until(lambda: "ZZ-5" in done(cli("COAL", "zone")))
    done(cli("COAL", "zone", "ZZ-5", "request", *WINDOW))
    until(
        lambda: "2030-01-01T02:00:00Z requested, asked by COAL" in done(cli("RUS", "zone", "ZZ-5"))
    )
    done(cli("RUS", "zone", "ZZ-5", "issue", "--reference", "<R>-1"))
    done(cli("RUS", "zone", "ZZ-5", "issue", "--reference", "R-2", *later))
    out = done(cli("RUS", "zone", "ZZ-5"))
    first = (
        "reservation: 2030-01-01T00:00:00Z to 2030-01-01T02:00:00Z issued, number <R>-1, asked by "
    )
    assert f"{first}COAL, issued by RUS duty-officer at " in out
    assert "2030-02-01T02:00:00Z issued, number R-2, issued by RUS duty-officer at " in out
    code, _, err = cli("RUS", "zone", "ZZ-5", "end")
    assert (code, err.count("\n")) == (2, 1)
    assert "one of: <R>-1 by RUS; R-2 by RUS" in err
    done(cli("RUS", "zone", "ZZ-5", "end", "--reference", "R-2"))
    assert "withdrawn, number R-2" in done(cli("RUS", "zone", "ZZ-5"))
    page = httpx.get(nodes["RUS"].url).text
    assert "Reservations" in page
    assert "&lt;R&gt;-1" in page
    assert "<R>-1" not in page
    row = lines_of(done(cli("RUS", "zone", "ZZ-5", "--json")))[0]
    assert [(r["state"], r["reference"]) for r in row["detail"]["reservations"]] == [
        ("issued", "<R>-1"), ("withdrawn", "R-2"),
    ]  # fmt: skip
    done(cli("COAL", "zone", "ZZ-5", "request", *later))
    until(lambda: "requested, asked by COAL" in done(cli("RUS", "zone", "ZZ-5")))
    done(cli("COAL", "zone", "ZZ-5", "end", *later))
    until(lambda: "taken back, asked by COAL" in done(cli("RUS", "zone", "ZZ-5")))


def test_an_own_zone_and_its_next_version_are_declared_from_a_document(nodes, cli, tmp_path):
    done(declared(cli, tmp_path, "COAL", "ZZ-2", name="<b>two</b>"))
    until(lambda: "ZZ-2" in done(cli("RUS", "zone")))
    out = done(cli("RUS", "zone", "ZZ-2"))
    assert "as said by COAL" in out
    assert "shown hot" in out
    code, _, err = declared(cli, tmp_path, "COAL", "ZZ-2")
    assert code == 2
    assert "wanted 2 or greater" in err
    done(declared(cli, tmp_path, "COAL", "ZZ-2", version=2, name="<b>two</b>"))
    until(lambda: "version 2" in done(cli("RUS", "zone", "ZZ-2")))
    assert "ZZ-2: version 2, declared by COAL" in done(
        cli("RUS", "zone", "ZZ-2", "--at", "2090-01-01T00:00:00Z", "--party", "COAL"))  # fmt: skip
    assert "no version in force" in done(cli("RUS", "zone", "ZZ-2", "--at", "2090-01-01T00:00:00Z"))
    page = httpx.get(nodes["RUS"].url).text
    assert "ZZ-2, zone, SFC to UNL" in page
    assert "&lt;b&gt;two&lt;/b&gt;" in page
    assert "<b>two" not in page


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["zone", "Z1", "warm"], "one of hot, cold"),
        (["zone", "Z1", "hott"], "did you mean 'hot'?"),
        (["zone", "Z1", "hot", "--activity", "hot"], "a ZONE and one of WORD"),
        (["zone", "Z1", "release", "--ask", "NOBODY", *WINDOW], "--line"),
        (["zone", "Z1", "release"], "--from and --to"),
        (["zone", "--at", "2090-01-01T00:00:00Z"], "a ZONE"),
        (["zone", "Z1", "--at", "yesterday"], "query at"),
        (["pressure", "1013.2"], "--agreement"),
    ],
)
def test_what_cannot_be_said_is_told_in_one_line(cli, arguments, told):
    code, _, err = cli("COAL", *arguments)
    assert code == 2
    assert told in err


def test_no_agreement_that_compares_levels_has_no_pressure(cli):
    assert done(cli("COAL", "pressure")) == ""


@pytest.mark.parametrize("known", [True, False])
def test_pressure_is_told_with_its_age_and_what_it_is_good_for(known):
    view = PressureView(
        agreement="AGR-1", source="COAL", place="TOWER <b>", qnh_hpa=1003.2 if known else None,
        observed_us=1_780_000_000_000_000 if known else None, age_s=600.0 if known else None,
        bound_m=34.2 if known else None, stale_after_s=3600.0, because="reported by COAL",
        transition_altitude_m=1500.0, transition_level_m=2100.0,
        others=("RUS says 950.0 hPa at TOWER: does not count",),
    )  # fmt: skip
    lines, page = pressure_lines(view), pressure_part((view,))
    first = "QNH 1003.2 hPa of COAL at TOWER <b>, 10 min old of at most 60, give or take 34.2 m"
    assert (first in lines[0]) is known
    assert ("no QNH of COAL" in lines[0]) is not known
    assert lines[1:] == [
        "  transition altitude 1500 m AMSL", "  transition level 2100 m STD", f"  {view.others[0]}",
    ]  # fmt: skip
    assert ("1003.2 hPa" in page) is known
    assert ("undecided" in page) is not known
    assert "TOWER &lt;b&gt;" in page
    assert pressure_part(()) is None
