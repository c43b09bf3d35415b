"""What a first user and a duty officer at 3 a.m. met: one test for each thing that misled."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from types import SimpleNamespace

import msgspec
import pytest
from nodekit import do, pair
from simstory import agreement_of
from test_tracks import replaced

from app.twonodes import environment, parley_here, until
from parley.app.agreement_files import read_clean
from parley.app.cli.agreement_verdicts import lasting_words
from parley.app.letter_questions import answered, letter_toml, questions
from parley.node.inputs import Promulgate
from parley.node.rules.zones import zone_view, zones_of
from parley.review.verdict_parts import Case, owed_since_us
from parley.world.agreement import Agreement, Party
from parley.world.agreement_checks import notes_of
from parley.world.clauses import Acknowledgement, EscalationStep, Watch
from parley.world.geo import Position
from parley.world.schedule import DailyWindow, Schedule
from parley.world.shape import Circle
from parley.world.time import Interval, format_instant
from parley.world.zone import Zone

pytest_plugins = ["app.sharednodes"]

HOUR_US = 3_600_000_000
DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
NOW_US = 1_796_000_000_000_000


@pytest.fixture
def cli(nodes, capsys):
    def run(party, *arguments):
        node = nodes[party]
        return parley_here(capsys, *arguments, "--node", node.url, "--token", node.token_file)

    return run


def test_no_answer_to_a_question_is_no_fault_of_the_program() -> None:
    asked = [sys.executable, "-m", "parley", "agreement", "new"]
    ended = subprocess.run(
        asked, input="", capture_output=True, text=True, timeout=60, env=environment(), check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.endswith("\nparley: stopped, nothing was done\n")
    assert "fault" not in ended.stderr


@pytest.mark.row("R8")
def test_the_letter_calls_no_post_that_a_party_does_not_have() -> None:
    usual = answered(questions(NOW_US), {}, lambda question: question.usual)
    letter = read_clean(letter_toml(usual).encode(), "letter.toml")
    notes = [note for note in notes_of(letter, NOW_US) if note.startswith("clause ")]
    assert not [note for note in notes if " has no " in note]
    urgent = next(c for c in letter.clauses if isinstance(c, Acknowledgement))
    assert urgent.escalate == (), "the posts of whoever was asked, in turn"


@pytest.mark.row("R8")
def test_check_says_which_party_lacks_a_post_that_a_clause_calls() -> None:
    steps = (EscalationStep(after_s=60.0, post="commander"),)
    agreement = Agreement(
        id="A", parties=(Party(id="ALFA", posts=("desk", "commander")), Party(id="BRAVO")),
        clauses=(Acknowledgement(id="4", within_s=60.0, escalate=steps),),
    )  # fmt: skip
    notes = [note for note in notes_of(agreement, NOW_US) if "has no commander" in note]
    assert notes == ["clause 4: BRAVO has no commander: its own next post is called"]
    bare = msgspec.structs.replace(agreement, parties=(Party(id="BRAVO", posts=()),))
    notes = [note for note in notes_of(bare, NOW_US) if "has no commander" in note]
    assert notes == ["clause 4: BRAVO has no commander: nobody is there to be called"]


@pytest.mark.row("R8", "S14")
@pytest.mark.parametrize(("from_us", "since_us"), [(0, 900), (950, 950), (2000, 2000)])
def test_nobody_was_absent_under_a_text_that_had_not_been_adopted(from_us, since_us) -> None:
    """A watch of a month read MISSED though the text had been adopted minutes ago."""
    adopted_us = 900 * 1_000_000
    evidence = SimpleNamespace(
        standing=lambda name, party, at_us, others: (at_us >= adopted_us, "adopted only then")
    )
    agreement = Agreement(id="A", parties=(Party(id="ALFA"), Party(id="BRAVO")))
    case = Case(
        evidence, (agreement,), agreement, Watch(id="1"), from_us * 1_000_000, 3000 * 1_000_000,
        3000 * 1_000_000,
    )  # fmt: skip
    assert owed_since_us(case, ("ALFA",)) == pytest.approx(since_us * 1_000_000, abs=1_000_000)
    valid = Interval(from_us=2500 * 1_000_000, to_us=DAY_US)
    later = Agreement(id="A", parties=agreement.parties, valid=valid)
    case = Case(evidence, (later,), later, Watch(id="1"), 0, 3000 * 1_000_000, 3000 * 1_000_000)
    assert owed_since_us(case, ("ALFA",)) == 2500 * 1_000_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lead time 716.224 s against 1800 s", "lead time 11 min 56.22 s against 30 min"),
        ("nobody, 2.592e+06 s against 600 s", "nobody, 30 days against 10 min"),
        ("3601 s to 3599.98 s", "1 h 1 s to 59 min 59.98 s"),
        ("0 s, 5 so, 12 sites", "0 s, 5 so, 12 sites"),
        ("90061 s", "1 day 1 h 1 min 1 s"),
    ],
)
def test_seconds_are_said_as_people_say_them(text, says) -> None:
    assert lasting_words(text) == says


@pytest.mark.row("R9")
def test_an_intent_is_written_with_times_and_its_overlap_is_told_once(nodes, cli, tmp_path) -> None:
    """Both parties raise an overlap; 'no loss predicted' and a clause are nothing of two plans."""
    now_us, here = time.time_ns() // 1000, {"lat_deg": 33.0, "lon_deg": 39.0}
    volume = {
        "shape": {"type": "circle", "centre": here, "radius_m": 900.0},
        "lower": {"value_m": 0.0, "reference": "AMSL"},
        "upper": {"value_m": 900.0, "reference": "AMSL"},
        "from": format_instant(now_us + HOUR_US), "to": format_instant(now_us + 2 * HOUR_US),
    }  # fmt: skip
    for party in ("COAL", "RUS"):
        file = tmp_path / f"{party}.json"
        name = f"U5-{party}"
        file.write_text(
            json.dumps({"id": name, "party": party, "flight": f"F-{party}", "volumes": [volume]})
        )
        assert cli(party, "intent", "--file", file)[0] == 0
    both = "COAL/U5-COAL.1 and RUS/U5-RUS.1 overlap"
    until(
        lambda: any("raised by COAL, RUS" in line and both in line
                    for line in cli("COAL", "alerts")[1].splitlines())
    )  # fmt: skip
    lines = [line for line in cli("COAL", "alerts")[1].splitlines() if both in line]
    assert len(lines) == 1
    assert "no loss predicted" not in lines[0]
    assert "clause none" not in lines[0]
    for party in ("COAL", "RUS"):
        assert cli(party, "intent", f"U5-{party}", "--state", "Ended")[0] == 0


def test_a_volume_with_a_time_that_is_none_is_refused_in_one_line(nodes, cli, tmp_path) -> None:
    file = tmp_path / "i.json"
    file.write_text(json.dumps({"id": "U6", "volumes": [{"from": "soon"}]}))
    code, _, err = cli("COAL", "intent", "--file", file)
    assert (code, err.count("\n")) == (2, 1)
    assert "volume from is soon" in err
    file.write_text(json.dumps({"id": "U6", "volumes": ["x"]}))
    assert cli("COAL", "intent", "--file", file)[0] == 2


def test_whoever_signs_at_the_wrong_post_is_told_the_right_one(
    nodes, cli, capsys, tmp_path
) -> None:
    key, document = tmp_path / "u5.key", tmp_path / "u5.json"
    made = parley_here(capsys, "key", "operator", key, "--party", "RUS", "--operator", "crow5")
    assert made[0] == 0
    document.write_text(parley_here(capsys, "key", "enrol", key, "--post", "alternate")[1])
    assert cli("RUS", "operator", "enrol", document)[0] == 0
    code, _, err = cli(
        "RUS", "say", "--line", "L1", "--to", "COAL", "--text", "x", "--operator-key", key
    )
    assert code == 2
    assert "crow5 is enrolled at alternate, not at duty-officer" in err
    assert "act with --post alternate" in err


def text_with_zone() -> Agreement:
    """Return the text of a pair with a zone of ALFA's that is hot at another time of day."""
    hours = Schedule(windows=(DailyWindow(begins="00:00", ends="00:10"),))
    here = Circle(centre=Position(lat_deg=35.0, lon_deg=38.2), radius_m=5000.0)
    zone = Zone(id="Z1", kind="zone", shape=here, owner="ALFA", schedule=hours)
    return replaced(agreement_of("AB", ("ALFA", "BRAVO")), zones=(zone,))


@pytest.mark.row("R7", "A15")
def test_a_second_reservation_leaves_the_first_in_force() -> None:
    """RANGE issued 10 to 20 min for one party and 30 to 40 for another: at 12 min it reads cold."""
    world = pair([text_with_zone()])
    start_us = world.now_us
    for begin_min in (10, 30):
        window = (start_us + begin_min * MINUTE_US, start_us + (begin_min + 10) * MINUTE_US)
        act = Promulgate(agreement="AB", post="desk", zone="Z1", promulgation="issued",
                         from_us=window[0], to_us=window[1])  # fmt: skip
        do(world, "ALFA", act)
        world.run(1)
    world.run(12 * 60 - 2)
    state = world.node("BRAVO").state
    zone = zones_of(state, state.scope("AB"), world.now_us)["Z1"]
    assert zone_view(state, state.scope("AB"), zone, world.now_us).shown == "hot"
