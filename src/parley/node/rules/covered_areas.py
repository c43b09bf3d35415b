"""How far the feeds cover what matters here: zones, boundaries, own intents; and in words.

Rules:
- Words of `detect.coverage`: "no history" is no evidence either way, "covered" is where aircraft
  are usually seen by a feed that is heard now. Neither says that a place is clear.
- What this party agreed to or says itself comes first, then what others assert; of own intents the
  soonest. What is too much to look at is a number, never left out in silence.
- Bounded: so many areas, cells and lines, and looked at once in `LOOK_US` (a feed that falls silent
  or comes back at once).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

import msgspec

from parley.detect.coverage import (
    QUIET_US,
    SLOT_US,
    SLOTS_TO_COVER,
    Coverage,
    Scale,
    Word,
    band_limits_m,
    bands_within,
    key_of,
)
from parley.detect.coverage_ground import cells_of_area, cells_of_line
from parley.node.rules.boundary_past import boundaries_now
from parley.node.rules.coverage_watch import coverage_of
from parley.node.rules.intent_record import intent_of, read_intents
from parley.node.rules.zones import zones_of
from parley.node.state import Scope, State
from parley.world.boundary import Boundary
from parley.world.faults import InputFault
from parley.world.shape import Shape
from parley.world.time import US_MIN
from parley.world.volume import SURFACE, UNLIMITED, VerticalLimit, Volume4D

AREAS_MAX = 200
INTENTS_MAX = 100
NEW_CELLS_MAX = 20_000
"""Cells and bands of new areas in one look; the other new areas come at the next."""
LOOKS_MAX = 50_000
"""Cells and bands of all areas in one look: some 50 ms."""
LINES_MAX = 10
LOOK_US = 10 * 1_000_000
_SECOND_US = 1_000_000
_HOUR_US = 3_600 * _SECOND_US
_VIEW = "covered areas"
_PHRASES: dict[Word, str] = {
    "feed silent": "its feed is silent",
    "quiet": "once covered, quiet now",
    "seen": "seen, too seldom to say",
    "no history": "no history",
}


class BandCovered(msgspec.Struct, frozen=True, kw_only=True):
    """Of one height band: from where to where (None: open), and how much of the area has a word."""

    lower_m: float | None
    upper_m: float | None
    amounts: dict[str, float]


class AreaCovered(msgspec.Struct, frozen=True, kw_only=True):
    """How far one area is covered now, by band; `unit`: cells, or metres of a line.

    `total`: how many of them the band with the most has. `scale`: whether the bands are above the
    sea or above the ground. `left_out`: why it was not looked at. `text`: what of it is not
    covered, in words; "" where all of it is.
    """

    agreement: str
    kind: str
    name: str
    scale: Scale
    unit: str
    total: int
    bands: tuple[BandCovered, ...]
    left_out: str
    text: str


@dataclass(frozen=True, slots=True)
class _Part:
    """One area or line with its limits."""

    ground: Shape | Boundary
    lower: VerticalLimit
    upper: VerticalLimit


@dataclass(frozen=True, slots=True)
class _Area:
    """What matters: its name, and its parts with their limits."""

    agreement: str
    kind: str
    name: str
    parts: tuple[_Part, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        """Under which agreement, what it is, and its name."""
        return (self.agreement, self.kind, self.name)


@dataclass(slots=True)
class _Cells:
    """What was worked out of one area: by band, what each of its cells (`key_of`) weighs."""

    parts: tuple[_Part, ...]
    scale: Scale
    weights: dict[int, dict[int, float]]
    left_out: str = ""

    def __len__(self) -> int:
        """How many cells and bands it has."""
        return sum(len(each) for each in self.weights.values())


@dataclass(slots=True)
class _Looked:
    """The cells of areas that are known, and the last look."""

    cells: dict[tuple[str, str, str], _Cells] = field(default_factory=dict)
    stamp: object = None
    areas: tuple[AreaCovered, ...] = ()
    left_out: int = 0
    silent_cells: dict[str, int] = field(default_factory=dict)


def areas_covered(state: State, now_us: int) -> tuple[tuple[AreaCovered, ...], int]:
    """Return how far each area that matters is covered, and how many more there are."""
    looked = _look(state, now_us)
    return looked.areas, looked.left_out


def coverage_lines(state: State, now_us: int) -> list[str]:
    """Return what is not watched by the feeds' own history, in sentences; at most some forty.

    Nothing where no feed ever gave a report that counts: then nothing is known at all.
    """
    coverage = coverage_of(state)
    lines = [f"the coverage begins anew: {coverage.lost}"] if coverage.lost else []
    if not coverage.feeds:
        return lines
    looked = _look(state, now_us)
    lines += [
        _silent_line(name, now_us - feed.last_us, looked.silent_cells.get(name, 0))
        for name, feed in sorted(coverage.feeds.items())
        if not feed.is_heard(now_us)
    ]
    if coverage.refused:
        lines.append(f"coverage is full: {coverage.refused} reports from new cells were not kept")
    if not coverage.learnt:
        hours = SLOTS_TO_COVER * SLOT_US // _HOUR_US
        lines.append(
            f"coverage is being learnt: no place was seen in {SLOTS_TO_COVER} spans of 3 h yet "
            f"({hours} h at the least); where a feed usually sees aircraft is not known"
        )
        return lines
    open_areas = [each for each in looked.areas if each.text]
    lines += [area_words(each) for each in open_areas[:LINES_MAX]]
    more = max(len(open_areas) - LINES_MAX, 0) + looked.left_out
    if more:
        lines.append(f"{more} more areas are not wholly covered, or were not looked at")
    return lines


def _silent_line(name: str, age_us: int, cells: int) -> str:
    since = f"no report that counts for {_span(age_us)}"
    if age_us < 0:
        since = "its last report that counts is dated ahead of our clock"
    if age_us > QUIET_US or not cells:
        return f"feed {name}: {since}; it covers nothing now"
    return f"feed {name}: {since}: {cells} cells that it covered are not watched by it now"


def _span(age_us: int) -> str:
    if age_us < 2 * _HOUR_US:
        return f"{age_us // _SECOND_US} s"
    return f"{age_us // _HOUR_US} h"


def area_words(area: AreaCovered) -> str:
    """Return one area in one line."""
    text = area.text or "covered at all its heights"
    return f"{area.kind} {area.name} of {area.agreement}: {text}"


# ---- one look -----------------------------------------------------------------------------------


def _look(state: State, now_us: int) -> _Looked:
    """Return the last look, made anew where it is old or another feed is silent."""
    coverage = coverage_of(state)
    known = state.views.get(_VIEW)
    if known is None:
        known = (None, _Looked())
        state.views[_VIEW] = known
    looked = known[1]
    assert isinstance(looked, _Looked)
    silent = coverage.silent_names(now_us)
    stamp = (id(coverage), now_us // LOOK_US, silent)
    if looked.stamp == stamp:
        return looked
    looked.stamp = stamp
    looked.silent_cells = {name: coverage.covered_cells(name, now_us) for name in silent}
    areas = [each for name in sorted(state.agreements) for each in _areas(state, name, now_us)]
    # What is agreed and our own first: nobody's assertions keep our own areas out of the list.
    areas.sort(key=lambda each: (each.rank, each.area.key))
    _work_out(looked, [each.area for each in areas[:AREAS_MAX]])
    found, looks = [], LOOKS_MAX
    for each in areas[:AREAS_MAX]:
        cells = looked.cells.get(each.area.key)
        if cells is None:
            found.append(_not_looked_at(each.area, "not looked at yet"))
            continue
        if cells.left_out or len(cells) > looks:
            why = cells.left_out or f"not looked at: over {LOOKS_MAX} cells and bands in all"
            found.append(_not_looked_at(each.area, why))
            continue
        looks -= len(cells)
        found.append(_covered(coverage, each.area, cells, now_us))
    looked.areas, looked.left_out = tuple(found), max(len(areas) - AREAS_MAX, 0)
    return looked


def _work_out(looked: _Looked, areas: list[_Area]) -> None:
    """Bring the known cells up to date with the areas, as far as one look goes."""
    wanted = {area.key for area in areas}
    for key in sorted(set(looked.cells) - wanted):
        del looked.cells[key]
    made = 0
    for area in areas:
        known = looked.cells.get(area.key)
        if known is not None and _is_same(known.parts, area.parts):
            continue
        looked.cells.pop(area.key, None)
        if made >= NEW_CELLS_MAX:
            continue
        looked.cells[area.key] = _cells_of(area)
        made += max(len(looked.cells[area.key]), 1)


def _is_same(known: tuple[_Part, ...], parts: tuple[_Part, ...]) -> bool:
    if len(known) != len(parts):
        return False
    return all(a is b or _is_equal(a, b) for a, b in zip(known, parts, strict=True))


def _is_equal(a: _Part, b: _Part) -> bool:
    same = a.ground is b.ground or a.ground == b.ground
    return same and (a.lower, a.upper) == (b.lower, b.upper)


def _cells_of(area: _Area) -> _Cells:
    """Return the cells and bands of an area; those of several parts count once."""
    if not area.parts:
        return _Cells((), "sea", {}, "not looked at: too many intents, or unreadable")
    weights: dict[int, dict[int, float]] = {}
    scales = {bands_within(part.lower, part.upper)[0] for part in area.parts}
    scale: Scale = "ground" if scales == {"ground"} else "sea"
    try:
        for part in area.parts:
            part_scale, bands = bands_within(part.lower, part.upper)
            if part_scale != scale:
                return _Cells(area.parts, scale, {}, "has parts above the sea and above the ground")
            if isinstance(part.ground, Boundary):
                cells = cells_of_line(part.ground.line)
            else:
                cells = dict.fromkeys(cells_of_area(part.ground), 1.0)
            for band in bands:
                of_band = weights.setdefault(band, {})
                of_band.update({key_of(cell, scale, band): w for cell, w in cells.items()})
    except InputFault as fault:
        return _Cells(area.parts, scale, {}, f"not looked at: {fault}")
    return _Cells(area.parts, scale, weights)


def _covered(coverage: Coverage, area: _Area, cells: _Cells, now_us: int) -> AreaCovered:
    bands = []
    for band, weights in sorted(cells.weights.items()):
        lower_m, upper_m = band_limits_m(band)
        amounts = {str(word): n for word, n in coverage.tally(weights, now_us).items()}
        bands.append(BandCovered(lower_m=lower_m, upper_m=upper_m, amounts=amounts))
    line = any(isinstance(part.ground, Boundary) for part in area.parts)
    total = math.ceil(max((sum(each.amounts.values()) for each in bands), default=0.0))
    shown = AreaCovered(
        agreement=area.agreement, kind=area.kind, name=area.name, scale=cells.scale,
        unit="m" if line else "cells", total=total, bands=tuple(bands), left_out="", text="",
    )  # fmt: skip
    return msgspec.structs.replace(shown, text=_text(shown))


def _not_looked_at(area: _Area, why: str) -> AreaCovered:
    return AreaCovered(
        agreement=area.agreement, kind=area.kind, name=area.name, scale="sea", unit="cells",
        total=0, bands=(), left_out=why, text=why,
    )  # fmt: skip


# ---- which areas --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ranked:
    rank: tuple[int, int]
    area: _Area


def _areas(state: State, agreement: str, now_us: int) -> Iterator[_Ranked]:
    """Yield the zones, boundaries and own intents under an agreement that hold now or will."""
    scope = state.scope(agreement)
    for name, zone in zones_of(state, scope, now_us).items():
        if zone.to_us is None or now_us < zone.to_us:
            part = _Part(zone.shape, zone.lower, zone.upper)
            ours = _is_ours(state, zone.agreed_by, zone.asserted_by) or zone.owner == state.party
            yield _Ranked((0 if ours else 3, 0), _Area(agreement, "zone", name, (part,)))
    for name, line in boundaries_now(state, scope, now_us).items():
        part = _Part(line, SURFACE, UNLIMITED)
        ours = _is_ours(state, line.agreed_by, line.asserted_by)
        yield _Ranked((1 if ours else 3, 0), _Area(agreement, "boundary", name, (part,)))
    yield from _intents(state, scope, now_us)


def _is_ours(state: State, agreed_by: tuple[str, ...], asserted_by: tuple[str, ...]) -> bool:
    return state.party in (*agreed_by, *asserted_by) or not (agreed_by or asserted_by)


def _intents(state: State, scope: Scope, now_us: int) -> Iterator[_Ranked]:
    held = [
        each
        for (party, _), each in read_intents(state, scope).held.items()
        if party == state.party and each.stands(now_us)
    ]
    held.sort(key=lambda each: (each.from_us if each.from_us is not None else US_MIN, each.id))
    for place, each in enumerate(held):
        # Those beyond are counted with the areas that were not looked at.
        intent = intent_of(scope, each.key) if place < INTENTS_MAX else None
        volumes = intent.volumes if intent is not None else ()
        parts = tuple(_part(each) for each in volumes if each.to_us is None or now_us < each.to_us)
        yield _Ranked((2, place), _Area(scope.agreement_id, "own intent", each.id, parts))


def _part(volume: Volume4D) -> _Part:
    return _Part(volume.shape, volume.lower, volume.upper)


# ---- in words -----------------------------------------------------------------------------------


def _text(area: AreaCovered) -> str:
    """Return what is not covered of an area, by runs of bands of which the same is to be said."""
    parts = []
    for kind, group in groupby(area.bands, key=_kind):
        run = list(group)
        if kind == "covered":
            continue
        where = height_words(run[0].lower_m, run[-1].upper_m, area.scale)
        parts.append(f"{where} {_share(area, run) if kind == 'part' else kind}")
    return "; ".join(parts)


def _kind(band: BandCovered) -> str:
    """Return "covered", "part", or, where nothing is covered, the words that say why."""
    others = [phrase for word, phrase in _PHRASES.items() if band.amounts.get(word)]
    if not others:
        return "covered"
    return "part" if band.amounts.get("covered") else " or ".join(others)


def _share(area: AreaCovered, run: list[BandCovered]) -> str:
    """Return how much is covered, from the least to the most of the bands of a run."""
    by, unit = (1_000.0, "km") if area.unit == "m" else (1.0, "cells")
    # Downwards: what is not wholly covered never reads as if it were.
    shares = [(each.amounts.get("covered", 0.0), sum(each.amounts.values())) for each in run]
    totals = {math.ceil(total / by) for _, total in shares}
    if len(totals) == 1:
        found = _from_to([int(covered / by) for covered, _ in shares])
        found += f" of {totals.pop():,} {unit} covered"
    else:
        found = _from_to([int(100.0 * covered / total) for covered, total in shares])
        found += " % covered"
    phrases = [_PHRASES[word] for word in _PHRASES if any(each.amounts.get(word) for each in run)]
    return f"{found}, else {' or '.join(phrases)}"


def _from_to(numbers: list[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def height_words(lower_m: float | None, upper_m: float | None, scale: Scale) -> str:
    """Return a band in words.

    >>> height_words(None, 300.0, "ground"), height_words(3_000.0, 6_000.0, "sea")
    ('below 300 m above ground', '3,000 to 6,000 m')
    """
    ground = " above ground" if scale == "ground" else ""
    if lower_m is None and upper_m is None:
        return f"at all heights{ground}"
    if lower_m is None:
        return f"below {upper_m:,.0f} m{ground}"
    if upper_m is None:
        return f"above {lower_m:,.0f} m{ground}"
    return f"{lower_m:,.0f} to {upper_m:,.0f} m{ground}"
