"""The evidence pack: written by a party, verified by anyone, offline, with public keys alone.

A pack is a zip of stored (not compressed) members in one canonical form: MANIFEST.json, then for
each log its signed heads, its entries as a C2SP entry bundle and its leaf hashes. Verification
reads it, checks every byte of it against the signatures, and then compares the file with the one
that `write_pack` makes of what was read, so that not one byte is left unchecked. It says "record
intact", which says nothing about truth. What entries mean is `node`'s business.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

import msgspec

from parley.trust.checkpoint import (
    Checkpoint,
    Cosignature,
    open_checkpoint,
    parse_checkpoint_body,
    verify_note_cosignature,
)
from parley.trust.keys import ALGORITHM_COSIGNATURE, ALGORITHM_ED25519, VerifierKey, parse_vkey
from parley.trust.note import Note, parse_unverified_note
from parley.trust.tree import HASH_BYTES, Tree, leaf_hashes
from parley.world.faults import InputFault, PeerFault
from parley.world.limits import ENTRY_BYTES_MAX

FORMAT = "parley-pack/1"
PACK_BYTES_MAX = 2**32 - 1
"""The plain zip form ends here; a longer record is exported in several packs."""
PACK_LOGS_MAX = 1_000
"""Logs in one pack: two per party of an agreement, for many agreements."""
INTACT = "record intact"
_MANIFEST = "MANIFEST.json"
_GUIDE = "VERIFY.txt"
_GUIDE_TEXT = b"""How to verify this pack without Parley.
MANIFEST.json names the logs and their keys (C2SP vkeys). Ask the owners for the keys: those in here
prove nothing about who made the pack. For log N:
logs/N/checkpoint  C2SP signed note: origin, size, root; the log's signature, mirrors' cosignatures
logs/N/head.M      other signed heads of the same log
logs/N/entries     C2SP entry bundle: each entry's exact bytes behind a 16-bit big-endian length
logs/N/leaves      their leaf hashes, SHA-256(0x00 || entry), 32 bytes each
The RFC 6962 root over the leaf hashes must be the signed root. A record that is intact is what was
signed; that does not make it true.
"""


class PackLog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One whole log, as it goes into a pack or came out of one.

    Attributes:
        origin: the log.
        log_key: vkey of the key that signs its heads.
        mirrors: vkeys of the mirrors that are expected to hold it.
        checkpoint: the newest signed head, with its cosignature lines.
        entries: exact bytes, all of them, from index 0.
        heads: other signed heads of this log: earlier ones (they locate damage), and any that
            somebody else holds (they show a fork).
    """

    origin: str
    log_key: str
    mirrors: tuple[str, ...] = ()
    checkpoint: bytes
    entries: tuple[bytes, ...]
    heads: tuple[bytes, ...] = ()


class LogReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was checked of one log.

    Attributes:
        origin: the log.
        size: entries, every one of them under the signed root.
        root_hex: that root.
        log_key: vkey that signed it, `log_key_from` says who vouches for the key.
        log_key_from: "given" by the person who verifies, or the "pack" itself.
        fingerprint: of the log key, to compare by voice with its owner.
        cosigned_by: mirrors that hold it, each with the time they said so.
        cosigners_from_pack: those of them whose key only the pack itself gives.
        not_cosigned_by: mirrors expected by the pack that have not cosigned this head.
        heads: how many other signed heads agree with it.
    """

    origin: str
    size: int
    root_hex: str
    log_key: str
    log_key_from: str
    fingerprint: str
    cosigned_by: tuple[Cosignature, ...]
    cosigners_from_pack: tuple[str, ...]
    not_cosigned_by: tuple[str, ...]
    heads: int


class PackReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The outcome of a verification that found nothing wrong.

    Attributes:
        verdict: "record intact": these are the bytes that were signed. Not that they are true.
        keys_from: "given" if every log key was, else "pack": then anyone could have made the whole
            pack, and the fingerprints must be compared with the owners of the keys.
        sha256_hex: of the pack.
        logs: one report per log.
    """

    verdict: str
    keys_from: str
    sha256_hex: str
    logs: tuple[LogReport, ...]


class _ManifestLog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    origin: str
    size: int
    root: str
    log_key: str
    mirrors: tuple[str, ...]
    heads: int


class _Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: str
    logs: tuple[_ManifestLog, ...]


# --- writing ------------------------------------------------------------------------------------


def write_pack(logs: Sequence[PackLog]) -> bytes:
    """Return the bytes of a pack, the same for the same logs on every machine.

    Nothing is verified here: `verify_pack` does that, and whoever exports should run it.

    Raises:
        InputFault: a log twice, too many logs, or an entry or pack too large for its form.
    """
    if len({log.origin for log in logs}) != len(logs) or len(logs) > PACK_LOGS_MAX:
        raise InputFault("pack", wanted=f"every log once, at most {PACK_LOGS_MAX}")
    hashed = [leaf_hashes(log.entries) for log in logs]
    return _write(logs, [b"".join(leaves) for leaves in hashed])


def _write(logs: Sequence[PackLog], leaves: Sequence[bytes]) -> bytes:
    listed = []
    members: list[tuple[str, bytes]] = []
    for number, (log, hashes) in enumerate(zip(logs, leaves, strict=True)):
        head = parse_checkpoint_body(parse_unverified_note(log.checkpoint).text)
        listed.append(
            _ManifestLog(
                origin=log.origin,
                size=len(log.entries),
                root=head.root.hex(),
                log_key=log.log_key,
                mirrors=log.mirrors,
                heads=len(log.heads),
            )
        )
        folder = f"logs/{number}"
        members.append((f"{folder}/checkpoint", log.checkpoint))
        members.extend((f"{folder}/head.{n}", note) for n, note in enumerate(log.heads))
        members.append((f"{folder}/entries", _bundle(log)))
        members.append((f"{folder}/leaves", hashes))
    manifest = msgspec.json.encode(_Manifest(format=FORMAT, logs=tuple(listed)))
    return _write_zip(
        [
            (_MANIFEST, msgspec.json.format(manifest, indent=1) + b"\n"),
            (_GUIDE, _GUIDE_TEXT),
            *members,
        ]
    )


def _bundle(log: PackLog) -> bytes:
    """Return the C2SP entry bundle: each entry behind its 16-bit length."""
    parts: list[bytes] = []
    for index, entry in enumerate(log.entries):
        if len(entry) > ENTRY_BYTES_MAX:
            raise InputFault(
                f"log {log.origin} entry {index}",
                value=f"{len(entry)} bytes",
                wanted=f"at most {ENTRY_BYTES_MAX}",
            )
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


# PKWARE APPNOTE 4.3.7, 4.3.12, 4.3.16, written here and not by zipfile so that the bytes are the
# same under every Python release: version 2.0, UTF-8 names, stored, 1980-01-01, no extra fields.
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_VERSION, _FLAGS, _STORED, _TIME, _DATE = 20, 0x0800, 0, 0, 0x0021


def _write_zip(members: Sequence[tuple[str, bytes]]) -> bytes:
    total = sum(len(data) + 256 for _, data in members)
    if total > PACK_BYTES_MAX or len(members) >= 2**16:
        raise InputFault(
            "pack",
            value=f"about {total} bytes in {len(members)} members",
            wanted=f"at most {PACK_BYTES_MAX} bytes in 65535 members",
            repair="export fewer logs or heads per pack",
        )
    parts: list[bytes] = []
    central: list[bytes] = []
    at = 0
    for text, data in members:
        name = text.encode()
        form = (_VERSION, _FLAGS, _STORED, _TIME, _DATE, zlib.crc32(data), len(data), len(data))
        local = _LOCAL.pack(b"PK\x03\x04", *form, len(name), 0) + name
        parts += (local, data)
        central.append(
            _CENTRAL.pack(b"PK\x01\x02", _VERSION, *form, len(name), 0, 0, 0, 0, 0, at) + name
        )
        at += len(local) + len(data)
    directory = b"".join(central)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(members), len(members), len(directory), at, 0)
    return b"".join((*parts, directory, end))


# --- reading ------------------------------------------------------------------------------------


def _refuse(what: str, value: object = None, wanted: str = "", repair: str = "") -> NoReturn:
    raise PeerFault(what, value=value, wanted=wanted, repair=repair)


def _members(data: bytes) -> Iterator[tuple[str, memoryview]]:
    """Yield the members of a zip of stored members, one after the other from the start."""
    view = memoryview(data)
    at = 0
    while data[at : at + 4] == b"PK\x03\x04":
        if len(data) < at + _LOCAL.size:
            break
        fields = _LOCAL.unpack_from(data, at)
        size, name_bytes, extra_bytes = fields[8], fields[9], fields[10]
        start = at + _LOCAL.size + name_bytes + extra_bytes
        name = data[at + _LOCAL.size : at + _LOCAL.size + name_bytes].decode("ascii", "replace")
        if start + size > len(data):
            _refuse("pack", f"{name} is cut off", "a whole file")
        yield name, view[start : start + size]
        at = start + size


def _read(data: bytes) -> tuple[list[PackLog], list[bytes]]:
    """Return the logs of a pack and the leaf hashes beside them, nothing verified."""
    members = dict(_members(data))
    if _MANIFEST not in members:
        _refuse("pack", "without a manifest", "a zip that parley log export made")
    try:
        manifest = msgspec.json.decode(members[_MANIFEST], type=_Manifest)
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        _refuse("pack manifest", str(fault), FORMAT)
    origins = {log.origin for log in manifest.logs}
    if manifest.format != FORMAT or len(origins) != len(manifest.logs):
        _refuse("pack manifest", manifest.format, f"{FORMAT}, every log once")
    numbered = list(enumerate(manifest.logs))
    logs = [_read_log(members, f"logs/{number}", listed) for number, listed in numbered]
    leaves = [_member(members, f"logs/{number}/leaves") for number, _ in numbered]
    return logs, leaves


def _read_log(members: Mapping[str, memoryview], folder: str, listed: _ManifestLog) -> PackLog:
    if not 0 <= listed.heads <= len(members):
        _refuse(f"log {listed.origin} heads", listed.heads, "as many as there are")
    return PackLog(
        origin=listed.origin,
        log_key=listed.log_key,
        mirrors=listed.mirrors,
        checkpoint=_member(members, f"{folder}/checkpoint"),
        entries=tuple(_unbundle(listed.origin, _member(members, f"{folder}/entries"))),
        heads=tuple(_member(members, f"{folder}/head.{n}") for n in range(listed.heads)),
    )


def _member(members: Mapping[str, memoryview], name: str) -> bytes:
    found = members.get(name)
    if found is None:
        _refuse("pack", f"without {name}", "every member of its manifest")
    return bytes(found)


def _unbundle(origin: str, bundle: bytes) -> Iterator[bytes]:
    at = index = 0
    while at < len(bundle):
        size = int.from_bytes(bundle[at : at + 2], "big")
        entry = bundle[at + 2 : at + 2 + size]
        if size > ENTRY_BYTES_MAX or at + 2 + size > len(bundle):
            _refuse(f"log {origin} entry {index}", f"{size} bytes", "a whole entry", "it is cut")
        yield entry
        at += 2 + size
        index += 1


# --- verifying ----------------------------------------------------------------------------------


def verify_pack(data: bytes, trusted: Mapping[str, str] | None = None) -> PackReport:
    """Return what was checked of a pack in which nothing is wrong.

    Args:
        data: the pack.
        trusted: vkeys that the verifying person has from their owners, by log origin (log keys) or
            by key name (mirror keys). Without it the keys of the pack are used and the report says
            so.

    Raises:
        InputFault: a trusted key is not a vkey, or a log of the pack is not among them.
        PeerFault: the first thing that is wrong, naming log and entry where it can be located.
    """
    if len(data) > PACK_BYTES_MAX:
        _refuse("pack", f"{len(data)} bytes", f"at most {PACK_BYTES_MAX}")
    keys = {name: parse_vkey(text) for name, text in (trusted or {}).items()}
    logs, leaves = _read(data)
    reports = []
    for log, hashes in zip(logs, leaves, strict=True):
        if trusted is not None and log.origin not in keys:
            raise InputFault(
                f"trusted key of log {log.origin}", value="not given", wanted="its vkey"
            )
        reports.append(_verify_log(log, hashes, keys))
    try:
        canonical = _write(logs, leaves)
    except InputFault as fault:
        _refuse("pack", str(fault), "the canonical form")
    if canonical != data:
        at = next((n for n, (a, b) in enumerate(zip(canonical, data, strict=False)) if a != b), 0)
        _refuse("pack", f"changed near byte {at}", "the canonical form", "export it again")
    return PackReport(
        verdict=INTACT,
        keys_from="given" if all(one.log_key_from == "given" for one in reports) else "pack",
        sha256_hex=hashlib.sha256(data).hexdigest(),
        logs=tuple(reports),
    )


def _verify_log(log: PackLog, hashes: bytes, keys: Mapping[str, VerifierKey]) -> LogReport:
    given = keys.get(log.origin)
    key = _key(log.origin, log.log_key, ALGORITHM_ED25519)
    if given is not None and given != key:
        _refuse(
            f"log {log.origin} key",
            key.vkey,
            given.vkey,
            "another key signed this pack: do not rely on it",
        )
    head = _open(log.origin, "checkpoint", log.checkpoint, key)
    others = [_open(log.origin, f"head.{n}", note, key) for n, note in enumerate(log.heads)]
    tree = _verify_entries(log, hashes, head, others)
    _verify_heads(log.origin, tree, others)
    cosigned, from_pack, missing = _verify_mirrors(log, keys)
    return LogReport(
        origin=log.origin,
        size=head.size,
        root_hex=head.root.hex(),
        log_key=key.vkey,
        log_key_from="given" if given is not None else "pack",
        fingerprint=key.fingerprint,
        cosigned_by=cosigned,
        cosigners_from_pack=from_pack,
        not_cosigned_by=missing,
        heads=len(others),
    )


def _key(origin: str, vkey: str, algorithm: int) -> VerifierKey:
    try:
        key = parse_vkey(vkey)
    except InputFault as fault:
        _refuse(f"log {origin} key", str(fault), "a vkey")
    if key.algorithm != algorithm:
        _refuse(f"log {origin} key {key.name}", f"algorithm {key.algorithm}", f"{algorithm}")
    return key


def _open(origin: str, name: str, note: bytes, key: VerifierKey) -> Checkpoint:
    try:
        return open_checkpoint(note, key, origin)
    except PeerFault as fault:
        _refuse(f"log {origin} {name}", str(fault), "a head signed by the log key")


def _verify_heads(origin: str, tree: Tree, others: Sequence[Checkpoint]) -> None:
    """Check that every other signed head is of this same history."""
    good = 0
    for other in sorted(others, key=lambda one: one.size):
        if other.size > tree.size:
            _refuse(
                f"log {origin}",
                f"cut off at entry {tree.size}",
                f"{other.size} entries, as a signed head has it",
            )
        if tree.root(other.size) != other.root:
            _refuse(
                f"log {origin}",
                f"forked at {_place(good, other.size)}: two signed roots for size {other.size}",
                "one history",
                "keep the pack: both heads carry the log's own signature",
            )
        good = other.size


def _place(good: int, size: int) -> str:
    """Return the entries that the head of `size` covers and the good head before it does not."""
    return f"entry {good}" if good >= size - 1 else f"range {good} to {size - 1}"


def _verify_entries(
    log: PackLog, hashes: bytes, head: Checkpoint, others: Sequence[Checkpoint]
) -> Tree:
    """Return the tree of the entries after checking all of them against the signed root."""
    what = f"log {log.origin}"
    found = leaf_hashes(log.entries)
    tree = Tree(found)
    if tree.size != head.size or tree.root() != head.root:
        written = _split(hashes)
        if len(written) == head.size and Tree(written).root() == head.root:
            _refuse_entry(what, found, written)
        _refuse_history(what, tree, head, others)
    if b"".join(found) != hashes:
        pairs = zip(found, _split(hashes), strict=False)
        at = next((n for n, (a, b) in enumerate(pairs) if a != b), 0)
        _refuse(f"{what} entry {at}", "another leaf hash beside it", "the entry's own leaf hash")
    return tree


def _split(hashes: bytes) -> list[bytes]:
    """Return the whole hashes; a rest that is too short is none, and is found elsewhere."""
    whole = len(hashes) - len(hashes) % HASH_BYTES
    return [hashes[at : at + HASH_BYTES] for at in range(0, whole, HASH_BYTES)]


def _refuse_entry(what: str, found: Sequence[bytes], signed: Sequence[bytes]) -> NoReturn:
    """Say which entry differs from the leaf hashes that the log signed, and how."""
    at = next(
        (n for n, (a, b) in enumerate(zip(found, signed, strict=False)) if a != b),
        min(len(found), len(signed)),
    )
    rest = set(found[at:])
    if at == len(signed):
        how = "added after the signed record"
    elif at == len(found):
        how = f"deleted, with all {len(signed) - at} from it to the end"
    elif signed[at] not in rest:
        same = found[at] == (signed[at + 1] if at + 1 < len(signed) else None)
        how = "deleted" if same else "changed since it was signed"
    else:
        how = "not in its place: added or put in another order"
    _refuse(
        f"{what} entry {at}", how, f"leaf hash {signed[at].hex()[:16]}" if at < len(signed) else ""
    )


def _refuse_history(
    what: str, tree: Tree, head: Checkpoint, others: Sequence[Checkpoint]
) -> NoReturn:
    """Narrow damage down between two signed heads where entries and leaf hashes both differ."""
    good = 0
    for other in sorted((*others, head), key=lambda one: one.size):
        if other.size <= tree.size and tree.root(other.size) == other.root:
            good = other.size
            continue
        wanted = f"the entries under the signed root of size {other.size}"
        if other.size > tree.size:
            _refuse(
                f"{what} entry {good}",
                f"or a later one deleted: {tree.size} entries",
                f"{other.size} entries, as the signed head of size {other.size} has it",
            )
        _refuse(f"{what} {_place(good, other.size)}", "not what was signed", wanted)
    _refuse(f"{what} entry {head.size}", "not under any signed head", f"{head.size} entries")


def _verify_mirrors(
    log: PackLog, keys: Mapping[str, VerifierKey]
) -> tuple[tuple[Cosignature, ...], tuple[str, ...], tuple[str, ...]]:
    """Return who cosigned the head, which of their keys only the pack gives, and who did not."""
    note: Note = parse_unverified_note(log.checkpoint)
    lines = {(one.name, one.key_id) for one in note.signatures}
    cosigned: list[Cosignature] = []
    from_pack: list[str] = []
    missing: list[str] = []
    for vkey in log.mirrors:
        key = _key(log.origin, vkey, ALGORITHM_COSIGNATURE)
        given = keys.get(key.name)
        if given is not None and given != key:
            _refuse(f"log {log.origin} mirror key {key.name}", key.vkey, given.vkey)
        if (key.name, key.key_id) not in lines:
            missing.append(key.name)
            continue
        try:
            cosigned.append(verify_note_cosignature(note, key))
        except PeerFault as fault:
            _refuse(f"log {log.origin} checkpoint", str(fault), "the mirror's own cosignature")
        if given is None:
            from_pack.append(key.name)
    return tuple(cosigned), tuple(from_pack), tuple(missing)


def read_pack(data: bytes) -> tuple[PackLog, ...]:
    """Return the logs of a pack, for a reader that has verified it.

    Raises:
        PeerFault: it is not a pack.
    """
    return tuple(_read(data)[0])


def verify_same_history(
    first: bytes, second: bytes, trusted: Mapping[str, str] | None = None
) -> tuple[PackReport, PackReport]:
    """Return the reports of two packs after checking that no log forks between them.

    Two parties hand in their packs; where one log stands in both, one must be the start of the
    other.

    Raises:
        PeerFault: as `verify_pack`; or a fork, naming log and first entry that differs.
    """
    reports = verify_pack(first, trusted), verify_pack(second, trusted)
    known = {log.origin: log for log in read_pack(first)}
    for log in read_pack(second):
        other = known.get(log.origin)
        if other is None:
            continue
        if other.log_key != log.log_key:
            _refuse(f"log {log.origin} key", log.log_key, other.log_key, "ask the key's owner")
        pairs = zip(other.entries, log.entries, strict=False)
        at = next((n for n, (a, b) in enumerate(pairs) if a != b), None)
        if at is not None:
            _refuse(
                f"log {log.origin} entry {at}",
                "forked: two different entries, both signed by the log's key",
                "one history",
                "keep both packs: together they prove the fork",
            )
    return reports
