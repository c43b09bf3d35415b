"""How many flights a day while a line was in one state and in another (S42).

Rules:
- Days and flights are counted in the spans in which the state is known; what lies outside is
  counted apart. A flight belongs to the span in which it begins.
- The ratio of two rates has its exact interval: given the sum of both counts, the first is binomial
  (J. Przyborowski, H. Wilenski, Biometrika 31, 1940), with the limits of C. J. Clopper, E. S.
  Pearson (Biometrika 26, 1934). It holds where flights come independently; where whole days differ
  more than that, the interval is too narrow, and the study says so.
- Two rates that differ differ. Nothing here says that the line's state made them: no causal claim.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from parley.world.faults import InputFault
from parley.world.time import format_second

NO_CAUSE = "no causal claim"
DAY_US = 86_400_000_000
LEVEL_SHARE = 0.95
SPREAD_WIDE_RATIO = 1.5
"""Daily counts whose variance is over this many times their mean do not come independently."""
_DAYS_MIN = 10
_HALVINGS = 200


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """From when to when a line was in a state, by whose word or evidence."""

    from_us: int
    to_us: int
    state: str
    source: str = ""


class RateRow(msgspec.Struct, frozen=True, kw_only=True):
    """Flights a day in one state; `spread_ratio`: variance by mean of whole days, 1 for chance."""

    state: str
    spans: int
    days: float
    flights: int
    per_day: float | None
    low_per_day: float | None
    high_per_day: float | None
    spread_ratio: float | None


class RatioRow(msgspec.Struct, frozen=True, kw_only=True):
    """The rate in one state by that in another, with its 95 % interval; None: not bounded."""

    state: str
    than: str
    ratio: float | None
    low_ratio: float
    high_ratio: float | None
    said: str


class ActivityStudy(msgspec.Struct, frozen=True, kw_only=True):
    """Rates by state, ratios of each two, and what is not in them."""

    party: str
    rates: tuple[RateRow, ...]
    ratios: tuple[RatioRow, ...]
    flights_outside: int
    warnings: tuple[str, ...]
    sources: tuple[str, ...]
    said: str = NO_CAUSE


def checked_spans(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return spans in order of time.

    Raises:
        InputFault: one that ends before it begins, or two at one time: a state must be one.
    """
    for each in spans:
        if each.to_us <= each.from_us:
            what = f"span of {each.state} to"
            wanted = f"after {format_second(each.from_us)}"
            raise InputFault(what, value=format_second(each.to_us), wanted=wanted)
    found = tuple(sorted(spans, key=lambda each: each.from_us))
    for one, two in pairwise(found):
        if two.from_us < one.to_us:
            value = f"{one.state} to {format_second(one.to_us)}, {two.state} from "
            value += format_second(two.from_us)
            repair = "give the spans of one source: two that contradict each other are two studies"
            raise InputFault("spans", value=value, wanted="none that overlap", repair=repair)
    return found


def study_activity(begins_us: Sequence[int], spans: Sequence[Span], party: str) -> ActivityStudy:
    """Return the rates of flights by the state of a line.

    Args:
        begins_us: when each flight began.
        spans: of the line's states, by one source.
        party: whose flights, for the heading.

    Raises:
        InputFault: spans that contradict each other, or none.
    """
    known = checked_spans(spans)
    if not known:
        raise InputFault("spans", value="none", wanted="one or more")
    states = sorted({each.state for each in known})
    inside = {
        state: [
            us
            for us in begins_us
            if any(s.from_us <= us < s.to_us for s in known if s.state == state)
        ]
        for state in states
    }
    rates = tuple(_rate(state, [s for s in known if s.state == state], inside[state])
                  for state in states)  # fmt: skip
    ratios = tuple(_ratio(one, two) for k, one in enumerate(rates) for two in rates[k + 1 :])
    return ActivityStudy(
        party=party,
        rates=rates,
        ratios=ratios,
        flights_outside=len(begins_us) - sum(map(len, inside.values())),
        warnings=tuple(_warnings(rates)),
        sources=tuple(sorted({each.source for each in known if each.source})),
    )


def _rate(state: str, spans: Sequence[Span], begins_us: Sequence[int]) -> RateRow:
    days = sum(each.to_us - each.from_us for each in spans) / DAY_US
    low, high = poisson_interval(len(begins_us))
    return RateRow(
        state=state,
        spans=len(spans),
        days=days,
        flights=len(begins_us),
        per_day=len(begins_us) / days,
        low_per_day=low / days,
        high_per_day=high / days,
        spread_ratio=_spread_ratio(spans, begins_us),
    )


def _spread_ratio(spans: Sequence[Span], begins_us: Sequence[int]) -> float | None:
    """Return the variance by the mean of the counts of whole days from each span's beginning."""
    counts = []
    for span in spans:
        days = (span.to_us - span.from_us) // DAY_US
        inside = [(us - span.from_us) // DAY_US for us in begins_us
                  if span.from_us <= us < span.from_us + days * DAY_US]  # fmt: skip
        counts += [inside.count(day) for day in range(days)]
    if len(counts) < _DAYS_MIN or not sum(counts):
        return None
    mean = sum(counts) / len(counts)
    return sum((each - mean) ** 2 for each in counts) / (len(counts) - 1) / mean


def _ratio(one: RateRow, two: RateRow) -> RatioRow:
    ratio, low, high = rate_ratio(one.flights, one.days, two.flights, two.days)
    holds_one = low <= 1.0 and (high is None or high >= 1.0)
    word = "no difference shown" if holds_one else "the rates differ"
    return RatioRow(
        state=one.state,
        than=two.state,
        ratio=ratio,
        low_ratio=low,
        high_ratio=high,
        said=f"{word}; {NO_CAUSE}",
    )


def _warnings(rates: Sequence[RateRow]) -> list[str]:
    found = [
        f"{each.state}: days differ more than chance lets them (spread {each.spread_ratio:.1f}): "
        "the intervals are too narrow"
        for each in rates
        if each.spread_ratio is not None and each.spread_ratio > SPREAD_WIDE_RATIO
    ]
    found += [
        f"{each.state}: {each.days:.1f} days are too few to see how much days differ"
        for each in rates
        if each.spread_ratio is None
    ]
    if len(rates) < 2:
        found.append("the line was in one state only: nothing to compare")
    return found


# ---- exact intervals ----------------------------------------------------------------------------


def _binomial_share(k: int, n: int, hit_share: float) -> float:
    """Return how often at most k of n come, each with chance hit_share."""
    if k >= n or hit_share <= 0.0:
        return 1.0
    if k < 0 or hit_share >= 1.0:
        return 0.0
    log_hit, log_miss = math.log(hit_share), math.log1p(-hit_share)
    whole = math.lgamma(n + 1)
    terms = (
        math.exp(
            whole - math.lgamma(j + 1) - math.lgamma(n - j + 1) + j * log_hit + (n - j) * log_miss
        )
        for j in range(k + 1)
    )
    return min(1.0, math.fsum(terms))


def _poisson_share(k: int, mean_count: float) -> float:
    if mean_count <= 0.0:
        return 1.0
    terms = (
        math.exp(j * math.log(mean_count) - mean_count - math.lgamma(j + 1)) for j in range(k + 1)
    )
    return min(1.0, math.fsum(terms))


def poisson_interval(count: int, level_share: float = LEVEL_SHARE) -> tuple[float, float]:
    """Return the exact interval of a mean of which `count` came (F. Garwood, Biometrika 28, 1936).

    >>> [round(x, 3) for x in poisson_interval(10)]
    [4.795, 18.39]
    """
    tail = (1.0 - level_share) / 2.0
    most = 10.0 * (count + 10.0)
    high = _edge_ratio(lambda mean: _poisson_share(count, mean) <= tail, 0.0, most)
    if count == 0:
        return 0.0, high
    low = _edge_ratio(lambda mean: 1.0 - _poisson_share(count - 1, mean) >= tail, 0.0, most)
    return low, high


def _edge_ratio(holds: object, low_ratio: float, high_ratio: float) -> float:
    """Return where a condition begins to hold, that holds from there on."""
    assert callable(holds)
    for _ in range(_HALVINGS):
        middle = (low_ratio + high_ratio) / 2.0
        if middle in (low_ratio, high_ratio) or high_ratio - low_ratio <= 1e-13 * high_ratio:
            break
        low_ratio, high_ratio = (low_ratio, middle) if holds(middle) else (middle, high_ratio)
    return high_ratio


def rate_ratio(
    count: int, days: float, other_count: int, other_days: float, level_share: float = LEVEL_SHARE
) -> tuple[float | None, float, float | None]:
    """Return the ratio of two rates and its exact interval; None: no bound, or nothing by nothing.

    >>> ratio, low, high = rate_ratio(30, 10.0, 10, 10.0)
    >>> ratio, round(low, 2), round(high, 2)
    (3.0, 1.43, 6.88)
    """
    n, tail = count + other_count, (1.0 - level_share) / 2.0
    low_p = high_p = None
    if count:
        low_p = _edge_ratio(lambda p: 1.0 - _binomial_share(count - 1, n, p) >= tail, 0.0, 1.0)
    if other_count:
        high_p = _edge_ratio(lambda p: _binomial_share(count, n, p) <= tail, 0.0, 1.0)
    scale = other_days / days
    low = 0.0 if low_p is None else scale * low_p / (1.0 - low_p)
    high = None if high_p is None or n == 0 else scale * high_p / (1.0 - high_p)
    ratio = None if not other_count else scale * count / other_count
    return ratio, low, high
