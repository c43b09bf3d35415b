from __future__ import annotations

import base64
import io
import json
import re
import stat

import pytest

from app.twonodes import make_pair, parley_here
from parley.app.ceremony import key_page
from parley.app.config import load_node
from parley.app.keyfile import make_key, read_key
from parley.trust.keys import SigningKey, parse_vkey
from parley.trust.statements import (
    Enrolment,
    parse_statement,
    verify_act,
    verify_enrolment,
    verify_statement,
)

LEAF = "ab" * 32


@pytest.fixture
def root(tmp_path, capsys):
    """Return the folder of a root of three, and what making it printed."""
    code, out, err = parley_here(capsys, "key", "make-root", tmp_path / "root", "--party", "COAL")
    assert (code, err) == (0, "")
    return tmp_path / "root", out


def seeds_in(folder):
    return [file.read_text().split()[3] for file in sorted(folder.rglob("*.key"))]


def one_line(err, *words):
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for word in words:
        assert word in err, err


# ---- the root -----------------------------------------------------------------------------------


def test_a_root_is_made_of_private_files_and_public_print(root):
    folder, out = root
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == ["root-1.key", "root-2.key", "root-3.key"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in files:
        _, job, key = read_key(file)
        assert (job, key.role) == (file.stem, "root")
        assert out.count(key.verifier.vkey) == 2  # for the own file, for the peers'
        assert key.verifier.fingerprint in out
    for seed in seeds_in(folder):
        assert seed not in out
    assert "threshold = 2" in out


def test_what_making_a_root_prints_can_be_pasted(root, tmp_path):
    _, out = root
    files = make_pair(tmp_path)
    own, _, theirs = out.partition("\n# In each peer's")
    head, _, table = files["COAL"].read_text().rpartition("[[peer]]")
    files["COAL"].write_text(head + own + "\n[[peer]]" + table)
    files["RUS"].write_text(files["RUS"].read_text() + theirs.partition("\n")[2])
    keys, threshold = load_node(files["COAL"]).identity.roots
    assert (len(keys), threshold) == (3, 2)
    peer = load_node(files["RUS"]).identity.peers["COAL"]
    assert (peer.roots, peer.root_threshold) == (keys, 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--count", 0], "--count is 0, wanted 1 to 16"),
        (["--count", 17], "--count is 17"),
        (["--threshold", 4], "--threshold is 4, wanted 1 to 3"),
        (["--threshold", 0], "--threshold is 0"),
        (["--party", "A B"], "--party is A B"),
    ],
)
def test_a_root_that_cannot_be_is_not_made(capsys, tmp_path, options, words):
    code, out, err = parley_here(
        capsys, "key", "make-root", tmp_path / "r", "--party", "COAL", *options
    )
    assert (code, out) == (2, "")
    one_line(err, words)
    assert not (tmp_path / "r").exists()


def test_a_root_never_lies_with_the_node_nor_over_another(capsys, tmp_path, root):
    folder, _ = root
    before = seeds_in(folder)
    code, _, err = parley_here(capsys, "key", "make-root", folder, "--party", "COAL")
    assert code == 2
    one_line(err, "a root already")
    assert seeds_in(folder) == before
    make_pair(tmp_path)
    for place in ("COAL", "COAL/keys", "COAL/keys/root"):
        code, _, err = parley_here(capsys, "key", "make-root", tmp_path / place, "--party", "COAL")
        assert code == 2
        one_line(err, "under a node's folder")
        assert re.search(r"COAL(/keys)? holds (node.toml|log.key)\)", err)
    assert len(seeds_in(tmp_path / "COAL")) == 6


# ---- pages --------------------------------------------------------------------------------------


def number_of(text):
    groups = re.findall(r"^ {4}((?:[0-9a-f]{4} ){7}[0-9a-f]{4})$", text, re.MULTILINE)
    assert len(groups) == 2
    return groups


def test_both_sides_read_the_same_number_of_the_same_keys(capsys, tmp_path):
    files = make_pair(tmp_path)
    code, own, _ = parley_here(capsys, "key", "page", files["COAL"].parent)
    assert code == 0
    code, seen, _ = parley_here(capsys, "key", "page", files["RUS"].parent, "--peer", "COAL")
    assert code == 0
    assert own.startswith("Keys of COAL\n")
    assert seen.startswith("Keys of COAL as enrolled at RUS\n")
    assert number_of(own) == number_of(seen)
    keys = load_node(files["COAL"]).identity.keys
    for key in (keys.log, keys.mirror, keys.link, keys.witness):
        for text in (key.verifier.vkey, key.verifier.fingerprint, key.verifier.key_id.hex()):
            assert text in own
    for digest in (keys.seal.digest, keys.next_sha256):
        assert digest in own
    for seed in seeds_in(files["COAL"].parent):
        assert seed not in own
    assert own.count("_" * 40) >= 4


@pytest.mark.parametrize("name", ["log", "mirror", "link", "witness", "seal", "next"])
def test_one_key_changed_on_its_way_changes_the_number(tmp_path, name):
    files = make_pair(tmp_path)
    own = key_page(files["COAL"], None)
    assert key_page(files["RUS"], "COAL").number == own.number
    text = files["RUS"].read_text()
    (line,) = re.findall(rf"^{name} = .*$", text[text.rindex("[[peer]]") :], re.MULTILINE)
    if name in ("seal", "next"):
        other = f'{name} = "{"cd" * 32}"'
    else:
        thief = SigningKey(bytes(32), name=f"parley/COAL/{name}", role=name).verifier
        other = f'{name} = "{thief.vkey}"'
    files["RUS"].write_text(text.replace(line, other))
    assert key_page(files["RUS"], "COAL").number != own.number


def test_the_root_and_its_threshold_are_part_of_the_number(tmp_path, root):
    _, out = root
    files = make_pair(tmp_path)
    plain = files["RUS"].read_text()
    lines = out.partition("\n# In each peer's")[2].partition("\n")[2]
    numbers = {key_page(files["RUS"], "COAL").number}
    for text in (lines, lines.replace("threshold = 2", "threshold = 1")):
        files["RUS"].write_text(plain + text)
        numbers.add(key_page(files["RUS"], "COAL").number)
    assert len(numbers) == 3
    first, _, rest = lines.partition("[")
    keys = rest.strip().removesuffix("]").split(", ")
    files["RUS"].write_text(plain + first + f"[{', '.join(reversed(keys))}]\n")
    assert key_page(files["RUS"], "COAL").number in numbers  # the order in a file says nothing


def test_a_page_names_who_was_there_and_html_asks_for_nothing_else(capsys, tmp_path):
    files = make_pair(tmp_path)
    folder = files["COAL"].parent
    names = ["--present", "Owl <duty-officer>", "--present", "Fox & Co"]
    code, text, _ = parley_here(capsys, "key", "page", folder, *names)
    assert code == 0
    assert "Owl <duty-officer>" in text
    code, page, _ = parley_here(capsys, "key", "page", folder, "--html", *names)
    assert code == 0
    assert page.startswith("<!doctype html>")
    assert "Owl &lt;duty-officer&gt;" in page
    assert "Fox &amp; Co" in page
    assert load_node(files["COAL"]).identity.keys.log.verifier.vkey in page
    for word in ("http:", "https:", "src=", "href=", "url(", "<script"):
        assert word not in page
    for part in number_of(text):
        assert part in page
    code, out, err = parley_here(capsys, "key", "page", folder, "--present", "a\x1b[2Jb")
    assert (code, out) == (2, "")
    one_line(err, "--present")
    assert "\x1b" not in err


def test_a_page_of_nobody_is_one_line(capsys, tmp_path):
    files = make_pair(tmp_path)
    code, out, err = parley_here(capsys, "key", "page", files["COAL"].parent, "--peer", "RUSS")
    assert (code, out) == (2, "")
    one_line(err, "--peer is RUSS", "RUS")
    code, out, err = parley_here(capsys, "key", "page", tmp_path / "none")
    assert (code, out) == (2, "")
    one_line(err, "No such file")


# ---- adding, checking ---------------------------------------------------------------------------


def test_an_older_node_gets_its_new_keys_and_the_table_for_its_peers(capsys, tmp_path):
    files = make_pair(tmp_path)
    folder = files["COAL"].parent
    for name in ("witness", "seal", "log.next"):
        (folder / "keys" / f"{name}.key").unlink()
    code, _, err = parley_here(capsys, "node", "check", folder)
    assert code == 2
    one_line(err, "witness.key is missing", "parley key add")
    code, table, err = parley_here(capsys, "key", "add", folder)
    assert (code, err) == (0, "added: witness.key, seal.key, log.next.key\n")
    keys = load_node(files["COAL"]).identity.keys
    port = load_node(files["COAL"]).config.listen.port
    assert f'address = "127.0.0.1:{port}"' in table
    for text in (keys.witness.verifier.vkey, keys.seal.digest, keys.next_sha256):
        assert text in table
    for seed in seeds_in(folder):
        assert seed not in table
    code, again, err = parley_here(capsys, "key", "add", folder / "keys")
    assert (code, err) == (0, "added: nothing\n")
    assert again == table.replace(f"127.0.0.1:{port}", "host:port")
    # What was printed is what the peer needs.
    head, _, _ = files["RUS"].read_text().rpartition("[[peer]]")
    files["RUS"].write_text(head + table)
    code, out, err = parley_here(capsys, "node", "check", files["RUS"])
    assert (code, err) == (0, "")
    assert out.startswith("RUS: agreements AGR-1; peers COAL\n")
    assert "has no [root]" in out


def test_keys_are_checked_before_they_are_enrolled(capsys, monkeypatch):
    good = SigningKey(bytes(32), name="parley/RUS/mirror", role="mirror").verifier
    code, out, err = parley_here(capsys, "key", "check", good.vkey)
    assert (code, err) == (0, "")
    assert out == (
        f"parley/RUS/mirror: cosigns, key id {good.key_id.hex()}, fingerprint {good.fingerprint}\n"
    )
    material = base64.b64encode(b"\x01\x01" + bytes(31)).decode()
    small_order = f"parley/RUS/log+00000000+{material}"
    for bad, words in (
        (good.vkey[:-4], "29 bytes"),
        (good.vkey.replace("RUS", "SUR"), "changed or mistyped"),
        (small_order, "prime-order"),
    ):
        code, out, _ = parley_here(capsys, "key", "check", good.vkey, bad)
        assert code == 1
        assert out.count("\n") == 2
        assert "refused: " in out
        assert words in out
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{good.vkey}\n\n{good.vkey}\n"))
    code, out, _ = parley_here(capsys, "key", "check", "-")
    assert (code, out.count("cosigns")) == (0, 2)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert parley_here(capsys, "key", "check", "-")[0] == 1


# ---- statements ---------------------------------------------------------------------------------


def make_statement(capsys, tmp_path, **changed):
    stolen = SigningKey(b"\x09" * 32, name="parley/COAL/log", role="log").verifier
    options = {
        "--party": "COAL", "--action": "revoke", "--role": "log", "--vkey": stolen.vkey,
        "--reason": "the disk was taken", "--at": "2026-11-23T06:00:00Z",
        **changed,
    }  # fmt: skip
    words = [word for pair in options.items() for word in pair if pair[1]]
    code, out, err = parley_here(capsys, "key", "statement", "make", *words)
    (tmp_path / "statement.txt").write_text(out)
    return code, out, err


def test_a_key_is_revoked_by_two_of_three_without_any_network(capsys, tmp_path, root):
    folder, _ = root
    code, text, words = make_statement(capsys, tmp_path)
    assert code == 0
    said = parse_statement(text)
    assert (said.action, said.reason) == ("revoke", "the disk was taken")
    assert "counts no more, for good, from 2026-11-23T06:00:00Z." in words
    for number in (1, 3):
        code, note, err = parley_here(
            capsys, "key", "statement", "sign", tmp_path / "statement.txt",
            folder / f"root-{number}.key",
        )  # fmt: skip
        assert code == 0
        assert err == words  # who signs reads what is signed
        (tmp_path / f"{number}.note").write_text(note)
    both = ["key", "statement", "combine", tmp_path / "1.note", tmp_path / "3.note"]
    code, note, _ = parley_here(capsys, *both)
    assert code == 0
    (tmp_path / "both.note").write_text(note)
    roots = [read_key(folder / f"root-{n}.key")[2].verifier for n in (1, 2, 3)]
    assert verify_statement(note.encode(), roots, 2) == said
    for seed in seeds_in(folder):
        assert seed not in note + words
    given = [word for key in roots for word in ("--root", key.vkey)]
    check = ["key", "statement", "check"]
    code, out, _ = parley_here(capsys, *check, tmp_path / "both.note", *given)
    assert (code, out) == (0, words)
    code, out, err = parley_here(capsys, *check, tmp_path / "1.note", *given)
    assert (code, out) == (1, "")
    one_line(err, "2 of 3 root keys")
    code, _, err = parley_here(capsys, *check, tmp_path / "1.note", "--root", "x")
    assert code == 2
    one_line(err, "verifier key")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"--action": "forgive"}, "statement"),
        ({"--role": "king"}, "statement"),
        ({"--role": "mirror"}, "the mirror key of COAL"),
        ({"--party": "RUS"}, "the log key of RUS"),
        ({"--at": "2026-11-23"}, "--at"),
        ({"--vkey": "x"}, "verifier key"),
        ({"--role": "seal"}, "64 digits"),
        ({"--reason": "two\nlines"}, "reason"),
    ],
)
def test_what_cannot_be_stated_is_one_line(capsys, tmp_path, changed, words):
    code, out, err = make_statement(capsys, tmp_path, **changed)
    assert (code, out) == (2, "")
    one_line(err, words)


def test_a_statement_counts_from_now_if_no_time_is_given(capsys, tmp_path):
    code, text, _ = make_statement(capsys, tmp_path, **{"--at": ""})
    assert code == 0
    assert re.search(r"^at 2\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$", text, re.MULTILINE)


def test_only_a_root_key_that_nobody_else_can_read_signs(capsys, tmp_path, root):
    folder, _ = root
    make_statement(capsys, tmp_path)
    sign = ["key", "statement", "sign", tmp_path / "statement.txt"]
    make_key(tmp_path / "owl.key", "COAL", "operator/owl")
    make_key(tmp_path / "other.key", "RUS", "root-1")
    make_key(tmp_path / "seal.key", "COAL", "seal")
    for file, words in (
        ("owl.key", "for operator/owl, wanted a root key"),
        ("other.key", "a key parley/COAL/root-N"),
        ("seal.key", "for seal, wanted a key that signs"),
        ("none.key", "No such file"),
    ):
        code, out, err = parley_here(capsys, *sign, tmp_path / file)
        assert (code, out) == (2, "")
        assert words in err.splitlines()[-1]
    (folder / "root-1.key").chmod(0o644)
    code, out, err = parley_here(capsys, *sign, folder / "root-1.key")
    assert (code, out) == (2, "")
    assert "readable by others (mode 0644)" in err
    for seed in seeds_in(tmp_path):
        assert seed not in err
    (tmp_path / "statement.txt").write_text("party COAL\n")
    code, out, err = parley_here(capsys, *sign, folder / "root-2.key")
    assert (code, out) == (2, "")
    one_line(err, "statement.txt", "parley/key-statement/v1")


def test_different_statements_are_not_combined(capsys, tmp_path, root):
    folder, _ = root
    for number in (1, 2):
        make_statement(capsys, tmp_path, **{"--reason": f"reason {number}"})
        _, note, _ = parley_here(
            capsys, "key", "statement", "sign", tmp_path / "statement.txt",
            folder / f"root-{number}.key",
        )  # fmt: skip
        (tmp_path / f"{number}.note").write_text(note)
    both = ["key", "statement", "combine", tmp_path / "1.note"]
    code, out, err = parley_here(capsys, *both, tmp_path / "2.note")
    assert (code, out) == (2, "")
    one_line(err, "2 different ones")
    (tmp_path / "2.note").write_bytes(b"\xff")
    code, out, err = parley_here(capsys, *both, tmp_path / "2.note")
    assert (code, out) == (2, "")
    one_line(err, "2.note")


# ---- people -------------------------------------------------------------------------------------


def test_a_person_has_a_key_of_their_own_and_agrees_to_be_enrolled(capsys, tmp_path):
    file = tmp_path / "owl.key"
    made = ["key", "operator", file, "--party", "COAL", "--operator", "owl"]
    code, out, err = parley_here(capsys, *made)
    assert code == 0
    key = parse_vkey(out.strip())
    assert key.name == "parley/COAL/operator/owl"
    assert err == f"fingerprint {key.fingerprint}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    code, out, err = parley_here(
        capsys, "key", "enrol", file, "--post", "duty-officer", "--post", "commander",
        "--until", "2027-01-01T00:00:00Z",
    )  # fmt: skip
    assert (code, err) == (0, "")
    said = json.loads(out)
    possession = said.pop("possession")
    enrolment = Enrolment(party="COAL", **{**said, "posts": tuple(said["posts"])})
    assert verify_enrolment(enrolment, possession) == key
    assert enrolment.posts == ("duty-officer", "commander")
    assert enrolment.until_us == 1_798_761_600_000_000
    code, signature, _ = parley_here(capsys, "key", "sign", file, "log", 7, LEAF)
    assert code == 0
    verify_act(key, "log", 7, LEAF, signature.strip())
    code, again, err = parley_here(capsys, *made)
    assert (code, again) == (2, "")
    one_line(err, "there already")
    for text in (out, signature):
        assert seeds_in(tmp_path)[0] not in text


def test_only_a_persons_own_key_enrols_and_signs(capsys, tmp_path, root):
    folder, _ = root
    for words in (
        ["enrol", folder / "root-1.key", "--post", "duty-officer"],
        ["sign", folder / "root-1.key", "log", 7, LEAF],
        ["enrol", tmp_path / "none.key", "--post", "duty-officer"],
    ):
        code, out, err = parley_here(capsys, "key", *words)
        assert (code, out) == (2, "")
        one_line(err, "key file")
    make_key(tmp_path / "owl.key", "COAL", "operator/owl")
    for words in (
        ["enrol", tmp_path / "owl.key", "--post", "a", "--post", "a"],
        ["enrol", tmp_path / "owl.key", "--post", " a"],
        ["enrol", tmp_path / "owl.key", "--post", "a", "--until", "tomorrow"],
        ["sign", tmp_path / "owl.key", "log", 7, "ab"],
        ["operator", tmp_path / "fox.key", "--party", "COAL", "--operator", "a/b"],
    ):
        code, out, err = parley_here(capsys, "key", *words)
        assert (code, out) == (2, "")
        one_line(err)
    assert not (tmp_path / "fox.key").exists()


def test_a_seed_is_in_no_report_of_a_fault_of_this_program(capsys, tmp_path, monkeypatch, root):
    folder, _ = root
    make_statement(capsys, tmp_path)

    def broken(*_):
        raise RuntimeError("a bug while a key is held")

    monkeypatch.setattr("parley.app.ceremony.sign_statement", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, out, err = parley_here(
        capsys, "key", "statement", "sign", tmp_path / "statement.txt", folder / "root-1.key"
    )
    assert (code, out) == (3, "")
    (report,) = tmp_path.glob("parley-report-*")
    assert "a bug while a key is held" in report.read_text()
    for seed in seeds_in(folder):
        assert seed not in report.read_text() + err
