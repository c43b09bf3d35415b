"""One outside format per file: bytes or documents in, values out, and back. No sockets.

Any bytes give a parsed value or a fault of whoever sent them (`PeerFault`, `InputFault`), never
anything else.
"""
