"""The console's alerts in a real browser: a conflict comes, is chosen, read ahead and marked."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from app.consolebrowser import WITHOUT_GRAPHICS, chromium_running, open_console
from app.consoleworld import FT_M, Flying, lively, route
from app.twonodes import until

LONE = {("WFP220", None): route((34.1, 39.4), 330.0, 120.0, 14_000 * FT_M)}
# One behind the other and faster by 20 m/s: 3 NM are lost after some 95 s, so it is short-term at
# once, and it stays a conflict for ten minutes, however slow the machine is.
MEETING = {
    ("RSD12", "COAL"): route((35.05, 38.0), 90.0, 140.0, 21_000 * FT_M),
    ("KHM07", "RUS"): route((35.06, 38.08), 90.0, 120.0, 21_200 * FT_M),
}
TONES = """
window.tones = 0;
const made = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () {
  window.tones += 1;
  return made.call(this);
};
"""
CLIPPED = """
() => {
  const faults = [];
  const pane = document.querySelector(".alerts");
  if (pane.scrollWidth > pane.clientWidth + 1) faults.push("the pane is too wide");
  for (const each of pane.querySelectorAll("p, td, th, button, dd, dt, li, summary, h3")) {
    const box = each.getBoundingClientRect();
    if (box.width === 0) continue;
    const cut = getComputedStyle(each).overflow !== "visible" || each.tagName === "BUTTON";
    const wide = each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0;
    if (cut && wide) faults.push(`cut: ${each.textContent}`);
    const outer = pane.getBoundingClientRect();
    if (box.left < outer.left - 1 || box.right > outer.right + 1) {
      faults.push(`outside: ${each.textContent}`);
    }
  }
  for (const plot of pane.querySelectorAll("svg.alerts-plot")) {
    const outer = plot.getBoundingClientRect();
    const texts = [...plot.querySelectorAll("text")];
    if (texts.length < 8) faults.push("a plot without its axes");
    for (const text of texts) {
      const box = text.getBoundingClientRect();
      const inside = box.left >= outer.left - 1 && box.right <= outer.right + 1 &&
        box.top >= outer.top - 1 && box.bottom <= outer.bottom + 1;
      if (!inside) faults.push(`outside its plot: ${text.textContent}`);
    }
    const first = plot.querySelector("text[text-anchor=middle]").getBoundingClientRect();
    const last = texts.find((each) => each.textContent.includes("min")).getBoundingClientRect();
    if (!(first.left < last.left)) faults.push("time runs from right to left");
  }
  return faults;
}
"""


@pytest.fixture(scope="module")
def chromium():
    with chromium_running(WITHOUT_GRAPHICS) as browser:
        yield browser


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two nodes and one aircraft of nobody; who meets is flown by the test that wants it."""
    folder = tmp_path_factory.mktemp("alerts")
    with lively(folder, fly=False) as nodes, Flying(nodes, dict(LONE)):
        until(lambda: nodes["COAL"].get("/api/alerts")["watch"]["feeds"])
        yield nodes


@pytest.fixture(scope="module")
def opened(chromium, world):
    """COAL's console, open before anything happens."""
    found = open_console(chromium, world["COAL"].url)
    found.page.add_init_script(TONES)
    found.page.reload()
    found.page.wait_for_selector(".screen[data-heard=true]")
    yield found
    assert found.said == []
    found.close()


@pytest.fixture(scope="module")
def meeting(world, opened):
    """Two that meet, as both nodes have raised it; what was spoken of it and sounded meanwhile."""
    # The browser lets nothing sound before somebody has touched the page.
    opened.page.locator(".alerts-sound").click(click_count=2)
    with Flying(world, dict(MEETING)):
        expect(opened.page.locator(".alerts-row")).to_have_count(1)
        until(lambda: _open_at(world["RUS"]))
        until(lambda: _open_at(world["COAL"])[0]["others"])
        yield _open_at(world["COAL"])[0]


def _open_at(node):
    return [each for each in node.get("/api/alerts")["alerts"] if each["what"] == "separation"]


def _life(node, party: str) -> dict:
    return next(each for each in _open_at(node)[0]["life"]["parties"] if each["party"] == party)


def _marks(node) -> int:
    """Return how many marks of alerts stand in a node's own logs."""
    found = 0
    for log in node.get("/api/logs"):
        entries = node.get(f"/api/logs/{log['origin']}/entries?start=0") if log["own"] else []
        found += sum("alert.marked" in each["text"] for each in entries)
    return found


def test_an_empty_list_names_its_feeds_and_is_no_all_clear(opened) -> None:
    none = opened.page.locator(".alerts-none")
    expect(none).to_contain_text("No alerts from feeds")
    expect(none).to_contain_text("radar-1")
    expect(none).to_contain_text("That is no statement about what is not watched.")
    expect(none).to_contain_text("aircraft that no feed of this node reports")
    expect(none).to_contain_text(re.compile(r"1\W+ of \W+1\W+ aircraft watched"))
    expect(none).to_contain_text(re.compile(r"last report .*0:0\d.* ago"))


def test_a_conflict_appears_is_spoken_once_and_sounds_once(opened, meeting) -> None:
    page = opened.page
    row = page.locator(".alerts-row")
    assert row.get_attribute("data-class") == "short-term"
    for text in ("KHM07", "RSD12", "short-term", "own move, the line after it", "NEW"):
        expect(row).to_contain_text(text)
    expect(row).to_contain_text(re.compile("COAL\\W+: not seen"))
    expect(row).to_contain_text(re.compile("RUS\\W+: not seen, has"))
    spoken = page.locator("#alerts-spoken")
    expect(spoken).to_contain_text("New alert")
    said = spoken.inner_text()
    timer = row.locator("[role=timer]")
    before = timer.inner_text()
    expect(timer).not_to_have_text(before)
    assert timer.get_attribute("aria-live") == "off"
    assert spoken.inner_text() == said
    assert page.evaluate("window.tones") == 1
    assert meeting["clause"] == "c1"


def test_the_plots_show_the_nodes_own_numbers(opened, meeting) -> None:
    page = opened.page
    alert = _open_at_page(page)
    nm = int(alert["least_horizontal_mm"] / 185_200) / 10
    row = page.locator(".alerts-row")
    expect(row.locator(".alerts-closest")).to_contain_text(f"{nm} NM")
    label = page.locator("svg.alerts-plot").nth(1).get_attribute("aria-label")
    assert re.search(r"Minimum \W*3\.0 NM", label), label
    assert "Inside the minima from" in label
    assert "sketch" not in page.locator(".alerts").inner_text()
    profile = page.locator("svg.alerts-plot").nth(0).get_attribute("aria-label")
    assert "FL210" in profile, profile
    table = page.locator(".alerts-plottable").nth(1)
    table.locator("summary").click()
    nearest = table.locator("tbody tr", has_text="CPA")
    # To the nearest tenth here, never more than it is in the row: they differ by one at most.
    shown = float(re.search(r"(\d+\.\d) NM", nearest.inner_text())[1])
    assert shown - 0.11 < nm <= shown


def test_who_has_a_dialog_open_is_told_in_it_what_presses(opened, meeting) -> None:
    page = opened.page
    page.keyboard.press("e")
    pressing = page.locator("dialog[open] .kit-pressing")
    expect(pressing).to_contain_text("KHM07 \u00d7 RSD12")
    expect(pressing).to_contain_text("short-term")
    expect(pressing).to_have_attribute("role", "status")
    # What counts down is not spoken each second.
    expect(pressing.locator("[aria-hidden=true]").last).to_contain_text("loss")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def _open_at_page(page) -> dict:
    """Return the conflict as the page itself got it last."""
    reply = page.evaluate("fetch('/api/screen').then((each) => each.json())")
    return next(each for each in reply["alerts"]["alerts"] if each["what"] == "separation")


def test_it_is_marked_as_called_by_keyboard_alone_and_only_after_asking(world, opened, meeting):
    page = opened.page
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    expect(page.locator(".alerts-row")).to_be_focused()
    # What the keys act on is what the head names: who moves there has chosen it.
    expect(page.locator(".alerts-row")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("c")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("KHM07 \u00d7 RSD12")
    expect(dialog).to_contain_text("It calls nobody.")
    # The focus begins on what does nothing: a key pressed twice writes nothing.
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert _life(world["COAL"], "COAL")["word"] == "not seen"
    expect(page.locator(".alerts-row")).to_be_focused()
    page.keyboard.press("c")
    dialog.locator("select").focus()
    page.keyboard.press("ArrowDown")
    dialog.locator("button.kit-do").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".alerts-row .alerts-life")).to_have_text("CALLED")
    life = _life(world["COAL"], "COAL")
    assert (life["word"], life["called_post"], life["called_how"]) == (
        "called", "commander", "marked",
    )  # fmt: skip
    expect(page.locator(".alerts-row")).to_be_focused()


def test_writing_about_it_opens_the_composer_and_sends_nothing(world, opened, meeting) -> None:
    page = opened.page
    said = len(world["COAL"].get("/api/messages"))
    page.locator(".alerts-row").focus()
    page.keyboard.press("w")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    values = dialog.locator("input").evaluate_all("all => all.map((each) => each.value)")
    # A level for each aircraft: one number for two would be read as of either.
    assert "KHM07 FL212, RSD12 FL210" in values, values
    page.keyboard.press("Escape")
    assert len(world["COAL"].get("/api/messages")) == said


def test_in_replay_it_stands_as_of_then_and_nothing_can_be_marked(world, opened, meeting):
    page = opened.page
    tones = page.evaluate("window.tones")
    # Two seconds after it was raised, as soon as the slider takes that for the past.
    past_us = meeting["raised_us"] + 6_000_000
    until(lambda: world["COAL"].get("/api/status")["now_us"] > past_us)
    then = datetime.fromtimestamp(meeting["raised_us"] // 1_000_000 + 2, UTC)
    page.get_by_label("Go to").fill(f"{then:%H:%M:%S}Z")
    page.keyboard.press("Enter")
    head = page.locator(".alerts-head")
    expect(head).to_contain_text(re.compile(r"As \W*COAL\W+ knew it at"))
    expect(page.locator(".alerts-row")).to_have_count(1)
    page.locator(".alerts-row").focus()
    expect(head).to_contain_text("LIVE meanwhile")
    expect(page.locator(".alerts-sound")).to_contain_text("silent in REPLAY")
    page.keyboard.press("c")
    page.keyboard.press("n")
    assert page.locator("dialog[open]").count() == 0
    assert page.locator(".alerts-chosenhead button").count() == 0
    # A number that does not count must not look like one that does.
    expect(page.locator(".alerts-left")).to_contain_text(re.compile(r"^\W*\(\W*\d+:\d\d\W*\)$"))
    page.get_by_role("button", name="LIVE", exact=True).click()
    expect(head).not_to_contain_text("knew it at")
    assert page.evaluate("window.tones") == tones


@pytest.fixture(scope="module")
def theirs(chromium, world, meeting):
    """RUS's console."""
    found = open_console(chromium, world["RUS"].url)
    yield found
    found.page.unroute_all(behavior="ignoreErrors")
    assert found.said == []
    found.close()


def test_the_other_party_marks_it_by_mouse_and_both_stand_side_by_side(
    world, opened, theirs
) -> None:
    page = theirs.page
    if _life(world["COAL"], "COAL")["word"] != "called":
        mark = {"type": "mark_alert", "ref": _open_at(world["COAL"])[0]["key"], "stage": "called"}
        assert world["COAL"].act(**mark, post="commander").status_code == 201
    row = page.locator(".alerts-row")
    row.click()
    page.locator(".alerts-chosen button", has_text="Seen").click()
    page.locator("dialog[open] button.kit-do").click()
    expect(row.locator(".alerts-life")).to_have_text("SEEN")
    expect(page.locator("[role=status]", has_text="Marked")).to_be_visible()
    # Again: it stands, and nothing is written.
    marks = _marks(world["RUS"])
    assert marks == 1
    page.locator(".alerts-chosen button", has_text="Seen").click()
    page.locator("dialog[open] button.kit-do").click()
    expect(page.locator("[role=status]", has_text="It stands already")).to_be_visible()
    assert _marks(world["RUS"]) == marks
    people = opened.page.locator(".alerts-row .alerts-people")
    expect(people).to_contain_text(re.compile("RUS.*: seen"))
    expect(people).to_contain_text(re.compile("COAL.*: called"))


def test_an_observer_is_offered_nothing(theirs) -> None:
    page = theirs.page

    def observer(reply) -> None:
        reply.fulfill(json={**reply.fetch().json(), "role": "observer", "form_number": None})

    page.route("**/api/session", observer)
    page.reload()
    page.locator(".alerts-row").click()
    page.keyboard.press("c")
    expect(page.locator(".alerts-chosenhead")).to_contain_text("You may look only.")
    assert page.locator(".alerts-chosenhead button").count() == 0
    assert page.locator("dialog[open]").count() == 0


@pytest.mark.parametrize("language", ["en", "ru", "ar"])
def test_all_classes_fit_in_every_language(theirs, language) -> None:
    page = theirs.page

    def busy(reply) -> None:
        reply.fulfill(json=_busy(reply.fetch().json()))

    page.unroute_all(behavior="ignoreErrors")
    page.route("**/api/screen", busy)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{theirs.url}/console/?lang={language}")
    expect(page.locator(".alerts-row")).to_have_count(3)
    classes = [row.get_attribute("data-class") for row in page.locator(".alerts-row").all()]
    assert classes == ["short-term", "own move only", "coordinate"]
    page.evaluate(
        "for (const each of document.querySelectorAll('.alerts details')) each.open = true"
    )
    assert page.evaluate(CLIPPED) == []
    # What is not in the list stands before it, and what ended does not say that anybody made way.
    crowd = page.locator(".alerts-crowd")
    assert crowd.bounding_box()["y"] < page.locator(".alerts-row").first.bounding_box()["y"]
    assert page.locator(".alerts-came").count() == 1
    shapes = page.locator(".alerts-row .alerts-mark")
    assert len({shapes.nth(place).inner_html() for place in range(3)}) == 3


def _busy(view: dict) -> dict:
    """Return a node's own view with three classes, an exercise, a crowd and an end besides."""
    alerts = view["alerts"]
    base = next(each for each in alerts["alerts"] if each["what"] == "separation")
    rows = []
    for number, (word, left_s) in enumerate(
        [("short-term", 80), ("own move only", 400), ("coordinate", 900)]
    ):
        row = copy.deepcopy(base)
        later_us = view["now_us"] + left_s * 1_000_000 - base["loss_us"]
        for name in ("loss_us", "least_us", "end_us"):
            row[name] += later_us
        row["key"] = [base["key"][0], 500 + number]
        row["aircraft"] = [f"MEDEVAC{number}7", f"KHM{number}0701"]
        for state, name in zip(row["states"], row["aircraft"], strict=True):
            state["aircraft"] = name
        row["alert_class"], row["others"] = word, []
        rows.append(row)
    rows[1]["doubts"] = ["KHM10701 is coasting now: predicted on for 14 s since its last report"]
    rows[2]["text"] = "EXERCISE"
    rows[2]["held_by"] = {"COAL": "yes", "RUS": "no"}
    now_us = view["now_us"]
    end = {"key": ["L", 1], "aircraft": ["A", "B"], "raised_by": "COAL", "ended_us": now_us}
    alerts |= {
        "alerts": rows, "total": 9, "left_out": 6,
        "by_class": {"short-term": 1, "own move only": 7, "coordinate (exercise)": 1},
        "crowds": ["41 pairs not raised one by one: a crowd of 12 aircraft around RSD77"],
        "ended": [{**end, "why": "no loss predicted", "came_us": now_us - 9_000_000}],
    }  # fmt: skip
    return view
