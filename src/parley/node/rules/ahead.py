"""Entries that do not wait for those before them: DISTRESS and URGENT go ahead of their line log.

Rules:
- A higher class never waits behind bytes of a lower (NORMS 2): a message of these classes, and what
  its ends say about it, goes by itself, with the proof of its place, while its log is behind.
- It is believed by what a push is believed by: the writer's signed head. It is held ahead of the
  log, read and answered at once; when the log has come so far it must hold these very bytes.
- Only to a peer that is known to read it: one that holds an agreement of rules version 3.
- Bounded: so many of one peer at once, and each counts against its quota; DISTRESS is taken beyond.
"""

from __future__ import annotations

import bisect

from parley.node.encoding import decode_entry, sealed_part
from parley.node.entries import Entry, LogName, LogOpened, MessageSaid
from parley.node.frames import Ahead, ahead_info
from parley.node.inputs import AheadKept, AheadWanted, FrameOut, Output
from parley.node.layer import HeldAhead
from parley.node.links import Express, Session
from parley.node.overtaking import EXPRESS_TYPES, thread_of
from parley.node.rules import quotas
from parley.node.rules.mirroring import (
    OPENING_BYTES_MAX,
    Forked,
    check_fence,
    check_shard,
    entry_receipt,
    permitted,
    signed_head,
)
from parley.node.rules.pushing import PUSH_AGAIN_US, believable
from parley.node.rules.text_chain import named_text
from parley.node.state import Log, Scope, State
from parley.trust.checkpoint import Checkpoint, parse_unverified_checkpoint
from parley.trust.seal import open_push, verify_commitment
from parley.trust.tree import leaf_hash, verify_inclusion
from parley.world.faults import PeerFault
from parley.world.time import datetime_from_us

RULES_VERSION = 3
"""From this version of the rules on every release reads the frame."""
HELD_MAX = 128
"""Entries of one peer held ahead of its logs; what an honest node has under way is below."""
DISTRESS_AHEAD_MAX = 96
URGENT_AHEAD_MAX = 32
"""Entries of ours that a peer has, or should soon have, ahead of their logs."""
DISTRESS_UNDER_WAY_MAX = 6
URGENT_UNDER_WAY_MAX = 2
"""Not yet acknowledged, by class: what is URGENT is never a long queue before what is DISTRESS, and
neither keeps the log itself from going on."""
EXPRESS_CLASSES = ("DISTRESS", "URGENT")


# ---- what goes ahead to a peer ------------------------------------------------------------------


def reads_ahead(state: State, session: Session, agreement: str) -> bool:
    """Return whether the peer's release is known to read entries sent ahead under an agreement.

    It holds our very text, which pins these rules, or has opened a log that says so.
    """
    scope = state.scope(agreement)
    if scope.rules.version < RULES_VERSION or agreement not in state.identity.documents:
        return False
    if session.texts.get(agreement) == named_text(state, agreement):
        return True
    return any(
        entry.log.party == session.peer
        and isinstance(entry.body, LogOpened)
        and entry.body.rules_version >= RULES_VERSION
        for entry in scope.opened.values()
    )


def reads_pieces(state: State, session: Session) -> bool:
    """Return whether a long frame may go to this peer in pieces."""
    if not session.proven or session.peer is None:
        return False
    shared = state.identity.shared_with(session.peer)
    return any(reads_ahead(state, session, agreement) for agreement in shared)


def due_ahead(state: State, session: Session, now_us: int) -> tuple[AheadWanted, ...]:
    """Return the entries of ours that must not wait until the peer has all before them.

    Asked for before the pushes that are due: an entry that a push of its own carries needs no more.
    """
    if not session.proven or session.peer is None or not session.peer_seal:
        return ()
    if session.peer_nonce is None:
        return ()
    found = [
        (not distress, log.name, index)
        for log, express in _waiting(state, session)
        for index, distress in express.waiting.items()
    ]
    if not found:
        return ()
    under_way, held = _under_way(state, session, now_us)
    wanted = []
    for urgent, name, index in sorted(found):
        express = session.express[name.origin]
        sent_us = express.sent_us.get(index)
        if sent_us is not None and _lately(sent_us, now_us):
            continue
        if under_way[urgent] >= (URGENT_UNDER_WAY_MAX if urgent else DISTRESS_UNDER_WAY_MAX):
            continue
        if sent_us is None and held >= (URGENT_AHEAD_MAX if urgent else DISTRESS_AHEAD_MAX):
            continue
        held += sent_us is None
        under_way[urgent] += 1
        express.sent_us[index] = now_us
        if not _goes_next(state, session, name.origin, index, now_us):
            wanted.append(_wanted(session, session.peer, name.origin, index))
    return tuple(wanted)


def _under_way(state: State, session: Session, now_us: int) -> tuple[dict[bool, int], int]:
    """Return how many entries are not acknowledged yet, and how many may be ahead of their logs.

    The first by whether they are URGENT; the others are DISTRESS.
    """
    under_way, held = {False: 0, True: 0}, 0
    for origin, express in session.express.items():
        ahead = state.links.received_ahead.get((origin, session.peer or ""), {})
        held += len(ahead) + len(express.sent_us)
        for index, sent_us in express.sent_us.items():
            if _lately(sent_us, now_us):
                under_way[not express.waiting.get(index, False)] += 1
    return under_way, held


def _wanted(session: Session, peer: str, origin: str, index: int) -> AheadWanted:
    return AheadWanted(
        connection=session.connection,
        peer=peer,
        origin=origin,
        index=index,
        first=min(index, session.confirmed.get(origin, 0)),
        secret=session.secret,
        counter=session.next_counter(),
    )


def _lately(sent_us: int, now_us: int) -> bool:
    return 0 <= now_us - sent_us < PUSH_AGAIN_US


def _reached(state: State, session: Session, origin: str) -> int:
    """Return how much of a log of ours the peer has read: up to a head, not just parts of one."""
    held = state.links.receipts.get(origin, {}).get(session.peer or "")
    return min(session.confirmed.get(origin, 0), held.size if held is not None else 0)


def _goes_next(state: State, session: Session, origin: str, index: int, now_us: int) -> bool:
    """Whether the entry is all that the peer lacks of its log, and a push of it is due now."""
    return (
        state.log(origin).tree.size == index + 1
        and session.confirmed.get(origin, 0) == index
        and origin not in session.pushing
        and session.held_back_us.get(origin, now_us) <= now_us
    )


def _waiting(state: State, session: Session) -> list[tuple[Log, Express]]:
    """Return the line logs of which something may go ahead now, with what that is."""
    found, peer = [], session.peer or ""
    for origin, about in state.links.about.items():
        reached = _reached(state, session, origin)
        express = session.express.setdefault(origin, Express())
        for index in [i for i in express.waiting if i < reached]:
            del express.waiting[index]
            express.sent_us.pop(index, None)
        express.looked = max(express.looked, bisect.bisect_left(about, (reached,)))
        if express.looked < len(about) or state.links.received_ahead.get((origin, peer)):
            _look_on(state, session, origin, reached)
        if express.waiting:
            found.append((state.log(origin), express))
    if not found:
        return []
    lacking = [(log, session.confirmed.get(log.name.origin, 0)) for log in state.own_logs()]
    known = {log.name.origin for log, _ in believable(state, lacking)}
    named = state.links.texts.get(session.peer or "", {})
    return [
        (log, express)
        for log, express in found
        if log.name.origin in known
        and log.name.agreement in named
        and reads_ahead(state, session, log.name.agreement)
    ]


def _look_on(state: State, session: Session, origin: str, reached: int) -> None:
    """Look at what was said in a line log since the last look, and at what the peer has ahead."""
    about, express = state.links.about[origin], session.express[origin]
    scope = state.scope(state.log(origin).name.agreement)
    ahead = state.links.received_ahead.get((origin, session.peer or ""), {})
    for index in [i for i in ahead if i < reached]:
        del ahead[index]
    for each in about[express.looked :]:
        thread = scope.threads.get(each.message)
        if session.peer not in each.to or each.place in ahead:
            continue
        if thread is not None and thread.said is not None:
            message_class = thread.body.message_class
            if message_class in EXPRESS_CLASSES:
                express.waiting[each.place] = message_class == "DISTRESS"
    express.looked = len(about)


def acknowledged(state: State, session: Session, origin: str, index: int, at_us: int) -> None:
    """Note that the peer has an entry, whether it came ahead or with its log."""
    express = session.express.get(origin)
    if express is None or session.peer is None or express.waiting.pop(index, None) is None:
        return
    express.sent_us.pop(index, None)
    state.links.received_ahead.setdefault((origin, session.peer), {})[index] = at_us


def held_back(session: Session, origin: str) -> None:
    """Note that the peer does not take the log now: what was to go at its end goes ahead."""
    express = session.express.get(origin)
    if express is not None:
        express.sent_us.clear()


# ---- what comes ahead from a peer ---------------------------------------------------------------


def ahead_in(state: State, session: Session, frame: Ahead, now_us: int) -> Output:
    """Return what an entry that a proven peer sends ahead of its log leads to.

    Raises:
        PeerFault: it is not the peer's to send, not under the head, nothing that goes ahead, or one
            too many; `Forked` where the peer has signed something else at its place.
    """
    assert session.peer is not None
    name = permitted(state, session.peer, frame.origin)
    scope, log = state.scope(name.agreement), state.log(frame.origin)
    if name.kind != "line" or scope.rules.version < RULES_VERSION:
        raise PeerFault("ahead log", value=frame.origin, wanted="a line log of rules version 3")
    if name.year > datetime_from_us(now_us).year + 1:
        # One of our clocks jumped: as for a push, no reason to lose the link.
        return Output()
    if not log.tree.size:
        check_shard(name, scope.logs, now_us)
    check_fence(state, name, frame.index + 1)
    head = signed_head(state, log, frame.checkpoint)
    leaf = leaf_hash(frame.entry)
    verify_inclusion(leaf, frame.index, head.size, frame.proof, head.root)
    here = _is_here(state, scope, log, frame, leaf, head)
    held, opening = _read(state, session, name, frame)
    if not here and len(scope.ahead.of(session.peer)) >= HELD_MAX:
        wanted = f"{HELD_MAX} entries at once at most"
        raise PeerFault(f"ahead of {frame.origin}", value=frame.index, wanted=wanted)
    if not _within_quota(state, session.peer, frame, held, now_us):
        state.links.refuse(session.peer, "quota", "more than its quota of line entries, ahead")
        return Output()
    receipt = entry_receipt(state, frame.origin, frame.index, leaf.hex(), now_us)
    out = (FrameOut(connection=session.connection, frame=receipt),)
    if here:
        return Output(frames=out)
    kept = AheadKept(held=held, data=frame.entry, opening=opening, proof=frame.proof)
    return Output(ahead=(kept,), frames=out)


def _is_here(
    state: State, scope: Scope, log: Log, frame: Ahead, leaf: bytes, head: Checkpoint
) -> bool:
    """Return whether this very entry is held already, in its log or ahead of it.

    Raises:
        Forked: something else is, or another root under a head of the same size.
    """
    index, origin = frame.index, frame.origin
    staged = state.links.staged.get(origin)
    known: bytes | None = None
    if index < log.tree.size:
        known = log.tree.leaf(index)
    elif staged is not None and index < staged.end:
        known = leaf_hash(staged.entries[index - staged.first])
    if known is not None and known != leaf:
        raise _forked(frame, leaf, known)
    if head.size <= log.tree.size and log.tree.root(head.size) != head.root:
        raise _forked(frame, head.root, log.tree.root(head.size))
    for (at, _), held in scope.ahead.held.items():
        if at == origin and held.size == head.size and held.root != head.root:
            raise _forked(frame, head.root, held.root, held.checkpoint)
    ahead = scope.ahead.held.get((origin, index))
    if ahead is not None and ahead.leaf != leaf:
        raise _forked(frame, leaf, ahead.leaf, ahead.checkpoint)
    # What is only staged nobody can read yet: it is taken ahead too.
    return index < log.tree.size or ahead is not None


def _forked(frame: Ahead, found: bytes, known: bytes, held: bytes = b"") -> Forked:
    what = f"ahead of {frame.origin} at {frame.index}"
    return Forked(what, value=found.hex(), wanted=f"{known.hex()}, held here before", held=held)


def _read(
    state: State, session: Session, name: LogName, frame: Ahead
) -> tuple[HeldAhead, bytes | None]:
    """Return an entry sent ahead as read, with its opening.

    Raises:
        PeerFault: it cannot be read, or is nothing that goes ahead of its log.
    """
    part = sealed_part(frame.entry)
    opening = None
    if frame.box:
        if session.peer_secret is None or session.peer is None or part.commit is None:
            raise PeerFault("ahead box", value=frame.index, wanted="one of a sealed entry")
        info = ahead_info(session.peer, state.party, frame.origin, frame.index)
        opening = open_push(session.peer_secret, frame.counter, info, frame.box)
        if len(opening) > OPENING_BYTES_MAX:
            raise PeerFault("ahead opening", value=len(opening), wanted=f"{OPENING_BYTES_MAX}")
        verify_commitment(opening, part.commit)
    held = held_ahead(state, name, frame.index, frame.entry, opening, frame.checkpoint.encode())
    what = f"ahead of {frame.origin} at {frame.index}"
    if held is None:
        raise PeerFault(what, value="unreadable", wanted="a message, or what is said of one")
    entry = held.entry
    if entry.audience is not None and entry.valid_until_us is not None:
        raise PeerFault(what, value="a payload that ends", wanted="with its log only")
    closed = state.log(frame.origin).closed_at
    if datetime_from_us(entry.issued_us).year != name.year or closed is not None:
        raise PeerFault(what, value=entry.issued_us, wanted="of the year of its log, which is open")
    return held, opening


def held_ahead(
    state: State, name: LogName, index: int, data: bytes, opening: bytes | None, note: bytes
) -> HeldAhead | None:
    """Return an entry as it is held ahead of its log, or None if it is nothing that may be.

    Args:
        state: gives the message that it is about.
        name: its log.
        index: its place.
        data: its exact bytes, shown to stand there under the head.
        opening: salt and payload.
        note: the head, verified.
    """
    scope = state.scope(name.agreement)
    entry = decode_entry(data, log=name, index=index, opening=opening, rules=scope.rules)
    if not isinstance(entry, Entry) or entry.body is None or entry.type not in EXPRESS_TYPES:
        return None
    thread = scope.threads.get(thread_of(entry))
    message_class = None
    if isinstance(entry.body, MessageSaid):
        message_class = entry.body.message_class
    elif thread is not None and thread.said is not None:
        message_class = thread.body.message_class
    # Of a message that is not here yet nobody can tell; its writer's own limits hold.
    if message_class not in (None, *EXPRESS_CLASSES):
        return None
    head = parse_unverified_checkpoint(note)
    return HeldAhead(
        entry=entry,
        leaf=leaf_hash(data),
        size=head.size,
        root=head.root,
        checkpoint=note,
        distress=message_class == "DISTRESS",
    )


def _within_quota(state: State, peer: str, frame: Ahead, held: HeldAhead, now_us: int) -> bool:
    size_bytes = len(frame.entry) + len(frame.box)
    if not quotas.take(state, peer, "line", 1, size_bytes, now_us=now_us):
        return True
    return held.distress and quotas.overdraw(state, peer, "line", 1, size_bytes, now_us=now_us)
