"""The next frames of entries to a peer: a part of a log, or one entry ahead of it, with openings.

Made when everything is stored, from the store. Openings go only to their audience, closed under the
session's key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from parley.app.logstore import LogStore
from parley.node.encoding import references_of, sealed_part
from parley.node.entries import log_name
from parley.node.frames import Ahead, Push, ahead_info, push_info
from parley.node.inputs import AheadWanted, PushWanted
from parley.node.rules.custody import consents, guarded
from parley.node.rules.mirroring import pack_openings
from parley.node.state import State
from parley.trust.seal import seal_push
from parley.world.limits import BATCH_ENTRIES_MAX


def make_ahead(state: State, store: LogStore, wanted: AheadWanted, now_us: int) -> Ahead | None:
    """Return an entry with the proof of its place, or None where it must go with its log."""
    origin, index = wanted.origin, wanted.index
    head = store.head_at_or_after(origin, index + 1)
    # A key that the peer does not know yet signed the head: the entry that names it goes first.
    if head is None or head[0] > _until_rotation(state, store, origin, wanted.first):
        return None
    entries = store.entries(origin, index, index + 1)
    opening = _openings_for(state, store, wanted.peer, origin, index, entries, now_us).get(index)
    box = b""
    if opening is not None:
        info = ahead_info(state.party, wanted.peer, origin, index)
        box = seal_push(wanted.secret, wanted.counter, info, opening)
    elif sealed_part(entries[0]).commit is not None:
        return None
    return Ahead(
        origin=origin,
        index=index,
        checkpoint=head[1].decode(),
        counter=wanted.counter,
        proof=state.log(origin).tree.inclusion_proof(index, head[0]),
        entry=entries[0],
        box=box,
    )


def make_push(state: State, store: LogStore, wanted: PushWanted, now_us: int) -> Push | None:
    """Return the next part of a log: up to a signed head, or up to what the link takes."""
    origin, first = wanted.origin, wanted.first
    log = state.log(origin)
    if first >= log.tree.size:
        return None
    entries = store.entries(origin, first, first + BATCH_ENTRIES_MAX)
    openings = _openings_for(state, store, wanted.peer, origin, first, entries, now_us)
    fitting = _fitting(first, entries, openings, wanted.bytes_max)
    fitting = min(fitting, _until_rotation(state, store, origin, first) - first)
    if first and store.checkpoint_at(origin, first) is None:
        # The peer holds a part of a batch: it takes the rest of it before anything beyond.
        batch = store.head_at_or_after(origin, first + 1)
        assert batch is not None
        fitting = min(fitting, batch[0] - first)
    head = store.head_at_or_before(origin, first + fitting)
    if head is None or head[0] <= first:
        head = store.head_at_or_after(origin, first + 1)
    assert head is not None
    # Who takes its own log back takes it head by head.
    returned = log.name.party != state.party
    end = head[0] if returned else min(first + fitting, head[0])
    note = store.checkpoint_at(origin, head[0])
    assert note is not None
    proof = log.tree.consistency_proof(end, head[0]) if end < head[0] else ()
    box = b""
    openings = {index: opening for index, opening in openings.items() if index < end}
    if openings:
        # A push without them would leave its entries closed at the peer for ever.
        if not wanted.sealed:
            return None
        info = push_info(state.party, wanted.peer, origin, first, end - first)
        box = seal_push(wanted.secret, wanted.counter, info, pack_openings(openings))
    return Push(
        origin=origin,
        first=first,
        checkpoint=note.decode(),
        proof=tuple(each.hex() for each in proof),
        counter=wanted.counter,
        entries=tuple(entries[: end - first]),
        box=box,
    )


def _until_rotation(state: State, store: LogStore, origin: str, first: int) -> int:
    """Return the size up to which one push may go: the head over the next change of key.

    The peer believes the new key once it holds the entry that names it, and the head over that
    entry is the last that the old key signed.
    """
    name = state.log(origin).name
    rotated = state.scope(name.agreement).acts_of("key.rotated", name.party)
    places = [index for at, index in rotated if at == origin and index >= first]
    head = store.head_at_or_after(origin, min(places) + 1) if places else None
    return head[0] if head is not None else state.log(origin).tree.size


def _openings_for(
    state: State,
    store: LogStore,
    peer: str,
    origin: str,
    first: int,
    entries: Sequence[bytes],
    now_us: int,
) -> dict[int, bytes]:
    """Return the openings of a range that a peer may have: those of which it is an audience.

    The audience is read from the very bytes: an entry that the fold could not read has one too.
    """
    name = state.log(origin).name
    found = store.openings(origin, first, first + len(entries))
    if peer == name.party:
        return found
    consenting = consents(state, state.scope(name.agreement), now_us)
    kept = {}
    for index, opening in found.items():
        data = entries[index - first]
        audience = sealed_part(data).audience
        if audience is not None and peer not in audience:
            continue
        # Consent that was withdrawn before it went is no consent.
        if audience is None or peer in consenting or not _is_guarded(state, origin, index, data):
            kept[index] = opening
    return kept


def _is_guarded(state: State, origin: str, index: int, data: bytes) -> bool:
    """Whether an entry of ours is a guarded notice of ours, or repeats the words of one."""
    threads = state.scope(state.log(origin).name.agreement).threads
    for key in ((origin, index), *references_of(data)[:1]):
        own = log_name(key[0]).party == state.party if key in threads else False
        if own and guarded(threads[key]):
            return True
    return False


def _fitting(
    first: int, entries: Sequence[bytes], openings: Mapping[int, bytes], bytes_max: int
) -> int:
    """Return how many entries go into a push: at least one, however long it is."""
    total = 0
    for count, data in enumerate(entries):
        total += len(data) + len(openings.get(first + count, b""))
        if total > bytes_max and count:
            return count
    return len(entries)
