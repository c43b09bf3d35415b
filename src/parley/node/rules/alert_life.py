"""The life of an alert: new, seen, called, resolved; and whether the other parties have it."""

from __future__ import annotations

from parley.node.entries import Draft
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.state import State
from parley.node.warning_bodies import AlertMarked
from parley.node.warning_inputs import MarkAlert
from parley.world.faults import InputFault


def mark(state: State, act: MarkAlert, now_us: int) -> Draft:
    """Return the entry that a post has seen an alert, or has called about it."""
    del now_us
    found = [s for s in state.scopes.values() if act.ref in s.alerts]
    if not found:
        raise InputFault("alert", value=act.ref, wanted="an alert that is held here")
    agreement = adopted_agreement(state, found[0].agreement_id)
    check_own_post(agreement, state.party, act.post)
    refs = (state.reference(act.ref), *((act.about,) if act.about is not None else ()))
    body = AlertMarked(stage=act.stage, post=act.post, text=act.text)
    return Draft(agreement=agreement.id, by=act.post, ref=refs, body=body)
