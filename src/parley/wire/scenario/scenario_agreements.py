"""Parties, lines and agreements of a scenario, stated in it or in documents beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from parley.wire.scenario.scenario_clauses import clause_of
from parley.wire.scenario.scenario_geometry import Geometry
from parley.wire.scenario.scenario_reading import (
    TIMELINE_NAME,
    Words,
    instant_us,
    interval_of,
    items_of,
    later_us,
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
    AircraftClassDoc,
    ContactDoc,
    InForceDoc,
    LineDoc,
    LineEndDoc,
    PartyDoc,
    ReportedTermDoc,
    ValidDoc,
)
from parley.world.agreement import Agreement, AircraftClass, Line, LineEnd, Party
from parley.world.clauses import Clause, Term
from parley.world.faults import InputFault, nearest
from parley.world.time import (
    Interval,
)


def parties_of(
    docs: Sequence[PartyDoc], contacts: Mapping[str, Words], documents: Iterable[Agreement] = ()
) -> dict[str, Party]:
    """Return the parties by id, each once: those of documents, then those of the file."""
    parties: dict[str, Party] = {}
    for text in documents:
        for party in text.parties:
            parties.setdefault(party.id, party)
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


def documents_of(
    docs: Sequence[AgreementDoc], document: Callable[[str], Agreement] | None
) -> dict[str, Agreement]:
    """Return the agreements that are given as documents, with what the story adds to each.

    Added are clauses only, in the scenario's own form: what is agreed for a drill alone.

    Raises:
        InputFault: documents cannot be read here; another id; a key that the document answers.
    """
    found = {}
    for doc in (each for each in docs if each.document):
        where = f"{TIMELINE_NAME} agreement {doc.id}"
        if document is None:
            wanted = "the clauses themselves: no documents can be read here"
            raise InputFault(f"{where} document", value=doc.document, wanted=wanted)
        plain = AgreementDoc(id=doc.id, document=doc.document, clauses=doc.clauses)
        if doc != plain:
            raise InputFault(
                where, wanted="id, document and clauses only", repair="the rest is in the document"
            )
        text = document(doc.document)
        if text.id != doc.id:
            what = f"{where} id"
            raise InputFault(what, value=doc.id, wanted=f"{text.id}, as {doc.document} has it")
        items = items_of(doc.clauses, f"{where} clauses")
        more = tuple(clause_of(item, named_item(item, f"{where} clause")) for item in items)
        with within(where):
            found[doc.id] = replace(text, clauses=(*text.clauses, *more))
    return found


def _classes(doc: AgreementDoc, where: str) -> tuple[AircraftClass, ...]:
    docs = records(AircraftClassDoc, doc.aircraft_classes, f"{where} aircraft_classes")
    return tuple(AircraftClass(id=d.id, text=d.text, kinds=d.kinds) for d in docs)


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
        clauses += [clause_of(item, named_item(item, f"{where} clause")) for item in items]
    with within(where):
        return Agreement(
            id=doc.id,
            title=doc.title,
            parties=members,
            lines=tuple(line for line, under in lines if under == doc.id),
            clauses=tuple(clauses),
            aircraft_classes=_classes(doc, where),
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
        if any(a.id == doc.under and a.document for a in agreements):
            wanted = "an agreement whose lines do not stand in a document"
            raise InputFault(f"{where} under", value=doc.under, wanted=wanted)
        return doc.under
    binding = [a for a in agreements if a.status is None and set(line.parties) <= set(a.parties)]
    return min(binding, key=lambda a: len(a.parties)).id if binding else line.id


def agreements_of(
    docs: Sequence[AgreementDoc],
    documents: Mapping[str, Agreement],
    parties: Mapping[str, Party],
    lines: Sequence[tuple[Line, str]],
) -> tuple[Agreement, ...]:
    """Return the agreements in the order of the file, then a bare one for each line under none."""
    stated = [documents.get(doc.id) or _agreement(doc, parties, lines) for doc in docs]
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
    zones += [zone.id for text in agreements for zone in text.zones]
    boundaries = [doc.id for doc, _ in geometry.boundaries]
    boundaries += [boundary.id for text in agreements for boundary in text.boundaries]
    for agreement in agreements:
        for clause in agreement.clauses:
            for name, known in (("ring", zones), ("zone", zones), ("boundary", boundaries)):
                value = getattr(clause, name, None)
                if value and value not in known:
                    what = f"{TIMELINE_NAME} agreement {agreement.id} clause {clause.id} {name}"
                    raise unknown_word(what, value, known)
