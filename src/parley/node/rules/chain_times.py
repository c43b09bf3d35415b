"""Chain times: how long each party needed from an alert to a manoeuvre, measured from the logs.

The chain (NORMS 6): alert, seen by an operator, called on the line, answered by a person there, a
unit told, its crew manoeuvres, and the conflict is resolved by motion. Rules:

- A party's samples are conflicts that it raised and resolved itself. Our own run from our own
  node's word to its end: nobody else makes them longer, or takes them away. Where another party's
  was raised by several, it began with the earlier word and ended with the later: nobody shortens
  what others saw too.
- None is longer than the look-ahead: no warning comes earlier than that.
- Only a chain that was closed is measured: seen by this party, called, answered by a person of
  another party, each before the end, and ended by motion before the loss had come. Quick marks
  shorten nothing: what is measured is the whole, from the first alert to the last resolution.
- Where no unit of the party said that it was told, its crews may never have flown what was agreed:
  then the answer and the default share of unit, crew and manoeuvre are the least that counts.
- A chain that was begun on the line and not closed counts with the default, or as long as it stood.
- Exercises and tests are not mixed in. It is never less than the short-term time: no chain of
  people is that quick. Without enough samples it is the default.

What does not live here: what counts as a step (`alert_steps`), the class that follows from it.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from parley.node.agreement_bodies import UnitReceipted
from parley.node.entries import Alert, AlertResolved, Entry
from parley.node.rules.alert_steps import Step, resolution_of, steps_of, together
from parley.node.rules.alerts import standing
from parley.node.rules.replying import closing_answer
from parley.node.state import Key, Scope, State, Thread, key_of, written_us
from parley.node.warning_bodies import ConflictRaised, ConflictRenewed
from parley.node.warning_checks import CHAIN_MAX_S
from parley.world.norms import norms
from parley.world.units import MICROSECONDS_PER_SECOND

CHAIN_RULES = 5
"""The rules version from which times to act are measured."""
UNIT_SHARE = 0.5
"""What of the default belongs to unit, crew and manoeuvre: 5 of 10 minutes; the other 5 to operator
and line. A convention: NORMS 6 gives the whole only."""
ENDED_BY_MOTION = "no loss predicted"
"""How a resolution says that the motion ended it; other ends are not known to be manoeuvres."""
_DAY_US = 86_400 * MICROSECONDS_PER_SECOND
_INDEX = "chain times"


class ChainTime(msgspec.Struct, frozen=True, kw_only=True):
    """How long a party needs from a warning to a manoeuvre.

    `samples`: chains of the last `chain_days` days that count; `unclosed`: those of them that were
    begun and not closed. `measured`: there are enough of them; else `chain_s` is the default.
    """

    party: str
    chain_s: int
    samples: int
    unclosed: int
    measured: bool

    @property
    def text(self) -> str:
        """It in words, with what it rests on.

        >>> ChainTime(party="A", chain_s=600, samples=3, unclosed=0, measured=False).text
        'A 10 min (default: 3 samples of 20)'
        """
        least = norms().alert.chain_samples_least
        if not self.measured:
            whole = f"{self.party} {self.chain_s // 60} min"
            return f"{whole} (default: {self.samples} samples of {least})"
        left = f", {self.unclosed} not closed" if self.unclosed else ""
        return f"{self.party} {self.chain_s} s (p95 of {self.samples}{left})"


@dataclass(frozen=True, slots=True)
class Sample:
    """One chain of one party: when it ended, how long it took, and whether it was closed."""

    party: str
    ended_us: int
    took_s: int
    closed: bool


@dataclass(slots=True)
class _Index:
    """The samples by the alert of their party; by party and day of their end, the times sorted."""

    samples: dict[Key, Sample] = field(default_factory=dict)
    days: dict[tuple[str, int], list[tuple[int, bool]]] = field(default_factory=dict)
    found: dict[tuple[str, int], ChainTime] = field(default_factory=dict)


def chain_times(
    state: State, agreement_id: str, parties: Iterable[str], now_us: int
) -> dict[str, int]:
    """Return how long each party needs from a warning to a manoeuvre, in seconds.

    The `chain_share` (95 %) of its chains of the last days by nearest rank; the default for whom
    there are too few, and under agreements of earlier rules.
    """
    return {each.party: each.chain_s for each in chains(state, agreement_id, parties, now_us)}


def own_chain_s(state: State, scope: Scope, now_us: int) -> int:
    """Return how long our own party needs under an agreement, in seconds."""
    return chain_times(state, scope.agreement_id, (state.party,), now_us)[state.party]


def chains(
    state: State, agreement_id: str, parties: Iterable[str], now_us: int
) -> tuple[ChainTime, ...]:
    """Return the chain time of each party with what it rests on, by name."""
    scope = state.scope(agreement_id)
    index = _index_of(state, scope)
    today = now_us // _DAY_US
    names = sorted(set(parties))
    for party in names:
        if (party, today) not in index.found:
            index.found = {key: each for key, each in index.found.items() if key[1] == today}
            index.found[(party, today)] = _chain_time(index, party, today)
    return tuple(index.found[(party, today)] for party in names)


def nearest_rank(values: Sequence[int], share: float) -> int:
    """Return the value below or at which a share of sorted values lies, by nearest rank.

    >>> nearest_rank(list(range(1, 21)), 0.95), nearest_rank([7], 0.95)
    (19, 7)
    """
    return values[max(0, math.ceil(share * len(values)) - 1)]


def _chain_time(index: _Index, party: str, today: int) -> ChainTime:
    limits = norms().alert
    rows: list[tuple[int, bool]] = []
    for day in range(today - limits.chain_days + 1, today + 1):
        rows += index.days.get((party, day), ())
    rows.sort()
    measured = len(rows) >= limits.chain_samples_least
    took_s = limits.chain_s
    if measured:
        share_s = nearest_rank([took for took, _ in rows], limits.chain_share)
        took_s = min(max(share_s, limits.short_term_s), CHAIN_MAX_S)
    return ChainTime(
        party=party,
        chain_s=took_s,
        samples=len(rows),
        unclosed=sum(not closed for _, closed in rows),
        measured=measured,
    )


# ---- the index ----------------------------------------------------------------------------------


def _index_of(state: State, scope: Scope) -> _Index:
    """Return the samples; made anew are those of alerts about which something was written."""
    held = scope.index.views.get(_INDEX)
    index = held[1] if held is not None else _Index()
    assert isinstance(index, _Index)
    scope.index.views[_INDEX] = (None, index)
    changed, scope.index.chained = scope.index.chained, set()
    if scope.rules.version < CHAIN_RULES:
        return index
    looked: set[Key] = set()
    for key in changed:
        for alert in _alerts_of(scope, key):
            for each in together(scope, alert):
                if key_of(each) not in looked:
                    looked.add(key_of(each))
                    _put(index, key_of(each), _sample(state, scope, each))
    return index


def _alerts_of(scope: Scope, key: Key) -> list[Entry]:
    """Return the conflicts that a changed thing is, or is about: it, or by message and call."""
    refs = {key}
    thread = scope.threads.get(key)
    said = thread.said if thread is not None else None
    refs |= {ref.key for ref in said.ref} if said is not None else set()
    call = scope.line.calls.get(key)
    refs |= {ref.key for ref in call.ref} if call is not None else set()
    found = (scope.alerts.get(each) for each in refs)
    return [e for e in found if e is not None and isinstance(e.body, ConflictRaised)]


def _put(index: _Index, key: Key, sample: Sample | None) -> None:
    before = index.samples.pop(key, None)
    if before == sample:
        if sample is not None:
            index.samples[key] = sample
        return
    index.found.clear()
    if before is not None:
        index.days[_day(before)].remove((before.took_s, before.closed))
    if sample is not None:
        index.samples[key] = sample
        bisect.insort(index.days.setdefault(_day(sample), []), (sample.took_s, sample.closed))


def _day(sample: Sample) -> tuple[str, int]:
    return (sample.party, sample.ended_us // _DAY_US)


# ---- one chain ----------------------------------------------------------------------------------


def _sample(state: State, scope: Scope, alert: Entry) -> Sample | None:
    """Return the chain of whoever raised an alert; None: it was none, or is not over."""
    if alert.status != "actual":
        return None
    group = together(scope, alert)
    party = alert.log.party
    timed = (alert,) if party == state.party else group
    ends = [resolution_of(scope, key_of(each)) for each in timed]
    if any(end is None for end in ends):
        return None
    began_us = min(written_us(each) for each in timed)
    ended_us = max(written_us(end) for end in ends if end is not None)
    steps, _ = steps_of(state, scope, group)
    before_end = [step for step in steps if step.at_us <= ended_us]
    called = [step for step in before_end if step.stage == "called" and step.how != "marked"]
    if not any(step.party == party for step in called) and not _asked(called, party):
        # Nobody used the line: nothing was measured, however it ended.
        return None
    default_s, longest_s = norms().alert.chain_s, norms().alert.lookahead_long_s
    stood_s = min(math.ceil((ended_us - began_us) / MICROSECONDS_PER_SECOND), longest_s)
    seen = any(step.party == party for step in before_end)
    answered_us = _answered_us(scope, called, ended_us)
    motion = all(_averted(scope, each, end) for each, end in zip(timed, ends, strict=True))
    if not seen or answered_us is None or not motion:
        return Sample(party, ended_us, max(stood_s, default_s), closed=False)
    if not _unit_told(scope, called, party, ended_us):
        share_s = (answered_us - began_us) / MICROSECONDS_PER_SECOND + UNIT_SHARE * default_s
        stood_s = min(max(stood_s, math.ceil(share_s)), longest_s)
    return Sample(party, ended_us, stood_s, closed=True)


def _averted(scope: Scope, alert: Entry, end: Entry | None) -> bool:
    """Whether motion ended a conflict before the loss that was told last had come.

    After it "no loss predicted" says that they have passed one another: nobody may have made way.
    """
    told = standing(scope, key_of(alert)).body
    if end is None or not isinstance(end.body, AlertResolved):
        return False
    assert isinstance(told, Alert | ConflictRenewed)
    came = told.loss_at_us is not None and told.loss_at_us <= written_us(end)
    return end.body.why.startswith(ENDED_BY_MOTION) and not came


def _asked(called: list[Step], party: str) -> bool:
    """Whether somebody called this party about it."""
    return any(party in step.entry.to for step in called)


def _thread(scope: Scope, step: Step) -> Thread | None:
    return scope.threads.get(key_of(step.entry)) if step.how == "message" else None


def _answered_us(scope: Scope, called: list[Step], ended_us: int) -> int | None:
    """Return when a person at the other end first answered; None: nobody did before the end.

    A telephone call in which somebody talked is an answer, when it was over; as one end alone says,
    when that was written down.
    """
    found: list[int] = []
    ends: dict[Key, list[Step]] = {}
    for step in called:
        thread = _thread(scope, step)
        if thread is not None and thread.said is not None:
            answers = (closing_answer(thread, to) for to in thread.said.to)
            found += [written_us(each) for each in answers if each is not None]
        elif step.how == "telephone":
            ends.setdefault(step.alert, []).append(step)
    for steps in ends.values():
        both = len({step.party for step in steps}) > 1
        if both:
            found.append(max(step.said_us if not step.late else step.at_us for step in steps))
        else:
            found += [step.at_us for step in steps]
    return min((at_us for at_us in found if at_us <= ended_us), default=None)


def _unit_told(scope: Scope, called: list[Step], party: str, ended_us: int) -> bool:
    """Whether a unit of a party said before the end that it has what was said about the alert."""
    for step in called:
        thread = _thread(scope, step)
        if thread is None:
            continue
        for entry in scope.terms.receipted.get(thread.key, {}).values():
            told = isinstance(entry.body, UnitReceipted) and entry.log.party == party
            if told and entry.ref[0].leaf == thread.leaf and written_us(entry) <= ended_us:
                return True
    return False
