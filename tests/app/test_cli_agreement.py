"""`parley agreement check`, `new`, `show`, `schema`; and a node that starts with a document."""

from __future__ import annotations

import hashlib
import json
import shutil
import tomllib

import msgspec
import pytest
import yaml

from app.twonodes import make_pair, parley, parley_here
from parley.app.agreement_summary import clause_sentence
from parley.app.config import load_node
from parley.app.letter_questions import questions
from parley.wire.agreement_text import agreement_toml, read_agreement
from parley.world.agreement_document import agreement_schema, canonical_document
from parley.world.clauses import CLAUSE_KINDS, StandOff
from parley.world.faults import InputFault
from parley.world.verdict import EscalationStep
from wire.agreementkit import EXAMPLES, LETTER, changed, clause, plain, zone

pytestmark = pytest.mark.row("R8")


@pytest.fixture
def cli(capsys):
    def run(*arguments):
        return parley_here(capsys, "agreement", *arguments)

    return run


def written(tmp_path, change, name="loa.yaml"):
    path = tmp_path / name
    path.write_text(yaml.safe_dump(changed(change), allow_unicode=True), "utf-8")
    return path


def test_a_good_agreement_is_told_in_sentences_with_its_sha256(cli):
    code, out, err = cli("check", LETTER)
    assert (code, err) == (0, "")
    for words in (
        "LOA-KARST: Letter of agreement on the Karst range",
        "valid: 2027-01-01T00:00:00Z to 2028-12-31T23:59:59Z",
        "party RANGE: Karst range (signatory); posts range-control, duty-officer, deputy-commander",
        "line LINE-KARST: CELL (supervisor) to RANGE (range-control) to NEIGHBOUR (shift-leader)",
        "circle of 8 NM around 44.5200 15.3000 without Karst hospital, SFC to FL180; owner RANGE",
        "08:00 to 16:00 mon, tue, wed, thu, fri;",
        "(Europe/Zagreb), UTC+01:00 and +02:00, undecided after 2029-01-01T23:59:59Z",
        "clause 4 (Article 3) acknowledgement: URGENT is answered within 1 min; else duty-officer",
        "duty-officer after 1 min, deputy-commander after 3 min, commander after 10 min",
        "clause 9 (Article 6) separation: aircraft keep 3 NM or 3000 ft apart, inside both",
        "inside both for at most 3 min (state with state)",
        "NEIGHBOUR reserves: Interception under national rules",
        "RANGE says hot or cold of KARST-RANGE, 30 min before; silent after 10 min is hot",
        "nobody answers for: Drone pilots without registration (non-party)",
        "clause 28 (term): no rule can judge it alone: a term of words",
    ):
        assert words in out, words
    assert "nobody is there to be called" not in out, (
        "each clause calls posts that its parties have"
    )
    adopted = canonical_document(read_agreement(LETTER.read_bytes(), LETTER.name).agreement)
    assert f"SHA-256 as adopted {hashlib.sha256(adopted.encode()).hexdigest()}" in out


def test_each_clause_is_one_line(cli):
    out = cli("check", LETTER)[1]
    for each in plain()["clauses"]:
        found = [line for line in out.splitlines() if line.startswith(f"  clause {each['id']} (A")]
        assert len(found) == 1
        assert each["kind"] in found[0]
        assert each["text"] in found[0]


SKIPPED = ("id", "text", "source_paragraph", "applies_to", "reservations")
FILLED = {
    "initial": "P3D", "final": "P3D", "hours": "24/7",
    "escalate": (EscalationStep(after_s=60.0, post="commander"),),
    "class_pairs": (("a", "b"),), "units": {"PARTY": ("unit",)},
    "required_units": {"PARTY": ("unit",)},
}  # fmt: skip


def filling(name, type_):
    """Return a value for a field of a clause that is not what it would be anyway."""
    if name in FILLED:
        return FILLED[name]
    form = str(type_)
    if type_ is bool:
        return True
    if "float" in form:
        return 118_000.0 if name.endswith("_khz") else 100.0
    if "int" in form:
        return 7
    if form.startswith("tuple"):
        return ("word",)
    if form.startswith("typing.Literal"):
        return [word for word in type_.__args__ if word][-1]
    return "words"


def full_clauses():
    """Yield a clause of each kind with every field filled."""
    for kind in CLAUSE_KINDS.values():
        values = {
            each.name: filling(each.name, each.type)
            for each in msgspec.structs.fields(kind)
            if each.name not in SKIPPED
            and not (kind is StandOff and each.name in ("zone", "place"))
        }
        yield kind(id="1", **values)


OTHERWISE = {
    "trigger": "crossing", "joined": "or", "side": "left", "stay": "inside", "renewal": "automatic",
    "initial": "P9D", "final": "P9D", "hours": "08:00-16:00Z",
}  # fmt: skip
BEHIND_ANOTHER = {
    ("ring", "rule"),
    ("boundary", "rule"),
    ("zone", "rule"),
    ("acknowledgement", "of"),
    ("notification", "boundary"),
}
"""Said only where the field that a rule judges by is empty."""


@pytest.mark.parametrize("filled", list(full_clauses()), ids=lambda c: c.__struct_config__.tag)
def test_nothing_of_a_clause_is_left_out_of_its_sentence(filled):
    """What is changed in a clause changes what is said of it."""
    said = clause_sentence(filled)
    kind = filled.__struct_config__.tag
    for each in msgspec.structs.fields(filled):
        name, value = each.name, getattr(filled, each.name)
        if name in SKIPPED or (kind, name) in BEHIND_ANOTHER or not value:
            continue
        if name in OTHERWISE:
            other = OTHERWISE[name]
        elif isinstance(value, bool):
            other = not value
        elif isinstance(value, float | int):
            other = value * 2
        elif isinstance(value, dict):
            other = {"PARTY": ("other",)}
        elif isinstance(value, tuple) and isinstance(value[0], EscalationStep):
            other = (EscalationStep(after_s=90.0, post="commander"),)
        elif isinstance(value, tuple) and isinstance(value[0], tuple):
            other = (("a", "c"),)
        else:
            other = ("other",) if isinstance(value, tuple) else "other"
        changed_one = msgspec.structs.replace(filled, **{name: other})
        assert clause_sentence(changed_one) != said, f"{kind} {name}"


def test_exit_codes_tell_unreadable_from_unusable(cli, tmp_path):
    def dangling(document):
        clause(document, "8")["zone"] = "KARST"

    def bare(document):
        clause(document, "9")["horizontal"] = 3
        clause(document, "4")["within"] = "-1 s"

    code, out, err = cli("check", "--quiet", written(tmp_path, dangling))
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "clause 8 zone is KARST" in err
    path = written(tmp_path, lambda d: d.update(rules_version=99))
    code, _, err = cli("check", "--quiet", path)
    assert code == 1
    assert "rules_version is 99" in err
    path = written(tmp_path, bare)
    code, out, err = cli("check", path)
    assert (code, out) == (2, "")
    assert err.count("\n") == 2
    assert all(line.startswith(f"{path}: clause ") for line in err.splitlines())
    code, _, err = cli("check", tmp_path / "nothing.toml")
    assert code == 2
    assert "nothing.toml is No such file" in err


def test_two_agreements_that_contradict_are_both_shown_clause_by_clause(cli, tmp_path):
    def other(document):
        document["id"] = "LOA-2"
        clause(document, "9").update(id="9b", horizontal="5 NM")
        zone(document)["owner"] = "CELL"

    path = written(tmp_path, other)
    code, out, err = cli("check", "--quiet", LETTER, path)
    assert (code, err) == (1, "")
    assert (
        f"contradiction about separation horizontal: {LETTER} clause 9 says 3 NM; "
        f"{path} clause 9b says 5 NM" in out
    )
    assert f"about zone KARST-RANGE owner: {LETTER} says RANGE; {path} says CELL" in out


def test_a_party_without_a_key_is_told_with_the_node(cli, tmp_path):
    pair = make_pair(tmp_path)
    code, out, err = cli("check", "--quiet", LETTER, "--node", pair["COAL"])
    assert (code, out) == (1, "")
    for party in ("CELL", "RANGE", "NEIGHBOUR"):
        assert f"party {party} key is none, wanted a [[peer]] of" in err
    named = written(tmp_path, lambda d: None)
    text = named.read_text().replace("CELL", "COAL").replace("NEIGHBOUR", "RUS")
    named.write_text(text)
    _, _, err = cli("check", "--quiet", named, "--node", pair["COAL"])
    assert err.count("\n") == 1
    assert "party RANGE key is none" in err


def test_texts_of_others_cannot_move_the_cursor_or_turn_the_line(cli, tmp_path):
    def change(document):
        clause(document, "28")["text"] = "a\x1b[2Jb\u202ec\n  SHA-256 as adopted 00"
        document["title"] = "\x9b2J"

    code, out, _ = cli("check", written(tmp_path, change, "loa.yaml"))
    assert code == 0
    assert not {"\x1b", "\u202e", "\x9b"} & set(out)
    digests = [line for line in out.splitlines() if line.startswith("  SHA-256 as adopted")]
    assert len(digests) == 1
    assert not digests[0].startswith("  SHA-256 as adopted 00")


# ---- new ------------------------------------------------------------------


def test_the_usual_answers_make_a_letter_that_can_be_adopted(cli, tmp_path):
    answers, letter = tmp_path / "answers.toml", tmp_path / "letter.toml"
    answers.write_text('cell_id = "AMC"\ntimezone = "Europe/Rome"\nlead = "45 min"\n')
    code, out, err = cli("new", "-o", letter, "--answers", answers)
    assert (code, err) == (0, "")
    assert f"parley agreement check {letter}" in out
    code, out, err = cli("check", letter)
    assert (code, err) == (0, "")
    assert "party AMC: Civil-military airspace cell" in out
    assert "45 min before; silent is hot" in out
    assert letter.read_text().count("# ") > 8
    code, _, err = cli("new", "-o", letter, "--answers", answers)
    assert code == 2
    assert "wanted a name that is not there yet" in err


def test_answers_of_a_person_are_asked_again_until_they_can_be_understood(tmp_path):
    import subprocess
    import sys

    from app.twonodes import environment

    asked = questions(0)
    said = ["8" if each.key == "radius" else "" for each in asked]
    place = next(n for n, each in enumerate(asked) if each.key == "radius")
    said.insert(place + 1, "9 NM")
    letter = tmp_path / "letter.toml"
    done = subprocess.run(
        [sys.executable, "-m", "parley", "agreement", "new", "-o", str(letter)],
        input="\n".join(said) + "\n", capture_output=True, text=True, env=environment(), check=True,
    )  # fmt: skip
    assert "is 8, wanted a length with its unit" in done.stderr
    assert tomllib.loads(letter.read_text())["zones"][0]["shape"]["circle"]["radius"] == "9 NM"
    assert parley("agreement", "check", letter).returncode == 0


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ("horizontal = 3\n", "wanted a length with its unit"),
        ('radios = "1"\n', "answers key is radios"),
        ('range_id = "A B"\n', "no blank"),
        ('upper = "3000 ft"\n', "a height with its unit and reference"),
        ('days = "monday"\n', "wanted some of mon"),
        ('hours = "9 to 5"\n', "24/7"),
        ('to = "2020-01-01T00:00:00Z"\n', "from_us <= to_us"),
        ('begins = "02:30"\ndays = "sun"\ntimezone = "Europe/Rome"\n', "by a clock change"),
        ('range_id = "CELL"\n', "each one once"),
        ('title = "a\\"b\\\\c{q}"\n', ""),
        ("a = [\n", "wanted TOML"),
    ],
)
def test_answers_that_make_no_letter_are_refused_in_one_line(cli, tmp_path, answers, says):
    path = tmp_path / "answers.toml"
    path.write_text(answers)
    code, out, err = cli("new", "--answers", path)
    assert code == (2 if says else 0), err
    assert says in err
    assert bool(out) != bool(says)
    assert err.count("\n") == (1 if says else 0)


# ---- show, schema ------------------------------------------------------------------


def test_what_is_shown_reads_back_as_the_same_agreement(cli):
    for path in EXAMPLES.glob("*.toml"):
        first = read_agreement(path.read_bytes(), path.name).agreement
        code, out, err = cli("show", path)
        assert (code, err) == (0, "")
        assert read_agreement(out.encode(), "shown.toml").agreement == first
        adopted = cli("show", path, "--canonical")[1]
        assert adopted == canonical_document(first) + "\n"


def test_an_adopted_document_is_shown_with_units(cli, tmp_path):
    first = read_agreement(LETTER.read_bytes(), LETTER.name).agreement
    path = tmp_path / "adopted.json"
    path.write_text(canonical_document(first))
    code, out, _ = cli("show", path)
    assert code == 0
    assert 'horizontal = "3 NM"' in out
    assert cli("check", "--quiet", path)[0] == 0


def test_the_schema_is_printed(cli):
    code, out, err = cli("schema")
    assert (code, err) == (0, "")
    assert json.loads(out) == agreement_schema()


# ---- a node ------------------------------------------------------------------


def with_agreement(file, name):
    text = file.read_text()
    old = next(line for line in text.splitlines() if line.startswith("agreements"))
    file.write_text(text.replace(old, f'agreements = ["{name}"]'))


def test_two_nodes_with_toml_and_yaml_of_one_agreement_adopt_one_document(tmp_path, cli):
    pair = make_pair(tmp_path)
    held = load_node(pair["COAL"]).identity.agreements["AGR-1"]
    text = agreement_toml(held)
    (pair["COAL"].parent / "a.toml").write_text(text)
    (pair["RUS"].parent / "a.yaml").write_text(yaml.safe_dump(tomllib.loads(text)))
    with_agreement(pair["COAL"], "a.toml")
    with_agreement(pair["RUS"], "a.yaml")
    one, other = (load_node(pair[party]).identity for party in ("COAL", "RUS"))
    assert one.documents == other.documents == {"AGR-1": canonical_document(held)}
    assert one.agreements["AGR-1"] == held
    code, out, _ = cli("show", "AGR-1", "--node", pair["COAL"])
    assert (code, out) == (0, text)
    code, _, err = cli("show", "AGR-2", "--node", pair["COAL"])
    assert code == 2
    assert "AGR-1" in err


def test_a_node_does_not_start_with_a_document_that_has_a_fault(tmp_path):
    pair = make_pair(tmp_path)
    bad = changed(lambda d: (clause(d, "8").update(zone="X"), clause(d, "27").update(ring="Y")))
    (pair["COAL"].parent / "a.yaml").write_text(yaml.safe_dump(bad))
    with_agreement(pair["COAL"], "a.yaml")
    with pytest.raises(InputFault) as found:
        load_node(pair["COAL"])
    line = str(found.value)
    assert "a.yaml: clause 8 zone is X" in line
    assert "1 more fault" in line
    assert "parley agreement check" in line


def test_a_zone_of_a_file_beside_the_document_is_read_by_the_node(tmp_path, cli):
    shutil.copy(LETTER, tmp_path / "loa.toml")
    text = (tmp_path / "loa.toml").read_text()
    circle = '{ circle = { centre = { place = "KARST-FIELD" }, radius = "8 NM" } }'
    assert circle in text
    drawn = '{ geojson = { file = "ground.geojson", feature = "range" } }'
    (tmp_path / "loa.toml").write_text(text.replace(circle, drawn))
    code, _, err = cli("check", tmp_path / "loa.toml")
    assert code == 2
    assert "ground.geojson" in err
    ring = [[15.2, 44.4], [15.4, 44.4], [15.4, 44.6], [15.2, 44.6], [15.2, 44.4]]
    feature = {"type": "Feature", "id": "range", "properties": {}}
    feature["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    collection = {"type": "FeatureCollection", "features": [feature]}
    (tmp_path / "ground.geojson").write_text(json.dumps(collection))
    code, out, err = cli("check", tmp_path / "loa.toml")
    assert (code, err) == (0, "")
    assert "outline of 4 points" in out
