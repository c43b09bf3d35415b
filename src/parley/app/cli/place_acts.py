"""`parley place`: places told to whom, confirmed, withdrawn; the ledger, and notices that stand.

The register itself is in `place_lists`. A list goes to the node in parts that may be sent again:
what is there already is not written twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import (
    JSON,
    NODE,
    POST,
    TOKEN,
    client_of,
    instant_us,
    now_us_of,
    print_rows,
)
from parley.app.cli.custody_acts import AGREEMENT, RECALL
from parley.app.cli.custody_acts import _agreement as only_agreement
from parley.app.cli.place_lists import SHOWN_MAX, parts, place, write_new

if TYPE_CHECKING:
    from parley.app.client import Client
    from parley.app.notice_api import RowRefused
    from parley.app.notice_views import LedgerRow, NoticeRow
    from parley.node.rules.lines import LineVector

_NOBODY = ("", -1)
_PRECISION = "No finer than this, with its unit, e.g. 10km."
TIME = "RFC 3339, 'now', or a span such as 30d from now on."


# ---- telling ------------------------------------------------------------------------------------


@place.command()
def tell(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[PLACE...]", help="The ids; or --all.")
    ] = None,
    *,
    node: Annotated[str, NODE],
    to: Annotated[str, typer.Option(help="The addressee; consent is needed first.")],
    precision: Annotated[str, typer.Option(help=_PRECISION)],
    every: Annotated[bool, typer.Option("--all", help="All places of the register.")] = False,
    line: Annotated[str, typer.Option(help="The line it is said on.")] = "",
    begins: Annotated[str, typer.Option("--from", help=f"Begin of its window: {TIME}")] = "",
    ends: Annotated[str, typer.Option("--to-time", help=f"End of its window: {TIME}")] = "",
    valid: Annotated[str, typer.Option(help=f"Until when the notice is valid: {TIME}")] = "",
    text: Annotated[str, typer.Option(help="What else is to be said.")] = "",
    named: Annotated[
        bool, typer.Option("--named", help="Say the name too: it may say where it is.")
    ] = False,
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Tell places to one addressee, each as a cell that is no finer than --precision.

    One place asks for an answer; a list asks for none, and waits where the line has too much on it.
    Stopped and begun again it goes on where it was: what stands already is not told twice.

    Exit codes: 0 all told, 1 some were refused, 2 nothing told, bad usage, or no such node.
    """
    from parley.world.faults import InputFault
    from parley.world.units import parse_length_m

    if bool(names) == every:
        raise InputFault("parley place tell", wanted="the ids of places, or --all")
    client = client_of(node, token)
    under = only_agreement(client, agreement)
    which = line or _line_to(client, under, to)
    now_us = now_us_of(client)
    common: dict[str, object] = {
        "agreement": under, "line": which, "post": post, "text": text, "named": named,
        "precision_m": parse_length_m(precision, "--precision"),
        "from_us": _time_us(begins, now_us, "--from"), "to_us": _time_us(ends, now_us, "--to-time"),
        "valid_until_us": _time_us(valid, now_us, "--valid"),
    }  # fmt: skip
    if names and len(names) == 1:
        from parley.app.cli.acts import act

        body = {"type": "disclose_place", "place": names[0], "to": (to,)}
        act(client, {**common, **body}, as_json=as_json)
        typer.echo(RECALL, err=True)
        return
    refused = _tell_all(client, common, to, names or _ids(client, under), as_json=as_json)
    if refused:
        raise typer.Exit(1)


def _tell_all(
    client: Client, common: dict[str, object], to: str, names: list[str], *, as_json: bool
) -> int:
    """Tell a list part by part, waiting as the node says; return how many were refused."""
    from parley.app.notice_api import PART_MAX, TellDone

    told = already = refused = at = 0
    while at < len(names):
        part = names[at : at + PART_MAX]
        kept = {name: value for name, value in common.items() if value is not None}
        done = client.post("/api/places/tell", {**kept, "to": to, "places": part}, TellDone)
        at += len(part) - done.left
        told, already = told + done.told, already + done.already
        refused += len(done.refused)
        _print_refused(done.refused)
        if done.left and done.wait_s:
            typer.echo(f"{at} of {len(names)}: waiting, {done.why}", err=True)
            time.sleep(done.wait_s)
    text = f"{told} told to {to}, {already} stood already, {refused} refused"
    report = {"to": to, "told": told, "already": already, "refused": refused}
    print_rows([report], [text], as_json=as_json)
    typer.echo(RECALL, err=True)
    return refused


def _print_refused(rows: tuple[RowRefused, ...]) -> None:
    for each in rows[:SHOWN_MAX]:
        print_rows([], [f"refused: {each.row}: {each.why}"], as_json=False)
    if len(rows) > SHOWN_MAX:
        typer.echo(f"and {len(rows) - SHOWN_MAX} more of this part")


def _ids(client: Client, agreement: str) -> list[str]:
    from parley.app.notice_views import PlacesView

    found: list[str] = []
    start, total = 0, 1
    while start < total:
        view = client.get(f"/api/places?start={start}", PlacesView)
        total, start = view.total, start + len(view.places)
        found += [p.place for p in view.places if p.agreement == agreement and not p.removed]
        if not view.places:
            break
    return found


def _line_to(client: Client, agreement: str, to: str) -> str:
    """Return the only line to a party under an agreement."""
    from parley.node.rules.lines import LineVector
    from parley.world.faults import InputFault

    vectors = client.get("/api/lines", tuple[LineVector, ...])
    found = sorted({v.line for v in vectors if v.agreement == agreement and to in _ends(v)})
    if len(found) != 1:
        wanted = f"one of {', '.join(found)}" if found else f"a line that has {to} at an end"
        raise InputFault("--line", value="not given", wanted=wanted)
    return found[0]


def _ends(vector: LineVector) -> set[str]:
    return {side.party for side in vector.sides}


def _time_us(text: str, now_us: int, what: str) -> int | None:
    from parley.world.time import parse_duration_us
    from parley.world.units import parse_seconds

    if not text:
        return None
    word = text.strip().lower()
    if word.endswith("d") and word[:-1].isdigit():
        return now_us + parse_duration_us(f"P{word[:-1]}D", what)
    if word[:1].isdigit() and "-" not in word and ":" not in word:
        return now_us + round(parse_seconds(word, what) * 1_000_000)
    return now_us if word == "now" else instant_us(text, what)


@place.command()
def withdraw(
    name: Annotated[str, typer.Argument(metavar="PLACE", help="The id.")],
    *,
    node: Annotated[str, NODE],
    to: Annotated[str, typer.Option(help="The addressee who was told.")],
    text: Annotated[str, typer.Option(help="Why, in a few words.")] = "",
    valid: Annotated[str, typer.Option(help=f"Until when this word is kept: {TIME}")] = "30d",
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Withdraw what stands of a place at one addressee; what was sent cannot be recalled.

    Exit codes: 0 said, 2 nothing stands, refused, bad usage, or no such node.
    """
    from parley.app.act_views import EntryView
    from parley.app.cli.acts import act
    from parley.world.faults import InputFault

    client = client_of(node, token)
    rows = [row for row in _ledger(client, name, to) if row.word in ("fresh", "stale")]
    if not rows:
        wanted = "a notice of it that stands: see parley place ledger"
        raise InputFault(f"place {name} at {to}", wanted=wanted)
    row = rows[-1]
    log, index = row.message
    path = f"/api/logs/{log}/entries?start={index}&end={index + 1}"
    leaf = client.get(path, tuple[EntryView, ...])[0].leaf
    body: dict[str, object] = {
        "type": "say", "agreement": row.agreement, "line": _line_to(client, row.agreement, to),
        "post": post, "to": (to,), "message_type": "humanitarian.withdraw", "text": text,
        "fields": {"place": name}, "confirmed": True,
        "valid_until_us": _time_us(valid, now_us_of(client), "--valid"),
        "ref": ({"log": log, "index": index, "leaf": leaf},),
    }  # fmt: skip
    act(client, body, as_json=as_json)
    typer.echo(RECALL, err=True)


@place.command()
def confirm(
    *,
    node: Annotated[str, NODE],
    until: Annotated[str, typer.Option(help=f"Until when they hold: {TIME}")],
    every: Annotated[
        bool, typer.Option("--all", help="All of ours that would be fresh for longer by it.")
    ] = False,
    notice: Annotated[
        tuple[str, int], typer.Option(metavar="LOG INDEX", help="Or this one alone.")
    ] = _NOBODY,
    to: Annotated[str, typer.Option(help="With --all: only those to this addressee.")] = "",
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Say that standing notices of ours still hold, until an instant.

    Look at them first: whoever confirms says so to everybody who plans by them.

    Exit codes: 0 confirmed, 1 some were refused or end earlier, 2 refused, bad usage, or no such
    node.
    """
    from parley.app.notice_api import ConfirmDone
    from parley.world.faults import InputFault

    if every == (notice != _NOBODY):
        raise InputFault("parley place confirm", wanted="--all, or --notice LOG INDEX")
    client = client_of(node, token)
    until_us = _time_us(until, now_us_of(client), "--until")
    body: dict[str, object] = {
        "agreement": only_agreement(client, agreement), "post": post, "to": to,
        "until_us": until_us,
    }  # fmt: skip
    if notice != _NOBODY:
        body["refs"] = (notice,)
    confirmed = ending = refused = 0
    passed: tuple[str, ...] | None = None
    while True:
        done = client.post("/api/notices/confirm", body, ConfirmDone)
        confirmed, ending = confirmed + done.confirmed, ending + done.ending
        refused += len(done.refused)
        _print_refused(done.refused)
        # What stood before the first part: later ones leave alone what that one confirmed.
        passed = done.passed if passed is None else passed
        if not done.left or not done.confirmed:
            break
        typer.echo(f"{confirmed} confirmed, {done.left} left: waiting", err=True)
        time.sleep(done.wait_s)
    text = f"{confirmed} confirmed, {ending} of them only until their own end, {refused} refused"
    report = {"confirmed": confirmed, "ending": ending, "refused": refused, "passed": passed}
    print_rows([report], [text, *(f"  left alone: {each}" for each in passed)], as_json=as_json)
    if ending or refused:
        raise typer.Exit(1)


# ---- seeing -------------------------------------------------------------------------------------


@place.command()
def ledger(
    *,
    node: Annotated[str, NODE],
    addressee: Annotated[str, typer.Option(help="Only what this party was told.")] = "",
    name: Annotated[str, typer.Option("--place", help="Only this place.")] = "",
    csv: Annotated[Path | None, typer.Option(help="Write it to this new file as CSV.")] = None,
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print what we told to whom: how fine, when, stored when, by which consent, until when.

    No position is printed. What was sent cannot be recalled.

    Exit codes: 0 printed, 2 refused, bad usage, or no such node.
    """
    from parley.app.notice_views import LedgerView, ledger_lines

    client = client_of(node, token)
    rows = list(_ledger(client, name, addressee))
    if csv is not None:
        from parley.wire.place_list import csv_text

        write_new(csv, csv_text(_LEDGER_COLUMNS, [_ledger_columns(row) for row in rows]))
        typer.echo(f"{len(rows)} rows written to {csv}", err=True)
        return
    view = client.get(f"/api/places/ledger?{_query(name, addressee)}", LedgerView)
    shown = LedgerView(
        note=view.note, total=view.total, start=0, rows=tuple(rows),
        narrow_total=view.narrow_total, narrow=() if name else view.narrow,
    )  # fmt: skip
    every = [*shown.rows, *shown.narrow]
    texts = ledger_lines(shown)
    more = view.narrow_total - len(view.narrow)
    if more > 0 and not name:
        texts.append(f"and {more} more entries for some parties only")
    print_rows(every, texts or ["nothing was told"], as_json=as_json)
    if not as_json:
        typer.echo(view.note, err=True)


def _query(name: str, addressee: str, start: int = 0) -> str:
    from urllib.parse import urlencode

    return urlencode({"place": name, "addressee": addressee, "start": start})


def _ledger(client: Client, name: str, addressee: str) -> Iterator[LedgerRow]:
    from parley.app.notice_views import LedgerView

    start, total = 0, 1
    while start < total:
        view = client.get(f"/api/places/ledger?{_query(name, addressee, start)}", LedgerView)
        yield from view.rows
        total, start = view.total, start + len(view.rows)
        if not view.rows:
            return


_LEDGER_COLUMNS = (
    "place", "addressee", "precision_m", "finest", "sent", "stored", "displayed", "valid_until",
    "state", "consent_log", "consent_index", "destroyed", "log", "index",
)  # fmt: skip


def _ledger_columns(row: LedgerRow) -> dict[str, str]:
    from parley.world.time import format_second

    def when(at_us: int | None) -> str:
        return format_second(at_us) if at_us is not None else ""

    return {
        "place": row.place,
        "addressee": row.addressee,
        "precision_m": "unknown" if row.precision_m is None else f"{row.precision_m:.1f}",
        "finest": "yes" if row.finest else "",
        "sent": when(row.sent_us),
        "stored": when(row.stored_us),
        "displayed": when(row.displayed_us),
        "valid_until": when(row.valid_until_us),
        "state": row.word,
        "consent_log": row.consent[0] if row.consent else "",
        "consent_index": str(row.consent[1]) if row.consent else "",
        "destroyed": when(row.destroyed_us),
        "log": row.message[0],
        "index": str(row.message[1]),
    }


@place.command()
def notices(
    *,
    node: Annotated[str, NODE],
    word: Annotated[
        str, typer.Option(help="Only fresh, stale, expired, withdrawn or replaced ones.")
    ] = "",
    party: Annotated[str, typer.Option(help="Only those of this party.")] = "",
    export: Annotated[
        Path | None,
        typer.Option(help="Open them all, and write them to this new .csv or .geojson file."),
    ] = None,
    purpose: Annotated[str, typer.Option(help="With --export: what for.")] = "",
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print the standing notices that are held here: all counted, how fresh each is, since when.

    With --export each is opened, and every opening is written into the private log, as by parley
    notice open. A standing notice is no permission, no promise and no request.

    Exit codes: 0 printed or written, 1 some could not be opened, 2 refused, bad usage, or no such
    node.
    """
    from urllib.parse import urlencode

    from parley.app.notice_views import NoticesView

    client = client_of(node, token)
    query = {"word": word, "party": party}
    view = client.get(f"/api/notices/standing?{urlencode(query)}", NoticesView)
    rows = list(view.notices)
    while len(rows) < view.total and view.notices:
        part = client.get(
            f"/api/notices/standing?{urlencode({**query, 'start': len(rows)})}", NoticesView
        )
        rows += part.notices
        if not part.notices:
            break
    if export is not None:
        left = _export_notices(client, rows, export, post=post, purpose=purpose)
        typer.echo(view.note, err=True)
        if left:
            raise typer.Exit(1)
        return
    counted = [
        f"{each.party} ({each.agreement}): "
        + ", ".join(f"{n} {w if w == 'fresh' else w.upper()}" for w, n in each.counts.items())
        for each in view.counts
    ]
    texts = [*counted, *(_notice_line(row) for row in rows)]
    print_rows(rows, texts or ["no standing notice is held here"], as_json=as_json)
    if not as_json:
        typer.echo(view.note, err=True)


def _notice_line(row: NoticeRow) -> str:
    if row.reading == "guarded":
        what = "guarded: open it to read"
    else:
        what = f"{row.fields.get('place', '')} {row.fields.get('kind', '')}".strip() or row.text
    drill = "" if row.status == "actual" else f"{row.status.upper()} "
    return (
        f"{drill}{row.words}: {row.party} to {', '.join(row.to)}: {what}; "
        f"{row.message[0]} {row.message[1]}"
    )


def _export_notices(
    client: Client, rows: list[NoticeRow], path: Path, *, post: str, purpose: str
) -> int:
    """Open notices and write them to a file; return how many could not be opened."""
    from parley.app.notice_api import PART_MAX, ReadDone
    from parley.app.notice_views import NOTICE_COLUMNS, notice_columns
    from parley.wire.place_list import cells_geojson, csv_text, form_of

    form = form_of(path.name)
    read: list[NoticeRow] = []
    refused = 0
    for part in parts([row.message for row in rows], PART_MAX):
        body = {"refs": part, "post": post, "purpose": purpose or f"export to {path.name}"}
        done = client.post("/api/notices/read", body, ReadDone)
        read += done.notices
        refused += len(done.refused)
        _print_refused(done.refused)
    columns = [notice_columns(row) for row in read]
    lines = csv_text(NOTICE_COLUMNS, columns) if form == "csv" else cells_geojson(columns)
    write_new(path, lines)
    typer.echo(f"{len(read)} notices written to {path}, {refused} could not be opened", err=True)
    return refused
