"""Cases of history replayed: what went wrong then cannot happen unseen here."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodekit import do, pair, reference, say, thread
from replaykit import Replay
from simstory import agreement_of
from simworld import SECOND_US

from longer import more
from parley.app.custody_views import no_receipts
from parley.app.message_views import messages
from parley.node.inputs import Answer, DeclareLine, Display, LogCall, Tick, TrackReports
from parley.node.line_bodies import NoticeDiffers
from parley.node.picture import TrackReport
from parley.node.rules.hotline import CLOSING, closing_answer, ladder_of_thread, outcome_of
from parley.node.rules.notices import lead_time_of
from parley.node.rules.threads import ending_of
from parley.node.state import key_of
from parley.world.clauses import Notification
from parley.world.faults import InputFault
from parley.world.norms import norms
from parley.world.time import format_instant

FIELDS = {"flight": "F1", "zone": "Z1"}


def held(world, party: str, key):
    state = world.node(party).state
    scope = next(s for s in state.scopes.values() if key in s.threads)
    return state, scope, scope.threads[key]


def view(world, party: str, key):
    rows = messages(world.node(party).state, world.now_us, receipts=no_receipts)
    return next(row for row in rows if row.key == key)


@pytest.mark.row("A7", "S9", "R2")
def test_the_27_minutes_of_2016_cannot_happen_unseen() -> None:
    """Message 10: nobody answers for 1620 s; three posts are called, all of it is in the log."""
    replay = Replay("syria-2017-06", (10, 11))
    world = replay.world
    replay.until(0.0)
    key = replay.keys[10]
    said_us = held(world, "RUS", key)[2].said.issued_us
    seen = {}
    for at_s in (59, 62, 182, 602, 1619):
        replay.until(at_s)
        # Both sides see the same at each moment: at the desk that waits and at the one that sleeps.
        for party in ("RUS", "COAL"):
            state, scope, message = held(world, party, key)
            outcome = outcome_of(state, scope, message, "COAL", world.now_us)
            tried = ladder_of_thread(state, scope, message, "COAL", world.now_us)
            called = [r.post for r in tried.rungs if r.called_us is not None][1:]
            overdue = bool(message.overdue)
            seen[(at_s, party)] = (outcome.word, overdue, called)
    posts = ["duty-officer", "alternate", "commander"]
    for party in ("RUS", "COAL"):
        assert seen[(59, party)] == ("waiting", False, [])
        assert seen[(62, party)] == ("unanswered", True, posts[:1])
        assert seen[(182, party)] == ("unanswered", True, posts[:2])
        assert seen[(602, party)] == ("unanswered", True, posts)
        assert seen[(1619, party)] == ("unanswered", True, posts)
        assert view(world, party, key).open
    replay.all(after_s=5)
    state, scope, message = held(world, "COAL", key)
    steps = {step: entry.issued_us for (_, step), entry in message.escalated.items()}
    for (_, us), due_s in zip(sorted(steps.items()), (60, 180, 600), strict=True):
        assert 0 <= us - said_us - due_s * SECOND_US <= 2 * SECOND_US
    closed = closing_answer(message, "COAL")
    assert round((closed.issued_us - said_us) / SECOND_US) == 1620
    assert ("COAL", "answer") in message.overdue, "late stays late"
    rungs = ladder_of_thread(state, scope, message, "COAL", world.now_us).rungs
    assert [r.result for r in rungs] == ["no answer", "no answer", "no answer", "answered"]


@pytest.mark.row("R2", "S9")
def test_a_call_refused_by_policy_is_neither_unanswered_nor_a_technical_failure() -> None:
    """US and China, February 2023: a call was offered and refused; three things, three words."""
    world = pair()
    keys = [say(world, message_class="URGENT") for _ in range(3)]
    world.run(2)
    do(world, "BRAVO", Display(ref=keys[1], post="desk"))
    for key, outcome, reason in (
        (keys[0], "refused", "policy: no talks"), (keys[2], "technical failure", "no line"),
    ):  # fmt: skip
        do(world, "ALFA", LogCall(
            agreement="AB", line="LINE-AB", post="desk", party="BRAVO", outcome=outcome,
            reason=reason, began_us=world.now_us, ref=(reference(world, "ALFA", key),),
        ))  # fmt: skip
    world.run(120)
    # Whoever called says so alone: nobody refuses by another's word.
    (alone,) = {
        outcome_of(*held(world, party, keys[0]), "BRAVO", world.now_us).text
        for party in ("ALFA", "BRAVO")
    }
    assert alone.startswith("unanswered since ")
    assert alone.endswith("; call: refused, says ALFA alone: policy: no talks")
    do(world, "BRAVO", LogCall(
        agreement="AB", line="LINE-AB", post="desk", party="ALFA", direction="received",
        outcome="refused", reason="policy: no talks", began_us=world.now_us - 119 * SECOND_US,
        ref=(reference(world, "BRAVO", keys[0]),),
    ))  # fmt: skip
    world.run(2)
    for party in ("ALFA", "BRAVO"):
        found = [outcome_of(*held(world, party, key), "BRAVO", world.now_us) for key in keys]
        assert [each.word for each in found] == ["refused", "unanswered", "technical failure"]
        assert found[0].detail == "call: policy: no talks"
        shown = [view(world, party, key).ladder[0].outcome_text for key in keys]
        assert shown[0] == "refused call: policy: no talks"
        assert shown[1].startswith("unanswered since")
        assert shown[2] == "technical failure call: no line"
    assert view(world, "ALFA", keys[0]).open, "refused by voice is still no answer"


@pytest.mark.row("R12", "R2")
def test_the_notice_one_minute_before_is_late_and_its_north_was_west() -> None:
    """Il-20, 2018: a minute's notice of the north; the aircraft was in the west."""
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    lead = Notification(id="M2", lead_s=900.0, of=("intent.notice",))
    world = pair([msgspec.structs.replace(base, clauses=(*base.clauses, lead))])
    # The receiver's clock counts: this sender's is ahead, as if the notice came after its window.
    world.clock_offset_us["ALFA"] = 120 * SECOND_US
    world.run(180)
    begins_us = world.now_us + 60 * SECOND_US
    window = f"{format_instant(begins_us)}/{format_instant(begins_us + 1800 * SECOND_US)}"
    fields = {"flight": "F1", "window": window, "centre": "36.2,37.0", "radius_m": "20000"}
    key = say(world, message_type="intent.notice", fields=fields)
    world.run(5)
    verdict = lead_time_of(*held(world, "BRAVO", key))
    assert verdict.verdict == "late"
    assert verdict.value_s == pytest.approx(60, abs=1.5)
    assert verdict.clause == "M2"
    world.run(120)
    found = []
    for _ in range(5):
        world.run(5)
        report = TrackReport(
            aircraft="F1", at_us=world.now_us, lat_deg=35.5, lon_deg=35.8, altitude_m=5000.0,
            altitude_reference="AMSL", party="ALFA",
        )  # fmt: skip
        written = do(world, "BRAVO", TrackReports(feed="F", reports=(report,)))
        found += [entry.body for entry in written if isinstance(entry.body, NoticeDiffers)]
    (differs,) = found
    assert differs.distance_mm > 100_000_000
    world.run(1)
    for party in ("ALFA", "BRAVO"):
        shown = view(world, party, key)
        assert len(shown.differs) == 1
        assert shown.differs[0].startswith("F1 seen ")
    assert view(world, "BRAVO", key).lead_text.startswith("late: lead time ")


@pytest.mark.row("A8", "S5", "S49")
def test_the_person_in_distress_is_delivered_while_the_agreement_is_suspended() -> None:
    """Messages 12 to 15 of the drill."""
    replay = Replay("syria-2017-06", (12, 13))
    replay.all()
    world = replay.world
    _, scope, message = held(world, "RUS", replay.keys[12])
    do(world, "RUS", DeclareLine(
        agreement=scope.agreement_id, line=message.body.line, post="air-desk", value="suspended",
    ))  # fmt: skip
    world.run(3601 + norms().line.suspension_margin_s)
    common = {"agreement": scope.agreement_id, "line": message.body.line, "post": "air-desk"}
    with pytest.raises(InputFault, match="suspended by RUS"):
        say(world, "COAL", "RUS", message_type="free.text", fields={}, **common)
    fields = {"position": "35.7,38.7", "time": format_instant(world.now_us)}
    key = say(
        world, "COAL", "RUS", message_type="distress.relay", fields=fields, confirmed=False,
        **common,
    )  # fmt: skip
    world.run(1)
    do(world, "RUS", Answer(ref=key, post="commander", answer="ROGER", fields=fields))
    world.run(1)
    found = outcome_of(*held(world, "COAL", key), "RUS", world.now_us)
    assert found.text == "answered ROGER"


# ---- whatever people do -------------------------------------------------------------------------

MINUTE = st.integers(min_value=1, max_value=90)
ACT = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(("URGENT", "SAFETY", "DISTRESS")), st.booleans()),
    st.tuples(st.just("answer"), st.integers(0, 5), st.sampled_from((*CLOSING, "STANDBY"))),
    st.tuples(st.just("mistype"), st.integers(0, 5), st.just("")),
    st.tuples(st.just("end"), st.integers(0, 5), st.sampled_from(("correction", "cancel"))),
    st.tuples(st.just("display"), st.integers(0, 5), st.just("")),
    st.tuples(st.just("cut"), MINUTE, st.just("")),
    st.tuples(st.just("restart"), st.just(0), st.just("")),
    st.tuples(st.just("wait"), MINUTE, st.just("")),
)


class People:
    """Two people at a line who do anything, in any order; what a node refuses is not done."""

    def __init__(self) -> None:
        self.world = pair()
        self.keys: list[tuple[str, int]] = []

    def act(self, what: str, first, second) -> None:
        key = self.keys[first] if isinstance(first, int) and first < len(self.keys) else None
        try:
            self._act(what, key, first, second)
        except InputFault:
            assert what in ("answer", "mistype", "end", "display"), "a good act was refused"

    def _act(self, what: str, key, first, second) -> None:
        world = self.world
        if what == "say":
            until_us = world.now_us + 50 * SECOND_US if second else None
            self.keys.append(say(world, message_class=first, valid_until_us=until_us))
        elif what == "cut":
            world.partition("ALFA", "BRAVO", seconds=float(first))
        elif what == "restart":
            world.stop("ALFA")
            world.start("ALFA")
        elif what == "wait":
            world.run(float(first))
        elif key is not None and what == "end":
            ref = (reference(world, "ALFA", key),)
            self.keys.append(say(world, message_type=second, fields={"zone": "Z2"}, ref=ref))
        elif key is not None and what == "display":
            do(world, "BRAVO", Display(ref=key, post="desk"))
        elif key is not None:
            said = thread(world, "ALFA", key).body.fields
            wrong = {name: f"{value}x" for name, value in said.items()}
            promised_us = world.now_us + 10 * SECOND_US
            do(world, "BRAVO", Answer(
                ref=key, post="desk", answer=second or "WILCO", text="why", promised_us=promised_us,
                fields=wrong if what == "mistype" else said,
            ))  # fmt: skip

    def check(self) -> None:
        """Nothing is closed without its read-back; no deadline passes without an overdue entry."""
        world = self.world
        scope = world.node("ALFA").state.scope("AB")
        for key in self.keys:
            message = scope.threads[key]
            closed = closing_answer(message, "BRAVO")
            if closed is not None and message.body.read_back:
                assert key_of(closed) in message.checks, f"{key} closed without its read-back"
            ending = ending_of(scope, message, "BRAVO")
            body = message.body
            duties = (("answer", body.answer_due_us), ("read_back", body.read_back_due_us))
            for duty, due_us in duties:
                if due_us is None or world.now_us <= due_us + 2 * SECOND_US:
                    continue
                in_time = closed is not None and closed.issued_us <= due_us + 2 * SECOND_US
                over = ending is not None and ending.at_us <= due_us
                passed = (("BRAVO", duty) in message.overdue) or in_time or over
                assert passed, f"{key} {duty} passed unseen"


@pytest.mark.row("R2", "S9")
@settings(max_examples=more(20, 200), deadline=None)
@given(st.lists(ACT, min_size=1, max_size=12))
def test_nothing_is_closed_unread_and_no_deadline_passes_unseen(acts) -> None:
    people = People()
    for what, first, second in acts:
        people.act(what, first, second)
        people.check()
    people.world.run(700)
    people.world.give("ALFA", Tick())
    people.check()
