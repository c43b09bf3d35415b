"""What people did about an alert, as the logs have it: marks, alarms taken, messages, calls.

Rules:
- Each party's people speak for that party alone, at posts that it has, about these very bytes.
- The alerts of several parties under one key, of one time, are one conflict: who marks its own has
  marked it.
- An exercise is no step of what is actual, nor the other way.
- What one party writes without end is not looked through each time: of its marks the first and the
  newest of each stage count.

What does not live here: what follows from it (`alert_life`, `chain_times`, `alarm_conflicts`).
"""

from __future__ import annotations

import bisect
import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, cast

from parley.node.entries import Alert, Entry, Reference, Status
from parley.node.rules.agreement_status import agreement_at
from parley.node.rules.agreements import posts_of
from parley.node.rules.alarm_raised import place_name
from parley.node.rules.calls import calls_about
from parley.node.rules.conflict_rungs import CLASSES
from parley.node.rules.line_evidence import SYSTEM
from parley.node.rules.text_chain import chain_of
from parley.node.state import Key, Scope, State, key_of, rank_of, written_us
from parley.node.warning_bodies import AlertMarked, ConflictRaised, MarkStage
from parley.world.norms import norms
from parley.world.units import MICROSECONDS_PER_SECOND

NEAR_ALERTS = 16
"""Alerts under one key that are looked at, before and after one, for those of the same time."""
How = Literal["marked", "alarm taken", "message", "telephone"]
_TEXT = "number of the text"
_Marks = dict[tuple[str, str], tuple[Entry, Entry]]


class Step(NamedTuple):
    """One thing that a party did about an alert.

    Attributes:
        party: whose people.
        stage: what follows from it; whoever called has seen.
        at_us: when it was written.
        said_us: when it was, as its writer says; else when it was written.
        post: whose act, of that party.
        how: by what.
        entry: where it stands.
        alert: which alert it names.
        late: it was entered afterwards.
        about: the message or the call in which it was told.
    """

    party: str
    stage: MarkStage
    at_us: int
    said_us: int
    post: str
    how: How
    entry: Entry
    alert: Key
    late: bool = False
    about: Key | None = None


# ---- which alerts are one conflict --------------------------------------------------------------


def resolution_of(scope: Scope, key: Key) -> Entry | None:
    """Return the first entry by which whoever raised an alert resolved it; each is read once."""
    table = scope.resolved
    held = scope.index.views.get("alert resolutions")
    count, found = held if held is not None else (0, {})
    assert isinstance(count, int)
    assert isinstance(found, dict)
    if count > len(table):
        count, found = 0, {}
    for entry in itertools.islice(reversed(table.values()), len(table) - count):
        if not entry.ref:
            continue
        about = entry.ref[0].key
        by = found.setdefault(about, {})
        known = by.get(entry.log.party)
        if known is None or rank_of(entry) < rank_of(known):
            by[entry.log.party] = entry
    scope.index.views["alert resolutions"] = (len(table), found)
    alert = scope.alerts.get(key)
    resolved: Entry | None = found.get(key, {}).get(alert.log.party) if alert is not None else None
    return resolved


def _by_key(scope: Scope) -> dict[str, list[tuple[int, Key]]]:
    """Return the alerts under each key, by when they were written; each is read once."""
    table = scope.alerts
    held = scope.index.views.get("alerts by key")
    count, found = held if held is not None else (0, {})
    assert isinstance(count, int)
    assert isinstance(found, dict)
    if count > len(table):
        count, found = 0, {}
    for entry in itertools.islice(reversed(table.values()), len(table) - count):
        if isinstance(entry.body, Alert):
            bisect.insort(found.setdefault(entry.body.key, []), (written_us(entry), key_of(entry)))
    scope.index.views["alerts by key"] = (len(table), found)
    return found


def together(scope: Scope, alert: Entry) -> tuple[Entry, ...]:
    """Return an alert and those of other parties under its key that stood at the same time.

    By when they were written, the first first. Of one party the nearest in time counts.
    """
    assert isinstance(alert.body, Alert)
    rows = _by_key(scope).get(alert.body.key, [])
    place = bisect.bisect_left(rows, (written_us(alert), key_of(alert)))
    found = {alert.log.party: alert}
    near = rows[max(0, place - NEAR_ALERTS) : place + NEAR_ALERTS]
    for _, key in sorted(near, key=lambda row: (abs(row[0] - written_us(alert)), row)):
        other = scope.alerts[key]
        same = other.log.party not in found and other.status == alert.status
        if same and _overlap(scope, alert, other):
            found[other.log.party] = other
    return tuple(sorted(found.values(), key=lambda each: (written_us(each), key_of(each))))


def _overlap(scope: Scope, one: Entry, other: Entry) -> bool:
    ends = [resolution_of(scope, key_of(each)) for each in (one, other)]
    first_end_us = min((written_us(end) for end in ends if end is not None), default=None)
    begin_us = max(written_us(one), written_us(other))
    return first_end_us is None or begin_us <= first_end_us


def newest_ends(scope: Scope, count: int) -> list[tuple[Entry, Entry]]:
    """Return the newest conflicts that each party raised and ended itself, each with its end.

    So many of each party at most: no end about nothing, and none of another party, takes the place
    of one. Each end is read once.
    """
    table = scope.resolved
    name = f"newest ends {count}"
    held = scope.index.views.get(name)
    read, found = held if held is not None else (0, {})
    assert isinstance(read, int)
    assert isinstance(found, dict)
    if read > len(table):
        read, found = 0, {}
    news = list(itertools.islice(reversed(table.values()), len(table) - read))
    for end in reversed(news):
        alert = scope.alerts.get(end.ref[0].key) if end.ref else None
        if alert is None or alert.log.party != end.log.party:
            continue
        if isinstance(alert.body, ConflictRaised) and resolution_of(scope, key_of(alert)) is end:
            ends = found.setdefault(end.log.party, deque(maxlen=count))
            ends.append((alert, end))
    scope.index.views[name] = (len(table), found)
    return [each for _, ends in sorted(found.items()) for each in ends]


# ---- what people did ----------------------------------------------------------------------------


def steps_of(state: State, scope: Scope, alerts: Iterable[Entry]) -> tuple[list[Step], list[str]]:
    """Return what people did about alerts that are one, in order of writing, and what counts not.

    Of marks of one party the first and the newest of each stage.
    """
    steps: list[Step] = []
    remarks: list[str] = []
    for alert in alerts:
        key = key_of(alert)
        marks, wrong = marks_of(state, scope, alert)
        remarks += wrong
        steps += (_of_mark(mark, key) for mark in marks)
        steps += _taken(scope, alert)
        steps += _messages(state, scope, alert)
        steps += _calls(state, scope, alert)
    return sorted(steps, key=lambda step: (step.at_us, key_of(step.entry))), sorted(set(remarks))


def acts_count(state: State, scope: Scope, alert: Entry) -> tuple[object, ...]:
    """Return what changes whenever something is written that may be an act of our people about it.

    Or when it is renewed, or another text of the agreement holds, by which marks count.
    """
    key = key_of(alert)
    taken = scope.line.acknowledged
    names = (alarm_name(alert, rung) for rung in range(len(CLASSES)))
    return (
        key,
        len(scope.warnings.marked.get(key, ())),
        len(scope.warnings.renewed.get(key, ())),
        len(scope.index.about.get(key, ())),
        tuple(len(taken.get((state.party, name), ())) for name in names),
        calls_about(state, scope, key),
        _text_number(state, scope),
    )


def _text_number(state: State, scope: Scope) -> int:
    """Return another number whenever other texts hold than before."""
    chain = chain_of(scope) if scope.terms.proposed else None
    now = (state.agreement(scope.agreement_id), chain)
    held = scope.index.views.get(_TEXT)
    if held is None:
        held = (0, now)
    before = cast("tuple[object, object]", held[1])
    if any(one is not other for one, other in zip(before, now, strict=True)):
        held = (cast("int", held[0]) + 1, now)
    scope.index.views[_TEXT] = held
    return cast("int", held[0])


def marks_of(state: State, scope: Scope, alert: Entry) -> tuple[list[Entry], list[str]]:
    """Return the first and the newest mark of each party and stage, and why others count not.

    Each is read once under the texts that hold.
    """
    key, text = key_of(alert), _text_number(state, scope)
    table = scope.warnings.marked.get(key, {})
    name = f"marks {key[0]} {key[1]}"
    held = scope.index.views.get(name)
    found: _Marks = {}
    wrong: dict[str, Entry] = {}
    count = 0
    if held is not None and cast("tuple[int, int]", held[0])[0] == text:
        count = cast("tuple[int, int]", held[0])[1]
        found, wrong = cast("tuple[_Marks, dict[str, Entry]]", held[1])
    for entry in itertools.islice(reversed(table.values()), max(0, len(table) - count)):
        why = _wrong(state, scope, alert, entry)
        if why is not None:
            wrong[why] = entry
            continue
        assert isinstance(entry.body, AlertMarked)
        place = (entry.log.party, entry.body.stage)
        first, newest = found.get(place, (entry, entry))
        found[place] = (min(first, entry, key=rank_of), max(newest, entry, key=rank_of))
    if table:
        scope.index.views[name] = ((text, len(table)), (found, wrong))
    marks = {key_of(each): each for pair in found.values() for each in pair}
    return list(marks.values()), list(wrong)


def _wrong(state: State, scope: Scope, alert: Entry, mark: Entry) -> str | None:
    """Return why a mark does not count; None: it does."""
    body, party = mark.body, mark.log.party
    assert isinstance(body, AlertMarked)
    if mark.ref[0].leaf != _leaf(state, key_of(alert)):
        return f"a mark of {party} names other bytes than this alert"
    if mark.status != alert.status:
        return f"a mark of {party} was made as {mark.status}"
    agreement = agreement_at(state, scope.agreement_id, written_us(mark))
    if agreement is None or body.post not in posts_of(agreement, party):
        return f"a mark of {party} is at a post that it does not have"
    return None


def _leaf(state: State, key: Key) -> str:
    return state.log(key[0]).tree.leaf(key[1]).hex()


def _of_mark(mark: Entry, alert: Key) -> Step:
    body = mark.body
    assert isinstance(body, AlertMarked)
    at_us = written_us(mark)
    said_us = mark.happened.to_us if mark.happened is not None else at_us
    return Step(
        party=mark.log.party,
        stage=body.stage,
        at_us=at_us,
        said_us=min(said_us, at_us),
        post=body.post,
        how="marked",
        entry=mark,
        alert=alert,
        late=_late(said_us, at_us),
        about=mark.ref[1].key if body.stage == "called" and len(mark.ref) > 1 else None,
    )


def _late(said_us: int, at_us: int) -> bool:
    return at_us - said_us > norms().call.entered_at_once_s * MICROSECONDS_PER_SECOND


def alarm_name(alert: Entry, rung: int) -> str:
    """Return the name of the alarm about an alert that has become as urgent as a class."""
    return f"conflict:{place_name(key_of(alert))}:{CLASSES[rung].replace(' ', '-')}"


def first_taken(scope: Scope, party: str, name: str, status: Status = "actual") -> Entry | None:
    """Return the first act by which a party took an alarm; of an exercise none that is actual."""
    entries = scope.line.acknowledged.get((party, name), {}).values()
    return min((each for each in entries if each.status == status), key=rank_of, default=None)


def _taken(scope: Scope, alert: Entry) -> Iterator[Step]:
    """Yield that people of any party took an alarm about it."""
    agreement_parties = {origin.split("/")[2] for origin in scope.logs}
    names = [alarm_name(alert, rung) for rung in range(len(CLASSES))]
    for party, name in itertools.product(sorted(agreement_parties), names):
        entry = first_taken(scope, party, name, alert.status)
        if entry is not None:
            at_us = written_us(entry)
            yield Step(party, "seen", at_us, at_us, entry.by, "alarm taken", entry, key_of(alert))


def _messages(state: State, scope: Scope, alert: Entry) -> Iterator[Step]:
    """Yield the messages that name it; a copy for some parties only counts where it is held."""
    key = key_of(alert)
    for name in sorted(scope.index.about.get(key, ())):
        said = scope.threads[name].said if name in scope.threads else None
        if said is None or said.status != alert.status or not _names(state, said.ref, key):
            continue
        if said.by == SYSTEM:
            # A machine's word, which a machine may answer: no person was called.
            continue
        at_us = written_us(said)
        yield Step(
            said.log.party, "called", at_us, at_us, said.by, "message", said, key, about=name
        )


def _names(state: State, refs: Iterable[Reference], key: Key) -> bool:
    return any(ref.key == key and ref.leaf == _leaf(state, key) for ref in refs)


def _calls(state: State, scope: Scope, alert: Entry) -> Iterator[Step]:
    """Yield the telephone calls about it in which somebody talked, by each end's own entry."""
    for call in calls_about(state, scope, key_of(alert)):
        for end in call.pair.ends:
            if end.body.outcome != "talked" or end.entry.status != alert.status:
                continue
            at_us = written_us(end.entry)
            said_us = min(at_us, end.body.ended_us or end.body.began_us)
            yield Step(
                end.party, "called", at_us, said_us, end.entry.by, "telephone", end.entry,
                key_of(alert), late=_late(said_us, at_us), about=key_of(end.entry),
            )  # fmt: skip
