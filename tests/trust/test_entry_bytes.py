"""Entry bytes: what two readers could read differently is refused, naming the key."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.trust.bytes import (
    INTEGER_MAX,
    JSON_DEPTH_MAX,
    check_entry_bytes,
    read_entry_object,
    sha256_hex,
)
from parley.world.faults import InputFault
from parley.world.limits import ENTRY_BYTES_MAX


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "JSON"),
        (b"[]", "object"),
        (b"7", "object"),
        (b'{"a":1}{}', "JSON"),
        (b'{"a":1,}', "JSON"),
        (b'\xef\xbb\xbf{"a":1}', "JSON"),
        (b'{"a":"\xff"}', "UTF-8"),
        (b'{"a":"\n"}', "JSON"),
        (b'{"a":1,"b":2,"a":1}', "key a is there twice"),
        (b'{"x":{"b":2,"b":2}}', "key b is there twice"),
        (b'{"speed":1.5}', "key speed is 1.5"),
        (b'{"speed":1e3}', "key speed is 1e3"),
        (b'{"a":[1,[2,-0.0]]}', "key a is -0.0"),
        (b'{"a":[{"deep":NaN}]}', "key deep is NaN"),
        (b'{"a":-Infinity}', "key a is -Infinity"),
        (b'{"a":9007199254740992}', "key a is 9007199254740992"),
        (b'{"a":' + b"9" * 5000 + b"}", "JSON"),
        (b'{"a":"\\ud800"}', "key a is a lone surrogate"),
        (b'{"\\udc00":1}', "lone surrogate"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "depth"),
        (b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "depth"),
        (b'{"a":"' + b"x" * ENTRY_BYTES_MAX + b'"}', "60000"),
    ],
)
def test_what_another_reader_might_read_otherwise_is_refused(data, said):
    with pytest.raises(InputFault) as caught:
        check_entry_bytes(data)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_limits_themselves_are_let_in():
    check_entry_bytes(b'{"a":"' + b"x" * (ENTRY_BYTES_MAX - 8) + b'"}')
    check_entry_bytes(b'{"a":%d,"b":-%d}' % (INTEGER_MAX, INTEGER_MAX))
    nested = JSON_DEPTH_MAX - 1
    check_entry_bytes(b'{"a":' + b"[" * nested + b"]" * nested + b"}")
    check_entry_bytes(b'{"a":"' + b"{[" * 40 + b'"}')
    with pytest.raises(InputFault, match="depth"):
        check_entry_bytes(b'{"a":' + b"[" * (nested + 1) + b"]" * (nested + 1) + b"}")


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(texts, values, max_size=6), st.booleans())
@settings(max_examples=60)
def test_every_plain_object_comes_back_as_it_was(entry, ascii_only):
    data = json.dumps(entry, ensure_ascii=ascii_only).encode()
    assert read_entry_object(data) == entry


@given(st.binary(max_size=200) | st.text('{}[]",:0123456789.eE-+atruefalsn\\ud8', max_size=60))
@settings(max_examples=150)
def test_any_bytes_are_an_entry_or_an_input_fault(data):
    raw = data.encode() if isinstance(data, str) else data
    try:
        check_entry_bytes(raw)
    except InputFault:
        return
    assert isinstance(json.loads(raw), dict)


def test_the_digest_is_sha256():
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
