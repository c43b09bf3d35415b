"""What the page and the API show: plain records made from a node's state at an instant.

Only reading. What is not known is `None` or "unknown", never a word that sounds better. Messages
are in `message_views`, alerts in `alert_views`.
"""

from __future__ import annotations

import msgspec

from parley.app.custody_views import (
    ClockView,
    DisputeView,
    ForkView,
    HoldView,
    KeyView,
    RefusedView,
    clock_view,
    disputes_view,
    forks_view,
    holds_view,
    keys_view,
    refused_view,
)
from parley.app.message_views import messages
from parley.app.reading import own_reader
from parley.app.service import Service
from parley.node.custody_bodies import LogClosed
from parley.node.entries import LogOpened
from parley.node.rules.alerts import open_alerts
from parley.node.rules.lines import LineVector, line_vector
from parley.node.rules.peering import link_state
from parley.node.rules.zone_detail import ZoneDetail, zone_detail
from parley.node.rules.zones import ZoneView, boundaries_of, zone_view, zones_of
from parley.node.state import Log, Scope, State


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


# ---- lines, zones, boundaries -------------------------------------------------------------------


class ZoneShown(_View, frozen=True, kw_only=True):
    """A zone with both its states, what is shown to others, and who agreed to it or asserts it."""

    view: ZoneView
    name: str
    kind: str
    agreed_by: tuple[str, ...]
    asserted_by: tuple[str, ...]
    detail: ZoneDetail


class BoundaryShown(_View, frozen=True, kw_only=True):
    """A boundary: its sides, how sure its course is, and who agreed to it or asserts it."""

    boundary: str
    agreement: str
    name: str
    left: str
    right: str
    vertices: int
    uncertainty_m: float
    agreed_by: tuple[str, ...]
    asserted_by: tuple[str, ...]


def line_vectors(state: State, now_us: int) -> tuple[LineVector, ...]:
    """Return the vector of every line of every agreement."""
    return tuple(
        line_vector(state, agreement, line, now_us)
        for _, agreement in sorted(state.agreements.items())
        for line in agreement.lines
    )


def zones_shown(state: State, now_us: int) -> tuple[ZoneShown, ...]:
    """Return every zone with its two states."""
    return tuple(
        ZoneShown(
            view=zone_view(state, state.scope(name), zone, now_us),
            name=zone.name,
            kind=zone.kind,
            agreed_by=zone.agreed_by,
            asserted_by=zone.asserted_by,
            detail=zone_detail(state, state.scope(name), zone, now_us),
        )
        for name in sorted(state.agreements)
        for _, zone in sorted(zones_of(state, state.scope(name), now_us).items())
    )


def boundaries_shown(state: State) -> tuple[BoundaryShown, ...]:
    """Return every boundary."""
    return tuple(
        BoundaryShown(
            boundary=each.id,
            agreement=name,
            name=each.name,
            left=each.left,
            right=each.right,
            vertices=len(each.vertices),
            uncertainty_m=each.uncertainty_m,
            agreed_by=each.agreed_by,
            asserted_by=each.asserted_by,
        )
        for name in sorted(state.agreements)
        for _, each in sorted(boundaries_of(state, state.scope(name)).items())
    )


# ---- logs, and the node itself ------------------------------------------------------------------


class ReceiptView(_View, frozen=True, kw_only=True):
    """A peer's newest receipt for one of our logs: it holds that many entries, it says since."""

    party: str
    size: int
    at_us: int


class LogView(_View, frozen=True, kw_only=True):
    """A log as held here.

    `incarnation`: 2 and up where it goes on from one that could not be continued. `continues`: the
    log that it goes on from. `ended`: why nothing more is written into it; None: it goes on.
    """

    origin: str
    agreement: str
    party: str
    kind: str
    year: int
    own: bool
    size: int
    root: str
    unreadable: int
    clock_went_back: int
    incarnation: int
    continues: str | None
    ended: str | None
    receipts: tuple[ReceiptView, ...]


class PeerView(_View, frozen=True, kw_only=True):
    """A peer: the link to it as measured here, its clock, what was not taken from it.

    `refused`: what our logs say of it, and what does not stand there yet. `keys_refused`: its keys
    that sign nothing more for us, with the reason.
    """

    party: str
    link: str
    heard_us: int | None
    clock_offset_us: int | None
    clock: ClockView | None
    faults: int
    refused: tuple[RefusedView, ...]
    keys_refused: tuple[KeyView, ...]
    claims_more_of: str | None


class LinkEnded(_View, frozen=True, kw_only=True):
    """A connection that this node ended, and why."""

    at_us: int
    why: str


class StatusView(_View, frozen=True, kw_only=True):
    """The node at a glance; `forks` comes first: who signed two histories.

    `faults` is what the node could not do itself. `language`: of fixed phrases, for its people.
    `by_file_us`: when a bundle of each peer was taken last; that is no link.
    """

    party: str
    forks: tuple[ForkView, ...]
    disputes: tuple[DisputeView, ...]
    now_us: int
    version: str
    agreements: tuple[str, ...]
    peers: tuple[PeerView, ...]
    lines: dict[str, str]
    queued: int
    open_messages: int
    awaiting_us: int
    open_alerts: int
    holds: tuple[HoldView, ...]
    faults: tuple[str, ...]
    links_ended: tuple[LinkEnded, ...]
    by_file_us: dict[str, int] = {}
    language: str = "en"


def logs_view(state: State) -> tuple[LogView, ...]:
    """Return every log held, own and mirrored, with the receipts on ours."""
    return tuple(_log_view(state, log) for log in state.logs())


def _log_view(state: State, log: Log) -> LogView:
    origin, name = log.name.origin, log.name
    scope = state.scope(name.agreement)
    return LogView(
        origin=origin,
        agreement=name.agreement,
        party=name.party,
        kind=name.kind,
        year=name.year,
        own=name.party == state.party,
        size=log.head.size,
        root=log.head.root,
        unreadable=sum(key[0] == origin for key in scope.unreadable),
        clock_went_back=log.clock_went_back,
        incarnation=name.incarnation,
        continues=_continues(scope, origin),
        ended=_ended(state, scope, log),
        receipts=tuple(
            ReceiptView(party=party, size=held.size, at_us=held.time_s * 1_000_000)
            for party, held in sorted(state.links.receipts.get(origin, {}).items())
        ),
    )


def _continues(scope: Scope, origin: str) -> str | None:
    opened = scope.opened.get(origin)
    body = opened.body if opened is not None else None
    if not isinstance(body, LogOpened) or body.continues is None:
        return None
    return f"{body.continues.origin} from entry {body.continues.size} ({body.continues.why})"


def _ended(state: State, scope: Scope, log: Log) -> str | None:
    """Return why a log goes on no further: closed, or left behind."""
    origin = log.name.origin
    if origin in state.abandoned:
        return f"abandoned: {state.abandoned[origin]}"
    if log.closed_at is None:
        return None
    entry = scope.custody.get("log.closed", {}).get((origin, log.closed_at))
    body = entry.body if entry is not None else None
    why = body.why if isinstance(body, LogClosed) else "unknown"
    return f"closed at entry {log.closed_at}: {why}"


def peers_view(state: State, now_us: int) -> tuple[PeerView, ...]:
    """Return every peer."""
    found = []
    keys = keys_view(state)
    for party in sorted(state.identity.peers):
        word, heard_us = link_state(state, party, now_us)
        ahead = [origin for origin, (who, _) in state.links.ahead.items() if who == party]
        found.append(
            PeerView(
                party=party,
                link=word,
                heard_us=heard_us,
                clock_offset_us=state.links.offset_us.get(party),
                clock=clock_view(state, party),
                faults=state.links.faults.get(party, 0),
                refused=refused_view(state, party),
                keys_refused=tuple(k for k in keys if k.party == party and k.why),
                claims_more_of=ahead[0] if ahead else None,
            )
        )
    return tuple(found)


def status_view(service: Service, now_us: int, *, version: str) -> StatusView:
    """Return the node at a glance."""
    state = service.state
    open_ones = messages(state, now_us, open_only=True)
    return StatusView(
        party=state.party,
        forks=forks_view(state),
        disputes=disputes_view(state),
        now_us=now_us,
        version=version,
        agreements=tuple(sorted(state.agreements)),
        peers=peers_view(state, now_us),
        lines={each.line: each.glance for each in line_vectors(state, now_us)},
        queued=service.queued,
        open_messages=len(open_ones),
        awaiting_us=sum(view.awaits_us for view in open_ones),
        open_alerts=sum(1 for _ in open_alerts(state)),
        holds=holds_view(state),
        faults=service.faults(),
        by_file_us=dict(sorted(service.by_file.items())),
        links_ended=tuple(LinkEnded(at_us=at_us, why=why) for at_us, why in service.link_faults),
        language=own_reader(state, service.language).language.code,
    )
