"""Entry bodies of rules version 4: what became of agreements, who below a post was told, and more.

Agreements proposed, countersigned, renewed, suspended as signed acts; receipts of units; notices
confirmed again; places kept; flights moved; pressure reported; assessments; incidents. All of them
are sealed like every message. Nothing here is an answer: only `message.answered` closes a message.

What does not live here: what a party does about them (`rules`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

ReceiptBy = Literal["unit", "voice"]
"""The unit itself, or somebody at a post who heard it by voice and enters it."""
AgreementValue = Literal["in force", "suspended", "withdrawn"]


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


# ---- agreements ---------------------------------------------------------------------------------


class AgreementProposed(_Body, frozen=True, kw_only=True, tag="agreement.proposed"):
    """This party proposes a text: the document itself, from when, and instead of which one.

    `supersedes`: SHA-256 of the document in whose place it comes; "" where there is none yet. It
    binds nobody before every signatory has countersigned it.
    """

    agreement: str
    version: int
    sha256: str
    document: str
    from_us: int
    post: str
    supersedes: str = ""
    reason: str = ""


class AgreementCountersigned(_Body, frozen=True, kw_only=True, tag="agreement.countersigned"):
    """This party takes the proposed text (`ref`); whoever proposes a text has signed it by that."""

    sha256: str
    post: str


class AgreementDeclined(_Body, frozen=True, kw_only=True, tag="agreement.declined"):
    """This party does not take the proposed text (`ref`), or takes its own proposal back."""

    sha256: str
    post: str
    reason: str = ""


class AgreementDeclared(_Body, frozen=True, kw_only=True, tag="agreement.declared"):
    """One party's own act on the agreement as a whole: not the same as one on a line of it."""

    value: AgreementValue
    effective_us: int
    post: str
    reason: str = ""
    immediate: bool = False


class AgreementRenewed(_Body, frozen=True, kw_only=True, tag="agreement.renewed"):
    """This party renews the text until an instant; it goes on once all signatories have."""

    sha256: str
    until_us: int
    post: str


# ---- units --------------------------------------------------------------------------------------


class UnitsRequired(_Body, frozen=True, kw_only=True, tag="units.required"):
    """Which units of this party must have a notice (`ref`), and by when; the newest entry holds."""

    units: tuple[str, ...]
    post: str
    due_us: int | None = None


class UnitReceipted(_Body, frozen=True, kw_only=True, tag="unit.receipted"):
    """A unit of this party has a notice (`ref`): by its own word, or as somebody heard by voice.

    `post`: who entered it (of a unit's own word, "unit"). `loaded`: it also says that its crews or
    systems have it. `at_us`: when the unit said so.
    """

    unit: str
    by: ReceiptBy
    post: str
    at_us: int
    loaded: bool = False
    text: str = ""


class UnitUntold(_Body, frozen=True, kw_only=True, tag="unit.untold"):
    """Units of this party had not said that they have a notice (`ref`) when they had to.

    One entry for all of one notice that are due by then: whoever gives notices without end makes
    nobody write more of them than there are. `due_us`: the last of their times.
    """

    units: tuple[str, ...]
    due_us: int


# ---- notices that stand, and places -------------------------------------------------------------


class NoticeConfirmed(_Body, frozen=True, kw_only=True, tag="notice.confirmed"):
    """The sender of a standing notice (`ref`) says that it still holds, and until when."""

    post: str
    until_us: int


class KeptPlace(_Body, frozen=True, kw_only=True):
    """One place of this party's own register, exactly; nobody else holds it."""

    place: str
    name: str
    kind: str
    lat_e9: int
    lon_e9: int
    uncertainty_mm: int = 0
    text: str = ""
    removed: bool = False


class PlacesKept(_Body, frozen=True, kw_only=True, tag="places.kept"):
    """Places taken into this party's own register, or out of it; private."""

    places: tuple[KeptPlace, ...]
    post: str
    source: str = ""


class PlaceTold(_Body, frozen=True, kw_only=True, tag="place.told"):
    """This party told a place by a notice (`ref`); private.

    It stays when the notice itself is destroyed, so that nobody forgets what others hold.
    `precision_mm`: the shorter side of the cell that was told, 0 for an exact position, None where
    the notice was worded by hand and nobody knows. After the notice `ref` names the consents by
    which it went out.
    """

    place: str
    addressees: tuple[str, ...]
    precision_mm: int | None
    valid_until_us: int | None


# ---- flying -------------------------------------------------------------------------------------


class PressureReported(_Body, frozen=True, kw_only=True, tag="pressure.reported"):
    """The QNH that this party measured or was told, in hundredths of a pascal, with its bound."""

    place: str
    qnh_pa100: int
    observed_us: int
    bound_mm: int
    post: str


class IntentMove(_Body, frozen=True, kw_only=True):
    """How one own intent was moved, and why it is now clear of what it was in."""

    intent: str
    version_before: int
    version_after: int
    how: Literal["time", "level", "lateral", "cancelled", "unchanged"]
    delay_s: int = 0
    climb_mm: int = 0
    lateral_mm: int = 0
    text: str = ""


class RepositionRecorded(_Body, frozen=True, kw_only=True, tag="reposition.recorded"):
    """A rule or zone changed (`ref`), and this became of the own intents that it touches.

    `object`: the zone, boundary or clause, and its `version` then; `side`: of the boundary, where
    one may not be. `flights`: own live aircraft that were touched then. The versions before and
    after stand in this party's own log.
    """

    object: str
    from_us: int
    post: str
    moves: tuple[IntentMove, ...]
    flights: tuple[str, ...] = ()
    text: str = ""
    side: Literal["left", "right", ""] = ""
    version: int = 0


# ---- assessing, incidents -----------------------------------------------------------------------


class AssessmentDeclared(_Body, frozen=True, kw_only=True, tag="assessment.declared"):
    """A post assesses something (`ref`) before it decides: it holds until an instant, and expires.

    `done`: it has decided, and the hold is over.
    """

    subject: str
    post: str
    until_us: int
    text: str = ""
    done: bool = False


class IncidentRegistered(_Body, frozen=True, kw_only=True, tag="incident.registered"):
    """An incident in this party's register: what it counts as, when, and figures as somebody said.

    `definition`: what must be so for an incident to be of this kind; counts are by it. `figures`:
    each with who says it. An entry of the same name corrects the one before.
    """

    incident: str
    kind: str
    definition: str
    from_us: int
    to_us: int
    post: str
    title: str = ""
    figures: dict[str, str] = {}
    source: str = ""


AgreementBody = (
    AgreementProposed
    | AgreementCountersigned
    | AgreementDeclined
    | AgreementDeclared
    | AgreementRenewed
    | UnitsRequired
    | UnitReceipted
    | UnitUntold
    | NoticeConfirmed
    | PlacesKept
    | PlaceTold
    | PressureReported
    | RepositionRecorded
    | AssessmentDeclared
    | IncidentRegistered
)
AGREEMENT_BODY_TYPES: tuple[type[msgspec.Struct], ...] = (
    AgreementProposed, AgreementCountersigned, AgreementDeclined, AgreementDeclared,
    AgreementRenewed, UnitsRequired, UnitReceipted, UnitUntold, NoticeConfirmed, PlacesKept,
    PlaceTold, PressureReported, RepositionRecorded, AssessmentDeclared, IncidentRegistered,
)  # fmt: skip
PLAIN_AGREEMENT_TYPES: tuple[type[msgspec.Struct], ...] = (
    AgreementCountersigned, AgreementDeclined, AgreementDeclared, AgreementRenewed,
)  # fmt: skip
"""What a party does with an agreement is for every party of it: whoever holds the entry has its
words, and nobody can send one without the other. A proposed text is sealed: who signs it has it."""
AGREEMENT_LINE_TYPES: tuple[type[msgspec.Struct], ...] = (
    AgreementCountersigned, AgreementDeclined, AgreementDeclared, AgreementRenewed, UnitsRequired,
    UnitReceipted, UnitUntold, NoticeConfirmed, AssessmentDeclared,
)  # fmt: skip
"""Small, and somebody waits for them: they go with the line log. A proposed text is long."""
PRIVATE_AGREEMENT_TYPES = (PlacesKept, PlaceTold)
"""They stand in the private log, of which only heads leave the node."""
