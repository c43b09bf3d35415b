"""Coverage as shown: where each feed usually sees aircraft, how far areas are covered, a drawing.

Only reading. Rules: "no history" is never shown as not covered, nor "covered" as clear; what does
not fit into an answer is counted in it.
"""

from __future__ import annotations

import msgspec

from parley.detect.coverage import (
    BANDS,
    SCALES,
    WORDS,
    FeedSeen,
    Scale,
    band_limits_m,
    cell_at,
    corners_deg,
    key_of,
    parts_of,
)
from parley.node.rules.coverage_watch import coverage_of
from parley.node.rules.covered_areas import (
    AreaCovered,
    area_words,
    areas_covered,
    coverage_lines,
    height_words,
)
from parley.node.state import State
from parley.world.time import format_second

MEANING = (
    "covered: aircraft there are usually seen by a feed that is heard now. It says nothing of"
    " aircraft that do not report, and is no clearance. no history: no evidence either way."
)
CELLS_SHOWN_MAX = 5_000


class FeedCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """One feed: since when it reports, when last, and how many cells have which word by it.

    `cells`: cells with their height bands, by word.
    """

    feed: str
    began_us: int
    last_us: int
    reports: int
    heard: bool
    cells: dict[str, int]


class CoverageView(msgspec.Struct, frozen=True, kw_only=True):
    """What the feeds' own history says: of each feed, of each area, and in sentences.

    `not_watched`: what stands in the alerts' list too. `areas_left_out`: areas beyond those that
    are looked at. `refused`: reports from cells for which there was no room. `learnt`: whether
    anything was seen often enough to be covered.
    """

    at_us: int
    meaning: str
    learnt: bool
    kept: int
    refused: int
    forgotten: int
    feeds: tuple[FeedCoverage, ...]
    areas: tuple[AreaCovered, ...]
    areas_left_out: int
    not_watched: tuple[str, ...]


class BandThere(msgspec.Struct, frozen=True, kw_only=True):
    """One height band over a place: the word for it, and that of each feed that reported there.

    `above`: whether metres count from the sea or from the ground. None: open.
    """

    above: Scale
    lower_m: float | None
    upper_m: float | None
    word: str
    feeds: dict[str, str]


def coverage_view(state: State, now_us: int) -> CoverageView:
    """Return what the feeds' own history says now."""
    coverage = coverage_of(state)
    areas, left_out = areas_covered(state, now_us)
    return CoverageView(
        at_us=now_us,
        meaning=MEANING,
        learnt=coverage.learnt,
        kept=len(coverage),
        refused=coverage.refused,
        forgotten=coverage.forgotten,
        feeds=tuple(_feed(name, feed, now_us) for name, feed in sorted(coverage.feeds.items())),
        areas=areas,
        areas_left_out=left_out,
        not_watched=tuple(coverage_lines(state, now_us)),
    )


def _feed(name: str, feed: FeedSeen, now_us: int) -> FeedCoverage:
    cells = dict.fromkeys(WORDS[:-1], 0)
    for key in feed.seen:
        cells[feed.word(key, now_us)] += 1
    return FeedCoverage(
        feed=name, began_us=feed.began_us, last_us=feed.last_us, reports=feed.reports,
        heard=feed.is_heard(now_us), cells={str(word): count for word, count in cells.items()},
    )  # fmt: skip


def coverage_geojson(
    state: State,
    now_us: int,
    *,
    feed: str | None = None,
    first: int = 0,
    count: int = CELLS_SHOWN_MAX,
) -> dict[str, object]:
    """Return the cells as a GeoJSON feature collection (RFC 7946), one feature per cell and band.

    Args:
        state: the mind.
        now_us: the time.
        feed: only this one's; None: of every feed.
        first: so many are left out before.
        count: so many at most, and never more than `CELLS_SHOWN_MAX`.
    """
    feeds = coverage_of(state).feeds
    keys = [
        (name, key)
        for name in sorted(feeds)
        if feed in (None, name)
        for key in sorted(feeds[name].seen)
    ]
    shown = keys[first : first + min(count, CELLS_SHOWN_MAX)]
    return {
        "type": "FeatureCollection",
        "meaning": MEANING,
        "at": format_second(now_us),
        "total": len(keys),
        "left_out": len(keys) - len(shown),
        "features": [_feature(name, feeds[name], key, now_us) for name, key in shown],
    }


def _feature(name: str, feed: FeedSeen, key: int, now_us: int) -> dict[str, object]:
    cell, scale, band = parts_of(key)
    south, north, west, east = corners_deg(cell)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    lower_m, upper_m = band_limits_m(band)
    seen = feed.seen[key]
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "feed": name,
            "word": feed.word(key, now_us),
            "above": scale,
            "lower_m": lower_m,
            "upper_m": upper_m,
            "reports": seen.reports,
            "last": format_second(seen.last_us),
        },
    }


def place_coverage(
    state: State, lat_deg: float, lon_deg: float, now_us: int
) -> tuple[BandThere, ...]:
    """Return what is known of each height band over one place, the lowest first.

    Of bands above the ground only those in which a feed reported.
    """
    coverage, cell = coverage_of(state), cell_at(lat_deg, lon_deg)
    found = []
    for scale in SCALES:
        for band in range(BANDS):
            key = key_of(cell, scale, band)
            feeds = {
                name: str(feed.word(key, now_us))
                for name, feed in sorted(coverage.feeds.items())
                if key in feed.seen
            }
            if feeds or scale == "sea":
                lower_m, upper_m = band_limits_m(band)
                word = str(coverage.word([key], now_us))
                found.append(
                    BandThere(above=scale, lower_m=lower_m, upper_m=upper_m, word=word, feeds=feeds)
                )
    return tuple(found)


def place_texts(bands: tuple[BandThere, ...]) -> list[str]:
    """Return what is known of a place in lines, as the command prints it."""
    return [
        f"{height_words(each.lower_m, each.upper_m, each.above)}: {each.word}"
        + "".join(f"; {feed}: {word}" for feed, word in each.feeds.items())
        for each in bands
    ]


def coverage_texts(view: CoverageView) -> list[str]:
    """Return a coverage in lines, as the command prints it."""
    lines = [view.meaning]
    for each in view.feeds:
        cells = ", ".join(f"{count} {word}" for word, count in each.cells.items() if count)
        heard = "heard" if each.heard else f"SILENT since {format_second(each.last_us)}"
        lines.append(
            f"feed {each.feed}: {heard}; {each.reports} reports since"
            f" {format_second(each.began_us)}; cells and bands: {cells or 'none kept'}"
        )
    if not view.feeds:
        lines.append("no feed has given a report that counts: nothing is known of what is covered")
    areas = [area_words(area) for area in view.areas]
    lines += areas
    lines += [f"NOT WATCHED: {text}" for text in view.not_watched if text not in areas]
    return lines
