"""What a verdict must leave open, and what it must not call missed: ends of lines, dates, texts."""

from __future__ import annotations

import msgspec
import pytest

from parley.review.verdict_evidence import Confirmed, Evidence, Later, Present, Renewed, Status
from parley.world.agreement import Line, LineEnd
from parley.world.clauses import (
    Acknowledgement,
    Distribution,
    IntentLimits,
    Notification,
    PositionCheck,
    StandingNotice,
    StandOff,
    Validity,
    Watch,
)
from parley.world.time import Interval
from review.verdictkit import (
    agreement,
    answer,
    at,
    ended,
    evidence,
    judge,
    one,
    planned,
    said,
    text,
    track,
    unit_told,
)

pytestmark = pytest.mark.row("R8", "S14")
NOTICE = "area.notice"
UNITS = Distribution(id="C", units={"BRAVO": ("bravo-1",)}, of=(NOTICE,), before_s=600.0)


def notice(seconds: float = 0, begins: float = 1_800, **changes):
    fields = {"window": f"{text(begins)}/{text(begins + 600)}", "centre": "36.0,40.0"}
    return said(1, seconds, NOTICE, fields=fields, **changes)


# ---- beyond the end of a line --------------------------------------------------------------------

OFF = StandOff(id="C", boundary="B1", distance_m=5_000.0)


def test_beyond_the_end_of_a_line_nothing_was_kept() -> None:
    # The line ends at 41 E: 20 km further on nobody drew it, and it may be there.
    past = track("F1", (0, 36.0, 41.2, 1e3), (600, 36.0, 41.4, 1e3))
    (found,) = judge(agreement(OFF), evidence(tracks=(past,)))
    assert found.verdict == "not checkable"
    assert "beyond the end of B1" in found.because


def test_on_the_way_past_the_end_it_is_open_and_beside_the_line_it_is_met() -> None:
    beside = track("F1", (0, 36.3, 40.2, 1e3), (600, 36.3, 40.4, 1e3))
    (found,) = judge(agreement(OFF), evidence(tracks=(beside,)))
    assert found.verdict == "met"
    # Most of it beside the line, a minute past its end: the minute is open.
    out = track("F1", (0, 36.3, 40.2, 1e3), (600, 36.3, 41.1, 1e3), (660, 36.3, 40.9, 1e3))
    (found,) = judge(agreement(OFF), evidence(tracks=(out,)))
    assert found.verdict == "not checkable"


def test_nearer_than_agreed_to_the_very_end_is_missed() -> None:
    close = track("F1", (0, 36.0, 41.005, 1e3), (600, 36.0, 41.01, 1e3))
    (found,) = judge(agreement(OFF), evidence(tracks=(close,)))
    assert found.verdict == "missed"


def test_what_cannot_be_decided_says_the_uncertainty_and_the_margin() -> None:
    edge = track("F1", (0, 36.0455, 40.2, 1e3), (600, 36.0455, 40.4, 1e3))
    (found,) = judge(agreement(OFF), evidence(tracks=(edge,)))
    assert found.verdict == "not checkable"
    assert "cannot decide 5 km with an uncertainty of 0.1 km at a margin of 0.0" in found.because
    check = PositionCheck(id="C", named_place_within_m=2_000.0)
    fields = {"named_place": "Vague", "position": "36.01,40.0"}
    (found,) = judge(agreement(check), evidence(said=(said(1, 0, "free.text", fields=fields),)))
    assert "cannot decide 2 km with an uncertainty of 10 km at a margin of 0.8" in found.because


# ---- suspended, and about lives ------------------------------------------------------------------


def suspended() -> Status:
    return Status(
        cite="act 1", at_us=at(-600), by="BRAVO", agreement="AB", value="suspended",
        effective_us=at(-500),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [({}, "no duty"), ({"life_safety": True}, "missed"), ({"message_class": "DISTRESS"}, "missed")],
)
@pytest.mark.parametrize(
    "clause",
    [
        UNITS,
        Notification(id="C", lead_s=60.0, of=(NOTICE,), required_units=UNITS.units),
    ],
)
def test_units_are_to_be_told_of_what_is_about_lives_whatever_is_suspended(
    clause, changes, verdict: str
) -> None:
    facts = evidence(said=(notice(**changes),), status=(suspended(),))
    found = one(judge(agreement(clause), facts), about=f"bravo-1 of BRAVO told of {NOTICE}")
    assert found.verdict == verdict


def test_what_is_replaced_before_its_units_were_due_is_not_missed() -> None:
    replaced = ended(2, 6, 1, word="replaced")
    (found,) = judge(agreement(UNITS), evidence(said=(notice(),), ended=(replaced,)))
    assert found.verdict == "not triggered"
    assert found.because.startswith("replaced by its sender at ")
    assert found.cites == ("message 1", "message 2")
    # Over only after the units were due, it excuses nobody; nor does another's word.
    for late in (ended(2, 1_300, 1), ended(2, 6, 1, by="BRAVO")):
        (found,) = judge(agreement(UNITS), evidence(said=(notice(),), ended=(late,)))
        assert found.verdict == "missed"


# ---- dated back ----------------------------------------------------------------------------------


def later(lacked: float, since: float | None) -> Later:
    return Later(by="ALFA", lacked_us=at(lacked), since_us=None if since is None else at(since))


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (None, "met"),
        (later(300, 1_100), "met"),
        (later(1_500, 2_000), "not checkable"),
        (later(1_500, None), "not checkable"),
    ],
)
def test_a_receipt_that_others_show_only_after_it_was_due_decides_nothing(shown, verdict) -> None:
    told = unit_told(100, 1, later=shown)
    (found,) = judge(agreement(UNITS), evidence(said=(notice(),), units_told=(told,)))
    assert found.verdict == verdict
    if verdict == "not checkable":
        assert "dated " in found.because
        assert "the log of ALFA is without it still at " in found.because


def test_a_sure_receipt_counts_beside_one_that_is_not_and_late_stays_late() -> None:
    doubted = unit_told(100, 1, later=later(1_500, 2_000))
    sure = unit_told(200, 1, cite="receipt 2")
    (found,) = judge(agreement(UNITS), evidence(said=(notice(),), units_told=(doubted, sure)))
    assert (found.verdict, found.cites) == ("met", ("message 1", "receipt 2"))
    (found,) = judge(
        agreement(UNITS),
        evidence(said=(notice(),), units_told=(unit_told(1_300, 1, later=later(1_500, 2_000)),)),
    )
    assert found.verdict == "late"


@pytest.mark.row("R4")
@pytest.mark.parametrize(("again_s", "verdict"), [(None, "missed"), (900, "met"), (1_300, "late")])
def test_a_unit_that_has_the_old_notice_must_be_told_of_the_corrected_one(again_s, verdict) -> None:
    """As the list of units not told reads HAS THE OLD ONE, a verdict must not read met alone."""
    put_right = said(2, 500, "correction", of=("message 1",), fields={"centre": "36.5,40.0"})
    told = [unit_told(100, 1)]
    told += [] if again_s is None else [unit_told(again_s, 2, cite="receipt 2")]
    facts = evidence(
        said=(notice(), put_right), ended=(ended(2, 500, 1, word="corrected"),),
        units_told=tuple(told),
    )  # fmt: skip
    found = judge(agreement(UNITS), facts)
    first, second = sorted(found, key=lambda each: each.cites[0])
    assert first.verdict == "met"
    assert (second.verdict, second.cites[0]) == (verdict, "message 2")
    assert "of BRAVO told of correction" in second.about


def test_an_answer_that_others_show_only_after_it_was_due_decides_nothing() -> None:
    clause = Acknowledgement(id="C", within_s=60.0)
    for shown, verdict in ((None, "met"), (later(400, 500), "not checkable")):
        facts = evidence(said=(said(1, 0, "clearance"),), answers=(answer(2, 30, 1, later=shown),))
        (found,) = judge(agreement(clause), facts)
        assert found.verdict == verdict


def test_a_confirmation_dated_back_hides_no_gap() -> None:
    clause = StandingNotice(id="C", of=(NOTICE,), reconfirm_every_s=3_600.0)

    def confirmed(shown: Later | None) -> Confirmed:
        return Confirmed(
            cite="word 1", at_us=at(3_000), by="ALFA", agreement="AB", of="message 1",
            until_us=at(9_000), later=shown,
        )  # fmt: skip

    for shown, verdict in ((None, "met"), (later(5_000, 6_000), "not checkable")):
        facts = evidence(said=(notice(),), confirmed=(confirmed(shown),))
        (found,) = judge(agreement(clause), facts, as_of_s=6_500)
        assert found.verdict == verdict


def test_a_renewal_dated_back_into_the_time_of_its_text_decides_nothing() -> None:
    clause = Validity(id="C", renewal="consensus", renew_s=86_400.0)
    valid = Interval(from_us=at(-1_000), to_us=at(1_000))
    for shown, verdict in ((None, "met"), (later(1_500, 2_000), "not checkable")):
        renewed = Renewed(
            cite="word 1", at_us=at(500), by="ALFA", agreement="AB", until_us=at(50_000),
            later=shown,
        )  # fmt: skip
        found = judge(agreement(clause, valid=valid), evidence(renewed=(renewed,)))
        assert one(found, parties=("ALFA",)).verdict == verdict


# ---- a text that was in force for a moment -------------------------------------------------------


def test_nobody_at_a_post_for_a_moment_meets_nothing() -> None:
    line = Line(id="LINE-AB", ends=(LineEnd(party="ALFA", post="desk"), LineEnd(party="BRAVO")))
    clause = Watch(id="C", hours="24/7", gap_s=600.0, posts=("desk",))
    text_of = agreement(clause, lines=(line,))
    (found,) = judge(text_of, evidence(), to_s=300)
    assert found.verdict == "not checkable"
    assert "in force for 300 s, no longer than the 600 s" in found.because
    there = Present(
        cite="act 1", at_us=at(-10), by="ALFA", agreement="AB", line="LINE-AB", post="desk",
        present=True,
    )  # fmt: skip
    (found,) = judge(text_of, evidence(present=(there,)), to_s=300)
    assert found.verdict == "met"


# ---- intents: the same as looking through all, and not as dear -----------------------------------


def test_intents_are_counted_as_looking_through_all_of_them_counts() -> None:
    clause = IntentLimits(id="C", standing_max=3, unflown_max=2)
    filed = []
    for n in range(120):
        begins, lasts = 50 * n + 10, (n * 37) % 400 + 20
        filed.append(
            planned(
                f"I{n % 90}", 50 * n, begins, begins + lasts, by=("ALFA", "BRAVO")[n % 3 == 0],
                cite=f"intent {n}", flown=n % 4 == 0,
                ended_us=at(begins + 15) if n % 5 == 0 else None,
            )
        )  # fmt: skip
    found = judge(agreement(clause), evidence(planned=tuple(filed)))
    words = {v.cites[0]: v for v in found}
    for n, intent in enumerate(filed):
        before = [p for p in filed[:n] if p.by == intent.by and p.intent != intent.intent]
        standing = [
            p for p in before
            if (p.ended_us is None or p.ended_us > intent.at_us) and p.to_us > intent.at_us
        ]  # fmt: skip
        unflown = [p for p in before if not p.flown and p.to_us <= intent.at_us]
        broken = len(standing) + 1 > 3 or len(unflown) > 2
        assert words[intent.cite].verdict == ("missed" if broken else "met"), n
        if len(standing) + 1 > 3:
            assert words[intent.cite].measure.value == len(standing) + 1
            assert set(words[intent.cite].cites[1:]) == {p.cite for p in standing[:20]}
    assert len({v.verdict for v in found}) == 2


def test_evidence_may_be_cut_twice() -> None:
    facts = evidence(said=(notice(),))
    assert isinstance(facts, Evidence)
    assert facts.until(at(5)).until(at(5)).said == facts.until(at(5)).said
    assert msgspec.structs.asdict(facts.said[0])["cite"] == "message 1"
