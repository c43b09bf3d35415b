"""Answers: who may give which, what closes a message, what is read back.

Rules:
- Exactly one closing answer per addressee; STANDBY once, with a time not past the deadline.
- Any post of the addressed party may take a message and answer it: a party answers, not a person.
- After valid-until nothing is answered WILCO; what is corrected or cancelled is not answered.
- Whoever says that it cannot, or will not, says why: refused is not unanswered.
"""

from __future__ import annotations

from parley.node.entries import Draft, Entry, MessageAnswered, MessageDisplayed, MessageSaid
from parley.node.inputs import Answer, Display
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.rules.custody import guarded, opened_here
from parley.node.rules.threads import LINE_RULES, ending_of, find_thread
from parley.node.state import Scope, State, Thread, key_of, rank_of, written_us
from parley.world.faults import InputFault, nearest
from parley.world.limits import PEER_ENTRIES_AHEAD_S
from parley.world.norms import MessageType, allowed_answers, known_type
from parley.world.time import format_second

CLOSING = ("WILCO", "UNABLE", "ROGER", "AFFIRM", "NEGATIVE", "REPLY")
POSITIVE = ("WILCO", "ROGER", "AFFIRM", "REPLY")
REFUSING = ("UNABLE", "NEGATIVE")
_REASONS = ("reason", "reason_code")


def closing_answer(thread: Thread, party: str) -> Entry | None:
    """Return the one answer of an addressee that closes the message for it, if there is one.

    Only the addressee's own log counts; the first closing answer it wrote to these very bytes, and
    none that says WILCO after the message had expired. A backdated answer counts from the time
    that its log had already reached.
    """
    if thread.said is None or party not in thread.said.to:
        return None
    return _once(thread, party, party, CLOSING)


def standby(thread: Thread, party: str) -> Entry | None:
    """Return the addressee's STANDBY, if it gave one."""
    return _once(thread, f"{party}/STANDBY", party, ("STANDBY",)) if thread.said else None


def _once(thread: Thread, name: str, party: str, words: tuple[str, ...]) -> Entry | None:
    """Return the first such answer, looked up again only when there are more answers."""
    known = thread.closed.get(name)
    if known is None or known[0] != len(thread.answers):
        known = (len(thread.answers), _first(thread, party, words))
        thread.closed[name] = known
    return known[1]


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


def wants(thread: Thread, party: str) -> bool:
    """Whether an addressee still owes an answer, or its read-back has not been checked yet."""
    closed = closing_answer(thread, party)
    if closed is None:
        return True
    return bool(thread.body.read_back) and key_of(closed) not in thread.checks


def answers_of(kind: MessageType, version: int) -> tuple[str, ...]:
    """Return the answers that a type allows: free text is heard (ROGER) and promises nothing.

    >>> from parley.world.norms import message_type
    >>> answers_of(message_type("free.text"), 3), answers_of(message_type("free.text"), 2)
    (('ROGER',), ('ROGER', 'UNABLE'))
    """
    if kind.name == "free.text" and version >= LINE_RULES:
        return ("ROGER",)
    return allowed_answers(kind)


def display(state: State, act: Display) -> Draft | None:
    """Return the entry that a message was put in front of a post; None if it was before.

    Raises:
        InputFault: a message that is not held here, or a post that the agreement does not name.
    """
    scope, thread = find_thread(state, act.ref)
    assert thread.said is not None
    if state.party not in thread.said.to or state.party in thread.displayed:
        return None
    _check_post(state, scope, act.post)
    return Draft(
        agreement=scope.agreement_id,
        by=act.post,
        to=(thread.said.log.party,),
        ref=(state.reference(act.ref),),
        status=thread.said.status,
        audience=thread.said.audience,
        body=MessageDisplayed(post=act.post),
    )


def _check_post(state: State, scope: Scope, post: str) -> None:
    check_own_post(adopted_agreement(state, scope.agreement_id), state.party, post)


def answer(state: State, act: Answer, now_us: int) -> Draft:
    """Return the entry of an answer.

    Raises:
        InputFault: not ours to answer, answered already, corrected or cancelled, not an allowed
            answer, expired, a STANDBY that is a second one or promises too late, a refusal without
            a reason, or read-back fields left out.
    """
    scope, thread = find_thread(state, act.ref)
    assert thread.said is not None
    if state.party not in thread.said.to:
        wanted = f"by {', '.join(thread.said.to)}"
        raise InputFault("answer", value=f"by {state.party}", wanted=wanted)
    _check_post(state, scope, act.post)
    given = closing_answer(thread, state.party)
    if given is not None:
        assert isinstance(given.body, MessageAnswered)
        said = f"{given.body.answer} at {format_second(given.issued_us)}"
        raise InputFault("answer", value=said, wanted="one closing answer, and it was given")
    _check_not_over(scope, thread, state.party)
    _check_answer(scope, thread, act, state.party, now_us)
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


def _check_not_over(scope: Scope, thread: Thread, party: str) -> None:
    ending = ending_of(scope, thread, party)
    if ending is not None:
        gone = ending.word != "corrected"
        raise InputFault(
            f"answer to {thread.body.message_type}",
            value=ending.text,
            wanted="nothing: it is over" if gone else "an answer to the correction",
            repair=f"answer {ending.by[0]} {ending.by[1]}",
        )


def _check_answer(scope: Scope, thread: Thread, act: Answer, party: str, now_us: int) -> None:
    assert thread.said is not None
    body = thread.body
    if act.answer not in body.answers:
        wanted = ", ".join(body.answers) or "nothing: no answer was asked for"
        raise InputFault(f"answer to {body.message_type}", value=act.answer, wanted=wanted)
    kind = known_type(body.message_type)
    _check_offered(body, kind, act.answer, scope.rules.version)
    until_us = thread.said.valid_until_us
    if until_us is not None and now_us > until_us and act.answer == "WILCO":
        raise InputFault(
            "answer WILCO",
            value=f"EXPIRED at {format_second(until_us)}",
            wanted="an answer in time",
            repair="answer UNABLE and ask for a new message",
        )
    if act.answer == "STANDBY":
        due_us = body.answer_due_us or now_us
        if standby(thread, party) is not None:
            raise InputFault("answer", value="a second STANDBY", wanted="one of the others")
        if act.promised_us is None or not now_us < act.promised_us <= due_us:
            wanted = f"after now, until {format_second(due_us)}"
            promised = None if act.promised_us is None else format_second(act.promised_us)
            raise InputFault("STANDBY promised time", value=promised, wanted=wanted)
    elif act.answer in POSITIVE:
        missing = [name for name in body.read_back if name not in act.fields]
        if missing:
            raise InputFault(
                "read-back", value=f"without {', '.join(missing)}", wanted=", ".join(body.read_back)
            )
    if scope.rules.version >= LINE_RULES:
        _check_reason(act)
        _check_reply(kind, act)


def _check_reason(act: Answer) -> None:
    """Check that a refusal says why: that is what sets it apart from silence."""
    said = (act.text, *(act.fields.get(name, "") for name in _REASONS))
    if act.answer in REFUSING and not any(text.strip() for text in said):
        raise InputFault(
            f"answer {act.answer}",
            value="without a reason",
            wanted="why, in a few words",
            repair="put it into the text: the other side must not take it for silence",
        )


def _check_reply(kind: MessageType | None, act: Answer) -> None:
    """Check that a REPLY has the fields of its type, each with one of its words."""
    if kind is None or act.answer != "REPLY":
        return
    for name, words in kind.reply.items():
        value = act.fields.get(name)
        if value not in words:
            close = nearest(value or "", list(words))
            raise InputFault(
                f"reply to {kind.name} {name}",
                value=value,
                wanted=f"one of {', '.join(words)}",
                repair=f"did you mean {close!r}?" if close else "",
            )


def _check_offered(body: MessageSaid, kind: MessageType | None, word: str, version: int) -> None:
    """Check that the type allows an answer that the sender's node offers: a notice has no WILCO."""
    allowed = answers_of(kind, version) if kind is not None else ("ROGER", "UNABLE")
    if word not in allowed:
        wanted = f"one of {', '.join(allowed)}, whatever its sender offers"
        raise InputFault(f"answer to {body.message_type}", value=word, wanted=wanted)
