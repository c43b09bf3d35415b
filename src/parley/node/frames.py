"""What goes between two nodes, as values; `wire/peer` turns them into bytes and back.

A link is worth something only after both ends have signed the other's nonce with their link keys.
Entries are believed for the signed head they come with, never for the link they come over. The
payloads of sealed entries travel beside them, encrypted under the session key of whoever sends,
which it sealed to the receiver's key when the link began.
"""

from __future__ import annotations

import msgspec


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello", forbid_unknown_fields=True):
    """Who calls whom, with a nonce for the other to sign, and which agreement texts are held.

    `seal`: the public key (base64) to which payloads for the sender are sealed; believed only if
    it has the digest that was enrolled.
    """

    party: str
    peer: str
    nonce: str
    seal: str = ""
    agreements: dict[str, str] = {}


class Prove(msgspec.Struct, frozen=True, kw_only=True, tag="prove", forbid_unknown_fields=True):
    """The link key's signature (hex) over the other's nonce and the box.

    `box`: the sender's session key, sealed to the receiver (base64).
    """

    signature: str
    box: str = ""


class Heads(msgspec.Struct, frozen=True, kw_only=True, tag="heads", forbid_unknown_fields=True):
    """Heartbeat: "I hold your logs up to these sizes, my clock says"; signed by the link key.

    `echo_us`: the instant in the newest heartbeat from the receiver; `held_us`: how long ago it
    came. From them the receiver measures the round trip and the offset of the clocks.
    """

    at_us: int
    heads: dict[str, int]
    echo_us: int = 0
    held_us: int = 0
    signature: str


class Push(msgspec.Struct, frozen=True, kw_only=True, tag="push", forbid_unknown_fields=True):
    """The next entries of one log, under a signed head; the entries travel as raw bytes.

    Where the head lies beyond the last of them, `proof` (hex) shows that they are its beginning, so
    that a slow link can break off between any two entries. `box`: the openings that are for the
    receiver, encrypted under the session key with this `counter`.
    """

    origin: str
    first: int
    checkpoint: str
    proof: tuple[str, ...] = ()
    counter: int = 0
    entries: tuple[bytes, ...] = ()
    box: bytes = b""


class Ahead(msgspec.Struct, frozen=True, kw_only=True, tag="ahead", forbid_unknown_fields=True):
    """One entry of a line log that does not wait for those before it, with the proof of its place.

    `proof`: the raw hashes of RFC 9162, section 2.1.3, from the entry at `index` to the root in the
    checkpoint. `box`: its opening, encrypted under the session key with this `counter`.
    """

    origin: str
    index: int
    checkpoint: str
    counter: int = 0
    proof: tuple[bytes, ...] = ()
    entry: bytes = b""
    box: bytes = b""


class Want(msgspec.Struct, frozen=True, kw_only=True, tag="want", forbid_unknown_fields=True):
    """Asks a mirror for the sender's own log from an index on: the sender has lost it."""

    origin: str
    first: int


class Head(msgspec.Struct, frozen=True, kw_only=True, tag="head", forbid_unknown_fields=True):
    """The newest head of a private log, of which nothing else leaves; from which size it goes on.

    `proof` (hex): that the head of `old` entries is its beginning.
    """

    origin: str
    old: int
    proof: tuple[str, ...] = ()
    checkpoint: str


class Witnessed(
    msgspec.Struct, frozen=True, kw_only=True, tag="witnessed", forbid_unknown_fields=True
):
    """The witness's cosignature line on a private log's head, or the size that it knows instead."""

    origin: str
    size: int
    line: str = ""


class Received(
    msgspec.Struct, frozen=True, kw_only=True, tag="received", forbid_unknown_fields=True
):
    """The receipt for one entry of a line log, at once: "I hold it, and could open it".

    Signed (hex) by the link key over origin, index, leaf hash and time; the mirror's cosignature
    follows.
    """

    origin: str
    index: int
    leaf: str
    at_us: int
    signature: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True, tag="receipt", forbid_unknown_fields=True):
    """The mirror's cosignature line on the head of that size: "I hold these entries"."""

    origin: str
    size: int
    line: str


class Refuse(msgspec.Struct, frozen=True, kw_only=True, tag="refuse", forbid_unknown_fields=True):
    """Why something was not taken, and after how long it may be offered again."""

    origin: str
    why: str
    wait_us: int = 0


Frame = (
    Hello | Prove | Heads | Push | Ahead | Receipt | Refuse | Want | Head | Witnessed | Received
)  # fmt: skip


def hello_message(prover: str, verifier: str, nonce: str, box: str = "") -> bytes:
    """Return what a link key signs to prove who is at the end of a link, and its session key."""
    return f"parley/link/v1\n{prover}\n{verifier}\n{nonce}\n{box}\n".encode()


def session_info(prover: str, verifier: str, nonce: str) -> bytes:
    """Return what binds a sealed session key to its link: both ends, and the verifier's nonce."""
    return f"parley/session/v1\n{prover}\n{verifier}\n{nonce}\n".encode()


def push_info(sender: str, receiver: str, origin: str, first: int, count: int) -> bytes:
    """Return what binds the encrypted openings of a push to its place."""
    return f"parley/push/v1\n{sender}\n{receiver}\n{origin}\n{first}\n{count}\n".encode()


def ahead_info(sender: str, receiver: str, origin: str, index: int) -> bytes:
    """Return what binds the encrypted opening of an entry sent ahead to its place."""
    return f"parley/ahead/v1\n{sender}\n{receiver}\n{origin}\n{index}\n".encode()


def heads_message(sender: str, receiver: str, nonce: str, heads: Heads) -> bytes:
    """Return what a link key signs in a heartbeat; the session's nonce makes a replay useless."""
    lines = [f"{origin} {size}" for origin, size in sorted(heads.heads.items())]
    times = f"{heads.at_us} {heads.echo_us} {heads.held_us}"
    return "\n".join(["parley/heads/v1", sender, receiver, nonce, times, *lines, ""]).encode()
