"""Zones: whose, where, how high, when, without what, and how many people are said to live there.

Rules: an exclusion by name overrides the geometry; one by position counts with its uncertainty. A
zone binds only who agreed to it. A number keeps its qualifier ("up to", "more than"); a sum says
when it mixes them. A zone has two states, activity and promulgation, and an unconfirmed one never
reads as cold. Not here: who may change a state (`node`), hazards of any kind beyond the declared
volume.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

from parley.world.boundary import check_parties, check_version
from parley.world.faults import InputFault
from parley.world.geo import (
    UNDECIDED,
    Answer,
    Position,
    checked_uncertainty_m,
    distance_m,
    inside_all,
    judged,
)
from parley.world.place import checked_name, fold_name, spellings
from parley.world.schedule import Schedule
from parley.world.shape import Shape, contains, distance_to_shape_m
from parley.world.volume import (
    SURFACE,
    UNLIMITED,
    AltitudeReference,
    PressureSource,
    VerticalLimit,
    Volume4D,
    altitude_inside,
    check_limits,
    check_window,
    in_window,
)

ZoneKind = Literal["zone", "ring", "notified area", "corridor"]
Activity = Literal["hot", "cold", "unknown"]
Promulgation = Literal["draft", "requested", "issued", "in force", "ended"]

ZONE_KINDS: tuple[ZoneKind, ...] = get_args(ZoneKind)
ACTIVITIES: tuple[Activity, ...] = get_args(Activity)
PROMULGATIONS: tuple[Promulgation, ...] = get_args(Promulgation)


class QualifiedNumber(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number as somebody stated it: "up to" 800,000, by a source, perhaps with its date."""

    qualifier: str
    value: int
    source: str
    as_of: str = ""

    def __post_init__(self) -> None:
        if self.value < 0:
            raise InputFault("qualified number", value=self.value, wanted="0 or more")
        if not self.source.strip():
            raise InputFault("qualified number source", value=self.source, wanted="who stated it")


class StatedSum(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sum of stated numbers: their qualifiers, and whether it mixes bounds of different kinds."""

    value: int
    qualifiers: tuple[str, ...]
    mixed: bool
    because: str


class Exclusion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named place that is not part of the zone, wherever the outline runs.

    With a shape, that area is out. With a position only, the extent of the place is not known: a
    point within its uncertainty is nominally out and not decided.
    """

    name: str
    position: Position | None = None
    uncertainty_m: float = 0.0
    shape: Shape | None = None
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for word in (self.name, *self.aliases):
            if not fold_name(word):
                raise InputFault("exclusion name", value=word, wanted="a name")
        checked_uncertainty_m(self.uncertainty_m, f"exclusion {self.name} uncertainty")


class Zone(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """An area with limits, times and parties, one version of it.

    Args:
        id: the same in all versions.
        kind: what it is called; a line is a `Boundary`, never a zone.
        shape: the outline.
        name: in words.
        lower: lower limit.
        upper: upper limit.
        from_us: applies from; None is open.
        to_us: applies up to but not including; None is open.
        owner: the party that says what happens in it.
        agreement: the agreement it belongs to.
        agreed_by: parties bound by it.
        asserted_by: parties that say so; alone it binds nobody else.
        exclusions: what is not part of it.
        uncertainty_m: how far the outline may lie from where it is drawn.
        population: people said to live there.
        sources: where the outline comes from.
        version: counts up.
        schedule: when it is hot by agreement, and cold outside of it; None: only by its owner's
            word.
    """

    id: str
    kind: ZoneKind
    shape: Shape
    name: str = ""
    lower: VerticalLimit = SURFACE
    upper: VerticalLimit = UNLIMITED
    from_us: int | None = None
    to_us: int | None = None
    owner: str | None = None
    agreement: str | None = None
    agreed_by: tuple[str, ...] = ()
    asserted_by: tuple[str, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    uncertainty_m: float = 0.0
    population: QualifiedNumber | None = None
    sources: tuple[str, ...] = ()
    version: int = 1
    schedule: Schedule | None = None

    def __post_init__(self) -> None:
        what = f"zone {checked_name(self.id, 'zone id')}"
        if self.kind not in ZONE_KINDS:
            raise InputFault(f"{what} kind", value=self.kind, wanted=", ".join(ZONE_KINDS))
        check_limits(self.lower, self.upper)
        check_window(self.from_us, self.to_us)
        check_parties(self.agreed_by, self.asserted_by, what)
        checked_uncertainty_m(self.uncertainty_m, f"{what} uncertainty")
        check_version(self.version, what)

    @property
    def volume(self) -> Volume4D:
        """The zone without its exclusions, as a volume."""
        return Volume4D(
            shape=self.shape,
            lower=self.lower,
            upper=self.upper,
            from_us=self.from_us,
            to_us=self.to_us,
        )


class ZoneDistance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a position is from a zone, 0 inside, give or take the uncertainty."""

    zone_id: str
    distance_m: float
    uncertainty_m: float
    answer: Answer


def zone_contains(
    zone: Zone,
    position: Position,
    uncertainty_m: float = 0.0,
    place_name: str | None = None,
) -> Answer:
    """Return "in" or "out" of the zone on the map; heights and times are in `zone_contains_4d`.

    Args:
        zone: the zone; its own uncertainty is added.
        position: where.
        uncertainty_m: of the position.
        place_name: the place meant, if one is named: an excluded name is out, whatever the
            geometry.
    """
    total_m = checked_uncertainty_m(uncertainty_m) + zone.uncertainty_m
    if place_name is not None:
        wanted = fold_name(place_name)
        for exclusion in zone.exclusions:
            if wanted in spellings(exclusion.name, *exclusion.aliases):
                because = f"{exclusion.name} is excluded from {zone.id} by name"
                return judged("out", margin_m=None, uncertainty_m=0.0, because=because)
    answers = [contains(zone.shape, position, total_m)]
    for exclusion in zone.exclusions:
        answer = _outside_exclusion(exclusion, zone.id, position, uncertainty_m)
        if answer is not None:
            answers.append(answer)
    return inside_all(*answers)


def _outside_exclusion(
    exclusion: Exclusion, zone_id: str, position: Position, uncertainty_m: float
) -> Answer | None:
    """Return "out" of the zone for a point of the exclusion, else "in"; None if unplaced."""
    total_m = uncertainty_m + exclusion.uncertainty_m
    if exclusion.shape is not None:
        within = contains(exclusion.shape, position, total_m)
        words = {"in": "out", "out": "in", UNDECIDED: UNDECIDED}
        because = f"{exclusion.name} is excluded from {zone_id}: {within.because} of it"
        return Answer(
            nominal=words[within.nominal],
            decided=words[within.decided],
            margin_m=within.margin_m,
            because=because,
        )
    if exclusion.position is None:
        return None
    away_m = distance_m(position, exclusion.position)
    because = f"{away_m:.0f} m from {exclusion.name}, which is excluded from {zone_id}"
    if away_m <= exclusion.uncertainty_m:
        # How far the place extends nobody said, so that the position alone cannot decide it.
        margin_m = exclusion.uncertainty_m - away_m
        return Answer(nominal="out", decided=UNDECIDED, margin_m=margin_m, because=because)
    margin_m = away_m - exclusion.uncertainty_m
    return judged("in", margin_m=margin_m, uncertainty_m=uncertainty_m, because=because)


def zone_contains_4d(
    zone: Zone,
    position: Position,
    alt_m: float | None,
    reference: AltitudeReference,
    at_us: int,
    uncertainty_m: float = 0.0,
    *,
    place_name: str | None = None,
    vertical_uncertainty_m: float = 0.0,
    pressure: PressureSource | None = None,
) -> Answer:
    """Return "in" or "out" of the zone in space and time, exclusions counted.

    Args:
        zone: the zone.
        position: where.
        alt_m: how high; None if unknown.
        reference: of the height.
        at_us: when.
        uncertainty_m: horizontal, of the position; that of the zone is added.
        place_name: see `zone_contains`.
        vertical_uncertainty_m: of height and limits together.
        pressure: see `parley.world.volume.compare_altitudes`.
    """
    vertical = altitude_inside(
        alt_m,
        reference,
        zone.lower,
        zone.upper,
        uncertainty_m=vertical_uncertainty_m,
        pressure=pressure,
        at_us=at_us,
    )
    return inside_all(
        in_window(zone.from_us, zone.to_us, at_us),
        zone_contains(zone, position, uncertainty_m, place_name),
        vertical,
    )


def distances_to_zones(
    zones: Iterable[Zone],
    position: Position,
    uncertainty_m: float = 0.0,
    place_name: str | None = None,
) -> tuple[ZoneDistance, ...]:
    """Return the distance to each zone and its uncertainty, nearest first (then by id).

    The distance is to the outline as drawn, exclusions apart; `answer` counts them.

    Args:
        zones: any number.
        position: where.
        uncertainty_m: of the position; that of each zone is added.
        place_name: see `zone_contains`.
    """
    found = [
        ZoneDistance(
            zone_id=zone.id,
            distance_m=distance_to_shape_m(zone.shape, position),
            uncertainty_m=checked_uncertainty_m(uncertainty_m) + zone.uncertainty_m,
            answer=zone_contains(zone, position, uncertainty_m, place_name),
        )
        for zone in zones
    ]
    return tuple(sorted(found, key=lambda each: (each.distance_m, each.zone_id)))


def sum_as_stated(numbers: Iterable[QualifiedNumber]) -> StatedSum:
    """Return the sum of numbers as stated, saying whether it mixes bounds.

    >>> total = sum_as_stated(
    ...     QualifiedNumber(qualifier=word, value=value, source="S")
    ...     for word, value in (("up to", 800_000), ("more than", 1_000_000))
    ... )
    >>> total.value, total.because
    (1800000, 'mixes bounds: more than, up to')
    """
    known = list(numbers)
    words = tuple(sorted({fold_name(number.qualifier) for number in known}))
    mixed = len(words) > 1
    if mixed:
        because = f"mixes bounds: {', '.join(word or 'exactly' for word in words)}"
    else:
        because = f"all stated {words[0] or 'exactly'}" if words else "nothing stated"
    value = sum(number.value for number in known)
    return StatedSum(value=value, qualifiers=words, mixed=mixed, because=because)


def zone_in_force(versions: Iterable[Zone], at_us: int, party: str | None = None) -> Zone | None:
    """Return the newest version of a zone whose window holds the instant; None if there is none.

    Args:
        versions: of one zone; of one number twice the later in order counts.
        at_us: the instant asked for.
        party: if given, only versions which this party agreed to: what binds it then.

    Raises:
        InputFault: versions of different zones.
    """
    known = list(versions)
    names = sorted({zone.id for zone in known})
    if len(names) > 1:
        raise InputFault("zone versions", value=", ".join(names), wanted="versions of one zone")
    holding = [
        (zone.version, place, zone)
        for place, zone in enumerate(known)
        if in_window(zone.from_us, zone.to_us, at_us).nominal == "in"
        and (party is None or party in zone.agreed_by)
    ]
    return max(holding, key=lambda each: each[:2])[2] if holding else None


def shown_activity(
    activity: Activity,
    *,
    promulgation: Promulgation,
    owner_link_down_past_limit: bool,
    open_request_without_cold: bool,
) -> Literal["hot", "cold"]:
    """Return how a zone is shown to others: "cold" only on its owner's confirmed word (NORMS 5).

    Args:
        activity: what the owner says is happening.
        promulgation: a draft has been confirmed to nobody and never reads as cold.
        owner_link_down_past_limit: whether the owner's link is down for longer than agreed.
        open_request_without_cold: whether a request is open that no cold confirmation followed.

    Raises:
        InputFault: a word that is none of the states.

    >>> shown_activity(
    ...     "cold",
    ...     promulgation="in force",
    ...     owner_link_down_past_limit=True,
    ...     open_request_without_cold=False,
    ... )
    'hot'
    """
    if activity not in ACTIVITIES:
        raise InputFault("zone activity", value=activity, wanted=", ".join(ACTIVITIES))
    if promulgation not in PROMULGATIONS:
        raise InputFault("zone promulgation", value=promulgation, wanted=", ".join(PROMULGATIONS))
    unconfirmed = promulgation == "draft" or open_request_without_cold
    if activity != "cold" or owner_link_down_past_limit or unconfirmed:
        return "hot"
    return "cold"
