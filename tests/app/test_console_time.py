"""The slider in a real browser: back before a word was said, on to it, and who knew of it then."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from app.consolebrowser import chromium_running, open_console, wait_until
from app.consoleworld import lively

WORD = "Convoy leaves the depot eastbound."
LABELS = """
() => [...document.querySelectorAll(".time-label")]
  .map((each) => [each.getBoundingClientRect().left, each.textContent])
"""
SETTLED = """
(atUs) => {
  const stamp = document.querySelector(".time-stamp");
  return Number(document.querySelector(".time-slider").dataset.cursorUs) === atUs &&
    Number(stamp.dataset.screenUs) === atUs;
}
"""


@pytest.fixture(scope="module")
def browser():
    with chromium_running() as started:
        yield started


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Give two flying nodes, and where a word of COAL's stands that came some seconds later."""
    with lively(tmp_path_factory.mktemp("time")) as nodes:
        time.sleep(5)
        said = nodes["COAL"].act(
            type="say", agreement="AGR-1", line="L1", post="duty-officer", to=["RUS"],
            message_type="free.text", text=WORD,
        )  # fmt: skip
        assert said.status_code < 400, said.text
        key = said.json()["key"]
        views = nodes["COAL"].get("/api/messages")
        said_us = next(each["sent_us"] for each in views if each["key"] == key)
        time.sleep(3)
        yield nodes, key, said_us


def jump(page, at_us: int) -> int:
    """Type a whole second, and wait until lists and picture are of it."""
    second = at_us // 1_000_000
    page.fill(".time-jump input", f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M:%S}Z")
    page.press(".time-jump input", "Enter")
    wait_until(page, SETTLED, arg=second * 1_000_000, timeout_ms=90_000)
    return second * 1_000_000


def test_back_before_the_word_it_is_not_there_and_forward_it_is(browser, world):
    nodes, key, said_us = world
    opened = open_console(browser, nodes["COAL"].url)
    page = opened.page
    row = page.locator(f'.hot-row[data-key="{key[0]} {key[1]}"], .hot-row', has_text=WORD)
    expect(row).to_be_visible(timeout=90_000)
    row.locator("button").first.click()
    expect(row).to_have_attribute("aria-current", "true")
    before_us = jump(page, said_us - 3_000_000)
    expect(page.locator(".screen")).to_have_attribute("data-mode", "REPLAY")
    expect(page.locator(".time-stamp")).to_contain_text("REPLAY")
    expect(page.locator(".time-stamp")).to_contain_text(re.compile("as .COAL. knew it then"))
    expect(row).to_have_count(0)
    picture = page.locator("[data-frame-us]")
    expect(picture).to_contain_text("not signed")
    # The node records once a second, or when it gets to it.
    assert 0 <= before_us - int(picture.get_attribute("data-frame-us")) < 10_000_000
    jump(page, said_us + 2_000_000)
    expect(row).to_be_visible()
    expect(row, "the selection is still there").to_have_attribute("aria-current", "true")
    page.keyboard.press("v")
    expect(page.locator(".screen")).to_have_attribute("data-mode", "LIVE")
    assert not [each for each in opened.said if "400" not in each]
    opened.close()


SIZES = """
window.sizes = new Set();
(function look() {
  const map = document.querySelector(".map-ground")?.getBoundingClientRect();
  // A page that lost its node for a while says so in a row of its own.
  const heard = document.querySelector(".screen")?.dataset.heard === "true";
  if (map && heard) window.sizes.add(`${map.width}x${map.height}`);
  requestAnimationFrame(look);
})();
"""


def test_lists_of_another_instant_go_unless_the_right_ones_come_at_once(browser, world):
    """They went at each step of the handle: the page jumped, and the map was drawn anew."""
    nodes, _, said_us = world
    opened = open_console(browser, nodes["COAL"].url, script=SIZES)
    page = opened.page
    jump(page, said_us + 2_000_000)
    before_us = jump(page, said_us + 1_000_000)
    page.evaluate("sizes.clear()")
    row = page.locator(".hot-row", has_text=WORD)
    expect(row).to_be_visible()
    held = []
    page.route("**/api/screen?*", lambda route: held.append(route))  # noqa: PLW0108  Playwright marks it
    page.fill(".time-jump input", f"{datetime.fromtimestamp(said_us // 1_000_000 - 3, UTC):%F %TZ}")
    page.press(".time-jump input", "Enter")
    stamp = page.locator(".time-stamp")
    assert stamp.get_attribute("data-screen-us") in ("", str(before_us)), "of which they are"
    expect(stamp, "nobody answers: gone").to_have_attribute("data-screen-us", "")
    expect(row).to_have_count(0)
    assert len(held) == 1
    held[0].continue_()
    page.unroute("**/api/screen?*")
    wait_until(page, SETTLED, arg=(said_us // 1_000_000 - 3) * 1_000_000, timeout_ms=90_000)
    expect(row).to_have_count(0)
    # Frames are seldom where many share the processor: there may have been none meanwhile.
    wait_until(page, "sizes.size > 0")
    assert len(page.evaluate("[...sizes]")) == 1, "nothing moved meanwhile"
    opened.close()


def test_at_the_instant_of_the_word_the_other_party_did_not_know_it_yet(browser, world):
    nodes, _, said_us = world
    opened = open_console(browser, nodes["COAL"].url)
    page = opened.page
    page.wait_for_selector(".time-mark")
    jump(page, said_us - 3_000_000)
    for _ in range(40):
        page.keyboard.press(">")
        at_us = int(page.get_attribute(".time-slider", "data-cursor-us"))
        if at_us >= said_us:
            break
    assert at_us == said_us, "the ticks are stepped through one by one"
    page.keyboard.press("s")
    table = page.locator(".time-split-table")
    row = table.locator("tr[data-differs=true]", has_text=WORD)
    expect(row).to_be_visible(timeout=90_000)
    expect(row).to_contain_text(re.compile("not known to .RUS"))
    expect(row).to_contain_text("differs")
    besides = page.locator('.time-split-besides section[data-party="RUS"]')
    expect(besides).to_contain_text(re.compile("RUS. may have known besides: .1"))
    expect(besides).to_contain_text("message.said")
    head = page.locator(".time-split-head")
    later = head.get_by_role("button", name=re.compile("On .*0:10"))
    later.click()
    # Never the answer of one instant under another's title.
    expect(row).to_have_count(0)
    expect(table.locator("tr", has_text=WORD)).not_to_contain_text("not known", timeout=90_000)
    page.keyboard.press("Escape")
    opened.close()


def test_time_runs_from_left_to_right_in_arabic_and_the_keys_move_it(browser, world):
    nodes, _, _ = world
    opened = open_console(browser, nodes["COAL"].url, language="ar", size=(1280, 800))
    page = opened.page
    page.wait_for_selector(".time-label", timeout=90_000)
    labels = page.evaluate(LABELS)
    assert len(labels) >= 4
    places = [left for left, _ in labels]
    assert places == sorted(places), labels
    assert page.locator("html").get_attribute("dir") == "rtl"

    def cursor() -> int:
        return int(page.get_attribute(".time-slider", "data-cursor-us"))

    page.keyboard.press("[")
    expect(page.locator(".screen")).to_have_attribute("data-mode", "REPLAY")
    first = cursor()
    page.focus(".time-slider")
    page.keyboard.press("ArrowRight")
    assert cursor() == first + 10_000_000 or cursor() > first
    page.keyboard.press("ArrowLeft")
    assert cursor() <= first + 2_500_000
    page.keyboard.press("b")
    earlier = "(us) => document.querySelector('.time-slider').dataset.cursorUs < us - 300000"
    wait_until(page, earlier, arg=cursor())
    page.keyboard.press("b")
    box = page.locator(".time-slider").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.97, box["y"] + box["height"] / 2)
    expect(page.locator(".screen")).to_have_attribute("data-mode", "PLAN")
    expect(page.locator(".time-plan")).to_be_visible()
    page.fill(".time-jump input", "teatime")
    page.press(".time-jump input", "Enter")
    expect(page.locator("#time-jump-fault")).not_to_be_empty()
    opened.close()
