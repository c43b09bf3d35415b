"""Acts on the text of an agreement: propose, countersign, decline, suspend, withdraw, renew.

Rules:
- To change, renew or leave an agreement takes two people of each party (NORMS 4): the entry counts
  once two have signed it. Declining and suspending take one.
- A proposal names its day. Who signs later than that day signs nothing: it is proposed again.
- What is signed is the document by its SHA-256; nobody signs what this node cannot read, or what
  reads otherwise than it is written.
- What came into force is found in the record, at every step and after every restart.

What does not live here: which texts are in force (`text_chain`), for whom (`agreement_status`).
"""

from __future__ import annotations

from parley.node.agreement_bodies import (
    AgreementCountersigned,
    AgreementDeclared,
    AgreementDeclined,
    AgreementProposed,
    AgreementRenewed,
)
from parley.node.agreement_inputs import (
    DeclareAgreement,
    ProposeAgreement,
    RenewAgreement,
    SignAgreement,
)
from parley.node.entries import Draft, Entry, log_name
from parley.node.rules.agreement_status import (
    ends_us,
    notice_s,
    prolonged,
    renewed_us,
    status_of,
    validity_of,
)
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.rules.line_evidence import WHOLE, next_effect_us
from parley.node.rules.text_chain import TERMS_SINCE as TERMS_SINCE  # asked for here
from parley.node.rules.text_chain import (
    TextInForce,
    about,
    base_of,
    chain_of,
    fate_of,
    held_text,
    read_document,
    signatories,
    signature_of,
    stamp_of,
    text_in_chain,
    why_not_after,
)
from parley.node.state import Key, Scope, State, key_of
from parley.trust.bytes import sha256_hex
from parley.world.agreement import Agreement
from parley.world.faults import InputFault
from parley.world.norms import norms
from parley.world.time import US_MAX, format_instant
from parley.world.units import MICROSECONDS_PER_SECOND


def act(
    state: State,
    event: ProposeAgreement | SignAgreement | DeclareAgreement | RenewAgreement,
    now_us: int,
) -> tuple[Draft, ...]:
    """Return the entry of an act about the text of an agreement.

    Raises:
        InputFault: it cannot be done, saying why; nothing has changed.
    """
    match event:
        case ProposeAgreement():
            return (_propose(state, event, now_us),)
        case SignAgreement():
            return (_sign(state, event, now_us),)
        case DeclareAgreement():
            return (_declare(state, event, now_us),)
        case RenewAgreement():
            return (_renew(state, event, now_us),)


def _ours(state: State, agreement_id: str, post: str) -> tuple[Scope, Agreement]:
    """Return an agreement that we may act on, with its record."""
    agreement = adopted_agreement(state, agreement_id)
    scope = state.scope(agreement_id)
    if scope.rules.version < TERMS_SINCE:
        raise InputFault(
            f"agreement {agreement_id}",
            value=f"rules version {scope.rules.version}",
            wanted=f"rules version {TERMS_SINCE} or later for acts on its text",
            repair="make a new agreement that pins them, and adopt it at every party",
        )
    check_own_post(agreement, state.party, post)
    return scope, agreement


def _last(scope: Scope, agreement_id: str) -> TextInForce:
    """Return the text that a proposal would take the place of: in force, or to come into it."""
    chain = chain_of(scope)
    if not chain:
        raise InputFault(
            f"agreement {agreement_id}",
            value="not adopted by all its signatories",
            wanted="a text that all have adopted, to be changed",
            repair="until then each party adopts the right text by its own file",
        )
    return chain[-1]


# ---- proposing and signing ----------------------------------------------------------------------


def _propose(state: State, event: ProposeAgreement, now_us: int) -> Draft:
    scope, _ = _ours(state, event.agreement, event.post)
    old = _last(scope, event.agreement)
    new = read_document(event.document)
    sha256 = sha256_hex(event.document.encode())
    why = why_not_after(old.agreement, new)
    if not why and state.party not in signatories(old.agreement):
        why = f"{state.party} is no signatory of it"
    if not why and new.supersedes not in ("", old.sha256):
        why = f"it supersedes {new.supersedes[:16]}, and the text before it is {old.sha256[:16]}"
    if not why and sha256 == old.sha256:
        why = "it is the text already"
    if why:
        raise InputFault("proposed agreement", value=why, wanted="a text that can come after it")
    return Draft(
        agreement=event.agreement,
        by=event.post,
        body=AgreementProposed(
            agreement=event.agreement,
            version=new.version,
            sha256=sha256,
            document=event.document,
            from_us=_from_us(event, old, now_us),
            post=event.post,
            supersedes=old.sha256,
            reason=event.reason,
        ),
    )


def _from_us(event: ProposeAgreement, old: TextInForce, now_us: int) -> int:
    """Return from when a proposal is to hold: after the notice of the norms unless it says why not.

    Everybody consents to the day by signing; still crews and units learn of it later than those
    who sign, and so a shorter notice has a reason that stands in the log.
    """
    notice_us = norms().agreement.change_notice_s * MICROSECONDS_PER_SECOND
    from_us = max(now_us + notice_us, old.from_us) if event.from_us is None else event.from_us
    if not now_us < from_us <= US_MAX:
        wanted = "an instant to come, at which all will have signed"
        raise InputFault("agreement from_us", value=_instant(from_us), wanted=wanted)
    if from_us < old.from_us:
        wanted = f"not before {_instant(old.from_us)}, when the text before it begins"
        raise InputFault("agreement from_us", value=_instant(from_us), wanted=wanted)
    if from_us < now_us + notice_us and not event.reason.strip():
        raise InputFault(
            "agreement from_us",
            value=_instant(from_us),
            wanted=f"{notice_us // MICROSECONDS_PER_SECOND} s ahead, or a reason for less notice",
        )
    return from_us


def _instant(at_us: int) -> str:
    try:
        return format_instant(at_us)
    except InputFault:
        return str(at_us)


def _sign(state: State, event: SignAgreement, now_us: int) -> Draft:
    name = log_name(event.ref[0])
    scope, _ = _ours(state, name.agreement, event.post)
    proposal = _proposal(scope, event.ref)
    body = proposal.body
    assert isinstance(body, AgreementProposed)
    if event.take:
        _check_signing(state, scope, proposal, now_us)
    else:
        _check_declining(state, scope, proposal)
    taken = AgreementCountersigned(sha256=body.sha256, post=event.post)
    left = AgreementDeclined(sha256=body.sha256, post=event.post, reason=event.reason)
    return Draft(
        agreement=name.agreement,
        by=event.post,
        to=tuple(
            p for p in signatories(_last(scope, name.agreement).agreement) if p != state.party
        ),
        ref=(state.reference(event.ref),),
        body=taken if event.take else left,
    )


def _proposal(scope: Scope, key: Key) -> Entry:
    entry = scope.terms.proposed.get(key)
    if entry is None:
        raise InputFault(
            "proposal", value=f"{key[0]} {key[1]}", wanted="a proposed text that is held here",
            repair="parley agreement list shows them",
        )  # fmt: skip
    return entry


def _check_signing(state: State, scope: Scope, proposal: Entry, now_us: int) -> None:
    """Check that a countersignature can lead to something, and to one thing alone."""
    old = _last(scope, scope.agreement_id)
    fate = fate_of(scope, old, proposal, now_us)
    if state.party not in {each.party for each in fate.signed}:
        why = fate.why if not fate.signed else f"{state.party} is not asked to sign it"
        raise InputFault("proposal", value=why, wanted="a text that can be signed here")
    if proposal.log.party == state.party:
        wanted = "a proposal of another party: ours is signed by two of our people"
        raise InputFault("proposal", value="our own", wanted=wanted, repair="parley sign")
    if fate.word != "open":
        raise InputFault("proposal", value=f"{fate.word}: {fate.why}", wanted="one that is open")
    rivals = [p for p in _signed_by_us(state, scope, old) if p is not proposal]
    if rivals:
        place = f"{rivals[0].log.origin} {rivals[0].seq}"
        raise InputFault(
            "proposal", value=f"a rival of {place}, which we signed", wanted="one for one place",
            repair=f"decline {place} first, or let its day pass",
        )  # fmt: skip
    mine = signature_of(scope, proposal, state.party)
    if mine.entry is not None:
        wanted = f"one countersignature; it stands at {mine.entry[0]} {mine.entry[1]}"
        repair = "parley sign lets a second person sign it"
        raise InputFault("proposal", value="countersigned before", wanted=wanted, repair=repair)


def _signed_by_us(state: State, scope: Scope, old: TextInForce) -> list[Entry]:
    """Return the proposals for the place after a text that we proposed or signed, and that live."""
    found = []
    for entry in scope.terms.proposed.values():
        body = entry.body
        assert isinstance(body, AgreementProposed)
        if body.supersedes != old.sha256:
            continue
        ours = entry.log.party == state.party
        ours = ours or signature_of(scope, entry, state.party).entry is not None
        if ours and fate_of(scope, old, entry).word in ("open", "complete"):
            found.append(entry)
    return found


def _check_declining(state: State, scope: Scope, proposal: Entry) -> None:
    for text in chain_of(scope):
        if text.proposal == key_of(proposal):
            raise InputFault(
                "proposal", value="signed by all", wanted="one that is still open",
                repair="propose another text in its place, suspend, or withdraw",
            )  # fmt: skip
    mine = [e for e in about(scope, proposal)
            if e.log.party == state.party and isinstance(e.body, AgreementDeclined)]  # fmt: skip
    if mine:
        raise InputFault("proposal", value="declined before", wanted="one that is still open")


# ---- standing by it, leaving it, renewing it ----------------------------------------------------


def _declare(state: State, event: DeclareAgreement, now_us: int) -> Draft:
    _, agreement = _ours(state, event.agreement, event.post)
    if agreement.party(state.party).bound_through is not None:
        through = agreement.party(state.party).bound_through
        wanted = f"an act of {through}, through which {state.party} is bound"
        raise InputFault("agreement status", value=event.value, wanted=wanted)
    given_us = round(notice_s(agreement, withdrawal=event.value == "withdrawn") * 1_000_000)
    by_notice_us = now_us + given_us
    default_us = now_us
    if event.value != "in force":
        # Others count the notice from when they are told: to the second it would be too short.
        default_us = by_notice_us + norms().line.suspension_margin_s * MICROSECONDS_PER_SECOND
    effective_us = default_us if event.effective_us is None else event.effective_us
    if not now_us <= effective_us <= US_MAX:
        raise InputFault("agreement effect", value=_instant(effective_us), wanted="now or later")
    return Draft(
        agreement=event.agreement,
        by=event.post,
        body=AgreementDeclared(
            value=event.value,
            effective_us=effective_us,
            post=event.post,
            reason=event.reason,
            immediate=event.value != "in force" and effective_us < by_notice_us,
        ),
    )


def _why_not_renewed(ends: list[int], now_us: int) -> str:
    if not ends:
        return "its text has no end"
    if now_us > ends[-1]:
        return f"it ended at {format_instant(ends[-1])}"
    if len(ends) > 1 and now_us <= ends[-2]:
        again = format_instant(ends[-2])
        return f"it is renewed until {format_instant(ends[-1])}; once more only after {again}"
    return ""


def _renew(state: State, event: RenewAgreement, now_us: int) -> Draft:
    scope, agreement = _ours(state, event.agreement, event.post)
    text = text_in_chain(scope, now_us)
    if text is None:
        raise InputFault("agreement renewal", value="no text is agreed", wanted="one in force")
    clause, end_us = validity_of(text.agreement), None
    if clause is None or clause.renewal == "lapse" or clause.renew_s is None:
        why = "its text is not renewed by anybody: it has no end, or it lapses"
    elif clause.renewal == "automatic":
        why = "it goes on by itself until somebody withdraws"
    elif state.party not in signatories(agreement):
        why = f"{state.party} is no signatory of it"
    else:
        ends = renewed_us(scope, text.agreement, text.sha256) if text.agreement.valid else []
        end_us = ends[-1] if ends else None
        why = _why_not_renewed(ends, now_us)
    if why:
        repair = "propose a text with another validity" if "lapses" in why else ""
        wanted = "a text that its signatories renew by consensus"
        raise InputFault("agreement renewal", value=why, wanted=wanted, repair=repair)
    assert clause is not None
    assert clause.renew_s is not None
    assert end_us is not None
    most_us = min(end_us + round(clause.renew_s * MICROSECONDS_PER_SECOND), US_MAX)
    until_us = most_us if event.until_us is None else event.until_us
    if not end_us < until_us <= most_us:
        wanted = f"after {format_instant(end_us)}, at most {format_instant(most_us)} ({clause.id})"
        raise InputFault("agreement renewal", value=_instant(until_us), wanted=wanted)
    return Draft(
        agreement=event.agreement,
        by=event.post,
        body=AgreementRenewed(sha256=text.sha256, until_us=until_us, post=event.post),
    )


# ---- what the rules go by -----------------------------------------------------------------------

_VIEW = "texts in effect"


def take_effect(state: State, now_us: int) -> None:
    """Let the texts that are in force at an instant be those that the rules go by.

    Called at every step: where neither an entry nor the time has changed anything it only looks.
    """
    for name, configured in state.identity.agreements.items():
        scope = state.scopes.get(name)
        if scope is None or configured.rules_version < TERMS_SINCE:
            continue
        stamp = stamp_of(scope)
        known = state.views.get(f"{_VIEW} {name}")
        if known is not None and known[0] == stamp:
            assert isinstance(known[1], tuple)
            if known[1][0] <= now_us < known[1][1]:
                continue
        state.views[f"{_VIEW} {name}"] = (stamp, _let_hold(state, scope, configured, now_us))


def _let_hold(state: State, scope: Scope, configured: Agreement, now_us: int) -> tuple[int, int]:
    """Set the text of an agreement; return from when until when it will be found so again."""
    name = scope.agreement_id
    base = base_of(scope)
    chain = chain_of(scope)
    # Before its first instant the first text holds already: our own clock may be behind.
    text = text_in_chain(scope, now_us) or base
    # A party that signs nothing goes by the agreed text once it has adopted it, not before.
    if text is None or base is None or held_text(scope, state.party) != base.sha256:
        agreement, document = configured, state.identity.documents[name]
        sha256 = sha256_hex(document.encode())
    else:
        agreement, document, sha256 = text.agreement, text.document, text.sha256
    end_us = ends_us(state, agreement, sha256, now_us)
    agreement = prolonged(state, agreement, sha256, now_us)
    if document == state.identity.documents[name] and agreement == configured:
        state.operative.pop(name, None)
    else:
        held = state.operative.get(name)
        # The same object as before, where nothing has changed: what was computed from it stands.
        if held is None or held != (document, agreement):
            state.operative[name] = (document, agreement)
    edges = [each.from_us for each in chain]
    edges += [end_us + 1] if end_us is not None else []
    later = [edge_us for edge_us in edges if edge_us > now_us]
    earlier = [edge_us for edge_us in edges if edge_us <= now_us]
    return max(earlier, default=-US_MAX), min(later, default=US_MAX + 1)


def next_due_us(state: State, now_us: int) -> int | None:
    """Return when time alone will next bring a text, or a party's act on one, into effect."""
    found = []
    for name in state.identity.agreements:
        scope = state.scopes.get(name)
        known = state.views.get(f"{_VIEW} {name}")
        if scope is None or known is None:
            continue
        assert isinstance(known[1], tuple)
        found.append(known[1][1])
        effect_us = next_effect_us(scope, WHOLE, now_us)
        found += [effect_us] if effect_us is not None else []
    return min((us for us in found if now_us < us <= US_MAX), default=None)


def standing(state: State, agreement_id: str, now_us: int) -> str:
    """Return the word of our own side of an agreement: "in force", "suspended", "withdrawn".

    Raises:
        InputFault: no such agreement.
    """
    agreement = adopted_agreement(state, agreement_id)
    return status_of(state, agreement, state.party, now_us).word
