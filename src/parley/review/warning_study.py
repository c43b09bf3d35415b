"""Warning study: what straight prediction would have said of recorded traffic, and what then came.

Here: at each instant of a grid the state vectors that reports give, the pairs that lose separation
within the lookahead, and these runs of predictions beside the encounters that were flown. Never
here: alert classes, M-of-N, hysteresis: this is the plain state-based baseline.

The definition:

- An aircraft's state at an instant is its newest report, no older than `max_gap_s`, flown straight
  on with the velocity between that report and the one before (no further apart than `max_gap_s`,
  no faster than `SPEED_MAX_MPS`). Without such a report it is not predicted.
- The instants are the multiples of `every_s` since 1970, so that no partition moves them.
- A *warning* is a run of instants at which a pair is predicted to lose separation; a pause longer
  than the lookahead ends it. One row each: when first predicted, and what was predicted then.
- It *came to it* if the pair was inside both minima at some time from the first prediction until
  the last one's lookahead. `warning_s` runs from the first prediction to the loss, and is negative
  if the loss was first. An encounter that no warning covers has a row of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from parley.detect.all_pairs import predict_all
from parley.detect.encounters import Minima
from parley.detect.prediction import States, velocity_from_reports
from parley.detect.states import LOOKAHEAD_MAX_S
from parley.review.partitions import Partition, Steps
from parley.review.study import EncounterRow
from parley.world.faults import InputFault
from parley.world.time import MICROSECONDS_PER_SECOND, format_instant
from parley.world.track import Track
from parley.world.units import feet_from_metres, nautical_miles_from_metres

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = TypeVar("Row")

_RUN = np.dtype(
    [
        ("a", np.int64), ("b", np.int64), ("at_us", np.int64),
        ("loss_s", np.float64), ("least_horizontal_m", np.float64), ("least_s", np.float64),
        ("vertical_then_m", np.float64),
    ]
)  # fmt: skip


class Ahead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far ahead is looked, and how often."""

    lookahead_s: float
    every_s: float

    def __post_init__(self) -> None:
        if not 0.0 < self.lookahead_s <= LOOKAHEAD_MAX_S:
            wanted = f"more than 0 and at most {LOOKAHEAD_MAX_S:.0f}"
            raise InputFault("lookahead in seconds", value=self.lookahead_s, wanted=wanted)
        if not 0.001 <= self.every_s <= self.lookahead_s:
            wanted = "at least 0.001 and at most the lookahead"
            raise InputFault("seconds between predictions", value=self.every_s, wanted=wanted)


class Warned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning, or the part of one that a partition found; the figures are the first instant's."""

    a: str
    b: str
    first_us: int
    last_us: int
    predictions: int
    """At how many instants."""
    loss_s: float
    """From the first prediction to the predicted loss; 0 if it is lost already."""
    least_horizontal_m: float
    least_s: float
    vertical_then_m: float


WARNED_COLUMNS = tuple(field.name for field in msgspec.structs.fields(Warned))


class WarningRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning with what came of it, or an encounter that no warning covers."""

    pair: tuple[str, str]
    warned: Warned | None
    encounter: EncounterRow | None

    @property
    def warning_s(self) -> float | None:
        """From the first prediction to the loss; None where either is not."""
        if self.warned is None or self.encounter is None:
            return None
        return (self.encounter.from_us - self.warned.first_us) / MICROSECONDS_PER_SECOND


def warnings_of_part(
    steps: Steps, part: Partition, minima: Minima, max_gap_s: float, ahead: Ahead
) -> list[Warned]:
    """Return the runs of predictions at the instants of a partition, sorted by pair and time.

    Args:
        steps: of all aircraft from two gaps before the partition on.
        part: the partition; its box must be everywhere, for who is lost to whom is far away.
        minima: both must be undercut.
        max_gap_s: how old a report may be, and how far apart two that give a velocity.
        ahead: lookahead and grid.
    """
    states = _State.of(steps, max_gap_s)
    every_us = round(ahead.every_s * MICROSECONDS_PER_SECOND)
    first = np.maximum(-(-np.maximum(states.at_us, part.from_us) // every_us), 0)
    last = np.minimum(states.until_us, part.to_us - 1) // every_us
    count = np.maximum(last - first + 1, 0)
    row = np.repeat(np.arange(len(count)), count)
    instant = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[row]
    order = np.lexsort((states.aircraft[row], instant))
    row, instant = row[order], instant[order]
    cuts = np.flatnonzero(np.diff(instant)) + 1
    found = [
        _losses_at(states, row[low:high], int(instant[low]) * every_us, minima, ahead)
        for low, high in zip([0, *cuts.tolist()], [*cuts.tolist(), len(row)], strict=True)
        if high - low > 1
    ]
    rows = np.concatenate(found) if found else np.empty(0, dtype=_RUN)
    rows = rows[np.lexsort((rows["at_us"], rows["b"], rows["a"]))]
    return list(_runs(rows, steps.names, ahead.lookahead_s))


def warnings_of_tracks(
    tracks: Sequence[Track], minima: Minima, max_gap_s: float, ahead: Ahead
) -> list[Warned]:
    """Return the warnings of tracks that are all in memory; arguments as `warnings_of_part`."""
    if not tracks:
        return []
    first_us = min(int(track.t_us[0]) for track in tracks)
    last_us = max(int(track.t_us[-1]) for track in tracks)
    # The last reports are predicted from until they are too old.
    old_us = last_us + math.ceil(max_gap_s * MICROSECONDS_PER_SECOND)
    whole = Partition(from_us=first_us, to_us=old_us + 1)
    return warnings_of_part(_steps(tracks), whole, minima, max_gap_s, ahead)


def _steps(tracks: Sequence[Track]) -> Steps:
    """Return the reports of tracks with their successors."""
    columns: dict[str, NDArray[np.generic]] = {
        "aircraft": np.concatenate([np.full(len(each), k) for k, each in enumerate(tracks)]),
        "core": np.ones(sum(len(track) for track in tracks), dtype=np.bool_),
    }
    last = np.cumsum([len(track) for track in tracks]) - 1
    for name in ("t_us", "lat_deg", "lon_deg", "alt_m"):
        columns[name] = np.concatenate([getattr(track, name) for track in tracks])
        next_name = "next_us" if name == "t_us" else f"next_{name}"
        columns[next_name] = np.roll(columns[name], -1)
    columns["next_us"][last] = -1
    return Steps.of([track.id for track in tracks], columns)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """State vectors at reports, and until when each is the newest and young enough."""

    aircraft: Ints
    at_us: Ints
    until_us: Ints
    lat_deg: Floats
    lon_deg: Floats
    alt_m: Floats
    speeds_mps: tuple[Floats, Floats, Floats]

    @staticmethod
    def of(steps: Steps, max_gap_s: float) -> _State:
        """Return the states at the ends of all legs."""
        single = np.flatnonzero(steps.next_us != steps.t_us)
        t_us, next_us = steps.t_us[single], steps.next_us[single]
        # The step of the next report says until when that one is the newest.
        follows = np.zeros(len(single), dtype=np.bool_)
        follows[:-1] = (np.diff(steps.aircraft[single]) == 0) & (next_us[:-1] == t_us[1:])
        after_us = np.full(len(single), np.iinfo(np.int64).max)
        after_us[:-1] = np.where(follows[:-1] & (next_us[1:] >= 0), next_us[1:], after_us[:-1])
        near = (next_us >= 0) & ((next_us - t_us) / MICROSECONDS_PER_SECOND <= max_gap_s)
        leg = single[near]
        old_us = next_us[near] + int(max_gap_s * MICROSECONDS_PER_SECOND)
        alt_m = steps.next_alt_m[leg]
        span_s = (next_us - t_us)[near] / MICROSECONDS_PER_SECOND
        speeds_mps = velocity_from_reports(
            steps.lat_deg[leg], steps.lon_deg[leg], steps.alt_m[leg], np.zeros(len(leg)),
            steps.next_lat_deg[leg], steps.next_lon_deg[leg], alt_m, span_s,
        )  # fmt: skip
        return _State(
            aircraft=steps.aircraft[leg],
            at_us=next_us[near],
            until_us=np.minimum(after_us[near] - 1, old_us),
            lat_deg=steps.next_lat_deg[leg],
            lon_deg=steps.next_lon_deg[leg],
            alt_m=alt_m,
            speeds_mps=speeds_mps,
        )


def _losses_at(
    states: _State, row: Ints, at_us: int, minima: Minima, ahead: Ahead
) -> NDArray[np.void]:
    """Return the pairs predicted to lose separation at one instant."""
    east_mps, north_mps, up_mps = (speed[row] for speed in states.speeds_mps)
    now = States(
        lat_deg=states.lat_deg[row], lon_deg=states.lon_deg[row], alt_m=states.alt_m[row],
        east_mps=east_mps, north_mps=north_mps, up_mps=up_mps,
    ).at((at_us - states.at_us[row]) / MICROSECONDS_PER_SECOND)  # fmt: skip
    found = predict_all(
        now, (minima.horizontal_m, minima.vertical_m), lookahead_s=ahead.lookahead_s
    )
    if found.capped:
        raise InputFault(
            f"pairs predicted to lose separation at {format_instant(at_us)}",
            value=found.pairs_total,
            wanted=f"at most {len(found.rows)}",
            repair="study fewer aircraft, a shorter --lookahead or smaller minima",
        )
    lost = found.rows
    rows = np.empty(len(lost), dtype=_RUN)
    rows["a"], rows["b"] = states.aircraft[row][lost["a"]], states.aircraft[row][lost["b"]]
    rows["at_us"] = at_us
    for name in _RUN.names[3:] if _RUN.names else ():
        rows[name] = lost[name]
    return rows


def _runs(rows: NDArray[np.void], names: tuple[str, ...], lookahead_s: float) -> Iterator[Warned]:
    """Yield the runs of sorted predictions."""
    if not len(rows):
        return
    begins = np.ones(len(rows), dtype=np.bool_)
    begins[1:] = (np.diff(rows["a"]) != 0) | (np.diff(rows["b"]) != 0)
    begins[1:] |= np.diff(rows["at_us"]) > lookahead_s * MICROSECONDS_PER_SECOND
    starts = np.flatnonzero(begins).tolist()
    for start, stop in zip(starts, [*starts[1:], len(rows)], strict=True):
        one = rows[start]
        yield Warned(
            a=names[int(one["a"])],
            b=names[int(one["b"])],
            first_us=int(one["at_us"]),
            last_us=int(rows[stop - 1]["at_us"]),
            predictions=stop - start,
            loss_s=float(one["loss_s"]),
            least_horizontal_m=float(one["least_horizontal_m"]),
            least_s=float(one["least_s"]),
            vertical_then_m=float(one["vertical_then_m"]),
        )


def warned_columns(rows: Iterable[Warned]) -> dict[str, list[object]]:
    """Return the columns of `WARNED_COLUMNS` as plain values."""
    listed = list(rows)
    return {name: [getattr(row, name) for row in listed] for name in WARNED_COLUMNS}


# ---- joining ------------------------------------------------------------------------------------


def joined_warnings(parts: Iterable[Warned], lookahead_s: float) -> Iterator[Warned]:
    """Yield the warnings of a study from the parts of all partitions, sorted by pair and time."""
    held: Warned | None = None
    for part in parts:
        if held is None:
            held = part
        elif (held.a, held.b) == (part.a, part.b) and (
            part.first_us - held.last_us <= lookahead_s * MICROSECONDS_PER_SECOND
        ):
            held = msgspec.structs.replace(
                held,
                last_us=part.last_us,
                predictions=held.predictions + part.predictions,
            )
        else:
            yield held
            held = part
    if held is not None:
        yield held


def warning_rows(
    warnings: Iterable[Warned], encounters: Iterable[EncounterRow], lookahead_s: float
) -> Iterator[WarningRow]:
    """Yield each warning with the first encounter it covers, and each encounter that none covers.

    Args:
        warnings: sorted by pair and time.
        encounters: of the same study and minima, sorted the same.
        lookahead_s: of the predictions.
    """
    found = _by_pair(encounters, lambda row: row.pair)
    pair_found = next(found, None)
    for pair, warned in _by_pair(warnings, lambda row: (row.a, row.b)):
        while pair_found is not None and pair_found[0] < pair:
            yield from _rows_of_pair(*pair_found, [], lookahead_s)
            pair_found = next(found, None)
        met: list[EncounterRow] = []
        if pair_found is not None and pair_found[0] == pair:
            met = pair_found[1]
            pair_found = next(found, None)
        yield from _rows_of_pair(pair, met, warned, lookahead_s)
    while pair_found is not None:
        yield from _rows_of_pair(*pair_found, [], lookahead_s)
        pair_found = next(found, None)


def _by_pair(
    rows: Iterable[Row], key: Callable[[Row], tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], list[Row]]]:
    """Yield each pair with its rows."""
    for pair, own in groupby(rows, key):
        yield pair, list(own)


def _rows_of_pair(
    pair: tuple[str, str], met: list[EncounterRow], warned: list[Warned], lookahead_s: float
) -> Iterator[WarningRow]:
    """Yield the rows of one pair in order of time."""
    ahead_us = round(lookahead_s * MICROSECONDS_PER_SECOND)
    rows: list[tuple[int, WarningRow]] = []
    covered: set[int] = set()
    for each in warned:
        until_us = each.last_us + ahead_us
        mine = [
            k for k, one in enumerate(met) if one.to_us >= each.first_us and one.from_us <= until_us
        ]
        covered.update(mine)
        came = met[mine[0]] if mine else None
        rows.append((each.first_us, WarningRow(pair=pair, warned=each, encounter=came)))
    rows += [
        (one.from_us, WarningRow(pair=pair, warned=None, encounter=one))
        for k, one in enumerate(met)
        if k not in covered
    ]
    for _, row in sorted(rows, key=lambda item: item[0]):
        yield row


def warning_document(row: WarningRow) -> dict[str, object]:
    """Return a row in the units of the field; what is not is null."""
    warned, came = row.warned, row.encounter
    return {
        "pair": list(row.pair),
        "first_predicted": None if warned is None else format_instant(warned.first_us),
        "predicted_loss_in_s": None if warned is None else round(warned.loss_s, 6),
        "predicted_least_horizontal_nm": None
        if warned is None
        else round(nautical_miles_from_metres(warned.least_horizontal_m), 6),
        "predicted_vertical_then_ft": None
        if warned is None
        else round(feet_from_metres(warned.vertical_then_m), 3),
        "last_predicted": None if warned is None else format_instant(warned.last_us),
        "predictions": 0 if warned is None else warned.predictions,
        "came_to_it": came is not None,
        "lost_at": None if came is None else format_instant(came.from_us),
        "warning_s": None if row.warning_s is None else round(row.warning_s, 6),
        "least_horizontal_nm": None
        if came is None
        else round(nautical_miles_from_metres(came.least_horizontal_m), 6),
    }
