"""Saying and answering at the command line: what a post says, what it answers, translations."""

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
    is_guarded,
    now_us_of,
    print_rows,
)

if TYPE_CHECKING:
    from parley.app.client import Client

_ABOUT_ALERT = typer.Option(
    "--about-alert", metavar="LOG INDEX", help="The alert that it calls about: parley alerts."
)


def say(
    *,
    node: Annotated[str, NODE],
    line: Annotated[str, typer.Option(help="The line.")],
    to: Annotated[list[str], typer.Option(help="An addressee. May be repeated.")],
    message_type: Annotated[str, typer.Option("--type", help="The message type.")] = "free.text",
    text: Annotated[str, typer.Option(help="The text; '-' reads stdin.")] = "",
    field: Annotated[list[str] | None, FIELD] = None,
    subject: Annotated[str, typer.Option(help="The subject; else the type.")] = "",
    message_class: Annotated[
        str, typer.Option("--class", help="DISTRESS, URGENT, SAFETY, ROUTINE or ADMIN.")
    ] = "",
    valid: Annotated[str, typer.Option(help="How long it is valid, e.g. 30min.")] = "",
    no_answer: Annotated[bool, typer.Option("--no-answer", help="Ask for no answer.")] = False,
    confirmed: Annotated[
        bool,
        typer.Option(
            "--confirmed", help="Meant so: place and coordinates differ, or a field is left out."
        ),
    ] = False,
    addressees_only: Annotated[
        bool, typer.Option("--addressees-only", help="No other party gets the words.")
    ] = False,
    about: Annotated[
        tuple[str, int] | None,
        typer.Option("--re", help="LOG and INDEX of what it corrects, cancels or is about."),
    ] = None,
    about_alert: Annotated[tuple[str, int] | None, _ABOUT_ALERT] = None,
    language: Annotated[str, typer.Option(help="The language of the text, e.g. ru.")] = "",
    exercise: Annotated[bool, typer.Option("--exercise", help="Said in an exercise.")] = False,
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Say something on a line; print the key of its entry.

    A humanitarian notice wants --valid and the consent of `parley consent give`. Stored here is not
    received there: see the levels with `parley answer` or on the page. A correction, a cancellation
    or an objection to something says with --re what it is about. What is said with --about-alert
    counts as a call about that alert.

    Exit codes: 0 said, 2 refused, bad usage, or no such node.
    """
    from parley.app.cli.shown_messages import reference_of
    from parley.world.faults import InputFault
    from parley.world.norms import CLASSES

    if is_guarded(message_type) and not valid:
        raise InputFault("--valid", wanted=f"how long the {message_type} is valid, e.g. 30min")
    if message_class and message_class not in CLASSES:
        raise InputFault("--class", value=message_class, wanted=f"one of {', '.join(CLASSES)}")
    client = client_of(node, token)
    words = typer.get_text_stream("stdin").read().rstrip("\n") if text == "-" else text
    until_us = _ahead_us(client, valid, "--valid") if valid else None
    body: dict[str, object] = {
        "type": "say", "agreement": agreement_of(client, line, agreement), "line": line,
        "post": post, "to": to, "message_type": message_type, "text": words,
        "fields": fields_of(field), "subject": subject, "message_class": message_class,
        "valid_until_us": until_us, "wants_answer": not no_answer, "confirmed": confirmed,
        "addressees_only": addressees_only, "language": language,
        "ref": [reference_of(client, each) for each in (about, about_alert) if each is not None],
        "status": "exercise" if exercise else "",
    }  # fmt: skip
    act(client, body, as_json=as_json, operator_key=operator_key)


def _ahead_us(client: Client, lasting: str, what: str) -> int:
    from parley.world.units import parse_seconds

    return now_us_of(client) + round(parse_seconds(lasting, what) * 1_000_000)


def answer(
    log: Annotated[str, typer.Argument(metavar="[LOG", help="The message's log.")] = "",
    index: Annotated[int, typer.Argument(metavar="INDEX", help="Its index there.")] = -1,
    word: Annotated[
        str, typer.Argument(metavar="ANSWER]", help="WILCO, UNABLE, STANDBY, ROGER ...")
    ] = "",
    *,
    node: Annotated[str, NODE],
    field: Annotated[list[str] | None, FIELD] = None,
    text: Annotated[str, typer.Option(help="Text or reason.")] = "",
    promised: Annotated[str, typer.Option(help="With STANDBY: within, e.g. 3min.")] = "",
    language: Annotated[
        str, typer.Option(help="Of the fixed phrases: en, ru or ar; else as node.toml says.")
    ] = "",
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Answer a message, reading fields back; without arguments print the open messages.

    Each line shows how far a message got, level by level. Printing them is not "displayed": nobody
    knows who reads a terminal. Whoever answers has read: that the message was displayed to the post
    is written first, unless it was before. What is read back otherwise than it was said is told on
    stderr.

    Exit codes: 0 answered or printed, 2 refused, bad usage, or no such node.
    """
    from parley.app.cli.shown_messages import displayed, lost_lines, message_lines, read_otherwise
    from parley.app.message_views import MessageView
    from parley.app.page_html import visible
    from parley.app.views import StatusView
    from parley.world.faults import InputFault

    client = client_of(node, token)
    if not log:
        rows = client.get("/api/messages?open=true", tuple[MessageView, ...])
        status = client.get("/api/status", StatusView)
        for text in lost_lines(status):
            typer.echo(f"parley: {visible(text)}", err=True)
        reads = language or status.language
        texts = [each for row in rows for each in message_lines(row, status.party, reads)]
        print_rows(rows, texts, as_json=as_json)
        return
    if not word:
        raise InputFault(
            "parley answer", wanted="LOG, INDEX and ANSWER, as parley answer lists them"
        )
    promised_us = _ahead_us(client, promised, "--promised") if promised else None
    body: dict[str, object] = {
        "type": "answer", "ref": [log, index], "post": post, "answer": word.upper(),
        "fields": fields_of(field), "text": text, "promised_us": promised_us,
    }  # fmt: skip
    answered = displayed(client, (log, index), post, word.upper())
    act(client, body, as_json=as_json, operator_key=operator_key)
    for text in read_otherwise(answered, word.upper(), fields_of(field)):
        typer.echo(f"parley: {visible(text)}", err=True)


def translate(
    log: Annotated[str, typer.Argument(metavar="LOG", help="The message's log.")],
    index: Annotated[int, typer.Argument(metavar="INDEX", help="Its index there.")],
    language: Annotated[str, typer.Argument(metavar="LANGUAGE", help="e.g. en, ru, ar.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The translation; '-' reads stdin.")],
    *,
    node: Annotated[str, NODE],
    machine: Annotated[
        bool, typer.Option("--machine", help="A machine made it, and nobody has checked it.")
    ] = False,
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Put a translation beside a message; what was said stays as it was said.

    Exit codes: 0 written, 2 refused, bad usage, or no such node.
    """
    words = typer.get_text_stream("stdin").read().rstrip("\n") if text == "-" else text
    body: dict[str, object] = {
        "type": "add_translation", "ref": [log, index], "post": post, "language": language,
        "text": words, "how": "machine" if machine else "person",
    }  # fmt: skip
    act(client_of(node, token), body, as_json=as_json, operator_key=operator_key)
