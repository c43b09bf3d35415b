"""`parley assess`: what a post assesses before it decides, until when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import (
    AGREEMENT,
    JSON,
    NODE,
    OPERATOR_KEY,
    POST,
    TOKEN,
    act,
    client_of,
    print_rows,
)

if TYPE_CHECKING:
    from parley.app.client import Client

_NOBODY = ("", -1)


def assess(
    subject: Annotated[
        str, typer.Argument(metavar="[SUBJECT]", help="What is assessed, in a few words.")
    ] = "",
    *,
    node: Annotated[str, NODE],
    about: Annotated[
        tuple[str, int], typer.Option(metavar="LOG INDEX", help="The entry that it is about.")
    ] = _NOBODY,
    until: Annotated[
        str, typer.Option(metavar="TIME", help="When it expires, RFC 3339; else as the norms say.")
    ] = "",
    lasting: Annotated[str, typer.Option("--for", help="Or for how long, e.g. 10min.")] = "",
    done: Annotated[bool, typer.Option("--done", help="It is decided: the hold is over.")] = False,
    text: Annotated[str, typer.Option(help="What is looked at, for people.")] = "",
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Say what you assess before you decide, until when; without a subject print what is held.

    It expires by itself. It is no answer and no promise, and stops no deadline: a message that
    waits is still late.

    Exit codes: 0 said or printed, 2 refused, bad usage, or no such node.
    """
    from parley.world.faults import InputFault

    client = client_of(node, token)
    if not subject:
        if done or until or lasting or text or about != _NOBODY:
            raise InputFault("parley assess", wanted="a SUBJECT beside the options")
        _print(client, as_json=as_json)
        return
    body: dict[str, object] = {
        "type": "declare_assessment", "agreement": agreement_of_logs(client, about[0], agreement),
        "post": post, "subject": subject, "until_us": _until_us(client, until, lasting),
        "text": text, "done": done or None,
    }  # fmt: skip
    if about != _NOBODY:
        from parley.app.cli.shown_messages import reference_of

        body["ref"] = [reference_of(client, about)]
    act(client, body, as_json=as_json, operator_key=operator_key)


def _print(client: Client, *, as_json: bool) -> None:
    from parley.app.page_assessments import assessment_lines
    from parley.node.rules.assessments import AssessmentsSeen

    seen = client.get("/api/assessments", AssessmentsSeen)
    texts = [line for each in seen.shown for line in assessment_lines(each)]
    texts += [f"{count} more by {party}" for party, count in seen.more.items()]
    print_rows(seen.shown, texts or ["nothing is being assessed in the logs held here"],
               as_json=as_json)  # fmt: skip


def _until_us(client: Client, until: str, lasting: str) -> int | None:
    from parley.app.cli.acts import now_us_of
    from parley.world.faults import InputFault
    from parley.world.time import parse_instant_us
    from parley.world.units import parse_seconds

    if until and lasting:
        raise InputFault("parley assess", value="--until and --for", wanted="one of them")
    if until:
        return parse_instant_us(until, "--until")
    if lasting:
        return now_us_of(client) + round(parse_seconds(lasting, "--for") * 1_000_000)
    return None


def agreement_of_logs(client: Client, log: str, agreement: str) -> str:
    """Return the agreement: the one named, that of the entry, or the only one that there is."""
    from parley.app.views import LogView
    from parley.node.entries import log_name
    from parley.world.faults import InputFault

    if agreement:
        return agreement
    if log:
        return log_name(log).agreement
    logs = client.get("/api/logs", tuple[LogView, ...])
    known = sorted({log_name(each.origin).agreement for each in logs})
    if len(known) != 1:
        raise InputFault("--agreement", value="", wanted=f"one of {', '.join(known) or 'none'}")
    return known[0]
