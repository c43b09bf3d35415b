"""Reposition: own intents that a changed rule touches are moved, told of and recorded in one act.

Rules:
- All or nothing: every version, every message and the record are written in one turn, or none is.
- A chosen move must be free now: clear of the object, of every standing intent, and of the other
  moves. What is not is refused, each by name, unless it is confirmed; the record then says so. An
  intent that is no longer the version that was looked at is refused always.
- A record, and a message, about a sealed intent go to those who hold that intent, and to nobody
  else: one act may write several. Own aircraft that no intent tells of are told to nobody.
- No instruction goes to anybody's aircraft: they are listed for people to call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from parley.node.agreement_bodies import IntentMove, RepositionRecorded
from parley.node.agreement_inputs import PlannedMove, Reposition
from parley.node.entries import Draft
from parley.node.inputs import ChangeIntent, FileIntent, Say
from parley.node.intent_table import Held
from parley.node.rules.agreements import check_own_post, line_of
from parley.node.rules.free_moves import clear_together
from parley.node.rules.hotline import say
from parley.node.rules.intent_record import intent_of, read_intents, standing_near
from parley.node.rules.intents import change_intent, file_intent
from parley.node.rules.pressure import pressure_at
from parley.node.rules.reposition_asked import Asked
from parley.node.rules.reposition_objects import Thing, found_thing
from parley.node.rules.reposition_plan import move_of
from parley.node.rules.touched import FlightTouched, Touched, met_of, touched_by
from parley.node.state import Scope, State
from parley.world.agreement import refuse_twice
from parley.world.faults import InputFault, nearest
from parley.world.intent import Intent, IntentState
from parley.world.time import format_instant
from parley.world.volume import PressureSource

MOVES_MAX = 200
"""Intents of one act: the plan proposes no more, and nobody looks through a longer list."""
_NAMED_MAX = 12
_REASON_CHARACTERS = 400

Audience = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class _Moved:
    """One chosen move: the intent before it, after it (None: it stays, or ends), and what is wrong.

    `over`: what speaks against it; it needs a confirmation.
    """

    chosen: PlannedMove
    held: Held
    before: Intent
    after: Intent | None
    over: tuple[str, ...]


def act(state: State, event: Reposition, now_us: int) -> tuple[Draft, ...]:
    """Return everything that one act writes: next versions, messages, the record.

    Raises:
        InputFault: no such object, line, post or intent; a version that has changed; a move that is
            not free, each named, unless it is confirmed; what may not be filed or said. Nothing has
            changed then.
    """
    agreement, scope, thing = found_thing(
        state, event.agreement, event.object, event.from_us, event.side, event.ref
    )
    check_own_post(agreement, state.party, event.post)
    line_of(agreement, event.line)
    seen = touched_by(state, scope, thing, now_us=now_us, ref=event.ref)
    moves = _checked(state, scope, thing, seen, event, now_us)
    against = [f"{each.held.id}: {why}" for each in moves for why in each.over]
    if against and not event.confirmed:
        raise InputFault(
            f"reposition because of {thing.title}",
            value="; ".join(against[:_NAMED_MAX]),
            wanted="moves that are free now, alone and together",
            repair="plan again, choose others, or confirm that it is meant; nothing was moved",
        )
    # The record first: its place is what the act is known by.
    return (
        *_records(event, state, scope, thing, seen, moves),
        *_versions(state, event, moves, now_us),
        *_told(state, event, thing, moves, now_us),
    )


# ---- what was chosen ----------------------------------------------------------------------------


def _checked(
    state: State, scope: Scope, thing: Thing, seen: Touched, event: Reposition, now_us: int
) -> list[_Moved]:
    if not 0 < len(event.moves) <= MOVES_MAX:
        wanted = f"1 to {MOVES_MAX} intents, each with what becomes of it"
        raise InputFault("reposition moves", value=len(event.moves), wanted=wanted)
    refuse_twice(tuple(each.intent for each in event.moves), "reposition intent")
    pressure = pressure_at(state, scope.agreement_id, now_us)
    moves = [_read(state, scope, each) for each in event.moves]
    touched_now = {each.intent for each in seen.intents}
    asked = Asked(thing, pressure)
    going = {
        each.held.name for each in moves if each.after is not None or each.chosen.how == "cancelled"
    }
    found = []
    for each in moves:
        over = [] if each.held.id in touched_now else [f"{thing.title} does not touch it now"]
        if each.chosen.how == "cancelled" and each.held.state is not IntentState.ACCEPTED:
            over.append(f"it is {each.held.state.value}: its aircraft would fly without an intent")
        if each.after is not None:
            over += _not_free(state, scope, asked, each.after, going, pressure, now_us)
        found.append(_with(each, over))
    moved = [each.after for each in found if each.after is not None]
    clash = clear_together(moved, pressure=pressure)
    if clash is not None:
        first = next(n for n, each in enumerate(found) if each.held.id == clash[0])
        found[first] = _with(found[first], [f"meets the moved {clash[1]}"])
    return found


def _with(each: _Moved, over: list[str]) -> _Moved:
    return _Moved(each.chosen, each.held, each.before, each.after, (*each.over, *over))


def _read(state: State, scope: Scope, chosen: PlannedMove) -> _Moved:
    """Return a chosen move with the intent that it is about.

    Raises:
        InputFault: no own standing intent, another version, a move of another kind than it says.
    """
    table = read_intents(state, scope)
    held = table.held.get((state.party, chosen.intent))
    if held is None:
        own = [name for party, name in table.held if party == state.party]
        close = nearest(chosen.intent, own)
        repair = f"did you mean {close!r}?" if close else ""
        raise InputFault("intent", value=chosen.intent, wanted="an own intent", repair=repair)
    what = f"intent {chosen.intent}"
    before = intent_of(scope, held.key)
    if before is None or held.state is IntentState.ENDED:
        raise InputFault(what, value="ended", wanted="one that stands", repair="plan again")
    if chosen.version is not None and chosen.version != held.version:
        raise InputFault(
            f"{what} version",
            value=held.version,
            wanted=f"{chosen.version}, which was looked at",
            repair="it changed since: plan again; nothing was moved",
        )
    _check_kind(chosen, held)
    after = None
    if chosen.how in ("time", "level", "lateral"):
        after = msgspec.structs.replace(move_of(chosen).of(before), state=held.state)
    return _Moved(chosen, held, before, after, ())


def _check_kind(chosen: PlannedMove, held: Held) -> None:
    """Raise unless a move does what its kind says, and nothing else."""
    what = f"intent {chosen.intent} {chosen.how}"
    given = {
        "time": chosen.delay_s != 0,
        "level": chosen.climb_m != 0.0,
        "lateral": chosen.north_m != 0.0 or chosen.east_m != 0.0,
    }
    named = [kind for kind, is_given in given.items() if is_given]
    wanted = [chosen.how] if chosen.how in given else []
    if named != wanted:
        value = ", ".join(named) or "no move"
        raise InputFault(what, value=value, wanted=" and ".join(wanted) or "no move at all")
    if chosen.how == "unchanged" and not chosen.text.strip():
        raise InputFault(f"{what} text", value="none", wanted="why it stays as it is")
    if chosen.how == "time" and held.state is not IntentState.ACCEPTED:
        value = f"{held.state.value}: the flight has begun"
        raise InputFault(what, value=value, wanted="an intent that is not flown yet")


def _not_free(
    state: State,
    scope: Scope,
    asked: Asked,
    after: Intent,
    going: set[tuple[str, str]],
    pressure: PressureSource | None,
    now_us: int,
) -> Iterator[str]:
    """Yield what a moved intent would still, or newly, be in the way of."""
    for place, met in met_of(asked, after, now_us):
        word = "still in" if met.decided == "touched" else "possibly still in"
        yield f"{word} {asked.thing.title} with volume {place + 1}: {met.because}"
        break
    for name, other in standing_near(state, scope, after.volumes, now_us=now_us):
        if name == (state.party, after.id) or name in going:
            continue
        if clear_together((after, other), pressure=pressure) is not None:
            yield f"meets {name[0]}/{name[1]}.{other.version}"


# ---- what is written ----------------------------------------------------------------------------


def _versions(state: State, event: Reposition, moves: list[_Moved], now_us: int) -> Iterator[Draft]:
    for each in moves:
        if each.after is not None:
            filed = FileIntent(agreement=event.agreement, post=event.post, intent=each.after)
            yield file_intent(state, filed, now_us)
        elif each.chosen.how == "cancelled":
            yield change_intent(
                state,
                ChangeIntent(
                    agreement=event.agreement,
                    post=event.post,
                    intent=each.held.id,
                    state=IntentState.ENDED,
                ),
            )


def _groups(moves: list[_Moved]) -> dict[Audience, list[_Moved]]:
    """Return the moves by who may hold the intent."""
    found: dict[Audience, list[_Moved]] = {}
    for each in moves:
        found.setdefault(each.held.audience, []).append(each)
    return dict(sorted(found.items(), key=lambda group: group[0] or ()))


def _told(
    state: State, event: Reposition, thing: Thing, moves: list[_Moved], now_us: int
) -> Iterator[Draft]:
    """Yield the messages: of sealed intents only to those who hold them.

    Raises:
        InputFault: nobody of those addressed holds any of the intents.
    """
    told = False
    for audience, group in _groups(moves).items():
        to = tuple(p for p in event.to if audience is None or p in audience)
        if not to:
            continue
        told = True
        fields = {"boundary": thing.name, "time": format_instant(thing.from_us)}
        if thing.side:
            fields["side"] = thing.side
        fields["intents"] = _words(group)
        said = Say(
            agreement=event.agreement,
            line=event.line,
            post=event.post,
            to=to,
            message_type="reposition.notice",
            text=event.text,
            fields=fields,
            ref=event.ref,
            addressees_only=audience is not None,
            confirmed=event.confirmed,
        )
        yield say(state, said, now_us)
    if event.to and not told:
        wanted = "somebody who holds one of the intents; without addressees nobody is told"
        raise InputFault("reposition addressee", value=", ".join(event.to), wanted=wanted)


def _words(group: list[_Moved]) -> str:
    """Return what becomes of intents, in one line."""
    parts = [f"{each.held.id}: {how_text(each.chosen)}" for each in group[:_NAMED_MAX]]
    more = len(group) - len(parts)
    return "; ".join([*parts, f"and {more} more"] if more else parts)


def how_text(chosen: PlannedMove) -> str:
    """Return what becomes of an intent, in words.

    >>> how_text(PlannedMove(intent="X", how="time", delay_s=600))
    '10 min later'
    """
    if chosen.how in ("cancelled", "unchanged"):
        return chosen.how
    return move_of(chosen).text


def _records(
    event: Reposition, state: State, scope: Scope, thing: Thing, seen: Touched, moves: list[_Moved]
) -> Iterator[Draft]:
    flights = _flights_by(scope, state, seen.flights)
    groups = _groups(moves)
    audiences: list[Audience] = [*groups, *(each for each in flights if each not in groups)]
    for audience in audiences:
        yield Draft(
            agreement=event.agreement,
            by=event.post,
            ref=event.ref,
            audience=audience,
            body=RepositionRecorded(
                object=thing.name,
                from_us=thing.from_us,
                post=event.post,
                moves=tuple(_recorded(each) for each in groups.get(audience, ())),
                flights=flights.get(audience, ()),
                text=event.text,
                side=thing.side,
                version=thing.version,
            ),
        )


def _recorded(each: _Moved) -> IntentMove:
    chosen = each.chosen
    words = [chosen.text.strip()[:_REASON_CHARACTERS]] if chosen.text.strip() else []
    # What it is in the way of may be sealed to fewer than those who hold this record.
    words += ["NOT FREE, confirmed by the post"] if each.over and each.after is not None else []
    words += ["confirmed by the post"] if each.over and each.after is None else []
    if each.after is not None and not each.over:
        words.append("free alone and together when it was moved")
    after = each.after.version if each.after is not None else each.held.version
    return IntentMove(
        intent=each.held.id,
        version_before=each.held.version,
        version_after=after,
        how=chosen.how,
        delay_s=chosen.delay_s,
        climb_mm=round(chosen.climb_m * 1_000),
        lateral_mm=round((chosen.north_m**2 + chosen.east_m**2) ** 0.5 * 1_000),
        text="; ".join(words),
    )


def _flights_by(
    scope: Scope, state: State, flights: tuple[FlightTouched, ...]
) -> dict[Audience, tuple[str, ...]]:
    """Return the own aircraft by who knows of them: those of an intent, else nobody but us."""
    table = read_intents(state, scope)
    known: dict[str, Audience] = {}
    for held in table.held.values():
        if held.party != state.party or held.state is IntentState.ENDED:
            continue
        # An aircraft that some intent tells everybody of is no secret; else the narrowest counts.
        if held.audience is None:
            known[held.flight] = None
        elif held.flight not in known:
            known[held.flight] = held.audience
        elif known[held.flight] not in (None, held.audience):
            known[held.flight] = (state.party,)
    found: dict[Audience, tuple[str, ...]] = {}
    for flight in flights:
        audience = known.get(flight.aircraft, (state.party,))
        found[audience] = (*found.get(audience, ()), flight.aircraft)
    return found


def due(state: State, now_us: int) -> list[Draft]:
    """Return nothing: no clock ever moves an intent; what is not done is an alarm."""
    del state, now_us
    return []
