// C2SP signed notes: a text and signature lines, read strictly; what the text means is elsewhere.

import { type Bytes, fromBase64, hasSpace, hex, textOf, utf8, viewOf } from "./bytes";
import { SIGNATURE_BYTES, type SignatureCheck } from "./ed25519";
import { broken } from "./fault";
import { ALGORITHM_COSIGNATURE, type VerifierKey } from "./keys";

export const NOTE_BYTES_MAX = 1_000_000;
const SIGNATURES_MAX = 64;
const KEY_ID_BYTES = 4;
const TIME_BYTES = 8;
const TIME_MAX_S = 2n ** 63n - 1n;
const DASH = "\u2014 ";

/** One signature line: who says so, and the bytes. Nothing is verified by its being here. */
export interface Signature {
  readonly name: string;
  readonly id: string;
  readonly payload: Bytes;
}

/** A note as it is written: its text, final newline included, and all signature lines. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly Signature[];
}

/** Returns a C2SP signed-note as it is written; its text must not be believed yet. */
export function parseNote(data: Bytes): Note {
  if (data.length > NOTE_BYTES_MAX) broken(`a note of ${data.length} bytes`);
  const control = data.findIndex((byte) => byte < 32 && byte !== 10);
  if (control >= 0) broken(`a note with a control character at byte ${control}`);
  const whole = textOf(data) ?? broken("a note that is not UTF-8");
  const blank = whole.lastIndexOf("\n\n");
  const tail = whole.slice(blank + 2);
  if (blank < 0 || !tail.endsWith("\n")) broken("no text, empty line and signature lines");
  const lines = tail.slice(0, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) broken(`a note with ${lines.length} signatures`);
  return { text: whole.slice(0, blank + 1), signatures: lines.map(parseLine) };
}

function parseLine(line: string): Signature {
  const space = line.indexOf(" ", DASH.length);
  if (!line.startsWith(DASH) || space < 0) broken("no signature line");
  const name = line.slice(DASH.length, space);
  // Names of unknown keys are held to C2SP only, not to our tighter rule for keys we take.
  if (name === "" || name.includes("+") || hasSpace(name)) broken("a signature without a key name");
  const data = fromBase64(line.slice(space + 1));
  if (data.length <= KEY_ID_BYTES) broken("a signature line without a signature");
  return { name, id: hex(data.subarray(0, KEY_ID_BYTES)), payload: data.slice(KEY_ID_BYTES) };
}

/** Returns the lines of a note that are said to be by a key. */
export function linesOf(note: Note, key: VerifierKey): readonly Signature[] {
  return note.signatures.filter((line) => line.name === key.name && line.id === key.id);
}

/**
 * Refuses a note on which a key's signature is missing, or any that is said to be its own is bad.
 *
 * C2SP signed-note; for keys of algorithm 4 C2SP tlog-cosignature v1.
 */
export async function verifyNote(
  note: Note,
  key: VerifierKey,
  check: SignatureCheck,
): Promise<void> {
  const lines = linesOf(note, key);
  if (lines.length === 0) broken(`not signed by ${key.name}`);
  for (const line of lines) await verifyLine(note, key, line, check);
}

async function verifyLine(
  note: Note,
  key: VerifierKey,
  line: Signature,
  check: SignatureCheck,
): Promise<void> {
  let [message, payload] = [utf8(note.text), line.payload];
  if (key.algorithm === ALGORITHM_COSIGNATURE) {
    if (payload.length !== TIME_BYTES + SIGNATURE_BYTES) broken(`no cosignature by ${key.name}`);
    const timeS = timeOf(line);
    if (timeS > TIME_MAX_S) broken(`a cosignature by ${key.name} of no time`);
    message = cosignedMessage(note.text, timeS);
    payload = payload.subarray(TIME_BYTES);
  }
  if (!(await check.verify(key.publicKey, payload, message))) {
    broken(`signature by ${key.name} is not the key's own`);
  }
}

/** Returns the time on a cosignature line (C2SP tlog-cosignature v1), seconds since 1970. */
export function timeOf(line: Signature): bigint {
  return viewOf(line.payload).getBigUint64(0);
}

/** Returns what a cosignature v1 signs (C2SP tlog-cosignature): header, time and the note text. */
export function cosignedMessage(text: string, timeS: bigint): Bytes {
  return utf8(`cosignature/v1\ntime ${timeS}\n${text}`);
}
