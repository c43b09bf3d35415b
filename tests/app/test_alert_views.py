"""Alerts as shown: each number with its source, who has it, who acted, and what is not watched."""

from __future__ import annotations

from html.parser import HTMLParser

import msgspec
import pytest
from alertkit import conflict, marked, raise_conflicts, raised, renewed, resolved, state_of, told
from conflictkit import en_route, reports_at
from nodekit import do, pair
from simkeys import oracle
from simworld import SECOND_US, SimWorld

from parley.app.alert_lines import alert_lines, rest_lines, short_words, whole_lines
from parley.app.alert_views import (
    ALERTS_SHOWN_MAX,
    AlertsView,
    AlertView,
    alert_view,
    alerts_view,
    held_words,
    life_words,
)
from parley.app.formation_views import formations_shown
from parley.app.page_alerts import ALERT_MAKERS, ROWS_SHOWN_MAX, alerts_part
from parley.app.page_forms import act_from, read_form
from parley.app.service import Feed
from parley.node.inputs import TrackReports
from parley.node.rules.chain_times import chain_times
from parley.node.state import Key
from parley.node.warning_bodies import ConflictRaised, ConflictState
from parley.node.warning_inputs import (
    ConfirmFormation,
    DeclareFormation,
    EndFormation,
    MarkAlert,
)
from parley.world.faults import InputFault

HOUR_US = 3600 * SECOND_US


@pytest.fixture(autouse=True)
def _hashes_for_signatures():
    with oracle():
        yield


class Reader(HTMLParser):
    """Reads a part: its elements, its text, and whether tags match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())


def view_of(world: SimWorld, party: str = "ALFA", after_s: float = 0.0, **more) -> AlertsView:
    state = world.node(party).state
    feeds = {"radar north": Feed(last_us=world.now_us - 3 * SECOND_US, reports=12)}
    return alerts_view(state, feeds, world.now_us + round(after_s * SECOND_US), **more)


def page_of(world: SimWorld, party: str = "ALFA", **more) -> Reader:
    def posts(name: str) -> tuple[str, ...]:
        del name
        return ("desk", "commander")

    view = view_of(world, party, **more)
    return Reader(alerts_part(view, view.watch.at_us, posts, "n1"))


def one(world: SimWorld, party: str = "ALFA", **more) -> AlertView:
    (found,) = view_of(world, party, **more).alerts
    return found


# ---- the list -----------------------------------------------------------------------------------


def test_the_list_is_by_time_to_loss_and_counts_its_classes() -> None:
    world = pair()
    losses_s = {"a": 900, "b": 60, "c": 400, "d": 90}
    raise_conflicts(world, *(conflict(world, n, loss_s=s) for n, s in losses_s.items()))
    view = view_of(world)
    assert [each.aircraft[0] for each in view.alerts] == ["Ab", "Ad", "Ac", "Aa"]
    assert view.by_class == {"coordinate": 1, "own move only": 1, "short-term": 2}
    assert view.total == 4
    lines = alert_lines(view)
    assert lines[0].startswith("short-term: Ab and Bb: loss ")


def test_what_is_an_exercise_is_counted_as_that() -> None:
    world = pair()
    raise_conflicts(world, conflict(world, "a", loss_s=60))
    raise_conflicts(world, conflict(world, "b", loss_s=90), status="exercise")
    view = view_of(world)
    assert view.by_class == {"short-term": 1, "short-term (exercise)": 1}
    assert view.alerts[1].text.startswith("EXERCISE")
    assert "1 short-term (exercise)" in page_of(world).text


def test_the_class_is_by_the_time_that_is_left_and_the_written_one_stands_beside() -> None:
    world = pair()
    raised(world, loss_s=700)
    found = one(world, after_s=101)
    assert (found.alert_class, found.told_class) == ("own move only", "coordinate")
    assert one(world, after_s=590).alert_class == "short-term"


def test_an_alert_carries_all_that_its_evaluation_needs() -> None:
    world = pair()
    key = raised(world)
    found = alert_view(world.node("ALFA").state, key, world.now_us)
    body = world.node("ALFA").state.scope("AB").alerts[key].body
    assert isinstance(body, ConflictRaised)
    for name in ("horizontal_mm", "vertical_mm", "quantisation_mm", "both_needed", "clause",
                 "binding", "chain_s", "evaluator", "probability_ppm", "end_us", "aircraft",
                 "least_horizontal_mm", "vertical_then_mm"):  # fmt: skip
        assert getattr(found, name) == getattr(body, name), name
    assert (found.loss_us, found.least_us) == (body.loss_at_us, body.least_at_us)
    for shown, state in zip(found.states, body.states, strict=True):
        assert isinstance(state, ConflictState)
        assert {n: getattr(shown, n) for n in state.__struct_fields__} == {
            n: getattr(state, n) for n in state.__struct_fields__
        }
    text = "\n".join(whole_lines(found, ()))
    for needed in ("test/1", "5556000 mm", "914400 mm", "30480 mm", "ALFA 600 s", "35.000000000",
                   "0.400 s old", "horizontal 30000 mm", "vertical not known"):  # fmt: skip
        assert needed in text, needed
    again = msgspec.json.decode(msgspec.json.encode(found), type=AlertView)
    assert again == found, "it goes over the API and back"


def test_a_renewal_is_shown_as_the_newest_and_the_first_is_kept() -> None:
    world = pair()
    key = raised(world, loss_s=900)
    world.run(2)
    renewal = renewed(world, key, loss_s=300, least_horizontal_mm=7_000)
    found = one(world)
    assert (found.key, found.least_horizontal_mm) == (key, 7_000)
    assert [form.key for form in found.forms] == [renewal, key]
    assert found.told_us > found.raised_us


# ---- whether the peer has it --------------------------------------------------------------------


def test_what_the_peer_has_is_said_of_each_form_and_never_guessed() -> None:
    world = pair()
    key = raised(world)
    assert one(world).held_by == {"ALFA": "yes", "BRAVO": "no"}
    world.run(3)
    assert one(world).held_by == {"ALFA": "yes", "BRAVO": "yes"}
    world.cut.add(("ALFA", "BRAVO"))
    world.cut.add(("BRAVO", "ALFA"))
    world.run(40)
    renewed(world, key, loss_s=300)
    view = view_of(world)
    (found,) = view.alerts
    assert found.held_by["BRAVO"] == "no"
    assert [form.held_by["BRAVO"] for form in found.forms] == ["no", "yes"]
    (text,) = held_words(found, view.links)
    assert text.startswith("BRAVO has the newest: no (link down, last heard ")
    assert "; has the one of " in text
    # Of another party's alert a third one's holding is not known until it writes.
    assert one(world, "BRAVO").held_by["ALFA"] == "yes"


# ---- who acted ----------------------------------------------------------------------------------


def test_both_parties_marks_stand_apart_with_their_times_and_posts() -> None:
    world = pair()
    key = raised(world)
    world.run(2)
    marked(world, key, "called", post="commander")
    view = view_of(world)
    (found,) = view.alerts
    assert found.life is not None
    words = life_words(found.life)
    assert words[0].startswith("ALFA: called ")
    assert words[0].endswith(" at commander")
    assert words[1] == "BRAVO: not seen"
    assert found.life.word == "called"
    page = page_of(world).text
    assert "CALLED" in page
    assert "BRAVO: not seen" in page
    assert "BRAVO not seen" in short_words(found)


def test_a_call_by_message_says_so_and_a_late_mark_that_it_is_late() -> None:
    world = pair()
    key = raised(world)
    world.run(2)
    told(world, key)
    seen_us = world.now_us
    world.run(400)
    marked(world, key, party="BRAVO", at_us=seen_us)
    world.run(2)
    life = alert_view(world.node("ALFA").state, key, world.now_us).life
    assert life is not None
    ours, theirs = life_words(life)
    assert ours.endswith("at desk by message")
    assert ", ENTERED LATE " in theirs
    resolved(world, key)
    world.run(1)
    marked(world, key, "called", party="BRAVO")
    world.run(2)
    life = alert_view(world.node("ALFA").state, key, world.now_us).life
    assert life is not None
    assert life.word == "resolved"
    assert life_words(life)[1].endswith(", when it was over")


# ---- two parties' word --------------------------------------------------------------------------


def test_one_conflict_that_both_raised_is_one_row_with_both_words() -> None:
    world = pair()
    ours = raised(world, loss_s=900)
    theirs = raised(world, loss_s=300, party="BRAVO")
    world.run(2)
    found = one(world)
    assert (found.key, found.own, found.alert_class) == (ours, True, "coordinate")
    (other,) = found.others
    assert (other.key, other.raised_by, other.alert_class) == (theirs, "BRAVO", "own move only")
    assert "BRAVO says own move only" in page_of(world).text
    assert one(world, "BRAVO").key == theirs, "each shows its own first"


def test_what_another_party_alone_says_is_said_to_be_that() -> None:
    world = pair()
    raised(world, party="BRAVO")
    world.run(2)
    assert "BRAVO alone says so: our own node does not predict it" in page_of(world).text
    assert any("BRAVO alone says so" in line for line in alert_lines(view_of(world)))


def test_what_a_peer_names_its_aircraft_is_text() -> None:
    world = pair()
    bad = "<b>X"
    states = (state_of(bad, "ALFA", world.now_us), state_of("B1", "BRAVO", world.now_us))
    text = "<script>alert(1)</script>"
    body = conflict(world, "1", aircraft=(bad, "B1"), states=states, text=text)
    raise_conflicts(world, body, party="BRAVO")
    world.run(2)
    page = page_of(world)
    assert not [tag for tag, _ in page.elements if tag in ("script", "b")]
    assert bad in page.text


def test_an_old_or_coasting_state_is_said_beside_the_numbers() -> None:
    world = pair()
    at_us = world.now_us
    states = (
        state_of("A1", "ALFA", at_us, status="coasting", age_us=21 * SECOND_US),
        state_of("B1", "BRAVO", at_us),
    )
    raise_conflicts(world, conflict(world, "1", states=states))
    assert "A1: coasting, 21 s old when evaluated" in page_of(world).text


# ---- an empty list ------------------------------------------------------------------------------


def test_an_empty_list_names_feeds_ages_and_what_is_not_watched() -> None:
    world = pair()
    view = view_of(world)
    text = page_of(world).text
    assert "No alerts from feeds: radar north. That is not a statement" in text
    assert "(3 s ago)" in text
    assert "aircraft that no feed of this node reports" in text
    lines = "\n".join(rest_lines(view))
    assert "No alerts from feeds: radar north." in lines
    assert "feed radar north: last report " in lines
    assert "Not watched, or not fully: " in lines
    assert "10 min (default: 0 samples of 20)" in lines
    nothing = alerts_view(world.node("ALFA").state, {}, world.now_us)
    assert any("everything: no feed" in each for each in nothing.watch.not_watched)


def test_a_crowd_is_told_beside_the_list_and_on_the_page() -> None:
    world = en_route()
    crank = world.node("ALFA")
    places = [(f"X{n}", "ALFA" if n % 2 else "BRAVO", 50.0, 8.0, 10_000.0) for n in range(50)]
    now_us = world.now_us
    for _ in range(5):
        now_us += 5 * SECOND_US
        event = reports_at(world, places)
        reports = [msgspec.structs.replace(r, at_us=now_us) for r in event.reports]
        crank.turn(now_us, TrackReports(feed="F", reports=tuple(reports)))
    view = alerts_view(crank.state, {}, now_us)
    (said,) = view.crowds
    assert int(said.split()[0]) + view.total == 25 * 25, "who reads the list reads of every pair"
    assert said in "\n".join(rest_lines(view)[-2:]), "at the end, where a terminal stops"
    page = Reader(alerts_part(view, now_us, lambda name: ("desk",), "n1")).text
    assert page.index(said) < page.index(view.alerts[0].aircraft[0]), "before the list of a crowd"


def test_a_conflict_that_ended_is_told_for_ten_minutes_with_its_reason() -> None:
    world = pair()
    key = raised(world)
    resolved(world, key, "not watched any more: no report of B1 for 60 s")
    view = view_of(world)
    assert view.alerts == ()
    (ended,) = view.ended
    assert ended.why.startswith("not watched any more")
    assert "RESOLVED in the last ten minutes" in page_of(world).text
    assert any(line.startswith("resolved: A1 and B1 ") for line in rest_lines(view))
    assert view_of(world, after_s=601).ended == ()


# ---- many at once -------------------------------------------------------------------------------


def test_a_thousand_at_once_are_counted_and_paged_and_none_is_lost() -> None:
    world = pair()
    many = ALERTS_SHOWN_MAX + 200
    bodies = [conflict(world, f"{n:04}", loss_s=200 + n / 10) for n in range(many)]
    keys = raise_conflicts(world, *bodies)
    first = view_of(world)
    assert (first.total, len(first.alerts), first.left_out) == (many, ALERTS_SHOWN_MAX, 200)
    second = view_of(world, first=ALERTS_SHOWN_MAX)
    assert {a.key for a in first.alerts} | {a.key for a in second.alerts} == set(keys)
    assert f"and {many - ALERTS_SHOWN_MAX} more open alerts" in alert_lines(first)[-1]
    shown = view_of(world, count=ROWS_SHOWN_MAX)
    page = Reader(alerts_part(shown, shown.watch.at_us))
    assert sum(tag == "article" for tag, _ in page.elements) == ROWS_SHOWN_MAX
    assert f"and {many - ROWS_SHOWN_MAX} more: parley alerts lists them" in page.text
    assert f"{many} open" in page.text


# ---- marks through the page ---------------------------------------------------------------------


def test_the_buttons_send_the_form_of_the_alert_that_was_on_the_page() -> None:
    world = pair()
    key = raised(world)
    renewal = renewed(world, key, loss_s=300)
    page = page_of(world)
    inputs = [a for tag, a in page.elements if tag == "input"]
    values = {a["name"]: a["value"] for a in inputs if a.get("type") == "hidden"}
    buttons = [a["value"] for tag, a in page.elements if tag == "button"]
    assert buttons == ["seen", "called"]
    body = "&".join(f"{n}={v}" for n, v in (values | {"stage": "seen", "post": "desk"}).items())
    act = act_from(read_form(body.encode()), 0, ALERT_MAKERS)
    assert act == MarkAlert(ref=key, post="desk", stage="seen", renewal=renewal)
    do(world, "ALFA", act)
    assert one(world).life.word == "seen"
    assert not [tag for tag, _ in Reader(alerts_part(view_of(world), 0)).elements if tag == "form"]


@pytest.mark.parametrize(
    "body",
    [
        b"kind=alert&log=L&index=1&stage=cleared&renewal_log=L&renewal_index=1",
        b"kind=alert&log=L&index=1&stage=seen&renewal_log=L&renewal_index=x",
        b"kind=alert&log=L&index=x&stage=seen&renewal_log=L&renewal_index=1",
    ],
)
def test_a_mark_that_cannot_be_read_is_a_fault(body: bytes) -> None:
    with pytest.raises(InputFault, match="form field"):
        act_from(read_form(body), 0, ALERT_MAKERS)


# ---- formations ---------------------------------------------------------------------------------


def declare(world: SimWorld, **more) -> Key:
    values = {
        "agreement": "AB", "post": "desk", "formation": "F1",
        "flights": {"ALFA": ("A1",), "BRAVO": ("B1",)}, "from_us": world.now_us,
        "to_us": world.now_us + HOUR_US, "radius_m": 3000.0, "vertical_m": 300.0,
    } | more  # fmt: skip
    (entry,) = do(world, "ALFA", DeclareFormation(**values))
    return (entry.log.origin, entry.seq)


def test_a_formation_counts_once_all_whose_flights_it_names_agree() -> None:
    world = pair()
    key = declare(world)
    world.run(2)
    (view,) = formations_shown(world.node("BRAVO").state, world.now_us)
    assert (view.state, view.waits_for) == ("waiting", ("BRAVO",))
    assert "WAITING (not confirmed by BRAVO)" in view.line
    do(world, "BRAVO", ConfirmFormation(ref=key, post="desk"))
    world.run(2)
    state = world.node("ALFA").state
    (view,) = formations_shown(state, world.now_us)
    assert (view.state, view.waits_for) == ("in force", ())
    assert formations_shown(state, world.now_us + 2 * HOUR_US)[0].state == "over"
    do(world, "BRAVO", EndFormation(ref=key, post="desk", reason="we turn back"))
    world.run(2)
    (view,) = formations_shown(state, world.now_us)
    assert view.state == "ended"
    assert view.line.endswith("BRAVO: we turn back")


def test_the_times_to_act_in_a_view_are_those_by_which_conflicts_are_classed() -> None:
    world = pair()
    view = view_of(world)
    state = world.node("ALFA").state
    assert {c.party: c.chain_s for c in view.chains["AB"]} == chain_times(
        state, "AB", ("ALFA", "BRAVO"), world.now_us
    )


def test_once_a_loss_has_come_its_first_time_and_the_nearest_are_told_whatever_is_written_since():
    """Inside the minima each look says "now" and a larger least distance: the row forgot both."""
    world = pair()
    key = raised(world, loss_s=20, least_horizontal_mm=1_100_000)
    lost_us = world.now_us + 20 * SECOND_US
    for _ in range(3):
        world.run(25)
        renewed(world, key, loss_s=0, least_horizontal_mm=2_600_000)
    state = world.node("ALFA").state
    view = alert_view(state, key, world.now_us)
    assert abs(view.loss_us - lost_us) <= SECOND_US
    assert view.least_horizontal_mm == 1_100_000
    resolved(world, key)
    (ended,) = alerts_view(state, {}, world.now_us).ended
    assert ended.came_us == view.loss_us
    # Apart again, and a second time towards each other: that is another loss.
    other = raised(world, "2", loss_s=5)
    world.run(10)
    renewed(world, other, "2", loss_s=0)
    renewed(world, other, "2", loss_s=90)
    second = alert_view(state, other, world.now_us)
    assert second.loss_us - world.now_us > 80 * SECOND_US
