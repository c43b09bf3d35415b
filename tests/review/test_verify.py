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

from parley.review.pack import (
    FORMAT,
    LogKey,
    Pack,
    PackHead,
    PackLog,
    Statement,
    Window,
    bundle,
    make_range,
    read_pack,
    unbundle,
    with_proofs,
    write_pack,
)
from parley.review.verify import (
    FORKED,
    INTACT,
    PackFault,
    finding_of,
    open_evidence,
    verify_pack,
    verify_same_history,
)
from parley.review.verify_said import SILENCES_MAX
from parley.trust.checkpoint import Checkpoint, cosign, sign_checkpoint
from parley.trust.keys import SigningKey
from parley.trust.note import add_signatures
from parley.trust.policy import Policy, make_policy
from parley.trust.tree import Tree, leaf_hash, leaf_hashes
from parley.world.faults import Fault, InputFault, PeerFault
from review import packkit
from review.packkit import KEYS, Story, Writer, packed, second_history

KEY = SigningKey(b"\x01" * 32, name="parley/B/log", role="log")
MIRROR = SigningKey(b"\x02" * 32, name="parley/C/mirror", role="mirror")
ABSENT = SigningKey(b"\x03" * 32, name="parley/D/mirror", role="mirror")
LINE, OPS = "parley.example/A/B/line/2017", "parley.example/A/B/ops/2017"
ENTRIES = tuple(b'{"seq":%d,"text":"message %d"}' % (n, n) for n in range(12))
TRUSTED = (KEY.verifier.vkey, MIRROR.verifier.vkey)


def head(entries, origin=LINE, key=KEY, mirrors=(MIRROR,)):
    tree = Tree(leaf_hashes(entries))
    note = sign_checkpoint(key, Checkpoint(origin=origin, size=tree.size, root=tree.root()))
    note = add_signatures(note, [cosign(mirror, note, 9_000_000) for mirror in mirrors])
    return PackHead(size=tree.size, note=note)


def log(entries=ENTRIES, origin=LINE, heads=(4, 8), spans=None, **changes):
    """One log with heads at those sizes; `changes` are put in place of what is right."""
    tree = Tree(leaf_hashes(entries))
    key = KEY.verifier.named(origin)
    spans = [(0, len(entries), len(entries))] if spans is None else spans
    made = PackLog(
        origin=origin,
        keys=(LogKey(from_size=0, vkey=key.vkey),),
        policy=make_policy([key], [MIRROR.verifier, ABSENT.verifier], 1).data,
        heads=tuple(head(entries[:size], origin) for size in (*heads, len(entries))),
        ranges=tuple(
            make_range(tree, entries[start:end], start=start, head=at) for start, end, at in spans
        ),
    )
    return msgspec.structs.replace(with_proofs(made, tree), **changes)


def pack_of(*logs, **changes):
    return write_pack(Pack(logs=logs, **changes))


def showing(made, entries, leaves=None):
    """A log that shows other entries under the same heads, beside leaf hashes as chosen."""
    one = made.ranges[0]
    leaves = one.leaves if leaves is None else b"".join(leaves)
    shown = msgspec.structs.replace(one, bundle=bundle(entries), leaves=leaves)
    return msgspec.structs.replace(made, ranges=(shown,))


PACK = pack_of(log(), log(ENTRIES[:3], OPS, heads=()))
GOOD = packkit.good().data


def test_an_untouched_pack_says_what_was_checked():
    report = verify_pack(PACK, TRUSTED)
    assert (report.verdict, report.keys_from, report.undecided) == (INTACT, "given", ())
    assert report.sha256_hex == hashlib.sha256(PACK).hexdigest()
    line, ops = report.logs
    assert (line.origin, line.size, line.heads, line.shown) == (LINE, 12, 2, ((0, 12),))
    assert line.root_hex == Tree(leaf_hashes(ENTRIES)).root().hex()
    assert [(held.cosigner, held.time_s) for held in line.cosigned_by] == [(MIRROR.name, 9)]
    assert line.cosigners_from_pack == ()
    assert line.not_cosigned_by == (ABSENT.name,)
    assert (ops.origin, ops.size, ops.heads, ops.held) == (OPS, 3, 0, 3)
    assert line.fingerprint == KEY.verifier.fingerprint
    assert [step.number for step in report.steps] == [1, 2, 3, 4, 5, 6, 7, 0]
    assert "true" not in msgspec.json.encode(report).decode()


def test_keys_that_only_the_pack_gives_are_said_to_come_from_it():
    report = verify_pack(PACK)
    assert report.keys_from == "pack"
    assert {one.log_key_from for one in report.logs} == {"pack"}
    assert report.logs[0].cosigners_from_pack == (MIRROR.name,)
    half = verify_pack(PACK, TRUSTED[:1])
    assert (half.keys_from, half.logs[0].cosigners_from_pack) == ("given", (MIRROR.name,))
    named = verify_pack(pack_of(log()), [KEY.verifier.named(LINE).vkey])
    assert named.keys_from == "given"


def test_writing_is_deterministic_and_reads_back():
    pack = read_pack(GOOD)
    assert write_pack(pack) == GOOD == packkit.good().data
    assert pack.logs[0].ranges[0].entries == Story().coal.entries
    assert pack.logs[0].entry(3) == Story().coal.entries[3]
    assert pack.logs[0].entry(12) is None
    assert verify_pack(pack_of()).logs == ()
    empty = log((), heads=())
    assert verify_pack(pack_of(empty), TRUSTED).logs[0].size == 0


def test_any_zip_reader_opens_it():
    with zipfile.ZipFile(io.BytesIO(PACK)) as file:
        assert file.testzip() is None
        names = file.namelist()
        manifest = json.loads(file.read("MANIFEST.json"))
        entries = file.read("logs/0/entries.0-12")
        assert file.read("logs/0/leaves.0-12") == b"".join(leaf_hashes(ENTRIES))
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert names[:3] == ["MANIFEST.json", "VERIFY.md", "logs/0/policy"]
    assert {"logs/0/head.4", "logs/0/head.8", "logs/0/head.12"} < set(names)
    assert manifest["format"] == FORMAT
    assert manifest["logs"][0]["heads"] == [4, 8, 12]
    assert entries.startswith(len(ENTRIES[0]).to_bytes(2, "big") + ENTRIES[0])


def test_every_flipped_byte_is_refused():
    small = pack_of(log(ENTRIES[:2], heads=(1,)))
    verify_pack(small, TRUSTED)
    for at in range(len(small)):
        changed = bytearray(small)
        changed[at] ^= 1 << at % 8
        with pytest.raises(PackFault) as caught:
            verify_pack(bytes(changed))
        assert "\n" not in str(caught.value)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_flipped_byte_is_refused_with_and_without_keys(at, mask, given_keys):
    changed = bytearray(GOOD)
    changed[at] ^= mask
    with pytest.raises(Fault):
        verify_pack(bytes(changed), KEYS if given_keys else ())


@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.binary(max_size=8))
@settings(max_examples=100, deadline=None)
def test_cut_and_pasted_packs_raise_only_faults(start, end, middle):
    data = GOOD[:start] + middle + GOOD[end:]
    if data == GOOD:
        return
    with pytest.raises(PackFault):
        verify_pack(data)


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_any_bytes_raise_only_peer_faults(data):
    for raw in (data, b"PK\x03\x04" + data, PACK[:60] + data):
        with pytest.raises(PeerFault):
            verify_pack(raw)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_member_in_perfect_zip_form_raises_only_faults(data):
    """The zip is rebuilt around the damage, so that every reader behind it meets the bytes."""
    pack = read_pack(GOOD)
    coal = pack.logs[0]
    field = data.draw(
        st.sampled_from(["policy", "openings", "note", "proof", "bundle", "leaves", "refused"])
    )
    junk = data.draw(st.binary(max_size=80))
    if field == "note":
        heads = (msgspec.structs.replace(coal.heads[0], note=junk), *coal.heads[1:])
        changed = msgspec.structs.replace(coal, heads=heads)
    elif field == "openings":
        changed = msgspec.structs.replace(coal, openings={2: junk})
    elif field == "proof":
        changed = msgspec.structs.replace(coal, proofs={1: junk})
    elif field in ("bundle", "leaves"):
        one = msgspec.structs.replace(coal.ranges[0], **{field: junk})
        changed = msgspec.structs.replace(coal, ranges=(one,))
    elif field == "refused":
        pack, changed = msgspec.structs.replace(pack, refused=(junk,)), coal
    else:
        changed = msgspec.structs.replace(coal, policy=junk)
    pack = msgspec.structs.replace(pack, logs=(changed, *pack.logs[1:]))
    with pytest.raises(PackFault):
        verify_pack(write_pack(pack), KEYS)


# --- row A16: tampered, deleted, forked; each found, each located -------------------------------


def refused(data, trusted=TRUSTED, step=None):
    with pytest.raises(PackFault) as caught:
        verify_pack(data, trusted)
    assert LINE in str(caught.value)
    if step is not None:
        assert caught.value.step == step
    return str(caught.value)


def replaced(at, entry):
    return (*ENTRIES[:at], entry, *ENTRIES[at + 1 :])


TAMPERED = b'{"seq":5,"text":"message X"}'


@pytest.mark.row("A16")
@pytest.mark.parametrize("at", range(len(ENTRIES)))
def test_a_tampered_message_is_located(at):
    said = refused(pack_of(log(heads=())).replace(b'message %d"' % at, b'messagf %d"' % at), step=4)
    assert f"{LINE} entry {at} is changed" in said
    said = refused(pack_of(showing(log(), replaced(at, TAMPERED))))
    assert f"{LINE} entry {at} is changed since it was signed" in said


@pytest.mark.row("A16")
@pytest.mark.parametrize("at", range(len(ENTRIES)))
def test_a_deleted_message_is_located(at):
    said = refused(pack_of(showing(log(), ENTRIES[:at] + ENTRIES[at + 1 :])))
    assert f"{LINE} entry {at} is deleted" in said


@pytest.mark.row("A16")
@pytest.mark.parametrize("at", range(0, len(ENTRIES), 3))
def test_a_forked_log_is_located(at):
    other = replaced(at, TAMPERED)
    pack = pack_of(log(heads=range(1, 12)), refused=(head(ENTRIES[:at]).note, head(other).note))
    with pytest.raises(PackFault, match="two signed roots for size 12") as caught:
        verify_pack(pack, TRUSTED)
    found = finding_of(caught.value)
    assert (found.verdict, found.index, found.last) == (FORKED, at, 11)
    # The other side's head alone proves the fork; its entries locate the first that differs.
    with pytest.raises(PackFault, match="forked") as caught:
        verify_same_history(pack_of(log()), pack_of(log(other)), TRUSTED)
    assert f"{LINE} entry {at} is forked" in str(caught.value)
    assert caught.value.verdict == FORKED


@pytest.mark.row("A16")
def test_a_fork_among_the_heads_is_located_by_those_before_it():
    other = replaced(6, TAMPERED)
    for sizes, at, where in (((4, 6), 9, "range 6 to 8"), ((6,), 7, "entry 6")):
        made = log(heads=(*sizes, at))
        heads = [head(other[:at]) if one.size == at else one for one in made.heads]
        said = refused(pack_of(msgspec.structs.replace(made, heads=tuple(heads))))
        assert f"{LINE} {where} is forked: two signed roots for size {at}" in said


def test_a_held_head_of_another_size_or_of_a_log_that_is_not_here_proves_nothing():
    pack = pack_of(log(), refused=(head(ENTRIES[:5]).note, head(ENTRIES, "elsewhere").note))
    assert verify_pack(pack, TRUSTED).verdict == INTACT
    longer = pack_of(log(), refused=(head((*ENTRIES, TAMPERED)).note,))
    assert "somebody holds a signed head of 13" in verify_pack(longer, TRUSTED).verdict
    thief = SigningKey(b"\x09" * 32, name=KEY.name, role="log")
    assert "no evidence" in refused_any(pack_of(log(), refused=(head(ENTRIES, key=thief).note,)))


def refused_any(data, trusted=TRUSTED):
    with pytest.raises(PackFault) as caught:
        verify_pack(data, trusted)
    return str(caught.value)


def test_leaf_hashes_made_to_fit_do_not_hide_the_change():
    for entries in (replaced(5, TAMPERED), ENTRIES[:5] + ENTRIES[6:]):
        fitted = leaf_hashes(entries)
        said = refused(pack_of(showing(log(heads=(4, 5, 6, 8)), entries, fitted)))
        assert f"{LINE} entry 5 is not what was signed" in said
        said = refused(pack_of(showing(log(), entries, fitted)))
        assert f"{LINE} range 4 to 7 is not what was signed" in said
        said = refused(pack_of(showing(log(heads=()), entries, fitted)))
        assert any(f"{LINE} {w} " in said for w in ("entry", "range"))


def test_reordered_cut_and_added_messages_are_located():
    swapped = (*ENTRIES[:4], ENTRIES[5], ENTRIES[4], *ENTRIES[6:])
    for entries, said in (
        (swapped, "entry 4 is not in its place"),
        (ENTRIES[:9], "entry 9 is deleted or cut, with all 3 from it to the end"),
        ((*ENTRIES, TAMPERED), "entry 12 is added after the signed record"),
        ((*ENTRIES[:3], TAMPERED, *ENTRIES[3:]), "entry 3 is not in its place"),
    ):
        assert said in refused(pack_of(showing(log(), entries)))
        fitted = refused(pack_of(showing(log(), entries, leaf_hashes(entries))))
        assert any(f"{LINE} {w} " in fitted for w in ("entry", "range"))


def test_a_bundle_whose_lengths_lie_is_located():
    made = log()
    one = made.ranges[0]
    at = 3 * (len(ENTRIES[0]) + 2)
    for length in (b"\x00\x00", b"\x00\x05", b"\xff\xff"):
        changed = msgspec.structs.replace(
            one, bundle=one.bundle[:at] + length + one.bundle[at + 2 :]
        )
        said = refused(pack_of(msgspec.structs.replace(made, ranges=(changed,))))
        assert f"{LINE} entry 3 is" in said


def test_wrong_leaf_hashes_beside_right_entries_are_located():
    leaves = leaf_hashes(ENTRIES)
    for wrong, at in (([*leaves[:5], leaf_hash(b"x"), *leaves[6:]], 5), (leaves[:5], 0)):
        assert f"{LINE} entry {at} is another leaf" in refused(
            pack_of(showing(log(), ENTRIES, wrong))
        )


# --- parts of logs ------------------------------------------------------------------------------


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_parts_of_a_log_verify_and_any_change_in_them_is_located(data):
    sizes = sorted(data.draw(st.sets(st.integers(1, 11), max_size=4)))
    cuts = sorted(data.draw(st.sets(st.integers(0, 12), min_size=2, max_size=6)))
    spans = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        spans.append((start, end, min(size for size in (*sizes, 12) if size >= end)))
    made = log(heads=sizes, spans=spans)
    report = verify_pack(pack_of(made), TRUSTED)
    assert report.logs[0].shown == tuple((start, end) for start, end, _ in spans)
    assert sum(end - start for start, end in report.logs[0].shown) == report.logs[0].plain
    number = data.draw(st.integers(0, len(spans) - 1))
    start, end, _ = spans[number]
    at = data.draw(st.integers(start, end - 1))
    one = made.ranges[number]
    entries = [TAMPERED if start + n == at else e for n, e in enumerate(one.entries)]
    changed = msgspec.structs.replace(one, bundle=bundle(entries))
    ranges = tuple(changed if n == number else each for n, each in enumerate(made.ranges))
    said = refused(pack_of(msgspec.structs.replace(made, ranges=ranges)))
    assert f"{LINE} entry {at} is changed since it was signed" in said


def test_heads_alone_verify_and_show_no_entry():
    private = log(spans=[])
    report = verify_pack(pack_of(private), TRUSTED)
    assert (report.verdict, report.logs[0].shown, report.logs[0].plain) == (INTACT, (), 0)
    assert set(private.consistency) == {(4, 8), (8, 12)}
    missing = msgspec.structs.replace(private, consistency={})
    assert "consistency proofs" in refused(pack_of(missing))


def test_a_manifest_that_lists_nonsense_is_refused():
    made = log()
    one = made.ranges[0]
    for changes in (
        {"heads": tuple(reversed(made.heads))},
        {"heads": ()},
        {"keys": ()},
        {"keys": (LogKey(from_size=3, vkey=made.keys[0].vkey),)},
        {"ranges": (one, one)},
        {"ranges": (msgspec.structs.replace(one, head=99),)},
        {"ranges": (msgspec.structs.replace(one, start=12, bundle=b"", leaves=b""),)},
    ):
        refused(pack_of(msgspec.structs.replace(made, **changes)), step=0)


# --- keys, quorum, policies ---------------------------------------------------------------------


def test_wrong_keys_are_refused():
    thief = SigningKey(b"\x09" * 32, name=KEY.name, role="log")
    named = thief.verifier.named(LINE)
    stolen = log(
        heads=(),
        keys=(LogKey(from_size=0, vkey=named.vkey),),
        policy=make_policy([named], [MIRROR.verifier]).data,
    )
    stolen = msgspec.structs.replace(stolen, heads=(head(ENTRIES, key=thief),))
    assert verify_pack(pack_of(stolen)).keys_from == "pack"
    assert "another key signed this pack" in refused(pack_of(stolen), step=1)
    unsigned = msgspec.structs.replace(log(), heads=(*log().heads[:2], head(ENTRIES, key=thief)))
    assert "head.12" in refused(pack_of(unsigned), step=2)
    other = SigningKey(b"\x08" * 32, name="parley/X/log", role="log").verifier.vkey
    with pytest.raises(InputFault, match=f"{LINE} is not given"):
        verify_pack(PACK, [other])
    with pytest.raises(InputFault, match="verifier key"):
        verify_pack(PACK, ["no key"])
    wrong_role = log(keys=(LogKey(from_size=0, vkey=MIRROR.verifier.named(LINE).vkey),))
    assert "algorithm" in refused(pack_of(wrong_role), (), step=1)
    unnamed = log(keys=(LogKey(from_size=0, vkey=KEY.verifier.vkey),))
    assert "named by the origin" in refused(pack_of(unnamed), (), step=1)
    strange = log(policy=Policy().data)
    assert "the keys of the log" in refused(pack_of(strange), step=1)


def test_a_false_cosignature_of_an_expected_mirror_is_refused():
    note = head(ENTRIES, mirrors=()).note
    note = add_signatures(note, [cosign(MIRROR, head(ENTRIES[:5]).note, 1)])
    heads = (*log().heads[:2], PackHead(size=12, note=note))
    assert MIRROR.name in refused(pack_of(msgspec.structs.replace(log(), heads=heads)), step=3)


def test_who_withholds_a_cosignature_is_named_and_since_when():
    key = KEY.verifier.named(LINE)
    both = make_policy([key], [MIRROR.verifier, ABSENT.verifier])
    report = verify_pack(pack_of(log(policy=both.data)), TRUSTED)
    assert report.verdict == f"undecided: D never cosigned {LINE}"
    assert report.logs[0].held == 0
    made = log(policy=make_policy([key], [MIRROR.verifier]).data)
    heads = (*made.heads[:2], head(ENTRIES, mirrors=()))
    report = verify_pack(pack_of(msgspec.structs.replace(made, heads=heads)), TRUSTED)
    stopped = f"C stopped cosigning at 1970-01-01T00:00:09Z, at entry 8 of {LINE}"
    assert report.verdict == f"undecided: {stopped}"
    assert (report.logs[0].held, report.logs[0].not_cosigned_by) == (8, (MIRROR.name,))


def test_a_policy_of_ones_own_replaces_that_of_the_pack():
    key = KEY.verifier.named(LINE)
    strict = make_policy([key], [MIRROR.verifier, ABSENT.verifier]).data
    report = verify_pack(pack_of(log()), (), [strict])
    assert report.verdict.startswith("undecided: D never")
    assert (report.keys_from, report.logs[0].cosigners_from_pack) == ("given", ())
    anybody = make_policy([], [MIRROR.verifier]).data
    assert verify_pack(pack_of(log()), TRUSTED, [anybody]).verdict == INTACT
    thief = SigningKey(b"\x09" * 32, name=KEY.name, role="log").verifier.named(LINE)
    with pytest.raises(PackFault, match="another key signed"):
        verify_pack(pack_of(log()), (), [make_policy([thief], []).data])
    with pytest.raises(InputFault, match="policy"):
        verify_pack(PACK, (), [b"nonsense"])


def test_a_head_of_another_log_is_refused():
    made = log()
    stray = (*made.heads[:2], head(ENTRIES, OPS))
    assert "head.12" in refused(pack_of(msgspec.structs.replace(made, heads=stray)), step=2)


# --- what logs say about each other -------------------------------------------------------------


def test_a_rotated_key_is_followed_and_both_or_either_may_be_given():
    data = packkit.good_rotated().data
    old = packkit.key("COAL", "log").verifier.vkey
    new = packkit.key("COAL", "log", generation=1).verifier.vkey
    rus = packkit.key("RUS", "log").verifier.vkey
    for keys in ([old, rus], [old, new, rus], [new, rus]):
        report = verify_pack(data, keys)
        assert (report.verdict, report.keys_from, report.logs[0].rotations) == (INTACT, "given", 1)
    later = packkit.key("COAL", "log", generation=2).verifier.vkey
    with pytest.raises(PackFault, match="another key signed"):
        verify_pack(data, [later, rus])


def test_a_key_that_no_entry_named_is_refused():
    story = Story()
    story.coal.keys.append((11, packkit.key("COAL", "log", generation=1)))
    story.coal.head()
    with pytest.raises(PackFault, match=r"key\.rotated before it") as caught:
        verify_pack(write_pack(packed(story.coal.log(), story.rus.log())), KEYS)
    assert caught.value.step == 1


def test_a_peer_that_saw_more_than_is_shown_leaves_it_undecided():
    verdict = verify_pack(packkit.cut_back().data, KEYS).verdict
    assert "is shown up to 8 entries" in verdict
    assert "had seen 10" in verdict


def test_the_root_appoints_a_key_only_if_it_is_given():
    story = Story()
    root = packkit.key("COAL", "root-1", "root")
    lost = Writer("COAL", kind="ops", incarnation=2, generation=7, at_us=story.coal.at_us)
    statement = packkit.KeyStatement(
        party="COAL",
        action="appoint",
        role="log",
        key=packkit.key("COAL", "log", generation=7).verifier.vkey,
        at_us=story.coal.at_us,
        reason="the machine was lost",
    )
    note = packkit.sign_statement(root, statement)
    again = Writer("COAL", incarnation=2, generation=7, at_us=story.coal.at_us)
    again.open()
    again.write(packkit.KeyRevoked(statement=note.decode()))
    again.head()
    lost.open()
    lost.head()
    data = write_pack(packed(*packkit.story_logs(story), again.log(), lost.log()))
    assert verify_pack(data, KEYS).keys_from == "given"
    without = [vkey for vkey in KEYS if "/root-" not in vkey]
    with pytest.raises(PackFault, match="one that took over from it") as caught:
        verify_pack(data, without)
    assert caught.value.step == 1


def test_who_names_a_false_head_and_cosigned_the_true_one_refutes_itself():
    report = verify_pack(packkit.good_refuted().data, KEYS)
    assert report.verdict == INTACT
    assert any("RUS refutes itself: entry 3 of" in remark for remark in report.remarks)
    assert verify_pack(GOOD, KEYS).remarks == ()


def test_a_change_of_key_that_does_not_hold_changes_nothing():
    story = Story()
    old = story.coal.keys[0][1]
    other = packkit.key("COAL", "log", generation=1).verifier.vkey
    story.coal.write(
        packkit.KeyRotated(
            role="log",
            old=old.verifier.vkey,
            new=other,
            possession="00" * 64,
            next_sha256="ab" * 32,
        )
    )
    story.coal.head()
    story.coal.say("the key is what it was")
    story.coal.head()
    report = verify_pack(write_pack(packed(*packkit.story_logs(story))), KEYS)
    assert (report.verdict, report.logs[0].rotations) == (INTACT, 0)


def test_a_policy_that_asks_for_too_little_is_remarked_on():
    story = Story()
    key = packkit.key("COAL", "log").verifier.named(story.coal.origin)
    own = packkit.mirror("COAL")
    story.coal.cosigners = (own,)
    story.coal.head()
    for cosigners, words in (
        ([own.verifier], "counts its own party's cosignature"),
        ([], "asks for nobody's cosignature"),
        ([], "does not ask for RUS, whose mirror key you gave"),
    ):
        lax = story.coal.log(policy=make_policy([key], cosigners).data)
        report = verify_pack(write_pack(packed(lax, story.rus.log())), KEYS)
        assert report.verdict == INTACT
        assert any(words in remark for remark in report.remarks)


# --- openings, statements, windows --------------------------------------------------------------


def test_sealed_entries_are_counted_as_sealed_never_as_absent():
    for make, opened, sealed in (
        (packkit.good, 3, 0),
        (packkit.good_redacted, 1, 2),
        (packkit.good_sealed, 0, 3),
    ):
        report = verify_pack(make().data, KEYS)
        line = report.logs[0]
        assert (line.opened, line.sealed, line.plain, line.size) == (opened, sealed, 9, 12)
        assert report.verdict == INTACT


def test_a_sealed_pack_with_a_payload_in_it_is_refused():
    pack = read_pack(packkit.good().data)
    with pytest.raises(PackFault, match="sealed pack") as caught:
        verify_pack(write_pack(msgspec.structs.replace(pack, release="sealed")), KEYS)
    assert (caught.value.step, caught.value.index) == (5, 2)


def test_statements_are_computed_again_or_stay_words():
    story = Story()
    window = {"from_us": str(packkit.T0_US), "to_us": str(story.coal.at_us - 1)}
    asked = {"agreement": "AGR-1", "party": "COAL", **window, "kinds": "message.said"}
    receipt = story.coal.receipts[0]
    stated = (
        Statement(kind="opinion", text="It was foggy."),
        Statement(
            kind="receipt",
            text="RUS held it.",
            cites=((0, 1),),
            values={"party": "RUS", "at_us": str(receipt.at_us)},
        ),
        Statement(kind="silence", text="", values={**asked, "word": "in these logs"}),
    )
    logs = packkit.story_logs(story)
    report = verify_pack(write_pack(packed(*logs, statements=stated)), KEYS)
    assert [one.checked for one in report.statements] == [
        "words of the maker",
        "computed again",
        "computed again",
    ]
    for false in (
        Statement(kind="silence", text="", values={**asked, "word": "not in these logs"}),
        Statement(kind="silence", text="", values={"word": "x"}),
        Statement(kind="receipt", text="", cites=((0, 1),), values={"party": "UN", "at_us": "1"}),
        Statement(kind="entry", text="", cites=((0, 1), (0, 2)), values={}),
        Statement(kind="entry", text="", cites=((0, 1),), values={"nonsense": "x"}),
    ):
        with pytest.raises(PackFault) as caught:
            verify_pack(write_pack(packed(*logs, statements=(false,))), KEYS)
        assert caught.value.step == 6


def test_statements_about_silence_are_few():
    story = Story()
    asked = Statement(kind="silence", text="", values={"word": "x"})
    data = write_pack(packed(story.coal.log(), statements=(asked,) * (SILENCES_MAX + 1)))
    with pytest.raises(PackFault, match="about silence, wanted at most"):
        verify_pack(data, KEYS[:3])


def test_a_window_wants_everything_of_its_time():
    story = Story()
    inside = Window(from_us=packkit.T0_US + 6_000_000, to_us=story.coal.at_us)
    later = story.coal.log(heads=[4, 10, 12], ranges=[(4, 12, 12)], openings={}, receipts=())
    assert verify_pack(write_pack(packed(later, window=inside)), KEYS[:3]).verdict == INTACT
    for ranges in ([(5, 12, 12)], [(4, 11, 12)], []):
        cut = story.coal.log(heads=[4, 10, 12], ranges=ranges, openings={}, receipts=())
        with pytest.raises(PackFault, match="without a gap"):
            verify_pack(write_pack(packed(cut, window=inside)), KEYS)


def test_a_verified_pack_gives_what_questions_are_asked_of():
    evidence = open_evidence(GOOD, KEYS)
    assert evidence.report.verdict == INTACT
    parts = {part.origin: part for part in evidence.parts}
    line = Story().coal.origin
    assert len(parts[line].entries) == 12
    assert {(one.party, one.size) for one in evidence.cosigned if one.origin == line} >= {
        ("RUS", 12),
        ("UN", 12),
    }
    assert [(one.party, one.index) for one in evidence.receipts] == [("RUS", 1), ("RUS", 3)]
    assert evidence.roots[(line, 12)] == Story().coal.tree.root().hex()


# --- the form -----------------------------------------------------------------------------------


def test_other_zip_forms_of_the_same_record_are_refused():
    remade = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(PACK)) as old, zipfile.ZipFile(remade, "w") as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name))
    more = io.BytesIO(PACK)
    with zipfile.ZipFile(more, "a") as new:
        new.writestr("note.txt", b"something nobody signed")
    for data in (remade.getvalue(), more.getvalue(), PACK + b"\n", PACK[:-1], b"\n" + PACK):
        with pytest.raises(PackFault, match="pack") as caught:
            verify_pack(data, TRUSTED)
        assert caught.value.step == 0


def test_format_1_is_refused_by_name():
    manifest = json.dumps({"format": "parley-pack/1", "logs": []}).encode()
    old = io.BytesIO()
    with zipfile.ZipFile(old, "w") as file:
        file.writestr("MANIFEST.json", manifest)
    with pytest.raises(PackFault, match="parley-pack/1, wanted parley-pack/2"):
        verify_pack(old.getvalue())


def test_what_cannot_be_a_pack_is_not_written():
    with pytest.raises(InputFault, match="once"):
        pack_of(log(), log())
    for entry in (b"x" * 60_001, b""):
        with pytest.raises(InputFault, match="entry 0"):
            log(entries=(entry,), heads=())


def test_two_packs_of_one_history_agree():
    story = Story()
    short = write_pack(packed(story.coal.log(heads=[4, 8], openings={}, receipts=())))
    whole = write_pack(packed(story.coal.log(), story.rus.log()))
    first, second = verify_same_history(short, whole, KEYS)
    assert (first.logs[0].size, second.logs[0].size) == (8, 12)
    other = second_history(story, 9)
    other.head()
    alone = write_pack(packed(other.log(ranges=[])))
    with pytest.raises(PackFault, match="two signed roots for size 12"):
        verify_same_history(whole, alone, KEYS)


@given(st.binary(max_size=100))
def test_any_bundle_gives_entries(data):
    found = unbundle(data)
    assert data.startswith(bundle(found))
