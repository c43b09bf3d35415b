"""Every limit of the system, named, each with its reason."""

from __future__ import annotations

ENTRY_BYTES_MAX = 60_000
"""C2SP tlog-tiles entries carry a 16-bit length (65,535); larger things go in by digest."""
PAYLOAD_BYTES_MAX = 1_000_000
"""A sealed payload, for which a digest of 64 characters stands in the entry: an intent of 10,000
vertices is a third of it. It is stored, mirrored and destroyed beside its entry."""
BATCH_ENTRIES_MAX = 256
"""One package of tlog-mirror; every batch ends at a signed checkpoint."""
FRAME_BYTES_MAX = 33_554_432
"""A peer frame: one full batch of full entries with their openings (30.8 MB); a longer prefix is
refused unread."""
TEXT_CHARACTERS_MAX = 4_000
"""One message: what a person can read back; longer matter is a document."""
NAME_CHARACTERS_MAX = 64
"""Identifiers of parties, posts, lines, zones: they stand in file names, URLs and log origins."""
ADDRESSEES_MAX = 100
"""Of one entry, from rules version 3 on: whoever shows it says for each how far it got."""
VERTICES_MAX = 10_000
"""Vertices of one polygon or line: a whole national border at 1:10m is below."""
NOTE_BYTES_MAX = 1_000_000
"""A signed note; C2SP requires accepting 16 signatures, far below."""
NOTE_SIGNATURES_MAX = 64
"""Signature lines read from one note; a note with more is refused."""
INPUTS_QUEUED_MAX = 10_000
"""Inputs waiting in a node; beyond it feeds are refused with a count, messages never."""
TRACK_REPORTS_KEPT_MAX = 64
"""Reports of one aircraft held in the live picture; the recording holds them all."""
TRACKS_MAX = 20_000
"""Aircraft in one live picture; four times the European peak."""
REFUSED_KEPT_MAX = 100
"""Refused heads kept of one log: two already prove a fork, and a peer must not fill the disk."""
PEER_ENTRIES_AHEAD_S = 120
"""A peer's entry dated further ahead of our clock than this is kept, and marked future-dated."""
UNITS_PER_NOTICE_MAX = 256
"""Units of one party that one notice is followed to; beyond it nobody reads the list."""
UNIT_TOKENS_MAX = 1_000
"""Tokens of units that one node keeps; each is compared with what is shown at the door."""
INTENT_TESTS_MAX = 20_000
"""Exact comparisons of volumes for one intent: some ten seconds. More is refused, not cut short."""
INTENT_TESTS_PER_STEP_MAX = 500
"""Of those that time alone makes due in one step: messages never wait longer behind them."""
INTENTS_SHOWN_MAX = 1_000
"""Intents in one answer; it counts all of them, and the next ones are asked for."""
INTENTS_READ_MAX = 20_000
"""Intents kept as read; the others are read again from the log when they are asked for."""
