"""Agreements: which text each party has adopted, and what binds whom.

Rule: a text binds two parties only if both have adopted the same SHA-256; what one side alone
asserts never creates a duty for the other.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TypeVar

from parley.node.entries import AgreementAdopted, Continues, Draft, Entry, LogName, LogOpened
from parley.node.inputs import Act
from parley.node.line_bodies import ActRefused
from parley.node.rules.text_chain import base_of, chain_of, held_text
from parley.node.state import Scope, State, rank_of
from parley.trust.bytes import sha256_hex
from parley.world.agreement import Agreement, Line
from parley.world.clauses import Acknowledgement, Clause
from parley.world.faults import InputFault, nearest
from parley.world.limits import NAME_CHARACTERS_MAX
from parley.world.time import datetime_from_us

OWN_POSTS_SINCE = 3
"""The rules version from which an act must be done at a post that the agreement names."""
REFUSED_AGAIN_US = 60 * 1_000_000
APPLIES_SINCE = 4
"""The rules version from which a clause is about nobody but whom its `applies_to` names."""
ZONE_FIELDS = ("zone", "area", "corridor")
_REFUSED_KEPT_MAX = 64
_WHY_CHARACTERS = 300


class NotOurPost(InputFault):
    """An act in the name of a post that the agreement does not name for this party."""

    def __init__(self, what: str, *, value: str, wanted: str, repair: str, agreement: str) -> None:
        super().__init__(what, value=value, wanted=wanted, repair=repair)
        self.agreement = agreement


def adopted_agreement(state: State, agreement_id: str) -> Agreement:
    """Return an agreement that this party has adopted.

    Raises:
        InputFault: it has not; the repair names the nearest.
    """
    agreement = state.agreement(agreement_id)
    if agreement is None:
        known = sorted(state.agreements)
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


_Kind = TypeVar("_Kind", bound=Clause)


def clauses_for(
    agreement: Agreement,
    kind: type[_Kind],
    parties: tuple[str, ...],
    at_us: int | None,
    *,
    fields: Mapping[str, str] | None = None,
) -> list[_Kind]:
    """Return the clauses of a kind that any of these parties owes at an instant, in their order.

    Of aircraft classes nothing is known here: a clause for some of them counts.

    Args:
        agreement: whose clauses; before rules version 4 all of the kind are owed by everybody.
        kind: their type.
        parties: who would owe them.
        at_us: when; None: at any time.
        fields: of the message that it is about, for clauses about some zones; None: they count.
    """
    found: list[_Kind] = [clause for clause in agreement.clauses if isinstance(clause, kind)]
    if agreement.rules_version < APPLIES_SINCE:
        return found
    return [clause for clause in found if _owed(clause, parties, at_us, fields)]


def _owed(
    clause: Clause, parties: tuple[str, ...], at_us: int | None, fields: Mapping[str, str] | None
) -> bool:
    to = clause.applies_to
    if to.parties and not set(to.parties) & set(parties):
        return False
    if at_us is not None and not (
        (to.from_us is None or to.from_us <= at_us) and (to.to_us is None or at_us < to.to_us)
    ):
        return False
    named = {fields.get(name) for name in ZONE_FIELDS} if fields is not None else set()
    return not to.zones or fields is None or bool(named & set(to.zones))


def own_posts(agreement: Agreement, party: str) -> tuple[str, ...]:
    """Return the posts that a party has by its own list and at its ends of lines, the lowest first.

    Empty where its list names none: an end of a line alone does not say who is above it.
    """
    listed = next((each.posts for each in agreement.parties if each.id == party), ())
    ends = (e.post for line in agreement.lines for e in line.ends if e.party == party)
    return tuple(dict.fromkeys((*listed, *ends))) if listed else ()


def posts_of(agreement: Agreement, party: str) -> tuple[str, ...]:
    """Return the posts that an agreement names for a party: in escalation order, then the others.

    Beside the party's own list these are its ends of lines, and whom a clause calls when nobody
    answers: such a clause names duties that every party has.
    """
    known = [post for each in agreement.parties if each.id == party for post in each.posts]
    known += [end.post for line in agreement.lines for end in line.ends if end.party == party]
    for clause in agreement.clauses:
        if isinstance(clause, Acknowledgement):
            known += [step.post for step in clause.escalate]
    return tuple(dict.fromkeys(known))


def check_own_post(agreement: Agreement, party: str, post: str) -> None:
    """Check that an act is done in the name of a post that the agreement names for this party.

    Nobody acts for another post (NORMS 4). Before rules version 3 an agreement named posts only for
    the ladder, and any name would do.

    Args:
        agreement: whose posts.
        party: who acts.
        post: as the act says.

    Raises:
        InputFault: another post; the repair names the nearest.
    """
    known = posts_of(agreement, party)
    if agreement.rules_version < OWN_POSTS_SINCE or post in known:
        return
    close = nearest(post, list(known))
    raise NotOurPost(
        f"post of {party}",
        value=post,
        wanted=f"one that {agreement.id} names for {party}: {', '.join(known) or 'none'}",
        repair=f"did you mean {close!r}?" if close else "act at your own post, or amend the text",
        agreement=agreement.id,
    )


def note_refused(state: State, act: Act, fault: NotOurPost) -> None:
    """Remember an act that was refused for its post until `refusals` drafts its entry."""
    if len(state.refused_acts) < _REFUSED_KEPT_MAX:
        name = str(type(act).__struct_config__.tag)
        state.refused_acts[(fault.agreement, name, act.post)] = str(fault)


def refusals(state: State, now_us: int) -> list[Draft]:
    """Return the private entries of acts in another's name that were refused at this node.

    The same slip again within a minute is not written twice: a program that repeats itself must not
    fill the log.
    """
    drafts = []
    for (agreement, act, name), why in sorted(state.refused_acts.items()):
        post = _short(name)
        written = [
            entry.issued_us
            for entry in state.scope(agreement).line.refused.values()
            if isinstance(entry.body, ActRefused)
            and (entry.body.act, entry.body.post) == (act, post)
        ]
        if now_us - max(written, default=now_us - REFUSED_AGAIN_US) >= REFUSED_AGAIN_US:
            body = ActRefused(act=act, post=post, why=why[:_WHY_CHARACTERS])
            drafts.append(Draft(agreement=agreement, by="system", body=body))
    state.refused_acts.clear()
    return drafts


def _short(post: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in post)[:NAME_CHARACTERS_MAX]


def openings(state: State, now_us: int) -> list[Draft]:
    """Return what opens the line logs of the year that this party has not opened yet.

    A log that is there and holds nothing is evidence that nothing was said in it; a log that is not
    there is none. At the turn of the year this closes the old log, too.
    """
    drafts = []
    year = datetime_from_us(now_us).year
    for name in sorted(state.agreements):
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


@functools.lru_cache(maxsize=256)
def _sha256_of(document: str) -> str:
    return sha256_hex(document.encode())


def adoptions(state: State) -> list[Draft]:
    """Return the entries by which this party adopts the agreements it was started with.

    Once all signatories have adopted one text (rules version 4), another in our file changes
    nothing: from then on texts are proposed and countersigned.
    """
    drafts = []
    for name, agreement in sorted(state.identity.agreements.items()):
        document = state.identity.documents[name]
        sha256 = _sha256_of(document)
        scope = state.scope(name)
        base = base_of(scope)
        if base is not None:
            texts = {text.sha256 for text in chain_of(scope)}
            wanted = sha256 in texts and held_text(scope, state.party) != base.sha256
        else:
            known = scope.adopted_by(state.party)
            wanted = known is None or known.sha256 != sha256
        if wanted:
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
    """Return the parties whose text this is, in order: their newest adoption, or the first text."""
    return tuple(party for party in sorted(scope.adopted) if held_text(scope, party) == sha256)


def binding_agreements(state: State, *parties: str) -> list[Agreement]:
    """Return the agreements that bind all these parties: adopted, same text, by each of them.

    A party without a node (bound through another) is bound by the adoption of the one it is bound
    through.
    """
    found = []
    for name, agreement in sorted(state.agreements.items()):
        if not agreement.binds(*parties):
            continue
        own = held_text(state.scope(name), state.party)
        agreed = agreed_by(state.scope(name), own) if own is not None else ()
        answerable = {agreement.party(p).bound_through or p for p in parties}
        if answerable <= set(agreed):
            found.append(agreement)
    return found
