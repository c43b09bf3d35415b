"""`parley demo`: the nodes of a scenario or of a recording, the story they live, and its summary.

Here: arguments, where a scenario is found, the order of the rooms, signals and exit codes. Results
go to stdout; `--json` prints one JSON document there and the story on stderr.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from parley.app.cli.detect import parse_minima
from parley.app.cli.replay import read_scenario
from parley.app.demo_conductor import Conductor, Pace, Summary
from parley.app.demo_fleet import Fleet, make_folders
from parley.app.demo_plan import Plan, plan_scenario
from parley.app.demo_recording import Recorded, plan_recordings, write_segments
from parley.app.demo_screen import RichScreen
from parley.app.demo_seat import SEAT_READY_US, SEAT_SPEED_RATIO, seated
from parley.app.demo_story import clock_text
from parley.app.kernel_cache import COMPILING, is_kept
from parley.app.startup import warm_kernels
from parley.app.warming import KERNELS
from parley.world.faults import InputFault, nearest
from parley.world.time import parse_instant_us

DEFAULT = "wildfire-civil"
SPEED_RATIO = 60.0
Speed = Annotated[
    float | None,
    typer.Option(
        "--speed",
        help="Story seconds per second, while something happens; 60 without it, with --sit 1.",
        min=0.1,
    ),
]
Keep = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Keep keys, texts, logs and segments in this new folder."),
]
Sit = Annotated[
    str | None,
    typer.Option(
        metavar="PARTY", help="Sit at its post: what it is asked is left to you, at real speed."
    ),
]
Opens = Annotated[
    bool,
    typer.Option("--open/--no-open", help="Open the console in a browser, where there is one."),
]


def demo(
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="SCENARIO",
            help=f"A scenario of examples/ by its name, or a folder; {DEFAULT} without it.",
        ),
    ] = None,
    *,
    once: Annotated[
        bool, typer.Option("--once", help="To the end at full speed, a summary, and out.")
    ] = False,
    speed_ratio: Speed = None,
    port_base: Annotated[
        int | None,
        typer.Option(help="First of two ports per node; free ones without it.", min=1, max=65000),
    ] = None,
    keep: Keep = None,
    recording: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Play recorded traffic between two nodes instead."),
    ] = None,
    minima: Annotated[
        str, typer.Option(help="With --recording: the separation that the two have agreed.")
    ] = "5NM,1000ft",
    from_time: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="With --recording: begin here.")
    ] = None,
    to_time: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="With --recording: end here.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="With --recording: how long; 20 without it.", min=0.1)
    ] = None,
    sit: Sit = None,
    opens: Opens = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON; the story on stderr.")
    ] = False,
) -> None:
    """Play a scenario between the nodes of its parties, on this machine.

    One process per party, real links between them, each with its own page. Time goes on only when
    every link is idle. Without --once the pages stay up after the end, until Ctrl-C. With --sit you
    are the people of one party: answer at its console.

    Exit codes: 0 the story was played and the peers agree, 1 they do not, 2 bad usage or input.
    """
    screen = _screen(on_stderr=as_json)
    with _folder(keep) as top:
        recorded = None
        if recording:
            if scenario is not None:
                raise InputFault("SCENARIO", value=scenario, wanted="none beside --recording")
            within_s = minutes * 60 if minutes is not None else None
            recorded = _recorded(recording, minima, from_time, to_time, within_s)
            screen.say(recorded.told)
            plan = recorded.plan
        else:
            plan = plan_scenario(read_scenario(find_scenario(scenario or DEFAULT)))
        if sit is not None:
            plan = seated(plan, sit)
        usual_ratio = SEAT_SPEED_RATIO if sit is not None else SPEED_RATIO
        pace = Pace(None if once else speed_ratio or usual_ratio)
        opens = opens and not once and not as_json
        summary = _run(plan, top, port_base, pace, screen, recorded, stay=not once, opens=opens)
    if as_json:
        typer.echo(msgspec.json.encode(summary).decode())
    if not summary.digests_agree:
        raise typer.Exit(1)


def _screen(*, on_stderr: bool) -> RichScreen:
    """Return where the story is told, with what the nodes need compiled.

    Where it is not, ten of them would each do so by itself.
    """
    screen = RichScreen(Console(stderr=on_stderr, highlight=False))
    screen.say("Parley demo: a simulation. Nothing here is for flight.", "bold")
    if not is_kept(*KERNELS):
        screen.say(f"{COMPILING}.")
        warm_kernels()
    return screen


def _recorded(
    files: list[Path],
    minima: str,
    from_time: str | None,
    to_time: str | None,
    within_s: float | None,
) -> Recorded:
    return plan_recordings(
        files,
        parse_minima(minima),
        from_us=parse_instant_us(from_time, "--from") if from_time else None,
        to_us=parse_instant_us(to_time, "--to") if to_time else None,
        within_s=within_s,
    )


def find_scenario(name: str) -> Path:
    """Return the folder of a scenario: a folder as given, else one of the examples by its name.

    The first part of a name is enough where it fits one: `wildfire`, `syria`.

    Raises:
        InputFault: there is none; the repair names the nearest.
    """
    if Path(name).is_dir():
        return Path(name)
    tops = (Path.cwd(), *Path(__file__).resolve().parents)
    examples = next((top / "examples" for top in tops if (top / "examples").is_dir()), None)
    known = sorted(each.name for each in examples.iterdir() if each.is_dir()) if examples else []
    if examples is not None:
        if name in known:
            return examples / name
        begun = [each for each in known if each.startswith(name)]
        if name and len(begun) == 1:
            return examples / begun[0]
    close = nearest(name, known)
    raise InputFault(
        "SCENARIO",
        value=name,
        wanted=f"a scenario's folder, or one of {', '.join(known) or 'examples/'}",
        repair=f"did you mean {close!r}?" if close else "",
    )


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Give a new folder of our own; it goes away again unless it is to be kept."""
    if keep is not None:
        if keep.exists():
            raise InputFault("--keep", value=str(keep), wanted="a folder that is not there yet")
        keep.mkdir(mode=0o700, parents=True)
        yield keep
        return
    top = Path(tempfile.mkdtemp(prefix="parley-demo-"))
    try:
        yield top
    finally:
        shutil.rmtree(top, ignore_errors=True)


def _run(
    plan: Plan,
    top: Path,
    port_base: int | None,
    pace: Pace,
    screen: RichScreen,
    recorded: Recorded | None,
    *,
    stay: bool,
    opens: bool,
) -> Summary:
    began_s = time.monotonic()
    segments = write_segments(recorded, top) if recorded is not None else ()
    fleet = Fleet(make_folders(plan, top, port_base))

    async def run() -> Summary:
        _stop_on_signals()
        try:
            await fleet.start()
            screen.say(f"{plan.scenario}: {len(plan.nodes)} nodes, each with its own page")
            screen.addresses(
                [
                    (
                        node.party,
                        node.name,
                        fleet.nodes[node.party].page,
                        fleet.nodes[node.party].pid,
                    )
                    for node in plan.nodes
                ]
            )
            _show_console(
                plan, {p: node.page for p, node in fleet.nodes.items()}, screen, opens=opens
            )
            conductor = Conductor(plan, fleet, screen, pace, segments, began_s)
            summary = await conductor.play()
            screen.summary(summary)
            if stay:
                screen.say(
                    "The story has ended; the nodes and their pages stay up. Ctrl-C ends it."
                )
                with contextlib.suppress(asyncio.CancelledError):
                    await conductor.watch()
            return summary
        finally:
            await fleet.stop()

    try:
        return asyncio.run(run())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def _show_console(plan: Plan, pages: dict[str, str], screen: RichScreen, *, opens: bool) -> None:
    """Tell where the console is, and open it where somebody sits before a browser."""
    party = plan.seat or plan.nodes[0].party
    page = pages.get(party, "")
    if not page:
        return
    console = f"{page.rstrip('/')}/console/"
    who = f"You sit at {party}." if plan.seat else "Every node has its own."
    screen.say(f"The console: {console}  {who}", "bold")
    if plan.seat:
        first = clock_text(plan.seat_from_us + SEAT_READY_US)
        screen.say(f"Your first message comes at {first}; what was before is played at once.")
        screen.say("Nobody answers in your place.")
    graphical = sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if opens and graphical and sys.stdout.isatty():
        webbrowser.open(console)


def _stop_on_signals() -> None:
    """Let Ctrl-C and SIGTERM end the story, so that every node that was started is stopped."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
