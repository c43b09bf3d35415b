"""Overlaps of own intents with those of other parties: found, kept up to date, told, and alerted.

Rules:
- Symmetric: both parties derive the same conflict from the same logs, with the same words.
- Complete, or it says so: what is still to be compared is counted, and a comparison that would need
  too many exact tests is a possible overlap, undecided, never left out.
- What is said of an intent that went to some only goes to nobody else: to those who may hold both.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from parley.detect.strategic import Overlap, VolumeConflict, overlap, overlaps
from parley.detect.strategic_index import Box, VolumeIndex, box_of, boxes_meet
from parley.node.entries import AlertRaised, AlertResolved, Draft
from parley.node.intent_table import Held, IntentTable
from parley.node.rules.intent_record import (
    INTENT_RULES,
    IntentView,
    candidates,
    clock_of,
    index_again,
    intent_of,
    read_intents,
    view_of,
)
from parley.node.rules.precedence import Precedence, name_of, precedence
from parley.node.rules.pressure import pressure_at
from parley.node.state import Scope, State
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.intent import Intent, IntentState
from parley.world.limits import INTENT_TESTS_MAX, INTENT_TESTS_PER_STEP_MAX
from parley.world.time import format_second
from parley.world.units import MICROSECONDS_PER_SECOND
from parley.world.volume import PressureSource, VerticalLimit, Volume4D

_PRUNED_EVERY_US = 60 * MICROSECONDS_PER_SECOND
_LOOKED_EVERY_US = 10 * MICROSECONDS_PER_SECOND
_FEW = 64
"""So many pairs of boxes are compared one by one; more through an index of their own."""


class Common(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What two volumes have in common: which, when, where, how deep, between which heights.

    `volumes`: one of the first intent, one of the second, counted from 0.
    """

    volumes: tuple[int, int]
    decided: str
    from_us: int | None
    to_us: int | None
    at: Position | None
    depth_m: float
    lower: tuple[VerticalLimit, ...]
    upper: tuple[VerticalLimit, ...]
    because: str


class Conflict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two intents of different parties that overlap, or may: the same at both parties.

    `first` and `second` are named PARTY/ID.VERSION, in the order of their names. `binding`: it is
    decided, and neither is over its party's limits. `audience`: who holds both; None is all.
    """

    agreement: str
    first: str
    second: str
    flights: tuple[str, str]
    states: tuple[str, str]
    priorities: tuple[str, str]
    decided: str
    binding: bool
    commons: tuple[Common, ...]
    precedence: Precedence
    over_limit: tuple[str, ...] = ()
    audience: tuple[str, ...] | None = None

    @property
    def text(self) -> str:
        """In words: what overlaps, where, when, by how much, and who goes first."""
        word = "overlap" if self.decided == "overlap" else "possibly overlap (undecided)"
        parts = [f"intents {self.first} and {self.second} {word}: {_common_text(self.commons[0])}"]
        if len(self.commons) > 1:
            parts.append(f"and {len(self.commons) - 1} more pairs of volumes")
        parts += [f"over the limit, advisory only: {why}" for why in self.over_limit]
        parts.append(self.precedence.text)
        return "; ".join(parts)


def _common_text(common: Common) -> str:
    window = " to ".join(
        format_second(at_us) if at_us is not None else "open"
        for at_us in (common.from_us, common.to_us)
    )
    where = ""
    if common.at is not None:
        where = f" at {common.at.lat_deg:.5f} {common.at.lon_deg:.5f}, {common.depth_m:.0f} m deep"
    heights = " to ".join(
        " or ".join(_limit_text(limit) for limit in limits)
        for limits in (common.lower, common.upper)
    )
    unsure = f" ({common.because})" if common.decided == "undecided" else ""
    pair = f"volumes {common.volumes[0]} and {common.volumes[1]}"
    return f"{pair}, {window}{where}, heights {heights}{unsure}"


def _limit_text(limit: VerticalLimit) -> str:
    if limit.value_m is None:
        return limit.reference
    return f"{limit.value_m:.0f} m {limit.reference}"


# ---- comparing ----------------------------------------------------------------------------------


def compared(
    volumes: Sequence[Volume4D], others: Sequence[Volume4D], pressure: PressureSource | None
) -> tuple[tuple[VolumeConflict, ...], int]:
    """Return all overlaps of two lists of volumes, the decided ones first, and the exact tests.

    Where it would need more than `INTENT_TESTS_MAX`, the one answer is that nobody compared them.
    """
    meeting = _meeting([box_of(v) for v in volumes], [box_of(v) for v in others])
    if len(meeting) > INTENT_TESTS_MAX:
        return (_not_compared(volumes, others, len(meeting)),), 0
    found = []
    for a, b in meeting:
        common = overlap(volumes[a], others[b], pressure=pressure)
        if common is not None:
            found.append(VolumeConflict(a=a, b=b, overlap=common))
    found.sort(key=_urgency)
    return tuple(found), len(meeting)


def _meeting(boxes: Sequence[Box], others: Sequence[Box]) -> list[tuple[int, int]]:
    """Return which boxes of two lists have something in common."""
    if len(boxes) * len(others) <= _FEW:
        pairs = itertools.product(enumerate(boxes), enumerate(others))
        return [(a, b) for (a, box), (b, other) in pairs if boxes_meet(box, other)]
    index = VolumeIndex()
    for place, other in enumerate(others):
        index.add(place, [other])
    return [(a, b) for a, box in enumerate(boxes) for b in index.candidates(box).tolist()]


def _urgency(conflict: VolumeConflict) -> tuple[bool, float, int, int]:
    from_us = conflict.overlap.from_us
    starts = float("-inf") if from_us is None else from_us
    return conflict.overlap.decided == "undecided", starts, conflict.a, conflict.b


def _not_compared(
    volumes: Sequence[Volume4D], others: Sequence[Volume4D], tests: int
) -> VolumeConflict:
    because = f"not compared: it needs {tests} exact tests, at most {INTENT_TESTS_MAX}"
    common = Overlap(
        decided="undecided",
        from_us=None,
        to_us=None,
        lower=(volumes[0].lower,),
        upper=(others[0].upper,),
        depth_m=0.0,
        at=None,
        because=because,
    )
    return VolumeConflict(a=0, b=0, overlap=common)


def refresh(
    state: State, scope: Scope, now_us: int, *, tests_max: int | None = INTENT_TESTS_PER_STEP_MAX
) -> IntentTable:
    """Return the table, with intents that changed compared again; what is left waits in `todo`.

    Args:
        state: this party's mind.
        scope: the agreement.
        now_us: for what is over, and for the pressure.
        tests_max: so many exact tests at most, and one intent at least; None is no limit.
    """
    table, clock_us = read_intents(state, scope), clock_of(scope, now_us)
    _take_pressure(state, scope, table, now_us)
    _prune(state, scope, table, clock_us)
    if not table.todo:
        return table
    _shorten(table)
    tests = 0
    for held in _by_urgency(table):
        if tests_max is not None and tests >= tests_max:
            break
        table.todo.discard(held.number)
        tests += _compare(state, scope, table, held, clock_us)
    return table


def _take_pressure(state: State, scope: Scope, table: IntentTable, now_us: int) -> None:
    """Compare again what a pressure source decides, when there is another."""
    pressure = _pressure(state, scope, now_us)
    if pressure == table.pressure:
        return
    table.pressure = pressure
    if table.own.has_levels or table.others.has_levels:
        table.todo |= table.own.numbers


def _prune(state: State, scope: Scope, table: IntentTable, clock_us: int) -> None:
    """Let what is over go out of the index; bring it back if the clock was set back."""
    since_us = table.pruned_us
    if since_us is not None and since_us <= clock_us < since_us + _PRUNED_EVERY_US:
        return
    if since_us is not None and clock_us < since_us:
        index_again(state, scope, table, clock_us)
    table.pruned_us = clock_us
    for index in (table.own, table.others):
        for number in index.drop_over(clock_us):
            table.drop_pairs(number)
            table.todo.discard(number)


def _shorten(table: IntentTable) -> None:
    """Compare own intents with all, where that is less than all new ones with our own."""
    own = table.own.numbers
    if len(table.todo - own) > len(own):
        table.todo = {n for n in table.todo if n not in table.others} | own


def _by_urgency(table: IntentTable) -> list[Held]:
    """Return what is still to be compared: what is within its limits first, the soonest first."""
    found = [table.held[table.names[number]] for number in table.todo if number in table.names]
    return sorted(found, key=lambda h: (bool(h.over_limit), h.from_us or 0, h.party, h.id))


def _compare(state: State, scope: Scope, table: IntentTable, held: Held, clock_us: int) -> int:
    """Find the overlaps of one intent again; return how many exact tests that took."""
    table.drop_pairs(held.number)
    intent = intent_of(scope, held.key) if held.stands(clock_us) else None
    if intent is None:
        return 0
    mine = held.party == state.party
    tests = 1
    for other in candidates(
        table, intent.volumes, now_us=clock_us, whose="others" if mine else "own"
    ):
        rest = intent_of(scope, other.key)
        if rest is None:
            continue
        one, two = (intent, rest) if mine else (rest, intent)
        found, took = compared(one.volumes, two.volumes, table.pressure)
        tests += took
        if found:
            pair = (held.number, other.number) if mine else (other.number, held.number)
            table.put_pair(pair, found)
    return tests


def against_others(
    state: State, scope: Scope, intent: Intent, now_us: int
) -> tuple[list[tuple[Held, Intent, tuple[VolumeConflict, ...]]], int]:
    """Return the other parties' intents that an intent overlaps or may overlap, and the tests.

    Raises:
        InputFault: it would need more exact tests than `INTENT_TESTS_MAX`; nothing is left out.
    """
    pressure, found, tests = _pressure(state, scope, now_us), [], 0
    for held, other in _near(state, scope, intent, now_us):
        common, took = compared(intent.volumes, other.volumes, pressure)
        tests += took
        _check_tests(intent, tests)
        if common:
            found.append((held, other, common))
    return found, tests


def met_by(state: State, scope: Scope, intent: Intent, now_us: int) -> list[Held]:
    """Return the other parties' intents that `against_others` returns, found sooner.

    Raises:
        InputFault: as there.
    """
    pressure, found, tests = _pressure(state, scope, now_us), [], 0
    boxes = [box_of(volume) for volume in intent.volumes]
    for held, other in _near(state, scope, intent, now_us):
        meeting = _meeting(boxes, [box_of(volume) for volume in other.volumes])
        tests += len(meeting)
        _check_tests(intent, tests)
        if any(
            overlaps(intent.volumes[a], other.volumes[b], pressure=pressure) for a, b in meeting
        ):
            found.append(held)
    return found


def _pressure(state: State, scope: Scope, now_us: int) -> PressureSource | None:
    if scope.rules.version < INTENT_RULES:
        return None
    return pressure_at(state, scope.agreement_id, now_us)


def _near(state: State, scope: Scope, intent: Intent, now_us: int) -> Iterator[tuple[Held, Intent]]:
    """Yield the other parties' standing intents whose boxes an intent meets."""
    table = read_intents(state, scope)
    near = candidates(table, intent.volumes, now_us=clock_of(scope, now_us), whose="others")
    _check_tests(intent, len(near))
    for held in near:
        other = intent_of(scope, held.key)
        if other is not None:
            yield held, other


def _check_tests(intent: Intent, tests: int) -> None:
    if tests > INTENT_TESTS_MAX:
        raise InputFault(
            f"intent {intent.id}",
            value=f"{tests} exact comparisons or more",
            wanted=f"at most {INTENT_TESTS_MAX}: all of them, or none",
            repair="file it in smaller parts, or for a shorter time",
        )


# ---- telling ------------------------------------------------------------------------------------


def conflicts_of(state: State, scope: Scope, now_us: int) -> tuple[Conflict, ...]:
    """Return the conflicts of own intents under an agreement, the soonest first.

    What is still to be compared is in `waiting`: an empty list alone says nothing.
    """
    table, clock_us = refresh(state, scope, now_us), clock_of(scope, now_us)
    found = []
    for pair in table.pairs:
        conflict = _conflict(state, scope, table, pair, clock_us)
        if conflict is not None:
            found.append(conflict)
    return tuple(sorted(found, key=_soonest))


def _soonest(conflict: Conflict) -> tuple[bool, int, str, str]:
    starts = [c.from_us for c in conflict.commons if c.from_us is not None]
    return conflict.decided != "overlap", min(starts, default=0), conflict.first, conflict.second


def waiting(state: State, scope: Scope) -> int:
    """Return how many intents are still to be compared."""
    return len(read_intents(state, scope).todo)


def _conflict(
    state: State, scope: Scope, table: IntentTable, pair: tuple[int, int], clock_us: int
) -> Conflict | None:
    """Return the conflict of a pair that was found, if both stand."""
    views = []
    for number in pair:
        held = table.held.get(table.names.get(number, ("", "")))
        view = view_of(scope, held) if held is not None and held.stands(clock_us) else None
        if view is None:
            return None
        views.append(view)
    return conflict_between(state, scope, views[0], views[1], table.pairs[pair])


def conflict_between(
    state: State,
    scope: Scope,
    one: IntentView,
    other: IntentView,
    found: Iterable[VolumeConflict],
) -> Conflict:
    """Return the conflict of two intents; the same whichever is named first."""
    turned = name_of(other) < name_of(one)
    first, second = (other, one) if turned else (one, other)
    commons = tuple(sorted((_common(each, turned=turned) for each in found), key=_common_order))
    over = tuple(
        f"{name_of(view)}: {view.over_limit}" for view in (first, second) if view.over_limit
    )
    decided = "overlap" if any(c.decided == "overlap" for c in commons) else "undecided"
    return Conflict(
        agreement=scope.agreement_id,
        first=name_of(first),
        second=name_of(second),
        flights=(first.intent.flight, second.intent.flight),
        states=(first.state.value, second.state.value),
        priorities=(first.intent.priority, second.intent.priority),
        decided=decided,
        binding=decided == "overlap" and not over,
        commons=commons,
        precedence=precedence(state.agreement(scope.agreement_id), scope, first, second),
        over_limit=over,
        audience=common_audience(first, second),
    )


def _common(found: VolumeConflict, *, turned: bool) -> Common:
    common = found.overlap
    return Common(
        volumes=(found.b, found.a) if turned else (found.a, found.b),
        decided=common.decided,
        from_us=common.from_us,
        to_us=common.to_us,
        at=common.at,
        depth_m=common.depth_m,
        lower=common.lower,
        upper=common.upper,
        because=common.because,
    )


def _common_order(common: Common) -> tuple[bool, int, tuple[int, int]]:
    starts_us = common.from_us if common.from_us is not None else 0
    return common.decided != "overlap", starts_us, common.volumes


def common_audience(*views: IntentView) -> tuple[str, ...] | None:
    """Return who may hold all of these intents; None is every party."""
    narrow = [set(view.audience) for view in views if view.audience is not None]
    return tuple(sorted(set.intersection(*narrow))) if narrow else None


# ---- alerts -------------------------------------------------------------------------------------


def due(state: State, scope: Scope, now_us: int) -> list[Draft]:
    """Return an alert for each overlap that is not alerted yet, and the end of those gone by."""
    table = refresh(state, scope, now_us)
    return [*_raised(state, scope, table, now_us), *_resolved(state, scope, table, now_us)]


def _raised(state: State, scope: Scope, table: IntentTable, now_us: int) -> list[Draft]:
    clock_us, drafts = clock_of(scope, now_us), []
    for pair in sorted(table.to_alert):
        conflict = _conflict(state, scope, table, pair, clock_us)
        if conflict is None:
            table.to_alert.discard(pair)
            continue
        key = _key(conflict)
        newest = scope.index.newest_alert.get((state.party, key))
        # An overlap that was over for want of pressure, and is back, is told again.
        again = (
            scope.rules.version >= INTENT_RULES and (state.party, newest) in scope.index.resolved
        )
        if newest is not None and not again:
            table.to_alert.discard(pair)
            continue
        drafts.append(_alert(scope, table, pair, conflict))
    return drafts


def _key(conflict: Conflict) -> str:
    names = sorted(name.replace(":", "%3A") for name in (conflict.first, conflict.second))
    return f"overlap:{':'.join(names)}"


def _alert(scope: Scope, table: IntentTable, pair: tuple[int, int], conflict: Conflict) -> Draft:
    legacy = scope.rules.version < INTENT_RULES
    own, other = (table.held[table.names[number]] for number in pair)
    parties = tuple(sorted((own.party, other.party)))
    body = AlertRaised(
        key=_key(conflict),
        what="intent overlap",
        alert_class="coordinate",
        aircraft=tuple(sorted(conflict.flights)),
        parties=parties,
        clause=None if legacy else conflict.precedence.clause,
        binding=legacy or conflict.binding,
        text=f"intent {own.id} overlaps {other.party}'s {other.id}" if legacy else conflict.text,
        evaluator="strategic/1" if legacy else "strategic/2",
    )
    return Draft(agreement=scope.agreement_id, by="system", body=body, audience=conflict.audience)


def _resolved(state: State, scope: Scope, table: IntentTable, now_us: int) -> list[Draft]:
    """Return the end of own overlap alerts: an intent is gone, or they overlap no more."""
    look = (table.turns, now_us // _LOOKED_EVERY_US)
    if table.looked == look:
        return []
    drafts = []
    for key, entry in sorted(scope.index.open_alerts.items()):
        body = entry.body
        if entry.log.party != state.party or not isinstance(body, AlertRaised):
            continue
        why = _why_over(scope, table, body.key, now_us) if body.what == "intent overlap" else ""
        if why:
            drafts.append(
                Draft(
                    agreement=scope.agreement_id,
                    by="system",
                    ref=(state.reference(key),),
                    body=AlertResolved(key=body.key, why=why),
                    audience=entry.audience,
                )
            )
    if not drafts:
        # Only now: what could not be stored is drafted again.
        table.looked = look
    return drafts


def _why_over(scope: Scope, table: IntentTable, key: str, now_us: int) -> str:
    """Return why an overlap that was alerted is none any more; "" while it is, or may be."""
    clock_us, numbers = clock_of(scope, now_us), []
    for name in key.removeprefix("overlap:").split(":"):
        party, _, rest = name.replace("%3A", ":").partition("/")
        intent, _, version = rest.rpartition(".")
        held = table.held.get((party, intent))
        if held is None or str(held.version) != version or held.state is IntentState.ENDED:
            return "an intent ended or was changed"
        if held.over(clock_us):
            return f"the window of {party}/{intent} is over"
        numbers.append(held.number)
    if scope.rules.version < INTENT_RULES or table.todo & set(numbers):
        return ""
    one, other = numbers
    found = (one, other) in table.pairs or (other, one) in table.pairs
    return "" if found else "they do not overlap, as far as can be told now"
