"""Messages of a scenario: types of the norms, normalised fields, lines, answers and read-backs."""

from __future__ import annotations

from collections.abc import Sequence

from parley.wire.scenario.scenario_clauses import ANSWERS, KINDS_OF_OPENERS, TYPES_BY_SUBJECT
from parley.wire.scenario.scenario_reading import (
    TIMELINE_NAME,
    Words,
    instant_us,
    plain_text,
    position_of,
    unknown_word,
)
from parley.wire.scenario.scenario_records import MessageDoc
from parley.world.agreement import Agreement
from parley.world.clauses import Ring, ZoneRule
from parley.world.faults import InputFault
from parley.world.norms import MessageClass, allowed_answers, message_type
from parley.world.scenario import (
    ScenarioMessage,
)
from parley.world.time import (
    format_instant,
)

_TEXT_FIELDS = (
    "about", "activity", "area", "boundary", "corridor", "dimension", "flight", "level",
    "named_place", "nonce", "part", "pick_up", "place", "reason_code", "reference", "third",
    "value", "volume", "zone",
)  # fmt: skip
_INSTANT_FIELDS = ("due", "effective", "from_time", "time", "until")
_POSITION_FIELDS = ("centre", "position")
_LIST_FIELDS = ("measures", "wants")


def flat(prefix: str, value: object) -> dict[str, str]:
    """Return nested values as dotted names with text."""
    if isinstance(value, dict):
        nested = (flat(f"{prefix}.{k}" if prefix else str(k), v) for k, v in value.items())
        return {name: text for part in nested for name, text in part.items()}
    return {prefix: plain_text(value)}


def _fields(doc: MessageDoc, where: str) -> dict[str, str]:
    """Return what a message says as normalised text: the form in which it is sent and read back."""
    fields = {name: plain_text(v) for name in _TEXT_FIELDS if (v := getattr(doc, name)) is not None}
    for name in _INSTANT_FIELDS:
        if (value := getattr(doc, name)) is not None:
            fields[name] = format_instant(instant_us(value, f"{where} {name}"))
    for name in _POSITION_FIELDS:
        if (value := getattr(doc, name)) is not None:
            position = position_of(value, f"{where} {name}")
            fields[name] = f"{position.lat_deg:.6f},{position.lon_deg:.6f}"
    for name in _LIST_FIELDS:
        if (value := getattr(doc, name)) is not None:
            fields[name] = plain_text(value)
    if doc.window is not None:
        start, end = (instant_us(t, f"{where} window") for t in doc.window)
        if start >= end:
            raise InputFault(
                f"{where} window", value=plain_text(doc.window), wanted="an end after its start"
            )
        fields["window"] = f"{format_instant(start)}/{format_instant(end)}"
    if doc.status is not None:
        fields["activity"] = doc.status
    fields |= flat("limits", doc.limits) if doc.limits is not None else {}
    return fields | (flat("", doc.fields) if doc.fields is not None else {})


def _valid_until_us(doc: MessageDoc, where: str) -> int | None:
    """Return until when a message can be taken; None where it does not say."""
    if doc.valid_until is None:
        return None
    until_us = instant_us(doc.valid_until, f"{where} valid_until")
    if until_us <= instant_us(doc.t, where):
        raise InputFault(
            f"{where} valid_until", value=doc.valid_until, wanted="a time after it is said"
        )
    return until_us


class MessageReader:
    """The messages of a timeline in the making: answers need their openers."""

    def __init__(self, docs: Sequence[MessageDoc], agreements: Sequence[Agreement]) -> None:
        self._docs = {doc.seq: doc for doc in docs}
        self._agreements = agreements
        self._read: dict[int, ScenarioMessage] = {}
        if len(self._docs) < len(docs):
            seqs = [doc.seq for doc in docs]
            twice = next(seq for seq in seqs if seqs.count(seq) > 1)
            raise InputFault(f"{TIMELINE_NAME} message seq", value=twice, wanted="each seq once")

    def all(self) -> tuple[ScenarioMessage, ...]:
        """Return the messages in the order of the file, without the derived ones."""
        return tuple(self._message(doc) for doc in self._docs.values() if not doc.derived)

    def _message(self, doc: MessageDoc) -> ScenarioMessage:
        if doc.seq not in self._read:
            where = f"{TIMELINE_NAME} message {doc.seq}"
            if doc.kind in ANSWERS:
                self._read[doc.seq] = self._answer(doc, where)
            elif doc.kind in KINDS_OF_OPENERS:
                self._read[doc.seq] = self._opener(doc, where)
            else:
                raise unknown_word(f"{where} kind", doc.kind, (*KINDS_OF_OPENERS, *ANSWERS))
        return self._read[doc.seq]

    def _spoken_of(self, doc: MessageDoc, where: str) -> MessageDoc:
        found = self._docs.get(doc.of) if doc.of is not None else None
        if found is None or found.derived:
            raise InputFault(f"{where} of", value=doc.of, wanted="the seq of a message")
        return found

    def _opener(self, doc: MessageDoc, where: str) -> ScenarioMessage:
        name = TYPES_BY_SUBJECT.get((doc.kind, doc.subject), KINDS_OF_OPENERS[doc.kind])
        message_class: MessageClass = message_type(name).message_class
        if doc.kind == "urgent" and name == "free.text":
            message_class = "URGENT"
        if doc.of is not None:
            self._spoken_of(doc, where)
        to = (doc.to,) if isinstance(doc.to, str) else doc.to
        line, agreement = self._line(doc, to, where)
        within_s = doc.ack_deadline_s
        if within_s is not None and not 0 < within_s < 1e9:
            raise InputFault(f"{where} ack_deadline_s", value=within_s, wanted="seconds above 0")
        return ScenarioMessage(
            seq=doc.seq,
            at_us=instant_us(doc.t, where),
            sender=doc.sender,
            to=to,
            kind=doc.kind,
            line=line,
            agreement=agreement,
            type=name,
            message_class=message_class,
            of=doc.of,
            subject=doc.subject,
            text=doc.text or doc.subject,
            fields=_fields(doc, where),
            requires=doc.requires,
            answer_within_s=within_s,
            valid_until_us=_valid_until_us(doc, where),
        )

    def _answer(self, doc: MessageDoc, where: str) -> ScenarioMessage:
        spoken_of = self._spoken_of(doc, where)
        if spoken_of.kind in ANSWERS:
            raise InputFault(
                f"{where} of", value=doc.of, wanted="a message that is no answer itself",
                repair="an answer is put right by a correction",
            )  # fmt: skip
        opener = self._message(spoken_of)
        said = {
            name: opener.fields[name] for name in opener.norms.read_back if name in opener.fields
        }
        changed = _fields(doc, where)
        reads_back = doc.kind == "read_back"
        if doc.matches is False and reads_back and (said | changed) == said:
            raise InputFault(
                f"{where} matches", value="false", wanted="the field that was read back otherwise"
            )
        return ScenarioMessage(
            seq=doc.seq,
            at_us=instant_us(doc.t, where),
            sender=doc.sender,
            to=(doc.to,) if isinstance(doc.to, str) else doc.to,
            kind=doc.kind,
            line=opener.line,
            agreement=opener.agreement,
            message_class=opener.message_class,
            answer=allowed_answers(opener.norms)[1 if doc.kind == "refusal" else 0],
            of=doc.of,
            subject=doc.subject,
            text=doc.text,
            fields=said | changed if reads_back else changed,
            reads_back=reads_back,
        )

    def _line(self, doc: MessageDoc, to: Words, where: str) -> tuple[str, str]:
        """Return the line that a message travels on, and its agreement."""
        lines = [(line, a.id) for a in self._agreements for line in a.lines]
        if doc.line is not None:
            for line, agreement_id in lines:
                if line.id == doc.line:
                    return line.id, agreement_id
            raise unknown_word(f"{where} line", doc.line, [line.id for line, _ in lines])
        holding = [(n, a) for n, a in lines if {doc.sender, *to} <= set(n.parties)]
        if not holding:
            raise InputFault(
                f"{where} from {doc.sender} to {', '.join(to)}",
                wanted="a line of communication with all of them at its ends",
            )
        # What speaks of a zone that an agreement has a clause about is said under that agreement.
        about = {a.id for a in self._agreements if doc.zone in _zones_ruled(a)}
        line, agreement_id = min(
            holding, key=lambda pair: (pair[1] not in about, len(pair[0].parties))
        )
        return line.id, agreement_id


def _zones_ruled(agreement: Agreement) -> set[str]:
    """Return the zones and rings that the clauses of an agreement name."""
    return {c.zone for c in agreement.clauses if isinstance(c, ZoneRule)} | {
        c.ring for c in agreement.clauses if isinstance(c, Ring)
    }
