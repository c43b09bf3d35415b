"""The operations of the JSON API: one table, each with its types; what they do to the service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parley import __version__
from parley.app.act_views import ActDone, EntryView, Written
from parley.app.agreement_api import agreement_operations
from parley.app.alarm_api import alarm_operations
from parley.app.alert_api import alert_operations
from parley.app.assessment_api import assessment_operations
from parley.app.bundle_api import BundleApi, Bundles
from parley.app.call_api import CallApi
from parley.app.changes import WAIT_S_MAX, Changes, ChangesView
from parley.app.config import decode_json
from parley.app.conformance_api import conformance_operations
from parley.app.console_map import MapMaker, map_operations
from parley.app.console_past import AS, AT, Past
from parley.app.console_screen import ScreenMaker, screen_operations
from parley.app.console_session import ConsoleSession
from parley.app.coverage_api import coverage_operations
from parley.app.custody_views import (
    ConsentView,
    ForkView,
    HoldView,
    KeyView,
    OperatorView,
    StoredReceipts,
    consents_view,
    forks_view,
    holds_view,
    keys_view,
    masked_about,
    operators_view,
)
from parley.app.evidence import make_pack
from parley.app.http import Access, Refusal, fault_reply, json_reply, read_body, refusing
from parley.app.intent_api import intent_operations
from parley.app.layer_views import layer_operations
from parley.app.line_api import line_operations
from parley.app.message_views import MessageView, messages
from parley.app.notice_api import NoticeApi
from parley.app.openapi import Operation, Parameter, make_document
from parley.app.passkey_api import PasskeyDoor, refuse_without_passkey
from parley.app.reposition_api import reposition_operations
from parley.app.service import Service
from parley.app.shorttext import short
from parley.app.standing_views import standing_operations
from parley.app.unit_api import refuse_units_word, unit_operations
from parley.app.unit_report_api import report_operations
from parley.app.verdict_api import verdict_operations
from parley.app.views import (
    BoundaryShown,
    LogView,
    StatusView,
    ZoneShown,
    boundaries_shown,
    line_vectors,
    logs_view,
    status_view,
    zones_shown,
)
from parley.app.zone_api import zone_operations
from parley.node.encoding import decode_entry
from parley.node.entries import Entry, LogOpened, log_name
from parley.node.inputs import (
    Act,
    CustodyAct,
    DestroyPayload,
    DistrustKey,
    EnrolOperator,
    GiveConsent,
    LiftHold,
    NoteAlarmSent,
    OpenPayload,
    RemoveOperator,
    RevokeKey,
    SetHold,
    SignAct,
    TrackReports,
    WithdrawConsent,
)
from parley.node.rules.lines import LineVector
from parley.store.sqlite import Store
from parley.trust.seal import SALT_BYTES, payload_of
from parley.trust.tree import leaf_hash
from parley.world.faults import Fault, InputFault, nearest

ENTRIES_PER_PAGE_MAX = 256
CUSTODY_ACTS: dict[str, tuple[type[CustodyAct], str]] = {
    "/api/acts/sign": (SignAct, "A person's own signature on an entry of this party."),
    "/api/operators": (EnrolOperator, "A person, by pseudonym, may sign at posts."),
    "/api/operators/remove": (RemoveOperator, "A person no longer signs."),
    "/api/keys/distrust": (DistrustKey, "A peer's key counts no more here, at one person's word."),
    "/api/keys/revoke": (RevokeKey, "What an offline root says of a key, for every party."),
    "/api/holds": (SetHold, "Nothing under the agreement is destroyed here."),
    "/api/holds/lift": (LiftHold, "A legal hold ends."),
    "/api/consents": (GiveConsent, "Guarded notices may go to an addressee."),
    "/api/consents/withdraw": (WithdrawConsent, "They may not any more."),
    "/api/notices/open": (OpenPayload, "Read a guarded notice; the opening is written down."),
    "/api/notices/destroy": (
        DestroyPayload,
        "Drop our copy of a guarded notice; copies that others hold cannot be recalled.",
    ),
}
"""Acts about the record itself, each under its own path; `POST /api/acts` takes them as well."""
_Count = Annotated[int, msgspec.Meta(ge=0)]
CHANGES_PARAMETERS = (
    Parameter("after", "query", _Count, "The number seen last; 0 without it."),
    Parameter("wait_s", "query", _Count, f"Wait at most so long; {WAIT_S_MAX:g} s at most."),
)


class TracksTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What reports led to: how many came in, and the alerts and other entries written at once."""

    reports: int
    written: tuple[Written, ...]


def decode_act(data: bytes) -> Act:
    """Return the act of a JSON body.

    Raises:
        InputFault: not an act, or a field that it does not have (the repair names the nearest).
    """
    act: Act = decode_json(data, Act, "act")  # type: ignore[arg-type]  # a union is a type to msgspec, not to its stub
    if isinstance(act, NoteAlarmSent):
        # What it says counts as a call that went out, and is not made again.
        wanted = "an act of a person: which alarms went out is written by the node that sent them"
        raise InputFault("act", value="note_alarm_sent", wanted=wanted)
    _check_fields(data, act)
    return act


def _check_fields(data: bytes, act: Act) -> None:
    known = ("type", *act.__struct_fields__)
    for name in msgspec.json.decode(data, type=dict[str, msgspec.Raw]):
        if name not in known:
            close = nearest(name, known)
            repair = f"did you mean {close!r}?" if close else f"known: {', '.join(known)}"
            raise InputFault("act field", value=name, wanted="a known field", repair=repair)


async def do_act(service: Service, act: Act) -> ActDone:
    """Return what an operator's act led to, after it is stored.

    Raises:
        InputFault: it cannot be done; nothing has changed.
    """
    turned = await service.act(act)
    now_us = service.clock()
    own = [e for e in turned.written if e.by == act.post and not isinstance(e.body, LogOpened)]
    written = tuple(short(now_us, entry) for entry in turned.written)
    return ActDone(key=(own[0].log.origin, own[0].seq) if own else None, written=written)


class Api:
    """The operations on one node.

    Args:
        service: the node's.
        store: the node's, for entries and evidence.
        access: who may act.
    """

    def __init__(self, service: Service, store: Store, access: Access) -> None:
        self._service = service
        self._store = store
        self._access = access
        self._receipts = StoredReceipts(store)
        self._calls = CallApi(service, self._receipts)
        self._notices = NoticeApi(service, self._receipts, self._acting_body)
        self._changes = Changes(service)
        self._bundles = BundleApi(Bundles(service, store), service, access)
        self._session = ConsoleSession(service, access)
        self._map = MapMaker()
        self.past = Past(service, store)
        self._screen = ScreenMaker(service, self._map, access.reports)
        self._passkeys = PasskeyDoor(service, access, self._acting_body)

    @cached_property
    def _document(self) -> bytes:
        """The OpenAPI document, made when it is first asked for."""
        return msgspec.json.encode(make_document(self.operations(), version=__version__))

    def operations(self) -> list[Operation]:
        """Return the table of operations."""
        return [
            *self._reads(),
            *line_operations(self._service),
            *verdict_operations(self._service, self._receipts),
            *standing_operations(self._service),
            *agreement_operations(self._service),
            *assessment_operations(self._service),
            *layer_operations(self._service),
            *zone_operations(self._service),
            *intent_operations(self._service, self._acting_body),
            *conformance_operations(self._service),
            *reposition_operations(self._service),
            *unit_operations(self._service, self._access, self._acting_body),
            *report_operations(self._service, self._access, self._acting_body),
            *self._log_reads(),
            *self._does(),
            *self._bundles.operations(),
            *self._calls.operations(),
            *self._notices.operations(),
            *alarm_operations(self._service, self._acting_body),
            *alert_operations(self._service),
            *coverage_operations(self._service),
            *self._session.operations(),
            *self._passkeys.operations(),
            *map_operations(self._service, self._map, self.past.map, (AT, AS)),
            *screen_operations(self._screen, self.past.screen, (AT, AS)),
            *self.past.operations(),
            *self._custody_reads(),
            *(
                Operation("POST", path, summary, self._act_of(kind), ActDone, body=kind, status=201)
                for path, (kind, summary) in CUSTODY_ACTS.items()
            ),
        ]

    def _reads(self) -> list[Operation]:
        """Return the operations that show what stands now."""
        which = (
            Parameter("open", "query", bool, "true: only those that still want an answer."),
            Parameter("since_us", "query", _Count, "Only those sent then or later."),
            Parameter("log", "query", str, "With index: this one alone."),
            Parameter("index", "query", _Count, "Its index in that log."),
        )
        return [
            Operation("GET", "/api/status", "The node at a glance.", self._status, StatusView),
            Operation(
                "GET", "/api/lines", "The state vector of each line.", self._lines,
                tuple[LineVector, ...],
            ),
            Operation(
                "GET", "/api/messages", "Messages, newest first, each with how far it got.",
                self._messages, tuple[MessageView, ...], parameters=which,
            ),
            Operation(
                "GET", "/api/zones", "Zones with both their states.", self._zones,
                tuple[ZoneShown, ...],
            ),
            Operation(
                "GET", "/api/boundaries", "Boundaries with their sides.", self._boundaries,
                tuple[BoundaryShown, ...],
            ),
            Operation(
                "GET", "/api/changes", "Wait until something else is written here.",
                self._changed, ChangesView, parameters=CHANGES_PARAMETERS,
            ),
        ]  # fmt: skip

    def _log_reads(self) -> list[Operation]:
        """Return the operations that show the logs themselves, exactly."""
        agreement = Parameter("agreement", "query", str, "Only the logs under this agreement.")
        start = Parameter("start", "query", _Count, "First index; 0 without it.")
        end = Parameter(
            "end", "query", _Count, f"Index after the last; at most {ENTRIES_PER_PAGE_MAX} come."
        )
        origin = Parameter("origin", "path", str, "The origin of the log, with its slashes.")
        return [
            Operation(
                "GET", "/api/logs", "Logs: sizes, heads, receipts.", self._logs,
                tuple[LogView, ...],
            ),
            Operation(
                "GET", "/api/logs/{origin:path}/entries", "Entries of a log, exact text.",
                self._entries, tuple[EntryView, ...], parameters=(origin, start, end),
            ),
            Operation(
                "GET", "/api/export", "The evidence pack, for parley verify.", self._export,
                media="application/zip", parameters=(agreement,),
            ),
        ]  # fmt: skip

    def _does(self) -> list[Operation]:
        """Return the operations that write: what an operator does, what a feed reports."""
        return [
            Operation(
                "POST", "/api/acts", "An operator's act.", self._act, ActDone, body=Act, status=201
            ),
            Operation(
                "POST", "/api/tracks", "Reports of a feed, in order of time.", self._tracks,
                TracksTaken, body=TrackReports, status=202,
            ),
        ]  # fmt: skip

    def _custody_reads(self) -> list[Operation]:
        """Return the operations that show who may sign, which keys count, and what is held back."""
        return [
            Operation(
                "GET", "/api/operators", "People by pseudonym, and whether they may sign now.",
                self._operators, tuple[OperatorView, ...],
            ),
            Operation(
                "GET", "/api/keys", "The peers' keys, with what is said against them.",
                self._keys, tuple[KeyView, ...],
            ),
            Operation(
                "GET", "/api/forks", "Two histories under one key, wherever a log tells of it.",
                self._forks, tuple[ForkView, ...],
            ),
            Operation(
                "GET", "/api/holds", "Legal holds that stand.", self._holds, tuple[HoldView, ...]
            ),
            Operation(
                "GET", "/api/consents", "Who lets whom have guarded notices.", self._consents,
                tuple[ConsentView, ...],
            ),
        ]  # fmt: skip

    def end_waits(self) -> None:
        """Answer the requests that wait for news: the node stops."""
        self._changes.end()

    def routes(self) -> list[Route]:
        """Return the routes of the operations and of their document."""
        found = [
            Route(each.path, refusing(each.handler), methods=[each.method])
            for each in self.operations()
        ]
        return [*found, Route("/openapi.json", self._openapi, methods=["GET"])]

    async def _openapi(self, request: Request) -> Response:
        del request
        return Response(self._document, media_type="application/json")

    # ---- reading --------------------------------------------------------------------------------

    async def _status(self, request: Request) -> Response:
        del request
        view = status_view(self._service, self._service.clock(), version=__version__)
        return json_reply(view)

    async def _lines(self, request: Request) -> Response:
        del request
        return json_reply(line_vectors(self._service.state, self._service.clock()))

    async def _messages(self, request: Request) -> Response:
        only = request.query_params.get("open", "false")
        if only not in ("true", "false"):
            fault = InputFault("query open", value=only, wanted="true or false")
            raise Refusal(400, fault)
        log = request.query_params.get("log")
        since = "since_us" in request.query_params
        found = messages(
            self._service.state,
            self._service.clock(),
            open_only=only == "true",
            since_us=_count(request, "since_us", 0, digits=18) if since else None,
            only=(log, _count(request, "index", 0)) if log is not None else None,
            receipts=self._receipts,
        )
        return json_reply(found)

    async def _zones(self, request: Request) -> Response:
        del request
        return json_reply(zones_shown(self._service.state, self._service.clock()))

    async def _boundaries(self, request: Request) -> Response:
        del request
        return json_reply(boundaries_shown(self._service.state))

    async def _changed(self, request: Request) -> Response:
        wait_s = float(_count(request, "wait_s", 0))
        return json_reply(await self._changes.after(_count(request, "after", 0), wait_s))

    async def _logs(self, request: Request) -> Response:
        del request
        return json_reply(logs_view(self._service.state))

    async def _entries(self, request: Request) -> Response:
        origin = request.path_params["origin"]
        if origin not in self._store.origins():
            close = nearest(origin, self._store.origins())
            repair = f"did you mean {close!r}?" if close else "see /api/logs"
            raise Refusal(404, InputFault("log", value=origin, wanted="a log held", repair=repair))
        start = _count(request, "start", 0)
        end = min(
            _count(request, "end", start + ENTRIES_PER_PAGE_MAX), start + ENTRIES_PER_PAGE_MAX
        )
        found = self._store.entries(origin, start, end)
        openings = self._store.openings(origin, start, end)
        return json_reply(
            [
                self._entry_view(origin, index, data, openings.get(index))
                for index, data in enumerate(found, start)
            ]
        )

    def _entry_view(self, origin: str, index: int, data: bytes, opening: bytes | None) -> EntryView:
        state, name = self._service.state, log_name(origin)
        rules = state.scope(name.agreement).rules
        entry = decode_entry(data, log=name, index=index, rules=rules)
        view = EntryView(
            index=index, leaf=leaf_hash(data).hex(), text=data.decode("utf-8", "replace")
        )
        if not isinstance(entry, Entry) or entry.commit is None:
            return view
        if opening is None:
            return msgspec.structs.replace(view, reading="sealed")
        if masked_about(state, (origin, index), entry):
            return msgspec.structs.replace(view, reading="guarded")
        return msgspec.structs.replace(
            view,
            salt=opening[:SALT_BYTES].hex(),
            payload=payload_of(opening).decode("utf-8", "replace"),
        )

    async def _operators(self, request: Request) -> Response:
        del request
        return json_reply(operators_view(self._service.state, self._service.clock()))

    async def _keys(self, request: Request) -> Response:
        del request
        return json_reply(keys_view(self._service.state))

    async def _forks(self, request: Request) -> Response:
        del request
        return json_reply(forks_view(self._service.state))

    async def _holds(self, request: Request) -> Response:
        del request
        return json_reply(holds_view(self._service.state))

    async def _consents(self, request: Request) -> Response:
        del request
        return json_reply(consents_view(self._service.state, self._service.clock()))

    async def _export(self, request: Request) -> Response:
        try:
            data = make_pack(self._store, request.query_params.get("agreement"))
        except InputFault as fault:
            raise Refusal(404, fault) from None
        except Fault as fault:
            return fault_reply(fault, 500)
        name = f'attachment; filename="parley-{self._service.state.party}.zip"'
        headers = {"Content-Disposition": name}
        return Response(data, media_type="application/zip", headers=headers)

    # ---- acting ---------------------------------------------------------------------------------

    async def _act(self, request: Request) -> Response:
        data = await self._acting_body(request)
        try:
            act = decode_act(data)
            refuse_units_word(act)
            refuse_without_passkey(act, self._access, self._service.state)
        except InputFault as fault:
            raise Refusal(422, fault) from None
        return await self._done(act)

    async def _done(self, act: Act) -> Response:
        try:
            done = await do_act(self._service, act)
        except InputFault as fault:
            raise Refusal(409, fault) from None
        return json_reply(done, 201 if done.key is not None else 200)

    def _act_of(self, kind: type[CustodyAct]) -> Callable[[Request], Awaitable[Response]]:
        """Return what does acts of one kind."""

        async def handle(request: Request) -> Response:
            data = await self._acting_body(request)
            try:
                act = decode_json(data, kind, "act")
                _check_fields(data, act)
                refuse_without_passkey(act, self._access, self._service.state)
            except InputFault as fault:
                raise Refusal(422, fault) from None
            return await self._done(act)

        return handle

    async def _tracks(self, request: Request) -> Response:
        data = await self._acting_body(request)
        try:
            event = decode_json(data, TrackReports, "tracks")
        except InputFault as fault:
            raise Refusal(422, fault) from None
        try:
            turned = await self._service.track_reports(event)
        except InputFault as fault:
            # Who may come again later is told otherwise than who may not.
            raise Refusal(503 if self._service.takes_tracks else 409, fault) from None
        now_us = self._service.clock()
        written = tuple(short(now_us, entry) for entry in turned.written)
        return json_reply(TracksTaken(reports=len(event.reports), written=written), 202)

    async def _acting_body(self, request: Request) -> bytes:
        self._access.require_token(request)
        require_json(request)
        require_begun(self._service)
        return await read_body(request)


def require_json(request: Request) -> None:
    """Check that a body is said to be JSON: what another site's form can send never is."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        fault = InputFault("Content-Type", value=kind, wanted="application/json")
        raise Refusal(415, fault)


def require_begun(service: Service) -> None:
    """Check that the node takes inputs: a driven one does after its first advance."""
    if not service.begun:
        raise Refusal(503, InputFault("node", value="waiting for its clock", wanted="an advance"))


def _count(request: Request, name: str, default: int, *, digits: int = 15) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > digits:
        raise Refusal(400, InputFault(f"query {name}", value=text, wanted="a number, 0 or more"))
    return int(text)
