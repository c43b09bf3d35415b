"""`parley watch`: a whole watch at a terminal, over a slow link too."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parley.app.cli.acts import NODE, POST, TOKEN, client_of


def watch(
    *,
    node: Annotated[str, NODE],
    post: Annotated[str, POST] = "duty-officer",
    language: Annotated[str, typer.Option(help="Yours, e.g. ru: goes with what you say.")] = "",
    refresh: Annotated[
        str, typer.Option(help="How often the clock is drawn; news are drawn at once.")
    ] = "1s",
    look: Annotated[
        bool, typer.Option("--look", help="Only look: no presence, no display, no acts.")
    ] = False,
    token: Annotated[Path | None, TOKEN] = None,
) -> None:
    """Stand a watch at a terminal: lines, alarms, open messages, and one line to act on.

    Type ? for help, q to end; the node runs on. Starting it says that you are at your post, and
    each key renews that. A message all of whose words have stood on the screen is written as
    displayed while somebody presses keys. The bell rings every 10 s while an alarm stands that
    nobody has taken, and every minute while the node does not answer.

    Exit codes: 0 ended, 2 bad usage, no terminal, or no such node.
    """
    import sys

    from parley.app.views import StatusView
    from parley.app.watch_model import Watch
    from parley.app.watch_screen import Desk, Screen
    from parley.world.faults import InputFault
    from parley.world.units import parse_seconds

    refresh_s = parse_seconds(refresh, "--refresh")
    client = client_of(node, token)
    client.get("/api/status", StatusView)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        wanted = "a terminal; parley answer and parley line print the same for a script"
        raise InputFault("parley watch", value="no terminal", wanted=wanted)
    Screen(Desk(client, Watch(post=post, language=language), look_only=look), refresh_s).run()
