"""What a hostile reading of the line found, on the side of the program: views, page, watch."""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from nodekit import pair, say
from simkeys import oracle
from simworld import SECOND_US, SimWorld
from test_scale import write

from app.bundlekit import make_three
from app.test_bundles import DISTRESS, ZONE, _lend, changed, same_logs
from app.test_connections import idle, started, until
from app.test_outbound import FLOOD_COUNT, NOW_US, alarm, due_now, line, setup_of, told
from app.twonodes import free_port, make_pair
from parley.app import connections, watch_screen
from parley.app.alarm_views import alarms_view
from parley.app.api import decode_act
from parley.app.bundle_api import Bundles
from parley.app.call_views import call_lines, calls_view, count_lines, relay_lines, relays_view
from parley.app.changes import ChangesView
from parley.app.cli.shown_messages import message_lines
from parley.app.config import load_node
from parley.app.line_views import change_lines, line_lines, past_lines
from parley.app.message_views import messages
from parley.app.page import Page
from parley.app.page_html import Html
from parley.app.reading import own_reader
from parley.app.service import Service
from parley.app.views import line_vectors, status_view
from parley.app.watch_model import Picture, Watch
from parley.node.encoding import encode_entry
from parley.node.entries import (
    Draft,
    LineDeclared,
    LogName,
    MessageAnswered,
    MessageDisplayed,
    MessageEscalated,
    MessageOverdue,
    MessageSaid,
    PresenceDeclared,
    ReadBackChecked,
    Reference,
)
from parley.node.frames import Heads, Hello, Prove, hello_message, session_info
from parley.node.inputs import Tick
from parley.node.line_bodies import (
    AlarmAcknowledged,
    CallLogged,
    LineTestMissed,
    LinkObserved,
    MessageTranslated,
    MessageUndelivered,
    NoticeDiffers,
    RelayReported,
)
from parley.node.rules.line_history import line_changes, line_vector_at
from parley.node.rules.threads import thread_tree
from parley.node.snapshots import digest
from parley.trust.seal import seal
from parley.wire.peer import FrameReader, encode_frame
from parley.world.faults import InputFault
from parley.world.norms import CLASSES, norms
from parley.world.time import US_MAX, US_MIN

RIVAL, HONEST = "BRAVO", "ALFA"
MANY = int(os.environ.get("PARLEY_FUZZ", "25"))


def shown(world: SimWorld, party: str = HONEST) -> None:
    """Make everything that a node shows of itself; none of it may fail."""
    state, now_us = world.node(party).state, world.clock_us(party)
    service = Service(world.node(party), lambda: now_us)
    service.begun = True
    vectors, every = line_vectors(state, now_us), messages(state, now_us)
    calls, alarms = calls_view(state, now_us), alarms_view(state, now_us, None)
    status = status_view(service, now_us, version="0")
    for view in (vectors, every, calls, alarms, status, relays_view(state, now_us)):
        msgspec.json.encode(view)
    texts = [line for each in vectors for line in line_lines(each)]
    texts += [line for each in every for line in message_lines(each, party)]
    texts += [line for each in calls.calls for line in call_lines(each)]
    texts += count_lines(calls.counts)
    texts += [line for each in relays_view(state, now_us) for line in relay_lines(each)]
    for agreement in state.identity.agreements.values():
        scope = state.scope(agreement.id)
        for each in agreement.lines:
            for at_us in (now_us - 3600 * SECOND_US, now_us, now_us + 3600 * SECOND_US):
                for viewer in each.parties:
                    past = line_vector_at(state, agreement, each, at_us, viewer)
                    texts += past_lines(past)
            window = (now_us - 86_400 * SECOND_US, now_us)
            texts += change_lines(line_changes(state, agreement, each, *window, party))
        for key in list(scope.threads):
            msgspec.json.encode(thread_tree(scope, key))
    assert all(isinstance(text, str) for text in texts)
    access = SimpleNamespace(form_number="1", number_of=lambda request: "1", reports=None)
    page = Page(service, access)
    reader = own_reader(state, "", "")
    parts = page._parts(now_us, Html(""), reader, None, number="1", refresh=False)
    assert all(part is None or isinstance(part, Html) for part in parts)
    watch = Watch(post="desk")
    for _ in range(2):
        watch.look(
            Picture(
                status=status,
                lines=vectors,
                messages=tuple(v for v in every if v.open),
                alarms=tuple(each.alarm for each in alarms.alarms),
                calls=calls.calls,
            )
        )
        watch.head(now_us, 80)
        watch.alarm_rows(now_us, 80)
        watch.message_rows(now_us, 80)
        for view in every:
            watch.selected = view.key
            watch.detail(80)
        watch.history(80)


# ---- what a rival with valid keys writes into its own log ----------------------------------------

NAMES = ("LINE-AB", "ALFA", "BRAVO", "CHARLIE", "desk", "commander", "\x1b[2J<b>", "", "x" * 64)
TEXTS = ("", "a", "\u202e\x00<script>", "y" * 4000, "z" * 4001)
VALUES = ("", "Z1", "F1", "35.0 38.0", "2026-01-01T00:00:00Z", "1e999", "w" * 4000)
FIELDS = ("nonce", "third", "flight", "zone", "q", "from", "to", "centre", "radius_m", "n" * 65)
WILD_US = (US_MIN, US_MAX, 0, -1, US_MAX + 1, 2**62)
NUMBERS = (0, -1, 1, 10**6, 2**62, -(2**62))
TYPES = tuple(kind.name for kind in norms().types)
POSTS = ("desk", "system", "commander", "nobody")
WORDS = ("WILCO", "UNABLE", "ROGER", "AFFIRM", "NEGATIVE", "REPLY", "STANDBY", "YES")


class Rival:
    """Makes entries of every kind about the line, of what `draw` gives."""

    def __init__(self, draw, world: SimWorld) -> None:
        self.draw, self.world = draw, world
        self.known: list[Reference] = []
        self.written = 0

    def of(self, *values):
        return self.draw.choice(values[0] if len(values) == 1 else values)

    def at(self) -> int:
        if self.draw.random() < 0.1:
            return self.of(WILD_US)
        return self.world.now_us + self.draw.randint(-8 * 86_400, 8 * 86_400) * SECOND_US

    def perhaps(self, value):
        return value if self.draw.random() < 0.5 else None

    def table(self) -> dict[str, str]:
        return {self.of(FIELDS): self.of(VALUES) for _ in range(self.draw.randint(0, 3))}

    def flag(self) -> bool:
        return self.draw.random() < 0.5

    def said(self) -> MessageSaid:
        return MessageSaid(
            line=self.of("LINE-AB", "LINE-AB", "LINE-X", ""),
            message_type=self.of(TYPES) if self.draw.random() < 0.9 else self.of(NAMES),
            message_class=self.of(CLASSES),
            text=self.of(TEXTS[:4]),
            fields=self.table(),
            subject=self.of(NAMES),
            answers=self.of((), WORDS, ("REPLY",), ("WILCO", "UNABLE", "STANDBY")),
            answer_due_us=self.perhaps(self.at()),
            read_back=self.of((), ("zone",), ("nonce", "q")),
            read_back_due_us=self.perhaps(self.at()),
            life_safety=self.flag(),
            clause=self.of(None, "C1", "C2", "C9"),
            language=self.of(NAMES),
        )

    def body(self):
        makers = (
            self.said, self.said, self.said, self.said, self.call, self.call, self.relay,
            self.translation, self.undelivered, self.differs, self.link, self.missed, self.taken,
            self.answer, self.about, self.declared, self.present,
        )  # fmt: skip
        return self.of(makers)()

    def party(self) -> str:
        return self.of("ALFA", "BRAVO", "CHARLIE", "")

    def call(self) -> CallLogged:
        return CallLogged(
            line=self.of(NAMES), call=self.of(NAMES), party=self.party(),
            direction=self.of("placed", "received"),
            outcome=self.of("talked", "no answer", "refused", "technical failure"),
            began_us=self.at(), ended_us=self.perhaps(self.at()), text=self.of(TEXTS),
            fields=self.table(), read_back=self.table(), reason=self.of(TEXTS),
            subject=self.of(NAMES),
        )  # fmt: skip

    def relay(self) -> RelayReported:
        return RelayReported(
            third=self.of(NAMES), outcome=self.of("passed", "declined", "unknown"),
            post=self.of(POSTS), at_us=self.at(), received_by=self.of(NAMES), text=self.of(TEXTS),
        )  # fmt: skip

    def translation(self) -> MessageTranslated:
        how = self.of("person", "machine")
        return MessageTranslated(
            language=self.of(NAMES), text=self.of(TEXTS), how=how, post=self.of(POSTS)
        )

    def undelivered(self) -> MessageUndelivered:
        return MessageUndelivered(
            duty=self.of("stored", "displayed"), party=self.party(), due_us=self.at(),
            link=self.of("up", "down", "unknown"),
        )  # fmt: skip

    def differs(self) -> NoticeDiffers:
        return NoticeDiffers(
            aircraft=self.of(NAMES), at_us=self.at(), lat_e9=self.of(NUMBERS),
            lon_e9=self.of(NUMBERS), distance_mm=self.of(NUMBERS),
            uncertainty_mm=self.of(NUMBERS), text=self.of(TEXTS),
        )  # fmt: skip

    def link(self) -> LinkObserved:
        return LinkObserved(party=self.party(), link=self.of("up", "down"), since_us=self.at())

    def missed(self) -> LineTestMissed:
        kind = self.of("machine", "person")
        return LineTestMissed(line=self.of(NAMES), party=self.party(), kind=kind, due_us=self.at())

    def taken(self) -> AlarmAcknowledged:
        return AlarmAcknowledged(alarm=self.of(NAMES), post=self.of(POSTS), text=self.of(TEXTS))

    def answer(self) -> MessageAnswered:
        return MessageAnswered(
            answer=self.of(WORDS), post=self.of(POSTS), fields=self.table(),
            text=self.of(TEXTS[:4]), promised_us=self.perhaps(self.at()),
        )  # fmt: skip

    def about(self):
        owed = self.of("answer", "read_back")
        return self.of(
            MessageDisplayed(post=self.of(POSTS)),
            ReadBackChecked(matches=self.flag()),
            MessageOverdue(duty=owed, party=self.party(), due_us=self.at()),
            MessageEscalated(
                party=self.party(), post=self.of(POSTS), step=self.of(NUMBERS),
                after_s=self.of(NUMBERS),
            ),
        )  # fmt: skip

    def declared(self) -> LineDeclared:
        return LineDeclared(
            line=self.of(NAMES), value=self.of("in force", "suspended", "withdrawn"),
            effective_us=self.at(), reason=self.of(TEXTS), post=self.of(POSTS),
            immediate=self.flag(),
        )  # fmt: skip

    def present(self) -> PresenceDeclared:
        return PresenceDeclared(line=self.of(NAMES), post=self.of(POSTS), present=self.flag())

    def refs(self) -> tuple[Reference, ...]:
        if not self.known or self.draw.random() < 0.15:
            ref = Reference(
                log=self.of(
                    "parley.example/AB/BRAVO/line/2026", "parley.example/XY/ALFA/line/2026",
                    "parley.example/AB/ALFA/private/2026", "no origin", "",
                ),
                index=self.of(0, 1, 10**6, -1),
                leaf=self.of("00" * 32, "", "zz"),
            )  # fmt: skip
            return (ref,) if self.flag() else ()
        found = [self.of(self.known) for _ in range(self.draw.randint(1, 3))]
        if self.draw.random() < 0.1:
            found[0] = msgspec.structs.replace(found[0], leaf="00" * 32)
        return tuple(found)

    def write(self) -> None:
        """Write one entry, if it can be read at all: what breaks here would break everybody."""
        now_us, crank = self.world.now_us, self.world.node(RIVAL)
        name = LogName(agreement="AB", party=RIVAL, kind="line", year=2026)
        try:
            draft = Draft(
                agreement="AB",
                by=self.of(POSTS),
                to=self.of(("ALFA",), ("ALFA",), ("ALFA", "ALFA"), ("BRAVO",), (), ("CHARLIE",)),
                ref=self.refs(),
                status=self.of("actual", "exercise", "test"),
                valid_until_us=self.perhaps(self.at()),
                body=self.body(),
            )
            if self.draw.random() < 0.25:
                self.write_sealed(draft)
                return
            seq = crank.state.log(name.origin).tree.size
            at_us = now_us if self.draw.random() < 0.6 else self.at()
            data = encode_entry(draft, log=name, seq=seq, issued_us=at_us, seen={})
        except (InputFault, OverflowError):
            return
        crank.append_exact(name.origin, seq, [data])
        self.written += 1
        self.known.append(crank.state.reference((name.origin, seq)))

    def write_sealed(self, draft: Draft) -> None:
        """Write it for some readers only, who may not be those that it concerns."""
        crank = self.world.node(RIVAL)
        audience = self.of(("ALFA", "BRAVO"), ("BRAVO",), ("BRAVO", "CHARLIE"), ("ALFA",))
        before = crank.state.log(f"parley.example/AB/{RIVAL}/line/2026").tree.size
        write(self.world, RIVAL, [msgspec.structs.replace(draft, audience=audience)])
        self.world.give(RIVAL, Tick())
        self.written += 1
        self.known.append(crank.state.reference((f"parley.example/AB/{RIVAL}/line/2026", before)))


def own_size(world: SimWorld, party: str = HONEST) -> int:
    return sum(log.tree.size for log in world.node(party).state.own_logs())


@given(st.randoms(use_true_random=False), st.integers(1, 25))
@settings(
    max_examples=MANY,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
def test_whatever_a_rival_writes_about_the_line_breaks_nothing(draw, count):
    with oracle(True):
        world = pair()
        rival = Rival(draw, world)
        for party in (HONEST, RIVAL):
            key = say(world, party, "BRAVO" if party == "ALFA" else "ALFA")
            rival.known.append(world.node(party).state.reference(key))
        world.run(1)
        before = own_size(world)
        for _ in range(count):
            rival.write()
            world.run(0.5)
        world.run(5)
        shown(world)
        world.run(120)
        shown(world)
        # What its clock asks of it anyway is some entries; each of the rival's makes two at most.
        assert own_size(world) - before <= 24 + 2 * count
        again = world.crank(HONEST)
        assert digest(again.state.scope("AB")) == digest(world.node(HONEST).state.scope("AB"))


# ---- bundles -------------------------------------------------------------------------------------


def test_an_old_bundle_played_again_stops_nothing_on_the_link_that_is_up(tmp_path):
    """One from before the peer held the agreement said so; the greeting of the link is newer."""

    async def run():
        async with started(make_pair(tmp_path), "COAL", "RUS") as (coal, rus):
            await until(lambda: idle(coal, rus))
            for node in (coal, rus):
                _lend(node)
                node.bundles = Bundles(node.service, node.store)
            await coal.say(**ZONE)
            await until(lambda: idle(coal, rus) and same_logs(coal, rus))
            old = changed(rus.bundles.make("COAL"), rus, "COAL", frames=(), agreements={})
            before = coal.bundles._memory.of("RUS").texts
            await coal.bundles.take(old)
            key = await coal.say(**DISTRESS)
            for _ in range(40):
                await asyncio.sleep(0.05)
                if idle(coal, rus) and same_logs(coal, rus):
                    break
            assert rus.view(key).text == DISTRESS["text"]
            assert coal.bundles._memory.of("RUS").texts == before

    asyncio.run(run())


# ---- alarms --------------------------------------------------------------------------------------


def test_a_flood_of_distress_of_one_party_hides_no_distress_of_another():
    one, setup = line(), setup_of(repeat_s=60)
    flood = [
        alarm(f"n{n}", alarm_class="DISTRESS", party="BRAVO", since_us=NOW_US + n)
        for n in range(400)
    ]
    for n in range(FLOOD_COUNT + 1):
        due = due_now(one, flood, NOW_US + n * SECOND_US, setup)
        told(one, due.alarm, NOW_US + n * SECOND_US)
        if due.others:
            one.group_us, one.group_rank = NOW_US + n * SECOND_US, CLASSES.index("DISTRESS")
    at_us = NOW_US + (FLOOD_COUNT + 2) * SECOND_US
    assert due_now(one, flood, at_us, setup) is None
    real = [*flood, alarm("real", alarm_class="DISTRESS", party="CHARLIE", since_us=at_us)]
    due = due_now(one, real, at_us, setup)
    assert (due.alarm.name, due.others) == ("real", ())
    told(one, due.alarm, at_us)
    # Once: two parties that flood are not worth twenty calls each.
    more = [*real, alarm("second", alarm_class="DISTRESS", party="CHARLIE", since_us=at_us)]
    assert due_now(one, more, at_us + SECOND_US, setup) is None


# ---- the watch -----------------------------------------------------------------------------------


class Hasty:
    """A node that answers each request at once: its own log grows without end, or too many wait."""

    def __init__(self) -> None:
        self.number, self.asked = 0, 0

    def get(self, path, kind):
        self.asked += 1
        if path == "/api/changes":
            self.number += 1
            return ChangesView(number=self.number, now_us=NOW_US)
        return None


class Rests:
    """Stands for the event that ends the watch: counts the rests, and ends after some."""

    def __init__(self, most: int) -> None:
        self.most, self.rests = most, []

    def is_set(self) -> bool:
        return len(self.rests) >= self.most

    def wait(self, seconds: float) -> None:
        self.rests.append(seconds)


def test_the_watch_leaves_the_node_more_time_than_it_takes(monkeypatch):
    """A flood makes each look long, and gives a reason for the next: the node must still live."""
    times = itertools.count(0.0, 3.0)
    monkeypatch.setattr(watch_screen, "time", SimpleNamespace(
        monotonic=lambda: next(times), time_ns=lambda: 0))  # fmt: skip
    node = Hasty()
    desk = watch_screen.Desk(node, Watch(post="desk"), look_only=True)
    desk.look = desk._housekeeping = lambda: None
    desk._patience = lambda: 2
    desk._stop = rests = Rests(5)
    desk.follow()
    assert len(rests.rests) == 5
    assert node.asked <= 12
    assert all(seconds >= 3.0 for seconds in rests.rests)


# ---- connections ---------------------------------------------------------------------------------


def three_files(folder):
    """Return the files of three nodes, each with a port of its own."""
    files = make_three(folder)
    ports = {party: free_port() for party in files}
    for party, file in files.items():
        text = file.read_text().replace("port = 1\n", f"port = {ports[party]}\n", 1)
        for other, port in ports.items():
            known = f'party = "{other}"\naddress = "127.0.0.1:'
            text = text.replace(f"{known}1", f"{known}{port}")
        file.write_text(text)
    return files


async def prove_as(rival, node, reader, writer, number):
    """Greet and prove on one connection with a party's real keys, and wait to be believed."""
    reads, party, peer = FrameReader(), rival.config.party, node.setup.config.party
    keys = rival.identity.keys

    async def answer(kind):
        while True:
            for each in reads.receive(await reader.read(65_536)):
                if isinstance(each, kind):
                    return each

    seal_text = base64.b64encode(keys.seal.public).decode()
    hello = Hello(party=party, peer=peer, nonce=f"{number:064x}", seal=seal_text, agreements={})
    writer.write(encode_frame(hello))
    theirs = await answer(Hello)
    box = seal(node.setup.identity.keys.seal.public, session_info(party, peer, theirs.nonce),
               bytes(32))  # fmt: skip
    text = base64.b64encode(box).decode()
    signature = keys.link.sign(hello_message(party, peer, theirs.nonce, text)).hex()
    writer.write(encode_frame(Prove(signature=signature, box=text)))
    await answer(Heads)


def test_a_peer_that_opens_links_without_end_closes_its_own_and_no_others(tmp_path, monkeypatch):
    monkeypatch.setattr(connections, "CONNECTIONS_MAX", 6)
    monkeypatch.setattr(connections, "LINKS_OF_PEER_MAX", 100)
    files = three_files(tmp_path)

    async def run():
        async with started(files, "ALFA", "BRAVO") as (alfa, bravo):
            await until(lambda: idle(alfa, bravo))
            honest = min(alfa.service.state.links.sessions)
            rival = load_node(files["CHARLIE"])
            links = []
            for n in range(12):
                reader, writer = await asyncio.open_connection("127.0.0.1", alfa.port)
                links.append(writer)
                await prove_as(rival, alfa, reader, writer, n)
            assert honest in alfa.service.state.links.sessions
            assert alfa.count("BRAVO").proven
            for writer in links:
                writer.close()

    asyncio.run(run())


def test_a_peer_has_few_links_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(connections, "LINKS_OF_PEER_MAX", 2)
    files = three_files(tmp_path)

    async def run():
        async with started(files, "ALFA") as (alfa,):
            rival = load_node(files["CHARLIE"])
            links = []
            for n in range(5):
                reader, writer = await asyncio.open_connection("127.0.0.1", alfa.port)
                links.append(writer)
                await prove_as(rival, alfa, reader, writer, n)
            await until(lambda: len(alfa.service.state.links.sessions) == 2)
            for writer in links:
                writer.close()

    asyncio.run(run())


# ---- whoever has the token -----------------------------------------------------------------------


def test_no_program_at_the_console_says_that_an_alarm_went_out():
    """It would count as a call that was made: after a restart nobody would be called."""
    body = {
        "type": "note_alarm_sent", "agreement": "AB", "alarm": "message:A/2026/1:0", "post": "desk",
        "channel": "webhook", "attempt": 9, "delivered": True, "detail": "x: sent",
    }  # fmt: skip
    with pytest.raises(InputFault, match="written by the node that sent them"):
        decode_act(msgspec.json.encode(body))
