"""What an act led to, and entries as they are told: records that the command line reads as well.

They lean on nothing: a command that says one thing to a running node is no node itself.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that this node wrote, in short."""

    at_us: int
    type: str
    by: str
    to: tuple[str, ...]
    key: tuple[str, int]
    text: str


class ActDone(msgspec.Struct, frozen=True, kw_only=True):
    """What an act led to: the key of its entry (None: nothing was to be written), and all that was.

    `written` also holds what the node itself wrote at once.
    """

    key: tuple[str, int] | None
    written: tuple[Written, ...]


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry: its place, its leaf hash (hex), its exact text, and its payload where it is sealed.

    SHA-256 over `parley/commit/v1`, the salt (hex) and the payload is the commitment in the text.
    `reading` says why there is no payload: "guarded" until somebody here has opened it, "sealed"
    where it is not held here.
    """

    index: int
    leaf: str
    text: str
    reading: Literal["plain", "guarded", "sealed"] = "plain"
    salt: str | None = None
    payload: str | None = None
