"""A world of HONEST and NEUTRAL, and RIVAL with valid keys and ill will; all from one seed.

Everybody's frames and stores are real. RIVAL's node is the real crank too, past whose rules RIVAL
writes, and whose frames RIVAL changes, drops, repeats and makes up before they leave. Its links are
as bad as the seed has it; the link between HONEST and NEUTRAL is good: what they lose, RIVAL took.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterable

import msgspec
from simstory import agreement_of
from simworld import SECOND_US, Connection, Faults, SimStore, SimWorld

from parley.app.crank import Crank, Turned
from parley.node.custody_bodies import ForkEvidence
from parley.node.encoding import encode_entry
from parley.node.entries import (
    Body,
    Draft,
    LogName,
    MessageSaid,
    PresenceDeclared,
    ZoneActivity,
    kind_of,
)
from parley.node.frames import Frame, Heads, Push, Receipt, Received, heads_message
from parley.node.inputs import (
    Answer,
    DeclareZone,
    Display,
    Input,
    LinkOpened,
    Say,
    SetActivity,
)
from parley.node.state import Key, key_of
from parley.trust.checkpoint import Checkpoint, sign_checkpoint
from parley.wire.peer import FrameReader, encode_frame
from parley.world.agreement import Agreement
from parley.world.faults import Fault, PeerFault
from parley.world.geo import Position
from parley.world.shape import Circle
from parley.world.zone import Zone

HONEST, NEUTRAL, RIVAL, TWIN = "HONEST", "NEUTRAL", "RIVAL", "RIVAL twin"
GOOD = (HONEST, NEUTRAL)
LENGTH_S = 110.0
CALM_S = 65.0


class AdversaryWorld(SimWorld):
    """A simulated world in which the frames of RIVAL pass through its hands first.

    Attributes:
        hands: what RIVAL does to each frame of its own before it goes to somebody.
        twin_for: to whom RIVAL shows its other node, which has its own store and the same keys.
        took_us: how long each message of HONEST to NEUTRAL took until its receipt, by place.
        frames_seen: what RIVAL has sent to whom, to be sent again.
    """

    def __init__(self, seed: int, agreements: list[Agreement], faults: Faults) -> None:
        self.hands: list[Callable[[str, Frame], Iterable[Frame]]] = []
        self.twin_for: set[str] = set()
        self.said_us: dict[Key, int] = {}
        self.took_us: dict[Key, int] = {}
        self.frames_seen: list[tuple[str, Frame]] = []
        self.rival_broke: list[str] = []
        self.huge = 0
        super().__init__(seed, agreements, faults, tick_s=None)

    # ---- RIVAL's second node --------------------------------------------------------------------

    def fork(self) -> None:
        """From now on NEUTRAL deals with a copy of RIVAL that goes its own way."""
        self.identities[TWIN] = self.identities[RIVAL]
        self.stores[TWIN] = copy_of(self.stores[RIVAL])
        self.clock_offset_us[TWIN], self.clock_ppm[TWIN] = 0, 0.0
        for connection in list(self.connections.values()):
            if set(connection.ends) == {NEUTRAL, RIVAL}:
                self._close(connection)
        self.twin_for.add(NEUTRAL)
        self.start(TWIN)

    def _call_peers(self, party: str) -> None:
        if party in (RIVAL, TWIN):
            return
        for peer in self.identities[party].peers:
            node = TWIN if peer == RIVAL and party in self.twin_for else peer
            if party > peer or self.nodes.get(node) is None:
                continue
            live = [c for c in self.connections.values() if c.open and c.ends == (party, node)]
            for connection in live:
                if self._proven(connection) or self.now_us - connection.opened_us < 5 * SECOND_US:
                    break
                self._close(connection)
            else:
                self._connect(party, node, peer)

    def _connect(self, caller: str, node: str, peer: str) -> None:
        connection = Connection(next(self._numbers), (caller, node), self.now_us)
        self.connections[connection.number] = connection
        for end in connection.ends:
            connection.readers[end] = FrameReader()
        for end, called in ((node, None), (caller, peer)):
            nonce = f"{self.random.getrandbits(128):032x}"
            secret = self.random.randbytes(32).hex()
            opened = LinkOpened(
                connection=connection.number, nonce=nonce, secret=secret, peer=called
            )
            self.give(end, opened)

    # ---- frames ---------------------------------------------------------------------------------

    def give(self, party: str, event: Input) -> Turned | None:
        """Give one input to a node; whatever breaks inside RIVAL is RIVAL's own affair."""
        if party in GOOD:
            return super().give(party, event)
        try:
            return super().give(party, event)
        except (Fault, AssertionError, KeyError, ValueError) as error:
            self.rival_broke.append(str(error))
            return None

    def _note_heads(self, party: str, crank: Crank) -> None:
        if party not in GOOD:
            return
        super()._note_heads(party, crank)
        for key, said_us in self.said_us.items():
            held = crank.state.links.received.get(key[0], {}).get(NEUTRAL, (-1, 0))
            if party == HONEST and key not in self.took_us and held[0] >= key[1]:
                self.took_us[key] = self.now_us - said_us

    def _send(self, sender: str, number: int, data: bytes) -> None:
        connection = self.connections.get(number)
        if connection is None:
            return
        ends = set(connection.ends)
        before = self.faults
        if ends == set(GOOD):
            self.faults = Faults(delay_s=(0.01, 0.1))
        try:
            for each in self._through_hands(sender, connection, data):
                super()._send(sender, number, each)
        finally:
            self.faults = before

    def _through_hands(self, sender: str, connection: Connection, data: bytes) -> list[bytes]:
        if sender in GOOD:
            return [data]
        receiver = connection.ends[0]
        frames: list[Frame] = list(FrameReader().receive(data))
        for hand in self.hands:
            frames = [after for frame in frames for after in hand(receiver, frame)]
        self.frames_seen += [(receiver, frame) for frame in frames]
        return [encode_frame(frame) for frame in frames]

    def _deliver(self, connection: Connection, receiver: str, data: bytes) -> None:
        """Bytes that are no frame end the connection, as they do in `app.connections`."""
        try:
            super()._deliver(connection, receiver, data)
        except PeerFault as fault:
            self.drops.append(f"{receiver}: {fault}")
            self._close(connection)

    def inject(self, receiver: str, data: bytes) -> None:
        """Send bytes of any kind from RIVAL's end of its newest connection with somebody."""
        ours = [c for c in self.connections.values() if c.open and c.ends[0] == receiver]
        ours = [c for c in ours if c.ends[1] in (RIVAL, TWIN)]
        if ours:
            connection = ours[-1]
            self.after(0.05, lambda: self._deliver(connection, receiver, data))

    # ---- what anybody may write -----------------------------------------------------------------

    def write_past_rules(
        self,
        body: Body,
        *,
        node: str = RIVAL,
        agreement: str = "HNR",
        issued_us: int | None = None,
        **envelope,
    ) -> None:
        """Sign any entry into RIVAL's own log as it is: the signature is good."""
        crank = self.nodes.get(node)
        if crank is None:
            return
        name = crank.state.own_log(agreement, kind_of(body), 2026)
        log = crank.state.log(name.origin)
        if not log.tree.size:
            return
        name = LogName(agreement=agreement, party=RIVAL, kind=name.kind, year=2026)
        draft = Draft(agreement=agreement, by="desk", body=body, **envelope)
        at_us = self.now_us if issued_us is None else issued_us
        seq = crank.state.log(name.origin).tree.size
        data = encode_entry(draft, log=name, seq=seq, issued_us=at_us, seen={})
        crank.append_exact(name.origin, seq, [data])


def copy_of(store: SimStore) -> SimStore:
    kept = {name: value for name, value in store.__dict__.items() if name != "crash"}
    return SimStore(**copy.deepcopy(kept))


def agreements_of(version: int) -> list[Agreement]:
    """Return the agreement of all three, one of the two good parties, and one of the first two."""
    three = agreement_of("HNR", (HONEST, NEUTRAL, RIVAL))
    good = agreement_of("HN", GOOD)
    rivals = agreement_of("HR", (HONEST, RIVAL))
    return [three, good, msgspec.structs.replace(rivals, rules_version=version)]


ACTS = (
    "spam line", "spam ops", "withheld receipts", "withheld openings", "fork", "stale restore",
    "version 1", "clock off", "heartbeat times", "echo lies", "backdated", "postdated", "replays",
    "foreign logs", "huge frames", "false evidence",
)  # fmt: skip
"""What RIVAL may do; one seed does one to three of them."""


class Plot:
    """What happens in one world: HONEST and NEUTRAL do their work, RIVAL does what its seed says.

    Attributes:
        acts: what RIVAL does.
        world: where.
    """

    def __init__(self, seed: int, acts: tuple[str, ...] | None = None) -> None:
        draw = random.Random(f"plot {seed}")
        # Each act is the first of some seed; the others come on top.
        self.acts = acts or (
            ACTS[seed % len(ACTS)],
            *draw.sample(ACTS, draw.choice((0, 0, 1, 2))),
        )
        faults = Faults(
            loss=draw.choice([0.0, 0.05, 0.2]),
            double=draw.choice([0.0, 0.1]),
            delay_s=draw.choice([(0.01, 0.2), (0.1, 2.0)]),
            reorder=draw.random() < 0.3,
        )
        version = 1 if "version 1" in self.acts else 2
        self.world = AdversaryWorld(seed, agreements_of(version), faults)
        self.random = self.world.random
        self.did: set[str] = set()
        self._plan_work()
        for act in sorted(set(self.acts)):
            getattr(self, "_" + act.replace(" ", "_"))()

    # ---- the work of all three ------------------------------------------------------------------

    def _plan_work(self) -> None:
        world = self.world
        for _ in range(6):
            when_s = self.random.uniform(8, LENGTH_S)
            world.after(when_s, lambda: self.say(HONEST, "HNR", (NEUTRAL, RIVAL)))
            world.after(
                self.random.uniform(8, LENGTH_S), lambda: self.say(HONEST, "HN", (NEUTRAL,))
            )
        for _ in range(3):
            world.after(
                self.random.uniform(8, LENGTH_S), lambda: self.say(NEUTRAL, "HNR", (HONEST, RIVAL))
            )
            world.after(self.random.uniform(8, LENGTH_S), lambda: self.say(RIVAL, "HNR", GOOD))
            world.after(self.random.uniform(8, LENGTH_S), lambda: self.say(RIVAL, "HR", (HONEST,)))
        # The last words, from which each learns what the others have seen.
        for number in range(3):
            world.after(LENGTH_S + 15 * number, lambda: self.say(HONEST, "HNR", (NEUTRAL,)))
            world.after(LENGTH_S + 15 * number, lambda: self.say(NEUTRAL, "HNR", (HONEST,)))

    def say(self, party: str, agreement: str, to: tuple[str, ...], node: str | None = None) -> None:
        world = self.world
        act = Say(
            agreement=agreement,
            line=f"LINE-{agreement}",
            post="desk",
            to=to,
            message_type="clearance",
            fields={"flight": f"F{self.random.randint(1, 99)}", "zone": "Z1"},
            answer_within_s=20.0,
        )
        turned = world.give(node or party, act)
        for entry in turned.written if turned is not None else ():
            if not isinstance(entry.body, MessageSaid):
                continue
            if party == HONEST and NEUTRAL in to:
                world.said_us[key_of(entry)] = world.now_us
            for addressee in set(to) & set(GOOD):
                delay_s = self.random.uniform(3, 40)
                world.after(delay_s, lambda a=addressee, e=entry: self._answer(a, key_of(e)))

    def _answer(self, party: str, key: Key) -> None:
        crank = self.world.node(party)
        threads = [s.threads[key] for s in crank.state.scopes.values() if key in s.threads]
        if threads and threads[0].said is not None:
            self.world.give(party, Display(ref=key, post="desk"))
            fields = dict(threads[0].body.fields)
            self.world.give(party, Answer(ref=key, post="desk", answer="WILCO", fields=fields))

    def play(self) -> None:
        self.world.run(LENGTH_S)
        self.world.faults = Faults()
        self.world.run(CALM_S)

    # ---- what RIVAL does ------------------------------------------------------------------------

    def _at_times(self, act: Callable[[], None], times: int = 3) -> None:
        for _ in range(times):
            self.world.after(self.random.uniform(10, LENGTH_S), act)

    def _spam_line(self) -> None:
        self.world.after(self.random.uniform(10, 60), lambda: self._flood(PresenceDeclared(
            line="LINE-HNR", post="desk", present=True)))  # fmt: skip

    def _spam_ops(self) -> None:
        body = ZoneActivity(zone="Z1", activity="cold", from_us=self.world.now_us)
        act = SetActivity(agreement="HNR", post="desk", zone="ZR", activity="cold")
        here = Circle(centre=Position(lat_deg=35.5, lon_deg=38.5), radius_m=2000.0)
        zone = Zone(id="ZR", kind="zone", shape=here, owner=RIVAL)
        declare = DeclareZone(agreement="HNR", post="desk", zone=zone)
        self.world.after(8, lambda: self.world.give(RIVAL, declare))
        self.world.after(9, lambda: self.world.give(RIVAL, act))
        self.world.after(self.random.uniform(10, 60), lambda: self._flood(body, kind="ops"))

    def _flood(self, body: Body, kind: str = "line") -> None:
        """Sign 120 entries at once, past the sender's own limits."""
        crank = self.world.nodes.get(RIVAL)
        name = LogName(agreement="HNR", party=RIVAL, kind=kind, year=2026)
        if crank is None or not (seq := crank.state.log(name.origin).tree.size):
            return
        draft = Draft(agreement="HNR", by="desk", body=body)
        at_us = self.world.now_us
        entries = [
            encode_entry(draft, log=name, seq=seq + n, issued_us=at_us, seen={}) for n in range(120)
        ]
        for start in range(0, 120, 20):
            crank.append_exact(name.origin, seq + start, entries[start : start + 20])
        self.did.add(f"spam {kind}")

    def _withheld_receipts(self) -> None:
        def hand(_: str, frame: Frame) -> Iterable[Frame]:
            if isinstance(frame, Receipt) and frame.line:
                # Held, it says, so that it is sent more; but it signs nothing.
                self.did.add("withheld receipts")
                return (msgspec.structs.replace(frame, line=""),)
            return () if isinstance(frame, Received) else (frame,)

        self.world.hands.append(hand)

    def _withheld_openings(self) -> None:
        def hand(receiver: str, frame: Frame) -> Iterable[Frame]:
            if isinstance(frame, Push) and frame.box and receiver == HONEST:
                self.did.add("withheld openings")
                return (msgspec.structs.replace(frame, box=b""),)
            return (frame,)

        self.world.hands.append(hand)

    def _fork(self) -> None:
        def fork() -> None:
            if self.world.nodes[RIVAL] is None or RIVAL not in {
                log.name.party for log in self.world.node(HONEST).state.logs()
            }:
                self.world.after(10, fork)
                return
            self.world.fork()
            for number in range(3):
                self.world.after(5 + 10 * number, lambda: self.say(RIVAL, "HNR", GOOD, node=TWIN))
                self.world.after(6 + 10 * number, lambda: self.say(RIVAL, "HNR", GOOD))
            self.did.add("fork")

        self.world.after(self.random.uniform(10, 60), fork)

    def _stale_restore(self) -> None:
        kept: list[SimStore] = []

        def restore() -> None:
            world = self.world
            if not kept or not kept[0].logs or TWIN in world.nodes:
                return
            world.stop(RIVAL)
            kept[0].crash = world.stores[RIVAL].crash
            world.stores[RIVAL] = kept[0]
            world.start(RIVAL)
            # It signs at once, before anybody can tell it what it had signed before.
            self.say(RIVAL, "HNR", GOOD)
            self.did.add("stale restore")

        self.world.after(40, lambda: kept.append(copy_of(self.world.stores[RIVAL])))
        self.world.after(45, lambda: self.say(RIVAL, "HNR", GOOD))
        self.world.after(46, lambda: self.say(RIVAL, "HNR", GOOD))
        self.world.after(self.random.uniform(70, 100), restore)

    def _version_1(self) -> None:
        self.did.add("version 1")

    def _clock_off(self) -> None:
        offset_s = self.random.choice((-3600, -20, 20, 3600))
        self.world.clock_offset_us[RIVAL] = offset_s * SECOND_US
        self.did.add("clock off")

    def _signed_again(self, receiver: str, frame: Heads) -> Heads:
        """Sign a changed heartbeat with RIVAL's real link key, for this connection."""
        crank = self.world.node(receiver)
        sessions = crank.state.links.sessions.values()
        nonces = [s.nonce for s in sessions if s.peer == RIVAL]
        message = heads_message(RIVAL, receiver, nonces[-1] if nonces else "", frame)
        key = self.world.identities[RIVAL].keys.link
        return msgspec.structs.replace(frame, signature=key.sign(message).hex())

    def _heartbeat_times(self) -> None:
        by_us = self.random.choice((-30, 30, 4000)) * SECOND_US

        def hand(receiver: str, frame: Frame) -> Iterable[Frame]:
            if not isinstance(frame, Heads):
                return (frame,)
            self.did.add("heartbeat times")
            changed = msgspec.structs.replace(frame, at_us=frame.at_us + by_us)
            return (self._signed_again(receiver, changed),)

        self.world.hands.append(hand)

    def _echo_lies(self) -> None:
        def hand(receiver: str, frame: Frame) -> Iterable[Frame]:
            if not isinstance(frame, Heads):
                return (frame,)
            self.did.add("echo lies")
            lie = self.random.choice(
                (
                    {"echo_us": frame.echo_us + 1},
                    {"held_us": frame.held_us + 10 * SECOND_US},
                    {"held_us": -(10**15)},
                    {"echo_us": frame.at_us, "held_us": 0},
                )
            )
            return (self._signed_again(receiver, msgspec.structs.replace(frame, **lie)),)

        self.world.hands.append(hand)

    def _dated(self, by_s: int, act: str) -> None:
        body = PresenceDeclared(line="LINE-HNR", post="desk", present=True)

        def write() -> None:
            issued_us = self.world.now_us + by_s * SECOND_US
            self.world.write_past_rules(body, issued_us=issued_us)
            self.did.add(act)

        self._at_times(write)

    def _backdated(self) -> None:
        self._dated(-3600, "backdated")

    def _postdated(self) -> None:
        self._dated(3600, "postdated")

    def _replays(self) -> None:
        def replay() -> None:
            for receiver, frame in self.random.sample(
                self.world.frames_seen, min(3, len(self.world.frames_seen))
            ):
                other = self.random.choice((receiver, HONEST, NEUTRAL))
                self.world.inject(other, encode_frame(frame))
                self.did.add("replays")

        self._at_times(replay, 8)

    def _foreign_logs(self) -> None:
        def push() -> None:
            store = self.world.stores[NEUTRAL]
            origin = "parley.example/HNR/NEUTRAL/line/2026"
            if not store.size(origin):
                return
            size = store.size(origin)
            key = self.world.identities[RIVAL].keys.log
            head = Checkpoint(origin=origin, size=size, root=bytes(32))
            for note in (store.checkpoint(origin) or b"", sign_checkpoint(key, head)):
                frame = Push(
                    origin=origin,
                    first=size - 1,
                    checkpoint=note.decode(),
                    entries=tuple(store.entries(origin, size - 1, size)),
                )
                self.world.inject(HONEST, encode_frame(frame))
            self.did.add("foreign logs")

        self._at_times(push)

    def _huge_frames(self) -> None:
        def send() -> None:
            self.world.inject(HONEST, self.random.choice((b"\xff" * 8, b"\x00\x00\x00\x04\x00")))
            self.world.inject(NEUTRAL, (64).to_bytes(4, "big") + b"\x00" * 64)
            self.did.add("huge frames")

        self._at_times(send)

    def _false_evidence(self) -> None:
        """Accuse NEUTRAL with heads that RIVAL signed itself, and with a true one twice."""

        def accuse() -> None:
            origin = "parley.example/HNR/NEUTRAL/line/2026"
            true = (self.world.stores[NEUTRAL].checkpoint(origin) or b"").decode()
            key = self.world.identities[RIVAL].keys.log
            head = Checkpoint(origin=origin, size=2, root=bytes(32))
            false = sign_checkpoint(key, head).decode()
            for held, refused in ((false, true), (true, true), (true, "nonsense")):
                body = ForkEvidence(origin=origin, held=held, refused=refused, why="NEUTRAL forks")
                self.world.write_past_rules(body)
            self.did.add("false evidence")

        self._at_times(accuse)
