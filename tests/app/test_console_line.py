"""The line on the console: its word, its vector with the entries behind it, its past, our acts."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from app.consolebrowser import WITHOUT_GRAPHICS, chromium_running, open_console
from app.consoleworld import fill, lively_agreement
from app.twonodes import make_pair, running, until


@pytest.fixture(scope="module")
def chromium():
    with chromium_running(WITHOUT_GRAPHICS) as browser:
        yield browser


@pytest.fixture(scope="module")
def world(chromium, tmp_path_factory):
    files = make_pair(tmp_path_factory.mktemp("line"), sign_in=False, agreement=lively_agreement())
    with running(files) as nodes:
        fill(nodes)
        yield nodes


@pytest.fixture(scope="module")
def opened(chromium, world):
    console = open_console(chromium, world["COAL"].url, size=(1280, 800))
    yield console
    assert console.outside() == []
    assert [said for said in console.said if "Failed to load resource" not in said] == []
    console.close()


def shown(opened):
    """Return the page with nothing open over it."""
    for _ in range(3):
        opened.page.keyboard.press("Escape")
    expect(opened.page.locator("dialog[open]")).to_have_count(0)
    return opened.page


def test_the_word_is_the_nodes_own_and_every_value_shows_its_entry(world, opened) -> None:
    page, node = shown(opened), world["COAL"]
    vector = node.get("/api/lines")[0]
    chip = page.locator(".line-chip")
    expect(chip).to_have_attribute("data-word", vector["glance"])
    expect(chip.locator(".line-word")).to_have_text(vector["glance"])
    expect(chip).to_contain_text("RUS")
    expect(chip).to_contain_text(re.compile("on duty: .?duty-officer"))
    shape = chip.locator(".line-mark").inner_html()
    assert "path" in shape, "DEGRADED is no disc: the word is told by shape too"
    dialog = page.locator(".line-dialog[open]")

    def by_key() -> bool:
        # A page that has just been opened may bind its keys a moment later.
        page.keyboard.press("i")
        return dialog.count() > 0

    until(by_key)
    for told in ("Each party", "Each way", "Test between nodes", "Test by a person", "next due"):
        expect(dialog).to_contain_text(told)
    by = next(side for side in vector["sides"] if side["party"] == "RUS")["posts"][0]["by"]
    dialog.locator(f'.line-link[title="{by[0]} {by[1]}"]').first.click()
    entry = node.get(f"/api/logs/{by[0]}/entries?start={by[1]}&end={by[1] + 1}")[0]
    # To the byte, with its leaf hash: what somebody copies from here can be checked.
    codes = dialog.locator(".line-entry-text code")
    expect(codes.first).to_be_visible()
    leaf, text = codes.all_text_contents()[:2]
    assert text == entry["text"]
    assert entry["leaf"] in leaf
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_presence_is_written_by_the_post_that_was_chosen(world, opened) -> None:
    page, node = shown(opened), world["COAL"]
    page.locator(".hot-post").select_option("commander")
    page.locator(".line-chip").click()
    page.locator('.line-acts [data-act="present"]').click()
    asked = page.locator("dialog[open]").last
    expect(asked.get_by_label("Post that acts")).to_have_value("commander")
    # The focus begins on what does nothing: one key more writes nothing.
    expect(asked.get_by_role("button", name="Do nothing")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_have_count(1)
    posts = node.get("/api/lines")[0]["sides"][0]["posts"]
    assert [each["post"] for each in posts] == ["duty-officer"]
    page.locator('.line-acts [data-act="present"]').click()
    page.get_by_role("button", name="Write that I am here").click()
    until(
        lambda: "commander" in [e["post"] for e in node.get("/api/lines")[0]["sides"][0]["posts"]]
    )
    expect(page.locator(".line-table").first).to_contain_text("commander")
    page.keyboard.press("Escape")
    page.locator(".hot-post").select_option("duty-officer")


def test_a_withdrawal_says_that_it_waits_for_two_people_and_has_no_effect_yet(
    world, opened
) -> None:
    page = shown(opened)
    page.locator(".line-chip").click()
    page.locator('.line-acts [data-act="withdraw"]').click()
    asked = page.locator("dialog[open]").last
    expect(asked).to_contain_text("It takes two operators")
    do = asked.get_by_role("button", name="Withdraw our side")
    asked.get_by_label("Reason (the other side reads it)").fill("the agreement ends")
    expect(do).to_be_disabled()
    asked.get_by_label(re.compile("to say that it is meant")).fill("L1")
    do.click()
    pending = page.locator(".line-pending")
    expect(pending).to_contain_text("withdrawn")
    expect(pending).to_contain_text(re.compile("Waits for the signatures of .?2.? more"))
    side = world["COAL"].get("/api/lines")[0]["sides"][0]
    assert side["agreement"] == "in force"
    page.keyboard.press("Escape")


def test_its_past_is_what_the_node_says_of_it_as_either_side_knew_it(world, opened) -> None:
    page, node = shown(opened), world["COAL"]
    page.locator(".line-chip").click()
    page.get_by_role("button", name="State then, and changes").click()
    page.get_by_role("button", name=re.compile("^1 h$")).click()
    changes = page.locator(".line-changes li")
    expect(changes.first).to_be_visible()
    last = changes.last.inner_text()
    word = node.get("/api/lines")[0]["glance"]
    assert word in last.split("⇒")[1]
    changes.last.get_by_role("button").first.click()
    then = page.locator(".line-then")
    expect(then.locator("h3")).to_contain_text("surely knew it")
    expect(then.locator(".line-glance")).to_contain_text(word)
    # As the other side knew it: asked of the node, not taken from this screen.
    page.get_by_label("As known to").select_option("RUS")
    expect(then).to_have_count(0)
    page.get_by_label("State at").fill("now")
    with page.expect_response(re.compile("/api/lines/L1/history")) as told:
        page.get_by_role("button", name="Show", exact=True).click()
    assert "viewer=RUS" in told.value.url
    assert json.loads(told.value.text())["viewer"] == "RUS"
    expect(then.locator("h3")).to_contain_text("RUS")
    # No time without its zone.
    page.get_by_label("State at").fill("12:00")
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_disabled()
    page.keyboard.press("Escape")


@pytest.mark.parametrize("language", ["ru", "ar"])
def test_what_is_missing_is_said_in_the_readers_language_with_the_code(
    chromium, world, language
) -> None:
    console = open_console(chromium, world["RUS"].url, language=language, size=(1280, 800))
    chip = console.page.locator(".line-chip")
    word = world["RUS"].get("/api/lines")[0]["glance"]
    expect(chip.locator(".line-word")).to_contain_text(word)
    top = chip.locator(".line-chip-top").inner_text()
    assert "never" not in top
    assert "test" not in top
    header = console.page.locator(".top").bounding_box()
    assert header["height"] < 80, "the header is one row"
    # A name and an age stand as they are, whatever the direction.
    assert chip.locator(".line-party").evaluate("e => e.dir") == "ltr"
    console.close()
