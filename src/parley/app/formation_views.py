"""Formations as the API and the command line show them: who declared, who confirmed, what holds."""

from __future__ import annotations

import heapq

import msgspec

from parley.node.rules.formation_record import FormationState, formations_of
from parley.node.rules.formation_record import FormationView as Formation
from parley.node.state import Key, Scope, State, rank_of, written_us
from parley.node.warning_bodies import FormationEnded
from parley.world.time import format_second

FORMATIONS_SHOWN_MAX = 256
"""Listed: four times those that can be in force at once; the others are counted."""
ENDS_SHOWN_MAX = 8
"""Of one formation: each party ends it once; who says it again adds nothing."""
_FIRST: tuple[FormationState, ...] = ("in force", "waiting", "not yet")


class EndSaid(msgspec.Struct, frozen=True, kw_only=True):
    """That a party ended a formation, for its own reason."""

    party: str
    at_us: int
    reason: str


class FormationShown(msgspec.Struct, frozen=True, kw_only=True):
    """A formation and how it stands now.

    `state`: only one that is in force raises no alert inside itself; `why`: why it is not.
    `waits_for`: the parties whose flights it names and who have not confirmed it.
    """

    key: Key
    agreement: str
    formation: str
    declared_by: str
    flights: dict[str, tuple[str, ...]]
    from_us: int
    to_us: int
    radius_mm: int
    vertical_mm: int
    text: str
    state: FormationState
    why: str
    waits_for: tuple[str, ...]
    since_us: int | None
    ended: tuple[EndSaid, ...]

    @property
    def line(self) -> str:
        """It in one line."""
        flights = "; ".join(f"{party} {', '.join(names)}" for party, names in self.flights.items())
        window = f"{format_second(self.from_us)} to {format_second(self.to_us)}"
        why = f" ({self.why})" if self.why else ""
        said = "".join(f"; {e.party}: {e.reason}" for e in self.ended if e.reason)
        return f"{self.formation}: {self.state.upper()}{why}: {flights}; {window}{said}"


class FormationsView(msgspec.Struct, frozen=True, kw_only=True):
    """The formations of every agreement, those that may count first, then the newest.

    `left_out`: how many more were declared than are listed.
    """

    formations: tuple[FormationShown, ...]
    left_out: int


def formations_view(state: State, now_us: int) -> FormationsView:
    """Return the formations under every agreement, at most `FORMATIONS_SHOWN_MAX` of them."""
    found = [
        (scope, view)
        for _, scope in sorted(state.scopes.items())
        if scope.warnings.formations
        for view in formations_of(state, scope, now_us)
    ]
    first = heapq.nsmallest(FORMATIONS_SHOWN_MAX, found, key=lambda each: _order(each[1]))
    return FormationsView(
        formations=tuple(_shown(scope, view) for scope, view in first),
        left_out=len(found) - len(first),
    )


def formations_shown(state: State, now_us: int) -> tuple[FormationShown, ...]:
    """Return those that are listed."""
    return formations_view(state, now_us).formations


def _order(view: Formation) -> tuple[int, int, Key]:
    place = _FIRST.index(view.state) if view.state in _FIRST else len(_FIRST)
    return (place, -view.body.from_us, view.key)


def _shown(scope: Scope, view: Formation) -> FormationShown:
    ended = scope.warnings.ended.get(view.key, {}).values()
    ends = heapq.nsmallest(ENDS_SHOWN_MAX, ended, key=rank_of)
    return FormationShown(
        key=view.key,
        agreement=scope.agreement_id,
        formation=view.body.formation,
        declared_by=view.party,
        flights=view.body.flights,
        from_us=view.body.from_us,
        to_us=view.body.to_us,
        radius_mm=view.body.radius_mm,
        vertical_mm=view.body.vertical_mm,
        text=view.body.text,
        state=view.state,
        why=view.why,
        waits_for=view.waits_for,
        since_us=view.since_us or None,
        ended=tuple(
            EndSaid(party=each.log.party, at_us=written_us(each), reason=each.body.reason)
            for each in ends
            if isinstance(each.body, FormationEnded)
        ),
    )
