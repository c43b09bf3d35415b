"""`parley coverage`: where the feeds of a node usually see aircraft, by their own history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import JSON, NODE, TOKEN, client_of, print_rows

if TYPE_CHECKING:
    from parley.app.client import Client


TURNS_MAX = 5


def coverage(
    *,
    node: Annotated[str, NODE],
    at: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="LAT LON", help="What is known of one place, height by height."),
    ] = None,
    geojson: Annotated[
        Path | None,
        typer.Option(help="Write the cells by feed and height band to this new .geojson file."),
    ] = None,
    feed: Annotated[str, typer.Option(help="With --geojson: only the cells of this feed.")] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print where the feeds usually see aircraft, and what is not watched by their history.

    With it how far the areas of agreements and own intents are covered.

    "covered" is no clearance: it says nothing of aircraft that do not report. "no history" is no
    evidence either way.

    Exit codes: 0 printed, 2 bad usage, or no such node.
    """
    from parley.app.coverage_views import BandThere, CoverageView, coverage_texts, place_texts
    from parley.world.faults import InputFault

    client = client_of(node, token)
    if (at is not None and geojson is not None) or (feed and geojson is None):
        given = "--at with --geojson" if at is not None else "--feed alone"
        raise InputFault(
            "coverage", value=given, wanted="--at, or --geojson with or without --feed"
        )
    if geojson is not None:
        _write_cells(client, geojson, feed)
        return
    if at is not None:
        path = f"/api/coverage/place?lat_deg={at[0]!r}&lon_deg={at[1]!r}"
        bands = client.get(path, tuple[BandThere, ...])
        print_rows(bands, place_texts(bands), as_json=as_json)
        return
    view = client.get("/api/coverage", CoverageView)
    print_rows([view], coverage_texts(view), as_json=as_json)


def _write_cells(client: Client, file: Path, feed: str) -> None:
    """Write all cells to a new file, asked for page by page."""
    from urllib.parse import urlencode

    import msgspec

    from parley.world.faults import InputFault

    features: list[object] = []
    total, turns = -1, 0
    while True:
        asked: dict[str, object] = {"first": len(features)} | ({"feed": feed} if feed else {})
        page = msgspec.json.decode(client.get_bytes(f"/api/coverage/geojson?{urlencode(asked)}"))
        if total not in (-1, page["total"]):
            # A cell was seen for the first time meanwhile: the pages do not fit together.
            features, total, turns = [], -1, turns + 1
            if turns < TURNS_MAX:
                continue
            raise InputFault("cells", value="changing while they are read", wanted="a quiet moment")
        total = page["total"]
        features += page["features"]
        if len(features) >= total or not page["features"]:
            break
    page |= {"features": features, "left_out": total - len(features)}
    try:
        with file.open("xb") as out:
            out.write(msgspec.json.encode(page))
    except OSError as error:
        wanted = "a new file in a folder that is there"
        raise InputFault(str(file), value=error.strerror, wanted=wanted) from None
    typer.echo(f"{len(features)} cells and bands written to {file}")
