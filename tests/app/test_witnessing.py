"""Witnesses at work over real sockets: ours as others ask it, others as ours asks them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import http.server
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nodekit import write_as

from app.storedworld import linked, say, write_node
from app.test_c2sp import AT_US, MIRROR, Log, ask, log_key, origin_of, served
from app.twonodes import until
from parley.app import c2sp_witness
from parley.app.c2sp import CHECKPOINT_BYTES_MAX, Doors, open_c2sp
from parley.app.c2sp_reading import Reader
from parley.app.c2sp_witness import Reply, Witness, named_logs, peers_logs
from parley.app.config import read_config
from parley.app.enrolment import OutsideWitness
from parley.app.witness_client import Witnessing, prove_from, verified_line
from parley.node.custody_bodies import KeyDistrusted
from parley.store.sqlite import Store
from parley.trust.checkpoint import (
    Checkpoint,
    cosign,
    parse_unverified_checkpoint,
    sign_checkpoint,
    verify_cosignature,
)
from parley.trust.keys import ALGORITHM_ED25519, SigningKey, VerifierKey
from parley.trust.note import add_signatures
from parley.trust.tree import Tree
from parley.trust.witness import make_add_checkpoint
from parley.world.faults import PeerFault
from shared_data import shared

KEY = SigningKey(bytes(32), name="parley/COAL/witness", role="witness")
SIZE_TYPE = "text/x.tlog.size"


def doors_of(store: Store, key_of, heads_at_once: int = 10_000) -> Doors:
    reader = Reader(store, "COAL", MIRROR, lambda: AT_US)
    witness = Witness(store, KEY, [key_of], lambda: AT_US, heads_at_once=heads_at_once)
    return Doors(reader, witness)


class Foreign:
    """Somebody's log: its tree, and its signed heads."""

    def __init__(self, origin: str = "example.com/log", seed: bytes = bytes(32)) -> None:
        self.origin = origin
        self.key = SigningKey(seed, name="log", role="log").named(origin)
        self.tree = Tree()

    def grow(self, count: int, salt: bytes = b"") -> Foreign:
        for n in range(self.tree.size, self.tree.size + count):
            self.tree.append(b"%d" % n + salt)
        return self

    def note(self, size: int | None = None) -> bytes:
        size = self.tree.size if size is None else size
        head = Checkpoint(origin=self.origin, size=size, root=self.tree.root(size))
        return sign_checkpoint(self.key, head)

    def request(self, old: int, size: int | None = None) -> bytes:
        size = self.tree.size if size is None else size
        proof = self.tree.consistency_proof(old, size) if old <= size else ()
        return make_add_checkpoint(old, proof, self.note(size))


def post(port: int, body: bytes):
    return ask(port, "/add-checkpoint", "POST", body)


@pytest.fixture
def witness(tmp_path):
    """Give a store, a foreign log that it witnesses, and the port."""
    foreign = Foreign()
    key_of = named_logs([foreign.key.verifier])
    with Store(tmp_path / "node.db") as store, served(doors_of(store, key_of)) as port:
        yield store, foreign, port


# --- our witness, asked by others ----------------------------------------------------------------


def test_the_shared_cases_over_http(tmp_path):
    cases = json.loads(shared("vectors/tlog-witness/add-checkpoint.json").read_text())
    key = VerifierKey(
        name=cases["log_origin"],
        algorithm=ALGORITHM_ED25519,
        public=bytes.fromhex(cases["log_ed25519_public_key_hex"]),
    )
    with Store(tmp_path / "node.db") as store:
        with served(doors_of(store, named_logs([key]))) as port:
            for number, case in enumerate(cases["cases"]):
                status, headers, body = post(port, case["request"].encode())
                wanted = case["status"]
                if "unknown log" in str(case["asserts"]):
                    # The vector is of 2025-06; C2SP tlog-witness has said 404 since.
                    assert b"unknown log" in body
                    wanted = 404
                assert status == wanted, number
                if status == 200:
                    note = case["request"].partition("\n\n")[2].encode()
                    assert verify_cosignature(note + body, KEY.verifier).time_s == AT_US // 10**6
                if status == 409:
                    assert case["asserts"] == [f"body == {json.dumps(body.decode())}"]
                    assert headers["content-type"] == SIZE_TYPE
        kept = parse_unverified_checkpoint(store.witnessed(cases["log_origin"]))
        assert kept.size == 5


def test_a_head_is_on_the_disk_before_its_cosignature_is_answered(tmp_path):
    foreign = Foreign().grow(5)

    class Slow(Store):
        def put_witnessed(self, origin, size, note):
            time.sleep(0.05)
            super().put_witnessed(origin, size, note)
            done.append(time.monotonic())

    done: list[float] = []
    path = tmp_path / "node.db"
    with (
        Slow(path) as store,
        served(doors_of(store, named_logs([foreign.key.verifier]))) as port,
    ):
        status, _, line = post(port, foreign.request(0))
        assert status == 200
        assert done
        assert time.monotonic() > done[0]
    with Store(path) as again:
        kept = again.witnessed(foreign.origin)
        assert kept == foreign.note() + line


def test_a_disk_that_fails_gives_no_cosignature(tmp_path):
    foreign = Foreign().grow(5)

    class Full(Store):
        def put_witnessed(self, origin, size, note):
            super().put_witnessed(origin, size, note)
            raise OSError("the disk is full")

    with Full(tmp_path / "node.db") as store:
        with served(doors_of(store, named_logs([foreign.key.verifier]))) as port:
            status, _, body = post(port, foreign.request(0))
            assert status == 500
            assert "—".encode() not in body
        assert store.witnessed(foreign.origin) is None


def test_the_last_head_is_served_with_the_cosignature(witness):
    _, foreign, port = witness
    foreign.grow(9)
    line = post(port, foreign.request(0))[2]
    assert ask(port, f"/witness/{foreign.origin}/checkpoint")[2] == foreign.note() + line
    digest = hashlib.sha256(foreign.origin.encode()).hexdigest()
    assert ask(port, f"/witness/{digest}/checkpoint")[0] == 200
    # What is only witnessed is no copy: its tiles, and its head as a mirror's, are not here.
    assert ask(port, f"/{foreign.origin}/checkpoint")[0] == 404


def test_what_others_wrote_under_a_head_is_not_kept(witness):
    store, foreign, port = witness
    foreign.grow(3)
    other = SigningKey(bytes(32), name="junk", role="mirror")
    note = add_signatures(foreign.note(), (cosign(other, foreign.note(), AT_US),))
    status, _, line = post(port, make_add_checkpoint(0, (), note))
    assert status == 200
    assert store.witnessed(foreign.origin) == foreign.note() + line


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0",
        b"old 00\n\n",
        b"old -1\n\nx\n",
        b"\xff\xfe",
        b"old 0\nAAAA\n\n",
        b"old 0\n\n\n\n",
    ],
)
def test_a_request_of_another_form_is_400(witness, body):
    assert post(witness[2], body)[0] == 400


def test_a_body_too_long_is_refused(witness):
    status, _, body = post(witness[2], b"old 0\n\n" + b"x" * CHECKPOINT_BYTES_MAX)
    assert status == 413
    assert str(CHECKPOINT_BYTES_MAX).encode() in body


def test_a_fork_is_refused_and_its_head_kept_once(witness):
    store, foreign, port = witness
    fork = Foreign().grow(4).grow(3, b"'")
    foreign.grow(7)
    assert post(port, foreign.request(0, 4))[0] == 200
    assert post(port, foreign.request(4, 7))[0] == 200
    for _ in range(3):
        assert post(port, fork.request(7))[0] == 409
    # A wrong proof alone proves nothing: anybody may have made it.
    beyond = Foreign().grow(9, b"'")
    assert post(port, beyond.request(7))[0] == 422
    kept = [(each.origin, each.note) for each in store.refused()]
    assert kept == [(foreign.origin, fork.note())]
    assert parse_unverified_checkpoint(store.witnessed(foreign.origin)).root == foreign.tree.root()


def test_a_head_that_our_own_copy_contradicts_is_never_cosigned(tmp_path):
    with Store(tmp_path / "node.db") as store:
        log = Log(store, origin_of("RUS"), "RUS")
        log.grow(4, 3)
        other = Log(Store(tmp_path / "other.db"), origin_of("RUS"), "RUS")
        other.tree = Tree([hashlib.sha256(b"%d" % n).digest() for n in range(4)])
        key = log_key("RUS").verifier
        with served(doors_of(store, key.named)) as port:
            status, _, body = post(port, make_add_checkpoint(0, (), other.head()))
            assert (status, b"another root" in body) == (409, True)
            assert [each.note for each in store.refused()] == [other.head()]
            assert store.witnessed(log.origin) is None
            # Beyond our copy only a proof from its end is taken; within it none is needed.
            past = Tree(store.leaf_hashes(log.origin, 0, 7))
            past.append(b"later")
            head = Checkpoint(origin=log.origin, size=8, root=past.root())
            note = sign_checkpoint(log.key, head)
            status, headers, body = post(port, make_add_checkpoint(0, (), note))
            assert (status, body, headers["content-type"]) == (409, b"7\n", SIZE_TYPE)
            assert post(port, make_add_checkpoint(7, past.consistency_proof(7), note))[0] == 200
        other.store.close()


def test_two_histories_of_one_log_end_its_witnessing(tmp_path):
    with Store(tmp_path / "node.db") as store:
        log = Log(store, origin_of("RUS"), "RUS")
        shown = Tree([hashlib.sha256(b"%d" % n).digest() for n in range(4)])
        note = sign_checkpoint(log.key, Checkpoint(origin=log.origin, size=4, root=shown.root()))
        key = log_key("RUS").verifier
        with served(doors_of(store, key.named)) as port:
            assert post(port, make_add_checkpoint(0, (), note))[0] == 200
            log.grow(6)  # Over the link comes another history.
            status, _, body = post(
                port, make_add_checkpoint(4, log.tree.consistency_proof(4), log.head())
            )
            assert (status, b"two histories" in body) == (409, True)
        (kept,) = store.refused()
        assert kept.note.startswith(note)


def test_too_many_heads_of_one_log_wait(tmp_path, monkeypatch):
    # Time stands: on a slow machine a head is allowed again between two requests.
    monkeypatch.setattr(c2sp_witness, "time", SimpleNamespace(monotonic=lambda: 100.0))
    foreign = Foreign().grow(20)
    with Store(tmp_path / "node.db") as store:
        doors = doors_of(store, named_logs([foreign.key.verifier]), heads_at_once=5)
        with served(doors) as port:
            found = [post(port, foreign.request(n, n + 1))[0] for n in range(5)]
            assert found == [200] * 5
            assert 429 in [post(port, foreign.request(5, 6))[0] for _ in range(3)]
            # The same head again costs no disk.
            assert post(port, foreign.request(5, 5))[0] == 200


PAIRS = 200


def test_requests_that_race_never_roll_back_nor_sign_two_roots(witness):
    """Pairs of requests from the same old size, one of them often of another history."""
    store, foreign, port = witness
    draw = random.Random(7)
    foreign.grow(3 * PAIRS)
    signed: dict[int, set[bytes]] = {}
    sizes: list[int] = []
    ready = threading.Barrier(2)

    def race(body: bytes):
        ready.wait()
        connection.value = getattr(connection, "value", None) or http.client.HTTPConnection(
            "127.0.0.1", port, timeout=30
        )
        connection.value.request("POST", "/add-checkpoint", body)
        reply = connection.value.getresponse()
        return reply.status, reply.read()

    connection = threading.local()
    at = 0
    both = 0
    with ThreadPoolExecutor(2) as threads:
        for _ in range(PAIRS):
            one, two = draw.randint(1, 3), draw.randint(1, 3)
            fork = Foreign()
            fork.tree = Tree([foreign.tree.leaf(n) for n in range(at)])
            fork.grow(two, b"'")
            second = fork if draw.random() < 0.5 else foreign
            asked = [(foreign, at + one), (second, at + two)]
            found = list(threads.map(race, [log.request(at, size) for log, size in asked]))
            answers = list(zip(asked, found, strict=True))
            took = [head for head, (status, _) in answers if status == 200]
            both += len(took) == 2
            for (log, size), (status, line) in answers:
                assert status in (200, 409)
                if status == 200:
                    assert verify_cosignature(log.note(size) + line, KEY.verifier)
                    signed.setdefault(size, set()).add(log.tree.root(size))
            kept = parse_unverified_checkpoint(store.witnessed(foreign.origin))
            assert kept.size == max(size for _, size in took)
            sizes.append(kept.size)
            at = kept.size
            foreign = took[-1][0] if took[-1][1] == at else took[0][0]
            foreign.grow(3 * PAIRS - foreign.tree.size)
    assert sizes == sorted(set(sizes))
    assert all(len(roots) == 1 for roots in signed.values())


# --- our node, asking others ---------------------------------------------------------------------


@contextmanager
def asking(witnessing: Witnessing):
    """Run the asking side in a loop of its own; give a way to offer a log."""
    loop = asyncio.new_event_loop()
    ends = asyncio.Event()

    async def run():
        work = asyncio.ensure_future(witnessing.run())
        await ends.wait()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        yield lambda origin: loop.call_soon_threadsafe(witnessing.offer, origin)
    finally:
        loop.call_soon_threadsafe(ends.set)
        thread.join(10)
        assert not thread.is_alive()
        loop.close()


def asker(log: Log, *witnesses: OutsideWitness, **options) -> Witnessing:
    options = {"timeout_s": 2.0, "clock": lambda: AT_US, **options}
    return Witnessing(
        log.store,
        witnesses,
        lambda _, old, size: log.tree.consistency_proof(old, size),
        **options,
    )


def outside(port: int, key: VerifierKey = KEY.verifier) -> OutsideWitness:
    return OutsideWitness(name="W", url=f"http://127.0.0.1:{port}", key=key)


def test_a_real_witness_cosigns_each_head_of_a_line_log(tmp_path):
    with Store(tmp_path / "ours.db") as store, Store(tmp_path / "theirs.db") as theirs:
        log = Log(store, origin_of("RUS"), "RUS")
        log.grow(3)
        with served(doors_of(theirs, log.key.verifier.named)) as port:
            witnessing = asker(log, outside(port))
            with asking(witnessing) as offer:
                for size in (3, 8, 264, 270):
                    if log.tree.size < size:
                        log.grow(size - log.tree.size)
                    offer(log.origin)
                    until(lambda: store.cosignatures(log.origin, log.tree.size))
                    (kept,) = store.cosignatures(log.origin, log.tree.size)
                    assert kept.cosigner == KEY.name
                    verify_cosignature(add_signatures(log.head(), (kept.line,)), KEY.verifier)
            # A node that starts anew learns the size from the 409, and proves from there.
            log.grow(5)
            again = asker(log, outside(port))
            with asking(again) as offer:
                offer(log.origin)
                until(lambda: store.cosignatures(log.origin, 275))
    (view,) = witnessing.views()
    assert (view.asked, view.cosigned, view.nonsense, view.fault) == (4, 4, 0, "")
    assert view.held == {log.origin: 270}
    (view,) = again.views()
    assert (view.asked, view.cosigned) == (2, 1)


def test_line_logs_go_at_once_and_others_wait_their_time(tmp_path):
    with Store(tmp_path / "ours.db") as store, Store(tmp_path / "theirs.db") as theirs:
        line, ops = Log(store, origin_of("RUS"), "RUS"), Log(store, origin_of("RUS", "ops"), "RUS")
        line.grow(1)
        ops.grow(1)
        logs = {log.origin: log for log in (line, ops)}
        with served(doors_of(theirs, line.key.verifier.named)) as port:
            witnessing = asker(line, outside(port), others_each_s=1.0)
            witnessing._prove = lambda o, old, size: logs[o].tree.consistency_proof(old, size)
            with asking(witnessing) as offer:
                for log in (line, ops):
                    offer(log.origin)
                    until(lambda log=log: store.cosignatures(log.origin, 1))
                for log in (line, ops):
                    log.grow(1)
                started_s = time.monotonic()
                offer(ops.origin)
                offer(line.origin)
                until(lambda: store.cosignatures(line.origin, 2))
                assert time.monotonic() - started_s < 0.7
                assert not store.cosignatures(ops.origin, 2)
                until(lambda: store.cosignatures(ops.origin, 2))


def test_a_witness_that_is_away_is_asked_again(tmp_path, monkeypatch):
    monkeypatch.setattr("parley.app.witness_client._BACKOFF_MIN_S", 0.05)
    with Store(tmp_path / "ours.db") as store, Store(tmp_path / "theirs.db") as theirs:
        log = Log(store, origin_of("RUS"), "RUS")
        log.grow(3)
        with served(doors_of(theirs, log.key.verifier.named)) as port:
            pass
        witnessing = asker(log, outside(port))
        with asking(witnessing) as offer:
            offer(log.origin)
            until(lambda: witnessing.views()[0].failed >= 2)
            assert "no answer" in witnessing.views()[0].fault
            server = served_again(theirs, log, port)
            with server:
                until(lambda: store.cosignatures(log.origin, 3))
    (view,) = witnessing.views()
    assert (view.nonsense, view.fault) == (0, "")


@contextmanager
def served_again(store: Store, log: Log, port: int):
    from parley.app.c2sp import C2spServer

    server = C2spServer(doors_of(store, log.key.verifier.named), "127.0.0.1", port)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join(10)


@contextmanager
def liar(answer):
    """Serve a witness whose handler is `answer(handler, body)`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            answer(self, self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def reply(status: int, body):
    def answer(handler, request: bytes):
        data = body(request) if callable(body) else body
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def note_of(request: bytes) -> bytes:
    return request.partition(b"\n\n")[2]


def other_head(request: bytes) -> bytes:
    head = Checkpoint(origin="x", size=1, root=b"r" * 32)
    return cosign(KEY, sign_checkpoint(log_key("X"), head), AT_US)


STRANGER = SigningKey(b"s" * 32, name=KEY.name, role="witness")
LIES = {
    "garbage": reply(200, b"\xff\xfe\x00garbage"),
    "empty": reply(200, b""),
    "html": reply(200, b"<html>welcome</html>\n"),
    "no newline": reply(200, lambda r: cosign(KEY, note_of(r), AT_US)[:-1]),
    "another key": reply(200, lambda r: cosign(STRANGER, note_of(r), AT_US)),
    "another head": reply(200, other_head),
    "a time to come": reply(200, lambda r: cosign(KEY, note_of(r), AT_US + 10**9)),
    "a time long past": reply(200, lambda r: cosign(KEY, note_of(r), AT_US - 10**9)),
    "beyond our log": reply(409, b"99\n"),
    "our own size": reply(409, b"0\n"),
    "no size": reply(409, b"-1\n"),
    "a long size": reply(409, b"9" * 5000 + b"\n"),
    "an endless line": reply(200, b"x" * 200_000),
    "many lines": reply(200, lambda r: cosign(STRANGER, note_of(r), AT_US) * 100),
}


@pytest.mark.parametrize("lie", LIES)
def test_nonsense_is_counted_and_shown_and_nothing_is_kept(tmp_path, lie):
    with Store(tmp_path / "ours.db") as store, liar(LIES[lie]) as port:
        log = Log(store, origin_of("RUS"), "RUS")
        log.grow(3)
        witnessing = asker(log, outside(port))
        with asking(witnessing) as offer:
            offer(log.origin)
            view = until(lambda: witnessing.views()[0] if witnessing.views()[0].fault else None)
        assert view.nonsense == 1
        assert view.fault_at_us == AT_US
        assert view.held == {}
        assert store.cosignatures(log.origin) == []


def silent(handler, request):
    time.sleep(3)


def drips(handler, request):
    for _ in range(40):
        handler.wfile.write(b"H")
        time.sleep(0.1)


def drips_body(handler, request):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    drips(handler, request)


def hangs_up(handler, request):
    handler.connection.close()


@pytest.mark.parametrize("away", [silent, drips, drips_body, hangs_up])
def test_a_witness_that_lets_us_wait_is_left_in_time_and_holds_up_nobody(tmp_path, away):
    with Store(tmp_path / "ours.db") as store, Store(tmp_path / "theirs.db") as theirs:
        log = Log(store, origin_of("RUS"), "RUS")
        log.grow(3)
        key_of = log.key.verifier.named
        with liar(away) as bad, served(doors_of(theirs, key_of)) as good:
            other = SigningKey(b"o" * 32, name="other", role="witness")
            witnessing = asker(log, outside(bad, other.verifier), outside(good), timeout_s=0.5)
            with asking(witnessing) as offer:
                started_s = time.monotonic()
                offer(log.origin)
                until(lambda: store.cosignatures(log.origin, 3))
                until(lambda: witnessing.views()[0].failed)
                assert time.monotonic() - started_s < 2.5
        assert "no answer" in witnessing.views()[0].fault
        assert witnessing.views()[1].cosigned == 1


def test_a_refusal_is_shown_in_its_own_words(tmp_path):
    with Store(tmp_path / "ours.db") as store, Store(tmp_path / "theirs.db") as theirs:
        log = Log(store, origin_of("RUS"), "RUS")
        log.grow(3)
        with served(doors_of(theirs, named_logs([]))) as port:
            witnessing = asker(log, outside(port))
            with asking(witnessing) as offer:
                offer(log.origin)
                until(lambda: witnessing.views()[0].refused)
    (view,) = witnessing.views()
    assert "404" in view.fault
    assert "unknown log" in view.fault
    assert view.nonsense == 0


def test_a_line_is_taken_from_among_others_and_a_bad_one_is_not(tmp_path):
    foreign = Foreign().grow(4)
    ours = cosign(KEY, foreign.note(), AT_US)
    other = cosign(STRANGER, foreign.note(), AT_US)
    assert verified_line(foreign.note(), other + ours, KEY.verifier, AT_US) == ours
    head, _, text = ours.rpartition(b" ")
    payload = bytearray(base64.b64decode(text))
    payload[-1] ^= 1
    bad = head + b" " + base64.b64encode(payload) + b"\n"
    with pytest.raises(PeerFault):
        verified_line(foreign.note(), bad, KEY.verifier, AT_US)


def test_a_log_that_a_witness_refuses_holds_up_no_other(tmp_path):
    with Store(tmp_path / "ours.db") as store, Store(tmp_path / "theirs.db") as theirs:
        line, ops = Log(store, origin_of("RUS"), "RUS"), Log(store, origin_of("RUS", "ops"), "RUS")
        logs = {log.origin: log for log in (line, ops)}
        for log in logs.values():
            log.grow(1)
        known = named_logs([line.key.verifier.named(line.origin)])
        with served(doors_of(theirs, known)) as port:
            witnessing = asker(line, outside(port), others_each_s=0.0)
            witnessing._prove = lambda o, old, size: logs[o].tree.consistency_proof(old, size)
            with asking(witnessing) as offer:
                offer(ops.origin)
                until(lambda: witnessing.views()[0].refused)
                for _ in range(3):
                    started_s = time.monotonic()
                    line.grow(1)
                    offer(line.origin)
                    until(lambda: store.cosignatures(line.origin, line.tree.size))
                    assert time.monotonic() - started_s < 0.5
        assert store.cosignatures(ops.origin) == []


# --- two whole nodes -----------------------------------------------------------------------------


@pytest.fixture
def nodes(tmp_path):
    """Give a world of ALFA and BRAVO, and their stores as files."""
    world = linked()
    say(world)
    stores = {}
    for party in ("ALFA", "BRAVO"):
        folder = write_node(world, party, tmp_path / party)
        stores[party] = Store(folder / read_config(folder / "node.toml").store)
    yield world, stores
    for store in stores.values():
        store.close()


@contextmanager
def c2sp_of(world, stores, party: str):
    server = open_c2sp(
        lambda: world.node(party).state,
        stores[party],
        lambda: world.now_us,
        host="127.0.0.1",
        port=0,
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        yield server.port
    finally:
        server.stop()
        thread.join(10)


def test_a_nodes_heads_are_cosigned_by_a_second_nodes_witness(nodes):
    world, stores = nodes
    alfa, bravo = world.node("ALFA").state, world.node("BRAVO").state
    with c2sp_of(world, stores, "BRAVO") as port:
        key = bravo.identity.keys.witness.verifier
        witnessing = Witnessing(
            stores["ALFA"],
            [OutsideWitness(name="BRAVO", url=f"http://127.0.0.1:{port}", key=key)],
            prove_from(lambda: alfa),
            lambda: world.now_us,
        )
        witnessing.offer_held(alfa)
        shown = {log.name.origin: log for log in alfa.own_logs() if log.name.kind != "private"}
        with asking(witnessing):
            until(lambda: set(witnessing.views()[0].held) == set(shown))
    for origin, log in shown.items():
        size = log.tree.size
        lines = [
            k.line for k in stores["ALFA"].cosignatures(origin, size) if k.cosigner == key.name
        ]
        note = stores["ALFA"].checkpoint(origin)
        assert verify_cosignature(add_signatures(note, lines), key)
        assert parse_unverified_checkpoint(stores["BRAVO"].witnessed(origin)).size == size


def test_a_node_witnesses_whom_its_logs_say_by_now(nodes):
    world, stores = nodes
    alfa, bravo = world.node("ALFA").state, world.node("BRAVO").state
    key_of = peers_logs(lambda: bravo)
    name = next(log.name for log in alfa.own_logs() if log.name.kind == "line")
    origin = name.origin
    key = alfa.identity.keys.log.verifier.named(origin)
    assert key_of(origin) == key
    assert key_of(origin.replace("/line/", "/private/")) is None
    assert key_of(origin.replace("/ALFA/", "/BRAVO/")) is None
    assert key_of(origin.replace("/ALFA/", "/CHARLIE/")) is None
    assert key_of(origin.replace("/AB/", "/XY/")) is None
    assert key_of("example.com/log") is None
    with c2sp_of(world, stores, "BRAVO") as port:
        note = stores["ALFA"].checkpoint(origin)
        assert post(port, make_add_checkpoint(0, (), note))[0] == 200
        body = KeyDistrusted(
            party="ALFA",
            role="log",
            key=alfa.identity.keys.log.verifier.vkey,
            post="desk",
            reason="a key was stolen",
        )
        write_as(world, "BRAVO", body)
        status, _, said = post(port, make_add_checkpoint(0, (), note))
        assert (status, b"a key was stolen" in said) == (403, True)


# --- any bytes -----------------------------------------------------------------------------------

ANY = Foreign().grow(9)


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    with Store(tmp_path_factory.mktemp("idle") / "a.db") as store:
        yield Witness(store, KEY, [named_logs([ANY.key.verifier])], lambda: AT_US)


def changed(good: bytes):
    """Give good bytes with some of them changed, cut or doubled."""
    places = st.integers(0, len(good) - 1)
    return st.one_of(
        st.tuples(places, st.integers(0, 255)).map(
            lambda found: good[: found[0]] + bytes([found[1]]) + good[found[0] + 1 :]
        ),
        places.map(lambda at: good[:at]),
        places.map(lambda at: good[:at] + good[at // 2 :]),
    )


@given(st.one_of(st.binary(max_size=200), changed(ANY.request(0)), changed(ANY.request(4))))
def test_any_request_has_an_answer_and_none_that_is_changed_a_cosignature(idle, body):
    found = idle.asked(body)
    if isinstance(found, Reply):
        assert found.status in (400, 404)
        assert found.body.endswith(b"\n")
        return
    reply = idle.answer(found)
    assert reply.status in (200, 400, 403, 409, 422)
    if reply.status == 200:
        assert (found.request.head.size, found.request.head.root) == (9, ANY.tree.root())


GOOD_LINE = cosign(KEY, ANY.note(), AT_US)


@given(st.one_of(st.binary(max_size=200), changed(GOOD_LINE), changed(GOOD_LINE * 2)))
def test_any_answer_is_our_line_or_the_witnesss_fault(body):
    with suppress(PeerFault):
        assert verified_line(ANY.note(), body, KEY.verifier, AT_US) == GOOD_LINE
