"""The reservations of a zone from rules version 4 on: any number, each asked for, issued and ended.

Rules, read in the order of writing:
- An issue takes no other issue away. Without a window it is of what it answers: the message or the
  number that it names, else the newest open request; else it confirms the newest again, else it is
  of the zone's own times.
- An issue answers the requests that it names, and those whose window lies in its own.
- An end says which, by window or number. One that does not ends the only one in force, or the only
  one; where that leaves a choice it ends nothing: the zone stays hot.
- Who asked may take its own request back, and nothing else.

What does not live here: who may issue, what is cold (`zone_agreed`).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from parley.node.inputs import Promulgate
from parley.node.rules.zone_acts import ZoneAct
from parley.node.state import Key
from parley.world.faults import InputFault
from parley.world.time import format_second
from parley.world.zone import Zone

RESERVATIONS_MAX = 64
"""Of one zone at once; a zone for which more are told of reads hot while they last."""
_LOOKED_AT_MAX = 256
"""The newest requests and issues that one act is compared with: more are answered one by one."""
_NAMED_MAX = 4

Window = tuple[int | None, int | None]
_Held = TypeVar("_Held")
_Name = TypeVar("_Name")


@dataclass(slots=True)
class Reservation:
    """One window of a zone that was issued: by which act, for which requests, and its end.

    Once `reservations_of` has returned it nobody may change it.
    """

    from_us: int | None
    to_us: int | None
    reference: str
    issue: ZoneAct
    asked: list[ZoneAct] = field(default_factory=list)
    ended: ZoneAct | None = None

    def over(self, at_us: int) -> bool:
        """Whether its window has ended, or it was ended."""
        return self.ended is not None or (self.to_us is not None and self.to_us <= at_us)

    def begun(self, at_us: int) -> bool:
        """Whether its window has begun."""
        return self.from_us is None or self.from_us <= at_us

    def holds(self, at_us: int) -> bool:
        """Whether it is in force at an instant."""
        return self.begun(at_us) and not self.over(at_us)


class Reservations(NamedTuple):
    """What was asked for, issued and ended of a zone, in the order of writing.

    Attributes:
        issued: also those that are over.
        open: requests that no issue and no end answered, also those whose window is over.
        drafts: that nothing answered.
        closed: requests that were taken back or declined, each with the act that did so.
        zone_ended: by what the zone itself was ended, if nothing was issued since.
        last: the last issue or end that had an effect.
    """

    issued: tuple[Reservation, ...]
    open: tuple[ZoneAct, ...]
    drafts: tuple[ZoneAct, ...]
    closed: tuple[tuple[ZoneAct, ZoneAct], ...]
    zone_ended: ZoneAct | None
    last: ZoneAct | None


def reservations_of(
    zone: Zone, acts: Iterable[ZoneAct], may: Callable[[str], bool]
) -> Reservations:
    """Return the reservations of a zone.

    Args:
        zone: gives the times of an issue that names none and answers nothing.
        acts: that count, in the order of writing.
        may: whether a party may issue and end; one that may not takes back its own requests only.
    """
    book = _Book(zone)
    for act in acts:
        book.pass_to(act.order[0])
        if act.value in ("requested", "draft"):
            book.ask(act)
        elif act.value == "issued":
            book.issue(act)
        elif act.value == "ended":
            book.end(act, power=may(act.party))
    return Reservations(
        tuple(book.every), tuple(a for a in book.every_ask() if a.value == "requested"),
        tuple(a for a in book.every_ask() if a.value == "draft"), tuple(book.closed),
        book.zone_ended, book.last,
    )  # fmt: skip


class _Book:
    """The reservations while they are read; `asks` and `live` hold what an act may still be of."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.every: list[Reservation] = []
        self.asks: dict[Key, ZoneAct] = {}
        self.live: dict[tuple[int | None, int | None, str], Reservation] = {}
        self.missed: dict[Key, ZoneAct] = {}
        self.closed: list[tuple[ZoneAct, ZoneAct]] = []
        self.zone_ended: ZoneAct | None = None
        self.last: ZoneAct | None = None
        self._of: dict[Key, Reservation] = {}
        self._ends: list[tuple[int, int, ZoneAct | Reservation]] = []
        self._count = itertools.count()

    def every_ask(self) -> list[ZoneAct]:
        """Return the requests and drafts that nothing answered, in order."""
        return sorted([*self.missed.values(), *self.asks.values()], key=lambda act: act.order)

    def pass_to(self, at_us: int) -> None:
        """Let go of what is over by an instant: no later act is of it unless it names it."""
        while self._ends and self._ends[0][0] <= at_us:
            _, _, over = heapq.heappop(self._ends)
            if isinstance(over, Reservation):
                self._let_go(over)
            elif self.asks.pop(over.key, None) is not None:
                self.missed[over.key] = over

    def _let_go(self, over: Reservation) -> None:
        name = (over.from_us, over.to_us, over.reference)
        if self.live.get(name) is over:
            del self.live[name]

    def _ends_at(self, to_us: int | None, what: ZoneAct | Reservation) -> None:
        if to_us is not None:
            heapq.heappush(self._ends, (to_us, next(self._count), what))

    # ---- acts ----

    def ask(self, act: ZoneAct) -> None:
        """Take a request or a draft."""
        self.asks[act.key] = act
        self._ends_at(act.to_us, act)

    def issue(self, act: ZoneAct) -> None:
        """Take an issue: of a window of its own, or of what it answers."""
        self.last, self.zone_ended = act, None
        window: Window = (act.from_us, act.to_us)
        asked = self._answered(act)
        if act.from_us is None:
            if act.answers in self.missed:
                return  # Of a window that is over.
            again = self._again(act)
            if again is not None and act.reference in ("", again.reference):
                again.issue = act
                return
            of = asked[-1] if asked else None
            window = _window_of(of, again or self.zone)
        name = (*window, act.reference)
        held = self.live.get(name)
        if held is None:
            held = Reservation(*name, issue=act)
            self.live[name] = held
            self.every.append(held)
            self._ends_at(held.to_us, held)
        held.issue = act
        for each in asked:
            del self.asks[each.key]
            self._of[each.key] = held
            held.asked.append(each)

    def _again(self, act: ZoneAct) -> Reservation | None:
        """Return which reservation an issue without a window confirms again, if it is one."""
        if act.answers in self.asks:
            return None
        named = self._of.get(act.answers) if act.answers is not None else None
        if named is not None and named.ended is None:
            return named
        asks = self._newest_asks()
        if act.reference:
            if any(a.reference == act.reference for a in asks):
                return None
            same = [r for r in self._newest_live() if r.reference == act.reference]
            if same:
                return same[-1]
        live = self._newest_live()
        return live[-1] if live and not asks else None

    def _answered(self, act: ZoneAct) -> list[ZoneAct]:
        """Return the requests and drafts that an issue answers, in order."""
        asks = self._newest_asks()
        named = [a for a in asks if act.reference and a.reference == act.reference]
        if act.answers in self.asks:
            named = [a for a in named if a.key != act.answers] + [self.asks[act.answers]]
        if act.from_us is not None:
            return [a for a in asks if a in named or _within(a, act)]
        if named:
            return named[-1:]
        wanted = [a for a in asks if a.value == "requested"] or asks
        return wanted[-1:]

    def end(self, act: ZoneAct, *, power: bool) -> None:
        """Take an end: of one reservation, of a request, or of the zone itself."""
        if not power:
            own = [a for a in self._named_asks(act) if a.party == act.party]
            if act.from_us is not None or act.reference or len(own) == 1:
                self._close(own, act)
            return
        ended = self.which(act.from_us, act.to_us, act.reference, act.order[0])
        if ended is not None:
            ended.ended = self.last = act
            self._let_go(ended)
        elif act.from_us is not None or act.reference:
            self._close(self._named_asks(act), act)
        elif not self.live:
            self.zone_ended = self.last = act

    def _close(self, asks: list[ZoneAct], act: ZoneAct) -> None:
        for each in asks:
            del self.asks[each.key]
            self.closed.append((each, act))

    def _named_asks(self, act: ZoneAct) -> list[ZoneAct]:
        return [
            a for a in self._newest_asks()
            if a.value == "requested" and _named((a.from_us, a.to_us), a.reference, act)
        ]  # fmt: skip

    def which(
        self, from_us: int | None, to_us: int | None, reference: str, at_us: int
    ) -> Reservation | None:
        """Return the one reservation that an end is of; None where it is none, or not clear."""
        return _the_one(self._newest_live(), (from_us, to_us), reference, at_us)

    def _newest_live(self) -> list[Reservation]:
        return _newest(self.live)

    def _newest_asks(self) -> list[ZoneAct]:
        return _newest(self.asks)


def _newest(held: dict[_Name, _Held]) -> list[_Held]:
    found = list(itertools.islice(reversed(held.values()), _LOOKED_AT_MAX))
    return found[::-1]


def _the_one(
    live: list[Reservation], window: Window, reference: str, at_us: int
) -> Reservation | None:
    if window[0] is None and not reference:
        holding = [r for r in live if r.holds(at_us)]
        found = holding if len(holding) == 1 else live
        return found[0] if len(found) == 1 else None
    found = [
        r for r in live
        if (not reference or r.reference == reference)
        and _same_window((r.from_us, r.to_us), window)
    ]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _same_window(held: Window, said: Window) -> bool:
    """Whether what was said means this window: its begin is enough."""
    return said[0] is None or (held[0] == said[0] and said[1] in (None, held[1]))


def _named(window: Window, reference: str, act: ZoneAct) -> bool:
    if act.reference and act.reference != reference:
        return False
    return _same_window(window, (act.from_us, act.to_us))


def _within(ask: ZoneAct, issue: ZoneAct) -> bool:
    """Whether what was asked for lies in the window of an issue; any does for "some time"."""
    if ask.from_us is None or issue.from_us is None:
        return ask.from_us is None
    if ask.from_us < issue.from_us:
        return False
    return issue.to_us is None or (ask.to_us is not None and ask.to_us <= issue.to_us)


def _window_of(ask: ZoneAct | None, other: Reservation | Zone) -> Window:
    if ask is None or ask.from_us is None:
        return other.from_us, other.to_us
    return ask.from_us, ask.to_us


# ---- acts of our own ----------------------------------------------------------------------------


def check_promulgation(
    held: Reservations, zone: Zone, act: Promulgate, party: str, now_us: int
) -> None:
    """Check that an act of ours says which reservation it is of, and that there are not too many.

    Raises:
        InputFault: it does not; it names those there are. Or there are too many.
    """
    live = [r for r in held.issued if not r.over(now_us)]
    asks = [a for a in held.open if not a.over(now_us)]
    if act.promulgation == "ended":
        _check_end(live, asks, act, now_us)
    elif act.promulgation == "issued":
        if act.from_us is None:
            _check_answers(live, asks, held, act, now_us)
        _check_number(zone, len(live))
    elif act.promulgation == "requested":
        _check_number(zone, sum(1 for each in asks if each.party == party))


def _check_number(zone: Zone, number: int) -> None:
    if number >= RESERVATIONS_MAX:
        raise InputFault(
            f"reservations of zone {zone.id}",
            value=number,
            wanted=f"at most {RESERVATIONS_MAX} at once",
            repair="end one that is not needed",
        )


def _check_answers(
    live: list[Reservation], asks: list[ZoneAct], held: Reservations, act: Promulgate, now_us: int
) -> None:
    """Check that it is clear what an issue of ours without a window answers."""
    numbers = [a.reference for a in asks] + [r.reference for r in live]
    if act.reference and numbers.count(act.reference) == 1:
        return
    if len(asks) > 1:
        _refuse(f"zone {act.zone} issued", "without a window", _asks_words(asks))
    if not live and not asks and any(a.over(now_us) for a in held.open):
        what = f"zone {act.zone} issued"
        raise InputFault(what, value="of a window that is over", wanted="--from and --to")


def check_withdrawal(
    held: Reservations, zone: Zone, act: Promulgate, party: str, now_us: int
) -> None:
    """Check that there is a request of ours that an end takes back.

    Raises:
        InputFault: there is none, or it is not clear which.
    """
    own = [
        a for a in held.open
        if a.party == party and not a.over(now_us)
        and (not act.reference or a.reference == act.reference)
        and _same_window((a.from_us, a.to_us), (act.from_us, act.to_us))
    ]  # fmt: skip
    if len(own) != 1 and not (own and (act.reference or act.from_us is not None)):
        words = _asks_words([a for a in held.open if a.party == party and not a.over(now_us)])
        _refuse(f"zone {zone.id} ended", "not clear which", words)


def _check_end(live: list[Reservation], asks: list[ZoneAct], act: Promulgate, now_us: int) -> None:
    window = (act.from_us, act.to_us)
    if _the_one(live, window, act.reference, now_us) is not None:
        return
    named = act.from_us is not None or bool(act.reference)
    if not named and not live:
        return
    asked = [
        a for a in asks
        if (not act.reference or a.reference == act.reference)
        and _same_window((a.from_us, a.to_us), window)
    ]  # fmt: skip
    several = [r for r in live if _same_window((r.from_us, r.to_us), window)]
    if named and asked and not several:
        return
    words = [_words((r.from_us, r.to_us), r.reference, r.issue.party) for r in live]
    _refuse(f"zone {act.zone} ended", "not clear which", [*words, *_asks_words(asks)])


def _asks_words(asks: list[ZoneAct]) -> list[str]:
    return [_words((a.from_us, a.to_us), a.reference, a.party) for a in asks]


def _words(window: Window, reference: str, party: str) -> str:
    begin = "open" if window[0] is None else format_second(window[0])
    return f"{reference[:20] or begin} by {party}"


def _refuse(what: str, value: str, known: list[str]) -> None:
    more = f" and {len(known) - _NAMED_MAX} more" if len(known) > _NAMED_MAX else ""
    wanted = f"one of: {'; '.join(known[:_NAMED_MAX]) or 'nothing is there'}{more}"
    raise InputFault(what, value=value, wanted=wanted, repair="say which by --from or --reference")
