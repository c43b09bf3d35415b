"""What a party believed at an instant: its logs as it then knew them, folded again.

Rules:
- A mind is folded by the same fold, and read by the same views, as the live one; it goes forward in
  time only. A few are kept, bounded by their entries, and the nearest earlier one is folded on.
- As another party nothing is read that it could not read, nor what is guarded here.
- Of links a mind has what its party wrote of them; of the live picture it has nothing.
- What was destroyed since is destroyed here too (`forget`).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from parley.app.console_map import MapMaker, MapView
from parley.app.custody_views import Held, Receipts, StoredReceipts
from parley.app.past_knowledge import READ_AT_ONCE, Chronicle, Knowledge, Reading
from parley.node.entries import Entry, MessageSaid, Unreadable, log_name
from parley.node.identity import Identity, PeerKeys
from parley.node.line_bodies import LinkObserved
from parley.node.links import Held as HeldUpTo
from parley.node.overtaking import fold_in
from parley.node.rules import texts
from parley.node.rules.line_evidence import Sight
from parley.node.rules.line_links import newest_link
from parley.node.rules.lines import LineVector, vector_by
from parley.node.state import Key, State, written_us
from parley.store.sqlite import Store
from parley.world.faults import InputFault
from parley.world.norms import message_type
from parley.world.units import MICROSECONDS_PER_SECOND

MINDS_MAX = 6
ENTRIES_MAX = 60_000
"""Entries folded into all minds together; one mind may have more, and is then the only one."""


@dataclass(slots=True)
class Mind:
    """What a party believed: a state, and how far it is folded.

    Attributes:
        viewer: the party.
        state: of its knowledge at `at_us`.
        sizes: how many entries of each log are folded in.
        at_us: the instant that it was last read at; it never goes back.
        withheld: places of entries of which this node may read more than it shows for the viewer.
        maker: of its map.
    """

    viewer: str
    state: State
    sizes: dict[str, int] = field(default_factory=dict)
    at_us: int = -(1 << 62)
    withheld: set[Key] = field(default_factory=set)
    maker: MapMaker = field(default_factory=lambda: MapMaker(math.inf))  # no loop waits for it

    @property
    def entries(self) -> int:
        """How many entries are folded into it."""
        return sum(self.sizes.values())

    def reaches(self, wanted: Knowledge) -> bool:
        """Whether it can be folded on to a knowledge: the same party, and no log too far."""
        return (
            self.viewer == wanted.viewer
            and self.at_us <= wanted.at_us
            and all(size <= wanted.sure.get(origin, 0) for origin, size in self.sizes.items())
        )

    def lines(self) -> tuple[LineVector, ...]:
        """Return the vectors of all lines: links as the party wrote them down."""
        # Everything that is folded in was known; nothing since later than now.
        sight = Sight(self.viewer, lambda entry: min(written_us(entry), self.at_us))
        return tuple(
            vector_by(self.state, agreement, line, self.at_us, sight)
            for _, agreement in sorted(self.state.agreements.items())
            for line in agreement.lines
        )

    def map(self) -> MapView:
        """Return what lay still on the map."""
        return self.maker.make(self.state, self.at_us)


class Minds:
    """Makes minds of the past out of a store; for one thread.

    Args:
        store: the node's.
        identity: whose node it is.
    """

    def __init__(self, store: Store, identity: Identity) -> None:
        self.reading = Reading()
        self.chronicle = Chronicle(store, identity, self.reading)
        self._store = store
        self._identity = identity
        self._receipts = StoredReceipts(store)
        self._minds: list[Mind] = []

    def at(self, wanted: Knowledge) -> Mind:
        """Return the mind of a party at an instant, folded on from the nearest earlier one."""
        reaching = [mind for mind in self._minds if mind.reaches(wanted)]
        mind = max(reaching, key=lambda each: (each.entries, each.at_us), default=None)
        if mind is None:
            mind = Mind(wanted.viewer, State(identity=identity_of(self._identity, wanted.viewer)))
        else:
            self._minds.remove(mind)
        self._fold_on(mind, wanted)
        self._keep(mind)
        return mind

    def receipts(self, mind: Mind) -> Receipts:
        """Return what peers had said by then of holding entries of ours; nothing for another."""
        own = mind.viewer == self._identity.party
        return _receipts_until(self._receipts, mind.at_us) if own else _none

    def forget(self) -> None:
        """Drop every mind and everything read: a payload was destroyed."""
        self._minds.clear()
        self.reading.forget()

    def _keep(self, mind: Mind) -> None:
        self._minds.append(mind)
        while len(self._minds) > 1 and (
            len(self._minds) > MINDS_MAX or sum(each.entries for each in self._minds) > ENTRIES_MAX
        ):
            del self._minds[0]

    # ---- folding --------------------------------------------------------------------------------

    def _fold_on(self, mind: Mind, wanted: Knowledge) -> None:
        parts = [
            (origin, start, min(size, start + READ_AT_ONCE))
            for origin, size in sorted(wanted.sure.items())
            for start in range(mind.sizes.get(origin, 0), size, READ_AT_ONCE)
        ]
        if mind.viewer != self._identity.party:
            for part in parts:
                mind.withheld |= self._withheld(*part)
        for origin, start, end in parts:
            self._fold(mind, origin, start, end)
        mind.at_us = wanted.at_us
        texts.take_effect(mind.state, wanted.at_us)
        self._set_links(mind)

    def _fold(self, mind: Mind, origin: str, start: int, end: int) -> None:
        entries = self._store.entries(origin, start, end)
        openings = self._openings(mind, origin, start, end)
        fold_in(mind.state, origin, start, entries, openings, self.reading)
        mind.sizes[origin] = end

    def _openings(self, mind: Mind, origin: str, start: int, end: int) -> dict[int, bytes]:
        """Return the openings of a range that the viewer could read, and that are not guarded."""
        held = self._store.openings(origin, start, end)
        if mind.viewer == self._identity.party or not held:
            return held
        shown = {}
        for entry in self.chronicle.read(origin, start, end):
            if not isinstance(entry, Entry) or entry.seq not in held:
                continue
            party = entry.log.party
            its = entry.audience is None or mind.viewer in (*entry.audience, party)
            about = {(origin, entry.seq), *(ref.key for ref in entry.ref)}
            if its and not about & mind.withheld:
                shown[entry.seq] = held[entry.seq]
        return shown

    def _withheld(self, origin: str, start: int, end: int) -> set[Key]:
        """Return the guarded notices of a range: whether we opened them, another's view hides."""
        found = set()
        for entry in self.chronicle.read(origin, start, end):
            if not isinstance(entry, Unreadable) and isinstance(entry.body, MessageSaid):
                try:
                    guarded = message_type(entry.body.message_type).guarded
                except InputFault:
                    guarded = False
                if guarded:
                    found.add((origin, entry.seq))
        return found

    def _set_links(self, mind: Mind) -> None:
        """Let links be as the party's newest entries about them say, and receipts as they stood."""
        state, links = mind.state, mind.state.links
        for party in state.identity.peers:
            newest = _newest_link(state, mind.viewer, party)
            if newest is not None and isinstance(newest.body, LinkObserved):
                up = newest.body.link == "up"
                links.heard_us[party] = mind.at_us if up else newest.body.since_us
        if mind.viewer != self._identity.party:
            return
        for origin in mind.sizes:
            if log_name(origin).party != mind.viewer:
                continue
            for party in state.identity.peers:
                size, since_us = self.chronicle.cosigned(party, origin, mind.at_us)
                if size:
                    time_s = since_us // MICROSECONDS_PER_SECOND
                    held = HeldUpTo(size=size, time_s=time_s)
                    links.receipts.setdefault(origin, {})[party] = held


def _newest_link(state: State, observer: str, about: str) -> Entry | None:
    found = [
        entry
        for _, scope in sorted(state.scopes.items())
        if (entry := newest_link(scope, observer, about)) is not None
    ]
    return max(found, key=written_us, default=None)


def identity_of(identity: Identity, viewer: str) -> Identity:
    """Return who looks: this node, or another party with the agreements that it is under.

    Such a mind only reads: the signing keys in it stay ours, and sign nothing.
    """
    if viewer == identity.party:
        return identity
    keys = identity.keys
    ours = PeerKeys(
        log=keys.log.verifier,
        mirror=keys.mirror.verifier,
        link=keys.link.verifier,
        witness=keys.witness.verifier,
        roots=identity.roots[0],
        root_threshold=identity.roots[1],
    )
    under = {
        name: each
        for name, each in identity.agreements.items()
        if viewer in {party.id for party in each.parties}
    }
    peers = {identity.party: ours, **identity.peers}
    shared = {party.id for each in under.values() for party in each.parties}
    return dataclasses.replace(
        identity,
        party=viewer,
        peers={name: each for name, each in peers.items() if name in shared - {viewer}},
        agreements=under,
    )


# ---- receipts as they stood then ----------------------------------------------------------------


def _none(state: State, key: Key, parties: tuple[str, ...]) -> Mapping[str, Held]:
    del state, key
    return dict.fromkeys(parties, Held())


def _receipts_until(receipts: Receipts, at_us: int) -> Receipts:
    def until(state: State, key: Key, parties: tuple[str, ...]) -> Mapping[str, Held]:
        found = receipts(state, key, parties)
        return {party: _until(held, at_us) for party, held in found.items()}

    return until


def _until(held: Held, at_us: int) -> Held:
    def then(instant_us: int | None) -> int | None:
        return instant_us if instant_us is not None and instant_us <= at_us else None

    return Held(received_us=then(held.received_us), cosigned_us=then(held.cosigned_us))
