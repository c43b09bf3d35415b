"""Messages: what may be said, who must answer by when, read-back, escalation.

Rules:
- Silence is never consent: a deadline that passes is written down by the sender's node.
- Exactly one closing answer per addressee; STANDBY once, with a time not past the deadline.
- After valid-until nothing is answered WILCO.
- What may be said on a suspended line: life-safety always, line tests, resume and withdraw.
- Only the addressee answers, only the sender's node checks, escalates and declares overdue.
"""

from __future__ import annotations

import bisect

from parley.node.entries import (
    Draft,
    Entry,
    FieldDifference,
    MessageAnswered,
    MessageDisplayed,
    MessageEscalated,
    MessageOverdue,
    MessageSaid,
    ReadBackChecked,
)
from parley.node.inputs import Answer, Display, Say
from parley.node.rules.agreements import adopted_agreement, line_of
from parley.node.rules.custody import consents, guarded, opened_here
from parley.node.rules.guard import check_named_place
from parley.node.rules.lines import suspended_by
from parley.node.state import Key, Scope, State, Thread, key_of, order_of, rank_of, written_us
from parley.world.agreement import Acknowledgement, Agreement, ReadBack, refuse_twice
from parley.world.faults import InputFault
from parley.world.limits import PEER_ENTRIES_AHEAD_S
from parley.world.norms import (
    CLASSES,
    MessageClass,
    MessageType,
    allowed_answers,
    class_norms,
    message_type,
    norms,
)
from parley.world.time import format_instant, seconds_between
from parley.world.verdict import (
    EscalationStep,
    compare_read_back,
    escalations_due,
    ladder_of,
    ladder_within,
)

CLOSING = ("WILCO", "UNABLE", "ROGER", "AFFIRM", "NEGATIVE", "REPLY")
POSITIVE = ("WILCO", "ROGER", "AFFIRM", "REPLY")
_DIFFERENCE_CHARACTERS = 200


def say(state: State, act: Say, now_us: int) -> Draft:
    """Return the entry of a message, with its deadlines.

    Raises:
        InputFault: not a line, party or type of the agreement; a line that is suspended for this; a
            named place that does not lie where the coordinates do, until the sender confirms it.
    """
    agreement = adopted_agreement(state, act.agreement)
    line = line_of(agreement, act.line)
    _check_ends(state, act, line.parties)
    kind = message_type(act.message_type)
    message_class = _class_of(act, kind)
    _check_suspension(state, act, kind, line.parties, now_us)
    _check_rate(state, act, message_class, now_us)
    audience = _audience(state, act, kind, now_us)
    if not act.confirmed:
        check_named_place(agreement, act.fields)
    read_back = _read_back_fields(act, kind)
    answers = allowed_answers(kind) if act.wants_answer else ()
    clause = _acknowledgement(agreement, act.message_type, message_class)
    within_s = _answer_within_s(act, kind, clause, message_class)
    body = MessageSaid(
        line=act.line,
        message_type=act.message_type,
        message_class=message_class,
        subject=act.subject or act.message_type,
        text=act.text,
        fields=act.fields,
        answers=answers,
        answer_due_us=now_us + round(within_s * 1_000_000) if answers else None,
        read_back=read_back,
        read_back_due_us=_read_back_due_us(agreement, act, read_back, now_us),
        life_safety=kind.life_safety or message_class == "DISTRESS",
        clause=clause.id if clause else None,
    )
    return Draft(
        agreement=act.agreement,
        by=act.post,
        to=act.to,
        ref=act.ref,
        status=act.status,
        happened=act.happened,
        valid_until_us=act.valid_until_us,
        audience=audience,
        body=body,
    )


def _check_rate(state: State, act: Say, message_class: MessageClass, now_us: int) -> None:
    """Check that a post, or a program behind it, does not flood the line it may need itself."""
    if message_class in ("DISTRESS", "URGENT"):
        return
    sent_us = state.scope(act.agreement).index.sent_us.get((act.line, state.party), [])
    lately = len(sent_us) - bisect.bisect_left(sent_us, now_us - 60_000_000)
    if lately >= norms().quota.say_per_min:
        raise InputFault(
            f"messages on line {act.line}",
            value=f"{lately} in the last minute",
            wanted=f"fewer than {norms().quota.say_per_min}",
            repair="wait a little; DISTRESS and URGENT always pass",
        )


def _audience(state: State, act: Say, kind: MessageType, now_us: int) -> tuple[str, ...] | None:
    """Return who may hold the payload: all parties, or the addressees of a guarded notice.

    Raises:
        InputFault: a guarded notice without an end, or to somebody without consent.
    """
    scope = state.scope(act.agreement)
    if not kind.guarded or not scope.rules.sealed:
        return tuple(sorted({state.party, *act.to})) if act.addressees_only else None
    if act.valid_until_us is None:
        wanted = "a time until which it holds: such notices expire"
        raise InputFault(f"{kind.name} valid_until_us", value=None, wanted=wanted)
    missing = sorted(set(act.to) - consents(state, scope, now_us))
    if missing:
        raise InputFault(
            f"{kind.name} addressee",
            value=", ".join(missing),
            wanted="an addressee for whom there is consent",
            repair=f"first: parley consent give --addressee {missing[0]}",
        )
    return tuple(sorted({state.party, *act.to}))


def _check_ends(state: State, act: Say, ends: tuple[str, ...]) -> None:
    if state.party not in ends:
        raise InputFault(f"line {act.line} end", value=state.party, wanted=", ".join(ends))
    what = f"message on line {act.line} addressee"
    if not act.to:
        raise InputFault(what, value="nobody", wanted="at least one")
    for party in act.to:
        if party not in ends or party == state.party:
            others = ", ".join(e for e in ends if e != state.party)
            raise InputFault(what, value=party, wanted=f"one of {others}")
    refuse_twice(act.to, what)


def _class_of(act: Say, kind: MessageType) -> MessageClass:
    if act.message_class is not None and act.message_class not in CLASSES:
        raise InputFault("message class", value=act.message_class, wanted=", ".join(CLASSES))
    return act.message_class or kind.message_class


def _check_suspension(
    state: State, act: Say, kind: MessageType, ends: tuple[str, ...], now_us: int
) -> None:
    """Let pass on a suspended line only what NORMS 2 lets pass."""
    by = suspended_by(state.scope(act.agreement), act.line, now_us, ends=ends)
    if not by or kind.life_safety or act.message_class == "DISTRESS":
        return
    if kind.name in ("line.test", "line.state"):
        return
    raise InputFault(
        f"line {act.line}",
        value=f"suspended by {', '.join(by)}",
        wanted="a life-safety message, a line test, resume or withdraw",
        repair="resume the line, or use a life-safety type if life is at risk",
    )


def _read_back_fields(act: Say, kind: MessageType) -> tuple[str, ...]:
    """Return what must be read back: the type's fields that this message has, or all it has."""
    wanted = act.wants_read_back if act.wants_read_back is not None else bool(kind.read_back)
    if not wanted or not act.wants_answer:
        return ()
    named = tuple(name for name in kind.read_back if name in act.fields)
    return named or tuple(sorted(act.fields))


def _acknowledgement(
    agreement: Agreement, name: str, message_class: MessageClass
) -> Acknowledgement | None:
    """Return the clause that rules how soon this is answered: by its type first, then its class."""
    clauses = [c for c in agreement.clauses if isinstance(c, Acknowledgement)]
    for clause in clauses:
        if name in clause.of:
            return clause
    for clause in clauses:
        if not clause.of and clause.message_class in (None, message_class):
            return clause
    return None


def _answer_within_s(
    act: Say, kind: MessageType, clause: Acknowledgement | None, message_class: MessageClass
) -> float:
    """Return the time for an answer: what the sender asks, else clause, type, class."""
    asked_s = act.answer_within_s
    if asked_s is not None:
        if not 1 <= asked_s <= 2_592_000:
            raise InputFault("answer_within_s", value=asked_s, wanted="1 s to 30 days")
        return asked_s
    if clause is not None:
        return clause.within_s
    return kind.answered_s or class_norms(message_class).answered_s


def _read_back_due_us(
    agreement: Agreement, act: Say, fields: tuple[str, ...], now_us: int
) -> int | None:
    if not fields:
        return None
    within_s: float = norms().read_back.within_s
    for clause in agreement.clauses:
        if isinstance(clause, ReadBack) and (not clause.of or act.message_type in clause.of):
            within_s = clause.within_s
    return now_us + round(within_s * 1_000_000)


# ---- answers ------------------------------------------------------------------------------------


def find_thread(state: State, key: Key) -> tuple[Scope, Thread]:
    """Return the scope and thread of a message that is held here.

    Raises:
        InputFault: there is no such message here.
    """
    for scope in state.scopes.values():
        thread = scope.threads.get(key)
        if thread is not None and thread.said is not None:
            return scope, thread
    raise InputFault("message", value=f"{key[0]} entry {key[1]}", wanted="a message held here")


def closing_answer(thread: Thread, party: str) -> Entry | None:
    """Return the one answer of an addressee that closes the message for it, if there is one.

    Only the addressee's own log counts; the first closing answer it wrote to these very bytes, and
    none that says WILCO after the message had expired. A backdated answer counts from the time
    that its log had already reached.
    """
    if thread.said is None or party not in thread.said.to:
        return None
    known = thread.closed.get(party)
    if known is None or known[0] != len(thread.answers):
        known = (len(thread.answers), _first(thread, party, CLOSING))
        thread.closed[party] = known
    return known[1]


def standby(thread: Thread, party: str) -> Entry | None:
    """Return the addressee's STANDBY, if it gave one."""
    return _first(thread, party, ("STANDBY",))


def _first(thread: Thread, party: str, words: tuple[str, ...]) -> Entry | None:
    """Return the first answer in a party's log that is one of these words and may be given."""
    assert thread.said is not None
    said, until_us = thread.said, thread.said.valid_until_us
    # An answer in a log of a year before the message was said is written into the past, unless the
    # year turned between two clocks.
    since_us = said.issued_us - PEER_ENTRIES_AHEAD_S * 1_000_000
    found = [
        entry
        for entry in thread.answers.values()
        if entry.log.party == party
        and isinstance(entry.body, MessageAnswered)
        and entry.body.answer in words
        and entry.body.answer in thread.body.answers
        and entry.ref[0].leaf == thread.leaf
        and (entry.log.year >= said.log.year or entry.issued_us >= since_us)
        and not (
            entry.body.answer == "WILCO" and until_us is not None and written_us(entry) > until_us
        )
    ]
    return min(found, key=rank_of, default=None)


def display(state: State, act: Display) -> Draft | None:
    """Return the entry that a message was put in front of a post; None if it was before."""
    scope, thread = find_thread(state, act.ref)
    assert thread.said is not None
    if state.party not in thread.said.to or state.party in thread.displayed:
        return None
    return Draft(
        agreement=scope.agreement_id,
        by=act.post,
        to=(thread.said.log.party,),
        ref=(state.reference(act.ref),),
        status=thread.said.status,
        audience=thread.said.audience,
        body=MessageDisplayed(post=act.post),
    )


def answer(state: State, act: Answer, now_us: int) -> Draft:
    """Return the entry of an answer.

    Raises:
        InputFault: not ours to answer, answered already, not an allowed answer, expired, a STANDBY
            that is a second one or promises too late, or read-back fields left out.
    """
    scope, thread = find_thread(state, act.ref)
    assert thread.said is not None
    if state.party not in thread.said.to:
        wanted = f"by {', '.join(thread.said.to)}"
        raise InputFault("answer", value=f"by {state.party}", wanted=wanted)
    given = closing_answer(thread, state.party)
    if given is not None:
        assert isinstance(given.body, MessageAnswered)
        said = f"{given.body.answer} at {format_instant(given.issued_us)}"
        raise InputFault("answer", value=said, wanted="one closing answer, and it was given")
    _check_answer(thread, act, state.party, now_us)
    if act.answer in POSITIVE and guarded(thread) and not opened_here(state, scope, thread.key):
        raise InputFault(
            f"answer to {thread.body.message_type}",
            value="before anybody here opened it",
            wanted="a post that has read what it says it has read",
            repair="open it first: parley notice open, or on the page",
        )
    return Draft(
        agreement=scope.agreement_id,
        by=act.post,
        to=(thread.said.log.party,),
        ref=(state.reference(act.ref),),
        status=thread.said.status,
        audience=thread.said.audience,
        body=MessageAnswered(
            answer=act.answer,
            post=act.post,
            fields=act.fields,
            text=act.text,
            promised_us=act.promised_us,
        ),
    )


def _check_answer(thread: Thread, act: Answer, party: str, now_us: int) -> None:
    assert thread.said is not None
    body = thread.body
    if act.answer not in body.answers:
        wanted = ", ".join(body.answers) or "nothing: no answer was asked for"
        raise InputFault(f"answer to {body.message_type}", value=act.answer, wanted=wanted)
    _check_offered(body, act.answer)
    until_us = thread.said.valid_until_us
    if until_us is not None and now_us > until_us and act.answer == "WILCO":
        raise InputFault(
            "answer WILCO",
            value=f"EXPIRED at {format_instant(until_us)}",
            wanted="an answer in time",
            repair="answer UNABLE and ask for a new message",
        )
    if act.answer == "STANDBY":
        due_us = body.answer_due_us or now_us
        if standby(thread, party) is not None:
            raise InputFault("answer", value="a second STANDBY", wanted="one of the others")
        if act.promised_us is None or not now_us < act.promised_us <= due_us:
            wanted = f"after now, until {format_instant(due_us)}"
            raise InputFault("STANDBY promised time", value=act.promised_us, wanted=wanted)
    elif act.answer in POSITIVE:
        missing = [name for name in body.read_back if name not in act.fields]
        if missing:
            raise InputFault(
                "read-back", value=f"without {', '.join(missing)}", wanted=", ".join(body.read_back)
            )


def _check_offered(body: MessageSaid, word: str) -> None:
    """Check that the type allows an answer that the sender's node offers: a notice has no WILCO."""
    kind = next((k for k in norms().types if k.name == body.message_type), None)
    allowed = allowed_answers(kind) if kind is not None else ("ROGER", "UNABLE")
    if word not in allowed:
        wanted = f"one of {', '.join(allowed)}, whatever its sender offers"
        raise InputFault(f"answer to {body.message_type}", value=word, wanted=wanted)


# ---- what the clock asks of the sender's node ---------------------------------------------------


def wants(thread: Thread, party: str) -> bool:
    """Whether an addressee still owes an answer, or its read-back has not been checked yet."""
    closed = closing_answer(thread, party)
    if closed is None:
        return True
    return bool(thread.body.read_back) and key_of(closed) not in thread.checks


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
        for party in thread.said.to if thread.body.answers else ():
            found.extend(_due_for(state, scope, thread, party, now_us))
        drafts.extend(found)
        if not found:
            state.agenda.sleep(thread.key, _next_us(state, scope, thread, now_us))
    return drafts


def _due_for(state: State, scope: Scope, thread: Thread, party: str, now_us: int) -> list[Draft]:
    assert thread.said is not None
    body = thread.body
    closed = closing_answer(thread, party)
    drafts = []
    if closed is not None:
        check = _check(state, scope, thread, closed)
        drafts.extend([check] if check else [])
    else:
        drafts.extend(_escalations(state, scope, thread, party, now_us))
        late = body.answer_due_us is not None and now_us > body.answer_due_us
        if late and (party, "answer") not in thread.overdue:
            drafts.append(_overdue(state, scope, thread, party, "answer", body.answer_due_us or 0))
    read_back_us = body.read_back_due_us
    owing = closed is None and read_back_us is not None and now_us > read_back_us
    if owing and (party, "read_back") not in thread.overdue:
        drafts.append(_overdue(state, scope, thread, party, "read_back", read_back_us or 0))
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


def steps_for(agreement: Agreement | None, thread: Thread, party: str) -> list[EscalationStep]:
    """Return whom to call and when, if an addressee does not answer: its clause, else the norms."""
    body = thread.body
    within_s = None
    if body.answer_due_us is not None and thread.said is not None:
        within_s = seconds_between(thread.said.issued_us, body.answer_due_us)
    if agreement is not None and body.clause is not None:
        for clause in agreement.clauses:
            if isinstance(clause, Acknowledgement) and clause.id == body.clause and clause.escalate:
                usual_s = clause.within_s
                steps = clause.escalate
                return list(ladder_within(steps, usual_s=usual_s, answer_within_s=within_s))
    known = agreement is not None and party in {p.id for p in agreement.parties}
    posts = agreement.party(party).posts if agreement is not None and known else ()
    return list(ladder_of(body.message_class, within_s, posts))


def _escalations(
    state: State, scope: Scope, thread: Thread, party: str, now_us: int
) -> list[Draft]:
    assert thread.said is not None
    agreement = state.agreement(scope.agreement_id)
    steps = steps_for(agreement, thread, party)
    due_now = escalations_due(
        sent_us=thread.said.issued_us, answered_us=None, steps=steps, now_us=now_us
    )
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
        for place, (_, step) in enumerate(due_now)
        if (party, place) not in thread.escalated
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
        audience=closed.audience,
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
    agreement = state.agreement(scope.agreement_id)
    for party in thread.said.to if thread.body.answers else ():
        if closing_answer(thread, party) is not None:
            continue
        found.extend(
            thread.said.issued_us + round(step.after_s * 1_000_000)
            for step in steps_for(agreement, thread, party)
        )
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
