"""The life of an alert: new, seen, called, resolved, for each party by its own people's acts alone.

Rules:
- Seen is what a person of the party did: marked it, or took its alarm. A page that showed it is no
  person.
- Called is a mark, a message or a telephone call of the party that names the alert; who called has
  seen.
- A step that was made after the end, or entered late, counts and says so.
- Only the party that raised an alert resolves it. A mark changes nothing of the alert.

What does not live here: what counts as a step (`alert_steps`), alarms (`alarm_conflicts`), how long
the steps took (`chain_times`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from parley.node.entries import Alert, Draft, Entry, Reference
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.rules.alert_steps import Step, marks_of, resolution_of, steps_of, together
from parley.node.rules.chain_times import own_chain_s
from parley.node.rules.conflict_rungs import entries_of, reached
from parley.node.state import Key, Scope, State, key_of, rank_of, written_us
from parley.node.warning_bodies import AlertMarked
from parley.node.warning_inputs import MarkAlert
from parley.world.faults import InputFault
from parley.world.time import Interval

LIFE_RULES = 5
"""The rules version from which alerts are marked."""
LifeWord = Literal["new", "seen", "called", "resolved"]


class PartyLife(msgspec.Struct, frozen=True, kw_only=True):
    """How far one party has come with an alert; instants as written, `..._said_us` as it says.

    `seen_late`, `called_late`: entered afterwards. `seen_after`, `called_after`: when it was over.
    """

    party: str
    word: Literal["not seen", "seen", "called"]
    seen_us: int | None = None
    seen_said_us: int | None = None
    seen_post: str = ""
    seen_late: bool = False
    seen_after: bool = False
    called_us: int | None = None
    called_said_us: int | None = None
    called_post: str = ""
    called_how: str = ""
    called_late: bool = False
    called_after: bool = False
    about: Key | None = None


class AlertLife(msgspec.Struct, frozen=True, kw_only=True):
    """How far each party has come with an alert; `word` is that of our own party.

    `resolved_us`: when the last of its alerts ended; `why` in the words of whoever ended it.
    `remarks`: marks and renewals that do not count, with the reason.
    """

    word: LifeWord
    parties: tuple[PartyLife, ...]
    resolved_us: int | None = None
    why: str = ""
    remarks: tuple[str, ...] = ()


# ---- its life -----------------------------------------------------------------------------------


def life_of(state: State, scope: Scope, alert: Entry) -> AlertLife:
    """Return how far each party has come with an alert, by what stands in the logs held here."""
    group = together(scope, alert)
    steps, remarks = steps_of(state, scope, group)
    remarks = remarks + [why for each in group for why in _strange(scope, each)]
    ends = [resolution_of(scope, key_of(each)) for each in group]
    over = max((e for e in ends if e is not None), key=written_us, default=None)
    ended = over if None not in ends else None
    ended_us = written_us(ended) if ended is not None else None
    parties = tuple(
        _party_life(party, [step for step in steps if step.party == party], ended_us)
        for party in concerned(state, scope, group)
    )
    own = next((each.word for each in parties if each.party == state.party), "not seen")
    words: dict[str, LifeWord] = {"not seen": "new", "seen": "seen", "called": "called"}
    return AlertLife(
        word="resolved" if ended is not None else words[own],
        parties=parties,
        resolved_us=ended_us,
        why=getattr(ended.body, "why", "") if ended is not None else "",
        remarks=tuple(remarks),
    )


def _strange(scope: Scope, alert: Entry) -> list[str]:
    """Return that an alert was renewed as another pair: such a renewal counts for nothing."""
    written = len(scope.warnings.renewed.get(key_of(alert), ()))
    count = written - (len(entries_of(scope, alert)) - 1)
    of = f"{count} renewals of {alert.log.party}"
    return [f"{of} name another key or other aircraft than it raised"] if count else []


def concerned(state: State, scope: Scope, alerts: Iterable[Entry]) -> tuple[str, ...]:
    """Return the parties with a node that alerts are about, or who raised them; by name."""
    agreement = state.agreement(scope.agreement_id)
    known = {each.id: each for each in agreement.parties} if agreement is not None else {}
    found = set()
    for alert in alerts:
        assert isinstance(alert.body, Alert)
        for party in (alert.log.party, *alert.body.parties):
            if party in known:
                found.add(known[party].bound_through or party)
    return tuple(sorted(found))


def _party_life(party: str, steps: list[Step], ended_us: int | None) -> PartyLife:
    seen = next(iter(steps), None)
    called = next((step for step in steps if step.stage == "called"), None)
    if seen is None:
        return PartyLife(party=party, word="not seen")

    def after(step: Step) -> bool:
        return ended_us is not None and step.at_us > ended_us

    if called is None:
        return PartyLife(
            party=party, word="seen", seen_us=seen.at_us, seen_said_us=seen.said_us,
            seen_post=seen.post, seen_late=seen.late, seen_after=after(seen),
        )  # fmt: skip
    return PartyLife(
        party=party, word="called", seen_us=seen.at_us, seen_said_us=seen.said_us,
        seen_post=seen.post, seen_late=seen.late, seen_after=after(seen),
        called_us=called.at_us, called_said_us=called.said_us, called_post=called.post,
        called_how=called.how, called_late=called.late, called_after=after(called),
        about=called.about,
    )  # fmt: skip


# ---- acts ---------------------------------------------------------------------------------------


def mark(state: State, act: MarkAlert, now_us: int) -> Draft | None:
    """Return the entry that a post has seen an alert, or has called about it; None: it stands so.

    Marking again is an entry only if the alert became more urgent since, or a call names another
    message. `act.renewal` is the newest form that the post had before it: what came after that was
    not seen.

    Raises:
        InputFault: no such alert, not our post, a time to come, or what is not held here.
    """
    scope, alert = _held(state, act.ref)
    agreement = adopted_agreement(state, scope.agreement_id)
    check_own_post(agreement, state.party, act.post)
    if scope.rules.version < LIFE_RULES:
        wanted = f"an agreement of rules version {LIFE_RULES} or later"
        raise InputFault("mark of an alert", value=scope.rules.version, wanted=wanted)
    renewals = entries_of(scope, alert)[1:]
    seen = _renewal(act, renewals)
    if _stands(state, scope, alert, act, seen, now_us):
        return None
    refs = [state.reference(act.ref)]
    if act.about is not None:
        refs.append(_about(state, scope, act))
    if seen is not None:
        refs.append(state.reference(key_of(seen)))
    return Draft(
        agreement=agreement.id,
        by=act.post,
        ref=tuple(refs),
        happened=_happened(act, alert, now_us),
        status=alert.status,
        body=AlertMarked(stage=act.stage, post=act.post, text=act.text),
    )


def _held(state: State, ref: Key) -> tuple[Scope, Entry]:
    for scope in state.scopes.values():
        if ref in scope.alerts:
            return scope, scope.alerts[ref]
        renewed = next((k for k, table in scope.warnings.renewed.items() if ref in table), None)
        if renewed in scope.alerts:
            raise InputFault(
                "alert", value=f"{ref[0]} {ref[1]}", wanted="the entry that raised it",
                repair=f"that one renews {renewed[0]} {renewed[1]}",
            )  # fmt: skip
    wanted = "an alert that is held here"
    raise InputFault("alert", value=f"{ref[0]} {ref[1]}", wanted=wanted, repair="parley alerts")


def _renewal(act: MarkAlert, renewals: list[Entry]) -> Entry | None:
    """Return the newest form of an alert that the post had before it; None: as it was raised."""
    if act.renewal is None:
        return renewals[-1] if renewals else None
    if act.renewal == act.ref:
        return None
    found = next((each for each in renewals if key_of(each) == act.renewal), None)
    if found is None:
        value = f"{act.renewal[0]} {act.renewal[1]}"
        raise InputFault("alert renewal", value=value, wanted="a renewal of that alert")
    return found


def _stands(
    state: State, scope: Scope, alert: Entry, act: MarkAlert, seen: Entry | None, now_us: int
) -> bool:
    """Whether the same mark stands already, of the alert as it is now."""
    marks, _ = marks_of(state, scope, alert)
    bodies = [
        each
        for each in marks
        if each.log.party == state.party
        and isinstance(each.body, AlertMarked)
        and each.body.stage == act.stage
    ]
    if not bodies:
        return False
    newest = max(bodies, key=rank_of)
    if act.about is not None and act.about.key not in {ref.key for ref in newest.ref}:
        return False
    upto = key_of(seen) if seen is not None else key_of(alert)
    chain_s = own_chain_s(state, scope, now_us)
    now = reached(scope, alert, now_us, upto=upto, chain_s=chain_s)
    return seen_rung(scope, alert, newest, chain_s) >= now


def seen_rung(scope: Scope, alert: Entry, mark: Entry, chain_s: int) -> int:
    """Return how urgent an alert had become in what a mark of it saw."""
    renewals = {key_of(each) for each in entries_of(scope, alert)[1:]}
    named = [ref.key for ref in mark.ref if ref.key in renewals]
    upto = named[-1] if named else key_of(alert)
    return reached(scope, alert, written_us(mark), upto=upto, chain_s=chain_s)


def _about(state: State, scope: Scope, act: MarkAlert) -> Reference:
    """Return the message or call in which it was told, as held here."""
    about = act.about
    assert about is not None
    thread = scope.threads.get(about.key)
    known = about.key in scope.line.calls or (thread is not None and thread.said is not None)
    if not known or state.reference(about.key) != about:
        wanted = "a message or a telephone call under the same agreement, by its bytes"
        raise InputFault("alert about", value=f"{about.log} {about.index}", wanted=wanted)
    if act.stage != "called":
        raise InputFault("alert about", value=act.stage, wanted="a call: stage called")
    return about


def _happened(act: MarkAlert, alert: Entry, now_us: int) -> Interval | None:
    if act.at_us is None:
        return None
    if not written_us(alert) <= act.at_us <= now_us:
        wanted = "an instant between the alert and now"
        raise InputFault("mark at_us", value=act.at_us, wanted=wanted)
    return Interval(from_us=act.at_us, to_us=act.at_us)
