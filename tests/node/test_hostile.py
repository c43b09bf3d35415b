"""What a party with valid keys could write, and that nobody comes to believe it."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import (
    do,
    greeting,
    pair,
    pair_of_two_texts,
    reference,
    say,
    signed_heads,
    thread,
    write_as,
)
from simstory import agreement_of, three
from simworld import SECOND_US, SimWorld
from test_lines import side, vector
from test_peering import give, push_from, session_of
from test_tracks import alerts_of, fly, replaced, zoned
from test_zones import HERE, view, window, with_zone

from parley.app.crank import Crank
from parley.node.documents import document_of
from parley.node.encoding import decode_entry
from parley.node.entries import (
    AlertRaised,
    AlertResolved,
    LineDeclared,
    LogName,
    LogOpened,
    MessageAnswered,
    MessageSaid,
    PresenceDeclared,
    Unreadable,
    ZoneDeclared,
    ZonePromulgation,
)
from parley.node.frames import Heads, Push, Receipt
from parley.node.inputs import (
    Answer,
    DeclareLine,
    DeclareZone,
    FrameIn,
    LinkOpened,
    OpenPayload,
    Promulgate,
    SetActivity,
    Tick,
    TrackReports,
)
from parley.node.links import Session
from parley.node.picture import AHEAD_US, Picture, TrackReport
from parley.node.rules.alerts import open_alerts
from parley.node.rules.hotline import closing_answer
from parley.node.rules.lines import suspended_by
from parley.node.rules.peering import link_state
from parley.node.rules.zones import find_zone, zones_of
from parley.node.state import fold
from parley.node.step import SEEN_MAX
from parley.store.sqlite import Store
from parley.trust.seal import seal
from parley.world.agreement import Party, refuse_twice
from parley.world.faults import InputFault
from parley.world.limits import NAME_CHARACTERS_MAX
from parley.world.zone import Zone

FIELDS = {"flight": "F1", "zone": "Z1"}
LINE = "parley.example/AB/BRAVO/line/2026"


def answered(word: str, **more) -> MessageAnswered:
    return MessageAnswered(answer=word, post="desk", fields=FIELDS, **more)


# ---- answers


def test_a_backdated_wilco_counts_from_where_its_log_had_come_to() -> None:
    world = pair()
    key = say(world, valid_until_us=world.now_us + 5 * SECOND_US)
    world.run(10)
    say(world, "BRAVO", "ALFA")
    claimed_us = world.now_us - 8 * SECOND_US
    ref = (reference(world, "BRAVO", key),)
    write_as(world, "BRAVO", answered("WILCO"), ref=ref, issued_us=claimed_us)
    world.run(15)
    held = thread(world, "ALFA", key)
    assert len(held.answers) == 1
    assert closing_answer(held, "BRAVO") is None


def test_an_answer_in_the_log_of_another_year_does_not_stand_before_the_one_given() -> None:
    world = pair()
    key = say(world)
    world.run(1)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="UNABLE", text="no"))
    world.run(1)
    ref = (reference(world, "BRAVO", key),)
    past_us = world.now_us - 366 * 86_400 * SECOND_US
    write_as(world, "BRAVO", answered("WILCO"), ref=ref, year=2025)
    write_as(world, "BRAVO", answered("WILCO"), ref=ref, year=2025, issued_us=past_us)
    world.run(15)
    for party in ("ALFA", "BRAVO"):
        closed = closing_answer(thread(world, party, key), "BRAVO")
        assert closed is not None
        assert closed.body.answer == "UNABLE"


def test_an_answer_to_other_bytes_than_were_said_is_no_answer() -> None:
    world = pair()
    key = say(world)
    world.run(1)
    wrong = msgspec.structs.replace(reference(world, "BRAVO", key), leaf="00" * 32)
    write_as(world, "BRAVO", answered("WILCO"), ref=(wrong,))
    world.run(15)
    assert closing_answer(thread(world, "ALFA", key), "BRAVO") is None


def test_a_read_back_of_any_length_is_checked_and_never_stops_the_clock() -> None:
    """The difference that is written down is clipped: else the check would be too long to store."""
    world = pair()
    fields = {f"f{n}": "said" * 900 for n in range(4)}
    key = say(world, fields=fields, message_type="free.text", wants_read_back=True)
    world.run(1)
    long = MessageAnswered(answer="ROGER", post="desk", fields=dict.fromkeys(fields, "\x01" * 2300))
    write_as(world, "BRAVO", long, ref=(reference(world, "BRAVO", key),))
    world.run(15)
    (check,) = thread(world, "ALFA", key).checks.values()
    assert not check.body.matches
    assert len(check.body.differences) == 4
    later = say(world, message_type="free.text", message_class="URGENT", fields={})
    world.run(70)
    assert thread(world, "ALFA", later).overdue


def test_a_notice_is_not_answered_wilco_whatever_its_sender_offers() -> None:
    world = pair()
    body = MessageSaid(
        line="LINE-AB",
        message_type="humanitarian.notice",
        message_class="SAFETY",
        answers=("WILCO", "ROGER", "UNABLE"),
    )
    key = write_as(world, "BRAVO", body, to=("ALFA",))
    world.run(15)
    for word in ("WILCO", "UNABLE"):
        with pytest.raises(InputFault, match="one of ROGER, whatever its sender offers"):
            do(world, "ALFA", Answer(ref=key, post="desk", answer=word))
    do(world, "ALFA", OpenPayload(ref=key, post="desk"))
    do(world, "ALFA", Answer(ref=key, post="desk", answer="ROGER"))


def test_nobody_is_told_the_same_twice() -> None:
    with pytest.raises(InputFault, match="each one once"):
        say(pair(), to=("BRAVO", "BRAVO"))
    with pytest.raises(InputFault):
        refuse_twice(("A", "A"), "x")


def test_an_instant_beyond_the_calendar_makes_an_entry_unreadable() -> None:
    name = LogName(agreement="AB", party="BRAVO", kind="line", year=2026)
    for field in ("answer_due_us", "read_back_due_us"):
        body = b'{"line":"L","message_type":"m","message_class":"ADMIN","%s":9000000000000000}'
        data = (
            b'{"v":1,"type":"message.said","seq":0,"issued_us":1780000000000000,"by":"d","body":'
            + body % field.encode()
            + b"}"
        )
        found = decode_entry(data, log=name, index=0)
        assert isinstance(found, Unreadable)
        assert field in found.why


# ---- lines


def test_who_is_no_end_of_a_line_does_not_suspend_it() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    world = pair([replaced(base, parties=(*base.parties, Party(id="CHARLIE")))])
    act = LineDeclared(line="LINE-AB", value="suspended", effective_us=world.now_us)
    write_as(world, "CHARLIE", act)
    world.run(15)
    say(world)
    assert vector(world, "ALFA").glance != "SUSPENDED"


def test_a_backdated_suspension_begins_when_it_was_written() -> None:
    world = pair()
    world.run(100)
    before_us = world.now_us - 50 * SECOND_US
    act = LineDeclared(line="LINE-AB", value="suspended", effective_us=before_us)
    write_as(world, "BRAVO", act)
    world.run(15)
    state = world.node("ALFA").state
    assert side(world, "ALFA", "BRAVO").agreement == "suspended"
    assert side(world, "ALFA", "BRAVO").agreement_since_us > before_us
    assert suspended_by(state.scope("AB"), "LINE-AB", before_us + SECOND_US) == ()


def test_in_force_is_not_a_word_that_makes_an_agreement() -> None:
    world = pair_of_two_texts()
    world.run(5)
    do(world, "BRAVO", DeclareLine(agreement="AB", line="LINE-AB", post="desk", value="in force"))
    world.run(15)
    assert side(world, "ALFA", "BRAVO").agreement == "not in force"


def test_a_presence_dated_ahead_attends_no_post() -> None:
    world = pair()
    body = PresenceDeclared(line="LINE-AB", post="desk", present=True)
    write_as(world, "BRAVO", body, issued_us=world.now_us + 3600 * SECOND_US)
    world.run(15)
    assert side(world, "ALFA", "BRAVO").attended == "unknown"


def test_who_leaves_one_post_does_not_empty_another() -> None:
    world = pair()
    for post, present in (("desk", True), ("desk-2", True), ("desk-2", False)):
        write_as(world, "BRAVO", PresenceDeclared(line="LINE-AB", post=post, present=present))
    world.run(15)
    assert side(world, "ALFA", "BRAVO").attended == "attended"


def test_a_line_test_between_others_tests_no_line() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    world = pair([replaced(base, parties=(*base.parties, Party(id="CHARLIE")))])
    body = MessageSaid(
        line="LINE-AB", message_type="line.test", message_class="ROUTINE", answers=("REPLY",)
    )
    key = write_as(world, "CHARLIE", body, to=("BRAVO",))
    world.run(15)
    write_as(world, "BRAVO", answered("REPLY"), ref=(reference(world, "BRAVO", key),))
    world.run(15)
    assert vector(world, "ALFA").test == "never"


# ---- zones


def test_asking_for_somebody_elses_zone_takes_nothing_from_its_owner() -> None:
    """A request once made its addressee the issuer, ended what was in force and moved its hours."""
    world = with_zone("ALFA")
    assert view(world, "ALFA").promulgation == "in force"
    gone = window(world, -7200, -3600)
    for kind in ("zone.request", "zone.issued", "zone.notice"):
        fields = {"zone": "Z1", "window": gone}
        body = MessageSaid(line="LINE-AB", message_type=kind, message_class="SAFETY", fields=fields)
        write_as(world, "BRAVO", body, to=("BRAVO", "ALFA"))
    for word in ("requested", "ended", "draft"):
        body = ZonePromulgation(zone="Z1", promulgation=word)
        write_as(world, "BRAVO", body, to=("BRAVO",))
    world.run(15)
    for party in ("ALFA", "BRAVO"):
        assert view(world, party).promulgation == "in force"
    do(world, "ALFA", Promulgate(agreement="AB", post="desk", zone="Z1", promulgation="ended"))
    world.run(1)
    assert view(world, "BRAVO").promulgation == "ended"


def test_asking_again_does_not_undo_what_was_issued_until_it_is_over() -> None:
    world = with_zone(None, hours=True)
    say(world, message_type="zone.request", fields={"zone": "Z1", "window": window(world, 10, 100)})
    world.run(1)
    say(world, "BRAVO", "ALFA", message_type="zone.issued", fields={"zone": "Z1"})
    world.run(20)
    assert view(world, "ALFA").promulgation == "in force"
    next_window = {"zone": "Z1", "window": window(world, 200, 300)}
    say(world, message_type="zone.request", fields=next_window)
    world.run(1)
    assert view(world, "ALFA").promulgation == "in force"
    world.run(100)
    assert view(world, "ALFA").promulgation == "requested"
    world.run(100)
    assert view(world, "ALFA").promulgation == "requested", "its hours came and nobody issued it"


def test_no_party_takes_the_name_of_anothers_zone_by_an_earlier_date() -> None:
    world = pair()
    zone = Zone(id="Z9", kind="zone", shape=HERE)
    do(world, "ALFA", DeclareZone(agreement="AB", post="desk", zone=zone))
    earlier_us = world.now_us - 3600 * SECOND_US
    write_as(world, "BRAVO", ZoneDeclared(zone=document_of(zone)), issued_us=earlier_us)
    write_as(
        world,
        "BRAVO",
        ZoneDeclared(zone=document_of(msgspec.structs.replace(zone, id="Z1"))),
    )
    world.run(15)
    owners = []
    for party in ("ALFA", "BRAVO"):
        state = world.node(party).state
        found = zones_of(state, state.scope("AB"))
        owners.append({name: each.owner for name, each in found.items()})
        assert {"ALFA", "BRAVO"} <= {z.owner for n, z in found.items() if n.startswith("Z9")}
        assert find_zone(state, "AB", "Z9").owner == party
        assert found["Z1"].owner == "ALFA", "a zone of the agreed text stays what it is"
        assert found["Z1@BRAVO"].asserted_by == ("BRAVO",), "and nobody's hazard is dropped"
    assert owners[0] == owners[1]
    do(world, "ALFA", SetActivity(agreement="AB", post="desk", zone="Z9", activity="cold"))


def test_a_window_at_the_edge_of_the_calendar_stops_no_node() -> None:
    world = with_zone()
    fields = {"zone": "Z1", "window": "0001-01-01T00:00:00+23:00/9999-12-31T23:59:59-23:00"}
    body = MessageSaid(
        line="LINE-AB", message_type="zone.request", message_class="SAFETY", fields=fields
    )
    write_as(world, "ALFA", body, to=("BRAVO",))
    world.run(15)
    assert view(world, "BRAVO").promulgation == "in force"


def test_a_peer_whose_clock_is_ahead_is_heard_at_once_when_it_says_hot() -> None:
    world = with_zone("BRAVO")
    world.clock_offset_us["BRAVO"] = 60 * SECOND_US
    act = SetActivity(agreement="AB", post="desk", zone="Z1", activity="cold")
    do(world, "BRAVO", act)
    world.run(70)
    assert view(world, "ALFA").shown == "cold"
    do(world, "BRAVO", msgspec.structs.replace(act, activity="hot"))
    world.run(15)
    assert view(world, "ALFA").shown == "hot"


def test_a_clearance_is_for_its_zone_and_its_time_and_nobody_clears_itself() -> None:
    low = [("B1", "BRAVO", 35.0, 38.0, 90.0, 200.0, 5000.0)]
    for said, changes in (
        ("ALFA", {"fields": {"flight": "B1", "zone": "Z-OTHER"}}),
        ("ALFA", {"fields": {"flight": "B1"}}),
    ):
        world = zoned()
        say(world, said, **changes)
        assert alerts_of(fly(world, "ALFA", low, 150), "incursion"), changes
    world = zoned()
    say(world, fields={"flight": "B1", "zone": "Z1"}, valid_until_us=world.now_us + SECOND_US)
    assert alerts_of(fly(world, "ALFA", low, 150), "incursion")
    world = zoned(owner=None)
    say(world, "BRAVO", "ALFA", fields={"flight": "B1", "zone": "Z1"})
    world.run(1)
    assert alerts_of(fly(world, "BRAVO", low, 150), "incursion")


# ---- alerts


def test_nobody_resolves_the_alert_of_another() -> None:
    world = pair()
    fly_in = AlertRaised(
        key="k", what="separation", alert_class="short-term", aircraft=("A",), parties=("ALFA",),
        clause=None, binding=True,
    )  # fmt: skip
    key = write_as(world, "ALFA", fly_in)
    world.run(2)
    write_as(world, "BRAVO", AlertResolved(key="k"), ref=(reference(world, "BRAVO", key),))
    world.run(15)
    assert [e.log.party for _, e in open_alerts(world.node("ALFA").state)] == ["ALFA"]


# ---- links


def test_a_receipt_of_any_size_from_anybody_stops_no_node(tmp_path) -> None:
    world = pair()
    with Store(tmp_path / "real.sqlite") as store:
        real = Crank(world.identities["ALFA"], store, salt=lambda: bytes(32), sealer=seal)
        for number, size in enumerate((2**63, 2**200, -1, 0)):
            real.turn(world.now_us, LinkOpened(connection=number, nonce="a" * 32))
            receipt = Receipt(origin="parley.example/AB/ALFA/line/2026", size=size, line="x")
            assert real.turn(world.now_us, FrameIn(connection=number, frame=receipt)).drops
    key = say(world)
    world.run(1)
    crank = world.node("ALFA")
    crank.turn(world.now_us, LinkOpened(connection=900, nonce="a" * 32))
    for size in (2**63, 2**200, -1, 0):
        receipt = Receipt(origin=key[0], size=size, line="x")
        assert give(world, "ALFA", "BRAVO", receipt)
        world.run(10)
        crank.turn(world.now_us, LinkOpened(connection=901, nonce="a" * 32))
        turned = crank.turn(world.now_us, FrameIn(connection=901, frame=receipt))
        assert turned.drops


def test_a_stranger_leaves_no_evidence_in_a_peers_name() -> None:
    world = pair()
    crank = world.node("ALFA")
    data = b"{}"
    push = push_from(world, "BRAVO", LINE, [data], [])
    for number in range(20):
        crank.turn(world.now_us, LinkOpened(connection=500 + number, nonce="a" * 32))
        hello = greeting(world, "BRAVO", "ALFA", "b" * 32)
        crank.turn(world.now_us, FrameIn(connection=500 + number, frame=hello))
        turned = crank.turn(world.now_us, FrameIn(connection=500 + number, frame=push))
        assert turned.drops
    assert not world.stores["ALFA"].refused()
    assert "BRAVO" not in crank.state.links.faults


def test_a_head_that_nobody_signed_is_no_evidence() -> None:
    world = pair()
    new = "parley.example/AB/BRAVO/line/2027"
    push = Push(origin=new, first=0, checkpoint="junk" * 1000, entries=(b"{}",))
    assert give(world, "ALFA", "BRAVO", push)
    assert not world.stores["ALFA"].refused()
    world.run(10)
    signed = push_from(world, "BRAVO", new, [b"{}"], [])
    big = Push(origin=new, first=0, checkpoint=signed.checkpoint + "x" * 70_000, entries=(b"{}",))
    assert "bytes" in give(world, "ALFA", "BRAVO", big)[0]


def test_a_peer_cannot_open_logs_of_years_that_never_were() -> None:
    world = pair()
    for year in (1000, 2005, 2028, 9999):
        origin = f"parley.example/AB/BRAVO/line/{year}"
        push = push_from(world, "BRAVO", origin, [b"{}"], [])
        dropped = give(world, "ALFA", "BRAVO", push)
        # A year to come is a clock that jumped: put off, no reason to lose the link.
        assert "year" in dropped[0] if year < 2026 else not dropped
        assert origin not in world.node("ALFA").state.scope("AB").logs
        world.run(10)
    for year in (2025, 2027):
        origin = f"parley.example/AB/BRAVO/line/{year}"
        assert not give(world, "ALFA", "BRAVO", push_from(world, "BRAVO", origin, [b"{}"], []))


def test_many_logs_never_make_an_entry_too_long_to_write() -> None:
    world = pair()
    state = world.node("ALFA").state
    for number in range(400):
        fold(state, f"parley.example/AB/P{number:060d}/line/2026", 0, [b"{}"])
    first, second = say(world), say(world)
    entries = world.stores["ALFA"].entries(first[0], 0, second[1] + 1)
    seen = [set(msgspec.json.decode(data).get("seen", {})) for data in entries]
    assert max(map(len, seen)) == SEEN_MAX
    assert not seen[first[1]] & seen[second[1]], "the next entry tells of the next"


def heads_at(world: SimWorld, at_us: int, heads: dict[str, int]) -> Heads:
    session = world.node("ALFA").state.links.sessions[session_of(world, "ALFA", "BRAVO")]
    return signed_heads(world, "BRAVO", "ALFA", session.nonce, heads, at_us)


def test_a_heartbeat_that_is_replayed_on_its_own_link_keeps_nothing_up() -> None:
    world = pair()
    now_us = world.now_us
    world.stop("BRAVO")
    crank = world.node("ALFA")
    session = Session(
        connection=999, nonce="n" * 32, peer="BRAVO", peer_nonce="m" * 32, proven=True
    )
    crank.state.links.sessions[999] = session
    frame = signed_heads(world, "BRAVO", "ALFA", session.nonce, {}, now_us)
    for later_s in (0, 20, 40, 60):
        world.now_us = now_us + later_s * SECOND_US
        crank.turn(world.now_us, FrameIn(connection=999, frame=frame))
    assert side(world, "ALFA", "BRAVO").link == "down"


def test_an_honest_heartbeat_about_a_log_we_lost_is_shown_and_is_no_fault() -> None:
    world = pair()
    lost = "parley.example/AB/ALFA/line/2025"
    assert not give(world, "ALFA", "BRAVO", heads_at(world, world.now_us, {lost: 7}))
    assert world.node("ALFA").state.links.ahead[lost] == ("BRAVO", 7)
    other = heads_at(world, world.now_us, {"parley.example/AB/BRAVO/line/2025": 7})
    assert give(world, "ALFA", "BRAVO", other)


def test_a_clock_that_is_set_back_neither_silences_us_nor_keeps_a_dead_peer_up() -> None:
    world = pair()
    session = world.node("ALFA").state.links.proven("BRAVO")
    assert session is not None
    world.clock_offset_us["ALFA"] = -3600 * SECOND_US
    turned = world.node("ALFA").turn(world.now_us - 3600 * SECOND_US, Tick())
    assert any(isinstance(out.frame, Heads) for out in turned.frames)
    world.stop("BRAVO")
    state = world.node("ALFA").state
    assert link_state(state, "BRAVO", world.now_us - 3600 * SECOND_US)[0] == "unknown"


# ---- feeds


def test_one_report_from_the_future_does_not_freeze_an_aircraft() -> None:
    picture = Picture()

    def at(at_us: int) -> TrackReport:
        return TrackReport(
            aircraft="A", at_us=at_us, lat_deg=1.0, lon_deg=2.0, altitude_m=3.0,
            altitude_reference="AMSL",
        )  # fmt: skip

    now_us = 10**15
    assert picture.take(at(now_us), now_us)
    assert not picture.take(at(now_us + AHEAD_US + 1), now_us)
    assert picture.take(at(now_us + 1), now_us)
    assert picture.refused == {"time ahead of our clock": 1}


@pytest.mark.parametrize("aircraft", ["", "x" * (NAME_CHARACTERS_MAX + 1), "a\nb"])
def test_an_aircraft_without_a_name_that_can_be_shown_is_refused(aircraft: str) -> None:
    world = pair()
    report = TrackReport(
        aircraft=aircraft, at_us=world.now_us, lat_deg=1.0, lon_deg=2.0, altitude_m=3.0,
        altitude_reference="AMSL",
    )  # fmt: skip
    do(world, "ALFA", TrackReports(feed="F", reports=(report,)))
    assert not world.node("ALFA").state.picture.aircraft


def test_a_log_opened_by_force_says_nothing_about_keys() -> None:
    """`log.opened` names keys; what counts are the keys that were exchanged in person."""
    world = pair(three())
    body = LogOpened(
        agreement="ABC", kind="line", year=2026, keys={"log": "thief"}, rules_version=1
    )
    write_as(world, "BRAVO", body, agreement="ABC")
    world.run(15)
    say(world, agreement="ABC", line="LINE-ABC")
    world.run(5)
    assert not world.drops
    assert isinstance(world.node("ALFA"), Crank)
