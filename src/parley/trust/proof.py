"""One entry with its proof in one small file: C2SP tlog-proof v1.

The file holds the index, the inclusion proof and the checkpoint with its cosignatures; with the
entry's bytes and a policy, or the public keys, anyone can check it offline. The `extra` line of the
format is not authenticated: it is read over, never used, never written.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import msgspec

from parley.trust.checkpoint import (
    Checkpoint,
    Cosignature,
    open_checkpoint,
    parse_unverified_checkpoint,
    verify_cosignature,
)
from parley.trust.keys import VerifierKey
from parley.trust.note import decode_base64
from parley.trust.policy import Policy, verify_policy
from parley.trust.tree import HASH_BYTES, SIZE_MAX, Tree, leaf_hash, verify_inclusion
from parley.world.faults import OurFault, PeerFault
from parley.world.limits import NOTE_BYTES_MAX

_HEADER = "c2sp.org/tlog-proof@v1"
_HASHES_MAX = 63


class Proof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A proof as it is written, not verified."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes


class ProvenEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a proof showed: this entry stands at `index` under this head, which these cosigned."""

    index: int
    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]


def make_proof(tree: Tree, index: int, checkpoint: bytes) -> bytes:
    """Return the proof file of the entry at `index` under a signed checkpoint of the tree's log.

    Raises:
        OurFault: the index is not covered, or the checkpoint is not of this tree.
    """
    head = parse_unverified_checkpoint(checkpoint)
    if tree.root(head.size) != head.root:
        raise OurFault(f"checkpoint of {head.origin}", wanted="the root of this tree")
    return format_proof(
        Proof(index=index, hashes=tree.inclusion_proof(index, head.size), checkpoint=checkpoint)
    )


def format_proof(proof: Proof) -> bytes:
    """Return the bytes of a proof file."""
    hashes = [base64.b64encode(one).decode("ascii") for one in proof.hashes]
    lines = [_HEADER, f"index {proof.index}", *hashes, "", ""]
    return "\n".join(lines).encode() + proof.checkpoint


def parse_proof(data: bytes) -> Proof:
    """Return the proof of a file, not verified.

    Raises:
        PeerFault: it is not a tlog-proof v1.
    """
    if len(data) > NOTE_BYTES_MAX:
        raise PeerFault(
            "proof", value=f"{len(data)} bytes", wanted=f"at most {NOTE_BYTES_MAX} bytes"
        )
    head, blank, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise PeerFault("proof", wanted="ASCII above its checkpoint") from None
    if not blank or lines.pop(0) != _HEADER:
        raise PeerFault("proof", wanted=f"a file that begins with {_HEADER}")
    if lines and lines[0].startswith("extra "):
        decode_base64("proof extra", lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise PeerFault("proof", wanted="an index line")
    number = lines.pop(0).removeprefix("index ")
    if not (number.isdigit() and len(number) <= 19 and str(int(number)) == number):
        raise PeerFault("proof index", value=number, wanted="a decimal without leading zeros")
    if len(lines) > _HASHES_MAX or int(number) > SIZE_MAX:
        raise PeerFault("proof", value=f"{len(lines)} hashes", wanted=f"at most {_HASHES_MAX}")
    hashes = tuple(decode_base64("proof hash", line) for line in lines)
    if any(len(one) != HASH_BYTES for one in hashes):
        raise PeerFault("proof hash", wanted=f"{HASH_BYTES} bytes each")
    return Proof(index=int(number), hashes=hashes, checkpoint=checkpoint)


def verify_proof(
    data: bytes,
    entry: bytes,
    key: VerifierKey | Policy,
    cosigners: Sequence[VerifierKey] = (),
    origin: str | None = None,
) -> ProvenEntry:
    """Return where the entry stands, under a head signed by the log and held by who must hold it.

    Args:
        data: the proof file.
        entry: the exact bytes of the entry.
        key: the log's key, or the policy that lists the log and its cosigners.
        cosigners: with a key, the mirrors that must have cosigned, all of them; with a policy, who
            must have beside its quorum.
        origin: the log it must be of, where one key signs several, or a policy lists several.

    Raises:
        PeerFault: any part is wrong or missing.
    """
    return verify_leaf_proof(data, leaf_hash(entry), key, cosigners, origin)


def verify_leaf_proof(
    data: bytes,
    leaf: bytes,
    key: VerifierKey | Policy,
    cosigners: Sequence[VerifierKey] = (),
    origin: str | None = None,
) -> ProvenEntry:
    """Return what `verify_proof` does, of an entry of which only the leaf hash is known.

    Raises:
        PeerFault: any part is wrong or missing.
    """
    proof = parse_proof(data)
    quorum: tuple[Cosignature, ...] = ()
    if isinstance(key, Policy):
        checkpoint, quorum = verify_policy(proof.checkpoint, key, origin)
    else:
        checkpoint = open_checkpoint(proof.checkpoint, key, origin)
    verify_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    asked = tuple(verify_cosignature(proof.checkpoint, cosigner) for cosigner in cosigners)
    held = (*quorum, *(one for one in asked if one not in quorum))
    return ProvenEntry(index=proof.index, checkpoint=checkpoint, cosignatures=held)
