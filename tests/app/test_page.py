from __future__ import annotations

import re
import types
from html.parser import HTMLParser

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.twonodes import WEB, say, until
from parley.app.alert_views import AlertsView, FeedView, WatchView
from parley.app.custody_views import ClockView, DisputeView, ForkView, RefusedView
from parley.app.page_alerts import alerts_part
from parley.app.page_custody import signed_facts, warnings_part
from parley.app.page_forms import act_from, read_form
from parley.app.page_html import Html, due, escape, tag, visible
from parley.app.page_parts import peers_table
from parley.app.page_style import DARK, LIGHT
from parley.app.views import PeerView
from parley.node.rules.keyring import Signed
from parley.world.faults import InputFault

pytest_plugins = ["app.sharednodes"]
VOID = {"meta", "link", "input", "br", "hr"}


class Reader(HTMLParser):
    """Reads a page: its elements with their attributes, its text, and whether tags match."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.open, self.wrong = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        self.texts.append("" if tag in ("b", "bdi", "strong", "time", "span", "a") else " ")
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, name):
        return [attributes for tag, attributes in self.elements if tag == name]

    @property
    def text(self):
        return " ".join("".join(self.texts).split())


@pytest.fixture
def rus(nodes):
    return nodes["RUS"]


@pytest.fixture
def post(rus):
    """A browser of the post of RUS that has signed in."""
    with httpx.Client(base_url=rus.url, follow_redirects=True, verify=False) as browser:
        reply = browser.post("/sign-in", data={"token": rus.token})
        assert reply.status_code == 200
        yield browser


def said_to_rus(nodes, **changed):
    key = nodes["COAL"].act(**say(**changed)).json()["key"]
    until(lambda: [m for m in nodes["RUS"].get("/api/messages") if m["key"] == key])
    return key


def message(nodes, party, key):
    return next(m for m in nodes[party].get("/api/messages") if m["key"] == key)


def fill(browser, page, **values):
    """Send the form of a page whose hidden values hold these; return the reply."""
    number = re.search(r'name="form" value="(\w+)"', page.text)[1]
    return browser.post("/act", data={"form": number, **values})


def test_the_page_is_whole_and_says_the_glance_word_first(nodes):
    page = Reader(WEB.get(nodes["COAL"].url).text)
    assert page.open == page.wrong == []
    assert page.all("html")[0]["lang"] == "en"
    assert page.all("script") == []
    assert {"header", "main", "nav", "footer", "h1"} <= {name for name, _ in page.elements}
    assert re.search(r"Line L1 under AGR-1 (OPEN|DEGRADED|SUSPENDED|DOWN)\b", page.text)
    assert [m["content"] for m in page.all("meta") if m.get("http-equiv") == "refresh"] == ["10"]
    calm = Reader(WEB.get(f"{nodes['COAL'].url}/?refresh=off").text)
    assert [m for m in calm.all("meta") if m.get("http-equiv") == "refresh"] == []


def test_what_waits_for_the_post_stands_first(nodes, post):
    said_to_rus(nodes)
    page = Reader(post.get(nodes["RUS"].url).text)
    glance = page.text[: page.text.index("Line L1 under AGR-1")]
    assert re.search(r"Lines: (OPEN|DEGRADED|SUSPENDED|DOWN) L1", glance)
    found = re.search(r"(\d+) messages? awaits? your answer", glance)
    assert found
    assert int(found.group(1)) > 0
    rest = r"(; \d+ of \d+ aircraft watched|, soonest loss)"
    assert re.search(rf"\d+ open alerts?{rest}", glance)


def test_a_read_back_that_differs_stands_in_the_glance(nodes, post):
    key = said_to_rus(nodes)
    fields = {"zone": "Z1", "activity": "cold"}
    answer = {"type": "answer", "ref": key, "post": "duty-officer", "answer": "ROGER"}
    assert nodes["RUS"].act(**answer, fields=fields).status_code == 201
    until(lambda: message(nodes, "RUS", key)["ladder"][0]["read_back"] == "differs")
    for party in ("RUS", "COAL"):
        until(lambda party=party: message(nodes, party, key)["ladder"][0]["read_back"] == "differs")
        page = Reader(WEB.get(nodes[party].url).text)
        glance = page.text[: page.text.index("Line L1 under AGR-1")]
        assert re.search(r"(1 read-back differs|\d+ read-backs differ)\.", glance)


def test_the_columns_of_a_line_count_messages_and_say_so(nodes):
    text = Reader(WEB.get(nodes["COAL"].url).text).text
    assert "Last message" in text
    assert "Messages in 24 h" in text


def test_every_control_has_a_label_and_every_table_its_headers(nodes, post):
    said_to_rus(nodes)
    page = Reader(post.get("/?refresh=off&write=clearance").text)
    assert page.open == page.wrong == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {attributes["for"] for attributes in page.all("label") if "for" in attributes}
    for name in ("input", "select", "textarea"):
        for control in page.all(name):
            wrapped = control.get("type") == "checkbox" and control["name"] == "to"
            assert control.get("type") == "hidden" or wrapped or control["id"] in labelled, control
    assert labelled <= set(ids)
    assert all(each["scope"] in ("col", "row") for each in page.all("th"))
    assert len(page.all("table")) == len(page.all("caption"))
    for attributes in page.all("a"):
        place = attributes["href"].partition("#")[2]
        assert not place or place in ids


# ---- the record itself --------------------------------------------------------------------------

AGR = {"agreement": "AGR-1", "post": "duty-officer"}


def give_consent(nodes):
    done = nodes["COAL"].act(type="give_consent", addressee="RUS", **AGR)
    assert done.status_code == 201, done.text


def noticed(nodes, word):
    """Return a guarded notice that RUS holds."""
    give_consent(nodes)
    until_us = nodes["COAL"].get("/api/status")["now_us"] + 3_600_000_000
    fields = {"place": word, "window": "all day"}
    return said_to_rus(
        nodes, message_type="humanitarian.notice", text=word, fields=fields, valid_until_us=until_us
    )


def test_a_notice_is_opened_answered_and_destroyed_through_the_page(nodes, post):
    word = "Clinic-Page-17"
    key = noticed(nodes, word)
    page = post.get("/?refresh=off")
    assert word not in page.text
    assert "GUARDED, NOT OPENED" in page.text
    # Its words were put in front of nobody: the page says so, and so does the ladder.
    assert message(nodes, "RUS", key)["ladder"][0]["displayed_us"] is None
    where = {"log": key[0], "index": str(key[1]), "post": "duty-officer"}
    opened = fill(post, page, kind="open", purpose="to read it back", **where)
    assert opened.status_code == 200
    assert "written into the private log" in opened.text
    assert word in opened.text
    assert "to read it back" in opened.text
    until(lambda: message(nodes, "RUS", key)["ladder"][0]["displayed_us"])
    answer = {"field.place": word, "field.window": "all day", "text": ""}
    assert fill(post, page, kind="answer", answer="ROGER", **where, **answer).status_code == 200
    unsure = fill(post, page, kind="destroy", **where)
    assert (unsure.status_code, "the tick that says you mean it" in unsure.text) == (422, True)
    assert message(nodes, "RUS", key)["reading"] == "opened"
    gone = fill(post, page, kind="destroy", sure="yes", **where)
    assert "Copies that others hold cannot be recalled" in gone.text
    assert word not in gone.text
    assert "Destroyed message from COAL" in gone.text
    assert message(nodes, "COAL", key)["reading"] == "guarded"


def test_consents_and_holds_go_through_the_page(nodes, post):
    page = post.get("/?refresh=off")
    given = fill(post, page, kind="consent", what="give", addressee="COAL", scope="clinics",
                 valid_h="12", **AGR)  # fmt: skip
    assert "RUS to COAL" in Reader(given.text).text
    assert fill(post, page, kind="consent", what="give", addressee="COAL", valid_h="-1",
                **AGR).status_code == 422  # fmt: skip
    fill(post, page, kind="consent", what="withdraw", addressee="COAL", scope="asked", **AGR)
    assert "does not stand: withdrawn: asked" in Reader(post.get("/").text).text
    held = fill(post, page, kind="hold", hold="H-page", reason="an inquiry", **AGR)
    assert "nothing under the agreement is destroyed" in held.text
    assert "Lift a hold" in held.text or "Lift a hold" in post.get("/?refresh=off").text
    lift = {"kind": "lift", "hold": "H-page", "reason": "done"}
    assert fill(post, page, **lift, **AGR).status_code == 422
    assert fill(post, page, **lift, sure="yes", **AGR).status_code == 200
    assert nodes["RUS"].get("/api/holds") == []


def test_a_key_is_distrusted_only_with_the_tick_and_then_stands_first(nodes, post):
    keys = nodes["RUS"].get("/api/keys")
    witness = next(k["key"] for k in keys if k["role"] == "witness" and not k["why"])
    page = post.get("/?refresh=off")
    values = {"kind": "distrust", "key": f"COAL|{witness}", "reason": "a stick was found", **AGR}
    assert fill(post, page, **values).status_code == 422
    assert not [k for k in nodes["RUS"].get("/api/keys") if k["why"]]
    done = fill(post, page, sure="yes", **values)
    assert done.status_code == 200
    shown = Reader(done.text).text
    assert shown.index("Look at this first") < shown.index("Line L1 under AGR-1")
    assert "KEY of COAL counts no more: witness, distrusted by duty-officer" in shown
    assert [k["role"] for k in nodes["RUS"].get("/api/keys") if k["why"]] == ["witness"]
    # The party whose key it is reads it first as well.
    told = "OUR witness KEY counts no more: distrusted by duty-officer of RUS: "
    until(lambda: told in Reader(WEB.get(nodes["COAL"].url).text).text)


def peer(**changed):
    values = {
        "party": "COAL", "link": "up", "heard_us": 1, "clock_offset_us": 0, "clock": None,
        "faults": 0, "refused": (), "keys_refused": (), "claims_more_of": None,
    }  # fmt: skip
    return PeerView(**values | changed)


def test_a_fork_and_a_clock_alarm_stand_above_everything():
    fork = ForkView(
        origin="parley.example/AGR-1/COAL/line/2017", party="COAL", found_by="RUS", at_us=1,
        why="<b>two</b> heads of size 9", key=("parley.example/AGR-1/RUS/line/2017", 4),
        proven=True,
    )  # fmt: skip
    mere = msgspec.structs.replace(fork, proven=False)
    dispute = DisputeView(origin=fork.origin, says="NEU", told_by="RUS", size=9, at_us=2,
                          key=fork.key)  # fmt: skip
    late = ClockView(offset_us=-1_250_000, within_us=3_000, alarm=True)
    shown = Reader(warnings_part((fork,), (dispute,), (peer(clock=late),)))
    assert shown.all("section")[0]["role"] == "alert"
    assert "FORK: COAL signed two histories of one log" in shown.text
    assert "<b>two</b> heads of size 9" in shown.text
    assert "parley.example/AGR-1/RUS/line/2017 4" in shown.text
    assert "NEU says that it saw another head of size 9 of" in shown.text
    assert "CLOCK of COAL: 1.250 s behind, measured within 3 ms" in shown.text
    calm = ClockView(offset_us=900_000, within_us=3_000, alarm=False)
    assert warnings_part((), (), (peer(clock=calm),)) is None
    # What a peer holds of ours and we do not is not on the page: nobody else would say so.
    text = Reader(warnings_part((), (), (peer(claims_more_of=fork.origin),))).text
    assert f"COAL says that it holds entries of ours that this node lost: {fork.origin}" in text
    # What is only said accuses nobody.
    text = Reader(warnings_part((mere,), (), ())).text
    assert "FORK" not in text
    assert "RUS says that COAL signed two histories, and what it gives does not prove it" in text


def test_refusals_say_whether_our_log_has_them():
    refused = (
        RefusedView(what="quota", count=9, why="too many", written=True),
        RefusedView(what="fault", count=1, why="bad bytes", written=False),
    )
    vector = Reader(peers_table((peer(refused=refused),), 5)).text
    assert "9 times, quota (in our log): too many" in vector
    assert "1 times, fault (not in our log yet): bad bytes" in vector


def test_a_signature_that_does_not_count_is_shown_with_its_reason():
    signatures = (
        Signed(operator="owl", post="desk", at_us=1, counts=True),
        Signed(operator="<i>fox", post="desk", at_us=2, counts=False, why="removed at noon"),
    )
    view = types.SimpleNamespace(signed="single-signed", signatures=signatures)
    text = Reader(escape(signed_facts(view))).text
    assert "single-signed by owl at desk" in text
    assert "does not count: <i>fox, removed at noon" in text


# ---- receipts -----------------------------------------------------------------------------------


def test_nobody_was_shown_a_message_by_a_page_that_nobody_signed_in_to(nodes, rus):
    key = said_to_rus(nodes)
    page = WEB.get(rus.url)
    assert "ANSWER AWAITED FROM US" in page.text
    assert 'action="/act"' not in page.text
    assert message(nodes, "RUS", key)["ladder"][0]["displayed_us"] is None


def test_showing_a_message_to_the_post_writes_its_displayed_receipt(nodes, post):
    key = said_to_rus(nodes)
    post.get("/", headers={"Sec-Purpose": "prefetch"})
    assert message(nodes, "RUS", key)["ladder"][0]["displayed_us"] is None
    post.get("/")
    shown = until(lambda: message(nodes, "COAL", key)["ladder"][0]["displayed_us"])
    post.get("/")
    assert message(nodes, "RUS", key)["ladder"][0]["displayed_us"] == shown


def test_an_answer_with_read_back_goes_through_the_page(nodes, post):
    key = said_to_rus(nodes)
    page = post.get("/?refresh=off")
    assert '<input id="m-' in page.text
    article = page.text[page.text.index("Read back: zone") - 3000 :]
    assert 'value="Z1"' not in article  # what must be read back is typed, never filled in
    values = {
        "kind": "answer", "log": key[0], "index": str(key[1]), "answer": "ROGER",
        "field.zone": "Z1", "field.activity": "hot", "post": "duty-officer", "text": "",
    }  # fmt: skip
    reply = fill(post, page, **values)
    assert reply.status_code == 200
    assert "signed and stored" in reply.text
    step = until(
        lambda: (s := message(nodes, "COAL", key)["ladder"][0])["read_back"] == "matched" and s
    )
    assert step["answer"]["answer"] == "ROGER"
    again = fill(post, page, **values)
    assert again.status_code == 409
    assert "one closing answer" in again.text


def test_a_message_is_written_through_the_page(nodes, post):
    page = post.get("/?refresh=off&write=free.text")
    reply = fill(
        post, page, kind="say", line="AGR-1|L1", to="COAL", message_type="free.text",
        text="good morning", more="place: Deir\nnote: a: b\n", post="duty-officer",
        message_class="", valid_min="30", subject="",
    )  # fmt: skip
    assert reply.status_code == 200
    sent = nodes["RUS"].get("/api/messages")[0]
    assert (sent["text"], sent["fields"]) == ("good morning", {"place": "Deir", "note": "a: b"})
    assert sent["valid_until_us"] - sent["sent_us"] == pytest.approx(1_800_000_000, abs=5_000_000)


@pytest.mark.parametrize("values", [{}, {"form": "x"}, {"form": ""}])
def test_a_form_that_is_not_ours_does_nothing(nodes, post, values):
    before = nodes["RUS"].acts()
    body = {"kind": "presence", "line": "AGR-1|L1", "post": "duty-officer", "present": "yes"}
    assert post.post("/act", data={**body, **values}).status_code == 403
    assert nodes["RUS"].acts() == before


def test_a_form_without_the_session_does_nothing(nodes, post, rus):
    page = post.get("/?refresh=off")
    number = re.search(r'name="form" value="(\w+)"', page.text)[1]
    reply = WEB.post(f"{rus.url}/act", data={"form": number, "kind": "presence"})
    assert reply.status_code == 403
    assert WEB.post(f"{rus.url}/sign-in", data={"token": "x"}).status_code == 401


# ---- what peers wrote ---------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE entries; --",
    "</article></main><h1>OPEN</h1>",
    "&lt;b&gt;",
    "\u202egnp.exe\u202c",
    "a\x00b\x1b[2Jc",
    "javascript:alert(1)",
    "<a href=//evil.example>x</a>",
]


def test_what_a_peer_wrote_is_text_whatever_it_looks_like(nodes, post):
    plain = Reader(post.get("/?refresh=off").text)
    shapes = {name for name, _ in plain.elements}
    for bad in HOSTILE:
        fields = {"zone": bad, "activity": bad, bad[:60]: "x"}
        said_to_rus(nodes, text=bad, subject=bad, fields=fields)
    reply = post.get("/?refresh=off")
    page = Reader(reply.text)
    assert page.open == page.wrong == []
    assert page.all("script") == page.all("img") == []
    assert len(page.all("h1")) == 1
    # What waits for an answer, or is late, comes with elements of the page's own.
    own = {"fieldset", "legend", "form", "select", "dl", "dt", "dd"}
    assert {name for name, _ in page.elements} <= shapes | own
    links = {attributes["href"] for attributes in page.all("a")}
    assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in links)
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "\u202e" not in reply.text
    assert "\x00" not in reply.text
    assert "\x1b" not in reply.text
    for bad in HOSTILE:
        assert " ".join(visible(bad).split()) in page.text


@given(st.text(max_size=80))
@settings(max_examples=60)
def test_any_text_comes_out_as_the_text_it_is(text):
    read = Reader(tag("p", text, title=text))
    assert read.open == read.wrong == []
    assert [name for name, _ in read.elements] == ["p"]
    assert "".join(read.texts) == visible(text) + " "
    assert read.all("p")[0]["title"] == visible(text)


def test_only_what_was_made_here_is_html():
    assert escape(Html("<b>")) == "<b>"
    assert escape("<b>") == "&lt;b&gt;"
    assert escape([None, 1, "&"]) == "1&amp;"


# ---- parts --------------------------------------------------------------------------------------


def test_an_empty_alert_list_names_its_feeds_and_what_is_not_watched():
    watch = WatchView(
        at_us=0, evaluated_us=0, aircraft=3, watched=2, not_watched=("1 aircraft with one report",),
        feeds=(FeedView(feed="radar north", last_us=0, reports=9, refused=0),),
    )  # fmt: skip
    text = Reader(alerts_part(AlertsView(alerts=(), watch=watch), 1_000_000)).text
    assert "No alerts from feeds: radar north. That is not a statement" in text
    assert "2 of 3 aircraft watched. Not watched, or not fully: 1 aircraft with one report" in text


def test_a_due_time_is_absolute_with_the_time_left_in_words():
    at_us = 1_497_938_400_000_000
    assert "06:00:00Z</time>, 1 min 24 s left" in due(at_us, at_us - 84_000_000)
    assert "<strong>LATE by 5 s</strong>" in due(at_us, at_us + 5_000_000)


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_its_ground_in_both_themes(theme):
    def contrast(one, other):
        high, low = sorted((luminance(theme[one]), luminance(theme[other])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for ground in ("ground", "panel"):
        for name in ("text", "quiet", "link", "warn", "alarm", "good"):
            assert contrast(name, ground) >= 4.5, (name, ground)
        assert contrast("line", ground) >= 3.0, ground


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"kind=dance", "form kind is dance"),
        (b"kind=answer&log=L&index=x", "index"),
        (b"kind=say&more=no+colon", "name: value"),
        (b"kind=say&message_class=LOUD", "DISTRESS"),
        (b"kind=say&valid_min=soon", "a number"),
        (b"kind=line&value=maybe", "suspended"),
        (b"kind=say&kind=say", "once"),
        (b"%ff=%zz&&&", "form"),
    ],
)
def test_a_form_that_cannot_be_read_is_one_fault(body, words):
    with pytest.raises(InputFault, match=words):
        act_from(read_form(body), 0)
