"""Conformance, margins to lines and the known area as they are shown everywhere.

Rules:
- Of another party's flight only what that party's log says, with when; of an own one what its
  reports say too. A flight without a report is "not known", never inside.
- A margin without time is None, and so is one of which only a bound is known: the bound is told.
  What was not looked at is told.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from parley.node.intent_table import Held
from parley.node.rules.conformance_watch import (
    CONFORMANCE_SINCE,
    Watched,
    newest_observed,
    watches_of,
)
from parley.node.rules.intent_record import read_intents
from parley.node.rules.line_margins import NEAR_M, DayMargins, margins_of
from parley.node.rules.unusual_flights import LEARN_S, flown_of
from parley.node.state import Scope, State, written_us
from parley.node.warning_bodies import ConformanceObserved
from parley.world.intent import IntentState
from parley.world.norms import norms
from parley.world.time import format_second

SHOWN_MAX = 1_000
Beyond = Literal["", "at least", "at least beyond"]
"""What is known of a margin outside of what is kept: on its own side of the line, or beyond it."""
_OPEN = (IntentState.ACTIVATED, IntentState.NONCONFORMING, IntentState.CONTINGENT)


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


class ConformanceShown(_View, frozen=True, kw_only=True):
    """One flight against one intent.

    `said`: what its party's log says last, since when, and when that was written; "" where nothing
    was said, which is no word of being inside. `seen`: what this node sees of an own flight:
    inside, outside, undecided, not known, or doubted (its place is); "" of others. `share`: of the
    time that is known; None where none is.
    """

    agreement: str
    intent: str
    party: str
    flight: str
    state: str
    said: str
    what: tuple[str, ...] = ()
    since_us: int | None = None
    written_us: int | None = None
    horizontal_m: float = 0.0
    vertical_m: float = 0.0
    off_s: float = 0.0
    seen: str = ""
    seen_at_us: int | None = None
    leaves_in_s: float | None = None
    leaves_after_m: float | None = None
    share: float | None = None
    wanted_share: float = 0.0
    known_s: float = 0.0
    watched_from_us: int | None = None
    text: str = ""


class MarginShown(_View, frozen=True, kw_only=True):
    """How near one party flew to one line on one day, by this node's own looks since it started.

    `p5_m`, `p50_m`: None without time, and where no more is known than that it is at least
    `reach_m` from the line, or at least that far beyond it: `p5_beyond`, `p50_beyond` say which.
    """

    agreement: str
    line: str
    party: str
    day: str
    flown_s: float
    p5_m: float | None
    p5_beyond: Beyond
    p50_m: float | None
    p50_beyond: Beyond
    reach_m: float
    least_m: float | None
    least_at_us: int | None
    least_flight: str
    near_m: float
    near_s: float
    near_most_s: float
    beyond_ends_s: float
    crossings: int


class DwellShown(_View, frozen=True, kw_only=True):
    """How long one flight is near one line: now, at most, and in all."""

    agreement: str
    line: str
    flight: str
    last_us: int
    now_s: float
    longest_s: float
    total_s: float


class FlownShown(_View, frozen=True, kw_only=True):
    """The area in which own flights were ever seen, and whether it is asked about yet."""

    cells: int
    flown_h: float
    learns: bool
    full: bool
    text: str


class ConformanceView(_View, frozen=True, kw_only=True):
    """All of it; `left_out` flights and dwells are not listed, the oldest first."""

    flights: tuple[ConformanceShown, ...]
    margins: tuple[MarginShown, ...]
    dwells: tuple[DwellShown, ...]
    flown: FlownShown
    left_out: int


def conformance_view(state: State, now_us: int) -> ConformanceView:
    """Return conformance, margins and the known area under every agreement of these rules."""
    scopes = [
        (name, state.scope(name))
        for name in sorted(state.agreements)
        if state.scope(name).rules.version >= CONFORMANCE_SINCE
    ]
    flights = [each for name, scope in scopes for each in _flights(state, name, scope, now_us)]
    dwells = [each for name, scope in scopes for each in _dwells(name, scope)]
    dwells.sort(key=lambda each: (-each.last_us, each.agreement, each.line, each.flight))
    left_out = max(0, len(flights) - SHOWN_MAX) + max(0, len(dwells) - SHOWN_MAX)
    return ConformanceView(
        flights=tuple(flights[:SHOWN_MAX]),
        margins=tuple(each for name, scope in scopes for each in _margins(name, scope)),
        dwells=tuple(dwells[:SHOWN_MAX]),
        flown=_flown(state),
        left_out=left_out,
    )


def conformance_text(state: State, name: str, held: Held, now_us: int) -> str:
    """Return the words about one intent's flight; "" where there is nothing to say."""
    scope = state.scope(name)
    if scope.rules.version < CONFORMANCE_SINCE or held.state not in _OPEN:
        return ""
    return _shown(state, name, scope, held, now_us).text


def _flights(state: State, name: str, scope: Scope, now_us: int) -> list[ConformanceShown]:
    held = read_intents(state, scope).held
    return [
        _shown(state, name, scope, each, now_us)
        for _, each in sorted(held.items())
        if each.state in _OPEN
    ]


def _shown(state: State, name: str, scope: Scope, held: Held, now_us: int) -> ConformanceShown:
    entry = newest_observed(scope).get(held.name)
    body = entry.body if entry is not None else None
    assert body is None or isinstance(body, ConformanceObserved)
    watch = None
    if held.party == state.party:
        watch = watches_of(scope).watched.get((held.flight, held.audience))
    seen = _seen(state, held, watch, now_us) if held.party == state.party else ""
    shown = ConformanceShown(
        agreement=name,
        intent=held.id,
        party=held.party,
        flight=held.flight,
        state=held.state.value,
        said=body.state if body is not None else "",
        what=tuple(body.what) if body is not None else (),
        since_us=body.since_us if body is not None else None,
        written_us=written_us(entry) if entry is not None else None,
        horizontal_m=body.horizontal_mm / 1000 if body is not None else 0.0,
        vertical_m=body.vertical_mm / 1000 if body is not None else 0.0,
        off_s=body.late_ms / 1e3 if body is not None else 0.0,
        seen=seen,
        seen_at_us=watch.last[0] if watch is not None and watch.last is not None else None,
        leaves_in_s=watch.leaves.in_s if watch is not None and watch.leaves else None,
        leaves_after_m=watch.leaves.ground_m if watch is not None and watch.leaves else None,
        share=watch.share if watch is not None else None,
        wanted_share=norms().conformance.share,
        known_s=watch.known_us / 1e6 if watch is not None else 0.0,
        watched_from_us=watch.watched_from_us if watch is not None else None,
    )
    return msgspec.structs.replace(shown, text=_text(shown))


def _seen(state: State, held: Held, watch: Watched | None, now_us: int) -> str:
    aircraft = state.picture.aircraft.get(held.flight)
    flag = aircraft.flagged(now_us) if aircraft is not None else None
    if flag is not None and flag.place_doubtful:
        return "doubted"
    return watch.word(now_us) if watch is not None else "not known"


def _text(shown: ConformanceShown) -> str:
    """Return one line of words, as the command prints it."""
    found = []
    if shown.said == "outside" and shown.since_us is not None:
        away = [f"{shown.horizontal_m:.0f} m"] if "place" in shown.what else []
        away += [f"{shown.vertical_m:.0f} m in height"] if "height" in shown.what else []
        late = "early" if shown.off_s < 0 else "late"
        away += [f"{abs(shown.off_s):.0f} s {late}"] if "time" in shown.what else []
        found.append(f"OUTSIDE since {format_second(shown.since_us)} ({', '.join(away)} when told)")
    elif shown.said:
        found.append(f"said to be {shown.said}")
    if shown.seen:
        found.append(f"seen {shown.seen}" if shown.seen != "not known" else "place NOT KNOWN")
    if shown.leaves_in_s is not None and shown.seen == "inside":
        found.append(
            f"leaves in {shown.leaves_in_s:.0f} s, after {shown.leaves_after_m:.0f} m, straight on"
        )
    if shown.share is not None:
        word = "" if shown.share >= shown.wanted_share else ", BELOW WHAT IS WANTED"
        # Downwards: what is a little below the share that is wanted must not read as that share.
        percent = math.floor(shown.share * 1000) / 10
        found.append(f"inside {percent:.1f} % of {shown.known_s:.0f} s known{word}")
    return ", ".join(found)


def _margins(name: str, scope: Scope) -> list[MarginShown]:
    return [
        _margin(name, line, party, day, kept)
        for (line, party, day), kept in sorted(margins_of(scope).days.items())
    ]


def _margin(name: str, line: str, party: str, day: str, kept: DayMargins) -> MarginShown:
    from parley.detect.margin_bins import REACH_M

    p5_m, p5_beyond = _known(kept.bins.quantile_m(0.05))
    p50_m, p50_beyond = _known(kept.bins.quantile_m(0.5))
    return MarginShown(
        agreement=name,
        line=line,
        party=party,
        day=day,
        flown_s=kept.bins.total_s,
        p5_m=p5_m,
        p5_beyond=p5_beyond,
        p50_m=p50_m,
        p50_beyond=p50_beyond,
        reach_m=REACH_M,
        least_m=kept.least_m,
        least_at_us=kept.least_at_us if kept.least_m is not None else None,
        least_flight=kept.least_flight,
        near_m=NEAR_M,
        near_s=kept.near_s,
        near_most_s=kept.near_most_s,
        beyond_ends_s=kept.beyond_ends_s,
        crossings=kept.crossings,
    )


def _known(margin_m: float | None) -> tuple[float | None, Beyond]:
    """Return a margin as far as it is known: of one that is further than is kept no number."""
    if margin_m is None or math.isfinite(margin_m):
        return margin_m, ""
    return None, "at least" if margin_m > 0.0 else "at least beyond"


def _dwells(name: str, scope: Scope) -> list[DwellShown]:
    return [
        DwellShown(
            agreement=name,
            line=line,
            flight=flight,
            last_us=dwell.last_us,
            now_s=dwell.now_us() / 1e6,
            longest_s=dwell.longest_us / 1e6,
            total_s=dwell.total_us / 1e6,
        )
        for line, flights in sorted(margins_of(scope).dwells.items())
        for flight, dwell in sorted(flights.items())
        if dwell.near_looks
    ]


def _flown(state: State) -> FlownShown:
    area = flown_of(state)
    hours, learns = area.flown_s / 3_600, area.flown_s < LEARN_S
    text = f"{len(area)} cells of 11 km from {hours:.1f} flight hours"
    if learns:
        text += f"; LEARNING until {LEARN_S / 3_600:.0f} hours: no flight is asked about yet"
    if area.full:
        text += f"; FULL: {area.refused} places were not learnt"
    return FlownShown(cells=len(area), flown_h=hours, learns=learns, full=area.full, text=text)
