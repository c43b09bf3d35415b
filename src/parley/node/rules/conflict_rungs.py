"""How urgent a conflict has become: its classes by the time that is left, and since when.

Rules:
- A conflict is as urgent as its writer said, and as the time that is left makes it, whichever is
  more: time passes while a writer is silent.
- What it has become it stays for whoever is called about it: less urgent again calls nobody anew.
- The time in which the parties can act is the longest that the writer names, and never less than
  that which is known here.

What does not live here: the class that is written when a conflict is raised (`conflicts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, get_args

from parley.node.entries import Entry
from parley.node.rules.alerts import renews
from parley.node.state import Key, Scope, key_of, rank_of, written_us
from parley.node.warning_bodies import ConflictRaised, ConflictRenewed, WarningClass
from parley.world.norms import norms
from parley.world.units import MICROSECONDS_PER_SECOND

CLASSES: tuple[WarningClass, ...] = get_args(WarningClass)
"""The least urgent first; a rung is a place among them."""
SHORT_TERM = CLASSES.index("short-term")


def threshold_us(body: ConflictRaised | ConflictRenewed, rung: int, chain_s: int = 0) -> int | None:
    """Return from which time to loss on a conflict is of a rung; None: it always is.

    Args:
        body: the conflict.
        rung: of `CLASSES`.
        chain_s: how long the parties need as known here.
    """
    if rung == 0:
        return None
    short_s = norms().alert.short_term_s
    if rung == SHORT_TERM:
        return short_s * MICROSECONDS_PER_SECOND
    longest_s = max((*body.chain_s.values(), chain_s, short_s))
    return longest_s * MICROSECONDS_PER_SECOND


def rung_at(body: ConflictRaised | ConflictRenewed, at_us: int, chain_s: int = 0) -> int:
    """Return how urgent a conflict is at an instant, as a place in `CLASSES`."""
    said = CLASSES.index(body.alert_class)
    left_us = body.loss_at_us - at_us
    by_time = (
        rung
        for rung in range(len(CLASSES))
        if (limit_us := threshold_us(body, rung, chain_s)) is None or left_us <= limit_us
    )
    return max(said, *by_time)


def entries_of(scope: Scope, alert: Entry) -> list[Entry]:
    """Return the entry that raised a conflict and those that renewed it, in their writer's order.

    One that is of another pair renews nothing. Sorted again only when there are more.
    """
    key = key_of(alert)
    table = scope.warnings.renewed.get(key, {})
    if not table:
        return [alert]
    name = f"renewals {key[0]} {key[1]}"
    held = scope.index.views.get(name)
    if held is None or held[0] != len(table):
        mine = (each for each in table.values() if renews(alert, each))
        held = (len(table), [alert, *sorted(mine, key=rank_of)])
        scope.index.views[name] = held
    entries: list[Entry] = held[1]  # type: ignore[assignment]  # the table holds views of any kind
    return entries


def newest_of(scope: Scope, alert: Entry) -> Entry:
    """Return a conflict as it was told last."""
    return entries_of(scope, alert)[-1]


def one_loss(scope: Scope, alert: Entry) -> list[ConflictRaised | ConflictRenewed]:
    """Return the newest form and those before it that speak of the same loss, once that has come.

    Who is inside the minima loses them "now" at each look: a form that says so goes on with the
    loss of the one before it, whose time had come by then. The first of them says since when, and
    the least of them how near. Of a loss that is to come there is the newest form alone.
    """
    entries = entries_of(scope, alert)
    found: list[ConflictRaised | ConflictRenewed] = []
    later_us: int | None = None
    for entry in reversed(entries):
        body = entry.body
        assert isinstance(body, ConflictRaised | ConflictRenewed)
        if later_us is not None and body.loss_at_us > later_us:
            break
        found.append(body)
        if body.loss_at_us > written_us(entry) + MICROSECONDS_PER_SECOND:
            break
        later_us = written_us(entry)
    return found[::-1]


def reached(
    scope: Scope, alert: Entry, at_us: int, *, upto: Key | None = None, chain_s: int = 0
) -> int:
    """Return the most urgent that a conflict had become by an instant; 0 for what is no conflict.

    Args:
        scope: the record.
        alert: the entry that raised it.
        at_us: the instant.
        upto: the newest form that counts; all without it.
        chain_s: how long the parties need as known here.
    """
    return _reached(scope, alert, at_us, upto, chain_s)[0]


def reached_for_who_acted(scope: Scope, alert: Entry, at_us: int, *, chain_s: int = 0) -> int:
    """Return how urgent a conflict had become by the forms that were written until an instant.

    Whoever called or wrote about it then knew of no later form: a renewal that made it more urgent
    since calls anew. The form that raised it counts whatever the clocks say.
    """
    known = [each for each in entries_of(scope, alert) if written_us(each) <= at_us]
    upto = key_of(known[-1]) if known else key_of(alert)
    return reached(scope, alert, at_us, upto=upto, chain_s=chain_s)


def reached_since(scope: Scope, alert: Entry, at_us: int, *, chain_s: int = 0) -> tuple[int, int]:
    """Return the most urgent that a conflict had become by an instant, and since when."""
    return _reached(scope, alert, at_us, None, chain_s)


def since_us(scope: Scope, alert: Entry, at_us: int, *, chain_s: int = 0) -> int:
    """Return since when a conflict has been as urgent as it ever was by an instant."""
    return _reached(scope, alert, at_us, None, chain_s)[1]


def _reached(
    scope: Scope, alert: Entry, at_us: int, upto: Key | None, chain_s: int
) -> tuple[int, int]:
    if not isinstance(alert.body, ConflictRaised):
        return 0, written_us(alert)
    entries = entries_of(scope, alert)
    if upto is not None:
        last = next((n for n, each in enumerate(entries) if key_of(each) == upto), 0)
        entries = entries[: last + 1]
    if at_us < written_us(entries[-1]) or upto is not None:
        before = _worst(entries[:-1], entries[1:], at_us, chain_s, (-1, written_us(alert)))
    else:
        before = _replaced(scope, alert, entries, chain_s)
    return _worst(entries[-1:], (), at_us, chain_s, before)


def _replaced(scope: Scope, alert: Entry, entries: list[Entry], chain_s: int) -> tuple[int, int]:
    """Return the most urgent of the forms before the newest, and since when; each is read once."""
    begin = (-1, written_us(alert))
    if len(entries) == 1:
        return begin
    key, last = key_of(alert), entries[-1]
    name = f"reached {key[0]} {key[1]}"
    held = scope.index.views.get(name)
    count = 0
    if held is not None:
        (count, known, of_s), found = cast("tuple[tuple[int, Entry, int], tuple[int, int]]", held)
        if of_s == chain_s and count < len(entries) and entries[count] is known:
            begin = found
        else:
            count = 0
    news, after = entries[count:-1], entries[count + 1 :]
    found = _worst(news, after, written_us(last), chain_s, begin)
    scope.index.views[name] = ((len(entries) - 1, last, chain_s), found)
    return found


def _worst(
    entries: Sequence[Entry],
    after: Sequence[Entry],
    at_us: int,
    chain_s: int,
    before: tuple[int, int],
) -> tuple[int, int]:
    """Return the most urgent that forms made it by an instant, each until the one after it."""
    worst, since = before
    for place, entry in enumerate(entries):
        body, from_us = entry.body, written_us(entry)
        assert isinstance(body, ConflictRaised | ConflictRenewed)
        next_us = written_us(after[place]) if place < len(after) else at_us
        until_us = max(from_us, min(next_us, at_us))
        rung = rung_at(body, until_us, chain_s)
        if rung > worst:
            worst, since = rung, _crossed_us(body, rung, from_us, until_us, chain_s)
    return worst, since


def _crossed_us(
    body: ConflictRaised | ConflictRenewed, rung: int, from_us: int, until_us: int, chain_s: int
) -> int:
    """Return when a conflict became of a rung while one entry stood."""
    if rung_at(body, from_us, chain_s) >= rung:
        return from_us
    limit_us = threshold_us(body, rung, chain_s)
    assert limit_us is not None
    return min(max(body.loss_at_us - limit_us, from_us), until_us)
