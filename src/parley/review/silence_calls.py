"""Telephone calls in a question about silence: a call counts by when it happened.

A message was sent when another party held it. A call happened when its ends say, and may be entered
long after. So of the logs that are here every entry of a call counts whose time overlaps the window
and that was entered at once, or by the end of the window. One that was entered later counts where
the other end's own entry says the same; else it leaves the question open, for it is one party's
word after the fact. So does a call whose time may lie beside the window: one whose end is not
stated, one at the edge that is given to the minute or by a doubtful clock.

What does not live here: which logs are asked, and messages (`silence`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from parley.node.call_matching import (
    SAME_MINUTE_US,
    CallPair,
    ends_of,
    logged_allowance,
    pair_up,
)
from parley.node.entries import Entry
from parley.node.line_bodies import CallLogged
from parley.node.state import Key, key_of
from parley.review.silence_asked import Asked
from parley.review.silence_words import CALL, CALL_TYPE, Beside, Named
from parley.review.times import LogPart
from parley.world.norms import norms

_LASTS_US = 86_400_000_000
"""A call whose end nobody states may have lasted so long."""
Place = Literal["inside", "maybe", "outside"]


class PlacedCall(NamedTuple):
    """A call's entry that may count: its index, where, what it is, why it may not count."""

    at: int
    place: Place
    words: str
    why: str


def calls_in(asked: Asked, part: LogPart, start: int, named: Sequence[Named]) -> list[PlacedCall]:
    """Return the entries of calls of a log that match the question, or may.

    Args:
        asked: the question, with all logs.
        part: the log.
        start: entries below were there before the window: none of them can speak of it.
        named: every entry of a call from `start` on, with the times between which it was shown.
    """
    times = {each.index: each for each in named}
    found = []
    for entry in _entries(part, start):
        match = match_call(asked, entry)
        if match == "no":
            continue
        place, why = _placed(asked, entry, times[entry.seq])
        if place == "outside":
            continue
        reason = "" if match == "yes" else match
        sure = place == "inside" and not reason
        found.append(
            PlacedCall(
                entry.seq, "inside" if sure else "maybe", _words(asked, entry), reason or why
            )
        )
    return found


def is_call(entry: object) -> bool:
    """Whether what stands in a log is an entry of a call, opened or not."""
    return isinstance(entry, Entry) and entry.type == CALL_TYPE


def _entries(part: LogPart, start: int) -> Iterator[Entry]:
    for entry in part.entries[max(0, start - part.start) :]:
        if isinstance(entry, Entry) and is_call(entry):
            yield entry


# ---- what counts --------------------------------------------------------------------------------


def match_call(asked: Asked, entry: Entry) -> str:
    """Return "yes", "no", or why it cannot be known whether a call is what was asked for."""
    question = asked.question
    if question.message_type is not None or question.message_class is not None:
        return "no"
    body = entry.body
    if not isinstance(body, CallLogged):
        if question.addressee is not None and entry.to and question.addressee not in entry.to:
            return "no"
        return "yes" if question.line is None and question.subject is None else "sealed"
    if question.addressee not in (None, body.party) or question.line not in (None, body.line):
        return "no"
    if question.subject in (None, body.subject):
        return "yes"
    return "no" if body.subject else "a call whose subject is not stated"


def _placed(asked: Asked, entry: Entry, named: Named) -> tuple[Place, str]:
    """Return whether a call happened in the window, and was said in time; why not, in words."""
    place, why = _happened(asked, entry)
    if place != "inside":
        return place, why
    began_us, ended_us = _times(entry)
    over_us = began_us if ended_us is None else ended_us
    high_us, low_us = named.sent_to_us, named.sent_from_us
    if high_us is not None and high_us < began_us - asked.offset_us(entry):
        return "maybe", "a call that was entered before it happened"
    at_once_us = over_us + norms().call.entered_at_once_s * 1_000_000
    last_us = max(asked.question.to_us, at_once_us)
    if high_us is not None and high_us <= last_us:
        return "inside", ""
    if _both(asked, entry) is not None:
        return "inside", "entered late, after the window"
    alone = f"by {entry.log.party} alone"
    if low_us is not None and low_us > last_us:
        return "maybe", f"a call entered late, after the window, {alone}"
    return "maybe", f"a call that may have been entered after the window, {alone}"


def _happened(asked: Asked, entry: Entry) -> tuple[Place, str]:
    question = asked.question
    window_us = (question.from_us, question.to_us)
    return happened(_times(entry), window_us, asked.offset_us(entry))


def happened(
    times_us: tuple[int, int | None], window_us: tuple[int, int], doubt_us: int = 0
) -> tuple[Place, str]:
    """Return whether a call happened in a window, and in words why that is not sure.

    Args:
        times_us: when it began and ended; None where its end is not stated.
        window_us: from when to when.
        doubt_us: by how much the clock that dated it may be wrong.

    >>> happened((90_000_000, 95_000_000), (60_500_000, 180_000_000))[0]
    'inside'
    >>> happened((30_000_000, None), (60_500_000, 180_000_000))[0]
    'maybe'
    """
    (began_us, ended_us), (from_us, to_us) = times_us, window_us
    early_us, late_us = _doubt_us(began_us) + doubt_us, doubt_us
    if ended_us is not None:
        late_us += _doubt_us(ended_us)
    over_us = began_us if ended_us is None else ended_us
    last_us = over_us + (_LASTS_US if ended_us is None else 0)
    if began_us - early_us > to_us or last_us + late_us < from_us:
        return "outside", ""
    if began_us + early_us <= to_us and over_us - late_us >= from_us:
        return "inside", ""
    if ended_us is None and over_us + late_us < from_us:
        return "maybe", "a call that began before the window and whose end is not stated"
    return "maybe", "a call whose time may lie beside the window"


def _doubt_us(at_us: int) -> int:
    """Return how far a time may be from the true one: people write whole minutes."""
    return SAME_MINUTE_US if at_us % SAME_MINUTE_US == 0 else 0


def _times(entry: Entry) -> tuple[int, int | None]:
    """Return when a call began and ended, as its writer says; of a sealed one, by the envelope."""
    body, happened = entry.body, entry.happened
    if isinstance(body, CallLogged):
        if body.ended_us is not None:
            return body.began_us, max(body.began_us, body.ended_us)
        return body.began_us, None if body.outcome == "talked" else body.began_us
    if happened is None:
        # No node of ours writes one without: it may be any call before it was entered.
        return entry.issued_us - _LASTS_US, None
    return happened.from_us, None if happened.is_instant else happened.to_us


# ---- both ends ----------------------------------------------------------------------------------


def _pairs(asked: Asked) -> dict[Key, CallPair]:
    """Return the calls of all logs that are here, by the place of each entry that counts."""
    if asked.pairs is None:
        parts = [
            part
            for part in asked.timeline.parts.values()
            if part.name.agreement == asked.question.agreement
        ]
        read = [e for part in parts for e in part.entries if isinstance(e, Entry)]
        calls = {
            key_of(e): e for e in read if isinstance(e.body, CallLogged) and e.log.kind == "line"
        }
        leaves = {(p.origin, at): leaf for p in parts for at, leaf in p.leaves.items()}
        pairs = pair_up(ends_of(calls, leaves.get), logged_allowance(read))
        asked.pairs = {
            key: pair for pair in pairs for end in pair.ends for key in (end.key, *end.corrects)
        }
    return asked.pairs


def _both(asked: Asked, entry: Entry) -> CallPair | None:
    """Return the call where the other end has entered it too, in the window; else None."""
    pair = _pairs(asked).get(key_of(entry))
    if pair is None or pair.second is None:
        return None
    others = [end.entry for end in pair.ends if end.party != entry.log.party]
    return pair if all(_happened(asked, each)[0] == "inside" for each in others) else None


def _words(asked: Asked, entry: Entry) -> str:
    """Return a call in words: what became of it, and who says so."""
    body = entry.body
    if not isinstance(body, CallLogged):
        return "a call, sealed"
    pair = _pairs(asked).get(key_of(entry))
    who = "said by both ends" if pair is not None and pair.second is not None else (
        f"said by {entry.log.party} alone"
    )  # fmt: skip
    return f"a call with {body.party}, {body.outcome}, {who}"


# ---- what was not asked for ---------------------------------------------------------------------


def calls_beside(asked: Asked, part: LogPart, start: int) -> Iterator[Beside]:
    """Yield how many other calls the log's party says it had in the window, if any."""
    counts = [0, 0]
    for entry in _entries(part, start):
        if CALL_TYPE in asked.question.kinds and match_call(asked, entry) != "no":
            continue
        place, _ = _happened(asked, entry)
        if place != "outside":
            counts[place == "maybe"] += 1
    if any(counts):
        yield Beside(what=CALL, inside=counts[0], maybe=counts[1])


def calls_of_others(asked: Asked, senders: Sequence[str]) -> Iterator[str]:
    """Yield each call in the window that somebody else says it had with a party that is asked for.

    It stands in no log that answers; but whoever reads "not in these logs" must know of it.
    """
    for _, part in sorted(asked.timeline.parts.items()):
        name = part.name
        if name.agreement != asked.question.agreement or name.kind != "line":
            continue
        if name.party in senders:
            continue
        for entry in _entries(part, 0):
            body = entry.body
            if not isinstance(body, CallLogged) or body.party not in senders:
                continue
            asked_line = asked.question.line in (None, body.line)
            about = asked.question.subject in (None, body.subject) or not body.subject
            if asked_line and about and _happened(asked, entry)[0] != "outside":
                yield f"{part.origin} entry {entry.seq}: {_words(asked, entry)}"
