"""A small world of parties that write logs, see each other's heads, cosign and give receipts."""

from __future__ import annotations

from dataclasses import dataclass, field

from parley.node.encoding import encode_entry, seal_entry
from parley.node.entries import (
    Body,
    Draft,
    LogName,
    LogOpened,
    MessageAnswered,
    MessageSaid,
    Reference,
    Seen,
    kind_of,
)
from parley.review.silence import answer_silence
from parley.review.silence_words import SilenceAnswer, SilenceQuestion
from parley.review.times import Cosigned, LogPart, Receipted, Timeline, read_part
from parley.trust.tree import Tree, leaf_hash
from parley.world.agreement import Agreement, Line, LineEnd, Party
from parley.world.clauses import ExclusiveChannel
from parley.world.time import parse_instant_us

SECOND_US = 1_000_000
SALT = bytes(range(32))


def at(clock: str, day: int = 20) -> int:
    """Return the instant of a time of day in June 2026."""
    return parse_instant_us(f"2026-06-{day:02}T{clock}Z")


def agreement(*, exclusive: bool | None = None) -> Agreement:
    clauses = ()
    if exclusive is not None:
        clauses = (ExclusiveChannel(id="C9", value=exclusive),)
    return Agreement(
        id="AB",
        parties=(Party(id="ALFA"), Party(id="BRAVO"), Party(id="CHARLIE")),
        lines=(
            Line(id="L1", ends=(LineEnd(party="ALFA"), LineEnd(party="BRAVO"))),
            Line(id="L2", ends=(LineEnd(party="ALFA"), LineEnd(party="CHARLIE"))),
        ),
        clauses=clauses,
    )


def origin(party: str, kind: str = "line", year: int = 2026, incarnation: int = 1) -> str:
    return LogName(
        agreement="AB", party=party, kind=kind, year=year, incarnation=incarnation
    ).origin


@dataclass
class World:
    """All that was written and said; `offset_us` is how wrong each party's clock is."""

    offset_us: dict[str, int] = field(default_factory=dict)
    logs: dict[str, list[bytes]] = field(default_factory=dict)
    openings: dict[str, dict[int, bytes]] = field(default_factory=dict)
    heads_seen: dict[str, dict[str, int]] = field(default_factory=dict)
    cosigned: list[Cosigned] = field(default_factory=list)
    receipts: list[Receipted] = field(default_factory=list)

    def clock(self, party: str, at_us: int) -> int:
        return at_us + self.offset_us.get(party, 0)

    def write(
        self,
        party: str,
        at_us: int,
        body: Body,
        *,
        claimed_us: int | None = None,
        seen: dict[str, Seen] | None = None,
        log: LogName | None = None,
        sealed: bool = False,
        **envelope,
    ) -> tuple[str, int]:
        """Let a party write an entry, with all that it has seen, and return its place."""
        kind = kind_of(body)
        name = log or LogName(agreement="AB", party=party, kind=kind, year=2026)
        entries = self.logs.setdefault(name.origin, [])
        if not entries and not isinstance(body, LogOpened):
            self.open(party, at_us, name)
        if seen is None:
            known = self.heads_seen.get(party, {})
            seen = {o: self.head(o, size) for o, size in known.items() if o != name.origin}
        values = {
            "log": name,
            "seq": len(entries),
            "issued_us": self.clock(party, at_us) if claimed_us is None else claimed_us,
            "seen": seen,
        }
        draft = Draft(agreement="AB", by="desk", body=body, **envelope)
        if sealed:
            data, opening = seal_entry(draft, **values, salt=SALT)
            self.openings.setdefault(name.origin, {})[len(entries)] = opening
        else:
            data = encode_entry(draft, **values)
        entries.append(data)
        return name.origin, len(entries) - 1

    def open(self, party: str, at_us: int, name: LogName) -> None:
        body = LogOpened(agreement="AB", kind=name.kind, year=name.year, keys={}, rules_version=2)
        self.write(party, at_us, body, log=name)

    def say(self, party: str, at_us: int, to: str = "BRAVO", **changes) -> tuple[str, int]:
        """Let a party say something on line L1; what is no field of a message is the entry's."""
        fields = {"line": "L1", "message_type": "clearance", "message_class": "SAFETY"}
        of_entry = {"claimed_us", "seen", "log", "sealed", "audience", "ref", "status"}
        body = {k: v for k, v in changes.items() if k not in of_entry}
        envelope = {k: v for k, v in changes.items() if k in of_entry}
        return self.write(party, at_us, MessageSaid(**(fields | body)), to=(to,), **envelope)

    def answer(self, party: str, at_us: int, said: tuple[str, int]) -> tuple[str, int]:
        leaf = leaf_hash(self.logs[said[0]][said[1]]).hex()
        ref = Reference(log=said[0], index=said[1], leaf=leaf)
        return self.write(party, at_us, MessageAnswered(answer="ROGER", post="desk"), ref=(ref,))

    def head(self, of: str, size: int) -> Seen:
        leaves = [leaf_hash(data) for data in self.logs[of][:size]]
        return Seen(size=size, root=Tree(leaves).root().hex())

    def cosign(
        self, party: str, at_us: int, of: str | None = None, size: int | None = None
    ) -> None:
        """Let a party take what is there of a log (or of all) and cosign it by its clock."""
        for name in [of] if of else list(self.logs):
            if f"/{party}/" in name:
                continue
            reached = len(self.logs[name]) if size is None else size
            self.heads_seen.setdefault(party, {})[name] = reached
            time_s = self.clock(party, at_us) // SECOND_US
            self.cosigned.append(Cosigned(origin=name, size=reached, party=party, time_s=time_s))

    def receipt(self, party: str, at_us: int, place: tuple[str, int]) -> None:
        clock_us = self.clock(party, at_us)
        self.receipts.append(
            Receipted(origin=place[0], index=place[1], party=party, at_us=clock_us)
        )

    def part(self, name: str, start: int = 0, end: int | None = None, *, opened=True) -> LogPart:
        held = self.openings.get(name, {}) if opened else {}
        return read_part(name, start, self.logs[name][start:end], held)

    def parts(self, *, opened: bool = True, **changed: LogPart) -> list[LogPart]:
        return [self.part(name, opened=opened) for name in self.logs]

    def timeline(self, **values) -> Timeline:
        return Timeline(self.parts(), self.cosigned, self.receipts, **values)

    def ask(self, question: SilenceQuestion, parts=None, **values) -> SilenceAnswer:
        """Return the answer of these logs; of all, with the agreement, if nothing else is said."""
        values.setdefault("agreement", agreement())
        parts = self.parts() if parts is None else parts
        return answer_silence(question, parts, self.cosigned, self.receipts, **values)
