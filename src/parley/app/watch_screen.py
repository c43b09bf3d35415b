"""The text watch on a terminal: a full screen that costs few bytes, and one line to type on.

Rules:
- Only what changed goes to the terminal (prompt_toolkit compares screens), and a look is taken when
  the node says that something was written: a quiet watch sends little more than its clock.
- The screen never waits for the node: whatever is asked of it is asked in another thread.
- That a message was displayed is written only while a person is there: somebody has pressed a key
  within the time for which presence holds. Nobody is shown anything by a screen nobody watches.
- An alarm rings the terminal's bell until somebody takes it; so does a node that is not there.

What does not live here: what is shown (`watch_model`), what a typed line means (`watch_commands`).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from typing import cast
from urllib.parse import urlencode

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

from parley.app.act_views import ActDone
from parley.app.alarm_views import AlarmsView
from parley.app.alert_views import AlertsView
from parley.app.call_views import CallsView
from parley.app.changes import ChangesView
from parley.app.cli.shown_messages import read_otherwise, reference_of
from parley.app.client import Client
from parley.app.message_views import MessageView
from parley.app.page_assessments import assessing_row
from parley.app.record_types import read_record_types
from parley.app.unit_reports import UnitReport
from parley.app.views import StatusView
from parley.app.watch_commands import HELP, Body, Typed, offered, presence, read_line
from parley.app.watch_model import Key, Picture, Row, Watch, folded
from parley.node.rules.alarm_conflicts import KIND
from parley.node.rules.assessments import AssessmentsSeen
from parley.node.rules.distribution import DistributionView
from parley.node.rules.line_evidence import SYSTEM
from parley.node.rules.lines import LineVector
from parley.world.faults import Fault, InputFault
from parley.world.norms import known_type, norms

BELL_EVERY_S = 10.0
LOST_BELL_EVERY_S = 60.0
"""A node that does not answer can raise no alarm: that is told by itself."""
_WAIT_S = 20
_RENEW_S = 240.0
"""Presence holds for 600 s: a key renews it well before."""
_AGAIN_S = 2.0
_REST_S = 0.1
_REST_SHARE = 2.0
"""After a look the watch rests twice as long as that took: its node has others to serve."""
_ALARM_ROWS = 6
_ALARM_ROWS_LOW = 4
_LOW_ROWS = 30
"""A screen of fewer rows keeps some for the words of the message."""
_DETAIL_ROWS_MIN = 3
_RESULT_ROWS = 4
_STYLE = Style.from_dict(
    {
        "title": "reverse", "good": "bold", "warn": "bold", "alarm": "bold reverse",
        "wait": "bold", "row": "", "quiet": "", "rule": "",
    }
)  # fmt: skip
"""Bold and reverse only: they stand out on every terminal, in every light, for every eye."""


class Desk:
    """The node as the watch reaches it: looks, acts, and the news that something was written.

    Args:
        client: the running node.
        watch: what is shown.
        look_only: nothing is written: no presence, no display, no acts.
    """

    def __init__(self, client: Client, watch: Watch, *, look_only: bool = False) -> None:
        self.client = client
        self.watch = watch
        self.look_only = look_only
        self.changed: Callable[[], None] = lambda: None
        self.ring: Callable[[], None] = lambda: None
        self._stop = threading.Event()
        self._offset_us = 0
        self._key_s = time.monotonic()
        self._present_s: float | None = None
        self._rang_s = 0.0
        self._lock = threading.Lock()

    def now_us(self) -> int:
        """Return the node's time, as far as the last look tells it."""
        return time.time_ns() // 1000 + self._offset_us

    def key_pressed(self) -> None:
        """A person is there."""
        self._key_s = time.monotonic()

    @property
    def person_here(self) -> bool:
        """Whether somebody has pressed a key within the time for which presence holds."""
        return time.monotonic() - self._key_s < norms().line.presence_within_s

    # ---- looking --------------------------------------------------------------------------------

    def follow(self) -> None:
        """Look whenever the node has written something, until `stop`; for a thread of its own."""
        number = -1
        while not self._stop.is_set():
            try:
                seen = self.client.get("/api/changes", ChangesView)
                self._offset_us = seen.now_us - time.time_ns() // 1000
                began_s = time.monotonic()
                if seen.number != number or self.watch.lost:
                    number = seen.number
                    self.look()
                self._housekeeping()
                # A flood makes looks long, and each gives a reason for the next.
                took_s = time.monotonic() - began_s
                self._stop.wait(max(_REST_S, _REST_SHARE * took_s))
                self.client.get(f"/api/changes?after={number}&wait_s={self._patience()}", object)
            except Fault as fault:
                self.watch.lost = str(fault)
                self._ring(LOST_BELL_EVERY_S)
                self.changed()
                self._stop.wait(_AGAIN_S)

    def _ring(self, every_s: float) -> None:
        now_s = time.monotonic()
        if now_s - self._rang_s >= every_s:
            self._rang_s = now_s
            self.ring()

    def _patience(self) -> int:
        return 2 if self.watch.sounding or self.watch.undisplayed() else _WAIT_S

    def look(self) -> None:
        """Take one look."""
        get = self.client.get
        status = get("/api/status", StatusView)
        held = get("/api/assessments", AssessmentsSeen)
        alarms = tuple(each.alarm for each in get("/api/alarms", AlarmsView).alarms)
        # Asked for only where there is something to say: a quiet watch sends little.
        conflicts = any(each.kind.startswith(KIND) for each in alarms)
        picture = Picture(
            status=status,
            assessing=assessing_row(held, status.party),
            lines=get("/api/lines", tuple[LineVector, ...]),
            messages=get("/api/messages?open=true", tuple[MessageView, ...]),
            alarms=alarms,
            conflicts=get("/api/alerts?count=50", AlertsView).alerts if conflicts else (),
            units=get("/api/units", tuple[DistributionView, ...]),
            reports=get("/api/units/reports?waiting=true", tuple[UnitReport, ...]),
            calls=get("/api/calls", CallsView).calls,
        )
        closed = [
            view
            for log, index in self.watch.gone(picture)
            for view in self._messages(log=log, index=index)
        ]
        with self._lock:
            self.watch.look(picture, closed)
        self.changed()

    def _messages(self, **asked: object) -> tuple[MessageView, ...]:
        return self.client.get(f"/api/messages?{urlencode(asked)}", tuple[MessageView, ...])

    def stop(self) -> None:
        """End `follow` soon."""
        self._stop.set()

    def _housekeeping(self) -> None:
        """Renew presence, write what was displayed, ring: while somebody is there."""
        now_s = time.monotonic()
        if self.watch.sounding:
            self._ring(BELL_EVERY_S)
        if self.look_only or self.watch.picture is None or not self.person_here:
            return
        last_s = self._present_s
        if last_s is None or (now_s - last_s > _RENEW_S and self._key_s > last_s):
            self._present_s = now_s
            with contextlib.suppress(InputFault):
                self.send(presence(self.watch, [], present=True))
        view = self.watch.to_display()
        if view is not None:
            body: Body = {"type": "display", "ref": view.key, "post": self.watch.post}
            with contextlib.suppress(InputFault):
                self.send((body,))

    # ---- acting ---------------------------------------------------------------------------------

    def send(self, acts: Iterable[Body], typed: Typed | None = None) -> str:
        """Do acts in order; return where the last one stands.

        Raises:
            InputFault: the node refuses one, or cannot be reached.
        """
        where = ""
        refs = [reference_of(self.client, key) for key in (typed.refs if typed else ())]
        for body in acts:
            full = body | {"ref": refs} if refs else body
            kept = {k: v for k, v in full.items() if v not in (None, "", {}, ())}
            done = self.client.post("/api/acts", kept, ActDone)
            where = f" ({done.key[0].rsplit('/', 3)[-3]} {done.key[1]})" if done.key else ""
        return where

    def enter(self, text: str) -> Typed:
        """Do what a typed line says; the watch's result says what came of it."""
        try:
            with self._lock:
                typed = read_line(self.watch, text, self.now_us())
            if typed.select is not None:
                self.watch.selected = typed.select
            if typed.acts and self.look_only:
                raise InputFault("watch", value="only looking", wanted="a watch without --look")
            if typed.since_us is not None:
                found = self._messages(since_us=typed.since_us)
                self.watch.said = {v.key: v for v in found if not _by_machine(v)}
            where = self.send(typed.acts, typed)
            self.watch.result = ("row", f"{typed.told}{where}" if typed.told else "")
            wrong = read_otherwise(*typed.answered) if typed.answered else ()
            if wrong:
                told = f"{typed.told}{where}, MISREAD: {'; '.join(wrong)}; call them by voice"
                self.watch.result = ("alarm", told)
            if any(body.get("type") == "be_present" for body in typed.acts):
                self._present_s = time.monotonic()
        except Fault as fault:
            self.watch.result = ("alarm", f"NOT DONE: {fault}")
            return Typed(fill=text)
        return typed


class _Words(Completer):
    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        del complete_event
        text = document.text_before_cursor
        word = text.rpartition(" ")[2]
        for each in offered(self._watch, text):
            if each.lower().startswith(word.lower()):
                yield Completion(each, start_position=-len(word))


class Screen:
    """The screen of one watch.

    Args:
        desk: the node.
        refresh_s: how often the clock is drawn; news are drawn at once.
    """

    def __init__(self, desk: Desk, refresh_s: float = 1.0) -> None:
        self.desk, self._watch = desk, desk.watch
        self._page = ""
        self._scroll = 0
        self.input = Buffer(
            completer=_Words(self._watch), complete_while_typing=False, multiline=False,
            accept_handler=self._entered, on_text_changed=self._typing,
        )  # fmt: skip
        self.app: Application[None] = Application(
            layout=Layout(self._rows(), focused_element=self.input),
            key_bindings=self._keys(),
            style=_STYLE,
            color_depth=ColorDepth.DEPTH_1_BIT,
            full_screen=True,
            refresh_interval=refresh_s,
            # Bytes are dear on a slow link: what changed within a moment is drawn once.
            min_redraw_interval=0.1,
        )
        read_record_types()  # people's entries are asked of the node in other threads
        self.app.key_processor.before_key_press += lambda _: desk.key_pressed()
        desk.changed = self.app.invalidate
        desk.ring = self._ring

    def run(self) -> None:
        """Show the watch until it ends."""
        thread = threading.Thread(target=self.desk.follow, daemon=True)
        thread.start()
        try:
            self.app.run()
        finally:
            self.desk.stop()

    def _ring(self) -> None:
        loop = self.app.loop
        if loop is not None and self.app.is_running:
            loop.call_soon_threadsafe(self.app.output.bell)
            loop.call_soon_threadsafe(self.app.output.flush)

    # ---- rows -----------------------------------------------------------------------------------

    def _rows(self) -> HSplit:
        watch = self._watch

        def part(
            rows: Callable[[int], list[Row]],
            height: Dimension | Callable[[], Dimension] | None = None,
        ) -> Window:
            control = FormattedTextControl(lambda: _text(rows(self._width())), show_cursor=False)
            return Window(control, height=height, wrap_lines=False, dont_extend_height=True)

        def now_us() -> int:
            return self.desk.now_us()

        line = BufferControl(self.input, input_processors=[BeforeInput("> ")])
        return HSplit(
            [
                part(lambda width: watch.head(now_us(), width, self._height() // 4)),
                part(lambda width: [("rule", _rule("ALARMS", width))], Dimension.exact(1)),
                part(lambda width: watch.alarm_rows(now_us(), width, self._alarm_rows_max())),
                part(lambda width: [("rule", _rule("OPEN MESSAGES", width))], Dimension.exact(1)),
                part(self._message_rows),
                part(lambda width: [("rule", _rule("", width))], Dimension.exact(1)),
                part(self._detail_rows),
                Window(char=" "),
                part(watch.result_rows, Dimension(min=1, max=_RESULT_ROWS)),
                Window(line, height=1),
            ]
        )

    def _width(self) -> int:
        return max(40, self.app.output.get_size().columns)

    def _height(self) -> int:
        return self.app.output.get_size().rows

    def _message_rows(self, width: int) -> list[Row]:
        """Return as many messages as fit, the selected one among them; the others are counted."""
        rows = self._watch.message_rows(self.desk.now_us(), width)
        room = 1 if self._page else max(2, self._height() - 24)
        if len(rows) <= room:
            return rows
        marked = next((n for n, (_, text) in enumerate(rows) if text.startswith(">")), 0)
        # The most urgent one stands there whatever is marked.
        room -= 1
        first = max(1, min(marked - room // 2, len(rows) - room))
        shown = [rows[0], *rows[first : first + room]]
        left = [row for row in rows if row not in shown]
        waiting = sum(style in ("wait", "alarm") for style, _ in left)
        told = f"    {len(left)} more, {waiting} of them wait for us: Up, Down"
        return [*shown, ("wait" if waiting else "quiet", told)]

    def _detail_rows(self, width: int) -> list[Row]:
        """Return the page that was asked for, or the selected message: as much as fits."""
        rows = self._watch.detail(width)
        if self._page:
            texts = HELP.splitlines()
            rows = [("row", part) for text in texts for part in folded(text, width)]
            if self._page == "history":
                rows = self._watch.history(width)
        fits = max(_DETAIL_ROWS_MIN, self._height() - self._not_detail(width))
        if len(rows) <= fits:
            self._scroll = 0
            self._has_stood(width, len(rows))
            return rows
        room = fits - 1
        self._scroll = max(0, min(self._scroll, len(rows) - room))
        shown = rows[self._scroll : self._scroll + room]
        last = self._scroll + len(shown)
        self._has_stood(width, last)
        told = f"    rows {self._scroll + 1} to {last} of {len(rows)}: PgUp, PgDn"
        return [*shown, ("quiet", told)]

    def _has_stood(self, width: int, rows: int) -> None:
        if not self._page:
            self._watch.words_on_screen(width, rows)

    def _alarm_rows_max(self) -> int:
        return _ALARM_ROWS if self._height() >= _LOW_ROWS else _ALARM_ROWS_LOW

    def _not_detail(self, width: int) -> int:
        """Return the rows that are taken by what is not the message's words, or the page."""
        now_us = self.desk.now_us()
        head = self._watch.head(now_us, width, self._height() // 4)
        alarms = self._watch.alarm_rows(now_us, width, self._alarm_rows_max())
        rules, typed, gap = 3, 1, 1
        result = min(_RESULT_ROWS, len(self._watch.result_rows(width)))
        listed = len(head) + len(alarms) + len(self._message_rows(width))
        return listed + rules + result + typed + gap

    # ---- keys -----------------------------------------------------------------------------------

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()

        def move(name: str, steps: int) -> None:
            @keys.add(name)
            def _(event: KeyPressEvent) -> None:
                del event
                self._page, self._scroll = "", 0
                self._watch.move(steps)

        def scroll(name: str, steps: int) -> None:
            @keys.add(name)
            def _(event: KeyPressEvent) -> None:
                del event
                self._scroll += steps

        move("up", -1)
        move("down", 1)
        scroll("pageup", -4)
        scroll("pagedown", 4)

        @keys.add("tab")
        def _complete(event: KeyPressEvent) -> None:
            self._complete(event.current_buffer)

        @keys.add("c-c")
        def _forget(event: KeyPressEvent) -> None:
            # A watch does not end by a slip: Ctrl-C empties the line, q ends.
            event.current_buffer.reset()
            self._watch.result = ("quiet", "q ends the watch")

        return keys

    def _typing(self, buffer: Buffer) -> None:
        """Show the message that is typed for: nobody reads one and answers another."""
        if "\n" in buffer.text:
            # Pasted lines are one here: what stands before a line break would not be seen.
            buffer.text = " ".join(buffer.text.split("\n"))
            buffer.cursor_position = len(buffer.text)
        words = buffer.text.split()
        if len(words) >= 2 and words[0] == "a" and words[1].isascii() and words[1].isdigit():
            named = self._watch.named(int(words[1]))
            if buffer.text[-1:] == " " and self._watch.message(named) is not None:
                self._watch.selected = cast("Key", named)
                self._scroll = 0

    def _complete(self, buffer: Buffer) -> None:
        """Complete a word as far as it is clear; else say what may come."""
        text = buffer.document.text_before_cursor
        word = text.rpartition(" ")[2]
        fits = [w for w in offered(self._watch, text) if w.lower().startswith(word.lower())]
        if len(fits) == 1:
            end = "" if fits[0].endswith("=") else " "
            buffer.delete_before_cursor(len(word))
            buffer.insert_text(fits[0] + end)
        elif fits:
            common = _common(fits)
            if len(common) > len(word):
                buffer.delete_before_cursor(len(word))
                buffer.insert_text(common)
            self._watch.result = ("quiet", " ".join(fits))

    def _entered(self, buffer: Buffer) -> bool:
        """Take what was typed; the node is asked in another thread."""
        text = buffer.text
        self._page, self._scroll = "", 0

        def work() -> None:
            typed = self.desk.enter(text)
            loop = self.app.loop
            if loop is not None:
                loop.call_soon_threadsafe(self._done, typed)

        threading.Thread(target=work, daemon=True).start()
        return False

    def _done(self, typed: Typed) -> None:
        self._page = "help" if typed.help else "history" if typed.since_us is not None else ""
        if typed.leave:
            self.app.exit()
            return
        if typed.fill and not self.input.text:
            self.input.insert_text(typed.fill)
        self.app.invalidate()


def _by_machine(view: MessageView) -> bool:
    """Whether a message is a machine's test of the line, without a word for a person."""
    kind = known_type(view.message_type)
    return kind is not None and kind.machine and view.post == SYSTEM and not view.text


def _text(rows: list[Row]) -> StyleAndTextTuples:
    found: StyleAndTextTuples = []
    for style, text in rows:
        found.append((f"class:{style}", text))
        found.append(("", "\n"))
    return found[:-1]


def _common(words: list[str]) -> str:
    """Return with what all words begin."""
    first, last = min(words), max(words)
    same = next((n for n, letter in enumerate(first) if last[n : n + 1] != letter), len(first))
    return first[:same]


def _rule(title: str, width: int) -> str:
    head = f"-- {title} " if title else ""
    return head + "-" * max(0, width - len(head))
