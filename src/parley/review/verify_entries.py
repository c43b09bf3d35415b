"""Step 4 of a verification, second half: what the entries of a pack say about its logs.

Each log is read for what concerns the record itself: heads of other logs that its writer had seen,
keys that gave way to others, the log that it continues, forks that it saw. All of it must agree
with the signed heads. What cannot be compared, because the pack does not show it, is no fault;
where somebody saw more of a log than the pack shows, the answer is undecided. What else entries
mean is `node`'s business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from parley.node.custody_bodies import ForkEvidence
from parley.node.encoding import decode_entry
from parley.node.entries import Body, Entry, LogOpened, log_name
from parley.review.pack import Pack
from parley.review.verify_parts import (
    CONTESTED,
    FORKED,
    CheckedLog,
    cosigner_words,
    party_of,
    refuse,
)
from parley.trust.checkpoint import Checkpoint, open_checkpoint, parse_unverified_checkpoint
from parley.world.faults import Fault, PeerFault

_STEP = 4
_ABOUT_RECORD = frozenset({"log.opened", "key.rotated", "key.revoked", "fork.evidence"})


class _Seen(msgspec.Struct, frozen=True):
    size: int
    root: str


_NONE = msgspec.Raw(b"null")


class _Facts(msgspec.Struct, frozen=True):
    """The common fields that concern the record; whatever else stands there is not looked at."""

    type: str = ""
    commit: msgspec.Raw = _NONE
    seen: msgspec.Raw = msgspec.Raw(b"{}")


_decode = msgspec.json.Decoder(_Facts).decode
_decode_seen = msgspec.json.Decoder(dict[str, _Seen]).decode


def read_entries(log: CheckedLog) -> None:
    """Fill in what the entries of a log, all under its signed root, say about the record."""
    # Neighbours mostly name the same heads, so what they name is decoded once.
    named: set[bytes] = set()
    for part in log.ranges:
        for index, entry in enumerate(part.entries, part.start):
            try:
                facts = _decode(entry)
                seen = bytes(facts.seen)
                if seen not in named:
                    named.add(seen)
                    for origin, head in _decode_seen(seen).items():
                        log.seen.setdefault((origin, head.size, head.root), index)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                log.unreadable += 1
                continue
            if facts.commit != _NONE:
                log.sealed += 1
            if facts.type in _ABOUT_RECORD:
                log.plain.setdefault(facts.type, []).append(index)


def bodies_of(log: CheckedLog, name: str) -> Iterator[tuple[int, Body]]:
    """Yield index and body of each entry of a type about the record that can be read whole."""
    if not party_of(log.origin):
        return
    for index in log.plain.get(name, ()):
        data = log.entry(index)
        found = decode_entry(data or b"", log=log_name(log.origin), index=index)
        if isinstance(found, Entry) and found.body is not None:
            yield index, found.body


def opened_by(log: CheckedLog) -> LogOpened | None:
    """Return the body of the log's first entry, where it is shown."""
    bodies = ((index, body) for index, body in bodies_of(log, "log.opened") if index == 0)
    return next((body for _, body in bodies if isinstance(body, LogOpened)), None)


def check_agreement(pack: Pack, logs: Sequence[CheckedLog], remarks: list[str]) -> list[str]:
    """Return why the record is undecided, after checking what logs say about each other.

    Args:
        pack: the pack.
        logs: its logs, entries read.
        remarks: filled with what a reader should know, and what decides nothing.

    Raises:
        PackFault: a head that somebody saw, named or refused is not of the history that is shown.
    """
    by_origin = {log.origin: log for log in logs}
    found: list[str] = []
    for log in logs:
        found += _check_seen(log, by_origin, remarks)
        found += _check_continued(log, by_origin)
    found += _check_notes(pack.refused, by_origin)
    for log in logs:
        _check_evidence(log, by_origin)
    return list(dict.fromkeys(found))


def _check_seen(log: CheckedLog, logs: Mapping[str, CheckedLog], remarks: list[str]) -> list[str]:
    who = party_of(log.origin) or log.origin
    beyond: dict[str, tuple[int, int]] = {}
    for (origin, size, root), index in sorted(log.seen.items(), key=lambda each: each[0][:2]):
        other = logs.get(origin)
        if other is None or other is log:
            continue
        if size > other.newest.size:
            beyond[origin] = (size, index)
            continue
        known = other.root_at(size)
        if known is None or known.hex() == root:
            continue
        if _cosigned_by(other, who) >= size:
            # Else whoever names a false head could spoil the record of whom it names.
            remarks.append(
                f"{who} refutes itself: entry {index} of {log.origin} names another head of {size} "
                f"entries of {origin} than it cosigned"
            )
        else:
            good = max(
                (s for o, s, r in log.seen if o == origin and s < size and _is(other, s, r)),
                default=0,
            )
            refuse(
                _STEP,
                f"{other.what} range {good} to {size - 1}",
                f"not what {who} saw, by its entry {index}",
                f"the head of {size} entries that it saw",
                "one of the two signed a false history: ask both for the head of this size",
                log=origin,
                index=good,
                last=max(size - 1, good),
                verdict=f"{CONTESTED}{who}",
            )
    return [
        f"{origin} is shown up to {logs[origin].newest.size} entries, but entry {index} of "
        f"{log.origin} had seen {size}"
        for origin, (size, index) in beyond.items()
    ]


def _cosigned_by(log: CheckedLog, party: str) -> int:
    """Return the size of the largest head of a log that a party cosigned."""
    return max(
        (
            head.size
            for head in log.heads
            for each in head.cosigned
            if cosigner_words(each.cosigner) == party
        ),
        default=0,
    )


def _is(log: CheckedLog, size: int, root_hex: str) -> bool:
    known = log.root_at(size)
    return known is not None and known.hex() == root_hex


def _check_continued(log: CheckedLog, logs: Mapping[str, CheckedLog]) -> list[str]:
    """Check that a log which continues another names a true head of it."""
    opened = opened_by(log)
    if opened is None or opened.continues is None:
        return []
    named = opened.continues
    other = logs.get(named.origin)
    if other is None:
        return []
    if named.size > other.newest.size:
        shown = f"only {other.newest.size} are shown"
        return [f"{log.origin} continues {named.origin} from {named.size} entries, but {shown}"]
    known = other.root_at(named.size)
    if known is not None and known.hex() != named.root:
        refuse(
            _STEP,
            f"{log.what} entry 0",
            f"continues a head of {named.origin} with {named.size} entries that never was",
            f"root {known.hex()[:16]}",
            log=log.origin,
            index=0,
        )
    return []


# ---- forks ---------------------------------------------------------------------------------------


def _check_notes(notes: Sequence[bytes], logs: Mapping[str, CheckedLog]) -> list[str]:
    """Check the signed notes that somebody else holds."""
    beyond = []
    agreed: dict[str, int] = {}
    heads = [head for number, note in enumerate(notes) if (head := _open(number, note, logs))]
    for head in sorted(heads, key=lambda one: (one.origin, one.size)):
        log = logs[head.origin]
        if head.size > log.newest.size:
            beyond.append(
                f"{head.origin} is shown up to {log.newest.size} entries, but somebody holds a "
                f"signed head of {head.size}"
            )
        elif log.root_at(head.size) == head.root:
            agreed[head.origin] = head.size
        else:
            _refuse_fork(log, head, agreed.get(head.origin, 0))
    return beyond


def _open(number: int, note: bytes, logs: Mapping[str, CheckedLog]) -> Checkpoint | None:
    """Return the head of a refused note, if it is of a log of the pack."""
    what = f"refused/{number}"
    try:
        claimed = parse_unverified_checkpoint(note)
        log = logs.get(claimed.origin)
        return open_checkpoint(note, log.key_at(claimed.size), log.origin) if log else None
    except PeerFault as fault:
        refuse(_STEP, what, str(fault), "a head that the log's key signed", "it is no evidence")


def _refuse_fork(log: CheckedLog, head: Checkpoint, good: int) -> None:
    if log.root_at(head.size) is None:
        return
    last = max(head.size - 1, good)
    refuse(
        _STEP,
        f"{log.what} range {good} to {last}",
        f"forked: two signed roots for size {head.size}",
        "one history",
        "keep the pack: both heads carry the log's own signature",
        log=log.origin,
        index=good,
        last=last,
        verdict=FORKED,
    )


def _check_evidence(log: CheckedLog, logs: Mapping[str, CheckedLog]) -> None:
    """Check the forks that the writer of this log saw: two notes of one key that contradict."""
    for index, body in bodies_of(log, "fork.evidence"):
        other = logs.get(body.origin) if isinstance(body, ForkEvidence) else None
        if other is None or not isinstance(body, ForkEvidence):
            continue
        found = []
        for note in (body.held, body.refused):
            try:
                size = parse_unverified_checkpoint(note.encode()).size
                found.append(open_checkpoint(note.encode(), other.key_at(size), other.origin))
            except Fault:
                # Evidence that is none proves nothing against anybody; it stays what it is.
                continue
        roots = {head.size: head.root for head in found}
        if len(found) == 2 and len(roots) == 1 and found[0].root != found[1].root:
            refuse(
                _STEP,
                f"{other.what} range 0 to {found[0].size - 1}",
                f"forked: two signed roots for size {found[0].size}, by entry {index} of "
                f"{log.origin}",
                "one history",
                "keep the pack: both heads carry the log's own signature",
                log=other.origin,
                index=0,
                last=max(found[0].size - 1, 0),
                verdict=FORKED,
            )
        for head in found:
            if head.size <= other.newest.size and other.root_at(head.size) != head.root:
                _refuse_fork(other, head, 0)
