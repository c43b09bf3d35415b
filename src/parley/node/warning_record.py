"""What the logs under one agreement say by the entries of rules version 5: one table per type.

Rules: as those of `line_record`. Every entry lands under its own place or under the place it refers
to; nobody speaks for another party: a conflict is renewed by who raised it alone, each party marks
what its own posts did, and tells of its own flights.

What does not live here: what the entries mean (`rules`); the conflicts themselves, which stand with
the other alerts (`state.Scope.alerts`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parley.node.entries import Entry, log_name
from parley.node.warning_bodies import (
    AlertMarked,
    ConflictRaised,
    ConflictRenewed,
    ConformanceObserved,
    FlightUnusual,
    FormationConfirmed,
    FormationDeclared,
    FormationEnded,
    WarningBody,
)
from parley.world.faults import InputFault

Key = tuple[str, int]
"""Where an entry stands: origin and index."""
Table = dict[Key, Entry]


@dataclass(slots=True)
class WarningRecord:
    """The tables.

    Attributes:
        renewed: what became of a conflict, by the entry that raised it.
        marked: what people did about an alert, by the alert.
        formations: as declared.
        confirmed: confirmations of a formation, by its declaration.
        ended: ends of a formation, by its declaration.
        conformance: observations of a flight against an intent, by the entry that filed it.
        unusual: own flights where none was before; stands in a private log.
        observed: the observations in the order in which they came: who reads them goes on from
            where it was.
    """

    renewed: dict[Key, Table] = field(default_factory=dict)
    marked: dict[Key, Table] = field(default_factory=dict)
    formations: Table = field(default_factory=dict)
    confirmed: dict[Key, Table] = field(default_factory=dict)
    ended: dict[Key, Table] = field(default_factory=dict)
    conformance: dict[Key, Table] = field(default_factory=dict)
    unusual: Table = field(default_factory=dict)
    observed: list[Entry] = field(default_factory=list)

    def take(self, entry: Entry, body: WarningBody) -> str | None:
        """Put an entry where it belongs; return why it cannot count, or None."""
        key = (entry.log.origin, entry.seq)
        match body:
            case ConflictRaised():
                return "a conflict stands with the other alerts"
            case FormationDeclared():
                self.formations[key] = entry
            case FlightUnusual():
                self.unusual[key] = entry
            case _:
                return self._take_about(key, entry, body)
        return None

    def _take_about(
        self,
        key: Key,
        entry: Entry,
        body: ConflictRenewed
        | AlertMarked
        | FormationConfirmed
        | FormationEnded
        | ConformanceObserved,
    ) -> str | None:
        if not entry.ref:
            return f"{entry.type} without what it is about"
        try:
            about = log_name(entry.ref[0].log)
        except InputFault as fault:
            return str(fault)
        if about.agreement != entry.log.agreement:
            return f"{entry.type} about something under {about.agreement}"
        own = about.party == entry.log.party
        if isinstance(body, ConflictRenewed | ConformanceObserved) and not own:
            return f"{entry.type} on behalf of {about.party}"
        if isinstance(body, FormationConfirmed) and own:
            return f"{entry.type} by its own declarer"
        tables: dict[type, dict[Key, Table]] = {
            ConflictRenewed: self.renewed,
            AlertMarked: self.marked,
            FormationConfirmed: self.confirmed,
            FormationEnded: self.ended,
            ConformanceObserved: self.conformance,
        }
        tables[type(body)].setdefault(entry.ref[0].key, {})[key] = entry
        if isinstance(body, ConformanceObserved):
            self.observed.append(entry)
        return None

    def snapshot(self, narrow: frozenset[Key]) -> dict[str, object]:
        """Return the places of all entries that every party holds, as plain sorted values."""

        def open_to_all(table: Table) -> list[str]:
            return sorted(
                str(key)
                for key, entry in table.items()
                if key not in narrow and entry.log.kind != "private"
            )

        found: dict[str, object] = {}
        for name in self.__slots__:
            if name == "observed":
                continue
            table = getattr(self, name)
            if name in ("formations", "unusual"):
                found[name] = open_to_all(table)
            else:
                by_place = {str(about): open_to_all(held) for about, held in sorted(table.items())}
                found[name] = {about: held for about, held in by_place.items() if held}
        del found["unusual"]
        return found
