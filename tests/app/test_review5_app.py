"""Entries of rules version 4 that obey no rule: no view raises, and no view depends on the way.

A peer with valid keys writes any body that the types can hold into its own logs, about any entry,
under any time and for any audience. Everything that a node then shows is asked for while it runs,
and again of a node that was started from the same store: both say the same.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simkeys import oracle
from simworld import Faults, SimWorld
from starlette.requests import Request

from app.fuzz5 import Looker, hostile_bodies, instants, references, write
from parley.app.http import Refusal
from parley.node.agreement_bodies import AGREEMENT_BODY_TYPES, PRIVATE_AGREEMENT_TYPES
from parley.node.inputs import FileIntent, Say, SetActivity
from parley.node.snapshots import digest
from parley.wire.agreement_text import read_agreement
from parley.world.geo import Position
from parley.world.intent import Intent
from parley.world.shape import Circle
from parley.world.time import format_instant
from parley.world.volume import VerticalLimit, Volume4D

NAME = "LOA-KARST"
LETTER = Path(__file__).parents[2] / "examples" / "agreements" / "letter-of-agreement.toml"
HOUR_US = 3_600_000_000
NAMES = (
    "range-tower", "range-safety", "north-sector", "CELL", "RANGE", "NEIGHBOUR", "KARST-RANGE",
    "KARST-FIELD", "COMMON-LINE", NAME, "LINE-KARST", "range-control", "supervisor",
)  # fmt: skip
QUERIES = {
    "/api/boundaries/{boundary}/in-force": [{"/boundary": "COMMON-LINE", "agreement": NAME}],
    "/api/zones/{zone}/version": [{"/zone": "KARST-RANGE", "agreement": NAME}],
    "/api/lines/{line}/history": [{"/line": "LINE-KARST", "agreement": NAME}],
    "/api/lines/{line}/changes": [{"/line": "LINE-KARST", "agreement": NAME}],
    "/api/layers/{layer}/geojson": [{"/layer": "none"}],
    "/api/units": [{}, {"all": "true"}],
    "/api/agreements/ground": [{"lat_deg": "46", "lon_deg": "13.5"}, {"zone": "KARST-RANGE"}],
    "/api/agreements/at": [{"agreement": NAME, "party": p} for p in ("CELL", "RANGE")],
}
OF_THE_LOGS_ALONE = (
    "/api/agreements", "/api/agreements/at", "/api/agreements/proposals", "/api/agreements/ground",
    "/api/incidents", "/api/assessments", "/api/notices/standing", "/api/pressure", "/api/units",
    "/api/intents", "/api/boundaries", "/api/boundaries/{boundary}/in-force",
    "/api/zones/{zone}/version", "/api/verdicts", "/api/report", "/api/places/ledger",
)  # fmt: skip


@pytest.fixture(autouse=True)
def quickly():
    with oracle():
        yield


def volume(now_us: int, reference: str) -> Volume4D:
    low, high = (VerticalLimit(value_m=m, reference=reference) for m in (3000.0, 3500.0))
    circle = Circle(centre=Position(lat_deg=46.1, lon_deg=13.9), radius_m=3000.0)
    return Volume4D(
        shape=circle, lower=low, upper=high, from_us=now_us + HOUR_US, to_us=now_us + 2 * HOUR_US
    )


def letter() -> SimWorld:
    """Return three linked nodes under the letter of agreement, with messages, zones and intents."""
    agreement = read_agreement(LETTER.read_bytes(), LETTER.name).agreement
    assert agreement is not None
    world = SimWorld(
        1, [msgspec.structs.replace(agreement, valid=None)], Faults(delay_s=(0.001, 0.002))
    )
    world.run(4)
    begins, ends = (format_instant(world.now_us + n * HOUR_US) for n in (1, 2))
    ways = (("RANGE", "range-control", "CELL"), ("RANGE", "range-control", "NEIGHBOUR"),
            ("CELL", "supervisor", "RANGE"))  # fmt: skip
    for party, post, to in ways:
        fields = {"centre": "46.1,13.9", "window": f"{begins}/{ends}"}
        said = Say(
            agreement=NAME, line="LINE-KARST", post=post, to=(to,), message_type="area.notice",
            fields=fields, confirmed=True,
        )  # fmt: skip
        world.give(party, said)
    for party, post, reference in (
        ("CELL", "supervisor", "STD"),
        ("RANGE", "range-control", "AMSL"),
    ):
        intent = Intent(
            id="I1", version=1, party=party, flight=f"F{party}", state="Accepted",
            priority="routine", volumes=(volume(world.now_us, reference),), aircraft_class="state",
        )  # fmt: skip
        world.give(party, FileIntent(agreement=NAME, post=post, intent=intent))
    hot = SetActivity(agreement=NAME, post="range-control", zone="KARST-RANGE", activity="hot")
    world.give("RANGE", hot)
    world.run(3)
    assert not world.refusals
    return world


def hostile_entries(world: SimWorld):
    """Return what two of the three may write: bodies of every type with their envelopes."""
    scope = world.node("CELL").state.scope(NAME)
    names = (*NAMES, next(iter(scope.adopted["RANGE"].values())).body.sha256)
    refs = references(world, "CELL", NAME)
    messages = [r for r in refs if r.key in scope.threads]
    about = st.one_of(st.sampled_from(messages), st.sampled_from(messages), st.sampled_from(refs))
    audiences = st.sampled_from([None, None, ("CELL",), ("NEIGHBOUR",), ("CELL", "RANGE"), ()])
    times = st.one_of(st.none(), st.none(), instants(world.now_us))

    def entry(*kinds: type):
        return st.tuples(
            st.sampled_from(("RANGE", "NEIGHBOUR")), hostile_bodies(names, world.now_us, kinds),
            st.lists(about, min_size=1, max_size=2), audiences, times,
        )  # fmt: skip

    each = st.tuples(*(entry(kind) for kind in AGREEMENT_BODY_TYPES))
    return each.flatmap(st.permutations)


def same_of_the_logs(world: SimWorld, party: str, seen: dict[str, bytes]) -> None:
    """Check that a node started from the same store shows what the running one does."""
    running = world.node(party)
    world.nodes[party] = world.crank(party)
    again = Looker(world, party)
    for name, scope in running.state.scopes.items():
        assert digest(scope) == digest(again.crank.state.scope(name))
    shown = again.look(QUERIES)
    differing = [path for path in OF_THE_LOGS_ALONE if shown[path] != seen[path]]
    world.nodes[party] = running
    assert not differing


def test_no_entry_of_a_peer_stops_a_node_or_a_view_of_it_and_a_restart_shows_the_same() -> None:
    with oracle():
        begun = letter()
    written: set[type] = set()

    @settings(max_examples=2, deadline=None, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(hostile_entries(begun), st.sampled_from((1, 30, 700, 4_000)))
    def written_and_looked_at(entries, later_s) -> None:
        world = letter()
        looker = Looker(world, "CELL")
        for number, (party, body, refs, audience, at_us) in enumerate(entries):
            more = {"ref": tuple(refs), "audience": audience}
            if at_us is not None:
                more["issued_us"] = at_us
            if write(world, party, NAME, body, **more) is not None:
                written.add(type(body))
            if number % 8 == 7:
                world.run(1.5)
                looker.look(QUERIES)
        world.run(later_s)
        page = looker.look(QUERIES)["page"]
        for raw in (b"\x1b", b"<b>&", b"\x00", "\u202e".encode()):
            assert raw not in page, "what peers wrote is text, and every character of it is seen"
        same_of_the_logs(world, "CELL", looker.look(QUERIES))
        same_of_the_logs(world, "NEIGHBOUR", Looker(world, "NEIGHBOUR").look(QUERIES))
        assert not world.drops, "what is well signed is kept, whatever it says"

    written_and_looked_at()
    assert written >= set(AGREEMENT_BODY_TYPES) - set(PRIVATE_AGREEMENT_TYPES)


OPENERS = ("/api/session", "/api/session/end")
"""They open and end a browser's session, and write nothing: tests/app/test_console_sign.py."""


def test_nothing_that_acts_is_done_for_whoever_shows_no_token() -> None:
    """Every operation that is no GET, of units and places too: 401 before anything is read."""
    looker = Looker(letter(), "CELL")
    tried = 0
    for operation in looker.api.operations():
        if operation.method == "GET" or operation.path in OPENERS:
            continue
        for header in ([], [(b"authorization", b"Bearer ")], [(b"authorization", b"Bearer x")]):
            with pytest.raises(Refusal) as refused:
                asyncio.run(operation.handler(request_of(operation.path, header)))
            assert refused.value.status == 401, operation.path
            tried += 1
    assert tried > 60


def request_of(path: str, headers: list[tuple[bytes, bytes]]) -> Request:
    async def receive() -> dict[str, object]:
        raise AssertionError("its body is not even read")

    scope = {
        "type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b"",
        "path_params": {},
    }  # fmt: skip
    return Request(scope, receive)
