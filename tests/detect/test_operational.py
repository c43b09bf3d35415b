"""The operational figures: their traffic, their definitions, and that they are the node's figures.

The benchmark (benchmarks/bench_alerts.py) is long; what it stands on is tested here in small.
"""

from __future__ import annotations

import sys
from itertools import groupby

import numpy as np
import pytest
from conflictkit import en_route

from house.tree import TOP
from parley.node.entries import AlertResolved
from parley.node.inputs import TrackReports
from parley.node.picture import TrackReport
from parley.node.warning_bodies import ConflictRaised, ConflictRenewed
from parley.world.track import Track

SECOND_US = 1_000_000
START_US = 1_800_000_000 * SECOND_US
EARTH_M = 6_371_008.8
PAIR = ("A", "B")


@pytest.fixture(scope="module")
def bench():
    """The modules of the benchmark, which import each other by name."""
    sys.path.insert(0, str(TOP / "benchmarks"))
    import alert_replay
    import alert_scores
    import noisy_traffic

    yield noisy_traffic, alert_replay, alert_scores
    sys.path.remove(str(TOP / "benchmarks"))


def straight(
    name, north_m, east_m, east_mps, seconds=900, every_s=5.0, alt_m=10_000.0, north_mps=0
):
    """A flight near 50 N 8 E, from so far north and east of it."""
    at_s = np.arange(0.0, seconds + 0.1, every_s)
    flat_m = EARTH_M * np.cos(np.radians(50.0))
    return Track(
        id=name, party=None, t_us=START_US + (at_s * SECOND_US).astype(np.int64),
        lat_deg=50.0 + np.degrees((north_m + north_mps * at_s) / EARTH_M),
        lon_deg=8.0 + np.degrees((east_m + east_mps * at_s) / flat_m),
        alt_m=np.full(len(at_s), alt_m), alt_reference="STD",
    )  # fmt: skip


def crossing(count=10, seconds=700):
    """Flights from all sides that meet near one place at different times, some of them not."""
    drawn = np.random.default_rng(3)
    made = []
    for n in range(count):
        course, speed = 2.4 * n, 190.0 + 8 * n
        meets_s, off_m = 250.0 + 40 * n, drawn.normal(0.0, 6_000.0)
        east_mps, north_mps = speed * np.sin(course), speed * np.cos(course)
        made.append(
            straight(
                f"F{n}", off_m * np.sin(course) - north_mps * meets_s,
                -off_m * np.cos(course) - east_mps * meets_s, east_mps, seconds,
                north_mps=north_mps, alt_m=10_000.0 + 304.8 * (n % 2),
            )
        )  # fmt: skip
    return made


# ---- the traffic ---------------------------------------------------------------------------------


def test_the_same_seeds_make_the_same_reports_and_others_do_not(bench) -> None:
    noisy, _, _ = bench
    tracks = crossing()
    changes = noisy.Changes(shifted=0.5, climbing=0.5, turning=0.5, seed=4)
    feed = noisy.Disturbance("x", sigma_m=30.0, dropped=0.1, bursts=4.0, dated_s=0.5, late_s=2.0)
    one, same = (noisy.reports_of(noisy.changed(tracks, changes), feed) for _ in range(2))
    backwards = noisy.reports_of(noisy.changed(tracks[::-1], changes), feed)
    for again in (same, backwards):
        assert again.ids == one.ids
        assert again.lat_deg.tobytes() == one.lat_deg.tobytes()
        assert again.received_us.tobytes() == one.received_us.tobytes()
    other = noisy.Changes(shifted=0.5, climbing=0.5, turning=0.5, seed=5)
    assert noisy.reports_of(noisy.changed(tracks, other), feed).lat_deg.tobytes() != (
        one.lat_deg.tobytes()
    )


def test_a_clean_feed_gives_the_tracks_themselves(bench) -> None:
    noisy, _, _ = bench
    (track,) = tracks = [straight("A", 0.0, 0.0, 230.0, alt_m=400 * 25 * 0.3048)]
    reports = noisy.reports_of(noisy.changed(tracks, noisy.Changes()), noisy.Disturbance("clean"))
    assert (reports.lat_deg == track.lat_deg).all()
    assert (reports.at_us == track.t_us).all()
    assert reports.alt_m == pytest.approx(track.alt_m)
    late_us = reports.received_us - reports.at_us
    assert late_us.min() >= 0
    assert late_us.max() <= 0.06 * SECOND_US
    assert reports.velocity_mps[:, 0] == pytest.approx(230.0, abs=7.0)
    assert reports.velocity_mps[:, 1] == pytest.approx(0.0, abs=7.0)


def test_a_disturbed_feed_has_the_errors_it_says(bench) -> None:
    noisy, _, _ = bench
    (track,) = tracks = [straight("A", 0.0, 0.0, 230.0, seconds=7_200, every_s=1.0)]
    feed = noisy.Disturbance("x", sigma_m=30.0, step_ft=100.0, dropped=0.2, bursts=6.0, late_s=2.0)
    reports = noisy.reports_of(tracks, feed)
    row = np.searchsorted(track.t_us, reports.at_us[np.argsort(reports.at_us)])
    north_m = np.radians(reports.lat_deg[np.argsort(reports.at_us)] - track.lat_deg[row]) * EARTH_M
    assert np.std(north_m) == pytest.approx(30.0, rel=0.05)
    steps = reports.alt_m / (100 * 0.3048)
    assert steps == pytest.approx(np.round(steps))
    assert 0.18 < 1 - len(reports) / len(track) < 0.30
    assert np.diff(np.sort(reports.at_us)).max() >= 29 * SECOND_US, "bursts of nothing"
    assert (np.diff(reports.received_us) >= 0).all()


@pytest.mark.parametrize("share", ["shifted", "climbing", "turning"])
def test_added_manoeuvres_are_flown_as_aircraft_fly(bench, share) -> None:
    noisy, _, _ = bench
    tracks = crossing()
    made = noisy.changed(tracks, noisy.Changes(**{share: 1.0}))
    moved = 0
    for was, now in zip(tracks, made, strict=True):
        span_s = np.diff(now.t_us) / SECOND_US
        north = np.radians(np.diff(now.lat_deg)) * EARTH_M / span_s
        east = np.radians(np.diff(now.lon_deg)) * EARTH_M * np.cos(np.radians(50.0)) / span_s
        if share != "shifted":
            bend_mps2 = np.hypot(np.diff(east), np.diff(north)) / span_s[1:]
            assert bend_mps2.max() < 2.5, "a quarter of g"
            assert np.abs(np.diff(now.alt_m) / span_s).max() < 7.7, "1,500 ft/min"
        moved += not all(
            np.array_equal(getattr(was, c), getattr(now, c))
            for c in ("t_us", "lat_deg", "lon_deg", "alt_m")
        )
    assert moved == len(tracks)


# ---- the definitions -----------------------------------------------------------------------------


def truth(scores, losses=(), inside=None, near=None):
    return scores.Truth(10.0, 2.0, list(losses), 0, 0, inside or {}, near or {})


def events(bench, *rows):
    """Events of one pair: (second, what, class, loss)."""
    replay = bench[1]
    return [
        replay.Event(PAIR, what, second * SECOND_US, *rest) for second, what, *rest in rows
    ]  # fmt: skip


def judged(bench, known, *rows):
    return bench[2].figures_of(events(bench, *rows), known, 10_000 * SECOND_US)


def loss(bench, second, watched_s=1_000.0):
    return bench[2].Loss(PAIR, second * SECOND_US, watched_s, True, True)


def test_an_alert_without_a_loss_is_a_nuisance_and_says_in_which_classes(bench) -> None:
    known = truth(bench[2], near={PAIR: [(500 * SECOND_US, 510 * SECOND_US)]})
    row = judged(
        bench, known, (100, "raise", "coordinate", 700.0), (200, "renew", "own move only", 500.0),
        (210, "renew", "coordinate", 690.0), (220, "renew", "own move only", 480.0), (300, "end"),
    )  # fmt: skip
    assert (row.alerts, row.nuisance, row.near, row.changes, row.entries) == (1, 1, 1, 3, 5)
    assert row.said == {
        "coordinate": [1, 1, 1], "own move only": [1, 1, 1], "short-term": [0, 0, 0],
    }  # fmt: skip


def test_a_loss_within_the_time_that_was_said_makes_it_none(bench) -> None:
    for begun_s, nuisance in ((150, 0), (284, 0), (286, 1), (90, 0), (40, 1)):
        inside = {PAIR: [(begun_s * SECOND_US, (begun_s + 15) * SECOND_US)]}
        row = judged(
            bench, truth(bench[2], inside=inside),
            (100, "raise", "short-term", 100.0), (140, "end"),
        )  # fmt: skip
        assert row.nuisance == nuisance, begun_s


def test_missed_late_and_the_time_of_warning(bench) -> None:
    known = truth(bench[2], [loss(bench, 1_000)])
    missed = judged(bench, known, (100, "raise", "coordinate", 900.0), (960, "end"))
    assert (missed.missed, missed.missed_foreseeable, missed.warning_s) == (1, 1, [0.0])
    assert judged(bench, known, (1_001, "raise", "short-term", 0.0)).missed == 1
    late = judged(bench, known, (950, "raise", "short-term", 50.0))
    assert (late.missed, late.late_60, late.late_120, late.warning_s) == (0, 1, 1, [50.0])
    early = judged(bench, known, (400, "raise", "coordinate", 600.0), (980, "end"))
    assert (early.missed, early.late_60, early.late_120, early.warning_s) == (0, 0, 0, [600.0])
    sudden = truth(bench[2], [loss(bench, 1_000, watched_s=80.0)])
    assert judged(bench, sudden, (950, "raise", "short-term", 50.0)).late_60 == 0


def test_a_short_break_is_none_for_the_warning_and_a_flicker_all_the_same(bench) -> None:
    known = truth(bench[2], [loss(bench, 1_000)])
    row = judged(
        bench, known, (500, "raise", "coordinate", 500.0), (600, "end"),
        (620, "raise", "own move only", 380.0), (700, "end"),
        (760, "raise", "own move only", 240.0), (900, "end"),
        (905, "raise", "short-term", 95.0),
    )  # fmt: skip
    assert row.flickers == 3
    assert row.warning_s == [240.0]
    assert row.most_open == 1


def test_the_truth_knows_losses_paper_and_who_was_just_seen(bench) -> None:
    _, replay, scores = bench
    limits = replay.Limits(9260.0, 304.8, 30.48)
    head_on = [straight("A", 0.0, -90_000.0, 230.0), straight("B", 0.0, 90_000.0, -230.0)]
    known = scores.truth_of(head_on, limits)
    ((one,)) = known.losses
    begun_s = (180_000 - 9_260) / 460
    assert (one.from_us - START_US) / SECOND_US == pytest.approx(begun_s, abs=2.0)
    assert one.watched_s == pytest.approx(begun_s, abs=2.0)
    assert one.seen_at_90
    assert one.seen_at_150
    assert known.flight_hours == pytest.approx(0.5)
    high = [head_on[0], straight("B", 0.0, 90_000.0, -230.0, alt_m=10_000.0 + 925 * 0.3048)]
    paper = scores.truth_of(high, limits)
    assert (len(paper.losses), paper.paper, paper.sudden) == (0, 1, 0)
    close = [straight("A", 0.0, 0.0, 230.0), straight("B", 0.0, 9_000.0, 220.0)]
    sudden = scores.truth_of(close, limits)
    assert (len(sudden.losses), sudden.sudden) == (0, 1)


# ---- the machine ---------------------------------------------------------------------------------


@pytest.mark.row("R11")
def test_the_figures_are_those_of_the_machine_that_the_node_runs(bench) -> None:
    """The same disturbed reports through a node: every alert at the same second, of one class."""
    noisy, replay, _ = bench
    feed = noisy.Disturbance("x", sigma_m=30.0, dropped=0.05, dated_s=0.3, late_s=1.5)
    tracks = noisy.changed(crossing(), noisy.Changes(climbing=0.3, turning=0.3))
    reports = noisy.reports_of(tracks, feed)
    ours = replay.Ours(replay.Limits(5 * 1852.0, 1000 * 0.3048, 100 * 0.3048))
    replay.replayed(reports, [ours])
    party = {name: ("ALFA", "BRAVO")[int(name[1:]) // 2 % 2] for name in reports.ids}
    wanted = [
        (e.at_us - START_US, e.pair, e.what, e.alert_class)
        for e in ours.events if party[e.pair[0]] != party[e.pair[1]]
    ]  # fmt: skip
    assert sum(what == "raise" for _, _, what, _ in wanted) >= 3
    assert any(what == "end" for _, _, what, _ in wanted)
    assert told_by_a_node(reports, party) == sorted(wanted)


def told_by_a_node(reports, party):
    """What a node of two parties writes about the same reports: second, pair, what, class."""
    world = en_route()
    crank = world.node("ALFA")
    shift_us = -(-world.now_us // SECOND_US) * SECOND_US + SECOND_US - START_US
    found, pair_of = [], {}
    rows = range(len(reports))
    for second, group in groupby(rows, key=lambda n: int(reports.received_us[n]) // SECOND_US):
        batch = tuple(
            TrackReport(
                aircraft=reports.ids[reports.aircraft[n]], at_us=int(reports.at_us[n]) + shift_us,
                lat_deg=float(reports.lat_deg[n]), lon_deg=float(reports.lon_deg[n]),
                altitude_m=float(reports.alt_m[n]), altitude_reference="STD",
                party=party[reports.ids[reports.aircraft[n]]],
            )
            for n in group
        )  # fmt: skip
        at_us = (second + 1) * SECOND_US
        turned = crank.turn(at_us + shift_us, TrackReports(feed="F", reports=batch))
        for entry in turned.written:
            body = entry.body
            if isinstance(body, ConflictRaised | ConflictRenewed):
                pair_of[body.key] = tuple(sorted(body.aircraft))
                what = "raise" if isinstance(body, ConflictRaised) else "renew"
                found.append((at_us - START_US, pair_of[body.key], what, body.alert_class))
            elif isinstance(body, AlertResolved):
                found.append((at_us - START_US, pair_of[body.key], "end", ""))
    return sorted(found)


def test_noise_and_gaps_cost_neither_warning_nor_calm(bench) -> None:
    """Losses made here: all warned of in time, and less often in vain than without memory."""
    noisy, replay, scores = bench
    limits = replay.Limits(9260.0, 304.8, 30.48)
    tracks = crossing(16)
    known = scores.truth_of(tracks, limits)
    feed = noisy.Disturbance("x", sigma_m=30.0, dropped=0.1, late_s=2.0)
    reports = noisy.reports_of(tracks, feed)
    ours = replay.Ours(limits)
    plain = [replay.Plain(limits, "two reports"), replay.Plain(limits, "line", ours.tracks)]
    replay.replayed(reports, [ours, *plain])
    mine, *others = (
        scores.figures_of(d.events, known, int(reports.received_us[-1])) for d in (ours, *plain)
    )
    assert len(known.losses) >= 8
    assert (mine.missed, mine.late_60_foreseeable) == (0, 0)
    assert np.median(mine.warning_s) > 120.0
    for other in others:
        assert mine.nuisance < other.nuisance
        assert mine.flickers < other.flickers
    assert mine.flickers == 0
