"""The states of a zone from rules version 4 on: words, schedule, clause, windows in force.

Rules, of which each can only add heat but the first two:
- Cold needs a confirmation for this instant: the word of everybody who may change it and has spoken
  (of a zone without an owner: of every party), or a schedule in an agreement that its owner and
  this party have both adopted, outside of whose windows it is cold as long as nobody says else.
- Whoever's confirmation is leant on must have been heard lately, and completely: entries that its
  own logs tell of and that do not come may say that it is hot.
- Hot counts at once, from whoever may change it; so does a window in which it is in force by issue,
  until its owner says cold after that. Whatever is asked for and not answered is hot.
- A word of cold with less notice than was agreed counts when the notice is over, unless somebody
  had asked for it. A lasting word of cold ends where the schedule's next window begins.
- A word is not taken up again when the window of a later one has ended; that leaves the schedule,
  or, after a word of hot or without a schedule, nobody's word.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import msgspec

from parley.node.agreement_bodies import AgreementDeclared
from parley.node.rules.agreement_status import text_at
from parley.node.rules.zone_acts import (
    SaidOf,
    ZoneAct,
    ahead_us,
    believed,
    may_issue,
    owner_absent,
    said_of,
)
from parley.node.rules.zone_heard import lacking, silent
from parley.node.rules.zone_reservations import (
    RESERVATIONS_MAX,
    Reservation,
    Reservations,
    reservations_of,
)
from parley.node.state import Scope, State, rank_of, written_us
from parley.world.agreement import Agreement
from parley.world.clauses import ZoneStatus
from parley.world.norms import norms
from parley.world.schedule import Schedule, hours_at, next_begin_us
from parley.world.time import format_second
from parley.world.units import MICROSECONDS_PER_SECOND
from parley.world.zone import Activity, Promulgation, Zone, shown_activity

_LOOK_AHEAD_US = 8 * 86_400 * MICROSECONDS_PER_SECOND
"""A lasting word of cold beside a schedule holds a week and a day, if no window begins before."""
_BECAUSE_MAX = 12


@dataclass(frozen=True, slots=True)
class ZoneTerms:
    """What is agreed about the states of a zone.

    Attributes:
        speakers: whose word makes it cold.
        every: whether all of them must say so.
        notice_us: of a change.
        cold_within_us: for an asked-for release; None: not agreed.
        silent_us: for so long a word counts without its writer being heard.
        schedule: if it counts here.
        why_not: why a schedule that is there does not count.
    """

    speakers: tuple[str, ...]
    every: bool
    notice_us: int
    cold_within_us: int | None
    silent_us: int
    schedule: Schedule | None
    why_not: str


class ZoneStates(NamedTuple):
    """Both states at an instant, what is shown, and why."""

    activity: str
    promulgation: str
    shown: str
    from_us: int | None
    to_us: int | None
    because: tuple[str, ...]
    silent: tuple[str, ...]
    open_request: bool


class _Word(NamedTuple):
    value: str
    act: ZoneAct | None


class _Activity(NamedTuple):
    """The activity, why, and whose confirmation it leans on."""

    value: Activity
    because: str
    leans_on: tuple[str, ...] = ()


# ---- what is agreed -----------------------------------------------------------------------------


def terms_of_zone(state: State, scope: Scope, zone: Zone, at_us: int) -> ZoneTerms:
    """Return what is agreed about the states of a zone at an instant."""
    agreement = state.agreement(scope.agreement_id)
    why_not = _unsigned(state, scope, agreement, zone, at_us)
    clauses = [] if why_not or agreement is None else _clauses(agreement, zone, at_us)
    of_clauses = {party for clause in clauses for party in clause.may_change}
    owner_here = agreement is not None and not owner_absent(state, scope, zone)
    if of_clauses:
        speakers: tuple[str, ...] = tuple(sorted(of_clauses))
    elif zone.owner is not None:
        speakers = (zone.owner,)
    else:
        speakers = tuple(p.id for p in agreement.parties) if agreement is not None else ()
    silent_s = [c.owner_silent_after_s for c in clauses if c.owner_silent_after_s is not None]
    cold_s = [c.cold_within_s for c in clauses if c.cold_within_s is not None]
    if zone.schedule is not None and not why_not and not owner_here:
        why_not = "its owner is no party of the agreement"
    return ZoneTerms(
        speakers=speakers,
        every=zone.owner is None and not of_clauses,
        notice_us=_microseconds(max((c.notice_s for c in clauses), default=0.0)),
        cold_within_us=_microseconds(min(cold_s)) if cold_s else None,
        silent_us=_microseconds(min(silent_s, default=norms().zone.owner_silent_after_s)),
        schedule=None if why_not else zone.schedule,
        why_not=why_not if zone.schedule is not None else "",
    )


def _microseconds(of_s: float) -> int:
    return round(of_s * MICROSECONDS_PER_SECOND)


def _clauses(agreement: Agreement, zone: Zone, at_us: int) -> list[ZoneStatus]:
    """Return the clauses about the states of a zone that apply at an instant."""
    return [
        clause
        for clause in agreement.clauses
        if isinstance(clause, ZoneStatus)
        and clause.zone == zone.id
        and (clause.applies_to.from_us is None or clause.applies_to.from_us <= at_us)
        and (clause.applies_to.to_us is None or at_us < clause.applies_to.to_us)
    ]


def _unsigned(
    state: State, scope: Scope, agreement: Agreement | None, zone: Zone, at_us: int
) -> str:
    """Return why nothing agreed holds for a zone here and now; "" if it does."""
    texts = agreement.zones if agreement is not None else ()
    if agreement is None or not any(z is zone or (z.id == zone.id and z == zone) for z in texts):
        return "declared by one party"
    if zone.asserted_by or agreement.asserted_by:
        return "asserted by one side"
    wanted = {state.party, *([zone.owner] if zone.owner is not None else [])}
    if zone.agreed_by and not {p.id for p in agreement.parties} <= set(zone.agreed_by):
        return "not agreed by every party"
    lacking = sorted(p for p in wanted if not _bound(state, scope, agreement, zone, p, at_us))
    if lacking:
        return f"its text is not in force for {', '.join(lacking)}"
    if not agreement.in_force(at_us):
        return "the agreement is not in force"
    return _ended_by(scope, wanted, at_us)


def _bound(
    state: State, scope: Scope, agreement: Agreement, zone: Zone, party: str, at_us: int
) -> bool:
    """Whether a text with exactly this zone is in force for a party; no node speaks for nobody."""
    if party not in {p.id for p in agreement.parties}:
        return True
    view = text_at(state, scope.agreement_id, at_us, party)
    signed = party in view.agreed_by or view.bound_through.get(party, "") in view.agreed_by
    return view.in_force and signed and view.agreement is not None and zone in view.agreement.zones


def _ended_by(scope: Scope, parties: set[str], at_us: int) -> str:
    """Return who has suspended or withdrawn the agreement, as of an instant."""
    acts = _declared(scope)
    for party in sorted(parties & set(acts)):
        effects, values = acts[party]
        place = bisect.bisect_right(effects, at_us)
        if place and values[place - 1] != "in force":
            return f"the agreement is {values[place - 1]} by {party}"
    return ""


def _declared(scope: Scope) -> dict[str, tuple[list[int], list[str]]]:
    """Return by party from when on which of its acts on the agreement counts, found once.

    Of the acts in effect at an instant the one written last counts: one that takes effect later
    but was written before it changes nothing.
    """
    known = scope.index.views.get("agreement acts")
    if known is not None and known[0] == len(scope.terms.declared):
        return cast("dict[str, tuple[list[int], list[str]]]", known[1])
    acts: dict[str, list[tuple[int, tuple[int, int, str, int], str]]] = {}
    for entry in scope.terms.declared.values():
        body = entry.body
        assert isinstance(body, AgreementDeclared)
        effect_us = max(body.effective_us, written_us(entry))
        acts.setdefault(entry.log.party, []).append((effect_us, rank_of(entry), body.value))
    found: dict[str, tuple[list[int], list[str]]] = {}
    for party, said in acts.items():
        effects, values = found.setdefault(party, ([], []))
        newest = (0, 0, "", -1)
        for effect_us, rank, value in sorted(said):
            if rank > newest:
                newest = rank
                effects.append(effect_us)
                values.append(value)
    scope.index.views["agreement acts"] = (len(scope.terms.declared), found)
    return found


# ---- activity -----------------------------------------------------------------------------------


class ZoneSaid:
    """What was said about a zone and is known at an instant, by kind.

    Args:
        state: whose record.
        scope: under which agreement.
        zone: which one.
        now_us: what was written later is not known.
    """

    def __init__(self, state: State, scope: Scope, zone: Zone, now_us: int) -> None:
        self.zone = zone
        self.scope = scope
        self.terms = terms_of_zone(state, scope, zone, now_us)
        self.told = said_of(scope, zone.id)
        self._known = {
            party: now_us + ahead_us(state, party)
            for party in {act.party for act in self.told.rest} | set(self.told.words)
        }
        rest = [act for act in self.told.rest if self.known(act)]
        self.promulgations, self.reservations = _reserved(state, scope, zone, self.told, rest)
        self.live = [r for r in self.reservations.issued if not r.over(now_us)]
        self._ends = sorted(r.to_us for r in self.live if r.to_us is not None)
        self.asks = [act for act in self.reservations.open if not act.over(now_us)]
        taken_back = {id(end) for _, end in self.reservations.closed}
        self._counting = {id(act) for act in self.promulgations} | taken_back
        self.releases = [act for act in rest if act.what == "release"]
        heard = {*self.terms.speakers, *([zone.owner] if zone.owner is not None else [])}
        self.words: dict[str, Sequence[ZoneAct]] = {}
        for party in heard & set(self.told.words):
            said = self.told.words[party]
            count = bisect.bisect_right(said, self._known[party], key=lambda act: act.order[0])
            if count:
                self.words[party] = said[:count] if count < len(said) else said

    def known(self, act: ZoneAct) -> bool:
        """Whether an act was written by the instant, on our clock."""
        return act.order[0] <= self._known[act.party]

    def counted(self, act: ZoneAct) -> bool:
        """Whether something said about the zone counts."""
        if act.what == "activity":
            return act.party in self.words
        return act.what == "release" or id(act) in self._counting

    # ---- words ----

    def span(self, act: ZoneAct) -> tuple[int, int | None]:
        """Return from when to when a word about the activity counts."""
        written = act.order[0]
        from_us = written if act.from_us is None else act.from_us
        if act.value != "cold":
            return from_us, act.to_us
        if self.terms.notice_us and not self._was_asked(act):
            from_us = max(from_us, written + self.terms.notice_us)
        if act.to_us is not None or self.terms.schedule is None:
            return from_us, act.to_us
        begin_us = max(from_us, written)
        until = next_begin_us(self.terms.schedule, begin_us, _LOOK_AHEAD_US)
        return from_us, until if until is not None else begin_us + _LOOK_AHEAD_US

    def _was_asked(self, act: ZoneAct) -> bool:
        """Whether a word of cold follows a request for it, and no word of cold in between."""
        asked = [release.order for release in self.releases if release.order < act.order]
        if not asked:
            return False
        said = self.words[act.party]
        place = bisect.bisect_left(said, act.order, key=lambda each: each.order)
        between = itertools.takewhile(lambda each: each.order > max(asked), reversed(said[:place]))
        return not any(each.value == "cold" for each in between)

    def _word(self, party: str, at_us: int) -> _Word:
        """Return what a party's words say of an instant; "" where they say nothing."""
        ended = False
        for act in reversed(self.words.get(party, ())):
            from_us, to_us = self.span(act)
            # What begins as it is said has begun, by whichever clock that is; cold waits for ours.
            begun_us = at_us if act.value == "cold" else max(at_us, act.order[0])
            if from_us <= begun_us and (to_us is None or at_us < to_us):
                if not ended:
                    return _Word(act.value, act)
                goes_on = act.value == "cold" and self.terms.schedule is not None
                return _Word("" if goes_on else "unknown", act)
            if from_us <= at_us and act.to_us is None:
                # A lasting word of cold, up to the window that ended it: the schedule goes on.
                return _Word("", act)
            ended = ended or act.over(at_us)
        return _Word("unknown" if ended and self.terms.schedule is None else "", None)

    def activity(self, at_us: int) -> _Activity:
        """Return the activity at an instant, by what is known."""
        words = {party: self._word(party, at_us) for party in sorted(self.words)}
        for value in ("hot", "unknown"):
            for party, word in words.items():
                if word.value == value:
                    when = "" if word.act is None else f" at {format_second(word.act.order[0])}"
                    said = f"said {value} by {party}{when}"
                    what = said if value == "hot" else f"no word of {party} for this instant"
                    return _Activity("hot" if value == "hot" else "unknown", what)
        cold = {party: word.act for party, word in words.items() if word.value == "cold"}
        if len(self.live) - bisect.bisect_right(self._ends, at_us) > RESERVATIONS_MAX:
            return _Activity("hot", f"more than {RESERVATIONS_MAX} reservations are told of")
        for issued in self.in_force(at_us):
            if not cold or not all(a and takes_back(a, issued) for a in cold.values()):
                return _Activity("hot", f"in force, issued by {issued.issue.party}")
        if cold:
            return self._cold(cold)
        return self._by_schedule(at_us)

    def _cold(self, cold: dict[str, ZoneAct | None]) -> _Activity:
        lacking = [p for p in self.terms.speakers if p not in cold] if self.terms.every else []
        if lacking or not set(cold) & set(self.terms.speakers):
            return _Activity("unknown", f"not said cold by {', '.join(lacking) or 'who may'}")
        owner = () if self.zone.owner is None else (self.zone.owner,)
        words = ", ".join(
            f"{p} at {format_second(a.order[0])}" for p, a in cold.items() if a is not None
        )
        return _Activity("cold", f"said cold by {words}", tuple(sorted({*cold, *owner})))

    def _by_schedule(self, at_us: int) -> _Activity:
        schedule, owner = self.terms.schedule, self.zone.owner
        if schedule is None or owner is None:
            why = self.terms.why_not
            return _Activity("unknown", f"its schedule does not count: {why}" if why else "no word")
        hours = hours_at(schedule, at_us)
        if hours == "inside":
            return _Activity("hot", "in a window of the agreed schedule")
        if hours == "undecided":
            return _Activity("unknown", "the agreed schedule is undecided for this instant")
        if not _holds(self.zone, at_us):
            return _Activity("unknown", "outside of the times for which the zone is agreed")
        return _Activity("cold", "outside of the windows of the agreed schedule", (owner,))

    # ---- promulgation ----

    def in_force(self, at_us: int) -> list[Reservation]:
        """Return the reservations that are in force at an instant, in the order of issue."""
        return [each for each in self.live if each.holds(at_us)]

    def promulgation(self, at_us: int) -> tuple[Promulgation, int | None, int | None]:
        """Return the promulgation at an instant, and its window.

        That of the reservation which holds then, else of the next one, else the zone's own.
        """
        zone, held = self.zone, self.reservations
        holding = self.in_force(at_us)
        if holding:
            return "in force", holding[-1].from_us, holding[-1].to_us
        open_hours = zone.from_us is None and zone.to_us is None
        scheduled = self.terms.schedule is not None
        standing = not zone.asserted_by and (open_hours or scheduled)
        if standing and scheduled and self._in_hours(at_us):
            return _standing(zone, at_us), zone.from_us, zone.to_us
        # What was signed is confirmed; asking for it again does not undo that.
        asks = [] if standing else [a for a in self.asks if not a.over(at_us)]
        coming: list[Reservation | ZoneAct] = [r for r in self.live if not r.over(at_us)]
        following = min([*coming, *asks], key=lambda each: each.from_us or 0, default=None)
        if following is not None:
            word: Promulgation = "issued" if isinstance(following, Reservation) else "requested"
            return word, following.from_us, following.to_us
        if standing and (scheduled or held.zone_ended is None):
            return _standing(zone, at_us), zone.from_us, zone.to_us
        return self._unissued(at_us)

    def _in_hours(self, at_us: int) -> bool:
        return self.terms.schedule is not None and hours_at(self.terms.schedule, at_us) == "inside"

    def _unissued(self, at_us: int) -> tuple[Promulgation, int | None, int | None]:
        """Return the promulgation of a zone for which nothing is issued any more, or asked for."""
        zone, held = self.zone, self.reservations
        for draft in reversed(held.drafts):
            if not draft.over(at_us) and (held.last is None or draft.order > held.last.order):
                return "draft", draft.from_us, draft.to_us
        if held.last is not None:
            of = held.issued[-1] if held.issued and held.zone_ended is None else zone
            return "ended", of.from_us, of.to_us
        if held.open:
            return "requested", held.open[-1].from_us, held.open[-1].to_us
        return "draft", zone.from_us, zone.to_us

    def open_requests(self, at_us: int) -> list[ZoneAct]:
        """Return what is asked for, not over, and not answered: by an issue, an end, or cold.

        A word of cold answers a request for the instants of which it is; a release, and a request
        for no time at all, once and for all.
        """
        asks = [act for act in self.asks if not act.over(at_us)]
        releases = [act for act in self.releases if not act.over(at_us)]
        if not asks and not releases:
            return []
        ever = self._confirmed(self._last_cold)
        then = self._confirmed(lambda party: self._cold_at(party, at_us))
        waiting = [a for a in asks if a.order > (ever if a.from_us is None else then)]
        return [*waiting, *(a for a in releases if a.order > ever)]

    def _cold_at(self, party: str, at_us: int) -> tuple[int, str, int]:
        """Return the order of the word by which a party says cold of an instant, if it does."""
        word = self._word(party, at_us) if party in self.words else _Word("", None)
        return word.act.order if word.value == "cold" and word.act is not None else (0, "", 0)

    def _last_cold(self, party: str) -> tuple[int, str, int]:
        said = reversed(self.words.get(party, ()))
        return next((act.order for act in said if act.value == "cold"), (0, "", 0))

    def _confirmed(self, cold_of: Callable[[str], tuple[int, str, int]]) -> tuple[int, str, int]:
        """Return when it was last said cold, by whom that takes."""
        last = [cold_of(party) for party in self.terms.speakers]
        if not last:
            return (0, "", 0)
        return min(last) if self.terms.every else max(last)


def takes_back(cold: ZoneAct, issued: Reservation) -> bool:
    """Whether a word of cold is of what was issued before it.

    It names until when, or was said once the window had begun. "Cold" of now, said before the
    window begins, is nobody's word that nothing will happen in it.
    """
    of_us = cold.order[0] if cold.from_us is None else max(cold.order[0], cold.from_us)
    return cold.order > issued.issue.order and (issued.begun(of_us) or cold.to_us is not None)


def _reserved(
    state: State, scope: Scope, zone: Zone, told: SaidOf, rest: list[ZoneAct]
) -> tuple[list[ZoneAct], Reservations]:
    """Return what was said of the promulgation and counts, and the reservations, read once.

    Requests count by anybody; issues and ends by few; everybody may take back its own request.
    """
    absent = owner_absent(state, scope, zone)
    view = f"zone reservations {zone.id} {zone.owner}"
    version = (told, zone, absent, len(rest))
    known = scope.index.views.get(view)
    if known is not None:
        of_told, of_zone, *others = cast("tuple[object, Zone, bool, int]", known[0])
        same = of_told is told and of_zone == zone and others == [absent, len(rest)]
        acts = cast("tuple[list[ZoneAct], list[ZoneAct], Reservations]", known[1])
        if same and acts[0] == rest:
            return acts[1], acts[2]
    powers = believed(state, scope, zone, rest)
    may = {
        party: may_issue(zone, party, powers, absent=absent) for party in {a.party for a in rest}
    }
    requesters = {act.party for act in powers if act.value == "requested" and act.asked}
    able = {party for party in may if may[party] or party in requesters}

    def counts(act: ZoneAct) -> bool:
        if act.value == "requested":
            return True
        if act.value == "draft":
            return absent or act.party == zone.owner
        return act.party in able

    said = [act for act in rest if act.what == "promulgation"]
    counted = [act for act in said if counts(act)]
    read = [act for act in said if act.value == "ended" or counts(act)]
    found = reservations_of(zone, read, able.__contains__)
    scope.index.views[view] = (version, (rest, counted, found))
    return counted, found


def _holds(zone: Zone, at_us: int) -> bool:
    begun = zone.from_us is None or zone.from_us <= at_us
    return begun and (zone.to_us is None or at_us < zone.to_us)


def _standing(zone: Zone, at_us: int) -> Promulgation:
    if zone.from_us is not None and at_us < zone.from_us:
        return "issued"
    return "ended" if zone.to_us is not None and at_us >= zone.to_us else "in force"


# ---- both, and what is shown --------------------------------------------------------------------


def agreed_states(state: State, scope: Scope, zone: Zone, now_us: int) -> ZoneStates:
    """Return both states of a zone at an instant, what is shown to others, and why."""
    return states_at(state, ZoneSaid(state, scope, zone, now_us), now_us)


def states_at(state: State, said: ZoneSaid, at_us: int) -> ZoneStates:
    """Return both states by what is known, at an instant not before that.

    Args:
        state: says who was heard.
        said: what is known.
        at_us: the instant.
    """
    activity = said.activity(at_us)
    promulgation, from_us, to_us = said.promulgation(at_us)
    unheard = tuple(
        party
        for party in activity.leans_on
        if silent(state, party, said.terms.silent_us, at_us)
        or lacking(state, said.scope, party, at_us)
    )
    waiting = said.open_requests(at_us)
    shown = shown_activity(
        msgspec.convert(activity.value, Activity),
        promulgation=promulgation,
        owner_link_down_past_limit=bool(unheard),
        open_request_without_cold=bool(waiting) or promulgation == "requested",
    )
    because = [activity.because]
    because += [f"not everything that {party} says has come lately" for party in unheard]
    because += [is_open(act) for act in waiting]
    because += dict.fromkeys(f"{act.value} by {act.party}" for act in said.promulgations[-3:])
    return ZoneStates(
        activity.value, promulgation, shown, from_us, to_us, tuple(because[:_BECAUSE_MAX]), unheard,
        bool(waiting),
    )  # fmt: skip


def is_open(act: ZoneAct) -> str:
    """Return that something asked for is not answered, in words."""
    noun = "a release asked for" if act.what == "release" else "a request"
    return f"{noun} by {act.party} is open"
