"""The evidence that clauses are judged by: facts with where each stands, whatever they come from.

One record for a story told in a scenario and for the logs that a node holds, so that the same is
judged alike. Rules:

- A fact without a place where it stands is no fact: each has a `cite` ("message 12", "ORIGIN 17").
- What a party says of itself (the class of an aircraft, when a unit was told) is cited as its word.
- When somebody had a message is an interval by the clock of whoever had it (`Received`).
- What is not held is said (`Held`): an absence counts only up to where a log is held complete.

What does not live here: where facts come from (`evidence_of_scenario`, `evidence_of_logs`), how
they are judged (`verdicts`).
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec

from parley.world.agreement import Agreement
from parley.world.boundary import Boundary
from parley.world.norms import MessageClass, known_type
from parley.world.place import Place
from parley.world.time import format_second
from parley.world.track import Track
from parley.world.zone import Zone


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that stands somewhere: where, when, and by whom."""

    cite: str
    at_us: int
    by: str
    agreement: str = ""


F = TypeVar("F", bound=Fact)


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """When an addressee had a message, by its own clock: not before, not after.

    `to_us` None: nothing of its own shows it. `within_us`: the doubt about the clocks that the
    first end rests on.
    """

    from_us: int
    to_us: int | None
    within_us: int = 0
    cites: tuple[str, ...] = ()


class Said(Fact, frozen=True, kw_only=True):
    """A message. `asks`: it can be answered; the two times are those its sender gave."""

    line: str
    to: tuple[str, ...]
    type: str
    message_class: MessageClass
    subject: str = ""
    text: str = ""
    fields: dict[str, str] = {}
    asks: bool = True
    answer_within_s: float | None = None
    read_back_within_s: float | None = None
    reads_back: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    valid_until_us: int | None = None
    life_safety: bool = False
    received: dict[str, Received] = {}

    @property
    def passes(self) -> bool:
        """Whether what it asks for is owed while all is suspended: about lives, or DISTRESS."""
        return self.life_safety or self.message_class == "DISTRESS"

    @property
    def guarded(self) -> bool:
        """Whether its words are kept out of lists: it is opened by a post, and that is written."""
        kind = known_type(self.type)
        return kind is not None and kind.guarded


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that others show much later than it claims: it may have been written then.

    `by`: whose log lacks it still at `lacked_us`, and has it from `since_us` on; None: never yet.
    """

    by: str
    lacked_us: int
    since_us: int | None = None

    @property
    def words(self) -> str:
        """Why its time is not sure, as it stands in a sentence."""
        lacked = f"the log of {self.by} is without it still at {when(self.lacked_us)}"
        if self.since_us is None:
            return f"{lacked} and does not show it since"
        return f"{lacked} and shows it from {when(self.since_us)}"


class Answered(Fact, frozen=True, kw_only=True):
    """A closing answer of an addressee to a message (`of`)."""

    of: str
    word: str
    fields: dict[str, str] = {}
    positive: bool = True
    later: Later | None = None


class Ended(Fact, frozen=True, kw_only=True):
    """The sender's own word by which a message is over: corrected, cancelled, withdrawn."""

    of: str
    word: str


class Status(Fact, frozen=True, kw_only=True):
    """A party's own act on an agreement, or on its side of a line of it."""

    value: str
    effective_us: int
    line: str = ""
    immediate: bool = False
    received: dict[str, Received] = {}


class Present(Fact, frozen=True, kw_only=True):
    """A person is, or is no longer, at a post."""

    line: str
    post: str
    present: bool


class Called(Fact, frozen=True, kw_only=True):
    """One end's own entry of a telephone call; `at_us` is when it was entered."""

    line: str
    other: str
    outcome: str
    began_us: int
    direction: str = "placed"
    subject: str = ""
    of: tuple[str, ...] = ()


class Flown(Fact, frozen=True, kw_only=True):
    """A flight of a party, as that party describes it; `at_us` is when it begins."""

    flight: str
    kind: str = ""
    aircraft_class: str = ""
    priority: str = ""
    track: str = ""


class Planned(Fact, frozen=True, kw_only=True):
    """An intent of a party: what it takes up and for how long. `at_us`: when it was filed."""

    intent: str
    flight: str
    aircraft_class: str = ""
    priority: str = ""
    from_us: int | None = None
    to_us: int | None = None
    area_m2: float = 0.0
    flown: bool = False
    ended_us: int | None = None
    to: tuple[str, ...] = ()


class Alerted(Fact, frozen=True, kw_only=True):
    """A warning that a node wrote down."""

    what: str
    aircraft: tuple[str, ...]
    parties: tuple[str, ...]
    clause: str | None
    object: str = ""


class ZoneWord(Fact, frozen=True, kw_only=True):
    """What somebody said of a zone: `activity`, `promulgation`, or `release` (asked for cold)."""

    zone: str
    what: str
    value: str
    from_us: int | None = None
    to: tuple[str, ...] = ()
    received: dict[str, Received] = {}


class UnitsAsked(Fact, frozen=True, kw_only=True):
    """Units of a party that must have a notice (`of`)."""

    of: str
    units: tuple[str, ...]
    due_us: int | None = None


class UnitTold(Fact, frozen=True, kw_only=True):
    """A unit has a notice (`of`); `at_us` is when it was entered, `says_us` when it is said."""

    of: str
    unit: str
    says_us: int
    loaded: bool = False
    voice: bool = False
    later: Later | None = None


class Confirmed(Fact, frozen=True, kw_only=True):
    """A standing notice (`of`) still holds, its sender says."""

    of: str
    until_us: int
    later: Later | None = None


class Renewed(Fact, frozen=True, kw_only=True):
    """A party renews the text of an agreement until an instant."""

    until_us: int
    later: Later | None = None


class Undelivered(Fact, frozen=True, kw_only=True):
    """The sender's own word that a message (`of`) was not stored or displayed in its time."""

    of: str
    party: str
    duty: str


class Incident(Fact, frozen=True, kw_only=True):
    """An incident in a party's register."""

    incident: str
    kind: str
    from_us: int
    to_us: int


class Hidden(Fact, frozen=True, kw_only=True):
    """An entry whose words are not held here: sealed for others, or destroyed."""

    type: str


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Until when a party's log is held complete, and why no longer; None: not at all."""

    until_us: int | None
    because: str = ""


About = TypeVar("About", Answered, Ended)


def _by_of(facts: tuple[About, ...]) -> dict[str, tuple[About, ...]]:
    """Return facts by the message that they are about."""
    found: dict[str, list[About]] = {}
    for fact in facts:
        found.setdefault(fact.of, []).append(fact)
    return {of: tuple(each) for of, each in found.items()}


Steps = tuple[list[int], list[Status]]
"""The instants at which another act of a party is the newest in effect, and which."""


def _steps(status: tuple[Status, ...]) -> dict[tuple[str, str], dict[str, Steps]]:
    """Return for each agreement and line, and each party, which of its acts is in effect when.

    The newest written counts of those that have taken effect: what is put off for long does not
    come back over a later word.
    """
    found: dict[tuple[str, str], dict[str, Steps]] = {}
    for act in sorted(status, key=lambda s: (s.effective_us, s.at_us)):
        by_party = found.setdefault((act.agreement, act.line), {})
        instants, acts = by_party.setdefault(act.by, ([], []))
        if not acts or act.at_us >= acts[-1].at_us:
            instants.append(act.effective_us)
            acts.append(act)
    return found


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that clauses are judged by.

    Attributes:
        source: "scenario" or "logs".
        held: by agreement and party; who is not named is held to the end.
        tracks: those that are held here; `tracks_held`: whether they are all that there were.
        presence_held: whether a person's presence is told of at all.
        short: one line on each place, by its cite.
        standing: whether an agreement puts duties on a party at an instant towards others, and why
            not, where more is known of it than its text says.
        by_cite, answers_of, ended_of, steps: made by `until`; nothing is searched for twice.
        receipts_held: whether it shows when a message was stored.
    """

    source: str
    said: tuple[Said, ...] = ()
    answers: tuple[Answered, ...] = ()
    ended: tuple[Ended, ...] = ()
    status: tuple[Status, ...] = ()
    present: tuple[Present, ...] = ()
    calls: tuple[Called, ...] = ()
    flights: tuple[Flown, ...] = ()
    planned: tuple[Planned, ...] = ()
    alerts: tuple[Alerted, ...] = ()
    zone_words: tuple[ZoneWord, ...] = ()
    units_asked: tuple[UnitsAsked, ...] = ()
    units_told: tuple[UnitTold, ...] = ()
    confirmed: tuple[Confirmed, ...] = ()
    renewed: tuple[Renewed, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()
    incidents: tuple[Incident, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    tracks: tuple[Track, ...] = ()
    tracks_held: bool = True
    presence_held: bool = True
    receipts_held: bool = True
    boundaries: Mapping[str, Boundary] = field(default_factory=dict)
    zones: Mapping[str, Zone] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    held: Mapping[tuple[str, str], Held] = field(default_factory=dict)
    short: Mapping[str, str] = field(default_factory=dict)
    standing: Callable[[str, str, int, tuple[str, ...]], tuple[bool, str]] | None = None
    by_cite: Mapping[str, Said] = field(default_factory=dict)
    answers_of: Mapping[str, tuple[Answered, ...]] = field(default_factory=dict)
    ended_of: Mapping[str, tuple[Ended, ...]] = field(default_factory=dict)
    steps: Mapping[tuple[str, str], Mapping[str, Steps]] = field(default_factory=dict)

    @property
    def source_words(self) -> str:
        """Where it comes from, as it stands in a sentence."""
        return "this scenario" if self.source == "scenario" else "these logs"

    def until(self, as_of_us: int) -> Evidence:
        """Return what of it was known by an instant: nothing later counts."""

        def known(facts: tuple[F, ...]) -> tuple[F, ...]:
            return tuple(fact for fact in facts if fact.at_us <= as_of_us)

        said, answers, ended = known(self.said), known(self.answers), known(self.ended)
        return replace(
            self,
            said=said,
            answers=answers,
            ended=ended,
            by_cite={each.cite: each for each in said},
            answers_of=_by_of(answers),
            ended_of=_by_of(ended),
            steps=_steps(known(self.status)),
            status=known(self.status),
            present=known(self.present),
            calls=known(self.calls),
            flights=known(self.flights),
            planned=known(self.planned),
            alerts=known(self.alerts),
            zone_words=known(self.zone_words),
            units_asked=known(self.units_asked),
            units_told=known(self.units_told),
            confirmed=known(self.confirmed),
            renewed=known(self.renewed),
            undelivered=known(self.undelivered),
            incidents=known(self.incidents),
            hidden=known(self.hidden),
        )

    def answer_of(self, said: Said, party: str) -> Answered | None:
        """Return the first answer that an addressee itself gave to a message."""
        if party not in said.to:
            return None
        found = [a for a in self.answers_of.get(said.cite, ()) if a.by == party]
        return min(found, key=lambda a: a.at_us, default=None)

    def end_of(self, said: Said) -> Ended | None:
        """Return the first word by which its own sender ended a message."""
        found = [e for e in self.ended_of.get(said.cite, ()) if e.by == said.by]
        return min(found, key=lambda e: e.at_us, default=None)

    def held_until(self, agreement: str, party: str) -> Held | None:
        """Return what is held of a party's logs, None where all of it is."""
        return self.held.get((agreement, party))

    def suspensions(self, agreement: str, at_us: int, line: str = "") -> list[Status]:
        """Return the acts by which parties have suspended an agreement, or a line, at an instant.

        Of each party the newest written of those in effect counts, on the whole and on the line.
        """
        found = []
        for where in sorted({"", line}):
            for instants, acts in self.steps.get((agreement, where), {}).values():
                place = bisect.bisect_right(instants, at_us)
                if place and acts[place - 1].value in ("suspended", "withdrawn"):
                    found.append(acts[place - 1])
        return found

    def classes_of(
        self, agreement: Agreement, flight: str, party: str
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the classes that a party gave its own flight, and where; no other's word counts.

        Several where it said one thing here and another there.
        """
        named: list[str] = []
        cites: list[str] = []
        for flown in self.flights:
            if flight not in (flown.flight, flown.track) or flown.by != party:
                continue
            own = [c.id for c in agreement.aircraft_classes if flown.kind in c.kinds]
            found = [flown.aircraft_class] if flown.aircraft_class else own[:1]
            named += [each for each in found if each not in named]
            cites += [flown.cite] if found else []
        return tuple(named), tuple(cites)

    def naming(self, flight: str) -> Iterator[Said]:
        """Yield the messages that name a flight, by its own name or that of its track."""
        names = {flight}
        for flown in self.flights:
            if flight in (flown.flight, flown.track):
                names |= {flown.flight, flown.track} - {""}
        return (said for said in self.said if said.fields.get("flight") in names)


def when(at_us: int) -> str:
    """Return an instant as it stands in a sentence."""
    return format_second(at_us)
