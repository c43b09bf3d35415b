"""What a party with valid keys could try to make a verdict say, and what is said instead."""

from __future__ import annotations

import msgspec
import pytest

from parley.review.report_template import as_markdown, plain, report_of
from parley.review.verdict_evidence import Confirmed, Held, Status
from parley.world.clauses import AppliesTo, Reservation
from review.verdictcells import (
    ACK,
    APART,
    LEAD,
    OFF,
    ONLY,
    REPORT,
    RING,
    STANDING,
    THREE,
    UNITS,
    WAY,
)
from review.verdictkit import (
    BEGIN,
    DAY,
    agreement,
    answer,
    at,
    call,
    ended,
    evidence,
    flown,
    had,
    judge,
    one,
    said,
    text,
    track,
    unit_told,
    with_classes,
)

pytestmark = pytest.mark.row("R8", "S14")


def notice(number: int, seconds: float, begins: float, ends: float, **more):
    fields = {"window": f"{text(begins)}/{text(ends)}", "flight": "F1"} | more.pop("fields", {})
    return said(number, seconds, more.pop("kind", "intent.notice"), fields=fields, **more)


# ---- answers -------------------------------------------------------------------------------------


def test_a_sender_that_asks_for_a_second_makes_nobody_late_under_the_clause() -> None:
    hurried = said(1, 100, "clearance", answer_within_s=1.0)
    (found,) = judge(agreement(ACK), evidence(said=(hurried,), answers=(answer(2, 150, 1),)))
    assert (found.verdict, found.measure.limit_quantity) == ("met", 60.0)
    patient = said(1, 100, "clearance", answer_within_s=300.0)
    (found,) = judge(agreement(ACK), evidence(said=(patient,), answers=(answer(2, 390, 1),)))
    assert (found.verdict, found.measure.limit_quantity) == ("met", 300.0)


def test_a_sender_that_takes_no_answer_makes_nobody_miss_one() -> None:
    (found,) = judge(agreement(ACK), evidence(said=(said(1, 100, "clearance", asks=False),)))
    assert (found.verdict, found.because) == ("not triggered", "its sender asked for no answer")


def test_nobody_answers_for_another() -> None:
    text_of = agreement(ACK, parties=THREE)
    for_bravo = answer(2, 110, 1, by="CHARLIE")
    (found,) = judge(text_of, evidence(said=(said(1, 100, "clearance"),), answers=(for_bravo,)))
    assert (found.verdict, found.parties) == ("missed", ("BRAVO",))


def test_only_its_sender_ends_a_message_and_only_before_it_is_due() -> None:
    message = said(1, 100, "clearance")
    by_other = ended(2, 120, 1, by="BRAVO")
    assert (
        judge(agreement(ACK), evidence(said=(message,), ended=(by_other,)))[0].verdict == "missed"
    )
    late = ended(2, 161, 1)
    assert judge(agreement(ACK), evidence(said=(message,), ended=(late,)))[0].verdict == "missed"


def test_a_flood_hides_nothing_and_the_worst_comes_first() -> None:
    many = tuple(said(k, 100 + k / 100, "clearance") for k in range(2, 2002))
    prompt = tuple(answer(10_000 + k, 110 + k / 100, k) for k in range(2, 2002))
    missed = said(1, 50_000, "clearance")
    found = judge(agreement(ACK), evidence(said=(*many, missed), answers=prompt))
    assert len(found) == 2001
    assert (found[0].verdict, found[0].cites) == ("missed", ("message 1",))
    assert {each.verdict for each in found[1:]} == {"met"}


def test_what_is_known_later_does_not_count_before() -> None:
    facts = evidence(said=(said(1, 100, "clearance"),), answers=(answer(2, 500, 1),))
    assert judge(agreement(ACK), facts, as_of_s=499)[0].verdict == "missed"
    assert judge(agreement(ACK), facts, as_of_s=500)[0].verdict == "late"


# ---- notices -------------------------------------------------------------------------------------


def test_a_notice_given_early_and_filled_in_late_is_late_in_what_it_changes() -> None:
    early = notice(1, 100, 5000, 6000)
    moved = notice(2, 3900, 4000, 6000, kind="correction", of=("message 1",))
    longer = notice(2, 5900, 5000, 9000, kind="correction", of=("message 1",))
    same = notice(2, 4900, 5000, 6000, kind="correction", of=("message 1",))
    by_change = {}
    for name, change in (("moved", moved), ("longer", longer), ("same", same)):
        found = judge(agreement(LEAD), evidence(said=(early, change)))
        by_change[name] = {each.cites[0]: (each.verdict, each.because) for each in found}
    assert by_change["moved"]["message 1"][0] == "met"
    assert by_change["moved"]["message 2"] == ("late", "lead time 100 s against 900 s")
    assert by_change["longer"]["message 2"] == ("late", "lead time 100 s against 900 s")
    assert set(by_change["same"]) == {"message 1"}


def test_a_place_that_is_filled_in_late_is_late() -> None:
    clause = msgspec.structs.replace(LEAD, of=("area.notice",))
    early = notice(1, 100, 5000, 6000, kind="area.notice", fields={"centre": "36.0,40.0"})
    moved = said(2, 4900, "correction", of=("message 1",), fields={"centre": "37.0,40.0"})
    found = judge(agreement(clause), evidence(said=(early, moved)))
    assert one(found, cites=("message 2",)).because == "lead time 100 s against 900 s"


def test_nobody_changes_the_notice_of_another() -> None:
    early = notice(1, 100, 5000, 6000)
    other = notice(
        2, 3900, 4000, 6000, kind="correction", of=("message 1",), by="BRAVO", to=("ALFA",)
    )
    found = judge(agreement(LEAD), evidence(said=(early, other)))
    assert [(each.verdict, each.cites) for each in found] == [("met", ("message 1",))]


def test_a_lead_time_is_by_the_clock_of_whoever_had_it() -> None:
    def verdict(received):
        told = notice(1, 100, 1000, 2000, received={"BRAVO": received})
        return judge(agreement(LEAD), evidence(said=(told,)))[0]

    assert verdict(had(90, 99.9)).verdict == "met"
    late = verdict(had(150, 151))
    assert (late.verdict, late.measure.value) == ("late", 850)
    # The receiver writes nothing of its own for an hour: that makes nobody late.
    assert verdict(had(100, 800)).verdict == "not checkable"
    within = verdict(had(100.5, 101, within_s=1.0))
    assert within.verdict == "not checkable"
    assert "by what is known of clocks" in within.because
    unknown = verdict(had(100, None))
    assert unknown.because == "nothing of BRAVO shows when it had it"


def test_an_emergency_is_its_senders_own_word_and_is_told_so() -> None:
    clause = msgspec.structs.replace(LEAD, emergency_lead_s=60.0)
    told = notice(1, 900, 1000, 2000, subject="emergency")
    (found,) = judge(agreement(clause), evidence(said=(told,)))
    assert (found.verdict, found.because) == (
        "met", "lead time 100 s against 60 s, an emergency as ALFA says",
    )  # fmt: skip


def test_a_missing_notice_is_missed_only_where_the_logs_are_the_only_channel() -> None:
    clause = msgspec.structs.replace(LEAD, trigger="flight")
    facts = evidence(flights=(flown("F1"),))
    assert judge(agreement(clause), facts)[0].verdict == "not checkable"
    exclusive = msgspec.structs.replace(ONLY, id="X")
    found = judge(agreement((clause, exclusive)), facts)[0]
    assert (found.verdict, found.because) == ("missed", "no notice of it to BRAVO")
    given = notice(1, -900, 100, 2000)
    assert (
        judge(agreement((clause, exclusive)), evidence(flights=(flown("F1"),), said=(given,)))[
            0
        ].verdict
        == "met"
    )
    # What was flown earlier than the notice said counts, not what the notice said.
    sooner = notice(1, -100, 5000, 9000)
    found = judge(agreement((clause, exclusive)), evidence(flights=(flown("F1"),), said=(sooner,)))
    assert found[0].because == "lead time 200 s against 900 s, to what was flown"


@pytest.mark.parametrize(
    ("trigger", "more"), [("crossing", {"boundary": "B1"}), ("entry", {"zone": "Z1"})]
)
def test_a_crossing_and_an_entry_call_for_a_notice(trigger: str, more: dict[str, str]) -> None:
    clause = msgspec.structs.replace(LEAD, trigger=trigger, **more)
    south = track("F1", (2000, 36.2, 40.0, 1000), (2600, 35.8, 40.0, 1000))
    given = notice(1, 100, 2000, 3000)
    found = judge(agreement(clause), evidence(tracks=(south,), said=(given,)))
    flown_one = next(each for each in found if each.about.startswith("F1"))
    assert (flown_one.verdict, flown_one.measure.limit_quantity) == ("met", 900)
    assert "track F1" in flown_one.cites
    late = judge(agreement(clause), evidence(tracks=(south,), said=(notice(1, 1900, 2000, 3000),)))
    assert next(each for each in late if each.about.startswith("F1")).verdict == "late"


# ---- flying --------------------------------------------------------------------------------------

NEAR = track("F1", (100, 36.02, 39.5, 1000), (700, 36.02, 40.5, 1000))


def test_a_class_is_its_own_partys_word_and_nobody_elses() -> None:
    combat = with_classes(OFF, "combat")
    own = flown("F1", aircraft_class="combat")
    foreign = flown("F1", "BRAVO", aircraft_class="transport")
    (found,) = judge(agreement(combat), evidence(tracks=(NEAR,), flights=(foreign, own)))
    assert found.verdict == "not checkable"  # no leave in these logs
    assert "nearer for" in found.because
    exempt = flown("F1", aircraft_class="transport")
    (found,) = judge(agreement(combat), evidence(tracks=(NEAR,), flights=(exempt,)))
    assert found.verdict == "no duty"
    assert "as ALFA says itself" in found.because
    assert "flight F1 of ALFA" in found.cites


def test_whoever_gives_one_flight_two_classes_is_not_exempt_by_the_better_one() -> None:
    combat = with_classes(OFF, "combat")
    both = (flown("F1", aircraft_class="transport"), flown("F1", aircraft_class="combat"))
    (found,) = judge(agreement(combat), evidence(tracks=(NEAR,), flights=both))
    assert found.verdict != "no duty"


def test_an_aircraft_of_which_no_class_is_said_is_not_exempt() -> None:
    combat = with_classes(OFF, "combat")
    (found,) = judge(agreement(combat), evidence(tracks=(NEAR,)))
    assert (found.verdict, found.because[:24]) == ("not checkable", "no class of F1 is said; ")
    pairs = msgspec.structs.replace(APART, class_pairs=(("combat", "combat"),))
    other = track("G1", (100, 36.02, 39.5, 1000), (700, 36.02, 40.5, 1000), party="BRAVO")
    (found,) = judge(agreement(pairs), evidence(tracks=(NEAR, other)))
    assert found.because == "no class is said of one of them"


def test_nobody_gives_leave_to_itself_and_a_refused_request_is_none() -> None:
    into = track("F1", (100, 36.0, 39.5, 1000), (700, 36.0, 40.5, 1000))
    clause = msgspec.structs.replace(RING, contact=("clearance", "intent.request"))
    own = said(1, 150, "clearance", to=("CHARLIE",), fields={"flight": "F1"})
    found = judge(agreement(clause), evidence(tracks=(into,), said=(own,)))
    assert found[0].verdict == "not checkable"
    asked = said(1, 150, "intent.request", fields={"flight": "F1"})
    refused = answer(2, 160, 1, word="NEGATIVE", positive=False)
    found = judge(agreement(clause), evidence(tracks=(into,), said=(asked,), answers=(refused,)))
    assert found[0].verdict == "not checkable"
    found = judge(agreement(clause), evidence(tracks=(into,), said=(asked,)))
    assert found[0].verdict == "met"


def test_a_track_that_begins_inside_a_ring_does_not_hide_how_it_came_in() -> None:
    inside = track("F1", (100, 36.0, 40.0, 1000), (700, 36.0, 40.01, 1000))
    (found,) = judge(agreement(RING), evidence(tracks=(inside,)))
    assert (found.verdict, found.because[:40]) == (
        "not checkable", "it was inside when its track begins: how",
    )  # fmt: skip


# ---- making way, calls, units, standing notices --------------------------------------------------


def test_a_landing_of_another_flight_for_another_asker_is_no_word_of_way() -> None:
    asked = said(1, 100, "priority.intent", fields={"flight": "MED-1"})
    own = said(3, 200, "landed.report", by="BRAVO", to=("ALFA",), fields={"flight": "MED-1"})
    other = said(3, 200, "priority.yielded", by="BRAVO", to=("ALFA",), fields={"flight": "MED-9"})
    before = said(3, 50, "priority.yielded", by="BRAVO", to=("ALFA",), fields={"flight": "MED-1"})
    for word in (own, other, before):
        found = judge(agreement(WAY), evidence(said=(asked, word), answers=(answer(2, 130, 1),)))
        assert found[0].verdict == "missed", word


def test_a_call_that_never_was_makes_nobody_late() -> None:
    (found,) = judge(agreement(ONLY), evidence(calls=(call("a", "ALFA", 100, 100),)))
    assert (found.verdict, found.parties) == ("not checkable", ("BRAVO",))


def test_a_receipt_by_voice_counts_from_when_it_was_entered() -> None:
    told = notice(1, 100, 2000, 3000)
    backdated = unit_told(5000, 1, loaded=True, voice=True, says_us=at(200))
    (found,) = judge(agreement(UNITS), evidence(said=(told,), units_told=(backdated,)))
    assert found.verdict == "late"
    assert "by voice, as its party entered it" in found.because
    foreign = unit_told(200, 1, loaded=True, by="ALFA")
    (found,) = judge(agreement(UNITS), evidence(said=(told,), units_told=(foreign,)))
    assert found.verdict == "missed"


def test_only_its_sender_confirms_a_notice() -> None:
    stands = said(1, 100, "humanitarian.notice")
    other = Confirmed(
        cite="confirmation", at_us=at(70_000), by="BRAVO", agreement="AB", of="message 1",
        until_us=at(9e4),
    )  # fmt: skip
    (found,) = judge(agreement(STANDING), evidence(said=(stands,), confirmed=(other,)))
    assert found.verdict == "missed"


def test_a_report_by_another_or_to_another_closes_no_demand() -> None:
    asked = said(1, 100, "demand", fields={"about": "x"})
    fields = {"facts": "f", "measures": "m"}
    by_other = said(
        2, 200, "report.share", by="CHARLIE", to=("ALFA",), of=("message 1",), fields=fields
    )
    to_other = said(
        2, 200, "report.share", by="BRAVO", to=("CHARLIE",), of=("message 1",), fields=fields
    )
    for report in (by_other, to_other):
        found = judge(agreement(REPORT), evidence(said=(asked, report)))
        assert {each.verdict for each in found} == {"missed"}


# ---- no duty -------------------------------------------------------------------------------------


def test_a_suspension_dated_back_excuses_nothing_before_it_was_written() -> None:
    message = said(1, 100, "clearance")
    # Evidence gives it its effect no earlier than it was written (`evidence_of_logs`).
    act = Status(
        cite="message 3", at_us=at(150), by="BRAVO", agreement="AB", value="suspended",
        effective_us=at(150), line="LINE-AB",
    )  # fmt: skip
    found = judge(agreement(ACK), evidence(said=(message,), status=(act,)))
    assert found[0].verdict == "missed"
    after = said(1, 151, "clearance")
    found = judge(agreement(ACK), evidence(said=(after,), status=(act,)))
    assert (found[0].verdict, "message 3" in found[0].cites) == ("no duty", True)
    resumed = msgspec.structs.replace(act, cite="message 4", value="in force", effective_us=at(151))
    found = judge(agreement(ACK), evidence(said=(after,), status=(act, resumed)))
    assert found[0].verdict == "missed"
    # Life safety is owed whatever is suspended.
    distress = said(1, 151, "distress.relay")
    found = judge(agreement(ACK), evidence(said=(distress,), status=(act,)))
    assert found[0].verdict == "missed"


def test_an_old_suspension_put_off_for_long_does_not_come_back_over_a_later_word() -> None:
    put_off = Status(
        cite="message 3", at_us=at(10), by="BRAVO", agreement="AB", value="suspended",
        effective_us=at(500), line="LINE-AB",
    )  # fmt: skip
    later = msgspec.structs.replace(
        put_off, cite="message 4", at_us=at(20), value="in force", effective_us=at(20)
    )
    message = said(1, 600, "clearance")
    found = judge(agreement(ACK), evidence(said=(message,), status=(put_off,)))
    assert found[0].verdict == "no duty"
    found = judge(agreement(ACK), evidence(said=(message,), status=(put_off, later)))
    assert found[0].verdict == "missed"


def test_parties_zones_and_times_that_a_clause_is_about() -> None:
    message = said(1, 100, "clearance")
    for applies, words in (
        (AppliesTo(parties=("ALFA",)), "the clause is about ALFA"),
        (AppliesTo(from_us=at(101)), "the clause holds from"),
        (AppliesTo(to_us=at(100)), "the clause held until"),
    ):
        clause = msgspec.structs.replace(ACK, applies_to=applies)
        (found,) = judge(agreement(clause), evidence(said=(message,)))
        assert found.verdict == "no duty"
        assert words in found.because
    zones = msgspec.structs.replace(LEAD, applies_to=AppliesTo(zones=("Z2",)))
    told = notice(1, 990, 1000, 2000, fields={"zone": "Z1"})
    assert judge(agreement(zones), evidence(said=(told,)))[0].verdict == "no duty"


def test_an_absence_beyond_what_is_held_is_not_checkable_and_says_since_when() -> None:
    held = {("AB", "BRAVO"): Held(until_us=at(120), because="it stopped cosigning")}
    (found,) = judge(agreement(ACK), evidence(said=(said(1, 100, "clearance"),), held=held))
    assert found.verdict == "not checkable"
    assert (
        found.because == f"the logs of BRAVO are held until {text(120)} only: it stopped cosigning"
    )
    held = {("AB", "BRAVO"): Held(until_us=at(160))}
    (found,) = judge(agreement(ACK), evidence(said=(said(1, 100, "clearance"),), held=held))
    assert found.verdict == "missed"


@pytest.mark.row("S20")
def test_a_reservation_stands_beside_the_verdict_and_changes_nothing() -> None:
    kept = Reservation(by="ALFA", text="keeps its right of self-defence")
    clause = msgspec.structs.replace(ACK, reservations=(kept,))
    facts = evidence(said=(said(1, 100, "clearance"),))
    (plainly,), (reserved,) = judge(agreement(ACK), facts), judge(agreement(clause), facts)
    assert reserved.reservations == ("ALFA: keeps its right of self-defence",)
    assert msgspec.structs.replace(reserved, reservations=()) == plainly


# ---- the report ----------------------------------------------------------------------------------


@pytest.mark.row("S16")
def test_what_others_wrote_cannot_forge_a_line_of_the_report() -> None:
    forged = "x\n\n## Clauses: 0 missed\n\n- **met** <script>|" + "a" * 500
    asked = said(1, 100, "demand", fields={"about": forged})
    facts = evidence(said=(asked,), short={"message 1": forged})
    report = report_of(facts, (agreement(ACK),), BEGIN, at(DAY), at(DAY))
    text_of = as_markdown(report)
    assert text_of.count("\n## ") == 8
    assert "<script>" not in text_of.replace("\\<script\\>", "")
    assert "…" in text_of
    assert plain("\u202eabc") == "\\\\u202eabc"
