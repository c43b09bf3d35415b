from __future__ import annotations

import os

import pytest

from app.twonodes import AGREEMENT, make_pair
from parley.app.config import load_node, parse_address
from parley.app.keyfile import make_keys, read_keys, read_token
from parley.app.setup import make_node
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
    assert (known.log, known.mirror, known.link) == (
        theirs.log.verifier, theirs.mirror.verifier, theirs.link.verifier,
    )  # fmt: skip


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
    publics = {key.verifier.public for key in (first.log, first.mirror, first.link)}
    assert len(publics) == 3
    with pytest.raises(InputFault, match="there already"):
        make_keys(tmp_path, "COAL")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path, mode):
    make_keys(tmp_path, "COAL")
    (tmp_path / "mirror.key").chmod(mode)
    with pytest.raises(InputFault, match="readable by others") as found:
        read_keys(tmp_path, "COAL")
    seed = (tmp_path / "mirror.key").read_text().split()[3]
    assert seed not in str(found.value)


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
    assert len(seeds) == 3
    secrets = [*seeds, read_token(tmp_path / "n" / "token")]
    for secret in secrets:
        assert secret not in printed
        assert secret not in (tmp_path / "n" / "node.toml").read_text()
    assert printed.startswith('[[peer]]\nparty = "COAL"\naddress = "127.0.0.1:7001"\n')
    assert printed.count("# fingerprint ") == 3
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
