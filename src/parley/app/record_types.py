"""Every record's type is read once, before a second thread could read it too.

msgspec reads a type's fields when it decodes it for the first time. A second thread that decodes
the same type meanwhile meets half of it, and the process dies of SIGSEGV (seen with 0.22.0;
`tests/app/test_record_types.py` shows it). Whoever is about to start a thread calls this first.
"""

from __future__ import annotations

import threading
from contextlib import suppress

import msgspec

_turn = threading.Lock()
_read: set[type] = set()


def read_record_types() -> int:
    """Return how many types were read now: all records of Parley that are imported and were not.

    A type that holds what JSON cannot carry is left out: nobody decodes it.
    """
    with _turn:
        before = len(_read)
        waiting: list[type] = [msgspec.Struct]
        while waiting:
            kinds: list[type] = waiting.pop().__subclasses__()
            waiting += kinds
            for kind in kinds:
                if kind.__module__.partition(".")[0] == "parley" and kind not in _read:
                    with suppress(TypeError):
                        msgspec.json.Decoder(kind)
                    _read.add(kind)
        return len(_read) - before
