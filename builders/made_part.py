"""Replaces the made part of a page whose other text is written by hand."""

from __future__ import annotations

from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
END = "<!-- end of what is made -->"


def with_made_part(page: str, begin: str, made: str) -> dict[str, str]:
    """Return the page with the text between the line `begin` and the next `END` made new.

    Raises:
        ValueError: the page lacks one of the two lines.
    """
    text = (TOP / page).read_text("utf-8")
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"{page} lacks the lines {begin!r} and {END!r}")
    return {page: f"{before}{begin}\n{made}\n{END}{after}"}
