"""Clauses of a scenario that came with the line: time to yield, what a line runs over."""

from __future__ import annotations

import pytest

from parley.wire.scenario.scenario_clauses import _CLAUSES
from parley.world.agreement import RULES_OF_NEW
from parley.world.clauses import (
    CLAUSE_KINDS,
    CLAUSES_OF_4,
    Bearer,
    Disclosure,
    Dispute,
    Distribution,
    EscalationStep,
    Frequency,
    IntentLimits,
    Prohibited,
    StandingNotice,
    StandOff,
    Validity,
    Watch,
    Yield,
    ZoneStatus,
)
from parley.world.time import parse_instant_us
from wire.test_scenario import changed, refused

YIELD = {"id": "F8", "kind": "yield", "of": ["priority_intent"], "within": "PT7M"}
BEARER = {"id": "F9", "kind": "bearer", "line": "LINE-FIRE", "delay": "PT2S", "rate_bps": 9600}


def add(*clauses):
    def change(timeline, _) -> None:
        timeline["agreements"][1]["clauses"].extend(clauses)

    return change


@pytest.mark.row("R14")
def test_time_to_yield_and_the_bearer_are_read_in_si() -> None:
    found = changed("wildfire-civil", add(YIELD, BEARER)).agreements[1].clauses
    assert found[-2:] == (
        Yield(id="F8", within_s=420.0, of=("priority.intent",)),
        Bearer(id="F9", delay_s=2.0, rate_bps=9600.0, line="LINE-FIRE"),
    )


@pytest.mark.parametrize(
    ("clause", "match"),
    [
        (YIELD | {"within": "soon"}, "soon"),
        (YIELD | {"of": ["priority_intend"]}, "priority_intent"),
        (BEARER | {"rate": 9600}, "rate_bps"),
        (BEARER | {"rate_bps": 0}, "rate_bps"),
    ],
)
def test_what_is_not_understood_in_them_is_refused(clause, match: str) -> None:
    assert match in refused("wildfire-civil", add(clause))


NEW = {
    "stand_off": (
        {"distance_nm": 2, "boundary": "LINE-DIV", "side": "left",
         "unless_notified": ["area_notice"]},
        StandOff(id="X", distance_m=3704.0, boundary="LINE-DIV", side="left",
                 unless_notified=("area.notice",)),
    ),
    "watch": (
        {"posts": ["duty-officer"], "hours": "06:00-18:00", "gap": "PT15M"},
        Watch(id="X", posts=("duty-officer",), hours="06:00-18:00", gap_s=900.0),
    ),
    "validity": (
        {"renewal": "consensus", "renew": "P365D", "warn_before": "P30D"},
        Validity(id="X", renewal="consensus", renew_s=31_536_000.0, warn_before_s=2_592_000.0),
    ),
    "zone_status": (
        {"zone": "TFR-1", "may_change": ["IC"], "notice": "PT30M", "cold_within": "PT5M",
         "owner_silent_after": "PT10M"},
        ZoneStatus(id="X", zone="TFR-1", may_change=("IC",), notice_s=1800.0, cold_within_s=300.0,
                   owner_silent_after_s=600.0),
    ),
    "frequency": (
        {"primary_mhz": 118.1, "guard_mhz": 121.5, "language": "en", "drill_every": "P1D"},
        Frequency(id="X", primary_khz=118_100.0, guard_khz=121_500.0, language="en",
                  drill_every_s=86_400.0),
    ),
    "prohibited": (
        {"subjects": ["ground"], "message_types": ["urgent"], "words": ["convoy"]},
        Prohibited(id="X", subjects=("ground",), message_types=("free.text",), words=("convoy",)),
    ),
    "disclosure": (
        {"to": ["civil users"], "of": ["intent", "area_notice"], "precision_nm": 5, "delay": "P1D"},
        Disclosure(id="X", to=("civil users",), of=("intent", "area.notice"), precision_m=9260.0,
                   delay_s=86_400.0),
    ),
    "dispute": (
        {"within": "P1D", "escalate": [{"after": "P1D", "post": "commander"}],
         "witness": "OBSERVER"},
        Dispute(id="X", within_s=86_400.0, witness="OBSERVER",
                escalate=(EscalationStep(after_s=86_400.0, post="commander"),)),
    ),
    "intent_limits": (
        {"standing_max": 50, "ahead": "P7D", "longest": "PT8H", "area_km2": 5000,
         "unflown_max": 10},
        IntentLimits(id="X", standing_max=50, ahead_s=604_800.0, longest_s=28_800.0, area_m2=5e9,
                     unflown_max=10),
    ),
    "distribution": (
        {"units": {"IC": ["H-7"]}, "of": ["area_notice"], "before": "PT10M", "loaded": True},
        Distribution(id="X", units={"IC": ("H-7",)}, of=("area.notice",), before_s=600.0,
                     loaded=True),
    ),
    "standing_notice": (
        {"of": ["emission_notice"], "reconfirm_every": "P30D", "expire": "P90D"},
        StandingNotice(id="X", of=("emission.notice",), reconfirm_every_s=2_592_000.0,
                       expire_s=7_776_000.0),
    ),
}  # fmt: skip


@pytest.mark.row("R8")
@pytest.mark.parametrize("kind", sorted(NEW))
def test_the_kinds_of_rules_version_4_are_read_in_si(kind: str) -> None:
    written, meant = NEW[kind]

    def change(timeline, geometry) -> None:
        add({"id": "X", "kind": kind, **written})(timeline, geometry)
        next(p for p in timeline["parties"] if p["id"] == "IC")["units"] = ["H-7"]

    found = changed("wildfire-civil", change).agreements[1]
    assert found.clauses[-1] == meant
    assert found.rules_version == RULES_OF_NEW


def test_every_kind_has_a_form_in_a_scenario() -> None:
    assert set(NEW) == CLAUSES_OF_4
    assert {meant for meant, _ in _CLAUSES.values()} == set(CLAUSE_KINDS)


@pytest.mark.parametrize(
    ("kind", "more", "match"),
    [
        ("watch", {"gap": 15}, "gap"),
        ("frequency", {"primary_khz": 118_100}, "primary_mhz"),
        ("frequency", {"primary_mhz": "118.1"}, "a number"),
        ("disclosure", {"of": ["intents"]}, "intent"),
        ("stand_off", {"unless_notified": ["area_note"]}, "area_notice"),
        ("stand_off", {"applies_to": {"party": ["IC"]}}, "parties"),
        ("standing_notice", {"reconfirm_every": "30 days"}, "30 days"),
    ],
)
def test_what_is_not_understood_in_the_new_kinds_is_refused(kind, more, match: str) -> None:
    clause = {"id": "X", "kind": kind, **NEW[kind][0], **more}
    assert match in refused("wildfire-civil", add(clause))


def test_to_whom_a_clause_applies_what_is_reserved_and_where_it_stands() -> None:
    clause = {
        "id": "X", "kind": "separation", "horizontal_nm": 3, "or_vertical_ft": 1000,
        "source_paragraph": "Article 6", "class_pairs": [["manned", "manned"]],
        "applies_to": {"parties": ["IC"], "classes": ["manned"], "from": "2026-08-14T00:00:00Z"},
        "reservations": [{"by": "IC", "text": "not over the fire"}],
    }  # fmt: skip

    def change(timeline, _) -> None:
        add(clause)(timeline, _)
        timeline["agreements"][1]["aircraft_classes"] = [{"id": "manned", "kinds": ["manned"]}]

    agreement = changed("wildfire-civil", change).agreements[1]
    found = agreement.clauses[-1]
    assert found.applies_to.parties == ("IC",)
    assert found.applies_to.from_us == parse_instant_us("2026-08-14T00:00:00Z")
    assert (found.source_paragraph, found.reservations[0].by) == ("Article 6", "IC")
    assert agreement.aircraft_classes[0].kinds == ("manned",)


# ---- presence, notices confirmed again, documents ------------------------------------------------


def fire_line(timeline) -> str:
    return timeline["lines_of_communication"][0]["id"]


def test_presence_and_confirmations_are_read_and_impossible_ones_refused() -> None:
    def change(timeline, _) -> None:
        end = timeline["lines_of_communication"][0]["ends"][0]
        party = end if isinstance(end, str) else end["party"]
        timeline["presence"] = [
            {"party": party, "line": fire_line(timeline), "from": "2026-08-14T19:00:00Z",
             "to": "2026-08-14T19:12:00Z"}
        ]  # fmt: skip
        timeline["confirmations"] = [
            {"of": 9, "t": "2026-08-14T20:00:00Z", "until": "2026-08-14T23:00:00Z"}
        ]

    found = changed("wildfire-civil", change)
    assert len(found.presence[0].acts_us) == 3
    assert found.confirmations[0].of == 9

    def backwards(timeline, geometry) -> None:
        change(timeline, geometry)
        timeline["presence"][0]["to"] = "2026-08-14T18:00:00Z"

    assert "from before to" in refused("wildfire-civil", backwards)

    def never(timeline, geometry) -> None:
        change(timeline, geometry)
        timeline["confirmations"][0]["until"] = "2026-08-14T19:30:00Z"

    assert "in this order" in refused("wildfire-civil", never)

    def elsewhere(timeline, geometry) -> None:
        change(timeline, geometry)
        timeline["presence"][0]["line"] = "LINE-NONE"

    assert "LINE-NONE" in refused("wildfire-civil", elsewhere)


def test_a_document_is_refused_where_none_can_be_read() -> None:
    def change(timeline, _) -> None:
        timeline["agreements"].append({"id": "LOA", "document": "../agreements/loa.toml"})

    assert "no documents can be read here" in refused("wildfire-civil", change)
