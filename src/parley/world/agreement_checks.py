"""Whether an agreement can be worked with: what its clauses name is there, and none fights another.

A document that reads well may still name a zone that is not there, or promise two things at once.
Rules:

- A fault makes the agreement unusable and says what to write; a note is what a reader must know.
- Two agreements contradict each other where both bind two parties over the same ground and matter
  and their numbers differ. Which of them holds is for the parties: both are shown.
- Inside one agreement a special clause beside a general one is no contradiction.

What does not live here: reading documents (`agreement_document`), verdicts (`review.verdicts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import msgspec
import shapely
from shapely.affinity import translate

from parley.world.agreement import Agreement, Party
from parley.world.agreement_document import in_units
from parley.world.agreement_heights import empty_zones, sometimes_empty
from parley.world.boundary import Boundary
from parley.world.clauses import (
    AppliesTo,
    BoundaryRule,
    Clause,
    Disclosure,
    ExclusiveChannel,
    Frequency,
    Prohibited,
    Ring,
    StandOff,
    Term,
    Validity,
    Watch,
    ZoneRule,
)
from parley.world.document_forms import Form, Limit
from parley.world.document_geometry import SHAPE
from parley.world.document_schedules import ScheduleForm
from parley.world.faults import InputFault, nearest
from parley.world.limits import ENTRY_BYTES_MAX
from parley.world.norms import known_type, norms
from parley.world.shape import Shape, planar_ring
from parley.world.time import format_second
from parley.world.watch_hours import parse_hours
from parley.world.zone import Zone

_ENTRY_AROUND_BYTES = 2_000
"""What an entry that proposes a document holds beside it: names, numbers, a reason."""
_TYPE_FIELDS = ("of", "unless_notified", "contact", "crossing", "leave", "notice", "message_types")
_MORE_OF = ("intent", "track")
CONTRADICTIONS_MAX = 200
"""Told of two agreements; who has so many does not want the rest."""
MEETS_MAX = 2_000
"""Pairs of zones whose outlines are compared; more are taken to meet, which only tells more."""


def kind_of(clause: Clause) -> str:
    """Return the kind of a clause as documents write it."""
    return str(type(clause).__struct_config__.tag)


# ---- what must be there --------------------------------------------------------------------------


def faults_of(agreement: Agreement, now_us: int, adopted: str) -> tuple[InputFault, ...]:
    """Return everything that makes an agreement unusable, each with its repair.

    Args:
        agreement: as read.
        now_us: the instant at which it is looked at.
        adopted: its canonical document.
    """
    found = [
        *_size(adopted),
        *_validity(agreement, now_us),
        *_posts(agreement),
        *_objects(agreement),
        *empty_zones(agreement),
    ]
    for clause in agreement.clauses:
        found += _of_clause(agreement, clause)
    return (*found, *_inside(agreement.clauses))


def _size(adopted: str) -> Iterator[InputFault]:
    size = len(msgspec.json.encode(adopted)) + _ENTRY_AROUND_BYTES
    if size > ENTRY_BYTES_MAX:
        yield InputFault(
            "document as adopted", value=f"{size} bytes", wanted=f"at most {ENTRY_BYTES_MAX}",
            repair="fewer vertices, shorter texts, or two agreements",
        )  # fmt: skip


def _validity(agreement: Agreement, now_us: int) -> Iterator[InputFault]:
    valid = agreement.valid
    if valid is None:
        return
    if valid.is_instant:
        value = format_second(valid.from_us)
        yield InputFault(
            "valid", value=value, wanted="an end after its beginning", repair="write a later to"
        )
    elif valid.to_us < now_us:
        yield InputFault(
            "valid to", value=format_second(valid.to_us), wanted="an end that is not over",
            repair="write a later to, and raise version",
        )  # fmt: skip


def _posts(agreement: Agreement) -> Iterator[InputFault]:
    for party in agreement.parties:
        if party.standing == "signatory" and not party.posts:
            yield InputFault(
                f"party {party.id} posts", value="none", wanted="a post for every signatory",
                repair='add posts = ["duty-officer"]',
            )  # fmt: skip
    parties = {party.id: party for party in agreement.parties}
    for line in agreement.lines:
        for end in line.ends:
            what = f"line {line.id} end of {end.party} post"
            yield from _named(what, (end.post,), parties[end.party].posts, "a post of the party")
        yield from _hours(line.hours, f"line {line.id} hours")
    for actor in agreement.actors:
        what = f"actor {actor.name} answers"
        names = (actor.answers,) if actor.answers else ()
        yield from _named(what, names, parties, "a party, or nobody")


def _drawn(agreement: Agreement) -> Iterator[tuple[str, Zone | Boundary]]:
    yield from (("zone", zone) for zone in agreement.zones)
    yield from (("boundary", boundary) for boundary in agreement.boundaries)


def _hours(text: str, what: str) -> Iterator[InputFault]:
    try:
        parse_hours(text, what)
    except InputFault as fault:
        yield fault


def _named(
    what: str, names: Iterable[str], known: Iterable[str], wanted: str
) -> Iterator[InputFault]:
    """Yield a fault for each name that is not known; the repair names the nearest."""
    words = tuple(known)
    for name in names:
        if name not in words:
            close = nearest(name[:80], words)
            listed = ", ".join(words[:12]) or "there is none"
            yield InputFault(
                what, value=name, wanted=f"{wanted}: {listed}",
                repair=f"did you mean {close!r}?" if close else "add it, or take another",
            )  # fmt: skip


def _objects(agreement: Agreement) -> Iterator[InputFault]:
    parties = [party.id for party in agreement.parties]
    who = [*parties, *(actor.name for actor in agreement.actors)]
    yield from _named("asserted_by", agreement.asserted_by, who, "a party or an actor")
    for zone in agreement.zones:
        owner = (zone.owner,) if zone.owner else ()
        yield from _named(f"zone {zone.id} owner", owner, who, "a party or an actor")
    for noun, each in _drawn(agreement):
        yield from _named(f"{noun} {each.id} agreed_by", each.agreed_by, parties, "a party")
        what = f"{noun} {each.id} asserted_by"
        yield from _named(what, each.asserted_by, who, "a party or an actor")
    if agreement.pressure is not None:
        yield from _named("pressure source", (agreement.pressure.source,), parties, "a party")
        place = (agreement.pressure.place,) if agreement.pressure.place else ()
        places = [each.id for each in agreement.places]
        yield from _named("pressure place", place, places, "a place of the document")


# ---- clauses -------------------------------------------------------------------------------------


def _of_clause(agreement: Agreement, clause: Clause) -> Iterator[InputFault]:
    what = f"clause {clause.id}"
    parties = [party.id for party in agreement.parties]
    zones = [zone.id for zone in agreement.zones]
    classes = [each.id for each in agreement.aircraft_classes]
    boundaries = [each.id for each in agreement.boundaries]
    applies = clause.applies_to
    by = [each.by for each in clause.reservations]
    for field, names, known, noun in (
        ("applies_to parties", applies.parties, parties, "a party"),
        ("applies_to zones", applies.zones, zones, "a zone of the document"),
        ("applies_to classes", applies.classes, classes, "an aircraft class of the document"),
        ("reservations by", by, parties, "a party"),
        ("zone", _texts(clause, "zone"), zones, "a zone of the document"),
        ("ring", _texts(clause, "ring"), zones, "a zone of the document"),
        ("boundary", _texts(clause, "boundary"), boundaries, "a boundary of the document"),
        ("place", _texts(clause, "place"), [p.id for p in agreement.places], "a place of it"),
        ("line", _texts(clause, "line"), [n.id for n in agreement.lines], "a line of it"),
        ("may_change", getattr(clause, "may_change", ()), parties, "a party"),
        ("units", getattr(clause, "units", {}), parties, "a party"),
        ("required_units", getattr(clause, "required_units", {}), parties, "a party"),
        ("class_pairs", _classes(clause), classes, "an aircraft class of the document"),
        ("escalate post", _escalation(clause), _all_posts(agreement.parties), "a post of a party"),
    ):
        yield from _named(f"{what} {field}", names, known, noun)
    yield from _words(clause, what)
    if isinstance(clause, StandOff) and clause.side and not clause.boundary:
        yield InputFault(
            f"{what} side", value=clause.side, wanted="no side: only a boundary has one",
            repair="leave side out, or name a boundary instead of the zone or place",
        )  # fmt: skip
    if (
        applies.from_us is not None
        and applies.to_us is not None
        and applies.to_us <= applies.from_us
    ):
        yield InputFault(
            f"{what} applies_to to", value=format_second(applies.to_us),
            wanted=f"after {format_second(applies.from_us)}: it would never apply",
            repair="exchange them",
        )  # fmt: skip
    if isinstance(clause, Watch):
        owed = [p for p in agreement.parties if not applies.parties or p.id in applies.parties]
        yield from _named(f"{what} posts", clause.posts, _all_posts(owed), "a post of its parties")
        yield from _hours(clause.hours, f"{what} hours")


def _texts(clause: Clause, field: str) -> tuple[str, ...]:
    value = getattr(clause, field, "")
    return (value,) if isinstance(value, str) and value else ()


def _classes(clause: Clause) -> tuple[str, ...]:
    pairs: tuple[tuple[str, str], ...] = getattr(clause, "class_pairs", ())
    return tuple(name for pair in pairs for name in pair)


def _escalation(clause: Clause) -> tuple[str, ...]:
    return tuple(step.post for step in getattr(clause, "escalate", ()))


def _all_posts(parties: Iterable[Party]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(post for party in parties for post in party.posts))


def _words(clause: Clause, what: str) -> Iterator[InputFault]:
    """Yield message types, classes and subjects that the norms do not know."""
    more = _MORE_OF if isinstance(clause, Disclosure) else ()
    for field in _TYPE_FIELDS:
        names = [n for n in getattr(clause, field, ()) if known_type(n) is None and n not in more]
        known = (*(each.name for each in norms().types), *more)
        yield from _named(f"{what} {field}", names, known, "a message type of the norms")
    wanted = getattr(clause, "message_class", None)
    classes = tuple(str(each.name) for each in norms().classes)
    yield from _named(f"{what} message_class", (wanted,) if wanted else (), classes, "a class")
    if isinstance(clause, Prohibited):
        subjects = tuple(each.code for each in norms().subjects)
        yield from _named(f"{what} subjects", clause.subjects, subjects, "a subject of the norms")


# ---- what a reader must know ---------------------------------------------------------------------


def notes_of(agreement: Agreement, now_us: int) -> tuple[str, ...]:
    """Return what is undefined, one-sided or left to people, one line each."""
    return (*_undefined(agreement, now_us), *_one_sided(agreement), *_unjudged(agreement))


def _undefined(agreement: Agreement, now_us: int) -> Iterator[str]:
    valid = agreement.valid
    if valid is None:
        yield "undefined: no end of validity is stated"
    elif now_us < valid.from_us:
        yield f"not in force before {format_second(valid.from_us)}"
    kinds = {kind_of(clause) for clause in agreement.clauses}
    for kind, words in (
        ("suspension", "with how much notice a party may suspend (the norms hold)"),
        ("separation", "how far aircraft keep apart (no separation is judged)"),
        ("exclusive_channel", "whether silence decides (it does not)"),
        ("acknowledgement", "by when messages are answered (the norms hold)"),
    ):
        if kind not in kinds:
            yield f"undefined: {words}"
    yield from _undefined_of_parts(agreement)


def _undefined_of_parts(agreement: Agreement) -> Iterator[str]:
    if not agreement.lines:
        yield "undefined: no line of communication"
    ends = {end.party for line in agreement.lines for end in line.ends}
    for party in agreement.parties:
        if agreement.lines and party.id not in ends:
            yield f"undefined: {party.id} is at no end of a line"
    if agreement.pressure is None and any(_mixes(zone) for zone in agreement.zones):
        yield "undefined: whose pressure compares levels with altitudes (answers are undecided)"
    yield from sometimes_empty(agreement)
    yield from _posts_elsewhere(agreement)
    for zone in agreement.zones:
        if zone.owner is None:
            yield f"undefined: zone {zone.id} has no owner; nobody can say that it is cold"
        if zone.schedule is not None and zone.schedule.until_us is not None:
            until = format_second(zone.schedule.until_us)
            yield f"zone {zone.id}: hours in {zone.schedule.timezone} are known until {until}"


_NOBODY = "nobody is there to be called"


def _posts_elsewhere(agreement: Agreement) -> Iterator[str]:
    """Yield where a clause calls a post that a party does not have.

    It is that party's own next one that is called; nobody, where it names none.
    """
    for clause in agreement.clauses:
        for party in agreement.parties:
            lacking = [p for p in dict.fromkeys(_escalation(clause)) if p not in party.posts]
            asked = not clause.applies_to.parties or party.id in clause.applies_to.parties
            if lacking and asked and party.standing == "signatory":
                posts = ", ".join(lacking)
                instead = "its own next post is called" if party.posts else _NOBODY
                yield f"clause {clause.id}: {party.id} has no {posts}: {instead}"


def _mixes(zone: Zone) -> bool:
    return "STD" in (zone.lower.reference, zone.upper.reference)


def _one_sided(agreement: Agreement) -> Iterator[str]:
    nobody = "no duty for anybody else"
    if agreement.asserted_by:
        yield f"one-sided: only {', '.join(agreement.asserted_by)} says all of this: {nobody}"
    for noun, each in _drawn(agreement):
        if not each.agreed_by:
            by = ", ".join(each.asserted_by) or "nobody"
            yield f"one-sided: {noun} {each.id} is said by {by}: {nobody}"
    for actor in agreement.actors:
        if not actor.answers:
            yield f"nobody answers for: {actor.name} ({actor.standing})"


_LEFT_TO_PEOPLE: tuple[tuple[type, Callable[[Any], bool], str], ...] = (
    (Term, lambda _: True, "a term of words"),
    (Ring, lambda c: not c.contact, "no message type is named that is contact"),
    (BoundaryRule, lambda c: not c.side, "no side is named"),
    (ZoneRule, lambda c: not c.stay, "it does not say stay inside or outside"),
    (Frequency, lambda c: c.drill_every_s is None, "no drill is agreed"),
    (Prohibited, lambda _: True, "words in free text only warn"),
    (Validity, lambda c: c.renewal == "consensus", "a renewal is the parties' own act"),
)


def _unjudged(agreement: Agreement) -> Iterator[str]:
    for clause in agreement.clauses:
        for kind, left, why in _LEFT_TO_PEOPLE:
            if isinstance(clause, kind) and left(clause):
                yield f"clause {clause.id} ({kind_of(clause)}): no rule can judge it alone: {why}"


# ---- contradictions ------------------------------------------------------------------------------

_CONTRARY: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "separation": (("class_pairs",), ("horizontal_m", "vertical_m", "joined", "dwell_s")),
    "stand_off": (("boundary", "zone", "place", "side"), ("distance_m", "dwell_s")),
    "notification": (
        ("of", "trigger", "boundary", "zone"), ("lead_s", "answer_within_s", "emergency_lead_s"),
    ),
    "acknowledgement": (("message_class", "of"), ("within_s",)),
    "read_back": (("of",), ("within_s",)),
    "line_test": ((), ("every_s", "within_s")),
    "suspension": ((), ("notice_s", "withdrawal_notice_s")),
    "position_check": ((), ("named_place_within_m",)),
    "boundary": (("boundary",), ("side",)),
    "zone": (("zone",), ("stay",)),
    "zone_status": (("zone",), ("may_change", "notice_s", "cold_within_s")),
    "priority": ((), ("order", "preempt_within_s")),
    "yield": (("of",), ("within_s",)),
    "bearer": (("line",), ("delay_s", "rate_bps")),
    "incident_report": ((), ("initial", "final", "immediate_s")),
    "dispute": ((), ("within_s",)),
    "intent_limits": (
        (), ("standing_max", "ahead_s", "longest_s", "area_m2", "unflown_max"),
    ),
    "standing_notice": (("of",), ("reconfirm_every_s", "expire_s")),
    "exclusive_channel": ((), ("value",)),
}  # fmt: skip
"""By kind: the fields that say what a clause is about, and those that must then agree."""


class Contradiction(msgspec.Struct, frozen=True, kw_only=True):
    """Two things that cannot both hold: what each agreement says, and about what."""

    about: str
    first: str
    second: str
    clauses: tuple[str, str]


def _inside(clauses: Iterable[Clause]) -> Iterator[InputFault]:
    """Yield a fault where two clauses of one agreement say two things about exactly one matter."""
    first_of: dict[object, Clause] = {}
    for b in clauses:
        kind = kind_of(b)
        about, values = _CONTRARY.get(kind, ((), ()))
        matter = (kind, b.applies_to, *(getattr(b, field) for field in about))
        a = first_of.setdefault(matter, b)
        differ = [field for field in values if getattr(a, field) != getattr(b, field)]
        if differ:
            key, said = in_units(differ[0], getattr(b, differ[0]))
            other = in_units(differ[0], getattr(a, differ[0]))[1]
            yield InputFault(
                f"clause {b.id} {key}", value=said,
                wanted=f"what clause {a.id} says of the same matter: {other}",
                repair="leave one of them out, or say to which class, zone or party each applies",
            )  # fmt: skip


def contradictions(a: Agreement, b: Agreement) -> tuple[Contradiction, ...]:
    """Return where two agreements that bind the same two parties cannot both be followed.

    Args:
        a: an agreement.
        b: another one; two versions of one agreement do not contradict, one follows the other.
    """
    common = {party.id for party in a.parties} & {party.id for party in b.parties}
    apart = a.valid and b.valid and (
        a.valid.to_us < b.valid.from_us or b.valid.to_us < a.valid.from_us
    )  # fmt: skip
    if a.id == b.id or len(common) < 2 or apart or a.asserted_by or b.asserted_by:
        return ()
    found = list(_zones_fight(a, b))
    pair = _Pair(first=a, second=b, common=frozenset(common), met={})
    for first, second in product(a.clauses, b.clauses):
        if len(found) >= CONTRADICTIONS_MAX:
            break
        found += _clauses_fight(pair, first, second)
    return tuple(found)


class _Pair(msgspec.Struct, kw_only=True):
    """Two agreements, the parties of both, and which of their zones were found to meet."""

    first: Agreement
    second: Agreement
    common: frozenset[str]
    met: dict[tuple[tuple[str, ...], tuple[str, ...]], bool]


def _zones_fight(a: Agreement, b: Agreement) -> Iterator[Contradiction]:
    theirs = {zone.id: zone for zone in b.zones}
    for zone in a.zones:
        other = theirs.get(zone.id)
        if other is None:
            continue
        for field in ("owner", "shape", "lower", "upper", "schedule"):
            mine, its = getattr(zone, field), getattr(other, field)
            if mine != its:
                first, second = _short(field, mine), _short(field, its)
                about = f"zone {zone.id} {field}"
                yield Contradiction(about=about, first=first, second=second, clauses=("", ""))


def _short(field: str, value: object) -> str:
    if value is None:
        return "not stated"
    form: dict[str, Form] = {
        "lower": Limit(), "upper": Limit(), "shape": SHAPE, "schedule": ScheduleForm(),
    }  # fmt: skip
    written = form[field].write(value) if field in form else value
    return written if isinstance(written, str) else msgspec.json.encode(written).decode()[:120]


def _clauses_fight(pair: _Pair, first: Clause, second: Clause) -> Iterator[Contradiction]:
    kind = kind_of(first)
    if kind != kind_of(second) or kind not in _CONTRARY:
        return
    about, values = _CONTRARY[kind]
    if not all(_meet(getattr(first, field), getattr(second, field)) for field in about):
        return
    if not _applies_meet(pair, first.applies_to, second.applies_to):
        return
    if (
        isinstance(first, ExclusiveChannel)
        and isinstance(second, ExclusiveChannel)
        and first.value
        and second.value
    ):
        says = "these logs and this call register are the only channel"
        yield Contradiction(
            about="exclusive channel", first=says, second=says, clauses=(first.id, second.id)
        )
        return
    for field in values:
        mine, its = getattr(first, field), getattr(second, field)
        if mine != its and mine is not None and its is not None:
            key, said = in_units(field, mine)
            yield Contradiction(
                about=f"{kind} {key}", first=said, second=in_units(field, its)[1],
                clauses=(first.id, second.id),
            )  # fmt: skip


def _meet(mine: Any, its: Any) -> bool:  # noqa: ANN401  fields of several types
    """Whether two scopes have something in common; empty is everything."""
    if not mine or not its:
        return True
    if isinstance(mine, tuple):
        return bool({_unordered(x) for x in mine} & {_unordered(x) for x in its})
    return bool(mine == its)


def _unordered(item: object) -> object:
    return frozenset(item) if isinstance(item, tuple) else item


def _applies_meet(pair: _Pair, mine: AppliesTo, its: AppliesTo) -> bool:
    owed = (set(mine.parties) or pair.common) & (set(its.parties) or pair.common)
    if not owed or not _meet(mine.classes, its.classes):
        return False
    late = mine.from_us is not None and its.to_us is not None and mine.from_us >= its.to_us
    early = its.from_us is not None and mine.to_us is not None and its.from_us >= mine.to_us
    if late or early:
        return False
    if _meet(mine.zones, its.zones):
        return True
    names = (mine.zones, its.zones)
    if names not in pair.met:
        both = (pair.first, mine.zones), (pair.second, its.zones)
        shapes = [[z.shape for z in each.zones if z.id in wanted] for each, wanted in both]
        pair.met[names] = grounds_meet(*shapes)
    return pair.met[names]


def grounds_meet(mine: Sequence[Shape], its: Sequence[Shape]) -> bool:
    """Whether two sets of areas have ground in common, as drawn; too many are taken to."""
    if len(mine) * len(its) > MEETS_MAX:
        return True
    outlines = [
        [shapely.Polygon([(p.lon_deg, p.lat_deg) for p in planar_ring(shape)]) for shape in shapes]
        for shapes in (mine, its)
    ]
    return any(
        shapely.intersects(x, translate(y, xoff=turn_deg))
        for x, y in product(*outlines)
        for turn_deg in (-360.0, 0.0, 360.0)
    )
