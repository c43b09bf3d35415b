"""The three families of errors: whose fault it is stands in the type.

Every fault says what, value, limit and repair in one line, and carries them as attributes.
Rule: inside, raise the fault that is true there; only the place that reads a peer's bytes turns an
`InputFault` into a `PeerFault`.
"""

from __future__ import annotations

_TEXT_CHARACTERS_MAX = 160


def printable(value: object) -> str:
    """Return `value` as one short printable line: escaped, no longer than a screen line."""
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
    if len(text) > _TEXT_CHARACTERS_MAX:
        text = f"{text[: _TEXT_CHARACTERS_MAX - 1]}…"
    return text


class Fault(Exception):  # noqa: N818  whose fault it is stands in front of the word
    """Something is wrong, with what, value, limit and repair.

    Args:
        what: the thing that is wrong, named as its owner knows it ("tracks.csv row 12 latitude").
        value: the value found; printed escaped and shortened.
        wanted: the limit or form that was wanted.
        repair: what to do about it.
    """

    def __init__(
        self, what: str, *, value: object = None, wanted: str = "", repair: str = ""
    ) -> None:
        self.what = what
        self.value = value
        self.wanted = wanted
        self.repair = repair
        super().__init__(self._line())

    def _line(self) -> str:
        line = printable(self.what)
        if self.value is not None:
            line += f" is {printable(self.value)}"
        if self.wanted:
            line += f", wanted {self.wanted}"
        if self.repair:
            line += f"; {self.repair}"
        return line


class OurFault(Fault):
    """A mistake of this program or of its host: a broken store, a missing key, a bug."""


class PeerFault(Fault):
    """Bytes or acts of another party that break the rules; never our own mistake."""


class InputFault(Fault):
    """Something a person or file gave us that cannot be used as it is."""


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """Return the known word most like `word`, or "" if none is close.

    >>> nearest("agreemant", ["agreement", "party"])
    'agreement'
    """
    import difflib

    found = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return found[0] if found else ""
