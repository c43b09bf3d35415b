"""The zip of an evidence pack: stored members, one form, the same bytes on every machine.

Written here and not by zipfile, whose bytes change with Python releases. Only places are read:
checksums and the directory are compared by whoever writes the members again (`pack.check_form`).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

from parley.world.faults import PeerFault

# PKWARE APPNOTE 4.3.7, 4.3.12, 4.3.16: version 2.0, UTF-8 names, stored, 1980-01-01, no extras.
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_VERSION, _FLAGS, _STORED, _TIME, _DATE = 20, 0x0800, 0, 0, 0x0021


def zip_pieces(members: Sequence[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield the pieces of a zip of these members (name, content), one after the other."""
    central: list[bytes] = []
    at = 0
    for text, data in members:
        name = text.encode()
        form = (_VERSION, _FLAGS, _STORED, _TIME, _DATE, zlib.crc32(data), len(data), len(data))
        local = _LOCAL.pack(b"PK\x03\x04", *form, len(name), 0) + name
        yield local
        yield data
        central.append(
            _CENTRAL.pack(b"PK\x01\x02", _VERSION, *form, len(name), 0, 0, 0, 0, 0, at) + name
        )
        at += len(local) + len(data)
    directory = b"".join(central)
    yield directory
    yield _END.pack(b"PK\x05\x06", 0, 0, len(members), len(members), len(directory), at, 0)


def zip_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the members of a zip of stored members, one after the other from the start.

    Raises:
        PeerFault: a member is cut off.
    """
    at = 0
    while data[at : at + 4] == b"PK\x03\x04" and len(data) >= at + _LOCAL.size:
        fields = _LOCAL.unpack_from(data, at)
        size, name_bytes, extra_bytes = fields[8], fields[9], fields[10]
        start = at + _LOCAL.size + name_bytes + extra_bytes
        name = data[at + _LOCAL.size : at + _LOCAL.size + name_bytes].decode("ascii", "replace")
        if start + size > len(data):
            raise PeerFault("pack", value=f"{name} is cut off", wanted="a whole file")
        yield name, data[start : start + size]
        at = start + size
