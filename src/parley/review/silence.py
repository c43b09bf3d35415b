"""Was something said, or not? The answer of complete logs between heads that others cosigned.

Question: an agreement, a window, and what counts (line, who says, to whom, subject, type, class).
For each log that could hold it: the largest head that another party knew before the window, the
smallest head that another party cosigned after it, and all entries between. What matches is found;
what matches and may lie outside of the window, or is sealed, leaves the question open; and where no
head after the window is cosigned the answer is "undecided: B stopped cosigning at t", for nobody
else can say what was or was not there (NORMS 7).

The strongest word is "not in these logs". "Nothing was sent" is said only where the agreement makes
the logs the exclusive channel, and then the clause is named.

Rules: plain values in, verified by whoever calls (`review.times`); the same values give the same
answer on every machine, so that a silence statement in a pack can be computed again by its reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Literal

import msgspec

from parley.node.custody_bodies import LogClosed
from parley.node.entries import (
    Entry,
    LogName,
    MessageAnswered,
    MessageSaid,
    Unreadable,
    log_name,
)
from parley.review.adopted import adopted_agreement, amended, exclusive_channel
from parley.review.silence_asked import Asked
from parley.review.silence_calls import (
    calls_beside,
    calls_in,
    calls_of_others,
    is_call,
)
from parley.review.silence_words import (
    ANSWER,
    BESIDE_TYPES,
    CALL,
    CALL_TYPE,
    FOUND,
    LINE_DECLARATION,
    NOT_IN_THESE_LOGS,
    NOTHING_WAS_SENT,
    UNDECIDED,
    Beside,
    LogAnswer,
    Named,
    SilenceAnswer,
    SilenceQuestion,
    Word,
)
from parley.review.times import (
    Bound,
    Cosigned,
    LogPart,
    Receipted,
    TimeBounds,
    Timeline,
    instant_text,
    party_of,
)
from parley.world.agreement import Agreement
from parley.world.faults import Fault, InputFault, nearest
from parley.world.time import datetime_from_us


def window_range(
    question: SilenceQuestion, origin: str, cosigned: Iterable[Cosigned]
) -> tuple[int, int | None]:
    """Return the entries [start, end) of a log that others' heads put around the window.

    The end is None where nobody cosigned the log after the window.
    """
    part = LogPart(origin=origin, entries=())
    heads = tuple(head for head in cosigned if head.origin == origin)
    asked = Asked(question, Timeline([part], heads), heads, {})
    answer = _answer_log(asked, part)
    return answer.start, answer.end if answer.until else None


def answer_silence(
    question: SilenceQuestion,
    parts: Iterable[LogPart],
    cosigned: Iterable[Cosigned],
    receipts: Iterable[Receipted] = (),
    *,
    agreement: Agreement | None = None,
    offsets_us: Mapping[str, int] | None = None,
    roots: Mapping[tuple[str, int], str] | None = None,
) -> SilenceAnswer:
    """Return what these logs say to the question.

    Args:
        question: what is asked.
        parts: complete stretches of logs, the asked ones and any others (they bound times, and
            name logs that should be here); the caller has verified each under a signed head.
        cosigned: verified cosignatures on heads of these logs.
        receipts: verified entry receipts.
        agreement: its text: who could have said it, and whether the logs are the exclusive channel.
            Without it the text counts that the logs here adopt (`adopted_agreement`); where there
            is none, the party must be asked by name.
        offsets_us: see `Timeline`.
        roots: see `Timeline`.

    Raises:
        InputFault: two stretches of one log; a line or party that the agreement does not have.
    """
    heads, held = tuple(cosigned), tuple(parts)
    # A text that was changed since need not have its clauses any more.
    doubted = agreement is None and amended(held, question.agreement)
    agreement = agreement or adopted_agreement(held, question.agreement)
    timeline = Timeline(held, heads, receipts, offsets_us=offsets_us, roots=roots)
    asked = Asked(question, timeline, heads, offsets_us or {})
    senders = _senders(question, agreement)
    missing = list(_missing(asked, senders))
    logs = tuple(_answer_log(asked, part) for part in _asked_parts(asked, senders))
    remarks = tuple(_remarks(asked, senders))
    clause = exclusive_channel(agreement) if agreement is not None and not doubted else None
    word: Word = _word(logs, missing)
    doubtful = remarks or any(log.misdated or _answered_beside(log) for log in logs)
    if word == NOT_IN_THESE_LOGS and clause is not None and not doubtful:
        return SilenceAnswer(question=question, word=NOTHING_WAS_SENT, clause=clause.id, logs=logs)
    return SilenceAnswer(
        question=question, word=word, logs=logs, why=tuple(missing), remarks=remarks
    )


def _answered_beside(log: LogAnswer) -> bool:
    """Whether the party answered or telephoned in the window, and that was not asked for.

    An answer may hold any words: with one there, "nothing was sent" would be false.
    """
    return any(each.what in (ANSWER, CALL) and each.inside + each.maybe for each in log.beside)


def _word(logs: Sequence[LogAnswer], missing: Sequence[str]) -> Word:
    if any(log.found for log in logs):
        return FOUND
    if missing or not logs or any(log.word == UNDECIDED for log in logs):
        return UNDECIDED
    return NOT_IN_THESE_LOGS


# ---- which logs ---------------------------------------------------------------------------------


def _senders(question: SilenceQuestion, agreement: Agreement | None) -> tuple[str, ...]:
    """Return the parties that could have said it; none where that cannot be known."""
    if agreement is None:
        return (question.party,) if question.party is not None else ()
    if agreement.id != question.agreement:
        raise InputFault("agreement", value=agreement.id, wanted=question.agreement)
    parties = [party.id for party in agreement.parties]
    if question.line is not None:
        lines = {line.id: line for line in agreement.lines}
        _known("line", question.line, list(lines))
        parties = list(lines[question.line].parties)
    for party in (question.party, question.addressee):
        if party is not None:
            _known("party", party, [each.id for each in agreement.parties])
    if question.party is not None:
        parties = [question.party]
    # A party without a node of its own writes into the log of the one it is bound through.
    answerable = {agreement.party(p).bound_through or p for p in parties if p != question.addressee}
    return tuple(sorted(answerable))


def _known(what: str, name: str, known: list[str]) -> None:
    if name not in known:
        close = nearest(name, known)
        raise InputFault(
            what,
            value=name,
            wanted=f"one of {', '.join(known) or 'none'}",
            repair=f"did you mean {close!r}?" if close else "",
        )


def _years(question: SilenceQuestion) -> range:
    first = datetime_from_us(question.from_us).year
    return range(first, datetime_from_us(question.to_us).year + 1)


def _asked_parts(asked: Asked, senders: Sequence[str]) -> list[LogPart]:
    """Return the line logs of the parties that could have said it, of whatever year is here."""
    return [
        part
        for _, part in sorted(asked.timeline.parts.items())
        if (name := part.name).agreement == asked.question.agreement
        and name.kind == "line"
        and name.party in senders
    ]


def _missing(asked: Asked, senders: Sequence[str]) -> Iterator[str]:
    """Yield what must be known to answer, and is not here: parties, years, incarnations."""
    years = _years(asked.question)
    if not senders:
        yield "who could have said it is not known without the agreement's text: name the party"
    held = [log_name(origin) for origin in asked.timeline.parts]
    wanted: dict[str, str] = {}
    for party in senders:
        for year in years:
            name = LogName(agreement=asked.question.agreement, party=party, kind="line", year=year)
            wanted[name.origin] = "a log of its year"
            for other in (each for each in held if _same_year(each, name)):
                for count in range(2, other.incarnation):
                    earlier = msgspec.structs.replace(name, incarnation=count)
                    wanted[earlier.origin] = f"{other.origin} comes after it"
    for origin, why in _named_logs(asked):
        if _is_wanted(origin, asked.question.agreement, senders, years):
            wanted.setdefault(origin, why)
    for origin, why in sorted(wanted.items()):
        if origin not in asked.timeline.parts:
            yield f"log {origin} is not here ({why})"


def _named_logs(asked: Asked) -> Iterator[tuple[str, str]]:
    """Yield each log that the logs here say there is, and how.

    One that was closed before its year was over has one after it, named or not.
    """
    for part in asked.timeline.parts.values():
        for entry in part.entries:
            body = entry.body if isinstance(entry, Entry) else None
            if isinstance(body, LogClosed) and body.why != "year":
                after = msgspec.structs.replace(part.name, incarnation=part.name.incarnation + 1)
                yield after.origin, f"{part.origin} was closed: {body.why}"
    for origin, (by, index) in asked.timeline.mentions.items():
        yield origin, f"{by} entry {index} names it"


def _same_year(a: LogName, b: LogName) -> bool:
    return (a.agreement, a.party, a.kind, a.year) == (b.agreement, b.party, b.kind, b.year)


def _is_wanted(origin: str, agreement: str, senders: Sequence[str], years: range) -> bool:
    try:
        name = log_name(origin)
    except Fault:
        return False
    return (
        name.agreement == agreement
        and name.party in senders
        and name.kind == "line"
        and name.year in years
    )


# ---- one log ------------------------------------------------------------------------------------


def _answer_log(asked: Asked, part: LogPart) -> LogAnswer:
    start, before = _since(asked, part.origin)
    until = _until(asked, part.origin)
    there = (size for size, by in asked.signed_for(part.origin) if by.at_us <= asked.question.to_us)
    ended = None if until else asked.ended(part)
    sizes = [head.size for head in until] if ended is None else [ended[0]]
    end = max(start, *sizes, *there, 0)
    bounded = bool(until) or ended is not None
    stopped = _stopped(asked, part.origin, {head.party for head in until})
    why = [] if bounded else [*_unbounded(asked, part, stopped)]
    why += _gaps(part, start, end if bounded else max(end, part.end))
    found: list[Named] = []
    maybe: list[Named] = []
    # Where neither a head after the window nor an end bounds the range, all that is here counts.
    for index, entry, match in _matching(asked, part, start, end if bounded else part.end):
        named = _named(asked, part.origin, index, entry, "" if match == "yes" else match)
        place = _place(asked, named)
        if place == "inside" and match == "yes":
            found.append(named)
        elif place != "outside":
            maybe.append(named)
    for at, named in _calls(asked, part, start):
        (found if at == "inside" else maybe).append(named)
    why += _open(maybe)
    misdated = tuple(_misdated(asked, part, start, end)) if bounded else ()
    word: Word = FOUND if found else UNDECIDED if why else NOT_IN_THESE_LOGS
    return LogAnswer(
        origin=part.origin,
        word=word,
        start=start,
        end=end,
        since=before,
        until=until,
        stopped=stopped,
        ended=ended[1] if ended is not None else "",
        found=tuple(found),
        maybe=tuple(maybe),
        misdated=misdated,
        beside=tuple(_beside(asked, part, start, end if bounded else part.end)),
        why=tuple(why),
    )


def _calls(asked: Asked, part: LogPart, start: int) -> Iterator[tuple[str, Named]]:
    """Yield the entries of calls that count, or may, wherever they were entered."""
    if CALL_TYPE not in asked.question.kinds:
        return
    every = {
        index: _named(asked, part.origin, index, entry, "")
        for index, entry in enumerate(part.entries, part.start)
        if index >= start and is_call(entry)
    }
    for call in calls_in(asked, part, start, list(every.values())):
        why = call.why or call.words if call.place == "maybe" else _and(call.words, call.why)
        yield call.place, msgspec.structs.replace(every[call.at], why=why)


def _and(words: str, more: str) -> str:
    return f"{words}, {more}" if more else words


def _since(asked: Asked, origin: str) -> tuple[int, Bound | None]:
    """Return the largest size that another party signed for before the window; 0 without one.

    The word of a party that later went back hides nothing: its clock, or it, is not relied on.
    """
    known = [
        (size, bound)
        for size, bound in asked.signed_for(origin)
        if bound.at_us <= asked.question.from_us and not asked.goes_back(origin, size, bound)
    ]
    return max(known, key=lambda each: (each[0], -each[1].at_us), default=(0, None))


def _until(asked: Asked, origin: str) -> tuple[Cosigned, ...]:
    """Return, for each other party, the smallest head that it cosigned after the window."""
    found = []
    for party, cosigner in asked.cosigners(origin).items():
        from_us = asked.question.to_us + asked.offsets_us.get(party, 0)
        after = [head for head in cosigner.heads if head.earliest_us >= from_us]
        if after:
            found.append(min(after, key=lambda each: (each.size, each.time_s)))
    return tuple(found)


def _stopped(asked: Asked, origin: str, going_on: Set[str]) -> tuple[Cosigned, ...]:
    """Return the last head of each party that cosigned this log, and not after the window."""
    cosigners = asked.cosigners(origin).items()
    return tuple(each.heads[-1] for party, each in cosigners if party not in going_on)


def _stopped_words(origin: str, stopped: Sequence[Cosigned]) -> str:
    """Return who cosigned last, and when: after that nobody else says how the log stood."""
    if not stopped:
        return f"no cosignature of {origin} is here"
    return ", ".join(
        f"{head.party} stopped cosigning at {instant_text(head.earliest_us)}" for head in stopped
    )


def _unbounded(asked: Asked, part: LogPart, stopped: Sequence[Cosigned]) -> Iterator[str]:
    """Yield why nothing bounds a log after the window."""
    yield _stopped_words(part.origin, stopped)
    left = asked.left_at(part)
    if left is not None:
        yield left


def _gaps(part: LogPart, start: int, end: int) -> Iterator[str]:
    for first, last in ((start, min(part.start, end)), (max(part.end, start), end)):
        if first < last:
            yield f"entries {first} to {last - 1} of {part.origin} are not here"


def _matching(
    asked: Asked, part: LogPart, start: int, end: int
) -> Iterator[tuple[int, Entry | Unreadable, str]]:
    """Yield the entries of a range that match ("yes"), or may, with the reason."""
    for index in range(max(start, part.start), min(end, part.end)):
        entry = part.entries[index - part.start]
        match = _match(asked, part, entry)
        if match != "no":
            yield index, entry, match


def _match(asked: Asked, part: LogPart, entry: Entry | Unreadable) -> str:
    """Return "yes", "no", or why that cannot be known."""
    question = asked.question
    if isinstance(entry, Unreadable):
        told = part.types.get(entry.seq)
        return "unreadable" if told is None or told in question.kinds else "no"
    if entry.type not in question.kinds or not _is_for(question.addressee, entry):
        return "no"
    if entry.type == CALL_TYPE:
        # It counts by when it happened, not by when it was said (`silence_calls`).
        return "no"
    wanted = (question.line, question.subject, question.message_type, question.message_class)
    if all(value is None for value in wanted):
        return "yes"
    if entry.body is None:
        return "sealed"
    said = entry.body if isinstance(entry.body, MessageSaid) else _answered(asked, entry)
    if not isinstance(said, MessageSaid):
        return said
    has = (said.line, said.subject, said.message_type, said.message_class)
    agrees = all(a is None or a == b for a, b in zip(wanted, has, strict=True))
    return "yes" if agrees else "no"


def _is_for(addressee: str | None, entry: Entry) -> bool:
    """Whether an entry is for a party: it is named, or nobody is and its message was that party's.

    A payload that the party may not hold was not said to it, whatever the address says.
    """
    if addressee is None:
        return True
    if entry.audience is not None and addressee not in entry.audience:
        return False
    if entry.type == "message.answered" and not entry.to:
        return not entry.ref or party_of(entry.ref[0].log) == addressee
    return addressee in entry.to


def _answered(asked: Asked, entry: Entry) -> MessageSaid | str:
    """Return the message that an answer is about, or why it is not known."""
    if not isinstance(entry.body, MessageAnswered) or not entry.ref:
        return "an answer to nothing"
    reference = entry.ref[0]
    part = asked.timeline.parts.get(reference.log)
    if part is None or not part.start <= reference.index < part.end:
        return f"it answers {reference.log} entry {reference.index}, which is not here"
    said = part.entries[reference.index - part.start]
    if isinstance(said, Entry) and isinstance(said.body, MessageSaid):
        return said.body
    return f"it answers {reference.log} entry {reference.index}, which cannot be read"


# ---- when ---------------------------------------------------------------------------------------


def _named(asked: Asked, origin: str, index: int, entry: Entry | Unreadable, why: str) -> Named:
    """Return an entry with the times between which it was sent: shown to another party.

    From above the first word of another that it was held. From below the latest of these: what its
    writer had seen; until when others cosigned heads without it, saying that they know no more (an
    entry may be written before, and wait for its link); and the writer's own claim, unless the word
    from above is against it: who claims a later time than the true one can hide nothing that
    another held by then.
    """
    bounds = asked.timeline.bounds(origin, index)
    claimed_us = entry.issued_us if isinstance(entry, Entry) else None
    high = bounds.not_after_us
    own = claimed_us if claimed_us is not None and high is not None and claimed_us <= high else None
    known = (bounds.not_before_us, _not_shown(asked, bounds), own)
    return Named(
        origin=origin,
        index=index,
        claimed_us=claimed_us,
        sent_from_us=max((low for low in known if low is not None), default=None),
        sent_to_us=high,
        why=why,
    )


def _not_shown(asked: Asked, bounds: TimeBounds) -> int | None:
    """Return until when every cosigner had not been shown an entry; None where nobody says so.

    The word of a party that had said before that it held the entry counts for nothing here. Of
    several, the addressee's; without one the earliest: shown to any is sent.
    """
    held_us = {bound.party: bound.at_us for bound in bounds.latest}
    honest = {}
    for party, cosigner in asked.cosigners(bounds.origin).items():
        at_us = cosigner.without(bounds.index)
        if at_us is not None:
            at_us -= asked.offsets_us.get(party, 0)
            if at_us <= held_us.get(party, at_us):
                honest[party] = at_us
    addressee = asked.question.addressee
    if addressee in honest:
        return honest[addressee]
    return min(honest.values(), default=None)


def _place(asked: Asked, named: Named) -> Literal["inside", "outside", "partly"]:
    """Return whether an entry was sent in the window.

    Where the bounds contradict each other, or an entry of the range claims the window against them,
    somebody's time is false: it is not put outside by that.
    """
    question = asked.question
    low, high = named.sent_from_us, named.sent_to_us
    inside = (
        low is not None and high is not None and question.from_us <= low <= high <= question.to_us
    )
    if inside:
        return "inside"
    contradicts = low is not None and high is not None and low > high
    claims_it = named.claimed_us is not None and asked.in_window(named.claimed_us)
    apart = (low is not None and low > question.to_us) or (
        high is not None and high < question.from_us
    )
    return "outside" if apart and not contradicts and not claims_it else "partly"


def _open(maybe: Sequence[Named]) -> Iterator[str]:
    """Yield why the entries that may count leave a log undecided, one line per reason."""
    reasons: dict[str, list[Named]] = {}
    for named in maybe:
        reasons.setdefault(named.why, []).append(named)
    for reason, each in reasons.items():
        if not reason:
            yield f"{_count(len(each))} may be in the window"
        elif reason == "sealed":
            yield f"{_count(len(each), 'sealed ')} of a matching type"
        else:
            yield f"{_count(len(each))} that may count: {reason}"


def _count(number: int, what: str = "") -> str:
    return f"{number} {what}{'entry' if number == 1 else 'entries'}"


def _misdated(asked: Asked, part: LogPart, start: int, end: int) -> Iterator[Named]:
    """Yield what claims the window though others say that it was sent before or after it."""
    for first, last, when in ((part.start, start, "before"), (end, part.end, "after")):
        for index, entry, match in _matching(asked, part, first, last):
            if not isinstance(entry, Entry) or not asked.in_window(entry.issued_us):
                continue
            named = _named(asked, part.origin, index, entry, match)
            claim = "postdated" if when == "before" else "backdated"
            sealed = "" if match == "yes" else f" ({match})"
            why = f"{claim}: claims the window, but came {when} it{sealed}"
            yield msgspec.structs.replace(named, why=why)


def _beside(asked: Asked, part: LogPart, start: int, end: int) -> Iterator[Beside]:
    """Yield what the log's party said in the window by acts that were not asked for, counted.

    To whom, and about what, is not looked at: it shows only that the party was not silent.
    """
    counts: dict[str, list[int]] = {}
    if "message.answered" not in asked.question.kinds:
        counts[ANSWER] = [0, 0]
    counts[LINE_DECLARATION] = [0, 0]
    for index in range(max(start, part.start), min(end, part.end)):
        entry = part.entries[index - part.start]
        if not isinstance(entry, Entry) or entry.type not in BESIDE_TYPES:
            continue
        if entry.type in asked.question.kinds and _match(asked, part, entry) != "no":
            continue
        place = _place(asked, _named(asked, part.origin, index, entry, ""))
        if place != "outside":
            counts.setdefault(BESIDE_TYPES[entry.type], [0, 0])[place == "partly"] += 1
    for what, (inside, maybe) in counts.items():
        yield Beside(what=what, inside=inside, maybe=maybe)
    yield from calls_beside(asked, part, start)


# ---- remarks ------------------------------------------------------------------------------------


def _remarks(asked: Asked, senders: Sequence[str]) -> Iterator[str]:
    """Yield what an inquiry should know beside the answer: who stopped, went back, misplaced."""
    for part in _asked_parts(asked, senders):
        yield from _went_back(asked, part.origin)
    yield from calls_of_others(asked, senders)
    for _, part in sorted(asked.timeline.parts.items()):
        name = part.name
        if name.agreement != asked.question.agreement or name.party not in senders:
            continue
        if name.kind != "line":
            yield from _misplaced(asked, part)


def _went_back(asked: Asked, origin: str) -> Iterator[str]:
    """Yield each party that had held more than what it later cosigned as all it knew."""
    false = [
        (bound.party, bound.at_us, size)
        for size, bound in asked.signed_for(origin)
        if asked.goes_back(origin, size, bound)
    ]
    for party in sorted({each[0] for each in false}):
        _, at_us, size = min(each for each in false if each[0] == party)
        less = asked.cosigners(origin)[party].least_after(at_us)
        yield (
            f"{party} contradicts itself on {origin}: it held {size} entries by "
            f"{instant_text(at_us)}, and later cosigned {less} as all it knew"
        )


def _misplaced(asked: Asked, part: LogPart) -> Iterator[str]:
    """Yield entries of a type that counts which stand in a log where no node reads them."""
    for index, entry in enumerate(part.entries, part.start):
        told = entry.type if isinstance(entry, Entry) else part.types.get(index)
        if told not in asked.question.kinds:
            continue
        named = _named(asked, part.origin, index, entry, "")
        if _place(asked, named) != "outside":
            yield f"{named.text}: of type {told} in a log that is no line: no node takes it as said"
