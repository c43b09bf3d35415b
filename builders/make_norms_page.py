"""Makes docs/norms.md, the page of states, clocks and defaults, from the norms' data file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parley.world.norms import Norms, allowed_answers, norms

HEAD = """# Norms: states, clocks and defaults

Made by `builders/make_docs.py` from `src/parley/world/norms.toml`, which code and screens read too;
not written by hand. Every number is a default that an agreement may change.
"""


NONE = "\N{EN DASH}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; None is shown as a dash."""
    shown = [
        "| " + " | ".join(NONE if c is None else str(c).replace("|", "\\|") for c in row) + " |"
        for row in rows
    ]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *shown])


def span(seconds: int | None) -> str | None:
    """Return a span of time in the largest unit that keeps it whole.

    >>> span(90), span(600), span(43200)
    ('90 s', '10 min', '12 h')
    """
    if seconds is None:
        return None
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds % length == 0 and seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def line_section(table_of: Norms) -> str:
    """Return the section on the state of a line."""
    line = table_of.line
    states = [
        ("the one word", line.glance, "what is missing follows DEGRADED"),
        ("agreement, per party", line.agreement, "that party's own signed act and its effect time"),
        ("link", line.link, f"up: verified heartbeat ≤ {span(line.link_up_within_s)} old"),
        (
            "attended, per party",
            line.attended,
            f"presence act ≤ {span(line.presence_within_s)} old",
        ),
        ("test", line.test, "age of the last good test of each kind"),
    ]
    clocks = [
        ("heartbeat", span(line.heartbeat_every_s)),
        ("machine test", span(line.machine_test_every_s)),
        ("person test", span(line.person_test_every_s)),
        ("notice before a suspension takes effect", span(line.suspension_notice_s)),
    ]
    return "\n\n".join(
        [
            "## 1. State of a line of communication: a vector, never one switch",
            table(
                ("dimension", "values", "evidence"), ((d, ", ".join(v), e) for d, v, e in states)
            ),
            table(("clock", "every or after"), clocks),
        ]
    )


def message_section(table_of: Norms) -> str:
    """Return the section on classes, types and answers of messages."""
    classes = [
        (
            c.name,
            c.aftn,
            span(c.stored_s),
            span(c.displayed_s),
            span(c.answered_s),
            ", ".join(str(span(s)) for s in c.escalate_s) or NONE,
            c.passes_while_suspended,
        )
        for c in table_of.classes
    ]
    types = [
        (
            f"`{t.name}`",
            t.message_class,
            t.attribute,
            ", ".join(allowed_answers(t)) or NONE,
            ", ".join(t.read_back) or NONE,
            span(t.answered_s),
            "yes" if t.life_safety else "",
        )
        for t in table_of.types
    ]
    class_head = ("class", "AFTN", "stored at peer", "displayed", "answered by a person")
    type_head = (
        "type",
        "class",
        "attribute",
        "answers",
        "read back",
        "own deadline",
        "life-safety",
    )
    return "\n\n".join(
        [
            "## 2. Message classes and clocks",
            table((*class_head, "next posts called after", "passes while suspended"), classes),
            f"Read-back: within {span(table_of.read_back.within_s)}.",
            "### Message types, and what answers them",
            table(type_head, types),
        ]
    )


def other_sections(table_of: Norms) -> str:
    """Return the sections on zones, alerts, verdicts and separation."""
    zone, alert, verdict = table_of.zone, table_of.alert, table_of.verdict
    minima = [
        (
            name.replace("_", " "),
            f"{s.horizontal_nm:g} NM",
            f"{s.vertical_ft:g} ft",
            span(s.dwell_s),
        )
        for name, s in table_of.separation.items()
    ]
    shown = (
        f"Activity: {', '.join(zone.activity)}. Promulgation: {', '.join(zone.promulgation)}. "
        f"Shown as hot when its owner is silent for {span(zone.owner_silent_after_s)}; "
        "an unconfirmed zone never reads as cold."
    )
    times = (
        f"Classes: {', '.join(alert.classes)}. Chain time until there are data: "
        f"{span(alert.chain_s)}; short-term: ≤ {span(alert.short_term_s)}; "
        f"look-ahead: {span(alert.lookahead_s)}."
    )
    leads = (
        f"Lead time: {span(table_of.lead.tactical_s)} tactical, "
        f"{span(table_of.lead.humanitarian_s)} humanitarian. AMSL and WGS-84 heights compare "
        f"only beyond {table_of.vertical.amsl_against_wgs84_m:g} m."
    )
    return "\n\n".join(
        [
            "## 3. A zone has two states, never one",
            shown,
            "## 4. Alerts and the time to act",
            times,
            "## 5. Verdicts",
            f"Clause: {', '.join(verdict.clause)}. Question: {', '.join(verdict.question)}.",
            "## 6. Separation and lead times",
            table(("between", "horizontal", "vertical", "inside both at most"), minima),
            leads,
        ]
    )


def pages() -> dict[str, str]:
    """Return docs/norms.md."""
    known = norms()
    parts = [HEAD.rstrip(), line_section(known), message_section(known), other_sections(known)]
    return {"docs/norms.md": "\n\n".join(parts) + "\n"}
