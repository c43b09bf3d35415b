"""What every kind of clause is judged with: the case, a finding, and who is under which clause.

Rules:
- A kind says what began and what came of it (`Finding`). Whether there was a duty at all, and
  whether what is missing may only be missing here, is decided in one place for all (`settled`).
- No duty: not a party, one side's text, not in force, suspended, not of the clause's parties,
  classes, zones, times.
- Not checkable: an absence beyond where a log is held.

What does not live here: the kinds (`verdict_messages` and its like).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from parley.review.verdict_evidence import Evidence, Later, Received, Said, when
from parley.world.agreement import Agreement
from parley.world.clauses import Acknowledgement, Clause, Notification, ReadBack
from parley.world.faults import InputFault
from parley.world.time import parse_instant_us
from parley.world.verdict import ClauseVerdict, JudgedDuty, Measure

WORST: tuple[ClauseVerdict, ...] = (
    "missed", "late", "not checkable", "not triggered", "met", "no duty",
)  # fmt: skip
STANDS_SUSPENDED = ("suspension", "validity", "exclusive_channel", "incident_report", "term")
"""Kinds that go on while an agreement is suspended: they say how it is ended, or what is owed for
what was before."""
_NOTICE_WORDS = ("notice", "request")


@dataclass(frozen=True, slots=True)
class Case:
    """One clause of one agreement, to be judged over a window as of an instant."""

    evidence: Evidence
    agreements: tuple[Agreement, ...]
    agreement: Agreement
    clause: Clause
    from_us: int
    to_us: int
    as_of_us: int

    @property
    def kind(self) -> str:
        """The kind of the clause."""
        return str(type(self.clause).__struct_config__.tag)

    @property
    def parties(self) -> tuple[str, ...]:
        """The parties that owe what it says."""
        named = self.clause.applies_to.parties
        return named or tuple(party.id for party in self.agreement.parties)

    def begins_in(self, at_us: int) -> bool:
        """Whether what begins at an instant is in the window."""
        return self.from_us <= at_us < self.to_us

    def said(self) -> Iterator[Said]:
        """Yield the messages of the window."""
        return (said for said in self.evidence.said if self.begins_in(said.at_us))

    @property
    def exclusive(self) -> bool:
        """Whether the logs are the only channel by the agreement itself."""
        return any(
            getattr(clause, "value", False) is True and _kind(clause) == "exclusive_channel"
            for clause in self.agreement.clauses
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """What a kind says about one duty, before it is known whether there was one.

    Attributes:
        rests_on: parties in whose logs nothing was found, up to `rests_until_us`.
        classes: of the aircraft, as its own party says; None where no aircraft is meant.
        line: where it was said; a line may be suspended alone.
        passes: it is owed whatever is suspended (life safety).
        whole: it is about the whole window, so that no one instant decides whether it was owed.
    """

    parties: tuple[str, ...]
    about: str
    at_us: int
    verdict: ClauseVerdict
    because: str
    towards: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    measure: Measure | None = None
    due_us: int | None = None
    rests_on: tuple[str, ...] = ()
    rests_until_us: int | None = None
    classes: tuple[str, ...] | None = None
    zone: str = ""
    line: str = ""
    passes: bool = False
    whole: bool = False


Judge = Callable[[Case], Iterator[Finding]]


def _kind(clause: Clause) -> str:
    return str(type(clause).__struct_config__.tag)


def words(parties: tuple[str, ...]) -> str:
    """Return parties as they stand in a sentence."""
    return " and ".join(parties) if len(parties) < 3 else ", ".join(parties)


# ---- was there a duty ----------------------------------------------------------------------------


def settled(case: Case, finding: Finding) -> JudgedDuty:
    """Return a finding as a verdict: no duty and what cannot be known come before what was seen."""
    why, cites = _no_duty(case, finding)
    verdict, because = finding.verdict, finding.because
    if why:
        verdict, because = "no duty", why
    elif verdict == "missed":
        why, more = _not_held(case, finding)
        cites = more
        verdict, because = ("not checkable", why) if why else (verdict, because)
    decided = verdict in ("met", "late", "missed") or verdict == finding.verdict
    return JudgedDuty(
        agreement=case.agreement.id,
        clause=case.clause.id,
        kind=case.kind,
        source_paragraph=case.clause.source_paragraph,
        parties=finding.parties,
        towards=finding.towards,
        about=finding.about,
        at_us=finding.at_us,
        verdict=verdict,
        measure=finding.measure if decided else None,
        due_us=finding.due_us if decided else None,
        because=because,
        cites=tuple(dict.fromkeys((*finding.cites, *cites))),
        reservations=tuple(f"{r.by}: {r.text}" for r in case.clause.reservations),
    )


def _no_duty(case: Case, finding: Finding) -> tuple[str, tuple[str, ...]]:
    agreement, applies = case.agreement, case.clause.applies_to
    ends = (*finding.parties, *finding.towards)
    known = {party.id for party in agreement.parties}
    outside = sorted(set(ends) - known)
    if outside:
        return f"{words(tuple(outside))} is no party of {agreement.id}", ()
    if agreement.asserted_by:
        return f"asserted by {words(agreement.asserted_by)} only: it binds nobody else", ()
    if finding.whole:
        end_us = min(case.to_us - 1, case.as_of_us)
        if not (_in_force(case, case.from_us) or _in_force(case, end_us)):
            return f"{agreement.id} was not in force in this time", ()
        return _stands(case, finding, end_us), ()
    if not _in_force(case, finding.at_us):
        return f"{agreement.id} was not in force at {when(finding.at_us)}", ()
    if case.kind not in STANDS_SUSPENDED and not finding.passes:
        acts = case.evidence.suspensions(agreement.id, finding.at_us, finding.line)
        if acts:
            by = words(tuple(sorted({act.by for act in acts})))
            since = when(max(act.effective_us for act in acts))
            return f"suspended by {by} since {since}", tuple(act.cite for act in acts)
        why = _stands(case, finding, finding.at_us)
        if why:
            return why, ()
    return _does_not_apply(case, finding, applies.from_us, applies.to_us), ()


def _stands(case: Case, finding: Finding, at_us: int) -> str:
    """Return why the agreement puts no duty on the parties at an instant, by what else is known."""
    if case.evidence.standing is None:
        return ""
    for party in finding.parties:
        others = tuple(p for p in finding.towards if p != party)
        stands, why = case.evidence.standing(case.agreement.id, party, at_us, others)
        if not stands:
            return why
    return ""


def owed_since_us(case: Case, parties: tuple[str, ...]) -> int:
    """Return from when on in the window a text puts duties on parties: to the second.

    Not before its validity, and not before it stood: nobody was absent from a post, and no test was
    missed, under a text that had not been adopted.
    """
    valid, standing = case.agreement.valid, case.evidence.standing
    since_us = case.from_us if valid is None else max(case.from_us, valid.from_us)
    until_us = min(case.to_us - 1, case.as_of_us)

    def stands(at_us: int) -> bool:
        assert standing is not None
        return all(standing(case.agreement.id, party, at_us, ())[0] for party in parties)

    if standing is None or since_us >= until_us or stands(since_us) or not stands(until_us):
        return since_us
    before_us, after_us = since_us, until_us
    while after_us - before_us > 1_000_000:
        middle_us = (before_us + after_us) // 2
        before_us, after_us = (before_us, middle_us) if stands(middle_us) else (middle_us, after_us)
    return after_us


def _does_not_apply(case: Case, finding: Finding, from_us: int | None, to_us: int | None) -> str:
    applies = case.clause.applies_to
    if applies.parties and not set(finding.parties) & set(applies.parties):
        return f"the clause is about {words(applies.parties)}"
    if from_us is not None and finding.at_us < from_us:
        return f"the clause holds from {when(from_us)}"
    if to_us is not None and finding.at_us >= to_us:
        return f"the clause held until {when(to_us)}"
    if applies.zones and finding.zone and finding.zone not in applies.zones:
        return f"the clause is about {words(applies.zones)}"
    if applies.classes and finding.classes and not set(finding.classes) & set(applies.classes):
        word, whose = words(finding.classes), words(finding.parties)
        return (
            f"of class {word}, as {whose} says itself: the clause is about {words(applies.classes)}"
        )
    return ""


def _in_force(case: Case, at_us: int) -> bool:
    """Whether the agreement holds at an instant: in its time, or renewed by all who must."""
    agreement = case.agreement
    if agreement.in_force(at_us):
        return True
    valid = agreement.valid
    if valid is None or at_us < valid.from_us:
        return False
    signed = [r for r in case.evidence.renewed if r.agreement == agreement.id and r.at_us <= at_us]
    by = {r.by for r in signed if r.until_us >= at_us}
    everybody = {p.id for p in agreement.parties if p.standing == "signatory"}
    return bool(everybody) and everybody <= by


def _not_held(case: Case, finding: Finding) -> tuple[str, tuple[str, ...]]:
    """Return why an absence may only be an absence here; empty if it is one."""
    until_us = finding.rests_until_us if finding.rests_until_us is not None else finding.due_us
    until_us = case.as_of_us if until_us is None else until_us
    for party in finding.rests_on:
        held = case.evidence.held_until(case.agreement.id, party)
        if held is None or (held.until_us is not None and held.until_us >= until_us):
            continue
        if held.until_us is None:
            return f"the logs of {party} are not held here{_so(held.because)}", ()
        since = when(held.until_us)
        return f"the logs of {party} are held until {since} only{_so(held.because)}", ()
    return "", ()


def _so(because: str) -> str:
    return f": {because}" if because else ""


# ---- messages under a clause ---------------------------------------------------------------------


def announces(said: Said, clause: Notification) -> bool:
    """Whether a notification clause speaks of a message; with no types, of any notice."""
    return said.type in clause.of if clause.of else is_notice(said.type)


def is_notice(message_type: str) -> bool:
    """Whether a type announces something: lead times are those of notices."""
    return message_type.rpartition(".")[2] in _NOTICE_WORDS


def _above(case: Case, said: Said, party: str) -> list[tuple[Agreement, Clause]]:
    """Return the clauses that a message to a party stands under, those of its line's text first.

    Those of the line always; of other texts where they bind both ends and are in force then; last
    those that bind the sender and another addressee: towards this one they are no duty.
    """
    own = [a for a in case.agreements if a.id == said.agreement]
    others = [a for a in case.agreements if a.id != said.agreement and a.in_force(said.at_us)]
    both = [a for a in others if a.binds(said.by, party)]
    part = [
        a
        for a in others
        if a not in both and any(a.binds(said.by, p) for p in said.to if p != party)
    ]
    return [(a, c) for a in (*own, *both, *part) for c in a.clauses]


def covering(case: Case, said: Said, party: str) -> tuple[Agreement, Clause] | None:
    """Return the one clause that says how soon a message is answered: by type, then by class."""
    found = _above(case, said, party)
    looks = (_by_type, _by_read_back, _by_notice, _by_class)
    return next((pair for look in looks for pair in found if look(said, pair[1])), None)


def _by_type(said: Said, clause: Clause) -> bool:
    return isinstance(clause, Acknowledgement) and said.type in clause.of


def _by_read_back(said: Said, clause: Clause) -> bool:
    fits = isinstance(clause, ReadBack) and (not clause.of or said.type in clause.of)
    return bool(said.reads_back) and fits


def _by_notice(said: Said, clause: Clause) -> bool:
    asks = isinstance(clause, Notification) and clause.answer_within_s is not None
    return asks and isinstance(clause, Notification) and announces(said, clause)


def _by_class(said: Said, clause: Clause) -> bool:
    general = isinstance(clause, Acknowledgement) and not clause.of
    return general and getattr(clause, "message_class", None) in (None, said.message_class)


def covers(case: Case, said: Said, party: str) -> bool:
    """Whether the clause of the case is the one by which a message is answered."""
    found = covering(case, said, party)
    return found is not None and found[0].id == case.agreement.id and found[1].id == case.clause.id


def under(case: Case, said: Said) -> bool:
    """Whether a message stands under the agreement of the case: on its line, or by its ends.

    Between its parties on the line of another agreement it does where both are bound.
    """
    if said.agreement == case.agreement.id:
        return True
    return case.agreement.binds(said.by, *said.to) and case.agreement.in_force(said.at_us)


def window_of(fields: dict[str, str]) -> tuple[int, int | None] | None:
    """Return the window or the beginning that a message states; None where none can be read."""
    try:
        if "window" in fields:
            begin, _, end = fields["window"].partition("/")
            return parse_instant_us(begin), parse_instant_us(end) if end else None
        for name in ("from_time", "effective", "time"):
            if name in fields:
                return parse_instant_us(fields[name]), None
    except InputFault:
        return None
    return None


def had(said_at_us: int, received: dict[str, Received], party: str) -> Received:
    """Return when an addressee had something, by its own clock; in a scenario as it was sent."""
    return received.get(party, Received(from_us=said_at_us, to_us=said_at_us))


def unsure(at_us: int, later: Later | None, due_us: int) -> str:
    """Return why it is open whether something was in time; empty: it was, or it was not.

    It claims to have been; others show it only after it was due.
    """
    if later is None or at_us > due_us:
        return ""
    if later.since_us is not None and later.since_us <= due_us:
        return ""
    return f"dated {when(at_us)}, but {later.words}; due at {when(due_us)}"


def replaced(finding: Finding, **changes: object) -> Finding:
    """Return a finding with other values."""
    return replace(finding, **changes)  # type: ignore[arg-type]  # any field by its name
