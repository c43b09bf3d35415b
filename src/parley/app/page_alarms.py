"""The page's first section: alarms, each with a button by which somebody at a post takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from parley.app.alarm_views import AlarmsView, AlarmView, CalledView
from parley.app.page_forms import Form, hidden, post_choice, post_form
from parley.app.page_html import Html, said, tag
from parley.app.page_parts import section, since
from parley.node.inputs import AcknowledgeAlarm, Act
from parley.node.rules.alarm_conflicts import KIND
from parley.node.rules.alarms import FLOOD_COUNT

FOLDED_MAX = 50
"""Shown of a flood, and of what was taken: a page must stay one that an old browser can read."""
_NOBODY = "No contact is configured: nobody is called out of the house."
Posts = Callable[[str, str], tuple[str, ...]]
"""Gives our posts at a line, by agreement and line."""


def alarms_part(view: AlarmsView, now_us: int, posts: Posts, number: str | None) -> Html:
    """Return the alarms, those that nobody has taken first; the rest of a flood folded away.

    Args:
        view: what stands.
        now_us: the time.
        posts: for the choice of who takes it.
        number: of our own forms; None where nobody may act.
    """
    loud = [each for each in view.alarms if not each.alarm.silent]
    taken = [each for each in view.alarms if each.alarm.silent]
    counts = ", ".join(f"{count} at {post}" for post, count in sorted(view.new_in_10_min.items()))
    busy = ", ".join(f"{x.p95_in_10_min} at {x.post}" for x in view.load if not x.steady)

    def shown(each: AlarmView, place: int) -> Html:
        form = None
        if number is not None and each.alarm.acknowledged_us is None:
            ours = posts(each.alarm.agreement, each.alarm.line)
            form = _take_form(each, ours, number, f"alarm-{place}")
        return _alarm(each, now_us, form, f"alarm-{place}", calling=bool(view.contacts))

    first = [shown(each, place) for place, each in enumerate(loud[:FLOOD_COUNT])]
    more = loud[FLOOD_COUNT:]
    rest = [shown(each, place) for place, each in enumerate(more[:FOLDED_MAX], FLOOD_COUNT)]
    quiet = [shown(each, place) for place, each in enumerate(taken[:FOLDED_MAX], len(loud))]
    told = f"{len(loud)} sounding, {len(taken)} taken."
    none = "No alarm stands here. What this node cannot know raises none."
    return section(
        "alarms",
        "Alarms",
        tag("p", tag("strong", told) if loud else told) if view.alarms else tag("p", none),
        tag("p", f"New in ten minutes: {counts}.", class_="quiet") if counts else None,
        tag("p", f"Over the day up to (95 % of ten minutes): {busy}; aim: 1.") if busy else None,
        None if view.contacts else tag("p", _NOBODY, class_="quiet"),
        first,
        _folded(f"{len(more)} more that sound", rest, len(more)),
        _folded(f"{len(taken)} taken", quiet, len(taken)),
    )


def _folded(title: str, children: list[Html], count: int) -> Html | None:
    if not children:
        return None
    left = count - len(children)
    rest = tag("p", f"and {left} more: parley alarm lists them all") if left else None
    return tag("details", tag("summary", title), children, rest)


def _alarm(each: AlarmView, now_us: int, form: Html | None, mark: str, *, calling: bool) -> Html:
    alarm = each.alarm
    word = tag("strong", alarm.alarm_class, class_=None if alarm.silent else "alarm")
    taken = None
    if alarm.acknowledged_us is not None:
        by = alarm.acknowledged_by or "somebody"
        taken = tag("p", "Taken at ", said(by), ", ", since(alarm.acknowledged_us, now_us))
    elif alarm.silent:
        taken = tag("p", "Silent: an answer is promised.")
    return tag(
        "article",
        tag("h3", word, " ", said(alarm.text)),
        tag("p", "Call ", tag("strong", alarm.post), "; since ", since(alarm.since_us, now_us)),
        _where() if alarm.kind.startswith(KIND) else None,
        tag("p", f"{alarm.name} under {alarm.agreement}", class_="quiet"),
        taken,
        _calls(each, now_us) if calling else None,
        form,
        id=mark,
    )


def _where() -> Html:
    """Return where to read more about a conflict: an alarm names no aircraft."""
    return tag("p", tag("a", "which aircraft, and how much time is left", href="#alerts"))


def _calls(each: AlarmView, now_us: int) -> Html:
    """Return who was called last, or that nobody is."""
    if each.calls:
        return tag("p", "Called last: ", _call(each.calls[0], now_us))
    if each.calls_nobody:
        return tag("p", "No contact is called about it.")
    return tag("p", "Nobody was called about it yet.")


def _call(call: CalledView, now_us: int) -> list[object]:
    how = "went out" if call.delivered else tag("strong", "DID NOT GO OUT")
    what = f"{call.channel} to {call.post}, attempt {call.attempt}, "
    return [what, how, " (", said(call.detail), "), ", since(call.at_us, now_us)]


def _take_form(each: AlarmView, posts: tuple[str, ...], number: str, mark: str) -> Html:
    alarm = each.alarm
    ordered = tuple(dict.fromkeys([*(p for p in posts if p == alarm.post), *posts]))
    return post_form(
        "alarm",
        number,
        hidden("agreement", alarm.agreement),
        hidden("alarm", alarm.name),
        post_choice(ordered, f"{mark}-post"),
        tag("button", "Take this alarm", type="submit"),
    )


def _take_from(form: Form, now_us: int) -> Act:
    del now_us
    return AcknowledgeAlarm(
        agreement=form.one("agreement"), alarm=form.one("alarm"), post=form.one("post")
    )


ALARM_MAKERS: Mapping[str, Callable[[Form, int], Act]] = {"alarm": _take_from}
"""From our form to its act."""
