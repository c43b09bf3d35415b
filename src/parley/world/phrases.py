"""Fixed phrases: what a code reads in each language, from the one table `phrases.toml`.

A message carries codes and fields, never these texts; each side's node says them in its own
language. Rules:

- Numbers, times (UTC), identifiers and what a field holds stand as they were sent. In a line that
  runs from right to left, and wherever a value itself does, they are set apart by the isolates
  U+2068 and U+2069, so that nothing can change place.
- Whoever has no phrases here reads English, and is told so.
- No phrase says more than its code.

What does not live here: the original text and its translations (`message_words`).
"""

from __future__ import annotations

import functools
import importlib.resources
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from parley.world.faults import InputFault, nearest

FALLBACK = "en"
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
Kind = Literal[
    "around", "answer", "class", "glance", "agreement", "link", "attended", "test", "call",
    "relay", "receipt", "value", "subject", "field",
]  # fmt: skip
"""What a word is a word for: one table of `phrases.toml` each."""
CODED_FIELDS = ("activity", "limits.side", "promulgation", "value", "whose")
"""Fields that hold a code word: it is said in the reader's language with the code beside it."""
_SLOT = re.compile(r"\{(\w+)\}")
_FROM_RIGHT = ("R", "AL", "AN")
Texts = dict[str, str]


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class LanguageNorms(_Record, frozen=True, kw_only=True):
    """One language as the table has it; `reviewed`: by a native speaker of its radio telephony."""

    name: str
    own_name: str
    direction: Literal["ltr", "rtl"]
    reviewed: bool


class Language(_Record, frozen=True, kw_only=True):
    """A language that has phrases, with its code (ISO 639-1)."""

    code: str
    name: str
    own_name: str
    direction: Literal["ltr", "rtl"]
    reviewed: bool


class Reader(_Record, frozen=True, kw_only=True):
    """In which language somebody reads; `asked`: the one wanted, where it has no phrases."""

    language: Language
    asked: str = ""

    @property
    def note(self) -> str:
        """What a reader must be told: that there are no phrases in the language wanted, or ""."""
        if not self.asked:
            return ""
        return word("around", "no_language", self.language.code).replace("{language}", self.asked)


class Phrases(
    _Record,
    frozen=True,
    kw_only=True,
    rename={"languages": "language", "message": "type", "message_class": "class"},
):
    """The whole table: texts by language, under their codes."""

    languages: dict[str, LanguageNorms]
    around: dict[str, Texts]
    message: dict[str, Texts]
    answer: dict[str, Texts]
    message_class: dict[str, Texts]
    glance: dict[str, Texts]
    agreement: dict[str, Texts]
    link: dict[str, Texts]
    attended: dict[str, Texts]
    test: dict[str, Texts]
    call: dict[str, Texts]
    relay: dict[str, Texts]
    receipt: dict[str, Texts]
    value: dict[str, Texts]
    subject: dict[str, Texts]
    field: dict[str, Texts]

    def __post_init__(self) -> None:
        for kind, table in self.tables().items():
            for code, texts in table.items():
                check_texts(f"phrase {kind} {code}", texts, tuple(self.languages))

    def tables(self) -> dict[str, dict[str, Texts]]:
        """Return each table of texts under its name in the file."""
        names = [name for name in self.__struct_fields__ if name != "languages"]
        renamed = {"message": "type", "message_class": "class"}
        return {renamed.get(name, name): getattr(self, name) for name in names}


def check_texts(what: str, texts: Texts, wanted: tuple[str, ...]) -> None:
    """Refuse texts that lack a language, are empty, or have other slots in another language.

    Raises:
        InputFault: naming the phrase and the language.
    """
    if set(texts) != set(wanted):
        raise InputFault(what, value=", ".join(texts), wanted=", ".join(wanted))
    slots = sorted(_SLOT.findall(texts[FALLBACK]))
    for language, text in texts.items():
        if not text.strip():
            raise InputFault(f"{what} {language}", value=text, wanted="a text")
        if sorted(_SLOT.findall(text)) != slots:
            raise InputFault(f"{what} {language}", value=text, wanted=f"the slots {slots}")


@functools.cache
def phrases() -> Phrases:
    """Return the table of this release; read once from the package's own data file."""
    text = importlib.resources.files("parley.world").joinpath("phrases.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Phrases)


@functools.cache
def languages() -> tuple[Language, ...]:
    """Return the languages that have phrases, in the order of the table."""
    known = phrases().languages.items()
    return tuple(Language(code=code, **msgspec.structs.asdict(each)) for code, each in known)


def reader_language(*wanted: str) -> Reader:
    """Return the first language of those wanted that has phrases, else English, which is said.

    A region does not matter.

    >>> reader_language("ru-RU").language.code, reader_language("", "ar").language.code
    ('ru', 'ar')
    >>> reader_language("fr").language.code, reader_language("fr").note
    ('en', 'no phrases in fr; shown in English')
    """
    known = {each.code: each for each in languages()}
    given = [each.strip() for each in wanted if each.strip()]
    for each in given:
        code = re.split(r"[-_]", each.lower())[0]
        if code in known:
            return Reader(language=known[code])
    return Reader(language=known[FALLBACK], asked=clean(given[0]) if given else "")


def check_language(code: str, what: str) -> Language:
    """Return a language by its code.

    Raises:
        InputFault: it has no phrases.
    """
    known = [each.code for each in languages()]
    found = reader_language(code)
    if not code.strip() or found.asked:
        close = nearest(code.lower(), known)
        wanted = f"one of {', '.join(known)}"
        repair = f"did you mean {close!r}?" if close else ""
        raise InputFault(what, value=code, wanted=wanted, repair=repair)
    return found.language


@functools.cache
def _tables() -> dict[str, dict[str, Texts]]:
    return phrases().tables()


# ---- texts --------------------------------------------------------------------------------------


def phrase(message_type: str, fields: Mapping[str, str], language: str) -> str:
    """Return what a message of a type says, with its fields, in a language.

    Fields that the phrase has no slot for follow as "name: value"; a slot without its field says
    that it was not said. A type without a phrase stands under its own name.

    >>> phrase("clearance", {"flight": "H-7", "zone": "TFR-1"}, "en")
    'Flight H-7 is cleared. Zone TFR-1.'
    >>> phrase("clearance", {"flight": "H-7", "level": "4500 ft"}, "ru")
    'Рейсу H-7 разрешено. Зона (не указано). эшелон или высота: 4500 ft'
    """
    reader = reader_language(language).language
    texts = phrases().message.get(message_type)
    if texts is None:
        missing = word("around", "no_phrase", reader.code)
        said, slots = f"{isolated(clean(message_type), reader)} ({missing})", []
    else:
        template = texts[reader.code]
        slots = _SLOT.findall(template)
        values = {name: _slot(name, fields, reader) for name in slots}
        said = _SLOT.sub(lambda found: values[found[1]], template)
    rest = [f"{name}: {value}" for name, value in field_texts(fields, reader.code, but=slots)]
    comma = "\N{ARABIC SEMICOLON} " if reader.direction == "rtl" else "; "
    return " ".join(filter(None, (said, comma.join(rest))))


def field_texts(
    fields: Mapping[str, str], language: str, *, but: Iterable[str] = ()
) -> list[tuple[str, str]]:
    """Return names and values of fields as they are read in a language, in the order of names."""
    reader, left_out = reader_language(language).language, set(but)
    return [
        (field_name(name, reader.code), value_text(name, value, reader.code))
        for name, value in sorted(fields.items())
        if name not in left_out
    ]


def _slot(name: str, fields: Mapping[str, str], reader: Language) -> str:
    value = fields.get(name, "")
    if not value.strip():
        return word("around", "missing", reader.code)
    return value_text(name, value, reader.code)


def field_name(name: str, language: str) -> str:
    """Return the name of a field in a language; one that has no word stands as it was sent."""
    reader = reader_language(language).language
    known = phrases().field.get(name)
    return known[reader.code] if known else isolated(clean(name), reader)


def value_text(name: str, value: str, language: str) -> str:
    """Return what a field holds: as it was sent, with its meaning where it is a code word.

    >>> value_text("activity", "hot", "ru"), value_text("flight", "hot", "ru")
    ('активна [hot]', 'hot')
    """
    reader = reader_language(language).language
    sent = isolated(clean(value), reader)
    known = phrases().value.get(value) if name in CODED_FIELDS else None
    if known is None or reader.code == FALLBACK:
        return sent
    return f"{known[reader.code]} [{sent}]"


def word(kind: Kind, code: str, language: str) -> str:
    """Return the word of a code in a language; a code without one stands as it is.

    >>> word("answer", "WILCO", "ru"), word("answer", "MAYBE", "ru")
    ('Понял, выполняю', 'MAYBE')
    """
    reader = reader_language(language).language
    known = _tables()[kind].get(code)
    return known[reader.code] if known else isolated(clean(code), reader)


def with_code(kind: Kind, code: str, language: str) -> str:
    """Return the word of a code with the code beside it, which is what both sides have in common.

    >>> with_code("answer", "ROGER", "ru"), with_code("answer", "ROGER", "en")
    ('Понял [ROGER]', 'ROGER')
    """
    reader = reader_language(language).language
    if reader.code == FALLBACK or code not in _tables()[kind]:
        return isolated(clean(code), reader)
    return f"{word(kind, code, reader.code)} [{isolated(code, reader)}]"


# ---- characters ---------------------------------------------------------------------------------


def clean(text: str) -> str:
    r"""Return text in one line, what cannot be seen as its escape: it can neither hide nor reorder.

    >>> clean("a\u2069b\nc")
    'a\\u2069b / c'
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text.replace("\n", " / ")
    )


def isolated(text: str, reader: Language) -> str:
    """Return text that is clean already, set apart where its direction could move its neighbours.

    >>> isolated("H-7", languages()[0]), len(isolated("H-7", languages()[2]))
    ('H-7', 5)
    """
    if reader.direction == "ltr" and not runs_from_right(text):
        return text
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"


def runs_from_right(text: str) -> bool:
    """Whether a text has letters or digits that are written from right to left."""
    return any(unicodedata.bidirectional(letter) in _FROM_RIGHT for letter in text)
