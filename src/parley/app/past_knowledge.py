"""How much of each log a party knew at an instant, by what this node holds of it.

Rules:
- A party knows its own entries from when it wrote them.
- Another's log it surely knew up to where its own entries say that it had seen it, or up to where
  its mirror key had cosigned it, whichever is more. Cosignatures bear whole seconds: such a one
  counts from the end of its second.
- What was written by then it may have known besides; that is told apart.
- An agreement that a party is not under, and another party's private log, it never knew.

Only reading, of the store; made to be used by one thread beside the node's own.
"""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from parley.node.encoding import decode_entry
from parley.node.entries import Entry, LogName, Unreadable, log_name
from parley.node.identity import Identity
from parley.node.rules.line_history import BESIDES_MAX, Besides
from parley.node.state import SEEN_KEPT_MAX, Decode
from parley.node.versions import RULES_LATEST, Rules, rules_of
from parley.store.sqlite import StoredCosignature
from parley.trust.note import parse_signature_line
from parley.world.faults import Fault, InputFault
from parley.world.time import format_instant
from parley.world.units import MICROSECONDS_PER_SECOND

READ_AT_ONCE = 512
"""Entries that are read in one go: the store waits no longer than that for its next reader."""
REMEMBERED_MAX = 10_000
"""Entries that are kept as read, some 25 MB: folding them again is then twice as fast."""
SKEW_US = 60 * MICROSECONDS_PER_SECOND
"""So far a peer's clock may be behind ours before what it says to have seen is not believed."""
_TIME_BYTES = 8


class PastStore(Protocol):
    """What is asked of a store for the past; `store.sqlite.Store` is one."""

    def origins(self) -> list[str]:
        """Return the logs held."""

    def size(self, origin: str) -> int:
        """Return how many entries of a log are held."""

    def entries(self, origin: str, start: int, end: int) -> list[bytes]:
        """Return the exact bytes of a range."""

    def openings(self, origin: str, start: int, end: int) -> dict[int, bytes]:
        """Return the openings held of a range, by index."""

    def cosignatures(
        self, origin: str, size: int | None = None, *, after: int = -1
    ) -> list[StoredCosignature]:
        """Return the cosignatures on a log's heads that are larger than `after`."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """How much of each log a party knew at an instant: surely, and at the most."""

    viewer: str
    at_us: int
    sure: dict[str, int]
    most: dict[str, int]

    @property
    def certain(self) -> bool:
        """Whether it cannot have known more of the logs that are held here."""
        return self.sure == self.most


class Reading:
    """Reads entries, and remembers those that it has read, up to a number."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, bool], Entry | Unreadable] = {}

    def __call__(
        self, data: bytes, *, log: LogName, index: int, opening: bytes | None, rules: Rules
    ) -> Entry | Unreadable:
        """Return what the bytes say; the same as `decode_entry`."""
        place = (log.origin, index, opening is not None)
        found = self._known.get(place)
        if found is None:
            found = decode_entry(data, log=log, index=index, opening=opening, rules=rules)
            if len(self._known) < REMEMBERED_MAX:
                self._known[place] = found
        return found

    def forget(self) -> None:
        """Keep nothing: a payload was destroyed."""
        self._known.clear()


@dataclass(slots=True)
class _Steps:
    """Up to which size something was known since when; both rising."""

    since_us: array[int] = field(default_factory=lambda: array("q"))
    size: array[int] = field(default_factory=lambda: array("q"))

    def add(self, since_us: int, size: int) -> None:
        """Take one more in, in order of time; one that says nothing new is left out."""
        if not self.size or size > self.size[-1]:
            # Time in one log, and the sizes of one cosigner, never go back.
            self.since_us.append(max(since_us, self.since_us[-1]) if self.since_us else since_us)
            self.size.append(size)

    def at(self, at_us: int) -> int:
        """Return the size at an instant."""
        place = bisect.bisect_right(self.since_us, at_us)
        return self.size[place - 1] if place else 0

    def since(self, index: int) -> int | None:
        """Return since when an entry was known."""
        place = bisect.bisect_right(self.size, index)
        return self.since_us[place] if place < len(self.size) else None


class Chronicle:
    """When what was written, and who says since when to have it; read on as the logs grow.

    Args:
        store: the node's.
        identity: whose node it is.
        decode: reads entries.
    """

    def __init__(self, store: PastStore, identity: Identity, decode: Decode) -> None:
        self.store = store
        self.identity = identity
        self._decode = decode
        self._written: dict[str, array[int]] = {}
        self._seen: dict[tuple[str, str], dict[str, _Steps]] = {}
        self._cosigned: dict[tuple[str, str], _Steps] = {}

    # ---- reading on -----------------------------------------------------------------------------

    def read_on(self) -> None:
        """Take in what came to the logs since."""
        for origin in self.store.origins():
            size, done = self.store.size(origin), len(self._written.get(origin, ()))
            for start in range(done, size, READ_AT_ONCE):
                self._take(origin, start, min(size, start + READ_AT_ONCE))
            self._take_cosignatures(origin)

    def _take(self, origin: str, start: int, end: int) -> None:
        name = log_name(origin)
        written = self._written.setdefault(origin, array("q"))
        for entry in self.read(origin, start, end):
            before_us = written[-1] if written else -(1 << 62)
            if isinstance(entry, Unreadable):
                written.append(before_us)
                continue
            written.append(max(before_us, entry.issued_us))
            self._take_seen(name, entry, written[-1])

    def _take_seen(self, name: LogName, entry: Entry, written_us: int) -> None:
        for origin, head in entry.seen.items():
            tables = self._seen.get((name.party, origin))
            if tables is None:
                # The names are the writer's to make up, without end.
                if len(self._seen) >= SEEN_KEPT_MAX:
                    continue
                tables = self._seen[(name.party, origin)] = {}
            tables.setdefault(name.origin, _Steps()).add(written_us, head.size)

    def _take_cosignatures(self, origin: str) -> None:
        # From where each cosigner has come: one that is slower says later what it held before.
        newest = {
            cosigner: steps.size[-1]
            for (cosigner, of), steps in self._cosigned.items()
            if of == origin
        }
        for each in self.store.cosignatures(origin, after=min(newest.values(), default=-1)):
            try:
                payload = parse_signature_line(each.line).payload
            except Fault:
                continue
            time_s = int.from_bytes(payload[:_TIME_BYTES], "big")
            end_us = (time_s + 1) * MICROSECONDS_PER_SECOND - 1
            steps = self._cosigned.setdefault((each.cosigner, origin), _Steps())
            steps.add(end_us, each.size)

    def read(self, origin: str, start: int, end: int) -> Iterable[Entry | Unreadable]:
        """Yield the entries of a range as this node may read them."""
        name = log_name(origin)
        agreement = self.identity.agreements.get(name.agreement)
        rules = rules_of(agreement.rules_version if agreement is not None else RULES_LATEST)
        openings = self.store.openings(origin, start, end)
        for index, data in enumerate(self.store.entries(origin, start, end), start):
            opening = openings.get(index)
            yield self._decode(data, log=name, index=index, opening=opening, rules=rules)

    def read_parts(self, origin: str, start: int, end: int) -> Iterable[Entry | Unreadable]:
        """Yield the entries of a range, read in parts: the store waits for no more than one."""
        for at in range(start, end, READ_AT_ONCE):
            yield from self.read(origin, at, min(at + READ_AT_ONCE, end))

    # ---- asking ---------------------------------------------------------------------------------

    def written(self, origin: str, at_us: int) -> int:
        """Return how many entries of a log were written by an instant, as the log claims."""
        return bisect.bisect_right(self._written[origin], at_us)

    def window(self, origin: str, from_us: int, to_us: int) -> tuple[int, int]:
        """Return the first entry of a log in a window, and the one after the last."""
        times = self._written[origin]
        return bisect.bisect_left(times, from_us), bisect.bisect_right(times, to_us)

    def readable(self, viewer: str) -> list[str]:
        """Return the logs held here that a party has a part in, and that are not private to us."""
        found = []
        for origin in self._written:
            name = log_name(origin)
            agreement = self.identity.agreements.get(name.agreement)
            if agreement is None or viewer not in {each.id for each in agreement.parties}:
                continue
            if name.kind != "private" or viewer == name.party == self.identity.party:
                found.append(origin)
        return found

    def first_us(self, viewer: str) -> int | None:
        """Return when the first entry was written in the logs that a party has a part in."""
        starts = [self._written[o][0] for o in self.readable(viewer) if self._written[o]]
        return min((us for us in starts if us >= 0), default=None)

    def knowledge(self, viewer: str, at_us: int) -> Knowledge:
        """Return how much of each log a party knew at an instant."""
        sure: dict[str, int] = {}
        most: dict[str, int] = {}
        for origin in self.readable(viewer):
            written = self.written(origin, at_us)
            held = len(self._written[origin])
            if log_name(origin).party == viewer:
                sure[origin] = most[origin] = written
                continue
            proved = max((steps.at(at_us) for steps in self._steps(viewer, origin)), default=0)
            sure[origin] = min(proved, held)
            if log_name(origin).party == self.identity.party:
                # Whoever says that it has seen what we wrote later says what is not so.
                sure[origin] = min(sure[origin], self.written(origin, at_us + SKEW_US))
            most[origin] = max(sure[origin], written)
        return Knowledge(
            viewer=viewer,
            at_us=at_us,
            sure={origin: size for origin, size in sure.items() if size},
            most={origin: size for origin, size in most.items() if size},
        )

    def known_since(self, viewer: str) -> Callable[[Entry], int | None]:
        """Return since when a party surely knew an entry; None: nothing here proves it."""

        def known(entry: Entry) -> int | None:
            return self.known_us(viewer, entry)

        return known

    def known_us(self, viewer: str, entry: Entry) -> int | None:
        """Return since when a party surely knew an entry; None: nothing here proves it."""
        origin = entry.log.origin
        written_us = max(entry.issued_us, entry.not_before_us)
        if entry.log.party == viewer:
            return written_us
        if entry.audience is not None and viewer not in entry.audience:
            return None
        found = [steps.since(entry.seq) for steps in self._steps(viewer, origin)]
        since_us = min((us for us in found if us is not None), default=None)
        if since_us is None or entry.log.party != self.identity.party:
            return since_us
        return max(since_us, written_us - SKEW_US)

    def besides(self, known: Knowledge) -> tuple[tuple[Besides, ...], int]:
        """Return the entries that a party may have known besides, and how many more there are."""
        found: list[Besides] = []
        left_out = 0
        for origin, most in known.most.items():
            first = known.sure.get(origin, 0)
            start = max(first, most - BESIDES_MAX)
            left_out += start - first
            for entry in self.read(origin, start, most):
                if isinstance(entry, Unreadable):
                    continue
                if entry.audience is not None and known.viewer not in entry.audience:
                    continue
                found.append(
                    Besides(
                        key=(origin, entry.seq),
                        type=entry.type,
                        party=entry.log.party,
                        written_us=entry.issued_us,
                        known_us=self.known_us(known.viewer, entry),
                    )
                )
        found.sort(key=lambda each: (-each.written_us, each.key))
        return tuple(found[:BESIDES_MAX]), left_out + max(0, len(found) - BESIDES_MAX)

    def cosigned(self, party: str, origin: str, at_us: int) -> tuple[int, int]:
        """Return up to where a party's mirror had cosigned a log, and since when; else zeros."""
        name = self._mirror_name(party)
        steps = self._cosigned.get((name, origin)) if name is not None else None
        size = steps.at(at_us) if steps is not None else 0
        since_us = steps.since(size - 1) if steps is not None and size else None
        return size, since_us or 0

    def _steps(self, viewer: str, origin: str) -> list[_Steps]:
        found = list(self._seen.get((viewer, origin), {}).values())
        name = self._mirror_name(viewer)
        cosigned = self._cosigned.get((name, origin)) if name is not None else None
        return [*found, cosigned] if cosigned is not None else found

    def _mirror_name(self, party: str) -> str | None:
        if party == self.identity.party:
            return self.identity.keys.mirror.name
        peer = self.identity.peers.get(party)
        return peer.mirror.name if peer is not None else None


def check_instant(chronicle: Chronicle, viewer: str, at_us: int, now_us: int) -> None:
    """Check that a party can have known something at an instant, and that it has come.

    Raises:
        InputFault: another party, an instant before the first entry or in the future.
    """
    parties = {p.id for a in chronicle.identity.agreements.values() for p in a.parties}
    if viewer not in parties:
        raise InputFault("query as", value=viewer, wanted=f"one of {', '.join(sorted(parties))}")
    if at_us > now_us:
        raise InputFault(
            "query at_us",
            value=_instant(at_us),
            wanted=f"an instant that has come: it is {format_instant(now_us)}",
            repair="what is planned ahead is in the intents: PLAN shows them",
        )
    first_us = chronicle.first_us(viewer)
    if first_us is None or at_us < first_us:
        first = format_instant(first_us) if first_us is not None else "never: no entry is held"
        raise InputFault(
            "query at_us", value=_instant(at_us), wanted=f"not before the first entry ({first})"
        )


def _instant(at_us: int) -> str:
    try:
        return format_instant(at_us)
    except (InputFault, OverflowError):
        return str(at_us)
