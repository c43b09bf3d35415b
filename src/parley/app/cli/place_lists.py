"""`parley place import`, `export`, `list`, `remove`: our own register of places.

Lists are read and checked as a whole before anything is written, and go to the node in parts that
may be sent again: what is there already is not written twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from parley.app.cli.acts import (
    JSON,
    NODE,
    POST,
    TOKEN,
    client_of,
    print_rows,
)
from parley.app.cli.custody_acts import AGREEMENT
from parley.app.cli.custody_acts import _agreement as only_agreement

if TYPE_CHECKING:
    from parley.app.client import Client
    from parley.node.agreement_bodies import KeptPlace
    from parley.node.rules.places import Asked
    from parley.wire.place_list import PlaceRow, RowFault

T = TypeVar("T")
PART_ROWS = 1_000
"""Places that go to the node in one request."""
SHOWN_MAX = 20

place = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keep places of our own, tell them in steps of precision, and see who was told what."
    "\n\nExit codes: 0 done or printed, 1 something is asked or was left out, 2 refused, bad "
    "usage, or no such node.",
)


# ---- the register -------------------------------------------------------------------------------


@place.command(name="import")
def import_places(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .geojson list.")],
    *,
    node: Annotated[str, NODE],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and check it; write nothing.")
    ] = False,
    skip_bad: Annotated[
        Path | None,
        typer.Option(help="Keep the good rows, and write the refused ones to this new file."),
    ] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="What was asked about these rows is meant so.")
    ] = False,
    source: Annotated[str, typer.Option(help="Where the list is from, in a few words.")] = "",
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Read a list of places into our own register; nobody is told.

    All or nothing: with one bad row nothing is written, unless --skip-bad names a file for those
    that are refused. A row that is known already writes nothing.

    Exit codes: 0 all taken, 1 rows were left out or something is asked, 2 nothing written: bad
    rows, refused, bad usage, or no such node.
    """
    from parley.app.notice_api import KeepBody, KeptDone
    from parley.world.faults import InputFault

    good, bad = _read_file(file)
    for fault in bad[:SHOWN_MAX]:
        print_rows([], [fault.line(file.name)], as_json=False)
    if bad and skip_bad is None:
        value = f"{len(bad)} of {len(good) + len(bad)} rows cannot be kept"
        repair = "correct them, or give --skip-bad a file for them"
        raise InputFault(str(file), value=value, wanted="none", repair=repair)
    client = client_of(node, token)
    name = only_agreement(client, agreement)

    def sent(rows: list[PlaceRow], *, check_only: bool) -> KeptDone:
        places = tuple(each.place for each in rows)
        body = KeepBody(
            agreement=name, post=post, places=places, source=source or file.name,
            confirmed=confirm, check_only=check_only,
        )  # fmt: skip
        return client.post("/api/places", body, KeptDone)

    checked = [sent(part, check_only=True) for part in parts(good, PART_ROWS)]
    asked = [each for part in checked for each in part.asked]
    if asked and not confirm:
        _print_asked(asked, {each.place.place: each.row for each in good}, file.name)
        raise typer.Exit(1)
    if skip_bad is not None and bad and not dry_run:
        _write_refused(skip_bad, bad)
    done = checked if dry_run else [sent(p, check_only=False) for p in parts(good, PART_ROWS)]
    fresh, same = sum(each.fresh for each in done), sum(each.same for each in done)
    word = "would be written" if dry_run else "written"
    text = f"{len(good) + len(bad)} rows: {fresh} {word}, {same} known already, {len(bad)} refused"
    report = {"rows": len(good) + len(bad), "written": 0 if dry_run else fresh, "known": same,
              "refused": len(bad), "dry_run": dry_run}  # fmt: skip
    print_rows([report], [text], as_json=as_json)
    if bad:
        raise typer.Exit(1)


def _read_file(file: Path) -> tuple[list[PlaceRow], list[RowFault]]:
    """Return the good rows of a list, and the others."""
    from parley.wire.place_list import PlaceRow, form_of, read_places
    from parley.world.faults import InputFault

    form = form_of(file.name)
    good: list[PlaceRow] = []
    bad: list[RowFault] = []
    try:
        with file.open("rb") as opened:
            for row in read_places(opened, file.name, form):
                if isinstance(row, PlaceRow):
                    # What it was read from is only needed for rows that go back.
                    good.append(PlaceRow(row=row.row, place=row.place))
                else:
                    bad.append(row)
    except OSError as error:
        wanted = "a file that can be read"
        raise InputFault(str(file), value=error.strerror, wanted=wanted) from None
    return good, bad


def _print_asked(asked: list[Asked], rows: dict[str, int], name: str) -> None:
    for each in asked[:SHOWN_MAX]:
        typer.echo(f"{name} row {rows.get(each.place, 0)}: {each.text}", err=True)
    more = len(asked) - SHOWN_MAX
    if more > 0:
        typer.echo(f"and {more} more", err=True)
    typer.echo("nothing is written: correct the list, or say --confirm if all is meant", err=True)


def _write_refused(path: Path, bad: list[RowFault]) -> None:
    from parley.wire.place_list import refused_csv

    write_new(path, refused_csv(bad))
    typer.echo(f"{len(bad)} refused rows are in {path}", err=True)


def write_new(path: Path, lines: Iterable[str]) -> None:
    """Write a file that is not there yet: what somebody else left is never written over."""
    from parley.world.faults import InputFault

    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            for line in lines:
                file.write(line)
    except FileExistsError:
        wanted = "a new file"
        raise InputFault(str(path), value="there already", wanted=wanted) from None
    except OSError as error:
        raise InputFault(str(path), value=error.strerror, wanted="a file to write") from None


def parts(rows: list[T], most: int) -> Iterator[list[T]]:
    """Yield a list in parts of at most so many rows."""
    for start in range(0, len(rows), most):
        yield rows[start : start + most]


@place.command(name="export")
def export_places(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new .csv or .geojson file.")],
    *,
    node: Annotated[str, NODE],
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
) -> None:
    """Write our own register to a file, exactly; it reads in again as it is.

    Exit codes: 0 written, 2 refused, bad usage, or no such node.
    """
    from parley.wire.place_list import form_of, places_csv, places_geojson

    form = form_of(file.name)
    client = client_of(node, token)
    places = list(_register(client, only_agreement(client, agreement), post))
    write_new(file, places_csv(places) if form == "csv" else places_geojson(places))
    typer.echo(f"{len(places)} places written to {file}: it holds exact positions", err=True)


def _register(client: Client, agreement: str, post: str) -> Iterator[KeptPlace]:
    from parley.app.notice_api import ExportBody, ExportPart

    start: int | None = 0
    while start is not None:
        body = ExportBody(agreement=agreement, post=post, start=start)
        part = client.post("/api/places/export", body, ExportPart)
        yield from part.places
        start = part.next


@place.command(name="remove")
def remove_places(
    names: Annotated[list[str], typer.Argument(metavar="PLACE...", help="The ids.")],
    *,
    node: Annotated[str, NODE],
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Take places out of our own register; what was told of them still stands elsewhere.

    Exit codes: 0 taken out, 2 refused, bad usage, or no such node.
    """
    import msgspec

    from parley.app.notice_api import KeepBody, KeptDone
    from parley.world.faults import InputFault, nearest

    client = client_of(node, token)
    under = only_agreement(client, agreement)
    known = {each.place: each for each in _register(client, under, post)}
    for name in names:
        if name not in known:
            close = nearest(name, list(known))
            repair = f"did you mean {close!r}?" if close else ""
            raise InputFault("place", value=name, wanted="one of the register", repair=repair)
    gone = tuple(msgspec.structs.replace(known[name], removed=True) for name in names)
    body = KeepBody(agreement=under, post=post, places=gone, confirmed=True)
    done = client.post("/api/places", body, KeptDone)
    print_rows([done], [f"{done.written} places taken out"], as_json=as_json)
    typer.echo("Notices of them stand until withdrawn: parley place withdraw.", err=True)


@place.command(name="list")
def list_places(
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print the places of our own register by id and kind, and who was told of each.

    Where they lie and how they are called is not printed: that is parley place export.

    Exit codes: 0 printed, 2 bad usage, or no such node.
    """
    from parley.app.notice_views import PlacesView, PlaceView

    client = client_of(node, token)
    rows: list[PlaceView] = []
    total = 1
    while len(rows) < total:
        view = client.get(f"/api/places?start={len(rows)}", PlacesView)
        total = view.total
        rows += view.places
        if not view.places:
            break
    texts = [
        f"{each.place} ({each.kind}, {each.agreement})"
        + (" TAKEN OUT" if each.removed else "")
        + f": told to {', '.join(each.told_to) or 'nobody'}"
        for each in rows
    ]
    print_rows(rows, texts or ["the register is empty"], as_json=as_json)
