"""The two states of a zone, computed, and what is shown to others.

Rules:
- A zone has an activity and a promulgation, never one state (NORMS 5).
- Requested is not issued, issued is not in force before its window, nothing unconfirmed is cold.
- Under rules versions before 4 a zone goes by its owner's word alone; from 4 on schedules, clauses
  and windows in force count too (`zone_agreed`).
"""

from __future__ import annotations

import msgspec

from parley.node.rules.peering import link_state
from parley.node.rules.zone_acts import (
    ZONE_TERMS_SINCE,
    ZoneAct,
    acts_of,
    believed,
    counts,
    known_by,
    owner_absent,
)
from parley.node.rules.zone_agreed import agreed_states
from parley.node.state import Scope, State
from parley.world.norms import norms
from parley.world.zone import Activity, Promulgation, Zone, shown_activity


class ZoneView(msgspec.Struct, frozen=True, kw_only=True):
    """A zone at an instant, as this node knows it under one agreement.

    `silent`: parties that were not heard for too long, or whose own entries tell of others that do
    not come, so that their word of cold does not count;
    `open_request`: whether something is asked for that no confirmation followed.
    """

    zone: str
    agreement: str
    at_us: int
    activity: str
    promulgation: str
    shown: str
    from_us: int | None
    to_us: int | None
    owner: str | None
    because: tuple[str, ...]
    version: int = 1
    silent: tuple[str, ...] = ()
    open_request: bool = False


def zone_view(state: State, scope: Scope, zone: Zone, now_us: int) -> ZoneView:
    """Return both states of a zone at an instant, and what is shown to others."""
    if scope.rules.version >= ZONE_TERMS_SINCE:
        return _agreed_view(state, scope, zone, now_us)
    said = [act for act in acts_of(scope, zone.id) if known_by(state, act, now_us)]
    every = believed(state, scope, zone, said)
    absent = owner_absent(state, scope, zone)
    acts = [act for act in every if counts(zone, act, every, absent=absent)]
    promulgation, from_us, to_us = _promulgation(zone, acts, now_us)
    activity, open_request = _activity(acts, now_us)
    silent = _owner_silent(state, zone, now_us)
    shown = shown_activity(
        msgspec.convert(activity, Activity),
        promulgation=msgspec.convert(promulgation, Promulgation),
        owner_link_down_past_limit=silent,
        open_request_without_cold=open_request,
    )
    because = tuple(f"{act.value} by {act.party}" for act in acts)
    return ZoneView(
        zone=zone.id,
        agreement=scope.agreement_id,
        at_us=now_us,
        activity=activity,
        promulgation=promulgation,
        shown=shown,
        from_us=from_us,
        to_us=to_us,
        owner=zone.owner,
        because=because,
        version=zone.version,
        silent=(zone.owner,) if silent and zone.owner is not None else (),
        open_request=open_request,
    )


def _agreed_view(state: State, scope: Scope, zone: Zone, now_us: int) -> ZoneView:
    found = agreed_states(state, scope, zone, now_us)
    return ZoneView(
        zone=zone.id,
        agreement=scope.agreement_id,
        at_us=now_us,
        activity=found.activity,
        promulgation=found.promulgation,
        shown=found.shown,
        from_us=found.from_us,
        to_us=found.to_us,
        owner=zone.owner,
        because=found.because,
        version=zone.version,
        silent=found.silent,
        open_request=found.open_request,
    )


def _owner_silent(state: State, zone: Zone, now_us: int) -> bool:
    """Whether the owner is a peer that was not heard for too long, or not yet since we started."""
    if zone.owner is None or zone.owner == state.party or zone.owner not in state.identity.peers:
        return False
    _, heard_us = link_state(state, zone.owner, now_us)
    limit_us = norms().zone.owner_silent_after_s * 1_000_000
    return heard_us is None or now_us - heard_us > limit_us


def _promulgation(
    zone: Zone, acts: list[ZoneAct], now_us: int
) -> tuple[str, int | None, int | None]:
    said = [act for act in acts if act.what == "promulgation"]
    # A standing zone of the agreed text was confirmed by signing; one with hours was not yet.
    standing = zone.from_us is None and zone.to_us is None and not zone.asserted_by
    if not said:
        return ("in force" if standing else "draft"), zone.from_us, zone.to_us
    last = said[-1]
    from_us, to_us = _hours(zone, said)
    done = [act for act in said if act.value in ("issued", "ended")]
    if not done and standing:
        # What both have signed is not undone by asking for it again.
        return "in force", zone.from_us, zone.to_us
    if not done or (last not in done and _is_over(zone, said, done[-1], now_us)):
        return last.value, from_us, to_us
    # A request or draft after the issue asks for something new: until it is issued the old holds.
    upto = said[: said.index(done[-1]) + 1]
    from_us, to_us = _hours(zone, upto)
    if done[-1].value == "ended" or (to_us is not None and now_us >= to_us):
        return "ended", from_us, to_us
    begun = from_us is None or now_us >= from_us
    return ("in force" if begun else "issued"), from_us, to_us


def _hours(zone: Zone, said: list[ZoneAct]) -> tuple[int | None, int | None]:
    """Return the window of the last act that names one, else that of the zone."""
    windows = [act for act in said if act.from_us is not None]
    if not windows:
        return zone.from_us, zone.to_us
    return windows[-1].from_us, windows[-1].to_us


def _is_over(zone: Zone, said: list[ZoneAct], issue: ZoneAct, now_us: int) -> bool:
    """Whether what was issued has ended, so that a later request stands for itself."""
    _, to_us = _hours(zone, said[: said.index(issue) + 1])
    return issue.value == "ended" or (to_us is not None and now_us >= to_us)


def _activity(acts: list[ZoneAct], now_us: int) -> tuple[str, bool]:
    """Return the activity at an instant, and whether it is asked to be cold without an answer.

    Of all that is said about this instant the latest said holds; a window that has ended says
    nothing more, so that without anything after it the activity is unknown, which reads hot.
    """
    said = [
        act
        for act in acts
        if act.what == "activity"
        # What begins as it is said has begun, by whichever clock that is.
        and (act.from_us or 0) <= max(now_us, act.order[0])
        and (act.to_us is None or now_us < act.to_us)
    ]
    asked = [act.order for act in acts if act.what == "release" and act.order[0] <= now_us]
    cold = [act.order for act in acts if act.what == "activity" and act.value == "cold"]
    open_request = bool(asked) and (not cold or max(cold) < max(asked))
    if not said:
        return "unknown", open_request
    last = said[-1]
    # A lasting word said before a window is not taken up again when the window has ended: after
    # "cold", "hot from 10 to 11" leaves nobody's word for half past 11.
    over = [
        act
        for act in acts
        if act.what == "activity"
        and act.to_us is not None
        and act.to_us <= now_us
        and act.order > last.order
    ]
    if over and last.to_us is None:
        return "unknown", open_request
    return last.value, open_request
