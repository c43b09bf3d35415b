"""The parts of the page about zones, boundaries, and the pressure that levels are compared by."""

from __future__ import annotations

from collections.abc import Iterable

from parley.app.page_html import Child, Html, instant, said, table, tag
from parley.app.page_parts import section
from parley.app.views import BoundaryShown, ZoneShown
from parley.node.rules.pressure import PressureView
from parley.node.rules.zone_detail import ZoneSpan, ZoneStep
from parley.node.rules.zone_listed import ZoneReservation

_HEADS = ("Zone", "Shown to others", "Activity", "Promulgation", "Window", "Owner", "Whose")
_AHEAD_HEADS = ("Shown", "From", "To", "Activity", "Promulgation", "Because")
_RESERVED_HEADS = ("State", "Window", "Number", "Asked by", "Issued by", "Ended by")
_SPANS_MAX = 12


def zones_part(zones: tuple[ZoneShown, ...], boundaries: tuple[BoundaryShown, ...]) -> Html:
    """Return zones with both their states, why, and the hours ahead; and boundaries."""
    rows = [_zone(each) for each in zones]
    shown = table("Two states each, never one", _HEADS, rows) if rows else tag("p", "No zones.")
    lines = [
        [
            [said(b.name or b.boundary), tag("div", b.boundary, class_="quiet")],
            [said(b.left), " / ", said(b.right)],
            f"{b.uncertainty_m:g} m",
            who(b.agreed_by, b.asserted_by),
        ]
        for b in boundaries
    ]
    drawn = table("Boundaries", ("Boundary", "Left / right", "Uncertain by", "Agreed by"), lines)
    more = [_more(each) for each in zones]
    return section("zones", "Zones and boundaries", shown, *more, drawn if lines else None)


def _zone(zone: ZoneShown) -> list[Child]:
    view, detail = zone.view, zone.detail
    low, high = detail.limits
    kind = f"{view.zone}, {zone.kind}, {low} to {high}"
    window = [
        instant(view.from_us, missing="no start"), " to ", instant(view.to_us, missing="no end")
    ]  # fmt: skip
    why = tag("div", "; ".join(view.because), class_="quiet") if view.because else None
    late = tag("div", f"{detail.late} said too late", class_="warn") if detail.late else None
    return [
        [said(zone.name or view.zone), tag("div", kind, class_="quiet")],
        [tag("strong", view.shown), why],
        view.activity,
        [view.promulgation, late],
        window,
        view.owner or "nobody",
        [who(zone.agreed_by, zone.asserted_by), tag("div", f"version {view.version}",
                                                    class_="quiet")],
    ]  # fmt: skip


def who(agreed_by: tuple[str, ...], asserted_by: tuple[str, ...]) -> str:
    """Return who agreed to something, or whose word it is."""
    if agreed_by:
        return ", ".join(agreed_by)
    return f"AS SAID BY {', '.join(asserted_by)}" if asserted_by else "not stated"


def _more(zone: ZoneShown) -> Html | None:
    """Return what was said of a zone, and the hours ahead; None where there is nothing to tell."""
    detail = zone.detail
    if not detail.steps and not detail.scheduled and not detail.exclusions:
        return None
    spans = detail.ahead[:_SPANS_MAX]
    told: list[Child] = [tag("summary", f"{zone.view.zone}: what was said, the next 24 hours")]
    if detail.exclusions:
        told.append(tag("p", f"Without {', '.join(detail.exclusions)}."))
    if detail.schedule:
        told.append(tag("p", f"Its schedule does not count: {detail.schedule}.", class_="warn"))
    if detail.reservations:
        told.append(table("Reservations", _RESERVED_HEADS, _reserved(detail.reservations)))
    if detail.reservations_more:
        told.append(tag("p", f"And {detail.reservations_more} later ones.", class_="warn"))
    if spans:
        told.append(table("By what is known now", _AHEAD_HEADS, _spans(spans)))
    if detail.steps:
        heads = ("Said", "By", "At", "Window", "Number", "Counts")
        told.append(table("What was said, in order", heads, _steps(detail.steps)))
    return tag("details", *told)


def _reserved(reservations: Iterable[ZoneReservation]) -> list[list[Child]]:
    return [
        [
            [each.state, tag("div", "said cold", class_="quiet") if each.cold else None],
            [instant(each.from_us, missing="open"), " to ", instant(each.to_us, missing="open")],
            each.reference,
            ", ".join(each.asked_by) or "nobody",
            each.issued_by or "nobody",
            [each.ended_by, " ", instant(each.ended_us)] if each.ended_us is not None else "",
        ]
        for each in reservations
    ]


def _spans(spans: Iterable[ZoneSpan]) -> list[list[Child]]:
    return [
        [s.shown, instant(s.from_us), instant(s.to_us), s.activity, s.promulgation, s.because]
        for s in spans
    ]  # fmt: skip


def _steps(steps: Iterable[ZoneStep]) -> list[list[Child]]:
    return [
        [
            step.value,
            f"{step.party} {step.post}",
            instant(step.written_us),
            [instant(step.from_us, missing="open"), " to ", instant(step.to_us, missing="open")],
            step.reference,
            [
                "yes" if step.counts else "does not count",
                f", late by {step.late_s:.0f} s" if step.late_s > 0 else "",
            ],
        ]
        for step in steps
    ]


def pressure_part(views: tuple[PressureView, ...]) -> Html | None:
    """Return by which QNH each agreement compares levels and altitudes; None where none does."""
    if not views:
        return None
    rows = [_pressure(each) for each in views]
    heads = ("Agreement", "QNH", "Source", "Age", "Give or take", "Transition", "Others say")
    return section("pressure", "Pressure", table("Without it nothing is compared", heads, rows))


def _pressure(view: PressureView) -> list[Child]:
    age = f"{view.age_s / 60:.0f} min" if view.age_s is not None else "none"
    transition = [
        f"{name} {value_m:.0f} m {reference}"
        for name, value_m, reference in (
            ("altitude", view.transition_altitude_m, "AMSL"),
            ("level", view.transition_level_m, "STD"),
        )
        if value_m is not None
    ]
    qnh = f"{view.qnh_hpa:.1f} hPa" if view.qnh_hpa is not None else "undecided"
    where = f" at {view.place}" if view.place else ""
    return [
        view.agreement,
        [tag("strong", qnh), tag("div", view.because, class_="quiet")],
        f"{view.source}{where}",
        f"{age} of {view.stale_after_s / 60:.0f}",
        f"{view.bound_m:g} m" if view.bound_m is not None else "unknown",
        ", ".join(transition),
        "; ".join(view.others),
    ]
