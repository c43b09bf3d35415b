"""Agreements as the page, the API and the command line show them: texts, who signed, who stands by.

Only reading. What peers wrote (reasons, titles) is escaped by whoever prints it.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

import msgspec

from parley.app.agreement_summary import summary_lines
from parley.node.agreement_bodies import AgreementDeclined, AgreementProposed
from parley.node.entries import Entry, log_name
from parley.node.rules.agreement_ground import AgreementsFight, fighting
from parley.node.rules.agreement_status import (
    PartyStatus,
    TextView,
    duty_stands,
    holds_all,
    status_of,
    text_at,
    validity_of,
)
from parley.node.rules.text_chain import (
    PEOPLE,
    Signature,
    TextInForce,
    about,
    chain_of,
    fate_of,
)
from parley.node.state import Key, Scope, State, key_of, written_us
from parley.trust.bytes import sha256_hex
from parley.world.agreement import Agreement
from parley.world.faults import InputFault
from parley.world.norms import norms
from parley.world.time import format_second
from parley.world.units import MICROSECONDS_PER_SECOND

LINES_MAX = 1_000
"""Sentences of a text that are compared with those of another."""
PROPOSALS_MAX = 64
"""Proposals that are shown of one agreement, the newest; the logs hold them all."""


class VersionShown(msgspec.Struct, frozen=True, kw_only=True):
    """One text of an agreement, or one proposed: what became of it, and who signed.

    Attributes:
        word: "in force", "to come", "superseded"; of a proposal that does not count "open",
            "lapsed", "declined", "unfit", "unreadable", or "CONTRADICTS" one that does.
        known_by: the parties that are known here to hold all signatures.
        short_notice: whether its day was nearer than the norms' notice when it was proposed.
    """

    version: int
    sha256: str
    word: str
    from_us: int
    why: str = ""
    to_us: int | None = None
    proposal: Key | None = None
    proposed_by: str = ""
    proposed_us: int | None = None
    reason: str = ""
    short_notice: bool = False
    signed: tuple[Signature, ...] = ()
    agreed_by: tuple[str, ...] = ()
    known_by: tuple[str, ...] = ()


class PartyShown(msgspec.Struct, frozen=True, kw_only=True):
    """A party: its standing, where it stands by its own acts, and whether duties are on it."""

    party: str
    name: str
    standing: str
    role: str
    bound_through: str
    status: PartyStatus
    duty: bool
    why: str


class ActorShown(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom the text speaks of and who is no party; `answers` "" is nobody."""

    name: str
    standing: str
    answers: str
    contested_by: tuple[str, ...]
    text: str


class AgreementShown(msgspec.Struct, frozen=True, kw_only=True):
    """One agreement as it stands: what is in force for us and until when, and all about it.

    Attributes:
        word: as `TextView`: "in force", "asserted", "not agreed", "ended".
        file: whether our own file holds the text in force, an older one, or one never agreed.
        unanswered: actors for whom nobody answers.
        contradictions: with other agreements in force.
    """

    agreement: str
    title: str
    version: int
    rules_version: int
    word: str
    why: str
    from_us: int | None
    until_us: int | None
    review_us: int | None
    renewal: str
    asserted_by: tuple[str, ...]
    file: str
    versions: tuple[VersionShown, ...]
    parties: tuple[PartyShown, ...]
    actors: tuple[ActorShown, ...]
    unanswered: tuple[str, ...]
    contradictions: tuple[AgreementsFight, ...]


class ProposalShown(msgspec.Struct, frozen=True, kw_only=True):
    """A proposed text: how far it got, its exact document, and what it changes, in sentences."""

    agreement: str
    text: VersionShown
    document: str
    changes: tuple[str, ...]


def agreements_view(state: State, now_us: int) -> tuple[AgreementShown, ...]:
    """Return every agreement of this party, by id."""
    return tuple(_shown(state, name, now_us) for name in sorted(state.agreements))


def _shown(state: State, name: str, now_us: int) -> AgreementShown:
    scope, view = state.scope(name), text_at(state, name, now_us)
    agreement = view.agreement or state.agreements[name]
    clause = validity_of(agreement)
    fights = tuple(f for f in fighting(state, now_us) if name in f.agreements)
    return AgreementShown(
        agreement=name,
        title=agreement.title,
        version=agreement.version,
        rules_version=agreement.rules_version,
        word=view.word,
        why=view.why,
        from_us=view.from_us,
        until_us=view.until_us,
        review_us=_review_us(agreement, view, now_us),
        renewal=clause.renewal if clause is not None else "",
        asserted_by=agreement.asserted_by,
        file=_file(state, scope, name, view),
        versions=_versions(state, scope, view, now_us),
        parties=tuple(_parties(state, agreement, view, now_us)),
        actors=tuple(
            ActorShown(
                name=actor.name,
                standing=actor.standing,
                answers=actor.answers,
                contested_by=actor.contested_by,
                text=actor.text,
            )
            for actor in agreement.actors
        ),
        unanswered=tuple(actor.name for actor in agreement.actors if not actor.answers),
        contradictions=fights,
    )


def _review_us(agreement: Agreement, view: TextView, now_us: int) -> int | None:
    """Return when a text is looked at next by its clause: counted from when it came into force."""
    clause = validity_of(agreement)
    if clause is None or not clause.review_every_s or view.from_us is None:
        return None
    every_us = round(clause.review_every_s * MICROSECONDS_PER_SECOND)
    return view.from_us + (max(now_us - view.from_us, 0) // every_us + 1) * every_us


def _file(state: State, scope: Scope, name: str, view: TextView) -> str:
    sha256 = sha256_hex(state.identity.documents[name].encode())
    chain = [text.sha256 for text in chain_of(scope)]
    if sha256 == view.sha256:
        return "the text in force" if view.in_force else "the text that we have"
    if sha256 in chain:
        older = view.sha256 in chain and chain.index(sha256) < chain.index(view.sha256)
        which = "an older text" if older else "another text"
        return f"{which} of the agreement: the record counts, not the file"
    return "a text that was NEVER AGREED: it counts for nothing" if chain else "another text"


def _parties(
    state: State, agreement: Agreement, view: TextView, now_us: int
) -> Iterator[PartyShown]:
    for party in agreement.parties:
        duty, why = duty_stands(state, agreement.id, party.id, now_us)
        through = party.bound_through or ""
        bound = view.in_force and (through or party.id) in view.agreed_by
        yield PartyShown(
            party=party.id,
            name=party.name,
            standing="bound through another" if through else party.standing,
            role=party.role,
            bound_through=through,
            status=status_of(state, agreement, party.id, now_us, agreed=bound),
            duty=duty,
            why=why,
        )


# ---- texts --------------------------------------------------------------------------------------


def _versions(state: State, scope: Scope, view: TextView, now_us: int) -> tuple[VersionShown, ...]:
    """Return the texts that count in their order, then what was proposed and does not, newest."""
    chain = chain_of(scope)
    if not chain:
        if view.agreement is None:
            return ()
        return (
            VersionShown(
                version=view.agreement.version,
                sha256=view.sha256,
                word="in force" if view.in_force else view.word,
                from_us=view.from_us or 0,
                why=view.why,
                agreed_by=view.agreed_by,
            ),
        )
    found = [_counting(state, scope, chain, place, now_us) for place in range(len(chain))]
    counted = {text.proposal for text in chain}
    rivals = {key for text in chain for key in text.rivals}
    proposals = sorted(scope.terms.proposed.values(), key=written_us, reverse=True)
    others = [entry for entry in proposals if key_of(entry) not in counted]
    found += [_proposed(scope, chain, e, now_us, rival=key_of(e) in rivals)
              for e in others[:PROPOSALS_MAX]]  # fmt: skip
    return tuple(found)


def _counting(
    state: State, scope: Scope, chain: tuple[TextInForce, ...], place: int, now_us: int
) -> VersionShown:
    text = chain[place]
    later = chain[place + 1] if place + 1 < len(chain) else None
    word = "in force"
    if text.from_us > now_us:
        word = "to come"
    elif later is not None and later.from_us <= now_us:
        word = "superseded"
    shown = VersionShown(
        version=text.agreement.version,
        sha256=text.sha256,
        word=word,
        from_us=text.from_us,
        to_us=later.from_us if later is not None else None,
        agreed_by=text.agreed_by,
    )
    entry = scope.terms.proposed.get(text.proposal) if text.proposal is not None else None
    if entry is None:
        return shown
    fate = fate_of(scope, chain[place - 1], entry, now_us)
    holders = [party.id for party in text.agreement.parties if party.bound_through is None]
    known = [party for party in holders if holds_all(state, scope, text, party)]
    why = f"CONTRADICTED by {len(text.rivals)} more signed by all" if text.rivals else ""
    return msgspec.structs.replace(
        shown, **_of_proposal(entry), signed=fate.signed, known_by=tuple(known), why=why
    )


def _of_proposal(entry: Entry) -> dict[str, object]:
    body = entry.body
    assert isinstance(body, AgreementProposed)
    notice_us = norms().agreement.change_notice_s * MICROSECONDS_PER_SECOND
    return {
        "proposal": key_of(entry),
        "proposed_by": entry.log.party,
        "proposed_us": written_us(entry),
        "reason": body.reason,
        "short_notice": body.from_us < written_us(entry) + notice_us,
    }


def _proposed(
    scope: Scope, chain: tuple[TextInForce, ...], entry: Entry, now_us: int, *, rival: bool
) -> VersionShown:
    """Return a proposal that does not count, judged against the text whose place it was to take."""
    body = entry.body
    assert isinstance(body, AgreementProposed)
    old = next((text for text in chain if text.sha256 == body.supersedes), chain[-1])
    fate = fate_of(scope, old, entry, now_us)
    word, why = fate.word, "; ".join([fate.why, *_reasons(scope, entry)])
    if rival:
        word, why = "CONTRADICTS", "signed by all for one place; the other text holds"
    elif old is not chain[-1] and word in ("open", "complete"):
        word, why = "lapsed", "another text took the place that it was for"
    return VersionShown(
        version=body.version,
        sha256=body.sha256,
        word=word,
        from_us=body.from_us,
        why=why,
        signed=fate.signed,
        **_of_proposal(entry),  # type: ignore[arg-type]  # by name
    )


def _reasons(scope: Scope, proposal: Entry) -> list[str]:
    """Return why a proposal was declined, in the words of who did; at most three, one a party."""
    said = {
        entry.log.party: f"{entry.log.party}: {entry.body.reason!r}"
        for entry in about(scope, proposal)
        if isinstance(entry.body, AgreementDeclined) and entry.body.reason
    }
    return list(said.values())[:3]


def proposal_view(state: State, key: Key, now_us: int) -> ProposalShown:
    """Return a proposed text, and what it changes in sentences.

    Raises:
        InputFault: no such proposal is held here.
    """
    name = log_name(key[0]).agreement
    scope = state.scopes.get(name)
    entry = scope.terms.proposed.get(key) if scope is not None else None
    if scope is None or entry is None:
        value, wanted = f"{key[0]} {key[1]}", "a proposed text that is held here"
        raise InputFault("proposal", value=value, wanted=wanted)
    body = entry.body
    assert isinstance(body, AgreementProposed)
    chain = chain_of(scope)
    place = next((n for n, text in enumerate(chain) if text.proposal == key), None)
    if place is not None:
        old: TextInForce | None = chain[place - 1]
        shown = _counting(state, scope, chain, place, now_us)
    elif chain:
        old = next((text for text in chain if text.sha256 == body.supersedes), chain[-1])
        shown = _proposed(scope, chain, entry, now_us, rival=False)
    else:
        raise InputFault("proposal", value="nothing is agreed yet", wanted="a text to change")
    new = fate_of(scope, old, entry, now_us).agreement if old is not None else None
    changes = changes_of(old.agreement, new) if old is not None and new is not None else ()
    return ProposalShown(agreement=name, text=shown, document=body.document, changes=changes)


def changes_of(old: Agreement, new: Agreement) -> tuple[str, ...]:
    """Return what a text changes: the sentences that go ("- ") and those that come ("+ ").

    Where they differ in nothing that a sentence says, that is said: the documents still differ.
    """
    before, after = summary_lines(old)[:LINES_MAX], summary_lines(new)[:LINES_MAX]
    found = [line for line in unified_diff(before, after, n=0, lineterm="")
             if line[:1] in "+-" and line[:3] not in ("+++", "---")]  # fmt: skip
    found = [f"{line[:1]} {line[1:].strip()}" for line in found]
    if max(len(before), len(after)) == LINES_MAX:
        found.append(f"only the first {LINES_MAX} sentences were compared: read the document")
    return tuple(found or ["no sentence changes, the documents do: read both"])


# ---- as lines of text ---------------------------------------------------------------------------


def agreement_lines(shown: AgreementShown) -> list[str]:
    """Return one agreement as lines for a terminal."""
    until = f", until {format_second(shown.until_us)}" if shown.until_us is not None else ""
    lines = [f"{shown.agreement} version {shown.version}: {shown.word.upper()}{until}; {shown.why}"]
    if shown.review_us is not None:
        lines.append(f"  to be reviewed by {format_second(shown.review_us)}")
    lines.append(f"  our file holds {shown.file}")
    for each in shown.versions:
        lines += version_lines(each)
    for party in shown.parties:
        lines.append("  " + party_line(party))
    for actor in shown.actors:
        answers = actor.answers or "NOBODY"
        contested = f"; contested by {', '.join(actor.contested_by)}" if actor.contested_by else ""
        lines.append(f"  no party: {actor.name} ({actor.standing}), {answers} answers{contested}")
    lines += [f"  {fight_line(fight)}" for fight in shown.contradictions]
    return lines


def version_lines(each: VersionShown) -> list[str]:
    """Return one text of an agreement as lines."""
    to = f" to {format_second(each.to_us)}" if each.to_us is not None else ""
    by = f", proposed by {each.proposed_by}" if each.proposed_by else ""
    short = ", SHORT NOTICE" if each.short_notice else ""
    why = f": {each.why}" if each.why else ""
    where = f" [{each.proposal[0]} {each.proposal[1]}]" if each.proposal is not None else ""
    # A text that was declined or has lapsed holds from no day: that it names one must not read so.
    holds = "from" if each.word in ("in force", "to come", "superseded") else "meant to hold from"
    what = f"  text {each.sha256[:16]} version {each.version}: {each.word}, {holds} "
    lines = [f"{what}{format_second(each.from_us)}{to}{by}{short}{why}{where}"]
    if each.reason:
        lines.append(f"    reason: {each.reason}")
    lines += [f"    {signature_line(signature)}" for signature in each.signed]
    if each.proposal is not None and each.word in ("in force", "to come"):
        unknown = [s.party for s in each.signed if s.party not in each.known_by]
        if unknown:
            lines.append(f"    not known to hold every signature: {', '.join(unknown)}")
    return lines


def signature_line(signature: Signature) -> str:
    """Return how far a party is with signing, in words."""
    if signature.signed_us is not None:
        at = format_second(signature.signed_us)
        return f"{signature.party}: signed by {', '.join(signature.people)}, complete {at}"
    if signature.entry is None:
        return f"{signature.party}: NOT SIGNED"
    people = ", ".join(signature.people) or "nobody yet"
    return f"{signature.party}: signed by {people}; {PEOPLE} people are needed"


def party_line(shown: PartyShown) -> str:
    """Return where a party stands, in words."""
    status = shown.status
    since = f" since {format_second(status.since_us)}" if status.since_us is not None else ""
    told = [status.signing] if status.signing else []
    told += ["at once, without the notice of the text"] if status.immediate else []
    if status.duties_until_us is not None:
        told.append(f"its duties go on until {format_second(status.duties_until_us)}")
    told += [
        f"{each.value} from {format_second(each.effective_us)} waits for {each.waits_for}"
        for each in status.pending
    ]
    more = f" ({'; '.join(told)})" if told else ""
    through = f", bound through {shown.bound_through}" if shown.bound_through else ""
    duty = "duties stand" if shown.duty else f"no duty: {shown.why}"
    return f"{shown.party} ({shown.standing}{through}): {status.word}{since}{more}; {duty}"


def fight_line(fight: AgreementsFight) -> str:
    """Return a contradiction of two agreements in words."""
    first, second = fight.agreements
    return (
        f"CONTRADICTION about {fight.about}: {first} {fight.clauses[0]} says {fight.first}, "
        f"{second} {fight.clauses[1]} says {fight.second}"
    )
