"""A message's words on the page: the fixed part in the reader's language, original, translations.

Each part says its language and direction (`lang`, `dir`), for screen readers and for browsers that
would otherwise set Arabic from the left.
"""

from __future__ import annotations

import re

from parley.app.message_views import MessageView
from parley.app.page_html import Html, escape, said, tag
from parley.app.reading import words_for
from parley.world.message_words import translation_label
from parley.world.phrases import (
    FIRST_STRONG_ISOLATE,
    POP_ISOLATE,
    Reader,
    clean,
    languages,
    with_code,
    word,
)


def words_part(view: MessageView, reader: Reader) -> list[Html | None]:
    """Return what a message says: the fixed part, what was written, then translations."""
    text = said(view.text)
    words = words_for(view, reader)
    if words is None:
        return [tag("p", text, class_="said") if view.text else None]
    code = words.language
    fixed = tag("p", _pieces(words.phrase), class_="phrase", lang=code, dir=words.direction)
    original: Html | None = None
    if words.original:
        label = None
        if words.translations or words.original_language:
            label = _label(f"{word('around', 'original', 'en')}", words.original_language)
        original = tag("p", label, _written(words.original, words.original_language), class_="said")
    shown = [
        tag("p", _label(translation_label(each, "en")), _written(each.text, each.language),
            class_="said")
        for each in words.translations
    ]  # fmt: skip
    return [fixed, original, *shown]


def _pieces(text: str) -> list[Html]:
    """Return a phrase with each isolate as an element: it neither reorders nor breaks in two."""
    found = []
    for number, part in enumerate(re.split(f"[{FIRST_STRONG_ISOLATE}{POP_ISOLATE}]", text)):
        # Isolates never nest in a phrase: every second piece is what stood in one.
        found.append(tag("bdi", part, dir="auto", class_="whole") if number % 2 else escape(part))
    return found


def _label(text: str, language: str = "") -> Html:
    named = f"{text} [{clean(language)}]" if language else text
    return tag("span", f"{named}: ", class_="quiet")


def _written(text: str, language: str) -> Html:
    """Return what somebody wrote in its own direction, with its language if that is known."""
    known = language if language and language.replace("-", "").isalnum() else None
    return tag("bdi", text, dir="auto", lang=known)


def answer_word(answer: str, reader: Reader) -> Html:
    """Return an answer's code word, and its word in the reader's language."""
    code = tag("strong", answer)
    if reader.language.code == "en" or with_code("answer", answer, reader.language.code) == answer:
        return code
    text = word("answer", answer, reader.language.code)
    own = tag("bdi", _pieces(text), lang=reader.language.code, dir=reader.language.direction)
    return Html(f"{code} ({own})")


def languages_part(reader: Reader, refresh: str) -> Html:
    """Return in which language the fixed phrases are, and links to the others.

    Args:
        reader: who reads.
        refresh: "off" where the page does not refresh by itself, else "".
    """
    rest = f"&refresh={refresh}" if refresh else ""
    links = [
        tag("strong", each.own_name, lang=each.code)
        if each.code == reader.language.code
        else tag("a", each.own_name, href=f"/?lang={each.code}{rest}#messages", lang=each.code)
        for each in languages()
    ]
    owed = "" if reader.language.reviewed else " (no native speaker has reviewed them yet)"
    parts = [[link, " "] for link in links]
    note = [" ", tag("strong", said(reader.note))] if reader.asked else ""
    return tag("p", "Fixed phrases in: ", parts, owed, note, id="phrases", class_="quiet")
