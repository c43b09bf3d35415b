"""Priority: who was asked to make way, who took it, who has yielded and when (R14).

Rules:
- Whoever takes (WILCO, ROGER) a message that asks to yield owes word that it has:
  `priority.yielded` or `landed.report`, within the agreement's time or the norms', counted from the
  request.
- Taking is not yielding: a promise stays outstanding until there is word that it was kept.
- Lateness is computed, never written: nobody's node judges another's in its own log.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from parley.node.entries import MessageAnswered
from parley.node.rules.replying import POSITIVE, closing_answer
from parley.node.rules.threads import LINE_RULES, ending_of
from parley.node.state import Key, Scope, State, Thread, order_of
from parley.world.agreement import Agreement, Yield
from parley.world.norms import norms
from parley.world.time import seconds_between

YieldWord = Literal[
    "not taken", "refused", "outstanding", "overdue", "yielded", "yielded late", "ended"
]
_WORD_OF_IT = ("priority.yielded", "landed.report")


class YieldSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One party that was asked to make way, and how that stands.

    Attributes:
        message: the request.
        asker: who asked; `flight` is what it asked way for, as it says.
        party: who was asked.
        word: where it stands; "ended" where the need was over before there was word.
        asked_us: when; `taken_us`: when it said that it will; `yielded_us`: when there was word
            that it has.
        due_us: until when that word is owed; None where nothing was taken.
        late_s: by how much it is, or was, late.
        by: the word itself; `named`: whether it names the request, or only came after it.
    """

    message: Key
    asker: str
    flight: str
    party: str
    word: YieldWord
    asked_us: int
    taken_us: int | None = None
    due_us: int | None = None
    yielded_us: int | None = None
    late_s: float | None = None
    by: Key | None = None
    named: bool = False


def within_s(agreement: Agreement | None, message_type: str) -> float:
    """Return how soon word is owed that somebody made way.

    >>> within_s(None, "priority.intent")
    420.0
    """
    for clause in agreement.clauses if agreement is not None else ():
        if isinstance(clause, Yield) and (not clause.of or message_type in clause.of):
            return clause.within_s
    return float(norms().priority.yield_within_s)


def yields(state: State, scope: Scope, now_us: int) -> tuple[YieldSeen, ...]:
    """Return who was asked to make way under an agreement, and how each stands; oldest first."""
    if scope.rules.version < LINE_RULES:
        return ()
    agreement = state.agreement(scope.agreement_id)
    found = [
        _seen(scope, thread, party, agreement, now_us)
        for thread in _requests(scope)
        if thread.said is not None
        for party in thread.said.to
    ]
    return tuple(sorted(found, key=lambda each: (each.asked_us, each.message, each.party)))


def overdue_yields(state: State, scope: Scope, now_us: int) -> tuple[YieldSeen, ...]:
    """Return the promises to make way whose time has passed without word."""
    return tuple(each for each in yields(state, scope, now_us) if each.word == "overdue")


def _requests(scope: Scope) -> Iterator[Thread]:
    for kind in norms().types:
        if kind.asks_to_yield:
            for key in scope.index.by_type.get(kind.name, ()):
                thread = scope.threads.get(key)
                if thread is not None and thread.said is not None and thread.body.answers:
                    yield thread


def _seen(
    scope: Scope, thread: Thread, party: str, agreement: Agreement | None, now_us: int
) -> YieldSeen:
    said = thread.said
    assert said is not None
    start = YieldSeen(
        message=thread.key,
        asker=said.log.party,
        flight=thread.body.fields.get("flight", ""),
        party=party,
        word="not taken",
        asked_us=said.issued_us,
    )
    closed = closing_answer(thread, party)
    ended_us = _ended_us(scope, thread, party)
    if closed is None or not isinstance(closed.body, MessageAnswered):
        over = ended_us is not None and ended_us <= now_us
        return msgspec.structs.replace(start, word="ended") if over else start
    if closed.body.answer not in POSITIVE:
        return msgspec.structs.replace(start, word="refused")
    due_us = said.issued_us + round(within_s(agreement, thread.body.message_type) * 1_000_000)
    start = msgspec.structs.replace(start, taken_us=closed.issued_us, due_us=due_us)
    word = _word_of_it(scope, thread, party)
    if word is not None and word.said is not None:
        at_us = word.said.issued_us
        late = at_us > due_us
        return msgspec.structs.replace(
            start,
            word="yielded late" if late else "yielded",
            yielded_us=at_us,
            late_s=seconds_between(due_us, at_us) if late else None,
            by=word.key,
            named=_names(thread, word),
        )
    if ended_us is not None and ended_us <= min(due_us, now_us):
        return msgspec.structs.replace(start, word="ended")
    if now_us > due_us:
        late_s = seconds_between(due_us, now_us)
        return msgspec.structs.replace(start, word="overdue", late_s=late_s)
    return msgspec.structs.replace(start, word="outstanding")


def _names(thread: Thread, word: Thread) -> bool:
    return word.said is not None and any(ref.key == thread.key for ref in word.said.ref)


def _word_of_it(scope: Scope, thread: Thread, party: str) -> Thread | None:
    """Return a party's first word to the asker that it has made way; one that names it, if any.

    A report of a landing that names no message counts if it came after the request: whoever lands
    has made way. One of what it should make way for is none.
    """
    said = thread.said
    assert said is not None
    flight = thread.body.fields.get("flight")
    found = []
    for name in _WORD_OF_IT:
        for key in scope.index.by_type.get(name, ()):
            word = scope.threads.get(key)
            if word is None or word.said is None or word.said.log.party != party:
                continue
            if said.log.party not in word.said.to or order_of(word.said) < order_of(said):
                continue
            own = word.body.fields.get("flight")
            same = own == flight if name == "priority.yielded" else own != flight
            if _names(thread, word) or (not word.said.ref and same):
                found.append(word)
    return min(
        found,
        key=lambda word: (not _names(thread, word), order_of(word.said) if word.said else ()),
        default=None,
    )


def _ended_us(scope: Scope, thread: Thread, party: str) -> int | None:
    """Return when the need was over: its end said by the asker, or the request itself over."""
    said = thread.said
    assert said is not None
    found = []
    ending = ending_of(scope, thread, party)
    if ending is not None:
        found.append(ending.at_us)
    if said.valid_until_us is not None:
        found.append(said.valid_until_us)
    for key in scope.index.by_type.get("priority.end", ()):
        end = scope.threads.get(key)
        if end is None or end.said is None or end.said.log.party != said.log.party:
            continue
        same = end.body.fields.get("flight") == thread.body.fields.get("flight")
        if order_of(end.said) > order_of(said) and (same or _names(thread, end)):
            found.append(end.said.issued_us)
    return min(found, default=None)
