"""A line on the node's page: the word, each side, each way with the ages of its last good tests."""

from __future__ import annotations

from parley.app.line_views import ago, pending_text, signing_text
from parley.app.page_html import Html, instant, said, since, table, tag
from parley.node.rules.lines import Direction, LineVector, Side
from parley.node.rules.tested import TestAge

GLANCE = {"OPEN": "good", "DEGRADED": "warn", "SUSPENDED": "warn", "DOWN": "warn"}


def line_article(vector: LineVector, now_us: int) -> Html:
    """Return the state of one line: the word, what is missing, and the vector behind it."""
    missing = "; ".join(vector.missing)
    word = tag("span", vector.glance, class_=f"glance {GLANCE.get(vector.glance, '')}".rstrip())
    rest = [": ", missing] if missing else []
    heads = ("Party", "Agreement", "Link", "Attended", "Last message", "Messages in 24 h")
    ways = ("Way", "Heard", "Last good machine test", "Last good person test", "Used in 24 h")
    return tag(
        "article",
        tag("h3", f"Line {vector.line}", tag("span", f" under {vector.agreement}", class_="quiet")),
        tag("p", word, rest),
        table(
            f"State vector of {vector.line}, as this node knows it",
            heads,
            [_side(side, now_us) for side in vector.sides],
        ),
        table(
            f"Each way of {vector.line}",
            ways,
            [_way(way, now_us) for way in vector.directions],
        )
        if any(way.tests for way in vector.directions)
        else "",
        tag("p", "Test: ", vector.test, ", last good ", since(vector.test_good_us, now_us)),
        tag("p", _hours(vector)),
    )


def _hours(vector: LineVector) -> str:
    within = {True: "within them now", False: "outside of them now", None: "not readable"}
    spoken = f" Languages: {', '.join(vector.languages)}." if vector.languages else ""
    return f"Watch hours: {vector.hours}, {within[vector.within_hours]}.{spoken}"


def _side(side: Side, now_us: int) -> list[object]:
    in_effect = [" since ", instant(side.agreement_since_us)] if side.agreement_since_us else []
    reason = [" (", said(side.agreement_reason), ")"] if side.agreement_reason else []
    signing = tag("div", tag("strong", signing_text(side))) if side.agreement_signing else ""
    waiting = [tag("div", said(pending_text(act))) for act in side.pending]
    heard = [", heard ", since(side.heard_us, now_us)]
    attended = [", ", since(side.attended_since_us, now_us)] if side.attended_since_us else []
    posts = [tag("div", f"{p.post}: {p.word}, {ago(p.since_us, now_us)}") for p in side.posts]
    return [
        side.party,
        [side.agreement, in_effect, reason, signing, waiting],
        [side.link, heard],
        [side.attended, attended, posts],
        since(side.used_last_us, now_us),
        str(side.used_24h_count),
    ]


def _way(way: Direction, now_us: int) -> list[object]:
    ages = {age.kind: age for age in way.tests}
    said_at = [", as it said ", ago(way.link_said_us, now_us)] if way.link_by is not None else []
    return [
        f"{way.sender} to {way.receiver}",
        [way.link, said_at],
        _age(ages.get("machine"), now_us),
        _age(ages.get("person"), now_us),
        f"{way.messages_24h} messages, {way.calls_24h} calls",
    ]


def _age(age: TestAge | None, now_us: int) -> list[object]:
    if age is None:
        return ["not asked for"]
    missed = tag("strong", f", {age.missed} missed") if age.missed else ""
    return [since(age.good_us, now_us), f", {age.word}", missed]
