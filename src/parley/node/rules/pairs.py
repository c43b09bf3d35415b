"""What holds for a pair of parties: minima, the clause they come from, and whether it binds.

Rules: the agreements that bind both parties; where several apply, each is watched. A pair with
somebody who belongs to no agreement of ours is judged by our own minima, as an advisory.
"""

from __future__ import annotations

from dataclasses import dataclass

from parley.node.rules.agreements import binding_agreements
from parley.node.state import State
from parley.world.agreement import Agreement
from parley.world.clauses import Separation


@dataclass(frozen=True, slots=True)
class PairRule:
    """What holds for a pair of parties: minima, where they come from, and whether it binds."""

    horizontal_m: float
    vertical_m: float
    clause: str
    agreement: str
    binding: bool


def own_party(state: State, party: str | None) -> bool:
    """Whether a party is this one, or bound through it under some agreement."""
    if party == state.party:
        return True
    return any(
        p.id == party and p.bound_through == state.party
        for agreement in state.agreements.values()
        for p in agreement.parties
    )


def separations(agreement: Agreement) -> list[Separation]:
    """Return the separation clauses of an agreement."""
    return [c for c in agreement.clauses if isinstance(c, Separation)]


def pair_rules(
    state: State, first: str | None, second: str | None, now_us: int
) -> tuple[PairRule, ...]:
    """Return the minima that hold for a pair of parties, the larger first; none where no rule does.

    Where two apply both hold: a rule goes only where another asks for no less both ways. A
    non-party is judged by all our own minima, not binding.
    """
    if first is not None and second is not None and first == second:
        return ()
    found: list[PairRule] = []
    if first is not None and second is not None:
        found = [
            PairRule(c.horizontal_m, c.vertical_m, c.id, agreement.id, binding=True)
            for agreement in binding_agreements(state, first, second)
            if agreement.in_force(now_us)
            for c in separations(agreement)
        ]
    if not found:
        found = [
            PairRule(c.horizontal_m, c.vertical_m, c.id, agreement.id, binding=False)
            for _, agreement in sorted(state.agreements.items())
            if agreement.in_force(now_us)
            for c in separations(agreement)
        ]
    found.sort(key=lambda r: (r.horizontal_m, r.vertical_m, r.clause), reverse=True)
    return tuple(
        rule
        for place, rule in enumerate(found)
        if not any(before.vertical_m >= rule.vertical_m for before in found[:place])
    )


def pair_rule(state: State, first: str | None, second: str | None, now_us: int) -> PairRule | None:
    """Return the widest minima of a pair of parties; None where no rule of ours speaks of them."""
    return next(iter(pair_rules(state, first, second, now_us)), None)
