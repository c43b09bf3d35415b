"""Named places with their spellings, and the check of a name against coordinates.

Rules: a name is found only whole (case and spacing do not count), never by likeness; a spelling
that two places share is refused. A name without coordinates cannot be sent. Not here: where names
come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from parley.world import limits
from parley.world.faults import InputFault, nearest
from parley.world.geo import Answer, Position, checked_uncertainty_m, distance_m, judged

_REMARK = re.compile(r"\s*\([^()]*\)\s*\Z")
_APOSTROPHES = dict.fromkeys((0x2019, 0x2018, 0x02BC, 0x0060), "'")


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place: name, other spellings, and a position that may be wrong by `uncertainty_m`."""

    id: str
    name: str
    position: Position
    aliases: tuple[str, ...] = ()
    uncertainty_m: float = 0.0
    role: str = "place"

    def __post_init__(self) -> None:
        checked_name(self.id, "place id")
        for word in (self.name, *self.aliases):
            if not fold_name(word):
                raise InputFault(f"place {self.id} name", value=word, wanted="a name")
        checked_uncertainty_m(self.uncertainty_m, f"place {self.id} uncertainty")


class Gazetteer:
    """Places by id, name and alias.

    Args:
        places: each id once.

    Raises:
        InputFault: an id twice.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self._by_id: dict[str, Place] = {}
        self._by_word: dict[str, dict[str, Place]] = {}
        for place in places:
            if place.id in self._by_id:
                raise InputFault("place id", value=place.id, wanted="each id once")
            self._by_id[place.id] = place
            for word in spellings(place.name, *place.aliases):
                self._by_word.setdefault(word, {})[place.id] = place

    @property
    def places(self) -> tuple[Place, ...]:
        """All places, in the order given."""
        return tuple(self._by_id.values())

    def find(self, name: str) -> Place:
        """Return the place with that id, name or alias; case and spacing do not count.

        Raises:
            InputFault: unknown (the nearest known name is given), or several places are called so.
        """
        if name in self._by_id:
            return self._by_id[name]
        found = self._by_word.get(fold_name(name), {})
        if len(found) > 1:
            raise InputFault(
                "place name",
                value=name,
                wanted="a name of one place",
                repair=f"use an id: {', '.join(sorted(found))}",
            )
        if not found:
            likely = nearest(fold_name(name), tuple(self._by_word))
            place = next(iter(self._by_word[likely].values())) if likely else None
            raise InputFault(
                "place name",
                value=name,
                wanted="a known place",
                repair=f"did you mean {place.name}?" if place else "give coordinates",
            )
        return next(iter(found.values()))


def checked_name(word: str, what: str) -> str:
    """Return the identifier as it is, or raise.

    Raises:
        InputFault: empty, blank at an end, unprintable or longer than `limits.NAME_CHARACTERS_MAX`.
    """
    fits = 0 < len(word) <= limits.NAME_CHARACTERS_MAX
    if not fits or word != word.strip() or not word.isprintable():
        wanted = f"1 to {limits.NAME_CHARACTERS_MAX} printable characters"
        raise InputFault(what, value=word, wanted=wanted)
    return word


def fold_name(name: str) -> str:
    r"""Return the name as it is compared: one case, single spaces, plain apostrophes.

    >>> fold_name("  Ja\u2019Din "), fold_name("DEIR  ez-Zor")
    ("ja'din", 'deir ez-zor')
    """
    return " ".join(name.translate(_APOSTROPHES).casefold().split())


def spellings(*names: str) -> frozenset[str]:
    """Return the folded forms of names; a remark in brackets at the end may be left out.

    >>> sorted(spellings("Tabqah", "Taqbah (misspelt)"))
    ['tabqah', 'taqbah', 'taqbah (misspelt)']
    """
    forms = (fold_name(form) for name in names for form in (name, _REMARK.sub("", name)))
    return frozenset(form for form in forms if form)


def check_named_position(
    gazetteer: Gazetteer, name: str, position: Position | None, within_m: float
) -> Answer:
    """Return "agrees" or "differs": whether coordinates lie within a distance of the named place.

    The sender-error guard: a read-back repeats a wrong position faithfully, only this finds it.
    `margin_m` is here the distance between the two, in metres. It is decided only if the place's
    own uncertainty could not change it.

    Args:
        gazetteer: the places both sides know.
        name: the place named.
        position: the coordinates sent with it.
        within_m: how far apart they may be.

    Raises:
        InputFault: no coordinates, an unknown or ambiguous name, or a bad distance.
    """
    place = gazetteer.find(name)
    checked_uncertainty_m(within_m, "named place within")
    if position is None:
        raise InputFault(
            f"place {place.name}", value="a name only", wanted="coordinates beside the name"
        )
    apart_m = distance_m(place.position, position)
    nominal = "agrees" if apart_m <= within_m else "differs"
    because = (
        f"{apart_m / 1000.0:.1f} km from {place.name} ({place.id}), "
        f"limit {within_m:.0f} m, uncertainty {place.uncertainty_m:.0f} m"
    )
    verdict = judged(
        nominal,
        margin_m=abs(within_m - apart_m),
        uncertainty_m=place.uncertainty_m,
        because=because,
    )
    return msgspec.structs.replace(verdict, margin_m=apart_m)
