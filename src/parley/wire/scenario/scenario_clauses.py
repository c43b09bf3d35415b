"""A scenario's own clause forms (NM, ft, PT15M) to those of `world.clauses`; they end here."""

from __future__ import annotations

from collections.abc import Callable

from parley.wire.scenario.scenario_reading import (
    COMMENTARY,
    instant_us,
    items_of,
    later_us,
    mapping_of,
    records,
    refuse_unknown,
    seconds_of,
    unknown_word,
)
from parley.wire.scenario.scenario_records import StepDoc
from parley.world.clauses import Clause, clause_from_document
from parley.world.faults import InputFault, nearest
from parley.world.norms import CLASSES, norms
from parley.world.units import metres_from_feet, metres_from_nautical_miles

KINDS_OF_OPENERS = {
    **{kind.name.replace(".", "_"): kind.name for kind in norms().types},
    "landed": "landed.report",
    "report": "report.share",
    "urgent": "free.text",
}
"""The scenario's word for a message, to the type of the norms."""
TYPES_BY_SUBJECT = {("urgent", "person_in_distress"): "distress.relay"}
ANSWERS = ("ack", "read_back", "refusal")
"""The first two are the first answer that the type allows, a refusal is the second."""
_COMMON = ("id", "text", "source_paragraph")
_Part = Callable[[object, str], dict[str, object]]


def _as(name: str) -> _Part:
    return lambda value, _: {name: value}


def _duration(name: str) -> _Part:
    return lambda value, where: {name: seconds_of(value, where)}


def _calendar(name: str) -> _Part:
    def convert(value: object, where: str) -> dict[str, object]:
        if not isinstance(value, str):
            raise InputFault(where, value=value, wanted="an ISO 8601 duration", repair="e.g. P30D")
        later_us(0, value, where)
        return {name: value}

    return convert


def _length(name: str, factor_ratio: float, **more: object) -> _Part:
    def convert(value: object, where: str) -> dict[str, object]:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise InputFault(where, value=value, wanted="a number")
        return {name: value * factor_ratio, **more}

    return convert


def _class_within(name: str) -> _Part:
    return lambda value, where: {"within_s": seconds_of(value, where), "message_class": name}


def _message_types(name: str = "of", *, others: tuple[str, ...] = ()) -> _Part:
    """Return how the scenario's words for messages are read; `others` stand as they are."""

    def convert(value: object, where: str) -> dict[str, object]:
        known = (*KINDS_OF_OPENERS, *others)
        types = []
        for kind in items_of(value, where):
            if kind not in known:
                raise unknown_word(where, kind, known)
            types.append(KINDS_OF_OPENERS.get(str(kind), str(kind)))
        return {name: types}

    return convert


def _instants(value: object, where: str) -> dict[str, object]:
    """Return to whom and to what a clause applies, with its times as instants."""
    found = mapping_of(value, where)
    refuse_unknown(list(found), ("parties", "classes", "zones", "from", "to"), where)
    applies = {key: item for key, item in found.items() if key in ("parties", "classes", "zones")}
    for key in ("from", "to"):
        if key in found:
            applies[f"{key}_us"] = instant_us(str(found[key]), f"{where} {key}")
    return {"applies_to": applies}


def _escalation(value: object, where: str) -> dict[str, object]:
    steps = records(StepDoc, value, where)
    return {"escalate": [{"after_s": seconds_of(s.after, where), "post": s.post} for s in steps]}


_CLAUSES: dict[str, tuple[str, dict[str, _Part]]] = {
    "separation": ("separation", {
        "horizontal_nm": _length("horizontal_m", metres_from_nautical_miles(1.0)),
        "or_vertical_ft": _length("vertical_m", metres_from_feet(1.0), joined="or"),
        "and_vertical_ft": _length("vertical_m", metres_from_feet(1.0), joined="and"),
        "dwell_s": _as("dwell_s"),
        "class_pairs": _as("class_pairs"),
    }),
    "stand_off": ("stand_off", {
        "distance_m": _length("distance_m", 1.0),
        "distance_nm": _length("distance_m", metres_from_nautical_miles(1.0)),
        **{name: _as(name) for name in ("boundary", "zone", "place", "side", "dwell_s")},
        "unless_notified": _message_types("unless_notified"),
    }),
    "notification": ("notification", {
        "of": _message_types(),
        "lead_time": _duration("lead_s"),
        "ack": _duration("answer_within_s"),
        "emergency_lead": _duration("emergency_lead_s"),
        **{name: _as(name) for name in ("content", "trigger", "boundary", "zone")},
    }),
    "acknowledgement": ("acknowledgement", {
        "of": _message_types(),
        "within": _duration("within_s"),
        **{name.lower(): _class_within(name) for name in CLASSES},
        "escalate": _escalation,
    }),
    "read_back": ("read_back", {"of": _message_types(), "within": _duration("within_s")}),
    "line_test": ("line_test", {
        "every": _duration("every_s"), "within": _duration("within_s"),
        "on_failure": _as("on_failure"),
    }),
    "watch": ("watch", {
        "posts": _as("posts"), "hours": _as("hours"), "languages": _as("languages"),
        "gap": _duration("gap_s"),
    }),
    "validity": ("validity", {
        "renewal": _as("renewal"), "renew": _duration("renew_s"),
        "review_every": _duration("review_every_s"), "warn_before": _duration("warn_before_s"),
        "prevailing_language": _as("prevailing_language"),
    }),
    "suspension": ("suspension", {
        "notice": _duration("notice_s"), "exempt": _as("exempt"),
        "withdrawal_notice": _duration("withdrawal_notice_s"),
    }),
    "position_check": ("position_check", {"named_place_within_m": _as("named_place_within_m")}),
    "exclusive_channel": ("exclusive_channel", {"value": _as("value"), "note": _as("note")}),
    "ring": ("ring", {
        "ring": _as("ring"), "rule": _as("rule"), "contact": _message_types("contact"),
    }),
    "line": ("boundary", {
        "line": _as("boundary"), "rule": _as("rule"), "side": _as("side"),
        "crossing": _message_types("crossing"),
    }),
    "zone": ("zone", {
        "zone": _as("zone"), "rule": _as("rule"), "stay": _as("stay"),
        "leave": _message_types("leave"), "dwell_s": _as("dwell_s"),
    }),
    "zone_status": ("zone_status", {
        "zone": _as("zone"), "may_change": _as("may_change"), "notice": _duration("notice_s"),
        "cold_within": _duration("cold_within_s"),
        "owner_silent_after": _duration("owner_silent_after_s"),
    }),
    "priority": ("priority", {
        "order": _as("order"), "preempt_within": _duration("preempt_within_s"),
    }),
    "yield": ("yield", {"of": _message_types(), "within": _duration("within_s")}),
    "bearer": ("bearer", {
        "line": _as("line"), "delay": _duration("delay_s"), "rate_bps": _as("rate_bps"),
    }),
    "frequency": ("frequency", {
        "primary_mhz": _length("primary_khz", 1000.0), "guard_mhz": _length("guard_khz", 1000.0),
        "language": _as("language"), "phrases": _as("phrases"),
        "drill_every": _duration("drill_every_s"),
    }),
    "prohibited": ("prohibited", {
        "subjects": _as("subjects"), "words": _as("words"),
        "message_types": _message_types("message_types"),
    }),
    "incident_report": ("incident_report", {
        "initial": _calendar("initial"), "final": _calendar("final"), "content": _as("content"),
        "immediate": _duration("immediate_s"), "notice": _message_types("notice"),
    }),
    "disclosure": ("disclosure", {
        "to": _as("to"), "of": _message_types(others=("intent", "track")),
        "precision_nm": _length("precision_m", metres_from_nautical_miles(1.0)),
        "precise_nm": _length("precise_m", metres_from_nautical_miles(1.0)),
        "precise_before": _duration("precise_before_s"), "delay": _duration("delay_s"),
    }),
    "dispute": ("dispute", {
        "within": _duration("within_s"), "escalate": _escalation, "witness": _as("witness"),
    }),
    "intent_limits": ("intent_limits", {
        "standing_max": _as("standing_max"), "ahead": _duration("ahead_s"),
        "longest": _duration("longest_s"), "area_km2": _length("area_m2", 1e6),
        "unflown_max": _as("unflown_max"),
    }),
    "distribution": ("distribution", {
        "units": _as("units"), "of": _message_types(), "before": _duration("before_s"),
        "loaded": _as("loaded"),
    }),
    "standing_notice": ("standing_notice", {
        "of": _message_types(), "reconfirm_every": _duration("reconfirm_every_s"),
        "expire": _duration("expire_s"),
    }),
    "term": ("term", {"about": _as("source")}),
}  # fmt: skip
"""The scenario's clause forms: kind and parameters, to those of `world.clauses` in SI."""


def clause_of(value: object, where: str) -> Clause:
    """Return a clause of the scenario's own form.

    Raises:
        InputFault: an unknown kind or parameter, with the nearest right one; a bad value.
    """
    document = mapping_of(value, where)
    kind = document.get("kind")
    if kind not in _CLAUSES:
        raise unknown_word(f"{where} kind", kind, tuple(_CLAUSES))
    meant, parts = _CLAUSES[str(kind)]
    parts = {**parts, "applies_to": _instants, "reservations": _as("reservations")}
    known = ("kind", *_COMMON, *parts)
    converted: dict[str, object] = {"kind": meant}
    for key, item in document.items():
        if key in parts:
            converted.update(parts[key](item, f"{where} {key}"))
        elif key in _COMMON:
            converted[key] = item
        elif item is not None and key not in known and key not in COMMENTARY:
            close = nearest(key, known)
            raise InputFault(
                f"{where} parameter",
                value=key,
                wanted=f"one of {', '.join(known)}",
                repair=f"did you mean {close!r}?" if close else "",
            )
    return clause_from_document(converted, where)
