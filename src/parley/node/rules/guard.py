"""The sender-error guard: what a message says is looked at before anything is sent (R12).

A read-back repeats a sender's error faithfully; only these comparisons find it (Deir ez-Zor 2016).

Rules:
- A named place is compared with the coordinates beside it: agrees, differs (the sender is asked
  first), undecided within what is not known of the place (sent, and marked so).
- A name is no position: where a type wants one, coordinates are sent, or the id of a place that
  stands in the agreed text with its own.
- A zone, boundary or flight that is nearly called like a known one is asked about: an object is
  named, never retyped.
- The sender may confirm that it is meant. A DISTRESS message is asked about one thing only, a place
  that does not lie where its coordinates do: what it lacks it may lack.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

import msgspec

from parley.node.rules.agreements import clauses_for
from parley.node.rules.intent_record import read_intents
from parley.node.rules.zones import boundaries_of, zones_of
from parley.node.state import Scope, State
from parley.world.agreement import Agreement
from parley.world.clauses import PositionCheck
from parley.world.faults import InputFault, nearest
from parley.world.geo import Position
from parley.world.norms import MessageType, norms
from parley.world.place import Gazetteer, Place, check_named_position

POSITION_FIELDS = ("centre", "position", "pick_up", "drop_off")
"""Fields that say where, as latitude,longitude in degrees."""
_PLACE_FIELDS = ("place", "named_place")
_ZONE_FIELDS = ("zone", "area", "corridor", "ring")
PlaceWord = Literal["agrees", "differs", "undecided", "unknown place"]


class PlaceCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A named place against the coordinates beside it; lengths are None where none was found."""

    place: str
    field: str
    word: PlaceWord
    apart_m: float | None = None
    within_m: float | None = None
    uncertainty_m: float | None = None
    clause: str | None = None


def parse_position(text: str, what: str) -> Position:
    """Return the position of a "latitude,longitude" text in degrees.

    Raises:
        InputFault: not two numbers, or out of range.
    """
    parts = text.split(",")
    try:
        lat_deg, lon_deg = (float(part) for part in parts)
    except ValueError:
        raise InputFault(
            what, value=text, wanted="latitude,longitude in degrees", repair="e.g. 35.6289,38.7581"
        ) from None
    return Position(lat_deg=lat_deg, lon_deg=lon_deg)


def position_of(agreement: Agreement | None, text: str, what: str) -> Position:
    """Return where a field says: its coordinates, or those of the place whose id it is.

    Raises:
        InputFault: neither; a name that is no id is told what to send instead.
    """
    places = agreement.places if agreement is not None else ()
    known = next((place for place in places if place.id == text), None)
    if known is not None:
        return known.position
    if any(character.isalpha() for character in text):
        raise InputFault(
            what,
            value=text,
            wanted="latitude,longitude in degrees: a name is no position",
            repair=_instead(places, text) or "give coordinates, e.g. 35.6289,38.7581",
        )
    return parse_position(text, what)


def _instead(places: tuple[Place, ...], text: str) -> str:
    """Return what to send in place of a name: the coordinates of the place that is called so."""
    try:
        place = Gazetteer(places).find(text)
    except InputFault as fault:
        return fault.repair
    at = place.position
    return f"{place.name} lies at {at.lat_deg:.4f},{at.lon_deg:.4f}, or send its id {place.id}"


# ---- a place against its coordinates ------------------------------------------------------------


def check_named_place(
    agreement: Agreement, fields: dict[str, str], sender: str, at_us: int
) -> None:
    """Check that a message's named place lies where its coordinates do, if it has both.

    Raises:
        InputFault: they differ by more than the agreement's clause allows; nothing is sent until
            the sender corrects it or confirms that it is meant.
    """
    within_m, clause = _limit(agreement, sender, at_us)
    if agreement.rules_version < 3 and clause is None:
        return
    for name, field in _pairs(agreement, fields):
        position = position_of(agreement, fields[field], f"message field {field}")
        found = check_named_position(Gazetteer(agreement.places), name, position, within_m)
        if found.nominal == "differs" and (
            agreement.rules_version < 3 or found.decided == "differs"
        ):
            by = f"clause {clause}" if clause else "the norms"
            raise InputFault(
                f"place {name} and {field} {fields[field]}",
                value=f"{(found.margin_m or 0.0) / 1000:.1f} km apart",
                wanted=f"within {within_m / 1000:g} km ({by})",
                repair="correct one of them, or confirm that it is meant",
            )


def place_checks(
    agreement: Agreement | None, fields: dict[str, str], sender: str, at_us: int
) -> tuple[PlaceCheck, ...]:
    """Return how each named place of a message, sent or received, compares with its coordinates.

    Never raises: the text may be a peer's.
    """
    if agreement is None:
        return ()
    within_m, clause = _limit(agreement, sender, at_us)
    return tuple(
        _place_check(agreement, name, field, fields[field], within_m, clause)
        for name, field in _pairs(agreement, fields)
    )


def _place_check(
    agreement: Agreement, name: str, field: str, text: str, within_m: float, clause: str | None
) -> PlaceCheck:
    gazetteer = Gazetteer(agreement.places)
    try:
        place = gazetteer.find(name)
        position = position_of(agreement, text, field)
    except InputFault:
        return PlaceCheck(place=name, field=field, word="unknown place", clause=clause)
    found = check_named_position(gazetteer, name, position, within_m)
    return PlaceCheck(
        place=name,
        field=field,
        word=cast("PlaceWord", found.decided),
        apart_m=found.margin_m,
        within_m=within_m,
        uncertainty_m=place.uncertainty_m,
        clause=clause,
    )


def _limit(agreement: Agreement, sender: str, at_us: int) -> tuple[float, str | None]:
    for clause in clauses_for(agreement, PositionCheck, (sender,), at_us):
        return clause.named_place_within_m, clause.id
    return norms().guard.named_place_within_m, None


def _pairs(agreement: Agreement, fields: dict[str, str]) -> list[tuple[str, str]]:
    """Return the named places of a message, each with the field that says where it is."""
    if agreement.rules_version < 3:
        return [(fields["place"], "centre")] if {"place", "centre"} <= set(fields) else []
    if not agreement.places:
        return []
    general = next((fields[name] for name in _PLACE_FIELDS if name in fields), None)
    found = []
    for field in POSITION_FIELDS:
        # Where somebody is set down is seldom the place that a message is about.
        own = general if field != "drop_off" else None
        name = fields.get(f"{field}_place", own)
        if name is not None and field in fields:
            found.append((name, field))
    return found


# ---- what is missing, what is nearly something else ---------------------------------------------


def check_fields(kind: MessageType, fields: dict[str, str], *, wants_read_back: bool) -> None:
    """Check that a message has what its type reads back.

    Raises:
        InputFault: a field is missing; one that is nearly called so is named.
    """
    missing = [name for name in kind.read_back if name not in fields]
    if not missing or not wants_read_back or kind.machine or kind.name in _MAY_LACK:
        return
    others = [name for name in fields if name not in kind.read_back]
    meant = [
        f"did you mean {close} by {name!r}?"
        for name in others
        if (close := nearest(name.casefold(), missing))
    ]
    raise InputFault(
        f"message {kind.name}",
        value=f"without {', '.join(missing)}",
        wanted=f"the fields that are read back: {', '.join(kind.read_back)}",
        repair=" ".join(meant) or "add them, or confirm that it is meant",
    )


_MAY_LACK = ("line.test", "correction")
"""A test without words is still a test; a correction has what is corrected."""


def check_positions(agreement: Agreement, kind: MessageType, fields: dict[str, str]) -> None:
    """Check that what the type wants as a position is one (S32).

    Raises:
        InputFault: a name without coordinates, or no position at all.
    """
    for field in POSITION_FIELDS:
        if field in fields and field in kind.read_back:
            position_of(agreement, fields[field], f"message field {field}")


def check_objects(state: State, scope: Scope, fields: dict[str, str]) -> None:
    """Check that what is named like a zone, boundary or flight is one, or is like none.

    Raises:
        InputFault: it is not known, and is nearly called like one that is.
    """
    for field in _ZONE_FIELDS:
        _nearly(field, fields.get(field), zones_of(state, scope))
    _nearly("boundary", fields.get("boundary"), boundaries_of(state, scope))
    flight = fields.get("flight")
    if flight is None:
        return
    known = set(read_intents(state, scope).flights)
    known |= set(state.picture.aircraft)
    if flight not in known:
        # Flights are numbered one after the other: only another spelling of one is asked about.
        same = [name for name in sorted(known) if _plain(name) == _plain(flight)]
        if same:
            _ask("flight", flight, same[0])


def _nearly(field: str, value: str | None, known: Iterable[str]) -> None:
    names = sorted(known)
    if value is None or value in names:
        return
    close = nearest(value, names)
    if close:
        _ask(field, value, close)


def _ask(field: str, value: str, close: str) -> None:
    raise InputFault(
        f"message field {field}",
        value=value,
        wanted=f"a known {field}",
        repair=f"did you mean {close!r}? If it is another one, confirm that it is meant",
    )


def _plain(name: str) -> str:
    """Return a flight's name without what is easily typed otherwise.

    >>> _plain("SYN-A1") == _plain("syn al")
    True
    """
    kept = "".join(character for character in name.casefold() if character.isalnum())
    return kept.replace("o", "0").replace("l", "1").replace("i", "1")
