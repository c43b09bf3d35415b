"""What a scenario's people did under an agreement beside messages, as acts of a demo.

Pure: units that must have a notice and have it, persons at posts, notices confirmed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from parley.app.demo_units import UnitsNamed, UnitTold
from parley.node.agreement_inputs import ConfirmNotice, ReceiptUnit
from parley.node.inputs import BePresent
from parley.world.scenario import Scenario


class NoticeKept(msgspec.Struct, frozen=True, kw_only=True):
    """The sender of message `of` confirms that it holds; its place in a log is known only then."""

    of: int
    until_us: int
    post: str

    def confirming(self, ref: tuple[str, int]) -> ConfirmNotice:
        """Return the act, now that it is known which entry the notice is."""
        return ConfirmNotice(ref=ref, post=self.post, until_us=self.until_us)


def term_cues(scenario: Scenario, shown_after_us: int) -> Iterator[dict[str, Any]]:
    """Yield the fields of cues: units named and told, persons at posts, notices confirmed.

    Args:
        scenario: the story.
        shown_after_us: so long after a message came a post has it before its eyes.
    """
    acting = scenario.acting_parties
    for named in _units(scenario, shown_after_us):
        if named["party"] in acting:
            yield named
    for there in scenario.presence:
        act = BePresent(agreement=there.agreement, line=there.line, post=there.post)
        left = msgspec.structs.replace(act, present=False)
        for at_us in (*there.acts_us, there.to_us):
            do = act if at_us < there.to_us else left
            yield {"at_us": at_us, "rank": 1, "party": there.party, "do": do}
    for kept in scenario.confirmations:
        sender = scenario.message(kept.of).sender
        post = scenario.party(sender).posts[0]
        do_keep = NoticeKept(of=kept.of, until_us=kept.until_us, post=post)
        yield {"at_us": kept.at_us, "rank": 5, "party": sender, "do": do_keep, "of": kept.of}


def _units(scenario: Scenario, shown_after_us: int) -> Iterator[dict[str, Any]]:
    """Yield which units a party names for a message as it comes, and what it heard of them."""
    said_us = {message.seq: message.at_us for message in scenario.messages}
    for needed in scenario.distribution_required:
        if needed.of in said_us:
            post = scenario.party(needed.party).posts[0]
            do = UnitsNamed(of=needed.of, units=needed.units, post=post)
            at_us = said_us[needed.of] + shown_after_us
            yield {"at_us": at_us, "rank": 2, "party": needed.party, "do": do, "of": needed.of}
    for receipt in scenario.distribution_receipts:
        post = scenario.party(receipt.party).posts[0]
        heard = ReceiptUnit(
            ref=("", 0), post=post, unit=receipt.unit, at_us=receipt.at_us, loaded=receipt.loaded
        )
        told = UnitTold(of=receipt.of, receipt=heard)
        at_us = receipt.at_us
        yield {"at_us": at_us, "rank": 5, "party": receipt.party, "do": told, "of": receipt.of}
