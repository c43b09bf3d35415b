"""Zones and the pressure that their levels are compared by: what stands, and what a post says.

Thin commands over the HTTP API, as those of `acts`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import (
    AGREEMENT,
    JSON,
    NODE,
    POST,
    TOKEN,
    act,
    client_of,
    document_in,
    instant_us,
    print_rows,
    which,
)

if TYPE_CHECKING:
    from parley.app.client import Client
    from parley.app.views import ZoneShown
    from parley.node.rules.pressure import PressureView
    from parley.node.rules.zone_detail import ZoneSpan, ZoneStep
    from parley.node.rules.zone_listed import ZoneReservation

_ACTIVITIES = ("hot", "cold", "unknown")
_PROMULGATIONS = {"draft": "draft", "request": "requested", "issue": "issued", "end": "ended"}
_WORDS = (*_ACTIVITIES, *_PROMULGATIONS, "release")


def zone(
    name: Annotated[str, typer.Argument(metavar="[ZONE]", help="One zone only.")] = "",
    word: Annotated[
        str,
        typer.Argument(
            metavar="[WORD]",
            help="Say it: hot, cold, unknown, draft, request, issue, end, release.",
        ),
    ] = "",
    *,
    node: Annotated[str, NODE],
    activity: Annotated[str, typer.Option(help="As its owner: 'hot', 'cold' or 'unknown'.")] = "",
    promulgation: Annotated[
        str, typer.Option(help="'draft', 'requested', 'issued' or 'ended'.")
    ] = "",
    begin: Annotated[str, typer.Option("--from", help="Start, RFC 3339.")] = "",
    end: Annotated[str, typer.Option("--to", help="End, RFC 3339.")] = "",
    reference: Annotated[str, typer.Option(help="Of an issue, or which one to end.")] = "",
    ask: Annotated[
        str, typer.Option(help="With request or release: the party asked; else its owner.")
    ] = "",
    line: Annotated[str, typer.Option(help="With request or release: over which line.")] = "",
    declare: Annotated[
        Path | None,
        typer.Option(help="Declare the own zone, or its next version, of a JSON document."),
    ] = None,
    at: Annotated[str, typer.Option(help="Print which version was in force then, RFC 3339.")] = "",
    party: Annotated[str, typer.Option(help="With --at: for whom; else for us.")] = "",
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print the two states of each zone, or say one of them.

    Exit codes: 0 printed or said, 2 refused, bad usage, or no such node.
    """
    from parley.app.views import ZoneShown
    from parley.world.faults import InputFault

    client = client_of(node, token)
    if declare is not None:
        body: dict[str, object] = {
            "type": "declare_zone", "agreement": _agreement(client, agreement), "post": post,
            "zone": document_in(declare, "zone"),
        }  # fmt: skip
        act(client, body, as_json=as_json)
        return
    if at:
        _print_held(client, name, _agreement(client, agreement), (at, party), as_json=as_json)
        return
    zones = client.get("/api/zones", tuple[ZoneShown, ...])
    rows = [z for z in zones if name in ("", z.view.zone) and agreement in ("", z.view.agreement)]
    said = [each for each in (word, activity, promulgation) if each]
    if name and (not rows or (len(rows) > 1 and said)):
        raise which(f"zone {name}", sorted(z.view.zone for z in zones), len(rows))
    if not said:
        lines = [text for each in rows for text in _lines(each, full=bool(name))]
        print_rows(rows, lines, as_json=as_json)
        return
    if not name or len(said) > 1:
        wanted = "a ZONE and one of WORD, --activity, --promulgation"
        raise InputFault("parley zone", wanted=wanted)
    spoken = _spoken(word, activity, promulgation)
    window = (instant_us(begin, "--from"), instant_us(end, "--to"))
    if spoken == "release" or (spoken == "request" and (ask or not _is_own(client, rows[0]))):
        body = _asking(client, rows[0], spoken, ask, line, (begin, end))
    else:
        body = _saying(rows[0], spoken, window, reference)
    act(client, body | {"post": post}, as_json=as_json)


def _print_held(
    client: Client, name: str, agreement: str, asked: tuple[str, str], *, as_json: bool
) -> None:
    """Print which version of a zone was in force at an instant for a party."""
    from urllib.parse import quote, urlencode

    from parley.node.rules.zones import ZoneHeld
    from parley.world.faults import InputFault

    if not name:
        raise InputFault("parley zone --at", wanted="a ZONE")
    query = urlencode({"agreement": agreement, "at": asked[0], "party": asked[1]})
    held = client.get(f"/api/zones/{quote(name, safe='')}/version?{query}", ZoneHeld)
    if held.zone is None:
        text = f"{name}: no version in force: {held.because}"
    else:
        text = f"{name}: version {held.zone.version}, {held.because}"
    print_rows([held], [text], as_json=as_json)


def _spoken(word: str, activity: str, promulgation: str) -> str:
    """Return the word that was said, in whichever way."""
    from parley.world.faults import InputFault, nearest

    given = word or activity
    if promulgation:
        given = next((w for w, p in _PROMULGATIONS.items() if p == promulgation), promulgation)
    if given not in _WORDS:
        close = nearest(given, list(_WORDS))
        raise InputFault(
            "parley zone",
            value=given,
            wanted=f"one of {', '.join(_WORDS)}",
            repair=f"did you mean {close!r}?" if close else "",
        )
    return given


def _agreement(client: Client, given: str) -> str:
    from parley.app.views import StatusView
    from parley.world.faults import InputFault

    known = client.get("/api/status", StatusView).agreements
    if not given and len(known) != 1:
        raise InputFault("--agreement", wanted=f"one of {', '.join(known) or 'none'}")
    return given or known[0]


def _is_own(client: Client, zone: ZoneShown) -> bool:
    from parley.app.cli.shown_messages import own_party

    return zone.view.owner == own_party(client)


def _saying(
    zone: ZoneShown, word: str, window: tuple[int | None, int | None], reference: str
) -> dict[str, object]:
    """Return the act of a word about a zone."""
    body: dict[str, object] = {
        "agreement": zone.view.agreement, "zone": zone.view.zone,
        "from_us": window[0], "to_us": window[1],
    }  # fmt: skip
    if word in _ACTIVITIES:
        return body | {"type": "set_activity", "activity": word}
    said = {"promulgation": _PROMULGATIONS[word], "reference": reference}
    return body | {"type": "promulgate", **said}


def _asking(
    client: Client, zone: ZoneShown, word: str, ask: str, line: str, window: tuple[str, str]
) -> dict[str, object]:
    """Return the act of a message by which a zone, or its release, is asked for.

    Raises:
        InputFault: nobody to ask, no line to ask over, or no window.
    """
    from parley.node.rules.lines import LineVector
    from parley.world.faults import InputFault

    view = zone.view
    asked = ask or view.owner or ""
    if not asked:
        raise InputFault(f"{word} of zone {view.zone}", wanted="--ask: nobody owns it")
    lines = client.get("/api/lines", tuple[LineVector, ...])
    known = sorted({
        each.line for each in lines
        if each.agreement == view.agreement and asked in {side.party for side in each.sides}
    })  # fmt: skip
    if not line and len(known) != 1:
        raise InputFault("--line", value=asked, wanted=f"one of {', '.join(known) or 'none'}")
    if not all(window):
        raise InputFault(f"{word} of zone {view.zone}", wanted="--from and --to")
    fields = {"zone": view.zone, "window": "/".join(window)}
    kind = "zone.request" if word == "request" else "zone.release.request"
    return {
        "type": "say", "agreement": view.agreement, "line": line or known[0], "to": [asked],
        "message_type": kind, "fields": fields,
    }  # fmt: skip


# ---- in words -----------------------------------------------------------------------------------


def _lines(zone: ZoneShown, *, full: bool) -> list[str]:
    """Return a zone in one line, or in all that is known of it."""
    view, detail = zone.view, zone.detail
    owner = view.owner or "nobody"
    both = f"activity {view.activity}, promulgation {view.promulgation}"
    first = f"{view.zone} ({view.agreement}): shown {view.shown}; {both}, owner {owner}"
    if not full:
        return [f"{first}; {view.because[0]}" if view.because else first]
    low, high = detail.limits
    lines = [first, f"  {detail.whose}, version {view.version}, {low} to {high}"]
    if detail.exclusions:
        lines.append(f"  without {', '.join(detail.exclusions)}")
    lines.append(f"  because: {'; '.join(view.because) or 'nothing was said'}")
    if detail.scheduled:
        lines.append(f"  schedule: {'does not count: ' if detail.schedule else 'agreed'}"
                     f"{detail.schedule}")  # fmt: skip
    lines += [f"  reservation: {_reservation(each)}" for each in detail.reservations]
    if detail.reservations_more:
        lines.append(f"  and {detail.reservations_more} later reservations")
    lines += [f"  next 24 h: {_span(each)}" for each in detail.ahead]
    lines += [f"  said: {_step(each)}" for each in detail.steps]
    lines += [f"  version {number} from {_at(from_us)}" for number, from_us in detail.versions]
    return lines


def _at(at_us: int | None) -> str:
    from parley.world.time import format_second

    return format_second(at_us) if at_us is not None else "open"


def _span(span: ZoneSpan) -> str:
    states = f"{span.shown}; activity {span.activity}, promulgation {span.promulgation}"
    return f"{_at(span.from_us)} to {_at(span.to_us)} {states} ({span.because})"


def _reservation(each: ZoneReservation) -> str:
    """Return a reservation in words: window, state, number, who asked, who issued, who ended."""
    parts = [f"{_at(each.from_us)} to {_at(each.to_us)} {each.state}"]
    if each.cold:
        parts.append("said cold")
    if each.reference:
        parts.append(f"number {each.reference}")
    if each.asked_by:
        parts.append(f"asked by {', '.join(each.asked_by)}")
    if each.issued_by:
        parts.append(f"issued by {each.issued_by} at {_at(each.issued_us)}")
    if each.ended_by:
        parts.append(f"by {each.ended_by} at {_at(each.ended_us)}")
    return ", ".join(parts)


def _step(step: ZoneStep) -> str:
    window = f", {_at(step.from_us)} to {_at(step.to_us)}" if step.from_us is not None else ""
    number = f", number {step.reference}" if step.reference else ""
    late = f", LATE by {step.late_s:.0f} s" if step.late_s > 0 else ""
    not_counted = "" if step.counts else ", does not count"
    who = f"{step.party} {step.post}".strip()
    return f"{step.value} by {who} at {_at(step.written_us)}{window}{number}{late}{not_counted}"


# ---- pressure -----------------------------------------------------------------------------------


def pressure(
    qnh: Annotated[float | None, typer.Argument(metavar="[QNH]", help="In hPa.")] = None,
    *,
    node: Annotated[str, NODE],
    place: Annotated[str, typer.Option(help="Of which place; else the agreement's.")] = "",
    observed: Annotated[str, typer.Option(help="When it was measured, RFC 3339; else now.")] = "",
    bound: Annotated[
        float | None, typer.Option(help="How far a height by it may be wrong, in metres.")
    ] = None,
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print by which QNH levels are compared with altitudes, or report one.

    Exit codes: 0 printed or reported, 2 refused, bad usage, or no such node.
    """
    from parley.node.rules.pressure import PressureView
    from parley.world.faults import InputFault

    client = client_of(node, token)
    views = client.get("/api/pressure", tuple[PressureView, ...])
    rows = [each for each in views if agreement in ("", each.agreement)]
    if qnh is None:
        print_rows(rows, [text for each in rows for text in pressure_lines(each)], as_json=as_json)
        return
    if len(rows) != 1:
        known = ", ".join(each.agreement for each in views) or "none"
        raise InputFault("--agreement", value=agreement, wanted=f"one of {known}")
    body: dict[str, object] = {
        "type": "report_pressure", "agreement": rows[0].agreement, "post": post,
        "place": place or rows[0].place, "qnh_hpa": qnh,
        "observed_us": instant_us(observed, "--observed"), "bound_m": bound,
    }  # fmt: skip
    act(client, body, as_json=as_json)


def pressure_lines(view: PressureView) -> list[str]:
    """Return by which QNH an agreement compares, in words."""
    where = f" at {view.place}" if view.place else ""
    if view.qnh_hpa is None:
        first = f"{view.agreement}: no QNH of {view.source}{where}: {view.because}"
    else:
        age = f"{(view.age_s or 0.0) / 60:.0f} min old of at most {view.stale_after_s / 60:.0f}"
        first = (
            f"{view.agreement}: QNH {view.qnh_hpa:.1f} hPa of {view.source}{where}, {age}, "
            f"give or take {view.bound_m:g} m"
        )
    levels = [
        f"{name} {value_m:.0f} m {reference}"
        for name, value_m, reference in (
            ("transition altitude", view.transition_altitude_m, "AMSL"),
            ("transition level", view.transition_level_m, "STD"),
        )
        if value_m is not None
    ]
    return [first, *(f"  {each}" for each in (*levels, *view.others))]
