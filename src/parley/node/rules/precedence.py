"""Precedence of two intents that overlap: what the agreement says, or that it goes to the line.

Rules:
- The `priority` clause of the agreement that binds both decides, by the priority that each party
  gave its own intent: its own word, and cited as such. No clause, a priority that the clause does
  not name, or the same one: a tie, which people settle on the line.
- An intent over its party's limits comes after one that is not.
- A tie is settled by a `resolution.propose` that names both versions and who gives way, once the
  other party has answered WILCO. Nothing else settles it, and a new version is not settled.
"""

from __future__ import annotations

import msgspec

from parley.node.entries import MessageSaid
from parley.node.rules.intent_record import IntentView
from parley.node.rules.replying import closing_answer
from parley.node.state import Key, Scope, Thread, order_of
from parley.world.agreement import Agreement
from parley.world.clauses import Priority

SETTLES = "resolution.propose"
GIVES_WAY, GOES_FIRST = "gives_way", "goes_first"
"""The fields of a proposal that settles a tie: each names an intent as PARTY/ID.VERSION."""


class Precedence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of two intents goes first, and why; both empty is a tie.

    `line`: to which a tie goes. `settled_by`: the proposal that the other party took.
    """

    goes_first: str
    gives_way: str
    why: str
    clause: str | None = None
    line: str | None = None
    settled_by: Key | None = None

    @property
    def text(self) -> str:
        """In one line, the same words at both parties."""
        if not self.goes_first:
            return f"tie: goes to the line {self.line or '(there is none)'}; {self.why}"
        by = f"clause {self.clause}: " if self.clause else ""
        return f"{self.goes_first} goes first, {self.gives_way} gives way; {by}{self.why}"


def name_of(view: IntentView) -> str:
    """Return how one version of an intent is named everywhere: PARTY/ID.VERSION."""
    return f"{view.party}/{view.intent.id}.{view.intent.version}"


def precedence(
    agreement: Agreement | None, scope: Scope, one: IntentView, other: IntentView
) -> Precedence:
    """Return the precedence of two intents of different parties; the same whichever is named first.

    Args:
        agreement: as in force; None where there is none.
        scope: its record, for what was settled on the line.
        one: the one.
        other: the other.
    """
    first, second = sorted((one, other), key=name_of)
    line = _line_of(agreement, first.party, second.party)
    settled = _settled(scope, first, second)
    if settled is not None:
        goes_first, key = settled
        gives_way = second if goes_first is first else first
        return Precedence(
            goes_first=name_of(goes_first),
            gives_way=name_of(gives_way),
            why=f"agreed on the line: {gives_way.party} gives way",
            line=line,
            settled_by=key,
        )
    if bool(first.over_limit) != bool(second.over_limit):
        ahead, behind = (second, first) if first.over_limit else (first, second)
        return Precedence(
            goes_first=name_of(ahead),
            gives_way=name_of(behind),
            why=f"{name_of(behind)} is over the limit: no precedence",
            line=line,
        )
    return _by_clause(agreement, first, second, line)


def _by_clause(
    agreement: Agreement | None, first: IntentView, second: IntentView, line: str | None
) -> Precedence:
    clauses = _clauses(agreement, first.party, second.party)
    said = " and ".join(
        f"{view.intent.priority!r} by {view.party}'s own word" for view in (first, second)
    )
    if not clauses:
        why = f"no clause on priority binds {first.party} and {second.party}; {said}"
        return Precedence(goes_first="", gives_way="", why=why, line=line)
    clause = clauses[0]
    places = [
        clause.order.index(view.intent.priority) if view.intent.priority in clause.order else None
        for view in (first, second)
    ]
    unknown = [
        view.intent.priority
        for view, place in zip((first, second), places, strict=True)
        if place is None
    ]
    if unknown or places[0] is None or places[1] is None:
        why = f"clause {clause.id} does not name {' nor '.join(map(repr, unknown))}; {said}"
        return Precedence(goes_first="", gives_way="", why=why, clause=clause.id, line=line)
    if places[0] == places[1]:
        why = f"the same priority; {said}"
        return Precedence(goes_first="", gives_way="", why=why, clause=clause.id, line=line)
    ahead, behind = (first, second) if places[0] < places[1] else (second, first)
    return Precedence(
        goes_first=name_of(ahead), gives_way=name_of(behind), why=said, clause=clause.id, line=line
    )


def _clauses(agreement: Agreement | None, *parties: str) -> list[Priority]:
    """Return the clauses on priority that bind both parties."""
    if agreement is None or not agreement.binds(*parties):
        return []
    return [
        clause
        for clause in agreement.clauses
        if isinstance(clause, Priority)
        and (not clause.applies_to.parties or set(parties) <= set(clause.applies_to.parties))
    ]


def _line_of(agreement: Agreement | None, *parties: str) -> str | None:
    """Return the first line that has both parties at its ends."""
    lines = agreement.lines if agreement is not None else ()
    return next((line.id for line in lines if set(parties) <= set(line.parties)), None)


def _settled(scope: Scope, first: IntentView, second: IntentView) -> tuple[IntentView, Key] | None:
    """Return who goes first by the newest proposal of one that the other took."""
    names = {name_of(first): first, name_of(second): second}
    found = []
    for key in scope.index.by_type.get(SETTLES, ()):
        thread = scope.threads[key]
        if thread.said is None or not isinstance(thread.said.body, MessageSaid):
            continue
        fields = thread.said.body.fields
        way, ahead = fields.get(GIVES_WAY, ""), fields.get(GOES_FIRST, "")
        if {way, ahead} != set(names):
            continue
        taken = _taken(thread, {first.party, second.party})
        if taken is not None:
            found.append((taken, names[ahead], key))
    if not found:
        return None
    _, goes_first, key = max(found, key=lambda each: (each[0], each[2]))
    return goes_first, key


def _taken(thread: Thread, parties: set[str]) -> tuple[int, str, int] | None:
    """Return when the other one of two parties took a proposal of the one, or None."""
    said = thread.said
    if said is None or said.log.party not in parties:
        return None
    (other,) = parties - {said.log.party}
    answer = closing_answer(thread, other)
    body = answer.body if answer is not None else None
    if answer is None or getattr(body, "answer", "") != "WILCO":
        return None
    return order_of(answer)
