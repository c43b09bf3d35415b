"""Who sits at the console: sessions, observers, people who sign by a passkey or a key file.

A real browser with a virtual authenticator; two real nodes.
"""

from __future__ import annotations

import contextlib
import json
import re

import msgspec
import pytest
from playwright.sync_api import expect, sync_playwright

from app.consolebrowser import CHROMIUM, FLAGS, WAIT_MS
from app.consoleworld import fill, lively_agreement
from app.twonodes import WEB, make_pair, parley, parley_here, running, say, until
from app.unitkit import ask, token
from parley.app.console_files import console_folder
from parley.app.sessions import IDLE_S_MAX, SESSION_S_MAX, SESSIONS_MAX, ObserverToken, Sessions
from parley.app.unit_report_api import INCURSION
from parley.world.clauses import Distribution

LOCAL = [
    each.replace("EXCLUDE 127.0.0.1", "EXCLUDE 127.0.0.1, EXCLUDE localhost") for each in FLAGS
]
UNIT = "COAL unit 3"
PRF = {
    "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal",
    "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True, "hasPrf": True,
    "automaticPresenceSimulation": True,
}  # fmt: skip


# ---- sessions ------------------------------------------------------------------------------------


def test_a_session_ends_by_itself_when_left_when_closed_and_at_the_latest_after_a_day():
    now = [0.0]
    kept = Sessions(lambda: now[0])
    left, used, closed = (kept.open("operator", "t") for _ in range(3))
    kept.close(closed)
    assert kept.find(closed) is None
    for _ in range(11):
        now[0] += IDLE_S_MAX - 1
        assert (kept.find(used) is None) == (now[0] >= SESSION_S_MAX)
    assert kept.find(left) is None
    now[0] = SESSION_S_MAX
    assert kept.find(used) is None
    assert kept.find("") is None


def test_observers_cannot_push_an_operator_out():
    kept = Sessions()
    mine = kept.open("operator", "t")
    first = kept.open("observer", "o")
    for _ in range(SESSIONS_MAX):
        kept.open("observer", "o")
    assert kept.find(mine) is not None
    assert kept.find(first) is None
    assert kept.count("observer") == SESSIONS_MAX
    assert kept.count("operator") == 1


def test_every_session_has_its_own_name_and_number():
    kept = Sessions()
    found = [kept.find(kept.open("operator", "t")) for _ in range(3)]
    assert len({each.number for each in found}) == 3


def test_an_observers_token_that_was_replaced_ends_its_sessions(tmp_path):
    path = tmp_path / "observer-token"
    kept, token = Sessions(), ObserverToken(path)
    assert not token.is_token("")
    path.touch(mode=0o600)
    path.write_text("a" * 64)
    session = kept.find(kept.open("observer", "a" * 64))
    assert token.is_token("a" * 64)
    assert token.opened(session)
    path.chmod(0o644)
    assert not token.opened(session), "a token that others can read is nobody's"
    path.chmod(0o600)
    assert token.opened(session)
    path.write_text("b" * 64)
    assert not token.opened(session)
    path.unlink()
    assert not token.is_token("b" * 64)


# ---- two nodes -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sign")
    files = make_pair(folder, agreement=agreement_with_units())
    with running(files) as started:
        fill(started)
        yield started


def agreement_with_units():
    """Return the lively agreement, with a unit of COAL."""
    made = lively_agreement()
    parties = tuple(
        msgspec.structs.replace(each, units=(UNIT,)) if each.id == "COAL" else each
        for each in made.parties
    )
    asks = Distribution(id="d9", units={"COAL": (UNIT,)}, of=("stop.operations",))
    return msgspec.structs.replace(made, parties=parties, clauses=(*made.clauses, asks))


def observer_token(node) -> str:
    return (node.file.parent / "observer-token").read_text().strip()


@contextlib.contextmanager
def session(node, token):
    """Give a client that has shown a token, and the number of its acts."""
    with WEB.__class__(trust_env=False, base_url=node.url) as client:
        view = client.post("/api/session", json={"token": token}).json()
        yield client, view


def test_an_observer_is_refused_every_operation_that_posts(nodes):
    node = nodes["COAL"]
    document = node.get("/openapi.json")
    posts = [path for path, item in document["paths"].items() if "post" in item]
    assert len(posts) > 20
    pages = ["/act", "/sign-anything", "/api/nothing-yet"]
    sizes = {log["origin"]: log["size"] for log in node.get("/api/logs") if log["own"]}
    with session(node, observer_token(node)) as (client, view):
        assert (view["role"], view["form_number"], view["signed_in"]) == ("observer", None, True)
        for path in [*posts, *pages]:
            if path in ("/api/session", "/api/session/end"):
                continue
            where = re.sub(r"\{[^}]*\}", "x", path)
            for headers in ({}, {"X-Parley-Form": "x"}, {"Authorization": f"Bearer {node.token}"}):
                reply = client.post(where, json={}, headers=headers)
                assert reply.status_code == 403, (path, headers, reply.text)
                assert "never acts" in reply.text
    assert sizes == {log["origin"]: log["size"] for log in node.get("/api/logs") if log["own"]}


def test_an_observer_who_reads_the_page_has_displayed_nothing(nodes):
    said = nodes["RUS"].act(**say(to=["COAL"], message_type="free.text", text="hello", fields={}))
    key = said.json()["key"]
    node = nodes["COAL"]

    def shown():
        found = [m for m in node.get("/api/messages") if m["key"] == key]
        return found and [step["displayed_us"] for step in found[0]["ladder"]]

    until(shown)
    with session(node, observer_token(node)) as (client, _):
        page = client.get("/").text
        assert "hello" in page
        assert "looks only" in page
        assert 'name="form"' not in page, "no form is offered"
        client.get("/api/screen")
    assert shown() == [None]
    with session(node, node.token) as (client, _):
        client.get("/")
    assert shown() != [None]


def test_each_session_acts_by_its_own_number_until_it_is_left(nodes):
    node = nodes["COAL"]
    body = say(message_type="free.text", text="by number", fields={})
    with session(node, node.token) as (client, view), session(node, node.token) as (other, theirs):
        assert view["form_number"] != theirs["form_number"]
        assert 0 < view["ends_in_s"] <= SESSION_S_MAX
        for number, status in (
            (theirs["form_number"], 403),
            ("x", 403),
            (view["form_number"], 201),
        ):
            done = client.post("/api/acts", json=body, headers={"X-Parley-Form": number})
            assert done.status_code == status, done.text
        assert client.post("/api/session/end", json={}).json()["form_number"] is None
        done = client.post("/api/acts", json=body, headers={"X-Parley-Form": view["form_number"]})
        assert done.status_code == 403
        assert "sign in" in done.text
        done = other.post("/api/acts", json=body, headers={"X-Parley-Form": theirs["form_number"]})
        assert done.status_code == 201, "another browser's session goes on"


def test_a_new_session_ends_the_one_that_the_browser_had(nodes):
    node = nodes["COAL"]
    with session(node, node.token) as (client, view):
        client.post("/api/session", json={"token": observer_token(node)})
        number = {"X-Parley-Form": view["form_number"]}
        assert client.post("/api/acts", json={}, headers=number).status_code == 403
        assert client.post("/api/session", json={"token": "x"}).status_code == 401
        assert client.get("/api/session").json()["role"] == "observer", "a slip ends nothing"


# ---- in a browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium():
    if not CHROMIUM.exists():
        pytest.skip("no chromium; as root run: apt-get update && apt-get install -y chromium")
    if not (console_folder() / "index.html").is_file():
        pytest.skip("the console is not built; run builders/build_console.py")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=LOCAL)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(chromium, nodes):
    """The console of COAL at a name, with an authenticator: one page for all, loaded once."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(WAIT_MS)
    found = context.new_page()
    found.goto(f"{nodes['COAL'].url.replace('127.0.0.1', 'localhost')}/console/?lang=en")
    found.keys = context.new_cdp_session(found)
    found.keys.send("WebAuthn.enable", {"enableUI": False})
    found.authenticator = found.keys.send("WebAuthn.addVirtualAuthenticator", {"options": PRF})
    found.wait_for_selector(".screen[data-heard=true]")
    yield found
    context.close()


def open_part(page, name: str = "") -> None:
    """Open the dialog about who sits there, and from it another part."""
    page.keyboard.press("Escape")
    page.locator(".sign-who").click()
    if name:
        page.get_by_role("button", name=name, exact=True).click()


def show_token(page, token: str) -> None:
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in", exact=True).click()


def as_operator(page, node) -> None:
    if page.locator(".sign-who").get_attribute("data-who") != "whoOperator":
        open_part(page)
        show_token(page, node.token)
    page.locator(".sign-who[data-who=whoOperator]").wait_for()


def test_it_says_who_sits_there_and_a_wrong_token_in_the_nodes_words(page, nodes):
    node = nodes["COAL"]
    assert "Looking only" in page.locator(".sign-who").inner_text()
    open_part(page)
    show_token(page, "wrong")
    page.get_by_text("the token of this node's token file").wait_for()
    show_token(page, observer_token(node))
    page.locator(".sign-who[data-who=whoObserver]").wait_for()
    assert page.get_by_label("Token").input_value() == ""
    show_token(page, node.token)
    page.locator(".sign-who[data-who=whoOperator]").wait_for()
    assert page.evaluate("document.cookie") == "", "no script reads the session"
    page.get_by_role("button", name="Sign out").click()
    page.locator(".sign-who[data-who=whoNobody]").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "sign-who"


def test_a_person_signs_by_a_passkey_and_the_evidence_is_the_same_as_ever(
    page, nodes, tmp_path, capsys
):
    node = nodes["COAL"]
    as_operator(page, node)
    key = node.act(**say(message_type="free.text", text="we go on", fields={})).json()["key"]
    open_part(page, "People who may sign")
    page.get_by_label("Pseudonym").fill("owl")
    assert page.get_by_role("button", name="Enrol with a passkey").is_disabled(), "no post yet"
    page.get_by_role("checkbox", name="duty-officer").check()
    page.get_by_role("button", name="Enrol with a passkey").click()
    page.get_by_text("Enrolled, and stored here.").wait_for()
    page.get_by_role("button", name="Sign an entry").click()
    # This very one, once the screen has it: a machine in a hurry is here before the newest view.
    page.locator(f'.sign-entries button[data-key="{key[0]}#{key[1]}"]').click()
    shown = page.locator(".sign-entry").inner_text()
    assert f"{key[1]} {key[0]}" in shown
    assert "we go on" in shown
    page.get_by_role("button", name=re.compile("Sign as .owl. with the passkey")).click()
    page.get_by_text(re.compile("Signed as .owl., and stored here")).wait_for()
    (message,) = [m for m in node.get("/api/messages") if m["key"] == key]
    assert message["signed"] == "single-signed"
    assert [(s["operator"], s["counts"]) for s in message["signatures"]] == [("owl", True)]
    (kept,) = (node.file.parent / "passkey-assertions").read_text().splitlines()
    assert (json.loads(kept)["log"], json.loads(kept)["index"]) == tuple(key)
    pack = tmp_path / "pack.zip"

    def is_intact() -> bool:
        # The peer cosigns a moment later what it was given: until then it is undecided.
        pack.write_bytes(WEB.get(f"{node.url}/api/export").content)
        code, out, _ = parley_here(capsys, "verify", pack)
        assert code in (0, 1), out
        return "intact" in out

    until(is_intact)
    the_key_alone_signs_nothing(node, key)


def the_key_alone_signs_nothing(node, key) -> None:
    """Check that the node takes no signature of a guarded key without its passkey."""
    body = {"ref": key, "post": "duty-officer", "operator": "owl", "signature": "00" * 64}
    for path in ("/api/acts/sign", "/api/acts"):
        given = body if path.endswith("sign") else {"type": "sign_act", **body}
        done = ask(node, path, given)
        assert done.status_code == 422
        assert "the passkey that guards it too" in done.text
    (own,) = [each["id"] for each in node.get("/api/passkeys")]
    for name in ("00", own):
        given = {"act": {"type": "sign_act", **body}, "id": name, "client_data": "",
                 "authenticator_data": "", "assertion": ""}  # fmt: skip
        assert ask(node, "/api/passkeys/sign", given).status_code == 409
    elsewhere = {**given, "act": {**given["act"], "ref": ["nonsense", 1]}}
    assert ask(node, "/api/passkeys/sign", elsewhere).status_code == 409


def enrol_key_file(page, folder, name: str):
    """Make a person's key file and enrol the person by it, from the dialog; return the file."""
    file = folder / f"{name}.key"
    done = parley("key", "operator", file, "--party", "COAL", "--operator", name)
    assert done.returncode == 0, done.stderr
    open_part(page, "People who may sign")
    page.get_by_role("checkbox", name="duty-officer").check()
    page.get_by_label("Enrol with the person's key file:").set_input_files(file)
    page.get_by_text("Enrolled, and stored here.").wait_for()
    return file


def test_a_key_file_signs_second_and_two_people_are_two(page, nodes, tmp_path):
    node = nodes["COAL"]
    as_operator(page, node)
    key = node.act(**say(message_type="free.text", text="two of us", fields={})).json()["key"]
    files = {name: enrol_key_file(page, tmp_path, name) for name in ("elk", "fox")}
    page.get_by_role("button", name="Sign an entry").click()
    entry = page.locator(f'.sign-entries button[data-key="{key[0]}#{key[1]}"]')
    wrong = tmp_path / "token"
    wrong.write_text(node.token)
    for name, state in (("elk", "one person"), ("fox", "signed by two people")):
        entry.click()
        page.get_by_label("Person", exact=True).select_option(name)
        chosen = page.get_by_label(re.compile(f"Sign as .{name}. with a key file"))
        chosen.set_input_files(wrong)
        page.get_by_text("This is no key file").wait_for()
        chosen.set_input_files(files[name])
        page.get_by_text(re.compile(f"Signed as .{name}., and stored here")).wait_for()
        expect(entry).to_contain_text(state)
    (message,) = [m for m in node.get("/api/messages") if m["key"] == key]
    assert message["signed"] == "double-signed"


def test_a_units_report_waits_in_the_header_until_a_post_says_it(page, nodes):
    node = nodes["COAL"]
    as_operator(page, node)
    saw = {"flight": "RSD12", "seen": "two jets, low", "where": "35.1, 39.1", "zone": "Z1"}
    told = ask(node, "/api/unit/reports", saw, token(node, UNIT))
    assert told.status_code == 201, told.text
    page.keyboard.press("Escape")
    button = page.get_by_role("button", name=re.compile("UNITS REPORT"))
    button.click()
    report = page.locator(".sign-report")
    assert "two jets, low" in report.inner_text()
    assert "Sent to nobody" in page.locator(".sign-dialog").inner_text()
    assert page.get_by_role("button", name="It was said as this").count() == 0
    report.get_by_role("button", name="Write it to them").click()
    page.get_by_text(INCURSION).first.wait_for()
    assert [m for m in node.get("/api/messages") if m["message_type"] == INCURSION] == []
    assert "two jets, low" in page.evaluate("sessionStorage.getItem('parley.draft')")
    page.keyboard.press("Escape")
    fields = {"flight": "RSD12", "zone": "Z1"}
    key = node.act(**say(message_type=INCURSION, fields=fields, confirmed=True)).json()["key"]
    button.click()
    page.get_by_role("button", name="It was said as this").click()
    button.wait_for(state="detached")
    (kept,) = node.get("/api/units/reports")
    assert (kept["state"], kept["said_as"], kept["by"]) == ("said", key, "duty-officer")


def test_an_authenticator_without_a_secret_enrols_nobody(page, nodes):
    node = nodes["COAL"]
    as_operator(page, node)
    page.keys.send("WebAuthn.removeVirtualAuthenticator", page.authenticator)
    options = {"options": {**PRF, "hasPrf": False}}
    page.authenticator = page.keys.send("WebAuthn.addVirtualAuthenticator", options)
    open_part(page, "People who may sign")
    page.get_by_label("Pseudonym").fill("wren")
    page.get_by_role("checkbox", name="duty-officer").check()
    page.get_by_role("button", name="Enrol with a passkey").click()
    page.get_by_text("no secret of its own").wait_for()
    assert "wren" not in [each["operator"] for each in node.get("/api/operators")]
    assert "wren" not in [each["operator"] for each in node.get("/api/passkeys")]
