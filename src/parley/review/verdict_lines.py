"""Verdicts on clauses about lines of communication: tests, watch, bearer, radio, other channels.

Rules: who has tested a line by its schedule is held to it, and a line that nobody tests is missed
for all its ends. Presence is what a person at a post said, for as long as the norms let it hold. A
call that only one end has entered is that end's word, and makes nobody else late.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from parley.node.rules.line_evidence import hours_of
from parley.node.rules.tested import grace_us, missed_since
from parley.review.verdict_evidence import Called, Present, Said, when
from parley.review.verdict_messages import answered
from parley.review.verdict_parts import Case, Finding, had, owed_since_us, replaced
from parley.world.agreement import Line
from parley.world.clauses import Bearer, ExclusiveChannel, Frequency, LineTest, Watch
from parley.world.faults import InputFault
from parley.world.norms import class_norms, message_type, norms
from parley.world.time import seconds_between
from parley.world.verdict import ClauseVerdict, measured
from parley.world.watch_hours import WatchHours, parse_hours

_MICRO = 1_000_000
_TEST = "line.test"


# ---- tests ---------------------------------------------------------------------------------------


def line_test(case: Case) -> Iterator[Finding]:
    """Yield how each test was answered, and whether tests came as often as they are due."""
    clause = case.clause
    assert isinstance(clause, LineTest)
    within_s = clause.within_s or message_type(_TEST).answered_s or 60.0
    for line in case.agreement.lines:
        tests = [s for s in case.evidence.said if s.line == line.id and s.type == _TEST]
        for test in tests:
            for party in test.to if case.begins_in(test.at_us) else ():
                yield replaced(
                    answered(case, test, party, float(within_s)),
                    about=f"test of {line.id} by {test.by}", passes=True,
                )  # fmt: skip
        yield from _tests_due(case, clause, line, tests)


def _tests_due(
    case: Case, clause: LineTest, line: Line, tests: Sequence[Said]
) -> Iterator[Finding]:
    begun = sorted({test.by for test in tests if test.by in line.parties})
    for party in begun:
        own = sorted((t for t in tests if t.by == party), key=lambda t: t.at_us)
        yield from _own_tests(case, clause, line, party, own)
    since_us = owed_since_us(case, line.parties)
    until_us = min(case.to_us, case.as_of_us)
    waited_s = seconds_between(since_us, until_us)
    if not begun and waited_s > clause.every_s + grace_us("person") / _MICRO:
        measure, _ = measured(waited_s, clause.every_s, "s")
        yield Finding(
            parties=line.parties, about=f"tests of {line.id}", at_us=since_us, verdict="missed",
            because=f"no test for {waited_s:g} s against {clause.every_s:g} s", measure=measure,
            rests_on=line.parties, rests_until_us=until_us, line=line.id,
        )  # fmt: skip


def _own_tests(
    case: Case, clause: LineTest, line: Line, party: str, own: Sequence[Said]
) -> Iterator[Finding]:
    """Yield for each test of one end whether the next came in time; the last one's as of now."""
    every_us, grace, hours = round(clause.every_s * _MICRO), grace_us("person"), hours_of(line)
    others = tuple(p for p in line.parties if p != party)
    for place, test in enumerate(own):
        if not case.begins_in(test.at_us):
            continue
        later = own[place + 1] if place + 1 < len(own) else None
        at_us = case.as_of_us if later is None else later.at_us
        due_us, missed, last_us = missed_since(test.at_us, every_us, grace, at_us, hours)
        start = Finding(
            parties=(party,), towards=others, about=f"next test of {line.id} by {party}",
            at_us=test.at_us, verdict="not triggered", because=f"due at {when(due_us)}",
            cites=(test.cite,), due_us=due_us, rests_on=(party,), rests_until_us=at_us,
            line=line.id, passes=True,
        )  # fmt: skip
        if later is None and missed:
            because = f"{missed} tests did not come, the last due at {when(last_us)}"
            yield replaced(start, verdict="missed", because=because)
        elif later is None:
            yield start
        else:
            measure, _ = measured(seconds_between(test.at_us, later.at_us), clause.every_s, "s")
            verdict: ClauseVerdict = "late" if missed else "met"
            because = f"the next after {measure.value:g} s against {clause.every_s:g} s"
            cites = (test.cite, later.cite)
            yield replaced(start, verdict=verdict, measure=measure, because=because, cites=cites)


# ---- watch ---------------------------------------------------------------------------------------


def watch(case: Case) -> Iterator[Finding]:
    """Yield for each post whether a person was there in its hours, by what people there said."""
    clause = case.clause
    assert isinstance(clause, Watch)
    start = Finding(
        parties=case.parties,
        about="watch",
        at_us=case.from_us,
        whole=True,
        verdict="not checkable",
        because="",
    )
    if not case.evidence.presence_held:
        yield replaced(
            start, because=f"{case.evidence.source_words} does not tell who was at a post"
        )
        return
    try:
        hours = parse_hours(clause.hours)
    except InputFault:
        yield replaced(start, because=f"hours {clause.hours!r} cannot be read")
        return
    for line in case.agreement.lines:
        for end in line.ends:
            meant = end.party in case.parties and (not clause.posts or end.post in clause.posts)
            if meant:
                yield _watched(case, clause, hours, line, end.party, end.post)


def _watched(
    case: Case, clause: Watch, hours: WatchHours, line: Line, party: str, post: str
) -> Finding:
    acts = [
        p for p in case.evidence.present
        if (p.agreement, p.line, p.by, p.post) == (case.agreement.id, line.id, party, post)
    ]  # fmt: skip
    until_us = min(case.to_us, case.as_of_us)
    start = Finding(
        parties=(party,), about=f"{post} of {party} on {line.id}", at_us=case.from_us, whole=True,
        verdict="not triggered", because="outside of its hours all the time",
        cites=tuple(p.cite for p in acts if case.begins_in(p.at_us))[-20:],
        rests_on=(party,), rests_until_us=until_us, line=line.id,
    )  # fmt: skip
    gaps = _gaps(acts, hours, owed_since_us(case, (party,)), until_us)
    if gaps is None:
        return start
    longest = max(gaps, key=lambda g: g[1] - g[0], default=None)
    looked_us = sum(b - a for a, b in _spans_of(hours, owed_since_us(case, (party,)), until_us))
    if sum(b - a for a, b in gaps) == looked_us and looked_us <= clause.gap_s * _MICRO:
        asked = f"{looked_us / _MICRO:g} s, no longer than the {clause.gap_s:g} s that may pass so"
        return replaced(
            start, verdict="not checkable", because=f"nobody, and it was in force for {asked}"
        )
    if longest is None or seconds_between(*longest) <= clause.gap_s:
        return replaced(
            start, verdict="met", because=f"never without a person over {clause.gap_s:g} s"
        )
    measure, _ = measured(seconds_between(*longest), clause.gap_s, "s")
    span = f"nobody from {when(longest[0])} to {when(longest[1])}"
    # A post that was taken again is late; one at which nobody is at the end is missed.
    back = longest[1] < until_us
    because = f"{span}, {measure.value:g} s against {clause.gap_s:g} s"
    return replaced(start, verdict="late" if back else "missed", measure=measure, because=because)


def _gaps(
    acts: Sequence[Present], hours: WatchHours, from_us: int, until_us: int
) -> list[tuple[int, int]] | None:
    """Return the times without a person at a post within its hours; None: its hours never came."""
    holds_us = norms().line.presence_within_s * _MICRO
    there: list[tuple[int, int]] = []
    ordered = sorted(acts, key=lambda p: p.at_us)
    for place, act in enumerate(ordered):
        ends_us = ordered[place + 1].at_us if place + 1 < len(ordered) else until_us
        if act.present:
            there.append((act.at_us, min(act.at_us + holds_us, ends_us)))
    gaps: list[tuple[int, int]] = []
    watched = False
    for begin_us, end_us in _spans_of(hours, from_us, until_us):
        watched = True
        at_us = begin_us
        for one_us, two_us in there:
            if two_us > at_us and one_us < end_us:
                if one_us > at_us:
                    gaps.append((at_us, one_us))
                at_us = max(at_us, two_us)
        if at_us < end_us:
            gaps.append((at_us, end_us))
    return gaps if watched else None


def _spans_of(hours: WatchHours, from_us: int, until_us: int) -> Iterator[tuple[int, int]]:
    """Yield the times within the hours in a window; at most one for each span of each day."""
    at_us = from_us
    step_us = 60 * _MICRO
    while at_us < until_us:
        begin_us = hours.next_open_us(at_us)
        if begin_us >= until_us:
            return
        if not hours.spans:
            yield begin_us, until_us
            return
        end_us = begin_us - begin_us % step_us
        while end_us < until_us and hours.contains(end_us):
            end_us += step_us
        yield begin_us, min(end_us, until_us)
        at_us = end_us


# ---- what a line runs over -----------------------------------------------------------------------


def bearer(case: Case) -> Iterator[Finding]:
    """Yield whether messages were stored at the other end in their time and the bearer's."""
    clause = case.clause
    assert isinstance(clause, Bearer)
    if not case.evidence.receipts_held:
        every = [s for s in case.said() if s.agreement == case.agreement.id]
        yield Finding(
            parties=case.parties, about="stored at the other end", at_us=case.from_us, whole=True,
            verdict="not checkable", cites=tuple(s.cite for s in every[:20]),
            because=f"{case.evidence.source_words} does not tell when a message was stored",
        )  # fmt: skip
        return
    for said in case.said():
        if said.agreement == case.agreement.id and clause.line in ("", said.line):
            for party in said.to:
                yield _stored(case, clause, said, party)


def _stored(case: Case, clause: Bearer, said: Said, party: str) -> Finding:
    limit_s = class_norms(said.message_class).stored_s + clause.delay_s
    if clause.rate_bps is not None:
        size = len(said.text) + sum(len(k) + len(v) for k, v in said.fields.items())
        limit_s += size * 8 / clause.rate_bps
    received = had(said.at_us, said.received, party)
    due_us = said.at_us + round(limit_s * _MICRO)
    start = Finding(
        parties=(said.by,), towards=(party,), about=f"{said.type} stored at {party}",
        at_us=said.at_us, verdict="not checkable", due_us=due_us, line=said.line, passes=True,
        because=f"nothing of {party} shows when it had it", cites=(said.cite, *received.cites),
    )  # fmt: skip
    told = [
        u for u in case.evidence.undelivered
        if (u.of, u.party, u.duty) == (said.cite, party, "stored")
    ]  # fmt: skip
    if received.to_us is None:
        if case.as_of_us <= due_us:
            return replaced(start, verdict="not triggered", because="not due yet")
        if told:
            cites = (*start.cites, *(u.cite for u in told))
            because = f"not stored within {limit_s:g} s, as {said.by} says; no word of {party}"
            return replaced(start, verdict="missed", because=because, cites=cites)
        return start
    most_s = seconds_between(said.at_us, received.to_us)
    least_s = max(0.0, seconds_between(said.at_us, received.from_us))
    measure, within = measured(max(0.0, most_s), limit_s, "s")
    if within:
        because = f"stored within {measure.value:g} s against {limit_s:g} s"
        return replaced(start, verdict="met", measure=measure, because=because)
    if told:
        cites = (*start.cites, *(u.cite for u in told))
        because = f"stored after more than {limit_s:g} s, as {said.by} says, within {most_s:g} s"
        return replaced(start, verdict="late", measure=measure, because=because, cites=cites)
    because = f"stored after {least_s:g} s to {most_s:g} s, against {limit_s:g} s"
    return replaced(start, measure=None, because=because)


# ---- radio, and other channels -------------------------------------------------------------------


def frequency(case: Case) -> Iterator[Finding]:
    """Yield whether radio contact was tried as often as agreed, as calls and tests enter it."""
    clause = case.clause
    assert isinstance(clause, Frequency)
    if clause.drill_every_s is None:
        yield Finding(
            parties=case.parties, about=f"{clause.primary_khz:g} kHz", at_us=case.from_us,
            whole=True,
            verdict="not checkable", because="what is said by radio is in no log",
        )  # fmt: skip
        return
    drills = [(c.at_us, c.cite) for c in case.evidence.calls
              if c.agreement == case.agreement.id and "radio" in c.subject.casefold()]  # fmt: skip
    drills += [
        (s.at_us, s.cite) for s in case.evidence.said
        if (s.agreement, s.type) == (case.agreement.id, _TEST) and "radio" in s.subject
    ]  # fmt: skip
    drills = sorted(d for d in drills if case.begins_in(d[0]))
    valid = case.agreement.valid
    begin_us = max(case.from_us, valid.from_us if valid is not None else case.from_us)
    end_us = min(case.to_us, case.as_of_us)
    times = [begin_us, *(at_us for at_us, _ in drills), end_us]
    gaps = [seconds_between(a, b) for a, b in pairwise(times)]
    start = Finding(
        parties=case.parties, about="radio contact tried", at_us=begin_us, verdict="not triggered",
        because="not due yet", cites=tuple(cite for _, cite in drills), rests_on=case.parties,
        rests_until_us=end_us,
    )  # fmt: skip
    limit_s = clause.drill_every_s
    measure, _ = measured(max(gaps), limit_s, "s")
    because = f"{measure.value:g} s without it at the longest against {limit_s:g} s"
    if gaps[-1] > limit_s:
        yield replaced(start, verdict="missed", measure=measure, because=because)
    elif max(gaps) > limit_s:
        yield replaced(start, verdict="late", measure=measure, because=because)
    elif drills:
        yield replaced(start, verdict="met", measure=measure, because=because)
    else:
        yield start


def exclusive_channel(case: Case) -> Iterator[Finding]:
    """Yield whether both ends entered their calls, where the logs are the only channel."""
    clause = case.clause
    assert isinstance(clause, ExclusiveChannel)
    if not clause.value:
        yield Finding(
            parties=case.parties, about="other channels", at_us=case.from_us, whole=True,
            verdict="not triggered", because=clause.note or "the logs are not the only channel",
        )  # fmt: skip
        return
    done: set[str] = set()
    calls = [c for c in case.evidence.calls if c.agreement == case.agreement.id]
    for call in sorted(calls, key=lambda c: (c.at_us, c.cite)):
        if call.cite not in done and case.begins_in(call.began_us):
            other = _other_end(call, calls, done)
            done |= {call.cite, *((other.cite,) if other is not None else ())}
            yield _entered(call, other)


def _other_end(call: Called, calls: Sequence[Called], done: set[str]) -> Called | None:
    """Return the other end's entry of a call: mirrored, and begun at about the same time."""
    within_us = norms().call.match_within_s * _MICRO
    fitting = [
        c for c in calls
        if (c.by, c.other, c.line) == (call.other, call.by, call.line)
        and c.direction != call.direction and c.cite not in done
        and abs(c.began_us - call.began_us) <= within_us
    ]  # fmt: skip
    return min(fitting, key=lambda c: (abs(c.began_us - call.began_us), c.cite), default=None)


def _entered(call: Called, other: Called | None) -> Finding:
    at_once_s = float(norms().call.entered_at_once_s)
    start = Finding(
        parties=(call.other,), towards=(call.by,), at_us=call.began_us, line=call.line,
        about=f"call of {call.by} and {call.other} at {when(call.began_us)}",
        verdict="not checkable", cites=(call.cite,), passes=True,
        because=f"{call.by} alone has entered it: its word",
    )  # fmt: skip
    if other is None:
        return start
    last = max((call, other), key=lambda c: c.at_us)
    measure, within = measured(seconds_between(last.began_us, last.at_us), at_once_s, "s")
    because = f"both ends entered it; {last.by} after {measure.value:g} s from its beginning"
    return replaced(
        start, parties=(last.by,), towards=(last.other,), verdict="met" if within else "late",
        measure=measure, because=because, cites=(call.cite, other.cite),
    )  # fmt: skip
