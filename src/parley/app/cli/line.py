"""`parley line`: the state of each line, at any instant, and what a post does on its own side."""

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
    agreement_of,
    client_of,
    now_us_of,
    print_rows,
)

if TYPE_CHECKING:
    from parley.app.client import Client


AT = typer.Option("--at", metavar="TIME", help="As it was then, RFC 3339.")
AS = typer.Option("--as", metavar="PARTY", help="With --at or --changes: as that side knew it.")
CHANGES = typer.Option(
    "--changes", metavar="FROM/TO", help="When the first word changed; TO may be left out."
)


def line(
    name: Annotated[str, typer.Argument(metavar="[LINE]", help="One line only.")] = "",
    *,
    node: Annotated[str, NODE],
    declare: Annotated[
        str, typer.Option(help="Your side: 'in force', 'suspended' or 'withdrawn'.")
    ] = "",
    reason: Annotated[str, typer.Option(help="Why, with --declare.")] = "",
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Without the agreement's notice.")
    ] = False,
    present: Annotated[bool, typer.Option("--present", help="You are at the post.")] = False,
    leave: Annotated[bool, typer.Option("--leave", help="You leave the post.")] = False,
    test: Annotated[
        bool, typer.Option("--test", help="Test it: words for a person there to read back.")
    ] = False,
    at: Annotated[str, AT] = "",
    changes: Annotated[str, CHANGES] = "",
    viewer: Annotated[str, AS] = "",
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print the state of each line, now or in the past, or act on your side of one.

    The first word is OPEN, DEGRADED, SUSPENDED or DOWN, followed by what is missing; then come each
    side, and each way with the ages of its last good tests. --at and --changes tell what a side
    could know then, by the logs that this node holds.

    Exit codes: 0 printed or done, 2 refused, bad usage, or no such node.
    """
    from parley.world.faults import InputFault

    client = client_of(node, token)
    doing = [bool(declare), present, leave, test]
    asking = [bool(at), bool(changes)]
    if sum(doing) + sum(asking) > 1 or (not name and any((*doing, *asking))):
        wanted = "a LINE and one of --declare, --present, --leave, --test, --at, --changes"
        raise InputFault("parley line", wanted=wanted)
    if any(doing):
        body: dict[str, object] = {
            "agreement": agreement_of(client, name, agreement), "line": name, "post": post,
        }  # fmt: skip
        if declare:
            now_us = now_us_of(client) if at_once else None
            body |= {"type": "declare_line", "value": declare, "reason": reason}
            body |= {"effective_us": now_us}
        elif test:
            body |= {"type": "test_line"}
        else:
            body |= {"type": "be_present", "present": present}
        act(client, body, as_json=as_json, operator_key=operator_key)
    elif any(asking):
        _past(
            client,
            name,
            agreement_of(client, name, agreement),
            (at, changes, viewer),
            as_json=as_json,
        )
    else:
        _now(client, name, agreement, as_json=as_json)


def _now(client: Client, name: str, agreement: str, *, as_json: bool) -> None:
    from parley.app.line_views import line_lines
    from parley.node.rules.lines import LineVector

    vectors = client.get("/api/lines", tuple[LineVector, ...])
    rows = [v for v in vectors if name in ("", v.line) and agreement in ("", v.agreement)]
    if not rows and name:
        agreement_of(client, name, "")
    print_rows(rows, [text for row in rows for text in line_lines(row)], as_json=as_json)


def _past(
    client: Client,
    name: str,
    agreement: str,
    asked: tuple[str, str, str],
    *,
    as_json: bool,
) -> None:
    from urllib.parse import quote, urlencode

    from parley.app.line_views import change_lines, past_lines
    from parley.node.rules.line_history import LineChanges, PastVector

    at, window, viewer = asked
    query = {"agreement": agreement} | ({"viewer": viewer} if viewer else {})
    where = f"/api/lines/{quote(name, safe='')}"
    if at:
        past = client.get(f"{where}/history?{urlencode(query | {'at': at})}", PastVector)
        print_rows([past], past_lines(past), as_json=as_json)
        return
    start, _, end = window.partition("/")
    query |= {"from": start} | ({"to": end} if end else {})
    found = client.get(f"{where}/changes?{urlencode(query)}", LineChanges)
    print_rows([found], change_lines(found), as_json=as_json)
