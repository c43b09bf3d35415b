"""Cases of history with zones, replayed: nothing unconfirmed ever reads cold or in force."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from nodekit import do, say
from replaykit import Replay, plan
from simstory import agreement_of
from simworld import SECOND_US, Faults, SimWorld
from test_tracks import replaced

from parley.node.entries import Entry, MessageSaid, ZoneActivity, ZonePromulgation
from parley.node.inputs import DeclareZone, Promulgate, Say, SetActivity
from parley.node.rules.alarms import alarms
from parley.node.rules.zone_detail import zone_detail
from parley.node.rules.zones import zone_view, zones_of
from parley.node.state import State, fold
from parley.world.agreement import Agreement
from parley.world.geo import Position
from parley.world.shape import Circle
from parley.world.time import format_instant, parse_instant_us
from parley.world.zone import Zone, zone_contains

HERE = Circle(centre=Position(lat_deg=35.0, lon_deg=38.2), radius_m=5000.0)
START_US = 1_780_000_000_000_000
HOUR_S = 3600
PARTIES = ("RANGE", "NOTAM", "CIVIL")


def three(*zones: Zone, **changes: object) -> Agreement:
    return replaced(agreement_of("AGR", PARTIES), zones=zones, **changes)


def world_of(*zones: Zone, **changes: object) -> SimWorld:
    world = SimWorld(1, [three(*zones, **changes)], Faults(delay_s=(0.001, 0.002)), tick_s=None)
    world.run(3)
    return world


def view(world: SimWorld, party: str, zone: str = "R295", at_us: int | None = None):
    state = world.node(party).state
    now_us = world.now_us if at_us is None else at_us
    scope = state.scope("AGR")
    return zone_view(state, scope, zones_of(state, scope, now_us)[zone], now_us)


def window(world: SimWorld, from_s: int, to_s: int) -> str:
    at = (world.now_us + s * SECOND_US for s in (from_s, to_s))
    return "/".join(format_instant(us) for us in at)


def ask(world: SimWorld, fields: dict[str, str], **changes: object):
    return say(
        world, "RANGE", "NOTAM", agreement="AGR", line="LINE-AGR", message_type="zone.request",
        fields={"zone": "R295", **fields}, **changes,
    )  # fmt: skip


def kinds(world: SimWorld, party: str) -> set[str]:
    return {alarm.kind for alarm in alarms(world.node(party).state, world.now_us)}


@pytest.mark.row("R7", "A11")
def test_range_295_asked_for_and_never_issued_reads_requested_and_hot_throughout() -> None:
    """1998: a letter asked for the notice, was lost, and nobody issued it."""
    hours = {
        "from_us": START_US + HOUR_S * SECOND_US,
        "to_us": START_US + 2 * HOUR_S * SECOND_US,
    }
    world = world_of(Zone(id="R295", kind="zone", shape=HERE, owner="RANGE", **hours))
    assert {view(world, p).promulgation for p in PARTIES} == {"draft"}
    world.partition("RANGE", "NOTAM", seconds=3 * HOUR_S)
    ask(world, {"window": window(world, HOUR_S, 2 * HOUR_S)})
    told = {party: set() for party in PARTIES}
    for _ in range(2 * 12):
        world.run(300)
        for party in PARTIES:
            seen = view(world, party)
            assert seen.shown == "hot", (party, seen)
            assert seen.promulgation in ("draft", "requested"), (party, seen)
            told[party] |= kinds(world, party)
    # Its owner learns that nobody has answered, before the window begins; the office that the
    # letter never reached cannot; what it says to everybody else is "requested".
    assert "zone request" in told["RANGE"]
    assert view(world, "CIVIL").promulgation in ("draft", "requested")


@pytest.mark.row("R7")
def test_an_open_request_is_told_at_a_lead_time_before_its_window_and_ends_with_the_issue() -> None:
    hours = {
        "from_us": START_US + HOUR_S * SECOND_US,
        "to_us": START_US + 2 * HOUR_S * SECOND_US,
    }
    world = world_of(Zone(id="R295", kind="zone", shape=HERE, owner="RANGE", **hours))
    ask(world, {"window": window(world, 1800, 5400)})
    world.run(800)
    assert {p: "zone request" in kinds(world, p) for p in PARTIES} == dict.fromkeys(PARTIES, False)
    world.run(120)
    raised = {p: "zone request" in kinds(world, p) for p in PARTIES}
    assert raised == {"RANGE": True, "NOTAM": True, "CIVIL": False}
    assert {view(world, p).shown for p in PARTIES} == {"hot"}
    do(world, "NOTAM", Promulgate(
        agreement="AGR", post="desk", zone="R295", promulgation="issued", reference="A0295/98"
    ))  # fmt: skip
    world.run(2)
    assert {p: "zone request" in kinds(world, p) for p in PARTIES} == dict.fromkeys(PARTIES, False)
    assert {view(world, p).promulgation for p in PARTIES} == {"issued"}
    world.run(900)
    assert {view(world, p).promulgation for p in PARTIES} == {"in force"}
    assert {view(world, p).activity for p in PARTIES} == {"hot"}
    world.run(3600)
    assert {view(world, p).promulgation for p in PARTIES} == {"ended"}
    assert {view(world, p).shown for p in PARTIES} == {"hot"}, "nobody has said that it is cold"
    do(world, "RANGE", SetActivity(agreement="AGR", post="desk", zone="R295", activity="cold"))
    world.run(2)
    assert {view(world, p).shown for p in PARTIES} == {"cold"}


@pytest.mark.row("R7", "R15")
def test_ps752_a_declared_hazard_is_hot_at_once_and_its_notice_is_drafted_at_once() -> None:
    """2020: a unit on alert lost its contact, and the airspace stayed open: nobody decided."""
    world = world_of()
    volume = Zone(id="ALERT-1", kind="notified area", shape=HERE, owner="RANGE")
    do(world, "RANGE", DeclareZone(agreement="AGR", post="desk", zone=volume))
    world.run(1)
    assert {view(world, p, "ALERT-1").shown for p in PARTIES} == {"hot"}, "before any word on it"
    do(world, "RANGE", SetActivity(agreement="AGR", post="desk", zone="ALERT-1", activity="hot"))
    world.run(2)
    for party in PARTIES:
        state = world.node(party).state
        found = [e for e in state.scope("AGR").zone_acts["ALERT-1"].values()
                 if isinstance(e.body, ZonePromulgation)]  # fmt: skip
        assert [(e.body.promulgation, e.by, e.log.party) for e in found] == [
            ("draft", "system", "RANGE")
        ]
        assert view(world, party, "ALERT-1").activity == "hot"
        assert view(world, party, "ALERT-1").promulgation == "draft"
    # Contact is lost, with everybody: what was cold elsewhere is hot; what was hot stays so.
    world.partition("RANGE", "CIVIL", seconds=7200)
    for _ in range(12):
        world.run(300)
        assert view(world, "CIVIL", "ALERT-1").shown == "hot"


def test_the_draft_is_written_when_the_notice_ends_and_its_owner_still_says_hot() -> None:
    """Time alone makes it due: the node wakes for it."""
    world = world_of(Zone(id="R295", kind="zone", shape=HERE, owner="RANGE", from_us=START_US,
                          to_us=START_US + 24 * HOUR_S * SECOND_US))  # fmt: skip
    here = {"agreement": "AGR", "post": "desk", "zone": "R295"}
    now_us = world.now_us
    do(world, "RANGE", Promulgate(
        **here, promulgation="issued", from_us=now_us, to_us=now_us + 600 * SECOND_US
    ))  # fmt: skip
    do(world, "RANGE", SetActivity(**here, activity="hot"))
    drafts = []
    for _ in range(2):
        world.run(590)
        acts = world.node("CIVIL").state.scope("AGR").zone_acts["R295"].values()
        told = [e for e in acts if isinstance(e.body, ZonePromulgation)]
        drafts.append([e.issued_us for e in told if e.body.promulgation == "draft"])
    assert drafts[0] == []
    assert len(drafts[1]) == 1
    assert 0 <= drafts[1][0] - now_us - 600 * SECOND_US <= SECOND_US


def test_one_draft_however_often_its_owner_says_hot() -> None:
    world = world_of()
    volume = Zone(id="ALERT-1", kind="notified area", shape=HERE, owner="RANGE")
    do(world, "RANGE", DeclareZone(agreement="AGR", post="desk", zone=volume))
    for word in ("hot", "cold") * 20:
        do(world, "RANGE", SetActivity(agreement="AGR", post="desk", zone="ALERT-1", activity=word))
        world.run(1)
    acts = world.node("RANGE").state.scope("AGR").zone_acts["ALERT-1"].values()
    drafts = [e for e in acts if isinstance(e.body, ZonePromulgation)]
    assert len(drafts) == 1


@pytest.mark.row("R15")
def test_a_hazard_notice_about_an_own_zone_makes_it_hot_and_drafts_its_notice() -> None:
    world = world_of(Zone(id="R295", kind="zone", shape=HERE, owner="RANGE"))
    do(world, "RANGE", SetActivity(agreement="AGR", post="desk", zone="R295", activity="cold"))
    world.run(2)
    assert view(world, "CIVIL").shown == "cold"
    fields = {"zone": "R295", "position": "3500N03812E", "level": "FL100", "track": "090"}
    say(world, "RANGE", ("NOTAM", "CIVIL"), agreement="AGR", line="LINE-AGR",
        message_type="airspace.hazard.now", fields=fields)  # fmt: skip
    world.run(2)
    assert {view(world, p).shown for p in PARTIES} == {"hot"}
    state = world.node("CIVIL").state
    words = [e.body for e in state.scope("AGR").zone_acts["R295"].values()]
    assert any(isinstance(b, ZonePromulgation) and b.promulgation == "draft" for b in words)


# ---- any loss of messages -----------------------------------------------------------------------


def logs_of(world: SimWorld, party: str) -> dict[str, list[bytes]]:
    """Return the entries of a party's logs under the agreement, as its own node wrote them."""
    crank = world.node(party)
    names = [log.name.origin for log in crank.state.own_logs() if log.name.agreement == "AGR"]
    sizes = {name: crank.state.log(name).tree.size for name in names}
    return {name: crank.store.entries(name, 0, size) for name, size in sizes.items()}


@pytest.mark.row("R7", "R15")
def test_whatever_of_the_messages_is_lost_nothing_unconfirmed_reads_cold() -> None:
    """Every way in which logs can reach the civil side in part: a log is lost from some entry on.

    Cold may be shown only if it holds its owner's word of cold, for now, and none after it that
    says else, no request after it, and has heard its owner.
    """
    world = world_of(Zone(id="R295", kind="zone", shape=HERE, owner="RANGE"))
    openings = {p: {n: len(e) for n, e in logs_of(world, p).items()} for p in PARTIES}
    for word, to_s in (("cold", None), ("hot", 600), ("cold", 1200), ("hot", None)):
        to_us = None if to_s is None else world.now_us + to_s * SECOND_US
        do(world, "RANGE", SetActivity(
            agreement="AGR", post="desk", zone="R295", activity=word, to_us=to_us
        ))  # fmt: skip
        world.run(60)
        if word == "cold":
            ask(world, {"window": window(world, 300, 900)})
            world.run(60)
    logs = {name: data for p in PARTIES for name, data in logs_of(world, p).items()}
    whole = {name: {i: crank_openings(world, name, i) for i in range(len(data))}
             for name, data in logs.items()}  # fmt: skip
    first = {name: size for sizes in openings.values() for name, size in sizes.items()}
    names = sorted(name for name in logs if "/RANGE/" in name)
    others = {name: len(data) for name, data in logs.items() if name not in names}
    cold_seen = 0
    for cut in itertools.product(*(range(first.get(n, 0), len(logs[n]) + 1) for n in names)):
        state = State(identity=world.identities["CIVIL"])
        held = []
        for name, size in {**others, **dict(zip(names, cut, strict=True))}.items():
            given = {i: o for i, o in whole[name].items() if i < size and o is not None}
            held += fold(state, name, 0, logs[name][:size], given)
        scope = state.scope("AGR")
        zone = zones_of(state, scope)["R295"]
        for at_us in range(START_US, world.now_us + 1500 * SECOND_US, 150 * SECOND_US):
            for heard in (True, False):
                state.links.heard_us = {"RANGE": at_us} if heard else {}
                seen = zone_view(state, scope, zone, at_us)
                if seen.shown == "cold":
                    cold_seen += 1
                    assert heard
                    assert confirmed(held, at_us), (cut, at_us)
                assert seen.promulgation in ("in force",), "standing in the signed text"
    assert cold_seen > 10


def crank_openings(world: SimWorld, name: str, index: int) -> bytes | None:
    party = name.split("/")[2]
    return world.node(party).store.openings(name, index, index + 1).get(index)


def confirmed(entries: list[Entry], at_us: int) -> bool:
    """Whether the last thing that its owner said by an instant of it is cold, for that instant."""
    told = [
        entry for entry in entries
        if entry.log.party == "RANGE" and entry.issued_us <= at_us
        and (isinstance(entry.body, ZoneActivity)
             or (isinstance(entry.body, MessageSaid) and entry.body.message_type == "zone.request"))
    ]  # fmt: skip
    told.sort(key=lambda entry: entry.issued_us)
    words = [entry.body for entry in told if isinstance(entry.body, ZoneActivity)]
    covering = [w for w in words if w.from_us <= at_us and (w.to_us is None or at_us < w.to_us)]
    if not covering or covering[-1].activity != "cold" or covering[-1] != words[-1]:
        return False
    asked_after = [e for e in told if isinstance(e.body, MessageSaid)]
    last = [e for e in told if e.body == covering[-1]][-1]
    return not any(e.issued_us > last.issued_us and not over(e, at_us) for e in asked_after)


def over(entry: Entry, at_us: int) -> bool:
    assert isinstance(entry.body, MessageSaid)
    return parse_instant_us(entry.body.fields["window"].partition("/")[2]) <= at_us


# ---- the scenarios, played through nodes ---------------------------------------------------------


def shown_at(replay: Replay, agreement: str, party: str, zone: str):
    state, now_us = replay.world.node(party).state, replay.world.now_us
    scope = state.scope(agreement)
    seen = zone_view(state, scope, zones_of(state, scope, now_us)[zone], now_us)
    return seen.activity, seen.promulgation, seen.shown


def moved(replay: Replay, agreements: list[Agreement], parties: tuple[str, ...], zone: str) -> None:
    """Let the hours of a zone be those of the replay, which is played at another time."""
    for party in parties:
        held = replay.world.node(party).state.identity.agreements
        for agreement in agreements:
            zones = tuple(
                msgspec.structs.replace(
                    z,
                    from_us=None if z.from_us is None else z.from_us + replay.shift_us,
                    to_us=None if z.to_us is None else z.to_us + replay.shift_us,
                )
                if z.id == zone
                else z
                for z in agreement.zones
            )
            held[agreement.id] = msgspec.structs.replace(agreement, zones=zones)


@pytest.mark.row("A11", "R7")
def test_tfr_1_is_requested_issued_in_force_through_nodes() -> None:
    replay = Replay("wildfire-civil", (4, 6))
    agreements = [a for a in plan("wildfire-civil").agreements if a.id == "LINE-ANSP"]
    moved(replay, agreements, ("IC", "ANSP"), "TFR-1")
    shift_window(replay)
    begin = parse_instant_us("2026-08-14T18:05:00Z")
    seen = {}
    for text in ("18:30", "18:55", "18:59", "19:00"):
        replay.until((parse_instant_us(f"2026-08-14T{text}:00Z") - begin) / SECOND_US + 1)
        for party in ("IC", "ANSP"):
            seen[(text, party)] = shown_at(replay, "LINE-ANSP", party, "TFR-1")
    for party in ("IC", "ANSP"):
        assert seen[("18:30", party)] == ("unknown", "requested", "hot")
        assert seen[("18:55", party)] == ("unknown", "issued", "hot")
        assert seen[("18:59", party)] == ("unknown", "issued", "hot")
        assert seen[("19:00", party)] == ("hot", "in force", "hot")


def shift_window(replay: Replay, sooner_s: dict[int, int] | None = None) -> None:
    """Move what messages say of times along with the replay; some messages also come sooner."""
    for place, cue in enumerate(replay._cues):
        if not isinstance(cue.do, Say):
            continue
        back_us = (sooner_s or {}).get(cue.seq or 0, 0) * SECOND_US
        fields = dict(cue.do.fields)
        for name in ("window", "effective"):
            if name in fields:
                by_us = replay.shift_us - back_us
                at = (parse_instant_us(t) + by_us for t in fields[name].split("/"))
                fields[name] = "/".join(format_instant(us) for us in at)
        changed = msgspec.structs.replace(cue.do, fields=fields)
        at_us = cue.at_us - back_us
        replay._cues[place] = msgspec.structs.replace(cue, do=changed, at_us=at_us)


@pytest.mark.row("A15")
def test_moa_e_through_nodes_is_cold_when_its_owner_says_so_and_its_two_windows_meet() -> None:
    """A copy in which the range tells its two bookings two hours sooner, and as much earlier."""
    replay = Replay("wildfire-civil", (9, 12, 34, 35))
    shift_window(replay, sooner_s={34: 7800, 35: 7800})
    begin = parse_instant_us("2026-08-14T18:58:00Z")
    seen = []
    for text in ("19:00", "19:15", "19:20", "19:31"):
        replay.until((parse_instant_us(f"2026-08-14T{text}:00Z") - begin) / SECOND_US + 1)
        seen.append({shown_at(replay, "AGR-RANGE", p, "MOA-E")[::2] for p in ("IC", "RANGE")})
    state = replay.world.node("IC").state
    for text in ("19:49", "19:50", "20:49", "20:50", "21:49", "21:50"):
        at_us = parse_instant_us(f"2026-08-14T{text}:00Z") + replay.shift_us
        state.links.heard_us["RANGE"] = at_us
        scope = state.scope("AGR-RANGE")
        found = zone_view(state, scope, zones_of(state, scope, at_us)["MOA-E"], at_us)
        seen.append({(found.activity, found.shown)})
    hot, cold, nobodys = {("hot", "hot")}, {("cold", "cold")}, {("unknown", "hot")}
    assert seen == [nobodys, nobodys, cold, cold, cold, hot, hot, hot, hot, nobodys]


@pytest.mark.row("A5", "S25")
def test_qaboun_is_outside_of_its_zone_through_a_node_and_the_exclusion_is_told() -> None:
    (agreement,) = [a for a in plan("syria-2017-06").agreements if a.id == "AGR-ASTANA"]
    world = SimWorld(1, [agreement], Faults(delay_s=(0.001, 0.002)))
    world.run(3)
    state = world.node(sorted(world.identities)[0]).state
    scope = state.scope("AGR-ASTANA")
    zone = zones_of(state, scope, world.now_us)["DEZ-3"]
    detail = zone_detail(state, scope, zone, world.now_us)
    assert any("Qaboun" in name for name in detail.exclusions)
    (qaboun,) = [e for e in zone.exclusions if "Qaboun" in e.name]
    assert qaboun.position is not None
    found = zone_contains(zone, qaboun.position, place_name="Qaboun")
    assert (found.decided, "excluded" in found.because) == ("out", True)
