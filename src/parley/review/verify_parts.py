"""What the steps of a verification share: the fault that locates damage, a log as far as checked.

Nothing here checks anything. `verify` runs the steps; docs/pack.md says what each one is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

import msgspec

from parley.node.entries import log_name
from parley.review.pack import PackLog
from parley.trust.checkpoint import Checkpoint, Cosignature
from parley.trust.keys import VerifierKey
from parley.trust.note import Note
from parley.trust.policy import Policy
from parley.trust.tree import Tree
from parley.world.faults import Fault, PeerFault

INTACT = "record intact"
NOT_INTACT = "not intact"
FORKED = "forked by its own signature"
CONTESTED = "contested by "
"""Followed by who says otherwise: word against word, where no signature of the log decides."""
STEPS = (
    "form",
    "keys",
    "notes",
    "quorum",
    "ranges",
    "commitments",
    "statements",
    "receipts",
)
"""Step 0, the form of the file, is read first and compared last."""


class PackFault(PeerFault):
    """What is wrong with a pack, and where.

    Attributes:
        step: the number of the step of docs/pack.md.
        log: origin of the log, or "".
        index: the entry, or the first of several, or None.
        last: the last of several, or None.
        verdict: "not intact", "forked by its own signature", or "contested by ...".
    """

    def __init__(
        self,
        step: int,
        what: str,
        *,
        value: object = None,
        wanted: str = "",
        repair: str = "",
        log: str = "",
        index: int | None = None,
        last: int | None = None,
        verdict: str = NOT_INTACT,
    ) -> None:
        self.step = step
        self.log = log
        self.index = index
        self.last = last
        self.verdict = verdict
        super().__init__(what, value=value, wanted=wanted, repair=repair)


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a pack fails, as `parley verify --json` prints it."""

    verdict: str
    step: int
    name: str
    log: str
    index: int | None
    last: int | None
    reason: str


def finding_of(fault: PackFault) -> Finding:
    """Return a fault as a record."""
    return Finding(
        verdict=fault.verdict,
        step=fault.step,
        name=STEPS[fault.step],
        log=fault.log,
        index=fault.index,
        last=fault.last,
        reason=str(fault),
    )


def refuse(
    step: int,
    what: str,
    value: object = None,
    wanted: str = "",
    repair: str = "",
    *,
    log: str = "",
    index: int | None = None,
    last: int | None = None,
    verdict: str = NOT_INTACT,
) -> NoReturn:
    """Raise the fault of a step."""
    raise PackFault(
        step,
        what,
        value=value,
        wanted=wanted,
        repair=repair,
        log=log,
        index=index,
        last=last,
        verdict=verdict,
    )


def party_of(origin: str) -> str:
    """Return whose log it is, or "" for an origin of another profile."""
    try:
        return log_name(origin).party
    except Fault:
        return ""


def cosigner_words(name: str) -> str:
    """Return the party behind a mirror or witness key, as people say it.

    >>> cosigner_words("parley/RUS/mirror"), cosigner_words("example.com/w")
    ('RUS', 'example.com/w')
    """
    parts = name.split("/")
    return parts[1] if len(parts) == 3 and parts[0] == "parley" else name


@dataclass(slots=True)
class CheckedHead:
    """A signed head: what it says, and who cosigned it when (each witness's cosignatures)."""

    checkpoint: Checkpoint
    note: Note
    cosigned: tuple[Cosignature, ...] = ()

    @property
    def size(self) -> int:
        """How many entries."""
        return self.checkpoint.size


@dataclass(slots=True)
class CheckedRange:
    """Entries [start, end) that are under a signed root, with their leaf hashes."""

    start: int
    entries: list[bytes]
    leaves: list[bytes]

    @property
    def end(self) -> int:
        """One past the last."""
        return self.start + len(self.entries)


@dataclass(slots=True)
class CheckedLog:
    """A log of a pack as far as the steps have come.

    Attributes:
        number: its place in the pack.
        shown: what the pack says of it.
        keys: its keys in the order of `shown.keys`, under the name of the origin.
        key_from: "given" by the person who verifies, or "pack".
        policy: by whose cosignatures it counts.
        policy_given: whether the person gave it, or it is the pack's own.
        given_cosigners: names of witnesses whose keys the person gave.
        heads: by size.
        ranges: by start.
        tree: over the entries from 0, as many as are shown without a gap.
        sealed: how many entries hold a commitment in place of their payload.
        seen: heads (origin, size, root hex) that its entries name, with the first entry that does.
        plain: indices of entries that say something about the record itself, by type.
        unreadable: entries whose bytes no release at hand can read.
    """

    number: int
    shown: PackLog
    keys: tuple[VerifierKey, ...]
    key_from: str
    policy: Policy
    policy_given: bool
    given_cosigners: frozenset[str]
    heads: list[CheckedHead] = field(default_factory=list)
    ranges: list[CheckedRange] = field(default_factory=list)
    tree: Tree = field(default_factory=Tree)
    sealed: int = 0
    seen: dict[tuple[str, int, str], int] = field(default_factory=dict)
    plain: dict[str, list[int]] = field(default_factory=dict)
    unreadable: int = 0

    @property
    def origin(self) -> str:
        """Which log."""
        return self.shown.origin

    @property
    def what(self) -> str:
        """The log as faults name it."""
        return f"log {self.origin}"

    @property
    def newest(self) -> CheckedHead:
        """Its largest head."""
        return self.heads[-1]

    def key_at(self, size: int) -> VerifierKey:
        """Return the key in force at a size."""
        pairs = zip(self.shown.keys, self.keys, strict=True)
        return [key for listed, key in pairs if listed.from_size <= size][-1]

    def entry(self, index: int) -> bytes | None:
        """Return the exact bytes of an entry, or None where it is not shown."""
        for one in self.ranges:
            if one.start <= index < one.end:
                return one.entries[index - one.start]
        return None

    def leaf(self, index: int) -> bytes | None:
        """Return the leaf hash of an entry, or None where it is not shown."""
        for one in self.ranges:
            if one.start <= index < one.end:
                return one.leaves[index - one.start]
        return None

    def root_at(self, size: int) -> bytes | None:
        """Return the root at a size, as entries or a signed head give it; None if neither does.

        A peer may sign that it has seen any number, even one below nothing: no log was that long.
        """
        if 0 <= size <= self.tree.size:
            return self.tree.root(size)
        return next((one.checkpoint.root for one in self.heads if one.size == size), None)
