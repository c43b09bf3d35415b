"""What a unit's own page has about what the unit saw: the form, and what became of each report.

Rules: nobody may believe that a report went further than to the post. Until a post has said it, or
put it aside, the page says that it waits there and that nobody else has it.
"""

from __future__ import annotations

from collections.abc import Sequence

from parley.app.call_times import parse_past_us
from parley.app.page_forms import Form, choice_field, hidden, input_field
from parley.app.page_html import Html, instant, said, tag
from parley.app.page_units import saw_words
from parley.app.unit_reports import UnitReport, UnitSaw
from parley.app.unit_tokens import UnitSession
from parley.app.unit_views import UnitNotice
from parley.node.state import State
from parley.world.faults import InputFault
from parley.world.zone import Zone

_ZONES_OFFERED_MAX = 200
_HERE = "Your report is kept at your post's node and sent to nobody: your post has to say it."


def report_link() -> Html:
    """Return the way to the form."""
    label = "Report an aircraft in an area"
    return tag("p", tag("a", label, href="/unit/report", class_="big", role="button"))


def own_reports(reports: Sequence[UnitReport]) -> Html | None:
    """Return what a unit has reported, newest first, each with what became of it."""
    if not reports:
        return None
    return tag("section", tag("h2", "What you reported"), [_own(each) for each in reports])


def _own(report: UnitReport) -> Html:
    waits = report.state == "waits"
    words = {
        "waits": "WAITS AT YOUR POST. Nobody else has it. Urgent: tell your post by voice.",
        "said": f"Your post ({report.by}) has said it to the other side.",
        "put aside": f"Your post ({report.by}) has said it to nobody: {report.reason}",
    }[report.state]
    ended = [" At ", instant(report.ended_us), "."] if report.ended_us is not None else None
    return tag(
        "article",
        tag("p", "Told ", instant(report.told_us)),
        [tag("p", f"{name}: ", said(text)) for name, text in saw_words(report.saw)],
        tag(
            "p",
            tag("strong", said(words)),
            ended,
            class_={"waits": "warn", "said": "good"}.get(report.state),
        ),
        class_="asks" if waits else None,
    )


def report_form(state: State, notices: Sequence[UnitNotice], session: UnitSession) -> Html:
    """Return the form in which a unit says what it saw."""
    fields = [
        input_field("Callsign, if you know it", "flight", "flight", maxlength="64",
                    autocapitalize="characters", autocorrect="off", spellcheck="false"),
        input_field("What you saw", "seen", "seen", maxlength="500"),
        input_field("Where: words, or latitude, longitude", "where", "where", maxlength="200"),
        choice_field("Area", "zone", "zone", _zones(state), ask=False),
        input_field("When: now, 5 min ago, 09:40Z", "when", "when", value="now", maxlength="40"),
    ]  # fmt: skip
    about = {"": "none"} | {
        f"{each.view.key[0]} {each.view.key[1]}": f"{each.view.message_type} from "
        f"{each.view.party}, entry {each.view.key[1]}"
        for each in notices
        if not each.masked
    }
    if len(about) > 1:
        fields.append(choice_field("About the notice", "notice", "notice", about, ask=False))
    return tag(
        "form",
        hidden("form", session.number),
        tag("fieldset", tag("legend", "What you saw"), tag("p", _HERE), fields,
            tag("button", "Tell your post", type="submit", class_="big")),
        method="post",
        action="/unit/report",
        autocomplete="off",
    )  # fmt: skip


def _zones(state: State) -> dict[str, str]:
    zones = [each for _, agreement in sorted(state.agreements.items()) for each in agreement.zones]
    return {"": "none of these"} | {
        each.id: _zone_name(each) for each in zones[:_ZONES_OFFERED_MAX]
    }


def _zone_name(zone: Zone) -> str:
    return f"{zone.id}: {zone.name}" if zone.name else zone.id


def saw_from(form: Form, now_us: int) -> UnitSaw:
    """Return what a unit's form says that it saw.

    Raises:
        InputFault: a time that is none, or a notice that cannot be one.
    """
    when = form.one("when").strip()
    notice: tuple[str, int] | None = None
    about = form.one("notice")
    if about:
        log, _, index = about.rpartition(" ")
        if not log or not index.isascii() or not index.isdigit() or len(index) > 15:
            raise InputFault("form field notice", value=about[:80], wanted="one of those offered")
        notice = (log, int(index))
    return UnitSaw(
        flight=form.one("flight").strip(),
        seen=form.one("seen").strip(),
        where=form.one("where").strip(),
        zone=form.one("zone").strip(),
        when_us=parse_past_us(when, now_us, "when it was seen") if when else None,
        notice=notice,
    )
