"""Which units were told of a scenario's notices, from the logs of the nodes that played it.

The reference scenario is played as it is and with other units, times, and a notice that is
corrected after its receipts; what the nodes say is held against what the answers say.
"""

from __future__ import annotations

import pytest

from app.test_line_rows_played import play
from parley.node.agreement_bodies import UnitUntold
from parley.node.rules.distribution import distribution_of
from parley.node.state import written_us
from parley.world.time import parse_instant_us
from review.scenario_oracle import documents


def drill(**changes):
    """Return the first hour of the drill of June 2017, without flights, as it is or changed."""
    timeline, geometry = documents("syria-2017-06")
    geometry["features"] = [f for f in geometry["features"] if f["properties"]["kind"] != "track"]
    timeline["flights"] = []
    kept = changes.pop("seqs", range(1, 9))
    timeline["messages"] = [m for m in timeline["messages"] if m["seq"] in kept]
    timeline["queries"] = [q for q in timeline["queries"] if q["id"] == "Q6"]
    for name, value in changes.items():
        timeline[name] = value
    return timeline, geometry


def receipt(of, unit, clock, party="COAL"):
    return {"of": of, "party": party, "unit": unit, "t": f"2017-06-20T{clock}Z"}


def views(found, seq, party):
    """Return how a message stands with units, as each of the two nodes says it."""
    seen = []
    for name in ("COAL", "RUS"):
        state = found.nodes.cranks[name].state
        key = found.keys[f"#{seq}"]
        thread = next(s.threads[key] for s in state.scopes.values() if key in s.threads)
        at_us = found.nodes.now_us[name]
        seen.append(next((v for v in distribution_of(state, thread, at_us) if v.party == party),
                         None))  # fmt: skip
    return seen


@pytest.mark.row("A9", "R4")
def test_message_5_as_it_is_told_to_the_duty_room_and_not_to_unit_2():
    found = play(*drill())
    assert found.summary.units_not_told == ("COAL-unit-2 (#5)",)
    assert found.summary.refused == ()
    said = found.message(5)["distribution"]
    for view in views(found, 5, "COAL"):
        assert view.required == ("COAL-duty-room", "COAL-unit-2")
        assert (list(view.told), list(view.not_told)) == (said["told"], said["not_told"])
        assert (view.told, view.not_told) == (("COAL-duty-room",), ("COAL-unit-2",))
        assert view.verdict == "distribution incomplete" == said["verdict"]
        assert view.over == "", "the read-back was corrected; the notice stands as it was said"
    for view in views(found, 3, "RUS"):
        assert (set(view.told), view.not_told) == ({"RUS-duty-room", "RUS-unit-1"}, ())
        assert view.verdict == "distribution complete"


def test_with_other_units_and_times():
    found = play(
        *drill(
            seqs=range(1, 12),
            distribution_required=[
                {"of": 5, "party": "COAL", "units": ["tower", "night crew", "COAL-unit-9"]}
            ],
            distribution_receipts=[
                receipt(5, "night crew", "05:24:00"), receipt(5, "tower", "06:20:00"),
            ],
        )
    )  # fmt: skip
    assert found.summary.units_not_told == ("COAL-unit-9 (#5)",)
    for view in views(found, 5, "COAL"):
        rows = {row.unit: row for row in view.units}
        assert view.due_us == parse_instant_us("2017-06-20T06:00:00Z"), "10 min before its window"
        assert rows["night crew"].late_s is None
        assert rows["tower"].late_s == 20 * 60
        assert rows["tower"].untold_us is not None, "COAL wrote so itself, at the time"
        assert rows["COAL-unit-9"].word == "not told"
    scope = next(s for s in found.nodes.cranks["RUS"].state.scopes.values() if s.terms.untold)
    written = [e for table in scope.terms.untold.values() for e in table.values()]
    assert {u for e in written if isinstance(e.body, UnitUntold) for u in e.body.units} == {
        "tower", "COAL-unit-9",
    }  # fmt: skip
    due_us = parse_instant_us("2017-06-20T06:00:00Z")
    assert all(due_us < written_us(e) <= due_us + 21_000_000 for e in written), "at its time"


def test_a_receipt_from_before_the_misread_place_was_corrected_is_of_the_old_one():
    found = play(*drill(distribution_receipts=[receipt(5, "COAL-duty-room", "05:21:20")]))
    for view in views(found, 5, "COAL"):
        assert (view.told, view.stale) == ((), ("COAL-duty-room",))
        assert view.not_told == ("COAL-unit-2",)
    missing = ("COAL-duty-room (#5)", "COAL-unit-2 (#5)")
    assert set(missing) <= set(found.summary.units_not_told)


def test_a_notice_that_is_corrected_itself_asks_for_new_receipts():
    timeline, geometry = drill(
        distribution_receipts=[
            receipt(5, "COAL-duty-room", "05:23:00"), receipt(5, "COAL-unit-2", "05:24:00"),
            receipt(30, "COAL-unit-2", "05:40:00"),
        ]
    )  # fmt: skip
    timeline["messages"].append(
        {"seq": 30, "t": "2017-06-20T05:30:00Z", "from": "RUS", "to": "COAL",
         "kind": "correction", "of": 7, "centre": [38.90, 35.30], "requires": "ack"}
    )  # fmt: skip
    found = play(timeline, geometry)
    assert found.summary.refused == ()
    for view in views(found, 30, "COAL"):
        assert (view.told, view.stale) == (("COAL-unit-2",), ("COAL-duty-room",))
        assert set(view.required) == {"COAL-duty-room", "COAL-unit-2"}
    for view in views(found, 5, "COAL"):
        assert view.over.startswith("corrected by ")
        assert set(view.told) == {"COAL-duty-room", "COAL-unit-2"}, "what was said stays said"
    assert found.summary.digests_agree


def test_a_receipt_of_what_was_never_sent_is_refused_and_told():
    found = play(*drill(distribution_receipts=[receipt(5, "RUS-unit-1", "05:24:00", party="RUS")]))
    (refusal,) = found.summary.refused
    assert "each party answers for its own" in refusal
