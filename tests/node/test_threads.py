"""Messages that hang together: corrections, cancellations, translations, the tree."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, reference, say, thread, write_as
from simstory import three
from simworld import SECOND_US
from test_saying import old

from parley.app.custody_views import no_receipts
from parley.app.message_views import messages
from parley.node.entries import MessageSaid
from parley.node.inputs import AddTranslation, Answer, GiveConsent, OpenPayload, Say, Tick
from parley.node.line_bodies import MessageTranslated
from parley.node.rules.hotline import closing_answer, outcome_of
from parley.node.rules.threads import ending_of, thread_tree, translations_of
from parley.node.state import key_of
from parley.world.faults import InputFault

FIELDS = {"flight": "F1", "zone": "Z1"}


def scope(world, party: str):
    return world.node(party).state.scope("AB")


def view(world, party: str, key):
    rows = messages(world.node(party).state, world.now_us, receipts=no_receipts)
    return next(row for row in rows if row.key == key)


def correct(world, key, name: str = "correction", **changes):
    values = {"fields": {"zone": "Z2"}, "ref": (reference(world, "ALFA", key),)} | changes
    return say(world, message_type=name, **values)


@pytest.mark.row("R2")
@pytest.mark.parametrize(("name", "word"), [("correction", "corrected"), ("cancel", "cancelled")])
def test_what_is_corrected_or_cancelled_is_over_for_everybody(name: str, word: str) -> None:
    world = pair()
    key = say(world, message_class="URGENT")
    world.run(5)
    later = correct(world, key, name)
    world.run(700)
    for party in ("ALFA", "BRAVO"):
        old = thread(world, party, key)
        ending = ending_of(scope(world, party), old, "BRAVO")
        assert (ending.word, ending.by) == (word, later)
        assert not old.overdue, "its deadline passed after it was over"
        assert not old.escalated
        state = world.node(party).state
        outcome = outcome_of(state, state.scope("AB"), old, "BRAVO", world.now_us)
        assert outcome.word == "over"
        assert outcome.text.startswith(f"over {word} by")
        shown = view(world, party, key)
        assert (shown.corrected_by or shown.cancelled_by) == later
        assert not shown.open
        assert not shown.awaits_us
        new = thread(world, party, later)
        assert new.overdue, "the correction has its own deadline"
    with pytest.raises(InputFault, match=f"clearance is {word} by"):
        do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS))


@pytest.mark.row("R2")
def test_a_deadline_that_passed_before_the_correction_stays_in_the_log() -> None:
    world = pair()
    key = say(world, message_class="URGENT")
    world.run(61)
    correct(world, key)
    world.run(700)
    found = thread(world, "BRAVO", key)
    assert ("BRAVO", "answer") in found.overdue
    assert ("BRAVO", "read_back") not in found.overdue
    assert [step for _, step in found.escalated] == [0], "nobody is called for what is over"


@pytest.mark.row("R2")
def test_a_deadline_that_passed_while_the_node_slept_is_written_though_a_correction_came_first():
    world = pair()
    key = say(world, message_class="URGENT")
    crank = world.node("ALFA")
    act = Say(
        agreement="AB", line="LINE-AB", post="desk", to=("BRAVO",), message_type="cancel",
        ref=(reference(world, "ALFA", key),),
    )  # fmt: skip
    # The first thing that the node does after its deadline is to cancel.
    crank.turn(world.now_us + 61 * SECOND_US, act)
    crank.turn(world.now_us + 62 * SECOND_US, Tick())
    found = thread(world, "ALFA", key)
    assert ending_of(scope(world, "ALFA"), found) is not None
    assert list(found.overdue) == [("BRAVO", "answer")]


@pytest.mark.row("R2")
def test_a_correction_repeats_whatever_is_corrected_and_is_checked_by_machine() -> None:
    world = pair()
    later = correct(world, say(world), fields={"zone": "Z2", "level": "FL 90"})
    world.run(1)
    body = thread(world, "BRAVO", later).body
    assert body.read_back == ("level", "zone")
    do(world, "BRAVO", Answer(ref=later, post="desk", answer="ROGER", fields=body.fields))
    world.run(1)
    (check,) = thread(world, "ALFA", later).checks.values()
    assert check.body.matches


@pytest.mark.row("R2")
def test_a_misread_answer_is_corrected_by_naming_the_answer() -> None:
    """The drill's messages 5 to 8: what is over is found although the answer was named."""
    world = pair()
    key = say(world)
    world.run(1)
    do(world, "BRAVO", Answer(ref=key, post="desk", answer="WILCO", fields=FIELDS | {"zone": "Z9"}))
    world.run(1)
    answer = closing_answer(thread(world, "ALFA", key), "BRAVO")
    later = correct(world, key, ref=(reference(world, "ALFA", key_of(answer)),))
    world.run(1)
    for party in ("ALFA", "BRAVO"):
        assert ending_of(scope(world, party), thread(world, party, key)).by == later
        tree = thread_tree(scope(world, party), later)
        assert tree.key == key
        assert set(tree.places()) == {key, key_of(answer), later}
    shown = view(world, "BRAVO", key)
    assert shown.ladder[0].outcome == "over"
    assert "was answered WILCO" in shown.ladder[0].outcome_text


@pytest.mark.row("R2")
def test_a_message_is_ended_once_towards_all_whom_it_told_and_by_its_sender_alone() -> None:
    world = pair(three())
    common = {"agreement": "ABC", "line": "LINE-ABC"}
    key = say(world, to=("BRAVO", "CHARLIE"), **common)
    world.run(1)
    with pytest.raises(InputFault, match="without CHARLIE, wanted all whom the message told"):
        correct(world, key, to=("BRAVO",), **common)
    correct(world, key, to=("BRAVO", "CHARLIE"), **common)
    with pytest.raises(InputFault, match="a message that stands; name the last one"):
        correct(world, key, "cancel", to=("BRAVO", "CHARLIE"), **common)
    wrong = msgspec.structs.replace(reference(world, "ALFA", key), leaf="00" * 32)
    with pytest.raises(InputFault, match="wanted the leaf hash"):
        correct(world, key, ref=(wrong,), to=("BRAVO", "CHARLIE"), **common)
    # A rival with a good key writes what its node refuses: it ends nothing.
    other = say(world, to=("BRAVO",), **common)
    world.run(1)
    body = MessageSaid(line="LINE-ABC", message_type="cancel", message_class="SAFETY")
    write_as(world, "CHARLIE", body, agreement="ABC", to=("BRAVO",),
             ref=(reference(world, "CHARLIE", other),))  # fmt: skip
    write_as(world, "ALFA", body, agreement="ABC", to=("CHARLIE",),
             ref=(reference(world, "ALFA", other),))  # fmt: skip
    world.run(2)
    held = world.node("BRAVO").state.scope("ABC")
    assert ending_of(held, held.threads[other], "BRAVO") is None


@pytest.mark.row("R17", "R2")
def test_a_translation_stands_beside_the_original_by_either_side_several_per_language() -> None:
    world = pair()
    key = say(world, text="Stay north of the river", language="en")
    world.run(1)
    for party, how in (("ALFA", "person"), ("BRAVO", "machine"), ("BRAVO", "person")):
        do(world, party, AddTranslation(
            ref=key, post="desk", language="ru", text=f"text by {party} {how}", how=how,
        ))  # fmt: skip
    world.run(1)
    for party in ("ALFA", "BRAVO"):
        shown = view(world, party, key)
        assert shown.text == "Stay north of the river"
        assert shown.language == "en"
        assert [(t.party, t.how, t.language) for t in shown.translations] == [
            ("ALFA", "person", "ru"), ("BRAVO", "machine", "ru"), ("BRAVO", "person", "ru"),
        ]  # fmt: skip
    for changes, match in (
        ({"language": ""}, "language tag"),
        ({"text": " "}, "the text in that language"),
        ({"post": "nobody"}, "post of BRAVO"),
    ):
        values = {"ref": key, "post": "desk", "language": "ar", "text": "x"} | changes
        with pytest.raises(InputFault, match=match):
            do(world, "BRAVO", AddTranslation(**values))


@pytest.mark.row("R17")
def test_a_translation_by_a_bystander_is_refused_and_does_not_count() -> None:
    world = pair(three())
    key = say(world, to=("BRAVO",), agreement="ABC", line="LINE-ABC")
    world.run(1)
    act = AddTranslation(ref=key, post="desk", language="ru", text="other words")
    with pytest.raises(InputFault, match="by CHARLIE, wanted by ALFA, BRAVO"):
        do(world, "CHARLIE", act)
    body = MessageTranslated(language="ru", text="other words", how="person", post="desk")
    write_as(world, "CHARLIE", body, agreement="ABC", ref=(reference(world, "CHARLIE", key),))
    world.run(2)
    held = world.node("BRAVO").state.scope("ABC")
    assert translations_of(held, held.threads[key]) == ()


@pytest.mark.row("R17")
def test_a_translation_of_a_guarded_notice_is_sealed_and_destroyed_with_it() -> None:
    world = pair()
    do(world, "ALFA", GiveConsent(agreement="AB", post="desk", addressee="BRAVO"))
    key = say(
        world, message_type="humanitarian.notice", fields={"place": "x", "window": "w"},
        valid_until_us=world.now_us + 30 * SECOND_US,
    )  # fmt: skip
    world.run(1)
    act = AddTranslation(ref=key, post="desk", language="ru", text="the school in the valley")
    with pytest.raises(InputFault, match="before anybody here opened it"):
        do(world, "BRAVO", act)
    do(world, "BRAVO", OpenPayload(ref=key, post="desk"))
    (written,) = (e for e in do(world, "BRAVO", act) if e.type == "message.translated")
    world.run(1)
    assert written.audience == ("ALFA", "BRAVO")
    place = key_of(written)
    for party in ("ALFA", "BRAVO"):
        assert place in scope(world, party).line.translations[key]
        store = world.stores[party]
        assert not any(b"school" in data for data in store.entries(place[0], 0, place[1] + 1))
        assert place[1] in store.openings(place[0], 0, 10**6)
    world.run(60)
    for party in ("ALFA", "BRAVO"):
        assert not scope(world, party).line.translations.get(key)
        assert place[1] not in world.stores[party].openings(place[0], 0, 10**6), party
    again = world.crank("BRAVO")
    assert not again.state.scope("AB").line.translations.get(key)
    second = say(
        world, message_type="humanitarian.notice", fields={"place": "x", "window": "w"},
        valid_until_us=world.now_us + 30 * SECOND_US,
    )  # fmt: skip
    with pytest.raises(InputFault, match=r"say humanitarian\.update or humanitarian\.withdraw"):
        correct(world, second)


@pytest.mark.row("R2")
def test_the_tree_holds_all_that_hangs_together_whatever_one_asks_for() -> None:
    world = pair()
    key = say(world)
    world.run(1)
    asks = say(world, "BRAVO", "ALFA", message_type="clarify.request", fields={}, text="which F1?",
               ref=(reference(world, "BRAVO", key),))  # fmt: skip
    world.run(1)
    (reply,) = do(world, "ALFA", Answer(ref=asks, post="desk", answer="REPLY", text="the first"))
    later = correct(world, key)
    world.run(1)
    whole = {key, asks, key_of(reply), later}
    for place in whole:
        for party in ("ALFA", "BRAVO"):
            assert set(thread_tree(scope(world, party), place).places()) == whole
    tree = thread_tree(scope(world, "BRAVO"), key)
    assert [each.what for each in tree.below(key)] == ["clarify.request", "correction"]
    assert [each.what for each in tree.below(asks)] == ["REPLY"]
    assert [each.depth for each in tree.rows] == [0, 1, 2, 1]
    assert thread_tree(scope(world, "BRAVO"), (key[0], 9999)) is None


@pytest.mark.row("R2")
def test_a_later_word_on_the_same_notice_ends_the_earlier_and_another_matter_does_not() -> None:
    world = pair()
    notice = {"message_type": "intent.notice", "fields": {"flight": "F1", "window": "w"}}
    key, other = say(world, **notice), say(world)
    changed = correct(world, key, "intent.change", fields={"flight": "F1", "window": "x"})
    correct(world, other, "intent.cancel", fields={"flight": "F1"})
    world.run(1)
    held = scope(world, "BRAVO")
    assert ending_of(held, held.threads[key]).by == changed
    assert ending_of(held, held.threads[other]) is None, "an intent is no clearance"


@pytest.mark.row("R2")
def test_under_earlier_rules_nothing_is_over_by_a_correction() -> None:
    world = pair([old()])
    key = say(world, message_class="URGENT")
    correct(world, key)
    world.run(100)
    found = thread(world, "BRAVO", key)
    assert ending_of(scope(world, "BRAVO"), found) is None
    assert ("BRAVO", "answer") in found.overdue
    assert found.escalated
    with pytest.raises(InputFault, match="an agreement that pins rules version 3"):
        do(world, "BRAVO", AddTranslation(ref=key, post="desk", language="ru", text="x"))
