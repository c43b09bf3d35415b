"""The page in a real browser, Debian's chromium: it fits, asks nobody else, and takes an answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from app.twonodes import linked, make_pair, running, say, until

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


@pytest.fixture(scope="module")
def chromium():
    if not CHROMIUM.exists():
        pytest.skip("no chromium; as root run: apt-get update && apt-get install -y chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def open_nodes(tmp_path_factory):
    """Two nodes whose pages need no sign-in, as in the demo, and a message for RUS."""
    with running(make_pair(tmp_path_factory.mktemp("browser"), sign_in=False)) as nodes:
        linked(nodes)
        key = nodes["COAL"].act(**say()).json()["key"]
        until(lambda: [m for m in nodes["RUS"].get("/api/messages") if m["key"] == key])
        yield nodes, key


@pytest.mark.parametrize("query", ["", "?refresh=off"])
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_the_page_fits_and_asks_nobody_else(chromium, open_nodes, width, scheme, query) -> None:
    nodes, _ = open_nodes
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{nodes['RUS'].url}/{query}")
    assert asked
    assert all(url.startswith(nodes["RUS"].url) for url in asked)
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#glance").is_visible()
    context.close()


def test_an_answer_is_given_by_keyboard_alone(chromium, open_nodes) -> None:
    nodes, key = open_nodes
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{nodes['RUS'].url}/?refresh=off")
    page.get_by_label("Read back: zone").first.fill("Z1")
    page.get_by_label("Read back: activity").first.fill("hot")
    page.get_by_label("Answer", exact=True).first.select_option("ROGER")
    page.get_by_role("button", name="Send the answer").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    found = next(m for m in nodes["RUS"].get("/api/messages") if m["key"] == key)
    answered = found["ladder"][0]["answer"]
    assert answered is not None, page.locator("main").inner_text()[:600]
    assert answered["answer"] == "ROGER"
    assert answered["fields"] == {"zone": "Z1", "activity": "hot"}
    context.close()


def test_a_notice_is_opened_without_a_script_and_a_key_needs_its_tick(chromium, open_nodes) -> None:
    nodes, _ = open_nodes
    coal, rus = nodes["COAL"], nodes["RUS"]
    common = {"agreement": "AGR-1", "post": "duty-officer"}
    assert coal.act(type="give_consent", addressee="RUS", **common).status_code == 201
    until_us = coal.get("/api/status")["now_us"] + 3_600_000_000
    fields = {"place": "Clinic-Browser-5", "window": "all day"}
    sent = coal.act(
        **say(message_type="humanitarian.notice", fields=fields, valid_until_us=until_us)
    )
    key = sent.json()["key"]
    until(lambda: [m for m in rus.get("/api/messages") if m["key"] == key])
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{rus.url}/?refresh=off")
    assert "Clinic-Browser-5" not in page.content()
    page.get_by_label("What for").first.fill("to read it back")
    with page.expect_navigation():
        page.get_by_role("button", name="Open it; that is written down").first.click()
    page.goto(f"{rus.url}/?refresh=off")
    assert "Clinic-Browser-5" in page.content()
    # The browser itself keeps a form back whose tick is missing.
    page.get_by_label("Key", exact=True).first.select_option(index=1)
    form = page.locator("form", has=page.get_by_text("Distrust the key"))
    form.get_by_label("Why").fill("x")
    form.get_by_role("button", name="Distrust the key").click()
    assert not [k for k in rus.get("/api/keys") if k["why"]]
    context.close()
