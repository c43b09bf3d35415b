"""The sections of the page, each from a view. Nothing here reads a state or takes a form.

Rules: the four glance words stand first and are followed by what is missing; receipt levels each
have their own cell; a due time is an absolute UTC instant with the time left beside it. Alerts are
in `page_alerts`.
"""

from __future__ import annotations

from collections.abc import Mapping

from parley.app.alert_views import AlertsView
from parley.app.custody_views import ClockView
from parley.app.message_notes import ladder_lines, marks_of, notes_of, outcome_text
from parley.app.message_views import AnswerView, Ladder, MessageView
from parley.app.page_html import Html, due, escape, facts, fine, instant, said, table, tag
from parley.app.page_html import section as section  # asked for here
from parley.app.page_html import since as since  # asked for here
from parley.app.page_lines import line_article
from parley.app.page_words import answer_word, words_part
from parley.app.views import LogView, PeerView, StatusView
from parley.node.rules.lines import LineVector
from parley.world.phrases import Reader, reader_language

# ---- at a glance --------------------------------------------------------------------------------


def glance_part(
    vectors: tuple[LineVector, ...],
    alerts: AlertsView,
    every: tuple[MessageView, ...],
    now_us: int,
) -> Html:
    """Return what an operator must see first: lines, what waits for this post, what comes next."""
    words = [
        [tag("strong", each.glance), f" {each.line}", ", " if n + 1 < len(vectors) else ""]
        for n, each in enumerate(vectors)
    ]
    waiting = [view for view in every if view.awaits_us]
    late = sum(v.answer_due_us is not None and v.answer_due_us < now_us for v in waiting)
    count = "1 message awaits" if len(waiting) == 1 else f"{len(waiting)} messages await"
    told = tag("a", f"{count} your answer", href="#messages")
    items = [
        ["Lines: ", words or "none"],
        [told, [", ", tag("strong", f"{late} LATE")] if late else "", "."],
        *_misread(every),
        [
            tag(
                "a",
                f"{alerts.total} open alert{'' if alerts.total == 1 else 's'}",
                href="#alerts",
            ),
            _soonest(alerts, now_us),
        ],
    ]
    return tag(
        "section",
        tag("ul", [tag("li", item) for item in items]),
        id="glance",
        aria_label="At a glance",
    )


def _misread(every: tuple[MessageView, ...]) -> list[object]:
    """Return that messages were read back otherwise than said, if any: they await nobody's answer.

    Counted are those still open: said again, or no more valid, there is nothing left to do.
    """
    views = [view for view in every if view.open and any(step.misread for step in view.ladder)]
    if not views:
        return []
    count = "1 read-back differs" if len(views) == 1 else f"{len(views)} read-backs differ"
    return [[tag("a", tag("strong", count), href=f"#{anchor(views[0].key)}"), "."]]


def _soonest(alerts: AlertsView, now_us: int) -> Html:
    """Return the time to the soonest loss, or that nothing is said about what is not watched."""
    losses_us = [a.loss_us for a in alerts.alerts if a.loss_us is not None]
    if losses_us:
        return escape([", soonest loss ", due(min(losses_us), now_us), "."])
    return escape(f"; {alerts.watch.watched} of {alerts.watch.aircraft} aircraft watched.")


# ---- lines --------------------------------------------------------------------------------------


def lines_part(vectors: tuple[LineVector, ...], peers: tuple[PeerView, ...], now_us: int) -> Html:
    """Return the state of each line: the word, what is missing, and the vector behind it."""
    if not vectors:
        return section("lines", "Lines", tag("p", "No agreement here has a line."))
    return section(
        "lines",
        "Lines",
        [line_article(each, now_us) for each in vectors],
        peers_table(peers, now_us),
    )


def peers_table(peers: tuple[PeerView, ...], now_us: int) -> Html:
    """Return the links to the peers: clocks, refusals, keys."""
    rows = [
        [
            peer.party,
            [peer.link, ", ", since(peer.heard_us, now_us)],
            _clock(peer),
            _refusals(peer),
            [tag("div", tag("strong", f"{k.role}: "), said(k.why)) for k in peer.keys_refused]
            or "all count",
            peer.claims_more_of or "no",
        ]
        for peer in peers
    ]
    heads = (
        "Peer",
        "Link",
        "Its clock against ours",
        "Not taken from it",
        "Its keys",
        "Claims more of our log",
    )
    return table("Links to peers", heads, rows) if rows else tag("p", "No peers are configured.")


def clock_text(clock: ClockView) -> str:
    """Return a peer's clock against ours with its bound, in words."""
    which = "behind" if clock.offset_us < 0 else "ahead"
    bound = "by what its heartbeats say" if clock.within_us is None else "measured"
    within = "" if clock.within_us is None else f" within {fine(clock.within_us)}"
    return f"{fine(abs(clock.offset_us))} {which}, {bound}{within}"


def _clock(peer: PeerView) -> object:
    """Return a peer's clock with its bound, and the alarm in words."""
    if peer.clock is None:
        return "unknown"
    shown = clock_text(peer.clock)
    return [tag("strong", "ALARM ", class_="alarm"), shown] if peer.clock.alarm else shown


def _refusals(peer: PeerView) -> object:
    """Return what was not taken from a peer, and whether our log says so already."""
    rows = [
        tag(
            "div",
            f"{each.count} times, {each.what} ",
            "(in our log)" if each.written else tag("strong", "(not in our log yet)"),
            ": ",
            said(each.why),
        )
        for each in peer.refused
    ]
    return rows or (f"{peer.faults} faults" if peer.faults else "nothing")


# ---- messages -----------------------------------------------------------------------------------


def message_part(
    view: MessageView,
    now_us: int,
    form: Html | None,
    more: Mapping[str, object] | None = None,
    reader: Reader | None = None,
) -> Html:
    """Return one message with what it asks for and how far it got.

    Args:
        view: the message.
        now_us: the time.
        form: answers or opens it.
        more: further facts: who signed it, who opened it.
        reader: in which language the fixed part is shown; None is English.
    """
    reads = reader or reader_language()
    if view.reading in ("sealed", "destroyed"):
        return _without_words(view, now_us, more or {})
    marks = [view.message_class]
    marks += ["GUARDED, NOT OPENED"] if view.reading == "guarded" else []
    marks += ["LIFE-SAFETY"] if view.life_safety else []
    marks += [view.status.upper()] if view.status != "actual" else []
    marks += ["EXPIRED"] if view.expired else []
    marks += ["ANSWER AWAITED FROM US"] if view.awaits_us else []
    marks += marks_of(view)
    pairs: dict[str, object] = {
        "Line": [view.line, tag("span", f" under {view.agreement}", class_="quiet")],
        "Sent": [instant(view.sent_us), " by ", said(view.post), " of ", view.party],
        "To": ", ".join(view.to),
        **{f"{name}": said(value) for name, value in view.fields.items()},
        "Answer due": _answer_due(view, now_us),
        "Allowed answers": ", ".join(view.answers) or "none asked",
    }
    if view.read_back:
        when = due(view.read_back_due_us, now_us) if view.open else instant(view.read_back_due_us)
        pairs["Read back"] = [", ".join(view.read_back), " by ", when]
    if view.valid_until_us is not None:
        pairs["Valid until"] = due(view.valid_until_us, now_us)
    if view.audience is not None:
        pairs["Words held by"] = ", ".join(view.audience)
    pairs |= more or {}
    subject = [": ", said(view.subject)] if view.subject != view.message_type else None
    origin, index = view.key
    return tag(
        "article",
        tag("h3", f"{view.message_type} from {view.party}", subject),
        tag("p", tag("strong", " · ".join(marks))),
        words_part(view, reads),
        [tag("p", said(text)) for text in notes_of(view)],
        facts(pairs),
        _ladders(view, reads),
        form,
        tag("p", tag("code", f"{origin} {index}"), class_="quiet"),
        id=anchor(view.key),
        class_="asks" if view.awaits_us else None,
    )


def _without_words(view: MessageView, now_us: int, more: Mapping[str, object]) -> Html:
    """Return what is left of a message whose words are not held here."""
    gone = view.reading == "destroyed"
    why = (
        "This party has destroyed its copy. Copies that others hold cannot be recalled."
        if gone
        else "Its words are not held here: they are for others only, or have not come."
    )
    origin, index = view.key
    pairs: dict[str, object] = {
        "Sent": [instant(view.sent_us), " by ", said(view.post), " of ", view.party],
        "To": ", ".join(view.to),
    }
    if view.audience is not None:
        pairs["Words for"] = ", ".join(view.audience)
    if view.valid_until_us is not None:
        pairs["Valid until"] = due(view.valid_until_us, now_us)
    title = "Destroyed message" if gone else "Sealed message"
    return tag(
        "article",
        tag("h3", f"{title} from {view.party}"),
        tag("p", why),
        facts(pairs | dict(more)),
        tag("p", tag("code", f"{origin} {index}"), class_="quiet"),
        id=anchor(view.key),
    )


def _answer_due(view: MessageView, now_us: int) -> object:
    """Return when an answer is due; the time left only while one is."""
    if not view.answers:
        return "none asked"
    return due(view.answer_due_us, now_us) if view.open else instant(view.answer_due_us)


def anchor(key: tuple[str, int]) -> str:
    """Return the anchor of a message on the page.

    >>> anchor(("parley.example/A/COAL/line/2017", 3))
    'm-A-COAL-line-2017-3'
    """
    parts = key[0].split("/")[1:]
    plain = "-".join(parts)
    return f"m-{plain}-{key[1]}"


def _ladders(view: MessageView, reader: Reader) -> Html | None:
    if not view.ladder:
        return None
    heads = ("To", "Sent", "Stored", "Displayed", "Answered", "Read-back", "Outcome")
    return table(
        "How far it got; each level stands for itself",
        heads,
        [_ladder(view, step, reader) for step in view.ladder],
    )


def _ladder(view: MessageView, step: Ladder, reader: Reader) -> list[object]:
    stored: list[object] = [step.stored]
    if step.received_us is not None:
        stored.append(tag("div", "receipt ", instant(step.received_us)))
    if step.cosigned_us is not None:
        stored.append(tag("div", "cosigned ", instant(step.cosigned_us)))
    displayed: object = "no"
    if step.displayed_us is not None:
        displayed = ["yes, ", instant(step.displayed_us), " to ", said(step.displayed_post or "")]
    answered: list[object] = [_given(step.answer, reader)] if step.answer else ["no"]
    if step.standby is not None and step.answer is None:
        answered = [_given(step.standby, reader), ", promised ", instant(step.standby.promised_us)]
    answered += [tag("div", tag("strong", "OVERDUE: "), text) for text in step.overdue]
    answered += [tag("div", said(text)) for text in ladder_lines(step)]
    wrong = [tag("div", said(text)) for text in step.differences]
    word = tag("strong", "DIFFERS") if step.read_back == "differs" else step.read_back
    became = said(outcome_text(step))
    return [step.party, instant(view.sent_us), stored, displayed, answered, [word, wrong], became]


def _given(answer: AnswerView, reader: Reader) -> list[object]:
    text = [": ", said(answer.text)] if answer.text else []
    return [
        answer_word(answer.answer, reader),
        " ",
        instant(answer.at_us),
        " by ",
        said(answer.post),
        text,
    ]


# ---- logs ---------------------------------------------------------------------------------------


def logs_part(logs: tuple[LogView, ...], now_us: int) -> Html:
    """Return the heads of all logs, with the receipts on ours."""
    heads = ("Log", "Whose", "Entries", "Root", "Receipts", "Not readable here")
    rows = [
        [
            tag("code", log.origin),
            [
                "ours" if log.own else f"copy of {log.party}'s",
                tag("div", "goes on from ", tag("code", log.continues)) if log.continues else "",
                tag("div", tag("strong", log.ended)) if log.ended else "",
            ],
            str(log.size),
            tag("code", f"{log.root[:16]}…"),
            _receipts(log, now_us),
            str(log.unreadable) if log.unreadable else "none",
        ]
        for log in logs
    ]
    shown = table("Signed heads as held here", heads, rows) if rows else tag("p", "No logs yet.")
    export = tag(
        "p", tag("a", "Download the evidence pack", href="/api/export"), ", for parley verify."
    )
    return section("logs", "Logs", shown, export)


def node_part(status: StatusView) -> Html | None:
    """Return what this node could not do and the connections that it ended; None for neither."""
    if not status.faults and not status.links_ended:
        return None
    faults = [tag("li", tag("strong", "Not done: "), said(text)) for text in status.faults]
    ended = [tag("li", instant(e.at_us), ": ", said(e.why)) for e in status.links_ended]
    return section(
        "node",
        "This node",
        [tag("p", "What it could not do itself:"), tag("ul", faults)] if faults else None,
        [tag("p", "Connections that it ended, the last ones:"), tag("ul", ended)]
        if ended
        else None,
    )


def _receipts(log: LogView, now_us: int) -> object:
    if not log.own:
        return "not ours to give"
    if not log.receipts:
        return "none yet"
    return [
        tag("div", f"{r.party} holds {r.size} of {log.size}, ", since(r.at_us, now_us))
        for r in log.receipts
    ]
