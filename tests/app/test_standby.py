"""A copy that stands by: equal to the first node whoever dies in between, and never ahead of it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import msgspec
import pytest

from app.test_c2sp import AT_US, log_key, origin_of
from app.twonodes import environment, free_port, until
from parley.app import standby
from parley.app.standby import Replica, ask_over_http, replica_answer
from parley.app.startup import refuse_standby
from parley.node.identity import Identity, Keys, PeerKeys
from parley.store.sqlite import Store
from parley.trust.checkpoint import Checkpoint, cosign, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.seal import SealKey, commitment, make_opening
from parley.trust.tree import Tree
from parley.world.faults import InputFault

MIRROR = SigningKey(bytes(32), name="parley/RUS/mirror", role="mirror")
COAL, RUS = log_key("COAL"), log_key("RUS")


def key(party: str, role: str) -> SigningKey:
    return SigningKey(
        hashlib.sha256(role.encode()).digest(), name=f"parley/{party}/{role}", role=role
    )


def identity() -> Identity:
    peer = PeerKeys(
        log=RUS.verifier,
        mirror=MIRROR.verifier,
        link=key("RUS", "link").verifier,
        witness=key("RUS", "witness").verifier,
        seal="0" * 64,
    )
    keys = Keys(
        log=COAL,
        mirror=key("COAL", "mirror"),
        link=key("COAL", "link"),
        witness=key("COAL", "witness"),
        seal=SealKey(bytes(32), name="parley/COAL/seal"),
    )
    return Identity(party="COAL", keys=keys, peers={"RUS": peer})


class Log:
    """A log with sealed entries, grown into a store."""

    def __init__(self, store: Store, origin: str, signer: SigningKey = COAL) -> None:
        self.store, self.origin, self.signer = store, origin, signer
        self.tree = Tree(store.leaf_hashes(origin, 0, store.size(origin)))

    def head(self) -> bytes:
        head = Checkpoint(origin=self.origin, size=self.tree.size, root=self.tree.root())
        return sign_checkpoint(self.signer, head)

    def grow(self, *batches: int, extra: bytes = b"") -> Log:
        for count in batches:
            first = self.tree.size
            entries, openings = [], {}
            for n in range(first, first + count):
                salt = hashlib.sha256(b"%d" % n).digest()
                openings[n] = make_opening(salt, b'{"n":%d}' % n)
                commit = commitment(openings[n])
                entry = {"seq": n, "type": "x", "commit": commit, "x": extra.decode()}
                entries.append(json.dumps(entry).encode())
            for entry in entries:
                self.tree.append(entry)
            self.store.append(self.origin, first, entries, self.head(), openings)
        return self

    def add(self, entry: bytes) -> None:
        first = self.tree.size
        self.tree.append(entry)
        self.store.append(self.origin, first, [entry], self.head())

    def receipts(self) -> Log:
        """Give the newest head a cosignature and the newest entry a receipt."""
        size = self.tree.size
        line = cosign(MIRROR, self.head(), AT_US)
        self.store.put_cosignature(self.origin, size, MIRROR.name, line)
        self.store.put_entry_receipt(self.origin, size - 1, "RUS", b"receipt %d" % size)
        return self


def dump(store: Store) -> dict:
    """Return all that a store holds of what is copied."""
    found: dict = {"witnessed": {}, "refused": store.refused(), "meta": store.meta("abandoned")}
    for origin in store.origins():
        size = store.size(origin)
        found[origin] = (
            store.entries(origin, 0, size),
            [(at, store.checkpoint_at(origin, at)) for at in store.checkpoint_sizes(origin)],
            store.openings(origin, 0, size),
            store.cosignatures(origin),
            store.entry_receipts(origin, 0, size),
        )
    for origin in store.witnessed_origins():
        found["witnessed"][origin] = store.witnessed(origin)
    return found


def direct(store: Store, party: str = "COAL"):
    """Return a way to ask a store without HTTP."""
    return lambda question: replica_answer(store, party, {k: str(v) for k, v in question.items()})


@pytest.fixture
def pair(tmp_path):
    with Store(tmp_path / "first.db") as first, Store(tmp_path / "copy.db") as copy:
        yield first, copy


def fill(first: Store) -> dict[str, Log]:
    logs = {
        "line": Log(first, origin_of()).grow(0, 1, 3).receipts().grow(256, 1).receipts(),
        "ops": Log(first, origin_of(kind="ops")).grow(*[200] * 5).receipts(),
        "private": Log(first, origin_of(kind="private")).grow(2),
        "peer": Log(first, origin_of("RUS"), RUS).grow(5, 5),
    }
    head = Checkpoint(origin=origin_of("RUS", "private"), size=3, root=b"r" * 32)
    first.put_witnessed(head.origin, 3, sign_checkpoint(RUS, head))
    first.put_refused(origin_of("RUS"), logs["peer"].head(), "a test")
    first.put_meta("abandoned", '{"x":"restored"}')
    return logs


def test_a_copy_becomes_equal_and_stays_so(pair):
    first, copy = pair
    logs = fill(first)
    replica = Replica(copy, identity(), direct(first))
    copied = replica.round(whole=True)
    assert dump(copy) == dump(first)
    assert copied.entries == 261 + 1000 + 2 + 10
    assert (copied.receipts, copied.witnessed, copied.refused) == (6, 1, 1)
    nothing = replica.round(whole=True)
    assert msgspec.to_builtins(nothing) == dict.fromkeys(msgspec.to_builtins(nothing), 0)
    logs["line"].grow(2).receipts()
    first.drop_opening(logs["ops"].origin, 7)
    head = Checkpoint(origin=origin_of("RUS", "private"), size=9, root=b"s" * 32)
    first.put_witnessed(head.origin, 9, sign_checkpoint(RUS, head))
    copied = replica.round(whole=True)
    assert (copied.entries, copied.receipts, copied.destroyed, copied.witnessed) == (2, 2, 1, 1)
    assert dump(copy) == dump(first)
    assert 7 not in copy.openings(logs["ops"].origin, 0, 20)
    assert copy.fsck() == first.fsck()
    assert (replica.view().rounds, replica.view().fault) == (3, "")


def test_what_comes_late_beside_old_entries_is_found_in_turn(pair):
    first, copy = pair
    log = Log(first, origin_of()).grow(*[1] * 50, *[256] * 6)
    replica = Replica(copy, identity(), direct(first))
    replica.round()
    line = cosign(MIRROR, first.checkpoint_at(log.origin, 30), AT_US)
    first.put_cosignature(log.origin, 30, MIRROR.name, line)
    first.drop_opening(log.origin, 600)
    for _ in range(log.tree.size // standby.WINDOW + 1):
        replica.round()
    assert dump(copy) == dump(first)


def test_a_copy_goes_on_where_it_was(pair, tmp_path):
    first, copy = pair
    logs = fill(first)
    asked = []

    def ask(question):
        asked.append(dict(question))
        return direct(first)(question)

    Replica(copy, identity(), ask).round(whole=True)
    logs["ops"].grow(5)
    asked.clear()
    Replica(copy, identity(), ask).round(whole=True)
    starts = [q for q in asked if "start" in q]
    assert starts == [{"log": logs["ops"].origin, "start": 1000}]
    assert dump(copy) == dump(first)


def test_a_copy_is_marked_and_no_node_runs_on_it(pair):
    first, copy = pair
    fill(first)
    refuse_standby(copy)
    Replica(copy, identity(), direct(first)).round()
    with pytest.raises(InputFault, match="takeover"):
        refuse_standby(copy)
    with pytest.raises(InputFault, match="has signed"):
        Replica(first, identity(), direct(copy))


def test_another_partys_node_is_not_copied(pair):
    first, copy = pair
    fill(first)
    replica = Replica(copy, identity(), direct(first, "RUS"))
    with pytest.raises(InputFault, match="RUS"):
        replica.round()
    assert copy.origins() == []


def test_a_head_of_another_key_is_not_taken_and_the_other_logs_are(pair):
    first, copy = pair
    fill(first)
    stranger = SigningKey(b"s" * 32, name="parley/RUS/log", role="log")
    bad = Log(first, origin_of("RUS", "ops"), stranger).grow(3)
    replica = Replica(copy, identity(), direct(first))
    replica.round()
    assert bad.origin not in copy.origins()
    assert list(replica.view().faults) == [bad.origin]
    assert "signature" in replica.view().fault
    assert copy.size(origin_of("RUS")) == 10


def test_a_later_key_counts_once_a_log_names_it(pair):
    first, copy = pair
    later = SigningKey(b"n" * 32, name="parley/COAL/log", role="log")
    body = {"role": "log", "old": COAL.verifier.vkey, "new": later.verifier.vkey}
    rotated = json.dumps({"type": "key.rotated", "body": body}).encode()
    # The line log, which is copied first, is signed by a key that only the operations log names.
    Log(first, origin_of(), later).grow(2)
    ops = Log(first, origin_of(kind="ops")).grow(2)
    ops.add(rotated)
    replica = Replica(copy, identity(), direct(first))
    replica.round()
    assert replica.view().faults == {}
    assert dump(copy) == dump(first)
    Log(first, origin_of(), later).grow(1)
    again = Replica(copy, identity(), direct(first))
    again.round()
    assert dump(copy) == dump(first)


def test_another_history_is_never_taken(pair, tmp_path):
    first, copy = pair
    log = Log(first, origin_of()).grow(3)
    Replica(copy, identity(), direct(first)).round()
    before = dump(copy)
    with Store(tmp_path / "forked.db") as forked:
        Log(forked, log.origin).grow(3, extra=b"x").grow(2)
        replica = Replica(copy, identity(), direct(forked))
        replica.round()
        assert "another history" in replica.view().fault
        assert dump(copy) == before


def test_a_first_node_that_was_set_back_destroys_nothing_here(pair, tmp_path):
    first, copy = pair
    log = Log(first, origin_of()).grow(3, 4)
    Replica(copy, identity(), direct(first)).round()
    before = dump(copy)
    with Store(tmp_path / "old.db") as old:
        Log(old, log.origin).grow(3)
        replica = Replica(copy, identity(), direct(old))
        replica.round(whole=True)
        assert "set back" in replica.view().fault
    assert dump(copy) == before


@pytest.mark.parametrize("answer", [b"", b"\xc1", b"\x90", b"\x81\xa1x\x01", b"\xff" * 99])
def test_nonsense_from_the_first_node_is_a_fault_and_shown(pair, answer):
    _, copy = pair
    replica = Replica(copy, identity(), lambda _: answer)
    stop = threading.Event()
    thread = threading.Thread(target=replica.run, args=(stop, 0.01))
    thread.start()
    until(lambda: replica.view().fault)
    stop.set()
    thread.join(10)
    assert "answer" in replica.view().fault
    assert copy.origins() == []


def test_questions_of_another_form_have_no_answer(pair):
    first, _ = pair
    fill(first)
    for asked in ({"x": "1"}, {"log": "a"}, {"start": "1"}, {"log": "a", "start": "1", "x": ""}):
        assert replica_answer(first, "COAL", asked) is None
    assert replica_answer(first, "COAL", {"witnessed": "nobody"}) is None
    empty = replica_answer(first, "COAL", {"log": "nobody", "start": "0"})
    assert msgspec.msgpack.decode(empty) == []


# --- two processes -------------------------------------------------------------------------------

FIRST = """
import asyncio, sys, threading
from pathlib import Path
sys.path[:0] = {paths!r}
from app.test_standby import Log, origin_of
from parley.app.http import Access, WebServer
from parley.app.standby import replica_route
from parley.store.sqlite import Store

folder, port, size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
store = Store(folder / "first.db")
server = WebServer([replica_route(store, "COAL", Access(token="secret"))], "127.0.0.1", port)

def write():
    logs = [Log(store, origin_of()), Log(store, origin_of(kind="ops"))]
    while logs[0].tree.size < size:
        for number, log in enumerate(logs):
            log.grow(1 + number * 5).receipts()
    (folder / "written").touch()

threading.Thread(target=write, daemon=True).start()
print("up", flush=True)
asyncio.run(server.serve())
"""
COPY = """
import sys, threading
from pathlib import Path
sys.path[:0] = {paths!r}
from app.test_standby import identity
from parley.app.standby import Replica, ask_over_http
from parley.store.sqlite import Store

folder, port = Path(sys.argv[1]), int(sys.argv[2])
store = Store(folder / "copy.db")
replica = Replica(store, identity(), ask_over_http("127.0.0.1", port, "secret"))
print("up", flush=True)
replica.run(threading.Event(), 0.02)
"""


class Process:
    """One of the two, as a process of its own."""

    def __init__(self, code: str, *arguments: object) -> None:
        tests = Path(__file__).parents[1]
        paths = [str(tests.parent / "src"), str(tests)]
        self.arguments = [
            sys.executable,
            "-c",
            textwrap.dedent(code).format(paths=paths),
            *map(str, arguments),
        ]

    def start(self) -> Process:
        self.process = subprocess.Popen(
            self.arguments, stdout=subprocess.PIPE, text=True, env=environment()
        )
        assert self.process.stdout.readline() == "up\n"
        return self

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)
        self.process.stdout.close()


def test_either_may_be_killed_at_any_time_and_both_end_equal(tmp_path):
    port = free_port()
    first = Process(FIRST, tmp_path, port, 120).start()
    copy = Process(COPY, tmp_path, port).start()
    try:
        for wait_s in (0.05, 0.3):
            threading.Event().wait(wait_s)
            copy.kill()
            copy.start()
            threading.Event().wait(wait_s)
            first.kill()
            first.start()
        until((tmp_path / "written").exists, 60)
    finally:
        copy.kill()
    with Store(tmp_path / "copy.db") as held:
        assert held.size(origin_of()) > 0
        replica = Replica(held, identity(), ask_over_http("127.0.0.1", port, "secret"))
        try:
            replica.round(whole=True)
            with pytest.raises(InputFault, match="401"):
                Replica(held, identity(), ask_over_http("127.0.0.1", port, "wrong")).round()
        finally:
            first.kill()
        with pytest.raises(InputFault, match="running first node"):
            replica.round()
        with Store(tmp_path / "first.db") as written:
            assert dump(held) == dump(written)
            assert held.size(origin_of()) >= 120
