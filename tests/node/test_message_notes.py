"""What is seen beside a message, and what stands beside all of them: words, page parts, JSON."""

from __future__ import annotations

import msgspec
import pytest
from nodekit import do, pair, reference, say, thread
from simstory import agreement_of
from simworld import SECOND_US
from test_guard import AWAY, PLACES

from parley.app.custody_views import no_receipts
from parley.app.message_notes import ladder_lines, marks_of, notes_of, outcome_text
from parley.app.message_views import messages
from parley.app.standing_views import standing_part, standing_view
from parley.node.inputs import Answer, GiveConsent
from parley.world.clauses import PositionCheck


def view(world, party: str, key):
    rows = messages(world.node(party).state, world.now_us, receipts=no_receipts)
    return next(row for row in rows if row.key == key)


@pytest.mark.row("R2", "S9")
def test_the_three_ways_not_to_be_answered_read_differently_in_every_line() -> None:
    world = pair()
    keys = [say(world, message_class="URGENT") for _ in range(2)]
    world.run(2)
    do(world, "BRAVO", Answer(ref=keys[0], post="desk", answer="UNABLE", text="no fuel"))
    world.run(70)
    world.partition("ALFA", "BRAVO", seconds=1000)
    keys.append(say(world, message_class="URGENT"))
    world.run(90)
    steps = [view(world, "ALFA", key).ladder[0] for key in keys]
    texts = [outcome_text(step) for step in steps]
    assert texts[0] == "REFUSED: UNABLE: no fuel"
    assert texts[1].startswith("UNANSWERED: since ")
    assert texts[2] == "TECHNICAL FAILURE: not stored there, link up"
    assert ladder_lines(steps[0]) == []
    assert [line.partition(" called")[0] for line in ladder_lines(steps[1])] == [
        "duty-officer", "not displayed by " + ladder_lines(steps[1])[1].split("by ")[1],
    ]  # fmt: skip
    assert any("link up" in line or "link down" in line for line in ladder_lines(steps[2]))


@pytest.mark.row("R2")
def test_what_is_over_one_sided_or_misplaced_says_so_beside_its_words() -> None:
    base = agreement_of("AB", ("ALFA", "BRAVO"))
    clause = PositionCheck(id="C9", named_place_within_m=5000.0)
    world = pair([msgspec.structs.replace(base, clauses=(*base.clauses, clause), places=PLACES)])
    fields = {"place": "Rusafa", "centre": AWAY, "window": "w"}
    key = say(world, message_type="area.notice", fields=fields)
    advisory = say(world, message_type="advisory", fields={"area": "north"}, text="own view")
    later = say(world, message_type="correction", fields={"centre": "35.6289,38.7581"},
                ref=(reference(world, "ALFA", key),))  # fmt: skip
    world.run(1)
    old, new = view(world, "BRAVO", key), view(world, "BRAVO", later)
    assert marks_of(old) == ["CORRECTED"]
    assert notes_of(old)[0].startswith(f"over: corrected by {later[0]} {later[1]} at ")
    assert notes_of(old)[1] == "place Rusafa DIFFERS with centre: 9.0 km apart, limit 5 km"
    assert notes_of(new) == [f"about {key[0]} {key[1]}"]
    assert marks_of(view(world, "BRAVO", advisory)) == ["ONE-SIDED: NO DUTY FOR ANYBODY ELSE"]
    assert not view(world, "BRAVO", advisory).open


@pytest.mark.row("R2", "R17")
def test_what_a_guarded_notice_says_is_in_no_line_beside_it() -> None:
    world = pair()
    do(world, "ALFA", GiveConsent(agreement="AB", post="desk", addressee="BRAVO"))
    key = say(
        world, message_type="humanitarian.notice", fields={"place": "school", "window": "w"},
        valid_until_us=world.now_us + 600 * SECOND_US,
    )  # fmt: skip
    world.run(1)
    shown = view(world, "BRAVO", key)
    said = msgspec.json.encode(shown) + " ".join(notes_of(shown)).encode()
    assert b"school" not in said


@pytest.mark.row("R19", "R14")
def test_what_is_outstanding_is_loud_on_the_page_and_gone_when_it_is_settled() -> None:
    world = pair()
    state = world.node("ALFA").state
    assert standing_part(standing_view(state, world.now_us)) is None
    key = say(world, message_type="objection", fields={"what": "<b>the flight</b>"}, text="ours")
    asked = say(world, message_type="priority.intent", fields={"flight": "MED-1", "corridor": "C"})
    world.run(1)
    fields = thread(world, "BRAVO", asked).body.fields
    do(world, "BRAVO", Answer(ref=asked, post="desk", answer="WILCO", fields=fields))
    world.run(430)
    seen = standing_view(state, world.now_us)
    assert len(seen.loud) == 2
    assert seen.loud[0] == "OBJECTION OUTSTANDING by ALFA: <b>the flight</b>: BRAVO unanswered"
    assert seen.loud[1].startswith("BRAVO HAS NOT SAID THAT IT MADE WAY for MED-1")
    html = str(standing_part(seen))
    assert "<b>the flight" not in html, "a peer's words are no markup"
    assert msgspec.json.decode(msgspec.json.encode(seen))["objections"][0]["outstanding"]
    ref = (reference(world, "ALFA", key),)
    say(world, message_type="objection.withdraw", fields={}, ref=ref)
    say(world, "BRAVO", "ALFA", message_type="priority.yielded", fields={"flight": "MED-1"},
        ref=(reference(world, "BRAVO", asked),))  # fmt: skip
    world.run(1)
    assert standing_view(state, world.now_us).loud == ()
