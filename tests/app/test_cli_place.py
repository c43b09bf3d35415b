"""`parley place`, its API and the page, at two real nodes on sockets."""

from __future__ import annotations

import csv
import json
import re

import pytest

from app.twonodes import WEB, lines_of, parley_here, until

pytest_plugins = ["app.sharednodes"]
HEAD = "id,name,kind,lat,lon,uncertainty,text\n"


@pytest.fixture
def cli(nodes, capsys):
    """Give the command line at a party's node: exit code, stdout, stderr."""

    def run(party, *arguments):
        node = nodes[party]
        return parley_here(capsys, *arguments, "--node", node.url, "--token", node.token_file)

    return run


@pytest.fixture
def consented(cli):
    """Let RUS have COAL's notices."""
    done(cli("COAL", "consent", "give", "--addressee", "RUS"))


def done(result, code=0):
    found, out, err = result
    assert found == code, (out, err)
    return out


def listed(path, *rows):
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return path


@pytest.mark.row("R16")
def test_a_list_goes_in_whole_or_not_at_all_and_a_second_time_writes_nothing(cli, nodes, tmp_path):
    bad = listed(tmp_path / "bad.csv", "I1,One,hospital,35.1,38.1,,", "I2,Two,school,99,38.1,,")
    code, out, err = cli("COAL", "place", "import", bad)
    assert code == 2
    assert "bad.csv row 3 lat is 99, wanted -90 to 90 degrees" in out
    assert "1 of 2 rows cannot be kept" in err
    assert "I1" not in done(cli("COAL", "place", "list"))
    left = tmp_path / "left.csv"
    out = done(cli("COAL", "place", "import", bad, "--dry-run", "--skip-bad", left), 1)
    assert "1 would be written" in out
    assert not left.exists()
    out = done(cli("COAL", "place", "import", bad, "--skip-bad", left, "--json"), 1)
    report = json.loads(out.splitlines()[-1])
    assert report == {"rows": 2, "written": 1, "known": 0, "refused": 1, "dry_run": False}
    (row,) = csv.DictReader(left.open())
    assert (row["row"], row["column"], row["lat"]) == ("3", "lat", "99")
    assert "I1 (hospital, AGR-1): told to nobody" in done(cli("COAL", "place", "list"))
    acts = nodes["COAL"].acts()
    good = listed(tmp_path / "good.csv", "I1,One,hospital,35.1,38.1,,")
    assert "0 written, 1 known already" in done(cli("COAL", "place", "import", good))
    assert nodes["COAL"].acts() == acts


def test_what_is_likely_a_slip_is_asked_and_nothing_is_written(cli, tmp_path):
    listed(tmp_path / "a.csv", "M1,Move,hospital,35.1,38.1,,", "M2,Stay,school,35.2,38.1,,")
    done(cli("COAL", "place", "import", tmp_path / "a.csv"))
    moved = listed(tmp_path / "b.csv", "M2,Stay,school,35.2,38.1,,", "M1,Move,hospital,35.6,38.1,,")
    code, out, err = cli("COAL", "place", "import", moved)
    assert (code, out) == (1, "")
    assert "b.csv row 3: place M1: a known place would move far (55." in err
    assert "nothing is written" in err
    assert "1 written, 1 known already" in done(cli("COAL", "place", "import", moved, "--confirm"))


@pytest.mark.row("R16")
def test_the_register_goes_out_as_it_came_and_shows_no_position_unasked(cli, nodes, tmp_path):
    source = listed(tmp_path / "in.csv", 'E1,"One, at the ford",hospital,35.1234,38.4321,250 m,ok')
    done(cli("COAL", "place", "import", source))
    for name in ("out.csv", "out.geojson"):
        done(cli("COAL", "place", "export", tmp_path / name))
        assert "35.1234" in (tmp_path / name).read_text()
        again = done(cli("COAL", "place", "import", tmp_path / name))
        assert "0 written" in again
        code, _, err = cli("COAL", "place", "export", tmp_path / name)
        assert (code, "wanted a new file" in err) == (2, True)
    for path in ("/api/places", "/api/places/ledger", "/api/notices/standing"):
        text = json.dumps(nodes["COAL"].get(path))
        assert "35.1234" not in text
        assert "ford" not in text
    for log in nodes["COAL"].get("/api/logs"):
        if "/COAL/private/" in log["origin"]:
            entries = nodes["COAL"].get(f"/api/logs/{log['origin']}/entries")
            kept = [e for e in entries if '"places.kept"' in e["text"]]
            assert kept
            assert {each["reading"] for each in kept} == {"guarded"}
            assert "35.1234" not in json.dumps(entries)
    reply = WEB.post(f"{nodes['COAL'].url}/api/places/export", json={"agreement": "AGR-1",
                     "post": "duty-officer"})  # fmt: skip
    assert reply.status_code == 401


@pytest.mark.row("R16")
@pytest.mark.usefixtures("consented")
def test_places_are_told_as_cells_and_both_sides_see_how_they_stand(cli, nodes, tmp_path):
    rows = [f"T{n},Tell {n},hospital,35.{n}11,38.{n}22,," for n in range(1, 5)]
    done(cli("COAL", "place", "import", listed(tmp_path / "t.csv", *rows)))
    code, _, err = cli("COAL", "place", "tell", "T1", "--to", "RUS", "--precision", "5km")
    assert code == 2
    assert "no finer than 10000 m (the norms)" in err
    code, _, err = cli("COAL", "place", "tell", "T1", "--to", "RUS", "--precision", "20")
    assert (code, "a number and one of" in err) == (2, True)
    key = done(cli("COAL", "place", "tell", "T1", "--to", "RUS", "--precision", "20km")).split()
    names = [f"T{n}" for n in range(1, 5)]
    told = ("COAL", "place", "tell", *names, "--to", "RUS", "--precision", "20km")
    assert "3 told to RUS, 1 stood already, 0 refused" in done(cli(*told))
    assert "0 told to RUS, 4 stood already" in done(cli(*told))
    until(lambda: nodes["RUS"].get("/api/notices/standing")["total"] >= 4)
    out = done(cli("RUS", "place", "notices"))
    assert "COAL (AGR-1): " in out
    assert "guarded: open it to read" in out
    assert "35." not in out
    exported = tmp_path / "told.csv"
    done(cli("RUS", "place", "notices", "--party", "COAL", "--export", exported,
             "--purpose", "planning"))  # fmt: skip
    table = list(csv.DictReader(exported.open()))
    assert {row["state"] for row in table} == {"fresh"}
    assert {row["place"] for row in table} >= set(names)
    private = [log for log in nodes["RUS"].get("/api/logs") if "/RUS/private/" in log["origin"]]
    opened = [
        e for log in private for e in nodes["RUS"].get(f"/api/logs/{log['origin']}/entries")
        if '"payload.opened"' in e["text"]
    ]  # fmt: skip
    assert len(opened) >= 4
    shapes = tmp_path / "told.geojson"
    done(cli("RUS", "place", "notices", "--export", shapes))
    kinds = {f["geometry"]["type"] for f in json.loads(shapes.read_text())["features"]}
    assert kinds == {"Polygon"}
    page = WEB.get(f"{nodes['RUS'].url}/").text
    assert "Standing notices, the oldest word first" in page
    assert "no permission, no promise" in page
    page = WEB.get(f"{nodes['COAL'].url}/").text
    assert "What we told: the ledger" in page
    assert "cannot be recalled" in page
    assert " ".join(key) in page


@pytest.mark.row("R16")
@pytest.mark.usefixtures("consented")
def test_the_ledger_says_who_holds_what_and_withdrawing_recalls_nothing(cli, tmp_path):
    done(cli("COAL", "place", "import",
             listed(tmp_path / "w.csv", "W1,Withdraw,hospital,35.3,38.3,,")))  # fmt: skip
    done(cli("COAL", "place", "tell", "W1", "--to", "RUS", "--precision", "50km"))
    done(cli("COAL", "place", "tell", "W1", "--to", "RUS", "--precision", "10km"))
    ledger = ("COAL", "place", "ledger", "--place", "W1", "--json")
    rows = until(
        lambda: all(r["stored_us"] for r in lines_of(done(cli(*ledger)))) and lines_of(
            done(cli(*ledger)))
    )  # fmt: skip
    assert [(r["place"], r["addressee"], r["finest"], r["word"]) for r in rows] == [
        ("W1", "RUS", False, "replaced"), ("W1", "RUS", True, "fresh"),
    ]  # fmt: skip
    assert all(row["consent"] for row in rows)
    text = done(cli("COAL", "place", "ledger", "--addressee", "RUS", "--place", "W1"))
    assert "RUS holds W1: a cell of 19.4 km (the finest yet)" in text
    assert "whether it was opened there is not known here" in text
    done(cli("COAL", "place", "withdraw", "W1", "--to", "RUS", "--text", "closed"))
    last = lines_of(done(cli(*ledger)))[-1]
    assert last["word"] == "withdrawn"
    assert last["finest"] is True
    code, _, err = cli("COAL", "place", "withdraw", "W1", "--to", "RUS")
    assert (code, "a notice of it that stands" in err) == (2, True)
    table = tmp_path / "ledger.csv"
    done(cli("COAL", "place", "ledger", "--csv", table))
    found = [row for row in csv.DictReader(table.open()) if row["place"] == "W1"]
    assert [row["finest"] for row in found] == ["", "yes"]


@pytest.mark.usefixtures("consented")
def test_notices_are_confirmed_one_by_one_and_all_and_not_past_their_end(cli, tmp_path):
    done(cli("COAL", "place", "import",
             listed(tmp_path / "c.csv", "C1,Confirm,hospital,35.4,38.4,,")))  # fmt: skip
    key = done(cli("COAL", "place", "tell", "C1", "--to", "RUS", "--precision", "10km",
                   "--valid", "20d")).split()  # fmt: skip
    out = done(cli("COAL", "place", "confirm", "--notice", *key, "--until", "10d"))
    assert "1 confirmed, 0 of them only until their own end" in out
    out = done(cli("COAL", "place", "confirm", "--notice", *key, "--until", "60d"), 1)
    assert "1 of them only until their own end" in out
    code, _, err = cli("COAL", "place", "confirm", "--until", "10d")
    assert (code, "--all, or --notice" in err) == (2, True)
    code, out, _ = cli("RUS", "place", "confirm", "--notice", *key, "--until", "10d")
    assert (code, "a notice of our own" in out) == (1, True)
    done(cli("COAL", "place", "confirm", "--all", "--until", "25d"))
    out = done(cli("COAL", "place", "confirm", "--all", "--until", "25d"))
    assert out.startswith("0 confirmed, "), "the whole of it again gains nothing"
    left = [line for line in out.splitlines() if line.startswith("  left alone: ")]
    assert any("to RUS: fresh " in line for line in left)
    assert all(re.fullmatch(r"  left alone: \d+ to \S+: .{5,}", line) for line in left)
    out = done(cli("COAL", "place", "confirm", "--all", "--to", "NOBODY", "--until", "25d"))
    assert "left alone: no standing notice of ours to NOBODY under" in out
    (row,) = lines_of(done(cli("COAL", "place", "confirm", "--all", "--until", "25d", "--json")))
    assert row["passed"]


def test_bad_questions_are_told_in_one_line(cli, nodes, tmp_path):
    for arguments, words in (
        (("import", tmp_path / "none.csv"), "a file that can be read"),
        (("import", tmp_path / "none.txt"), "ends in .csv or .geojson"),
        (("remove", "NONE"), "one of the register"),
        (("tell", "--to", "RUS", "--precision", "10km"), "the ids of places, or --all"),
        (("notices", "--word", "good"), "one of fresh, stale"),
    ):
        code, _, err = cli("COAL", "place", *arguments)
        assert code == 2
        assert words in err
        assert len(err.strip().splitlines()) == 1
    reply = WEB.get(f"{nodes['COAL'].url}/api/places?start=x")
    assert reply.status_code == 400


def test_a_place_taken_out_is_listed_as_such(cli, tmp_path):
    done(cli("COAL", "place", "import",
             listed(tmp_path / "r.csv", "R1,Remove,hospital,35.45,38.45,,")))  # fmt: skip
    done(cli("COAL", "place", "remove", "R1"))
    assert "R1 (hospital, AGR-1) TAKEN OUT" in done(cli("COAL", "place", "list"))
