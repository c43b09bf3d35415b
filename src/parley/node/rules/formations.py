"""Formations: flights of several parties that fly as one object, agreed by all whose they are."""

from __future__ import annotations

from parley.node.entries import Draft
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.state import State
from parley.node.warning_bodies import FormationConfirmed, FormationDeclared, FormationEnded
from parley.node.warning_inputs import ConfirmFormation, DeclareFormation, EndFormation
from parley.world.faults import InputFault


def act(
    state: State, event: DeclareFormation | ConfirmFormation | EndFormation, now_us: int
) -> Draft:
    """Return the entry of an act about a formation."""
    del now_us
    if isinstance(event, DeclareFormation):
        agreement = adopted_agreement(state, event.agreement)
        check_own_post(agreement, state.party, event.post)
        body = FormationDeclared(
            formation=event.formation, flights=event.flights, from_us=event.from_us,
            to_us=event.to_us, radius_mm=round(event.radius_m * 1000),
            vertical_mm=round(event.vertical_m * 1000), post=event.post, text=event.text,
        )  # fmt: skip
        return Draft(agreement=agreement.id, by=event.post, body=body)
    held = [s for s in state.scopes.values() if event.ref in s.warnings.formations]
    if not held:
        raise InputFault("formation", value=event.ref, wanted="one that is held here")
    agreement = adopted_agreement(state, held[0].agreement_id)
    check_own_post(agreement, state.party, event.post)
    said: FormationConfirmed | FormationEnded = FormationConfirmed(post=event.post)
    if isinstance(event, EndFormation):
        said = FormationEnded(post=event.post, reason=event.reason)
    return Draft(
        agreement=agreement.id, by=event.post, ref=(state.reference(event.ref),), body=said
    )
