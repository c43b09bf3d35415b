"""Standing notices and the ledger on the page: how fresh each is, what we told to whom. No script.

Rules: what is stale, expired, withdrawn or replaced says so first and is never shown as current;
all are counted and the oldest word is shown first; no position of a place stands on the page but
in a notice that somebody here has opened.
"""

from __future__ import annotations

from parley.app.notice_views import (
    LedgerRow,
    LedgerView,
    NoticeRow,
    NoticesView,
    precision_words,
)
from parley.app.page_html import Html, instant, said, since, table, tag
from parley.app.page_parts import anchor, section

ROWS_SHOWN_MAX = 20
"""Rows on the page; the API and the command line have them all."""


def notices_part(view: NoticesView, told: LedgerView, party: str, now_us: int) -> Html | None:
    """Return the page's part on standing notices; None where there is nothing to show."""
    if not view.total and not told.total:
        return None
    counts = [
        tag(
            "li",
            f"{'ours' if each.party == party else each.party} under {each.agreement}: ",
            [_count(word, number) for word, number in each.counts.items()],
        )
        for each in view.counts
    ]
    shown = view.notices[:ROWS_SHOWN_MAX]
    more = view.total - len(shown)
    heads = ("State", "Whose", "What", "Last word", "Ends", "Message")
    return section(
        "notices",
        "Standing notices",
        tag("p", view.note),
        tag("ul", counts) if counts else None,
        table("Standing notices, the oldest word first", heads, [_row(n, now_us) for n in shown])
        if shown
        else None,
        tag("p", f"{more} more: see parley place notices.", class_="quiet") if more > 0 else None,
        _told(told, now_us),
    )


def _count(word: str, number: int) -> list[object]:
    text = f"{number} {word if word == 'fresh' else word.upper()} "
    return [tag("strong", text) if word == "stale" else text]


def _row(row: NoticeRow, now_us: int) -> list[object]:
    current = row.word == "fresh"
    drill = "" if row.status == "actual" else f"{row.status.upper()} "
    state: object = [drill, row.words]
    what: object = "guarded: open it to read"
    if row.reading != "guarded":
        names = ("place", "kind", "name", "cell", "precision", "uncertainty", "window")
        what = [
            tag("div", f"{name}: ", said(row.fields[name])) for name in names if name in row.fields
        ]
    log, index = row.message
    return [
        state if current else tag("strong", state, class_="warn"),
        [row.party, " to ", ", ".join(row.to)],
        what,
        since(row.last_word_us, now_us),
        instant(row.expires_us),
        tag("a", f"{log} {index}", href=f"#{anchor(row.message)}"),
    ]


def _told(view: LedgerView, now_us: int) -> Html | None:
    if not view.total:
        return None
    heads = ("Place", "Told to", "How fine", "Sent", "Stored there", "Displayed there", "State",
             "Consent")  # fmt: skip
    rows = [_ledger_row(row, now_us) for row in view.rows[-ROWS_SHOWN_MAX:][::-1]]
    more = view.total - len(rows)
    return tag(
        "div",
        tag("h3", "What we told: the ledger, newest first"),
        tag("p", view.note),
        table("Places told", heads, rows),
        tag("p", f"{more} earlier ones: see parley place ledger.", class_="quiet")
        if more > 0
        else None,
    )


def _ledger_row(row: LedgerRow, now_us: int) -> list[object]:
    gone = [tag("div", "our copy destroyed ", instant(row.destroyed_us))]
    consent = f"{row.consent[0]} {row.consent[1]}" if row.consent else None
    return [
        said(row.place) if row.place else "not named",
        row.addressee,
        [precision_words(row.precision_m), ", the finest yet" if row.finest else ""],
        since(row.sent_us, now_us),
        instant(row.stored_us, missing="not known"),
        instant(row.displayed_us, missing="not known here"),
        [row.word, gone if row.destroyed_us else ""],
        consent or tag("strong", "NO CONSENT FOUND"),
    ]
