"""What became of intents when something changed: before and after, from the logs alone.

Rules: the versions stand in the writer's own log, the object in the record at the time when the act
was written; so every node that holds the same logs says the same. What is not held is said to be
so, never guessed. A record speaks of its writer's own intents only, whatever names it gives.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec

from parley.node.agreement_bodies import IntentMove, RepositionRecorded
from parley.node.entries import Entry, IntentFiled, Reference
from parley.node.rules.agreements import adopted_agreement
from parley.node.rules.intent_record import intent_of
from parley.node.rules.reposition_asked import Asked
from parley.node.rules.reposition_objects import Thing, thing_of
from parley.node.state import Key, Scope, State, key_of, rank_of, written_us
from parley.world.faults import InputFault
from parley.world.geo import Position, course_at_deg
from parley.world.intent import Intent
from parley.world.shape import Circle, Corridor, Shape
from parley.world.volume import VerticalLimit

SHOWN_MAX = 100
"""Records of each party that a list has, the newest: nobody writes another's out of it."""
MOVES_SHOWN_MAX = 200
"""Intents of one record that are shown: as many as one act of ours has; a peer may write more."""
_ALONG_M = 1_000.0
_POINTS_MAX = 400


class IntentPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when one version of an intent is, against the object as it then was.

    `away_m`: about how far its nearest outline is from the object, 0 in it; None: not known here.
    """

    version: int
    from_us: int | None
    to_us: int | None
    levels: str
    word: Literal["touched", "possibly", "clear", "not known"]
    away_m: float | None


class MoveShown(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one intent; `before` or `after` None: that version is not held here."""

    move: IntentMove
    flight: str
    before: IntentPlace | None
    after: IntentPlace | None


class RepositionShown(msgspec.Struct, frozen=True, kw_only=True):
    """One act, by whom, because of what.

    `audience`: who may hold it; None is every party. `more`: so many intents are not shown.
    """

    key: Key
    agreement: str
    party: str
    post: str
    at_us: int
    object: str
    side: str
    version: int
    from_us: int
    text: str
    ref: tuple[Reference, ...]
    flights: tuple[str, ...]
    audience: tuple[str, ...] | None
    object_word: str
    moves: tuple[MoveShown, ...]
    more: int = 0


def repositions(state: State) -> tuple[tuple[Entry, RepositionRecorded], ...]:
    """Return the records held here, the newest first, `SHOWN_MAX` of each party at most."""
    found = [
        (entry, entry.body)
        for name in sorted(state.agreements)
        for entry in state.scope(name).terms.repositions.values()
        if isinstance(entry.body, RepositionRecorded)
    ]
    found.sort(key=lambda each: (written_us(each[0]), key_of(each[0])), reverse=True)
    count: Counter[str] = Counter()
    kept = []
    for each in found:
        count[each[0].log.party] += 1
        if count[each[0].log.party] <= SHOWN_MAX:
            kept.append(each)
    return tuple(kept)


def reposition_shown(state: State, key: Key) -> RepositionShown:
    """Return one act with each intent before and after.

    Raises:
        InputFault: no such record is held here.
    """
    for name in sorted(state.agreements):
        scope = state.scope(name)
        entry = scope.terms.repositions.get(key)
        if entry is not None and isinstance(entry.body, RepositionRecorded):
            return _shown(state, scope, entry, entry.body)
    wanted = "the place of a reposition that is held here"
    raise InputFault("reposition", value=f"{key[0]} {key[1]}", wanted=wanted)


def _shown(state: State, scope: Scope, entry: Entry, body: RepositionRecorded) -> RepositionShown:
    thing, word = _object_then(state, scope, entry, body)
    asked = Asked(thing, None) if thing is not None else None
    moves = body.moves[:MOVES_SHOWN_MAX]
    versions = _versions(scope, entry.log.party, {move.intent for move in moves})
    return RepositionShown(
        key=key_of(entry),
        agreement=scope.agreement_id,
        party=entry.log.party,
        post=body.post,
        at_us=written_us(entry),
        object=body.object,
        side=body.side,
        version=body.version,
        from_us=body.from_us,
        text=body.text,
        ref=entry.ref,
        flights=body.flights,
        audience=entry.audience,
        object_word=word,
        moves=tuple(_move(asked, versions, move) for move in moves),
        more=len(body.moves) - len(moves),
    )


def _object_then(
    state: State, scope: Scope, entry: Entry, body: RepositionRecorded
) -> tuple[Thing | None, str]:
    """Return the object as it was then, and what is to be known about it."""
    agreement = adopted_agreement(state, scope.agreement_id)
    by = tuple(each.log.split("/")[2] for each in entry.ref if each.log.count("/") >= 2)
    # Every party has its own names for what several declared: only what the logs hold counts.
    try:
        thing = thing_of(
            state, agreement, body.object, from_us=body.from_us, side=body.side, by=by,
            party=entry.log.party,
        )  # fmt: skip
    except InputFault as fault:
        return None, f"not known here: {fault}"
    if thing.version != body.version:
        known = f"version {thing.version} is known here for that time"
        return None, f"version {body.version} counted then, {known}"
    return thing, thing.because


def _versions(scope: Scope, party: str, names: set[str]) -> dict[tuple[str, int], Intent]:
    """Return the versions of a party's intents that are held, the first of a number each."""
    found: dict[tuple[str, int], Intent] = {}
    own = [entry for entry in scope.intents.values() if entry.log.party == party]
    for entry in sorted(own, key=rank_of):
        intent = intent_of(scope, key_of(entry)) if isinstance(entry.body, IntentFiled) else None
        if intent is not None and intent.party == party and intent.id in names:
            found.setdefault((intent.id, intent.version), intent)
    return found


def _move(
    asked: Asked | None, versions: dict[tuple[str, int], Intent], move: IntentMove
) -> MoveShown:
    before = versions.get((move.intent, move.version_before))
    after = versions.get((move.intent, move.version_after)) if move.how != "cancelled" else None
    known = before or after
    return MoveShown(
        move=move,
        flight=known.flight if known is not None else "",
        before=_place(asked, before) if before is not None else None,
        after=_place(asked, after) if after is not None else None,
    )


def _place(asked: Asked | None, intent: Intent) -> IntentPlace:
    starts = [volume.from_us for volume in intent.volumes]
    ends = [volume.to_us for volume in intent.volumes]
    word: Literal["touched", "possibly", "clear", "not known"] = "not known"
    away_m: float | None = None
    if asked is not None:
        mets = [met for volume in intent.volumes if (met := asked.met(volume)) is not None]
        words = {met.decided for met in mets}
        word = "touched" if "touched" in words else "possibly" if mets else "clear"
        away_m = min(_away_m(asked.thing, volume.shape) for volume in intent.volumes)
    return IntentPlace(
        version=intent.version,
        from_us=None if None in starts else min(us for us in starts if us is not None),
        to_us=None if None in ends else max(us for us in ends if us is not None),
        levels=" / ".join(
            dict.fromkeys(f"{_limit(v.lower)} to {_limit(v.upper)}" for v in intent.volumes)
        ),
        word=word,
        away_m=away_m,
    )


def _limit(limit: VerticalLimit) -> str:
    if limit.value_m is None:
        return limit.reference
    return f"{limit.value_m:.0f} m {limit.reference}"


def _away_m(thing: Thing, shape: Shape) -> float:
    """Return about how far an area is from an object on the ground: by points of its outline."""
    nearest_m, half_m = float("inf"), 0.0
    if isinstance(shape, Circle):
        half_m = shape.radius_m
    elif isinstance(shape, Corridor):
        half_m = shape.width_m / 2.0
    for point in _points(shape):
        answer = thing.point(point)
        inside = answer.nominal == "in"
        margin_m = answer.margin_m if answer.margin_m is not None else 0.0
        nearest_m = min(nearest_m, 0.0 if inside else margin_m)
    return max(0.0, nearest_m - half_m)


def _points(shape: Shape) -> list[Position]:
    if isinstance(shape, Circle):
        return [shape.centre]
    line = shape.centre_line if isinstance(shape, Corridor) else shape.rings[0]
    found = []
    for edge, long_m in enumerate(line.length_m.tolist()):
        parts = max(1, min(int(long_m / _ALONG_M), _POINTS_MAX // len(line.length_m)))
        found += [course_at_deg(line, edge, k / parts)[0] for k in range(parts + 1)]
    return found
