from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.twonodes import T0_US, lines_of, make_pair, parley_here
from parley.app.config import load_node
from parley.app.evidence import PackRequest, Selection, make_pack, own_store, pack_origins
from parley.app.process import make_crank
from parley.app.upkeep import rotate_log_key
from parley.app.verifying import QUESTIONS, fault_lines, report_lines
from parley.node.custody_bodies import PayloadOpened
from parley.node.inputs import Say
from parley.review.pack import Statement, read_pack
from parley.review.verify import FORKED, INTACT, PackFault, verify_pack
from parley.store.sqlite import Store
from parley.trust.checkpoint import Cosignature
from parley.trust.keys import SigningKey, parse_vkey
from parley.trust.note import make_note, parse_unverified_note
from parley.trust.policy import make_policy
from parley.trust.tree import Tree, leaf_hash
from parley.world.faults import Fault
from review import packkit

LINE = "parley.example/AGR-1/COAL/line/2017"


def fill(store, setup):
    """Say four things on the line of a node that has no peer."""
    crank = make_crank(setup, store)
    for n in range(4):
        said = Say(
            agreement="AGR-1", line="L1", post="duty-officer", to=("RUS",),
            message_type="free.text", text=f"number {n}",
        )  # fmt: skip
        crank.turn(T0_US + n * 1_000_000, said)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify")
    setup = load_node(make_pair(folder)["COAL"])
    with Store(setup.store) as store:
        fill(store, setup)
        pack = make_pack(store)
    file = folder / "pack.zip"
    file.write_bytes(pack)
    return file, setup.identity.keys.log.verifier.vkey


def test_an_intact_record_says_so_and_whose_keys_were_used(capsys, made):
    file, vkey = made
    code, out, err = parley_here(capsys, "verify", file)
    assert (code, err) == (0, "")
    assert out.startswith("record intact: 2 logs")
    assert "COAL/line/2017: 5 entries" in out
    assert "compare fingerprints with their owners" in out
    code, out, _ = parley_here(capsys, "verify", file, "--key", vkey)
    assert code == 0
    assert "key given" in out
    assert "compare fingerprints" not in out
    code, out, _ = parley_here(capsys, "verify", file, "--key", vkey, "--json")
    assert lines_of(out)[0]["keys_from"] == "given"


def changed(made, tmp_path, words):
    data = bytearray(made[0].read_bytes())
    data[data.index(words) + len(words) - 1] ^= 1
    (tmp_path / "bad.zip").write_bytes(data)
    return tmp_path / "bad.zip"


def test_a_changed_entry_is_named_and_exit_1(capsys, made, tmp_path):
    bad = changed(made, tmp_path, b'"seq":3')
    code, out, err = parley_here(capsys, "verify", bad)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "COAL/line/2017 entry 3 is changed since it was signed" in err
    code, out, err = parley_here(capsys, "verify", bad, "--json")
    (found,) = lines_of(out)
    assert (code, found["verdict"], found["step"], found["index"]) == (1, "not intact", 4, 3)
    assert found["log"].endswith("COAL/line/2017")
    assert found["reason"] in err


def test_a_changed_payload_is_named_by_its_entry(capsys, made, tmp_path):
    bad = changed(made, tmp_path, b"number 2")
    code, _, err = parley_here(capsys, "verify", bad)
    assert code == 1
    assert "COAL/line/2017 entry 3 opening is not what the entry committed to" in err


def test_each_step_is_explained_in_words(capsys, made, tmp_path):
    code, out, err = parley_here(capsys, "verify", made[0], "--explain")
    assert (code, err) == (0, "")
    for question in QUESTIONS.values():
        assert question in out
    assert "5 of 5 sealed payloads are shown" in out
    bad = changed(made, tmp_path, b'"seq":3')
    code, out, err = parley_here(capsys, "verify", bad, "--explain")
    assert (code, out) == (1, "")
    assert QUESTIONS["ranges"] in err
    assert "COAL/line/2017, entry 3; what stands before it was not found wrong" in err


def test_the_steps_stand_in_their_order_and_one_is_one(capsys, made):
    out = parley_here(capsys, "verify", made[0], "--explain")[1]
    assert re.findall(r"^step (\d)", out, re.MULTILINE) == list("01234567")
    assert not re.search(r"\b1 (entries|statements|receipts|cosignatures|signed heads|logs)\b", out)


def test_a_mirror_that_cosigned_a_head_twice_is_one_mirror(made):
    report = verify_pack(made[0].read_bytes())
    log = report.logs[0]
    said = tuple(
        Cosignature(cosigner=name, time_s=time_s)
        for name, time_s in (("parley/RUS/mirror", 60), ("w/witness", 5), ("parley/RUS/mirror", 7))
    )
    twice = msgspec.structs.replace(log, cosigned_by=said)
    lines = report_lines(msgspec.structs.replace(report, logs=(twice,)))
    held = [line for line in lines if "held by" in line]
    both = "1970-01-01T00:00:07Z and again at 1970-01-01T00:01:00Z"
    assert held == [f"  all of it held by parley/RUS/mirror, it says, at {both}"]


def test_keys_come_from_a_file_as_well(capsys, made, tmp_path):
    file, vkey = made
    keys = tmp_path / "keys.txt"
    keys.write_text(f'# as handed over\nlog = "{vkey}"\n')
    code, out, _ = parley_here(capsys, "verify", file, "--key", keys, "--key", vkey)
    assert code == 0
    assert "key given" in out
    keys.write_text("nothing")
    code, out, err = parley_here(capsys, "verify", file, "--key", keys)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "without a key" in err


def test_a_policy_of_ones_own_leaves_open_what_the_asked_mirror_did_not_cosign(
    capsys, made, tmp_path
):
    file, _ = made
    mirror = SigningKey(b"\x05" * 32, name="parley/RUS/mirror", role="mirror").verifier
    policy = tmp_path / "policy"
    policy.write_bytes(make_policy([], [mirror]).data)
    code, out, err = parley_here(capsys, "verify", file, "--policy", policy)
    assert (code, err) == (1, "")
    assert out.startswith("undecided: RUS never cosigned")
    assert "this head is not cosigned by parley/RUS/mirror" in out
    policy.write_text("quorum everybody\n")
    code, out, err = parley_here(capsys, "verify", file, "--policy", policy)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_every_pack_of_the_shared_set_is_judged_on_the_command_line(capsys, tmp_path):
    for expected in packkit.write_all(tmp_path / "packs"):
        assert expected["at_least"]
        file = tmp_path / "packs" / f"{expected['name']}.zip"
        keys = tmp_path / "packs" / "keys.txt"
        code, out, err = parley_here(capsys, "verify", file, "--key", keys)
        if expected["verdict"] == "record intact":
            assert (code, err) == (0, ""), expected
        else:
            assert code == 1, expected
            assert expected["verdict"] in (out or err), expected


def test_sealed_and_redacted_packs_hide_payloads_and_keep_every_proof(tmp_path):
    setup = load_node(make_pair(tmp_path)["COAL"])
    with Store(setup.store) as store:
        fill(store, setup)
        sealed = make_pack(store, request=PackRequest(release="sealed"))
        only = Selection(types=("message.said",), entries=((LINE, 2), (LINE, 3), (LINE, 0)))
        redacted = make_pack(store, request=PackRequest(release="redacted", selection=only))
        nobody = Selection(parties=("RUS",))
        other = make_pack(store, request=PackRequest(release="redacted", selection=nobody))
    for pack, opened in ((sealed, 0), (redacted, 2), (other, 0)):
        report = verify_pack(pack)
        line = next(log for log in report.logs if log.origin == LINE)
        assert (report.verdict, line.opened, line.sealed) == (INTACT, opened, 4 - opened)
        assert (b"number 1" in pack, b"number 3" in pack) == (opened > 0, False)


def test_statements_cite_and_each_cited_entry_gets_its_own_proof(tmp_path):
    setup = load_node(make_pair(tmp_path)["COAL"])
    with Store(setup.store) as store:
        fill(store, setup)
        number = pack_origins(store).index(LINE)
        stated = Statement(
            kind="entry", text="It said so.", cites=((number, 2),),
            values={"body.text": "number 1"},
        )  # fmt: skip
        data = make_pack(store, request=PackRequest(statements=(stated,), title="an inquiry"))
    report = verify_pack(data)
    assert (report.title, report.statements[0].checked) == ("an inquiry", "computed again")
    assert list(read_pack(data).logs[number].proofs) == [2]


def test_a_record_goes_on_over_a_new_key_and_the_old_one_vouches_for_it(tmp_path):
    file = make_pair(tmp_path)["COAL"]
    setup = load_node(file)
    old = setup.identity.keys.log.verifier.vkey
    with Store(setup.store) as store:
        fill(store, setup)
    new, _ = rotate_log_key(setup, now_us=T0_US + 60_000_000)
    setup = load_node(file)
    with Store(setup.store) as store:
        fill(store, setup)
        data = make_pack(store)
    for keys in ([old], [new], [old, new]):
        report = verify_pack(data, keys)
        line = next(log for log in report.logs if log.origin == LINE)
        assert (report.verdict, report.keys_from, line.rotations) == (INTACT, "given", 1)
        assert parse_vkey(line.log_key).public == parse_vkey(new).public
        lines = report_lines(report, given=keys)
        told = lines[next(n for n, each in enumerate(lines) if each.startswith(LINE)) + 1]
        assert ("key linked to one given" in told) == (keys == [old])
        assert ("  key given, changed 1 time" in told) == (keys != [old])
    stranger = SigningKey(b"\x05" * 32, name="parley/COAL/log", role="log").verifier.vkey
    with pytest.raises(PackFault, match="another key signed"):
        verify_pack(data, [stranger])


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_byte_of_an_exported_pack_can_change_unseen(made, place, bit):
    data = bytearray(made[0].read_bytes())
    data[place % len(data)] ^= 1 << bit
    with pytest.raises(Fault):
        verify_pack(bytes(data))


def test_another_key_of_the_same_name_is_not_believed(capsys, made):
    other = SigningKey(b"\x05" * 32, name="parley/COAL/log", role="log").verifier.vkey
    code, out, err = parley_here(capsys, "verify", made[0], "--key", other)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "another key signed this pack" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{file}", "--key", "abc"], "--key is abc"),
        (["{file}", "--key", "{stranger}"], "is not given, wanted the log key of COAL"),
        (["{file}", "--key", "{vkey}x"], "--key is "),
        (["{file}", "--policy", "{file}"], "policy"),
        (["{file}", "--policy", "{file}x"], "No such file"),
        (["{file}x"], "No such file"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(capsys, made, arguments, words):
    file, vkey = made
    stranger = SigningKey(b"\x05" * 32, name="parley/NOBODY/log", role="log").verifier.vkey
    filled = [each.format(file=file, vkey=vkey, stranger=stranger) for each in arguments]
    code, out, err = parley_here(capsys, "verify", *filled)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_what_is_no_pack_is_not_intact(capsys, tmp_path):
    (tmp_path / "x").write_bytes(b"PK nothing")
    code, out, err = parley_here(capsys, "verify", tmp_path / "x")
    assert (code, out, err.count("\n")) == (1, "", 1)


# --- from a store that holds all kinds of logs -------------------------------------------------


def keep(store, writer):
    """Put a log of the kit into a store, with the cosignatures on its heads."""
    first = 0
    for size in sorted(writer.heads):
        note = parse_unverified_note(writer.heads[size])
        own = make_note(note.text, note.signatures[:1])
        openings = {at: o for at, o in writer.openings.items() if first <= at < size}
        store.append(writer.origin, first, writer.entries[first:size], own, openings)
        for line in note.signatures[1:]:
            store.put_cosignature(writer.origin, size, line.name, line.line)
        first = size


@pytest.fixture
def held(tmp_path):
    """COAL's store: its line, its private log, RUS's line, and RUS's private head."""
    with Store(tmp_path / "store.db") as store:
        own_store(store, "COAL")
        story = packkit.Story()
        rus = (packkit.mirror("RUS"),)
        story.coal.say("only for RUS", sealed=True, audience=("RUS",))
        for size in list(story.coal.heads):
            tree = Tree([leaf_hash(entry) for entry in story.coal.entries[:size]])
            story.coal.head(cosigners=rus, tree=tree)
        story.coal.head(cosigners=rus)
        private = packkit.Writer("COAL", kind="private")
        private.open()
        private.head(cosigners=(packkit.key("RUS", "witness"),))
        private.write(PayloadOpened(post="desk"))
        private.head(cosigners=(packkit.key("RUS", "witness"),))
        for writer in (story.coal, story.rus, private):
            keep(store, writer)
        seen = packkit.Writer("RUS", kind="private")
        seen.open()
        store.put_witnessed(seen.origin, 1, seen.head(cosigners=()))
        yield store, story


def test_of_private_logs_only_heads_leave(held):
    store, _ = held
    data = make_pack(store)
    report = verify_pack(data, packkit.KEYS)
    logs = {log.origin: log for log in report.logs}
    own, seen = "AGR-1/COAL/private/2017", "AGR-1/RUS/private/2017"
    assert report.verdict == INTACT
    assert b"payload.opened" not in data
    for origin, size in ((own, 2), (seen, 1)):
        log = logs[f"parley.example/{origin}"]
        assert (log.size, log.shown, log.plain) == (size, (), 0)
    cosigned = logs[f"parley.example/{own}"].cosigned_by
    assert [each.cosigner for each in cosigned] == ["parley/RUS/witness"]
    lines = "\n".join(report_lines(report))
    assert "no entries, only heads" in lines
    assert "this head seen by parley/RUS/witness" in lines


def test_a_payload_for_a_named_audience_stays_sealed_until_it_is_asked_for(held):
    store, _ = held
    assert b"only for RUS" not in make_pack(store)
    asked = PackRequest(selection=Selection(entries=((LINE, 12),)))
    data = make_pack(store, request=asked)
    assert b"only for RUS" in data
    assert b"number 5" in data


def test_a_record_of_a_fork_is_written_and_says_so(held):
    store, story = held
    other = packkit.second_history(story, 6)
    store.put_refused(LINE, b"not even a note", "noise")
    store.put_refused(LINE, other.head(cosigners=()), "two roots")
    data = make_pack(store)
    with pytest.raises(PackFault, match="two signed roots for size 13") as caught:
        verify_pack(data)
    assert caught.value.verdict == FORKED
    assert "parley: x: forked by its own signature" in fault_lines("x", caught.value)[0]
