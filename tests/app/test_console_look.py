"""The console's frame in a browser: readable in three languages and themes, never falsely live."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path

import pytest

from app.consolebrowser import chromium_running, live, open_console, wait_until
from app.consoleworld import FT_M, Flying, lively, route
from parley.app.track_frames import HEADER_BYTES, ROW, TRACK_BYTES
from parley.node.coasting import STATUS_WORDS

TOP = Path(__file__).resolve().parents[2]
AXE = TOP / "web" / "node_modules" / "axe-core" / "axe.min.js"
LANGUAGES = ("en", "ru", "ar")
SCHEMES = ("dark", "light")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OLD_AFTER_S = 10.0
"""web/src/shell/ages.ts: data older than this say so."""

# What is shown, as one reads it: text nodes that are not hidden, nor words that somebody said.
SHOWN_TEXTS = r"""() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const holder = node.parentElement;
    if (holder.closest("script, option, [data-said], dialog:not([open])")) continue;
    if (!holder.checkVisibility({ visibilityProperty: true })) continue;
    found.push(node.textContent.replace(/[\u2066-\u2069]/g, "").trim());
  }
  return found;
}"""
AVIATION = re.compile(r"\d\s?(NM|ft|kt)\b|\bFL\d{3}\b")
METRIC = re.compile(r"\d\s?(m|km|m/s|km/h)(?![\w²])")
# Words and numbers that stand out of the box that they are in.
CLIPPED = r"""() => [...document.querySelectorAll(
    "button, select, .kit-chip, kbd, [role=tab], [data-fits]")]
  .filter((each) => each.checkVisibility() && !each.closest(".unseen, .skip"))
  .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0)
  .map((each) => `${each.className || each.tagName}: ${each.textContent.slice(0, 60)}`)"""
ROWS_OF_HEADER = r"""() => {
  const header = document.querySelector("header.top");
  const around = header.getBoundingClientRect();
  const parts = [...header.children].map((each) => each.getBoundingClientRect())
    .filter((box) => box.width > 0);
  return {
    height: around.height,
    within: parts.every((box) => box.left >= -0.5 && box.right <= innerWidth + 0.5),
    middles: parts.map((box) => Math.abs((box.top + box.bottom - around.top - around.bottom) / 2)),
    page: document.documentElement.scrollWidth,
  };
}"""


@pytest.fixture(scope="module")
def chromium():
    with chromium_running() as browser:
        yield browser


def meeting_soon():
    """Two that lose separation within two minutes: two looks raise it, however short they flew."""
    return {
        ("RSD12", "COAL"): route((35.05, 38.4), 90.0, 210.0, 21_000 * FT_M),
        ("KHM07", "RUS"): route((35.06, 38.98), 270.0, 200.0, 21_200 * FT_M),
        ("WFP220", None): route((34.1, 39.4), 330.0, 120.0, 14_000 * FT_M),
    }


@pytest.fixture(scope="module")
def nodes(chromium, tmp_path_factory):
    folder = tmp_path_factory.mktemp("look")
    with lively(folder, fly=False) as both, Flying(both, meeting_soon()):
        yield both


@pytest.fixture(scope="module")
def starved(chromium, nodes):
    """A page of a driven node that hears its beats and gets no newer view: looked at last."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.route(
        "**/api/session",
        lambda route: route.fulfill(json={**route.fetch().json(), "clock": "driven"}),
    )
    page.goto(f"{nodes['RUS'].url}/console/?lang=en")
    page.wait_for_selector(".screen[data-heard=true] .line-bar li")
    page.route("**/api/screen*", lambda route: None)
    yield page, time.monotonic()
    context.close()


@pytest.fixture(scope="module")
def screen(chromium, nodes, starved):
    """One page that the tests of one look share; each sets what it needs."""
    opened = open_console(chromium, nodes["COAL"].url, size=(1280, 800))
    opened.page.get_by_text("KHM07").first.wait_for(timeout=90_000)
    yield opened
    opened.close()


def speak(page, language: str) -> None:
    """Choose a language as a reader does."""
    page.locator(".settings-quick select").first.select_option(language)
    wait_until(page, "(code) => document.documentElement.lang === code", arg=language)


def measure(page, units: str, others: re.Pattern[str]) -> list[str]:
    """Return what is shown in these units, once nothing is in others, or after a while."""
    page.locator(".settings-quick select").nth(1).select_option(units)
    for _ in range(20):
        page.wait_for_timeout(300)
        shown = page.evaluate(SHOWN_TEXTS)
        if not any(others.search(text) for text in shown):
            break
    return shown


def violations(page) -> list[str]:
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text("utf-8"))  # by the debugger: the page's own policy stays
    found = page.evaluate(
        """async (tags) => (await axe.run(document, {runOnly: {type: 'tag', values: tags},
             resultTypes: ['violations']})).violations
           .flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 99)}`))""",
        RULES,
    )
    return sorted(set(found))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_follows_the_choice_of_units(screen, language) -> None:
    speak(screen.page, language)
    metric = measure(screen.page, "metric", AVIATION)
    assert [text for text in metric if AVIATION.search(text)] == []
    assert [text for text in metric if METRIC.search(text)], "nothing on the screen has a unit"
    aviation = measure(screen.page, "aviation", METRIC)
    assert [text for text in aviation if METRIC.search(text)] == []
    assert [text for text in aviation if AVIATION.search(text)]


def test_every_language_in_both_themes_has_nothing_that_axe_objects_to(screen) -> None:
    if not AXE.exists():
        pytest.skip("no axe-core in web/node_modules; run ./test")
    found: dict[str, list[str]] = {}
    for language in LANGUAGES:
        speak(screen.page, language)
        for scheme in SCHEMES:
            screen.page.emulate_media(color_scheme=scheme)
            screen.page.wait_for_timeout(60)
            if objected := violations(screen.page):
                found[f"{language} {scheme}"] = objected
    screen.page.emulate_media(color_scheme="dark")
    assert found == {}, json.dumps(found, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_header_is_one_row_and_nothing_is_cut_off(screen, language) -> None:
    speak(screen.page, language)
    live(screen.page)
    rows = screen.page.evaluate(ROWS_OF_HEADER)
    assert rows["height"] <= 64
    assert rows["within"]
    assert max(rows["middles"]) <= 4
    assert rows["page"] <= 1280
    assert screen.page.evaluate(CLIPPED) == []
    direction = screen.page.evaluate("document.documentElement.dir")
    assert direction == ("rtl" if language == "ar" else "ltr")


def test_nobody_but_the_node_is_asked_in_any_language(screen) -> None:
    fonts = [url for url in screen.asked if url.endswith(".woff2")]
    assert any("arabic" in url for url in fonts)
    assert any("cyrillic" in url for url in fonts)
    assert screen.outside() == []
    assert screen.said == []


def test_choices_are_kept_and_the_keys_of_a_cyrillic_board_act(screen) -> None:
    page = screen.page
    speak(page, "ru")
    assert "lang=" not in page.url
    bar = page.get_by_role("separator").first
    before = float(bar.get_attribute("aria-valuenow"))
    bar.focus()
    page.keyboard.press("ArrowLeft")
    assert float(bar.get_attribute("aria-valuenow")) > before
    page.reload()
    page.wait_for_selector(".screen[data-heard=true]")
    assert page.evaluate("document.documentElement.lang") == "ru"
    assert float(page.get_by_role("separator").first.get_attribute("aria-valuenow")) > before
    page.evaluate("document.activeElement.blur()")
    # The key beside "M" of a Cyrillic board writes another letter than the comma that is there.
    page.evaluate(
        """() => document.body.dispatchEvent(
             new KeyboardEvent("keydown", {key: "\\u0431", code: "Comma", bubbles: true}))"""
    )
    assert page.locator(".settings-panel").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Клавиши")
    listed.get_by_role("checkbox", name="настройки").uncheck()
    page.keyboard.press("Escape")
    assert not listed.is_visible()
    page.keyboard.press(",")
    assert not page.locator(".settings-panel").is_visible()


def test_a_narrow_window_has_tabs_with_what_waits(screen) -> None:
    page = screen.page
    speak(page, "en")
    page.set_viewport_size({"width": 600, "height": 900})
    page.locator("#pane-map-tab").focus()
    page.keyboard.press("End")
    messages = page.locator("#pane-messages-tab")
    assert "(" in messages.inner_text(), "with its count"
    assert messages.get_attribute("aria-selected") == "true"
    page.locator("#pane-messages").wait_for()
    assert not page.locator("#pane-map").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 600
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator("#pane-map").wait_for()


def test_a_page_that_wakes_up_is_not_live_before_the_next_beat(screen) -> None:
    live(screen.page)
    told = screen.page.evaluate(
        """async () => {
          const screen = document.querySelector(".screen");
          const told = [];
          const watch = new MutationObserver(() => told.push(screen.dataset.heard));
          watch.observe(screen, { attributeFilter: ["data-heard"] });
          document.dispatchEvent(new Event("visibilitychange"));
          const before = performance.now();
          while (told.at(-1) !== "true" && performance.now() - before < 60_000)
            await new Promise((go) => setTimeout(go, 20));
          watch.disconnect();
          return told;
        }"""
    )
    # A page without its share of the processor may lose and hear its node once more after these.
    assert told[:2] == ["false", "true"]


def test_a_stopped_node_greys_the_screen_and_a_going_one_lights_it(screen, nodes) -> None:
    page, process = screen.page, nodes["COAL"].process
    speak(page, "en")
    process.send_signal(signal.SIGSTOP)
    try:
        page.wait_for_selector(".screen[data-heard=false]")
        banner = page.locator(".stale-banner")
        assert "NOT LIVE" in banner.inner_text()
        assert re.search(r"as of .*\d\d:\d\d:\d\dZ", banner.inner_text())
        assert "AS OF" in page.locator(".clock").inner_text()
        assert page.title().startswith("NOT LIVE")
        stood = page.locator(".clock-hours").inner_text()
        ages = {page.locator(".stale-age").inner_text()}
        page.wait_for_timeout(1700)
        ages.add(page.locator(".stale-age").inner_text())
        assert len(ages) == 2, "the age counts up"
        assert page.locator(".clock-hours").inner_text() == stood
        # Spoken once, in words that do not change each second.
        assert "not been heard" not in page.get_by_role("alert").first.inner_text()
        filters = page.evaluate("getComputedStyle(document.querySelector('.middle')).filter")
        assert "grayscale" in filters
    finally:
        process.send_signal(signal.SIGCONT)
    page.wait_for_selector(".screen[data-heard=true]")
    page.wait_for_selector(".stale-banner", state="detached")


def test_a_driven_clock_says_that_it_is_a_simulation(starved) -> None:
    page, _ = starved
    clock = page.locator(".clock")
    assert "SIMULATION" in clock.inner_text()
    assert "driven" in (clock.get_attribute("title") or "")


def test_a_view_that_does_not_come_is_told_though_beats_go_on(starved) -> None:
    page, since_s = starved
    left_s = OLD_AFTER_S + 60 - (time.monotonic() - since_s)
    page.wait_for_selector("#pane-alerts .pane-age", timeout=max(1.0, left_s) * 1000)
    told = page.locator("#pane-messages .pane-age").inner_text()
    assert re.search(r"AS OF .*\d\d:\d\d:\d\dZ", told)
    live(page)
    assert page.locator("#pane-messages .pane-age").count() == 1


def test_the_guide_has_the_columns_of_a_track_frame() -> None:
    guide = (TOP / "docs" / "console.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([ui]\d) \| (\d) \|", guide, re.MULTILINE)
    columns = [(name, str(kind).lstrip("<|"), ROW[name].itemsize) for name, kind in ROW.descr]
    assert [(name, kind, int(size)) for name, kind, size in rows] == columns
    assert f"header of {HEADER_BYTES} bytes" in guide
    assert f"{TRACK_BYTES} bytes a track" in guide
    told = re.search(r"^\| `status` .*\| ([^|]+) \|$", guide, re.MULTILINE)
    assert told
    assert re.findall(r"\d ([a-z ]+)", told[1]) == list(STATUS_WORDS)
    assert "0 WGS84, 1 AMSL, 2 STD, 3 AGL" in guide
