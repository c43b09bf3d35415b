"""Words for lines, zones, areas, rings and corridors: a text that mixes them is asked about.

A hotline was called "the deconfliction zone" in print (ROWS S8). A line of communication, a line on
the map, a zone, an area, a ring and a corridor are different types; which one was meant is never
guessed. Read are English and Russian; in another language nothing is found, and nothing is said.

What does not live here: answering the questions. A person does, or they stay open.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Literal

import msgspec

Term = Literal["line of communication", "boundary", "zone", "area", "ring", "corridor"]
_SPACES: tuple[Term, ...] = ("zone", "area", "ring", "corridor")


class TermQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question to whoever imports a text: which of these did it mean?

    `words`: the word in question as written; `beside`: what does not go with it; `meant`: the types
    it may stand for.
    """

    words: str
    beside: str
    meant: tuple[Term, ...]

    @property
    def text(self) -> str:
        """The question in one line."""
        return f"{self.words!r} beside {self.beside!r}: which is meant, {' or '.join(self.meant)}?"


_EN_LINK = (
    r"hot[ -]?lines?|(?:tele)?phone lines?|"
    r"(?:communication|de-?confliction) (?:line|channel|link)s?"
)
_RU_LINK = r"(?:горяч\w+|телефонн\w+) лини\w+|лини\w+ связи|канал\w* связи"
_WORDS: dict[Term, re.Pattern[str]] = {
    "line of communication": re.compile(rf"\b(?:{_EN_LINK}|{_RU_LINK})\b", re.IGNORECASE),
    "zone": re.compile(
        r"\b(?:de-?confliction )?zones?\b|\bзон(?:а|ы|е|у|ой|ам|ами|ах)?(?: деконфликтации)?\b",
        re.IGNORECASE,
    ),
    "area": re.compile(r"\b(?:de-?confliction )?areas?\b|\bрайон\w{0,3}\b", re.IGNORECASE),
    "ring": re.compile(r"\brings?\b(?! up)|\bкольц\w{1,3}\b", re.IGNORECASE),
    "corridor": re.compile(r"\bcorridors?\b|\bкоридор\w{0,3}\b", re.IGNORECASE),
}
_ANY_LINE = re.compile(r"\blines?\b|\bлини(?:я|и|ю|ей|й|ям|ями|ях)\b", re.IGNORECASE)
_SPEAKING = re.compile(
    r"\b(?:telephon\w+|phon(?:e|ed|es|ing)|hung up|hang(?:s|ing)? up|picked up|dial\w*|"
    r"switched (?:off|on|back on)|turned (?:off|on|back on)|disconnect\w*|reconnect\w*|"
    r"rang|ringing|(?:calls?|called|talk\w*|spoke|speak\w*|messages?|contacted|warned) "
    r"(?:\w+ ){0,3}?(?:on|over|through|via|by)|"
    r"went (?:dead|unanswered)|unanswered|not answered|used to (?:call|talk|communicate|warn)|"
    r"звон\w+|телефон\w*|отключ\w+|выключ\w+|включ(?:ил|ен|ён)\w*|"
    r"связыва\w+|связал\w+|переговор\w*|не отвеча\w+)\b",
    re.IGNORECASE,
)
"""What is done with a telephone, never with a piece of sky or ground."""
_MAPPED = re.compile(
    r"\b(?:(?:north|south|east|west|inside|outside|within|across|along|km|kilomet(?:re|er)s|miles) "
    r"(?:of |from |the )*|cross(?:ed|es|ing)? |enter(?:ed|s|ing)? |"
    r"fl(?:ew|ies|ying) (?:over|into) |"
    r"(?:север|юж|восточ|запад)нее |внутри |вдоль |пересек\w* |пересёк\w* |вошл?\w* в |"
    r"километр\w* от )(?:the |an? )?$",
    re.IGNORECASE,
)
"""What stands before a thing on the map."""
_PLACED = re.compile(
    r"\b(?:in|inside|into|within|over|outside|enter\w*|left|leav\w+|cross\w*|near|"
    r"в|внутри|над|около) (?:[\w-]+ ){0,2}$",
    re.IGNORECASE,
)
"""What stands before a thing in which, and not by which, something was done."""
_SAME = re.compile(
    r"\s*(?:\(|/|, ?(?:i\.e\.|that is|то есть)|\bor\b|\bили\b|=)\s*(?:the |an? )?\Z", re.I
)
_CLAUSE = re.compile(r"[.;!?]\s+|[;\n]")
_NEAR_CHARACTERS = 60


def check_terms(text: str, *, about: str = "") -> list[TermQuery]:
    """Return what must be asked about a text before it is taken for one thing or another.

    Args:
        text: as written, English or Russian.
        about: the name of the object that it speaks of: a name that says line while the text says
            area, or the other way round, is a question too.

    >>> [query.meant for query in check_terms("The deconfliction zone was switched off.")]
    [('line of communication', 'zone')]
    >>> check_terms("The hotline was switched off; two aircraft entered the zone.")
    []
    """
    found: list[TermQuery] = []
    for clause in _CLAUSE.split(text):
        found += _spoken_through(clause)
        found += _drawn(clause)
        found += _renamed(clause)
    asked = {query.words for query in found}
    found += [query for query in _named_otherwise(text, about) if query.words not in asked]
    return list(dict.fromkeys(found))


def _terms(clause: str) -> Iterator[tuple[Term, re.Match[str]]]:
    for term, pattern in _WORDS.items():
        yield from ((term, match) for match in pattern.finditer(clause))


def _spoken_through(clause: str) -> Iterator[TermQuery]:
    """Yield spaces that a telephone's verbs are used of, with no line there to bear them."""
    if _WORDS["line of communication"].search(clause) or _ANY_LINE.search(clause):
        return
    for term, match in _terms(clause):
        if term not in _SPACES or _PLACED.search(clause[: match.start()]):
            continue
        for verb in _SPEAKING.finditer(clause):
            gap = max(verb.start() - match.end(), match.start() - verb.end())
            if gap <= _NEAR_CHARACTERS:
                yield TermQuery(
                    words=match[0], beside=verb[0], meant=("line of communication", term)
                )
                break


def _drawn(clause: str) -> Iterator[TermQuery]:
    """Yield lines of communication that are spoken of as if they lay on the map."""
    for match in _WORDS["line of communication"].finditer(clause):
        before = _MAPPED.search(clause[: match.start()])
        if before is not None:
            yield TermQuery(
                words=match[0],
                beside=before[0].strip(),
                meant=("line of communication", "boundary"),
            )


def _renamed(clause: str) -> Iterator[TermQuery]:
    """Yield two types given as names of one thing: "the zone (line)", "area or ring"."""
    named = sorted(_terms(clause), key=lambda pair: pair[1].start())
    lines = [m for m in _ANY_LINE.finditer(clause) if not _covered(m, named)]
    every: list[tuple[tuple[Term, ...], re.Match[str]]] = [((t,), m) for t, m in named]
    every += [(("line of communication", "boundary"), m) for m in lines]
    every.sort(key=lambda pair: pair[1].start())
    for (one, first), (other, second) in itertools.pairwise(every):
        if one != other and _SAME.match(clause[first.end() : second.start()]):
            yield TermQuery(words=first[0], beside=second[0], meant=(*one, *other))


def _covered(match: re.Match[str], named: list[tuple[Term, re.Match[str]]]) -> bool:
    return any(m.start() <= match.start() and match.end() <= m.end() for _, m in named)


def _named_otherwise(text: str, about: str) -> Iterator[TermQuery]:
    """Yield what a text calls a space though the object's own name says line, or the reverse."""
    parts = re.split(r"[^A-Za-z]+", about.casefold())
    if "line" in parts:
        spaces = [(t, m) for t, m in _terms(text) if t in _SPACES]
        if spaces and not _ANY_LINE.search(text):
            term, match = max(spaces, key=lambda pair: pair[1].start())
            meant: tuple[Term, ...] = ("line of communication", "boundary", term)
            yield TermQuery(words=match[0], beside=about, meant=meant)
        return
    link = _WORDS["line of communication"].search(text)
    for space in _SPACES:
        if space in parts and link is not None:
            yield TermQuery(words=link[0], beside=about, meant=("line of communication", space))
