// One entry with its proof in one small file: C2SP tlog-proof v1.

import { type Bytes, fromBase64, HASH_BYTES, octets } from "./bytes";
import { parseSize } from "./checkpoint";
import { broken } from "./fault";
import { NOTE_BYTES_MAX } from "./note";

const HEADER = "c2sp.org/tlog-proof@v1";
const HASHES_MAX = 63;

/** A proof as it is written, not verified; `checkpoint` in octets. */
export interface Proof {
  readonly index: number;
  readonly hashes: readonly Bytes[];
  readonly checkpoint: string;
}

/** Returns the proof of a C2SP tlog-proof file; its `extra` line is not authenticated, nor used. */
export function parseProof(data: Bytes): Proof {
  if (data.length > NOTE_BYTES_MAX) broken(`a proof of ${data.length} bytes`);
  const text = octets(data);
  const blank = text.indexOf("\n\n");
  const lines = text.slice(0, Math.max(blank, 0)).split("\n");
  if (blank < 0 || lines.shift() !== HEADER) broken(`not a file that begins with ${HEADER}`);
  if (lines[0]?.startsWith("extra ")) fromBase64(lines.shift()?.slice("extra ".length) ?? "");
  const number = lines.shift() ?? "";
  if (!number.startsWith("index ")) broken("a proof without an index line");
  const index = parseSize(number.slice("index ".length));
  if (lines.length > HASHES_MAX) broken(`a proof of ${lines.length} hashes`);
  const hashes = lines.map(fromBase64);
  if (hashes.some((one) => one.length !== HASH_BYTES)) broken("a proof with a bad hash");
  return { index, hashes, checkpoint: text.slice(blank + 2) };
}
