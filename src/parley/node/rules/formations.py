"""Acts about formations: flights of several parties that fly as one object, agreed by all of them.

Rules: a post declares for its party and names flights of others; that silences nothing until each
of those parties has confirmed from a post of its own. Any of them ends it for all, at any time.

What does not live here: what counts (`formation_record`), what follows for warnings (`conflicts`).
"""

from __future__ import annotations

from parley.node.entries import Draft
from parley.node.rules.agreement_status import answerable
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.rules.formation_record import FormationView, flaw_of, formation_at
from parley.node.state import Key, State
from parley.node.warning_bodies import FormationConfirmed, FormationDeclared, FormationEnded
from parley.node.warning_inputs import ConfirmFormation, DeclareFormation, EndFormation
from parley.world.agreement import Agreement
from parley.world.faults import InputFault


def act(
    state: State, event: DeclareFormation | ConfirmFormation | EndFormation, now_us: int
) -> Draft:
    """Return the entry of an act about a formation.

    Raises:
        InputFault: past a limit, not this party's to say, or of no use any more; says which.
    """
    match event:
        case DeclareFormation():
            return _declare(state, event, now_us)
        case ConfirmFormation():
            return _confirm(state, event, now_us)
        case EndFormation():
            return _end(state, event, now_us)


def _declare(state: State, event: DeclareFormation, now_us: int) -> Draft:
    agreement = adopted_agreement(state, event.agreement)
    check_own_post(agreement, state.party, event.post)
    for what, value_m in (("radius", event.radius_m), ("vertical extent", event.vertical_m)):
        # NaN and infinities have no millimetres.
        if not 0.0 < value_m < 1e6:
            raise InputFault(f"formation {what} in metres", value=value_m, wanted="above 0")
    body = FormationDeclared(
        formation=event.formation,
        flights={party: tuple(names) for party, names in sorted(event.flights.items())},
        from_us=event.from_us,
        to_us=event.to_us,
        radius_mm=round(event.radius_m * 1000),
        vertical_mm=round(event.vertical_m * 1000),
        post=event.post,
        text=event.text,
    )
    flaw = flaw_of(body, agreement)
    if flaw is not None:
        raise flaw
    if event.to_us <= now_us:
        raise InputFault("formation window", value=event.to_us, wanted="an end that is to come")
    return Draft(agreement=agreement.id, by=event.post, body=body)


def _confirm(state: State, event: ConfirmFormation, now_us: int) -> Draft:
    agreement, view = _held(state, event.ref, now_us)
    check_own_post(agreement, state.party, event.post)
    if view.party == state.party:
        raise InputFault("formation", value=view.body.formation, wanted="one of another party")
    if state.party not in view.waits_for:
        why = view.why or "nothing is waited for"
        named = state.party in _named(agreement, view)
        raise InputFault(
            f"confirmation of {view.body.formation}",
            value=f"{view.state}: {why}" if named else f"it names no flight of {state.party}",
            wanted="one that waits for this party",
        )
    body = FormationConfirmed(post=event.post)
    return Draft(
        agreement=agreement.id, by=event.post, ref=(state.reference(event.ref),), body=body
    )


def _end(state: State, event: EndFormation, now_us: int) -> Draft:
    agreement, view = _held(state, event.ref, now_us)
    check_own_post(agreement, state.party, event.post)
    if state.party != view.party and state.party not in _named(agreement, view):
        wanted = f"one that names a flight of {state.party}"
        raise InputFault("formation", value=view.body.formation, wanted=wanted)
    body = FormationEnded(post=event.post, reason=event.reason)
    return Draft(
        agreement=agreement.id, by=event.post, ref=(state.reference(event.ref),), body=body
    )


def _named(agreement: Agreement, view: FormationView) -> set[str]:
    return {answerable(agreement, party) for party in view.body.flights if _known(agreement, party)}


def _known(agreement: Agreement, party: str) -> bool:
    return any(each.id == party for each in agreement.parties)


def _held(state: State, ref: Key, now_us: int) -> tuple[Agreement, FormationView]:
    for name in sorted(state.scopes):
        if ref in state.scopes[name].warnings.formations:
            agreement = adopted_agreement(state, name)
            view = formation_at(state, state.scopes[name], ref, now_us)
            assert view is not None, "it stands in the table"
            return agreement, view
    raise InputFault("formation", value=ref, wanted="one that is held here")
