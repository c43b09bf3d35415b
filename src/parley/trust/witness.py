"""The words between a log and its witness: C2SP tlog-witness, `add-checkpoint`, both ends.

`decide` judges a request and changes nothing: the caller records the new head, in the same
transaction in which it read the last one, before it cosigns and answers. A head that the log's key
signed and that cannot be true beside the last one is a fork: the refusal says so, and the caller
keeps both notes.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from parley.trust.checkpoint import (
    Checkpoint,
    Cosignature,
    open_checkpoint,
    parse_checkpoint_body,
    verify_cosignature,
)
from parley.trust.keys import VerifierKey
from parley.trust.note import Signature, add_signatures, decode_base64, parse_signature_line
from parley.trust.tree import HASH_BYTES, SIZE_MAX, verify_consistency
from parley.world.faults import OurFault, PeerFault
from parley.world.limits import NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX

PROOF_HASHES_MAX = 63
"""Lines of a consistency proof that a client may send (C2SP)."""
REQUEST_BYTES_MAX = NOTE_BYTES_MAX + 4_096
"""A note and the proof above it: 63 lines of 45 bytes, and the old size."""
SIZE_TYPE = "text/x.tlog.size"
"""The media type of a refusal that carries the size of the last head."""
TEXT_TYPE = "text/plain; charset=utf-8"
_SIZE_DIGITS_MAX = 19
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)

Status = Literal[200, 400, 403, 404, 409, 422]


class AddCheckpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request as it is written, nothing verified.

    Attributes:
        old: the size from which the proof leads.
        proof: the hashes of the consistency proof.
        note: the signed checkpoint, exact bytes.
    """

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    @property
    def head(self) -> Checkpoint:
        """The checkpoint as the note's text says it; its signatures may be of no form at all.

        Raises:
            PeerFault: the text is no checkpoint.
        """
        try:
            text, blank, _ = self.note.decode("utf-8").rpartition("\n\n")
        except UnicodeDecodeError as fault:
            raise PeerFault("checkpoint", value=f"byte {fault.start}", wanted="UTF-8") from None
        if not blank:
            raise PeerFault("checkpoint", wanted="an empty line before its signatures")
        return parse_checkpoint_body(text + "\n")


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a witness answers to a request.

    Attributes:
        status: the HTTP status of C2SP tlog-witness.
        body: the answer's body; for 200 it is empty here, the caller's cosignatures come there.
        media_type: of that body.
        checkpoint: for 200 the head to record and cosign; None for a refusal.
        because: why it was refused, one line for our own books.
        fork: whether this head and the last one prove that the log signed two histories: keep both.
        suspect: whether the log's key signed a head that was refused for what it says, so that its
            note may be evidence.
    """

    status: Status
    body: bytes = b""
    media_type: str = TEXT_TYPE
    checkpoint: Checkpoint | None = None
    because: str = ""
    fork: bool = False
    suspect: bool = False


def make_add_checkpoint(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Return the body of a request.

    Args:
        old: the size of the head that the witness saw last, 0 for none.
        proof: the consistency proof from there, empty for 0.
        note: the signed checkpoint.

    Raises:
        OurFault: more hashes than the form allows.
    """
    if len(proof) > PROOF_HASHES_MAX:
        raise OurFault("proof", value=f"{len(proof)} hashes", wanted=f"at most {PROOF_HASHES_MAX}")
    lines = [f"old {old}", *(base64.b64encode(one).decode("ascii") for one in proof), "", ""]
    return "\n".join(lines).encode() + note


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Return the request of a body, in the one form that C2SP allows; to be answered 400 else.

    Raises:
        PeerFault: it has another form, or is longer than `REQUEST_BYTES_MAX`.
    """
    if len(body) > REQUEST_BYTES_MAX:
        raise PeerFault(
            "add-checkpoint", value=f"{len(body)} bytes", wanted=f"at most {REQUEST_BYTES_MAX}"
        )
    head, blank, note = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise PeerFault("add-checkpoint", wanted="ASCII above the checkpoint") from None
    if not blank or not first.startswith("old "):
        raise PeerFault("add-checkpoint", wanted="an old size, a proof, an empty line, a note")
    if len(lines) > PROOF_HASHES_MAX:
        raise PeerFault(
            "add-checkpoint", value=f"{len(lines)} hashes", wanted=f"at most {PROOF_HASHES_MAX}"
        )
    proof = tuple(decode_base64("consistency proof", line) for line in lines)
    if any(len(one) != HASH_BYTES for one in proof):
        raise PeerFault("consistency proof", wanted=f"hashes of {HASH_BYTES} bytes each")
    old = _size("old size", first.removeprefix("old "))
    request = AddCheckpoint(old=old, proof=proof, note=note)
    # A signature line of no form is a signature that does not verify: 403, and not 400.
    _ = request.head
    return request


def _size(what: str, text: str) -> int:
    if not _SIZE.fullmatch(text) or int(text) > SIZE_MAX:
        raise PeerFault(what, value=text, wanted="a decimal without leading zeros")
    return int(text)


def decide(
    request: AddCheckpoint, known_keys: Mapping[str, VerifierKey], latest: Checkpoint | None
) -> Decision:
    """Return what a witness answers, by the order of C2SP tlog-witness; it changes nothing.

    Args:
        request: what `parse_add_checkpoint` gave.
        known_keys: which key signs which log, by origin.
        latest: the newest head that this witness cosigned for that origin; None for none.

    Raises:
        OurFault: `latest` is of another log.
    """
    head = request.head
    key = known_keys.get(head.origin)
    if key is None:
        return _refuse(404, f"unknown log {head.origin!r}")
    try:
        open_checkpoint(request.note, key, head.origin)
    except PeerFault as fault:
        return _refuse(403, str(fault))
    if request.old > head.size:
        return _refuse(400, f"old size {request.old} is above the checkpoint's {head.size}")
    if latest is None:
        last = 0
    elif latest.origin == head.origin:
        last = latest.size
    else:
        raise OurFault("latest checkpoint", value=latest.origin, wanted=f"of {head.origin}")
    fork = latest is not None and latest.size == head.size and latest.root != head.root
    if request.old != last or fork:
        why = "another root was signed for this size" if fork else f"last cosigned size is {last}"
        body, size_type = f"{last}\n".encode(), SIZE_TYPE
        return Decision(
            status=409, body=body, media_type=size_type, because=why, fork=fork, suspect=fork
        )
    return _decide_proof(request, head, latest)


def _decide_proof(request: AddCheckpoint, head: Checkpoint, latest: Checkpoint | None) -> Decision:
    try:
        if latest is not None and latest.size:
            verify_consistency(latest.size, head.size, request.proof, latest.root, head.root)
        elif request.proof:
            raise PeerFault("consistency proof", wanted="no hashes from size 0")
    except PeerFault as fault:
        # Whoever sent it may have made the proof wrong; only the log could have made it right.
        return msgspec.structs.replace(_refuse(422, str(fault)), suspect=True)
    return Decision(status=200, checkpoint=head)


def _refuse(status: Status, why: str) -> Decision:
    return Decision(status=status, body=f"{why}\n".encode(), because=why)


def parse_size_reply(body: bytes) -> int:
    """Return the size in the body of a 409: the head that the witness saw last.

    Raises:
        PeerFault: another form.
    """
    try:
        text = body[: _SIZE_DIGITS_MAX + 2].decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if not text.endswith("\n") or len(body) != len(text):
        raise PeerFault("witness's size", value=body[:64], wanted="a decimal and a newline")
    return _size("witness's size", text[:-1])


def parse_cosignatures(body: bytes) -> tuple[Signature, ...]:
    """Return the signature lines in the body of a 200, nothing verified.

    Raises:
        PeerFault: no line, too many, or one of another form.
    """
    if len(body) > NOTE_BYTES_MAX:
        raise PeerFault("cosignatures", value=f"{len(body)} bytes", wanted=f"{NOTE_BYTES_MAX}")
    lines = body.split(b"\n")
    if lines.pop() or not 1 <= len(lines) <= NOTE_SIGNATURES_MAX:
        raise PeerFault("cosignatures", wanted=f"1 to {NOTE_SIGNATURES_MAX} whole lines")
    return tuple(parse_signature_line(line + b"\n") for line in lines)


def accept_cosignatures(
    note: bytes, body: bytes, cosigners: Sequence[VerifierKey]
) -> tuple[bytes, tuple[Cosignature, ...]]:
    """Return the note with the cosignatures of known cosigners added, and who they are.

    Lines of unknown keys are left out, as C2SP wants it.

    Args:
        note: the log's signed note.
        body: the witness's or mirror's answer with status 200.
        cosigners: the keys we know.

    Raises:
        PeerFault: the body has another form, none of them signed, or one signed badly.
    """
    known = {(key.name, key.key_id): key for key in cosigners}
    found = [one for one in parse_cosignatures(body) if (one.name, one.key_id) in known]
    if not found:
        raise PeerFault("cosignatures", value="of unknown keys", wanted="one of a known key")
    signed = add_signatures(note, [one.line for one in found])
    keys = {(one.name, one.key_id): None for one in found}
    return signed, tuple(verify_cosignature(signed, known[each]) for each in keys)
