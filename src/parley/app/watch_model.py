"""What the text watch shows: rows of plain text made from a node's views, and their numbers.

Rules:
- What is said here is what the views say; nothing is concluded. An empty list says what it is
  empty of, never that all is well.
- A message keeps its number as long as the watch runs, so that what was typed for one message
  never reaches another.
- What closes does not vanish: for ten minutes it stays below the open ones, with what became of it.
- While the node does not answer, everything shown says that it is old.
- What peers wrote has its control characters as escapes: it must not move the cursor.

Not here: the terminal (`watch_screen`), what a typed line does (`watch_commands`).
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from parley.app.alert_lines import short_words
from parley.app.alert_views import AlertView
from parley.app.call_views import CallView, call_lines
from parley.app.cli.shown_messages import message_lines
from parley.app.line_views import pending_text
from parley.app.message_notes import marks_of
from parley.app.message_views import Ladder, MessageView
from parley.app.page_html import visible
from parley.app.unit_reports import UnitReport, reports_lines
from parley.app.unit_views import untold_lines
from parley.app.views import StatusView
from parley.node.rules.alarm_conflicts import KIND
from parley.node.rules.alarms import Alarm
from parley.node.rules.conflict_rungs import SHORT_TERM
from parley.node.rules.distribution import DistributionView
from parley.node.rules.lines import Direction, LineVector
from parley.world.norms import CLASSES
from parley.world.time import datetime_from_us

Key = tuple[str, int]
Row = tuple[str, str]
"""Style and text; styles are the names of `watch_screen`."""
_CLOSED_SHOWN_US = 600_000_000
_CLOSED_SHOWN_MAX = 5
_TYPE_CHARACTERS = 28
_UNITS_OF_ONE_MAX = 2
_NEWS = ("agreement changed", "agreement file", "agreement proposed")
"""Kinds of alarms that tell what is so, while nobody's time runs out."""
_STYLES = {"OPEN": "good", "DEGRADED": "warn", "SUSPENDED": "warn", "DOWN": "alarm"}


@dataclass(frozen=True, slots=True)
class Picture:
    """What the node showed at one look."""

    status: StatusView
    lines: tuple[LineVector, ...]
    messages: tuple[MessageView, ...]
    alarms: tuple[Alarm, ...]
    calls: tuple[CallView, ...] = ()
    units: tuple[DistributionView, ...] = ()
    assessing: str = ""
    conflicts: tuple[AlertView, ...] = ()
    reports: tuple[UnitReport, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows that stand or fall together, and where; `units`: of so many notices with units."""

    rank: tuple[bool, bool, int, int, int]
    rows: list[Row]
    units: int = 0


@dataclass(slots=True)
class Watch:
    """The watch of one post: the last look, the numbers of messages and alarms, what is selected.

    Attributes:
        post: who watches.
        picture: the last look; None before the first.
        selected: the message whose words are shown.
        result: what the last typed line came to.
        lost: why the node could not be asked, while it cannot.
        seen_us: when the last look was taken.
        said: messages that were asked for besides the open ones, by `h`.
        read: messages of which every word has stood on the screen.
    """

    post: str
    language: str = ""
    picture: Picture | None = None
    selected: Key | None = None
    result: Row = ("quiet", "type ? for help")
    lost: str = ""
    seen_us: int | None = None
    said: dict[Key, MessageView] = field(default_factory=dict)
    read: set[Key] = field(default_factory=set)
    _closed: dict[Key, tuple[int, MessageView]] = field(default_factory=dict)
    _numbers: dict[object, int] = field(default_factory=dict)
    _by_number: dict[int, object] = field(default_factory=dict)

    # ---- numbers --------------------------------------------------------------------------------

    def number(self, name: object) -> int:
        """Return the number of a message (by key) or an alarm (by name), given once."""
        if name not in self._numbers:
            number = len(self._numbers) + 1
            self._numbers[name] = number
            self._by_number[number] = name
        return self._numbers[name]

    def named(self, number: int) -> object | None:
        """Return what has a number, if anything has."""
        return self._by_number.get(number)

    def message(self, key: object) -> MessageView | None:
        """Return a message of the last look, one that closed lately, or one of the history."""
        rows = self.picture.messages if self.picture is not None else ()
        found = next((view for view in rows if view.key == key), None)
        if found is not None:
            return found
        for kept, (_, view) in self._closed.items():
            if kept == key:
                return view
        return next((view for kept, view in self.said.items() if kept == key), None)

    def gone(self, picture: Picture) -> list[Key]:
        """Return the messages that were open at the last look and are not in this one."""
        rows = self.picture.messages if self.picture is not None else ()
        still = {view.key for view in picture.messages}
        return [view.key for view in rows if view.key not in still]

    # ---- a look ---------------------------------------------------------------------------------

    def look(self, picture: Picture, closed: Sequence[MessageView] = ()) -> None:
        """Take a look in, and what has closed since the last one.

        The selection stays, unless something louder is new: see `_shows_at_once`.
        """
        before = {view.key for view in self.picture.messages} if self.picture is not None else None
        now_us = picture.status.now_us
        self.picture, self.lost, self.seen_us = picture, "", now_us
        self._closed |= {view.key: (now_us, view) for view in closed}
        still = {view.key for view in picture.messages}
        self._closed = {
            key: (at_us, view)
            for key, (at_us, view) in self._closed.items()
            if key not in still and now_us - at_us < _CLOSED_SHOWN_US
        }
        for view in sorted(picture.messages, key=lambda v: v.sent_us):
            self.number(view.key)
            if before is not None and view.key not in before and self._shows_at_once(view):
                self.selected = view.key
        for alarm in picture.alarms:
            self.number(alarm.name)
        ordered = self.ordered()
        done = self.selected in {view.key for view in closed}
        if ordered and (self.message(self.selected) is None or (done and ordered[0].awaits_us)):
            # What was answered makes room for the next that waits for us.
            self.selected = ordered[0].key
        elif self.message(self.selected) is None:
            self.selected = None

    def _shows_at_once(self, new: MessageView) -> bool:
        """Whether a new message's words replace those that are shown.

        They do where the shown one wants nothing of us, and where the new one is DISTRESS or
        URGENT and no quieter than the shown one.
        """
        if not new.awaits_us:
            return False
        shown = self.message(self.selected)
        if shown is None or not shown.awaits_us:
            return True
        loud = new.message_class in ("DISTRESS", "URGENT")
        return loud and _place(new.message_class) <= _place(shown.message_class)

    def ordered(self) -> list[MessageView]:
        """Return the open messages as they are listed: what awaits us, by class, soonest due."""
        rows = self.picture.messages if self.picture is not None else ()
        return sorted(
            rows,
            key=lambda v: (
                not v.awaits_us,
                _place(v.message_class),
                v.answer_due_us or v.sent_us,
                v.key,
            ),
        )

    def closed(self) -> list[MessageView]:
        """Return what closed in the last ten minutes, the newest first."""
        rows = sorted(self._closed.items(), key=lambda item: (-item[1][0], item[0]))
        return [view for _, (_, view) in rows[:_CLOSED_SHOWN_MAX]]

    def move(self, steps: int) -> None:
        """Select another message of the list."""
        keys = [view.key for view in (*self.ordered(), *self.closed())]
        if keys:
            at = keys.index(self.selected) if self.selected in keys else 0
            self.selected = keys[max(0, min(len(keys) - 1, at + steps))]

    def to_display(self) -> MessageView | None:
        """Return the message all of whose words were on the screen, and whose display is unwritten.

        Of a long one whose end nobody has turned to, nobody says that it was displayed.
        """
        rows = self.picture.messages if self.picture is not None else ()
        view = next((each for each in rows if each.key == self.selected), None)
        if view is None or view.key not in self.read or not self._undisplayed(view):
            return None
        return view

    def undisplayed(self) -> bool:
        """Whether a message of the list was not displayed yet."""
        rows = self.picture.messages if self.picture is not None else ()
        return any(self._undisplayed(view) for view in rows)

    def _undisplayed(self, view: MessageView) -> bool:
        if self.picture is None or view.reading == "guarded":
            return False
        own = self.picture.status.party
        return any(step.party == own and step.displayed_us is None for step in view.ladder)

    @property
    def sounding(self) -> bool:
        """Whether an alarm stands that nobody has taken."""
        return self.picture is not None and any(not each.silent for each in self.picture.alarms)

    # ---- rows -----------------------------------------------------------------------------------

    def head(self, now_us: int, width: int, rows_max: int = 100) -> list[Row]:
        """Return who watches, the time, and how each line stands; no more rows than there is room.

        What is missing on a line is never cut off. The ways of a line are, where there is no room
        for them: the last row says so.
        """
        party = self.picture.status.party if self.picture is not None else "?"
        title = f"PARLEY {party} {self.post}"
        rows = [("title", _sides(title, f"{datetime_from_us(now_us):%Y-%m-%d %H:%M:%SZ}", width))]
        rows += [("alarm", part) for text in self._lost(now_us) for part in folded(text, width)]
        if self.picture is None:
            return [*rows, ("quiet", "asking the node")]
        for fault in self.picture.status.faults:
            rows += [("alarm", part) for part in folded(visible(f"NODE: {fault}"), width)]
        if self.picture.assessing:
            style = "alarm" if "EXPIRED" in self.picture.assessing else "wait"
            rows.append((style, _clip(visible(self._old() + self.picture.assessing), width)))
        for line in reports_lines(self.picture.reports):
            rows += [("alarm", part) for part in folded(visible(line), width)]
        ways: list[Row] = []
        for vector in self.picture.lines:
            style = "old" if self.lost else _STYLES.get(vector.glance, "warn")
            texts = [self._old() + _line(vector)]
            texts += [
                f"  {side.party}: {pending_text(act)}"
                for side in vector.sides
                for act in side.pending
            ]
            rows += [(style, part) for text in texts for part in folded(visible(text), width)]
            told = [f"  {ages_text(way, now_us, vector.viewer)}" for way in vector.directions]
            ways = [("quiet", part) for text in told for part in folded(visible(text), width)]
            if len(rows) + len(ways) < rows_max:
                rows += ways
                ways = []
        if ways:
            rows.append(("quiet", "  ages of the tests: no room here; parley line has them"))
        return rows

    def _lost(self, now_us: int) -> list[str]:
        """Return that the node does not answer, and since when what is shown is old."""
        if not self.lost:
            return []
        if self.seen_us is None:
            return ["THE NODE DOES NOT ANSWER", visible(self.lost)]
        since = f"{datetime_from_us(self.seen_us):%H:%M:%SZ}"
        age = span(max(0, now_us - self.seen_us))
        said = f"THE NODE DOES NOT ANSWER. ALL BELOW IS OLD: of {since}, {age} ago"
        return [said, visible(self.lost)]

    def _old(self) -> str:
        return "OLD: " if self.lost else ""

    def alarm_rows(self, now_us: int, width: int, rows_max: int = 100) -> list[Row]:
        """Return the alarms that stand, those that nobody has taken first; the rest as a number."""
        if self.picture is None:
            return [("alarm", "not known: the node has not answered")]
        found = [self._alarm_part(each, now_us, width) for each in self.picture.alarms]
        found += self._untold(now_us, width)
        found.sort(key=lambda each: each.rank)
        rows: list[Row] = []
        for n, part in enumerate(found):
            last = n == len(found) - 1
            if len(rows) + len(part.rows) + (not last) > rows_max and rows:
                loud = any(style == "alarm" for each in found[n:] for style, _ in each.rows[:1])
                rows.append(("alarm" if loud else "quiet", _more(found[n:])))
                return rows
            rows += part.rows
        if rows:
            return rows
        if self.lost:
            return [("alarm", "not known: the node does not answer")]
        return [("quiet", "no alarm that this node knows of")]

    def _alarm_part(self, each: Alarm, now_us: int, width: int) -> _Part:
        style = "quiet" if each.silent else "alarm"
        text = visible(f"{self._old()}{self._alarm(each, now_us)}")
        # One that was taken may be cut: its words were seen.
        parts = [_clip(text, width)] if each.silent else folded(text, width)
        soon = each.kind == KIND and each.rung == SHORT_TERM
        place = 0 if soon else 1
        rank = (each.silent, each.kind in _NEWS, _place(each.alarm_class), place, each.since_us)
        return _Part(rank, [(style, part) for part in parts])

    def _untold(self, now_us: int, width: int) -> list[_Part]:
        """Return the notices of which a unit is missing, with what is missing and the time left.

        Above alarms of the same class where the time is over, else below them; always above what is
        only told, and what was taken: who took an alarm has told no unit. Of one sender so many as
        stand first, and the others as a number: who gives notices without end hides nobody's alarm.
        """
        assert self.picture is not None
        own = self.picture.status.party
        numbers = {key: number for key, number in self._numbers.items() if isinstance(key, tuple)}
        found: list[_Part] = []
        shown: dict[str, int] = {}
        for view in sorted(self.picture.units, key=lambda v: (not v.begun, v.due_us or now_us)):
            late = view.begun or (view.due_us is not None and now_us > view.due_us)
            due_us, where = view.due_us or now_us, _place(view.message_class)
            rank = (False, False, where, 0 if late else 2, due_us)
            shown[view.sender] = shown.get(view.sender, 0) + 1
            if shown[view.sender] > _UNITS_OF_ONE_MAX:
                continue
            for line in untold_lines((view,), own, now_us, numbers):
                text = visible(f"    {self._old()}{line}")
                style = "alarm" if late else "warn"
                rows = [(style, part) for part in folded(text, width)]
                found.append(_Part(rank, rows, units=1))
        for sender, count in sorted(shown.items()):
            more = count - _UNITS_OF_ONE_MAX
            if more > 0:
                text = f"    {self._old()}{more} more of {sender} with UNITS NOT TOLD: parley unit"
                rank = max(each.rank for each in found)
                found.append(_Part(rank, [("alarm", _clip(visible(text), width))], units=more))
        return found

    def _alarm(self, each: Alarm, now_us: int) -> str:
        """Return an alarm as a row: class, age, what, about which message, who is called."""
        about = self._numbers.get(each.cause) if each.cause is not None else None
        message = f" (message {about})" if about is not None else ""
        called = f" (call {each.post})" if each.rung and not each.silent else ""
        state = ""
        if each.acknowledged_by is not None:
            state = f" (taken by {each.acknowledged_by})"
        elif each.silent:
            state = " (silent: an answer is promised)"
        age = span(max(0, now_us - each.since_us))
        number = f"{self.number(each.name):>3}"
        conflicts = self.picture.conflicts if self.picture is not None else ()
        which = next((f": {short_words(a)}" for a in conflicts if a.key == each.cause), "")
        text = each.text.removesuffix(": see the alerts") if which else each.text
        return f"{number} {each.alarm_class} {age}: {text}{which}{message}{called}{state}"

    def message_rows(self, now_us: int, width: int) -> list[Row]:
        """Return the open messages, one row each; the selected one is marked."""
        if self.picture is None:
            return [("alarm", "not known: the node has not answered")]
        rows: list[Row] = []
        for view in self.ordered():
            mark = ">" if view.key == self.selected else " "
            text = f"{mark}{self.number(view.key):>3} {self._old()}{self._message(view, now_us)}"
            style = "wait" if view.awaits_us else "row"
            if view.awaits_us and view.answer_due_us is not None and now_us > view.answer_due_us:
                style = "alarm"
            rows.append((style, _clip(visible(text), width)))
        if not rows:
            rows.append(("quiet", f"{self._old()}no open message in the logs held here"))
        for view in self.closed():
            mark = ">" if view.key == self.selected else " "
            text = f"{mark}{self.number(view.key):>3} {self._head(view)} {self._became(view)}"
            rows.append(("quiet", _clip(visible(text), width)))
        return rows

    def _head(self, view: MessageView) -> str:
        way = f"us>{','.join(view.to)}" if self._ours(view) else f"{view.party}>us"
        drill = f"{view.status.upper()} " if view.status not in ("", "actual") else ""
        return f"{drill}{way} {view.message_class} {_clip(view.message_type, _TYPE_CHARACTERS)}"

    def _ours(self, view: MessageView) -> bool:
        return self.picture is not None and view.party == self.picture.status.party

    def _message(self, view: MessageView, now_us: int) -> str:
        """Return an open message as a row: what is to be done about it stands before free words."""
        subject = "" if view.subject in ("", view.message_type) else f" [{view.subject}]"
        what = " ".join([self._head(view), *marks_of(view)])
        if view.expired:
            return f"{what} EXPIRED{subject}"
        levels = "".join(f" {self._level(step)}" for step in view.ladder)
        due = ""
        if view.answer_due_us is not None and any(step.answer is None for step in view.ladder):
            left_us = view.answer_due_us - now_us
            due = f" due in {span(left_us)}" if left_us >= 0 else f" LATE by {span(-left_us)}"
        if view.awaits_us:
            back = f" read back {','.join(view.read_back)}" if view.read_back else ""
            wait = " STANDBY GIVEN" if "STANDBY" in levels else ""
            return f"{what}{due}{wait} {'/'.join(view.may_answer)}{back}{subject}"
        return f"{what}{due}{levels}{subject}"

    def _became(self, view: MessageView) -> str:
        """Return what became of a message that is no longer open, with a refusal's reason."""
        marks = marks_of(view)
        if view.expired and not any(step.answer for step in view.ladder):
            marks = ["EXPIRED", *marks]
        answered = [self._answered(step) for step in view.ladder if step.answer is not None]
        return "closed: " + (", ".join([*marks, *answered]) or "asks for nothing more")

    def _answered(self, step: Ladder) -> str:
        """Return how far a message got with one addressee, with what its answer says besides."""
        text = step.answer.text if step.answer is not None else ""
        return self._level(step) + (f" ({text})" if text else "")

    def _level(self, step: Ladder) -> str:
        """Return how far a message got with one addressee: its highest level, in a word."""
        own = self.picture.status.party if self.picture is not None else ""
        party = "us" if step.party == own else step.party
        if step.misread:
            return f"{party} MISREAD"
        if step.answer is not None:
            return f"{party} {step.answer.answer}"
        if step.standby is not None:
            return f"{party} STANDBY"
        if step.displayed_us is not None:
            return f"{party} displayed"
        return f"{party} {'stored' if step.stored == 'yes' else 'NOT STORED'}"

    def words_on_screen(self, width: int, rows: int) -> None:
        """Note that so many first rows of the selected message have stood on the screen."""
        view = self.message(self.selected)
        if view is None or self.picture is None:
            return
        found = message_lines(view, self.picture.status.party, self.language)
        texts = [f"{self.number(view.key)}: {found[0]}", found[1]]
        if rows >= sum(len(folded(visible(text), width)) for text in texts):
            self.read.add(view.key)

    def detail(self, width: int) -> list[Row]:
        """Return the words of the selected message, and how far it got."""
        view = self.message(self.selected)
        if view is None or self.picture is None:
            return []
        status = self.picture.status
        found = message_lines(view, status.party, self.language or status.language)
        texts = [f"{self.number(view.key)}: {found[0]}", *found[1:]]
        calls = [each for each in self.picture.calls if view.key in each.about]
        texts += [f"  call about it: {row.strip()}" for each in calls for row in call_lines(each)]
        return [("row", part) for text in texts for part in folded(visible(text), width)]

    def history(self, width: int) -> list[Row]:
        """Return the messages that were asked for by `h`, the newest first, with their words."""
        rows: list[Row] = []
        for view in sorted(self.said.values(), key=lambda v: (-v.sent_us, v.key)):
            at = f"{datetime_from_us(view.sent_us):%H:%M:%SZ}"
            fields = ", ".join(f"{name} {value}" for name, value in view.fields.items())
            words = "; ".join(part for part in (view.text, fields) if part)
            levels = " ".join(self._answered(step) for step in view.ladder)
            text = f"{self.number(view.key):>3} {at} {self._head(view)} {levels}: {words}"
            rows += [("row", part) for part in folded(visible(text), width)]
        return rows or [("quiet", "nothing was said in that time, in the logs held here")]

    def result_rows(self, width: int) -> list[Row]:
        """Return what the last typed line came to, whole: a refusal is worth nothing cut off."""
        style, text = self.result
        return [(style, part) for part in folded(visible(text), width)]


def _line(vector: LineVector) -> str:
    missing = f": {'; '.join(vector.missing)}" if vector.missing else ""
    return f"{vector.line} {vector.glance}{missing}"


def _more(left: Sequence[_Part]) -> str:
    """Return what no longer fits: alarms, and notices with a unit that was not told; as numbers."""
    alarms = [each for each in left if not each.units]
    units = sum(each.units for each in left)
    loud = sum(style == "alarm" for each in alarms for style, _ in each.rows[:1])
    untaken = f", {loud} of them not taken" if loud else ", all taken"
    told = f"{len(alarms)} MORE ALARMS{untaken}" if alarms else ""
    if not units:
        return f"    {told}: parley alarm lists them"
    what = f"{units} MORE WITH UNITS NOT TOLD"
    return (
        f"    {told} and {what}: see parley alarm, parley unit"
        if told
        else (f"    {what}: see parley unit")
    )


def ages_text(way: Direction, now_us: int, viewer: str) -> str:
    """Return one way of a line: the link, and the age of the last good test of each kind.

    How the other end hears us is its word, as old as it says: it is no news while the link is cut.
    """
    link = way.link
    if viewer and way.receiver != viewer and way.link_said_us is not None:
        link += f" (as {way.receiver} said {span(max(0, now_us - way.link_said_us))} ago)"
    said = [
        f"{test.kind} test {test.word}"
        + (f", good {span(now_us - test.good_us)} ago" if test.good_us is not None else "")
        + (f", {test.missed} MISSED" if test.missed else "")
        for test in way.tests
    ]
    return f"{way.sender}>{way.receiver} link {link}; {'; '.join(said) or 'no test owed'}"


def span(duration_us: int) -> str:
    """Return a span as it is said at a glance: seconds, minutes, hours, days.

    >>> span(42_000_000), span(754_000_000), span(7_200_000_000), span(260_000_000_000)
    ('42 s', '12 min 34 s', '2 h 00 min', '3 d 0 h')
    """
    whole_s = abs(duration_us) // 1_000_000
    if whole_s < 60:
        return f"{whole_s} s"
    if whole_s < 3600:
        return f"{whole_s // 60} min {whole_s % 60:02d} s"
    if whole_s < 86_400:
        return f"{whole_s // 3600} h {whole_s % 3600 // 60:02d} min"
    return f"{whole_s // 86_400} d {whole_s % 86_400 // 3600} h"


def _place(name: str) -> int:
    return next((n for n, each in enumerate(CLASSES) if each == name), len(CLASSES))


def _sides(left: str, right: str, width: int) -> str:
    return _clip(left, width - len(right) - 1).ljust(width - len(right)) + right


def _clip(text: str, width: int) -> str:
    """Return a text as one row no wider than the screen, with a mark where it was cut.

    A line break of a peer's must not begin a row of ours.
    """
    text = "\\n".join(text.splitlines())
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def folded(text: str, width: int) -> Sequence[str]:
    """Return a text in rows of a width: what a message says is never cut off."""
    return textwrap.wrap(text, width, subsequent_indent="    ", drop_whitespace=True) or [""]
