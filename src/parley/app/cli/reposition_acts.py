"""`parley reposition`: what a change touches, free moves, the act, and before and after."""

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
    from parley.node.agreement_inputs import PlannedMove
    from parley.node.rules.reposition_plan import Plan

app = typer.Typer(
    name="reposition",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="List own intents that a change touches, find free moves, and move them in one act.",
)
_NOBODY = ("", -1)
_OBJECT = typer.Argument(metavar="OBJECT", help="A zone, a boundary, or a clause on either.")
_FROM = typer.Option("--from", metavar="TIME", help="From when it counts, RFC 3339; else now.")
_SIDE = typer.Option(help="Of a boundary, where one may not be: right, 'west of the river'.")
_ABOUT = typer.Option("--about", metavar="LOG INDEX", help="The entry that changed it.")
_CHOICES = ("time", "level", "lateral", "together", "cancel", "stay")


@app.command("plan")
def plan_command(
    name: Annotated[str, _OBJECT],
    *,
    node: Annotated[str, NODE],
    from_time: Annotated[str, _FROM] = "",
    side: Annotated[str, _SIDE] = "",
    about: Annotated[tuple[str, int], _ABOUT] = _NOBODY,
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print what a change touches of yours, and the nearest free moves; nothing is moved.

    Exit codes: 0 every touched intent has a free move or nothing is touched, 1 one has none, 2 bad
    usage, or no such node or object.
    """
    from parley.app.page_reposition import plan_lines

    made = _planned(client_of(node, token), name, from_time, side, about, agreement)
    print_rows([made], plan_lines(made), as_json=as_json)
    raise typer.Exit(1 if made.none_found or made.left_out else 0)


@app.command("apply")
def apply_command(
    name: Annotated[
        str, typer.Argument(metavar="[OBJECT]", help="The object; none with --plan.")
    ] = "",
    *,
    node: Annotated[str, NODE],
    file: Annotated[
        Path | None, typer.Option("--plan", help="A plan as --json printed it; '-' is stdin.")
    ] = None,
    move: Annotated[
        list[str] | None,
        typer.Option(
            metavar="INTENT=WHAT",
            help="time, level, lateral, together, cancel, or stay:WHY. May be repeated.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Each other intent as the plan says beside the others.")
    ] = False,
    to: Annotated[list[str] | None, typer.Option(help="Tell this party. May be repeated.")] = None,
    line: Annotated[str, typer.Option(help="The line on which they are told.")] = "",
    from_time: Annotated[str, _FROM] = "",
    side: Annotated[str, _SIDE] = "",
    about: Annotated[tuple[str, int], _ABOUT] = _NOBODY,
    text: Annotated[str, typer.Option(help="In words, for everybody told.")] = "",
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="What is not free is meant so.")
    ] = False,
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Move own intents, tell of it and record it, all in one act; each as you choose.

    Exit codes: 0 done, 2 refused (nothing was moved), bad usage, or no such node.
    """
    import msgspec

    from parley.world.faults import InputFault

    client = client_of(node, token)
    if (file is None) == (not name):
        raise InputFault("parley reposition apply", wanted="an OBJECT, or --plan")
    if file is not None:
        made = _read(file)
    else:
        made = _planned(client, name, from_time, side, about, agreement)
    moves = _chosen(made, tuple(move or ()), every=every)
    seen = made.touched
    body: dict[str, object] = {
        "type": "reposition", "agreement": seen.agreement,
        "line": _line(client, seen.agreement, line), "post": post, "object": seen.object,
        "from_us": seen.from_us, "side": seen.side, "to": tuple(to or ()), "text": text,
        "moves": tuple(msgspec.to_builtins(each) for each in moves),
        "ref": tuple(msgspec.to_builtins(each) for each in seen.ref),
        "confirmed": confirmed or None,
    }  # fmt: skip
    act(client, body, as_json=as_json, operator_key=operator_key)


@app.command("list")
def list_command(
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print what became of intents when something changed, the newest first.

    Exit codes: 0 printed, 2 bad usage, or no such node.
    """
    from parley.app.page_reposition import row_line
    from parley.app.reposition_api import RepositionRow

    rows = client_of(node, token).get("/api/repositions", tuple[RepositionRow, ...])
    texts = [row_line(row) for row in rows] or ["nothing was repositioned, in what is held here"]
    print_rows(rows, texts, as_json=as_json)


@app.command("show")
def show_command(
    log: Annotated[str, typer.Argument(metavar="LOG", help="The log of the act.")],
    index: Annotated[int, typer.Argument(metavar="INDEX", help="Its index there.")],
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print one act: each intent before and after, with times, levels and distance.

    Exit codes: 0 printed, 2 bad usage, or no such node or act.
    """
    from urllib.parse import urlencode

    from parley.app.page_reposition import shown_lines
    from parley.node.rules.reposition_past import RepositionShown

    query = urlencode({"log": log, "index": index})
    found = client_of(node, token).get(
        f"/api/repositions/shown?{query}", tuple[RepositionShown, ...]
    )
    texts = [line for shown in found for line in shown_lines(shown)]
    print_rows(found, texts, as_json=as_json)


# ---- what was chosen ----------------------------------------------------------------------------


def _planned(
    client: Client, name: str, from_time: str, side: str, about: tuple[str, int], agreement: str
) -> Plan:
    from urllib.parse import urlencode

    from parley.node.rules.reposition_plan import Plan

    asked: dict[str, object] = {
        "object": name, "from": from_time, "side": side, "agreement": agreement
    }  # fmt: skip
    if about != _NOBODY:
        asked |= {"log": about[0], "index": about[1]}
    query = urlencode({key: value for key, value in asked.items() if value != ""})
    return client.get(f"/api/reposition/plan?{query}", Plan)


def _read(file: Path) -> Plan:
    import msgspec

    from parley.app.cli.acts import document_in
    from parley.node.rules.reposition_plan import Plan
    from parley.world.faults import InputFault

    try:
        return msgspec.convert(document_in(file, "plan"), Plan)
    except msgspec.MsgspecError as error:
        wanted = "what parley reposition plan --json printed"
        raise InputFault("plan", value=str(error), wanted=wanted) from None


def _chosen(made: Plan, given: tuple[str, ...], *, every: bool) -> list[PlannedMove]:
    """Return what becomes of each intent, by --move, the rest by --all.

    Raises:
        InputFault: an intent that the plan does not have, a choice that there is not.
    """
    from parley.world.faults import InputFault, nearest

    known = {each.touched.intent: each for each in made.proposals}
    chosen: dict[str, PlannedMove] = {}
    for text in given:
        intent, _, what = text.partition("=")
        if intent not in known:
            close = nearest(intent, sorted(known))
            raise InputFault(
                "--move", value=text, wanted=f"one of {', '.join(known) or 'none: none touched'}",
                repair=f"did you mean {close!r}?" if close else "",
            )  # fmt: skip
        if intent in chosen:
            raise InputFault("--move", value=text, wanted="each intent once")
        chosen[intent] = _choice(made, intent, what)
    if every:
        for intent in known:
            if intent not in chosen:
                chosen[intent] = _choice(made, intent, "together")
    if not chosen:
        raise InputFault("parley reposition apply", wanted="--move INTENT=WHAT, or --all")
    return list(chosen.values())


def _choice(made: Plan, intent: str, what: str) -> PlannedMove:
    from parley.node.agreement_inputs import PlannedMove
    from parley.world.faults import InputFault

    each = next(p for p in made.proposals if p.touched.intent == intent)
    word, _, why = what.partition(":")
    version = each.touched.version
    if word == "cancel":
        return PlannedMove(intent=intent, how="cancelled", text=why, version=version)
    if word == "stay":
        if not why:
            raise InputFault(f"--move {intent}", value="stay", wanted="stay:WHY")
        return PlannedMove(intent=intent, how="unchanged", text=why, version=version)
    if word == "together":
        move, reason = each.together, each.together_text
    else:
        option = next((o for o in each.options if o.how == word), None)
        if option is None:
            raise InputFault(f"--move {intent}", value=what, wanted=f"one of {', '.join(_CHOICES)}")
        move, reason = option.move, option.text
    if move is None:
        repair = "choose another, cancel it, or stay:WHY"
        raise InputFault(f"--move {intent}", value=word, wanted=reason, repair=repair)
    return move


def _line(client: Client, agreement: str, given: str) -> str:
    from parley.node.rules.lines import LineVector
    from parley.world.faults import InputFault

    if given:
        return given
    vectors = client.get("/api/lines", tuple[LineVector, ...])
    known = sorted({each.line for each in vectors if each.agreement == agreement})
    if len(known) != 1:
        raise InputFault("--line", value="none", wanted=f"one of {', '.join(known) or 'none'}")
    return known[0]
