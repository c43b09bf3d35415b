"""A line in words, for the terminal and the page: ages of tests each way, who acted, who is there.

Only reading. An age that is not known is "never"; what a party says about its own link is told as
its word, with its time.
"""

from __future__ import annotations

from collections.abc import Iterator

from parley.app.page_html import seconds
from parley.node.rules.line_evidence import Pending
from parley.node.rules.line_history import Besides, LineChange, LineChanges, PastVector
from parley.node.rules.lines import Direction, LineVector, Side
from parley.node.rules.tested import TestAge
from parley.world.time import format_second

BESIDES_SHOWN = 20


def headline(vector: LineVector) -> str:
    """Return the line with its one word, and what is missing."""
    missing = f": {'; '.join(vector.missing)}" if vector.missing else ""
    return f"{vector.line} ({vector.agreement}): {vector.glance}{missing}"


def line_lines(vector: LineVector) -> list[str]:
    """Return the whole vector of a line as text: the word, then each side, then each way."""
    rows = [headline(vector)]
    watched = {True: "within them now", False: "outside of them now", None: "not readable"}
    spoken = f"; languages {', '.join(vector.languages)}" if vector.languages else ""
    rows.append(f"  hours {vector.hours}, {watched[vector.within_hours]}{spoken}")
    for side in vector.sides:
        rows += [f"  {each}" for each in _side_lines(side, vector.viewer, vector.at_us)]
    for way in vector.directions:
        rows += [f"  {each}" for each in _way_lines(way, vector.viewer, vector.at_us)]
    if not any(way.tests for way in vector.directions):
        rows.append(f"  test {vector.test}, last good {ago(vector.test_good_us, vector.at_us)}")
    return rows


def ago(at_us: int | None, now_us: int) -> str:
    """Return how long ago something was.

    >>> ago(0, 720_000_000), ago(None, 0)
    ('12 min ago', 'never')
    """
    if at_us is None:
        return "never"
    # Whole minutes once it is some: nobody reads the seconds of an hour.
    span_us = now_us - at_us
    span_us -= span_us % 60_000_000 if span_us >= 120_000_000 else 0
    return f"{seconds(span_us)} ago" if span_us >= 0 else f"in {seconds(-span_us)}"


def test_text(age: TestAge, way: Direction, now_us: int) -> str:
    """Return the tests of one kind one way in words, with the age of the last good one."""
    told = f"last good {age.kind} test {way.sender}->{way.receiver} {ago(age.good_us, now_us)}"
    missed = f", {age.missed} missed" if age.missed else ""
    return f"{told} ({age.word}{missed})"


def signing_text(side: Side) -> str:
    """Return who signed the act that stands on a side, where a second person is asked for."""
    if not side.agreement_signing:
        return ""
    until = ""
    if side.second_due_us is not None and side.agreement_signing == "single-signed":
        until = f", a second person may sign until {format_second(side.second_due_us)}"
    whole = side.agreement_because == "the agreement as a whole"
    return f"{side.agreement_signing}{until}" + (f", for {side.agreement_because}" if whole else "")


def pending_text(act: Pending) -> str:
    """Return an act that has no effect yet, and what it waits for."""
    said = format_second(act.said_us)
    when = f"from {format_second(act.effective_us)}" if act.waits_for == "its time" else ""
    waits = when or f"pending, waits for {act.waits_for}"
    reason = f" ({act.reason})" if act.reason else ""
    what = f"the agreement as a whole {act.value}" if act.whole else act.value
    return f"{what} {waits}, declared {said}{reason}"


def _side_lines(side: Side, viewer: str, at_us: int) -> Iterator[str]:
    since = f" since {format_second(side.agreement_since_us)}" if side.agreement_since_us else ""
    by = f" by {side.agreement_post}" if side.agreement_post else ""
    reason = f" ({side.agreement_reason})" if side.agreement_reason else ""
    signing = f"; {signing_text(side)}" if side.agreement_signing else ""
    link = "" if side.party == viewer else f", link {side.link}, heard {ago(side.heard_us, at_us)}"
    posts = ", ".join(f"{each.post} {each.word} {ago(each.since_us, at_us)}" for each in side.posts)
    present = f", {side.attended}" + (f" ({posts})" if posts else "")
    yield f"{side.party}: {side.agreement}{since}{by}{reason}{signing}{link}{present}"
    for act in side.pending:
        yield f"  {pending_text(act)}"


def _way_lines(way: Direction, viewer: str, at_us: int) -> Iterator[str]:
    used = f"last used {ago(way.used_last_us, at_us)}"
    used += f", {way.messages_24h} messages and {way.calls_24h} calls in 24 h"
    heard = f"{way.receiver} hears {way.sender}: {way.link}"
    if way.receiver != viewer and way.link_said_us is not None:
        heard += f", as {way.receiver} said {ago(way.link_said_us, at_us)}"
    yield f"{way.sender}->{way.receiver}: {heard}; {used}"
    for age in way.tests:
        yield f"  {test_text(age, way, at_us)}"


def past_lines(past: PastVector) -> list[str]:
    """Return a line at an instant of the past: what a side surely knew, and what it may have."""
    rows = [f"at {format_second(past.at_us)}, by what {past.viewer} surely knew:"]
    rows += line_lines(past.certain)
    if not past.besides:
        rows.append(f"{past.viewer} may have known nothing else that is held here.")
        return rows
    if past.perhaps.glance != past.certain.glance or past.perhaps.missing != past.certain.missing:
        rows.append(f"with all that {past.viewer} may have known: {headline(past.perhaps)}")
    more = max(len(past.besides) - BESIDES_SHOWN, 0) + past.besides_more
    rows += [f"  perhaps known: {_besides(each)}" for each in past.besides[:BESIDES_SHOWN]]
    return [*rows, f"  and {more} more (--json has them)"] if more else rows


def _besides(each: Besides) -> str:
    known = "never provably" if each.known_us is None else f"surely {format_second(each.known_us)}"
    written = format_second(each.written_us)
    return f"{each.type} of {each.party}, {each.key[0]} {each.key[1]}, written {written}, {known}"


def change_lines(changes: LineChanges) -> list[str]:
    """Return the changes of the one word in a window, as a side surely knew them."""
    start = format_second(changes.from_us)
    rows = [f"{start} {changes.first}, by what {changes.viewer} surely knew"]
    rows += [_change(each) for each in changes.changes]
    end = format_second(changes.to_us)
    return rows if changes.changes else [*rows, f"no change until {end}"]


def _change(each: LineChange) -> str:
    why = [*each.came, *(f"no longer {text}" for text in each.gone)]
    by = ", ".join(f"{origin} {index}" for origin, index in each.by) or "time alone"
    return f"{format_second(each.at_us)} {each.before} -> {each.after}: {'; '.join(why)} ({by})"
