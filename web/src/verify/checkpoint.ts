// A log's signed head: C2SP tlog-checkpoint in a C2SP signed-note.

import { type Bytes, fromBase64, HASH_BYTES, isPrintable, same } from "./bytes";
import type { SignatureCheck } from "./ed25519";
import { broken } from "./fault";
import { named, type VerifierKey } from "./keys";
import { EMPTY_ROOT } from "./merkle";
import { type Note, parseNote, verifyNote } from "./note";

/** The head of a log: its origin, how many entries, and the root over them. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

/** Returns a decimal without leading zeros as a number that is exact in JavaScript. */
export function parseSize(text: string): number {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(text)) broken("no decimal without leading zeros");
  const size = Number(text);
  return Number.isSafeInteger(size) ? size : broken(`a size of ${text}, more than is read here`);
}

/** Returns the checkpoint of a note text (C2SP tlog-checkpoint), not verified. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = "", size = "", root = "", ...rest] = text.split("\n");
  if (rest.length === 0 || rest.pop() !== "") broken("no origin, size and root");
  if (origin === "" || !isPrintable(origin)) broken("a checkpoint without an origin");
  const found = { origin, size: parseSize(size), root: fromBase64(root) };
  if (found.root.length !== HASH_BYTES) broken("a checkpoint whose root is no hash");
  if (found.size === 0 && !same(found.root, EMPTY_ROOT)) broken("another root than the empty one");
  if (rest.includes("")) broken("an empty line in a checkpoint");
  return found;
}

/** Returns the checkpoint of a note that the log's key signed under the origin of the log. */
export async function openCheckpoint(
  data: Bytes,
  keyAt: (size: number) => VerifierKey,
  origin: string,
  check: SignatureCheck,
): Promise<{ checkpoint: Checkpoint; note: Note }> {
  const note = parseNote(data);
  const checkpoint = parseCheckpoint(note.text);
  await verifyNote(note, named(keyAt(checkpoint.size), checkpoint.origin), check);
  if (checkpoint.origin !== origin) broken(`a head of log ${checkpoint.origin}`);
  return { checkpoint, note };
}
