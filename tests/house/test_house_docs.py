"""Docs are held to the code: made pages, rows and their tests, the command line, named tests."""

from __future__ import annotations

import re

import pytest
from builders import (
    make_cli_docs,
    make_console_terms,
    make_console_types,
    make_docs,
    make_intent_diagram,
    make_norms_page,
    make_phrases_page,
    make_rooms_page,
    make_rows,
)

from house.tree import TOP, refuse

BUILDERS = {
    "rows": make_rows.pages,
    "norms": make_norms_page.pages,
    "phrases": make_phrases_page.pages,
    "rooms": make_rooms_page.pages,
    "intent": make_intent_diagram.pages,
    "cli": make_cli_docs.pages,
    "console types": make_console_types.pages,
    "console terms": make_console_terms.pages,
}


@pytest.mark.parametrize("name", BUILDERS)
def test_made_pages_are_as_their_builder_makes_them(name):
    refuse(f"{page}: stale, run builders/make_docs.py" for page in make_docs.stale(BUILDERS[name]))


def test_every_builder_of_pages_is_checked():
    assert set(BUILDERS.values()) == set(make_docs.BUILDERS)


def test_a_stale_page_is_found():
    assert "docs/norms.md" in make_docs.stale(lambda: {"docs/norms.md": "other"})
    assert "docs/none.md" in make_docs.stale(lambda: {"docs/none.md": "new"})


# --- rows --------------------------------------------------------------------------------------


def row_findings(marks, known):
    found = []
    for mark in marks:
        found += [f"{mark.test}: no such row {row}" for row in mark.rows if row not in known]
        if mark.skipped:
            found.append(f"{mark.test}: names rows {', '.join(mark.rows)} and never runs")
    return found


def test_rows_and_their_tests_agree():
    known = [row["id"] for row in make_rows.rows()]
    assert len(known) == len(set(known)) == 61 + 20 + 20
    refuse(row_findings(make_rows.all_marks(), known))


MARKED = """
import pytest
pytestmark = pytest.mark.row("R1")

@pytest.mark.row("S1", "S2")
def test_a(): ...

@pytest.mark.row("S3")
@pytest.mark.skip(reason="later")
def test_b(): ...

class TestC:
    @pytest.mark.row("S4")
    def test_d(self):
        pytest.skip("never")

@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.row("S99"))])
def test_e(x):
    if x:
        pytest.skip("sometimes")
"""


def test_row_marks_are_read_from_the_source():
    marks = {m.test: m for m in make_rows.marks_in(MARKED, "t.py")}
    assert {t: m.rows for t, m in marks.items()} == {
        "t.py": ("R1",),
        "t.py::test_a": ("S1", "S2"),
        "t.py::test_b": ("S3",),
        "t.py::TestC::test_d": ("S4",),
        "t.py::test_e": ("S99",),
    }
    assert [t for t, m in marks.items() if m.skipped] == ["t.py::test_b", "t.py::TestC::test_d"]
    assert len(row_findings(marks.values(), ["R1", "S1", "S2", "S3", "S4"])) == 3


@pytest.mark.parametrize(
    "bad",
    [
        "@pytest.mark.row()\ndef test_a(): ...",
        "@pytest.mark.row(A4)\ndef test_a(): ...",
        "@pytest.mark.row('A4')\ndef helper(): ...",
        "def test_a():\n    x = pytest.mark.row('A4')",
    ],
)
def test_a_row_mark_that_marks_nothing_is_refused(bad):
    with pytest.raises(ValueError, match="row mark"):
        make_rows.marks_in(bad, "t.py")


def test_a_row_is_done_only_when_a_test_names_it(monkeypatch):
    mark = make_rows.Mark(("A4",), "t.py::test_a", 1, False)
    monkeypatch.setattr(make_rows, "all_marks", lambda: [mark])
    page = make_rows.pages()["docs/rows.md"]
    assert "1 of 101 rows are done." in page
    assert re.search(r"^\| A4 \|.*\| done \| `t.py::test_a` \|$", page, re.MULTILINE)
    assert re.search(r"^\| A5 \|.*\| open \|  \|$", page, re.MULTILINE)


# --- the command line --------------------------------------------------------------------------


def names_exit_codes(text):
    """Whether a help text has a line that names exit codes, 0 and 2 among them."""
    lines = re.findall(r"(?im)^.*\bexit\b.*(?:\n.*){0,4}", text)
    return any(re.search(r"\b0\b", line) and re.search(r"\b2\b", line) for line in lines)


def test_every_command_says_its_exit_codes():
    app = make_cli_docs.program()
    leaves = [p for p in make_cli_docs.commands(app) if not make_cli_docs.is_group(app, p)]
    assert leaves
    refuse(
        f"parley {' '.join(path)} --help names no exit codes"
        for path in leaves
        if not names_exit_codes(make_cli_docs.help_of(app, path))
    )


def test_the_exit_code_checker_bites():
    assert names_exit_codes("Exit codes: 0 fine, 1 the answer is no, 2 bad input.")
    assert not names_exit_codes("Plays a scenario.\n\n--count 0 to 2")


# --- pages that name tests, files and functions ------------------------------------------------

_TEST_NAME = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_ROOM_FILE = r"(?:world|detect|trust|node|wire|store|review|app)/[\w/]+\.\w+"
_FILE_NAME = re.compile(rf"`({_ROOM_FILE})`")
_IN_FILE = re.compile(rf"`([\w.]+)`\s+(?:entry\s+|frame\s+)?(?:in\s+|\()`({_ROOM_FILE})`")
HAZARD_PAGES = ["docs/threats.md", "docs/hazards.md"]
PAGES = [
    "docs/rooms.md", "docs/life-of-a-track.md", "docs/life-of-a-message.md",
    "docs/life-of-an-intent.md", *HAZARD_PAGES,
]  # fmt: skip


def named_but_absent(text):
    found = []
    for file, test in _TEST_NAME.findall(text):
        path = TOP / file
        if not path.is_file():
            found.append(f"{file} does not exist")
        elif test and not re.search(rf"^\s*def {test}\(", path.read_text("utf-8"), re.MULTILINE):
            found.append(f"{file} has no {test}")
    sources = TOP / "src" / "parley"
    for file in _FILE_NAME.findall(text):
        if not (sources / file).is_file():
            found.append(f"{file} does not exist")
    for name, file in _IN_FILE.findall(text):
        last = name.split(".")[-1]
        define = rf"^\s*(?:async def|def|class) {last}\b|^{last}\b.* = "
        source = (sources / file).read_text("utf-8") if (sources / file).is_file() else ""
        if source and not re.search(define, source, re.MULTILINE):
            found.append(f"{file} has no {name}")
    return found


@pytest.mark.parametrize("page", PAGES)
def test_pages_name_only_what_exists(page):
    refuse(f"{page}: {found}" for found in named_but_absent((TOP / page).read_text("utf-8")))


def test_the_checker_of_named_things_bites():
    here = "tests/house/test_house_docs.py"
    assert named_but_absent("`tests/house/no_such.py`")
    assert named_but_absent(f"`{here}::test_no_such`")
    assert named_but_absent("`node/no_such.py`")
    assert named_but_absent("`no_such` in `world/units.py`")
    assert named_but_absent("`NoSuch` (`world/units.py`, and more)")
    assert (
        named_but_absent("`parse_length_m` in `world/units.py`, `Interval` (`world/time.py`)") == []
    )
    assert named_but_absent(f"`{here}::test_rows_and_their_tests_agree` `world/units.py`") == []


def rows_without_test(text):
    """Return the T and H rows called done without a test, or neither done nor open."""
    found = []
    for line in text.splitlines():
        if match := re.match(r"\| ([TH]\d+) \|", line):
            state = [c.strip() for c in line.split("|")][-3]
            if state not in ("done", "open") or (state == "done" and not _TEST_NAME.search(line)):
                found.append(f"{match.group(1)} is {state!r}")
    return found


@pytest.mark.parametrize("page", HAZARD_PAGES)
def test_each_answered_hazard_names_its_test(page):
    text = (TOP / page).read_text("utf-8")
    ids = re.findall(r"^\| ([TH]\d+) \|", text, re.MULTILINE)
    assert ids
    assert len(ids) == len(set(ids))
    refuse(f"{page}: {found}" for found in rows_without_test(text))


def test_the_checker_of_hazard_rows_bites():
    assert rows_without_test("| T1 | a | b | done | - |")
    assert rows_without_test("| H1 | a | b | maybe | `tests/x.py` |")
    assert (
        rows_without_test("| H1 | a | b | open | - |\n| H2 | a | b | done | `tests/x.py::test_y` |")
        == []
    )


# --- decision records --------------------------------------------------------------------------

DECISION_HEADINGS = ("Question", "Choice", "Rivals", "Numbers", "What would change our mind")


def decision_findings(pages):
    """Return what is wrong with decision records, given their texts by file name, in order."""
    found = []
    for number, (name, text) in enumerate(pages.items(), 1):
        if not re.fullmatch(rf"{number:03d}-[a-z0-9-]+\.md", name):
            found.append(f"{name}: wanted {number:03d}-title.md")
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        wanted = [h for h in headings if h in DECISION_HEADINGS]
        if tuple(wanted) != DECISION_HEADINGS:
            found.append(f"{name}: wanted the headings {', '.join(DECISION_HEADINGS)}")
    return found


def test_decision_records_are_numbered_and_complete():
    folder = TOP / "docs" / "decisions"
    paths = sorted(p for p in folder.glob("*.md") if p.name != "README.md")
    assert paths
    refuse(decision_findings({p.name: p.read_text("utf-8") for p in paths}))


def test_the_checker_of_decisions_bites():
    whole = "\n".join(f"## {h}\n\ntext" for h in DECISION_HEADINGS)
    assert decision_findings({"001-a.md": whole, "002-b.md": whole}) == []
    assert decision_findings({"002-b.md": whole})
    assert decision_findings({"001-a.md": whole.replace("## Rivals", "## Others")})
