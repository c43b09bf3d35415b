"""The state is a function of the set of logs: whatever the order in which they arrive."""

from __future__ import annotations

import functools
import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from simstory import Story

from longer import more
from parley.node.entries import Seen
from parley.node.rules.agreements import agreed_by
from parley.node.rules.alerts import open_alerts
from parley.node.rules.hotline import closing_answer
from parley.node.rules.intent_record import intents_of
from parley.node.rules.lines import line_vector, results_of_tests
from parley.node.rules.zones import zone_view, zones_of
from parley.node.snapshots import digest
from parley.node.state import State, fold, key_of
from parley.node.step import next_due_us


@functools.cache
def finished(seed: int) -> Story:
    story = Story(seed)
    story.play()
    return story


def fold_in_order(story: Story, party: str, order: random.Random) -> State:
    """Fold all logs a node holds, cut into random pieces, in a random interleaving."""
    store = story.world.stores[party]
    state = State(identity=story.world.identities[party])
    places = dict.fromkeys(store.origins(), 0)
    while True:
        open_logs = [o for o in places if places[o] < store.size(o)]
        if not open_logs:
            return state
        origin = order.choice(open_logs)
        end = min(store.size(origin), places[origin] + order.randint(1, 5))
        fold(state, origin, places[origin], store.entries(origin, places[origin], end))
        places[origin] = end


def views(state: State, now_us: int) -> object:
    """Everything that is computed from the record, as plain values."""
    found = []
    for name, scope in sorted(state.scopes.items()):
        agreement = state.identity.agreements[name]
        found.append([line_vector(state, agreement, line, now_us) for line in agreement.lines])
        found.append(
            [zone_view(state, scope, z, now_us) for _, z in sorted(zones_of(state, scope).items())]
        )
        found.append(
            [
                (t.key, p, closing_answer(t, p))
                for t in scope.messages()
                for p in (t.said.to if t.said else ())
            ]
        )
        found.append(sorted(map(str, intents_of(state, scope))))
        found.append([results_of_tests(scope, line, now_us) for line in agreement.lines])
        own = scope.adopted_by(state.party)
        found.append(agreed_by(scope, own.sha256) if own else None)
    found.append([key_of(entry) for _, entry in open_alerts(state)])
    found.append(next_due_us(state, now_us))
    return msgspec.to_builtins(found)


@settings(max_examples=more(15, 300), deadline=None)
@given(seed=st.integers(0, 11), first=st.integers(0, 10**9), second=st.integers(0, 10**9))
def test_any_interleaving_gives_the_same_state(seed: int, first: int, second: int) -> None:
    story = finished(seed)
    for party in story.world.identities:
        one = fold_in_order(story, party, random.Random(first))
        two = fold_in_order(story, party, random.Random(second))
        for name in one.scopes:
            assert digest(one.scope(name)) == digest(two.scope(name))
        assert views(one, story.world.now_us) == views(two, story.world.now_us)


def test_the_digest_tells_states_apart() -> None:
    story = finished(1)
    store = story.world.stores["ALFA"]
    whole = fold_in_order(story, "ALFA", random.Random(0))
    for origin in store.origins():
        state = State(identity=story.world.identities["ALFA"])
        for other in store.origins():
            entries = store.entries(other, 0, store.size(other) - (other == origin))
            fold(state, other, 0, entries)
        assert digest(state.scope("AB")) != digest(whole.scope("AB"))


def test_every_entry_carries_what_its_writer_has_seen() -> None:
    """The sum of `seen` over a log names a head of the peer's log that really was one."""
    story = finished(3)
    for party in story.world.identities:
        for log in story.world.node(party).state.logs():
            for origin, seen in log.seen.items():
                assert isinstance(seen, Seen)
                held = story.world.node(party).state.log(origin)
                if held.name.kind == "private" and held.name.party != party:
                    # Of a private log only heads leave its party.
                    assert held.tree.size == 0
                    continue
                assert held.tree.root(seen.size).hex() == seen.root
    line = story.world.node("BRAVO").state.log("parley.example/AB/BRAVO/line/2026")
    assert any(origin.startswith("parley.example/AB/ALFA/") for origin in line.seen)


def test_fold_gives_back_what_can_be_read_and_nothing_else() -> None:
    story = finished(1)
    store = story.world.stores["ALFA"]
    origin = "parley.example/AB/ALFA/ops/2026"
    entries = store.entries(origin, 0, store.size(origin))
    state = State(identity=story.world.identities["ALFA"])
    read = fold(state, origin, 0, [*entries, b'{"v":2}'])
    assert [e.seq for e in read] == list(range(len(entries)))
    assert list(state.scope("AB").unreadable) == [(origin, len(entries))]
