"""`parley agreement verdicts`, `explain`, `report`: clauses judged, from a node or a scenario.

Thin: a node judges by its own logs and answers over its API; a scenario's folder is judged here by
the same functions. Nothing is judged in this file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import TOKEN

if TYPE_CHECKING:
    from parley.app.verdict_api import VerdictsView, Window
    from parley.review.report_template import Report
    from parley.review.verdict_evidence import Evidence
    from parley.world.agreement import Agreement
    from parley.world.scenario import Scenario
    from parley.world.track import Track
    from parley.world.verdict import JudgedDuty

FOLDER = typer.Argument(metavar="[SCENARIO]", help="A scenario's folder, instead of --node.")
NODE_OR_NONE = typer.Option(
    envvar="PARLEY_NODE", help="The running node: its address, or its folder or TOML file."
)
ONE = typer.Option("--agreement", help="Only this agreement.")
CLAUSE = typer.Option("--clause", help="Only this clause.")
BEGIN = typer.Option("--from", metavar="TIME", help="What began before it is left out, RFC 3339.")
END = typer.Option("--to", metavar="TIME", help="What began then or later is left out.")
AS_OF = typer.Option("--as-of", metavar="TIME", help="As it was known then.")
TRACKS = typer.Option("--tracks", metavar="FILE", help="Beside a scenario: a recording of tracks.")
SUBJECT = typer.Option(help="Only messages and calls with this word.")
OUT = typer.Option("--out", metavar="FILE", help="Write it there; a name that exists is refused.")
JSON = typer.Option("--json", help="Print one JSON document.")
ALL = typer.Option("--all", help="Also each duty that nobody had, and what nothing called for.")
FOLDED = ("no duty", "not triggered")
_DAY_US = 86_400_000_000


def verdicts(
    folder: Annotated[Path | None, FOLDER] = None,
    *,
    node: Annotated[str, NODE_OR_NONE] = "",
    agreement: Annotated[str, ONE] = "",
    clause: Annotated[str, CLAUSE] = "",
    begin: Annotated[str, BEGIN] = "",
    end: Annotated[str, END] = "",
    as_of: Annotated[str, AS_OF] = "",
    tracks: Annotated[Path | None, TRACKS] = None,
    token: Annotated[Path | None, TOKEN] = None,
    everything: Annotated[bool, ALL] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Judge each clause over a window, worst first: met, late, missed, or why none of these.

    It says nothing about intent or fault. What is not in the logs may be elsewhere, unless the
    agreement makes them the only channel. Where aircraft were is judged on tracks that are given.
    Of a clause what was no duty, or not triggered, is one line with its count; --all prints each.

    Exit codes: 0 nothing late or missed, 1 something is, 2 bad usage, or no such node or folder.
    """
    import msgspec

    view = _view(folder, node, token, tracks, agreement, clause, (begin, end, as_of))
    if as_json:
        typer.echo(msgspec.json.encode(view, order="sorted"))
    else:
        _print(table_lines(view, everything=everything))
    if view.counts["late"] or view.counts["missed"]:
        raise typer.Exit(1)


def explain(
    clause: Annotated[str, typer.Argument(metavar="CLAUSE", help="The clause.")],
    folder: Annotated[Path | None, FOLDER] = None,
    *,
    node: Annotated[str, NODE_OR_NONE] = "",
    agreement: Annotated[str, ONE] = "",
    begin: Annotated[str, BEGIN] = "",
    end: Annotated[str, END] = "",
    as_of: Annotated[str, AS_OF] = "",
    tracks: Annotated[Path | None, TRACKS] = None,
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print a clause with its text and units, and each verdict on it with what it rests on.

    Reservations are printed as they stand in the agreement; nothing judges them.

    Exit codes: 0 printed, 2 bad usage, no such clause, or no such node or folder.
    """
    import msgspec

    view = _view(folder, node, token, tracks, agreement, clause, (begin, end, as_of))
    if as_json:
        typer.echo(msgspec.json.encode(view, order="sorted"))
    else:
        _print(explained_lines(view))


def report(
    folder: Annotated[Path | None, FOLDER] = None,
    *,
    node: Annotated[str, NODE_OR_NONE] = "",
    agreement: Annotated[str, ONE] = "",
    subject: Annotated[str, SUBJECT] = "",
    begin: Annotated[str, BEGIN] = "",
    end: Annotated[str, END] = "",
    as_of: Annotated[str, AS_OF] = "",
    tracks: Annotated[Path | None, TRACKS] = None,
    out: Annotated[Path | None, OUT] = None,
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Fill the report on a window: timeline, messages, geometry, clauses, demands, measures.

    Markdown, or one JSON document. It is for people to go on with: findings, measures and who
    answers for them are left open.

    Exit codes: 0 printed or written, 2 bad usage, a file that exists, or no such node or folder.
    """
    import msgspec

    from parley.review.report_template import as_markdown

    found = _report(folder, node, token, tracks, agreement, subject, (begin, end, as_of))
    text = msgspec.json.encode(found, order="sorted").decode() if as_json else as_markdown(found)
    if out is None:
        typer.echo(text)
        return
    _write_new(out, text)
    typer.echo(f"wrote {out}")


def _write_new(path: Path, text: str) -> None:
    from parley.world.faults import InputFault

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputFault("--out", value=str(path), wanted="a name that does not exist") from None


# ---- from a node, or from a folder ---------------------------------------------------------------

Times = tuple[str, str, str]
"""From, to, as of, as they were given."""


def _view(
    folder: Path | None, node: str, token: Path | None, tracks: Path | None, agreement: str,
    clause: str, times: Times,
) -> VerdictsView:  # fmt: skip
    from parley.app.verdict_api import VerdictsView, view_of
    from parley.review.verdicts import verdicts as judge

    if folder is None:
        path = _query("/api/verdicts", node, tracks, times, agreement=agreement, clause=clause)
        from parley.app.client import Client

        return Client(node, token).get(path, VerdictsView)
    scenario, evidence, texts, window = _folder(folder, tracks, agreement, times)
    found = [
        each
        for text in texts
        for each in judge(evidence, scenario.agreements, *window, only=text.id)
    ]
    return view_of(evidence, list(texts), found, window, clause)


def _report(
    folder: Path | None, node: str, token: Path | None, tracks: Path | None, agreement: str,
    subject: str, times: Times,
) -> Report:  # fmt: skip
    from parley.review.report_template import Report, report_of

    if folder is None:
        from parley.app.client import Client

        path = _query("/api/report", node, tracks, times, agreement=agreement, subject=subject)
        return Client(node, token).get(path, Report)
    _, evidence, texts, window = _folder(folder, tracks, agreement, times)
    return report_of(evidence, texts, *window, subject=subject)


def _query(path: str, node: str, tracks: Path | None, times: Times, **named: str) -> str:
    """Return the address of a question to a node."""
    from urllib.parse import urlencode

    from parley.world.faults import InputFault

    if not node:
        raise InputFault("parley agreement", wanted="a scenario's folder, or --node")
    if tracks is not None:
        wanted = "a scenario's folder beside it: raw tracks are not sent to a node"
        raise InputFault("--tracks", value=str(tracks), wanted=wanted)
    begin, end, as_of = times
    asked = {**named, "from": begin, "to": end, "as_of": as_of}
    given = {name: value for name, value in asked.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def _folder(
    folder: Path, tracks: Path | None, agreement: str, times: Times
) -> tuple[Scenario, Evidence, tuple[Agreement, ...], Window]:
    """Return what is judged of a scenario: its evidence, the agreements, and the window."""
    from parley.app.cli.replay import read_scenario
    from parley.app.verdict_api import check_window, unknown
    from parley.review.evidence_of_scenario import evidence_of_scenario

    scenario = read_scenario(folder)
    evidence = evidence_of_scenario(scenario, _recorded(tracks, scenario))
    known = [text.id for text in scenario.agreements]
    if agreement and agreement not in known:
        raise unknown("agreement", agreement, known)
    texts = tuple(text for text in scenario.agreements if agreement in ("", text.id))
    window = _window(scenario, times)
    check_window(window[0], window[1])
    return scenario, evidence, texts, window


def _window(scenario: Scenario, times: Times) -> Window:
    """Return the window given, or the whole story: from its first day to its last instant."""
    from parley.world.time import parse_instant_us

    told = [m.at_us for m in scenario.messages] + [int(t.t_us[0]) for t in scenario.tracks]
    first_us = min(told, default=0)
    last_us = scenario.end_us or first_us
    defaults = (first_us - first_us % _DAY_US, last_us + 1, last_us)
    names = ("--from", "--to", "--as-of")
    found = [
        parse_instant_us(text, name) if text else default
        for text, name, default in zip(times, names, defaults, strict=True)
    ]
    return found[0], found[1], found[2]


def _recorded(tracks: Path | None, scenario: Scenario) -> tuple[Track, ...]:
    """Return the tracks of a recording, each with the party of the flight that is called so."""
    if tracks is None:
        return ()
    from parley.app.verdict_api import with_tracks
    from parley.store.files import read_recording
    from parley.wire.traffic import COLUMNS, read_traffic

    parties = {name: f.party for f in scenario.flights for name in (f.id, f.track or f.id)}
    found = read_traffic([(str(tracks), read_recording(tracks, COLUMNS))]).tracks
    return with_tracks(found, parties)


# ---- as text -------------------------------------------------------------------------------------


def table_lines(view: VerdictsView, *, everything: bool = True) -> list[str]:
    """Return verdicts as lines, grouped by clause and text; the clause with the worst one first.

    Args:
        view: the verdicts.
        everything: each on its line; else what was no duty or not triggered is counted.
    """
    groups: dict[tuple[str, str, str], list[JudgedDuty]] = {}
    for each in view.verdicts:
        groups.setdefault((each.agreement, each.clause, each.text), []).append(each)
    ordered = sorted(groups.items(), key=lambda group: (_worst(group[1]), group[0]))
    lines = [
        f"{view.from_time} to {view.to_time}, as known at {view.as_of}, from "
        + ("a scenario" if view.source == "scenario" else "these logs"),
        "; ".join(f"{count} {word}" for word, count in view.counts.items()),
    ]
    for (agreement, clause, text), found in ordered:
        first = found[0]
        paragraph = f", {first.source_paragraph}" if first.source_paragraph else ""
        called = f", {text}" if text else ""
        lines += ["", f"{agreement} {clause} ({first.kind}{paragraph}{called})"]
        folded = [] if everything else [each for each in found if each.verdict in FOLDED]
        folded = folded if len(folded) > 1 else []
        shown = [each for each in found if each not in folded] if folded else found
        lines += [f"  {line}" for each in shown for line in _verdict_lines(each)]
        lines += [f"  {_folded_line(folded)}"] if folded else []
        lines += [f"  reserved, {kept}" for kept in first.reservations]
    return lines


def _folded_line(folded: list[JudgedDuty]) -> str:
    """Return how many there are of each word that is not told one by one."""
    counts = [(sum(each.verdict == word for each in folded), word) for word in FOLDED]
    return f"{', '.join(f'{n} {word}' for n, word in counts if n)}: --all prints each"


def _worst(found: list[JudgedDuty]) -> int:
    from parley.review.verdict_parts import WORST

    return min(WORST.index(each.verdict) for each in found)


def _verdict_lines(each: JudgedDuty) -> list[str]:
    whose = ", ".join(each.parties) or "nobody's"
    towards = f" towards {', '.join(each.towards)}" if each.towards else ""
    because = lasting_words(each.because)
    lines = [f"{each.verdict.upper():<14} {whose}{towards}: {each.about}: {because}"]
    return lines + ([f"{'':<14} {'; '.join(each.cites)}"] if each.cites else [])


_SECONDS = re.compile(r"(?<![\w.])([0-9]+(?:\.[0-9]+)?(?:e\+[0-9]+)?) s\b")


def lasting_words(text: str) -> str:
    """Return a sentence with its seconds as people say them; the JSON has them as they are.

    >>> lasting_words("lead time 716.224 s against 1800 s"), lasting_words("2.592e+06 s late")
    ('lead time 11 min 56.22 s against 30 min', '30 days late')
    """
    return _SECONDS.sub(lambda found: _lasting(float(found[1])), text)


def _lasting(of_s: float) -> str:
    hundredths = round(of_s * 100)
    parts = []
    for size, unit in ((8_640_000, "days"), (360_000, "h"), (6_000, "min")):
        count, hundredths = divmod(hundredths, size)
        parts += [f"{count} {'day' if (count, unit) == (1, 'days') else unit}"] if count else []
    parts += [f"{hundredths / 100:g} s"] if hundredths or not parts else []
    return " ".join(parts)


def explained_lines(view: VerdictsView) -> list[str]:
    """Return a clause in full, and each verdict with every place that it cites."""
    import msgspec

    told = {each.cite: each.text for each in view.cited}
    lines: list[str] = []
    for name, clause in view.clauses.items():
        agreement, _, text = name.partition(f" {clause.id}")
        fields = msgspec.to_builtins(clause)
        lines += [f"{name}: {fields.pop('type')}", f"  text: {clause.text or 'none is kept'}"]
        if clause.source_paragraph:
            lines.append(f"  from: {clause.source_paragraph}")
        hidden = ("id", "text", "source_paragraph", "reservations")
        lines += [f"  {key}: {_amount(key, v)}" for key, v in fields.items() if key not in hidden]
        for kept in clause.reservations:
            lines.append(f"  reserved by {kept.by}: {kept.text} (kept as text, never judged)")
        for each in view.verdicts:
            if (each.agreement, each.clause, each.text) == (agreement, clause.id, text.strip()):
                lines += ["", *_verdict_lines(each)[:1]]
                lines += [f"  {cite}: {told.get(cite, '')}".rstrip(" :") for cite in each.cites]
        lines.append("")
    return lines[:-1]


_UNITS = {"_m": "m", "_s": "s", "_khz": "kHz", "_m2": "m2", "_bps": "bit/s", "_us": "us"}


def _amount(name: str, value: object) -> str:
    """Return a parameter with the unit that its name ends in.

    >>> _amount("dwell_s", 180.0)
    '180 s'
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        unit = next((u for end, u in _UNITS.items() if name.endswith(end)), "")
        return f"{value:g} {unit}".rstrip()
    return str(value)


def _print(lines: list[str]) -> None:
    """Print lines with the control characters that others wrote as escapes."""
    from parley.app.page_html import visible

    for line in lines:
        typer.echo(visible(line))
