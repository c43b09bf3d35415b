"""Scenario folders: what is read, and that whatever is not understood is refused in one line."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.wire.scenario import scenario_from_documents
from parley.wire.scenario.scenario_reading import loaded
from parley.world.clauses import (
    Acknowledgement,
    BoundaryRule,
    IncidentReport,
    Notification,
    Separation,
    Suspension,
    Term,
)
from parley.world.faults import InputFault
from parley.world.scenario import Scenario
from parley.world.shape import Circle
from parley.world.time import format_instant, parse_instant_us
from shared_data import shared

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Document = dict[str, Any]
Change = Callable[[Document, Document], object]


class _Text(yaml.SafeLoader):
    """Keeps times as text, for changing and writing them again."""


_Text.yaml_implicit_resolvers = {
    first: [r for r in found if r[0] != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@functools.cache
def _documents(name: str) -> tuple[Document, Document]:
    folder = EXAMPLES / name
    timeline = yaml.load((folder / "timeline.yaml").read_text("utf-8"), Loader=_Text)
    return timeline, json.loads((folder / "geo.geojson").read_text("utf-8"))


def documents(name: str) -> tuple[Document, Document]:
    return copy.deepcopy(_documents(name))


def read(timeline: Document, geometry: Document) -> Scenario:
    # JSON is YAML, and quicker to write.
    return scenario_from_documents(json.dumps(timeline).encode(), json.dumps(geometry).encode())


def example(name: str) -> Scenario:
    folder = EXAMPLES / name
    return scenario_from_documents(
        (folder / "timeline.yaml").read_bytes(), (folder / "geo.geojson").read_bytes()
    )


@pytest.fixture(scope="module")
def syria() -> Scenario:
    return example("syria-2017-06")


@pytest.fixture(scope="module")
def wildfire() -> Scenario:
    return example("wildfire-civil")


def changed(name: str, change: Change) -> Scenario:
    timeline, geometry = documents(name)
    change(timeline, geometry)
    return read(timeline, geometry)


def refused(name: str, change: Change) -> str:
    with pytest.raises(InputFault) as caught:
        changed(name, change)
    line = str(caught.value)
    assert "\n" not in line
    return line


def feature(geometry: Document, feature_id: str) -> Document:
    return next(f for f in geometry["features"] if f["properties"]["id"] == feature_id)


def message(timeline: Document, seq: int) -> Document:
    return next(m for m in timeline["messages"] if m["seq"] == seq)


# ---- what is read ----------------------------------------------------------------------------


def test_both_examples_are_read_whole(syria, wildfire):
    assert syria.id == "syria-2017-06"
    assert wildfire.id == "wildfire-civil"
    assert len(syria.places) == 24
    assert [z.id for z in syria.zones][:4] == ["DEZ-1", "DEZ-2", "DEZ-3", "DEZ-4"]
    assert syria.acting_parties == ("COAL", "RUS")
    assert len(wildfire.acting_parties) == 10
    assert {t.id for t in wildfire.tracks} == {"AA-1", "T-41", "H-7", "U-3", "MED-1", "X-1", "M-22"}
    assert format_instant(next(t for t in wildfire.tracks if t.id == "X-1").known_us or 0) == (
        "2026-08-14T19:50:00Z"
    )


def test_derived_messages_are_never_an_input(syria, wildfire):
    assert 20 not in {m.seq for m in syria.messages}
    assert 11 not in {m.seq for m in wildfire.messages}


def test_kinds_become_types_of_the_norms(syria, wildfire):
    types = {m.seq: (m.type, m.message_class) for m in syria.messages if m.type}
    assert types[5] == ("area.notice", "SAFETY")
    assert types[10] == ("free.text", "URGENT")
    assert types[14] == ("distress.relay", "DISTRESS")
    fire = {m.seq: m.type for m in wildfire.messages if m.type}
    assert (fire[30], fire[33], fire[26]) == ("landed.report", "report.share", "priority.intent")


def test_answers_take_the_word_that_their_opener_allows(syria, wildfire):
    words = {m.seq: m.answer for m in wildfire.messages if m.answer}
    assert (words[2], words[10], words[16], words[20]) == ("REPLY", "WILCO", "NEGATIVE", "WILCO")
    assert syria.message(4).answer == "ROGER"


def test_a_read_back_repeats_what_was_said_unless_it_is_changed(syria):
    assert syria.message(4).fields == {
        "flight": "SYN-A1",
        "window": "2017-06-20T06:00:00Z/2017-06-20T06:40:00Z",
    }
    assert syria.message(5).fields["centre"] == "35.300000,38.950000"
    assert syria.message(6).fields["centre"] == "35.300000,39.050000"
    assert syria.message(6).fields["window"] == syria.message(5).fields["window"]
    assert syria.message(6).reads_back


def test_a_message_travels_on_the_line_with_the_fewest_ends(wildfire):
    lines = {m.seq: m.line for m in wildfire.messages}
    assert lines[26] == "LINE-MED"
    assert lines[29] == "LINE-MED"
    assert lines[30] == "LINE-MED"
    assert lines[19] == "LINE-FIRE"
    assert lines[15] == "LINE-MEDIA"


def test_a_line_that_is_named_wins():
    def name_it(timeline: Document, _: Document) -> None:
        message(timeline, 30)["line"] = "LINE-FIRE"

    assert changed("wildfire-civil", name_it).message(30).line == "LINE-FIRE"


def test_lines_stand_under_the_smallest_agreement_that_binds_their_ends(syria, wildfire):
    assert syria.agreement_of_line("LINE-AIR").id == "AGR-MOU-2015"
    assert wildfire.agreement_of_line("LINE-RANGE").id == "AGR-RANGE"
    assert wildfire.agreement_of_line("LINE-FIRE").id == "AGR-FIRE"
    bare = wildfire.agreement_of_line("LINE-HOSP")
    assert (bare.id, bare.clauses) == ("LINE-HOSP", ())
    assert [p.id for p in bare.parties] == ["MEDEVAC", "HOSP"]


def test_clauses_become_si(syria, wildfire):
    clauses = {c.id: c for c in syria.agreement("AGR-MOU-2015").clauses}
    separation = clauses["M1"]
    assert isinstance(separation, Separation)
    assert (separation.horizontal_m, separation.dwell_s) == (5556.0, 180)
    assert separation.vertical_m == pytest.approx(914.4)
    assert separation.joined == "or"
    notification = clauses["M2"]
    assert isinstance(notification, Notification)
    assert (notification.lead_s, notification.of) == (900, ("intent.notice", "area.notice"))
    ladder = clauses["M3"]
    assert isinstance(ladder, Acknowledgement)
    assert (ladder.within_s, ladder.message_class) == (60, "URGENT")
    assert [(s.after_s, s.post) for s in ladder.escalate][-1] == (600, "commander")
    suspension = clauses["M6"]
    assert isinstance(suspension, Suspension)
    assert (suspension.notice_s, suspension.exempt) == (3600, ("life_safety",))
    fire = {c.id: c for c in wildfire.agreement("AGR-FIRE").clauses}
    assert fire["F3"] == BoundaryRule(
        id="F3",
        boundary="LINE-DIV",
        rule="tankers right (west), helicopters left (east), crossing needs clearance",
    )
    report = next(c for c in wildfire.agreement("AGR-RANGE").clauses if c.id == "R5")
    assert isinstance(report, IncidentReport)
    assert (report.initial, report.final) == ("PT24H", "P30D")


def test_reported_terms_are_kept_word_for_word(syria):
    terms = {c.id: c for c in syria.agreement("AGR-MOU-2015").clauses if isinstance(c, Term)}
    excluded = terms["reported-excluded"]
    assert excluded.text.startswith("no zones of cooperation, no intelligence, no ")
    assert excluded.source == "Sputnik 2017-04-07"


@pytest.mark.row("S20")
def test_a_reservation_is_kept_with_its_clause_and_never_judged():
    def reserve(timeline: Document, _: Document) -> None:
        timeline["agreements"][0]["drill_clauses"][0]["text"] = "self-defence is reserved"
        timeline["agreements"][0]["reported_terms"].append(
            {"clause": "reservation", "value": "the right of self-defence is kept", "source": "S01"}
        )

    clauses = {c.id: c for c in changed("syria-2017-06", reserve).agreement("AGR-MOU-2015").clauses}
    assert clauses["M1"].text == "self-defence is reserved"
    assert isinstance(clauses["reported-reservation"], Term)
    assert clauses["reported-reservation"].text == "the right of self-defence is kept"


def test_one_sided_agreements_bind_nobody_else(syria):
    one_sided = syria.agreement("AGR-EW-LINE")
    assert one_sided.asserted_by == ("COAL",)
    assert not one_sided.binds("COAL", "RUS")


@pytest.mark.row("S11")
def test_a_date_alone_stays_an_interval():
    def date_only(timeline: Document, _: Document) -> None:
        timeline["events"][6]["t"] = "2017-06-19"
        del timeline["events"][6]["t_uncertainty"]
        timeline["line_state_assertions"][9]["t"] = "2017-06-19"
        del timeline["line_state_assertions"][9]["t_uncertainty"]

    scenario = changed("syria-2017-06", date_only)
    for when in (scenario.event("E07").when, scenario.assertions[9].when):
        assert when.from_us == parse_instant_us("2017-06-19T00:00:00Z")
        assert when.to_us == parse_instant_us("2017-06-20T00:00:00Z") - 1


def test_an_unquoted_date_is_never_padded_to_midnight():
    folder = EXAMPLES / "syria-2017-06"
    text = (folder / "timeline.yaml").read_text("utf-8")
    text = text.replace(
        "id: E07, t: '2017-06-19T10:00Z', t_uncertainty: PT4H", "id: E07, t: 2017-06-19"
    )
    scenario = scenario_from_documents(text.encode(), (folder / "geo.geojson").read_bytes())
    when = scenario.event("E07").when
    assert when.to_us - when.from_us == 86_400_000_000 - 1


def test_objects_know_who_agreed_and_who_asserts(syria, wildfire):
    boundaries = {b.id: b for b in syria.boundaries}
    assert boundaries["GL-EW"].asserted_by == ("COAL",)
    assert boundaries["GL-EUPHRATES"].asserted_by == ("RUS",)
    assert syria.zone("DEZ-1").agreed_by == ("RUS", "TUR", "IRN")
    assert syria.zone("AREA-N1").owner == "RUS"
    parties = tuple(p.id for p in wildfire.agreement("AGR-FIRE").parties)
    assert wildfire.boundaries[0].agreed_by == parties
    assert wildfire.zone("RING-7").agreed_by == parties
    assert wildfire.zone("MOA-E").owner == "RANGE"
    assert wildfire.terms_of("TFR-1").authorisation_required
    assert wildfire.terms_of("UAS-BOX").released_to == "UAS-AGENCY"


def test_posts_of_a_party_without_a_list_come_from_the_agreement(wildfire):
    assert wildfire.party("RANGE").posts == ("range-scheduling-desk", "duty-officer")


@pytest.mark.row("S34")
def test_a_circle_is_a_point_with_a_radius():
    def circle(_: Document, geometry: Document) -> None:
        ring = feature(geometry, "RING-7")
        ring["geometry"] = {"type": "Point", "coordinates": [-115.9, 43.2]}
        ring["properties"]["radius_nm"] = 7
        ring["properties"]["asserted_by"] = ["IC"]

    zone = changed("wildfire-civil", circle).zone("RING-7")
    assert isinstance(zone.shape, Circle)
    assert zone.shape.radius_m == pytest.approx(7 * 1852)
    assert zone.asserted_by == ("IC",)


# ---- what is refused -------------------------------------------------------------------------


def test_an_unknown_clause_parameter_names_the_nearest():
    def misspell(timeline: Document, _: Document) -> None:
        clause = timeline["agreements"][0]["drill_clauses"][0]
        clause["horizontal_mn"] = clause.pop("horizontal_nm")

    line = refused("syria-2017-06", misspell)
    assert "'horizontal_nm'" in line
    assert "M1" in line


@pytest.mark.parametrize(
    ("where", "wrong", "right"),
    [
        (lambda t, g: t, "agreemants", "agreements"),
        (lambda t, g: t["parties"][0], "languges", "languages"),
        (lambda t, g: t["agreements"][0], "titel", "title"),
        (lambda t, g: t["lines_of_communication"][0], "lanuages", "languages"),
        (lambda t, g: t["lines_of_communication"][0]["ends"][0], "pots", "post"),
        (lambda t, g: t["messages"][0], "ack_deadline", "ack_deadline_s"),
        (lambda t, g: t["claims"][1]["answers"], "questoin", "question"),
        (lambda t, g: t["queries"][0], "lines", "line"),
        (lambda t, g: t["altitudes"], "refrence", "reference"),
        (lambda t, g: t["sources"]["S01"], "publishr", "publisher"),
        (lambda t, g: feature(g, "GL-EW")["properties"], "asserted", "asserted_by"),
        (lambda t, g: feature(g, "DEZ-1")["properties"], "uper", "upper"),
        (lambda t, g: feature(g, "SYN-A1")["properties"], "time", "times"),
    ],
)
def test_a_misspelt_key_names_the_nearest(where, wrong, right):
    def misspell(timeline: Document, geometry: Document) -> None:
        where(timeline, geometry)[wrong] = "x"

    line = refused("syria-2017-06", misspell)
    assert wrong in line
    assert repr(right) in line


def test_texts_with_unquoted_commas_are_read_whole():
    text = b"{seq: 1, tests: 510 s, past the deadline, late, says: a, b, kind: x}"
    assert loaded(text) == {
        "seq": 1,
        "tests": "510 s, past the deadline, late",
        "says": "a, b",
        "kind": "x",
    }
    assert loaded(b"{kind: x, seq: }") == {"kind": "x", "seq": None}


def test_a_file_rewritten_by_another_program_is_read():
    """YAML reads `what: one, two` in braces as a key without a value, and writes it so."""
    timeline, geometry = documents("syria-2017-06")
    timeline["messages"][0]["past the deadline"] = None
    timeline["agreements"][0]["drill_clauses"][0]["late"] = None
    text = yaml.safe_dump(timeline, allow_unicode=True)
    scenario = scenario_from_documents(text.encode(), json.dumps(geometry).encode())
    assert scenario.messages == example("syria-2017-06").messages


@pytest.mark.parametrize("name", ["syria-2017-06", "wildfire-civil"])
def test_the_reference_scenarios_are_read_as_they_are(name):
    folder = shared(f"scenarios/{name}")
    scenario = scenario_from_documents(
        (folder / "timeline.yaml").read_bytes(), (folder / "geo.geojson").read_bytes()
    )
    ours = example(name)
    assert scenario.messages == ours.messages
    assert scenario.agreements == ours.agreements
    assert scenario.claims == ours.claims


def test_commentary_is_free():
    def comment(timeline: Document, geometry: Document) -> None:
        for place in (timeline, timeline["parties"][0], timeline["messages"][0]):
            place["note"] = "for a reader"
        feature(geometry, "SYN-A1")["properties"]["note"] = "for a reader"

    assert changed("syria-2017-06", comment).id == "syria-2017-06"


def test_a_party_twice_is_refused():
    def twice(timeline: Document, _: Document) -> None:
        timeline["parties"].append({"id": "RUS", "name": "again"})

    assert "RUS" in refused("syria-2017-06", twice)


def test_a_track_that_goes_back_in_time_is_refused():
    def back(_: Document, geometry: Document) -> None:
        times = feature(geometry, "SYN-A1")["properties"]["times"]
        times[1], times[2] = times[2], times[1]

    line = refused("syria-2017-06", back)
    assert line == (
        "geo.geojson feature SYN-A1 times row 2 is 2017-06-20T06:10:00Z, wanted later than row 1 "
        "(2017-06-20T06:20:00Z); sort the vertices by time, and drop repeated times"
    )


def test_a_place_that_comes_twice_is_refused():
    def twice(_: Document, geometry: Document) -> None:
        feature(geometry, "PL-Raqqa")["properties"]["id"] = "PL-Rusafa"

    assert "feature id is PL-Rusafa, wanted each id once" in refused("syria-2017-06", twice)


def test_latitude_100_is_refused():
    def north(_: Document, geometry: Document) -> None:
        feature(geometry, "PL-Rusafa")["geometry"]["coordinates"][1] = 100

    line = refused("syria-2017-06", north)
    assert "PL-Rusafa" in line
    assert "latitude is 100" in line


def test_a_ring_that_crosses_itself_is_refused():
    def bow_tie(_: Document, geometry: Document) -> None:
        ring = feature(geometry, "AREA-N1")["geometry"]["coordinates"][0]
        ring[1], ring[2] = ring[2], ring[1]

    line = refused("syria-2017-06", bow_tie)
    assert "AREA-N1" in line
    assert "edge" in line


def _set(path: Callable[[Document, Document], Document], key: str, value: object) -> Change:
    return lambda timeline, geometry: path(timeline, geometry).__setitem__(key, value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set(lambda t, g: t["messages"][0], "kind", "line_tset"), "'line_test'"),
        (_set(lambda t, g: t["messages"][0], "to", "RUSS"), "all of them"),
        (_set(lambda t, g: t["messages"][0], "requires", "akc"), "'ack'"),
        (_set(lambda t, g: t["queries"][0], "kind", "line_usd"), "'line_used'"),
        (_set(lambda t, g: t["messages"][0], "seq", "one"), "wanted int"),
        (_set(lambda t, g: t["messages"][0], "seq", 3), "seq"),
        (_set(lambda t, g: t["messages"][0], "t", "2017-06-20"), "instant"),
        (_set(lambda t, g: t["messages"][0], "ack_deadline_s", -1), "seconds above 0"),
        (_set(lambda t, g: t["messages"][0], "line", "LINE-AIRR"), "'LINE-AIR'"),
        (_set(lambda t, g: t["messages"][1], "of", 99), "seq of a message"),
        (_set(lambda t, g: t["messages"][1], "of", 4), "no answer itself"),
        (_set(lambda t, g: t["messages"][1], "from", "COAL"), "addressee"),
        (_set(lambda t, g: t["messages"][1], "t", "2017-06-20T04:00:00Z"), "not before"),
        (_set(lambda t, g: t["messages"][3], "matches", False), "read back otherwise"),
        (
            _set(lambda t, g: t["messages"][2], "window",
                 ["2017-06-20T06:40:00Z", "2017-06-20T06:00:00Z"]),
            "end after its start",
        ),
        (_set(lambda t, g: t["agreements"][0]["parties"], 0, "COALL"), "'COAL'"),
        (_set(lambda t, g: t["agreements"][0]["drill_clauses"][1], "lead_time", "15M"), "ISO 8601"),
        (_set(lambda t, g: t["agreements"][0]["drill_clauses"][1], "kind", "notfication"),
         "'notification'"),
        (_set(lambda t, g: t["lines_of_communication"][0], "under", "AGR-MOU"), "AGR-MOU-2015"),
        (_set(lambda t, g: t["queries"][0], "from", None), "in a line_used query"),
        (_set(lambda t, g: t["distribution_receipts"][0], "of", 77), "seq of a message"),
        (_set(lambda t, g: t, "schema", "deconfliction-scenario/9"), "deconfliction-scenario/0"),
        (_set(lambda t, g: t, "geometry", "../other.geojson"), "geo.geojson"),
        (_set(lambda t, g: t["altitudes"], "reference", "amls"), "'amsl'"),
        (_set(lambda t, g: t["interpolation"], "positions", "by guess"), "geodesic"),
        (_set(lambda t, g: feature(g, "SYN-A1")["properties"], "alt_ft", [1, 2]), "one altitude"),
        (_set(lambda t, g: feature(g, "SYN-A1")["properties"], "party", "COALITION"), "party"),
        (_set(lambda t, g: feature(g, "DEZ-3")["properties"], "excludes", ["PL-Qabun"]),
         "'PL-Qaboun'"),
        (_set(lambda t, g: feature(g, "DEZ-3")["properties"]["upper"], "ref", "ft"), "ft MSL"),
        (_set(lambda t, g: feature(g, "DEZ-3")["properties"], "kind", "zome"), "'zone'"),
        (_set(lambda t, g: feature(g, "DEZ-3")["properties"], "agreement", "ASTANA"), "AGR-ASTANA"),
        (_set(lambda t, g: feature(g, "SYN-A1"), "geometry", None), "names with values"),
    ],
)  # fmt: skip
def test_other_bad_input_is_refused_in_one_line(change, says):
    assert says in refused("syria-2017-06", change)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"a: [1", "line"),
        (b"a: 1\na: 2\n", "twice"),
        (b"a: &x 1\nb: *x\n", "anchors"),
        (b"[1, 2]", "names with values"),
        (b"? [a, b]\n: 1\n", "key must be text"),
        (b"a: !!python/object:os.system x\n", "YAML"),
        (b"[" * 5000, "deeply"),
        (b"", "names with values"),
    ],
)
def test_what_is_no_timeline_is_refused_in_one_line(text, says):
    with pytest.raises(InputFault) as caught:
        scenario_from_documents(text, b"{}")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


SYRIA = (EXAMPLES / "syria-2017-06" / "timeline.yaml").read_bytes()
SYRIA_GEOMETRY = (EXAMPLES / "syria-2017-06" / "geo.geojson").read_bytes()


@settings(max_examples=25)
@given(data=st.data())
def test_a_damaged_file_gives_a_scenario_or_an_input_fault(data):
    which = data.draw(st.sampled_from([0, 1]))
    files = [SYRIA, SYRIA_GEOMETRY]
    text = files[which]
    at = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(0, 40))
    put = data.draw(st.binary(max_size=8) | st.sampled_from([b"0", b".nan", b"{}", b"null", b"\n"]))
    files[which] = text[:at] + put + text[at + length :]
    said = ""
    try:
        scenario_from_documents(*files)
    except InputFault as fault:
        said = str(fault)
    assert "\n" not in said
