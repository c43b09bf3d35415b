"""Units and a notice: which said that they have it, which loaded it, which have the old one (R4).

A receipt at headquarters is not a receipt in the cockpit (Kunduz 2015, WCK 2024): what a party has
stored, displayed and answered says nothing about the units below it. Rules:

- A unit is told when it says so itself, or when a named post enters what it heard by voice; that it
  has loaded the notice is a second step. Neither follows from any other level, nor the other way.
- Each party answers for its own units and for nobody else's; what it says of them is its own word.
- A receipt counts from when it was written, whatever time it names, and for these very bytes.
- A correction of a notice is another notice: who had the one before has the old one. A correction
  of how it was read back says the notice again: receipts from before it are old, later ones count.
- A notice that was cancelled, corrected, or is over asks for nothing.

What does not live here: which units must have it (`units_required`), acts and alarms
(`distribution`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from parley.node.agreement_bodies import ReceiptBy, UnitReceipted, UnitUntold
from parley.node.entries import Entry, MessageSaid
from parley.node.rules.agreement_status import agreement_at
from parley.node.rules.threads import ends, expired
from parley.node.rules.units_required import (
    UNIT_RULES,
    Need,
    Receipt,
    Version,
    all_receipts,
    announced,
    followers,
    needs_of,
    others_unit,
    receipts_of,
    units_of,
    version_of,
)
from parley.node.state import Key, Scope, State, Thread, key_of, rank_of, written_us
from parley.world.agreement import Agreement
from parley.world.limits import PEER_ENTRIES_AHEAD_S
from parley.world.time import format_second
from parley.world.units import MICROSECONDS_PER_SECOND

UnitWord = Literal["not told", "has the old one", "told", "loaded"]
_REMARKS_MAX = 8


class UnitSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One unit and one notice, as the logs held here say it.

    `required_by`: the clauses that want it told, or its party's own list; empty: nobody does.
    `told_us`, `loaded_us`: when that was written, never when somebody says that it was so
    (`said_us`). `told_by`: the unit itself, or by voice, then entered by `told_post`. `missing`:
    what is wanted of it has not come. `late_s`: so long after `due_us` it came.
    `untold_us`: when its party itself wrote that it had not been told in time.
    """

    unit: str
    word: UnitWord
    missing: bool
    required_by: tuple[str, ...] = ()
    must_load: bool = False
    due_us: int | None = None
    told_us: int | None = None
    told_by: ReceiptBy | None = None
    told_post: str = ""
    said_us: int | None = None
    loaded_us: int | None = None
    untold_us: int | None = None
    late_s: float | None = None

    @property
    def loud(self) -> str:
        """What is missing of it, in two or three words; empty where nothing is."""
        if not self.missing:
            return ""
        words = {"not told": "NOT TOLD", "has the old one": "HAS THE OLD ONE"}
        return words.get(self.word, "TOLD, NOT LOADED")


class DistributionView(msgspec.Struct, frozen=True, kw_only=True):
    """A notice and the units of one addressee, at an instant.

    Attributes:
        message: the notice.
        sender: whose notice it is.
        party: whose units they are.
        required: the units that must have it.
        told: those that said that they have it, required or not.
        loaded: those of them that said that they have loaded it.
        stale: those that have only an earlier version.
        not_told: required ones of which these logs hold no receipt of any version.
        not_loaded: required ones that are told and have not said that they loaded it, as they must.
        due_us: by when the first unit that is missing had to be told, else the first of all.
        late: that instant has passed, and a unit is missing.
        begins_us: when what it announces begins, where it says so.
        begun: that instant has passed, and it is not over.
        over: why it asks for nothing any more; empty while it stands.
        units: one row per unit.
        remarks: what in these logs about units cannot count, or does not fit.
    """

    message: Key
    agreement: str
    line: str
    message_type: str
    message_class: str
    status: str
    sender: str
    party: str
    required: tuple[str, ...]
    told: tuple[str, ...]
    loaded: tuple[str, ...]
    stale: tuple[str, ...]
    not_told: tuple[str, ...]
    not_loaded: tuple[str, ...]
    due_us: int | None
    late: bool
    begins_us: int | None
    ends_us: int | None
    begun: bool
    over: str
    units: tuple[UnitSeen, ...]
    remarks: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[UnitSeen, ...]:
        """The units of which something is still wanted, while the notice stands."""
        return tuple(each for each in self.units if each.missing and not self.over)

    @property
    def verdict(self) -> str:
        """It in two words, for a question asked afterwards."""
        if not self.required:
            return "no unit required"
        complete = not any(each.missing for each in self.units)
        return "distribution complete" if complete else "distribution incomplete"


# ---- a notice and its units ---------------------------------------------------------------------


def distribution_of(state: State, thread: Thread, now_us: int) -> tuple[DistributionView, ...]:
    """Return a message with the units of each addressee that must have it, or said that they do.

    None for a message of which no unit is required or heard, or of rules before version 4. The text
    that was in force when it was said decides: a later one asks nothing of what was said before.
    """
    said = thread.said
    if said is None:
        return ()
    scope = state.scope(said.log.agreement)
    agreement = agreement_at(state, scope.agreement_id, written_us(said))
    if agreement is None or scope.rules.version < UNIT_RULES:
        return ()
    known = {party.id for party in agreement.parties}
    views = (
        _view(scope, agreement, thread, party, now_us)
        for party in dict.fromkeys(said.to)
        if party in known and party != said.log.party
    )
    return tuple(view for view in views if view is not None)


def _view(
    scope: Scope, agreement: Agreement, thread: Thread, party: str, now_us: int
) -> DistributionView | None:
    said = thread.said
    assert said is not None
    version = version_of(scope, thread, party)
    begins_us, ends_us = _announced_by(version)
    needs, remarks = needs_of(agreement, scope, version, party, begins_us)
    if begins_us is None and announced(thread.body.fields)[0] is not None:
        remarks.append("its window was over when it was said: asked all the same")
    if not needs and not scope.terms.receipted.get(thread.key):
        return None
    instead, again = followers(scope, thread, party)
    counted, more = _counted(agreement, scope, party, needs, thread, again)
    remarks += more
    if not needs and not counted and not remarks:
        return None
    over = _over(thread, instead, ends_us, now_us)
    since_us = max((written_us(each) for each in again), default=None)
    had = {unit for old in version.earlier for unit in receipts_of(scope, old, party)}
    untold = _untold(scope, thread, party)
    units = tuple(
        _unit(unit, needs.get(unit), counted.get(unit), since_us, untold.get(unit), had=unit in had)
        for unit in (*needs, *sorted(set(counted) - set(needs)))
    )
    missing = [each.due_us for each in units if each.missing and each.due_us is not None]
    every = [need.due_us for need in needs.values()]
    late = not over and any(now_us > due_us for due_us in missing)
    return DistributionView(
        message=thread.key,
        agreement=scope.agreement_id,
        line=thread.body.line,
        message_type=thread.body.message_type,
        message_class=thread.body.message_class,
        status=said.status,
        sender=said.log.party,
        party=party,
        required=tuple(needs),
        told=tuple(each.unit for each in units if each.word in ("told", "loaded")),
        loaded=tuple(each.unit for each in units if each.word == "loaded"),
        stale=tuple(each.unit for each in units if each.word == "has the old one"),
        not_told=tuple(each.unit for each in units if each.missing and each.word == "not told"),
        not_loaded=tuple(each.unit for each in units if each.missing and each.word == "told"),
        due_us=min(missing, default=min(every, default=None)),
        late=late,
        begins_us=begins_us,
        ends_us=ends_us,
        begun=not over and begins_us is not None and now_us >= begins_us,
        over=over,
        units=units,
        remarks=tuple(remarks[:_REMARKS_MAX]),
    )


def _announced_by(version: Version) -> tuple[int | None, int | None]:
    """Return the window of a message, or that of the version before where it names none.

    One that was over when it was said is a slip: who mistypes a date must not untell every unit.
    """
    said = version.thread.said
    assert said is not None
    _, ends_us = announced(version.thread.body.fields)
    if ends_us is not None and ends_us <= written_us(said):
        return None, None
    for thread in (version.thread, *version.earlier):
        begins_us, ends_us = announced(thread.body.fields)
        if begins_us is not None:
            return begins_us, ends_us
    return None, None


def _over(thread: Thread, instead: Entry | None, ends_us: int | None, now_us: int) -> str:
    """Return why a message asks for nothing any more, or ""."""
    if instead is not None:
        assert isinstance(instead.body, MessageSaid)
        word = ends(instead.body.message_type, thread.body.message_type)
        origin, index = key_of(instead)
        return f"{word} by {origin} {index} at {format_second(written_us(instead))}"
    if expired(thread, now_us):
        return "expired"
    if ends_us is not None and now_us > ends_us:
        return f"what it announced ended at {format_second(ends_us)}"
    return ""


def _counted(
    agreement: Agreement,
    scope: Scope,
    party: str,
    needs: dict[str, Need],
    thread: Thread,
    again: tuple[Entry, ...],
) -> tuple[dict[str, Receipt], list[str]]:
    """Return the receipts that count, by unit, and what of those that do not must be said.

    Those of what says the notice again are receipts of the notice.
    """
    counted: dict[str, Receipt] = {}
    remarks: list[str] = []
    named = units_of(agreement, party)
    threads = [thread, *(t for e in again if (t := scope.threads.get(key_of(e))) is not None)]
    strange = 0
    for each in threads:
        for who, receipts in all_receipts(scope, each).items():
            for unit, receipt in receipts.items():
                if who == party and (unit in named or unit in needs):
                    _merge(counted, unit, receipt)
                    continue
                owner = others_unit(agreement, who, unit)
                if who != party and owner != party:
                    continue
                if owner:
                    remarks.append(f"{who} wrote a receipt of {unit}, a unit of {owner}: none")
                else:
                    strange += 1
    if strange:
        remarks.append(f"{strange} receipts by {party} of units that nobody has named: none")
    for unit, receipt in counted.items():
        remarks += _doubts(unit, receipt, thread)
    return counted, sorted(remarks)


def _merge(counted: dict[str, Receipt], unit: str, more: Receipt) -> None:
    known = counted.get(unit)
    if known is None:
        counted[unit] = Receipt(more.first, more.loaded, more.newest)
        return
    known.first = min(known.first, more.first, key=rank_of)
    loaded = [each for each in (known.loaded, more.loaded) if each is not None]
    known.loaded = min(loaded, key=rank_of, default=None)
    newest = [each for each in (known.newest, more.newest) if each is not None]
    known.newest = max(newest, key=rank_of, default=None)


def _doubts(unit: str, receipt: Receipt, thread: Thread) -> Iterator[str]:
    """Yield what a receipt says of its own time that cannot be so."""
    body, apart_us = receipt.first.body, PEER_ENTRIES_AHEAD_S * MICROSECONDS_PER_SECOND
    assert isinstance(body, UnitReceipted)
    assert thread.said is not None
    if body.at_us < thread.said.issued_us - apart_us:
        yield f"the receipt of {unit} names a time before the notice: counted from when written"
    elif body.at_us > written_us(receipt.first) + apart_us:
        yield f"the receipt of {unit} names a time to come: counted from when written"


def _untold(scope: Scope, thread: Thread, party: str) -> dict[str, int]:
    """Return the units of which their own party wrote that they were not told in time."""
    found: dict[str, int] = {}
    for entry in scope.terms.untold.get(thread.key, {}).values():
        if entry.log.party == party and isinstance(entry.body, UnitUntold):
            at_us = written_us(entry)
            for unit in entry.body.units:
                found[unit] = min(at_us, found.get(unit, at_us))
    return found


def _unit(
    unit: str,
    need: Need | None,
    receipt: Receipt | None,
    since_us: int | None,
    untold_us: int | None,
    *,
    had: bool,
) -> UnitSeen:
    """Return the row of a unit; receipts written before `since_us` are of a misread notice."""
    first = receipt.first if receipt is not None else None
    loaded = receipt.loaded if receipt is not None else None
    if receipt is not None and since_us is not None and written_us(receipt.first) < since_us:
        # It may have been told what was misread: a receipt from after the correction counts.
        newest = receipt.newest
        first = newest if newest is not None and written_us(newest) >= since_us else None
        loaded = loaded if loaded is not None and written_us(loaded) >= since_us else None
        had = True
    word: UnitWord = "has the old one" if had else "not told"
    if first is not None:
        word = "loaded" if loaded is not None else "told"
    load = need is not None and need.load
    missing = need is not None and (first is None or (load and loaded is None))
    done = loaded if load else first
    late_us = (
        written_us(done) - need.due_us
        if need is not None and done is not None and written_us(done) > need.due_us
        else None
    )
    body = first.body if first is not None else None
    told = body if isinstance(body, UnitReceipted) else None
    return UnitSeen(
        unit=unit,
        word=word,
        missing=missing,
        required_by=tuple(need.by) if need is not None else (),
        must_load=load,
        due_us=need.due_us if need is not None else None,
        told_us=written_us(first) if first is not None else None,
        told_by=told.by if told is not None else None,
        told_post=told.post if told is not None and told.by == "voice" else "",
        said_us=told.at_us if told is not None else None,
        loaded_us=written_us(loaded) if loaded is not None else None,
        untold_us=untold_us,
        late_s=late_us / MICROSECONDS_PER_SECOND if late_us is not None else None,
    )
