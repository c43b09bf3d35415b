"""Proofs from what a node holds: one entry with its proof, and when it was written.

Read from the node's store, or from a pack: an exported file, or what a running node exports. A
silence is asked of the same (`silence_proof`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from parley.app.evidence import PARTY, Selection, StoredLog
from parley.node.encoding import decode_entry
from parley.node.entries import BODY_TYPES, Entry, LogOpened, log_name
from parley.node.frames import Received
from parley.review.pack import Pack
from parley.review.times import (
    Bound,
    Cosigned,
    LogPart,
    Receipted,
    TimeBounds,
    Timeline,
    instant_text,
    measured_offsets,
    party_of,
    read_part,
)
from parley.review.verify import Evidence
from parley.store.sqlite import Store
from parley.trust.checkpoint import parse_unverified_checkpoint, verify_cosignature
from parley.trust.keys import ALGORITHM_COSIGNATURE, COSIGNER_ROLES, VerifierKey, parse_vkey
from parley.trust.note import add_signatures, parse_signature_line, parse_unverified_note
from parley.trust.proof import ProvenEntry, make_proof, verify_proof
from parley.trust.statements import verify_receipt
from parley.trust.tree import HASH_BYTES, Tree
from parley.world.faults import Fault, InputFault, PeerFault, nearest
from parley.world.units import MICROSECONDS_PER_SECOND

_READ_ENTRIES = 4096
_TIME_BYTES = 8


# ---- one entry ----------------------------------------------------------------------------------


class MadeProof(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with its proof.

    Attributes:
        entry: its exact bytes.
        proof: the C2SP tlog-proof file.
        size: of the head it is proven under.
        cosigners: whose signatures stand on that head beside the log's.
    """

    entry: bytes
    proof: bytes
    size: int
    cosigners: tuple[str, ...]


def prove_stored(store: Store, origin: str, index: int) -> MadeProof:
    """Return an entry of a store with its proof, under the head over it that most others cosigned.

    Of several such heads the smallest: it is the oldest word that they held the entry.

    Raises:
        InputFault: there is no such log or entry.
    """
    _known_log(origin, store.origins())
    _known_entry(origin, index, store.size(origin))
    cosigners: dict[int, set[str]] = {}
    for each in store.cosignatures(origin):
        if each.size > index:
            cosigners.setdefault(each.size, set()).add(each.cosigner)
    size = min(cosigners, key=lambda at: (-len(cosigners[at]), at), default=store.size(origin))
    tree = Tree()
    for start in range(0, size, _READ_ENTRIES):
        tree.extend(store.leaf_hashes(origin, start, min(size, start + _READ_ENTRIES)))
    (entry,) = store.entries(origin, index, index + 1)
    return _made(tree, index, entry, head_note(store, origin, size))


def prove_packed(pack: Pack, origin: str, index: int) -> MadeProof:
    """Return an entry of a pack with its proof; the pack was verified.

    Raises:
        InputFault: there is no such log or entry, or the pack shows only a part of the log.
    """
    _known_log(origin, [log.origin for log in pack.logs])
    log = next(log for log in pack.logs if log.origin == origin)
    found = log.ranges[0] if log.ranges else None
    if found is None or found.start != 0:
        raise InputFault(f"log {origin}", value="shown in part", wanted="all of it, from entry 0")
    _known_entry(origin, index, found.end)
    entry = log.entry(index)
    if entry is None:
        raise InputFault(f"log {origin} entry", value=index, wanted="one that the pack shows")
    notes = [head for head in log.heads if index < head.size <= found.end]
    best = max(notes, key=lambda head: (len(_signers(head.note)), -head.size))
    leaves = found.leaves[: best.size * HASH_BYTES]
    tree = Tree([leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES)])
    return _made(tree, index, entry, best.note)


def packed_logs(pack: Pack) -> list[StoredLog]:
    """Return the logs of a verified pack, in the form of those of a store."""
    found = []
    for log in pack.logs:
        cosigned: dict[str, int] = {}
        for head in log.heads:
            for name in _signers(head.note):
                if name != log.origin:
                    cosigned[name] = max(head.size, cosigned.get(name, 0))
        newest = parse_unverified_checkpoint(log.heads[-1].note)
        found.append(
            StoredLog(
                origin=log.origin, size=newest.size, root=newest.root.hex(), cosigned=cosigned
            )
        )
    return found


def _made(tree: Tree, index: int, entry: bytes, note: bytes) -> MadeProof:
    head = parse_unverified_checkpoint(note)
    signers = tuple(name for name in _signers(note) if name != head.origin)
    proof = make_proof(tree, index, note)
    return MadeProof(entry=entry, proof=proof, size=head.size, cosigners=signers)


def _signers(note: bytes) -> list[str]:
    return [each.name for each in parse_unverified_note(note).signatures]


def head_note(store: Store, origin: str, size: int) -> bytes:
    """Return the signed head of a size with the cosignatures on it.

    Raises:
        InputFault: there was no head at that size.
    """
    note = store.checkpoint_at(origin, size)
    if note is None:
        raise InputFault(f"log {origin} head at {size}", value="none", wanted="a size with a head")
    return add_signatures(note, tuple(each.line for each in store.cosignatures(origin, size)))


def check_proof(proof: bytes, entry: bytes, vkeys: Sequence[str]) -> ProvenEntry:
    """Return where an entry stands, after checking its proof with keys that a person has.

    Args:
        proof: the file.
        entry: the exact bytes of the entry.
        vkeys: the log's key, under the log's name or as `parley/PARTY/log`; and the mirrors' keys
            that must stand under the head, all of them.

    Raises:
        InputFault: a key is not a vkey, or none is the log's.
        PeerFault: it is not proven.
    """
    keys = [parse_vkey(text) for text in vkeys]
    cosigners = [key for key in keys if key.algorithm == ALGORITHM_COSIGNATURE]
    logs = [key for key in keys if key.algorithm != ALGORITHM_COSIGNATURE]
    if len(logs) != 1:
        raise InputFault(
            "--key",
            value=f"{len(logs)} keys of logs",
            wanted="the one key of the log, and mirrors'",
        )
    proven = verify_proof(proof, entry, logs[0], cosigners)
    _check_named(logs[0], proven.checkpoint.origin)
    return proven


def _check_named(key: VerifierKey, origin: str) -> None:
    """Check that a key is for this log: one key signs all logs of a party, and of no other."""
    party = party_of(origin)
    if key.name != origin and (not party or key.name != f"parley/{party}/log"):
        raise PeerFault(
            "proof", value=f"of log {origin}", wanted=f"a log that {key.name} is the key of"
        )


def proven_lines(proven: ProvenEntry) -> list[str]:
    """Return what a proof showed, in lines."""
    head = proven.checkpoint
    lines = [f"entry {proven.index} of {head.origin} is under its signed head of {head.size}"]
    for each in proven.cosignatures:
        at = instant_text(each.time_s * MICROSECONDS_PER_SECOND)
        lines.append(f"  held by {each.cosigner}, it says, at {at}")
    if not proven.cosignatures:
        lines.append("  no mirror's key was given: only the log's own word was checked")
    return lines


def _known_log(origin: str, origins: Sequence[str]) -> None:
    if origin not in origins:
        close = nearest(origin, list(origins))
        raise InputFault(
            "log",
            value=origin,
            wanted="one that is held here (parley log list)",
            repair=f"did you mean {close!r}?" if close else "",
        )


def _known_entry(origin: str, index: int, size: int) -> None:
    if not 0 <= index < size:
        wanted = f"0 to {size - 1}" if size else "an entry: the log has none"
        raise InputFault(f"log {origin} entry", value=index, wanted=wanted)


def check_selection(store: Store, selection: Selection) -> None:
    """Check that what is to be shown can be there: a slip of the hand would show nothing.

    Raises:
        InputFault: no such entry type, party, log or entry; the repair names the nearest.
    """
    for name in selection.types:
        if name not in BODY_TYPES:
            close = nearest(name, list(BODY_TYPES))
            said = "a message, of whatever type, is an entry of type message.said"
            raise InputFault(
                "--show-type",
                value=name,
                wanted="an entry type",
                repair=f"did you mean {close!r}?" if close else said,
            )
    parties = sorted({party_of(origin) for origin in store.origins()} - {""})
    for name in selection.parties:
        if name not in parties:
            wanted = f"one of {', '.join(parties) or 'none'}"
            raise InputFault("--show-party", value=name, wanted=wanted)
    for origin, index in selection.entries:
        _known_log(origin, store.origins())
        _known_entry(origin, index, store.size(origin))


# ---- all that a store says ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """What a store holds under one agreement, decoded; signatures on it not yet checked again."""

    parts: tuple[LogPart, ...]
    cosigned: tuple[Cosigned, ...]
    receipts: tuple[Receipted, ...]


def held_origins(store: Store, agreement: str) -> list[str]:
    """Return the logs under an agreement.

    Raises:
        InputFault: there is none; the repair names the nearest agreement.
    """
    origins = [origin for origin in store.origins() if party_of(origin) and store.size(origin)]
    known = sorted({log_name(origin).agreement for origin in origins})
    if agreement not in known:
        close = nearest(agreement, known)
        raise InputFault(
            "agreement",
            value=agreement,
            wanted=f"one of {', '.join(known) or 'none: the store is empty'}",
            repair=f"did you mean {close!r}?" if close else "",
        )
    return [origin for origin in origins if log_name(origin).agreement == agreement]


def stored_part(store: Store, origin: str, start: int = 0, end: int | None = None) -> LogPart:
    """Return entries [start, end) of a stored log as read, with the openings held."""
    end = store.size(origin) if end is None else end
    entries: list[bytes] = []
    for at in range(start, end, _READ_ENTRIES):
        entries += store.entries(origin, at, min(end, at + _READ_ENTRIES))
    return read_part(origin, start, entries, store.openings(origin, start, end))


def stored_cosigned(store: Store, origin: str) -> Iterator[Cosigned]:
    """Yield the cosignatures on a log's heads as they say of themselves; none is checked here."""
    for each in store.cosignatures(origin):
        payload = parse_signature_line(each.line).payload
        yield Cosigned(
            origin=origin,
            size=each.size,
            party=party_of_key(each.cosigner),
            time_s=int.from_bytes(payload[:_TIME_BYTES], "big"),
        )


def stored_receipts(store: Store, origin: str) -> Iterator[Receipted]:
    """Yield the receipts for a log's entries as they say of themselves; none is checked here."""
    for each in store.entry_receipts(origin, 0, store.size(origin)):
        received = _received(each.data)
        if received is not None:
            yield Receipted(origin=origin, index=each.index, party=each.peer, at_us=received.at_us)


def _received(data: bytes) -> Received | None:
    try:
        return msgspec.json.decode(data, type=Received)
    except (msgspec.MsgspecError, Fault, ValueError):
        return None


def party_of_key(name: str) -> str:
    """Return whose cosigning key a name is; the name itself where it is no party's.

    >>> party_of_key("parley/COAL/mirror"), party_of_key("witness.example")
    ('COAL', 'witness.example')
    """
    parts = name.split("/")
    own = len(parts) == 3 and parts[0] == "parley" and parts[2] in COSIGNER_ROLES
    return parts[1] if own else name


def read_record(store: Store, agreement: str) -> Record:
    """Return all logs under an agreement with what was said of them.

    Raises:
        InputFault: there is no such agreement in the store.
    """
    origins = held_origins(store, agreement)
    return Record(
        parts=tuple(stored_part(store, origin) for origin in origins),
        cosigned=tuple(each for origin in origins for each in stored_cosigned(store, origin)),
        receipts=tuple(each for origin in origins for each in stored_receipts(store, origin)),
    )


# ---- when ---------------------------------------------------------------------------------------


def stored_time(store: Store, origin: str, index: int) -> TimeBounds:
    """Return when an entry was written, as far as the logs of its agreement say.

    The cosignatures and receipts that bound it are checked; one that is not good bounds nothing.
    Where this node measured its peers' clocks, what rests on them is widened by that.

    Raises:
        InputFault: there is no such log or entry.
    """
    _known_log(origin, store.origins())
    _known_entry(origin, index, store.size(origin))
    record = read_record(store, log_name(origin).agreement)
    keys = _opened_keys(store, record)
    refused: set[Cosigned | Receipted] = set()
    own = store.meta(PARTY)
    offsets_us = measured_offsets(record.parts, own) if own == party_of(origin) else {}
    while True:
        timeline = Timeline(
            record.parts,
            [each for each in record.cosigned if each not in refused],
            [each for each in record.receipts if each not in refused],
            offsets_us=offsets_us,
        )
        bounds = timeline.bounds(origin, index)
        bad = [one for one in _signed(record, bounds) if not _is_good(store, one, keys)]
        if not bad:
            return bounds
        refused.update(bad)


def packed_time(evidence: Evidence, origin: str, index: int) -> TimeBounds:
    """Return when an entry was written, as far as a verified pack says.

    Raises:
        InputFault: there is no such log or entry in it.
    """
    _known_log(origin, [part.origin for part in evidence.parts])
    timeline = Timeline(evidence.parts, evidence.cosigned, evidence.receipts, roots=evidence.roots)
    return timeline.bounds(origin, index)


def _opened_keys(store: Store, record: Record) -> dict[str, list[VerifierKey]]:
    """Return the keys that first entries name, by the party whose they are."""
    found: dict[str, list[VerifierKey]] = {}
    for part in record.parts:
        first = store.entries(part.origin, 0, 1)[0]
        entry = decode_entry(first, log=part.name, index=0)
        if isinstance(entry, Entry) and isinstance(entry.body, LogOpened):
            for text in entry.body.keys.values():
                try:
                    found.setdefault(part.name.party, []).append(parse_vkey(text))
                except Fault:
                    continue
    return found


def _signed(record: Record, bounds: TimeBounds) -> Iterator[Cosigned | Receipted]:
    """Yield the signatures that the upper bounds rest on."""
    said: tuple[Cosigned | Receipted, ...] = (*record.cosigned, *record.receipts)
    for bound in bounds.latest:
        for one in said:
            if _is_behind(one, bound, bounds.origin):
                yield one


def _is_behind(one: Cosigned | Receipted, bound: Bound, origin: str) -> bool:
    if one.origin != origin or one.party != bound.party:
        return False
    at_us = bound.at_us - bound.widened_us
    if isinstance(one, Cosigned):
        return (bound.basis, one.size, one.latest_us) == ("cosignature", bound.index, at_us)
    return (bound.basis, one.index, one.at_us) == ("receipt", bound.index, at_us)


def _is_good(store: Store, one: Cosigned | Receipted, keys: dict[str, list[VerifierKey]]) -> bool:
    """Whether a stored signature is by a key that its party's logs name."""
    mine = keys.get(one.party, [])
    if isinstance(one, Cosigned):
        return any(_cosigned_by(store, one, key) for key in mine)
    return any(_received_by(store, one, key) for key in mine)


def _cosigned_by(store: Store, one: Cosigned, key: VerifierKey) -> bool:
    if key.algorithm != ALGORITHM_COSIGNATURE:
        return False
    try:
        found = verify_cosignature(head_note(store, one.origin, one.size), key)
    except Fault:
        return False
    return found.time_s == one.time_s


def _received_by(store: Store, one: Receipted, key: VerifierKey) -> bool:
    if key.name != f"parley/{one.party}/link":
        return False
    for each in store.entry_receipts(one.origin, one.index, one.index + 1):
        received = _received(each.data) if each.peer == one.party else None
        if received is None:
            continue
        (leaf,) = store.leaf_hashes(one.origin, one.index, one.index + 1)
        try:
            verify_receipt(
                key,
                one.party,
                one.origin,
                one.index,
                leaf.hex(),
                received.at_us,
                received.signature,
            )
        except Fault:
            continue
        return received.at_us == one.at_us
    return False
