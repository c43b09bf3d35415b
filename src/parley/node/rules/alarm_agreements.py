"""What agreements raise at our posts: texts that wait, that came into force, that end; who left.

Rules:
- What waits for us stands until we have signed or declined it, or its day is past.
- A text that came into force, and a peer that suspended or left, are told until somebody takes it.
- The end of a text is told ahead of it, and once it is over: nothing else says why all falls still.
"""

from __future__ import annotations

from collections.abc import Iterator

from parley.node.agreement_bodies import AgreementDeclared, AgreementProposed
from parley.node.entries import Entry
from parley.node.rules.agreement_status import ends_us, status_of, validity_of
from parley.node.rules.alarm_causes import newest_by
from parley.node.rules.alarm_raised import Raised, line_posts, place_name
from parley.node.rules.text_chain import (
    PEOPLE,
    TERMS_SINCE,
    TextInForce,
    chain_of,
    fate_of,
    signatories,
    text_in_chain,
)
from parley.node.state import Scope, State, key_of, written_us
from parley.trust.bytes import sha256_hex
from parley.world.agreement import Agreement
from parley.world.norms import norms
from parley.world.time import format_second
from parley.world.units import MICROSECONDS_PER_SECOND

WAITING_MAX = 16
"""Proposals of one agreement that are looked at for an alarm, the newest: a peer may write more."""


def agreement_raised(
    state: State, scope: Scope, agreement: Agreement, now_us: int
) -> Iterator[Raised]:
    """Yield what an agreement itself raises at an instant."""
    if scope.rules.version < TERMS_SINCE:
        return
    chain = chain_of(scope)
    post = _post(state, agreement)
    yield from _declared(state, scope, agreement, post, now_us)
    yield from _ending(state, scope, agreement, post, now_us)
    if not chain:
        return
    yield from _waiting(state, scope, chain[-1], post, now_us)
    begun = [text for text in chain if text.from_us <= now_us]
    for text in begun[-1:]:
        yield from _came(scope, text, post)
    yield from _configured(state, scope, chain, post)


def _post(state: State, agreement: Agreement) -> str:
    for line in agreement.lines:
        posts = line_posts(agreement, line.id, state.party)
        if posts:
            return posts[0]
    known = [party.posts for party in agreement.parties if party.id == state.party]
    return known[0][0] if known and known[0] else "duty-officer"


def _raised(kind: str, name: str, post: str, since_us: int, text: str, **more: object) -> Raised:
    values: dict[str, object] = {
        "alarm_class": "SAFETY", "line": "", "party": "", "cause": None, "once": False, **more,
    }  # fmt: skip
    return Raised(name=name, kind=kind, post=post, since_us=since_us, text=text, **values)  # type: ignore[arg-type]  # by name


def _declared(
    state: State, scope: Scope, agreement: Agreement, post: str, now_us: int
) -> Iterator[Raised]:
    """Yield a peer's newest act by which it suspends the agreement, or leaves it.

    Leaving takes two people: until the second has signed, the words say that it does not count.
    """

    def name(entry: Entry) -> str | None:
        return entry.log.party if isinstance(entry.body, AgreementDeclared) else None

    for party, entry in sorted(
        newest_by(scope, "alarms agreement declared", scope.terms.declared, name).items()
    ):
        body = entry.body
        assert isinstance(body, AgreementDeclared)
        if party == state.party or body.value == "in force":
            continue
        at = format_second(body.effective_us)
        how = ", at once" if body.immediate else ""
        if body.value == "withdrawn" and party in {each.id for each in agreement.parties}:
            pending = status_of(state, agreement, party, now_us).pending
            waits = [p.waits_for for p in pending if p.by == key_of(entry)]
            if waits and "signature" in waits[0]:
                how += f": does not count yet, waits for {waits[0]}"
        yield _raised(
            "agreement declared",
            f"agreement-declared:{place_name(key_of(entry))}",
            post,
            written_us(entry),
            f"{party} declares agreement {scope.agreement_id} {body.value} from {at}{how}",
            alarm_class="URGENT",
            party=party,
            cause=key_of(entry),
            once=True,
        )


def _waiting(
    state: State, scope: Scope, last: TextInForce, post: str, now_us: int
) -> Iterator[Raised]:
    """Yield the proposals that wait for us: for our entry, or for our second person."""
    if state.party not in signatories(last.agreement):
        return
    proposals = sorted(scope.terms.proposed.values(), key=written_us)[-WAITING_MAX:]
    for entry in proposals:
        body = entry.body
        assert isinstance(body, AgreementProposed)
        if now_us > body.from_us:
            continue
        fate = fate_of(scope, last, entry, now_us)
        ours = next((each for each in fate.signed if each.party == state.party), None)
        if fate.word != "open" or ours is None or ours.signed_us is not None:
            continue
        waits = "to be signed or declined"
        if ours.entry is not None:
            waits = f"signed by {len(ours.people)} of {PEOPLE} of our people"
        yield _raised(
            "agreement proposed",
            f"agreement-proposed:{place_name(key_of(entry))}",
            post,
            written_us(entry),
            f"agreement {scope.agreement_id} version {body.version} by {entry.log.party}, "
            f"from {format_second(body.from_us)}: {waits}",
            party=entry.log.party,
            cause=key_of(entry),
        )


def _came(scope: Scope, text: TextInForce, post: str) -> Iterator[Raised]:
    """Yield the text that came into force last, and what contradicts it."""
    if text.proposal is None:
        return
    yield _raised(
        "agreement changed",
        f"agreement-changed:{place_name(text.proposal)}",
        post,
        text.from_us,
        f"agreement {scope.agreement_id} version {text.agreement.version} is IN FORCE since "
        f"{format_second(text.from_us)}",
        alarm_class="URGENT",
        cause=text.proposal,
        once=True,
    )
    for rival in text.rivals:
        yield _raised(
            "agreement contradiction",
            f"agreement-rival:{place_name(rival)}",
            post,
            text.from_us,
            f"TWO TEXTS of agreement {scope.agreement_id} were signed by all for one place: "
            f"{text.sha256[:16]} holds, the one at {place_name(rival)} does not",
            alarm_class="URGENT",
            cause=rival,
            once=True,
        )


def _ending(
    state: State, scope: Scope, agreement: Agreement, post: str, now_us: int
) -> Iterator[Raised]:
    """Yield the end of the text in force, ahead of it and once it is over; and its review."""
    text = text_in_chain(scope, now_us)
    if text is not None:
        # Exactly as its document says: the one that the rules go by is renewed already.
        agreement = text.agreement
    if agreement.valid is None:
        return
    sha256 = text.sha256 if text is not None else sha256_hex(
        state.document(scope.agreement_id).encode())  # fmt: skip
    end_us = ends_us(state, agreement, sha256, now_us)
    clause = validity_of(agreement)
    if end_us is None or (
        clause is not None and clause.renewal == "automatic" and now_us <= end_us
    ):
        return
    warn_s = clause.warn_before_s if clause is not None else norms().agreement.warn_before_s
    since_us = end_us - round(warn_s * MICROSECONDS_PER_SECOND)
    if now_us < since_us:
        return
    over = now_us > end_us
    how = clause.renewal if clause is not None else "lapse"
    then = "renew it by consensus" if how == "consensus" else "it lapses: propose another text"
    yield _raised(
        "agreement end",
        f"agreement-end:{scope.agreement_id}:{end_us}{':over' if over else ''}",
        post,
        end_us + 1 if over else since_us,
        f"agreement {scope.agreement_id} "
        + (f"ENDED at {format_second(end_us)}: no duty stands" if over
           else f"ends at {format_second(end_us)}: {then}"),
        alarm_class="URGENT" if over else "SAFETY",
        once=True,
    )  # fmt: skip


def _configured(
    state: State, scope: Scope, chain: tuple[TextInForce, ...], post: str
) -> Iterator[Raised]:
    """Yield that our own file holds a text that was never agreed: it counts for nothing."""
    name = scope.agreement_id
    sha256 = sha256_hex(state.identity.documents.get(name, "").encode())
    if sha256 in {text.sha256 for text in chain}:
        return
    yield _raised(
        "agreement file",
        f"agreement-file:{name}:{sha256[:16]}",
        post,
        chain[0].from_us,
        f"our file of agreement {name} holds text {sha256[:16]}, which was never agreed: it counts "
        f"for nothing; version {chain[-1].agreement.version} is the agreed one",
        once=True,
    )
