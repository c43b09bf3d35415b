"""What Parley does not hold, shown to be absent: S39, S50, S51, R20.

The words alone are looked for elsewhere (`test_house_rules`). Here every field, entry type, message
type, command and operation is gone through: no reach, no volume that somebody can act into, no
instrument, nothing on the ground to be acted upon. A hazard is a zone that its owner declares, or
an advisory; a fact about the ground is somebody's claim; a subject need not be air.
"""

from __future__ import annotations

import ast
import json
import re

import msgspec
import pytest

from house.tree import SRC, TOP, nodes_of, source_files
from parley.node.entries import BODY_TYPES
from parley.world.agreement import Agreement
from parley.world.norms import norms

# Words of names, beside those that no name may hold anyway: what such a field would be called.
NOT_MODELLED = {
    "range", "ranges", "reach", "envelopes", "radar", "radars", "seeker", "launcher", "launchers",
    "battery", "batteries", "sam", "sams", "interceptor", "engagement", "engage", "aim", "aimpoint",
    "aimpoints", "dmpi", "casualties", "strike", "strikes", "bda", "jammer", "warload", "payloads",
    "column", "columns", "convoy", "convoys", "formation", "troops", "offensive", "ammunition",
}  # fmt: skip
ALLOWED = {
    "range": "a span of numbers, of indices or of a proof (trust.ranges), of a fire-area party",
    "ranges": "proofs over spans of a log",
    "reach": "how far geometry extends",
    "column": "of a table",
    "columns": "of a table",
    "formation": "aircraft that fly as one object by an agreement of all whose they are",
}
_READS_PLACES = re.compile(
    r"terms\.places|^from parley\.node\.rules\.places|^from parley\.node\.rules import.*\bplaces\b",
    re.MULTILINE,
)
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[0-9]+")


def words_of(name):
    return {each.lower() for each in _WORDS.findall(name)}


def struct_fields(source):
    """Yield class, field of every class with annotated fields."""
    for node in nodes_of(source):
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                    yield node.name, each.target.id


def schema_names(value):
    """Yield every name that a JSON schema gives to something."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key in ("properties", "$defs", "schemas", "paths") and isinstance(each, dict):
                yield from each
            yield from schema_names(each)
    elif isinstance(value, list):
        for each in value:
            yield from schema_names(each)


def refused(names):
    bad = {}
    for name in names:
        found = words_of(name) & (NOT_MODELLED - ALLOWED.keys())
        if found:
            bad[name] = sorted(found)
    return bad


@pytest.mark.row("S39", "R20")
def test_the_check_finds_what_it_looks_for():
    assert refused(["radar_id", "EngagementZone", "aim_point", "sam_site"]).keys() == {
        "radar_id", "EngagementZone", "aim_point", "sam_site",
    }  # fmt: skip
    assert refused(["place", "valid_until_us", "columns", "sample"]) == {}
    assert list(struct_fields("class A:\n    reach_m: float")) == [("A", "reach_m")]
    assert set(schema_names({"properties": {"a": {"properties": {"b": {}}}}})) == {"a", "b"}


@pytest.mark.row("S39", "S50", "R20")
def test_no_field_of_any_record_is_for_what_is_not_modelled():
    fields = [
        name
        for path in source_files()
        for owner, field in struct_fields(path.read_text("utf-8"))
        for name in (owner, field)
    ]
    assert len(fields) > 1_000
    assert refused(fields) == {}


@pytest.mark.row("S39", "S50", "R20")
def test_no_entry_type_or_message_type_is():
    entries = list(BODY_TYPES) + [
        field for kind in BODY_TYPES.values() for field in kind.__struct_fields__
    ]
    messages = [kind.name for kind in norms().types]
    read_back = [field for kind in norms().types for field in kind.read_back]
    assert len(entries) > 200
    assert len(messages) > 30
    assert refused([*entries, *messages, *read_back]) == {}


@pytest.mark.row("S39", "R20")
def test_no_part_of_an_agreement_is():
    names = set(schema_names(msgspec.json.schema(Agreement)))
    assert {"zones", "clauses", "boundaries"} <= names
    assert refused(names) == {}
    published = TOP / "docs" / "agreement.schema.json"
    if published.exists():
        assert refused(schema_names(json.loads(published.read_text("utf-8")))) == {}


@pytest.mark.row("S39", "R20")
def test_no_command_and_no_operation_is():
    from parley.app.cli.main import COMMANDS

    assert len(COMMANDS) > 20
    assert refused(COMMANDS) == {}
    paths = [
        node.value
        for path in source_files("app")
        for node in nodes_of(path.read_text("utf-8"))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("/api/")
    ]
    assert len(set(paths)) > 30
    assert refused(set(paths)) == {}
    # Reports of tracks go in; none go out to another party: no export, so none faster or finer
    # than agreed. A party's own post looks back at the picture that its own node drew for it
    # (`/at`, `/from`): to whom that party lets look at its node, out of its own files.
    about_tracks = {each for each in paths if "track" in each}
    assert about_tracks == {"/api/tracks", "/api/tracks/at", "/api/tracks/from"}
    methods = "".join(path.read_text("utf-8") for path in source_files("app"))
    assert re.findall(r'"(GET|POST)",\s+"(/api/tracks[a-z/]*)"', methods) == [
        ("POST", "/api/tracks"), ("GET", "/api/tracks/at"), ("GET", "/api/tracks/from"),
    ]  # fmt: skip
    # Neither what goes over a link, into a log, a bundle or a pack, nor what other people's tools
    # are served, reads the recorded or the live picture.
    readers = {
        path.stem
        for path in source_files("app", "node", "wire", "store")
        if re.search(r"picture_files|picture_recorder|track_frames", path.read_text("utf-8"))
    }
    assert readers == {
        "console_past", "live_socket", "picture_files", "picture_recorder", "process",
    }  # fmt: skip


@pytest.mark.row("S39")
def test_what_is_dangerous_is_a_zone_that_its_owner_declares_or_an_advisory():
    kinds = {kind.name: kind for kind in norms().types}
    assert "advisory" in kinds
    assert kinds["advisory"].one_sided
    zone = {field.name for field in msgspec.structs.fields(_zone())}
    assert {"owner", "shape", "kind"} <= zone


def _zone():
    from parley.world.zone import Zone

    return Zone


@pytest.mark.row("S50")
def test_what_is_on_the_ground_is_a_word_of_somebody_and_never_an_object():
    """Places are what a party keeps of its own; others get a cell from it, by its consent."""
    from parley.node.agreement_bodies import KeptPlace, PlacesKept
    from parley.node.entries import kind_of
    from parley.world.norms import message_type

    assert set(KeptPlace.__struct_fields__) == {
        "place", "name", "kind", "lat_e9", "lon_e9", "uncertainty_mm", "text", "removed",
    }  # fmt: skip
    assert kind_of(PlacesKept(places=(), post="desk")) == "private"
    for name in ("humanitarian.notice", "humanitarian.update", "humanitarian.withdraw"):
        kind = message_type(name)
        assert kind.guarded
        assert kind.attribute == "R"
    # Nothing computes with them: no rule of detection or alerts reads the register.
    readers = [
        path.relative_to(SRC).as_posix()
        for path in source_files("world", "detect", "node")
        if _READS_PLACES.search(path.read_text("utf-8"))
    ]
    assert sorted(readers) == [
        "node/rules/disclosure.py", "node/rules/notice_standing.py", "node/rules/places.py",
        "node/rules/standing_notices.py",
    ]  # fmt: skip


@pytest.mark.row("S51")
def test_subjects_are_not_only_air_and_nobody_is_told_what_to_do():
    codes = {each.code for each in norms().subjects}
    assert {"air", "ground", "sea", "person"} <= codes
    advice = re.compile(r"\b(advise[sd]?|recommend(s|ed)?|you should|best course)\b", re.IGNORECASE)
    found = [
        f"{path.relative_to(TOP)}:{node.lineno}"
        for path in source_files("app", "node")
        for node in nodes_of(path.read_text("utf-8"))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and advice.search(node.value)
    ]
    assert found == []


@pytest.mark.row("R20")
def test_a_place_is_never_told_finer_than_the_limit_and_the_limit_is_no_fields_default():
    table = norms().standing
    assert table.precision_m >= 1_000.0
    from parley.world.clauses import Disclosure

    clause = Disclosure(id="D1")
    assert (clause.precision_m, clause.precise_m, clause.precise_before_s) == (None, None, None)


@pytest.mark.row("R20")
def test_what_a_standing_notice_is_not_is_said_where_it_is_shown():
    from parley.app.notice_views import NO_PERMISSION, NOT_RECALLED

    assert "no permission, no promise" in NO_PERMISSION
    assert "cannot be recalled" in NOT_RECALLED
