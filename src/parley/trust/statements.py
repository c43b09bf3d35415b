"""What keys say apart from heads: rotation, root statements, people's acts, entry receipts.

Every message begins with a line of its own that names its kind, and each line after it names its
value, so that a signature over one kind can never be read as one over another, nor as a head.
Values are single printable lines. Nothing here decides what a statement leads to: that is `node`'s
business, and whether it is in time, and whether a later one undoes it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Literal, NoReturn

import msgspec

from parley.trust.keys import (
    ALGORITHM_ED25519,
    SigningKey,
    VerifierKey,
    algorithm_of,
    parse_vkey,
    verify_signature,
)
from parley.trust.note import (
    Signature,
    add_signatures,
    make_note,
    parse_unverified_note,
    verify_note_signatures,
)
from parley.trust.tree import SIZE_MAX
from parley.world.agreement import check_name, check_post, refuse_twice
from parley.world.faults import Fault, InputFault, PeerFault
from parley.world.limits import TEXT_CHARACTERS_MAX
from parley.world.time import US_MAX, US_MIN, format_instant, parse_instant_us

ROTATION_DOMAIN = "parley/rotate/v1"
STATEMENT_DOMAIN = "parley/key-statement/v1"
ENROLMENT_DOMAIN = "parley/operator/v1"
ACT_DOMAIN = "parley/act/v1"
RECEIPT_DOMAIN = "parley/receipt/v1"

Action = Literal["revoke", "appoint", "takeover"]
"""revoke: this key counts no more from the instant on, for good. appoint: this key has the role
from the instant on, where the one before is lost or revoked. takeover: a second node, whose log key
this is, writes for the party from the instant on; the first one must not."""
StatedRole = Literal["log", "mirror", "witness", "link", "seal", "operator"]
_SIGNATURE = re.compile(r"[0-9a-f]{128}\Z")
_POSTS_MAX = 64
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def _message(domain: str, lines: Sequence[tuple[str, str | int]]) -> bytes:
    """Return the domain line, then one line `name value` for each value.

    Raises:
        InputFault: a value is not one printable line.
    """
    for name, value in lines:
        if not str(value).isprintable() or not str(value):
            raise InputFault(f"{domain} {name}", value=str(value), wanted="one printable line")
    return "".join((f"{domain}\n", *(f"{name} {value}\n" for name, value in lines))).encode()


def _signed(key: SigningKey, message: bytes) -> str:
    """Return the signature in hexadecimal, after both libraries have accepted it."""
    signature = key.sign(message)
    verify_signature(key.verifier.public, signature, message)
    return signature.hex()


def _verify(what: str, key: VerifierKey, signature_hex: str, message: bytes) -> None:
    if key.algorithm != ALGORITHM_ED25519:
        _refuse(what, f"by the cosigner's key {key.name}", "one by a key that signs messages")
    if not _SIGNATURE.match(signature_hex):
        _refuse(what, signature_hex, "128 digits 0 to 9, a to f")
    try:
        verify_signature(key.public, bytes.fromhex(signature_hex), message)
    except PeerFault as fault:
        _refuse(what, fault.value, f"a signature by {key.name} over this very statement")


def _refuse(what: str, value: object, wanted: str) -> NoReturn:
    raise PeerFault(what, value=value, wanted=wanted)


def _blame_peer(fault: Fault) -> NoReturn:
    """Raise what is wrong in another's bytes as that other's fault."""
    raise PeerFault(
        fault.what, value=fault.value, wanted=fault.wanted, repair=fault.repair
    ) from None


def _check_digest(what: str, text: str) -> None:
    if not _DIGEST.match(text):
        raise InputFault(what, value=text, wanted="64 digits 0 to 9, a to f")


def vkey_digest(vkey: str) -> str:
    """Return the SHA-256 (hexadecimal) of a key's C2SP text, by which it is committed to unseen."""
    return hashlib.sha256(vkey.encode()).hexdigest()


# ---- rotation: the key that was promised takes over ---------------------------------------------


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key gives way to the next. Its own consent is the head that covers the entry saying so.

    Attributes:
        party: whose key it is.
        role: its job.
        old: the C2SP text of the key that goes.
        new: that of the key that comes, whose digest was promised before.
        next_sha256: digest of the text of the key after `new`.
    """

    party: str
    role: Literal["log"]
    old: str
    new: str
    next_sha256: str

    def __post_init__(self) -> None:
        check_name(self.party, "rotation party")
        _check_digest("rotation next_sha256", self.next_sha256)

    @property
    def message(self) -> bytes:
        """What the new key signs, to show that whoever rotates holds it."""
        return _message(
            ROTATION_DOMAIN,
            (
                ("party", self.party),
                ("role", self.role),
                ("old", self.old),
                ("new", self.new),
                ("next", self.next_sha256),
            ),
        )


def sign_rotation(key: SigningKey, rotation: Rotation) -> str:
    """Return the proof (hexadecimal) that we hold the new key, made with that key.

    Raises:
        InputFault: the rotation is not one to this key, or a part of it cannot be written.
        OurFault: the key is not a log key.
    """
    key.require_role(rotation.role)
    if rotation.new != key.verifier.vkey:
        raise InputFault("rotation new", value=rotation.new, wanted=key.verifier.vkey)
    return _signed(key, rotation.message)


def verify_rotation(
    rotation: Rotation, possession_hex: str, present: VerifierKey, promised_sha256: str | None
) -> VerifierKey:
    """Return the new key of a rotation that holds.

    Args:
        rotation: as it stands in the entry; the caller has seen that the old key's head covers it.
        possession_hex: the new key's signature.
        present: the key that is believed so far.
        promised_sha256: the digest that was promised for the key after it; None: none was.

    Raises:
        PeerFault: not from the present key, not to the promised one, not shown to be held, or the
            same key again.
    """
    what = f"rotation of {present.name}"
    if rotation.old != present.vkey:
        _refuse(what, f"from {rotation.old}", f"from {present.vkey}")
    name = f"parley/{rotation.party}/{rotation.role}"
    try:
        new, message = parse_vkey(rotation.new), rotation.message
    except InputFault as fault:
        _blame_peer(fault)
    for key in (present, new):
        if key.name != name or key.algorithm != ALGORITHM_ED25519:
            _refuse(what, key.vkey, f"a key named {name} that signs messages")
    if new.public == present.public:
        _refuse(what, "to the same key", "another key")
    if vkey_digest(rotation.new) != promised_sha256:
        _refuse(what, f"to {rotation.new}", f"the key promised by {promised_sha256}")
    if rotation.next_sha256 in (promised_sha256, vkey_digest(rotation.old)):
        _refuse(what, "promising a key that was used", "the digest of a key to come")
    _verify(f"{what} possession", new, possession_hex, message)
    return new


# ---- root statements: m of n people say which keys count -----------------------------------------


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the offline root of a party says about one key of it.

    Attributes:
        party: whose key, whose root.
        action: revoke, appoint or takeover.
        role: the job of the key.
        key: its C2SP text; for a seal key the digest that peers enrolled.
        at_us: from when on.
        reason: in words, for people.
    """

    party: str
    action: Action
    role: StatedRole
    key: str
    at_us: int
    reason: str

    def __post_init__(self) -> None:
        check_name(self.party, "statement party")
        reason = self.reason
        if not 0 < len(reason) <= TEXT_CHARACTERS_MAX or not reason.isprintable():
            wanted = f"1 to {TEXT_CHARACTERS_MAX} printable characters"
            raise InputFault("statement reason", value=reason, wanted=wanted)
        if not US_MIN <= self.at_us <= US_MAX:
            raise InputFault("statement at", value=self.at_us, wanted="1900 to 2100")
        if self.action == "takeover" and self.role != "log":
            raise InputFault("statement role", value=self.role, wanted="log, for a takeover")
        _check_stated_key(self.party, self.role, self.key)

    @property
    def text(self) -> str:
        """The note text that each root key signs."""
        return _message(
            STATEMENT_DOMAIN,
            (
                ("party", self.party),
                ("action", self.action),
                ("role", self.role),
                ("key", self.key),
                ("at", format_instant(self.at_us)),
                ("reason", self.reason),
            ),
        ).decode()


def _check_stated_key(party: str, role: StatedRole, text: str) -> None:
    if role == "seal":
        _check_digest("statement key", text)
        return
    key = parse_vkey(text)
    name = f"parley/{party}/{role}"
    good = key.name.startswith(f"{name}/") if role == "operator" else key.name == name
    if not good or key.algorithm != algorithm_of(role):
        raise InputFault("statement key", value=text, wanted=f"the {role} key of {party}")


_STATEMENT_LINES = ("party", "action", "role", "key", "at", "reason")


def parse_statement(text: str) -> Statement:
    """Return the statement of a text, which nobody need have signed.

    Raises:
        PeerFault: not a statement, or not written as we write it.
    """
    lines = text.split("\n")
    if lines[0] != STATEMENT_DOMAIN or len(lines) != len(_STATEMENT_LINES) + 2 or lines[-1]:
        _refuse("statement", text, f"{STATEMENT_DOMAIN} and {len(_STATEMENT_LINES)} lines")
    found: dict[str, str | int] = {}
    for name, line in zip(_STATEMENT_LINES, lines[1:], strict=False):
        if not line.startswith(f"{name} "):
            _refuse("statement", line, f"a line that begins with {name}")
        found[name] = line[len(name) + 1 :]
    try:
        found["at_us"] = parse_instant_us(found.pop("at"), "statement at")
        statement = msgspec.convert(found, Statement)
    except msgspec.ValidationError as error:
        _refuse("statement", str(error), "a known action and role")
    except InputFault as fault:
        _blame_peer(fault)
    if statement.text != text:
        _refuse("statement", text, "the one form in which it is written")
    return statement


def sign_statement(key: SigningKey, statement: Statement) -> bytes:
    """Return the C2SP note of the statement with this root key's signature.

    Raises:
        InputFault: the key is of another party.
        OurFault: it is not a root key.
    """
    key.require_role("root")
    _check_root(statement, key.verifier)
    payload = bytes.fromhex(_signed(key, statement.text.encode()))
    line = Signature(name=key.name, key_id=key.verifier.key_id, payload=payload)
    return make_note(statement.text, (line,))


def combine_statements(notes: Sequence[bytes]) -> bytes:
    """Return one note with the signatures of all the notes, which say the same.

    Raises:
        InputFault: no note, or two that say different things.
        PeerFault: one is no note.
    """
    if not notes:
        raise InputFault("statement", value="no note", wanted="one or more")
    texts = {parse_unverified_note(note).text for note in notes}
    if len(texts) != 1:
        raise InputFault("statements", value=f"{len(texts)} different ones", wanted="one text")
    lines = [one.line for note in notes for one in parse_unverified_note(note).signatures]
    return add_signatures(notes[0], lines)


def verify_statement(data: bytes, roots: Sequence[VerifierKey], threshold: int) -> Statement:
    """Return the statement of a note that enough of a party's root keys signed.

    Signatures of other keys count for nothing; one bad signature of a root key refuses the note.

    Args:
        data: the note.
        roots: the public root keys of the party, each once.
        threshold: how many of them must have signed.

    Raises:
        PeerFault: not a statement, of another party, or too few signed; or no root was enrolled.
    """
    note = parse_unverified_note(data)
    statement = parse_statement(note.text)
    if not 1 <= threshold <= len({root.public for root in roots}):
        _refuse("statement", f"by {threshold} of {len(roots)} roots", "a root that was enrolled")
    try:
        for root in roots:
            _check_root(statement, root)
    except InputFault as fault:
        _blame_peer(fault)
    signed = verify_note_signatures(note, roots).verified
    if len({key.public for key in signed}) < threshold:
        names = ", ".join(key.name for key in signed)
        _refuse("statement", f"signed by {names}", f"{threshold} of {len(roots)} root keys")
    return statement


def _check_root(statement: Statement, root: VerifierKey) -> None:
    prefix = f"parley/{statement.party}/root-"
    if not root.name.startswith(prefix) or root.algorithm != ALGORITHM_ED25519:
        raise InputFault("statement", value=f"under {root.name}", wanted=f"a key {prefix}N")


# ---- people: enrolment and acts -----------------------------------------------------------------


class Enrolment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person of a party, by pseudonym, who may sign at posts; what that person agrees to.

    Attributes:
        party: the party.
        operator: the pseudonym; who it is stays with the party.
        key: the C2SP text of the person's own key.
        posts: where the person may act.
        until_us: until when; None: until removed.
    """

    party: str
    operator: str
    key: str
    posts: tuple[str, ...]
    until_us: int | None = None

    def __post_init__(self) -> None:
        check_name(self.party, "enrolment party")
        check_name(self.operator, "enrolment operator")
        refuse_twice(self.posts, "enrolment posts")
        if not 1 <= len(self.posts) <= _POSTS_MAX:
            wanted = f"1 to {_POSTS_MAX}"
            raise InputFault("enrolment posts", value=len(self.posts), wanted=wanted)
        for post in self.posts:
            check_post(post, "enrolment post")
        if self.until_us is not None and not US_MIN <= self.until_us <= US_MAX:
            raise InputFault("enrolment until", value=self.until_us, wanted="1900 to 2100")

    @property
    def message(self) -> bytes:
        """What the person signs, to show that the key is held and the posts are agreed to."""
        until = "removed" if self.until_us is None else format_instant(self.until_us)
        return _message(
            ENROLMENT_DOMAIN,
            (
                ("party", self.party),
                ("operator", self.operator),
                ("key", self.key),
                ("until", until),
                *(("post", post) for post in self.posts),
            ),
        )


def operator_key_name(party: str, operator: str) -> str:
    """Return the name of a person's key.

    >>> operator_key_name("COAL", "owl")
    'parley/COAL/operator/owl'
    """
    return f"parley/{party}/operator/{operator}"


def sign_enrolment(key: SigningKey, enrolment: Enrolment) -> str:
    """Return the person's own signature (hexadecimal) under the enrolment.

    Raises:
        InputFault: the enrolment is not of this key.
        OurFault: it is not an operator key.
    """
    key.require_role("operator")
    if enrolment.key != key.verifier.vkey:
        raise InputFault("enrolment key", value=enrolment.key, wanted=key.verifier.vkey)
    return _signed(key, enrolment.message)


def verify_enrolment(enrolment: Enrolment, possession_hex: str) -> VerifierKey:
    """Return the key of a person who has shown to hold it.

    Raises:
        PeerFault: not shown, not an operator key, or named after somebody else.
    """
    try:
        key, message = parse_vkey(enrolment.key), enrolment.message
    except InputFault as fault:
        _blame_peer(fault)
    name = operator_key_name(enrolment.party, enrolment.operator)
    if key.name != name or key.algorithm != ALGORITHM_ED25519:
        _refuse("enrolment key", key.name, f"the key named {name}")
    _verify(f"enrolment of {name}", key, possession_hex, message)
    return key


def act_message(origin: str, index: int, leaf_hex: str) -> bytes:
    """Return what a person signs to stand behind an entry: its place and its exact bytes.

    Raises:
        InputFault: not a place in a log.
    """
    return _message(ACT_DOMAIN, _place(origin, index, leaf_hex))


def sign_act(key: SigningKey, origin: str, index: int, leaf_hex: str) -> str:
    """Return the person's signature (hexadecimal) over an entry.

    Raises:
        InputFault: not a place in a log.
        OurFault: the key is not an operator key.
    """
    key.require_role("operator")
    return _signed(key, act_message(origin, index, leaf_hex))


def verify_act(
    key: VerifierKey, origin: str, index: int, leaf_hex: str, signature_hex: str
) -> None:
    """Return nothing if the person signed this entry at this place.

    Raises:
        PeerFault: they did not, or there is no such place.
    """
    try:
        message = act_message(origin, index, leaf_hex)
    except InputFault as fault:
        _blame_peer(fault)
    _verify(f"act of {key.name}", key, signature_hex, message)


# ---- receipts: an entry is held, said at once ---------------------------------------------------


def receipt_message(holder: str, origin: str, index: int, leaf_hex: str, at_us: int) -> bytes:
    """Return what a party's link key signs to say that it durably holds an entry.

    Args:
        holder: the party that holds it.
        origin: the log.
        index: the entry's place.
        leaf_hex: its leaf hash.
        at_us: when it was stored, by the holder's clock.

    Raises:
        InputFault: not a place in a log, or not a time.
    """
    check_name(holder, "receipt holder")
    if not US_MIN <= at_us <= US_MAX:
        raise InputFault("receipt time", value=at_us, wanted="1900 to 2100")
    lines = (("holder", holder), *_place(origin, index, leaf_hex), ("at", format_instant(at_us)))
    return _message(RECEIPT_DOMAIN, lines)


def sign_receipt(
    key: SigningKey, holder: str, origin: str, index: int, leaf_hex: str, at_us: int
) -> str:
    """Return the holder's signature (hexadecimal) under a receipt.

    Raises:
        InputFault: not a place in a log, or not a time.
        OurFault: the key is not a link key.
    """
    key.require_role("link")
    return _signed(key, receipt_message(holder, origin, index, leaf_hex, at_us))


def verify_receipt(
    key: VerifierKey,
    holder: str,
    origin: str,
    index: int,
    leaf_hex: str,
    at_us: int,
    signature_hex: str,
) -> None:
    """Return nothing if the holder's link key signed this receipt.

    Raises:
        PeerFault: it did not, or there is no such place or time.
    """
    try:
        message = receipt_message(holder, origin, index, leaf_hex, at_us)
    except InputFault as fault:
        _blame_peer(fault)
    _verify(f"receipt by {key.name}", key, signature_hex, message)


def _place(origin: str, index: int, leaf_hex: str) -> tuple[tuple[str, str | int], ...]:
    """Return the lines that say where an entry stands and what its bytes are."""
    if not 0 <= index <= SIZE_MAX:
        raise InputFault("entry index", value=index, wanted=f"0 to {SIZE_MAX}")
    _check_digest("leaf hash", leaf_hex)
    return (("log", origin), ("index", index), ("leaf", leaf_hex))
