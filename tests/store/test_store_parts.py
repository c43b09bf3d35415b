"""What stands beside the entries: openings, uploads half come, receipts, heads, copies."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import stat
import threading

import msgspec
import pytest

from parley.store.sqlite import Overtaken, Store
from parley.trust.checkpoint import Checkpoint, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.seal import commitment, make_opening
from parley.trust.tree import Tree, leaf_hashes, root_of
from parley.world.faults import InputFault, OurFault
from parley.world.limits import BATCH_ENTRIES_MAX

KEY = SigningKey(b"\x01" * 32, name="parley/A/B/log", role="log")
LINE, OPS = "parley.example/A/B/line/2026", "parley.example/A/B/ops/2026"

VERSION_1 = """
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
INSERT INTO schema_version VALUES (1);
"""
"""The tables as the first release made them: files of it must stay readable."""


def note(origin, entries, key=KEY):
    head = Checkpoint(origin=origin, size=len(entries), root=root_of(leaf_hashes(entries)))
    return sign_checkpoint(key, head)


def opening_of(number, size=8):
    return make_opening(bytes([number % 251]) * 32, (b"%03d," % number) * size)


def sealed(number, size=8):
    commit = commitment(opening_of(number, size))
    return json.dumps({"v": 2, "seq": number, "commit": commit}).encode()


def plain(number):
    return b'{"v":2,"seq":%d,"body":{}}' % number


def fill(store, origin=LINE, batches=((0, 2), (2, 5))):
    """Append sealed entries in batches from index to index; return all of them."""
    entries = []
    for first, end in batches:
        entries += [sealed(n) for n in range(first, end)]
        openings = {n: opening_of(n) for n in range(first, end)}
        store.append(origin, first, entries[first:], note(origin, entries), openings)
    return entries


@pytest.fixture
def path(tmp_path):
    return tmp_path / "node.db"


@pytest.fixture
def store(path):
    with Store(path) as one:
        yield one


@contextlib.contextmanager
def undone(store):
    """Write together, then fail: nothing of it may remain."""
    with contextlib.suppress(ZeroDivisionError), store.together():
        yield
        raise ZeroDivisionError


def files_of(path):
    return b"".join(one.read_bytes() for one in path.parent.iterdir() if one.is_file())


# --- a file of the first release --------------------------------------------------------------


def old_file(path, entries):
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript(VERSION_1)
        db.execute("INSERT INTO logs VALUES (1, ?)", (LINE,))
        rows = [((1 << 40) + n, leaf, data) for n, (leaf, data) in enumerate(entries)]
        db.executemany("INSERT INTO entries VALUES (?, ?, ?)", rows)
        head = note(LINE, [data for _, data in entries])
        db.execute("INSERT INTO checkpoints VALUES (1, ?, ?)", (len(entries), head))
        db.execute("INSERT INTO refused VALUES (1, ?, ?, ?)", (OPS, b"a head", "two roots"))
    db.close()


def tables(path):
    with sqlite3.connect(path) as db:
        found = {row[0] for row in db.execute("SELECT name FROM sqlite_schema")}
        version = db.execute("SELECT version FROM schema_version").fetchall()
    db.close()
    return found, version


def test_a_file_of_the_first_release_is_brought_up_and_keeps_all(path):
    entries = [plain(n) for n in range(3)]
    old_file(path, list(zip(leaf_hashes(entries), entries, strict=True)))
    for _ in range(2):
        with Store(path) as store:
            assert store.fsck() == {LINE: 3}
            assert store.entries(LINE, 0, 9) == entries
            assert store.refused_count(OPS) == 1
            assert store.staged(LINE) is None
    new = path.with_name("new.db")
    Store(new).close()
    assert tables(path) == tables(new)
    assert tables(path)[1] == [(3,)]
    with Store(path) as store:
        more = [*entries, sealed(3)]
        store.append(LINE, 3, more[3:], note(LINE, more), {3: opening_of(3)})
        assert store.openings(LINE, 0, 9) == {3: opening_of(3)}


def test_an_upgrade_that_fails_halfway_leaves_the_old_file(path):
    old_file(path, [])
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE witnessed (x)")
    db.close()
    before = tables(path)
    with pytest.raises(OurFault, match="witnessed already exists"):
        Store(path)
    assert tables(path) == before
    assert before[1] == [(1,)]


# --- together ---------------------------------------------------------------------------------


def traced(store):
    said = []
    store._db.connection.set_trace_callback(said.append)
    return said


def test_several_writes_together_are_one_durable_commit(store):
    said = traced(store)
    with store.together():
        entries = fill(store)
        store.put_entry_receipt(LINE, 4, "C", b"receipt")
        with store.together():
            store.put_cosignature(LINE, 5, "parley/C/mirror", b"line")
            store.put_meta("a", "b")
        assert store.size(LINE) == 5
        store.append(OPS, 0, [plain(0)], note(OPS, [plain(0)]))
    assert said.count("COMMIT") == 1
    assert sum(one.startswith("BEGIN") for one in said) == 1
    assert store.fsck() == {LINE: 5, OPS: 1}
    assert store.entries(LINE, 0, 9) == entries
    said.clear()
    store.append(OPS, 1, [plain(1)], note(OPS, [plain(0), plain(1)]))
    assert said.count("COMMIT") == 1


def test_what_fails_together_is_undone_together_sizes_too(store):
    entries = fill(store)
    with undone(store):
        more = [*entries, plain(5)]
        store.append(LINE, 5, more[5:], note(LINE, more))
        store.append(OPS, 0, [plain(0)], note(OPS, [plain(0)]))
        store.put_meta("a", "b")
        assert store.origins() == [LINE, OPS]
    assert store.origins() == [LINE]
    assert store.size(LINE) == 5
    assert store.size(OPS) == 0
    assert store.meta("a") is None
    assert store.fsck() == {LINE: 5}
    store.append(OPS, 0, [plain(0)], note(OPS, [plain(0)]))
    assert store.fsck() == {LINE: 5, OPS: 1}


def test_a_part_that_fails_is_undone_alone_when_the_rest_goes_on(store):
    with store.together():
        store.put_meta("first", "1")
        with undone(store):
            store.append(OPS, 0, [plain(0)], note(OPS, [plain(0)]))
        with pytest.raises(OurFault, match="index 0"):
            store.append(OPS, 1, [plain(0)], note(OPS, [plain(0)]))
        assert store.origins() == []
        store.append(LINE, 0, [plain(0)], note(LINE, [plain(0)]))
    assert store.meta("first") == "1"
    assert store.fsck() == {LINE: 1}


def test_nobody_reads_what_may_still_be_undone(store):
    seen = []
    started = threading.Event()

    def read():
        started.set()
        seen.append((store.size(LINE), store.origins(), store.entries(LINE, 0, 9)))

    reader = threading.Thread(target=read)
    with undone(store):
        fill(store)
        reader.start()
        started.wait()
        reader.join(timeout=0.05)
    reader.join()
    assert seen == [(0, [], [])]


# --- heads ------------------------------------------------------------------------------------


def test_the_head_before_and_after_any_size_is_found_without_a_scan(store):
    fill(store, batches=((0, 2), (2, 5), (5, 9)))
    fill(store, OPS, batches=((0, 1),))
    sizes = store.checkpoint_sizes(LINE)
    assert sizes == [2, 5, 9]
    for size in range(11):
        after = next((one for one in sizes if one >= size), None)
        before = next((one for one in reversed(sizes) if one <= size), None)
        for wanted, found in (
            (after, store.head_at_or_after(LINE, size)),
            (before, store.head_at_or_before(LINE, size)),
        ):
            assert found == (wanted and (wanted, store.checkpoint_at(LINE, wanted)))
    assert store.head_at_or_after("other", 0) is None
    assert store.head_at_or_before("other", 9) is None
    said = traced(store)
    store.head_at_or_after(LINE, 3)
    store.head_at_or_before(LINE, 3)
    for statement in said[:]:
        (plan,) = store._db.rows(f"EXPLAIN QUERY PLAN {statement}")
        assert "SEARCH checkpoints USING PRIMARY KEY" in plan[3]


# --- openings ---------------------------------------------------------------------------------


def test_openings_are_kept_beside_the_entries_that_have_them(path):
    with Store(path) as store:
        entries = [sealed(0), plain(1), sealed(2)]
        openings = {0: opening_of(0), 2: opening_of(2)}
        store.append(LINE, 0, entries, note(LINE, entries), openings)
        fill(store, OPS)
    with Store(path) as store:
        assert store.openings(LINE, 0, 3) == openings
        assert store.openings(LINE, 1, 99) == {2: opening_of(2)}
        assert store.openings(LINE, 1, 2) == store.openings("other", 0, 9) == {}


@pytest.mark.parametrize(
    ("index", "opening", "said"),
    [
        (0, b"x" * 40, "opening 0 .*commitment"),
        (0, b"x", "opening 0 .*salt"),
        (1, opening_of(1), "opening 1 .*not sealed"),
        (2, opening_of(2), "opening 2 .*strict JSON"),
        (3, opening_of(3), "opening 3 .*twice"),
        (4, opening_of(4), "opening 4 .*twice"),
        (5, opening_of(5), "opening 5 .*a text"),
        (6, opening_of(0), "opening 6 is of no entry"),
        (-1, opening_of(0), "opening -1 is of no entry"),
    ],
)
def test_an_opening_that_does_not_open_its_entry_is_never_kept(store, index, opening, said):
    twice = b'{"commit":"%b","commit":"%b"}' % (b"00" * 32, commitment(opening_of(3)).encode())
    spelt = b'{"\\u0063ommit":"00","commit":"%b"}' % commitment(opening_of(4)).encode()
    number = b'{"commit":7}'
    entries = [sealed(0), plain(1), b'{"commit":', twice, spelt, number]
    with pytest.raises(OurFault, match=said):
        store.append(LINE, 0, entries, note(LINE, entries), {index: opening})
    assert store.size(LINE) == 0
    with pytest.raises(OurFault, match=said):
        store.stage(LINE, 0, entries, {index: opening}, note(LINE, entries))
    assert store.staged(LINE) is None
    store.append(LINE, 0, entries, note(LINE, entries), {0: opening_of(0)})
    assert store.fsck() == {LINE: 6}


def test_a_commitment_is_read_however_its_key_is_spelt(store):
    spelt = b'{"\\u0063ommit":"%b"}' % commitment(opening_of(0)).encode()
    inside = b'{"commit":"%b","ref":{"commit":1}}' % commitment(opening_of(1)).encode()
    entries = [spelt, inside]
    store.append(LINE, 0, entries, note(LINE, entries), {0: opening_of(0), 1: opening_of(1)})
    assert store.fsck() == {LINE: 2}


@pytest.mark.parametrize("size", [20, 1_000, 12_000])
def test_a_destroyed_opening_is_in_no_file_of_the_store(path, size):
    secret = opening_of(1, size)
    with Store(path) as store:
        entries = [sealed(n, size) for n in range(3)]
        openings = {n: opening_of(n, size) for n in range(3)}
        store.stage(LINE, 0, entries, openings, note(LINE, entries))
        store.append(LINE, 0, entries, note(LINE, entries), openings)
        assert secret[:40] in files_of(path)
        assert store.drop_opening(LINE, 1)
        assert not store.remnants
        left = files_of(path)
        assert not any(secret[at : at + 16] in left for at in (0, 32, len(secret) // 2))
        assert not store.drop_opening(LINE, 1)
        assert not store.drop_opening(LINE, 7)
        assert not store.drop_opening("other", 0)
        assert store.openings(LINE, 0, 9) == {n: openings[n] for n in (0, 2)}
        assert store.entries(LINE, 0, 9) == entries
        assert store.fsck() == {LINE: 3}
        with store.together():
            store.drop_opening(LINE, 0)
            store.put_meta("why", "expired")
        assert openings[0][:40] not in files_of(path)
    with Store(path) as store:
        assert list(store.openings(LINE, 0, 9)) == [2]


def test_an_opening_is_not_destroyed_when_the_whole_is_undone(store):
    fill(store)
    with undone(store):
        assert store.drop_opening(LINE, 1)
    assert store.openings(LINE, 1, 2) == {1: opening_of(1)}


# --- uploads ----------------------------------------------------------------------------------


def test_an_upload_that_broke_off_goes_on_where_it_was(path):
    entries = [sealed(n) for n in range(7)]
    openings = {n: opening_of(n) for n in range(7)}
    whole = note(LINE, entries)
    with Store(path) as store:
        store.append(LINE, 0, entries[:2], note(LINE, entries[:2]), {1: openings[1]})
        store.stage(LINE, 2, entries[2:4], {3: openings[3]}, whole)
        store.stage(OPS, 0, [plain(0)], {}, note(OPS, [plain(0)]))
    with Store(path) as store:
        assert store.origins() == [LINE]
        found = store.staged(LINE)
        assert (found.first_index, found.entries) == (2, tuple(entries[2:4]))
        assert (found.openings, found.checkpoint) == ({3: openings[3]}, whole)
        store.stage(LINE, 4, entries[4:6], {}, whole)
        store.stage(LINE, 5, entries[5:6], {5: openings[5]}, whole)
        found = store.staged(LINE)
        assert (found.entries, sorted(found.openings)) == (tuple(entries[2:6]), [3, 5])
        assert store.drop_opening(LINE, 3)
        assert sorted(store.staged(LINE).openings) == [5]
        assert store.fsck() == {LINE: 2}
        store.append(LINE, 2, entries[2:4], note(LINE, entries[:4]))
        found = store.staged(LINE)
        assert (found.first_index, found.entries) == (4, tuple(entries[4:6]))
        store.append(LINE, 4, entries[4:], whole)
        assert store.staged(LINE) is None
        assert store.staged(OPS).entries == (plain(0),)
        store.append(OPS, 0, [], note(OPS, []))
        assert store.staged(OPS).entries == (plain(0),)


def test_what_cannot_become_a_batch_is_not_staged(store):
    entries = [plain(n) for n in range(BATCH_ENTRIES_MAX + 4)]
    store.append(LINE, 0, entries[:2], note(LINE, entries[:2]))
    store.stage(LINE, 2, entries[2:5], {}, note(LINE, entries))
    kept = store.staged(LINE)
    many = BATCH_ENTRIES_MAX
    for said, call in [
        ("2 to 5", (1, entries[1:3], {}, note(LINE, entries))),
        ("2 to 5", (6, entries[6:7], {}, note(LINE, entries))),
        (f"is {many + 1} entries", (2, entries[2 : many + 3], {}, note(LINE, entries))),
        (f"is {many + 1} entries", (5, entries[5 : many + 3], {}, note(LINE, entries))),
        ("at 6 or beyond", (5, entries[5:6], {}, note(LINE, entries[:5]))),
        (f"checkpoint of {OPS}", (5, entries[5:6], {}, note(OPS, entries))),
        ("signed checkpoint", (5, entries[5:6], {}, b"no note")),
    ]:
        with pytest.raises(OurFault, match=said):
            store.stage(LINE, *call)
    assert store.staged(LINE) == kept
    store.stage(LINE, 5, entries[5 : many + 2], {}, note(LINE, entries))
    assert len(store.staged(LINE).entries) == many


# --- what came ahead of its log ---------------------------------------------------------------


def overtaken(entries, index):
    """Return a sealed entry beyond these, as it came ahead of its log under a head over it."""
    whole = [*entries, *(sealed(n) for n in range(len(entries), index + 2))]
    tree = Tree(leaf_hashes(whole))
    return Overtaken(
        index=index,
        data=whole[index],
        opening=opening_of(index),
        checkpoint=note(LINE, whole),
        proof=b"".join(tree.inclusion_proof(index, len(whole))),
    )


def test_what_came_ahead_is_kept_until_its_log_has_it(path):
    with Store(path) as store:
        entries = fill(store)
        first, second = overtaken(entries, 6), overtaken(entries, 8)
        store.put_ahead(LINE, first)
        store.put_ahead(LINE, second)
        store.put_ahead(LINE, first)
    with Store(path) as store:
        assert store.ahead_origins() == [LINE]
        assert store.ahead(LINE) == [first, second]
        assert store.size(LINE) == 5
        more = [*entries, *(sealed(n) for n in range(5, 8))]
        with undone(store):
            store.append(LINE, 5, more[5:], note(LINE, more))
        assert store.ahead(LINE) == [first, second]
        store.append(LINE, 5, more[5:], note(LINE, more))
        assert store.ahead(LINE) == [second]
        assert store.fsck() == {LINE: 8}


def test_an_opening_of_what_came_ahead_can_be_destroyed(path, store):
    entry = overtaken(fill(store), 6)
    store.put_ahead(LINE, entry)
    secret = opening_of(6)
    assert store.drop_opening(LINE, 6)
    assert not store.drop_opening(LINE, 6)
    assert store.ahead(LINE) == [msgspec.structs.replace(entry, opening=None)]
    assert not store.remnants
    assert secret not in files_of(path)
    assert store.fsck() == {LINE: 5}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"index": 4}, "beyond 5"),
        ({"index": 9}, "one over it"),
        ({"checkpoint": b"no head"}, "a signed checkpoint"),
        ({"opening": opening_of(3)}, "commits to"),
    ],
)
def test_nothing_is_kept_ahead_that_the_check_would_refuse(store, changes, said):
    entry = msgspec.structs.replace(overtaken(fill(store), 6), **changes)
    with pytest.raises(OurFault, match=said):
        store.put_ahead(LINE, entry)
    assert store.ahead(LINE) == []


def test_a_file_of_the_second_release_is_brought_up(path):
    with Store(path) as store:
        fill(store)
    with sqlite3.connect(path) as db:
        for event in ("insert", "delete", "update"):
            db.execute(f"DROP TRIGGER ahead_{event}")
        db.execute("DROP TABLE ahead")
        db.execute("DELETE FROM tally WHERE name = 'ahead'")
        db.execute("UPDATE schema_version SET version = 2")
    db.close()
    for _ in range(2):
        with Store(path) as store:
            assert store.fsck() == {LINE: 5}
            store.put_ahead(LINE, overtaken([sealed(n) for n in range(5)], 6))
            assert len(store.ahead(LINE)) == 1


# --- receipts, witnessed heads, refused heads -------------------------------------------------


def test_receipts_of_entries_are_kept_the_first_of_each_peer(path):
    with Store(path) as store:
        fill(store)
        fill(store, OPS)
        store.put_entry_receipt(LINE, 1, "C", b"first")
        store.put_entry_receipt(LINE, 1, "C", b"second")
        store.put_entry_receipt(LINE, 1, "D", b"other")
        store.put_entry_receipt(LINE, 4, "C", b"last")
        for index in (5, -1):
            with pytest.raises(OurFault, match="one of 5 entries"):
                store.put_entry_receipt(LINE, index, "C", b"x")
    with Store(path) as store:
        found = [(r.index, r.peer, r.data) for r in store.entry_receipts(LINE, 0, 9)]
        assert found == [(1, "C", b"first"), (1, "D", b"other"), (4, "C", b"last")]
        assert [r.index for r in store.entry_receipts(LINE, 2, 5)] == [4]
        assert store.entry_receipts(OPS, 0, 9) == []


def test_witnessed_heads_only_grow(path):
    private = "parley.example/A/C/private/2026"
    entries = [plain(n) for n in range(4)]
    with Store(path) as store:
        assert store.witnessed(private) is None
        for size in (1, 3):
            store.put_witnessed(private, size, note(private, entries[:size]))
        store.put_witnessed(private, 3, note(private, entries[:3]) + b"")
        other = [*entries[:2], plain(9)]
        for said, call in [
            ("beyond 3", (2, note(private, entries[:2]))),
            ("beyond 3", (3, note(private, other))),
            ("one at 4", (4, note(private, entries[:3]))),
            (f"of {OPS}", (4, note(OPS, entries))),
            ("signed checkpoint", (4, b"no note")),
        ]:
            with pytest.raises(OurFault, match=said):
                store.put_witnessed(private, *call)
    with Store(path) as store:
        assert store.witnessed(private) == note(private, entries[:3])
        assert store.witnessed_origins() == [private]
        assert store.origins() == []


def test_refused_heads_are_counted_by_log(store):
    for number in range(3):
        store.put_refused(LINE, b"%d" % number, "two roots")
    store.put_refused(OPS, b"x", "two roots")
    assert (store.refused_count(LINE), store.refused_count(OPS)) == (3, 1)
    assert store.refused_count("other") == 0


# --- the check --------------------------------------------------------------------------------


ROW = (1 << 40) + 3
STRAY = b"x" * 40


@pytest.mark.parametrize(
    ("statement", "values", "said"),
    [
        ("UPDATE openings SET data = ? WHERE id = ?", (STRAY, ROW), "opening of entry 3 .*commitm"),
        ("UPDATE openings SET id = ? WHERE id = ?", (ROW + 9, ROW), "opening of entry 12 is with"),
        ("INSERT INTO openings VALUES (?, ?)", (-5, STRAY), "log number -1 opening of entry"),
        ("INSERT INTO openings VALUES (?, ?)", (9 << 40, STRAY), "log number 9 opening of entry 0"),
        ("INSERT INTO entries VALUES (?, ?, ?)", (9 << 40, b"", b""), "log number 9 entry 0 is"),
        (
            "INSERT INTO entry_receipts VALUES (?, ?, ?, 0)",
            (ROW + 2, "C", b"r"),
            f"log {LINE} receipt for entry 5 is without its entry",
        ),
        (
            "INSERT INTO cosignatures VALUES (1, ?, ?, ?, 0)",
            (3, "C", b"r"),
            "cosignature of log number 1 at 3 is without its log or head",
        ),
        (
            "INSERT INTO checkpoints VALUES (7, ?, ?, 0)",
            (3, b"r"),
            "checkpoint of log number 7 at 3 is without its log",
        ),
        ("DELETE FROM logs WHERE origin = ?", (LINE,), "log number 1 entry 0 is without"),
        ("DELETE FROM staged WHERE position = ?", (5,), f"staged for {LINE} entry 6"),
        ("DELETE FROM staged_heads WHERE origin = ?", (LINE,), f"staged for {LINE} entry 5"),
        ("UPDATE staged SET opening = ? WHERE position = ?", (STRAY, 6), "entry 6 opening"),
        ("UPDATE staged_heads SET note = ?", (note(OPS, [plain(0)]),), f"staged for {LINE} is a"),
        ("UPDATE witnessed SET size = ?", (5,), "witnessed head of private at 5"),
        ("UPDATE witnessed SET note = ?", (b"x",), "witnessed head of private at 1"),
        ("UPDATE ahead SET position = ?", (8,), f"ahead of {LINE} entry 8 is not under its head"),
        ("UPDATE ahead SET position = ?", (4,), f"ahead of {LINE} entry 4 is a head"),
        ("UPDATE ahead SET proof = ?", (b"x" * 64,), "ahead of .* entry 7 is not under its head"),
        ("UPDATE ahead SET opening = ?", (STRAY,), f"ahead of {LINE} entry 7 opening"),
        ("UPDATE meta SET value = ?", ("D",), "meta row party D is changed"),
        ("UPDATE refused SET why = ?", ("",), "refused row 1 .* is changed"),
        ("UPDATE entry_receipts SET peer = ?", ("D",), "entry_receipts row .* D is changed"),
        ("UPDATE cosignatures SET line = ?", (b"x",), "cosignatures row 1 2 is changed"),
        ("UPDATE checkpoints SET sum = ?", (5,), "checkpoints row 1 2 is changed"),
        ("UPDATE tally SET total = total + 1 WHERE name = ?", ("openings",), "table openings is 5"),
        ("UPDATE blobs SET data = ?", (b"x",), "blob [0-9a-f]{64} is changed"),
    ],
)
def test_whatever_can_be_made_again_is_compared(path, statement, values, said):
    with Store(path) as store:
        entries = fill(store)
        more = [*entries, plain(5), sealed(6)]
        store.stage(LINE, 5, more[5:], {6: opening_of(6)}, note(LINE, more))
        store.put_ahead(LINE, overtaken(more, 7))
        store.put_witnessed("private", 1, note("private", [plain(0)]))
        store.put_blob(b"recording")
        store.put_meta("party", "C")
        store.put_refused(OPS, b"x", "two roots")
        store.put_entry_receipt(LINE, 1, "C", b"r")
        store.put_cosignature(LINE, 2, "C", b"line")
        assert store.fsck() == {LINE: 5}
    with sqlite3.connect(path) as db:
        assert db.execute(statement, values).rowcount > 0
    db.close()
    with pytest.raises(OurFault, match=said) as caught:
        Store(path)
    assert str(path) in str(caught.value)
    # The file is given back although the check broke off in the middle.
    Store(path, check=False).close()


# --- copies -----------------------------------------------------------------------------------


def test_a_copy_holds_all_and_opens_as_a_store(path, store):
    entries = fill(store)
    store.put_meta("party", "B")
    copy = path.with_name("copy.db")
    store.backup_to(copy)
    assert sorted(one.name for one in path.parent.iterdir() if "copy" in one.name) == ["copy.db"]
    assert stat.S_IMODE(copy.stat().st_mode) == stat.S_IMODE(path.stat().st_mode) == 0o600
    before = copy.read_bytes()
    with pytest.raises(InputFault, match="a new file"):
        store.backup_to(copy)
    with pytest.raises(OurFault, match="No such file"):
        store.backup_to(path.parent / "no folder" / "copy.db")
    store.append(OPS, 0, [plain(0)], note(OPS, [plain(0)]))
    assert copy.read_bytes() == before
    with Store(copy) as kept:
        assert kept.fsck() == {LINE: 5}
        assert kept.entries(LINE, 0, 9) == entries
        assert kept.openings(LINE, 0, 9) == store.openings(LINE, 0, 9)
        assert kept.meta("party") == "B"


def test_a_damaged_store_gives_no_copy(path):
    with Store(path) as store:
        fill(store)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entries SET data = x'00' WHERE id = ?", (ROW,))
    db.close()
    copy = path.with_name("copy.db")
    with Store(path, check=False) as store, pytest.raises(OurFault, match="entry 3 is changed"):
        store.backup_to(copy)
    assert not [one for one in path.parent.iterdir() if "copy" in one.name]


def test_appends_go_on_while_a_copy_is_made(path, store):
    tree = Tree()
    entries = []

    def append(count):
        for _ in range(count):
            data = plain(len(entries)) + b" " * 2_000
            entries.append(data)
            tree.append(data)
            head = Checkpoint(origin=LINE, size=tree.size, root=tree.root())
            store.append(LINE, tree.size - 1, [data], sign_checkpoint(KEY, head))

    append(300)
    copying = threading.Thread(target=store.backup_to, args=(path.with_name("copy.db"),))
    copying.start()
    append(60)
    copying.join()
    with Store(path.with_name("copy.db")) as kept:
        assert 300 <= kept.size(LINE) <= 360
        assert kept.entries(LINE, 0, 999) == entries[: kept.size(LINE)]
    assert store.fsck() == {LINE: 360}
