"""HTML from values: everything is escaped unless it was made here.

What a peer wrote is text, whatever it looks like: escaped, its control characters shown as their
escapes, and set apart (`bdi`) so that its writing direction cannot reach what stands beside it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping

from parley.world.time import format_second

_VOID = ("meta", "link", "input", "br", "hr")


class Html(str):
    """Text that is HTML already, made by this module."""

    __slots__ = ()


class Shown(str):
    """Text whose characters are all made visible already; those that set parts apart are ours."""

    __slots__ = ()


Child = object
"""Text to be escaped, HTML, or several of them; None is nothing."""


def visible(text: str) -> str:
    r"""Return text with characters that cannot be seen as their escapes; line breaks stay.

    >>> visible("a\x00b\u202ec")
    'a\\x00b\\u202ec'
    """
    if isinstance(text, Shown):
        return text
    return "".join(
        letter
        if letter.isprintable() or letter in "\n "
        else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def escape(value: Child) -> Html:
    """Return a child as HTML.

    >>> escape("<b>&")
    '&lt;b&gt;&amp;'
    """
    if isinstance(value, Html):
        return value
    if value is None:
        return Html("")
    if isinstance(value, str):
        return Html(html.escape(visible(value)))
    if isinstance(value, Iterable):
        return Html("".join(escape(each) for each in value))
    return Html(html.escape(str(value)))


def tag(name: str, /, *children: Child, **attributes: str | bool | None) -> Html:
    """Return an element; attributes escaped, `class_` is class, `for_` is for, `_` is a hyphen.

    >>> tag("p", "1 < 2", class_="note")
    '<p class="note">1 &lt; 2</p>'
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        shown = key.rstrip("_").replace("_", "-")
        parts.append(shown if value is True else f'{shown}="{html.escape(visible(str(value)))}"')
    opening = Html(f"<{' '.join(parts)}>")
    if name in _VOID:
        return opening
    return Html(f"{opening}{''.join(escape(child) for child in children)}</{name}>")


def said(text: str) -> Html:
    """Return what somebody wrote, set apart in its own direction."""
    return tag("bdi", text, dir="auto")


def instant(at_us: int | None, *, missing: str = "unknown") -> Html:
    """Return an instant in UTC, to the second."""
    if at_us is None:
        return tag("span", missing, class_="none")
    text = format_second(at_us)
    return tag("time", text, datetime=text)


def seconds(of_us: int) -> str:
    """Return a span in whole seconds or minutes and seconds, as people say it.

    >>> seconds(84_000_000), seconds(-5_000_000), seconds(-1)
    ('1 min 24 s', '-5 s', '0 s')
    """
    whole_s = abs(of_us) // 1_000_000
    sign = "-" if of_us < 0 and whole_s else ""
    days, rest_s = divmod(whole_s, 86_400)
    hours, rest_s = divmod(rest_s, 3_600)
    minutes, left_s = divmod(rest_s, 60)
    named = ((days, "d"), (hours, "h"), (minutes, "min"), (left_s, "s"))
    shown = [f"{number} {unit}" for number, unit in named if number]
    return sign + (" ".join(shown[:2]) if shown else "0 s")


def since(at_us: int | None, now_us: int) -> Html:
    """Return an instant with its age."""
    if at_us is None:
        return instant(None, missing="never")
    return Html(f"{instant(at_us)} ({seconds(now_us - at_us)} ago)")


def fine(of_us: int) -> str:
    """Return a span as clocks are compared: in milliseconds, from a second on in seconds.

    >>> fine(3_400), fine(-1_250_000), fine(-200)
    ('3 ms', '-1.250 s', '0 ms')
    """
    if abs(of_us) >= 1_000_000:
        return f"{of_us / 1_000_000:.3f} s"
    return f"{round(of_us / 1000)} ms"


def due(at_us: int | None, now_us: int) -> Html:
    """Return when something is due, and how long that is from now, in words and not colour."""
    if at_us is None:
        return tag("span", "no time set", class_="none")
    if at_us < now_us:
        late = tag("strong", f"LATE by {seconds(now_us - at_us)}")
        return Html(f"{instant(at_us)} {late}")
    return Html(f"{instant(at_us)}, {html.escape(seconds(at_us - now_us))} left")


def table(caption: str, heads: Iterable[str], rows: Iterable[Iterable[Child]]) -> Html:
    """Return a table with a caption, column headers, and the first cell of each row as its header.

    It stands in a box that scrolls by itself, so that a narrow screen loses no column.
    """
    head = tag("tr", [tag("th", each, scope="col") for each in heads])
    body = []
    for row in rows:
        first, *rest = row
        cells = [tag("td", cell) for cell in rest]
        body.append(tag("tr", tag("th", first, scope="row"), cells))
    whole = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", body))
    return tag("div", whole, class_="wide", role="region", aria_label=caption, tabindex="0")


def facts(pairs: Mapping[str, Child]) -> Html:
    """Return names and values as a description list."""
    return tag("dl", [[tag("dt", name), tag("dd", value)] for name, value in pairs.items()])


def field(label: str, control: Html, name: str) -> Html:
    """Return a labelled control; the control's id is `name`."""
    return tag("p", tag("label", label, for_=name), " ", control, class_="field")


def section(name: str, title: str, *children: Child) -> Html:
    """Return a section with its heading."""
    head = tag("h2", title, id=f"{name}-title")
    return tag("section", head, children, id=name, aria_labelledby=f"{name}-title")
