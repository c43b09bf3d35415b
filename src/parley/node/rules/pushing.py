"""What goes to a peer, what it acknowledges, and what each gives the other back that was lost.

Rules:
- Only what the peer lacks, lines first, one push per log under way, and no more in it than the link
  took lately in about a second: a line message never waits long behind operations.
- A receipt counts only if the peer's own key signed it, over what we really wrote.
- Who has lost its own log asks for it; who mirrors it pushes it back, with its openings.
"""

from __future__ import annotations

import msgspec

from parley.node.entries import log_name
from parley.node.frames import Receipt, Received, Want
from parley.node.inputs import (
    EntryReceived,
    FrameOut,
    Output,
    PushWanted,
    ReceiptKept,
)
from parley.node.links import (
    PUSH_BYTES_MAX,
    PUSH_BYTES_MIN,
    Held,
    Session,
)
from parley.node.rules.keyring import require_counting
from parley.node.rules.mirroring import permitted
from parley.node.state import Log, State
from parley.trust.checkpoint import verify_cosignature
from parley.trust.note import add_signatures
from parley.trust.statements import verify_receipt
from parley.world.faults import InputFault, PeerFault

PUSH_AGAIN_US = 25 * 1_000_000
"""A push that is not answered for so long is offered again; the slowest bearer is quicker."""
WANTS_MAX = 64
"""Own logs that a heartbeat makes us ask for at once."""
_QUICK_US = 500_000
_SLOW_US = 1_500_000


# ---- what is due to a peer ----------------------------------------------------------------------


def due_pushes(state: State, session: Session, now_us: int) -> tuple[PushWanted, ...]:
    """Return the parts of logs that this peer lacks and are not under way, lines first.

    Only under agreements of which the peer said in its greeting that it holds a text: it would
    refuse any other, and a refusal costs both the link. Private logs never leave. Nothing goes
    before its greeting has come: without its seal key the openings could not go with the entries.
    """
    if not session.proven or session.peer is None or session.peer_nonce is None:
        return ()
    behind = [
        (log, first)
        for log in state.own_logs()
        if (first := session.confirmed.get(log.name.origin, 0)) < log.tree.size
        and log.name.kind != "private"
    ]
    if not behind and not session.asked:
        return ()
    named = state.links.texts.get(session.peer, {})
    shared = set(state.identity.shared_with(session.peer)) & set(named)
    lacking = [each for each in behind if each[0].name.agreement in shared]
    lacking = [*believable(state, lacking), *_lost_by(state, session)]
    wanted = []
    for log, first in sorted(lacking, key=lambda each: (each[0].name.kind != "line", each[0].name)):
        origin = log.name.origin
        waits = session.held_back_us.get(origin, now_us) > now_us
        if waits or origin in session.pushing:
            continue
        session.pushing[origin] = now_us
        wanted.append(
            PushWanted(
                connection=session.connection,
                peer=session.peer,
                origin=origin,
                first=first,
                bytes_max=session.bytes_max,
                secret=session.secret,
                counter=session.next_counter(),
                sealed=bool(session.peer_seal),
            )
        )
    return tuple(wanted)


def believable(state: State, lacking: list[tuple[Log, int]]) -> list[tuple[Log, int]]:
    """Return these logs without those that a key began which the peer does not know yet.

    It lacks the entry that names the key.

    It would take such a head for a stranger's, and write that down against us.
    """
    changing = set()
    for log, first in lacking:
        rotated = state.scope(log.name.agreement).acts_of("key.rotated", state.party)
        if any(origin == log.name.origin and index >= first for origin, index in rotated):
            changing.add(log.name.origin)
    if not changing:
        return lacking
    return [each for each in lacking if each[1] or each[0].name.origin in changing]


def _lost_by(state: State, session: Session) -> list[tuple[Log, int]]:
    """Return the logs of the peer's own that it has asked us for."""
    found = []
    for origin, first in session.asked.items():
        log = state.log(origin)
        if first < log.tree.size:
            found.append((log, first))
    return found


def _paced(state: State, session: Session, origin: str, now_us: int) -> None:
    """Note how long a push took, and let the next one be as long as about a second carries."""
    since_us = session.pushing.pop(origin, None)
    if since_us is None or session.peer is None:
        return
    clock = state.links.clock(session.peer)
    way_us = clock.round_trip_us if clock is not None else 0
    took_us = now_us - since_us - way_us
    if took_us > _SLOW_US:
        session.bytes_max = max(PUSH_BYTES_MIN, session.bytes_max // 2)
    elif took_us < _QUICK_US:
        session.bytes_max = min(PUSH_BYTES_MAX, session.bytes_max * 2)


# ---- what a peer acknowledges -------------------------------------------------------------------


def receipt_in(
    state: State, session: Session, receipt: Receipt, checkpoint: bytes, now_us: int
) -> Output:
    """Return what a peer's receipt leads to: its cosignature kept, the next part on its way."""
    assert session.peer is not None
    peer = session.peer
    own = {log.name.origin: log for log in state.own_logs()}
    log = own.get(receipt.origin)
    if not receipt.line and receipt.origin in session.asked:
        return _returned(state, session, receipt, now_us)
    if receipt.origin in state.abandoned:
        # It may cosign what we lost, or what we have given up: no fault of its, and no use to us.
        return Output()
    if log is None or not 0 < receipt.size <= log.tree.size:
        raise PeerFault("receipt", value=receipt.origin, wanted="a head of a log of ours")
    # An old receipt that comes late takes nothing back; only a heartbeat says "I hold less".
    if not receipt.line:
        _confirm(state, session, receipt, now_us)
        return Output(pushes=due_pushes(state, session, now_us))
    if not checkpoint:
        raise PeerFault("receipt", value=receipt.size, wanted="the size of a head of ours")
    mirror = state.identity.peers[peer].mirror
    require_counting(state, peer, mirror.vkey)
    line = receipt.line.encode()
    try:
        given = verify_cosignature(add_signatures(checkpoint, (line,)), mirror)
    except InputFault as fault:
        raise PeerFault(fault.what, value=fault.value, wanted=fault.wanted) from None
    by_peer = state.links.receipts.setdefault(receipt.origin, {})
    if peer not in by_peer or receipt.size > by_peer[peer].size:
        by_peer[peer] = Held(size=receipt.size, time_s=given.time_s)
    _confirm(state, session, receipt, now_us)
    kept = ReceiptKept(
        origin=receipt.origin, size=receipt.size, peer=peer, cosigner=mirror.name, line=line
    )
    return Output(receipts=(kept,), pushes=due_pushes(state, session, now_us))


def _confirm(state: State, session: Session, receipt: Receipt, now_us: int) -> None:
    known = session.confirmed.get(receipt.origin, 0)
    if receipt.size > known:
        # A newer word on an old head answers no push.
        _paced(state, session, receipt.origin, now_us)
    session.confirmed[receipt.origin] = max(known, receipt.size)


def received_in(state: State, session: Session, frame: Received) -> Output:
    """Return what stores a peer's receipt for one entry of a line log of ours."""
    assert session.peer is not None
    log = state.log(frame.origin) if _is_own_line(state, frame.origin) else None
    if log is None or not 0 <= frame.index < log.tree.size:
        raise PeerFault("entry receipt", value=frame.origin, wanted="an entry of a line of ours")
    require_counting(state, session.peer, state.identity.peers[session.peer].link.vkey)
    leaf = log.tree.leaf(frame.index).hex()
    if frame.leaf != leaf:
        raise PeerFault(
            f"entry receipt of {frame.origin} {frame.index}", value=frame.leaf, wanted=leaf
        )
    verify_receipt(
        state.identity.peers[session.peer].link,
        session.peer,
        frame.origin,
        frame.index,
        leaf,
        frame.at_us,
        frame.signature,
    )
    by_peer = state.links.received.setdefault(frame.origin, {})
    if frame.index >= by_peer.get(session.peer, (-1, 0))[0]:
        by_peer[session.peer] = (frame.index, frame.at_us)
    data = msgspec.json.encode(frame)
    return Output(
        received=(
            EntryReceived(origin=frame.origin, index=frame.index, peer=session.peer, data=data),
        )
    )


def _is_own_line(state: State, origin: str) -> bool:
    try:
        name = log_name(origin)
    except InputFault:
        return False
    return name.party == state.party and name.kind == "line"


# ---- what was lost ------------------------------------------------------------------------------


def restore_wants(state: State, session: Session, heads: dict[str, int]) -> tuple[FrameOut, ...]:
    """Return the requests for own logs of which the peer holds more than we do."""
    frames: list[FrameOut] = []
    for origin, size in sorted(heads.items()):
        held = state.log(origin).tree.size
        given_up = state.abandoned.get(origin, "restored") != "restored"
        if size <= held or given_up or log_name(origin).kind == "private":
            continue
        if len(frames) >= WANTS_MAX:
            # The others after these: one heartbeat must not make us send ten thousand frames.
            break
        session.wanted.add(origin)
        frames.append(
            FrameOut(connection=session.connection, frame=Want(origin=origin, first=held))
        )
    return tuple(frames)


def want_in(state: State, session: Session, want: Want, now_us: int) -> Output:
    """Return the push of a peer's own log to the peer that has lost it."""
    assert session.peer is not None
    permitted(state, session.peer, want.origin)
    if want.first < 0:
        raise PeerFault("want first", value=want.first, wanted="0 or more")
    if want.first >= state.log(want.origin).tree.size:
        # Nothing of it is here: a peer must not fill our memory with what it could want.
        return Output()
    session.asked[want.origin] = want.first
    session.pushing.pop(want.origin, None)
    return Output(pushes=due_pushes(state, session, now_us))


def _returned(state: State, session: Session, receipt: Receipt, now_us: int) -> Output:
    """The peer has taken a part of its own log back."""
    _paced(state, session, receipt.origin, now_us)
    session.asked[receipt.origin] = max(session.asked[receipt.origin], receipt.size)
    if receipt.size >= state.log(receipt.origin).tree.size:
        del session.asked[receipt.origin]
    return Output(pushes=due_pushes(state, session, now_us))
