"""Other people's tools at our door: a whole log read and recomputed, and what is never served."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.twonodes import environment
from parley.app import c2sp
from parley.app.c2sp import C2spServer, Doors, TimedProtocol
from parley.app.c2sp_mirror import PACKAGES_MAX
from parley.app.c2sp_reading import Reader, TileRoots
from parley.app.c2sp_witness import HEADS_AT_ONCE, HEADS_PER_S, Witness, named_logs
from parley.node.entries import LogName
from parley.store.sqlite import Store
from parley.trust.checkpoint import (
    Checkpoint,
    open_checkpoint,
    sign_checkpoint,
    verify_cosignature,
)
from parley.trust.keys import SigningKey
from parley.trust.tiles import (
    entries_path,
    new_tiles,
    root_from_tiles,
    tile_path,
    unbundle,
    verify_bundle,
)
from parley.trust.tree import Tree
from parley.world.faults import InputFault

AT_US = 1_800_000_000_000_000
OCTETS = "application/octet-stream"


def origin_of(party: str = "COAL", kind: str = "line") -> str:
    return LogName(agreement="AGR-1", party=party, kind=kind, year=2026).origin


def log_key(party: str) -> SigningKey:
    seed = hashlib.sha256(party.encode()).digest()
    return SigningKey(seed, name=f"parley/{party}/log", role="log")


MIRROR = SigningKey(bytes(32), name="parley/COAL/mirror", role="mirror")


class Log:
    """A log with its tree, grown batch by batch into a store."""

    def __init__(self, store: Store, origin: str, party: str = "COAL") -> None:
        self.store, self.origin, self.key, self.tree = store, origin, log_key(party), Tree()

    def head(self) -> bytes:
        head = Checkpoint(origin=self.origin, size=self.tree.size, root=self.tree.root())
        return sign_checkpoint(self.key, head)

    def grow(self, *batches: int) -> None:
        for count in batches:
            first = self.tree.size
            entries = [b'{"entry":%d}' % n + b" " * (n % 50) for n in range(first, first + count)]
            for entry in entries:
                self.tree.append(entry)
            self.store.append(self.origin, first, entries, self.head())


@contextmanager
def served(doors: Doors, **options):
    """Serve the doors on a port of their own, in a thread; give the port."""
    server = C2spServer(doors, "127.0.0.1", 0, **options)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        yield server.port
    finally:
        server.stop()
        thread.join(10)


def ask(port: int, path: str, method: str = "GET", body: bytes | None = None, **headers: str):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    """Give a store with an own log of 70,000 entries, small logs, and doors that show entries."""
    with Store(tmp_path_factory.mktemp("c2sp") / "node.db") as store:
        logs = {
            "big": Log(store, origin_of(kind="ops")),
            "line": Log(store, origin_of()),
            "peer": Log(store, origin_of("RUS"), "RUS"),
            "private": Log(store, origin_of(kind="private")),
        }
        logs["big"].grow(*[256] * 273, 100, 12)
        logs["line"].grow(3, 4, 253, 256, 9)
        logs["peer"].grow(2, 5)
        logs["private"].grow(4)
        reader = Reader(store, "COAL", MIRROR, lambda: AT_US, entries=True)
        with served(Doors(reader)) as port:
            yield store, logs, reader, port


def read_log(port: int, log: str, key) -> tuple[Checkpoint, list[bytes]]:
    """Read a whole log as a stranger would: the head, all tiles to its root, all entries."""
    status, _, note = ask(port, f"/{log}/checkpoint")
    assert status == 200
    head = open_checkpoint(note, key)
    tiles = {}

    def read(level: int, index: int, width: int) -> bytes:
        status, headers, data = ask(port, f"/{log}/{tile_path(level, index, width)}")
        assert (status, headers["content-type"]) == (200, OCTETS), data
        tiles[level, index] = data
        return data

    assert root_from_tiles(read, head.size, head.root) == head.root
    entries = []
    for index in range(-(-head.size // 256)):
        width = min(256, head.size - index * 256)
        status, headers, data = ask(port, f"/{log}/{entries_path(index, width)}")
        assert (status, headers["content-type"]) == (200, OCTETS), data
        entries += verify_bundle(data, tiles[0, index], index * 256)
    return head, entries


@pytest.mark.parametrize("which", ["big", "line", "peer"])
def test_a_stranger_recomputes_a_whole_log(doors, which):
    store, logs, _, port = doors
    log = logs[which]
    head, entries = read_log(port, log.origin, log.key.verifier.named(log.origin))
    assert (head.size, head.root) == (log.tree.size, log.tree.root())
    assert entries == store.entries(log.origin, 0, head.size)


def test_a_log_has_three_names(doors):
    _, logs, _, port = doors
    origin = logs["line"].origin
    names = [origin, quote(origin, safe=""), hashlib.sha256(origin.encode()).hexdigest()]
    found = {ask(port, f"/{name}/checkpoint")[2] for name in names}
    assert found == {logs["line"].head()}
    assert {ask(port, f"/{name}/tile/0/000")[0] for name in names} == {200}


def test_a_copy_carries_our_mirrors_word_and_our_own_log_does_not(doors):
    _, logs, _, port = doors
    note = ask(port, f"/{logs['peer'].origin}/checkpoint")[2]
    given = verify_cosignature(note, MIRROR.verifier)
    assert given.time_s == AT_US // 1_000_000
    assert ask(port, f"/{logs['peer'].origin}/checkpoint")[2] == note
    assert b"mirror" not in ask(port, f"/{logs['line'].origin}/checkpoint")[2]


def test_cosignatures_that_were_kept_stand_on_the_head(tmp_path):
    with Store(tmp_path / "a.db") as store:
        log = Log(store, origin_of())
        log.grow(2)
        line = log.head().rpartition(b"\n\n")[2].replace(b"COAL", b"KOAL")
        store.put_cosignature(log.origin, 2, "parley/RUS/mirror", line)
        reader = Reader(store, "COAL", MIRROR, lambda: AT_US)
        assert reader.read(f"{log.origin}/checkpoint").parts == (log.head() + line,)


def test_headers_say_what_may_be_kept(doors):
    _, logs, _, port = doors
    origin = logs["line"].origin
    _, headers, _ = ask(port, f"/{origin}/checkpoint")
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["cache-control"] == "no-cache"
    for path in ("tile/0/000", "tile/entries/001", "tile/0/002.p/13", "tile/1/000.p/2"):
        status, headers, _ = ask(port, f"/{origin}/{path}")
        assert (status, headers["content-type"]) == (200, OCTETS)
        assert "immutable" in headers["cache-control"]
        assert headers["x-content-type-options"] == "nosniff"
    status, headers, body = ask(port, f"/{origin}/checkpoint", "HEAD")
    assert (status, body) == (200, b"")
    assert "set-cookie" not in headers
    _, headers, _ = ask(port, f"/{origin}/tile/0/999")
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("tile/0/003", "beyond size 525"),
        ("tile/0/002.p/14", "beyond size 525"),
        ("tile/0/000.p/5", "size 5 never had a checkpoint"),
        ("tile/entries/000.p/6", "size 6 never had a checkpoint"),
        ("tile/1/000", "beyond size"),
        ("tile/63/000", "beyond size"),
        ("tile/64/000", "tile level"),
        ("tile/00/000", "tile path"),
        ("tile/0/000.p/0", "tile path"),
        ("tile/0/000.p/256", "tile"),
        ("tile/0/000/", "tile path"),
        ("tile/0/x000/000", "tile"),
        ("tile/0/../0/000", "tile path"),
        ("tile/entries", "wanted"),
        ("checkpoint/", "wanted"),
        ("", "wanted"),
    ],
)
def test_what_no_head_reached_is_refused_with_the_reason(doors, path, why):
    _, logs, _, port = doors
    status, headers, body = ask(port, f"/{logs['line'].origin}/{path}")
    assert status == 404
    assert why in body.decode()
    assert headers["content-type"] == "text/plain; charset=utf-8"


def test_partial_tiles_of_every_published_size_are_there(doors):
    _, logs, _, port = doors
    log = logs["line"]
    for size in (3, 7, 260, 516, 525):
        for tile in new_tiles(0, size):
            status, _, data = ask(port, f"/{log.origin}/{tile.path}")
            assert status == 200, (size, tile.path)
            if tile.level is None:
                assert len(unbundle(data)) == tile.width
            else:
                assert data == log.tree.hashes(8 * tile.level, tile.index * 256, tile.width)


def test_a_private_log_shows_its_head_and_nothing_else(doors):
    _, logs, _, port = doors
    origin = logs["private"].origin
    assert ask(port, f"/{origin}/checkpoint")[2] == logs["private"].head()
    for path in ("tile/0/000.p/4", "tile/entries/000.p/4"):
        status, _, body = ask(port, f"/{origin}/{path}")
        assert status == 404
        assert b"private" in body


def test_entries_and_kinds_are_shown_only_where_the_owner_said_so(doors):
    store, logs, _, _ = doors
    origin = logs["line"].origin
    reader = Reader(store, "COAL", MIRROR, lambda: AT_US, kinds=("line",))
    with served(Doors(reader)) as port:
        assert ask(port, f"/{origin}/tile/0/000")[0] == 200
        status, _, body = ask(port, f"/{origin}/tile/entries/000")
        assert status == 404
        assert b"entries = true" in body
        assert ask(port, f"/{logs['big'].origin}/checkpoint")[0] == 404
        assert ask(port, f"/{logs['private'].origin}/checkpoint")[0] == 200


def test_an_unknown_log_is_refused(doors):
    *_, port = doors
    for name in ("nobody", "0" * 64, "%00", "%ff", "a" * 5000, "../../etc/passwd"):
        assert ask(port, f"/{name}/checkpoint")[0] == 404


def test_tile_roots_are_those_of_the_tree(doors):
    store, logs, _, _ = doors
    log = logs["big"]
    roots = TileRoots(store, log.origin)
    for size in (0, 1, 255, 256, 257, 511, 65_535, 65_536, 65_537, 70_000, 300):
        assert roots.root(size) == log.tree.root(size), size


# --- the gate ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/x/checkpoint", {"Host": "evil.example"}, 403),
        ("GET", "/x/checkpoint", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", "/x/checkpoint", {}, 405),
        ("PUT", "/add-checkpoint", {}, 405),
        ("GET", "/add-checkpoint", {}, 405),
        ("DELETE", "/x/tile/0/000", {}, 405),
        ("POST", "/add-checkpoint", {}, 404),
        ("POST", "/add-entries", {}, 404),
    ],
)
def test_the_gate_lets_in_what_is_known(doors, method, path, headers, status):
    *_, port = doors
    body = b"x" if method == "POST" else None
    assert ask(port, path, method, body, **headers)[0] == status


def test_a_proxys_name_is_let_in_where_it_was_named(doors):
    _, logs, reader, _ = doors
    with served(Doors(reader), hosts=("log.parley.example",)) as port:
        path = f"/{logs['line'].origin}/checkpoint"
        assert ask(port, path, Host="Log.parley.example")[0] == 200
        assert ask(port, path, Host="other.parley.example")[0] == 403


def test_one_who_does_not_finish_a_header_is_cut_off(doors, monkeypatch):
    *_, port = doors
    monkeypatch.setattr("parley.app.c2sp.HEADER_S", 0.3)
    with socket.create_connection(("127.0.0.1", port), 30) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\n")
        time.sleep(0.2)
        slow.sendall(b"Host: 127.0.0.1\r\n")
        with suppress(ConnectionResetError):
            assert slow.recv(100) == b""
    assert TimedProtocol._timer is None


# --- the page that explains it -------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "c2sp.md"


def examples() -> list[tuple[str, str]]:
    """Return the commands of the page with what it says that they print."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        for part in block.split("$ ")[1:]:
            command, _, said = part.partition("\n")
            found.append((command, said))
    return found


def test_the_examples_of_the_page_are_true(tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("curl is not on this machine")
    witness = SigningKey(bytes(32), name="parley/COAL/witness", role="witness")
    other = SigningKey(bytes(32), name="log", role="log").named("example.com/log")
    head = Checkpoint(origin=other.name, size=7, root=b"r" * 32)
    request = b"old 0\n\n" + sign_checkpoint(other, head)
    (tmp_path / "request").write_bytes(request)
    with Store(tmp_path / "node.db") as store:
        Log(store, origin_of()).grow(3, 4)
        Log(store, origin_of(kind="private")).grow(4)
        reader = Reader(store, "COAL", MIRROR, lambda: AT_US)
        doors = Doors(
            reader, Witness(store, witness, [named_logs([other.verifier])], lambda: AT_US)
        )
        with served(doors) as port:
            assert len(examples()) == 8
            for command, said in examples():
                done = subprocess.run(
                    [
                        "bash",
                        "-c",
                        command.replace("8090", str(port)).replace("python3", sys.executable),
                    ],
                    cwd=tmp_path,
                    capture_output=True,
                    text=True,
                    env={**environment(), "no_proxy": "127.0.0.1"},
                    timeout=20,
                    check=True,
                )
                printed = re.sub(r"(?m)^(— \S+) \S{80,}$", r"\1 SIGNATURE", done.stdout)
                assert printed == said, command


def test_the_page_names_the_limits_as_they_are():
    text = PAGE.read_text("utf-8")
    for words in (
        f"{c2sp.CONNECTIONS_MAX} connections; {c2sp.BUNDLES_MAX} bundles of entries",
        f"and {c2sp.UPLOADS_MAX} uploads at once",
        f"One request takes {PACKAGES_MAX} packages",
        f"{c2sp.HEADER_S:g} s for a header, {c2sp.REQUEST_S:g} s for a request",
        f"longer than {c2sp.CHECKPOINT_BYTES_MAX >> 10} KiB",
        f"than {HEADS_AT_ONCE} at once and {HEADS_PER_S:g} a second",
    ):
        assert words in text


PIECES = st.sampled_from(
    ["/", "tile", "checkpoint", "witness", "entries", "x001", "000", ".p/", "9", origin_of(), "..",
     "%2f", "\x00", "é", "tile/0/000", "\ud800", "0" * 64]
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=9).map("".join)))
def test_any_path_is_something_or_a_reason(doors, path):
    reader = doors[2]
    with suppress(InputFault):
        assert reader.read(path).parts


def test_readers_that_do_not_read_hold_up_no_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(c2sp, "BUNDLES_MAX", 2)
    with Store(tmp_path / "node.db") as store:
        log = Log(store, origin_of())
        for entry in range(256):
            log.tree.append(b"%03d" % entry + b"x" * 59_000)
        entries = [b"%03d" % entry + b"x" * 59_000 for entry in range(256)]
        store.append(log.origin, 0, entries, log.head())
        reader = Reader(store, "COAL", MIRROR, lambda: AT_US, entries=True)
        with served(Doors(reader)) as port:
            slow = []
            for _ in range(4):
                link = socket.create_connection(("127.0.0.1", port), 5)
                slow.append(link)
                path = f"/{log.origin}/tile/entries/000"
                link.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            assert ask(port, f"/{log.origin}/checkpoint")[0] == 200
            assert ask(port, f"/{log.origin}/tile/0/000")[0] == 200
            for link in slow:
                link.close()
            data = ask(port, f"/{log.origin}/tile/entries/000")[2]
            assert unbundle(data) == entries
