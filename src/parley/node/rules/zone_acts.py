"""What is said about zones: by messages and by entries, by whom, and which of it counts.

Rules:
- Only its owner says what happens in a zone; only its owner, or somebody who was asked to, issues
  it. Anything else said about it is kept and does not count.
- From rules version 4 on a word is as old as its log says it can be at least: nobody backdates. A
  word that it is cold whose window cannot be read says nothing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple, cast

from parley.node.entries import Entry, MessageSaid, ZoneActivity, ZonePromulgation
from parley.node.state import Key, Scope, State, key_of, order_of, written_us
from parley.world.faults import InputFault
from parley.world.limits import PEER_ENTRIES_AHEAD_S
from parley.world.norms import norms
from parley.world.time import parse_instant_us, seconds_between
from parley.world.zone import Zone

ZONE_TERMS_SINCE = 4
"""The rules version from which schedules, clauses and versions of zones count."""
HAZARD_TYPE = "airspace.hazard.now"
_MESSAGES = {"zone.request": "requested", "zone.issued": "issued", "zone.notice": "issued"}
_WORDS = ("zone.state", "zone.notice")


@dataclass(frozen=True, slots=True)
class ZoneAct:
    """One thing said about a zone: by whom, in which order, about which window."""

    what: str
    value: str
    party: str
    from_us: int | None
    to_us: int | None
    order: tuple[int, str, int]
    key: Key
    asked: tuple[str, ...] = ()
    post: str = ""
    reference: str = ""
    message_type: str = ""
    answers: Key | None = None

    def over(self, at_us: int) -> bool:
        """Whether the window that it names has ended."""
        return self.to_us is not None and self.to_us <= at_us


def _window(fields: dict[str, str]) -> tuple[int | None, int | None] | None:
    """Return the window of a message's fields; None where one is there and cannot be read."""
    try:
        if "window" in fields:
            begin, _, end = fields["window"].partition("/")
            return parse_instant_us(begin), parse_instant_us(end)
        if "effective" in fields:
            return parse_instant_us(fields["effective"]), None
    except InputFault:
        return None
    return None, None


def _order(entry: Entry, *, agreed: bool) -> tuple[int, str, int]:
    if not agreed:
        return order_of(entry)
    return (written_us(entry), entry.log.origin, entry.seq)


def _message_act(entry: Entry, body: MessageSaid, *, agreed: bool) -> ZoneAct | None:
    """Return what a message says about a zone, if it does."""
    window = _window(body.fields)
    from_us, to_us = window or (None, None)
    kind, activity = body.message_type, body.fields.get("activity")
    if kind in _WORDS and activity in norms().zone.activity:
        if agreed and window is None and activity == "cold":
            return None
        what, value = "activity", str(activity)
        from_us = entry.issued_us if from_us is None else from_us
    elif agreed and kind == HAZARD_TYPE:
        what, value, from_us, to_us = "activity", "hot", entry.issued_us, None
    elif kind in _MESSAGES:
        what, value = "promulgation", _MESSAGES[kind]
    elif kind == "zone.release.request":
        what, value = "release", "cold asked for"
    else:
        return None
    asked = entry.to if kind == "zone.request" else ()
    reference = body.fields.get("reference", "")
    return ZoneAct(
        what, value, entry.log.party, from_us, to_us, _order(entry, agreed=agreed), key_of(entry),
        asked, entry.by, reference, kind, entry.ref[0].key if entry.ref else None,
    )  # fmt: skip


def _entry_act(entry: Entry, *, agreed: bool) -> ZoneAct:
    body = entry.body
    assert isinstance(body, ZoneActivity | ZonePromulgation)
    spoken = isinstance(body, ZoneActivity)
    value = body.activity if isinstance(body, ZoneActivity) else body.promulgation
    reference = "" if isinstance(body, ZoneActivity) else body.reference
    asked = entry.to if value == "requested" else ()
    return ZoneAct(
        "activity" if spoken else "promulgation", value, entry.log.party, body.from_us, body.to_us,
        _order(entry, agreed=agreed), key_of(entry), asked, entry.by, reference,
    )  # fmt: skip


class SaidOf(NamedTuple):
    """Everything said about a zone, in reading order: all, words of activity by party, the rest."""

    every: tuple[ZoneAct, ...]
    words: dict[str, tuple[ZoneAct, ...]]
    rest: tuple[ZoneAct, ...]


def acts_of(scope: Scope, zone_id: str) -> list[ZoneAct]:
    """Return everything said about a zone under an agreement, in reading order."""
    return list(said_of(scope, zone_id).every)


def said_of(scope: Scope, zone_id: str) -> SaidOf:
    """Return everything said about a zone under an agreement; read once, for many may be written.

    The answer is shared: nobody may change it.
    """
    entries = scope.zone_acts.get(zone_id, {})
    threads = [scope.threads[key] for key in scope.index.by_zone.get(zone_id, ())]
    messages = [thread.said for thread in threads if thread.said is not None]
    name = f"zone acts {zone_id}"
    known = scope.index.views.get(name)
    if known is not None:
        count, before = cast("tuple[int, list[Entry]]", known[0])
        same = count == len(entries) and len(before) == len(messages)
        if same and all(one is other for one, other in zip(before, messages, strict=True)):
            return cast("SaidOf", known[1])
    found = _said(scope, _entry_acts(scope, zone_id), messages)
    scope.index.views[name] = ((len(entries), messages), found)
    return found


def _entry_acts(scope: Scope, zone_id: str) -> list[ZoneAct]:
    """Return what the entries about a zone say; only those that are new are read."""
    agreed = scope.rules.version >= ZONE_TERMS_SINCE
    entries, name = scope.zone_acts.get(zone_id, {}), f"zone entries {zone_id}"
    known = scope.index.views.get(name)
    acts = list(cast("list[ZoneAct]", known[1])) if known is not None else []
    new = itertools.islice(entries.values(), len(acts), None)
    acts += [_entry_act(entry, agreed=agreed) for entry in new]
    acts.sort(key=lambda act: act.order)
    scope.index.views[name] = (len(acts), acts)
    return list(acts)


def _said(scope: Scope, acts: list[ZoneAct], messages: list[Entry]) -> SaidOf:
    agreed = scope.rules.version >= ZONE_TERMS_SINCE
    for entry in messages:
        assert isinstance(entry.body, MessageSaid)
        act = _message_act(entry, entry.body, agreed=agreed)
        acts += [act] if act is not None else []
    acts.sort(key=lambda act: act.order)
    words: dict[str, list[ZoneAct]] = {}
    for act in acts:
        if act.what == "activity":
            words.setdefault(act.party, []).append(act)
    rest = tuple(act for act in acts if act.what != "activity")
    return SaidOf(tuple(acts), {party: tuple(said) for party, said in words.items()}, rest)


def known_by(state: State, act: ZoneAct, now_us: int) -> bool:
    """Whether an act was written by an instant, on our clock: a peer's may be ahead of it."""
    return act.order[0] - ahead_us(state, act.party) <= now_us


def ahead_us(state: State, party: str) -> int:
    """Return how far a party's clock is ahead of ours, as far as that is let count."""
    return min(max(state.links.offset_us.get(party, 0), 0), PEER_ENTRIES_AHEAD_S * 10**6)


def believed(state: State, scope: Scope, zone: Zone, acts: list[ZoneAct]) -> list[ZoneAct]:
    """Return the acts but for requests about somebody else's zone.

    Who is asked for a zone may issue it, so a request is a power: with an owner that is a party
    here, only its owner's own request gives it. Nobody can ask itself.
    """
    absent = owner_absent(state, scope, zone)
    return [
        act
        for act in acts
        if act.value not in ("requested", "draft") or absent or act.party == zone.owner
    ]


def owner_absent(state: State, scope: Scope, zone: Zone) -> bool:
    """Whether the zone's owner is no party of this agreement, so that others must tell of it."""
    agreement = state.agreement(scope.agreement_id)
    return agreement is None or zone.owner not in {p.id for p in agreement.parties}


def may_issue(zone: Zone, party: str, acts: list[ZoneAct], *, absent: bool) -> bool:
    """Whether a party may issue or end a zone: its owner, or somebody whom its owner asked.

    A zone whose owner is nobody, or no party here, is issued by whoever was asked; if nobody was,
    whoever notifies it answers for that (`absent`).
    """
    asked = _asked(acts)
    if asked:
        return party in asked
    return zone.owner in (None, party) or absent


def _asked(acts: list[ZoneAct]) -> set[str]:
    return {
        name for act in acts if act.value == "requested" for name in act.asked if name != act.party
    }


def counts(zone: Zone, act: ZoneAct, acts: list[ZoneAct], *, absent: bool) -> bool:
    """Whether what was said counts, given everything that is believed."""
    if act.what == "activity":
        return zone.owner in (None, act.party)
    if act.value in ("issued", "ended"):
        may = may_issue(zone, act.party, acts, absent=absent)
        return may or act.party in _requesters(acts)
    return True


def _requesters(acts: list[ZoneAct]) -> set[str]:
    """Return the parties that asked for the zone: they may tell others that it was issued."""
    return {act.party for act in acts if act.value == "requested" and act.asked} - _asked(acts)


def late_s(act: ZoneAct, notice_us: int) -> float:
    """Return by how much the notice of a change was too short: of what is hot, or is issued."""
    changes = act.value in ("hot", "issued")
    if not changes or act.from_us is None:
        return 0.0
    return max(0.0, seconds_between(act.from_us, act.order[0] + notice_us))
