// What a person signs is what was shown: the node's hash is not believed but made again here, and a
// payload that is not the one committed to, or cannot be seen, is not signed.
import type { EntryView } from "../api/types";
import { type Bytes, fromHex, hex, joined, utf8 } from "../verify/bytes";
import { commitOf, isCommitted } from "../verify/entry";
import { isPlain, JsonObject, parseJson } from "../verify/json";
import { type Place, sha256 } from "./person";

/** An entry as it is put before a person; `payload` is what a sealed one holds. */
export interface Shown extends Place {
  text: string;
  payload: string | null;
}

/** Why an entry is not signed here. */
export type ShownFault = "otherHash" | "otherPayload" | "unseen" | "unreadable";

const LEAF = Uint8Array.of(0);
const DEPTH = 32;

/** Returns an entry as its bytes say, or why it cannot be signed. */
export async function shownEntry(log: string, view: EntryView): Promise<Shown | ShownFault> {
  const data = utf8(view.text);
  const leaf = hex(await sha256(joined([LEAF, data])));
  if (leaf !== view.leaf) return "otherHash";
  const commit = commitIn(data, view.text);
  if (commit === undefined) return "unreadable";
  const shown = { log, index: view.index, leaf, text: view.text };
  if (commit === null) return { ...shown, payload: null };
  if (typeof view.payload !== "string" || typeof view.salt !== "string") return "unseen";
  if (!/^([0-9a-f]{2})*$/.test(view.salt)) return "otherPayload";
  const opening = joined([fromHex(view.salt), utf8(view.payload)]);
  return isCommitted(opening, commit) ? { ...shown, payload: view.payload } : "otherPayload";
}

/** Returns the commitment of an entry, null where it has none, undefined for what two could read. */
function commitIn(data: Bytes, text: string): string | null | undefined {
  try {
    // Strictly first: of a key that stands there twice, two readers would take two values.
    const value = parseJson(text);
    if (!(value instanceof JsonObject) || !isPlain(value, DEPTH)) return undefined;
    const found = (JSON.parse(text) as { commit?: unknown }).commit ?? null;
    return found === commitOf(data) ? (found as string | null) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the agreement of a log's origin. */
export function agreementOf(log: string): string {
  return log.split("/")[1] ?? "";
}
