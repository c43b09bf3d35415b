"""Entries to their exact bytes and back: encoding, sealing, strict reading.

Rules:
- An entry is the exact UTF-8 JSON bytes that were signed; nothing is encoded again to be checked.
- Reading is total: what breaks the schema, or is of a later version of the rules, is `Unreadable`
  with the reason, at its place.
- What we write every node must be able to read; else it is our own fault, before it stands.
"""

from __future__ import annotations

import functools
import sys
from typing import Literal

import msgspec

from parley.node.agreement_bodies import AgreementBody, PlacesKept
from parley.node.custody_bodies import EVERY_LOG_TYPES
from parley.node.entries import (
    BODY_TYPES,
    PLAIN_TYPES,
    AlertRaised,
    Body,
    Draft,
    Entry,
    LogName,
    LogOpened,
    MessageAnswered,
    MessageSaid,
    Reference,
    Seen,
    Status,
    Unreadable,
    kind_of,
)
from parley.node.line_bodies import LineBody
from parley.node.versions import RULES_LATEST, Rules, rules_of
from parley.node.warning_bodies import ConflictRaised, ConflictRenewed, WarningBody
from parley.node.warning_checks import check_warning
from parley.trust.bytes import check_entry_bytes, read_entry_object
from parley.trust.seal import commitment, make_opening, payload_of, verify_commitment
from parley.world.agreement import check_post
from parley.world.faults import Fault, InputFault
from parley.world.limits import (
    ADDRESSEES_MAX,
    NAME_CHARACTERS_MAX,
    PAYLOAD_BYTES_MAX,
    TEXT_CHARACTERS_MAX,
)
from parley.world.time import US_MAX, US_MIN, Interval


class _Common(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The common fields of every entry, in the order in which they are written.

    One of `body` and `commit` is there: the payload itself, or the salted commitment to it.
    `audience`: who may hold the payload; every party of the agreement where it is left out.
    """

    v: Literal[1]
    type: str
    seq: int
    issued_us: int
    by: str
    to: tuple[str, ...] = ()
    ref: tuple[Reference, ...] = ()
    seen: dict[str, Seen] = {}
    status: Status = "actual"
    happened: Interval | None = None
    valid_until_us: int | None = None
    audience: tuple[str, ...] | None = None
    commit: str | None = None
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_LATER_FIELDS: dict[type, dict[str, object]] = {
    LogOpened: {"continues": None, "instance": ""},
    MessageSaid: {"language": ""},
}
"""Fields that a type got after the first release, with the default at which they are left out."""
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Common)
_body_decoder = msgspec.json.Decoder(Body)


def encode_entry(
    draft: Draft, *, log: LogName, seq: int, issued_us: int, seen: dict[str, Seen]
) -> bytes:
    """Return the exact bytes of a plain entry in its place; these bytes are what is signed.

    Raises:
        InputFault: longer than an entry may be (larger things go in by digest), or unreadable.
    """
    payload = _encoder.encode(_body_fields(draft.body))
    data = _encode(draft, seq=seq, issued_us=issued_us, seen=seen, payload=payload, commit=None)
    _require_readable(data, log, seq, None)
    return data


def seal_entry(
    draft: Draft, *, log: LogName, seq: int, issued_us: int, seen: dict[str, Seen], salt: bytes
) -> tuple[bytes, bytes]:
    """Return the exact bytes of a sealed entry, and its opening: the salt and the payload.

    Args:
        draft: what is written.
        log: where.
        seq: its place.
        issued_us: when.
        seen: heads that moved since the writer's entry before.
        salt: 32 fresh random bytes; without them a payload of few possible values is guessed.

    Raises:
        InputFault: longer than an entry may be, or unreadable.
    """
    payload = _encoder.encode(_body_fields(draft.body))
    check_entry_bytes(payload, PAYLOAD_BYTES_MAX)
    opening = make_opening(salt, payload)
    data = _encode(
        draft,
        seq=seq,
        issued_us=issued_us,
        seen=seen,
        payload=None,
        commit=commitment(opening),
    )
    _require_readable(data, log, seq, opening)
    return data, opening


def _encode(
    draft: Draft,
    *,
    seq: int,
    issued_us: int,
    seen: dict[str, Seen],
    payload: bytes | None,
    commit: str | None,
) -> bytes:
    common = _Common(
        v=1,
        type=str(type(draft.body).__struct_config__.tag),
        seq=seq,
        issued_us=issued_us,
        by=draft.by,
        to=draft.to,
        ref=draft.ref,
        seen=seen,
        status=draft.status,
        happened=draft.happened,
        valid_until_us=draft.valid_until_us,
        audience=draft.audience,
        commit=commit,
        body=msgspec.UNSET if payload is None else msgspec.Raw(payload),
    )
    data = _encoder.encode(common)
    check_entry_bytes(data)
    return data


def _require_readable(data: bytes, log: LogName, seq: int, opening: bytes | None) -> None:
    """What we write every node must be able to read; else it is our own fault, before it stands."""
    again = decode_entry(data, log=log, index=seq, opening=opening)
    if isinstance(again, Unreadable):
        raise InputFault("entry", value=again.why, wanted="what every node can read")


def _body_fields(body: Body) -> dict[str, object]:
    """Return the fields of a body without its tag: the common fields' `type` is the tag.

    A field that a type got after the first release is left out at its default: that release would
    not read the entry with it.
    """
    later = _LATER_FIELDS.get(type(body), {})
    return {
        written: value
        for name, written in zip(body.__struct_fields__, body.__struct_encode_fields__, strict=True)
        if (value := getattr(body, name)) != later.get(name, msgspec.UNSET)
    }


def decode_entry(
    data: bytes,
    *,
    log: LogName,
    index: int,
    opening: bytes | None = None,
    rules: Rules | None = None,
) -> Entry | Unreadable:
    """Return what the bytes of a log say; never raises, since the bytes are already signed.

    Anything that breaks the schema is `Unreadable` with the reason, at its place.

    Args:
        data: the exact bytes.
        log: whose log they stand in.
        index: their place.
        opening: salt and payload of a sealed entry, where held.
        rules: the version by which the log is read; the newest if not given.
    """
    try:
        return _decode(data, log, index, opening, rules or rules_of(RULES_LATEST))
    except (Fault, msgspec.DecodeError, msgspec.ValidationError, ValueError) as error:
        return Unreadable(log=log, seq=index, why=str(error)[:200])


class SealedPart(msgspec.Struct, frozen=True):
    """What an entry says of its payload before it is read: commitment, audience, until when."""

    commit: str | None = None
    audience: tuple[str, ...] | None = None
    valid_until_us: int | None = None


class _Referring(msgspec.Struct, frozen=True):
    ref: tuple[Reference, ...] = ()


_sealed_decoder = msgspec.json.Decoder(SealedPart)
_referring_decoder = msgspec.json.Decoder(_Referring)


def sealed_part(data: bytes) -> SealedPart:
    """Return what an entry says of its payload; nothing else is read.

    Bytes that are no entry have none: they are kept as unreadable, and no payload goes to them. The
    store takes an opening only where the strict reader finds its commitment, and stops the node
    where it does not: so what could be read in two ways has none either.
    """
    try:
        if data.count(b'"commit"') != 1 or b"\\" in data:
            read_entry_object(data)
        return _sealed_decoder.decode(data)
    except (Fault, msgspec.DecodeError, ValueError, RecursionError):
        return SealedPart()


def references_of(data: bytes) -> tuple[tuple[str, int], ...]:
    """Return the places of the entries that an entry refers to; none of what is no entry."""
    try:
        return tuple(each.key for each in _referring_decoder.decode(data).ref)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ()


def _decode(data: bytes, log: LogName, index: int, opening: bytes | None, rules: Rules) -> Entry:
    check_entry_bytes(data)
    common = _decoder.decode(data)
    _check_common(common, index)
    if rules.version >= 3:
        _check_addressees(common.to)
    if common.type in rules.unknown or common.type not in BODY_TYPES:
        wanted = f"a type of rules version {rules.version}"
        raise InputFault("entry type", value=common.type, wanted=wanted)
    body: Body | None = None
    if not isinstance(common.body, msgspec.UnsetType):
        body = _body(bytes(common.body), common.type, log)
    elif opening is not None and common.commit is not None:
        verify_commitment(opening, common.commit)
        payload = payload_of(opening)
        check_entry_bytes(payload, PAYLOAD_BYTES_MAX)
        body = _body(payload, common.type, log)
    return Entry(
        log=log,
        # A node keeps very many entries, and few of these words.
        type=sys.intern(common.type),
        seq=common.seq,
        issued_us=common.issued_us,
        by=sys.intern(common.by),
        to=common.to,
        ref=common.ref,
        seen=common.seen,
        status=common.status,
        happened=common.happened,
        valid_until_us=common.valid_until_us,
        audience=common.audience,
        commit=common.commit,
        body=body,
    )


def _check_common(common: _Common, index: int) -> None:
    if common.seq != index:
        raise InputFault("entry seq", value=common.seq, wanted=f"its place in the log, {index}")
    if not US_MIN <= common.issued_us <= US_MAX:
        raise InputFault("entry issued_us", value=common.issued_us, wanted="1900 to 2100")
    until_us = common.valid_until_us
    if until_us is not None and not US_MIN <= until_us <= US_MAX:
        raise InputFault("entry valid_until_us", value=until_us, wanted="1900 to 2100")
    check_post(common.by, "entry by")
    plain = not isinstance(common.body, msgspec.UnsetType)
    if plain == (common.commit is not None):
        raise InputFault("entry", value=common.type, wanted="a body or a commitment, not both")
    if common.commit is not None and common.type in PLAIN_TYPES:
        raise InputFault("entry", value=common.type, wanted="its body in plain")
    if plain and common.audience is not None:
        raise InputFault("entry audience", value=common.type, wanted="only with a commitment")


def _check_addressees(to: tuple[str, ...]) -> None:
    """Check that nobody is addressed twice, nor thousands: each costs whoever shows the entry."""
    if len(to) > ADDRESSEES_MAX or len(set(to)) < len(to):
        wanted = f"{ADDRESSEES_MAX} at most, each once"
        raise InputFault("entry to", value=f"{len(to)} addressees", wanted=wanted)


def _body(payload: bytes, name: str, log: LogName) -> Body:
    body = _decode_body(payload, BODY_TYPES[name])
    if not isinstance(body, EVERY_LOG_TYPES) and kind_of(body) != log.kind:
        raise InputFault("entry type", value=name, wanted=f"a type of a {log.kind} log")
    _check_body(body)
    return body


def _decode_body(data: bytes, kind: type) -> Body:
    # The tag is the entry's type, so it is put in front again for the tagged union's decoder.
    fields = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    if "type" in fields:
        raise InputFault("entry body field", value="type", wanted="fields of the type only")
    tagged = {"type": str(kind.__struct_config__.tag), **fields}  # type: ignore[attr-defined]  # every body is a Struct
    decoded: Body = _body_decoder.decode(_encoder.encode(tagged))
    return decoded


@functools.cache
def _instants_of(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in msgspec.structs.fields(kind) if f.name.endswith("_us"))


def _check_instants(body: msgspec.Struct) -> None:
    """Check that every instant of a body is one: a peer's number is shown as a date."""
    for name in _instants_of(type(body)):
        value = getattr(body, name)
        if value is not None and name != "age_us" and not US_MIN <= value <= US_MAX:
            raise InputFault(f"entry {name}", value=value, wanted="1900 to 2100")
    if isinstance(body, AlertRaised | ConflictRaised | ConflictRenewed):
        for vector in body.states:
            _check_instants(vector)


def _check_lengths(body: msgspec.Struct) -> None:
    """Check that no text of a body is longer than a person's, and no field is without a name."""
    for name in body.__struct_fields__:
        if name == "document":
            # The text of an agreement: as long as an entry may be.
            continue
        value = getattr(body, name)
        fields = value if isinstance(value, dict) else {}
        held = [each for v in fields.values() for each in (v if isinstance(v, tuple) else (v,))]
        texts = [each for each in (value, *held) if isinstance(each, str)]
        if any(len(text) > TEXT_CHARACTERS_MAX for text in texts):
            wanted = f"{TEXT_CHARACTERS_MAX} characters at most"
            raise InputFault(f"entry {name}", value="a longer one", wanted=wanted)
        if any(not 0 < len(each) <= NAME_CHARACTERS_MAX for each in fields):
            raise InputFault(f"entry {name}", value="a name", wanted="a short one")


def _check_body(body: Body) -> None:
    """Check the limits that the types cannot say."""
    _check_instants(body)
    if isinstance(body, LineBody | AgreementBody | WarningBody):
        _check_lengths(body)
    if isinstance(body, WarningBody):
        check_warning(body)
    if isinstance(body, PlacesKept):
        for place in body.places:
            _check_lengths(place)
    if isinstance(body, MessageSaid | MessageAnswered):
        if len(body.text) > TEXT_CHARACTERS_MAX:
            wanted = f"{TEXT_CHARACTERS_MAX} characters at most"
            raise InputFault("message text", value=len(body.text), wanted=wanted)
        for name, value in body.fields.items():
            if len(name) > NAME_CHARACTERS_MAX or len(value) > TEXT_CHARACTERS_MAX:
                raise InputFault("message field", value=name, wanted="a short name and value")
