"""What messages raise at our posts: ours to answer, and ours that were not taken as they should.

Rules:
- A message for us calls its first post, then one post more at each rung of its ladder. The clock
  runs here; what the sender's node wrote of its own clock is evidence, and may come first.
- That a page displayed it is not that a person took it: DISTRESS and URGENT call all the same.
- A STANDBY of ours holds back what comes until the time that it promises, and nothing after.
- What is answered, cancelled, corrected or expired calls nobody.
"""

from __future__ import annotations

from typing import NamedTuple

from parley.node.entries import Entry, MessageAnswered, ReadBackChecked
from parley.node.line_bodies import MessageUndelivered, NoticeDiffers
from parley.node.rules.agreement_status import agreement_at
from parley.node.rules.alarm_raised import Raised, line_posts, place_name, seconds_words, shown
from parley.node.rules.deadlines import calls_for
from parley.node.rules.delivery import held_message
from parley.node.rules.replying import REFUSING, closing_answer, standby
from parley.node.rules.tested import is_machine_test
from parley.node.rules.threads import ending_of, expired
from parley.node.state import Scope, State, Thread, key_of, rank_of, written_us
from parley.world.agreement import Agreement
from parley.world.limits import PEER_ENTRIES_AHEAD_S
from parley.world.norms import class_norms

_LOUD = ("DISTRESS", "URGENT")
_EXPIRY_LOOKED_US = 1_000_000
"""An expired message is looked at for so long yet: a clock may go back a little."""


class Look(NamedTuple):
    """What a message raises now, and from when on it must be looked at again."""

    raised: tuple[Raised, ...] = ()
    next_us: int | None = None


def look_at(state: State, scope: Scope, agreement: Agreement, thread: Thread, now_us: int) -> Look:
    """Return what a message raises at our posts."""
    said = thread.said
    if said is None:
        return Look()
    until_us = said.valid_until_us
    if until_us is not None and expired(thread, now_us):
        looked_us = until_us + _EXPIRY_LOOKED_US
        return Look((), looked_us if now_us < looked_us else None)
    if said.log.party == state.party:
        found = _of_ours(state, scope, agreement, thread)
    elif state.party in said.to and not machine(thread):
        over = ending_of(scope, thread, state.party) is not None
        found = [] if over else _for_us(state, scope, agreement, thread, now_us)
    else:
        found = []
    found += _differs(state, scope, agreement, thread)
    later = [each.since_us for each in found if each.since_us > now_us]
    if until_us is not None and found:
        later.append(until_us + 1)
    kept = tuple(each for each in found if each.since_us <= now_us)
    lasting = any(each.kind == "undelivered" for each in kept)
    # Receipts touch no thread: what waits for one is looked at each time.
    return Look(kept, now_us if lasting else min(later, default=None))


def machine(thread: Thread) -> bool:
    """Whether a message is a machine's test: the node answers it, and nobody is called."""
    return thread.said is not None and is_machine_test(thread.body, thread.said.by)


def _what(thread: Thread) -> str:
    assert thread.said is not None
    drill = "" if thread.said.status == "actual" else f"{thread.said.status.upper()} "
    return f"{drill}{shown(thread.body.message_type)}"


def _always(thread: Thread) -> bool:
    return thread.body.life_safety or thread.body.message_class == "DISTRESS"


# ---- messages for us ----------------------------------------------------------------------------


def _for_us(
    state: State, scope: Scope, agreement: Agreement, thread: Thread, now_us: int
) -> list[Raised]:
    """Return the rungs of a message that we owe something, those to come with their instants."""
    if not thread.body.answers:
        # A page that displayed it is no person: somebody must have taken a loud one.
        over = state.party in thread.displayed and thread.body.message_class not in _LOUD
    else:
        over = closing_answer(thread, state.party) is not None
    if over:
        return []
    given = standby(thread, state.party) if thread.body.answers else None
    found = []
    for rung in _rungs(state, scope, agreement, thread, now_us):
        # Who promised an answer has seen what called until then; what comes after calls anew.
        held_back = given is not None and rung.at_us < written_us(given)
        found.append(_raised(thread, rung, silent=held_back))
    return found


class _Rung(NamedTuple):
    place: int
    at_us: int
    post: str
    why: str


def _rungs(
    state: State, scope: Scope, agreement: Agreement, thread: Thread, now_us: int
) -> list[_Rung]:
    """Return each call of a message for us, in the order of its ladder."""
    body = thread.body
    assert thread.said is not None
    posts = line_posts(agreement, body.line, state.party)
    desk = posts[0] if posts else "duty-officer"
    first_us = _first_us(state, thread, written_us(thread.said), now_us)
    why = "waits for us" if body.answers else "to be read, no answer is asked for"
    rungs = [_Rung(0, first_us, desk, why)] if first_us is not None else []
    if not body.answers:
        return rungs
    # Whoever asks goes by the text of the message's time; so must who is asked.
    then = agreement_at(state, scope.agreement_id, thread.said.issued_us)
    calls = calls_for(then, scope, thread, state.party)
    for place, (at_us, step) in enumerate(calls):
        if (state.party, place) in thread.escalated:
            # Their clock may be ahead of ours: it has come to this rung already. By no more than
            # two clocks may differ: else whoever asks could wake everybody at once.
            at_us = min(at_us, max(now_us, at_us - PEER_ENTRIES_AHEAD_S * 1_000_000))
        why = f"no answer after {seconds_words(step.after_s)}"
        rungs.append(_Rung(place + 1, at_us, step.post, why))
    if not calls and body.answer_due_us is not None:
        due_us = _promised_us(thread, state.party, body.answer_due_us)
        rungs.append(_Rung(1, due_us + 1, desk, "our answer is overdue"))
    return rungs


def _promised_us(thread: Thread, party: str, due_us: int) -> int:
    """Return when an answer is due: as promised, never later than it was asked for."""
    given = standby(thread, party)
    body = given.body if given is not None else None
    if not isinstance(body, MessageAnswered) or body.promised_us is None:
        return due_us
    return min(body.promised_us, due_us)


def _first_us(state: State, thread: Thread, sent_us: int, now_us: int) -> int | None:
    """Return when the first post is called: at once, or when it should have seen the message.

    One that claims a time ahead of our clock calls at once: nobody knows when that will be.
    """
    if thread.body.message_class in _LOUD:
        return min(sent_us, now_us)
    if state.party in thread.displayed:
        return None
    if sent_us > now_us + PEER_ENTRIES_AHEAD_S * 1_000_000:
        return now_us
    displayed_s = class_norms(thread.body.message_class).displayed_s
    return sent_us + displayed_s * 1_000_000 if displayed_s is not None else None


def _raised(thread: Thread, rung: _Rung, *, silent: bool) -> Raised:
    assert thread.said is not None
    party = thread.said.log.party
    where = f"from {party} on {shown(thread.body.line)}"
    return Raised(
        name=f"message:{place_name(thread.key)}:{rung.place}",
        kind="unanswered",
        alarm_class=thread.body.message_class,
        line=thread.body.line,
        party=party,
        text=f"{_what(thread)} {where}: {rung.why}",
        post=rung.post,
        since_us=rung.at_us,
        cause=thread.key,
        rung=rung.place,
        # What asks for no answer ends when somebody takes it: nothing else could end it.
        once=not thread.body.answers,
        always=_always(thread),
        silent=silent,
    )


# ---- messages of ours ---------------------------------------------------------------------------


def _of_ours(state: State, scope: Scope, agreement: Agreement, thread: Thread) -> list[Raised]:
    assert thread.said is not None
    found: list[Raised] = []
    for party in thread.said.to:
        if ending_of(scope, thread, party) is not None:
            continue
        closed = closing_answer(thread, party) if thread.body.answers else None
        found += _undelivered(state, scope, agreement, thread, party, closed)
        if machine(thread):
            # What a machine did not answer is a missed or failed test, and told as one.
            continue
        if closed is not None:
            found += _taken_badly(state, agreement, thread, party, closed)
        elif thread.body.answer_due_us is not None and thread.body.answers:
            at_us = thread.body.answer_due_us + 1
            why = f"not answered by {party} in time"
            found.append(_about_ours(state, agreement, thread, party, "overdue", why, at_us))
    return found


def _about_ours(
    state: State,
    agreement: Agreement,
    thread: Thread,
    party: str,
    kind: str,
    why: str,
    at_us: int,
    *,
    more: str = "",
    once: bool = False,
) -> Raised:
    said = thread.said
    assert said is not None
    posts = line_posts(agreement, thread.body.line, state.party)
    own = said.by if said.by in posts or not posts else posts[0]
    return Raised(
        name=f"{kind}:{place_name(thread.key)}:{party}{more}",
        kind=kind,
        alarm_class=thread.body.message_class,
        line=thread.body.line,
        party=party,
        text=f"our {_what(thread)} on {shown(thread.body.line)}: {why}",
        post=own,
        since_us=at_us,
        cause=thread.key,
        once=once,
        always=_always(thread),
    )


def _taken_badly(
    state: State, agreement: Agreement, thread: Thread, party: str, closed: Entry
) -> list[Raised]:
    """Return that an urgent message was refused, or one was read back otherwise than said."""
    assert isinstance(closed.body, MessageAnswered)
    at_us = written_us(closed)
    loud = thread.body.message_class in _LOUD and closed.body.answer == "UNABLE"
    if loud or (thread.body.message_type == "objection" and closed.body.answer in REFUSING):
        why = f"REFUSED by {party} ({closed.body.answer})"
        found = _about_ours(state, agreement, thread, party, "refused", why, at_us, once=True)
        return [found]
    check = thread.checks.get(key_of(closed))
    if check is None or not isinstance(check.body, ReadBackChecked) or not check.body.differences:
        return []
    why = f"READ BACK WRONG by {party}: say it again"
    found = _about_ours(
        state, agreement, thread, party, "misread", why, written_us(check), once=True
    )
    return [found]


def _undelivered(
    state: State,
    scope: Scope,
    agreement: Agreement,
    thread: Thread,
    party: str,
    closed: Entry | None,
) -> list[Raised]:
    if closed is not None or party in thread.displayed:
        return []
    found = []
    for (who, duty), entry in scope.line.undelivered.get(thread.key, {}).items():
        if who != party or not isinstance(entry.body, MessageUndelivered):
            continue
        if duty == "stored" and held_message(state, scope, thread, party) == "yes":
            continue
        why = f"not {duty} at {party} in time, link {entry.body.link}"
        found.append(
            _about_ours(
                state, agreement, thread, party, "undelivered", why, entry.issued_us,
                more=f":{duty}",
            )
        )  # fmt: skip
    return found


# ---- what was seen otherwise than a notice said -------------------------------------------------


def _differs(state: State, scope: Scope, agreement: Agreement, thread: Thread) -> list[Raised]:
    """Return that an aircraft was not where a notice said, once for each party that saw it so."""
    said = thread.said
    assert said is not None
    ours = state.party in (said.log.party, *said.to)
    first: dict[str, Entry] = {}
    for entry in scope.line.differs.get(thread.key, {}).values() if ours else ():
        known = first.get(entry.log.party)
        if known is None or rank_of(entry) < rank_of(known):
            first[entry.log.party] = entry
    posts = line_posts(agreement, thread.body.line, state.party)
    found = []
    for party, entry in sorted(first.items()):
        body = entry.body
        assert isinstance(body, NoticeDiffers)
        apart = f"{body.distance_mm / 1_000_000:.1f} km"
        what = f"{_what(thread)} of {said.log.party}"
        found.append(
            Raised(
                name=f"differs:{place_name(thread.key)}:{party}",
                kind="differs",
                alarm_class="URGENT",
                line=thread.body.line,
                party=party,
                text=f"{what}: an aircraft was seen {apart} from it, says {party}",
                post=posts[0] if posts else "duty-officer",
                since_us=written_us(entry),
                cause=thread.key,
                once=True,
            )
        )
    return found
