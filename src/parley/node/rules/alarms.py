"""Alarms: what somebody at a post of ours must see now, and who has taken it.

Rules:
- Computed from the record and the links each time; nothing is kept that a restart would lose.
- An alarm falls silent when the log says that somebody of this party took it, or, for a message,
  that its answer was promised. The next rung has another name, and sounds again.
- An alarm never exists for a thing that is over.
- What it costs grows with what is open, never with what was ever said.
- Above ten new alarms of a post in ten minutes the others are to be told as one; none is lost.

What does not live here: what raises an alarm (`alarm_messages`, `alarm_causes`, `alarm_conflicts`),
who is called by which channel (`app.outbound`).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from parley.node.entries import Draft, Entry
from parley.node.inputs import AcknowledgeAlarm, NoteAlarmSent
from parley.node.line_bodies import AlarmAcknowledged, AlarmSent
from parley.node.rules import alarm_conformance, alarm_reposition, zone_duties
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.rules.alarm_agreements import agreement_raised
from parley.node.rules.alarm_causes import forget_promises, own_lines, raised_under, withdrawn
from parley.node.rules.alarm_conflicts import KIND, KIND_GROUP, began_us, conflict_alarms
from parley.node.rules.alarm_messages import Look, look_at
from parley.node.rules.alarm_raised import Raised, urgency_of
from parley.node.rules.alert_steps import first_taken
from parley.node.rules.assessments import expired
from parley.node.rules.chain_times import nearest_rank
from parley.node.rules.conflict_rungs import SHORT_TERM
from parley.node.state import Key, Scope, State, rank_of, written_us
from parley.world.agreement import Agreement
from parley.world.faults import InputFault, nearest
from parley.world.norms import MessageClass, norms
from parley.world.time import format_second

LINE_RULES = 3
"""The rules version from which an alarm can be taken in the log; older agreements raise none."""
FLOOD_US = 600 * 1_000_000
FLOOD_COUNT = 10
LISTED_MAX = 1_000
"""Alarms that one party raises and that are listed one by one, the most urgent first; conflicts
that our own node predicts are counted apart, so that nothing that a party says hides one."""
_LOOKED = "alarms looked"
_BACK_US = 1_000_000
_NAMES_COMPARED = 200
_DETAIL_CHARACTERS = 400
_NAME_CHARACTERS = 400


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody at a post of ours must see, as it stands now.

    What is over is no alarm: it is not in the list. `silent`: somebody took it, or a promised
    answer holds it back; it still stands. `name` says cause and rung; `cause` is the entry behind.
    """

    name: str
    kind: str
    alarm_class: MessageClass
    agreement: str
    line: str
    party: str
    text: str
    post: str
    rung: int
    since_us: int
    cause: Key | None = None
    acknowledged_by: str | None = None
    acknowledged_us: int | None = None
    silent: bool = False


def alarms(state: State, now_us: int) -> tuple[Alarm, ...]:
    """Return what stands now at our posts, the most urgent first, then the oldest."""
    found: list[Alarm] = []
    for name, agreement in sorted(state.agreements.items()):
        scope = state.scope(name)
        if scope.rules.version >= LINE_RULES:
            found += _under(state, scope, agreement, now_us)
    return tuple(sorted(_once_each(found), key=order_of))


def _once_each(found: list[Alarm]) -> Iterator[Alarm]:
    """Yield the alarms; what is about a peer's machine is told under one agreement alone."""
    told: set[tuple[str, str]] = set()
    for alarm in found:
        about = (alarm.kind, alarm.party)
        if alarm.kind in ("link", "clock"):
            if about in told:
                continue
            told.add(about)
        yield alarm


def order_of(alarm: Alarm) -> tuple[int, bool, int, str, str]:
    """Return the order in which alarms are listed and sent; short-term conflicts first of a class.

    Those that our own node predicts: what a peer alone says, without end, hides none of them.
    """
    first = alarm.kind == KIND and alarm.rung == SHORT_TERM
    return (
        urgency_of(alarm.alarm_class), not first, alarm.since_us, alarm.agreement, alarm.name,
    )  # fmt: skip


def sounding(standing: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """Return the alarms that nobody has taken."""
    return tuple(alarm for alarm in standing if not alarm.silent)


def load(standing: Iterable[Alarm], now_us: int) -> dict[str, int]:
    """Return how many alarms each post got in the last ten minutes, of those that stand."""
    since_us = now_us - FLOOD_US
    return dict(Counter(alarm.post for alarm in standing if alarm.since_us > since_us))


class PostLoad(msgspec.Struct, frozen=True, kw_only=True):
    """How many new alarms one post got: now, and over the day, in windows of ten minutes.

    Of conflicts all that began, whatever became of them; of the others those that still stand.
    `p95_in_10_min`: of the windows of the last 24 h, by nearest rank; `steady`: it is at most one.
    """

    post: str
    in_10_min: int
    in_day: int
    p95_in_10_min: int
    most_in_10_min: int
    steady: bool


def load_over_day(state: State, standing: Iterable[Alarm], now_us: int) -> tuple[PostLoad, ...]:
    """Return how many new alarms each post got in the last day (NORMS 6), by name of the post."""
    window_us = norms().alert.steady_alarm_s * 1_000_000
    windows = 86_400 * 1_000_000 // window_us
    from_us = now_us - windows * window_us
    found: dict[str, list[int]] = {}
    for alarm in standing:
        if not alarm.kind.startswith(KIND) and alarm.since_us > from_us:
            found.setdefault(alarm.post, []).append(alarm.since_us)
    for name in sorted(state.scopes):
        for post, times in began_us(state, state.scopes[name], from_us, now_us).items():
            found.setdefault(post, []).extend(times)
    return tuple(
        _post_load(post, times, now_us, window_us, windows) for post, times in sorted(found.items())
    )


def _post_load(
    post: str, times_us: list[int], now_us: int, window_us: int, windows: int
) -> PostLoad:
    counts = Counter(min((now_us - at_us) // window_us, windows - 1) for at_us in times_us)
    each = sorted([*counts.values(), *([0] * (windows - len(counts)))])
    p95 = nearest_rank(each, 0.95)
    return PostLoad(
        post=post, in_10_min=counts[0], in_day=len(times_us), p95_in_10_min=p95,
        most_in_10_min=each[-1], steady=p95 <= 1,
    )  # fmt: skip


# ---- what stands under one agreement ------------------------------------------------------------


def _under(state: State, scope: Scope, agreement: Agreement, now_us: int) -> list[Alarm]:
    raised = list(_messages(state, scope, agreement, now_us))
    ours = own_lines(state, agreement) if agreement.in_force(now_us) else ()
    standing = [line for line in ours if not withdrawn(state, scope, line, now_us)]
    names = {line.id for line in standing}
    raised = [each for each in raised if each.always or each.line in names]
    if ours:
        raised += raised_under(state, scope, agreement, standing, raised, now_us)
    if agreement.in_force(now_us):
        raised += expired(state, scope, now_us)
        raised += zone_duties.raised(state, scope, agreement, now_us)
        raised += alarm_reposition.raised(state, scope, agreement, now_us)
        raised += alarm_conformance.raised(state, scope, agreement, now_us)
    raised += agreement_raised(state, scope, agreement, now_us)
    conflicts, seen = conflict_alarms(state, scope, agreement, now_us)
    raised += conflicts
    taken = seen | _taken_with(state, scope, raised)
    # What is over takes nobody's place in a list that is bounded.
    standing_now = [each for each in raised if not (each.once and each.name in taken)]
    return [_alarm(scope, each, taken.get(each.name)) for each in _bounded(standing_now)]


def _alarm(scope: Scope, each: Raised, taken: Entry | None) -> Alarm:
    return Alarm(
        name=each.name,
        kind=each.kind,
        alarm_class=each.alarm_class,
        agreement=scope.agreement_id,
        line=each.line,
        party=each.party,
        text=each.text,
        post=each.post,
        rung=each.rung,
        since_us=each.since_us,
        cause=each.cause,
        acknowledged_by=taken.by if taken is not None else None,
        acknowledged_us=written_us(taken) if taken is not None else None,
        silent=each.silent or taken is not None,
    )


def _bounded(raised: list[Raised]) -> list[Raised]:
    """Return what is listed: of one party's, so many one by one and the rest as a number."""
    by_party: dict[tuple[str, bool], list[Raised]] = {}
    for each in raised:
        own = each.kind in (KIND, KIND_GROUP)
        by_party.setdefault((each.party, own), []).append(each)
    found = []
    for (_, own), theirs in sorted(by_party.items()):
        if len(theirs) > LISTED_MAX:
            theirs.sort(key=_order_of_raised)
            rest = theirs[LISTED_MAX:]
            text = f"{len(rest)} more alarms because of {rest[0].party}: see the messages"
            # Who took it saw so many, that day: twice as many, or another day's, sound again.
            newest_us = max(each.since_us for each in rest)
            seen = f"{format_second(newest_us)[:10]}:{len(rest).bit_length()}"
            what = "beyond:own" if own else "beyond"
            name = f"{what}:{rest[0].party}:{rest[0].alarm_class}:{seen}"
            theirs = [
                *theirs[:LISTED_MAX],
                rest[0]._replace(name=name, kind="beyond", text=text, cause=None, once=False),
            ]
        found += theirs
    return found


def _order_of_raised(each: Raised) -> tuple[int, bool, int, str]:
    first = each.kind == KIND and each.rung == SHORT_TERM
    return (urgency_of(each.alarm_class), not first, each.since_us, each.name)


def _taken_with(state: State, scope: Scope, raised: list[Raised]) -> dict[str, Entry]:
    """Return the acknowledgement that silences each alarm, by its name.

    Who takes a later rung of a message has taken the earlier ones with it.
    """
    found: dict[str, Entry] = {}
    later: dict[Key, Entry] = {}
    for each in sorted(raised, key=lambda each: (-each.since_us, -each.rung)):
        entry = first_taken(scope, state.party, each.name)
        if each.kind == "unanswered" and each.cause is not None:
            entry = entry or later.get(each.cause)
            if entry is not None:
                later[each.cause] = entry
        if entry is not None:
            found[each.name] = entry
    return found


# ---- messages, looked at when something changed or its instant has come --------------------------


def _messages(state: State, scope: Scope, agreement: Agreement, now_us: int) -> Iterator[Raised]:
    """Yield what messages raise; looked at are those that changed, and those whose time came."""
    index = scope.index
    known = index.views.get(_LOOKED)
    before_us = known[0] if known is not None and isinstance(known[0], int) else now_us
    if now_us < before_us:
        # A clock that went back makes what was over stand again.
        index.stirred |= set(scope.threads if before_us - now_us >= _BACK_US else index.standing)
    index.views[_LOOKED] = (now_us, None)
    stirred, index.stirred = index.stirred, set()
    forget_promises(scope, stirred)
    due = {key for key, look in index.standing.items() if _is_due(look, now_us)}
    for key in stirred | due:
        thread = scope.threads.get(key)
        look = look_at(state, scope, agreement, thread, now_us) if thread is not None else Look()
        if look.raised or look.next_us is not None:
            index.standing[key] = look
        else:
            index.standing.pop(key, None)
    for held in index.standing.values():
        assert isinstance(held, Look)
        yield from held.raised


def _is_due(look: object, now_us: int) -> bool:
    assert isinstance(look, Look)
    return look.next_us is not None and look.next_us <= now_us


# ---- acts ---------------------------------------------------------------------------------------


def acknowledge(state: State, act: AcknowledgeAlarm, now_us: int) -> Draft | None:
    """Return the entry that a person has taken an alarm; None if somebody did already.

    Raises:
        InputFault: a post that is not ours, or no alarm of that name stands.
    """
    agreement = adopted_agreement(state, act.agreement)
    check_own_post(agreement, state.party, act.post)
    standing = [a for a in alarms(state, now_us) if a.agreement == act.agreement]
    alarm = next((a for a in standing if a.name == act.alarm), None)
    if alarm is None:
        names = [a.name for a in standing[:_NAMES_COMPARED]]
        close = nearest(act.alarm, names)
        raise InputFault(
            f"alarm under {act.agreement}",
            value=act.alarm[:_NAME_CHARACTERS],
            wanted="one that stands",
            repair=f"did you mean {close!r}?" if close else "see parley alarm; it may be over",
        )
    if alarm.acknowledged_us is not None:
        return None
    scope = state.scope(act.agreement)
    thread = scope.threads.get(alarm.cause) if alarm.cause is not None else None
    said = thread.said if thread is not None else None
    return Draft(
        agreement=act.agreement,
        by=act.post,
        ref=(state.reference(alarm.cause),) if alarm.cause is not None else (),
        audience=said.audience if said is not None else None,
        body=AlarmAcknowledged(alarm=act.alarm, post=act.post, text=act.text),
    )


def note_sent(state: State, act: NoteAlarmSent) -> Draft:
    """Return the private entry of an alarm that went out, or could not.

    Raises:
        InputFault: a name or a detail that is too long, or an attempt before the first.
    """
    adopted_agreement(state, act.agreement)
    for what, text, most in (
        ("alarm", act.alarm, _NAME_CHARACTERS),
        ("detail", act.detail, _DETAIL_CHARACTERS),
    ):
        if len(text) > most:
            wanted = f"at most {most} characters"
            raise InputFault(f"alarm sent {what}", value=len(text), wanted=wanted)
    if act.attempt < 1:
        raise InputFault("alarm sent attempt", value=act.attempt, wanted="1 or more")
    return Draft(
        agreement=act.agreement,
        by="system",
        body=AlarmSent(
            alarm=act.alarm,
            post=act.post,
            channel=act.channel,
            attempt=act.attempt,
            delivered=act.delivered,
            detail=act.detail,
        ),
    )


def sent_by_name(scope: Scope) -> dict[str, list[Entry]]:
    """Return the calls that went out for each alarm, in the order in which they were written."""
    table = scope.line.alarms_sent
    held = scope.index.views.get("alarms sent")
    count, found = held if held is not None else (0, {})
    assert isinstance(count, int)
    assert isinstance(found, dict)
    if count > len(table):
        count, found = 0, {}
    fresh = itertools.islice(reversed(table.values()), len(table) - count)
    for entry in sorted(fresh, key=rank_of):
        if isinstance(entry.body, AlarmSent):
            found.setdefault(entry.body.alarm, []).append(entry)
    scope.index.views["alarms sent"] = (len(table), found)
    return found
