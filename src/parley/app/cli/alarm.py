"""`parley alarm`: what somebody here must see now, taking it, and test calls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import AGREEMENT, JSON, NODE, POST, TOKEN, client_of, print_rows

if TYPE_CHECKING:
    from parley.app.alarm_views import AlarmsView, AlarmView
    from parley.app.client import Client

alarm = typer.Typer(
    invoke_without_command=True, add_completion=False, pretty_exceptions_enable=False
)


@alarm.callback()
def show(
    context: typer.Context,
    *,
    node: Annotated[str, NODE] = "",
    as_json: Annotated[bool, JSON] = False,
    token: Annotated[Path | None, TOKEN] = None,
) -> None:
    """Print the alarms that stand, the most urgent first: whom to call, who was, who took it.

    Exit codes: 0 none sounds, 1 one sounds that nobody has taken, 2 bad usage, or no such node.
    """
    if context.invoked_subcommand is not None:
        return
    view = _alarms(client_of(_required(node), token))
    texts = [line for each in view.alarms for line in alarm_lines(each)]
    texts += [f"not calling: {c.channel} to {c.name}: {c.fault}" for c in view.contacts if c.fault]
    print_rows(view.alarms, texts or ["no alarm stands"], as_json=as_json)
    raise typer.Exit(int(any(not each.alarm.silent for each in view.alarms)))


@alarm.command("ack")
def ack(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="The alarm, as listed.")] = "",
    *,
    node: Annotated[str, NODE],
    every: Annotated[bool, typer.Option("--all", help="Every alarm that sounds.")] = False,
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    text: Annotated[str, typer.Option(help="What you do about it.")] = "",
    as_json: Annotated[bool, JSON] = False,
    token: Annotated[Path | None, TOKEN] = None,
) -> None:
    """Take an alarm: it falls silent here and calls nobody more; it answers nothing.

    Exit codes: 0 taken, by you or by somebody before, or none sounds; 2 no such alarm, bad usage,
    or no such node.
    """
    from parley.app.act_views import ActDone
    from parley.world.faults import InputFault

    if bool(name) == every:
        raise InputFault("alarm", value=name or "none", wanted="a name, or --all alone")
    client = client_of(node, token)
    found = [
        each.alarm
        for each in _alarms(client).alarms
        if each.alarm.acknowledged_us is None
        and (every or each.alarm.name == name)
        and agreement in ("", each.alarm.agreement)
    ]
    wanted = {(each.agreement, each.name) for each in found}
    if name and not wanted:
        # The node says why: over, taken by somebody, or never there.
        wanted = {(agreement or _agreement_here(client, name), name)}
    for where, which in sorted(wanted):
        body = {"type": "acknowledge_alarm", "agreement": where, "alarm": which, "post": post}
        done = client.post("/api/acts", body | ({"text": text} if text else {}), ActDone)
        line = f"{which}: taken" if done.key else f"{which}: somebody has taken it already"
        print_rows([done], [line], as_json=as_json)
    if not wanted:
        typer.echo("no alarm sounds", err=True)


@alarm.command("test")
def call_all(
    *,
    node: Annotated[str, NODE],
    post: Annotated[str, typer.Option(help="Only the contacts of this post.")] = "",
    as_json: Annotated[bool, JSON] = False,
    token: Annotated[Path | None, TOKEN] = None,
) -> None:
    """Call every contact with a text that says it is a test.

    Exit codes: 0 every call went out, 1 one did not, 2 no contact, bad usage, or no such node.
    """
    from parley.app.alarm_views import TestCalled

    body = {"post": post} if post else {}
    rows = client_of(node, token).post("/api/alarms/test", body, tuple[TestCalled, ...])
    texts = [
        f"{each.post}: {each.channel} to {each.name}: "
        f"{'went out' if each.delivered else 'DID NOT GO OUT'}: {each.detail}"
        for each in rows
    ]
    print_rows(rows, texts, as_json=as_json)
    raise typer.Exit(int(not all(each.delivered for each in rows)))


def _required(node: str) -> str:
    from parley.world.faults import InputFault

    if not node:
        wanted = "the node's address, folder or TOML file"
        raise InputFault("--node", value="missing", wanted=wanted)
    return node


def _alarms(client: Client) -> AlarmsView:
    from parley.app.alarm_views import AlarmsView

    return client.get("/api/alarms", AlarmsView)


def _agreement_here(client: Client, name: str) -> str:
    """Return the agreement that a name is asked about where several stand."""
    from parley.app.views import StatusView
    from parley.world.faults import InputFault

    known = client.get("/api/status", StatusView).agreements
    if len(known) == 1:
        return known[0]
    wanted = "one that stands, or --agreement with it"
    raise InputFault("alarm", value=name, wanted=wanted, repair="see parley alarm")


def alarm_lines(view: AlarmView) -> list[str]:
    """Return an alarm in lines: what, whom to call, who took it, how the last call went."""
    from parley.world.time import format_second

    each = view.alarm
    state = "SOUNDS"
    if each.acknowledged_us is not None:
        state = f"taken at {each.acknowledged_by} {format_second(each.acknowledged_us)}"
    elif each.silent:
        state = "silent: an answer is promised"
    lines = [
        f"{each.name}",
        f"  {each.alarm_class} {each.text}",
        f"  call {each.post}; since {format_second(each.since_us)}; {state}",
    ]
    if view.calls:
        last = view.calls[0]
        how = "went out" if last.delivered else "DID NOT GO OUT"
        lines.append(
            f"  called by {last.channel}, attempt {last.attempt}, {how} "
            f"{format_second(last.at_us)}: {last.detail}"
        )
    elif view.calls_nobody:
        lines.append("  no contact is called about it")
    return lines
