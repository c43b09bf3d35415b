"""Priority: who was asked to make way, who took it, who has yielded and when (R14).

Rules:
- Whoever takes (WILCO, ROGER) a message that asks to yield owes word that it has:
  `priority.yielded` or `landed.report`, within the agreement's time or the norms', counted from the
  request.
- Taking is not yielding: a promise stays outstanding until there is word that it was kept.
- A word that is dated back counts from when its log had come further, the request's as well.
- Lateness is computed, never written: nobody's node judges another's in its own log.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import Literal

import msgspec

from parley.node.entries import Entry, MessageAnswered
from parley.node.rules.replying import POSITIVE, closing_answer
from parley.node.rules.threads import LINE_RULES, ending_of
from parley.node.state import Key, Scope, State, Thread, written_us
from parley.world.agreement import Agreement
from parley.world.clauses import Yield
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
    words = _Words(scope)
    found = [
        _seen(scope, words, thread, party, agreement, now_us)
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


_Order = tuple[int, str, int]
_But = tuple[()] | tuple[str | None]
"""A flight that does not count, if any; a message without one has None."""


def _order(entry: Entry) -> _Order:
    """Return where an entry stands in time: as its log had come to, not as it claims."""
    return (written_us(entry), entry.log.origin, entry.seq)


class _Row:
    """Messages in their order, sorted once, so that the first after another is found at once."""

    def __init__(self) -> None:
        self.threads: list[Thread] = []
        self.orders: list[_Order] = []
        self.others: list[int] = []

    def sort(self) -> None:
        """Put them in order; `others`: where the next one of another flight stands."""
        said = [(_order(each.said), each) for each in self.threads if each.said is not None]
        said.sort(key=lambda each: each[0])
        self.orders, self.threads = [each[0] for each in said], [each[1] for each in said]
        self.others = list(range(1, len(said) + 1))
        for at in range(len(said) - 2, -1, -1):
            if _flight(self.threads[at]) == _flight(self.threads[at + 1]):
                self.others[at] = self.others[at + 1]

    def first(self, after: Entry, *, but: _But = ()) -> Thread | None:
        """Return the first message after an entry; with `but`, of no flight of that name."""
        at = bisect.bisect_right(self.orders, _order(after))
        if but and at < len(self.threads) and _flight(self.threads[at]) == but[0]:
            at = self.others[at]
        return self.threads[at] if at < len(self.threads) else None


def _flight(thread: Thread) -> str | None:
    return thread.body.fields.get("flight")


class _Words:
    """The words that somebody made way and that a need is over, by what they are looked up by.

    Made once a look: requests and words are both a peer's to write, and each with each is a square.
    """

    def __init__(self, scope: Scope) -> None:
        self.rows: dict[tuple[object, ...], _Row] = {}
        for name in (*_WORD_OF_IT, "priority.end"):
            for key in scope.index.by_type.get(name, ()):
                thread = scope.threads.get(key)
                if thread is not None and thread.said is not None:
                    self._add(name, thread, thread.said)
        for row in self.rows.values():
            row.sort()

    def _add(self, name: str, thread: Thread, said: Entry) -> None:
        party, flight = said.log.party, _flight(thread)
        names: list[tuple[object, ...]] = []
        named = {ref.key for ref in said.ref}
        if name == "priority.end":
            names += [("ended", party, flight), *(("ended by name", party, key) for key in named)]
        else:
            names += [("named", party, key, to) for key in named for to in said.to]
            if not said.ref:
                of = (flight,) if name == "priority.yielded" else ()
                names += [(name, party, to, *of) for to in said.to]
        for each in names:
            self.rows.setdefault(each, _Row()).threads.append(thread)

    def first(self, name: tuple[object, ...], after: Entry, *, but: _But = ()) -> Thread | None:
        """Return the first one of a name that was written after an entry."""
        row = self.rows.get(name)
        return row.first(after, but=but) if row is not None else None


def _seen(
    scope: Scope,
    words: _Words,
    thread: Thread,
    party: str,
    agreement: Agreement | None,
    now_us: int,
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
    ended_us = _ended_us(scope, words, thread, party)
    if closed is None or not isinstance(closed.body, MessageAnswered):
        over = ended_us is not None and ended_us <= now_us
        return msgspec.structs.replace(start, word="ended") if over else start
    if closed.body.answer not in POSITIVE:
        return msgspec.structs.replace(start, word="refused")
    due_us = written_us(said) + round(within_s(agreement, thread.body.message_type) * 1_000_000)
    start = msgspec.structs.replace(start, taken_us=written_us(closed), due_us=due_us)
    word = _word_of_it(words, thread, party)
    if word is not None and word.said is not None:
        at_us = written_us(word.said)
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


def _word_of_it(words: _Words, thread: Thread, party: str) -> Thread | None:
    """Return a party's first word to the asker that it has made way; one that names it, if any.

    A report of a landing that names no message counts if it came after the request: whoever lands
    has made way. One of what it should make way for is none.
    """
    said = thread.said
    assert said is not None
    asker, flight = said.log.party, _flight(thread)
    named = words.first(("named", party, thread.key, asker), said)
    if named is not None:
        return named
    found = (
        words.first(("priority.yielded", party, asker, flight), said),
        words.first(("landed.report", party, asker), said, but=(flight,)),
    )
    known = [each for each in found if each is not None and each.said is not None]
    return min(known, key=lambda word: _order(word.said) if word.said else (0, "", 0), default=None)


def _ended_us(scope: Scope, words: _Words, thread: Thread, party: str) -> int | None:
    """Return when the need was over: its end said by the asker, or the request itself over."""
    said = thread.said
    assert said is not None
    found = []
    ending = ending_of(scope, thread, party)
    if ending is not None:
        found.append(ending.at_us)
    if said.valid_until_us is not None:
        found.append(said.valid_until_us)
    asker = said.log.party
    for name in (("ended", asker, _flight(thread)), ("ended by name", asker, thread.key)):
        end = words.first(name, said)
        if end is not None and end.said is not None:
            found.append(written_us(end.said))
    return min(found, default=None)
