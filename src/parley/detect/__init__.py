"""Kernels: arrays in, arrays out. Encounters, crossings, presence.

Every kernel has a slow plain twin (`*_plain`) which is its oracle in the tests. numba lives only
here and is imported lazily, so that nothing else pays for it.
"""
