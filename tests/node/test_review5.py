"""What a hostile party and a careful reader found in agreements, units and notices; it stays so."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, reference, say, thread, write_as
from peoplekit import person
from simkeys import oracle
from simstory import three, two
from simworld import START_US, Faults, SimWorld
from test_texts import PEOPLE, deadline_of, enrol, made, propose, sign, text_of

from parley.app.unit_views import NOTICES_SHOWN_MAX, unit_notices, unit_notices_beyond
from parley.node.agreement_bodies import (
    AgreementCountersigned,
    AgreementDeclared,
    AgreementDeclined,
    AgreementRenewed,
    NoticeConfirmed,
    PressureReported,
    UnitReceipted,
)
from parley.node.agreement_inputs import (
    ConfirmNotice,
    DeclareAgreement,
    DeclareAssessment,
    ReceiptUnit,
    RegisterIncident,
    RenewAgreement,
    RequireUnits,
    SignAgreement,
)
from parley.node.custody_bodies import ActSigned
from parley.node.encoding import decode_entry, encode_entry, seal_entry
from parley.node.entries import Body, Continues, Draft, Entry, LogName, MessageSaid
from parley.node.frames import Push
from parley.node.rules import pressure
from parley.node.rules.agreement_status import duty_stands, holds_all, status_of, text_at
from parley.node.rules.agreements import opening_of
from parley.node.rules.alarms import alarms
from parley.node.rules.distribution import distribution_of
from parley.node.rules.notice_standing import standing_of
from parley.node.rules.pressure import pressure_at
from parley.node.rules.text_chain import chain_of
from parley.node.state import Key, key_of
from parley.review.evidence_of_logs import evidence_of_logs, texts_between
from parley.review.verdicts import verdicts
from parley.trust.statements import sign_act
from parley.wire.peer import FrameReader, encode_frame
from parley.world.agreement import Party, PressureRule
from parley.world.clauses import Acknowledgement, Distribution, StandingNotice, Validity
from parley.world.faults import InputFault
from parley.world.time import Interval, format_instant

S = 1_000_000
DAY_US = 86_400 * S


@pytest.fixture(autouse=True)
def quickly():
    with oracle():
        yield


def write_into(world: SimWorld, name: LogName, body: Body, at_us: int, **env) -> Key:
    """Let a party sign an entry into any log of its own, under any time."""
    crank = world.node(name.party)
    seq = crank.state.log(name.origin).tree.size
    draft = Draft(agreement=name.agreement, by="desk", body=body, **env)
    data = encode_entry(draft, log=name, seq=seq, issued_us=at_us, seen={})
    crank.append_exact(name.origin, seq, [data])
    return (name.origin, seq)


def another_log(world: SimWorld, party: str, at_us: int) -> LogName:
    """Let a party open a line log beside its own, as after a restore, under any time."""
    state = world.node(party).state
    old = next(log for log in state.own_logs() if log.name.kind == "line")
    name = msgspec.structs.replace(old.name, incarnation=2)
    head = Continues(
        origin=old.name.origin, size=old.tree.size, root=old.frontier.root().hex(), why="restored"
    )
    write_into(world, name, opening_of(state, name, head), at_us)
    return name


def sign_late(world: SimWorld, party: str, proposal: Key, at_us: int) -> None:
    """Let two people of a party countersign a text, dated back into a log of their own making."""
    state = world.node(party).state
    name = another_log(world, party, at_us)
    body = state.scope("AB").terms.proposed[proposal].body
    ref = (reference(world, "ALFA", proposal),)
    place = write_into(
        world, name, AgreementCountersigned(sha256=body.sha256, post="desk"), at_us, ref=ref
    )
    leaf = state.log(place[0]).tree.leaf(place[1]).hex()
    for who in PEOPLE:
        signature = sign_act(person(who, party), *place, leaf)
        said = ActSigned(operator=who, signature=signature)
        write_into(world, name, said, at_us, ref=(reference(world, party, place),))
    world.run(5)


def change(world: SimWorld, within_s: float, *, signed: bool = True, **changes) -> Key:
    """Let ALFA propose a text and sign it, and BRAVO too if it does; return the proposal."""
    key = propose(world, deadline_of(text_of(world, **changes), within_s), in_s=60)
    world.run(1)
    sign(world, "ALFA", key)
    world.run(1)
    if signed:
        written = do(world, "BRAVO", SignAgreement(ref=key, post="desk", take=True))
        world.run(1)
        sign(world, "BRAVO", key_of(written[-1]))
    world.run(70)
    return key


def titles(world: SimWorld, party: str) -> list[str]:
    return [text.agreement.title for text in chain_of(world.node(party).state.scope("AB"))][1:]


def raised(world: SimWorld, party: str, kind: str) -> list[str]:
    return [a.text for a in alarms(world.node(party).state, world.now_us) if a.kind == kind]


# ---- texts --------------------------------------------------------------------------------------


def test_a_last_signature_dated_back_takes_no_place_from_what_all_have_signed_since() -> None:
    """ALFA signed a text that BRAVO let lapse, and then another that both signed.

    Hours later BRAVO opens a log of its own making, dates its signature back to before the day of
    the first, and would have the old text in force at both: its effect is the earlier one.
    """
    world = made()
    lapsed = change(world, 5.0, signed=False, title="lapsed")
    since_us = world.now_us - 71 * S
    world.run(3_700)
    agreed = change(world, 50.0, title="agreed since")
    world.run(3_700)
    assert titles(world, "ALFA") == titles(world, "BRAVO") == ["agreed since"]
    sign_late(world, "BRAVO", lapsed, since_us)
    for party in ("ALFA", "BRAVO"):
        assert titles(world, party) == ["agreed since"]
        assert world.node(party).state.agreement("AB").title == "agreed since"
        (text,) = chain_of(world.node(party).state.scope("AB"))[1:]
        assert (text.proposal, text.rivals) == (agreed, (lapsed,)), "and it is told"
    assert raised(world, "ALFA", "agreement contradiction")
    world.stop("ALFA")
    world.start("ALFA")
    world.run(3)
    assert titles(world, "ALFA") == ["agreed since"]


def test_a_last_signature_dated_back_binds_nobody_before_it_was_held_and_is_told() -> None:
    """Not defended: whoever was asked may sign late and date it back, where nothing came since.

    What holds is that nobody is held to it before its own log shows that it had the signature, and
    that the posts are called.
    """
    world = made()
    lapsed = change(world, 5.0, signed=False, title="lapsed")
    day_us = world.node("ALFA").state.scope("AB").terms.proposed[lapsed].body.from_us
    world.run(3_700)
    assert text_at(world.node("ALFA").state, "AB", world.now_us, "ALFA").agreement.version == 1
    late_us = world.now_us
    sign_late(world, "BRAVO", lapsed, day_us - 30 * S)
    state = world.node("ALFA").state
    assert titles(world, "ALFA") == ["lapsed"]
    assert raised(world, "ALFA", "agreement changed")
    say(world, "ALFA")  # its log now tells what it holds
    world.run(2)
    assert text_at(state, "AB", late_us - S, "ALFA").agreement.version == 1
    assert text_at(state, "AB", world.now_us, "ALFA").agreement.title == "lapsed"


def test_each_text_is_judged_in_its_own_part_of_a_window_that_began_before_all_of_them() -> None:
    """Without --from the window is 30 days: on a node set up last week it began before any text."""
    world = made()
    change(world, 5.0)
    world.run(100)
    state = world.node("ALFA").state
    first, second = chain_of(state.scope("AB"))
    parts = texts_between(state, "AB", world.now_us - DAY_US, world.now_us)
    assert [(text.version, from_us) for text, from_us, _ in parts] == [
        (1, world.now_us - DAY_US), (1, first.from_us), (2, second.from_us),
    ]  # fmt: skip
    within = [c.within_s for c in parts[-1][0].clauses if isinstance(c, Acknowledgement)]
    assert within == [5.0]


# ---- verdicts -----------------------------------------------------------------------------------


def judged(world: SimWorld, party: str, kind: str, to_us: int | None = None) -> list:
    """Return the verdicts on clauses of a kind, by the logs that a node holds."""
    state = world.node(party).state
    text = state.agreement("AB")
    window = (START_US - DAY_US, to_us or world.now_us + 1, world.now_us)
    found = verdicts(evidence_of_logs(state), (text,), *window)
    return [each for each in found if each.kind == kind]


def with_clauses(*clauses, **changes) -> SimWorld:
    (agreement,) = two()
    units = {"BRAVO": ("b-1",)}
    parties = tuple(
        msgspec.structs.replace(p, units=units.get(p.id, ())) for p in agreement.parties
    )
    return made(
        [
            msgspec.structs.replace(
                agreement, parties=parties, clauses=(*agreement.clauses, *clauses), **changes
            )
        ]
    )


def test_a_renewal_that_nobody_signed_is_none_for_the_verdict_either() -> None:
    """The rules count a renewal once two people signed it; so does the verdict on the validity."""
    ends_us = START_US + 600 * S
    valid = Interval(from_us=START_US - DAY_US, to_us=ends_us)
    world = with_clauses(Validity(id="V1", renewal="consensus", renew_s=3_600.0), valid=valid)
    text = chain_of(world.node("ALFA").state.scope("AB"))[-1]
    for party, sha256 in (("ALFA", text.sha256), ("BRAVO", text.sha256), ("BRAVO", "0" * 64)):
        body = AgreementRenewed(sha256=sha256, until_us=ends_us + 3_600 * S, post="desk")
        key = write_as(world, party, body)
        if sha256 != text.sha256:
            sign(world, party, key)
    world.run(700)
    for party in ("ALFA", "BRAVO"):
        assert text_at(world.node(party).state, "AB", world.now_us).word == "ended"
        found = {v.parties: v.verdict for v in judged(world, party, "validity", ends_us)}
        assert found == {("ALFA",): "missed", ("BRAVO",): "missed"}


def test_a_receipt_of_other_bytes_tells_no_unit_for_the_verdict_either() -> None:
    world = with_clauses(Distribution(id="D1", units={"BRAVO": ("b-1",)}))
    begins_us = world.now_us + 1_200 * S
    window = f"{format_instant(begins_us)}/{format_instant(begins_us + 600 * S)}"
    fields = {"centre": "35.5,38.5", "window": window}
    key = say(world, "ALFA", message_type="area.notice", fields=fields)
    world.run(1)
    other = msgspec.structs.replace(reference(world, "ALFA", key), leaf="00" * 32)
    body = UnitReceipted(unit="b-1", by="voice", post="desk", at_us=world.now_us, loaded=True)
    write_as(world, "BRAVO", body, ref=(other,))
    world.run(1_300)
    state = world.node("ALFA").state
    (view,) = distribution_of(state, thread(world, "ALFA", key), world.now_us)
    assert view.not_told == ("b-1",)
    assert [v.verdict for v in judged(world, "ALFA", "distribution")] == ["missed"]


def test_a_word_about_other_bytes_confirms_no_notice_for_the_verdict_either() -> None:
    clause = StandingNotice(id="N1", reconfirm_every_s=60.0, expire_s=3_600.0, of=("area.notice",))
    world = with_clauses(clause)
    key = say(world, "ALFA", message_type="area.notice", fields={"centre": "35.5,38.5"})
    other = msgspec.structs.replace(reference(world, "ALFA", key), leaf="00" * 32)
    for _ in range(4):
        body = NoticeConfirmed(post="desk", until_us=world.now_us + 300 * S)
        write_as(world, "ALFA", body, ref=(other,))
        world.run(50)
    state = world.node("BRAVO").state
    scope, agreement = state.scope("AB"), state.agreement("AB")
    seen = standing_of(state, scope, agreement, thread(world, "BRAVO", key), world.now_us)
    assert seen.word == "stale"
    assert [v.verdict for v in judged(world, "BRAVO", "standing_notice")] == ["missed"]


def renewed(world: SimWorld, party: str) -> None:
    written = do(world, party, RenewAgreement(agreement="AB", post="desk"))
    sign(world, party, key_of(written[-1]))


def test_a_renewal_dated_back_makes_nobody_owe_what_it_could_not_know_that_it_owed() -> None:
    """ALFA renewed in time, BRAVO did not: the text ended. Two hours later BRAVO says it had."""
    ends_us = START_US + 600 * S
    valid = Interval(from_us=START_US - DAY_US, to_us=ends_us)
    world = with_clauses(Validity(id="V1", renewal="consensus", renew_s=36_000.0), valid=valid)
    renewed(world, "ALFA")
    early_us = world.now_us
    world.run(3_600)
    state = world.node("ALFA").state
    between_us = world.now_us
    assert not duty_stands(state, "AB", "ALFA", between_us)[0]
    world.run(3_600)
    text = chain_of(state.scope("AB"))[-1]
    name = another_log(world, "BRAVO", early_us)
    body = AgreementRenewed(sha256=text.sha256, until_us=ends_us + 36_000 * S, post="desk")
    place = write_into(world, name, body, early_us)
    leaf = world.node("BRAVO").state.log(place[0]).tree.leaf(place[1]).hex()
    for who in PEOPLE:
        said = ActSigned(operator=who, signature=sign_act(person(who, "BRAVO"), *place, leaf))
        write_into(world, name, said, early_us, ref=(reference(world, "BRAVO", place),))
    world.run(5)
    say(world, "ALFA")
    world.run(2)
    assert text_at(state, "AB", world.now_us).word == "in force", "it is renewed, from now on"
    assert not duty_stands(state, "AB", "ALFA", between_us)[0]


# ---- units ----------------------------------------------------------------------------------


def test_notices_without_end_make_their_addressee_write_no_more_than_there_are_notices() -> None:
    """Thirty notices by a rival, eight units: 240 entries of ours, each signed, stored and sent."""
    units = tuple(f"b-{n}" for n in range(8))
    (agreement,) = two()
    parties = tuple(
        msgspec.structs.replace(p, units=units if p.id == "BRAVO" else ())
        for p in agreement.parties
    )
    clauses = (*agreement.clauses, Distribution(id="D1", units={"BRAVO": units}))
    world = made([msgspec.structs.replace(agreement, parties=parties, clauses=clauses)])
    begins_us = world.now_us + 60 * S
    window = f"{format_instant(begins_us)}/{format_instant(begins_us + 86_400 * S)}"
    for _ in range(30):
        body = MessageSaid(
            line="LINE-AB", message_type="area.notice", message_class="ROUTINE",
            fields={"centre": "35.5,38.5", "window": window},
        )  # fmt: skip
        write_as(world, "ALFA", body, to=("BRAVO",))
    world.run(2)
    before = sum(log.tree.size for log in world.node("BRAVO").state.own_logs())
    world.run(120)
    after = sum(log.tree.size for log in world.node("BRAVO").state.own_logs())
    untold = world.node("BRAVO").state.scope("AB").terms.untold
    assert len(untold) == 30, "each notice is told, once"
    assert after - before <= 30


def test_a_party_that_gives_notices_without_end_hides_no_others_from_a_unit() -> None:
    """Sixty of CHARLIE, with no beginning, would all stand before the one of ALFA that begins."""
    texts = []
    for agreement in three():
        parties = tuple(
            msgspec.structs.replace(p, units=("b-1",) if p.id == "BRAVO" else ())
            for p in agreement.parties
        )
        clauses = (*agreement.clauses, Distribution(id="D1", units={"BRAVO": ("b-1",)}))
        texts.append(msgspec.structs.replace(agreement, parties=parties, clauses=clauses))
    world = pair(texts)
    more = 3
    for _ in range(NOTICES_SHOWN_MAX + more):
        body = MessageSaid(
            line="LINE-ABC", message_type="area.notice", message_class="ROUTINE",
            fields={"centre": "35.5,38.5"},
        )  # fmt: skip
        write_as(world, "CHARLIE", body, agreement="ABC", to=("BRAVO",))
    begins_us = world.now_us + 1_200 * S
    window = f"{format_instant(begins_us)}/{format_instant(begins_us + 600 * S)}"
    key = say(
        world, "ALFA", agreement="ABC", line="LINE-ABC", message_type="area.notice",
        fields={"centre": "35.1,38.1", "window": window},
    )  # fmt: skip
    world.run(3)
    state = world.node("BRAVO").state
    shown = unit_notices(state, "b-1", world.now_us)
    assert key in [each.view.key for each in shown]
    assert len(shown) == NOTICES_SHOWN_MAX + 1
    assert unit_notices_beyond(state, "b-1", world.now_us) == {"CHARLIE": more}


def test_what_is_done_about_a_narrow_notice_is_told_to_nobody_more_than_the_notice() -> None:
    """Units, assessments, incidents and confirmations name what only two of three may know."""
    texts = []
    for agreement in three():
        parties = tuple(
            msgspec.structs.replace(p, units=("SECRET-UNIT",) if p.id == "BRAVO" else ())
            for p in agreement.parties
        )
        clauses = (
            *agreement.clauses, StandingNotice(id="N1", reconfirm_every_s=60.0),
            Distribution(id="D1", units={"BRAVO": ("SECRET-UNIT",)}),
        )  # fmt: skip
        texts.append(msgspec.structs.replace(agreement, parties=parties, clauses=clauses))
    world = pair(texts)
    begins_us = world.now_us + 90 * S
    window = f"{format_instant(begins_us)}/{format_instant(begins_us + 9_000 * S)}"
    key = say(
        world, agreement="ABC", line="LINE-ABC", message_type="area.notice", addressees_only=True,
        fields={"centre": "35.1,38.1", "window": window}, subject="SECRET",
    )  # fmt: skip
    world.run(120)  # BRAVO's node writes that the unit was not told
    ref = (reference(world, "BRAVO", key),)
    common = {"agreement": "ABC", "post": "desk"}
    acts = (
        ("BRAVO", RequireUnits(ref=key, post="desk", units=("SECRET-UNIT", "SECRET-2"))),
        ("BRAVO", ReceiptUnit(ref=key, post="desk", unit="SECRET-UNIT", loaded=True)),
        ("BRAVO", DeclareAssessment(**common, subject="SECRET", ref=ref)),
        ("BRAVO", DeclareAssessment(**common, subject="SECRET", ref=ref, done=True)),
        ("BRAVO", RegisterIncident(
            **common, incident="SECRET", kind="SECRET", definition="SECRET",
            from_us=world.now_us - S, to_us=world.now_us - S, ref=ref,
        )),
        ("ALFA", ConfirmNotice(ref=key, post="desk", until_us=world.now_us + 60 * S)),
    )  # fmt: skip
    for party, act in acts:
        assert do(world, party, act)
        world.run(1)
    scope = world.node("ALFA").state.scope("ABC")
    assert scope.terms.untold
    assert scope.terms.incidents
    store = world.stores["CHARLIE"]
    held = [
        (entry, opening)
        for origin in store.origins()
        for size in (store.size(origin),)
        for index, entry in enumerate(store.entries(origin, 0, size))
        for opening in (store.openings(origin, index, index + 1).get(index, b""),)
    ]
    adopted = [each for each in held if b"agreement.adopted" in each[0]]
    assert len(held) > len(adopted) + 6
    leaked = [
        entry
        for entry, opening in held
        if b"SECRET" in entry + opening and b"agreement.adopted" not in entry
    ]
    assert not leaked


# ---- floods ---------------------------------------------------------------------------------


def test_reports_of_pressure_without_end_are_read_once_each_and_not_at_every_step(monkeypatch):
    rule = PressureRule(source="ALFA", place="TOWER", bound_m=30.0, stale_after_s=3_600.0)
    (agreement,) = two()
    world = pair([msgspec.structs.replace(agreement, pressure=rule)])
    for number in range(200):
        body = PressureReported(
            place="TOWER", qnh_pa100=10_132_500 + number, observed_us=world.now_us - number * S,
            bound_mm=30_000, post="desk",
        )  # fmt: skip
        write_as(world, "ALFA", body)
    world.run(2)
    state, read = world.node("BRAVO").state, []
    assert pressure_at(state, "AB", world.now_us).qnh_hpa == 1013.25
    counted = pressure._counted
    monkeypatch.setattr(pressure, "_counted", lambda *given: read.append(1) or counted(*given))
    for ahead_s in (0, 1, 3_500, 4_000):
        found = pressure_at(state, "AB", world.now_us + ahead_s * S)
        assert (found is None) == (ahead_s == 4_000)
    world.run(5)
    assert not read


# ---- openings that one of three is not given ------------------------------------------------


class Withholding(SimWorld):
    """A world in which BRAVO sends CHARLIE its entries, and from some time on no opening of one."""

    begun = False

    def _send(self, sender: str, number: int, data: bytes) -> None:
        connection = self.connections.get(number)
        if self.begun and connection is not None and set(connection.ends) == {"BRAVO", "CHARLIE"}:
            frames = FrameReader().receive(data) if sender == "BRAVO" else ()
            for frame in frames:
                bare = isinstance(frame, Push) and frame.box
                each = msgspec.structs.replace(frame, box=b"") if bare else frame
                super()._send(sender, number, encode_frame(each))
            if sender == "BRAVO":
                return
        super()._send(sender, number, data)


def withholding() -> Withholding:
    """Return a world of three whose people are enrolled, before BRAVO withholds anything."""
    (agreement, other) = three()
    world = Withholding(1, [agreement, other], Faults(delay_s=(0.001, 0.002)))
    world.run(3)
    enrol(world, *world.identities, agreement="ABC")
    world.run(2)
    return world


def test_a_party_cannot_be_kept_from_the_last_signature_while_its_log_says_that_it_has_it() -> None:
    """Were it sealed, ALFA would read that CHARLIE knows, while CHARLIE goes by the text before."""
    world = withholding()
    changed = deadline_of(text_of(world, name="ABC"), 5.0)
    proposal = propose(world, changed, in_s=120)
    world.run(1)
    sign(world, "ALFA", proposal)
    world.run(1)
    for party in ("CHARLIE", "BRAVO"):
        world.begun = party == "BRAVO"
        act = SignAgreement(ref=proposal, post="desk", take=True)
        written = do(world, party, act)
        world.run(1)
        sign(world, party, key_of(written[-1]))
        world.run(1)
    world.run(120)
    for party, to in (("ALFA", "CHARLIE"), ("BRAVO", "CHARLIE"), ("CHARLIE", "ALFA")):
        say(world, party, to, agreement="ABC", line="LINE-ABC")
        world.run(2)
    alfa, charlie = (world.node(p).state for p in ("ALFA", "CHARLIE"))
    bravos = [t for t in charlie.scope("ABC").threads.values() if "/BRAVO/" in t.key[0] and t.said]
    assert not bravos, "what can be withheld is"
    for state in (alfa, charlie):
        scope = state.scope("ABC")
        text = chain_of(scope)[-1]
        assert len(chain_of(scope)) == 2
        assert holds_all(state, scope, text, "BRAVO")
        assert holds_all(state, scope, text, "CHARLIE")
        for party in ("ALFA", "BRAVO", "CHARLIE"):
            assert text_at(state, "ABC", world.now_us, party).agreement.version == 2


def test_a_text_whose_words_are_withheld_from_one_of_three_comes_into_force_at_nobody() -> None:
    """A proposal is sealed: whoever has not its words cannot sign it, and without all it lapses."""
    world = withholding()
    world.begun = True
    changed = deadline_of(text_of(world, name="ABC"), 5.0)
    proposal = propose(world, changed, "BRAVO", in_s=120)
    world.run(1)
    sign(world, "BRAVO", proposal)
    world.run(1)
    act = SignAgreement(ref=proposal, post="desk", take=True)
    written = do(world, "ALFA", act)
    world.run(1)
    sign(world, "ALFA", key_of(written[-1]))
    with pytest.raises(InputFault):
        do(world, "CHARLIE", act)
    world.run(130)
    for party in ("ALFA", "BRAVO", "CHARLIE"):
        assert len(chain_of(world.node(party).state.scope("ABC"))) == 1


def test_nobody_suspends_towards_one_and_not_towards_another() -> None:
    """BRAVO tells ALFA that it suspends, and withholds from CHARLIE whatever it can."""
    world = withholding()
    world.begun = True
    act = DeclareAgreement(
        agreement="ABC", value="suspended", effective_us=world.now_us, post="desk", reason="why"
    )
    do(world, "BRAVO", act)
    world.run(3)
    for party in ("ALFA", "CHARLIE"):
        state = world.node(party).state
        seen = status_of(state, state.agreement("ABC"), "BRAVO", world.now_us)
        assert (seen.word, seen.reason) == ("suspended", "why")


def test_what_a_party_does_with_an_agreement_stands_in_plain_and_cannot_be_sealed() -> None:
    world = made()
    state = world.node("ALFA").state
    name = next(log.name for log in state.own_logs() if log.name.kind == "line")
    bodies = (
        AgreementCountersigned(sha256="0" * 64, post="desk"),
        AgreementDeclined(sha256="0" * 64, post="desk"),
        AgreementDeclared(value="suspended", effective_us=world.now_us, post="desk"),
        AgreementRenewed(sha256="0" * 64, until_us=world.now_us, post="desk"),
    )
    for body in bodies:
        draft = Draft(agreement="AB", by="desk", body=body)
        place = {"log": name, "seq": 7, "issued_us": world.now_us, "seen": {}}
        assert isinstance(decode_entry(encode_entry(draft, **place), log=name, index=7), Entry)
        with pytest.raises(InputFault, match="its body in plain"):
            seal_entry(draft, **place, salt=bytes(32))
        narrow = msgspec.structs.replace(draft, audience=("BRAVO",))
        with pytest.raises(InputFault, match="only with a commitment"):
            encode_entry(narrow, **place)


def test_whoever_is_bound_through_another_goes_by_the_text_that_this_one_holds() -> None:
    """PARTNER writes no log: its own logs would show for ever that it held nothing."""
    (agreement,) = two()
    partner = Party(id="PARTNER", bound_through="BRAVO")
    world = pair([msgspec.structs.replace(agreement, parties=(*agreement.parties, partner))])
    enrol(world, "ALFA", "BRAVO")
    world.run(2)
    change(world, 5.0, title="agreed since")
    say(world, "BRAVO", "ALFA")
    world.run(2)
    for party in ("ALFA", "BRAVO"):
        state = world.node(party).state
        text = chain_of(state.scope("AB"))[-1]
        assert holds_all(state, state.scope("AB"), text, "PARTNER")
        for bound in ("BRAVO", "PARTNER"):
            assert text_at(state, "AB", world.now_us, bound).agreement.title == "agreed since"
