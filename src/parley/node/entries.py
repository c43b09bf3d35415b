"""The schema of the log: the common fields, every entry type of version 1, bytes to and from.

Rules:
- An entry is the exact UTF-8 JSON bytes that were signed; nothing is encoded again to be checked.
- Numbers are integers: microseconds, 1e-9 degrees, millimetres. There is no float in a log.
- A type is never edited; a change is a new version beside the old one, and both stay readable.
- A well-signed entry that this release cannot read is kept and counted, never dropped
  (`Unreadable`): the peer's fault must not break the mirror.

What does not live here: what the entries mean (`state`, `rules`).
"""

from __future__ import annotations

import functools
from typing import Literal

import msgspec

from parley.trust.bytes import check_entry_bytes
from parley.world.agreement import check_name, check_post
from parley.world.faults import Fault, InputFault
from parley.world.limits import NAME_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from parley.world.norms import MessageClass
from parley.world.time import US_MAX, US_MIN, Interval

LogKind = Literal["line", "ops"]
LOG_KINDS: tuple[LogKind, ...] = ("line", "ops")
"""`line`: messages, state, presence: small, always first. `ops`: zones, intents, alerts."""
Status = Literal["actual", "exercise", "test"]
ORIGIN_PREFIX = "parley.example"


class LogName(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Which log: one writer, under one agreement, of one kind, for one year."""

    agreement: str
    party: str
    kind: LogKind
    year: int

    @property
    def origin(self) -> str:
        """The C2SP origin line of the log.

        >>> LogName(agreement="AGR-1", party="COAL", kind="line", year=2017).origin
        'parley.example/AGR-1/COAL/line/2017'
        """
        return f"{ORIGIN_PREFIX}/{self.agreement}/{self.party}/{self.kind}/{self.year}"


def log_name(origin: str) -> LogName:
    """Return the parts of an origin.

    Raises:
        InputFault: it is not an origin of this profile.
    """
    parts = origin.split("/")
    if len(parts) != 5 or parts[0] != ORIGIN_PREFIX or parts[3] not in LOG_KINDS:
        wanted = f"{ORIGIN_PREFIX}/AGREEMENT/PARTY/KIND/YEAR"
        raise InputFault("log origin", value=origin, wanted=wanted)
    check_name(parts[1], "log agreement")
    check_name(parts[2], "log party")
    if len(parts[4]) != 4 or not parts[4].isascii() or not parts[4].isdigit():
        raise InputFault("log year", value=parts[4], wanted="four digits")
    kind: LogKind = "line" if parts[3] == "line" else "ops"
    return LogName(agreement=parts[1], party=parts[2], kind=kind, year=int(parts[4]))


class Seen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A verified head of somebody's log: its size and its root (hex)."""

    size: int
    root: str


class Reference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, order=True):
    """One entry of any log: origin, index, leaf hash (hex)."""

    log: str
    index: int
    leaf: str

    @property
    def key(self) -> tuple[str, int]:
        """Where it stands, without its hash."""
        return (self.log, self.index)


# ---- bodies -------------------------------------------------------------------------------------


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class LogOpened(_Body, frozen=True, kw_only=True, tag="log.opened"):
    """First entry of a log: whose it is, and the verifier keys of its writer."""

    agreement: str
    kind: LogKind
    year: int
    keys: dict[str, str]
    rules_version: int


class AgreementAdopted(_Body, frozen=True, kw_only=True, tag="agreement.adopted"):
    """This party takes this text as the agreement: the document itself and its SHA-256."""

    agreement: str
    version: int
    sha256: str
    document: str


class MessageSaid(_Body, frozen=True, kw_only=True, tag="message.said"):
    """A message on a line, with what it asks for; addressees stand in the common fields' `to`."""

    line: str
    message_type: str
    message_class: MessageClass
    subject: str = ""
    text: str = ""
    fields: dict[str, str] = {}
    answers: tuple[str, ...] = ()
    answer_due_us: int | None = None
    read_back: tuple[str, ...] = ()
    read_back_due_us: int | None = None
    life_safety: bool = False
    clause: str | None = None


class MessageDisplayed(_Body, frozen=True, kw_only=True, tag="message.displayed"):
    """The message was put in front of a post (CPDLC logical acknowledgement)."""

    post: str


class MessageAnswered(_Body, frozen=True, kw_only=True, tag="message.answered"):
    """The answer of a person at a post, with the fields that were read back."""

    answer: str
    post: str
    fields: dict[str, str] = {}
    text: str = ""
    promised_us: int | None = None


class FieldDifference(_Body, frozen=True, kw_only=True):
    """One field read back other than said."""

    field: str
    said: str | None
    read: str | None


class ReadBackChecked(_Body, frozen=True, kw_only=True, tag="message.checked"):
    """The sender's machine compared the read-back; `ref` names the answer."""

    matches: bool
    differences: tuple[FieldDifference, ...] = ()


class MessageOverdue(_Body, frozen=True, kw_only=True, tag="message.overdue"):
    """A deadline passed without what it asked for, as the sender's node saw it."""

    duty: Literal["answer", "read_back"]
    party: str
    due_us: int


class MessageEscalated(_Body, frozen=True, kw_only=True, tag="message.escalated"):
    """The next post of an addressee is called because nobody answered."""

    party: str
    post: str
    step: int
    after_s: int


class LineDeclared(_Body, frozen=True, kw_only=True, tag="line.declared"):
    """One party's own act on its side of the agreement: suspended, in force, withdrawn."""

    line: str
    value: Literal["in force", "suspended", "withdrawn"]
    effective_us: int
    reason: str = ""
    post: str = ""
    immediate: bool = False


class PresenceDeclared(_Body, frozen=True, kw_only=True, tag="presence.declared"):
    """A person is, or is no longer, at the post of a line."""

    line: str
    post: str
    present: bool


class ZoneDeclared(_Body, frozen=True, kw_only=True, tag="zone.declared"):
    """A zone of this party's own, in the integer form of `documents`."""

    zone: msgspec.Raw


class BoundaryDeclared(_Body, frozen=True, kw_only=True, tag="boundary.declared"):
    """A boundary of this party's own, in the integer form of `documents`."""

    boundary: msgspec.Raw


class ZoneActivity(_Body, frozen=True, kw_only=True, tag="zone.activity"):
    """What its owner says is physically happening in a zone, from when to when."""

    zone: str
    activity: Literal["hot", "cold", "unknown"]
    from_us: int
    to_us: int | None = None


class ZonePromulgation(_Body, frozen=True, kw_only=True, tag="zone.promulgation"):
    """What has been asked for or confirmed about a zone."""

    zone: str
    promulgation: Literal["draft", "requested", "issued", "ended"]
    from_us: int | None = None
    to_us: int | None = None
    reference: str = ""


class IntentFiled(_Body, frozen=True, kw_only=True, tag="intent.filed"):
    """An operational intent of this party, and the conflicts it knew of when it filed."""

    intent: msgspec.Raw
    conflicts: tuple[str, ...] = ()


class IntentChanged(_Body, frozen=True, kw_only=True, tag="intent.changed"):
    """An intent of this party goes to another state of F3548."""

    intent: str
    state: Literal["Accepted", "Activated", "Nonconforming", "Contingent", "Ended"]


class StateVector(_Body, frozen=True, kw_only=True):
    """Where one aircraft was and how it moved, as known here: an alert carries its inputs."""

    aircraft: str
    party: str | None
    at_us: int
    lat_e9: int
    lon_e9: int
    altitude_mm: int
    altitude_reference: str
    east_mmps: int
    north_mmps: int
    up_mmps: int
    age_us: int


AlertClass = Literal["coordinate", "own move only", "short-term", "notice"]
"""NORMS 6 by the time to loss; a crossing is a notice."""


class AlertRaised(_Body, frozen=True, kw_only=True, tag="alert.raised"):
    """A warning: what, by which clause, with its inputs and who evaluated it."""

    key: str
    what: Literal["separation", "incursion", "crossing", "intent overlap"]
    alert_class: AlertClass
    aircraft: tuple[str, ...]
    parties: tuple[str, ...]
    clause: str | None
    binding: bool
    horizontal_mm: int | None = None
    vertical_mm: int | None = None
    least_horizontal_mm: int | None = None
    vertical_then_mm: int | None = None
    least_at_us: int | None = None
    loss_at_us: int | None = None
    object: str | None = None
    states: tuple[StateVector, ...] = ()
    text: str = ""
    evaluator: str = ""


class AlertResolved(_Body, frozen=True, kw_only=True, tag="alert.resolved"):
    """The warning no longer holds; `ref` names it."""

    key: str
    why: str = ""


class TracksRecorded(_Body, frozen=True, kw_only=True, tag="tracks.recorded"):
    """Raw reports went to a segment; its hash commits to them without holding each one."""

    sha256: str
    size_bytes: int
    reports: int
    from_us: int
    to_us: int


Body = (
    LogOpened
    | AgreementAdopted
    | MessageSaid
    | MessageDisplayed
    | MessageAnswered
    | ReadBackChecked
    | MessageOverdue
    | MessageEscalated
    | LineDeclared
    | PresenceDeclared
    | ZoneDeclared
    | BoundaryDeclared
    | ZoneActivity
    | ZonePromulgation
    | IntentFiled
    | IntentChanged
    | AlertRaised
    | AlertResolved
    | TracksRecorded
)
BODY_TYPES: dict[str, type] = {
    str(t.__struct_config__.tag): t
    for t in (
        LogOpened, AgreementAdopted, MessageSaid, MessageDisplayed, MessageAnswered,
        ReadBackChecked, MessageOverdue, MessageEscalated, LineDeclared, PresenceDeclared,
        ZoneDeclared, BoundaryDeclared, ZoneActivity, ZonePromulgation, IntentFiled,
        IntentChanged, AlertRaised,
        AlertResolved, TracksRecorded,
    )
}  # fmt: skip
_LINE_TYPES = (
    MessageSaid, MessageDisplayed, MessageAnswered, ReadBackChecked, MessageOverdue,
    MessageEscalated, LineDeclared, PresenceDeclared,
)  # fmt: skip


def kind_of(body: Body) -> LogKind:
    """Return the kind of log that an entry with this body belongs to."""
    if isinstance(body, LogOpened):
        return body.kind
    return "line" if isinstance(body, _LINE_TYPES) else "ops"


# ---- common fields ------------------------------------------------------------------------------


class _Common(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The common fields of every entry, in the order in which they are written."""

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
    commit: str | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One fact a party signed, as read: its common fields and its body.

    `body` is `None` where only a commitment stands in the log (a sealed payload). `not_before_us`:
    set by `fold` where the entry claims an earlier time than one before it in its log.
    """

    log: LogName
    type: str
    seq: int
    issued_us: int
    by: str
    to: tuple[str, ...]
    ref: tuple[Reference, ...]
    seen: dict[str, Seen]
    status: Status
    happened: Interval | None
    valid_until_us: int | None
    commit: str | None
    body: Body | None
    not_before_us: int = US_MIN


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A well-signed entry that this release cannot read, kept in its place with the reason."""

    log: LogName
    seq: int
    why: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that `step` wants written: all but its place and what its writer has seen."""

    agreement: str
    by: str
    body: Body
    to: tuple[str, ...] = ()
    ref: tuple[Reference, ...] = ()
    status: Status = "actual"
    happened: Interval | None = None
    valid_until_us: int | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Common)
_body_decoder = msgspec.json.Decoder(Body)


def encode_entry(
    draft: Draft, *, log: LogName, seq: int, issued_us: int, seen: dict[str, Seen]
) -> bytes:
    """Return the exact bytes of an entry in its place; these bytes are what is signed.

    Raises:
        InputFault: longer than an entry may be (larger things go in by digest), or unreadable.
    """
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
        body=msgspec.Raw(_encoder.encode(_body_fields(draft.body))),
    )
    data = _encoder.encode(common)
    check_entry_bytes(data)
    again = decode_entry(data, log=log, index=seq)
    if isinstance(again, Unreadable):
        raise InputFault(f"entry {common.type}", value=again.why, wanted="what every node can read")
    return data


def _body_fields(body: Body) -> dict[str, object]:
    """Return the fields of a body without its tag: the common fields' `type` is the tag."""
    return {f.encode_name: getattr(body, f.name) for f in msgspec.structs.fields(type(body))}


def decode_entry(data: bytes, *, log: LogName, index: int) -> Entry | Unreadable:
    """Return what the bytes of a log say; never raises, since the bytes are already signed.

    Anything that breaks the schema is `Unreadable` with the reason, at its place.
    """
    try:
        return _decode(data, log=log, index=index)
    except (Fault, msgspec.DecodeError, msgspec.ValidationError, ValueError) as error:
        return Unreadable(log=log, seq=index, why=str(error)[:200])


def _decode(data: bytes, *, log: LogName, index: int) -> Entry:
    check_entry_bytes(data)
    common = _decoder.decode(data)
    if common.seq != index:
        raise InputFault("entry seq", value=common.seq, wanted=f"its place in the log, {index}")
    if not US_MIN <= common.issued_us <= US_MAX:
        raise InputFault("entry issued_us", value=common.issued_us, wanted="1900 to 2100")
    until_us = common.valid_until_us
    if until_us is not None and not US_MIN <= until_us <= US_MAX:
        raise InputFault("entry valid_until_us", value=until_us, wanted="1900 to 2100")
    check_post(common.by, "entry by")
    present = bytes(common.body) != b"null"
    if present == (common.commit is not None):
        raise InputFault("entry", value=common.type, wanted="a body or a commitment, not both")
    body: Body | None = None
    if present:
        kind = BODY_TYPES.get(common.type)
        if kind is None:
            raise InputFault("entry type", value=common.type, wanted="a type of this release")
        body = _decode_body(bytes(common.body), kind)
        if kind_of(body) != log.kind:
            raise InputFault("entry type", value=common.type, wanted=f"a type of a {log.kind} log")
        _check_body(body)
    return Entry(
        log=log,
        type=common.type,
        seq=common.seq,
        issued_us=common.issued_us,
        by=common.by,
        to=common.to,
        ref=common.ref,
        seen=common.seen,
        status=common.status,
        happened=common.happened,
        valid_until_us=common.valid_until_us,
        commit=common.commit,
        body=body,
    )


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
    if isinstance(body, AlertRaised):
        for vector in body.states:
            _check_instants(vector)


def _check_body(body: Body) -> None:
    """Check the limits that the types cannot say."""
    _check_instants(body)
    if isinstance(body, MessageSaid | MessageAnswered):
        if len(body.text) > TEXT_CHARACTERS_MAX:
            wanted = f"{TEXT_CHARACTERS_MAX} characters at most"
            raise InputFault("message text", value=len(body.text), wanted=wanted)
        for name, value in body.fields.items():
            if len(name) > NAME_CHARACTERS_MAX or len(value) > TEXT_CHARACTERS_MAX:
                raise InputFault("message field", value=name, wanted="a short name and value")
