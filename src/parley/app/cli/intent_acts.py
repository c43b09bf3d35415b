"""Intents of every party: what stands, what overlaps, what one would meet, and a post's own acts.

Thin commands over the HTTP API, as those of `acts`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import (
    AGREEMENT,
    JSON,
    NODE,
    POST,
    TOKEN,
    act,
    client_of,
    document_in,
    instant_us,
    print_rows,
    which,
)

if TYPE_CHECKING:
    from parley.app.client import Client
    from parley.app.intent_views import CheckShown, IntentShown

_TRIES = 5
_MOVES = ("delay_s", "extend_s", "climb_m", "north_m", "east_m")


def intent(
    name: Annotated[str, typer.Argument(metavar="[INTENT]", help="One intent only.")] = "",
    *,
    node: Annotated[str, NODE],
    file: Annotated[
        Path | None, typer.Option(help="File the intent of a JSON document; '-' is stdin.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="With --file: say what it would meet; file nothing.")
    ] = False,
    file_anyway: Annotated[
        bool, typer.Option("--file-anyway", help="With --check: file it, conflicts named.")
    ] = False,
    to: Annotated[
        list[str] | None, typer.Option(help="With --file: to this party alone. May be repeated.")
    ] = None,
    conflicts: Annotated[
        bool, typer.Option("--conflicts", help="Print what overlaps with yours.")
    ] = False,
    state: Annotated[
        str, typer.Option(help="Change it: Activated, Nonconforming, Contingent or Ended.")
    ] = "",
    delay_s: Annotated[int, typer.Option(help="Move it: later by so many seconds.")] = 0,
    extend_s: Annotated[int, typer.Option(help="Move it: its end alone, later.")] = 0,
    climb_m: Annotated[float, typer.Option(help="Move it: up; below 0 is down.")] = 0.0,
    north_m: Annotated[float, typer.Option(help="Move it: to true north.")] = 0.0,
    east_m: Annotated[float, typer.Option(help="Move it: to true east.")] = 0.0,
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print the operational intents of every party; check, file, move or change yours.

    Exit codes: 0 printed or done, 1 with --check: it meets something or would be refused, 2
    refused, bad usage, or no such node.
    """
    from parley.world.faults import InputFault

    client = client_of(node, token)
    if file is not None:
        body: dict[str, object] = {
            "type": "file_intent", "agreement": _agreement(client, agreement), "post": post,
            "intent": _timed(document_in(file)), "addressees": tuple(to or ()),
        }  # fmt: skip
        return _file(client, body, check=check, anyway=file_anyway, as_json=as_json)
    if check or file_anyway or to:
        raise InputFault("parley intent", wanted="--file with --check, --file-anyway or --to")
    if conflicts:
        return _print_conflicts(client, agreement, as_json=as_json)
    intents = _held(client)
    rows = [i for i in intents if name in ("", i.intent) and agreement in ("", i.agreement)]
    if name and not rows:
        raise which(f"intent {name}", sorted(i.intent for i in intents), 0)
    moves = (delay_s, extend_s, climb_m, north_m, east_m)
    moved = {key: value for key, value in zip(_MOVES, moves, strict=True) if value}
    if not state and not moved:
        nothing = ["no intent is held here; that is no statement about what flies"]
        return print_rows(rows, [_line(each) for each in rows] or nothing, as_json=as_json)
    if not name or (state and moved):
        raise InputFault("parley intent", wanted="an INTENT with --state, or with a move")
    head: dict[str, object] = {"agreement": rows[0].agreement, "post": post, "intent": name}
    if state:
        return act(client, {"type": "change_intent", **head, "state": state}, as_json=as_json)
    return act(client, {"type": "move_intent", **head, **moved}, as_json=as_json)


def _held(client: Client) -> list[IntentShown]:
    """Return every intent that the node holds, part by part.

    Raises:
        InputFault: they went on changing places meanwhile, so that one may be missing.
    """
    from parley.app.intent_views import IntentsView
    from parley.world.faults import InputFault

    for _ in range(_TRIES):
        found: list[IntentShown] = []
        while True:
            part = client.get(f"/api/intents?first={len(found)}", IntentsView)
            found += part.intents
            if len(found) >= part.total or not part.intents:
                break
        if len({(i.agreement, i.party, i.intent) for i in found}) == part.total:
            return found
    raise InputFault("intents", value="changing while they are read", repair="ask again")


def _agreement(client: Client, given: str) -> str:
    from parley.app.views import StatusView
    from parley.world.faults import InputFault

    known = client.get("/api/status", StatusView).agreements
    if not given and len(known) != 1:
        raise InputFault("--agreement", wanted=f"one of {', '.join(known) or 'none'}")
    return given or known[0]


def _timed(document: object) -> object:
    """Return an intent's document with `from` and `to` of its volumes, RFC 3339, as instants."""
    volumes = document.get("volumes") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(volumes, list):
        return document
    return document | {"volumes": [_timed_volume(each) for each in volumes]}


def _timed_volume(volume: object) -> object:
    if not isinstance(volume, dict):
        return volume
    told = {
        f"{name}_us": instant_us(str(volume[name]), f"volume {name}")
        for name in ("from", "to")
        if name in volume
    }
    return {name: value for name, value in volume.items() if name not in ("from", "to")} | told


def _line(each: IntentShown) -> str:
    text = f"{each.intent} of {each.party} ({each.agreement}): {each.state}, flight {each.flight}"
    more = [f"version {each.version}"] if each.version > 1 else []
    more += ["over"] if each.over else []
    more += [f"overlaps with {each.conflicts}"] if each.conflicts else []
    more += [f"over the limit: {each.over_limit}"] if each.over_limit else []
    more += [f"held by {', '.join(each.audience)} alone"] if each.audience is not None else []
    more += [each.conformance] if each.conformance else []
    return ", ".join([text, *more])


def _file(
    client: Client, body: dict[str, object], *, check: bool, anyway: bool, as_json: bool
) -> None:
    """Check an intent, file it, or both."""
    if check:
        found = _checked(client, body)
        print_rows([found], _check_lines(found), as_json=as_json)
        if not anyway:
            raise typer.Exit(1 if found.conflicts or found.refused else 0)
    act(client, body, as_json=as_json)


def _checked(client: Client, body: dict[str, object]) -> CheckShown:
    from parley.app.intent_views import CheckShown

    asked = {key: value for key, value in body.items() if value not in ("", ())}
    return client.post("/api/intents/check", asked, CheckShown)


def _check_lines(found: CheckShown) -> list[str]:
    lines = [f"refused: {found.refused}"] if found.refused else []
    lines += [each.text for each in found.conflicts]
    lines += [f"{each.how}: {each.text}" for each in found.free]
    if not lines:
        lines = [f"{found.intent}.{found.version} meets nothing that is held here"]
    return lines


def _print_conflicts(client: Client, agreement: str, *, as_json: bool) -> None:
    from parley.app.intent_views import ConflictsView

    views = client.get("/api/intents/conflicts", tuple[ConflictsView, ...])
    lines = []
    for view in (each for each in views if agreement in ("", each.agreement)):
        lines += [each.text for each in view.conflicts]
        if view.waiting:
            lines.append(f"{view.waiting} intents under {view.agreement} are not compared yet")
        elif not view.conflicts:
            lines.append(f"no overlap with yours under {view.agreement}, of what is held here")
    print_rows(views, lines, as_json=as_json)
