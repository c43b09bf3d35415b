"""Agreement documents: bad ones are refused in one line; TOML, YAML, JSON are one agreement."""

from __future__ import annotations

import hashlib
import json
import random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from longer import more
from parley.wire.agreement_text import (
    agreement_toml,
    plain_values,
    read_agreement,
)
from parley.world.agreement import RULES_OF_NEW, Agreement
from parley.world.agreement_document import agreement_schema, canonical_document, document_of
from parley.world.clauses import CLAUSE_KINDS
from parley.world.faults import InputFault
from wire.agreementkit import (
    EXAMPLES,
    SCHEMA,
    agreement,
    changed,
    clause,
    drop,
    faults,
    plain,
    put,
    put_party,
    put_top,
    put_window,
    put_zone,
    read,
    zone,
)

# Each: a change, then what its one line must hold: path, value, limit or form, repair.
SHAPE = {
    "unknown kind": (put("9", "kind", "separtion"), "clause 9 kind", "separtion", "'separation'"),
    "no kind": (drop("9", "kind"), "clause 9 kind", "", "term"),
    "unknown parameter": (
        put("9", "horizontl", "3 NM"),
        "clause 9 key",
        "horizontl",
        "'horizontal'",
    ),
    "unit missing": (put("9", "horizontal", 3), "clause 9 horizontal", "bare number 3", "3 NM"),
    "unit missing in text": (put("9", "horizontal", "3"), "clause 9 horizontal", "3", "3 NM"),
    "unit missing, height": (
        put("9", "vertical", 3000.0),
        "clause 9 vertical",
        "3000.0",
        "1000 ft",
    ),
    "unknown unit": (put("9", "horizontal", "3 miles"), "clause 9 horizontal", "3 miles", "NM"),
    "a unit of another quantity": (put("4", "within", "3 NM"), "clause 4 within", "3 NM", "15 min"),
    "deadline negative": (put("4", "within", "-60 s"), "clause 4 within", "-60 s", "not negative"),
    "deadline without unit": (
        put("4", "within", 60),
        "clause 4 within",
        "bare number 60",
        "15 min",
    ),
    "no deadline": (drop("4", "within"), "clause 4 within", "not given", "add within"),
    "months in a deadline": (put("6", "lead", "P1M"), "clause 6 lead", "P1M", "30 days"),
    "frequency without unit": (put("16", "primary", 118.1), "clause 16 primary", "118.1", "MHz"),
    "rate in baud": (put("17", "rate", "9600 Bd"), "clause 17 rate", "9600 Bd", "9600 bit/s"),
    "area in acres": (put("15", "area", "5 ac"), "clause 15 area", "5 ac", "km2"),
    "count in words": (put("15", "standing_max", "many"), "clause 15 standing_max", "many", "20"),
    "count negative": (put("15", "standing_max", -1), "clause 15 standing_max", "-1", "0 or more"),
    "half a pair": (
        put("9", "class_pairs", [["state"]]),
        "clause 9 class_pairs 1",
        "1 of them",
        "2",
    ),
    "yes for true": (put("26", "value", "yes"), "clause 26 value", "yes", "without quotes"),
    "wrong side": (put("12", "side", "west"), "clause 12 side", "west", "left"),
    "renewal unknown": (put("1", "renewal", "auto"), "clause 1 renewal", "auto", "automatic"),
    "no lower limit": (
        lambda d: zone(d).pop("lower"),
        "zone KARST-RANGE lower",
        "not given",
        "AMSL",
    ),
    "no reference": (put_zone("upper", "3000 ft"), "zone KARST-RANGE upper", "3000 ft", "AMSL"),
    "height as number": (put_zone("upper", 3000), "zone KARST-RANGE upper", "3000", "FL180"),
    "unknown reference": (put_zone("upper", "3000 ft QFE"), "upper", "3000 ft QFE", "AMSL"),
    "no shape": (
        lambda d: zone(d).pop("shape"),
        "zone KARST-RANGE shape",
        "not given",
        "add shape",
    ),
    "two shapes": (
        lambda d: zone(d)["shape"].update(polygon={"vertices": ["0N 0E", "1N 0E", "1N 1E"]}),
        "zone KARST-RANGE shape",
        "circle, polygon",
        "exactly one of",
    ),
    "coordinates without names": (
        lambda d: d["places"][0].__setitem__("position", [15.3, 44.5]),
        "place KARST-FIELD position",
        "[15.3, 44.5]",
        "lat_deg",
    ),
    "latitude beyond the pole": (
        lambda d: d["places"][0].__setitem__("position", {"lat_deg": 144.5, "lon_deg": 15.3}),
        "place KARST-FIELD position latitude",
        "144.5",
        "-90 to 90",
    ),
    "radius without unit": (
        lambda d: zone(d)["shape"]["circle"].__setitem__("radius", 8),
        "zone KARST-RANGE shape circle radius",
        "bare number 8",
        "3 NM",
    ),
    "zone kind": (put_zone("kind", "area"), "zone KARST-RANGE kind", "area", "notified area"),
    "half past eight": (put_window("begins", "8.30"), "begins", "8.30", "08:00"),
    "weekday": (put_window("days", ["monday"]), "days", "monday", "'mon'"),
    "no windows": (
        lambda d: zone(d)["schedule"].pop("windows"),
        "schedule windows",
        "not given",
        "add",
    ),
    "validity as a date": (
        lambda d: d["valid"].__setitem__("from", "2027-01-01"),
        "valid from",
        "2027-01-01",
        "T06:00",
    ),
    "local validity": (
        lambda d: d["valid"].__setitem__("to", "2028-01-01T00:00:00"),
        "valid to",
        "2028",
        "offset",
    ),
    "no end": (lambda d: d["valid"].pop("to"), "valid to", "not given", "add to"),
    "no format": (lambda d: d.pop("format"), "format", "", "parley-agreement/1"),
    "another format": (
        put_top("format", "parley-agreement/9"),
        "format",
        "/9",
        "parley-agreement/1",
    ),
    "unknown table": (put_top("clause", []), "key", "clause", "'clauses'"),
    "no parties": (lambda d: d.pop("parties"), "parties", "not given", "add parties"),
    "title as number": (put_top("title", 7), "title", "7", "quotes"),
    "party key": (put_party(0, "psots", ["x"]), "party CELL key", "psots", "'posts'"),
    "standing": (put_party(0, "standing", "signer"), "party CELL standing", "signer", "signatory"),
    "clauses no list": (put_top("clauses", {"id": "1"}), "clauses", "id", "[ ]"),
    "layer of nobody": (put_top("layers", [{"id": "L"}]), "layer L", "not given", "add kind"),
    "escalation without unit": (
        put("4", "escalate", [{"after": 60, "post": "commander"}]),
        "clause 4 escalate 1 after",
        "bare number 60",
        "15 min",
    ),
    "pressure level as altitude": (
        lambda d: d["pressure"].__setitem__("transition_level", "9500 ft AMSL"),
        "pressure transition_level",
        "9500 ft AMSL",
        "FL060",
    ),
}
MEANING = {
    "bow-tie": (
        lambda d: zone(d).__setitem__(
            "shape", {"polygon": {"vertices": ["0N 0E", "1N 1E", "0N 1E", "1N 0E"]}}
        ),
        "zone KARST-RANGE",
        "edge 0",
        "two zones",
    ),
    "too many vertices": (
        lambda d: zone(d).__setitem__("shape", {"polygon": {"vertices": ["0N 0E"] * 2_001}}),
        "zone KARST-RANGE shape polygon vertices",
        "2001 of them",
        "2000",
    ),
    "upside down": (
        lambda d: zone(d).update(lower="FL200", upper="FL100"),
        "zone KARST-RANGE",
        "6096.0 m to 3048.0 m",
        "lower below",
    ),
    "minimum of nothing": (put("9", "horizontal", "0 NM"), "clause 9 horizontal", "0.0", "0..1e6"),
    "ends before it begins": (
        lambda d: d["valid"].__setitem__("to", "2026-01-01T00:00:00Z"),
        "valid",
        "to 2026-01-01T00:00:00Z",
        "from_us <= to_us",
    ),
    "two clauses of one id": (put("9", "id", "10"), "clause", "10", "remove or rename"),
    "a party twice": (put_party(1, "id", "CELL"), "party", "CELL", "each one once"),
    "unknown place": (
        lambda d: zone(d)["shape"]["circle"].__setitem__("centre", {"place": "KARST-FELD"}),
        "place",
        "KARST-FELD",
        "'KARST-FIELD'",
    ),
    "unknown boundary": (
        lambda d: zone(d, "BUFFER")["shape"]["strip"].__setitem__("boundary", "LINE"),
        "strip boundary",
        "LINE",
        "COMMON-LINE",
    ),
    "unknown time zone": (
        lambda d: zone(d)["schedule"].__setitem__("timezone", "Europe/Zagrep"),
        "timezone",
        "Europe/Zagrep",
        "UTC",
    ),
    "local time without validity": (lambda d: d.pop("valid"), "timezone", "Europe/Zagreb", "UTC"),
    "sunrise of nowhere": (put_window("begins", "sunrise"), "sun_at", "sunrise", "place"),
    "a file beside nothing": (
        lambda d: zone(d).__setitem__("shape", {"geojson": {"file": "a.geojson", "feature": "1"}}),
        "file",
        "a.geojson",
        "vertices",
    ),
    "kinds of newer rules": (
        put_top("rules_version", 3),
        "kind",
        "validity",
        "pin rules_version 4",
    ),
    "units that no party has": (
        put("18", "units", {"RANGE": ["tower"]}),
        "clause 18 unit of RANGE",
        "tower",
        "range-tower",
    ),
}


@pytest.mark.row("R8")
@pytest.mark.parametrize("name", [*SHAPE, *MEANING])
def test_a_bad_document_says_file_path_value_limit_and_repair(name):
    change, *words = (SHAPE | MEANING)[name]
    said = faults(change)
    assert said, "it was read"
    line = said[0]
    assert line.startswith("loa.json: ")
    for word in words:
        assert word in line, line
    assert ", wanted " in line, line
    assert "; " in line, line
    assert "\n" not in line


@pytest.mark.row("R8")
@pytest.mark.parametrize("name", SHAPE)
def test_the_schema_refuses_what_the_reader_refuses_for_its_shape(name):
    document = changed(SHAPE[name][0])
    assert not SCHEMA.is_valid(document)


def test_the_reader_and_the_schema_take_the_same_numbers():
    for text in ("3 NM", "3NM", "3.5 km", "3 nm", "3", "-3 NM", "3  NM", "1e3 m", " 3 m", "3 m "):
        document = changed(put("9", "horizontal", text))
        assert SCHEMA.is_valid(document) == (read(document).agreement is not None), text
    for text in ("15 min", "PT15M", "P1DT2H", "P", "PT", "1 day", "30 days", "1.5 h", "15", "0 s"):
        document = changed(put("6", "lead", text))
        assert SCHEMA.is_valid(document) == (read(document).agreement is not None), text
    for text in ("SFC", "UNL", "FL180", "FL 90", "FL1800", "-50 ft AMSL", "3000ft AGL", "9 km AGL"):
        document = changed(put_zone("lower", text))
        taken = read(document)
        # UNL has the shape of a limit and makes no sense as a lower one.
        shaped = taken.agreement is not None or text in ("UNL", "FL180")
        assert SCHEMA.is_valid(document) == shaped, text


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_validates_and_reads(path):
    SCHEMA.check_schema(SCHEMA.schema)
    assert not list(SCHEMA.iter_errors(plain(path)))
    assert read_agreement(path.read_bytes(), path.name).agreement is not None


def test_the_published_schema_is_the_one_that_reads():
    published = EXAMPLES.parents[1] / "docs" / "agreement.schema.json"
    assert json.loads(published.read_text("utf-8")) == agreement_schema()


@pytest.mark.row("R8")
def test_every_clause_kind_stands_in_the_guide_and_in_an_example():
    guide = (EXAMPLES.parents[1] / "docs" / "agreements.md").read_text("utf-8")
    used = {each["kind"] for path in EXAMPLES.glob("*.toml") for each in plain(path)["clauses"]}
    assert used == set(CLAUSE_KINDS)
    assert [kind for kind in CLAUSE_KINDS if f"`{kind}`" not in guide] == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (
            put_zone("shape", {"polygon": {"vertices": ["44N 15E", [1, 2], "45N 16E"]}}),
            "zone KARST-RANGE shape polygon vertices 2 is [1, 2]",
        ),
        (put_window("begins", "8"), "zone KARST-RANGE schedule windows 1 begins is 8"),
        (
            lambda d: zone(d)["exclusions"][0].__setitem__("uncertainty", 5),
            "zone KARST-RANGE exclusions Karst hospital uncertainty is the bare number 5",
        ),
        (
            lambda d: d["boundaries"][0].__setitem__(
                "vertices",
                {"beside": {"boundary": "COMMON-LINE", "side": "left", "distance": "2 km"}},
            ),
            "boundary COMMON-LINE vertices beside boundary is COMMON-LINE",
        ),
        (
            lambda d: d["boundaries"].append(
                {
                    "id": "B2",
                    "from_place": {
                        "place": "KARST-FIELD",
                        "bearing": "90 deg",
                        "distance": "0 km",
                        "half_length": "5 km",
                    },
                }
            ),
            "boundary B2 offset distance is 0.0",
        ),
        (put("4", "escalate", [{"after": "60 s"}]), "clause 4 escalate 1 post is not given"),
        (
            lambda d: d["lines"][0].__setitem__("ends", [{"party": "CELL", "post": "x"}]),
            "line LINE-KARST ends is 1, wanted two parties",
        ),
    ],
)
def test_a_fault_deep_inside_says_where(change, path):
    assert faults(change)[0].startswith(f"loa.json: {path}"), faults(change)[0]


def test_all_faults_are_told_at_once():
    def change(document):
        put("9", "horizontal", 3)(document)
        put("4", "within", "-60 s")(document)
        zone(document).pop("lower")

    said = faults(change)
    assert [line.split(" is ")[0] for line in said] == [
        "loa.json: zone KARST-RANGE lower",
        "loa.json: clause 4 within",
        "loa.json: clause 9 horizontal",
    ]


# ---- one agreement, however it is written ------------------------------------------------------


def sha256(found: Agreement) -> str:
    return hashlib.sha256(canonical_document(found).encode()).hexdigest()


@pytest.mark.row("R8", "S12")
@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_toml_yaml_and_json_of_one_agreement_have_one_sha256(path):
    document = plain(path)
    texts = {
        "a.toml": path.read_bytes(),
        "a.yaml": yaml.safe_dump(document, allow_unicode=True).encode(),
        "a.json": json.dumps(document).encode(),
    }
    found = {name: read_agreement(data, name).agreement for name, data in texts.items()}
    assert None not in found.values()
    assert len({sha256(each) for each in found.values()}) == 1
    shuffled = dict(random.Random(5).sample(list(document.items()), len(document)))
    assert sha256(agreement(shuffled)) == sha256(found["a.toml"])


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_what_is_written_reads_back_as_it_was(path):
    first = read_agreement(path.read_bytes(), path.name).agreement
    text = agreement_toml(first)
    second = read_agreement(text.encode(), "again.toml").agreement
    assert second == first
    assert agreement_toml(second) == text
    assert SCHEMA.is_valid(json.loads(json.dumps(document_of(first))))


@pytest.mark.row("S12")
@pytest.mark.parametrize("scenario", ["syria-2017-06", "wildfire-civil", "line-cases"])
def test_agreements_of_the_scenarios_are_written_with_units_and_read_back(scenario):
    from wire.test_scenario import documents
    from wire.test_scenario import read as scenario_of

    found = scenario_of(*documents(scenario)).agreements
    assert found
    for first in found:
        text = agreement_toml(first)
        assert read_agreement(text.encode(), "a.toml").agreement == first
        assert SCHEMA.is_valid(json.loads(json.dumps(document_of(first))))


def test_the_adopted_text_always_names_its_rules():
    text = canonical_document(agreement(plain()))
    assert json.loads(text)["rules_version"] == RULES_OF_NEW
    assert text == json.dumps(
        json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def test_a_change_of_one_unit_changes_the_sha256_and_a_change_of_spelling_does_not():
    first = sha256(agreement(plain()))
    assert sha256(agreement(changed(put("9", "horizontal", "5556 m")))) == first
    assert sha256(agreement(changed(put("4", "within", "PT1M")))) == first
    assert sha256(agreement(changed(put("9", "horizontal", "5557 m")))) != first


def test_what_is_written_though_it_would_be_so_anyway_changes_no_sha256():
    def change(document):
        zone(document, "BUFFER").update(uncertainty="0 m", version=1, exclusions=[], sources=[])
        clause(document, "9").update(applies_to={}, joined="or")
        clause(document, "4")["applies_to"] = {"parties": []}
        document["places"][0]["aliases"] = []
        document.update(version=1, supersedes="", datum="WGS84", layers=[])
        document.update(rules_version=RULES_OF_NEW)
        zone(document)["uncertainty"] = "50.0 m"

    assert sha256(agreement(changed(change))) == sha256(agreement(plain()))


def test_equal_agreements_have_one_text_wherever_they_come_from():
    import msgspec

    first = agreement(plain())
    for other in (
        msgspec.json.decode(canonical_document(first), type=Agreement),
        msgspec.json.decode(msgspec.json.encode(first), type=Agreement),
        msgspec.convert(msgspec.to_builtins(first), Agreement),
    ):
        assert other == first
        assert canonical_document(other) == canonical_document(first)


# ---- bytes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.yaml", "a: 1\na: 2\n", "key 'a' stands twice"),
        ("a.yaml", "a: &x [1]\nb: *x\n", "anchors and aliases"),
        ("a.yaml", "a: !!python/object:os.system x\n", "tags are not read"),
        ("a.yaml", "? [a]\n: 1\n", "a key must be text"),
        ("a.yaml", "a: [" * 3000, "nested too deeply"),
        ("a.json", '{"a": 1, "a": 2}', "stands twice"),
        ("a.json", '{"a": NaN}', "NaN is no number"),
        ("a.json", "[" * 3000 + "]" * 3000, "nested too deeply"),
        ("a.json", '{"a": "\\ud800"}', "half a letter"),
        ("a.toml", "a = 1\na = 2\n", "Cannot overwrite"),
        ("a.toml", "a = " + "[" * 200 + "]" * 200, "nested too deeply"),
        ("a.toml", "# " + "x" * 300_000, "at most 262144 bytes"),
        ("a.txt", "a = 1", ".toml, .yaml, .yml or .json"),
    ],
)
def test_bytes_that_are_no_plain_document_are_refused(name, text, says):
    with pytest.raises(InputFault) as fault:
        plain_values(text.encode(), name)
    assert says in str(fault.value)
    assert str(fault.value).startswith(name)


def test_yaml_guesses_nothing():
    text = "a: no\nb: 22:00\nc: 010\nd: 2027-01-01\ne: ~\nf: 1.5\ng: 7\nh: true\n"
    assert plain_values(text.encode(), "a.yml") == {
        "a": "no", "b": "22:00", "c": "010", "d": "2027-01-01", "e": "~", "f": 1.5, "g": 7,
        "h": True,
    }  # fmt: skip


def one_outcome(data, name):
    found = read_agreement(data, name)
    assert (found.agreement is None) == bool(found.faults)
    for fault in found.faults:
        assert isinstance(fault, InputFault)
        assert "\n" not in str(fault)


@settings(max_examples=more(60, 3_000), deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.toml", "a.yaml", "a.json"]))
def test_any_bytes_give_an_agreement_or_faults(data, name):
    one_outcome(data, name)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["3 NM", "-3 NM", "15 min", "SFC", "2027-01-01T00:00:00Z", "Europe/Zagreb"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def spots(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from spots(each, (*path, key))


def rich() -> dict:
    """Return the letter with what it does not use itself: every way to draw, and a layer."""

    def change(document):
        span = {"from": "2026-06-05T00:00:00Z", "to": "2026-06-05T23:59:59Z"}
        triangle = {"polygon": {"vertices": ["44N 14E", "45N 14E", "45N 16E"]}}
        layer = {"id": "L", "kind": "FIR", "name": "F", "as_of": span, "source": "chart"}
        document["layers"] = [layer | {"areas": [triangle], "lines": [["44N 14E", "45N 14E"]]}]
        ring = {"ring": {"centre": "44N 15E", "inner": "2 NM", "outer": "5 NM"}}
        corridor = {"corridor": {"vertices": ["44N 14E", "45N 14E"], "width": "5 km"}}
        base = {"kind": "zone", "lower": "SFC", "upper": "UNL", "owner": "CELL"}
        hole = {"name": "H", "position": "44N 15E", "uncertainty": "1 km"}
        sun = {"windows": [{"begins": "sunset+01:00", "ends": "sunrise"}], "sun_at": "44N 15E"}
        people = {"qualifier": "up to", "value": 100, "source": "S"}
        document["zones"] += [
            base | {"id": "R", "shape": ring, "exclusions": [hole], "schedule": sun},
            base | {"id": "C", "shape": corridor, "population": people},
        ]
        away = {"place": "KARST-FIELD", "bearing": "90 deg", "distance": "2 km"}
        document["boundaries"] += [
            {"id": "B2", "from_place": away | {"half_length": "20 km"}},
            {
                "id": "B3",
                "vertices": {
                    "beside": {"boundary": "COMMON-LINE", "side": "left", "distance": "2 km"}
                },
            },
        ]

    return changed(change)


def test_every_way_to_draw_is_read_written_and_in_the_schema():
    document = rich()
    found = agreement(document)
    assert SCHEMA.is_valid(document)
    again = read_agreement(agreement_toml(found).encode(), "a.toml").agreement
    assert again == found
    assert SCHEMA.is_valid(json.loads(json.dumps(document_of(found))))


SPOTS = [path for path in spots(rich()) if path]


@settings(max_examples=more(120, 6_000), deadline=None)
@given(st.sampled_from(SPOTS), VALUES)
def test_any_value_anywhere_gives_an_agreement_or_faults_and_no_more_than_the_schema(path, value):
    document = rich()
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    try:
        data = json.dumps(document).encode()
    except ValueError:
        return
    one_outcome(data, "a.json")
    if read_agreement(data, "a.json").agreement is not None:
        assert SCHEMA.is_valid(document)
