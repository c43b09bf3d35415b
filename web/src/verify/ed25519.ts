// Ed25519 (RFC 8032): WebCrypto where it offers it, @noble/ed25519 where it does not (plain http).
// Both take the same signatures, those that `cryptography` and PyNaCl both take: S below the order,
// R canonical and not of small order, the equation without cofactor; keys are `keys.checkPoint`'s.

import { Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { type Bytes, fromHex, hex, joined, same } from "./bytes";

export const SIGNATURE_BYTES = 64;
export const PUBLIC_BYTES = 32;

/** Says whether a signature under a key that `checkPoint` passed is one over the message. */
export interface SignatureCheck {
  readonly name: "WebCrypto" | "noble";
  verify(publicKey: Bytes, signature: Bytes, message: Bytes): Promise<boolean>;
}

const ORDER = Point.CURVE().n;
const ORDER_BYTES = bytesOf(ORDER);
const TOP = 0x7f;
/** The encodings of points of small order, without the top bit (docs/pack.md, step 1). */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

function bytesOf(number: bigint): Bytes {
  return fromHex(number.toString(16).padStart(64, "0")).reverse();
}

function numberOf(littleEndian: Bytes): bigint {
  return BigInt(`0x${hex(littleEndian.slice().reverse())}`);
}

/** Returns whether 32 bytes are, whatever their top bit, one of the points of small order. */
export function isSmallOrder(point: Bytes): boolean {
  const bare = point.slice();
  bare[31] = (bare[31] ?? 0) & TOP;
  return SMALL_ORDER.has(hex(bare));
}

/** Returns whether S of a signature is below the order of the group (RFC 8032, 5.1.7). */
function isReduced(scalar: Bytes): boolean {
  for (let at = 31; at >= 0; at--) {
    const [one, other] = [scalar[at] ?? 0, ORDER_BYTES[at] ?? 0];
    if (one !== other) return one < other;
  }
  return false;
}

/** Returns whether the form of a signature is one that every library takes. */
function hasGoodForm(signature: Bytes): boolean {
  return (
    signature.length === SIGNATURE_BYTES &&
    isReduced(signature.subarray(32)) &&
    !isSmallOrder(signature.subarray(0, 32))
  );
}

/** Returns the point of a canonical encoding, or null where the bytes are none. */
export function decodePoint(encoded: Bytes): Point | null {
  try {
    return Point.fromBytes(encoded);
  } catch {
    return null;
  }
}

// ---- noble --------------------------------------------------------------------------------------

const WINDOW_BITS = 4n;
const WINDOWS = 64;
const KEYS_USED_MAX = 64;

/** Returns 1 to 15 times 16^n of a point for each n: one addition per digit then multiplies it. */
function tableOf(point: Point): Point[][] {
  const table: Point[][] = [];
  let base = point;
  for (let n = 0; n < WINDOWS; n++) {
    const row = [base];
    for (let at = base; row.length < 15; ) {
      at = at.add(base);
      row.push(at);
    }
    table.push(row);
    base = (row[14] ?? base).add(base);
  }
  return table;
}

function multiplied(table: readonly (readonly Point[])[], scalar: bigint): Point {
  let sum = Point.ZERO;
  let rest = scalar;
  for (const row of table) {
    const found = row[Number(rest & 15n) - 1];
    if (found) sum = sum.add(found);
    rest >>= WINDOW_BITS;
  }
  return sum;
}

/** Returns what multiplies a point: its table costs more than one use, so the second makes it. */
function multiplierOf(point: Point): (scalar: bigint) => Point {
  let used = false;
  let table: Point[][] | null = null;
  return (scalar) => {
    if (!used) {
      used = true;
      return point.multiply(scalar, false);
    }
    table ??= tableOf(point);
    return multiplied(table, scalar);
  };
}

/** Returns the check in plain JavaScript, for pages that have no WebCrypto. */
export function nobleCheck(): SignatureCheck {
  const keys = new Map<string, ((scalar: bigint) => Point) | null>();
  const timesNegated = (publicKey: Bytes) => {
    const name = hex(publicKey);
    const known = keys.get(name);
    if (known !== undefined) return known;
    const point = decodePoint(publicKey);
    const made = point && multiplierOf(point.negate());
    if (keys.size >= KEYS_USED_MAX) keys.clear();
    keys.set(name, made);
    return made;
  };
  return {
    name: "noble",
    async verify(publicKey, signature, message) {
      if (!hasGoodForm(signature)) return false;
      const times = timesNegated(publicKey);
      if (!times) return false;
      const r = signature.subarray(0, 32);
      const factor = numberOf(sha512(joined([r, publicKey, message]))) % ORDER;
      const based = Point.BASE.multiply(numberOf(signature.subarray(32)), false);
      return same(based.add(times(factor)).toBytes(), r);
    },
  };
}

// ---- WebCrypto ----------------------------------------------------------------------------------

const KEYS_MAX = 4096;

/** Returns the check by WebCrypto (W3C, Secure Curves), or null where it has no Ed25519. */
export async function webCryptoCheck(): Promise<SignatureCheck | null> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (!subtle) return null;
  const keys = new Map<string, Promise<CryptoKey>>();
  const keyOf = (publicKey: Bytes): Promise<CryptoKey> => {
    const name = hex(publicKey);
    const known = keys.get(name);
    if (known) return known;
    const made = subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
    if (keys.size >= KEYS_MAX) keys.clear();
    keys.set(name, made);
    return made;
  };
  const check: SignatureCheck = {
    name: "WebCrypto",
    async verify(publicKey, signature, message) {
      if (!hasGoodForm(signature)) return false;
      try {
        return await subtle.verify("Ed25519", await keyOf(publicKey), signature, message);
      } catch {
        return false;
      }
    },
  };
  return (await isTrue(check)) ? check : null;
}

/** RFC 8032, 7.1, TEST 1: a browser that says no to it has no Ed25519. */
async function isTrue(check: SignatureCheck): Promise<boolean> {
  const key = fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const signature = fromHex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  );
  const bad = signature.slice();
  bad[40] = (bad[40] ?? 0) ^ 1;
  const nothing = new Uint8Array(0);
  return (await check.verify(key, signature, nothing)) && !(await check.verify(key, bad, nothing));
}

/** Returns the quickest check that there is here. */
export async function chooseCheck(): Promise<SignatureCheck> {
  return (await webCryptoCheck()) ?? nobleCheck();
}
