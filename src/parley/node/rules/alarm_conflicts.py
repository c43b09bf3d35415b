"""Alarms that conflicts raise at our posts, each alone or, in a flood, several as one.

Rules:
- A conflict that concerns us calls our post at the line with the other party: `coordinate` as
  SAFETY, since the line has time; `own move only` and `short-term` as URGENT. None is DISTRESS:
  that is a person's word about a life at risk, and a prediction that cries it would use it up.
- It calls anew, under a new name, when it becomes more urgent than it ever was; never when it
  becomes less urgent, or when another party raises the same.
- Who marked it as seen, or called about it, has taken the alarm of what it then was.
- Above ten new conflicts in ten minutes the others are told as one, which sounds again with each
  doubling and each higher class; none is lost, each stands in the list of alerts.
- A short-term one is never told in a group.
- It stands whatever became of the line and the agreement: aircraft do not wait for either.

What does not live here: the list of all alarms (`alarms`), who is called out (`app.outbound`).
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from parley.node.entries import Entry
from parley.node.rules.alarm_raised import Raised, line_posts, place_name
from parley.node.rules.alert_life import LIFE_RULES, seen_rung
from parley.node.rules.alert_steps import alarm_name, resolution_of, steps_of, together
from parley.node.rules.chain_times import own_chain_s
from parley.node.rules.conflict_rungs import (
    CLASSES,
    SHORT_TERM,
    newest_of,
    reached,
    rung_at,
    since_us,
)
from parley.node.rules.pairs import own_party
from parley.node.state import Key, Scope, State, key_of, rank_of, written_us
from parley.node.warning_bodies import ConflictRaised, ConflictRenewed
from parley.world.agreement import Agreement
from parley.world.norms import MessageClass, norms
from parley.world.time import format_second
from parley.world.units import MICROSECONDS_PER_SECOND

KIND, KIND_SAID, KIND_GROUP = "conflict", "conflict said", "conflicts"
"""Of one that our own node predicts; of one that another party alone does; of several as one."""
_ALARM_CLASSES: tuple[MessageClass, ...] = ("SAFETY", "URGENT", "URGENT")
_ROWS_LOOKED_MAX = 64
_FLOODS = "conflict floods"


class Standing(NamedTuple):
    """A conflict that is open and concerns us, by all that raised it.

    Attributes:
        alerts: of each party that raised it and has not ended it, the newest, the first first.
        own: the one that our own node raised; None: another party alone says so.
        first: the first entry about it of all, which names it.
        rung: the most urgent that it has become, a place in `CLASSES`.
        since_us: since when it is that.
        taken: by what somebody of ours saw it so; None: nobody has.
    """

    alerts: tuple[Entry, ...]
    own: Entry | None
    first: Entry
    rung: int
    since_us: int
    taken: Entry | None

    @property
    def shown(self) -> Entry:
        """The entry to be shown: our own, else the first."""
        return self.own or self.alerts[0]


def conflict_alarms(
    state: State, scope: Scope, agreement: Agreement, now_us: int
) -> tuple[list[Raised], dict[str, Entry]]:
    """Return what conflicts raise at our posts, and which of it was taken by what entry."""
    if scope.rules.version < LIFE_RULES:
        return [], {}
    floods = _floods(state, scope)
    raised: list[Raised] = []
    taken: dict[str, Entry] = {}
    groups: dict[Key, list[Standing]] = {}
    for each in standing_conflicts(state, scope, now_us):
        episode = floods.episode.get(key_of(each.first))
        if episode is not None and each.rung < SHORT_TERM:
            if each.taken is None:
                groups.setdefault(episode, []).append(each)
            continue
        alarm = _alone(state, agreement, each)
        raised.append(alarm)
        if each.taken is not None:
            taken[alarm.name] = each.taken
    for episode, members in sorted(groups.items()):
        ever = len(floods.members[episode])
        alarm = _group(state, scope, agreement, episode, members, ever)
        raised.append(alarm)
        entry = _group_taken(state, scope, episode, max(m.rung for m in members), ever)
        if entry is not None:
            taken[alarm.name] = entry
    return raised, taken


# ---- what stands --------------------------------------------------------------------------------


def open_conflicts(scope: Scope) -> list[tuple[Entry, ...]]:
    """Return the open conflicts: under each key the newest alert of each party, the first first."""
    found: dict[str, dict[str, Entry]] = {}
    for party, entries in scope.index.watched.items():
        for entry in entries.values():
            if isinstance(entry.body, ConflictRaised):
                of = found.setdefault(entry.body.key, {})
                of[party] = max(of.get(party, entry), entry, key=rank_of)
    return [
        tuple(sorted(of.values(), key=lambda each: (written_us(each), key_of(each))))
        for _, of in sorted(found.items())
    ]


def standing_conflicts(state: State, scope: Scope, now_us: int) -> Iterator[Standing]:
    """Yield the open conflicts that concern our party, or those bound through it."""
    chain_s = own_chain_s(state, scope, now_us)
    for alerts in open_conflicts(scope):
        if any(_concerns(state, alert) for alert in alerts):
            yield standing_of(state, scope, alerts, now_us, chain_s)


def standing_of(
    state: State, scope: Scope, alerts: tuple[Entry, ...], now_us: int, chain_s: int
) -> Standing:
    """Return how an open conflict stands for our posts."""
    group = together(scope, alerts[0])
    worst = max(alerts, key=lambda each: reached(scope, each, now_us, chain_s=chain_s))
    rung = reached(scope, worst, now_us, chain_s=chain_s)
    return Standing(
        alerts=alerts,
        own=next((each for each in alerts if each.log.party == state.party), None),
        first=group[0],
        rung=rung,
        since_us=since_us(scope, worst, now_us, chain_s=chain_s),
        taken=_seen_so(state, scope, group, rung, chain_s),
    )


def _concerns(state: State, alert: Entry) -> bool:
    body = alert.body
    assert isinstance(body, ConflictRaised)
    return alert.log.party == state.party or any(own_party(state, each) for each in body.parties)


def _seen_so(
    state: State, scope: Scope, group: tuple[Entry, ...], rung: int, chain_s: int
) -> Entry | None:
    """Return the act of our people that saw a conflict as urgent as it is; None: nobody did."""
    alerts = {key_of(each): each for each in group}
    for step in steps_of(state, scope, group)[0]:
        if step.party != state.party:
            continue
        alert = alerts[step.alert]
        if step.how == "alarm taken":
            names = (alarm_name(alert, place) for place in range(rung, len(CLASSES)))
            body = step.entry.body
            if getattr(body, "alarm", "") in names:
                return step.entry
        elif step.how == "marked":
            if seen_rung(scope, alert, step.entry, chain_s) >= rung:
                return step.entry
        elif reached(scope, alert, step.at_us, chain_s=chain_s) >= rung:
            return step.entry
    return None


# ---- one alone ----------------------------------------------------------------------------------


def _ends(state: State, agreement: Agreement, alert: Entry) -> tuple[str, str, str]:
    """Return the other party of a conflict, the line with it, and our post there."""
    body = alert.body
    assert isinstance(body, ConflictRaised)
    keeper = {each.id: each.bound_through or each.id for each in agreement.parties}
    others = [keeper.get(each, each) for each in body.parties if not own_party(state, each)]
    other = next((each for each in others if each), "")
    line = next((x.id for x in agreement.lines if {state.party, other} <= set(x.parties)), "")
    if not line:
        line = next((x.id for x in agreement.lines if state.party in x.parties), "")
    posts = line_posts(agreement, line, state.party)
    return other, line, posts[0] if posts else "duty-officer"


def _alone(state: State, agreement: Agreement, each: Standing) -> Raised:
    other, line, post = _ends(state, agreement, each.shown)
    body = each.shown.body
    assert isinstance(body, ConflictRaised)
    binding = "" if body.binding else ", advisory"
    by = "" if each.own is not None else f", as {each.alerts[0].log.party} alone says"
    who = other or "somebody who is no party"
    return Raised(
        name=alarm_name(each.first, each.rung),
        kind=KIND if each.own is not None else KIND_SAID,
        alarm_class=_ALARM_CLASSES[each.rung],
        line=line,
        party=other,
        text=f"CONFLICT with {who}, {CLASSES[each.rung]}{binding}{by}: see the alerts",
        post=post,
        since_us=each.since_us,
        cause=key_of(each.shown),
        rung=each.rung,
        always=True,
    )


# ---- a flood ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Floods:
    """Which conflicts began in a flood, found again from the last place that changed.

    Attributes:
        count: how many alerts were looked at.
        rows: when each conflict of ours was raised: instant, place, key; sorted.
        episode: of each one in a flood, the first of that flood.
        members: of each flood, in order.
    """

    count: int = 0
    rows: list[tuple[int, Key, str]] = field(default_factory=list)
    episode: dict[Key, Key] = field(default_factory=dict)
    members: dict[Key, list[Key]] = field(default_factory=dict)


def _floods(state: State, scope: Scope) -> _Floods:
    """Return the floods; a function of what was raised alone, whatever has ended since."""
    table = scope.alerts
    held = scope.index.views.get(_FLOODS)
    floods = held[1] if held is not None else _Floods()
    assert isinstance(floods, _Floods)
    if floods.count > len(table):
        floods = _Floods()
    first = len(floods.rows)
    news = itertools.islice(reversed(table.values()), len(table) - floods.count)
    for entry in reversed(list(news)):
        if isinstance(entry.body, ConflictRaised) and _concerns(state, entry):
            row = (written_us(entry), key_of(entry), entry.body.key)
            place = bisect.bisect_left(floods.rows, row)
            floods.rows.insert(place, row)
            first = min(first, place)
    floods.count = len(table)
    for _, key, _ in floods.rows[first:]:
        episode = floods.episode.pop(key, None)
        if episode is not None:
            floods.members[episode].remove(key)
    for place in range(first, len(floods.rows)):
        _place_in_flood(floods, place)
    scope.index.views[_FLOODS] = (None, floods)
    return floods


def _place_in_flood(floods: _Floods, place: int) -> None:
    """Put one conflict into the flood in which it began, if it began in one."""
    limits = norms().alert
    at_us, key, name = floods.rows[place]
    since = at_us - limits.flood_s * MICROSECONDS_PER_SECOND
    names: set[str] = set()
    before: Key | None = None
    looked = floods.rows[max(0, place - _ROWS_LOOKED_MAX) : place]
    for row_us, other, other_name in reversed(looked):
        if row_us <= since:
            break
        if other_name == name:
            # Another party's word about the same one, or the same again: it began before.
            continue
        names.add(other_name)
        before = before or floods.episode.get(other)
    crowded = len(looked) == _ROWS_LOOKED_MAX and looked[0][0] > since
    if len(names) < limits.flood_count and not crowded:
        return
    episode = before or key
    floods.episode[key] = episode
    floods.members.setdefault(episode, []).append(key)


def _group_name(episode: Key, rung: int, bits: int) -> str:
    return f"conflicts:{place_name(episode)}:{CLASSES[rung].replace(' ', '-')}:{bits}"


def _group(
    state: State,
    scope: Scope,
    agreement: Agreement,
    episode: Key,
    members: list[Standing],
    ever: int,
) -> Raised:
    rung = max(each.rung for each in members)
    worst = [each for each in members if each.rung == rung]
    ends = {_ends(state, agreement, each.shown) for each in members}
    other, line, post = min(ends)
    parties = ", ".join(sorted({each[0] or "no party" for each in ends}))
    soonest = format_second(min(_loss_us(newest_of(scope, each.shown)) for each in worst))
    return Raised(
        name=_group_name(episode, rung, ever.bit_length()),
        kind=KIND_GROUP,
        alarm_class=_ALARM_CLASSES[rung],
        line=line,
        party=other if len({each[0] for each in ends}) == 1 else "",
        text=f"{len(members)} MORE CONFLICTS with {parties}, {len(worst)} {CLASSES[rung]}, "
        f"soonest loss {soonest}: see the alerts",
        post=post,
        since_us=min(each.since_us for each in worst),
        cause=episode,
        rung=rung,
        always=True,
    )


def _loss_us(alert: Entry) -> int:
    assert isinstance(alert.body, ConflictRaised | ConflictRenewed)
    return alert.body.loss_at_us


def _group_taken(state: State, scope: Scope, episode: Key, rung: int, ever: int) -> Entry | None:
    """Return the act that took a group that was as urgent and as many, or more."""
    for place in range(rung, len(CLASSES)):
        for bits in range(ever.bit_length(), 2 * ever.bit_length() + 1):
            name = _group_name(episode, place, bits)
            entries = scope.line.acknowledged.get((state.party, name), {})
            found = min(entries.values(), key=rank_of, default=None)
            if found is not None:
                return found
    return None


# ---- how many -----------------------------------------------------------------------------------


def began_us(state: State, scope: Scope, from_us: int, now_us: int) -> dict[str, list[int]]:
    """Return when alarms about conflicts began at each post since an instant, sorted.

    A conflict raised is one, and the most urgent that it became after; of a flood its first, each
    doubling, and what became short-term in it.
    """
    agreement = state.agreement(scope.agreement_id)
    if scope.rules.version < LIFE_RULES or agreement is None:
        return {}
    floods = _floods(state, scope)
    numbers = {key: n for keys in floods.members.values() for n, key in enumerate(keys, 1)}
    found: dict[str, list[int]] = {}
    seen: set[Key] = set()
    place = bisect.bisect_left(floods.rows, (from_us, ("", 0), ""))
    for at_us, key, _ in floods.rows[place:]:
        alert = scope.alerts[key]
        first = together(scope, alert)[0]
        if key_of(first) in seen:
            continue
        seen.add(key_of(first))
        post = _ends(state, agreement, alert)[2]
        times = found.setdefault(post, [])
        number = numbers.get(key, 0)
        if number & (number - 1) <= 0:
            # Alone, the first of a flood, or a doubling of it.
            times.append(at_us)
        rise = _rise(scope, alert, now_us)
        if rise is not None and (not number or rise[0] == SHORT_TERM):
            times.append(rise[1])
    return {post: sorted(times) for post, times in found.items()}


def _rise(scope: Scope, alert: Entry, now_us: int) -> tuple[int, int] | None:
    """Return the most urgent that a conflict became after it was raised, with since when."""
    end = resolution_of(scope, key_of(alert))
    until_us = written_us(end) if end is not None else now_us
    assert isinstance(alert.body, ConflictRaised)
    rung = reached(scope, alert, until_us)
    begun = rung_at(alert.body, written_us(alert))
    return (rung, since_us(scope, alert, until_us)) if rung > begun else None
