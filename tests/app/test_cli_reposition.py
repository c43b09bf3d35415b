"""`parley reposition`, its operations and its part of the page, at two running nodes."""

from __future__ import annotations

import json
import re
import time

import httpx
import pytest

from app.twonodes import lines_of, parley_here, until
from parley.app.page_forms import Form
from parley.app.page_reposition import REPOSITION_MAKERS
from parley.node.agreement_inputs import PlannedMove, Reposition
from parley.world.faults import InputFault
from parley.world.time import format_instant

pytest_plugins = ["app.sharednodes"]


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


def circle(lat_deg, lon_deg, radius_m):
    centre = {"lat_deg": lat_deg, "lon_deg": lon_deg}
    return {"type": "circle", "centre": centre, "radius_m": radius_m}


def filed(nodes, party, name, lat_deg, lon_deg, *, low_m=1_000.0):
    """File an intent of half an hour, an hour from now."""
    from_us = time.time_ns() // 1000 + 3_600_000_000
    volume = {
        "shape": circle(lat_deg, lon_deg, 2_000.0),
        "lower": {"value_m": low_m, "reference": "AMSL"},
        "upper": {"value_m": low_m + 300.0, "reference": "AMSL"},
        "from_us": from_us, "to_us": from_us + 1_800_000_000,
    }  # fmt: skip
    intent = {"id": name, "party": party, "flight": f"F-{name}", "volumes": [volume]}
    reply = nodes[party].act(
        type="file_intent", agreement="AGR-1", post="duty-officer", intent=intent
    )
    assert reply.status_code == 201, reply.text


def declared(cli, folder, party, zone, shape, **changes):
    path = folder / f"{zone}.json"
    path.write_text(json.dumps({"id": zone, "kind": "zone", "shape": shape, **changes}))
    return done(cli(party, "zone", "--declare", path))


@pytest.mark.row("A19")
@pytest.mark.row("S40")
def test_plan_apply_list_and_show_at_both_nodes(nodes, cli, tmp_path) -> None:
    filed(nodes, "COAL", "RP-1", 30.0, 30.0)
    filed(nodes, "COAL", "RP-2", 30.0, 30.06, low_m=1_100.0)
    declared(cli, tmp_path, "COAL", "RPZ", circle(30.0, 30.0, 3_000.0))
    soon = format_instant(time.time_ns() // 1000 + 60_000_000)
    out = done(cli("COAL", "reposition", "plan", "RPZ", "--from", soon))
    for words in (
        "RPZ touches 1 own intent, 0 own aircraft; declared by COAL itself", "RP-1.1 (Accepted",
        "time: none found: none of 72 steps is free", "beside the others: lateral, 9260 m north",
    ):  # fmt: skip
        assert words in out
    made = lines_of(done(cli("COAL", "reposition", "plan", "RPZ", "--from", soon, "--json")))[0]
    assert [p["touched"]["intent"] for p in made["proposals"]] == ["RP-1"]
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(made))
    out = done(cli(
        "COAL", "reposition", "apply", "--plan", path, "--all", "--to", "RUS", "--text", "moved",
    ))  # fmt: skip
    log, index = out.split()
    shown = done(cli("COAL", "reposition", "show", log, index))
    for words in ("RP-1 (flight F-RP-1): lateral, free alone", "before: version 1", "touched",
                  "after: version 2", "clear, about "):  # fmt: skip
        assert words in shown
    until(lambda: cli("RUS", "reposition", "show", log, index)[0] == 0)
    assert done(cli("RUS", "reposition", "show", log, index)) == shown
    assert f"{log} {index}: COAL at" in done(cli("RUS", "reposition", "list"))
    assert "nothing is touched" not in done(cli("COAL", "reposition", "plan", "RPZ"))
    said = [m for m in nodes["RUS"].get("/api/messages")
            if m["message_type"] == "reposition.notice"]  # fmt: skip
    assert said[0]["fields"]["boundary"] == "RPZ"
    assert set(said[0]["read_back"]) == {"boundary", "time"}
    code, _, err = cli("COAL", "reposition", "apply", "--plan", path, "--all")
    assert (code, "which was looked at" in err) == (2, True), "a plan is applied once"


@pytest.mark.row("A19")
def test_what_has_no_free_move_is_exit_1_and_a_person_chooses(nodes, cli, tmp_path) -> None:
    filed(nodes, "COAL", "RP-5", 31.0, 30.0)
    declared(cli, tmp_path, "RUS", "RPW", circle(31.0, 30.0, 200_000.0), name="<script>x</script>")
    until(lambda: "RPW" in done(cli("COAL", "zone")))
    code, out, err = cli("COAL", "reposition", "plan", "RPW")
    assert (code, err) == (1, "")
    assert "asserted by RUS alone: advisory, no duty" in out
    assert "NONE FOUND" in out
    for choice, words in (
        ("RP-5=lateral", "none of 48 steps is free"), ("RP-5=stay", "stay:WHY"),
        ("RP-6=stay:so", "did you mean 'RP-5'?"), ("RP-5=away", "together, cancel, stay"),
    ):  # fmt: skip
        code, _, err = cli("COAL", "reposition", "apply", "RPW", "--move", choice)
        assert (code, words in err) == (2, True), err
    out = done(cli("COAL", "reposition", "apply", "RPW", "--move", "RP-5=stay:called by voice"))
    shown = done(cli("COAL", "reposition", "show", *out.split()))
    assert "RP-5 (flight F-RP-5): unchanged, called by voice" in shown
    code, _, err = cli("COAL", "reposition", "show", out.split()[0], 0)
    assert (code, "reposition" in err) == (2, True)
    code, _, err = cli("COAL", "reposition", "plan", "RPX\x1b[2J")
    assert (code, "\x1b" in err) == (2, False)


@pytest.mark.row("A19")
def test_the_page_plans_offers_every_choice_and_applies_it(nodes, cli, tmp_path) -> None:
    filed(nodes, "COAL", "RP-8", 32.0, 30.0)
    declared(cli, tmp_path, "COAL", "RPY", circle(32.0, 30.0, 3_000.0))
    node = nodes["COAL"]
    # A browser of its own: another test may have signed in at another port of this machine.
    page = httpx.get(f"{node.url}/?refresh=off&reposition=RPY", timeout=60).text
    for words in ("RPY touches 1 own intent", "RP-8", "9260 m north", '<h2 id="reposition-title'):
        assert words in page
    assert 'name="move.0"' not in page, "to whoever is not signed in nothing is offered"
    jar = httpx.Client(trust_env=False, follow_redirects=True)
    jar.post(f"{node.url}/sign-in", data={"token": node.token}, headers={"Origin": node.url})
    page = jar.get(f"{node.url}/?refresh=off&reposition=RPY").text
    assert page.count('name="move.0"') == 3, "the free one, cancel, and leave"
    assert "checked" not in page.partition('id="reposition"')[2].partition("</section>")[0]
    form = re.search(r'name="form" value="([^"]+)"', page)[1]
    values = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"',
                             page.partition("What becomes of each")[2]))  # fmt: skip
    choice = json.dumps({"intent": "RP-8", "how": "unchanged", "version": 1})
    data = {**{k: v for k, v in values.items() if k in ("agreement", "object", "from_us", "side",
            "line")}, "form": form, "kind": "reposition", "move.0": choice, "why.0": "by voice",
            "post": "duty-officer", "to": "L1|RUS", "text": ""}  # fmt: skip
    reply = jar.post(f"{node.url}/act", data=data, headers={"Origin": node.url})
    assert reply.status_code == 200, reply.text
    assert "The intents are moved, those named are told, and it is recorded." in reply.text
    assert "RPY" in reply.text.partition('id="reposition"')[2]
    fault = jar.get(f"{node.url}/?reposition=NOPE-1")
    assert (fault.status_code, "NOPE-1" in fault.text) == (400, True)


def test_a_form_is_read_strictly() -> None:
    def read(**values):
        named = {name.replace("_0", ".0"): (value,) for name, value in values.items()}
        return REPOSITION_MAKERS["reposition"](Form(named), 0)

    whole = {"agreement": "A", "object": "Z", "side": "", "line": "L", "post": "p", "text": ""}
    good = read(**whole, from_us="5", move_0='{"intent":"X","how":"cancelled"}', why_0="gone")
    assert isinstance(good, Reposition)
    assert good.moves == (PlannedMove(intent="X", how="cancelled", text="gone"),)
    for changed in ({"from_us": "soon"}, {"from_us": "5", "move_0": "{}"}):
        with pytest.raises(InputFault):
            read(**whole, **changed)
