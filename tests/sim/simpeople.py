"""Operators of a simulated world: they say, answer, refuse, mistype, put off, and fall asleep."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from simworld import SECOND_US, SimWorld

from parley.node.entries import MessageSaid
from parley.node.inputs import (
    AcknowledgeAlarm,
    Answer,
    BePresent,
    DeclareLine,
    Display,
    FileIntent,
    GiveConsent,
    Promulgate,
    Say,
    SetActivity,
    TrackReports,
)
from parley.node.picture import TrackReport
from parley.node.rules.alarms import alarms, sounding
from parley.node.rules.hotline import find_thread
from parley.node.state import Key, key_of
from parley.world.agreement import Agreement
from parley.world.faults import InputFault
from parley.world.geo import Position
from parley.world.intent import Intent
from parley.world.norms import norms
from parley.world.shape import Circle
from parley.world.volume import Volume4D

ANSWERS = ("WILCO", "UNABLE", "ROGER", "AFFIRM", "NEGATIVE", "REPLY")
REFUSALS = ("UNABLE", "NEGATIVE")
REASONS = ("not in my power", "the range is hot until noon", "ask the other post")


@dataclass
class Operator:
    """The person at the desk of one party.

    Attributes:
        naps_us: when he is asleep: nothing is answered then, and late afterwards.
        did: what he did, by kind.
        took: the alarms that he has taken, by agreement and name.
    """

    world: SimWorld
    party: str
    agreements: list[Agreement]
    naps_us: list[tuple[int, int]] = field(default_factory=list)
    did: dict[str, int] = field(default_factory=dict)
    took: set[tuple[str, str]] = field(default_factory=set)

    @property
    def random(self) -> Random:
        return self.world.random

    def _count(self, what: str) -> None:
        self.did[what] = self.did.get(what, 0) + 1

    def somewhere(self) -> Agreement:
        """Return an agreement of his, by chance."""
        own = [a for a in self.agreements if self.party in {p.id for p in a.parties}]
        return self.random.choice(own)

    def sleep(self, from_s: float, for_s: float) -> None:
        """Let him fall asleep for a while."""
        from_us = self.world.now_us + round(from_s * SECOND_US)
        self.naps_us.append((from_us, from_us + round(for_s * SECOND_US)))

    # ---- what he says ---------------------------------------------------------------------------

    def say(self) -> None:
        """Say something of any type, with his life's luck in typing."""
        agreement = self.somewhere()
        others = [p.id for p in agreement.parties if p.id != self.party]
        kind = self.random.choice(norms().types)
        fields = {name: self._field(name) for name in kind.read_back}
        to = tuple(self.random.sample(others, self.random.randint(1, len(others))))
        valid_s = self.random.uniform(20, 200)
        for addressee in to if kind.guarded else ():
            consent = GiveConsent(agreement=agreement.id, post="desk", addressee=addressee)
            self.world.give(self.party, consent)
        self.speak(
            Say(
                agreement=agreement.id,
                line=f"LINE-{agreement.id}",
                post="desk",
                to=to,
                message_type=kind.name,
                text="text",
                fields=fields,
                ref=self._about(agreement) if getattr(kind, "about", False) else (),
                answer_within_s=self.random.choice([None, 20.0, 60.0]),
                valid_until_us=self.world.clock_us(self.party) + round(valid_s * SECOND_US)
                if kind.guarded
                else None,
                addressees_only=self.random.random() < 0.2 and agreement.rules_version > 1,
            )
        )

    def _field(self, name: str) -> str:
        number = self.random.randint(1, 9)
        if name in ("centre", "position", "pick_up", "drop_off"):
            return f"35.{number},38.{number}"
        return f"{name}-{number}"

    def distress(self) -> None:
        """Call for help: it passes whatever the line is."""
        agreement = self.somewhere()
        to = tuple(p.id for p in agreement.parties if p.id != self.party)
        self._count("distress")
        self.speak(
            Say(
                agreement=agreement.id,
                line=f"LINE-{agreement.id}",
                post="desk",
                to=to,
                message_type="distress.relay",
                text="aircraft down",
                fields={"position": "35.1,38.2", "time": "10:00"},
            )
        )

    def flood(self) -> None:
        """Say more than the line's limit allows in a minute, then call for help."""
        agreement = self.somewhere()
        to = next(p.id for p in agreement.parties if p.id != self.party)
        for number in range(norms().quota.say_per_min + 3):
            self.speak(
                Say(
                    agreement=agreement.id,
                    line=f"LINE-{agreement.id}",
                    post="desk",
                    to=(to,),
                    message_type="free.text",
                    text=f"{number}",
                    wants_answer=False,
                )
            )
        self._count("flood")
        self.distress()

    def speak(self, act: Say) -> None:
        """Say it; who is addressed will answer when he has it."""
        turned = self.world.give(self.party, act)
        for entry in turned.written if turned else ():
            if isinstance(entry.body, MessageSaid):
                for addressee in entry.to:
                    self._will_answer(self.world.people[addressee], key_of(entry))

    def _will_answer(self, other: Operator, key: Key) -> None:
        self.world.after(self.random.uniform(1, 150), lambda: other.answer(key, tries=5))

    def _about(self, agreement: Agreement) -> tuple:
        crank = self.world.nodes[self.party]
        threads = crank.state.scope(agreement.id).messages() if crank is not None else []
        if not threads:
            return ()
        return (crank.state.reference(self.random.choice(threads).key),)

    # ---- what he answers ------------------------------------------------------------------------

    def answer(self, key: Key, tries: int) -> None:
        """Answer when the message is there: rightly, mistyped, refusing, later, or never."""
        now_us = self.world.now_us
        for from_us, to_us in self.naps_us:
            if from_us <= now_us < to_us:
                self._count("slept over")
                self.world.at(to_us + SECOND_US, lambda: self.answer(key, tries))
                return
        crank = self.world.nodes[self.party]
        scopes = list(crank.state.scopes.values()) if crank is not None else []
        known = any(key in s.threads and s.threads[key].said is not None for s in scopes)
        if crank is None or not known:
            if tries:
                self.world.after(20, lambda: self.answer(key, tries - 1))
            return
        if self.random.random() < 0.25:
            self._count("never answered")
            return
        self.world.give(self.party, Display(ref=key, post="desk"))
        gone = all(key not in s.threads or s.threads[key].said is None for s in scopes)
        if self.world.nodes[self.party] is not crank or gone:
            # It died over it, or the notice had expired and was destroyed.
            return
        _, thread = find_thread(crank.state, key)
        if "STANDBY" in thread.body.answers and self.random.random() < 0.15:
            self._put_off(key, thread.body)
            return
        self._close(key, thread.body)

    def _put_off(self, key: Key, body: MessageSaid) -> None:
        now_us = self.world.clock_us(self.party)
        promised_us = min(now_us + 30 * SECOND_US, body.answer_due_us or now_us)
        self._count("STANDBY")
        standby = Answer(ref=key, post="desk", answer="STANDBY", promised_us=promised_us)
        self.world.give(self.party, standby)
        self.world.after(self.random.uniform(5, 90), lambda: self._later(key))

    def _later(self, key: Key) -> None:
        crank = self.world.nodes[self.party]
        if crank is None:
            return
        try:
            _, thread = find_thread(crank.state, key)
        except InputFault:
            return
        self._close(key, thread.body)

    def _close(self, key: Key, body: MessageSaid) -> None:
        fields = {name: body.fields.get(name, "") for name in body.read_back}
        if fields and self.random.random() < 0.2:
            self._count("mistyped")
            fields[next(iter(fields))] += "x"
        allowed = [a for a in body.answers if a in ANSWERS] or ["ROGER"]
        word = self.random.choice(allowed)
        reason = ""
        if word in REFUSALS:
            self._count("refused")
            reason = self.random.choice(REASONS)
        act = Answer(ref=key, post="desk", answer=word, fields=fields, text=reason)
        self.world.give(self.party, act)

    # ---- what else he does ----------------------------------------------------------------------

    def act(self) -> None:
        """Do one thing that is no message."""
        agreement = self.somewhere()
        line = f"LINE-{agreement.id}"
        here = Circle(centre=Position(lat_deg=35.5, lon_deg=38.5), radius_m=2000.0)
        begin_us = self.world.clock_us(self.party)
        volume = Volume4D(shape=here, from_us=begin_us, to_us=begin_us + 600 * SECOND_US)
        intent = Intent(id=f"I-{begin_us}", party=self.party, flight="F1", volumes=(volume,))
        value = self.random.choice(["suspended", "in force"])
        act = self.random.choice(
            [
                DeclareLine(agreement=agreement.id, line=line, post="desk", value=value),
                BePresent(agreement=agreement.id, line=line, post="desk"),
                SetActivity(agreement=agreement.id, post="desk", zone="Z1", activity="cold"),
                Promulgate(
                    agreement=agreement.id, post="desk", zone="Z1", promulgation="requested"
                ),
                FileIntent(agreement=agreement.id, post="desk", intent=intent),
            ]
        )
        self.world.give(self.party, act)

    def suspend(self) -> None:
        """Suspend a line at once, call for help over it, and resume it later or never."""
        agreement = self.somewhere()

        def declare(value: str) -> None:
            act = DeclareLine(
                agreement=agreement.id,
                line=f"LINE-{agreement.id}",
                post="desk",
                value=value,
                effective_us=self.world.clock_us(self.party),
            )
            self.world.give(self.party, act)

        self._count("suspended")
        declare("suspended")
        self.world.after(self.random.uniform(1, 30), self.distress)
        if self.random.random() < 0.7:
            self.world.after(self.random.uniform(60, 150), lambda: declare("in force"))

    def take_alarms(self) -> None:
        """Look what sounds, and take most of it."""
        crank = self.world.nodes[self.party]
        if crank is None:
            return
        for alarm in sounding(alarms(crank.state, self.world.clock_us(self.party))):
            if self.random.random() < 0.3:
                continue
            act = AcknowledgeAlarm(agreement=alarm.agreement, alarm=alarm.name, post=alarm.post)
            if self.world.give(self.party, act) is not None:
                self._count("took an alarm")
                self.took.add((alarm.agreement, alarm.name))

    def tracks(self, step: int) -> None:
        """Two aircraft close in on each other, 200 m/s each, level."""
        others = sorted(self.world.identities[self.party].peers)
        reports = tuple(
            TrackReport(
                aircraft=f"{whose}-1",
                at_us=self.world.clock_us(self.party),
                lat_deg=35.5,
                lon_deg=38.4 + way * (0.1 - 0.011 * step),
                altitude_m=5000.0,
                altitude_reference="AMSL",
                party=whose,
            )
            for whose, way in ((self.party, -1), (others[0], 1))
        )
        self.world.give(self.party, TrackReports(feed="F", reports=reports))
