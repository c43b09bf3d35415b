"""How far a message of ours came: held by an addressee, put before a person; and what did not.

Rules:
- Held is what the addressee's own receipt, cosignature or later entry says; the rest is not known.
- A message that was not held, or not displayed, in its class's time is written down by its sender's
  node as a technical failure, with what was measured of the link: it is neither refused nor
  unanswered, and nobody's silence.
- Nothing is written about what is closed, over or expired.
"""

from __future__ import annotations

from typing import Literal

from parley.node.entries import Draft, Entry
from parley.node.line_bodies import MessageUndelivered
from parley.node.rules.agreement_status import agreement_at
from parley.node.rules.peering import link_state
from parley.node.rules.threads import LINE_RULES, ending_of, expired
from parley.node.state import Scope, State, Thread, key_of, written_us
from parley.world.agreement import Agreement
from parley.world.clauses import Bearer
from parley.world.norms import class_norms, known_type, norms

Known = Literal["yes", "no", "unknown"]
Duty = Literal["stored", "displayed"]
_MESSAGE_BYTES = 2_048
"""A message with its checkpoint on the wire, rounded up."""


def held_by(state: State, scope: Scope, entry: Entry, party: str) -> Known:
    """Return whether a party holds an entry: it wrote it, gave a receipt, or has seen it.

    For another party's entry that is only known from what the party wrote later.
    """
    if party in (state.party, entry.log.party):
        return "yes"
    origin, index = key_of(entry)
    if _receipted(state, origin, index, party):
        return "yes"
    logs = (log for log in scope.logs.values() if log.name.party == party)
    if any(origin in log.seen and log.seen[origin].size > index for log in logs):
        return "yes"
    return "no" if entry.log.party == state.party else "unknown"


def _receipted(state: State, origin: str, index: int, party: str) -> bool:
    links = state.links
    if links.receipt(origin, party, index) is not None:
        return True
    if index in links.received_ahead.get((origin, party), {}):
        return True
    newest = links.received.get(origin, {}).get(party)
    if newest is not None and newest[0] == index:
        return True
    session = links.proven(party)
    return session is not None and session.confirmed.get(origin, 0) > index


def held_message(state: State, scope: Scope, thread: Thread, party: str) -> Known:
    """Return whether an addressee holds a message: what it wrote about it says so, too."""
    assert thread.said is not None
    if party in thread.displayed:
        return "yes"
    held = held_by(state, scope, thread.said, party)
    return "yes" if held != "yes" and _wrote_of_it(thread, party) else held


def _wrote_of_it(thread: Thread, party: str) -> bool:
    return any(entry.log.party == party for entry in thread.answers.values())


def link_allowance_us(agreement: Agreement | None, line: str) -> int:
    """Return what the bearer of a line adds to the clocks of NORMS 2: there and back.

    >>> link_allowance_us(None, "L1")
    1000000
    """
    for clause in agreement.clauses if agreement is not None else ():
        if isinstance(clause, Bearer) and clause.line in ("", line):
            sending_s = 8.0 * _MESSAGE_BYTES / clause.rate_bps if clause.rate_bps else 0.0
            return round((2.0 * clause.delay_s + sending_s) * 1_000_000)
    return round(norms().bearer.link_s * 1_000_000)


def duties(state: State, scope: Scope, thread: Thread) -> list[tuple[Duty, int]]:
    """Return by when a message is to be held and displayed; a machine's test is shown to nobody."""
    if thread.said is None or scope.rules.version < LINE_RULES:
        return []
    clocks = class_norms(thread.body.message_class)
    agreement = agreement_at(state, scope.agreement_id, thread.said.issued_us)
    link_us = link_allowance_us(agreement, thread.body.line)
    since_us = thread.said.issued_us + link_us
    found: list[tuple[Duty, int]] = [("stored", since_us + clocks.stored_s * 1_000_000)]
    kind = known_type(thread.body.message_type)
    if clocks.displayed_s is not None and not (kind is not None and kind.machine):
        found.append(("displayed", since_us + clocks.displayed_s * 1_000_000))
    return found


def undelivered(
    state: State, scope: Scope, thread: Thread, party: str, closed: Entry | None, now_us: int
) -> list[Draft]:
    """Return the entry that an own message was not held, or not displayed, by an addressee in time.

    What was not held in time was not displayed either: that is one failure, written once.
    """
    assert thread.said is not None
    due = [each for each in duties(state, scope, thread) if now_us > each[1]]
    if not due or closed is not None or expired(thread, now_us):
        return []
    if ending_of(scope, thread, party) is not None:
        return []
    known = scope.line.undelivered.get(thread.key, {})
    if (party, "stored") in known:
        return []
    held = held_message(state, scope, thread, party) == "yes"
    for duty, due_us in due:
        done = held if duty == "stored" else not held or party in thread.displayed
        if done or (party, duty) in known or _wrote_of_it(thread, party):
            continue
        return [_undelivered(state, scope, thread, party, duty, due_us, now_us)]
    return []


def _undelivered(
    state: State, scope: Scope, thread: Thread, party: str, duty: Duty, due_us: int, now_us: int
) -> Draft:
    link, _ = link_state(state, party, now_us)
    word: Literal["up", "down", "unknown"] = "unknown"
    if link in ("up", "down"):
        word = "up" if link == "up" else "down"
    return Draft(
        agreement=scope.agreement_id,
        by="system",
        to=(party,),
        ref=(state.reference(thread.key),),
        audience=thread.said.audience if thread.said is not None else None,
        body=MessageUndelivered(duty=duty, party=party, due_us=due_us, link=word),
    )


def failed(scope: Scope, thread: Thread, party: str, duty: str) -> Entry | None:
    """Return the sender's entry that a message did not get so far in time, if there is one.

    One that was written before that time can have passed says nothing.
    """
    entry = scope.line.undelivered.get(thread.key, {}).get((party, duty))
    clocks = class_norms(thread.body.message_class)
    within_s = clocks.stored_s if duty == "stored" else clocks.displayed_s
    if entry is None or thread.said is None or within_s is None:
        return None
    due_us = thread.said.issued_us + within_s * 1_000_000
    return entry if written_us(entry) > due_us else None
