"""C2SP signed notes: a text and signature lines, read strictly.

Any bytes become a `Note` or a `PeerFault`, nothing else. A note says nothing until `open_note` has
checked it against known keys: signatures of unknown keys are ignored, a bad signature of a known
key refuses the whole note. What the text means is `checkpoint`'s business.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import NoReturn

import msgspec

from parley.trust.keys import (
    ALGORITHM_COSIGNATURE,
    KEY_ID_BYTES,
    SIGNATURE_BYTES,
    VerifierKey,
    parse_vkey,
    verify_signature,
)
from parley.world.faults import InputFault, PeerFault
from parley.world.limits import NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX

__all__ = [
    "Note",
    "Signature",
    "VerifierKey",
    "add_signatures",
    "cosigned_message",
    "decode_base64",
    "make_note",
    "open_note",
    "parse_signature_line",
    "parse_unverified_note",
    "parse_vkey",
    "verify_note_signatures",
]

_DASH = "\N{EM DASH} "
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_TIME_BYTES = 8
TIME_MAX_S = 2**63 - 1


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One signature line: who says so, and the bytes. Nothing is verified by its being here."""

    name: str
    key_id: bytes
    payload: bytes

    @property
    def line(self) -> bytes:
        """The exact line, newline included."""
        text = base64.b64encode(self.key_id + self.payload).decode("ascii")
        return f"{_DASH}{self.name} {text}\n".encode()


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A note: its text (final newline included), all signature lines, and whose were verified."""

    text: str
    signatures: tuple[Signature, ...]
    verified: tuple[VerifierKey, ...] = ()

    @property
    def data(self) -> bytes:
        """The exact bytes of the note."""
        return make_note(self.text, self.signatures)


def _refuse(what: str, wanted: str, value: object = None) -> NoReturn:
    raise PeerFault(what, value=value, wanted=wanted)


def decode_base64(what: str, text: str) -> bytes:
    """Return the bytes of standard base64 in its one canonical form (RFC 4648, section 4).

    Raises:
        PeerFault: another alphabet, padding or trailing bits.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        _refuse(what, "standard base64", text)
    if base64.b64encode(data).decode("ascii") != text:
        _refuse(what, "standard base64 without spare bits", text)
    return data


def make_note(text: str, signatures: Sequence[Signature]) -> bytes:
    """Return the bytes of a note.

    Raises:
        InputFault: the text does not end in a newline, or holds a control character.
    """
    if not text.endswith("\n") or _CONTROL.search(text.encode()):
        raise InputFault("note text", value=text, wanted="lines without control characters")
    return text.encode() + b"\n" + b"".join(signature.line for signature in signatures)


def parse_unverified_note(data: bytes) -> Note:
    """Return a note as it is written; its text must not be believed yet.

    Raises:
        PeerFault: any break of the form, or more bytes or signatures than world/limits allows.
    """
    if len(data) > NOTE_BYTES_MAX:
        _refuse("note", f"at most {NOTE_BYTES_MAX} bytes", f"{len(data)} bytes")
    control = _CONTROL.search(data)
    if control:
        _refuse("note", "no control characters", f"byte {control[0]!r} at {control.start()}")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise PeerFault("note", value=f"bad byte at {fault.start}", wanted="UTF-8") from None
    text, blank, tail = whole.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        _refuse("note", "a text, an empty line, and signature lines that end in a newline")
    lines = tail[:-1].split("\n")
    if len(lines) > NOTE_SIGNATURES_MAX:
        _refuse("note", f"at most {NOTE_SIGNATURES_MAX} signatures", f"{len(lines)} signatures")
    return Note(text=text + "\n", signatures=tuple(map(_parse_line, lines)))


def parse_signature_line(data: bytes) -> Signature:
    """Return the signature of one line, newline included.

    Raises:
        PeerFault: it is not one signature line.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise PeerFault("signature", value=f"bad byte at {fault.start}", wanted="UTF-8") from None
    if not text.endswith("\n") or len(data) > NOTE_BYTES_MAX:
        _refuse("signature", "one line that ends in a newline")
    return _parse_line(text[:-1])


def _parse_line(line: str) -> Signature:
    what = "signature line"
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        _refuse(what, "em dash, space, key name, space, base64", line)
    # Names of unknown keys are held to C2SP only, not to our tighter rule for keys we enrol.
    if not name or "+" in name or any(letter.isspace() for letter in name):
        _refuse(what, "a C2SP key name", name)
    payload = decode_base64(what, encoded)
    if len(payload) <= KEY_ID_BYTES:
        _refuse(what, "a key id and a signature", f"{len(payload)} bytes")
    return Signature(name=name, key_id=payload[:KEY_ID_BYTES], payload=payload[KEY_ID_BYTES:])


def open_note(data: bytes, keys: Sequence[VerifierKey]) -> Note:
    """Return the note, signed by at least one of the keys; `verified` names those that did.

    Raises:
        PeerFault: bad form, no signature of a known key, or a bad signature of a known key.
    """
    return verify_note_signatures(parse_unverified_note(data), keys)


def verify_note_signatures(note: Note, keys: Sequence[VerifierKey]) -> Note:
    """Return the note with `verified` filled in, each key once, in the order of `keys`.

    Raises:
        InputFault: two of the keys share name and key id.
        PeerFault: no signature of a known key, or a bad signature of a known key.
    """
    known = {(key.name, key.key_id): key for key in keys}
    if len(known) != len(keys):
        raise InputFault("known keys", wanted="every name and key id once")
    found: set[VerifierKey] = set()
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            _verify(key, note.text, signature)
            found.add(key)
    if not found:
        names = ", ".join(key.name for key in keys) or "nobody"
        _refuse("note", f"a signature by {names}", "not signed by a known key")
    return msgspec.structs.replace(note, verified=tuple(key for key in keys if key in found))


def _verify(key: VerifierKey, text: str, signature: Signature) -> None:
    message, payload = text.encode(), signature.payload
    if key.algorithm == ALGORITHM_COSIGNATURE:
        if len(payload) != _TIME_BYTES + SIGNATURE_BYTES:
            _refuse(f"cosignature by {key.name}", "a time and 64 bytes", f"{len(payload)} bytes")
        time_s = int.from_bytes(payload[:_TIME_BYTES], "big")
        if time_s > TIME_MAX_S:
            _refuse(f"cosignature by {key.name}", f"a time of at most {TIME_MAX_S}", time_s)
        message, payload = cosigned_message(text, time_s), payload[_TIME_BYTES:]
    try:
        verify_signature(key.public, payload, message)
    except PeerFault as fault:
        raise PeerFault(
            f"signature by {key.name}", value=fault.value, wanted="the key's own signature"
        ) from None


def cosigned_message(text: str, time_s: int) -> bytes:
    """Return what a v1 cosignature signs: header, time (seconds since 1970) and the note text."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def add_signatures(data: bytes, lines: Sequence[bytes]) -> bytes:
    """Return the note with signature lines added at its end, those already there left out.

    Raises:
        PeerFault: the note or a line has the wrong form, or there are too many signatures.
    """
    note = parse_unverified_note(data)
    signatures = list(note.signatures)
    for line in lines:
        signature = parse_signature_line(line)
        if signature not in signatures:
            signatures.append(signature)
    if len(signatures) > NOTE_SIGNATURES_MAX:
        _refuse("note", f"at most {NOTE_SIGNATURES_MAX} signatures", f"{len(signatures)}")
    return make_note(note.text, signatures)
