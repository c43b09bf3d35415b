"""Questions about volumes: whether one is clear of an object, touched by it, or neither decidedly.

Rules: three-valued; each area is asked about once. What is not looked through, because it would
take too long, is possible and never clear. What the object is does not live here
(`reposition_objects`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parley.detect.cover import Covered, cover
from parley.detect.strategic import Overlap, overlap
from parley.detect.strategic_index import box_of, boxes_meet
from parley.node.rules.reposition_objects import Thing
from parley.world.geo import Position
from parley.world.shape import Shape
from parley.world.volume import PressureSource, Volume4D

WORK_MAX = 10_000_000
"""Of one list or plan, in steps of about a microsecond: what is not looked at then is possible."""
_WORK_OF_QUESTION, _WORK_OF_VERTEX = 200, 2


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """That a volume is touched: decidedly or possibly, when, where, and why."""

    decided: Literal["touched", "possibly"]
    from_us: int | None
    to_us: int | None
    at: Position | None
    because: str


class Asked:
    """The questions about volumes, each area asked once: a delay or a climb leaves it where it is.

    Args:
        thing: what is to be kept clear of.
        pressure: compares levels with altitudes.
        work_max: a line may have very many vertices, and is asked about no longer than this.
    """

    def __init__(
        self, thing: Thing, pressure: PressureSource | None, *, work_max: int = WORK_MAX
    ) -> None:
        self._work_max = work_max
        self.thing = thing
        self._pressure = pressure
        self._areas: dict[tuple[Shape, bool], Covered] = {}
        self.work = 0

    @property
    def spent(self) -> bool:
        """Whether it has asked as much as it may: the rest was not looked at."""
        return self.work >= self._work_max

    def window(self, volume: Volume4D) -> tuple[int, int | None] | None:
        """Return the time that a volume has in common with the object; None: none."""
        from_us = max(self.thing.from_us, volume.from_us or self.thing.from_us)
        ends = [us for us in (self.thing.to_us, volume.to_us) if us is not None]
        to_us = min(ends, default=None)
        return None if to_us is not None and to_us <= from_us else (from_us, to_us)

    def met(self, volume: Volume4D) -> Met | None:
        """Return how a volume is touched; None: decidedly not."""
        window = self.window(volume)
        if window is None:
            return None
        if self.thing.field is not None:
            found = self._area(volume.shape, quick=False)
            if found.word == "clear":
                return None
            sure = found.word == "touched"
            return Met(
                decided="touched" if sure else "possibly", from_us=window[0], to_us=window[1],
                at=found.at, because=found.because,
            )  # fmt: skip
        return self._by_volumes(volume)

    def clear(self, volume: Volume4D) -> bool:
        """Return whether a volume is decidedly clear of the object; sooner than by `met`."""
        if self.window(volume) is None:
            return True
        if self.thing.field is not None:
            return self._area(volume.shape, quick=True).word == "clear"
        if self.spent:
            return False
        return not any(self._meets(volume, keep) for keep in self.thing.keep_clear)

    def _meets(self, volume: Volume4D, keep: Volume4D) -> bool:
        if not boxes_meet(box_of(volume), box_of(keep)):
            return False
        return self._overlap(volume, keep) is not None

    def _overlap(self, volume: Volume4D, keep: Volume4D) -> Overlap | None:
        self.work += _WORK_OF_QUESTION + _WORK_OF_VERTEX * self.thing.vertices
        return overlap(volume, keep, pressure=self._pressure)

    def _area(self, shape: Shape, *, quick: bool) -> Covered:
        known = self._areas.get((shape, False)) or self._areas.get((shape, quick))
        if known is None:
            assert self.thing.field is not None
            each = _WORK_OF_QUESTION + self.thing.vertices
            known = cover(
                self.thing.field, shape, anchors=self.thing.anchors, quick=quick,
                tests_max=max(0, self._work_max - self.work) // each,
            )  # fmt: skip
            self._areas[(shape, quick)] = known
            self.work += known.tests * each
        return known

    def _by_volumes(self, volume: Volume4D) -> Met | None:
        box = box_of(volume)
        if self.spent and any(boxes_meet(box, box_of(keep)) for keep in self.thing.keep_clear):
            return Met(
                decided="possibly", from_us=volume.from_us, to_us=volume.to_us, at=None,
                because="too many vertices and intents: not looked through",
            )  # fmt: skip
        commons = [
            common
            for keep in self.thing.keep_clear
            if boxes_meet(box, box_of(keep)) and (common := self._overlap(volume, keep)) is not None
        ]
        if not commons:
            return None
        best = max(commons, key=lambda each: (each.decided == "overlap", each.depth_m))
        sure = best.decided == "overlap" and self._is_sure(volume, best.at)
        because = best.because
        if best.decided == "overlap":
            zone = self.thing.zone
            unsure_m = zone.uncertainty_m if zone is not None else 0.0
            because = f"{best.depth_m:.0f} m deep or more"
            because += "" if sure else f"; within the {unsure_m:.0f} m that its outline may be off"
        return Met(
            decided="touched" if sure else "possibly", from_us=best.from_us, to_us=best.to_us,
            at=best.at, because=because,
        )  # fmt: skip

    def _is_sure(self, volume: Volume4D, at: Position | None) -> bool:
        """Return whether some point of the volume is surely in the object, exclusions left out."""
        zone = self.thing.zone
        if at is not None and self.thing.point(at).decided == "in":
            return True
        for keep in self.thing.sure:
            common = self._overlap(volume, keep)
            if common is None or common.decided != "overlap":
                continue
            if zone is None or not zone.exclusions:
                return True
            if common.at is not None and self.thing.point(common.at).decided == "in":
                return True
        return False
