"""A verifier in Go, written from docs/pack.md, says of every pack what ours says.

`PARLEY_FLIPS` is how many bytes are flipped, `PARLEY_SEED` which ones.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import zipfile

import pytest

from against.gotools import SOURCE, built, run_program
from parley.review.pack_zip import zip_pieces
from parley.review.verify import INTACT, PackFault, finding_of, verify_pack
from review import packkit

FLIPS = int(os.environ.get("PARLEY_FLIPS", "200"))
SEED = int(os.environ.get("PARLEY_SEED", "1"))

UNSEEN = {
    "revoked-key": "a revocation is a statement of root keys in a form of Parley's own",
    "false-statement": "what a statement says of an entry is computed from Parley's entries",
}
"""The bad packs of the shared set in which the Go program cannot see what is wrong, and why."""
UNREAD = {
    "MANIFEST.json": "words of the maker, statements, and how JSON is spaced",
    "VERIFY.md": "it is for people",
}
"""The members of which the Go program does not check every byte, and why. Beside them it does not
look at what a zip says twice: the headers before the members."""
PLACE = re.compile(r"log (\d+)(?: entry (\d+))?: ")


@pytest.fixture(scope="module")
def verify(tmp_path_factory):
    """Return what the Go program says of a pack: its verdict's first word, log number, entry."""
    program = built(tmp_path_factory) / "pack"
    folder = tmp_path_factory.mktemp("packs")
    (folder / "keys").write_text("".join(f"{vkey}\n" for vkey in packkit.KEYS))

    def run(data: bytes):
        (folder / "pack.zip").write_bytes(data)
        code, said = run_program(program, folder / "pack.zip", folder / "keys")
        word = {0: INTACT, 2: "undecided"}.get(code, "refused")
        assert code in (0, 1, 2), said
        assert said.startswith({0: "intact", 2: "undecided: log "}.get(code, ("log ", "pack: ")))
        place = PLACE.match(said)
        log = int(place[1]) if place else None
        return word, log, int(place[2]) if place and place[2] else None, said

    return run


def ours(data: bytes):
    """Return the same of our verifier."""
    try:
        report = verify_pack(data, packkit.KEYS)
    except PackFault as fault:
        found = finding_of(fault)
        return "refused", found.log, found.index, found.reason
    return report.verdict.split(":")[0], None, None, report.verdict


def origins(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        return [log["origin"] for log in json.loads(pack.read("MANIFEST.json"))["logs"]]


@pytest.mark.row("A16", "R5")
@pytest.mark.parametrize("make", packkit.CASES, ids=lambda make: make.__name__)
def test_go_says_of_each_pack_what_we_say(verify, make):
    case = make()
    word, log, index, said = verify(case.data)
    our_word, our_log, our_index, why = ours(case.data)
    if case.name in UNSEEN:
        assert (word, our_word) == (INTACT, "refused"), said
        return
    assert word == our_word, (said, why)
    if our_word == "refused":
        # What is wrong with a key of the pack, and not of a log, has no place in a log.
        assert log is None or origins(case.data)[log] == our_log, (said, why)
        assert index == our_index, (said, why)


def test_what_go_cannot_see_stands_in_the_document():
    page = (SOURCE.parents[2] / "docs" / "verify-with-other-tools.md").read_text()
    for name in (*UNSEEN, *UNREAD):
        assert f"| `{name}` |" in page
    assert {case().name for case in packkit.CASES} >= set(UNSEEN)


# ---- flips --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def good():
    """Return the packs of the shared set in which nothing is wrong."""
    return [case.data for make in packkit.CASES if (case := make()).verdict == INTACT]


def flipped(data: bytes, at: int, rng: random.Random) -> bytes:
    return data[:at] + bytes((data[at] ^ rng.randrange(1, 256),)) + data[at + 1 :]


def contents(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def zipped(members: dict[str, bytes]) -> bytes:
    """Return a pack of these members, right in all that a zip says of them."""
    return b"".join(zip_pieces(list(members.items())))


def test_a_byte_flipped_anywhere_in_the_file_is_seen(verify, good):
    rng = random.Random(SEED)
    for _ in range(FLIPS // 2):
        data = rng.choice(good)
        at = rng.randrange(len(data))
        bad = flipped(data, at, rng)
        assert ours(bad)[0] == "refused", at
        inside = [
            name
            for name, value in contents(data).items()
            if data.find(value) <= at < data.find(value) + len(value)
        ]
        assert verify(bad)[0] == "refused" or not inside, (at, inside)


def changed(members: dict[str, bytes], name: str, rng: random.Random) -> dict[str, bytes]:
    """Return the members with one of them cut, doubled in part, grown, dropped or replaced."""
    data, other = members[name], rng.choice(list(members))
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    new = {
        "cut": data[:start] + data[end:],
        "doubled": data[:end] + data[start:],
        "grown": data[:start] + rng.choice((b"\0", b"\n", b"\r", b" ", b"0")) + data[start:],
        "longer": data + rng.randbytes(rng.randrange(1, 40)),
    }
    how = rng.choice((*new, "dropped", "replaced"))
    if how == "dropped":
        return {each: value for each, value in members.items() if each != name}
    return members | {name: new.get(how, members[other])}


def check_alike(verify, members: dict[str, bytes], name: str) -> bool:
    """Return whether both refuse, after checking that they say the same of a changed member."""
    bad = zipped(members)
    word, _, _, said = verify(bad)
    our_word, _, _, why = ours(bad)
    # Where Go reads everything it says what we say; where it does not, we may refuse more.
    fewer = name in UNREAD and (word, our_word) == (INTACT, "refused")
    assert word == our_word or fewer, (name, said, why)
    return word == "refused"


def test_a_byte_flipped_in_any_member_under_a_right_checksum_is_seen_alike(verify, good):
    rng = random.Random(SEED)
    refused = 0
    for _ in range(FLIPS):
        members = contents(rng.choice(good))
        name = rng.choice(list(members))
        members[name] = flipped(members[name], rng.randrange(len(members[name])), rng)
        refused += check_alike(verify, members, name)
    assert refused > FLIPS // 2


def test_whatever_is_done_to_a_member_under_a_right_checksum_is_seen_alike(verify, good):
    rng = random.Random(SEED + 1)
    for _ in range(FLIPS):
        members = contents(rng.choice(good))
        name = rng.choice(list(members))
        check_alike(verify, changed(members, name, rng), name)


@pytest.mark.parametrize("junk", [b"\0", b"\0\0", b"\xff\xff", b"\0\5ab", b"\0\1a"])
def test_bytes_behind_the_last_entry_are_refused_by_both(verify, junk):
    members = contents(packkit.good().data)
    members["logs/0/entries.0-12"] += junk
    assert check_alike(verify, members, "logs/0/entries.0-12")
