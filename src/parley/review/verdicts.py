"""Verdicts on every clause over a window: met, late, missed, not triggered, not checkable, no duty.

`verdicts` is the one door. Pure functions over `verdict_evidence.Evidence`, so that a story is
judged alike from a scenario and from logs. Rules:

- What began in [from, to) is judged, as it was known at `as_of`; nothing later counts.
- Each clause has at least one verdict: where nothing called for it, "not triggered" says so.
- Every verdict says whose duty, by how much, why in one sentence, and where each fact stands.
- Nothing here says why anybody did anything, or who is to blame. Reservations stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from parley.review import verdict_geometry as flown
from parley.review import verdict_lines as lines
from parley.review import verdict_messages as said
from parley.review import verdict_notices as notices
from parley.review import verdict_terms as terms
from parley.review.verdict_evidence import Evidence
from parley.review.verdict_parts import WORST, Case, Finding, Judge, settled
from parley.world.agreement import Agreement
from parley.world.clauses import CLAUSE_KINDS
from parley.world.verdict import JudgedDuty

JUDGES: Mapping[str, Judge] = {
    "separation": flown.separation,
    "stand_off": flown.stand_off,
    "ring": flown.ring,
    "boundary": flown.boundary,
    "zone": flown.zone,
    "notification": notices.notification,
    "distribution": notices.distribution,
    "standing_notice": notices.standing_notice,
    "position_check": notices.position_check,
    "disclosure": notices.disclosure,
    "prohibited": notices.prohibited,
    "acknowledgement": said.acknowledgement,
    "read_back": said.read_back,
    "yield": said.yields,
    "priority": said.priority,
    "dispute": said.dispute,
    "incident_report": said.incident_report,
    "line_test": lines.line_test,
    "watch": lines.watch,
    "bearer": lines.bearer,
    "frequency": lines.frequency,
    "exclusive_channel": lines.exclusive_channel,
    "zone_status": terms.zone_status,
    "validity": terms.validity,
    "suspension": terms.suspension,
    "intent_limits": terms.intent_limits,
    "term": terms.term,
}
"""One function for each kind of clause."""


def verdicts(
    evidence: Evidence,
    agreements: Iterable[Agreement],
    from_us: int,
    to_us: int,
    as_of_us: int,
    *,
    only: str = "",
) -> tuple[JudgedDuty, ...]:
    """Return every verdict on every clause, worst first within each clause.

    Args:
        evidence: of a scenario or of logs.
        agreements: those whose clauses are judged, as they were in force.
        from_us: what began before it is left out.
        to_us: what began then or later is left out.
        as_of_us: nothing later is known.
        only: judge the clauses of this agreement alone, beside the others.
    """
    texts, known = tuple(agreements), evidence.until(as_of_us)
    found: list[JudgedDuty] = []
    for agreement in (text for text in texts if only in ("", text.id)):
        for clause in agreement.clauses:
            case = Case(known, texts, agreement, clause, from_us, to_us, as_of_us)
            for judged in judged_in_steps(case):
                found += judged or ()
    return tuple(found)


def judged_in_steps(case: Case) -> Iterator[tuple[JudgedDuty, ...] | None]:
    """Yield nothing after each finding, so that the caller may do other work, and last them all."""
    judged: list[JudgedDuty] = []
    for each in JUDGES[case.kind](case):
        judged.append(settled(case, each))
        yield None
    judged = judged or [settled(case, _nothing(case))]
    yield tuple(sorted(judged, key=rank_of_verdict))


def rank_of_verdict(judged: JudgedDuty) -> tuple[int, int, str, tuple[str, ...]]:
    """Return where a verdict stands in a list: the worst first, then by time."""
    return (WORST.index(judged.verdict), judged.at_us, judged.about, judged.parties)


def _nothing(case: Case) -> Finding:
    """Return the finding on a clause that nothing in the window called for."""
    return Finding(
        parties=(),
        about="nothing in this time",
        at_us=case.from_us,
        whole=True,
        verdict="not triggered",
        because=f"nothing in {case.evidence.source_words} called for it",
    )


def counts_of(judged: Iterable[JudgedDuty]) -> dict[str, int]:
    """Return how many there are of each verdict, worst first; those that do not occur are 0."""
    counts = {str(word): 0 for word in WORST}
    for each in judged:
        counts[each.verdict] += 1
    return counts


assert set(JUDGES) == set(CLAUSE_KINDS), "each kind of clause has its judge"
