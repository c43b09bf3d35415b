"""Conflicts as entries, for the tests of what people see and do about them."""

from __future__ import annotations

from nodekit import do, reference
from simworld import SECOND_US, SimWorld
from test_scale import write

from parley.node.entries import AlertResolved, Draft, Entry
from parley.node.inputs import Answer, LogCall, Say
from parley.node.rules.alert_life import AlertLife, PartyLife, life_of
from parley.node.state import Key, key_of
from parley.node.warning_bodies import ConflictRaised, ConflictRenewed, ConflictState
from parley.node.warning_inputs import MarkAlert


def state_of(aircraft: str, party: str | None, at_us: int, **changes) -> ConflictState:
    values = {
        "aircraft": aircraft, "party": party, "at_us": at_us, "lat_e9": 35_000_000_000,
        "lon_e9": 38_000_000_000, "altitude_mm": 5_000_000, "altitude_reference": "AMSL",
        "east_mmps": 200_000, "north_mmps": 0, "up_mmps": 0, "age_us": 400_000,
        "horizontal_sigma_mm": 30_000,
    } | changes  # fmt: skip
    return ConflictState(**values)


def conflict(
    world: SimWorld, name: str = "1", *, loss_s: float = 900.0, kind=ConflictRaised, **more
):
    """Return a conflict of A<name> of ALFA and B<name> of BRAVO, seen now."""
    at_us = world.now_us
    word = "coordinate" if loss_s > 600 else "own move only" if loss_s > 120 else "short-term"
    values = {
        "key": f"separation:A{name}/B{name}", "alert_class": word,
        "aircraft": (f"A{name}", f"B{name}"), "parties": ("ALFA", "BRAVO"), "clause": "C1",
        "binding": True, "horizontal_mm": 5_556_000, "vertical_mm": 914_400,
        "quantisation_mm": 30_480, "both_needed": True, "least_horizontal_mm": 400_000,
        "vertical_then_mm": 0, "least_at_us": at_us + round((loss_s + 10) * SECOND_US),
        "loss_at_us": at_us + round(loss_s * SECOND_US), "chain_s": {"ALFA": 600, "BRAVO": 600},
        "states": (state_of(f"A{name}", "ALFA", at_us), state_of(f"B{name}", "BRAVO", at_us)),
        "evaluator": "test/1", "probability_ppm": 420_000,
    } | more  # fmt: skip
    return kind(**values)


def raise_conflicts(
    world: SimWorld, *bodies: ConflictRaised, party: str = "ALFA", **more
) -> list[Key]:
    """Let a party's node raise conflicts, all at once, and return where they stand."""
    state = world.node(party).state
    # As if a feed reported both all the time: silence would end it (`tracks.due`).
    state.picture.watched_from_us = world.now_us + 10**6 * SECOND_US
    before = set(state.scope("AB").alerts)
    write(world, party, [Draft(agreement="AB", by="system", body=b, **more) for b in bodies])
    after = state.scope("AB").alerts
    found = {after[key].body.key: key for key in after if key not in before}
    return [found[body.key] for body in bodies]


def raised(world: SimWorld, name: str = "1", *, party: str = "ALFA", **more) -> Key:
    (key,) = raise_conflicts(world, conflict(world, name, **more), party=party)
    return key


def renewed(world: SimWorld, key: Key, name: str = "1", *, party: str = "ALFA", **more) -> Key:
    body = conflict(world, name, kind=ConflictRenewed, **more)
    table = world.node(party).state.scope("AB").warnings.renewed
    before = set(table.get(key, ()))
    draft = Draft(agreement="AB", by="system", body=body, ref=(reference(world, party, key),))
    write(world, party, [draft])
    return next(each for each in table[key] if each not in before)


def resolved(world: SimWorld, key: Key, why: str = "no loss predicted", party: str = "ALFA") -> Key:
    name = world.node(party).state.scope("AB").alerts[key].body.key
    body = AlertResolved(key=name, why=why)
    draft = Draft(agreement="AB", by="system", body=body, ref=(reference(world, party, key),))
    write(world, party, [draft])
    return key


def marked(
    world: SimWorld, key: Key, stage: str = "seen", party: str = "ALFA", **more
) -> list[Entry]:
    values = {"post": "desk"} | more
    return do(world, party, MarkAlert(ref=key, stage=stage, **values))


def told(world: SimWorld, key: Key, party: str = "ALFA", to: str = "BRAVO", **more) -> Key:
    """Say something about an alert, and return where it stands."""
    values = {"message_type": "free.text", "text": "we turn left", "status": "actual"} | more
    ref = (reference(world, party, key),)
    act = Say(agreement="AB", line="LINE-AB", post="desk", to=(to,), ref=ref, **values)
    said = next(e for e in do(world, party, act) if e.type == "message.said")
    return key_of(said)


def answered(world: SimWorld, message: Key, party: str = "BRAVO", word: str = "ROGER") -> None:
    do(world, party, Answer(ref=message, post="desk", answer=word))


def telephoned(
    world: SimWorld, key: Key, party: str = "ALFA", other: str = "BRAVO", **more
) -> None:
    values = {
        "outcome": "talked", "began_us": world.now_us - 30 * SECOND_US,
        "ended_us": world.now_us - SECOND_US, "direction": "placed", "spoke_with": "desk",
        "subject": "conflict", "line": "LINE-AB", "post": "desk",
    } | more  # fmt: skip
    ref = (reference(world, party, key),)
    do(world, party, LogCall(agreement="AB", party=other, ref=ref, **values))


def life(world: SimWorld, key: Key, party: str = "ALFA") -> AlertLife:
    state = world.node(party).state
    scope = state.scope("AB")
    return life_of(state, scope, scope.alerts[key])


def of(world: SimWorld, key: Key, party: str, seen_by: str = "ALFA") -> PartyLife:
    return next(each for each in life(world, key, seen_by).parties if each.party == party)
