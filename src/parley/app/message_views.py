"""Messages as the page and the API show them, each with how far it got.

Only reading. The levels (sent, receipt, cosignature, displayed, answered, read-back) stand side by
side and are never merged; what is not known is `None` or "unknown". A guarded notice is shown
without its words until somebody here has opened it, and after its destruction as what is left.
"""

from __future__ import annotations

import heapq
from typing import Literal

import msgspec

from parley.app.custody_views import (
    GUARDED,
    Held,
    OpenedView,
    Reading,
    Receipts,
    SignedWord,
    no_receipts,
    openings_of,
    reading_of,
    signatures,
    signed_keys,
    signed_word,
)
from parley.node.entries import Entry, MessageAnswered, MessageOverdue, ReadBackChecked
from parley.node.line_bodies import NoticeDiffers
from parley.node.rules.custody import destroyed
from parley.node.rules.deadlines import overdue_of
from parley.node.rules.delivery import Known, failed, held_by
from parley.node.rules.distribution import DistributionView, distribution_of
from parley.node.rules.guard import PlaceCheck, place_checks
from parley.node.rules.hotline import closing_answer, ladder_of_thread, outcome_of, standby
from parley.node.rules.keyring import Signed
from parley.node.rules.notices import is_notice, lead_time_of
from parley.node.rules.outcomes import LadderSeen, OutcomeWord
from parley.node.rules.replying import answers_of
from parley.node.rules.threads import Ending, Translation, ending_of, translations_of
from parley.node.state import Key, Scope, State, Thread, key_of, rank_of
from parley.world.faults import InputFault
from parley.world.norms import known_type, message_type
from parley.world.time import format_second

__all__ = ["Known", "Ladder", "MessageView", "held_by", "message_view", "messages"]

DIFFERS_SHOWN_MAX = 4
"""Sightings otherwise than noticed that are shown of one party beside a notice; the rest counts."""
ReadBackWord = Literal["not asked", "waiting", "matched", "differs", "not given"]


class _View(msgspec.Struct, frozen=True, kw_only=True):
    pass


class AnswerView(_View, frozen=True, kw_only=True):
    """An answer as given: the word, by which post, when, with the fields read back."""

    answer: str
    post: str
    at_us: int
    fields: dict[str, str]
    text: str
    promised_us: int | None


class Ladder(_View, frozen=True, kw_only=True):
    """How far a message got with one addressee: each level for itself.

    `stored`: whether it holds the entry. `received_us`: when it says so for this entry alone, at
    once. `cosigned_us`: when it cosigned a head over it, some moments later. `outcome`: what became
    of the message with it, one word; `outcome_text`: the same with the answer, reason or cause.
    `tried`: who of it was called, when, with what result. `over`: for it the message is corrected,
    cancelled or withdrawn. `undelivered`: what did not happen in its time, for technical reasons.
    """

    party: str
    stored: Known
    received_us: int | None
    cosigned_us: int | None
    displayed_us: int | None
    displayed_post: str | None
    answer: AnswerView | None
    standby: AnswerView | None
    read_back: ReadBackWord
    differences: tuple[str, ...]
    overdue: tuple[str, ...]
    called: tuple[str, ...]
    outcome: OutcomeWord
    outcome_text: str
    tried: LadderSeen
    over: Ending | None = None
    undelivered: tuple[str, ...] = ()

    @property
    def misread(self) -> bool:
        """Whether it was taken with other words than were said: the worst way to be answered."""
        return self.read_back == "differs"


class MessageView(_View, frozen=True, kw_only=True):
    """A message, what it asks for, and how far it got with each addressee.

    `awaits_us`: it is addressed to this party, which has not given its closing answer.
    `may_answer`: the answers that this party may still give now.
    `open`: somebody has not given a closing answer, or read back something else while it is valid:
    one that was misread must not leave the list of what is still to be done.
    `reading`: whether its words are shown, and why not. `opened`: who of this party opened it.
    `audience`: who may have the payload; None: every party of the agreement.
    `signed`: how many people's signatures count; `signatures` has the others too, with the reason.
    `about`: the entry that it speaks of. `corrected_by`, `cancelled_by`: by what it is over.
    `one_sided`: it states its sender's own view, and makes no duty for anybody else.
    `translations` stand beside the words. `places`: named places against their coordinates.
    `differs`: aircraft that were seen otherwise than noticed, the newest. `lead_text`: whether it
    came early enough before its window, where a clause asks for that. `units`: which units of its
    addressees must have it, and which said that they do: no other level says so.
    """

    key: Key
    agreement: str
    line: str
    party: str
    post: str
    to: tuple[str, ...]
    message_type: str
    message_class: str
    subject: str
    text: str
    fields: dict[str, str]
    status: str
    sent_us: int
    valid_until_us: int | None
    expired: bool
    life_safety: bool
    answers: tuple[str, ...]
    answer_due_us: int | None
    read_back: tuple[str, ...]
    read_back_due_us: int | None
    awaits_us: bool
    may_answer: tuple[str, ...]
    open: bool
    reading: Reading
    opened: tuple[OpenedView, ...]
    audience: tuple[str, ...] | None
    signed: SignedWord
    signatures: tuple[Signed, ...]
    ladder: tuple[Ladder, ...]
    language: str = ""
    about: Key | None = None
    one_sided: bool = False
    corrected_by: Key | None = None
    cancelled_by: Key | None = None
    over_text: str = ""
    translations: tuple[Translation, ...] = ()
    places: tuple[PlaceCheck, ...] = ()
    differs: tuple[str, ...] = ()
    lead_text: str = ""
    units: tuple[DistributionView, ...] = ()


def messages(
    state: State,
    now_us: int,
    *,
    open_only: bool = False,
    since_us: int | None = None,
    only: Key | None = None,
    receipts: Receipts = no_receipts,
) -> tuple[MessageView, ...]:
    """Return the messages held here, newest first; `receipts` gives those for single entries.

    Args:
        state: of the node.
        now_us: now.
        open_only: only those that still want an answer.
        since_us: only those that were sent then or later, as their senders say.
        only: this one alone.
        receipts: of single entries.
    """

    def asked(entry: Entry) -> bool:
        return only in (None, key_of(entry)) and (since_us is None or entry.issued_us >= since_us)

    found = []
    for _, scope in sorted(state.scopes.items()):
        signed = signed_keys(scope)
        found += [
            message_view(state, scope, thread, now_us, receipts, signed)
            for thread in scope.messages()
            if thread.said is not None and asked(thread.said)
        ]
        if not open_only:
            left = [entry for entry in _without_words(scope) if asked(entry)]
            found += [_closed_view(state, scope, e, now_us, signed) for e in left]
    kept = [view for view in found if view.open or not open_only]
    return tuple(sorted(kept, key=lambda view: (-view.sent_us, view.key)))


def _without_words(scope: Scope) -> list[Entry]:
    """Return the messages of which only the common fields can be read here."""
    return [entry for entry in scope.sealed.values() if entry.type == "message.said"]


def _signatures(
    state: State, scope: Scope, key: Key, signed: set[Key]
) -> tuple[SignedWord, tuple[Signed, ...]]:
    found = signatures(state, scope, key) if key in signed else ()
    return signed_word(found), found


def _closed_view(
    state: State, scope: Scope, entry: Entry, now_us: int, signed: set[Key]
) -> MessageView:
    """Return what is left of a message whose payload is not held here, or was destroyed."""
    key = key_of(entry)
    gone = destroyed(state, scope, key)
    word, found = _signatures(state, scope, key, signed)
    return MessageView(
        key=key,
        agreement=scope.agreement_id,
        line="unknown",
        party=entry.log.party,
        post=entry.by,
        to=entry.to,
        message_type="unknown",
        message_class="unknown",
        subject="",
        text="",
        fields={},
        status=entry.status,
        sent_us=entry.issued_us,
        valid_until_us=entry.valid_until_us,
        expired=entry.valid_until_us is not None and now_us > entry.valid_until_us,
        life_safety=False,
        answers=(),
        answer_due_us=None,
        read_back=(),
        read_back_due_us=None,
        awaits_us=False,
        may_answer=(),
        open=False,
        reading="destroyed" if gone else "sealed",
        opened=openings_of(state, scope, key),
        audience=entry.audience,
        signed=word,
        signatures=found,
        ladder=(),
    )


def message_view(
    state: State,
    scope: Scope,
    thread: Thread,
    now_us: int,
    receipts: Receipts,
    signed: set[Key],
) -> MessageView:
    """Return one message whose payload is held here."""
    said = thread.said
    assert said is not None
    body = thread.body
    opened = openings_of(state, scope, thread.key)
    reading = reading_of(thread, opened)
    masked = reading == "guarded"
    held = receipts(state, thread.key, said.to) if said.log.party == state.party else {}
    ladder = tuple(
        _ladder(state, scope, thread, party, held.get(party, Held()), now_us, masked=masked)
        for party in said.to
    )
    ending, kind = ending_of(scope, thread), known_type(body.message_type)
    expired = said.valid_until_us is not None and now_us > said.valid_until_us
    owed = bool(body.answers) and body.answer_due_us is not None
    unanswered = [step for step in ladder if step.answer is None and step.over is None]
    mine = any(step.party == state.party for step in unanswered)
    # What one side states for itself may be acknowledged, and waits for nobody (`owed`).
    word, found = _signatures(state, scope, thread.key, signed)
    return MessageView(
        key=thread.key,
        agreement=scope.agreement_id,
        line=body.line,
        party=said.log.party,
        post=said.by,
        to=said.to,
        message_type=body.message_type,
        message_class=body.message_class,
        subject=body.message_type if masked else body.subject,
        text=GUARDED if masked else body.text,
        fields={} if masked else body.fields,
        status=said.status,
        sent_us=said.issued_us,
        valid_until_us=said.valid_until_us,
        expired=expired,
        life_safety=body.life_safety,
        answers=body.answers,
        answer_due_us=body.answer_due_us,
        read_back=body.read_back,
        read_back_due_us=body.read_back_due_us,
        awaits_us=owed and mine,
        may_answer=_may_answer(state, scope, thread, now_us, expired=expired) if mine else (),
        open=owed
        and (bool(unanswered) or any(s.misread and not expired and s.over is None for s in ladder)),
        reading=reading,
        opened=opened,
        audience=said.audience,
        signed=word,
        signatures=found,
        ladder=ladder,
        language=body.language,
        about=said.ref[0].key if said.ref else None,
        one_sided=kind is not None and kind.one_sided,
        corrected_by=ending.by if ending is not None and ending.word == "corrected" else None,
        cancelled_by=ending.by if ending is not None and ending.word != "corrected" else None,
        over_text=ending.text if ending is not None else "",
        translations=() if masked else translations_of(scope, thread),
        places=() if masked else _places(state, said, body.fields),
        differs=_differs(scope, thread.key),
        lead_text=_lead(state, scope, thread),
        units=distribution_of(state, thread, now_us),
    )


def _differs(scope: Scope, key: Key) -> tuple[str, ...]:
    """Return what was seen otherwise than a notice said: the newest of each who saw it, a count.

    Of each party for itself: what one of them writes without end hides nothing of another.
    """
    told: dict[str, list[Entry]] = {}
    for entry in scope.line.differs.get(key, {}).values():
        told.setdefault(entry.log.party, []).append(entry)
    lines = []
    for party, entries in sorted(told.items()):
        newest = heapq.nlargest(DIFFERS_SHOWN_MAX, entries, key=rank_of)
        lines += [
            f"{entry.body.aircraft} seen {entry.body.distance_mm / 1e6:.1f} km off at "
            f"{format_second(entry.body.at_us)} by {party}: {entry.body.text}"
            for entry in reversed(newest)
            if isinstance(entry.body, NoticeDiffers)
        ]
        if len(entries) > len(newest):
            lines.append(f"and {len(entries) - len(newest)} times before, says {party}")
    return tuple(lines)


def _places(state: State, said: Entry, fields: dict[str, str]) -> tuple[PlaceCheck, ...]:
    """Return how the named places of a message compare with its coordinates, by its own clauses."""
    agreement = state.agreement(said.log.agreement)
    return place_checks(agreement, fields, said.log.party, said.issued_us)


def _lead(state: State, scope: Scope, thread: Thread) -> str:
    if not is_notice(thread.body.message_type):
        return ""
    verdict = lead_time_of(state, scope, thread)
    return f"{verdict.verdict}: {verdict.because}" if verdict is not None else ""


def _may_answer(
    state: State, scope: Scope, thread: Thread, now_us: int, *, expired: bool
) -> tuple[str, ...]:
    barred = {"WILCO"} if expired else set()
    due_us = thread.body.answer_due_us
    if standby(thread, state.party) is not None or (due_us is not None and now_us >= due_us):
        barred.add("STANDBY")
    # What the sender offers beyond its type is refused here: it is not offered to a person either.
    allowed = _allowed(thread.body.message_type, scope.rules.version)
    return tuple(a for a in thread.body.answers if a not in barred and a in allowed)


def _allowed(name: str, version: int) -> tuple[str, ...]:
    try:
        return answers_of(message_type(name), version)
    except InputFault:
        return ("ROGER", "UNABLE")


def _ladder(
    state: State,
    scope: Scope,
    thread: Thread,
    party: str,
    held: Held,
    now_us: int,
    *,
    masked: bool,
) -> Ladder:
    closed, wait = closing_answer(thread, party), standby(thread, party)
    displayed = thread.displayed.get(party)
    stored, newest_us = _stored(state, scope, thread, party)
    word, differences = _read_back(thread, closed)
    outcome = outcome_of(state, scope, thread, party, now_us)
    tried = ladder_of_thread(state, scope, thread, party, now_us)
    return Ladder(
        party=party,
        stored="yes" if held.received_us is not None else stored,
        received_us=held.received_us,
        cosigned_us=held.cosigned_us if held.cosigned_us is not None else newest_us,
        displayed_us=displayed.issued_us if displayed is not None else None,
        displayed_post=displayed.by if displayed is not None else None,
        answer=_answer(closed, masked=masked),
        standby=_answer(wait, masked=masked),
        read_back=word,
        differences=tuple("guarded" for _ in differences) if masked else differences,
        overdue=tuple(
            f"{duty.replace('_', '-')} since {format_second(entry.body.due_us)}"
            for (who, duty), entry in sorted(thread.overdue.items())
            if who == party
            and isinstance(entry.body, MessageOverdue)
            and overdue_of(thread, party, duty) is not None
        ),
        called=tuple(
            getattr(entry.body, "post", "")
            for (who, _), entry in sorted(thread.escalated.items())
            if who == party
        ),
        outcome=outcome.word,
        outcome_text=GUARDED if masked and outcome.word == "refused" else outcome.text,
        tried=_masked(tried) if masked else tried,
        over=ending_of(scope, thread, party),
        undelivered=_undelivered(scope, thread, party),
    )


def _masked(tried: LadderSeen) -> LadderSeen:
    """Return a ladder without what was said on it."""
    rungs = tuple(msgspec.structs.replace(rung, detail="") for rung in tried.rungs)
    return msgspec.structs.replace(tried, rungs=rungs)


def _undelivered(scope: Scope, thread: Thread, party: str) -> tuple[str, ...]:
    return tuple(
        f"not {duty} by {format_second(getattr(entry.body, 'due_us', 0))}, "
        f"link {getattr(entry.body, 'link', 'unknown')}"
        for (who, duty), entry in sorted(scope.line.undelivered.get(thread.key, {}).items())
        if who == party and failed(scope, thread, party, duty) is not None
    )


def _answer(entry: Entry | None, *, masked: bool) -> AnswerView | None:
    if entry is None or not isinstance(entry.body, MessageAnswered):
        return None
    body = entry.body
    return AnswerView(
        answer=body.answer,
        post=body.post,
        at_us=entry.issued_us,
        fields={} if masked else body.fields,
        text=GUARDED if masked and body.text else body.text,
        promised_us=body.promised_us,
    )


def _stored(state: State, scope: Scope, thread: Thread, party: str) -> tuple[Known, int | None]:
    """Return whether an addressee holds a message, and when it cosigned a head over it.

    By its cosignature, or by what its own entries have seen.

    For another party's message that is only known from what the addressee wrote later.
    """
    origin, index = thread.key
    if party == state.party:
        return "yes", None
    held = state.links.receipt(origin, party, index)
    if held is not None:
        return "yes", held.time_s * 1_000_000
    assert thread.said is not None
    return held_by(state, scope, thread.said, party), None


def _read_back(thread: Thread, closed: Entry | None) -> tuple[ReadBackWord, tuple[str, ...]]:
    if not thread.body.read_back:
        return "not asked", ()
    if closed is None:
        return "waiting", ()
    check = thread.checks.get(key_of(closed))
    if check is None or not isinstance(check.body, ReadBackChecked):
        return "waiting", ()
    if check.body.matches:
        return "matched", ()
    differences = tuple(
        f"{each.field}: said {each.said}, read {each.read}" for each in check.body.differences
    )
    return ("differs" if differences else "not given"), differences
