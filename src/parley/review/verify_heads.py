"""Steps 1 to 3 of a verification: whose keys, whose signatures, who else holds the heads.

A key that the person who verifies brought along outranks the pack's; a log whose keys nobody but
the pack vouches for is said to be so. What a key's party says about it in its logs, that it gave
way to another or is revoked, is checked after the entries are (`check_rotations`, `check_revoked`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from parley.node.custody_bodies import KeyRevoked, KeyRotated
from parley.review.pack import Pack, PackLog
from parley.review.verify_entries import bodies_of, opened_by
from parley.review.verify_parts import (
    CheckedHead,
    CheckedLog,
    cosigner_words,
    party_of,
    refuse,
)
from parley.trust.checkpoint import Cosignature, open_checkpoint
from parley.trust.keys import ALGORITHM_ED25519, VerifierKey, parse_vkey
from parley.trust.note import Note, parse_unverified_note, verify_note_signatures
from parley.trust.policy import Policy, parse_policy
from parley.trust.statements import (
    Rotation,
    parse_statement,
    verify_rotation,
    verify_statement,
    vkey_digest,
)
from parley.trust.statements import Statement as KeyStatement
from parley.world.faults import Fault, InputFault, PeerFault
from parley.world.time import format_instant
from parley.world.units import MICROSECONDS_PER_SECOND

Given = Mapping[str, tuple[VerifierKey, ...]]
"""Keys that the verifying person has from their owners, by name; an old and a new one of a name."""


# ---- 1 keys -------------------------------------------------------------------------------------


def check_keys(pack: Pack, given: Given, policies: Sequence[Policy]) -> list[CheckedLog]:
    """Return the logs with their keys, each read and compared with the given ones.

    Raises:
        InputFault: keys were given, but none for one of the logs.
        PackFault: no key, a weak one, or another than the given one.
    """
    own = {}
    for log in pack.logs:
        own[log.origin] = tuple(
            _parse(f"log {log.origin} key", each.vkey, log.origin) for each in log.keys
        )
        if any(key.name != log.origin for key in own[log.origin]):
            refuse(1, f"log {log.origin} key", wanted="keys named by the origin", log=log.origin)
        if len({key.public for key in own[log.origin]}) != len(own[log.origin]):
            refuse(1, f"log {log.origin} keys", wanted="each key once", log=log.origin)
    by_party: dict[str, set[bytes]] = {}
    for origin, keys in own.items():
        by_party.setdefault(party_of(origin) or origin, set()).update(key.public for key in keys)
    return [
        _checked(number, log, own[log.origin], by_party, given, policies)
        for number, log in enumerate(pack.logs)
    ]


def _parse(what: str, vkey: str, origin: str = "") -> VerifierKey:
    try:
        key = parse_vkey(vkey)
    except InputFault as fault:
        refuse(1, what, str(fault), log=origin)
    if key.algorithm != ALGORITHM_ED25519:
        refuse(1, f"{what} {key.name}", f"algorithm {key.algorithm}", "1", log=origin)
    return key


def _checked(
    number: int,
    log: PackLog,
    keys: tuple[VerifierKey, ...],
    by_party: Mapping[str, set[bytes]],
    given: Given,
    policies: Sequence[Policy],
) -> CheckedLog:
    origin, party = log.origin, party_of(log.origin)
    policy, from_outside = _policy(log, keys, policies)
    known = [*given.get(origin, ()), *given.get(f"parley/{party}/log", ())]
    known += [each.key for each in policy.logs] if from_outside else []
    if known and by_party[party or origin].isdisjoint(key.public for key in known):
        refuse(
            1,
            f"log {origin} key",
            keys[0].vkey,
            known[0].vkey,
            "another key signed this pack: do not rely on it",
            log=origin,
        )
    if not known and (given or any(policy.logs for policy in policies)):
        raise InputFault(
            f"trusted key of log {origin}", value="not given", wanted=f"the log key of {party}"
        )
    return CheckedLog(
        number=number,
        shown=log,
        keys=keys,
        key_from="given" if known else "pack",
        policy=policy,
        policy_given=from_outside,
        given_cosigners=_given_cosigners(log, policy, given, from_outside=from_outside),
    )


def _policy(
    log: PackLog, keys: Sequence[VerifierKey], policies: Sequence[Policy]
) -> tuple[Policy, bool]:
    """Return the policy for a log: one that was given, else the pack's own."""
    what = f"log {log.origin} policy"
    try:
        own = parse_policy(log.policy)
    except PeerFault as fault:
        refuse(1, what, str(fault), "a C2SP policy", log=log.origin)
    if [each.key for each in own.logs] != list(keys):
        refuse(1, what, "of other keys", "the keys of the log, in their order", log=log.origin)
    for policy in policies:
        if not policy.logs or any(each.key.name == log.origin for each in policy.logs):
            return policy, True
    return own, False


def _given_cosigners(
    log: PackLog, policy: Policy, given: Given, *, from_outside: bool
) -> frozenset[str]:
    found = set()
    for witness in policy.witnesses:
        known = given.get(witness.key.name, ())
        if known and witness.key not in known:
            refuse(
                1,
                f"log {log.origin} mirror key {witness.key.name}",
                witness.key.vkey,
                known[0].vkey,
                log=log.origin,
            )
        if known or from_outside:
            found.add(witness.key.name)
    return frozenset(found)


def other_keys(pack: Pack, given: Given) -> dict[str, VerifierKey]:
    """Return the link and root keys by name: those given, else those of the pack.

    Raises:
        PackFault: a key that is none, one twice, or another than the given one of its name.
    """
    found: dict[str, VerifierKey] = {}
    for vkey in pack.keys:
        key = _parse("pack key", vkey)
        known = given.get(key.name, ())
        if key.name in found or (known and key not in known):
            refuse(1, f"pack key {key.name}", key.vkey, known[0].vkey if known else "each once")
        found[key.name] = key
    return {**found, **{name: keys[0] for name, keys in given.items() if name not in found}}


# ---- 2 notes, 3 quorum --------------------------------------------------------------------------


def check_notes(log: CheckedLog) -> None:
    """Fill in the heads of a log, each signed by the key in force at its size.

    Raises:
        PackFault: a note that is not.
    """
    for shown in log.shown.heads:
        what = f"{log.what} head.{shown.size}"
        try:
            checkpoint = open_checkpoint(shown.note, log.key_at(shown.size), log.origin)
        except PeerFault as fault:
            refuse(2, what, str(fault), log=log.origin)
        if checkpoint.size != shown.size:
            refuse(
                2,
                what,
                f"a head of {checkpoint.size} entries",
                f"one of {shown.size}",
                "an old head does not stand for a new one",
                log=log.origin,
                index=min(checkpoint.size, shown.size),
            )
        log.heads.append(CheckedHead(checkpoint=checkpoint, note=parse_unverified_note(shown.note)))


def check_cosignatures(log: CheckedLog) -> None:
    """Fill in who cosigned each head, and when.

    Raises:
        PackFault: a cosignature of a listed witness that is not its own.
    """
    for head in log.heads:
        lines = {(line.name, line.key_id) for line in head.note.signatures}
        head.cosigned = tuple(
            each
            for witness in log.policy.witnesses
            if (witness.key.name, witness.key.key_id) in lines
            for each in _cosignatures(log, head, witness.key)
        )


def _cosignatures(log: CheckedLog, head: CheckedHead, key: VerifierKey) -> list[Cosignature]:
    """Return every cosignature of one witness on a head, by time."""
    try:
        verify_note_signatures(head.note, (key,))
    except PeerFault as fault:
        what = f"{log.what} head.{head.size}"
        refuse(3, what, str(fault), log=log.origin)
    return [Cosignature(cosigner=key.name, time_s=at) for at in _times(head.note, key)]


def _times(note: Note, key: VerifierKey) -> list[int]:
    found = {
        int.from_bytes(line.payload[:8], "big")
        for line in note.signatures
        if (line.name, line.key_id) == (key.name, key.key_id)
    }
    return sorted(found)


def is_held(log: CheckedLog, head: CheckedHead, *, since_us: int | None = None) -> bool:
    """Return whether the policy's quorum cosigned a head, from an instant on if one is named."""
    names = {each.key.name: each.name for each in log.policy.witnesses}
    return log.policy.is_met_by(
        [
            names[each.cosigner]
            for each in head.cosigned
            if since_us is None or (each.time_s + 1) * MICROSECONDS_PER_SECOND > since_us
        ]
    )


def held_size(log: CheckedLog) -> int:
    """Return up to where the quorum holds the log; 0 for none of it."""
    return max((head.size for head in log.heads if is_held(log, head)), default=0)


def check_quorum(log: CheckedLog) -> list[str]:
    """Return why the record is undecided: who did not cosign the newest head, and since when."""
    if is_held(log, log.newest):
        return []
    there = {each.cosigner for each in log.newest.cosigned}
    found = []
    for witness in log.policy.witnesses:
        name = witness.key.name
        if name in there:
            continue
        times = [(c.time_s, h.size) for h in log.heads for c in h.cosigned if c.cosigner == name]
        who = cosigner_words(name)
        if times:
            at_s, size = max(times)
            at = format_instant(at_s * MICROSECONDS_PER_SECOND)
            found.append(f"{who} stopped cosigning at {at}, at entry {size} of {log.origin}")
        else:
            found.append(f"{who} never cosigned {log.origin}")
    return found


def policy_remarks(log: CheckedLog, given: Given, parties: Collection[str]) -> list[str]:
    """Return what a reader should know of the policy that a log comes with.

    Args:
        log: keys checked.
        given: the keys that the person has.
        parties: whose logs are in the pack.
    """
    if log.policy_given:
        return []
    asked = {each.key.name for each in log.policy.witnesses}
    found = []
    if log.policy.is_met_by(()):
        found.append(f"the policy of {log.origin} asks for nobody's cosignature")
    if any(cosigner_words(name) == party_of(log.origin) for name in asked):
        found.append(f"the policy of {log.origin} counts its own party's cosignature")
    left_out = sorted(
        party
        for party in {cosigner_words(name) for name in given if name.endswith("/mirror")}
        if party in parties
        and party != party_of(log.origin)
        and f"parley/{party}/mirror" not in asked
    )
    found += [
        f"the policy of {log.origin} does not ask for {party}, whose mirror key you gave"
        for party in left_out
    ]
    return found


def check_window(pack: Pack, log: CheckedLog) -> None:
    """Check that a log is shown for all of the time that the pack claims.

    Raises:
        PackFault: it is stale, or cut at either end.
    """
    if pack.window is None:
        return
    window, newest = pack.window, log.newest
    times = [each.time_s for each in newest.cosigned]
    newest_us = max(times) * MICROSECONDS_PER_SECOND if times else None
    if newest_us is None or not is_held(log, newest, since_us=window.to_us):
        refuse(
            4,
            f"{log.what} head.{newest.size}",
            "stale: cosigned " + ("by nobody" if newest_us is None else format_instant(newest_us)),
            f"a quorum at or after {format_instant(window.to_us)}, to which the pack claims to go",
            log=log.origin,
            index=newest.size,
        )
    before = [
        head.size
        for head in log.heads
        for each in head.cosigned
        if each.time_s * MICROSECONDS_PER_SECOND <= window.from_us
    ]
    start = log.ranges[0].start if log.ranges else newest.size
    end = log.ranges[0].end if log.ranges else newest.size
    if start > max(before, default=0) or end != newest.size:
        at = end if end != newest.size else max(before, default=0)
        refuse(
            4,
            f"{log.what} entry {at}",
            "not shown",
            f"all entries from {format_instant(window.from_us)} on without a gap",
            log=log.origin,
            index=at,
        )


# ---- 1 keys again: what the entries say about them ----------------------------------------------


def check_rotations(log: CheckedLog) -> list[tuple[bytes, bytes]]:
    """Return which public key gave way to which, after checking each change of key of a log.

    Raises:
        PackFault: a key that no entry under the old key names, or an old key that signs on.
    """
    opened = opened_by(log)
    promised = opened.keys.get("next") if opened is not None else None
    _check_first(log, opened.keys.get("log") if opened is not None else None)
    rotations = [
        (index, body)
        for index, body in bodies_of(log, "key.rotated")
        if isinstance(body, KeyRotated)
    ]
    links = []
    for number, (listed, new) in enumerate(zip(log.shown.keys[1:], log.keys[1:], strict=True)):
        if not rotations or rotations[0][0] > listed.from_size - 2:
            refuse(
                1,
                f"{log.what} key from size {listed.from_size}",
                new.vkey,
                "an entry key.rotated before it that is shown",
                log=log.origin,
                index=max(listed.from_size - 2, 0),
            )
        index, body = rotations.pop(0)
        covering = next((head.size for head in log.heads if head.size > index), None)
        if covering != listed.from_size - 1:
            _refuse_old_key(log, index, f"signs up to {listed.from_size - 1}")
        flaw = _flaw(log, body, log.keys[number], promised)
        if flaw is None and parse_vkey(body.new).public != new.public:
            flaw = f"to {body.new}, not to the key of the pack"
        if flaw is not None:
            refuse(1, f"{log.what} entry {index}", flaw, log=log.origin, index=index)
        links.append((log.keys[number].public, new.public))
        promised = body.next_sha256
    for index, body in rotations:
        # A change that does not hold changed nothing, whoever wrote it.
        holds = _flaw(log, body, log.keys[-1], promised) is None
        if holds and sum(head.size > index for head in log.heads) > 1:
            _refuse_old_key(log, index, "signs on")
    return links


def _check_first(log: CheckedLog, stated: str | None) -> None:
    if stated is None:
        return
    try:
        same = parse_vkey(stated).public == log.keys[0].public
    except InputFault:
        same = False
    if not same:
        wanted = "the key that the log's first entry names"
        refuse(1, f"{log.what} key", log.keys[0].vkey, wanted, log=log.origin, index=0)


def _refuse_old_key(log: CheckedLog, index: int, how: str) -> None:
    refuse(
        1,
        f"{log.what} entry {index}",
        f"a change of key after which the old key {how}",
        "heads of the new key after the first that covers it",
        "the old key had expired: whoever holds it can sign anything",
        log=log.origin,
        index=index,
    )


def _flaw(log: CheckedLog, body: KeyRotated, old: VerifierKey, promised: str | None) -> str | None:
    """Return why a change of key does not hold; what is promised outside of the pack is not."""
    party = party_of(log.origin)
    try:
        verify_rotation(
            Rotation(
                party=party, role="log", old=body.old, new=body.new, next_sha256=body.next_sha256
            ),
            body.possession,
            old.named(f"parley/{party}/log"),
            promised or vkey_digest(body.new),
        )
    except Fault as fault:
        return str(fault)
    return None


def check_given_chain(
    logs: Sequence[CheckedLog], links: Mapping[str, Sequence[tuple[bytes, bytes]]], given: Given
) -> None:
    """Check that every log begins with a given key, or one that took over from it.

    It took over by a change of key, or by a statement of root keys that were given as well.

    Args:
        logs: the logs, rotations checked.
        links: by party, which public key gave way to which.
        given: the keys that the person has.

    Raises:
        PackFault: a log begins with another key.
    """
    # Root keys that only the pack gives could be anybody's, so they appoint nobody.
    roots = {name: keys[0] for name, keys in given.items()}
    appointed = {
        parse_vkey(one.key).public
        for one in _root_statements(logs, roots)
        if one.action != "revoke" and one.role == "log"
    }
    for log in logs:
        if log.key_from != "given":
            continue
        party = party_of(log.origin)
        known = {
            key.public
            for name in (log.origin, f"parley/{party}/log")
            for key in given.get(name, ())
        }
        known |= {each.key.public for each in log.policy.logs} if log.policy_given else set()
        linked = list(links.get(party, ()))
        grown = True
        while grown:
            near = {b for a, b in linked if a in known} | {a for a, b in linked if b in known}
            grown = not near <= known
            known |= near
        if log.keys[0].public not in known | appointed:
            wanted = "a given key, or one that took over from it"
            refuse(1, f"{log.what} key", log.keys[0].vkey, wanted, log=log.origin)


def check_revoked(logs: Sequence[CheckedLog], others: Mapping[str, VerifierKey]) -> None:
    """Check that no log rests on a key that its party's root had revoked before anybody cosigned.

    Raises:
        PackFault: it does, naming the first entry that nobody held before.
    """
    for one in _root_statements(logs, others):
        if one.action == "revoke" and one.role == "log":
            for log in logs:
                _check_not_revoked(log, parse_vkey(one.key), one.at_us)


def _root_statements(
    logs: Sequence[CheckedLog], others: Mapping[str, VerifierKey]
) -> Iterator[KeyStatement]:
    """Yield what the root keys of parties stated in the logs; what they did not sign is nothing.

    How many of them decide does not stand in a pack; most of those known is taken.
    """
    for log in logs:
        for _, body in bodies_of(log, "key.revoked"):
            note = body.statement.encode() if isinstance(body, KeyRevoked) else b""
            try:
                prefix = f"parley/{parse_statement(parse_unverified_note(note).text).party}/root-"
                roots = [key for name, key in others.items() if name.startswith(prefix)]
                yield verify_statement(note, roots, len(roots) // 2 + 1)
            except Fault:
                continue


def _check_not_revoked(log: CheckedLog, revoked: VerifierKey, at_us: int) -> None:
    signed = [head for head in log.heads if log.key_at(head.size).public == revoked.public]
    if f"parley/{party_of(log.origin)}/log" != revoked.name or not signed:
        return
    before = [
        head.size
        for head in log.heads
        for each in head.cosigned
        if each.time_s * MICROSECONDS_PER_SECOND < at_us
    ]
    held = max(before, default=0)
    if signed[-1].size > held:
        refuse(
            1,
            f"{log.what} entry {held}",
            f"signed by a key that was revoked from {format_instant(at_us)} on",
            "entries that somebody cosigned before",
            log=log.origin,
            index=held,
            last=signed[-1].size - 1,
        )
