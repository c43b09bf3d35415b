"""The texts of one agreement one after another: adopted by all, then each countersigned by all.

Rules:
- The first text is the one that every signatory had adopted at one instant; who adopts another
  later, by its own file, changes nothing.
- The next one is a proposal in the place of the text before, signed by two people of every
  signatory of both, and complete before it was to take effect. What comes too late has lapsed.
- All of it is a function of the logs alone, and the same at every node. Where two proposals for
  one place are both complete, the one counts that some signatory signed when the day of the other
  was past already; else the earlier effect, then the lower SHA-256. That is told.

What does not live here: what a person may do about texts (`texts`), who stands by them now and
until when they hold (`agreement_status`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import msgspec

from parley.node.agreement_bodies import (
    AgreementCountersigned,
    AgreementDeclined,
    AgreementProposed,
)
from parley.node.custody_bodies import ActSigned
from parley.node.entries import AgreementAdopted, Entry
from parley.node.rules.keyring import enrolment_of, operator_ended, operators_of
from parley.node.state import Key, Scope, State, key_of, rank_of, written_us
from parley.trust.bytes import sha256_hex
from parley.trust.statements import verify_act, verify_enrolment
from parley.world.agreement import Agreement, pinned
from parley.world.agreement_document import canonical_document
from parley.world.faults import Fault, InputFault

TERMS_SINCE = 4
"""The rules version from which agreements are acted on by signed entries."""
PEOPLE = 2
"""Of each party, to change an agreement (NORMS 4)."""


class TextInForce(msgspec.Struct, frozen=True, kw_only=True):
    """One text of an agreement, from when it holds, and who has agreed to it.

    Attributes:
        sha256: of the document.
        document: its exact text.
        agreement: as its document says; `valid` is not yet what renewals made of it.
        from_us: from when it holds; of the first text, since when all have adopted it.
        signed_us: since when it was complete.
        agreed_by: the parties that signed it, in order.
        proposal: where it was proposed; None for the first.
        evidence: the entries that make it so.
        rivals: complete proposals for the same place that do not count: a contradiction.
    """

    sha256: str
    document: str
    agreement: Agreement
    from_us: int
    signed_us: int
    agreed_by: tuple[str, ...]
    proposal: Key | None = None
    evidence: tuple[Key, ...] = ()
    rivals: tuple[Key, ...] = ()


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """How far a party is with signing a text: which entry, by whom, since when by two people."""

    party: str
    entry: Key | None = None
    people: tuple[str, ...] = ()
    signed_us: int | None = None
    evidence: tuple[Key, ...] = ()


# ---- documents ----------------------------------------------------------------------------------


def read_document(document: str) -> Agreement:
    """Return the agreement of a proposed document.

    One that is not its canonical JSON could be read in two ways: a name that comes twice, a number
    that another reader rounds.

    Raises:
        InputFault: it is none, or not written in the one way.
    """
    try:
        agreement = pinned(msgspec.json.decode(document, type=Agreement), document)
    except (InputFault, msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise InputFault(
            "agreement document", value=str(error)[:200], wanted="an agreement that can be read"
        ) from None
    again = canonical_document(agreement)
    if again != document:
        place = next((n for n, (a, b) in enumerate(zip(document, again, strict=False)) if a != b),
                     min(len(document), len(again)))  # fmt: skip
        raise InputFault(
            "agreement document",
            value=f"written otherwise from character {place}: {document[place : place + 40]!r}",
            wanted="its canonical JSON, each name once and in order",
            repair="let parley agreement propose write it",
        )
    return agreement


def _read(scope: Scope, sha256: str, document: str) -> Agreement | None:
    """Return the agreement of a proposed document, read once; None: it cannot be read."""
    known = scope.index.views.get("texts read")
    views = cast("dict[str, Agreement | None]", known[1] if known is not None else {})
    # Whoever gives a wrong hash must not stand in the way of who gives the right one.
    if sha256_hex(document.encode()) != sha256:
        return None
    if sha256 not in views:
        try:
            views[sha256] = read_document(document)
        except InputFault:
            views[sha256] = None
        scope.index.views["texts read"] = (None, views)
    return views[sha256]


def signatories(agreement: Agreement) -> tuple[str, ...]:
    """Return the parties that must sign a text; others are bound through one of them, or not."""
    return tuple(
        sorted(
            party.id
            for party in agreement.parties
            if party.standing == "signatory" and party.bound_through is None
        )
    )


def with_logs(agreement: Agreement) -> frozenset[str]:
    """Return the parties of a text that write logs of their own."""
    return frozenset(p.id for p in agreement.parties if p.bound_through is None)


def why_not_after(old: Agreement, new: Agreement) -> str:
    """Return why a text cannot come in the place of another, or nothing."""
    if new.id != old.id:
        return f"it is of agreement {new.id}"
    if new.rules_version != old.rules_version:
        return (
            f"it pins rules version {new.rules_version}: the logs are read by version "
            f"{old.rules_version}, and an agreement of another version is a new one"
        )
    if new.version <= old.version:
        return f"its version {new.version} is not above {old.version}"
    if with_logs(new) != with_logs(old):
        changed = ", ".join(sorted(with_logs(new) ^ with_logs(old)))
        return f"{changed} would come or go: who writes a log makes a new agreement"
    if new.asserted_by != old.asserted_by:
        return "an agreement does not become one side's assertion, nor the other way round"
    return "" if signatories(new) else "it has no signatory"


# ---- the first text -----------------------------------------------------------------------------


def base_of(scope: Scope) -> TextInForce | None:
    """Return the first text that all its signatories had adopted at one instant; None: none yet.

    By the times that their logs claim; a log never goes back behind its own.
    """
    if scope.rules.version < TERMS_SINCE:
        return None
    count = sum(len(acts) for acts in scope.adopted.values())
    known = scope.index.views.get("base text")
    if known is None or known[0] != count:
        known = (count, _base(scope))
        scope.index.views["base text"] = known
    return cast("TextInForce | None", known[1])


def _base(scope: Scope) -> TextInForce | None:
    told: list[tuple[int, str, int, Entry]] = []
    for party, acts in scope.adopted.items():
        reached_us = 0
        for place, entry in enumerate(sorted(acts.values(), key=rank_of)):
            reached_us = max(reached_us, written_us(entry))
            told.append((reached_us, party, place, entry))
    holds: dict[str, Entry] = {}
    for at_us, party, _, entry in sorted(told, key=lambda each: each[:3]):
        holds[party] = entry
        body = entry.body
        assert isinstance(body, AgreementAdopted)
        same = {p: e for p, e in holds.items() if _sha256(e) == body.sha256}
        agreement = _adopted_text(scope, body)
        signed = signatories(agreement) if agreement is not None else ()
        if agreement is None or not signed or not set(signed) <= set(same):
            continue
        return TextInForce(
            sha256=body.sha256,
            document=body.document,
            agreement=agreement,
            from_us=at_us,
            signed_us=at_us,
            agreed_by=tuple(sorted(same)),
            evidence=tuple(sorted(key_of(same[p]) for p in signed)),
        )
    return None


def _sha256(entry: Entry) -> str:
    return entry.body.sha256 if isinstance(entry.body, AgreementAdopted) else ""


def _adopted_text(scope: Scope, body: AgreementAdopted) -> Agreement | None:
    """Return an adopted text, read once; it need not be what its hash says."""
    known = scope.index.views.get("texts adopted")
    views = cast("dict[str, Agreement | None]", known[1] if known is not None else {})
    # Whoever gives a wrong hash must not stand in the way of who gives the right one.
    if sha256_hex(body.document.encode()) != body.sha256:
        return None
    if body.sha256 not in views:
        views[body.sha256] = _adopted(scope, body.document)
        scope.index.views["texts adopted"] = (None, views)
    return views[body.sha256]


def _adopted(scope: Scope, document: str) -> Agreement | None:
    try:
        agreement = pinned(msgspec.json.decode(document, type=Agreement), document)
    except (InputFault, msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    same = agreement.id == scope.agreement_id and agreement.rules_version == scope.rules.version
    return agreement if same else None


# ---- who has signed -----------------------------------------------------------------------------


def people_on_act(scope: Scope, key: Key) -> list[tuple[int, str, Key]]:
    """Return who of its writer's people signed an entry: when each first did, in order of time.

    A key that is revoked later undoes no signature on which others have relied since: the party's
    own log took it.
    """
    origin, index = key
    log = scope.logs.get(origin)
    if log is None or index >= log.tree.size:
        return []
    leaf = log.tree.leaf(index).hex()
    first: dict[str, tuple[int, Key]] = {}
    for entry in sorted(_signatures(scope, log.name.party).get(key, ()), key=rank_of):
        assert isinstance(entry.body, ActSigned)
        name = entry.body.operator
        if name not in first and _counts(scope, entry, key, leaf):
            first[name] = (written_us(entry), key_of(entry))
    return sorted((at_us, name, by) for name, (at_us, by) in first.items())


def _signatures(scope: Scope, party: str) -> dict[Key, list[Entry]]:
    acts = scope.acts_of("act.signed", party)
    name = f"texts signed {party}"
    known = scope.index.views.get(name)
    if known is None or known[0] != len(acts):
        found: dict[Key, list[Entry]] = {}
        for entry in acts.values():
            if entry.ref:
                found.setdefault(entry.ref[0].key, []).append(entry)
        known = (len(acts), found)
        scope.index.views[name] = known
    return cast("dict[Key, list[Entry]]", known[1])


def _counts(scope: Scope, entry: Entry, key: Key, leaf: str) -> bool:
    """Whether a person's signature is one of somebody enrolled at its place; looked at once."""
    people = tuple(
        len(scope.custody.get(f"operator.{what}", ())) for what in ("enrolled", "removed")
    )
    known = scope.index.views.get("texts counted")
    if known is None or known[0] != people:
        known = (people, {})
        scope.index.views["texts counted"] = known
    counted = cast("dict[tuple[Key, Key, str], bool]", known[1])
    name = (key_of(entry), key, leaf)
    if name not in counted:
        counted[name] = _verified(scope, entry, key, leaf)
    return counted[name]


def _verified(scope: Scope, entry: Entry, key: Key, leaf: str) -> bool:
    body = entry.body
    assert isinstance(body, ActSigned)
    found = operators_of(scope, entry.log.party, entry).get(body.operator)
    if found is None or operator_ended(found, entry.issued_us) or entry.by not in found.body.posts:
        return False
    try:
        own = verify_enrolment(enrolment_of(entry.log.party, found.body), found.body.possession)
        verify_act(own, *key, leaf, body.signature)
    except Fault:
        return False
    return True


def about(scope: Scope, proposal: Entry) -> list[Entry]:
    """Return the countersignatures and refusals that are of exactly this proposal, in order."""
    key = key_of(proposal)
    leaf = _leaf(scope, key)
    body = proposal.body
    assert isinstance(body, AgreementProposed)
    return sorted(
        (
            entry
            for entry in scope.terms.signed.get(key, {}).values()
            if isinstance(entry.body, AgreementCountersigned | AgreementDeclined)
            and entry.body.sha256 == body.sha256
            and entry.ref[0].leaf == leaf
        ),
        key=rank_of,
    )


def _leaf(scope: Scope, key: Key) -> str:
    log = scope.logs.get(key[0])
    return log.tree.leaf(key[1]).hex() if log is not None and key[1] < log.tree.size else ""


def signature_of(scope: Scope, proposal: Entry, party: str) -> Signature:
    """Return how far a party is with signing a proposal: the entry that is complete first."""
    acts = [e for e in about(scope, proposal)
            if e.log.party == party and isinstance(e.body, AgreementCountersigned)]  # fmt: skip
    if party == proposal.log.party:
        acts = [proposal]
    found = Signature(party=party)
    for entry in acts:
        people = people_on_act(scope, key_of(entry))
        known = Signature(party=party, entry=key_of(entry), people=tuple(p[1] for p in people))
        if len(people) >= PEOPLE:
            at_us = max(people[PEOPLE - 1][0], written_us(entry))
            evidence = (key_of(entry), *(p[2] for p in people[:PEOPLE]))
            known = msgspec.structs.replace(known, signed_us=at_us, evidence=evidence)
        if _further(known, found):
            found = known
    return found


def _further(one: Signature, other: Signature) -> bool:
    if one.signed_us is not None:
        return other.signed_us is None or one.signed_us < other.signed_us
    return other.signed_us is None and len(one.people) >= len(other.people)


# ---- one text after another ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a proposal: "open", "complete", "lapsed", "declined", "unreadable", "unfit".

    `complete_us`: since when two people of every signatory have signed it.
    """

    word: str
    why: str = ""
    signed: tuple[Signature, ...] = ()
    complete_us: int | None = None
    agreement: Agreement | None = None


def fate_of(scope: Scope, old: TextInForce, proposal: Entry, now_us: int | None = None) -> Fate:
    """Return what became of a proposal to take the place of a text.

    Args:
        scope: the record.
        old: the text that it would take the place of.
        proposal: the entry.
        now_us: what is open after its time has lapsed then; None: it is "open" for ever.
    """
    body = proposal.body
    assert isinstance(body, AgreementProposed)
    new = _read(scope, body.sha256, body.document)
    if new is None:
        return Fate("unreadable", "its document cannot be read here, or is not of its SHA-256")
    if why := _unfit(old, proposal, new):
        return Fate("unfit", why, agreement=new)
    signers = sorted({*signatories(old.agreement), *signatories(new)})
    signed = tuple(signature_of(scope, proposal, party) for party in signers)
    times = [each.signed_us for each in signed if each.signed_us is not None]
    complete_us = max(times) if len(times) == len(signers) else None
    declined = [
        entry
        for entry in about(scope, proposal)
        if isinstance(entry.body, AgreementDeclined) and entry.log.party in signers
        and (complete_us is None or written_us(entry) <= complete_us)
    ]  # fmt: skip
    if declined:
        who = ", ".join(dict.fromkeys(entry.log.party for entry in declined))
        return Fate("declined", f"by {who}", signed, complete_us, new)
    if complete_us is not None and complete_us > body.from_us:
        return Fate("lapsed", "complete only after it was to take effect", signed, complete_us, new)
    if complete_us is None:
        late = now_us is not None and now_us > body.from_us
        waits = ", ".join(s.party for s in signed if s.signed_us is None)
        word = "lapsed" if late else "open"
        return Fate(word, f"not signed by two people of {waits}", signed, None, new)
    return Fate("complete", "", signed, complete_us, new)


def _unfit(old: TextInForce, proposal: Entry, new: Agreement) -> str:
    body = proposal.body
    assert isinstance(body, AgreementProposed)
    if proposal.log.party not in signatories(old.agreement):
        return f"{proposal.log.party} is no signatory"
    if body.supersedes != old.sha256 or new.supersedes not in ("", old.sha256):
        return "it is to supersede another text"
    if body.version != new.version:
        return f"it is proposed as version {body.version} and says {new.version}"
    if body.from_us < old.from_us:
        return "it would take effect before the text that it supersedes"
    return why_not_after(old.agreement, new)


def stamp_of(scope: Scope) -> tuple[int, ...]:
    """Return what changes whenever an entry came that texts depend on; cheap."""
    terms = scope.terms
    return (
        sum(map(len, scope.adopted.values())),
        len(terms.proposed),
        sum(map(len, terms.signed.values())),
        sum(map(len, terms.renewed.values())),
        len(terms.declared),
        len(scope.custody.get("act.signed", ())),
        len(scope.custody.get("operator.enrolled", ())),
        len(scope.custody.get("operator.removed", ())),
    )


def chain_of(scope: Scope) -> tuple[TextInForce, ...]:
    """Return the texts of an agreement, the first one first; those to come too."""
    base = base_of(scope)
    if base is None:
        return ()
    if not scope.terms.proposed:
        return (base,)
    stamp = stamp_of(scope)
    known = scope.index.views.get("texts")
    if known is None or known[0] != stamp:
        known = (stamp, _chain(scope, base))
        scope.index.views["texts"] = known
    return cast("tuple[TextInForce, ...]", known[1])


def _chain(scope: Scope, base: TextInForce) -> tuple[TextInForce, ...]:
    by_place: dict[str, list[Entry]] = {}
    for entry in scope.terms.proposed.values():
        assert isinstance(entry.body, AgreementProposed)
        by_place.setdefault(entry.body.supersedes, []).append(entry)
    found = [base]
    # Each has a higher version than the one before: it ends.
    while True:
        last = found[-1]
        held = tuple(_complete(scope, last, by_place.get(last.sha256, ())))
        if not held:
            return tuple(found)
        overtaken = {text.proposal: _overtaken(scope, text, held) for text in held}
        complete = sorted(
            held,
            key=lambda t: (overtaken[t.proposal], t.from_us, t.sha256, t.proposal or ("", 0)),
        )
        # The same text twice is no contradiction.
        rivals = tuple(t.proposal for t in complete[1:]
                       if t.proposal is not None and t.sha256 != complete[0].sha256)  # fmt: skip
        found.append(msgspec.structs.replace(complete[0], rivals=rivals))


def _overtaken(scope: Scope, text: TextInForce, among: Iterable[TextInForce]) -> bool:
    """Whether one of its signatories signed another text for its place after its day was past.

    That one had lapsed then, by that party's own word: a last signature that is dated back, hours
    or months later, must not take the place from what all have signed since.
    """
    for other in among:
        proposal = scope.terms.proposed.get(other.proposal) if other.proposal is not None else None
        if proposal is None or other.proposal == text.proposal:
            continue
        signed = (signature_of(scope, proposal, party).signed_us for party in text.agreed_by)
        if any(at_us is not None and at_us > text.from_us for at_us in signed):
            return True
    return False


def _complete(scope: Scope, last: TextInForce, among: Iterable[Entry]) -> Iterable[TextInForce]:
    others = signatories(last.agreement)
    for entry in among:
        signed = {e.log.party for e in scope.terms.signed.get(key_of(entry), {}).values()}
        # Most proposals lack somebody's entry altogether: their documents are not even read.
        if not set(others) <= {*signed, entry.log.party}:
            continue
        fate = fate_of(scope, last, entry)
        if fate.word != "complete" or fate.agreement is None or fate.complete_us is None:
            continue
        body = entry.body
        assert isinstance(body, AgreementProposed)
        yield TextInForce(
            sha256=body.sha256,
            document=body.document,
            agreement=fate.agreement,
            from_us=body.from_us,
            signed_us=fate.complete_us,
            agreed_by=tuple(each.party for each in fate.signed),
            proposal=key_of(entry),
            evidence=tuple(sorted({k for each in fate.signed for k in each.evidence})),
        )


def text_in_chain(scope: Scope, at_us: int) -> TextInForce | None:
    """Return the text of an agreement at an instant; None: none is agreed by then."""
    return next((text for text in reversed(chain_of(scope)) if text.from_us <= at_us), None)


# ---- what each party holds ----------------------------------------------------------------------


def held_text(scope: Scope, party: str) -> str | None:
    """Return the SHA-256 of the first text as a party has adopted it; None: it has adopted none.

    That of what all agreed on where it is one of them, else that of its newest adoption. A text
    that was countersigned later does not change it: by this one peers find that they speak of one
    agreement, even while a signature is still on its way.
    """
    base = base_of(scope)
    if base is not None and _took(scope, base, party):
        return base.sha256
    newest = scope.adopted_by(party)
    return newest.sha256 if newest is not None else None


def _took(scope: Scope, base: TextInForce, party: str) -> bool:
    """Whether a party adopted the first text, or one that came in its place."""
    if party in base.agreed_by:
        return True
    texts = {text.sha256 for text in chain_of(scope)}
    acts = scope.adopted.get(party, {}).values()
    return any(isinstance(e.body, AgreementAdopted) and e.body.sha256 in texts for e in acts)


def named_text(state: State, agreement_id: str) -> str:
    """Return the SHA-256 by which this node names its text of an agreement to a peer.

    The first text of the agreement, at both ends and whatever was countersigned since: a peer that
    lacks the last signature must not look like one with another agreement.
    """
    scope = state.scopes.get(agreement_id)
    base = base_of(scope) if scope is not None else None
    return (
        base.sha256
        if base is not None
        else sha256_hex(state.identity.documents[agreement_id].encode())
    )
