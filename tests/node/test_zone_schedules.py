"""Zones with schedules, clauses and versions: what is hot, what is cold, and on whose word."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodekit import do, pair, say, write_as
from simstory import agreement_of
from simworld import SECOND_US, SimWorld
from test_tracks import replaced

from parley.node.agreement_bodies import AgreementDeclared
from parley.node.documents import document_of
from parley.node.encoding import encode_entry
from parley.node.entries import (
    AgreementAdopted,
    Draft,
    LogName,
    PresenceDeclared,
    Seen,
    ZoneActivity,
    ZoneDeclared,
    kind_of,
)
from parley.node.inputs import DeclareZone, Promulgate, SetActivity
from parley.node.rules.zone_detail import zone_detail
from parley.node.rules.zones import versions_of, zone_held, zone_view, zones_of
from parley.node.state import State, fold
from parley.trust.bytes import sha256_hex
from parley.world.agreement import Agreement
from parley.world.clauses import AppliesTo, ZoneStatus
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.schedule import DailyWindow, Schedule, hours_at
from parley.world.shape import Circle
from parley.world.time import datetime_from_us, format_instant
from parley.world.zone import Zone

HERE = Circle(centre=Position(lat_deg=35.0, lon_deg=38.2), radius_m=5000.0)
SMALL = Circle(centre=Position(lat_deg=35.0, lon_deg=38.2), radius_m=500.0)
START_US = 1_780_000_020_000_000
"""A whole minute, a little after the worlds begin."""
MINUTE_US = 60 * SECOND_US
POST = {"agreement": "AB", "post": "desk", "zone": "Z1"}


def clock(minutes_ahead: int) -> str:
    """Return the time of day so many minutes after the worlds begin, in UTC."""
    return f"{datetime_from_us(START_US + minutes_ahead * MINUTE_US):%H:%M}"


def hours(*spans: tuple[int, int], **changes: object) -> Schedule:
    windows = tuple(DailyWindow(begins=clock(b), ends=clock(e)) for b, e in spans)
    return Schedule(windows=windows, **changes)


def text_of(*zones: Zone, clauses: tuple[ZoneStatus, ...] = (), **changes: object) -> Agreement:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    return replaced(base, zones=zones, clauses=(*base.clauses, *clauses), **changes)


def zone_of(schedule: Schedule | None = None, **changes: object) -> Zone:
    values = {"id": "Z1", "kind": "zone", "shape": HERE, "owner": "ALFA", "schedule": schedule}
    return Zone(**(values | changes))


def world_of(schedule: Schedule | None = None, *clauses: ZoneStatus, **changes: object) -> SimWorld:
    return pair([text_of(zone_of(schedule, **changes), clauses=clauses)])


def view(world: SimWorld, party: str = "BRAVO", at_us: int | None = None, name: str = "Z1"):
    state = world.node(party).state
    scope = state.scope("AB")
    now_us = world.now_us if at_us is None else at_us
    return zone_view(state, scope, zones_of(state, scope, now_us)[name], now_us)


def detail(world: SimWorld, party: str = "BRAVO", name: str = "Z1"):
    state = world.node(party).state
    scope = state.scope("AB")
    return zone_detail(state, scope, zones_of(state, scope, world.now_us)[name], world.now_us)


def run_to(world: SimWorld, minutes: float) -> None:
    world.run((START_US + minutes * MINUTE_US - world.now_us) / SECOND_US)


def word(world: SimWorld, activity: str, from_min: int | None = None, to_min: int | None = None):
    values = {
        name: None if at is None else START_US + at * MINUTE_US
        for name, at in (("from_us", from_min), ("to_us", to_min))
    }
    do(world, "ALFA", SetActivity(**POST, activity=activity, **values))
    world.run(1)


# ---- schedules ----------------------------------------------------------------------------------


@pytest.mark.row("R7")
def test_a_signed_schedule_makes_hot_inside_and_cold_outside_for_everybody() -> None:
    world = world_of(hours((10, 20)))
    seen = []
    for minutes in (5, 9.99, 10, 19.99, 20, 25):
        run_to(world, minutes)
        for party in ("ALFA", "BRAVO"):
            each = view(world, party)
            seen.append((each.activity, each.shown))
            assert each.promulgation == "in force", "what was signed is confirmed"
    hot, cold = ("hot", "hot"), ("cold", "cold")
    assert seen == [*[cold] * 4, *[hot] * 4, *[cold] * 4]


@pytest.mark.row("R7")
def test_cold_of_now_takes_back_nothing_that_was_issued_for_later() -> None:
    world = world_of(hours((600, 620)))
    run_to(world, 1)
    window = (
        f"{format_instant(START_US + 10 * MINUTE_US)}/{format_instant(START_US + 20 * MINUTE_US)}"
    )
    say(
        world, "BRAVO", "ALFA", message_type="zone.request", fields={"zone": "Z1", "window": window}
    )
    world.run(1)
    assert [(s.shown, s.activity) for s in detail(world).ahead][:2] == [
        ("hot", "cold"), ("cold", "cold"),
    ], "what is asked for and not answered reads hot ahead, too"  # fmt: skip
    do(world, "ALFA", Promulgate(**POST, promulgation="issued", reference="R-1"))
    world.run(1)
    word(world, "cold")
    assert view(world).shown == "cold"
    assert [s.shown for s in detail(world).ahead][:3] == ["cold", "hot", "cold"]
    run_to(world, 10)
    assert (view(world).shown, view(world).promulgation) == ("hot", "in force")
    word(world, "cold")
    assert view(world).shown == "cold", "said in the window, it is of the window"


@pytest.mark.row("R7")
def test_cold_until_a_time_takes_an_issue_back_ahead_of_its_window() -> None:
    world = world_of(hours((600, 620)))
    run_to(world, 1)
    window = (START_US + 10 * MINUTE_US, START_US + 20 * MINUTE_US)
    do(world, "ALFA", Promulgate(**POST, promulgation="issued", from_us=window[0], to_us=window[1]))
    world.run(1)
    word(world, "cold", 10, 20)
    run_to(world, 11)
    assert view(world).shown == "cold"


@pytest.mark.row("R7")
def test_a_scheduled_zone_is_hot_when_its_owner_falls_silent_and_only_for_others() -> None:
    world = world_of(hours((600, 620)))
    world.partition("ALFA", "BRAVO", seconds=3600)
    world.run(500)
    assert view(world, "BRAVO").shown == "cold"
    world.run(200)
    assert (view(world, "BRAVO").activity, view(world, "BRAVO").shown) == ("cold", "hot")
    assert view(world, "BRAVO").silent == ("ALFA",)
    assert view(world, "ALFA").shown == "cold", "its owner needs nobody else's word"


def test_a_day_without_a_sunset_is_hot() -> None:
    tromso = Position(lat_deg=69.65, lon_deg=18.96)
    by_sun = Schedule(windows=(DailyWindow(begins="sunset", ends="sunrise"),), sun_at=tromso)
    world = world_of(by_sun)
    assert f"{datetime_from_us(world.now_us):%m-%d}" == "05-28", "the sun is up all day there"
    world.run(60)
    assert (view(world).activity, view(world).shown) == ("unknown", "hot")
    assert "undecided" in view(world).because[0]


@pytest.mark.parametrize("changes", [{"asserted_by": ("ALFA",)}, {"agreed_by": ("ALFA",)}])
def test_a_schedule_of_one_side_never_makes_anything_cold(changes: dict[str, object]) -> None:
    world = world_of(hours((600, 620)), **changes)
    for party in ("ALFA", "BRAVO"):
        assert view(world, party).shown == "hot"


def test_a_declared_schedule_never_makes_anything_cold() -> None:
    world = pair([text_of()])
    own = zone_of(hours((600, 620)), id="MINE")
    do(world, "ALFA", DeclareZone(agreement="AB", post="desk", zone=own))
    world.run(5)
    for party in ("ALFA", "BRAVO"):
        assert view(world, party, name="MINE").shown == "hot"
    assert "one party" in detail(world, name="MINE").schedule


def test_a_schedule_that_its_owner_has_not_adopted_does_not_count() -> None:
    assert book(scheduled=True).view(START_US + MINUTE_US).shown == "cold"
    world, text = _WORLDS[True]
    held = Book(world, text, adopted=("BRAVO",))
    held.write(
        "ALFA",
        AgreementAdopted(agreement="AB", version=1, sha256="0" * 64, document="{}"),
        START_US,
    )
    seen = held.view(START_US + MINUTE_US)
    assert seen.shown == "hot"
    assert "not in force for ALFA" in seen.because[0]


def test_a_schedule_of_an_agreement_that_is_suspended_does_not_count() -> None:
    world = world_of(hours((600, 620)))
    write_as(world, "ALFA", AgreementDeclared(
        value="suspended", effective_us=world.now_us + 60 * SECOND_US, post="desk"
    ))  # fmt: skip
    world.run(30)
    assert view(world).shown == "cold"
    world.run(60)
    assert view(world).shown == "hot"
    assert "suspended by ALFA" in detail(world).schedule


def test_a_zone_that_is_over_is_not_cold_by_its_schedule() -> None:
    world = world_of(hours((600, 620)), to_us=START_US + 10 * MINUTE_US)
    run_to(world, 5)
    assert (view(world).promulgation, view(world).shown) == ("in force", "cold")
    run_to(world, 11)
    assert (view(world).promulgation, view(world).shown) == ("ended", "hot")


# ---- words beside a schedule --------------------------------------------------------------------


@pytest.mark.row("R7")
def test_its_owners_later_word_beats_the_schedule_for_the_window_that_it_names() -> None:
    world = world_of(hours((10, 20), (40, 50)))
    word(world, "hot", 2, 5)
    word(world, "cold", 12, 15)
    at = {
        m: view(world, at_us=START_US + m * MINUTE_US).activity for m in (1, 3, 6, 11, 13, 16, 21)
    }
    assert at == {1: "cold", 3: "hot", 6: "cold", 11: "hot", 13: "cold", 16: "hot", 21: "cold"}


def test_a_lasting_word_of_cold_ends_with_the_next_window_and_one_of_hot_does_not_end() -> None:
    world = world_of(hours((10, 20), (40, 50)))
    word(world, "hot")
    at = [START_US + m * MINUTE_US for m in (5, 25, 60)]
    assert [view(world, at_us=us).activity for us in at] == ["hot"] * 3
    word(world, "cold")
    at = [START_US + m * MINUTE_US for m in (5, 15, 25, 45, 60)]
    assert [view(world, at_us=us).activity for us in at] == ["cold", "hot", "cold", "hot", "cold"]


@pytest.mark.row("A15")
def test_a_booking_announced_late_leaves_no_cold_gap_and_the_message_is_late() -> None:
    """LARA, 2021: two bookings met; the second one's activation was announced too late."""
    clause = ZoneStatus(id="C9", zone="Z1", notice_s=600.0)
    world = world_of(None, clause)
    word(world, "cold")
    run_to(world, 11)
    assert view(world).shown == "cold"
    word(world, "hot", 30, 40)
    shown = []
    for minutes in (29, 31, 39.9):
        run_to(world, minutes)
        shown.append(view(world).shown)
    run_to(world, 40)
    shown.append(view(world).shown)
    # The second booking begins at 40; nobody has said so yet.
    run_to(world, 42)
    word(world, "hot", 40, 50)
    shown.append(view(world).shown)
    run_to(world, 49)
    shown.append(view(world).shown)
    assert shown == ["cold", "hot", "hot", "hot", "hot", "hot"]
    steps = [step for step in detail(world).steps if step.value == "hot"]
    assert [step.late_s > 0 for step in steps] == [False, True]
    assert 719 <= steps[1].late_s <= 722, "two minutes after its begin, notice ten"
    assert detail(world).late == 1


@pytest.mark.row("A15")
def test_two_windows_that_meet_over_schedule_and_word_leave_no_gap() -> None:
    world = world_of(hours((10, 20)))
    word(world, "hot", 20, 30)
    spans = [span for span in detail(world).ahead if span.activity == "hot"]
    edges = [((s.from_us - START_US) / MINUTE_US, (s.to_us - START_US) / MINUTE_US) for s in spans]
    assert edges == [(10, 20), (20, 30)]
    for minutes in (19.999, 20, 20.001):
        assert view(world, at_us=round(START_US + minutes * MINUTE_US)).activity == "hot"


# ---- the clause ---------------------------------------------------------------------------------


def test_a_word_of_cold_waits_for_its_notice_and_one_of_hot_does_not() -> None:
    world = world_of(None, ZoneStatus(id="C9", zone="Z1", notice_s=600.0))
    word(world, "cold")
    assert view(world).shown == "hot"
    world.run(590)
    assert view(world).shown == "hot"
    world.run(15)
    assert view(world).shown == "cold"
    word(world, "hot")
    assert view(world).shown == "hot"


def test_a_release_that_was_asked_for_is_cold_at_once_when_its_owner_says_so() -> None:
    clause = ZoneStatus(id="C9", zone="Z1", notice_s=600.0, cold_within_s=120.0)
    world = world_of(None, clause)
    from parley.node.rules.alarms import alarms

    say(world, "BRAVO", "ALFA", message_type="zone.release.request", fields={"zone": "Z1"})
    world.run(100)
    kinds = [a.kind for a in alarms(world.node("BRAVO").state, world.now_us)]
    assert "zone release" not in kinds
    world.run(30)
    for party in ("ALFA", "BRAVO"):
        kinds = [a.kind for a in alarms(world.node(party).state, world.now_us)]
        assert "zone release" in kinds
    assert view(world).open_request
    word(world, "cold")
    assert (view(world).shown, view(world).open_request) == ("cold", False)
    kinds = [a.kind for a in alarms(world.node("BRAVO").state, world.now_us)]
    assert "zone release" not in kinds


def test_who_may_change_a_zone_stands_in_the_clause_and_every_word_of_hot_counts() -> None:
    world = world_of(None, ZoneStatus(id="C9", zone="Z1", may_change=("BRAVO",)))
    with pytest.raises(InputFault, match="wanted by BRAVO"):
        do(world, "ALFA", SetActivity(**POST, activity="cold"))
    do(world, "BRAVO", SetActivity(**POST, activity="cold"))
    world.run(1)
    assert {view(world, p).shown for p in ("ALFA", "BRAVO")} == {"cold"}
    word(world, "hot")
    assert {view(world, p).shown for p in ("ALFA", "BRAVO")} == {"hot"}
    do(world, "BRAVO", SetActivity(**POST, activity="cold"))
    world.run(1)
    assert {view(world, p).shown for p in ("ALFA", "BRAVO")} == {"hot"}, "its owner says hot"


def test_an_owner_may_be_silent_for_as_long_as_was_agreed() -> None:
    world = world_of(None, ZoneStatus(id="C9", zone="Z1", owner_silent_after_s=60.0))
    word(world, "cold")
    world.partition("ALFA", "BRAVO", seconds=3600)
    world.run(50)
    assert view(world).shown == "cold"
    world.run(30)
    assert view(world).shown == "hot"


def test_a_clause_counts_only_in_its_time() -> None:
    ended = AppliesTo(to_us=START_US + 2 * MINUTE_US)
    world = world_of(None, ZoneStatus(id="C9", zone="Z1", notice_s=600.0, applies_to=ended))
    word(world, "cold")
    assert view(world).shown == "hot"
    run_to(world, 3)
    assert view(world).shown == "cold"


def test_a_zone_without_an_owner_is_cold_only_when_every_party_says_so() -> None:
    world = world_of(None, owner=None)
    do(world, "BRAVO", SetActivity(**POST, activity="cold"))
    world.run(1)
    assert {view(world, p).shown for p in ("ALFA", "BRAVO")} == {"hot"}
    do(world, "ALFA", SetActivity(**POST, activity="cold"))
    world.run(1)
    assert {view(world, p).shown for p in ("ALFA", "BRAVO")} == {"cold"}
    do(world, "BRAVO", SetActivity(**POST, activity="hot"))
    world.run(1)
    assert {view(world, p).shown for p in ("ALFA", "BRAVO")} == {"hot"}


# ---- reservation, release, change of window -----------------------------------------------------


@pytest.mark.row("R7", "A11")
def test_a_reservation_from_the_request_to_its_end_is_never_cold_without_its_owners_word() -> None:
    world = world_of(None)
    word(world, "cold")
    assert view(world).shown == "cold"
    window = "/".join(format_instant(START_US + m * MINUTE_US) for m in (10, 20))
    say(
        world, "BRAVO", "ALFA", message_type="zone.request", fields={"zone": "Z1", "window": window}
    )
    world.run(1)
    seen = [(view(world).promulgation, view(world).activity, view(world).shown)]
    do(world, "ALFA", Promulgate(**POST, promulgation="issued", reference="R-7"))
    world.run(1)
    seen.append((view(world).promulgation, view(world).activity, view(world).shown))
    for minutes in (10, 15):
        run_to(world, minutes)
        seen.append((view(world).promulgation, view(world).activity, view(world).shown))
    # Finished early: its owner confirms it.
    word(world, "cold")
    seen.append((view(world).promulgation, view(world).activity, view(world).shown))
    run_to(world, 20)
    seen.append((view(world).promulgation, view(world).activity, view(world).shown))
    assert seen == [
        ("in force", "cold", "hot"),
        ("issued", "cold", "cold"),
        ("in force", "hot", "hot"),
        ("in force", "hot", "hot"),
        ("in force", "cold", "cold"),
        ("in force", "cold", "cold"),
    ], "at last the zone itself, which both signed: no reservation stands"
    (over,) = detail(world).reservations
    assert (over.state, over.reference, over.asked_by) == ("ended", "R-7", ("BRAVO",))
    steps = detail(world).steps
    assert [(s.value, s.party, s.reference) for s in steps] == [
        ("cold", "ALFA", ""), ("requested", "BRAVO", ""), ("issued", "ALFA", "R-7"),
        ("cold", "ALFA", ""),
    ]  # fmt: skip
    assert all(step.key and step.counts for step in steps)


def test_a_change_of_window_reads_hot_until_it_is_issued_and_the_old_one_is_ended_by_name() -> None:
    world = world_of(None)
    for first, second in ((10, 20), (30, 40)):
        window = "/".join(format_instant(START_US + m * MINUTE_US) for m in (first, second))
        say(world, "BRAVO", "ALFA", message_type="zone.request",
            fields={"zone": "Z1", "window": window})  # fmt: skip
        world.run(1)
        assert view(world).open_request
        do(world, "ALFA", Promulgate(**POST, promulgation="issued", reference=f"R-{first}"))
        world.run(1)
        assert not view(world).open_request
        assert view(world).from_us == START_US + 10 * MINUTE_US, "the next one"
    with pytest.raises(InputFault, match=r"one of: .*R-10.*R-30"):
        do(world, "ALFA", Promulgate(**POST, promulgation="ended"))
    do(world, "ALFA", Promulgate(**POST, promulgation="ended", reference="R-10"))
    world.run(1)
    assert {r.reference: r.state for r in detail(world).reservations} == {
        "R-30": "issued", "R-10": "withdrawn",
    }  # fmt: skip
    run_to(world, 15)
    assert view(world).promulgation == "issued"
    run_to(world, 30)
    assert (view(world).promulgation, view(world).activity) == ("in force", "hot")


# ---- versions -----------------------------------------------------------------------------------


@pytest.mark.row("R7")
def test_a_greater_version_of_an_own_zone_supersedes_from_its_begin() -> None:
    world = pair([text_of()])
    first = zone_of(id="MINE")
    later = zone_of(id="MINE", shape=SMALL, version=2, from_us=START_US + 10 * MINUTE_US)
    for zone in (first, later):
        do(world, "ALFA", DeclareZone(agreement="AB", post="desk", zone=zone))
        world.run(1)
    for version in (1, 2):
        with pytest.raises(InputFault, match="wanted 3 or greater"):
            do(world, "ALFA", DeclareZone(
                agreement="AB", post="desk", zone=zone_of(id="MINE", version=version)
            ))  # fmt: skip
    state = world.node("BRAVO").state
    scope = state.scope("AB")
    at = {
        minutes: zones_of(state, scope, START_US + minutes * MINUTE_US)["MINE"].version
        for minutes in (1, 9, 10, 11)
    }
    assert at == {1: 1, 9: 1, 10: 2, 11: 2}
    assert zones_of(state, scope)["MINE"].version == 2, "without an instant, the newest"
    assert [(v.party, v.zone.version) for v in versions_of(scope, "MINE", "ALFA")] == [
        ("ALFA", 1), ("ALFA", 2),
    ]  # fmt: skip


@pytest.mark.row("R7")
def test_which_version_was_in_force_is_told_for_each_party_and_instant() -> None:
    world = world_of(hours((600, 620)))
    first, later = zone_of(id="MINE"), zone_of(id="MINE", shape=SMALL, version=2)
    do(world, "ALFA", DeclareZone(agreement="AB", post="desk", zone=first))
    run_to(world, 10)
    do(world, "ALFA", DeclareZone(agreement="AB", post="desk", zone=later))
    world.run(1)
    state = world.node("BRAVO").state

    def held(zone: str, minutes: int, party: str):
        at_us = START_US + minutes * MINUTE_US
        found = zone_held(state, "AB", zone, at_us, party)
        return found.zone.version if found.zone is not None else None, found.agreed

    assert [held("MINE", m, "ALFA") for m in (-5, 5, 11)] == [(None, False), (1, False), (2, False)]
    assert held("MINE", 11, "BRAVO") == (None, False), "what ALFA declares is not BRAVO's"
    assert [held("Z1", 11, p) for p in ("ALFA", "BRAVO")] == [(1, True), (1, True)]
    assert held("Z1", -5, "BRAVO") == (None, False), "nobody had adopted the text yet"


def test_a_version_that_claims_an_earlier_begin_has_no_effect_before_it_was_written() -> None:
    world = pair([text_of()])
    do(world, "ALFA", DeclareZone(agreement="AB", post="desk", zone=zone_of(id="MINE")))
    run_to(world, 10)
    backdated = zone_of(id="MINE", shape=SMALL, version=9, from_us=START_US)
    do(world, "ALFA", DeclareZone(agreement="AB", post="desk", zone=backdated))
    world.run(1)
    state = world.node("BRAVO").state
    scope = state.scope("AB")
    before = zones_of(state, scope, START_US + 5 * MINUTE_US)["MINE"]
    assert (before.version, before.shape) == (1, HERE)
    assert zones_of(state, scope, world.now_us)["MINE"].shape == SMALL


@pytest.mark.row("R7")
def test_an_agreed_zone_is_changed_by_no_partys_declaration() -> None:
    world = world_of(hours((600, 620)))
    with pytest.raises(InputFault, match="amend AB"):
        do(world, "ALFA", DeclareZone(agreement="AB", post="desk", zone=zone_of(shape=SMALL)))
    # A node that lets it pass: it stands beside the agreed one, as its writer's alone, and hot.
    for party in ("ALFA", "BRAVO"):
        mine = zone_of(shape=SMALL, version=7, owner=party)
        write_as(world, party, ZoneDeclared(zone=document_of(mine)))
    world.run(5)
    state = world.node("BRAVO").state
    known = zones_of(state, state.scope("AB"), world.now_us)
    assert (known["Z1"].shape, known["Z1"].version) == (HERE, 1)
    for party in ("ALFA", "BRAVO"):
        assert known[f"Z1@{party}"].asserted_by == (party,)
        assert view(world, name=f"Z1@{party}").shown == "hot"
    assert view(world).shown == "cold"


# ---- other rules, and what a hostile party writes ------------------------------------------------


def test_under_rules_before_4_a_declared_schedule_is_no_zone_and_words_count_as_they_did() -> None:
    world = pair([text_of(zone_of(), rules_version=3)])
    write_as(world, "ALFA", ZoneDeclared(zone=document_of(zone_of(hours((1, 2)), id="MINE"))))
    world.run(2)
    state = world.node("BRAVO").state
    assert set(zones_of(state, state.scope("AB"), world.now_us)) == {"Z1"}
    word(world, "cold")
    assert view(world).shown == "cold"
    do(world, "ALFA", Promulgate(**POST, promulgation="issued"))
    world.run(1)
    assert view(world).shown == "cold", "an issue is no word of hot there"


def test_a_schedule_that_is_none_makes_no_zone_and_harms_nothing() -> None:
    world = pair([text_of()])
    good = msgspec.json.decode(document_of(zone_of(hours((600, 620)), id="MINE")))
    window = good["schedule"]["windows"][0]
    for schedule in (
        {"windows": []},
        {"windows": [window] * 10_000},
        {"windows": [window | {"begins": "99:00"}]},
        {"windows": [window | {"begins": "sunrise"}]},
        {"windows": [window], "timezone": "X", "offsets": [[5, 0], [1, 0]]},
        {"windows": [window], "timezone": "X", "offsets": [[0, 10**12]]},
    ):
        raw = msgspec.Raw(msgspec.json.encode(good | {"schedule": schedule}))
        if len(raw) < 50_000:
            write_as(world, "ALFA", ZoneDeclared(zone=raw))
    century = window | {"first": "1990-01-01", "last": "2089-12-31"}
    raw = msgspec.Raw(msgspec.json.encode(
        good | {"id": "LONG", "schedule": {"windows": [century]}}
    ))  # fmt: skip
    write_as(world, "ALFA", ZoneDeclared(zone=raw))
    world.run(5)
    state = world.node("BRAVO").state
    assert set(zones_of(state, state.scope("AB"), world.now_us)) == {"LONG"}
    assert view(world, name="LONG").shown == "hot"
    assert detail(world, name="LONG").scheduled


def test_local_hours_are_by_the_offsets_that_were_signed_whatever_the_zone_is_called() -> None:
    """A text that lies about a time zone is caught when it is made; both nodes read the same."""
    lying = hours(
        (60, 80), timezone="Europe/Berlin", offsets=((START_US - 10**15, -3600),),
        until_us=START_US + 10**15,
    )  # fmt: skip
    world = world_of(lying)
    world.run(60)
    for party in ("ALFA", "BRAVO"):
        at = {m: view(world, party, START_US + m * MINUTE_US).activity for m in (59, 119, 121, 139)}
        assert at == {59: "cold", 119: "cold", 121: "hot", 139: "hot"}


# ---- any acts at all, against a slow plain twin -------------------------------------------------


class Book:
    """ALFA's words written straight into its log, folded by BRAVO: no network, no rules."""

    def __init__(
        self, world: SimWorld, agreement: Agreement, adopted: tuple[str, ...] = ("ALFA", "BRAVO")
    ) -> None:
        identity = world.identities["BRAVO"]
        document = identity.documents["AB"]
        self.state = State(identity=identity)
        self.now_us = START_US
        self._sizes: dict[str, int] = {}
        body = AgreementAdopted(
            agreement="AB", version=1, sha256=sha256_hex(document.encode()), document=document
        )
        assert agreement == identity.agreements["AB"]
        for party in adopted:
            self.write(party, body, START_US - 1)

    def write(
        self, party: str, body: object, at_us: int, seen: dict[str, Seen] | None = None
    ) -> None:
        name = LogName(agreement="AB", party=party, kind=kind_of(body), year=2026)
        seq = self._sizes.get(name.origin, 0)
        self._sizes[name.origin] = seq + 1
        draft = Draft(agreement="AB", by="desk", body=body)
        data = encode_entry(draft, log=name, seq=seq, issued_us=at_us, seen=seen or {})
        fold(self.state, name.origin, seq, [data])

    def view(self, at_us: int):
        self.state.links.heard_us["ALFA"] = at_us
        scope = self.state.scope("AB")
        return zone_view(self.state, scope, zones_of(self.state, scope, at_us)["Z1"], at_us)


def painted(
    schedule: Schedule | None, acts: list[tuple[str, int, int | None, int]], length: int
) -> list[str]:
    """Return the activity at each minute, painted forwards word by word, as known at each."""
    base = [
        "unknown" if schedule is None else
        {"inside": "hot", "outside": "cold", "undecided": "unknown"}[
            hours_at(schedule, START_US + m * MINUTE_US)
        ]
        for m in range(length)
    ]  # fmt: skip
    said = [""] * length
    for word_said, begin, end, written in acts:
        for minute in range(max(begin, written), length):
            if end is None or minute < end:
                said[minute] = word_said
            else:
                goes_on = schedule is not None and said[minute] in ("", "cold")
                said[minute] = "" if goes_on else "unknown"
        if end is None and word_said == "cold" and schedule is not None:
            start = max(begin, written)
            after = [m for m in range(start + 1, length)
                     if base[m] != "cold" and base[m - 1] != base[m]]  # fmt: skip
            for minute in range(after[0] if after else length, length):
                said[minute] = ""
    return [word or by_schedule for word, by_schedule in zip(said, base, strict=True)]


_ACT = st.tuples(
    st.sampled_from(["hot", "cold", "unknown"]),
    st.integers(0, 55),
    st.one_of(st.none(), st.integers(1, 20)),
    st.integers(0, 55),
)
_WORLDS: dict[bool, tuple[SimWorld, Agreement]] = {}
_SCHEDULE = hours((10, 20), (20, 25), (40, 50))


def book(scheduled: bool) -> Book:
    if scheduled not in _WORLDS:
        text = text_of(zone_of(_SCHEDULE if scheduled else None))
        _WORLDS[scheduled] = (pair([text]), text)
    return Book(*_WORLDS[scheduled])


def test_cold_is_not_shown_while_words_of_its_owner_are_known_to_be_missing() -> None:
    """The link is up; its line log tells that its other log has gone on, which does not come."""
    held = book(scheduled=True)
    ops = LogName(agreement="AB", party="ALFA", kind="ops", year=2026).origin
    at_us = START_US + MINUTE_US
    assert held.view(at_us).shown == "cold"
    present = PresenceDeclared(line="LINE-AB", post="desk", present=True)
    assert held.state.log(ops).tree.size == 1
    held.write("ALFA", present, at_us, {ops: Seen(size=2, root="0" * 64)})
    assert held.view(at_us + 20 * SECOND_US).shown == "cold", "it may be on its way"
    seen = held.view(at_us + 40 * SECOND_US)
    assert (seen.activity, seen.shown, seen.silent) == ("cold", "hot", ("ALFA",))
    body = ZoneActivity(zone="Z1", activity="unknown", from_us=at_us, to_us=at_us + 1)
    held.write("ALFA", body, at_us)
    assert held.view(at_us + 40 * SECOND_US).shown == "cold", "it came"
    private = LogName(agreement="AB", party="ALFA", kind="private", year=2026).origin
    held.write("ALFA", present, at_us, {private: Seen(size=9, root="0" * 64)})
    assert held.view(at_us + 40 * SECOND_US).shown == "cold", "of that one only heads ever come"


@pytest.mark.row("A15", "R7")
@given(st.lists(_ACT, max_size=7), st.booleans())
@settings(max_examples=120, deadline=None)
def test_no_instant_is_cold_without_a_confirmed_word_for_it(
    drawn: list[tuple[str, int, int | None, int]], scheduled: bool
) -> None:
    written = sorted(drawn, key=lambda act: act[3])
    acts = [(v, b, None if n is None else b + n, w) for v, b, n, w in written]
    held = book(scheduled)
    for value, begin, end, at in acts:
        body = ZoneActivity(
            zone="Z1", activity=value, from_us=START_US + begin * MINUTE_US,
            to_us=None if end is None else START_US + end * MINUTE_US,
        )  # fmt: skip
        held.write("ALFA", body, START_US + at * MINUTE_US)
    wanted = painted(_SCHEDULE if scheduled else None, acts, 60)
    for minute in range(60):
        seen = held.view(START_US + minute * MINUTE_US)
        assert seen.activity == wanted[minute], f"minute {minute}: {acts}"
        assert seen.shown == ("cold" if wanted[minute] == "cold" else "hot")
