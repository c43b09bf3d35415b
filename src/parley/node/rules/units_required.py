"""Which units must have a notice, by when: by clauses, a party's own list, and corrections.

Rules:
- A clause names units; a party's own newest list adds to them and takes none of them away.
- A correction asks for all that its notice asked for, and for whoever had that; a cancellation asks
  for every unit that had what it cancels.
- A correction of how a notice was read back says the notice again and takes no place of it.

What does not live here: who said that it has it (`units_told`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from parley.node.agreement_bodies import UnitReceipted, UnitsRequired
from parley.node.entries import Entry
from parley.node.rules.notices import is_notice
from parley.node.rules.standing import window_of
from parley.node.rules.threads import ends
from parley.node.state import Scope, Thread, rank_of, written_us
from parley.world.agreement import Agreement, check_post
from parley.world.clauses import AppliesTo, Distribution, Notification
from parley.world.faults import InputFault
from parley.world.limits import UNITS_PER_NOTICE_MAX
from parley.world.norms import class_norms, norms
from parley.world.time import parse_instant_us
from parley.world.units import MICROSECONDS_PER_SECOND

UNIT_RULES = 4
"""The rules version from which receipts of units count."""
VERSIONS_MAX = 64
"""Versions of one notice that are looked back through; beyond it every unit that any clause names
must have the newest: who corrects without end tells nobody less."""
_OWN = "own list"
_HAD = "had the one before"
_AGAIN = "says it again"
_BEGIN_FIELDS = ("effective", "from", "from_time")
_ZONE_FIELDS = ("zone", "area", "corridor")


# ---- what is announced, and when ----------------------------------------------------------------


def announced(fields: dict[str, str]) -> tuple[int | None, int | None]:
    """Return when what a message announces begins, and when it ends, where it says so.

    What ends before it begins says nothing of when it ends.

    >>> announced({"effective": "2026-01-01T00:00:00Z"})
    (1767225600000000, None)
    """
    begins_us, ends_us = window_of(fields)
    for name in _BEGIN_FIELDS:
        if begins_us is not None:
            break
        try:
            begins_us = parse_instant_us(fields[name]) if name in fields else None
        except InputFault:
            continue
    if begins_us is not None and ends_us is not None and ends_us <= begins_us:
        ends_us = None
    return begins_us, ends_us


def _due_us(thread: Thread, begins_us: int | None, before_s: float) -> int:
    """Return by when a unit is told: so long before it begins; else so soon after it was said.

    What comes later than that leaves as long as a post has to see it, and never more than to its
    beginning: whoever is told at the last moment is told at once.
    """
    assert thread.said is not None
    said_us = written_us(thread.said)
    if begins_us is None:
        return said_us + norms().distribution.within_s * MICROSECONDS_PER_SECOND
    displayed_s = class_norms(thread.body.message_class).displayed_s or 0
    soon_us = min(said_us + displayed_s * MICROSECONDS_PER_SECOND, begins_us)
    return max(begins_us - round(before_s * MICROSECONDS_PER_SECOND), soon_us, said_us)


# ---- versions of one notice ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Version:
    """A message in the place of earlier ones: `earlier` newest first; `cancels`: it only ends.

    `cut`: there are more than are looked through.
    """

    thread: Thread
    earlier: tuple[Thread, ...] = ()
    cancels: bool = False
    cut: bool = False


def version_of(scope: Scope, thread: Thread, party: str) -> Version:
    """Return a message with the earlier ones of its sender in whose place it came, by its own word.

    Only what `party` was told counts, and only a message that names the other's very bytes. What
    only says a notice again takes no place; what takes its place takes that of the notice, too.
    """
    earlier: list[Thread] = []
    cancels, now = False, thread
    while len(earlier) < VERSIONS_MAX:
        found = _before(scope, now, party)
        if found is None or any(found[0].key == each.key for each in (thread, *earlier)):
            break
        if not earlier:
            if found[1] == _AGAIN:
                break
            cancels = found[1] != "corrected"
        now = found[0]
        earlier.append(now)
    return Version(thread, tuple(earlier), cancels, len(earlier) == VERSIONS_MAX)


def _before(scope: Scope, thread: Thread, party: str) -> tuple[Thread, str] | None:
    """Return the message of the same sender that one is about, and what it makes of that."""
    said = thread.said
    for place, ref in enumerate(said.ref if said is not None else ()):
        old = scope.threads.get(ref.key)
        if said is None or old is None or old.said is None or old.leaf != ref.leaf:
            continue
        word = ends(thread.body.message_type, old.body.message_type)
        if word is None or old.said.log.party != said.log.party or party not in old.said.to:
            continue
        return old, _AGAIN if place and word == "corrected" else word
    return None


def followers(scope: Scope, thread: Thread, party: str) -> tuple[Entry | None, tuple[Entry, ...]]:
    """Return what came in the place of a message, and what only says it again.

    A correction that names the message first changes it; one that names an answer to it first, and
    then the message, says to whom it was misread what stands there. What comes in the place of such
    a one comes in the place of the message.
    """
    instead: list[Entry] = []
    again: list[Entry] = []
    waiting, seen = [thread], {thread.key}
    while waiting and len(seen) <= VERSIONS_MAX:
        now = waiting.pop()
        for key in sorted(scope.index.about.get(now.key, ())):
            other = scope.threads.get(key)
            if other is None or other.said is None or key in seen or party not in other.said.to:
                continue
            found = _before(scope, other, party)
            if found is None or found[0].key != now.key:
                continue
            if found[1] == _AGAIN:
                seen.add(key)
                again.append(other.said)
                waiting.append(other)
            else:
                instead.append(other.said)
    return min(instead, key=rank_of, default=None), tuple(sorted(again, key=rank_of))


# ---- who said that it has it --------------------------------------------------------------------


@dataclass(slots=True)
class Receipt:
    """The first receipt of a unit, the first that says loaded, and all that came later than it."""

    first: Entry
    loaded: Entry | None = None
    newest: Entry | None = None


def receipts_of(scope: Scope, thread: Thread, party: str) -> dict[str, Receipt]:
    """Return the receipts of a message that a party wrote, by unit.

    They are of these very bytes; whose units they are is for the caller to ask.
    """
    return all_receipts(scope, thread).get(party, {})


def all_receipts(scope: Scope, thread: Thread) -> dict[str, dict[str, Receipt]]:
    """Return the receipts of a message by writer and unit; each entry is looked at once."""
    table = scope.terms.receipted.get(thread.key, {})
    if not table:
        return {}
    name = f"units {thread.key[0]} {thread.key[1]}"
    held = scope.index.views.get(name)
    known, found = held if held is not None else ((0, ""), {})
    assert isinstance(known, tuple)
    assert isinstance(found, dict)
    if known[0] > len(table) or known[1] != thread.leaf:
        known, found = (0, thread.leaf), {}
    for entry in itertools.islice(reversed(table.values()), len(table) - known[0]):
        body = entry.body
        if isinstance(body, UnitReceipted) and entry.ref[0].leaf == thread.leaf:
            _add_receipt(found.setdefault(entry.log.party, {}), entry, body)
    scope.index.views[name] = ((len(table), thread.leaf), found)
    return found


def _add_receipt(found: dict[str, Receipt], entry: Entry, body: UnitReceipted) -> None:
    known = found.setdefault(body.unit, Receipt(first=entry))
    if rank_of(entry) < rank_of(known.first):
        known.first = entry
    if body.loaded and (known.loaded is None or rank_of(entry) < rank_of(known.loaded)):
        known.loaded = entry
    if known.newest is None or rank_of(entry) > rank_of(known.newest):
        known.newest = entry


def units_of(agreement: Agreement, party: str) -> tuple[str, ...]:
    """Return the units that an agreement names for a party."""
    return next((each.units for each in agreement.parties if each.id == party), ())


def others_unit(agreement: Agreement, party: str, unit: str) -> str:
    """Return the party that an agreement names as having a unit, where that is another; else ""."""
    if unit in units_of(agreement, party):
        return ""
    return next((each.id for each in agreement.parties if unit in each.units), "")


# ---- who must have it ---------------------------------------------------------------------------


@dataclass(slots=True)
class Need:
    """One unit that must have a notice: who wants it, by when, and whether it must load it."""

    by: list[str]
    due_us: int
    load: bool = False


def _applies(applies_to: AppliesTo, party: str, thread: Thread) -> bool:
    """Whether a clause is about a message; of aircraft classes nothing is known: then it is."""
    said = thread.said
    assert said is not None
    at_us, zones = written_us(said), applies_to.zones
    named = {thread.body.fields.get(name) for name in _ZONE_FIELDS}
    return (
        (not applies_to.parties or party in applies_to.parties)
        and (not zones or bool(named & set(zones)))
        and (applies_to.from_us is None or applies_to.from_us <= at_us)
        and (applies_to.to_us is None or at_us < applies_to.to_us)
    )


def _of_clauses(
    agreement: Agreement, thread: Thread, party: str
) -> Iterator[tuple[str, tuple[str, ...], float, bool]]:
    """Yield what clauses want told of a message: their id, units, how long before, and loaded."""
    said = thread.said
    assert said is not None
    name, usual_s = thread.body.message_type, float(norms().distribution.before_s)
    for clause in agreement.clauses:
        if not isinstance(clause, Distribution | Notification):
            continue
        if not (name in clause.of if clause.of else is_notice(name)):
            continue
        if isinstance(clause, Distribution):
            if _applies(clause.applies_to, party, thread):
                yield clause.id, clause.units.get(party, ()), clause.before_s, clause.loaded
        elif _applies(clause.applies_to, said.log.party, thread):
            before_s = usual_s if clause.units_before_s is None else clause.units_before_s
            yield clause.id, clause.required_units.get(party, ()), before_s, False


def _of_any_clause(agreement: Agreement, party: str) -> Iterator[str]:
    """Yield the units of a party that any clause names, whatever it is about."""
    for clause in agreement.clauses:
        if isinstance(clause, Distribution):
            yield from clause.units.get(party, ())
        elif isinstance(clause, Notification):
            yield from clause.required_units.get(party, ())


def own_list(scope: Scope, thread: Thread, party: str) -> tuple[tuple[str, ...], int | None] | None:
    """Return the newest list of its own that a party wrote for a message; None: it wrote none.

    Names that could be no unit's are left out, and so is what is beyond the limit.
    """
    found = [
        entry
        for entry in scope.terms.required.get(thread.key, {}).values()
        if entry.log.party == party and entry.ref[0].leaf == thread.leaf
    ]
    newest = max(found, key=rank_of, default=None)
    if newest is None or not isinstance(newest.body, UnitsRequired):
        return None
    names = [unit for unit in dict.fromkeys(newest.body.units) if good_name(unit)]
    return tuple(names[:UNITS_PER_NOTICE_MAX]), newest.body.due_us


def _own_names(scope: Scope, version: Version, party: str) -> set[str]:
    """Return the units that a party's own lists named for any version of a message."""
    lists = (own_list(scope, each, party) for each in (version.thread, *version.earlier))
    return {unit for each in lists if each is not None for unit in each[0]}


def good_name(unit: str) -> bool:
    """Whether a name could be a unit's: short, printable, no blank at an end."""
    try:
        check_post(unit, "unit")
    except InputFault:
        return False
    return True


def needs_of(
    agreement: Agreement, scope: Scope, version: Version, party: str, begins_us: int | None
) -> tuple[dict[str, Need], list[str]]:
    """Return the units of a party that must have a message, and what its own list leaves out."""
    thread = version.thread
    needs: dict[str, Need] = {}
    threads = (thread,) if version.cancels else (thread, *version.earlier)
    for each in threads:
        for clause, units, before_s, load in _of_clauses(agreement, each, party):
            due_us = _due_us(thread, begins_us, before_s)
            for unit in units:
                _want(needs, unit, clause, due_us, load=load)
    for unit in _of_any_clause(agreement, party) if version.cut else ():
        _want(needs, unit, _HAD, _due_us(thread, begins_us, 0.0), load=False)
    lists = (own_list(scope, each, party) for each in threads)
    own = next((each for each in lists if each is not None), None)
    usual_us = _due_us(thread, begins_us, float(norms().distribution.before_s))
    remarks = _take_own(needs, own, party, usual_us) if own is not None else []
    for unit in _had(agreement, scope, version, party, needs):
        _want(needs, unit, _HAD, usual_us, load=False)
    return needs, remarks


def _take_own(
    needs: dict[str, Need], own: tuple[tuple[str, ...], int | None], party: str, usual_us: int
) -> list[str]:
    """Add a party's own list to what clauses want; return what it leaves out of that."""
    units, at_us = own
    left_out = sorted(set(needs) - set(units))
    for unit in units:
        _want(needs, unit, _OWN, usual_us if at_us is None else at_us, load=False)
    if not left_out:
        return []
    named, wanted_by = ", ".join(left_out), needs[left_out[0]].by[0]
    return [f"the list of {party} leaves out {named}, which {wanted_by} requires: still required"]


def _had(
    agreement: Agreement, scope: Scope, version: Version, party: str, needs: dict[str, Need]
) -> list[str]:
    """Return the units of a party that said they had an earlier version."""
    if not version.earlier:
        return []
    named = {*units_of(agreement, party), *needs, *_own_names(scope, version, party)}
    found = {u for old in version.earlier for u in receipts_of(scope, old, party) if u in named}
    return sorted(found)


def _want(needs: dict[str, Need], unit: str, by: str, due_us: int, *, load: bool) -> None:
    known = needs.get(unit)
    if known is None:
        needs[unit] = Need([by], due_us, load)
        return
    if by not in known.by:
        known.by.append(by)
    known.due_us = min(known.due_us, due_us)
    known.load = known.load or load
