"""The console's door on real nodes: session, screen, map and socket, and who is refused at it."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from app.consoleworld import Flying, lively
from app.socketkit import RefusedError, Screen
from app.twonodes import WEB, Running, make_pair, until
from parley.app.track_frames import decode_frame


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two nodes that want the token for acts; traffic comes when a test flies it."""
    with lively(tmp_path_factory.mktemp("door"), sign_in=True, fly=False) as nodes:
        yield nodes


def signed_in(node):
    """Return the number and the cookie, as headers, of a browser that has shown the token."""
    reply = WEB.post(f"{node.url}/api/session", json={"token": node.token})
    assert reply.status_code == 200, reply.text
    cookie = "; ".join(f"{name}={value}" for name, value in reply.cookies.items())
    WEB.cookies.clear()
    return {"X-Parley-Form": reply.json()["form_number"]}, {"Cookie": cookie}


def test_a_browser_looks_until_it_has_shown_the_token(world) -> None:
    node = world["COAL"]
    view = node.get("/api/session")
    assert (view["role"], view["form_number"], view["token_wanted"]) == ("observer", None, True)
    assert view["clock"] == "wall"
    wrong = WEB.post(f"{node.url}/api/session", json={"token": "not it"})
    assert wrong.status_code == 401
    assert "token" in wrong.json()["what"]
    assert not wrong.cookies


def test_two_nodes_of_one_machine_leave_each_others_sessions_alone(world) -> None:
    """A browser gives the cookies of a host to each of its ports: one signed the other out."""
    with httpx.Client(trust_env=False) as browser:
        for node in world.values():
            signed = browser.post(f"{node.url}/api/session", json={"token": node.token})
            assert signed.status_code == 200, signed.text
        roles = [browser.get(f"{node.url}/api/session").json()["role"] for node in world.values()]
        assert roles == ["operator", "operator"]


def test_acts_want_the_session_and_its_number(world) -> None:
    node = world["COAL"]
    number, cookie = signed_in(node)
    act = {
        "type": "be_present", "agreement": "AGR-1", "line": "L1", "post": "duty-officer",
        "present": True,
    }  # fmt: skip

    def done(**headers) -> int:
        return WEB.post(f"{node.url}/api/acts", json=act, headers=headers).status_code

    assert done() == 401
    assert done(**number) == 403  # the number without the session
    assert done(**cookie) == 401  # the session without the number: another site's form
    assert done(**{"X-Parley-Form": "0"}, **cookie) == 403
    assert done(**number, **cookie) == 201


def test_the_screen_is_one_instant_of_everything(world) -> None:
    node = world["RUS"]
    until(lambda: len(node.get("/api/screen")["messages"]) == 2)
    screen = node.get("/api/screen")
    assert screen["party"] == screen["viewer"] == "RUS"
    assert not screen["past"]
    assert screen["at_us"] == screen["now_us"] == screen["alerts"]["watch"]["at_us"]
    assert {each["line"] for each in screen["lines"]} == {"L1"}
    zones = {each["view"]["zone"]: each["view"]["shown"] for each in screen["zones"]}
    assert zones["Z1"] == "hot"
    (brief,) = screen["agreements"]
    assert brief["lines"][0]["own_posts"] == ["duty-officer", "alternate"]
    assert brief["minima"][0]["horizontal_m"] == 5556.0
    assert screen["status"]["party"] == "RUS"
    assert [each["intent"] for each in screen["intents"]["intents"]] == ["I-21"]


def test_the_map_draws_what_is_agreed_and_nothing_bigger(world) -> None:
    node = world["COAL"]
    drawn = node.get("/api/map")
    assert drawn["digest"] == node.get("/api/screen")["map_digest"]
    zones = {each["zone"]: each for each in drawn["zones"]}
    ring = zones["Z1"]["shape"]["rings"][0]
    assert len(ring) > 30
    # 9 km around 35 N 39 E: no vertex further than the radius and the tolerance.
    for lon, lat in ring:
        north_m, east_m = (lat - 35.0) * 110_950, (lon - 39.0) * 91_290
        assert (north_m**2 + east_m**2) ** 0.5 == pytest.approx(9_000.0, abs=60.0)
    assert zones["Z2"]["exclusion_names"] == ["The town"]
    assert len(zones["Z2"]["exclusions"][0]["rings"]) == 1
    (river,) = drawn["boundaries"]
    assert (river["left"], river["right"]) == ("north bank", "south bank")
    assert river["band"]["rings"]
    (intent,) = drawn["intents"]
    assert intent["volumes"][0]["lower"] == {"value_m": 7000.0, "reference": "STD"}
    assert drawn["base_map"] == "coast and graticule"


def test_the_socket_beats_and_tells_names_before_frames(world) -> None:
    node = world["COAL"]
    before_s = time.time()
    with Flying(world), Screen(node.url, origin=node.url) as screen:
        beat = screen.message()
        assert beat["kind"] == "beat"
        assert beat["clock"] == "wall"
        assert beat["ready"]
        assert before_s <= beat["now_us"] / 1e6 <= time.time()
        known = {}
        for _ in range(60):
            found = screen.message()
            if isinstance(found, dict):
                known |= {n: name for n, name, _ in found.get("names", [])}
                continue
            _, _, rows = decode_frame(found)
            assert set(rows["number"].tolist()) <= known.keys()
            if len(rows) == 6:
                break
        assert {"RSD12", "KHM07", "WFP220"} <= set(known.values())


def test_a_change_is_told_before_the_next_second(world) -> None:
    node = world["COAL"]
    number, cookie = signed_in(node)
    with Screen(node.url, origin=node.url) as screen:
        before = screen.until(lambda m: isinstance(m, dict) and m["kind"] == "beat")["number"]
        say = {
            "type": "say", "agreement": "AGR-1", "line": "L1", "post": "duty-officer",
            "to": ["RUS"], "message_type": "free.text", "text": "Good morning",
        }  # fmt: skip
        WEB.post(f"{node.url}/api/acts", json=say, headers={**number, **cookie})
        screen.until(lambda m: isinstance(m, dict) and m["kind"] == "beat" and m["number"] > before)


@pytest.mark.parametrize(
    "how", [{"origin": "http://evil.example"}, {"host": "evil.example:80"}], ids=["origin", "host"]
)
def test_another_site_opens_no_socket(world, how) -> None:
    with pytest.raises(RefusedError):
        Screen(world["COAL"].url, **how)


@pytest.mark.parametrize(
    "text",
    ["", "x", "{}", '{"kind":"looking"}', "[" * 10_000, json.dumps({"kind": "act"}), "9" * 20_000],
)
def test_a_screen_says_what_it_looks_at_or_goes(world, text) -> None:
    with Screen(world["COAL"].url) as screen:
        screen.say(text)
        while screen.message() is not None:
            pass
        assert screen.closed == 1008
    assert world["COAL"].get("/api/status")["party"] == "COAL"


def test_a_node_that_stops_tells_its_screens_and_says_nothing_loud(tmp_path) -> None:
    """Stopped with screens open it told a fault for each; and none of them was told why."""
    node = Running(make_pair(tmp_path)["COAL"])
    screens = [Screen(node.url) for _ in range(3)]
    for screen in screens:
        screen.until(lambda told: isinstance(told, bytes))
    node.process.terminate()
    said = node.process.communicate(timeout=60)[1]
    assert node.process.returncode == 0
    assert "Traceback" not in said
    for screen in screens:
        while screen.message() is not None:
            pass
        assert screen.closed == 1001
