"""The entries about a conflict: raised, renewed, with all that it was found from.

What does not live here: when one is written (`conflicts`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec
import numpy as np

from parley.detect.alerting import ConflictClass, Look
from parley.detect.probability import Passing, loss_share
from parley.detect.states import States
from parley.detect.track_motion import Fix, plane_m
from parley.node.coasting import coasts_from_us, status
from parley.node.conflict_watch import ConflictWatch, Flying, Limit
from parley.node.entries import Draft
from parley.node.rules.pairs import PairRule
from parley.node.state import Key, State
from parley.node.warning_bodies import ConflictRaised, ConflictRenewed, ConflictState
from parley.world.norms import norms

EVALUATOR = "conflicts/1"


@dataclass(frozen=True, slots=True)
class Found:
    """A pair that loses its minima: who, by which rule, and the row of the prediction."""

    key: str
    flying: tuple[Flying, Flying]
    rule: PairRule
    limit: Limit
    row: np.void
    chain_s: dict[str, int]

    @property
    def loss_s(self) -> float:
        """Seconds from now until it is lost."""
        return float(self.row["loss_s"])


def conflict_draft(
    state: State,
    watch: ConflictWatch,
    found: Found,
    look: Look,
    alert_class: ConflictClass,
    renews: Key | None,
) -> Draft:
    """Return the entry of a conflict: raised, or where one stands already, what it is now."""
    body = _body(state, watch, found, look.now_us, alert_class)
    if renews is None:
        return Draft(agreement=found.rule.agreement, by="system", body=body)
    return Draft(
        agreement=found.rule.agreement,
        by="system",
        ref=(state.reference(renews),),
        body=ConflictRenewed(**msgspec.structs.asdict(body)),
    )


def _body(
    state: State, watch: ConflictWatch, found: Found, now_us: int, alert_class: ConflictClass
) -> ConflictRaised:
    row, rule, flying = found.row, found.rule, found.flying
    states = [watch.live.state_at(each.name, now_us) for each in flying]
    end_s = float(row["end_s"])
    chance = _loss_share(found, (states[0], states[1]), now_us)
    return ConflictRaised(
        key=found.key,
        alert_class=alert_class,
        aircraft=tuple(each.aircraft for each in flying),
        parties=tuple(each.party or "" for each in flying),
        clause=rule.clause,
        binding=rule.binding,
        horizontal_mm=round(rule.horizontal_m * 1000),
        vertical_mm=round(rule.vertical_m * 1000),
        quantisation_mm=round(rule.quantisation_m * 1000),
        both_needed=rule.both_needed,
        least_horizontal_mm=round(float(row["least_horizontal_m"]) * 1000),
        vertical_then_mm=round(float(row["vertical_then_m"]) * 1000),
        least_at_us=now_us + round(float(row["least_s"]) * 1e6),
        loss_at_us=now_us + round(found.loss_s * 1e6),
        chain_s=found.chain_s,
        states=tuple(
            _state(state, each, there, now_us) for each, there in zip(flying, states, strict=True)
        ),
        evaluator=EVALUATOR,
        end_us=now_us + round(end_s * 1e6) if end_s < norms().alert.lookahead_long_s else None,
        probability_ppm=None if chance is None else round(chance * 1e6),
        text=_text(state, found, end_s, now_us),
    )


def of_one_formation(one: Flying, two: Flying) -> bool:
    """Whether two belong to one formation in force, of which one at least is outside now."""
    first, second = one.formation or one.member_of, two.formation or two.member_of
    return first is not None and first == second


def _text(state: State, found: Found, end_s: float, now_us: int) -> str:
    """Return what a reader must know beside the numbers."""
    words = []
    one, two = found.flying
    words += [
        f"formation of {', '.join(each.members)} as one" for each in found.flying if each.members
    ]
    if of_one_formation(one, two):
        outside = [each.aircraft for each in found.flying if each.member_of is not None]
        words.append(f"formation broken: {', '.join(outside)} outside its extent")
    for flight in (name for each in found.flying for name in _flights(each)):
        if flight in state.picture.aircraft:
            known = status(state.picture, flight, now_us)
            if known.word == "flagged":
                words.append(f"{flight} is flagged: {known.why}")
            elif known.word == "watched" and known.why:
                words.append(f"{flight} {known.why}")
    dwell_s = found.rule.dwell_s
    if dwell_s is not None:
        words.append(f"inside for {end_s - found.loss_s:.0f} s, agreed at most {dwell_s:.0f} s")
    return "; ".join(words)


def _flights(flying: Flying) -> tuple[str, ...]:
    return flying.members or (flying.aircraft,)


def _coasts(state: State, flying: Flying, now_us: int) -> bool:
    """Whether a report is missing by the track's own interval: of a formation, of any in it.

    Flagged or not: who is predicted on while its reports are not believed is coasting as well.
    """
    heard = [state.picture.aircraft.get(flight) for flight in _flights(flying)]
    return any(track is None or now_us > coasts_from_us(track) for track in heard)


def _state(state: State, flying: Flying, there: States, now_us: int) -> ConflictState:
    """Return what was known of one of the two, brought forward to now."""
    known = state.picture.aircraft.get(flying.aircraft)
    motion = flying.motion
    age_us = now_us - flying.at_us
    return ConflictState(
        aircraft=flying.name if flying.members else flying.aircraft,
        party=flying.party,
        at_us=now_us,
        lat_e9=round(float(there.lat_deg[0]) * 1e9),
        lon_e9=round(float(there.lon_deg[0]) * 1e9),
        altitude_mm=round(float(there.alt_m[0]) * 1000),
        altitude_reference=flying.reference,
        east_mmps=round(float(there.east_mps[0]) * 1000),
        north_mmps=round(float(there.north_mps[0]) * 1000),
        up_mmps=round(float(there.up_mps[0]) * 1000),
        age_us=age_us,
        status="coasting" if _coasts(state, flying, now_us) else "reported",
        feed=(known.last.feed or "") if known is not None else "",
        horizontal_sigma_mm=_mm(motion.sigma_m),
        vertical_sigma_mm=_mm(motion.sigma_up_m),
        velocity_sigma_mmps=_mm(motion.sigma_mps),
        members=flying.members,
        radius_mm=round(flying.radius_m * 1000),
    )


def _mm(value: float | None) -> int | None:
    return None if value is None else round(value * 1000)


def _loss_share(found: Found, states: tuple[States, States], now_us: int) -> float | None:
    """Return how likely the loss is by the errors of both; None where one of them is not known."""
    one, two = (each.motion for each in found.flying)
    errors = (
        one.sigma_m,
        one.sigma_up_m,
        one.sigma_mps,
        two.sigma_m,
        two.sigma_up_m,
        two.sigma_mps,
    )
    if None in errors or found.rule.both_needed:
        return None
    passing = _passing(states, float(found.row["least_s"]))
    ages_s = [(now_us - each.at_us) / 1e6 for each in found.flying]
    variance_m2 = sum(
        (motion.sigma_m or 0.0) ** 2
        + ((age_s + max(passing.nearest_s, 0.0)) * (motion.sigma_mps or 0.0)) ** 2
        for motion, age_s in zip((one, two), ages_s, strict=True)
    )
    sigma_m = math.sqrt(variance_m2)
    return loss_share(
        passing,
        horizontal_m=found.limit.horizontal_m,
        vertical_m=found.limit.vertical_m,
        sigma_across_m=sigma_m,
        sigma_along_m=sigma_m,
        sigma_vertical_m=math.hypot(one.sigma_up_m or 0.0, two.sigma_up_m or 0.0),
        within_s=float(norms().alert.lookahead_long_s),
    )


def _passing(states: tuple[States, States], near_s: float) -> Passing:
    """Return how two pass each other, from their places at an instant when they are near."""
    one, two = (each.at(np.array([near_s])) for each in states)
    fixes = [
        Fix.of(0, float(each.lat_deg[0]), float(each.lon_deg[0]), float(each.alt_m[0]))
        for each in (one, two)
    ]
    east_m, north_m = plane_m(fixes[0], fixes[1])
    east_mps = float(two.east_mps[0] - one.east_mps[0])
    north_mps = float(two.north_mps[0] - one.north_mps[0])
    climb_mps = float(two.up_mps[0] - one.up_mps[0])
    closing_mps = math.hypot(east_mps, north_mps)
    still = closing_mps < 1e-6
    after_s = 0.0 if still else -(east_m * east_mps + north_m * north_mps) / closing_mps**2
    nearest_m = (
        math.hypot(east_m, north_m)
        if still
        else abs(east_m * north_mps - north_m * east_mps) / closing_mps
    )
    return Passing(
        nearest_m=nearest_m,
        nearest_s=near_s + after_s,
        closing_mps=closing_mps,
        vertical_m=fixes[1].alt_m - fixes[0].alt_m - climb_mps * near_s,
        climb_mps=climb_mps,
    )
