"""The evidence of a node's logs: everything that the record of an agreement tells, with its entry.

Rules:
- Times are those at which a log had got (`written_us`): an entry dated back counts from where its
  writer already was. When an addressee had a message is shown by its own entries: not after the
  first of them that covers it, not before the newest of its entries that the sender had seen.
- A peer's log is held complete to the end while the link to it stands; else to its newest entry.
- The class of an aircraft, and when a unit was told, are their party's own word.
- What is sealed for others is counted (`Hidden`), never guessed at.

What does not live here: judging (`verdicts`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from parley.node.agreement_bodies import (
    AgreementDeclared,
    AgreementRenewed,
    IncidentRegistered,
    NoticeConfirmed,
    UnitReceipted,
    UnitsRequired,
)
from parley.node.documents import record_of
from parley.node.entries import (
    Alert,
    Entry,
    IntentChanged,
    IntentFiled,
    LineDeclared,
    MessageAnswered,
    PresenceDeclared,
    ZoneActivity,
    ZonePromulgation,
)
from parley.node.line_bodies import CallLogged, MessageUndelivered
from parley.node.rules.agreement_status import duty_stands, text_at
from parley.node.rules.line_evidence import Sight, people_on
from parley.node.rules.replying import POSITIVE, closing_answer
from parley.node.rules.text_chain import PEOPLE, chain_of, people_on_act
from parley.node.rules.threads import ending_of
from parley.node.rules.zones import boundaries_of, zones_of
from parley.node.state import Key, Scope, State, Thread, key_of, rank_of, written_us
from parley.review.evidence_of_scenario import zone_word
from parley.review.evidence_of_times import (
    cite_of,
    clock_doubt_us,
    held_of,
    latest,
    shown_later,
)
from parley.review.verdict_evidence import (
    Alerted,
    Answered,
    Called,
    Confirmed,
    Ended,
    Evidence,
    Flown,
    Held,
    Hidden,
    Incident,
    Later,
    Planned,
    Present,
    Received,
    Renewed,
    Said,
    Status,
    Undelivered,
    UnitsAsked,
    UnitTold,
    ZoneWord,
)
from parley.review.verdict_parts import window_of
from parley.world.agreement import Agreement
from parley.world.areas import area_m2
from parley.world.clauses import IntentLimits
from parley.world.faults import Fault
from parley.world.intent import Intent
from parley.world.norms import known_type
from parley.world.place import Place
from parley.world.time import US_MAX, format_second, seconds_between
from parley.world.track import Track

_MICRO = 1_000_000


def evidence_of_logs(
    state: State,
    *,
    agreements: Iterable[str] = (),
    tracks: Iterable[Track] = (),
    held: Mapping[str, Held] | None = None,
    receipts: Callable[[Key, str], int | None] | None = None,
) -> Evidence:
    """Return what the logs that a node holds tell, as evidence: `evidence_in_steps` in one go."""
    steps = evidence_in_steps(
        state, agreements=agreements, tracks=tracks, held=held, receipts=receipts
    )
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            found: Evidence = stop.value
            return found


def evidence_in_steps(
    state: State,
    *,
    agreements: Iterable[str] = (),
    tracks: Iterable[Track] = (),
    held: Mapping[str, Held] | None = None,
    receipts: Callable[[Key, str], int | None] | None = None,
) -> Generator[None, None, Evidence]:
    """Return what the logs that a node holds tell, with a pause after each message.

    Where the record changed between two steps (`logs_mark`) it is half of before and half of after.

    Args:
        state: of the node.
        agreements: which; none named is all that it has.
        tracks: recordings that somebody gave; without them where aircraft were is not known.
        held: how far a peer's logs are held, where more is known of it than the record says.
        receipts: by when an addressee had an entry by its own signed receipt, where one is kept.
    """
    names = tuple(agreements) or tuple(sorted(state.agreements))
    readers = [_Reader(state, state.scope(name), dict(held or {}), receipts) for name in names]
    given = tuple(tracks)
    for reader in readers:
        yield from reader.read()
    return Evidence(
        source="logs",
        said=tuple(f for r in readers for f in r.said),
        answers=tuple(f for r in readers for f in r.answers),
        ended=tuple(f for r in readers for f in r.ended),
        status=tuple(f for r in readers for f in r.status()),
        present=tuple(f for r in readers for f in r.present()),
        calls=tuple(f for r in readers for f in r.calls()),
        flights=tuple(f for r in readers for f in r.flights),
        planned=tuple(f for r in readers for f in r.planned),
        alerts=tuple(f for r in readers for f in r.alerts()),
        zone_words=tuple(f for r in readers for f in r.zone_words),
        units_asked=tuple(f for r in readers for f in r.units_asked()),
        units_told=tuple(f for r in readers for f in r.units_told()),
        confirmed=tuple(f for r in readers for f in r.confirmed()),
        renewed=tuple(f for r in readers for f in r.renewed()),
        undelivered=tuple(f for r in readers for f in r.undelivered()),
        incidents=tuple(f for r in readers for f in r.incidents()),
        hidden=tuple(f for r in readers for f in r.hidden()),
        tracks=given,
        tracks_held=False,
        boundaries={n: b for r in readers for n, b in boundaries_of(state, r.scope).items()},
        zones={n: z for r in readers for n, z in zones_of(state, r.scope).items()},
        places=tuple(
            {p.id: p for name in names for p in _places(state, name)}.values()
        ),
        held={
            (r.scope.agreement_id, party): each
            for r in readers
            for party, each in held_of(state, r.scope, r.given, r.newest).items()
        },
        short={c: t for r in readers for c, t in r.short.items()},
        standing=lambda name, party, at_us, towards: duty_stands(
            state, name, party, at_us, towards
        ),
    )  # fmt: skip


def texts_between(
    state: State, name: str, from_us: int, to_us: int
) -> list[tuple[Agreement, int, int]]:
    """Return the texts of an agreement that were in force in a window, each with its part of it.

    What one side alone asserts or has alone adopted is told as its assertion.
    """
    found: list[tuple[Agreement, int, int]] = []
    at_us = from_us
    while at_us < to_us:
        view = text_at(state, name, at_us)
        until_us = min(to_us, view.to_us if view.to_us is not None else to_us)
        until_us = until_us if until_us > at_us else to_us
        text = view.agreement or state.agreement(name)
        if text is not None:
            found.append((text, at_us, until_us))
        at_us = until_us
    return found


def _places(state: State, name: str) -> tuple[Place, ...]:
    agreement = state.agreement(name)
    return agreement.places if agreement is not None else ()


@dataclass
class _Reader:
    """Reads one agreement's record into facts."""

    state: State
    scope: Scope
    given: dict[str, Held]
    receipts: Callable[[Key, str], int | None] | None
    said: list[Said] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    zone_words: list[ZoneWord] = field(default_factory=list)
    planned: list[Planned] = field(default_factory=list)
    flights: list[Flown] = field(default_factory=list)
    short: dict[str, str] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    times: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def read(self) -> Generator[None, None, None]:
        """Read messages, zones and intents, with pauses; the rest is read when it is asked for."""
        for entry in list(self._every()):
            at_us, party = written_us(entry), entry.log.party
            self.newest[party] = max(self.newest.get(party, at_us), at_us)
            self.times.setdefault(entry.log.origin, []).append((entry.seq, at_us))
            # A message's words are told with it; of the rest its type and when.
            self._tell(entry, entry.type)
            yield
        for origin in self.times:
            self.times[origin].sort()
        for thread in list(self.scope.messages()):
            self._message(thread)
            yield
        for name, acts in sorted(self.scope.zone_acts.items()):
            for entry in acts.values():
                self._zone_act(name, entry)
        self._intents()

    def _every(self) -> Iterator[Entry]:
        """Yield every entry of the record that can be read."""
        scope = self.scope
        for thread in scope.threads.values():
            yield from (e for e in (thread.said,) if e is not None)
            yield from (*thread.displayed.values(), *thread.answers.values())
            yield from (*thread.checks.values(), *thread.overdue.values())
            yield from thread.escalated.values()
        line, terms = scope.line, scope.terms
        for keyed in (
            scope.zones, scope.boundaries, scope.intents, scope.intent_changes, scope.alerts,
            scope.resolved, scope.recorded, line.calls, terms.proposed, terms.declared,
            terms.incidents, scope.sealed,
        ):  # fmt: skip
            yield from keyed.values()
        yield from scope.opened.values()
        for named in (
            *scope.line_acts.values(), *scope.presence.values(), *scope.zone_acts.values(),
            *scope.custody.values(), *scope.adopted.values(), *line.relays.values(),
            *line.links.values(), *line.tests_missed.values(), *terms.renewed.values(),
            *terms.required.values(), *terms.receipted.values(), *terms.confirmed.values(),
            *terms.signed.values(),
        ):  # fmt: skip
            yield from named.values()
        for told in line.undelivered.values():
            yield from told.values()

    def _tell(self, entry: Entry, words: str) -> str:
        """Keep one line on an entry, and return its cite."""
        cite = cite_of(key_of(entry))
        self.short[cite] = f"{format_second(written_us(entry))} {entry.log.party}: {words}"
        return cite

    # ---- messages --------------------------------------------------------------------------------

    def _message(self, thread: Thread) -> None:
        said, body = thread.said, thread.body
        assert said is not None
        at_us = written_us(said)
        words = f"to {', '.join(said.to)}: {body.message_type}"
        kind = known_type(body.message_type)
        shown = {} if kind is not None and kind.guarded else body.fields
        told = ", ".join(f"{k} {v}" for k, v in sorted(shown.items()))
        cite = self._tell(said, f"{words} ({told})" if told else words)
        received = {party: self.received(said, party, thread) for party in said.to}
        answer_s, back_s = (
            None if due_us is None else seconds_between(said.issued_us, due_us)
            for due_us in (body.answer_due_us, body.read_back_due_us)
        )  # fmt: skip
        fact = Said(
            cite=cite, at_us=at_us, by=said.log.party, agreement=self.scope.agreement_id,
            line=body.line, to=said.to, type=body.message_type, message_class=body.message_class,
            subject=body.subject, text=body.text, fields=body.fields, asks=bool(body.answers),
            answer_within_s=answer_s, read_back_within_s=back_s,
            reads_back=body.read_back, of=tuple(cite_of(r.key) for r in said.ref),
            valid_until_us=said.valid_until_us, life_safety=body.life_safety, received=received,
        )  # fmt: skip
        self.said.append(fact)
        for party in said.to:
            closed = closing_answer(thread, party)
            if closed is not None and isinstance(closed.body, MessageAnswered):
                answer = closed.body
                words = f"{answer.answer} to {cite}"
                self.answers.append(
                    Answered(
                        cite=self._tell(closed, words), at_us=written_us(closed), by=party,
                        agreement=self.scope.agreement_id, of=cite, word=answer.answer,
                        fields=answer.fields, positive=answer.answer in POSITIVE,
                        later=self._later(closed),
                    )
                )  # fmt: skip
        self._ending(thread, cite)
        word = zone_word(body.message_type, body.fields)
        if word is not None:
            window = window_of(body.fields)
            self.zone_words.append(
                ZoneWord(
                    cite=cite, at_us=at_us, by=said.log.party, agreement=self.scope.agreement_id,
                    zone=body.fields["zone"], what=word[0], value=word[1],
                    from_us=None if window is None else window[0], to=said.to, received=received,
                )
            )  # fmt: skip

    def _ending(self, thread: Thread, cite: str) -> None:
        """Keep by what a message is over, once it is for each to whom it went."""
        assert thread.said is not None
        endings = [ending_of(self.scope, thread, party) for party in thread.said.to]
        known = [each for each in endings if each is not None]
        if known and len(known) == len(endings):
            last = max(known, key=lambda e: e.at_us)
            self.ended.append(
                Ended(
                    cite=cite_of(last.by), at_us=last.at_us, by=thread.said.log.party,
                    agreement=self.scope.agreement_id, of=cite, word=last.word,
                )
            )  # fmt: skip

    def received(self, entry: Entry, party: str, thread: Thread | None = None) -> Received:
        """Return when a party had an entry: by its own logs, and by what the writer had seen."""
        shown: list[tuple[int, str]] = []
        held_us = self.scope.index.held_since_us(party, key_of(entry))
        if held_us is not None:
            shown.append((held_us, ""))
        if thread is not None:
            own = [e for e in thread.answers.values() if e.log.party == party]
            own += [thread.displayed[party]] if party in thread.displayed else []
            shown += [(written_us(e), cite_of(key_of(e))) for e in own]
        receipt_us = self.receipts(key_of(entry), party) if self.receipts is not None else None
        if receipt_us is not None:
            shown.append((receipt_us, ""))
        to_us, by = min(shown, default=(None, ""))
        from_us = written_us(entry)
        for origin, head in entry.seen.items():
            if origin in self.times and self._party(origin) == party:
                older = [at_us for seq, at_us in self.times[origin] if seq < head.size]
                from_us = max(from_us, *older) if older else from_us
        if to_us is not None:
            from_us = min(from_us, to_us)
        cites = (by,) if by else ()
        within_us = clock_doubt_us(self.scope, entry.log.party, party)
        return Received(from_us=from_us, to_us=to_us, within_us=within_us, cites=cites)

    def _party(self, origin: str) -> str:
        return self.scope.logs[origin].name.party if origin in self.scope.logs else ""

    # ---- acts ------------------------------------------------------------------------------------

    def status(self) -> Iterator[Status]:
        """Yield each party's acts on its side that have, or will have, an effect."""
        for line, acts in sorted(self.scope.line_acts.items()):
            for entry in acts.values():
                if isinstance(entry.body, LineDeclared):
                    yield from self._act(entry, entry.body, line)
        for entry in self.scope.terms.declared.values():
            if isinstance(entry.body, AgreementDeclared):
                yield from self._act(entry, entry.body, "")

    def _act(
        self, entry: Entry, body: LineDeclared | AgreementDeclared, line: str
    ) -> Iterator[Status]:
        effective_us = max(body.effective_us, written_us(entry))
        if body.value == "withdrawn" and self.scope.rules.version >= 3:
            # Withdrawing is the act of two: without the second it has no effect.
            sight = Sight(self.state.party)
            people = people_on(self.scope, entry, US_MAX, sight, state=self.state)
            if len(people) < 2:
                return
            effective_us = max(effective_us, people[1][0])
        agreement = self.state.agreement(self.scope.agreement_id)
        others = [p.id for p in agreement.parties] if agreement is not None else []
        yield Status(
            cite=self._tell(entry, f"{body.value} from {format_second(effective_us)}"),
            at_us=written_us(entry), by=entry.log.party, agreement=self.scope.agreement_id,
            value=body.value, effective_us=effective_us, line=line, immediate=body.immediate,
            received={p: self.received(entry, p) for p in others if p != entry.log.party},
        )  # fmt: skip

    def present(self) -> Iterator[Present]:
        """Yield who said that somebody is, or is no longer, at a post of its own."""
        for (line, party), acts in sorted(self.scope.presence.items()):
            for entry in acts.values():
                if isinstance(entry.body, PresenceDeclared):
                    yield Present(
                        cite=cite_of(key_of(entry)), at_us=written_us(entry), by=party,
                        agreement=self.scope.agreement_id, line=line, post=entry.body.post,
                        present=entry.body.present,
                    )  # fmt: skip

    def calls(self) -> Iterator[Called]:
        """Yield telephone calls as each end entered them."""
        for entry in self.scope.line.calls.values():
            body = entry.body
            if isinstance(body, CallLogged):
                yield Called(
                    cite=self._tell(entry, f"call with {body.party}, {body.outcome}"),
                    at_us=written_us(entry), by=entry.log.party,
                    agreement=self.scope.agreement_id, line=body.line, other=body.party,
                    outcome=body.outcome, began_us=body.began_us, direction=body.direction,
                    subject=body.subject, of=tuple(cite_of(r.key) for r in entry.ref),
                )  # fmt: skip

    # ---- zones and intents -----------------------------------------------------------------------

    def _zone_act(self, name: str, entry: Entry) -> None:
        body = entry.body
        assert isinstance(body, ZoneActivity | ZonePromulgation)
        activity = isinstance(body, ZoneActivity)
        value = body.activity if isinstance(body, ZoneActivity) else body.promulgation
        agreement = self.state.agreement(self.scope.agreement_id)
        others = tuple(p.id for p in agreement.parties) if agreement is not None else ()
        self.zone_words.append(
            ZoneWord(
                cite=self._tell(entry, f"{name} {value}"), at_us=written_us(entry),
                by=entry.log.party, agreement=self.scope.agreement_id, zone=name,
                what="activity" if activity else "promulgation", value=value, from_us=body.from_us,
                to=tuple(p for p in others if p != entry.log.party),
                received={p: self.received(entry, p) for p in others if p != entry.log.party},
            )
        )  # fmt: skip

    def _intents(self) -> None:
        flown: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.scope.intent_changes.values():
            if isinstance(entry.body, IntentChanged):
                flown.setdefault((entry.log.party, entry.body.intent), []).append(entry)
        for entry in sorted(self.scope.intents.values(), key=rank_of):
            if isinstance(entry.body, IntentFiled):
                try:
                    intent = record_of(entry.body.intent, Intent)
                except Fault:
                    continue
                if intent.party == entry.log.party:
                    self._intent(entry, intent, flown.get((intent.party, intent.id), []))

    def _intent(self, entry: Entry, intent: Intent, changes: list[Entry]) -> None:
        begins = [v.from_us for v in intent.volumes if v.from_us is not None]
        ends = [v.to_us for v in intent.volumes if v.to_us is not None]
        states = {
            (e.body.state, written_us(e)) for e in changes if isinstance(e.body, IntentChanged)
        }
        over = [at_us for word, at_us in states if word == "Ended"]
        cite = self._tell(entry, f"intent {intent.id} of flight {intent.flight}")
        agreement = self.scope.agreement_id
        self.planned.append(
            Planned(
                cite=cite, at_us=written_us(entry), by=intent.party, agreement=agreement,
                intent=intent.id, flight=intent.flight, aircraft_class=intent.aircraft_class,
                priority=intent.priority, from_us=min(begins, default=None),
                to_us=max(ends, default=None),
                area_m2=self._ground_m2(intent),
                flown=any(word in ("Activated", "Nonconforming") for word, _ in states),
                ended_us=min(over, default=None), to=entry.audience or entry.to,
            )
        )  # fmt: skip
        begun = [at_us for word, at_us in states if word == "Activated"]
        self.flights.append(
            Flown(
                cite=cite, at_us=min(begun, default=min(begins, default=written_us(entry))),
                by=intent.party, agreement=agreement, flight=intent.flight,
                aircraft_class=intent.aircraft_class, priority=intent.priority,
            )
        )  # fmt: skip

    def _ground_m2(self, intent: Intent) -> float:
        """Return the ground that an intent takes up, as the rules count it, where a clause asks."""
        agreement = self.state.agreement(self.scope.agreement_id)
        clauses = agreement.clauses if agreement is not None else ()
        if not any(isinstance(clause, IntentLimits) for clause in clauses):
            return 0.0
        return sum(area_m2(volume.shape) for volume in intent.volumes)

    def alerts(self) -> Iterator[Alerted]:
        """Yield the warnings that nodes wrote down."""
        for entry in sorted(self.scope.alerts.values(), key=rank_of):
            body = entry.body
            if isinstance(body, Alert):
                who = ", ".join(body.aircraft)
                yield Alerted(
                    cite=self._tell(entry, f"{body.what} alert, {who}"), at_us=written_us(entry),
                    by=entry.log.party, agreement=self.scope.agreement_id, what=body.what,
                    aircraft=body.aircraft, parties=body.parties, clause=body.clause,
                    object=body.object or "",
                )  # fmt: skip

    # ---- units, standing notices, incidents ------------------------------------------------------

    def units_asked(self) -> Iterator[UnitsAsked]:
        """Yield which units each party wants told."""
        for about, table in self.scope.terms.required.items():
            for entry in table.values():
                if isinstance(entry.body, UnitsRequired):
                    yield UnitsAsked(
                        cite=self._tell(entry, f"units of {entry.log.party} to be told"),
                        at_us=written_us(entry), by=entry.log.party,
                        agreement=self.scope.agreement_id, of=cite_of(about),
                        units=entry.body.units, due_us=entry.body.due_us,
                    )  # fmt: skip

    def units_told(self) -> Iterator[UnitTold]:
        """Yield which units have said, or are said, to have a notice."""
        for about, table in self.scope.terms.receipted.items():
            for entry in table.values():
                body = entry.body
                if isinstance(body, UnitReceipted) and self._of_these_bytes(entry):
                    yield UnitTold(
                        cite=self._tell(entry, f"{body.unit} told, by {body.by}"),
                        at_us=written_us(entry), by=entry.log.party,
                        agreement=self.scope.agreement_id, of=cite_of(about), unit=body.unit,
                        says_us=body.at_us, loaded=body.loaded, voice=body.by == "voice",
                        later=self._later(entry),
                    )  # fmt: skip

    def confirmed(self) -> Iterator[Confirmed]:
        """Yield which notices their senders said still stand."""
        for about, table in self.scope.terms.confirmed.items():
            for entry in table.values():
                if isinstance(entry.body, NoticeConfirmed) and self._of_these_bytes(entry):
                    yield Confirmed(
                        cite=self._tell(entry, "notice still stands"), at_us=written_us(entry),
                        by=entry.log.party, agreement=self.scope.agreement_id, of=cite_of(about),
                        until_us=entry.body.until_us, later=self._later(entry),
                    )  # fmt: skip

    def _later(self, entry: Entry) -> Later | None:
        return shown_later(self.scope, entry, self.times, self.state.party)

    def _later_signed(self, entry: Entry, people: list[tuple[int, str, Key]]) -> Later | None:
        keys = {key for _, _, key in people[:PEOPLE]}
        signed = self.scope.acts_of("act.signed", entry.log.party)
        return latest([self._later(entry), *(self._later(signed[k]) for k in keys if k in signed)])

    def _of_these_bytes(self, entry: Entry) -> bool:
        """Whether an entry names the very bytes of the message it is about, where that is held."""
        thread = self.scope.threads.get(entry.ref[0].key)
        return thread is None or thread.said is None or entry.ref[0].leaf == thread.leaf

    def renewed(self) -> Iterator[Renewed]:
        """Yield which parties renewed a text of the agreement, each since two people signed it."""
        texts = {text.sha256 for text in chain_of(self.scope)}
        for sha256, table in self.scope.terms.renewed.items():
            for key, entry in table.items():
                people = people_on_act(self.scope, key)
                counts = len(people) >= PEOPLE and (sha256 in texts or not texts)
                if isinstance(entry.body, AgreementRenewed) and counts:
                    yield Renewed(
                        cite=self._tell(entry, "renewed"),
                        at_us=max(people[PEOPLE - 1][0], written_us(entry)), by=entry.log.party,
                        agreement=self.scope.agreement_id, until_us=entry.body.until_us,
                        later=self._later_signed(entry, people),
                    )  # fmt: skip

    def undelivered(self) -> Iterator[Undelivered]:
        """Yield which messages were not stored or displayed, as their senders say."""
        for about, table in self.scope.line.undelivered.items():
            for entry in table.values():
                if isinstance(entry.body, MessageUndelivered):
                    yield Undelivered(
                        cite=self._tell(entry, f"not {entry.body.duty} at {entry.body.party}"),
                        at_us=written_us(entry), by=entry.log.party,
                        agreement=self.scope.agreement_id, of=cite_of(about),
                        party=entry.body.party, duty=entry.body.duty,
                    )  # fmt: skip

    def incidents(self) -> Iterator[Incident]:
        """Yield the incidents in each party's register."""
        for entry in self.scope.terms.incidents.values():
            body = entry.body
            if isinstance(body, IncidentRegistered):
                yield Incident(
                    cite=self._tell(entry, f"incident {body.incident}, {body.kind}"),
                    at_us=written_us(entry), by=entry.log.party,
                    agreement=self.scope.agreement_id, incident=body.incident, kind=body.kind,
                    from_us=body.from_us, to_us=body.to_us,
                )  # fmt: skip

    def hidden(self) -> Iterator[Hidden]:
        """Yield the entries whose words are not held here."""
        for key, entry in sorted(self.scope.sealed.items()):
            yield Hidden(
                cite=cite_of(key), at_us=written_us(entry), by=entry.log.party,
                agreement=self.scope.agreement_id, type=entry.type,
            )  # fmt: skip
