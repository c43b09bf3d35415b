"""Alarms that conflicts raise at our posts, each alone or, in a flood, several as one.

Rules:
- A conflict that concerns us calls our post at the line with the other party: `coordinate` as
  SAFETY, since the line has time; `own move only` and `short-term` as URGENT. None is DISTRESS:
  that is a person's word about a life at risk, and a prediction that cries it would use it up.
- It calls anew, under a new name, when it becomes more urgent than it ever was; never when it
  becomes less urgent, or when another party raises the same.
- What our own node predicts is as urgent as its own entries make it, under a name of its own, and
  only acts about these silence it: what another party said, and who took that, changes nothing.
- What another party says is told apart where our node does not predict it, or not as urgent.
- Who marked it as seen, or called about it, has taken the alarm of what it then was.
- Above ten new conflicts of one party's word in ten minutes the others are told as one, which
  sounds again with each doubling and each higher class; none is lost, each stands in the list of
  alerts. Floods of one party hold nothing of another's.
- A short-term one that our own node predicts is never told in a group.
- An exercise calls nobody.
- Of what one party alone says so many of the newest are looked at; how many more is an alarm.
- It stands whatever became of the line and the agreement: aircraft do not wait for either.

What does not live here: the list of all alarms (`alarms`), who is called out (`app.outbound`).
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from parley.node.entries import Entry
from parley.node.rules.alarm_raised import Raised, line_posts, place_name
from parley.node.rules.alert_life import LIFE_RULES, seen_rung
from parley.node.rules.alert_steps import (
    acts_count,
    alarm_name,
    first_taken,
    resolution_of,
    steps_of,
    together,
)
from parley.node.rules.chain_times import own_chain_s
from parley.node.rules.conflict_rungs import (
    CLASSES,
    SHORT_TERM,
    newest_of,
    reached,
    reached_for_who_acted,
    reached_since,
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

KIND, KIND_SAID = "conflict", "conflict said"
"""Of one that our own node predicts; of one that another party alone does."""
KIND_GROUP, KIND_GROUP_SAID = "conflicts", "conflicts said"
"""Of several as one."""
SAID_LOOKED_MAX = 512
"""Open conflicts that one party alone says and that are looked at: the newest."""
_ALARM_CLASSES: tuple[MessageClass, ...] = ("SAFETY", "URGENT", "URGENT")
_ROWS_LOOKED_MAX = 64
_FLOODS, _OPEN = "conflict floods", "open conflicts"


class Standing(NamedTuple):
    """A conflict that is open and concerns us, by our own node's word or by that of others.

    Attributes:
        shown: the entry that raised it: our own, else the one by which it is the most urgent.
        own: whether our own node predicts it; else others alone say so, or say that it is as
            urgent.
        rung: the most urgent that it has become by that word, a place in `CLASSES`.
        since_us: since when it is that.
        taken: by what somebody of ours saw it so; None: nobody has.
    """

    shown: Entry
    own: bool
    rung: int
    since_us: int
    taken: Entry | None


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
    looked, beyond = _looked(state, scope)
    for each in _standing(state, scope, looked, now_us):
        episode = floods.episode.get(key_of(each.shown))
        if episode is not None and (each.rung < SHORT_TERM or not each.own):
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
    raised += [_not_looked(state, agreement, alerts) for _, alerts in sorted(beyond.items())]
    return raised, taken


# ---- what stands --------------------------------------------------------------------------------


def open_conflicts(scope: Scope) -> list[tuple[Entry, ...]]:
    """Return the open conflicts: under each key the newest alert of each party, the first first.

    Actual ones and exercises apart. Put together again only when one was raised or ended.
    """
    counts = (len(scope.alerts), len(scope.resolved))
    held = scope.index.views.get(_OPEN)
    if held is None or held[0] != counts:
        held = (counts, _put_together(scope))
        scope.index.views[_OPEN] = held
    rows: list[tuple[Entry, ...]] = held[1]  # type: ignore[assignment]  # views of any kind
    return rows


def _put_together(scope: Scope) -> list[tuple[Entry, ...]]:
    found: dict[tuple[str, str], dict[str, Entry]] = {}
    for party, entries in scope.index.watched.items():
        for entry in entries.values():
            if isinstance(entry.body, ConflictRaised):
                of = found.setdefault((entry.body.key, entry.status), {})
                of[party] = max(of.get(party, entry), entry, key=rank_of)
    return [
        tuple(sorted(of.values(), key=lambda each: (written_us(each), key_of(each))))
        for _, of in sorted(found.items())
    ]


def _looked(
    state: State, scope: Scope
) -> tuple[list[tuple[Entry, ...]], dict[str, list[tuple[Entry, ...]]]]:
    """Return the open conflicts that concern us, and by party those that are too many."""
    ours: list[tuple[Entry, ...]] = []
    said: dict[str, list[tuple[Entry, ...]]] = {}
    for alerts in open_conflicts(scope):
        if alerts[0].status != "actual" or not any(_concerns(state, each) for each in alerts):
            continue
        if any(each.log.party == state.party for each in alerts):
            ours.append(alerts)
        else:
            said.setdefault(alerts[0].log.party, []).append(alerts)
    beyond: dict[str, list[tuple[Entry, ...]]] = {}
    for party, theirs in sorted(said.items()):
        if len(theirs) > SAID_LOOKED_MAX:
            theirs.sort(key=lambda alerts: (-written_us(alerts[0]), key_of(alerts[0])))
            beyond[party] = theirs[SAID_LOOKED_MAX:]
        ours += theirs[:SAID_LOOKED_MAX]
    return ours, beyond


def _standing(
    state: State, scope: Scope, conflicts: Iterable[tuple[Entry, ...]], now_us: int
) -> Iterator[Standing]:
    chain_s = own_chain_s(state, scope, now_us)
    for alerts in conflicts:
        yield from standing_of(state, scope, alerts, now_us, chain_s)


def standing_of(
    state: State, scope: Scope, alerts: tuple[Entry, ...], now_us: int, chain_s: int
) -> Iterator[Standing]:
    """Yield how an open conflict stands for our posts: by our own word, and by what others add."""
    by_own = -1
    for own in (True, False):
        words = [each for each in alerts if (each.log.party == state.party) is own]
        if not words:
            continue
        stood = [reached_since(scope, each, now_us, chain_s=chain_s) for each in words]
        worst, (rung, begun_us) = max(zip(words, stood, strict=True), key=lambda row: row[1][0])
        if rung <= by_own:
            # Others say no more than our own node does.
            continue
        about = (worst,) if own else together(scope, worst)
        yield Standing(
            shown=worst,
            own=own,
            rung=rung,
            since_us=begun_us,
            taken=_seen_so(state, scope, about, rung, chain_s),
        )
        by_own = rung


def _concerns(state: State, alert: Entry) -> bool:
    body = alert.body
    assert isinstance(body, ConflictRaised)
    return alert.log.party == state.party or any(own_party(state, each) for each in body.parties)


def _seen_so(
    state: State, scope: Scope, about: tuple[Entry, ...], rung: int, chain_s: int
) -> Entry | None:
    """Return the act of our people that saw a conflict as urgent as it is; None: nobody did.

    Looked for again only when something was written about one of these alerts.
    """
    key = key_of(about[0])
    name = f"seen so {key[0]} {key[1]}"
    counts = (rung, chain_s, tuple(acts_count(state, scope, each) for each in about))
    held = scope.index.views.get(name)
    if held is None or held[0] != counts:
        held = (counts, _act(state, scope, about, rung, chain_s))
        scope.index.views[name] = held
    found: Entry | None = held[1]  # type: ignore[assignment]  # the table holds views of any kind
    return found


def _act(
    state: State, scope: Scope, about: tuple[Entry, ...], rung: int, chain_s: int
) -> Entry | None:
    alerts = {key_of(each): each for each in about}
    for step in steps_of(state, scope, about)[0]:
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
        elif reached_for_who_acted(scope, alert, step.at_us, chain_s=chain_s) >= rung:
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
    by = "" if each.own else f", as {each.shown.log.party} alone says"
    who = other or "somebody who is no party"
    return Raised(
        name=alarm_name(each.shown, each.rung),
        kind=KIND if each.own else KIND_SAID,
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
    """Which conflicts began in a flood of their party, found again from where it changed.

    Attributes:
        count: how many alerts were looked at.
        rows: by party when each conflict that concerns us was raised: instant, place, key; sorted.
        episode: of each one in a flood, the first of that flood.
        members: of each flood, in order.
    """

    count: int = 0
    rows: dict[str, list[tuple[int, Key, str]]] = field(default_factory=dict)
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
    first: dict[str, int] = {}
    news = itertools.islice(reversed(table.values()), len(table) - floods.count)
    for entry in reversed(list(news)):
        if not isinstance(entry.body, ConflictRaised) or entry.status != "actual":
            continue
        if _concerns(state, entry):
            party, row = entry.log.party, (written_us(entry), key_of(entry), entry.body.key)
            rows = floods.rows.setdefault(party, [])
            # In one log nothing counts before what was written earlier: it goes to the end.
            place = bisect.bisect_left(rows, row)
            rows.insert(place, row)
            first[party] = min(first.get(party, place), place)
    floods.count = len(table)
    for party, begin in first.items():
        rows = floods.rows[party]
        for _, key, _ in rows[begin:]:
            episode = floods.episode.pop(key, None)
            if episode is not None:
                floods.members[episode].remove(key)
        for place in range(begin, len(rows)):
            _place_in_flood(floods, rows, place)
    scope.index.views[_FLOODS] = (None, floods)
    return floods


def _place_in_flood(floods: _Floods, rows: list[tuple[int, Key, str]], place: int) -> None:
    """Put one conflict into the flood in which it began, if it began in one."""
    limits = norms().alert
    at_us, key, name = rows[place]
    since = at_us - limits.flood_s * MICROSECONDS_PER_SECOND
    names: set[str] = set()
    before: Key | None = None
    looked = rows[max(0, place - _ROWS_LOOKED_MAX) : place]
    for row_us, other, other_name in reversed(looked):
        if row_us <= since:
            break
        if other_name == name:
            # The same again: it began before.
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
    own = members[0].own
    by = "" if own else f", as {members[0].shown.log.party} alone says"
    return Raised(
        name=_group_name(episode, rung, ever.bit_length()),
        kind=KIND_GROUP if own else KIND_GROUP_SAID,
        alarm_class=_ALARM_CLASSES[rung],
        line=line,
        party=other if len({each[0] for each in ends}) == 1 else "",
        text=f"{len(members)} MORE CONFLICTS with {parties}, {len(worst)} {CLASSES[rung]}, "
        f"soonest loss {soonest}{by}: see the alerts",
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
            found = first_taken(scope, state.party, name)
            if found is not None:
                return found
    return None


def _not_looked(state: State, agreement: Agreement, conflicts: list[tuple[Entry, ...]]) -> Raised:
    """Return the alarm that a party alone says more than is looked at."""
    newest = conflicts[0][0]
    other, line, post = _ends(state, agreement, newest)
    party, count, since = newest.log.party, len(conflicts), written_us(newest)
    # Who took it saw so many, that day: twice as many, or another day's, sound again.
    return Raised(
        name=f"conflicts:unread:{party}:{format_second(since)[:10]}:{count.bit_length()}",
        kind=KIND_GROUP_SAID,
        alarm_class="URGENT",
        line=line,
        party=other,
        text=f"{count} OLDER CONFLICTS that {party} alone says are not told: see the alerts",
        post=post,
        since_us=since,
        cause=key_of(newest),
        rung=SHORT_TERM,
        always=True,
    )


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
    for at_us, key in _raised_since(floods, state.party, from_us, now_us):
        alert = scope.alerts[key]
        group = {key_of(each) for each in together(scope, alert)}
        if alert.log.party != state.party and group & seen:
            # Another party's word about what sounds already.
            continue
        seen.add(key)
        post = _ends(state, agreement, alert)[2]
        times = found.setdefault(post, [])
        number = numbers.get(key, 0)
        if number & (number - 1) <= 0:
            # Alone, the first of a flood, or a doubling of it.
            times.append(at_us)
        rise = _rise(scope, alert, now_us)
        own = alert.log.party == state.party
        if rise is not None and (not number or (rise[0] == SHORT_TERM and own)):
            times.append(rise[1])
    return {post: sorted(times) for post, times in found.items()}


def _raised_since(
    floods: _Floods, party: str, from_us: int, now_us: int
) -> Iterator[tuple[int, Key]]:
    """Yield when and where conflicts were raised, our own first; what is dated ahead is not yet."""
    for name in sorted(floods.rows, key=lambda each: (each != party, each)):
        rows = floods.rows[name]
        for at_us, key, _ in rows[bisect.bisect_left(rows, (from_us, ("", 0), "")) :]:
            if at_us > now_us:
                break
            yield at_us, key


def _rise(scope: Scope, alert: Entry, now_us: int) -> tuple[int, int] | None:
    """Return the most urgent that a conflict became after it was raised, with since when."""
    end = resolution_of(scope, key_of(alert))
    until_us = written_us(end) if end is not None else now_us
    assert isinstance(alert.body, ConflictRaised)
    rung = reached(scope, alert, until_us)
    begun = rung_at(alert.body, written_us(alert))
    return (rung, since_us(scope, alert, until_us)) if rung > begun else None
