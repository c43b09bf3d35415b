"""Checkpoints: a log's signed head (C2SP tlog-checkpoint), and cosignatures on it.

The name on a log's own signature line is its origin, as C2SP wants it: one key of a party signs all
its logs, each under its own name. A mirror's cosignature says "at this time I durably hold all
entries of this head": it is the receipt. A witness's says "this is the largest head that I have
seen, and each grew out of the one before". Whether a head may be signed or cosigned (never smaller,
never another root for a size) is for the caller, who knows the head before it.
"""

from __future__ import annotations

import base64

import msgspec

from parley.trust.keys import (
    ALGORITHM_COSIGNATURE,
    ALGORITHM_ED25519,
    COSIGNER_ROLES,
    SigningKey,
    VerifierKey,
    verify_signature,
)
from parley.trust.note import (
    TIME_MAX_S,
    Note,
    Signature,
    cosigned_message,
    decode_base64,
    make_note,
    parse_unverified_note,
    verify_note_signatures,
)
from parley.trust.tree import EMPTY_ROOT, HASH_BYTES, SIZE_MAX
from parley.world.faults import InputFault, PeerFault
from parley.world.units import MICROSECONDS_PER_SECOND

_TIME_BYTES = 8


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The head of a log: its origin, how many entries, and the root over them.

    Attributes:
        origin: the unique name of the log.
        size: number of entries.
        root: 32 bytes, RFC 6962.
        extensions: further lines; we write none, other people's logs may.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.origin or not self.origin.isprintable():
            raise InputFault("checkpoint origin", value=self.origin, wanted="one line of text")
        if not 0 <= self.size <= SIZE_MAX:
            raise InputFault("checkpoint size", value=self.size, wanted=f"0 to {SIZE_MAX}")
        if len(self.root) != HASH_BYTES:
            raise InputFault(
                "checkpoint root", value=f"{len(self.root)} bytes", wanted=f"{HASH_BYTES} bytes"
            )
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise InputFault(
                "checkpoint root", value=self.root.hex(), wanted="the empty root at size 0"
            )
        if not all(line and "\n" not in line for line in self.extensions):
            raise InputFault("checkpoint extension", wanted="lines that are not empty")

    @property
    def body(self) -> str:
        r"""The note text: origin, size and base64 root, one line each.

        >>> Checkpoint(origin="example", size=0, root=EMPTY_ROOT).body
        'example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'
        """
        root = base64.b64encode(self.root).decode("ascii")
        return "".join(f"{x}\n" for x in (self.origin, self.size, root, *self.extensions))


class Cosignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A verified cosignature: by whom, and when they say they made it (whole seconds UTC)."""

    cosigner: str
    time_s: int


def parse_checkpoint_body(text: str) -> Checkpoint:
    """Return the checkpoint of a note text, not verified.

    Raises:
        PeerFault: it is not a checkpoint.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "":
        raise PeerFault("checkpoint", value=text, wanted="three lines: origin, size, root")
    size = lines[1]
    if not (size.isascii() and size.isdigit() and len(size) <= 19 and str(int(size)) == size):
        raise PeerFault("checkpoint size", value=size, wanted="a decimal without leading zeros")
    try:
        return Checkpoint(
            origin=lines[0],
            size=int(size),
            root=decode_base64("checkpoint root", lines[2]),
            extensions=tuple(lines[3:]),
        )
    except InputFault as fault:
        raise PeerFault(fault.what, value=fault.value, wanted=fault.wanted) from None


def parse_unverified_checkpoint(data: bytes) -> Checkpoint:
    """Return the checkpoint of a signed note whose signatures are not looked at.

    Raises:
        PeerFault: it is not a note with a checkpoint in it.
    """
    return parse_checkpoint_body(parse_unverified_note(data).text)


def sign_checkpoint(key: SigningKey, checkpoint: Checkpoint) -> bytes:
    """Return the note of the checkpoint signed by the log key under the log's origin.

    Both libraries check the signature before it is handed out.

    Raises:
        InputFault: the origin cannot be a key name.
        OurFault: the key is not a log key.
    """
    key.require_role("log")
    key = key.named(checkpoint.origin)
    message = checkpoint.body.encode()
    payload = key.sign(message)
    verify_signature(key.verifier.public, payload, message)
    line = Signature(name=key.name, key_id=key.verifier.key_id, payload=payload)
    return make_note(checkpoint.body, (line,))


def open_checkpoint(data: bytes, key: VerifierKey, origin: str | None = None) -> Checkpoint:
    """Return the checkpoint of a note that the log key signed.

    Args:
        data: the note.
        key: the log's key (algorithm 1), under whatever name it is known.
        origin: the log it must be of, where one key signs several logs.

    Raises:
        PeerFault: not a checkpoint, not signed by the key, or of another log.
    """
    note = parse_unverified_note(data)
    _require(key, ALGORITHM_ED25519)
    checkpoint = parse_checkpoint_body(note.text)
    try:
        named = key.named(checkpoint.origin)
    except InputFault as fault:
        raise PeerFault("checkpoint origin", value=fault.value, wanted=fault.wanted) from None
    verify_note_signatures(note, (named,))
    if origin is not None and checkpoint.origin != origin:
        raise PeerFault("checkpoint", value=f"of log {checkpoint.origin}", wanted=f"log {origin}")
    return checkpoint


def cosign(key: SigningKey, data: bytes, at_us: int) -> bytes:
    """Return the signature line by which a mirror holds this head, or a witness saw it, at a time.

    Args:
        key: the mirror key, or the witness key.
        data: the log's signed note; the caller has verified it, has stored its entries (mirror) or
            its consistency with the last head (witness), and has stored the head itself.
        at_us: its time, microseconds UTC; written in whole seconds, rounded down.

    Raises:
        OurFault: the key is neither.
        PeerFault: the note holds no checkpoint.
    """
    key.require_role(*COSIGNER_ROLES)
    text = parse_unverified_note(data).text
    parse_checkpoint_body(text)
    time_s = at_us // MICROSECONDS_PER_SECOND
    if not 0 <= time_s <= TIME_MAX_S:
        raise InputFault("cosignature time", value=time_s, wanted=f"0 to {TIME_MAX_S} seconds")
    message = cosigned_message(text, time_s)
    signed = key.sign(message)
    verify_signature(key.verifier.public, signed, message)
    payload = time_s.to_bytes(_TIME_BYTES, "big") + signed
    return Signature(name=key.name, key_id=key.verifier.key_id, payload=payload).line


def verify_cosignature(data: bytes, key: VerifierKey) -> Cosignature:
    """Return the cosignature of a mirror or witness on a note; the earliest of several.

    Raises:
        PeerFault: none by this key, or a bad one.
    """
    return verify_note_cosignature(parse_unverified_note(data), key)


def verify_note_cosignature(note: Note, key: VerifierKey) -> Cosignature:
    """Return what `verify_cosignature` does, for a note already read.

    Raises:
        PeerFault: none by this key, or a bad one.
    """
    _require(key, ALGORITHM_COSIGNATURE)
    verify_note_signatures(note, (key,))
    key_id = key.key_id
    times_s = [
        int.from_bytes(one.payload[:_TIME_BYTES], "big")
        for one in note.signatures
        if one.name == key.name and one.key_id == key_id
    ]
    return Cosignature(cosigner=key.name, time_s=min(times_s))


def _require(key: VerifierKey, algorithm: int) -> None:
    if key.algorithm != algorithm:
        raise InputFault(
            f"key {key.name} algorithm",
            value=key.algorithm,
            wanted=f"{algorithm} (1 signs heads, 4 cosigns them)",
        )
