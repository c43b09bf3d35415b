"""The operations on places, standing notices and the ledger: lists are taken in parts.

What a part of a list leads to is told row by row; nothing is left out without a word, and a part
that is sent twice writes nothing the second time.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.config import decode_json
from parley.app.custody_views import Receipts
from parley.app.http import Refusal, json_reply
from parley.app.notice_views import (
    ROWS_MAX,
    LedgerView,
    NoticeRow,
    NoticesView,
    PlacesView,
    ledger_view,
    notice_row,
    notices_view,
    places_view,
)
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.node.agreement_bodies import KeptPlace
from parley.node.agreement_inputs import ConfirmNotice, DisclosePlace, KeepPlaces
from parley.node.inputs import OpenPayload
from parley.node.rules.agreements import adopted_agreement
from parley.node.rules.custody import guarded, opened_here
from parley.node.rules.notice_standing import (
    STANDING_WORDS,
    NoticeSeen,
    standing_notices,
    standing_of,
    terms_of,
)
from parley.node.rules.peering import link_state
from parley.node.rules.places import Asked, check_place, new_places, questions, register
from parley.node.rules.threads import find_thread
from parley.node.state import Key, Thread
from parley.world.agreement import Agreement
from parley.world.faults import InputFault
from parley.world.norms import norms
from parley.world.time import format_second

PART_MAX = 256
"""Notices told, confirmed or read in one request: other acts get their turn between two."""
_MINUTE_US = 60_000_000
_GROUPS_MAX = 20
_T = TypeVar("_T")
_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Reply(msgspec.Struct, frozen=True, kw_only=True):
    pass


class KeepBody(_Body, frozen=True, kw_only=True):
    """Places to be kept; `check_only`: nothing is written, only asked."""

    agreement: str
    post: str
    places: tuple[KeptPlace, ...]
    source: str = ""
    confirmed: bool = False
    check_only: bool = False


class KeptDone(_Reply, frozen=True, kw_only=True):
    """What became of them: how many are new or changed, known already, and what is asked."""

    fresh: int
    same: int
    written: int
    asked: tuple[Asked, ...]


class ExportBody(_Body, frozen=True, kw_only=True):
    """A part of the register, exactly, from a place of the list on."""

    agreement: str
    post: str
    start: int = 0


class ExportPart(_Reply, frozen=True, kw_only=True):
    """Places as they are kept, exactly; `next` is where the following part begins."""

    places: tuple[KeptPlace, ...]
    next: int | None


class TellBody(_Body, frozen=True, kw_only=True):
    """Places to be told to one addressee, so many as one part may have."""

    agreement: str
    line: str
    post: str
    to: str
    precision_m: float
    places: tuple[str, ...]
    from_us: int | None = None
    to_us: int | None = None
    valid_until_us: int | None = None
    text: str = ""
    named: bool = False


class RowRefused(_Reply, frozen=True, kw_only=True):
    """A row of a list that was not done, and why."""

    row: str
    why: str


class TellDone(_Reply, frozen=True, kw_only=True):
    """What a part led to. `left`: so many are to be told yet; ask again after `wait_s`."""

    told: int
    already: int
    refused: tuple[RowRefused, ...]
    left: int
    wait_s: float
    why: str = ""


class ConfirmBody(_Body, frozen=True, kw_only=True):
    """Standing notices to be confirmed until an instant; without a list all that need it by then.

    `to`: only those to this addressee. One that ends before the instant is confirmed until its end.
    """

    agreement: str
    post: str
    until_us: int
    refs: tuple[Key, ...] | None = None
    to: str = ""


class ConfirmDone(_Reply, frozen=True, kw_only=True):
    """What a part led to; `ending`: so many end before the instant and must be told again.

    `passed`: of those that stood before it, which were left alone, and why; one line a group.
    """

    confirmed: int
    ending: int
    refused: tuple[RowRefused, ...]
    left: int
    wait_s: float
    passed: tuple[str, ...] = ()


class ReadBody(_Body, frozen=True, kw_only=True):
    """Notices to be opened and read; each opening is written into the private log."""

    refs: tuple[Key, ...]
    post: str
    purpose: str = ""


class ReadDone(_Reply, frozen=True, kw_only=True):
    """What they say, with how each stands."""

    notices: tuple[NoticeRow, ...]
    refused: tuple[RowRefused, ...]


class NoticeApi:
    """The operations of one node.

    Args:
        service: the node's.
        receipts: when peers said that they held our entries.
        acting_body: gives the body of a request that may act.
    """

    def __init__(
        self,
        service: Service,
        receipts: Receipts,
        acting_body: Callable[[Request], Awaitable[bytes]],
    ) -> None:
        self._service = service
        self._receipts = receipts
        self._acting_body = acting_body

    def operations(self) -> list[Operation]:
        """Return the table of operations."""
        start = Parameter("start", "query", _Count, f"Row to begin at; {ROWS_MAX} rows at most.")
        word = Parameter("word", "query", str, f"Only one of {', '.join(STANDING_WORDS)}.")
        party = Parameter("party", "query", str, "Only the notices of this party.")
        place = Parameter("place", "query", str, "Only this place.")
        addressee = Parameter("addressee", "query", str, "Only what this party was told.")
        return [
            Operation(
                "GET", "/api/notices/standing", "Standing notices: how fresh each is, all counted.",
                self._notices, NoticesView, parameters=(word, party, start),
            ),
            Operation(
                "POST", "/api/notices/confirm", "Say that own standing notices still hold.",
                self._confirm, ConfirmDone, body=ConfirmBody,
            ),
            Operation(
                "POST", "/api/notices/read", "Open guarded notices and read them; written down.",
                self._read, ReadDone, body=ReadBody,
            ),
            Operation(
                "GET", "/api/places", "Our own register of places, without where they lie.",
                self._places, PlacesView, parameters=(start,),
            ),
            Operation(
                "POST", "/api/places", "Keep places, or only ask what would be asked.",
                self._keep, KeptDone, body=KeepBody,
            ),
            Operation(
                "POST", "/api/places/export", "Our own register, exactly.", self._export,
                ExportPart, body=ExportBody,
            ),
            Operation(
                "POST", "/api/places/tell", "Tell places to an addressee, a part of them at once.",
                self._tell, TellDone, body=TellBody,
            ),
            Operation(
                "GET", "/api/places/ledger", "What we told to whom, how fine, by which consent.",
                self._ledger, LedgerView, parameters=(place, addressee, start),
            ),
        ]  # fmt: skip

    # ---- reading --------------------------------------------------------------------------------

    async def _notices(self, request: Request) -> Response:
        query = request.query_params
        word = query.get("word", "")
        if word not in ("", *STANDING_WORDS):
            wanted = f"one of {', '.join(STANDING_WORDS)}"
            raise Refusal(400, InputFault("query word", value=word, wanted=wanted))
        found = notices_view(
            self._service.state,
            self._service.clock(),
            word=word,
            party=query.get("party", ""),
            start=_start(request),
        )
        return json_reply(found)

    async def _places(self, request: Request) -> Response:
        return json_reply(places_view(self._service.state, start=_start(request)))

    async def _ledger(self, request: Request) -> Response:
        query = request.query_params
        found = ledger_view(
            self._service.state,
            self._service.clock(),
            self._receipts,
            place=query.get("place", ""),
            addressee=query.get("addressee", ""),
            start=_start(request),
        )
        return json_reply(found)

    # ---- the register ---------------------------------------------------------------------------

    async def _keep(self, request: Request) -> Response:
        body = await self._body(request, KeepBody)
        state = self._service.state
        try:
            agreement = adopted_agreement(state, body.agreement)
            for each in body.places:
                check_place(each)
            scope = state.scope(body.agreement)
            fresh = new_places(state, scope, body.places)
            asked = tuple(questions(state, scope, agreement, fresh))
            written = 0
            if not body.check_only and (body.confirmed or not asked):
                act = KeepPlaces(
                    agreement=body.agreement, post=body.post, places=fresh, source=body.source,
                    confirmed=body.confirmed,
                )  # fmt: skip
                await self._service.act(act)
                written = len(fresh)
        except InputFault as fault:
            raise Refusal(409, fault) from None
        same = len(body.places) - len(fresh)
        return json_reply(KeptDone(fresh=len(fresh), same=same, written=written, asked=asked))

    async def _export(self, request: Request) -> Response:
        body = await self._body(request, ExportBody)
        try:
            adopted_agreement(self._service.state, body.agreement)
        except InputFault as fault:
            raise Refusal(409, fault) from None
        scope = self._service.state.scope(body.agreement)
        every = [each for each in register(self._service.state, scope).values() if not each.removed]
        part = tuple(every[body.start : body.start + ROWS_MAX])
        end = body.start + len(part)
        return json_reply(ExportPart(places=part, next=end if end < len(every) else None))

    # ---- lists of notices -----------------------------------------------------------------------

    async def _tell(self, request: Request) -> Response:
        body = await self._body(request, TellBody)
        state = self._service.state
        try:
            adopted_agreement(state, body.agreement)
        except InputFault as fault:
            raise Refusal(409, fault) from None
        told = already = 0
        refused: list[RowRefused] = []
        for number, name in enumerate(body.places):
            wait_s, why = self._must_wait(body.agreement, body.line, body.to)
            if wait_s or number >= PART_MAX:
                done = TellDone(
                    told=told, already=already, refused=tuple(refused),
                    left=len(body.places) - number, wait_s=wait_s, why=why,
                )  # fmt: skip
                return json_reply(done)
            try:
                turned = await self._service.act(_telling(body, name))
            except InputFault as fault:
                refused.append(RowRefused(row=name, why=str(fault)))
                continue
            new = any(entry.type == "message.said" for entry in turned.written)
            told, already = told + new, already + (not new)
        return json_reply(
            TellDone(told=told, already=already, refused=tuple(refused), left=0, wait_s=0.0)
        )

    def _must_wait(self, agreement: str, line: str, to: str) -> tuple[float, str]:
        """Return how long a list waits: the line is half its own quota's, half everybody's."""
        state, now_us = self._service.state, self._service.clock()
        if link_state(state, to, now_us)[0] != "up":
            return float(norms().quota.wait_s), f"the link to {to} is not up"
        sent_us = state.scope(agreement).index.sent_us.get((line, state.party), [])
        lately = len(sent_us) - bisect.bisect_left(sent_us, now_us - _MINUTE_US)
        most = norms().quota.line_per_min // 2
        if lately >= most:
            return float(norms().quota.wait_s), f"{lately} messages in the last minute"
        return 0.0, ""

    async def _confirm(self, request: Request) -> Response:
        body = await self._body(request, ConfirmBody)
        state, now_us = self._service.state, self._service.clock()
        try:
            agreement = adopted_agreement(state, body.agreement)
        except InputFault as fault:
            raise Refusal(409, fault) from None
        scope = state.scope(body.agreement)
        refs, passed = body.refs, tuple[str, ...]()
        if refs is None:
            # What an earlier part confirmed gains nothing by another word, and is left alone.
            why = [
                (seen, _why_not(agreement, scope.threads[seen.message], seen, body, now_us))
                for seen in sorted(
                    standing_notices(state, scope, agreement, now_us, party=state.party),
                    key=lambda each: (each.fresh_until_us, each.message),
                )
            ]
            refs = tuple(seen.message for seen, reason in why if not reason)
            passed = _passed(why, body)
        part, refused, confirmed, ending = refs[:PART_MAX], [], 0, 0
        for key in part:
            try:
                ending += await self._confirm_one(key, body)
                confirmed += 1
            except InputFault as fault:
                refused.append(RowRefused(row=f"{key[0]} {key[1]}", why=str(fault)))
        left = len(refs) - len(part)
        wait_s = float(norms().quota.wait_s) * 2 if left else 0.0
        return json_reply(
            ConfirmDone(
                confirmed=confirmed, ending=ending, refused=tuple(refused), left=left,
                wait_s=wait_s, passed=passed,
            )
        )  # fmt: skip

    async def _confirm_one(self, key: Key, body: ConfirmBody) -> bool:
        """Confirm a notice until the instant or its own end; return whether that comes first."""
        _, thread = find_thread(self._service.state, key)
        valid_us = thread.said.valid_until_us if thread.said is not None else None
        ends = valid_us is not None and valid_us < body.until_us
        until_us = valid_us if ends and valid_us is not None else body.until_us
        await self._service.act(ConfirmNotice(ref=key, post=body.post, until_us=until_us))
        return ends

    async def _read(self, request: Request) -> Response:
        body = await self._body(request, ReadBody)
        if len(body.refs) > PART_MAX:
            wanted = f"at most {PART_MAX} at once"
            fault = InputFault("notices", value=len(body.refs), wanted=wanted)
            raise Refusal(422, fault)
        rows: list[NoticeRow] = []
        refused: list[RowRefused] = []
        for key in body.refs:
            try:
                rows.append(await self._read_one(key, body))
            except InputFault as fault:
                refused.append(RowRefused(row=f"{key[0]} {key[1]}", why=str(fault)))
        return json_reply(ReadDone(notices=tuple(rows), refused=tuple(refused)))

    async def _read_one(self, key: Key, body: ReadBody) -> NoticeRow:
        state = self._service.state
        scope, thread = find_thread(state, key)
        if guarded(thread) and not opened_here(state, scope, key):
            await self._service.act(OpenPayload(ref=key, post=body.post, purpose=body.purpose))
        agreement = adopted_agreement(state, scope.agreement_id)
        seen = standing_of(state, scope, agreement, thread, self._service.clock())
        return notice_row(state, scope, seen)

    async def _body(self, request: Request, kind: type[_T]) -> _T:
        data = await self._acting_body(request)
        try:
            return decode_json(data, kind, "body")
        except InputFault as fault:
            raise Refusal(422, fault) from None


def _why_not(
    agreement: Agreement, thread: Thread, seen: NoticeSeen, body: ConfirmBody, now_us: int
) -> str:
    """Return why a notice of ours is not confirmed where all are; "": it is."""
    if body.to not in ("", *seen.to):
        return f"not to {body.to}"
    if seen.word == "expired":
        return "expired: tell them again"
    if seen.word not in ("fresh", "stale"):
        return seen.word
    if _gains(agreement, thread, seen, body.until_us, now_us):
        return ""
    valid_us = thread.said.valid_until_us if thread.said is not None else None
    if valid_us is not None and valid_us <= seen.fresh_until_us:
        return f"fresh to their own end, {format_second(valid_us)}: tell them again for longer"
    return f"fresh until {format_second(seen.fresh_until_us)}: a word now would add next to nothing"


def _passed(why: Iterable[tuple[NoticeSeen, str]], body: ConfirmBody) -> tuple[str, ...]:
    """Return which notices are left alone and why: one line for all of one addressee and reason."""
    groups = Counter(
        (", ".join(seen.to), reason) for seen, reason in why if reason and body.to in ("", *seen.to)
    )
    lines = [f"{count} to {to}: {reason}" for (to, reason), count in sorted(groups.items())]
    more = len(lines) - _GROUPS_MAX
    if more > 0:
        lines = [*lines[:_GROUPS_MAX], f"{more} more groups: see parley place notices"]
    none = f"no standing notice of ours{f' to {body.to}' if body.to else ''} under {body.agreement}"
    return tuple(lines) or (() if any(not reason for _, reason in why) else (none,))


def _gains(
    agreement: Agreement, thread: Thread, seen: NoticeSeen, until_us: int, now_us: int
) -> bool:
    """Whether a notice would be fresh for longer if it were confirmed now: by a tenth of a term."""
    terms = terms_of(agreement, thread.body.message_type, seen.party)
    valid_us = thread.said.valid_until_us if thread.said is not None else None
    fresh_us = min(now_us + terms.reconfirm_us, until_us, valid_us or until_us)
    return fresh_us - max(seen.fresh_until_us, now_us) > terms.reconfirm_us // 10


def _telling(body: TellBody, place: str) -> DisclosePlace:
    return DisclosePlace(
        agreement=body.agreement,
        line=body.line,
        post=body.post,
        place=place,
        to=(body.to,),
        precision_m=body.precision_m,
        from_us=body.from_us,
        to_us=body.to_us,
        valid_until_us=body.valid_until_us,
        text=body.text,
        wants_answer=False,
        named=body.named,
    )


def _start(request: Request) -> int:
    text = request.query_params.get("start", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Refusal(400, InputFault("query start", value=text, wanted="a number, 0 or more"))
    return int(text)
