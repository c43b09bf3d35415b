"""What a person at a post does about alerts and formations: acts of rules version 5.

Each leads to one entry of `warning_bodies`.
"""

from __future__ import annotations

import msgspec

from parley.node.entries import Reference
from parley.node.warning_bodies import MarkStage


class _Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class MarkAlert(_Value, frozen=True, kw_only=True, tag="mark_alert"):
    """A post has seen an alert (`ref`, anybody's), or has called about it; `about`: in what.

    `renewal`: the newest form of it that was before the post (the alert itself: as it was raised);
    without it the newest that is held. `at_us`: when it was, where it is entered afterwards.
    """

    ref: tuple[str, int]
    post: str
    stage: MarkStage
    text: str = ""
    about: Reference | None = None
    renewal: tuple[str, int] | None = None
    at_us: int | None = None


class DeclareFormation(_Value, frozen=True, kw_only=True, tag="declare_formation"):
    """A post declares that flights, by party, will fly as one object for a time."""

    agreement: str
    post: str
    formation: str
    flights: dict[str, tuple[str, ...]]
    from_us: int
    to_us: int
    radius_m: float
    vertical_m: float
    text: str = ""


class ConfirmFormation(_Value, frozen=True, kw_only=True, tag="confirm_formation"):
    """A post confirms a formation that another party declared (`ref`)."""

    ref: tuple[str, int]
    post: str


class EndFormation(_Value, frozen=True, kw_only=True, tag="end_formation"):
    """A post ends a formation (`ref`) for its party's part."""

    ref: tuple[str, int]
    post: str
    reason: str = ""


WarningAct = MarkAlert | DeclareFormation | ConfirmFormation | EndFormation
"""What a person does about alerts and formations."""
