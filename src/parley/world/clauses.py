"""Clauses: one record per kind, its parameters in SI units, and reading one from a document.

Every clause has an id, the paragraph of the text that it comes from, the text itself, whom it
applies to, and what parties reserve against it. Rules:

- A clause that only people can judge is kept word for word (`Term`), never guessed at.
- Whose duty it is stands in `applies_to`; empty there means every party, class, zone, always.
- What is judged, and how, does not live here (`review.verdicts`, `node.rules`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parley.world.faults import InputFault, nearest
from parley.world.verdict import EscalationStep

DAY_S = 86_400.0
YEAR_S = 366 * DAY_S


class _Record(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    pass


class AppliesTo(_Record, frozen=True, kw_only=True):
    """What a clause is about: parties that owe it, aircraft classes, zones, and when.

    Empty means all of them. A class is one of the agreement's own `aircraft_classes`.
    """

    parties: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    from_us: int | None = None
    to_us: int | None = None


class Reservation(_Record, frozen=True, kw_only=True):
    """What a party keeps for itself against a clause: its own words, never judged."""

    by: str
    text: str


class _Clause(_Record, frozen=True, kw_only=True):
    id: str
    text: str = ""
    source_paragraph: str = ""
    applies_to: AppliesTo = AppliesTo()
    reservations: tuple[Reservation, ...] = ()

    def _check(
        self, name: str, value: float | None, within: tuple[float, float], unit: str
    ) -> None:
        """Refuse a number out of its range; NaN is in no range."""
        if value is not None and not within[0] <= value <= within[1]:
            wanted = f"{within[0]:g} to {within[1]:g} {unit}"
            raise InputFault(f"clause {self.id} {name}", value=value, wanted=wanted)

    def _positive(self, **lengths_m: float | None) -> None:
        for name, value_m in lengths_m.items():
            if value_m is not None and not 0 < value_m < 1e6:
                raise InputFault(f"clause {self.id} {name}", value=value_m, wanted="0..1e6 m")

    def _times(self, *, most_s: float = YEAR_S, **times_s: float | None) -> None:
        for name, value_s in times_s.items():
            self._check(name, value_s, (0.0, most_s), "s")


class Separation(_Clause, frozen=True, kw_only=True, tag="separation"):
    """Minima of a pair of parties, apart by one (`or`) or both (`and`), and how long inside.

    `class_pairs`: pairs of aircraft classes that it is about, either way round; empty is all.
    `vertical_quantisation_m`: taken off the vertical minimum for alerts, never for detection.
    """

    horizontal_m: float
    vertical_m: float
    joined: Literal["or", "and"] = "or"
    dwell_s: float | None = None
    class_pairs: tuple[tuple[str, str], ...] = ()
    vertical_quantisation_m: float | None = None

    def __post_init__(self) -> None:
        self._positive(horizontal_m=self.horizontal_m, vertical_m=self.vertical_m)
        self._times(dwell_s=self.dwell_s)
        self._check("vertical_quantisation_m", self.vertical_quantisation_m, (0.0, 304.8), "m")


class StandOff(_Clause, frozen=True, kw_only=True, tag="stand_off"):
    """Aircraft of the classes in `applies_to` keep this far from a boundary, zone or place.

    Exactly one of `boundary`, `zone` and `place` is named. `side`: of the boundary on which they
    keep, where it matters; "" is either. `unless_notified`: an aircraft of which a notice named in
    `unless_notified` was given in its lead time may come nearer (a mercy flight with prior data).
    """

    distance_m: float
    boundary: str = ""
    zone: str = ""
    place: str = ""
    side: Literal["left", "right", ""] = ""
    dwell_s: float = 0.0
    unless_notified: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._positive(distance_m=self.distance_m)
        self._times(dwell_s=self.dwell_s)
        named = [name for name in (self.boundary, self.zone, self.place) if name]
        if len(named) != 1:
            wanted = "exactly one of boundary, zone, place"
            raise InputFault(f"clause {self.id}", value=", ".join(named), wanted=wanted)


class Notification(_Clause, frozen=True, kw_only=True, tag="notification"):
    """Notices come `lead_s` before what they announce; `of`: message types, empty is all.

    `emergency_lead_s`: the lead time of a notice that says it is an emergency. `content`: fields
    that the notice must have. `trigger`: what obliges to give one, so that a missing one is missed:
    `flight` (of the classes, each flight), `crossing` (of `boundary`), `entry` (into `zone`), or ""
    where only notices that came are judged. `required_units`: by addressee, the units that must
    have it, each told `units_before_s` before what it announces.
    """

    lead_s: float
    of: tuple[str, ...] = ()
    answer_within_s: float | None = None
    emergency_lead_s: float | None = None
    content: tuple[str, ...] = ()
    trigger: Literal["", "flight", "crossing", "entry"] = ""
    boundary: str = ""
    zone: str = ""
    required_units: dict[str, tuple[str, ...]] = {}
    units_before_s: float | None = None

    def __post_init__(self) -> None:
        self._times(
            lead_s=self.lead_s,
            answer_within_s=self.answer_within_s,
            emergency_lead_s=self.emergency_lead_s,
            units_before_s=self.units_before_s,
        )
        needed = {"crossing": self.boundary, "entry": self.zone}.get(self.trigger, "-")
        if not needed:
            noun = "boundary" if self.trigger == "crossing" else "zone"
            raise InputFault(f"clause {self.id} {noun}", wanted=f"the {noun} of its trigger")


class Acknowledgement(_Clause, frozen=True, kw_only=True, tag="acknowledgement"):
    """Messages are answered within `within_s`; else the posts of `escalate` are called in order."""

    within_s: float
    of: tuple[str, ...] = ()
    message_class: str | None = None
    escalate: tuple[EscalationStep, ...] = ()

    def __post_init__(self) -> None:
        self._times(within_s=self.within_s)


class ReadBack(_Clause, frozen=True, kw_only=True, tag="read_back"):
    """Fields are read back within `within_s`; `of` empty means whatever asks for it."""

    within_s: float
    of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._times(within_s=self.within_s)


class LineTest(_Clause, frozen=True, kw_only=True, tag="line_test"):
    """The line is tested every so many seconds; `within_s`: answered in this time."""

    every_s: float
    on_failure: str = ""
    within_s: float | None = None

    def __post_init__(self) -> None:
        self._times(every_s=self.every_s, within_s=self.within_s)


class Watch(_Clause, frozen=True, kw_only=True, tag="watch"):
    """Posts of the parties in `applies_to` are attended in these hours (`world.watch_hours`).

    `gap_s`: so long may a post be without a person before the watch is broken.
    """

    posts: tuple[str, ...] = ()
    hours: str = "24/7"
    languages: tuple[str, ...] = ()
    gap_s: float = 600.0

    def __post_init__(self) -> None:
        self._times(gap_s=self.gap_s)


class Validity(_Clause, frozen=True, kw_only=True, tag="validity"):
    """How the agreement ends or goes on: it lapses, is renewed by itself, or when all say so.

    `renew_s`: for how long a renewal holds. `review_every_s`: it is looked at again this often.
    `warn_before_s`: its end is told this long before.
    """

    renewal: Literal["lapse", "automatic", "consensus"] = "lapse"
    renew_s: float | None = None
    review_every_s: float | None = None
    warn_before_s: float = 30 * DAY_S
    prevailing_language: str = ""

    def __post_init__(self) -> None:
        self._times(
            most_s=100 * YEAR_S, renew_s=self.renew_s, review_every_s=self.review_every_s,
            warn_before_s=self.warn_before_s,
        )  # fmt: skip
        if self.renewal != "lapse" and not self.renew_s:
            raise InputFault(f"clause {self.id} renew_s", wanted="for how long a renewal holds")


class Suspension(_Clause, frozen=True, kw_only=True, tag="suspension"):
    """One party alone may suspend, with notice; what is exempt still passes."""

    notice_s: float
    exempt: tuple[str, ...] = ("life_safety",)
    withdrawal_notice_s: float | None = None

    def __post_init__(self) -> None:
        self._times(notice_s=self.notice_s, withdrawal_notice_s=self.withdrawal_notice_s)


class PositionCheck(_Clause, frozen=True, kw_only=True, tag="position_check"):
    """A named place and coordinates sent together lie within this distance of each other."""

    named_place_within_m: float

    def __post_init__(self) -> None:
        self._positive(named_place_within_m=self.named_place_within_m)


class ExclusiveChannel(_Clause, frozen=True, kw_only=True, tag="exclusive_channel"):
    """Whether the logs and the call register are the only channel, so that silence decides."""

    value: bool
    note: str = ""


class Ring(_Clause, frozen=True, kw_only=True, tag="ring"):
    """A ring around a place that is not crossed inbound without contact.

    `contact`: message types that are contact, when they name the flight; empty leaves the rule to
    people.
    """

    ring: str
    rule: str = ""
    contact: tuple[str, ...] = ()


class BoundaryRule(_Clause, frozen=True, kw_only=True, tag="boundary"):
    """Who stays on which side of a boundary: those in `applies_to`, on `side`, where it is named.

    `crossing`: message types that give leave to cross, when they name the flight.
    """

    boundary: str
    rule: str = ""
    side: Literal["left", "right", ""] = ""
    crossing: tuple[str, ...] = ()


class ZoneRule(_Clause, frozen=True, kw_only=True, tag="zone"):
    """Who stays inside or outside of a zone: those in `applies_to`, where `stay` is named.

    `leave`: message types that give leave to be elsewhere, when they name the flight. `dwell_s`: so
    long elsewhere is no breach.
    """

    zone: str
    rule: str = ""
    stay: Literal["inside", "outside", ""] = ""
    leave: tuple[str, ...] = ()
    dwell_s: float = 0.0

    def __post_init__(self) -> None:
        self._times(dwell_s=self.dwell_s)


class ZoneStatus(_Clause, frozen=True, kw_only=True, tag="zone_status"):
    """Who may change the states of a zone, with how much notice, and how a release is answered.

    On silence a zone reads hot, always (NORMS 5): there is no parameter for it. `cold_within_s`: a
    request to make it cold is answered, and followed by the owner's word, within this.
    """

    zone: str
    may_change: tuple[str, ...] = ()
    notice_s: float = 0.0
    cold_within_s: float | None = None
    owner_silent_after_s: float | None = None

    def __post_init__(self) -> None:
        self._times(
            notice_s=self.notice_s,
            cold_within_s=self.cold_within_s,
            owner_silent_after_s=self.owner_silent_after_s,
        )


class Priority(_Clause, frozen=True, kw_only=True, tag="priority"):
    """Who comes first, in order: priorities of intents and flights; equal ones go to the line.

    `preempt_within_s`: who gives way has done so within this of being told.
    """

    order: tuple[str, ...]
    preempt_within_s: float | None = None

    def __post_init__(self) -> None:
        self._times(preempt_within_s=self.preempt_within_s)
        if len(set(self.order)) < len(self.order):
            wanted = "each priority once"
            raise InputFault(f"clause {self.id} order", value=", ".join(self.order), wanted=wanted)


class Yield(_Clause, frozen=True, kw_only=True, tag="yield"):
    """Who is asked to make way reports within `within_s` that it has; `of`: types, empty is all."""

    within_s: float
    of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.within_s <= 86_400:
            raise InputFault(f"clause {self.id} within_s", value=self.within_s, wanted="1 s..1 day")


class Bearer(_Clause, frozen=True, kw_only=True, tag="bearer"):
    """What a line runs over: its delay one way and its rate; `line` empty means every line.

    The clocks of the message classes are stretched by it ("+ link", NORMS 2), and by nothing else.
    """

    delay_s: float
    rate_bps: float | None = None
    line: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.delay_s <= 3_600:
            raise InputFault(f"clause {self.id} delay_s", value=self.delay_s, wanted="0..3600 s")
        if self.rate_bps is not None and not 10 <= self.rate_bps <= 1e12:
            raise InputFault(f"clause {self.id} rate_bps", value=self.rate_bps, wanted="10 or more")


class Frequency(_Clause, frozen=True, kw_only=True, tag="frequency"):
    """Radio as agreed: the primary and guard frequency in kilohertz, language, phrases to use.

    `drill_every_s`: radio contact is tried this often, and entered as a call or a line test.
    """

    primary_khz: float
    guard_khz: float | None = None
    language: str = ""
    phrases: tuple[str, ...] = ()
    drill_every_s: float | None = None

    def __post_init__(self) -> None:
        # 2,000 kHz to 400 MHz: HF, VHF and UHF air bands (ICAO Annex 10 volume V).
        for name, value_khz in (("primary_khz", self.primary_khz), ("guard_khz", self.guard_khz)):
            self._check(name, value_khz, (2_000.0, 400_000.0), "kHz")
        self._times(drill_every_s=self.drill_every_s)


class Prohibited(_Clause, frozen=True, kw_only=True, tag="prohibited"):
    """What must not be exchanged: subjects, message types, and words at which free text asks."""

    subjects: tuple[str, ...] = ()
    message_types: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class IncidentReport(_Clause, frozen=True, kw_only=True, tag="incident_report"):
    """When the initial and the final report are due (ISO 8601 durations), and what they contain.

    `immediate_s`: the other side is told of an incident within this, by `notice` message types.
    """

    initial: str
    final: str
    content: tuple[str, ...] = ()
    immediate_s: float | None = None
    notice: tuple[str, ...] = ()
    joint_inquiry: bool = False
    retention_s: float | None = None

    def __post_init__(self) -> None:
        self._times(most_s=100 * YEAR_S, immediate_s=self.immediate_s, retention_s=self.retention_s)


class Disclosure(_Clause, frozen=True, kw_only=True, tag="disclosure"):
    """Who may see what, how precisely and how late; releases stand in the disclosure ledger.

    `of`: message types, or "intent" and "track". `precision_m`: no finer than this, before
    `precise_before_s` of what it announces; `precise_m` after. `delay_s`: not before so long after.
    """

    to: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    precision_m: float | None = None
    precise_m: float | None = None
    precise_before_s: float | None = None
    delay_s: float = 0.0

    def __post_init__(self) -> None:
        self._positive(precision_m=self.precision_m, precise_m=self.precise_m)
        self._times(precise_before_s=self.precise_before_s, delay_s=self.delay_s)


class Dispute(_Clause, frozen=True, kw_only=True, tag="dispute"):
    """How a disagreement goes on: objections are answered within `within_s`, else to `escalate`.

    `witness`: a third party that is called in.
    """

    within_s: float
    escalate: tuple[EscalationStep, ...] = ()
    witness: str = ""

    def __post_init__(self) -> None:
        self._times(within_s=self.within_s)


class IntentLimits(_Clause, frozen=True, kw_only=True, tag="intent_limits"):
    """How much room and time one party may hold by intents, so that nobody squats.

    What is over a limit stands in the log, is shown, and has no precedence. None: as the norms say.
    """

    standing_max: int | None = None
    ahead_s: float | None = None
    longest_s: float | None = None
    area_m2: float | None = None
    unflown_max: int | None = None

    def __post_init__(self) -> None:
        for name in ("standing_max", "unflown_max"):
            self._check(name, getattr(self, name), (1, 1_000_000), "intents")
        self._times(ahead_s=self.ahead_s, longest_s=self.longest_s)
        self._check("area_m2", self.area_m2, (1.0, 1e14), "m2")


class Distribution(_Clause, frozen=True, kw_only=True, tag="distribution"):
    """Units that must have notices, by party; `before_s`: told this long before what it announces.

    `of`: message types, empty is every notice. `loaded`: each unit also says that it has loaded it.
    """

    units: dict[str, tuple[str, ...]]
    of: tuple[str, ...] = ()
    before_s: float = 600.0
    loaded: bool = False

    def __post_init__(self) -> None:
        self._times(before_s=self.before_s)


class StandingNotice(_Clause, frozen=True, kw_only=True, tag="standing_notice"):
    """Notices that stand are confirmed again every so often; else they are marked stale.

    `of`: message types, empty is every notice. `expire_s`: they end so long after the last word.
    """

    reconfirm_every_s: float
    expire_s: float | None = None
    of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._times(reconfirm_every_s=self.reconfirm_every_s, expire_s=self.expire_s)


class Term(_Clause, frozen=True, kw_only=True, tag="term"):
    """A term that only people read: kept word for word, never judged."""

    source: str = ""


Clause = (
    Separation
    | StandOff
    | Notification
    | Acknowledgement
    | ReadBack
    | LineTest
    | Watch
    | Validity
    | Suspension
    | PositionCheck
    | ExclusiveChannel
    | Ring
    | BoundaryRule
    | ZoneRule
    | ZoneStatus
    | Priority
    | Yield
    | Bearer
    | Frequency
    | Prohibited
    | IncidentReport
    | Disclosure
    | Dispute
    | IntentLimits
    | Distribution
    | StandingNotice
    | Term
)
CLAUSE_KINDS: dict[str, type] = {
    str(c.__struct_config__.tag): c
    for c in (
        Separation, StandOff, Notification, Acknowledgement, ReadBack, LineTest, Watch, Validity,
        Suspension, PositionCheck, ExclusiveChannel, Ring, BoundaryRule, ZoneRule, ZoneStatus,
        Priority, Yield, Bearer, Frequency, Prohibited, IncidentReport, Disclosure, Dispute,
        IntentLimits, Distribution, StandingNotice, Term,
    )
}  # fmt: skip
CLAUSES_OF_4 = frozenset(
    {
        "stand_off", "watch", "validity", "zone_status", "frequency", "prohibited", "disclosure",
        "dispute", "intent_limits", "distribution", "standing_notice",
    }
)  # fmt: skip
"""Kinds that only agreements under rules version 4 and later may have."""


def clause_from_document(document: dict[str, object], where: str) -> Clause:
    """Return the clause of a document in SI units (`kind`, `id` and the parameters of that kind).

    Raises:
        InputFault: an unknown kind or parameter (the repair names the nearest), a bad value.
    """
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in CLAUSE_KINDS:
        close = nearest(str(kind), list(CLAUSE_KINDS))
        raise InputFault(
            f"{where} kind",
            value=kind,
            wanted=f"one of {', '.join(CLAUSE_KINDS)}",
            repair=f"did you mean {close!r}?" if close else "",
        )
    known = [f.name for f in msgspec.structs.fields(CLAUSE_KINDS[kind])]
    for key in document:
        if key != "kind" and key not in known:
            close = nearest(key, known)
            raise InputFault(
                f"{where} parameter",
                value=key,
                wanted=f"one of {', '.join(known)}",
                repair=f"did you mean {close!r}?" if close else "",
            )
    try:
        parameters = {("type" if k == "kind" else k): v for k, v in document.items()}
        return msgspec.convert(parameters, Clause)  # type: ignore[no-any-return]  # a union is a type to msgspec, not to its stub
    except msgspec.ValidationError as error:
        raise InputFault(where, value=str(error), wanted=f"a {kind} clause") from None
