"""The reservations of a zone as they are shown: window, number, who asked, who issued, where it is.

Only reading.
"""

from __future__ import annotations

import msgspec

from parley.node.rules.zone_acts import ZoneAct
from parley.node.rules.zone_agreed import ZoneSaid
from parley.node.rules.zone_reservations import Reservation
from parley.node.state import Key

LISTED_MAX = 20
_PAST_MAX = 5


class ZoneReservation(msgspec.Struct, frozen=True, kw_only=True):
    """One reservation of a zone at an instant.

    Attributes:
        state: "requested", "issued", "in force", "ended", "withdrawn" (ended before it began),
            "taken back" or "declined" (a request), "not answered" (a request that is over).
        from_us: of its window; None: the zone's own.
        to_us: up to but not including.
        reference: its number, as its issuer gave it.
        asked_by: parties that asked for it.
        issued_by: party and post that issued it; "" while nobody has.
        issued_us: when that was last confirmed.
        ended_by: who ended it, took it back or declined it.
        ended_us: when.
        cold: whether its issue is in force and it is said cold all the same.
        key: the issue, else the request.
    """

    state: str
    from_us: int | None
    to_us: int | None
    key: Key
    reference: str = ""
    asked_by: tuple[str, ...] = ()
    issued_by: str = ""
    issued_us: int | None = None
    ended_by: str = ""
    ended_us: int | None = None
    cold: bool = False


def reservations_listed(said: ZoneSaid, now_us: int) -> tuple[tuple[ZoneReservation, ...], int]:
    """Return what stands, the soonest first, then the last that is over; and how many are left out.

    Args:
        said: what is known of the zone.
        now_us: the instant.
    """
    held = said.reservations
    stands: list[Reservation | ZoneAct] = [*said.live, *said.asks]
    stands.sort(key=lambda each: (each.from_us or 0, each.to_us or 0))
    cold = said.activity(now_us).value == "cold"
    past: list[tuple[int, ZoneReservation]] = [
        (_ended_us(r), _issued(r, now_us, cold=False)) for r in held.issued if r.over(now_us)
    ]
    past += [(a.to_us or 0, _asked(a, "not answered")) for a in held.open if a.over(now_us)]
    past += [(end.order[0], _asked(a, "", end)) for a, end in held.closed]
    past.sort(key=lambda each: each[0])
    shown = [
        _issued(each, now_us, cold=cold) if isinstance(each, Reservation)
        else _asked(each, "requested")
        for each in stands[:LISTED_MAX]
    ]  # fmt: skip
    shown += [each for _, each in reversed(past[-_PAST_MAX:])]
    return tuple(shown), max(0, len(stands) - LISTED_MAX)


def _ended_us(reservation: Reservation) -> int:
    ended = reservation.ended
    return ended.order[0] if ended is not None else reservation.to_us or 0


def _issued(reservation: Reservation, now_us: int, *, cold: bool) -> ZoneReservation:
    issue, ended = reservation.issue, reservation.ended
    if ended is not None:
        state = "ended" if reservation.begun(ended.order[0]) else "withdrawn"
    elif reservation.over(now_us):
        state = "ended"
    else:
        state = "in force" if reservation.begun(now_us) else "issued"
    return ZoneReservation(
        state=state,
        from_us=reservation.from_us,
        to_us=reservation.to_us,
        key=issue.key,
        reference=reservation.reference,
        asked_by=tuple(sorted({a.party for a in reservation.asked if a.value == "requested"})),
        issued_by=_who(issue),
        issued_us=issue.order[0],
        ended_by="" if ended is None else _who(ended),
        ended_us=None if ended is None else ended.order[0],
        cold=cold and state == "in force",
    )


def _asked(act: ZoneAct, state: str, end: ZoneAct | None = None) -> ZoneReservation:
    if end is not None:
        state = "taken back" if end.party == act.party else "declined"
    return ZoneReservation(
        state=state,
        from_us=act.from_us,
        to_us=act.to_us,
        key=act.key,
        reference=act.reference,
        asked_by=(act.party,),
        ended_by="" if end is None else _who(end),
        ended_us=None if end is None else end.order[0],
    )


def _who(act: ZoneAct) -> str:
    return f"{act.party} {act.post}".strip()
