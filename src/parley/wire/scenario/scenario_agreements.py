"""Parties, clauses, lines and agreements of a scenario; its own clause forms end here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from parley.wire.scenario.scenario_geometry import Geometry
from parley.wire.scenario.scenario_reading import (
    COMMENTARY,
    TIMELINE_NAME,
    Words,
    instant_us,
    interval_of,
    items_of,
    later_us,
    mapping_of,
    named_item,
    plain_text,
    record,
    records,
    seconds_of,
    unknown_word,
    within,
)
from parley.wire.scenario.scenario_records import (
    AgreementDoc,
    ContactDoc,
    InForceDoc,
    LineDoc,
    LineEndDoc,
    PartyDoc,
    ReportedTermDoc,
    StepDoc,
    ValidDoc,
)
from parley.world.agreement import Agreement, Line, LineEnd, Party
from parley.world.clauses import Clause, Term, clause_from_document
from parley.world.faults import InputFault, nearest
from parley.world.norms import CLASSES, norms
from parley.world.time import (
    Interval,
)
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


def _length(name: str, factor_m: float, **more: object) -> _Part:
    def convert(value: object, where: str) -> dict[str, object]:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise InputFault(where, value=value, wanted="a number")
        return {name: value * factor_m, **more}

    return convert


def _class_within(name: str) -> _Part:
    return lambda value, where: {"within_s": seconds_of(value, where), "message_class": name}


def _message_types(value: object, where: str) -> dict[str, object]:
    known = tuple(KINDS_OF_OPENERS)
    types = []
    for kind in items_of(value, where):
        if kind not in known:
            raise unknown_word(where, kind, known)
        types.append(KINDS_OF_OPENERS[str(kind)])
    return {"of": types}


def _escalation(value: object, where: str) -> dict[str, object]:
    steps = records(StepDoc, value, where)
    return {"escalate": [{"after_s": seconds_of(s.after, where), "post": s.post} for s in steps]}


_CLAUSES: dict[str, tuple[str, dict[str, _Part]]] = {
    "separation": ("separation", {
        "horizontal_nm": _length("horizontal_m", metres_from_nautical_miles(1.0)),
        "or_vertical_ft": _length("vertical_m", metres_from_feet(1.0), joined="or"),
        "and_vertical_ft": _length("vertical_m", metres_from_feet(1.0), joined="and"),
        "dwell_s": _as("dwell_s"),
    }),
    "notification": ("notification", {
        "of": _message_types,
        "lead_time": _duration("lead_s"),
        "ack": _duration("answer_within_s"),
    }),
    "acknowledgement": ("acknowledgement", {
        "of": _message_types,
        "within": _duration("within_s"),
        **{name.lower(): _class_within(name) for name in CLASSES},
        "escalate": _escalation,
    }),
    "read_back": ("read_back", {"of": _message_types, "within": _duration("within_s")}),
    "line_test": ("line_test", {"every": _duration("every_s"), "on_failure": _as("on_failure")}),
    "suspension": ("suspension", {"notice": _duration("notice_s"), "exempt": _as("exempt")}),
    "position_check": ("position_check", {"named_place_within_m": _as("named_place_within_m")}),
    "exclusive_channel": ("exclusive_channel", {"value": _as("value"), "note": _as("note")}),
    "ring": ("ring", {"ring": _as("ring"), "rule": _as("rule")}),
    "line": ("boundary", {"line": _as("boundary"), "rule": _as("rule")}),
    "zone": ("zone", {"zone": _as("zone"), "rule": _as("rule")}),
    "priority": ("priority", {"order": _as("order")}),
    "yield": ("yield", {"of": _message_types, "within": _duration("within_s")}),
    "bearer": ("bearer", {
        "line": _as("line"), "delay": _duration("delay_s"), "rate_bps": _as("rate_bps"),
    }),
    "incident_report": ("incident_report", {
        "initial": _calendar("initial"), "final": _calendar("final"), "content": _as("content"),
    }),
}  # fmt: skip
"""The scenario's clause forms: kind and parameters, to those of `world.agreement` in SI."""


def _clause(value: object, where: str) -> Clause:
    """Return a clause of the scenario's own form.

    Raises:
        InputFault: an unknown kind or parameter, with the nearest right one; a bad value.
    """
    document = mapping_of(value, where)
    kind = document.get("kind")
    if kind not in _CLAUSES:
        raise unknown_word(f"{where} kind", kind, tuple(_CLAUSES))
    meant, parts = _CLAUSES[str(kind)]
    known = ("id", "kind", "text", *parts)
    converted: dict[str, object] = {"kind": meant}
    for key, item in document.items():
        if key in parts:
            converted.update(parts[key](item, f"{where} {key}"))
        elif key in ("id", "text"):
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


def parties_of(docs: Sequence[PartyDoc], contacts: Mapping[str, Words]) -> dict[str, Party]:
    """Return the parties by id, each once."""
    parties: dict[str, Party] = {}
    for doc in docs:
        where = f"{TIMELINE_NAME} party {doc.id}"
        if doc.id in parties:
            raise InputFault(
                f"{TIMELINE_NAME} party", value=doc.id, wanted="each party once",
                repair="remove or rename one",
            )  # fmt: skip
        posts = doc.posts or contacts.get(doc.id, ())
        with within(where):
            parties[doc.id] = Party(
                id=doc.id,
                name=doc.name,
                role=doc.role,
                languages=doc.languages,
                units=doc.units,
                bound_through=doc.bound_through,
                posts=posts or ("duty-officer",),
            )
    return parties


def posts_by_party(docs: Sequence[AgreementDoc]) -> dict[str, Words]:
    """Return the posts that agreements name for parties: by day, then after hours."""
    posts: dict[str, Words] = {}
    for doc in docs:
        for contact in records(ContactDoc, doc.contacts, f"agreement {doc.id} contacts"):
            named = [p.replace(" ", "-") for p in (contact.post, contact.after_hours) if p]
            posts[contact.party] = tuple(dict.fromkeys((*posts.get(contact.party, ()), *named)))
    return posts


def _known_party(parties: Mapping[str, Party], name: str, where: str) -> Party:
    if name not in parties:
        close = nearest(name, tuple(parties))
        raise InputFault(
            where,
            value=name,
            wanted="a party of the scenario",
            repair=f"did you mean {close!r}?" if close else f"known: {', '.join(parties)}",
        )
    return parties[name]


def _validity(doc: AgreementDoc, where: str) -> Interval | None:
    if doc.valid is not None:
        valid = record(ValidDoc, doc.valid, f"{where} valid")
        return Interval(
            from_us=instant_us(valid.from_, f"{where} valid from"),
            to_us=instant_us(valid.to, f"{where} valid to"),
        )
    if doc.in_force is None or doc.duration is None:
        return None
    start = interval_of(record(InForceDoc, doc.in_force, f"{where} in_force").value, None, where)
    with within(where):
        return Interval(
            from_us=start.from_us, to_us=later_us(start.from_us, doc.duration, "duration")
        )


def _agreement(
    doc: AgreementDoc, parties: Mapping[str, Party], lines: Sequence[tuple[Line, str]]
) -> Agreement:
    where = f"{TIMELINE_NAME} agreement {doc.id}"
    names = doc.parties or tuple(doc.parties_claimed_by)
    members = tuple(_known_party(parties, name, f"{where} party") for name in names)
    # Who is quoted with anything but "not ..." says that the agreement is there.
    asserting = tuple(
        name for name, says in doc.parties_claimed_by.items() if not says.startswith("not ")
    )
    if doc.status == "asserted_by_one_side" and not asserting:
        raise InputFault(f"{where} parties_claimed_by", wanted="the side that asserts it")
    terms = records(ReportedTermDoc, doc.reported_terms, f"{where} reported_terms")
    clauses: list[Clause] = [
        Term(id=f"reported-{t.clause}", text=plain_text(t.value), source=t.source) for t in terms
    ]
    for key, listed in (("clauses", doc.clauses), ("drill_clauses", doc.drill_clauses)):
        items = items_of(listed, f"{where} {key}")
        clauses += [_clause(item, named_item(item, f"{where} clause")) for item in items]
    with within(where):
        return Agreement(
            id=doc.id,
            title=doc.title,
            parties=members,
            lines=tuple(line for line, under in lines if under == doc.id),
            clauses=tuple(clauses),
            valid=_validity(doc, where),
            text_public=doc.text_public,
            asserted_by=asserting if doc.status else (),
        )


def lines_of(
    docs: Sequence[LineDoc], parties: Mapping[str, Party], agreements: Sequence[AgreementDoc]
) -> list[tuple[Line, str]]:
    """Return each line with the id of the agreement it stands under.

    That is the one it names, else the smallest that binds all its ends, else a bare one of its own
    name.
    """
    found = []
    for doc in docs:
        where = f"{TIMELINE_NAME} line {doc.id}"
        ends = []
        for end in doc.ends:
            named = (
                LineEndDoc(party=end) if isinstance(end, str) else record(LineEndDoc, end, where)
            )
            party = _known_party(parties, named.party, f"{where} end")
            ends.append(LineEnd(party=party.id, post=named.post or party.posts[0]))
        with within(where):
            line = Line(
                id=doc.id,
                ends=tuple(ends),
                hours=doc.hours,
                languages=doc.languages,
                test_every_s=seconds_of(doc.test_every, "test_every") if doc.test_every else None,
            )
        found.append((line, _stands_under(doc, line, agreements, where)))
    return found


def _stands_under(doc: LineDoc, line: Line, agreements: Sequence[AgreementDoc], where: str) -> str:
    known = [a.id for a in agreements]
    if doc.under is not None:
        if doc.under not in known:
            raise unknown_word(f"{where} under", doc.under, known)
        return doc.under
    binding = [a for a in agreements if a.status is None and set(line.parties) <= set(a.parties)]
    return min(binding, key=lambda a: len(a.parties)).id if binding else line.id


def agreements_of(
    docs: Sequence[AgreementDoc], parties: Mapping[str, Party], lines: Sequence[tuple[Line, str]]
) -> tuple[Agreement, ...]:
    """Return the stated agreements, then a bare one for each line under none."""
    stated = [_agreement(doc, parties, lines) for doc in docs]
    bare = [
        Agreement(
            id=line.id,
            title=f"no agreement: the norms hold on {line.id}",
            parties=tuple(parties[name] for name in dict.fromkeys(line.parties)),
            lines=(line,),
        )
        for line, under in lines
        if under == line.id
    ]
    return (*stated, *bare)


def check_clause_objects(agreements: Sequence[Agreement], geometry: Geometry) -> None:
    """Refuse a clause about a zone, ring or boundary that nobody has drawn."""
    zones = [doc.id for doc, _ in geometry.zones]
    boundaries = [doc.id for doc, _ in geometry.boundaries]
    for agreement in agreements:
        for clause in agreement.clauses:
            for name, known in (("ring", zones), ("zone", zones), ("boundary", boundaries)):
                value = getattr(clause, name, None)
                if value and value not in known:
                    what = f"{TIMELINE_NAME} agreement {agreement.id} clause {clause.id} {name}"
                    raise unknown_word(what, value, known)
