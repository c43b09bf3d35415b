"""The norms: the one table of states, clocks and defaults, read from `norms.toml`.

Rule: no other file holds a state name, a clock or a default of NORMS; they are read from here.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
import tomllib
from typing import Literal

import msgspec

from parley.world.faults import InputFault, nearest
from parley.world.limits import BATCH_ENTRIES_MAX

MessageClass = Literal["DISTRESS", "URGENT", "SAFETY", "ROUTINE", "ADMIN"]
Attribute = Literal["W", "A", "R", "Y", "N"]
CLASSES: tuple[MessageClass, ...] = ("DISTRESS", "URGENT", "SAFETY", "ROUTINE", "ADMIN")
"""Highest first: a message of a higher class never waits behind bytes of a lower."""


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class LineNorms(_Record, frozen=True, kw_only=True):
    """State words and clocks of a line of communication (NORMS 1, 3, 4)."""

    glance: tuple[str, ...]
    agreement: tuple[str, ...]
    link: tuple[str, ...]
    attended: tuple[str, ...]
    test: tuple[str, ...]
    heartbeat_every_s: int
    link_up_within_s: int
    presence_within_s: int
    machine_test_every_s: int
    person_test_every_s: int
    test_grace_s: int
    person_test_grace_s: int
    suspension_notice_s: int
    suspension_margin_s: int
    second_signature_within_s: int


class ClassNorms(_Record, frozen=True, kw_only=True):
    """Clocks of one message class (NORMS 2); `None` where the class has no such clock."""

    name: MessageClass
    aftn: str
    stored_s: int
    answered_s: int
    displayed_s: int | None = None
    escalate_s: tuple[int, ...] = ()
    passes_while_suspended: str


class MessageType(msgspec.Struct, frozen=True, kw_only=True, rename={"message_class": "class"}):
    """One type of message: its class, the answers it allows, what is read back.

    `guarded`: its payload goes to its addressees only, each by its owner's consent; it expires,
    informs (ROGER closes it, nothing else), and each reading of it is written down.
    `about`: it refers to an entry, and is nothing without it. `machine`: the addressee's node
    answers it, nobody is called. `asks_to_yield`: whoever takes it reports when it has made way.
    `one_sided`: it states the sender's own view and makes no duty for anybody else. `reply`: fields
    that a REPLY carries, each with the words it may have.
    """

    name: str
    message_class: MessageClass
    attribute: Attribute
    read_back: tuple[str, ...] = ()
    life_safety: bool = False
    guarded: bool = False
    answered_s: int | None = None
    about: bool = False
    machine: bool = False
    asks_to_yield: bool = False
    one_sided: bool = False
    reply: dict[str, tuple[str, ...]] = {}


class _Attributes(_Record, frozen=True, kw_only=True):
    W: tuple[str, ...]
    A: tuple[str, ...]
    R: tuple[str, ...]
    Y: tuple[str, ...]
    N: tuple[str, ...]
    standby_for: tuple[Attribute, ...]


class ZoneNorms(_Record, frozen=True, kw_only=True):
    """The two states of a zone (NORMS 5)."""

    activity: tuple[str, ...]
    promulgation: tuple[str, ...]
    owner_silent_after_s: int


class AlertNorms(_Record, frozen=True, kw_only=True):
    """Classes and times of alerts (NORMS 6)."""

    classes: tuple[str, ...]
    chain_s: int
    short_term_s: int
    lookahead_s: int
    lookahead_long_s: int
    steady_s: int
    looks_to_raise: int
    looks_considered: int
    looks_to_resolve: int
    resolve_after_s: int
    class_back_s: int
    vertical_quantisation_ft: int
    chain_share: float
    chain_samples_least: int
    chain_days: int
    flood_count: int
    flood_s: int
    steady_alarm_s: int


class ConformanceNorms(_Record, frozen=True, kw_only=True):
    """A flight against its own intent (ASTM F3548-21): when it is told, when it is contingent."""

    nonconforming_after_s: int
    contingent_after_s: int
    share: float
    leaving_ahead_s: int


class VerdictNorms(_Record, frozen=True, kw_only=True):
    """Words of verdicts (NORMS 7)."""

    clause: tuple[str, ...]
    question: tuple[str, ...]


class SeparationNorms(_Record, frozen=True, kw_only=True):
    """One default separation (NORMS 8), as written: nautical miles and feet."""

    horizontal_nm: float
    vertical_ft: float
    dwell_s: int | None = None


class ClockNorms(_Record, frozen=True, kw_only=True):
    """From which difference a peer's clock raises an alarm, and below which it ends."""

    alarm_s: float
    calm_s: float


class QuotaNorms(_Record, frozen=True, kw_only=True):
    """What one party may put on another: at once (burst), and lasting (per minute)."""

    say_per_min: int
    line_burst: int
    line_per_min: int
    ops_burst: int
    ops_per_min: int
    private_burst: int
    private_per_min: int
    bytes_burst: int
    bytes_per_min: int
    wait_s: int

    def __post_init__(self) -> None:
        for name in ("line_burst", "ops_burst"):
            if getattr(self, name) < BATCH_ENTRIES_MAX:
                # A whole batch could then never be taken, however long its sender waits.
                value, wanted = getattr(self, name), f"{BATCH_ENTRIES_MAX} or more, one batch"
                raise InputFault(f"quota {name}", value=value, wanted=wanted)


class CallNorms(_Record, frozen=True, kw_only=True):
    """When a call was entered late, and how far apart two ends may date one call."""

    entered_at_once_s: int
    match_within_s: int


class _Priority(_Record, frozen=True, kw_only=True):
    yield_within_s: int


class _Guard(_Record, frozen=True, kw_only=True):
    named_place_within_m: float


class _Bearer(_Record, frozen=True, kw_only=True):
    link_s: float


class IntentNorms(_Record, frozen=True, kw_only=True):
    """How much one party may hold by intents, and how a free time or level is looked for."""

    standing_max: int
    ahead_s: int
    longest_s: int
    area_m2: float
    unflown_max: int
    delay_step_s: int
    delay_max_s: int
    level_step_m: float
    level_max_m: float
    lateral_step_m: float
    lateral_max_m: float


class DistributionNorms(_Record, frozen=True, kw_only=True):
    """By when the units that must have a notice have said that they do."""

    before_s: int
    within_s: int


class StandingNorms(_Record, frozen=True, kw_only=True):
    """Notices that stand: when they are confirmed again, when they end, how precise they are."""

    reconfirm_every_s: int
    expire_s: int
    precision_m: float
    warn_before_s: int
    area_margin_m: float


class AgreementNorms(_Record, frozen=True, kw_only=True):
    """When the end of an agreement is told, from when a change holds, how long one assesses."""

    warn_before_s: int
    change_notice_s: int
    assess_s: int
    assess_max_s: int


class CrossingNorms(_Record, frozen=True, kw_only=True):
    """Live crossings: how far beyond a line, and how long, until its other side counts."""

    hysteresis_m: float
    dwell_s: float


class PressureNorms(_Record, frozen=True, kw_only=True):
    """How exact a QNH report is, and for how long."""

    bound_m: float
    stale_after_s: int


class AlarmCallNorms(_Record, frozen=True, kw_only=True):
    """How often an alarm goes out again while nobody has taken it."""

    repeat_s: int
    repeats_max: int


class _Lead(_Record, frozen=True, kw_only=True):
    tactical_s: int
    humanitarian_s: int


class _Vertical(_Record, frozen=True, kw_only=True):
    amsl_against_wgs84_m: float


class _ReadBack(_Record, frozen=True, kw_only=True):
    within_s: int


class SubjectNorms(_Record, frozen=True, kw_only=True):
    """A subject code, and words by which people name what it stands for."""

    code: str
    also: tuple[str, ...] = ()


class Norms(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"classes": "class", "types": "type", "subjects": "subject"},
):
    """The whole table."""

    version: int
    line: LineNorms
    classes: tuple[ClassNorms, ...]
    read_back: _ReadBack
    attribute: _Attributes
    types: tuple[MessageType, ...]
    subjects: tuple[SubjectNorms, ...]
    zone: ZoneNorms
    alert: AlertNorms
    conformance: ConformanceNorms
    verdict: VerdictNorms
    separation: dict[str, SeparationNorms]
    clock: ClockNorms
    quota: QuotaNorms
    call: CallNorms
    priority: _Priority
    guard: _Guard
    bearer: _Bearer
    intent: IntentNorms
    distribution: DistributionNorms
    standing: StandingNorms
    agreement: AgreementNorms
    pressure: PressureNorms
    crossing: CrossingNorms
    alarm_call: AlarmCallNorms
    lead: _Lead
    vertical: _Vertical


@functools.cache
def norms() -> Norms:
    """Return the norms of this release; read once from the package's own data file."""
    text = importlib.resources.files("parley.world").joinpath("norms.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Norms)


def class_norms(message_class: MessageClass) -> ClassNorms:
    """Return the clocks of a message class."""
    return next(c for c in norms().classes if c.name == message_class)


@functools.cache
def _types_by_name() -> dict[str, MessageType]:
    return {known.name: known for known in norms().types}


def known_type(name: str) -> MessageType | None:
    """Return a message type by its name; None where this release has no such type.

    >>> known_type("clearance").attribute, known_type("clearence")
    ('W', None)
    """
    return _types_by_name().get(name)


def message_type(name: str) -> MessageType:
    """Return a message type by its name.

    Raises:
        InputFault: there is no such type; the repair names the nearest.
    """
    found = known_type(name)
    if found is not None:
        return found
    names = list(_types_by_name())
    close = nearest(name, names)
    raise InputFault(
        "message type",
        value=name,
        wanted="a type of the norms",
        repair=f"did you mean {close!r}?" if close else f"known: {', '.join(names)}",
    )


def allowed_answers(kind: MessageType) -> tuple[str, ...]:
    """Return the answers that this type allows, closing ones first.

    >>> allowed_answers(message_type("clearance"))
    ('WILCO', 'UNABLE', 'STANDBY')
    >>> allowed_answers(message_type("humanitarian.notice"))
    ('ROGER',)
    """
    if kind.guarded:
        return ("ROGER",)
    table = norms().attribute
    closing: tuple[str, ...] = getattr(table, kind.attribute)
    return (*closing, "STANDBY") if kind.attribute in table.standby_for else closing


def subject_code(text: str) -> str | None:
    """Return the subject code that a text is, whatever its letters' case; None where it is free.

    >>> subject_code("Ground"), subject_code("ground clash")
    ('ground', None)
    """
    wanted = text.strip().casefold()
    return next((each.code for each in norms().subjects if each.code == wanted), None)


def nearest_subject(text: str) -> str:
    """Return the subject code that free words suggest, or "": a suggestion, never a decision.

    One whose words name two subjects suggests neither.

    >>> nearest_subject("ground clash"), nearest_subject("person_in_distress")
    ('ground', 'person')
    >>> nearest_subject("hospital ship"), nearest_subject("grond")
    ('', 'ground')
    """
    words = set(re.findall(r"[^\W_]+", text.casefold()))
    named = {each.code for each in norms().subjects if words & {each.code, *each.also}}
    if named:
        return named.pop() if len(named) == 1 else ""
    return nearest(text.casefold(), [each.code for each in norms().subjects])
