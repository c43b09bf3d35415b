"""Parley: airspace deconfliction between parties who do not trust each other.

Eight rooms, imports go down only (docs/rooms.md)::

    app                     the only room with a clock, sockets, threads, randomness, exit codes
    wire | store | review   three neighbours that may not import each other
    node                    one party's mind: entries, fold, step
    detect | trust          two neighbours: arrays in, arrays out; bytes in, bytes out
    world                   nouns and arithmetic
"""

__version__ = "0.1.0"
