"""What of an agreement is in force for whom at an instant: text, validity, each party's act.

Rules:
- What one side alone asserts, or has alone adopted, creates no duty for anybody else.
- Each party speaks for itself: it suspends alone, withdraws by two people, and that is another act
  than one on a line. Whoever is bound through another party stands where that party stands.
- A withdrawal ends duties only after the notice that the text asks for; a suspension at its time.
- What is past is judged by the text of its time, and by when a party's own logs show that it held
  the last signature: nobody is held to a text whose signing it did not know of.

What does not live here: which texts there are (`text_chain`), acts (`texts`), a line's own state
(`lines`).
"""

from __future__ import annotations

from typing import cast

import msgspec

from parley.node.agreement_bodies import AgreementDeclared, AgreementRenewed
from parley.node.entries import AgreementAdopted, Entry
from parley.node.rules.line_evidence import WHOLE, Pending, Sight, acts_on
from parley.node.rules.text_chain import (
    PEOPLE,
    TERMS_SINCE,
    TextInForce,
    chain_of,
    people_on_act,
    signatories,
)
from parley.node.state import Key, Scope, State, key_of, rank_of, written_us
from parley.world.agreement import Agreement, pinned
from parley.world.clauses import Suspension, Validity
from parley.world.faults import InputFault
from parley.world.norms import norms
from parley.world.time import US_MAX, Interval, format_second
from parley.world.units import MICROSECONDS_PER_SECOND

PROLONGED_MAX = 4_096
"""Renewals by consensus that are looked at, one after another: more than ten years of days."""


class TextView(msgspec.Struct, frozen=True, kw_only=True):
    """What of an agreement is in force for whom at an instant.

    Attributes:
        agreement_id: the agreement.
        at_us: the instant.
        party: as it holds for this party; "" as the logs have it.
        word: "in force", "asserted" (one side's word), "not agreed", or "ended".
        agreement: the text, with `valid` as it was renewed; None where none is known.
        document: its exact text.
        sha256: of it.
        from_us: since when; None: it has not begun.
        to_us: when it ends, or another takes its place, as far as that is known by now.
        until_us: when its validity ends.
        agreed_by: the parties that signed it.
        asserted_by: the parties whose assertion it is, where it is one.
        bound_through: by party, the one whose signature binds it.
        suspended: parties whose suspension is in effect.
        withdrawn: parties whose withdrawal is in effect.
        proposal: the entry that proposed it; None for the first text.
        why: in words.
    """

    agreement_id: str
    at_us: int
    word: str
    why: str
    party: str = ""
    agreement: Agreement | None = None
    document: str = ""
    sha256: str = ""
    from_us: int | None = None
    to_us: int | None = None
    until_us: int | None = None
    agreed_by: tuple[str, ...] = ()
    asserted_by: tuple[str, ...] = ()
    bound_through: dict[str, str] = {}
    suspended: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    proposal: Key | None = None

    @property
    def in_force(self) -> bool:
        """Whether it binds those who agreed to it."""
        return self.word == "in force"


class PartyStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where one party stands with an agreement as a whole, by its own signed acts.

    Attributes:
        party: the party.
        word: "in force", "suspended", "withdrawn", "not in force".
        since_us: since when its own act is in effect; None: it has made none.
        by: that act.
        reason: as it gives it.
        post: that made it.
        immediate: whether it gave less notice than the text asks for.
        signing: "two people" or "single-signed", of a suspension or withdrawal.
        second_due_us: until when a second person may sign.
        duties_until_us: of a withdrawal, until when its duties go on by the text.
        answers: whose acts these are: another party, where it is bound through one.
        pending: its acts that have no effect yet.
    """

    party: str
    word: str
    since_us: int | None = None
    by: Key | None = None
    reason: str = ""
    post: str = ""
    immediate: bool = False
    signing: str = ""
    second_due_us: int | None = None
    duties_until_us: int | None = None
    answers: str = ""
    pending: tuple[Pending, ...] = ()


# ---- until when ---------------------------------------------------------------------------------


def validity_of(agreement: Agreement) -> Validity | None:
    """Return the clause that says how a text ends or goes on."""
    return next((c for c in agreement.clauses if isinstance(c, Validity)), None)


def ends_us(state: State, agreement: Agreement, sha256: str, at_us: int) -> int | None:
    """Return when the validity of a text ends, as it is renewed by an instant; None: never.

    Args:
        state: the record.
        agreement: exactly as the document says, not as it was renewed before.
        sha256: of the document.
        at_us: the instant.
    """
    if agreement.valid is None:
        return None
    end_us, clause = agreement.valid.to_us, validity_of(agreement)
    known = agreement.rules_version >= TERMS_SINCE
    if clause is None or clause.renew_s is None or clause.renewal == "lapse" or not known:
        return end_us
    renew_us = round(clause.renew_s * MICROSECONDS_PER_SECOND)
    if clause.renewal == "automatic":
        return _goes_on_us(state, agreement, end_us, renew_us, at_us)
    return renewed_us(state.scope(agreement.id), agreement, sha256)[-1]


def _goes_on_us(state: State, agreement: Agreement, end_us: int, renew_us: int, at_us: int) -> int:
    """Return the end of the period that an instant lies in; nothing goes on once one has left."""
    scope = state.scope(agreement.id)
    until_us = at_us
    for party in signatories(agreement):
        act, _ = acts_on(scope, WHOLE, party, at_us, Sight(state.party), state=state)
        if act is not None and act.body.value == "withdrawn":
            until_us = min(until_us, act.since_us)
    if until_us <= end_us:
        return end_us
    periods = -((end_us - until_us) // renew_us)
    return min(end_us + periods * renew_us, US_MAX)


def renewed_us(scope: Scope, agreement: Agreement, sha256: str) -> list[int]:
    """Return the ends of a text that its signatories renew: as it was signed, then each renewal.

    A renewal counts in the period in which two people signed it, once; later it is late.
    """
    assert agreement.valid is not None
    clause, ends = validity_of(agreement), [agreement.valid.to_us]
    if clause is None or clause.renew_s is None:
        return ends
    renew_us = round(clause.renew_s * MICROSECONDS_PER_SECOND)
    by_party, before_us = renewals(scope, sha256), -US_MAX
    for _ in range(PROLONGED_MAX):
        end_us = ends[-1]
        said = [
            max((until_us for signed_us, until_us in by_party.get(party, ())
                 if before_us < signed_us <= end_us), default=end_us)
            for party in signatories(agreement)
        ]  # fmt: skip
        until_us = min([*said, end_us + renew_us, US_MAX])
        if until_us <= end_us:
            break
        before_us = end_us
        ends.append(until_us)
    return ends


def renewals(scope: Scope, sha256: str) -> dict[str, list[tuple[int, int]]]:
    """Return by party the renewals of a text that two people signed: since when, until when."""
    found: dict[str, list[tuple[int, int]]] = {}
    for key, entry in scope.terms.renewed.get(sha256, {}).items():
        assert isinstance(entry.body, AgreementRenewed)
        people = people_on_act(scope, key)
        if len(people) >= PEOPLE:
            signed_us = max(people[PEOPLE - 1][0], written_us(entry))
            found.setdefault(entry.log.party, []).append((signed_us, entry.body.until_us))
    return found


def prolonged(state: State, agreement: Agreement, sha256: str, at_us: int) -> Agreement:
    """Return a text with its validity as it is renewed by an instant."""
    end_us = ends_us(state, agreement, sha256, at_us)
    if agreement.valid is None or end_us is None or end_us <= agreement.valid.to_us:
        return agreement
    valid = Interval(from_us=agreement.valid.from_us, to_us=end_us)
    return msgspec.structs.replace(agreement, valid=valid)


# ---- the text at an instant ---------------------------------------------------------------------


def text_at(state: State, agreement_id: str, at_us: int, party: str | None = None) -> TextView:
    """Return what of an agreement is in force for whom at an instant.

    Args:
        state: the record.
        agreement_id: the agreement.
        at_us: the instant.
        party: for whom: a text that was countersigned elsewhere holds for it only from when its
            own logs show that it held the last signature. None: as the logs have it.
    """
    scope = state.scope(agreement_id)
    party = party or ""
    # Of one instant many rules ask, for each pair of parties and for each zone.
    stamp = (at_us, sum(log.tree.size for log in scope.logs.values()), len(scope.ahead.held))
    known = scope.index.views.get("texts at")
    if known is None or known[0] != stamp:
        known = scope.index.views["texts at"] = (stamp, {})
    views = cast("dict[str, TextView]", known[1])
    if party not in views:
        views[party] = _text_at(state, scope, at_us, party)
    return views[party]


def _text_at(state: State, scope: Scope, at_us: int, party: str) -> TextView:
    if scope.rules.version < TERMS_SINCE or not (chain := chain_of(scope)):
        return _by_adoption(state, scope, at_us, party)
    known = [(text, _holds_from_us(state, scope, text, party)) for text in chain]
    begun = [(text, us) for text, us in known if us is not None and us <= at_us]
    if not begun:
        first = chain[0]
        view = _view(state, first, at_us, party, None)
        why = f"its signatories adopted it only at {format_second(first.from_us)}"
        begins_us = min((us for _, us in known if us is not None), default=None)
        return msgspec.structs.replace(view, word="not agreed", why=why, to_us=begins_us)
    text, from_us = begun[-1]
    view = _view(state, text, at_us, party, from_us)
    later = [us for each, us in known if us is not None and us > at_us and each is not text]
    # An end that is past is no end of what is so now: that may last until the next text begins.
    ends = [us for us in (*later, view.until_us) if us is not None and us > at_us]
    view = msgspec.structs.replace(view, to_us=min(ends, default=None))
    unknown = [t for t, us in known if us is None and t.from_us <= at_us]
    if unknown:
        why = f"{view.why}; the logs of {party} do not show that it held a later text's signatures"
        view = msgspec.structs.replace(view, why=why)
    return view


def _holds_from_us(state: State, scope: Scope, text: TextInForce, party: str) -> int | None:
    """Return from when a text holds for a party; None: its logs do not show that it knew of it."""
    if not party or text.proposal is None:
        return text.from_us
    known_us = known_since_us(scope, text, party)
    if known_us is None:
        # What we hold now we know, whatever our log has told of it yet.
        ours = _writer(text, party) == state.party
        return text.from_us if ours else None
    return max(text.from_us, known_us)


def known_since_us(scope: Scope, text: TextInForce, party: str) -> int | None:
    """Return since when a party's own logs show that it held all that makes a text complete.

    Signatures are plain: whose log names one holds its words, too. Of the text itself the party's
    own signature shows that. Of whoever is bound through another, that one's logs.
    """
    party = _writer(text, party)
    found = []
    for origin, index in text.evidence:
        if scope.logs[origin].name.party == party:
            continue
        held_us = scope.index.held_since_us(party, (origin, index))
        if held_us is None:
            return None
        found.append(held_us)
    return max(found, default=text.signed_us)


def holds_all(state: State, scope: Scope, text: TextInForce, party: str) -> bool:
    """Whether a party is known here to hold all that makes a text complete.

    By its own logs, or by its receipts for entries of ours: of us, we hold it.
    """
    party = _writer(text, party)
    if party == state.party or known_since_us(scope, text, party) is not None:
        return True
    for origin, index in text.evidence:
        writer = scope.logs[origin].name.party
        receipt = state.links.receipts.get(origin, {}).get(party)
        known = writer == party or (receipt is not None and receipt.size > index)
        if not known and scope.index.held_since_us(party, (origin, index)) is None:
            return False
    return True


def _writer(text: TextInForce, party: str) -> str:
    """Return whose logs speak for a party of a text: its own, or those it is bound through."""
    known = party in {each.id for each in text.agreement.parties}
    return answerable(text.agreement, party) if known else party


def _view(state: State, text: TextInForce, at_us: int, party: str, from_us: int | None) -> TextView:
    agreement = prolonged(state, text.agreement, text.sha256, at_us)
    until_us = agreement.valid.to_us if agreement.valid is not None else None
    word, why = "in force", f"agreed by {', '.join(text.agreed_by)}"
    if agreement.asserted_by:
        word, why = (
            "asserted",
            f"asserted by {', '.join(agreement.asserted_by)}: no duty for others",
        )
    elif agreement.valid is not None and not agreement.valid.contains(at_us):
        over = until_us is not None and at_us > until_us
        word = "ended" if over else "not agreed"
        edge_us = until_us if over and until_us is not None else agreement.valid.from_us
        why = f"its validity {'ended' if over else 'begins'} at {format_second(edge_us)}"
    elif party and not _knew_renewal(state, text, party, at_us):
        word, why = "ended", f"the logs of {party} do not show that it held the renewals then"
    acts = {each: _act(state, agreement, each, at_us) for each in signatories(agreement)}
    return TextView(
        agreement_id=agreement.id,
        at_us=at_us,
        party=party,
        word=word,
        why=why,
        agreement=agreement,
        document=text.document,
        sha256=text.sha256,
        from_us=from_us,
        until_us=until_us,
        to_us=until_us,
        agreed_by=text.agreed_by,
        asserted_by=agreement.asserted_by,
        bound_through={p.id: p.bound_through for p in agreement.parties if p.bound_through},
        suspended=tuple(p for p, value in acts.items() if value == "suspended"),
        withdrawn=tuple(p for p, value in acts.items() if value == "withdrawn"),
        proposal=text.proposal,
    )


def _knew_renewal(state: State, text: TextInForce, party: str, at_us: int) -> bool:
    """Whether a party held by an instant the others' renewals by which a text goes on then.

    By its own logs; what we hold ourselves and have not written of yet we know.
    """
    valid, clause = text.agreement.valid, validity_of(text.agreement)
    renewed = state.scope(text.agreement.id).terms.renewed.get(text.sha256, {})
    if valid is None or at_us <= valid.to_us or clause is None or clause.renewal == "automatic":
        return True
    party = _writer(text, party)
    scope, known = state.scope(text.agreement.id), {party}
    for key, entry in renewed.items():
        people = people_on_act(scope, key)[:PEOPLE]
        if getattr(entry.body, "until_us", at_us) < at_us or len(people) < PEOPLE:
            continue
        held = [scope.index.held_since_us(party, each) for each in (key, *(p[2] for p in people))]
        ours = party == state.party and None in held
        if ours or all(us is not None and us <= at_us for us in held):
            known.add(entry.log.party)
    return set(signatories(text.agreement)) <= known


def _act(state: State, agreement: Agreement, party: str, at_us: int) -> str:
    act, _ = acts_on(
        state.scope(agreement.id), WHOLE, party, at_us, Sight(state.party), state=state
    )
    return act.body.value if act is not None else "in force"


def _by_adoption(state: State, scope: Scope, at_us: int, party: str) -> TextView:
    """Return the text that a party had adopted by an instant, and who had adopted the same one."""
    newest: dict[str, Entry] = {}
    for each, acts in scope.adopted.items():
        known = [entry for entry in acts.values() if written_us(entry) <= at_us]
        if known:
            newest[each] = max(known, key=rank_of)
    own = newest.get(party or state.party)
    body = own.body if own is not None else None
    if not isinstance(body, AgreementAdopted):
        who = party or state.party
        return TextView(
            agreement_id=scope.agreement_id, at_us=at_us, party=party, word="not agreed",
            why=f"{who} has adopted no text of it",
        )  # fmt: skip
    try:
        agreement = pinned(msgspec.json.decode(body.document, type=Agreement), body.document)
    except (InputFault, msgspec.MsgspecError, RecursionError, UnicodeError):
        return TextView(
            agreement_id=scope.agreement_id, at_us=at_us, party=party, word="not agreed",
            why="its text cannot be read here", document=body.document, sha256=body.sha256,
        )  # fmt: skip
    same = {p: e for p, e in newest.items()
            if isinstance(e.body, AgreementAdopted) and e.body.sha256 == body.sha256}  # fmt: skip
    since_us = max(written_us(entry) for entry in same.values())
    text = TextInForce(
        sha256=body.sha256, document=body.document, agreement=agreement, from_us=since_us,
        signed_us=since_us, agreed_by=tuple(sorted(same)),
    )  # fmt: skip
    view = _view(state, text, at_us, party, since_us)
    missing = [p for p in signatories(agreement) if p not in same]
    if missing and view.word == "in force" and len(same) < 2:
        why = f"adopted by {', '.join(sorted(same))} alone"
        return msgspec.structs.replace(view, word="not agreed", why=why)
    return view


def agreement_at(state: State, agreement_id: str, at_us: int) -> Agreement | None:
    """Return the text by which what was done at an instant is judged; cheap.

    The one in force then, else the first that there is.
    """
    now = state.agreement(agreement_id)
    scope = state.scopes.get(agreement_id)
    if now is None or scope is None or not scope.terms.proposed:
        return now
    chain = chain_of(scope)
    if len(chain) < 2 or chain[-1].from_us <= at_us:
        return now
    text = next((each for each in reversed(chain) if each.from_us <= at_us), chain[0])
    return text.agreement


# ---- where each party stands --------------------------------------------------------------------


def notice_s(agreement: Agreement, *, withdrawal: bool = False) -> float:
    """Return how long ahead a suspension, or a withdrawal, is to be told by a text."""
    found: float = norms().line.suspension_notice_s
    for clause in agreement.clauses:
        if isinstance(clause, Suspension):
            found = clause.notice_s
            if withdrawal and clause.withdrawal_notice_s is not None:
                found = clause.withdrawal_notice_s
    return found


def answerable(agreement: Agreement, party: str) -> str:
    """Return whose acts bind a party: its own, or those of the one that it is bound through."""
    seen = {party}
    while (through := agreement.party(party).bound_through) is not None and through not in seen:
        party = through
        seen.add(party)
    return party


def status_of(
    state: State, agreement: Agreement, party: str, at_us: int, *, agreed: bool = True
) -> PartyStatus:
    """Return where a party stands with an agreement at an instant.

    Args:
        state: the record.
        agreement: the text of the instant.
        party: of it.
        at_us: the instant.
        agreed: whether a text binds it then at all.
    """
    who = answerable(agreement, party)
    scope = state.scope(agreement.id)
    act, pending = acts_on(scope, WHOLE, who, at_us, Sight(state.party), state=state)
    word = "in force" if agreed else "not in force"
    found = PartyStatus(
        party=party, word=word, answers=who if who != party else "", pending=pending
    )
    if act is None:
        return found
    body = act.body
    assert isinstance(body, AgreementDeclared)
    until_us = None
    if body.value == "withdrawn":
        given_us = round(notice_s(agreement, withdrawal=True) * MICROSECONDS_PER_SECOND)
        until_us = max(act.since_us, written_us(act.entry) + given_us)
    return msgspec.structs.replace(
        found,
        word=body.value if body.value != "in force" else word,
        since_us=act.since_us,
        by=key_of(act.entry),
        reason=body.reason,
        post=act.entry.by,
        immediate=body.immediate or (until_us is not None and until_us > act.since_us),
        signing=act.signing,
        second_due_us=act.second_due_us,
        duties_until_us=until_us,
    )


def duty_stands(
    state: State,
    agreement_id: str,
    party: str,
    at_us: int,
    towards: tuple[str, ...] = (),
) -> tuple[bool, str]:
    """Return whether an agreement puts duties on a party at an instant, and why (not).

    Args:
        state: the record.
        agreement_id: the agreement.
        party: whose duty.
        at_us: the instant.
        towards: to whom; empty: to any other party that the text binds.

    Examples:
        A party that is bound through another owes what that one's signature binds it to; it owes
        nothing while that one's suspension is in effect, nor to a party whose own is.
    """
    view = text_at(state, agreement_id, at_us, party)
    agreement = view.agreement
    if agreement is None or not view.in_force:
        return False, f"{agreement_id} not in force for {party}: {view.why}"
    if party not in {p.id for p in agreement.parties}:
        return False, f"{party} is no party to {agreement_id}"
    bound = _bound(agreement, view.agreed_by)
    if party not in bound:
        standing = agreement.party(party).standing
        return False, f"{party} ({standing}) has not agreed to {agreement_id}"
    left = _left(state, agreement, party, at_us)
    if left:
        return False, left
    others = [p for p in towards or tuple(bound) if p != party and p in bound]
    if not others:
        return False, f"nobody else is bound by {agreement_id}"
    gone = [_left(state, agreement, other, at_us) for other in others]
    if all(gone):
        return False, gone[0]
    through = answerable(agreement, party)
    return True, view.why + (f"; {party} bound through {through}" if through != party else "")


def _bound(agreement: Agreement, agreed_by: tuple[str, ...]) -> list[str]:
    return [p.id for p in agreement.parties if answerable(agreement, p.id) in agreed_by]


def _left(state: State, agreement: Agreement, party: str, at_us: int) -> str:
    """Return why a party's own act ends its duties at an instant, or nothing."""
    status = status_of(state, agreement, party, at_us)
    if status.since_us is None or status.word == "in force":
        return ""
    who = status.answers or party
    if status.word == "withdrawn" and (status.duties_until_us or 0) > at_us:
        # It left at once; what it owes, it owes to the end of the notice, unless it was suspended.
        before = status_of(state, agreement, party, status.since_us - 1)
        if before.word in ("in force", "not in force"):
            return ""
        return f"{who} {before.word} since {format_second(before.since_us or 0)}"
    return f"{who} {status.word} since {format_second(status.since_us)}"
