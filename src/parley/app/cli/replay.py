"""`parley replay`: fold a scenario and print what a correct system must say about it.

Here: reading the folder, tables for a person, one JSON document for a program. What is said comes
from `review.answers`; nothing is judged here. Exit 2: a folder that is not understood, in one line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, cast

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from parley.app.agreement_files import read_agreement_file, usable
from parley.review.answers import Answers, answers
from parley.review.answers_geometry import PlaceAnswer, PresenceAnswer, TrackSides
from parley.review.answers_messages import MessageAnswer
from parley.wire.scenario import GEOMETRY_NAME, TIMELINE_NAME, scenario_from_documents
from parley.world.agreement import Agreement
from parley.world.faults import InputFault
from parley.world.scenario import Scenario

_WIDTH_WITHOUT_TERMINAL = 160


def replay(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help=f"A scenario's folder, with {TIMELINE_NAME} and {GEOMETRY_NAME}."
        ),
    ],
    *,
    show_answers: Annotated[
        bool,
        typer.Option("--answers", help="Print what must be said about it, section by section."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --answers: print one JSON document.")
    ] = False,
) -> None:
    """Fold a scenario and print what must be said about it.

    With --answers: places, crossings, presence, encounters, messages, calls, relays, zones,
    queries, statements, asks (texts that mix words for lines and zones: what was meant is asked,
    never guessed).
    Without: only check it, and say what it holds.

    Exit codes: 0 printed, 2 bad usage or a scenario that cannot be used.
    """
    scenario = read_scenario(folder)
    if as_json and not show_answers:
        raise InputFault("--json", wanted="--answers beside it")
    if not show_answers:
        typer.echo("\n".join(_contents(scenario)))
        return
    found = answers(scenario)
    if as_json:
        typer.echo(msgspec.json.encode(found, order="sorted"))
        return
    console = Console(
        markup=False,
        highlight=False,
        width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL,
    )
    for table in _tables(found):
        console.print(table)


def read_scenario(folder: Path) -> Scenario:
    """Return the scenario of a folder.

    Raises:
        InputFault: a file is missing or not understood; one line, with the repair.
    """
    return scenario_from_documents(
        _read(folder / TIMELINE_NAME, folder),
        _read(folder / GEOMETRY_NAME, folder),
        document=lambda name: _document(folder, name),
    )


def _document(folder: Path, name: str) -> Agreement:
    """Return the agreement of a document that a scenario names: in its folder, or one beside it.

    Raises:
        InputFault: it lies elsewhere, or cannot be used.
    """
    # The files are opened for whoever plays the scenario: none may be reached from its text.
    top, path = folder.resolve().parent, (folder / name).resolve()
    if Path(name).is_absolute() or not path.is_relative_to(top):
        wanted, repair = "a document in the folder or beside it", "e.g. ../agreements/letter.toml"
        raise InputFault(f"{TIMELINE_NAME} document", value=name, wanted=wanted, repair=repair)
    return usable(read_agreement_file(path), name)


def _read(path: Path, folder: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputFault(
            f"scenario {folder}",
            value=f"{path.name}: {error.strerror}",
            wanted=f"a folder with {TIMELINE_NAME} and {GEOMETRY_NAME}",
            repair="e.g. examples/wildfire-civil",
        ) from None


def _contents(scenario: Scenario) -> list[str]:
    """Return what a scenario holds, one kind a line."""
    names = ("parties", "agreements", "lines", "places", "boundaries", "zones", "tracks",
             "messages", "calls", "assertions", "events", "claims", "queries")  # fmt: skip
    counted = [f"{len(getattr(scenario, name)):>6}  {name}" for name in names]
    return [f"{scenario.id}: understood", *counted]


# ---- tables for a person ---------------------------------------------------------------------


def _tables(found: Answers) -> Iterable[Table]:
    """Return one table per section, and a line of heading with the instant of judgement."""
    yield _places(found.places)
    yield _crossings(found.crossings)
    yield _presence(found.presence)
    yield _encounters(found)
    yield _messages(found)
    yield _calls(found)
    yield _plain("calls by line and way", found.calls.counts, ("line", "from", "to"))
    yield _relays(found)
    yield _zones(found)
    yield _plain("queries", found.queries, ("id", "kind", "verdict"))
    yield _plain(f"statements (as of {found.as_of})", found.statements, ("about",))
    yield _asks(found)


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", show_lines=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _row(table: Table, *cells: object) -> None:
    """Add a row; characters that a terminal would obey are printed escaped."""
    table.add_row(*(_printable(str(cell)) for cell in cells))


def _printable(text: str) -> str:
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text
    )


def _places(places: dict[str, PlaceAnswer]) -> Table:
    first = next(iter(places.values()), None)
    boundaries = list(first.boundaries) if first else []
    zones = list(first.zones) if first else []
    table = _table(
        "places: side of each boundary, in or out of each zone, distance in km",
        "place",
        *boundaries,
        *zones,
    )
    for name, place in places.items():
        sides = (place.boundaries[b] for b in boundaries)
        insides = (place.zones[z] for z in zones)
        _row(
            table,
            name,
            *(f"{_decided(s.nominal, s.decided)} {s.distance_km:.1f}" for s in sides),
            *(
                f"{_decided(i.nominal, i.decided)} {i.distance_km:.1f}"
                + (f" (without {i.exclusion})" if i.exclusion else "")
                for i in insides
            ),
        )
    return table


def _decided(nominal: str, decided: str) -> str:
    return decided if nominal == decided else f"{decided} (as drawn {nominal})"


def _crossings(crossings: dict[str, dict[str, TrackSides]]) -> Table:
    table = _table("crossings", "boundary", "track", "starts", "crosses")
    for boundary, tracks in crossings.items():
        for track, sides in tracks.items():
            crosses = (f"{c.t} {c.from_side} to {c.to}, {c.direction}" for c in sides.crossings)
            _row(table, boundary, track, f"{sides.starts} {sides.start}", "\n".join(crosses))
    return table


def _presence(presence: dict[str, dict[str, PresenceAnswer]]) -> Table:
    table = _table("presence", "zone", "track", "states", "happened from", "known from")
    for zone, tracks in presence.items():
        for track, answer in tracks.items():
            states = "\n".join(f"{s.t} {s.state}" for s in answer.states)
            known = answer.known_from or ""
            _row(table, zone, track, states, answer.happened_from or "", known)
    return table


def _encounters(found: Answers) -> Table:
    table = _table(
        "encounters", "pair", "minima", "rule", "least", "at", "vertical", "inside both", "verdict"
    )
    for each in found.encounters:
        limits = each.minima
        dwell = "" if limits.dwell_s is None else f", {limits.dwell_s:g} s"
        _row(
            table,
            " ".join(each.pair),
            f"{limits.horizontal_nm:g} NM {limits.joined} {limits.vertical_ft:g} ft{dwell}",
            each.rule,
            f"{each.min_horizontal_nm:.2f} NM",
            each.at,
            f"{each.vertical_then_ft:.0f} ft",
            "\n".join(f"{s.from_t[11:19]} to {s.to[11:19]}" for s in each.inside_both_minima),
            each.verdict + (f" ({each.longest_s:.0f} s)" if each.longest_s else ""),
        )
    return table


def _messages(found: Answers) -> Table:
    table = _table("messages", "seq", "time", "from", "to", "what", "found")
    for message in found.messages:
        what = message.kind if message.of is None else f"{message.kind} of {message.of}"
        findings = "\n".join(_findings(message))
        _row(table, message.seq, message.t, message.sender, " ".join(message.to), what, findings)
    return table


def _findings(message: MessageAnswer) -> Iterable[str]:
    """Yield what was found about a message, one finding a line."""
    for name, found in (("answer", message.acknowledgement), ("lead time", message.lead_time)):
        if found is not None and found.verdict != "no duty":
            clause = f" [{found.clause}]" if found.clause else ""
            yield f"{name} {found.verdict}: {found.because}{clause}"
    for step in message.escalations:
        came = f": {step.result}" + (f" ({step.detail})" if step.detail else "")
        yield f"{step.t[11:19]} calls {step.post} of {step.party}{came}"
    if message.read_back is not None:
        verb = "matches" if message.read_back.matches else "does not match"
        yield f"read-back {verb}{_apart(message.read_back.distance_km)}"
    yield from _effects(message)


def _apart(distance_km: float | None) -> str:
    return "" if distance_km is None else f", {distance_km:.1f} km apart"


def _effects(message: MessageAnswer) -> Iterable[str]:
    check, line, passage = message.position_check, message.suspension, message.while_suspended
    if check is not None:
        yield f"{check.verdict}{_apart(check.distance_km)}"
    if line is not None:
        yield f"{line.value} from {line.effective}, notice {line.notice_s:g} s: {line.verdict}"
    if passage is not None:
        yield f"suspended: {'passes' if passage.passes else 'does not pass'}, {passage.because}"
    if message.distribution is not None and message.distribution.not_told:
        yield f"not told: {', '.join(message.distribution.not_told)}"
    if message.demand is not None:
        yield f"demand {message.demand.state}, due {message.demand.due}"
    if message.issue is not None:
        yield f"issued by {message.issue.issued_by} after {message.issue.value_s:g} s"


def _calls(found: Answers) -> Table:
    table = _table("calls", "line", "began", "from", "ends", "stands", "differences")
    for call in found.calls.calls:
        ends = "\n".join(
            f"{end.by} ({end.id}): {end.outcome}"
            + (f", {end.reason}" if end.reason else "")
            + (f", entered {end.entered} at {end.entered_at}" if end.entered != "at once" else "")
            for end in call.ends
        )
        differs = "\n".join(f"{name}: {_text(each)}" for name, each in call.differences.items())
        _row(table, call.line, call.ends[0].began, call.called_by, ends, call.stands, differs)
    return table


def _relays(found: Answers) -> Table:
    table = _table("relays", "of", "for", "through", "state", "since", "outstanding", "says")
    for relay in found.relays:
        age = "" if relay.age_s is None else f"{relay.age_s:g} s"
        said = "\n".join(filter(None, (relay.received_by, relay.text)))
        third, state = relay.third, relay.state.upper()
        _row(table, relay.of, third, relay.party, state, relay.since, age, said)
    return table


def _zones(found: Answers) -> Table:
    table = _table("zones", "zone", "owner", "agreed by", "asserted by", "activity, promulgation")
    for name, zone in found.zones.items():
        states = "\n".join(
            f"{s.t or 'before'}  {s.activity}, {s.promulgation}"
            + (f" (shown {s.shown})" if s.shown else "")
            for s in zone.states
        )
        agreed, asserted = " ".join(zone.agreed_by), " ".join(zone.asserted_by)
        _row(table, name, zone.owner or "", agreed, asserted, states)
    return table


def _asks(found: Answers) -> Table:
    table = _table("asks: words for lines and zones that do not go together", "where", "by", "asks")
    for each in found.asks:
        _row(table, each.where, each.by, each.asks)
    return table


def _plain(title: str, items: Iterable[msgspec.Struct], columns: tuple[str, ...]) -> Table:
    """Return records as rows: some fields as columns, the others as text."""
    table = _table(title, *columns, "says")
    for item in items:
        document = cast("dict[str, object]", msgspec.to_builtins(item))
        cells = [document.pop(column, "") for column in columns]
        _row(table, *cells, "\n".join(f"{key}: {_text(value)}" for key, value in document.items()))
    return table


def _text(value: object) -> str:
    """Return a value as text on one line, or one line an item of a long list."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        join: Callable[[Iterable[str]], str] = ", ".join
        texts = [_text(item) for item in value]
        return "\n  ".join(["", *texts]) if any(len(t) > 40 for t in texts) else join(texts)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
