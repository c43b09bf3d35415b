"""One whole message as a reader has it: its fixed part in the reader's language, then the rest.

Used by the page, the command line and the watch alike. Rules:

- The fixed part is derived from code and fields by whoever reads; two sides with the same entry
  read the same message, each in its own language.
- The original stands as it was written, with its language; a translation stands beside it, with
  who made it, never in its place.
- An answer's code word is always there, beside its word in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from parley.world.norms import subject_code
from parley.world.phrases import (
    FALLBACK,
    Reader,
    clean,
    field_texts,
    isolated,
    phrase,
    reader_language,
    value_text,
    with_code,
    word,
)

Maker = Literal["person", "machine"]


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Translated(_Record, frozen=True, kw_only=True):
    """A translation as its entry has it: into which language, the text, made how, by which post."""

    language: str
    text: str
    how: Maker
    by: str = ""


class MessageWords(_Record, frozen=True, kw_only=True):
    """A message as somebody reads it.

    `language` and `direction` are of `phrase`, `message_class` and `subject`; `note` says that the
    language wanted has no phrases. `original` is empty where nothing was written.
    """

    language: str
    direction: Literal["ltr", "rtl"]
    note: str
    phrase: str
    message_class: str
    subject: str
    original: str
    original_language: str
    translations: tuple[Translated, ...]


def message_words(
    message_type: str,
    fields: Mapping[str, str],
    reader: Reader,
    *,
    message_class: str = "",
    subject: str = "",
    text: str = "",
    text_language: str = "",
    translations: Iterable[Translated] = (),
) -> MessageWords:
    """Return a message as a reader has it.

    Args:
        message_type: its code; one that has no phrase stands under its own name.
        fields: as sent.
        reader: who reads; of `reader_language`.
        message_class: its code.
        subject: a subject code, or free words; the type itself is no subject of its own.
        text: the original, as written.
        text_language: of the original, as its sender says; "" where it says nothing.
        translations: those held, in any order.
    """
    code = reader.language.code
    shown = tuple(sorted(translations, key=lambda each: (each.language, each.by, each.text)))
    return MessageWords(
        language=code,
        direction=reader.language.direction,
        note=reader.note,
        phrase=phrase(message_type, fields, code),
        message_class=with_code("class", message_class, code) if message_class else "",
        subject="" if subject in ("", message_type) else _subject(subject, code),
        original=text,
        original_language=text_language,
        translations=shown,
    )


def _subject(subject: str, language: str) -> str:
    known = subject_code(subject)
    return with_code("subject", known or subject, language)


def words_lines(words: MessageWords) -> list[str]:
    """Return a message's words as lines for a terminal, every character in them made visible.

    The fixed part is set apart as a whole, so that a line around it keeps its own direction.
    """
    fixed = isolated(words.phrase, reader_language(words.language).language)
    lines = [f"[{words.language}] {fixed}" + (f" ({words.note})" if words.note else "")]
    if words.subject:
        lines.append(f"{word('field', 'subject', words.language)}: {words.subject}")
    if words.original:
        label = word("around", "original", words.language)
        lines.append(f"{label} [{_language(words.original_language)}]: {_said(words.original)}")
    return lines + [
        f"{translation_label(each, words.language)}: {_said(each.text)}"
        for each in words.translations
    ]


def translation_label(each: Translated, language: str) -> str:
    """Return what stands before a translation: that it is one, into what, made how and by whom.

    >>> translation_label(Translated(language="en", text="x", how="machine", by="desk"), "ru")
    'перевод [en] (машинный, desk)'
    """
    how = word("around", f"by_{each.how}", language)
    by = f", {clean(each.by)}" if each.by else ""
    return f"{word('around', 'translation', language)} [{_language(each.language)}] ({how}{by})"


def answer_words(answer: str, fields: Mapping[str, str], reader: Reader) -> str:
    """Return an answer as a reader has it: its word with the code, and what was read back.

    >>> from parley.world.phrases import reader_language
    >>> answer_words("WILCO", {"zone": "TFR-1"}, reader_language("ru"))
    'Понял, выполняю [WILCO]; зона: TFR-1'
    """
    code = reader.language.code
    comma = "\N{ARABIC SEMICOLON} " if reader.language.direction == "rtl" else "; "
    said = [f"{name}: {value}" for name, value in field_texts(fields, code)]
    return comma.join([with_code("answer", answer, code), *said])


def line_words_of(dimension: str, value: str, reader: Reader) -> str:
    """Return a word of a line's state vector as a reader has it, the code beside it.

    >>> from parley.world.phrases import reader_language
    >>> line_words_of("link", "up", reader_language("ru"))
    'есть связь [up]'
    """
    code = reader.language.code
    match dimension:
        case "glance" | "agreement" | "link" | "attended" | "test":
            return with_code(dimension, value, code)
        case _:
            return value_text(dimension, value, code)


def _language(code: str) -> str:
    return clean(code) or "?"


def _said(text: str) -> str:
    """Return what somebody wrote, set apart where it runs from the right."""
    return isolated(clean(text), reader_language(FALLBACK).language)
