"""Several reservations of one zone: none takes another away, and nothing unconfirmed is cold."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodekit import do, pair, say, write_as
from simworld import SECOND_US, SimWorld
from test_zone_schedules import (
    MINUTE_US,
    POST,
    START_US,
    detail,
    hours,
    run_to,
    text_of,
    view,
    word,
    world_of,
    zone_of,
)

from parley.node.agreement_bodies import AgreementDeclared
from parley.node.encoding import encode_entry
from parley.node.entries import (
    AgreementAdopted,
    Continues,
    Draft,
    Entry,
    LogName,
    LogOpened,
    MessageSaid,
    PresenceDeclared,
    Reference,
    Seen,
    ZoneActivity,
    ZonePromulgation,
    kind_of,
)
from parley.node.inputs import Promulgate, SetActivity
from parley.node.rules.alarms import alarms
from parley.node.rules.zone_acts import ZoneAct
from parley.node.rules.zone_agreed import _ended_by
from parley.node.rules.zone_reservations import RESERVATIONS_MAX, reservations_of
from parley.node.rules.zones import zone_view, zones_of
from parley.node.state import State, fold, rank_of, written_us
from parley.trust.bytes import sha256_hex
from parley.world.clauses import ZoneStatus
from parley.world.faults import InputFault
from parley.world.time import format_instant


def span(begin_min: float, end_min: float) -> dict[str, int]:
    return {
        "from_us": round(START_US + begin_min * MINUTE_US),
        "to_us": round(START_US + end_min * MINUTE_US),
    }


def promulgated(world: SimWorld, value: str, *window: float, party: str = "ALFA", number: str = ""):
    at = span(*window) if window else {}
    do(world, party, Promulgate(**POST, promulgation=value, reference=number, **at))
    world.run(1)


def asked(world: SimWorld, begin_min: int, end_min: int, **fields: str):
    at = span(begin_min, end_min)
    window = f"{format_instant(at['from_us'])}/{format_instant(at['to_us'])}"
    key = say(world, "BRAVO", "ALFA", message_type="zone.request",
              fields={"zone": "Z1", "window": window, **fields})  # fmt: skip
    world.run(1)
    return key


def at(world: SimWorld, minutes: float, party: str = "BRAVO"):
    """Return the zone at an instant by what is known now, as if its owner were heard then."""
    heard = world.node(party).state.links.heard_us
    before, at_us = dict(heard), round(START_US + minutes * MINUTE_US)
    heard["ALFA"] = at_us
    seen = view(world, party, at_us)
    heard.clear()
    heard.update(before)
    return seen


def listed(world: SimWorld, party: str = "BRAVO") -> dict[str, str]:
    found = detail(world, party).reservations
    return {r.reference or f"{(r.from_us - START_US) // MINUTE_US}": r.state for r in found}


@pytest.mark.row("R7", "A15")
def test_of_three_reservations_each_is_hot_in_its_own_window_and_ended_by_its_name() -> None:
    world = world_of(hours((600, 620)))
    for number, (begin, end) in {"R-1": (10, 20), "R-2": (20, 30), "R-3": (40, 50)}.items():
        promulgated(world, "issued", begin, end, number=number)
    seen = {m: at(world, m).activity for m in (9, 10, 19.99, 20, 29.99, 30, 39, 40, 50)}
    assert seen == {9: "cold", 10: "hot", 19.99: "hot", 20: "hot", 29.99: "hot", 30: "cold",
                    39: "cold", 40: "hot", 50: "cold"}, "no gap where two meet"  # fmt: skip
    with pytest.raises(InputFault, match=r"R-1.*R-2.*R-3"):
        promulgated(world, "ended")
    with pytest.raises(InputFault, match="not clear which"):
        promulgated(world, "ended", number="R-9")
    promulgated(world, "ended", number="R-2")
    promulgated(world, "ended", 40, 50)
    assert listed(world) == {"R-1": "issued", "R-2": "withdrawn", "R-3": "withdrawn"}
    run_to(world, 12)
    assert (view(world).shown, listed(world)["R-1"]) == ("hot", "in force")
    promulgated(world, "ended")
    assert (view(world).shown, listed(world)["R-1"]) == ("cold", "ended")


def test_an_end_without_a_name_is_of_the_one_that_is_in_force() -> None:
    world = world_of(hours((600, 620)))
    promulgated(world, "issued", 2, 20, number="NOW")
    promulgated(world, "issued", 40, 50, number="LATER")
    run_to(world, 5)
    promulgated(world, "ended")
    assert listed(world) == {"LATER": "issued", "NOW": "ended"}


def test_cold_in_one_window_takes_nothing_from_another_that_holds_then() -> None:
    """Two windows overlap; the owner says cold for the first before the second is issued."""
    world = world_of(hours((600, 620)))
    promulgated(world, "issued", 2, 20, number="ONE")
    run_to(world, 3)
    word(world, "cold")
    assert view(world).shown == "cold"
    promulgated(world, "issued", 10, 30, number="TWO")
    assert view(world).shown == "cold", "it has not begun"
    assert [at(world, m).shown for m in (11, 21)] == ["hot", "hot"]
    run_to(world, 11)
    word(world, "cold")
    assert view(world).shown == "cold"
    assert all(r.cold for r in detail(world).reservations if r.state == "in force")


@pytest.mark.row("A11")
def test_the_promulgation_is_that_of_the_one_that_holds_else_the_next_else_the_zones() -> None:
    world = world_of(hours((30, 40)))
    promulgated(world, "issued", 10, 20, number="R-1")
    promulgated(world, "issued", 50, 60, number="R-2")
    seen = {m: at(world, m).promulgation for m in (5, 15, 25, 35, 45, 55, 65)}
    assert seen == {5: "issued", 15: "in force", 25: "issued", 35: "in force", 45: "issued",
                    55: "in force", 65: "in force"}  # fmt: skip
    assert at(world, 25).from_us == START_US + 50 * MINUTE_US
    run_to(world, 25)
    promulgated(world, "ended", number="R-2")
    seen = {m: at(world, m).promulgation for m in (26, 35, 45)}
    assert set(seen.values()) == {"in force"}, "never ended inside a window of the schedule"


def test_each_request_is_answered_by_its_own_issue_and_reads_hot_until_then() -> None:
    world = world_of(hours((600, 620)))
    run_to(world, 1)
    asked(world, 10, 20)
    asked(world, 30, 40)
    with pytest.raises(InputFault, match=r"without a window, wanted one of: .*BRAVO.*BRAVO"):
        promulgated(world, "issued", number="R-1")
    promulgated(world, "issued", 30, 40, number="R-1")
    assert (view(world).shown, view(world).open_request) == ("hot", True), "one still is open"
    assert listed(world) == {"10": "requested", "R-1": "issued"}
    promulgated(world, "issued", number="R-2")
    assert (view(world).shown, view(world).open_request) == ("cold", False)
    (first, second) = detail(world).reservations
    assert (first.reference, first.from_us) == ("R-2", START_US + 10 * MINUTE_US)
    assert (first.asked_by, first.issued_by, second.asked_by) == (
        ("BRAVO",), "ALFA desk", ("BRAVO",),
    )  # fmt: skip


def test_a_message_that_answers_one_of_two_requests_issues_that_one() -> None:
    world = world_of(hours((600, 620)))
    keys = [asked(world, 10, 20), asked(world, 30, 40)]
    state = world.node("ALFA").state
    said = state.scope("AB").threads[keys[0]]
    write_as(
        world, "ALFA",
        MessageSaid(line="LINE-AB", message_type="zone.issued", message_class="SAFETY",
                    fields={"zone": "Z1"}),
        to=("BRAVO",), ref=(Reference(log=keys[0][0], index=keys[0][1], leaf=said.leaf),),
    )  # fmt: skip
    world.run(15)
    assert listed(world) == {"10": "issued", "30": "requested"}


def test_whoever_asked_takes_its_own_request_back_and_nothing_of_anybody_else() -> None:
    world = world_of(hours((600, 620)))
    promulgated(world, "issued", 50, 55, number="R-1")
    asked(world, 10, 20)
    promulgated(world, "requested", 30, 40)
    with pytest.raises(InputFault, match="not clear which"):
        promulgated(world, "ended", 30, 40, party="BRAVO")
    with pytest.raises(InputFault, match="not clear which"):
        promulgated(world, "ended", party="BRAVO", number="R-1")
    for window in (span(30, 40), span(50, 55)):
        write_as(world, "BRAVO", ZonePromulgation(zone="Z1", promulgation="ended", **window))
    world.run(15)
    assert listed(world) == {"10": "requested", "30": "requested", "R-1": "issued"}
    promulgated(world, "ended", party="BRAVO")
    promulgated(world, "ended", 30, 40)
    assert listed(world) == {"R-1": "issued", "10": "taken back", "30": "taken back"}
    with pytest.raises(InputFault, match="by its owner"):
        promulgated(world, "ended", party="BRAVO")


def test_its_owner_declines_a_request_by_its_window() -> None:
    world = world_of(hours((600, 620)))
    asked(world, 10, 20)
    assert view(world).shown == "hot"
    promulgated(world, "ended", 10, 20)
    assert (view(world).shown, listed(world)) == ("cold", {"10": "declined"})


def test_cold_of_one_time_answers_no_request_for_another() -> None:
    """BRAVO asked for 30 to 40; the owner says cold of 2 to 5 only; 35 was nobody's word."""
    world = world_of(hours((600, 620)))
    asked(world, 30, 40)
    word(world, "cold", 2, 5)
    assert [at(world, m).shown for m in (3, 6, 35, 41)] == ["cold", "hot", "hot", "cold"]
    spans = [s for s in detail(world).ahead if s.from_us >= START_US + 5 * MINUTE_US]
    assert [s.shown for s in spans][:2] == ["hot", "cold"]


def test_there_is_a_bound_for_own_acts_and_a_peers_flood_reads_hot() -> None:
    world = world_of(hours((1000, 1020)))
    for n in range(RESERVATIONS_MAX):
        do(world, "ALFA", Promulgate(**POST, promulgation="issued", **span(600 + n, 601 + n)))
    with pytest.raises(InputFault, match=f"at most {RESERVATIONS_MAX} at once"):
        promulgated(world, "issued", 900, 901)
    world.run(2)
    assert view(world).shown == "cold"
    found = detail(world)
    assert (len(found.reservations), found.reservations_more) == (20, RESERVATIONS_MAX - 20)
    # A node of the owner that does not refuse: the zone reads hot while they all last.
    write_as(world, "ALFA", ZonePromulgation(zone="Z1", promulgation="issued", **span(800, 801)))
    world.run(15)
    assert view(world).shown == "hot"
    assert "more than 64 reservations" in view(world).because[0]
    assert at(world, 700).shown == "cold", "most are over by then"


def test_requests_without_end_by_a_peer_keep_no_owner_from_asking_or_issuing() -> None:
    world = world_of(hours((1000, 1020)))
    for n in range(RESERVATIONS_MAX + 6):
        body = ZonePromulgation(zone="Z1", promulgation="requested", **span(600 + n, 601 + n))
        write_as(world, "BRAVO", body)
    world.run(15)
    assert view(world).shown == "hot"
    promulgated(world, "requested", 100, 110)
    promulgated(world, "issued", 100, 110)
    assert len(detail(world).ahead) < 300


@pytest.mark.row("A15")
def test_a_late_word_of_hot_is_told_once_to_the_others() -> None:
    world = world_of(None, ZoneStatus(id="C9", zone="Z1", notice_s=600.0))
    word(world, "hot", 30, 40)
    assert not [a for a in alarms(world.node("BRAVO").state, world.now_us) if a.kind == "zone late"]
    word(world, "hot", 5, 20)
    for party, number in (("ALFA", 0), ("BRAVO", 1)):
        found = [a for a in alarms(world.node(party).state, world.now_us) if a.kind == "zone late"]
        assert len(found) == number
        assert all("too little notice" in a.text for a in found)
    run_to(world, 21)
    assert not [a for a in alarms(world.node("BRAVO").state, world.now_us) if a.kind == "zone late"]


# ---- any acts, in any order of arrival ----------------------------------------------------------


class Logs:
    """Entries of both parties, written as logs; folded into a fresh record in any order."""

    def __init__(self, world: SimWorld) -> None:
        self.identity = world.identities["BRAVO"]
        self._written: list[tuple[str, int, bytes]] = []
        self._sizes: dict[str, int] = {}
        document = self.identity.documents["AB"]
        body = AgreementAdopted(
            agreement="AB", version=1, sha256=sha256_hex(document.encode()), document=document
        )
        for party in ("ALFA", "BRAVO"):
            self.write(party, body, START_US - 1)

    def write(
        self, party: str, body: object, at_us: int, seen: dict[str, Seen] | None = None,
        year: int = 2026, incarnation: int = 1,
    ) -> str:  # fmt: skip
        name = LogName(
            agreement="AB", party=party, kind=kind_of(body), year=year, incarnation=incarnation
        )
        seq = self._sizes.get(name.origin, 0)
        self._sizes[name.origin] = seq + 1
        draft = Draft(agreement="AB", by="desk", body=body)
        data = encode_entry(draft, log=name, seq=seq, issued_us=at_us, seen=seen or {})
        self._written.append((name.origin, seq, data))
        return name.origin

    def state(self, shuffled: random.Random | None = None) -> State:
        """Return a record; each log in its own order, the logs mixed as they happen to come."""
        state, waiting = State(identity=self.identity), list(self._written)
        if shuffled is not None:
            origins = [origin for origin, _, _ in waiting]
            shuffled.shuffle(origins)
            queues = {o: [w for w in waiting if w[0] == o] for o in set(origins)}
            waiting = [queues[origin].pop(0) for origin in origins]
        for origin, seq, data in waiting:
            fold(state, origin, seq, [data])
        return state


def seen_at(state: State, at_us: int):
    state.links.heard_us["ALFA"] = at_us
    scope = state.scope("AB")
    return zone_view(state, scope, zones_of(state, scope, at_us)["Z1"], at_us)


_NUMBERS = st.sampled_from(["", "", "R-1", "R-2"])
_WINDOW = st.one_of(
    st.none(), st.tuples(st.integers(0, 50), st.integers(1, 20)).map(lambda w: (w[0], w[0] + w[1]))
)
_STORY = st.lists(
    st.tuples(
        st.sampled_from([
            "requested", "asked", "issued", "issued", "issued", "ended", "taken back", "hot",
            "cold", "cold",
        ]),
        _WINDOW, _NUMBERS, st.integers(0, 55),
    ),
    max_size=9,
)  # fmt: skip
_WORLDS: dict[bool, SimWorld] = {}


def world_with(scheduled: bool) -> SimWorld:
    if scheduled not in _WORLDS:
        zone = zone_of(hours((10, 20), (40, 50)) if scheduled else None)
        _WORLDS[scheduled] = pair([text_of(zone)])
    return _WORLDS[scheduled]


def confirmed(story: list, minute: int, issue_at: int, begins: int) -> bool:
    """Whether the owner said cold of an instant after an issue: in its window, or until a time."""
    for value, window, _, written in story:
        if value != "cold" or not issue_at <= written <= minute:
            continue
        covers = window is None or window[0] <= minute < window[1]
        of = written if window is None else max(written, window[0])
        if covers and (window is not None or of >= begins):
            return True
    return False


def may_answer(act: tuple, other: tuple) -> bool:
    """Whether an issue or end may be of a request or issue: it names nothing else."""
    value, window, number, _ = act
    _, of, its_number, _ = other
    if value == "issued":
        covers = window is None or (window[0] <= of[0] and of[1] <= window[1])
        return covers or (number != "" and number == its_number)
    return number in ("", its_number) and window in (None, of)


@pytest.mark.row("A15", "R7")
@given(_STORY, st.booleans(), st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_whatever_is_asked_issued_ended_and_said_nothing_unconfirmed_is_cold(
    drawn: list, scheduled: bool, seed: int
) -> None:
    check(drawn, scheduled, seed)


@pytest.mark.row("A15", "R7")
@pytest.mark.parametrize("scheduled", [True, False])
def test_nor_in_a_hundred_busy_stories(scheduled: bool) -> None:
    values = ["requested", "asked", *["issued"] * 5, *["ended"] * 2, "taken back", "hot", "cold"]
    for seed in range(100):
        dice, story = random.Random(seed), []
        for _ in range(dice.randint(3, 9)):
            written = dice.randint(0, 30)
            begin = min(55, written + dice.randint(0, 30))
            window = (begin, begin + dice.randint(1, 15)) if dice.random() < 0.85 else None
            number = dice.choice(["", "R-1", "R-2"])
            story.append((dice.choice(values), window, number, written))
        # Some ends are meant: they name what was issued.
        named = [a for a in story if a[0] == "issued"]
        if named and dice.random() < 0.5:
            _, window, number, written = dice.choice(named)
            story.append(("ended", window, number, written + dice.randint(1, 10)))
        check(story, scheduled, seed)


def check(drawn: list, scheduled: bool, seed: int) -> None:
    """Check a story by a plain reading of its own.

    An issue with a window that no end may be of is hot in it, a request with a window that no issue
    and no end may be of is hot until it is over; both but for a word of cold for that instant. In
    whichever order the logs come, it reads the same.
    """
    story = sorted(drawn, key=lambda act: act[3])
    logs = Logs(world_with(scheduled))
    for value, window, number, minute in story:
        at_us = START_US + minute * MINUTE_US
        times = span(*window) if window else {}
        if value in ("hot", "cold"):
            body = ZoneActivity(zone="Z1", activity=value, **({"from_us": at_us} | times))
            logs.write("ALFA", body, at_us)
            continue
        party = "BRAVO" if value in ("asked", "taken back") else "ALFA"
        value = {"asked": "requested", "taken back": "ended"}.get(value, value)
        body = ZonePromulgation(zone="Z1", promulgation=value, reference=number, **times)
        logs.write(party, body, at_us)
    one, other = logs.state(), logs.state(random.Random(seed))
    for minute in range(60):
        at_us = START_US + minute * MINUTE_US
        seen = seen_at(one, at_us)
        assert seen == seen_at(other, at_us), "by another order of arrival"
        if seen.shown != "cold":
            continue
        assert seen.activity == "cold"
        assert not seen.open_request
        words = [a for a in story if a[0] == "cold" and a[3] <= minute]
        assert words or scheduled, "nobody said so"
        known = [act for act in story if act[3] <= minute]
        for act in known:
            value, window, _, written = act
            if window is None or minute >= window[1]:
                continue
            later = [a for a in known[known.index(act) + 1 :] if may_answer(a, act)]
            ended = {a[0] for a in later} & {"ended", "taken back", "issued"}
            if value == "issued" and "ended" not in ended and window[0] <= minute:
                assert confirmed(story, minute, written, window[0]), f"minute {minute}: {story}"
            if value == "requested" and not ended & {"ended", "issued"}:
                assert confirmed(story, minute, written, -1), f"minute {minute}: {story}"
            if value == "asked" and not ended:
                assert confirmed(story, minute, written, -1), f"minute {minute}: {story}"


@given(st.lists(st.tuples(st.sampled_from(["requested", "issued", "draft"]), _WINDOW, _NUMBERS),
                max_size=12))  # fmt: skip
def test_no_issue_ever_takes_a_window_away(drawn: list) -> None:
    acts = [
        ZoneAct("promulgation", value, "ALFA", *(window or (None, None)), (n, "o", n), ("o", n),
                reference=number)
        for n, (value, window, number) in enumerate(drawn, start=-100)
    ]  # fmt: skip
    for upto in range(len(acts)):
        before = reservations_of(zone_of(), acts[:upto], lambda _: True)
        after = reservations_of(zone_of(), acts[: upto + 1], lambda _: True)
        held = {(r.from_us, r.to_us, r.reference) for r in after.issued}
        assert {(r.from_us, r.to_us, r.reference) for r in before.issued} <= held
        assert all(r.ended is None for r in after.issued)


# ---- what was lost for good, and acts on the agreement -------------------------------------------


def test_what_a_party_has_lost_for_good_is_not_waited_for_once_it_goes_on_from_before() -> None:
    logs = Logs(world_with(True))
    at_us, later_us = START_US + MINUTE_US, START_US + 5 * MINUTE_US
    ops = LogName(agreement="AB", party="ALFA", kind="ops", year=2026).origin
    present = PresenceDeclared(line="LINE-AB", post="desk", present=True)
    logs.write("ALFA", present, at_us, {ops: Seen(size=4, root="0" * 64)})
    assert seen_at(logs.state(), later_us).silent == ("ALFA",), "three entries never came"

    def opened(size: int, why: str, origin: str = ops) -> LogOpened:
        after = Continues(origin=origin, size=size, root="0" * 64, why=why)
        return LogOpened(agreement="AB", kind="ops", year=2026, keys={}, rules_version=4,
                         continues=after)  # fmt: skip

    logs.write("ALFA", opened(3, "restored"), later_us, incarnation=2)
    assert seen_at(logs.state(), later_us).silent == ("ALFA",), "two of them are still to come"
    logs = Logs(world_with(True))
    logs.write("ALFA", present, at_us, {ops: Seen(size=4, root="0" * 64)})
    logs.write("BRAVO", opened(1, "restored"), later_us, incarnation=2)
    assert seen_at(logs.state(), later_us).silent == ("ALFA",), "nobody gives up another's log"
    logs.write("ALFA", opened(1, "restored", "no such name"), later_us, incarnation=2)
    assert seen_at(logs.state(), later_us).silent == ("ALFA",)
    logs.write("ALFA", opened(1, "restored"), later_us, incarnation=3)
    assert (seen_at(logs.state(), later_us).silent, seen_at(logs.state(), later_us).shown) == (
        (), "cold",
    )  # fmt: skip


def slow_ended_by(entries: list[Entry], party: str, at_us: int) -> str:
    in_effect = [e for e in entries if max(e.body.effective_us, written_us(e)) <= at_us]
    newest = max(in_effect, key=rank_of, default=None)
    over = newest is not None and newest.body.value != "in force"
    return f"the agreement is {newest.body.value} by {party}" if over else ""


@given(st.lists(st.tuples(st.sampled_from(["in force", "suspended", "withdrawn"]),
                          st.integers(0, 30), st.integers(0, 30)), max_size=6))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_acts_on_the_agreement_are_found_as_by_looking_at_each(drawn: list) -> None:
    logs = Logs(world_with(True))
    for value, effective, written in sorted(drawn, key=lambda act: act[2]):
        body = AgreementDeclared(
            value=value, effective_us=START_US + effective * MINUTE_US, post="desk"
        )
        logs.write("ALFA", body, START_US + written * MINUTE_US)
    scope = logs.state().scope("AB")
    entries = list(scope.terms.declared.values())
    assert len(entries) == len(drawn)
    for minute in range(32):
        at_us = START_US + minute * MINUTE_US
        found = _ended_by(scope, {"ALFA", "BRAVO"}, at_us)
        assert found == slow_ended_by(entries, "ALFA", at_us)


def test_under_rules_before_4_a_second_issue_takes_the_place_of_the_first_as_it_did() -> None:
    world = pair([text_of(zone_of(), rules_version=3)])
    for begin in (10, 30):
        promulgated(world, "issued", begin, begin + 10)
    run_to(world, 12)
    assert (view(world).promulgation, view(world).from_us) == ("issued", START_US + 30 * MINUTE_US)
    assert detail(world).reservations == ()
    do(world, "ALFA", SetActivity(**POST, activity="cold"))
    promulgated(world, "ended")
    assert view(world).promulgation == "ended"
    assert SECOND_US == 1_000_000
