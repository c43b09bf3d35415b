// Public keys by name: C2SP signed-note vkeys, and which points may be one at all.

import {
  type Bytes,
  characters,
  fromBase64,
  hasSpace,
  hex,
  isPrintable,
  joined,
  same,
  utf8,
} from "./bytes";
import { decodePoint, isSmallOrder, PUBLIC_BYTES } from "./ed25519";
import { broken } from "./fault";
import { digest } from "./merkle";

/** C2SP signed-note: Ed25519 over the note text. */
export const ALGORITHM_ED25519 = 0x01;
/** C2SP tlog-cosignature v1: Ed25519 over time and checkpoint. */
export const ALGORITHM_COSIGNATURE = 0x04;
const KEY_ID_BYTES = 4;
const NAME_CHARACTERS_MAX = 255;
const POINTS_KEPT_MAX = 4096;

/** A public key with its name and what it signs; its point was checked when it was made. */
export interface VerifierKey {
  readonly name: string;
  readonly algorithm: number;
  readonly publicKey: Bytes;
  /** Hexadecimal of `publicKey`, to compare keys by. */
  readonly point: string;
  /** Hexadecimal of the key id: SHA-256(name || LF || algorithm || public), its first 4 bytes. */
  readonly id: string;
}

/** Refuses what C2SP signed-note allows as no key name: empty, with a blank, plus or control. */
export function checkKeyName(name: string): void {
  const allowed = name !== "" && characters(name) <= NAME_CHARACTERS_MAX && isPrintable(name);
  if (!allowed || name.includes("+") || hasSpace(name)) broken(`no key name: ${name}`);
}

const passed = new Set<string>();

/** Refuses what is not the canonical encoding of a point of the prime-order group, not neutral. */
export function checkPoint(publicKey: Bytes): void {
  if (publicKey.length !== PUBLIC_BYTES) broken(`a public key of ${publicKey.length} bytes`);
  const name = hex(publicKey);
  if (passed.has(name)) return;
  const point = isSmallOrder(publicKey) ? null : decodePoint(publicKey);
  if (!point?.isTorsionFree()) {
    broken(`public key ${name} is no point of the prime-order group`);
  }
  if (passed.size >= POINTS_KEPT_MAX) passed.clear();
  passed.add(name);
}

/** Returns a key, its name and its point checked. */
export function makeKey(name: string, algorithm: number, publicKey: Bytes): VerifierKey {
  checkKeyName(name);
  if (algorithm !== ALGORITHM_ED25519 && algorithm !== ALGORITHM_COSIGNATURE) {
    broken(`key ${name} is of algorithm ${algorithm}, wanted 1 (note) or 4 (cosign)`);
  }
  checkPoint(publicKey);
  const material = joined([utf8(`${name}\n`), Uint8Array.of(algorithm), publicKey]);
  const id = hex(digest(material).subarray(0, KEY_ID_BYTES));
  return { name, algorithm, publicKey, point: hex(publicKey), id };
}

/** Returns the key of a C2SP signed-note vkey: name+keyid+base64(algorithm || public). */
export function parseVkey(text: string): VerifierKey {
  const [name = "", id = "", ...rest] = text.split("+");
  const material = fromBase64(rest.join("+"));
  if (material.length === 0) broken("no verifier key: wanted name+keyid+base64");
  const key = makeKey(name, material[0] ?? 0, material.slice(1));
  if (key.id !== id) broken(`verifier key ${name} has key id ${id}, wanted ${key.id}`);
  return key;
}

/** Returns the same key under another name: one log key signs each log under its origin. */
export function named(key: VerifierKey, name: string): VerifierKey {
  return name === key.name ? key : makeKey(name, key.algorithm, key.publicKey);
}

/** Returns the C2SP text form of a key. */
export function vkeyOf(key: VerifierKey): string {
  const material = String.fromCharCode(key.algorithm, ...key.publicKey);
  return `${key.name}+${key.id}+${btoa(material)}`;
}

/** Returns whether two keys are the same in name, algorithm and point. */
export function sameKey(one: VerifierKey, other: VerifierKey): boolean {
  return (
    one.name === other.name &&
    one.algorithm === other.algorithm &&
    same(one.publicKey, other.publicKey)
  );
}

/** Returns the hexadecimal SHA-256 of a vkey's text, by which a key is promised unseen. */
export function vkeyDigest(vkey: string): string {
  return hex(digest(utf8(vkey)));
}

/** Returns SHA-256 of the public key in eight groups of four, to read out to a person. */
export function fingerprint(key: VerifierKey): string {
  const groups = hex(digest(key.publicKey)).slice(0, 32).match(/.{4}/g);
  return (groups ?? []).join(" ");
}
