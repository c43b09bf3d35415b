"""Telephone calls: each end enters its own; the two are matched, differences shown.

Rules:
- A call is use of the line and is never an answer: only `message.answered` closes a message.
- Refused, unanswered and technical failure are three things; the first has a reason, the last a
  cause.
- A call may be entered at any time afterwards; entered late it says so, with both times.
- What one end alone says stays said by that end alone, whatever it is.
- The words of a guarded notice stay in it: a call entry would outlive their destruction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from parley.node.call_matching import (
    Allowance,
    CallDifference,
    CallEnd,
    CallPair,
    Leaf,
    differences_of,
    ends_of,
    logged_allowance,
    pair_up,
)
from parley.node.entries import Draft, Entry, Status
from parley.node.inputs import LogCall
from parley.node.line_bodies import CALL_OUTCOMES, CallLogged
from parley.node.rules.agreements import adopted_agreement, check_own_post, line_of
from parley.node.rules.custody import guarded
from parley.node.state import Key, Scope, State, Thread
from parley.world.agreement import Agreement, Line, check_name
from parley.world.faults import InputFault, OurFault
from parley.world.limits import NAME_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from parley.world.norms import subject_code
from parley.world.time import US_MIN, Interval, datetime_from_us, format_instant, format_second

CALL_S_MAX = 86_400
"""A call of more than a day is a slip of the hand in one of its times."""
CALL_FIELDS_MAX = 32
_WANTED = {
    "refused": "why it was refused: a line refused without a reason is not told from a dead one",
    "technical failure": "the cause, as far as it is known: no tone, cut off, wrong number",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One telephone call as the logs have it.

    `pair`: by the entries of which ends. `differences`: what they say differently. `about`: the
    messages that an end says it was about. `remarks`: what an end says that cannot be so.
    `clocks_us`: by how much both parties' clocks are known to differ.
    """

    pair: CallPair
    differences: tuple[CallDifference, ...]
    about: tuple[Key, ...]
    remarks: tuple[str, ...]
    clocks_us: int

    @property
    def line(self) -> str:
        """The line it was made on."""
        return self.pair.first.body.line

    @property
    def word(self) -> str:
        """How the two ends stand to each other, in words."""
        if self.pair.second is None:
            return f"one-sided: said by {self.pair.first.party} alone"
        same = f", the same call says {self.pair.named_by} alone" if self.pair.named_by else ""
        return ("matched, with differences" if self.differences else "matched") + same

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What became of it: one outcome, or one per end where they differ."""
        return tuple(dict.fromkeys(end.body.outcome for end in self.pair.ends))


@dataclass(frozen=True, slots=True)
class CallCount:
    """How the calls that one party placed to another on a line went.

    Each is counted once, matched or not; one whose ends say differently is `contested`.
    """

    line: str
    caller: str
    called: str
    talked: int = 0
    no_answer: int = 0
    refused: int = 0
    technical_failure: int = 0
    contested: int = 0
    last_unanswered_us: int | None = None


# ---- entering a call ----------------------------------------------------------------------------


def log_call(state: State, act: LogCall, now_us: int) -> Draft:
    """Return the entry of one end of a call.

    Raises:
        InputFault: not a line or end of the agreement, another's post, times that cannot be, no
            reason or cause where one is wanted, a name that another call has, a reference to what
            is neither a message, an own call, nor a call of the other end with us.
    """
    agreement = adopted_agreement(state, act.agreement)
    line = line_of(agreement, act.line)
    _check_ends(state, act, line)
    check_own_post(agreement, state.party, act.post)
    _check_times(act, now_us)
    _check_words(act)
    scope = state.scope(act.agreement)
    corrected, threads = _check_references(state, scope, act)
    # A correction says again what the first entry said: it goes to nobody else, and no further.
    chain = _corrected_chain(state, scope, act)
    refs = [ref.key for entry in chain for ref in entry.ref if ref.key in scope.threads]
    before = [*threads, *(scope.threads[key] for key in refs)]
    if any(_keeps_its_words(each) for each in before) and (act.text or act.fields or act.read_back):
        raise InputFault(
            "call about a guarded notice",
            value="with what was said",
            wanted="no text and no fields: they would outlive the notice",
            repair="leave them out: the reference says which notice it was",
        )
    subject = subject_code(act.subject) or act.subject or _subject_of(corrected, threads)
    if act.outcome == "talked" and not subject:
        wanted = "what was talked about: without it nobody can say later what the line was used for"
        raise InputFault("call subject", value=act.subject, wanted=wanted)
    narrow = any(entry.audience is not None for entry in chain)
    narrow = narrow or any(each.said is not None and each.said.audience for each in before)
    statuses: list[Status] = [thread.said.status for thread in threads if thread.said is not None]
    return Draft(
        agreement=act.agreement,
        by=act.post,
        to=(act.party,),
        ref=act.ref,
        status=statuses[0] if statuses else "actual",
        happened=Interval(
            from_us=act.began_us, to_us=act.began_us if act.ended_us is None else act.ended_us
        ),
        audience=tuple(sorted((state.party, act.party))) if narrow else None,
        body=CallLogged(
            line=act.line,
            call=_name(state, scope, act, corrected),
            party=act.party,
            direction=act.direction,
            outcome=act.outcome,
            began_us=act.began_us,
            ended_us=act.ended_us,
            spoke_with=act.spoke_with,
            subject=subject,
            text=act.text,
            fields=act.fields,
            read_back=act.read_back,
            recorder=act.recorder,
            reason=act.reason,
            language=act.language,
        ),
    )


def _check_ends(state: State, act: LogCall, line: Line) -> None:
    if state.party not in line.parties:
        wanted = ", ".join(line.parties)
        raise InputFault(f"line {line.id} end", value=state.party, wanted=wanted)
    others = [party for party in line.parties if party != state.party]
    if act.party not in others:
        wanted = f"one of {', '.join(others)}"
        raise InputFault(f"call on line {line.id} with", value=act.party, wanted=wanted)


def _check_times(act: LogCall, now_us: int) -> None:
    what = f"call on line {act.line}"
    if not US_MIN <= act.began_us <= now_us:
        wanted = f"not after now, {format_instant(now_us)}"
        raise InputFault(f"{what} began", value=format_instant(act.began_us), wanted=wanted)
    if act.ended_us is None:
        return
    if act.ended_us < act.began_us:
        wanted = f"not before it began, {format_instant(act.began_us)}"
        raise InputFault(f"{what} ended", value=format_instant(act.ended_us), wanted=wanted)
    if act.ended_us > now_us:
        wanted = f"not after now, {format_instant(now_us)}"
        raise InputFault(f"{what} ended", value=format_instant(act.ended_us), wanted=wanted)
    lasted_s = (act.ended_us - act.began_us) / 1_000_000
    if lasted_s > CALL_S_MAX:
        raise InputFault(f"{what} lasted", value=f"{lasted_s:.0f} s", wanted="24 h at most")


def _check_words(act: LogCall) -> None:
    if act.outcome not in CALL_OUTCOMES:
        raise InputFault("call outcome", value=act.outcome, wanted=", ".join(CALL_OUTCOMES))
    if act.outcome in _WANTED and not act.reason.strip():
        raise InputFault(f"call {act.outcome}: reason", value="", wanted=_WANTED[act.outcome])
    if act.read_back and act.outcome != "talked":
        wanted = "nothing read back where nobody talked"
        raise InputFault(f"call {act.outcome}: read-back", value=len(act.read_back), wanted=wanted)
    for name in ("spoke_with", "subject", "recorder", "reason", "language", "text"):
        longest = TEXT_CHARACTERS_MAX if name == "text" else 200
        length = len(getattr(act, name))
        if length > longest:
            wanted = f"{longest} characters at most"
            raise InputFault(f"call {name.replace('_', ' ')}", value=length, wanted=wanted)
    for what, fields in (("said", act.fields), ("read back", act.read_back)):
        if len(fields) > CALL_FIELDS_MAX:
            wanted = f"{CALL_FIELDS_MAX} at most"
            raise InputFault(f"call fields {what}", value=len(fields), wanted=wanted)
        for name, value in fields.items():
            if not 0 < len(name) <= NAME_CHARACTERS_MAX or len(value) > TEXT_CHARACTERS_MAX:
                raise InputFault(f"call field {what}", value=name, wanted="a short name and value")


def _check_references(
    state: State, scope: Scope, act: LogCall
) -> tuple[CallLogged | None, list[Thread]]:
    """Return the own call that the act corrects, if any, and the messages that it is about."""
    corrected: list[CallLogged] = []
    threads: list[Thread] = []
    for ref in act.ref:
        if _held_leaf(state, ref.key) != ref.leaf:
            wanted = "an entry that is held here, by the hash of its bytes"
            raise InputFault("call ref", value=f"{ref.log} entry {ref.index}", wanted=wanted)
        entry, thread = scope.line.calls.get(ref.key), scope.threads.get(ref.key)
        if entry is not None and isinstance(entry.body, CallLogged):
            if entry.log.party == state.party and entry.body.line == act.line:
                corrected.append(entry.body)
                continue
            if (entry.log.party, entry.body.party) == (act.party, state.party):
                continue
        if ref.key in scope.alerts:
            continue
        if thread is None or thread.said is None:
            wanted = f"a message, an alert, an own call on {act.line}, or a call of {act.party}"
            value = f"{ref.log} entry {ref.index}"
            raise InputFault("call ref", value=value, wanted=f"{wanted} with us")
        threads.append(thread)
    if len(corrected) > 1:
        raise InputFault("call ref", value=f"{len(corrected)} own calls", wanted="one to correct")
    return (corrected[0] if corrected else None), threads


def _corrected_chain(state: State, scope: Scope, act: LogCall) -> list[Entry]:
    """Return the own entry that an act corrects, and what that one corrected before."""
    found: dict[Key, Entry] = {}
    waiting = [ref.key for ref in act.ref]
    while waiting:
        key = waiting.pop()
        entry = scope.line.calls.get(key)
        if entry is not None and entry.log.party == state.party and key not in found:
            found[key] = entry
            waiting += [ref.key for ref in entry.ref]
    return list(found.values())


def _keeps_its_words(thread: Thread) -> bool:
    """Whether a message is a guarded notice, or was one whose words were destroyed."""
    return thread.said is None or guarded(thread)


def _held_leaf(state: State, key: Key) -> str | None:
    """Return the leaf hash of an entry that is held here, be it ahead of its log; else None."""
    try:
        return state.reference(key).leaf
    except (InputFault, OurFault):
        return None


def _subject_of(corrected: CallLogged | None, threads: list[Thread]) -> str:
    """Return the subject that a call has where none is given: of what it corrects or is about."""
    if corrected is not None:
        return corrected.subject
    return next((t.body.message_type if guarded(t) else t.body.subject for t in threads), "")


def _name(state: State, scope: Scope, act: LogCall, corrected: CallLogged | None) -> str:
    """Return the name of a call in this party's logs: as given, as corrected, or made."""
    if corrected is not None and act.call in ("", corrected.call):
        return corrected.call
    taken = {
        entry.body.call
        for entry in scope.line.calls.values()
        if entry.log.party == state.party and isinstance(entry.body, CallLogged)
    }
    if act.call:
        check_name(act.call, "call name")
        if act.call in taken:
            repair = f"leave it out, or correct that entry: --ref to {act.call}"
            raise InputFault("call name", value=act.call, wanted="a new one", repair=repair)
        return act.call
    stamp = f"{datetime_from_us(act.began_us):%Y%m%dT%H%M%SZ}"
    plain = f"{act.line[: NAME_CHARACTERS_MAX - 24]}-{stamp}"
    names = (plain if count == 1 else f"{plain}-{count}" for count in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


# ---- what the logs say --------------------------------------------------------------------------


def calls_of(state: State, scope: Scope, line: str | None = None) -> tuple[Call, ...]:
    """Return the calls of a line, or of every line, in order of beginning.

    Made from the logs alone: two nodes that hold the same entries find the same. The clocks' own
    difference is that which both ends have written into their logs.
    """
    known = scope.index.views.get("calls")
    version = (len(scope.line.calls), len(scope.custody.get("clock.measured", ())))
    if known is None or known[0] != version:
        known = (version, tuple(_calls(state, scope)))
        scope.index.views["calls"] = known
    every: tuple[Call, ...] = known[1]  # type: ignore[assignment]  # the table holds views of any kind
    return tuple(call for call in every if line in (None, call.line))


def calls_about(state: State, scope: Scope, key: Key) -> tuple[Call, ...]:
    """Return the calls that an end of theirs says were about a message; never answers to it."""
    known = scope.index.views.get("calls about")
    calls = calls_of(state, scope)
    if known is None or known[0] is not calls:
        about: dict[Key, list[Call]] = {}
        for call in calls:
            for each in call.about:
                about.setdefault(each, []).append(call)
        known = (calls, about)
        scope.index.views["calls about"] = known
    table: Mapping[Key, list[Call]] = known[1]  # type: ignore[assignment]  # the table holds views of any kind
    return tuple(table.get(key, ()))


def call_counts(state: State, scope: Scope, line: str | None = None) -> tuple[CallCount, ...]:
    """Return how the calls went, per line, caller and called party, in that order."""
    return count_calls(calls_of(state, scope, line))


def count_calls(calls: Iterable[Call]) -> tuple[CallCount, ...]:
    """Return how calls went, per line, caller and called party, in that order."""
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    last_us: dict[tuple[str, str, str], int] = {}
    for call in calls:
        first = call.pair.first
        called = first.body.party if first.caller == first.party else first.party
        name = (call.line, first.caller, called)
        contested = len(call.outcomes) > 1
        word = "contested" if contested else call.outcomes[0].replace(" ", "_")
        counts = found.setdefault(name, {})
        counts[word] = counts.get(word, 0) + 1
        if word == "no_answer":
            last_us[name] = max(call.pair.began_us, last_us.get(name, call.pair.began_us))
    return tuple(
        CallCount(
            line=name[0], caller=name[1], called=name[2], **counts,
            last_unanswered_us=last_us.get(name),
        )
        for name, counts in sorted(found.items())
    )  # fmt: skip


def _calls(state: State, scope: Scope) -> Iterator[Call]:
    allowance = logged_allowance(scope.custody.get("clock.measured", {}).values())
    agreement = state.agreement(scope.agreement_id)
    return calls_from(scope.line.calls, _leaf(state), allowance, agreement)


def calls_from(
    entries: Mapping[Key, Entry], leaf: Leaf, allowance: Allowance, agreement: Agreement | None
) -> Iterator[Call]:
    """Yield the calls that entries speak of, in order of beginning; wherever they were kept.

    Args:
        entries: of calls, by place.
        leaf: gives the leaf hash of an entry that is held.
        allowance: by how much the clocks of two parties are known to differ.
        agreement: says which parties are at the ends of a line.
    """
    for pair in pair_up(ends_of(entries, leaf), allowance):
        first = pair.first
        clocks_us = allowance(first.party, first.body.party)
        # A reference to other bytes than are held here is about something else.
        refs = (ref for end in pair.ends for ref in end.about)
        about = {ref.key for ref in refs if leaf(ref.key) in (None, ref.leaf)}
        yield Call(
            pair=pair,
            differences=differences_of(pair, clocks_us),
            about=tuple(sorted(about)),
            remarks=tuple(text for end in pair.ends for text in _remarks(end, agreement)),
            clocks_us=clocks_us,
        )


def _leaf(state: State) -> Leaf:
    """Return what gives the leaf hash of an entry that is held here."""

    def find(key: Key) -> str | None:
        try:
            log = state.log(key[0])
        except InputFault:
            return None
        return log.tree.leaf(key[1]).hex() if 0 <= key[1] < log.tree.size else None

    return find


def _remarks(end: CallEnd, agreement: Agreement | None) -> Iterator[str]:
    """Yield what an end says that cannot be so: a peer's node may write anything."""
    entry, body = end.entry, end.body
    lines = agreement.lines if agreement is not None else ()
    ends = {party for line in lines if line.id == body.line for party in line.parties}
    for party in sorted({end.party, body.party} - ends):
        yield f"{party} is no end of line {body.line}"
    if body.party == end.party:
        yield f"{end.party} called itself"
    if body.ended_us is not None and body.ended_us < body.began_us:
        yield f"{end.party}: it ends before it begins"
    if max(body.began_us, body.ended_us or body.began_us) > entry.issued_us:
        yield f"{end.party}: entered before it was over"
    if entry.issued_us < entry.not_before_us:
        reached = format_second(entry.not_before_us)
        yield f"{end.party}: backdated, its log had already reached {reached}"
    if body.outcome in _WANTED and not body.reason.strip():
        yield f"{end.party}: {body.outcome} without saying why"
