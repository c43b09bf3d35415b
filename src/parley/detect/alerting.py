"""When a predicted loss becomes an alert, and when the alert changes or ends: one pair at a time.

Here: M-of-N, hysteresis, dwell and the classes of NORMS 6 as a machine of plain values: looks in,
decisions out, a few numbers of memory per pair. It knows no aircraft, no clock and no record, so
that the node and the studies on recorded traffic run the same thing. Never here: predicting
(`prediction`, `live`), what a motion is worth (`track_motion`), which minima hold.

Rules:

- A *look* is new reports of the pair, `LOOK_US` after the look before at least: reports of the same
  seconds share their errors and are one look, however many of them come.
- Raised at `looks_to_raise` of the last `looks_considered` looks with a loss; at one look where the
  loss is `AT_ONCE_S` away or nearer.
- A loss further away than `short_term_s` counts only where the motions are *firm*, both steady: who
  turns now is not on that line in five minutes, whatever its plan says (docs/life-of-a-track.md).
- An alert is kept by minima wider by `KEEP_FACTOR` and a look-ahead longer by `KEEP_S`, so that
  noise at a border is no end. It ends after `looks_to_resolve` looks and `resolve_after_s` without.
- A class becomes more urgent at once, and less urgent only with `class_back_s` to spare.
- Told again when its class changed or when it is materially another loss (`_moved`), not oftener
  than `RENEW_EVERY_US`: what an operator saw stays in the record, and noise does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from parley.world.norms import AlertNorms, norms
from parley.world.time import US_MIN

ConflictClass = Literal["coordinate", "own move only", "short-term"]
Step = Literal["none", "raise", "renew", "resolve"]

LOOK_US = 4_000_000
"""Terminal radar turns in 4 to 5 s, and ADS-B of 1 s is smoothed over as long: two looks nearer
than this rest on the same reports."""
AT_ONCE_S = 60.0
"""Half of the short-term time: a second look costs 4 to 12 s, which is then a tenth or more of what
is left. One bad report does not get this far: `track_motion` holds it back until the next."""
KEEP_FACTOR = 1.05
"""5 % of 5 NM is 460 m, three times what fits of 60 s leave of a nearest distance at 300 s."""
KEEP_S = 60.0
"""Beyond the look-ahead: two rounds of a slow feed (12 s) and their noise, several times over."""
RENEW_EVERY_US = 30_000_000
"""At most two entries a minute and pair for changes of place or time; a class is told at once."""
MOVED_S, MOVED_SHARE = 20.0, 0.2
"""A loss that comes so much earlier or later is another to who plans with it: 20 s is a turn of 60
degrees, a fifth of the time left is beyond what steady tracks waver."""
MOVED_DISTANCE_SHARE = 0.25
"""Of the minimum, in the least distance: from the border to overhead in four steps."""
URGENCY: dict[str, int] = {"coordinate": 0, "own move only": 1, "short-term": 2}


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of the machine, as the norms have them.

    Attributes:
        short_term_s: nearer than this is short-term.
        lookahead_s: a loss further away raises nothing.
        looks_to_raise: of `looks_considered`, for a raise.
        looks_to_resolve: looks without a loss, for an end.
        resolve_after_us: and so long without.
        class_back_s: to spare before a class becomes less urgent.
    """

    short_term_s: float
    lookahead_s: float
    looks_to_raise: int
    looks_considered: int
    looks_to_resolve: int
    resolve_after_us: int
    class_back_s: float

    @staticmethod
    def of(table: AlertNorms | None = None) -> Numbers:
        """Return the numbers of the norms."""
        table = norms().alert if table is None else table
        return Numbers(
            short_term_s=float(table.short_term_s),
            lookahead_s=float(table.lookahead_long_s),
            looks_to_raise=table.looks_to_raise,
            looks_considered=table.looks_considered,
            looks_to_resolve=table.looks_to_resolve,
            resolve_after_us=table.resolve_after_s * 1_000_000,
            class_back_s=float(table.class_back_s),
        )


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a pair found.

    Attributes:
        now_us: when it was looked; `loss_s` counts from here.
        newest_us: time of the newest report of the two.
        loss_s: until the minima are lost; None: not within the look-ahead.
        kept_s: the same by the wider minima and look-ahead by which an alert is kept.
        least_m: least horizontal distance, by the narrower minima where they are lost.
        minimum_m: the horizontal minimum itself.
        firm: whether both motions may be taken far ahead.
        chain_s: the longer of the times in which the parties can act.
    """

    now_us: int
    newest_us: int
    loss_s: float | None
    kept_s: float | None = None
    least_m: float = 0.0
    minimum_m: float = 0.0
    firm: bool = True
    chain_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Told:
    """What was last said of a pair: its class, when, the loss and how near."""

    alert_class: ConflictClass
    at_us: int
    loss_at_us: int
    least_m: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a look, and the class that the alert has with it."""

    step: Step
    alert_class: ConflictClass = "coordinate"


_NOTHING = Decision("none")


@dataclass(slots=True)
class PairMemory:
    """What is remembered of one pair between looks: some numbers, whatever happens.

    Attributes:
        seen: the last looks as bits, the newest lowest: whether there was a loss.
        looked_us: newest report of the last look that counted.
        misses: looks without a loss since the last with one.
        clear_from_us: newest report at the first of them.
        told: what stands; None while nothing does.
    """

    seen: int = 0
    looked_us: int = US_MIN
    misses: int = 0
    clear_from_us: int = US_MIN
    told: Told | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing stands and nothing was seen lately: it may be forgotten."""
        return self.told is None and self.seen == 0

    def look(self, look: Look, numbers: Numbers) -> Decision:
        """Return what follows from a look; the caller says with `say` what it really told."""
        if look.newest_us <= self.looked_us:
            return _NOTHING
        counts = look.newest_us - self.looked_us >= LOOK_US
        if counts:
            self.looked_us = look.newest_us
        decide = self._open if self.told else self._new
        return decide(look, numbers, counts=counts)

    def say(self, look: Look, alert_class: ConflictClass) -> None:
        """Remember what was told of a pair: raised or renewed."""
        loss_s = look.loss_s if look.loss_s is not None else look.kept_s
        loss_at_us = look.now_us + round((loss_s or 0.0) * 1e6)
        self.told = Told(alert_class, look.now_us, loss_at_us, look.least_m)
        self.misses = 0

    def end(self) -> None:
        """Forget what stood: it was resolved, by this machine or because nobody is heard."""
        self.told, self.seen, self.misses = None, 0, 0

    def _new(self, look: Look, numbers: Numbers, *, counts: bool) -> Decision:
        loss_s = look.loss_s
        seen = loss_s is not None and loss_s <= numbers.lookahead_s
        hit = seen and (look.firm or _within(loss_s, numbers.short_term_s))
        if counts:
            kept = (1 << numbers.looks_considered) - 1
            self.seen = (self.seen << 1 | hit) & kept
        if loss_s is None or not hit:
            return _NOTHING
        if self.seen.bit_count() >= numbers.looks_to_raise or loss_s <= AT_ONCE_S:
            return Decision("raise", class_of(loss_s, look.chain_s, numbers.short_term_s))
        return _NOTHING

    def _open(self, look: Look, numbers: Numbers, *, counts: bool) -> Decision:
        assert self.told is not None
        loss_s = look.loss_s if look.loss_s is not None else look.kept_s
        if loss_s is None:
            return self._missed(look, numbers) if counts else _NOTHING
        self.misses = 0
        old = self.told.alert_class
        new = class_of(loss_s, look.chain_s, numbers.short_term_s)
        if URGENCY[new] > URGENCY[old]:
            # By the wider minima alone nothing becomes more urgent: they keep, they do not raise.
            return Decision("renew", new) if look.loss_s is not None else _NOTHING
        if URGENCY[new] < URGENCY[old]:
            spare_s = loss_s - numbers.class_back_s
            new = class_of(spare_s, look.chain_s, numbers.short_term_s)
        due = look.now_us - self.told.at_us >= RENEW_EVERY_US
        if due and (new != old or (look.loss_s is not None and self._moved(look, look.loss_s))):
            return Decision("renew", new)
        return Decision("none", old)

    def _moved(self, look: Look, loss_s: float) -> bool:
        """Whether a loss is materially another than the one that was told."""
        assert self.told is not None
        told_s = max((self.told.loss_at_us - look.now_us) / 1e6, 0.0)
        moved = abs(loss_s - told_s) > max(MOVED_S, MOVED_SHARE * told_s)
        nearer = abs(look.least_m - self.told.least_m) > MOVED_DISTANCE_SHARE * look.minimum_m
        return moved or nearer

    def _missed(self, look: Look, numbers: Numbers) -> Decision:
        if not self.misses:
            self.clear_from_us = look.newest_us
        self.misses += 1
        long_enough = look.newest_us - self.clear_from_us >= numbers.resolve_after_us
        if self.misses >= numbers.looks_to_resolve and long_enough:
            return Decision("resolve")
        return _NOTHING


def _within(loss_s: float | None, limit_s: float) -> bool:
    return loss_s is not None and loss_s <= limit_s


def class_of(loss_s: float, chain_s: float, short_term_s: float) -> ConflictClass:
    """Return the class of NORMS 6 by the time to loss and the time in which the parties can act.

    >>> class_of(900.0, 600.0, 120.0), class_of(400.0, 600.0, 120.0), class_of(90.0, 60.0, 120.0)
    ('coordinate', 'own move only', 'short-term')
    """
    if loss_s <= short_term_s:
        return "short-term"
    return "own move only" if loss_s <= chain_s else "coordinate"
