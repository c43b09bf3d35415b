"""Repositioning on the page and in plain rows: what is touched, what is free, before and after.

Nothing is chosen beforehand: a person says of each intent what becomes of it. Names that peers gave
are set apart or escaped by whoever prints the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from parley.app.page_forms import Form, hidden, input_field, our_posts, post_choice, post_form
from parley.app.page_html import Html, instant, said, table, tag
from parley.app.page_parts import section
from parley.app.reposition_api import RepositionRow
from parley.node.agreement_inputs import PlannedMove, Reposition
from parley.node.inputs import Act
from parley.node.rules.reposition_past import IntentPlace, RepositionShown
from parley.node.rules.reposition_plan import Plan, Proposal
from parley.node.rules.touched import IntentTouched
from parley.node.state import State
from parley.world.faults import InputFault
from parley.world.time import format_second

_ROWS_MAX = 20
_HEADS = ("Intent", "Touched", "When", "Where and why", "Free moves", "Beside the others")
CALL_NOBODY_ELSE = "Call the crews of these own aircraft; no instruction is sent to anybody's."


# ---- rows of text -------------------------------------------------------------------------------


def plan_lines(plan: Plan) -> list[str]:
    """Return a plan as rows of plain text."""
    seen = plan.touched
    rows = [f"{seen.text} (from {format_second(seen.from_us)}, {seen.looked} looked at)"]
    for each in plan.proposals:
        rows += _proposal_lines(each)
    if plan.left_out:
        rows.append(f"{plan.left_out} more are touched and were NOT searched for moves: plan again")
        done = {each.touched.intent for each in plan.proposals}
        rows += [_touched_line(each) for each in seen.intents if each.intent not in done]
    for flight in seen.flights:
        when = "now" if not flight.in_s else f"in {flight.in_s} s"
        rows.append(f"aircraft {flight.aircraft}: {flight.decided} {when}, {flight.because}")
    if seen.flights:
        rows.append(CALL_NOBODY_ELSE)
    return [_one(row) for row in rows]


def _one(row: str) -> str:
    """Return a row as one line: a name or a word of a peer must not begin a row of its own."""
    return "\\n".join(row.splitlines())


def _touched_line(each: IntentTouched) -> str:
    at = f" at {each.at.lat_deg:.4f} {each.at.lon_deg:.4f}" if each.at is not None else ""
    when = f"{_when(each.from_us, 'no start')} to {_when(each.to_us, 'no end')}"
    sealed = "" if each.audience is None else f", held by {', '.join(each.audience)} alone"
    return (
        f"{each.intent}.{each.version} ({each.state}, flight {each.flight}{sealed}): "
        f"{each.decided}, {when}{at}, {each.because}"
    )


def _proposal_lines(each: Proposal) -> list[str]:
    rows = [_touched_line(each.touched)]
    rows += [f"  {option.how}: {option.text}" for option in each.options]
    if each.together is None:
        rows.append(f"  beside the others: NONE FOUND: {each.together_text}")
    else:
        rows.append(f"  beside the others: {each.together.how}, {each.together_text}")
    return rows


def _when(at_us: int | None, missing: str) -> str:
    return missing if at_us is None else format_second(at_us)


def row_line(row: RepositionRow) -> str:
    """Return one act of a list as a row of plain text."""
    title = f"{row.object} ({row.side})" if row.side else row.object
    sealed = "" if row.audience is None else f", for {', '.join(row.audience)} alone"
    return _one(
        f"{row.key[0]} {row.key[1]}: {row.party} at {format_second(row.at_us)}, because of {title} "
        f"from {format_second(row.from_us)}: {row.intents} intents, {row.flights} aircraft{sealed}"
    )


def shown_lines(shown: RepositionShown) -> list[str]:
    """Return one act as rows of plain text, each intent before and after."""
    title = f"{shown.object} ({shown.side})" if shown.side else shown.object
    who = f"{shown.party} {shown.post} at {format_second(shown.at_us)}"
    since = f"{title} version {shown.version} from {format_second(shown.from_us)}"
    rows = [f"{who}, because of {since}: {shown.object_word}"]
    rows += [f"  {shown.text}"] if shown.text else []
    for each in shown.moves:
        move = each.move
        rows.append(f"{move.intent} (flight {each.flight or 'not known'}): {move.how}, {move.text}")
        rows.append(f"  before: {_place_line(each.before, move.version_before)}")
        if move.how == "cancelled":
            rows.append("  after: ended")
        else:
            rows.append(f"  after: {_place_line(each.after, move.version_after)}")
    if shown.flights:
        rows.append(f"own aircraft that were touched: {', '.join(shown.flights)}")
    if shown.audience is not None:
        rows.append(f"held by {', '.join(shown.audience)} alone")
    if shown.more:
        rows.append(f"{shown.more} more intents are in the record and not shown")
    return [_one(row) for row in rows]


def _place_line(place: IntentPlace | None, version: int) -> str:
    if place is None:
        return f"version {version} is not held here"
    away = "distance not known"
    if place.away_m is not None:
        away = f"about {place.away_m / 1_000:.1f} km away"
    when = f"{_when(place.from_us, 'no start')} to {_when(place.to_us, 'no end')}"
    return f"version {place.version}, {when}, {place.levels}, {place.word}, {away}"


# ---- the page -----------------------------------------------------------------------------------


def reposition_part(rows: tuple[RepositionRow, ...], made: Html | None) -> Html:
    """Return the section: the form that plans, the plan that was asked for, and what was done."""
    heads = ("When", "Party", "Because of", "From", "Intents", "Aircraft", "Held by")
    shown = [
        [
            instant(row.at_us),
            row.party,
            [said(row.object), f" ({row.side})" if row.side else ""],
            instant(row.from_us),
            str(row.intents),
            str(row.flights),
            "all" if row.audience is None else ", ".join(row.audience),
        ]
        for row in rows[:_ROWS_MAX]
    ]
    return section(
        "reposition",
        "Reposition",
        tag("p", "What changed, and which own intents are in its way. Nothing moves by itself."),
        _plan_form(),
        made,
        table("What became of intents, newest first", heads, shown) if shown else None,
    )


def _plan_form() -> Html:
    return tag(
        "form",
        tag("input", type="hidden", name="refresh", value="off"),
        tag(
            "fieldset",
            tag("legend", "Plan"),
            input_field("Zone, boundary or clause", "reposition", "repo-object", required=True),
            input_field("Side of a boundary: right, west", "repo_side", "repo-side"),
            input_field("From, e.g. 2017-06-19T10:00:00Z; now if empty", "repo_from", "repo-from"),
            input_field("Agreement, where there are several", "repo_agreement", "repo-agreement"),
            tag("button", "Show what it touches", type="submit"),
        ),
        method="get",
        action="/#reposition",
    )


def plan_part(state: State, plan: Plan, number: str | None) -> Html:
    """Return a plan; with a form to apply it where somebody is signed in (`number`)."""
    seen = plan.touched
    rows = [_row(each) for each in plan.proposals]
    parts: list[object] = [
        tag("p", tag("strong", said(seen.text))),
        table("Own intents in the way", _HEADS, rows) if rows else tag("p", "Nothing is touched."),
    ]
    if plan.left_out:
        text = f"{plan.left_out} more were not searched for moves: plan again after these."
        parts.append(tag("p", text, class_="warn"))
    if seen.flights:
        named = [tag("li", said(f.aircraft), f": {f.decided}, in {f.in_s} s") for f in seen.flights]
        parts += [tag("p", CALL_NOBODY_ELSE), tag("ul", named)]
    if number is not None and plan.proposals:
        parts.append(_apply_form(state, plan, number))
    return tag("div", parts)


def _row(each: Proposal) -> list[object]:
    seen = each.touched
    where = f"{seen.at.lat_deg:.4f} {seen.at.lon_deg:.4f}, " if seen.at is not None else ""
    together = tag("strong", "none found")
    if each.together is not None:
        together = tag("span", f"{each.together.how}: {each.together_text}")
    return [
        [said(seen.intent), tag("div", f"version {seen.version}, {seen.state}", class_="quiet")],
        seen.decided,
        [instant(seen.from_us, missing="no start"), " to ", instant(seen.to_us, missing="no end")],
        [where, said(seen.because)],
        [tag("div", f"{option.how}: ", said(option.text)) for option in each.options],
        together,
    ]


def _apply_form(state: State, plan: Plan, number: str) -> Html:
    seen = plan.touched
    agreement = state.agreement(seen.agreement)
    assert agreement is not None, "it was planned under it"
    lines = [line for line in agreement.lines if state.party in line.parties]
    posts = our_posts(state, agreement, lines[0].id if lines else "")
    ends = [
        tag(
            "p",
            tag("label", tag("input", type="checkbox", name="to", value=f"{line.id}|{party}"),
                f" Tell {party} on {line.id}"),
        )
        for line in lines
        for party in line.parties
        if party != state.party
    ]  # fmt: skip
    return post_form(
        "reposition",
        number,
        tag(
            "fieldset",
            tag("legend", "What becomes of each"),
            hidden("agreement", seen.agreement),
            hidden("object", seen.object),
            hidden("from_us", str(seen.from_us)),
            hidden("side", seen.side),
            hidden("line", lines[0].id if lines else ""),
            [_choice(each, place) for place, each in enumerate(plan.proposals)],
            ends,
            input_field("In words, for everybody told", "text", "repo-text"),
            post_choice(posts, "repo-post"),
            tag("button", "Move, tell and record, all at once", type="submit"),
        ),
    )


def _choice(each: Proposal, place: int) -> Html:
    seen, mark = each.touched, f"repo-{place}"
    moves = {option.how: option.move for option in each.options if option.move is not None}
    offered: list[tuple[str, PlannedMove]] = []
    if each.together is not None:
        offered.append((f"{each.together.how}, free beside the others", each.together))
    offered += [(f"{how}, free alone", move) for how, move in moves.items()
                if move != each.together]  # fmt: skip
    ended = PlannedMove(intent=seen.intent, how="cancelled", version=seen.version)
    stays = PlannedMove(intent=seen.intent, how="unchanged", version=seen.version)
    offered += [("cancel it", ended), ("leave it unchanged, for the reason below", stays)]
    radios = [
        tag(
            "p",
            tag("label",
                tag("input", type="radio", name=f"move.{place}", required=True,
                    value=msgspec.json.encode(move).decode()),
                f" {words}"),
        )
        for words, move in offered
    ]  # fmt: skip
    why = input_field("Why", f"why.{place}", f"{mark}-why")
    return tag("fieldset", tag("legend", said(seen.intent)), radios, why)


def _reposition_from(form: Form, now_us: int) -> Act:
    del now_us
    moves = []
    for name in form.values:
        if not name.startswith("move."):
            continue
        try:
            move = msgspec.json.decode(form.one(name), type=PlannedMove)
        except msgspec.MsgspecError as error:
            raise InputFault(f"form field {name}", value=str(error), wanted="a choice") from None
        why = form.one(name.replace("move.", "why."))
        moves.append(msgspec.structs.replace(move, text=why) if why else move)
    told = [each.partition("|") for each in form.values.get("to", ())]
    lines = list(dict.fromkeys(line for line, _, _ in told))
    if len(lines) > 1:
        raise InputFault("form field to", value=", ".join(lines), wanted="parties of one line")
    digits = form.one("from_us").lstrip("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise InputFault("form field from_us", value=form.one("from_us"), wanted="a plan's time")
    return Reposition(
        agreement=form.one("agreement"),
        line=lines[0] if lines else form.one("line"),
        post=form.one("post"),
        object=form.one("object"),
        from_us=int(form.one("from_us")),
        side=form.one("side"),
        moves=tuple(moves),
        to=tuple(party for _, _, party in told),
        text=form.one("text"),
    )


REPOSITION_MAKERS: Mapping[str, Callable[[Form, int], Act]] = {"reposition": _reposition_from}
