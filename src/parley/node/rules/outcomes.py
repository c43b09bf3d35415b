"""What became of a message with each addressee, and its ladder: from the logs, in one word.

Rules:
- Refused, unanswered and technical failure are three different things and never merged: somebody
  said no and why; it got there and nobody answered in time; it, or the call about it, failed.
- Only `message.answered` answers. A call that was refused refuses, where whom it was placed to says
  so; one that was talked does not answer.
- Nobody refuses for another, nor excuses its own silence: a call failed where the sender says so.
  What one end says alone is shown as that.
- Whoever is called is a post of the addressed party; an answer by any post of it counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

import msgspec

from parley.node.call_matching import CallEnd, ends_of
from parley.node.entries import Entry, MessageAnswered, MessageEscalated
from parley.node.rules.agreement_status import agreement_at
from parley.node.rules.deadlines import calls_for, overdue_of
from parley.node.rules.delivery import duties, failed, held_message
from parley.node.rules.replying import REFUSING, closing_answer, standby
from parley.node.rules.threads import LINE_RULES, ending_of, expired
from parley.node.state import Key, Scope, State, Thread, key_of, order_of, written_us
from parley.world.faults import OurFault
from parley.world.limits import PEER_ENTRIES_AHEAD_S
from parley.world.time import format_second

OutcomeWord = Literal[
    "answered", "refused", "unanswered", "technical failure", "waiting", "over", "no duty"
]
RungResult = Literal[
    "answered", "refused", "no answer", "technical failure", "waiting", "not called"
]

_FELL_THROUGH = ("refused", "technical failure")
_APART_US = PEER_ENTRIES_AHEAD_S * 1_000_000


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message with one addressee: exactly one word, with its evidence.

    `word`: "no duty" where no answer is owed. `detail`: the answer's word, the reason, by what it
    is over. `by`: the entry that says so, where one does.
    """

    party: str
    word: OutcomeWord
    detail: str = ""
    at_us: int | None = None
    post: str = ""
    by: Key | None = None

    @property
    def text(self) -> str:
        """It as one line: the word first."""
        return f"{self.word} {self.detail}".strip() if self.detail else self.word


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One post of the ladder: when it was to be called, when it was, and what came of it.

    `step` is -1 for the post that the message itself went to.
    """

    step: int
    post: str
    due_us: int
    called_us: int | None
    result: RungResult
    detail: str = ""


class LadderSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Who was tried, when, with what result (S9), from the log.

    `voice_at_once`: a DISTRESS message is called by voice as it is sent, whatever the ladder.
    `held_until_us`: a STANDBY holds the ladder so long.
    """

    party: str
    voice_at_once: bool
    held_until_us: int | None
    rungs: tuple[Rung, ...]


def calls_about(scope: Scope, thread: Thread) -> list[CallEnd]:
    """Return each end's newest word about the telephone calls that name a message, looked up once.

    What an end has corrected since does not count any more (`call_matching`).
    """
    known = scope.index.views.get("call ends about")
    if known is None or known[0] != len(scope.line.calls):
        table: dict[Key, list[CallEnd]] = {}
        for end in ends_of(scope.line.calls, _leaf(scope)):
            for ref in end.about:
                table.setdefault(ref.key, []).append(end)
        known = (len(scope.line.calls), table)
        scope.index.views["call ends about"] = known
    found = cast("dict[Key, list[CallEnd]]", known[1]).get(thread.key, [])
    leaf = thread.leaf
    return [end for end in found if any(ref.leaf == leaf for ref in end.about)]


def _leaf(scope: Scope) -> Callable[[Key], str | None]:
    def find(key: Key) -> str | None:
        log = scope.logs.get(key[0])
        held = log is not None and 0 <= key[1] < log.tree.size
        return log.tree.leaf(key[1]).hex() if log is not None and held else None

    return find


def _called(scope: Scope, thread: Thread, party: str, now_us: int) -> list[CallEnd]:
    """Return the calls about a message between its sender and an addressee, as either logged."""
    assert thread.said is not None
    both = {thread.said.log.party, party}
    found = [
        end
        for end in calls_about(scope, thread)
        if {end.party, end.body.party} == both and _in_its_life(thread, end, now_us)
    ]
    return sorted(found, key=lambda end: (end.body.began_us, order_of(end.entry)))


def _in_its_life(thread: Thread, end: CallEnd, now_us: int) -> bool:
    """Whether a call can have been about a message: not before it, not to come, not too late.

    By no more than two clocks may differ: people write the times of calls by their own.
    """
    assert thread.said is not None
    began_us, entered_us, until_us = (
        end.body.began_us, written_us(end.entry), thread.said.valid_until_us
    )  # fmt: skip
    since_us = written_us(thread.said) - _APART_US
    latest_us = min(entered_us, now_us) + _APART_US
    valid = until_us is None or began_us <= until_us
    return since_us <= began_us <= latest_us and entered_us <= now_us + _APART_US and valid


def outcome_of(state: State, scope: Scope, thread: Thread, party: str, now_us: int) -> Outcome:
    """Return what became of a message with an addressee, by what is held here.

    Args:
        state: the mind.
        scope: of the message.
        thread: the message, with its words.
        party: the addressee.
        now_us: deadlines are held against it.

    Raises:
        OurFault: the message was not said to that party, or its words are not held.
    """
    said = thread.said
    if said is None or party not in said.to:
        raise OurFault("outcome", value=party, wanted="an addressee of a message held here")
    closed = closing_answer(thread, party)
    given = _given(party, closed)
    ending = ending_of(scope, thread, party)
    if ending is not None:
        before = f" (was {given.text})" if given is not None else ""
        return Outcome(
            party=party, word="over", detail=f"{ending.text}{before}", at_us=ending.at_us,
            by=ending.by,
        )  # fmt: skip
    if given is not None:
        return given
    calls = _called(scope, thread, party, now_us)
    called = _by_call(thread, party, calls)
    if called is not None:
        return called
    silent = _silent(state, scope, thread, party, now_us)
    alone = _alone(calls[-1]) if calls else ""
    detail = "; ".join(text for text in (silent.detail, alone) if text)
    return msgspec.structs.replace(silent, detail=detail)


def _given(party: str, closed: Entry | None) -> Outcome | None:
    if closed is None or not isinstance(closed.body, MessageAnswered):
        return None
    body = closed.body
    refused = body.answer in REFUSING
    why = body.text or body.fields.get("reason", "") or body.fields.get("reason_code", "")
    detail = f"{body.answer}: {why or 'no reason given'}" if refused else body.answer
    return Outcome(
        party=party,
        word="refused" if refused else "answered",
        detail=detail,
        at_us=written_us(closed),
        post=body.post,
        by=key_of(closed),
    )


def decisive(calls: list[CallEnd], party: str) -> CallEnd | None:
    """Return the entry of a call that says what became of a message with an addressee, if any.

    Args:
        calls: about the message, between its sender and the addressee, in order of beginning.
        party: the addressee: a call that was placed to it was refused where its own newest entry
            says so; that one failed, only where the newest entry of the other end does.
    """
    theirs = [end for end in calls if end.party == party]
    others = [end for end in calls if end.party != party]
    if theirs and theirs[-1].body.outcome == "refused" and theirs[-1].caller != party:
        return theirs[-1]
    if others and others[-1].body.outcome == "technical failure":
        return others[-1]
    return None


def _by_call(thread: Thread, party: str, calls: list[CallEnd]) -> Outcome | None:
    """Return what the calls about a message say of it: refused, or none could be made."""
    end = decisive(calls, party)
    if end is None:
        return None
    call = end.body
    if call.outcome == "technical failure" and party in thread.displayed:
        # It was read; that the telephone is broken does not excuse the silence.
        return None
    return Outcome(
        party=party,
        word="refused" if call.outcome == "refused" else "technical failure",
        detail=f"call: {call.reason or 'no reason given'}",
        at_us=call.began_us,
        post=call.spoke_with if end.party != party else "",
        by=end.key,
    )


def _alone(end: CallEnd) -> str:
    """Return what one end says alone of a call that fell through; nothing follows from it."""
    call = end.body
    if call.outcome not in _FELL_THROUGH:
        return ""
    why = f": {call.reason}" if call.reason else ""
    return f"call: {call.outcome}, says {end.party} alone{why}"


def _silent(state: State, scope: Scope, thread: Thread, party: str, now_us: int) -> Outcome:
    """Return what stands where nobody answered: not there, unanswered, expired, waiting."""
    said, body = thread.said, thread.body
    assert said is not None
    undelivered = failed(scope, thread, party, "stored")
    due = dict(duties(state, scope, thread))
    held = held_message(state, scope, thread, party)
    late = "stored" in due and now_us > due["stored"] and held == "no"
    if (undelivered is not None and held != "yes") or late:
        link = getattr(undelivered.body, "link", "unknown") if undelivered is not None else ""
        return Outcome(
            party=party,
            word="technical failure",
            detail="not stored there" + (f", link {link}" if link else ""),
            at_us=written_us(undelivered) if undelivered is not None else due.get("stored"),
            by=key_of(undelivered) if undelivered is not None else None,
        )
    if not body.answers or body.answer_due_us is None:
        return Outcome(party=party, word="no duty", detail="no answer is owed")
    overdue = overdue_of(thread, party, "answer")
    if overdue is not None or now_us > body.answer_due_us:
        until_us = said.valid_until_us
        if until_us is None or until_us >= body.answer_due_us:
            since = format_second(body.answer_due_us)
            return Outcome(
                party=party, word="unanswered", detail=f"since {since}",
                at_us=body.answer_due_us, by=key_of(overdue) if overdue is not None else None,
            )  # fmt: skip
    if expired(thread, now_us):
        until = format_second(said.valid_until_us or 0)
        return Outcome(
            party=party, word="over", detail=f"expired at {until}", at_us=said.valid_until_us
        )
    wait = standby(thread, party)
    if wait is not None and isinstance(wait.body, MessageAnswered) and wait.body.promised_us:
        detail = f"standby until {format_second(wait.body.promised_us)}"
        return Outcome(
            party=party, word="waiting", detail=detail, at_us=written_us(wait),
            post=wait.body.post, by=key_of(wait),
        )  # fmt: skip
    return Outcome(party=party, word="waiting", at_us=body.answer_due_us)


# ---- the ladder ---------------------------------------------------------------------------------


def ladder_of_thread(
    state: State, scope: Scope, thread: Thread, party: str, now_us: int
) -> LadderSeen:
    """Return who of an addressee was tried for a message, when, and with what result.

    Raises:
        OurFault: the message was not said to that party, or its words are not held.
    """
    said = thread.said
    outcome = outcome_of(state, scope, thread, party, now_us)
    assert said is not None
    agreement = agreement_at(state, scope.agreement_id, said.issued_us)
    calls = calls_for(agreement, scope, thread, party)
    if not thread.body.answers:
        calls = []
    # The post that it went to, then whoever was or is to be called.
    tried: list[tuple[int, str, int, int | None]] = [
        (-1, _desk(state, scope, thread, party), said.issued_us, said.issued_us)
    ]
    for place, (at_us, step) in enumerate(calls):
        entry = thread.escalated.get((party, place))
        called = entry.body if entry is not None else None
        post = called.post if isinstance(called, MessageEscalated) else step.post
        tried.append((place, post, at_us, entry.issued_us if entry is not None else None))
    wait = standby(thread, party)
    held_us = wait.body.promised_us if wait and isinstance(wait.body, MessageAnswered) else None
    return LadderSeen(
        party=party,
        voice_at_once=thread.body.message_class == "DISTRESS",
        held_until_us=held_us if scope.rules.version >= LINE_RULES else None,
        rungs=tuple(_rungs(_called(scope, thread, party, now_us), tried, outcome)),
    )


def _desk(state: State, scope: Scope, thread: Thread, party: str) -> str:
    """Return the post at the end of the line: whom the message itself reaches."""
    agreement = state.agreement(scope.agreement_id)
    for line in agreement.lines if agreement is not None else ():
        for end in line.ends if line.id == thread.body.line else ():
            if end.party == party:
                return end.post
    return "any attendant"


def _rungs(
    calls: list[CallEnd],
    tried: list[tuple[int, str, int, int | None]],
    outcome: Outcome,
) -> list[Rung]:
    found = []
    for place, (step, post, due_us, called_us) in enumerate(tried):
        if called_us is None:
            found.append(
                Rung(step=step, post=post, due_us=due_us, called_us=None, result="not called")
            )
            continue
        later = (each[3] for each in tried[place + 1 :] if each[3] is not None)
        until_us = next(later, None)
        result, detail = rung_result(outcome, calls, called_us, until_us)
        rung = Rung(step=step, post=post, due_us=due_us, called_us=called_us, result=result)
        found.append(msgspec.structs.replace(rung, detail=detail))
    return found


def rung_result(
    outcome: Outcome,
    calls: list[CallEnd],
    from_us: int,
    until_us: int | None,
) -> tuple[RungResult, str]:
    """Return what came of one rung between its call and the next one."""

    def within(at_us: int | None) -> bool:
        return at_us is not None and from_us <= at_us and (until_us is None or at_us < until_us)

    word: RungResult
    if outcome.word in ("answered", "refused") and within(outcome.at_us):
        word = "answered" if outcome.word == "answered" else "refused"
        post = f" by {outcome.post}" if outcome.post else ""
        return word, f"{outcome.detail}{post}"
    spoken = [end for end in calls if within(end.body.began_us)]
    by = decisive(spoken, outcome.party)
    if by is not None:
        word = "refused" if by.body.outcome == "refused" else "technical failure"
        return word, f"call: {by.body.reason or by.body.outcome}"
    if spoken:
        last = spoken[-1].body
        who = f" with {last.spoke_with}" if last.spoke_with else ""
        return "no answer", _alone(spoken[-1]) or f"call: {last.outcome}{who}"
    if outcome.word == "technical failure" and until_us is None:
        return "technical failure", outcome.detail
    passed = outcome.word == "unanswered" or until_us is not None
    if outcome.word == "waiting" and not passed:
        return "waiting", ""
    return "no answer", ""
