"""What the logs show of a line at an instant: acts on it, posts attended, use, tests, links.

Rules:
- Everything is computed from entries and from when whoever looks could know each of them (`Sight`):
  at present that is all that is held here, for the past see `line_history`.
- Each party is believed about its own side alone. A date ahead of our clock by more than two clocks
  may differ is no evidence of now; one dated back counts from where its log had come.
- What a machine wrote is never a person's answer, presence or use.

What does not live here: the vector and its one word (`lines`), who must test when (`line_tests`),
links (`line_links`).
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar, cast

import msgspec

from parley.node.agreement_bodies import AgreementDeclared
from parley.node.custody_bodies import ActSigned
from parley.node.entries import (
    AgreementAdopted,
    Entry,
    LineDeclared,
    PresenceDeclared,
)
from parley.node.indexes import MACHINE_TEST, PERSON_TEST
from parley.node.line_bodies import CallLogged, TestKind
from parley.node.rules.agreements import OWN_POSTS_SINCE, posts_of
from parley.node.rules.keyring import signatures_of
from parley.node.state import Key, Scope, State, key_of, rank_of, written_us
from parley.world.agreement import Agreement, Line
from parley.world.faults import InputFault
from parley.world.limits import PEER_ENTRIES_AHEAD_S
from parley.world.norms import norms
from parley.world.watch_hours import WatchHours, parse_hours

AHEAD_US = PEER_ENTRIES_AHEAD_S * 1_000_000
LINE_DUTIES_SINCE = 3
"""The rules version from which tests of both kinds, link entries and second signatures count."""
SYSTEM = "system"
"""By whom the node itself writes."""
WHOLE = ""
"""In place of a line's name: a party's acts on the agreement as a whole (rules version 4)."""
TEST_EVERY_LEAST_US = 60 * 1_000_000
"""No text makes a node test a line more often: a test must be over before the next."""
PENDING_MAX = 16
"""Acts without effect yet that are told, the newest: a party may write them without end."""
_DAY_US = 86_400 * 1_000_000
V = TypeVar("V")
Order = tuple[int | str, ...]
TYPE_OF: dict[TestKind, str] = {"machine": MACHINE_TEST, "person": PERSON_TEST}


@dataclass(frozen=True, slots=True)
class Sight:
    """Who looks, and from when on that party knew an entry; None: all that is held here is known.

    `known` gives None for what was never provably known there. `views`: what was computed so far.
    """

    viewer: str
    known: Callable[[Entry], int | None] | None = None
    views: dict[str, tuple[object, object]] = field(default_factory=dict)

    def since_us(self, entry: Entry) -> int | None:
        """Return from when on an entry was known to whoever looks."""
        return written_us(entry) if self.known is None else self.known(entry)

    def has(self, entry: Entry, at_us: int) -> bool:
        """Whether an entry is known at an instant."""
        if self.known is None:
            return True
        known_us = self.known(entry)
        return known_us is not None and known_us <= at_us


def came_early(scope: Scope, entry: Entry, viewer: str, date_us: int) -> bool | None:
    """Whether the viewer's own logs show that it held an entry well before a date that it bears.

    What was written ahead shows nothing of the day that it names. None: they do not say yet.
    """
    if entry.log.party == viewer:
        return False
    held_us = scope.index.held_since_us(viewer, key_of(entry))
    return None if held_us is None else held_us < date_us - AHEAD_US


def _order(scope: Scope, entry: Entry) -> Order:
    """Return where an entry stands among its writer's; before version 3 the tenth log was first."""
    return rank_of(entry) if scope.rules.version >= LINE_DUTIES_SINCE else key_of(entry)


def caught_up(
    scope: Scope,
    name: str,
    table: dict[Key, Entry],
    made: Callable[[], V],
    take: Callable[[V, Entry], None],
) -> V:
    """Return a view of a table that only grows; each entry is taken into it once."""
    size, view = cast("tuple[int, V]", scope.index.views.get(name) or (0, made()))
    if size != len(table):
        # From its end: in the midst of a table there is no place to begin at.
        for entry in islice(reversed(table.values()), len(table) - size):
            take(view, entry)
        scope.index.views[name] = (len(table), view)
    return view


# ---- a party's own acts on its side --------------------------------------------------------------


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """An act that stands in the log and has no effect yet: which, from when, what it waits for.

    `whole`: it is of the agreement as a whole, shown on each of its lines.
    """

    value: str
    by: Key
    said_us: int
    effective_us: int
    waits_for: str
    reason: str = ""
    whole: bool = False


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """A party's act that is in effect on its side, with when it took effect and who signed it.

    `signing`: "two people", "single-signed", or nothing where no second signature is asked for.
    `second_due_us`: until when a second person may still sign; None: that time is over, or done.
    """

    entry: Entry
    since_us: int
    signing: str = ""
    second_due_us: int | None = None

    @property
    def body(self) -> LineDeclared | AgreementDeclared:
        """What was declared."""
        assert isinstance(self.entry.body, LineDeclared | AgreementDeclared)
        return self.entry.body


def effective_us(entry: Entry) -> int:
    """Return when an act on a line takes effect: at its stated time, never before it was written.

    A suspension dated back would make what was said meanwhile look like a breach.
    """
    assert isinstance(entry.body, LineDeclared | AgreementDeclared)
    return max(entry.body.effective_us, written_us(entry))


def _signed(scope: Scope, party: str) -> dict[Key, list[Entry]]:
    """Return the signatures that a party's people gave, counting or not, by what they signed."""

    def take(by_key: dict[Key, list[Entry]], entry: Entry) -> None:
        if isinstance(entry.body, ActSigned) and entry.ref:
            by_key.setdefault(entry.ref[0].key, []).append(entry)

    made: Callable[[], dict[Key, list[Entry]]] = dict
    return caught_up(scope, f"signed {party}", scope.acts_of("act.signed", party), made, take)


def people_on(
    scope: Scope, entry: Entry, at_us: int, sight: Sight, *, state: State | None = None
) -> list[tuple[int, str]]:
    """Return who signed an act by an instant: when each person first did, in order of time.

    Only signatures that count: of people enrolled then, at their own post. One dated back counts
    from where its log had come.
    """
    key = key_of(entry)
    every = _signed(scope, entry.log.party).get(key, ())
    signed = [each for each in every if sight.has(each, at_us)]
    log = scope.logs.get(key[0])
    if not signed or log is None or key[1] >= log.tree.size:
        return []
    good = {(e.body.operator, e.issued_us) for e in signed if isinstance(e.body, ActSigned)}
    if state is not None:
        leaf = log.tree.leaf(key[1]).hex()
        good = {
            (s.operator, s.at_us)
            for s in signatures_of(state, scope, key, leaf, signed)
            if s.counts
        }
    first: dict[str, int] = {}
    for each in sorted(signed, key=rank_of):
        assert isinstance(each.body, ActSigned)
        if (each.body.operator, each.issued_us) in good and written_us(each) <= at_us:
            first.setdefault(each.body.operator, written_us(each))
    return sorted((when_us, person) for person, when_us in first.items())


def _in_effect(
    scope: Scope, entry: Entry, at_us: int, sight: Sight, state: State | None
) -> Declared | Pending:
    """Return an act as it stands at an instant: in effect, or still waiting and for what."""
    body = entry.body
    assert isinstance(body, LineDeclared | AgreementDeclared)
    since_us, said_us = effective_us(entry), written_us(entry)
    second = scope.rules.version >= LINE_DUTIES_SINCE and body.value != "in force"
    people = people_on(scope, entry, at_us, sight, state=state) if second else []
    waits = ""
    if second and body.value == "withdrawn":
        # Withdrawing is the act of two (NORMS 4): one person's word ends no agreement.
        waits = "" if len(people) > 1 else f"signatures of {2 - len(people)} more"
        since_us = max(since_us, people[1][0]) if len(people) > 1 else since_us
    if waits or since_us > at_us:
        return Pending(
            value=body.value,
            by=key_of(entry),
            said_us=said_us,
            effective_us=since_us,
            waits_for=waits or "its time",
            reason=body.reason,
        )
    if not second:
        return Declared(entry=entry, since_us=since_us)
    due_us = said_us + norms().line.second_signature_within_s * 1_000_000
    both = body.value == "withdrawn" or (len(people) > 1 and people[1][0] <= due_us)
    return Declared(
        entry=entry,
        since_us=since_us,
        signing="two people" if both else "single-signed",
        second_due_us=None if both or at_us > due_us else due_us,
    )


@dataclass(slots=True)
class _Acts:
    """A party's acts on a line: all in order, and those that the clock alone brings into effect.

    Of these only such as are newer than all that take effect before them: nothing else can be the
    newest in effect. `times_us`: when any takes effect.
    """

    every: list[tuple[Order, Entry]] = field(default_factory=list)
    steps_us: list[int] = field(default_factory=list)
    steps: list[tuple[Order, Entry]] = field(default_factory=list)
    times_us: list[int] = field(default_factory=list)

    def take(self, order: Order, entry: Entry, *, by_clock: bool) -> None:
        """Take one more in."""
        since_us = effective_us(entry)
        bisect.insort(self.every, (order, entry), key=lambda each: each[0])
        bisect.insort(self.times_us, since_us)
        place = bisect.bisect_right(self.steps_us, since_us)
        if not by_clock or (place and self.steps[place - 1][0] > order):
            return
        first, end = bisect.bisect_left(self.steps_us, since_us), place
        while end < len(self.steps) and self.steps[end][0] < order:
            end += 1
        self.steps_us[first:end], self.steps[first:end] = [since_us], [(order, entry)]


def _acts(scope: Scope, line_id: str) -> dict[str, _Acts]:
    """Return the acts on a line by party."""
    by_two = scope.rules.version >= LINE_DUTIES_SINCE

    def take(found: dict[str, _Acts], entry: Entry) -> None:
        if isinstance(entry.body, LineDeclared | AgreementDeclared):
            by_clock = not (by_two and entry.body.value == "withdrawn")
            acts = found.setdefault(entry.log.party, _Acts())
            acts.take(_order(scope, entry), entry, by_clock=by_clock)

    made: Callable[[], dict[str, _Acts]] = dict
    return caught_up(scope, f"acts {line_id}", _table(scope, line_id), made, take)


def _table(scope: Scope, line_id: str) -> dict[Key, Entry]:
    return scope.terms.declared if line_id == WHOLE else scope.line_acts.get(line_id, {})


def next_effect_us(scope: Scope, line_id: str, now_us: int) -> int | None:
    """Return when the next act on a line takes effect by its time; None: none is to come."""
    found = []
    for acts in _acts(scope, line_id).values():
        place = bisect.bisect_right(acts.times_us, now_us)
        found += acts.times_us[place : place + 1]
    return min(found, default=None)


def _by_two(scope: Scope, line_id: str, party: str) -> list[tuple[Order, Entry]]:
    """Return a party's withdrawals that two people signed, counting or not, newest first."""
    table, signed = _table(scope, line_id), _signed(scope, party)
    name = f"withdrawn {line_id} {party}"
    since = (len(table), len(scope.acts_of("act.signed", party)))
    kept = scope.index.views.get(name)
    if kept is None or kept[0] != since:
        found = []
        for key, signatures in signed.items():
            entry, people = table.get(key), {getattr(e.body, "operator", "") for e in signatures}
            if entry is None or entry.log.party != party or len(people) < 2:
                continue
            body = entry.body
            if isinstance(body, LineDeclared | AgreementDeclared) and body.value == "withdrawn":
                found.append((_order(scope, entry), entry))
        kept = (since, sorted(found, key=lambda each: each[0], reverse=True))
        scope.index.views[name] = kept
    return cast("list[tuple[Order, Entry]]", kept[1])


def act_on(
    scope: Scope,
    line_id: str,
    party: str,
    at_us: int,
    sight: Sight,
    *,
    state: State | None = None,
) -> Declared | None:
    """Return a party's newest act in effect on its side of a line; None: none is.

    However many wait for their time or for signatures, they are not looked at.
    """
    if sight.known is not None:
        return acts_on(scope, line_id, party, at_us, sight, state=state)[0]
    acts = _acts(scope, line_id).get(party)
    if acts is None:
        return None
    place = bisect.bisect_right(acts.steps_us, at_us)
    newest = acts.steps[place - 1] if place else None
    for order, entry in _by_two(scope, line_id, party) if scope.rules.version >= 3 else ():
        if newest is not None and order < newest[0]:
            break
        if effective_us(entry) <= at_us:
            found = _in_effect(scope, entry, at_us, sight, state)
            if isinstance(found, Declared):
                return found
    if newest is None:
        return None
    found = _in_effect(scope, newest[1], at_us, sight, state)
    return found if isinstance(found, Declared) else None


def acts_on(
    scope: Scope,
    line_id: str,
    party: str,
    at_us: int,
    sight: Sight,
    *,
    state: State | None = None,
) -> tuple[Declared | None, tuple[Pending, ...]]:
    """Return a party's newest act in effect on its side of a line, and its later ones that wait.

    Of those that wait the newest few, oldest first.
    """
    acts = _acts(scope, line_id).get(party, _Acts())
    if sight.known is None:
        act = act_on(scope, line_id, party, at_us, sight, state=state)
        newest = acts.every[: -PENDING_MAX - 1 : -1]
    else:
        act, newest = None, [each for each in reversed(acts.every) if sight.has(each[1], at_us)]
    waiting: list[Pending] = []
    for _, entry in newest:
        found = _in_effect(scope, entry, at_us, sight, state)
        if isinstance(found, Declared):
            act = found
            break
        waiting.append(found)
    return act, tuple(reversed(waiting[:PENDING_MAX]))


def declared(
    scope: Scope, line_id: str, party: str, at_us: int, *, state: State | None = None
) -> Entry | None:
    """Return a party's act that is in effect on its side of a line, the newest written.

    `state`: gives the keys that count no more; without it signatures are counted as they stand.
    """
    act = act_on(scope, line_id, party, at_us, Sight(party), state=state)
    return act.entry if act is not None else None


def suspended_by(
    scope: Scope,
    line_id: str,
    at_us: int,
    *,
    ends: tuple[str, ...] | None = None,
    state: State | None = None,
) -> tuple[str, ...]:
    """Return the parties whose suspension or withdrawal is in effect, in order.

    Args:
        scope: the record of the agreement.
        line_id: the line.
        at_us: the instant.
        ends: the parties at its ends; what any other party declares about it does not count.
        state: gives the keys that count no more; without it signatures are counted as they stand.
    """
    found = set()
    # Who suspends the agreement as a whole has suspended its side of every line of it.
    for where in (line_id, WHOLE):
        for party in _acts(scope, where):
            if ends is not None and party not in ends:
                continue
            act = act_on(scope, where, party, at_us, Sight(party), state=state)
            if act is not None and act.body.value != "in force":
                found.add(party)
    return tuple(sorted(found))


def text_of(scope: Scope, party: str, at_us: int, sight: Sight) -> tuple[str, int] | None:
    """Return the text of the agreement that a party has adopted by an instant, and since when."""
    acts = scope.adopted.get(party, {}).values()
    known = [entry for entry in acts if sight.has(entry, at_us)]
    newest = max(known, key=rank_of, default=None)
    if newest is None or not isinstance(newest.body, AgreementAdopted):
        return None
    return newest.body.sha256, written_us(newest)


def agreed_since_us(scope: Scope, parties: tuple[str, ...], at_us: int, sight: Sight) -> int | None:
    """Return since when all these parties have adopted one and the same text; None: they have not.

    Measured by the newest adoption of each: a text adopted again starts its duties again.
    """
    texts = [text_of(scope, party, at_us, sight) for party in parties]
    found = [text for text in texts if text is not None]
    if len(found) < len(parties) or len({sha256 for sha256, _ in found}) != 1:
        return None
    return max(since_us for _, since_us in found)


# ---- who is there, and who used it ---------------------------------------------------------------


def hours_of(line: Line) -> WatchHours | None:
    """Return the hours of a line; None where its text says none that can be read."""
    try:
        return parse_hours(line.hours)
    except InputFault:
        return None


class PostPresence(msgspec.Struct, frozen=True, kw_only=True):
    """A post of a party: "present", "left", or "lapsed" when nobody said so again in time."""

    post: str
    word: str
    since_us: int
    by: Key


def posts_at(
    agreement: Agreement, scope: Scope, line: Line, party: str, at_us: int, sight: Sight
) -> tuple[PostPresence, ...]:
    """Return what is known of each post of a party, by its newest presence act, in order.

    Each post counts by itself: who leaves one does not empty another. Under rules version 3 a post
    that the agreement does not name is nobody's, and who wrote it hours ahead is not there.
    """
    found = []
    for post, (known_us, newest) in sorted(
        presence_of(agreement, scope, line, party, sight).items()
    ):
        place = bisect.bisect_right(known_us, at_us) if sight.known else len(known_us)
        entry = newest[place - 1] if place else None
        if entry is None or entry.issued_us > at_us + AHEAD_US:
            continue
        strict = scope.rules.version >= LINE_DUTIES_SINCE
        if not (strict and came_early(scope, entry, sight.viewer, entry.issued_us)):
            found.append(_post_word(post, entry, at_us))
    return tuple(found)


Presence = dict[str, tuple[list[int], list[Entry]]]
"""By post: when something new of it was known, in order, and the newest act of it from then on."""


def presence_of(
    agreement: Agreement, scope: Scope, line: Line, party: str, sight: Sight
) -> Presence:
    """Return the presence acts of a party's posts as they became known, computed once."""
    acts = scope.presence.get((line.id, party), {})
    own = posts_of(agreement, party) if agreement.rules_version >= OWN_POSTS_SINCE else None
    views = scope.index.views if sight.known is None else sight.views
    name, since = f"posts {line.id} {party}", (len(acts), own)
    kept = views.get(name)
    if kept is None or kept[0] != since:
        kept = (since, _presence(scope, acts.values(), own, sight))
        views[name] = kept
    assert isinstance(kept[1], dict)
    return kept[1]


def _presence(
    scope: Scope, acts: Iterable[Entry], own: tuple[str, ...] | None, sight: Sight
) -> Presence:
    known: dict[str, list[tuple[int, Key, Entry]]] = {}
    for entry in acts:
        body, known_us = entry.body, sight.since_us(entry)
        if not isinstance(body, PresenceDeclared) or known_us is None:
            continue
        if own is None or (body.post in own and entry.by != SYSTEM):
            known.setdefault(body.post, []).append((known_us, key_of(entry), entry))
    found: Presence = {}
    for post, told in known.items():
        told.sort(key=lambda each: each[:2])
        newest: list[Entry] = []
        for _, _, entry in told:
            # The newest in its log, whenever it became known.
            newer = not newest or _order(scope, entry) > _order(scope, newest[-1])
            newest.append(entry if newer else newest[-1])
        found[post] = ([each[0] for each in told], newest)
    return found


def _post_word(post: str, entry: Entry, at_us: int) -> PostPresence:
    assert isinstance(entry.body, PresenceDeclared)
    within_us = norms().line.presence_within_s * 1_000_000
    word = "left"
    if entry.body.present:
        word = "present" if at_us - entry.issued_us <= within_us else "lapsed"
    return PostPresence(post=post, word=word, since_us=entry.issued_us, by=key_of(entry))


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """Use of a line one way: the last message or call, and how many of each in 24 h."""

    last_us: int | None = None
    messages_24h: int = 0
    calls_24h: int = 0


def use_of(scope: Scope, line: Line, sender: str, receiver: str, at_us: int, sight: Sight) -> Use:
    """Return how much one end used a line towards another by an instant.

    Tests by machine do not count, and of the calls only those in which people talked.
    """
    if sight.known is None:
        said = scope.index.sent_to_us.get((line.id, sender, receiver), [])
        until = bisect.bisect_right(said, at_us)
        last = [said[until - 1]] if until else []
        count = max(until - bisect.bisect_left(said, at_us - _DAY_US), 0)
    else:
        known = [us for known_us, us in _said(scope, line, sender, receiver, sight)
                 if known_us <= at_us]  # fmt: skip
        last = [max(known)] if known else []
        count = sum(at_us - _DAY_US <= us <= at_us for us in known)
    called = [us for us in _called_us(scope, line, sender, receiver, at_us, sight) if us <= at_us]
    return Use(
        last_us=max([*last, *called], default=None),
        messages_24h=count,
        calls_24h=sum(us >= at_us - _DAY_US for us in called),
    )


def _said(
    scope: Scope, line: Line, sender: str, receiver: str, sight: Sight
) -> list[tuple[int, int]]:
    """Return the messages of people one way: when each was known, and written; computed once."""
    name = f"said {line.id} {sender} {receiver}"
    if name not in sight.views:
        found = []
        for thread in scope.threads.values():
            said = thread.said
            if said is None or said.log.party != sender or receiver not in said.to:
                continue
            known_us = sight.since_us(said)
            ours = thread.body.line == line.id and thread.body.message_type != MACHINE_TEST
            if ours and known_us is not None:
                found.append((known_us, said.issued_us))
        sight.views[name] = (None, sorted(found))
    listed = sight.views[name][1]
    assert isinstance(listed, list)
    return listed


def _called_us(
    scope: Scope, line: Line, caller: str, called: str, at_us: int, sight: Sight
) -> list[int]:
    """Return when calls began that a caller says it placed.

    Both ends enter the same call: counting both would show twice the use. And nobody is shown to
    have used a line because another says so: what the called end entered counts for nothing.
    """
    began: dict[str, int] = {}
    for entry in scope.line.calls.values():
        body = entry.body
        if not isinstance(body, CallLogged) or body.line != line.id or body.outcome != "talked":
            continue
        way = (entry.log.party, body.party, body.direction)
        if way == (caller, called, "placed") and sight.has(entry, at_us):
            began.setdefault(body.call, min(body.began_us, written_us(entry)))
    return list(began.values())
