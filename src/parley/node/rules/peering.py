"""Links to peers: who is there, what each end holds of the other, whose clock says what.

Rules:
- A link is used only after its other end has signed our nonce with the peer's link key.
- Each end then sends under its own session key, which it sealed to the other's enrolled key.
- What a peer may push, and what is acknowledged: `mirroring`. Heads without entries: `witnessing`.
- A peer that breaks the rules is counted, dropped, and the refusal is written down.
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from parley.node.entries import log_name
from parley.node.frames import (
    Ahead,
    Frame,
    Head,
    Heads,
    Hello,
    Prove,
    Push,
    Receipt,
    Received,
    Refuse,
    Want,
    Witnessed,
    heads_message,
    hello_message,
    session_info,
)
from parley.node.identity import PeerKeys
from parley.node.inputs import (
    Drop,
    FrameIn,
    FrameOut,
    Input,
    LinkClosed,
    LinkOpened,
    Output,
    ProofWanted,
    Tick,
)
from parley.node.links import CLOCK_SAMPLES, ClockSample, Held, Secret, Session
from parley.node.rules.ahead import acknowledged, ahead_in, due_ahead, held_back
from parley.node.rules.fork_evidence import fork_evidence
from parley.node.rules.keyring import require_counting
from parley.node.rules.mirroring import cosign_again, push_in
from parley.node.rules.pushing import (
    PUSH_AGAIN_US,
    due_pushes,
    receipt_in,
    received_in,
    restore_wants,
    want_in,
)
from parley.node.rules.text_chain import named_text
from parley.node.rules.witnessing import due_heads, head_in, witnessed_in
from parley.node.state import State
from parley.trust.bytes import INTEGER_MAX
from parley.trust.keys import verify_signature
from parley.trust.seal import PUSH_KEY_BYTES, verify_seal_public
from parley.world.faults import InputFault, PeerFault
from parley.world.norms import norms
from parley.world.time import US_MAX, US_MIN

HEADS_BACK_US = 60 * 1_000_000
"""A heartbeat that is older than the newest by more than this was not just overtaken."""
_HEADS_KEPT = 8
CLOCK_NEAR_US = 100_000
"""A clock this near to ours is written of only if it was before: less than any change or alarm."""
AHEAD_MAX = 256
"""Own logs remembered of which a peer says that it holds more: a bare machine has fewer."""
HEADS_MAX = 4_096
"""Logs of ours in one heartbeat: 20 years of two kinds in a hundred agreements."""


def link_opened(state: State, event: LinkOpened) -> Output:
    """Return the greeting of a new connection; whoever calls speaks first."""
    session = Session(
        connection=event.connection,
        nonce=event.nonce,
        secret=Secret(bytes.fromhex(event.secret)),
        peer=event.peer,
    )
    state.links.sessions[event.connection] = session
    return Output(frames=(_hello(state, session),)) if event.peer is not None else Output()


def link_closed(state: State, event: LinkClosed) -> Output:
    """Forget a connection; what was confirmed over it is asked again over the next."""
    state.links.sessions.pop(event.connection, None)
    return Output()


def frame_in(state: State, event: FrameIn, now_us: int) -> Output:
    """Return what a frame leads to; a peer that breaks the rules is counted and dropped."""
    session = state.links.sessions.get(event.connection)
    if session is None:
        return Output()
    try:
        return _frame(state, session, event, now_us)
    except PeerFault as fault:
        # Who has not proved itself is not the peer whose name it gives.
        name = session.peer if session.proven and session.peer is not None else "unknown"
        state.links.faults[name] = state.links.faults.get(name, 0) + 1
        if name != "unknown":
            state.links.refuse(name, "fault", str(fault))
        state.links.sessions.pop(event.connection, None)
        refused, drafts = fork_evidence(state, session, event.frame, fault, now_us)
        return Output(
            refused=refused,
            drafts=drafts,
            drops=(Drop(connection=event.connection, why=str(fault)),),
        )


def _frame(state: State, session: Session, event: FrameIn, now_us: int) -> Output:
    frame = event.frame
    if isinstance(frame, Hello):
        return _hello_in(state, session, frame)
    if isinstance(frame, Prove):
        return _prove_in(state, session, frame, now_us)
    if not session.proven or session.peer is None:
        raise PeerFault("frame", value=type(frame).__name__, wanted="a proof of identity first")
    return _proven_frame(state, session, event, now_us)


def _proven_frame(state: State, session: Session, event: FrameIn, now_us: int) -> Output:
    """Return what a frame of somebody who has proved who it is leads to."""
    match event.frame:
        case Heads() as frame:
            return _heads_in(state, session, frame, now_us)
        case Push() as frame:
            return push_in(state, session, frame, now_us, heartbeat)
        case Receipt() as frame:
            return receipt_in(state, session, frame, event.checkpoint, now_us)
        case Ahead() as frame:
            return ahead_in(state, session, frame, now_us)
        case Received() as frame:
            output = received_in(state, session, frame)
            acknowledged(state, session, frame.origin, frame.index, frame.at_us)
            return output
        case Want() as frame:
            return want_in(state, session, frame, now_us)
        case Witnessed() as frame:
            return witnessed_in(state, session, frame, event.checkpoint)
        case _:
            return _other(state, session, event.frame, now_us)


def _other(state: State, session: Session, frame: Frame, now_us: int) -> Output:
    if isinstance(frame, Head):
        return head_in(state, session, frame, now_us)
    if isinstance(frame, Refuse):
        return _refuse_in(state, session, frame, now_us)
    raise PeerFault("frame", value=type(frame).__name__, wanted="one of a proven link")


def _refuse_in(state: State, session: Session, frame: Refuse, now_us: int) -> Output:
    """Offer the log again from what the peer holds, when it says so."""
    try:
        log_name(frame.origin)
    except InputFault as fault:
        raise PeerFault(fault.what, value=fault.value, wanted=fault.wanted) from None
    session.pushing.pop(frame.origin, None)
    if frame.wait_us > 0 and state.log(frame.origin).tree.size:
        wait_us = min(frame.wait_us, 60 * 1_000_000)
        session.held_back_us[frame.origin] = now_us + wait_us
    held_back(session, frame.origin)
    return Output(pushes=due_pushes(state, session, now_us))


def _hello(state: State, session: Session) -> FrameOut:
    assert session.peer is not None
    session.hello_sent = True
    texts = {name: named_text(state, name) for name in state.identity.shared_with(session.peer)}
    hello = Hello(
        party=state.party,
        peer=session.peer,
        nonce=session.nonce,
        seal=base64.b64encode(state.identity.keys.seal.public).decode("ascii"),
        agreements=texts,
    )
    return FrameOut(connection=session.connection, frame=hello)


def _hello_in(state: State, session: Session, hello: Hello) -> Output:
    if hello.peer != state.party:
        raise PeerFault("hello peer", value=hello.peer, wanted=state.party)
    if hello.party not in state.identity.peers or session.peer not in (None, hello.party):
        raise PeerFault("hello party", value=hello.party, wanted="a party this node knows")
    if session.peer_nonce is not None:
        raise PeerFault("hello", value="a second one", wanted="one on each link")
    if len(hello.nonce) < 32 or not hello.nonce.isascii() or not hello.nonce.isalnum():
        raise PeerFault("hello nonce", value=hello.nonce, wanted="32 or more letters and digits")
    session.peer_seal = _seal_key(state, hello.party, hello.seal)
    session.peer = hello.party
    session.peer_nonce = hello.nonce
    shared = state.identity.shared_with(hello.party)
    session.texts = {name: hello.agreements[name] for name in shared if name in hello.agreements}
    if session.proven:
        # Its proof overtook its greeting. Else it is believed with the proof, not before: a
        # stranger who gives a peer's name must not change what goes to the peer.
        _believe_texts(state, session)
    frames = () if session.hello_sent else (_hello(state, session),)
    proof = ProofWanted(
        connection=session.connection,
        peer=hello.party,
        nonce=hello.nonce,
        seal=session.peer_seal,
        secret=session.secret,
    )
    return Output(frames=frames, proofs=(proof,))


def _seal_key(state: State, peer: str, text: str) -> bytes:
    """Return the peer's public seal key if it is the one enrolled; nothing goes to another.

    Empty for a peer of version 1 of the rules: nothing sealed goes to it at all.
    """
    digest = _keys(state, peer).seal
    if digest is None:
        return b""
    require_counting(state, peer, digest)
    try:
        public = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise PeerFault("hello seal", value=text, wanted="base64") from None
    verify_seal_public(public, digest)
    return public


def make_proof(state: State, wanted: ProofWanted, box: bytes) -> Prove:
    """Return the proof of identity, with our session key sealed to the peer by `app`."""
    text = base64.b64encode(box).decode("ascii")
    message = hello_message(state.party, wanted.peer, wanted.nonce, text)
    return Prove(signature=state.identity.keys.link.sign(message).hex(), box=text)


def proof_info(state: State, wanted: ProofWanted) -> bytes:
    """Return what our session key's box is bound to."""
    return session_info(state.party, wanted.peer, wanted.nonce)


def _prove_in(state: State, session: Session, frame: Prove, now_us: int) -> Output:
    if session.peer is None or not session.hello_sent:
        raise PeerFault("proof", value="before hello", wanted="hello first")
    message = hello_message(session.peer, state.party, session.nonce, frame.box)
    _verify_link(state, session.peer, frame.signature, message)
    session.peer_secret = _session_key(state, session.peer, session.nonce, frame)
    session.proven = True
    if session.peer_nonce is not None:
        _believe_texts(state, session)
    return Output(frames=heartbeat(state, session, now_us))


def _believe_texts(state: State, session: Session) -> None:
    """Take which texts a proven peer holds, unless a newer link with it has said so.

    A recorded session of long ago (a bundle) must not stop what goes over the link that is up.
    """
    if session.peer is not None and state.links.proven(session.peer) is session:
        state.links.texts[session.peer] = session.texts


def _session_key(state: State, peer: str, nonce: str, frame: Prove) -> bytes | None:
    if not frame.box:
        return None
    try:
        box = base64.b64decode(frame.box.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise PeerFault("proof box", value=frame.box, wanted="base64") from None
    info = session_info(peer, state.party, nonce)
    secret = state.identity.keys.seal.unseal(box, info)
    if len(secret) != PUSH_KEY_BYTES:
        raise PeerFault("session key", value=f"{len(secret)} bytes", wanted=f"{PUSH_KEY_BYTES}")
    return Secret(secret)


def _keys(state: State, peer: str) -> PeerKeys:
    keys = state.identity.peers.get(peer)
    if keys is None:
        raise PeerFault("peer", value=peer, wanted="a party this node knows")
    return keys


def _verify_link(state: State, peer: str, signature: str, message: bytes) -> None:
    key = _keys(state, peer).link
    require_counting(state, peer, key.vkey)
    try:
        raw = bytes.fromhex(signature)
    except ValueError:
        raise PeerFault("signature", value=signature, wanted="hexadecimal") from None
    verify_signature(key.public, raw, message)


def heartbeat(state: State, session: Session, now_us: int) -> tuple[FrameOut, ...]:
    """Return our heartbeat for a proven session: what we hold of the peer's logs, and our clock."""
    if session.peer is None or session.peer_nonce is None:
        return ()
    session.heads_sent_us = [*session.heads_sent_us[1 - _HEADS_KEPT :], now_us]
    held = {log.name.origin: log.tree.size for log in state.logs_of(session.peer)}
    for origin, part in state.links.staged.items():
        if log_name(origin).party == session.peer:
            held[origin] = part.end
    echo_us = session.heads_at_us if session.heads_in_us > 0 else 0
    heads = Heads(
        at_us=now_us,
        heads=held,
        echo_us=echo_us,
        held_us=now_us - session.heads_in_us if echo_us else 0,
        signature="",
    )
    message = heads_message(state.party, session.peer, session.peer_nonce, heads)
    signature = state.identity.keys.link.sign(message).hex()
    frame = msgspec.structs.replace(heads, signature=signature)
    return (FrameOut(connection=session.connection, frame=frame),)


def _heads_in(state: State, session: Session, frame: Heads, now_us: int) -> Output:
    assert session.peer is not None
    message = heads_message(session.peer, state.party, session.nonce, frame)
    _verify_link(state, session.peer, frame.signature, message)
    _check_heartbeat(frame)
    if frame.at_us < session.heads_at_us - HEADS_BACK_US:
        raise PeerFault(
            "heads at_us",
            value=frame.at_us,
            wanted=f"not before {session.heads_at_us}",
            repair="a heartbeat is replayed, or the clock was set back: open the link again",
        )
    if frame.at_us < session.heads_at_us:
        # Overtaken on the way, or replayed: a newer one has told more.
        return Output()
    if frame.at_us > session.heads_at_us:
        state.links.heard_us[session.peer] = now_us
        _measure_clock(state, session, session.peer, frame, now_us)
    session.heads_at_us, session.heads_in_us = frame.at_us, now_us
    sizes = {log.name.origin: log.tree.size for log in state.own_logs()}
    for origin, size in frame.heads.items():
        _check_head(state, session.peer, origin, size)
        if size > sizes.get(origin, 0) and len(state.links.ahead) < AHEAD_MAX:
            # It says that it holds more of our log than we do: perhaps we are a restored backup.
            # Only a head with our own signature proves it: so it is asked for it.
            state.links.ahead[origin] = (session.peer, size)
    state.links.answered.add(session.peer)
    session.confirmed = {
        origin: min(size, sizes[origin]) for origin, size in frame.heads.items() if origin in sizes
    }
    # What was under way for long is asked again: a frame may have been lost with its connection.
    session.pushing = {o: at for o, at in session.pushing.items() if now_us - at < PUSH_AGAIN_US}
    return Output(
        frames=restore_wants(state, session, frame.heads),
        pushes=due_pushes(state, session, now_us),
    )


def news_of(state: State, event: Input, now_us: int) -> object:
    """Return what must be the same before and after an input for nothing to follow from it.

    None: it cannot be told. Time itself changes nothing at one instant; a heartbeat does only if it
    says what was not known. For whoever has just asked what is due, and need not ask again.
    """
    if isinstance(event, Tick):
        return ""
    if not isinstance(event, FrameIn) or not isinstance(event.frame, Heads):
        return None
    links = state.links
    session = links.sessions.get(event.connection)
    peer = session.peer if session is not None and session.proven else None
    if session is None or peer is None:
        return None
    clock = links.clock(peer)
    if clock is None or abs(clock.offset_us) > CLOCK_NEAR_US:
        return None
    if any(scope.acts_of("clock.measured", state.party) for scope in state.scopes.values()):
        return None
    word, _ = link_state(state, peer, now_us)
    lost, refused = dict(links.ahead), dict(links.unlogged)
    known = (peer in links.answered, links.offset_us.get(peer), session.confirmed)
    return (word, lost, refused, *known)


def _check_heartbeat(frame: Heads) -> None:
    """Check what is shown as a date, written into entries, and asked for log by log."""
    if not US_MIN <= frame.at_us <= US_MAX:
        raise PeerFault("heads at_us", value=str(frame.at_us)[:40], wanted="1900 to 2100")
    if len(frame.heads) > HEADS_MAX:
        raise PeerFault("heads", value=f"{len(frame.heads)} logs", wanted=f"{HEADS_MAX} at most")


def _measure_clock(state: State, session: Session, peer: str, frame: Heads, now_us: int) -> None:
    """Measure the peer's clock by the echo of one of our own heartbeats (RFC 5905, section 8).

    Only an instant that we did send counts, so that a peer cannot make up a round trip; without
    one the offset is what the clocks say, taken as if the way had taken no time.
    """
    samples = state.links.clocks.setdefault(peer, [])
    if frame.echo_us in session.heads_sent_us and 0 <= frame.held_us <= now_us - frame.echo_us:
        round_trip_us = now_us - frame.echo_us - frame.held_us
        offset_us = frame.at_us + round_trip_us // 2 - now_us
        samples.append(ClockSample(offset_us=offset_us, round_trip_us=round_trip_us))
        del samples[:-CLOCK_SAMPLES]
    best = state.links.clock(peer)
    state.links.offset_us[peer] = best.offset_us if best is not None else frame.at_us - now_us


def _check_head(state: State, peer: str, origin: str, size: int) -> None:
    """Check that a heartbeat speaks of logs of ours; one we do not hold may be one we have lost."""
    try:
        name = log_name(origin)
    except InputFault as fault:
        raise PeerFault(fault.what, value=fault.value, wanted=fault.wanted) from None
    if name.party != state.party or name.agreement not in state.identity.shared_with(peer):
        raise PeerFault("heads log", value=origin, wanted=f"a log of {state.party}")
    if not 0 <= size <= INTEGER_MAX:
        raise PeerFault(f"heads size of {origin}", value=size, wanted=f"0..{INTEGER_MAX}")


def due(state: State, now_us: int) -> Output:
    """Return the heartbeats, pushes and heads that time and new entries have made due."""
    output = Output()
    every_us = norms().line.heartbeat_every_s * 1_000_000
    for session in state.links.sessions.values():
        if not session.proven:
            continue
        frames: tuple[FrameOut, ...] = ()
        last_us = session.heads_sent_us[-1] if session.heads_sent_us else -(10**18)
        # A clock that was set back must not silence us until it has caught up.
        if abs(now_us - last_us) >= every_us:
            frames = heartbeat(state, session, now_us)
        again = cosign_again(state, session, now_us)
        # Before the pushes: an entry that needs no way of its own goes with them.
        aheads = due_ahead(state, session, now_us)
        frames += due_heads(state, session) + again.frames
        pushes = due_pushes(state, session, now_us)
        if frames or again.receipts or aheads or pushes:
            output = msgspec.structs.replace(
                output,
                frames=output.frames + frames,
                receipts=output.receipts + again.receipts,
                aheads=output.aheads + aheads,
                pushes=output.pushes + pushes,
            )
    return output


def keep_receipt(state: State, origin: str, peer: str, held: Held) -> None:
    """Keep a verified receipt if it is the largest yet."""
    by_peer = state.links.receipts.setdefault(origin, {})
    known = by_peer.get(peer)
    if known is None or held.size > known.size:
        by_peer[peer] = held


def link_state(state: State, party: str, now_us: int) -> tuple[str, int | None]:
    """Return the link word of NORMS 1 for a peer, and the instant it was last heard."""
    if party == state.party:
        return "up", now_us
    heard_us = state.links.heard_us.get(party)
    if heard_us is None:
        return "unknown", None
    within_us = norms().line.link_up_within_s * 1_000_000
    if now_us < heard_us - within_us:
        # Our own clock was set back: how long ago that was is not known until it is heard again.
        return "unknown", heard_us
    return ("up" if now_us - heard_us <= within_us else "down"), heard_us
