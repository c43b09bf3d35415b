"""The evidence pack: whatever was changed after it was signed is found, and where."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.review import verify
from parley.review.verify import (
    INTACT,
    PackLog,
    read_pack,
    verify_pack,
    verify_same_history,
    write_pack,
)
from parley.trust.checkpoint import Checkpoint, cosign, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.note import add_signatures
from parley.trust.tree import Tree, leaf_hash, leaf_hashes
from parley.world.faults import Fault, InputFault, PeerFault

KEY = SigningKey(b"\x01" * 32, name="parley/A/B/log", role="log")
MIRROR = SigningKey(b"\x02" * 32, name="parley/A/C/mirror", role="mirror")
ABSENT = SigningKey(b"\x03" * 32, name="parley/A/D/mirror", role="mirror")
LINE, OPS = "parley/A/B/line", "parley/A/B/ops"
ENTRIES = tuple(b'{"seq":%d,"text":"message %d"}' % (n, n) for n in range(12))
TRUSTED = {LINE: KEY.verifier.vkey, OPS: KEY.verifier.vkey, MIRROR.name: MIRROR.verifier.vkey}


def head(entries, origin=LINE, key=KEY, mirrors=(MIRROR,)):
    tree = Tree(leaf_hashes(entries))
    note = sign_checkpoint(key, Checkpoint(origin=origin, size=tree.size, root=tree.root()))
    return add_signatures(note, [cosign(mirror, note, 9_000_000) for mirror in mirrors])


def log(entries=ENTRIES, origin=LINE, heads=(4, 8), **changes):
    """One whole log with heads at those sizes; `changes` are put in place of what is right."""
    made = PackLog(
        origin=origin,
        log_key=KEY.verifier.vkey,
        mirrors=(MIRROR.verifier.vkey, ABSENT.verifier.vkey),
        checkpoint=head(entries, origin),
        entries=tuple(entries),
        heads=tuple(head(entries[:size], origin) for size in heads),
    )
    return msgspec.structs.replace(made, **changes)


def forge(changed, leaves):
    """A pack with leaf hashes beside it that somebody chose, in perfect zip form."""
    return verify._write([changed], [b"".join(leaves)])


PACK = write_pack([log(), log(ENTRIES[:3], OPS, heads=())])


def test_an_untouched_pack_says_what_was_checked():
    report = verify_pack(PACK, TRUSTED)
    assert (report.verdict, report.keys_from) == (INTACT, "given")
    assert report.sha256_hex == hashlib.sha256(PACK).hexdigest()
    line, ops = report.logs
    assert (line.origin, line.size, line.heads) == (LINE, 12, 2)
    assert line.root_hex == Tree(leaf_hashes(ENTRIES)).root().hex()
    assert [(held.cosigner, held.time_s) for held in line.cosigned_by] == [(MIRROR.name, 9)]
    assert line.cosigners_from_pack == ()
    assert line.not_cosigned_by == (ABSENT.name,)
    assert (ops.origin, ops.size, ops.heads) == (OPS, 3, 0)
    assert line.fingerprint == KEY.verifier.fingerprint
    assert "true" not in msgspec.json.encode(report).decode()


def test_keys_that_only_the_pack_gives_are_said_to_come_from_it():
    report = verify_pack(PACK)
    assert report.keys_from == "pack"
    assert {one.log_key_from for one in report.logs} == {"pack"}
    assert report.logs[0].cosigners_from_pack == (MIRROR.name,)
    half = verify_pack(PACK, {LINE: KEY.verifier.vkey, OPS: KEY.verifier.vkey})
    assert (half.keys_from, half.logs[0].cosigners_from_pack) == ("given", (MIRROR.name,))


def test_writing_is_deterministic_and_reads_back():
    logs = read_pack(PACK)
    assert write_pack(logs) == PACK
    assert logs[0].entries == ENTRIES
    assert verify_pack(write_pack([])).logs == ()
    empty = log((), heads=())
    assert verify_pack(write_pack([empty]), TRUSTED).logs[0].size == 0


def test_any_zip_reader_opens_it():
    with zipfile.ZipFile(io.BytesIO(PACK)) as file:
        assert file.testzip() is None
        names = file.namelist()
        manifest = json.loads(file.read("MANIFEST.json"))
        entries = file.read("logs/0/entries")
        assert file.read("logs/0/leaves") == b"".join(leaf_hashes(ENTRIES))
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert names[:2] == ["MANIFEST.json", "VERIFY.txt"]
    assert "logs/0/head.1" in names
    assert manifest["logs"][0]["size"] == 12
    assert entries.startswith(len(ENTRIES[0]).to_bytes(2, "big") + ENTRIES[0])


def test_every_flipped_byte_is_refused():
    small = write_pack([log(ENTRIES[:2], heads=(1,))])
    verify_pack(small, TRUSTED)
    for at in range(len(small)):
        changed = bytearray(small)
        changed[at] ^= 1 << at % 8
        with pytest.raises(Fault) as caught:
            verify_pack(bytes(changed))
        assert "\n" not in str(caught.value)


@given(st.integers(0, len(PACK) - 1), st.integers(1, 255), st.booleans())
@settings(max_examples=300)
def test_any_flipped_byte_is_refused_with_and_without_keys(at, mask, given_keys):
    changed = bytearray(PACK)
    changed[at] ^= mask
    with pytest.raises(Fault):
        verify_pack(bytes(changed), TRUSTED if given_keys else None)


@given(st.integers(0, len(PACK)), st.integers(0, len(PACK)), st.binary(max_size=8))
@settings(max_examples=100)
def test_cut_and_pasted_packs_raise_only_faults(start, end, middle):
    data = PACK[:start] + middle + PACK[end:]
    if data == PACK:
        return
    with pytest.raises(PeerFault):
        verify_pack(data)


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_any_bytes_raise_only_peer_faults(data):
    for raw in (data, b"PK\x03\x04" + data, PACK[:60] + data):
        with pytest.raises(PeerFault):
            verify_pack(raw)


# --- row A16: tampered, deleted, forked; each found, each located -------------------------------


def refused(data, trusted=TRUSTED):
    with pytest.raises(PeerFault) as caught:
        verify_pack(data, trusted)
    assert LINE in str(caught.value)
    return str(caught.value)


def replaced(at, entry):
    return (*ENTRIES[:at], entry, *ENTRIES[at + 1 :])


TAMPERED = b'{"seq":5,"text":"message X"}'


@pytest.mark.row("A16")
@pytest.mark.parametrize("at", range(len(ENTRIES)))
def test_a_tampered_message_is_located(at):
    said = refused(
        forge(log(entries=ENTRIES, heads=()), leaf_hashes(ENTRIES)).replace(
            b'message %d"' % at, b'messagf %d"' % at
        )
    )
    assert f"{LINE} entry {at} is changed" in said
    changed = msgspec.structs.replace(log(), entries=replaced(at, TAMPERED))
    said = refused(forge(changed, leaf_hashes(ENTRIES)))
    assert f"{LINE} entry {at} is changed since it was signed" in said


@pytest.mark.row("A16")
@pytest.mark.parametrize("at", range(len(ENTRIES)))
def test_a_deleted_message_is_located(at):
    changed = msgspec.structs.replace(log(), entries=ENTRIES[:at] + ENTRIES[at + 1 :])
    assert f"{LINE} entry {at} is deleted" in refused(forge(changed, leaf_hashes(ENTRIES)))


@pytest.mark.row("A16")
@pytest.mark.parametrize("at", range(len(ENTRIES)))
def test_a_forked_log_is_located(at):
    other = replaced(at, TAMPERED)
    both = log(heads=(*range(1, 13),), checkpoint=head(ENTRIES))
    pack = write_pack([msgspec.structs.replace(both, heads=(*both.heads, head(other)))])
    said = refused(pack)
    # The other side's head alone proves the fork; its entries locate the first that differs.
    assert "forked at" in said
    assert "two signed roots for size 12" in said
    ours, theirs = write_pack([log()]), write_pack([log(other)])
    with pytest.raises(PeerFault, match="forked") as caught:
        verify_same_history(ours, theirs, TRUSTED)
    assert f"{LINE} entry {at} is forked" in str(caught.value)


@pytest.mark.row("A16")
def test_a_fork_is_located_by_the_signed_heads_of_the_other_side():
    other = replaced(6, TAMPERED)
    made = log(heads=(4, 6))
    pack = write_pack([msgspec.structs.replace(made, heads=(*made.heads, head(other[:9])))])
    assert "forked at range 6 to 8" in refused(pack)
    pack = write_pack([msgspec.structs.replace(made, heads=(*made.heads, head(other[:7])))])
    assert "forked at entry 6:" in refused(pack)


def test_leaf_hashes_made_to_fit_do_not_hide_the_change():
    for entries in (replaced(5, TAMPERED), ENTRIES[:5] + ENTRIES[6:]):
        made = log(heads=(4, 5, 6, 8))
        changed = msgspec.structs.replace(made, entries=entries)
        assert f"{LINE} entry 5 is not what was signed" in refused(write_pack([changed]))
        changed = msgspec.structs.replace(log(), entries=entries)
        assert f"{LINE} range 4 to 7 is not what was signed" in refused(write_pack([changed]))
        changed = msgspec.structs.replace(log(heads=()), entries=entries)
        assert any(f"{LINE} {w} " in refused(write_pack([changed])) for w in ("entry", "range"))


def test_reordered_cut_and_added_messages_are_located():
    swapped = (*ENTRIES[:4], ENTRIES[5], ENTRIES[4], *ENTRIES[6:])
    for entries, said in (
        (swapped, "entry 4 is not in its place"),
        (ENTRIES[:9], "entry 9 is deleted, with all 3 from it to the end"),
        ((*ENTRIES, TAMPERED), "entry 12 is added after the signed record"),
        ((*ENTRIES[:3], TAMPERED, *ENTRIES[3:]), "entry 3 is not in its place"),
    ):
        changed = msgspec.structs.replace(log(), entries=entries)
        assert said in refused(forge(changed, leaf_hashes(ENTRIES)))
        assert any(f"{LINE} {w} " in refused(write_pack([changed])) for w in ("entry", "range"))


def test_a_record_cut_back_to_an_earlier_head_is_found_by_a_later_one():
    short = log(ENTRIES[:8], heads=(4,))
    assert verify_pack(write_pack([short]), TRUSTED).logs[0].size == 8
    cut = msgspec.structs.replace(short, heads=(*short.heads, head(ENTRIES)))
    assert "cut off at entry 8, wanted 12 entries" in refused(write_pack([cut]))
    ours, theirs = write_pack([short]), write_pack([log()])
    assert len(verify_same_history(ours, theirs, TRUSTED)) == 2


def test_wrong_leaf_hashes_beside_right_entries_are_located():
    leaves = leaf_hashes(ENTRIES)
    for wrong in ([*leaves[:5], leaf_hash(b"x"), *leaves[6:]], leaves[:5]):
        assert f"{LINE} entry {5 if len(wrong) > 5 else 0} is another leaf" in refused(
            forge(log(), wrong)
        )


def test_wrong_keys_are_refused():
    thief = SigningKey(b"\x09" * 32, name=KEY.name, role="log")
    stolen = msgspec.structs.replace(
        log(heads=()), checkpoint=head(ENTRIES, key=thief), log_key=thief.verifier.vkey
    )
    pack = write_pack([stolen])
    assert verify_pack(pack).keys_from == "pack"
    assert "another key signed this pack" in refused(pack)
    unsigned = msgspec.structs.replace(stolen, log_key=KEY.verifier.vkey)
    assert "checkpoint" in refused(write_pack([unsigned]))
    with pytest.raises(InputFault, match=f"{OPS} is not given"):
        verify_pack(PACK, {LINE: KEY.verifier.vkey})
    with pytest.raises(InputFault, match="verifier key"):
        verify_pack(PACK, {LINE: "no key"})
    false_mirror = SigningKey(b"\x09" * 32, name=MIRROR.name, role="mirror")
    fooled = log(
        heads=(),
        checkpoint=head(ENTRIES, mirrors=[false_mirror]),
        mirrors=(false_mirror.verifier.vkey,),
    )
    assert verify_pack(write_pack([fooled])).logs[0].cosigners_from_pack == (MIRROR.name,)
    assert "mirror key" in refused(write_pack([fooled]))
    wrong_role = log(mirrors=(KEY.verifier.vkey,))
    assert "algorithm" in refused(write_pack([wrong_role]))
    wrong_role = log(log_key=MIRROR.verifier.vkey)
    assert "algorithm" in refused(write_pack([wrong_role]), None)


def test_a_false_cosignature_of_an_expected_mirror_is_refused():
    for_another = cosign(MIRROR, head(ENTRIES[:5]), 1)
    note = add_signatures(head(ENTRIES, mirrors=()), [for_another])
    assert MIRROR.name in refused(write_pack([log(checkpoint=note)]))


def test_a_head_of_another_log_is_refused():
    assert f"log {OPS}" in refused(write_pack([log(checkpoint=head(ENTRIES, OPS))]))
    made = log(heads=())
    stray = msgspec.structs.replace(made, heads=(head(ENTRIES[:4], OPS),))
    assert "head.0" in refused(write_pack([stray]))


def test_other_zip_forms_of_the_same_record_are_refused():
    remade = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(PACK)) as old, zipfile.ZipFile(remade, "w") as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name))
    more = io.BytesIO(PACK)
    with zipfile.ZipFile(more, "a") as new:
        new.writestr("note.txt", b"something nobody signed")
    for data in (remade.getvalue(), more.getvalue(), PACK + b"\n", PACK[:-1], b"\n" + PACK):
        with pytest.raises(PeerFault, match="pack"):
            verify_pack(data, TRUSTED)


def test_what_cannot_be_a_pack_is_not_written():
    with pytest.raises(InputFault, match="once"):
        write_pack([log(), log()])
    with pytest.raises(InputFault, match="entry 0"):
        write_pack([log(entries=(b"x" * 60_001,), heads=())])
