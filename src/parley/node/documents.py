"""Zones, boundaries and intents in the integer form of the log, and back.

Rule: a name's unit decides its form: `_deg` becomes `_e9` (1e-9 degrees), `_m` becomes `_mm`,
`_hpa` becomes `_pa100` (hundredths of a pascal). Any other float has no place in a log.
"""

from __future__ import annotations

import math
from typing import TypeVar

import msgspec

from parley.world.faults import InputFault

_FORMS = {"_deg": ("_e9", 10**9), "_m": ("_mm", 1000), "_hpa": ("_pa100", 10**4)}
_BACK = {"_e9": ("_deg", 10**9), "_mm": ("_m", 1000), "_pa100": ("_hpa", 10**4)}

T = TypeVar("T", bound=msgspec.Struct)


def document_of(record: msgspec.Struct) -> msgspec.Raw:
    """Return the integer form of a record as JSON bytes."""
    return msgspec.Raw(msgspec.json.encode(_integers(msgspec.to_builtins(record))))


def record_of(document: msgspec.Raw, kind: type[T]) -> T:
    """Return the record of an integer form.

    Raises:
        InputFault: it is not such a record, or its invariants do not hold.
    """
    try:
        return msgspec.convert(_floats(msgspec.json.decode(document)), kind)
    except msgspec.ValidationError as error:
        raise InputFault(kind.__name__.lower(), value=str(error), wanted="its fields") from None
    except (msgspec.DecodeError, RecursionError):
        raise InputFault(kind.__name__.lower(), value="not readable", wanted="JSON") from None


def _integers(value: object) -> object:
    if isinstance(value, dict):
        return dict(_integer_item(str(key), inner) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return [_integers(inner) for inner in value]
    if isinstance(value, float):
        raise InputFault("number", value=value, wanted="a name with its unit")
    return value


def _integer_item(key: str, value: object) -> tuple[str, object]:
    if not isinstance(value, float):
        form = next((f for suffix, (f, _) in _FORMS.items() if key.endswith(suffix)), None)
        if value is None and form is not None:
            return _renamed(key, form), None
        return key, _integers(value)
    for suffix, (form, factor) in _FORMS.items():
        if key.endswith(suffix) and math.isfinite(value):
            return _renamed(key, form), round(value * factor)
    raise InputFault(key, value=value, wanted="a finite number in degrees, metres or hectopascals")


def _renamed(key: str, form: str) -> str:
    return key[: key.rindex("_")] + form


def _floats(value: object) -> object:
    if isinstance(value, dict):
        return dict(_float_item(str(key), inner) for key, inner in value.items())
    if isinstance(value, list):
        return [_floats(inner) for inner in value]
    return value


def _float_item(key: str, value: object) -> tuple[str, object]:
    for suffix, (form, factor) in _BACK.items():
        if key.endswith(suffix):
            if value is None:
                return _renamed(key, form), None
            if isinstance(value, int) and not isinstance(value, bool):
                return _renamed(key, form), value / factor
    return key, _floats(value)
