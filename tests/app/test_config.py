from __future__ import annotations

import contextlib
import os
import stat
import traceback
from hashlib import sha256
from pathlib import Path

import pytest

from app.twonodes import AGREEMENT, make_pair
from parley.app import keyfile
from parley.app.addresses import parse_address
from parley.app.config import load_node
from parley.app.keyfile import (
    add_keys,
    begin_rotation,
    finish_rotation,
    make_keys,
    read_keys,
    read_next_key,
    read_starts,
    write_starts,
)
from parley.app.private_files import read_token
from parley.app.setup import make_node, peer_table, root_table
from parley.trust.keys import SigningKey
from parley.world.faults import InputFault


@pytest.fixture
def pair(tmp_path):
    return make_pair(tmp_path)


def changed(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def refused(file):
    with pytest.raises(InputFault) as found:
        load_node(file)
    line = str(found.value)
    assert "\n" not in line
    return line


def test_a_made_node_loads_and_knows_its_peer(pair):
    setup = load_node(pair["COAL"])
    assert setup.identity.party == "COAL"
    assert setup.identity.agreements == {"AGR-1": AGREEMENT}
    assert set(setup.calls) == {"RUS"}  # the smaller id calls the larger
    assert load_node(pair["RUS"]).calls == {}
    theirs = load_node(pair["RUS"]).identity.keys
    known = setup.identity.peers["RUS"]
    assert (known.log, known.mirror, known.link, known.witness) == (
        theirs.log.verifier, theirs.mirror.verifier, theirs.link.verifier, theirs.witness.verifier,
    )  # fmt: skip
    assert (known.seal, known.next) == (theirs.seal.digest, theirs.next_sha256)
    assert (setup.keys, setup.publish) == (pair["COAL"].parent / "keys", None)
    assert setup.identity.roots == ((), 0)
    assert setup.config.ask_mirrors_s == 5


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("party =", "parti =", ["parti", "did you mean 'party'?"]),
        ("[listen]\nhost", "[listen]\nhots", ["listen", "hots", "did you mean 'host'?"]),
        ("[listen]", "[lisen]", ["lisen", "did you mean 'listen'?"]),
        ("mirror =", "miror =", ["peer[0]", "miror", "did you mean 'mirror'?"]),
        ('party = "COAL"', 'party = "COLA"', ["COLA", "COAL, RUS", "did you mean 'COAL'?"]),
        ('party = "RUS"', 'party = "RUSS"', ["RUSS", "party of no agreement"]),
        ('party = "RUS"', 'party = "COAL"', ["COAL", "own party"]),
        ('host = "127.0.0.1"\nport = 0\ntoken', 'host = "0.0.0.0"\nport = 0\ntoken',
         ["http host", "0.0.0.0", "loopback"]),
        ('"../agr-1.json"', '"../agr-2.json"', ["agr-2.json", "No such file"]),
        ('"../agr-1.json"', '"../agr-1.json", "../agr-1.json"', ["AGR-1", "each one once"]),
        ('keys = "keys"', 'keys = "kys"', ["kys", "No such file", "parley node init"]),
        ("agreements = [", "agreements = ", ["node.toml"]),
        ("\nport = ", "\nport = 99", ["listen port", "65535"]),
        ("\nport = ", '\nport = "x"\n# ', ["listen.port", "int"]),
        ("log/", "lag/", ["peer RUS log key"]),
        ("ask_mirrors_s = 5", "ask_mirrors_s = nan", ["ask_mirrors_s", "nan", "0 to 600 s"]),
        ("ask_mirrors_s = 5", "ask_mirrors_s = -1", ["ask_mirrors_s", "0 to 600 s"]),
        ("[listen]", "[listen]\nask_mirrors_s = 5",
         ["listen key is ask_mirrors_s", "above the first [table]"]),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_line_that_says_what(pair, old, new, words):
    if old == "log/":
        old, new = 'log = "parley/RUS/log+', 'log = "parley/RUS/lag+'
    if old.startswith("mirror"):
        old, new = '\nmirror = "', '\nmiror = "'
        text = pair["COAL"].read_text()
        head, _, tail = text.rpartition(old)
        pair["COAL"].write_text(head + new + tail)
    else:
        changed(pair["COAL"], old, new)
    line = refused(pair["COAL"])
    for word in words:
        assert word in line, line


def test_a_key_in_another_keys_place_is_refused(pair):
    text = pair["COAL"].read_text()
    log = next(each for each in text.splitlines() if each.startswith('log = "'))
    mirror = next(each for each in text.splitlines() if each.startswith('mirror = "'))
    pair["COAL"].write_text(text.replace(mirror, mirror.split("=")[0] + "=" + log.split("=", 1)[1]))
    assert "the key named parley/RUS/mirror" in refused(pair["COAL"])


# ---- roots, witnesses, what is served ------------------------------------------------------------


def without(file, *names):
    """Take the lines of the peer's table that begin with one of the names out of the file."""
    head, _, table = file.read_text().rpartition("[[peer]]")
    lines = [line for line in table.splitlines() if not line.startswith(names)]
    file.write_text(head + "[[peer]]" + "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("seal",), "without seal"),
        (("witness",), "without witness"),
        (("witness", "seal"), "without witness and seal"),
    ],
)
def test_a_peer_without_what_an_agreement_needs_is_named_in_one_line(pair, names, words):
    without(pair["COAL"], *names)
    line = refused(pair["COAL"])
    assert f"peer RUS table is {words}, wanted witness and seal for agreement AGR-1" in line
    assert "paste what RUS's parley key add prints" in line


def test_under_the_first_rules_an_old_table_will_do_and_what_is_missing_is_said(pair):
    agreement = pair["COAL"].parent.parent / "agr-1.json"
    changed(agreement, '"rules_version":5', '"rules_version":1')
    without(pair["COAL"], "witness", "seal", "next")
    setup = load_node(pair["COAL"])
    known = setup.identity.peers["RUS"]
    assert (known.witness, known.seal, known.next) == (None, None, None)
    said = "\n".join(setup.notices)
    assert "agreement AGR-1 is read by rules version 1: no calls" in said
    for words in ("peer RUS has no witness", "no seal", "no next", "no roots", "has no [root]"):
        assert words in said
    changed(agreement, '"rules_version":1', '"rules_version":9')
    assert "agr-1.json" in refused(pair["COAL"])


def rooted(party, count=3):
    seeds = (bytes([place]) * 32 for place in range(1, count + 1))
    return [
        SigningKey(seed, name=f"parley/{party}/root-{place}", role="root").verifier
        for place, seed in enumerate(seeds, 1)
    ]


def test_the_offline_roots_of_both_sides_are_read(pair):
    own, theirs = rooted("COAL"), rooted("RUS", 2)
    keys = load_node(pair["RUS"]).identity.keys
    head, _, _ = pair["COAL"].read_text().rpartition("[[peer]]")
    table = peer_table("RUS", "127.0.0.1:7001", keys, theirs, 2)
    pair["COAL"].write_text(head + root_table(own, 2) + table)
    setup = load_node(pair["COAL"])
    assert setup.identity.roots == (tuple(own), 2)
    peer = setup.identity.peers["RUS"]
    assert (peer.roots, peer.root_threshold) == (tuple(theirs), 2)
    assert setup.notices == ()


ROOTS = [key.vkey for key in rooted("COAL")]


@pytest.mark.parametrize(
    ("threshold", "keys", "words"),
    [
        (0, ROOTS, "root threshold is 0, wanted 1 to 3"),
        (4, ROOTS, "root threshold is 4, wanted 1 to 3"),
        (1, [], "root threshold is 1, wanted 0 without root keys"),
        (1, [ROOTS[0], ROOTS[0]], "each one once"),
        (1, [rooted("RUS")[0].vkey], "wanted the key named parley/COAL/root-1"),
        (1, [ROOTS[0][:-4] + "AAA="], "root key 1"),
        (1, [SigningKey(bytes(32), name="parley/COAL/root-x", role="root").verifier.vkey],
         "the key named parley/COAL/root-1"),
        (1, [SigningKey(bytes(32), name="parley/COAL/root-1", role="mirror").verifier.vkey],
         "algorithm 4, wanted algorithm 1, as a root signs"),
        (2, [ROOTS[0], SigningKey(b"\1" * 32, name="parley/COAL/root-1", role="root")
             .named("parley/COAL/root-2").verifier.vkey], "each one once"),
    ],
)  # fmt: skip
def test_a_root_that_cannot_decide_is_refused(pair, threshold, keys, words):
    text = "\n".join(["[root]", f"threshold = {threshold}", f"keys = {keys!r}", ""])
    changed(pair["COAL"], '[[peer]]\nparty = "RUS"', text + '[[peer]]\nparty = "RUS"')
    assert words in refused(pair["COAL"])


def test_no_key_stands_for_two_parties_or_two_jobs(pair):
    setup = load_node(pair["COAL"])
    own, text = setup.identity.keys, pair["COAL"].read_text()
    theirs = setup.identity.peers["RUS"]
    for name, key in (
        ("log", own.log.verifier.named("parley/RUS/log")),
        ("link", theirs.log.named("parley/RUS/link")),
    ):
        held = getattr(theirs, name).vkey
        pair["COAL"].write_text(text.replace(held, key.vkey))
        assert f"key parley/RUS/{name} is that of" in refused(pair["COAL"])
    pair["COAL"].write_text(text.replace(theirs.seal, own.seal.digest))
    assert "peer RUS seal is that of COAL" in refused(pair["COAL"])


OUTSIDE = SigningKey(bytes(32), name="witness.example/w1", role="witness").verifier.vkey
WITNESS = f'[[witness]]\nname = "w1"\nurl = "https://w.example/add/"\nvkey = "{OUTSIDE}"\n'


def with_more(file, text):
    file.write_text(file.read_text() + "\n" + text)


def test_outside_witnesses_and_what_is_served_are_read(pair):
    with_more(pair["COAL"], WITNESS + "[c2sp]\n[publish]\nfolder = 'public'\n")
    setup = load_node(pair["COAL"])
    (witness,) = setup.witnesses
    assert (witness.name, witness.url) == ("w1", "https://w.example/add")
    assert witness.key.vkey == OUTSIDE
    assert setup.publish == pair["COAL"].parent / "public"
    served = setup.config.c2sp
    assert (served.host, served.port, served.entries) == ("127.0.0.1", 0, False)
    assert served.logs == ("line", "ops")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WITNESS * 2, "each one once"),
        (WITNESS.replace("https:", "ftp:"), "witness w1 url"),
        (WITNESS.replace("https://w.example", "https://"), "witness w1 url"),
        (WITNESS.replace("w.example", "me@w.example"), "no name, query or fragment"),
        (WITNESS.replace("add/", "add?x=1"), "no name, query or fragment"),
        (WITNESS.replace("w.example", "[w.example"), "witness w1 url"),
        (WITNESS.replace('"w1"', '"w 1"'), "witness name"),
        (WITNESS.replace(OUTSIDE, ROOTS[0]), "a key that cosigns"),
        (WITNESS.replace(OUTSIDE, "x"), "witness w1 vkey"),
        ("[c2sp]\nport = 70000\n", "c2sp port is 70000"),
        ("[c2sp]\nlogs = ['private']\n", "c2sp.logs"),
        ("[c2sp]\nlogs = ['line', 'line']\n", "each one once"),
        ("[publish]\nfolder = '.'\n", "it is for anybody to read"),
        ("[publish]\nfolder = 'keys'\n", "it is for anybody to read"),
        ("[publish]\nfolder = 'public/../..'\n", "it is for anybody to read"),
        ("[publish]\n", "folder"),
    ],
)
def test_what_would_be_served_or_asked_wrongly_is_refused(pair, text, words):
    with_more(pair["COAL"], text)
    assert words in refused(pair["COAL"])


def test_a_peer_that_must_be_called_needs_an_address(pair):
    text = pair["COAL"].read_text()
    pair["COAL"].write_text("\n".join(t for t in text.splitlines() if not t.startswith("address")))
    assert "peer RUS address is missing" in refused(pair["COAL"])


def test_a_peer_named_twice_is_refused(pair):
    text = pair["COAL"].read_text()
    table = text[text.rindex("[[peer]]") :]
    pair["COAL"].write_text(text + table)
    assert "peer is RUS, wanted each one once" in refused(pair["COAL"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"parties"', '"partys"', ["partys", "did you mean 'parties'?"]),
        ('"within_s"', '"within_ss"', ["within_ss", "did you mean 'within_s'?"]),
        ('"horizontal_m":5556.0', '"horizontal_m":-1', ["horizontal_m", "-1"]),
        ('"id":"RUS"', '"id":"COAL"', ["COAL", "each one once"]),
        ("}", "", ["agr-1.json"]),
        ('"radius_m":9000.0', '"radius_m":"x"', ["radius_m"]),
    ],
)
def test_a_bad_agreement_is_one_line_that_names_the_file(pair, old, new, words):
    changed(pair["COAL"].parent.parent / "agr-1.json", old, new)
    line = refused(pair["COAL"])
    for word in ["agr-1.json", *words]:
        assert word in line, line


# ---- keys ---------------------------------------------------------------------------------------


def test_keys_are_private_files_and_come_back_the_same(tmp_path):
    make_keys(tmp_path, "COAL")
    for file in tmp_path.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
    first, again = read_keys(tmp_path, "COAL"), read_keys(tmp_path, "COAL")
    assert first.log.verifier == again.log.verifier
    assert (first.seal.digest, first.next_sha256) == (again.seal.digest, again.next_sha256)
    named = (first.log, first.mirror, first.link, first.witness, read_next_key(tmp_path, "COAL"))
    assert len({key.verifier.public for key in named}) == 5
    assert {key.name for key in named} == {
        f"parley/COAL/{role}" for role in ("log", "mirror", "link", "witness")
    }
    assert first.next_sha256 == sha256(named[4].verifier.vkey.encode()).hexdigest()
    with pytest.raises(InputFault, match="there already"):
        make_keys(tmp_path, "COAL")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
@pytest.mark.parametrize("file", ["mirror.key", "witness.key", "seal.key", "log.next.key"])
def test_a_key_that_others_can_read_is_refused(tmp_path, mode, file):
    make_keys(tmp_path, "COAL")
    (tmp_path / file).chmod(mode)
    with pytest.raises(InputFault, match="readable by others") as found:
        read_keys(tmp_path, "COAL")
    seed = (tmp_path / file).read_text().split()[3]
    assert seed not in "".join(traceback.format_exception(found.value))


def test_an_older_folder_of_keys_says_how_it_is_repaired_and_keeps_its_keys(tmp_path):
    make_keys(tmp_path, "COAL")
    before = read_keys(tmp_path, "COAL").log.verifier
    for file in ("witness.key", "seal.key", "log.next.key"):
        (tmp_path / file).unlink()
    with pytest.raises(InputFault, match=f"missing.*parley key add {tmp_path}") as found:
        read_keys(tmp_path, "COAL")
    assert "witness.key" in str(found.value)
    assert add_keys(tmp_path) == ("COAL", ["witness.key", "seal.key", "log.next.key"])
    assert read_keys(tmp_path, "COAL").log.verifier == before
    held = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert add_keys(tmp_path) == ("COAL", [])
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == held
    (tmp_path / "log.key").unlink()
    with pytest.raises(InputFault, match=r"log.key is No such file.*parley node init"):
        add_keys(tmp_path)
    with pytest.raises(InputFault, match=r"log.key is No such file.*parley node init"):
        read_keys(tmp_path, "COAL")


def test_the_present_log_key_is_never_taken_for_the_next(tmp_path):
    make_keys(tmp_path, "COAL")
    (tmp_path / "log.next.key").write_bytes((tmp_path / "log.key").read_bytes())
    with pytest.raises(InputFault, match="the present log key, wanted another key"):
        read_keys(tmp_path, "COAL")


@pytest.mark.parametrize("crash_at", [0, 1, 2])
def test_a_rotation_of_the_files_goes_on_where_it_was_cut_short(tmp_path, monkeypatch, crash_at):
    make_keys(tmp_path, "COAL")
    old = read_keys(tmp_path, "COAL")
    new, after = begin_rotation(tmp_path, "COAL")
    assert begin_rotation(tmp_path, "COAL")[1].verifier == after.verifier  # drawn once
    assert read_keys(tmp_path, "COAL").log.verifier == old.log.verifier
    assert old.next_sha256 == keyfile.next_key_digest(new.verifier)
    done, replace = [], Path.replace

    def cut(source, to):
        if len(done) == crash_at:
            raise KeyboardInterrupt
        done.append(to)
        return replace(source, to)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", cut)
        with pytest.raises(KeyboardInterrupt) if crash_at < 2 else contextlib.nullcontext():
            finish_rotation(tmp_path)
    if crash_at == 1:
        with pytest.raises(InputFault, match="parley key add"):
            read_keys(tmp_path, "COAL")
        assert add_keys(tmp_path) == ("COAL", [])  # the promised key, not another
    elif crash_at == 0:
        finish_rotation(tmp_path)
    found = read_keys(tmp_path, "COAL")
    assert found.log.verifier == new.verifier
    assert found.next_sha256 == keyfile.next_key_digest(after.verifier)
    assert found.link.verifier == old.link.verifier
    assert {file.name for file in tmp_path.iterdir()} == {
        "log.key", "log.next.key", "mirror.key", "link.key", "witness.key", "seal.key",
    }  # fmt: skip
    with pytest.raises(InputFault, match="a rotation under way"):
        finish_rotation(tmp_path)


def test_a_key_of_any_writing_is_made_and_read(tmp_path):
    make_keys(tmp_path, "Жук")
    assert read_keys(tmp_path, "Жук").log.name == "parley/Жук/log"


def test_a_full_disk_leaves_no_half_key(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keyfile.os, "fsync", full)
    with pytest.raises(InputFault, match="No space left"):
        make_keys(tmp_path, "COAL")
    assert list(tmp_path.iterdir()) == []


# ---- the count of starts ------------------------------------------------------------------------


def test_the_count_of_starts_stands_beside_the_keys_and_never_goes_back(tmp_path):
    assert read_starts(tmp_path) == 0
    for count in (1, 1, 2, 900):
        write_starts(tmp_path, count)
        assert read_starts(tmp_path) == count
    with pytest.raises(InputFault, match="is 899, wanted 900"):
        write_starts(tmp_path, 899)
    assert [(f.name, f.stat().st_mode & 0o777) for f in tmp_path.iterdir()] == [("starts", 0o600)]


def test_the_count_of_starts_lasts_before_its_name_does(tmp_path, monkeypatch):
    acts = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(
        keyfile.os, "fsync", lambda h: (acts.append(stat.S_ISDIR(os.fstat(h).st_mode)), sync(h))
    )
    monkeypatch.setattr(Path, "replace", lambda a, b: (acts.append(b.name), replace(a, b)))
    (tmp_path / "starts.part").write_text("left by a crash")
    write_starts(tmp_path, 5)
    assert acts == [False, True, "starts", True]  # file, folder, rename, folder
    assert read_starts(tmp_path) == 5


@pytest.mark.parametrize("text", ["", "5", "x\n", "-1\n", "5\n5\n", "9" * 17 + "\n", "\u0663\n"])
def test_a_damaged_count_of_starts_is_refused(tmp_path, text):
    (tmp_path / "starts").write_text(text)
    (tmp_path / "starts").chmod(0o600)
    with pytest.raises(InputFault, match="damaged"):
        read_starts(tmp_path)
    with pytest.raises(InputFault, match="damaged"):
        write_starts(tmp_path, 7)


def test_a_damaged_or_strange_key_file_is_refused_without_showing_it(tmp_path):
    make_keys(tmp_path, "COAL")
    file = tmp_path / "log.key"
    text = file.read_text()
    seed = text.split()[3]
    for bad in (
        text[:-8],
        text.replace("parley-seed/1", "seed"),
        "",
        text.replace(seed, "zz" * 32),
    ):
        file.write_text(bad)
        with pytest.raises(InputFault) as found:
            read_keys(tmp_path, "COAL")
        assert seed[:16] not in str(found.value)
    file.write_text(text)
    with pytest.raises(InputFault, match="of COAL log, wanted of RUS log"):
        read_keys(tmp_path, "RUS")
    file.unlink()
    os.mkfifo(file, 0o600)
    # A pipe would wait for ever: it is opened by its writer here, and refused as no file.
    writer = os.open(file, os.O_RDWR)
    with pytest.raises(InputFault, match="not a file"):
        read_keys(tmp_path, "COAL")
    os.close(writer)


# ---- init ---------------------------------------------------------------------------------------


def test_a_new_node_prints_public_things_only(tmp_path):
    printed = make_node(tmp_path / "n", party="COAL", listen="127.0.0.1:7001", http="[::1]:8080")
    seeds = [f.read_text().split()[3] for f in (tmp_path / "n" / "keys").iterdir()]
    assert len(seeds) == 6
    secrets = [*seeds, read_token(tmp_path / "n" / "token")]
    for secret in secrets:
        assert secret not in printed
        assert secret not in (tmp_path / "n" / "node.toml").read_text()
    assert printed.startswith('[[peer]]\nparty = "COAL"\naddress = "127.0.0.1:7001"\n')
    assert printed.count("# fingerprint ") == 5
    assert load_node(tmp_path / "n" / "node.toml").config.http.host == "::1"


def test_a_node_is_never_made_over_another(tmp_path):
    make_node(tmp_path, party="COAL", listen="127.0.0.1:0", http="127.0.0.1:0")
    before = (tmp_path / "keys" / "log.key").read_bytes()
    with pytest.raises(InputFault, match="there already"):
        make_node(tmp_path, party="COAL", listen="127.0.0.1:0", http="127.0.0.1:0")
    assert (tmp_path / "keys" / "log.key").read_bytes() == before


@pytest.mark.parametrize("party", ["", "a/b", "a b", "a+b", 'a"b', "..", "x" * 65])
def test_a_party_name_that_cannot_stand_in_a_log_is_refused(tmp_path, party):
    with pytest.raises(InputFault):
        make_node(tmp_path / "n", party=party, listen="127.0.0.1:0", http="127.0.0.1:0")
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize("bad", ["", "7001", "host:", ":70", "a b:70", "host:99999", "host:x"])
def test_an_address_that_is_none_is_refused(bad):
    with pytest.raises(InputFault, match="host:port"):
        parse_address(bad, "address")


@pytest.mark.row("S1", "R1")
def test_hours_that_nobody_can_read_are_refused_when_the_agreement_is_read(pair):
    agreement = pair["COAL"].parent.parent / "agr-1.json"
    changed(agreement, '"lines":[{"id":"L1",', '"lines":[{"id":"L1","hours":"by day",')
    assert 'line L1 hours is by day, wanted "24/7", or times of day' in refused(pair["COAL"])
    changed(agreement, '"rules_version":5', '"rules_version":2')
    assert load_node(pair["COAL"]).identity.agreements["AGR-1"].lines[0].hours == "by day"
