"""Whether an agreement can be worked with: what it names is there, and where two of them fight."""

from __future__ import annotations

import copy

import msgspec
import pytest

from parley.world.agreement import Agreement
from parley.world.agreement_checks import contradictions, faults_of, grounds_meet, notes_of
from parley.world.agreement_document import canonical_document, document_of, in_units
from parley.world.clauses import CLAUSE_KINDS
from parley.world.geo import Position
from parley.world.shape import Circle, Polygon
from parley.world.time import parse_instant_us
from wire.agreementkit import agreement, changed, clause, plain, read, zone

NOW_US = parse_instant_us("2027-06-01T00:00:00Z")


def faults(change) -> list[str]:
    found = agreement(changed(change))
    return [str(fault) for fault in faults_of(found, NOW_US, canonical_document(found))]


def notes(change) -> list[str]:
    return list(notes_of(agreement(changed(change)), NOW_US))


def put(clause_id, key, value):
    return lambda d: clause(d, clause_id).__setitem__(key, value)


UNUSABLE = {
    "zone of a rule": (put("8", "zone", "KARST"), "clause 8 zone is KARST", "KARST-RANGE"),
    "ring": (put("27", "ring", "RING"), "clause 27 ring is RING", "a zone of the document"),
    "boundary": (put("12", "boundary", "LINE"), "clause 12 boundary is LINE", "COMMON-LINE"),
    "stand-off": (put("11", "boundary", "LINE"), "clause 11 boundary is LINE", "COMMON-LINE"),
    "line": (put("17", "line", "LINE-KRST"), "clause 17 line is LINE-KRST", "'LINE-KARST'"),
    "class": (
        put("11", "applies_to", {"classes": ["stat"]}),
        "clause 11 applies_to classes is stat",
        "'state'",
    ),
    "pair": (
        put("9", "class_pairs", [["state", "civil"]]),
        "clause 9 class_pairs is civil",
        "an aircraft class",
    ),
    "party": (
        put("8", "applies_to", {"parties": ["NEIGHBOR"]}),
        "clause 8 applies_to parties is NEIGHBOR",
        "'NEIGHBOUR'",
    ),
    "zone of a scope": (
        put("9", "applies_to", {"zones": ["BUFER"]}),
        "clause 9 applies_to zones is BUFER",
        "'BUFFER'",
    ),
    "post of an escalation": (
        put("4", "escalate", [{"after": "60 s", "post": "comander"}]),
        "clause 4 escalate post is comander",
        "'commander'",
    ),
    "post of a watch": (
        lambda d: clause(d, "2").update(applies_to={"parties": ["RANGE"]}, posts=["shift-leader"]),
        "clause 2 posts is shift-leader",
        "range-control",
    ),
    "hours of a watch": (put("2", "hours", "8 to 5"), "clause 2 hours is 8 to 5", "24/7"),
    "hours of a line": (
        lambda d: d["lines"][0].__setitem__("hours", "always"),
        "line LINE-KARST hours is always",
        "24/7",
    ),
    "post of a line": (
        lambda d: d["lines"][0]["ends"][0].__setitem__("post", "supervisr"),
        "line LINE-KARST end of CELL post is supervisr",
        "'supervisor'",
    ),
    "message type": (put("6", "of", ["area.notic"]), "clause 6 of is area.notic", "'area.notice'"),
    "leave": (put("8", "leave", ["clearence"]), "clause 8 leave is clearence", "'clearance'"),
    "message class": (
        put("4", "message_class", "URGNT"),
        "clause 4 message_class is URGNT",
        "'URGENT'",
    ),
    "subject": (put("21", "subjects", ["grund"]), "clause 21 subjects is grund", "'ground'"),
    "reservation": (
        put("9", "reservations", [{"by": "NATO", "text": "x"}]),
        "clause 9 reservations by is NATO",
        "a party",
    ),
    "who may change": (put("7", "may_change", ["RNGE"]), "clause 7 may_change is RNGE", "'RANGE'"),
    "owner": (
        lambda d: zone(d).__setitem__("owner", "RNGE"),
        "zone KARST-RANGE owner is RNGE",
        "'RANGE'",
    ),
    "who agreed": (
        lambda d: zone(d).__setitem__("agreed_by", ["CELL", "CEL"]),
        "zone KARST-RANGE agreed_by is CEL,",
        "'CELL'",
    ),
    "pressure": (
        lambda d: d["pressure"].__setitem__("source", "MET"),
        "pressure source is MET",
        "a party",
    ),
    "pressure place": (
        lambda d: d["pressure"].__setitem__("place", "KARST"),
        "pressure place is KARST",
        "KARST-FIELD",
    ),
    "answers": (
        lambda d: d["actors"][0].__setitem__("answers", "CLUB"),
        "actor Aero clubs of the coast answers is CLUB",
        "a party, or nobody",
    ),
    "no post": (
        lambda d: (
            d["parties"][1].__setitem__("posts", []),
            d["lines"][0]["ends"].pop(1),
            clause(d, "4")["escalate"].pop(1),
        ),
        "party RANGE posts is none",
        "duty-officer",
    ),
    "over": (
        lambda d: d.__setitem__(
            "valid", {"from": "2026-01-01T00:00:00Z", "to": "2027-05-31T00:00:00Z"}
        ),
        "valid to is 2027-05-31T00:00:00Z",
        "raise version",
    ),
    "empty": (
        lambda d: d.__setitem__(
            "valid", {"from": "2027-07-01T00:00:00Z", "to": "2027-07-01T00:00:00Z"}
        ),
        "valid is 2027-07-01T00:00:00Z",
        "an end after its beginning",
    ),
    "too long": (
        lambda d: put("28", "text", "é" * 19_999)(d) or put("27", "text", "é" * 19_999)(d),
        "document as adopted is ",
        "at most 60000; fewer vertices",
    ),
    "two minima for one matter": (
        put("10", "class_pairs", [["state", "state"]]),
        "clause 10 horizontal is 5 NM, wanted what clause 9 says of the same matter: 3 NM",
        "leave one of them out",
    ),
}


@pytest.mark.row("R8")
@pytest.mark.parametrize("name", UNUSABLE)
def test_what_a_clause_names_must_be_there_and_hold(name):
    change, said, repair = UNUSABLE[name]
    lines = [line for line in faults(change) if said in line]
    assert lines, faults(change)
    assert repair in lines[0]
    assert ", wanted " in lines[0]
    assert "; " in lines[0]


def test_the_examples_are_usable():
    assert faults(lambda d: None) == []


def test_a_special_clause_beside_a_general_one_is_no_fault():
    assert faults(put("9", "class_pairs", [])) == []


# ---- what a reader must know -------------------------------------------------------------------


@pytest.mark.row("S18", "S21")
def test_what_one_side_says_and_whom_nobody_answers_for_is_told():
    def change(document):
        zone(document)["asserted_by"] = ["RANGE"]
        zone(document)["agreed_by"] = []

    said = notes(change)
    assert "one-sided: zone KARST-RANGE is said by RANGE: no duty for anybody else" in said
    assert "nobody answers for: Drone pilots without registration (non-party)" in said


@pytest.mark.row("S18")
def test_an_agreement_that_one_side_asserts_binds_nobody_by_its_objects():
    found = agreement(changed(lambda d: d.__setitem__("asserted_by", ["RANGE"])))
    for each in (*found.zones, *found.boundaries):
        assert (each.agreed_by, each.asserted_by) == ((), ("RANGE",))
    assert any(
        line.startswith("one-sided: only RANGE says all of this")
        for line in notes_of(found, NOW_US)
    )
    assert not found.binds("CELL", "RANGE")


@pytest.mark.row("R8")
def test_what_is_undefined_and_what_only_people_judge_is_told():
    def change(document):
        document["clauses"] = [
            each for each in document["clauses"] if each["kind"] not in ("separation", "suspension")
        ]
        document.pop("pressure")
        clause(document, "27").pop("contact")

    said = notes(change)
    assert "undefined: how far aircraft keep apart (no separation is judged)" in said
    assert any("with how much notice a party may suspend" in line for line in said)
    assert any("whose pressure compares levels" in line for line in said)
    assert "clause 28 (term): no rule can judge it alone: a term of words" in said
    assert any(line.startswith("clause 27 (ring): no rule can judge it alone") for line in said)


@pytest.mark.row("S20")
def test_a_reservation_is_kept_word_for_word_and_changes_no_number():
    with_it = agreement(plain())
    words = "Interception under national rules is not limited by this article."
    kept = next(each for each in with_it.clauses if each.id == "9")
    assert [(each.by, each.text) for each in kept.reservations] == [("NEIGHBOUR", words)]
    without = agreement(changed(lambda d: clause(d, "9").pop("reservations")))
    plainly = next(each for each in without.clauses if each.id == "9")
    assert msgspec.structs.replace(kept, reservations=()) == plainly


@pytest.mark.row("S12", "S21", "S22")
def test_a_text_that_is_not_public_and_who_is_bound_through_whom_are_kept():
    def change(document):
        document.update(text_public=False, text_sha256="ab" * 32)
        document["parties"].append(
            {
                "id": "ALLY",
                "standing": "bound through another",
                "bound_through": "CELL",
                "posts": ["liaison"],
                "signed_by": "CELL",
            }
        )
        document["actors"].append(
            {"name": "Partner forces", "standing": "partner force", "contested_by": ["RANGE"]}
        )

    found = agreement(changed(change))
    assert (found.text_public, found.text_sha256) == (False, "ab" * 32)
    ally = found.party("ALLY")
    assert (ally.bound_through, ally.standing) == ("CELL", "bound through another")
    said = notes_of(found, NOW_US)
    assert "nobody answers for: Partner forces (partner force)" in said
    assert agreement(document_of(found)) == found
    wrong = read(changed(lambda d: (change(d), d["parties"][-1].update(bound_through="NOBODY"))))
    assert "party ALLY bound_through is NOBODY" in str(wrong.faults[0])


@pytest.mark.row("S35", "S37")
def test_background_layers_are_dated_named_and_never_become_ground_of_the_agreement():
    def change(document):
        document["layers"] = [
            {
                "id": "FIR-NORTH",
                "kind": "FIR",
                "name": "Flight information region",
                "as_of": {"from": "2026-06-05T00:00:00Z", "to": "2026-06-05T23:59:59Z"},
                "source": "somebody's chart",
                "areas": [{"polygon": {"vertices": ["44N 14E", "45N 14E", "45N 16E"]}}],
                "uncertainty": "500 m",
            }
        ]

    found = agreement(changed(change))
    assert found.zones == agreement(plain()).zones
    assert found.layers[0].uncertainty_m == 500.0
    document = document_of(found)
    document["clauses"][7]["zone"] = "FIR-NORTH"
    named = agreement(document)
    said = [str(each) for each in faults_of(named, NOW_US, canonical_document(named))]
    assert any("clause 8 zone is FIR-NORTH" in line for line in said)


# ---- two agreements ----------------------------------------------------------------------------


def other(change, name="LOA-OTHER") -> Agreement:
    document = copy.deepcopy(plain())
    document["id"] = name
    change(document)
    return agreement(document)


def fights(change) -> list[tuple[str, str, str]]:
    found = contradictions(agreement(plain()), other(change))
    return [(each.about, each.first, each.second) for each in found]


@pytest.mark.row("S17", "R8")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("9", "horizontal", "5 NM"), ("separation horizontal", "3 NM", "5 NM")),
        (put("4", "within", "90 s"), ("acknowledgement within", "1 min", "90 s")),
        (put("6", "lead", "1 h"), ("notification lead", "30 min", "1 h")),
        (put("11", "distance", "5 km"), ("stand_off distance", "2 NM", "5 km")),
        (put("24", "notice", "2 h"), ("suspension notice", "1 h", "2 h")),
        (put("12", "side", "left"), ("boundary side", "right", "left")),
        (put("8", "stay", "inside"), ("zone stay", "outside", "inside")),
        (put("22", "initial", "P2D"), ("incident_report initial", "1 day", "2 days")),
        (
            lambda d: zone(d).__setitem__("owner", "CELL"),
            ("zone KARST-RANGE owner", "RANGE", "CELL"),
        ),
        (
            lambda d: zone(d).__setitem__("upper", "FL200"),
            ("zone KARST-RANGE upper", "FL180", "FL200"),
        ),
        (put("26", "value", True), ("exclusive_channel value", "false", "true")),
    ],
)
def test_two_agreements_that_contradict_are_both_shown(change, said):
    assert said in fights(change)


def test_two_exclusive_channels_contradict_though_they_say_the_same():
    def exclusive(document):
        clause(document, "26")["value"] = True

    found = contradictions(other(exclusive, "LOA-1"), other(exclusive, "LOA-2"))
    assert [each.about for each in found] == ["exclusive channel"]


@pytest.mark.row("S17")
def test_agreements_that_say_the_same_bind_others_or_follow_each_other_do_not_contradict():
    first = agreement(plain())

    def later(document):
        put("9", "horizontal", "5 NM")(document)
        document["valid"] = {"from": "2029-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"}

    def others(document):
        put("9", "horizontal", "5 NM")(document)
        put("9", "applies_to", {"parties": ["CELL"]})(document)

    assert contradictions(first, other(lambda d: None)) == ()
    assert contradictions(first, other(later)) == ()
    assert contradictions(first, other(put("9", "horizontal", "5 NM"), "LOA-KARST")) == ()
    said = other(lambda d: (put("9", "horizontal", "5 NM")(d), d.update(asserted_by=["CELL"])))
    assert contradictions(first, said) == ()
    assert contradictions(first, other(others))


def test_clauses_about_grounds_apart_do_not_contradict():
    def only_in(name, change=lambda d: None):
        def of(document):
            put("9", "applies_to", {"zones": [name]})(document)
            change(document)

        return of

    def moved(document):
        put("9", "horizontal", "5 NM")(document)
        zone(document, "BUFFER")["id"] = "FAR"
        zone(document, "FAR")["shape"] = {"circle": {"centre": "10N 10E", "radius": "5 NM"}}
        put("9", "applies_to", {"zones": ["FAR"]})(document)

    first = other(only_in("KARST-RANGE"), "LOA-1")
    abouts = [each.about for each in contradictions(first, other(moved, "LOA-2"))]
    assert "separation horizontal" not in abouts
    near = other(only_in("KARST-RANGE", put("9", "horizontal", "5 NM")), "LOA-2")
    assert "separation horizontal" in [each.about for each in contradictions(first, near)]


def test_grounds_meet_as_they_are_drawn():
    def circle(lon_deg, radius_m):
        return Circle(centre=Position(lat_deg=0.0, lon_deg=lon_deg), radius_m=radius_m)

    square = Polygon(
        exterior=tuple(
            Position(lat_deg=lat, lon_deg=lon) for lat, lon in ((0, 0), (0, 1), (1, 1), (1, 0))
        )
    )
    assert grounds_meet([circle(0.0, 60_000.0)], [circle(1.0, 60_000.0)])
    assert not grounds_meet([circle(0.0, 50_000.0)], [circle(1.0, 50_000.0)])
    assert grounds_meet([square], [circle(1.0, 1_000.0)])
    assert not grounds_meet([square], [])


def test_grounds_meet_across_the_antimeridian():
    def circle(lon_deg):
        return Circle(centre=Position(lat_deg=10.0, lon_deg=lon_deg), radius_m=20_000.0)

    for a, b in ((179.9, -179.9), (-179.9, 179.9), (179.9, 180.0), (-180.0, 180.0)):
        assert grounds_meet([circle(a)], [circle(b)]), (a, b)
    assert not grounds_meet([circle(179.0)], [circle(-179.0)])


# ---- forms -------------------------------------------------------------------------------------


def test_every_number_of_every_clause_is_written_with_its_unit():
    """A bare number is never shown for a quantity: each field that has one names its unit."""
    for kind in CLAUSE_KINDS.values():
        for each in msgspec.structs.fields(kind):
            if each.type in (float, float | None):
                key, text = in_units(each.name, 120.0)
                assert key != each.name, each.name
                assert not text.replace(".", "").isdigit(), each.name


def test_a_document_with_every_clause_kind_is_written_with_units_only():
    def numbers(value, key=""):
        if isinstance(value, dict):
            for name, each in value.items():
                yield from numbers(each, name)
        elif isinstance(value, list):
            for each in value:
                yield from numbers(each, key)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield key

    bare = set(numbers(document_of(agreement(plain()))))
    assert bare == {"lat_deg", "lon_deg", "rules_version", "standing_max", "unflown_max"}
