"""Line, zone, area, ring, corridor are different types: a text that mixes them is asked about."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.review.answers import answers
from parley.wire.scenario import scenario_from_documents
from parley.world.terms import check_terms
from review.scenario_oracle import NAMES, documents

LINE = "line of communication"


@pytest.mark.row("S8")
@pytest.mark.parametrize(
    ("text", "words", "meant"),
    [
        ("The deconfliction zone was switched off.", "deconfliction zone", (LINE, "zone")),
        ("They were warned through the deconfliction zone", "deconfliction zone", (LINE, "zone")),
        ("the area rang unanswered", "area", (LINE, "area")),
        ("nobody picked up; the corridor went dead", "corridor", (LINE, "corridor")),
        ("a no-fly zone (line) was agreed", "zone", ("zone", LINE, "boundary")),
        ("the area or ring", "area", ("area", "ring")),
        ("two kilometres north of the hotline", "hotline", (LINE, "boundary")),
        ("aircraft crossed the deconfliction line", "deconfliction line", (LINE, "boundary")),
        ("Зона деконфликтации отключена", "Зона деконфликтации", (LINE, "zone")),
        ("по зоне связи звонили дважды", "зоне", (LINE, "zone")),
        ("самолёт прошёл севернее горячей линии", "горячей линии", (LINE, "boundary")),
        ("Район (линия) закрыт", "Район", ("area", LINE, "boundary")),
    ],
)
def test_a_text_that_mixes_the_words_asks(text, words, meant):
    (query,) = check_terms(text)
    assert (query.words, query.meant) == (words, meant)
    assert query.words in text
    assert query.beside in text
    assert query.text.endswith("?")


@pytest.mark.row("S8")
@pytest.mark.parametrize(
    "text",
    [
        "The hotline was switched off; two aircraft entered the zone.",
        "The zone north of the river is cold.",
        "The side was telephoned on the line to stop the firing.",
        "the drone was switched off inside the zone",
        "crews enter the ring at 7 NM, the corridor is clear",
        "The two powers agreed an adjusted line, an arc of about 80 miles.",
        "none of the four agreed zones is near the place; the area may be a no-go area",
        "Самолёт вошёл в зону утром",
        "по горячей линии позвонили",
        "المنطقة مغلقة",
        "",
    ],
)
def test_a_text_that_keeps_them_apart_asks_nothing(text):
    assert check_terms(text) == []


def test_a_name_that_says_line_while_the_text_says_area_asks():
    (query,) = check_terms("about two kilometres north of an established area", about="AGR-EW-LINE")
    assert query.meant == (LINE, "boundary", "area")
    assert check_terms("north of an established line", about="AGR-EW-LINE") == []
    assert check_terms("north of an established area", about="AGR-EW-AREA") == []
    (query,) = check_terms("the hotline is closed", about="ZONE-1")
    assert query.meant == (LINE, "zone")


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_text_is_read_and_read_alike(text, about):
    assert check_terms(text, about=about) == check_terms(text, about=about)


# ---- the import of a scenario --------------------------------------------------------------------


def read(timeline, geometry):
    return scenario_from_documents(json.dumps(timeline).encode(), json.dumps(geometry).encode())


@pytest.mark.row("S8")
@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("syria-2017-06", ["agreement AGR-EW-LINE", "claim C09", "claim C10"]),
        ("wildfire-civil", []),
    ],
)
def test_the_scenarios_ask_where_their_sources_mix_the_words(name, places):
    """The line that one side alone asserts is called an area by those who speak of it."""
    scenario = read(*documents(name))
    found = answers(scenario).asks
    assert [ask.where for ask in found] == places
    assert all(ask.meant == (LINE, "boundary", "area") for ask in found)
    assert [ask.by for ask in found] == ["COAL", "COAL", "author of article 1"][: len(found)]


@pytest.mark.row("S8")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["the deconfliction zone was switched off", "зону отключили"])
def test_a_changed_copy_asks_and_answers_nothing_else_otherwise(name, text):
    timeline, geometry = documents(name)
    before = answers(read(timeline, geometry))
    message = next(m for m in timeline["messages"] if m["kind"] == "line_test")
    message["text"] = text
    line = timeline["lines_of_communication"][0]["id"]
    timeline.setdefault("events", []).append(
        {"id": "E99", "t": message["t"], "kind": "line_contact", "contested": True}
    )
    claim = {"id": "C99", "by": "somebody", "via": "S01", "about": "E99", "says": text}
    timeline.setdefault("claims", []).append(claim)
    timeline.setdefault("line_state_assertions", []).append(
        {"t": message["t"], "t_uncertainty": "PT1M", "line": line, "dimension": "in_use",
         "value": text.replace(" ", "_"), "by": "somebody"}
    )  # fmt: skip
    after = answers(read(timeline, geometry))
    new = [ask for ask in after.asks if ask not in before.asks]
    assert [ask.where.split("[")[0] for ask in new] == [
        "claim C99", "line_state_assertions", f"message {message['seq']}",
    ]  # fmt: skip
    assert all(ask.meant == (LINE, "zone") for ask in new)
    for section in ("places", "presence", "crossings", "encounters", "messages", "zones"):
        assert getattr(after, section) == getattr(before, section), section
