"""`parley study`: behaviour over time, from recordings or a scenario: margins, encounters, trends.

Here: arguments, reading, output. Results go to stdout or to a file, talk to stderr; every figure
comes from `review`. A recording says nothing of parties: `--parties` names them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import AGREEMENT, FIELD, JSON, NODE, OPERATOR_KEY, POST, TOKEN

if TYPE_CHECKING:
    from parley.review.activity import Span
    from parley.world.boundary import Boundary
    from parley.world.scenario import Scenario
    from parley.world.track import Track

study = typer.Typer(
    name="study",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Study behaviour over time: margins to lines, encounters, trends, activity, incidents.\n\n"
    "Exit codes: 0 printed or done, 2 refused, bad usage or input.",
)

INPUTS = typer.Argument(
    metavar="INPUT...", help="A scenario's folder, or recordings as parley detect reads them."
)
PARTIES = typer.Option(
    "--parties", metavar="FILE", help="Of recordings: CSV with the columns aircraft and party."
)
LINES = typer.Option("--lines", metavar="DIR", help="Of recordings: the scenario with the lines.")
OUTPUT = typer.Option("--output", "-o", help="Write rows: .parquet, .csv, .jsonl (JSON lines).")
GAP = typer.Option(help="Reports of one aircraft further apart are not joined. Default: a scenario "
                   "24h, a recording 10min.")  # fmt: skip
_SCENARIO_GAP_S = 86_400.0
_RECORDING_GAP_S = 600.0


@study.command("margins")
def margins_command(
    inputs: Annotated[list[Path], INPUTS],
    *,
    line: Annotated[str, typer.Option(help="One line only.")] = "",
    near: Annotated[str, typer.Option(help="What counts as near the line.")] = "5km",
    step: Annotated[str, typer.Option(help="Tracks are looked at this often.")] = "10s",
    uncertainty: Annotated[str, typer.Option(help="Of the tracks; the line's is added.")] = "0m",
    by_day: Annotated[bool, typer.Option("--by-day", help="By day (UTC), not by week.")] = False,
    parties: Annotated[Path | None, PARTIES] = None,
    lines: Annotated[Path | None, LINES] = None,
    max_gap: Annotated[str, GAP] = "",
    output: Annotated[Path | None, OUTPUT] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print how near each party flies to each line: margins, time near, crossings, by week.

    Margins are weighted by time and positive on the party's own side. What uncertainty leaves open
    is counted apart. Nothing here says why anybody flew there.

    Exit codes: 0 printed, 2 bad usage or input.
    """
    from parley.review.margins import Watched, margin_document, margins, sides_by_clause
    from parley.world.norms import norms
    from parley.world.units import parse_length_m, parse_seconds

    tracks, agreed, gap_s = _read(inputs, parties, lines, max_gap)
    known = [each for each in agreed.boundaries if line in ("", each.id)] if agreed else []
    _some_lines(known, line)
    how = Watched(
        step_s=parse_seconds(step, "--step"),
        max_gap_s=gap_s,
        near_m=parse_length_m(near, "--near"),
        track_uncertainty_m=parse_length_m(uncertainty, "--uncertainty"),
        hysteresis_m=norms().crossing.hysteresis_m,
        dwell_s=norms().crossing.dwell_s,
        period="day" if by_day else "week",
    )
    sides = sides_by_clause(agreed.agreements) if agreed else {}
    found = margins(tracks, known, how, sides)
    _out([margin_document(row) for row in found.rows], output, inputs, as_json=as_json)
    _talk(f"not watched: {found.gaps} gaps longer than {gap_s:g} s, "
          f"{found.outside_s:.0f} s while no version of a line was in force")  # fmt: skip


@study.command("encounters")
def encounters_command(
    inputs: Annotated[list[Path], INPUTS],
    *,
    minima: Annotated[
        str, typer.Option(help="Horizontal and vertical minimum; both must be undercut.")
    ] = "3NM,3000ft",
    clock_bound: Annotated[
        str, typer.Option(help="By how much one party's clock may be off, either way.")
    ] = "1s",
    reach: Annotated[str, typer.Option(help="Pairs that stayed further apart are left out.")] = (
        "10NM"
    ),
    parties: Annotated[Path | None, PARTIES] = None,
    max_gap: Annotated[str, GAP] = "",
    output: Annotated[Path | None, OUTPUT] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print the pairs of two parties' aircraft, the closest first, with what clocks leave open.

    Closest approach and time inside both minima as the clocks read, and the whole interval that
    both may have if one party's clock is off by up to the bound.

    Exit codes: 0 printed, 2 bad usage or input.
    """
    from parley.app.cli.detect import parse_minima
    from parley.review.encounter_list import encounter_document, encounter_list
    from parley.world.units import parse_length_m, parse_seconds

    tracks, _, gap_s = _read(inputs, parties, None, max_gap)
    found = encounter_list(
        tracks,
        parse_minima(minima),
        parse_seconds(clock_bound, "--clock-bound"),
        reach_m=parse_length_m(reach, "--reach"),
        max_gap_s=gap_s,
    )
    _out([encounter_document(row) for row in found.rows], output, inputs, as_json=as_json)
    _talk(f"not watched: {found.gaps} gaps longer than {gap_s:g} s; a clock off by "
          f"{found.clock_bound_s:g} s either way is in every interval")  # fmt: skip
    for each in found.not_compared:
        _talk(each)


@study.command("trend")
def trend_command(
    inputs: Annotated[list[Path], INPUTS],
    *,
    between: Annotated[str, typer.Option(metavar="A,B", help="The two parties.")],
    reach: Annotated[str, typer.Option(help="Pairs further apart are not measured.")] = "100km",
    vertical: Annotated[str, typer.Option(help="Nor those further apart in height.")] = "3000m",
    cell: Annotated[str, typer.Option(help="Side of the cells by which areas compare.")] = "20km",
    parties: Annotated[Path | None, PARTIES] = None,
    max_gap: Annotated[str, GAP] = "",
    output: Annotated[Path | None, OUTPUT] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print week by week how near two parties came and how much ground they shared.

    With the trend of both, its interval, and the week in which an early warning would first have
    been given. It says that weeks differ, not why.

    Exit codes: 0 printed, 2 bad usage or input.
    """
    import msgspec

    from parley.review.trends import study_trend
    from parley.world.faults import InputFault
    from parley.world.units import parse_length_m

    names = tuple(name.strip() for name in between.split(","))
    if len(names) != 2:
        raise InputFault("--between", value=between, wanted="two parties: A,B")
    tracks, _, gap_s = _read(inputs, parties, None, max_gap)
    found = study_trend(
        tracks,
        (names[0], names[1]),
        reach_m=parse_length_m(reach, "--reach"),
        vertical_m=parse_length_m(vertical, "--vertical"),
        cell_km=parse_length_m(cell, "--cell") / 1000.0,
        max_gap_s=gap_s,
    )
    if as_json and output is None:
        typer.echo(msgspec.json.encode(found).decode())
        return
    rows: list[dict[str, object]] = [
        {
            "week": row.week,
            f"flights_{names[0]}": row.flights[0],
            f"flights_{names[1]}": row.flights[1],
            "pairs": row.pairs,
            "least_m": None if row.least_m is None else round(row.least_m, 1),
            "median_m": None if row.median_m is None else round(row.median_m, 1),
            "overlap": None if row.overlap_share is None else round(row.overlap_share, 4),
        }
        for row in found.weeks
    ]
    _out(rows, output, inputs, as_json=False)
    for name, each in (("least distance", found.least), ("shared area", found.overlap),
                       ("flights", found.flights)):  # fmt: skip
        if each.slope_per_week is None:
            _talk(f"{name}: {each.said}")
        else:
            _talk(f"{name}: {each.slope_per_week:+.4g} a week (95 %: {each.low_per_week:.4g} to "
                  f"{each.high_per_week:.4g}), falling by chance {each.falling_share:.4f}, rising "
                  f"{each.rising_share:.4f}; {each.said}")  # fmt: skip
    for warned in found.warnings:
        _talk(f"EARLY WARNING at the end of {warned.week}: {warned.series}, "
              f"{warned.slope_per_week:+.4g} a week over {warned.weeks} weeks; {warned.beside}; "
              f"{warned.said}")  # fmt: skip
    if not found.warnings:
        _talk("no early warning: these weeks do not differ that clearly; that is no all-clear")


@study.command("activity")
def activity_command(
    inputs: Annotated[list[Path], INPUTS],
    *,
    spans: Annotated[
        Path,
        typer.Option(help="The line's states: CSV with from, to, state and source, or the JSON of "
                     "parley line LINE --changes FROM/TO --json."),
    ],
    party: Annotated[str, typer.Option(help="One party's flights only.")] = "",
    parties: Annotated[Path | None, PARTIES] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:  # fmt: skip
    """Print flights a day by the state that a line was in, and their ratios with exact intervals.

    No causal claim: two rates that differ differ, and nothing here says that the line made them.

    Exit codes: 0 printed, 2 bad usage or input.
    """
    import msgspec

    from parley.review.activity import study_activity

    tracks, _, _ = _read(inputs, parties, None, "")
    begins_us = [int(track.t_us[0]) for track in tracks if party in ("", track.party or "")]
    found = study_activity(begins_us, _spans(spans), party or "everybody")
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    for rate in found.rates:
        interval = f"(95 %: {rate.low_per_day:.3f} to {rate.high_per_day:.3f})"
        counted = f"{rate.state}: {rate.flights} flights in {rate.days:.2f} days"
        typer.echo(f"{counted}, {rate.per_day:.3f} a day {interval}")
    for each in found.ratios:
        ratio = "not bounded" if each.ratio is None else f"{each.ratio:.3f}"
        high = "no bound" if each.high_ratio is None else f"{each.high_ratio:.3f}"
        typer.echo(f"{each.state} by {each.than}: {ratio} (95 %: {each.low_ratio:.3f} to {high}): "
                   f"{each.said}")  # fmt: skip
    for warning in found.warnings:
        typer.echo(f"note: {warning}")
    typer.echo(f"{found.party}; {found.flights_outside} flights outside of every span; "
               f"{found.said}")  # fmt: skip


@study.command("incidents")
def incidents_command(
    *,
    node: Annotated[str, NODE],
    register: Annotated[str, typer.Option(metavar="NAME", help="Register, or correct, one.")] = "",
    kind: Annotated[str, typer.Option(help="What it is, in a few words.")] = "",
    definition: Annotated[
        str, typer.Option(help="What must be so for one to count; counts are by it.")
    ] = "",
    began: Annotated[str, typer.Option("--from", help="When it began, RFC 3339.")] = "",
    ended: Annotated[
        str, typer.Option("--to", help="When it was over; as --from without it.")
    ] = "",
    title: Annotated[str, typer.Option(help="In a line.")] = "",
    figure: Annotated[list[str] | None, FIELD] = None,
    source: Annotated[str, typer.Option(help="Where it comes from.")] = "",
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print each party's register of incidents, counts by definition, or register one.

    A figure is what somebody says: -f "time inside=17 s, says ALFA". Registers that differ stand
    side by side; counts by different definitions are never summed.

    Exit codes: 0 printed or registered, 2 refused, bad usage, or no such node.
    """
    from parley.app.cli.acts import act, client_of, fields_of, print_rows
    from parley.app.cli.assess import agreement_of_logs
    from parley.app.page_assessments import register_lines
    from parley.node.rules.assessments import RegisterSeen
    from parley.world.faults import InputFault
    from parley.world.time import parse_instant_us

    client = client_of(node, token)
    if not register:
        if kind or definition or began or ended or title or figure or source:
            raise InputFault("parley study incidents", wanted="--register beside the options")
        seen = client.get("/api/incidents", RegisterSeen)
        print_rows([seen], register_lines(seen), as_json=as_json)
        return
    from_us = parse_instant_us(began, "--from")
    body: dict[str, object] = {
        "type": "register_incident", "agreement": agreement_of_logs(client, "", agreement),
        "post": post, "incident": register, "kind": kind, "definition": definition,
        "from_us": from_us, "to_us": parse_instant_us(ended, "--to") if ended else from_us,
        "title": title, "figures": fields_of(figure), "source": source,
    }  # fmt: skip
    act(client, body, as_json=as_json, operator_key=operator_key)


# ---- reading ------------------------------------------------------------------------------------


def _read(
    inputs: Sequence[Path], parties: Path | None, lines: Path | None, max_gap: str
) -> tuple[list[Track], Scenario | None, float]:
    """Return tracks with their parties, the scenario of lines, and the longest gap joined."""
    from parley.app.cli.replay import read_scenario
    from parley.store.files import read_recording
    from parley.wire.traffic import COLUMNS, read_traffic
    from parley.world.faults import InputFault
    from parley.world.units import parse_seconds

    gap_s = parse_seconds(max_gap, "--max-gap") if max_gap else 0.0
    if inputs[0].is_dir():
        if len(inputs) > 1 or parties is not None or lines is not None:
            wanted = "the folder alone: a scenario has its own parties and lines"
            raise InputFault("INPUT", value=str(inputs[0]), wanted=wanted)
        scenario = read_scenario(inputs[0])
        return list(scenario.tracks), scenario, gap_s or _SCENARIO_GAP_S
    tables = [(str(path), read_recording(path, COLUMNS)) for path in inputs]
    tracks = list(read_traffic(tables).tracks)
    if parties is not None:
        tracks = _with_parties(tracks, parties)
    agreed = read_scenario(lines) if lines is not None else None
    return tracks, agreed, gap_s or _RECORDING_GAP_S


def _with_parties(tracks: Sequence[Track], path: Path) -> list[Track]:
    """Return the tracks with the party that a file names for each aircraft; else nobody's."""
    from dataclasses import replace

    from parley.world.faults import InputFault

    owners: dict[str, str] = {}
    for number, row in _csv_rows(path, ("aircraft", "party")):
        name, party = row["aircraft"].strip().lower(), row["party"].strip()
        if not name or not party or owners.get(name, party) != party:
            wanted = "an aircraft and its one party"
            raise InputFault(f"{path} line {number}", value=f"{name},{party}", wanted=wanted)
        owners[name] = party
    return [
        replace(track, party=owners.get(track.id.partition("/")[0].lower())) for track in tracks
    ]


def _csv_rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    import csv

    from parley.world.faults import InputFault

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = reader.fieldnames or []
            missing = [name for name in columns if name not in names]
            if missing:
                wanted = f"the columns {', '.join(columns)}"
                raise InputFault(f"{path} columns", value=", ".join(names), wanted=wanted)
            return [(n, {k: v or "" for k, v in row.items() if k is not None})
                    for n, row in enumerate(reader, start=2)]  # fmt: skip
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputFault(str(path), value=str(error), wanted="a CSV file in UTF-8") from None


def _spans(path: Path) -> list[Span]:
    """Return the spans of a file: CSV, or what `parley line --changes --json` printed."""
    import msgspec

    from parley.node.rules.line_history import LineChanges
    from parley.review.activity import Span
    from parley.world.faults import InputFault
    from parley.world.time import parse_instant_us

    if path.suffix.lower() == ".csv":
        return [
            Span(
                from_us=parse_instant_us(row["from"], f"{path} line {number} from"),
                to_us=parse_instant_us(row["to"], f"{path} line {number} to"),
                state=row["state"].strip(),
                source=row.get("source", "").strip(),
            )
            for number, row in _csv_rows(path, ("from", "to", "state"))
        ]
    try:
        found = msgspec.json.decode(path.read_bytes(), type=LineChanges)
    except (OSError, msgspec.MsgspecError) as error:
        wanted = "CSV, or the JSON of parley line LINE --changes FROM/TO --json"
        raise InputFault(str(path), value=str(error), wanted=wanted) from None
    edges = [(found.from_us, found.first), *((each.at_us, each.after) for each in found.changes)]
    ends = [at_us for at_us, _ in edges[1:]] + [found.to_us]
    source = f"as {found.viewer} could know it"
    return [
        Span(from_us=at_us, to_us=end_us, state=state, source=source)
        for (at_us, state), end_us in zip(edges, ends, strict=True)
        if end_us > at_us
    ]


def _some_lines(lines: Sequence[Boundary], name: str) -> None:
    from parley.world.faults import InputFault

    if not lines:
        repair = "--lines DIR names a scenario with lines"
        raise InputFault("lines", value=name or "none", wanted="a line there", repair=repair)


# ---- output -------------------------------------------------------------------------------------


def _out(
    rows: list[dict[str, object]], output: Path | None, inputs: Sequence[Path], *, as_json: bool
) -> None:
    """Write rows to the file, or print them: JSON lines, or a line of name=value each."""
    import pyarrow as pa

    from parley.app.cli.detect import refuse_over_input
    from parley.app.page_html import visible
    from parley.store.files import WRITABLE, ending, json_lines, write_table

    if output is not None:
        ending(output, WRITABLE)
        refuse_over_input(output, inputs)
        write_table(output, pa.Table.from_pylist(rows))
        return
    if as_json:
        typer.echo(json_lines(rows).decode(), nl=False)
        return
    for row in rows:
        told = "  ".join(f"{name}={'-' if value is None else value}" for name, value in row.items())
        typer.echo(visible(" ".join(told.splitlines())))
    if not rows:
        typer.echo("no rows")


def _talk(text: str) -> None:
    typer.echo(text, err=True)
