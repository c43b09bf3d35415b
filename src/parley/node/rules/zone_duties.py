"""What zones make due and raise: a draft notice as soon as one is hot, requests nobody answered.

Rules:
- Whose zone is hot, by its own word or its hazard notice, and not told to others by an issue that
  is in force, has the draft of a notice at once: an airspace that stays open is decided by somebody
  and not by nobody (PS752, 2020). A draft is confirmed to nobody: it changes nothing that is shown.
- A zone that is asked for and not issued when its window comes near is told at the posts of who
  asked, of whom it was asked of, and of its owner (range R295, 1998: asked for, and never issued).
- A release that was asked for and is not confirmed cold in its time is told likewise.
- A zone that is said hot with less notice than agreed is told once to everybody else.

What does not live here: the states themselves (`zone_states`); sending a notice.
"""

from __future__ import annotations

from collections.abc import Iterator

from parley.node.entries import Draft, ZonePromulgation
from parley.node.rules.alarm_raised import Raised, place_name, shown
from parley.node.rules.zone_acts import HAZARD_TYPE, ZONE_TERMS_SINCE, ZoneAct, late_s
from parley.node.rules.zone_agreed import ZoneSaid
from parley.node.rules.zones import zones_of
from parley.node.state import Scope, State
from parley.world.agreement import Agreement
from parley.world.norms import norms
from parley.world.time import format_second
from parley.world.units import MICROSECONDS_PER_SECOND
from parley.world.zone import Zone

_OPEN_OF_ZONE_MAX = 4
"""Requests of one zone that are told apart; a peer may ask without end."""


def due(state: State, now_us: int) -> list[Draft]:
    """Return the draft notices of own zones that are hot and of which nobody was told."""
    drafts = []
    for name in sorted(state.agreements):
        scope = state.scope(name)
        if scope.rules.version < ZONE_TERMS_SINCE:
            continue
        for zone in _spoken_of(state, scope, now_us):
            hot = _untold(state, scope, zone, now_us) if zone.owner == state.party else None
            if hot is not None:
                body = ZonePromulgation(
                    zone=zone.id, promulgation="draft", from_us=hot.from_us, to_us=hot.to_us
                )
                drafts.append(Draft(agreement=name, by="system", body=body))
    return drafts


def next_due_us(state: State, now_us: int) -> Iterator[int]:
    """Yield when time alone may make a draft due: a window that told others of a zone ends."""
    for name in sorted(state.agreements):
        scope = state.scope(name)
        if scope.rules.version < ZONE_TERMS_SINCE:
            continue
        for zone in _spoken_of(state, scope, now_us):
            if zone.owner != state.party:
                continue
            said = ZoneSaid(state, scope, zone, now_us)
            if not any(act.value == "hot" for act in said.words.get(state.party, ())):
                continue
            ends = {act.to_us for act in said.promulgations} | {zone.from_us, zone.to_us}
            yield from (end_us for end_us in ends if end_us is not None and end_us > now_us)


def _spoken_of(state: State, scope: Scope, now_us: int) -> Iterator[Zone]:
    """Yield the zones of which anything was said, each name once."""
    if not scope.zone_acts and not scope.index.by_zone:
        return
    seen = set()
    for _, zone in sorted(zones_of(state, scope, now_us).items()):
        said = zone.id in scope.zone_acts or zone.id in scope.index.by_zone
        if said and (zone.id, zone.owner) not in seen:
            seen.add((zone.id, zone.owner))
            yield zone


def _untold(state: State, scope: Scope, zone: Zone, now_us: int) -> ZoneAct | None:
    """Return the word by which an own zone is hot and of which no notice was drafted or issued."""
    said = ZoneSaid(state, scope, zone, now_us)
    own = [act for act in said.promulgations if act.party == state.party]
    if own and own[-1].value in ("draft", "requested") and not own[-1].over(now_us):
        return None
    words = said.words.get(state.party, [])
    hot = next((a for a in reversed(words) if a.value == "hot" and not a.over(now_us)), None)
    if hot is None or (own and own[-1].order >= hot.order):
        return None
    if any(act.value == "cold" and act.order > hot.order and act.to_us is None for act in words):
        return None
    promulgation, _, _ = said.promulgation(now_us)
    told = promulgation in ("issued", "in force") and hot.message_type != HAZARD_TYPE
    return None if told else hot


# ---- what is raised -----------------------------------------------------------------------------


def raised(state: State, scope: Scope, agreement: Agreement, now_us: int) -> Iterator[Raised]:
    """Yield what is asked for about zones and not answered in time, at the posts concerned."""
    if scope.rules.version < ZONE_TERMS_SINCE:
        return
    for zone in _spoken_of(state, scope, now_us):
        said = ZoneSaid(state, scope, zone, now_us)
        for act in said.open_requests(now_us)[-_OPEN_OF_ZONE_MAX:]:
            if state.party not in (act.party, zone.owner, *act.asked):
                continue
            when_us = _told_from_us(said, act)
            if when_us is not None and when_us <= now_us:
                yield _raised(state, agreement, zone, act, when_us)
        yield from _late(state, said, agreement, now_us)


def _late(state: State, said: ZoneSaid, agreement: Agreement, now_us: int) -> Iterator[Raised]:
    """Yield that a zone was said hot with less notice than agreed; told once, to everybody else.

    Only the newest word of each party: a word that another one follows is no longer what to act on.
    """
    for party, words in sorted(said.words.items()):
        act = words[-1]
        late = act.value == "hot" and not act.over(now_us) and said.terms.notice_us
        short_s = late_s(act, said.terms.notice_us) if late else 0.0
        if short_s < 1 or party == state.party:
            continue
        posts = agreement.party(state.party).posts
        yield Raised(
            name=f"zone-late {place_name(act.key)}",
            kind="zone late",
            alarm_class="SAFETY",
            line="",
            party=party,
            text=f"zone {shown(said.zone.id)} said hot with {short_s:.0f} s too little notice",
            post=posts[0] if posts else "duty-officer",
            since_us=act.order[0],
            cause=act.key,
            once=True,
        )


def _told_from_us(said: ZoneSaid, act: ZoneAct) -> int | None:
    """Return from when on an open request is told: a lead time before its window, or too late."""
    written_us = act.order[0]
    if act.what == "release":
        within_us = said.terms.cold_within_us
        return None if within_us is None else written_us + within_us
    begin_us = act.from_us if act.from_us is not None else said.zone.from_us
    lead_us = norms().lead.tactical_s * MICROSECONDS_PER_SECOND
    return written_us + lead_us if begin_us is None else max(written_us, begin_us - lead_us)


def _raised(state: State, agreement: Agreement, zone: Zone, act: ZoneAct, since_us: int) -> Raised:
    posts = agreement.party(state.party).posts
    name = shown(zone.id)
    if act.what == "release":
        kind, text = "zone release", f"release of zone {name} asked for and not confirmed cold"
    else:
        begin_us = act.from_us if act.from_us is not None else zone.from_us
        when = f", begins {format_second(begin_us)}" if begin_us is not None else ""
        kind, text = "zone request", f"zone {name} requested and not issued{when}"
    return Raised(
        name=f"{kind.replace(' ', '-')} {place_name(act.key)}",
        kind=kind,
        alarm_class="SAFETY",
        line="",
        party=act.party,
        text=f"{text}; it reads hot",
        post=posts[0] if posts else "duty-officer",
        since_us=since_us,
        cause=act.key,
    )
