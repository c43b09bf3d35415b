"""What the clock asks of the sender's node: overdue, who is called next, whether a read-back fits.

Rules:
- Silence is never consent: a deadline that passes while a message stands is written down by the
  sender's node; all that have passed are.
- Nobody is called for a message that is over or whose valid-until has passed.
- STANDBY holds the ladder until the time it promises, never past the answer's deadline.
- Only the sender's node checks, escalates and declares overdue.
"""

from __future__ import annotations

from collections.abc import Sequence

from parley.node.entries import (
    Draft,
    Entry,
    FieldDifference,
    MessageAnswered,
    MessageEscalated,
    MessageOverdue,
    ReadBackChecked,
)
from parley.node.rules.agreement_status import agreement_at
from parley.node.rules.agreements import APPLIES_SINCE, clauses_for, own_posts
from parley.node.rules.delivery import duties, undelivered
from parley.node.rules.replying import POSITIVE, closing_answer, standby
from parley.node.rules.threads import LINE_RULES, ending_of, expired
from parley.node.state import Scope, State, Thread, key_of, order_of, written_us
from parley.world.agreement import Agreement
from parley.world.clauses import Acknowledgement
from parley.world.time import seconds_between
from parley.world.verdict import EscalationStep, compare_read_back, ladder_of, ladder_within

_DIFFERENCE_CHARACTERS = 200


def _wake(state: State, now_us: int) -> None:
    """Wake the own threads that were touched since the last look, or whose time has come."""
    for scope in state.scopes.values():
        for key in scope.index.touched:
            said = scope.threads[key].said
            if said is not None and said.log.party == state.party:
                state.agenda.wake(key, scope.agreement_id)
        scope.index.touched.clear()
    state.agenda.ring(now_us)


def _awake(state: State) -> list[tuple[Scope, Thread]]:
    """Return the own threads that are awake, in reading order."""
    found = [(state.scope(name), state.scope(name).threads[key]) for key, name in
             state.agenda.awake.items()]  # fmt: skip
    # A notice that was destroyed asks nothing more of anybody.
    found = [each for each in found if each[1].said is not None]
    return sorted(found, key=lambda each: order_of(each[1].said) if each[1].said else (0, "", 0))


def due(state: State, now_us: int) -> list[Draft]:
    """Return the entries that the clock and new answers make due for own messages.

    A thread stays awake until it was looked at and nothing was due: what could not be stored is
    drafted again.
    """
    _wake(state, now_us)
    drafts: list[Draft] = []
    for scope, thread in _awake(state):
        assert thread.said is not None
        state.agenda.looks += 1
        found: list[Draft] = []
        for party in thread.said.to:
            if thread.body.answers:
                found.extend(_due_for(state, scope, thread, party, now_us))
            closed = closing_answer(thread, party)
            found.extend(undelivered(state, scope, thread, party, closed, now_us))
        drafts.extend(found)
        if not found:
            state.agenda.sleep(thread.key, _next_us(state, scope, thread, now_us))
    return drafts


def _due_for(state: State, scope: Scope, thread: Thread, party: str, now_us: int) -> list[Draft]:
    assert thread.said is not None
    body = thread.body
    closed = closing_answer(thread, party)
    if closed is not None:
        check = _check(state, scope, thread, closed)
        return [check] if check else []
    ending = ending_of(scope, thread, party)
    drafts = []
    if ending is None:
        drafts.extend(_escalations(state, scope, thread, party, now_us))
    for duty, due_us in (("answer", body.answer_due_us), ("read_back", body.read_back_due_us)):
        if due_us is None or now_us <= due_us or (party, duty) in thread.overdue:
            continue
        # A deadline that passed while the message stood has passed, whatever was said later.
        if ending is None or ending.at_us > due_us:
            drafts.append(_overdue(state, scope, thread, party, duty, due_us))
    return drafts


def _overdue(
    state: State, scope: Scope, thread: Thread, party: str, duty: str, due_us: int
) -> Draft:
    return Draft(
        agreement=scope.agreement_id,
        by="system",
        to=(party,),
        ref=(state.reference(thread.key),),
        audience=thread.said.audience if thread.said is not None else None,
        body=MessageOverdue(
            duty="answer" if duty == "answer" else "read_back", party=party, due_us=due_us
        ),
    )


def overdue_of(thread: Thread, party: str, duty: str) -> Entry | None:
    """Return the sender's entry that a deadline has passed; one written before it says nothing."""
    due_us = thread.body.answer_due_us if duty == "answer" else thread.body.read_back_due_us
    entry = thread.overdue.get((party, duty))
    early = entry is not None and (due_us is None or written_us(entry) <= due_us)
    return None if early else entry


def steps_for(agreement: Agreement | None, thread: Thread, party: str) -> list[EscalationStep]:
    """Return whom to call and when, if an addressee does not answer: its clause, else the norms.

    From rules version 4 on a clause calls nobody at a party that it does not bind, and a post that
    the party does not have is that party's own next one: never nobody.
    """
    body = thread.body
    within_s = None
    if body.answer_due_us is not None and thread.said is not None:
        within_s = seconds_between(thread.said.issued_us, body.answer_due_us)
    if agreement is not None and body.clause is not None:
        at_us = thread.said.issued_us if thread.said is not None else None
        for clause in clauses_for(agreement, Acknowledgement, (party,), at_us):
            if clause.id == body.clause and clause.escalate:
                usual_s = clause.within_s
                steps = _at_own_posts(agreement, party, clause.escalate)
                return list(ladder_within(steps, usual_s=usual_s, answer_within_s=within_s))
    known = agreement is not None and party in {p.id for p in agreement.parties}
    posts = agreement.party(party).posts if agreement is not None and known else ()
    return list(ladder_of(body.message_class, within_s, posts))


def _at_own_posts(
    agreement: Agreement, party: str, steps: Sequence[EscalationStep]
) -> Sequence[EscalationStep]:
    """Return a clause's steps with each post that a party does not have as its own next one."""
    posts = own_posts(agreement, party)
    if agreement.rules_version < APPLIES_SINCE or not posts:
        return steps
    found, place = [], 0
    for step in steps:
        known = step.post in posts
        place = posts.index(step.post) if known else min(place + 1, len(posts) - 1)
        found.append(EscalationStep(after_s=step.after_s, post=posts[place]))
    return found


def calls_for(
    agreement: Agreement | None, scope: Scope, thread: Thread, party: str
) -> list[tuple[int, EscalationStep]]:
    """Return at which instants which posts are called, a STANDBY taken into account; in order.

    A promise past the answer's deadline holds nothing back: its writer could else still an alarm
    for as long as it likes.
    """
    assert thread.said is not None
    new = scope.rules.version >= LINE_RULES
    if new and thread.body.answer_due_us is None:
        return []
    steps = [
        (thread.said.issued_us + round(step.after_s * 1_000_000), step)
        for step in steps_for(agreement, thread, party)
    ]
    wait = standby(thread, party) if new else None
    if wait is None or not isinstance(wait.body, MessageAnswered):
        return steps
    promised_us, given_us = wait.body.promised_us, written_us(wait)
    if promised_us is None or promised_us > (thread.body.answer_due_us or 0):
        return steps
    return [(max(at_us, promised_us) if at_us >= given_us else at_us, s) for at_us, s in steps]


def _escalations(
    state: State, scope: Scope, thread: Thread, party: str, now_us: int
) -> list[Draft]:
    assert thread.said is not None
    if scope.rules.version >= LINE_RULES and expired(thread, now_us):
        return []
    agreement = agreement_at(state, scope.agreement_id, thread.said.issued_us)
    return [
        Draft(
            agreement=scope.agreement_id,
            by="system",
            to=(party,),
            ref=(state.reference(thread.key),),
            audience=thread.said.audience,
            body=MessageEscalated(
                party=party, post=step.post, step=place, after_s=round(step.after_s)
            ),
        )
        for place, (at_us, step) in enumerate(calls_for(agreement, scope, thread, party))
        if at_us <= now_us and (party, place) not in thread.escalated
    ]


def _clipped(text: str | None) -> str | None:
    """Return a field's text, short enough that all differences fit an entry of ours.

    What was read is the peer's to write: at full length it could make the check too long to store,
    and a check that cannot be stored would come back for ever. Both texts stand whole in the log.
    """
    if text is None or len(text) <= _DIFFERENCE_CHARACTERS:
        return text
    return f"{text[: _DIFFERENCE_CHARACTERS - 1]}…"


def _check(state: State, scope: Scope, thread: Thread, closed: Entry) -> Draft | None:
    """Compare a read-back by machine, once; an UNABLE or NEGATIVE reads nothing back."""
    assert isinstance(closed.body, MessageAnswered)
    fields = thread.body.read_back
    if not fields or key_of(closed) in thread.checks:
        return None
    positive = closed.body.answer in POSITIVE
    found = compare_read_back(thread.body.fields, closed.body.fields, fields if positive else ())
    return Draft(
        agreement=scope.agreement_id,
        by="system",
        to=(closed.log.party,),
        ref=(state.reference(thread.key), state.reference(key_of(closed))),
        # Its differences repeat what was said: that goes where the message went, no further.
        audience=thread.said.audience if thread.said is not None else None,
        body=ReadBackChecked(
            matches=positive and not found,
            differences=tuple(
                FieldDifference(field=d.field, said=_clipped(d.said), read=_clipped(d.read))
                for d in found
            ),
        ),
    )


def _next_us(state: State, scope: Scope, thread: Thread, now_us: int) -> int | None:
    """Return the next instant at which the clock will ask something of an own message, if any."""
    assert thread.said is not None
    found: list[int] = []
    agreement = agreement_at(state, scope.agreement_id, thread.said.issued_us)
    for party in thread.said.to:
        if closing_answer(thread, party) is not None:
            continue
        found.extend(due_us + 1 for _, due_us in duties(state, scope, thread))
        if not thread.body.answers:
            continue
        found.extend(at_us for at_us, _ in calls_for(agreement, scope, thread, party))
        found.extend(
            instant_us + 1
            for instant_us in (thread.body.answer_due_us, thread.body.read_back_due_us)
            if instant_us is not None
        )
    return min((instant_us for instant_us in found if instant_us > now_us), default=None)


def next_due_us(state: State, now_us: int) -> int | None:
    """Return the next instant at which the clock will ask something of own messages, if any."""
    _wake(state, now_us)
    found = [_next_us(state, scope, thread, now_us) for scope, thread in _awake(state)]
    return min((us for us in (*found, state.agenda.next_us()) if us is not None), default=None)
