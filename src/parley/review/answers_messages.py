"""One answer per message: its duties and what it brought about, put together."""

from __future__ import annotations

import msgspec

from parley.review.answers_acts import (
    DemandAnswer,
    DistributionAnswer,
    IssueAnswer,
    PassageAnswer,
    PositionAnswer,
    SuspensionAnswer,
    check_position,
    demand,
    distribution,
    issue_of,
    passage_of,
    suspension_of,
)
from parley.review.answers_calls import tried
from parley.review.answers_duties import (
    Answered,
    DutyAnswer,
    EscalationAnswer,
    ReadBackAnswer,
    acknowledgement,
    escalations_of,
    lead_time_of,
    read_back_of,
)
from parley.world.scenario import Scenario, ScenarioMessage
from parley.world.time import format_instant


class MessageAnswer(Answered, frozen=True, kw_only=True, rename={"sender": "from"}):
    """Everything that can be said about one message."""

    seq: int
    t: str
    sender: str
    to: tuple[str, ...]
    kind: str
    line: str
    agreement: str
    message_class: str
    type: str | None = None
    answer: str | None = None
    of: int | None = None
    acknowledgement: DutyAnswer | None = None
    lead_time: DutyAnswer | None = None
    read_back: ReadBackAnswer | None = None
    read_backs: tuple[ReadBackAnswer, ...] = ()
    escalations: tuple[EscalationAnswer, ...] = ()
    distribution: DistributionAnswer | None = None
    position_check: PositionAnswer | None = None
    suspension: SuspensionAnswer | None = None
    while_suspended: PassageAnswer | None = None
    demand: DemandAnswer | None = None
    issue: IssueAnswer | None = None
    corrected_by: int | None = None


def messages(scenario: Scenario) -> list[MessageAnswer]:
    """Return one answer per message, in the order of their times."""
    ordered = sorted(scenario.messages, key=lambda m: (m.at_us, m.seq))
    return [_message(scenario, message) for message in ordered]


def _message(scenario: Scenario, message: ScenarioMessage) -> MessageAnswer:
    said = MessageAnswer(
        seq=message.seq,
        t=format_instant(message.at_us),
        sender=message.sender,
        to=message.to,
        kind=message.kind,
        line=message.line,
        agreement=message.agreement,
        message_class=message.message_class,
        type=message.type,
        answer=message.answer,
        of=message.of,
        distribution=distribution(scenario, message.seq),
        while_suspended=passage_of(scenario, message),
    )
    if message.answer is not None:
        read_back = read_back_of(scenario, message) if message.reads_back else None
        return msgspec.structs.replace(said, read_back=read_back)
    correction = scenario.correction_of(message.seq)
    read_backs = (a for a in scenario.answers_to(message.seq) if a.reads_back)
    return msgspec.structs.replace(
        said,
        acknowledgement=acknowledgement(scenario, message),
        lead_time=lead_time_of(scenario, message),
        read_backs=tuple(read_back_of(scenario, answer) for answer in read_backs),
        escalations=tried(scenario, message, tuple(escalations_of(scenario, message))),
        position_check=check_position(scenario, message),
        suspension=suspension_of(scenario, message),
        demand=demand(scenario, message),
        issue=issue_of(scenario, message),
        corrected_by=correction.seq if correction else None,
    )
