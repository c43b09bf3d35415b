"""What changed after own intents were filed, and touches them, while nobody repositioned.

Rules:
- A change is a version of a zone, a word that one is hot, a text that draws or asks otherwise, or a
  peer's notice of a side of a line. It stands until each own intent that was filed before it and
  that it touches is moved, has ended, is over, or is recorded as left unchanged.
- What binds this party, or is its own word, is told change by change. What peers assert alone is
  advisory: one alarm for each of them, at most one new one an hour, and never anything by itself.
- Of one peer only the newest changes are compared with intents, and how many were not is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, cast

from parley.node.agreement_bodies import RepositionRecorded
from parley.node.rules.alarm_raised import Raised, shown
from parley.node.rules.reposition_objects import SINCE, thing_of
from parley.node.rules.text_chain import chain_of, stamp_of
from parley.node.rules.threads import ending_of
from parley.node.rules.touched import IntentTouched, Touched, counted, touched_by
from parley.node.rules.zone_acts import said_of
from parley.node.rules.zones import zones_of
from parley.node.state import Key, Scope, State, rank_of, written_us
from parley.world.agreement import Agreement
from parley.world.clauses import BoundaryRule, StandOff
from parley.world.faults import InputFault
from parley.world.time import format_second, parse_instant_us

CHANGES_MAX = 16
"""Changes of one party that are compared with intents: the newest; a peer may write more."""
_WORK_OF_LOOK = 2_000_000
_WORK_LEAST = 100_000
"""Of one change: a line with very many vertices is not looked through, and possible then."""
_NOTICES = ("line.crossing.notice", "advisory")
_LOOK_US = 60 * 1_000_000
_HOUR_US = 3_600 * 1_000_000
_VIEW, _SEEN = "alarms reposition", "alarms reposition seen"


class Change(NamedTuple):
    """One change: of what, by whom ("" is all), from when on, when it was written, and where."""

    object: str
    side: str
    party: str
    from_us: int
    written_us: int
    key: Key | None


class _Open(NamedTuple):
    change: Change
    seen: Touched
    intents: tuple[IntentTouched, ...]


def raised(state: State, scope: Scope, agreement: Agreement, now_us: int) -> Iterator[Raised]:
    """Yield one alarm for each change that touches own intents and that nobody dealt with."""
    if scope.rules.version < SINCE or not scope.intents:
        return
    found, more = _open(state, scope, agreement, now_us)
    posts = agreement.party(state.party).posts
    post = posts[0] if posts else "duty-officer"
    for each in found:
        if each.seen.binding:
            yield _binding(each, post)
    peers = sorted({each.change.party for each in found if not each.seen.binding})
    for party in peers:
        own = [e for e in found if e.change.party == party and not e.seen.binding]
        yield _asserted(scope, party, own, more.get(party, 0), post)


def _binding(each: _Open, post: str) -> Raised:
    change = each.change
    name = shown(f"{change.object} {change.side}".strip())
    return Raised(
        name=f"reposition:{change.party}:{name}:{change.from_us}:{each.seen.version}",
        kind="reposition",
        alarm_class="SAFETY",
        line="",
        party=change.party,
        text=f"{name} from {format_second(change.from_us)} touches {_count(each)}",
        post=post,
        since_us=change.written_us,
        cause=change.key,
    )


def _asserted(scope: Scope, party: str, own: list[_Open], more: int, post: str) -> Raised:
    """Return the one alarm about what a peer asserts: a new one an hour, however much it says."""
    newest = max(own, key=lambda each: each.change.written_us).change
    names = sorted({each.intent for one in own for each in one.intents})
    flights = {each.aircraft for one in own for each in one.seen.flights}
    what = shown(f"{newest.object} {newest.side}".strip())
    others = f" and {len(own) - 1} more" if len(own) > 1 else ""
    unread = f"; {more} older ones of it were not compared" if more else ""
    hour = newest.written_us // _HOUR_US
    # Since the first change of that hour: what it says next makes the alarm no younger.
    times_us = (each.change.written_us for each in own)
    since_us = min(at_us for at_us in times_us if at_us // _HOUR_US == hour)
    return Raised(
        name=f"reposition-asserted:{scope.agreement_id}:{party}:{hour}",
        kind="reposition asserted",
        alarm_class="ROUTINE",
        line="",
        party=party,
        text=f"{party} asserts {what}{others}: touches {counted(len(names), 'own intent')}, "
        f"{len(flights)} own aircraft; advisory, no duty{unread}",
        post=post,
        since_us=since_us,
        cause=newest.key,
    )


def _count(each: _Open) -> str:
    sure = sum(one.decided == "touched" for one in each.intents)
    maybe = len(each.intents) - sure
    possible = f" (possibly {maybe} more)" if maybe else ""
    return f"{counted(sure, 'own intent')}{possible}, {len(each.seen.flights)} own aircraft"


# ---- what is open -------------------------------------------------------------------------------


def _open(
    state: State, scope: Scope, agreement: Agreement, now_us: int
) -> tuple[list[_Open], dict[str, int]]:
    """Return what is open, looked at again when something came, and each minute."""
    index = scope.index
    own = (
        len(scope.intents), len(scope.intent_changes), len(scope.terms.repositions),
        now_us // _LOOK_US, len(state.picture.aircraft),
    )  # fmt: skip
    stamp = (
        *own, stamp_of(scope), len(scope.zones), sum(map(len, scope.zone_acts.values())),
        len(scope.boundaries), len(index.about),
        tuple(len(keys) for keys in index.by_zone.values()),
        tuple(len(index.by_type.get(name, ())) for name in _NOTICES),
    )  # fmt: skip
    held = index.views.get(_VIEW)
    if held is not None and held[0] == stamp:
        return cast("tuple[list[_Open], dict[str, int]]", held[1])
    changes, more = changes_of(state, scope, now_us)
    found = []
    work_max = max(_WORK_LEAST, _WORK_OF_LOOK // max(1, len(changes)))
    # What a peer writes next must not make all else be looked at again.
    seen = index.views.get(_SEEN)
    looks: dict[Change, _Open | None] = {}
    before = cast("dict[Change, _Open | None]", seen[1]) if seen and seen[0] == own else {}
    for change in changes:
        if change in before:
            looks[change] = before[change]
        else:
            looks[change] = _looked_at(state, scope, agreement, change, now_us, work_max)
        each = looks[change]
        if each is not None:
            found.append(each)
    index.views[_SEEN] = (own, looks)
    index.views[_VIEW] = (stamp, (found, more))
    return found, more


def _looked_at(
    state: State,
    scope: Scope,
    agreement: Agreement,
    change: Change,
    now_us: int,
    work_max: int,
) -> _Open | None:
    try:
        thing = thing_of(
            state, agreement, change.object, from_us=change.from_us, side=change.side,
            by=(change.party,) if change.party else (),
        )  # fmt: skip
    except InputFault:
        return None
    if thing.to_us is not None and thing.to_us <= now_us:
        return None
    seen = touched_by(state, scope, thing, now_us=now_us, work_max=work_max)
    left = _left_unchanged(state, scope, change, thing.side)
    intents = tuple(
        each
        for each in seen.intents
        if written_us(scope.intents[each.entry]) <= change.written_us
        and (each.intent, each.version) not in left
    )
    return _Open(change, seen, intents) if intents else None


def _left_unchanged(state: State, scope: Scope, change: Change, side: str) -> set[tuple[str, int]]:
    """Return the versions that this party has looked at since, and recorded, because of it."""
    found = set()
    for entry in scope.terms.repositions.values():
        body = entry.body
        if entry.log.party != state.party or not isinstance(body, RepositionRecorded):
            continue
        if body.object != change.object or written_us(entry) <= change.written_us:
            continue
        if body.side == side:
            found |= {(move.intent, move.version_after) for move in body.moves}
    return found


# ---- what changed -------------------------------------------------------------------------------


def changes_of(state: State, scope: Scope, now_us: int) -> tuple[list[Change], dict[str, int]]:
    """Return the newest changes of each party, and how many more there are of it.

    Of one object the change that was written last counts.
    """
    newest: dict[tuple[str, str, str], Change] = {}
    for source in (
        _declared_zones(state, scope),
        _hot_words(state, scope, now_us),
        _texts(scope),
        _notices(state, scope, now_us),
    ):
        for change in source:
            name = (change.party, change.object, change.side)
            known = newest.get(name)
            if known is None or change.written_us > known.written_us:
                newest[name] = change
    by_party: dict[str, list[Change]] = {}
    for change in newest.values():
        by_party.setdefault(change.party, []).append(change)
    found, more = [], {}
    for party, changes in sorted(by_party.items()):
        changes.sort(key=lambda each: (-each.written_us, each.object, each.side))
        found += changes[:CHANGES_MAX]
        more[party] = max(0, len(changes) - CHANGES_MAX)
    return found, more


def _declared_zones(state: State, scope: Scope) -> Iterator[Change]:
    known = zones_of(state, scope)
    names = {(zone.id, zone.owner): name for name, zone in known.items() if zone.asserted_by}
    last: dict[tuple[str, str | None], Key] = {}
    for key, zone in scope.index.zones.items():
        if zone is None or (zone.id, zone.owner) not in names:
            continue
        before = last.get((zone.id, zone.owner))
        if before is None or rank_of(scope.zones[key]) > rank_of(scope.zones[before]):
            last[(zone.id, zone.owner)] = key
    for (zone_id, owner), key in last.items():
        zone = scope.index.zones[key]
        at_us = written_us(scope.zones[key])
        begin_us = at_us if zone is None or zone.from_us is None else max(at_us, zone.from_us)
        yield Change(names[(zone_id, owner)], "", owner or "", begin_us, at_us, key)


def _hot_words(state: State, scope: Scope, now_us: int) -> Iterator[Change]:
    """Yield the zones whose owner's last word is that they are hot, after another word."""
    for name, zone in zones_of(state, scope, now_us).items():
        if zone.owner is None or not (zone.id in scope.zone_acts or zone.id in scope.index.by_zone):
            continue
        words = said_of(scope, zone.id).words.get(zone.owner, ())
        if not words or words[-1].value != "hot" or words[-1].over(now_us):
            continue
        last = words[-1]
        begin_us = last.order[0] if last.from_us is None else last.from_us
        yield Change(name, "", zone.owner, begin_us, last.order[0], last.key)


def _texts(scope: Scope) -> Iterator[Change]:
    """Yield what the last text draws or asks otherwise than the one before."""
    chain = chain_of(scope)
    if len(chain) < 2:
        return
    before, after = chain[-2].agreement, chain[-1].agreement
    zones = {zone.id: zone for zone in before.zones}
    names = [zone.id for zone in after.zones if zones.get(zone.id) != zone]
    lines = {line.id: line for line in before.boundaries}
    moved = {line.id for line in after.boundaries if lines.get(line.id) != line}
    moved |= set(names)
    clauses = {clause.id: clause for clause in before.clauses}
    for clause in after.clauses:
        if isinstance(clause, StandOff):
            about = clause.boundary or clause.zone or clause.place
        elif isinstance(clause, BoundaryRule) and clause.side:
            about = clause.boundary
        else:
            continue
        if clauses.get(clause.id) != clause or about in moved:
            names.append(clause.id)
    for name in names:
        yield Change(name, "", "", chain[-1].from_us, chain[-1].signed_us, chain[-1].proposal)


def _notices(state: State, scope: Scope, now_us: int) -> Iterator[Change]:
    """Yield the sides of lines that peers speak of: a boundary, a side and a time."""
    keys = {key for kind in _NOTICES for key in scope.index.by_type.get(kind, ())}
    for key in keys:
        thread = scope.threads.get(key)
        if thread is None or thread.said is None or thread.said.log.party == state.party:
            continue
        fields, entry = thread.body.fields, thread.said
        ending = ending_of(scope, thread)
        if ending is not None and ending.word == "cancelled":
            continue
        if "boundary" not in fields or "side" not in fields:
            continue
        if entry.valid_until_us is not None and entry.valid_until_us <= now_us:
            continue
        try:
            begin_us = parse_instant_us(fields["time"]) if "time" in fields else written_us(entry)
        except InputFault:
            begin_us = written_us(entry)
        at_us = written_us(entry)
        name = fields["boundary"]
        yield Change(name, fields["side"], entry.log.party, begin_us, at_us, key)
