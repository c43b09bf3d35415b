"""Signed notes: any bytes become a note or a PeerFault, and only known keys make it count."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.trust.keys import SigningKey, parse_vkey
from parley.trust.note import (
    Signature,
    add_signatures,
    make_note,
    open_note,
    parse_signature_line,
    parse_unverified_note,
)
from parley.world.faults import InputFault, PeerFault
from parley.world.limits import NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX
from shared_data import shared

KEY = SigningKey(bytes(32), name="parley/A/B/log", role="log")
OTHER = SigningKey(bytes(32), name="parley/A/C/log", role="log")
TEXT = "line one\n\nline three\n"


def signature(key=KEY, text=TEXT):
    return Signature(name=key.name, key_id=key.verifier.key_id, payload=key.sign(text.encode()))


NOTE = make_note(TEXT, [signature()])


def test_the_example_of_the_specification():
    lines = shared("vectors/c2sp-examples.txt").read_text().split("\n")
    vkey = next(line.strip() for line in lines if line.startswith("    example.com/foo+"))
    start = lines.index("```") + 1
    data = "\n".join(lines[start : lines.index("```", start)]).encode() + b"\n"
    note = open_note(data, [parse_vkey(vkey)])
    assert note.text == "This is an example message.\n"
    assert parse_vkey(vkey).vkey == vkey
    assert note.data == data
    with pytest.raises(PeerFault):
        open_note(data.replace(b"an example", b"no example"), [parse_vkey(vkey)])


def test_signatures_of_unknown_keys_are_ignored_and_bad_ones_of_known_keys_are_not():
    both = add_signatures(NOTE, [signature(OTHER).line])
    assert open_note(both, [KEY.verifier]).verified == (KEY.verifier,)
    assert open_note(both, [OTHER.verifier, KEY.verifier]).verified == (
        OTHER.verifier,
        KEY.verifier,
    )
    assert len(open_note(both, [KEY.verifier]).signatures) == 2
    with pytest.raises(PeerFault, match="known key"):
        open_note(NOTE, [OTHER.verifier])
    with pytest.raises(PeerFault, match="known key"):
        open_note(NOTE, [])
    forged = add_signatures(NOTE, [signature(OTHER, "another text\n").line])
    assert open_note(forged, [KEY.verifier])
    with pytest.raises(PeerFault, match="parley/A/C/log"):
        open_note(forged, [KEY.verifier, OTHER.verifier])
    with pytest.raises(InputFault, match="once"):
        open_note(NOTE, [KEY.verifier, KEY.verifier])


def test_a_line_is_added_once():
    line = signature(OTHER).line
    assert add_signatures(add_signatures(NOTE, [line]), [line, line]) == add_signatures(
        NOTE, [line]
    )
    assert parse_signature_line(line) == signature(OTHER)


def line_of(payload="AAAAAAA=", name="x"):
    return f"\N{EM DASH} {name} {payload}\n".encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n",
        b"text" + line_of(),
        b"text\n" + line_of(),
        b"text\n\n" + line_of()[:-1],
        b"text\n\n" + line_of() + b"\n",
        b"text\n\n" + line_of() + b"more\n",
        b"text\n\n- x AAAAAAA=\n",
        b"text\n\n" + line_of(name=""),
        b"text\n\n" + line_of(name="a+b"),
        b"text\n\n" + line_of(name="a\u00a0b"),
        b"text\n\n" + line_of("AAAAAA=="),
        b"text\n\n" + line_of("AAAAAAB="),
        b"text\n\n" + line_of("AAAA AAA="),
        b"text\n\n" + line_of("AAAAAA_="),
        b"text\n\n" + line_of(""),
        b"te\txt\n\n" + line_of(),
        b"te\rxt\n\n" + line_of(),
        b"te\x00xt\n\n" + line_of(),
        b"te\xffxt\n\n" + line_of(),
        b"te\xed\xa0\x80xt\n\n" + line_of(),
        b"text\n\n" + line_of() * (NOTE_SIGNATURES_MAX + 1),
        b"x" * NOTE_BYTES_MAX + b"\n\n" + line_of(),
    ],
)
def test_a_form_that_is_not_the_notes_is_refused(data):
    with pytest.raises(PeerFault):
        parse_unverified_note(data)


def test_the_smallest_and_the_fullest_note_are_read():
    assert parse_unverified_note(b"\n\n" + line_of()).text == "\n"
    full = b"text\n\n" + line_of() * NOTE_SIGNATURES_MAX
    assert len(parse_unverified_note(full).signatures) == NOTE_SIGNATURES_MAX
    with pytest.raises(PeerFault, match="signatures"):
        add_signatures(full, [signature().line])


@given(st.binary(max_size=300) | st.text("\n\N{EM DASH} ax+=A/", max_size=60))
@settings(max_examples=200)
def test_any_bytes_are_a_note_or_a_peer_fault(data):
    raw = data.encode() if isinstance(data, str) else data
    for read in (parse_unverified_note, parse_signature_line):
        try:
            found = read(raw)
        except PeerFault:
            pass
        else:
            assert (found.line if isinstance(found, Signature) else found.data) == raw


@given(st.integers(0, 8 * len(NOTE) - 1))
@settings(max_examples=200)
def test_no_bit_of_a_note_may_change(bit):
    changed = bytearray(NOTE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(PeerFault):
        open_note(bytes(changed), [KEY.verifier])


@given(st.integers(0, len(NOTE)), st.integers(0, len(NOTE)), st.binary(max_size=3))
@settings(max_examples=100)
def test_cut_and_pasted_notes_raise_only_peer_faults(start, end, middle):
    try:
        open_note(NOTE[:start] + middle + NOTE[end:], [KEY.verifier])
    except PeerFault:
        return
    assert NOTE[:start] + middle + NOTE[end:] == NOTE


def test_a_text_that_could_not_be_read_back_is_never_written():
    for text in ("no newline", "tab\t\n"):
        with pytest.raises(InputFault):
            make_note(text, [signature()])
