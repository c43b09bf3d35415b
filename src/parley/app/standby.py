"""A second node of the same party that stands by: it copies the first one's store and never signs.

Rules:
- The first node gives over `GET /api/replica`, with the node's token, what its store has on disk.
- Every head is checked before it is taken: its root over the entries copied, and its signature by
  a log key of its party. What is taken is durable at once; the copy itself says how far it is.
- Destroyed openings are destroyed here too. Nothing else that was copied is ever changed, and
  nothing is cut: a first node that holds less, or something else, is a fault that is shown.
- The copy is marked: a node refuses to run on it until somebody has taken over (`startup`).
"""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parley.app.evidence import own_store
from parley.app.http import Access, Refusal, refusing
from parley.app.startup import STANDBY
from parley.node.entries import log_name
from parley.node.identity import Identity
from parley.store.sqlite import Store
from parley.trust.checkpoint import open_checkpoint
from parley.trust.frontier import Frontier
from parley.trust.keys import VerifierKey, parse_vkey
from parley.trust.tree import leaf_hashes
from parley.world.faults import Fault, InputFault, OurFault, PeerFault
from parley.world.limits import REFUSED_KEPT_MAX

T = TypeVar("T")
PATH = "/api/replica"
PART_BYTES_MAX = 2_097_152
PART_BATCHES_MAX = 1024
WINDOW = 256
"""Entries and heads whose receipts are compared at once: they come late and in any order."""
EACH_S = 1.0
_TIMEOUT_S = 30.0
_REPLY_BYTES_MAX = 67_108_864
_READ_ENTRIES = 4096
_COPIED_META = ("abandoned",)
"""What the node itself must know again: own logs that it may not continue."""


class Overview(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the first node holds: sizes of logs and of witnessed heads, how many refused heads."""

    party: str
    logs: dict[str, int]
    witnessed: dict[str, int]
    refused: int
    meta: dict[str, str]


class Batch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entries up to one signed head, with the openings that are held of them, by index."""

    first: int
    entries: tuple[bytes, ...]
    head: bytes
    openings: dict[int, bytes]


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came beside `WINDOW` entries and heads of a log, and which openings are held by now."""

    cosignatures: tuple[tuple[int, str, bytes], ...]
    receipts: tuple[tuple[int, str, bytes], ...]
    opened: tuple[int, ...]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) by which two copies are compared."""
        return hashlib.sha256(msgspec.msgpack.encode(self)).hexdigest()


class RefusedHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A head that was refused and is kept as evidence."""

    origin: str
    note: bytes
    why: str


# ---- the first node -----------------------------------------------------------------------------


def overview_of(store: Store, party: str) -> Overview:
    """Return what a store holds."""
    witnessed = {origin: _size(store.witnessed(origin)) for origin in store.witnessed_origins()}
    found = {key: store.meta(key) for key in _COPIED_META}
    return Overview(
        party=party,
        logs={origin: store.size(origin) for origin in store.origins()},
        witnessed=witnessed,
        refused=len(store.refused()),
        meta={key: value for key, value in found.items() if value is not None},
    )


def _size(note: bytes | None) -> int:
    # The store has read it as a head when it took it: the size stands in the second line.
    return int(note.split(b"\n", 2)[1]) if note is not None else 0


def batches_of(store: Store, origin: str, start: int) -> tuple[Batch, ...]:
    """Return the next batches of a log from a size on that has a head, or from 0."""
    return tuple(_batches(store, origin, start))


def _batches(store: Store, origin: str, start: int) -> Iterator[Batch]:
    empty = store.checkpoint_at(origin, 0) if start == 0 else None
    if empty is not None:
        yield Batch(first=0, entries=(), head=empty, openings={})
    total_bytes = 0
    for _ in range(PART_BATCHES_MAX):
        head = store.head_at_or_after(origin, start + 1)
        if head is None or total_bytes > PART_BYTES_MAX:
            return
        end, note = head
        entries = tuple(store.entries(origin, start, end))
        openings = store.openings(origin, start, end)
        yield Batch(first=start, entries=entries, head=note, openings=openings)
        total_bytes += sum(map(len, (*entries, *openings.values(), note)))
        start = end


def window_of(store: Store, origin: str, number: int) -> Window:
    """Return what a store holds beside the entries and heads of a window."""
    start, end = number * WINDOW, (number + 1) * WINDOW
    cosignatures = []
    head = store.head_at_or_after(origin, start)
    while head is not None and head[0] < end:
        cosignatures += [(k.size, k.cosigner, k.line) for k in store.cosignatures(origin, head[0])]
        head = store.head_at_or_after(origin, head[0] + 1)
    receipts = store.entry_receipts(origin, start, end)
    return Window(
        cosignatures=tuple(cosignatures),
        receipts=tuple((each.index, each.peer, each.data) for each in receipts),
        opened=tuple(sorted(store.openings(origin, start, end))),
    )


def replica_answer(store: Store, party: str, asked: Mapping[str, str]) -> bytes | None:
    """Return the answer to a question of a copy, None if there is no such question or log."""
    origin, names = asked.get("log", ""), set(asked)
    found: object = None
    if not names:
        found = overview_of(store, party)
    elif names == {"log", "start"}:
        found = batches_of(store, origin, _number(asked["start"]))
    elif names == {"log", "window", "have"}:
        window = window_of(store, origin, _number(asked["window"]))
        found = () if window.digest == asked["have"] else (window,)
    elif names == {"witnessed"}:
        found = store.witnessed(asked["witnessed"])
    elif names == {"refused"}:
        kept = store.refused()[_number(asked["refused"]) :]
        found = tuple(RefusedHead(origin=k.origin, note=k.note, why=k.why) for k in kept)
    return msgspec.msgpack.encode(found) if found is not None else None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Refusal(400, InputFault("replica query", value=text, wanted="a number"))
    return int(text)


def replica_route(store: Store, party: str, access: Access) -> Route:
    """Return the route by which a copy asks this node; it needs the node's token.

    Args:
        store: the node's.
        party: whose node it is.
        access: knows the token.
    """

    async def handle(request: Request) -> Response:
        access.require_token(request)
        asked = dict(request.query_params)
        data = await asyncio.to_thread(replica_answer, store, party, asked)
        if data is None:
            fault = InputFault(
                "replica query", value=str(request.query_params), wanted="a known one"
            )
            raise Refusal(404, fault)
        return Response(data, media_type="application/octet-stream")

    return Route(PATH, refusing(handle))


# ---- the copy -----------------------------------------------------------------------------------

Ask = Callable[[Mapping[str, str | int]], bytes]
"""Puts a question to the first node and gives its answer."""


def ask_over_http(host: str, port: int, token: str) -> Ask:
    """Return how a node at an address is asked, each time over a connection of its own.

    What it gives raises `InputFault` where the node cannot be reached, or refuses.
    """

    def ask(question: Mapping[str, str | int]) -> bytes:
        where = f"node at {host}:{port}"
        connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
        try:
            path = f"{PATH}?{urlencode(question)}" if question else PATH
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            reply = connection.getresponse()
            data = reply.read(_REPLY_BYTES_MAX)
        except (OSError, http.client.HTTPException) as error:
            said = str(error) or type(error).__name__
            raise InputFault(where, value=said, wanted="the running first node") from None
        finally:
            connection.close()
        if reply.status != 200 or reply.length:
            said = data[:200].decode("utf-8", "replace")
            raise InputFault(where, value=f"{reply.status} {said}", wanted="a whole answer")
        return data

    return ask


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """What one round brought: nothing at all says that both are equal as far as was compared."""

    entries: int = 0
    receipts: int = 0
    destroyed: int = 0
    witnessed: int = 0
    refused: int = 0


class ReplicaView(msgspec.Struct, frozen=True, kw_only=True):
    """How a copy does.

    Attributes:
        rounds: that went through.
        behind: entries that the first node had more, when it was asked last.
        fault: what was wrong in the last round; empty where nothing was.
        faults: logs that are not copied on, each with the reason.
    """

    rounds: int
    behind: int
    fault: str
    faults: dict[str, str]


@dataclass(slots=True)
class _Count:
    entries: int = 0
    receipts: int = 0
    destroyed: int = 0
    witnessed: int = 0
    refused: int = 0


@dataclass(slots=True)
class _LogKeys:
    """The log keys of the parties: those enrolled, and those that their own logs name.

    The first node has checked why a later key counts; here a head must be signed by one of them.
    """

    identity: Identity
    named: dict[str, dict[str, VerifierKey]] = field(default_factory=dict)

    def take(self, origin: str, entries: tuple[bytes, ...] | list[bytes]) -> None:
        """Take the keys that entries of a log name."""
        for data in entries:
            if b"key.rotated" in data or b"log.opened" in data:
                self._take(log_name(origin).party, data)

    def _take(self, party: str, data: bytes) -> None:
        try:
            entry = msgspec.json.decode(data, type=_Naming)
            text = entry.body.new if entry.type == "key.rotated" else entry.body.keys.get("log", "")
            key = parse_vkey(text)
        except (msgspec.MsgspecError, ValueError, RecursionError, Fault):
            return
        self.named.setdefault(party, {})[text] = key

    def of(self, origin: str) -> list[VerifierKey]:
        """Return the keys that may sign heads of a log, the newest named first."""
        party = log_name(origin).party
        peer = self.identity.peers.get(party)
        own = party == self.identity.party
        enrolled = self.identity.keys.log.verifier if own else (peer.log if peer else None)
        first = [enrolled] if enrolled is not None else []
        return [*reversed(self.named.get(party, {}).values()), *first]


class _Named(msgspec.Struct):
    new: str = ""
    keys: dict[str, str] = {}


class _Naming(msgspec.Struct):
    type: str
    body: _Named


class Replica:
    """A copy of a party's store that follows the first node. Blocks: for a thread of its own.

    Args:
        store: the copy's own, of this party or new; marked as standing by.
        identity: who the party is, and whom it has enrolled.
        ask: puts questions to the first node.

    Raises:
        InputFault: the store is another party's.
    """

    def __init__(self, store: Store, identity: Identity, ask: Ask) -> None:
        own_store(store, identity.party)
        if not store.meta(STANDBY):
            if any(log_name(o).party == identity.party for o in store.origins()):
                raise InputFault(
                    "store", value="one that has signed", wanted="a new one to copy to"
                )
            store.put_meta(STANDBY, "copying")
        self._store = store
        self._party = identity.party
        self._ask = ask
        self._keys = _LogKeys(identity)
        self._frontiers: dict[str, Frontier] = {}
        self._swept: dict[str, int] = {}
        self._rounds = 0
        self._behind = 0
        self._fault = ""
        self._faults: dict[str, str] = {}
        for origin in store.origins():
            self._regrow(origin)

    def _regrow(self, origin: str) -> None:
        frontier = self._frontiers[origin] = Frontier()
        for start in range(0, self._store.size(origin), _READ_ENTRIES):
            for leaf in self._store.leaf_hashes(origin, start, start + _READ_ENTRIES):
                frontier.append(leaf)
            self._keys.take(origin, self._store.entries(origin, start, start + _READ_ENTRIES))

    def view(self) -> ReplicaView:
        """Return how the copy does."""
        return ReplicaView(
            rounds=self._rounds,
            behind=self._behind,
            fault=self._fault,
            faults=dict(self._faults),
        )

    def run(self, stop: threading.Event, each_s: float = EACH_S) -> None:
        """Follow until told to stop; what goes wrong is shown and tried again."""
        while not stop.is_set():
            try:
                copied = self.round()
            except Fault as fault:
                self._fault = str(fault)
                stop.wait(each_s)
                continue
            # While much is missing there is no pause.
            if not copied.entries:
                stop.wait(each_s)

    def round(self, *, whole: bool = False) -> Copied:
        """Return what one round brought.

        Args:
            whole: compare the receipts and openings of all entries, not of the newest and of some
                others in turn; a takeover wants that, if the first node still answers.

        Raises:
            InputFault: the first node cannot be asked, or is another party's.
            OurFault: it gave what cannot be, or this disk failed.
        """
        overview = self._question(Overview)
        if overview.party != self._party:
            wanted = f"a node of {self._party}"
            raise InputFault("first node", value=f"of {overview.party}", wanted=wanted)
        count = _Count()
        self._behind = sum(
            max(0, size - self._store.size(origin)) for origin, size in overview.logs.items()
        )
        self._copy_logs(overview, count)
        # Where the first node lacks entries, an opening that it lacks was lost, not destroyed.
        for origin in overview.logs.keys() - self._faults.keys():
            for number in self._windows(origin, whole=whole):
                self._copy_window(origin, number, count)
        self._copy_rest(overview, count)
        self._rounds += 1
        self._fault = next(iter(self._faults.values()), "")
        return Copied(**{name: getattr(count, name) for name in Copied.__struct_fields__})

    def _question(self, kind: type[T], **question: str | int) -> T:
        data = self._ask(question)
        try:
            return msgspec.msgpack.decode(data, type=kind)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise OurFault(
                "first node's answer", value=str(error), wanted="this release's"
            ) from None

    # ---- logs -----------------------------------------------------------------------------------

    def _copy_logs(self, overview: Overview, count: _Count) -> None:
        """Copy every log; one whose key another log names is tried again after that."""
        waiting = sorted(overview.logs)
        self._faults = {}
        while waiting:
            left = [each for each in waiting if not self._copied(each, overview.logs[each], count)]
            if len(left) == len(waiting):
                return
            waiting = left

    def _copied(self, origin: str, size: int, count: _Count) -> bool:
        try:
            self._copy_log(origin, size, count)
        except PeerFault as fault:
            self._faults[origin] = f"{origin}: {fault}"
            return False
        self._faults.pop(origin, None)
        return True

    def _copy_log(self, origin: str, size: int, count: _Count) -> None:
        held = self._store.size(origin)
        if held > size:
            raise PeerFault(
                f"first node's log {origin}",
                value=f"{size} entries",
                wanted=f"{held}, which it had",
                repair="it was set back: let it ask its mirrors before it signs",
            )
        while held < size or origin not in self._frontiers:
            batches = self._question(tuple[Batch, ...], log=origin, start=held)
            if not batches:
                return
            self._take(origin, batches)
            count.entries += self._store.size(origin) - held
            held = self._store.size(origin)

    def _take(self, origin: str, batches: tuple[Batch, ...]) -> None:
        """Check batches and store them in one go.

        Raises:
            PeerFault: a head that is not that of the entries, or not signed by its party.
        """
        frontier = self._frontiers.get(origin, Frontier()).copy()
        with self._store.together():
            for batch in batches:
                self._keys.take(origin, batch.entries)
                for leaf in leaf_hashes(batch.entries):
                    frontier.append(leaf)
                self._verify_head(origin, batch.head, frontier)
                if batch.entries or self._store.checkpoint_at(origin, 0) is None:
                    self._store.append(
                        origin, batch.first, batch.entries, batch.head, batch.openings
                    )
        self._frontiers[origin] = frontier

    def _verify_head(self, origin: str, note: bytes, frontier: Frontier) -> None:
        fault = PeerFault(f"head of {origin}", wanted="one signed by a key of its party")
        for key in self._keys.of(origin):
            try:
                head = open_checkpoint(note, key.named(origin), origin)
            except PeerFault as found:
                fault = found
                continue
            if (head.size, head.root) != (frontier.size, frontier.root()):
                raise PeerFault(
                    f"head of {origin} at {head.size}",
                    value=head.root.hex(),
                    wanted=f"root {frontier.root().hex()} of {frontier.size} entries copied",
                    repair="the first node continues another history: do not take over, look",
                )
            return
        raise fault

    # ---- beside the logs ------------------------------------------------------------------------

    def _windows(self, origin: str, *, whole: bool) -> list[int]:
        """Return which windows to compare: the newest two, and in turn one of the others."""
        count = self._store.size(origin) // WINDOW + 1
        if whole:
            return list(range(count))
        swept = self._swept[origin] = (self._swept.get(origin, -1) + 1) % count
        return sorted({swept, max(0, count - 2), count - 1})

    def _copy_window(self, origin: str, number: int, count: _Count) -> None:
        ours = window_of(self._store, origin, number)
        kind = tuple[Window, ...]
        for theirs in self._question(kind, log=origin, window=number, have=ours.digest):
            with self._store.together():
                self._take_window(origin, ours, theirs, count)

    def _take_window(self, origin: str, ours: Window, theirs: Window, count: _Count) -> None:
        size = self._store.size(origin)
        cosignatures = [each for each in theirs.cosignatures if each not in ours.cosignatures]
        receipts = [each for each in theirs.receipts if each not in ours.receipts]
        for at, cosigner, line in cosignatures:
            if self._store.checkpoint_at(origin, at) is not None:
                self._store.put_cosignature(origin, at, cosigner, line)
                count.receipts += 1
        for index, peer, data in receipts:
            if index < size:
                self._store.put_entry_receipt(origin, index, peer, data)
                count.receipts += 1
        for index in set(ours.opened) - set(theirs.opened):
            count.destroyed += self._store.drop_opening(origin, index)

    def _copy_rest(self, overview: Overview, count: _Count) -> None:
        for origin, size in overview.witnessed.items():
            if _size(self._store.witnessed(origin)) < size:
                note = self._question(bytes, witnessed=origin)
                self._store.put_witnessed(origin, _size(note), note)
                count.witnessed += 1
        held = len(self._store.refused())
        if held < overview.refused:
            for head in self._question(tuple[RefusedHead, ...], refused=held):
                if self._store.refused_count(head.origin) < REFUSED_KEPT_MAX:
                    self._store.put_refused(head.origin, head.note, head.why)
                    count.refused += 1
        for key, value in overview.meta.items():
            if key in _COPIED_META and self._store.meta(key) != value:
                self._store.put_meta(key, value)
