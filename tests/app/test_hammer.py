"""The hammer finds nothing in a sound store, and what a broken one does wrong."""

from __future__ import annotations

import re
import sqlite3

import pytest

from parley.app.hammer import HammerPlan, run_hammer
from parley.store.sqlite import Store
from parley.world.faults import InputFault, OurFault

SEED = b"\x05" * 32
PLAN = HammerPlan(writers=4, readers=3, entries=600, seconds_s=20.0)


def test_a_sound_store_under_load_has_no_faults(tmp_path):
    report = run_hammer(tmp_path, PLAN, seed=SEED)
    assert (report.entries, report.faults) == (600, ())
    assert {"consistency proofs", "inclusion proofs", "entries", "tiles"} <= set(report.checks)
    assert 0 < report.batches <= 600
    assert 0 < report.p50_ms <= report.p99_ms
    assert report.lines()[-1] == "0 faults"
    with Store(tmp_path / "hammer.db") as store:
        assert [store.size(origin) for origin in store.origins()] == [600]


class Forgetful(Store):
    """Reads another entry than was written, once in a while."""

    def entries(self, origin, start, end):
        found = super().entries(origin, start, end)
        return [data.replace(b"writer", b"reader") if n % 7 == 3 else data
                for n, data in enumerate(found, start)]  # fmt: skip


class Rewound(Store):
    """Shows an old head after a new one."""

    shown = 0

    def checkpoint(self, origin):
        self.shown += 1
        if self.shown % 9 == 0:
            return self.checkpoint_at(origin, self.checkpoint_sizes(origin)[0])
        return super().checkpoint(origin)


class Full(Store):
    """Its disk is full after a while."""

    def append(self, origin, first_index, *values):
        if first_index > 50:
            raise OurFault("store", value="disk full", wanted="room")
        super().append(origin, first_index, *values)


class Wrong(Store):
    """Gives the leaf hashes of the entries one further."""

    def leaf_hashes(self, origin, start, end):
        found = super().leaf_hashes(origin, start, end + 1)
        return found[1:] if len(found) > end - start else found


@pytest.mark.parametrize(
    ("store", "words"),
    [
        (Forgetful, "is not what was acknowledged"),
        (Rewound, "wanted no less"),
        (Full, "disk full"),
        (Wrong, "inclusion proof of entry"),
    ],
)
def test_what_a_store_does_wrong_is_found(tmp_path, store, words):
    plan = HammerPlan(writers=3, readers=3, entries=300, seconds_s=20.0)
    report = run_hammer(tmp_path, plan, seed=SEED, open_store=store)
    assert report.faults_count > 0
    assert any(words in fault for fault in report.faults), report.faults[:5]
    assert report.lines()[-1] == f"{report.faults_count} faults"


def test_damage_on_the_disk_is_found_at_the_end(tmp_path):
    class Damaged(Store):
        def fsck(self):
            if self.origins():
                self.close()
                with sqlite3.connect(tmp_path / "hammer.db") as db:
                    db.execute("UPDATE entries SET data = CAST('{}' AS BLOB) WHERE id % 50 = 7")
                db.close()
                super().__init__(tmp_path / "hammer.db", check=False)
            return super().fsck()

    plan = HammerPlan(writers=2, readers=1, entries=100, seconds_s=20.0)
    report = run_hammer(tmp_path, plan, seed=SEED, open_store=Damaged)
    assert any(re.match(r"fsck: .* entry \d+", fault) for fault in report.faults), report


def test_a_folder_with_anything_in_it_is_refused(tmp_path):
    (tmp_path / "node.toml").write_text("")
    with pytest.raises(InputFault, match="not empty"):
        run_hammer(tmp_path, PLAN, seed=SEED)
    with pytest.raises(InputFault, match="not there"):
        run_hammer(tmp_path / "none", PLAN, seed=SEED)


@pytest.mark.parametrize(
    "values", [{"writers": 0}, {"readers": 0}, {"entries": -1}, {"seconds_s": 0.0}]
)
def test_a_plan_that_does_nothing_is_refused(values):
    with pytest.raises(InputFault, match="hammer"):
        HammerPlan(**values)


def test_the_time_ends_it_too(tmp_path):
    plan = HammerPlan(writers=1, readers=1, entries=10_000_000, seconds_s=0.3)
    report = run_hammer(tmp_path, plan, seed=SEED)
    assert 0 < report.entries < 10_000_000
