"""The state of a line: a vector computed from evidence, never one switch (NORMS 1, 3, 4).

Rules:
- Suspending is one party's own signed act with an effect time; nobody else's consent is asked.
- Link and presence are measured; what somebody says about a line elsewhere is a claim, not a state.
- What was declared and what cannot be reached are never mixed: both stand in the vector.
- The one word for the glance is computed from the vector and names what is missing.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator

import msgspec

from parley.node.entries import Draft, Entry, LineDeclared, PresenceDeclared
from parley.node.inputs import BePresent, DeclareLine
from parley.node.line_bodies import TEST_KINDS, LinkObserved
from parley.node.rules.agreements import (
    adopted_agreement,
    agreed_by,
    check_own_post,
    line_of,
)
from parley.node.rules.line_evidence import (
    LINE_DUTIES_SINCE,
    WHOLE,
    Declared,
    Pending,
    PostPresence,
    Sight,
    Use,
    acts_on,
    agreed_since_us,
    hours_of,
    posts_at,
    text_of,
    use_of,
)
from parley.node.rules.line_evidence import declared as declared  # asked for here
from parley.node.rules.line_evidence import effective_us as effective_us  # asked for here
from parley.node.rules.line_evidence import suspended_by as suspended_by  # asked for here
from parley.node.rules.line_links import link_observed, newest_link, ups_since_us
from parley.node.rules.peering import link_state
from parley.node.rules.tested import TestAge, schedule_of, test_age, test_word_before, tests_of
from parley.node.rules.tested import results_of_tests as results_of_tests  # asked for here
from parley.node.rules.text_chain import held_text, text_in_chain
from parley.node.state import Key, Scope, State, key_of, written_us
from parley.world.agreement import Agreement, Line
from parley.world.clauses import Suspension
from parley.world.faults import InputFault
from parley.world.norms import norms
from parley.world.time import format_instant

UPS_PER_HOUR_MAX = 2
"""A link that flaps is written as up so often in an hour, and else stays down as last written."""
LOOK_BREAK_US = 120 * 1_000_000
"""A node looks each second: one that did not for so long was not there to be told anything."""
_HOUR_US = 3_600 * 1_000_000


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One party's side of the vector, each value with since when and the entry behind it.

    `agreement_signing`: "two people" or "single-signed" for a suspension or withdrawal that stands;
    `agreement_because`: whether that act is of this line or of the agreement as a whole;
    `second_due_us`: until when a second person may sign. `pending`: acts without effect yet.
    `used_24h_count`: messages and calls.
    """

    party: str
    agreement: str
    agreement_since_us: int | None
    agreement_by: Key | None
    link: str
    heard_us: int | None
    attended: str
    attended_since_us: int | None
    used_last_us: int | None
    used_24h_count: int
    agreement_reason: str = ""
    agreement_post: str = ""
    agreement_signing: str = ""
    agreement_because: str = ""
    second_due_us: int | None = None
    pending: tuple[Pending, ...] = ()
    posts: tuple[PostPresence, ...] = ()
    languages: tuple[str, ...] = ()


class Direction(msgspec.Struct, frozen=True, kw_only=True):
    """One way of a line: whether the receiver hears the sender, how it was tested, how it is used.

    `link`: as the receiver observes it; `link_by` is its entry, None where this node measures it
    itself. `link_said_us`: when the receiver last said so: an old word is no news.
    """

    sender: str
    receiver: str
    link: str
    link_since_us: int | None = None
    link_by: Key | None = None
    link_said_us: int | None = None
    tests: tuple[TestAge, ...] = ()
    used_last_us: int | None = None
    messages_24h: int = 0
    calls_24h: int = 0


class LineVector(msgspec.Struct, frozen=True, kw_only=True):
    """The whole vector of a line at an instant, as `viewer` knows it.

    `within_hours`: whether the line is watched now; None: its hours cannot be read.
    """

    agreement: str
    line: str
    at_us: int
    sides: tuple[Side, ...]
    test: str
    test_good_us: int | None
    glance: str
    missing: tuple[str, ...]
    viewer: str = ""
    directions: tuple[Direction, ...] = ()
    hours: str = ""
    within_hours: bool | None = None
    languages: tuple[str, ...] = ()


def declare_line(state: State, act: DeclareLine, now_us: int) -> Draft:
    """Return the entry by which this party suspends, resumes or withdraws its side of a line.

    Raises:
        InputFault: not an end of the line, or an effect time in the past.
    """
    agreement = adopted_agreement(state, act.agreement)
    line = line_of(agreement, act.line)
    if state.party not in line.parties:
        raise InputFault(f"line {act.line} end", value=state.party, wanted=", ".join(line.parties))
    check_own_post(agreement, state.party, act.post)
    notice_s: float = norms().line.suspension_notice_s
    for clause in agreement.clauses:
        if isinstance(clause, Suspension):
            notice_s = clause.notice_s
    by_notice_us = now_us + round(notice_s * 1_000_000)
    default_us = now_us
    if act.value == "suspended":
        # Others count the notice from when they are told: to the second it would be too short.
        default_us = by_notice_us + norms().line.suspension_margin_s * 1_000_000
    effective_us = default_us if act.effective_us is None else act.effective_us
    if effective_us < now_us:
        raise InputFault(
            "line effect time", value=format_instant(effective_us), wanted="now or later"
        )
    return Draft(
        agreement=act.agreement,
        by=act.post,
        body=LineDeclared(
            line=act.line,
            value=act.value,
            effective_us=effective_us,
            reason=act.reason,
            post=act.post,
            immediate=act.value == "suspended" and effective_us < by_notice_us,
        ),
    )


def be_present(state: State, act: BePresent) -> Draft:
    """Return the entry that a person is, or is no longer, at a post."""
    agreement = adopted_agreement(state, act.agreement)
    line = line_of(agreement, act.line)
    if state.party not in line.parties:
        raise InputFault(f"line {act.line} end", value=state.party, wanted=", ".join(line.parties))
    check_own_post(agreement, state.party, act.post)
    return Draft(
        agreement=act.agreement,
        by=act.post,
        body=PresenceDeclared(line=act.line, post=act.post, present=act.present),
    )


# ---- links, written down as they change ----------------------------------------------------------


def due(state: State, now_us: int) -> list[Draft]:
    """Return what was measured of the links to the other ends of lines, where it has changed.

    Down is written at once, and only after an up; an up only if fewer than two stand in the last
    hour. So a link that flaps without end writes four entries an hour, and is down meanwhile. Who
    did not look itself, because it slept or its clock was set, has measured nothing yet.
    """
    drafts = []
    first_look_us(state, now_us)
    _heard_since_us(state, now_us)
    for name, agreement in sorted(state.agreements.items()):
        scope = state.scope(name)
        if scope.rules.version < LINE_DUTIES_SINCE:
            continue
        ends = {p for line in agreement.lines if state.party in line.parties for p in line.parties}
        for party in sorted(ends & set(state.identity.peers)):
            body = _observed(state, scope, party, now_us)
            if body is not None:
                drafts.append(Draft(agreement=name, by="system", body=body))
    return drafts


def next_due_us(state: State, now_us: int) -> Iterator[int]:
    """Yield the instants at which time alone may change what is written of a link."""
    within_us = norms().line.link_up_within_s * 1_000_000
    for heard_us in state.links.heard_us.values():
        yield heard_us + within_us + 1
    yield first_look_us(state, now_us) + 2 * within_us + 1
    yield _heard_since_us(state, now_us) + within_us + 1
    for name in state.agreements:
        scope = state.scope(name)
        for observer, about in scope.line.links:
            if observer == state.party:
                ups_us = ups_since_us(scope, observer, about, now_us - _HOUR_US)
                yield from (up_us + _HOUR_US for up_us in ups_us)


def _observed(state: State, scope: Scope, party: str, now_us: int) -> LinkObserved | None:
    """Return what is to be written of the link to a party, or None."""
    newest = newest_link(scope, state.party, party)
    before = newest.body.link if newest and isinstance(newest.body, LinkObserved) else "down"
    word, heard_us = link_state(state, party, now_us)
    if word == "unknown" and heard_us is None and newest is not None:
        # We were started anew: what our log says as up holds until it could have been heard again.
        started_us = first_look_us(state, now_us)
        if now_us - started_us > 2 * norms().line.link_up_within_s * 1_000_000:
            word, heard_us = "down", _last_life_us(scope, party, newest, now_us)
    if word not in ("up", "down") or word == before or heard_us is None:
        return None
    within_us = norms().line.link_up_within_s * 1_000_000
    if word == "down" and now_us - _heard_since_us(state, now_us) <= within_us:
        return None
    if word == "down" and not state.links.silence_counts and state.links.proven(party):
        return None
    if word == "up":
        ups_us = ups_since_us(scope, state.party, party, now_us - _HOUR_US)
        if sum(1 for up_us in ups_us if up_us < now_us + _HOUR_US) >= UPS_PER_HOUR_MAX:
            return None
    return LinkObserved(party=party, link="up" if word == "up" else "down", since_us=heard_us)


def _heard_since_us(state: State, now_us: int) -> int:
    """Return since when a heartbeat could not have been overslept by this node: volatile.

    A break is longer than the time for which a heartbeat counts: nobody could be heard in it.
    """
    break_us = norms().line.link_up_within_s * 1_000_000 + 1
    known = state.views.get("links looked at")
    since_us, last_us = (known[1], known[0]) if known is not None else (now_us, now_us)
    assert isinstance(since_us, int)
    assert isinstance(last_us, int)
    if not 0 <= now_us - last_us <= break_us:
        since_us = now_us
    state.views["links looked at"] = (now_us, since_us)
    return since_us


def first_look_us(state: State, now_us: int) -> int:
    """Return since when this node has looked at its lines without a break: volatile.

    A start is a break, and so is a sleep of the machine, or a clock that was set: what came
    meanwhile is not here yet.
    """
    known = state.views.get("lines looked at")
    first_us, last_us = (known[1], known[0]) if known is not None else (now_us, now_us)
    assert isinstance(first_us, int)
    assert isinstance(last_us, int)
    if not 0 <= now_us - last_us <= LOOK_BREAK_US:
        first_us = now_us
    state.views["lines looked at"] = (now_us, first_us)
    return first_us


def _last_life_us(scope: Scope, party: str, newest: Entry, now_us: int) -> int:
    """Return the last sign of life of a party that our logs prove, once the heartbeats are lost."""
    issued = [log.issued_us for log in scope.logs.values() if log.name.party == party]
    known = [us for us in issued if us <= now_us]
    return max([min(newest.issued_us, now_us), *known])


# ---- the vector ----------------------------------------------------------------------------------


def line_vector(state: State, agreement: Agreement, line: Line, now_us: int) -> LineVector:
    """Return the state vector of a line as this node knows it at `now_us`."""
    return vector_by(state, agreement, line, now_us, Sight(state.party))


def vector_by(
    state: State, agreement: Agreement, line: Line, at_us: int, sight: Sight
) -> LineVector:
    """Return the state vector of a line at an instant by what one party knows of it.

    Args:
        state: the record, and the people whose signatures count.
        agreement: that the line stands under.
        line: the line.
        at_us: the instant.
        sight: who looks, and since when that party knew each entry.
    """
    scope = state.scope(agreement.id)
    hours = hours_of(line)
    sides = tuple(_side(state, agreement, line, party, at_us, sight) for party in line.parties)
    ways = tuple(
        _direction(state, agreement, line, (sender, receiver), at_us, sight)
        for sender in line.parties
        for receiver in line.parties
        if sender != receiver
    )
    if scope.rules.version < LINE_DUTIES_SINCE:
        test, test_good_us = test_word_before(scope, agreement, line, at_us)
    else:
        test, test_good_us = _tests_word(ways)
    within = None if hours is None else hours.contains(at_us)
    glance, missing = glance_of(
        sight.viewer, sides, ways, test, line.hours if within is False else ""
    )
    return LineVector(
        agreement=agreement.id,
        line=line.id,
        at_us=at_us,
        sides=sides,
        test=test,
        test_good_us=test_good_us,
        glance=glance,
        missing=missing,
        viewer=sight.viewer,
        directions=ways,
        hours=line.hours,
        within_hours=within,
        languages=line.languages,
    )


def _side(
    state: State, agreement: Agreement, line: Line, party: str, at_us: int, sight: Sight
) -> Side:
    scope = state.scope(agreement.id)
    act, pending = _worst(state, scope, line, party, at_us, sight)
    word = "in force" if _agreed(state, agreement, party, at_us, sight) else "not in force"
    if act is not None and act.body.value != "in force":
        # Saying "in force" resumes what was agreed; it does not make an agreement.
        word = act.body.value
    link, heard_us = _link_to(state, scope, party, at_us, sight)
    posts = posts_at(agreement, scope, line, party, at_us, sight)
    attended, attended_us = _attended(scope, line, posts, at_us)
    uses = [
        use_of(scope, line, party, other, at_us, sight) for other in line.parties if other != party
    ]
    used_us = max((use.last_us for use in uses if use.last_us is not None), default=None)
    named = next((p for p in agreement.parties if p.id == party), None)
    return Side(
        party=party,
        agreement=word,
        agreement_since_us=act.since_us if act is not None else None,
        agreement_by=key_of(act.entry) if act is not None else None,
        link=link,
        heard_us=heard_us,
        attended=attended,
        attended_since_us=attended_us,
        used_last_us=used_us,
        used_24h_count=_used_count(scope, line, party, uses, at_us, sight),
        agreement_reason=act.body.reason if act is not None else "",
        agreement_post=act.entry.by if act is not None else "",
        agreement_signing=act.signing if act is not None else "",
        agreement_because=_because(act),
        second_due_us=act.second_due_us if act is not None else None,
        pending=pending,
        posts=posts,
        languages=named.languages if named is not None else (),
    )


def _worst(
    state: State, scope: Scope, line: Line, party: str, at_us: int, sight: Sight
) -> tuple[Declared | None, tuple[Pending, ...]]:
    """Return a party's act in effect on a line or on its whole agreement: the one that stops more.

    Who resumes the line has not resumed the agreement, nor the other way round.
    """
    act, pending = acts_on(scope, line.id, party, at_us, sight, state=state)
    whole, waiting = acts_on(scope, WHOLE, party, at_us, sight, state=state)
    if whole is not None and (act is None or _stops(whole) > _stops(act)):
        act = whole
    return act, (*pending, *(msgspec.structs.replace(each, whole=True) for each in waiting))


def _stops(act: Declared) -> int:
    return ("in force", "suspended", "withdrawn").index(act.body.value)


def _because(act: Declared | None) -> str:
    if act is None or act.body.value == "in force":
        return ""
    return "the line" if isinstance(act.body, LineDeclared) else "the agreement as a whole"


def _agreed(state: State, agreement: Agreement, party: str, at_us: int, sight: Sight) -> bool:
    """Whether a party has adopted the text that the viewer has, and that text holds then."""
    scope = state.scope(agreement.id)
    known = state.agreement(agreement.id)
    if known is not None and not known.in_force(at_us):
        return False
    if sight.known is None:
        own = held_text(scope, state.party)
        return own is not None and party in agreed_by(scope, own)
    texts = [text_of(scope, each, at_us, sight) for each in (sight.viewer, party)]
    found = [text[0] for text in texts if text is not None]
    return len(found) == 2 and found[0] == found[1]


def _link_to(
    state: State, scope: Scope, party: str, at_us: int, sight: Sight
) -> tuple[str, int | None]:
    """Return the link of the viewer to a party: measured now, or as the viewer wrote it then."""
    if sight.known is None:
        return link_state(state, party, at_us)
    if party == sight.viewer:
        return "up", at_us
    entry = link_observed(scope, sight.viewer, party, at_us, sight)
    if entry is None or not isinstance(entry.body, LinkObserved):
        return "unknown", None
    return entry.body.link, entry.body.since_us


def _attended(
    scope: Scope, line: Line, posts: tuple[PostPresence, ...], at_us: int
) -> tuple[str, int | None]:
    """Return whether a person of the party is at one of its posts, and since which act."""
    if not posts:
        return "unknown", None
    here = [each for each in posts if each.word == "present"]
    last_us = max(each.since_us for each in here or posts)
    hours = hours_of(line)
    if scope.rules.version >= LINE_DUTIES_SINCE and hours is not None and not hours.contains(at_us):
        # Outside of its hours nobody can count on a line, whoever happens to sit there.
        here = []
    return ("attended" if here else "unattended"), last_us


def _used_count(
    scope: Scope, line: Line, party: str, uses: list[Use], at_us: int, sight: Sight
) -> int:
    """Return how many messages and calls of a party there were in 24 h, each counted once."""
    calls = sum(use.calls_24h for use in uses)
    if sight.known is not None or len(uses) == 1:
        return calls + max((use.messages_24h for use in uses), default=0)
    sent_us = scope.index.sent_us.get((line.id, party), [])
    until = bisect.bisect_right(sent_us, at_us)
    return calls + max(until - bisect.bisect_left(sent_us, at_us - 24 * _HOUR_US), 0)


def _direction(
    state: State,
    agreement: Agreement,
    line: Line,
    way: tuple[str, str],
    at_us: int,
    sight: Sight,
) -> Direction:
    scope = state.scope(agreement.id)
    sender, receiver = way
    use = use_of(scope, line, sender, receiver, at_us, sight)
    entry = link_observed(scope, receiver, sender, at_us, sight)
    seen = entry.body if entry is not None and isinstance(entry.body, LinkObserved) else None
    measured = receiver == sight.viewer and sight.known is None
    link = link_state(state, sender, at_us)[0] if measured else (seen.link if seen else "unknown")
    return Direction(
        sender=sender,
        receiver=receiver,
        link=link,
        link_since_us=seen.since_us if seen is not None and seen.link == link else None,
        link_by=key_of(entry) if entry is not None and seen and seen.link == link else None,
        link_said_us=at_us if measured else (written_us(entry) if entry is not None else None),
        tests=_tests(state, agreement, line, way, at_us, sight),
        used_last_us=use.last_us,
        messages_24h=use.messages_24h,
        calls_24h=use.calls_24h,
    )


def _tests(
    state: State,
    agreement: Agreement,
    line: Line,
    way: tuple[str, str],
    at_us: int,
    sight: Sight,
) -> tuple[TestAge, ...]:
    """Return the tests of both kinds one way; none under rules that do not know them apart."""
    scope = state.scope(agreement.id)
    if scope.rules.version < LINE_DUTIES_SINCE:
        return ()
    since_us = owed_since_us(state, agreement, line, way, at_us, sight)
    return tuple(
        test_age(
            tests_of(agreement, scope, line, way, kind, sight),
            schedule_of(agreement, line, kind, since_us, at_us),
            at_us,
        )
        for kind in TEST_KINDS
    )


def owed_since_us(
    state: State,
    agreement: Agreement,
    line: Line,
    way: tuple[str, str],
    at_us: int,
    sight: Sight,
) -> int | None:
    """Return since when the first end owes the second tests; None: the agreement asks for none.

    They are owed while both have adopted one text that holds and neither side is suspended or
    withdrawn; a line that was resumed starts its periods anew.
    """
    scope = state.scope(agreement.id)
    since_us = agreed_since_us(scope, way, at_us, sight)
    if since_us is None or not agreement.in_force(at_us):
        return None
    # A text that took the place of another starts the periods of its own tests.
    text = text_in_chain(scope, at_us)
    since_us = max(since_us, text.from_us) if text is not None else since_us
    for party in way:
        act, _ = _worst(state, scope, line, party, at_us, sight)
        if act is not None and act.body.value != "in force":
            return None
        since_us = max(since_us, act.since_us if act is not None else since_us)
    return since_us


def _tests_word(ways: tuple[Direction, ...]) -> tuple[str, int | None]:
    """Return one word over all tests, the worst if they differ; and the last good of any."""
    words = {age.word for way in ways for age in way.tests}
    good = [age.good_us for way in ways for age in way.tests if age.good_us is not None]
    word = words.pop() if len(words) == 1 else "unverified"
    return word, max(good, default=None)


def glance_of(
    viewer: str,
    sides: tuple[Side, ...],
    ways: tuple[Direction, ...],
    test: str,
    closed: str = "",
) -> tuple[str, tuple[str, ...]]:
    """Return the one word of NORMS 1, and what is missing.

    With several other ends the line is DOWN only if none of them is linked; a single lost end
    makes it DEGRADED and is named. What is declared stays named beside it.

    Args:
        viewer: who looks: its own link is no evidence.
        sides: of the vector.
        ways: its directions.
        test: the word over all tests.
        closed: the hours of the line, outside of which it is; empty: it is not.
    """
    others = [s for s in sides if s.party != viewer]
    suspended = [s.party for s in sides if s.agreement in ("suspended", "withdrawn")]
    missing = [f"agreement {s.agreement} by {s.party}" for s in sides if s.agreement != "in force"]
    missing += [f"link to {s.party} {s.link}" for s in others if s.link != "up"]
    missing += [
        f"{way.receiver} says its link to {way.sender} is down"
        for way in ways
        if way.receiver != viewer and way.link == "down"
    ]
    missing += [f"outside the hours {closed}"] if closed else []
    missing += [f"{s.party} {s.attended}" for s in sides if s.attended != "attended"]
    missing += _untested(ways, test)
    if all(s.link != "up" for s in others):
        return "DOWN", tuple(missing)
    if suspended:
        return "SUSPENDED", tuple(missing)
    return ("DEGRADED" if missing else "OPEN"), tuple(missing)


def _untested(ways: tuple[Direction, ...], test: str) -> list[str]:
    """Return which tests are not verified: each way and kind, or one word where all are alike."""
    if test == "verified":
        return []
    words = {age.word for way in ways for age in way.tests}
    if len(words) < 2:
        return [f"test {test}"]
    return [
        f"{age.kind} test {way.sender} to {way.receiver} {age.word}"
        for way in ways
        for age in way.tests
        if age.word != "verified"
    ]
