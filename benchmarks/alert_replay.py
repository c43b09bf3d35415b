"""Reports in, alerts out: the alert machine of the node for all pairs, and plain rivals beside it.

`Ours` is what a node does with a report (`rules.tracks`, `rules.conflicts`): the picture's look at
whether it can be true, the motion of `detect.track_motion`, the losses of `detect.live` by two
planes of minima, the machine of `detect.alerting`. Only parties are left out, so that every pair
counts; tests/detect/test_operational.py compares it with a node, alert by alert.

`Plain` is a state-based detector without memory: an alert stands while the newest states predict a
loss, by the whole minimum. It gets the same believed reports, with one of three velocities:
"reported" (by the aircraft itself), "two reports" (the last two), "line" (the motion of `Ours`).
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby

from parley.detect.alerting import KEEP_FACTOR, KEEP_S, Look, Numbers, PairMemory, class_of
from parley.detect.live import LiveMinima, LivePicture, motion_between
from parley.detect.track_motion import TrackMotion
from parley.node.picture import STALE_US, Picture, TrackReport

US_PER_S = 1_000_000
CHAIN_S = 600.0
"""NORMS 6: until there are data."""
TURN_US = US_PER_S
"""Reports of one second come as one batch."""


@dataclass(frozen=True, slots=True)
class Event:
    """What was said of a pair: "raise", "renew", "end" or "unheard"."""

    pair: tuple[str, str]
    what: str
    at_us: int
    alert_class: str = ""
    loss_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Minima in metres, and what is taken off the vertical one for alerts."""

    horizontal_m: float
    vertical_m: float
    quantisation_m: float


@dataclass(slots=True)
class Ours:
    """The node's way from believed reports to alerts, for all pairs."""

    limits: Limits
    numbers: Numbers = field(default_factory=Numbers.of)
    name: str = "Parley"
    live: LivePicture = field(default_factory=LivePicture)
    tracks: dict[str, TrackMotion] = field(default_factory=dict)
    pairs: dict[tuple[str, str], PairMemory] = field(default_factory=dict)
    of: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    open: set[tuple[str, str]] = field(default_factory=set)
    last_us: dict[str, int] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def minima(self):
        by = self.limits
        vertical_m = by.vertical_m - by.quantisation_m
        return LiveMinima.of(
            (by.horizontal_m * factor, vertical_m * factor) for factor in (1.0, KEEP_FACTOR)
        )

    def take(self, report: TrackReport, at_us: int, _velocity_mps) -> None:
        track = self.tracks.get(report.aircraft)
        if track is None:
            track = self.tracks[report.aircraft] = TrackMotion(self.limits.vertical_m)
        track.add(at_us, report.lat_deg, report.lon_deg, report.altitude_m)

    def begin_again(self, name: str) -> None:
        """Forget the motion of a track that is believed at another place from now on."""
        self.tracks.pop(name, None)

    def turn(self, names: list[str], minima, now_us: int) -> None:
        moved = [name for name in names if self._placed(name)]
        ahead_s = self.numbers.lookahead_s + KEEP_S
        found = self.live.conflicts_among(moved, minima, ahead_s, now_us)
        rows = defaultdict(list)
        for pair, plane, row in zip(found.pairs, found.rule.tolist(), found.rows, strict=True):
            rows[pair].append((plane, row))
        watched = {pair for name in moved for pair in self.of[name]}
        for pair in sorted(watched | rows.keys()):
            if all(now_us - self.last_us.get(name, 0) <= STALE_US for name in pair):
                self._look(pair, rows.get(pair, ()), now_us)
            elif pair in self.pairs and self.pairs[pair].told is None:
                self._forget(pair)

    def _placed(self, name: str) -> bool:
        last, motion = self.tracks[name].last, self.tracks[name].motion
        if last is None or motion is None:
            return False
        self.last_us[name] = last.at_us
        place = (last.lat_deg, last.lon_deg, last.alt_m)
        self.live.put(name, last.at_us, place, (motion.east_mps, motion.north_mps, motion.up_mps))
        return True

    def _look(self, pair, rows, now_us: int) -> None:
        loss_s = kept_s = row = None
        for plane, each in rows:
            each_s = float(each["loss_s"])
            if plane % 2:
                kept_s = each_s
            elif each_s <= self.numbers.lookahead_s:
                loss_s, row = each_s, each
        if loss_s is None and pair not in self.pairs:
            return
        newest_us = max(self.last_us[name] for name in pair)
        firm = all(m is not None and m.steady for m in (self.tracks[n].motion for n in pair))
        look = Look(
            now_us, newest_us, loss_s, kept_s,
            least_m=0.0 if row is None else float(row["least_horizontal_m"]),
            minimum_m=self.limits.horizontal_m, firm=firm, chain_s=CHAIN_S,
        )  # fmt: skip
        memory = self.pairs.get(pair)
        if memory is None:
            memory = self.pairs[pair] = PairMemory()
            for name in pair:
                self.of[name].add(pair)
        decision = memory.look(look, self.numbers)
        if decision.step in ("raise", "renew") and row is not None:
            self.events.append(
                Event(pair, decision.step, now_us, decision.alert_class, float(row["loss_s"]))
            )
            memory.say(look, decision.alert_class)
            self.open.add(pair)
        elif decision.step == "resolve":
            self._ended(pair, "end", now_us)
        if memory.idle:
            self._forget(pair)

    def _ended(self, pair, what: str, now_us: int) -> None:
        self.events.append(Event(pair, what, now_us))
        self.open.discard(pair)
        self.pairs[pair].end()

    def _forget(self, pair) -> None:
        self.pairs.pop(pair, None)
        for name in pair:
            self.of[name].discard(pair)

    def unheard(self, heard_us, now_us: int) -> None:
        """End what stands of aircraft that are not heard."""
        for pair in sorted(self.open):
            if any(now_us - heard_us[name] > STALE_US for name in pair):
                self._ended(pair, "unheard", now_us)
                self._forget(pair)


@dataclass(slots=True)
class Plain:
    """A detector without memory: what the newest states say is what stands."""

    limits: Limits
    velocity: str
    motions: dict[str, TrackMotion] | None = None
    """Of `Ours`, for the velocity "line"."""
    numbers: Numbers = field(default_factory=Numbers.of)
    live: LivePicture = field(default_factory=LivePicture)
    states: dict[str, tuple] = field(default_factory=dict)
    open: dict[tuple[str, str], str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"plain, {self.velocity}"

    def minima(self):
        return LiveMinima.of([(self.limits.horizontal_m, self.limits.vertical_m)])

    def take(self, report: TrackReport, at_us: int, velocity_mps) -> None:
        self.states[report.aircraft] = (
            at_us, (report.lat_deg, report.lon_deg, report.altitude_m), velocity_mps
        )  # fmt: skip

    def begin_again(self, name: str) -> None:
        """Nothing is remembered."""

    def turn(self, names: list[str], minima, now_us: int) -> None:
        moved = []
        for name in names:
            at_us, place, motion = self.states[name]
            if self.motions is not None:
                line = self.motions[name].motion
                motion = line and (line.east_mps, line.north_mps, line.up_mps)
            if motion is not None:
                self.live.put(name, at_us, place, motion)
                moved.append(name)
        found = self.live.conflicts_among(moved, minima, self.numbers.lookahead_s, now_us)
        seen = set()
        for pair, row in zip(found.pairs, found.rows, strict=True):
            loss_s = float(row["loss_s"])
            new = class_of(loss_s, CHAIN_S, self.numbers.short_term_s)
            seen.add(pair)
            if self.open.get(pair) != new:
                what = "renew" if pair in self.open else "raise"
                self.open[pair] = new
                self.events.append(Event(pair, what, now_us, new, loss_s))
        stands = set(moved)
        for pair in sorted(p for p in self.open if p not in seen and not stands.isdisjoint(p)):
            del self.open[pair]
            self.events.append(Event(pair, "end", now_us))

    def unheard(self, heard_us, now_us: int) -> None:
        for pair in sorted(self.open):
            if any(now_us - heard_us[name] > STALE_US for name in pair):
                del self.open[pair]
                self.events.append(Event(pair, "unheard", now_us))


def replayed(reports, detectors, spent=None) -> Picture:
    """Give the reports to a picture, and what it believes to the detectors; return the picture.

    `spent`: a dictionary in which CPU seconds are added up by detector.
    """
    given = _Turns(detectors, {} if spent is None else spent)
    rows = zip(
        reports.aircraft.tolist(), reports.at_us.tolist(), reports.received_us.tolist(),
        reports.lat_deg.tolist(), reports.lon_deg.tolist(), reports.alt_m.tolist(),
        reports.velocity_mps.tolist(), strict=True,
    )  # fmt: skip
    for turn, group in groupby(rows, key=lambda row: row[2] // TURN_US):
        batch = [
            (
                TrackReport(
                    aircraft=reports.ids[number], at_us=at_us, lat_deg=lat, lon_deg=lon,
                    altitude_m=alt, altitude_reference="STD",
                ),
                tuple(velocity),
            )
            for number, at_us, _, lat, lon, alt, velocity in group
        ]  # fmt: skip
        given.turn(batch, (turn + 1) * TURN_US)
    return given.picture


class _Turns:
    """A picture and the detectors behind it: one batch of reports after the other."""

    def __init__(self, detectors, spent) -> None:
        self.picture, self.spent = Picture(), spent
        self.detectors = [(detector, detector.minima()) for detector in detectors]

    def turn(self, batch, now_us: int) -> None:
        begun = time.process_time()
        believed = [
            each for report, velocity in batch for each in self._believed(report, velocity, now_us)
        ]
        names = sorted({report.aircraft for report, *_ in believed})
        standing = {name for d, _ in self.detectors for pair in d.open for name in pair}
        heard_us = {name: self.picture.aircraft[name].received_us for name in standing}
        self._spent("picture", begun)
        for detector, minima in self.detectors:
            begun = time.process_time()
            detector.unheard(heard_us, now_us)
            for report, at_us, velocity, before in believed:
                if getattr(detector, "velocity", "") == "two reports":
                    velocity = before and _between(before, report)
                detector.take(report, at_us, velocity)
            detector.turn(names, minima, now_us)
            self._spent(detector.name, begun)

    def _believed(self, report: TrackReport, velocity, now_us: int):
        """Yield what is believed by a report: itself, or all of a track that is taken up again."""
        if not self.picture.take(report, now_us, "F"):
            return
        known = self.picture.aircraft[report.aircraft]
        again = known.taken_up is not None and known.taken_up[0] == now_us
        if again:
            for detector, _ in self.detectors:
                detector.begin_again(report.aircraft)
        for each in known.reports if again else (report,):
            yield each, min(each.at_us, known.received_us), velocity, known.before()

    def _spent(self, name: str, begun: float) -> None:
        self.spent[name] = self.spent.get(name, 0.0) + time.process_time() - begun


def _between(before: TrackReport, last: TrackReport):
    if last.at_us <= before.at_us:
        return None
    return motion_between(
        (before.lat_deg, before.lon_deg, before.altitude_m, before.at_us),
        (last.lat_deg, last.lon_deg, last.altitude_m, last.at_us),
    )
