"""A whole duty on two consoles, once by mouse and once by keys alone, in each language.

A conflict is seen and written about, misread, corrected and read back; a message that nobody
answers climbs; the line is suspended and distress passes; the past is looked at, the record checked
and handed over. No word of the screen is read here: languages differ in words, not in the way.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import msgspec
import pytest
from playwright.sync_api import Page, expect

from app.consolebrowser import WITHOUT_GRAPHICS, chromium_running, open_console, wait_until
from app.consoleworld import Flying, fill, lively_agreement
from app.test_console_alerts import LONE, MEETING
from app.twonodes import make_pair, parley, running, until
from longer import first_or_all
from parley.world.clauses import Acknowledgement, EscalationStep

WAYS = [
    ("en", "mouse"), ("ar", "keys"),
    ("ru", "mouse"), ("ar", "mouse"), ("en", "keys"), ("ru", "keys"),
]  # fmt: skip


class Mouse:
    """A hand on the mouse; it types only what must be typed."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, selector: str, _key: str = "") -> None:
        """Press a button, however it is reached."""
        self.page.locator(selector).first.click()

    def fill(self, selector: str, text: str) -> None:
        self.page.locator(selector).fill(text)

    def check(self, selector: str) -> None:
        """Choose the last of these radio buttons."""
        self.page.locator(selector).last.check()

    def leave(self) -> None:
        """Close what is open."""
        self.page.keyboard.press("Escape")

    def choose_kind(self, kind: str) -> None:
        self.press('.hot-bar [data-act="write"]')
        self.page.locator("dialog[open] [role=combobox]").fill(kind)
        self.press(f'[data-type="{kind}"]')

    def answer(self, row: str, word: str) -> None:
        self.press(f'{row} [data-answer="{word}"]')


class Keys(Mouse):
    """Two hands on the keyboard: no pointer is moved, nothing is focused but by keys."""

    def press(self, selector: str, key: str = "") -> None:
        if key:
            self.page.keyboard.press(key)
            return
        self._reach(selector)
        self.page.keyboard.press("Enter")

    def fill(self, selector: str, text: str) -> None:
        self._reach(selector)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def check(self, selector: str) -> None:
        self._reach(selector)
        self.page.keyboard.press("ArrowUp")  # before the first comes the last

    def choose_kind(self, kind: str) -> None:
        self.page.keyboard.press("e")
        expect(self.page.locator("dialog[open] [role=combobox]")).to_be_focused()
        self.page.keyboard.type(kind)
        self.page.keyboard.press("Enter")

    def answer(self, row: str, word: str) -> None:
        rows = self.page.locator(row)
        for _ in range(12):
            if rows.get_attribute("aria-current") == "true":
                break
            self.page.keyboard.press("m")
        expect(rows).to_have_attribute("aria-current", "true")
        place = rows.locator("[data-answer]").evaluate_all("all => all.map(e => e.dataset.answer)")
        self.page.wait_for_timeout(1_100)  # a row that came by itself takes no key for a second
        self.page.keyboard.press(str(place.index(word) + 1))

    def _reach(self, selector: str) -> None:
        """Go on by Tab until it has the focus."""
        self.page.locator(selector).first.wait_for()
        for _ in range(120):
            found = "(s) => document.activeElement === document.querySelector(s)"
            if self.page.evaluate(found, selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way to {selector} by Tab")


@pytest.fixture(scope="module")
def chromium():
    with chromium_running(WITHOUT_GRAPHICS) as browser:
        yield browser


@pytest.fixture
def duty(chromium, tmp_path, request):
    """Two nodes, traffic that meets, and a console of each in the language; a hand for each."""
    language, how = request.param
    quick = Acknowledgement(
        id="c9", within_s=2.0, of=("clearance",),
        escalate=(EscalationStep(after_s=2.0, post="alternate"),),
    )  # fmt: skip
    agreed = lively_agreement()
    agreement = msgspec.structs.replace(agreed, clauses=(*agreed.clauses, quick))
    files = make_pair(tmp_path, sign_in=False, agreement=agreement, tracks=True)
    with running(files) as nodes, Flying(nodes, {**LONE, **MEETING}):
        fill(nodes)
        opened = {
            party: open_console(chromium, node.url, language=language, size=(1280, 900))
            for party, node in nodes.items()
        }
        hand = Mouse if how == "mouse" else Keys
        try:
            yield nodes, {party: hand(each.page) for party, each in opened.items()}
        finally:
            for each in opened.values():
                each.close()
        for party, each in opened.items():
            assert each.outside() == [], party
            assert [s for s in each.said if "Failed to load resource" not in s] == [], party


def row(key: list) -> str:
    return f'.hot-row[data-key="{key[0]}#{key[1]}"]'


def newest(node, kind: str) -> dict:
    """Return the newest message of a type, once it is there."""
    return until(
        lambda: [view for view in node.get("/api/messages") if view["message_type"] == kind]
    )[0]


def send(hand, node, kind: str) -> list:
    """Send what is in the composer, meaning it if the node asks; return its key."""
    before = {tuple(view["key"]) for view in node.get("/api/messages")}
    hand.press('dialog[open] [data-act="send"]')
    confirm = hand.page.locator('dialog[open] [data-act="confirm"]')
    until(lambda: confirm.count() or not hand.page.locator("dialog[open]").count())
    if confirm.count():
        hand.press('dialog[open] [data-act="confirm"]')
    expect(hand.page.locator("dialog[open]")).to_have_count(0)
    found = until(
        lambda: [
            view["key"] for view in node.get("/api/messages")
            if tuple(view["key"]) not in before and view["message_type"] == kind
        ]
    )  # fmt: skip
    return found[0]


def read_back(hand, key: list, word: str, fields: dict[str, str]) -> None:
    """Answer a message with these fields."""
    hand.page.locator(row(key)).wait_for()
    hand.answer(row(key), word)
    for name, value in fields.items():
        hand.fill(f'dialog[open] [data-field="{name}"]', value)
    hand.press("dialog[open] .kit-do")
    expect(hand.page.locator("dialog[open]")).to_have_count(0)


def see_and_write(coal, node) -> dict:
    """See the conflict, mark it as called, write to them about it; return the message."""
    first = coal.page.locator(".alerts-row").first
    expect(first).to_contain_text("KHM07", timeout=90_000)
    if isinstance(coal, Keys):
        coal.page.keyboard.press("j")
        coal.page.keyboard.press("Enter")
    else:
        first.click()
    expect(coal.page.locator(".alerts-row[aria-selected=true]")).to_have_count(1)
    coal.press('.alerts-button[aria-keyshortcuts="c"]', "c")
    coal.press("dialog[open] .kit-do")
    expect(coal.page.locator("dialog[open]")).to_have_count(0)
    coal.press('.alerts-button[aria-keyshortcuts="w"]', "w")
    key = send(coal, node, "conflict.alert")
    return next(view for view in node.get("/api/messages") if view["key"] == key)


def misread_and_correct(coal, rus, nodes, asked: dict) -> None:
    """The other end reads a level wrongly; it is corrected, and read back rightly."""
    level, at = asked["fields"]["level"], asked["fields"]["time"]
    read_back(rus, asked["key"], "WILCO", {"level": "FL250", "time": at})
    for hand in (coal, rus):
        wrong = hand.page.locator(f"{row(asked['key'])} .hot-misread")
        expect(wrong).to_be_visible()
        assert wrong.locator(".hot-differs td").all_inner_texts() == [level, "FL250"]
    coal.press(f'{row(asked["key"])} [data-act="correct"]')
    again = send(coal, nodes["COAL"], "correction")
    fields = next(v for v in nodes["RUS"].get("/api/messages") if v["key"] == again)["fields"]
    word = next(v for v in nodes["RUS"].get("/api/messages") if v["key"] == again)["may_answer"][0]
    read_back(rus, again, word, {"level": fields["level"]})
    until(
        lambda: (
            next(v for v in nodes["COAL"].get("/api/messages") if v["key"] == again)["ladder"][0][
                "read_back"
            ]
            == "matched"
        )
    )


def unanswered(coal, rus, node) -> None:
    """A message that nobody answers is late at one end and climbs at the other."""
    coal.choose_kind("clearance")
    coal.fill('dialog[open] [data-field="flight"]', "RSD12")
    coal.fill('dialog[open] [data-field="zone"]', "Z1")
    key = send(coal, node, "clearance")
    late = rus.page.locator(f"{row(key)} [role=timer][data-state=late]")
    expect(late.first).to_be_visible()
    if not coal.page.locator(f"{row(key)} .hot-ladder .hot-tried").count():
        coal.press(f"{row(key)} .hot-head button")
    called = coal.page.locator(f'{row(key)} .hot-ladder .hot-tried tr[data-called="true"]')
    expect(called).to_have_count(2)


def suspended(coal, rus, node) -> list:
    """The line is suspended; distress passes; it is resumed. Return the key of the distress."""
    coal.press(".line-chip", "i")
    coal.press('.line-acts [data-act="suspend"]')
    coal.check("dialog[open] dialog[open] fieldset input")
    coal.fill("dialog[open] dialog[open] input:not([type=radio])", "exercise next door")
    coal.press("dialog[open] dialog[open] .kit-do")
    for hand in (coal, rus):
        expect(hand.page.locator(".line-chip")).to_have_attribute("data-word", "SUSPENDED")
    coal.leave()
    coal.choose_kind("distress.relay")
    coal.fill('dialog[open] [data-field="position"]', "35.1,38.9")
    coal.fill('dialog[open] [data-field="time"]', "09:40Z")
    key = send(coal, node, "distress.relay")
    expect(rus.page.locator(row(key))).to_be_visible()
    coal.press(".line-chip", "i")
    coal.press('.line-acts [data-act="resume"]')
    coal.press("dialog[open] dialog[open] .kit-do")
    expect(coal.page.locator(".line-chip")).not_to_have_attribute("data-word", "SUSPENDED")
    coal.leave()
    return key


def look_back(rus, node, key: list) -> None:
    """Before it was said it is not there; then it is; and back to now."""
    sent_us = next(v for v in node.get("/api/messages") if v["key"] == key)["sent_us"]
    until(lambda: node.get("/api/status")["now_us"] > sent_us + 6_000_000)
    for by_s, count in ((-3, 0), (3, 1)):
        then = datetime.fromtimestamp(sent_us // 1_000_000 + by_s, UTC)
        rus.fill(".time-jump input", f"{then:%Y-%m-%d %H:%M:%S}Z")
        rus.page.keyboard.press("Enter")
        expect(rus.page.locator(".screen")).to_have_attribute("data-mode", "REPLAY")
        wanted = int(then.timestamp()) * 1_000_000
        stamped = "us => Number(document.querySelector('.time-stamp').dataset.screenUs) === us"
        wait_until(rus.page, stamped, arg=wanted, timeout_ms=90_000)
        expect(rus.page.locator(row(key))).to_have_count(count)
    rus.press('.time-mode[data-mode="LIVE"]')
    expect(rus.page.locator(".screen")).to_have_attribute("data-mode", "LIVE")


def check_and_hand_over(rus, folder) -> None:
    """The record is checked by the browser, saved, and checked again by another program."""
    rus.press(".evidence-badge")
    badge = rus.page.locator(".evidence-badge")
    expect(badge).to_have_class(re.compile("evidence-(intact|partial)"))
    rus.press(".evidence-badge")
    with rus.page.expect_download() as saved:
        rus.press(".evidence-panel a[download]")
    pack = folder / "pack.zip"
    saved.value.save_as(pack)
    done = parley("verify", pack)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "record intact" in done.stdout.lower() or "undecided" in done.stdout.lower()
    rus.leave()


@pytest.mark.parametrize("duty", first_or_all([WAYS[0], *WAYS[1:]]), indirect=True, ids=str)
def test_a_whole_duty(duty, tmp_path) -> None:
    nodes, hands = duty
    coal, rus = hands["COAL"], hands["RUS"]
    began_s = time.monotonic()
    asked = see_and_write(coal, nodes["COAL"])
    misread_and_correct(coal, rus, nodes, asked)
    unanswered(coal, rus, nodes["COAL"])
    key = suspended(coal, rus, nodes["COAL"])
    look_back(rus, nodes["RUS"], key)
    check_and_hand_over(rus, tmp_path)
    print(f"a whole duty took {time.monotonic() - began_s:.0f} s")  # noqa: T201  for -s
