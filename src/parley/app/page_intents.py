"""The part of the page about intents: what overlaps, who goes first, what goes to the line."""

from __future__ import annotations

from parley.app.intent_views import ConflictShown, ConflictsView, IntentShown, IntentsView
from parley.app.page_html import Child, Html, instant, said, table, tag
from parley.app.page_parts import section
from parley.node.rules.overlaps import Common

_HEADS = ("Intent", "Party", "Flight", "State", "Priority", "Window", "Overlaps", "Held by")
_CONFLICT_HEADS = ("Intents", "What", "Common window", "Where and how deep", "Who goes first")
_ROWS_MAX = 200


def intents_part(intents: IntentsView, conflicts: tuple[ConflictsView, ...], now_us: int) -> Html:
    """Return the conflicts of own intents, then the intents of every party."""
    del now_us
    rows = [_intent(each) for each in intents.intents[:_ROWS_MAX]]
    shown = table("Each stands in its own party's log", _HEADS, rows)
    more = intents.total - len(rows)
    return section(
        "intents",
        "Intents",
        *[part for view in conflicts for part in _conflicts(view)],
        shown if rows else tag("p", "No intents."),
        tag("p", f"{more} more: parley intent prints all.", class_="warn") if more > 0 else None,
    )


def _conflicts(view: ConflictsView) -> list[Html]:
    found = []
    if view.waiting:
        text = f"{view.waiting} intents under {view.agreement} are not compared yet."
        found.append(tag("p", text, class_="warn"))
    if view.ignored:
        text = f"{view.ignored} entries under {view.agreement} count for nothing (wrong log or "
        found.append(tag("p", text, "version, or after the end).", class_="quiet"))
    rows = [_conflict(each) for each in view.conflicts[:_ROWS_MAX]]
    if rows:
        found.append(table(f"Overlaps under {view.agreement}", _CONFLICT_HEADS, rows))
    more = len(view.conflicts) - _ROWS_MAX
    if more > 0:
        found.append(tag("p", f"{more} more: parley intent --conflicts.", class_="warn"))
    return found


def _conflict(shown: ConflictShown) -> list[Child]:
    each = shown.conflict
    word = "overlap" if each.decided == "overlap" else "possible overlap, undecided"
    over = [tag("div", said(text), class_="warn") for text in each.over_limit]
    first, more = each.commons[0], len(each.commons) - 1
    sealed = None
    if each.audience is not None:
        sealed = tag("div", f"for {', '.join(each.audience)} only", class_="quiet")
    return [
        [said(each.first), tag("div", said(each.second)), sealed],
        [tag("strong", word if each.binding else f"{word}, advisory"), *over],
        [instant(first.from_us, missing="no start"), " to ",
         instant(first.to_us, missing="no end")],
        [_where(first), tag("div", f"and {more} more pairs of volumes") if more else None],
        _first(shown),
    ]  # fmt: skip


def _where(common: Common) -> str:
    if common.at is None:
        return common.because
    at = f"{common.at.lat_deg:.4f} {common.at.lon_deg:.4f}"
    return f"{at}, {common.depth_m:.0f} m deep or more"


def _first(shown: ConflictShown) -> list[Child]:
    precedence = shown.conflict.precedence
    if not precedence.goes_first:
        line = precedence.line or "there is none"
        return [
            tag("strong", f"tie: goes to the line {line}"),
            tag("div", said(precedence.why), class_="quiet"),
        ]
    by = f"clause {precedence.clause}" if precedence.clause else ""
    return [
        tag("strong", said(f"{precedence.goes_first} goes first")),
        tag("div", said(f"{by} {precedence.why}".strip()), class_="quiet"),
    ]


def _intent(each: IntentShown) -> list[Child]:
    limit = tag("div", said(f"over the limit: {each.over_limit}"), class_="warn")
    return [
        [said(each.intent), tag("div", f"version {each.version}", class_="quiet")],
        each.party,
        said(each.flight),
        [f"{each.state}, over" if each.over else each.state, limit if each.over_limit else None],
        said(each.priority),
        [instant(each.from_us, missing="no start"), " to ",
         instant(each.to_us, missing="no end")],
        str(each.conflicts) if each.conflicts else "none known",
        "all" if each.audience is None else ", ".join(each.audience),
    ]  # fmt: skip
