"""Places, standing notices and the ledger of what was told, as the API and the page show them.

Only reading. No exact position stands in any of these views: a place of our own is shown by id and
kind, what others told is shown after it was opened, and the ledger says how fine, never where.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from parley.app.custody_views import Held, Reading, Receipts, openings_of, reading_of
from parley.node.rules.disclosure import (
    CELL,
    PLACE,
    NarrowSeen,
    ToldSeen,
    finest_told,
    ledger,
    narrow_told,
    precision_said_m,
)
from parley.node.rules.notice_standing import (
    STANDING_WORDS,
    NoticeSeen,
    StandingWord,
    standing_notices,
)
from parley.node.rules.places import register
from parley.node.state import Key, Scope, State, Thread
from parley.world.time import format_second

ROWS_MAX = 1_000
"""Rows of one reply; the rest is asked for by `start`."""
NO_PERMISSION = (
    "A standing notice is its sender's word on what is there. It is no permission, no promise and "
    "no request; what is not in the list may be there all the same."
)
NOT_RECALLED = "What was sent cannot be recalled: withdrawing and destroying take nothing back."


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


class PlaceView(_View, frozen=True, kw_only=True):
    """A place of our own register, without where it lies and what it is called."""

    agreement: str
    place: str
    kind: str
    removed: bool
    told_to: tuple[str, ...]


class PlacesView(_View, frozen=True, kw_only=True):
    """Part of the register: `total` places, these from `start` on."""

    total: int
    start: int
    places: tuple[PlaceView, ...]


class NoticeRow(_View, frozen=True, kw_only=True):
    """A standing notice: whose, to whom, how it stands since when, and what may be read of it.

    `fields` and `text` are there once somebody here has opened it.
    """

    message: Key
    agreement: str
    party: str
    to: tuple[str, ...]
    line: str
    message_type: str
    status: str
    word: StandingWord
    since_us: int
    sent_us: int
    last_word_us: int
    fresh_until_us: int
    expires_us: int
    late: bool
    reading: Reading
    precision_m: float | None
    fields: dict[str, str]
    text: str
    by: Key | None = None
    clause: str | None = None

    @property
    def words(self) -> str:
        """How it stands, in a line that cannot be taken for current where it is not."""
        since = format_second(self.since_us)
        if self.word == "fresh":
            late = ", confirmed late" if self.late else ""
            return f"fresh until {format_second(self.fresh_until_us)}{late}"
        if self.word == "stale":
            last = format_second(self.last_word_us)
            return f"STALE since {since}: last word of {self.party} at {last}"
        return f"{self.word.upper()} since {since}"


class NoticeCounts(_View, frozen=True, kw_only=True):
    """How many notices of a party stand how, under an agreement; all of them are counted."""

    agreement: str
    party: str
    counts: dict[str, int]


class NoticesView(_View, frozen=True, kw_only=True):
    """Standing notices: all counted; of those asked for `total`, these from `start` on."""

    note: str
    counts: tuple[NoticeCounts, ...]
    total: int
    start: int
    notices: tuple[NoticeRow, ...]


class LedgerRow(_View, frozen=True, kw_only=True):
    """One place told to one addressee: how fine, when, stored and displayed when, by which consent.

    `opened` is theirs to know: what they have displayed was opened there. `finest`: from this row
    on the addressee has had the finest word of the place.
    """

    agreement: str
    place: str
    addressee: str
    message: Key
    precision_m: float | None
    sent_us: int
    stored_us: int | None
    displayed_us: int | None
    valid_until_us: int | None
    word: str
    word_since_us: int | None
    consent: Key | None
    consent_until_us: int | None
    destroyed_us: int | None
    finest: bool


class NarrowRow(_View, frozen=True, kw_only=True):
    """Another entry of ours whose words went to some parties only."""

    agreement: str
    entry: NarrowSeen


class LedgerView(_View, frozen=True, kw_only=True):
    """What we told, oldest first; of `total` rows these from `start` on, and the narrow entries."""

    note: str
    total: int
    start: int
    rows: tuple[LedgerRow, ...]
    narrow_total: int
    narrow: tuple[NarrowRow, ...]


# ---- the register -------------------------------------------------------------------------------


def places_view(state: State, *, start: int = 0) -> PlacesView:
    """Return a part of the register, by id."""
    every = []
    for name, scope in sorted(state.scopes.items()):
        kept = register(state, scope)
        if not kept:
            continue
        told: dict[str, set[str]] = {}
        for row in ledger(state, scope):
            told.setdefault(row.place, set()).add(row.addressee)
        every += [
            PlaceView(
                agreement=name,
                place=place.place,
                kind=place.kind,
                removed=place.removed,
                told_to=tuple(sorted(told.get(place.place, ()))),
            )
            for place in kept.values()
        ]
    return PlacesView(total=len(every), start=start, places=tuple(every[start : start + ROWS_MAX]))


# ---- notices ------------------------------------------------------------------------------------


def notices_view(
    state: State,
    now_us: int,
    *,
    word: str = "",
    party: str = "",
    own: bool | None = None,
    start: int = 0,
    most: int = ROWS_MAX,
) -> NoticesView:
    """Return the standing notices that are held here: counted, and a part of them one by one.

    Those that are no longer current but not over come first, then the fresh ones, then the rest.
    """
    seen: list[tuple[Scope, NoticeSeen]] = []
    for name, agreement in sorted(state.agreements.items()):
        scope = state.scope(name)
        seen += [(scope, each) for each in standing_notices(state, scope, agreement, now_us)]
    counted = Counter((s.agreement_id, each.party, each.word) for s, each in seen)
    groups = sorted({(name, who) for name, who, _ in counted})
    wanted = [
        (scope, each)
        for scope, each in seen
        if word in ("", each.word)
        and party in ("", each.party)
        and own in (None, each.party == state.party)
    ]
    order: dict[str, int] = {"stale": 0, "fresh": 1, "expired": 2, "withdrawn": 3, "replaced": 4}
    wanted.sort(key=lambda pair: (order[pair[1].word], pair[1].fresh_until_us, pair[1].message))
    return NoticesView(
        note=NO_PERMISSION,
        counts=tuple(
            NoticeCounts(
                agreement=name,
                party=who,
                counts={w: n for w in STANDING_WORDS if (n := counted[(name, who, w)])},
            )
            for name, who in groups
        ),
        total=len(wanted),
        start=start,
        notices=tuple(
            notice_row(state, scope, each) for scope, each in wanted[start : start + most]
        ),
    )


def notice_row(state: State, scope: Scope, seen: NoticeSeen) -> NoticeRow:
    """Return one standing notice as it may be shown here."""
    thread: Thread = scope.threads[seen.message]
    said = thread.said
    assert said is not None
    reading = reading_of(thread, openings_of(state, scope, thread.key))
    masked = reading == "guarded"
    return NoticeRow(
        message=seen.message,
        agreement=scope.agreement_id,
        party=seen.party,
        to=seen.to,
        line=seen.line,
        message_type=thread.body.message_type,
        status=said.status,
        word=seen.word,
        since_us=seen.since_us,
        sent_us=said.issued_us,
        last_word_us=seen.last_word_us,
        fresh_until_us=seen.fresh_until_us,
        expires_us=seen.expires_us,
        late=seen.late,
        reading=reading,
        precision_m=None if masked else precision_said_m(thread),
        fields={} if masked else thread.body.fields,
        text="" if masked else thread.body.text,
        by=seen.by,
        clause=seen.clause,
    )


# ---- the ledger ---------------------------------------------------------------------------------


def ledger_view(
    state: State,
    now_us: int,
    receipts: Receipts,
    *,
    place: str = "",
    addressee: str = "",
    start: int = 0,
    newest: int | None = None,
) -> LedgerView:
    """Return what this party told of places to whom, and what else went to some parties only.

    Args:
        state: whose.
        now_us: the time.
        receipts: when peers said that they held our entries.
        place: only this one.
        addressee: only what this party was told.
        start: the row to begin at.
        newest: in place of that, so many rows from the end.
    """
    rows: list[tuple[Scope, ToldSeen, bool]] = []
    narrow: list[NarrowRow] = []
    standing: dict[Key, NoticeSeen] = {}
    for name, agreement in sorted(state.agreements.items()):
        scope = state.scope(name)
        told = tuple(ledger(state, scope))
        finest = {id(row) for row in finest_told(told).values()}
        rows += [
            (scope, row, id(row) in finest)
            for row in told
            if place in ("", row.place) and addressee in ("", row.addressee)
        ]
        own = standing_notices(state, scope, agreement, now_us, party=state.party)
        standing |= {each.message: each for each in own}
        narrow += [
            NarrowRow(agreement=name, entry=each)
            for each in narrow_told(state, scope)
            if addressee in ("", *each.to)
        ]
    if newest is not None:
        start = max(0, len(rows) - newest)
    return LedgerView(
        note=NOT_RECALLED,
        total=len(rows),
        start=start,
        rows=tuple(
            _ledger_row(state, scope, row, standing.get(row.message), receipts, finest=finest_)
            for scope, row, finest_ in rows[start : start + ROWS_MAX]
        ),
        narrow_total=len(narrow),
        narrow=tuple(narrow[:ROWS_MAX]),
    )


def _ledger_row(
    state: State,
    scope: Scope,
    row: ToldSeen,
    seen: NoticeSeen | None,
    receipts: Receipts,
    *,
    finest: bool,
) -> LedgerRow:
    held = receipts(state, row.message, (row.addressee,)).get(row.addressee, Held())
    thread = scope.threads.get(row.message)
    displayed = thread.displayed.get(row.addressee) if thread is not None else None
    return LedgerRow(
        agreement=scope.agreement_id,
        place=row.place,
        addressee=row.addressee,
        message=row.message,
        precision_m=row.precision_m,
        sent_us=row.sent_us,
        stored_us=held.received_us if held.received_us is not None else held.cosigned_us,
        displayed_us=displayed.issued_us if displayed is not None else None,
        valid_until_us=row.valid_until_us,
        word=seen.word if seen is not None else "no longer held here",
        word_since_us=seen.since_us if seen is not None else None,
        consent=row.consent,
        consent_until_us=row.consent_until_us,
        destroyed_us=row.destroyed_us,
        finest=finest,
    )


def precision_words(precision_m: float | None) -> str:
    """Return how fine something was told, in words.

    >>> precision_words(19436.8), precision_words(0.0), precision_words(12.5)
    ('a cell of 19.4 km', 'EXACTLY', 'a cell of 12 m')
    """
    if precision_m is None:
        return "WORDED BY HAND: it may be exact"
    if precision_m == 0.0:
        return "EXACTLY"
    size = f"{precision_m / 1000:.1f} km" if precision_m >= 1000 else f"{precision_m:.0f} m"
    return f"a cell of {size}"


def ledger_lines(view: LedgerView) -> list[str]:
    """Return the ledger for a terminal: one line a telling, the finest word first in each."""
    lines = [_ledger_line(row) for row in view.rows]
    lines += [
        f"{each.entry.what} {each.entry.object}".strip()
        + f" to {', '.join(each.entry.to) or 'nobody else'}, sent "
        f"{format_second(each.entry.sent_us)}, {each.entry.key[0]} {each.entry.key[1]}"
        for each in view.narrow
    ]
    return lines


def _ledger_line(row: LedgerRow) -> str:
    holds = "holds" if row.stored_us is not None else "was sent, and is not known to hold,"
    finest = " (the finest yet)" if row.finest else ""
    stored = f"stored {format_second(row.stored_us)}" if row.stored_us else "not known to be stored"
    shown = (
        f"displayed {format_second(row.displayed_us)}" if row.displayed_us
        else "whether it was opened there is not known here"
    )  # fmt: skip
    until = f"valid until {format_second(row.valid_until_us)}" if row.valid_until_us else "no end"
    consent = (
        f"consent {row.consent[0]} {row.consent[1]}" if row.consent else "NO CONSENT FOUND"
    )  # fmt: skip
    gone = f", our copy destroyed {format_second(row.destroyed_us)}" if row.destroyed_us else ""
    return (
        f"{row.addressee} {holds} {row.place or 'a place'}: {precision_words(row.precision_m)}"
        f"{finest}, sent {format_second(row.sent_us)}, {stored}, {shown}, {until}, {row.word}, "
        f"{consent}{gone}; {row.message[0]} {row.message[1]}"
    )


NOTICE_COLUMNS = (
    "state", "since", "party", PLACE, "kind", "name", CELL, "precision", "uncertainty", "window",
    "last_word", "expires", "status", "text", "log", "index",
)  # fmt: skip


def notice_columns(row: NoticeRow) -> dict[str, str]:
    """Return a notice as a row of a table; its state stands first, so that none reads as current.

    Where it was not opened here the fields are empty and `kind` says so.
    """
    fields = row.fields
    return {
        "state": row.word if row.word == "fresh" else row.word.upper(),
        "since": format_second(row.since_us),
        "party": row.party,
        "last_word": format_second(row.last_word_us),
        "expires": format_second(row.expires_us),
        "status": row.status,
        "log": row.message[0],
        "index": str(row.message[1]),
        "text": row.text,
        **{
            name: fields.get(name, "")
            for name in (PLACE, "kind", "name", CELL, "precision", "uncertainty", "window")
        },
        **({"kind": "(not opened here)"} if row.reading == "guarded" else {}),
    }
