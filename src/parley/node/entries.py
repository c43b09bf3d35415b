"""The schema of the log: names of logs, every entry type, an entry as read and as drafted.

Rules:
- An entry is the exact UTF-8 JSON bytes that were signed; nothing is encoded again to be checked.
- Numbers are integers: microseconds, 1e-9 degrees, millimetres. There is no float in a log.
- A type is never edited; a change is a new version beside the old one, and both stay readable.
- A well-signed entry that this release cannot read is kept and counted, never dropped
  (`Unreadable`): the peer's fault must not break the mirror.

What does not live here: bytes to and from (`encoding`), entry types about the record itself
(`custody_bodies`), about the line
(`line_bodies`), of rules version 4 (`agreement_bodies`), what the entries mean (`state`, `rules`).
"""

from __future__ import annotations

import functools
from typing import Literal

import msgspec

from parley.node.agreement_bodies import (
    AGREEMENT_BODY_TYPES,
    AGREEMENT_LINE_TYPES,
    PLAIN_AGREEMENT_TYPES,
    PRIVATE_AGREEMENT_TYPES,
    AgreementBody,
)
from parley.node.custody_bodies import (
    CUSTODY_TYPES,
    LINE_TYPES,
    PRIVATE_TYPES,
    CustodyBody,
)
from parley.node.line_bodies import LINE_BODY_TYPES, PRIVATE_LINE_TYPES, LineBody
from parley.node.warning_bodies import (
    PRIVATE_WARNING_TYPES,
    WARNING_BODY_TYPES,
    WARNING_LINE_TYPES,
    ConflictRaised,
    WarningBody,
)
from parley.world.agreement import check_name
from parley.world.faults import InputFault
from parley.world.norms import MessageClass
from parley.world.time import US_MIN, Interval

LogKind = Literal["line", "ops", "private"]
LOG_KINDS: tuple[LogKind, ...] = ("line", "ops", "private")
"""`line`: messages, state, presence: small, always first. `ops`: zones, intents, alerts.
`private`: what stays with the party; only its heads leave the node."""
INCARNATION_MAX = 9_999
Status = Literal["actual", "exercise", "test"]
ORIGIN_PREFIX = "parley.example"


class LogName(msgspec.Struct, frozen=True, kw_only=True, order=True, dict=True):
    """Which log: one writer, under one agreement, of one kind, for one year.

    `incarnation`: 2 and up for a log that goes on where an earlier one cannot be continued (a node
    that was restored and could not ask its mirrors, a standby that took over).
    """

    agreement: str
    party: str
    kind: LogKind
    year: int
    incarnation: int = 1

    @functools.cached_property
    def origin(self) -> str:
        """The C2SP origin line of the log.

        >>> LogName(agreement="AGR-1", party="COAL", kind="line", year=2017).origin
        'parley.example/AGR-1/COAL/line/2017'
        >>> LogName(agreement="AGR-1", party="COAL", kind="ops", year=2017, incarnation=2).origin
        'parley.example/AGR-1/COAL/ops/2017.2'
        """
        shard = f"{self.year}.{self.incarnation}" if self.incarnation > 1 else f"{self.year}"
        return f"{ORIGIN_PREFIX}/{self.agreement}/{self.party}/{self.kind}/{shard}"


@functools.lru_cache(maxsize=4096)
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
    kind = next(k for k in LOG_KINDS if k == parts[3])
    year, incarnation = _shard(parts[4])
    return LogName(
        agreement=parts[1], party=parts[2], kind=kind, year=year, incarnation=incarnation
    )


def _shard(text: str) -> tuple[int, int]:
    """Return year and incarnation of the last part of an origin: `2017` or `2017.2`."""
    year, dot, count = text.partition(".")
    if len(year) != 4 or not year.isascii() or not year.isdigit():
        raise InputFault("log year", value=text, wanted="four digits")
    if not dot:
        return int(year), 1
    good = count.isascii() and count.isdigit() and len(count) <= 4 and count == str(int(count))
    if not good or not 2 <= int(count) <= INCARNATION_MAX:
        raise InputFault("log incarnation", value=text, wanted=f"2 to {INCARNATION_MAX}")
    return int(year), int(count)


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


class Continues(_Body, frozen=True, kw_only=True):
    """The newest head that the writer knows of the log it goes on from, and why it does."""

    origin: str
    size: int
    root: str
    why: Literal["year", "takeover", "restored", "forked"]


class LogOpened(_Body, frozen=True, kw_only=True, tag="log.opened"):
    """First entry of a log: whose it is, the verifier keys of its writer, what it goes on from.

    `instance`: a random name of the store that wrote it, so that of two nodes of one party each
    knows which logs are the other's. The last two are left out where they say nothing, as the
    first release wrote it.
    """

    agreement: str
    kind: LogKind
    year: int
    keys: dict[str, str]
    rules_version: int
    continues: Continues | None = None
    instance: str = ""


class AgreementAdopted(_Body, frozen=True, kw_only=True, tag="agreement.adopted"):
    """This party takes this text as the agreement: the document itself and its SHA-256."""

    agreement: str
    version: int
    sha256: str
    document: str


class MessageSaid(_Body, frozen=True, kw_only=True, tag="message.said"):
    """A message on a line, with what it asks for; addressees stand in the common fields' `to`.

    `language`: of `text`; left out where it says nothing, as earlier releases wrote it.
    """

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
    language: str = ""


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
    | CustodyBody
    | LineBody
    | AgreementBody
    | WarningBody
)
_BODIES: tuple[type[msgspec.Struct], ...] = (
    LogOpened, AgreementAdopted, MessageSaid, MessageDisplayed, MessageAnswered, ReadBackChecked,
    MessageOverdue, MessageEscalated, LineDeclared, PresenceDeclared, ZoneDeclared,
    BoundaryDeclared, ZoneActivity, ZonePromulgation, IntentFiled, IntentChanged, AlertRaised,
    AlertResolved, TracksRecorded, *CUSTODY_TYPES, *LINE_BODY_TYPES,
    *AGREEMENT_BODY_TYPES, *WARNING_BODY_TYPES,
)  # fmt: skip
Alert = AlertRaised | ConflictRaised
"""What warns and stands until it is resolved: they are read alike."""
BODY_TYPES: dict[str, type[msgspec.Struct]] = {
    str(kind.__struct_config__.tag): kind for kind in _BODIES
}
_PRIVATE_LOG_TYPES: tuple[type[msgspec.Struct], ...] = (
    *PRIVATE_TYPES, *PRIVATE_LINE_TYPES, *PRIVATE_AGREEMENT_TYPES, *PRIVATE_WARNING_TYPES,
)  # fmt: skip
_LINE_LOG_TYPES: tuple[type[msgspec.Struct], ...] = (
    MessageSaid, MessageDisplayed, MessageAnswered, ReadBackChecked, MessageOverdue,
    MessageEscalated, LineDeclared, PresenceDeclared, *LINE_TYPES, *LINE_BODY_TYPES,
    *AGREEMENT_LINE_TYPES, *WARNING_LINE_TYPES,
)  # fmt: skip
PLAIN_TYPES = frozenset(
    name
    for name, kind in BODY_TYPES.items()
    if kind is LogOpened or kind in (*CUSTODY_TYPES, *PLAIN_AGREEMENT_TYPES)
)
"""They are never sealed: who could sign what, and who stands by which agreement, must be readable
without any opening."""


def kind_of(body: Body) -> LogKind:
    """Return the kind of log that an entry with this body belongs to.

    A body that may stand in any (`EVERY_LOG_TYPES`) is said to be of the operations log.
    """
    if isinstance(body, LogOpened):
        return body.kind
    if isinstance(body, _PRIVATE_LOG_TYPES):
        return "private"
    return "line" if isinstance(body, _LINE_LOG_TYPES) else "ops"


# ---- common fields ------------------------------------------------------------------------------


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One fact a party signed, as read: its common fields and its body.

    `body` is `None` where only a commitment stands in the log and its opening is not held here.
    `commit`: the commitment of a sealed payload, opened or not. `not_before_us`:
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
    audience: tuple[str, ...] | None = None
    commit: str | None
    body: Body | None
    not_before_us: int = US_MIN


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A well-signed entry that this release cannot read, kept in its place with the reason."""

    log: LogName
    seq: int
    why: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that `step` wants written: all but its place and what its writer has seen.

    `log`: set where the entry belongs into one log whatever its kind (closing it, changing its
    key); else it goes to the newest log of its kind.
    """

    agreement: str
    by: str
    body: Body
    to: tuple[str, ...] = ()
    ref: tuple[Reference, ...] = ()
    status: Status = "actual"
    happened: Interval | None = None
    valid_until_us: int | None = None
    audience: tuple[str, ...] | None = None
    log: LogName | None = None
