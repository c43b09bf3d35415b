"""What conformance raises at our own posts: flights outside their intents, or never activated.

Rules:
- From the log, but for one: a flight that moves in an Accepted intent is known from live reports.
- A flight outside stands until it is inside again; one that is Contingent until its intent ends.
- A place where no flight of ours was ever seen asks for a notice, once: it is over when one about
  the flight was given since, or somebody took the alarm.
"""

from __future__ import annotations

from collections.abc import Iterator

from parley.node.intent_table import Held
from parley.node.picture import STALE_US
from parley.node.rules.alarm_raised import Raised, line_posts, place_name, shown
from parley.node.rules.conformance_watch import CONFORMANCE_SINCE, newest_observed, watches_of
from parley.node.rules.intent_record import read_intents
from parley.node.rules.unusual_flights import unanswered
from parley.node.state import Scope, State, key_of, written_us
from parley.node.warning_bodies import ConformanceObserved, FlightUnusual
from parley.world.agreement import Agreement
from parley.world.intent import IntentState


def raised(state: State, scope: Scope, agreement: Agreement, now_us: int) -> Iterator[Raised]:
    """Yield what the conformance of own flights raises under an agreement."""
    if scope.rules.version < CONFORMANCE_SINCE:
        return
    post = _post(state, agreement)
    yield from _outside(state, scope, post)
    yield from _not_activated(state, scope, post, now_us)
    yield from _unusual(state, scope, post, now_us)


def _post(state: State, agreement: Agreement) -> str:
    for line in agreement.lines:
        posts = line_posts(agreement, line.id, state.party)
        if posts:
            return posts[0]
    known = [party.posts for party in agreement.parties if party.id == state.party]
    return known[0][0] if known and known[0] else "duty-officer"


def _outside(state: State, scope: Scope, post: str) -> Iterator[Raised]:
    newest = newest_observed(scope)
    table = read_intents(state, scope).held
    for (party, intent), entry in sorted(newest.items()):
        body, held = entry.body, table.get((party, intent))
        assert isinstance(body, ConformanceObserved)
        if party != state.party or held is None or not _stands(held, body):
            continue
        contingent = held.state is IntentState.CONTINGENT
        word = "CONTINGENT, end it" if contingent else held.state.value
        yield Raised(
            name=f"conformance:{place_name(key_of(entry))}{':contingent' if contingent else ''}",
            kind="conformance",
            alarm_class="URGENT",
            line="",
            party=party,
            text=f"OUR FLIGHT {shown(held.flight)} IS OUTSIDE its intent {shown(intent)} "
            f"({_how(body)}): {word}",
            post=post,
            since_us=written_us(entry),
            cause=key_of(entry),
            rung=int(contingent),
        )


def _stands(held: Held, body: ConformanceObserved) -> bool:
    open_ = held.state in (
        IntentState.ACTIVATED, IntentState.NONCONFORMING, IntentState.CONTINGENT,
    )  # fmt: skip
    return open_ and body.state == "outside"


def _how(body: ConformanceObserved) -> str:
    """Return by how much a flight was outside when it was told.

    >>> _how(
    ...     ConformanceObserved(
    ...         intent="C1",
    ...         flight="X",
    ...         state="outside",
    ...         since_us=0,
    ...         what=("place", "time"),
    ...         at_us=0,
    ...         lat_e9=0,
    ...         lon_e9=0,
    ...         altitude_mm=0,
    ...         altitude_reference="AMSL",
    ...         horizontal_mm=250_400,
    ...         late_ms=-90_000,
    ...     )
    ... )
    '250 m across, 90 s early'
    """
    found = []
    if "place" in body.what:
        found.append(f"{body.horizontal_mm / 1000:.0f} m across")
    if "height" in body.what:
        found.append(f"{body.vertical_mm / 1000:.0f} m in height")
    if "time" in body.what:
        word = "early" if body.late_ms < 0 else "late"
        found.append(f"{abs(body.late_ms) / 1e3:.0f} s {word}")
    return ", ".join(found) or "how far is not known"


def _not_activated(state: State, scope: Scope, post: str, now_us: int) -> Iterator[Raised]:
    table = read_intents(state, scope).held
    for flight, (intent, seen_us) in sorted(watches_of(scope).unactivated.items()):
        held, aircraft = table.get((state.party, intent)), state.picture.aircraft.get(flight)
        if held is None or held.state is not IntentState.ACCEPTED or aircraft is None:
            continue
        if now_us - aircraft.received_us > STALE_US:
            continue
        yield Raised(
            name=f"not-activated:{place_name(held.key)}",
            kind="not activated",
            alarm_class="SAFETY",
            line="",
            party=state.party,
            text=f"our flight {shown(flight)} moves inside its intent {shown(intent)}, which is "
            "Accepted and not Activated",
            post=post,
            since_us=min(seen_us, now_us),
            cause=held.key,
        )


def _unusual(state: State, scope: Scope, post: str, now_us: int) -> Iterator[Raised]:
    for entry in unanswered(state, scope, now_us):
        body = entry.body
        assert isinstance(body, FlightUnusual)
        yield Raised(
            name=f"unusual:{place_name(key_of(entry))}",
            kind="unusual flight",
            alarm_class="SAFETY",
            line="",
            party=state.party,
            text=f"our flight {shown(body.flight)} is {body.beyond_mm / 1e6:.0f} km outside where "
            "flights of ours were ever seen: give notice of it",
            post=post,
            since_us=written_us(entry),
            cause=key_of(entry),
            once=True,
        )
