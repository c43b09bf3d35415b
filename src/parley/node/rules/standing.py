"""What stands beside the messages: objections, disowned actors, one-sided advisories (R19).

Rules:
- An objection is outstanding until it is agreed to or withdrawn; its outcome is one word.
- Disowning is one party's signed word with its scope; it says nothing about whose an actor is. That
  the same party has claimed the same actor is shown, never resolved.
- An advisory is its party's own view: it holds until its valid-until and makes no duty for anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from parley.node.entries import MessageAnswered
from parley.node.rules.outcomes import outcome_of
from parley.node.rules.replying import closing_answer
from parley.node.rules.threads import LINE_RULES, ending_of
from parley.node.state import Key, Scope, State, Thread, order_of
from parley.world.faults import InputFault
from parley.world.place import fold_name
from parley.world.time import parse_instant_us

ObjectionWord = Literal[
    "agreed", "refused", "withdrawn", "unanswered", "technical failure", "waiting"
]
_ACTOR_FIELDS = ("actor", "track", "flight", "scope")


class ObjectionAt(msgspec.Struct, frozen=True, kw_only=True):
    """How an objection stands with one addressee, with the reason where it was refused."""

    party: str
    word: ObjectionWord
    detail: str = ""


class ObjectionSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An objection; `outstanding`: somebody has not agreed to it and it was not withdrawn."""

    message: Key
    party: str
    what: str
    text: str
    since_us: int
    outstanding: bool
    at: tuple[ObjectionAt, ...]


class DisownedSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Actors that a party says are not its own, and where it has said otherwise (`claimed`)."""

    message: Key
    party: str
    whose: str
    scope: str
    text: str
    since_us: int
    from_us: int | None
    to_us: int | None
    holds: bool
    claimed: tuple[Key, ...]

    @property
    def contradicted(self) -> bool:
        """Whether the same party has claimed one of them as its own."""
        return bool(self.claimed)


class AdvisorySeen(msgspec.Struct, frozen=True, kw_only=True):
    """A one-sided advisory in force: whose it is, what it says, until when; nobody's duty."""

    message: Key
    party: str
    subject: str
    text: str
    fields: dict[str, str]
    since_us: int
    until_us: int | None
    one_sided: Literal[True] = True


def _threads(scope: Scope, message_type: str) -> Iterator[Thread]:
    """Yield the messages of a type with words, in reading order; none under earlier rules."""
    if scope.rules.version < LINE_RULES:
        return
    found = [scope.threads.get(key) for key in scope.index.by_type.get(message_type, ())]
    known = [thread for thread in found if thread is not None and thread.said is not None]
    yield from sorted(known, key=lambda each: order_of(each.said) if each.said else (0, "", 0))


def objections(state: State, scope: Scope, now_us: int) -> tuple[ObjectionSeen, ...]:
    """Return the objections under an agreement, oldest first, each with its outcome."""
    found = []
    for thread in _threads(scope, "objection"):
        assert thread.said is not None
        at = tuple(_objection_at(state, scope, thread, p, now_us) for p in thread.said.to)
        found.append(
            ObjectionSeen(
                message=thread.key,
                party=thread.said.log.party,
                what=thread.body.fields.get("what", thread.body.subject),
                text=thread.body.text,
                since_us=thread.said.issued_us,
                outstanding=any(each.word not in ("agreed", "withdrawn") for each in at),
                at=at,
            )
        )
    return tuple(found)


def _objection_at(
    state: State, scope: Scope, thread: Thread, party: str, now_us: int
) -> ObjectionAt:
    ending = ending_of(scope, thread, party)
    if ending is not None:
        return ObjectionAt(party=party, word="withdrawn", detail=ending.text)
    outcome = outcome_of(state, scope, thread, party, now_us)
    words: dict[str, ObjectionWord] = {
        "answered": "agreed",
        "refused": "refused",
        "technical failure": "technical failure",
        "waiting": "waiting",
    }
    # What has expired without an answer was never answered.
    word = words.get(outcome.word, "unanswered")
    return ObjectionAt(party=party, word=word, detail=outcome.detail)


def disowned(scope: Scope, now_us: int) -> tuple[DisownedSeen, ...]:
    """Return what parties have disowned under an agreement, oldest first."""
    return tuple(_disowned(scope, thread, now_us) for thread in _threads(scope, "disown"))


def _disowned(scope: Scope, thread: Thread, now_us: int) -> DisownedSeen:
    said, fields = thread.said, thread.body.fields
    assert said is not None
    from_us, to_us = window_of(fields)
    until_us = said.valid_until_us if to_us is None else to_us
    begun = from_us is None or from_us <= now_us
    over = ending_of(scope, thread) is not None or (until_us is not None and now_us > until_us)
    return DisownedSeen(
        message=thread.key,
        party=said.log.party,
        whose=fields.get("whose", ""),
        scope=fields.get("scope", ""),
        text=thread.body.text,
        since_us=said.issued_us,
        from_us=from_us,
        to_us=until_us,
        holds=begun and not over,
        claimed=_claimed(scope, said.log.party, fields),
    )


def _claimed(scope: Scope, party: str, fields: dict[str, str]) -> tuple[Key, ...]:
    """Return the questions in reply to which a party has called one of these actors its own."""
    actors = {fold_name(fields[name]) for name in _ACTOR_FIELDS if fields.get(name)}
    found = []
    for thread in _threads(scope, "identify.request"):
        asked = thread.body.fields.get("track") or thread.body.fields.get("flight") or ""
        closed = closing_answer(thread, party)
        if closed is None or not isinstance(closed.body, MessageAnswered):
            continue
        if fold_name(asked) in actors and closed.body.fields.get("whose") == "ours":
            found.append(thread.key)
    return tuple(found)


def advisories(scope: Scope, now_us: int) -> tuple[AdvisorySeen, ...]:
    """Return the one-sided advisories in force, oldest first."""
    found = []
    for thread in _threads(scope, "advisory"):
        said = thread.said
        assert said is not None
        over = said.valid_until_us is not None and now_us > said.valid_until_us
        if over or ending_of(scope, thread) is not None:
            continue
        found.append(
            AdvisorySeen(
                message=thread.key,
                party=said.log.party,
                subject=thread.body.subject,
                text=thread.body.text,
                fields=thread.body.fields,
                since_us=said.issued_us,
                until_us=said.valid_until_us,
            )
        )
    return tuple(found)


def window_of(fields: dict[str, str]) -> tuple[int | None, int | None]:
    """Return the window of a message's fields; what cannot be read is no window.

    >>> window_of({"window": "2026-01-01T00:00:00Z/2026-01-01T00:00:01Z"})
    (1767225600000000, 1767225601000000)
    """
    begin, slash, end = fields.get("window", "").partition("/")
    if not slash:
        return None, None
    try:
        return parse_instant_us(begin), parse_instant_us(end)
    except InputFault:
        return None, None
