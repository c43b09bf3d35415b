"""Whom a clause binds, whom a ladder calls, which minima bind two aircraft (rules version 4)."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest
from intentkit import file, intent
from nodekit import do, pair, say, thread
from simstory import agreement_of, three, two
from test_agreement_status import declare
from test_texts import made
from test_tracks import alerts_of, fly, head_on

from parley.node.agreement_inputs import DeclareAgreement
from parley.node.entries import MessageEscalated
from parley.node.inputs import DeclareLine
from parley.node.rules import pairs
from parley.node.rules.agreements import clauses_for, own_posts
from parley.node.rules.deadlines import steps_for
from parley.node.rules.guard import place_checks
from parley.node.rules.pairs import Flight, PairRules, pair_rule
from parley.node.rules.tested import period_us
from parley.node.state import key_of
from parley.review.evidence_of_logs import evidence_of_logs
from parley.review.verdicts import verdicts
from parley.world.agreement import AircraftClass, Party
from parley.world.clauses import (
    Acknowledgement,
    AppliesTo,
    LineTest,
    Notification,
    PositionCheck,
    ReadBack,
    Separation,
)
from parley.world.geo import Position
from parley.world.norms import norms
from parley.world.place import Place
from parley.world.time import Interval
from parley.world.verdict import EscalationStep

S = 1_000_000
STEPS = (
    EscalationStep(after_s=60.0, post="duty-officer"),
    EscalationStep(after_s=180.0, post="commander"),
    EscalationStep(after_s=300.0, post="minister"),
)
ONLY = {name: AppliesTo(parties=(name,)) for name in ("ALFA", "BRAVO", "CHARLIE")}


def worded(agreement, *clauses, posts=None, **changes):
    """Return a text with these clauses, and these posts of BRAVO."""
    parties = tuple(
        msgspec.structs.replace(p, posts=posts) if posts is not None and p.id == "BRAVO" else p
        for p in agreement.parties
    )
    return msgspec.structs.replace(agreement, clauses=clauses, parties=parties, **changes)


# ---- ladders ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("posts", "called"),
    [
        (("desk", "duty-officer", "commander"), ["duty-officer", "commander", "commander"]),
        (("desk", "watch"), ["watch", "watch", "watch"]),
        (("desk", "head", "chief"), ["head", "chief", "chief"]),
        (("desk", "commander"), ["commander", "commander", "commander"]),
        (("desk",), ["desk", "desk", "desk"]),
        ((), ["duty-officer", "commander", "minister"]),
    ],
)
def test_a_clause_that_calls_posts_of_another_calls_the_next_of_ones_own_and_never_nobody(
    posts, called
) -> None:
    (agreement,) = two()
    clause = Acknowledgement(id="C2", within_s=60.0, escalate=STEPS)
    world = pair([worded(agreement, clause, posts=posts)])
    key = say(world)
    world.run(400)
    state = world.node("ALFA").state
    steps = steps_for(state.agreement("AB"), thread(world, "ALFA", key), "BRAVO")
    assert [step.post for step in steps] == called
    written = thread(world, "BRAVO", key).escalated.values()
    bodies = [e.body for e in written if isinstance(e.body, MessageEscalated)]
    assert [b.post for b in sorted(bodies, key=lambda b: b.step)] == called
    for post in called if posts else ():
        assert post in own_posts(state.agreement("AB"), "BRAVO")


def test_before_version_4_a_ladder_calls_what_the_clause_says() -> None:
    (agreement,) = two()
    clause = Acknowledgement(id="C2", within_s=60.0, escalate=STEPS)
    world = pair([worded(agreement, clause, posts=("desk",), rules_version=3)])
    key = say(world)
    steps = steps_for(world.node("ALFA").state.agreement("AB"), thread(world, "ALFA", key), "BRAVO")
    assert [step.post for step in steps] == ["duty-officer", "commander", "minister"]


def test_a_clause_for_one_party_sets_no_deadline_and_no_ladder_for_another() -> None:
    clause = Acknowledgement(id="C9", within_s=7.0, escalate=STEPS, applies_to=ONLY["CHARLIE"])
    back = ReadBack(id="C8", within_s=9.0, applies_to=ONLY["CHARLIE"])
    world = pair([worded(agreement, clause, back) for agreement in three()])
    said = {
        to: thread(world, "ALFA", say(
            world, "ALFA", to, agreement="ABC", line="LINE-ABC", message_type="clearance",
            fields={"level": "FL200"},
        ))
        for to in ("BRAVO", "CHARLIE")
    }  # fmt: skip
    assert said["BRAVO"].body.clause is None
    assert said["CHARLIE"].body.clause == "C9"
    assert said["CHARLIE"].body.answer_due_us == said["CHARLIE"].said.issued_us + 7 * S
    assert said["CHARLIE"].body.read_back_due_us == said["CHARLIE"].said.issued_us + 9 * S
    assert said["BRAVO"].body.read_back_due_us != said["BRAVO"].said.issued_us + 9 * S
    agreement = world.node("ALFA").state.agreement("ABC")
    steps = {p: steps_for(agreement, said["CHARLIE"], p) for p in ("BRAVO", "CHARLIE")}
    assert [s.post for s in steps["CHARLIE"]] == ["duty-officer", "commander", "commander"]
    assert [s.after_s for s in steps["CHARLIE"]] == [60.0, 180.0, 300.0]
    assert [s.after_s for s in steps["BRAVO"]] != [60.0, 180.0, 300.0], "the norms' ladder"


@pytest.mark.parametrize("kind", [Acknowledgement, ReadBack, Notification, LineTest, PositionCheck])
def test_a_clause_is_owed_by_whom_when_and_where_it_says(kind) -> None:
    values = {
        Acknowledgement: {"within_s": 5.0}, ReadBack: {"within_s": 5.0},
        Notification: {"lead_s": 60.0}, LineTest: {"every_s": 60.0},
        PositionCheck: {"named_place_within_m": 50.0},
    }[kind]  # fmt: skip
    (base,) = two()
    clause = kind(
        id="K", applies_to=AppliesTo(parties=("BRAVO",), zones=("Z1",), from_us=10, to_us=20),
        **values,
    )  # fmt: skip
    text = worded(base, clause)

    def found(*given, **more):
        return clauses_for(text, kind, *given, **more)

    assert found(("BRAVO",), 10) == found(("ALFA", "BRAVO"), 19) == found(("BRAVO",), None)
    assert found(("BRAVO",), 15, fields={"zone": "Z1"}) == [clause]
    for none in (
        found(("ALFA",), 15), found(("BRAVO",), 9), found(("BRAVO",), 20),
        found(("BRAVO",), 15, fields={}), found(("BRAVO",), 15, fields={"zone": "Z2"}),
    ):  # fmt: skip
        assert none == []
    old = SimpleNamespace(clauses=(clause,), rules_version=3)
    assert clauses_for(old, kind, ("ALFA",), 99, fields={}) == [clause]


def test_a_line_is_tested_and_a_place_held_by_the_clauses_of_its_own_parties_only() -> None:
    (base,) = two()
    place = Place(id="PL", name="Oakton", position=Position(lat_deg=35.0, lon_deg=38.0))
    clauses = (
        LineTest(id="T", every_s=60.0, applies_to=ONLY["BRAVO"]),
        PositionCheck(id="P", named_place_within_m=50.0, applies_to=ONLY["BRAVO"]),
    )
    text = worded(base, *clauses, places=(place,))
    line = text.lines[0]
    assert period_us(text, line, "machine") == 60 * S
    parties = (*text.parties, Party(id="X"))
    far = msgspec.structs.replace(text, parties=parties, clauses=(
        msgspec.structs.replace(clauses[0], applies_to=AppliesTo(parties=("X",))), clauses[1],
    ))  # fmt: skip
    assert period_us(far, line, "machine") == norms().line.machine_test_every_s * S
    fields = {"place": "Oakton", "centre": "35.001,38.0"}
    (by_bravo,) = place_checks(text, fields, "BRAVO", 0)
    (by_alfa,) = place_checks(text, fields, "ALFA", 0)
    assert (by_bravo.within_m, by_bravo.clause) == (50.0, "P")
    assert by_alfa.clause is None


# ---- the notice of a suspension -----------------------------------------------------------------


@pytest.mark.parametrize("whole", [False, True])
def test_a_suspension_by_default_gives_its_notice_to_those_who_are_told_last(whole) -> None:
    """Exactly the notice is short by the milliseconds of the way: what nobody could check later."""
    world = made()
    if whole:
        act = DeclareAgreement(agreement="AB", post="desk", value="suspended", reason="why")
    else:
        act = DeclareLine(
            agreement="AB", line="LINE-AB", post="desk", value="suspended", reason="why"
        )
    (entry,) = do(world, "BRAVO", act)
    margin_s = norms().line.suspension_margin_s
    assert entry.body.effective_us == entry.issued_us + (60 + margin_s) * S
    assert not entry.body.immediate
    world.run(2)
    say(world, "ALFA")
    world.run(300)
    state = world.node("ALFA").state
    window = (world.now_us - 3_600 * S, world.now_us, world.now_us)
    found = verdicts(evidence_of_logs(state), (state.agreement("AB"),), *window)
    assert [v.verdict for v in found if v.kind == "suspension"] == ["met"]
    exact = msgspec.structs.replace(act, effective_us=world.now_us + 60 * S)
    (entry,) = do(world, "BRAVO", exact)
    assert entry.body.effective_us == entry.issued_us + 60 * S, "what is asked for is not moved"


# ---- minima -------------------------------------------------------------------------------------

CLASSES = (AircraftClass(id="state"), AircraftClass(id="civil"))
STATE_PAIR = Separation(
    id="S", horizontal_m=9_000.0, vertical_m=900.0, class_pairs=(("state", "state"),)
)
ALL = Separation(id="ALL", horizontal_m=5_000.0, vertical_m=300.0)


def minima(*clauses, **changes):
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    return made([worded(base, *clauses, aircraft_classes=CLASSES, **changes)])


def flown(world, **classes) -> None:
    """Let each party say of which class its flight is."""
    for name, aircraft_class in classes.items():
        party = {"A": "ALFA", "B": "BRAVO"}[name[0]]
        filed = intent(world, party, name, flight=name, lat=20.0 + ord(name[0]))
        file(world, msgspec.structs.replace(filed, aircraft_class=aircraft_class))
    world.run(2)


def rules(world, party="ALFA"):
    pairs = PairRules(world.node(party).state, world.now_us)
    found = pairs.of(Flight("ALFA", "A1"), Flight("BRAVO", "B1"))
    return [(rule.clause, rule.binding) for rule in found]


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ({"A1": "state", "B1": "state"}, [("S", True)]),
        ({"A1": "state", "B1": "civil"}, [("ALL", True)]),
        ({"A1": "state"}, [("ALL", True)]),
        ({}, [("ALL", True)]),
        ({"A1": "state", "B1": "none of the text"}, [("ALL", True)]),
    ],
)
def test_minima_for_classes_hold_for_aircraft_of_those_classes(classes, expected) -> None:
    world = minima(STATE_PAIR, ALL)
    flown(world, **classes)
    assert rules(world) == rules(world, "BRAVO") == expected


@pytest.mark.parametrize(
    ("classes", "binding"),
    [({"A1": "state", "B1": "state"}, True), ({"A1": "state"}, False), ({}, False),
     ({"A1": "state", "B1": "civil"}, False), ({"A1": "civil"}, False)],
)  # fmt: skip
def test_where_a_class_is_not_known_or_another_the_minima_are_watched_and_do_not_bind(
    classes, binding
) -> None:
    """Whoever calls its aircraft something else is not out of sight by that."""
    world = minima(STATE_PAIR)
    flown(world, **classes)
    assert rules(world) == [("S", binding)]
    (alert,) = alerts_of(fly(world, "ALFA", head_on(), 60))
    assert (alert.body.clause, alert.body.binding) == ("S", binding)


def test_only_a_partys_own_word_says_of_which_class_its_flight_is_while_its_intent_stands() -> None:
    world = minima(STATE_PAIR, ALL)
    flown(world, A1="state")
    filed = intent(world, "ALFA", "B1", flight="B1", lat=60.0)
    file(world, msgspec.structs.replace(filed, aircraft_class="state"))
    world.run(2)
    assert rules(world) == [("ALL", True)], "ALFA does not say what BRAVO flies"


def test_minima_for_some_parties_or_times_are_about_those_only() -> None:
    for applies_to, expected in (
        (AppliesTo(parties=("BRAVO",)), [("W", True)]),
        (AppliesTo(parties=("X",)), [("ALL", True)]),
        (AppliesTo(to_us=1), [("ALL", True)]),
        (AppliesTo(classes=("state",)), [("W", True)]),
        (AppliesTo(classes=("civil",)), [("ALL", True)]),
    ):
        wide = Separation(id="W", horizontal_m=9_000.0, vertical_m=900.0, applies_to=applies_to)
        world = minima(wide, ALL)
        flown(world, A1="state", B1="state")
        assert rules(world) == expected, applies_to


def test_before_version_4_classes_and_parties_change_no_minima() -> None:
    wide = msgspec.structs.replace(STATE_PAIR, applies_to=AppliesTo(parties=("BRAVO",)))
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    old = pair([worded(base, wide, rules_version=3, aircraft_classes=())])
    assert rules(old) == [("S", True)]


def test_minima_of_what_is_suspended_or_over_are_watched_and_do_not_bind() -> None:
    world = minima(ALL)
    assert rules(world) == [("ALL", True)]
    key = declare(world, "BRAVO", "suspended", reason="orders", effective_us=world.now_us)
    assert key == key_of(world.node("BRAVO").state.scope("AB").terms.declared[key])
    world.run(3)
    for party in ("ALFA", "BRAVO"):
        assert rules(world, party) == [("ALL", False)]
    (alert,) = alerts_of(fly(world, "ALFA", head_on(), 60))
    assert not alert.body.binding
    declare(world, "BRAVO", "in force")
    world.run(3)
    assert rules(world) == [("ALL", True)]
    valid = Interval(from_us=0, to_us=world.now_us + 600 * S)
    ending = minima(ALL, valid=valid)
    assert rules(ending) == [("ALL", True)]
    ending.run(700)
    rule = pair_rule(ending.node("ALFA").state, "ALFA", "BRAVO", ending.now_us)
    assert (rule.clause, rule.binding) == ("ALL", False)


def test_of_two_agreements_the_one_that_still_binds_is_told_though_the_other_asks_for_more() -> (
    None
):
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    other = msgspec.structs.replace(agreement_of("AB2", ("ALFA", "BRAVO")), clauses=(ALL,))
    wide = Separation(id="W", horizontal_m=9_000.0, vertical_m=900.0)
    world = pair([worded(base, wide), other])
    assert rules(world) == [("W", True)]
    declare(world, "BRAVO", "suspended", reason="orders", effective_us=world.now_us)
    world.run(3)
    assert rules(world) == [("ALL", True)]


def test_what_holds_for_two_parties_is_looked_up_once_at_an_instant(monkeypatch) -> None:
    world = minima(ALL)
    asked = []
    stands = pairs.duty_stands
    monkeypatch.setattr(pairs, "duty_stands", lambda *a: asked.append(1) or stands(*a))
    known = PairRules(world.node("ALFA").state, world.now_us)
    for number in range(50):
        assert known.of(Flight("ALFA", f"A{number}"), Flight("BRAVO", "B1"))
    assert len(asked) == 1
