"""Assessments and the register of incidents, on the page and in plain rows.

Only reading. An assessment that expired says so in capitals and nothing more: it stops no deadline
and starts none. Figures of a register stand with who says them; two parties' stand side by side.
"""

from __future__ import annotations

from parley.app.page_html import Html, due, instant, said, table, tag
from parley.node.rules.assessments import (
    AssessmentSeen,
    AssessmentsSeen,
    IncidentSeen,
    RegisterSeen,
)
from parley.world.time import format_second

PAGE_MAX = 50
"""Incidents, counts and differences on the page; the API has them all."""
STOPS_NOTHING = "An assessment stops no deadline: what waits for an answer is as late as without."


def assessments_part(seen: AssessmentsSeen, now_us: int) -> Html | None:
    """Return the page's part of assessments; None where nothing is being assessed."""
    if not seen.shown:
        return None
    heads = ("Subject", "Party and post", "State", "Until", "About", "Answer owed")
    rows = [_row(each, now_us) for each in seen.shown]
    more = [tag("p", f"{count} more by {party} are not shown.") for party, count in
            seen.more.items()]  # fmt: skip
    caption = "What posts assess before they decide"
    return tag(
        "section",
        tag("h2", "Being assessed"),
        tag("p", STOPS_NOTHING),
        table(caption, heads, rows),
        more,
        id="assessments",
    )


def _row(each: AssessmentSeen, now_us: int) -> list[object]:
    word: object = each.word
    if each.word == "EXPIRED":
        word = tag("strong", "EXPIRED, nothing decided")
    text = [": ", said(each.text)] if each.text else []
    about = f"{each.about[0]} {each.about[1]}" if each.about is not None else "no entry"
    owed = "none" if each.owed_us is None else due(each.owed_us, now_us)
    return [
        [said(each.subject), text],
        [each.party, " ", said(each.post)],
        word,
        due(each.until_us, now_us) if each.word == "holds" else instant(each.until_us),
        about,
        owed,
    ]


def assessment_lines(each: AssessmentSeen) -> list[str]:
    """Return an assessment as rows of plain text."""
    about = f", about {each.about[0]} {each.about[1]}" if each.about is not None else ""
    until = format_second(each.until_us)
    word = f"holds until {until}" if each.word == "holds" else f"EXPIRED at {until}, not decided"
    rows = [f"{each.party} {each.post} assesses {each.subject}: {word}{about}"]
    if each.text:
        rows.append(f"  {each.text}")
    if each.owed_us is not None:
        late = "is LATE, it was due" if each.late else "is still due"
        rows.append(f"  the answer {late} {format_second(each.owed_us)}: a hold stops no deadline")
    return ["\\n".join(row.splitlines()) for row in rows]


def assessing_row(seen: AssessmentsSeen, party: str) -> str:
    """Return the one row of the watch: what this party holds, what expired; "" for nothing."""
    own = [each for each in seen.shown if each.party == party]
    holding = [each for each in own if each.word == "holds"]
    over = [each for each in own if each.word == "EXPIRED"]
    others = len(seen.shown) - len(own) + sum(seen.more.values())
    parts = []
    if over:
        parts.append(f"{len(over)} EXPIRED, not decided: {over[0].subject}")
    if holding:
        first = min(holding, key=lambda each: each.until_us)
        parts.append(f"{len(holding)} held, first until {format_second(first.until_us)}")
    late = sum(each.late for each in own)
    if late:
        parts.append(f"{late} ANSWER{'S' if late > 1 else ''} LATE meanwhile")
    if others:
        parts.append(f"{others} by others")
    return f"ASSESSING: {'; '.join(parts)}" if parts else ""


def register_part(seen: RegisterSeen) -> Html | None:
    """Return the page's part of the register; None where it is empty."""
    if not seen.incidents:
        return None
    heads = ("Definition", "Kind", "Party", "Count")
    counts = [
        [said(each.definition), said(each.kind), each.party, str(each.count)]
        for each in seen.counts[:PAGE_MAX]
    ]
    return tag(
        "section",
        tag("h2", "Register of incidents"),
        tag("p", "Each party's own word. Counts by different definitions are never one number."),
        table("Counts, each by its own definition", heads, counts),
        table(
            "Incidents as they were registered last",
            ("Incident", "Party", "From", "To", "Figures, each with who says it", "Source"),
            [_incident(each) for each in seen.incidents[-PAGE_MAX:]],
        ),
        tag("p", f"{len(seen.incidents) - PAGE_MAX} earlier ones: parley study incidents.")
        if len(seen.incidents) > PAGE_MAX
        else None,
        [
            tag("p", tag("strong", "Registers differ: "), said(line))
            for line in seen.differing[:PAGE_MAX]
        ],
        id="incidents",
    )


def _incident(each: IncidentSeen) -> list[object]:
    figures = [
        tag("div", [said(one.name), ": ", said(one.said), f", says {one.by or 'nobody named'}"])
        for one in each.figures
    ]
    corrected = f" (corrected {len(each.corrected)} times)" if each.corrected else ""
    return [
        [said(each.incident), f"{corrected}: " if each.title else corrected, said(each.title)],
        each.party,
        instant(each.from_us),
        instant(each.to_us),
        figures or "none",
        said(each.source),
    ]


def register_lines(seen: RegisterSeen) -> list[str]:
    """Return the register as rows of plain text: counts first, then incidents, then differences."""
    rows = [f"{each.count} by {each.party}: {each.kind}: {each.definition}" for each in seen.counts]
    if rows:
        rows.append("counts by different definitions are never summed")
    for each in seen.incidents:
        title = f" {each.title}" if each.title else ""
        corrected = f", corrected {len(each.corrected)} times" if each.corrected else ""
        window = f"{format_second(each.from_us)} to {format_second(each.to_us)}"
        rows.append(f"{each.incident}{title}: as {each.party} has it{corrected}: {window}")
        rows += [
            f"  {one.name}: {one.said}, says {one.by or 'nobody named'}" for one in each.figures
        ]
        if each.source:
            rows.append(f"  source: {each.source}")
    rows += [f"REGISTERS DIFFER: {line}" for line in seen.differing]
    return ["\\n".join(row.splitlines()) for row in rows] or ["no incident is registered here"]
