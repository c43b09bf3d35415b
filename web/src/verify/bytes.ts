// Bytes and the few text forms that signed records use: hex, base64, UTF-8, names, instants.

import { broken } from "./fault";

export type Bytes = Uint8Array<ArrayBuffer>;

export const HASH_BYTES = 32;
/** 1900-01-01 and 2100-01-01 in microseconds: what a record may claim as a time. */
export const US_MIN = -2_208_988_800_000_000;
export const US_MAX = 4_102_444_800_000_000;
const US_FIRST = -62_135_596_800_000_000n;
const US_LAST = 253_402_300_799_999_999n;
const NAME_CHARACTERS_MAX = 64;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** Returns the UTF-8 bytes of a text. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Returns the text of UTF-8 bytes, or null where they are none. */
export function textOf(data: Bytes): string | null {
  try {
    return strict.decode(data);
  } catch {
    return null;
  }
}

/** Returns the text of bytes with U+FFFD in place of what is no UTF-8. */
export function roughText(data: Bytes): string {
  return lenient.decode(data);
}

/** Returns each byte as one character, so that octets can be compared and split as text. */
export function octets(data: Bytes): string {
  const parts: string[] = [];
  for (let at = 0; at < data.length; at += 8192) {
    parts.push(String.fromCharCode(...data.subarray(at, at + 8192)));
  }
  return parts.join("");
}

/** Returns the bytes that `octets` was made of. */
export function fromOctets(text: string): Bytes {
  const data = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) data[at] = text.charCodeAt(at);
  return data;
}

const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));

/** Returns bytes in lower-case hexadecimal. */
export function hex(data: Bytes): string {
  let text = "";
  for (const byte of data) text += HEX[byte];
  return text;
}

/** Returns the bytes of hexadecimal digits; the caller has checked that they are some. */
export function fromHex(text: string): Bytes {
  const data = new Uint8Array(text.length / 2);
  for (let at = 0; at < data.length; at++) {
    data[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return data;
}

/** Returns the bytes of standard base64 in its one canonical form (RFC 4648, section 4). */
export function fromBase64(text: string): Bytes {
  let found = "";
  try {
    found = atob(text);
  } catch {
    broken("no standard base64");
  }
  if (btoa(found) !== text) broken("base64 with blanks, spare bits or other padding");
  return fromOctets(found);
}

/** Returns whether two byte strings are the same. */
export function same(one: Bytes, other: Bytes): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

/** Returns the pieces in a row. */
export function joined(pieces: readonly Bytes[]): Bytes {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Returns a view for reading numbers. */
export function viewOf(data: Bytes): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/** Returns whether no character is a control, a format, unassigned or a separator but the blank. */
export function isPrintable(text: string): boolean {
  return !/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(text);
}

/** Returns whether a blank of any kind is in a text, as Unicode and Python count them. */
export function hasSpace(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the blanks among the controls
  return /[\t-\r\x1c-\x20\x85\u2028\u2029\p{Zs}]/u.test(text);
}

/** Returns how many characters a text has; a pair of surrogates is one. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Refuses what is no identifier of a party or an agreement: it stands in origins and addresses. */
export function checkName(name: string, what: string): void {
  const good = name !== "" && characters(name) <= NAME_CHARACTERS_MAX && isPrintable(name);
  if (!good || /[/+ \\]/.test(name) || name === "." || name === "..") {
    broken(`${what} is ${name}, wanted a short name without blank, slash or plus`);
  }
}

/** Refuses what is no post: a duty position as people call it. */
export function checkPost(name: string): void {
  const good = name !== "" && characters(name) <= NAME_CHARACTERS_MAX && isPrintable(name);
  if (!good || name.startsWith(" ") || name.endsWith(" ")) broken("by is not the name of a post");
}

/** Returns RFC 3339 text in UTC of microseconds since 1970, with a fraction only if there is one. */
export function instantText(atUs: bigint): string {
  if (atUs < US_FIRST || atUs > US_LAST) return `${atUs} us since 1970`;
  const fraction = ((atUs % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const whole = new Date(Number((atUs - fraction) / 1000n)).toISOString().slice(0, 19);
  return fraction ? `${whole}.${fraction.toString().padStart(6, "0")}Z` : `${whole}Z`;
}

/** Returns the instant that `instantText` writes as this text, and refuses every other form. */
export function instantOf(text: string): bigint {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{6}))?Z$/.exec(text);
  const ms = found ? Date.parse(`${found[1]}Z`) : Number.NaN;
  if (!found || Number.isNaN(ms)) broken("no instant in UTC");
  const atUs = BigInt(ms) * 1000n + BigInt(found[2] ?? "0");
  if (instantText(atUs) !== text) broken("no instant in its one form");
  if (atUs < BigInt(US_MIN) || atUs > BigInt(US_MAX)) broken("no instant from 1900 to 2100");
  return atUs;
}
