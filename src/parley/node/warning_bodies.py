"""Entry bodies of rules version 5: warnings with all their inputs, what people did about them.

A conflict as predicted, and again when it became another; who has seen it and who called; flights
agreed to fly as one; flights outside their own plan or where they never flew. Sealed like every
message. Another party's word about a warning is kept beside it and changes nothing of it.

What does not live here: what a party does about them (`rules`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

WarningClass = Literal["coordinate", "own move only", "short-term"]
"""NORMS 6, by the time to loss against the time in which the parties can act."""
MarkStage = Literal["seen", "called"]
TrackStatus = Literal["reported", "coasting"]
ConformanceState = Literal["leaving", "outside", "inside"]


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


# ---- conflicts ----------------------------------------------------------------------------------


class ConflictState(_Value, frozen=True, kw_only=True):
    """One aircraft of a conflict, or a formation of several, as known when it was evaluated.

    Brought forward to `at_us`; its last report was `age_us` before. One standard deviation each,
    where known: `horizontal_sigma_mm` and `velocity_sigma_mmps` per axis. `members`: those of a
    formation, whose centre this is; `radius_mm`: of the circle around them.
    """

    aircraft: str
    party: str | None
    at_us: int
    lat_e9: int
    lon_e9: int
    altitude_mm: int
    altitude_reference: str
    east_mmps: int
    north_mmps: int
    up_mmps: int
    age_us: int
    status: TrackStatus = "reported"
    feed: str = ""
    horizontal_sigma_mm: int | None = None
    vertical_sigma_mm: int | None = None
    velocity_sigma_mmps: int | None = None
    members: tuple[str, ...] = ()
    radius_mm: int = 0


class _Conflict(_Body, frozen=True, kw_only=True):
    """What both forms of a conflict say; a reader of one reads the other."""

    key: str
    alert_class: WarningClass
    aircraft: tuple[str, ...]
    parties: tuple[str, ...]
    clause: str | None
    binding: bool
    horizontal_mm: int
    vertical_mm: int
    quantisation_mm: int
    both_needed: bool
    least_horizontal_mm: int
    vertical_then_mm: int
    least_at_us: int
    loss_at_us: int
    chain_s: dict[str, int]
    states: tuple[ConflictState, ...]
    evaluator: str
    end_us: int | None = None
    probability_ppm: int | None = None
    text: str = ""

    @property
    def what(self) -> Literal["separation"]:
        """What kind of alert it is, as the other alerts say it."""
        return "separation"

    @property
    def object(self) -> None:
        """The zone or boundary that it is about: none, it is about aircraft."""
        return None


class ConflictRaised(_Conflict, frozen=True, kw_only=True, tag="conflict.raised"):
    """Two aircraft will be inside the minima of a clause if each flies straight on.

    `horizontal_mm`, `vertical_mm`: the minima of the clause as agreed; `quantisation_mm` was taken
    off the vertical one for this warning. `both_needed`: the clause asks for both distances.
    `chain_s`: how long each party needed until now from a warning to a manoeuvre (NORMS 6),
    by which the class was found. `probability_ppm`: that the loss comes, by the uncertainties of
    the states; None where they are not known. `end_us`: when the loss would end, if within the
    look-ahead.
    """


class ConflictRenewed(_Conflict, frozen=True, kw_only=True, tag="conflict.renewed"):
    """The conflict that `ref` raised has become another: its class, or where and when."""


class AlertMarked(_Body, frozen=True, kw_only=True, tag="alert.marked"):
    """A post of this party has seen an alert (`ref[0]`, anybody's), or has called about it.

    Of a call, `ref[1]` may name the message or the telephone call in which it was told.
    """

    stage: MarkStage
    post: str
    text: str = ""


# ---- formations ---------------------------------------------------------------------------------


class FormationDeclared(_Body, frozen=True, kw_only=True, tag="formation.declared"):
    """Flights of several parties will fly as one object for a time, of this extent.

    It counts for those parties who have confirmed it, and only once all whose flights it names
    have. `flights`: by party. The newest of one name by one party holds.
    """

    formation: str
    flights: dict[str, tuple[str, ...]]
    from_us: int
    to_us: int
    radius_mm: int
    vertical_mm: int
    post: str
    text: str = ""


class FormationConfirmed(_Body, frozen=True, kw_only=True, tag="formation.confirmed"):
    """This party confirms a formation that another declared (`ref`)."""

    post: str


class FormationEnded(_Body, frozen=True, kw_only=True, tag="formation.ended"):
    """This party ends a formation (`ref`) for its part: it counts for nobody any more."""

    post: str
    reason: str = ""


# ---- conformance --------------------------------------------------------------------------------


class ConformanceObserved(_Body, frozen=True, kw_only=True, tag="conformance.observed"):
    """A flight of this party against its own intent (`ref`): leaving, outside, inside again.

    `what`: in which of place, height and time, of the volume that was nearest; `horizontal_mm` and
    `vertical_mm` are how far outside, `late_ms` how long outside its window. `since_us`: since when
    it was so by the reports.
    """

    intent: str
    flight: str
    state: ConformanceState
    since_us: int
    what: tuple[Literal["place", "height", "time", "speed"], ...]
    at_us: int
    lat_e9: int
    lon_e9: int
    altitude_mm: int
    altitude_reference: str
    horizontal_mm: int = 0
    vertical_mm: int = 0
    late_ms: int = 0


class FlightUnusual(_Body, frozen=True, kw_only=True, tag="flight.unusual"):
    """A flight of this party is outside the area in which its flights were ever seen.

    Private: it asks this party's own post for a notice, and tells nobody else where it flies.
    """

    flight: str
    at_us: int
    lat_e9: int
    lon_e9: int
    beyond_mm: int
    since_us: int


WarningBody = (
    ConflictRaised
    | ConflictRenewed
    | AlertMarked
    | FormationDeclared
    | FormationConfirmed
    | FormationEnded
    | ConformanceObserved
    | FlightUnusual
)
WARNING_BODY_TYPES: tuple[type[msgspec.Struct], ...] = (
    ConflictRaised, ConflictRenewed, AlertMarked, FormationDeclared, FormationConfirmed,
    FormationEnded, ConformanceObserved, FlightUnusual,
)  # fmt: skip
WARNING_LINE_TYPES: tuple[type[msgspec.Struct], ...] = (
    AlertMarked, FormationDeclared, FormationConfirmed, FormationEnded,
)  # fmt: skip
"""What people do: small, and somebody waits for it; it goes with the line log."""
PRIVATE_WARNING_TYPES = (FlightUnusual,)
"""They stand in the private log, of which only heads leave the node."""
