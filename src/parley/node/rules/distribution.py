"""Distribution: what a post enters about its units, and what is told when one has not been told.

Rules:
- At its time a unit that was not told stands in its party's own log, once, and all that are due by
  then of one notice in one entry: who gives notices without end is not multiplied. Whoever sent
  the notice sees that, or, where the party writes nothing, that these logs hold no receipt.
- Both ends are alarmed until the unit is told or somebody takes it, and again when what was
  announced has begun. Nothing is cancelled by a machine.
- A look costs what is open: notices that ask for nothing are looked at when they change.

What does not live here: which units must have a notice (`units_required`), which said that they do
(`units_told`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, cast

from parley.node.agreement_bodies import UnitReceipted, UnitsRequired, UnitUntold
from parley.node.agreement_inputs import ReceiptUnit, RequireUnits
from parley.node.entries import Draft
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.rules.alarm_raised import Raised, line_posts, place_name, shown
from parley.node.rules.tested import is_machine_test
from parley.node.rules.threads import find_thread
from parley.node.rules.units_required import (
    UNIT_RULES,
    good_name,
    others_unit,
    own_list,
    receipts_of,
    units_of,
)
from parley.node.rules.units_told import DistributionView, UnitSeen, distribution_of
from parley.node.state import Key, Scope, State, Thread
from parley.world.agreement import Agreement, check_post, refuse_twice
from parley.world.faults import InputFault, nearest
from parley.world.limits import PEER_ENTRIES_AHEAD_S, TEXT_CHARACTERS_MAX, UNITS_PER_NOTICE_MAX
from parley.world.norms import CLASSES, MessageClass, class_norms
from parley.world.time import format_second
from parley.world.units import MICROSECONDS_PER_SECOND

UNIT_ITSELF = "unit"
"""The post of an entry that a unit made by itself."""
_OPEN = "distribution"
_BACK_US = 1_000_000
_NAMED_MAX = 3
_FOLLOWED_MAX = 64


# ---- acts ---------------------------------------------------------------------------------------


def act(state: State, event: RequireUnits | ReceiptUnit, now_us: int) -> tuple[Draft, ...]:
    """Return the entry of an act; nothing where these very words stand already.

    Raises:
        InputFault: not a message to us under rules that know of units, another's post or unit, a
            name that can be none, a time that cannot be.
    """
    scope, thread = find_thread(state, event.ref)
    agreement = adopted_agreement(state, scope.agreement_id)
    said = thread.said
    assert said is not None
    if scope.rules.version < UNIT_RULES:
        wanted = f"an agreement that pins rules version {UNIT_RULES}"
        raise InputFault("units", value=f"under version {scope.rules.version}", wanted=wanted)
    if state.party not in said.to:
        wanted = f"units of {', '.join(said.to)}: each party answers for its own"
        raise InputFault("units", value=f"by {state.party}", wanted=wanted)
    if is_machine_test(thread.body, said.by):
        raise InputFault("units", value=thread.body.message_type, wanted="a message for people")
    body: UnitsRequired | UnitReceipted | None
    if isinstance(event, RequireUnits):
        body = _required(state, agreement, scope, thread, event)
    else:
        body = _receipted(state, agreement, scope, thread, event, now_us)
    if body is None:
        return ()
    draft = Draft(
        agreement=scope.agreement_id,
        by=event.post,
        to=(said.log.party,),
        ref=(state.reference(event.ref),),
        status=said.status,
        audience=said.audience,
        body=body,
    )
    return (draft,)


def _required(
    state: State, agreement: Agreement, scope: Scope, thread: Thread, event: RequireUnits
) -> UnitsRequired | None:
    check_own_post(agreement, state.party, event.post)
    if len(event.units) > UNITS_PER_NOTICE_MAX:
        wanted = f"{UNITS_PER_NOTICE_MAX} at most"
        raise InputFault("units", value=len(event.units), wanted=wanted)
    refuse_twice(event.units, "unit")
    for unit in event.units:
        check_post(unit, "unit")
        _check_ours(state, agreement, unit, named=True)
    if own_list(scope, thread, state.party) == (event.units, event.due_us):
        return None
    return UnitsRequired(units=event.units, post=event.post, due_us=event.due_us)


def _receipted(
    state: State,
    agreement: Agreement,
    scope: Scope,
    thread: Thread,
    event: ReceiptUnit,
    now_us: int,
) -> UnitReceipted | None:
    if event.by == "voice":
        check_own_post(agreement, state.party, event.post)
    elif event.post != UNIT_ITSELF:
        raise InputFault("post of a unit's own word", value=event.post, wanted=UNIT_ITSELF)
    check_post(event.unit, "unit")
    own = own_list(scope, thread, state.party)
    _check_ours(state, agreement, event.unit, named=own is not None and event.unit in own[0])
    if len(event.text) > TEXT_CHARACTERS_MAX:
        wanted = f"{TEXT_CHARACTERS_MAX} characters at most"
        raise InputFault("unit text", value=len(event.text), wanted=wanted)
    at_us = now_us if event.at_us is None else event.at_us
    assert thread.said is not None
    since_us = thread.said.issued_us - PEER_ENTRIES_AHEAD_S * MICROSECONDS_PER_SECOND
    if not since_us <= at_us <= now_us:
        wanted = f"between {format_second(thread.said.issued_us)}, when it was said, and now"
        raise InputFault("unit receipt at", value=format_second(at_us), wanted=wanted)
    held = receipts_of(scope, thread, state.party).get(event.unit)
    if held is not None and (held.loaded is not None or not event.loaded):
        seen = [u for v in distribution_of(state, thread, now_us) for u in v.units]
        if all(u.word != "has the old one" for u in seen if u.unit == event.unit):
            return None
    return UnitReceipted(
        unit=event.unit,
        by=event.by,
        post=event.post,
        at_us=at_us,
        loaded=event.loaded,
        text=event.text,
    )


def _check_ours(state: State, agreement: Agreement, unit: str, *, named: bool) -> None:
    """Check that a unit is ours: the agreement names it so, or we named it, and nobody else's."""
    ours = units_of(agreement, state.party)
    owner = others_unit(agreement, state.party, unit)
    if unit in ours or (named and not owner):
        return
    close = nearest(unit, list(ours))
    raise InputFault(
        f"unit of {state.party}",
        value=f"{unit}, of {owner}" if owner else unit,
        wanted=f"one of {', '.join(ours) or 'none: the agreement names no unit of ours'}",
        repair=f"did you mean {close!r}?" if close else "name it first: parley unit require",
    )


# ---- notices that ask for something -------------------------------------------------------------


class _Look(NamedTuple):
    """A notice with its units as last looked at, and when it must be looked at again."""

    views: tuple[DistributionView, ...]
    next_us: int | None


class _Open(NamedTuple):
    """What stands under a text: the looks, the same in order, and when time next makes one due.

    `next_us`: when a look is next taken again; `draft_us`: when an own entry is next due.
    """

    agreement: Agreement
    at_us: int
    looks: dict[Key, _Look]
    ordered: tuple[DistributionView, ...] = ()
    next_us: int | None = None
    draft_us: int | None = None


def open_views(state: State, scope: Scope, now_us: int) -> tuple[DistributionView, ...]:
    """Return the notices of ours and to us of which a unit is missing, as they stand now."""
    held = _open(state, scope, now_us)
    return held.ordered if held is not None else ()


def _open(state: State, scope: Scope, now_us: int) -> _Open | None:
    changed, scope.index.spread = scope.index.spread, set()
    agreement = state.agreement(scope.agreement_id)
    if agreement is None or scope.rules.version < UNIT_RULES:
        return None
    kept = scope.index.views.get(_OPEN)
    held = cast("_Open", kept[1]) if kept is not None else None
    if held is None or held.agreement is not agreement or held.at_us - now_us >= _BACK_US:
        # Another text, or a clock that went back: what asked for nothing may ask again.
        held, changed = _Open(agreement, now_us, {}), set(scope.threads)
    if changed or (held.next_us is not None and held.next_us <= now_us):
        held = _looked(state, scope, held, changed, now_us)
    else:
        held = held._replace(at_us=now_us)
    scope.index.views[_OPEN] = (None, held)
    return held


def _looked(state: State, scope: Scope, held: _Open, changed: set[Key], now_us: int) -> _Open:
    """Return what stands after a look at what changed, and at what time has come for."""
    looks = held.looks
    due = [k for k, look in looks.items() if look.next_us is not None and look.next_us <= now_us]
    for key in _with_family(scope, changed).union(due):
        look = _look_at(state, scope, key, now_us)
        if look is not None:
            looks[key] = look
        else:
            looks.pop(key, None)
    views = [view for look in looks.values() for view in look.views]
    views.sort(key=lambda view: (view.due_us or 0, view.message, view.party))
    instants = (look.next_us for look in looks.values() if look.next_us is not None)
    drafts = (
        unit.due_us + 1
        for view in views
        if view.party == state.party
        for unit in _to_be_written(view)
        if unit.due_us is not None
    )
    return _Open(
        agreement=held.agreement,
        at_us=now_us,
        looks=looks,
        ordered=tuple(views),
        next_us=min(instants, default=None),
        draft_us=min(drafts, default=None),
    )


def _with_family(scope: Scope, changed: set[Key]) -> set[Key]:
    """Return messages with those that they refer to, and that refer to them.

    What a unit had of one it lacks of the next, and what ends one may end the one before. Of one
    message no more than so many: who refers without end makes nobody look without end.
    """
    found = set(changed)
    for key in changed:
        waiting = [key]
        for _ in range(_FOLLOWED_MAX):
            thread = scope.threads.get(waiting.pop()) if waiting else None
            refs = thread.said.ref if thread is not None and thread.said is not None else ()
            waiting += [ref.key for ref in refs if ref.key not in found]
            found.update(ref.key for ref in refs)
    waiting = list(changed)
    while waiting:
        below = sorted(scope.index.about.get(waiting.pop(), ()))[:_FOLLOWED_MAX]
        fresh = [key for key in below if key not in found]
        found.update(fresh)
        waiting += fresh
    return found


def _look_at(state: State, scope: Scope, key: Key, now_us: int) -> _Look | None:
    thread = scope.threads.get(key)
    said = thread.said if thread is not None else None
    if thread is None or said is None or state.party not in (said.log.party, *said.to):
        return None
    ours = said.log.party == state.party
    views = tuple(
        view for view in distribution_of(state, thread, now_us) if ours or view.party == state.party
    )
    kept = tuple(view for view in views if view.missing)
    if not kept:
        return None
    missing = [each for view in kept for each in view.missing]
    instants = [each.due_us + 1 for each in missing if each.due_us is not None]
    instants += [view.begins_us for view in kept if view.begins_us is not None]
    instants += [view.ends_us + 1 for view in kept if view.ends_us is not None]
    instants += [said.valid_until_us + 1] if said.valid_until_us is not None else []
    return _Look(kept, min((each for each in instants if each > now_us), default=None))


# ---- what time makes due ------------------------------------------------------------------------


def due(state: State, now_us: int) -> list[Draft]:
    """Return the entries of own units that were not told in time: each unit once, of one notice."""
    drafts: list[Draft] = []
    for _, scope in sorted(state.scopes.items()):
        held = _open(state, scope, now_us)
        if held is not None and held.draft_us is not None and held.draft_us <= now_us:
            for view in held.ordered:
                if view.party == state.party:
                    drafts += _draft(state, scope, view, now_us)
    return drafts


def _draft(state: State, scope: Scope, view: DistributionView, now_us: int) -> list[Draft]:
    """Return the entry of all units of a notice that are due by now; what is too many waits."""
    said = scope.threads[view.message].said
    over = [
        (each.unit, each.due_us)
        for each in _to_be_written(view)
        if each.due_us is not None and now_us > each.due_us
    ][:UNITS_PER_NOTICE_MAX]
    if said is None or not over:
        return []
    return [
        Draft(
            agreement=scope.agreement_id,
            by="system",
            to=(view.sender,),
            ref=(state.reference(view.message),),
            status=said.status,
            audience=said.audience,
            body=UnitUntold(
                units=tuple(unit for unit, _ in over), due_us=max(due_us for _, due_us in over)
            ),
        )
    ]


def _to_be_written(view: DistributionView) -> list[UnitSeen]:
    """Return the units that are not told, and of which that is not written yet."""
    return [
        each for each in view.missing if each.untold_us is None and each.word != "told"
    ]  # that a told unit has not loaded it is an alarm, and no entry


def next_due_us(state: State, now_us: int) -> Iterator[int]:
    """Yield when an entry about an own unit will be due, if nothing comes before."""
    for scope in state.scopes.values():
        held = _open(state, scope, now_us)
        if held is not None and held.draft_us is not None:
            yield held.draft_us


# ---- alarms -------------------------------------------------------------------------------------


def raised(
    state: State, scope: Scope, agreement: Agreement, lines: set[str], now_us: int
) -> Iterator[Raised]:
    """Yield each notice that is late with a unit: at the post that tells it, and at its sender's.

    Args:
        state: whose posts.
        scope: the record.
        agreement: of the lines.
        lines: those of ours that nobody has withdrawn.
        now_us: the time.
    """
    for view in open_views(state, scope, now_us):
        if not view.late:
            continue
        body, since_us = scope.threads[view.message].body, _since_us(state, view)
        always = body.life_safety or body.message_class == "DISTRESS"
        if since_us <= now_us and (always or view.line in lines):
            yield _raised(state, agreement, view, since_us, always=always)


def _since_us(state: State, view: DistributionView) -> int:
    """Return since when a notice is late with a unit, here.

    A receipt of another party's unit needs as long to come as a message of that class may.
    """
    at_us = view.due_us + 1 if view.due_us is not None else 0
    if view.party != state.party and not any(each.untold_us for each in view.missing):
        at_us += class_norms(_class_of(view)).stored_s * MICROSECONDS_PER_SECOND
    if view.begun and view.begins_us is not None:
        return max(at_us, view.begins_us)
    return at_us


def _raised(
    state: State, agreement: Agreement, view: DistributionView, since_us: int, *, always: bool
) -> Raised:
    posts = line_posts(agreement, view.line, state.party)
    step = "begun" if view.begun else str(view.due_us)
    return Raised(
        name=f"untold:{place_name(view.message)}:{view.party}:{step}",
        kind="untold",
        alarm_class=_class_of(view),
        line=view.line,
        party=view.sender if view.party == state.party else view.party,
        text=_alarm_text(state, view),
        post=posts[0] if posts else "duty-officer",
        since_us=since_us,
        cause=view.message,
        rung=int(view.begun),
        always=always,
    )


def _class_of(view: DistributionView) -> MessageClass:
    return next((each for each in CLASSES if each == view.message_class), "SAFETY")


def _alarm_text(state: State, view: DistributionView) -> str:
    ours = view.party == state.party
    drill = "" if view.status == "actual" else f"{view.status.upper()} "
    what = f"{drill}{shown(view.message_type)}"
    missing = view.missing
    names = ", ".join(shown(each.unit) for each in missing[:_NAMED_MAX])
    names += f" and {len(missing) - _NAMED_MAX} more" if len(missing) > _NAMED_MAX else ""
    whose = "our units" if ours else f"units of {view.party}"
    loud = missing[0].loud if len({each.loud for each in missing}) == 1 else "NOT TOLD"
    which = f"{what} from {view.sender}" if ours else f"our {what}"
    source = "" if ours or all(each.untold_us for each in missing) else ", no receipt in these logs"
    if view.begun:
        return f"{which}: BEGUN WITH {len(missing)} OF {whose} {loud}: {names}{source}"
    begins = f", begins {format_second(view.begins_us)}" if view.begins_us is not None else ""
    return f"{which}: {len(missing)} of {whose} {loud}: {names}{begins}{source}"


__all__ = [
    "DistributionView", "UnitSeen", "act", "distribution_of", "due", "good_name", "next_due_us",
    "open_views", "raised",
]  # fmt: skip
