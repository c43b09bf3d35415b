"""What comes in through the one door, and what goes out of it.

Inputs are what happened outside: time passed, somebody at a keyboard acted, a feed reported, a
frame came. Outputs are entries to write, batches to mirror, frames to send, alerts to show; `app`
stores first and sends after.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parley.node.agreement_inputs import AgreementAct
from parley.node.entries import Draft, Reference, Status
from parley.node.frames import Frame
from parley.node.layer import HeldAhead
from parley.node.line_bodies import AlarmChannel, CallOutcome, RelayOutcome
from parley.node.picture import TrackReport
from parley.node.warning_inputs import WarningAct
from parley.world.boundary import Boundary
from parley.world.intent import Intent, IntentState
from parley.world.norms import MessageClass
from parley.world.time import Interval
from parley.world.zone import Zone


class _Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


# ---- inputs -------------------------------------------------------------------------------------


class Tick(_Value, frozen=True, kw_only=True, tag="tick"):
    """Nothing but time passed."""


class Say(_Value, frozen=True, kw_only=True, tag="say"):
    """A post says something on a line.

    `confirmed`: the sender has answered the guard's query. `addressees_only`: the payload goes to
    the addressees alone, not to every party of the agreement. `language`: of `text`.
    """

    agreement: str
    line: str
    post: str
    to: tuple[str, ...]
    message_type: str
    message_class: MessageClass | None = None
    subject: str = ""
    text: str = ""
    fields: dict[str, str] = {}
    ref: tuple[Reference, ...] = ()
    answer_within_s: float | None = None
    wants_answer: bool = True
    wants_read_back: bool | None = None
    status: Status = "actual"
    happened: Interval | None = None
    valid_until_us: int | None = None
    addressees_only: bool = False
    confirmed: bool = False
    language: str = ""


class Answer(_Value, frozen=True, kw_only=True, tag="answer"):
    """A post answers a message, reading fields back."""

    ref: tuple[str, int]
    post: str
    answer: str
    fields: dict[str, str] = {}
    text: str = ""
    promised_us: int | None = None


class Display(_Value, frozen=True, kw_only=True, tag="display"):
    """A message was put in front of a post."""

    ref: tuple[str, int]
    post: str


class DeclareLine(_Value, frozen=True, kw_only=True, tag="declare_line"):
    """A post suspends, resumes or withdraws its side of a line; without effect time: by notice."""

    agreement: str
    line: str
    post: str
    value: Literal["in force", "suspended", "withdrawn"]
    effective_us: int | None = None
    reason: str = ""


class BePresent(_Value, frozen=True, kw_only=True, tag="be_present"):
    """A person comes to, stays at, or leaves a post of a line."""

    agreement: str
    line: str
    post: str
    present: bool = True


class TestLine(_Value, frozen=True, kw_only=True, tag="test_line"):
    """A person at a post tests a line: words for the other end's person to read back."""

    __test__ = False

    agreement: str
    line: str
    post: str
    to: tuple[str, ...] = ()


class LogCall(_Value, frozen=True, kw_only=True, tag="log_call"):
    """A post enters a telephone call, at once or later: its own end of it.

    `ref`: what it is about (a message), which call of the other end it was, or which own entry it
    corrects. `call`: its name, made from the line and its beginning where left out.
    """

    agreement: str
    line: str
    post: str
    party: str
    outcome: CallOutcome
    direction: Literal["placed", "received"] = "placed"
    began_us: int
    ended_us: int | None = None
    call: str = ""
    spoke_with: str = ""
    subject: str = ""
    text: str = ""
    fields: dict[str, str] = {}
    read_back: dict[str, str] = {}
    recorder: str = ""
    reason: str = ""
    language: str = ""
    ref: tuple[Reference, ...] = ()


class ReportRelay(_Value, frozen=True, kw_only=True, tag="report_relay"):
    """A post says what became of a message that it was asked to pass on to somebody else."""

    ref: tuple[str, int]
    post: str
    outcome: RelayOutcome
    at_us: int | None = None
    received_by: str = ""
    text: str = ""


class AddTranslation(_Value, frozen=True, kw_only=True, tag="add_translation"):
    """A post puts a translation beside a message; the original stays what was said."""

    ref: tuple[str, int]
    post: str
    language: str
    text: str
    how: Literal["person", "machine"] = "person"


class AcknowledgeAlarm(_Value, frozen=True, kw_only=True, tag="acknowledge_alarm"):
    """A person at a post takes an alarm: it falls silent here; nothing is answered by it."""

    agreement: str
    alarm: str
    post: str
    text: str = ""


class NoteAlarmSent(_Value, frozen=True, kw_only=True, tag="note_alarm_sent"):
    """The node sent an alarm to a person of this party, and this became of it."""

    agreement: str
    alarm: str
    post: str
    channel: AlarmChannel
    attempt: int
    delivered: bool
    detail: str = ""


class DeclareZone(_Value, frozen=True, kw_only=True, tag="declare_zone"):
    """This party declares a zone of its own."""

    agreement: str
    post: str
    zone: Zone


class DeclareBoundary(_Value, frozen=True, kw_only=True, tag="declare_boundary"):
    """This party declares a boundary of its own."""

    agreement: str
    post: str
    boundary: Boundary


class SetActivity(_Value, frozen=True, kw_only=True, tag="set_activity"):
    """The owner of a zone says what is physically happening in it."""

    agreement: str
    post: str
    zone: str
    activity: Literal["hot", "cold", "unknown"]
    from_us: int | None = None
    to_us: int | None = None


class Promulgate(_Value, frozen=True, kw_only=True, tag="promulgate"):
    """A zone is requested, issued or ended."""

    agreement: str
    post: str
    zone: str
    promulgation: Literal["draft", "requested", "issued", "ended"]
    from_us: int | None = None
    to_us: int | None = None
    reference: str = ""


class FileIntent(_Value, frozen=True, kw_only=True, tag="file_intent"):
    """This party plans to fly; `addressees`: who gets the volumes, empty is every party."""

    agreement: str
    post: str
    intent: Intent
    addressees: tuple[str, ...] = ()


class ChangeIntent(_Value, frozen=True, kw_only=True, tag="change_intent"):
    """An own intent goes to another state."""

    agreement: str
    post: str
    intent: str
    state: IntentState


class SignAct(_Value, frozen=True, kw_only=True, tag="sign_act"):
    """A person signs an entry of this party: signature (hex) over its origin, index, leaf hash."""

    ref: tuple[str, int]
    post: str
    operator: str
    signature: str


class EnrolOperator(_Value, frozen=True, kw_only=True, tag="enrol_operator"):
    """A person, by pseudonym, may sign acts at these posts; `possession` (hex) by the new key."""

    agreement: str
    post: str
    operator: str
    key: str
    possession: str
    posts: tuple[str, ...]
    until_us: int | None = None


class RemoveOperator(_Value, frozen=True, kw_only=True, tag="remove_operator"):
    """A person no longer signs."""

    agreement: str
    post: str
    operator: str
    reason: str = ""


class DistrustKey(_Value, frozen=True, kw_only=True, tag="distrust_key"):
    """One person of this party no longer takes a peer's key: at once, for every agreement."""

    agreement: str
    post: str
    party: str
    key: str
    reason: str


class RevokeKey(_Value, frozen=True, kw_only=True, tag="revoke_key"):
    """A statement of an offline root, to be told to every party of the agreement."""

    agreement: str
    post: str
    statement: str


class SetHold(_Value, frozen=True, kw_only=True, tag="set_hold"):
    """Nothing under the agreement is destroyed here until the hold is lifted."""

    agreement: str
    post: str
    hold: str
    reason: str


class LiftHold(_Value, frozen=True, kw_only=True, tag="lift_hold"):
    """A legal hold ends."""

    agreement: str
    post: str
    hold: str
    reason: str


class GiveConsent(_Value, frozen=True, kw_only=True, tag="give_consent"):
    """Guarded notices may go to this addressee."""

    agreement: str
    post: str
    addressee: str
    scope: str = ""
    until_us: int | None = None


class WithdrawConsent(_Value, frozen=True, kw_only=True, tag="withdraw_consent"):
    """Guarded notices no longer go to this addressee."""

    agreement: str
    post: str
    addressee: str
    reason: str = ""


class OpenPayload(_Value, frozen=True, kw_only=True, tag="open_payload"):
    """Somebody at a post reads a guarded notice: written into the private log."""

    ref: tuple[str, int]
    post: str
    purpose: str = ""


class DestroyPayload(_Value, frozen=True, kw_only=True, tag="destroy_payload"):
    """This party drops its copy of a guarded notice."""

    ref: tuple[str, int]
    post: str


class TrackReports(_Value, frozen=True, kw_only=True, tag="track_reports"):
    """A feed reports positions, in the order in which they came."""

    feed: str
    reports: tuple[TrackReport, ...]


class SegmentRecorded(_Value, frozen=True, kw_only=True, tag="segment_recorded"):
    """Raw reports were written to a segment file with this hash."""

    agreement: str
    sha256: str
    size_bytes: int
    reports: int
    from_us: int
    to_us: int


class LinkOpened(_Value, frozen=True, kw_only=True, tag="link_opened"):
    """A connection stands; `peer` is whom we called, None where we were.

    `nonce` and `secret` (64 hexadecimal digits: our session key) are fresh.
    """

    connection: int
    nonce: str
    secret: str = ""
    peer: str | None = None


class LinkClosed(_Value, frozen=True, kw_only=True, tag="link_closed"):
    """A connection is gone."""

    connection: int


class FrameIn(_Value, frozen=True, kw_only=True, tag="frame_in"):
    """A frame came over a connection. `checkpoint`: with a receipt, our own note of that size."""

    connection: int
    frame: Frame
    checkpoint: bytes = b""


CustodyAct = (
    SignAct | EnrolOperator | RemoveOperator | DistrustKey | RevokeKey | SetHold | LiftHold
    | GiveConsent | WithdrawConsent | OpenPayload | DestroyPayload
)  # fmt: skip
"""What a person does about keys, people and payloads."""
LineAct = (
    Say | Answer | Display | DeclareLine | BePresent | TestLine | LogCall | ReportRelay
    | AddTranslation | AcknowledgeAlarm | NoteAlarmSent
)  # fmt: skip
"""What a post does on a line."""
Act = (
    LineAct | DeclareZone | DeclareBoundary | SetActivity | Promulgate | FileIntent | ChangeIntent
    | CustodyAct | AgreementAct | WarningAct
)  # fmt: skip
"""What a person at a post does."""
Input = (
    Tick | Act | TrackReports | SegmentRecorded | LinkOpened | LinkClosed | FrameIn
)  # fmt: skip

# ---- outputs ------------------------------------------------------------------------------------


class FrameOut(_Value, frozen=True, kw_only=True):
    """A frame to send over a connection, after everything is stored."""

    connection: int
    frame: Frame


class ProofWanted(_Value, frozen=True, kw_only=True):
    """A proof of identity is due; `app` seals the session key to the peer, signs, and sends it."""

    connection: int
    peer: str
    nonce: str
    seal: bytes
    secret: bytes


class PushWanted(_Value, frozen=True, kw_only=True):
    """The next part of a log is due to a peer; `app` reads it from the store and sends it.

    `bytes_max`: how much the link took lately; at least one entry goes whatever its length.
    `sealed`: whether the peer has our session key, so that openings can go to it.
    """

    connection: int
    peer: str
    origin: str
    first: int
    bytes_max: int
    secret: bytes
    counter: int
    sealed: bool = True


class AheadWanted(_Value, frozen=True, kw_only=True):
    """One entry is due to a peer ahead of its log; `app` reads it from the store and sends it.

    `first`: from which entry on the peer lacks the log.
    """

    connection: int
    peer: str
    origin: str
    index: int
    first: int
    secret: bytes
    counter: int


class AheadKept(_Value, frozen=True, kw_only=True):
    """A verified entry that came ahead of its log, to be stored and then held ahead."""

    held: HeldAhead
    data: bytes
    opening: bytes | None
    proof: tuple[bytes, ...]


class Mirrored(_Value, frozen=True, kw_only=True):
    """Verified entries of a log, to be stored and then folded; openings by index."""

    origin: str
    first: int
    entries: tuple[bytes, ...]
    checkpoint: bytes
    openings: dict[int, bytes] = {}


class Staged(_Value, frozen=True, kw_only=True):
    """Verified entries that do not yet reach their signed head: stored apart, not yet folded."""

    origin: str
    first: int
    entries: tuple[bytes, ...]
    checkpoint: bytes
    openings: dict[int, bytes] = {}


class HeadWitnessed(_Value, frozen=True, kw_only=True):
    """A consistent head of a log that is not read here, to be stored before it is cosigned."""

    origin: str
    size: int
    note: bytes


class EntryReceived(_Value, frozen=True, kw_only=True):
    """A peer's verified receipt for one entry of ours, to be stored."""

    origin: str
    index: int
    peer: str
    data: bytes


class ReceiptKept(_Value, frozen=True, kw_only=True):
    """A peer's verified receipt for our log, to be stored."""

    origin: str
    size: int
    peer: str
    cosigner: str
    line: bytes


class Refused(_Value, frozen=True, kw_only=True):
    """A head that was not taken, to be kept as evidence."""

    origin: str
    peer: str
    checkpoint: bytes
    why: str


class Drop(_Value, frozen=True, kw_only=True):
    """Close a connection: the peer broke the rules."""

    connection: int
    why: str


class Output(_Value, frozen=True, kw_only=True):
    """What `step` wants done, in this order: store, fold, send."""

    drafts: tuple[Draft, ...] = ()
    mirrored: tuple[Mirrored, ...] = ()
    ahead: tuple[AheadKept, ...] = ()
    staged: tuple[Staged, ...] = ()
    witnessed: tuple[HeadWitnessed, ...] = ()
    receipts: tuple[ReceiptKept, ...] = ()
    received: tuple[EntryReceived, ...] = ()
    refused: tuple[Refused, ...] = ()
    proofs: tuple[ProofWanted, ...] = ()
    frames: tuple[FrameOut, ...] = ()
    aheads: tuple[AheadWanted, ...] = ()
    pushes: tuple[PushWanted, ...] = ()
    drops: tuple[Drop, ...] = ()
