"""The page's section on alerts: what stands by time to loss, what to do about it, what it rests on.

Rules: the row says in words what its colour repeats; whether a party has it and what its people did
stand apart; an empty list names its feeds and says what is not watched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from parley.app.alert_lines import doubt_words, flight_words, limit_words, title
from parley.app.alert_views import (
    AlertsView,
    AlertView,
    EndedView,
    WatchView,
    end_words,
    held_words,
    life_words,
)
from parley.app.page_forms import Form, hidden, index_of, post_choice, post_form
from parley.app.page_html import (
    Html,
    due,
    escape,
    instant,
    said,
    seconds,
    section,
    since,
    table,
    tag,
)
from parley.node.inputs import Act
from parley.node.warning_inputs import MarkAlert
from parley.world.faults import InputFault

ROWS_SHOWN_MAX = 100
"""Rows of alerts on the page; how many more there are is said, and the command line lists them."""
ACTIONS = {
    "short-term": "Two minutes or less: own move, the line after it.",
    "own move only": "Too late for the line: own move only.",
    "coordinate": "Time to agree on the line who moves.",
}
"""What the class leaves time for (NORMS 6); it orders nothing to anybody."""
Posts = Callable[[str], tuple[str, ...]]
"""Gives our posts under an agreement, the one at an end of a line first."""


def alerts_part(
    view: AlertsView, now_us: int, posts: Posts | None = None, number: str | None = None
) -> Html:
    """Return the open alerts, soonest loss first, and what they rest on.

    Args:
        view: what stands.
        now_us: the time.
        posts: for the choice of who marks one.
        number: of our own forms; None where nobody may act.
    """
    shown: object
    if view.alerts:
        rows = view.alerts[:ROWS_SHOWN_MAX]
        shown = [
            _counts(view),
            tag(
                "div",
                [_alert(each, view, now_us, posts, number) for each in rows],
                class_="alerts",
            ),
            _more(view, len(rows)),
        ]
    else:
        names = ", ".join(feed.feed for feed in view.watch.feeds) or "none"
        none = tag(
            "p",
            tag("strong", "No alerts"),
            f" from feeds: {names}. That is not a statement about what is not watched.",
        )
        shown = [none, *_crowds(view)]
    notices = ""
    if view.notices:
        columns = ("Notice", "Rule", "Told", "Held by")
        rows_of = [_notice(a) for a in view.notices[:ROWS_SHOWN_MAX]]
        notices = table("Notices of the last hour, newest first", columns, rows_of)
    return section(
        "alerts",
        "Alerts",
        shown,
        _ended(view.ended, now_us),
        notices,
        _chains(view),
        _watch(view.watch, now_us),
    )


def _counts(view: AlertsView) -> Html:
    # The most urgent class first, as in the list; classes that are not of conflicts after it.
    order = {word: place for place, word in enumerate(ACTIONS)}
    classes = sorted(view.by_class.items(), key=lambda each: order.get(each[0], len(order)))
    counts = ", ".join(f"{count} {word}" for word, count in classes)
    told = tag("p", tag("strong", f"{view.total} open"), f": {counts}. Soonest loss first.")
    return escape([told, _crowds(view)])


def _crowds(view: AlertsView) -> list[Html]:
    """Return what is not in the list, before the list: in a crowd nobody reads to its end."""
    return [tag("p", tag("strong", each)) for each in view.crowds]


def _more(view: AlertsView, shown: int) -> Html | None:
    left = view.total - shown
    return tag("p", tag("strong", f"and {left} more: parley alerts lists them")) if left else None


def _notice(notice: AlertView) -> list[object]:
    """Return a row of something that asks for nothing: a crossing of a boundary."""
    held = ", ".join(f"{party}: {word}" for party, word in notice.held_by.items())
    return [
        said(notice.text),
        "binding" if notice.binding else "advisory",
        [instant(notice.raised_us), " by ", notice.raised_by],
        held or "not known",
    ]


# ---- one alert ----------------------------------------------------------------------------------


def alert_anchor(key: tuple[str, int]) -> str:
    """Return the anchor of an alert on the page.

    >>> alert_anchor(("parley.example/A/COAL/ops/2017", 3))
    'alert-A-COAL-ops-2017-3'
    """
    return f"alert-{'-'.join(key[0].split('/')[1:])}-{key[1]}"


def _alert(
    alert: AlertView, view: AlertsView, now_us: int, posts: Posts | None, number: str | None
) -> Html:
    mark = alert_anchor(alert.key)
    urgent = alert.alert_class == "short-term"
    what = title(alert)
    word = (alert.life.word if alert.life is not None else "open").upper()
    action = ACTIONS.get(alert.alert_class) if alert.what == "separation" else None
    return tag(
        "article",
        tag(
            "h3",
            tag("span", alert.alert_class, class_="alarm" if urgent else "warn"),
            " ",
            said(what),
            " ",
            tag("span", word, class_="state"),
        ),
        tag("p", _when(alert, now_us), action and [". ", tag("strong", action)]),
        tag("p", "; ".join(_limits(alert)), class_="quiet"),
        _flights(alert, now_us),
        _people(alert, view),
        [tag("p", said(text)) for text in doubt_words(alert)],
        _forms(alert, posts, number, mark),
        id=mark,
        class_="soon" if urgent else None,
    )


def _when(alert: AlertView, now_us: int) -> list[object]:
    if alert.what == "intent overlap":  # nothing flies yet, and no clause is kept or broken
        return ["two plans, no time to loss"]
    if alert.loss_us is None:
        return [alert.what, ", not a matter of time"]
    if alert.loss_us <= now_us:
        # The prediction's word: whether they are so near is what a look at the picture says.
        since_then = seconds(now_us - alert.loss_us)
        parts: list[object] = [
            tag("strong", "Loss of separation predicted since "), instant(alert.loss_us),
            f" ({since_then})",
        ]  # fmt: skip
    else:
        parts = ["Loss of separation ", due(alert.loss_us, now_us)]
    if alert.end_us is not None:
        parts += [", until ", instant(alert.end_us)]
    return parts


def _limits(alert: AlertView) -> list[str]:
    """Return distances, minima and the clause, as they are said on the line."""
    found = limit_words(alert)
    if alert.what != "intent overlap":
        binding = "binding" if alert.binding else "advisory"
        found.append(f"clause {alert.clause or 'none'} ({binding})")
    return found


def _flights(alert: AlertView, now_us: int) -> Html | None:
    """Return whose aircraft they are, where, how high and how they move: what is said by voice."""
    if not alert.forms or not alert.states:
        return None
    return tag("ul", [tag("li", said(flight_words(state, now_us))) for state in alert.states])


def _people(alert: AlertView, view: AlertsView) -> Html:
    raised: list[object] = ["Raised ", instant(alert.raised_us), f" by {alert.raised_by}"]
    if alert.others:
        raised.append(f" and {', '.join(each.raised_by for each in alert.others)}")
    lines: list[object] = [raised]
    if alert.told_us > alert.raised_us:
        lines.append(["Told last ", instant(alert.told_us), f" as {alert.told_class}"])
    held = held_words(alert, view.links)
    lines.append("; ".join(held) if held else "no other party to have it")
    if alert.life is not None:
        lines.append(said("; ".join(life_words(alert.life))))
    return tag("ul", [tag("li", line) for line in lines])


def _forms(
    alert: AlertView, posts: Posts | None, number: str | None, mark: str
) -> Html | list[Html] | None:
    if number is None or posts is None or alert.life is None:
        return None
    ours = posts(alert.agreement)
    if not ours:
        return None
    newest = alert.forms[0].key if alert.forms else alert.key
    return post_form(
        "alert",
        number,
        hidden("log", alert.key[0]),
        hidden("index", str(alert.key[1])),
        hidden("renewal_log", newest[0]),
        hidden("renewal_index", str(newest[1])),
        post_choice(ours, f"{mark}-post"),
        tag("button", "Seen", type="submit", name="stage", value="seen"),
        tag("button", "Called", type="submit", name="stage", value="called"),
    )


def _mark_from(form: Form, now_us: int) -> Act:
    del now_us
    stage = form.one("stage")
    index = form.one("renewal_index")
    if stage not in ("seen", "called"):
        raise InputFault("form field stage", value=stage, wanted="seen or called")
    if not index.isascii() or not index.isdigit() or len(index) > 15:
        raise InputFault("form field renewal_index", value=index, wanted="the index of an entry")
    return MarkAlert(
        ref=(form.one("log"), index_of(form)),
        post=form.one("post"),
        stage="seen" if stage == "seen" else "called",
        renewal=(form.one("renewal_log"), int(index)),
    )


ALERT_MAKERS: Mapping[str, Callable[[Form, int], Act]] = {"alert": _mark_from}
"""From our form to its act."""


# ---- what it rests on ---------------------------------------------------------------------------


def _ended(ended: Iterable[EndedView], now_us: int) -> Html | None:
    rows = [
        [
            " and ".join(each.aircraft),
            [since(each.ended_us, now_us), f" by {each.raised_by}"],
            said(end_words(each)),
        ]
        for each in ended
    ]
    if not rows:
        return None
    return table(
        "RESOLVED in the last ten minutes, newest first", ("Conflict", "When", "Why"), rows
    )


def _chains(view: AlertsView) -> Html | None:
    if not view.chains:
        return None
    lines = [
        tag("li", f"{name}: {'; '.join(each.text for each in times)}")
        for name, times in view.chains.items()
    ]
    told = (
        "Time from an alert to a manoeuvre, by which coordinate and own move only are told apart:"
    )
    return escape([tag("p", told, class_="quiet"), tag("ul", lines, class_="quiet")])


def _watch(watch: WatchView, now_us: int) -> Html:
    rows = [
        [said(f.feed), since(f.last_us, now_us), str(f.reports), str(f.refused)]
        for f in watch.feeds
    ]
    heads = ("Feed", "Last report", "Reports", "Refused for want of room")
    feeds = table("Feeds since this node started", heads, rows) if rows else ""
    others = {word: n for word, n in watch.by_status.items() if n and word != "watched"}
    words = ", ".join(f"{n} {word}" for word, n in others.items())
    status = f" ({words})" if words else ""
    told = (
        f"{watch.watched} of {watch.aircraft} aircraft watched{status}. Not watched, or not fully:"
    )
    return escape([feeds, tag("p", told), tag("ul", [tag("li", x) for x in watch.not_watched])])
