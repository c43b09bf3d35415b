"""What one party does to make a word look unsaid, and the other to make it look unheard."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.node.custody_bodies import LogClosed
from parley.node.entries import (
    AgreementAdopted,
    Continues,
    LineDeclared,
    LogName,
    LogOpened,
    Seen,
    log_name,
)
from parley.review.adopted import exclusive_channel
from parley.review.silence_words import (
    COUNTED_KINDS,
    SilenceQuestion,
    answer_lines,
    question_from_values,
    question_values,
)
from parley.review.times import Cosigned
from parley.trust.bytes import sha256_hex
from parley.world.faults import Fault, InputFault
from review.logkit import SECOND_US, World, agreement, at, origin

ALFA, BRAVO, CHARLIE = origin("ALFA"), origin("BRAVO"), origin("CHARLIE")


def question(**changes) -> SilenceQuestion:
    """Ask whether ALFA said anything to BRAVO on L1 between ten and twelve."""
    values = {
        "agreement": "AB",
        "from_us": at("10:00:00"),
        "to_us": at("12:00:00"),
        "line": "L1",
        "party": "ALFA",
        "addressee": "BRAVO",
    }
    return SilenceQuestion(**(values | changes))


def before() -> World:
    """ALFA and BRAVO spoke at nine; BRAVO holds all of it a minute before ten."""
    world = World()
    world.say("BRAVO", at("09:00:00"), to="ALFA")
    world.cosign("ALFA", at("09:00:01"))
    world.say("ALFA", at("09:00:05"))
    world.cosign("BRAVO", at("09:59:00"))
    return world


def quiet() -> World:
    """Nothing is said between ten and twelve; BRAVO cosigns what there is at noon."""
    world = before()
    world.cosign("BRAVO", at("12:00:01"))
    return world


def spoken(**changes) -> World:
    """ALFA says something at eleven, BRAVO takes it a second later."""
    world = before()
    world.cosign("BRAVO", at("10:30:00"))
    world.receipt("BRAVO", at("11:00:01"), world.say("ALFA", at("11:00:00"), **changes))
    world.cosign("BRAVO", at("11:00:02"))
    world.cosign("BRAVO", at("12:00:01"))
    return world


def reasons(answer) -> str:
    return "; ".join([*answer.why, *(why for log in answer.logs for why in log.why)])


# ---- honest logs --------------------------------------------------------------------------------


@pytest.mark.row("S6")
def test_where_nothing_was_said_the_answer_is_not_in_these_logs():
    answer = quiet().ask(question())
    (log,) = answer.logs
    assert (answer.word, answer.is_decided, reasons(answer)) == ("not in these logs", True, "")
    assert (log.start, log.end, log.until[0].party) == (2, 2, "BRAVO")
    lines = answer_lines(answer)
    assert lines[0] == "not in these logs"
    assert "  2 entries were there by 2026-06-20T09:59:00.999999Z, says BRAVO" in "\n".join(lines)
    assert "2 entries were all that BRAVO knew at 2026-06-20T12:00:01Z" in "\n".join(lines)


def test_what_was_said_is_found_with_its_times():
    answer = spoken().ask(question())
    (found,) = answer.logs[0].found
    assert answer.word == "in these logs"
    assert (found.index, found.claimed_us) == (2, at("11:00:00"))
    # From ALFA's claim, which nobody speaks against, to BRAVO's receipt.
    assert (found.sent_from_us, found.sent_to_us) == (at("11:00:00"), at("11:00:01"))
    assert answer_lines(answer)[0] == "in these logs: 1 entry"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"line": "L2", "addressee": None}, "not in these logs"),
        ({"addressee": "CHARLIE"}, "not in these logs"),
        ({"subject": "zone Z1"}, "in these logs"),
        ({"subject": "zone Z2"}, "not in these logs"),
        ({"message_type": "clearance"}, "in these logs"),
        ({"message_type": "line.test"}, "not in these logs"),
        ({"message_class": "SAFETY"}, "in these logs"),
        ({"message_class": "DISTRESS"}, "not in these logs"),
        ({"kinds": ("message.answered",)}, "not in these logs"),
        ({"from_us": at("11:10:00")}, "not in these logs"),
        ({"to_us": at("10:10:00")}, "not in these logs"),
    ],
)
def test_only_what_was_asked_for_counts(changes, word):
    world = spoken(subject="zone Z1")
    world.cosign("BRAVO", at("10:10:00"), ALFA, 2)
    world.cosign("BRAVO", at("11:09:00"))
    assert world.ask(question(**changes)).word == word


def test_an_answer_counts_by_the_message_it_answers():
    world = before()
    said = world.say("BRAVO", at("10:30:00"), to="ALFA", subject="zone Z1")
    world.cosign("ALFA", at("10:30:01"))
    world.answer("ALFA", at("10:31:00"), said)
    world.cosign("BRAVO", at("10:31:01"))
    world.cosign("BRAVO", at("12:00:01"))
    asked = question(kinds=("message.answered",), subject="zone Z1")
    assert world.ask(asked).word == "in these logs"
    assert (
        world.ask(question(kinds=("message.answered",), subject="other")).word
        == "not in these logs"
    )
    # Without the log of the message nobody can tell what the answer was about.
    without = world.ask(asked, [world.part(ALFA)])
    assert without.word == "undecided"
    assert f"it answers {BRAVO} entry" in reasons(without)


@pytest.mark.parametrize(
    ("window", "claimed"),
    [
        # Claimed before the window, held only in it; claimed in it, held only after.
        ({"from_us": at("10:45:00")}, "10:40:00"),
        ({"to_us": at("11:00:00")}, "11:00:00"),
    ],
)
def test_an_entry_that_may_have_been_sent_outside_the_window_leaves_it_open(window, claimed):
    answer = spoken(claimed_us=at(claimed)).ask(question(**window))
    assert answer.word == "undecided"
    assert answer_lines(answer)[0] == "undecided: 1 entry may be in the window"
    assert [each.index for each in answer.logs[0].maybe] == [2]


def test_an_entry_that_all_say_came_after_the_window_is_outside_of_it():
    world = before()
    world.receipt("BRAVO", at("12:10:01"), world.say("ALFA", at("12:10:00")))
    world.cosign("BRAVO", at("12:10:02"))
    answer = world.ask(question())
    assert (answer.word, answer.logs[0].end) == ("not in these logs", 3)


def test_a_log_is_taken_from_its_beginning_where_nobody_cosigned_before():
    world = quiet()
    world.cosigned = [head for head in world.cosigned if head.time_s * SECOND_US > at("12:00:00")]
    answer = world.ask(question())
    assert (answer.logs[0].start, answer.logs[0].since) == (0, None)
    # What was said at nine may, for all that others know, have been said in the window.
    assert answer.word == "undecided"
    assert world.ask(question(subject="zone Z9")).word == "not in these logs"


# ---- what is claimed of silence, never more -----------------------------------------------------


def test_nothing_was_sent_only_by_an_exclusive_clause_that_is_true():
    assert quiet().ask(question(), agreement=agreement(exclusive=False)).word == "not in these logs"
    answer = quiet().ask(question(), agreement=agreement(exclusive=True))
    assert (answer.word, answer.clause) == ("nothing was sent", "C9")
    assert "by clause C9" in answer_lines(answer)[0]


def test_one_sides_text_gives_no_exclusive_channel():
    asserted = msgspec.structs.replace(agreement(exclusive=True), asserted_by=("BRAVO",))
    assert exclusive_channel(asserted) is None
    assert quiet().ask(question(), agreement=asserted).word == "not in these logs"


def test_a_false_claim_of_time_keeps_the_answer_from_saying_that_nothing_was_sent():
    world = quiet()
    world.say("ALFA", at("13:00:00"), claimed_us=at("11:00:00"))
    world.cosign("BRAVO", at("13:00:01"))
    answer = world.ask(question(), agreement=agreement(exclusive=True))
    assert (answer.word, answer.clause) == ("not in these logs", None)


def adopt(world: World, party: str, text: str) -> None:
    body = AgreementAdopted(
        agreement="AB", version=1, sha256=sha256_hex(text.encode()), document=text
    )
    world.write(party, at("08:00:00"), body)


def test_the_text_that_all_parties_adopted_is_taken_from_their_logs():
    text = msgspec.json.encode(agreement(exclusive=True)).decode()
    world = quiet()
    asked = question(party=None)
    adopt(world, "ALFA", text)
    adopt(world, "BRAVO", text)
    # CHARLIE is a party too: what two of three adopt is not yet the agreement.
    assert world.ask(asked, agreement=None).word == "undecided"
    adopt(world, "CHARLIE", text)
    answer = world.ask(asked, agreement=None)
    assert (answer.word, answer.clause) == ("nothing was sent", "C9")
    adopt(world, "BRAVO", text.replace('"C9"', '"C8"'))
    assert world.ask(asked, agreement=None).word == "undecided"
    adopt(world, "BRAVO", "no text")
    assert world.ask(asked, agreement=None).word == "undecided"


# ---- what ALFA does to make its word look unsaid ------------------------------------------------


def test_a_withheld_tail_is_not_silence():
    world = spoken()
    parts = [world.part(ALFA, 0, 2), world.part(BRAVO)]
    answer = world.ask(question(), parts)
    assert answer.word == "undecided"
    assert f"entries 2 to 2 of {ALFA} are not here" in reasons(answer)


def test_a_cut_beginning_of_the_range_is_not_silence():
    world = spoken()
    world.say("ALFA", at("11:30:00"), to="CHARLIE")
    world.cosign("BRAVO", at("12:00:01"))
    answer = world.ask(question(), [world.part(ALFA, 3), world.part(BRAVO)])
    assert answer.word == "undecided"
    assert "entries 2 to 2" in reasons(answer)


def test_a_missing_log_is_not_silence():
    world = spoken()
    answer = world.ask(question(), [world.part(BRAVO)])
    assert answer.word == "undecided"
    assert f"log {ALFA} is not here" in reasons(answer)


def test_a_second_incarnation_that_somebody_names_is_missed():
    """ALFA speaks in a new incarnation and shows only the old log; BRAVO's log names both."""
    world = before()
    second = LogName(agreement="AB", party="ALFA", kind="line", year=2026, incarnation=2)
    world.receipt("BRAVO", at("11:00:01"), world.say("ALFA", at("11:00:00"), log=second))
    world.cosign("BRAVO", at("11:00:01"))
    world.say("BRAVO", at("11:30:00"), to="ALFA")
    world.cosign("BRAVO", at("12:00:01"))
    hidden = world.ask(question(), [world.part(ALFA), world.part(BRAVO)])
    assert hidden.word == "undecided"
    assert f"{BRAVO} entry 2 names it" in reasons(hidden)
    shown = world.ask(question(subject="zone Z9"))
    assert shown.word == "not in these logs"
    assert [log.origin for log in shown.logs] == [ALFA, second.origin]
    assert world.ask(question()).word in ("in these logs", "undecided")
    # The first incarnation belongs to the second, whoever shows it.
    alone = world.ask(question(subject="zone Z9"), [world.part(second.origin)])
    assert f"log {ALFA} is not here" in reasons(alone)


def test_the_log_that_a_closing_entry_names_is_missed():
    world = before()
    second = origin("ALFA", incarnation=2)
    name = LogName(agreement="AB", party="ALFA", kind="line", year=2026)
    world.write("ALFA", at("10:30:00"), LogClosed(why="restored", next=second), log=name)
    world.cosign("BRAVO", at("12:00:01"))
    assert f"log {second} is not here" in reasons(world.ask(question()))


@pytest.mark.parametrize("held", [True, False])
def test_a_closed_log_needs_no_head_after_the_window_if_another_holds_its_end(held):
    world = before()
    name = LogName(agreement="AB", party="ALFA", kind="line", year=2026)
    world.write("ALFA", at("10:30:00"), LogClosed(why="year"), log=name)
    if held:
        world.cosign("BRAVO", at("10:30:01"))
    answer = world.ask(question())
    assert answer.word == ("not in these logs" if held else "undecided")
    if held:
        assert answer.logs[0].ended == "closed by its entry 2"
        assert "the log had ended: closed by its entry 2" in "\n".join(answer_lines(answer))


def test_a_log_closed_within_its_year_has_one_after_it():
    """ALFA closes its log before the window, goes on in another, and names it to nobody here."""
    world = before()
    name = LogName(agreement="AB", party="ALFA", kind="line", year=2026)
    world.write("ALFA", at("09:59:10"), LogClosed(why="takeover"), log=name)
    world.cosign("BRAVO", at("09:59:11"))
    answer = world.ask(question())
    assert answer.word == "undecided"
    second = origin("ALFA", incarnation=2)
    assert f"log {second} is not here ({ALFA} was closed: takeover)" in reasons(answer)


@pytest.mark.parametrize("message", [True, False])
def test_an_incarnation_that_goes_on_ends_nothing_by_itself_and_hides_nothing(message):
    """What its writer lost, or left out, BRAVO may still hold: its word on the new log is none."""
    world = before()
    if message:
        world.receipt("BRAVO", at("10:20:01"), world.say("ALFA", at("10:20:00")))
    world.cosign("BRAVO", at("10:25:00"))
    # Restored without its newest entry: the new log says that it goes on from two.
    second = LogName(agreement="AB", party="ALFA", kind="line", year=2026, incarnation=2)
    head = world.head(ALFA, 2)
    goes_on = Continues(origin=ALFA, size=2, root=head.root, why="restored")
    opened = LogOpened(
        agreement="AB", kind="line", year=2026, keys={}, rules_version=2, continues=goes_on
    )
    world.write("ALFA", at("10:40:00"), opened, log=second)
    assert world.ask(question()).word == ("in these logs" if message else "undecided")
    world.cosign("BRAVO", at("12:00:01"), second.origin)
    answer = world.ask(question())
    assert answer.word == ("in these logs" if message else "undecided")
    alone = f"{ALFA} ended at 2 by its writer's word alone: {second.origin} goes on from there"
    assert alone in reasons(answer)
    # BRAVO cosigns the old log once more after the window, and that decides.
    world.cosign("BRAVO", at("12:00:02"), ALFA)
    answer = world.ask(question())
    assert answer.word == ("in these logs" if message else "not in these logs")
    assert answer.logs[0].end == (3 if message else 2)
    assert alone not in reasons(answer)


def test_a_writer_that_puts_an_old_copy_back_cannot_unsay_what_another_holds():
    """ALFA says it at eleven, restores without it, goes on in a second log that BRAVO cosigns."""
    world = before()
    world.say("ALFA", at("11:00:00"))
    second = LogName(agreement="AB", party="ALFA", kind="line", year=2026, incarnation=2)
    goes_on = Continues(origin=ALFA, size=2, root=world.head(ALFA, 2).root, why="restored")
    opened = LogOpened(
        agreement="AB", kind="line", year=2026, keys={}, rules_version=2, continues=goes_on
    )
    world.write("ALFA", at("11:30:00"), opened, log=second)
    world.cosign("BRAVO", at("12:00:01"), second.origin)
    exclusive = agreement(exclusive=True)
    # ALFA's own record, without the entry; and BRAVO's, with it and with its receipt.
    parts = [world.part(name) for name in world.logs if name != ALFA]
    mine = world.ask(question(), [*parts, world.part(ALFA, 0, 2)], agreement=exclusive)
    assert mine.word == "undecided"
    world.receipt("BRAVO", at("11:00:01"), (ALFA, 2))
    assert world.ask(question(), agreement=exclusive).word == "in these logs"


def test_every_year_of_the_window_counts():
    world = quiet()
    answer = world.ask(question(from_us=at("10:00:00") - 366 * 86_400 * SECOND_US))
    assert f"log {origin('ALFA', year=2025)} is not here" in reasons(answer)


def test_a_message_in_the_operations_log_is_no_message_and_is_named():
    world = before()
    ops = origin("ALFA", "ops")
    world.open("ALFA", at("09:00:00"), LogName(agreement="AB", party="ALFA", kind="ops", year=2026))
    world.cosign("BRAVO", at("10:30:00"))
    world.logs[ops].append(world.logs[ALFA][1])
    world.cosign("BRAVO", at("11:00:02"))
    world.cosign("BRAVO", at("12:00:01"))
    answer = world.ask(question(), agreement=agreement(exclusive=True))
    # No node shows it to anybody; but "nothing was sent" would go too far.
    assert answer.word == "not in these logs"
    assert "of type message.said in a log that is no line" in answer.remarks[0]


def test_other_spelling_of_the_same_words_hides_nothing():
    world = before()
    world.cosign("BRAVO", at("10:30:00"))
    place = world.say("ALFA", at("11:00:00"), subject="zone Z1")
    data = world.logs[ALFA][place[1]]
    hidden = (
        data.replace(b'"type":"message.said"', b'"type" : "mess\\u0061ge.sa\\u0069d"')
        .replace(b'"subject":"zone Z1"', b'"subj\\u0065ct"\n:\t"z\\u006fne Z1"')
        .replace(b'"to":["BRAVO"]', b'"to":[ "BR\\u0041VO" ]')
    )
    assert b"message.said" not in hidden
    assert b'BRAVO"' not in hidden
    world.logs[ALFA][place[1]] = hidden
    world.receipt("BRAVO", at("11:00:01"), place)
    world.cosign("BRAVO", at("12:00:01"))
    assert world.ask(question(subject="zone Z1")).word == "in these logs"


def test_what_nobody_can_read_is_not_silence():
    world = before()
    world.cosign("BRAVO", at("10:30:00"))
    world.logs[ALFA].append(world.logs[ALFA][1].replace(b'"seq":1', b'"seq":1,"more":0'))
    world.cosign("BRAVO", at("11:00:02"))
    world.cosign("BRAVO", at("12:00:01"))
    answer = world.ask(question())
    assert answer.word == "undecided"
    assert "1 entry that may count: unreadable" in reasons(answer)
    # What says of itself that it is something else is no message to any node.
    world.logs[ALFA][2] = b'{"v":9,"type":"drone.seen"}'
    assert world.ask(question()).word == "not in these logs"


def test_a_type_given_twice_does_not_make_a_message_something_else():
    world = before()
    twice = world.logs[ALFA][1][:-1] + b',"type":"zone.activity"}'
    world.logs[ALFA].append(twice)
    world.cosign("BRAVO", at("12:00:01"))
    assert world.ask(question()).word == "undecided"


def test_sealed_entries_without_their_openings_are_not_silence():
    world = spoken(sealed=True)
    sealed = world.ask(question(), world.parts(opened=False))
    assert answer_lines(sealed)[0] == "undecided: 1 sealed entry of a matching type"
    assert world.ask(question()).word == "in these logs"
    # Type and addressee stand outside of the seal, and are enough where no more is asked.
    assert world.ask(question(line=None), world.parts(opened=False)).word == "in these logs"


@pytest.mark.parametrize(
    ("sealed", "asked"),
    [
        ({"to": "CHARLIE"}, {}),
        ({}, {"kinds": ("message.answered",)}),
        ({"audience": ("CHARLIE",)}, {}),
    ],
)
def test_sealed_entries_that_cannot_be_meant_decide_nothing(sealed, asked):
    world = spoken(sealed=True, **sealed)
    answer = world.ask(question(**asked), world.parts(opened=False))
    assert answer.word == "not in these logs"


def test_a_claimed_time_outside_the_window_hides_nothing():
    for claimed in ("09:30:00", "12:30:00"):
        answer = spoken(claimed_us=at(claimed)).ask(question())
        assert answer.word == "in these logs", claimed


def test_a_false_head_of_the_peer_does_not_move_an_entry_out_of_the_window():
    """ALFA says that it had seen an entry which BRAVO wrote only in the afternoon."""
    world = spoken(seen={BRAVO: Seen(size=50, root="00" * 32)})
    world.say("BRAVO", at("15:00:00"), to="ALFA")
    answer = world.ask(question())
    assert answer.word == "undecided"
    assert [each.index for each in answer.logs[0].maybe] == [2]
    # Whoever knows the roots of BRAVO's log sees that there was no such head.
    assert world.ask(question(), roots={(BRAVO, 50): "11" * 32}).word == "in these logs"


def test_an_entry_written_afterwards_with_an_earlier_time_does_not_count_and_is_named():
    world = quiet()
    world.say("ALFA", at("13:00:00"), claimed_us=at("11:00:00"))
    world.cosign("BRAVO", at("13:00:01"))
    answer = world.ask(question())
    (late,) = answer.logs[0].misdated
    assert answer.word == "not in these logs"
    assert (late.index, late.why) == (2, "backdated: claims the window, but came after it")


def test_an_entry_held_before_the_window_with_a_later_time_does_not_count_and_is_named():
    world = before()
    world.say("ALFA", at("09:59:10"), claimed_us=at("11:00:00"))
    world.cosign("BRAVO", at("09:59:11"))
    world.cosign("BRAVO", at("12:00:01"))
    answer = world.ask(question())
    assert answer.word == "not in these logs"
    assert answer.logs[0].misdated[0].why == "postdated: claims the window, but came before it"


def test_the_writers_own_cosignature_is_nobodys_word():
    world = before()
    world.cosigned.append(
        Cosigned(origin=ALFA, size=2, party="ALFA", time_s=at("12:30:00") // SECOND_US)
    )
    assert world.ask(question()).word == "undecided"


# ---- what BRAVO does to make it look unheard ----------------------------------------------------


@pytest.mark.row("S6")
def test_a_party_that_stops_cosigning_leaves_it_undecided_since_then():
    answer = before().ask(question())
    assert answer.word == "undecided"
    assert answer_lines(answer)[0] == "undecided: BRAVO stopped cosigning at 2026-06-20T09:59:00Z"


def test_a_log_that_nobody_cosigned_is_undecided():
    world = World()
    world.say("ALFA", at("11:00:00"))
    assert f"no cosignature of {ALFA} is here" in reasons(world.ask(question()))


def test_a_line_that_may_only_have_been_quiet_is_said_to_look_the_same():
    text = "\n".join(answer_lines(before().ask(question())))
    assert "a quiet line looks the same" in text
    assert "asked of BRAVO's own node folder" in text
    assert "quiet line" not in "\n".join(answer_lines(quiet().ask(question())))


def test_who_answered_was_not_silent_and_the_answer_says_so():
    world = before()
    said = world.say("BRAVO", at("10:30:00"), to="ALFA", subject="zone Z1")
    world.cosign("ALFA", at("10:30:01"))
    world.answer("ALFA", at("10:31:00"), said)
    world.receipt("BRAVO", at("10:31:01"), (ALFA, 2))
    world.say("ALFA", at("10:32:00"), message_type="line.test", message_class="ROUTINE")
    world.receipt("BRAVO", at("10:32:01"), (ALFA, 3))
    declared = LineDeclared(line="L1", value="suspended", effective_us=at("10:33:00"))
    world.write("ALFA", at("10:33:00"), declared)
    world.receipt("BRAVO", at("10:33:01"), (ALFA, 4))
    world.cosign("BRAVO", at("12:00:01"))
    asked = question(message_type="clearance")
    lines = answer_lines(world.ask(asked))
    assert lines[0] == "not in these logs"
    assert lines[2] == (
        "not asked for: 1 answer, 1 line declaration, 1 other message by ALFA in the window; "
        "--answers asks for answers too"
    )
    both = msgspec.structs.replace(asked, kinds=COUNTED_KINDS, message_type=None)
    lines = answer_lines(world.ask(both))
    assert (lines[0], lines[2]) == (
        "in these logs: 2 entries",
        "not asked for: 1 line declaration by ALFA in the window",
    )


@pytest.mark.parametrize("answered", [True, False])
def test_nothing_was_sent_is_not_said_over_an_answer_that_was_not_asked_for(answered):
    world = before()
    said = world.say("BRAVO", at("10:30:00"), to="ALFA")
    world.cosign("ALFA", at("10:30:01"))
    if answered:
        world.answer("ALFA", at("10:31:00"), said)
        world.receipt("BRAVO", at("10:31:01"), (ALFA, 2))
    world.cosign("BRAVO", at("12:00:01"))
    exclusive = agreement(exclusive=True)
    word = "not in these logs" if answered else "nothing was sent"
    assert world.ask(question(), agreement=exclusive).word == word
    both = question(kinds=COUNTED_KINDS)
    word = "in these logs" if answered else "nothing was sent"
    assert world.ask(both, agreement=exclusive).word == word


def test_what_was_not_asked_for_and_may_lie_outside_is_counted_apart():
    world = before()
    said = world.say("BRAVO", at("10:30:00"), to="ALFA")
    world.cosign("ALFA", at("10:30:01"))
    world.answer("ALFA", at("11:59:00"), said)
    world.cosign("BRAVO", at("12:00:01"))
    world.cosign("BRAVO", at("12:00:02"))
    lines = answer_lines(world.ask(question()))
    assert "0 answers (and 1 that may be in it), 0 line declarations by ALFA" in lines[2]


def test_a_class_that_is_none_is_refused_with_the_five():
    values = question_values(question()) | {"message_class": "safety"}
    with pytest.raises(InputFault) as refused:
        question_from_values(values)
    assert "one of DISTRESS, URGENT, SAFETY, ROUTINE, ADMIN" in str(refused.value)
    assert "did you mean 'SAFETY'?" in str(refused.value)


def test_one_entry_is_one():
    world = World()
    world.open("ALFA", at("09:00:00"), log_name(ALFA))
    world.cosign("BRAVO", at("09:59:00"))
    world.cosign("BRAVO", at("12:00:01"))
    text = "\n".join(answer_lines(world.ask(question())))
    assert "  1 entry was there by" in text
    assert "  1 entry was all that BRAVO knew at 2026-06-20T12:00:01Z: it cosigned it" in text


def test_a_neutral_witness_decides_where_the_addressee_is_silent():
    world = before()
    world.cosign("CHARLIE", at("12:00:30"))
    answer = world.ask(question())
    assert answer.word == "not in these logs"
    text = "\n".join(answer_lines(answer))
    assert "BRAVO stopped cosigning at 2026-06-20T09:59:00Z" in text
    assert "all that CHARLIE knew" in text


def test_an_old_head_cosigned_again_does_not_unsay_a_receipt():
    """BRAVO gave its receipt at eleven, and at noon cosigns the head of ten as all it knows."""
    world = before()
    world.cosign("BRAVO", at("10:30:00"))
    world.receipt("BRAVO", at("11:00:01"), world.say("ALFA", at("11:00:00")))
    world.cosign("BRAVO", at("12:00:01"), ALFA, 2)
    answer = world.ask(question())
    assert answer.word != "not in these logs"
    assert answer.logs[0].end == 3
    assert "BRAVO contradicts itself" in answer.remarks[0]


def test_a_witness_that_lags_does_not_hide_what_another_holds():
    world = spoken()
    world.cosigned = [head for head in world.cosigned if head.time_s * SECOND_US < at("12:00:00")]
    world.cosign("CHARLIE", at("12:00:30"), ALFA, 2)
    answer = world.ask(question())
    assert answer.word == "in these logs"


def test_a_false_early_cosignature_does_not_move_an_entry_before_the_window():
    """BRAVO cosigns the head with the message as of eight; its own later words are against it."""
    world = spoken()
    world.cosigned.append(
        Cosigned(origin=ALFA, size=3, party="BRAVO", time_s=at("08:00:00") // SECOND_US)
    )
    answer = world.ask(question())
    assert answer.word == "undecided"
    assert answer.logs[0].start == 2
    assert [each.index for each in answer.logs[0].maybe] == [2]
    assert "BRAVO contradicts itself" in answer.remarks[0]


def test_an_entry_of_bravo_that_claims_to_have_seen_all_early_hides_nothing():
    world = spoken()
    claim = {ALFA: Seen(size=1000, root="00" * 32)}
    world.say("BRAVO", at("13:00:00"), to="ALFA", claimed_us=at("09:30:00"), seen=claim)
    answer = world.ask(question())
    assert answer.word == "undecided"
    assert [each.index for each in answer.logs[0].maybe] == [2]


def test_a_log_that_bravo_leaves_out_is_missed_for_anybodys_silence():
    world = quiet()
    asked = question(party=None, addressee=None)
    answer = world.ask(asked, [world.part(ALFA)])
    assert f"log {BRAVO} is not here" in reasons(answer)
    world.cosign("ALFA", at("09:59:00"))
    world.cosign("ALFA", at("12:00:01"))
    assert world.ask(asked).word == "not in these logs"


def test_a_doubtful_clock_widens_the_range():
    """A clock that may be wrong by five minutes says nothing about the last five of the window."""
    world = quiet()
    offsets = {"BRAVO": 300 * SECOND_US}
    assert world.ask(question(), offsets_us=offsets).word == "undecided"
    world.cosign("BRAVO", at("12:05:01"))
    assert world.ask(question(), offsets_us=offsets).word == "undecided"
    assert world.ask(question(subject="x"), offsets_us=offsets).word == "not in these logs"


# ---- questions ----------------------------------------------------------------------------------


def test_without_the_agreement_the_party_must_be_named():
    world = quiet()
    assert world.ask(question(), agreement=None).word == "not in these logs"
    answer = world.ask(question(party=None), agreement=None)
    assert answer.word == "undecided"
    assert "name the party" in reasons(answer)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"line": "L3"}, "line is L3"),
        ({"party": "ALPHA"}, "did you mean 'ALFA'"),
        ({"addressee": "X"}, "party is X"),
        ({"agreement": "AC"}, "agreement is AB, wanted AC"),
    ],
)
def test_a_question_about_what_is_not_there_is_refused(changes, words):
    with pytest.raises(InputFault, match=words):
        quiet().ask(question(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"to_us": at("09:00:00")},
        {"kinds": ()},
        {"kinds": ("zone.activity",)},
        {"from_us": -(2**62)},
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(changes):
    with pytest.raises(InputFault):
        question(**changes)


def test_a_question_goes_through_the_values_of_a_statement_and_back():
    for asked in (
        question(),
        question(
            subject="zone Z1", message_class="URGENT", kinds=("message.said", "message.answered")
        ),
        question(line=None, party=None, addressee=None),
    ):
        assert question_from_values(question_values(asked)) == asked


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from([*question_values(question()), "more"]), st.text()))
def test_any_values_are_a_question_or_a_fault(values):
    with contextlib.suppress(Fault):
        question_from_values(question_values(question()) | values)


# ---- any world ----------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["say", "cosign", "receipt"]), st.integers(0, 2400)), max_size=20
    ),
    st.booleans(),
)
def test_an_honest_world_never_calls_silent_what_was_said(acts, witnessed):
    """Whatever honest parties do: silence is only said where nothing was; found where it was."""
    world = before()
    now_us = at("09:59:59")
    said = 0
    for act, after_s in acts:
        now_us += after_s * SECOND_US
        if act == "say":
            world.say("ALFA", now_us)
            said += at("10:00:00") <= now_us <= at("12:00:00")
        elif act == "cosign":
            world.cosign("BRAVO", now_us)
        else:
            world.receipt("BRAVO", now_us, (ALFA, len(world.logs[ALFA]) - 1))
    if witnessed:
        world.cosign("CHARLIE", max(now_us, at("12:00:00")) + SECOND_US)
    answer = world.ask(question())
    assert answer.remarks == ()
    if answer.word == "not in these logs":
        assert said == 0
    if answer.word == "in these logs":
        assert said > 0
    if witnessed:
        assert "stopped" not in reasons(answer)


@settings(max_examples=150)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.tuples(st.integers(0, 5), st.integers(0, 2000), st.integers(0, 255)),
        ),
        max_size=6,
    ),
    st.lists(st.tuples(st.integers(-3, 12), st.integers(0, 2**40)), max_size=4),
    st.booleans(),
)
def test_any_bytes_in_a_log_give_an_answer_and_never_silence_of_what_cannot_be_read(
    added, heads, opened
):
    world = spoken(sealed=True)
    entries = world.logs[ALFA]
    for each in added:
        if isinstance(each, bytes):
            entries.append(each)
        else:
            index, place, value = each
            data = bytearray(entries[index % 3])
            data[place % len(data)] = value
            entries.append(bytes(data))
    world.cosigned += [
        Cosigned(origin=ALFA, size=size, party="BRAVO", time_s=time_s) for size, time_s in heads
    ]
    answer = world.ask(question(), world.parts(opened=opened))
    assert answer_lines(answer)
    assert answer.word in ("in these logs", "undecided")
