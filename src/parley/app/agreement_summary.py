"""An agreement in sentences that a lawyer and a duty officer can read, with units on every number.

The sentences say what the program has understood, so that whoever signs can compare them with the
text. Rules: each clause is one line; its own words follow in quotes; nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from parley.world.agreement import Agreement, BackgroundLayer
from parley.world.agreement_checks import kind_of
from parley.world.boundary import Boundary
from parley.world.clauses import (
    Acknowledgement,
    AppliesTo,
    Bearer,
    BoundaryRule,
    Clause,
    Disclosure,
    Dispute,
    Distribution,
    Frequency,
    IncidentReport,
    IntentLimits,
    LineTest,
    Notification,
    Priority,
    Ring,
    Separation,
    StandingNotice,
    StandOff,
    Suspension,
    Validity,
    Watch,
    ZoneRule,
    ZoneStatus,
)
from parley.world.document_forms import CalendarDuration, Limit
from parley.world.document_schedules import ahead_text
from parley.world.schedule import DailyWindow, Schedule
from parley.world.shape import Circle, Corridor, Polygon, Shape
from parley.world.time import format_second
from parley.world.units import AREA, DURATION, FREQUENCY, HEIGHT, LENGTH, RATE, quantity_text
from parley.world.zone import Zone


def _time(value_s: float | None) -> str:
    return "a time not stated" if value_s is None else quantity_text(value_s, DURATION)


def _far(value_m: float) -> str:
    return quantity_text(value_m, LENGTH)


def _high(value_m: float) -> str:
    return quantity_text(value_m, HEIGHT)


def _calendar(duration: str) -> str:
    return str(CalendarDuration().write(duration))


def _listed(names: Sequence[str], otherwise: str) -> str:
    return ", ".join(names) or otherwise


def summary_lines(agreement: Agreement) -> list[str]:
    """Return the whole agreement in lines: who, when, where, and each clause in a sentence."""
    return [
        *_head(agreement),
        *_parties(agreement),
        *(f"line {n.id}: {_ends(n.ends)}; hours {n.hours}" for n in agreement.lines),
        *_pressure(agreement),
        *(f"class {c.id}: {c.text or 'not described'}" for c in agreement.aircraft_classes),
        *(_boundary(each) for each in agreement.boundaries),
        *(line for zone in agreement.zones for line in zone_lines(zone)),
        *(_layer(each) for each in agreement.layers),
        *(clause_sentence(clause) for clause in agreement.clauses),
    ]


def _head(agreement: Agreement) -> Iterator[str]:
    yield f"{agreement.id}: {agreement.title or 'no title'}, version {agreement.version}"
    valid = agreement.valid
    if valid is None:
        yield "valid: no limit is stated"
    else:
        yield f"valid: {format_second(valid.from_us)} to {format_second(valid.to_us)}"
    public = "is public" if agreement.text_public else "is not public"
    sha = f", SHA-256 {agreement.text_sha256}" if agreement.text_sha256 else ""
    languages = f", in {', '.join(agreement.languages)}" if agreement.languages else ""
    yield f"text: the signed text {public}{languages}{sha}"
    yield f"rules version {agreement.rules_version}; map: {agreement.base_map}; {agreement.datum}"
    if agreement.timezone_source:
        yield f"local times: {agreement.timezone_source}"


def _parties(agreement: Agreement) -> Iterator[str]:
    for party in agreement.parties:
        through = f", bound through {party.bound_through}" if party.bound_through else ""
        units = f"; units {', '.join(party.units)}" if party.units else ""
        signed = f"; signed by {party.signed_by}" if party.signed_by else ""
        yield (
            f"party {party.id}: {party.name or 'no name'} ({party.standing}{through}); "
            f"posts {_listed(party.posts, 'none')}{units}{signed}"
        )
    for actor in agreement.actors:
        answers = f"{actor.answers} answers for it" if actor.answers else "nobody answers for it"
        contested = f"; contested by {', '.join(actor.contested_by)}" if actor.contested_by else ""
        yield f"actor {actor.name}: {actor.standing}, {answers}{contested}"


def _ends(ends: Sequence[Any]) -> str:
    return " to ".join(f"{end.party} ({end.post})" for end in ends)


def _pressure(agreement: Agreement) -> Iterator[str]:
    rule = agreement.pressure
    if rule is not None:
        place = f" of {rule.place}" if rule.place else ""
        yield (
            f"pressure: QNH{place} from {rule.source}, within {_high(rule.bound_m)}, "
            f"stale after {_time(rule.stale_after_s)}"
        )


def _boundary(line: Boundary) -> str:
    who = _bound_by(line.agreed_by, line.asserted_by)
    return (
        f"boundary {line.id}: {line.name or 'no name'}, {len(line.vertices)} points, "
        f"left: {line.left}, right: {line.right}, within {_far(line.uncertainty_m)}; {who}"
    )


def _layer(layer: BackgroundLayer) -> str:
    day = format_second(layer.as_of.from_us)
    return f"background {layer.id}: {layer.name}, {layer.kind} as of {day}, by {layer.source}"


def _bound_by(agreed: Sequence[str], asserted: Sequence[str]) -> str:
    if agreed:
        return f"binds {', '.join(agreed)}"
    return f"only {_listed(asserted, 'nobody')} says so: no duty for anybody else"


def zone_lines(zone: Zone) -> list[str]:
    """Return a zone with its limits and hours, one line each."""
    lower, upper = Limit().write(zone.lower), Limit().write(zone.upper)
    less = f" without {', '.join(e.name for e in zone.exclusions)}" if zone.exclusions else ""
    who = _bound_by(zone.agreed_by, zone.asserted_by)
    where = f"{zone.name or zone.kind}, {_area(zone.shape)}{less}, {lower} to {upper}"
    found = [f"zone {zone.id}: {where}; owner {zone.owner or 'nobody'}; {who}"]
    if zone.schedule is not None:
        found.append(f"zone {zone.id} hours: {schedule_words(zone.schedule)}")
    return found


def _area(shape: Shape) -> str:
    match shape:
        case Circle():
            at = f"{shape.centre.lat_deg:.4f} {shape.centre.lon_deg:.4f}"
            return f"circle of {_far(shape.radius_m)} around {at}"
        case Corridor():
            return f"corridor {_far(shape.width_m)} wide, {len(shape.vertices)} points"
        case Polygon():
            return f"outline of {len(shape.exterior)} points"


def schedule_words(schedule: Schedule) -> str:
    """Return the windows of a schedule in words, with its time zone and what is known of it."""
    windows = "; ".join(_window_words(each) for each in schedule.windows)
    words = f"{windows} ({schedule.timezone})"
    if schedule.offsets:
        ahead = sorted({ahead_text(ahead_s) for _, ahead_s in schedule.offsets})
        words += f", UTC{' and '.join(ahead)}"
    if schedule.at_clock_change:
        words += f", the {schedule.at_clock_change} hour at a clock change"
    if schedule.until_us is not None:
        words += f", undecided after {format_second(schedule.until_us)}"
    return words


def _window_words(window: DailyWindow) -> str:
    days = _listed(window.days, "every day")
    first = f" from {window.first}" if window.first else ""
    last = f" to {window.last}" if window.last else ""
    return f"{window.begins} to {window.ends} {days}{first}{last}"


# ---- clauses -------------------------------------------------------------------------------------


def _of(clause: Any, otherwise: str = "every message") -> str:  # noqa: ANN401  one that has `of`
    return _listed(clause.of, otherwise)


def _steps(clause: Acknowledgement | Dispute) -> str:
    steps = ", ".join(f"{step.post} after {_time(step.after_s)}" for step in clause.escalate)
    return f"; else {steps}" if steps else ""


def _separation(c: Separation) -> str:
    joined = "or" if c.joined == "or" else "and also"
    pairs = ", ".join(f"{a} with {b}" for a, b in c.class_pairs)
    dwell = f", inside both for at most {_time(c.dwell_s)}" if c.dwell_s is not None else ""
    apart = f"{_far(c.horizontal_m)} {joined} {_high(c.vertical_m)} apart"
    off = c.vertical_quantisation_m
    alerts = f", alerts from {_high(off)} less of height" if off else ""
    return f"aircraft keep {apart}{dwell}{alerts}" + (f" ({pairs})" if pairs else "")


def _stand_off(c: StandOff) -> str:
    near = c.boundary or c.zone or c.place
    side = f" on its {c.side}" if c.side else ""
    leave = f", unless notified by {', '.join(c.unless_notified)}" if c.unless_notified else ""
    dwell = f", nearer for at most {_time(c.dwell_s)}" if c.dwell_s else ""
    return f"aircraft keep {_far(c.distance_m)} from {near}{side}{dwell}{leave}"


def _notification(c: Notification) -> str:
    urgent = f", in an emergency {_time(c.emergency_lead_s)}" * (c.emergency_lead_s is not None)
    answer = f", answered within {_time(c.answer_within_s)}" * (c.answer_within_s is not None)
    content = f"; it says {', '.join(c.content)}" if c.content else ""
    where = {"crossing": c.boundary, "entry": c.zone}.get(c.trigger, "")
    trigger = f"; owed for each {c.trigger}{' of ' + where if where else ''}" if c.trigger else ""
    units = ", ".join(f"{name}: {', '.join(each)}" for name, each in c.required_units.items())
    early = f" {_time(c.units_before_s)} before" if c.units_before_s is not None else ""
    told = f"; units told{early}: {units}" if units else ""
    comes = f"{_of(c, 'every notice')} comes {_time(c.lead_s)} before{urgent}{answer}"
    return f"{comes}{content}{trigger}{told}"


def _watch(c: Watch) -> str:
    posts = _listed(c.posts, "every post")
    languages = f", in {', '.join(c.languages)}" if c.languages else ""
    return f"{posts} is attended {c.hours}, with gaps of at most {_time(c.gap_s)}{languages}"


def _validity(c: Validity) -> str:
    how = {
        "lapse": "it lapses at its end",
        "automatic": f"it goes on by itself for {_time(c.renew_s)}",
        "consensus": f"all may renew it for {_time(c.renew_s)}",
    }[c.renewal]
    review = f", looked at again every {_time(c.review_every_s)}" if c.review_every_s else ""
    language = f"; {c.prevailing_language} prevails" if c.prevailing_language else ""
    return f"{how}{review}; its end is told {_time(c.warn_before_s)} before{language}"


def _rule(c: Ring | BoundaryRule | ZoneRule, where: str, stay: str, leave: Sequence[str]) -> str:
    words = f"stay {stay} {where}" if stay else (c.rule or f"a rule about {where}")
    return words + (f", unless {', '.join(leave)} names the flight" if leave else "")


def _zone_status(c: ZoneStatus) -> str:
    cold = f"; a release is answered within {_time(c.cold_within_s)}" if c.cold_within_s else ""
    who = _listed(c.may_change, "its owner")
    after = c.owner_silent_after_s
    silent = f" after {_time(after)}" if after is not None else ""
    says = f"{who} says hot or cold of {c.zone}, {_time(c.notice_s)} before"
    return f"{says}; silent{silent} is hot{cold}"


def _frequency(c: Frequency) -> str:
    guard = f", guard {quantity_text(c.guard_khz, FREQUENCY)}" if c.guard_khz else ""
    drill = f", tried every {_time(c.drill_every_s)}" if c.drill_every_s else ""
    language = f", in {c.language}" if c.language else ""
    phrases = f", with {', '.join(c.phrases)}" if c.phrases else ""
    primary = quantity_text(c.primary_khz, FREQUENCY)
    return f"crews call on {primary}{guard}{language}{phrases}{drill}"


def _bearer(c: Bearer) -> str:
    rate = f" and carries {quantity_text(c.rate_bps, RATE)}" if c.rate_bps else ""
    return f"{c.line or 'every line'} delays by {_time(c.delay_s)}{rate}"


def _incident(c: IncidentReport) -> str:
    by = f" by {', '.join(c.notice)}" if c.notice else ""
    at_once = f"told within {_time(c.immediate_s)}{by}, " * (c.immediate_s is not None)
    kept = f"; kept {_time(c.retention_s)}" if c.retention_s is not None else ""
    joint = ", with a joint inquiry" if c.joint_inquiry else ""
    content = f"; it says {', '.join(c.content)}" if c.content else ""
    return (
        f"an incident is {at_once}reported within {_calendar(c.initial)}, "
        f"finally within {_calendar(c.final)}"
        f"{joint}{content}{kept}"
    )


def _disclosure(c: Disclosure) -> str:
    fine = f" no finer than {_far(c.precision_m)}" if c.precision_m else ""
    late = f", {_time(c.delay_s)} later" if c.delay_s else ""
    near = f", {_far(c.precise_m)}" if c.precise_m else ""
    near += f" from {_time(c.precise_before_s)} before" if c.precise_before_s is not None else ""
    return f"{_listed(c.to, 'others')} may see {_listed(c.of, 'everything')}{fine}{near}{late}"


def _limits(c: IntentLimits) -> str:
    parts = (
        f"{c.standing_max} intents at once" * (c.standing_max is not None),
        f"{_time(c.ahead_s)} ahead" * (c.ahead_s is not None),
        f"{_time(c.longest_s)} each" * (c.longest_s is not None),
        f"{quantity_text(c.area_m2 or 1.0, AREA)} of ground" * (c.area_m2 is not None),
        f"{c.unflown_max} never flown" * (c.unflown_max is not None),
    )
    return f"a party holds at most {_listed([p for p in parts if p], 'what the norms say')}"


def _distribution(c: Distribution) -> str:
    units = "; ".join(f"{party}: {', '.join(names)}" for party, names in c.units.items())
    loaded = ", and say that they loaded it" if c.loaded else ""
    return f"units have {_of(c, 'every notice')} {_time(c.before_s)} before{loaded} ({units})"


def _standing(c: StandingNotice) -> str:
    ends = f", and ends after {_time(c.expire_s)}" if c.expire_s else ""
    stands = f"{_of(c, 'every notice')} that stands"
    return f"{stands} is confirmed every {_time(c.reconfirm_every_s)}{ends}"


def _tested(c: LineTest) -> str:
    within = f", answered within {_time(c.within_s)}" if c.within_s is not None else ""
    failed = f"; if it fails: {c.on_failure}" if c.on_failure else ""
    return f"the line is tested every {_time(c.every_s)}{within}{failed}"


def _suspension(c: Suspension) -> str:
    ends = f"; withdrawal with {_time(c.withdrawal_notice_s)}" if c.withdrawal_notice_s else ""
    exempt = _listed(c.exempt, "nothing")
    return f"one party may suspend with {_time(c.notice_s)} notice; {exempt} still passes{ends}"


def _order(c: Priority) -> str:
    within = f", made way for within {_time(c.preempt_within_s)}" if c.preempt_within_s else ""
    return f"priority in this order: {_listed(c.order, 'none')}{within}; equal ones by the line"


_SENTENCES: dict[str, Callable[[Any], str]] = {
    "separation": _separation,
    "stand_off": _stand_off,
    "notification": _notification,
    "acknowledgement": lambda c: (
        f"{c.message_class or _of(c)} is answered within {_time(c.within_s)}{_steps(c)}"
    ),
    "read_back": lambda c: (
        f"{_of(c, 'whatever asks for it')} is read back within {_time(c.within_s)}"
    ),
    "line_test": _tested,
    "watch": _watch,
    "validity": _validity,
    "suspension": _suspension,
    "position_check": lambda c: (
        f"a place and its coordinates lie within {_far(c.named_place_within_m)} of each other"
    ),
    "exclusive_channel": lambda c: (
        (
            "logs and call register are the only channel: silence decides"
            if c.value
            else "other channels are possible: silence decides nothing"
        )
        + (f" ({c.note})" if c.note else "")
    ),
    "ring": lambda c: (
        f"{c.ring} is not crossed inwards without contact: {', '.join(c.contact)} names the flight"
        if c.contact
        else c.rule or f"a rule about the way into {c.ring}"
    ),
    "boundary": lambda c: _rule(
        c, f"of {c.boundary}", f"on the {c.side} side" if c.side else "", c.crossing
    ),
    "zone": lambda c: (
        _rule(c, f"of {c.zone}", c.stay, c.leave)
        + (f", elsewhere for at most {_time(c.dwell_s)}" if c.dwell_s else "")
    ),
    "zone_status": _zone_status,
    "priority": _order,
    "yield": lambda c: f"who is asked to make way by {_of(c)} reports within {_time(c.within_s)}",
    "bearer": _bearer,
    "frequency": _frequency,
    "prohibited": lambda c: (
        f"not exchanged: {_listed([*c.subjects, *c.message_types, *c.words], 'nothing named')}"
    ),
    "incident_report": _incident,
    "disclosure": _disclosure,
    "dispute": lambda c: (
        f"an objection is answered within {_time(c.within_s)}{_steps(c)}"
        + (f"; witness {c.witness}" if c.witness else "")
    ),
    "intent_limits": _limits,
    "distribution": _distribution,
    "standing_notice": _standing,
    "term": lambda c: "for people to read" + (f" (source: {c.source})" if c.source else ""),
}


def _whom(applies: AppliesTo) -> str:
    parts = [
        *([", ".join(applies.parties)] if applies.parties else []),
        *([f"aircraft {', '.join(applies.classes)}"] if applies.classes else []),
        *([f"in {', '.join(applies.zones)}"] if applies.zones else []),
        *([f"from {format_second(applies.from_us)}"] if applies.from_us is not None else []),
        *([f"to {format_second(applies.to_us)}"] if applies.to_us is not None else []),
    ]
    return f" [{'; '.join(parts)}]" if parts else ""


def clause_sentence(clause: Clause) -> str:
    """Return a clause in one line: what was understood, from which paragraph, in which words."""
    kind = kind_of(clause)
    source = f" ({clause.source_paragraph})" if clause.source_paragraph else ""
    words = f'; text: "{clause.text}"' if clause.text else ""
    kept = "".join(f"; {each.by} reserves: {each.text}" for each in clause.reservations)
    sentence = _SENTENCES[kind](clause)
    return f"clause {clause.id}{source} {kind}{_whom(clause.applies_to)}: {sentence}{words}{kept}"
