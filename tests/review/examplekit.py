"""The examples that stand under documents: the engine's verdicts beside those of the oracle."""

from __future__ import annotations

import copy
import functools
import json

from builders import make_example_oracle as oracle

from parley.review.evidence_of_scenario import evidence_of_scenario
from parley.review.verdicts import verdicts
from parley.wire.agreement_text import read_agreement
from parley.wire.scenario import scenario_from_documents
from parley.world.scenario import Scenario
from parley.world.verdict import JudgedDuty

DAY_US = 86_400_000_000


@functools.cache
def _written(name: str):
    return oracle.documents(name)


def documents(name: str):
    """Return timeline, geometry and agreement of an example, to be changed."""
    return copy.deepcopy(_written(name))


def scenario_of(timeline, geometry, text) -> Scenario:
    read = read_agreement(json.dumps(text).encode(), "agreement.json")
    assert read.agreement is not None, [str(f) for f in read.faults]
    return scenario_from_documents(
        json.dumps(timeline).encode(), json.dumps(geometry).encode(), lambda _: read.agreement
    )


def judged(scenario: Scenario) -> tuple[JudgedDuty, ...]:
    """Return the verdicts over the whole story, from the day on which it begins."""
    end_us = scenario.end_us
    told = [m.at_us for m in scenario.messages] + [int(t.t_us[0]) for t in scenario.tracks]
    evidence = evidence_of_scenario(scenario)
    begin_us = min(told) - min(told) % DAY_US
    return verdicts(evidence, scenario.agreements, begin_us, end_us + 1, end_us)


WHOLE = (
    "stored at", "the other messages", "radio contact", "a term", "other channels", "nothing in",
)  # fmt: skip


def key_of(v: JudgedDuty) -> tuple[str, ...]:
    """Return an oracle's name of a verdict: clause, party, about what, which part, to whom."""
    named = {
        word: sorted(c.removeprefix("track ") for c in v.cites if c.startswith(f"{word} "))
        for word in ("track", "message", "call")
    }
    if v.about.startswith(WHOLE):
        return (v.clause, "all", "the whole story", "", "")
    if v.kind in ("watch", "validity"):
        return (v.clause, *v.parties, "watch" if v.kind == "watch" else "the whole story", "", "")
    if named["track"]:
        return (v.clause, *v.parties, " and ".join(named["track"]), "", "")
    if named["call"]:
        both = len(named["call"]) > 1
        about = " and ".join(c.removeprefix("call ") if both else c for c in named["call"])
        return (v.clause, "any" if both else v.parties[0], about, "", "")
    words = v.about.split()
    part = words[1] if v.kind == "zone_status" else words[0]
    to = v.towards[0] if v.towards else ""
    first = next(c for c in v.cites if c.startswith("message "))
    return (v.clause, v.parties[0], first, part, to)


def key_of_row(row) -> tuple[str, ...]:
    party = [row["party"]] if isinstance(row["party"], str) else row["party"]
    return (row["clause"], *party, row["about"], row.get("part", ""), row.get("to", ""))


def compared(found, rows) -> None:
    """Check that two lists of verdicts are the same, both ways, with their numbers."""
    mine = {key_of(v): v for v in found}
    theirs = {key_of_row(row): row for row in rows}
    assert len(mine) == len(found), "each verdict has a name of its own"
    assert len(theirs) == len(rows)
    words = {key: v.verdict for key, v in mine.items()}
    expected = {key: row["verdict"] for key, row in theirs.items()}
    differing = {
        k: (words.get(k), expected.get(k))
        for k in words.keys() | expected.keys()
        if words.get(k) != expected.get(k)
    }
    assert not differing, differing
    for key, row in theirs.items():
        _numbers(mine[key], row)


def _numbers(v: JudgedDuty, row) -> None:
    # Beside a line that is crossed a second is many metres.
    if "nearest_m" in row and getattr(v.measure, "unit", "") == "m":
        off_m = 1.0 if row["nearest_m"] > 400 else 300.0
        assert -off_m < v.measure.value - row["nearest_m"] < 1.0, (v, row)
    if row.get("nearer_s") and "nearer for" in v.because:
        seconds = float(v.because.partition("nearer for ")[2].partition(" s")[0])
        assert abs(seconds - row["nearer_s"]) <= 3, (v, row)
    if row.get("other_side_s") and v.measure is not None and v.verdict != "late":
        assert abs(v.measure.value - row["other_side_s"]) <= 3, (v, row)
    if row.get("lead_s") is not None:
        assert v.measure.value == row["lead_s"], (v, row)
    if row.get("after_s") is not None and v.measure is not None:
        assert v.measure.value == row["after_s"], (v, row)
    if "inside_s" in row and v.measure is not None:
        assert abs(v.measure.value - row["inside_s"]) <= 3, (v, row)
    if "leave" in row:
        assert f"message {row['leave']}" in v.cites, (v, row)
