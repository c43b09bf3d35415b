"""What a scenario says of units: which must have a message, and which said that they have it."""

from __future__ import annotations

import msgspec

from parley.node.agreement_inputs import ReceiptUnit, RequireUnits


class UnitTold(msgspec.Struct, frozen=True, kw_only=True):
    """A unit of a party has message `of`, whose place in a log is known only then."""

    of: int
    receipt: ReceiptUnit

    def receipting(self, ref: tuple[str, int]) -> ReceiptUnit:
        """Return the act, now that it is known which entry the notice is."""
        return msgspec.structs.replace(self.receipt, ref=ref)


class UnitsNamed(msgspec.Struct, frozen=True, kw_only=True):
    """A party names its units that must have message `of`, once that was put in front of it."""

    of: int
    units: tuple[str, ...]
    post: str

    def requiring(self, ref: tuple[str, int]) -> RequireUnits:
        """Return the act, now that it is known which entry the notice is."""
        return RequireUnits(ref=ref, post=self.post, units=self.units)
