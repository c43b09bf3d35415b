"""Batch study of recorded traffic: encounters of tracks, shaped as rows for people.

Here: from tracks to rows, and the units of the field (NM, ft) in which rows are written. Never
here: reading recordings (`wire`, `store`), detection itself (`detect`), verdicts by an agreement.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parley.detect.encounters import Minima, Progress, find_encounters, legs_from_tracks
from parley.world.time import format_instant
from parley.world.track import Track
from parley.world.units import feet_from_metres, nautical_miles_from_metres

DAY_US = 86_400_000_000


class EncounterRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One episode of one pair inside both minima.

    `vertical_then_m` is the vertical distance at the least horizontal one, `least_vertical_m` the
    least of the episode.
    """

    pair: tuple[str, str]
    from_us: int
    to_us: int
    dwell_s: float
    least_horizontal_m: float
    least_horizontal_at_us: int
    vertical_then_m: float
    least_vertical_m: float


class Study(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rows of a study, and what it did not watch."""

    rows: tuple[EncounterRow, ...]
    pairs: int
    legs: int
    gaps: int
    """Pairs of consecutive reports too far apart in time: between them nothing was watched."""
    too_fast: int
    """Legs faster than any aircraft: left out."""


def study_base_us(first_us: int) -> int:
    """Return from where a study counts time, given its first report: the midnight before, UTC.

    The last bits of every figure depend on it, so that a study in partitions has the same.

    >>> study_base_us(1_600_000_000_000_000)
    1599955200000000
    """
    return first_us // DAY_US * DAY_US


def study_encounters(
    tracks: Sequence[Track],
    minima: Minima,
    max_gap_s: float,
    progress: Progress | None = None,
) -> Study:
    """Return every episode inside both minima, sorted by pair and time.

    Args:
        tracks: one per aircraft, one altitude reference.
        minima: both must be undercut.
        max_gap_s: reports further apart are not joined.
        progress: told how much is done, and how much there is.

    Raises:
        InputFault: from the tracks or the gap, see `detect.encounters`.
    """
    legs = legs_from_tracks(tracks, max_gap_s)
    first_us = min((int(track.t_us[0]) for track in tracks), default=0)
    table = find_encounters(legs, minima, progress, study_base_us(first_us))
    columns = (
        table.a,
        table.b,
        table.from_us,
        table.to_us,
        table.dwell_s,
        table.least_horizontal_m,
        table.least_horizontal_at_us,
        table.vertical_then_m,
        table.least_vertical_m,
    )
    rows = tuple(
        EncounterRow(
            pair=(table.ids[a], table.ids[b]),
            from_us=from_us,
            to_us=to_us,
            dwell_s=dwell_s,
            least_horizontal_m=horizontal_m,
            least_horizontal_at_us=at_us,
            vertical_then_m=vertical_m,
            least_vertical_m=least_vertical_m,
        )
        for (
            a,
            b,
            from_us,
            to_us,
            dwell_s,
            horizontal_m,
            at_us,
            vertical_m,
            least_vertical_m,
        ) in zip(*(column.tolist() for column in columns), strict=True)
    )
    return Study(
        rows=rows,
        pairs=len(table.pairs()),
        legs=len(legs),
        gaps=legs.gaps,
        too_fast=legs.too_fast,
    )


def row_document(row: EncounterRow) -> dict[str, object]:
    """Return a row in the units of the field: text instants, NM and s to 1e-6, ft to 1e-3."""
    return {
        "pair": list(row.pair),
        "from": format_instant(row.from_us),
        "to": format_instant(row.to_us),
        "dwell_s": round(row.dwell_s, 6),
        "least_horizontal_nm": round(nautical_miles_from_metres(row.least_horizontal_m), 6),
        "least_horizontal_at": format_instant(row.least_horizontal_at_us),
        "vertical_then_ft": round(feet_from_metres(row.vertical_then_m), 3),
        "least_vertical_ft": round(feet_from_metres(row.least_vertical_m), 3),
    }
