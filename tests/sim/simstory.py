"""Operators and faults for a simulated world, and what must hold at its end."""

from __future__ import annotations

from simworld import SECOND_US, Faults, SimWorld

from parley.app.crank import Crank
from parley.node.entries import MessageSaid
from parley.node.inputs import (
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
from parley.node.rules.hotline import closing_answer, find_thread
from parley.node.state import Key, Thread, digest, key_of
from parley.world.agreement import (
    Acknowledgement,
    Agreement,
    Line,
    LineEnd,
    Party,
    Separation,
    Suspension,
)
from parley.world.geo import Position
from parley.world.intent import Intent
from parley.world.norms import norms
from parley.world.shape import Circle
from parley.world.verdict import EscalationStep
from parley.world.volume import Volume4D
from parley.world.zone import Zone

ANSWERS = ("WILCO", "UNABLE", "ROGER", "AFFIRM", "NEGATIVE", "REPLY")


def agreement_of(name: str, parties: tuple[str, ...]) -> Agreement:
    return Agreement(
        id=name,
        parties=tuple(Party(id=p, posts=("desk", "duty-officer", "commander")) for p in parties),
        lines=(
            Line(id=f"LINE-{name}", ends=tuple(LineEnd(party=p, post="desk") for p in parties)),
        ),
        clauses=(
            Separation(id="C1", horizontal_m=5556.0, vertical_m=914.4, dwell_s=180.0),
            Acknowledgement(
                id="C2",
                within_s=60.0,
                message_class="URGENT",
                escalate=(
                    EscalationStep(after_s=60.0, post="duty-officer"),
                    EscalationStep(after_s=180.0, post="commander"),
                ),
            ),
            Suspension(id="C3", notice_s=60.0),
        ),
        zones=(
            Zone(
                id="Z1",
                kind="zone",
                shape=Circle(centre=Position(lat_deg=35.5, lon_deg=38.5), radius_m=8000.0),
                owner=parties[0],
            ),
        ),
    )


def two() -> list[Agreement]:
    return [agreement_of("AB", ("ALFA", "BRAVO"))]


def three() -> list[Agreement]:
    return [
        agreement_of("ABC", ("ALFA", "BRAVO", "CHARLIE")),
        agreement_of("BC", ("BRAVO", "CHARLIE")),
    ]


class Story:
    """What happens in one world: operators say, answer, mistype, sleep; links break; nodes die."""

    def __init__(self, seed: int) -> None:
        draw = SimWorld(seed, two(), Faults()).random
        faults = Faults(
            loss=draw.choice([0.0, 0.0, 0.05, 0.2]),
            double=draw.choice([0.0, 0.1]),
            delay_s=draw.choice([(0.01, 0.2), (0.5, 3.0), (0.0, 8.0)]),
            reorder=draw.random() < 0.3,
        )
        self.agreements = two() if seed % 2 else three()
        self.world = SimWorld(seed, self.agreements, faults)
        self.random = self.world.random
        self.length_s = 300.0
        for party in self.world.identities:
            self._plan_operator(party)
        self._plan_faults()

    def _plan_operator(self, party: str) -> None:
        for _ in range(self.random.randint(2, 6)):
            self.world.after(self.random.uniform(0, self.length_s), lambda: self._say(party))
        for _ in range(self.random.randint(0, 2)):
            self.world.after(self.random.uniform(0, self.length_s), lambda: self._act(party))
        start_s = self.random.uniform(0, self.length_s)
        for step in range(self.random.choice([0, 6])):
            self.world.after(start_s + 5 * step, lambda n=step: self._tracks(party, n))

    def _plan_faults(self) -> None:
        parties = sorted(self.world.identities)
        for _ in range(self.random.randint(0, 2)):
            a, b = self.random.sample(parties, 2)
            seconds, one_way = self.random.uniform(10, 120), self.random.random() < 0.4
            self.world.after(
                self.random.uniform(0, self.length_s),
                lambda a=a, b=b, s=seconds, o=one_way: self.world.partition(
                    a, b, seconds=s, one_way=o
                ),
            )
        for _ in range(self.random.randint(0, 3)):
            party = self.random.choice(parties)
            when = self.random.choice(["now", "before append", "after append"])
            self.world.after(
                self.random.uniform(0, self.length_s), lambda p=party, w=when: self._kill(p, w)
            )

    def _kill(self, party: str, when: str) -> None:
        if when == "now":
            self.world.crash(party, back_after_s=self.random.uniform(1, 60))
        else:
            self.world.crash_next[party] = when

    def _somewhere(self, party: str) -> Agreement:
        return self.random.choice(
            [a for a in self.agreements if party in {p.id for p in a.parties}]
        )

    def _say(self, party: str) -> None:
        agreement = self._somewhere(party)
        others = [p.id for p in agreement.parties if p.id != party]
        kind = self.random.choice(norms().types)
        fields = {name: f"{name}-{self.random.randint(1, 9)}" for name in kind.read_back}
        to = tuple(self.random.sample(others, self.random.randint(1, len(others))))
        valid_s = self.random.uniform(20, 200)
        for addressee in to if kind.guarded else ():
            consent = GiveConsent(agreement=agreement.id, post="desk", addressee=addressee)
            self.world.give(party, consent)
        turned = self.world.give(
            party,
            Say(
                agreement=agreement.id,
                line=f"LINE-{agreement.id}",
                post="desk",
                to=to,
                message_type=kind.name,
                text="text",
                fields=fields,
                answer_within_s=self.random.choice([None, 20.0, 60.0]),
                valid_until_us=self.world.now_us + round(valid_s * SECOND_US)
                if kind.guarded
                else None,
                addressees_only=self.random.random() < 0.2,
            ),
        )
        for entry in turned.written if turned else ():
            if isinstance(entry.body, MessageSaid):
                for addressee in entry.to:
                    delay_s = self.random.uniform(1, 150)
                    self.world.after(
                        delay_s, lambda a=addressee, e=entry: self._answer(a, key_of(e), tries=5)
                    )

    def _answer(self, party: str, key: Key, tries: int) -> None:
        """A person answers when the message is there: rightly, mistyped, or never."""
        crank = self.world.nodes[party]
        scopes = list(crank.state.scopes.values()) if crank is not None else []
        known = any(key in s.threads and s.threads[key].said is not None for s in scopes)
        if crank is None or not known:
            if tries:
                self.world.after(20, lambda: self._answer(party, key, tries - 1))
            return
        if self.random.random() < 0.25:
            return
        self.world.give(party, Display(ref=key, post="desk"))
        gone = all(key not in s.threads or s.threads[key].said is None for s in scopes)
        if self.world.nodes[party] is not crank or gone:
            # It died over it, or the notice had expired and was destroyed.
            return
        _, thread = find_thread(crank.state, key)
        fields = {name: thread.body.fields.get(name, "") for name in thread.body.read_back}
        if fields and self.random.random() < 0.2:
            fields[next(iter(fields))] += "x"
        allowed = [a for a in thread.body.answers if a in ANSWERS] or ["ROGER"]
        self.world.give(
            party, Answer(ref=key, post="desk", answer=self.random.choice(allowed), fields=fields)
        )

    def _act(self, party: str) -> None:
        agreement = self._somewhere(party)
        line = f"LINE-{agreement.id}"
        value = self.random.choice(["suspended", "in force"])
        here = Circle(centre=Position(lat_deg=35.5, lon_deg=38.5), radius_m=2000.0)
        begin_us = self.world.now_us
        volume = Volume4D(shape=here, from_us=begin_us, to_us=begin_us + 600 * SECOND_US)
        intent = Intent(id=f"I-{begin_us}", party=party, flight="F1", volumes=(volume,))
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
        self.world.give(party, act)

    def _tracks(self, party: str, step: int) -> None:
        """Two aircraft close in on each other, 200 m/s each, level."""
        others = sorted(self.world.identities[party].peers)
        reports = tuple(
            TrackReport(
                aircraft=f"{whose}-1",
                at_us=self.world.now_us,
                lat_deg=35.5,
                lon_deg=38.4 + way * (0.1 - 0.011 * step),
                altitude_m=5000.0,
                altitude_reference="AMSL",
                party=whose,
            )
            for whose, way in ((party, -1), (others[0], 1))
        )
        self.world.give(party, TrackReports(feed="F", reports=reports))

    # ---- the end

    def play(self) -> None:
        self.world.run(self.length_s)
        self.world.heal()
        self.world.run(420)

    def check(self) -> None:
        for party in self.world.identities:
            crank = self.world.node(party)
            self._check_same_as_refold(party, crank)
            self._check_payloads(party, crank)
            for scope in crank.state.scopes.values():
                for thread in scope.messages():
                    if thread.said is not None and thread.said.log.party == party:
                        self._check_message(party, thread)
        self._check_agreement()
        self._check_receipts()

    def _check_same_as_refold(self, party: str, crank: Crank) -> None:
        again = self.world.crank(party)
        for name, scope in crank.state.scopes.items():
            assert digest(again.state.scope(name)) == digest(scope), (
                f"{party} {name}: refold differs"
            )

    def _check_payloads(self, party: str, crank: Crank) -> None:
        """Each holds every payload that is for it and was not destroyed, and no other.

        Not destroyed: neither here, nor by its writer before it could reach us.
        """
        for scope in crank.state.scopes.values():
            destroyed = {
                (act.log.party, act.ref[0].key)
                for act in scope.custody.get("payload.destroyed", {}).values()
            }
            for key, entry in scope.sealed.items():
                about = (key, *(ref.key for ref in entry.ref))
                who = (party, entry.log.party)
                gone = any((p, k) in destroyed for p in who for k in about)
                meant = entry.audience is None or party in entry.audience
                assert gone or not meant, f"{party} lacks the payload of {key}"
            for origin in scope.logs:
                for index in self.world.stores[party].openings(origin, 0, 10**9):
                    audience = scope.narrow.get((origin, index), (party,))
                    assert party in audience, f"{party} holds the payload of {origin} {index}"

    def _check_message(self, party: str, thread: Thread) -> None:
        assert thread.said is not None
        now_us = self.world.now_us
        for addressee in thread.said.to:
            closed = closing_answer(thread, addressee)
            due_us = thread.body.answer_due_us
            if closed is None and due_us is not None and due_us < now_us - 2 * SECOND_US:
                assert (addressee, "answer") in thread.overdue, (
                    f"{party} {thread.key}: no overdue entry"
                )
            if closed is not None and thread.body.read_back:
                check = thread.checks.get(key_of(closed))
                assert check is not None, f"{party} {thread.key}: closed without its read-back"

    def _check_agreement(self) -> None:
        for agreement in self.agreements:
            parties = [p.id for p in agreement.parties]
            digests = {p: digest(self.world.node(p).state.scope(agreement.id)) for p in parties}
            assert len(set(digests.values())) == 1, f"{agreement.id}: states differ: {digests}"

    def _check_receipts(self) -> None:
        """Nothing that a peer ever acknowledged is lost, at the peer or at home."""
        for (origin, peer), size in self.world.receipts.items():
            held = self.world.node(peer).state.log(origin)
            assert held.tree.size >= size, f"{peer} lost entries of {origin}"
            assert held.tree.root(size) == self.world.signed[(origin, size)]
            writer = held.name.party
            assert self.world.node(writer).state.log(origin).tree.size >= size
