"""`parley`: the commands, and the one place where faults become a line and an exit code.

Exit 0: fine; 1: the answer is no; 2: bad usage or input, or a fault of the host, in one line; 3: a
fault of this program, with the place of its report. A command's module is imported only when that
command runs: listing them must cost nothing.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Any, NoReturn

import typer
from typer._click.exceptions import ClickException, NoArgsIsHelpError
from typer.core import TyperGroup

from parley import __version__
from parley.app.kernel_cache import keep_kernels
from parley.world.faults import Fault


@dataclass(frozen=True, slots=True)
class _Later:
    """A command that is imported when it is asked for: module, attribute, its one line of help."""

    module: str
    attribute: str
    help: str


_COLLECTED_AFTER = (50_000, 20, 20)
"""What the modules make lives as long as the process: looking through it for cycles after each 700
new objects was a fifth of every start."""

COMMANDS: dict[str, _Later] = {
    "demo": _Later(
        "parley.app.cli.demo",
        "demo",
        "Play a scenario between the nodes of its parties, on this machine.",
    ),
    "node": _Later("parley.app.cli.node", "node", "Make and run a party's node."),
    "key": _Later(
        "parley.app.cli.key",
        "key",
        "Make keys, compare them by voice, and say offline which of them count.",
    ),
    "line": _Later(
        "parley.app.cli.line",
        "line",
        "Print the state of each line, now or in the past, or act on your side of one.",
    ),
    "say": _Later(
        "parley.app.cli.speak", "say", "Say something on a line; print the key of its entry."
    ),
    "answer": _Later(
        "parley.app.cli.speak",
        "answer",
        "Answer a message, reading fields back; without arguments print the open messages.",
    ),
    "translate": _Later(
        "parley.app.cli.speak",
        "translate",
        "Put a translation beside a message; what was said stays as it was said.",
    ),
    "watch": _Later(
        "parley.app.cli.watch",
        "watch",
        "Stand a watch at a terminal: lines, alarms, open messages, and one line to act on.",
    ),
    "call": _Later(
        "parley.app.cli.call",
        "call",
        "Enter a telephone call, at once or late; without --with print the calls.",
    ),
    "relay": _Later(
        "parley.app.cli.call",
        "relay",
        "Say what became of a message to be passed on; without arguments print them all.",
    ),
    "unit": _Later(
        "parley.app.cli.unit",
        "unit",
        "Print which units were not told of what stands; enter what a unit said.",
    ),
    "zone": _Later(
        "parley.app.cli.zone_commands",
        "zone",
        "Print the two states of each zone, or say one of them.",
    ),
    "pressure": _Later(
        "parley.app.cli.zone_commands",
        "pressure",
        "Print by which QNH levels are compared with altitudes, or report one.",
    ),
    "intent": _Later(
        "parley.app.cli.intent_acts",
        "intent",
        "Print the operational intents of every party; check, file, move or change yours.",
    ),
    "reposition": _Later(
        "parley.app.cli.reposition_acts",
        "app",
        "List own intents that a change touches, find free moves, and move them in one act.",
    ),
    "alerts": _Later(
        "parley.app.cli.alert_acts",
        "alerts",
        "Print the open alerts by time to loss, new notices, and what is not watched.",
    ),
    "coverage": _Later(
        "parley.app.cli.coverage_acts",
        "coverage",
        "Print where the feeds usually see aircraft, and what is not watched by their history.",
    ),
    "alert": _Later(
        "parley.app.cli.alert_acts",
        "alert",
        "Print one alert with all its inputs; mark that you have seen it, or called about it.",
    ),
    "formation": _Later(
        "parley.app.cli.alert_acts",
        "formation",
        "Declare, confirm and end flights that fly as one, agreed by all whose they are.",
    ),
    "alarm": _Later(
        "parley.app.cli.alarm",
        "alarm",
        "Print the alarms that stand, the most urgent first: whom to call, who was, who took it.",
    ),
    "operator": _Later(
        "parley.app.cli.custody_acts", "operator", "Say which people may sign, by pseudonym."
    ),
    "sign": _Later(
        "parley.app.cli.custody_acts",
        "sign",
        "Show an entry, ask, and sign exactly what was shown; print where the signature stands.",
    ),
    "distrust": _Later(
        "parley.app.cli.custody_acts",
        "distrust",
        "Take a peer's key no more, at once, for every agreement; one person is enough.",
    ),
    "revoke": _Later(
        "parley.app.cli.custody_acts",
        "revoke",
        "Tell every party of the agreement what an offline root says of a key.",
    ),
    "hold": _Later(
        "parley.app.cli.custody_acts",
        "hold",
        "Set and lift legal holds: while one stands, nothing is destroyed here.",
    ),
    "consent": _Later(
        "parley.app.cli.custody_acts",
        "consent",
        "Say who may have humanitarian notices, one addressee at a time.",
    ),
    "notice": _Later(
        "parley.app.cli.custody_acts",
        "notice",
        "Open or destroy a guarded notice; both are written down.",
    ),
    "agreement": _Later(
        "parley.app.cli.agreement_group", "app", "Write, check, adopt and judge agreements."
    ),
    "assess": _Later(
        "parley.app.cli.assess",
        "assess",
        "Say what you assess before you decide, until when; without a subject print what is held.",
    ),
    "place": _Later(
        "parley.app.cli.place_acts",
        "place",
        "Keep places of our own, tell them in steps of precision, and see who was told what.",
    ),
    "detect": _Later(
        "parley.app.cli.detect",
        "detect",
        "Print one row per pair and episode of recorded aircraft strictly inside both minima.",
    ),
    "study": _Later(
        "parley.app.cli.studies",
        "study",
        "Study behaviour over time: margins to lines, encounters, trends, activity, incidents.",
    ),
    "replay": _Later(
        "parley.app.cli.replay", "replay", "Fold a scenario and print what must be said about it."
    ),
    "bundle": _Later(
        "parley.app.cli.bundles", "bundle", "Carry the line by file: a stick, or e-mail."
    ),
    "log": _Later("parley.app.cli.log", "log", "List, check, export, ask the logs of a node."),
    "verify": _Later(
        "parley.app.cli.verify_pack",
        "verify",
        "Verify a record: every byte of every entry against the signed heads.",
    ),
}
"""In the order of the help page: a newcomer's first command first."""


class _Commands(TyperGroup):
    """A group whose commands are imported when they are asked for, not when they are listed."""

    _listing = False

    @property
    def commands(self) -> Any:  # noqa: ANN401  typer's own click is untyped
        """The commands by name, each imported when it is taken: for the documentation."""
        return _Loading(self)

    @commands.setter
    def commands(self, value: Any) -> None:  # noqa: ANN401  typer's own click is untyped
        self._stubs = value

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  typer's own click is untyped
        """Return the names in the order of `COMMANDS`."""
        return [name for name, later in COMMANDS.items() if find_spec(later.module) is not None]

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  typer's own click is untyped
        """Write the help page from the one-line texts alone."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002  typer's own click is untyped
        """Return a command; imported here unless it is only listed."""
        later = COMMANDS.get(cmd_name)
        if self._listing or later is None:
            return self._stubs.get(cmd_name)
        found = getattr(importlib.import_module(later.module), later.attribute)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(name=cmd_name)(found)
            found = alone
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


class _Loading(Mapping[str, Any]):
    """The commands of a group, each imported when it is taken out."""

    def __init__(self, group: _Commands) -> None:
        self._group = group

    def __iter__(self) -> Iterator[str]:
        return iter(self._group.list_commands(None))

    def __len__(self) -> int:
        return len(self._group.list_commands(None))

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  typer's own click is untyped
        if name not in list(self):
            raise KeyError(name)
        return self._group.get_command(None, name)


app = typer.Typer(
    name="parley",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Airspace deconfliction between parties who do not trust each other, with proof of what "
    "each side was told.",
)


def _stub() -> None:
    """Stand in the list of commands; never called."""


for _name, _later in COMMANDS.items():
    app.command(name=_name, help=_later.help)(_stub)


def _print_version(value: bool) -> None:  # noqa: FBT001  typer calls it by position
    if value:
        typer.echo(f"parley {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and exit.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    del version


def main() -> NoReturn:
    """Run the command line and exit; a fault is one line on stderr."""
    gc.set_threshold(*_COLLECTED_AFTER)
    keep_kernels()
    try:
        code = app(standalone_mode=False, prog_name="parley")
    except NoArgsIsHelpError as asked:
        if asked.format_message():
            asked.show()
        sys.exit(asked.exit_code)
    except ClickException as error:
        _exit(_usage(error), error.exit_code)
    except Fault as fault:
        _exit(f"parley: {fault}", 2)
    except (KeyboardInterrupt, EOFError):
        _exit("parley: stopped", 130)
    except typer.Abort:
        # "No" to a question, or an input that ended before it was answered.
        _exit("\nparley: stopped, nothing was done", 1)
    except Exception as error:  # noqa: BLE001  the last door: a bug becomes a report, not a screen of frames
        _exit(f"parley: a fault of this program: {_report(error)}", 3)
    sys.exit(code if isinstance(code, int) else 0)


def _usage(error: ClickException) -> str:
    """Return one line for a command line that cannot be read, with the help that would tell."""
    context = getattr(error, "ctx", None)
    name = context.command_path if context is not None else "parley"
    said = " ".join(error.format_message().split()).rstrip(".")
    return f"{name}: {said}; see {name} --help"


def _exit(line: str, code: int) -> NoReturn:
    sys.stderr.write(line + "\n")
    sys.exit(code)


def _report(error: Exception) -> str:
    """Write what happened to a file that only its user can read; return where, and the short of it.

    No arguments of the command line go in: they may be what somebody says on a line.
    """
    name = type(error).__name__
    lines = [f"parley {__version__}, Python {sys.version}, {sys.platform}\n"]
    lines += traceback.format_exception(error)
    try:
        handle, path = tempfile.mkstemp(prefix="parley-report-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError as failed:
        return f"{name}; no report could be written ({failed.strerror})"
    return f"{name}; please report it with {path}"
