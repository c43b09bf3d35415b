"""Our node as it asks outside witnesses: heads in their turn, lies, silence and refusals."""

from __future__ import annotations

import asyncio
import base64
import http.client
import http.server
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.test_c2sp import AT_US, Log, log_key, origin_of, served
from app.twonodes import until
from app.witnesskit import KEY, Foreign, asker, asking, changed, doors_of, outside
from parley.app.c2sp_witness import named_logs
from parley.app.witness_client import verified_line
from parley.store.sqlite import Store
from parley.trust.checkpoint import (
    Checkpoint,
    cosign,
    sign_checkpoint,
    verify_cosignature,
)
from parley.trust.keys import SigningKey
from parley.trust.note import add_signatures
from parley.world.faults import PeerFault

ANY = Foreign().grow(9)


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
            witnessing = asker(line, outside(port), others_each_s=3600.0)
            witnessing._prove = lambda o, old, size: logs[o].tree.consistency_proof(old, size)
            with asking(witnessing) as offer:
                for log in (line, ops):
                    offer(log.origin)
                    until(lambda log=log: store.cosignatures(log.origin, 1))
                for log in (line, ops):
                    log.grow(1)
                offer(ops.origin)
                offer(line.origin)
                until(lambda: store.cosignatures(line.origin, 2))
                assert not store.cosignatures(ops.origin, 2)
            # Its time comes, and it goes.
            patient = asker(line, outside(port), others_each_s=0.3)
            patient._prove = witnessing._prove
            with asking(patient) as offer:
                for size in (2, 3):
                    offer(ops.origin)
                    until(lambda size=size: store.cosignatures(ops.origin, size))
                    ops.grow(1)


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
    time.sleep(60)  # longer than any test of it waits


def drips(handler, request):
    for _ in range(600):
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
                offer(log.origin)
                until(lambda: store.cosignatures(log.origin, 3), 30)
                until(lambda: witnessing.views()[0].failed, 30)
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


def test_a_log_that_a_witness_refuses_holds_up_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr("parley.app.witness_client._BACKOFF_MIN_S", 300.0)
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
                    line.grow(1)
                    offer(line.origin)
                    until(lambda: store.cosignatures(line.origin, line.tree.size))
        assert store.cosignatures(ops.origin) == []


GOOD_LINE = cosign(KEY, ANY.note(), AT_US)


@given(st.one_of(st.binary(max_size=200), changed(GOOD_LINE), changed(GOOD_LINE * 2)))
def test_any_answer_is_our_line_or_the_witnesss_fault(body):
    with suppress(PeerFault):
        assert verified_line(ANY.note(), body, KEY.verifier, AT_US) == GOOD_LINE
