"""What a unit saw: told at its own page, waiting at its post, sent to nobody by a machine."""

from __future__ import annotations

import json
import re

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import sync_playwright

from app.test_page_browser import CHROMIUM, FLAGS
from app.twonodes import WEB, make_pair, parley_here, running
from app.unitkit import TEXT, ask, token
from parley.app.page_forms import read_form
from parley.app.unit_report_page import saw_from
from parley.app.unit_reports import (
    CLOSED_KEPT_MAX,
    FILE_NAME,
    HOUR_MAX,
    TWICE_US,
    WAITING_MAX,
    UnitReport,
    UnitReports,
    UnitSaw,
)
from parley.app.views import StatusView
from parley.app.watch_model import Picture, Watch
from parley.world.faults import InputFault

UNIT, OTHER = "RUS unit 2", "RUS-duty-room"
NOW_US = 1_497_938_400_000_000
MIN_US = 60_000_000
SAW = UnitSaw(flight="RSD12", seen="two jets, low", where="35.1, 39.1", zone="Z1")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    with running(make_pair(tmp_path_factory.mktemp("saw"), agreement=TEXT)) as started:
        yield started


def tell(node, unit, bearer, **saw):
    body = {"flight": "RSD12", "seen": "two jets", "where": "by the bridge", **saw}
    done = ask(node, "/api/unit/reports", body, bearer)
    assert done.status_code == 201, done.text
    assert done.json()["unit"] == unit
    return done.json()


def say_incursion(node, **changes):
    body = {
        "type": "say", "agreement": "AGR-1", "line": "L1", "post": "duty-officer", "to": ["COAL"],
        "message_type": "incursion.report", "fields": {"flight": "RSD12", "zone": "Z1"}, **changes,
    }  # fmt: skip
    done = node.act(**body)
    assert done.status_code == 201, done.text
    return done.json()["key"]


def reports(node):
    return {each["id"]: each for each in node.get("/api/units/reports")}


# ---- from the unit to the post ------------------------------------------------------------------


def test_it_waits_at_the_post_and_nothing_is_written_or_sent(nodes):
    node = nodes["RUS"]
    sizes = {log["origin"]: log["size"] for log in node.get("/api/logs") if log["own"]}
    made = tell(node, UNIT, token(node, UNIT), seen="nothing is sent")
    assert made["state"] == "waits"
    screen = node.get("/api/screen")
    assert made["id"] in [each["id"] for each in screen["unit_reports"]]
    home = WEB.get(f"{node.url}/").text
    assert "SENT TO NOBODY" in home
    assert "nothing is sent" in home
    assert sizes == {log["origin"]: log["size"] for log in node.get("/api/logs") if log["own"]}
    assert nodes["COAL"].get("/api/screen")["unit_reports"] == []
    assert "nothing is sent" not in WEB.get(f"{nodes['COAL'].url}/").text


def test_only_a_message_of_ours_that_came_after_it_ends_it_as_said(nodes):
    node = nodes["RUS"]
    early = say_incursion(node)
    made = tell(node, UNIT, token(node, UNIT), seen="a helicopter")
    exercise = say_incursion(node, status="exercise")
    other = say_incursion(node, message_type="free.text", text="x", fields={})
    theirs = nodes["COAL"].act(
        type="say", agreement="AGR-1", line="L1", post="duty-officer", to=["RUS"],
        message_type="incursion.report", fields={"flight": "RSD12"},
    ).json()["key"]  # fmt: skip
    said = {"id": made["id"], "post": "duty-officer"}
    for key in (early, exercise, other, theirs, ["parley.example/AGR-1/RUS/line/2017", 10**6]):
        done = ask(node, "/api/units/reports/said", {**said, "message": key})
        assert done.status_code == 409, (key, done.text)
    assert reports(node)[made["id"]]["state"] == "waits"
    real = say_incursion(node)
    for wrong in ({"post": "commander"}, {"post": ""}, {"id": "none"}):
        done = ask(node, "/api/units/reports/said", {**said, "message": real, **wrong})
        assert done.status_code == 409, done.text
    done = ask(node, "/api/units/reports/said", {**said, "message": real})
    assert (done.status_code, done.json()["state"]) == (200, "said")
    again = ask(node, "/api/units/reports/said", {**said, "message": real})
    assert again.status_code == 409
    shown = WEB.get(f"{node.url}/api/unit/reports", headers=bearer(token(node, UNIT))).json()
    assert next(e for e in shown if e["id"] == made["id"])["said_as"] == real


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def test_a_post_puts_it_aside_with_a_reason_that_the_unit_reads(nodes):
    node = nodes["RUS"]
    mine = token(node, UNIT)
    made = tell(node, UNIT, mine, seen="a cloud")
    aside = {"id": made["id"], "post": "duty-officer", "reason": " "}
    assert ask(node, "/api/units/reports/aside", aside).status_code == 409
    aside["reason"] = "it was our own UAV31"
    assert ask(node, "/api/units/reports/aside", aside).json()["state"] == "put aside"
    with httpx.Client(trust_env=False, follow_redirects=True) as client:
        client.post(f"{node.url}/unit/sign-in", data={"token": mine})
        page = client.get(f"{node.url}/unit").text
    assert "has said it to nobody: it was our own UAV31" in re.sub(r"<[^>]+>", "", page)


def test_only_the_post_ends_a_report_and_only_a_unit_tells_its_own(nodes):
    node = nodes["RUS"]
    mine = token(node, UNIT)
    made = tell(node, UNIT, mine, seen="one")
    other = token(node, OTHER)
    for path in ("said", "aside"):
        body = {"id": made["id"], "post": "duty-officer", "reason": "x", "message": ["a", 1]}
        body.pop("reason" if path == "said" else "message")
        assert ask(node, f"/api/units/reports/{path}", body, mine).status_code == 401
        observer = (node.file.parent / "observer-token").read_text().strip()
        assert ask(node, f"/api/units/reports/{path}", body, observer).status_code == 403
    for nobody in (node.token, "x"):
        assert ask(node, "/api/unit/reports", {"flight": "A"}, nobody).status_code == 401
    seen = WEB.get(f"{node.url}/api/unit/reports", headers=bearer(other)).json()
    assert made["id"] not in [each["id"] for each in seen], "another unit's are not shown"


def test_a_report_is_there_after_the_node_was_killed(tmp_path):
    with running(make_pair(tmp_path, agreement=TEXT)) as nodes:
        made = tell(nodes["RUS"], UNIT, token(nodes["RUS"], UNIT), seen="before the end")
        nodes["RUS"].kill()
    kept = UnitReports(tmp_path / "RUS" / FILE_NAME)
    assert [each.id for each in kept.waiting()] == [made["id"]]


# ---- the unit's page -----------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (390, "light")])
def test_a_telephone_reports_without_a_script(nodes, width, scheme, tmp_path):
    if not CHROMIUM.exists():
        pytest.skip("no chromium; as root run: apt-get update && apt-get install -y chromium")
    node = nodes["RUS"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme,
            java_script_enabled=False,
        )  # fmt: skip
        page = context.new_page()
        page.goto(f"{node.url}/unit")
        page.get_by_label("Token").fill(token(node, UNIT))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Report an aircraft in an area").click()
        assert "sent to nobody" in page.content()
        page.get_by_label("Callsign").fill("RSD12")
        page.get_by_label("What you saw").fill(f"two jets {scheme}")
        page.get_by_label("Where").fill("35.1, 39.1")
        page.get_by_label("Area").select_option("Z1")
        page.get_by_label("When").fill("5 min ago")
        button = page.get_by_role("button", name="Tell your post")
        assert button.bounding_box()["height"] >= 48, "a thumb finds it"
        page.screenshot(path=str(tmp_path / "form.png"), full_page=True)
        with page.expect_navigation():
            button.click()
        text = page.inner_text("body")
        assert "No other party has it" in text
        assert "WAITS AT YOUR POST" in text
        assert f"two jets {scheme}" in text
        page.screenshot(path=str(tmp_path / "told.png"), full_page=True)
        browser.close()
    newest = next(e for e in node.get("/api/units/reports") if e["saw"]["seen"].endswith(scheme))
    assert newest["saw"]["zone"] == "Z1"
    assert newest["told_us"] - newest["saw"]["when_us"] == 5 * MIN_US


def test_what_a_unit_types_is_text_and_a_bad_form_is_told(nodes):
    node = nodes["RUS"]
    with httpx.Client(trust_env=False, follow_redirects=True) as client:
        client.post(f"{node.url}/unit/sign-in", data={"token": token(node, UNIT)})
        form = client.get(f"{node.url}/unit/report").text
        number = re.search(r'name="form" value="(\w+)"', form)[1]
        base = {"form": number, "flight": "<b>X</b>", "where": "here", "when": "now"}
        done = client.post(f"{node.url}/unit/report", data=base)
        assert "<b>X" not in done.text
        assert "&lt;b&gt;X" in done.text
        assert "<b>X" not in WEB.get(f"{node.url}/").text
        for bad in (
            {"form": "other"}, {"flight": ""}, {"where": ""}, {"when": "tomorrow"},
            {"notice": "nonsense"}, {"flight": "x" * 65}, {"seen": "a\u202eb"},
        ):  # fmt: skip
            reply = client.post(f"{node.url}/unit/report", data={**base, **bad})
            assert reply.status_code in (403, 409), bad
            assert "Not done" in reply.text
        long = client.post(f"{node.url}/unit/report", data={**base, "seen": "x" * 5000})
        assert long.status_code == 413
    assert httpx.get(f"{node.url}/unit/report", trust_env=False).headers["location"] == "/unit"


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["flight", "seen", "where", "zone", "when", "notice"]),
                       st.text(max_size=80)))  # fmt: skip
def test_any_form_is_a_report_or_a_fault(fields):
    body = httpx.QueryParams(fields) if fields else httpx.QueryParams()
    try:
        saw = saw_from(read_form(str(body).encode()), NOW_US)
        saw.check(NOW_US)
    except InputFault:
        return
    assert saw.flight or saw.seen


# ---- quotas and the file -------------------------------------------------------------------------


def test_a_unit_has_its_quota_and_takes_nobody_elses(tmp_path):
    kept = UnitReports(tmp_path / FILE_NAME)
    for n in range(WAITING_MAX):
        kept.tell(UNIT, msgspec.structs.replace(SAW, seen=f"{n}"), NOW_US)
    with pytest.raises(InputFault, match="by voice"):
        kept.tell(UNIT, msgspec.structs.replace(SAW, seen="one more"), NOW_US)
    assert kept.tell(OTHER, SAW, NOW_US).unit == OTHER
    for n in range(HOUR_MAX - WAITING_MAX):
        waiting = next(each for each in kept.waiting() if each.unit == UNIT)
        kept.put_aside(waiting.id, "duty-officer", "seen", NOW_US)
        kept.tell(UNIT, msgspec.structs.replace(SAW, seen=f"more {n}"), NOW_US)
    waiting = next(each for each in kept.waiting() if each.unit == UNIT)
    kept.put_aside(waiting.id, "duty-officer", "seen", NOW_US)
    with pytest.raises(InputFault, match="in an hour"):
        kept.tell(UNIT, msgspec.structs.replace(SAW, seen="an hour"), NOW_US)
    assert kept.tell(UNIT, SAW, NOW_US + 61 * MIN_US)


def test_a_button_pressed_twice_is_one_report_and_the_same_later_is_another(tmp_path):
    kept = UnitReports(tmp_path / FILE_NAME)
    first = kept.tell(UNIT, SAW, NOW_US)
    assert kept.tell(UNIT, SAW, NOW_US + TWICE_US - 1) == first
    assert kept.tell(UNIT, SAW, NOW_US + TWICE_US).id != first.id


def test_the_file_says_the_same_after_a_restart_and_a_cut_line_is_nobodys(tmp_path):
    path = tmp_path / FILE_NAME
    kept = UnitReports(path)
    first = kept.tell(UNIT, SAW, NOW_US)
    second = kept.tell(OTHER, SAW, NOW_US)
    kept.said(first.id, "duty-officer", ("log", 1), NOW_US + 1)
    assert path.stat().st_mode & 0o777 == 0o600
    before = kept.newest(10)
    assert UnitReports(path).newest(10) == before
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"id":"half')
    again = UnitReports(path)
    assert again.newest(10) == before
    again.tell(UNIT, SAW, NOW_US + 5)
    assert len(UnitReports(path).newest(10)) == 3
    assert again.waiting()[0].id == second.id
    path.write_bytes(b"nonsense\n" + whole)
    with pytest.raises(InputFault, match="damaged"):
        UnitReports(path)


def test_what_waits_is_never_forgotten_and_the_rest_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda handle: None)
    kept = UnitReports(tmp_path / FILE_NAME)
    stays = kept.tell(OTHER, SAW, NOW_US)
    for n in range(CLOSED_KEPT_MAX + 20):
        at_us = NOW_US + n * 3 * MIN_US
        one = kept.tell(UNIT, SAW, at_us)
        kept.put_aside(one.id, "duty-officer", "seen", at_us + 1)
    assert stays in kept.waiting()
    assert len(kept.newest(10_000)) == CLOSED_KEPT_MAX + 1
    assert len(UnitReports(kept.path).newest(10_000)) == CLOSED_KEPT_MAX + 1


def test_a_disk_that_takes_nothing_tells_the_unit_and_leaves_no_half_line(tmp_path, monkeypatch):
    kept = UnitReports(tmp_path / FILE_NAME)
    kept.tell(UNIT, SAW, NOW_US)

    def full(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        with pytest.raises(InputFault, match="by voice: it was not kept"):
            kept.tell(OTHER, SAW, NOW_US)
    assert len(kept.waiting()) == 1
    assert len([json.loads(line) for line in kept.path.read_text().splitlines()]) == 1


def test_a_terminal_says_it_too(nodes, capsys):
    node = nodes["RUS"]
    tell(node, UNIT, token(node, UNIT), seen="for the terminal")
    code, out, _ = parley_here(capsys, "unit", "reports", "--node", node.url)
    assert code == 1
    assert "SENT TO NOBODY" in out
    assert "for the terminal" in out
    waiting = node.get("/api/units/reports?waiting=true")
    assert all(each["state"] == "waits" for each in waiting)
    picture = Picture(
        status=msgspec.convert(node.get("/api/status"), StatusView), lines=(), messages=(),
        alarms=(), reports=msgspec.convert(waiting, tuple[UnitReport, ...]),
    )  # fmt: skip
    watch = Watch(post="duty-officer")
    watch.look(picture)
    rows = [text for style, text in watch.head(NOW_US, 120) if style == "alarm"]
    assert any("for the terminal" in row for row in rows)
