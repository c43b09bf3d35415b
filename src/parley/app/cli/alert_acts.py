"""`parley alerts`, `parley alert` and `parley formation`: what stands, who has it, what you did.

What peers wrote is printed with its control characters as escapes (`acts.print_rows`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import (
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
    from parley.app.alert_views import AlertView
    from parley.app.client import Client

KEY = typer.Argument(metavar="LOG", help="The log of the alert, as parley alerts lists it.")
INDEX = typer.Argument(metavar="INDEX", help="Its index there.")
alert = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Print one alert with all its inputs; mark that you have seen it, or called about it.\n\n"
    "Exit codes: as each command says.",
)
formation = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Declare, confirm and end flights that fly as one, agreed by all whose they are.\n\n"
    "Exit codes: as each command says.",
)


def alerts(
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print the open alerts by time to loss, new notices, and what is not watched.

    Exit codes: 0 printed, 2 bad usage, or no such node.
    """
    from parley.app.alert_lines import alert_lines, rest_lines
    from parley.app.alert_views import AlertsView

    view = client_of(node, token).get("/api/alerts", AlertsView)
    rows: list[object] = [*view.alerts, *view.notices, view.watch]
    print_rows(rows, [*alert_lines(view), *rest_lines(view)], as_json=as_json)


@alert.command("show")
def show(
    log: Annotated[str, KEY],
    index: Annotated[int, INDEX],
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print one alert with all inputs of its evaluation: enough to compute it again.

    Both states with ages and uncertainties, the minima and their clause, the times to act, which
    evaluator it was; every form of it with who holds it; who saw it and who called.

    Exit codes: 0 printed, 2 no such alert, bad usage, or no such node.
    """
    from parley.app.alert_lines import whole_lines
    from parley.app.alert_views import AlertsView

    client = client_of(node, token)
    view = _alert(client, (log, index))
    links = client.get("/api/alerts?count=0", AlertsView).links
    print_rows([view], whole_lines(view, links), as_json=as_json)


@alert.command("seen")
def seen(
    log: Annotated[str, KEY],
    index: Annotated[int, INDEX],
    *,
    node: Annotated[str, NODE],
    post: Annotated[str, POST] = "duty-officer",
    at: Annotated[str, typer.Option(help="When, if it is entered afterwards: RFC 3339.")] = "",
    text: Annotated[str, typer.Option(help="What you do about it.")] = "",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Mark an alert as seen by your post; its alarm falls silent until it is more urgent.

    It is your own party's mark: it tells nobody to do anything, and says nothing of the others.

    Exit codes: 0 marked, or it was so already; 2 no such alert, bad usage, or no such node.
    """
    client = client_of(node, token)
    body = _mark(client, (log, index), "seen", post, text, at)
    act(client, body, as_json=as_json, operator_key=operator_key)
    _say_if_over(client, (log, index))


@alert.command("called")
def called(
    log: Annotated[str, KEY],
    index: Annotated[int, INDEX],
    *,
    node: Annotated[str, NODE],
    post: Annotated[str, POST] = "duty-officer",
    about: Annotated[
        tuple[str, int] | None,
        typer.Option(
            metavar="LOG INDEX", help="The message or telephone call in which it was told."
        ),
    ] = None,
    at: Annotated[str, typer.Option(help="When, if it is entered afterwards: RFC 3339.")] = "",
    text: Annotated[str, typer.Option(help="What was said.")] = "",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Mark that your post has called about an alert, by whatever means.

    A message said with --about-alert, and a telephone call entered with --about, count by
    themselves.

    Exit codes: 0 marked, or it was so already; 2 no such alert, bad usage, or no such node.
    """
    from parley.app.cli.shown_messages import reference_of

    client = client_of(node, token)
    body = _mark(client, (log, index), "called", post, text, at)
    if about is not None:
        body["about"] = reference_of(client, about)
    act(client, body, as_json=as_json, operator_key=operator_key)
    _say_if_over(client, (log, index))


def _mark(
    client: Client, key: tuple[str, int], stage: str, post: str, text: str, at: str
) -> dict[str, object]:
    from parley.app.call_times import parse_past_us
    from parley.app.views import StatusView

    now_us = client.get("/api/status", StatusView).now_us
    return {
        "type": "mark_alert", "ref": list(key), "post": post, "stage": stage, "text": text,
        "at_us": parse_past_us(at, now_us, "--at") if at else None,
    }  # fmt: skip


def _alert(client: Client, key: tuple[str, int]) -> AlertView:
    from parley.app.alert_views import AlertView

    return client.get(f"/api/alerts/{key[0]}/{key[1]}", AlertView)


def _say_if_over(client: Client, key: tuple[str, int]) -> None:
    """Say on stderr that the alert was over: the mark stands all the same."""
    from parley.world.time import format_second

    life = _alert(client, key).life
    if life is not None and life.resolved_us is not None:
        typer.echo(f"parley: it was over since {format_second(life.resolved_us)}", err=True)


# ---- formations ---------------------------------------------------------------------------------


@formation.command("list")
def formations(
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print the formations: who declared and confirmed each, and whether it counts now.

    Exit codes: 0 printed, 2 bad usage, or no such node.
    """
    from parley.app.formation_views import FormationsView

    view = client_of(node, token).get("/api/formations", FormationsView)
    rows = view.formations
    texts = [f"{each.line}\n  {each.key[0]} {each.key[1]}" for each in rows]
    if view.left_out:
        texts.append(f"{view.left_out} more are not listed")
    print_rows(rows, texts or ["no formation is declared"], as_json=as_json)


@formation.command("declare")
def declare(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the formation.")],
    *,
    node: Annotated[str, NODE],
    agreement: Annotated[str, typer.Option(help="The agreement under which they fly.")],
    flight: Annotated[
        list[str],
        typer.Option("--flight", metavar="PARTY=FLIGHT", help="One of it. May be repeated."),
    ],
    radius: Annotated[str, typer.Option(help="Of the circle that holds it, e.g. 2NM.")],
    vertical: Annotated[str, typer.Option(help="From its centre up and down, e.g. 500ft.")],
    lasting: Annotated[str, typer.Option("--for", help="How long, e.g. 40min.")],
    begin: Annotated[str, typer.Option("--from", help="When: RFC 3339; now without it.")] = "",
    text: Annotated[str, typer.Option(help="Why they fly together.")] = "",
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Declare that flights fly as one; it counts once every party whose flights it names confirms.

    Exit codes: 0 declared, 2 refused, bad usage, or no such node.
    """
    from parley.app.cli.acts import instant_us, now_us_of
    from parley.world.units import parse_length_m, parse_seconds

    client = client_of(node, token)
    from_us = instant_us(begin, "--from") or now_us_of(client)
    body: dict[str, object] = {
        "type": "declare_formation", "agreement": agreement, "post": post, "formation": name,
        "flights": _flights(flight), "from_us": from_us,
        "to_us": from_us + round(parse_seconds(lasting, "--for") * 1_000_000),
        "radius_m": parse_length_m(radius, "--radius"),
        "vertical_m": parse_length_m(vertical, "--vertical"), "text": text,
    }  # fmt: skip
    act(client, body, as_json=as_json, operator_key=operator_key)


def _flights(given: list[str]) -> dict[str, list[str]]:
    from parley.world.faults import InputFault

    found: dict[str, list[str]] = {}
    for text in given:
        party, equals, name = text.partition("=")
        if not equals or not party or not name:
            raise InputFault("--flight", value=text, wanted="PARTY=FLIGHT")
        found.setdefault(party, []).append(name)
    return found


@formation.command("confirm")
def confirm(
    log: Annotated[str, typer.Argument(metavar="LOG", help="The log of its declaration.")],
    index: Annotated[int, INDEX],
    *,
    node: Annotated[str, NODE],
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Confirm a formation that another party declared, for the flights of yours that it names.

    Exit codes: 0 confirmed, 2 no such formation, refused, bad usage, or no such node.
    """
    body: dict[str, object] = {"type": "confirm_formation", "ref": [log, index], "post": post}
    act(client_of(node, token), body, as_json=as_json, operator_key=operator_key)


@formation.command("end")
def end(
    log: Annotated[str, typer.Argument(metavar="LOG", help="The log of its declaration.")],
    index: Annotated[int, INDEX],
    *,
    node: Annotated[str, NODE],
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """End a formation for your part: it counts for nobody any more.

    Exit codes: 0 ended, 2 no such formation, refused, bad usage, or no such node.
    """
    body: dict[str, object] = {
        "type": "end_formation", "ref": [log, index], "post": post, "reason": reason,
    }  # fmt: skip
    act(client_of(node, token), body, as_json=as_json, operator_key=operator_key)
