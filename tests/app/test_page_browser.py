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


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_the_page_fits_and_asks_nobody_else(chromium, open_nodes, width, scheme) -> None:
    nodes, _ = open_nodes
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(nodes["RUS"].url)
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
