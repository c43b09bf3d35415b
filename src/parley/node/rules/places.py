"""The register of places that a party keeps for itself: what may go in, what is asked about first.

Rules:
- The register is private: its entries stand in the private log, of which only heads leave the node.
- The last word in this party's own log holds of each place; a row that says what is known already
  writes nothing, so that a list may be read in again and again.
- Bad rows are refused. What is likely a slip is asked about, all of it at once, before anything is
  written: a place that moves far, latitude and longitude in each other's place, 0,0, a place far
  from all that the agreement draws, a name that lies elsewhere.

What does not live here: files (`wire.place_list`); telling anybody (`disclosure`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from parley.node.agreement_bodies import KeptPlace, PlacesKept
from parley.node.agreement_inputs import KeepPlaces
from parley.node.entries import Draft, Entry
from parley.node.rules.agreements import adopted_agreement, check_own_post, clauses_for
from parley.node.state import Scope, State, rank_of
from parley.world.agreement import Agreement, check_name
from parley.world.clauses import PositionCheck
from parley.world.faults import InputFault
from parley.world.geo import Position, distance_m
from parley.world.limits import NAME_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from parley.world.norms import norms
from parley.world.place import Gazetteer, fold_name
from parley.world.shape import Circle, Corridor, Polygon, Shape

PLACES_RULES = 4
"""The rules version from which a party may keep places under an agreement."""
PLACE_NAME_CHARACTERS_MAX = 200
UNCERTAINTY_MM_MAX = 1_000_000_000
CHUNK_BYTES = 400_000
"""Places of one entry together: well below what a sealed payload may hold."""
ACT_PLACES_MAX = 5_000
"""Places of one act: a longer list comes in parts, so that nothing else waits for it."""
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
"""With these a cell of a table begins that a spreadsheet runs as a formula."""
_E9 = 1e9
_Spot = tuple[str, int, int]
_VIEW = "places kept"
AskWord = Literal["moved", "swapped", "zero", "outside", "name elsewhere", "same spot"]
_ASKS: dict[AskWord, str] = {
    "moved": "a known place would move far",
    "swapped": "latitude and longitude seem to be in each other's place",
    "zero": "0,0 is seldom a place: often it is a value that is missing",
    "outside": "far from all that the agreement draws",
    "name elsewhere": "the agreement has a place of that name somewhere else",
    "same spot": "another id has the same name at the same spot",
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A place about which its keeper is asked first; `detail` says by how much, never where."""

    place: str
    word: AskWord
    detail: str

    @property
    def text(self) -> str:
        """It as one line."""
        return f"place {self.place}: {_ASKS[self.word]} ({self.detail})"


# ---- what is kept -------------------------------------------------------------------------------


class _Register:
    """The last word on each place, and which place has a name at a spot; grown as the log grows."""

    def __init__(self) -> None:
        self.count = 0
        self.places: dict[str, tuple[Entry, KeptPlace]] = {}
        self.spots: dict[_Spot, str] = {}

    def take(self, entry: Entry, place: KeptPlace) -> None:
        known = self.places.get(place.place)
        if known is None or rank_of(entry) >= rank_of(known[0]):
            self.places[place.place] = (entry, place)
            self.spots[_spot(place)] = place.place


def _spot(place: KeptPlace) -> _Spot:
    return (fold_name(place.name), place.lat_e9, place.lon_e9)


def _grown(state: State, scope: Scope) -> _Register:
    table = scope.terms.places
    held = scope.index.views.get(_VIEW)
    found = held[1] if held is not None else None
    if not isinstance(found, _Register) or found.count > len(table):
        found = _Register()
    for entry in itertools.islice(reversed(table.values()), len(table) - found.count):
        if entry.log.party == state.party and isinstance(entry.body, PlacesKept):
            for place in entry.body.places:
                found.take(entry, place)
    found.count = len(table)
    scope.index.views[_VIEW] = (len(table), found)
    return found


def register(state: State, scope: Scope) -> dict[str, KeptPlace]:
    """Return this party's own places by id, those taken out too (`removed`)."""
    return {name: place for name, (_, place) in sorted(_grown(state, scope).places.items())}


def kept_entry(state: State, scope: Scope, name: str) -> tuple[Entry, KeptPlace] | None:
    """Return the last word on a place with its entry, if there is one."""
    return _grown(state, scope).places.get(name)


def kept_place(state: State, scope: Scope, name: str) -> KeptPlace | None:
    """Return one place of the register that was not taken out."""
    found = kept_entry(state, scope, name)
    return found[1] if found is not None and not found[1].removed else None


def position_of_place(place: KeptPlace) -> Position:
    """Return where a place lies."""
    return Position(lat_deg=place.lat_e9 / _E9, lon_deg=place.lon_e9 / _E9)


# ---- what may go in -----------------------------------------------------------------------------


def keep(state: State, act: KeepPlaces) -> tuple[Draft, ...]:
    """Return the entries by which places are kept, in parts that fit; none for what is known.

    Raises:
        InputFault: too many at once, one that cannot be kept, or what is asked about first.
    """
    agreement = adopted_agreement(state, act.agreement)
    scope = state.scope(act.agreement)
    check_own_post(agreement, state.party, act.post)
    if len(act.places) > ACT_PLACES_MAX:
        wanted = f"at most {ACT_PLACES_MAX} in one act"
        raise InputFault("places", value=len(act.places), wanted=wanted, repair="send it in parts")
    for place in act.places:
        check_place(place)
    twice = [p for p, n in _counted(place.place for place in act.places).items() if n > 1]
    if twice:
        raise InputFault("place id", value=twice[0], wanted="each id once in a list")
    fresh = new_places(state, scope, act.places)
    asked = () if act.confirmed else tuple(questions(state, scope, agreement, fresh))
    if asked:
        more = f", and {len(asked) - 1} more" if len(asked) > 1 else ""
        raise InputFault(
            f"place {asked[0].place}",
            value=f"{_ASKS[asked[0].word]} ({asked[0].detail}){more}",
            wanted="it corrected, or confirmed",
            repair="look at the list again; confirm if it is meant",
        )
    return tuple(
        Draft(
            agreement=act.agreement,
            by=act.post,
            body=PlacesKept(places=part, post=act.post, source=act.source),
        )
        for part in _parts(fresh)
    )


def _counted(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found


def new_places(state: State, scope: Scope, places: Iterable[KeptPlace]) -> tuple[KeptPlace, ...]:
    """Return the places of a list that say something else than the register does."""
    fresh = []
    for place in places:
        known = kept_entry(state, scope, place.place)
        if known is None and place.removed:
            wanted = "a place of the register"
            raise InputFault("place to be taken out", value=place.place, wanted=wanted)
        if known is None or known[1] != place:
            fresh.append(place)
    return tuple(fresh)


def check_place(place: KeptPlace) -> None:
    """Check that a place can be kept.

    Raises:
        InputFault: its id, name, kind, position, uncertainty or text cannot be; says which.
    """
    what = f"place {place.place}"
    check_name(place.place, "place id")
    for name, word, most in (
        ("name", place.name, PLACE_NAME_CHARACTERS_MAX),
        ("kind", place.kind, NAME_CHARACTERS_MAX),
        ("text", place.text, TEXT_CHARACTERS_MAX),
    ):
        check_words(f"{what} {name}", word, most, empty=name == "text")
    check_words("place id", place.place, NAME_CHARACTERS_MAX)
    for name, value_e9, most_deg in (("lat", place.lat_e9, 90), ("lon", place.lon_e9, 180)):
        if abs(value_e9) > most_deg * _E9:
            wanted = f"-{most_deg} to {most_deg} degrees"
            raise InputFault(f"{what} {name}", value=value_e9 / _E9, wanted=wanted)
    if not 0 <= place.uncertainty_mm <= UNCERTAINTY_MM_MAX:
        wanted = f"0 to {UNCERTAINTY_MM_MAX // 1_000_000} km"
        raise InputFault(f"{what} uncertainty", value=place.uncertainty_mm / 1000, wanted=wanted)


def check_words(what: str, word: str, most: int, *, empty: bool = False) -> None:
    """Check words that stand in a table: short, printable, and no formula.

    Raises:
        InputFault: they are not.
    """
    if not empty and not word.strip():
        raise InputFault(what, value=word, wanted="a word: it is empty")
    if len(word) > most:
        wanted = f"at most {most} characters"
        raise InputFault(what, value=f"{len(word)} characters", wanted=wanted, repair="shorten it")
    if not word.isprintable() or word != word.strip():
        wanted = "printable characters, no blank at an end"
        raise InputFault(what, value=word, wanted=wanted, repair="take the others out")
    if word.startswith(FORMULA_BEGINS):
        wanted = "no = + - @ at its beginning: a spreadsheet would run it"
        raise InputFault(what, value=word, wanted=wanted, repair="begin it with a word")


def _parts(places: tuple[KeptPlace, ...]) -> Iterator[tuple[KeptPlace, ...]]:
    part: list[KeptPlace] = []
    size = 0
    for place in places:
        length = len(msgspec.json.encode(place))
        if part and size + length > CHUNK_BYTES:
            yield tuple(part)
            part, size = [], 0
        part.append(place)
        size += length
    if part:
        yield tuple(part)


# ---- what is asked about ------------------------------------------------------------------------


def questions(
    state: State, scope: Scope, agreement: Agreement, places: tuple[KeptPlace, ...]
) -> Iterator[Asked]:
    """Yield what the keeper is asked about places that are to be kept."""
    drawn = _Drawn(agreement)
    named = _Named(agreement)
    within_m = moved_within_m(agreement, state.party)
    spots = _grown(state, scope).spots
    listed: dict[_Spot, str] = {}
    for place in places:
        if place.removed:
            continue
        known = kept_place(state, scope, place.place)
        if known is not None:
            apart_m = distance_m(position_of_place(known), position_of_place(place))
            if apart_m > within_m:
                detail = f"{apart_m / 1000:.1f} km, wanted within {within_m / 1000:g} km"
                yield Asked(place=place.place, word="moved", detail=detail)
        spot = _spot(place)
        other = listed.setdefault(spot, spots.get(spot, place.place))
        there = kept_place(state, scope, other)
        # Another place may have left the spot meanwhile, or come to it by this very list.
        if other != place.place and (there is None or _spot(there) == spot):
            yield Asked(place=place.place, word="same spot", detail=f"as {other}")
        yield from drawn.questions(place)
        yield from named.questions(place, within_m)


def moved_within_m(agreement: Agreement, party: str) -> float:
    """Return how far a place may lie from where it is known before somebody is asked."""
    clauses = clauses_for(agreement, PositionCheck, (party,), None)
    limits_m = [clause.named_place_within_m for clause in clauses]
    return min(limits_m, default=norms().guard.named_place_within_m)


class _Named:
    """The agreement's own places, against which names are held (S32)."""

    def __init__(self, agreement: Agreement) -> None:
        self._gazetteer = Gazetteer(agreement.places)
        self._words = {
            fold_name(word): known
            for known in agreement.places
            for word in (known.id, known.name, *known.aliases)
        }

    def questions(self, place: KeptPlace, within_m: float) -> Iterator[Asked]:
        known = self._words.get(fold_name(place.name))
        if known is None:
            return
        apart_m = distance_m(known.position, position_of_place(place)) - known.uncertainty_m
        if apart_m > within_m + place.uncertainty_mm / 1000:
            detail = f"{apart_m / 1000:.1f} km from {known.id}"
            yield Asked(place=place.place, word="name elsewhere", detail=detail)


class _Drawn:
    """Roughly where an agreement is: the box about all that it draws, with a margin."""

    def __init__(self, agreement: Agreement) -> None:
        points = list(_points(agreement))
        self.known = bool(points)
        margin_deg = norms().standing.area_margin_m / 110_574.0
        lats_deg = [point.lat_deg for point in points] or [0.0]
        lons_deg = [point.lon_deg for point in points] or [0.0]
        # Near a pole or over the antimeridian a box in degrees says nothing of longitude.
        self._any_lon = max(lons_deg) - min(lons_deg) > 180.0 or max(map(abs, lats_deg)) > 75.0
        self._lat_deg = (min(lats_deg) - margin_deg, max(lats_deg) + margin_deg)
        self._lon_deg = (min(lons_deg) - 2 * margin_deg, max(lons_deg) + 2 * margin_deg)

    def questions(self, place: KeptPlace) -> Iterator[Asked]:
        lat_deg, lon_deg = place.lat_e9 / _E9, place.lon_e9 / _E9
        if place.lat_e9 == 0 and place.lon_e9 == 0:
            yield Asked(place=place.place, word="zero", detail="latitude and longitude are 0")
        elif not self.known or self.inside(lat_deg, lon_deg):
            return
        elif abs(lon_deg) <= 90.0 and self.inside(lon_deg, lat_deg):
            detail = "the other way round it lies where the agreement draws"
            yield Asked(place=place.place, word="swapped", detail=detail)
        else:
            margin_km = norms().standing.area_margin_m / 1000
            detail = f"further than {margin_km:g} km"
            yield Asked(place=place.place, word="outside", detail=detail)

    def inside(self, lat_deg: float, lon_deg: float) -> bool:
        if not self._lat_deg[0] <= lat_deg <= self._lat_deg[1]:
            return False
        return self._any_lon or any(
            self._lon_deg[0] <= lon_deg + turn_deg <= self._lon_deg[1]
            for turn_deg in (-360.0, 0.0, 360.0)
        )


def _points(agreement: Agreement) -> Iterator[Position]:
    for place in agreement.places:
        yield place.position
    for boundary in agreement.boundaries:
        yield from boundary.vertices
    for zone in agreement.zones:
        yield from _points_of(zone.shape)


def _points_of(shape: Shape) -> Iterator[Position]:
    match shape:
        case Circle():
            yield shape.centre
        case Corridor():
            yield from shape.vertices
        case Polygon():
            yield from shape.exterior
