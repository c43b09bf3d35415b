"""What may be said on a line, and with which deadlines.

Rules:
- What may be said on a suspended line: life-safety always, line tests, resume and withdraw.
- What speaks of an earlier message names it; only its own sender corrects or cancels one, towards
  all whom it told. What speaks of a life-safety message passes as it does.
- What speaks of a message that went to some parties only is not told to all.
- What one side states for itself makes no duty for anybody else.
- What the sender-error guard asks about (`guard`) is sent only when the sender confirms it.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable

from parley.node.entries import Draft, MessageSaid, Reference
from parley.node.inputs import Say
from parley.node.rules import guard
from parley.node.rules.agreements import adopted_agreement, check_own_post, clauses_for, line_of
from parley.node.rules.custody import consents, guarded
from parley.node.rules.lines import suspended_by
from parley.node.rules.replying import answers_of
from parley.node.rules.threads import LINE_RULES, ending_of, thread_about
from parley.node.state import Scope, State, Thread
from parley.world.agreement import Agreement, refuse_twice
from parley.world.clauses import Acknowledgement, ReadBack
from parley.world.faults import InputFault
from parley.world.norms import (
    CLASSES,
    MessageClass,
    MessageType,
    class_norms,
    known_type,
    message_type,
    norms,
)

_PASSES = ("line.test", "line.test.machine", "line.state", "agreement.resume", "agreement.suspend")
"""Line tests, and the announcements of what a party does about its side of the line (NORMS 2)."""
_LIKE_PARENT = ("correction", "cancel", "clarify.request")
_ABOUT: dict[str, Callable[[MessageType], bool]] = {
    "priority.yielded": lambda kind: kind.asks_to_yield,
    "sar.intent": lambda kind: kind.name in ("distress.relay", "accident.notice", "sar.notice"),
    "resolution.counter": lambda kind: kind.name in ("resolution.propose", "resolution.counter"),
}
"""What a type that answers somebody else's message may be about; any other message for the rest."""
_OWN = ("correction", "cancel", "objection.withdraw")


def say(state: State, act: Say, now_us: int) -> Draft:
    """Return the entry of a message, with its deadlines.

    Raises:
        InputFault: not a line, party, post or type of the agreement; a line that is suspended for
            this; no message to be about; what the guard asks about, until the sender confirms it.
    """
    agreement = adopted_agreement(state, act.agreement)
    scope = state.scope(act.agreement)
    line = line_of(agreement, act.line)
    _check_ends(state, act, line.parties)
    check_own_post(agreement, state.party, act.post)
    kind = message_type(act.message_type)
    about = _about(state, scope, act, kind)
    message_class = _class_of(act, kind, about)
    life_safety = kind.life_safety or message_class == "DISTRESS"
    if about is not None and kind.about:
        life_safety = life_safety or about.body.life_safety
    _check_suspension(state, act, kind, line.parties, now_us, life_safety=life_safety)
    _check_rate(state, act, message_class, now_us, life_safety=life_safety)
    audience = _audience(state, act, kind, about, now_us)
    read_back = _read_back_fields(act, kind, scope)
    _check_words(state, scope, agreement, act, kind, message_class, now_us)
    answers = answers_of(kind, scope.rules.version) if act.wants_answer else ()
    clause = _acknowledgement(agreement, act, message_class, now_us)
    within_s = _answer_within_s(act, kind, clause, message_class)
    owed = bool(answers) and not (kind.one_sided and scope.rules.version >= LINE_RULES)
    body = MessageSaid(
        line=act.line,
        message_type=act.message_type,
        message_class=message_class,
        subject=act.subject or act.message_type,
        text=act.text,
        fields=act.fields,
        answers=answers,
        answer_due_us=now_us + round(within_s * 1_000_000) if owed else None,
        read_back=read_back,
        read_back_due_us=_read_back_due_us(agreement, act, read_back, now_us) if owed else None,
        life_safety=life_safety,
        clause=clause.id if clause else None,
        language=act.language if scope.rules.version >= LINE_RULES else "",
    )
    return Draft(
        agreement=act.agreement,
        by=act.post,
        to=act.to,
        ref=_refs(state, act, kind, about),
        status=act.status,
        happened=act.happened,
        valid_until_us=act.valid_until_us,
        audience=audience,
        body=body,
    )


# ---- what it is about ---------------------------------------------------------------------------


def _about(state: State, scope: Scope, act: Say, kind: MessageType) -> Thread | None:
    """Return the message that this one speaks of, if it names one.

    Raises:
        InputFault: its type is nothing without one, or this one cannot be spoken of in this way.
    """
    if scope.rules.version < LINE_RULES:
        return None
    known = thread_about(scope, act.ref[0].key) if act.ref else None
    if not kind.about:
        return known
    what = f"{kind.name} about"
    if known is None or known.said is None:
        value = f"{act.ref[0].log} {act.ref[0].index}" if act.ref else None
        repair = "name the entry of the message that it is about (ref)"
        raise InputFault(what, value=value, wanted="a message held here", repair=repair)
    first = act.ref[0]
    if first.key == known.key and first.leaf != known.leaf:
        raise InputFault(what, value=first.leaf, wanted=f"the leaf hash {known.leaf} of that entry")
    of = known_type(known.body.message_type)
    own = known.said.log.party == state.party
    name = f"{known.body.message_type} of {known.said.log.party}"
    if own != (kind.name in _OWN):
        wanted = "an own message" if kind.name in _OWN else "somebody else's message"
        raise InputFault(what, value=name, wanted=wanted)
    fits = _ABOUT.get(kind.name)
    if fits is not None and (of is None or not fits(of)):
        raise InputFault(what, value=name, wanted=f"what a {kind.name} can be about")
    if kind.name in _OWN:
        _check_ends_own(scope, act, kind, known)
    return known


def _refs(state: State, act: Say, kind: MessageType, about: Thread | None) -> tuple[Reference, ...]:
    """Return what is referred to; a correction of an answer names the message itself as well."""
    if about is None or kind.name not in _OWN or about.key in {ref.key for ref in act.ref}:
        return act.ref
    return (*act.ref, state.reference(about.key))


def _check_ends_own(scope: Scope, act: Say, kind: MessageType, known: Thread) -> None:
    """Check that an own message can be ended: not over, not guarded, towards all it told."""
    assert known.said is not None
    if kind.name == "objection.withdraw" and known.body.message_type != "objection":
        raise InputFault(f"{kind.name} about", value=known.body.message_type, wanted="an objection")
    if guarded(known):
        raise InputFault(
            f"{kind.name} about",
            value=known.body.message_type,
            wanted="a message that is not guarded",
            repair="say humanitarian.update or humanitarian.withdraw, which go as it went",
        )
    ending = ending_of(scope, known)
    if ending is not None:
        raise InputFault(
            f"{kind.name} about {known.body.message_type}",
            value=ending.text,
            wanted="a message that stands",
            repair=f"name the last one: {ending.by[0]} {ending.by[1]}",
        )
    untold = [party for party in known.said.to if party not in act.to]
    if untold:
        raise InputFault(
            f"{kind.name} addressee",
            value=f"without {', '.join(untold)}",
            wanted=f"all whom the message told: {', '.join(known.said.to)}",
        )


def _check_words(
    state: State,
    scope: Scope,
    agreement: Agreement,
    act: Say,
    kind: MessageType,
    message_class: MessageClass,
    now_us: int,
) -> None:
    """Ask about what is likely a slip, unless the sender has confirmed it."""
    if act.confirmed:
        return
    if scope.rules.version >= LINE_RULES and message_class != "DISTRESS":
        wants = act.wants_answer and act.wants_read_back is not False
        guard.check_fields(kind, act.fields, wants_read_back=wants)
        guard.check_positions(agreement, kind, act.fields)
        guard.check_objects(state, scope, act.fields)
    guard.check_named_place(agreement, act.fields, state.party, now_us)


# ---- who, on which line, how often --------------------------------------------------------------


def _check_rate(
    state: State, act: Say, message_class: MessageClass, now_us: int, *, life_safety: bool
) -> None:
    """Check that a post, or a program behind it, does not flood the line it may need itself."""
    version = state.scope(act.agreement).rules.version
    if message_class in ("DISTRESS", "URGENT") or (life_safety and version >= LINE_RULES):
        return
    sent_us = state.scope(act.agreement).index.sent_us.get((act.line, state.party), [])
    lately = len(sent_us) - bisect.bisect_left(sent_us, now_us - 60_000_000)
    if lately >= norms().quota.say_per_min:
        raise InputFault(
            f"messages on line {act.line}",
            value=f"{lately} in the last minute",
            wanted=f"fewer than {norms().quota.say_per_min}",
            repair="wait a little; DISTRESS and URGENT always pass",
        )


def _audience(
    state: State, act: Say, kind: MessageType, about: Thread | None, now_us: int
) -> tuple[str, ...] | None:
    """Return who may hold the payload: all parties, or the addressees of a guarded notice.

    What speaks of a message that went to some only goes to its own addressees only.

    Raises:
        InputFault: a guarded notice without an end, or to somebody without consent.
    """
    scope = state.scope(act.agreement)
    if not kind.guarded or not scope.rules.sealed:
        of = about.said if about is not None else None
        narrow = act.addressees_only or (of is not None and of.audience is not None)
        return tuple(sorted({state.party, *act.to})) if narrow else None
    if act.valid_until_us is None:
        wanted = "a time until which it holds: such notices expire"
        raise InputFault(f"{kind.name} valid_until_us", value=None, wanted=wanted)
    missing = sorted(set(act.to) - consents(state, scope, now_us))
    if missing:
        raise InputFault(
            f"{kind.name} addressee",
            value=", ".join(missing),
            wanted="an addressee for whom there is consent",
            repair=f"first: parley consent give --addressee {missing[0]}",
        )
    return tuple(sorted({state.party, *act.to}))


def _check_ends(state: State, act: Say, ends: tuple[str, ...]) -> None:
    if state.party not in ends:
        raise InputFault(f"line {act.line} end", value=state.party, wanted=", ".join(ends))
    what = f"message on line {act.line} addressee"
    if not act.to:
        raise InputFault(what, value="nobody", wanted="at least one")
    for party in act.to:
        if party not in ends or party == state.party:
            others = ", ".join(e for e in ends if e != state.party)
            raise InputFault(
                what, value=party, wanted=f"one of {others}", repair="give several one by one"
            )
    refuse_twice(act.to, what)


def _class_of(act: Say, kind: MessageType, about: Thread | None) -> MessageClass:
    """Return the class asked for, else that of the type; of what ends a message, at least its."""
    if act.message_class is not None and act.message_class not in CLASSES:
        raise InputFault("message class", value=act.message_class, wanted=", ".join(CLASSES))
    if act.message_class is not None:
        return act.message_class
    if about is None or kind.name not in _LIKE_PARENT:
        return kind.message_class
    return min(kind.message_class, about.body.message_class, key=CLASSES.index)


def _check_suspension(
    state: State,
    act: Say,
    kind: MessageType,
    ends: tuple[str, ...],
    now_us: int,
    *,
    life_safety: bool,
) -> None:
    """Let pass on a suspended line only what NORMS 2 lets pass."""
    by = suspended_by(state.scope(act.agreement), act.line, now_us, ends=ends)
    if not by or life_safety or kind.name in _PASSES:
        return
    raise InputFault(
        f"line {act.line}",
        value=f"suspended by {', '.join(by)}",
        wanted="a life-safety message, a line test, resume or withdraw",
        repair="resume the line, or use a life-safety type if life is at risk",
    )


# ---- clocks -------------------------------------------------------------------------------------


def _read_back_fields(act: Say, kind: MessageType, scope: Scope) -> tuple[str, ...]:
    """Return what must be read back: the type's fields that this message has, or all it has."""
    wanted = act.wants_read_back if act.wants_read_back is not None else bool(kind.read_back)
    if not wanted or not act.wants_answer:
        return ()
    named = tuple(name for name in kind.read_back if name in act.fields)
    if kind.name == "correction" and scope.rules.version >= LINE_RULES:
        # Whatever is corrected is repeated, not only a centre.
        named = ()
    return named or tuple(sorted(act.fields))


def _acknowledgement(
    agreement: Agreement, act: Say, message_class: MessageClass, now_us: int
) -> Acknowledgement | None:
    """Return the clause that rules how soon this is answered: by its type first, then its class.

    One that binds any addressee: each of the others is asked as soon, and owes it nothing by that.
    """
    clauses = clauses_for(agreement, Acknowledgement, act.to, now_us, fields=act.fields)
    for clause in clauses:
        if act.message_type in clause.of:
            return clause
    for clause in clauses:
        if not clause.of and clause.message_class in (None, message_class):
            return clause
    return None


def _answer_within_s(
    act: Say, kind: MessageType, clause: Acknowledgement | None, message_class: MessageClass
) -> float:
    """Return the time for an answer: what the sender asks, else clause, type, class."""
    asked_s = act.answer_within_s
    if asked_s is not None:
        if not 1 <= asked_s <= 2_592_000:
            raise InputFault("answer_within_s", value=asked_s, wanted="1 s to 30 days")
        return asked_s
    if clause is not None:
        return clause.within_s
    return kind.answered_s or class_norms(message_class).answered_s


def _read_back_due_us(
    agreement: Agreement, act: Say, fields: tuple[str, ...], now_us: int
) -> int | None:
    if not fields:
        return None
    within_s: float = norms().read_back.within_s
    for clause in clauses_for(agreement, ReadBack, act.to, now_us, fields=act.fields):
        if not clause.of or act.message_type in clause.of:
            within_s = clause.within_s
    return now_us + round(within_s * 1_000_000)
