"""Making a bundle: what a peer is not known to hold of our logs, and our receipts for its logs.

Rules:
- The parts are what a link would carry, made by the same code: pushes under signed heads, receipts.
- It begins where the peer is known to stand, so that one that is lost loses nothing.
- Lines go first, those with somebody in distress before the others; what finds no room is counted.
- Payloads go encrypted under a key of this one bundle, sealed to the peer's enrolled key.
"""

from __future__ import annotations

import base64
import secrets

import msgspec

from parley.app.bundle_frames import part_of
from parley.app.bundle_memory import Known
from parley.app.outgoing import make_ahead, make_push
from parley.node.encoding import sealed_part
from parley.node.frames import Receipt
from parley.node.inputs import AheadWanted, ProofWanted, PushWanted
from parley.node.links import PUSH_BYTES_MAX, Session
from parley.node.rules.ahead import EXPRESS_CLASSES, HELD_MAX, reads_ahead
from parley.node.rules.mirroring import entry_receipt
from parley.node.rules.peering import make_proof, proof_info
from parley.node.rules.pushing import believable
from parley.node.rules.text_chain import named_text
from parley.node.state import Log, State
from parley.store.sqlite import Store
from parley.trust.bytes import sha256_hex
from parley.trust.checkpoint import cosign, verify_cosignature
from parley.trust.note import add_signatures
from parley.trust.seal import PUSH_KEY_BYTES, seal
from parley.trust.tree import leaf_hash
from parley.wire.bundle import (
    BUNDLE_BYTES_MAX,
    BundleFrame,
    BundleHeader,
    Named,
    Range,
    bundle_nonce,
    encode_bundle,
    end_bundle,
)
from parley.world.faults import Fault, InputFault, nearest

ENTRY_RECEIPTS_MAX = 256
"""Receipts of single entries for one log in a bundle: the newest. Its cosignatures cover all."""
COSIGNATURES_MAX = 16
"""Cosignatures for one log in a bundle: the oldest that the peer lacks, and the newest."""
_ID_BYTES = 32
_END_BYTES = 400
_BOX_BYTES = 1_700
_COUNTS_BYTES = 32
"""What the numbers of parts and of entries left out add to the header once they are known."""
_AROUND_PUSH_BYTES = 1_200
"""A head with its signature, the other fields of a push, and the tag of its box."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle: its bytes, how many entries are in it and were left out, and what to remember."""

    data: bytes
    entries: int
    left: int
    known: Known


def make_bundle(
    state: State,
    store: Store,
    known: Known,
    peer: str,
    now_us: int,
    *,
    most_bytes: int = BUNDLE_BYTES_MAX,
    goes_on: bool = False,
) -> Made:
    """Return what a peer lacks, as one file.

    Args:
        state: the node's mind, between two turns.
        store: the node's.
        known: what is remembered of the peer.
        peer: for whom.
        now_us: the time.
        most_bytes: how long the file may be.
        goes_on: begin where the last one made for this peer ended, not where the peer stood.

    Raises:
        InputFault: no such peer, nothing shared with it, or no room for the next entry.
    """
    identity = state.identity
    if peer not in identity.peers:
        close = nearest(peer, sorted(identity.peers))
        repair = f"did you mean {close!r}?" if close else "see [[peer]] in node.toml"
        raise InputFault("bundle party", value=peer, wanted="a peer of this node", repair=repair)
    if not identity.shared_with(peer):
        wanted = "a party of one of our agreements"
        raise InputFault("bundle party", value=peer, wanted=wanted)
    if goes_on and known.made is None:
        wanted = f"a bundle made for {peer} before"
        raise InputFault("bundle to go on from", value="none", wanted=wanted)
    if not 0 < most_bytes <= BUNDLE_BYTES_MAX:
        raise InputFault("bundle most", value=most_bytes, wanted=f"1..{BUNDLE_BYTES_MAX} bytes")
    return _Making(state, store, known, peer, now_us, most_bytes, goes_on=goes_on).make()


class _Making:
    """One bundle while it is made."""

    def __init__(
        self,
        state: State,
        store: Store,
        known: Known,
        peer: str,
        now_us: int,
        most_bytes: int,
        *,
        goes_on: bool,
    ) -> None:
        self.state, self.store = state, store
        self.known, self.peer, self.now_us = known, peer, now_us
        self.most_bytes, self.goes_on = most_bytes, goes_on
        self.secret = secrets.token_bytes(PUSH_KEY_BYTES)
        self.counter = 0
        digest = self.state.identity.peers[peer].seal
        public = base64.b64decode(known.seal) if known.seal else b""
        self.public = public if digest is not None and sha256_hex(public) == digest else b""
        self.closed = digest is not None and not self.public
        """Whether payloads cannot go because the peer's seal key has not come yet."""
        self.boxed = False
        self.room = 0
        self.entries = 0
        self.ahead = 0
        self.needed = 0

    def make(self) -> Made:
        header = self._header()
        around = len(encode_bundle(header, ())) + _COUNTS_BYTES
        around += _END_BYTES + (_BOX_BYTES if self.public else 0)
        self.room = self.most_bytes - around
        if self.room <= 0:
            raise InputFault("bundle most", value=self.most_bytes, wanted=f"{around} at least")
        receipts = self._receipts(self.room // 2)
        pushes, ends, left = self._pushes()
        if left and not self.entries and not self.ahead and self.needed:
            wanted = f"{around + self.needed} bytes at least, for the next entry"
            raise InputFault("bundle most", value=self.most_bytes, wanted=wanted)
        # What is said goes before what is acknowledged: a fault in the one ends the other.
        header = msgspec.structs.replace(header, left=left)
        body = encode_bundle(header, [*pushes, *receipts])
        known = msgspec.structs.replace(
            self.known, made=header.name, ends={**self.known.ends, **ends}
        )
        return Made(data=self._ended(body), entries=self.entries, left=left, known=known)

    def _header(self) -> BundleHeader:
        identity, known = self.state.identity, self.known
        own = identity.keys.seal
        number = known.made.number + 1 if known.made is not None else 1
        public = "" if known.has_our_seal == own.digest else base64.b64encode(own.public).decode()
        return BundleHeader(
            party=identity.party,
            peer=self.peer,
            name=Named(id=secrets.token_hex(_ID_BYTES // 2), number=number, made_us=self.now_us),
            after=known.made if self.goes_on else None,
            taken=known.taken,
            seal=public,
            seal_known=sha256_hex(self.public) if self.public else "",
            agreements={
                name: named_text(self.state, name) for name in identity.shared_with(self.peer)
            },
            holds={log.name.origin: self._held(log) for log in self._theirs()},
            receipted={log.name.origin: self._receipted(log) for log in self._ours()},
        )

    def _ended(self, body: bytes) -> bytes:
        wanted = ProofWanted(
            connection=0,
            peer=self.peer,
            nonce=bundle_nonce(body),
            seal=self.public,
            secret=self.secret,
        )
        box = b""
        if self.boxed:
            box = seal(self.public, proof_info(self.state, wanted), self.secret)
        return end_bundle(body, make_proof(self.state, wanted, box))

    def _add(self, frame: BundleFrame) -> bytes | None:
        """Return a frame as a part, or None if there is no room for it."""
        part = part_of(frame)
        if len(part) > self.room:
            self.needed = self.needed or len(part)
            return None
        self.room -= len(part)
        return part

    def _shared(self) -> set[str]:
        """Return the agreements under which the peer takes logs, as far as it has told."""
        shared = set(self.state.identity.shared_with(self.peer))
        texts = self.known.texts or self.state.links.texts.get(self.peer, {})
        return shared & set(texts) if texts else shared

    def _ours(self) -> list[Log]:
        shared = self._shared()
        return [
            log
            for log in self.state.own_logs()
            if log.name.kind != "private" and log.name.agreement in shared and log.tree.size
        ]

    def _theirs(self) -> list[Log]:
        return [
            log
            for log in self.state.logs()
            if log.name.party == self.peer
            and log.name.kind != "private"
            and log.name.agreement in self._shared()
        ]

    # ---- entries --------------------------------------------------------------------------------

    def _pushes(self) -> tuple[list[bytes], dict[str, int], int]:
        """Return the parts with entries, up to where they go in each log, and how many are left."""
        lacking = [(log, self._begins(log)) for log in self._ours()]
        lacking = [(log, first) for log, first in lacking if first < log.tree.size]
        left = sum(log.tree.size - first for log, first in lacking)
        believed = believable(self.state, lacking)
        parts: list[bytes] = []
        ends: dict[str, int] = {}
        for log, first in sorted(believed, key=self._precedence):
            room, entries = self.room, self.entries
            more, end = self._log(log, first)
            if end < log.tree.size and log.name.kind == "line":
                # Not all of it goes: what cannot wait goes first, by itself.
                self.room, self.entries = room, entries
                parts += self._ahead(log, end)
                more, end = self._log(log, first)
            parts += more
            ends[log.name.origin] = end
            left -= end - first
        return parts, ends, left

    def _precedence(self, each: tuple[Log, int]) -> tuple[bool, bool, str]:
        """Lines first; of them those that say that somebody is in distress, or something urgent."""
        log, first = each
        origin, line = log.name.origin, log.name.kind == "line"
        threads = self.state.scope(log.name.agreement).threads if line else {}
        urgent = any(
            key[0] == origin and key[1] >= first and thread.body.message_class in EXPRESS_CLASSES
            for key, thread in threads.items()
            if thread.said is not None
        )
        return not line, not urgent, origin

    def _begins(self, log: Log) -> int:
        """Return the size of a log of ours that the peer is known to hold."""
        origin = log.name.origin
        live = self.state.links.proven(self.peer)
        if live is not None and origin in live.confirmed:
            held = live.confirmed[origin]
        else:
            held = self.known.holds.get(origin, 0)
            receipt = self.state.links.receipts.get(origin, {}).get(self.peer)
            since_us = self.known.taken.made_us if self.known.taken is not None else 0
            # What it said by file later may be less: it may have lost its disk since.
            if receipt is not None and (receipt.time_s + 1) * 1_000_000 >= since_us:
                held = max(held, receipt.size)
        if self.goes_on:
            held = max(held, self.known.ends.get(origin, 0))
        return min(held, log.tree.size)

    def _log(self, log: Log, first: int) -> tuple[list[bytes], int]:
        """Return the parts of a log from an entry on, and up to where they go."""
        parts: list[bytes] = []
        while first < log.tree.size:
            if self.room <= _AROUND_PUSH_BYTES:
                self.needed = self.needed or 2 * _AROUND_PUSH_BYTES
                break
            self.counter += 1
            wanted = PushWanted(
                connection=0,
                peer=self.peer,
                origin=log.name.origin,
                first=first,
                bytes_max=min(PUSH_BYTES_MAX, self.room - _AROUND_PUSH_BYTES),
                secret=self.secret,
                counter=self.counter,
                sealed=bool(self.public),
            )
            push = make_push(self.state, self.store, wanted, self.now_us)
            if push is None:
                break
            part = self._add(push)
            if part is None:
                break
            parts.append(part)
            first += len(push.entries)
            self.entries += len(push.entries)
            self.boxed = self.boxed or bool(push.box)
        return parts, first

    def _ahead(self, log: Log, end: int) -> list[bytes]:
        """Return the parts with what cannot wait and would be cut off, in half the room."""
        name = log.name
        texts = self.known.texts or self.state.links.texts.get(self.peer, {})
        session = Session(connection=0, nonce="", peer=self.peer, texts=texts)
        if not self.public or not reads_ahead(self.state, session, name.agreement):
            return []
        threads, first = self.state.scope(name.agreement).threads, self._begins(log)
        waiting = []
        for index, message, to in self.state.links.about.get(name.origin, ()):
            thread = threads.get(message)
            if index < end or self.peer not in to or thread is None or thread.said is None:
                continue
            if thread.body.message_class in EXPRESS_CLASSES:
                waiting.append((thread.body.message_class, index))
        parts: list[bytes] = []
        until = self.room - self.room // 2
        for _, index in sorted(waiting)[:HELD_MAX]:
            self.counter += 1
            wanted = AheadWanted(
                connection=0,
                peer=self.peer,
                origin=name.origin,
                index=index,
                first=first,
                secret=self.secret,
                counter=self.counter,
            )
            frame = make_ahead(self.state, self.store, wanted, self.now_us)
            part = part_of(frame) if frame is not None else b""
            if frame is None or self.room - len(part) < until:
                continue
            self.room -= len(part)
            self.boxed = self.boxed or bool(frame.box)
            parts.append(part)
        self.ahead += len(parts)
        return parts

    # ---- receipts -------------------------------------------------------------------------------

    def _held(self, log: Log) -> int:
        staged = self.state.links.staged.get(log.name.origin)
        return staged.end if staged is not None else log.tree.size

    def _receipted(self, log: Log) -> Range:
        links, origin = self.state.links, log.name.origin
        cosigned = links.receipts.get(origin, {}).get(self.peer)
        received = links.received.get(origin, {}).get(self.peer)
        return Range(
            cosigned=cosigned.size if cosigned is not None else 0,
            entries=received[0] + 1 if received is not None else 0,
        )

    def _receipts(self, most: int) -> list[bytes]:
        """Return the parts that acknowledge, in at most so many bytes: cosignatures first."""
        frames: list[BundleFrame] = []
        logs = self._theirs()
        for log in logs:
            if log.checkpoint:
                frames += self._cosignatures(log)
        for log in logs:
            if log.name.kind == "line":
                frames += self._entry_receipts(log)
        parts = [part_of(frame) for frame in frames]
        kept, size = [], 0
        for part in parts:
            size += len(part)
            if size > most:
                break
            kept.append(part)
        self.room -= sum(map(len, kept))
        return kept

    def _cosignatures(self, log: Log) -> list[Receipt]:
        """Return our cosignatures that the peer lacks, and of a line a new one on its newest head.

        A line on which nothing is said gives no new head; by file too a quiet day must not look
        like a day in which this mirror was gone.
        """
        origin, mirror = log.name.origin, self.state.identity.keys.mirror
        if log.name.kind == "line":
            line = cosign(mirror, log.checkpoint, self.now_us)
            self.store.put_cosignature(origin, log.tree.size, mirror.name, line)
        has = self.known.receipted.get(origin, Range()).cosigned
        lines = [
            Receipt(origin=origin, size=each.size, line=each.line.decode())
            for each in self.store.cosignatures(origin)
            if each.cosigner == mirror.name
        ]
        lacks = [each for each in lines if each.size > has]
        if not lacks and log.name.kind == "line":
            lacks = lines[-1:]
        return [*lacks[: COSIGNATURES_MAX - 1], *lacks[COSIGNATURES_MAX - 1 :][-1:]]

    def _entry_receipts(self, log: Log) -> list[BundleFrame]:
        """Return receipts for the newest entries of a line that the peer lacks them for."""
        origin, size = log.name.origin, log.tree.size
        ahead = self.state.scope(log.name.agreement).ahead.held
        found: list[BundleFrame] = [
            entry_receipt(self.state, origin, index, held.leaf.hex(), self.now_us)
            for (at, index), held in sorted(ahead.items())
            if at == origin
        ]
        has = self.known.receipted.get(origin, Range()).entries
        first = min(size, max(has, size - ENTRY_RECEIPTS_MAX))
        entries = self.store.entries(origin, first, size)
        openings = self.store.openings(origin, first, size)
        for index, data in enumerate(entries, first):
            part = sealed_part(data)
            for_us = part.audience is None or self.state.party in part.audience
            if part.commit is not None and for_us and index not in openings:
                # "I hold it, and could open it": not for what came without its opening.
                continue
            leaf = leaf_hash(data).hex()
            since_us = self._held_since_us(origin, index)
            found.append(entry_receipt(self.state, origin, index, leaf, since_us))
        return found

    def _held_since_us(self, origin: str, index: int) -> int:
        """Return since when an entry is held for certain: the second after our first cosignature.

        What was taken on Monday and is acknowledged on Friday was there on Monday.
        """
        mirror = self.state.identity.keys.mirror
        head = self.store.head_at_or_after(origin, index + 1)
        if head is None:
            return self.now_us
        for each in self.store.cosignatures(origin, head[0]):
            if each.cosigner != mirror.name:
                continue
            try:
                given = verify_cosignature(add_signatures(head[1], (each.line,)), mirror.verifier)
            except Fault:
                # Made by a key before the present one.
                continue
            return min(self.now_us, (given.time_s + 1) * 1_000_000)
        return self.now_us
