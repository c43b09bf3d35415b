"""The state of a line: a vector computed from evidence, never one switch (NORMS 1, 3, 4).

Rules:
- Suspending is one party's own signed act with an effect time; nobody else's consent is asked.
- Link and presence are measured; what somebody says about a line elsewhere is a claim, not a state.
- The one word for the glance is computed from the vector and names what is missing.
"""

from __future__ import annotations

import bisect

import msgspec

from parley.node.entries import Draft, Entry, LineDeclared, MessageAnswered, PresenceDeclared
from parley.node.inputs import BePresent, DeclareLine
from parley.node.rules.agreements import adopted_agreement, agreed_by, line_of
from parley.node.rules.peering import link_state
from parley.node.state import Scope, State, Thread, key_of, written_us
from parley.world.agreement import Agreement, Line, LineTest, Suspension
from parley.world.faults import InputFault
from parley.world.limits import PEER_ENTRIES_AHEAD_S
from parley.world.norms import norms
from parley.world.time import format_instant


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One party's side of the vector, each value with since when and the entry behind it."""

    party: str
    agreement: str
    agreement_since_us: int | None
    agreement_by: tuple[str, int] | None
    link: str
    heard_us: int | None
    attended: str
    attended_since_us: int | None
    used_last_us: int | None
    used_24h_count: int


class LineVector(msgspec.Struct, frozen=True, kw_only=True):
    """The whole vector of a line at an instant, as this node knows it."""

    agreement: str
    line: str
    at_us: int
    sides: tuple[Side, ...]
    test: str
    test_good_us: int | None
    glance: str
    missing: tuple[str, ...]


def declare_line(state: State, act: DeclareLine, now_us: int) -> Draft:
    """Return the entry by which this party suspends, resumes or withdraws its side of a line.

    Raises:
        InputFault: not an end of the line, or an effect time in the past.
    """
    agreement = adopted_agreement(state, act.agreement)
    line = line_of(agreement, act.line)
    if state.party not in line.parties:
        raise InputFault(f"line {act.line} end", value=state.party, wanted=", ".join(line.parties))
    notice_s: float = norms().line.suspension_notice_s
    for clause in agreement.clauses:
        if isinstance(clause, Suspension):
            notice_s = clause.notice_s
    by_notice_us = now_us + round(notice_s * 1_000_000)
    default_us = by_notice_us if act.value == "suspended" else now_us
    effective_us = default_us if act.effective_us is None else act.effective_us
    if effective_us < now_us:
        raise InputFault(
            "line effect time", value=format_instant(effective_us), wanted="now or later"
        )
    return Draft(
        agreement=act.agreement,
        by=act.post,
        body=LineDeclared(
            line=act.line,
            value=act.value,
            effective_us=effective_us,
            reason=act.reason,
            post=act.post,
            immediate=act.value == "suspended" and effective_us < by_notice_us,
        ),
    )


def be_present(state: State, act: BePresent) -> Draft:
    """Return the entry that a person is, or is no longer, at a post."""
    line = line_of(adopted_agreement(state, act.agreement), act.line)
    if state.party not in line.parties:
        raise InputFault(f"line {act.line} end", value=state.party, wanted=", ".join(line.parties))
    return Draft(
        agreement=act.agreement,
        by=act.post,
        body=PresenceDeclared(line=act.line, post=act.post, present=act.present),
    )


def due(state: State, now_us: int) -> list[Draft]:
    """Return what was measured of the links and has changed."""
    del state, now_us
    return []


def effective_us(entry: Entry) -> int:
    """Return when an act on a line takes effect: at its stated time, never before it was written.

    A suspension dated back would make what was said meanwhile look like a breach.
    """
    assert isinstance(entry.body, LineDeclared)
    return max(entry.body.effective_us, written_us(entry))


def declared(scope: Scope, line_id: str, party: str, at_us: int) -> Entry | None:
    """Return a party's act that is in effect on its side of a line, the newest written."""
    acts = [e for e in scope.line_acts.get(line_id, {}).values() if e.log.party == party]
    in_effect = [e for e in acts if isinstance(e.body, LineDeclared) and effective_us(e) <= at_us]
    return max(in_effect, key=key_of) if in_effect else None


def suspended_by(
    scope: Scope, line_id: str, at_us: int, *, ends: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """Return the parties whose suspension or withdrawal is in effect, in order.

    Args:
        scope: the record of the agreement.
        line_id: the line.
        at_us: the instant.
        ends: the parties at its ends; what any other party declares about it does not count.
    """
    parties = sorted({e.log.party for e in scope.line_acts.get(line_id, {}).values()})
    if ends is not None:
        parties = [party for party in parties if party in ends]
    found = []
    for party in parties:
        act = declared(scope, line_id, party, at_us)
        if act is not None and isinstance(act.body, LineDeclared) and act.body.value != "in force":
            found.append(party)
    return tuple(found)


def _agreement_word(
    state: State, scope: Scope, line: Line, party: str, now_us: int
) -> tuple[str, int | None, tuple[str, int] | None]:
    own = scope.adopted_by(state.party)
    agreed = agreed_by(scope, own.sha256) if own else ()
    agreement = state.agreement(scope.agreement_id)
    valid = agreement is None or agreement.in_force(now_us)
    stands = "in force" if party in agreed and valid else "not in force"
    act = declared(scope, line.id, party, now_us)
    if act is not None and isinstance(act.body, LineDeclared):
        # Saying "in force" resumes what was agreed; it does not make an agreement.
        word = stands if act.body.value == "in force" else act.body.value
        return word, effective_us(act), key_of(act)
    return stands, None, None


def _attended(scope: Scope, line: Line, party: str, now_us: int) -> tuple[str, int | None]:
    """Return whether a person of the party is at one of its posts, and since which act.

    Each post counts by itself: who leaves one does not empty another. A presence dated ahead of
    our clock by more than two clocks may differ is no evidence of now.
    """
    acts = scope.presence.get((line.id, party))
    if not acts:
        return "unknown", None
    newest: dict[str, Entry] = {}
    for entry in acts.values():
        assert isinstance(entry.body, PresenceDeclared)
        known = newest.get(entry.body.post)
        if known is None or key_of(entry) > key_of(known):
            newest[entry.body.post] = entry
    ahead_us = PEER_ENTRIES_AHEAD_S * 1_000_000
    believed = [e for e in newest.values() if e.issued_us <= now_us + ahead_us]
    if not believed:
        return "unknown", None
    within_us = norms().line.presence_within_s * 1_000_000
    here = [
        e for e in believed
        if isinstance(e.body, PresenceDeclared) and e.body.present
        and now_us - e.issued_us <= within_us
    ]  # fmt: skip
    last_us = max(e.issued_us for e in here or believed)
    return ("attended" if here else "unattended"), last_us


def _used(scope: Scope, line: Line, party: str, now_us: int) -> tuple[int | None, int]:
    sent_us = scope.index.sent_us.get((line.id, party), [])
    until = bisect.bisect_right(sent_us, now_us)
    since = bisect.bisect_left(sent_us, now_us - 86_400 * 1_000_000)
    return (sent_us[until - 1] if until else None), max(until - since, 0)


def results_of_tests(scope: Scope, line: Line, now_us: int) -> list[tuple[int, bool]]:
    """Return the tests of a line with a result by now, oldest first: when it was known, and good.

    A test is good when an addressee answered in time and read back what it was given; it has failed
    once its time passed without that. Only what one end of the line sends another tests it.
    """
    results = []
    for key in scope.index.tests.get(line.id, ()):
        thread = scope.threads[key]
        if thread.said is None or thread.said.log.party not in line.parties:
            continue
        for party in thread.said.to:
            result = _test_result(thread, party, now_us) if party in line.parties else None
            if result is not None:
                results.append(result)
    return sorted(results)


def _test_result(thread: Thread, party: str, now_us: int) -> tuple[int, bool] | None:
    due_us = thread.body.answer_due_us
    replies = [
        e
        for e in sorted(thread.answers.values(), key=key_of)
        if e.log.party == party
        and isinstance(e.body, MessageAnswered)
        and e.body.answer in ("REPLY", "ROGER")
        and e.ref[0].leaf == thread.leaf
        and written_us(e) <= now_us
    ]
    if replies and (due_us is None or written_us(replies[0]) <= due_us):
        body = replies[0].body
        assert isinstance(body, MessageAnswered)
        matched = all(
            thread.body.fields.get(name) == body.fields.get(name) for name in thread.body.read_back
        )
        return written_us(replies[0]), matched
    if due_us is not None and now_us > due_us:
        return due_us, False
    return None


def _test_word(
    scope: Scope, agreement: Agreement, line: Line, now_us: int
) -> tuple[str, int | None]:
    """Return never, verified or unverified; and when the last good test was."""
    results = results_of_tests(scope, line, now_us)
    good = [at_us for at_us, well in results if well]
    last_good_us = good[-1] if good else None
    if not results:
        return "never", None
    every_s = line.test_every_s or norms().line.person_test_every_s
    for clause in agreement.clauses:
        if isinstance(clause, LineTest):
            every_s = clause.every_s
    # One missed test alarms, two missed make it unverified; a failed one does at once (NORMS 3).
    recent = last_good_us is not None and now_us - last_good_us <= 2 * every_s * 1_000_000
    return ("verified" if results[-1][1] and recent else "unverified"), last_good_us


def line_vector(state: State, agreement: Agreement, line: Line, now_us: int) -> LineVector:
    """Return the state vector of a line as this node knows it at `now_us`."""
    scope = state.scope(agreement.id)
    sides = []
    for party in line.parties:
        word, since_us, by = _agreement_word(state, scope, line, party, now_us)
        link, heard_us = link_state(state, party, now_us)
        attended, attended_us = _attended(scope, line, party, now_us)
        used_us, used_count = _used(scope, line, party, now_us)
        sides.append(
            Side(
                party=party,
                agreement=word,
                agreement_since_us=since_us,
                agreement_by=by,
                link=link,
                heard_us=heard_us,
                attended=attended,
                attended_since_us=attended_us,
                used_last_us=used_us,
                used_24h_count=used_count,
            )
        )
    test, test_good_us = _test_word(scope, agreement, line, now_us)
    glance, missing = _glance(state, sides, test)
    return LineVector(
        agreement=agreement.id,
        line=line.id,
        at_us=now_us,
        sides=tuple(sides),
        test=test,
        test_good_us=test_good_us,
        glance=glance,
        missing=missing,
    )


def _glance(state: State, sides: list[Side], test: str) -> tuple[str, tuple[str, ...]]:
    """Return the one word of NORMS 1, and what is missing.

    With several other ends the line is DOWN only if none of them is linked; a single lost end
    makes it DEGRADED and is named.
    """
    others = [s for s in sides if s.party != state.party]
    suspended = [s.party for s in sides if s.agreement in ("suspended", "withdrawn")]
    missing = [f"agreement {s.agreement} by {s.party}" for s in sides if s.agreement != "in force"]
    missing += [f"link to {s.party} {s.link}" for s in others if s.link != "up"]
    missing += [f"{s.party} {s.attended}" for s in sides if s.attended != "attended"]
    if test != "verified":
        missing.append(f"test {test}")
    if all(s.link != "up" for s in others):
        return "DOWN", tuple(missing)
    if suspended:
        return "SUSPENDED", tuple(missing)
    return ("DEGRADED" if missing else "OPEN"), tuple(missing)
