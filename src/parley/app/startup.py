"""How a node comes up: whether its own logs may lack their end, and whom it asks before it signs.

A restored node that signs where it has signed before forks its own log, and no other party can tell
that from a lie. So (docs/decisions/009):

- Starts are counted in the store and beside the keys; a store that has seen fewer was rolled back.
- Every start asks the mirrors first; what they hold more of our logs is taken back from them.
- Who was rolled back and gets no answer writes no further into the old logs: new incarnations
  name the old ones. Who was not, and gets none, goes on: nothing says that anything is missing.

And what is compiled before it says ready.
"""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import msgspec

from parley.app.crank import Crank
from parley.app.keyfile import read_starts, write_starts
from parley.detect import live, track_motion
from parley.node.entries import INCARNATION_MAX, LOG_KINDS, LogName
from parley.store.sqlite import Store
from parley.world.faults import InputFault

STARTS = "starts"
STANDBY = "standby"
INSTANCE = "instance"
"""The store's own name among the stores of its party: whose a takeover was can then be told."""
ROLLED_BACK_WAIT_S = 60.0
"""A node that knows that it was rolled back waits so long for its mirrors."""
_LOOK_S = 0.05


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """One start of a node: which one, and whether its store is older than its keys say."""

    count: int
    rolled_back: bool


def count_start(store: Store, keys: Path) -> Start:
    """Return which start this is, counted durably in the store and then beside the keys.

    The store first: a start cut short between the two leaves it one ahead, which says nothing bad.

    Raises:
        InputFault: the count beside the keys cannot be read or written.
    """
    beside = read_starts(keys)
    inside = int(store.meta(STARTS) or "0")
    count = max(beside, inside) + 1
    if not store.meta(INSTANCE):
        store.put_meta(INSTANCE, secrets.token_hex(8))
    store.put_meta(STARTS, str(count))
    write_starts(keys, count)
    return Start(count=count, rolled_back=inside < beside)


def refuse_standby(store: Store) -> None:
    """Refuse to sign with a copy that stands by.

    Raises:
        InputFault: it does, and nobody has taken over with it.
    """
    if store.meta(STANDBY):
        raise InputFault(
            "store",
            value="a standby's copy",
            wanted="a takeover before it may sign",
            repair="stop the first node, then: parley node takeover FOLDER --by POST --reason WHY",
        )


def unsure_logs(crank: Crank, count: int, year: int) -> list[LogName]:
    """Return a name for each own log of a year below which anything may have been signed.

    A store that was rolled back, or lost, may have opened logs and incarnations of which it knows
    nothing; another loss before this one may have done the same. Starts are counted beside the
    keys, so what goes on from the number of this start was never written by another.
    """
    incarnation = 10 * (count % (INCARNATION_MAX // 10 - 1) + 1)
    return [
        LogName(
            agreement=agreement,
            party=crank.state.party,
            kind=kind,
            year=year,
            incarnation=incarnation - 1,
        )
        for agreement in sorted(crank.state.agreements)
        for kind in LOG_KINDS
    ]


def warm_kernels() -> None:
    """Compile all that a turn with reports runs, or load it from where it was kept before.

    Seconds of work: done at the first reports instead, every operator would wait behind it.
    """
    live.warm()
    track_motion.warm()


async def ask_mirrors(crank: Crank, start: Start, wait_s: float, *, year: int) -> str:
    """Return, in a line for people, how the mirrors answered; the crank then writes.

    Args:
        crank: asking; its links are up.
        start: whether the store was rolled back.
        wait_s: how long to wait where nothing says that anything is missing.
        year: the present one.
    """
    unsure = unsure_logs(crank, start.count, year) if start.rolled_back else []
    if start.rolled_back:
        # Of a private log only heads left this node: nobody can give its end back.
        held = [log.name for log in crank.state.own_logs()]
        crank.abandon("restored", [name for name in (*held, *unsure) if name.kind == "private"])
    loop = asyncio.get_running_loop()
    until_s = loop.time() + (max(wait_s, ROLLED_BACK_WAIT_S) if start.rolled_back else wait_s)
    while not crank.answered and loop.time() < until_s:
        await asyncio.sleep(_LOOK_S)
    heard = sorted(crank.state.links.answered)
    if not crank.answered and start.rolled_back:
        crank.abandon_own_logs("restored", unsure=unsure)
        said = "rolled back, and not every mirror answered: new logs go on from the old ones"
    elif crank.answered:
        said = "every mirror answered"
    else:
        said = f"mirrors that answered: {', '.join(heard) or 'none'}"
    crank.ready()
    return said
