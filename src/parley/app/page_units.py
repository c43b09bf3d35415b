"""Units on the post's page: who is not told, at the top; and what a post enters for a unit.

No script. What the units of another party were told is that party's word, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from parley.app.call_times import parse_past_us
from parley.app.page_forms import (
    Form,
    hidden,
    index_of,
    input_field,
    our_posts,
    post_choice,
    post_form,
)
from parley.app.page_html import Html, instant, said, tag
from parley.app.page_parts import anchor, section
from parley.app.unit_reports import UnitReport, UnitReports, UnitSaw
from parley.app.unit_views import unit_lines, unit_words, untold_lines
from parley.node.agreement_inputs import ReceiptUnit, RequireUnits
from parley.node.inputs import Act
from parley.node.rules.distribution import DistributionView
from parley.node.state import State
from parley.world.faults import InputFault
from parley.world.time import format_second

ROWS_SHOWN_MAX = 60
"""Notices that miss a unit, on the page one by one; the API has them all."""


def units_part(views: tuple[DistributionView, ...], own: str, forms: object, now_us: int) -> Html:
    """Return the units that were not told of what stands, with the forms that enter a receipt."""
    if not views:
        none = (
            "No unit is missing of the notices held here that ask for any. Only units that a "
            "clause or a post has named are asked for."
        )
        return section("units", "Units not told", tag("p", none, class_="quiet"))
    mine = [view for view in views if view.party == own]
    theirs = [view for view in views if view.party != own]
    count = [_count(mine, "of ours")] if mine else []
    count += [_count(theirs, "of other parties")] if theirs else []
    shown, more = views[:ROWS_SHOWN_MAX], len(views) - ROWS_SHOWN_MAX
    return section(
        "units",
        "Units not told",
        tag("p", tag("strong", f"NOT TOLD: {'; '.join(count)}.", class_="alarm")),
        tag("ul", [_row(view, own, now_us) for view in shown]),
        tag("p", f"{more} notices more: see /api/units.") if more > 0 else None,
        forms,
    )


def _count(views: list[DistributionView], whose: str) -> str:
    """Return how many units are missing, and of how many notices."""
    units, notices = len({(v.party, u.unit) for v in views for u in v.missing}), len(views)
    return (
        f"{units} {'unit' if units == 1 else 'units'} {whose}, "
        f"{notices} {'notice' if notices == 1 else 'notices'}"
    )


def _row(view: DistributionView, own: str, now_us: int) -> Html:
    late = view.due_us is not None and now_us > view.due_us
    line = "; ".join(untold_lines((view,), own, now_us))
    return tag(
        "li",
        tag("strong", said(line), class_="alarm" if late else "warn"),
        " ",
        tag("a", "the notice", href=f"#{anchor(view.message)}"),
        [tag("div", said(f"{u.unit}: {unit_words(u)}"), class_="quiet") for u in view.missing],
    )


def reports_part(reports: UnitReports | None) -> Html | None:
    """Return what units of ours saw and no post has said: at the top, sent to nobody yet."""
    waiting = reports.waiting() if reports is not None else ()
    if not waiting:
        return None
    count = f"{len(waiting)} {'REPORT' if len(waiting) == 1 else 'REPORTS'} OF OUR UNITS"
    return section(
        "reports",
        "What our units saw",
        tag("p", tag("strong", f"{count}, SENT TO NOBODY", class_="alarm"),
            ": no other party has them. A post says one in the console, or as an "
            "incursion.report below and then ends it there.", role="status"),
        tag("ul", [tag("li", _report_row(each)) for each in waiting[:ROWS_SHOWN_MAX]]),
    )  # fmt: skip


def _report_row(report: UnitReport) -> list[object]:
    return [
        tag("strong", said(report.unit)), " at ", instant(report.told_us), ": ",
        [tag("div", f"{name}: ", said(text)) for name, text in saw_words(report.saw)],
    ]  # fmt: skip


def saw_words(saw: UnitSaw) -> list[tuple[str, str]]:
    """Return what a unit saw, part by part, in its own words."""
    when = format_second(saw.when_us) if saw.when_us is not None else "as it was told"
    about = f"{saw.notice[0]} {saw.notice[1]}" if saw.notice is not None else ""
    pairs = {
        "callsign": saw.flight, "seen": saw.seen, "where": saw.where, "area": saw.zone,
        "when": when, "notice": about,
    }  # fmt: skip
    return [(name, text) for name, text in pairs.items() if text]


def units_fact(views: tuple[DistributionView, ...]) -> object:
    """Return how a message stands with units, for its own place on the page."""
    return [tag("div", said(line)) for view in views for line in unit_lines(view)]


# ---- forms --------------------------------------------------------------------------------------


def unit_forms(state: State, views: tuple[DistributionView, ...], number: str) -> list[Html]:
    """Return the forms in which a post enters what a unit of ours said, for each notice."""
    ours = [view for view in views if view.party == state.party and view.missing]
    return [
        _heard_form(state, view, number, f"unit-{place}")
        for place, view in enumerate(ours[:ROWS_SHOWN_MAX])
    ]


def _posts(state: State, view: DistributionView) -> tuple[str, ...]:
    agreement = state.agreement(view.agreement)
    return our_posts(state, agreement, view.line) if agreement is not None else ()


def _heard_form(state: State, view: DistributionView, number: str, mark: str) -> Html:
    units = [
        tag(
            "label",
            tag("input", type="radio", name="unit", value=each.unit, required=True),
            " ", said(each.unit), " ",
        )
        for each in view.missing
    ]  # fmt: skip
    loaded = [
        tag("input", type="checkbox", id=f"{mark}-loaded", name="loaded", value="yes"),
        tag("label", " It also says that it has loaded it", for_=f"{mark}-loaded"),
    ]
    return post_form(
        "unit",
        number,
        tag(
            "fieldset",
            tag("legend", f"A unit said by voice that it has {view.message_type} "
                          f"from {view.sender}, entry {view.message[1]}"),
            hidden("log", view.message[0]),
            hidden("index", str(view.message[1])),
            tag("p", units),
            tag("p", loaded),
            input_field("When it said so (now without it)", "at", f"{mark}-at"),
            input_field("Its words", "text", f"{mark}-text", maxlength="4000"),
            post_choice(_posts(state, view), f"{mark}-post"),
            tag("button", "Enter what the unit said", type="submit"),
        ),
    )  # fmt: skip


def require_form(key: tuple[str, int], posts: tuple[str, ...], number: str) -> Html:
    """Return the form in which a post names further units of ours that must have a notice."""
    mark = f"{anchor(key)}-units"
    return post_form(
        "require",
        number,
        tag(
            "fieldset",
            tag("legend", "Our own units that must have it"),
            hidden("log", key[0]),
            hidden("index", str(key[1])),
            input_field("Units, with commas between", "units", mark, required=True),
            post_choice(posts, f"{mark}-post"),
            tag("button", "Require these units", type="submit"),
        ),
    )


def _place_of(form: Form) -> tuple[str, int]:
    return form.one("log"), index_of(form)


def _heard_from(form: Form, now_us: int) -> Act:
    at = form.one("at")
    if not form.one("unit"):
        raise InputFault("form field unit", wanted="the unit that said so")
    return ReceiptUnit(
        ref=_place_of(form),
        post=form.one("post"),
        unit=form.one("unit"),
        by="voice",
        at_us=parse_past_us(at, now_us, "when it said so") if at else None,
        loaded=form.one("loaded") == "yes",
        text=form.one("text"),
    )


def _require_from(form: Form, now_us: int) -> Act:
    del now_us
    named = (each.strip() for each in form.one("units").split(","))
    return RequireUnits(
        ref=_place_of(form), post=form.one("post"), units=tuple(unit for unit in named if unit)
    )


UNIT_MAKERS: Mapping[str, Callable[[Form, int], Act]] = {
    "unit": _heard_from, "require": _require_from,
}  # fmt: skip
"""Acts from the forms about units, by their kind."""
