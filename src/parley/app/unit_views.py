"""Units as the page, the API, the watch and a unit itself see them. Only reading.

What a post has stored, displayed or answered is never taken for a unit's own word, and an empty
list says what it is empty of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from parley.app.custody_views import no_receipts
from parley.app.message_views import MessageView, message_view
from parley.app.page_html import seconds
from parley.node.rules.distribution import DistributionView, UnitSeen, distribution_of, open_views
from parley.node.rules.units_required import UNIT_RULES, units_of, version_of
from parley.node.state import Key, Scope, State, Thread
from parley.world.time import format_second

NOTICES_SHOWN_MAX = 50
"""Notices of one sender on a unit's page, those that it has not said to have first."""


class UnitNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as one unit must have it.

    `view`: the message, without how far it got with whom, which is not a unit's to know. `before`:
    what it corrects or cancels, in its own words. `unit`: how it stands with this unit. `masked`: a
    guarded notice that no post of ours has opened.
    """

    view: MessageView
    unit: UnitSeen
    begins_us: int | None
    ends_us: int | None
    begun: bool
    over: str
    cancels: bool
    before: MessageView | None
    masked: bool


def untold(state: State, now_us: int) -> tuple[DistributionView, ...]:
    """Return the notices of which a unit is missing, ours and those we sent, soonest due first."""
    found = [
        view
        for _, scope in sorted(state.scopes.items())
        for view in open_views(state, scope, now_us)
    ]
    return tuple(sorted(found, key=lambda view: (view.due_us or 0, view.message, view.party)))


def every_distribution(state: State, now_us: int) -> tuple[DistributionView, ...]:
    """Return every notice of which units are required or heard, newest first."""
    found = [
        view
        for _, scope in sorted(state.scopes.items())
        if scope.rules.version >= UNIT_RULES
        for thread in scope.messages()
        for view in distribution_of(state, thread, now_us)
    ]
    return tuple(reversed(found))


def own_units(state: State) -> tuple[str, ...]:
    """Return the units that agreements in force name for this party."""
    named = [
        unit
        for _, agreement in sorted(state.agreements.items())
        for unit in units_of(agreement, state.party)
    ]
    return tuple(dict.fromkeys(named))


# ---- in words -----------------------------------------------------------------------------------


def untold_lines(
    views: Iterable[DistributionView], own: str, now_us: int, numbers: dict[Key, int] | None = None
) -> list[str]:
    """Return what must not be overlooked of units, one line per notice and addressee.

    Args:
        views: as `untold` gives them.
        own: whose screen it is.
        now_us: the time.
        numbers: of messages, where a screen has given them numbers; else their index is told.
    """
    return [_untold_line(view, own, now_us, numbers or {}) for view in views if view.missing]


def _untold_line(view: DistributionView, own: str, now_us: int, numbers: dict[Key, int]) -> str:
    words: dict[str, list[str]] = {}
    for each in view.missing:
        words.setdefault(each.loud, []).append(each.unit)
    missing = "; ".join(f"{loud}: {', '.join(units)}" for loud, units in words.items())
    whose = "" if view.party == own else f" of {view.party}"
    drill = "" if view.status == "actual" else f"{view.status.upper()} "
    number = numbers.get(view.message, view.message[1])
    what = f"{drill}{view.message_type} from {view.sender}, #{number}"
    return f"{missing}{whose} ({what}), {left_words(view, now_us)}"


def left_words(view: DistributionView, now_us: int) -> str:
    """Return how long there is: to the time by which the unit is told, and to the beginning."""
    if view.begun:
        count = len(view.missing)
        return f"BEGUN WITH {count} {'UNIT' if count == 1 else 'UNITS'} NOT TOLD"
    if view.due_us is None:
        return "no time set"
    begins = ""
    if view.begins_us is not None:
        begins = f", begins in {seconds(view.begins_us - now_us)}"
    if now_us <= view.due_us:
        return f"{seconds(view.due_us - now_us)} left{begins}"
    return f"LATE by {seconds(now_us - view.due_us)}{begins}"


def unit_lines(view: DistributionView) -> Iterator[str]:
    """Yield how a notice stands with each unit of an addressee, one line each."""
    for each in view.units:
        yield f"unit {each.unit} of {view.party}: {unit_words(each)}"
    for remark in view.remarks:
        yield f"units of {view.party}: {remark}"
    if view.over:
        yield f"units of {view.party}: asked no more: {view.over}"


def unit_words(unit: UnitSeen) -> str:
    """Return how a notice stands with one unit, in words."""
    if unit.told_us is None:
        loud = unit.loud or unit.word
        due = f", due {format_second(unit.due_us)}" if unit.due_us is not None else ""
        said = (
            f"; its own post wrote so at {format_second(unit.untold_us)}"
            if unit.untold_us is not None
            else "; no receipt in these logs"
        )
        return f"{loud}{due}{said if unit.missing else ''}"
    how = "by itself" if unit.told_by == "unit" else f"by voice, entered by {unit.told_post}"
    words = f"told {format_second(unit.told_us)} {how}"
    if unit.loaded_us is not None:
        words += f", loaded {format_second(unit.loaded_us)}"
    elif unit.must_load:
        words += ", NOT LOADED"
    if unit.late_s is not None:
        words += f", LATE by {seconds(round(unit.late_s * 1_000_000))}"
    return words if unit.required_by else f"{words} (nobody requires it)"


# ---- for one unit -------------------------------------------------------------------------------


def unit_notices(state: State, unit: str, now_us: int) -> tuple[UnitNotice, ...]:
    """Return the notices that a unit of ours must have, those that it has not said to have first.

    What is over by time is left out; what was corrected or cancelled stands with its newer one. Of
    one sender no more than `NOTICES_SHOWN_MAX`: a party that gives notices without end hides none
    of another's.
    """
    shown, _ = _of_unit(state, unit, now_us)
    return tuple(_unit_notice(state, *each, now_us) for each in shown)


def unit_notices_beyond(state: State, unit: str, now_us: int) -> dict[str, int]:
    """Return how many more notices than `unit_notices` gives ask for a unit, by sender."""
    return _of_unit(state, unit, now_us)[1]


_Found = tuple[Scope, Thread, DistributionView, UnitSeen]


def _of_unit(state: State, unit: str, now_us: int) -> tuple[list[_Found], dict[str, int]]:
    """Return the notices of a unit that are shown, and how many more ask for it, by sender."""
    found = [
        (scope, scope.threads[key], seen, row)
        for _, scope in sorted(state.scopes.items())
        for key in _keys(state, scope, now_us)
        if key in scope.threads
        for seen, row in _rows(state, scope.threads[key], unit, now_us)
    ]
    found.sort(key=lambda each: (not each[3].missing, each[2].begins_us or 0, each[2].message))
    shown: list[_Found] = []
    counts: Counter[str] = Counter()
    beyond: Counter[str] = Counter()
    for each in found:
        counts[each[2].sender] += 1
        if counts[each[2].sender] <= NOTICES_SHOWN_MAX:
            shown.append(each)
        elif each[3].missing:
            beyond[each[2].sender] += 1
    return shown, dict(sorted(beyond.items()))


def _keys(state: State, scope: Scope, now_us: int) -> list[Key]:
    """Return the notices that ask for a unit, and those of which a unit has said something."""
    if scope.rules.version < UNIT_RULES:
        return []
    asking = {view.message for view in open_views(state, scope, now_us)}
    return sorted(asking | set(scope.terms.receipted))


def _rows(
    state: State, thread: Thread, unit: str, now_us: int
) -> Iterator[tuple[DistributionView, UnitSeen]]:
    """Yield how a notice to us that is not over stands with a unit of ours."""
    for seen in distribution_of(state, thread, now_us):
        if seen.party == state.party and not seen.over:
            yield from ((seen, row) for row in seen.units if row.unit == unit)


def _unit_notice(
    state: State,
    scope: Scope,
    thread: Thread,
    seen: DistributionView,
    row: UnitSeen,
    now_us: int,
) -> UnitNotice:
    version = version_of(scope, thread, state.party)
    old = version.earlier[0] if version.earlier else None
    view = message_view(state, scope, thread, now_us, no_receipts, set())
    before = message_view(state, scope, old, now_us, no_receipts, set()) if old else None
    return UnitNotice(
        view=_words_of(view),
        unit=row,
        begins_us=seen.begins_us,
        ends_us=seen.ends_us,
        begun=seen.begun,
        over=seen.over,
        cancels=version.cancels,
        before=_words_of(before) if before is not None else None,
        masked=view.reading == "guarded",
    )


def _words_of(view: MessageView) -> MessageView:
    """Return a message as a unit sees it: what it says, and nothing of posts and other units."""
    return msgspec.structs.replace(view, ladder=(), units=(), signatures=(), opened=())
