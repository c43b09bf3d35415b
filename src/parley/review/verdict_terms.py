"""Verdicts on clauses about the agreement itself, states of zones, and how much is reserved.

Rules: notice of a suspension counts as the other side had it. Silence about a zone never makes it
cold. Who renews late has renewed late. A limit on intents is judged against what one party had
standing at that instant, by its own entries.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from parley.review.verdict_evidence import Planned, Status, ZoneWord, when
from parley.review.verdict_notices import lead_time
from parley.review.verdict_parts import Case, Finding, had, replaced, unsure, words
from parley.world.clauses import IntentLimits, Suspension, Validity, ZoneStatus
from parley.world.norms import norms
from parley.world.time import seconds_between
from parley.world.verdict import ClauseVerdict, measured

_MICRO = 1_000_000
_CITED_MAX = 20


# ---- zones ---------------------------------------------------------------------------------------


def zone_status(case: Case) -> Iterator[Finding]:
    """Yield who changed a zone, with how much notice, and how requests to make it cold were met."""
    clause = case.clause
    assert isinstance(clause, ZoneStatus)
    cold = [
        w for w in case.evidence.zone_words
        if (w.zone, w.what, w.value) == (clause.zone, "activity", "cold")
    ]  # fmt: skip
    cold.sort(key=lambda w: w.at_us)
    refused = {a.of for a in case.evidence.answers if not a.positive}
    for word in case.evidence.zone_words:
        if word.zone != clause.zone or not case.begins_in(word.at_us):
            continue
        if word.what == "activity":
            yield from _changed(clause, word)
        elif word.what == "release" and clause.cold_within_s is not None:
            refusal = _refusal(case, word) if word.cite in refused else None
            yield from _made_cold(case, clause, word, clause.cold_within_s, cold, refusal)


def _changed(clause: ZoneStatus, word: ZoneWord) -> Iterator[Finding]:
    start = Finding(
        parties=(word.by,), about=f"{word.zone} said {word.value} by {word.by}", at_us=word.at_us,
        verdict="met", because="by who may change it", cites=(word.cite,), zone=word.zone,
    )  # fmt: skip
    if clause.may_change and word.by not in clause.may_change:
        because = f"only {words(clause.may_change)} may change it"
        yield replaced(start, verdict="missed", because=because)
        return
    if not clause.notice_s or word.from_us is None:
        yield start
        return
    others = [p for p in word.to if p != word.by] or [""]
    for party in others:
        received = had(word.at_us, word.received, party)
        verdict, measure, because = lead_time(received, party, word.from_us, clause.notice_s)
        yield replaced(
            start, verdict=verdict, measure=measure, because=because.replace("lead time", "notice"),
            towards=(party,) if party else (), cites=(word.cite, *received.cites),
        )  # fmt: skip


def _made_cold(
    case: Case,
    clause: ZoneStatus,
    asked: ZoneWord,
    within_s: float,
    cold: Sequence[ZoneWord],
    refusal: str | None,
) -> Iterator[Finding]:
    """Yield whether the owner said that a zone is cold in time after it was asked.

    Args:
        case: the clause in its window.
        clause: about the zone.
        asked: the request.
        within_s: how soon.
        cold: every word that the zone is cold, in order of time: looked up, not through.
        refusal: where the request was refused, if it was.
    """
    may = clause.may_change or tuple(p for p in asked.to if p != asked.by)
    later = bisect.bisect_left(cold, asked.at_us, key=lambda w: w.at_us)
    due_us = asked.at_us + round(within_s * _MICRO)
    start = Finding(
        parties=tuple(p for p in may if p != asked.by), towards=(asked.by,),
        about=f"{asked.zone} asked cold by {asked.by}", at_us=asked.at_us,
        verdict="not triggered", because="not due yet", cites=(asked.cite,), due_us=due_us,
        rests_on=may, zone=asked.zone,
    )  # fmt: skip
    first = next((w for w in itertools.islice(cold, later, None) if w.by in may), None)
    if first is not None:
        value_s = seconds_between(asked.at_us, first.at_us)
        measure, within = measured(value_s, within_s, "s")
        verdict: ClauseVerdict = "met" if within else "late"
        because = f"said cold after {value_s:g} s against {within_s:g} s"
        cites = (asked.cite, first.cite)
        yield replaced(start, verdict=verdict, measure=measure, because=because, cites=cites)
    elif refusal is not None:
        yield replaced(start, because="refused, with an answer", cites=(asked.cite, refusal))
    elif case.as_of_us > due_us:
        because = f"not said cold within {within_s:g} s: it reads hot"
        yield replaced(start, verdict="missed", because=because)
    else:
        yield start


def _refusal(case: Case, asked: ZoneWord) -> str | None:
    """Return where a refusal of a request stands, by one who was asked."""
    return next(
        (
            a.cite for a in case.evidence.answers
            if a.of == asked.cite and not a.positive and a.by in asked.to
        ),
        None,
    )  # fmt: skip


# ---- the agreement itself ------------------------------------------------------------------------


def validity(case: Case) -> Iterator[Finding]:
    """Yield whether the agreement was renewed in time, where it does not just lapse."""
    clause = case.clause
    assert isinstance(clause, Validity)
    valid = case.agreement.valid
    start = Finding(
        parties=case.parties, about=f"end of {case.agreement.id}", at_us=case.from_us, whole=True,
        verdict="not checkable", because="it names no end",
    )  # fmt: skip
    if valid is None:
        yield start
        return
    ends_us = valid.to_us
    start = replaced(start, due_us=ends_us, at_us=max(case.from_us, valid.from_us))
    signed = [r for r in case.evidence.renewed if r.agreement == case.agreement.id]
    if clause.renewal == "lapse":
        done = "ended" if case.as_of_us > ends_us else "ends"
        yield replaced(
            start, verdict="not triggered", because=f"{done} at {when(ends_us)} by itself"
        )
        return
    if clause.renewal == "automatic" and not signed:
        over = case.as_of_us > ends_us
        because = f"goes on by itself at {when(ends_us)}"
        yield replaced(start, verdict="met" if over else "not triggered", because=because)
        return
    for party in case.parties:
        mine = [r for r in signed if r.by == party and r.until_us > ends_us]
        first = min(mine, key=lambda r: r.at_us, default=None)
        own = replaced(start, parties=(party,), rests_on=(party,))
        why = "" if first is None else unsure(first.at_us, first.later, ends_us)
        if first is not None and why:
            yield replaced(
                own, verdict="not checkable", because=f"renewed: {why}", cites=(first.cite,)
            )
        elif first is not None:
            late_s = max(0.0, seconds_between(ends_us, first.at_us))
            measure, within = measured(late_s, 0.0, "s")
            because = f"renewed at {when(first.at_us)}, it ended at {when(ends_us)}"
            yield replaced(
                own, verdict="met" if within else "late", measure=measure, because=because,
                cites=(first.cite,),
            )  # fmt: skip
        elif case.as_of_us > ends_us:
            because = f"ended at {when(ends_us)}, not renewed by {party}"
            yield replaced(own, verdict="missed", because=because)
        else:
            yield replaced(own, verdict="not triggered", because=f"ends at {when(ends_us)}")


def suspension(case: Case) -> Iterator[Finding]:
    """Yield with how much notice each suspension or withdrawal took effect, by each other party."""
    clause = case.clause
    assert isinstance(clause, Suspension)
    for act in case.evidence.status:
        suspends = act.value in ("suspended", "withdrawn")
        if act.agreement != case.agreement.id or not suspends or not case.begins_in(act.at_us):
            continue
        notice_s = clause.notice_s
        if act.value == "withdrawn" and clause.withdrawal_notice_s is not None:
            notice_s = clause.withdrawal_notice_s
        for party in _told_of(case, act):
            yield _noticed(act, party, notice_s)


def _told_of(case: Case, act: Status) -> tuple[str, ...]:
    lines = [line for line in case.agreement.lines if line.id == act.line]
    ends = lines[0].parties if lines else tuple(p.id for p in case.agreement.parties)
    return tuple(party for party in ends if party != act.by)


def _noticed(act: Status, party: str, notice_s: float) -> Finding:
    received = had(act.at_us, act.received, party)
    verdict, measure, because = lead_time(received, party, act.effective_us, notice_s)
    marked = ", marked immediate" if act.immediate else ""
    return Finding(
        parties=(act.by,), towards=(party,), about=f"{act.value} by {act.by}", at_us=act.at_us,
        verdict=verdict, measure=measure, because=because.replace("lead time", "notice") + marked,
        cites=(act.cite, *received.cites), due_us=act.effective_us, line=act.line,
    )  # fmt: skip


def term(case: Case) -> Iterator[Finding]:
    """Yield that a term of words is for people."""
    yield Finding(
        parties=case.parties, about="a term in words", at_us=case.from_us, whole=True,
        verdict="not checkable", because="it is kept word for word; only people can judge it",
    )  # fmt: skip


# ---- how much is reserved ------------------------------------------------------------------------


def intent_limits(case: Case) -> Iterator[Finding]:
    """Yield for each intent whether it is within what one party may hold."""
    clause = case.clause
    assert isinstance(clause, IntentLimits)
    planned = [p for p in case.evidence.planned if p.agreement == case.agreement.id]
    planned.sort(key=lambda p: (p.by, p.at_us, p.cite))
    for _, each in itertools.groupby(planned, key=lambda p: p.by):
        held = _Held()
        for intent in each:
            held.pass_to(intent.at_us)
            if case.begins_in(intent.at_us):
                yield _limited(clause, intent, held)
            held.add(intent)
    sealed = [
        h for h in case.evidence.hidden
        if h.agreement == case.agreement.id and h.type == "intent.filed" and case.begins_in(h.at_us)
    ]  # fmt: skip
    for hidden in sealed:
        yield Finding(
            parties=(hidden.by,), about="a sealed intent", at_us=hidden.at_us,
            verdict="not checkable", because="what it takes up is sealed for others",
            cites=(hidden.cite,),
        )  # fmt: skip


class _Held:
    """What one party has standing, and has not flown, as time goes on: nothing is looked at twice.

    Attributes:
        standing: in order of filing.
        ends: of those, the soonest first.
        overs: of those not flown, the soonest over first.
        unflown, unflown_all: how many of each name, and of all, ended without having been flown.
        named: how many stand of each name.
    """

    def __init__(self) -> None:
        self.standing: dict[int, Planned] = {}
        self.ends: list[tuple[int, int]] = []
        self.overs: list[tuple[int, int, str]] = []
        self.unflown: Counter[str] = Counter()
        self.named: Counter[str] = Counter()
        self.unflown_all = 0
        self._filed = 0

    def add(self, intent: Planned) -> None:
        """Take in the next intent that the party filed."""
        self._filed += 1
        self.standing[self._filed] = intent
        self.named[intent.intent] += 1
        ends = [us for us in (intent.ended_us, intent.to_us) if us is not None]
        if ends:
            heapq.heappush(self.ends, (min(ends), self._filed))
        if not intent.flown and intent.to_us is not None:
            heapq.heappush(self.overs, (intent.to_us, self._filed, intent.intent))

    def pass_to(self, at_us: int) -> None:
        """Let what has ended by an instant stand no more."""
        while self.ends and self.ends[0][0] <= at_us:
            ended = self.standing.pop(heapq.heappop(self.ends)[1])
            self.named[ended.intent] -= 1
        while self.overs and self.overs[0][0] <= at_us:
            self.unflown[heapq.heappop(self.overs)[2]] += 1
            self.unflown_all += 1

    def others(self, name: str) -> int:
        """Return how many stand beside those of a name."""
        return len(self.standing) - self.named[name]

    def cites(self, name: str) -> tuple[str, ...]:
        """Return where the first of those that stand beside a name are filed."""
        first = itertools.islice(self.standing.values(), 2 * _CITED_MAX)
        return tuple(p.cite for p in first if p.intent != name)[:_CITED_MAX]

    def unflown_others(self, name: str) -> int:
        """Return how many were not flown beside those of a name."""
        return self.unflown_all - self.unflown[name]


def _limited(clause: IntentLimits, intent: Planned, held: _Held) -> Finding:
    """Return whether one intent is within every limit; the first that it is over is told."""
    start = Finding(
        parties=(intent.by,), about=f"intent {intent.intent}", at_us=intent.at_us, verdict="met",
        because="within what one party may hold", cites=(intent.cite,),
    )  # fmt: skip
    default = norms().intent
    looks: list[tuple[str, float, float | None, str]] = [
        ("intents standing", held.others(intent.intent) + 1.0,
         clause.standing_max or default.standing_max, "intents"),
        ("not flown before", float(held.unflown_others(intent.intent)),
         clause.unflown_max or default.unflown_max, "intents"),
        ("ground", intent.area_m2, clause.area_m2 or default.area_m2, "m2"),
    ]  # fmt: skip
    if intent.from_us is not None:
        ahead_s = seconds_between(intent.at_us, intent.from_us)
        looks.append(("ahead", ahead_s, clause.ahead_s or default.ahead_s, "s"))
        if intent.to_us is not None:
            long_s = seconds_between(intent.from_us, intent.to_us)
            looks.append(("duration", long_s, clause.longest_s or default.longest_s, "s"))
    for noun, value, limit, unit in looks:
        if limit is None:
            continue
        measure, within = measured(value, float(limit), unit)
        if not within:
            cites = (intent.cite, *(held.cites(intent.intent) if unit == "intents" else ()))
            because = f"{noun}: {value:g} {unit} against {float(limit):g} {unit}"
            return replaced(start, verdict="missed", measure=measure, because=because, cites=cites)
    return start
