"""Verdicts on clauses about messages: answers, read-back, making way, objections, reports.

Rules: only the addressee's own answer counts. A sender may give more time than the clause, never
less: a shorter deadline of its own makes nobody late under the clause. A correction before the time
is over ends the duty. Taking a request is not making way.
"""

from __future__ import annotations

from collections.abc import Iterator

from parley.review.verdict_evidence import Answered, Said, when
from parley.review.verdict_geometry import stay_of
from parley.review.verdict_parts import (
    Case,
    Finding,
    covers,
    replaced,
    under,
    unsure,
)
from parley.world.clauses import (
    Acknowledgement,
    Dispute,
    IncidentReport,
    Priority,
    ReadBack,
    Yield,
)
from parley.world.faults import InputFault
from parley.world.norms import known_type
from parley.world.time import add_calendar, parse_instant_us, seconds_between
from parley.world.verdict import (
    ClauseVerdict,
    compare_read_back,
    escalations_due,
    judge_answer,
    ladder_within,
    measured,
)

_MICRO = 1_000_000
_WORDS_OF_WAY = ("priority.yielded", "landed.report")


# ---- answered ------------------------------------------------------------------------------------


def acknowledgement(case: Case) -> Iterator[Finding]:
    """Yield how each message that the clause covers was answered, by each addressee."""
    clause = case.clause
    assert isinstance(clause, Acknowledgement)
    for said in case.said():
        for party in said.to:
            if covers(case, said, party):
                yield _with_ladder(case, clause, said, answered(case, said, party, clause.within_s))


def answered(
    case: Case, said: Said, party: str, within_s: float, *, read_back: bool = False
) -> Finding:
    """Return how one addressee answered a message, against the time of a clause."""
    given_s = said.read_back_within_s if read_back else said.answer_within_s
    limit_s = max(within_s, given_s or 0.0)
    answer, ended = case.evidence.answer_of(said, party), case.evidence.end_of(said)
    due_us = said.at_us + round(limit_s * _MICRO)
    start = Finding(
        parties=(party,), towards=(said.by,), about=f"{said.type} of {said.by}", at_us=said.at_us,
        verdict="not triggered", because="", cites=(said.cite,), due_us=due_us, line=said.line,
        passes=said.passes,
    )  # fmt: skip
    if not said.asks and answer is None:
        return replaced(start, due_us=None, because="its sender asked for no answer")
    if answer is None and ended is not None and ended.at_us <= due_us:
        cites: tuple[str, ...] = (said.cite, ended.cite)
        return replaced(start, cites=cites, because=f"{ended.word} by its sender before it was due")
    verdict = judge_answer(
        sent_us=said.at_us,
        answered_us=None if answer is None else answer.at_us,
        within_s=limit_s,
        now_us=case.as_of_us,
    )
    if answer is None:
        missed = verdict.verdict == "missed"
        because = f"no answer of {party} within {limit_s:g} s" if missed else verdict.because
        cites = (said.cite, *(_calls_about(case, said, party) if missed else ()))
        return replaced(
            start, verdict=verdict.verdict, because=because, cites=cites, rests_on=(party,)
        )
    why = unsure(answer.at_us, answer.later, due_us)
    if why:
        cites = (said.cite, answer.cite)
        return replaced(start, verdict="not checkable", because=f"its answer is {why}", cites=cites)
    measure, _ = measured(seconds_between(said.at_us, answer.at_us), limit_s, "s")
    return replaced(
        start, verdict=verdict.verdict, measure=measure, cites=(said.cite, answer.cite),
        because=f"answered {verdict.because}",
    )  # fmt: skip


def _calls_about(case: Case, said: Said, party: str) -> tuple[str, ...]:
    """Return the telephone calls that either end entered about a message: they answer nothing."""
    ends = {party, said.by}
    return tuple(
        c.cite for c in case.evidence.calls if said.cite in c.of and {c.by, c.other} == ends
    )


def _with_ladder(case: Case, clause: Acknowledgement, said: Said, finding: Finding) -> Finding:
    """Return a finding that also says which posts were to be called before there was an answer."""
    if finding.verdict not in ("late", "missed") or not clause.escalate:
        return finding
    answer = case.evidence.answer_of(said, finding.parties[0])
    limit_s = max(clause.within_s, said.answer_within_s or 0.0)
    steps = ladder_within(clause.escalate, usual_s=clause.within_s, answer_within_s=limit_s)
    due = escalations_due(
        sent_us=said.at_us,
        answered_us=None if answer is None else answer.at_us,
        steps=steps,
        now_us=case.as_of_us,
    )
    posts = ", ".join(f"{step.post} after {step.after_s:g} s" for _, step in due)
    return (
        replaced(finding, because=f"{finding.because}; to be called: {posts}") if due else finding
    )


# ---- read back -----------------------------------------------------------------------------------


def read_back(case: Case) -> Iterator[Finding]:
    """Yield whether what was to be read back was, in time and as it was said."""
    clause = case.clause
    assert isinstance(clause, ReadBack)
    for said in case.said():
        if not said.reads_back or (clause.of and said.type not in clause.of):
            continue
        for party in said.to:
            if not _is_first(case, said, party):
                continue
            found = answered(case, said, party, clause.within_s, read_back=True)
            answer = case.evidence.answer_of(said, party)
            yield found if answer is None else _compared(said, answer, found)


def _is_first(case: Case, said: Said, party: str) -> bool:
    """Whether the clause is the first about reading back under which a message stands."""
    if covers(case, said, party):
        return True
    if said.agreement == case.agreement.id:
        rest = case.agreement.clauses
    elif under(case, said):
        own = [a for a in case.agreements if a.id == said.agreement]
        if any(isinstance(c, ReadBack) for a in own for c in a.clauses):
            return False
        rest = case.agreement.clauses
    else:
        return False
    fitting = [c for c in rest if isinstance(c, ReadBack) and (not c.of or said.type in c.of)]
    return bool(fitting) and fitting[0].id == case.clause.id


def _compared(said: Said, answer: Answered, found: Finding) -> Finding:
    if not answer.positive:
        because = f"{answer.word}: nothing was to be read back"
        return replaced(found, verdict="met", because=f"{because}; {found.because}")
    differing = compare_read_back(said.fields, answer.fields, said.reads_back)
    if not differing:
        return replaced(found, because=f"read back as said; {found.because}")
    names = ", ".join(each.field for each in differing)
    return replaced(found, verdict="missed", because=f"{names} read back otherwise than said")


# ---- making way ----------------------------------------------------------------------------------


def yields(case: Case) -> Iterator[Finding]:
    """Yield whether whoever took a request to make way said in time that it had."""
    clause = case.clause
    assert isinstance(clause, Yield)
    yield from _ways(case, clause.within_s, clause.of)


def priority(case: Case) -> Iterator[Finding]:
    """Yield whether whoever was to give way had, where the clause says how soon."""
    clause = case.clause
    assert isinstance(clause, Priority)
    if clause.preempt_within_s is None:
        planned = [p for p in case.evidence.planned if case.begins_in(p.at_us)]
        yield Finding(
            parties=case.parties, about="order of priorities", at_us=case.from_us, whole=True,
            verdict="not checkable", cites=tuple(p.cite for p in planned[:20]),
            because="an order without a time: nothing says by when anybody gives way",
        )  # fmt: skip
        return
    yield from _ways(case, clause.preempt_within_s, ())


def _ways(case: Case, within_s: float, of: tuple[str, ...]) -> Iterator[Finding]:
    for said in case.said():
        kind = known_type(said.type)
        asked = said.type in of if of else kind is not None and kind.asks_to_yield
        if asked and under(case, said):
            for party in said.to:
                yield _way(case, said, party, within_s)


def _way(case: Case, said: Said, party: str, within_s: float) -> Finding:
    due_us = said.at_us + round(within_s * _MICRO)
    start = Finding(
        parties=(party,), towards=(said.by,), about=f"way for {said.fields.get('flight', said.by)}",
        at_us=said.at_us, verdict="not triggered", because=f"not taken by {party}",
        cites=(said.cite,), due_us=due_us, line=said.line, passes=said.passes,
    )  # fmt: skip
    answer = case.evidence.answer_of(said, party)
    if answer is None:
        return start
    start = replaced(start, cites=(said.cite, answer.cite))
    if not answer.positive:
        return replaced(start, because=f"{party} refused ({answer.word}) and said so")
    word = _word_of_way(case, said, party)
    over_us = _over_us(case, said)
    if word is not None:
        value_s = seconds_between(said.at_us, word.at_us)
        measure, within = measured(value_s, within_s, "s")
        because = f"word of it after {value_s:g} s against {within_s:g} s"
        if said.cite not in word.of:
            because += f"; {word.type} names no request, it came after it"
        cites = (said.cite, answer.cite, word.cite)
        verdict: ClauseVerdict = "met" if within else "late"
        return replaced(start, verdict=verdict, measure=measure, cites=cites, because=because)
    if over_us is not None and over_us <= min(due_us, case.as_of_us):
        return replaced(start, because=f"the need was over at {when(over_us)}")
    if case.as_of_us <= due_us:
        return replaced(start, because="not due yet")
    because = f"taken, and no word of it within {within_s:g} s"
    return replaced(start, verdict="missed", because=because, rests_on=(party,))


def _word_of_way(case: Case, said: Said, party: str) -> Said | None:
    """Return a party's first word to the asker that it made way; one that names the request first.

    A landing of the very flight that asks is none; so is a word about another flight's way.
    """
    flight = said.fields.get("flight")
    later = [
        w for w in case.evidence.said
        if w.by == party and said.by in w.to and w.at_us >= said.at_us and w.type in _WORDS_OF_WAY
    ]  # fmt: skip
    named = [w for w in later if said.cite in w.of]
    fitting = [
        w for w in later
        if not w.of
        and ((w.type == "landed.report") != (w.fields.get("flight") == flight))
    ]  # fmt: skip
    return min(named or fitting, key=lambda w: w.at_us, default=None)


def _over_us(case: Case, said: Said) -> int | None:
    """Return when the need was over by the asker's own word, or by the request's own time."""
    ended = case.evidence.end_of(said)
    found = [] if ended is None else [ended.at_us]
    found += [] if said.valid_until_us is None else [said.valid_until_us]
    found += [
        w.at_us
        for w in case.evidence.said
        if w.type == "priority.end" and w.by == said.by and w.at_us >= said.at_us
        and (said.cite in w.of or w.fields.get("flight") == said.fields.get("flight"))
    ]  # fmt: skip
    return min(found, default=None)


# ---- objections ----------------------------------------------------------------------------------


def dispute(case: Case) -> Iterator[Finding]:
    """Yield whether objections were answered in time; who is right is for people."""
    clause = case.clause
    assert isinstance(clause, Dispute)
    for said in case.said():
        if said.type == "objection" and under(case, said):
            for party in said.to:
                yield answered(case, said, party, clause.within_s)


# ---- incidents -----------------------------------------------------------------------------------


def incident_report(case: Case) -> Iterator[Finding]:
    """Yield whether incidents were told of at once, and reports on demands given in time."""
    clause = case.clause
    assert isinstance(clause, IncidentReport)
    for said in case.said():
        if said.type == "demand" and under(case, said):
            for party in said.to:
                yield _report(case, clause, said, party, "initial")
                yield _report(case, clause, said, party, "final")
    if clause.immediate_s is not None:
        yield from _told_at_once(case, clause, clause.immediate_s)


def _told_at_once(case: Case, clause: IncidentReport, within_s: float) -> Iterator[Finding]:
    for incident in case.evidence.incidents:
        if incident.agreement != case.agreement.id or not case.begins_in(incident.from_us):
            continue
        others = tuple(p.id for p in case.agreement.parties if p.id != incident.by)
        due_us = incident.from_us + round(within_s * _MICRO)
        told = [
            said for said in case.evidence.said
            if said.by == incident.by and said.at_us >= incident.from_us and _tells(said, clause)
        ]  # fmt: skip
        for other in others:
            first = min((s for s in told if other in s.to), key=lambda s: s.at_us, default=None)
            start = Finding(
                parties=(incident.by,), towards=(other,), about=f"incident {incident.incident}",
                at_us=incident.from_us, verdict="not triggered", because="not due yet",
                cites=(incident.cite,), due_us=due_us, rests_on=(incident.by,),
            )  # fmt: skip
            if first is not None:
                value_s = seconds_between(incident.from_us, first.at_us)
                measure, within = measured(value_s, within_s, "s")
                yield replaced(
                    start, verdict="met" if within else "late", measure=measure,
                    cites=(incident.cite, first.cite),
                    because=f"told after {value_s:g} s against {within_s:g} s",
                )  # fmt: skip
            elif case.as_of_us > due_us:
                because = f"registered, and {other} was not told within {within_s:g} s"
                yield replaced(start, verdict="missed", because=because)
            else:
                yield start


def _tells(said: Said, clause: IncidentReport) -> bool:
    wanted = clause.notice or ("incident.open", "accident.notice", "incursion.report")
    return said.type in wanted


def _report(case: Case, clause: IncidentReport, said: Said, party: str, part: str) -> Finding:
    """Return how one part of the report that a demand asks for was given."""
    duration = clause.initial if part == "initial" else clause.final
    begins_us, cites = _incident_end(case, said) if part == "final" else (said.at_us, ())
    due_us = add_calendar(begins_us, duration)
    start = Finding(
        parties=(party,), towards=(said.by,), about=f"{part} report on a demand of {said.by}",
        at_us=said.at_us, verdict="not triggered", because=f"due at {when(due_us)}",
        cites=(said.cite, *cites), due_us=due_us, line=said.line, rests_on=(party,),
    )  # fmt: skip
    reports = [
        r for r in case.evidence.said
        if r.type == "report.share" and r.by == party and said.cite in r.of and said.by in r.to
        and (part == "initial" or r.fields.get("part", "final") == "final")
    ]  # fmt: skip
    first = min(reports, key=lambda r: r.at_us, default=None)
    if first is None:
        ended = case.evidence.end_of(said)
        if ended is not None and ended.at_us <= due_us:
            return replaced(
                start, because="withdrawn before it was due", cites=(*start.cites, ended.cite)
            )
        if case.as_of_us <= due_us:
            return start
        return replaced(start, verdict="missed", because=f"no {part} report by {when(due_us)}")
    lacking = _lacking(clause, first) if part == "final" else ()
    limit_s = seconds_between(begins_us, due_us)
    measure, within = measured(seconds_between(begins_us, first.at_us), limit_s, "s")
    verdict: ClauseVerdict = "met" if within else "late"
    because = f"{part} report after {measure.value:g} s against {limit_s:g} s"
    if lacking:
        verdict, because = "missed", f"the final report is without {', '.join(lacking)}"
    return replaced(
        start, verdict=verdict, measure=measure, because=because, cites=(*start.cites, first.cite)
    )


def _lacking(clause: IncidentReport, report: Said) -> tuple[str, ...]:
    return tuple(name for name in clause.content if not report.fields.get(name, "").strip())


def _incident_end(case: Case, said: Said) -> tuple[int, tuple[str, ...]]:
    """Return when what a demand is about ended, and what says so; else the demand's own time.

    A flight and a zone that it names together: the end of the flight's stay there. An incident of
    the register that it names: its end as registered.
    """
    about = set(said.fields.get("about", "").replace(",", " ").replace("/", " ").split())
    for incident in case.evidence.incidents:
        if incident.incident in about:
            return incident.to_us, (incident.cite,)
    for track in case.evidence.tracks:
        for zone in case.evidence.zones.values():
            if {track.id, zone.id} <= about:
                stay = stay_of(zone, track)
                if stay is not None and stay[1] <= said.at_us:
                    return stay[1], (f"track {track.id}",)
    return said.at_us, ()


def deadline_stated_us(said: Said) -> int | None:
    """Return until when a demand itself wants its answer; None where it says nothing readable."""
    try:
        return parse_instant_us(said.fields["due"]) if "due" in said.fields else None
    except InputFault:
        return None
