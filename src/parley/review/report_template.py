"""A report filled from the evidence: what was said, flown, judged, demanded, and measures.

The answer to a demand for "a careful investigation and a report on results and measures" (S15, S16)
begins with what is in the logs. Rules:

- Every row says where it stands. A section without rows says "none in these logs".
- What is overdue and what nobody answered stays in the list, whatever came later.
- Nothing here says why anybody acted, or who is to blame: these fields are left for people.
- What others wrote is shown with its control characters and marks as plain text, and cut with "…".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Literal

import msgspec

from parley.review.answers_geometry import pair_inside
from parley.review.verdict_evidence import Answered, Evidence, Said, when
from parley.review.verdict_messages import deadline_stated_us
from parley.review.verdicts import counts_of, verdicts
from parley.world.agreement import Agreement
from parley.world.clauses import Separation
from parley.world.time import format_instant, seconds_between
from parley.world.verdict import JudgedDuty

DemandState = Literal["open", "answered in part", "closed", "overdue"]
_TEXT_MAX = 240
_MARKS = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|#"})


class _Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class TimelineRow(_Record, frozen=True, kw_only=True):
    """Something that stands in the evidence, at its time."""

    at: str
    cite: str
    text: str


class AnswerRow(_Record, frozen=True, kw_only=True):
    """How one addressee answered; `late`: against what the sender asked for, no clause."""

    party: str
    word: str
    after_s: float | None = None
    within_s: float | None = None
    late: bool = False
    cite: str = ""


class MessageRow(_Record, frozen=True, kw_only=True):
    """A message with its deadline and each addressee's answer."""

    at: str
    cite: str
    by: str
    to: tuple[str, ...]
    type: str
    about: str
    answers: tuple[AnswerRow, ...]


class CallRow(_Record, frozen=True, kw_only=True):
    """A telephone call as one end entered it."""

    began: str
    cite: str
    by: str
    other: str
    outcome: str
    entered: str


class NearRow(_Record, frozen=True, kw_only=True):
    """How near two aircraft came, and for how long they were inside the minima of a clause."""

    aircraft: tuple[str, str]
    clause: str
    nearest_m: float
    at: str
    vertical_m: float
    inside_s: float


class DemandRow(_Record, frozen=True, kw_only=True):
    """A demand: of whom, about what, until when, and what came of it.

    `in_time`: of the first report; None where there is none, or no time was stated.
    """

    cite: str
    by: str
    to: tuple[str, ...]
    about: str
    wants: tuple[str, ...]
    due: str | None
    state: DemandState
    in_time: bool | None = None
    reports: tuple[str, ...] = ()


class Report(_Record, frozen=True, kw_only=True):
    """The whole report; `people`: what only people can fill in."""

    agreements: tuple[str, ...]
    from_time: str
    to_time: str
    as_of: str
    source: str
    subject: str
    timeline: tuple[TimelineRow, ...]
    messages: tuple[MessageRow, ...]
    calls: tuple[CallRow, ...]
    geometry: tuple[NearRow, ...]
    geometry_lacks: str
    counts: dict[str, int]
    verdicts: tuple[JudgedDuty, ...]
    demands: tuple[DemandRow, ...]
    measures: tuple[TimelineRow, ...]
    people: tuple[str, ...] = ("findings", "measures decided", "who answers for them, until when")


def report_of(
    evidence: Evidence,
    agreements: Iterable[Agreement],
    from_us: int,
    to_us: int,
    as_of_us: int,
    *,
    subject: str = "",
    judged: tuple[JudgedDuty, ...] | None = None,
) -> Report:
    """Return the report on a window, filled with what the evidence holds.

    Args:
        evidence: of a scenario or of logs.
        agreements: whose clauses are judged.
        from_us: the window begins.
        to_us: it ends before this.
        as_of_us: nothing later is known.
        subject: only messages and calls that have this word; verdicts and demands are never left
            out by it.
        judged: the verdicts, where they are known already.
    """
    texts, known = tuple(agreements), evidence.until(as_of_us)
    found = verdicts(evidence, texts, from_us, to_us, as_of_us) if judged is None else judged
    inside = [s for s in known.said if from_us <= s.at_us < to_us]
    meant = [s for s in inside if _speaks_of(s, subject) and _under(s, texts)]
    calls = [c for c in known.calls if from_us <= c.began_us < to_us]
    calls = [c for c in calls if not subject or subject.casefold() in c.subject.casefold()]
    lacks = "" if known.tracks else "no tracks are held here: raw tracks stay with their owner"
    return Report(
        agreements=tuple(text.id for text in texts),
        from_time=format_instant(from_us),
        to_time=format_instant(to_us),
        as_of=format_instant(as_of_us),
        source=known.source_words,
        subject=subject,
        timeline=tuple(_timeline(known, meant, from_us, to_us)),
        messages=tuple(_message(known, s, as_of_us) for s in sorted(meant, key=_order)),
        calls=tuple(
            CallRow(
                began=format_instant(c.began_us), cite=c.cite, by=c.by, other=c.other,
                outcome=c.outcome, entered=format_instant(c.at_us),
            )
            for c in sorted(calls, key=lambda c: (c.began_us, c.cite))
        ),
        geometry=tuple(_near(known, texts, from_us, to_us)),
        geometry_lacks=lacks,
        counts=counts_of(found),
        verdicts=found,
        demands=tuple(demands_of(known, as_of_us)),
        measures=tuple(_measures(known, from_us)),
    )  # fmt: skip


def _order(said: Said) -> tuple[int, str]:
    return (said.at_us, said.cite)


def _under(said: Said, texts: Sequence[Agreement]) -> bool:
    """Whether a message was said on a line of one of these agreements, or between its parties."""
    return any(said.agreement == text.id or text.binds(said.by, *said.to) for text in texts)


def _speaks_of(said: Said, subject: str) -> bool:
    words = " ".join((said.subject, said.type, said.text, *said.fields.values()))
    return subject.casefold() in words.casefold()


def _timeline(
    known: Evidence, meant: Sequence[Said], from_us: int, to_us: int
) -> Iterator[TimelineRow]:
    """Yield what happened in the window, in order: messages, their answers, acts, alerts."""
    cites = {s.cite for s in meant}
    rows: list[tuple[int, str]] = [(s.at_us, s.cite) for s in meant]
    rows += [(a.at_us, a.cite) for a in known.answers if a.of in cites]
    facts = (*known.status, *known.alerts, *known.incidents, *known.zone_words)
    rows += [(f.at_us, f.cite) for f in facts if from_us <= f.at_us < to_us]
    for at_us, cite in sorted(set(rows)):
        yield TimelineRow(at=format_instant(at_us), cite=cite, text=known.short.get(cite, cite))


def _message(known: Evidence, said: Said, as_of_us: int) -> MessageRow:
    about = "; ".join(f"{k} {v}" for k, v in sorted(said.fields.items())) or said.subject
    return MessageRow(
        at=format_instant(said.at_us), cite=said.cite, by=said.by, to=said.to, type=said.type,
        about="" if said.guarded else about,
        answers=tuple(_answer(known, said, party, as_of_us) for party in said.to),
    )  # fmt: skip


def _answer(known: Evidence, said: Said, party: str, as_of_us: int) -> AnswerRow:
    answer: Answered | None = known.answer_of(said, party)
    within_s = said.answer_within_s
    if answer is None:
        over_s = seconds_between(said.at_us, as_of_us)
        late = within_s is not None and over_s > within_s and known.end_of(said) is None
        return AnswerRow(party=party, word="none in these logs", within_s=within_s, late=late)
    after_s = seconds_between(said.at_us, answer.at_us)
    late = within_s is not None and after_s > within_s
    return AnswerRow(
        party=party, word=answer.word, after_s=after_s, within_s=within_s, late=late,
        cite=answer.cite,
    )  # fmt: skip


def _near(
    known: Evidence, agreements: Sequence[Agreement], from_us: int, to_us: int
) -> Iterator[NearRow]:
    """Yield for each pair of two parties of an agreement how near it came, by each clause."""
    tracks = sorted((t for t in known.tracks if t.party), key=lambda t: t.id)
    for text in agreements:
        parties = {party.id for party in text.parties}
        for clause in (c for c in text.clauses if isinstance(c, Separation)):
            for a, b in combinations((t for t in tracks if t.party in parties), 2):
                same = a.party == b.party or a.alt_reference != b.alt_reference
                met = None if same else pair_inside(a, b, clause)
                if met is not None and from_us <= met.at_us < to_us:
                    yield NearRow(
                        aircraft=(a.id, b.id), clause=f"{text.id} {clause.id}",
                        nearest_m=round(met.least_horizontal_m, 1), at=when(met.at_us),
                        vertical_m=round(met.vertical_then_m, 1),
                        inside_s=round(max((e.dwell_s for e in met.episodes), default=0.0), 1),
                    )  # fmt: skip


def demands_of(known: Evidence, as_of_us: int) -> Iterator[DemandRow]:
    """Yield every demand and where it stands; answered in part it stays open for the rest."""
    for said in sorted((s for s in known.said if s.type == "demand"), key=_order):
        due_us = deadline_stated_us(said)
        reports = sorted(
            (
                r for r in known.said
                if r.type == "report.share" and said.cite in r.of and r.by in said.to
                and said.by in r.to
            ),
            key=_order,
        )  # fmt: skip
        final = any(r.fields.get("part", "final") == "final" for r in reports)
        overdue = due_us is not None and as_of_us > due_us
        state: DemandState = "overdue" if overdue else "open"
        if reports:
            state = "closed" if final else "answered in part"
        wants = said.fields.get("wants", "").split(", ")
        yield DemandRow(
            cite=said.cite, by=said.by, to=said.to, about=said.fields.get("about", ""),
            wants=tuple(w for w in wants if w),
            due=None if due_us is None else format_instant(due_us), state=state,
            in_time=None if due_us is None or not reports else reports[0].at_us <= due_us,
            reports=tuple(r.cite for r in reports),
        )  # fmt: skip


def _measures(known: Evidence, from_us: int) -> Iterator[TimelineRow]:
    """Yield the measures that parties told of, in their words."""
    for said in sorted(known.said, key=_order):
        text = said.fields.get("measures", "")
        told = said.type in ("report.share", "measures.report") and (text or said.text)
        if told and said.at_us >= from_us:
            words = f"{said.by}: {text or said.text}"
            yield TimelineRow(at=format_instant(said.at_us), cite=said.cite, text=words)


# ---- as text -------------------------------------------------------------------------------------


def as_markdown(report: Report) -> str:
    """Return a report as Markdown, with what others wrote made plain."""
    head = [
        f"# Report: {', '.join(map(plain, report.agreements)) or 'no agreement'}",
        (
            f"From {report.from_time} to {report.to_time}, as known at {report.as_of}, from "
            f"{report.source}." + (f" Subject: {plain(report.subject)}." if report.subject else "")
        ),
        (
            "It tells what stands where. It says nothing about intent or fault, and what is not in "
            "these logs may be elsewhere unless an agreement makes them the only channel."
        ),
    ]
    sections = [
        ("Timeline", [_timeline_line(r) for r in report.timeline]),
        ("Messages", [_message_line(r) for r in report.messages]),
        ("Calls", [
            f"{r.began} {plain(r.by)} with {plain(r.other)}: {plain(r.outcome)}, entered "
            f"{r.entered} ({plain(r.cite)})"
            for r in report.calls
        ]),
        ("Geometry", [_near_line(r) for r in report.geometry]),
        (f"Clauses: {_counts(report.counts)}", [verdict_line(v) for v in report.verdicts]),
        ("Demands", [_demand_line(r) for r in report.demands]),
        ("Measures", [f"{r.at} {plain(r.text)} ({plain(r.cite)})" for r in report.measures]),
        ("To be filled in by people", [f"{name}:" for name in report.people]),
    ]  # fmt: skip
    text = "\n\n".join(head)
    for title, rows in sections:
        empty = report.geometry_lacks if title == "Geometry" else ""
        body = "\n".join(f"- {row}" for row in rows) or (empty or "none in these logs")
        text += f"\n\n## {title}\n\n{body}"
    return text + "\n"


def plain(text: str) -> str:
    """Return what somebody wrote as plain text of one line, cut where it is long."""
    cut = text if len(text) <= _TEXT_MAX else f"{text[: _TEXT_MAX - 1]}…"
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)
    return shown.translate(_MARKS)


def _timeline_line(row: TimelineRow) -> str:
    # What is told of a place mostly begins with its time.
    told = row.text[:4].isdigit()
    return f"{'' if told else row.at + ' '}{plain(row.text)} ({plain(row.cite)})"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "none"


def verdict_line(judged: JudgedDuty) -> str:
    """Return a verdict as one line: clause, word, whose, why, where it stands, what is reserved."""
    whose = ", ".join(judged.parties) or "nobody"
    paragraph = f" ({judged.source_paragraph})" if judged.source_paragraph else ""
    text = f", {plain(judged.text)}" if judged.text else ""
    line = (
        f"{judged.agreement} {judged.clause}{paragraph}{text}, {judged.kind}: "
        f"**{judged.verdict}**, "
        f"{plain(whose)}, {plain(judged.about)}: {plain(judged.because)}"
    )
    cites = f" [{plain('; '.join(judged.cites))}]" if judged.cites else ""
    kept = f" Reserved: {plain('; '.join(judged.reservations))}." if judged.reservations else ""
    return line + cites + kept


def _message_line(row: MessageRow) -> str:
    answers = []
    for each in row.answers:
        after = f" after {each.after_s:g} s" if each.after_s is not None else ""
        within = f" of {each.within_s:g} s" if each.within_s is not None else ""
        late = ", late" if each.late else ""
        answers.append(f"{plain(each.party)}: {plain(each.word)}{after}{within}{late}")
    about = f" ({plain(row.about)})" if row.about else ""
    to = ", ".join(map(plain, row.to))
    return f"{row.at} {plain(row.by)} to {to}: {plain(row.type)}{about}; {'; '.join(answers)}"


def _near_line(row: NearRow) -> str:
    a, b = map(plain, row.aircraft)
    return (
        f"{a} and {b}, by {plain(row.clause)}: nearest {row.nearest_m:.0f} m at {row.at}, "
        f"{row.vertical_m:.0f} m in height then; inside the minima {row.inside_s:.0f} s at most"
    )


def _demand_line(row: DemandRow) -> str:
    due = f"due {row.due}" if row.due else "no time stated"
    in_time = {True: ", in time", False: ", after its time", None: ""}[row.in_time]
    reports = f"; reports: {plain('; '.join(row.reports))}" if row.reports else "; no report"
    wants = f"; wants {plain(', '.join(row.wants))}" if row.wants else ""
    return (
        f"{plain(row.by)} to {', '.join(map(plain, row.to))} about {plain(row.about)}: "
        f"**{row.state}**{in_time}, {due}{wants}{reports} ({plain(row.cite)})"
    )
