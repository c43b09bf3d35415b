"""Exact entry bytes: what a party signs is these bytes, so no canonical form is ever needed.

An entry is one JSON object in UTF-8 with integers only, read strictly: no key twice, no fraction or
exponent, no NaN, no lone surrogate, no integer that another reader rounds, bounded depth and size.
Two readers then cannot see different things in the same bytes. What the keys mean is `node`'s
business.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import NoReturn

import msgspec

from parley.world.faults import InputFault
from parley.world.limits import ENTRY_BYTES_MAX

JSON_DEPTH_MAX = 32
"""Objects and lists inside each other; our deepest entry type needs eight."""
INTEGER_MAX = 9_007_199_254_740_991
"""2^53 - 1: every JSON reader holds it exactly (RFC 8259, section 6); 2100 in us is less."""


_MAYBE_TOO_LARGE = re.compile(rb"9\d{15}|\d{17}")
"""Digits that an integer beyond 2^53 has; a text may have them too, and is then read slowly."""


def _refuse_fraction(text: str) -> NoReturn:
    raise ValueError(text)


_quick_decoder = msgspec.json.Decoder(float_hook=_refuse_fraction)
_quick_encoder = msgspec.json.Encoder()


class _Fraction(str):
    """The text of a number that is not an integer, kept until its key is known."""

    __slots__ = ()


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of the bytes as 64 hexadecimal characters.

    >>> sha256_hex(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(data).hexdigest()


def check_entry_bytes(data: bytes, bytes_max: int = ENTRY_BYTES_MAX) -> None:
    """Return nothing if the bytes can be an entry, or a payload, of that length at most.

    Raises:
        InputFault: the first thing that is wrong, naming the key where there is one.
    """
    read_entry_object(data, bytes_max)


def read_entry_object(data: bytes, bytes_max: int = ENTRY_BYTES_MAX) -> dict[str, object]:
    """Return the JSON object of an entry, after every check of `check_entry_bytes`.

    >>> read_entry_object(b'{"type":"line.test","nonce":7}')
    {'type': 'line.test', 'nonce': 7}

    Raises:
        InputFault: the first thing that is wrong, naming the key where there is one.
    """
    if len(data) > bytes_max:
        raise InputFault(
            "entry",
            value=f"{len(data)} bytes",
            wanted=f"at most {bytes_max}",
            repair="put large matter in by its digest",
        )
    quick = _read_quickly(data)
    if quick is not None:
        return quick
    try:
        found = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_Fraction,
            parse_constant=_Fraction,
        )
    except UnicodeDecodeError as fault:
        raise InputFault("entry", value=f"bad byte at {fault.start}", wanted="UTF-8") from None
    except RecursionError:
        _refuse_depth()
    except ValueError as fault:
        raise InputFault("entry", value=str(fault), wanted="one strict JSON object") from None
    if not isinstance(found, dict):
        raise InputFault("entry", value=type(found).__name__, wanted="one JSON object")
    # Brackets inside texts count too, so this is never too small: most entries need no walk.
    if data.count(b"{") + data.count(b"[") > JSON_DEPTH_MAX and _depth(found) > JSON_DEPTH_MAX:
        _refuse_depth()
    return found


def _read_quickly(data: bytes) -> dict[str, object] | None:
    """Return the object if these are the bytes that our own writers would write, else None.

    What is read and written again to the same bytes has every key once, no escape that could be
    written otherwise, no blank: it means one thing. Ten times as quick as the strict reading, which
    says what is wrong; a restart reads every entry.
    """
    if _MAYBE_TOO_LARGE.search(data) or data.count(b"{") + data.count(b"[") > JSON_DEPTH_MAX:
        return None
    try:
        found = _quick_decoder.decode(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or _quick_encoder.encode(found) != data:
        return None
    return found


def _refuse_depth() -> NoReturn:
    raise InputFault("entry depth", wanted=f"at most {JSON_DEPTH_MAX} objects and lists nested")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InputFault(f"entry key {twice}", value="there twice", wanted="every key once")
    for key, value in pairs:
        if not key.isascii():
            _check_text(key, key)
        _check_value(key, value)
    return found


def _check_value(key: str, value: object) -> None:
    """Check what is not an object; objects were checked when they were read."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, _Fraction):
            raise InputFault(
                f"entry key {key}",
                value=str(item),
                wanted="an integer",
                repair="write microseconds, millimetres or 1e-9 degrees",
            )
        if isinstance(item, str):
            if not item.isascii():
                _check_text(key, item)
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, int) and not -INTEGER_MAX <= item <= INTEGER_MAX:
            raise InputFault(
                f"entry key {key}", value=item, wanted=f"-{INTEGER_MAX} to {INTEGER_MAX}"
            )


def _check_text(key: str, text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputFault(
            f"entry key {key}", value="a lone surrogate", wanted="Unicode text"
        ) from None


def _depth(top: object) -> int:
    deepest = 0
    stack: list[tuple[object, int]] = [(top, 1)]
    while stack:
        item, level = stack.pop()
        if isinstance(item, dict):
            deepest = max(deepest, level)
            stack.extend((value, level + 1) for value in item.values())
        elif isinstance(item, list):
            deepest = max(deepest, level)
            stack.extend((value, level + 1) for value in item)
    return deepest
