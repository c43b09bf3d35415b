"""Telephone calls and relays on the page: the list, and the forms that enter one. No script.

Rules: each end's word has a row of its own and none is merged; what is one-sided, late or different
says so in words. Times are typed as people say them ("10 min ago", 09:40Z); none is filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from parley.app.call_times import parse_past_us
from parley.app.call_views import (
    CallEndView,
    CallsView,
    CallView,
    RelayView,
    count_lines,
    entered_words,
)
from parley.app.page_forms import (
    Form,
    choice_field,
    hidden,
    index_of,
    input_field,
    our_posts,
    post_choice,
    post_form,
)
from parley.app.page_html import Html, field, instant, said, seconds, table, tag
from parley.app.page_parts import section
from parley.node.inputs import Act, LogCall, ReportRelay
from parley.node.line_bodies import CALL_OUTCOMES, RELAY_OUTCOMES
from parley.node.state import State
from parley.world.agreement import Agreement, Line
from parley.world.faults import InputFault

Word = TypeVar("Word", bound=str)
CALLS_SHOWN_MAX = 20
"""Calls on the page; the API has them all."""


def calls_part(view: CallsView, relays: tuple[RelayView, ...], forms: object, now_us: int) -> Html:
    """Return the calls, how they went, and the relays, with the forms that enter them."""
    shown = [_call(each) for each in view.calls[:CALLS_SHOWN_MAX]]
    more = len(view.calls) - len(shown)
    counts = count_lines(view.counts)
    return section(
        "calls",
        "Telephone calls and relays",
        shown or tag("p", "No telephone call is entered here. That is not a statement that there "
                          "was none."),
        tag("p", f"{more} earlier ones: see /api/calls.", class_="quiet") if more > 0 else None,
        tag("ul", [tag("li", said(text)) for text in counts]) if counts else None,
        _relays(relays, now_us),
        forms,
    )  # fmt: skip


def _call(view: CallView) -> Html:
    alone = len(view.ends) == 1 or bool(view.differences)
    rows = [_end(end) for end in view.ends]
    heads = ("End", "Outcome", "Happened", "Entered", "About", "Said", "Read back")
    return tag(
        "article",
        tag("h3", f"{view.caller} called {view.called} on ", said(view.line),
            tag("span", f" under {view.agreement}", class_="quiet")),
        tag("p", tag("strong", view.word, class_="warn" if alone else None)),
        table("Each end's own word", heads, rows),
        [
            tag("p", tag("strong", "DIFFERS "), "in ", said(name), ": ", _words(words))
            for name, words in view.differences.items()
        ],
        [tag("p", "Note: ", said(text)) for text in view.remarks],
    )  # fmt: skip


def _words(words: Mapping[str, str]) -> list[object]:
    found: list[object] = []
    for party, word in words.items():
        found += [", " if found else "", f"{party}: ", said(word)]
    return found


def _end(end: CallEndView) -> list[object]:
    over = instant(end.ended_us, missing="end not stated")
    late = tag("strong", entered_words(end)) if end.entered == "late" else entered_words(end)
    why = [": ", said(end.reason)] if end.reason else ""
    return [
        [end.party, tag("div", "corrected", class_="quiet") if end.corrects else ""],
        [tag("strong", end.outcome), why],
        [instant(end.began_us), " to ", over],
        [late, " by ", said(end.post)],
        [said(end.subject), tag("div", said(end.text)) if end.text else ""],
        _fields(end.fields),
        _fields(end.read_back),
    ]


def _fields(fields: Mapping[str, str]) -> object:
    rows = [tag("div", said(name), ": ", said(value)) for name, value in fields.items()]
    return rows or "nothing stated"


def _relays(relays: tuple[RelayView, ...], now_us: int) -> Html | None:
    if not relays:
        return None
    rows = [
        [
            said(each.third),
            f"{each.asked_by} asked {each.party}",
            [tag("strong", each.state), tag("div", said(each.text)) if each.text else ""],
            [instant(each.since_us), " by ", said(each.by_post)] if each.by_post
            else instant(each.since_us),
            seconds(now_us - each.since_us) if each.age_s is not None else "nothing",
        ]
        for each in relays
    ]  # fmt: skip
    heads = ("To", "Through", "State", "Since", "Outstanding for")
    return table("Messages to be passed on to who is no party", heads, rows)


# ---- forms --------------------------------------------------------------------------------------


def call_forms(state: State, relays: tuple[RelayView, ...], number: str) -> list[Html]:
    """Return the forms that enter a call on each line of ours, and report on relays asked of us."""
    found = []
    place = 0
    for _, agreement in sorted(state.agreements.items()):
        if agreement.rules_version < 3:
            continue
        for line in agreement.lines:
            if state.party in line.parties:
                found.append(_call_form(state, agreement, line, number, f"call-{place}"))
                place += 1
    for count, each in enumerate(relays):
        wanted = state.agreement(each.agreement)
        if each.party == state.party and wanted is not None:
            posts = our_posts(state, wanted, each.line)
            found.append(_relay_form(each, posts, number, f"relay-{count}"))
    return found


def _call_form(state: State, agreement: Agreement, line: Line, number: str, mark: str) -> Html:
    others = {party: party for party in line.parties if party != state.party}
    ways = {"placed": "we called them", "received": "they called us"}
    outcomes: dict[str, str] = {word: word for word in CALL_OUTCOMES}
    area = tag("textarea", "", id=f"{mark}-text", name="text", maxlength="4000")
    said_fields = tag("textarea", "", id=f"{mark}-more", name="more")
    read = tag("textarea", "", id=f"{mark}-read", name="read")
    return post_form(
        "call",
        number,
        tag(
            "fieldset",
            tag("legend", f"Enter a telephone call on {line.id} under {agreement.id}"),
            hidden("line", f"{agreement.id}|{line.id}"),
            choice_field("With", "party", f"{mark}-party", others, ask=len(others) > 1),
            choice_field("Who called", "direction", f"{mark}-way", ways, ask=True),
            input_field(
                "Began (10 min ago, 09:40Z, or in full)", "began", f"{mark}-began", required=True
            ),
            input_field("Ended (the same; empty: not stated)", "ended", f"{mark}-ended"),
            choice_field("Outcome", "outcome", f"{mark}-outcome", outcomes, ask=True),
            input_field("Why it was refused, or failed", "reason", f"{mark}-reason"),
            input_field("Subject", "subject", f"{mark}-subject", maxlength="200"),
            field("Said, each line name: value", said_fields, f"{mark}-more"),
            field("Read back to us, each line name: value", read, f"{mark}-read"),
            field("What else was said", area, f"{mark}-text"),
            input_field("Spoke with", "spoke_with", f"{mark}-whom"),
            input_field("Recorder", "recorder", f"{mark}-recorder"),
            post_choice(our_posts(state, agreement, line.id), f"{mark}-post"),
            tag("button", "Enter the call", type="submit"),
        ),
    )


def _relay_form(view: RelayView, posts: tuple[str, ...], number: str, mark: str) -> Html:
    outcomes: dict[str, str] = {word: word for word in RELAY_OUTCOMES}
    return post_form(
        "relay",
        number,
        tag(
            "fieldset",
            tag("legend", "What became of the message to ", said(view.third)),
            hidden("log", view.key[0]),
            hidden("index", str(view.key[1])),
            choice_field("Outcome", "outcome", f"{mark}-outcome", outcomes, ask=True),
            input_field("When (10 min ago, 09:40Z; empty: now)", "at", f"{mark}-at"),
            input_field("Received by", "received_by", f"{mark}-by"),
            input_field("Text or reason", "text", f"{mark}-text", maxlength="4000"),
            post_choice(posts, f"{mark}-post"),
            tag("button", "Report it", type="submit"),
        ),
    )


def _call_from(form: Form, now_us: int) -> Act:
    agreement, _, line = form.one("line").partition("|")
    outcome = _chosen(form, "outcome", CALL_OUTCOMES)
    ended = form.one("ended")
    read = Form({"more": (form.one("read"),)})
    return LogCall(
        agreement=agreement,
        line=line,
        post=form.one("post"),
        party=form.one("party"),
        outcome=outcome,
        direction=_chosen(form, "direction", ("placed", "received")),
        began_us=parse_past_us(form.one("began"), now_us, "call began"),
        ended_us=parse_past_us(ended, now_us, "call ended") if ended else None,
        spoke_with=form.one("spoke_with"),
        subject=form.one("subject"),
        text=form.one("text"),
        fields=form.fields(),
        read_back=read.fields(),
        recorder=form.one("recorder"),
        reason=form.one("reason"),
    )


def _relay_from(form: Form, now_us: int) -> Act:
    at = form.one("at")
    return ReportRelay(
        ref=(form.one("log"), index_of(form)),
        post=form.one("post"),
        outcome=_chosen(form, "outcome", RELAY_OUTCOMES),
        at_us=parse_past_us(at, now_us, "relay at") if at else None,
        received_by=form.one("received_by"),
        text=form.one("text"),
    )


def _chosen(form: Form, name: str, words: tuple[Word, ...]) -> Word:
    found = [word for word in words if word == form.one(name)]
    if not found:
        wanted = f"one of {', '.join(words)}"
        raise InputFault(f"form field {name}", value=form.one(name), wanted=wanted)
    return found[0]


CALL_MAKERS: Mapping[str, Callable[[Form, int], Act]] = {"call": _call_from, "relay": _relay_from}
"""Makers of the acts of these forms, by kind."""
