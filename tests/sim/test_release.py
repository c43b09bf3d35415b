"""Nodes of this release and of the one before live under one agreement, and hold one record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from release import RELEASES, ROOT, MixedWorld, unpack_release
from simworld import Faults

from longer import more
from parley.node.entries import MessageSaid
from parley.node.inputs import Answer, BePresent, DeclareLine, Display, Say
from parley.node.snapshots import digest
from parley.node.versions import RULES_LATEST

LENGTH_S = 200.0
CALM_S = 150.0
TWO = (("AB", ("ALFA", "BRAVO")),)
THREE = (("ABC", ("ALFA", "BRAVO", "CHARLIE")), ("BC", ("BRAVO", "CHARLIE")))


# Every seed beside the newest release; the older ones have been lived beside for long.
SEEDS = {
    commit: range(more(3, 4)) if commit == list(RELEASES)[-1] else range(1, more(2, 3))
    for commit in RELEASES
}


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("release")
    for commit in RELEASES:
        why = unpack_release(commit, folder / commit)
        if why is not None:
            pytest.skip(f"the code of release {commit} is not in this clone: {why}")
    return {commit: folder / commit for commit in RELEASES}


@pytest.fixture
def mixed(trees: dict[str, Path], request: pytest.FixtureRequest) -> Iterator[MixedWorld]:
    commit, seed = request.param
    faults = Faults(
        loss=(0.0, 0.05)[seed % 2],
        double=(0.0, 0.1)[seed // 2 % 2],
        delay_s=((0.01, 0.2), (0.3, 2.0))[seed % 2],
    )
    parties = TWO if seed % 2 else THREE
    old = (("BRAVO",), ("ALFA",), ("CHARLIE", "ALFA"), ("BRAVO",))[seed % 4]
    world = MixedWorld(seed, parties, old, trees[commit], faults, version=RELEASES[commit])
    yield world
    world.close()


class Talk:
    """What the operators of both releases do: say, display, answer, suspend, come and go."""

    def __init__(self, world: MixedWorld) -> None:
        self.world, self.random = world, world.random
        self.answered = 0
        for party in world.identities:
            for _ in range(5):
                world.after(self.random.uniform(5, LENGTH_S), lambda p=party: self.say(p))
            world.after(self.random.uniform(5, LENGTH_S), lambda p=party: self.be(p))
            world.after(self.random.uniform(5, LENGTH_S), lambda p=party: self.rest(p))
        victim, first, second = sorted(world.identities)[1], "ALFA", "BRAVO"
        world.after(60, lambda: world.crash(victim, back_after_s=15))
        world.after(100, lambda: world.partition(first, second, seconds=30, one_way=True))

    def act(self, party: str, event: object) -> list[tuple[str, int, str]]:
        if party in self.world.workers:
            return self.world.act_old(party, event)
        turned = self.world.give(party, event)
        return [(e.log.origin, e.seq, e.type) for e in (turned.written if turned else ())]

    def where(self, party: str) -> tuple[str, tuple[str, ...]]:
        agreements = self.world.identities[party].agreements
        agreement = self.random.choice(sorted(agreements))
        others = tuple(p.id for p in agreements[agreement].parties if p.id != party)
        return agreement, others

    def say(self, party: str) -> None:
        agreement, others = self.where(party)
        fields = {"flight": f"F{self.random.randint(1, 9)}", "zone": "Z1"}
        act = Say(
            agreement=agreement,
            line=f"LINE-{agreement}",
            post="desk",
            to=others,
            message_type="clearance",
            fields=fields,
            answer_within_s=self.random.choice([20.0, 60.0]),
        )
        for origin, seq, kind in self.act(party, act):
            if kind == MessageSaid.__struct_config__.tag:
                for other in others:
                    self.later(other, (origin, seq), fields, tries=4)

    def later(self, party: str, key: tuple, fields: dict, tries: int) -> None:
        delay_s = self.random.uniform(2, 60)
        self.world.after(delay_s, lambda: self.answer(party, key, fields, tries))

    def answer(self, party: str, key: tuple, fields: dict, tries: int) -> None:
        self.act(party, Display(ref=key, post="desk"))
        read = dict(fields)
        if self.random.random() < 0.3:
            read["flight"] += "x"
        word = self.random.choice(["WILCO", "WILCO", "UNABLE"])
        if self.act(party, Answer(ref=key, post="desk", answer=word, fields=read)):
            self.answered += 1
        elif tries:
            self.later(party, key, fields, tries - 1)

    def be(self, party: str) -> None:
        agreement, _ = self.where(party)
        self.act(party, BePresent(agreement=agreement, line=f"LINE-{agreement}", post="desk"))

    def rest(self, party: str) -> None:
        agreement, _ = self.where(party)
        line = f"LINE-{agreement}"
        for value in ("suspended", "in force"):
            self.act(party, DeclareLine(agreement=agreement, line=line, post="desk", value=value))


@pytest.mark.parametrize(
    "mixed", [(commit, seed) for commit in RELEASES for seed in SEEDS[commit]], indirect=True
)
def test_both_releases_hold_the_same_logs_and_the_same_state(mixed: MixedWorld) -> None:
    talk = Talk(mixed)
    mixed.run(LENGTH_S)
    mixed.heal()
    mixed.run(CALM_S)
    assert talk.answered > 3
    assert {kind for _, _, kind in mixed.wrote_old} >= {"message.said", "message.answered"}
    for agreement, text in mixed.texts.items():
        ends = [p for p in mixed.identities if agreement in mixed.identities[p].agreements]
        assert re.search(r'"rules_version":[234],', text)
        heads = {p: _of(mixed.heads(p), agreement) for p in ends}
        assert len({str(sorted(found.items())) for found in heads.values()}) == 1, heads
        digests = {p: _digest(mixed, p, agreement) for p in ends}
        assert len(set(digests.values())) == 1, digests
    for worker in mixed.workers.values():
        release = worker.ask("release")
        assert release["rules"] < RULES_LATEST
        assert not release["file"].startswith(str(ROOT))
    # Neither takes the other for somebody who breaks the rules.
    assert not any(kind in ("fork.evidence", "head.disputed") for _, _, kind in mixed.wrote_old)
    for worker in mixed.workers.values():
        assert not worker.ask("state")["refused"]


def _of(heads: dict[str, list[object]], agreement: str) -> dict[str, list[object]]:
    return {origin: head for origin, head in heads.items() if f"/{agreement}/" in origin}


def _digest(world: MixedWorld, party: str, agreement: str) -> str:
    if party in world.workers:
        return str(world.workers[party].ask("state")["digests"][agreement])
    return digest(world.node(party).state.scope(agreement))
