"""Uploads to our mirror over real sockets: resumed, proven, cosigned only when all is durable."""

from __future__ import annotations

import gzip
import hashlib
import random
import socket
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.test_c2sp import AT_US, MIRROR, OCTETS, ask, read_log, served
from app.witnesskit import KEY, Foreign, changed, post
from parley.app.c2sp import Doors
from parley.app.c2sp_mirror import PACKAGES_MAX, FolderLogs, Mirror
from parley.app.c2sp_reading import Reader
from parley.app.c2sp_witness import Witness, named_logs
from parley.store.sqlite import Store
from parley.trust.checkpoint import verify_cosignature
from parley.trust.mirror import (
    INFO_TYPE,
    Upload,
    parse_mirror_info,
    spans,
    upload_head,
    upload_parts,
)


class Whole(Foreign):
    """Somebody's log with its entries."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.entries: list[bytes] = []

    def grow(self, count: int, salt: bytes = b"") -> Whole:
        for n in range(self.tree.size, self.tree.size + count):
            self.entries.append(b"%d" % n + salt + b"x" * (n % 40))
            self.tree.append(self.entries[-1])
        return self

    def upload(self, start: int, end: int, packages_max: int = 32) -> bytes:
        upload = Upload(origin=self.origin, start=start, end=end)
        return b"".join(
            upload_parts(self.tree, lambda a, b: self.entries[a:b], upload, packages_max)
        )


class Served:
    """A mirror on a port."""

    def __init__(self, port: int, mirror: Mirror, foreign: Whole) -> None:
        self.port, self.mirror, self.foreign = port, mirror, foreign

    def announce(self, old: int, size: int) -> None:
        assert post(self.port, self.foreign.request(old, size))[0] == 200

    def send(self, body: bytes, **headers: str):
        return ask(self.port, "/add-entries", "POST", body, **headers)

    def info(self, found):
        status, headers, body = found
        assert headers["content-type"] == INFO_TYPE
        told = parse_mirror_info(body)
        return status, told.size, told.next_entry


def doors_of(folder, store: Store, foreign: Foreign) -> Doors:
    keys = [foreign.key.verifier]
    witness = Witness(store, KEY, [named_logs(keys)], lambda: AT_US)
    mirror = Mirror(folder, keys, store, MIRROR, lambda: AT_US)
    return Doors(
        Reader(store, "COAL", MIRROR, lambda: AT_US),
        witness,
        mirror,
        Reader(mirror.logs, "COAL", MIRROR, lambda: AT_US, entries=True),
    )


@pytest.fixture
def here(tmp_path):
    foreign = Whole()
    with Store(tmp_path / "node.db") as store:
        doors = doors_of(tmp_path / "mirror", store, foreign)
        with served(doors) as port:
            yield Served(port, doors.mirror, foreign)


def test_a_log_is_uploaded_cosigned_and_read_back(here):
    foreign, sizes = here.foreign, [3, 256, 257, 1000, 1001]
    before = 0
    for size in sizes:
        foreign.grow(size - before)
        here.announce(before, size)
        status, headers, line = here.send(foreign.upload(before, size))
        assert (status, headers["accept-encoding"]) == (200, "gzip"), line
        given = verify_cosignature(foreign.note() + line, MIRROR.verifier)
        assert given.time_s == AT_US // 10**6
        assert KEY.name.encode() not in line
        before = size
    for name in (foreign.origin, hashlib.sha256(foreign.origin.encode()).hexdigest()):
        head, entries = read_log(here.port, name, foreign.key.verifier)
        assert (head.size, head.root) == (1001, foreign.tree.root())
        assert entries == foreign.entries
        note = ask(here.port, f"/{name}/checkpoint")[2]
        assert note == foreign.note() + line
    # Every size that was cosigned keeps its partial tiles, and no other has any.
    found = {w: ask(here.port, f"/{foreign.origin}/tile/0/000.p/{w}")[0] for w in (3, 4, 255)}
    assert found == {3: 200, 4: 404, 255: 404}


def test_without_a_head_that_was_witnessed_nothing_is_taken(here):
    foreign = here.foreign.grow(10)
    assert here.info(here.send(foreign.upload(0, 10))) == (409, 0, 0)
    assert here.info(here.send(foreign.upload(0, 0))) == (409, 0, 0)
    here.announce(0, 7)
    assert here.info(here.send(foreign.upload(0, 10))) == (409, 7, 0)
    assert here.info(here.send(foreign.upload(3, 7))) == (409, 7, 0)
    other = Whole("example.com/unknown").grow(3)
    assert here.send(other.upload(0, 3))[0] == 404
    assert ask(here.port, f"/{foreign.origin}/checkpoint")[0] == 404
    assert here.mirror.logs.size(foreign.origin) == 0


def test_an_upload_in_parts_goes_on_where_it_was(here):
    foreign = here.foreign.grow(256 * (PACKAGES_MAX + 2) + 5)
    size = foreign.tree.size
    here.announce(0, size)
    told = here.info(here.send(foreign.upload(0, size, packages_max=1)))
    assert told == (202, size, 256)
    # More than one request should carry is answered as if it had ended there.
    told = here.info(here.send(foreign.upload(256, size, packages_max=99)))
    assert told == (202, size, 256 * (PACKAGES_MAX + 1))
    assert ask(here.port, f"/{foreign.origin}/checkpoint")[0] == 404
    assert here.send(foreign.upload(told[2], size))[0] == 200
    assert read_log(here.port, foreign.origin, foreign.key.verifier)[1] == foreign.entries
    # Again from behind: nothing is kept twice, and the same line is given.
    line = here.send(foreign.upload(size - 300, size))
    assert line[0] == 200
    assert here.mirror.logs.size(foreign.origin) == size


def test_a_line_that_breaks_anywhere_loses_no_proven_package(here):
    foreign = here.foreign.grow(1000)
    here.announce(0, 1000)
    draw = random.Random(3)
    at = tries = kept = 0
    while at < 1000:
        body = foreign.upload(at, 1000)
        cut = draw.randrange(len(body)) if tries < 8 else len(body)
        head = f"POST /add-entries HTTP/1.1\r\nHost: 127.0.0.1:{here.port}\r\n"
        head += f"Content-Type: {OCTETS}\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", here.port), 10) as link:
            link.sendall(head.encode() + body[:cut])
            # What comes together with the end of the line may not be seen any more.
            time.sleep(0.1)
            link.shutdown(socket.SHUT_WR)
            link.recv(4096)
        found = here.send(upload_head(Upload(origin=foreign.origin, start=0, end=0)))
        assert found[0] == 409
        told = parse_mirror_info(found[2])
        sent = [
            span.end
            for n, span in enumerate(spans(at, 1000), 1)
            if len(foreign.upload(at, 1000, n)) <= cut
        ]
        assert told.next_entry in [at, *sent]
        kept += bool(sent) and told.next_entry == sent[-1]
        at, tries = told.next_entry, tries + 1
    assert kept
    assert read_log(here.port, foreign.origin, foreign.key.verifier)[1] == foreign.entries


def test_gzip_is_taken_and_what_says_so_wrongly_is_not(here):
    foreign = here.foreign.grow(600)
    here.announce(0, 600)
    body = foreign.upload(0, 600)
    status, _, said = here.send(body, **{"Content-Encoding": "gzip"})
    assert (status, b"gzip" in said) == (400, True)
    assert here.send(body, **{"Content-Encoding": "br"})[0] == 415
    assert here.send(gzip.compress(body), **{"Content-Encoding": "gzip"})[0] == 200


@pytest.mark.parametrize("at", [0, 1, 17, 300, 9000, -1, -40])
def test_a_changed_byte_is_refused_and_what_came_before_it_stays(here, at):
    foreign = here.foreign.grow(600)
    here.announce(0, 600)
    body = bytearray(foreign.upload(0, 600))
    body[at] ^= 1
    status, _, _ = here.send(bytes(body))
    assert status in (400, 404, 409, 422)
    size = here.mirror.logs.size(foreign.origin)
    assert size in (0, 256, 512)
    assert here.mirror.logs.entries(foreign.origin, 0, size) == foreign.entries[:size]
    assert ask(here.port, f"/{foreign.origin}/checkpoint")[0] == 404
    assert here.send(foreign.upload(size, 600))[0] == 200


def test_entries_of_another_history_are_never_taken(here):
    foreign = here.foreign.grow(300)
    here.announce(0, 300)
    fork = Whole().grow(200).grow(100, b"'")
    assert here.send(fork.upload(0, 300))[0] == 422
    assert here.send(foreign.upload(0, 300))[0] == 200


def test_uploads_at_once_end_in_one_whole_log(here):
    foreign = here.foreign.grow(2000)
    here.announce(0, 900)
    here.announce(900, 2000)
    found = []

    def send(start: int, end: int) -> None:
        found.append(here.send(foreign.upload(start, end))[0])

    threads = [threading.Thread(target=send, args=(0, end)) for end in (900, 2000, 900, 2000)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert set(found) <= {200, 409}
    assert read_log(here.port, foreign.origin, foreign.key.verifier)[0].size == 2000


def test_a_mirror_that_starts_again_has_what_was_on_the_disk(tmp_path):
    foreign = Whole().grow(700)
    with Store(tmp_path / "node.db") as store:
        with served(doors_of(tmp_path / "m", store, foreign)) as port:
            assert post(port, foreign.request(0))[0] == 200
            assert ask(port, "/add-entries", "POST", foreign.upload(0, 700, 2))[0] == 202
        # A crash may leave a part of a file that was never given its name.
        folder = next((tmp_path / "m").glob("*/entries/000000"))
        (folder / "002.part").write_bytes(b"half")
        with served(doors_of(tmp_path / "m", store, foreign)) as port:
            assert ask(port, f"/{foreign.origin}/checkpoint")[0] == 404
            assert ask(port, "/add-entries", "POST", foreign.upload(512, 700))[0] == 200
        with served(doors_of(tmp_path / "m", store, foreign)) as port:
            assert read_log(port, foreign.origin, foreign.key.verifier)[1] == foreign.entries


def test_a_damaged_copy_is_never_cosigned(tmp_path):
    foreign = Whole().grow(300)
    with Store(tmp_path / "node.db") as store:
        doors = doors_of(tmp_path / "m", store, foreign)
        with served(doors) as port:
            post(port, foreign.request(0))
            assert ask(port, "/add-entries", "POST", foreign.upload(0, 300, 1))[0] == 202
            file = next((tmp_path / "m").glob("*/entries/000000/000"))
            data = bytearray(file.read_bytes())
            data[5] ^= 1
            file.write_bytes(data)
            status, _, body = ask(port, "/add-entries", "POST", foreign.upload(256, 300))
            assert status == 500
            assert b"\xe2\x80\x94" not in body
    assert FolderLogs(tmp_path / "m", [foreign.origin], MIRROR.name).origins() == []


ANY = Whole().grow(300)
GOOD = ANY.upload(0, 300)


@given(
    st.one_of(st.binary(max_size=300), changed(GOOD), changed(GOOD[:300]), st.just(GOOD)),
    st.integers(1, 4000),
    st.booleans(),
)
@settings(max_examples=60)
def test_any_body_in_any_pieces_has_an_answer(tmp_path_factory, body, piece, gzipped):
    folder = tmp_path_factory.mktemp("any")
    with Store(folder / "node.db") as store:
        doors = doors_of(folder / "m", store, ANY)
        asked = doors.witness.asked(ANY.request(0))
        assert doors.witness.answer(asked).status == 200
        receiving = doors.mirror.receive(gzipped=gzipped)
        found = None
        for at in range(0, len(body), piece):
            found = receiving.feed(body[at : at + piece])
            if found is not None:
                break
        found = found or receiving.end()
        assert found.status in (200, 202, 400, 404, 409, 422)
        size = doors.mirror.logs.size(ANY.origin)
        assert doors.mirror.logs.entries(ANY.origin, 0, 400) == ANY.entries[:size]
        assert (found.status == 200) == (doors.mirror.held(ANY.origin) == 300)
