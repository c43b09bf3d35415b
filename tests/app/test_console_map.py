"""The map in a real browser: it loads under the console's own policy, asks nobody else, and paints
no more than it must; selecting, measuring, finding; and it says so when it is not live."""

from __future__ import annotations

import json
import signal
import time

import pytest
from playwright.sync_api import expect

from app.consolebrowser import chromium_running, open_console, wait_until
from app.consoleworld import lively
from app.twonodes import WEB

PLACE = (35.4, 38.9)
CAMERA = {"lonDeg": PLACE[1], "latDeg": PLACE[0], "zoom": 9.0}
# Counts what is drawn on which canvas, and keeps the texts that are written on the map.
COUNTING = """
window.drawn = { ground: 0, tracks: 0, texts: [] };
for (const name of ['drawArrays', 'drawElements', 'drawArraysInstanced', 'drawElementsInstanced']) {
  const draw = WebGL2RenderingContext.prototype[name];
  WebGL2RenderingContext.prototype[name] = function (...given) {
    const onGround = this.canvas.classList?.contains('maplibregl-canvas');
    window.drawn[onGround ? 'ground' : 'tracks'] += 1;
    return draw.apply(this, given);
  };
}
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...given) {
  if (this.canvas.classList?.contains('map-over')) {
    window.drawn.texts = [...window.drawn.texts.slice(-200), [text, this.direction]];
  }
  return write.call(this, text, ...given);
};
"""


def report(node, *rows: tuple[str, str | None, float, float]) -> None:
    """Give a node two reports of each aircraft, a second apart, so that its motion is known."""
    now_us = time.time_ns() // 1000
    for ago_us, east_deg in ((1_000_000, -0.001), (0, 0.0)):
        reports = [
            {
                "aircraft": name, "at_us": now_us - ago_us, "lat_deg": lat, "altitude_m": 6400.8,
                "lon_deg": lon + east_deg, "altitude_reference": "STD",
                **({} if party is None else {"party": party}),
            }
            for name, party, lat, lon in rows
        ]  # fmt: skip
        headers = {"Authorization": f"Bearer {node.token}"}
        body = {"feed": "radar-1", "reports": reports}
        said = WEB.post(f"{node.url}/api/tracks", json=body, headers=headers)
        assert said.status_code < 300, said.text


@pytest.fixture(scope="module")
def chromium():
    with chromium_running() as browser:
        yield browser


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A node with zones, a boundary and an intent; its aircraft are those that a test reports."""
    with lively(tmp_path_factory.mktemp("map"), fly=False) as nodes:
        yield nodes["COAL"]


def show(chromium, node, language: str = "en"):
    """Open the map with an aircraft of ours in its middle, and another party's beside it."""
    fly(node)
    shown = open_console(chromium, node.url, language=language, script=scripts())
    shown.page.wait_for_selector(".map-room[data-loaded=true]", timeout=60_000)
    wait_until(shown.page, "Number(document.querySelector('.map-room').dataset.tracks) >= 2")
    return shown


def fly(node) -> None:
    report(node, ("OWN1", "COAL", *PLACE), ("OTH1", "RUS", PLACE[0] - 0.2, PLACE[1]))


@pytest.fixture(scope="module")
def opened(chromium, node):
    shown = show(chromium, node)
    yield shown
    shown.close()


def scripts() -> str:
    kept = json.dumps(json.dumps(CAMERA))
    return f"{COUNTING}\nsessionStorage.setItem('parley.map.camera', {kept});"


def middle(page) -> tuple[float, float]:
    box = page.locator(".map-ground").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_map_loads_and_asks_nobody_else(opened) -> None:
    assert opened.outside() == []
    assert [each for each in opened.said if "deprecated" not in each] == []


def test_a_block_is_written_from_the_left_in_a_language_from_the_right(chromium, node) -> None:
    shown = show(chromium, node, "ar")
    wait_until(shown.page, "drawn.texts.some(([text]) => text.startsWith('FL210'))")
    assert {how for _, how in shown.page.evaluate("drawn.texts")} == {"ltr"}
    assert shown.outside() == []
    shown.close()


def test_aircraft_are_painted_without_painting_the_map_below(opened, node) -> None:
    page = opened.page
    # The base map comes in two steps; it is at rest once nothing was drawn for a while.
    wait_until(
        page,
        """() => {
          const now = performance.now();
          if (drawn.ground !== window.before) [window.before, window.since] = [drawn.ground, now];
          return now - window.since > 1500;
        }""",
        timeout_ms=90_000,
    )
    page.evaluate("drawn.ground = drawn.tracks = 0")
    for _ in range(60):
        fly(node)
        page.wait_for_timeout(1000)
        drawn = page.evaluate("drawn")
        if drawn["tracks"] >= 2:
            break
    assert drawn["tracks"] >= 2
    assert drawn["ground"] == 0


def test_an_aircraft_is_selected_by_a_click_and_followed_by_a_key(opened, node) -> None:
    page = opened.page
    fly(node)
    wait_until(page, "Number(document.querySelector('.map-room').dataset.tracks) >= 2")
    task = page.locator(".map-task")
    page.mouse.click(*middle(page))
    page.keyboard.press("f")
    expect(task).to_contain_text("OWN1")
    page.keyboard.press("f")
    page.keyboard.press("/")
    page.keyboard.type("oth")
    page.keyboard.press("Enter")
    page.keyboard.press("f")
    expect(task).to_contain_text("OTH1")


def test_a_distance_is_measured_by_keyboard_in_the_units_chosen(opened) -> None:
    page = opened.page
    page.keyboard.press("d")
    page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("ArrowUp")
        page.wait_for_timeout(600)
    page.keyboard.press("Enter")
    said = page.locator(".map-measured").inner_text()
    assert " NM" in said
    assert "Vincenty" in said
    assert "360°T" in said.translate(dict.fromkeys(range(0x2066, 0x206A)))
    units = page.locator(".top select", has=page.locator("option[value=metric]"))
    units.first.select_option("metric")
    assert " km" in page.locator(".map-measured").inner_text()
    page.keyboard.press("Escape")
    assert page.locator(".map-measured").count() == 0


def test_a_zone_is_found_by_keys_and_its_owner_says_cold_only_after_asking(opened, node) -> None:
    page = opened.page

    def zone() -> dict:
        shown = node.get("/api/zones")
        return next(each["view"] for each in shown if each["view"]["zone"] == "Z2")

    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("South strip")
    page.keyboard.press("Enter")
    card = page.locator(".zone-card")
    expect(card).to_have_attribute("data-zone", "Z2")
    # Nothing was said of it: it reads as hot, and the card says why.
    expect(card).to_contain_text("shown to others as hot")
    expect(card).to_contain_text("never read as cold")
    card.locator('[data-act="cold"]').click()
    asked = page.locator("dialog[open]")
    expect(asked).to_contain_text("say it only when it is so")
    page.keyboard.press("Enter")  # the focus begins on what does nothing
    expect(asked).to_have_count(0)
    assert zone()["activity"] == "unknown"
    card.locator('[data-act="cold"]').click()
    asked.locator(".kit-do").click()
    expect(card).to_contain_text("shown to others as cold")
    assert zone()["activity"] == "cold"
    page.keyboard.press("/")
    page.keyboard.type("North field")
    page.keyboard.press("Enter")
    expect(card).to_contain_text("says what happens in it")
    expect(card.locator("[data-act]")).to_have_count(0)
    page.keyboard.press("Escape")


def test_a_map_of_a_silent_node_is_grey_and_says_as_of_when(opened, node) -> None:
    page = opened.page
    expect(page.locator(".map-stamp")).to_have_count(0)
    node.process.send_signal(signal.SIGSTOP)
    try:
        page.wait_for_selector(".map-room[data-grey=true]")
        assert "AS OF" in page.locator(".map-stamp").inner_text()
        told = page.evaluate("getComputedStyle(document.querySelector('.map-stack')).filter")
        assert "grayscale" in told
    finally:
        node.process.send_signal(signal.SIGCONT)
    page.wait_for_selector(".map-room[data-grey=false]")
