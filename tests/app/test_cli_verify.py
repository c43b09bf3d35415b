from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.twonodes import T0_US, lines_of, make_pair, parley_here
from parley.app.config import load_node
from parley.app.crank import Crank
from parley.app.evidence import make_pack
from parley.node.inputs import Say
from parley.review.verify import verify_pack
from parley.store.sqlite import Store
from parley.trust.keys import SigningKey
from parley.world.faults import Fault


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify")
    setup = load_node(make_pair(folder)["COAL"])
    with Store(setup.store) as store:
        crank = Crank(setup.identity, store)
        for n in range(4):
            said = Say(
                agreement="AGR-1", line="L1", post="duty-officer", to=("RUS",),
                message_type="free.text", text=f"number {n}",
            )  # fmt: skip
            crank.turn(T0_US + n * 1_000_000, said)
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


def test_a_changed_entry_is_named_and_exit_1(capsys, made, tmp_path):
    data = bytearray(made[0].read_bytes())
    at = data.index(b"number 2")
    data[at] ^= 1
    (tmp_path / "bad.zip").write_bytes(data)
    code, out, err = parley_here(capsys, "verify", tmp_path / "bad.zip")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "COAL/line/2017 entry 3 is changed since it was signed" in err


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
        (["{file}", "--key", "{stranger}"], "a key of a log in the pack"),
        (["{file}", "--key", "{vkey}", "--key", "{vkey}"], "each key once"),
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
