"""Parties, posts, units, lines, clauses, agreements.

An agreement is data: who is bound, through whom, by which clauses with which numbers. An unknown
parameter is refused with the nearest right one. A line of communication has ends that are posts,
not people. A line that stands under no agreement is held by a bare agreement of its own name: its
ends are the parties and the norms' defaults hold (docs/decisions/002).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from parley.world.boundary import Boundary
from parley.world.faults import InputFault, nearest
from parley.world.limits import NAME_CHARACTERS_MAX
from parley.world.place import Place
from parley.world.time import Interval
from parley.world.verdict import EscalationStep
from parley.world.zone import Zone

Role = str


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


def check_name(name: str, what: str) -> None:
    """Check an identifier: it stands in log origins, URLs and file names.

    Raises:
        InputFault: empty, longer than the limit, or with a blank, "/", "+" or a control character.
    """
    good = 0 < len(name) <= NAME_CHARACTERS_MAX and name.isprintable()
    if not good or any(c in name for c in "/+ \\") or name in (".", ".."):
        raise InputFault(
            what,
            value=name,
            wanted=f"1 to {NAME_CHARACTERS_MAX} printable characters, no blank, '/', '\\' or '+'",
        )


def check_post(name: str, what: str) -> None:
    """Check the name of a post: a duty position as people call it, blanks allowed.

    Raises:
        InputFault: empty, longer than the limit, unprintable, or blank at an end.
    """
    if not 0 < len(name) <= NAME_CHARACTERS_MAX or not name.isprintable() or name != name.strip():
        wanted = f"1 to {NAME_CHARACTERS_MAX} printable characters, no blank at an end"
        raise InputFault(what, value=name, wanted=wanted)


class Party(_Record, frozen=True, kw_only=True):
    """Who signs: id, name, posts (duty positions) in the order of escalation, units below them."""

    id: str
    name: str = ""
    role: Role = ""
    languages: tuple[str, ...] = ()
    posts: tuple[str, ...] = ("duty-officer",)
    units: tuple[str, ...] = ()
    bound_through: str | None = None

    def __post_init__(self) -> None:
        check_name(self.id, "party id")
        for post in self.posts:
            check_post(post, f"party {self.id} post")


class Separation(_Record, frozen=True, kw_only=True, tag="separation"):
    """Minima of a pair of parties, apart by one (`or`) or both (`and`), and how long inside."""

    id: str
    horizontal_m: float
    vertical_m: float
    joined: Literal["or", "and"] = "or"
    dwell_s: float | None = None
    text: str = ""

    def __post_init__(self) -> None:
        for name, value_m in (("horizontal_m", self.horizontal_m), ("vertical_m", self.vertical_m)):
            if not 0 < value_m < 1e6:
                raise InputFault(f"clause {self.id} {name}", value=value_m, wanted="0..1e6 m")


class Notification(_Record, frozen=True, kw_only=True, tag="notification"):
    """Notices come `lead_s` before what they announce; `of`: message types, empty is all."""

    id: str
    lead_s: float
    of: tuple[str, ...] = ()
    answer_within_s: float | None = None
    text: str = ""


class Acknowledgement(_Record, frozen=True, kw_only=True, tag="acknowledgement"):
    """Messages are answered within `within_s`; else the posts of `escalate` are called in order."""

    id: str
    within_s: float
    of: tuple[str, ...] = ()
    message_class: str | None = None
    escalate: tuple[EscalationStep, ...] = ()
    text: str = ""


class ReadBack(_Record, frozen=True, kw_only=True, tag="read_back"):
    """Fields are read back within `within_s`; `of` empty means whatever asks for it."""

    id: str
    within_s: float
    of: tuple[str, ...] = ()
    text: str = ""


class LineTest(_Record, frozen=True, kw_only=True, tag="line_test"):
    """The line is tested every so many seconds."""

    id: str
    every_s: float
    on_failure: str = ""
    text: str = ""


class Suspension(_Record, frozen=True, kw_only=True, tag="suspension"):
    """One party alone may suspend, with notice; what is exempt still passes."""

    id: str
    notice_s: float
    exempt: tuple[str, ...] = ("life_safety",)
    text: str = ""


class PositionCheck(_Record, frozen=True, kw_only=True, tag="position_check"):
    """A named place and coordinates sent together lie within this distance of each other."""

    id: str
    named_place_within_m: float
    text: str = ""


class ExclusiveChannel(_Record, frozen=True, kw_only=True, tag="exclusive_channel"):
    """Whether the logs and the call register are the only channel, so that silence decides."""

    id: str
    value: bool
    note: str = ""
    text: str = ""


class Ring(_Record, frozen=True, kw_only=True, tag="ring"):
    """A ring around a place that is not crossed inbound without contact."""

    id: str
    ring: str
    rule: str = ""
    text: str = ""


class BoundaryRule(_Record, frozen=True, kw_only=True, tag="boundary"):
    """Who stays on which side of a boundary."""

    id: str
    boundary: str
    rule: str = ""
    text: str = ""


class ZoneRule(_Record, frozen=True, kw_only=True, tag="zone"):
    """Who stays inside or outside of a zone."""

    id: str
    zone: str
    rule: str = ""
    text: str = ""


class Priority(_Record, frozen=True, kw_only=True, tag="priority"):
    """Who comes first, in order."""

    id: str
    order: tuple[str, ...]
    text: str = ""


class Yield(_Record, frozen=True, kw_only=True, tag="yield"):
    """Who is asked to make way reports within `within_s` that it has; `of`: types, empty is all."""

    id: str
    within_s: float
    of: tuple[str, ...] = ()
    text: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.within_s <= 86_400:
            raise InputFault(f"clause {self.id} within_s", value=self.within_s, wanted="1 s..1 day")


class Bearer(_Record, frozen=True, kw_only=True, tag="bearer"):
    """What a line runs over: its delay one way and its rate; `line` empty means every line.

    The clocks of the message classes are stretched by it ("+ link", NORMS 2), and by nothing else.
    """

    id: str
    delay_s: float
    rate_bps: float | None = None
    line: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.delay_s <= 3_600:
            raise InputFault(f"clause {self.id} delay_s", value=self.delay_s, wanted="0..3600 s")
        if self.rate_bps is not None and not 10 <= self.rate_bps <= 1e12:
            raise InputFault(f"clause {self.id} rate_bps", value=self.rate_bps, wanted="10 or more")


class IncidentReport(_Record, frozen=True, kw_only=True, tag="incident_report"):
    """When the initial and the final report are due (ISO 8601 durations), and what they contain."""

    id: str
    initial: str
    final: str
    content: tuple[str, ...] = ()
    text: str = ""


class Term(_Record, frozen=True, kw_only=True, tag="term"):
    """A term that only people read: kept word for word, never judged."""

    id: str
    text: str
    source: str = ""


Clause = (
    Separation
    | Notification
    | Acknowledgement
    | ReadBack
    | LineTest
    | Suspension
    | PositionCheck
    | ExclusiveChannel
    | Ring
    | BoundaryRule
    | ZoneRule
    | Priority
    | Yield
    | Bearer
    | IncidentReport
    | Term
)
CLAUSE_KINDS: dict[str, type] = {
    str(c.__struct_config__.tag): c
    for c in (
        Separation, Notification, Acknowledgement, ReadBack, LineTest, Suspension, PositionCheck,
        ExclusiveChannel, Ring, BoundaryRule, ZoneRule, Priority, Yield, Bearer, IncidentReport,
        Term,
    )
}  # fmt: skip


class LineEnd(_Record, frozen=True, kw_only=True):
    """One end of a line: a post of a party, never a person."""

    party: str
    post: str = "duty-officer"

    def __post_init__(self) -> None:
        check_post(self.post, f"line end of {self.party} post")


class Line(_Record, frozen=True, kw_only=True):
    """A line of communication: its ends and hours. "Line" alone always means this."""

    id: str
    ends: tuple[LineEnd, ...]
    hours: str = "24/7"
    languages: tuple[str, ...] = ()
    test_every_s: float | None = None

    def __post_init__(self) -> None:
        check_name(self.id, "line id")
        if len({e.party for e in self.ends}) < 2:
            raise InputFault(
                f"line {self.id} ends", value=len(self.ends), wanted="two parties or more"
            )

    @property
    def parties(self) -> tuple[str, ...]:
        """The parties at its ends."""
        return tuple(e.party for e in self.ends)


class Agreement(_Record, frozen=True, kw_only=True):
    """Who is bound by which clauses, over which lines, from when to when.

    One that is only `asserted_by` one side binds nobody else.
    """

    id: str
    title: str = ""
    parties: tuple[Party, ...]
    lines: tuple[Line, ...] = ()
    clauses: tuple[Clause, ...] = ()
    zones: tuple[Zone, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    places: tuple[Place, ...] = ()
    valid: Interval | None = None
    text_public: bool = True
    asserted_by: tuple[str, ...] = ()
    rules_version: int = 3
    version: int = 1

    def __post_init__(self) -> None:
        check_name(self.id, "agreement id")
        refuse_twice((p.id for p in self.parties), f"agreement {self.id} party")
        refuse_twice((c.id for c in self.clauses), f"agreement {self.id} clause")
        refuse_twice((n.id for n in self.lines), f"agreement {self.id} line")
        refuse_twice((z.id for z in self.zones), f"agreement {self.id} zone")
        refuse_twice((b.id for b in self.boundaries), f"agreement {self.id} boundary")
        refuse_twice((p.id for p in self.places), f"agreement {self.id} place")
        known = {p.id for p in self.parties}
        for party in self.parties:
            if party.bound_through is not None and party.bound_through not in known:
                raise InputFault(
                    f"agreement {self.id} party {party.id} bound_through",
                    value=party.bound_through,
                    wanted="a party of the agreement",
                )
        for line in self.lines:
            for end in line.ends:
                if end.party not in known:
                    raise InputFault(
                        f"agreement {self.id} line {line.id} end",
                        value=end.party,
                        wanted=f"one of {', '.join(sorted(known))}",
                    )

    def party(self, party_id: str) -> Party:
        """Return a party of the agreement by its id."""
        for party in self.parties:
            if party.id == party_id:
                return party
        raise InputFault(f"agreement {self.id} party", value=party_id, wanted="a party of it")

    def binds(self, *party_ids: str) -> bool:
        """Whether all of these are parties, and the agreement is not one side's assertion."""
        return not self.asserted_by and set(party_ids) <= {p.id for p in self.parties}

    def in_force(self, at_us: int) -> bool:
        """Whether the instant lies in its validity; without one it always does."""
        return self.valid is None or self.valid.contains(at_us)


UNPINNED_RULES_VERSION = 2
"""By which rules a document without `rules_version` is read, for ever: those of the last release
that let it be left out. A default that moved would let two releases read one text differently."""


class _Pin(msgspec.Struct, frozen=True):
    rules_version: int | None = None


def pinned(agreement: Agreement, document: bytes | str) -> Agreement:
    """Return an agreement as its document pins it: one that names no rules is of the old ones.

    Args:
        agreement: as decoded from the document.
        document: its JSON text.
    """
    if msgspec.json.decode(document, type=_Pin).rules_version is not None:
        return agreement
    return msgspec.structs.replace(agreement, rules_version=UNPINNED_RULES_VERSION)


def refuse_twice(names: Iterable[str], what: str) -> None:
    """Check that no name comes twice.

    Raises:
        InputFault: naming the first that does.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputFault(
                what, value=name, wanted="each one once", repair="remove or rename one"
            )
        seen.add(name)


def clause_from_document(document: dict[str, object], where: str) -> Clause:
    """Return the clause of a document in SI units (`kind`, `id` and the parameters of that kind).

    Raises:
        InputFault: an unknown kind or parameter (the repair names the nearest), a bad value.
    """
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in CLAUSE_KINDS:
        close = nearest(str(kind), list(CLAUSE_KINDS))
        raise InputFault(
            f"{where} kind",
            value=kind,
            wanted=f"one of {', '.join(CLAUSE_KINDS)}",
            repair=f"did you mean {close!r}?" if close else "",
        )
    known = [f.name for f in msgspec.structs.fields(CLAUSE_KINDS[kind])]
    for key in document:
        if key != "kind" and key not in known:
            close = nearest(key, known)
            raise InputFault(
                f"{where} parameter",
                value=key,
                wanted=f"one of {', '.join(known)}",
                repair=f"did you mean {close!r}?" if close else "",
            )
    try:
        parameters = {("type" if k == "kind" else k): v for k, v in document.items()}
        return msgspec.convert(parameters, Clause)  # type: ignore[no-any-return]  # a union is a type to msgspec, not to its stub
    except msgspec.ValidationError as error:
        raise InputFault(where, value=str(error), wanted=f"a {kind} clause") from None
