"""`fold_in`: takes entries into the record beneath what is held ahead; lays and lifts that layer.

Rules:
- Whoever folds into a mind that may hold entries ahead folds through here.
- Each thread that an entry held ahead is about is laid over as a copy; the copy is thrown away
  before the next fold, so that the record never sees what its logs do not yet say.
- It is remembered which entries of our own line logs are about which message, so that those that
  may overtake the others are found without reading a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from parley.node.encoding import decode_entry
from parley.node.entries import Entry, MessageSaid, log_name
from parley.node.layer import HeldAhead
from parley.node.links import About
from parley.node.state import (
    Decode,
    Key,
    Scope,
    State,
    Thread,
    fold,
    key_of,
    place_message,
    rank_of,
)

EXPRESS_TYPES = frozenset(
    {
        "message.said", "message.displayed", "message.answered", "message.checked",
        "message.overdue", "message.escalated",
    }
)  # fmt: skip
"""A message and what is said about it by its ends."""


def fold_in(
    state: State,
    origin: str,
    first: int,
    entries: Sequence[bytes],
    openings: Mapping[int, bytes] | None = None,
    decode: Decode = decode_entry,
) -> list[Entry]:
    """Take the next entries of a log into the record; return those that can be read (`fold`).

    What was held ahead of this log and is now in it is held ahead no more.

    Raises:
        OurFault: the entries do not continue the log; the caller must have checked.
    """
    scope = state.scope(log_name(origin).agreement)
    scope.ahead.lift()
    read = fold(state, origin, first, entries, openings, decode)
    end = first + len(entries)
    for key in [k for k in scope.ahead.held if k[0] == origin and k[1] < end]:
        del scope.ahead.held[key]
    lay(scope)
    if log_name(origin).party == state.party and log_name(origin).kind == "line":
        about = state.links.about.setdefault(origin, [])
        about.extend(_about(entry) for entry in read if entry.type in EXPRESS_TYPES)
    return read


def _about(entry: Entry) -> About:
    key = key_of(entry) if entry.type == "message.said" or not entry.ref else entry.ref[0].key
    # What must be destroyed at an instant goes with its log only, which says so.
    keeps = entry.audience is None or entry.valid_until_us is None
    return About(place=entry.seq, message=key, to=entry.to if keeps else ())


def hold_ahead(state: State, held: HeldAhead) -> None:
    """Hold an entry ahead of its log: from now on it is read like those of the record."""
    scope = state.scope(held.entry.log.agreement)
    scope.ahead.lift()
    key = key_of(held.entry)
    scope.ahead.held[key] = held
    lay(scope)
    about = thread_of(held.entry)
    if about in scope.threads:
        # What is due for the message may have changed with it.
        scope.index.touch(about)


def thread_of(entry: Entry) -> Key:
    """Return the place of the message that an entry is, or is about."""
    return entry.ref[0].key if entry.type != "message.said" and entry.ref else key_of(entry)


def lay(scope: Scope) -> None:
    """Lay what is held ahead over the record, which nothing covers now."""
    if not scope.ahead.held:
        return
    index = scope.index
    changed = {name: set(getattr(index, name)) for name in ("touched", "stirred")}
    copied: set[Key] = set()
    for held in sorted(scope.ahead.held.values(), key=lambda each: rank_of(each.entry)):
        _lay_one(scope, held, copied)
    for name, keys in changed.items():
        # Laid again is not changed; and what was laid once may be there no more.
        setattr(index, name, {key for key in keys if key in scope.threads})


def _lay_one(scope: Scope, held: HeldAhead, copied: set[Key]) -> None:
    """Lay one entry over its thread; a thread is copied once, however many are about it."""
    entry, key = held.entry, key_of(held.entry)
    log = scope.logs.get(entry.log.origin)
    if entry.body is None or (log is not None and log.closed_at is not None):
        return
    if log is not None and entry.issued_us < log.issued_us:
        entry = msgspec.structs.replace(entry, not_before_us=log.issued_us)
    about = thread_of(entry)
    first = about not in copied
    if first:
        before = scope.threads.get(about)
        scope.threads[about] = after = _copy(before) if before is not None else Thread(key=about)
        scope.ahead.undo.append(partial(_set, scope, about, before))
        scope.ahead.redo.append(partial(_set, scope, about, after))
    place_message(scope, entry, held.leaf)
    if scope.unreadable.pop(key, None) is not None:
        # It can count nowhere; its log will say so when it has come so far.
        if first:
            scope.ahead.undo.pop()()
            scope.ahead.redo.pop()
        return
    copied.add(about)
    if entry.audience is not None:
        scope.narrow[key] = entry.audience
        scope.ahead.undo.append(partial(scope.narrow.pop, key))
        scope.ahead.redo.append(partial(scope.narrow.__setitem__, key, entry.audience))
    if isinstance(entry.body, MessageSaid):
        scope.ahead.undo.append(partial(scope.index.drop_message, key, entry, entry.body))
        scope.ahead.redo.append(partial(scope.index.add_message, key, entry, entry.body))


def _set(scope: Scope, key: Key, thread: Thread | None) -> None:
    if thread is None:
        del scope.threads[key]
    else:
        scope.threads[key] = thread


def _copy(thread: Thread) -> Thread:
    return Thread(
        key=thread.key,
        said=thread.said,
        leaf=thread.leaf,
        displayed=dict(thread.displayed),
        answers=dict(thread.answers),
        checks=dict(thread.checks),
        overdue=dict(thread.overdue),
        escalated=dict(thread.escalated),
    )


def forget(state: State, key: Key) -> None:
    """Drop what a message said, and what was read back of it: its payload was destroyed.

    That it was said, answered and checked stays in the logs.
    """
    scope = state.scopes.get(log_name(key[0]).agreement)
    if scope is None:
        return
    scope.ahead.lift()
    for place, held in list(scope.ahead.held.items()):
        if thread_of(held.entry) == key:
            scope.ahead.held[place] = msgspec.structs.replace(
                held, entry=msgspec.structs.replace(held.entry, body=None)
            )
    thread = scope.threads.get(key)
    if thread is not None and thread.said is not None:
        told = scope.line.translations.pop(key, {})
        about = (*thread.answers.values(), *thread.checks.values(), *told.values())
        for entry in (thread.said, *about):
            scope.sealed[key_of(entry)] = msgspec.structs.replace(entry, body=None)
        thread.said = None
        for table in (thread.answers, thread.checks, thread.closed):
            table.clear()
    lay(scope)
