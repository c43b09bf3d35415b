"""Notices that stand: places kept, told in steps of precision, confirmed again, stale, expired.

What does not live here: the register (`places`), telling and the ledger (`disclosure`), how a
notice stands (`notice_standing`).
"""

from __future__ import annotations

from parley.node.agreement_bodies import NoticeConfirmed
from parley.node.agreement_inputs import ConfirmNotice, DisclosePlace, KeepPlaces
from parley.node.entries import Draft
from parley.node.rules import disclosure, places
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.rules.notice_standing import standing_of, standing_types
from parley.node.rules.threads import find_thread
from parley.node.state import Scope, State, Thread
from parley.world.faults import InputFault
from parley.world.time import format_instant, format_second


def act(
    state: State, event: KeepPlaces | DisclosePlace | ConfirmNotice, now_us: int
) -> tuple[Draft, ...]:
    """Return the entries of an act about places and standing notices.

    Raises:
        InputFault: it cannot be done, saying why; nothing has changed.
    """
    if isinstance(event, KeepPlaces):
        return places.keep(state, event)
    if isinstance(event, DisclosePlace):
        return disclosure.tell(state, event, now_us)
    return (_confirm(state, event, now_us),)


def due(state: State, now_us: int) -> list[Draft]:
    """Return what time, or what was just written, makes due."""
    return list(disclosure.due(state, now_us))


def _confirm(state: State, event: ConfirmNotice, now_us: int) -> Draft:
    """Return the entry by which a standing notice holds on.

    Raises:
        InputFault: somebody else's notice, one that does not stand, a time that has passed or lies
            beyond the end of the notice, or a place that was taken out of the register.
    """
    scope, thread = find_thread(state, event.ref)
    said = thread.said
    assert said is not None
    agreement = adopted_agreement(state, scope.agreement_id)
    check_own_post(agreement, state.party, event.post)
    what = f"notice {event.ref[0]} {event.ref[1]}"
    if said.log.party != state.party:
        raise InputFault(what, value=f"of {said.log.party}", wanted="a notice of our own")
    if thread.body.message_type not in standing_types(scope, agreement):
        wanted = "a notice that stands"
        raise InputFault(what, value=thread.body.message_type, wanted=wanted)
    seen = standing_of(state, scope, agreement, thread, now_us)
    if seen.word not in ("fresh", "stale"):
        raise InputFault(
            what,
            value=f"{seen.word} since {format_second(seen.since_us)}",
            wanted="one that stands",
            repair="tell it again: parley place tell",
        )
    _check_until(what, event.until_us, said.valid_until_us, now_us)
    _check_kept(state, scope, thread, what)
    return Draft(
        agreement=scope.agreement_id,
        by=event.post,
        to=said.to,
        ref=(state.reference(event.ref),),
        status=said.status,
        audience=said.audience,
        body=NoticeConfirmed(post=event.post, until_us=event.until_us),
    )


def _check_until(what: str, until_us: int, valid_us: int | None, now_us: int) -> None:
    if until_us <= now_us:
        wanted = "a time to come"
        raise InputFault(f"{what} confirmed until", value=format_instant(until_us), wanted=wanted)
    if valid_us is not None and until_us > valid_us:
        raise InputFault(
            f"{what} confirmed until",
            value=format_instant(until_us),
            wanted=f"no later than its own end, {format_instant(valid_us)}",
            repair="to hold longer it is told again: parley place tell --valid",
        )


def _check_kept(state: State, scope: Scope, thread: Thread, what: str) -> None:
    """Check that a place that is confirmed was not taken out of the register meanwhile."""
    name = thread.body.fields.get(disclosure.PLACE, "")
    known = places.kept_entry(state, scope, name)
    if known is not None and known[1].removed:
        raise InputFault(
            what,
            value=f"of {name}, which was taken out of the register",
            wanted="a place that is kept",
            repair="withdraw the notice: parley place withdraw",
        )
