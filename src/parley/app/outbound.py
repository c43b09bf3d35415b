"""Calls people about alarms: decides for each contact what is due, sends it, writes it down.

Rules:
- Right before each call it is looked again whether the alarm still sounds: nobody is woken for a
  thing that is over, and nobody twice for what somebody has taken.
- Nothing here can stop or slow the node: each contact has a task of its own, each call a thread
  and an end, and what is due is made from the record each time, so that no queue can grow.
- What was sent before a restart stands in the private log and counts.
- Above ten new alarms in ten minutes a contact gets the others as one call, at most once in
  `repeat_s`; they stay in the list. The first about a party not yet told of comes by itself. A new
  short-term conflict lets that one call go out at once.
- An alarm for a post that nobody is called for goes to all contacts: it is not lost.
- A channel that fails is tried again after a pause that grows, and shown as a fault.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from parley.app.alarm_channels import Channels, Unsent
from parley.app.alarm_config import AlarmSetup, Contact
from parley.app.alarm_views import ContactView, TestCalled
from parley.node.entries import Entry
from parley.node.inputs import NoteAlarmSent
from parley.node.line_bodies import AlarmSent
from parley.node.rules.agreements import posts_of
from parley.node.rules.alarm_conflicts import KIND
from parley.node.rules.alarm_raised import urgency_of
from parley.node.rules.alarms import (
    FLOOD_COUNT,
    FLOOD_US,
    LINE_RULES,
    Alarm,
    alarms,
    order_of,
    sent_by_name,
    sounding,
)
from parley.node.rules.conflict_rungs import SHORT_TERM
from parley.world.faults import InputFault
from parley.world.units import MICROSECONDS_PER_SECOND

if TYPE_CHECKING:
    from parley.app.crank import Turned
    from parley.app.service import Service

LOOK_EACH_S = 1.0
LOOK_SHARE_COUNT = 20
"""Looking may take one part in so many of the time: a flood must not eat the node's loop."""
LOOK_REST_S = 0.05
LINKS_REST_S = 60.0
"""After a start the peers need a moment to call: a link is not told as down before."""
BACKOFF_MIN_S = 5.0
BACKOFF_MAX_S = 300.0
GROUP = "more"
TEST = "test"
Key = tuple[str, str]
"""Of an alarm: its agreement and its name."""


class Sender(Protocol):
    """What calls one contact; `alarm_channels.Channels` is one."""

    def send(
        self, contact: Contact, alarm: Alarm, now_us: int, attempt: int, grouped: int = 0
    ) -> str:
        """Call about an alarm, return how it went; raises `Unsent`."""

    def fault(self) -> str:
        """Return what keeps a channel from working at all; empty if nothing does."""

    def close(self) -> None:
        """Remove what was made."""


@dataclass(slots=True)
class Told:
    """What one contact was told of one alarm: calls tried, those that went, and when last."""

    tried: int = 0
    delivered: int = 0
    last_us: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """What one contact is to be called about now; `others`: alarms that the call stands for."""

    alarm: Alarm
    others: tuple[Alarm, ...] = ()


@dataclass(slots=True)
class Line:
    """One contact, and what it was told.

    Attributes:
        contact: whom it is.
        posts: that have a contact; the alarms of the others go to all.
        told: by alarm.
        first_us: when alarms were told for the first time, lately.
        heard_us: when one about each party was told by itself last.
        group_us: when several were told as one last; `group_rank`: the most urgent among them.
        again_us: not before, after a call that failed; `pause_s`: how long that was.
    """

    contact: Contact
    posts: frozenset[str] = frozenset()
    told: dict[Key, Told] = field(default_factory=dict)
    first_us: deque[int] = field(default_factory=deque)
    heard_us: dict[str, int] = field(default_factory=dict)
    group_us: int | None = None
    group_rank: int = 0
    again_us: int = 0
    pause_s: float = 0.0
    delivered: int = 0
    failed: int = 0
    fault: str = ""
    fault_at_us: int = 0
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def takes(self, alarm: Alarm) -> bool:
        """Whether the contact is called about an alarm."""
        contact = self.contact
        return (
            (alarm.post == contact.post or alarm.post not in self.posts)
            and alarm.rung >= contact.from_rung
            and alarm.alarm_class in contact.classes
        )

    def of(self, alarm: Alarm) -> Told:
        """Return what it was told of an alarm."""
        return self.told.setdefault((alarm.agreement, alarm.name), Told())

    def remember(self, key: Key, body: AlarmSent, at_us: int) -> None:
        """Take note of a call that the log tells of."""
        told = self.told.setdefault(key, Told())
        if not told.tried:
            self.first_us.append(at_us)
        told.tried = max(told.tried, body.attempt)
        told.delivered += body.delivered
        told.last_us = max(told.last_us, at_us)


def due_now(line: Line, standing: Iterable[Alarm], now_us: int, setup: AlarmSetup) -> Due | None:
    """Return what a contact is to be called about now, if anything: the most urgent first.

    Args:
        line: the contact.
        standing: all alarms.
        now_us: the time.
        setup: how often alarms are repeated.
    """
    if now_us < line.again_us:
        return None
    repeat_us = setup.repeat_s * MICROSECONDS_PER_SECOND
    while line.first_us and line.first_us[0] <= now_us - FLOOD_US:
        line.first_us.popleft()
    waiting = []
    sounds = [alarm for alarm in sounding(standing) if line.takes(alarm)]
    for alarm in sounds:
        told = line.of(alarm)
        fresh = not told.tried
        again = told.delivered <= setup.repeats_max and now_us - told.last_us >= repeat_us
        if fresh or again or not told.delivered:
            waiting.append((not fresh, order_of(alarm), alarm))
    if not waiting:
        return None
    told_before, _, alarm = min(waiting, key=lambda each: each[:2])
    flooded = len(line.first_us) >= FLOOD_COUNT or (told_before and len(sounds) > FLOOD_COUNT)
    if not flooded:
        return Due(alarm)
    for told_before, _, alarm in sorted(waiting, key=lambda each: each[:2]):
        # One party's flood must not hide that another calls too; parties are few.
        last_us = line.heard_us.get(alarm.party)
        if not told_before and (last_us is None or now_us - last_us >= FLOOD_US):
            return Due(alarm)
    return _grouped(line, sorted((each[2] for each in waiting), key=order_of), now_us, repeat_us)


def _grouped(line: Line, waiting: list[Alarm], now_us: int, repeat_us: int) -> Due | None:
    """Return the one call for all that wait: again after `repeat_us`, at once for a higher class.

    Of the class itself there is no end that a peer could not make; above it there are few.
    """
    rank = urgency_of(waiting[0].alarm_class)
    rested = line.group_us is None or now_us - line.group_us >= repeat_us
    # Two minutes are left of a short-term conflict that our own node predicts: it waits for none.
    soon = any(a.kind == KIND and a.rung == SHORT_TERM and not line.of(a).tried for a in waiting)
    if not rested and rank >= line.group_rank and not soon:
        return None
    first = waiting[0]
    counts: dict[str, int] = {}
    for alarm in waiting:
        counts[alarm.alarm_class] = counts.get(alarm.alarm_class, 0) + 1
    words = ", ".join(f"{count} {name}" for name, count in counts.items())
    text = f"{len(waiting)} MORE ALARMS ({words}), first: {first.text}"
    name = f"{GROUP}:{first.post}"
    return Due(_renamed(first, name, text), others=tuple(waiting))


def _renamed(alarm: Alarm, name: str, text: str) -> Alarm:
    return Alarm(
        name=name,
        kind="more",
        alarm_class=alarm.alarm_class,
        agreement=alarm.agreement,
        line=alarm.line,
        party=alarm.party,
        text=text,
        post=alarm.post,
        rung=alarm.rung,
        since_us=alarm.since_us,
    )


class Outbound:
    """Calls the contacts of a node about its alarms.

    Args:
        service: the node's.
        setup: from `alarm_config`.
        channels: what calls; made from the setup where left out.
        look_each_s: how often it is looked whether something is due.
        links_rest_s: for how long after the start no link is told as down.
        pause_s: the first and the longest pause after a call that failed.
    """

    def __init__(
        self,
        service: Service,
        setup: AlarmSetup,
        channels: Sender | None = None,
        *,
        look_each_s: float = LOOK_EACH_S,
        links_rest_s: float = LINKS_REST_S,
        pause_s: tuple[float, float] = (BACKOFF_MIN_S, BACKOFF_MAX_S),
    ) -> None:
        self._service = service
        self._setup = setup
        self._channels = channels or Channels(setup, service.state.party)
        self._look_each_s = look_each_s
        self._links_rest_s = links_rest_s
        self._pause_s = pause_s
        self._begun_s = time.monotonic()
        posts = frozenset(contact.post for contact in setup.contacts)
        self._lines = [Line(contact, posts) for contact in setup.contacts]
        self._stirred = asyncio.Event()
        self._broken = ""

    # ---- what is shown --------------------------------------------------------------------------

    def views(self) -> tuple[ContactView, ...]:
        """Return how each contact does."""
        return tuple(
            ContactView(
                name=line.contact.name,
                post=line.contact.post,
                channel=line.contact.channel,
                classes=line.contact.classes,
                from_rung=line.contact.from_rung,
                delivered=line.delivered,
                failed=line.failed,
                fault=line.fault,
                fault_at_us=line.fault_at_us,
            )
            for line in self._lines
        )

    def takes(self, alarm: Alarm) -> bool:
        """Whether some contact is called about an alarm."""
        return any(line.takes(alarm) for line in self._lines)

    def faults(self) -> tuple[str, ...]:
        """Return in words what could not be sent."""
        found = [
            f"alarm by {line.contact.channel} to {line.contact.name}: {line.fault}"
            for line in self._lines
            if line.fault
        ]
        return tuple(each for each in (self._channels.fault(), self._broken, *found) if each)

    def after_turn(self, now_us: int, turned: Turned) -> None:
        """Look at once when something was written; for `Service.listeners`."""
        del now_us, turned
        self._stirred.set()

    # ---- calling --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Call until cancelled."""
        try:
            while not self._service.begun or self._service.crank.asking:
                # What was taken may stand in the end of our log, which is being asked for.
                await asyncio.sleep(self._look_each_s)
            try:
                self._remember()
            except Exception as error:  # noqa: BLE001  to call twice is better than not at all
                self._broken = _fault(error)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._again(self._watch))
                for line in self._lines:
                    tasks.create_task(self._again(partial(self._run, line)))
        finally:
            self._channels.close()

    async def _again(self, work: Callable[[], Awaitable[None]]) -> None:
        """Go on after a fault of our own: it is shown, and ends neither the calls nor the node."""
        while True:
            try:
                await work()
            except Exception as error:  # noqa: BLE001  calls must go on whatever broke
                self._broken = _fault(error)
                await asyncio.sleep(self._pause_s[0])

    def _remember(self) -> None:
        """Take what our private log tells of earlier calls; of what is over, only lately."""
        state, now_us = self._service.state, self._service.clock()
        standing = {(each.agreement, each.name) for each in alarms(state, now_us)}
        for scope in state.scopes.values():
            for name, entries in sent_by_name(scope).items():
                key = (scope.agreement_id, name)
                late = entries[-1].issued_us > now_us - 2 * FLOOD_US
                if key in standing or late:
                    self._remember_one(key, entries)
        for line in self._lines:
            line.first_us = deque(sorted(line.first_us))

    def _remember_one(self, key: Key, entries: list[Entry]) -> None:
        for entry in entries:
            body = entry.body
            if not isinstance(body, AlarmSent) or key[1].partition(":")[0] in (GROUP, TEST):
                continue
            for line in self._lines:
                contact = line.contact
                same = (body.post, body.channel) == (contact.post, contact.channel)
                if same and body.detail.startswith(f"{contact.name}: "):
                    line.remember(key, body, entry.issued_us)

    async def _watch(self) -> None:
        """Look whether something is due, and wake the contacts that are to be called."""
        while True:
            began_s = time.monotonic()
            standing, now_us = self._standing()
            for line in self._lines:
                if due_now(line, standing, now_us, self._setup) is not None:
                    line.wake.set()
            self._stirred.clear()
            took_s = time.monotonic() - began_s
            await asyncio.sleep(max(LOOK_REST_S, LOOK_SHARE_COUNT * took_s))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._look_each_s):
                    await self._stirred.wait()

    async def _run(self, line: Line) -> None:
        while True:
            await line.wake.wait()
            line.wake.clear()
            # What was due a moment ago may be over now.
            standing, now_us = self._standing()
            due = due_now(line, standing, now_us, self._setup)
            self._forget(line, standing, now_us)
            if due is not None:
                await self._call(line, due)
                line.wake.set()

    def _standing(self) -> tuple[tuple[Alarm, ...], int]:
        """Return what stands, and the time; nothing while another node writes in our place."""
        now_us = self._service.clock()
        if self._service.crank.asking:
            return (), now_us
        standing = alarms(self._service.state, now_us)
        if time.monotonic() - self._begun_s < self._links_rest_s:
            standing = tuple(each for each in standing if each.kind != "link")
        return standing, now_us

    def _forget(self, line: Line, standing: tuple[Alarm, ...], now_us: int) -> None:
        """Drop what was told of alarms that are over, once they are old."""
        if len(line.told) <= 2 * len(standing) + 100:
            return
        kept = {(each.agreement, each.name) for each in standing}
        line.told = {
            key: told
            for key, told in line.told.items()
            if key in kept or told.last_us > now_us - 2 * FLOOD_US
        }

    async def _call(self, line: Line, due: Due) -> None:
        """Call once; what goes wrong is noted and tried again later."""
        now_us = self._service.clock()
        told = line.of(due.alarm)
        send = partial(
            self._channels.send, line.contact, due.alarm, now_us, told.tried + 1, len(due.others)
        )
        delivered, detail = await self._sent(send)
        now_us = self._service.clock()
        for alarm in due.others or (due.alarm,):
            one = line.of(alarm)
            if due.others:
                # Told with others is told.
                one.tried, one.delivered = one.tried + delivered, one.delivered + delivered
            one.last_us = now_us
        if due.others:
            if delivered:
                line.group_us, line.group_rank = now_us, urgency_of(due.alarm.alarm_class)
            told.tried += 1
        else:
            if not told.tried and delivered:
                line.first_us.append(now_us)
            if delivered:
                line.heard_us[due.alarm.party] = now_us
            told.tried, told.delivered = told.tried + 1, told.delivered + delivered
        self._note(line, now_us, detail, delivered=delivered)
        await self._write(line.contact, due.alarm, told.tried, detail, delivered=delivered)

    async def _sent(self, send: Callable[[], str]) -> tuple[bool, str]:
        try:
            return True, await in_thread(send)
        except Unsent as problem:
            return False, str(problem)

    def _note(self, line: Line, now_us: int, detail: str, *, delivered: bool) -> None:
        if delivered:
            line.delivered += 1
            line.again_us, line.pause_s, line.fault = 0, 0.0, ""
            return
        least_s, most_s = self._pause_s
        line.failed += 1
        line.pause_s = min(most_s, max(least_s, 2 * line.pause_s))
        line.again_us = now_us + round(line.pause_s * MICROSECONDS_PER_SECOND)
        line.fault, line.fault_at_us = detail, now_us

    async def _write(
        self, contact: Contact, alarm: Alarm, attempt: int, detail: str, *, delivered: bool
    ) -> None:
        act = NoteAlarmSent(
            agreement=alarm.agreement,
            alarm=alarm.name,
            post=contact.post,
            channel=contact.channel,
            attempt=attempt,
            delivered=delivered,
            detail=f"{contact.name}: {detail}"[:400],
        )
        # A call that cannot be written down was made all the same.
        with contextlib.suppress(InputFault):
            await self._service.act(act)

    # ---- test calls -----------------------------------------------------------------------------

    async def test(self, post: str | None) -> tuple[TestCalled, ...]:
        """Call every contact, of one post or of all, with a text that says it is a test.

        Raises:
            InputFault: there is no such contact.
        """
        lines = [line for line in self._lines if post in (None, line.contact.post)]
        if not lines:
            known = ", ".join(dict.fromkeys(line.contact.post for line in self._lines))
            wanted = f"a post with a contact: {known or 'none is configured'}"
            raise InputFault("alarm test post", value=post, wanted=wanted)
        return tuple(await asyncio.gather(*(self._test(line) for line in lines)))

    async def _test(self, line: Line) -> TestCalled:
        contact, now_us = line.contact, self._service.clock()
        alarm = Alarm(
            name=TEST,
            kind="test call",
            alarm_class="ROUTINE",
            agreement=self._agreement_of(contact.post),
            line="",
            party=self._service.state.party,
            text="TEST of this alarm, nothing has happened",
            post=contact.post,
            rung=0,
            since_us=now_us,
        )
        send = partial(self._channels.send, contact, alarm, now_us, 1)
        delivered, detail = await self._sent(send)
        self._note(line, self._service.clock(), detail, delivered=delivered)
        if alarm.agreement:
            await self._write(contact, alarm, 1, detail, delivered=delivered)
        return TestCalled(
            name=contact.name,
            post=contact.post,
            channel=contact.channel,
            delivered=delivered,
            detail=detail,
        )

    def _agreement_of(self, post: str) -> str:
        """Return the agreement under which a test is written down: the first that has the post."""
        state = self._service.state
        for name, agreement in sorted(state.agreements.items()):
            known = state.scope(name).rules.version >= LINE_RULES
            if known and post in posts_of(agreement, state.party):
                return name
        return ""


def _fault(error: Exception) -> str:
    return f"alarm calls: a fault of this program: {type(error).__name__}"


async def in_thread(work: Callable[[], str]) -> str:
    """Return what blocking work returns, done in a thread that nobody waits for at the end."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[str] = loop.create_future()

    def finish(found: str, problem: Unsent | None) -> None:
        if done.done():
            return
        if problem is not None:
            done.set_exception(problem)
        else:
            done.set_result(found)

    def run() -> None:
        found, problem = "", None
        try:
            found = work()
        except Unsent as caught:
            problem = caught
        except Exception as error:  # noqa: BLE001  a call that breaks must not take the node with it
            problem = Unsent(f"a fault of this program: {type(error).__name__}")
        with contextlib.suppress(RuntimeError):  # the loop is gone: so is whoever asked
            loop.call_soon_threadsafe(finish, found, problem)

    threading.Thread(target=run, name="alarm", daemon=True).start()
    return await done
