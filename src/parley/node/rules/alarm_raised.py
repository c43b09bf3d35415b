"""`Raised`: a thing that somebody at a post of ours must see, before it is known who has taken it.

Names say cause and rung, are made of identifiers alone and never change while the cause stands, so
that an acknowledgement in the log finds its alarm again after any restart. Texts hold no word of a
message: they go to pagers, and past people who may not read the notice.
"""

from __future__ import annotations

from typing import NamedTuple

from parley.node.state import Key
from parley.world.agreement import Agreement
from parley.world.norms import CLASSES, MessageClass

_SHOWN_CHARACTERS = 40


class Raised(NamedTuple):
    """What stands, with the post that is to be called.

    Attributes:
        name: of the alarm; says cause and rung.
        kind: of the cause, in one word.
        alarm_class: how urgent it is, by the classes of messages.
        line: of the cause; empty where it is about no line.
        party: whom it is about: who asks, or who does not answer.
        text: what is to be seen.
        post: ours, to be called.
        since_us: since when it stands.
        cause: the entry behind it.
        rung: 0 for the first call.
        once: it is over once somebody has taken it: it tells of an event, not of a state.
        always: life may be at risk: it stands whatever became of the line and the agreement.
        silent: a promise of ours holds it back.
    """

    name: str
    kind: str
    alarm_class: MessageClass
    line: str
    party: str
    text: str
    post: str
    since_us: int
    cause: Key | None = None
    rung: int = 0
    once: bool = False
    always: bool = False
    silent: bool = False


def urgency_of(alarm_class: MessageClass) -> int:
    """Return the place of a class, the most urgent first."""
    return CLASSES.index(alarm_class)


def place_name(key: Key) -> str:
    """Return an entry's place within its agreement: party, year, index.

    >>> place_name(("parley.example/AGR-1/COAL/line/2017.2", 41))
    'COAL/2017.2/41'
    """
    parts = key[0].split("/")
    return f"{parts[2]}/{parts[4]}/{key[1]}"


def shown(word: str) -> str:
    """Return a word that a peer wrote, short and in printable ASCII.

    >>> shown("line.test"), shown("líne")
    ('line.test', 'l?ne')
    """
    text = "".join(c if c.isascii() and c.isprintable() else "?" for c in word)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 3]}..."


def line_posts(agreement: Agreement, line_id: str, party: str) -> tuple[str, ...]:
    """Return a party's posts, the one at its end of the line first, then in escalation order."""
    ends = [
        end.post
        for line in agreement.lines
        for end in line.ends
        if line.id == line_id and end.party == party
    ]
    known = [each for each in agreement.parties if each.id == party]
    return tuple(dict.fromkeys([*ends, *(p for each in known for p in each.posts)]))


def seconds_words(of_s: float) -> str:
    """Return a span as it stands in an alarm.

    >>> seconds_words(60.0), seconds_words(600), seconds_words(15)
    ('60 s', '10 min', '15 s')
    """
    whole_s = round(of_s)
    return f"{whole_s // 60} min" if whole_s >= 120 and whole_s % 60 == 0 else f"{whole_s} s"
