"""The conductor: plays a plan on nodes, step by step of scenario time, and tells what happens.

Rules:
- Time goes on only when every link is idle, to the next instant at which anything is to happen: a
  cue, a report, a node's own due time. None is ever passed over, so a deadline that fails has
  failed by the story, never for want of a processor.
- What a node refuses is told and stays refused; only the guard's question (a named place that does
  not lie where the coordinates do) is answered by the scenario's sender, who confirms.
- A node that dies is started again from its store, told the time, and given what it had not stored.

What does not live here: processes (`demo_fleet`), words (`demo_story`), the screen (`demo_screen`).
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from parley.app.demo_idle import Idle
from parley.app.demo_looks import Looks, standing_lines, standing_zones
from parley.app.demo_nodes import NodeDied, Nodes, RawEntry, Views, entries_of
from parley.app.demo_plan import CallEntered, Cue, Plan, RelayTold, Reply, Shown
from parley.app.demo_seat import SEAT_STEP_US
from parley.app.demo_story import Facts, Line, Story, merged
from parley.app.demo_terms import NoticeKept
from parley.app.demo_units import UnitsNamed, UnitTold
from parley.app.driven import Advanced, DrivenInput, Snapshot
from parley.node.encoding import decode_entry
from parley.node.entries import Entry, MessageAnswered, MessageSaid, Reference, log_name
from parley.node.inputs import Answer, BePresent, Display, Say, SegmentRecorded, TrackReports
from parley.node.line_bodies import CallLogged
from parley.node.state import key_of
from parley.trust.tree import leaf_hash
from parley.world.faults import OurFault
from parley.world.norms import norms
from parley.world.time import MICROSECONDS_PER_SECOND, seconds_between

FEED = "scenario"
TOGETHER_US = 20 * MICROSECONDS_PER_SECOND
"""While something is near every node is told the time this often: a link is up for 30 s, and a
heartbeat may be up to 10 s old when the time is told."""
_HEARTBEAT_US = norms().line.heartbeat_every_s * MICROSECONDS_PER_SECOND
DEATHS_MAX = 3
"""A node that dies more often than this at one instant is broken, and the demo says so."""


class Screen(Protocol):
    """Where the story is told."""

    def tell(self, line: Line) -> None:
        """Show a line of the story."""

    def say(self, text: str, style: str = "") -> None:
        """Show a remark of the demo itself."""


class Pace:
    """How fast scenario time goes: so many times the wall's while something is near.

    Args:
        speed_ratio: scenario seconds per second of the wall; None is as fast as can be.
        gap_s_max: the longest wait for an instant when nothing is near.
    """

    def __init__(self, speed_ratio: float | None, gap_s_max: float = 1.0) -> None:
        self._speed_ratio = speed_ratio
        self._gap_s_max = gap_s_max
        self._next_s = time.monotonic()

    async def wait(self, span_us: int, *, near: bool) -> None:
        """Wait as long as a span of scenario time lasts; time spent working counts."""
        if self._speed_ratio is None:
            return
        wait_s = span_us / MICROSECONDS_PER_SECOND / self._speed_ratio
        if not near:
            wait_s = min(wait_s, self._gap_s_max)
        now_s = time.monotonic()
        self._next_s = max(self._next_s + wait_s, now_s)
        await asyncio.sleep(self._next_s - now_s)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a story came to, and whether the peers agree at its end."""

    scenario: str
    facts: Facts
    refused: tuple[str, ...]
    queries: tuple[str, ...]
    units_not_told: tuple[str, ...]
    restarts: int
    links_down: tuple[str, ...]
    lines: tuple[str, ...]
    zones: tuple[str, ...]
    logs: dict[str, int]
    copies: int
    mirrored: int
    receipts: int
    digests_agree: bool
    disagreements: tuple[str, ...]
    simulated_s: float
    wall_s: float
    first_event_s: float
    steps: int

    @property
    def simulated_s_per_s(self) -> float:
        """Scenario seconds per second of the wall."""
        return self.simulated_s / self.wall_s if self.wall_s else 0.0

    @property
    def holds(self) -> bool:
        """Whether every node of a scope holds the same."""
        return self.digests_agree


@dataclass(slots=True)
class _Turn:
    """What one node is given at one instant: inputs with the cues they were made of.

    `done` of them were stored before the node died that was given them.
    """

    party: str
    items: list[tuple[Cue | None, DrivenInput]] = field(default_factory=list)
    done: int = 0


class Conductor:
    """Plays one plan.

    Args:
        plan: who does what when.
        nodes: the nodes of the plan, started.
        screen: where it is told.
        pace: how fast.
        recorded: what is given to nodes beside the plan's cues, by instant and party.
        began_s: when the demo began, by `time.monotonic`; now without it.
    """

    def __init__(
        self,
        plan: Plan,
        nodes: Nodes,
        screen: Screen,
        pace: Pace,
        recorded: Sequence[tuple[int, str, SegmentRecorded]] = (),
        began_s: float | None = None,
    ) -> None:
        self.plan = plan
        self.story = Story()
        self.now_us = plan.begins_us
        self._nodes = nodes
        self._screen = screen
        self._pace = pace
        self._recorded = sorted(recorded, key=lambda each: each[0])
        self._parties = [node.party for node in plan.nodes]
        self._idle = Idle(nodes, _pairs(plan))
        self._looks = Looks(plan)
        self._keys: dict[int | str, Reference] = {}
        self._untold: list[tuple[Entry, bytes]] = []
        self._known: dict[str, dict[str, int]] = {party: {} for party in self._parties}
        self._place = 0
        self._refused: list[str] = []
        self._queries: list[str] = []
        self._restarts = 0
        self._deaths: Counter[tuple[str, int]] = Counter()
        self._steps = 0
        self._started_s = time.monotonic()
        self._began_s = began_s if began_s is not None else self._started_s
        self._first_s = 0.0

    # ---- the story ------------------------------------------------------------------------------

    async def play(self) -> Summary:
        """Play the plan to its end; return what it came to.

        Raises:
            OurFault: a node that cannot be kept alive, or does not understand its commands.
        """
        await self._step(self.plan.begins_us)
        linked = len(self._idle.pairs) - len(self._idle.down)
        self._screen.say(f"{len(self._parties)} nodes stand, {linked} links are proven")
        while (next_us := self._next_us()) is not None and next_us <= self.plan.ends_us:
            near = self.plan.is_near(next_us)
            if not self.plan.seat or next_us > self.plan.seat_from_us:
                await self._pace.wait(next_us - self.now_us, near=near)
            await self._step(next_us)
        await self._step(self.plan.ends_us)
        return await self._summary()

    async def watch(self) -> None:
        """Keep the nodes alive while time stands, until cancelled; with a seat it goes on."""
        while True:
            await asyncio.sleep(1.0)
            if self.plan.seat:
                await self._step(self.now_us + SEAT_STEP_US)
            else:
                await self._advance_all([_Turn(party) for party in self._parties])

    def _next_us(self) -> int | None:
        """Return the next instant at which anything is to happen."""
        cues = self.plan.cues
        found = [cues[self._place].at_us] if self._place < len(cues) else []
        instants = self.plan.flights.instants
        place = bisect_right(instants, self.now_us)
        found += instants[place : place + 1]
        found += [at_us for at_us, _, _ in self._recorded if at_us > self.now_us][:1]
        place = bisect_right(self.plan.looks, self.now_us)
        found += self.plan.looks[place : place + 1]
        due = (s.next_due_us for s in self._idle.standing.values())
        found += [at_us for at_us in due if at_us is not None and at_us > self.now_us]
        if found and self.plan.is_near(self.now_us):
            seated = self.plan.seat and self.now_us >= self.plan.seat_from_us
            found.append(self.now_us + (SEAT_STEP_US if seated else TOGETHER_US))
        return min(found, default=None)

    async def _step(self, now_us: int) -> None:
        """Let everything happen that happens at one instant; every node is told the time."""
        self._steps += 1
        due = [s.next_due_us for s in self._idle.standing.values()]
        look = now_us in self.plan.looks or any(at is not None and at <= now_us for at in due)
        if now_us - self.now_us > TOGETHER_US:
            # Heartbeats first, and all of them taken in, so that no link only seems down.
            self.now_us = now_us - _HEARTBEAT_US
            await self._advance_all([_Turn(party) for party in self._parties])
        self.now_us = now_us
        cues = self._due_cues(now_us)
        # What speaks of something said or entered at this very instant goes after it.
        later = _later(cues)
        turns = self._turns(cue for cue in cues if cue not in later)
        self._feed(turns, now_us)
        await self._advance_all(list(turns.values()))
        if later:
            await self._advance_all(list(self._turns(later).values()))
        if look or any(not isinstance(cue.do, BePresent) for cue in cues):
            await self._look()

    async def _look(self) -> None:
        """Tell which lines and zones are shown otherwise than before."""
        for party in self._looks.observers:
            views = await self._views(party)
            for line in self._looks.changes(party, views, self.now_us):
                self._screen.tell(line)

    async def _views(self, party: str) -> Views:
        while True:
            try:
                return await self._nodes.views(party)
            except NodeDied as death:
                await self._bring_back(death)
                await self._settle([party])

    def _due_cues(self, now_us: int) -> list[Cue]:
        cues = self.plan.cues
        first = self._place
        while self._place < len(cues) and cues[self._place].at_us <= now_us:
            self._place += 1
        return list(cues[first : self._place])

    def _turns(self, cues: Iterable[Cue]) -> dict[str, _Turn]:
        turns = {party: _Turn(party) for party in self._parties}
        for cue in cues:
            turns[cue.party].items.extend((cue, each) for each in self._inputs(cue))
        return turns

    def _feed(self, turns: dict[str, _Turn], now_us: int) -> None:
        """Add the reports of this instant, and the segments that are complete at it."""
        reports = self.plan.flights.reports.get(now_us, ())
        for party in self.plan.flights.concerned if reports else ():
            turns[party].items.append((None, TrackReports(feed=FEED, reports=reports)))
        for at_us, party, recorded in self._recorded:
            if at_us == now_us:
                turns[party].items.append((None, recorded))

    def _inputs(self, cue: Cue) -> tuple[DrivenInput, ...]:
        """Return the inputs of a cue, with the references that are known only now."""
        match cue.do:
            case Reply() | RelayTold() | Shown() | UnitTold() | UnitsNamed() | NoticeKept():
                return self._about(cue.party, cue.do)
            case CallEntered():
                named = [self._keys.get(name) for name in _named(cue.do)]
                if None in named:
                    what = f"call {cue.do.call} names what was never sent or entered"
                    self._refuse(cue.party, what)
                    return ()
                return (cue.do.entering(tuple(ref for ref in named if ref is not None)),)
            case Say():
                about = self._keys.get(cue.of) if cue.of is not None else None
                return (msgspec.structs.replace(cue.do, ref=(about,)) if about else cue.do,)
            case _:
                return (cue.do,)

    def _about(
        self, party: str, do: Reply | RelayTold | Shown | UnitTold | UnitsNamed | NoticeKept
    ) -> tuple[DrivenInput, ...]:
        """Return the inputs about a message, none where it was never sent."""
        known = self._keys.get(do.of)
        if known is None:
            what = "told to no unit" if isinstance(do, UnitTold | UnitsNamed) else "not answered"
            self._refuse(party, f"#{do.of} was never sent, so it is {what}")
            return ()
        if isinstance(do, UnitTold):
            return (do.receipting(known.key),)
        if isinstance(do, UnitsNamed):
            return (do.requiring(known.key),)
        if isinstance(do, NoticeKept):
            return (do.confirming(known.key),)
        if isinstance(do, RelayTold):
            return (do.reporting(known.key),)
        shown = Display(ref=known.key, post=do.post)
        if isinstance(do, Shown):
            return (shown,)
        return (do.answering(known.key),) if do.shown else (shown, do.answering(known.key))

    # ---- one advance ----------------------------------------------------------------------------

    async def _advance_all(self, turns: Sequence[_Turn]) -> None:
        """Give several nodes their inputs at this instant, and wait until all is idle again."""
        for turn, reply in zip(
            turns, await asyncio.gather(*(self._advance(turn) for turn in turns)), strict=True
        ):
            await self._take(turn, reply)
        await self._settle([turn.party for turn in turns])

    async def _advance(self, turn: _Turn) -> Advanced:
        """Return a node's reply; a node that dies is started again and given the rest."""
        while True:
            rest = [each for _, each in turn.items[turn.done :]]
            try:
                reply = await self._nodes.advance(turn.party, self.now_us, rest)
            except NodeDied as death:
                stored = await self._revive(death)
                # Every act leads to one entry by its post, in order; what is stored is done.
                turn.done += sum(entry.by != "system" for entry, _ in stored)
                continue
            self._idle.standing[turn.party] = reply
            return reply

    async def _take(self, turn: _Turn, reply: Advanced) -> None:
        """Take a reply in: what was written, which message is which, what was refused."""
        self._keep(turn.party, entries_of(reply))
        self._name_messages(turn)
        confirmed: list[tuple[Cue | None, DrivenInput]] = []
        for error in reply.errors:
            cue = turn.items[turn.done + error.input][0]
            if cue is not None and isinstance(cue.do, Say) and _is_query(cue.do, error.fault):
                self._queries.append(f"#{cue.seq} {error.fault}")
                self._say(cue.party, f"#{cue.seq} QUERY before sending: {error.fault}", "bold red")
                self._say(cue.party, f"#{cue.seq} the sender confirms it, as the scenario has it")
                sent = self._inputs(cue)[0]
                assert isinstance(sent, Say)
                again = msgspec.structs.replace(sent, confirmed=True)
                confirmed.append((cue, again))
            else:
                label = f"#{cue.seq} " if cue is not None and cue.seq is not None else ""
                self._refuse(turn.party, f"{label}{error.fault}")
        if confirmed:
            rest = _Turn(turn.party, confirmed)
            await self._take(rest, await self._advance(rest))

    def _name_messages(self, turn: _Turn) -> None:
        """Learn where the messages and answers of this turn stand: in order, as they were given."""
        waiting = [cue for cue, _ in turn.items if cue is not None and _name(cue) is not None]
        for entry, data in self._untold:
            if entry.log.party != turn.party or entry.by == "system":
                continue
            if any(ref.key == key_of(entry) for ref in self._keys.values()):
                continue
            found = next((cue for cue in waiting if _is_entry_of(cue, entry)), None)
            name = _name(found) if found is not None else None
            if name is not None:
                waiting = [cue for cue in waiting if cue is not found]
                origin, index = key_of(entry)
                self._keys[name] = Reference(log=origin, index=index, leaf=leaf_hash(data).hex())
                if isinstance(name, int):
                    self.story.label((origin, index), name)

    async def _settle(self, moved: Iterable[str]) -> None:
        """Wait until idle, collect what was written meanwhile, and tell it."""
        looked = set(moved)
        while looked:
            try:
                looked = await self._idle.settle(looked)
                behind = [party for party in looked if self._is_behind(party)]
                for party in behind:
                    reply = await self._nodes.advance(party, self.now_us)
                    self._idle.standing[party] = reply
                    self._keep(party, entries_of(reply))
                looked = set(behind)
            except NodeDied as death:
                await self._bring_back(death)
                looked |= {death.party}
        self._tell()

    def _is_behind(self, party: str) -> bool:
        """Whether a node has written more than was told of it."""
        logs = self._idle.standing[party].logs
        return any(
            log_name(origin).party == party and size > self._known[party].get(origin, 0)
            for origin, size in logs.items()
        )

    def _keep(self, party: str, written: Iterable[RawEntry]) -> list[tuple[Entry, bytes]]:
        """Keep what a node wrote until it is told; return what of it was not known."""
        found = []
        for origin, index, data, opening in written:
            if index < self._known[party].get(origin, 0):
                continue
            self._known[party][origin] = index + 1
            entry = decode_entry(data, log=log_name(origin), index=index, opening=opening)
            if isinstance(entry, Entry):
                found.append((entry, data))
        self._untold.extend(found)
        return found

    def _tell(self) -> None:
        told, self._untold = self._untold, []
        lines: list[Line] = []
        for entry, _ in told:
            line = self.story.tell(entry)
            if line is not None:
                lines.append(line)
        for line in merged(lines):
            if not self._first_s:
                self._first_s = time.monotonic() - self._began_s
            self._screen.tell(line)

    # ---- trouble --------------------------------------------------------------------------------

    async def _revive(self, death: NodeDied) -> list[tuple[Entry, bytes]]:
        """Start a dead node again; return what it had written and could not tell."""
        self._restarts += 1
        self._deaths[(death.party, self.now_us)] += 1
        how = f"node {death.party} (pid {death.pid}) has died with {death.code}"
        if self._deaths[(death.party, self.now_us)] > DEATHS_MAX:
            raise OurFault(how, value=death.said, wanted="a node that lives")
        # The negative of a signal says nothing more; a node that gave up has said why.
        given_up = death.code is not None and death.code >= 0 and death.said
        self._screen.say(f"{how}: {death.said}" if given_up else how, "bold red")
        self._idle.standing.pop(death.party, None)
        pid, written = await self._nodes.revive(death.party, self._known[death.party])
        found = self._keep(death.party, written)
        held = sum(self._known[death.party].values())
        self._screen.say(
            f"node {death.party} stands again (pid {pid}) from its store of {held} own entries",
            "bold",
        )
        return found

    async def _bring_back(self, death: NodeDied) -> None:
        """Start a dead node again and tell it the time."""
        await self._revive(death)
        await self._advance(_Turn(death.party))

    def _refuse(self, party: str, text: str) -> None:
        self._refused.append(f"{party}: {text}")
        self._say(party, f"REFUSED {text}", "bold yellow")

    def _say(self, party: str, text: str, style: str = "") -> None:
        self._screen.tell(Line(self.now_us, party, text, style))

    # ---- the end --------------------------------------------------------------------------------

    async def _summary(self) -> Summary:
        wall_s = time.monotonic() - self._started_s
        views = {party: await self._views(party) for party in self._parties}
        snapshots = {party: await self._nodes.snapshot(party) for party in self._parties}
        differing = disagreements(self.plan, snapshots)
        own = {log.origin: log for party, seen in views.items() for log in seen.logs if log.own}
        due = [
            (log, node.party)
            for log in own.values()
            for node in self.plan.nodes
            if node.party != log.party and log.agreement in node.agreements
        ]
        held = {
            (log.origin, r.party)
            for log in own.values()
            for r in log.receipts
            if r.size == log.size
        }
        looked = self._looks.observers.items()
        return Summary(
            scenario=self.plan.scenario,
            facts=self.story.facts(),
            refused=tuple(self._refused),
            queries=tuple(self._queries),
            units_not_told=tuple(
                f"{unit} (#{of})"
                for of, unit in self.plan.units_required
                if not _told(views.values(), self._keys.get(of), unit)
            ),
            restarts=self._restarts,
            links_down=tuple(sorted(" - ".join(sorted(pair)) for pair in self._idle.down)),
            lines=tuple(t for p, names in looked for t in standing_lines(views[p], names)),
            zones=tuple(t for p, names in looked for t in standing_zones(views[p], names)),
            logs={origin: log.size for origin, log in sorted(own.items())},
            copies=len(due),
            mirrored=sum(snapshots[party].sizes.get(log.origin) == log.size for log, party in due),
            receipts=sum((log.origin, party) in held for log, party in due),
            digests_agree=not differing,
            disagreements=tuple(differing),
            simulated_s=seconds_between(self.plan.begins_us, self.now_us),
            wall_s=wall_s,
            first_event_s=self._first_s,
            steps=self._steps,
        )


def _pairs(plan: Plan) -> list[tuple[str, str]]:
    return [(node.party, peer) for node in plan.nodes for peer in node.peers]


def _told(views: Iterable[Views], message: Reference | None, unit: str) -> bool:
    """Whether every node that tells of a unit and a message has its receipt in its logs."""
    rows = [
        unit in seen.told
        for each in views
        for seen in each.units
        if message is not None and seen.message == message.key and unit in seen.required
    ]
    return bool(rows) and all(rows)


def _is_query(act: Say, fault: str) -> bool:
    """Whether a refusal is the sender-error guard's question, which its sender may answer."""
    named = "place" in act.fields and "centre" in act.fields
    return named and not act.confirmed and fault.startswith(f"place {act.fields['place']}")


def _name(cue: Cue) -> int | str | None:
    """Return what a cue's entry is known by in the scenario: a message's seq, a call's id."""
    return cue.do.call if isinstance(cue.do, CallEntered) else cue.seq


def _named(call: CallEntered) -> tuple[int | str, ...]:
    """Return what the entry of a call names, as the scenario knows it."""
    return (*(() if call.of is None else (call.of,)), *call.calls)


def _later(cues: Sequence[Cue]) -> list[Cue]:
    """Return the cues of an instant that speak of what is said or entered at that instant."""
    now: set[int | str | None] = {
        _name(cue) for cue in cues if isinstance(cue.do, Say | CallEntered)
    }
    now.discard(None)
    about = Reply | RelayTold | UnitTold | UnitsNamed | NoticeKept
    return [
        cue
        for cue in cues
        if (isinstance(cue.do, about) and cue.do.of in now)
        or (isinstance(cue.do, CallEntered) and not now.isdisjoint(_named(cue.do)))
    ]


def _is_entry_of(cue: Cue, entry: Entry) -> bool:
    """Whether an entry is what a cue with a number led to."""
    body = entry.body
    if isinstance(cue.do, Say):
        return isinstance(body, MessageSaid) and body.message_type == cue.do.message_type
    if isinstance(cue.do, CallEntered):
        return isinstance(body, CallLogged) and body.began_us == cue.do.act.began_us
    return isinstance(cue.do, Reply | Answer) and isinstance(body, MessageAnswered)


def disagreements(plan: Plan, snapshots: dict[str, Snapshot]) -> list[str]:
    """Return the agreements of which two nodes hold different states, with who holds which."""
    found = []
    for agreement in plan.agreements:
        held = {
            node.party: snapshots[node.party].digests.get(agreement.id, "nothing")
            for node in plan.nodes
            if agreement.id in node.agreements
        }
        if len(set(held.values())) > 1:
            parts = ", ".join(f"{party} {digest[:12]}" for party, digest in held.items())
            found.append(f"{agreement.id}: {parts}")
    return found
