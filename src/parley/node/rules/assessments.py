"""Assessments that a post holds until an instant, and each party's register of incidents.

Rules:
- A post that assesses says so, about an entry or a subject, until when. It expires by itself and
  then reads expired. It is no answer and no promise: what waits is as late as without it.
- An incident counts under the definition that its own entry states and under no other; counts by
  different definitions are never summed.
- Each party's register is its own word. Figures are texts, each with who says it; what two parties
  say differently stands side by side, and nobody here says who is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, cast

import msgspec

from parley.node.agreement_bodies import AssessmentDeclared, IncidentRegistered
from parley.node.agreement_inputs import DeclareAssessment, RegisterIncident
from parley.node.entries import Draft, Entry, Reference, log_name
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.rules.alarm_causes import newest_by
from parley.node.rules.alarm_raised import Raised, place_name
from parley.node.rules.custody import guarded
from parley.node.rules.replying import closing_answer
from parley.node.state import Key, Scope, State, key_of, order_of, rank_of, written_us
from parley.world.agreement import check_name
from parley.world.faults import InputFault, OurFault
from parley.world.limits import TEXT_CHARACTERS_MAX
from parley.world.norms import norms
from parley.world.place import fold_name
from parley.world.time import US_MIN, format_instant
from parley.world.units import MICROSECONDS_PER_SECOND

ASSESSMENTS_SINCE = 4
"""The rules version from which assessments and incidents are entries."""
WORDS_MAX = 200
"""Characters of a subject, a kind, a title: what stands in one row of a screen."""
FIGURES_MAX = 32
SHOWN_MAX = 20
"""Of one party's assessments under an agreement, so many are shown; the others as a number."""
SAYS = ", says "
"""A figure is "17 s, says TUR": the last of these words parts what is said from who says it."""

AssessmentWord = Literal["holds", "EXPIRED", "done"]


class AssessmentSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One assessment: whose, about what, until when, and whether it holds, expired, or is done.

    `about`: the entry it is about. `owed_us`: when the answer to that message was or is due, where
    the party that assesses owes it; `late`: it was due before now. A hold moves neither.
    """

    key: Key
    agreement: str
    party: str
    post: str
    subject: str
    text: str
    about: Key | None
    since_us: int
    until_us: int
    word: AssessmentWord
    owed_us: int | None = None
    late: bool = False


class AssessmentsSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Those that hold or expired, the newest first, and how many more of each party there are."""

    shown: tuple[AssessmentSeen, ...]
    more: dict[str, int]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A number or word as somebody said it, and who says it."""

    name: str
    said: str
    by: str


class IncidentSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as one party's register has it now; `corrected`: its earlier entries."""

    key: Key
    agreement: str
    incident: str
    party: str
    kind: str
    definition: str
    title: str
    from_us: int
    to_us: int
    figures: tuple[Figure, ...]
    source: str
    about: tuple[Key, ...]
    registered_us: int
    corrected: tuple[Key, ...]


class IncidentCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many incidents one party registered by one definition, word for word; never a sum."""

    agreement: str
    party: str
    kind: str
    definition: str
    count: int
    incidents: tuple[str, ...]


class RegisterSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Every party's register, the counts by definition, and where registers differ."""

    incidents: tuple[IncidentSeen, ...]
    counts: tuple[IncidentCount, ...]
    differing: tuple[str, ...]


def act(
    state: State, event: DeclareAssessment | RegisterIncident, now_us: int
) -> tuple[Draft, ...]:
    """Return the entry of an act.

    Raises:
        InputFault: another's post, words that are missing or too long, a time that cannot be, a
            reference to what is not held, an end of what does not stand.
    """
    agreement = adopted_agreement(state, event.agreement)
    check_own_post(agreement, state.party, event.post)
    scope = state.scope(event.agreement)
    if isinstance(event, RegisterIncident):
        return (_registered(state, scope, event, now_us),)
    return (_declared(state, scope, event, now_us),)


def _words(what: str, text: str, longest: int = WORDS_MAX, *, needed: bool = True) -> None:
    if len(text) > longest or (needed and not text.strip()):
        least = "1" if needed else "0"
        wanted = f"{least} to {longest} characters"
        raise InputFault(what, value=text if len(text) <= longest else len(text), wanted=wanted)


def _check_reference(state: State, scope: Scope, ref: Reference, what: str) -> None:
    """Refuse a reference to what is not held here, or stands where others never see it."""
    try:
        name, leaf = log_name(ref.log), state.reference(ref.key).leaf
        good = leaf == ref.leaf and name.agreement == scope.agreement_id
        good = good and name.kind != "private"
    except (InputFault, OurFault):
        good = False
    if not good:
        wanted = f"an entry of {scope.agreement_id} that is held here, by the hash of its bytes"
        raise InputFault(what, value=f"{ref.log} entry {ref.index}", wanted=wanted)


def _audience(state: State, scope: Scope, refs: tuple[Reference, ...]) -> tuple[str, ...] | None:
    """Return who may read an entry about others: nobody who may not read all of those."""
    narrow = [set(scope.narrow[ref.key]) for ref in refs if ref.key in scope.narrow]
    if not narrow:
        return None
    return tuple(sorted({state.party}.union(set.intersection(*narrow))))


# ---- assessments --------------------------------------------------------------------------------


def _declared(state: State, scope: Scope, event: DeclareAssessment, now_us: int) -> Draft:
    _words("assessment subject", event.subject)
    _words("assessment text", event.text, TEXT_CHARACTERS_MAX, needed=False)
    if len(event.ref) > 1:
        raise InputFault("assessment ref", value=len(event.ref), wanted="one entry at most")
    for ref in event.ref:
        _check_reference(state, scope, ref, "assessment ref")
        thread = scope.threads.get(ref.key)
        if thread is not None and guarded(thread) and event.text:
            wanted = "no text: it would outlive the notice"
            raise InputFault("assessment of a guarded notice", value="with a text", wanted=wanted)
    default_us = now_us + norms().agreement.assess_s * MICROSECONDS_PER_SECOND
    until_us = default_us if event.until_us is None else event.until_us
    if event.done:
        until_us = _standing(state, scope, event, now_us)
    else:
        longest_us = now_us + norms().agreement.assess_max_s * MICROSECONDS_PER_SECOND
        if not now_us < until_us <= longest_us:
            wanted = f"after now, and not after {format_instant(longest_us)}"
            raise InputFault("assessment until", value=format_instant(until_us), wanted=wanted)
    return Draft(
        agreement=event.agreement,
        by=event.post,
        ref=event.ref,
        audience=_audience(state, scope, event.ref),
        body=AssessmentDeclared(
            subject=event.subject,
            post=event.post,
            until_us=until_us,
            text=event.text,
            done=event.done,
        ),
    )


def _standing(state: State, scope: Scope, event: DeclareAssessment, now_us: int) -> int:
    """Return until when the own assessment stands, or stood, that an act ends."""
    about = event.ref[0].key if event.ref else None
    wanted_name = (state.party, about, fold_name(event.subject))
    found = _newest(scope).get(wanted_name)
    body = found.body if found is not None else None
    if not isinstance(body, AssessmentDeclared) or body.done:
        entries, _ = _open(scope).get(state.party, ([], 0))
        standing = [_seen(scope, entry, now_us).subject for entry in entries]
        wanted = f"an own assessment that is not done: {', '.join(standing) or 'none'}"
        raise InputFault("assessment done", value=event.subject, wanted=wanted)
    return body.until_us


def _name(entry: Entry) -> tuple[str, Key | None, str] | None:
    body = entry.body
    if not isinstance(body, AssessmentDeclared):
        return None
    about = entry.ref[0].key if entry.ref else None
    return (entry.log.party, about, fold_name(body.subject))


def _newest(scope: Scope) -> dict[tuple[str, Key | None, str], Entry]:
    """Return the last word of each party on each thing that it assesses."""
    return newest_by(scope, "assessments", scope.terms.assessments, _name)


def _open(scope: Scope) -> dict[str, tuple[list[Entry], int]]:
    """Return each party's newest assessments that are not done, and how many it has in all.

    Made once for each entry that comes, not for each look: what a peer writes without end must not
    make every look at the alarms dear.
    """
    count = len(scope.terms.assessments)
    held = scope.index.views.get("assessments open")
    if held is None or held[0] != count:
        found: dict[str, list[Entry]] = {}
        for (party, _, _), entry in _newest(scope).items():
            if isinstance(entry.body, AssessmentDeclared) and not entry.body.done:
                found.setdefault(party, []).append(entry)
        for entries in found.values():
            entries.sort(key=rank_of, reverse=True)
        held = (count, {p: (each[:SHOWN_MAX], len(each)) for p, each in found.items()})
        scope.index.views["assessments open"] = held
    return cast("dict[str, tuple[list[Entry], int]]", held[1])


def _seen(scope: Scope, entry: Entry, now_us: int) -> AssessmentSeen:
    body, party = entry.body, entry.log.party
    assert isinstance(body, AssessmentDeclared)
    about = entry.ref[0].key if entry.ref else None
    # Nobody holds anything for longer than the norms say, whatever a peer's entry claims.
    longest_us = written_us(entry) + norms().agreement.assess_max_s * MICROSECONDS_PER_SECOND
    until_us = min(body.until_us, longest_us)
    owed_us = _owed_us(scope, about, party)
    return AssessmentSeen(
        key=key_of(entry),
        agreement=scope.agreement_id,
        party=party,
        post=body.post,
        subject=body.subject,
        text=body.text,
        about=about,
        since_us=written_us(entry),
        until_us=until_us,
        word="holds" if now_us < until_us else "EXPIRED",
        owed_us=owed_us,
        late=owed_us is not None and owed_us < now_us,
    )


def _owed_us(scope: Scope, about: Key | None, party: str) -> int | None:
    """Return when a message's answer by a party is due, where that answer has not come."""
    thread = scope.threads.get(about) if about is not None else None
    if thread is None or thread.said is None or party not in thread.said.to:
        return None
    if not thread.body.answers or closing_answer(thread, party) is not None:
        return None
    return thread.body.answer_due_us


def assessments(state: State, now_us: int) -> AssessmentsSeen:
    """Return what is being assessed under every agreement, the newest first, expired ones too."""
    shown: list[AssessmentSeen] = []
    more: dict[str, int] = {}
    for name in sorted(state.agreements):
        scope = state.scope(name)
        if scope.rules.version < ASSESSMENTS_SINCE:
            continue
        for party, (entries, count) in _open(scope).items():
            shown += [_seen(scope, entry, now_us) for entry in entries]
            if count > len(entries):
                more[party] = more.get(party, 0) + count - len(entries)
    shown.sort(key=lambda each: (each.since_us, each.key), reverse=True)
    return AssessmentsSeen(shown=tuple(shown), more=dict(sorted(more.items())))


def expired(state: State, scope: Scope, now_us: int) -> Iterator[Raised]:
    """Yield the alarm of the own assessment that expired last; only that one, and only once.

    It sounds at the post that assesses. Older ones stand on the page: a post that lets ten of them
    expire is called once, not ten times.
    """
    if scope.rules.version < ASSESSMENTS_SINCE:
        return
    entries, _ = _open(scope).get(state.party, ([], 0))
    own = (_seen(scope, entry, now_us) for entry in entries)
    over = (each for each in own if each.word == "EXPIRED")
    last = max(over, key=lambda each: (each.until_us, each.key), default=None)
    if last is not None:
        yield Raised(
            name=f"assessment:{place_name(last.key)}",
            kind="assessment",
            alarm_class="SAFETY",
            line="",
            party=state.party,
            text=f"what {last.post} assessed has EXPIRED without a decision",
            post=last.post,
            since_us=last.until_us,
            cause=last.key,
            once=True,
        )


# ---- incidents ----------------------------------------------------------------------------------


def _registered(state: State, scope: Scope, event: RegisterIncident, now_us: int) -> Draft:
    check_name(event.incident, "incident")
    for what in ("kind", "definition"):
        longest = TEXT_CHARACTERS_MAX if what == "definition" else WORDS_MAX
        _words(f"incident {event.incident} {what}", getattr(event, what), longest)
    for what in ("title", "source"):
        _words(f"incident {event.incident} {what}", getattr(event, what), needed=False)
    if not US_MIN <= event.from_us <= event.to_us:
        wanted = f"not before it began, {format_instant(max(event.from_us, US_MIN))}"
        raise InputFault(f"incident {event.incident} to", value=event.to_us, wanted=wanted)
    if event.to_us > now_us:
        wanted = f"not after now, {format_instant(now_us)}"
        raise InputFault(f"incident {event.incident} to", value=event.to_us, wanted=wanted)
    if len(event.figures) > FIGURES_MAX:
        wanted = f"{FIGURES_MAX} at most"
        raise InputFault(f"incident {event.incident} figures", value=len(event.figures),
                         wanted=wanted)  # fmt: skip
    for name, text in event.figures.items():
        _words(f"incident {event.incident} figure name", name)
        _words(f"incident {event.incident} figure {name}", text)
        if figure(name, text).by == "":
            wanted = 'what is said and who says it: "17 s, says ALFA"'
            raise InputFault(f"incident {event.incident} figure {name}", value=text, wanted=wanted)
    for ref in event.ref:
        _check_reference(state, scope, ref, f"incident {event.incident} ref")
    return Draft(
        agreement=event.agreement,
        by=event.post,
        ref=event.ref,
        audience=_audience(state, scope, event.ref),
        body=IncidentRegistered(
            incident=event.incident,
            kind=event.kind,
            definition=event.definition,
            from_us=event.from_us,
            to_us=event.to_us,
            post=event.post,
            title=event.title,
            figures=event.figures,
            source=event.source,
        ),
    )


def figure(name: str, text: str) -> Figure:
    """Return a figure with who says it; of a peer's that names nobody, `by` is "".

    >>> figure("time inside", "17 s, says TUR").by
    'TUR'
    """
    said, says, by = text.rpartition(SAYS)
    named = bool(says) and bool(said.strip()) and bool(by.strip())
    return Figure(name=name, said=said.strip() if named else text, by=by.strip() if named else "")


def incident_register(state: State) -> RegisterSeen:
    """Return every party's incidents as its last entry has them, oldest first, with the counts."""
    found: list[IncidentSeen] = []
    for name in sorted(state.agreements):
        scope = state.scope(name)
        if scope.rules.version >= ASSESSMENTS_SINCE:
            found += _incidents_under(scope)
    found.sort(key=lambda each: (each.from_us, each.incident, each.party, each.key))
    return RegisterSeen(
        incidents=tuple(found), counts=tuple(_counts(found)), differing=tuple(_differing(found))
    )


def _incidents_under(scope: Scope) -> list[IncidentSeen]:
    """Return the incidents under one agreement; made once for each entry that comes."""
    count = len(scope.terms.incidents)
    held = scope.index.views.get("incidents")
    if held is None or held[0] != count:
        held = (count, list(_incidents(scope)))
        scope.index.views["incidents"] = held
    return cast("list[IncidentSeen]", held[1])


def _incidents(scope: Scope) -> Iterator[IncidentSeen]:
    chains: dict[tuple[str, str], list[Entry]] = {}
    for entry in sorted(scope.terms.incidents.values(), key=rank_of):
        assert isinstance(entry.body, IncidentRegistered)
        chains.setdefault((entry.log.party, entry.body.incident), []).append(entry)
    for (party, incident), chain in chains.items():
        entry = chain[-1]
        body = entry.body
        assert isinstance(body, IncidentRegistered)
        yield IncidentSeen(
            key=key_of(entry),
            agreement=scope.agreement_id,
            incident=incident,
            party=party,
            kind=body.kind,
            definition=body.definition,
            title=body.title,
            from_us=body.from_us,
            to_us=body.to_us,
            figures=tuple(figure(name, text) for name, text in sorted(body.figures.items())),
            source=body.source,
            about=tuple(ref.key for ref in entry.ref),
            registered_us=written_us(entry),
            corrected=tuple(key_of(each) for each in sorted(chain[:-1], key=order_of)),
        )


def _counts(found: list[IncidentSeen]) -> Iterator[IncidentCount]:
    """Yield one count per agreement, party and definition: two definitions are never one number."""
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for each in found:
        name = (each.agreement, each.party, each.kind, each.definition)
        groups.setdefault(name, []).append(each.incident)
    for (agreement, party, kind, definition), names in sorted(groups.items()):
        yield IncidentCount(
            agreement=agreement,
            party=party,
            kind=kind,
            definition=definition,
            count=len(names),
            incidents=tuple(sorted(names)),
        )


def _differing(found: list[IncidentSeen]) -> Iterator[str]:
    """Yield, for each incident that several parties registered, what they say differently."""
    groups: dict[tuple[str, str], list[IncidentSeen]] = {}
    for each in found:
        groups.setdefault((each.agreement, each.incident), []).append(each)
    for (_, incident), theirs in sorted(groups.items()):
        for what, values in _values(theirs).items():
            if len(set(values.values())) > 1:
                said = "; ".join(f"{by} has {value}" for by, value in sorted(values.items()))
                yield f"{incident} {what}: {said}"


def _values(theirs: list[IncidentSeen]) -> dict[str, dict[str, str]]:
    """Return what each party's register says under each name that several of them have."""
    table: dict[str, dict[str, str]] = {}
    for each in theirs:
        table.setdefault("kind", {})[each.party] = each.kind
        table.setdefault("definition", {})[each.party] = each.definition
        window = f"{format_instant(each.from_us)} to {format_instant(each.to_us)}"
        table.setdefault("time", {})[each.party] = window
        for one in each.figures:
            by = f", says {one.by}" if one.by else ""
            table.setdefault(one.name, {})[each.party] = f"{one.said}{by}"
    return {what: values for what, values in table.items() if len(values) > 1}
