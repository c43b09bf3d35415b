"""What holds for a pair of aircraft: minima, the clause they come from, and whether it binds.

Rules:
- The agreements that bind both parties; where several apply, each is watched. A pair with somebody
  who belongs to no agreement of ours is judged by our own minima, as an advisory.
- From rules version 4 on a clause is about the parties, times and classes that it names, and binds
  while the agreement puts duties on us: what is suspended, left or over is still watched, and does
  not bind. Nor does a clause for classes where a class is not known, or is another: it gives way
  to one that binds.
- From rules version 5 on minima joined by "and" are kept only by both distances, and the step in
  which levels are reported is taken off the vertical one for warnings.

What does not live here: which class a flight is of (`flight_classes`), who stands by an agreement
(`agreement_status`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from parley.node.rules.agreement_status import duty_stands
from parley.node.rules.agreements import APPLIES_SINCE, binding_agreements, clauses_for
from parley.node.rules.flight_classes import flight_classes
from parley.node.state import State
from parley.world.agreement import Agreement
from parley.world.clauses import Separation
from parley.world.norms import norms
from parley.world.units import metres_from_feet

WARNED_BY_CONFLICTS = 5
"""The rules version from which pairs are warned of by `conflicts`, before by `separation`."""
QUANTISATION_SHARE = 0.2
"""Of the vertical minimum at most, where the clause names no quantisation: 100 ft of 500 ft. Drones
15 m apart do not report in steps of 100 ft, and nothing would be left of their minimum."""
NAMED_QUANTISATION_SHARE = 0.5
"""Of the vertical minimum at most, whatever the clause names: a step as large as the minimum would
mean that nobody is ever warned."""


@dataclass(frozen=True, slots=True)
class PairRule:
    """What holds for a pair of parties: minima, where they come from, and whether it binds.

    `both_needed`: apart is only who keeps both distances. `quantisation_m`: taken off the vertical
    minimum for warnings. `dwell_s`: inside for so long is no breach of the clause; a warning never
    waits for it. All three are those of rules version 5, and say nothing before it.
    """

    horizontal_m: float
    vertical_m: float
    clause: str
    agreement: str
    binding: bool
    both_needed: bool = False
    quantisation_m: float = 0.0
    dwell_s: float | None = None

    @property
    def warned_m(self) -> float:
        """The vertical minimum by which it is warned."""
        return self.vertical_m - self.quantisation_m


class Flight(NamedTuple):
    """An aircraft: whose it is, and its name, "" where only its party is asked about."""

    party: str | None
    name: str = ""


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


def warned_by_conflicts(state: State, agreement_id: str) -> bool:
    """Whether pairs are warned of by `conflicts` under an agreement: by the rules of its logs."""
    return state.scope(agreement_id).rules.version >= WARNED_BY_CONFLICTS


class _Candidate(NamedTuple):
    """A clause that may hold for a pair of parties, and whether its agreement binds them now.

    `new`: whether its logs are read by rules version 5 or later.
    """

    clause: Separation
    agreement: Agreement
    binding: bool
    new: bool = False

    @property
    def by_class(self) -> bool:
        """Whether it depends on the classes of the two aircraft."""
        new = self.agreement.rules_version >= APPLIES_SINCE
        return new and bool(self.clause.class_pairs or self.clause.applies_to.classes)


@dataclass(slots=True)
class PairRules:
    """The rules of all pairs at one instant; what holds for two parties is looked up once.

    Attributes:
        state: the record.
        now_us: the instant.
    """

    state: State
    now_us: int
    _candidates: dict[tuple[str | None, str | None], list[_Candidate]] = field(default_factory=dict)
    _found: dict[tuple[object, ...], tuple[PairRule, ...]] = field(default_factory=dict)

    def of(self, first: Flight, second: Flight) -> tuple[PairRule, ...]:
        """Return the minima that hold for two aircraft, the larger first; none where none does.

        Where two apply both hold: a rule goes only where another asks for no less both ways. A
        non-party is judged by all our own minima, not binding.
        """
        parties = (first.party, second.party)
        if first.party is not None and first.party == second.party:
            return ()
        if parties not in self._candidates:
            self._candidates[parties] = _candidates(self.state, *parties, self.now_us)
        candidates = self._candidates[parties]
        classes = tuple(self._classes(each, first, second) for each in candidates if each.by_class)
        key = (*parties, classes)
        if key not in self._found:
            self._found[key] = _widest_first(_applied(candidates, classes))
        return self._found[key]

    def _classes(
        self, each: _Candidate, first: Flight, second: Flight
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Return the classes of both that the agreement of a clause names; empty: not known."""
        scope = self.state.scope(each.agreement.id)
        named = {one.id for one in each.agreement.aircraft_classes}
        one, two = (
            flight_classes(self.state, scope, flight.party, flight.name) & named
            for flight in (first, second)
        )
        return one, two


def _candidates(
    state: State, first: str | None, second: str | None, now_us: int
) -> list[_Candidate]:
    found: list[_Candidate] = []
    if first is not None and second is not None:
        for agreement in binding_agreements(state, first, second):
            binding = _binds(state, agreement, (first, second), now_us)
            if binding or agreement.rules_version >= APPLIES_SINCE:
                found += [
                    _Candidate(clause, agreement, binding, warned_by_conflicts(state, agreement.id))
                    for clause in clauses_for(agreement, Separation, (first, second), now_us)
                ]
    if not any(each.binding for each in found):
        known = {each.agreement.id for each in found}
        found += [
            _Candidate(
                clause, agreement, binding=False, new=warned_by_conflicts(state, agreement.id)
            )
            for _, agreement in sorted(state.agreements.items())
            if agreement.id not in known
            and (agreement.in_force(now_us) or agreement.rules_version >= APPLIES_SINCE)
            for clause in separations(agreement)
        ]
    return found


def _binds(state: State, agreement: Agreement, parties: tuple[str, str], now_us: int) -> bool:
    """Whether an agreement that both have adopted binds the pair now.

    From rules version 4 on: whether it puts a duty on those of them for whom this node speaks.
    """
    if agreement.rules_version < APPLIES_SINCE:
        return agreement.in_force(now_us)
    ours = [party for party in parties if own_party(state, party)] or list(parties)
    return all(duty_stands(state, agreement.id, one, now_us, parties)[0] for one in ours)


def _applied(
    candidates: list[_Candidate], classes: tuple[tuple[frozenset[str], frozenset[str]], ...]
) -> list[PairRule]:
    """Return the rules of the clauses that are about two aircraft: those that bind, else all.

    Where no clause is about them all are watched as an advisory, as with one that is no party:
    whoever names a class of its own choice is not out of sight by that.
    """
    found: list[PairRule] = []
    of = iter(classes)
    for each in candidates:
        meant = _meant(each.clause, *next(of)) if each.by_class else True
        if meant is not False:
            found.append(_rule(each, binding=each.binding and meant is True))
    # A wider one that does not bind would stand in front of one that does: of a pair one is told.
    return (
        [rule for rule in found if rule.binding]
        or found
        or [_rule(each, binding=False) for each in candidates]
    )


def _rule(each: _Candidate, *, binding: bool) -> PairRule:
    clause, new = each.clause, each.new
    return PairRule(
        clause.horizontal_m,
        clause.vertical_m,
        clause.id,
        each.agreement.id,
        binding=binding,
        both_needed=new and clause.joined == "and",
        quantisation_m=quantisation_m(clause) if new else 0.0,
        dwell_s=clause.dwell_s if new else None,
    )


def quantisation_m(clause: Separation) -> float:
    """Return what is taken off the vertical minimum of a clause for warnings, never for detection.

    >>> clause = Separation(id="C", horizontal_m=9260.0, vertical_m=304.8)
    >>> round(quantisation_m(clause), 2)
    30.48
    >>> round(quantisation_m(Separation(id="D", horizontal_m=50.0, vertical_m=15.0)), 2)
    3.0
    """
    named_m = clause.vertical_quantisation_m
    if named_m is not None:
        return min(named_m, NAMED_QUANTISATION_SHARE * clause.vertical_m)
    default_m = metres_from_feet(norms().alert.vertical_quantisation_ft)
    return min(default_m, QUANTISATION_SHARE * clause.vertical_m)


def _meant(clause: Separation, one: frozenset[str], two: frozenset[str]) -> bool | None:
    """Return whether a clause is about two aircraft of these classes; None: it is not known."""
    wanted = set(clause.applies_to.classes)
    if wanted and one and two and not (one | two) & wanted:
        return False
    known = not wanted or bool((one | two) & wanted)
    if clause.class_pairs:
        pairs = {frozenset(pair) for pair in clause.class_pairs}
        if one and two:
            if not any(frozenset((x, y)) in pairs for x in one for y in two):
                return False
        else:
            sides = {name for pair in pairs for name in pair}
            # One whose class no pair names is of none of them, whatever the other is.
            if any(each and not each & sides for each in (one, two)):
                return False
            known = False
    return True if known else None


def _widest_first(found: list[PairRule]) -> tuple[PairRule, ...]:
    ordered = sorted(found, key=lambda r: (r.horizontal_m, r.vertical_m, r.clause), reverse=True)
    return tuple(
        rule
        for place, rule in enumerate(ordered)
        if not any(_asks_for(before, rule) for before in ordered[:place])
    )


def _asks_for(wider: PairRule, rule: PairRule) -> bool:
    """Whether a rule, no narrower over the ground, asks for all that another asks for."""
    both = wider.both_needed or not rule.both_needed
    return both and wider.vertical_m >= rule.vertical_m and wider.warned_m >= rule.warned_m


def pair_rules(
    state: State, first: str | None, second: str | None, now_us: int
) -> tuple[PairRule, ...]:
    """Return the minima that hold for a pair of parties, of whatever classes their aircraft are."""
    return PairRules(state, now_us).of(Flight(first), Flight(second))


def pair_rule(state: State, first: str | None, second: str | None, now_us: int) -> PairRule | None:
    """Return the widest minima of a pair of parties; None where no rule of ours speaks of them."""
    return next(iter(pair_rules(state, first, second, now_us)), None)
