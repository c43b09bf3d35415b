"""`parley unit`: which units were not told, receipts by voice and by the unit itself, tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import JSON, NODE, OPERATOR_KEY, POST, TOKEN, act, client_of, print_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parley.app.client import Client
    from parley.app.unit_tokens import TokenShown
    from parley.app.unit_views import UnitNotice

_LOG = typer.Argument(metavar="LOG", help="The log of the notice.")
_INDEX = typer.Argument(metavar="INDEX", help="Its index there.")
_LOADED = typer.Option("--loaded", help="The unit also says that it has loaded it.")
_TIME = "RFC 3339, a time of day such as 09:40Z, or '10 min ago'"
_OWN_TOKEN = typer.Option(
    "--unit-token", envvar="PARLEY_UNIT_TOKEN_FILE", help="File of the unit's own token.",
    show_default=False,
)  # fmt: skip

unit = typer.Typer(
    invoke_without_command=True, add_completion=False, pretty_exceptions_enable=False
)


@unit.callback()
def show(
    context: typer.Context,
    *,
    node: Annotated[str, NODE] = "",
    every: Annotated[
        bool, typer.Option("--all", help="Also notices of which no unit is missing.")
    ] = False,
    as_json: Annotated[bool, JSON] = False,
    token: Annotated[Path | None, TOKEN] = None,
) -> None:
    """Print which units were not told of what stands; enter what a unit said.

    Exit codes: 0 no unit is missing, 1 one is, 2 bad usage, or no such node.
    """
    from parley.app.unit_views import unit_lines, untold_lines
    from parley.app.views import StatusView
    from parley.node.rules.distribution import DistributionView

    if context.invoked_subcommand is not None:
        return
    client = client_of(_required(node), token)
    path = "/api/units?all=true" if every else "/api/units"
    views = client.get(path, tuple[DistributionView, ...])
    status = client.get("/api/status", StatusView)
    texts = []
    for view in views:
        lines = untold_lines((view,), status.party, status.now_us)
        texts += lines or [f"{view.message_type} from {view.sender}: {view.verdict}"]
        texts += [f"  {view.message[0]} {view.message[1]}"]
        texts += [f"  {line}" for line in unit_lines(view)]
    none = "no unit is missing of the notices held here that ask for any"
    print_rows(views, texts or [none], as_json=as_json)
    raise typer.Exit(int(any(view.missing for view in views)))


@unit.command("reports")
def reports(
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print what units saw and no post has said yet: no other party has it.

    A post says one in the console, or by parley say as an incursion.report, and then ends it in the
    console, or over the API.

    Exit codes: 0 none waits, 1 one does, 2 bad usage, or no such node.
    """
    from parley.app.unit_reports import UnitReport, reports_lines

    path = "/api/units/reports?waiting=true"
    waiting = client_of(node, token).get(path, tuple[UnitReport, ...])
    print_rows(waiting, reports_lines(waiting) or ["no report waits"], as_json=as_json)
    raise typer.Exit(int(bool(waiting)))


@unit.command("heard")
def heard(
    log: Annotated[str, _LOG],
    index: Annotated[int, _INDEX],
    *,
    node: Annotated[str, NODE],
    unit: Annotated[str, typer.Option("--unit", help="The unit of ours that said so.")],
    post: Annotated[str, POST] = "duty-officer",
    loaded: Annotated[bool, _LOADED] = False,
    at: Annotated[str, typer.Option(help=f"When it said so: {_TIME}; now without it.")] = "",
    text: Annotated[str, typer.Option(help="Its words.")] = "",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Enter that a unit of ours said by voice that it has a notice: in the name of your post.

    It counts from when it is entered, whatever time it names.

    Exit codes: 0 entered, or said already; 2 refused, bad usage, or no such node.
    """
    from parley.app.call_times import parse_past_us
    from parley.app.views import StatusView

    client = client_of(node, token)
    now_us = client.get("/api/status", StatusView).now_us
    body: dict[str, object] = {
        "type": "receipt_unit", "ref": [log, index], "post": post, "unit": unit, "by": "voice",
        "at_us": parse_past_us(at, now_us, "--at") if at else None, "text": text,
    }  # fmt: skip
    act(client, body | ({"loaded": True} if loaded else {}), as_json=as_json,
        operator_key=operator_key)  # fmt: skip


@unit.command("require")
def require(
    log: Annotated[str, _LOG],
    index: Annotated[int, _INDEX],
    units: Annotated[list[str], typer.Argument(metavar="UNIT...", help="Units of ours.")],
    *,
    node: Annotated[str, NODE],
    post: Annotated[str, POST] = "duty-officer",
    by: Annotated[
        str, typer.Option(help="By when, RFC 3339; without it as clauses and norms say.")
    ] = "",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Say which of our own units must have a notice: the newest list holds, clauses hold besides.

    Exit codes: 0 said, 2 refused, bad usage, or no such node.
    """
    from parley.world.time import parse_instant_us

    body: dict[str, object] = {
        "type": "require_units", "ref": [log, index], "post": post, "units": units,
        "due_us": parse_instant_us(by, "--by") if by else None,
    }  # fmt: skip
    act(client_of(node, token), body, as_json=as_json, operator_key=operator_key)


# ---- tokens -------------------------------------------------------------------------------------


@unit.command("token")
def make_token(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit, as the agreement says.")],
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Make a unit's own token and print it, this once, with the address of its page.

    It says for this unit alone that it has a notice; nothing else opens with it.

    Exit codes: 0 made, 2 refused, bad usage, or no such node.
    """
    from parley.app.unit_api import TokenMade

    made = client_of(node, token).post("/api/units/tokens", {"unit": unit}, TokenMade)
    texts = [
        f"token of {made.unit}: {made.token}",
        f"page: {made.url} (this machine only: docs/units.md says how a telephone reaches it)",
        "It is printed this once. Whoever has it can say that this unit has a notice.",
    ]
    print_rows([made], texts, as_json=as_json)


@unit.command("tokens")
def list_tokens(
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print which units have a token, and since when.

    Exit codes: 0 printed, 2 bad usage, or no such node.
    """
    from parley.app.unit_tokens import TokenShown

    rows = client_of(node, token).get("/api/units/tokens", tuple[TokenShown, ...])
    print_rows(rows, _token_lines(rows), as_json=as_json)


@unit.command("revoke")
def revoke(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="Whose token counts no more.")],
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Let a unit's token count no more, at once; what it said before stays in the log.

    Exit codes: 0 revoked, 2 it has none, bad usage, or no such node.
    """
    from parley.app.unit_tokens import TokenShown

    client = client_of(node, token)
    rows = client.post("/api/units/tokens/revoke", {"unit": unit}, tuple[TokenShown, ...])
    print_rows(rows, [f"{unit}: revoked", *_token_lines(rows)], as_json=as_json)


def _token_lines(rows: Sequence[TokenShown]) -> list[str]:
    from parley.world.time import format_second

    lines = [
        f"{each.unit}: token since {format_second(each.made_us)}, {each.sessions} signed in"
        for each in rows
    ]
    return lines or ["no unit has a token"]


# ---- what a unit does with its own token ---------------------------------------------------------


@unit.command("notices")
def notices(
    *,
    node: Annotated[str, NODE],
    unit_token: Annotated[Path, _OWN_TOKEN],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """With a unit's own token: print the notices that it must have.

    Exit codes: 0 none asks for its word, 1 one does, 2 bad usage, no such token or node.
    """
    from parley.app.unit_views import UnitNotice

    rows = _own_client(node, unit_token).get("/api/unit/notices", tuple[UnitNotice, ...])
    texts = [line for row in rows for line in _notice_lines(row)]
    print_rows(rows, texts or ["no notice here asks for this unit"], as_json=as_json)
    raise typer.Exit(int(any(each.unit.missing for each in rows)))


@unit.command("receipt")
def receipt(
    log: Annotated[str, _LOG],
    index: Annotated[int, _INDEX],
    *,
    node: Annotated[str, NODE],
    unit: Annotated[str, typer.Option("--unit", help="The unit, to be sure whose token it is.")],
    unit_token: Annotated[Path, _OWN_TOKEN],
    loaded: Annotated[bool, _LOADED] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """With a unit's own token: say that it has a notice, or that it has loaded it.

    Exit codes: 0 said, or said already; 2 refused, bad usage, no such token or node.
    """
    from parley.app.unit_api import OwnReceiptDone

    body = {"ref": [log, index], "loaded": loaded, "unit": unit}
    done = _own_client(node, unit_token).post("/api/unit/receipts", body, OwnReceiptDone)
    text = f"{done.key[0]} {done.key[1]}" if done.key else "said already"
    print_rows([done], [text], as_json=as_json)


def _own_client(node: str, unit_token: Path) -> Client:
    from parley.app.client import Client
    from parley.app.private_files import read_private

    repair = "put into it what parley unit token printed, and chmod 600 it"
    text = read_private(unit_token, f"file {unit_token}", repair)
    return Client(node, None, bearer=text.strip())


def _notice_lines(notice: UnitNotice) -> list[str]:
    from parley.app.cli.shown_messages import phrase_lines
    from parley.app.unit_api import said_at
    from parley.app.unit_views import unit_words

    view = notice.view
    marks = ["CANCELLED"] if notice.cancels else []
    marks += ["GUARDED: ask your post to open it"] if notice.masked else []
    marks += ["IT HAS BEGUN"] if notice.begun else []
    fields = ", ".join(f"{name} {value}" for name, value in view.fields.items())
    words = "; ".join(part for part in (view.text, fields) if part)
    return [
        f"{view.key[0]} {view.key[1]}",
        f"  {' '.join([view.message_type, 'from', view.party, *marks])}: {words}",
        *phrase_lines(view, "en"),
        f"  begins {said_at(notice.begins_us)}, ends {said_at(notice.ends_us)}",
        f"  {unit_words(notice.unit)}",
    ]


def _required(node: str) -> str:
    from parley.world.faults import InputFault

    if not node:
        wanted = "the node's address, folder or TOML file"
        raise InputFault("--node", value="missing", wanted=wanted)
    return node
