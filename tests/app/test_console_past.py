"""The past as a party knew it, against what the live nodes of a simulated world knew then."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import httpx
import msgspec
import pytest
from nodekit import do
from simworld import SECOND_US, Faults, SimWorld
from starlette.applications import Starlette
from starlette.routing import Route

from app.storedworld import write_log
from parley.app.console_past import NOT_KEPT, Asker, KnowledgeView, Past, TimelineView
from parley.app.console_screen import ScreenView, screen_of
from parley.app.console_timeline import TICKS_MAX, Tick, bounded
from parley.app.http import Refusal, refusing
from parley.app.past_knowledge import Chronicle, Reading, check_instant
from parley.app.past_mind import Minds, identity_of
from parley.node.entries import log_name
from parley.node.inputs import (
    Answer,
    BePresent,
    DeclareLine,
    Display,
    GiveConsent,
    OpenPayload,
    Say,
    SetActivity,
)
from parley.node.snapshots import snapshot
from parley.store.sqlite import Store
from parley.world.agreement import Agreement, Line, LineEnd, Party
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.shape import Circle
from parley.world.volume import VerticalLimit
from parley.world.zone import Zone

PARTIES = ("ALFA", "BRAVO", "CHARLIE")
SECRET = "behind the school at the ford"


def agreement() -> Agreement:
    zone = Zone(
        id="Z1", name="Field", kind="zone", owner="BRAVO", agreement="ABC", agreed_by=PARTIES,
        shape=Circle(centre=Position(lat_deg=35.0, lon_deg=39.0), radius_m=9000.0),
        lower=VerticalLimit(value_m=None, reference="SFC"),
        upper=VerticalLimit(value_m=3000.0, reference="AMSL"),
    )  # fmt: skip
    return Agreement(
        id="ABC",
        parties=tuple(Party(id=party, posts=("desk",)) for party in PARTIES),
        lines=tuple(
            Line(id=f"LINE-{a[0]}{b[0]}", ends=(LineEnd(party=a), LineEnd(party=b)))
            for a, b in (("ALFA", "BRAVO"), ("BRAVO", "CHARLIE"))
        ),
        zones=(zone,),
        rules_version=5,
    )


@dataclass
class Sample:
    """What a live node held at an instant."""

    party: str
    at_us: int
    sizes: dict[str, int]
    snapshot: dict[str, object]
    zones: tuple[tuple[str, str, str], ...]
    shown: dict[str, str]
    stored: dict[tuple[str, int], list[str]]
    lines: dict[str, str]
    messages: dict[tuple[str, int], tuple[bool, bool]]


@dataclass
class Played:
    """A world with what each node held at the end of each second."""

    world: SimWorld
    stores: dict[str, Store] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    held: list[tuple[str, int, dict[str, int]]] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.world.run(0.37)
            for party in PARTIES:
                self.held.append((party, self.world.now_us, self._sizes(party)))
            # To the last microsecond of a second: cosignatures bear whole ones.
            self.world.run((SECOND_US - 1 - self.world.now_us % SECOND_US) / 1e6 or 1.0)
            for party in PARTIES:
                self.samples.append(self._sample(party))
            self.world.run(1e-6)

    def mark(self, name: str) -> None:
        self.marks[name] = self.world.now_us

    def _sizes(self, party: str) -> dict[str, int]:
        logs = self.world.node(party).state.logs()
        return {log.name.origin: log.tree.size for log in logs if log.tree.size}

    def _sample(self, party: str) -> Sample:
        state, at_us = self.world.node(party).state, self.world.now_us
        view = screen_of(state, at_us, feeds={})
        return Sample(
            party=party,
            at_us=at_us,
            sizes=self._sizes(party),
            snapshot=snapshot(state.scope("ABC")),
            zones=zones_in(view),
            shown={each.view.zone: each.view.shown for each in view.zones},
            stored=stored_in(view),
            lines={each.line: each.glance for each in view.lines},
            messages={each.key: (each.open, each.awaits_us) for each in view.messages},
        )


def zones_in(view: ScreenView) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (each.view.zone, each.view.activity, each.view.promulgation) for each in view.zones
    )


def stored_in(view: ScreenView) -> dict[tuple[str, int], list[str]]:
    return {each.key: [step.stored for step in each.ladder] for each in view.messages}


def say(played: Played, party: str, to: str, line: str, **changes) -> tuple[str, int]:
    values = {
        "agreement": "ABC", "line": line, "post": "desk", "to": (to,),
        "message_type": "free.text", "text": "a word",
    }  # fmt: skip
    written = do(played.world, party, Say(**(values | changes)))
    entry = next(each for each in written if each.type == "message.said")
    return entry.log.origin, entry.seq


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Give a story of some minutes: words, answers, a cut link, a suspension, a sealed notice."""
    played = Played(SimWorld(11, [agreement()], Faults(delay_s=(0.02, 0.4))))
    world = played.world
    played.run(6)
    for party, line in (("ALFA", "LINE-AB"), ("BRAVO", "LINE-AB"), ("CHARLIE", "LINE-BC")):
        do(world, party, BePresent(agreement="ABC", line=line, post="desk", present=True))
    played.run(3)
    played.mark("before the word")
    first = say(played, "ALFA", "BRAVO", "LINE-AB", subject="first")
    played.run(2)
    do(world, "BRAVO", Display(ref=first, post="desk"))
    played.run(1)
    do(world, "BRAVO", Answer(ref=first, answer="ROGER", post="desk"))
    do(world, "BRAVO", SetActivity(agreement="ABC", zone="Z1", post="desk", activity="cold"))
    played.run(2)
    world.cut.add(("ALFA", "BRAVO"))
    world.cut.add(("BRAVO", "ALFA"))
    played.mark("cut")
    say(played, "ALFA", "BRAVO", "LINE-AB", subject="not heard")
    do(world, "BRAVO", SetActivity(agreement="ABC", zone="Z1", post="desk", activity="hot"))
    played.run(50)
    world.cut.clear()
    played.mark("healed")
    played.run(12)
    do(world, "ALFA", GiveConsent(agreement="ABC", post="desk", addressee="BRAVO"))
    played.mark("before the notice")
    secret = say(
        played, "ALFA", "BRAVO", "LINE-AB", message_type="humanitarian.notice", text=SECRET,
        fields={"place": "the clinic", "window": "06:00Z/07:00Z"}, confirmed=True,
        valid_until_us=world.now_us + 600 * SECOND_US,
    )  # fmt: skip
    played.run(3)
    do(world, "BRAVO", OpenPayload(ref=secret, post="desk"))
    played.run(3)
    played.mark("notice opened")
    do(world, "ALFA", DeclareLine(agreement="ABC", line="LINE-AB", value="suspended", post="desk",
        effective_us=world.now_us + 2 * SECOND_US))  # fmt: skip
    played.run(6)
    folder: Path = tmp_path_factory.mktemp("past")
    for party in PARTIES:
        store = Store(folder / f"{party}.db")
        for origin in world.stores[party].origins():
            write_log(world.stores[party], store, origin)
        played.stores[party] = store
    yield played
    for store in played.stores.values():
        store.close()


def minds_of(played: Played, party: str) -> Minds:
    minds = Minds(played.stores[party], played.world.identities[party])
    minds.chronicle.read_on()
    return minds


def test_at_each_second_the_mind_is_what_the_live_node_held_then(played):
    """To the entry, for every party, in whatever order the instants are asked for."""
    for party in PARTIES:
        minds = minds_of(played, party)
        own = [each for each in played.samples if each.party == party]
        forth_and_back = [*own, *own[::-7], *own[3::11]]
        for sample in forth_and_back:
            known = minds.chronicle.knowledge(party, sample.at_us)
            assert known.sure == sample.sizes, (party, sample.at_us)
            mind = minds.at(known)
            assert snapshot(mind.state.scope("ABC")) == sample.snapshot
            view = screen_of(mind.state, sample.at_us, feeds={}, lines=mind.lines)
            assert zones_in(view) == sample.zones
            found = {each.key: (each.open, each.awaits_us) for each in view.messages}
            assert found == sample.messages
            if played.marks["before the word"] < sample.at_us < played.marks["cut"]:
                # Links and receipts are volatile: they are what was written of them.
                assert {each.view.zone: each.view.shown for each in view.zones} == sample.shown
                assert stored_in(view) == sample.stored


def test_a_mind_never_goes_back_in_time_and_has_the_text_of_its_instant(played):
    minds = minds_of(played, "ALFA")
    late_us = played.marks["cut"] + 40 * SECOND_US
    late = minds.at(minds.chronicle.knowledge("ALFA", late_us))
    again = minds.at(minds.chronicle.knowledge("ALFA", late_us - 2 * SECOND_US))
    assert again is not late
    assert minds.at(minds.chronicle.knowledge("ALFA", late_us)) in (late, again)
    assert "texts in effect ABC" in again.state.views


def test_nobody_is_said_to_have_known_what_its_node_did_not_hold(played):
    """From every store about every party: what is called sure was there."""
    told = 0
    for holder in PARTIES:
        minds = minds_of(played, holder)
        for sample in played.samples[::5]:
            known = minds.chronicle.knowledge(sample.party, sample.at_us)
            for origin, size in known.sure.items():
                assert size <= sample.sizes.get(origin, 0), (holder, sample.party, origin)
            if holder != sample.party:
                told += sum(known.sure.values())
        for party, at_us, sizes in played.held:
            for origin, size in minds.chronicle.knowledge(party, at_us).sure.items():
                assert size <= sizes.get(origin, 0), (holder, party, at_us, origin)
    assert told > 1000, "so that it was asked for something"


def test_another_party_did_not_know_yet_what_was_written_while_the_link_was_cut(played):
    minds = minds_of(played, "ALFA")
    end_us = played.world.now_us
    own_log = next(o for o in played.samples[-3].sizes if "/ALFA/line/" in o)
    at_us = played.marks["cut"] + 20 * SECOND_US
    known = minds.chronicle.knowledge("BRAVO", at_us)
    assert not known.certain
    besides, more = minds.chronicle.besides(known)
    words = [each for each in besides if each.type == "message.said"]
    assert [each.party for each in words] == ["ALFA"]
    assert more == 0
    healed_us = played.marks["healed"]
    assert healed_us <= words[0].known_us <= healed_us + 15 * SECOND_US
    subjects = {each.subject for each in screen(minds, "BRAVO", at_us).messages}
    assert subjects == {"first"}
    later = {each.subject for each in screen(minds, "BRAVO", words[0].known_us).messages}
    assert later == {"first", "not heard"}
    # What it may have known is never less than what it surely knew.
    for at_us in range(played.marks["cut"], end_us, 7 * SECOND_US):
        one = minds.chronicle.knowledge("BRAVO", at_us)
        assert one.sure.get(own_log, 0) <= one.most.get(own_log, 0)


def screen(minds: Minds, viewer: str, at_us: int) -> ScreenView:
    mind = minds.at(minds.chronicle.knowledge(viewer, at_us))
    return screen_of(mind.state, at_us, feeds={}, lines=mind.lines)


def test_the_lines_of_the_past_have_the_words_that_the_live_screen_had(played):
    """Where the link was written down; a node notices a lost link only after a while."""
    minds = minds_of(played, "ALFA")
    compared = 0
    for sample in played.samples:
        settled = sample.at_us < played.marks["cut"] or sample.at_us > played.marks["healed"]
        if sample.party != "ALFA" or not settled:
            continue
        then = {e.line: e.glance for e in screen(minds, "ALFA", sample.at_us).lines}
        if then["LINE-AB"] == sample.lines["LINE-AB"]:
            compared += 1
    total = sum(each.party == "ALFA" for each in played.samples)
    assert compared >= total - 56 - 6, "but for the minute of the cut, and the first seconds"


def test_what_is_guarded_is_hidden_in_another_partys_view_even_from_its_writer(played):
    at_us = played.marks["notice opened"]
    for holder in PARTIES:
        for viewer in PARTIES:
            text = msgspec.json.encode(screen(minds_of(played, holder), viewer, at_us)).decode()
            # Its writer never opened it on a screen of its own: nobody here has read it but BRAVO.
            assert (SECRET in text) == (holder == viewer == "BRAVO"), (holder, viewer)
    minds = minds_of(played, "ALFA")
    scope = minds.at(minds.chronicle.knowledge("BRAVO", at_us)).state.scope("ABC")
    assert any("BRAVO" in (entry.audience or ()) for entry in scope.sealed.values())
    assert all(thread.said is None or thread.body.text != SECRET for thread in scope.messages())
    before = screen(minds_of(played, "BRAVO"), "BRAVO", played.marks["before the notice"])
    assert SECRET not in msgspec.json.encode(before).decode()


def test_a_mind_of_another_party_has_its_agreements_and_never_our_private_log(played):
    identity = played.world.identities["ALFA"]
    seen = identity_of(identity, "BRAVO")
    assert seen.party == "BRAVO"
    assert set(seen.peers) == {"ALFA", "CHARLIE"}
    minds = minds_of(played, "ALFA")
    private = [o for o in played.stores["ALFA"].origins() if log_name(o).kind == "private"]
    readable = minds.chronicle.readable("BRAVO")
    assert not set(private) & set(readable)
    assert set(private) <= set(minds.chronicle.readable("ALFA"))
    assert minds.chronicle.readable("NOBODY") == []


def test_what_was_destroyed_is_in_no_mind_any_more(played, tmp_path):
    """Neither in one that was kept, nor in what was remembered as read."""
    minds = minds_of(played, "BRAVO")
    at_us = played.marks["notice opened"]
    assert SECRET in msgspec.json.encode(screen(minds, "BRAVO", at_us)).decode()
    service = SimpleNamespace(
        listeners=[], clock=lambda: at_us, state=SimpleNamespace(
            identity=played.world.identities["BRAVO"], party="BRAVO"),
    )  # fmt: skip
    with Store(tmp_path / "again.db") as store:
        for origin in played.world.stores["BRAVO"].origins():
            write_log(played.world.stores["BRAVO"], store, origin)
        past = Past(service, store)
        asked = asyncio.run(answers(past, [f"/api/screen?at_us={at_us}"]))
        assert SECRET in asked[0].text
        secret = next(o for o in store.origins() if "/ALFA/line/" in o)
        for index in range(store.size(secret)):
            store.drop_opening(secret, index)
        (listener,) = service.listeners
        listener(at_us, SimpleNamespace(written=[SimpleNamespace(type="payload.destroyed")],
            mirrored=[]))  # fmt: skip
        asked = asyncio.run(answers(past, [f"/api/screen?at_us={at_us}"]))
        assert SECRET not in asked[0].text
        past.end()


# ---- over HTTP -----------------------------------------------------------------------------------


async def answers(past: Past, paths: list[str]) -> list[httpx.Response]:
    routes = [
        Route("/api/screen", refusing(past.screen)),
        Route("/api/map", refusing(past.map)),
        *(Route(each.path, refusing(each.handler)) for each in past.operations()),
    ]
    transport = httpx.ASGITransport(app=Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://node") as client:
        return await asyncio.gather(*(client.get(path) for path in paths))


@pytest.fixture
def past(played):
    """Give the past of ALFA's node."""
    service = SimpleNamespace(
        listeners=[], clock=lambda: played.world.now_us,
        state=SimpleNamespace(identity=played.world.identities["ALFA"], party="ALFA"),
    )  # fmt: skip
    made = Past(service, played.stores["ALFA"])
    yield made
    made.end()


def test_a_past_screen_says_whose_it_is_and_claims_nothing_that_is_not_kept(past, played):
    at_us = played.marks["cut"] + 20 * SECOND_US
    paths = [f"/api/screen?at_us={at_us}&as=BRAVO", f"/api/knowledge?at_us={at_us}&as=BRAVO",
        f"/api/map?at_us={at_us}&as=BRAVO"]  # fmt: skip
    shown, known, drawn = asyncio.run(answers(past, paths))
    view = msgspec.json.decode(shown.content, type=ScreenView)
    assert (view.past, view.viewer, view.party, view.certain) == (True, "BRAVO", "ALFA", False)
    assert view.at_us == at_us
    assert view.status is None
    assert view.alerts.watch.not_watched == (NOT_KEPT,)
    assert not any(each.calls_nobody for each in view.alarms.alarms)
    # What BRAVO knew, in the words of ALFA: whose answer is owed, whose posts are ours.
    posts = {line.line: line.own_posts for each in view.agreements for line in each.lines}
    assert posts == {"LINE-AB": ("duty-officer", "desk"), "LINE-BC": ("desk",)}
    assert not any(each.may_answer for each in view.messages)
    assert not any(each.awaits_us for each in view.messages if each.party == "ALFA")
    told = msgspec.json.decode(known.content, type=KnowledgeView)
    assert not told.certain
    assert {each.type for each in told.besides} >= {"message.said"}
    assert drawn.json()["digest"] == view.map_digest


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("at_us=1", "before the first entry"),
        ("at_us=4000000000000000", "an instant that has come"),
        ("at_us=x", "microseconds since 1970"),
        ("as=BRAVO", "microseconds since 1970"),
        ("at_us=99999999999999999999", "microseconds since 1970"),
        ("at_us=1780000060000000&as=NOBODY", "one of ALFA, BRAVO, CHARLIE"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line(past, query, why):
    (reply,) = asyncio.run(answers(past, [f"/api/screen?{query}"]))
    assert reply.status_code == 400
    fault = reply.json()["fault"]
    assert why in fault or "not before the first entry" in fault


def test_the_timeline_has_what_happened_in_its_order(past, played):
    from_us, to_us = played.marks["before the word"], played.world.now_us
    (reply,) = asyncio.run(answers(past, [f"/api/timeline?from_us={from_us}&to_us={to_us}"]))
    view = msgspec.json.decode(reply.content, type=TimelineView)
    times = [each.at_us for each in view.ticks]
    assert times == sorted(times)
    assert all(from_us <= at_us <= to_us for at_us in times)
    kinds = {each.kind for each in view.ticks}
    assert {"message", "answer", "line", "zone", "glance", "link"} <= kinds
    suspended = next(each for each in view.ticks if each.kind == "line")
    assert (suspended.word, suspended.party, suspended.about) == ("suspended", "ALFA", "LINE-AB")
    assert any(each.kind == "glance" and each.word == "SUSPENDED" for each in view.ticks)
    assert not view.recording.records
    assert view.spans == ()
    (wrong,) = asyncio.run(answers(past, [f"/api/timeline?from_us={to_us}&to_us={from_us}"]))
    assert wrong.status_code == 400


def test_ticks_beyond_the_room_are_counted_and_the_urgent_stay():
    def tick(i: int, kind: str, word: str) -> Tick:
        return Tick(at_us=i, kind=kind, word=word, party="A", about="x", agreement="ABC")

    many = [tick(i, "message", "ROUTINE") for i in range(TICKS_MAX + 50)]
    many[7] = tick(7, "message", "DISTRESS")
    many[9] = tick(9, "alert", "short-term")
    many[11] = tick(11, "presence", "attended")
    shown, left_out = bounded(many)
    assert len(shown) == TICKS_MAX
    assert left_out == {"message": 49, "presence": 1}
    assert many[7] in shown
    assert many[9] in shown
    assert [each.at_us for each in shown] == sorted(each.at_us for each in shown)


def test_the_newest_question_goes_first_and_too_many_are_refused():
    async def ask() -> tuple[list[str], list[object]]:
        asker, order = Asker(), []
        free = threading.Event()

        def work(name: str) -> str:
            free.wait(60)
            order.append(name)
            return name

        tasks = [asyncio.create_task(asker.ask(lambda n=str(i): work(n))) for i in range(20)]
        await asyncio.sleep(0.05)
        free.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        asker.end()
        return order, found

    order, found = asyncio.run(ask())
    refused = [i for i, each in enumerate(found) if isinstance(each, Refusal)]
    done = [int(name) for name in order]
    assert sorted([*done, *refused]) == list(range(20))
    assert refused == sorted(refused)
    assert done == sorted(done, reverse=True), "the newest first"
    assert 19 in done


def test_a_question_that_fails_does_not_stop_the_next():
    async def ask() -> str:
        asker = Asker()
        with pytest.raises(ZeroDivisionError):
            await asker.ask(lambda: 1 // 0)
        found = await asker.ask(lambda: "answered")
        asker.end()
        return found

    assert asyncio.run(ask()) == "answered"


def test_an_instant_without_any_entry_is_refused(tmp_path, played):
    with Store(tmp_path / "none.db") as store:
        empty = Chronicle(store, played.world.identities["ALFA"], Reading())
        empty.read_on()
        with pytest.raises(InputFault, match="no entry is held"):
            check_instant(empty, "ALFA", 5, 10)
