"""Rules versions: what the first release folded, this release folds to the same state."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import msgspec
import pytest
from nodekit import pair, say, thread, write_as
from simstory import Story, three, two
from simworld import Faults, SimWorld

from parley.node.custody_bodies import PeerRefused
from parley.node.encoding import decode_entry
from parley.node.entries import Entry, LogName, Unreadable
from parley.node.identity import Identity
from parley.node.inputs import GiveConsent
from parley.node.snapshots import digest
from parley.node.state import State, fold
from parley.node.versions import RULES_LATEST, rules_of
from parley.world.agreement import Agreement
from parley.world.faults import InputFault

GOLDEN = Path(__file__).parents[1] / "golden" / "rules-version-1.json.gz"


def pinned(version: int, agreements: list[Agreement]) -> list[Agreement]:
    return [msgspec.structs.replace(each, rules_version=version) for each in agreements]


def golden() -> list[dict]:
    return json.loads(gzip.decompress(GOLDEN.read_bytes()))


@pytest.mark.parametrize("seed", [3, 6, 11, 14, 20, 31])
def test_logs_of_the_first_release_fold_to_the_state_it_had(seed: int) -> None:
    records = [record for record in golden() if record["seed"] == seed]
    whole = next(record for record in records if "entries" in record)
    agreements = {
        name: msgspec.json.decode(text, type=Agreement) for name, text in whole["documents"].items()
    }
    assert all(agreement.rules_version == 1 for agreement in agreements.values())
    compared = 0
    for record in records:
        if "digests" not in record:
            continue
        base = SimWorld(1, list(agreements.values()), Faults()).identities[record["party"]]
        state = State(
            identity=Identity(
                party=base.party,
                keys=base.keys,
                peers=base.peers,
                agreements={name: agreements[name] for name in record["agreements"]},
                documents={name: whole["documents"][name] for name in record["agreements"]},
            )
        )
        for origin, size in record["logs"].items():
            fold(state, origin, 0, [text.encode() for text in whole["entries"][origin][:size]])
        for name, expected in record["digests"].items():
            assert digest(state.scope(name)) == expected, f"{record['party']} {name}"
            compared += 1
    assert compared >= 2


def test_an_agreement_pinned_to_version_1_is_written_in_plain_and_without_later_types() -> None:
    world = pair(pinned(1, two()))
    key = say(world)
    world.run(5)
    data = world.stores["ALFA"].entries(key[0], key[1], key[1] + 1)[0]
    document = json.loads(data)
    assert "commit" not in document
    assert document["body"]["fields"] == {"flight": "F1", "zone": "Z1"}
    assert thread(world, "BRAVO", key).said is not None
    with pytest.raises(InputFault, match="rules version 1"):
        write_or_raise(world)


def write_or_raise(world: SimWorld) -> None:
    before = len(world.refusals)
    world.give("ALFA", GiveConsent(agreement="AB", post="desk", addressee="BRAVO"))
    if len(world.refusals) > before:
        raise InputFault(world.refusals[-1])


def test_a_later_type_does_not_count_under_version_1_at_any_release() -> None:
    name = LogName(agreement="AB", party="ALFA", kind="ops", year=2026)
    data = (
        b'{"v":1,"type":"peer.refused","seq":0,"issued_us":1780000000000000,"by":"system",'
        b'"body":{"party":"BRAVO","what":"quota","count":1,"why":"x"}}'
    )
    assert isinstance(decode_entry(data, log=name, index=0), Entry)
    old = decode_entry(data, log=name, index=0, rules=rules_of(1))
    assert isinstance(old, Unreadable)
    assert "rules version 1" in old.why


def test_a_version_that_is_not_known_is_refused_before_anything_is_folded() -> None:
    with pytest.raises(InputFault, match=f"one of 1, 2, 3, 4, {RULES_LATEST}"):
        SimWorld(1, pinned(RULES_LATEST + 1, two()), Faults())


def test_both_versions_stand_beside_each_other_in_one_node() -> None:
    first, second = three()
    world = SimWorld(
        4, [msgspec.structs.replace(first, rules_version=1), second], Faults(delay_s=(0.01, 0.05))
    )
    world.run(5)
    world.give("BRAVO", GiveConsent(agreement="BC", post="desk", addressee="CHARLIE"))
    write_as(
        world,
        "BRAVO",
        PeerRefused(party="ALFA", what="quota", count=1, why="pinned to 1"),
        agreement="ABC",
    )
    world.run(30)
    for party in ("BRAVO", "CHARLIE"):
        state = world.node(party).state
        assert state.scope("BC").custody["consent.given"]
        assert not state.scope("ABC").custody
        assert state.scope("ABC").unreadable
    digests = {digest(world.node(p).state.scope("ABC")) for p in ("ALFA", "BRAVO", "CHARLIE")}
    assert len(digests) == 1


@pytest.mark.parametrize("seed", [2, 5, 9])
def test_worlds_with_faults_play_under_version_1(seed: int, monkeypatch) -> None:
    monkeypatch.setattr("simstory.two", lambda: pinned(1, two()))
    monkeypatch.setattr("simstory.three", lambda: pinned(1, three()))
    story = Story(seed)
    story.play()
    story.check()
