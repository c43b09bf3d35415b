"""The console's questions about the past: the screen as a party knew it, ticks, recorded frames.

Rules:
- Folding and reading are done by one thread beside the node's loop; the newest question goes first,
  and one that nobody waits for any more is not answered.
- A past screen is made by the views of the live one; it says whose knowledge it is and whether
  that party may have known more than is proved.
- The recorded picture is this node's own memory, signed by nobody: it goes out by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, TypeVar, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.alert_views import WatchView
from parley.app.console_map import MapView
from parley.app.console_screen import ScreenView, screen_of
from parley.app.console_timeline import (
    RecordingView,
    Span,
    TimelineView,
    bounded,
    glance_ticks,
    ticks_of,
)
from parley.app.crank import Turned
from parley.app.http import Refusal
from parley.app.openapi import Operation, Parameter
from parley.app.past_knowledge import Knowledge, check_instant
from parley.app.past_mind import Mind, Minds
from parley.app.past_reader import read_by
from parley.app.picture_files import HOLDS_US, PictureFiles, Recorded
from parley.app.picture_recorder import Recording, picture_folder
from parley.app.service import Service
from parley.app.track_frames import NamedTrack
from parley.node.entries import log_name
from parley.node.rules.line_history import Besides
from parley.store.sqlite import Store
from parley.world.faults import InputFault
from parley.world.time import US_MAX

T = TypeVar("T")
WAITING_MAX = 16
"""Questions that wait; the oldest beyond is refused: nobody drags a slider so far back."""
FRAMES_AT_ONCE_MAX = 300
WINDOW_US_MAX = 31 * 86_400 * 1_000_000
NOT_KEPT = "what was watched then is not kept: the recorded picture shows what was drawn"
_HEAD = struct.Struct("<4sI")
MAGIC = b"PRF1"
_Instant = Annotated[int, msgspec.Meta(ge=0, le=US_MAX)]
_Count = Annotated[int, msgspec.Meta(ge=1, le=FRAMES_AT_ONCE_MAX)]
AT = Parameter("at_us", "query", _Instant, "The instant, microseconds since 1970 UTC.")
AS = Parameter("as", "query", str, "As which party could know it; else this one.")


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


class LogKnown(_View, frozen=True, kw_only=True):
    """How many entries of a log a party knew: surely, and at the most, of those held here."""

    origin: str
    party: str
    kind: str
    sure: int
    most: int


class KnowledgeView(_View, frozen=True, kw_only=True):
    """What a party knew of the logs at an instant.

    `certain`: it cannot have known more of what is held here. `besides`: the entries that it may
    have known besides, the newest first; `besides_more`: how many more. What another party keeps to
    itself is never here.
    """

    viewer: str
    at_us: int
    certain: bool
    logs: tuple[LogKnown, ...]
    besides: tuple[Besides, ...]
    besides_more: int


class RecordedFrame(_View, frozen=True, kw_only=True):
    """Where a frame lies in the bytes that follow."""

    at_us: int
    size: int


class RecordedHead(_View, frozen=True, kw_only=True):
    """What goes before recorded frames: their instants, the names of their numbers, the next ones.

    Without a frame `before_us` and `after_us` say where the recording goes on; None: nowhere.
    """

    asked_us: int
    frames: tuple[RecordedFrame, ...]
    names: tuple[NamedTrack, ...]
    before_us: int | None = None
    after_us: int | None = None


# ---- one thread, the newest question first -------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Question:
    request: Request | None
    work: Callable[[], object]
    done: asyncio.Future[object]


class Asker:
    """Answers questions by one thread, the newest first."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="past")
        self._waiting: list[_Question] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, work: Callable[[], T], request: Request | None = None) -> T:
        """Return what some work gives, done by the thread.

        Raises:
            Refusal: too many newer questions came before it, or nobody waits for it any more.
        """
        loop = asyncio.get_running_loop()
        question = _Question(request, work, loop.create_future())
        self._waiting.append(question)
        while len(self._waiting) > WAITING_MAX:
            _refuse(self._waiting.pop(0), 503, "overtaken by newer questions")
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._answer())
        return cast("T", await question.done)

    def at_once(self, work: Callable[[], object]) -> None:
        """Let the thread do something as soon as it has done what it does."""
        # Once the pool is shut down nothing is answered any more, so nothing is left to do either.
        with contextlib.suppress(RuntimeError):
            self._pool.submit(work)

    def end(self) -> None:
        """Answer nothing more: the node stops."""
        while self._waiting:
            _refuse(self._waiting.pop(), 503, "the node stops")
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _answer(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            question = self._waiting.pop()
            if question.request is not None and await question.request.is_disconnected():
                _refuse(question, 499, "not waited for any more")
                continue
            answer = loop.run_in_executor(self._pool, question.work)
            await asyncio.wait([answer])
            # Whoever asked gets what went wrong, and the next is answered.
            error = None if answer.cancelled() else answer.exception()
            if question.done.done():
                continue
            if error is not None:
                question.done.set_exception(error)
            elif answer.cancelled():
                _refuse(question, 503, "the node stops")
            else:
                question.done.set_result(answer.result())


def _refuse(question: _Question, status: int, why: str) -> None:
    if not question.done.done():
        fault = InputFault("question", value=why, wanted="one at a time", repair="ask again")
        question.done.set_exception(Refusal(status, fault))


# ---- the past of one node ------------------------------------------------------------------------


class Past:
    """The past of one node, as its console asks for it.

    Args:
        service: the node's.
        store: the node's.
    """

    def __init__(self, service: Service, store: Store) -> None:
        self.recording: Recording | None = None
        """How the recorder does; None: this node records nothing."""
        self._service = service
        self._store = store
        self._asker = Asker()
        self._read: PictureFiles | None = None
        self._made: Minds | None = None
        service.listeners.append(self._after_turn)

    @property
    def minds(self) -> Minds:
        """The minds of this node's past; made when first asked for."""
        if self._made is None:
            self._made = Minds(self._store, self._service.state.identity)
        return self._made

    @property
    def _files(self) -> PictureFiles:
        """The recording beside the store; looked for when first asked for."""
        if self._read is None:
            self._read = PictureFiles(picture_folder(self._store.path))
        return self._read

    def end(self) -> None:
        """Answer nothing more: the node stops."""
        self._asker.end()

    def _after_turn(self, now_us: int, turned: Turned) -> None:
        """Forget what was read and folded as soon as a payload was destroyed."""
        del now_us
        every = (*turned.written, *turned.mirrored)
        if self._made is not None and any(each.type == "payload.destroyed" for each in every):
            self._asker.at_once(self._made.forget)

    # ---- the screen and the map of an instant ---------------------------------------------------

    async def screen(self, request: Request) -> Response:
        """Return the screen of an instant, as a party knew it."""
        return await self._of_instant(request, self._screen)

    async def map(self, request: Request) -> Response:
        """Return the map of an instant, as a party knew it."""
        return await self._of_instant(request, self._map)

    async def knowledge(self, request: Request) -> Response:
        """Return what a party knew of the logs at an instant."""
        return await self._of_instant(request, self._knowledge)

    async def _of_instant(
        self, request: Request, make: Callable[[Knowledge, int], msgspec.Struct]
    ) -> Response:
        at_us = _number(request, "at_us")
        viewer = request.query_params.get("as") or self._service.state.party
        now_us = self._service.clock()

        def work() -> bytes:
            chronicle = self.minds.chronicle
            chronicle.read_on()
            check_instant(chronicle, viewer, at_us, now_us)
            return msgspec.json.encode(make(chronicle.knowledge(viewer, at_us), now_us))

        return await self._reply(request, work)

    async def _reply(
        self, request: Request, work: Callable[[], bytes], media: str = "application/json"
    ) -> Response:
        try:
            return Response(await self._asker.ask(work, request), media_type=media)
        except InputFault as fault:
            raise Refusal(400, fault) from None

    def _screen(self, known: Knowledge, now_us: int) -> ScreenView:
        mind = self.minds.at(known)
        view = screen_of(
            mind.state, known.at_us, feeds={}, receipts=self.minds.receipts(mind),
            map_digest=mind.map().digest, lines=mind.lines,
        )  # fmt: skip
        replace = msgspec.structs.replace
        # Whom a contact would have called then is not kept: nothing is claimed about it.
        alarms = tuple(replace(each, calls_nobody=False) for each in view.alarms.alarms)
        own = self._service.state.party
        read = view if known.viewer == own else read_by(view, own, mind.state)
        return replace(
            read,
            now_us=now_us,
            viewer=known.viewer,
            past=True,
            certain=known.certain,
            alerts=replace(read.alerts, watch=_not_kept(known.at_us)),
            alarms=replace(view.alarms, alarms=alarms),
        )

    def _map(self, known: Knowledge, now_us: int) -> MapView:
        del now_us
        return self.minds.at(known).map()

    def _knowledge(self, known: Knowledge, now_us: int) -> KnowledgeView:
        del now_us
        besides, more = self.minds.chronicle.besides(known)
        logs = []
        for origin, most in sorted(known.most.items()):
            name = log_name(origin)
            sure = known.sure.get(origin, 0)
            logs.append(
                LogKnown(origin=origin, party=name.party, kind=name.kind, sure=sure, most=most)
            )
        return KnowledgeView(
            viewer=known.viewer, at_us=known.at_us, certain=known.certain, logs=tuple(logs),
            besides=besides, besides_more=more,
        )  # fmt: skip

    # ---- ticks and spans ------------------------------------------------------------------------

    async def timeline(self, request: Request) -> Response:
        """Return what happened in a window."""
        from_us, to_us = _number(request, "from_us"), _number(request, "to_us")
        now_us = self._service.clock()
        if not from_us < to_us <= from_us + WINDOW_US_MAX:
            wanted = f"its beginning first, and at most {WINDOW_US_MAX // 86_400_000_000} days"
            raise Refusal(400, InputFault("window", value=to_us - from_us, wanted=wanted))

        def work() -> bytes:
            return msgspec.json.encode(self._timeline(from_us, to_us, now_us))

        return await self._reply(request, work)

    def _timeline(self, from_us: int, to_us: int, now_us: int) -> TimelineView:
        chronicle, viewer = self.minds.chronicle, self._service.state.party
        chronicle.read_on()
        ticks, unread = ticks_of(chronicle, viewer, from_us, to_us)
        left_lines: list[str] = []
        first_us = chronicle.first_us(viewer)
        until_us = min(to_us, now_us)
        if first_us is not None and first_us <= until_us:
            mind: Mind = self.minds.at(chronicle.knowledge(viewer, until_us))
            start_us = max(from_us, first_us)
            known = chronicle.known_since(viewer)
            changed, left_lines = glance_ticks(mind, known, start_us, until_us)
            ticks = sorted([*ticks, *changed], key=lambda tick: tick.at_us)
        shown, left_out = bounded(ticks)
        if unread:
            left_out["entry"] = unread
        spans = self._files.spans(from_us, to_us)
        return TimelineView(
            from_us=from_us, to_us=to_us, now_us=now_us, first_us=first_us, ticks=shown,
            left_out=left_out, glance_left_out=tuple(left_lines),
            spans=tuple(Span(from_us=start, to_us=end) for start, end in spans),
            recording=self._recording(),
        )  # fmt: skip

    def _recording(self) -> RecordingView:
        state = self.recording
        if state is None:
            return RecordingView(records=False, torn=self._files.torn())
        return RecordingView(
            records=True, frames=state.frames, skipped=state.skipped, removed=state.removed,
            torn=state.torn + self._files.torn(), fault=state.fault,
        )  # fmt: skip

    # ---- recorded frames ------------------------------------------------------------------------

    async def frame(self, request: Request) -> Response:
        """Return the recorded frame that held at an instant."""
        at_us = _number(request, "at_us")

        def work() -> bytes:
            found = self._files.at(at_us)
            before_us, after_us = (None, None) if found else self._files.neighbours(at_us)
            return packed(at_us, [found] if found else [], before_us, after_us)

        return await self._reply(request, work, "application/octet-stream")

    async def frames(self, request: Request) -> Response:
        """Return the recorded frames from an instant on, for playing."""
        at_us, count = _number(request, "at_us"), _number(request, "count", 60)
        if not 1 <= count <= FRAMES_AT_ONCE_MAX:
            wanted = f"1 to {FRAMES_AT_ONCE_MAX}"
            raise Refusal(400, InputFault("query count", value=count, wanted=wanted))
        until_us = at_us + _number(request, "span_us", count * 1_000_000)

        def work() -> bytes:
            found = self._files.since(at_us - HOLDS_US, count, until_us)
            after_us = None if found else self._files.neighbours(at_us)[1]
            return packed(at_us, found, None, after_us)

        return await self._reply(request, work, "application/octet-stream")

    def operations(self) -> list[Operation]:
        """Return the operations on the past, but for those of the screen and the map."""
        first = Parameter("from_us", "query", _Instant, "Where the window begins.")
        last = Parameter("to_us", "query", _Instant, "Where it ends.")
        count = Parameter("count", "query", _Count, "So many frames at most; 60 without it.")
        span = Parameter("span_us", "query", _Instant, "No frame later than so long after.")
        bytes_ = "application/octet-stream"
        return [
            Operation(
                "GET", "/api/knowledge", "What a party knew of the logs at an instant.",
                self.knowledge, KnowledgeView, parameters=(AT, AS),
            ),
            Operation(
                "GET", "/api/timeline", "What happened when, as ticks; and what was recorded.",
                self.timeline, TimelineView, parameters=(first, last),
            ),
            Operation(
                "GET", "/api/tracks/at", "The recorded frame of an instant, if there is one.",
                self.frame, media=bytes_, parameters=(AT,),
            ),
            Operation(
                "GET", "/api/tracks/from", "Recorded frames from an instant on.",
                self.frames, media=bytes_, parameters=(AT, count, span),
            ),
        ]  # fmt: skip


def _not_kept(at_us: int) -> WatchView:
    return WatchView(
        at_us=at_us, evaluated_us=0, feeds=(), aircraft=0, watched=0, not_watched=(NOT_KEPT,)
    )


def packed(
    asked_us: int, found: list[Recorded], before_us: int | None, after_us: int | None
) -> bytes:
    """Return recorded frames as they are sent: magic, length of the head, head, frames.

    The head is JSON, filled up with blanks so that the first frame begins at a multiple of eight.
    """
    names = {each.number: each for one in found for each in one.names}
    head = msgspec.json.encode(
        RecordedHead(
            asked_us=asked_us,
            frames=tuple(RecordedFrame(at_us=r.at_us, size=len(r.frame)) for r in found),
            names=tuple(names[number] for number in sorted(names)),
            before_us=before_us,
            after_us=after_us,
        )
    )
    head += b" " * (-len(head) % 8)
    return _HEAD.pack(MAGIC, len(head)) + head + b"".join(each.frame for each in found)


def _number(request: Request, name: str, default: int | None = None) -> int:
    text = request.query_params.get(name)
    if text is None and default is not None:
        return default
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= 18):
        wanted = "microseconds since 1970 UTC" if name.endswith("_us") else "a whole number"
        raise Refusal(400, InputFault(f"query {name}", value=text, wanted=wanted))
    number = int(text)
    if number > US_MAX:
        raise Refusal(400, InputFault(f"query {name}", value=text, wanted=f"at most {US_MAX}"))
    return number
