"""Tokens of units: one token is one unit, may say that this unit has a notice, and nothing else.

Rules:
- A token is drawn here, told once, and kept as its SHA-256 alone, in a file beside the node's own.
- It is read aloud and typed into a telephone: 125 bits in Crockford's base 32, in groups of five.
  Case, hyphens and the letters that look like digits do not matter.
- Revoked, it is gone with every session that it opened; a unit has one token or none.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from parley.app.private_files import read_private, write_private
from parley.world.agreement import check_post
from parley.world.faults import InputFault, nearest
from parley.world.limits import UNIT_TOKENS_MAX

FILE_NAME = "unit-tokens"
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BITS = 125
_GROUP_CHARACTERS = 5
_FILE_BYTES_MAX = 1_000_000
_SESSIONS_MAX = 4_000


class KeptToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unit's token as it is kept: never the token, only what shows that one is it."""

    unit: str
    sha256: str
    made_us: int


class TokenShown(msgspec.Struct, frozen=True, kw_only=True):
    """That a unit has a token, since when, and how many of its sessions stand."""

    unit: str
    made_us: int
    sessions: int


def plain_token(given: str) -> str:
    """Return a token as it is compared, however somebody typed it.

    >>> plain_token(" k7qf-o1li ")
    'K7QF0111'
    """
    text = "".join(c for c in given.upper() if c.isalnum())
    return text.translate(str.maketrans("OIL", "011"))


def _digest(token: str) -> str:
    return hashlib.sha256(plain_token(token).encode("utf-8", "replace")).hexdigest()


def _draw() -> str:
    number = secrets.randbits(_BITS)
    letters = [_LETTERS[number >> shift & 31] for shift in range(0, _BITS, 5)]
    groups = range(0, len(letters), _GROUP_CHARACTERS)
    return "-".join("".join(letters[at : at + _GROUP_CHARACTERS]) for at in groups)


@dataclass(frozen=True, slots=True)
class UnitSession:
    """A browser that has shown a unit's token; `number` stands in its own forms."""

    unit: str
    sha256: str
    number: str

    def is_own(self, number: str) -> bool:
        """Whether a form is one of this session's own."""
        return hmac.compare_digest(number.encode("utf-8", "replace"), self.number.encode())


@dataclass(slots=True)
class UnitTokens:
    """The tokens of one node's units, and the sessions that have shown one.

    Args:
        path: of the file; it need not be there yet.

    Raises:
        InputFault: the file is damaged, or readable by others.
    """

    path: Path
    _kept: dict[str, KeptToken] = field(default_factory=dict)
    _sessions: OrderedDict[str, UnitSession] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        if self.path.exists():
            self._kept = {each.unit: each for each in self._read()}

    def _read(self) -> tuple[KeptToken, ...]:
        text = read_private(self.path, f"file {self.path}", bytes_max=_FILE_BYTES_MAX)
        try:
            return msgspec.json.decode(text, type=tuple[KeptToken, ...])
        except msgspec.MsgspecError:
            repair = "move it away: every unit then needs a new token"
            raise InputFault(
                f"file {self.path}", value="damaged", wanted="tokens of units", repair=repair
            ) from None

    # ---- making and revoking --------------------------------------------------------------------

    def make(self, unit: str, known: tuple[str, ...], now_us: int) -> str:
        """Return a new token of a unit; nobody is told it again.

        Args:
            unit: whose.
            known: the units that an agreement names for this party.
            now_us: the time.

        Raises:
            InputFault: not one of them, or it has a token already.
        """
        check_post(unit, "unit")
        if unit not in known:
            close = nearest(unit, list(known))
            raise InputFault(
                "unit",
                value=unit,
                wanted=f"one that an agreement names for us: {', '.join(known) or 'none'}",
                repair=f"did you mean {close!r}?" if close else "name it in the agreement first",
            )
        if unit in self._kept:
            repair = f"parley unit revoke {unit!r} first: the old one then counts no more"
            raise InputFault("unit", value=unit, wanted="one without a token", repair=repair)
        if len(self._kept) >= UNIT_TOKENS_MAX:
            wanted = f"{UNIT_TOKENS_MAX} at most"
            raise InputFault("unit tokens", value=len(self._kept), wanted=wanted)
        token = _draw()
        kept = KeptToken(unit=unit, sha256=_digest(token), made_us=now_us)
        self._write({**self._kept, unit: kept})
        return token

    def revoke(self, unit: str) -> None:
        """Let a unit's token count no more, from now on, and end what it opened.

        Raises:
            InputFault: it has none, or the file cannot be written.
        """
        if unit not in self._kept:
            wanted = f"one of {', '.join(sorted(self._kept)) or 'none: no unit has a token'}"
            raise InputFault("unit", value=unit, wanted=wanted)
        self._write({name: each for name, each in self._kept.items() if name != unit})
        for name in [name for name, each in self._sessions.items() if each.unit == unit]:
            del self._sessions[name]

    def _write(self, kept: dict[str, KeptToken]) -> None:
        data = msgspec.json.encode([kept[unit] for unit in sorted(kept)])
        write_private(self.path, data)
        self._kept = kept

    def shown(self) -> tuple[TokenShown, ...]:
        """Return which units have a token."""
        return tuple(
            TokenShown(
                unit=unit,
                made_us=each.made_us,
                sessions=sum(one.unit == unit for one in self._sessions.values()),
            )
            for unit, each in sorted(self._kept.items())
        )

    # ---- who comes in ---------------------------------------------------------------------------

    def unit_of(self, token: str) -> str | None:
        """Return whose token this is; None: nobody's."""
        digest = _digest(token)
        found = None
        for each in self._kept.values():
            # All of them: how long it takes says nothing of which one was nearly right.
            if hmac.compare_digest(each.sha256, digest):
                found = each.unit
        return found

    def sign_in(self, token: str) -> str | None:
        """Return the name of a new session of whose token this is; None: nobody's."""
        unit = self.unit_of(token)
        if unit is None:
            return None
        name = secrets.token_hex(32)
        self._sessions[name] = UnitSession(
            unit=unit, sha256=self._kept[unit].sha256, number=secrets.token_hex(32)
        )
        while len(self._sessions) > _SESSIONS_MAX:
            self._sessions.popitem(last=False)
        return name

    def session(self, name: str) -> UnitSession | None:
        """Return a session that stands: its token counts still."""
        found = self._sessions.get(name)
        kept = self._kept.get(found.unit) if found is not None else None
        return found if found is not None and kept and kept.sha256 == found.sha256 else None

    def sign_out(self, name: str) -> None:
        """End a session."""
        self._sessions.pop(name, None)
