"""What a person at a post does about agreements, units, standing notices, and flights to be moved.

Acts of rules version 4; each leads to entries of `agreement_bodies`, to messages, or to intents.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parley.node.agreement_bodies import AgreementValue, KeptPlace, ReceiptBy
from parley.node.entries import Reference


class _Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


# ---- agreements ---------------------------------------------------------------------------------


class ProposeAgreement(_Value, frozen=True, kw_only=True, tag="propose_agreement"):
    """This party proposes another text of an agreement; `document`: its canonical JSON."""

    agreement: str
    post: str
    document: str
    from_us: int | None = None
    reason: str = ""


class SignAgreement(_Value, frozen=True, kw_only=True, tag="sign_agreement"):
    """This party countersigns a proposed text, or declines it; `ref`: the proposal."""

    ref: tuple[str, int]
    post: str
    take: bool
    reason: str = ""


class DeclareAgreement(_Value, frozen=True, kw_only=True, tag="declare_agreement"):
    """This party suspends, resumes or withdraws from an agreement as a whole.

    Without effect time: after the notice of its clause. `immediate`: at once, and marked so.
    """

    agreement: str
    post: str
    value: AgreementValue
    effective_us: int | None = None
    reason: str = ""


class RenewAgreement(_Value, frozen=True, kw_only=True, tag="renew_agreement"):
    """This party renews the text in force; without an instant for as long as its clause says."""

    agreement: str
    post: str
    until_us: int | None = None


# ---- units --------------------------------------------------------------------------------------


class RequireUnits(_Value, frozen=True, kw_only=True, tag="require_units"):
    """This party says which of its own units must have a notice, and by when."""

    ref: tuple[str, int]
    post: str
    units: tuple[str, ...]
    due_us: int | None = None


class ReceiptUnit(_Value, frozen=True, kw_only=True, tag="receipt_unit"):
    """A unit has a notice: by its own word, or by voice, entered by the post that heard it."""

    ref: tuple[str, int]
    post: str
    unit: str
    by: ReceiptBy = "voice"
    at_us: int | None = None
    loaded: bool = False
    text: str = ""


# ---- notices that stand, and places -------------------------------------------------------------


class KeepPlaces(_Value, frozen=True, kw_only=True, tag="keep_places"):
    """Places are taken into this party's own register, or out of it; nobody is told.

    `confirmed`: what was asked about them (`rules.places`) is meant so.
    """

    agreement: str
    post: str
    places: tuple[KeptPlace, ...]
    source: str = ""
    confirmed: bool = False


class DisclosePlace(_Value, frozen=True, kw_only=True, tag="disclose_place"):
    """A place of the register is told to addressees by a notice, no finer than `precision_m`.

    A later one to the same addressee updates the one before: precision is released in steps. Each
    addressee gets a notice of its own, and is not told who else has one. `wants_answer`: left out
    for lists, which nobody can answer one by one. `named`: the name of the place goes with it.
    """

    agreement: str
    line: str
    post: str
    place: str
    to: tuple[str, ...]
    precision_m: float
    from_us: int | None = None
    to_us: int | None = None
    valid_until_us: int | None = None
    text: str = ""
    wants_answer: bool = True
    named: bool = False


class ConfirmNotice(_Value, frozen=True, kw_only=True, tag="confirm_notice"):
    """This party says that its standing notice still holds, and until when."""

    ref: tuple[str, int]
    post: str
    until_us: int


# ---- flying -------------------------------------------------------------------------------------


class ReportPressure(_Value, frozen=True, kw_only=True, tag="report_pressure"):
    """This party reports the QNH of a place."""

    agreement: str
    post: str
    place: str
    qnh_hpa: float
    observed_us: int | None = None
    bound_m: float | None = None


class MoveIntent(_Value, frozen=True, kw_only=True, tag="move_intent"):
    """An own intent is delayed, extended, climbed or shifted: it becomes its next version."""

    agreement: str
    post: str
    intent: str
    delay_s: int = 0
    extend_s: int = 0
    climb_m: float = 0.0
    north_m: float = 0.0
    east_m: float = 0.0


class PlannedMove(_Value, frozen=True, kw_only=True):
    """What is to become of one own intent, as `rules.reposition` proposed it or a person chose.

    `version`: of the intent that was looked at; without one whatever version stands now. `text`: of
    one that stays as it is, why.
    """

    intent: str
    how: Literal["time", "level", "lateral", "cancelled", "unchanged"]
    delay_s: int = 0
    climb_m: float = 0.0
    north_m: float = 0.0
    east_m: float = 0.0
    text: str = ""
    version: int | None = None


class Reposition(_Value, frozen=True, kw_only=True, tag="reposition"):
    """Own intents that a changed rule touches are moved, told of, and recorded, in one act.

    `object`: the zone, boundary or clause; `from_us`: from when it holds; `ref`: what changed it.
    `side`: of a boundary, where one may not be. `to`: who is told; of a sealed intent only those
    who hold it. `confirmed`: a move that is not free, or not needed, is meant so.
    """

    agreement: str
    line: str
    post: str
    object: str
    from_us: int
    moves: tuple[PlannedMove, ...]
    to: tuple[str, ...] = ()
    ref: tuple[Reference, ...] = ()
    text: str = ""
    side: str = ""
    confirmed: bool = False


# ---- assessing, incidents -----------------------------------------------------------------------


class DeclareAssessment(_Value, frozen=True, kw_only=True, tag="declare_assessment"):
    """A post assesses something before it decides, until an instant; `done`: it has decided."""

    agreement: str
    post: str
    subject: str
    until_us: int | None = None
    ref: tuple[Reference, ...] = ()
    text: str = ""
    done: bool = False


class RegisterIncident(_Value, frozen=True, kw_only=True, tag="register_incident"):
    """This party registers an incident by a definition, with figures as somebody gives them."""

    agreement: str
    post: str
    incident: str
    kind: str
    definition: str
    from_us: int
    to_us: int
    title: str = ""
    figures: dict[str, str] = {}
    source: str = ""
    ref: tuple[Reference, ...] = ()


AgreementAct = (
    ProposeAgreement | SignAgreement | DeclareAgreement | RenewAgreement | RequireUnits
    | ReceiptUnit | KeepPlaces | DisclosePlace | ConfirmNotice | ReportPressure | MoveIntent
    | Reposition | DeclareAssessment | RegisterIncident
)  # fmt: skip
"""What a person does about agreements and what they bring with them."""
