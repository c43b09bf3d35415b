"""Notices that stand for weeks: fresh, stale, expired, withdrawn or replaced, and what is due.

Rules:
- A notice is fresh for as long as the agreement lets it go without another word of its sender, and
  no longer than that word said. From then on it is stale, and is shown as stale since then: it is
  never dropped for being stale, and never shown as current.
- Only its sender confirms it. A confirmation after it has expired, or after it was withdrawn or
  replaced, changes nothing; one that came late makes it fresh again, and that it was late is shown.
- Nothing outlives the valid-until that the notice itself names: to hold longer it is told again.
- A notice that stands is no permission and no promise.
- The sender's post is told before its notices go stale: one alarm a day, for one or ten thousand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from parley.node.agreement_bodies import NoticeConfirmed
from parley.node.rules.alarm_raised import Raised, line_posts
from parley.node.rules.places import PLACES_RULES
from parley.node.rules.threads import ending_of
from parley.node.state import Key, Scope, State, Thread, rank_of, written_us
from parley.world.agreement import Agreement, Line
from parley.world.clauses import StandingNotice
from parley.world.limits import PEER_ENTRIES_AHEAD_S
from parley.world.norms import class_norms, norms
from parley.world.time import format_second
from parley.world.units import MICROSECONDS_PER_SECOND

StandingWord = Literal["fresh", "stale", "expired", "withdrawn", "replaced"]
STANDING_WORDS: tuple[StandingWord, ...] = ("fresh", "stale", "expired", "withdrawn", "replaced")
TELLING = ("humanitarian.notice", "humanitarian.update")
"""The message types by which a place is told: they stand under every agreement."""
_NOTICE_END = ".notice"
_VIEW = "notices standing"
_RAISED_VIEW = "notices raised"
_FOR_EVER_US = 1 << 62


class StandingTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How long notices of a type stand: by a clause, else (None) by the norms."""

    reconfirm_us: int
    expire_us: int
    clause: str | None


class NoticeSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A standing notice at an instant.

    Attributes:
        word: how it stands; `since_us`: since when.
        last_word_us: when its sender last said that it holds.
        fresh_until_us: until when that is current.
        expires_us: when it ends without another word.
        late: that last word came after it had gone stale.
        by: the message that withdrew or replaced it.
    """

    message: Key
    party: str
    to: tuple[str, ...]
    line: str
    word: StandingWord
    since_us: int
    last_word_us: int
    fresh_until_us: int
    expires_us: int
    late: bool = False
    by: Key | None = None
    clause: str | None = None


class _Facts(msgspec.Struct, frozen=True):
    """What does not change with time: when each word ends, and what ended it."""

    last_us: int
    fresh_us: int
    expires_us: int
    late: bool
    ended: StandingWord | None
    ended_us: int
    by: Key | None
    clause: str | None


def terms_of(agreement: Agreement, message_type: str, sender: str) -> StandingTerms:
    """Return how long a sender's notices of a type stand without another word."""
    clauses = [
        clause
        for clause in agreement.clauses
        if isinstance(clause, StandingNotice)
        and (not clause.applies_to.parties or sender in clause.applies_to.parties)
    ]
    named = [clause for clause in clauses if message_type in clause.of]
    general = [clause for clause in clauses if not clause.of]
    table = norms().standing
    clause = next(iter([*named, *general]), None)
    if clause is None:
        return StandingTerms(
            reconfirm_us=table.reconfirm_every_s * MICROSECONDS_PER_SECOND,
            expire_us=table.expire_s * MICROSECONDS_PER_SECOND,
            clause=None,
        )
    expire_s = clause.expire_s if clause.expire_s is not None else float(table.expire_s)
    return StandingTerms(
        reconfirm_us=round(clause.reconfirm_every_s * MICROSECONDS_PER_SECOND),
        expire_us=round(max(expire_s, clause.reconfirm_every_s) * MICROSECONDS_PER_SECOND),
        clause=clause.id,
    )


def standing_types(scope: Scope, agreement: Agreement) -> tuple[str, ...]:
    """Return the message types under an agreement that stand until somebody ends them."""
    if scope.rules.version < PLACES_RULES:
        return ()
    clauses = [c for c in agreement.clauses if isinstance(c, StandingNotice)]
    named = {name for clause in clauses for name in clause.of}
    if any(not clause.of for clause in clauses):
        named |= {name for name in scope.index.by_type if name.endswith(_NOTICE_END)}
    return tuple(sorted({*TELLING, *named}))


# ---- one notice ---------------------------------------------------------------------------------


def standing_of(
    state: State, scope: Scope, agreement: Agreement, thread: Thread, now_us: int
) -> NoticeSeen:
    """Return how a notice that is held here stands at an instant; `thread.said` must be there."""
    said = thread.said
    assert said is not None
    facts = _facts(state, scope, agreement, thread, now_us)
    word: StandingWord
    if facts.ended is not None:
        word, since_us = facts.ended, facts.ended_us
    elif now_us > facts.expires_us:
        word, since_us = "expired", facts.expires_us
    elif facts.last_us > now_us + PEER_ENTRIES_AHEAD_S * MICROSECONDS_PER_SECOND:
        # Dated ahead by more than clocks differ: nobody knows of when it speaks.
        word, since_us = "stale", now_us
    elif now_us > facts.fresh_us:
        word, since_us = "stale", facts.fresh_us
    else:
        word, since_us = "fresh", facts.last_us
    return NoticeSeen(
        message=thread.key,
        party=said.log.party,
        to=said.to,
        line=thread.body.line,
        word=word,
        since_us=since_us,
        last_word_us=facts.last_us,
        fresh_until_us=facts.fresh_us,
        expires_us=facts.expires_us,
        late=facts.late,
        by=facts.by,
        clause=facts.clause,
    )


def _facts(state: State, scope: Scope, agreement: Agreement, thread: Thread, now_us: int) -> _Facts:
    """Return what holds of a notice whatever the time; worked out anew when its entries change."""
    held = scope.index.views.get(_VIEW)
    known = held[1] if held is not None and held[0] is agreement else {}
    assert isinstance(known, dict)
    if held is None or held[0] is not agreement:
        scope.index.views[_VIEW] = (agreement, known)
    about, words = scope.index.about.get(thread.key, ()), scope.terms.confirmed.get(thread.key, {})
    print_of = (len(about), len(words), thread.leaf, written_us_of(thread))
    kept = known.get(thread.key)
    if kept is not None and kept[0] == print_of:
        assert isinstance(kept[1], _Facts)
        return kept[1]
    facts, ahead = _worked_out(state, scope, agreement, thread, now_us)
    if not ahead:
        known[thread.key] = (print_of, facts)
    return facts


def _worked_out(
    state: State, scope: Scope, agreement: Agreement, thread: Thread, now_us: int
) -> tuple[_Facts, bool]:
    said = thread.said
    assert said is not None
    terms = terms_of(agreement, thread.body.message_type, said.log.party)
    valid_us = said.valid_until_us if said.valid_until_us is not None else _FOR_EVER_US
    viewer = state.party if state.party in said.to else None
    ending = ending_of(scope, thread, viewer)
    last_us = written_us(said)
    fresh_us = min(last_us + terms.reconfirm_us, valid_us)
    expires_us = min(last_us + terms.expire_us, valid_us)
    late = ahead = False
    for entry in sorted(scope.terms.confirmed.get(thread.key, {}).values(), key=rank_of):
        body, at_us = entry.body, written_us(entry)
        if not isinstance(body, NoticeConfirmed) or entry.ref[0].leaf != thread.leaf:
            continue
        if at_us > now_us + PEER_ENTRIES_AHEAD_S * MICROSECONDS_PER_SECOND:
            ahead = True
            continue
        if at_us > expires_us or (ending is not None and at_us > ending.at_us):
            continue
        late = at_us > fresh_us
        last_us = max(last_us, at_us)
        fresh_us = min(last_us + terms.reconfirm_us, body.until_us, valid_us)
        expires_us = min(last_us + terms.expire_us, valid_us)
    ended: StandingWord | None = None
    if ending is not None:
        ended = "replaced" if ending.word == "corrected" else "withdrawn"
    facts = _Facts(
        last_us=last_us,
        fresh_us=fresh_us,
        expires_us=expires_us,
        late=late,
        ended=ended,
        ended_us=ending.at_us if ending is not None else 0,
        by=ending.by if ending is not None else None,
        clause=terms.clause,
    )
    return facts, ahead


def standing_notices(
    state: State, scope: Scope, agreement: Agreement, now_us: int, *, party: str | None = None
) -> Iterator[NoticeSeen]:
    """Yield every notice under an agreement that is held here and stands or stood.

    Args:
        state: whose node.
        scope: the record.
        agreement: with the clauses.
        now_us: the time.
        party: only its notices.
    """
    for name in standing_types(scope, agreement):
        for key in scope.index.by_type.get(name, ()):
            thread = scope.threads.get(key)
            if thread is None or thread.said is None:
                continue
            if party is None or thread.said.log.party == party:
                yield standing_of(state, scope, agreement, thread, now_us)


# ---- alarms -------------------------------------------------------------------------------------


def raised(
    state: State, scope: Scope, agreement: Agreement, standing: list[Line], now_us: int
) -> Iterator[Raised]:
    """Yield that own notices go stale, or have, and that lists of others wait to be read.

    One for each line and party, newly each day.
    """
    if scope.rules.version < PLACES_RULES:
        return
    lines = frozenset(line.id for line in standing)
    sizes = sum(log.tree.size for log in scope.logs.values())
    # The text itself, which stays while it is held here: a number of it may come to be another's.
    of = (agreement, lines, sizes, len(scope.ahead.held))
    held = scope.index.views.get(_RAISED_VIEW)
    if held is None or held[0] != of or not _still(held[1], now_us):
        instants: list[int] = []
        found = (
            *_going_stale(state, scope, agreement, lines, now_us, instants),
            *_unread(state, scope, agreement, lines, now_us, instants),
        )
        next_us = min((at_us for at_us in instants if at_us > now_us), default=_FOR_EVER_US)
        held = (of, (now_us, next_us, found))
        scope.index.views[_RAISED_VIEW] = held
    assert isinstance(held[1], tuple)
    yield from held[1][2]


def _still(kept: object, now_us: int) -> bool:
    """Whether no instant has passed since these were worked out at which one of them changes."""
    assert isinstance(kept, tuple)
    from_us, next_us, _ = kept
    return bool(from_us <= now_us < next_us)


def _going_stale(
    state: State,
    scope: Scope,
    agreement: Agreement,
    lines: frozenset[str],
    now_us: int,
    instants: list[int],
) -> Iterator[Raised]:
    """Yield what is raised of own notices; put into `instants` when that will change."""
    groups: dict[tuple[str, str, bool], list[NoticeSeen]] = {}
    for seen in standing_notices(state, scope, agreement, now_us, party=state.party):
        if seen.word not in ("fresh", "stale") or seen.line not in lines:
            continue
        warned_us = seen.fresh_until_us - warn_before_us(seen)
        instants += [warned_us, seen.fresh_until_us + 1, seen.expires_us + 1]
        if seen.word == "stale" or warned_us <= now_us:
            for to in seen.to:
                groups.setdefault((seen.line, to, seen.word == "stale"), []).append(seen)
    for (line, to, stale), found in sorted(groups.items()):
        yield _raised(state, agreement, line, to, found, stale=stale)


def warn_before_us(seen: NoticeSeen) -> int:
    """Return how long before a notice goes stale its sender is told: a quarter of a short time."""
    runs_us = max(0, seen.fresh_until_us - seen.last_word_us)
    return min(norms().standing.warn_before_s * MICROSECONDS_PER_SECOND, runs_us // 4)


def _raised(
    state: State, agreement: Agreement, line: str, to: str, found: list[NoticeSeen], *, stale: bool
) -> Raised:
    first_us = min(each.fresh_until_us for each in found)
    begins_us = [each.fresh_until_us - (0 if stale else warn_before_us(each)) for each in found]
    ending = sum(each.expires_us <= each.fresh_until_us for each in found)
    count = f"{len(found)} standing notice{'s' if len(found) > 1 else ''} of ours"
    when = format_second(first_us)
    text = f"{count} to {to} read STALE there, the first since {when}: confirm or withdraw"
    if not stale:
        text = f"{count} to {to} go stale from {when} on: confirm or withdraw"
    if ending:
        text += f"; {ending} of them end and must be told again"
    posts = line_posts(agreement, line, state.party)
    # A day's newcomers have a name of their own: who took yesterday's has not seen them.
    day = format_second(max(begins_us))[:10]
    return Raised(
        name=f"standing:{line}:{to}:{'stale' if stale else 'soon'}:{day}",
        kind="notice stale" if stale else "notice goes stale",
        alarm_class="SAFETY" if stale else "ROUTINE",
        line=line,
        party=to,
        text=text,
        post=posts[0] if posts else "duty-officer",
        since_us=min(begins_us),
        rung=int(stale),
    )


def _unread(
    state: State,
    scope: Scope,
    agreement: Agreement,
    lines: frozenset[str],
    now_us: int,
    instants: list[int],
) -> Iterator[Raised]:
    """Yield that notices came in lists, which ask nobody one by one, and were opened by nobody."""
    opened = {e.ref[0].key for e in scope.acts_of("payload.opened", state.party).values() if e.ref}
    groups: dict[tuple[str, str], list[NoticeSeen]] = {}
    wait_us = (class_norms("ROUTINE").displayed_s or 0) * MICROSECONDS_PER_SECOND
    for seen in standing_notices(state, scope, agreement, now_us):
        if state.party not in seen.to or seen.word not in ("fresh", "stale"):
            continue
        thread = scope.threads[seen.message]
        if thread.body.answers or seen.message in opened or seen.line not in lines:
            continue
        due_us = written_us_of(thread) + wait_us
        instants += [due_us, seen.expires_us + 1]
        if due_us <= now_us:
            groups.setdefault((seen.line, seen.party), []).append(seen)
    for (line, party), found in sorted(groups.items()):
        at_us = [written_us_of(scope.threads[each.message]) + wait_us for each in found]
        posts = line_posts(agreement, line, state.party)
        count = f"{len(found)} standing notice{'s' if len(found) > 1 else ''}"
        yield Raised(
            name=f"standing:{line}:{party}:unread:{format_second(max(at_us))[:10]}",
            kind="notices to be read",
            alarm_class="ROUTINE",
            line=line,
            party=party,
            text=f"{count} from {party} nobody here has opened: see parley place notices",
            post=posts[0] if posts else "duty-officer",
            since_us=min(at_us),
        )


def written_us_of(thread: Thread) -> int:
    """Return when a message that is held here was written."""
    assert thread.said is not None
    return written_us(thread.said)
