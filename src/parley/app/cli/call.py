"""`parley call` and `parley relay`: what was said by telephone, what was passed on to others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import (
    AGREEMENT,
    FIELD,
    JSON,
    NODE,
    OPERATOR_KEY,
    POST,
    TOKEN,
    act,
    agreement_of,
    client_of,
    fields_of,
    print_rows,
)

if TYPE_CHECKING:
    from parley.app.client import Client

_NOBODY = ("", -1)
_TIME = "RFC 3339, 'now', '10 min ago', or a time of day such as 09:40Z"


def call(
    line: Annotated[str, typer.Argument(metavar="[LINE]", help="The line it was made on.")] = "",
    *,
    node: Annotated[str, NODE],
    other: Annotated[str, typer.Option("--with", help="The party at the other end.")] = "",
    began: Annotated[str, typer.Option(help=f"When it began: {_TIME}.")] = "",
    lasted: Annotated[str, typer.Option("--for", help="How long it lasted, e.g. 4min.")] = "",
    ended: Annotated[str, typer.Option(help="Or when it ended.")] = "",
    outcome: Annotated[
        str, typer.Option(help="talked, 'no answer', refused or 'technical failure'.")
    ] = "talked",
    received: Annotated[
        bool, typer.Option("--received", help="They called us; else we called them.")
    ] = False,
    subject: Annotated[str, typer.Option(help="What it was about: a subject code.")] = "",
    field: Annotated[list[str] | None, FIELD] = None,
    read_back: Annotated[
        list[str] | None,
        typer.Option(
            "--read-back", metavar="NAME=VALUE", help="What they repeated. May be repeated."
        ),
    ] = None,
    text: Annotated[str, typer.Option(help="What else was said.")] = "",
    spoke_with: Annotated[str, typer.Option(help="The post or pseudonym that spoke.")] = "",
    recorder: Annotated[str, typer.Option(help="Where the recording lies.")] = "",
    reason: Annotated[str, typer.Option(help="Why it was refused, or failed.")] = "",
    language: Annotated[str, typer.Option(help="The language that was spoken.")] = "",
    ref: Annotated[
        tuple[str, int],
        typer.Option(metavar="LOG INDEX", help="The entry that it corrects, or the other end's."),
    ] = _NOBODY,
    about: Annotated[
        tuple[str, int],
        typer.Option(metavar="LOG INDEX", help="The message or alert that it was about."),
    ] = _NOBODY,
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Enter a telephone call, at once or late; without --with print the calls.

    Each end enters its own; the two are matched, and what they say differently is shown. A call is
    no answer to a message: that is parley answer.

    Exit codes: 0 entered or printed, 2 refused, bad usage, or no such node.
    """
    from parley.world.faults import InputFault

    client = client_of(node, token)
    if not other:
        if began or ended or lasted:
            raise InputFault("parley call", wanted="a LINE, --with and --began, or none of them")
        _print_calls(client, line, agreement, as_json=as_json)
        return
    if not line or not began or (lasted and ended):
        wanted = "LINE --with PARTY --began TIME, and one of --for, --ended"
        raise InputFault("parley call", wanted=wanted)
    began_us, ended_us = _times_us(client, began, ended, lasted)
    body: dict[str, object] = {
        "type": "log_call", "agreement": agreement_of(client, line, agreement), "line": line,
        "post": post, "party": other, "outcome": _outcome(outcome), "began_us": began_us,
        "ended_us": ended_us, "direction": "received" if received else "placed",
        "spoke_with": spoke_with, "subject": subject, "text": text, "fields": fields_of(field),
        "read_back": fields_of(read_back), "recorder": recorder, "reason": reason,
        "language": language, "ref": _references(client, ref, about),
    }  # fmt: skip
    act(client, body, as_json=as_json, operator_key=operator_key)


def _outcome(typed: str) -> str:
    """Return an outcome as the log has it; "no-answer" is typed as easily as "no answer"."""
    from parley.node.line_bodies import CALL_OUTCOMES
    from parley.world.faults import InputFault

    word = typed.lower().replace("-", " ")
    if word not in CALL_OUTCOMES:
        raise InputFault("--outcome", value=typed, wanted=f"one of {', '.join(CALL_OUTCOMES)}")
    return word


def _references(client: Client, *keys: tuple[str, int]) -> tuple[dict[str, object], ...]:
    return tuple(_reference(client, *each) for each in keys if each != _NOBODY)


def _times_us(client: Client, began: str, ended: str, lasted: str) -> tuple[int, int | None]:
    """Return when a call began and ended, by the node's clock: it refuses what is to come."""
    from parley.app.call_times import parse_past_us
    from parley.app.views import StatusView
    from parley.world.units import parse_seconds

    now_us = client.get("/api/status", StatusView).now_us
    began_us = parse_past_us(began, now_us, "--began")
    if lasted:
        return began_us, began_us + round(parse_seconds(lasted, "--for") * 1_000_000)
    return began_us, parse_past_us(ended, now_us, "--ended") if ended else None


def _print_calls(client: Client, line: str, agreement: str, *, as_json: bool) -> None:
    from parley.app.call_views import CallsView, call_lines, count_lines

    view = client.get("/api/calls", CallsView)
    calls = [c for c in view.calls if line in ("", c.line) and agreement in ("", c.agreement)]
    if line and not calls:
        agreement_of(client, line, "")
    texts = [_one_line(text) for each in calls for text in call_lines(each)]
    counts = tuple(each for each in view.counts if line in ("", each.line))
    texts += [_one_line(text) for text in count_lines(counts)]
    print_rows(calls, texts or ["no calls are entered here"], as_json=as_json)


def _one_line(text: str) -> str:
    """Return a text in which a line break of a peer's does not begin a line of ours."""
    return "\\n".join(text.splitlines())


def _reference(client: Client, log: str, index: int) -> dict[str, object]:
    """Return the reference to an entry, with the hash of the bytes that the node holds."""
    from parley.app.act_views import EntryView
    from parley.world.faults import InputFault

    path = f"/api/logs/{log}/entries?start={index}&end={index + 1}"
    found = client.get(path, tuple[EntryView, ...]) if index >= 0 else ()
    if not found:
        raise InputFault(f"entry {index} of {log}", wanted="an entry that the node holds")
    return {"log": log, "index": index, "leaf": found[0].leaf}


def relay(
    log: Annotated[str, typer.Argument(metavar="[LOG", help="The log of the request.")] = "",
    index: Annotated[int, typer.Argument(metavar="INDEX", help="Its index there.")] = -1,
    outcome: Annotated[
        str, typer.Argument(metavar="OUTCOME]", help="passed, declined or unknown.")
    ] = "",
    *,
    node: Annotated[str, NODE],
    at: Annotated[str, typer.Option(help=f"When: {_TIME}; now without it.")] = "",
    received_by: Annotated[str, typer.Option(help="Who took it there.")] = "",
    text: Annotated[str, typer.Option(help="Their words, or why it was declined.")] = "",
    post: Annotated[str, typer.Option("--by-post", help="The duty position that acts.")] = (
        "duty-officer"
    ),
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Say what became of a message to be passed on; without arguments print them all.

    It was asked for by a relay.request, which is answered like any message: WILCO says that it will
    be passed on, and this says whether it was.

    Exit codes: 0 said or printed, 2 refused, bad usage, or no such node.
    """
    from parley.app.call_times import parse_past_us
    from parley.app.call_views import RelayView, relay_lines
    from parley.app.views import StatusView
    from parley.world.faults import InputFault

    client = client_of(node, token)
    if not log:
        rows = client.get("/api/relays", tuple[RelayView, ...])
        texts = [_one_line(text) for row in rows for text in relay_lines(row)]
        print_rows(rows, texts or ["nothing was to be passed on"], as_json=as_json)
        return
    if not outcome:
        raise InputFault(
            "parley relay", wanted="LOG, INDEX and OUTCOME, as parley relay lists them"
        )
    now_us = client.get("/api/status", StatusView).now_us
    body: dict[str, object] = {
        "type": "report_relay", "ref": [log, index], "post": post, "outcome": outcome,
        "at_us": parse_past_us(at, now_us, "--at") if at else None, "received_by": received_by,
        "text": text,
    }  # fmt: skip
    act(client, body, as_json=as_json, operator_key=operator_key)
