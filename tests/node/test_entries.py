from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.node.custody_bodies import LogClosed
from parley.node.encoding import decode_entry, encode_entry, seal_entry
from parley.node.entries import (
    BODY_TYPES,
    Draft,
    Entry,
    LogName,
    MessageDisplayed,
    MessageSaid,
    Unreadable,
    log_name,
)
from parley.node.versions import rules_of
from parley.trust.seal import commitment, payload_of
from parley.world.faults import InputFault
from parley.world.limits import ENTRY_BYTES_MAX

LINE = LogName(agreement="AB", party="ALFA", kind="line", year=2026)
SAID = MessageSaid(line="L", message_type="clearance", message_class="SAFETY", fields={"a": "b"})


def encoded(body=SAID, **envelope) -> bytes:
    draft = Draft(agreement="AB", by="desk", body=body, to=("BRAVO",), **envelope)
    return encode_entry(draft, log=LINE, seq=3, issued_us=1_500_000_000_000_000, seen={})


def test_an_entry_reads_back_as_it_was_written() -> None:
    entry = decode_entry(encoded(valid_until_us=1_600_000_000_000_000), log=LINE, index=3)
    assert isinstance(entry, Entry)
    assert (entry.body, entry.to, entry.by, entry.seq) == (SAID, ("BRAVO",), "desk", 3)
    assert entry.valid_until_us == 1_600_000_000_000_000


def test_every_type_has_its_own_name_and_belongs_to_one_kind_of_log() -> None:
    assert len(BODY_TYPES) == 69
    assert all("." in name for name in BODY_TYPES)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seq": 4}, "seq"),
        ({"type": "message.shouted"}, "type"),
        ({"type": "alert.resolved"}, ""),
        ({"issued_us": -(10**16)}, "issued_us"),
        ({"issued_us": 1.5}, ""),
        ({"surprise": 1}, "surprise"),
        ({"v": 2}, ""),
        ({"body": None}, "object"),
        ({"body": "text"}, "object"),
        ({"audience": ["BRAVO"]}, "only with a commitment"),
        ({"commit": "00"}, "commit"),
        ({"by": ""}, "by"),
    ],
)
def test_what_breaks_the_schema_is_kept_as_unreadable_with_the_reason(change, why) -> None:
    document = json.loads(encoded()) | change
    found = decode_entry(json.dumps(document).encode(), log=LINE, index=3)
    assert isinstance(found, Unreadable)
    assert why in found.why


@pytest.mark.parametrize(
    ("post", "good"), [("Al Udeid CAOC", True), (" desk", False), ("a\nb", False)]
)
def test_a_post_is_called_as_people_call_it(post, good) -> None:
    draft = Draft(agreement="AB", by=post, body=SAID, to=("BRAVO",))
    if good:
        assert encode_entry(draft, log=LINE, seq=0, issued_us=1_500_000_000_000_000, seen={})
    else:
        with pytest.raises(InputFault, match="entry by"):
            encode_entry(draft, log=LINE, seq=0, issued_us=1_500_000_000_000_000, seen={})


SALT = bytes(range(32))


def sealed(body=SAID, **envelope) -> tuple[bytes, bytes]:
    draft = Draft(agreement="AB", by="desk", body=body, to=("BRAVO",), **envelope)
    return seal_entry(draft, log=LINE, seq=3, issued_us=1_500_000_000_000_000, seen={}, salt=SALT)


def test_a_commitment_without_its_opening_is_an_entry_without_a_body() -> None:
    data, opening = sealed(audience=("ALFA", "BRAVO"))
    found = decode_entry(data, log=LINE, index=3)
    assert isinstance(found, Entry)
    assert (found.body, found.to, found.audience) == (None, ("BRAVO",), ("ALFA", "BRAVO"))
    assert found.commit == commitment(opening)
    assert b"clearance" not in data, "nothing of the payload stands in the log"


def test_a_sealed_entry_reads_back_with_its_opening_and_no_other() -> None:
    data, opening = sealed()
    found = decode_entry(data, log=LINE, index=3, opening=opening)
    assert isinstance(found, Entry)
    assert found.body == SAID
    assert payload_of(opening) in encoded(), "the payload is the exact bytes of a plain body"
    for wrong in (b"", opening[:-1], bytes(32) + opening[32:]):
        assert isinstance(decode_entry(data, log=LINE, index=3, opening=wrong), Unreadable)


@pytest.mark.parametrize(
    "change", [{"commit": None}, {"body": {"post": "desk"}}, {"commit": None, "body": None}]
)
def test_an_entry_has_a_body_or_a_commitment(change) -> None:
    document = json.loads(sealed()[0]) | change
    document = {name: value for name, value in document.items() if value is not None}
    found = decode_entry(json.dumps(document).encode(), log=LINE, index=3)
    assert isinstance(found, Unreadable)
    assert "a body or a commitment, not both" in found.why


def test_who_could_sign_what_is_never_sealed() -> None:
    document = json.loads(sealed()[0]) | {"type": "log.closed"}
    found = decode_entry(json.dumps(document).encode(), log=LINE, index=3)
    assert isinstance(found, Unreadable)
    assert "its body in plain" in found.why


def test_types_of_rules_version_2_do_not_count_under_version_1() -> None:
    data = encoded(body=LogClosed(why="year"))
    assert isinstance(decode_entry(data, log=LINE, index=3, rules=rules_of(2)), Entry)
    found = decode_entry(data, log=LINE, index=3, rules=rules_of(1))
    assert isinstance(found, Unreadable)
    assert "a type of rules version 1" in found.why


def test_an_entry_of_the_wrong_log_is_unreadable() -> None:
    ops = LogName(agreement="AB", party="ALFA", kind="ops", year=2026)
    assert isinstance(decode_entry(encoded(), log=ops, index=3), Unreadable)


@given(st.binary(max_size=300))
def test_any_bytes_decode_or_are_unreadable(data: bytes) -> None:
    assert isinstance(decode_entry(data, log=LINE, index=0), Entry | Unreadable)


@given(st.integers(0, 400), st.integers(0, 255))
def test_any_changed_byte_decodes_or_is_unreadable(at: int, value: int) -> None:
    data = bytearray(encoded())
    data[at % len(data)] = value
    assert isinstance(decode_entry(bytes(data), log=LINE, index=3), Entry | Unreadable)


def test_an_entry_longer_than_the_limit_is_refused() -> None:
    long = MessageDisplayed(post="p" * ENTRY_BYTES_MAX)
    with pytest.raises(InputFault, match="60000"):
        encoded(long)


@pytest.mark.parametrize(
    "origin",
    ["", "parley.example/AB/ALFA/line", "parley.example/AB/ALFA/talk/2026", "x/AB/ALFA/line/2026",
     "parley.example/AB/ALFA/line/99", "parley.example/A B/ALFA/line/2026",
     "parley.example//ALFA/line/2026", "parley.example/AB/../line/2026",
     "parley.example/AB/ALFA/line/2026.1", "parley.example/AB/ALFA/line/2026.02",
     "parley.example/AB/ALFA/line/2026.", "parley.example/AB/ALFA/line/2026.99999"],
)  # fmt: skip
def test_an_origin_that_is_none_is_refused(origin: str) -> None:
    with pytest.raises(InputFault):
        log_name(origin)


def test_an_origin_reads_back() -> None:
    assert log_name(LINE.origin) == LINE
    again = msgspec.structs.replace(LINE, incarnation=2)
    assert again.origin == LINE.origin + ".2"
    assert log_name(again.origin) == again
