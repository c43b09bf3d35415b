"""Telling a place, in steps of precision, and who holds how fine a word of it: the ledger.

Rules:
- A place is told as a cell of a fixed grid (`world.place_cell`), never as a point; no finer than
  the agreement's disclosure clauses let it, else than the norms do. Of several clauses the coarsest
  holds. Who asks again and again gets nothing by asking: telling is an act of this party alone.
- Each addressee has a notice of its own and does not see who else has one; two who join theirs hold
  the finer of the two cells, and nothing finer.
- A finer or later word is an update of the one before, to the same addressee.
- The ledger is computed from own entries and consents; that a notice was destroyed or withdrawn
  takes nothing from what was told: it cannot be recalled.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import cast

import msgspec

from parley.node.agreement_bodies import KeptPlace, PlaceTold
from parley.node.agreement_inputs import DisclosePlace
from parley.node.custody_bodies import ConsentGiven, ConsentWithdrawn
from parley.node.entries import Draft, Entry, IntentFiled, Reference
from parley.node.inputs import Say
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.rules.custody import all_destroyed
from parley.node.rules.guard import POSITION_FIELDS
from parley.node.rules.notice_standing import TELLING, standing_of, terms_of
from parley.node.rules.places import PLACES_RULES, kept_entry, register
from parley.node.rules.saying import say
from parley.node.state import Key, Scope, State, Thread, key_of, rank_of, written_us
from parley.world.agreement import Agreement
from parley.world.clauses import Disclosure
from parley.world.faults import InputFault, nearest
from parley.world.norms import MessageClass, norms
from parley.world.place_cell import Cell, cell_of, read_cell
from parley.world.time import format_instant, format_second
from parley.world.units import MICROSECONDS_PER_SECOND

PLACE, CELL, WINDOW = "place", "cell", "window"
LIST_CLASS: MessageClass = "ADMIN"
"""Of a notice in a list: it calls nobody one by one; one alarm a day tells of all (`raised`)."""
_NAMES_COMPARED = 1_000
_TOLD_VIEW = "places told"
_DONE_VIEW = "places told written"


class FinestAllowed(msgspec.Struct, frozen=True, kw_only=True):
    """How fine a place may be told now, by which clause (None: the norms), and not before when."""

    precision_m: float
    clause: str | None
    not_before_us: int | None = None


class ToldSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One place told to one addressee.

    Attributes:
        place: its id; "" where a notice worded by hand names none.
        message: the notice.
        precision_m: of what was told: 0 is exact; None: worded by hand, it may be exact.
        consent: by which it went; `consent_until_us`: until when that was given.
        destroyed_us: when this party dropped its own copy.
    """

    place: str
    addressee: str
    message: Key
    precision_m: float | None
    sent_us: int
    valid_until_us: int | None
    consent: Key | None = None
    consent_until_us: int | None = None
    destroyed_us: int | None = None


class NarrowSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An own entry whose words went to some parties only: a sealed intent, a narrow message."""

    key: Key
    what: str
    object: str
    to: tuple[str, ...]
    sent_us: int
    valid_until_us: int | None


# ---- how fine -----------------------------------------------------------------------------------


def finest_allowed(
    state: State,
    scope: Scope,
    agreement: Agreement,
    addressee: str,
    *,
    place: str,
    now_us: int,
    from_us: int | None = None,
    to_us: int | None = None,
) -> FinestAllowed:
    """Return how fine a place may be told to an addressee now.

    Args:
        state: whose place.
        scope: with the register.
        agreement: with the disclosure clauses.
        addressee: who is to be told.
        place: its id.
        now_us: the time.
        from_us: when what is announced begins: shortly before it, a clause may allow more.
        to_us: when it ends: after it, the clause no longer does.
    """
    general_m = norms().standing.precision_m
    found = FinestAllowed(precision_m=general_m, clause=None)
    clauses = [
        clause
        for clause in agreement.clauses
        if isinstance(clause, Disclosure)
        and (not clause.of or any(name in clause.of for name in TELLING))
        and (not clause.to or addressee in clause.to)
        and (not clause.applies_to.parties or state.party in clause.applies_to.parties)
    ]
    known = kept_entry(state, scope, place)
    coarsest_m = 0.0
    for clause in clauses:
        precision_m = clause.precision_m if clause.precision_m is not None else general_m
        if _near(clause, now_us, from_us, to_us) and clause.precise_m is not None:
            precision_m = clause.precise_m
        not_before_us = found.not_before_us
        if clause.delay_s and known is not None:
            after_us = written_us(known[0]) + round(clause.delay_s * MICROSECONDS_PER_SECOND)
            not_before_us = max(after_us, not_before_us or after_us)
        if precision_m > coarsest_m:
            coarsest_m = precision_m
            found = FinestAllowed(
                precision_m=precision_m, clause=clause.id, not_before_us=not_before_us
            )
        else:
            found = msgspec.structs.replace(found, not_before_us=not_before_us)
    return found


def _near(clause: Disclosure, now_us: int, from_us: int | None, to_us: int | None) -> bool:
    """Whether what is announced is so near that the clause's finer precision holds."""
    if clause.precise_before_s is None or from_us is None:
        return False
    before_us = round(clause.precise_before_s * MICROSECONDS_PER_SECOND)
    return now_us >= from_us - before_us and (to_us is None or now_us <= to_us)


# ---- telling ------------------------------------------------------------------------------------


def tell(state: State, act: DisclosePlace, now_us: int) -> tuple[Draft, ...]:
    """Return the notices by which a place is told, one for each addressee; none where it was.

    Raises:
        InputFault: no such place, finer or sooner than it may be told, no consent, a time that has
            passed, or what a message of the line cannot be.
    """
    agreement = adopted_agreement(state, act.agreement)
    scope = state.scope(act.agreement)
    check_own_post(agreement, state.party, act.post)
    place = _place(state, scope, act.place)
    from_us, to_us, valid_us = _window(state, agreement, act, now_us)
    if not act.to:
        raise InputFault(f"place {act.place} addressee", value="nobody", wanted="at least one")
    drafts = []
    for addressee in act.to:
        _check_allowed(state, scope, agreement, act, addressee, now_us)
        cell = cell_of(place.lat_e9, place.lon_e9, act.precision_m)
        before = told_before(state, scope, agreement, act.place, addressee, now_us)
        fields = _fields(place, act, cell, (from_us, to_us))
        if before is not None and _says_it_already(before, act, cell, fields):
            continue
        event = Say(
            agreement=act.agreement,
            line=act.line,
            post=act.post,
            to=(addressee,),
            message_type=TELLING[0] if before is None else TELLING[1],
            message_class=None if act.wants_answer else LIST_CLASS,
            subject="humanitarian",
            text=act.text,
            fields=fields,
            ref=(state.reference(before.key),) if before is not None else (),
            wants_answer=act.wants_answer,
            valid_until_us=valid_us,
            confirmed=True,
        )
        drafts.append(say(state, event, now_us))
    return tuple(drafts)


def _place(state: State, scope: Scope, name: str) -> KeptPlace:
    known = kept_entry(state, scope, name)
    if known is None:
        names = list(register(state, scope))[:_NAMES_COMPARED]
        close = nearest(name, names)
        repair = f"did you mean {close!r}?" if close else "read it in first: parley place import"
        raise InputFault("place", value=name, wanted="one of the register", repair=repair)
    if known[1].removed:
        wanted = "one that was not taken out of the register"
        raise InputFault("place", value=name, wanted=wanted, repair="withdraw what was told of it")
    return known[1]


def _window(
    state: State, agreement: Agreement, act: DisclosePlace, now_us: int
) -> tuple[int, int, int]:
    """Return from when, to when, and until when the notice is valid."""
    from_us = act.from_us if act.from_us is not None else now_us
    valid_us = act.valid_until_us if act.valid_until_us is not None else act.to_us
    if valid_us is None:
        valid_us = now_us + terms_of(agreement, TELLING[0], state.party).expire_us
    to_us = act.to_us if act.to_us is not None else valid_us
    what = f"place {act.place}"
    for name, value_us in (("valid until", valid_us), ("window to", to_us)):
        if value_us <= max(now_us, from_us if name == "window to" else now_us):
            wanted = "a time to come, after its beginning"
            raise InputFault(f"{what} {name}", value=format_instant(value_us), wanted=wanted)
    if valid_us < to_us:
        wanted = f"no earlier than its window ends, {format_instant(to_us)}"
        raise InputFault(f"{what} valid until", value=format_instant(valid_us), wanted=wanted)
    return from_us, to_us, valid_us


def _check_allowed(
    state: State,
    scope: Scope,
    agreement: Agreement,
    act: DisclosePlace,
    addressee: str,
    now_us: int,
) -> None:
    """Check that a place may be told to an addressee so finely, and already.

    Raises:
        InputFault: it may not; says by which clause, and how fine it may be.
    """
    allowed = finest_allowed(
        state, scope, agreement, addressee, place=act.place, now_us=now_us,
        from_us=act.from_us, to_us=act.to_us,
    )  # fmt: skip
    by = f"clause {allowed.clause}" if allowed.clause else "the norms"
    if act.precision_m < allowed.precision_m:
        raise InputFault(
            f"precision of place {act.place} for {addressee}",
            value=f"{act.precision_m:g} m",
            wanted=f"no finer than {allowed.precision_m:g} m ({by})",
            repair="a finer one is a disclosure clause of the agreement, not of this act",
        )
    if allowed.not_before_us is not None and now_us < allowed.not_before_us:
        raise InputFault(
            f"place {act.place} for {addressee}",
            value=f"told at {format_second(now_us)}",
            wanted=f"not before {format_second(allowed.not_before_us)} ({by})",
        )


def _fields(
    place: KeptPlace, act: DisclosePlace, cell: Cell, window: tuple[int, int]
) -> dict[str, str]:
    begin, end = (format_instant(at_us) for at_us in window)
    fields = {
        PLACE: place.place,
        "kind": place.kind,
        CELL: cell.text,
        "precision": f"{act.precision_m:g} m",
        WINDOW: f"{begin}/{end}",
    }
    if place.uncertainty_mm:
        # The cell holds the place as this party knows it; what it does not know lies around.
        fields["uncertainty"] = f"{place.uncertainty_mm / 1000:g} m"
    if act.named:
        fields["name"] = place.name
    return fields


def _says_it_already(
    before: Thread, act: DisclosePlace, cell: Cell, fields: dict[str, str]
) -> bool:
    """Whether a notice that stands says as much: then nothing is written.

    A list that is told again names no end, or the same: else it would never be done.
    """
    said, held = before.said, before.body.fields
    assert said is not None
    told = cell_said(before)
    ends_us = act.valid_until_us if act.valid_until_us is not None else act.to_us
    if ends_us is not None and (said.valid_until_us is None or said.valid_until_us < ends_us):
        return False
    begin, _, end = fields[WINDOW].partition("/")
    began, _, ended = held.get(WINDOW, "").partition("/")
    if (act.from_us is not None and begin != began) or (act.to_us is not None and end != ended):
        return False
    names = ("kind", "uncertainty", *(("name",) if act.named else ()))
    same = all(held.get(name) == fields.get(name) for name in names)
    new_words = bool(act.text) and act.text != before.body.text
    return told is not None and told.within(cell) and same and not new_words


def told_before(
    state: State, scope: Scope, agreement: Agreement, place: str, addressee: str, now_us: int
) -> Thread | None:
    """Return the own notice of a place to this addressee alone that stands, fresh or stale."""
    for key in reversed(_own_notices(state, scope).get((place, addressee), [])):
        thread = scope.threads.get(key)
        if thread is None or thread.said is None:
            continue
        if standing_of(state, scope, agreement, thread, now_us).word in ("fresh", "stale"):
            return thread
    return None


def _own_notices(state: State, scope: Scope) -> dict[tuple[str, str], list[Key]]:
    """Return the own notices that went to one addressee alone, by place and addressee, in order."""
    held = scope.index.views.get(_TOLD_VIEW)
    done, found = held if held is not None else (set(), {})
    assert isinstance(done, set)
    assert isinstance(found, dict)
    fresh = [key for name in TELLING for key in scope.index.by_type.get(name, set()) - done]
    done.update(fresh)
    for key in sorted(fresh):
        said = scope.threads[key].said
        if said is not None and said.log.party == state.party and len(said.to) == 1:
            place = scope.threads[key].body.fields.get(PLACE, "")
            keys = found.setdefault((place, said.to[0]), [])
            keys.append(key)
            keys.sort(key=lambda each: _rank(scope, each))
    scope.index.views[_TOLD_VIEW] = (done, found)
    return found


def _rank(scope: Scope, key: Key) -> tuple[int, int, str, int]:
    said = scope.threads[key].said
    return rank_of(said) if said is not None else (0, 0, "", 0)


def cell_said(thread: Thread) -> Cell | None:
    """Return the cell that a notice tells; None where it has none that can be read."""
    text = thread.body.fields.get(CELL)
    if text is None:
        return None
    try:
        return read_cell(text)
    except InputFault:
        return None


def precision_said_m(thread: Thread) -> float | None:
    """Return how finely a notice says where: 0 is exactly; None: only its words may say it."""
    fields = thread.body.fields
    if any(name in fields for name in POSITION_FIELDS):
        return 0.0
    cell = cell_said(thread)
    return cell.precision_m if cell is not None else None


# ---- the ledger ---------------------------------------------------------------------------------


def ledger(state: State, scope: Scope) -> Iterator[ToldSeen]:
    """Yield what this party told of places to whom, in the order in which it was sent.

    What was destroyed since is in it: from the private entry that stays.
    """
    gone = _destroyed_us(state, scope)
    threads = {
        key: thread
        for name in TELLING
        for key in scope.index.by_type.get(name, ())
        if (thread := scope.threads[key]).said is not None and key[0].split("/")[2] == state.party
    }
    rows = [
        (thread.said, thread.body.fields.get(PLACE, ""), precision_said_m(thread))
        for thread in threads.values()
        if thread.said is not None
    ]
    found = [
        _told(state, scope, key_of(said), to, place, precision_m, said.issued_us,
              said.valid_until_us, gone)
        for said, place, precision_m in rows
        for to in said.to
    ]  # fmt: skip
    for entry in scope.terms.told.values():
        body = entry.body
        if not isinstance(body, PlaceTold) or not entry.ref or entry.ref[0].key in threads:
            continue
        precision_m = body.precision_mm / 1000 if body.precision_mm is not None else None
        found += [
            _told(state, scope, entry.ref[0].key, to, body.place, precision_m, entry.issued_us,
                  body.valid_until_us, gone)
            for to in body.addressees
        ]  # fmt: skip
    yield from sorted(found, key=lambda each: (each.sent_us, each.message, each.addressee))


def _told(
    state: State,
    scope: Scope,
    message: Key,
    to: str,
    place: str,
    precision_m: float | None,
    sent_us: int,
    valid_us: int | None,
    gone: dict[Key, int],
) -> ToldSeen:
    consent = consent_at(state, scope, to, sent_us)
    until_us = consent.body.until_us if isinstance(consent, Entry) and isinstance(
        consent.body, ConsentGiven
    ) else None  # fmt: skip
    return ToldSeen(
        # What is no name of our register is words of a guarded notice: read only by opening it.
        place=place if kept_entry(state, scope, place) is not None else "",
        addressee=to,
        message=message,
        precision_m=precision_m,
        sent_us=sent_us,
        valid_until_us=valid_us,
        consent=key_of(consent) if consent is not None else None,
        consent_until_us=until_us,
        destroyed_us=gone.get(message),
    )


def consent_at(state: State, scope: Scope, addressee: str, at_us: int) -> Entry | None:
    """Return the consent by which an addressee could have guarded notices at an instant."""
    acts = [
        entry
        for name in ("consent.given", "consent.withdrawn")
        for entry in scope.acts_of(name, state.party).values()
        if written_us(entry) <= at_us
    ]
    found: Entry | None = None
    for entry in sorted(acts, key=rank_of):
        body = entry.body
        if isinstance(body, ConsentGiven | ConsentWithdrawn) and body.addressee == addressee:
            found = entry if isinstance(body, ConsentGiven) else None
    return found


def _destroyed_us(state: State, scope: Scope) -> dict[Key, int]:
    acts = scope.acts_of("payload.destroyed", state.party).values()
    return {entry.ref[0].key: entry.issued_us for entry in acts if entry.ref}


def finest_told(rows: Iterator[ToldSeen] | tuple[ToldSeen, ...]) -> dict[tuple[str, str], ToldSeen]:
    """Return the first row that told most of each place to each addressee: it cannot be untold.

    A notice that was worded by hand may say anything: it counts as exact.
    """
    found: dict[tuple[str, str], ToldSeen] = {}
    for row in rows:
        known = found.get((row.place, row.addressee))
        if known is None or (row.precision_m or 0.0) < (known.precision_m or 0.0):
            found[(row.place, row.addressee)] = row
    return found


def narrow_told(state: State, scope: Scope) -> Iterator[NarrowSeen]:
    """Yield the own entries, notices of places aside, whose words went to some parties only."""
    for key, audience in sorted(scope.narrow.items()):
        entry = _narrow_entry(scope, key)
        if key[0].split("/")[2] != state.party or entry is None:
            continue
        what, name = entry.type, ""
        thread = scope.threads.get(key)
        if thread is not None and thread.said is not None:
            if thread.body.message_type in TELLING:
                continue
            what, name = thread.body.message_type, thread.body.subject
        elif isinstance(entry.body, IntentFiled):
            what, name = "intent", _intent_id(entry.body)
        yield NarrowSeen(
            key=key,
            what=what,
            object=name,
            to=tuple(party for party in audience if party != state.party),
            sent_us=entry.issued_us,
            valid_until_us=entry.valid_until_us,
        )


class _Named(msgspec.Struct, frozen=True):
    id: str = ""


def _intent_id(body: IntentFiled) -> str:
    try:
        return msgspec.json.decode(body.intent, type=_Named).id
    except msgspec.MsgspecError:
        return ""


def _narrow_entry(scope: Scope, key: Key) -> Entry | None:
    thread = scope.threads.get(key)
    if thread is not None and thread.said is not None:
        return thread.said
    for table in (scope.intents, scope.intent_changes, scope.sealed):
        if key in table:
            return table[key]
    return None


# ---- what stays of a telling --------------------------------------------------------------------


def due(state: State, now_us: int) -> Iterator[Draft]:
    """Yield the private entries that own notices told a place: they outlive the notices."""
    del now_us
    for name, scope in sorted(state.scopes.items()):
        if scope.rules.version >= PLACES_RULES and name in state.agreements:
            for key in sorted(_unwritten(state, scope)):
                yield _told_entry(state, scope, scope.threads[key])


def _unwritten(state: State, scope: Scope) -> set[Key]:
    """Return own notices whose private entry is not written; each is looked at until it is."""
    told = scope.terms.told
    sizes = (len(told), *(len(scope.index.by_type.get(kind, ())) for kind in TELLING))
    held = scope.index.views.get(_DONE_VIEW)
    if held is not None and held[0] == sizes:
        return set()
    count, done = cast("tuple[int, set[Key]]", held[1]) if held is not None else (0, set[Key]())
    for entry in itertools.islice(reversed(told.values()), len(told) - count):
        done |= {ref.key for ref in entry.ref[:1]}
    fresh = {key for kind in TELLING for key in scope.index.by_type.get(kind, set()) - done}
    # What others wrote, and what is held ahead of a log, is none of ours.
    done |= {key for key in fresh if key[0].split("/")[2] != state.party}
    # One that was destroyed before this was written told a place that nobody knows now.
    done |= {key for key in fresh if key not in scope.threads or scope.threads[key].said is None}
    fresh -= done
    # Only what was found to be complete is not looked at again.
    scope.index.views[_DONE_VIEW] = (() if fresh else sizes, (len(told), done))
    return fresh


def _told_entry(state: State, scope: Scope, thread: Thread) -> Draft:
    said = thread.said
    assert said is not None
    consents = (consent_at(state, scope, to, said.issued_us) for to in said.to)
    keys = sorted({key_of(entry) for entry in consents if entry is not None})
    refs: list[Reference] = [state.reference(thread.key), *(state.reference(k) for k in keys)]
    precision_m = precision_said_m(thread)
    place = thread.body.fields.get(PLACE, "")
    return Draft(
        agreement=scope.agreement_id,
        by="system",
        ref=tuple(refs),
        body=PlaceTold(
            # A name of our own register; words of a notice go with the notice when it is destroyed.
            place=place if kept_entry(state, scope, place) is not None else "",
            addressees=said.to,
            precision_mm=round(precision_m * 1000) if precision_m is not None else None,
            valid_until_us=said.valid_until_us,
        ),
    )


def destroyed_here(state: State, scope: Scope, key: Key) -> bool:
    """Whether this party has dropped its copy of a notice."""
    return key in all_destroyed(state, scope)
