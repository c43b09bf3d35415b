"""Units over the API, the post's page, the command line and the watch; and what a token opens."""

from __future__ import annotations

import dataclasses
import hashlib
import stat

import httpx
import msgspec
import pytest

from app.twonodes import WEB, make_pair, parley_here, running, until
from app.unitkit import TEXT, ask, correct, notice, row, seen, token
from parley.app.unit_tokens import UnitTokens, plain_token
from parley.app.unit_views import untold_lines
from parley.app.views import StatusView
from parley.app.watch_model import Picture, Watch
from parley.node.rules.distribution import DistributionView
from parley.world.faults import InputFault

DUTY, UNIT = "RUS-duty-room", "RUS unit 2"


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    with running(make_pair(tmp_path_factory.mktemp("units"), agreement=TEXT)) as started:
        yield started


def heard(node, key, unit, **changes):
    body = {"type": "receipt_unit", "ref": key, "post": "duty-officer", "unit": unit} | changes
    return node.act(**body)


@pytest.fixture
def browser():
    """A client with cookies of its own."""
    with httpx.Client(trust_env=False) as client:
        yield client


def page(browser, node, query="?refresh=off"):
    browser.post(f"{node.url}/sign-in", data={"token": node.token})
    return browser.get(f"{node.url}/{query}").text


# ---- the lists -----------------------------------------------------------------------------------


@pytest.mark.row("R4", "A9")
def test_both_nodes_list_who_was_not_told_and_a_receipt_by_voice_takes_it_off(nodes):
    key = notice(nodes)
    for party in ("COAL", "RUS"):
        assert seen(nodes[party], key)["not_told"] == [DUTY, UNIT]
    assert heard(nodes["RUS"], key, DUTY, text="by radio").status_code == 201
    until(lambda: seen(nodes["COAL"], key)["told"] == [DUTY])
    assert seen(nodes["COAL"], key)["not_told"] == [UNIT]
    view = next(m for m in nodes["COAL"].get("/api/messages") if m["key"] == key)
    assert view["units"][0]["told"] == [DUTY]
    (step,) = view["ladder"]
    assert (step["answer"], step["displayed_us"]) == (None, None), "no level makes another"


def test_an_operator_does_not_speak_as_a_unit(nodes):
    key = notice(nodes)
    refused = heard(nodes["RUS"], key, DUTY, by="unit", post="unit")
    assert refused.status_code == 422
    assert "entered by a named post" in refused.json()["fault"]
    assert seen(nodes["RUS"], key)["told"] == []
    assert heard(nodes["COAL"], key, DUTY).status_code == 409
    assert heard(nodes["RUS"], key, "COAL-duty-room").status_code == 409


def test_the_list_is_at_the_top_of_both_pages_and_a_post_enters_what_it_heard(nodes, browser):
    key = notice(nodes)
    for party in ("COAL", "RUS"):
        text = page(browser, nodes[party])
        assert text.index('id="units"') < text.index('id="messages"')
        assert "NOT TOLD" in text
        assert ("of ours" if party == "RUS" else "of other parties") in text
    text = page(browser, nodes["RUS"])
    form = next(f for f in text.split("<form") if 'value="unit"' in f and f'value="{key[1]}"' in f)
    number = form.split('name="form" value="')[1].split('"')[0]
    sent = {
        "form": number, "kind": "unit", "log": key[0], "index": key[1], "unit": UNIT,
        "post": "alternate", "text": "<b>loud</b>", "loaded": "yes", "at": "",
    }  # fmt: skip
    assert browser.post(f"{nodes['RUS'].url}/act", data=sent).status_code == 303
    found = row(nodes["RUS"], key, UNIT)
    assert (found["word"], found["told_by"], found["told_post"]) == ("loaded", "voice", "alternate")
    more = {
        "form": number, "kind": "require", "log": key[0], "index": key[1], "post": "alternate",
        "units": "night crew , RUS unit 2,RUS-duty-room",
    }  # fmt: skip
    assert browser.post(f"{nodes['RUS'].url}/act", data=more).status_code == 303
    assert set(seen(nodes["RUS"], key)["required"]) == {DUTY, UNIT, "night crew"}
    text = page(browser, nodes["RUS"])
    assert "told " in text
    assert "by voice, entered by alternate" in text


def test_the_command_line_lists_enters_and_requires(nodes, capsys):
    key = notice(nodes)
    rus = ("--node", nodes["RUS"].url, "--token", nodes["RUS"].token_file)
    code, out, _ = parley_here(capsys, "unit", *rus)
    assert code == 1
    assert f"NOT TOLD: {DUTY}, {UNIT} (area.notice from COAL, #{key[1]})" in out
    for unit in (DUTY, UNIT):
        code, out, err = parley_here(
            capsys, "unit", "heard", *key, "--unit", unit, "--post", "alternate", *rus
        )
        assert (code, err) == (0, "")
    code, out, _ = parley_here(capsys, "unit", "heard", *key, "--unit", UNIT, *rus)
    assert (code, out.strip()) == (0, "nothing to write: it was so already")
    assert seen(nodes["RUS"], key)["not_told"] == []
    code, *_ = parley_here(capsys, "unit", "require", *key, "night crew", *rus)
    assert (code, seen(nodes["RUS"], key)["not_told"]) == (0, ["night crew"])
    code, _, err = parley_here(capsys, "unit", "heard", *key, "--unit", "RUS unit 3", *rus)
    assert code == 2
    assert "did you mean 'RUS unit 2'?" in err
    code, out, _ = parley_here(capsys, "unit", "--all", *rus)
    assert code == 1
    assert "the list of RUS leaves out" in out
    code, _, err = parley_here(capsys, "unit")
    assert (code, "--node" in err) == (2, True)


def test_the_watch_has_a_line_for_each_notice_that_misses_a_unit(nodes):
    key = notice(nodes, in_min=14)
    get = nodes["RUS"].get
    views = msgspec.convert(get("/api/units"), tuple[DistributionView, ...])
    mine = tuple(view for view in views if view.message == tuple(key))
    watch = Watch(post="duty-officer")
    status = msgspec.convert(get("/api/status"), StatusView)
    picture = Picture(status=status, lines=(), messages=(), alarms=(), units=mine)
    watch.look(picture)
    number = watch.number(tuple(key))
    (style, text), *_ = watch.alarm_rows(status.now_us, 200)
    assert style == "warn"
    assert text.strip().startswith(
        f"NOT TOLD: {DUTY}, {UNIT} (area.notice from COAL, #{number}), 3 min"
    )
    late_us = mine[0].due_us + 60_000_000
    (style, text), *_ = watch.alarm_rows(late_us, 200)
    assert (style, "LATE by 1 min, begins in 9 min" in text) == ("alarm", True)
    narrow = watch.alarm_rows(status.now_us, 40)
    assert all(len(text) <= 40 for _, text in narrow), "never cut off, folded"
    watch.look(dataclasses.replace(picture, units=mine * 3))
    assert "UNITS NOT TOLD: see" in watch.alarm_rows(status.now_us, 200, 2)[-1][1]
    begun = msgspec.structs.replace(mine[0], begun=True)
    (line,) = untold_lines((begun,), "RUS", mine[0].begins_us)
    assert line.endswith("BEGUN WITH 2 UNITS NOT TOLD")


# ---- a unit's own token --------------------------------------------------------------------------


def own(node, bearer):
    return WEB.get(f"{node.url}/api/unit/notices", headers={"Authorization": f"Bearer {bearer}"})


def test_a_unit_says_it_itself_with_its_own_token(nodes, capsys, tmp_path):
    node = nodes["RUS"]
    key = notice(nodes)
    code, out, _ = parley_here(
        capsys, "unit", "token", UNIT, "--node", node.url, "--token", node.token_file
    )
    assert code == 0
    shown = out.split(": ")[1].split()[0]
    assert f"{node.url}/unit" in out
    file = tmp_path / "mine"
    file.write_text(shown)
    file.chmod(0o600)
    mine = ("--node", node.url, "--unit-token", file)
    code, out, _ = parley_here(capsys, "unit", "notices", *mine)
    assert code == 1
    assert f"{key[0]} {key[1]}" in out
    code, _, err = parley_here(capsys, "unit", "receipt", *key, "--unit", DUTY, *mine)
    assert (code, "whose token this is" in err) == (2, True)
    for word in ((), ("--loaded",)):
        code, _, err = parley_here(capsys, "unit", "receipt", *key, "--unit", UNIT, *word, *mine)
        assert (code, err) == (0, "")
    found = row(node, key, UNIT)
    assert (found["word"], found["told_by"], found["told_post"]) == ("loaded", "unit", "")
    until(lambda: row(nodes["COAL"], key, UNIT)["told_by"] == "unit")
    code, out, _ = parley_here(capsys, "unit", "receipt", *key, "--unit", UNIT, *mine)
    assert (code, out.strip()) == (0, "said already")
    rus = ("--node", node.url, "--token", node.token_file)
    code, out, _ = parley_here(capsys, "unit", "tokens", *rus)
    assert (code, f"{UNIT}: token since" in out) == (0, True)
    assert shown not in out
    code, *_ = parley_here(capsys, "unit", "revoke", UNIT, *rus)
    assert code == 0
    code, _, err = parley_here(capsys, "unit", "notices", *mine)
    assert (code, "nobody revoked" in err) == (2, True)
    assert row(node, key, UNIT)["word"] == "loaded", "what it said before stands"


def test_a_units_token_opens_nothing_else(nodes, browser):
    node = nodes["RUS"]
    mine = token(node, UNIT)
    before = {log["origin"]: log["size"] for log in node.get("/api/logs") if log["own"]}
    document = node.get("/openapi.json")
    posts = [path for path, item in document["paths"].items() if "post" in item]
    assert len(posts) > 15
    for path in posts:
        own = ("/api/unit/receipts", "/api/unit/reports", "/api/session", "/api/session/end")
        if path in own:  # the last two ask for no token: they open and end a browser's session
            continue
        reply = ask(node, path, {}, mine)
        assert reply.status_code == 401, (path, reply.text)
    body = {"type": "receipt_unit", "ref": ["x", 1], "post": "unit", "unit": UNIT, "by": "unit"}
    assert ask(node, "/api/acts", body, mine).status_code == 401
    signed = browser.post(f"{node.url}/unit/sign-in", data={"token": mine})
    assert signed.status_code == 303
    assert "path=/unit" in signed.headers["set-cookie"].lower()
    assert browser.post(f"{node.url}/sign-in", data={"token": mine}).status_code == 401
    home = browser.get(f"{node.url}/").text
    assert "Sign in to act" in home
    for form in ({"kind": "presence", "form": "x"}, {"kind": "unit", "form": ""}):
        assert browser.post(f"{node.url}/act", data=form).status_code == 403
    after = {log["origin"]: log["size"] for log in node.get("/api/logs") if log["own"]}
    assert {origin: after[origin] for origin in before} == before, "nothing was written"
    for wrong in ("x", node.token, mine[:-1], f"{mine}0", "é" * 25):
        headers = {"Authorization": f"Bearer {wrong}".encode()}
        reply = WEB.get(f"{node.url}/api/unit/notices", headers=headers)
        assert reply.status_code == 401


def test_a_unit_speaks_for_itself_and_of_what_it_must_have_alone(nodes):
    node = nodes["RUS"]
    key = notice(nodes)
    mine = token(node, UNIT)

    def say(ref, bearer=mine, **more):
        return ask(node, "/api/unit/receipts", {"ref": ref, **more}, bearer)

    assert say(key, unit=DUTY).status_code == 409
    assert say(["parley.example/AGR-1/COAL/line/2026", 999_999]).status_code == 409
    assert say([key[0], -1]).status_code == 409
    other = notice(nodes, message_type="zone.state", fields={"zone": "Z1", "activity": "hot"})
    assert say(other).status_code == 409, "nobody requires it of this unit"
    assert say(key, loaded="yes").status_code == 422
    assert say(key, by="unit").status_code == 422
    newer = correct(nodes, key)
    assert say(key).status_code == 409, "the one before is not offered any more"
    assert say(newer).status_code == 201
    (found,) = [n for n in own(node, mine).json() if n["view"]["key"] == newer]
    assert found["before"]["key"] == key
    assert found["view"]["units"] == found["view"]["ladder"] == [], "no other unit's name"
    assert DUTY not in own(node, mine).text
    assert row(node, newer, UNIT)["word"] == "told"


def test_a_token_is_kept_as_a_hash_in_a_file_of_its_own(nodes):
    node = nodes["RUS"]
    mine = token(node, UNIT)
    kept = node.token_file.with_name("unit-tokens")
    text = kept.read_text()
    assert mine not in text
    assert plain_token(mine) not in text
    assert hashlib.sha256(plain_token(mine).encode()).hexdigest() in text
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert ask(node, "/api/units/tokens", {"unit": UNIT}).status_code == 409, "one token, one unit"
    assert ask(node, "/api/units/tokens", {"unit": "COAL-duty-room"}).status_code == 409
    assert ask(node, "/api/units/tokens", {"unit": "x\x1b"}).status_code == 409


def test_tokens_stand_a_restart_and_a_damaged_file_is_told(tmp_path):
    path = tmp_path / "unit-tokens"
    tokens = UnitTokens(path)
    given = tokens.make("u-1", ("u-1", "u-2"), 5)
    assert len(plain_token(given)) == 25
    again = UnitTokens(path)
    typed = given.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert again.unit_of(typed) == "u-1"
    assert again.unit_of(given[:-1]) is None
    session = again.sign_in(given)
    assert again.session(session).unit == "u-1"
    assert again.sign_in("nothing") is None
    again.revoke("u-1")
    assert (again.session(session), again.unit_of(given)) == (None, None)
    newer = again.make("u-1", ("u-1",), 6)
    assert again.session(session) is None, "an old session is not the new token's"
    assert again.unit_of(newer) == "u-1"
    with pytest.raises(InputFault, match="one of u-1"):
        again.revoke("u-2")
    path.chmod(0o644)
    with pytest.raises(InputFault, match="readable by others"):
        UnitTokens(path)
    path.chmod(0o600)
    path.write_text("[{}]")
    with pytest.raises(InputFault, match="damaged"):
        UnitTokens(path)
