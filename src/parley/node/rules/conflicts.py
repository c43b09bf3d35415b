"""Conflicts under agreements of rules version 5: found, raised, renewed and resolved (NORMS 6).

Rules:
- A node warns about its own aircraft and those bound through it, of everybody that its feeds show.
- What new reports moved is compared with the others, nothing else; the rest stands as it was found.
- When a pair is raised, renewed or ended is for the machine of `detect.alerting` to say; the class
  goes by the longer of the times in which the two parties can act.
- A pair of which one is not heard is not looked at: silence is no "no loss" (`tracks.due` ends it).
- A crowd does not fill the record: beyond the limits below pairs are counted and told as a crowd
  (`crowds`), those of agreements that bind and the soonest first. Nothing is dropped unsaid.
- The same reports give the same entries, in whatever order they lie in a batch.

What does not live here: motions (`conflict_flights`), minima (`conflict_minima`), the entries
(`conflict_drafts`), flights that fly as one (`formation_flights`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from parley.detect.alerting import (
    AT_ONCE_S,
    KEEP_S,
    Decision,
    Look,
    Numbers,
    Told,
)
from parley.detect.live import LiveConflicts
from parley.node.conflict_watch import (
    PAIRS_PER_AIRCRAFT_MAX,
    PAIRS_WATCHED_MAX,
    ConflictWatch,
    Flying,
    GroupTable,
    PairSeen,
    key_of_pair,
)
from parley.node.entries import Draft
from parley.node.picture import STALE_US
from parley.node.rules.alerts import open_alert, resolve, standing
from parley.node.rules.chain_times import chain_times
from parley.node.rules.conflict_drafts import Found, conflict_draft, of_one_formation
from parley.node.rules.conflict_flights import forget_gone, grouped, part_of, placed, watch_of
from parley.node.rules.conflict_minima import merged, rule_at, stamp_of, table_of
from parley.node.rules.formation_flights import form
from parley.node.rules.pairs import warned_by_conflicts
from parley.node.state import State
from parley.node.warning_bodies import ConflictRaised, ConflictRenewed

RAISED_PER_TURN_MAX = 64
"""In one turn: more than anybody reads at once; those left over come at their next look, and 64
entries are written within the second in which a turn must be over."""
STANDING_PER_AIRCRAFT_MAX = 8
"""Of one aircraft: who has eight conflicts flies through a crowd, and is told so as one thing."""
STANDING_MAX = 1_000
"""Of one node: a hundred times the flood rule of NORMS 6 (10 in 10 min)."""
LOSSES_PER_TURN_MAX = 10_000
"""Found in one turn: a quarter of a second of work. Who is in no crowd is looked at first; the rest
of a crowd waits for the next turn, keeps what was found of it before, and is told as waiting."""
CROWDED = 64
"""Losses of one aircraft from which it is in a crowd: four times those that are remembered."""
URGENT_FACTOR = 2
"""What binds and is short-term gets as much room again: strangers and far losses do not fill it."""


def turn(state: State, names: Iterable[str], now_us: int) -> list[Draft]:
    """Return what new reports of some aircraft raise, renew and resolve."""
    if not any(warned_by_conflicts(state, name) for name in state.agreements):
        return []
    watch = watch_of(state)
    _take_up(state, watch)
    forget_gone(state, watch)
    reported = sorted(set(names))
    stamp = stamp_of(state)
    for name in reported:
        # All groups first: a new one makes the table of minima new.
        grouped(state, watch, name, stamp)
    if watch.groups:
        table_of(state, watch, now_us)
    moved = {flown for name in reported for flown in placed(state, watch, name, now_us)}
    drafts = form(state, watch, reported, moved, now_us)
    if moved:
        drafts += _Turn.of(state, watch, moved, now_us).drafts()
    return drafts


def crowds(state: State) -> tuple[str, ...]:
    """Return in words what is not told one by one, or looked at more coarsely: none in peace.

    How many pairs are not raised, and around whom; whose newest reports were not compared; which
    formations are looked at by the widest extent.
    """
    watch = watch_of(state)
    words = []
    counted = {name: n for name, n in watch.unraised.items() if n and name in watch.flying}
    if counted:
        most = min(counted, key=lambda name: (-counted[name], name))
        place = watch.motions.get(watch.flying[most].aircraft)
        last = place[1].last if place is not None else None
        near = f" near {last.lat_deg:.2f} {last.lon_deg:.2f}" if last is not None else ""
        pairs = (sum(counted.values()) + 1) // 2
        around = f"{len(counted)} aircraft around {watch.flying[most].aircraft}{near}"
        words.append(f"{pairs} pairs not raised one by one: a crowd of {around}")
    if watch.unlooked:
        words.append(f"newest reports of {len(watch.unlooked)} aircraft in a crowd not compared")
    return (*words, *merged(watch))


def _take_up(state: State, watch: ConflictWatch) -> None:
    """Watch the own conflicts that were open before this node started."""
    if watch.taken_up:
        return
    watch.taken_up = True
    for agreement in sorted(state.scopes):
        scope = state.scopes[agreement]
        for place in sorted(scope.index.watched.get(state.party, {})):
            body = standing(scope, place).body
            if not isinstance(body, ConflictRaised | ConflictRenewed):
                continue
            one, two = (
                each.aircraft if each.members else part_of(each.aircraft) for each in body.states
            )
            seen = watch.remember(body.key, (one, two))
            seen.agreement = agreement
            seen.memory.told = Told(
                body.alert_class,
                standing(scope, place).issued_us,
                body.loss_at_us,
                body.least_horizontal_mm / 1000,
            )


Rows = list[tuple[int, float, np.void]]
"""What was found of a pair: by which plane of the minima, seconds to it, row of the prediction."""

# ---- one turn -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Wanted:
    """A pair that is to be raised: how urgent, and from what."""

    found: Found
    look: Look
    decision: Decision
    seen: PairSeen | None

    @property
    def rank(self) -> tuple[bool, float, str]:
        """What binds first, then the soonest."""
        return (not self.found.rule.binding, self.found.loss_s, self.found.key)

    @property
    def urgent(self) -> bool:
        """Whether it may use the room that is kept."""
        return self.found.rule.binding and self.decision.alert_class == "short-term"


@dataclass(slots=True)
class _Turn:
    """The work of one turn: pairs of what has moved with everybody."""

    state: State
    watch: ConflictWatch
    moved: set[str]
    now_us: int
    table: GroupTable
    numbers: Numbers
    rows: dict[tuple[str, str], Rows]
    undecided: set[tuple[str, str]]
    left: Counter[str]
    chains: dict[tuple[str, tuple[str, ...]], dict[str, int]]

    @staticmethod
    def of(state: State, watch: ConflictWatch, moved: set[str], now_us: int) -> _Turn:
        """Return a turn with what was found."""
        table = table_of(state, watch, now_us)
        made = _Turn(state, watch, set(), now_us, table, Numbers.of(), {}, set(), Counter(), {})
        made._find(sorted(moved, key=made._waits))
        for _ in made.undecided:
            # Heights of two references are not compared silently; the picture counts them.
            state.picture.refuse("pair with two altitude references")
        return made

    def _waits(self, name: str) -> tuple[bool, bool, str]:
        """Who is in no crowd is looked at first, then who was not looked at before."""
        return (name in self.watch.losses, name not in self.watch.unlooked, name)

    def _find(self, names: list[str]) -> None:
        """Find the losses of names, until there are too many: then the rest is not looked at."""
        watch, ahead_s = self.watch, self.numbers.lookahead_s + KEEP_S
        start, total = 0, 0
        before: set[str] = set()
        step = max(min(LOSSES_PER_TURN_MAX // max(len(watch.live), 1), 64), 1)
        while start < len(names) and total < LOSSES_PER_TURN_MAX:
            part = names[start : start + step]
            found = watch.live.conflicts_among(part, self.table.minima, ahead_s, self.now_us)
            self._add(part, before, found)
            before.update(part)
            total += len(found.rows)
            start += len(part)
        self.moved = set(names[:start])
        watch.unlooked -= self.moved
        watch.unlooked |= set(names[start:])

    def _add(self, names: list[str], before: set[str], found: LiveConflicts) -> None:
        losses_s = found.rows["loss_s"].tolist()
        for pair, plane, loss_s, row in zip(
            found.pairs, found.rule.tolist(), losses_s, found.rows, strict=True
        ):
            # Of two that both moved the pair is found once in each part.
            if pair[0] not in before and pair[1] not in before:
                self.rows.setdefault(pair, []).append((plane, loss_s, row))
        self.left.update(found.left_out)
        self.undecided.update(found.undecided)
        ends = np.concatenate((found.rows["a"], found.rows["b"]))
        counts = np.bincount(ends, minlength=len(found.ids)).tolist()
        count = Counter(dict(zip(found.ids, counts, strict=True)))
        count.update(found.left_out)
        for name in names:
            self.watch.losses.pop(name, None)
            if count[name] >= CROWDED:
                self.watch.losses[name] = count[name]

    def drafts(self) -> list[Draft]:
        """Return the entries, in the order of their keys."""
        rows, undecided, left = self.rows, self.undecided, self.left
        watched = {k for name in self.moved for k in self.watch.keys_of.get(name, ())}
        drafts: list[tuple[str, Draft]] = []
        wanted: list[_Wanted] = []
        for key in sorted(watched):
            names = self.watch.pairs[key].names
            if self._agreed(names):
                rows.pop(names, None)
                drafts += [(key, d) for d in self._joined(key)]
            elif names not in undecided and self._heard(names):
                self._look_again(key, names, rows.pop(names, []), drafts, wanted)
            else:
                self._unheard(key, names)
                rows.pop(names, None)
        wanted += self._new(rows, left)
        drafts += self._raised(wanted, left)
        for name in self.moved:
            self.watch.unraised[name] = left[name]
            if not left[name]:
                del self.watch.unraised[name]
        return [draft for _, draft in sorted(drafts, key=lambda each: each[0])]

    # ---- pairs that are watched -----------------------------------------------------------------

    def _heard(self, names: tuple[str, str]) -> bool:
        flying = [self.watch.flying.get(name) for name in names]
        return all(each is not None and self.now_us - each.at_us <= STALE_US for each in flying)

    def _unheard(self, key: str, names: tuple[str, str]) -> None:
        """Nothing is said of a pair that cannot be predicted; unless it stands it is forgotten."""
        if self.watch.pairs[key].memory.told is None and not self._heard(names):
            self.watch.forget_pair(key)

    def _look_again(
        self,
        key: str,
        names: tuple[str, str],
        rows: Rows,
        drafts: list[tuple[str, Draft]],
        wanted: list[_Wanted],
    ) -> None:
        seen = self.watch.pairs[key]
        memory = seen.memory
        stands = open_alert(self.state, seen.agreement, key) if memory.told is not None else None
        if memory.told is not None and stands is None:
            memory.end()
        found, look = self._look(key, names, rows, seen.agreement if stands is not None else None)
        decision = memory.look(look, self.numbers)
        if decision.step == "resolve":
            drafts += [
                (key, d) for d in resolve(self.state, seen.agreement, key, "no loss predicted")
            ]
            memory.end()
        elif decision.step == "raise" and found is not None:
            wanted.append(_Wanted(found, look, decision, seen))
        elif decision.step == "renew" and found is not None and stands is not None:
            new = decision.alert_class
            drafts.append((key, conflict_draft(self.state, self.watch, found, look, new, stands)))
            memory.say(look, new)
        if memory.idle:
            self.watch.forget_pair(key)

    def _agreed(self, names: tuple[str, str]) -> bool:
        """Whether two are joining a formation that all agreed to."""
        if not self.watch.formed:
            return False
        one, two = (self.watch.flying.get(name) for name in names)
        if one is None or two is None or not of_one_formation(one, two):
            return False
        return all(each.joining or each.formation is not None for each in (one, two))

    def _joined(self, key: str) -> list[Draft]:
        seen = self.watch.pairs[key]
        told = seen.memory.told is not None
        drafts = resolve(self.state, seen.agreement, key, "they join a formation") if told else []
        self.watch.forget_pair(key)
        return drafts

    # ---- pairs that are new ---------------------------------------------------------------------

    def _new(self, rows: dict[tuple[str, str], Rows], left: Counter[str]) -> list[_Wanted]:
        """Remember the pairs with a loss that were not watched, the most pressing first."""
        ranked = []
        for names, places in rows.items():
            best = self._soonest(names, places, None)
            if best is not None and not self._agreed(names):
                rule, _ = rule_at(self.table, *self._two(names), best[1])
                ranked.append((not rule.binding, best[0], key_of_pair(*names), names))
        ranked.sort()
        wanted = []
        for advisory, loss_s, key, names in ranked:
            # Of a crowd most are counted here, and nothing more is made of them.
            soon = not advisory and loss_s <= AT_ONCE_S
            if not self._room(names, URGENT_FACTOR if soon else 1):
                for name in names:
                    left[name] += 1
                continue
            found, look = self._look(key, names, rows[names], None)
            assert found is not None, "it was found a moment ago"
            seen = self.watch.remember(key, names)
            decision = seen.memory.look(look, self.numbers)
            if decision.step == "raise":
                wanted.append(_Wanted(found, look, decision, seen))
            if seen.memory.idle:
                self.watch.forget_pair(key)
        return wanted

    def _room(self, names: tuple[str, str], factor: int) -> bool:
        """Whether one pair more may be remembered."""
        mine = max(len(self.watch.keys_of.get(name, ())) for name in names)
        return (
            mine < factor * PAIRS_PER_AIRCRAFT_MAX
            and len(self.watch.pairs) < factor * PAIRS_WATCHED_MAX
        )

    def _raised(self, wanted: list[_Wanted], left: Counter[str]) -> list[tuple[str, Draft]]:
        """Return the entries of what is raised now; what there is no room for is counted."""
        drafts: list[tuple[str, Draft]] = []
        standing_of: Counter[str] = Counter()
        total = 0
        if wanted:
            for pair in self.watch.pairs.values():
                if pair.memory.told is not None:
                    standing_of.update(pair.names)
                    total += 1
        for each in sorted(wanted, key=lambda w: w.rank):
            assert each.seen is not None
            names = each.seen.names
            factor = URGENT_FACTOR if each.urgent else 1
            full = (
                len(drafts) >= RAISED_PER_TURN_MAX
                or total >= factor * STANDING_MAX
                or max(standing_of[name] for name in names) >= factor * STANDING_PER_AIRCRAFT_MAX
            )
            if full:
                left.update(names)
                continue
            key, new = each.found.key, each.decision.alert_class
            if open_alert(self.state, each.found.rule.agreement, key) is None:
                draft = conflict_draft(self.state, self.watch, each.found, each.look, new, None)
                drafts.append((key, draft))
                standing_of.update(names)
                total += 1
            each.seen.agreement = each.found.rule.agreement
            each.seen.memory.say(each.look, new)
        return drafts

    # ---- one look -------------------------------------------------------------------------------

    def _two(self, names: tuple[str, str]) -> tuple[Flying, Flying]:
        return self.watch.flying[names[0]], self.watch.flying[names[1]]

    def _under(self, names: tuple[str, str], rows: Rows, under: str | None) -> Rows:
        """Return what was found by the rules of one agreement; None: of all."""
        if under is None:
            return rows
        two = self._two(names)
        return [row for row in rows if rule_at(self.table, *two, row[0])[0].agreement == under]

    def _soonest(
        self, names: tuple[str, str], rows: Rows, under: str | None
    ) -> tuple[float, int] | None:
        """Return the soonest loss by the minima themselves, and its plane."""
        far_s = self.numbers.lookahead_s
        found = [
            (loss_s, plane)
            for plane, loss_s, _ in self._under(names, rows, under)
            if plane % 2 == 0 and loss_s <= far_s
        ]
        return min(found, default=None)

    def _look(
        self, key: str, names: tuple[str, str], rows: Rows, under: str | None
    ) -> tuple[Found | None, Look]:
        """Return what a look at a pair finds; `under`: only by rules of the agreement it has."""
        one, two = self._two(names)
        newest_us = max(one.at_us, two.at_us)
        best = self._soonest(names, rows, under)
        wider_s = [loss_s for plane, loss_s, _ in self._under(names, rows, under) if plane % 2]
        kept_s = min(wider_s, default=None)
        if best is None:
            return None, Look(self.now_us, newest_us, None, kept_s)
        row = next(row for plane, loss_s, row in rows if (loss_s, plane) == best)
        rule, limit = rule_at(self.table, one, two, best[1])
        chain_s = self._chain_s(rule.agreement, (one.party, two.party))
        found = Found(key, (one, two), rule, limit, row, chain_s)
        look = Look(
            self.now_us,
            newest_us,
            best[0],
            kept_s,
            least_m=float(row["least_horizontal_m"]),
            minimum_m=limit.horizontal_m,
            firm=one.motion.steady and two.motion.steady,
            chain_s=float(max(chain_s.values())),
        )
        return found, look

    def _chain_s(self, agreement: str, parties: tuple[str | None, str | None]) -> dict[str, int]:
        """Return how long each known party of a pair needs from a warning to a manoeuvre."""
        named = tuple(sorted({party for party in parties if party}))
        if (agreement, named) not in self.chains:
            self.chains[agreement, named] = chain_times(self.state, agreement, named, self.now_us)
        return self.chains[agreement, named]
