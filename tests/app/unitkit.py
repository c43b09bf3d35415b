"""Two running nodes whose agreement names units, for the tests of what units are told."""

from __future__ import annotations

import msgspec

from app.twonodes import AGREEMENT, WEB, say, until
from parley.world.clauses import Distribution
from parley.world.time import format_instant

MIN_US = 60_000_000
UNITS = {"COAL": ("COAL-duty-room",), "RUS": ("RUS-duty-room", "RUS unit 2")}
TEXT = msgspec.structs.replace(
    AGREEMENT,
    parties=tuple(msgspec.structs.replace(p, units=UNITS[p.id]) for p in AGREEMENT.parties),
    clauses=(*AGREEMENT.clauses, Distribution(id="d1", units={"RUS": UNITS["RUS"]})),
)


def notice(nodes, *, in_min=60.0, **changes):
    """Let COAL give a notice; return its place, once RUS holds it."""
    begins_us = nodes["COAL"].get("/api/status")["now_us"] + round(in_min * MIN_US)
    window = f"{format_instant(begins_us)}/{format_instant(begins_us + 40 * MIN_US)}"
    fields = {"centre": "35.1,39.1", "window": window} | changes.pop("fields", {})
    body = {"message_type": "area.notice", "fields": fields} | changes
    done = nodes["COAL"].act(**say(**body))
    assert done.status_code == 201, done.text
    return held(nodes, done.json()["key"])


def held(nodes, key):
    """Return a message's place, once RUS holds it."""
    until(lambda: [m for m in nodes["RUS"].get("/api/messages") if m["key"] == key])
    return key


def correct(nodes, key, message_type="correction", **changes):
    leaf = nodes["COAL"].get(f"/api/logs/{key[0]}/entries?start={key[1]}")[0]["leaf"]
    ref = [{"log": key[0], "index": key[1], "leaf": leaf}]
    body = {"message_type": message_type, "fields": {"centre": "35.2,39.1"}, "ref": ref} | changes
    done = nodes["COAL"].act(**say(**body))
    assert done.status_code == 201, done.text
    return held(nodes, done.json()["key"])


def seen(node, key):
    """Return how a notice stands with units, as one node tells it."""
    found = [v for v in node.get("/api/units?all=true") if v["message"] == key]
    return found[0] if found else None


def row(node, key, unit):
    return next(each for each in seen(node, key)["units"] if each["unit"] == unit)


def token(node, unit):
    """Return a new token of a unit."""
    ask(node, "/api/units/tokens/revoke", {"unit": unit})
    made = ask(node, "/api/units/tokens", {"unit": unit})
    assert made.status_code == 201, made.text
    return made.json()["token"]


def ask(node, path, body, bearer=None):
    """Post as whoever has a bearer; the node's own token without one."""
    headers = {"Authorization": f"Bearer {bearer or node.token}"}
    return WEB.post(f"{node.url}{path}", json=body, headers=headers)
