"""What goes between two nodes, as values; `wire/peer` turns them into bytes and back.

A link is worth something only after both ends have signed the other's nonce with their link keys.
Entries are believed for the signed head they come with, never for the link they come over.
"""

from __future__ import annotations

import msgspec


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello", forbid_unknown_fields=True):
    """Who calls whom, with a nonce for the other to sign, and which agreement texts are held."""

    party: str
    peer: str
    nonce: str
    agreements: dict[str, str] = {}


class Prove(msgspec.Struct, frozen=True, kw_only=True, tag="prove", forbid_unknown_fields=True):
    """The link key's signature (hex) over the other's nonce."""

    signature: str


class Heads(msgspec.Struct, frozen=True, kw_only=True, tag="heads", forbid_unknown_fields=True):
    """Heartbeat: "I hold your logs up to these sizes, my clock says"; signed by the link key."""

    at_us: int
    heads: dict[str, int]
    signature: str


class Push(msgspec.Struct, frozen=True, kw_only=True, tag="push", forbid_unknown_fields=True):
    """The next entries of one log, up to a signed head; the entries travel as raw bytes."""

    origin: str
    first: int
    checkpoint: str
    entries: tuple[bytes, ...] = ()


class Receipt(msgspec.Struct, frozen=True, kw_only=True, tag="receipt", forbid_unknown_fields=True):
    """The mirror's cosignature line on the head of that size: "I hold these entries"."""

    origin: str
    size: int
    line: str


class Refuse(msgspec.Struct, frozen=True, kw_only=True, tag="refuse", forbid_unknown_fields=True):
    """Why something was not taken."""

    origin: str
    why: str


Frame = Hello | Prove | Heads | Push | Receipt | Refuse


def hello_message(prover: str, verifier: str, nonce: str) -> bytes:
    """Return what a link key signs to prove who is at the end of a link."""
    return f"parley/link/v1\n{prover}\n{verifier}\n{nonce}\n".encode()


def heads_message(
    sender: str, receiver: str, nonce: str, at_us: int, heads: dict[str, int]
) -> bytes:
    """Return what a link key signs in a heartbeat; the session's nonce makes a replay useless."""
    lines = [f"{origin} {size}" for origin, size in sorted(heads.items())]
    return "\n".join(["parley/heads/v1", sender, receiver, nonce, str(at_us), *lines, ""]).encode()
