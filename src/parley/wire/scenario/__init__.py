"""Scenario folders (`timeline.yaml`, `geo.geojson`) to a `world.scenario.Scenario`, no more.

The scenario's own units and clause forms (NM, ft, PT15M) end here; inside there is SI. A message
marked `derived: true` is what a system must say and never an input. Judging is `review.answers`.
The format is described in docs/scenarios.md.
"""

from parley.wire.scenario.scenario_reading import GEOMETRY_NAME, TIMELINE_NAME
from parley.wire.scenario.scenario_timeline import scenario_from_documents

__all__ = ["GEOMETRY_NAME", "TIMELINE_NAME", "scenario_from_documents"]
