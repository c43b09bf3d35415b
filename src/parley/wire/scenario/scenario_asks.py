"""What a scenario's texts leave open: words for lines and zones that do not go together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parley.world.agreement import Agreement
from parley.world.scenario import Assertion, Claim, ScenarioMessage, TermAsk
from parley.world.terms import check_terms


def asks_of(
    agreements: Iterable[Agreement],
    claims: Iterable[Claim],
    assertions: Iterable[Assertion],
    messages: Iterable[ScenarioMessage],
) -> tuple[TermAsk, ...]:
    """Return the questions to whoever wrote the texts, in the order of the file.

    Nothing is taken for one thing or another: an answer is the writer's, and none is needed to go
    on.
    """
    texts = _texts(agreements, claims, assertions, messages)
    return tuple(
        TermAsk(where=where, by=by, query=query)
        for where, by, text, about in texts
        for query in check_terms(text, about=about)
    )


def _texts(
    agreements: Iterable[Agreement],
    claims: Iterable[Claim],
    assertions: Iterable[Assertion],
    messages: Iterable[ScenarioMessage],
) -> Iterator[tuple[str, str, str, str]]:
    """Yield where a text stands, who wrote it, the text, and the name of what it speaks of."""
    for agreement in agreements:
        if agreement.clauses or agreement.asserted_by:
            by = ", ".join(agreement.asserted_by)
            yield f"agreement {agreement.id}", by, agreement.title, agreement.id
    for claim in claims:
        yield f"claim {claim.id}", claim.by, claim.says, claim.about
    for number, said in enumerate(assertions):
        text = said.value.replace("_", " ")
        yield f"line_state_assertions[{number}]", said.by, text, said.line
    for message in messages:
        # What a field names is a name: only what a person wrote is read.
        text = "\n".join(dict.fromkeys(filter(None, (message.subject, message.text))))
        yield f"message {message.seq}", message.sender, text.replace("_", " "), ""
