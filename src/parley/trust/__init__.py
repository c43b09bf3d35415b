"""What the other side must be able to believe: bytes in, bytes out.

RFC 6962 tree, C2SP signed notes, checkpoints and cosignatures, proofs, keys. Nothing here draws
randomness or reads a clock: keys and times come as arguments. `verify_*` raises, it never returns
a bool.
"""
