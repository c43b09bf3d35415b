"""What is done to a node that does not run: backup, restore, takeover by a standby, a new log key.

Rules:
- Nothing is overwritten: a store that is there is moved away by a person, never by us.
- A restored store is never signed on before its mirrors were asked: `startup` sees to it.
- A takeover writes no further into the logs of the first node, so that even if that one still
  runs, no log forks; the peers take nothing more from it.
- A rotation is finished or can be finished: the entry is durable before a key file moves.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec

from parley.app.config import NodeSetup
from parley.app.crank import Crank
from parley.app.evidence import own_store
from parley.app.keyfile import (
    add_past_key,
    begin_rotation,
    finish_rotation,
    read_starts,
    write_starts,
)
from parley.app.logstore import ABANDONED, read_abandoned
from parley.app.process import make_crank
from parley.app.startup import STANDBY, STARTS, refuse_standby
from parley.node.custody_bodies import KeyRotated
from parley.node.entries import LOG_KINDS, Draft, LogName, log_name
from parley.node.rules.agreements import superseded_by
from parley.store.sqlite import Store
from parley.trust.keys import SigningKey
from parley.trust.statements import Rotation, sign_rotation, vkey_digest
from parley.world.faults import InputFault
from parley.world.time import datetime_from_us

TAKEN_OVER = "taken_over"


def backup_node(setup: NodeSetup, path: Path) -> dict[str, int]:
    """Return the sizes of the logs in a copy of the store that was checked whole.

    The keys are not in it: they have their own copies, made at the ceremony.

    Raises:
        InputFault: no store, or a file of that name is there.
        OurFault: the store is damaged, or the copy cannot be written.
    """
    _require_store(setup)
    with Store(setup.store, check=False) as store:
        own_store(store, setup.config.party)
        store.backup_to(path)
        return {origin: store.size(origin) for origin in store.origins()}


def restore_node(setup: NodeSetup, path: Path) -> dict[str, int]:
    """Return the sizes of the logs of a backup that is now the node's store.

    Its next start asks the mirrors for what was signed since, before it signs anything.

    Raises:
        InputFault: no such file, another party's, or there is a store already.
        OurFault: the backup is damaged.
    """
    if setup.store.exists():
        raise InputFault(
            f"store {setup.store}",
            value="there",
            wanted="none: a store is never overwritten",
            repair=f"move it away first: mv {setup.store} {setup.store}.before-restore",
        )
    if not path.is_file():
        raise InputFault(f"backup {path}", value="not there", wanted="a file of node backup")
    part = setup.store.with_name(setup.store.name + ".part")
    try:
        shutil.copyfile(path, part)
        part.chmod(0o600)
        with Store(part) as store:
            own_store(store, setup.config.party)
            sizes = {origin: store.size(origin) for origin in store.origins()}
            seen = int(store.meta(STARTS) or "0")
        # The copy says that it has seen fewer starts than these keys: so its next start asks.
        write_starts(setup.keys, max(read_starts(setup.keys), seen) + 1)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(setup.store)
    except OSError as error:
        raise InputFault(f"store {setup.store}", value=error.strerror, wanted="room") from None
    finally:
        for left in (part, Path(f"{part}-wal")):
            left.unlink(missing_ok=True)
    return sizes


def take_over(setup: NodeSetup, *, post: str, reason: str, now_us: int) -> list[str]:
    """Return the logs of the first node that this one will continue in new incarnations.

    Args:
        setup: the standby's; its store is a copy of the first node's.
        post: who decides.
        reason: why, in words.
        now_us: when, microseconds UTC.

    Raises:
        InputFault: no reason, or nothing stands by here.
    """
    if not reason.strip() or not post.strip():
        raise InputFault("takeover", value="without post or reason", wanted="who, and why")
    _require_store(setup)
    with Store(setup.store) as store:
        own_store(store, setup.config.party)
        # Whoever lost the store of a takeover may take over again with what the peers gave back.
        if not store.meta(STANDBY) and superseded_by(make_crank(setup, store).state) is None:
            raise InputFault(
                f"store {setup.store}",
                value="not a standby's copy",
                wanted="one made by parley node standby",
                repair="a node that was only restarted or restored goes on by itself",
            )
        own = [o for o in store.origins() if log_name(o).party == setup.config.party]
        abandoned = read_abandoned(store)
        # The first node may have begun logs since the copy was made.
        begun = {name.origin for name in _first_logs(setup, now_us)}
        abandoned.update({o: "takeover" for o in (*own, *sorted(begun)) if o not in abandoned})
        with store.together():
            store.put_meta(ABANDONED, msgspec.json.encode(abandoned).decode())
            said = {"post": post, "reason": reason, "at_us": now_us}
            store.put_meta(TAKEN_OVER, msgspec.json.encode(said).decode())
            store.put_meta(STANDBY, "")
    return own


def _first_logs(setup: NodeSetup, now_us: int) -> list[LogName]:
    return [
        LogName(
            agreement=agreement,
            party=setup.config.party,
            kind=kind,
            year=datetime_from_us(now_us).year,
        )
        for agreement in sorted(setup.identity.agreements)
        for kind in LOG_KINDS
    ]


def _require_store(setup: NodeSetup) -> None:
    if not setup.store.is_file():
        raise InputFault(f"store {setup.store}", value="not there", wanted="a node's store")


# ---- a new log key ------------------------------------------------------------------------------


def rotate_log_key(setup: NodeSetup, *, now_us: int) -> tuple[str, str]:
    """Return the new log key and the digest of the one after it, now in force.

    The entry that says so is signed by both keys, in every own log that is still written; then the
    key files move: the next key becomes the key, a new next one is drawn. Cut short between the
    two, it is finished by running it again.

    Raises:
        InputFault: no store, or keys that cannot be read.
        OurFault: the store is damaged.
    """
    _require_store(setup)
    party = setup.config.party
    with Store(setup.store) as store:
        own_store(store, party)
        _require_the_end(setup, store)
        new, after = begin_rotation(setup.keys, party)
        next_sha256 = vkey_digest(after.verifier.vkey)
        crank = make_crank(setup, store, rotating=True)
        _write_rotation(crank, new, next_sha256, now_us)
    add_past_key(setup.keys, setup.identity.keys.log.verifier)
    finish_rotation(setup.keys)
    return new.verifier.vkey, next_sha256


def _require_the_end(setup: NodeSetup, store: Store) -> None:
    """Check that a store holds the end of its own logs: what is signed here asks no mirror.

    Raises:
        InputFault: a standby's copy, or a store that was put back and has not asked since.
    """
    refuse_standby(store)
    seen, starts = int(store.meta(STARTS) or "0"), read_starts(setup.keys)
    if seen < starts:
        raise InputFault(
            f"store {setup.store}",
            value=f"one that has seen {seen} of {starts} starts",
            wanted="the end of its own logs: signing without it would fork them",
            repair="start the node, which asks its mirrors; stop it; then rotate",
        )


def _write_rotation(crank: Crank, new: SigningKey, next_sha256: str, now_us: int) -> None:
    """Write the rotation into every own log that is still written, signed by both keys."""
    state = crank.state
    old = state.identity.keys.log.verifier.vkey
    rotation = Rotation(
        party=state.party, role="log", old=old, new=new.verifier.vkey, next_sha256=next_sha256
    )
    body = KeyRotated(
        role="log",
        old=old,
        new=new.verifier.vkey,
        possession=sign_rotation(new, rotation),
        next_sha256=next_sha256,
    )
    drafts = []
    for log in state.own_logs():
        name = log.name
        pinned = "key.rotated" in state.scope(name.agreement).rules.unknown
        if pinned or log.closed_at is not None or name.origin in state.abandoned:
            continue
        if name != state.own_log(name.agreement, name.kind, name.year):
            continue
        done = state.scope(name.agreement).custody.get("key.rotated", {}).values()
        if any(e.log == name and e.body == body for e in done):
            continue
        drafts.append(Draft(agreement=name.agreement, by="system", body=body, log=name))
    crank.next_key = new
    crank.write(now_us, tuple(drafts))
