"""Everything that the one screen shows, as one record made at one instant, live or past.

Only reading, by the views that the page, the API and the command line show too. A record is whole
or it is not there: no part of a screen can be older than another. What it holds is bounded; what is
left out is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley import __version__
from parley.app.alarm_views import AlarmsView, alarms_view
from parley.app.alert_views import AlertsView, alerts_view
from parley.app.call_views import CallsView, RelayView, calls_view, relays_view
from parley.app.console_map import MapMaker
from parley.app.console_session import clock_of
from parley.app.crank import Turned
from parley.app.custody_views import Receipts, StoredReceipts, no_receipts
from parley.app.http import Handler
from parley.app.intent_views import ConflictsView, IntentsView, conflicts_shown, intents_shown
from parley.app.message_views import MessageView, messages
from parley.app.openapi import Operation, Parameter
from parley.app.service import Feed, Service
from parley.app.unit_reports import UnitReport, UnitReports
from parley.app.unit_views import untold
from parley.app.views import (
    BoundaryShown,
    StatusView,
    ZoneShown,
    boundaries_shown,
    line_vectors,
    status_view,
    zones_shown,
)
from parley.node.rules.distribution import DistributionView
from parley.node.rules.lines import LineVector
from parley.node.state import State
from parley.world.agreement import Agreement
from parley.world.clauses import Separation

ALERTS_ON_SCREEN_MAX = 200
SHARED_US = 300_000
"""So long all who look are shown the same screen, unless something was written: it says of when."""
CLOSED_ON_SCREEN_MAX = 100
CALLS_ON_SCREEN_MAX = 100
INTENTS_ON_SCREEN_MAX = 500
UNIT_REPORTS_ENDED_MAX = 20


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


class PartyBrief(_View, frozen=True, kw_only=True):
    """A party of an agreement: posts in the order of escalation, units below them."""

    party: str
    name: str
    posts: tuple[str, ...]
    units: tuple[str, ...]
    languages: tuple[str, ...]
    bound_through: str | None


class LineBrief(_View, frozen=True, kw_only=True):
    """A line of an agreement: its ends, and our own posts for it, the one at its end first."""

    line: str
    parties: tuple[str, ...]
    hours: str
    languages: tuple[str, ...]
    own_posts: tuple[str, ...]


class MinimaBrief(_View, frozen=True, kw_only=True):
    """Separation minima as a clause has them."""

    clause: str
    horizontal_m: float
    vertical_m: float
    joined: str
    class_pairs: tuple[tuple[str, str], ...]


class AgreementBrief(_View, frozen=True, kw_only=True):
    """What a screen needs of an agreement to offer the right posts, lines, parties and minima."""

    agreement: str
    title: str
    parties: tuple[PartyBrief, ...]
    lines: tuple[LineBrief, ...]
    minima: tuple[MinimaBrief, ...]
    languages: tuple[str, ...]


class ScreenView(_View, frozen=True, kw_only=True):
    """The whole screen at `at_us` as `viewer` knew it; `past` says that it is not now.

    Attributes:
        at_us: the instant that it is of.
        now_us: the node's time when it was made.
        viewer: whose knowledge it is; `party`, and so who "us" is, stays the one that reads.
        past: whether it was folded again for an instant of the past; `calls_nobody` of its alarms
            and what was watched are not kept, and nothing is claimed about them.
        certain: of a past one: false where the viewer may have known more than is proved.
        map_digest: of the map of that instant (`/api/map`); "" where that has to be asked for.
        status: the node itself; None in the past, of which nothing is kept about it.
        messages: the open ones, then the newest closed; `messages_left_out` are not here.
        untold: notices of which a unit is missing.
        unit_reports: what units of ours saw and no post has said yet, then the newest others; of
            this node alone, and of now: sent to nobody.
    """

    at_us: int
    now_us: int
    party: str
    viewer: str
    past: bool
    certain: bool = True
    map_digest: str
    status: StatusView | None
    lines: tuple[LineVector, ...]
    alerts: AlertsView
    alarms: AlarmsView
    messages: tuple[MessageView, ...]
    messages_left_out: int
    calls: CallsView
    calls_left_out: int
    relays: tuple[RelayView, ...]
    untold: tuple[DistributionView, ...]
    unit_reports: tuple[UnitReport, ...] = ()
    zones: tuple[ZoneShown, ...]
    boundaries: tuple[BoundaryShown, ...]
    intents: IntentsView
    conflicts: tuple[ConflictsView, ...]
    agreements: tuple[AgreementBrief, ...]


class ScreenMaker:
    """Makes the screen of a node as it stands now; the past has its own (`console_past`).

    Args:
        service: the node's.
        maker: of its map.
        reports: of its units; None where none are kept.
    """

    def __init__(
        self, service: Service, maker: MapMaker, reports: UnitReports | None = None
    ) -> None:
        self._service = service
        self._maker = maker
        self._reports = reports
        self._receipts = StoredReceipts(service.crank.store)
        self._turns = 0
        self._shared: tuple[int, tuple[object, ...], bytes] | None = None
        service.listeners.append(self._count)

    def _count(self, now_us: int, turned: Turned) -> None:
        del now_us, turned
        self._turns += 1

    def encoded(self) -> bytes:
        """Return the screen of now as it is sent: many who look cost the node no more than one."""
        service, reports = self._service, self._reports
        now_us = service.clock()
        told = reports.newest(UNIT_REPORTS_ENDED_MAX) if reports else ()
        held = (self._turns, told, service.calls)
        most_us = SHARED_US if clock_of(service) == "wall" else 1
        shared = self._shared
        if shared is None or shared[1] != held or not 0 <= now_us - shared[0] < most_us:
            view = self.make()
            shared = self._shared = view.at_us, held, msgspec.json.encode(view)
        return shared[2]

    def make(self) -> ScreenView:
        """Return the screen of now."""
        service, now_us = self._service, self._service.clock()
        view = screen_of(
            service.state, now_us, feeds=service.feeds, receipts=self._receipts,
            map_digest=self._maker.make(service.state, now_us).digest,
        )  # fmt: skip
        return msgspec.structs.replace(
            view,
            status=status_view(service, now_us, version=__version__),
            alarms=alarms_view(service.state, now_us, service.calls),
            unit_reports=self._reports.newest(UNIT_REPORTS_ENDED_MAX) if self._reports else (),
        )


def screen_of(
    state: State,
    at_us: int,
    *,
    feeds: dict[str, Feed],
    receipts: Receipts = no_receipts,
    map_digest: str = "",
    lines: Callable[[], tuple[LineVector, ...]] | None = None,
) -> ScreenView:
    """Return the screen of a state at an instant.

    Args:
        state: live, or folded again from what a party knew then.
        at_us: the instant.
        feeds: that had reported.
        receipts: of single entries, as far as they are kept.
        map_digest: of the map that belongs to it.
        lines: gives the vectors of the lines where a state alone does not have them (the past,
            whose links are not folded).
    """
    every = messages(state, at_us, receipts=receipts)
    open_ones = sorted(
        (view for view in every if view.open),
        key=lambda view: (not view.awaits_us, view.answer_due_us or 0, view.key),
    )
    closed = [view for view in every if not view.open]
    calls = calls_view(state, at_us, receipts=receipts)
    return ScreenView(
        at_us=at_us,
        now_us=at_us,
        party=state.party,
        viewer=state.party,
        past=False,
        map_digest=map_digest,
        status=None,
        lines=lines() if lines is not None else line_vectors(state, at_us),
        alerts=alerts_view(state, feeds, at_us, count=ALERTS_ON_SCREEN_MAX),
        alarms=alarms_view(state, at_us, None),
        messages=(*open_ones, *closed[:CLOSED_ON_SCREEN_MAX]),
        messages_left_out=max(0, len(closed) - CLOSED_ON_SCREEN_MAX),
        calls=msgspec.structs.replace(calls, calls=calls.calls[:CALLS_ON_SCREEN_MAX]),
        calls_left_out=max(0, len(calls.calls) - CALLS_ON_SCREEN_MAX),
        relays=relays_view(state, at_us),
        untold=untold(state, at_us),
        zones=zones_shown(state, at_us),
        boundaries=boundaries_shown(state),
        intents=intents_shown(state, at_us, count=INTENTS_ON_SCREEN_MAX),
        conflicts=conflicts_shown(state, at_us),
        agreements=tuple(_brief(state, each) for _, each in sorted(state.agreements.items())),
    )


def _brief(state: State, agreement: Agreement) -> AgreementBrief:
    return AgreementBrief(
        agreement=agreement.id,
        title=agreement.title,
        parties=tuple(
            PartyBrief(
                party=each.id, name=each.name, posts=each.posts, units=each.units,
                languages=each.languages, bound_through=each.bound_through,
            )
            for each in agreement.parties
        ),
        lines=tuple(
            LineBrief(
                line=line.id, parties=line.parties, hours=line.hours, languages=line.languages,
                own_posts=own_posts(state.party, agreement, line.id),
            )
            for line in agreement.lines
        ),
        minima=tuple(_minima(agreement)),
        languages=agreement.languages,
    )  # fmt: skip


def _minima(agreement: Agreement) -> Iterator[MinimaBrief]:
    for each in agreement.clauses:
        if isinstance(each, Separation):
            yield MinimaBrief(
                clause=each.id,
                horizontal_m=each.horizontal_m,
                vertical_m=each.vertical_m,
                joined=each.joined,
                class_pairs=each.class_pairs,
            )


def own_posts(party: str, agreement: Agreement, line_id: str) -> tuple[str, ...]:
    """Return a party's posts under an agreement, the one at the end of the line first."""
    ends = [
        end.post
        for line in agreement.lines
        for end in line.ends
        if line.id == line_id and end.party == party
    ]
    known = {each.id: each for each in agreement.parties}
    posts = known[party].posts if party in known else ()
    return tuple(dict.fromkeys([*ends, *posts]))


def screen_operations(
    maker: ScreenMaker, past: Handler, parameters: tuple[Parameter, ...]
) -> list[Operation]:
    """Return the operation that gives the screen of now, and of an instant of the past.

    Args:
        maker: of now.
        past: answers where an instant is asked for.
        parameters: by which it is.
    """

    async def screen(request: Request) -> Response:
        if not request.query_params.keys().isdisjoint(each.name for each in parameters):
            return await past(request)
        return Response(maker.encoded(), media_type="application/json")

    return [
        Operation(
            "GET", "/api/screen", "Everything the console shows, at one instant.",
            screen, ScreenView, parameters=parameters,
        )
    ]  # fmt: skip
