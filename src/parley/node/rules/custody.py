"""Custody of the record: people's signatures, keys that no longer count, payloads, clocks.

Rules:
- Nobody acts for another party: one's own entries are signed, one's own copies are destroyed.
- A key is distrusted by one person at once; a revocation needs the offline root (m of n).
- A guarded payload goes only to addressees for whom there is consent, expires, and every reading of
  it is written into the private log. A legal hold beats expiry.
- What was refused is written down, a minute's worth in one entry: a flood must not become ours.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from parley.node.custody_bodies import (
    ActSigned,
    ClockMeasured,
    ConsentGiven,
    ConsentWithdrawn,
    HoldLifted,
    HoldSet,
    KeyDistrusted,
    KeyRevoked,
    KeyRole,
    OperatorEnrolled,
    OperatorRemoved,
    PayloadDestroyed,
    PayloadOpened,
    PeerRefused,
)
from parley.node.encoding import references_of
from parley.node.entries import Draft, Entry
from parley.node.identity import PeerKeys
from parley.node.inputs import (
    CustodyAct,
    DestroyPayload,
    DistrustKey,
    EnrolOperator,
    GiveConsent,
    LiftHold,
    OpenPayload,
    RemoveOperator,
    RevokeKey,
    SetHold,
    SignAct,
    WithdrawConsent,
)
from parley.node.rules import forks
from parley.node.rules.agreements import adopted_agreement
from parley.node.rules.keyring import enrolment_of, log_key_chain, operator_key, operators_of
from parley.node.state import Key, Scope, State, Thread, key_of, rank_of
from parley.trust.statements import verify_act, verify_enrolment, verify_statement
from parley.world.agreement import check_name
from parley.world.faults import InputFault, PeerFault, nearest
from parley.world.norms import message_type, norms
from parley.world.time import format_instant

T = TypeVar("T")
REFUSALS_EVERY_US = 60 * 1_000_000
REFUSED_WHY_CHARACTERS = 300
CLOCK_EVERY_US = 600 * 1_000_000
"""A changed offset is written again only after so long: a clock that drifts must not fill logs."""
CLOCK_CHANGE_US = 250_000
CLOCK_LOOK_US = 60 * 1_000_000


def act(state: State, event: CustodyAct, now_us: int) -> Draft:
    """Return the entry of a person's act about keys, people or payloads.

    Raises:
        InputFault: it cannot be done, saying why.
    """
    if isinstance(event, SignAct | EnrolOperator | RemoveOperator):
        return _people(state, event, now_us)
    if isinstance(event, DistrustKey | RevokeKey):
        return _keys(state, event)
    if isinstance(event, OpenPayload | DestroyPayload):
        return _payload(state, event)
    if isinstance(event, GiveConsent):
        _check_until(event.until_us, now_us)
    return _consent(state, event)


def _check_until(until_us: int | None, now_us: int) -> None:
    if until_us is not None and until_us <= now_us:
        wanted = "a time to come, or none"
        raise InputFault("until", value=format_instant(until_us), wanted=wanted)


# ---- people -------------------------------------------------------------------------------------


def _people(state: State, event: SignAct | EnrolOperator | RemoveOperator, now_us: int) -> Draft:
    if isinstance(event, SignAct):
        return _sign(state, event, now_us)
    agreement = adopted_agreement(state, event.agreement)
    check_name(event.operator, "operator")
    if isinstance(event, RemoveOperator):
        _enrolled(state, event)
        removed = OperatorRemoved(operator=event.operator, reason=event.reason)
        return Draft(agreement=event.agreement, by=event.post, body=removed)
    known = agreement.party(state.party).posts
    for post in event.posts:
        if post not in known:
            close = nearest(post, sorted(known))
            repair = f"did you mean {close!r}?" if close else ""
            raise InputFault("operator post", value=post, wanted="a post of it", repair=repair)
    body = OperatorEnrolled(
        operator=event.operator,
        key=event.key,
        posts=event.posts,
        possession=event.possession,
        until_us=event.until_us,
    )
    _as_input(lambda: verify_enrolment(enrolment_of(state.party, body), body.possession))
    return Draft(agreement=event.agreement, by=event.post, body=body)


def _enrolled(state: State, event: RemoveOperator) -> None:
    """Check that there is somebody to remove: a slip of the pen must not look like a removal."""
    every = operators_of(state.scope(event.agreement), state.party)
    standing = {name for name, known in every.items() if known.removed is None}
    if event.operator not in standing:
        close = nearest(event.operator, sorted(standing))
        repair = f"did you mean {close!r}?" if close else ""
        wanted = "a person enrolled under this agreement"
        raise InputFault("operator", value=event.operator, wanted=wanted, repair=repair)


def _sign(state: State, event: SignAct, now_us: int) -> Draft:
    origin, index = event.ref
    log = state.log(origin)
    if log.name.party != state.party or not 0 <= index < log.tree.size:
        raise InputFault("signed entry", value=f"{origin} {index}", wanted="an entry of our own")
    leaf = log.tree.leaf(index).hex()
    scope = state.scope(log.name.agreement)
    draft = Draft(
        agreement=log.name.agreement,
        by=event.post,
        ref=(state.reference(event.ref),),
        body=ActSigned(operator=event.operator, signature=event.signature),
    )
    place = Entry(
        log=state.own_log(log.name.agreement, "line", 9999),
        type="act.signed", seq=2**40, issued_us=now_us, by=event.post, to=(), ref=draft.ref,
        seen={}, status="actual", happened=None, valid_until_us=None, commit=None, body=None,
    )  # fmt: skip
    key = _as_input(lambda: operator_key(state, scope, place, event.operator))
    _as_input(lambda: verify_act(key, origin, index, leaf, event.signature))
    return draft


def _as_input(check: Callable[[], T]) -> T:
    """Return what a check of what a person gave us gives: what it refuses is that person's slip."""
    try:
        return check()
    except PeerFault as fault:
        raise InputFault(
            fault.what, value=fault.value, wanted=fault.wanted, repair=fault.repair
        ) from None


# ---- keys ---------------------------------------------------------------------------------------


def _keys(state: State, event: DistrustKey | RevokeKey) -> Draft:
    adopted_agreement(state, event.agreement)
    if isinstance(event, RevokeKey):
        return _revoke(state, event)
    peer = _peer(state, event.party)
    roles: dict[str, KeyRole] = {
        peer.log.vkey: "log",
        peer.mirror.vkey: "mirror",
        peer.link.vkey: "link",
    }
    roles |= {key.vkey: "log" for key in log_key_chain(state, event.party)}
    if peer.witness is not None:
        roles[peer.witness.vkey] = "witness"
    if peer.seal is not None:
        roles[peer.seal] = "seal"
    role = roles.get(event.key)
    if role is None:
        raise InputFault("key", value=event.key, wanted=f"a key enrolled for {event.party}")
    if not event.reason.strip():
        raise InputFault("reason", value="", wanted="why, in a few words: the other side asks")
    body = KeyDistrusted(
        party=event.party, role=role, key=event.key, post=event.post, reason=event.reason
    )
    return Draft(agreement=event.agreement, by=event.post, body=body)


def _peer(state: State, party: str) -> PeerKeys:
    peer = state.identity.peers.get(party)
    if peer is None:
        known = ", ".join(sorted(state.identity.peers))
        raise InputFault("party", value=party, wanted=f"one of {known}")
    return peer


def _revoke(state: State, event: RevokeKey) -> Draft:
    data = event.statement.encode()
    peer = next(
        (p for name, p in state.identity.peers.items() if f"\nparty {name}\n" in event.statement),
        None,
    )
    roots, threshold = (peer.roots, peer.root_threshold) if peer else state.identity.roots
    statement = _as_input(lambda: verify_statement(data, roots, threshold))
    if statement.action != "revoke":
        raise InputFault(
            "statement",
            value=statement.action,
            wanted="a revocation: that is all that a node acts on by itself",
            repair="enrol the new key by voice, in each peer's node.toml (docs/keys.md)",
        )
    body = KeyRevoked(statement=event.statement)
    return Draft(agreement=event.agreement, by=event.post, body=body)


# ---- payloads -----------------------------------------------------------------------------------


def guarded(thread: Thread) -> bool:
    """Whether a message is of a guarded type: each reading of it is written down."""
    if thread.said is None:
        return False
    try:
        return message_type(thread.body.message_type).guarded
    except InputFault:
        return False


def _payload(state: State, event: OpenPayload | DestroyPayload) -> Draft:
    scope, thread = _guarded_thread(state, event.ref)
    ref = (state.reference(event.ref),)
    if isinstance(event, OpenPayload):
        opened = PayloadOpened(post=event.post, purpose=event.purpose)
        return Draft(agreement=scope.agreement_id, by=event.post, ref=ref, body=opened)
    held = holds_of(state, scope)
    if held:
        wanted = "no legal hold"
        raise InputFault("destroy", value=f"held by {', '.join(held)}", wanted=wanted)
    del thread
    body = PayloadDestroyed(why="asked", post=event.post)
    return Draft(agreement=scope.agreement_id, by=event.post, ref=ref, body=body)


def _guarded_thread(state: State, key: Key) -> tuple[Scope, Thread]:
    for scope in state.scopes.values():
        thread = scope.threads.get(key)
        if thread is not None and guarded(thread):
            return scope, thread
    raise InputFault(
        "payload", value=f"{key[0]} {key[1]}", wanted="a guarded notice that is held and open here"
    )


def opened_here(state: State, scope: Scope, key: Key) -> bool:
    """Whether somebody of this party opened a guarded notice; where nothing is sealed, always."""
    if not scope.rules.sealed:
        return True
    opened = scope.acts_of("payload.opened", state.party).values()
    return any(entry.ref and entry.ref[0].key == key for entry in opened)


def holds_of(state: State, scope: Scope) -> list[str]:
    """Return the legal holds of this party that are set under an agreement."""
    acts = [
        entry
        for name in ("hold.set", "hold.lifted")
        for entry in scope.acts_of(name, state.party).values()
    ]
    standing: dict[str, bool] = {}
    for entry in sorted(acts, key=rank_of):
        if isinstance(entry.body, HoldSet | HoldLifted):
            standing[entry.body.hold] = isinstance(entry.body, HoldSet)
    return sorted(name for name, stands in standing.items() if stands)


def consents(state: State, scope: Scope, now_us: int) -> set[str]:
    """Return the addressees that this party lets have its guarded notices."""
    acts = [
        entry
        for name in ("consent.given", "consent.withdrawn")
        for entry in scope.acts_of(name, state.party).values()
    ]
    given: set[str] = set()
    for entry in sorted(acts, key=rank_of):
        body = entry.body
        if isinstance(body, ConsentGiven) and (body.until_us is None or body.until_us > now_us):
            given.add(body.addressee)
        elif isinstance(body, ConsentGiven | ConsentWithdrawn):
            given.discard(body.addressee)
    return given


def _consent(state: State, event: SetHold | LiftHold | GiveConsent | WithdrawConsent) -> Draft:
    agreement = adopted_agreement(state, event.agreement)
    body: HoldSet | HoldLifted | ConsentGiven | ConsentWithdrawn
    if isinstance(event, SetHold | LiftHold):
        check_name(event.hold, "hold")
        if isinstance(event, LiftHold):
            standing = holds_of(state, state.scope(event.agreement))
            if event.hold not in standing:
                wanted = f"one of {', '.join(standing) or 'none: there is none'}"
                raise InputFault("hold", value=event.hold, wanted=wanted)
            body = HoldLifted(hold=event.hold, post=event.post, reason=event.reason)
        else:
            body = HoldSet(hold=event.hold, post=event.post, reason=event.reason)
    else:
        others = [p.id for p in agreement.parties if p.id != state.party]
        if event.addressee not in others:
            wanted = f"one of {', '.join(others)}"
            raise InputFault("consent addressee", value=event.addressee, wanted=wanted)
        if isinstance(event, GiveConsent):
            body = ConsentGiven(
                addressee=event.addressee,
                post=event.post,
                scope=event.scope,
                until_us=event.until_us,
            )
        else:
            body = ConsentWithdrawn(addressee=event.addressee, post=event.post, reason=event.reason)
    return Draft(agreement=event.agreement, by=event.post, body=body)


# ---- what time makes due ------------------------------------------------------------------------


def due(state: State, now_us: int) -> Iterator[Draft]:
    """Yield the entries about refusals, clocks and expired payloads that are due."""
    yield from _refusals(state, now_us)
    yield from forks.due(state)
    yield from _clocks(state, now_us)
    yield from _expired(state, now_us)


def _shared(state: State, party: str) -> list[str]:
    """Return the agreements shared with a party whose rules know these entries."""
    return [
        name
        for name in state.identity.shared_with(party)
        if "peer.refused" not in state.scope(name).rules.unknown
    ]


def _refusals(state: State, now_us: int) -> Iterator[Draft]:
    links = state.links
    for (party, what), (count, why) in sorted(links.unlogged.items()):
        last_us = links.logged_us.get((party, what))
        if last_us is not None and 0 <= now_us - last_us < REFUSALS_EVERY_US:
            continue
        del links.unlogged[(party, what)]
        links.logged_us[(party, what)] = now_us
        body = PeerRefused(party=party, what=what, count=count, why=why[:REFUSED_WHY_CHARACTERS])
        for name in _shared(state, party)[:1]:
            yield Draft(agreement=name, by="system", body=body)


def _clocks(state: State, now_us: int) -> Iterator[Draft]:
    alarm_us = round(norms().clock.alarm_s * 1_000_000)
    calm_us = round(norms().clock.calm_s * 1_000_000)
    for party in sorted(state.links.clocks):
        sample = state.links.clock(party)
        looked = state.links.clock_looked.get(party)
        if sample is None or (looked is not None and looked[0] is sample and now_us < looked[1]):
            continue
        # The same sample says nothing new; what must rest meanwhile is looked at again later.
        state.links.clock_looked[party] = (sample, now_us + CLOCK_LOOK_US)
        within_us = sample.round_trip_us // 2
        surely_us = abs(sample.offset_us) - within_us
        for name in _shared(state, party):
            last = _last_clock(state, state.scope(name), party)
            before = last is not None and _measured(last).alarm
            alarm = surely_us > (calm_us if before else alarm_us)
            known_us = _measured(last).offset_us if last is not None else 0
            moved = abs(sample.offset_us - known_us) - within_us > CLOCK_CHANGE_US
            rested = last is None or now_us - last.issued_us >= CLOCK_EVERY_US
            if alarm != before or (moved and rested):
                body = ClockMeasured(
                    party=party, offset_us=sample.offset_us, within_us=within_us, alarm=alarm
                )
                yield Draft(agreement=name, by="system", body=body)


def _measured(entry: Entry) -> ClockMeasured:
    assert isinstance(entry.body, ClockMeasured)
    return entry.body


def _last_clock(state: State, scope: Scope, party: str) -> Entry | None:
    own = [
        entry
        for entry in scope.acts_of("clock.measured", state.party).values()
        if _measured(entry).party == party
    ]
    return max(own, key=rank_of, default=None)


def clock_alarm(state: State, scope: Scope, party: str) -> ClockMeasured | None:
    """Return the measurement that stands as an alarm about a peer's clock, if one does."""
    last = _last_clock(state, scope, party)
    return _measured(last) if last is not None and _measured(last).alarm else None


def _expired(state: State, now_us: int) -> Iterator[Draft]:
    """Yield the destruction of guarded payloads whose time is over, unless a hold stands."""
    for scope in state.scopes.values():
        waiting = scope.index.expiring
        if not waiting or waiting[0][0] >= now_us or holds_of(state, scope):
            continue
        gone = all_destroyed(state, scope)
        due_now = []
        while waiting and waiting[0][0] < now_us:
            until_us, key = heapq.heappop(waiting)
            thread = scope.threads.get(key)
            if thread is not None and guarded(thread) and key not in gone:
                due_now.append((until_us, key))
        for each in due_now:
            # Looked at again until it is written: what could not be stored is drafted again.
            heapq.heappush(waiting, each)
            yield Draft(
                agreement=scope.agreement_id,
                by="system",
                ref=(state.reference(each[1]),),
                body=PayloadDestroyed(why="expired"),
            )


def destroyed(state: State, scope: Scope, key: Key) -> bool:
    """Whether this party has dropped its copy of a payload."""
    return key in all_destroyed(state, scope)


def all_destroyed(state: State, scope: Scope) -> set[Key]:
    """Return the payloads of which this party has dropped its copy."""
    acts = scope.acts_of("payload.destroyed", state.party).values()
    return {entry.ref[0].key for entry in acts if entry.ref}


def too_late(state: State, origin: str, first: int, entries: Sequence[bytes]) -> frozenset[int]:
    """Return the places of entries that are or repeat a notice which this party has destroyed.

    The notice itself comes back with an own log from a mirror. An answer that reads back what is
    gone is held as a commitment: its words are not kept.
    """
    gone = {key for scope in state.scopes.values() for key in all_destroyed(state, scope)}
    if not gone:
        return frozenset()
    return frozenset(
        n
        for n, data in enumerate(entries)
        if (origin, first + n) in gone or gone & set(references_of(data))
    )


def forgotten(state: State, entries: list[Entry]) -> list[Key]:
    """Return the payloads that entries just folded say this party has dropped.

    With a notice go its answers, checks and translations: they repeat what the notice said.
    """
    found: list[Key] = []
    for entry in entries:
        own = entry.log.party == state.party and entry.ref
        if not own or not isinstance(entry.body, PayloadDestroyed):
            continue
        key = entry.ref[0].key
        found.append(key)
        thread = state.scope(entry.log.agreement).threads.get(key)
        if thread is not None:
            checks = (key_of(check) for check in thread.checks.values())
            translations = state.scope(entry.log.agreement).line.translations.get(key, {})
            found.extend(sorted({*thread.answers, *checks, *translations}))
    return found
