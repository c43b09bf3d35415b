"""Telephone calls: what each end enters, how the two are found again, what one end cannot do."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodekit import do, pair, reference, say, thread, write_as
from simworld import SECOND_US

from parley.node.call_matching import CallPair, ends_of, pair_up
from parley.node.custody_bodies import ClockMeasured
from parley.node.encoding import decode_entry, encode_entry
from parley.node.entries import Draft, LogName, Reference, Unreadable
from parley.node.inputs import GiveConsent, LogCall
from parley.node.line_bodies import CallLogged
from parley.node.rules.calls import call_counts, calls_about, calls_of
from parley.node.rules.hotline import closing_answer
from parley.node.state import key_of
from parley.trust.tree import leaf_hash
from parley.wire.scenario import GEOMETRY_NAME, TIMELINE_NAME, scenario_from_documents
from parley.world.faults import InputFault
from shared_data import shared

MINUTE_US = 60 * SECOND_US


def call(world, party="ALFA", other="BRAVO", ago_min=10.0, for_min=4.0, **changes):
    """Enter a call of one end; return its place."""
    began_us = world.now_us - round(ago_min * MINUTE_US)
    values = {
        "agreement": "AB",
        "line": "LINE-AB",
        "post": "desk",
        "party": other,
        "direction": "placed" if party == "ALFA" else "received",
        "outcome": "talked",
        "began_us": began_us,
        "ended_us": began_us + round(for_min * MINUTE_US),
        "subject": "ground clash",
    } | changes
    (entry,) = (e for e in do(world, party, LogCall(**values)) if isinstance(e.body, CallLogged))
    return key_of(entry)


def calls(world, party="ALFA", line="LINE-AB", agreement="AB"):
    state = world.node(party).state
    return calls_of(state, state.scope(agreement), line)


def shown(world, party="ALFA"):
    """Return the calls as plain values: what both nodes must find alike."""
    return [
        (c.word, c.pair.basis, [(e.key, e.corrects) for e in c.pair.ends], c.differences, c.about)
        for c in calls(world, party)
    ]


def body(world, **changes):
    """Return a body that a peer's node may sign past all rules."""
    began_us = world.now_us - 10 * MINUTE_US
    values = {
        "line": "LINE-AB", "call": "c1", "party": "ALFA", "direction": "received",
        "outcome": "talked", "began_us": began_us, "ended_us": began_us + MINUTE_US,
        "subject": "ground clash",
    }  # fmt: skip
    return CallLogged(**(values | changes))


# ---- both ends, one end -------------------------------------------------------------------------


@pytest.mark.row("A17")
def test_a_call_that_both_ends_enter_is_matched_and_one_that_one_end_enters_is_one_sided():
    world = pair()
    call(world, "ALFA")
    world.run(3)
    assert [c.word for c in calls(world, "BRAVO")] == ["one-sided: said by ALFA alone"]
    # BRAVO's clock on the wall is half a minute off; people write what they read there.
    call(world, "BRAVO", "ALFA", ago_min=10.5)
    world.run(3)
    for party in ("ALFA", "BRAVO"):
        (found,) = calls(world, party)
        assert (found.word, found.pair.basis, found.differences) == (
            "matched", "same beginning", (),
        )  # fmt: skip
        assert [end.party for end in found.pair.ends] == ["ALFA", "BRAVO"]
    assert shown(world, "ALFA") == shown(world, "BRAVO")


@pytest.mark.row("A17")
def test_what_the_ends_say_differently_is_told_field_by_field():
    world = pair()
    call(
        world, "ALFA", fields={"level": "FL310", "zone": "Z1"}, read_back={"level": "FL330"},
        language="en",
    )  # fmt: skip
    call(
        world, "BRAVO", "ALFA", ago_min=8, for_min=9, outcome="technical failure", reason="cut off",
        subject="air incident", ended_us=world.now_us - MINUTE_US, fields={"level": "FL330"},
        language="ru",
    )  # fmt: skip
    world.run(3)
    (found,) = calls(world, "BRAVO")
    assert found.word == "matched, with differences"
    said = {d.field: dict(d.words) for d in found.differences}
    assert list(said) == [
        "began", "ended", "outcome", "subject", "said: level", "said: zone", "language",
        "read back otherwise: level",
    ]  # fmt: skip
    assert said["outcome"] == {"ALFA": "talked", "BRAVO": "technical failure"}
    assert said["subject"] == {"ALFA": "ground clash", "BRAVO": "air incident"}
    assert said["said: zone"] == {"ALFA": "Z1", "BRAVO": "not stated"}
    assert said["read back otherwise: level"] == {"ALFA": "FL310", "BRAVO": "FL330"}
    assert found.outcomes == ("talked", "technical failure")


@pytest.mark.row("S10")
def test_a_call_entered_late_says_so_and_keeps_all_its_times():
    world = pair()
    call(world, "ALFA", ago_min=6, for_min=1.5)
    call(world, "ALFA", ago_min=180, for_min=4)
    call(world, "ALFA", ago_min=60, ended_us=None)
    late, open_end, at_once = (c.pair.first for c in calls(world))
    assert (at_once.entered, late.entered, open_end.entered) == ("at once", "late", "not known")
    # When it happened, and when that was said: neither is put in the place of the other.
    assert late.entry.happened is not None
    assert (late.entry.happened.from_us, late.entry.happened.to_us) == (
        late.body.began_us, late.ended_us,
    )  # fmt: skip
    assert late.entry.issued_us - late.entry.happened.to_us >= 176 * MINUTE_US
    assert open_end.ended_us is None


def test_a_call_is_no_answer_and_stands_beside_the_message_it_is_about():
    world = pair()
    key = say(world)
    world.run(3)
    ref = (reference(world, "BRAVO", key),)
    call(
        world, "BRAVO", "ALFA", ago_min=0, for_min=0, outcome="refused", reason="ordered not to",
        ref=ref, subject="",
    )  # fmt: skip
    world.run(3)
    assert closing_answer(thread(world, "ALFA", key), "BRAVO") is None
    state = world.node("ALFA").state
    (found,) = calls_about(state, state.scope("AB"), key)
    (end,) = found.pair.ends
    assert (end.body.outcome, end.body.reason) == ("refused", "ordered not to")
    # Without a subject of its own it has that of the message.
    assert end.body.subject == "clearance"


def test_unanswered_refused_and_failed_calls_are_counted_apart_for_each_way():
    world = pair()
    unanswered = {"outcome": "no answer", "subject": ""}
    for ago_min in (50, 40, 30):
        call(world, "ALFA", ago_min=ago_min, ended_us=None, **unanswered)
    # BRAVO's telephone shows one of them as missed: still three calls, not four.
    call(world, "BRAVO", "ALFA", ago_min=40, ended_us=None, **unanswered)
    call(world, "ALFA", ago_min=20, ended_us=None, outcome="refused", reason="policy", subject="")
    call(world, "BRAVO", "ALFA", ago_min=5, direction="placed")
    call(world, "ALFA", ago_min=5, direction="received", outcome="technical failure", reason="cut")
    world.run(3)
    state = world.node("BRAVO").state
    to_bravo, to_alfa = call_counts(state, state.scope("AB"))
    assert (to_bravo.caller, to_bravo.called) == ("ALFA", "BRAVO")
    assert (to_bravo.no_answer, to_bravo.refused, to_bravo.talked) == (3, 1, 0)
    assert to_bravo.last_unanswered_us is not None
    assert (to_alfa.caller, to_alfa.contested, to_alfa.technical_failure) == ("BRAVO", 1, 0)


# ---- corrections and names ----------------------------------------------------------------------


def test_a_correction_counts_and_what_it_corrects_is_kept():
    world = pair()
    first = call(world, "ALFA", fields={"level": "FL310"})
    other = call(world, "BRAVO", "ALFA", fields={"level": "FL330"})
    world.run(3)
    second = call(world, "ALFA", fields={"level": "FL330"}, ref=(reference(world, "ALFA", first),))
    third = call(
        world, "ALFA", fields={"level": "FL330"}, text="as the tape says",
        ref=(reference(world, "ALFA", second),),
    )  # fmt: skip
    world.run(3)
    (found,) = calls(world, "BRAVO")
    assert (found.word, found.differences) == ("matched", ())
    alfa, bravo = found.pair.ends
    assert (alfa.key, alfa.corrects, bravo.key) == (third, (first, second), other)
    assert alfa.body.text == "as the tape says"
    # All of them are one call, under one name.
    state = world.node("BRAVO").state
    held = state.scope("AB").line.calls
    assert len({held[key].body.call for key in (first, second, third)}) == 1


def test_each_call_has_a_name_of_its_own():
    world = pair()
    keys = [call(world, ended_us=None) for _ in range(3)]
    held = world.node("ALFA").state.scope("AB").line.calls
    names = [held[key].body.call for key in keys]
    assert len(set(names)) == 3
    assert all(name.startswith("LINE-AB-2026") for name in names)
    with pytest.raises(InputFault, match="call name"):
        call(world, call=names[0])
    with pytest.raises(InputFault, match="call name"):
        call(world, call="with a blank")


def test_an_end_that_names_the_others_entry_is_matched_however_far_the_clocks_are():
    world = pair()
    first = call(world, "ALFA", ago_min=60)
    world.run(3)
    call(world, "BRAVO", "ALFA", ago_min=10, ref=(reference(world, "BRAVO", first),))
    world.run(3)
    (found,) = calls(world)
    assert found.pair.basis == "one names the other"
    assert found.word == "matched, with differences, the same call says BRAVO alone"
    assert found.differences[0].field == "began"


def test_clocks_that_both_ends_measured_apart_widen_the_search_and_one_alone_does_not():
    world = pair()
    call(world, "ALFA", ago_min=30)
    call(world, "BRAVO", "ALFA", ago_min=20)
    world.run(3)
    assert len(calls(world)) == 2
    apart = {"offset_us": 6 * MINUTE_US, "within_us": SECOND_US, "alarm": True}
    write_as(world, "BRAVO", ClockMeasured(party="ALFA", **apart))
    world.run(3)
    assert len(calls(world)) == 2
    write_as(world, "ALFA", ClockMeasured(party="BRAVO", **apart))
    world.run(3)
    (found,) = calls(world)
    assert found.clocks_us == 361 * SECOND_US
    assert shown(world, "ALFA") == shown(world, "BRAVO")


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"line": "LINE-XY"}, "line of AB"),
        ({"other": "ALFA"}, "call on line LINE-AB with"),
        ({"other": "CHARLIE"}, "call on line LINE-AB with"),
        ({"post": "somebody-else"}, "post of ALFA"),
        ({"ago_min": -1}, "began"),
        ({"for_min": -1}, "ended"),
        ({"for_min": 11}, "ended"),
        ({"ago_min": 3000, "for_min": 1500}, "lasted"),
        ({"outcome": "refused"}, "reason"),
        ({"outcome": "refused", "reason": "  "}, "reason"),
        ({"outcome": "technical failure"}, "reason"),
        ({"outcome": "no answer", "read_back": {"zone": "Z1"}}, "read-back"),
        ({"outcome": "shouted"}, "outcome"),
        ({"subject": ""}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"text": "x" * 4001}, "text"),
        ({"fields": {"": "Z1"}}, "field"),
        ({"fields": {str(n): "" for n in range(33)}}, "fields"),
        ({"ref": (Reference(log="no log", index=0, leaf=""),)}, "ref"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(changes, words):
    world = pair()
    with pytest.raises(InputFault, match=words):
        call(world, **changes)
    assert calls(world) == ()


def test_a_reference_is_to_a_message_an_own_call_or_one_with_us():
    world = pair()
    own = call(world)
    true = reference(world, "ALFA", own)
    false = msgspec.structs.replace(true, leaf="0" * 64)
    opening = Reference(log=true.log, index=0, leaf=reference(world, "ALFA", (true.log, 0)).leaf)
    for ref in (false, opening):
        with pytest.raises(InputFault, match="call ref"):
            call(world, ref=(ref,))
    second = reference(world, "ALFA", call(world, ago_min=30))
    with pytest.raises(InputFault, match="2 own calls"):
        call(world, ref=(true, second))


# ---- a rival with valid keys --------------------------------------------------------------------


def test_a_call_that_never_was_stays_the_word_of_its_writer():
    world = pair()
    write_as(world, "BRAVO", body(world, ended_us=None))
    world.run(3)
    (found,) = calls(world)
    assert found.word == "one-sided: said by BRAVO alone"


def test_one_call_is_matched_to_one_of_ours_only():
    world = pair()
    ours = [call(world, "ALFA", ago_min=ago_min) for ago_min in (12, 11, 10)]
    world.run(3)
    refs = tuple(reference(world, "BRAVO", key) for key in ours)
    write_as(world, "BRAVO", body(world), ref=refs)
    world.run(3)
    words = [c.word for c in calls(world)]
    assert words.count("one-sided: said by ALFA alone") == 2
    assert shown(world, "ALFA") == shown(world, "BRAVO")


def test_a_word_of_one_party_takes_no_call_from_the_entry_that_fits_it():
    world = pair()
    ours = call(world, "ALFA", ago_min=10)
    fits = call(world, "BRAVO", "ALFA", ago_min=10)
    world.run(3)
    # Hours later BRAVO says that a call at another time was this one.
    far_us = world.now_us - 300 * MINUTE_US
    write_as(
        world, "BRAVO", body(world, began_us=far_us, ended_us=None),
        ref=(reference(world, "BRAVO", ours),),
    )  # fmt: skip
    world.run(3)
    lone, matched = calls(world)
    assert [end.key for end in matched.pair.ends] == [ours, fits]
    assert lone.word == "one-sided: said by BRAVO alone"


def test_nobody_corrects_the_other_ends_entry():
    world = pair()
    ours = call(world, "ALFA")
    world.run(3)
    write_as(
        world, "BRAVO", body(world, outcome="refused", reason="no"),
        ref=(reference(world, "BRAVO", ours),),
    )  # fmt: skip
    world.run(3)
    (found,) = calls(world)
    alfa, bravo = found.pair.ends
    assert (alfa.key, alfa.corrects, alfa.body.outcome) == (ours, (), "talked")
    assert bravo.body.outcome == "refused"
    assert found.outcomes == ("talked", "refused")


def test_a_backdated_entry_and_what_cannot_be_so_are_remarked_and_raise_nothing():
    world = pair()
    call(world, "BRAVO", "ALFA", ago_min=1, for_min=0)
    past_us = world.now_us - 60 * MINUTE_US
    write_as(
        world, "BRAVO", body(world, began_us=past_us - MINUTE_US, ended_us=past_us),
        issued_us=past_us,
    )  # fmt: skip
    far_us = world.now_us + 90 * MINUTE_US
    write_as(world, "BRAVO", body(world, began_us=far_us, ended_us=far_us - MINUTE_US))
    write_as(world, "BRAVO", body(world, party="CHARLIE", outcome="refused"))
    write_as(world, "BRAVO", body(world, party="BRAVO"))
    write_as(world, "BRAVO", body(world, line="LINE-XY"))
    world.run(3)
    state = world.node("ALFA").state
    every = calls_of(state, state.scope("AB"))
    remarks = " | ".join(text for c in every for text in c.remarks)
    for words in (
        "BRAVO: backdated, its log had already reached", "BRAVO: it ends before it begins",
        "BRAVO: entered before it was over", "CHARLIE is no end of line LINE-AB",
        "BRAVO: refused without saying why", "BRAVO called itself",
        "BRAVO is no end of line LINE-XY",
    ):  # fmt: skip
        assert words in remarks
    # Backdated, it was still entered late: its log says so.
    (back,) = (c for c in every if any("backdated" in text for text in c.remarks))
    assert back.pair.first.entered == "late"
    assert all(c.word.startswith("one-sided") for c in every)


def test_the_words_of_a_peers_call_are_as_long_as_a_persons():
    world = pair()
    log = LogName(agreement="AB", party="BRAVO", kind="line", year=2026)
    values = {"log": log, "seq": 1, "issued_us": world.now_us, "seen": {}}
    for changes in ({"text": "x" * 4001}, {"fields": {"x": "y" * 4001}}, {"fields": {"": "y"}}):
        draft = Draft(agreement="AB", by="desk", body=body(world, **changes))
        with pytest.raises(InputFault):
            encode_entry(draft, **values)
    good = encode_entry(Draft(agreement="AB", by="desk", body=body(world, text="N")), **values)
    long = good.replace(b'"text":"N"', b'"text":"' + b"N" * 4001 + b'"')
    assert isinstance(decode_entry(long, log=log, index=1), Unreadable)


def test_the_words_of_a_guarded_notice_do_not_go_into_a_call():
    world = pair()
    do(world, "ALFA", GiveConsent(agreement="AB", post="desk", addressee="BRAVO"))
    key = say(
        world, message_type="humanitarian.notice", valid_until_us=world.now_us + 600 * MINUTE_US,
        fields={"place": "a hospital", "window": "tonight"}, subject="a hospital", text="east wing",
    )  # fmt: skip
    about = (reference(world, "ALFA", key),)
    for words in ({"text": "east wing"}, {"fields": {"place": "x"}}, {"read_back": {"place": "x"}}):
        with pytest.raises(InputFault, match="guarded"):
            call(world, ref=about, **words)
    narrow = call(world, ref=about, subject="")
    scope = world.node("ALFA").state.scope("AB")
    assert scope.narrow[narrow] == ("ALFA", "BRAVO")
    assert scope.line.calls[narrow].body.subject == "humanitarian.notice"


def test_a_call_about_words_for_one_party_goes_to_no_other():
    world = pair()
    key = say(world, addressees_only=True)
    narrow = call(world, ref=(reference(world, "ALFA", key),), text="what BRAVO alone was told")
    assert world.node("ALFA").state.scope("AB").narrow[narrow] == ("ALFA", "BRAVO")


# ---- the same pairs for everybody ---------------------------------------------------------------


@st.composite
def entries(draw):
    """Return entries of calls of three parties on one line, some of which name others."""
    found = {}
    for party in ("ALFA", "BRAVO", "CHARLIE"):
        log = LogName(agreement="ABC", party=party, kind="line", year=2026)
        others = [p for p in ("ALFA", "BRAVO", "CHARLIE") if p != party]
        for seq in range(draw(st.integers(0, 5))):
            began_us = 1_780_000_000_000_000 + draw(st.integers(0, 12)) * MINUTE_US
            refs = draw(st.lists(st.sampled_from(sorted(found)), max_size=2)) if found else []
            draft = Draft(
                agreement="ABC",
                by="desk",
                ref=tuple(
                    Reference(log=o, index=n, leaf=leaf_hash(found[o, n]).hex()) for o, n in refs
                ),
                body=CallLogged(
                    line="L", call=f"c{seq}", party=draw(st.sampled_from(others)),
                    direction=draw(st.sampled_from(("placed", "received"))), outcome="talked",
                    began_us=began_us,
                ),
            )  # fmt: skip
            found[log.origin, seq] = encode_entry(
                draft, log=log, seq=seq, issued_us=began_us + MINUTE_US, seen={}
            )
    return found


def pairs_of(data, order):
    """Return the pairs that somebody finds who took the entries in in an order."""
    read = {
        key: decode_entry(
            data[key],
            log=LogName(agreement="ABC", party=key[0].split("/")[2], kind="line", year=2026),
            index=key[1],
        )
        for key in order
    }
    leaves = {key: leaf_hash(entry).hex() for key, entry in data.items()}
    return pair_up(ends_of(read, leaves.get), lambda *_: 0)


@settings(max_examples=150)
@given(data=entries(), seed=st.randoms())
def test_pairs_do_not_depend_on_who_looks_and_in_which_order_entries_came(data, seed):
    order = sorted(data)
    first = pairs_of(data, order)
    seed.shuffle(order)
    assert pairs_of(data, order) == first
    ends = [end.key for each in first for end in each.ends]
    taken = [key for each in first for end in each.ends for key in (end.key, *end.corrects)]
    assert len(set(ends)) == len(ends)
    assert sorted(taken) == sorted(data)
    for each in (p for p in first if p.second is not None):
        assert each.first.body.party == each.second.party
        assert each.second.body.party == each.first.party
        if each.basis == "same beginning":
            assert each.first.caller == each.second.caller
            assert abs(each.first.body.began_us - each.second.body.began_us) <= 300 * SECOND_US


@settings(max_examples=100)
@given(
    ours=st.lists(st.integers(0, 40), max_size=6), theirs=st.lists(st.integers(0, 40), max_size=6)
)
def test_the_nearest_beginnings_are_matched_first_as_a_plain_search_finds_them(ours, theirs):
    def end(party, other, direction, minute, seq):
        began_us = 1_780_000_000_000_000 + minute * MINUTE_US + seq
        log = LogName(agreement="AB", party=party, kind="line", year=2026)
        body = CallLogged(
            line="L", call=f"c{seq}", party=other, direction=direction, outcome="talked",
            began_us=began_us,
        )  # fmt: skip
        draft = Draft(agreement="AB", by="desk", body=body)
        data = encode_entry(draft, log=log, seq=seq, issued_us=began_us, seen={})
        return decode_entry(data, log=log, index=seq)

    # A few microseconds apart, so that no two distances are equal.
    read = [end("ALFA", "BRAVO", "placed", m, 7 * n) for n, m in enumerate(ours)]
    read += [end("BRAVO", "ALFA", "received", m, 1000 * n + 1) for n, m in enumerate(theirs)]
    found = pair_up(ends_of({key_of(e): e for e in read}, lambda _: None), lambda *_: 0)
    apart = sorted(
        (abs(a.body.began_us - b.body.began_us), key_of(a), key_of(b))
        for a, b in itertools.product(read[: len(ours)], read[len(ours) :])
    )
    plain, gone = set(), set()
    for us, a, b in apart:
        if us <= 300 * SECOND_US and a not in gone and b not in gone:
            plain.add((a, b))
            gone |= {a, b}
    assert {(p.first.key, p.second.key) for p in found if p.second is not None} == plain


def test_thousands_of_calls_of_a_rival_change_no_pair_that_fits():
    world = pair()
    began_us = world.now_us - 10 * MINUTE_US
    state = world.node("ALFA").state
    log = LogName(agreement="AB", party="BRAVO", kind="line", year=2026)
    ours = call(world, "ALFA")
    mine = state.scope("AB").line.calls[ours]
    flood = {
        (log.origin, n): decode_entry(
            encode_entry(
                Draft(agreement="AB", by="desk", body=body(world, began_us=began_us + n - 1500)),
                log=log, seq=n, issued_us=world.now_us, seen={},
            ),
            log=log, index=n,
        )
        for n in range(3_000)
    }  # fmt: skip
    found = pair_up(ends_of({ours: mine, **flood}, lambda _: None), lambda *_: 0)
    (matched,) = (each for each in found if each.second is not None)
    assert isinstance(matched, CallPair)
    assert matched.second.body.began_us == mine.body.began_us
    assert len(found) == 3_000


# ---- the case of 2017 ---------------------------------------------------------------------------


@pytest.mark.row("A17", "S51")
def test_in_the_scenario_a_call_about_the_ground_is_shown_as_its_writers_word_until_both_have_it():
    """C02, C03: one side telephoned about a clash on the ground, the other speaks of the air."""
    folder = shared("scenarios/syria-2017-06")
    data = scenario_from_documents(
        (folder / TIMELINE_NAME).read_bytes(), (folder / GEOMETRY_NAME).read_bytes()
    )
    agreement = next(a for a in data.agreements if any(x.id == "LINE-AIR" for x in a.lines))
    agreement = msgspec.structs.replace(agreement, rules_version=3)
    world = pair([agreement])
    line = next(x for x in agreement.lines if x.id == "LINE-AIR")
    coal, rus = line.parties
    at = {"agreement": agreement.id, "line": "LINE-AIR", "ago_min": 30}
    posts = {end.party: end.post for end in line.ends}
    call(
        world, coal, rus, direction="placed", subject="ground clash at Ja'Din",
        fields={"ask": "stop the firing"}, post=posts[coal], **at,
    )  # fmt: skip
    world.run(3)
    (lone,) = calls(world, rus, "LINE-AIR", agreement.id)
    assert lone.word == f"one-sided: said by {coal} alone"
    call(world, rus, coal, direction="received", subject="air incident", post=posts[rus], **at)
    world.run(3)
    (found,) = calls(world, coal, "LINE-AIR", agreement.id)
    assert found.word == "matched, with differences"
    said = {d.field: dict(d.words) for d in found.differences}
    assert said["subject"] == {coal: "ground clash at Ja'Din", rus: "air incident"}
    assert said["said: ask"] == {coal: "stop the firing", rus: "not stated"}
