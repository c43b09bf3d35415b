"""Agreement documents as files: read whole or refused, and what is adopted of them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from parley.wire.agreement_text import BYTES_MAX, GEOJSON_BYTES_MAX, read_agreement
from parley.world.agreement import Agreement, pinned
from parley.world.agreement_checks import faults_of
from parley.world.agreement_document import Read, canonical_document
from parley.world.faults import InputFault
from parley.world.time import US_MIN


def read_file_bytes(path: Path, bytes_max: int, what: str = "") -> bytes:
    """Return the bytes of a file; `what` names it in a fault, else its path does.

    Raises:
        InputFault: it cannot be read, or is too long.
    """
    try:
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as error:
        raise InputFault(
            what or f"{path}",
            value=error.strerror,
            wanted="a readable file",
            repair="check its name",
        ) from None
    if len(data) > bytes_max:
        wanted, repair = f"at most {bytes_max} bytes", "shorten it"
        raise InputFault(what or f"{path}", value="longer", wanted=wanted, repair=repair)
    return data


def read_agreement_file(path: Path) -> Read:
    """Return the agreement of a TOML, YAML or JSON file, or every fault of it.

    A JSON file without `format` is an adopted document: canonical, in SI units.
    """
    try:
        data = read_file_bytes(path, BYTES_MAX)
        if not is_with_units(path, data):
            return Read(agreement=_adopted(data, path), faults=())
    except InputFault as fault:
        return Read(agreement=None, faults=(fault,))
    return read_agreement(
        data, str(path), beside=lambda n: read_file_bytes(path.parent / n, GEOJSON_BYTES_MAX, n)
    )


class _Format(msgspec.Struct):
    format: object = None


def is_with_units(path: Path, data: bytes) -> bool:
    """Whether a file is a document with units; else it is an adopted one: JSON in SI units."""
    if path.suffix in (".toml", ".yaml", ".yml"):
        return True
    try:
        return msgspec.json.decode(data, type=_Format).format is not None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def _adopted(data: bytes, path: Path) -> Agreement:
    try:
        return pinned(msgspec.json.decode(data, type=Agreement), data)
    except InputFault as fault:
        raise InputFault(
            f"{path}: {fault.what}", value=fault.value, wanted=fault.wanted, repair=fault.repair
        ) from None
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InputFault(
            f"{path}", value=str(error), wanted="an agreement in SI units, or one with format",
            repair='a document with units begins with "format": "parley-agreement/1"',
        ) from None  # fmt: skip


def read_clean(data: bytes, name: str) -> Agreement:
    """Return the agreement of a document of ours, all that it names in it.

    Raises:
        InputFault: the first fault of it.
    """
    return usable(read_agreement(data, name), name)


def usable(read: Read, name: str) -> Agreement:
    """Return the agreement that was read, if a node can work with it; its dates are not judged.

    Raises:
        InputFault: the first fault, and how many more there are.
    """
    faults = read.faults
    if read.agreement is not None:
        adopted = canonical_document(read.agreement)
        faults = faults_of(read.agreement, US_MIN, adopted)
        if not faults:
            return read.agreement
    first, more = faults[0], f"; {len(faults) - 1} more faults" if len(faults) > 1 else ""
    what = first.what if name in first.what else f"{name}: {first.what}"
    repair = f"{first.repair}{more}: parley agreement check {name}" if more else first.repair
    raise InputFault(what, value=first.value, wanted=first.wanted, repair=repair)
