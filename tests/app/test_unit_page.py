"""A unit's own page: in a browser without a script, on a telephone, as text; guarded notices."""

from __future__ import annotations

import re

import httpx
import msgspec
import pytest
from playwright.sync_api import sync_playwright

from app.test_page_browser import CHROMIUM, FLAGS
from app.twonodes import make_pair, running, until
from app.unitkit import MIN_US, TEXT, UNITS, ask, correct, held, notice, row, token
from parley.world.clauses import Distribution

UNIT = "RUS unit 2"
GUARDED = msgspec.structs.replace(
    TEXT,
    clauses=(
        *TEXT.clauses,
        Distribution(
            id="d2", units={"RUS": UNITS["RUS"]}, of=("humanitarian.notice", "sar.notice")
        ),
    ),
)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    with running(make_pair(tmp_path_factory.mktemp("unit"), agreement=GUARDED)) as started:
        yield started


@pytest.fixture(scope="module")
def chromium():
    if not CHROMIUM.exists():
        pytest.skip("no chromium; as root run: apt-get update && apt-get install -y chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def phone(nodes):
    """A unit that has signed in, without a browser: what its page holds."""
    with httpx.Client(trust_env=False, follow_redirects=True) as client:
        url = nodes["RUS"].url
        client.post(f"{url}/unit/sign-in", data={"token": token(nodes["RUS"], UNIT)})
        yield lambda: client.get(f"{url}/unit").text


def article(text, key):
    found = [a for a in text.split("<article") if f"{key[0]} {key[1]}</code>" in a]
    assert found, text[-1500:]
    return found[0].split("</article>")[0]


# ---- in a browser --------------------------------------------------------------------------------


@pytest.mark.row("R4")
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_a_unit_signs_in_reads_and_says_so_without_a_script(chromium, nodes, width, scheme) -> None:
    node = nodes["RUS"]
    key = notice(nodes, in_min=25)
    context = chromium.new_context(
        viewport={"width": width, "height": 780}, color_scheme=scheme, java_script_enabled=False,
    )  # fmt: skip
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{node.url}/unit")
    page.get_by_label("Token").fill(token(node, UNIT).lower())
    page.get_by_role("button", name="Sign in").click()
    mine = page.locator("article", has=page.get_by_text(f"{key[0]} {key[1]}", exact=True))
    words = mine.inner_text()
    assert "area.notice from COAL" in words
    assert "35.1,39.1" in words
    assert "You have not said that you have it." in words
    assert re.search(r"begins in 24 min|begins in 25 min", words)
    button = mine.get_by_role("button", name="I have read it")
    assert button.bounding_box()["height"] >= 48, "a thumb finds it"
    button.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Your word that you have it is signed" in page.content()
    assert row(node, key, UNIT)["told_by"] == "unit"
    mine.get_by_role("button", name="Loaded").click()
    assert row(node, key, UNIT)["word"] == "loaded"
    assert "You have it and it is loaded" in mine.inner_text()
    assert mine.get_by_role("button").count() == 0
    assert all(url.startswith(node.url) for url in asked)
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (360, "light")])
def test_it_fits_a_telephone(chromium, nodes, width, scheme, request) -> None:
    node = nodes["RUS"]
    key = notice(nodes, in_min=20, text="Low flying. " * 8)
    correct(nodes, key)
    notice(nodes, in_min=0.01, fields={"limits": "x" * 120})
    context = chromium.new_context(viewport={"width": width, "height": 780}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{node.url}/unit")
    page.get_by_label("Token").fill(token(node, UNIT))
    # A click returns while the next page still loads; it is measured with its style, not before.
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("button", name="Sign in").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"{node.url}/?refresh=off")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


# ---- what it says --------------------------------------------------------------------------------


def test_it_is_plain_html_that_reads_as_text(nodes, phone):
    key = notice(nodes, text="<script>x()</script>\u202e tail", fields={"limits": "SFC to FL100"})
    text = phone()
    assert "<script" not in text
    assert "\u202e" not in text
    mine = article(text, key)
    plain = re.sub(r"<[^>]+>", " ", mine)
    for words in ("area.notice from", "COAL", "35.1,39.1", "SFC to FL100", "I have read it"):
        assert words in plain
    assert text.count("<form") == text.count('name="form"'), "each form carries its number"
    assert "Nothing here is a permission" in " ".join(text.split())


def test_a_correction_stands_with_what_it_corrects_and_a_cancellation_is_told(nodes, phone):
    key = notice(nodes)
    ask(nodes["RUS"], "/api/acts", {"type": "receipt_unit", "ref": key, "post": "alternate",
                                    "unit": UNIT})  # fmt: skip
    newer = correct(nodes, key)
    text = phone()
    assert f"{key[0]} {key[1]}</code>" not in text, "the old one is not offered any more"
    mine = article(text, newer)
    assert "CORRECTED: you have the old one" in mine
    assert "It stands in the place of this" in mine
    assert "35.1,39.1" in mine
    over = correct(nodes, newer, "cancel", fields={})
    mine = article(phone(), over)
    assert "CANCELLED" in mine
    assert "It cancels this" in mine
    assert "Loaded" not in mine


def test_a_guarded_notice_is_shown_after_a_post_opened_it_and_that_is_written_down(nodes, phone):
    coal, rus = nodes["COAL"], nodes["RUS"]
    common = {"agreement": "AGR-1", "post": "duty-officer"}
    assert coal.act(type="give_consent", addressee="RUS", **common).status_code == 201
    key = held_notice(nodes)
    text = phone()
    mine = article(text, key)
    assert "Clinic-9" not in text
    assert "Ask your post now" in mine
    assert "I have read it" not in mine
    bearer = token(rus, UNIT)
    said = ask(rus, "/api/unit/receipts", {"ref": key}, bearer)
    assert said.status_code == 409
    assert "ask the post to open it" in said.json()["fault"]
    opened = rus.act(type="open_payload", ref=key, post="duty-officer", purpose="to tell units")
    assert opened.status_code == 201, opened.text
    said = ask(rus, "/api/unit/receipts", {"ref": key}, bearer)
    assert said.status_code == 409, "opened by a post is not shown to the unit"
    read = httpx.get(f"{rus.url}/api/unit/notices", headers={"Authorization": f"Bearer {bearer}"})
    assert "Clinic-9" in read.text
    view = next(m for m in rus.get("/api/messages") if m["key"] == key)
    assert [(o["post"], o["purpose"]) for o in view["opened"]][-1] == (
        "unit", f"shown to unit {UNIT}",
    )  # fmt: skip
    for _ in range(2):
        httpx.get(f"{rus.url}/api/unit/notices", headers={"Authorization": f"Bearer {bearer}"})
    view = next(m for m in rus.get("/api/messages") if m["key"] == key)
    assert len(view["opened"]) == 2, "once for each unit"
    assert ask(rus, "/api/unit/receipts", {"ref": key}, bearer).status_code == 201
    until(lambda: row(coal, key, UNIT)["told_by"] == "unit")


def held_notice(nodes):
    now_us = nodes["COAL"].get("/api/status")["now_us"]
    body = {
        "type": "say", "agreement": "AGR-1", "line": "L1", "post": "duty-officer", "to": ["RUS"],
        "message_type": "humanitarian.notice", "valid_until_us": now_us + 60 * MIN_US,
        "fields": {"place": "Clinic-9", "window": "all day"},
    }  # fmt: skip
    done = nodes["COAL"].act(**body)
    assert done.status_code == 201, done.text
    return held(nodes, done.json()["key"])


# ---- who comes in --------------------------------------------------------------------------------


def test_nobody_comes_in_without_a_token_and_a_revoked_one_is_out_at_once(nodes):
    url = nodes["RUS"].url
    key = notice(nodes)
    with httpx.Client(trust_env=False, follow_redirects=True) as client:
        assert "Sign in as a unit" in client.get(f"{url}/unit").text
        assert client.post(f"{url}/unit/sign-in", data={"token": "no"}).status_code == 401
        form = {"form": "x", "log": key[0], "index": key[1], "say": "read"}
        assert client.post(f"{url}/unit/receipt", data=form).status_code == 403
        mine = token(nodes["RUS"], UNIT)
        shown = client.post(f"{url}/unit/sign-in", data={"token": mine}).text
        number = re.search(r'name="form" value="([0-9a-f]+)"', shown)[1]
        wrong = {"form": "0" * 64, "log": key[0], "index": key[1], "say": "read"}
        assert client.post(f"{url}/unit/receipt", data=wrong).status_code == 403, "not our form"
        odd = {"form": number, "log": key[0], "index": key[1], "say": "WILCO"}
        assert client.post(f"{url}/unit/receipt", data=odd).status_code == 422
        headers = {"Origin": "http://evil.example"}
        good = {"form": number, "log": key[0], "index": key[1], "say": "read"}
        sent = client.post(f"{url}/unit/receipt", data=good, headers=headers)
        assert sent.status_code == 403
        ask(nodes["RUS"], "/api/units/tokens/revoke", {"unit": UNIT})
        assert client.post(f"{url}/unit/receipt", data=good).status_code == 403
        assert "Sign in as a unit" in client.get(f"{url}/unit").text
        assert row(nodes["RUS"], key, UNIT)["word"] == "not told"


def test_a_page_that_may_lack_a_notice_says_so(tmp_path):
    files = make_pair(tmp_path, agreement=GUARDED)
    with running(files) as nodes:
        url = nodes["RUS"].url
        mine = token(nodes["RUS"], UNIT)
        with httpx.Client(trust_env=False, follow_redirects=True) as client:
            shown = client.post(f"{url}/unit/sign-in", data={"token": mine}).text
            assert "NO NEWS FROM" not in shown
            assert "What was not sent here may still be so." in shown
            nodes["COAL"].kill()
            until(lambda: nodes["RUS"].get("/api/status")["peers"][0]["link"] != "up", 60)
            shown = client.get(f"{url}/unit").text
            assert "NO NEWS FROM COAL: the link to it is down" in shown
            assert "A notice may exist that is not here." in shown


def test_signing_out_ends_it(nodes):
    url = nodes["RUS"].url
    with httpx.Client(trust_env=False, follow_redirects=True) as client:
        mine = token(nodes["RUS"], UNIT)
        shown = client.post(f"{url}/unit/sign-in", data={"token": mine}).text
        number = re.search(r'name="form" value="([0-9a-f]+)"', shown)[1]
        out = client.post(f"{url}/unit/sign-out", data={"form": number}).text
        assert "Signed out here." in out
        assert "Sign in as a unit" in client.get(f"{url}/unit").text
