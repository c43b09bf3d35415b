"""The store: durable before it answers, one writer, nothing overwritten, damage named."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.store.sqlite import Store
from parley.trust.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.tree import Tree, leaf_hash, leaf_hashes
from parley.world.faults import OurFault
from parley.world.limits import BATCH_ENTRIES_MAX, ENTRY_BYTES_MAX

KEY = SigningKey(b"\x01" * 32, name="parley/A/B/log", role="log")
LINE, OPS = "parley/A/B/line", "parley/A/B/ops"


class Writer:
    """One log as its owner writes it."""

    def __init__(self, store, origin=LINE):
        self.store, self.origin, self.tree, self.written = store, origin, Tree(), []

    def head(self):
        head = Checkpoint(origin=self.origin, size=self.tree.size, root=self.tree.root())
        return sign_checkpoint(KEY, head)

    def append(self, *entries):
        first = self.tree.size
        self.tree.extend(leaf_hashes(entries))
        self.store.append(self.origin, first, entries, self.head())
        self.written += entries


def entry(number):
    return b'{"n":%d}' % number


@pytest.fixture
def path(tmp_path):
    return tmp_path / "node.db"


def test_what_was_appended_is_read_back_after_opening_again(path):
    with Store(path) as store:
        line, ops = Writer(store), Writer(store, OPS)
        line.append(entry(0))
        ops.append(entry(100), entry(101))
        line.append(entry(1), entry(2))
        ops.append(b"\x00\xff")
    with Store(path) as store:
        assert store.origins() == [LINE, OPS]
        assert (store.size(LINE), store.size(OPS), store.size("other")) == (3, 3, 0)
        for writer in (line, ops):
            assert store.entries(writer.origin, 0, 99) == writer.written
            assert store.leaf_hashes(writer.origin, 0, 3) == leaf_hashes(writer.written)
            assert store.checkpoint(writer.origin) == writer.head()
        assert store.entries(LINE, 1, 2) == [entry(1)]
        assert store.entries(LINE, 2, 2) == store.entries(LINE, 5, 9) == []
        assert store.entries("other", 0, 9) == []
        assert store.checkpoint_sizes(LINE) == [1, 3]
        assert store.checkpoint_sizes(LINE, 1) == [3]
        assert store.checkpoint_at(LINE, 2) is None
        head = open_checkpoint(store.checkpoint_at(LINE, 1), KEY.verifier)
        assert (head.size, head.root) == (1, leaf_hash(entry(0)))
        assert store.fsck() == {LINE: 3, OPS: 3}
        line.store = store
        line.append(entry(3))
        assert store.entries(LINE, 0, 9) == line.written


@given(st.lists(st.integers(1, 9), max_size=6), st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=15)
def test_any_range_of_any_batches_reads_as_a_list_would(tmp_path_factory, batches, start, end):
    with Store(tmp_path_factory.mktemp("store") / "node.db") as store:
        line, ops = Writer(store), Writer(store, OPS)
        for count in batches:
            line.append(*(entry(line.tree.size + n) for n in range(count)))
            ops.append(b"between")
        assert store.entries(LINE, start, end) == line.written[start:end]


def test_gaps_overwrites_and_other_heads_are_refused_and_change_nothing(path):
    with Store(path) as store:
        line = Writer(store)
        line.append(entry(0), entry(1))
        before = store.checkpoint(LINE)
        other = Writer(store, OPS)
        other.tree.extend(leaf_hashes([entry(7)] * 3))
        wrong = [
            ("index 2", (LINE, 1, [entry(9)], line.head())),
            ("index 2", (LINE, 0, [entry(9), entry(9)], line.head())),
            ("index 2", (LINE, 3, [entry(9)], line.head())),
            ("index 0", (OPS, 1, [entry(9)], other.head())),
            (f"{LINE} at 3", (LINE, 2, [entry(9)], line.head())),
            (f"{LINE} at 3", (LINE, 2, [entry(9)], other.head())),
            ("signed checkpoint", (LINE, 2, [entry(9)], b"not a note")),
            ("this size has", (LINE, 2, [], line.head())),
            (str(BATCH_ENTRIES_MAX), (LINE, 2, [b"x"] * (BATCH_ENTRIES_MAX + 1), line.head())),
            ("entry 2", (LINE, 2, [b"x" * (ENTRY_BYTES_MAX + 1)], line.head())),
        ]
        for said, call in wrong:
            with pytest.raises(OurFault, match=said):
                store.append(*call)
        assert store.entries(LINE, 0, 9) == line.written
        assert store.checkpoint(LINE) == before
        assert store.origins() == [LINE]
        assert store.fsck() == {LINE: 2}


def test_a_log_may_begin_with_the_head_of_nothing(path):
    with Store(path) as store:
        line = Writer(store)
        line.append()
        assert store.checkpoint_sizes(LINE) == [0]
        line.append(entry(0))
        assert store.fsck() == {LINE: 1}
    with Store(path) as store:
        assert store.size(LINE) == 1


def test_an_append_that_fails_halfway_leaves_nothing(path):
    with Store(path) as store:
        line = Writer(store)
        line.append(entry(0))
        size, tree = line.tree.size, line.tree
        line.tree = Tree(leaf_hashes([entry(0), entry(1), entry(2)]))
        with pytest.raises((OurFault, TypeError, BufferError, sqlite3.Error)):
            store.append(LINE, size, [entry(1), memoryview(b"")[::2]], line.head())
        line.tree = tree
        assert store.entries(LINE, 0, 9) == [entry(0)]
        line.append(entry(1))
        assert store.fsck() == {LINE: 2}


def test_the_second_opener_is_told_which_file_is_held(path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom parley.store.sqlite import Store\n"
        "from parley.world.faults import OurFault\n"
        "try:\n    Store(Path(sys.argv[1]))\nexcept OurFault as fault:\n    print(fault)\n"
    )
    with Store(path) as store:
        Writer(store).append(entry(0))
        with pytest.raises(OurFault, match="held by another process"):
            Store(path)
        done = subprocess.run(
            [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
        )
        assert str(path) in done.stdout
        assert "held by another process" in done.stdout
        assert store.fsck() == {LINE: 1}
    with Store(path) as store:
        assert store.size(LINE) == 1


def test_files_that_are_not_ours_are_refused_and_left_as_they_are(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_bytes(b"not a database at all, but long enough to be read as one" * 20)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE things (x)")
    db.close()
    newer = tmp_path / "newer.db"
    Store(newer).close()
    with sqlite3.connect(newer) as db:
        db.execute("UPDATE schema_version SET version = 99")
    db.close()
    for path, said in ((text, "not a database"), (other, "parley made"), (newer, "99")):
        with pytest.raises(OurFault, match=said) as caught:
            Store(path)
        assert str(path) in str(caught.value.what)
    with pytest.raises(OurFault, match="unable to open"):
        Store(tmp_path / "no folder" / "node.db")
    assert text.read_bytes().startswith(b"not a database")


def test_receipts_evidence_blobs_and_settings_are_kept(path):
    with Store(path) as store:
        line = Writer(store)
        line.append(entry(0))
        line.append(entry(1))
        store.put_cosignature(LINE, 2, "parley/A/C/mirror", b"later line")
        store.put_cosignature(LINE, 1, "parley/A/D/mirror", b"a line")
        store.put_cosignature(LINE, 1, "parley/A/C/mirror", b"first line")
        store.put_cosignature(LINE, 1, "parley/A/C/mirror", b"second line")
        with pytest.raises(OurFault, match="size 3"):
            store.put_cosignature(LINE, 3, "parley/A/C/mirror", b"line")
        store.put_refused(LINE, b"another head", "two roots for size 2")
        digest = store.put_blob(b"recording")
        assert store.put_blob(b"recording") == digest
        store.put_meta("party", "B")
        store.put_meta("party", "C")
    with Store(path) as store:
        found = [(c.size, c.cosigner, c.line) for c in store.cosignatures(LINE)]
        assert found == [
            (1, "parley/A/C/mirror", b"first line"),
            (1, "parley/A/D/mirror", b"a line"),
            (2, "parley/A/C/mirror", b"later line"),
        ]
        assert [c.line for c in store.cosignatures(LINE, 2)] == [b"later line"]
        assert store.cosignatures("other") == []
        (refused,) = store.refused()
        assert (refused.origin, refused.note, refused.why) == (
            LINE,
            b"another head",
            "two roots for size 2",
        )
        assert store.blob(digest) == b"recording"
        assert store.blob("00" * 32) is None
        assert store.meta("party") == "C"
        assert store.meta("kind") is None


def damage(path, *statements):
    with sqlite3.connect(path) as db:
        for statement, values in statements:
            assert db.execute(statement, values).rowcount > 0
    db.close()


ROW = (1 << 40) + 5


@pytest.mark.parametrize(
    ("statement", "values", "said"),
    [
        ("UPDATE entries SET data = ? WHERE id = ?", (b'{"n":99}', ROW), "entry 5 is changed"),
        ("UPDATE entries SET leaf = ? WHERE id = ?", (bytes(32), ROW), "entry 5 is changed"),
        ("DELETE FROM entries WHERE id = ?", (ROW,), "entry 5 is missing"),
        ("DELETE FROM entries WHERE id > ?", (ROW,), "checkpoint at 8 is not the root"),
        ("DELETE FROM checkpoints WHERE size = ?", (8,), "entry 6 is under no checkpoint"),
        ("UPDATE checkpoints SET note = ? WHERE size = ?", (b"x", 6), "signed checkpoint"),
        (
            "UPDATE entries SET data = ?, leaf = ? WHERE id = ?",
            (b"99", leaf_hash(b"99"), ROW),
            "checkpoint at 6 is not the root of its entries 4 to 5",
        ),
    ],
)
def test_damage_is_found_at_opening_and_named(path, statement, values, said):
    with Store(path) as store:
        line = Writer(store)
        for number in range(0, 8, 2):
            line.append(entry(number), entry(number + 1))
    damage(path, (statement, values))
    with pytest.raises(OurFault, match=said) as caught:
        Store(path)
    assert LINE in str(caught.value)
    Store(path, check=False).close()


def test_a_changed_blob_is_never_handed_out(path):
    with Store(path) as store:
        digest = store.put_blob(b"recording")
    damage(path, ("UPDATE blobs SET data = ?", (b"another",)))
    with pytest.raises(OurFault, match=f"blob {digest} is changed"):
        Store(path)
    with Store(path, check=False) as store, pytest.raises(OurFault, match=digest[:16]):
        store.blob(digest)


def test_broken_pages_are_found(path):
    with Store(path) as store:
        line = Writer(store)
        for number in range(20):
            line.append(b"x" * 3000 + entry(number))
    with path.open("r+b") as file:
        file.seek(4096 * 8)
        file.write(os.urandom(4096 * 4))
    with pytest.raises(OurFault, match=str(path)):
        Store(path)


def test_threads_of_one_process_take_turns(path):
    with Store(path) as store:
        writers = [Writer(store, f"log{n}") for n in range(4)]

        def write(writer):
            for number in range(10):
                writer.append(entry(number))

        threads = [threading.Thread(target=write, args=(writer,)) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.fsck() == {f"log{n}": 10 for n in range(4)}


def test_every_commit_waits_for_the_disk(path):
    # SIGKILL cannot show this: the system keeps what it was given. Only power loss would.
    with Store(path) as store:
        found = [store._db.rows(f"PRAGMA {name}")[0][0] for name in ("synchronous", "journal_mode")]
    assert found == [2, "wal"]


def test_of_one_cosigner_at_one_size_the_first_and_the_newest_word_stay(path):
    with Store(path) as store:
        line = Writer(store)
        line.append(entry(0))
        for word in (b"first\n", b"second\n", b"first\n", b"third\n", b"third\n"):
            store.put_cosignature(LINE, 1, "parley/A/C/mirror", word)
        assert [c.line for c in store.cosignatures(LINE, 1)] == [b"first\n", b"third\n"]
    # The file is still of one moment: rows are counted, and a word replaced is no row more.
    with Store(path) as store:
        store.fsck()
        assert [c.line for c in store.cosignatures(LINE, 1)] == [b"first\n", b"third\n"]
