"""`geo.geojson` of a scenario: places, boundaries, zones and tracks, in SI units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal

import msgspec
import numpy as np

from parley.wire.scenario.scenario_reading import (
    BYTES_MAX,
    GEOMETRY_NAME,
    Words,
    instant_us,
    mapping_of,
    position_of,
    positions_of,
    record,
    refuse_unknown,
    unknown_word,
    within,
)
from parley.wire.scenario.scenario_records import (
    BoundaryDoc,
    CollectionDoc,
    FeatureDoc,
    GeometryDoc,
    LimitDoc,
    NumberDoc,
    PlaceDoc,
    TrackDoc,
    ZoneDoc,
)
from parley.world.agreement import Agreement
from parley.world.boundary import Boundary
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.place import Place
from parley.world.scenario import (
    Flight,
    ZoneTerms,
)
from parley.world.shape import Circle, Corridor, Polygon, Shape
from parley.world.track import Track
from parley.world.units import metres_from_feet, metres_from_nautical_miles
from parley.world.volume import SURFACE, UNLIMITED, AltitudeReference, VerticalLimit
from parley.world.zone import Exclusion, QualifiedNumber, Zone

_ZONE_KINDS: dict[str, Literal["zone", "ring", "notified area", "corridor"]] = {
    "zone": "zone",
    "ring": "ring",
    "notified_area": "notified area",
    "corridor": "corridor",
}
_FEATURE_KINDS = ("place", "directed_line", *_ZONE_KINDS, "track")
_LIMIT_UNITS: dict[str, tuple[float, AltitudeReference]] = {
    "ft MSL": (metres_from_feet(1.0), "AMSL"),
    "m MSL": (1.0, "AMSL"),
    "ft AGL": (metres_from_feet(1.0), "AGL"),
    "m AGL": (1.0, "AGL"),
    "FL": (metres_from_feet(100.0), "STD"),
    "m WGS84": (1.0, "WGS84"),
}
_AUTHORISATION_REQUIRED = "REQ_AUTHORISATION"
"""The ED-269 word for a zone that is entered with an authorisation only."""
_POPULATION_KEY = re.compile(r"population_(\d{4})\Z")
"""A number of people and the year that it is of: `population_2017`."""


class Geometry(msgspec.Struct, kw_only=True):
    """The features by kind, before anything refers to anything."""

    places: list[Place] = []
    boundaries: list[tuple[BoundaryDoc, tuple[Position, ...]]] = []
    zones: list[tuple[ZoneDoc, GeometryDoc]] = []
    tracks: list[Track] = []
    flights: list[Flight] = []


def read_geometry(
    data: bytes,
    reference: AltitudeReference,
    interpolation: Literal["planar", "geodesic"],
) -> Geometry:
    """Return the features of a GeoJSON collection by kind."""
    if len(data) > BYTES_MAX:
        raise InputFault(GEOMETRY_NAME, value=f"{len(data)} bytes", wanted=f"{BYTES_MAX} at most")
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InputFault(GEOMETRY_NAME, wanted="JSON", repair=str(error)) from None
    geometry = Geometry()
    seen: set[str] = set()
    for index, item in enumerate(record(CollectionDoc, document, GEOMETRY_NAME).features):
        feature = record(FeatureDoc, item, f"{GEOMETRY_NAME} feature {index}")
        properties = mapping_of(feature.properties, f"{GEOMETRY_NAME} feature {index} properties")
        where = f"{GEOMETRY_NAME} feature {properties.get('id', index)}"
        shape = record(GeometryDoc, feature.geometry, f"{where} geometry")
        kind = properties.get("kind")
        _verify_once(properties.get("id"), seen)
        if kind == "place":
            geometry.places.append(_place(record(PlaceDoc, properties, where), shape, where))
        elif kind == "directed_line":
            line = record(BoundaryDoc, properties, where)
            geometry.boundaries.append((line, _line_string(shape, where)))
        elif kind == "track":
            track = record(TrackDoc, properties, where)
            geometry.tracks.append(_track(track, shape, where, reference, interpolation))
            geometry.flights.append(_flight_of_track(track))
        elif kind in _ZONE_KINDS:
            geometry.zones.append((record(ZoneDoc, _dated(properties), where), shape))
        else:
            raise unknown_word(f"{where} kind", kind, _FEATURE_KINDS)
    return geometry


def _verify_once(feature_id: object, seen: set[str]) -> None:
    """Check that an id has not come before, of whatever kind; remember it."""
    if not isinstance(feature_id, str):
        return
    if feature_id in seen:
        what = f"{GEOMETRY_NAME} feature id"
        raise InputFault(
            what, value=feature_id, wanted="each id once", repair="remove or rename one"
        )
    seen.add(feature_id)


def _dated(properties: dict[str, object]) -> dict[str, object]:
    """Return properties with the year of `population_2017` as a value of its own."""
    found = dict(properties)
    for key, value in properties.items():
        year = _POPULATION_KEY.match(key)
        if year is not None:
            del found[key]
            found |= {"population": value, "population_as_of": year[1]}
    return found


def _line_string(geometry: GeometryDoc, where: str) -> tuple[Position, ...]:
    if geometry.type != "LineString":
        raise InputFault(f"{where} geometry", value=geometry.type, wanted="LineString")
    return positions_of(geometry.coordinates, where)


def _place(doc: PlaceDoc, geometry: GeometryDoc, where: str) -> Place:
    if geometry.type != "Point":
        raise InputFault(f"{where} geometry", value=geometry.type, wanted="Point")
    position = position_of(geometry.coordinates, where)
    with within(where):
        return Place(
            id=doc.id,
            name=doc.name or doc.id,
            aliases=doc.aliases,
            position=position,
            uncertainty_m=doc.uncertainty_m,
            role=doc.role,
        )


def _track(
    doc: TrackDoc,
    geometry: GeometryDoc,
    where: str,
    reference: AltitudeReference,
    interpolation: Literal["planar", "geodesic"],
) -> Track:
    points = _line_string(geometry, where)
    if not len(points) == len(doc.times) == len(doc.alt_ft):
        raise InputFault(
            f"{where} vertices, times, alt_ft",
            value=f"{len(points)}, {len(doc.times)}, {len(doc.alt_ft)}",
            wanted="one time and one altitude per vertex",
        )
    times_us = [instant_us(t, f"{where} row {row}") for row, t in enumerate(doc.times)]
    for row, (before_us, at_us) in enumerate(pairwise(times_us), start=1):
        if at_us <= before_us:
            raise InputFault(
                f"{where} times row {row}",
                value=doc.times[row],
                wanted=f"later than row {row - 1} ({doc.times[row - 1]})",
                repair="sort the vertices by time, and drop repeated times",
            )
    known_us = instant_us(doc.received_at, f"{where} received_at") if doc.received_at else None
    with within(where):
        return Track(
            id=doc.id,
            party=doc.party,
            t_us=np.array(times_us, dtype=np.int64),
            lat_deg=np.array([p.lat_deg for p in points], dtype=np.float64),
            lon_deg=np.array([p.lon_deg for p in points], dtype=np.float64),
            alt_m=np.array([metres_from_feet(a) for a in doc.alt_ft], dtype=np.float64),
            alt_reference=reference,
            interpolation=interpolation,
            known_us=known_us,
        )


def _flight_of_track(doc: TrackDoc) -> Flight:
    return Flight(
        id=doc.id,
        party=doc.party or "",
        kind=doc.type,
        aircraft_class=doc.aircraft_class,
        manned=doc.manned,
        priority=doc.priority,
        intent_shared=doc.intent_shared,
        track=doc.id,
    )


def _limit(value: object, where: str, absent: VerticalLimit) -> VerticalLimit:
    if value is None:
        return absent
    doc = record(LimitDoc, value, where)
    if doc.ref == "SFC":
        return SURFACE
    if doc.ref == "UNL":
        return UNLIMITED
    if doc.ref not in _LIMIT_UNITS:
        raise unknown_word(f"{where} ref", doc.ref, ("SFC", "UNL", *_LIMIT_UNITS))
    if doc.value is None:
        raise InputFault(f"{where} value", wanted="a number")
    factor_m, reference = _LIMIT_UNITS[doc.ref]
    with within(where):
        return VerticalLimit(value_m=doc.value * factor_m, reference=reference)


def _shape(doc: ZoneDoc, geometry: GeometryDoc, where: str) -> Shape:
    with within(where):
        if geometry.type == "Polygon":
            rings = [positions_of(r, f"ring {i}") for i, r in enumerate(geometry.coordinates)]
            if not rings:
                raise InputFault("rings", value=0, wanted="one or more")
            return Polygon(exterior=rings[0], holes=tuple(rings[1:]), edges=doc.edges)
        if geometry.type == "LineString":
            if doc.width_nm is None:
                raise InputFault("width_nm", wanted="the full width of the corridor")
            return Corridor(
                vertices=positions_of(geometry.coordinates, ""),
                width_m=metres_from_nautical_miles(doc.width_nm),
                edges=doc.edges,
            )
        if doc.radius_nm is None:
            raise InputFault("radius_nm", wanted="the radius of the circle")
        return Circle(
            centre=position_of(geometry.coordinates, ""),
            radius_m=metres_from_nautical_miles(doc.radius_nm),
        )


def _agreed_by(
    object_id: str, agreement_id: str | None, agreements: Sequence[Agreement], where: str
) -> tuple[Words, Words]:
    """Return who agreed to an object and who only asserts it, from the agreements that name it."""
    if agreement_id is not None and agreement_id not in [a.id for a in agreements]:
        raise unknown_word(f"{where} agreement", agreement_id, [a.id for a in agreements])
    agreed: dict[str, None] = {}
    asserted: dict[str, None] = {}
    for agreement in agreements:
        named = any(
            object_id in (getattr(c, n, None) for n in ("ring", "zone", "boundary"))
            for c in agreement.clauses
        )
        if named or agreement.id == agreement_id:
            asserted.update(dict.fromkeys(agreement.asserted_by))
            if not agreement.asserted_by:
                agreed.update(dict.fromkeys(p.id for p in agreement.parties))
    return tuple(agreed), tuple(asserted)


def boundary_of(
    doc: BoundaryDoc, vertices: tuple[Position, ...], agreements: Sequence[Agreement]
) -> Boundary:
    """Return a boundary with who agreed to it and who asserts it."""
    where = f"{GEOMETRY_NAME} feature {doc.id}"
    refuse_unknown(list(doc.sides), ("left", "right"), f"{where} sides")
    agreed, asserted = _agreed_by(doc.id, doc.agreement, agreements, where)
    from_us, to_us = _window(doc.applies_from, doc.applies_to, where)
    with within(where):
        return Boundary(
            id=doc.id,
            name=doc.name or doc.id,
            vertices=vertices,
            edges=doc.edges,
            direction=doc.direction,
            left=doc.sides.get("left", "left"),
            right=doc.sides.get("right", "right"),
            uncertainty_m=doc.uncertainty_m,
            agreed_by=agreed,
            asserted_by=tuple(dict.fromkeys((*asserted, *doc.asserted_by, *doc.claimed_by))),
            from_us=from_us,
            to_us=to_us,
            sources=(doc.source,) if doc.source else (),
        )


def _window(start: str | None, end: str | None, where: str) -> tuple[int | None, int | None]:
    return (
        None if start is None else instant_us(start, f"{where} applies_from"),
        None if end is None else instant_us(end, f"{where} applies_to"),
    )


def zone_of(
    doc: ZoneDoc,
    geometry: GeometryDoc,
    agreements: Sequence[Agreement],
    places: Mapping[str, Place],
) -> Zone:
    """Return a zone with who agreed to it and who asserts it."""
    where = f"{GEOMETRY_NAME} feature {doc.id}"
    agreed, asserted = _agreed_by(doc.id, doc.agreement, agreements, where)
    from_us, to_us = _window(doc.applies_from, doc.applies_to, where)
    by = (doc.by,) if doc.by else ()
    population = None
    if doc.population is not None:
        number = record(NumberDoc, doc.population, f"{where} population")
        population = QualifiedNumber(
            qualifier=number.qualifier,
            value=number.value,
            source=doc.population_source,
            as_of=doc.population_as_of,
        )
    for name in doc.excludes:
        if name not in places:
            raise unknown_word(f"{where} excludes", name, list(places))
    shape = _shape(doc, geometry, where)
    with within(where):
        return Zone(
            id=doc.id,
            name=doc.name or doc.id,
            kind=_ZONE_KINDS[doc.kind],
            shape=shape,
            lower=_limit(doc.lower, "lower", SURFACE),
            upper=_limit(doc.upper, "upper", UNLIMITED),
            from_us=from_us,
            to_us=to_us,
            owner=doc.zone_authority or doc.by,
            agreement=doc.agreement,
            agreed_by=doc.parties or agreed,
            asserted_by=tuple(dict.fromkeys((*asserted, *doc.asserted_by, *by))),
            exclusions=tuple(
                Exclusion(
                    name=places[name].name,
                    position=places[name].position,
                    uncertainty_m=places[name].uncertainty_m,
                    aliases=places[name].aliases,
                )
                for name in doc.excludes
            ),
            uncertainty_m=doc.uncertainty_m,
            population=population,
            sources=(doc.source,) if doc.source else (),
        )


def zone_terms_of(doc: ZoneDoc) -> ZoneTerms:
    """Return what entering a zone asks for."""
    return ZoneTerms(
        zone=doc.id,
        authorisation_required=doc.restriction == _AUTHORISATION_REQUIRED,
        released_to=doc.released_to,
        rule=doc.rule,
    )
