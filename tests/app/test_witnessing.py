"""Witnesses at work over real sockets: ours as others ask it, others as ours asks them."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import http.server
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nodekit import write_as

from app.storedworld import linked, say, write_node
from app.test_c2sp import AT_US, Log, ask, log_key, origin_of, served
from app.twonodes import until
from app.witnesskit import KEY, SIZE_TYPE, Foreign, asking, changed, doors_of, post
from parley.app import c2sp_witness
from parley.app.c2sp import CHECKPOINT_BYTES_MAX, open_c2sp
from parley.app.c2sp_witness import Reply, Witness, named_logs, peers_logs
from parley.app.config import read_config
from parley.app.enrolment import OutsideWitness
from parley.app.witness_client import Witnessing, prove_from
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
from shared_data import shared


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
