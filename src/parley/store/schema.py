"""The tables of a store, and how a file of an earlier release becomes one of this.

A file is never read by guess: its version says which tables it has; an older one is brought up in
one transaction, a newer one is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from parley.store.database import Database, Value, as_int
from parley.world.faults import OurFault

SCHEMA_VERSION = 3
INDEX_BITS = 40
"""A row id is log << 40 | index: entries of one log lie together, and rows need no second index."""
INDEX_MASK = (1 << INDEX_BITS) - 1

_VERSION_1 = """
CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
CREATE TABLE logs (log INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE entries (id INTEGER PRIMARY KEY, leaf BLOB NOT NULL, data BLOB NOT NULL) STRICT;
CREATE TABLE checkpoints (
  log INTEGER NOT NULL, size INTEGER NOT NULL, note BLOB NOT NULL, PRIMARY KEY (log, size)
) STRICT, WITHOUT ROWID;
CREATE TABLE cosignatures (
  log INTEGER NOT NULL, size INTEGER NOT NULL, cosigner TEXT NOT NULL, line BLOB NOT NULL,
  PRIMARY KEY (log, size, cosigner)
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE blobs (digest TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE refused (
  number INTEGER PRIMARY KEY, origin TEXT NOT NULL, note BLOB NOT NULL, why TEXT NOT NULL
) STRICT;
INSERT INTO schema_version VALUES (1)
"""

# Openings stand apart from their entries, so that destroying one leaves the log untouched. What is
# staged or witnessed is under its origin: no log is begun by it. What nothing else in the file can
# be compared with carries a sum over its row. The tally is written with every change: a file of one
# moment beside a write-ahead log of another does not agree with it.
_TO_VERSION_2 = """
CREATE TABLE openings (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE entry_receipts (
  id INTEGER NOT NULL, peer TEXT NOT NULL, data BLOB NOT NULL, sum INTEGER NOT NULL,
  PRIMARY KEY (id, peer)
) STRICT, WITHOUT ROWID;
CREATE TABLE staged (
  origin TEXT NOT NULL, position INTEGER NOT NULL, data BLOB NOT NULL, opening BLOB,
  sum INTEGER NOT NULL, PRIMARY KEY (origin, position)
) STRICT;
CREATE TABLE staged_heads (
  origin TEXT PRIMARY KEY, note BLOB NOT NULL, sum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE witnessed (
  origin TEXT NOT NULL, size INTEGER NOT NULL, note BLOB NOT NULL, sum INTEGER NOT NULL,
  PRIMARY KEY (origin, size)
) STRICT, WITHOUT ROWID;
ALTER TABLE checkpoints ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cosignatures ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE refused ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
CREATE TABLE tally (
  name TEXT PRIMARY KEY, count INTEGER NOT NULL, total INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refused_of_origin ON refused (origin);
UPDATE schema_version SET version = 2
"""
# What came ahead of its log, with the head and the proof that it was believed by.
_TO_VERSION_3 = """
CREATE TABLE ahead (
  origin TEXT NOT NULL, position INTEGER NOT NULL, data BLOB NOT NULL, opening BLOB,
  note BLOB NOT NULL, proof BLOB NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (origin, position)
) STRICT;
UPDATE schema_version SET version = 3
"""
_STEPS = (_VERSION_1, _TO_VERSION_2, _TO_VERSION_3)
SUM_MASK = (1 << 62) - 1
"""Sums are against decay, not against people: who can write the file can write its sums. Two of
them added fit SQLite's integers."""
SUMMED = {
    "checkpoints": "SELECT log, size, note, sum FROM checkpoints",
    "cosignatures": "SELECT log, size, cosigner, line, sum FROM cosignatures",
    "meta": "SELECT key, value, sum FROM meta",
    "refused": "SELECT number, origin, note, why, sum FROM refused",
    "entry_receipts": "SELECT id, peer, data, sum FROM entry_receipts",
    "staged": "SELECT origin, position, data, opening, sum FROM staged",
    "staged_heads": "SELECT origin, note, sum FROM staged_heads",
    "witnessed": "SELECT origin, size, note, sum FROM witnessed",
    "ahead": "SELECT origin, position, data, opening, note, proof, sum FROM ahead",
}
"""The tables whose rows carry a sum, each with the query that gives the row and then its sum."""
_FILL = {
    "checkpoints": "UPDATE checkpoints SET sum = ?3 WHERE log = ?1 AND size = ?2",
    "cosignatures": "UPDATE cosignatures SET sum = ?4"
    " WHERE log = ?1 AND size = ?2 AND cosigner = ?3",
    "meta": "UPDATE meta SET sum = ?2 WHERE key = ?1",
    "refused": "UPDATE refused SET sum = ?2 WHERE number = ?1",
}
_KEYS = {"checkpoints": 2, "cosignatures": 3, "meta": 1, "refused": 1}


_TALLIED = {
    **dict.fromkeys(SUMMED, "{row}.sum"),
    "openings": "{row}.id % 1000000007",
    "blobs": "{row}.rowid",
    "logs": "{row}.log",
}
"""The tables that are tallied, each with what is added up. Entries need none: heads cover them."""
TALLIES = {
    **{name: f"SELECT {query[query.index('sum FROM') :]}" for name, query in SUMMED.items()},
    "openings": "SELECT id % 1000000007 FROM openings",
    "blobs": "SELECT rowid FROM blobs",
    "logs": "SELECT log FROM logs",
}
"""For each tallied table the query that gives what is added up."""
_ON_CHANGE = {
    "INSERT": "count = count + 1, total = (total + {new}) & {mask}",
    "DELETE": "count = count - 1, total = (total - {old}) & {mask}",
    "UPDATE": "total = (total - {old} + {new}) & {mask}",
}


def sum_of(values: Sequence[Value]) -> int:
    """Return the sum over a row: a truncated SHA-256 over its values, each with kind and length."""
    made = hashlib.sha256()
    for value in values:
        data = value if isinstance(value, bytes) else str(value).encode()
        made.update(b"%s %d " % (type(value).__name__.encode(), len(data)) + data)
    return int.from_bytes(made.digest()[:8], "big") & SUM_MASK


def with_sum(*values: Value) -> tuple[Value, ...]:
    """Return a row with its sum behind it."""
    return (*values, sum_of(values))


def prepare(database: Database) -> None:
    """Make the tables of this release, in a new file or in one of an earlier release.

    Raises:
        OurFault: the file is not ours, or of a later release.
    """
    with database.transaction():
        version = _version(database)
        for step in _STEPS[version:]:
            for statement in step.split(";"):
                database.connection.execute(statement)
        if version < 2:
            _fill_sums(database)
        if version < SCHEMA_VERSION:
            _begin_tally(database)


def _begin_tally(database: Database) -> None:
    """Count what is there, and let SQLite count every change from now on."""
    begun = {str(name) for (name,) in database.rows("SELECT name FROM tally")}
    for name, expression in _TALLIED.items():
        if name in begun:
            continue
        row = (name, *tally_of(database, name))
        database.connection.execute("INSERT INTO tally VALUES (?, ?, ?)", row)
        new, old = expression.format(row="new"), expression.format(row="old")
        for event, change in _ON_CHANGE.items():
            changed = change.format(new=new, old=old, mask=SUM_MASK)
            change = f"UPDATE tally SET {changed} WHERE name = '{name}'"  # noqa: S608 - our names
            database.connection.execute(
                f"CREATE TRIGGER {name}_{event.lower()} AFTER {event} ON {name} BEGIN {change}; END"
            )


def tally_of(database: Database, name: str) -> tuple[int, int]:
    """Return how many rows a table has and what they add up to."""
    count = total = 0
    with database.each(TALLIES[name]) as rows:
        for (value,) in rows:
            count += 1
            total += as_int(value)
    return count, total & SUM_MASK


def _fill_sums(database: Database) -> None:
    """Give the rows of a file of version 1 their sums."""
    for table, statement in _FILL.items():
        rows = database.rows(SUMMED[table])
        database.connection.executemany(
            statement, [(*row[: _KEYS[table]], sum_of(row[:-1])) for row in rows]
        )


def _version(database: Database) -> int:
    """Return the version of the tables in the file, 0 for an empty one."""
    known = {row[0] for row in database.rows("SELECT name FROM sqlite_schema")}
    if not known:
        return 0
    if "schema_version" not in known:
        raise OurFault(f"store {database.path}", wanted="a file that parley made")
    ((version,),) = database.rows("SELECT max(version) FROM schema_version")
    if not isinstance(version, int) or not 1 <= version <= SCHEMA_VERSION:
        raise OurFault(
            f"store {database.path} schema",
            value=version,
            wanted=f"1 to {SCHEMA_VERSION}",
            repair="open it with the release that wrote it",
        )
    return version


def first_row(log: int) -> int:
    """Return the row id of entry 0 of a log."""
    return log << INDEX_BITS


def last_row(log: int) -> int:
    """Return the highest row id that an entry of a log can have."""
    return (log << INDEX_BITS) | INDEX_MASK
