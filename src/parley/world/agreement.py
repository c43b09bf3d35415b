"""Parties, posts, units, lines, agreements; clauses are in `clauses`.

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
from parley.world.clauses import CLAUSES_OF_4, Clause, Distribution, Notification
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.limits import NAME_CHARACTERS_MAX
from parley.world.place import Place
from parley.world.shape import Shape
from parley.world.time import Interval
from parley.world.zone import Zone

Role = str
Standing = Literal[
    "signatory", "bound through another", "host state", "guarantor", "partner force", "civil user",
    "observer", "non-party",
]  # fmt: skip
RULES_OF_NEW = 5
"""The rules version of an agreement that is made now and names none."""
CLAUSES_SINCE = 4
"""The rules version from which the clauses of `CLAUSES_OF_4` are known."""


class _Record(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
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
    """Who signs: id, name, posts (duty positions) in the order of escalation, units below them.

    `role`: in the words of the agreement; `standing`: one of the eight that every agreement means
    alike. `signed_by`: in whose name, where that is another.
    """

    id: str
    name: str = ""
    role: Role = ""
    languages: tuple[str, ...] = ()
    posts: tuple[str, ...] = ("duty-officer",)
    units: tuple[str, ...] = ()
    bound_through: str | None = None
    standing: Standing = "signatory"
    signed_by: str = ""

    def __post_init__(self) -> None:
        check_name(self.id, "party id")
        for post in self.posts:
            check_post(post, f"party {self.id} post")
        for unit in self.units:
            check_post(unit, f"party {self.id} unit")


class Actor(_Record, frozen=True, kw_only=True):
    """Somebody whom the agreement speaks of and who is no party to it.

    `answers`: the party that answers for it; "" is nobody, and then it stands on a list of its own.
    `contested_by`: parties that say otherwise of its standing.
    """

    name: str
    standing: Standing
    answers: str = ""
    text: str = ""
    contested_by: tuple[str, ...] = ()


class AircraftClass(_Record, frozen=True, kw_only=True):
    """A class of aircraft as this agreement means it, in its own words.

    `kinds`: the kinds of flights and tracks that are of it.
    """

    id: str
    text: str = ""
    kinds: tuple[str, ...] = ()


class PressureRule(_Record, frozen=True, kw_only=True):
    """From which source levels are compared with altitudes, and how far apart they may be.

    `source`: whose QNH counts, by party id; `place`: of which place. `transition_altitude_m` is
    AMSL, `transition_level_m` STD. `bound_m`: of a fresh report; `stale_after_s`: then it is none.
    """

    source: str
    place: str = ""
    transition_altitude_m: float | None = None
    transition_level_m: float | None = None
    bound_m: float = 30.0
    stale_after_s: float = 3_600.0

    def __post_init__(self) -> None:
        for name, value, most in (
            ("bound_m", self.bound_m, 1_000.0), ("stale_after_s", self.stale_after_s, 86_400.0),
        ):  # fmt: skip
            if not 0.0 < value <= most:
                raise InputFault(f"pressure {name}", value=value, wanted=f"above 0, to {most:g}")


class BackgroundLayer(_Record, frozen=True, kw_only=True):
    """A dated layer behind the map: who controlled what, where a State or FIR ends. Agreed by none.

    It is never a zone or a boundary of the agreement: nothing is decided by it, and it says whose
    drawing it is and of which day.
    """

    id: str
    kind: Literal["control", "state", "FIR", "other"]
    name: str
    as_of: Interval
    source: str
    areas: tuple[Shape, ...] = ()
    lines: tuple[tuple[Position, ...], ...] = ()
    uncertainty_m: float = 0.0

    def __post_init__(self) -> None:
        check_name(self.id, "layer id")
        if not self.source.strip():
            raise InputFault(f"layer {self.id} source", value=self.source, wanted="who drew it")


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

    Attributes:
        text_public: whether the text that people signed is published.
        text_sha256: of that text, if it is known.
        languages: of that text, the prevailing one first.
        supersedes: SHA-256 of the document that this version takes the place of.
        actors: whom it speaks of and who is no party.
        aircraft_classes: as its clauses mean them.
        pressure: how levels and altitudes are compared; None: they are not, and it is undecided.
        layers: what is drawn behind the map and decides nothing.
        base_map: what is drawn below everything; borders only where the parties chose so.
        datum: of every position.
        timezone_source: which edition of the time zone rules its schedules were worked out with.
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
    # Always written: a document that names no rules is read by old ones (`pinned`).
    rules_version: int = msgspec.field(default_factory=lambda: RULES_OF_NEW)
    version: int = 1
    text_sha256: str = ""
    languages: tuple[str, ...] = ()
    supersedes: str = ""
    actors: tuple[Actor, ...] = ()
    aircraft_classes: tuple[AircraftClass, ...] = ()
    pressure: PressureRule | None = None
    layers: tuple[BackgroundLayer, ...] = ()
    base_map: Literal["coast and graticule", "with borders", "none"] = "coast and graticule"
    datum: Literal["WGS84"] = "WGS84"
    timezone_source: str = ""

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
        _check_of_4(self)
        _check_units(self)

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


def _check_of_4(agreement: Agreement) -> None:
    """Refuse clauses that the rules which an agreement pins do not know."""
    if agreement.rules_version >= CLAUSES_SINCE:
        return
    for clause in agreement.clauses:
        kind = str(type(clause).__struct_config__.tag)
        if kind in CLAUSES_OF_4:
            raise InputFault(
                f"agreement {agreement.id} clause {clause.id} kind",
                value=kind,
                wanted=f"a kind of rules version {agreement.rules_version}",
                repair=f"pin rules_version {CLAUSES_SINCE} or a later one, or leave the clause out",
            )


def _check_units(agreement: Agreement) -> None:
    """Refuse a clause that wants units told which no party has."""
    units = {party.id: party.units for party in agreement.parties}
    for clause in agreement.clauses:
        wanted = clause.units if isinstance(clause, Distribution) else {}
        wanted = clause.required_units if isinstance(clause, Notification) else wanted
        for party, names in wanted.items():
            for name in names:
                if name not in units.get(party, ()):
                    what = f"agreement {agreement.id} clause {clause.id} unit of {party}"
                    known = ", ".join(units.get(party, ())) or "none"
                    raise InputFault(what, value=name, wanted=f"one of {known}")


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
