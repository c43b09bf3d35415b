"""Kernels: arrays in, arrays out.

`encounters` (recorded tracks, continuous time), `crossing` (boundaries and zones), `prediction`
(live, straight on from now), `strategic` (volumes against volumes); `legs` and `states` are their
columns. Every kernel has a slow plain twin (`*_plain`) or an outside oracle in the tests. numba
lives only here and is imported lazily, so that nothing else pays for it.
"""
