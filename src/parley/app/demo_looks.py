"""Looks at the pages of a demo's nodes: states of lines and zones, told when they have changed.

Each agreement is looked at through one node that has adopted it, and is told as that node knows it.
"""

from __future__ import annotations

from collections.abc import Iterator

from parley.app.demo_nodes import Views
from parley.app.demo_plan import Plan
from parley.app.demo_story import Line
from parley.app.views import ZoneShown
from parley.node.rules.lines import LineVector


def observers(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return which nodes are looked at, each with the agreements that are read there."""
    found: dict[str, list[str]] = {}
    for agreement in plan.agreements:
        holders = [node.party for node in plan.nodes if agreement.id in node.agreements]
        if holders and (agreement.lines or agreement.zones):
            known = next((party for party in found if party in holders), holders[0])
            found.setdefault(known, []).append(agreement.id)
    return {party: tuple(names) for party, names in found.items()}


class Looks:
    """What was shown of lines and zones last, and what of it has changed."""

    def __init__(self, plan: Plan) -> None:
        self.observers = observers(plan)
        self._shown: dict[tuple[str, str], str] = {}

    def changes(self, party: str, views: Views, at_us: int) -> Iterator[Line]:
        """Yield a line for each line and zone that a node shows otherwise than before."""
        names = self.observers[party]
        for vector in views.lines:
            if vector.agreement in names:
                yield from self._change(party, ("line", vector.line), line_text(vector), at_us)
        for zone in views.zones:
            if zone.view.agreement in names:
                key = (f"zone under {zone.view.agreement}", zone.view.zone)
                yield from self._change(party, key, zone_text(zone), at_us)

    def _change(self, party: str, key: tuple[str, str], text: str, at_us: int) -> Iterator[Line]:
        before = self._shown.get(key)
        self._shown[key] = text
        if before is not None and before != text:
            kind, name = key
            yield Line(at_us, party, f"sees {kind} {name}: {text}", "cyan")


_TOLD = ("agreement ", "link ", "test ", "person test ", "machine test ")
"""Of what a line lacks, all but who is there."""


def line_text(vector: LineVector) -> str:
    """Return what of a line is told when it changes; presence comes and goes, and is left out."""
    glance = [vector.glance] if vector.glance in ("DOWN", "SUSPENDED") else []
    missing = [each for each in vector.missing if each.startswith(_TOLD)]
    return ", ".join([*glance, *missing]) or f"test {vector.test}"


def zone_text(zone: ZoneShown) -> str:
    """Return both states of a zone and how it is shown to others."""
    view = zone.view
    return f"{view.promulgation}, activity {view.activity}, shown {view.shown}"


def standing_lines(views: Views, names: tuple[str, ...]) -> list[str]:
    """Return the lines of some agreements with their glance and whatever is missing."""
    return [
        f"{each.line} {each.glance}" + (f" ({', '.join(each.missing)})" if each.missing else "")
        for each in views.lines
        if each.agreement in names
    ]


def standing_zones(views: Views, names: tuple[str, ...]) -> list[str]:
    """Return the zones of some agreements of which anything was said, with their states."""
    return [
        f"{each.view.zone} under {each.view.agreement}: {zone_text(each)}"
        for each in views.zones
        if each.view.agreement in names and each.view.because
    ]
