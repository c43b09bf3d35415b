"""What people of a scenario did under an agreement beside messages: presence, notices confirmed."""

from __future__ import annotations

import msgspec

from parley.world.faults import InputFault


class ScenarioPresence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person was at a post from `from_us`, said so every `every_us`, and left at `to_us`."""

    party: str
    line: str
    agreement: str
    post: str
    from_us: int
    to_us: int
    every_us: int

    @property
    def acts_us(self) -> tuple[int, ...]:
        """The instants at which the person said that somebody is there."""
        return tuple(range(self.from_us, self.to_us, self.every_us))

    def check(self, ends: tuple[str, ...]) -> None:
        """Check that the party is an end of the line, and that the times follow each other.

        Raises:
            InputFault: with what was wanted.
        """
        what = f"presence of {self.party}"
        if self.party not in ends:
            raise InputFault(what, value=self.line, wanted=f"a line that it is an end of: {ends}")
        if self.from_us >= self.to_us or self.every_us < 1_000_000:
            raise InputFault(what, wanted="from before to, and said every second at most")


class ScenarioConfirmation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sender of a notice that stands (`of`) has said again that it holds, until an instant."""

    of: int
    at_us: int
    until_us: int

    def check(self, said_us: int) -> None:
        """Check that it comes after the notice, and reaches further than itself.

        Raises:
            InputFault: it does not.
        """
        if not said_us < self.at_us < self.until_us:
            what = f"confirmation of message {self.of}"
            raise InputFault(what, wanted="said, confirmed, until, in this order")
