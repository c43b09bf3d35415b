"""Rules versions: which entry types count, and how, under an agreement that pins a version.

An agreement pins the rules by which its logs are read. Every release reads every version it knows
by that version's rules, so that nodes of different releases hold the same state; a version that is
not known is refused at the start, never guessed (docs/decisions/010).

Version 1: the first release; payloads are plain.
Version 2: payloads sealed by default; entries about keys, operators, custody (`custody`); a log
ends with its closing entry; a log may continue another.
Version 3: the line's own duties: calls, relays, translations, what was not delivered, tests that
were missed, links as observed, alarms (`line_bodies`); posts must be those of the agreement; a
withdrawal counts once two people have signed it.
Version 4: agreements as signed acts, receipts of units, standing notices, places, moves
(`agreement_bodies`); limits and precedence of intents; schedules of zones.
Version 5: conflicts with their uncertainties, renewed when they change, marked by people
(`warning_bodies`); classes by measured times to act; formations; conformance.
"""

from __future__ import annotations

import msgspec

from parley.node.agreement_bodies import AGREEMENT_BODY_TYPES
from parley.node.custody_bodies import CUSTODY_TYPES
from parley.node.line_bodies import LINE_BODY_TYPES
from parley.node.warning_bodies import WARNING_BODY_TYPES
from parley.world.faults import InputFault

RULES_LATEST = 5


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the rules.

    Attributes:
        version: its number.
        sealed: whether payloads are written as commitments.
        unknown: entry types of later versions, which do not count under this one.
    """

    version: int
    sealed: bool
    unknown: frozenset[str]


_OF_2 = frozenset(str(t.__struct_config__.tag) for t in CUSTODY_TYPES)
_OF_3 = frozenset(str(t.__struct_config__.tag) for t in LINE_BODY_TYPES)
_OF_4 = frozenset(str(t.__struct_config__.tag) for t in AGREEMENT_BODY_TYPES)
_OF_5 = frozenset(str(t.__struct_config__.tag) for t in WARNING_BODY_TYPES)
_RULES = {
    1: Rules(version=1, sealed=False, unknown=_OF_2 | _OF_3 | _OF_4 | _OF_5),
    2: Rules(version=2, sealed=True, unknown=_OF_3 | _OF_4 | _OF_5),
    3: Rules(version=3, sealed=True, unknown=_OF_4 | _OF_5),
    4: Rules(version=4, sealed=True, unknown=_OF_5),
    5: Rules(version=5, sealed=True, unknown=frozenset()),
}


def rules_of(version: int) -> Rules:
    """Return the rules of a version.

    Raises:
        InputFault: this release does not know them.
    """
    known = _RULES.get(version)
    if known is None:
        raise InputFault(
            "agreement rules_version",
            value=version,
            wanted=f"one of {', '.join(map(str, sorted(_RULES)))}",
            repair="run the release that the agreement was made for, or a later one",
        )
    return known
