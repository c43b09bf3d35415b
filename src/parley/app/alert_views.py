"""Alerts as the page, the API and the command line show them: what, by when, who has it, who acted.

Only reading. Rules: an empty list is no all-clear: it names its feeds, their age and what is not
watched. The class is the one by the time that is left now. What another party says of the same
conflict stands beside our own numbers and never in their place. What is not known is None or
"unknown".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from parley.app.message_views import Known, held_by
from parley.app.service import Feed
from parley.node.coasting import status, watch_summary
from parley.node.entries import Alert, AlertResolved, Entry, StateVector
from parley.node.picture import Picture
from parley.node.rules.alarm_conflicts import open_conflicts
from parley.node.rules.alert_life import AlertLife, PartyLife, life_of
from parley.node.rules.alert_steps import newest_ends
from parley.node.rules.alerts import alert_class, open_alerts
from parley.node.rules.chain_times import ChainTime, chains
from parley.node.rules.conflict_rungs import CLASSES, SHORT_TERM, entries_of, one_loss, rung_at
from parley.node.rules.conflicts import crowds
from parley.node.rules.covered_areas import coverage_lines
from parley.node.rules.peering import link_state
from parley.node.state import Key, Scope, State, key_of, rank_of, written_us
from parley.node.warning_bodies import ConflictRaised, ConflictRenewed, ConflictState
from parley.world.faults import InputFault
from parley.world.time import format_second, seconds_between

NOTICES_SHOWN_US = 3600 * 1_000_000
"""A crossing is told for an hour; the log keeps it."""
ENDED_SHOWN_US = 600 * 1_000_000
ENDED_SHOWN_MAX = 50
"""Conflicts of each party that ended lately, told so that nobody looks for a row that is gone."""
ALERTS_SHOWN_MAX = 1_000
"""Open alerts in one answer, the soonest first; how many more there are is said."""


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


class StateShown(_View, frozen=True, kw_only=True):
    """One aircraft of an alert, or a formation, as known when it was evaluated.

    `sigma`: one standard deviation per axis; None: not known. `members`, `radius_mm`: of a
    formation.
    """

    aircraft: str
    party: str | None
    at_us: int
    lat_e9: int
    lon_e9: int
    altitude_mm: int
    altitude_reference: str
    east_mmps: int
    north_mmps: int
    up_mmps: int
    age_us: int
    status: str = "reported"
    feed: str = ""
    horizontal_sigma_mm: int | None = None
    vertical_sigma_mm: int | None = None
    velocity_sigma_mmps: int | None = None
    members: tuple[str, ...] = ()
    radius_mm: int = 0


class HeldForm(_View, frozen=True, kw_only=True):
    """One form of a conflict: as raised, or as renewed; and which party holds that entry."""

    key: Key
    at_us: int
    alert_class: str
    loss_us: int
    held_by: dict[str, Known]


class OtherWord(_View, frozen=True, kw_only=True):
    """What another party says of the same conflict, by its own entry."""

    key: Key
    raised_by: str
    raised_us: int
    alert_class: str
    loss_us: int
    least_horizontal_mm: int
    vertical_then_mm: int


class LinkShown(_View, frozen=True, kw_only=True):
    """The link to a party now: up, down or unknown; and when it was heard last."""

    party: str
    link: str
    heard_us: int | None


class AlertView(_View, frozen=True, kw_only=True):
    """An alert: what, by when, by which clause, whether each party has it, and who did what.

    `held_by`: of its newest form; `forms`: of each, the newest first. `loss_us`, `alert_class`: as
    told last, the class by the time that is left now; `told_class`: as written. `life`: how far
    each party's people have come; None under rules that mark nothing. `own`: our own node predicts
    it. `others`: what other parties say of the same conflict. `chain_s`: by which times to act the
    class was written. `probability_ppm`: that the loss comes, where the uncertainties are known.
    """

    key: Key
    agreement: str
    raised_by: str
    raised_us: int
    what: str
    alert_class: str
    aircraft: tuple[str, ...]
    parties: tuple[str, ...]
    clause: str | None
    binding: bool
    loss_us: int | None
    least_us: int | None
    least_horizontal_mm: int | None
    vertical_then_mm: int | None
    horizontal_mm: int | None
    vertical_mm: int | None
    object: str | None
    text: str
    states: tuple[StateShown, ...]
    held_by: dict[str, Known]
    told_us: int = 0
    told_class: str = ""
    own: bool = False
    end_us: int | None = None
    quantisation_mm: int = 0
    both_needed: bool = True
    probability_ppm: int | None = None
    evaluator: str = ""
    chain_s: dict[str, int] = {}
    life: AlertLife | None = None
    forms: tuple[HeldForm, ...] = ()
    others: tuple[OtherWord, ...] = ()
    doubts: tuple[str, ...] = ()


class EndedView(_View, frozen=True, kw_only=True):
    """A conflict that ended lately: of which aircraft, when, why, and by whose word.

    `came_us`: when the loss was predicted for, as told last, if that had come before the end: then
    "no loss predicted" may mean that it was flown, and is no sign that anybody made way.
    """

    key: Key
    aircraft: tuple[str, ...]
    raised_by: str
    ended_us: int
    why: str
    came_us: int | None = None


class FeedView(_View, frozen=True, kw_only=True):
    """A feed that has reported since this node started."""

    feed: str
    last_us: int
    reports: int
    refused: int


class WatchView(_View, frozen=True, kw_only=True):
    """What alerts rest on: feeds, aircraft watched, and what is not watched, in words.

    `by_status`: how many aircraft are watched, coasting, stale, flagged, or reported once only;
    `watched`: those that are predicted from reports that are believed.
    """

    at_us: int
    evaluated_us: int
    feeds: tuple[FeedView, ...]
    aircraft: int
    watched: int
    not_watched: tuple[str, ...]
    by_status: dict[str, int] = {}


class AlertsView(_View, frozen=True, kw_only=True):
    """The open alerts by time to loss, the newest notices, and what both rest on.

    An empty list is not all-clear. A notice (a crossing) asks for nothing and never ends: it is
    shown for `NOTICES_SHOWN_US` and stays in the log. `total`, `by_class`: of all open alerts,
    an exercise's as a class of its own; those that are not in `alerts` are `left_out`. `chains`:
    how long each party needs to act. `crowds`: what is not raised one by one, or more coarsely; it
    stands before the list, whose end nobody sees in a crowd.
    """

    alerts: tuple[AlertView, ...]
    notices: tuple[AlertView, ...] = ()
    watch: WatchView
    total: int = 0
    left_out: int = 0
    by_class: dict[str, int] = {}
    chains: dict[str, tuple[ChainTime, ...]] = {}
    links: tuple[LinkShown, ...] = ()
    ended: tuple[EndedView, ...] = ()
    crowds: tuple[str, ...] = ()


# ---- the list -----------------------------------------------------------------------------------


def alerts_view(
    state: State,
    feeds: dict[str, Feed],
    now_us: int,
    *,
    first: int = 0,
    count: int = ALERTS_SHOWN_MAX,
) -> AlertsView:
    """Return the open alerts, soonest loss first, and what is watched.

    Args:
        state: the mind.
        feeds: that have reported.
        now_us: the time.
        first: so many are left out before.
        count: so many at most, and never more than `ALERTS_SHOWN_MAX`.
    """
    rows = sorted(_rows(state, now_us), key=_order)
    alerts = [each for each in rows if each.word != "notice"]
    shown = alerts[first : first + min(count, ALERTS_SHOWN_MAX)]
    notices = [
        each
        for each in rows
        if each.word == "notice" and now_us - each.entry.issued_us <= NOTICES_SHOWN_US
    ]
    notices.sort(key=lambda each: (-each.entry.issued_us, key_of(each.entry)))
    # What is an exercise or a test is counted as that: it is no loss that anybody has to avert.
    statuses = [each.entry.status for each in alerts]
    classes = [
        each.word if status == "actual" else f"{each.word} ({status})"
        for each, status in zip(alerts, statuses, strict=True)
    ]
    return AlertsView(
        alerts=tuple(_alert_view(state, each, now_us) for each in shown),
        notices=tuple(_alert_view(state, each, now_us) for each in notices[:ALERTS_SHOWN_MAX]),
        crowds=crowds(state),
        watch=watch_view(state.picture, feeds, now_us, more=coverage_lines(state, now_us)),
        total=len(alerts),
        left_out=len(alerts) - len(shown),
        by_class={word: classes.count(word) for word in sorted(set(classes))},
        chains=_chains(state, now_us),
        links=tuple(_links(state, now_us)),
        ended=tuple(_ended(state, now_us)),
    )


def alert_view(state: State, key: Key, now_us: int) -> AlertView:
    """Return one alert, open or over, with all its inputs.

    Raises:
        InputFault: none stands there.
    """
    for scope in state.scopes.values():
        entry = scope.alerts.get(key)
        if entry is not None:
            chain_s = _longest_s(state, scope, now_us)
            alerts = next((a for a in open_conflicts(scope) if entry in a), (entry,))
            row = _row(state, scope, alerts, chain_s, now_us, shown=entry)
            return _alert_view(state, row, now_us)
    wanted = "an alert that is held here"
    raise InputFault("alert", value=f"{key[0]} {key[1]}", wanted=wanted, repair="parley alerts")


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """An open alert before it is shown: the entry, its newest form, and its class now."""

    scope: Scope
    entry: Entry
    newest: Entry
    word: str
    loss_us: int | None
    chain_s: int
    others: tuple[Entry, ...] = ()


def _rows(state: State, now_us: int) -> Iterator[_Row]:
    """Yield the open alerts; what several parties raised about one pair is one."""
    for name in sorted(state.scopes):
        scope = state.scopes[name]
        chain_s = _longest_s(state, scope, now_us)
        for alerts in open_conflicts(scope):
            yield _row(state, scope, alerts, chain_s, now_us)
    for scope, entry in open_alerts(state):
        if not isinstance(entry.body, ConflictRaised):
            yield _row(state, scope, (entry,), 0, now_us)


def _order(row: _Row) -> tuple[bool, int, int, Key]:
    # What is under way has no time to wait for: it stands first, and is never what is left out.
    last = row.loss_us is None and row.word != CLASSES[SHORT_TERM]
    return (last, row.loss_us or 0, row.entry.issued_us, key_of(row.entry))


def _row(
    state: State,
    scope: Scope,
    alerts: tuple[Entry, ...],
    chain_s: int,
    now_us: int,
    *,
    shown: Entry | None = None,
) -> _Row:
    own = next((each for each in alerts if each.log.party == state.party), None)
    entry = shown or own or alerts[0]
    newest = entries_of(scope, entry)[-1]
    body = newest.body
    if isinstance(body, ConflictRaised | ConflictRenewed):
        word: str = CLASSES[rung_at(body, now_us, chain_s)]
        loss_us: int | None = one_loss(scope, entry)[0].loss_at_us
    else:
        assert isinstance(body, Alert)
        word, loss_us = _class_now(body, now_us), body.loss_at_us
    return _Row(
        scope=scope, entry=entry, newest=newest, word=word, loss_us=loss_us, chain_s=chain_s,
        others=tuple(each for each in alerts if each is not entry),
    )  # fmt: skip


def _class_now(body: Alert, now_us: int) -> str:
    """Return the class of NORMS 6 by the time that is left now, not when it was raised."""
    if body.what != "separation" or body.loss_at_us is None:
        return body.alert_class
    return alert_class(seconds_between(now_us, body.loss_at_us))


def _longest_s(state: State, scope: Scope, now_us: int) -> int:
    return max(each.chain_s for each in chains(state, scope.agreement_id, [state.party], now_us))


def _chains(state: State, now_us: int) -> dict[str, tuple[ChainTime, ...]]:
    found = {}
    for name, agreement in sorted(state.agreements.items()):
        parties = [each.id for each in agreement.parties if not each.bound_through]
        if state.scope(name).rules.version >= 5:
            found[name] = chains(state, name, parties, now_us)
    return found


def _links(state: State, now_us: int) -> Iterator[LinkShown]:
    for party in sorted(state.identity.peers):
        word, heard_us = link_state(state, party, now_us)
        yield LinkShown(party=party, link=word, heard_us=heard_us)


def _ended(state: State, now_us: int) -> list[EndedView]:
    """Return the conflicts that ended lately, the newest first: the newest ends of each party."""
    found: list[EndedView] = []
    for scope in state.scopes.values():
        for alert, entry in newest_ends(scope, ENDED_SHOWN_MAX):
            recent = now_us - written_us(entry) <= ENDED_SHOWN_US
            if not recent or not isinstance(alert.body, ConflictRaised):
                continue
            if isinstance(entry.body, AlertResolved):
                found.append(_end_of(scope, alert, alert.body, entry, entry.body.why))
    found.sort(key=lambda each: (-each.ended_us, each.key))
    return found


def _end_of(scope: Scope, alert: Entry, body: ConflictRaised, end: Entry, why: str) -> EndedView:
    loss_us = one_loss(scope, alert)[0].loss_at_us
    ended_us = written_us(end)
    return EndedView(
        key=key_of(alert), aircraft=body.aircraft, raised_by=alert.log.party, ended_us=ended_us,
        why=why, came_us=loss_us if loss_us <= ended_us else None,
    )  # fmt: skip


# ---- one alert ----------------------------------------------------------------------------------


def _alert_view(state: State, row: _Row, now_us: int) -> AlertView:
    scope, entry, body = row.scope, row.entry, row.newest.body
    first = entry.body
    assert isinstance(first, Alert)
    assert isinstance(body, Alert | ConflictRenewed)
    agreement = state.agreement(scope.agreement_id)
    nodes = sorted(p.id for p in agreement.parties if not p.bound_through) if agreement else []
    view = AlertView(
        key=key_of(entry),
        agreement=scope.agreement_id,
        raised_by=entry.log.party,
        raised_us=entry.issued_us,
        what=first.what,
        alert_class=row.word,
        aircraft=first.aircraft,
        parties=first.parties,
        clause=body.clause,
        binding=body.binding,
        loss_us=body.loss_at_us,
        least_us=body.least_at_us,
        least_horizontal_mm=body.least_horizontal_mm,
        vertical_then_mm=body.vertical_then_mm,
        horizontal_mm=body.horizontal_mm,
        vertical_mm=body.vertical_mm,
        object=first.object,
        text=_text(entry, first.text),
        states=tuple(_state_shown(each) for each in body.states),
        held_by={party: held_by(state, scope, row.newest, party) for party in nodes},
        told_us=row.newest.issued_us,
        told_class=body.alert_class,
        own=entry.log.party == state.party,
        evaluator=body.evaluator,
        life=life_of(state, scope, entry) if scope.rules.version >= 5 else None,
    )
    if not isinstance(body, ConflictRaised | ConflictRenewed):
        return view
    # Whoever passed each other is told how near they came, not how far apart they now are.
    nearest = min(one_loss(scope, entry), key=lambda each: each.least_horizontal_mm)
    return msgspec.structs.replace(
        view,
        loss_us=row.loss_us,
        least_us=nearest.least_at_us,
        least_horizontal_mm=nearest.least_horizontal_mm,
        vertical_then_mm=nearest.vertical_then_mm,
        end_us=body.end_us,
        quantisation_mm=body.quantisation_mm,
        both_needed=body.both_needed,
        probability_ppm=body.probability_ppm,
        chain_s=body.chain_s,
        text=_text(entry, body.text),
        forms=tuple(_forms(state, scope, entry, nodes)),
        others=tuple(_other(scope, each, now_us, row.chain_s) for each in row.others),
        doubts=tuple(_doubts(state.picture, first.aircraft, now_us)),
    )


def _text(entry: Entry, text: str) -> str:
    """Return the text of an alert; one of an exercise or a test says so before anything else."""
    word = "" if entry.status == "actual" else entry.status.upper()
    return ", ".join(part for part in (word, text) if part)


def _state_shown(each: StateVector | ConflictState) -> StateShown:
    return StateShown(**{name: getattr(each, name) for name in each.__struct_fields__})


def _forms(state: State, scope: Scope, entry: Entry, nodes: Iterable[str]) -> Iterator[HeldForm]:
    for each in sorted(entries_of(scope, entry), key=rank_of, reverse=True):
        body = each.body
        assert isinstance(body, ConflictRaised | ConflictRenewed)
        yield HeldForm(
            key=key_of(each), at_us=each.issued_us, alert_class=body.alert_class,
            loss_us=body.loss_at_us,
            held_by={party: held_by(state, scope, each, party) for party in nodes},
        )  # fmt: skip


def _other(scope: Scope, entry: Entry, now_us: int, chain_s: int) -> OtherWord:
    body = entries_of(scope, entry)[-1].body
    assert isinstance(body, ConflictRaised | ConflictRenewed)
    return OtherWord(
        key=key_of(entry), raised_by=entry.log.party, raised_us=entry.issued_us,
        alert_class=CLASSES[rung_at(body, now_us, chain_s)], loss_us=body.loss_at_us,
        least_horizontal_mm=body.least_horizontal_mm, vertical_then_mm=body.vertical_then_mm,
    )  # fmt: skip


# ---- what is watched ----------------------------------------------------------------------------


def watch_view(
    picture: Picture, feeds: dict[str, Feed], now_us: int, *, more: Iterable[str] = ()
) -> WatchView:
    """Return what the picture rests on, and what is not watched; `more`: by the coverage."""
    summary = watch_summary(picture, now_us)
    rest = "aircraft that no feed of this node reports"
    if not feeds:
        rest = "everything: no feed has reported since this node started"
    counts = {str(word): count for word, count in summary.counts.items()}
    return WatchView(
        at_us=now_us,
        evaluated_us=picture.evaluated_us,
        feeds=tuple(
            FeedView(feed=name, last_us=f.last_us, reports=f.reports, refused=f.refused)
            for name, f in sorted(feeds.items())
        ),
        aircraft=len(picture.aircraft),
        watched=counts["watched"] + counts["coasting"],
        not_watched=(rest, *summary.not_watched, *more),
        by_status=counts,
    )


def _doubts(picture: Picture, aircraft: tuple[str, ...], now_us: int) -> Iterator[str]:
    """Yield of which aircraft the reports are not believed as they come, now."""
    for name in aircraft:
        if name not in picture.aircraft:
            continue
        now = status(picture, name, now_us)
        if now.word in ("flagged", "stale", "coasting"):
            yield f"{name} is {now.word} now: {now.why}"


# ---- in words -----------------------------------------------------------------------------------


def end_words(ended: EndedView) -> str:
    """Return why a conflict ended, and whether its loss had come before: nobody says who made way.

    >>> end = EndedView(key=("L", 1), aircraft=("A", "B"), raised_by="COAL", ended_us=48_000_000,
    ...     why="no loss predicted", came_us=0)
    >>> end_words(end)
    'no loss predicted; the loss that was predicted for 1970-01-01T00:00:00Z had come before'
    """
    if ended.came_us is None:
        return ended.why
    came = format_second(ended.came_us)
    return f"{ended.why}; the loss that was predicted for {came} had come before"


def life_words(life: AlertLife) -> list[str]:
    """Return how far each party has come, one text each, for any screen.

    >>> one = PartyLife(party="COAL", word="not seen")
    >>> life_words(AlertLife(word="new", parties=(one,)))
    ['COAL: not seen']
    """
    return [f"{each.party}: {_party_words(each)}" for each in life.parties]


def _party_words(each: PartyLife) -> str:
    if each.word == "not seen":
        return "not seen"
    called = each.word == "called"
    said_us = each.called_said_us if called else each.seen_said_us
    at_us = each.called_us if called else each.seen_us
    late, after = (
        (each.called_late, each.called_after) if called else (each.seen_late, each.seen_after)
    )
    post = each.called_post if called else each.seen_post
    text = f"{each.word} {format_second(said_us or 0)} at {post}"
    if called and each.called_how != "marked":
        text += f" by {each.called_how}"
    if late:
        text += f", ENTERED LATE {format_second(at_us or 0)}"
    return f"{text}, when it was over" if after else text


def held_words(view: AlertView, links: Iterable[LinkShown]) -> list[str]:
    """Return whether each other party has an alert, and which form of it; one text each."""
    by_party = {each.party: each for each in links}
    found = []
    for party, word in sorted(view.held_by.items()):
        if party == view.raised_by:
            continue
        which = "has the newest" if len(view.forms) > 1 else "has it"
        text = f"{party} {which}: {word}"
        link = by_party.get(party)
        if word != "yes" and link is not None and link.link != "up":
            when = f", last heard {format_second(link.heard_us)}" if link.heard_us else ""
            text += f" (link {link.link}{when})"
        older = next((f for f in view.forms[1:] if f.held_by.get(party) == "yes"), None)
        if word != "yes" and older is not None:
            text += f"; has the one of {format_second(older.at_us)}"
        found.append(text)
    return found
