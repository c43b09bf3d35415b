"""A disk that is full, fails or decays, and files put back: seen, said, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from parley.store.sqlite import Store
from parley.world.faults import OurFault
from store.scripted import LINE, OPS, Script, entries_of, note_of, openings_of

WRITES = 60


def append(store, origin, count=1):
    first = store.size(origin)
    end = first + count
    openings = openings_of(origin, first, end)
    store.append(origin, first, entries_of(origin, first, end), note_of(origin, end), openings)


def written(path, writes=WRITES, seed="faults", connect=None):
    """Return the script whose writes the store at `path` now holds."""
    script = Script(seed)
    with Store(path, **({"connect": connect} if connect else {})) as store:
        for _ in range(writes):
            script.write(store)
    return script


def check(path, script):
    with Store(path) as store:
        assert script.differs(store) == ""


def until_fault(store, script):
    """Append until that is refused; return what was said."""
    for _ in range(999):
        try:
            append(store, LINE)
        except OurFault as fault:
            return str(fault)
        script._append(_only(LINE), None, None)
    return ""


def minding_nothing(store):
    with store.together():
        store.put_meta("done", "never")
        for _ in range(99):
            with contextlib.suppress(OurFault):
                append(store, OPS, 5)


# --- full, read-only, failing -----------------------------------------------------------------


def test_a_full_file_is_said_and_the_same_append_works_when_there_is_room(tmp_path):
    path = tmp_path / "node.db"
    script = written(path)
    with Store(path) as store:
        run = store._db.connection.execute
        ((pages,),) = store._db.rows("PRAGMA page_count")
        run(f"PRAGMA max_page_count={pages + 4}")
        said = until_fault(store, script)
        assert "full" in said
        assert "free space on the disk" in said
        assert str(path) in said
        assert script.differs(store) == ""
        # A part that failed takes the whole with it, also when nobody minds.
        with pytest.raises(OurFault, match=r"nothing written|full"):
            minding_nothing(store)
        assert script.differs(store) == ""
        run(f"PRAGMA max_page_count={1 << 30}")
        append(store, LINE)
        script._append(_only(LINE), None, None)
        assert script.differs(store) == ""
        store.fsck()
    check(path, script)


class _only:  # noqa: N801 - stands where a Random is drawn from
    """Draw the origin that is wanted, and one entry."""

    def __init__(self, origin):
        self._origin = origin

    def choice(self, options):
        return self._origin if self._origin in options else options[0]


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of two megabytes."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    call = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting a small file system failed: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_loses_nothing_and_is_written_again_when_there_is_room(small_disk):
    path = small_disk / "node.db"
    script = written(path, 30)
    filler = small_disk / "filler"
    with Store(path) as store:
        with filler.open("wb", buffering=0) as file:
            while True:
                try:
                    if not file.write(bytes(4096)):
                        break
                except OSError:
                    break
        assert "full" in until_fault(store, script)
        assert script.differs(store) == ""
        filler.unlink()
        append(store, LINE)
        script._append(_only(LINE), None, None)
    check(path, script)


def test_a_file_that_may_not_be_written_is_said(tmp_path):
    path = tmp_path / "node.db"
    script = written(path)
    if os.geteuid() == 0:
        pytest.skip("root may write everything; the lossy disk shows the same below")
    path.chmod(0o400)
    with pytest.raises(OurFault, match=r"readonly.*writable for this user"):
        Store(path)
    path.chmod(0o600)
    check(path, script)


# --- files put back, cut, deleted -------------------------------------------------------------


def snapshots(path, count, seed):
    """Write; return the bytes of file and log ahead at some moments, with what they hold."""
    draw = random.Random(seed)
    script = Script(seed)
    kept, states = [], []
    with Store(path) as store:
        for _ in range(count):
            for _ in range(draw.randrange(1, 40)):
                script.write(store)
                states.append(script.copy())
            ahead = Path(f"{path}-wal")
            kept.append((path.read_bytes(), ahead.read_bytes() if ahead.exists() else b""))
    kept.append((path.read_bytes(), b""))
    return kept, [Script(seed), *states]


def opened(path, states):
    """Return which of the states the files hold, -1 where that is refused; fail for another."""
    try:
        with Store(path) as store:
            for state in reversed(states):
                if state.differs(store) == "":
                    return state.done
            pytest.fail("the store hands out what nobody wrote")
    except OurFault:
        return -1


def put(path, data, ahead):
    Path(f"{path}-wal").unlink(missing_ok=True)
    path.write_bytes(data)
    if ahead:
        Path(f"{path}-wal").write_bytes(ahead)


@pytest.mark.parametrize("seed", ["one", "two"])
def test_an_older_file_is_an_older_state_or_refused_never_a_mixture(tmp_path, seed):
    path = tmp_path / "node.db"
    kept, states = snapshots(path, 6, seed)
    last = states[-1].done
    found = {}
    for k, (data, _) in enumerate(kept):
        for j, (_, ahead) in enumerate([*kept, (b"", b"")]):
            put(path, data, ahead)
            found[k, j] = opened(path, states)
    whole = len(kept) - 1
    # A whole older copy is sound in itself: only the mirrors and the start counter can tell.
    for k in range(whole):
        assert 0 < found[k, k] < last or (k == whole - 1 and found[k, k] == last)
    assert found[whole, whole] == last
    assert sorted(found[k, k] for k in range(len(kept))) == [found[k, k] for k in range(len(kept))]


def test_a_log_ahead_that_is_deleted_or_cut_gives_an_earlier_state(tmp_path):
    path = tmp_path / "node.db"
    kept, states = snapshots(path, 5, "ahead")
    draw = random.Random(3)
    seen = set()
    for data, ahead in kept[:-1]:
        for _ in range(8):
            put(path, data, ahead[: draw.choice([0, draw.randrange(len(ahead) + 1)])])
            seen.add(opened(path, states))
    assert len(seen) > 3


def test_a_file_cut_short_is_refused(tmp_path):
    path = tmp_path / "node.db"
    script = written(path)
    data = path.read_bytes()
    assert len(data) > 30 * 4096
    draw = random.Random(4)
    lengths = [len(data) - 4096 * draw.randrange(1, 30) for _ in range(12)]
    lengths += [draw.randrange(1, len(data)) for _ in range(12)]
    for length in lengths:
        put(path, data[:length], b"")
        with pytest.raises(OurFault, match=str(path)):
            Store(path)
    put(path, data, b"")
    check(path, script)


def test_a_byte_that_flips_in_any_page_is_located_or_harmless(tmp_path):
    path = tmp_path / "node.db"
    script = written(path)
    data = path.read_bytes()
    draw = random.Random(5)
    counts = {"refused": 0, "harmless": 0, "located": 0}
    for page in range(len(data) // 4096):
        for _ in range(3):
            at = page * 4096 + draw.randrange(4096)
            changed = bytearray(data)
            changed[at] ^= 1 << draw.randrange(8)
            put(path, changed, b"")
            try:
                with Store(path) as store:
                    said = script.differs(store)
                    assert said == "", f"byte {at}: {said}"
                    counts["harmless"] += 1
            except OurFault as fault:
                counts["refused"] += 1
                words = ("log parley", "row ", "blob ", "staged ", "witnessed ", "ahead ")
                counts["located"] += any(word in str(fault) for word in words)
    assert counts["refused"] > counts["harmless"]
    assert counts["located"] > 0.9 * counts["refused"], counts


# --- on the disk in memory --------------------------------------------------------------------


@pytest.fixture
def disk():
    pytest.importorskip("apsw", reason="apsw is not installed: uv pip install apsw")
    from store.lossydisk import LossyDisk, quiet

    with quiet():
        yield LossyDisk()


def on(disk):
    from store.lossydisk import Connection

    return lambda path: Connection(path, disk)


def test_a_disk_that_fills_up_at_any_byte_loses_nothing(disk):
    path = Path("node.db")
    script = written(path, connect=on(disk))
    draw = random.Random(6)
    said = 0
    for _ in range(40):
        with Store(path, connect=on(disk)) as store:
            used = sum(len(content.now) for content in disk.files.values())
            disk.bytes_max = used + draw.randrange(60_000)
            try:
                for _ in range(60):
                    ahead = script.copy()
                    ahead.write(store)
                    script = ahead
            except OurFault as fault:
                said += "free space on the disk" in str(fault)
            assert script.differs(store) == ""
            if draw.random() < 0.5:
                # The next one works as soon as there is room, without a new start.
                disk.bytes_max = None
                script.write(store)
                assert script.differs(store) == ""
        # It can also be opened and read while the disk is full.
        with Store(path, connect=on(disk)) as store:
            assert script.differs(store) == ""
        disk.bytes_max = None
    assert said > 20


def test_after_a_sync_that_failed_nothing_is_written_until_the_next_start(disk):
    path = Path("node.db")
    script = written(path, connect=on(disk))
    with Store(path, connect=on(disk)) as store:
        before = store.size(LINE)
        disk.failing_syncs = 1
        with pytest.raises(OurFault, match="check the disk, then start again"):
            append(store, LINE)
        assert store.size(LINE) == before
        for _ in range(2):
            with pytest.raises(OurFault, match="not written since a write to the disk failed"):
                append(store, LINE)
        assert script.differs(store) == ""
    disk.lose(random.Random(1))
    with Store(path, connect=on(disk)) as store:
        assert store.size(LINE) in (before, before + 1)
        append(store, LINE)
        store.fsck()


def test_a_disk_that_may_not_be_written_is_said_and_left_as_it_is(disk):
    path = Path("node.db")
    script = written(path, connect=on(disk))
    disk.read_only = True
    with pytest.raises(OurFault, match=r"readonly.*writable for this user"):
        Store(path, connect=on(disk))
    disk.read_only = False
    with Store(path, connect=on(disk)) as store:
        assert script.differs(store) == ""
        append(store, LINE)
