"""Crash a store again and again and compare what is left with the model.

`kills`: a process that writes is ended by SIGKILL at a random instant. `power_cuts`: the disk
loses or tears what was not synced, at a random operation. Each returns a count of what happened,
or raises `LostError` with the seed that shows the fault again.

    .venv/bin/python tests/store/crashes.py kills 25
    .venv/bin/python tests/store/crashes.py cuts 40
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from parley.store.sqlite import Store
from parley.world.faults import OurFault
from store.scripted import Script

WRITES_PER_FILE = 250
"""Then a new file is begun: the first moments of a file are crashed too."""


class LostError(Exception):
    """The store is not what was acknowledged; the seed shows it again."""


def compare(store, script, seed):
    """Return the script that the store holds: all acknowledged writes, at most one more."""
    said = script.differs(store)
    if not said:
        return script, 0
    further = script.copy()
    further.write()
    also = further.differs(store)
    if also:
        raise LostError(f"{seed}: after {script.done} acknowledged writes: {said}; or {also}")
    return further, 1


# --- SIGKILL ----------------------------------------------------------------------------------


def _writer(path, script, pipe):
    """Write until killed; every write is acknowledged by one byte once it is durable."""
    with Store(path) as store:
        os.write(pipe, b"o")
        while True:
            script.write(store)
            os.write(pipe, b".")


def _start(path, script):
    """Return the process and where it acknowledges; a fork, for a new interpreter takes long."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    status = 1
    try:
        os.close(read)
        _writer(path, script.copy(), write)
        status = 0
    except OurFault:
        traceback.print_exc()
    finally:
        os._exit(status)


def kills(count, seed=1, folder=None):
    """Kill a writing process `count` times; return what was counted."""
    draw = random.Random(seed)
    found = Counter()
    with tempfile.TemporaryDirectory(dir=folder) as name:
        number, script = 0, Script(f"{seed}/0")
        for run in range(count):
            path = Path(name) / f"{number}.db"
            script = _one_kill(path, script, draw, found, f"seed {seed} run {run}")
            if script.done > WRITES_PER_FILE:
                number += 1
                path.unlink()
                script = Script(f"{seed}/{number}")
    return found


def _one_kill(path, script, draw, found, seed):
    child, pipe = _start(path, script)
    # A quarter of them while it opens; the others among the writes.
    if draw.random() < 0.75:
        select.select([pipe], [], [], 60)
    time.sleep(draw.choice([0.003, 0.03, 0.15]) * draw.random())
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    read = b""
    while select.select([pipe], [], [], 0)[0] and (more := os.read(pipe, 65_536)):
        read += more
    os.close(pipe)
    if not os.WIFSIGNALED(status):
        raise LostError(f"{seed}: the writer ended by itself, status {status}")
    found["kills"] += 1
    found["acknowledged"] += read.count(b".")
    found["killed before it was open"] += not read
    for _ in range(read.count(b".")):
        script.write()
    try:
        with Store(path) as store:
            script, further = compare(store, script, seed)
            found["durable though not acknowledged"] += further
    except OurFault as fault:
        raise LostError(f"{seed}: {fault}") from fault
    return script


# --- power ------------------------------------------------------------------------------------


def power_cuts(count, seed=1, instead=None):
    """Cut the power `count` times; return what was counted.

    Args:
        count: how many cuts.
        seed: of everything that is drawn.
        instead: statements run in place of others: a store that syncs too little must be caught.
    """
    from store.lossydisk import LossyDisk, quiet

    draw = random.Random(seed)
    found = Counter()
    number = -1
    disk = script = None
    with quiet():
        for run in range(count):
            if disk is None or script.done > WRITES_PER_FILE:
                number += 1
                disk, script = LossyDisk(), Script(f"{seed}/{number}")
            where = f"seed {seed} cut {run}"
            script = _one_cut(disk, script, draw, found, instead, where)
    return found


def _one_cut(disk, script, draw, found, instead, where):
    from store.lossydisk import Connection

    def connect(path):
        return Connection(path, disk, instead)

    path = Path("node.db")
    # A few operations reach the opening; several hundred reach the moves from log to file.
    if draw.random() < 0.5:
        disk.cut_power_after(draw.randrange(draw.choice([12, 60, 600, 3_000])))
    else:
        disk.cut_power_at_sync(draw.randrange(60))
    with contextlib.suppress(OurFault), Store(path, connect=connect) as store:
        last = script.done + WRITES_PER_FILE
        while not disk.gone and script.done < last:
            ahead = script.copy()
            ahead.write(store)
            script = ahead
            found["acknowledged"] += 1
        found["power gone between writes"] += 1
        disk.gone = True
    disk.lose(draw)
    found["cuts"] += 1
    try:
        with Store(path, connect=connect) as store:
            script, further = compare(store, script, where)
            found["durable though not acknowledged"] += further
    except OurFault as fault:
        raise LostError(f"{where}: {fault}") from fault
    return script


if __name__ == "__main__":
    what, times = sys.argv[1], int(sys.argv[2])
    start = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    sys.stdout.write(str(dict({"kills": kills, "cuts": power_cuts}[what](times, start))) + "\n")
