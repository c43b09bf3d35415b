"""What the logs under one agreement say by the entries of rules version 4: one table per type.

Rules: as those of `line_record`. Every entry lands under its own place or under the place it refers
to; nobody speaks for another party: who signs a notice confirms it, each party tells of its own
units. What cannot count is told as a reason, and `fold` keeps it as unreadable.

What does not live here: what the entries mean (`rules`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parley.node.agreement_bodies import (
    AgreementBody,
    AgreementCountersigned,
    AgreementDeclared,
    AgreementDeclined,
    AgreementProposed,
    AgreementRenewed,
    AssessmentDeclared,
    IncidentRegistered,
    NoticeConfirmed,
    PlacesKept,
    PlaceTold,
    PressureReported,
    RepositionRecorded,
    UnitReceipted,
    UnitsRequired,
    UnitUntold,
)
from parley.node.entries import Entry, log_name
from parley.world.faults import InputFault

Key = tuple[str, int]
"""Where an entry stands: origin and index."""
Table = dict[Key, Entry]


@dataclass(slots=True)
class AgreementRecord:
    """The tables.

    Attributes:
        proposed: texts of the agreement.
        signed: countersignatures and refusals, by the proposal.
        declared: each party's acts on the agreement as a whole.
        renewed: by the SHA-256 of the text.
        required: which units must have a notice, by the notice.
        receipted: by the notice.
        untold: by the notice.
        confirmed: by the notice.
        places: this party's own register.
        told: which of its places this party has told to whom.
        pressure: QNH reports.
        repositions: what became of intents when something changed.
        assessments: by what they are about, "" where that is no entry.
        incidents: each party's register.
    """

    proposed: Table = field(default_factory=dict)
    signed: dict[Key, Table] = field(default_factory=dict)
    declared: Table = field(default_factory=dict)
    renewed: dict[str, Table] = field(default_factory=dict)
    required: dict[Key, Table] = field(default_factory=dict)
    receipted: dict[Key, Table] = field(default_factory=dict)
    untold: dict[Key, Table] = field(default_factory=dict)
    confirmed: dict[Key, Table] = field(default_factory=dict)
    places: Table = field(default_factory=dict)
    told: Table = field(default_factory=dict)
    pressure: Table = field(default_factory=dict)
    repositions: Table = field(default_factory=dict)
    assessments: Table = field(default_factory=dict)
    incidents: Table = field(default_factory=dict)

    def take(self, entry: Entry, body: AgreementBody) -> str | None:
        """Put an entry where it belongs; return why it cannot count, or None."""
        key = (entry.log.origin, entry.seq)
        match body:
            case AgreementProposed():
                if body.agreement != entry.log.agreement:
                    return f"{entry.type} of {body.agreement} in a log of {entry.log.agreement}"
                self.proposed[key] = entry
            case AgreementRenewed():
                self.renewed.setdefault(body.sha256, {})[key] = entry
            case (
                AgreementCountersigned()
                | AgreementDeclined()
                | UnitsRequired()
                | UnitReceipted()
                | UnitUntold()
                | NoticeConfirmed()
            ):
                return self._take_about(key, entry, body)
            case _:
                self._own_table(body)[key] = entry
        return None

    def _own_table(
        self,
        body: AgreementDeclared
        | PlacesKept
        | PlaceTold
        | PressureReported
        | RepositionRecorded
        | AssessmentDeclared
        | IncidentRegistered,
    ) -> Table:
        """Return the table of entries that are about no other."""
        tables: dict[type, Table] = {
            AgreementDeclared: self.declared,
            PlacesKept: self.places,
            PlaceTold: self.told,
            PressureReported: self.pressure,
            RepositionRecorded: self.repositions,
            AssessmentDeclared: self.assessments,
            IncidentRegistered: self.incidents,
        }
        return tables[type(body)]

    def _take_about(
        self,
        key: Key,
        entry: Entry,
        body: AgreementCountersigned
        | AgreementDeclined
        | UnitsRequired
        | UnitReceipted
        | UnitUntold
        | NoticeConfirmed,
    ) -> str | None:
        why = _misplaced(entry, body)
        if why is not None:
            return why
        about = entry.ref[0].key
        match body:
            case AgreementCountersigned() | AgreementDeclined():
                self.signed.setdefault(about, {})[key] = entry
            case UnitsRequired():
                self.required.setdefault(about, {})[key] = entry
            case UnitReceipted():
                self.receipted.setdefault(about, {})[key] = entry
            case UnitUntold():
                self.untold.setdefault(about, {})[key] = entry
            case NoticeConfirmed():
                self.confirmed.setdefault(about, {})[key] = entry
        return None

    def snapshot(self, narrow: frozenset[Key]) -> dict[str, object]:
        """Return everything that every party of the agreement holds, as plain sorted values."""

        def keys(table: Table) -> list[str]:
            return sorted(str(key) for key in table if key not in narrow)

        def by(tables: dict[Key, Table] | dict[str, Table]) -> dict[str, list[str]]:
            found = {str(name): keys(table) for name, table in tables.items()}
            return {name: held for name, held in sorted(found.items()) if held}

        return {
            "proposed": keys(self.proposed),
            "signed": by(self.signed),
            "declared": keys(self.declared),
            "renewed": by(self.renewed),
            "required": by(self.required),
            "receipted": by(self.receipted),
            "untold": by(self.untold),
            "confirmed": by(self.confirmed),
            "pressure": keys(self.pressure),
            "repositions": keys(self.repositions),
            "assessments": keys(self.assessments),
            "incidents": keys(self.incidents),
        }


def _misplaced(entry: Entry, body: AgreementBody) -> str | None:
    """Return why an entry about another entry cannot count: nobody speaks for another party."""
    if not entry.ref:
        return f"{entry.type} without the entry it is about"
    try:
        about = log_name(entry.ref[0].log)
    except InputFault as fault:
        return str(fault)
    wanted = "ops" if isinstance(body, AgreementCountersigned | AgreementDeclined) else "line"
    if about.agreement != entry.log.agreement or about.kind != wanted:
        noun = "proposal" if wanted == "ops" else "message"
        return f"{entry.type} about something that is no {noun} of {entry.log.agreement}"
    if isinstance(body, NoticeConfirmed) and about.party != entry.log.party:
        return f"{entry.type} on behalf of {about.party}"
    return None
