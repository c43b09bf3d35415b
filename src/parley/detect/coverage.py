"""Where each feed has reported aircraft, by cell and height band, and what that says of a place.

Here: what is kept, one word for a cell and band now, sums over an area. Never here: which reports
count (`node.rules.coverage_watch`), which areas matter (`node.rules.covered_areas`), files (`app`).

Rules:
- That a feed saw aircraft in a place says that it can see there. That it never did says nothing:
  the word is "no history", never "not covered"; "covered" never says that nobody else is there.
- "covered": reports in `SLOTS_TO_COVER` of the last 64 spans of 3 h (8 days), the last one within a
  day, and the feed is heard now. Less is "seen"; what was covered and is not is "quiet"; what would
  be covered if its feed were heard is "feed silent".
- Cells are those of `flown_area`, 11 km. Bands end at `BAND_EDGES_M`, above the sea and above the
  ground apart: neither is turned into the other. A height that its reference leaves between two
  bands counts for the upper one alone: it is below that coverage is lost first.
- No more than `FEEDS_MAX` feeds and `KEYS_MAX` cells and bands, half of them of one feed; what
  finds no room is counted. What a clock ahead of ours dated is not covered until that time comes.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from parley.detect.flown_area import ROW_DEG, ROWS, cells_in
from parley.world.faults import InputFault
from parley.world.time import US_MAX, US_MIN
from parley.world.volume import AltitudeReference, VerticalLimit

Word = Literal["covered", "feed silent", "quiet", "seen", "no history"]
WORDS: tuple[Word, ...] = ("covered", "feed silent", "quiet", "seen", "no history")
"""Best first: of several feeds the best word counts."""
Scale = Literal["sea", "ground"]
SCALES: tuple[Scale, ...] = ("sea", "ground")
Row = tuple[int, int, int, int, int, int]
FeedRows = dict[str, tuple[tuple[int, int, int], list[Row]]]
"""As kept over a restart (`Coverage.rows`)."""

_SECOND_US = 1_000_000
_HOUR_US = 3_600 * _SECOND_US
SLOT_US = 3 * _HOUR_US
SLOTS_KEPT = 64
SLOTS_TO_COVER = 3
"""One flight there is no custom: three spans of 3 h are two passages of a day at least."""
QUIET_US = 24 * _HOUR_US
SILENT_US = 30 * _SECOND_US
"""A feed that gave no report that counts for so long is silent, whatever the reason."""
FORGOTTEN_US = 90 * 24 * _HOUR_US
FEEDS_MAX = 32
KEYS_MAX = 100_000
"""In all, 30 MB; 3 million km² in four bands each."""
FEED_KEYS_MAX = KEYS_MAX // 2

BAND_EDGES_M = (300.0, 1_000.0, 3_000.0, 6_000.0, 9_000.0, 12_000.0)
BANDS = len(BAND_EDGES_M) + 1
DOUBT_M: dict[AltitudeReference, float] = {"AMSL": 0.0, "AGL": 0.0, "WGS84": 110.0, "STD": 300.0}
"""How far a number may be from the height above the sea: the geoid (110 m), and air pressure up to
1,049 hPa (300 m); a band is thousands of metres, and its edges are no sharper than this."""
_MASK = (1 << SLOTS_KEPT) - 1
_ROUND = 3_600
_CELLS_IN = tuple(cells_in(row) for row in range(ROWS))


@dataclass(slots=True)
class Seen:
    """What one feed reported of one cell and band.

    Attributes:
        reports: how many.
        last_us: when the last one came in.
        slot: the newest span of `SLOT_US` in which there was one.
        slots: bit k: there was one in the span k before that.
        usual: whether it was ever in enough spans to be covered.
    """

    reports: int
    last_us: int
    slot: int
    slots: int
    usual: bool

    def take(self, now_us: int) -> None:
        """Take in one more report."""
        self.reports += 1
        back = self.slot - now_us // SLOT_US
        if back == 0:
            # Nearly always: the bit stands.
            if now_us > self.last_us:
                self.last_us = now_us
            return
        if back >= SLOTS_KEPT:
            # Dated by a clock that was days ahead: it would stand as the newest until then.
            self.slot, self.slots, self.last_us, self.usual = now_us // SLOT_US, 1, now_us, False
            return
        if back < 0:
            self.slots = (self.slots << min(-back, SLOTS_KEPT)) & _MASK | 1
            self.slot -= back
        else:
            self.slots |= 1 << back
        if now_us > self.last_us:
            self.last_us = now_us
        if not self.usual:
            self.usual = self.slots.bit_count() >= SLOTS_TO_COVER

    def covers(self, now_us: int) -> bool:
        """Whether reports from there are usual, so far as the time now tells."""
        if not -SILENT_US <= now_us - self.last_us <= QUIET_US:
            return False
        gone = max(now_us // SLOT_US - self.slot, 0)
        return (self.slots << gone & _MASK).bit_count() >= SLOTS_TO_COVER


@dataclass(slots=True)
class FeedSeen:
    """What one feed reported: since when, when last, and where.

    Attributes:
        began_us: when its first report that counts came in.
        last_us: when the last one did.
        reports: how many.
        seen: by the number of cell, scale and band.
    """

    began_us: int
    last_us: int
    reports: int = 0
    seen: dict[int, Seen] = field(default_factory=dict)

    def is_heard(self, now_us: int) -> bool:
        """Whether it gave a report that counts within `SILENT_US`."""
        return abs(now_us - self.last_us) <= SILENT_US

    def word(self, key: int, now_us: int) -> Word:
        """Return the word of one cell and band by this feed."""
        seen = self.seen.get(key)
        if seen is None:
            return "no history"
        if seen.covers(now_us):
            return "covered" if self.is_heard(now_us) else "feed silent"
        return "quiet" if seen.usual else "seen"


class Coverage:
    """What all feeds of a node reported, by feed.

    Attributes:
        feeds: by name.
        refused: reports from new cells, or new feeds, for which there was no room.
        forgotten: cells and bands dropped to make room.
        lost: why what was kept before this start is not here; "" where nothing was lost.
    """

    def __init__(self) -> None:
        """Begin with no history."""
        self.feeds: dict[str, FeedSeen] = {}
        self.refused = 0
        self.forgotten = 0
        self.lost = ""
        self._count = 0
        self._made_room_us = US_MIN

    def __len__(self) -> int:
        """How many cells and bands are kept, each once per feed."""
        return self._count

    @property
    def full(self) -> bool:
        """Whether some report found no room."""
        return self.refused > 0

    def note(
        self,
        feed: str,
        lat_deg: float,
        lon_deg: float,
        altitude_m: float,
        reference: AltitudeReference,
        now_us: int,
    ) -> None:
        """Take in one report that is believed, as of when it came in.

        >>> coverage = Coverage()
        >>> for hour in (0, 3, 6):
        ...     coverage.note("radar", 35.05, 38.02, 2_000.0, "AMSL", hour * 3_600_000_000)
        >>> key = key_of(cell_at(35.05, 38.02), "sea", 2)
        >>> [coverage.word([key], (6 * 3_600 + age) * 1_000_000) for age in (10, 42, 90_000)]
        ['covered', 'feed silent', 'quiet']
        """
        ground = 8 if reference == "AGL" else 0
        band = bisect_right(BAND_EDGES_M, altitude_m + DOUBT_M[reference])
        key = cell_at(lat_deg, lon_deg) * 16 + ground + band  # `key_of`, at each report
        known = self.feeds.get(feed)
        if known is None:
            if len(self.feeds) >= FEEDS_MAX and not self._dropped_feed(now_us):
                self.refused += 1
                return
            known = self.feeds[feed] = FeedSeen(now_us, now_us)
        known.reports += 1
        known.last_us = now_us
        seen = known.seen.get(key)
        if seen is not None:
            seen.take(now_us)
        elif self._has_room(known, now_us):
            known.seen[key] = Seen(1, now_us, now_us // SLOT_US, 1, usual=False)
            self._count += 1
        else:
            self.refused += 1

    def _dropped_feed(self, now_us: int) -> bool:
        """Drop the feed that was silent for longest, if that is longer than anything is kept."""
        name = min(self.feeds, key=lambda each: (self.feeds[each].last_us, each))
        if now_us - self.feeds[name].last_us <= FORGOTTEN_US:
            return False
        gone = self.feeds.pop(name)
        self._count -= len(gone.seen)
        self.forgotten += len(gone.seen)
        return True

    def _has_room(self, known: FeedSeen, now_us: int) -> bool:
        if self._count < KEYS_MAX and len(known.seen) < FEED_KEYS_MAX:
            return True
        if now_us - self._made_room_us < _HOUR_US:
            return False
        self._made_room_us = now_us
        # First what never became usual and was not seen for a day, then what is long over.
        for feed in self.feeds.values():
            kept = {key: seen for key, seen in feed.seen.items() if _is_kept(seen, now_us)}
            self.forgotten += len(feed.seen) - len(kept)
            feed.seen = kept
        self._count = sum(len(feed.seen) for feed in self.feeds.values())
        return self._count < KEYS_MAX and len(known.seen) < FEED_KEYS_MAX

    # ---- what is asked --------------------------------------------------------------------------

    @property
    def learnt(self) -> bool:
        """Whether any cell was ever covered."""
        return any(seen.usual for feed in self.feeds.values() for seen in feed.seen.values())

    def silent_names(self, now_us: int) -> tuple[str, ...]:
        """Return the feeds that are silent now."""
        return tuple(name for name, f in sorted(self.feeds.items()) if not f.is_heard(now_us))

    def covered_cells(self, feed: str, now_us: int) -> int:
        """Return how many cells a feed covers in some band while it is heard."""
        seen = self.feeds[feed].seen
        return len({key >> 4 for key, each in seen.items() if each.covers(now_us)})

    def word(self, keys: Iterable[int], now_us: int) -> Word:
        """Return the worst word of some cells and bands, each by the feed that is best there."""
        found = self.tally(dict.fromkeys(keys, 1.0), now_us)
        return next((word for word in reversed(WORDS) if word in found), "no history")

    def tally(self, weights: Mapping[int, float], now_us: int) -> dict[Word, float]:
        """Return how much of some cells and bands has which word, by the feed that is best there.

        Args:
            weights: how much each counts: 1, or the metres of a line in it.
            now_us: the time.
        """
        # The word where it covers stands first, so that the places of the words are compared.
        feeds = [(f.seen.get, 0 if f.is_heard(now_us) else 1) for f in self.feeds.values()]
        found = [0.0] * len(WORDS)
        for key, weight in weights.items():
            best = len(WORDS) - 1
            for get, covering in feeds:
                seen = get(key)
                if seen is None:
                    continue
                if seen.covers(now_us):
                    best = min(best, covering)
                else:
                    best = min(best, 2 if seen.usual else 3)
            found[best] += weight
        return {word: amount for word, amount in zip(WORDS, found, strict=True) if amount}

    # ---- what is kept over a restart ------------------------------------------------------------

    def rows(self) -> FeedRows:
        """Return all that is kept, as whole numbers: what `of_rows` takes.

        By feed: began_us, last_us and reports; then rows of key, reports, last_us, slot, slots and
        usual (0 or 1), by key.
        """
        return {
            name: (
                (feed.began_us, feed.last_us, feed.reports),
                [
                    (key, each.reports, each.last_us, each.slot, each.slots, int(each.usual))
                    for key, each in sorted(feed.seen.items())
                ],
            )
            for name, feed in sorted(self.feeds.items())
        }

    @classmethod
    def of_rows(cls, rows: FeedRows) -> Coverage:
        """Return what was kept.

        Raises:
            InputFault: a number that cannot have been written; nothing of it is believed then.
        """
        coverage = cls()
        if len(rows) > FEEDS_MAX:
            raise InputFault("coverage feeds", value=len(rows), wanted=f"at most {FEEDS_MAX}")
        for name, ((began_us, last_us, reports), seen) in rows.items():
            if not all(US_MIN <= at_us <= US_MAX for at_us in (began_us, last_us)) or reports < 1:
                wanted = "times from 1900 to 2100, and one report or more"
                raise InputFault(f"coverage of feed {name}", value=began_us, wanted=wanted)
            feed = coverage.feeds[name] = FeedSeen(began_us, last_us, reports)
            for row in seen:
                feed.seen[row[0]] = _checked(row)
            if len(feed.seen) < len(seen) or len(seen) > FEED_KEYS_MAX:
                wanted = f"each cell and band once, at most {FEED_KEYS_MAX}"
                raise InputFault(f"coverage rows of {name}", value=len(seen), wanted=wanted)
            coverage._count += len(seen)
        if coverage._count > KEYS_MAX:
            raise InputFault("coverage rows", value=coverage._count, wanted=f"at most {KEYS_MAX}")
        return coverage


def _is_kept(seen: Seen, now_us: int) -> bool:
    return now_us - seen.last_us <= (FORGOTTEN_US if seen.usual else QUIET_US)


def _checked(row: Row) -> Seen:
    key, reports, last_us, slot, slots, usual = row
    cell, rest = divmod(key, 16)
    lat_row, column = divmod(cell, _ROUND)
    good = (
        0 <= lat_row < ROWS
        and column < _CELLS_IN[lat_row]
        and rest % 8 < BANDS
        and reports >= 1
        and US_MIN <= last_us <= US_MAX
        and slot == last_us // SLOT_US
        and 0 < slots <= _MASK
        and slots & 1
        and usual in (0, 1)
        and (usual or slots.bit_count() < SLOTS_TO_COVER)
    )
    if not good:
        wanted = "cell and band, reports, last time, its span, the spans, usual or not"
        raise InputFault("coverage row", value=str(row), wanted=wanted)
    return Seen(reports, last_us, slot, slots, usual=bool(usual))


# ---- cells and bands ----------------------------------------------------------------------------


def cell_at(lat_deg: float, lon_deg: float) -> int:
    """Return the number of the cell of a place, as `flown_area.cell_of` gives it.

    >>> cell_at(-90.0, 0.0) // 3600, cell_at(90.0, 0.0) // 3600
    (0, 1799)
    """
    row = int((lat_deg + 90.0) / ROW_DEG)
    if row >= ROWS:
        row = ROWS - 1
    count = _CELLS_IN[row]
    return row * _ROUND + int((lon_deg + 180.0) / 360.0 * count) % count


def band_of(altitude_m: float, reference: AltitudeReference) -> int:
    """Return the band in which a reported height counts: of two that are possible the upper one.

    >>> band_of(250.0, "AMSL"), band_of(250.0, "WGS84"), band_of(2_900.0, "STD")
    (0, 1, 3)
    """
    return bisect_right(BAND_EDGES_M, altitude_m + DOUBT_M[reference])


def band_limits_m(band: int) -> tuple[float | None, float | None]:
    """Return from where to where a band goes; None: as far down, or up, as there is air."""
    lower_m = BAND_EDGES_M[band - 1] if band else None
    return lower_m, BAND_EDGES_M[band] if band < len(BAND_EDGES_M) else None


def key_of(cell: int, scale: Scale, band: int) -> int:
    """Return the number of a cell with a scale and a band."""
    return cell * 16 + (8 if scale == "ground" else 0) + band


def parts_of(key: int) -> tuple[int, Scale, int]:
    """Return cell, scale and band of a number.

    >>> parts_of(key_of(1_234_567, "ground", 3))
    (1234567, 'ground', 3)
    """
    return key >> 4, "ground" if key & 8 else "sea", key & 7


def bands_within(lower: VerticalLimit, upper: VerticalLimit) -> tuple[Scale, range]:
    """Return the scale and the bands that a volume has a part of, whatever its references leave.

    Above the ground only where the upper limit is, and the lower is that or the surface. Without
    an upper limit the question ends at 12,000 m; a limit that is above the ground, beside one above
    the sea, bounds nothing.

    >>> top = VerticalLimit(value_m=3_000.0, reference="AMSL")
    >>> bands_within(VerticalLimit(value_m=None, reference="SFC"), top)
    ('sea', range(0, 3))
    """
    ground = upper.reference == "AGL" and lower.reference in ("AGL", "SFC")
    low_m, high_m = -math.inf, BAND_EDGES_M[-1]
    if lower.value_m is not None and (ground or lower.reference != "AGL"):
        low_m = lower.value_m - _doubt_m(lower)
    if upper.value_m is not None and (ground or upper.reference != "AGL"):
        high_m = upper.value_m + _doubt_m(upper)
    first, last = bisect_right(BAND_EDGES_M, low_m), bisect_left(BAND_EDGES_M, high_m)
    return "ground" if ground else "sea", range(first, max(first, last) + 1)


def _doubt_m(limit: VerticalLimit) -> float:
    return next((doubt_m for name, doubt_m in DOUBT_M.items() if name == limit.reference), 0.0)


def corners_deg(cell: int) -> tuple[float, float, float, float]:
    """Return the south, north, west and east edge of a cell in degrees; none is across 180.

    >>> corners_deg(cell_at(35.05, 179.99))[:2]
    (35.0, 35.1)
    """
    row, column = divmod(cell, _ROUND)
    width_deg = 360.0 / _CELLS_IN[row]
    south_deg, west_deg = row * ROW_DEG - 90.0, column * width_deg - 180.0
    return (
        round(south_deg, 9),
        round(south_deg + ROW_DEG, 9),
        round(west_deg, 9),
        round(west_deg + width_deg, 9),
    )


def rows_between(south_deg: float, north_deg: float) -> range:
    """Return the rows of cells that meet some latitudes."""
    first = cell_at(max(south_deg, -90.0), 0.0) // _ROUND
    return range(first, cell_at(min(north_deg, 90.0), 0.0) // _ROUND + 1)


def cells_between(row: int, west_deg: float, east_deg: float) -> Iterator[int]:
    """Yield the cells of a row that meet some longitudes, which may run on beyond 180."""
    count = _CELLS_IN[row]
    if east_deg - west_deg >= 360.0:
        yield from (row * _ROUND + column for column in range(count))
        return
    first = math.floor((west_deg + 180.0) / 360.0 * count)
    last = math.floor((east_deg + 180.0) / 360.0 * count)
    for column in dict.fromkeys(column % count for column in range(first, last + 1)):
        yield row * _ROUND + column


def edges_deg(cells: Iterable[int]) -> NDArray[np.float64]:
    """Return south, north, west and east of each cell: an array of shape (cells, 4), degrees."""
    return np.array([corners_deg(cell) for cell in cells], dtype=np.float64).reshape(-1, 4)
