"""RIVAL does what it can with valid keys: HONEST's line keeps its clocks, its log names the acts.

`PARLEY_SIM_SEEDS=2000 pytest tests/sim/test_adversary.py` plays more; a failing seed replays.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from adversary import ACTS, GOOD, HONEST, NEUTRAL, RIVAL, AdversaryWorld, Plot
from simkeys import oracle
from simworld import SECOND_US, SimWorld

from longer import more
from parley.node.custody_bodies import ClockMeasured, ForkEvidence, HeadDisputed, PeerRefused
from parley.node.entries import Entry, log_name
from parley.node.rules import forks, quotas
from parley.node.snapshots import digest
from parley.node.state import Log, State, fold
from parley.world.norms import norms

SEEDS = int(os.environ.get("PARLEY_SIM_SEEDS", more(5, 32)))
GROUP = 5
NOT_DEFENDED = {
    "echo lies": "a peer that never echoes a heartbeat rightly is not measured: its clock is shown "
    "as it says it is, and no entry tells of it",
    "replays": "frames of an old session, or of another's, are dropped or change nothing; which "
    "of the two is not always written down",
    "huge frames": "bytes that are no frame cut the link and are shown with it; no entry tells "
    "of them, for nobody signed them",
}
"""What RIVAL does and no entry of HONEST names: each stands in docs/threats.md."""


@pytest.fixture(autouse=True)
def _small_quotas(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of a hundred entries instead of a hundred thousand."""
    monkeypatch.setattr(quotas, "_limits", lambda _: (60, 60))


@pytest.mark.parametrize("first", range(0, SEEDS, GROUP))
def test_seeds(first: int) -> None:
    for seed in range(first, min(first + GROUP, SEEDS)):
        with oracle(seed % 10 != 0):
            plot = Plot(seed)
            try:
                plot.play()
                check(plot)
            except Exception as error:
                raise AssertionError(f"seed {seed}, {', '.join(plot.acts)}: {error}") from error


def test_every_act_is_either_named_or_listed_as_not_defended() -> None:
    assert set(NAMED) | set(NOT_DEFENDED) == set(ACTS)
    assert not set(NAMED) & set(NOT_DEFENDED)


@pytest.mark.parametrize("act", ACTS)
def test_each_act_alone_is_really_done_and_named(act: str) -> None:
    """No act is idle: over some seeds it happens, and where it happens it is named."""
    done = 0
    for seed in range(900, 906):
        with oracle():
            plot = Plot(seed, (act,))
            plot.play()
            check(plot)
            done += act in plot.did and (act not in NAMED or NAMED[act](plot) is True)
        if done:
            return
    raise AssertionError(f"{act}: never done and named")


# ---- what holds whatever RIVAL does -------------------------------------------------------------


def check(plot: Plot) -> None:
    check_clocks(plot.world)
    check_nobody_good_is_accused(plot.world)
    check_good_digests(plot.world)
    for act in sorted(set(plot.acts) & plot.did & set(NAMED)):
        assert NAMED[act](plot) is not False, f"{act}: no evidence of it"


def check_clocks(world: AdversaryWorld) -> None:
    """HONEST's messages are stored at NEUTRAL in time; what RIVAL does not answer is overdue."""
    state = world.node(HONEST).state
    stored_s = {each.name: each.stored_s for each in norms().classes}
    for key, said_us in world.said_us.items():
        thread = state.scope(log_name(key[0]).agreement).threads[key]
        within_us = stored_s[thread.body.message_class] * SECOND_US
        took_us = world.took_us.get(key, world.now_us - said_us)
        assert took_us <= within_us, f"{key} took {took_us / SECOND_US} s to NEUTRAL"
        due_us = thread.body.answer_due_us
        assert thread.said is not None
        if RIVAL in thread.said.to and due_us is not None and due_us < world.now_us - 2 * SECOND_US:
            assert (RIVAL, "answer") in thread.overdue, f"{key}: RIVAL is not overdue"


def check_nobody_good_is_accused(world: SimWorld) -> None:
    for party in GOOD:
        state = world.node(party).state
        for entry in entries(state, "fork.evidence"):
            assert isinstance(entry.body, ForkEvidence)
            accused = log_name(entry.body.origin).party
            assert accused == RIVAL or entry.log.party == RIVAL, (
                f"{entry.log.party} accuses {accused}"
            )
            if accused != RIVAL:
                assert not forks.is_proof(state, entry.body), f"{party} believes {entry.log.party}"
        for entry in entries(state, "head.disputed"):
            assert isinstance(entry.body, HeadDisputed)
            about = {log_name(entry.body.origin).party, entry.body.party}
            assert RIVAL in about, f"{entry.log.party} disputes among {about}"
        for refused in world.stores[party].heads_refused:
            assert log_name(refused.origin).party == RIVAL


def check_good_digests(world: SimWorld) -> None:
    """From the logs of good parties alone both make the same state."""
    stores = [world.stores[party] for party in GOOD]
    for agreement in ("HNR", "HN"):
        found = []
        for party, store in zip(GOOD, stores, strict=True):
            state = State(identity=world.identities[party])
            for origin in sorted(set(stores[0].origins()) & set(stores[1].origins())):
                name = log_name(origin)
                if name.party not in GOOD or name.agreement != agreement or name.kind == "private":
                    continue
                size = min(each.size(origin) for each in stores)
                opened = store.openings(origin, 0, size)
                fold(state, origin, 0, store.entries(origin, 0, size), opened)
            found.append(digest(state.scope(agreement)))
        assert found[0] == found[1], f"{agreement}: HONEST and NEUTRAL differ"


# ---- what names each act: True named, False not named, None nothing came of it ------------------


def entries(state: State, kind: str) -> list[Entry]:
    return [e for scope in state.scopes.values() for e in scope.custody.get(kind, {}).values()]


def own_words(world: SimWorld, kind: str) -> list[Entry]:
    """Return what good parties wrote of a kind, each in its own logs."""
    return [
        entry
        for party in GOOD
        for entry in entries(world.node(party).state, kind)
        if entry.log.party == party
    ]


def logs_of_rival(state: State) -> list[Log]:
    return [log for log in state.logs() if log.name.party == RIVAL]


def all_arrived(plot: Plot, kind: str = "line") -> bool:
    """Whether a good party holds all that RIVAL wrote; what waits or was given up names nothing."""
    log = f"parley.example/HNR/{RIVAL}/{kind}/2026"
    wrote = plot.world.stores[RIVAL].logs.get(log, [])
    return any(plot.world.stores[p].logs.get(log, [])[: len(wrote)] == wrote for p in GOOD)


def over_quota(kind: str) -> Callable[[Plot], bool | None]:
    named = refused("quota", kind)
    return lambda plot: named(plot) or (None if not all_arrived(plot, kind) else False)


def refused(what: str, words: str = "") -> Callable[[Plot], bool]:
    def named(plot: Plot) -> bool:
        return any(
            isinstance(e.body, PeerRefused)
            and (e.body.party, e.body.what) == (RIVAL, what)
            and words in e.body.why
            for e in own_words(plot.world, "peer.refused")
        )

    return named


def receipts_missing(plot: Plot) -> bool:
    """RIVAL holds the entries, it says, and HONEST has its signature for none of them."""
    node = plot.world.node(HONEST)
    held = node.state.links.receipts
    signed = {line.cosigner for o in node.store.origins() for line in node.store.cosignatures(o)}
    assert f"parley/{NEUTRAL}/mirror" in signed
    return f"parley/{RIVAL}/mirror" not in signed and all(RIVAL not in by for by in held.values())


def forked(plot: Plot) -> bool | None:
    """Both good parties have the proof, once both were shown entries that cannot both be."""
    honest, neutral = (plot.world.node(party).state for party in GOOD)
    differ = [
        log.name.origin
        for log in logs_of_rival(honest)
        if (size := min(log.tree.size, neutral.log(log.name.origin).tree.size))
        and log.tree.root(size) != neutral.log(log.name.origin).tree.root(size)
    ]
    if not differ:
        return None
    accused = {
        (e.log.party, log_name(e.body.origin).party)
        for e in own_words(plot.world, "fork.evidence")
        if isinstance(e.body, ForkEvidence)
    }
    return {(HONEST, RIVAL), (NEUTRAL, RIVAL)} <= accused


def restored(plot: Plot) -> bool | None:
    """What it had signed before does not go on into what it signs now, once that is shown."""
    honest, rival = plot.world.node(HONEST).state, plot.world.stores[RIVAL]
    differ = [
        log.name.origin
        for log in logs_of_rival(honest)
        if log.name.agreement == "HNR"
        and (mine := rival.entries(log.name.origin, 0, log.tree.size))
        and mine != plot.world.stores[HONEST].entries(log.name.origin, 0, len(mine))
    ]
    # What a log that was given up had in it, nobody was shown: the one that goes on names it.
    shown = any(log.name.incarnation > 1 for log in logs_of_rival(honest))
    if not differ or not shown:
        return None
    named = [
        e.body.origin
        for kind in ("fork.evidence", "head.disputed")
        for e in own_words(plot.world, kind)
        if isinstance(e.body, ForkEvidence | HeadDisputed)
    ]
    return any(log_name(origin).party == RIVAL for origin in named)


def clock_alarm(plot: Plot) -> bool | None:
    if "echo lies" in plot.acts:
        return None  # Not measured: see NOT_DEFENDED.
    return any(
        isinstance(e.body, ClockMeasured) and e.body.party == RIVAL and e.body.alarm
        for e in own_words(plot.world, "clock.measured")
    )


def went_back(plot: Plot) -> bool | None:
    if {"clock off", "postdated"} & set(plot.acts) or not all_arrived(plot):
        return None  # What is before and after is then RIVAL's own affair.
    logs = [log for p in GOOD for log in logs_of_rival(plot.world.node(p).state)]
    return any(log.clock_went_back for log in logs)


def ahead(plot: Plot) -> bool | None:
    logs = [log for p in GOOD for log in logs_of_rival(plot.world.node(p).state)]
    found = any(log.issued_us > plot.world.now_us + 1000 * SECOND_US for log in logs)
    return found or (None if not all_arrived(plot) else False)


def read_by_its_version(plot: Plot) -> bool:
    scope = plot.world.node(HONEST).state.scope("HR")
    logs = [log for log in logs_of_rival(plot.world.node(HONEST).state)
            if log.name.agreement == "HR"]  # fmt: skip
    return scope.rules.version == 1 and bool(logs) and not scope.sealed and not scope.unreadable


def accusation_not_believed(plot: Plot) -> bool | None:
    """RIVAL's accusation stands in RIVAL's log, where it can be seen to be no proof."""
    state = plot.world.node(HONEST).state
    false = [e for e in entries(state, "fork.evidence") if e.log.party == RIVAL]
    return not any(
        isinstance(e.body, ForkEvidence)
        and log_name(e.body.origin).party in GOOD
        and forks.is_proof(state, e.body)
        for e in false
    ) if false else None  # fmt: skip


NAMED: dict[str, Callable[[Plot], bool | None]] = {
    "spam line": over_quota("line"),
    "spam ops": over_quota("ops"),
    "withheld receipts": receipts_missing,
    "withheld openings": refused("sealed"),
    "fork": forked,
    "stale restore": restored,
    "version 1": read_by_its_version,
    "clock off": clock_alarm,
    "heartbeat times": clock_alarm,
    "backdated": went_back,
    "postdated": ahead,
    "foreign logs": refused("fault", "a log written by RIVAL"),
    "false evidence": accusation_not_believed,
}
"""What shows each act, from HONEST's and NEUTRAL's own logs and stores."""
