"""The check of a store against itself: all that can be made again is made again and compared.

The first damage found is named by log and entry. Reads row by row: memory does not grow with the
logs. What a whole older copy of the file says is sound by these checks; that it is older, only the
mirrors and the start counter of `app` can say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager

import msgspec

from parley.store.database import REPAIR, Database, Row, Value, as_bytes, as_int
from parley.store.schema import (
    INDEX_BITS,
    INDEX_MASK,
    SUMMED,
    TALLIES,
    first_row,
    last_row,
    sum_of,
    tally_of,
)
from parley.trust.bytes import read_entry_object, sha256_hex
from parley.trust.checkpoint import Checkpoint, parse_unverified_checkpoint
from parley.trust.frontier import Frontier
from parley.trust.seal import verify_commitment
from parley.trust.tree import leaf_hash, verify_inclusion
from parley.world.faults import InputFault, OurFault, PeerFault

_COMMIT_KEY = "commit"
_ROW_MAX = 2**63 - 1


class _Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """The one common field read here; others are passed over."""

    commit: str = ""


_READ = msgspec.json.Decoder(_Sealed)


def open_head(what: str, note: bytes) -> Checkpoint:
    """Return the checkpoint of a note that the caller verified before.

    Raises:
        OurFault: it is none.
    """
    try:
        return parse_unverified_checkpoint(note)
    except PeerFault as fault:
        raise OurFault(what, value=str(fault), wanted="a signed checkpoint") from fault


def commitment_in(entry: bytes) -> str:
    """Return the commitment in the common fields of an entry, "" where it has none.

    >>> commitment_in(b'{"type":"message.said","commit":"00ff"}')
    '00ff'

    Raises:
        InputFault: the entry is not one strict JSON object, or its commitment is no text.
    """
    # One plain mention can be read quickly; where a key may stand twice or be spelt with escapes,
    # the strict reader decides.
    if entry.count(b'"commit"') == 1 and b"\\" not in entry:
        try:
            return _READ.decode(entry).commit
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    found = read_entry_object(entry).get(_COMMIT_KEY, "")
    if not isinstance(found, str):
        raise InputFault(f"entry key {_COMMIT_KEY}", value=found, wanted="a text")
    return found


def verify_opening(what: str, entry: bytes, opening: bytes) -> None:
    """Check an opening against the commitment in its entry.

    Raises:
        OurFault: the entry is not sealed, or is sealed over something else.
    """
    try:
        commit = commitment_in(entry)
        if not commit:
            raise OurFault(what, value="of an entry that is not sealed", repair=REPAIR)
        verify_commitment(opening, commit)
    except (InputFault, PeerFault) as fault:
        raise OurFault(what, value=str(fault), wanted="what its entry commits to") from fault


def check_store(database: Database, logs: Mapping[str, int], sizes: Mapping[str, int]) -> None:
    """Check everything in the file; the caller has the turn.

    Args:
        database: the file.
        logs: the number of each log, by origin.
        sizes: the number of entries of each log, by origin.

    Raises:
        OurFault: damage, naming log and entry.
    """
    # The logs first: damaged pages are then named by the entry they hold.
    for origin in sorted(logs):
        _LogCheck(database, origin, logs[origin]).check(sizes[origin])
    _check_pointers(database, logs, sizes)
    _check_staged(database, sizes)
    _check_ahead(database, sizes)
    _check_witnessed(database)
    _check_blobs(database)
    _check_sums(database)
    _check_tally(database)
    ((damage,),) = database.rows("PRAGMA integrity_check(1)")
    if damage != "ok":
        raise _damage(database, "", damage, wanted="an undamaged file")


def _damage(database: Database, where: str, value: object, wanted: str = "") -> OurFault:
    what = f"store {database.path} {where}".rstrip()
    return OurFault(what, value=value, wanted=wanted, repair=REPAIR)


class _LogCheck:
    """One log, read once in order: entries, the heads over them, the openings beside them."""

    def __init__(self, database: Database, origin: str, log: int) -> None:
        self._database = database
        self._origin = origin
        self._log = log
        self._good_size = 0
        self._tree = Frontier()

    def check(self, size: int) -> None:
        """Check the log to its end, which is `size`."""
        try:
            self._check(size)
        except OurFault as fault:
            if not isinstance(fault.__cause__, sqlite3.Error):
                raise
            raise self._damage(f"entry {self._tree.size} or what is kept of it", fault) from fault

    def _check(self, size: int) -> None:
        of_head = "SELECT size, note FROM checkpoints WHERE log = ? ORDER BY size"
        with (
            self._database.each(of_head, (self._log,)) as heads,
            self._rows("SELECT id, data FROM openings") as openings,
            self._rows("SELECT id, leaf, data FROM entries") as entries,
        ):
            head, opening = next(heads, None), next(openings, None)
            for row_id, leaf, data in entries:
                while head is not None and as_int(head[0]) == self._tree.size:
                    self._check_head(head)
                    head = next(heads, None)
                self._check_entry(as_int(row_id), leaf, as_bytes(data))
                if opening is not None and opening[0] == row_id:
                    self._check_opening(as_bytes(data), as_bytes(opening[1]))
                    opening = next(openings, None)
            for last in (head, *heads):
                if last is not None:
                    self._check_head(last)
        if self._good_size != max(size, self._tree.size):
            raise self._damage(f"entry {self._good_size}", "under no checkpoint")

    def _rows(self, select: str) -> AbstractContextManager[Iterator[Row]]:
        return self._database.each(
            f"{select} WHERE id BETWEEN ? AND ? ORDER BY id",
            (first_row(self._log), last_row(self._log)),
        )

    def _check_opening(self, entry: bytes, opening: bytes) -> None:
        what = f"store {self._database.path} log {self._origin}"
        verify_opening(f"{what} opening of entry {self._tree.size - 1}", entry, opening)

    def _check_entry(self, row_id: int, leaf: Value, data: bytes) -> None:
        index = self._tree.size
        made = leaf_hash(data)
        if row_id & INDEX_MASK != index:
            raise self._damage(f"entry {index}", "missing")
        if leaf != made:
            raise self._damage(f"entry {index}", "changed")
        self._tree.append(made)

    def _check_head(self, row: Row) -> None:
        at = as_int(row[0])
        head = open_head(
            f"store {self._database.path} log {self._origin} checkpoint at {at}", as_bytes(row[1])
        )
        named = (head.origin, head.size) == (self._origin, at)
        if not named or at != self._tree.size or head.root != self._tree.root():
            raise self._damage(
                f"checkpoint at {at}",
                f"not the root of its entries {self._good_size} to {max(at - 1, self._good_size)}",
            )
        self._good_size = at

    def _damage(self, where: str, value: object) -> OurFault:
        return _damage(self._database, f"log {self._origin} {where}", value)


def _check_pointers(database: Database, logs: Mapping[str, int], sizes: Mapping[str, int]) -> None:
    """Check that whatever belongs to an entry or a head belongs to one that is there."""
    # Row ids between the end of one log and the beginning of the next belong to no entry.
    ends = sorted((first_row(log), first_row(log) + sizes[origin]) for origin, log in logs.items())
    lows = [-_ROW_MAX, *(end for _, end in ends)]
    highs = [*(first - 1 for first, _ in ends), _ROW_MAX]
    for name, statement in _OF_ENTRIES.items():
        for between in zip(lows, highs, strict=True):
            for (row_id,) in database.rows(statement, between):
                number, index = divmod(as_int(row_id), 1 << INDEX_BITS)
                origin = next((one for one in logs if logs[one] == number), f"number {number}")
                raise _damage(database, f"log {origin} {name} {index}", "without its entry")
    for name, statement in _OF_HEADS.items():
        for log, size in database.rows(statement):
            where = f"{name} of log number {as_int(log)} at {as_int(size)}"
            raise _damage(database, where, "without its log or head")


def _check_sums(database: Database) -> None:
    """Check what nothing else in the file can be compared with: notes, receipts, settings."""
    for table, statement in SUMMED.items():
        with database.each(statement) as rows:
            for row in rows:
                if row[-1] != sum_of(row[:-1]):
                    keys = [str(key) for key in row[:2] if not isinstance(key, bytes)]
                    raise _damage(database, f"{table} row {' '.join(keys):.80}", "changed")


def _check_tally(database: Database) -> None:
    """Check that all tables are of one moment: an older file under a newer log ahead is not."""
    rows = database.rows("SELECT name, count, total FROM tally")
    written = {str(name): (as_int(count), as_int(total)) for name, count, total in rows}
    for name in TALLIES:
        found = tally_of(database, name)
        if found != written.get(name):
            raise _damage(
                database,
                f"table {name}",
                f"{found[0]} rows of another moment than the rest of the file",
            )


_OF_ENTRIES = {
    "entry": "SELECT id FROM entries WHERE id BETWEEN ? AND ? LIMIT 1",
    "opening of entry": "SELECT id FROM openings WHERE id BETWEEN ? AND ? LIMIT 1",
    "receipt for entry": "SELECT id FROM entry_receipts WHERE id BETWEEN ? AND ? LIMIT 1",
}
_OF_HEADS = {
    "checkpoint": "SELECT log, size FROM checkpoints"
    " WHERE log NOT IN (SELECT log FROM logs) LIMIT 1",
    "cosignature": "SELECT c.log, c.size FROM cosignatures AS c"
    " LEFT JOIN checkpoints AS h ON h.log = c.log AND h.size = c.size"
    " WHERE h.log IS NULL LIMIT 1",
}


def _check_staged(database: Database, sizes: Mapping[str, int]) -> None:
    heads = database.rows("SELECT origin, note FROM staged_heads")
    covered = {str(origin): as_bytes(note) for origin, note in heads}
    expected = {origin: sizes.get(origin, 0) for origin in covered}
    of_staged = "SELECT origin, position, data, opening FROM staged ORDER BY origin, position"
    with database.each(of_staged) as rows:
        for origin, position, data, opening in rows:
            name, index = str(origin), as_int(position)
            where = f"staged for {name} entry {index}"
            if expected.get(name) != index:
                raise _damage(database, where, f"not entry {expected.get(name)}")
            if opening is not None:
                what = f"store {database.path} {where} opening"
                verify_opening(what, as_bytes(data), as_bytes(opening))
            expected[name] = index + 1
    for name, note in covered.items():
        head = open_head(f"store {database.path} staged for {name}", note)
        if head.origin != name or head.size < expected[name]:
            raise _damage(database, f"staged for {name}", f"a head of {head.origin} at {head.size}")


def _check_ahead(database: Database, sizes: Mapping[str, int]) -> None:
    of_ahead = "SELECT origin, position, data, opening, note, proof FROM ahead"
    with database.each(of_ahead) as rows:
        for named, position, data, opening, note, joined in rows:
            origin, index, proof = str(named), as_int(position), as_bytes(joined)
            where = f"ahead of {origin} entry {index}"
            what = f"store {database.path} {where}"
            head = open_head(what, as_bytes(note))
            hashes = [proof[at : at + 32] for at in range(0, len(proof), 32)]
            if head.origin != origin or index < sizes.get(origin, 0):
                raise _damage(database, where, f"a head of {head.origin} at {head.size}")
            try:
                leaf = leaf_hash(as_bytes(data))
                verify_inclusion(leaf, index, head.size, hashes, head.root)
            except PeerFault as fault:
                raise _damage(database, where, "not under its head") from fault
            if opening is not None:
                verify_opening(f"{what} opening", as_bytes(data), as_bytes(opening))


def _check_witnessed(database: Database) -> None:
    with database.each("SELECT origin, size, note FROM witnessed") as rows:
        for named, at, note in rows:
            origin, size = str(named), as_int(at)
            where = f"witnessed head of {origin} at {size}"
            head = open_head(f"store {database.path} {where}", as_bytes(note))
            if (head.origin, head.size) != (origin, size):
                raise _damage(database, where, f"one of {head.origin} at {head.size}")


def _check_blobs(database: Database) -> None:
    with database.each("SELECT digest, data FROM blobs") as rows:
        for digest, data in rows:
            if sha256_hex(as_bytes(data)) != digest:
                raise _damage(database, f"blob {digest!s}", "changed")
