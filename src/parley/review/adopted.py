"""Which text of an agreement the logs themselves adopt, and what it says about the logs."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from parley.node.entries import AgreementAdopted, Entry
from parley.review.times import LogPart
from parley.world.agreement import Agreement, pinned
from parley.world.clauses import ExclusiveChannel
from parley.world.faults import Fault


def exclusive_channel(agreement: Agreement) -> ExclusiveChannel | None:
    """Return the clause that makes the logs the only channel, None without one that says so."""
    if agreement.asserted_by:
        return None
    for clause in agreement.clauses:
        if isinstance(clause, ExclusiveChannel) and clause.value:
            return clause
    return None


def adopted_agreement(parts: Iterable[LogPart], agreement_id: str) -> Agreement | None:
    """Return the text that every party of an agreement has adopted last in these logs, or None.

    A party that is bound through another adopts by that other.
    """
    newest: dict[str, AgreementAdopted] = {}
    for part in sorted(parts, key=lambda each: (each.name.year, each.name.incarnation)):
        if part.name.agreement != agreement_id:
            continue
        for entry in part.entries:
            if isinstance(entry, Entry) and isinstance(entry.body, AgreementAdopted):
                newest[part.name.party] = entry.body
    texts = {body.document for body in newest.values() if body.agreement == agreement_id}
    if len(texts) != 1:
        return None
    try:
        text = texts.pop()
        agreement = pinned(msgspec.json.decode(text, type=Agreement), text)
    except (msgspec.MsgspecError, Fault, ValueError, RecursionError):
        return None
    answerable = {party.bound_through or party.id for party in agreement.parties}
    return agreement if agreement.id == agreement_id and answerable <= set(newest) else None


def amended(parts: Iterable[LogPart], agreement_id: str) -> bool:
    """Whether somebody countersigned another text of an agreement since it was adopted.

    Which text then held when, these logs may show (`node.rules.text_chain`), but not to whoever
    reads adoptions alone: what rests on one clause of the adopted text must not be decided by it.
    """
    return any(
        isinstance(entry, Entry) and entry.type == "agreement.countersigned"
        for part in parts
        if part.name.agreement == agreement_id
        for entry in part.entries
    )
