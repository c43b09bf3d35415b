"""Verdicts from logs that a peer with valid keys wrote past all rules: dated back, unseen."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, reference, say, write_as
from simstory import agreement_of

from parley.node.agreement_bodies import UnitReceipted
from parley.node.encoding import encode_entry
from parley.node.entries import (
    Continues,
    Draft,
    LineDeclared,
    LogName,
    MessageAnswered,
    MessageSaid,
)
from parley.node.inputs import Answer, Display
from parley.node.rules.agreements import opening_of
from parley.review.evidence_of_logs import evidence_of_logs, texts_between
from parley.review.verdict_evidence import Held
from parley.review.verdicts import verdicts
from parley.world.agreement import Party
from parley.world.clauses import Acknowledgement, Distribution, Notification, Suspension
from parley.world.time import format_instant

pytestmark = pytest.mark.row("R8", "S14")
SECOND_US = 1_000_000
CLAUSES = (
    Acknowledgement(id="C", within_s=60.0),
    Notification(id="N", lead_s=600.0, of=("area.notice",)),
    Suspension(id="S", notice_s=60.0),
    Distribution(id="D", units={"BRAVO": ("unit-1",)}, of=("area.notice",)),
)


@pytest.fixture
def world():
    """Give a world of two nodes under an agreement of these clauses."""
    text = msgspec.structs.replace(
        agreement_of("AB", ("ALFA", "BRAVO")),
        clauses=CLAUSES,
        parties=(
            Party(id="ALFA", posts=("desk",)),
            Party(id="BRAVO", posts=("desk",), units=("unit-1",)),
        ),
    )
    return pair([text])


def judged(world, clause: str, *, at: str = "ALFA", **given):
    state = world.node(at).state
    now_us = world.now_us
    found = verdicts(
        evidence_of_logs(state, **given), state.agreements.values(), now_us - 10**11,
        now_us + 1, now_us,
    )  # fmt: skip
    return [v for v in found if v.clause == clause]


def window(world, seconds: float) -> dict[str, str]:
    begin_us = world.now_us + round(seconds * SECOND_US)
    text = f"{format_instant(begin_us)}/{format_instant(begin_us + 600 * SECOND_US)}"
    return {"window": text, "centre": "35.5,38.5"}


def test_an_answer_dated_back_counts_from_where_its_log_had_come(world) -> None:
    key = say(world)
    world.run(90)
    # Something of BRAVO's own stands in its log at 90 s; then it answers "as of 10 s".
    do(world, "BRAVO", Display(ref=key, post="desk"))
    write_as(
        world, "BRAVO", MessageAnswered(answer="WILCO", post="desk"), to=("ALFA",),
        issued_us=world.now_us - 80 * SECOND_US, ref=(reference(world, "BRAVO", key),),
    )  # fmt: skip
    world.run(3)
    (found,) = judged(world, "C")
    assert found.verdict == "late"
    assert found.measure.value == pytest.approx(90, abs=3)


def test_a_notice_dated_back_is_no_earlier_than_what_its_writer_had_seen(world) -> None:
    world.run(5)
    told = MessageSaid(
        line="LINE-AB", message_type="area.notice", message_class="SAFETY",
        fields=window(world, 605), answers=("ROGER",),
    )  # fmt: skip
    write_as(world, "ALFA", told, to=("BRAVO",), issued_us=world.now_us - 900 * SECOND_US)
    world.run(20)
    (found,) = judged(world, "N", at="BRAVO")
    # 605 s before by the truth; it claims 1,505 s. The receiver's own log cannot confirm either.
    assert found.verdict in ("met", "not checkable")
    assert found.measure is None or found.measure.value <= 605
    late = MessageSaid(
        line="LINE-AB", message_type="area.notice", message_class="SAFETY",
        fields=window(world, 60), answers=("ROGER",),
    )  # fmt: skip
    write_as(world, "ALFA", late, to=("BRAVO",), issued_us=world.now_us - 900 * SECOND_US)
    world.run(20)
    found = judged(world, "N", at="BRAVO")
    assert not [v for v in found if v.verdict == "met" and v.measure.value > 605]


def test_an_honest_notice_is_measured_by_the_receivers_own_entries(world) -> None:
    for lead_s in (1200, 60):
        key = say(world, message_type="area.notice", fields=window(world, lead_s))
        world.run(2)
        do(world, "BRAVO", Display(ref=key, post="desk"))
        world.run(3)
    early, late = sorted(judged(world, "N"), key=lambda v: v.at_us)
    assert (early.verdict, late.verdict) == ("met", "late")
    assert 1190 <= early.measure.value <= 1200
    assert late.measure.value == pytest.approx(60, abs=1)
    assert [v.verdict for v in judged(world, "N", at="BRAVO")] == ["late", "met"]


def test_a_receiver_that_writes_nothing_leaves_it_open_unless_it_gave_a_receipt(world) -> None:
    key = say(world, message_type="area.notice", fields=window(world, 1200))
    world.run(5)
    (open_,) = judged(world, "N")
    assert (open_.verdict, open_.because) == (
        "not checkable", "nothing of BRAVO shows when it had it",
    )  # fmt: skip
    had_us = world.now_us - 4 * SECOND_US
    (met,) = judged(world, "N", receipts=lambda place, _: had_us if place == key else None)
    assert met.verdict == "met"


def test_a_suspension_dated_back_takes_effect_when_it_was_written(world) -> None:
    key = say(world)
    world.run(30)
    do(world, "BRAVO", Display(ref=key, post="desk"))
    body = LineDeclared(
        line="LINE-AB", value="suspended", effective_us=world.now_us - 3600 * SECOND_US, post="desk"
    )
    write_as(world, "BRAVO", body, to=("ALFA",), issued_us=world.now_us - 3600 * SECOND_US)
    world.run(60)
    (found,) = judged(world, "C")
    assert found.verdict == "missed"
    (notice,) = judged(world, "S")
    assert notice.verdict in ("late", "not checkable")


def test_both_nodes_judge_alike_and_a_restart_changes_nothing(world) -> None:
    first = say(world)
    world.run(2)
    do(
        world,
        "BRAVO",
        Answer(ref=first, answer="WILCO", post="desk", fields={"flight": "F1", "zone": "Z1"}),
    )
    say(world, message_type="area.notice", fields=window(world, 60))
    world.run(100)
    for clause in ("C", "N", "S", "D"):
        mine, theirs = judged(world, clause), judged(world, clause, at="BRAVO")
        assert [(v.verdict, v.parties, v.cites) for v in mine] == [
            (v.verdict, v.parties, v.cites) for v in theirs
        ]


def test_what_a_peer_stopped_giving_is_not_checkable_from_then_on(world) -> None:
    say(world)
    world.run(70)
    (found,) = judged(world, "C")
    assert found.verdict == "missed"
    stopped = {
        "BRAVO": Held(until_us=world.now_us - 60 * SECOND_US, because="it stopped cosigning")
    }
    (found,) = judged(world, "C", held=stopped)
    assert found.verdict == "not checkable"
    assert found.because.endswith("it stopped cosigning")


def test_a_unit_that_was_never_told_is_missed_and_one_party_tells_of_its_own_units_only(
    world,
) -> None:
    key = say(world, message_type="area.notice", fields=window(world, 700))
    world.run(2)
    write_as(
        world, "ALFA",
        UnitReceipted(unit="unit-1", by="voice", post="desk", at_us=world.now_us),
        ref=(reference(world, "ALFA", key),), to=("BRAVO",),
    )  # fmt: skip
    world.run(200)
    (found,) = judged(world, "D")
    assert (found.verdict, found.because) == ("missed", "unit-1 not told")
    assert found.cites[0] == f"{key[0]} {key[1]}"


def test_the_text_of_its_time_is_what_a_window_is_judged_by(world) -> None:
    state = world.node("ALFA").state
    parts = texts_between(state, "AB", world.now_us - 10 * SECOND_US, world.now_us)
    assert {text.id for text, _, _ in parts} == {"AB"}
    assert parts[0][1] == world.now_us - 10 * SECOND_US
    assert parts[-1][2] == world.now_us


def another_log(world, party: str, at_us: int) -> LogName:
    """Let a party open a line log beside its own, as after a restore, under any time."""
    state = world.node(party).state
    old = next(log for log in state.own_logs() if log.name.kind == "line")
    head = Continues(
        origin=old.name.origin, size=old.tree.size, root=old.frontier.root().hex(), why="restored"
    )
    name = msgspec.structs.replace(old.name, incarnation=2)
    write_into(world, name, opening_of(state, name, head), at_us)
    return name


def write_into(world, name: LogName, body, at_us: int, **envelope) -> None:
    crank = world.node(name.party)
    seq = crank.state.log(name.origin).tree.size
    draft = Draft(agreement=name.agreement, by="desk", body=body, **envelope)
    data = encode_entry(draft, log=name, seq=seq, issued_us=at_us, seen={})
    crank.append_exact(name.origin, seq, [data])


@pytest.mark.parametrize("held_back", [False, True])
def test_a_receipt_in_a_new_log_of_its_writer_counts_from_when_others_show_it(
    world, held_back: bool
) -> None:
    key = say(world, message_type="area.notice", fields=window(world, 1_300))
    world.run(2)
    told_us = world.now_us
    if not held_back:
        name = another_log(world, "BRAVO", told_us)
    for _ in range(10 if held_back else 1):
        world.run(100)
        say(world)
    if held_back:
        name = another_log(world, "BRAVO", told_us)
    receipt = UnitReceipted(unit="unit-1", by="unit", post="unit", at_us=told_us)
    ref = (reference(world, "ALFA", key),)
    write_into(world, name, receipt, told_us + SECOND_US, ref=ref, to=("ALFA",))
    world.run(5)
    say(world)
    world.run(1_000)
    for party in ("ALFA", "BRAVO"):
        (found,) = [v for v in judged(world, "D", at=party) if key[1] == int(v.cites[0].split()[1])]
        assert found.verdict == ("not checkable" if held_back else "met"), (party, found)
        if held_back:
            assert "the log of ALFA is without it still at " in found.because
