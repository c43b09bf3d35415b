"""The words of silence: what is asked of the logs, and what they say, for machines and people.

How the answer is found: `review.silence`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

from parley.review.times import Bound, Cosigned, instant_text, party_of
from parley.world.faults import InputFault, nearest
from parley.world.norms import CLASSES, MessageClass
from parley.world.time import US_MAX, US_MIN

CALL_TYPE: Final = "call.logged"
COUNTED_KINDS = ("message.said", "message.answered", CALL_TYPE)
"""Entry types that a question may ask for; all of them stand in line logs."""
USE_KINDS = ("message.said", CALL_TYPE)
"""What says that a line was used: a message, or a telephone call."""
NOT_IN_THESE_LOGS: Final = "not in these logs"
NOTHING_WAS_SENT: Final = "nothing was sent"
FOUND: Final = "in these logs"
UNDECIDED: Final = "undecided"
Word = Literal["in these logs", "not in these logs", "nothing was sent", "undecided"]


ANSWER: Final = "answer"
MESSAGE: Final = "message"
CALL: Final = "call"
LINE_DECLARATION: Final = "line declaration"
BESIDE_TYPES = {
    "message.said": MESSAGE,
    "message.answered": ANSWER,
    "line.declared": LINE_DECLARATION,
}
"""Entry types of a line log by which a party says something: what was not asked is counted. Calls
are, too, by when they happened."""
_NAMED_MAX = 20
"""Entries named one by one in the text of an answer; the rest are counted."""
_DIGITS_MAX = 20


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class SilenceQuestion(_Record, frozen=True, kw_only=True):
    """What is asked; None asks for any.

    Attributes:
        agreement: its id.
        from_us: first instant of the window.
        to_us: last instant of the window.
        line: the line it is said on.
        party: who says it.
        addressee: to whom.
        subject: subject code.
        message_type: type of the message.
        message_class: class of the message.
        kinds: entry types that count. For an answer, line, subject, type and class are those of
            the message that it answers; a call counts by when it happened, and has neither type
            nor class.
    """

    agreement: str
    from_us: int
    to_us: int
    line: str | None = None
    party: str | None = None
    addressee: str | None = None
    subject: str | None = None
    message_type: str | None = None
    message_class: MessageClass | None = None
    kinds: tuple[str, ...] = ("message.said",)

    def __post_init__(self) -> None:
        if not US_MIN <= self.from_us <= self.to_us <= US_MAX:
            raise InputFault(
                "silence window",
                value=f"{self.from_us}..{self.to_us}",
                wanted="an end not before its start, 1900 to 2100",
            )
        for kind in self.kinds:
            if kind not in COUNTED_KINDS:
                raise InputFault(
                    "silence kind", value=kind, wanted=f"one of {', '.join(COUNTED_KINDS)}"
                )
        if not self.kinds:
            raise InputFault("silence kinds", value="none", wanted="at least one")

    @property
    def text(self) -> str:
        """The question in words."""
        asked = (
            ("on line ", self.line), ("by ", self.party), ("to ", self.addressee),
            ("with subject ", self.subject), ("of type ", self.message_type),
            ("of class ", self.message_class),
        )  # fmt: skip
        words = " ".join(f"{before}{value}" for before, value in asked if value is not None)
        what = " or ".join(self.kinds)
        window = f"from {instant_text(self.from_us)} to {instant_text(self.to_us)}"
        return f"{what} {words + ' ' if words else ''}under {self.agreement} {window}"


class Named(_Record, frozen=True, kw_only=True):
    """An entry that the answer speaks of.

    `sent_from_us`, `sent_to_us`: between these it was sent, as far as others can say; None where
    nobody can.
    """

    origin: str
    index: int
    claimed_us: int | None
    sent_from_us: int | None
    sent_to_us: int | None
    why: str = ""

    @property
    def text(self) -> str:
        """The entry in words."""
        claimed = "unreadable" if self.claimed_us is None else instant_text(self.claimed_us)
        low = "?" if self.sent_from_us is None else instant_text(self.sent_from_us)
        high = "?" if self.sent_to_us is None else instant_text(self.sent_to_us)
        why = f": {self.why}" if self.why else ""
        return f"{self.origin} entry {self.index}, claimed {claimed}, sent {low} to {high}{why}"


class Beside(_Record, frozen=True, kw_only=True):
    """What a party said in the window and was not asked for, counted.

    Attributes:
        what: "answer", "message", "line declaration" or "call".
        inside: how many were sent in the window.
        maybe: how many more may have been.
    """

    what: str
    inside: int
    maybe: int

    @property
    def text(self) -> str:
        """The count in words."""
        more = f" (and {self.maybe} that may be in it)" if self.maybe else ""
        other = "other " if self.what == MESSAGE else ""
        return _counted(self.inside, f"{other}{self.what}") + more


class LogAnswer(_Record, frozen=True, kw_only=True):
    """The answer of one log.

    Attributes:
        origin: the log.
        word: "in these logs", "not in these logs" or "undecided".
        start: entries below were there before the window, says `since`.
        end: entries from here on were not known after it, says `until`.
        since: who knew the head of `start` entries before the window; None where the log is taken
            from its beginning.
        until: who cosigned a head after the window, and when: the first for each.
        stopped: the last head of each party that cosigned before, and not after it.
        ended: why no head after the window is wanted: the log had ended, and others hold its end.
        found: matching entries inside the window.
        maybe: matching entries that may be inside.
        misdated: entries outside [start, end) that match, or may, and claim the window all the
            same: others say that they were sent before or after it.
        beside: what else its party said in the window, that was not asked for.
        why: each reason that leaves it undecided.
    """

    origin: str
    word: Word
    start: int
    end: int
    since: Bound | None = None
    until: tuple[Cosigned, ...] = ()
    stopped: tuple[Cosigned, ...] = ()
    ended: str = ""
    found: tuple[Named, ...] = ()
    maybe: tuple[Named, ...] = ()
    misdated: tuple[Named, ...] = ()
    beside: tuple[Beside, ...] = ()
    why: tuple[str, ...] = ()


class SilenceAnswer(_Record, frozen=True, kw_only=True):
    """The whole answer.

    Attributes:
        question: what was asked.
        word: the verdict; "in these logs" as soon as one log has it.
        clause: id of the clause by which "nothing was sent" may be said.
        logs: the answer of each log that could hold it.
        why: what leaves it undecided beside the logs' own reasons: logs that are missing.
        remarks: what else an inquiry should know.
        notes: what the person who asks should look at again; they change no word.
    """

    question: SilenceQuestion
    word: Word
    clause: str | None = None
    logs: tuple[LogAnswer, ...] = ()
    why: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_decided(self) -> bool:
        """Whether the logs decide the question, one way or the other."""
        return self.word != UNDECIDED


# ---- as values of a statement -------------------------------------------------------------------


def question_values(question: SilenceQuestion) -> dict[str, str]:
    """Return the question as the values of a pack's statement of kind "silence"."""
    values = {
        name: str(value)
        for name, value in msgspec.structs.asdict(question).items()
        if value is not None and name != "kinds"
    }
    return {**values, "kinds": " ".join(question.kinds)}


def question_from_values(values: Mapping[str, str]) -> SilenceQuestion:
    """Return the question of a statement's values.

    Raises:
        InputFault: a value that is not a question's, missing, or out of its range.
    """
    document: dict[str, object] = dict(values)
    for name in ("from_us", "to_us"):
        text = values.get(name, "")
        if not text.removeprefix("-").isdigit() or not text.isascii() or len(text) > _DIGITS_MAX:
            raise InputFault(f"silence {name}", value=text, wanted="microseconds UTC")
        document[name] = int(text)
    document["kinds"] = values.get("kinds", "").split()
    message_class = values.get("message_class")
    if message_class is not None and message_class not in CLASSES:
        close = nearest(message_class.upper(), CLASSES)
        raise InputFault(
            "message class",
            value=message_class,
            wanted=f"one of {', '.join(CLASSES)}",
            repair=f"did you mean {close!r}?" if close else "",
        )
    try:
        return msgspec.convert(document, SilenceQuestion)
    except msgspec.ValidationError as error:
        raise InputFault("silence question", value=str(error), wanted="its values") from None


# ---- for people ---------------------------------------------------------------------------------


def answer_lines(answer: SilenceAnswer) -> list[str]:
    """Return the answer for a person: the verdict first, then each log with its bounds."""
    reasons = [*answer.why, *(why for log in answer.logs for why in log.why)]
    first: str = answer.word
    if answer.word == UNDECIDED:
        first = f"{UNDECIDED}: {reasons[0] if reasons else 'no logs'}"
    elif answer.word == FOUND:
        count = sum(len(log.found) for log in answer.logs)
        first = f"{FOUND}: {count} {'entry' if count == 1 else 'entries'}"
    elif answer.clause is not None:
        first = (
            f"{NOTHING_WAS_SENT}: by clause {answer.clause} these logs are the exclusive channel"
        )
    lines = [first, f"asked: {answer.question.text}"]
    how = "" if "message.answered" in answer.question.kinds else "; --answers asks for answers too"
    lines += [f"{text}{how}" for text in not_asked(answer)]
    lines += [f"undecided: {why}" for why in answer.why]
    for log in answer.logs:
        lines += _log_lines(log)
    lines += [f"note: {remark}" for remark in (*answer.remarks, *answer.notes)]
    return lines


def not_asked(answer: SilenceAnswer) -> Iterator[str]:
    """Yield for each log what its party said in the window and was not asked for, counted.

    A message is one way to say something: who answered was not silent.
    """
    for log in answer.logs:
        counts = ", ".join(each.text for each in log.beside)
        yield f"not asked for: {counts} by {party_of(log.origin)} in the window"


def _log_lines(log: LogAnswer) -> Iterator[str]:
    yield f"{log.origin}: {log.word}, entries [{log.start}, {log.end})"
    if log.since is not None:
        at = instant_text(log.since.at_us)
        were = "entry was" if log.start == 1 else "entries were"
        yield f"  {log.start} {were} there by {at}, says {log.since.because}"
    else:
        yield "  from its first entry: nobody else knew a head before the window"
    for head in log.until:
        at = instant_text(head.earliest_us)
        were, them = ("entry was", "it") if head.size == 1 else ("entries were", "them")
        yield f"  {head.size} {were} all that {head.party} knew at {at}: it cosigned {them}"
    if log.ended:
        yield f"  the log had ended: {log.ended}"
    for head in log.stopped if log.until else ():
        yield f"  {head.party} stopped cosigning at {instant_text(head.earliest_us)}"
    for why in log.why:
        yield f"  undecided: {why}"
    if log.stopped and not log.until and not log.ended:
        who = " or ".join(dict.fromkeys(head.party for head in log.stopped))
        yield "  a quiet line looks the same: where nothing new is written, nothing is cosigned;"
        yield f"  asked of {who}'s own node folder, its mirror key says it as of now"
    for word, named in (("found", log.found), ("may be in the window", log.maybe)):
        yield from _named_lines(word, named)
    yield from _named_lines("not counted", log.misdated)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _named_lines(word: str, named: Sequence[Named]) -> Iterator[str]:
    for each in named[:_NAMED_MAX]:
        yield f"  {word}: {each.text}"
    if len(named) > _NAMED_MAX:
        yield f"  {word}: {len(named) - _NAMED_MAX} more"
