"""The line's words on two consoles: said, answered, misread, corrected, unanswered, suspended."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from app.consolebrowser import WITHOUT_GRAPHICS, chromium_running, open_console
from app.consoleworld import fill, lively_agreement
from app.twonodes import make_pair, running, until
from parley.world.clauses import Acknowledgement, EscalationStep
from parley.world.phrases import phrase, phrases

SAMPLES = Path(__file__).parents[2] / "web" / "src" / "hotline" / "phrases.samples.json"
ODD = {"flight": "رحلة 7", "level": "FL120", "note": "a\u2069b\nc", "activity": "hot", "zone": " "}
PLACE = {"agreement": "AGR-1", "line": "L1", "post": "duty-officer"}
ISOLATES = re.compile("[\u2066-\u2069]")
SLOT = re.compile(r"\{(\w+)\}")


# ---- what the two sides read --------------------------------------------------------------------


def samples() -> list[dict]:
    """Return what the node makes of each type in each language: the console must make the same."""
    found = []
    for language in ("en", "ru", "ar"):
        for name in [*phrases().message, "no.such.type"]:
            slots = SLOT.findall(phrases().message.get(name, {}).get("en", ""))
            usual = {slot: "hot" if slot == "activity" else f"{slot.upper()} 7" for slot in slots}
            odd = [ODD] if name in ("zone.state", "clearance", "no.such.type") else []
            for fields in (usual, *odd):
                said = phrase(name, fields, language)
                found.append({"type": name, "language": language, "fields": fields, "phrase": said})
    return found


def test_the_console_is_held_to_the_phrases_that_the_node_makes() -> None:
    assert json.loads(SAMPLES.read_text("utf-8")) == samples(), "write samples() there anew"


# ---- two consoles -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium():
    with chromium_running(WITHOUT_GRAPHICS) as browser:
        yield browser


@pytest.fixture(scope="module")
def world(chromium, tmp_path_factory):
    """Two nodes with people and words; a clearance that nobody answers is late in a second."""
    steps = (EscalationStep(after_s=1.0, post="alternate"),)
    quick = Acknowledgement(id="c9", within_s=1.0, of=("clearance",), escalate=steps)
    lively = lively_agreement()
    agreement = msgspec.structs.replace(lively, clauses=(*lively.clauses, quick))
    files = make_pair(tmp_path_factory.mktemp("hotline"), sign_in=False, agreement=agreement)
    with running(files) as nodes:
        fill(nodes)
        yield nodes


@pytest.fixture(scope="module")
def consoles(chromium, world):
    opened = {
        party: open_console(chromium, node.url, size=(1280, 800)) for party, node in world.items()
    }
    yield {party: each.page for party, each in opened.items()}
    for party, each in opened.items():
        assert each.outside() == [], party
        # The browser says of each refusal, and of each request that a test cut off, that it failed.
        assert [said for said in each.said if "Failed to load resource" not in said] == [], party
        each.close()


def row(page: Page, key: list):
    return page.locator(f'.hot-row[data-key="{key[0]}#{key[1]}"]')


def newest(node, kind: str) -> dict | None:
    found = [view for view in node.get("/api/messages") if view["message_type"] == kind]
    return found[0] if found else None


def said(node, **fields) -> list:
    body = {"type": "say", **PLACE, "message_type": "zone.state", **fields}
    done = node.act(**{"to": ["RUS"], **body})
    assert done.status_code == 201, done.text
    return done.json()["key"]


def rest(*pages: Page) -> None:
    """Leave the pages as they are at first: nothing open, nothing selected, the messages shown."""
    for page in pages:
        for _ in range(3):
            page.keyboard.press("Escape")
        page.get_by_role("tab", name=re.compile("^Messages")).click()


def write(page: Page, kind: str, fields: dict[str, str]) -> None:
    """Write a message by mouse."""
    page.locator('.hot-bar [data-act="write"]').click()
    page.get_by_role("combobox", name=re.compile("What kind")).fill(kind)
    page.locator(f'[data-type="{kind}"]').click()
    for name, value in fields.items():
        page.locator(f'.hot-composer [data-field="{name}"]').fill(value)


def answer(page: Page, key: list, word: str, fields: dict[str, str]) -> None:
    """Answer a message by mouse, reading back."""
    row(page, key).locator(f'[data-answer="{word}"]').click()
    for name, value in fields.items():
        box = page.locator(f'dialog[open] [data-field="{name}"]')
        assert box.input_value() == "", "a read-back is never filled in"
        box.fill(value)
    page.get_by_role("button", name=re.compile(f"^Send .?{word}")).click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_a_wrong_read_back_is_seen_at_both_ends_until_it_is_corrected(world, consoles) -> None:
    coal, rus = consoles["COAL"], consoles["RUS"]
    rest(coal, rus)
    write(coal, "zone.state", {"zone": "Z2", "activity": "cold"})
    expect(coal.locator(".hot-preview")).to_contain_text("Zone Z2 is now: cold.")
    coal.locator('[data-act="send"]').click()
    began_s = time.monotonic()
    expect(coal.locator("dialog[open]")).to_have_count(0)
    key = until(lambda: (newest(world["COAL"], "zone.state") or {}).get("key"))
    there = row(rus, key)
    expect(there).to_contain_text("Zone Z2 is now: cold.")
    took_s = time.monotonic() - began_s
    sys.stdout.write(f"\nfrom the button to the other screen: {took_s:.2f} s\n")

    answer(rus, key, "ROGER", {"zone": "Z1", "activity": "cold"})
    for page in (coal, rus):
        wrong = row(page, key).locator(".hot-misread")
        expect(wrong).to_contain_text("READ-BACK DIFFERS")
        assert wrong.locator(".hot-differs td").all_inner_texts() == ["Z2", "Z1"]
    # Displayed and answered stand each for itself, and neither is "matched".
    levels = row(coal, key).locator(".hot-level")
    reached = ["yes", "yes", "yes", "yes", "bad"]
    until(lambda: levels.evaluate_all("all => all.map(e => e.dataset.reached)") == reached)

    row(coal, key).locator('[data-act="correct"]').click()
    # What was misread is said again, and nothing else.
    filled = coal.locator(".hot-composer [data-field]")
    assert filled.evaluate_all("all => all.map(e => [e.dataset.field, e.value])") == [
        ["zone", "Z2"]
    ]
    coal.locator('[data-act="send"]').click()
    again = until(lambda: (newest(world["COAL"], "correction") or {}).get("key"))
    expect(row(rus, again)).to_be_visible()
    expect(row(rus, key).locator(".hot-misread")).to_have_count(0)
    answer(rus, again, "ROGER", {"zone": "Z2"})
    for party in ("COAL", "RUS"):
        view = until(
            lambda party=party: [
                each for each in world[party].get("/api/messages")
                if each["key"] == again and each["ladder"][0]["read_back"] == "matched"
            ]
        )[0]  # fmt: skip
        assert not view["open"]


def test_nobody_answers_and_the_ladder_is_shown_on_both_screens(world, consoles) -> None:
    coal, rus = consoles["COAL"], consoles["RUS"]
    rest(coal, rus)
    fields = {"flight": "RSD12", "zone": "Z1"}
    key = said(world["COAL"], message_type="clearance", fields=fields, confirmed=True)
    there = row(rus, key)
    expect(there.get_by_role("timer")).to_contain_text("late by")
    expect(there.locator('[data-answer="STANDBY"]')).to_have_count(0)
    assert there.locator("[data-answer]").all_inner_texts() == ["WILCO", "UNABLE"]
    row(coal, key).locator(".hot-head button").first.click()
    ladder = row(coal, key).locator(".hot-ladder")
    expect(ladder).to_contain_text("UNANSWERED")
    called = ladder.locator('.hot-tried tr[data-called="true"]')
    expect(called).to_have_count(2)
    assert "duty-officer" in called.nth(0).inner_text()
    assert re.search(r"alternate.*\d\d:\d\d:\d\dZ.*no answer", called.nth(1).inner_text(), re.S)
    # The alarm says so too; to take it answers nothing.
    rus.get_by_role("tab", name=re.compile("^Alarms")).click()
    alarm = rus.locator(".hot-alarms .hot-row", has_text="clearance from COAL").first
    alarm.locator('[data-act="take"]').click()
    expect(rus.locator("dialog[open]")).to_contain_text("It answers nothing")
    rus.get_by_role("button", name="Take the alarm").click()
    expect(alarm).to_contain_text("taken by")
    assert newest(world["RUS"], "clearance")["awaits_us"]
    answer_later(rus, key)


def answer_later(page: Page, key: list) -> None:
    rest(page)
    row(page, key).locator('[data-answer="UNABLE"]').click()
    send = page.get_by_role("button", name=re.compile("^Send .?UNABLE"))
    expect(send).to_be_disabled()
    page.get_by_label("Reason, in a few words (wanted)").fill("no crew")
    send.click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_the_guard_asks_with_both_values_before_anything_is_sent(world, consoles) -> None:
    coal = consoles["COAL"]
    rest(coal)
    before = len(world["COAL"].get("/api/messages"))
    write(
        coal,
        "area.notice",
        {"centre": "34.0,38.0", "window": "09:00Z/12:00Z", "place": "Old bridge"},
    )
    coal.locator('[data-act="send"]').click()
    asked = coal.locator(".hot-asked")
    expect(asked).to_contain_text("Is this meant?")
    expect(asked).to_contain_text("34.0,38.0")
    expect(asked).to_contain_text("km apart")
    # A draft outlives a reload; nothing was sent by it.
    coal.reload()
    coal.wait_for_selector(".hot-bar")
    coal.locator('.hot-bar [data-act="write"]').click()
    assert coal.locator('[data-field="centre"]').input_value() == "34.0,38.0"
    assert len(world["COAL"].get("/api/messages")) == before
    coal.locator('[data-act="send"]').click()
    # The answer is to what was asked: once the words are others, the guard is asked anew.
    expect(asked).to_have_count(1)
    coal.locator('[data-field="window"]').fill("10:00Z/12:00Z")
    expect(asked).to_have_count(0)
    assert len(world["COAL"].get("/api/messages")) == before
    coal.locator('[data-act="send"]').click()
    coal.locator('.hot-asked [data-act="confirm"]').click()
    expect(coal.locator("dialog[open]")).to_have_count(0)
    view = newest(world["COAL"], "area.notice")
    assert (view["party"], view["fields"]["centre"]) == ("COAL", "34.0,38.0")


def test_what_is_not_known_to_be_sent_is_looked_up_and_never_sent_twice(world, consoles) -> None:
    coal = consoles["COAL"]
    rest(coal)

    def sent() -> int:
        views = world["COAL"].get("/api/messages")
        return sum(view["message_type"] == "landed.report" for view in views)

    # The node took it, and its answer was lost on the way.
    def lost(route) -> None:
        route.fetch()
        route.abort()

    coal.route("**/api/acts", lost, times=1)
    write(coal, "landed.report", {"flight": "RSD12"})
    coal.locator('[data-act="send"]').dblclick()
    expect(coal.locator("dialog[open]")).to_have_count(0)
    assert sent() == 1
    # It never came there.
    coal.route("**/api/acts", lambda route: route.abort(), times=1)
    write(coal, "landed.report", {"flight": "RSD21"})
    coal.locator('[data-act="send"]').click()
    expect(coal.locator(".hot-refused")).to_contain_text("has no such message")
    assert coal.locator('[data-field="flight"]').input_value() == "RSD21"
    coal.get_by_role("button", name="Throw the draft away").click()
    assert sent() == 1


def test_a_suspended_line_lets_distress_pass(world, consoles) -> None:
    coal, rus = consoles["COAL"], consoles["RUS"]
    rest(coal, rus)
    coal.locator(".line-chip").click()
    coal.locator('[data-act="suspend"]').click()
    asked = coal.locator("dialog[open]").last
    expect(asked).to_contain_text("Takes effect at")
    expect(asked).to_contain_text("Life-safety messages and line tests still pass")
    expect(asked.get_by_role("button", name="Suspend our side")).to_be_disabled()
    asked.get_by_label("Reason (the other side reads it)").fill("exercise next door")
    asked.get_by_label("at once; it is marked as immediate").check()
    asked.get_by_role("button", name="Suspend our side").click()
    for page in (coal, rus):
        expect(page.locator(".line-chip")).to_have_attribute("data-word", "SUSPENDED")
    expect(coal.locator(".line-table").first).to_contain_text("exercise next door")
    expect(coal.locator(".line-table").first).to_contain_text("single-signed")
    coal.keyboard.press("Escape")
    write(coal, "zone.state", {"zone": "Z1", "activity": "hot"})
    expect(coal.locator(".hot-form-head")).to_contain_text("The line is suspended")
    coal.locator('[data-act="send"]').click()
    expect(coal.locator(".hot-refused")).to_contain_text("suspended by COAL")
    coal.get_by_role("button", name="Throw the draft away").click()
    write(coal, "distress.relay", {"position": "35.1,38.9", "time": "09:40Z"})
    coal.locator('[data-act="send"]').click()
    key = until(lambda: (newest(world["RUS"], "distress.relay") or {}).get("key"))
    expect(row(rus, key)).to_contain_text("Person or aircraft in distress")
    coal.locator(".line-chip").click()
    coal.locator('.line-acts [data-act="resume"]').click()
    coal.get_by_role("button", name="Resume our side").click()
    expect(coal.locator(".line-chip")).not_to_have_attribute("data-word", "SUSPENDED")
    rest(coal)


def test_all_of_it_by_keyboard_alone(world, consoles) -> None:
    coal, rus = consoles["COAL"], consoles["RUS"]
    rest(coal, rus)

    def press(page: Page, *keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)

    def on(page: Page, name: str) -> None:
        """Go on by Tab until a button has the focus, and press it."""
        for _ in range(40):
            press(page, "Tab")
            text = page.evaluate("document.activeElement.innerText || ''")
            if name in ISOLATES.sub("", text):
                press(page, "Enter")
                return
        raise AssertionError(f"no way to {name} by Tab")

    coal.locator(".brand").click()
    press(coal, "e")
    expect(coal.get_by_role("combobox", name=re.compile("What kind"))).to_be_focused()
    coal.keyboard.type("stop.operations")
    press(coal, "Enter")
    expect(coal.locator('[data-field="zone"]')).to_be_focused()
    coal.keyboard.type("Z1")
    on(coal, "Send to RUS")
    key = until(lambda: (newest(world["RUS"], "stop.operations") or {}).get("key"))
    rus.locator(".brand").click()
    expect(row(rus, key)).to_be_visible()
    for _ in range(6):
        press(rus, "m")
        if row(rus, key).get_attribute("aria-current") == "true":
            break
    expect(row(rus, key)).to_have_attribute("aria-current", "true")
    rus.wait_for_timeout(1100)  # a row that came by itself takes no key for a second
    press(rus, "1")
    box = rus.locator('dialog[open] [data-field="zone"]')
    expect(box).to_be_focused()
    expect(rus.get_by_role("button", name=re.compile("^Send .?WILCO"))).to_be_disabled()
    rus.keyboard.type("Z1")
    on(rus, "Send WILCO")
    until(lambda: newest(world["COAL"], "stop.operations")["ladder"][0]["read_back"] == "matched")
    # The line, presence and a call by keys too.
    press(coal, "i")
    expect(coal.locator(".line-dialog[open]")).to_be_visible()
    press(coal, "Escape", "h")
    expect(coal.locator("dialog[open]")).to_contain_text("A person is at this post")
    press(coal, "Escape", "t")
    expect(coal.locator("dialog[open]")).to_contain_text("answers no message")
    press(coal, "Escape")


def test_a_call_stands_as_one_sided_until_the_other_end_has_entered_it(world, consoles) -> None:
    coal, rus = consoles["COAL"], consoles["RUS"]
    rest(coal, rus)

    def enter(page: Page, way: str, outcome: str) -> None:
        page.locator(".hot-bar").get_by_role("button", name=re.compile("^Log call")).click()
        page.get_by_label(way).check()
        page.get_by_label(outcome).check()
        page.get_by_label("Began (UTC)").fill("2 min ago")
        page.get_by_label("Subject").fill("air")
        page.get_by_role("button", name="Enter our end of the call").click()
        expect(page.locator("dialog[open]")).to_have_count(0)
        page.get_by_role("tab", name=re.compile("^Calls")).click()

    enter(coal, "we called them", "talked")
    rus.get_by_role("tab", name=re.compile("^Calls .?1")).click()
    expect(rus.locator(".hot-call")).to_contain_text(
        re.compile("ONE-SIDED: said by .?COAL.? alone")
    )
    enter(rus, "they called us", "talked")
    for page in (coal, rus):
        expect(page.locator(".hot-match")).to_contain_text("matched")
    rest(coal, rus)


def test_what_became_of_a_message_to_be_passed_on_is_said_by_who_was_asked(world, consoles) -> None:
    coal, rus = consoles["COAL"], consoles["RUS"]
    rest(coal, rus)
    key = said(world["COAL"], message_type="relay.request", fields={"third": "SYR"}, text="hold")
    until(lambda: newest(world["RUS"], "relay.request"))
    taken = {"type": "answer", "ref": key, "post": "duty-officer", "answer": "WILCO"}
    done = world["RUS"].act(**taken, fields={"third": "SYR"})
    assert done.status_code == 201, done.text
    for page in (coal, rus):
        page.get_by_role("tab", name=re.compile("^Calls")).click()
    relay = f'[data-relay="{key[0]}#{key[1]}"]'
    expect(coal.locator(relay)).to_contain_text("taken; taken is not passed")
    # Only who was asked can say what became of it.
    expect(coal.locator(f'{relay} [data-act="relay"]')).to_have_count(0)
    rus.locator(f'{relay} [data-act="relay"]').click()
    dialog = rus.locator("dialog[open]")
    expect(dialog.locator(".kit-do")).to_be_disabled()
    dialog.get_by_role("radio", name="passed on").check()
    dialog.get_by_label("Who took it").fill("their officer")
    dialog.locator(".kit-do").click()
    expect(rus.locator("dialog[open]")).to_have_count(0)
    expect(coal.locator(relay)).to_contain_text("passed on, by their word")
    (told,) = [each for each in world["COAL"].get("/api/relays") if each["key"] == key]
    assert (told["state"], told["received_by"]) == ("passed", "their officer")


def test_in_replay_nothing_can_be_answered_and_what_waits_now_is_told(world, consoles) -> None:
    rus = consoles["RUS"]
    rest(rus)
    key = said(world["COAL"], fields={"zone": "Z1", "activity": "hot"})
    expect(row(rus, key).locator("[data-answer]")).to_have_count(2)
    rus.get_by_role("button", name="REPLAY").click()
    note = rus.locator(".hot-past")
    expect(note).to_contain_text("nothing can be answered or sent here")
    expect(note).to_contain_text(re.compile("Now, live: .?[1-9].* await our answer"))
    expect(rus.locator(".hot-pane [data-answer]")).to_have_count(0)
    expect(rus.locator('.hot-bar [data-act="write"]')).to_be_disabled()
    for name in ("m", "1", "e", "t", "h"):
        rus.keyboard.press(name)
    expect(rus.locator("dialog[open]")).to_have_count(0)
    rus.get_by_role("button", name="LIVE").click()
    expect(row(rus, key).locator("[data-answer]")).to_have_count(2)


# ---- receipts -----------------------------------------------------------------------------------


def displayed(node, key: list) -> object:
    view = next(each for each in node.get("/api/messages") if each["key"] == key)
    return view["ladder"][0]["displayed_us"]


def test_words_are_displayed_only_where_somebody_could_see_them(chromium, world, consoles) -> None:
    rus = consoles["RUS"]
    rest(rus)
    rus.get_by_role("tab", name=re.compile("^Calls")).click()
    key = said(world["COAL"], fields={"zone": "Z1", "activity": "unknown"})
    until(lambda: [m for m in world["RUS"].get("/api/messages") if m["key"] == key])
    observer = chromium.new_context().new_page()

    def only_look(route) -> None:
        session = route.fetch().json()
        route.fulfill(json={**session, "role": "observer", "form_number": None})

    observer.route("**/api/session", only_look)
    observer.goto(f"{world['RUS'].url}/console/")
    expect(row(observer, key)).to_be_visible()
    expect(observer.locator(".hot-bar")).to_contain_text("You look only")
    expect(row(observer, key).locator("[data-answer]")).to_have_count(0)
    observer.wait_for_timeout(1800)
    observer.context.close()
    # Neither who may only look nor a list behind another tab has written one.
    assert displayed(world["RUS"], key) is None
    rest(rus)
    rus.mouse.move(640, 400)
    row(rus, key).scroll_into_view_if_needed()
    until(lambda: displayed(world["RUS"], key) is not None)
    posts = [
        entry["text"]
        for log in world["RUS"].get("/api/logs") if log["own"] and "/line/" in log["origin"]
        for entry in world["RUS"].get(f"/api/logs/{log['origin']}/entries")
        if "message.displayed" in entry["text"] and f'"index":{key[1]}' in entry["text"]
    ]  # fmt: skip
    assert len(posts) == 1
    assert '"by":"duty-officer"' in posts[0]


# ---- from the right -----------------------------------------------------------------------------

CLIPPED = """all => all.filter(e => e.scrollWidth > e.clientWidth + 1
    && getComputedStyle(e).overflowX !== 'auto').map(e => e.className + ': ' + e.innerText)"""


def test_in_arabic_the_pane_is_mirrored_and_numbers_are_not(chromium, world) -> None:
    opened = open_console(chromium, world["RUS"].url, language="ar", size=(1280, 800))
    page = opened.page
    assert page.evaluate("document.documentElement.dir") == "rtl"
    first = page.locator(".hot-row").first
    first.wait_for()
    box, pane = first.bounding_box(), page.locator(".hot-pane").bounding_box()
    chip = first.locator(".kit-chip").first.bounding_box()
    # The chip begins the row, so from the right it stands at its right end.
    assert box["x"] + box["width"] - (chip["x"] + chip["width"]) < 30
    assert pane["x"] < 640, "the side pane stands on the left"
    spans = page.evaluate(
        """() => [...document.querySelectorAll('.hot-pane bdi[dir=ltr], .line-bar bdi[dir=ltr]')]
          .map(e => e.firstChild).filter(n => n && n.nodeType === 3 && n.data.trim().length > 2)
          .map(n => { const r = document.createRange();
            const at = i => { r.setStart(n, i); r.setEnd(n, i + 1);
              return r.getBoundingClientRect(); };
            const a = at(0), z = at(n.data.length - 1);
            return [n.data, a.left, z.left, Math.abs(a.top - z.top) < 3 && a.width > 0]; })"""
    )
    straight = [each for each in spans if each[3]]
    assert len(straight) >= 5
    for text, head, tail, _ in straight:
        # A word of the reader's own language runs its own way.
        assert head < tail or re.search("[\u0600-\u06ff]", text), (
            f"{text} stands the wrong way round"
        )
    inside = page.locator(".hot-pane p, .hot-pane button, .hot-pane li, .line-chip-low")
    assert inside.evaluate_all(CLIPPED) == []
    assert page.locator(".hot-pane").evaluate("e => e.scrollWidth <= e.clientWidth")
    opened.close()
