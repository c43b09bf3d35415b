"""Sessions of browsers: each has shown a token, may look or act, and ends by itself.

Rules:
- A session is a random name in the browser's cookie; here only its SHA-256 is kept, in memory
  alone: all are gone when the node starts again.
- An observer's session looks and never acts. It stands only as long as the token that opened it.
- Each role has its own room: whoever opens sessions as an observer cannot push an operator out.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from parley.app.private_files import read_token
from parley.world.faults import InputFault

Role = Literal["operator", "observer"]
SESSION_S_MAX = 24 * 3600
"""A session ends so long after its token was shown: once a day somebody shows it again."""
IDLE_S_MAX = 2 * 3600
"""A browser that asked nothing for so long was left."""
SESSIONS_MAX = 64
"""Of each role; the one that was not used for longest makes room."""
OBSERVER_FILE = "observer-token"
_SECRET_BYTES = 32


def same_text(given: str, wanted: str) -> bool:
    """Whether two texts are the same, in a time that says nothing of where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


@dataclass(slots=True)
class BrowserSession:
    """A browser that has shown a token.

    Attributes:
        role: what it may do.
        opened_by: SHA-256 of the token that opened it.
        made_s: when, by the machine's own steady clock.
        used_s: when it asked something last.
        number: stands in its own forms and acts, and nobody else was told it.
    """

    role: Role
    opened_by: str
    made_s: float
    used_s: float
    number: str = field(default_factory=lambda: secrets.token_hex(_SECRET_BYTES))

    @property
    def ends_s(self) -> float:
        """When it ends, by the same clock, if it goes on being used."""
        return self.made_s + SESSION_S_MAX


class Sessions:
    """The sessions of one node's browsers.

    Args:
        steady_s: seconds of a clock that never goes back.
    """

    def __init__(self, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._steady_s = steady_s
        self._kept: OrderedDict[str, BrowserSession] = OrderedDict()

    def open(self, role: Role, token: str) -> str:
        """Return the name of a new session of whoever has shown a token."""
        now_s = self._steady_s()
        name = secrets.token_hex(_SECRET_BYTES)
        self._kept[_digest(name)] = BrowserSession(
            role=role, opened_by=_digest(token), made_s=now_s, used_s=now_s
        )
        same = [key for key, each in self._kept.items() if each.role == role]
        for key in same[: max(0, len(same) - SESSIONS_MAX)]:
            del self._kept[key]
        return name

    def find(self, name: str) -> BrowserSession | None:
        """Return a session that stands, which counts as its use; None: there is none."""
        key = _digest(name)
        found = self._kept.get(key)
        if found is None:
            return None
        now_s = self._steady_s()
        if now_s >= found.ends_s or now_s - found.used_s >= IDLE_S_MAX:
            del self._kept[key]
            return None
        found.used_s = now_s
        self._kept.move_to_end(key)
        return found

    def close(self, name: str) -> None:
        """End a session."""
        self._kept.pop(_digest(name), None)

    def left_s(self, session: BrowserSession) -> int:
        """Return how many seconds a session has left."""
        return max(0, round(session.ends_s - self._steady_s()))

    def count(self, role: Role) -> int:
        """Return how many sessions of a role are kept."""
        return sum(each.role == role for each in self._kept.values())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


class ObserverToken:
    """The token of those who may only look: read again whenever its file was changed.

    Gone, or another, and every session that the old one opened has ended.

    Args:
        path: of the file; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._token = ""

    def is_token(self, given: str) -> bool:
        """Whether this is the token that counts now."""
        token = self._now()
        return token != "" and same_text(given, token)

    def opened(self, session: BrowserSession) -> bool:
        """Whether the token that opened a session still counts."""
        token = self._now()
        return token != "" and same_text(session.opened_by, _digest(token))

    def _now(self) -> str:
        try:
            found = self._path.stat()
        except OSError:
            self._seen, self._token = None, ""
            return ""
        seen = (found.st_ctime_ns, found.st_ino, found.st_size)
        if seen != self._seen:
            try:
                self._token = read_token(self._path)
            except InputFault:
                # Half written, or readable by others: until it is whole nobody looks with it.
                self._token = ""
            self._seen = seen
        return self._token
