"""Agreements: which text each party has adopted, and what binds whom.

Rule: a text binds two parties only if both have adopted the same SHA-256; what one side alone
asserts never creates a duty for the other.
"""

from __future__ import annotations

from parley.node.entries import AgreementAdopted, Continues, Draft, Entry, LogName, LogOpened
from parley.node.state import Scope, State, rank_of
from parley.trust.bytes import sha256_hex
from parley.world.agreement import Agreement, Line
from parley.world.faults import InputFault, nearest
from parley.world.time import datetime_from_us


def adopted_agreement(state: State, agreement_id: str) -> Agreement:
    """Return an agreement that this party has adopted.

    Raises:
        InputFault: it has not; the repair names the nearest.
    """
    agreement = state.agreement(agreement_id)
    if agreement is None:
        known = sorted(state.identity.agreements)
        close = nearest(agreement_id, known)
        raise InputFault(
            "agreement",
            value=agreement_id,
            wanted=f"one of {', '.join(known)}",
            repair=f"did you mean {close!r}?" if close else "",
        )
    return agreement


def line_of(agreement: Agreement, line_id: str) -> Line:
    """Return a line of an agreement.

    Raises:
        InputFault: it has no such line; the repair names the nearest.
    """
    for line in agreement.lines:
        if line.id == line_id:
            return line
    known = [line.id for line in agreement.lines]
    close = nearest(line_id, known)
    raise InputFault(
        f"line of {agreement.id}",
        value=line_id,
        wanted=f"one of {', '.join(known) or 'none'}",
        repair=f"did you mean {close!r}?" if close else "",
    )


def openings(state: State, now_us: int) -> list[Draft]:
    """Return what opens the line logs of the year that this party has not opened yet.

    A log that is there and holds nothing is evidence that nothing was said in it; a log that is not
    there is none. At the turn of the year this closes the old log, too.
    """
    drafts = []
    year = datetime_from_us(now_us).year
    for name in sorted(state.identity.agreements):
        scope = state.scope(name)
        known = scope.index.views.get("line opened")
        done = (year, len(state.abandoned))
        if not scope.rules.sealed or (known is not None and known[0] == done):
            continue
        log = state.own_log(name, "line", year)
        if state.log(log.origin).tree.size:
            scope.index.views["line opened"] = (done, log)
        else:
            drafts.append(Draft(agreement=name, by="system", body=opening_of(state, log), log=log))
    return drafts


def opening_of(state: State, log: LogName, continues: Continues | None = None) -> LogOpened:
    """Return the first entry of an own log: whose it is, its keys, what it goes on from."""
    keys = state.identity.keys
    version = state.scope(log.agreement).rules.version
    named = {
        "log": keys.log.verifier.vkey,
        "mirror": keys.mirror.verifier.vkey,
        "link": keys.link.verifier.vkey,
    }
    if version > 1:
        named |= {"witness": keys.witness.verifier.vkey, "seal": keys.seal.digest}
        if keys.next_sha256 is not None:
            named["next"] = keys.next_sha256
    return LogOpened(
        agreement=log.agreement,
        kind=log.kind,
        year=log.year,
        keys=named,
        rules_version=version,
        continues=continues if version > 1 else None,
        instance=state.instance if version > 1 else "",
    )


def superseded_by(state: State) -> Entry | None:
    """Return the takeover by another node of our own party, if one stands: it writes, and not we.

    The newest takeover counts. Whoever finds that its own store did not make it must not sign: two
    nodes that write one log fork it, however honest both are.
    """
    own = [
        entry
        for scope in state.scopes.values()
        for entry in scope.opened.values()
        if entry.log.party == state.party
        and isinstance(entry.body, LogOpened)
        and entry.body.continues is not None
        and entry.body.continues.why == "takeover"
    ]
    newest = max(own, key=rank_of, default=None)
    if newest is None or not isinstance(newest.body, LogOpened):
        return None
    mine = newest.body.instance in ("", state.instance)
    return None if mine or not state.instance else newest


def adoptions(state: State) -> list[Draft]:
    """Return the entries by which this party adopts the agreements it was started with."""
    drafts = []
    for name, agreement in sorted(state.identity.agreements.items()):
        document = state.identity.documents[name]
        sha256 = sha256_hex(document.encode())
        known = state.scope(name).adopted_by(state.party)
        if known is None or known.sha256 != sha256:
            drafts.append(
                Draft(
                    agreement=name,
                    by="system",
                    body=AgreementAdopted(
                        agreement=name,
                        version=agreement.version,
                        sha256=sha256,
                        document=document,
                    ),
                )
            )
    return drafts


def agreed_by(scope: Scope, sha256: str) -> tuple[str, ...]:
    """Return the parties whose newest adoption is this text, in order."""
    return tuple(
        party
        for party in sorted(scope.adopted)
        if (newest := scope.adopted_by(party)) is not None and newest.sha256 == sha256
    )


def binding_agreements(state: State, *parties: str) -> list[Agreement]:
    """Return the agreements that bind all these parties: adopted, same text, by each of them.

    A party without a node (bound through another) is bound by the adoption of the one it is bound
    through.
    """
    found = []
    for name, agreement in sorted(state.identity.agreements.items()):
        if not agreement.binds(*parties):
            continue
        own = state.scope(name).adopted_by(state.party)
        agreed = agreed_by(state.scope(name), own.sha256) if own else ()
        answerable = {agreement.party(p).bound_through or p for p in parties}
        if answerable <= set(agreed):
            found.append(agreement)
    return found
