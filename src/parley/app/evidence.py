"""The evidence pack of a node: its own logs and its copies of the peers' logs, with receipts.

Made from the store alone: the keys are those that each log's first entry names. Whoever verifies
should have them from their owners instead (`parley verify --key`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parley.node.entries import Entry, LogOpened, decode_entry, log_name
from parley.review.verify import PackLog, verify_pack, write_pack
from parley.store.sqlite import Store
from parley.trust.checkpoint import parse_unverified_checkpoint
from parley.trust.note import add_signatures
from parley.world.faults import InputFault, OurFault, nearest

HEADS_MAX = 64
"""Earlier signed heads of a log in a pack: they locate damage, and the cosigned ones are kept."""
PARTY = "party"
"""The store's setting that names whose node it is of."""
_READ_ENTRIES = 4096


def make_pack(store: Store, agreement: str | None = None) -> bytes:
    """Return the pack of all logs held, or of those under one agreement, verified once.

    Raises:
        InputFault: there is no such log, or more than one pack holds.
        OurFault: a log without its first entry.
        PeerFault: what is held does not verify.
    """
    origins = store.origins()
    if agreement is not None:
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
    keys = {origin: _keys(store, origin) for origin in origins if store.size(origin)}
    data = write_pack([_pack_log(store, origin, keys) for origin in keys])
    verify_pack(data)
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


def _keys(store: Store, origin: str) -> dict[str, str]:
    """Return the verifier keys that a log's first entry names, by role."""
    first = decode_entry(store.entries(origin, 0, 1)[0], log=log_name(origin), index=0)
    if not isinstance(first, Entry) or not isinstance(first.body, LogOpened):
        raise OurFault(f"log {origin} entry 0", value="another", wanted="log.opened with its keys")
    return first.body.keys


def _pack_log(store: Store, origin: str, keys: dict[str, dict[str, str]]) -> PackLog:
    name = log_name(origin)
    # Whose store this is mirrors the peers' logs in it, and gives no receipt to itself.
    apart = (name.party, store.meta(PARTY))
    mirrors = {
        named["mirror"]
        for other, named in keys.items()
        if log_name(other).agreement == name.agreement and log_name(other).party not in apart
    }
    entries: list[bytes] = []
    size = store.size(origin)
    for start in range(0, size, _READ_ENTRIES):
        entries += store.entries(origin, start, min(size, start + _READ_ENTRIES))
    return PackLog(
        origin=origin,
        log_key=keys[origin]["log"],
        mirrors=tuple(sorted(mirrors)),
        checkpoint=_head(store, origin, size),
        entries=tuple(entries),
        heads=tuple(_head(store, origin, at) for at in _earlier(store, origin, size)),
    )


def _head(store: Store, origin: str, size: int) -> bytes:
    """Return the signed head of a size with the cosignatures on it."""
    note = store.checkpoint_at(origin, size)
    if note is None or parse_unverified_checkpoint(note).size != size:
        raise OurFault(f"log {origin} head at {size}", value="missing", wanted="a signed head")
    return add_signatures(note, tuple(each.line for each in store.cosignatures(origin, size)))


def _earlier(store: Store, origin: str, size: int) -> list[int]:
    """Return the sizes of the earlier heads that go in: spread evenly, and the newest cosigned."""
    cosigned = {each.size for each in store.cosignatures(origin) if each.size < size}
    sizes = [at for at in store.checkpoint_sizes(origin) if at < size]
    step = max(1, -(-len(sizes) // HEADS_MAX))
    chosen = set(sizes[::-1][::step])
    if cosigned:
        chosen.add(max(cosigned))
    return sorted(chosen)


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
        lines.append(f"{log.origin}: {log.size} entries, root {log.root[:16]}, cosigned by {held}")
    return [line.removesuffix(", cosigned by ") for line in lines] or ["no logs"]
