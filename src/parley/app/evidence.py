"""The evidence pack of a node: its own logs and its copies of the peers' logs, with receipts.

Made from the store alone: the keys are those that each log's first entry names. Whoever verifies
should have them from their owners instead (`parley verify --key`). Of private logs only signed
heads go in, never an entry; payloads for a named audience stay sealed unless each is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from parley.node.custody_bodies import KeyRotated
from parley.node.encoding import decode_entry, sealed_part
from parley.node.entries import Entry, LogOpened, log_name
from parley.node.frames import Received
from parley.review.pack import (
    LogKey,
    Pack,
    PackHead,
    PackLog,
    PackReceipt,
    Release,
    Statement,
    Window,
    make_range,
    with_proofs,
    write_pack,
)
from parley.review.verify import FORKED, PackFault, verify_pack
from parley.store.sqlite import Store
from parley.trust.checkpoint import open_checkpoint, parse_unverified_checkpoint
from parley.trust.keys import VerifierKey, parse_vkey
from parley.trust.note import add_signatures
from parley.trust.policy import make_policy
from parley.trust.tree import Tree
from parley.world.faults import Fault, InputFault, OurFault, nearest

HEADS_MAX = 64
"""Earlier signed heads of a log in a pack: they locate damage, and the cosigned ones are kept."""
PARTY = "party"
"""The store's setting that names whose node it is of."""
PRIVATE = "private"
_READ_ENTRIES = 4096
_ROTATED = b'"key.rotated"'


class Selection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which payloads a redacted pack shows: those that fit all that is named here.

    Attributes:
        types: entry types; any if empty.
        parties: parties in whose logs they stand; any if empty.
        entries: single entries (origin, index); any if empty. A payload for a named audience (a
            humanitarian notice) is shown only if it is one of these, in a full pack as well.

    Where all three are empty nothing was selected, and nothing is shown.
    """

    types: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    entries: tuple[tuple[str, int], ...] = ()

    def chooses(self, origin: str, index: int, entry: bytes) -> bool:
        """Return whether the payload of an entry is shown."""
        if not (self.types or self.parties or self.entries):
            return False
        if self.entries and (origin, index) not in self.entries:
            return False
        if self.parties and log_name(origin).party not in self.parties:
            return False
        read = decode_entry(entry, log=log_name(origin), index=index)
        return not self.types or (isinstance(read, Entry) and read.type in self.types)


class PackRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes into a pack beside the logs.

    Attributes:
        release: "full" shows all payloads that are held, "sealed" none, "redacted" the selected.
        selection: for "redacted"; and single entries for a named audience in a full one.
        title: words to its reader.
        made_us: now.
        window: the time of which everything is claimed to be shown.
        statements: what is said of the record; numbers of logs are those of `pack_origins`.
        heads: further signed heads, by log, that must be among those shown.
    """

    release: Release = "full"
    selection: Selection = Selection()
    title: str = ""
    made_us: int = 0
    window: Window | None = None
    statements: tuple[Statement, ...] = ()
    heads: dict[str, tuple[int, ...]] = {}


def pack_origins(store: Store, agreement: str | None = None) -> list[str]:
    """Return the logs that go into a pack, in the order of their numbers.

    Raises:
        InputFault: there is none under the agreement.
    """
    keys = _all_keys(store)
    held = {*keys, *store.witnessed_origins()}
    origins = sorted(origin for origin in held if _own_keys(origin, keys))
    if agreement is None:
        return origins
    known = sorted({log_name(origin).agreement for origin in origins})
    origins = [origin for origin in origins if log_name(origin).agreement == agreement]
    if not origins:
        close = nearest(agreement, known)
        raise InputFault(
            "agreement",
            value=agreement,
            wanted=f"one of {', '.join(known) or 'none: the store is empty'}",
            repair=f"did you mean {close!r}?" if close else "",
        )
    return origins


def make_pack(
    store: Store, agreement: str | None = None, request: PackRequest | None = None
) -> bytes:
    """Return the pack of all logs held, or of those under one agreement, verified once.

    A record that shows its own fork is written as well: it is the evidence.

    Raises:
        InputFault: there is no such log, or more than one pack holds.
        OurFault: a log without its first entry.
        PeerFault: what is held does not verify.
    """
    request = request or PackRequest()
    keys = _all_keys(store)
    origins = pack_origins(store, agreement)
    logs = [_pack_log(store, number, origins, keys, request) for number in range(len(origins))]
    data = write_pack(
        Pack(
            logs=tuple(logs),
            release=request.release,
            title=request.title,
            made_us=request.made_us,
            window=request.window,
            keys=_link_keys(logs, keys),
            refused=_refused(store, logs),
            statements=request.statements,
        )
    )
    try:
        verify_pack(data)
    except PackFault as fault:
        if fault.verdict != FORKED:
            raise
    return data


def own_store(store: Store, party: str) -> None:
    """Make the store this party's, or check that it is.

    Raises:
        InputFault: it is another party's: writing there would mix two parties' logs.
    """
    known = store.meta(PARTY)
    if known is None:
        store.put_meta(PARTY, party)
    elif known != party:
        raise InputFault("store", value=f"of {known}", wanted=f"the store of {party}")


# ---- keys ---------------------------------------------------------------------------------------

_Keys = Mapping[str, Mapping[str, str]]
"""By log: the verifier keys that its first entry names, by role."""


def _all_keys(store: Store) -> dict[str, dict[str, str]]:
    return {origin: _keys(store, origin) for origin in store.origins() if store.size(origin)}


def _keys(store: Store, origin: str) -> dict[str, str]:
    first = decode_entry(store.entries(origin, 0, 1)[0], log=log_name(origin), index=0)
    if not isinstance(first, Entry) or not isinstance(first.body, LogOpened):
        raise OurFault(f"log {origin} entry 0", value="another", wanted="log.opened with its keys")
    return first.body.keys


def _own_keys(origin: str, keys: _Keys) -> Mapping[str, str] | None:
    """Return the keys of a log's party: by the log itself, or where only heads are held another."""
    if origin in keys:
        return keys[origin]
    name = log_name(origin)
    return next(
        (
            named
            for other, named in sorted(keys.items(), reverse=True)
            if (log_name(other).agreement, log_name(other).party) == (name.agreement, name.party)
        ),
        None,
    )


def _cosigners(store: Store, origin: str, keys: _Keys) -> list[VerifierKey]:
    """Return the keys under which a log's heads should stand cosigned in a pack from this store.

    Our own logs by every other party: these receipts came to us. A peer's log by ourselves alone:
    what others cosigned of it, they told its writer and not us. A private log by witness keys.
    """
    name, own = log_name(origin), store.meta(PARTY)
    job = "witness" if name.kind == PRIVATE else "mirror"
    if name.party != own and name.kind == PRIVATE:
        return []
    found = {
        named[job]
        for other, named in keys.items()
        if job in named
        and log_name(other).agreement == name.agreement
        and (log_name(other).party == own) != (name.party == own)
    }
    return [parse_vkey(vkey) for vkey in sorted(found)]


def _link_keys(logs: Sequence[PackLog], keys: _Keys) -> tuple[str, ...]:
    """Return the link keys of those whose receipts are in the pack."""
    peers = {receipt.peer for log in logs for receipt in log.receipts}
    found = {
        log_name(origin).party: named["link"]
        for origin, named in sorted(keys.items())
        if "link" in named and log_name(origin).party in peers
    }
    return tuple(found[party] for party in sorted(found))


def _log_keys(
    origin: str, first: str, sizes: Sequence[int], rotations: Iterable[tuple[int, KeyRotated]]
) -> tuple[LogKey, ...]:
    """Return the keys of a log, each from the head after the one that covers its entry."""
    found = [LogKey(from_size=0, vkey=parse_vkey(first).named(origin).vkey)]
    for index, body in rotations:
        covering = next((size for size in sizes if size > index), None)
        if covering is not None and covering < sizes[-1]:
            vkey = parse_vkey(body.new).named(origin).vkey
            found.append(LogKey(from_size=covering + 1, vkey=vkey))
    return tuple(found)


# ---- a log --------------------------------------------------------------------------------------


def _pack_log(
    store: Store, number: int, origins: Sequence[str], keys: _Keys, request: PackRequest
) -> PackLog:
    origin = origins[number]
    own = _own_keys(origin, keys)
    assert own is not None
    size = store.size(origin)
    if not size:
        return _witnessed_log(store, origin, own, keys)
    private = log_name(origin).kind == PRIVATE
    entries = _entries(store, origin, size)
    tree = Tree()
    for start in range(0, size, _READ_ENTRIES):
        tree.extend(store.leaf_hashes(origin, start, min(size, start + _READ_ENTRIES)))
    rotations = _rotations(origin, entries)
    sizes = store.checkpoint_sizes(origin)
    log_keys = _log_keys(origin, own["log"], sizes, rotations)
    chosen = _chosen(store, origin, size, request.heads.get(origin, ()), log_keys)
    ranges = () if private else (make_range(tree, entries),)
    log = PackLog(
        origin=origin,
        keys=log_keys,
        policy=_policy(store, origin, log_keys, keys),
        heads=tuple(PackHead(size=at, note=_head(store, origin, at)) for at in chosen),
        ranges=ranges,
        openings={} if private else _openings(store, origin, entries, request),
        receipts=() if private else _receipts(store, origin, size),
    )
    cited = {
        index
        for statement in request.statements
        for at, index in statement.cites
        if at == number and 0 <= index < size
    }
    return with_proofs(log, tree, () if private else sorted(cited))


def _witnessed_log(store: Store, origin: str, own: Mapping[str, str], keys: _Keys) -> PackLog:
    """Return a log of which only the newest head is held."""
    note = store.witnessed(origin) or b""
    log_keys = _log_keys(origin, own["log"], (), ())
    head = PackHead(size=parse_unverified_checkpoint(note).size, note=note)
    policy = _policy(store, origin, log_keys, keys)
    return PackLog(origin=origin, keys=log_keys, policy=policy, heads=(head,))


def _policy(store: Store, origin: str, log_keys: Sequence[LogKey], keys: _Keys) -> bytes:
    signers = [parse_vkey(each.vkey) for each in log_keys]
    return make_policy(signers, _cosigners(store, origin, keys)).data


def _entries(store: Store, origin: str, size: int) -> list[bytes]:
    found: list[bytes] = []
    for start in range(0, size, _READ_ENTRIES):
        found += store.entries(origin, start, min(size, start + _READ_ENTRIES))
    return found


def _rotations(origin: str, entries: Sequence[bytes]) -> list[tuple[int, KeyRotated]]:
    found = []
    for index, data in enumerate(entries):
        if _ROTATED not in data:
            continue
        entry = decode_entry(data, log=log_name(origin), index=index)
        if isinstance(entry, Entry) and isinstance(entry.body, KeyRotated):
            found.append((index, entry.body))
    return found


def _head(store: Store, origin: str, size: int) -> bytes:
    """Return the signed head of a size with the cosignatures on it."""
    note = store.checkpoint_at(origin, size)
    if note is None or parse_unverified_checkpoint(note).size != size:
        raise OurFault(f"log {origin} head at {size}", value="missing", wanted="a signed head")
    return add_signatures(note, tuple(each.line for each in store.cosignatures(origin, size)))


def _chosen(
    store: Store, origin: str, size: int, wanted: Iterable[int], log_keys: Sequence[LogKey]
) -> list[int]:
    """Return the sizes of the heads that go in.

    The newest, others spread evenly, the newest and first that each cosigner cosigned, those at
    which a key gave way to another, and those asked for.
    """
    sizes = store.checkpoint_sizes(origin)
    step = max(1, -(-len(sizes) // HEADS_MAX))
    chosen = {size, *sizes[::-1][::step], *(each.from_size - 1 for each in log_keys[1:]), *wanted}
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for each in store.cosignatures(origin):
        first[each.cosigner] = min(each.size, first.get(each.cosigner, each.size))
        last[each.cosigner] = max(each.size, last.get(each.cosigner, 0))
    chosen |= {*first.values(), *last.values()}
    return sorted(chosen & set(sizes) | {size})


def _openings(
    store: Store, origin: str, entries: Sequence[bytes], request: PackRequest
) -> dict[int, bytes]:
    if request.release == "sealed":
        return {}
    held = store.openings(origin, 0, len(entries))
    asked = request.selection.entries
    return {
        index: held[index]
        for index in sorted(held)
        if ((origin, index) in asked or sealed_part(entries[index]).audience is None)
        and (request.release == "full" or request.selection.chooses(origin, index, entries[index]))
    }


def _receipts(store: Store, origin: str, size: int) -> tuple[PackReceipt, ...]:
    found = []
    for stored in store.entry_receipts(origin, 0, size):
        try:
            given = msgspec.json.decode(stored.data, type=Received)
            signature = bytes.fromhex(given.signature)
        except (msgspec.MsgspecError, ValueError) as error:
            what = f"log {origin} receipt of entry {stored.index}"
            raise OurFault(what, value=str(error), wanted="a receipt as it came") from error
        found.append(
            PackReceipt(
                index=stored.index, peer=stored.peer, at_us=given.at_us, signature=signature
            )
        )
    return tuple(sorted(found, key=lambda one: (one.index, one.peer)))


def _refused(store: Store, logs: Sequence[PackLog]) -> tuple[bytes, ...]:
    """Return the refused notes that a log of the pack did sign: the others are no evidence."""
    known = {log.origin: log for log in logs}
    found = []
    for refused in store.refused():
        log = known.get(refused.origin)
        if log is None or refused.note in found:
            continue
        try:
            size = parse_unverified_checkpoint(refused.note).size
            vkey = next(k.vkey for k in reversed(log.keys) if k.from_size <= size)
            open_checkpoint(refused.note, parse_vkey(vkey), log.origin)
        except Fault:
            continue
        found.append(refused.note)
    return tuple(found)


# ---- what a store holds, in short ---------------------------------------------------------------


class StoredLog(msgspec.Struct, frozen=True, kw_only=True):
    """A log in a store: size, root of its newest signed head, how far each mirror cosigned it."""

    origin: str
    size: int
    root: str
    cosigned: dict[str, int]


def stored_logs(store: Store) -> list[StoredLog]:
    """Return every log of a store."""
    found = []
    for origin in store.origins():
        note = store.checkpoint(origin)
        head = parse_unverified_checkpoint(note) if note is not None else None
        cosigned: dict[str, int] = {}
        for each in store.cosignatures(origin):
            cosigned[each.cosigner] = max(each.size, cosigned.get(each.cosigner, 0))
        root = head.root.hex() if head is not None else ""
        found.append(
            StoredLog(origin=origin, size=store.size(origin), root=root, cosigned=cosigned)
        )
    return found


def log_lines(logs: Sequence[StoredLog]) -> list[str]:
    """Return the logs as lines."""
    lines = []
    for log in logs:
        held = ", ".join(f"{name} up to {size}" for name, size in sorted(log.cosigned.items()))
        count = f"{log.size} {'entry' if log.size == 1 else 'entries'}"
        lines.append(f"{log.origin}: {count}, root {log.root[:16]}, cosigned by {held}")
    return [line.removesuffix(", cosigned by ") for line in lines] or ["no logs"]
