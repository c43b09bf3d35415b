"""What must hold in every simulated world, each by its own function; the first breach raises.

They look at stores, logs and folded entries, and as little as possible at the rules they judge: a
rule that is broken must not be able to vouch for itself. `tests/sim/test_planted.py` breaks a rule
for each of them and shows that it is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from simworld import SECOND_US, SimWorld

from parley.app.crank import Crank
from parley.node.custody_bodies import ForkEvidence, HeadDisputed, PeerRefused
from parley.node.entries import Entry, MessageAnswered, ReadBackChecked, log_name
from parley.node.inputs import Say
from parley.node.rules.alarms import Alarm, alarms, sounding
from parley.node.rules.hotline import POSITIVE, closing_answer
from parley.node.rules.lines import LineVector, line_vector
from parley.node.snapshots import digest, snapshot
from parley.node.state import Scope, State, Thread, key_of
from parley.world.norms import message_type

SLACK_US = 2 * SECOND_US
"""A node has this long to do what its clock asks of it."""


class Broken(AssertionError):  # noqa: N818  what is found, not what went wrong
    """An invariant does not hold; the text names the seed, the party and the entry."""


def require(holds: object, world: SimWorld, invariant: str, what: str) -> None:
    """Raise unless something holds."""
    if not holds:
        raise Broken(f"seed {world.seed}: {invariant}: {what}")


def restarted(world: SimWorld, party: str) -> State:
    """Return the state that a node would have if it started from its store now; made once."""
    sizes = sum(len(entries) for entries in world.stores[party].logs.values())
    version = (world.now_us, world.turns, sizes)
    if world.again.get(party, (None, None))[0] != version:
        world.again[party] = (version, world.crank(party).state)
    return world.again[party][1]


def running(world: SimWorld) -> Iterator[tuple[str, Crank]]:
    """Yield the nodes that are up."""
    for party, crank in world.nodes.items():
        if crank is not None:
            yield party, crank


def own_threads(party: str, state: State) -> Iterator[tuple[Scope, Thread]]:
    """Yield the messages that a party has said and still holds."""
    for scope in state.scopes.values():
        for thread in scope.messages():
            if thread.said is not None and thread.said.log.party == party:
                yield scope, thread


# ---- (i) read-backs -----------------------------------------------------------------------------


def _same(said: str | None, read: str | None) -> bool:
    return "".join((said or "").split()).casefold() == "".join((read or "").split()).casefold()


def closed_only_with_read_back(world: SimWorld) -> None:
    """(i) No message closed without its required read-back checked, and checked rightly."""
    name = "closed without its read-back"
    for party, crank in running(world):
        for _, thread in own_threads(party, crank.state):
            for addressee in thread.said.to if thread.body.read_back else ():
                closed = closing_answer(thread, addressee)
                if closed is None:
                    continue
                check = thread.checks.get(key_of(closed))
                require(check is not None, world, name, f"{party} {thread.key} for {addressee}")
                assert isinstance(check.body, ReadBackChecked)
                assert isinstance(closed.body, MessageAnswered)
                same = all(
                    _same(thread.body.fields.get(f), closed.body.fields.get(f))
                    for f in thread.body.read_back
                )
                right = check.body.matches == (closed.body.answer in POSITIVE and same)
                require(right, world, name, f"{party} {thread.key}: checked wrongly")


# ---- (ii) deadlines -----------------------------------------------------------------------------


def overdue_is_written(world: SimWorld) -> None:
    """(ii) No deadline passed without an overdue entry at the sender, by the sender's own clock."""
    for party, crank in running(world):
        if world.now_us - world.started_us[party] < 2 * SLACK_US:
            continue
        now_us = world.clock_us(party) - SLACK_US
        for scope, thread in own_threads(party, crank.state):
            duties = {
                "answer": thread.body.answer_due_us,
                "read_back": thread.body.read_back_due_us,
            }
            for addressee in thread.said.to:
                if _answered(thread, addressee):
                    continue
                over_us = _over_us(scope, thread, addressee)
                for duty, due_us in duties.items():
                    written = (addressee, duty) in thread.overdue
                    # What the sender took back before its time was up owes nothing.
                    written = written or (due_us is not None and over_us <= due_us)
                    owing = due_us is not None and due_us < now_us and not written
                    what = f"{party} {thread.key}: {duty} of {addressee}"
                    require(not owing, world, "no overdue entry", what)


TAKES_BACK = (
    "correction", "cancel", "humanitarian.update", "humanitarian.withdraw", "intent.change",
    "intent.cancel", "objection.withdraw",
)  # fmt: skip
"""Messages by which a sender ends an earlier one of its own (docs/norms.md)."""


def _over_us(scope: Scope, thread: Thread, addressee: str) -> int:
    """Return when the sender told an addressee that its message is over, or never."""
    about = {thread.key, *thread.answers}
    return min(
        (
            other.said.issued_us
            for other in scope.threads.values()
            if other.said is not None
            and other.said.log.party == thread.said.log.party
            and other.body.message_type in TAKES_BACK
            and addressee in other.said.to
            and other.said.ref
            and other.said.ref[0].key in about
        ),
        default=10**18,
    )


def _answered(thread: Thread, party: str) -> bool:
    given = [
        e.body.answer
        for e in thread.answers.values()
        if e.log.party == party and isinstance(e.body, MessageAnswered)
    ]
    # Only where there is an answer at all is the rule asked whether it counts.
    return any(a != "STANDBY" for a in given) and closing_answer(thread, party) is not None


# ---- (iii) one record, one state ----------------------------------------------------------------


def same_logs_same_state(world: SimWorld) -> None:
    """(iii) No two nodes with the same logs in different states; nor a node and its own store."""
    name = "same logs, other state"
    for party, crank in running(world):
        again = restarted(world, party)
        for agreement, scope in crank.state.scopes.items():
            same = digest(again.scope(agreement)) == digest(scope)
            require(same, world, name, f"{party} {agreement} and its store")
    for agreement, scopes in _by_agreement(world).items():
        by_logs: dict[str, dict[str, str]] = {}
        for party, scope in scopes.items():
            by_logs.setdefault(str(snapshot(scope)["logs"]), {})[party] = digest(scope)
        for found in by_logs.values():
            require(len(set(found.values())) == 1, world, name, f"{agreement}: {found}")


def everything_arrived(world: SimWorld) -> None:
    """(iii) After a calm time every party of an agreement holds the same logs, so one state."""
    for agreement, scopes in _by_agreement(world).items():
        logs = {party: str(snapshot(scope)["logs"]) for party, scope in scopes.items()}
        same = len(set(logs.values())) == 1
        require(same, world, "logs differ after the calm", f"{agreement}: {logs}")


def _by_agreement(world: SimWorld) -> dict[str, dict[str, Scope]]:
    found: dict[str, dict[str, Scope]] = {}
    for party, crank in running(world):
        for agreement in world.identities[party].agreements:
            found.setdefault(agreement, {})[party] = crank.state.scope(agreement)
    return found


# ---- (iv) nothing acknowledged is lost ----------------------------------------------------------


def nothing_acknowledged_is_lost(world: SimWorld) -> None:
    """(iv) What a peer cosigned it holds, as does its writer; what an operator was told stands."""
    name = "acknowledged and lost"
    for (origin, peer), size in world.receipts.items():
        for party in (peer, log_name(origin).party):
            crank = world.nodes[party]
            if crank is None:
                continue
            log = crank.state.log(origin)
            require(log.tree.size >= size, world, name, f"{origin} at {size}, by {party}")
            same = log.tree.root(size) == world.signed[(origin, size)]
            require(same, world, name, f"{origin} at {size}: other entries at {party}")
            require(world.stores[party].size(origin) >= size, world, name, f"{origin} in {party}")
    told_is_kept(world)


def told_is_kept(world: SimWorld) -> None:
    """(iv) Every act that an operator was told is written stands in the store, byte for byte."""
    for (origin, index), (party, data) in world.told.items():
        held = world.stores[party].logs.get(origin, [])[index : index + 1]
        what = f"{party} was told of {origin} {index}"
        require(held == [data], world, "acknowledged and lost", what)


# ---- (v) the line's vector ----------------------------------------------------------------------


def vectors_agree(world: SimWorld) -> None:
    """(v) Where the logs agree, so does all of a line's vector that is not measured by a node."""
    now_us = world.now_us
    for agreement, scopes in _by_agreement(world).items():
        found: dict[str, dict[str, object]] = {}
        for party, scope in scopes.items():
            state = world.node(party).state
            own = state.identity.agreements[agreement]
            logs = str(snapshot(scope)["logs"])
            words = [_words(scope, line_vector(state, own, line, now_us)) for line in own.lines]
            found.setdefault(logs, {})[party] = words
        for words_of in found.values():
            same = len({str(words) for words in words_of.values()}) == 1
            require(same, world, "vectors differ", f"{agreement}: {words_of}")


def _words(scope: Scope, vector: LineVector) -> object:
    """Return what of a vector comes from the record; not what others may not read of it."""
    sides: list[object] = []
    for side in vector.sides:
        sides.append((side.party, side.agreement, side.agreement_since_us, side.agreement_by))
        sides.append((side.agreement_signing, side.second_due_us, str(side.pending)))
        sides.append((side.attended, side.attended_since_us, str(side.posts)))
        if not scope.narrow:
            sides.append((side.used_last_us, side.used_24h_count))
    tests = [(way.sender, way.receiver, str(way.tests)) for way in vector.directions]
    return sides, None if scope.narrow else (vector.test, vector.test_good_us, tests)


# ---- (vi) life-safety ---------------------------------------------------------------------------


def life_safety_is_never_refused(world: SimWorld) -> None:
    """(vi) No suspension, quota or rate refuses a message about a life at risk."""
    for party, act, fault in world.refused_acts:
        # What is no message at all may be refused: one without its reference, consent or place.
        ill_formed = fault.what.endswith(("valid_until_us", "addressee", "about"))
        ill_formed = ill_formed or fault.what.startswith("message ")
        if isinstance(act, Say) and is_life_safety(act) and not ill_formed:
            require(False, world, "life-safety refused", f"{party}: {fault}")


def is_life_safety(act: Say) -> bool:
    """Whether a message always passes."""
    return act.message_class == "DISTRESS" or message_type(act.message_type).life_safety


def life_safety_arrives(world: SimWorld, *, calm: bool) -> None:
    """(vi) Each arrives in time where nothing was done to the network; after a calm, always."""
    slowest_s = world.delay_s[1]
    for key, (sender, to, said_us, quick) in world.life.items():
        for addressee in to:
            arrived_us = world.arrived_us.get((key, addressee))
            what = f"{key} of {sender} at {addressee}"
            within_us = round((2.0 + 6 * slowest_s) * SECOND_US)
            until_us = said_us + within_us
            # What queued up while they were apart goes first where it is as urgent.
            since_us = said_us - round(20 * slowest_s * SECOND_US)
            still = quick and _undisturbed(world, since_us, until_us, (sender, addressee))
            if still and world.now_us > until_us:
                late = arrived_us is None or arrived_us > until_us
                require(not late, world, "life-safety came late", what)
            if calm:
                # Its node may have died just after it was stored: then only the store knows.
                held = world.stores[addressee].size(key[0]) > key[1]
                require(held, world, "life-safety never came", what)


def _undisturbed(world: SimWorld, from_us: int, until_us: int, parties: tuple[str, ...]) -> bool:
    return not any(
        start_us <= until_us and from_us <= end_us and whom & set(parties)
        for start_us, end_us, whom in world.disturbed
    )


# ---- (vii) alarms -------------------------------------------------------------------------------

_OF_MESSAGES = ("unanswered", "overdue", "misread", "refused")


def taken_alarms_are_silent(world: SimWorld) -> None:
    """(vii) An alarm that somebody has taken sounds no more, after a restart neither."""
    for party, crank in running(world):
        took = world.people[party].took if party in world.people else set()
        for state in (crank.state, restarted(world, party)):
            for alarm in sounding(alarms(state, world.clock_us(party))):
                sounds = (alarm.agreement, alarm.name) in took
                require(not sounds, world, "a taken alarm sounds", f"{party}: {alarm.name}")


def alarms_are_of_what_stands(world: SimWorld) -> None:
    """(vii) No alarm for what is over, and one for every message that nobody answered in time."""
    for party, crank in running(world):
        now_us = world.clock_us(party)
        standing = alarms(crank.state, now_us)
        for alarm in standing:
            over = _is_over(crank.state, party, alarm, now_us)
            require(not over, world, "an alarm for what is over", f"{party}: {alarm.name}")
        fresh = alarms(restarted(world, party), now_us)
        same = _shown(standing) == _shown(fresh)
        what = f"{party}: {_shown(standing) ^ _shown(fresh)}"
        require(same, world, "alarms differ after a restart", what)
        causes = {(a.cause, a.party) for a in standing if a.kind == "overdue"}
        for scope, thread in own_threads(party, crank.state):
            for addressee in _unanswered(world, party, scope, thread):
                raised = (thread.key, addressee) in causes
                what = f"{party}: {thread.key} to {addressee}"
                require(raised, world, "no alarm for what was not answered", what)


def _shown(standing: tuple[Alarm, ...]) -> set[tuple[str, bool]]:
    return {(a.name, a.silent) for a in standing if a.kind in _OF_MESSAGES}


def _is_over(state: State, party: str, alarm: Alarm, now_us: int) -> bool:
    if alarm.kind == "link":
        heard_us = state.links.heard_us.get(alarm.party)
        return heard_us is not None and 0 <= now_us - heard_us < 25 * SECOND_US
    if alarm.kind not in ("unanswered", "overdue") or alarm.cause is None:
        return False
    scope = state.scope(alarm.agreement)
    thread = scope.threads[alarm.cause]
    owes = party if alarm.kind == "unanswered" else alarm.party
    until_us = thread.said.valid_until_us
    expired = until_us is not None and until_us < now_us - SLACK_US
    return expired or _answered(thread, owes) or _over_us(scope, thread, owes) < 10**18


def _unanswered(world: SimWorld, party: str, scope: Scope, thread: Thread) -> Iterator[str]:
    """Yield who has let a message pass that stands, and that a person and no machine asked."""
    due_us, until_us = thread.body.answer_due_us, thread.said.valid_until_us
    now_us = world.clock_us(party) - SLACK_US
    asks = scope.rules.version >= 3 and until_us is None and thread.said.by != "system"
    if not asks or due_us is None or due_us > now_us or not thread.body.answers:
        return
    for addressee in thread.said.to:
        if not _answered(thread, addressee) and _over_us(scope, thread, addressee) == 10**18:
            yield addressee


# ---- (viii) nobody is accused -------------------------------------------------------------------


def nobody_is_accused(world: SimWorld, *, orderly: bool) -> None:
    """(viii) Among honest nodes nobody is accused of a fork, and none of a fault on orderly links.

    Args:
        world: where all keep the rules.
        orderly: whether no frame was doubled or overtaken and no clock set back, which a peer may
            take for a replay.
    """
    for party, crank in running(world):
        for scope in crank.state.scopes.values():
            for table in scope.custody.values():
                for entry in table.values():
                    what = f"{entry.log.party} in {entry.log.origin} {entry.seq}, held by {party}"
                    accuses = isinstance(entry.body, ForkEvidence | HeadDisputed)
                    require(not accuses, world, "an honest party accused", what)
                    if orderly:
                        require(not _fault(entry), world, "an honest party refused", what)


def _fault(entry: Entry) -> bool:
    return isinstance(entry.body, PeerRefused) and entry.body.what == "fault"


# ---- payloads -----------------------------------------------------------------------------------


def payloads_where_they_belong(world: SimWorld) -> None:
    """Each holds every payload that is for it and was not destroyed, and no other.

    Not destroyed: neither here, nor by its writer before it could reach us.
    """
    for party, crank in running(world):
        for scope in crank.state.scopes.values():
            destroyed = {
                (act.log.party, act.ref[0].key)
                for act in scope.custody.get("payload.destroyed", {}).values()
            }
            for key, entry in scope.sealed.items():
                about = (key, *(ref.key for ref in entry.ref))
                who = (party, entry.log.party)
                gone = any((p, k) in destroyed for p in who for k in about)
                meant = entry.audience is None or party in entry.audience
                require(gone or not meant, world, "payload missing", f"{key} at {party}")
            for origin in scope.logs:
                for index in world.stores[party].openings(origin, 0, 10**9):
                    audience = scope.narrow.get((origin, index), (party,))
                    what = f"{origin} {index} at {party}"
                    require(party in audience, world, "payload where it must not be", what)


ALONG_THE_WAY: tuple[Callable[[SimWorld], None], ...] = (
    overdue_is_written,
    told_is_kept,
    life_safety_is_never_refused,
    lambda world: life_safety_arrives(world, calm=False),
)
"""Cheap enough to be asked every few simulated seconds."""
AT_THE_END: tuple[Callable[[SimWorld], None], ...] = (
    closed_only_with_read_back,
    overdue_is_written,
    same_logs_same_state,
    everything_arrived,
    nothing_acknowledged_is_lost,
    vectors_agree,
    life_safety_is_never_refused,
    lambda world: life_safety_arrives(world, calm=True),
    taken_alarms_are_silent,
    alarms_are_of_what_stands,
    payloads_where_they_belong,
)
"""After the network has healed and every deadline has passed."""
