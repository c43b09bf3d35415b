// The text that stands as VERIFY.md in every pack; part of the format, so it never changes.

import { type Bytes, utf8 } from "./bytes";

/** VERIFY.md of `parley-pack/2`, as src/parley/review/pack_guide.py has it. */
export const GUIDE: Bytes = utf8(`# How to verify this pack without Parley

This is a record of one or more append-only logs, handed over by one of their parties. It can be
checked with public keys alone, offline, with any tools for C2SP signed notes and RFC 6962 trees
(c2sp.org: signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy, tlog-proof). Nobody needs to
be believed but the keys. Ask their owners for them: those in here prove nothing about who made the
pack.

\`MANIFEST.json\` lists what is here. For log N:

- \`logs/N/policy\`: the keys of the log, the keys of its witnesses, and how many of them must cosign.
- \`logs/N/head.SIZE\`: a signed head: origin, number of entries, root; then the log's signature and
  the witnesses' cosignatures, each with its time.
- \`logs/N/entries.START-END\`: the exact bytes of entries START to END - 1, each behind its length in
  two bytes, the higher first.
- \`logs/N/leaves.START-END\`: SHA-256(0x00 || entry) of each.
- \`logs/N/range.START-END\`: hashes of the largest subtrees outside START-END, from left to right;
  with the leaves they give the root of the head that the manifest names. None where the range is a
  whole log.
- \`logs/N/consistency.OLD-NEW\`: that the larger head only added to the smaller.
- \`logs/N/proof.INDEX\`: one entry's own proof, to be handed on alone.
- \`logs/N/openings\`: payloads that are shown: index in 8 bytes, length in 4, then a salt of 32 bytes
  and the payload. SHA-256("parley/commit/v1" || salt || payload) must be the entry's "commit". An
  entry with a "commit" and no opening is sealed, not missing.
- \`logs/N/receipts\`: what peers signed for single entries: index in 8 bytes, length of the name in
  2, the peer's name, time in 8 (microseconds UTC), 64 bytes of Ed25519 by the peer's link key over
  the lines "parley/receipt/v1", "holder NAME", "log ORIGIN", "index INDEX", "leaf HEX", "at TIME".
- \`refused/K\`: heads that somebody was shown and refused. Two heads of one log and size with
  different roots, both signed by its key, prove that it was forked.

Check, in this order: 1 the keys, against those you have from their owners; 2 the signature of each
head; 3 that the newest head of each log has the cosignatures its policy asks for; 4 that entries
and hashes give the root of the head, and that heads agree with each other; 5 the openings; 6 that
what the manifest states is in the entries it cites; 7 the receipts. With Parley: \`parley verify
PACK --key KEY\`.

A record that is intact is what was signed. That does not make it true.
`);
