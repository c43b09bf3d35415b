"""The exact overlap against a construction of its own and against drawn points (`overlapkit`)."""

from __future__ import annotations

import collections
import random

import numpy as np
import pytest

from detect.overlapkit import KINDS, bare, disagreements, drawn_pair
from longer import more
from parley.detect.strategic import conflicts, overlap
from parley.detect.strategic_index import VolumeIndex, box_of, boxes_meet
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.moves import moved_volume
from parley.world.shape import Circle, Corridor, Polygon
from parley.world.volume import VerticalLimit, Volume4D

PAIRS = more(504, 1_001)


@pytest.mark.row("R9")
@pytest.mark.parametrize("kind", KINDS)
def test_pairs_of_volumes_agree_with_the_construction(kind: str) -> None:
    """benchmarks/bench_intents.py --oracle 100000 plays as many; each pair with its areas alone."""
    place = KINDS.index(kind)
    words: collections.Counter[str] = collections.Counter()
    wrong = []
    for seed in range(place, PAIRS, len(KINDS)):
        for _, word, why in disagreements(seed):
            words[word] += 1
            if why:
                wrong.append((seed, why))
    assert not wrong
    assert min(words["none"], words["overlap"], words["undecided"]) > 0, "all answers are there"


def at(lat_deg: float, lon_deg: float) -> Position:
    return Position(lat_deg=lat_deg, lon_deg=lon_deg)


def test_a_corridor_over_a_pole_is_decided() -> None:
    over = Volume4D(shape=Corridor(vertices=(at(89.0, 10.0), at(89.0, -169.0)), width_m=2_000.0,
                                   edges="geodesic"))  # fmt: skip
    beside = Polygon(exterior=(at(89.8, 90.0), at(89.8, 110.0), at(89.7, 110.0), at(89.7, 90.0)))
    assert overlap(over, Volume4D(shape=beside)) is None
    across = Polygon(exterior=(at(89.8, 0.0), at(89.8, 20.0), at(89.7, 20.0), at(89.7, 0.0)))
    found = overlap(over, Volume4D(shape=across))
    assert found is not None
    assert (found.decided, found.at is not None) == ("overlap", True)
    assert found == overlap(Volume4D(shape=across), over)


def beside(volume: Volume4D) -> Volume4D:
    """The volume a kilometre further north; itself, where that would go round a pole."""
    try:
        return moved_volume(volume, north_m=1_000.0)
    except InputFault:
        return volume


def test_the_index_leaves_nothing_out_and_forgets_what_went() -> None:
    """Every pair that overlaps is a candidate, whatever came, was replaced and went before."""
    draw, index, held = random.Random(5), VolumeIndex(), {}
    volumes = [bare(drawn_pair(seed)[1 + seed % 2]) for seed in range(0, 600, 7)]
    volumes += [drawn_pair(seed)[1] for seed in range(300)]
    for number, volume in enumerate(volumes):
        owner = number % 250
        held[owner] = (volume, beside(volume))
        index.add(owner, [box_of(each) for each in held[owner]])
        if draw.random() < 0.2:
            gone = draw.choice(sorted(held))
            index.drop(gone)
            del held[gone]
    assert index.numbers == set(held)
    assert len(index) == 2 * len(held)
    for seed in range(60):
        one = drawn_pair(seed)[2]
        near = set(index.candidates(box_of(one)).tolist())
        assert near <= set(held)
        missed = [n for n in set(held) - near if conflicts((one,), held[n])]
        assert not missed


def test_the_index_lets_go_of_what_is_over_and_keeps_what_is_open() -> None:
    index, here = VolumeIndex(), Circle(centre=at(10.0, 179.99), radius_m=5_000.0)
    for owner in range(3_000):
        until_us = None if owner % 10 == 0 else 1_000 + owner
        index.add(owner, [box_of(Volume4D(shape=here, from_us=0, to_us=until_us))])
    gone = index.drop_over(3_500)
    assert gone == [n for n in range(2_501) if n % 10]
    asked = box_of(Volume4D(shape=Circle(centre=at(10.0, -179.99), radius_m=5_000.0)))
    assert np.array_equal(
        index.candidates(asked), [n for n in range(3_000) if n % 10 == 0 or n > 2_500]
    )
    assert not index.candidates(
        box_of(Volume4D(shape=Circle(centre=at(12.0, 0.0), radius_m=1e3)))
    ).size


@pytest.mark.parametrize(
    ("low", "high", "meets"),
    [
        ((1_000.0, "AMSL"), (999.0, "AMSL"), False),
        ((1_000.0, "AMSL"), (900.0, "WGS84"), True),
        ((1_000.0, "AMSL"), (889.0, "WGS84"), False),
        ((1_000.0, "STD"), (1.0, "AMSL"), True),
        ((1_000.0, "AGL"), (1.0, "AMSL"), True),
        ((1_000.0, "STD"), (999.0, "STD"), False),
    ],
)
def test_boxes_widen_heights_by_what_their_references_leave_open(low, high, meets) -> None:
    here = Circle(centre=at(0.0, 0.0), radius_m=1_000.0)
    above = Volume4D(shape=here, lower=VerticalLimit(value_m=low[0], reference=low[1]))
    below = Volume4D(shape=here, upper=VerticalLimit(value_m=high[0], reference=high[1]))
    assert boxes_meet(box_of(above), box_of(below)) == meets
    assert meets or overlap(above, below) is None
