"""What was seen of each own flight against its intents: since when out, what is told, its share.

Rules:
- Volatile: a restart begins anew with what this party's own log says last of each flight.
- Bounded: one watch for each flight with an intent that is judged; a flight that flickers on an
  edge must be in for longer each time before it is told to be back (`Watched.back_after_s`).
- Time that was not seen is not known: after a report its answer counts for as long as
  `nonconforming_after_s`, no longer. It is no time inside.

What does not live here: what is written (`conformance`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, cast

from parley.detect.volume_fit import Fit, Leaving, Volumes, volumes_of
from parley.node.entries import Entry
from parley.node.intent_table import Held, Key, Name
from parley.node.picture import STALE_US
from parley.node.rules.intent_record import intent_of, read_intents
from parley.node.state import Scope, State, rank_of
from parley.node.warning_bodies import ConformanceObserved
from parley.world.intent import IntentState
from parley.world.norms import norms
from parley.world.units import MICROSECONDS_PER_SECOND

CONFORMANCE_SINCE = 5
"""The rules version from which conformance is watched."""
JUDGED = frozenset({IntentState.ACTIVATED, IntentState.NONCONFORMING})
WINDOW_WITHIN_US = 3_600 * MICROSECONDS_PER_SECOND
"""An intent whose window is further off than this is of another flight of the same name."""
OUTS_WITHIN_US = 600 * MICROSECONDS_PER_SECOND
BACK_AFTER_MAX_S = 30.0
"""However often it was out: well below the time after which an intent is Contingent."""
PREPARED_MAX = 1_000
_VIEW = "conformance watches"
_NEWEST = "conformance newest"

Told = Literal["", "inside", "leaving", "outside", "overruled"]
"""What the log says last; "overruled": outside, and the operator has made it Activated again."""


@dataclass(frozen=True, slots=True)
class Group:
    """The intents of one flight that those of one audience hold: judged together, by id."""

    flight: str
    audience: tuple[str, ...] | None
    held: tuple[Held, ...]

    @property
    def name(self) -> tuple[str, tuple[str, ...] | None]:
        """Whose it is and who sees it."""
        return (self.flight, self.audience)


@dataclass(frozen=True, slots=True)
class Joined:
    """The volumes of all intents of a group, and of which each is."""

    volumes: Volumes
    owners: tuple[int, ...]


@dataclass(slots=True)
class Watched:
    """One flight against the intents of one group.

    Attributes:
        told: what the log says.
        told_since_us: since when it is so, by the reports.
        told_at_us: the report at which it was told.
        drafted_us: when something was drafted last: until it is folded the states are older.
        intents: those that were told to be left.
        out_from_us: the first of the looks that were decidedly out; None after one that was in.
        in_from_us: the first of those that were in, since it was last out.
        outs: when it was told to be outside, lately.
        goes_looks: looks in a row at which it would leave, flying straight on.
        goes_from_us: the first of them.
        goes_us: the last one of all.
        leaves: when it would leave, as last seen.
        last: the last look and when it was, by the report.
        inside_us: for how long it was decidedly in, of `known_us`.
        known_us: for how long it was decidedly in or out.
        watched_from_us: the first look.
    """

    told: Told = ""
    told_since_us: int = 0
    told_at_us: int = 0
    drafted_us: int | None = None
    intents: set[str] = field(default_factory=set)
    out_from_us: int | None = None
    in_from_us: int | None = None
    outs: list[int] = field(default_factory=list)
    goes_looks: int = 0
    goes_from_us: int = 0
    goes_us: int = 0
    leaves: Leaving | None = None
    last: tuple[int, Fit] | None = None
    inside_us: int = 0
    known_us: int = 0
    watched_from_us: int | None = None

    def take(self, at_us: int, found: Fit) -> None:
        """Take a look in."""
        if self.last is not None:
            self._count(at_us - self.last[0], self.last[1].decided)
            if at_us - self.last[0] > STALE_US:
                # What was in between nobody saw.
                self.out_from_us = self.in_from_us = None
                self.goes_looks = 0
        if self.watched_from_us is None:
            self.watched_from_us = at_us
        self.last = (at_us, found)
        if found.decided == "out":
            self.in_from_us, self.goes_looks = None, 0
            self.out_from_us = at_us if self.out_from_us is None else self.out_from_us
        elif found.decided == "in":
            self.out_from_us = None
            self.in_from_us = at_us if self.in_from_us is None else self.in_from_us

    def _count(self, span_us: int, decided: str) -> None:
        seen_us = norms().conformance.nonconforming_after_s * MICROSECONDS_PER_SECOND
        counted_us = max(0, min(span_us, seen_us))
        if decided in ("in", "out"):
            self.known_us += counted_us
            self.inside_us += counted_us if decided == "in" else 0

    @property
    def share(self) -> float | None:
        """Of the time that is known, how much it was inside; None where nothing is."""
        return self.inside_us / self.known_us if self.known_us else None

    def word(self, now_us: int) -> str:
        """Return inside, outside, undecided, or not known where no report is new enough."""
        after_us = norms().conformance.nonconforming_after_s * MICROSECONDS_PER_SECOND
        if self.last is None or now_us - self.last[0] > after_us:
            return "not known"
        return {"in": "inside", "out": "outside"}.get(self.last[1].decided, "undecided")

    def back_after_s(self, at_us: int) -> float:
        """Return how long it must be in before it is told to be back: longer each time it was out.

        Twice as long for each time in the last ten minutes, at most `BACK_AFTER_MAX_S`.
        """
        outs = sum(at_us - out_us <= OUTS_WITHIN_US for out_us in self.outs)
        after_s = float(norms().conformance.nonconforming_after_s)
        return min(after_s * 2.0 ** max(0, outs - 1), BACK_AFTER_MAX_S)

    def tell(self, told: Told, since_us: int, at_us: int, now_us: int) -> None:
        """Note what is being written."""
        self.told, self.told_since_us, self.told_at_us = told, since_us, at_us
        self.drafted_us = now_us
        if told == "outside":
            self.outs = [us for us in self.outs if since_us - us <= OUTS_WITHIN_US] + [since_us]

    def sync(self, group: Group, now_us: int) -> None:
        """Take in what an operator did meanwhile: Activated again is judged again from now on."""
        stands = any(held.state is IntentState.NONCONFORMING for held in group.held)
        if self.told == "outside" and not stands and self.drafted_us != now_us:
            self.told, self.out_from_us = "overruled", None


@dataclass(slots=True)
class Watches:
    """All watches under one agreement, and the own intents that are judged.

    Attributes:
        turns: of the table of intents when `active` was made.
        active: own intents that are judged, by flight.
        accepted_of: own Accepted intents, by flight.
        watched: by flight and audience.
        volumes: of intents as prepared, by where they are filed; the oldest first.
        unactivated: flights that move in an Accepted intent: which one, and when seen.
        clock_us: when time was looked at last.
        resumed_us: since when it went on without a jump.
    """

    turns: int = -1
    active: dict[str, list[Held]] = field(default_factory=dict)
    accepted_of: dict[str, list[Held]] = field(default_factory=dict)
    watched: dict[tuple[str, tuple[str, ...] | None], Watched] = field(default_factory=dict)
    volumes: dict[Key, Volumes | None] = field(default_factory=dict)
    unactivated: dict[str, tuple[str, int]] = field(default_factory=dict)
    clock_us: int | None = None
    resumed_us: int = 0

    def read(self, state: State, scope: Scope) -> None:
        """Find the intents that are judged, if any intent has changed."""
        table = read_intents(state, scope)
        if self.turns == table.turns:
            return
        self.turns = table.turns
        self.active, self.accepted_of = {}, {}
        for (party, _), held in sorted(table.held.items()):
            if party != state.party:
                continue
            if held.state in JUDGED:
                self.active.setdefault(held.flight, []).append(held)
            elif held.state is IntentState.ACCEPTED:
                self.accepted_of.setdefault(held.flight, []).append(held)
        self.watched = {name: w for name, w in self.watched.items() if name[0] in self.active}

    def groups(self, state: State, scope: Scope, flight: str, at_us: int) -> list[Group]:
        """Return a flight's intents that are judged at an instant, by who holds them."""
        self.read(state, scope)
        by_audience: dict[tuple[str, ...] | None, list[Held]] = {}
        for held in self.active.get(flight, ()):
            if _is_near(held, at_us):
                by_audience.setdefault(held.audience, []).append(held)
        ordered = sorted(by_audience.items(), key=lambda each: each[0] or ())
        return [Group(flight, audience, tuple(held)) for audience, held in ordered]

    def accepted(self, state: State, scope: Scope, flight: str, at_us: int) -> list[Held]:
        """Return a flight's Accepted intents, unless one of it is activated."""
        self.read(state, scope)
        if any(_is_near(held, at_us) for held in self.active.get(flight, ())):
            return []
        return [held for held in self.accepted_of.get(flight, ()) if _is_near(held, at_us)]

    def watch(self, state: State, scope: Scope, group: Group) -> Watched:
        """Return the watch of a group; a new one knows what the log says."""
        known = self.watched.get(group.name)
        if known is None:
            known = self.watched[group.name] = _from_log(state, scope, group)
        return known

    def standing_outside(
        self, state: State, scope: Scope, now_us: int
    ) -> Iterator[tuple[Group, Watched]]:
        """Yield the flights that are outside by the log, or were at the last look."""
        self.read(state, scope)
        for flight in sorted(self.active):
            for group in self.groups(state, scope, flight, now_us):
                stands = any(held.state is IntentState.NONCONFORMING for held in group.held)
                known = self.watched.get(group.name)
                if stands or (known is not None and known.out_from_us is not None):
                    yield group, self.watch(state, scope, group)

    def prepared(self, scope: Scope, held: Held) -> Volumes | None:
        """Return the volumes of an intent as they stand; None where they cannot be read."""
        if held.key not in self.volumes:
            if len(self.volumes) >= PREPARED_MAX:
                del self.volumes[next(iter(self.volumes))]
            intent = intent_of(scope, held.key)
            self.volumes[held.key] = None if intent is None else volumes_of(intent.volumes)
        return self.volumes[held.key]

    def joined(self, scope: Scope, group: Group) -> Joined | None:
        """Return the volumes of all intents of a group; None where none can be read."""
        known = [(n, self.prepared(scope, held)) for n, held in enumerate(group.held)]
        found = [(n, volumes) for n, volumes in known if volumes is not None]
        if not found:
            return None
        owners = tuple(n for n, volumes in found for _ in volumes.volumes)
        if len(found) == 1:
            return Joined(found[0][1], owners)
        together = volumes_of([each for _, volumes in found for each in volumes.volumes])
        return Joined(together, owners)


def _is_near(held: Held, at_us: int) -> bool:
    """Whether an intent's window is near enough for a flight of its name to be that flight."""
    early = held.from_us is not None and at_us < held.from_us - WINDOW_WITHIN_US
    late = held.to_us is not None and at_us >= held.to_us + WINDOW_WITHIN_US
    return not early and not late


def watches_of(scope: Scope) -> Watches:
    """Return the watches under an agreement, made new if there are none."""
    known = scope.index.views.get(_VIEW)
    if known is None:
        known = (None, Watches())
        scope.index.views[_VIEW] = known
    assert isinstance(known[1], Watches)
    return known[1]


def newest_observed(scope: Scope) -> dict[Name, Entry]:
    """Return what each party's log says last of each of its intents, by party and intent.

    Only what came since the last time is looked at, however much a party writes.
    """
    record = scope.warnings
    known = scope.index.views.get(_NEWEST)
    if known is None:
        known = ((None, 0), {})
    (tables, count), found = cast("tuple[tuple[object, int], dict[Name, Entry]]", known)
    if tables is record.conformance and count <= len(record.observed):
        came = record.observed[count:]
    else:
        # Another record than the one that was read: it is read whole.
        found = {}
        came = [entry for _, table in record.conformance.items() for entry in table.values()]
    for entry in came:
        body = entry.body
        assert isinstance(body, ConformanceObserved)
        name = (entry.log.party, body.intent)
        if name not in found or rank_of(entry) > rank_of(found[name]):
            found[name] = entry
    scope.index.views[_NEWEST] = ((record.conformance, len(record.observed)), found)
    return found


def _from_log(state: State, scope: Scope, group: Group) -> Watched:
    watch, newest = Watched(), newest_observed(scope)
    said = [newest[(state.party, h.id)] for h in group.held if (state.party, h.id) in newest]
    if not said:
        return watch
    bodies = [entry.body for entry in sorted(said, key=rank_of)]
    outside = {
        b.intent for b in bodies if isinstance(b, ConformanceObserved) and b.state == "outside"
    }
    last = bodies[-1]
    assert isinstance(last, ConformanceObserved)
    watch.told, watch.told_since_us, watch.told_at_us = last.state, last.since_us, last.at_us
    if outside:
        watch.told, watch.intents = "outside", outside
        watch.outs = [last.since_us]
    return watch
