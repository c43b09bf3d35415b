"""Which live reports count as coverage, and the coverage that a node holds.

Rules:
- Only a report that the picture believes, of a track that is settled (three reports over 8 s) and
  doubted by nobody: no flag, no claim, not taken up again lately, nobody else at its exact place,
  not late. So an id that is made up for one report paints nothing.
- Each feed by itself, by the name that stands in the report. A feed speaks for itself: one that
  makes up whole flights makes up its own coverage, and no other's.
- Volatile here; `app` keeps it over a restart (`coverage_of`, `keep_coverage`). The record never
  depends on it.
"""

from __future__ import annotations

from parley.detect.coverage import Coverage
from parley.node.coasting import TAKEN_UP_SAID_US
from parley.node.picture import AHEAD_US, STALE_US, Aircraft
from parley.node.state import State
from parley.world.limits import NAME_CHARACTERS_MAX

UNNAMED = "unnamed"
"""All feeds together that give no name, or one that nobody could read back."""
_VIEW = "coverage"


def coverage_of(state: State) -> Coverage:
    """Return where the feeds of this node have reported."""
    known = state.views.get(_VIEW)
    if known is None:
        known = (None, Coverage())
        state.views[_VIEW] = known
    assert isinstance(known[1], Coverage)
    return known[1]


def keep_coverage(state: State, coverage: Coverage) -> None:
    """Begin with what was kept over a restart."""
    state.views[_VIEW] = (None, coverage)


def note(state: State, aircraft: Aircraft, now_us: int) -> None:
    """Take the newest believed report of an aircraft into the coverage, if it counts."""
    last = aircraft.last
    if not -AHEAD_US <= now_us - last.at_us <= STALE_US or not aircraft.settled:
        return
    if aircraft.claim is not None:
        return
    if aircraft.flag is not None and aircraft.flag.stands(now_us):
        return
    if aircraft.taken_up is not None and now_us - aircraft.taken_up[0] <= TAKEN_UP_SAID_US:
        return
    if len(state.picture.at_place.get((last.lat_deg, last.lon_deg), ())) > 1:
        return
    coverage_of(state).note(
        _name(last.feed),
        last.lat_deg,
        last.lon_deg,
        last.altitude_m,
        last.altitude_reference,
        now_us,
    )


def _name(feed: str | None) -> str:
    if not feed or len(feed) > NAME_CHARACTERS_MAX or not feed.isprintable():
        return UNNAMED
    return feed
