// The Merkle tree of a log: RFC 6962, section 2, and its proofs, RFC 9162, section 2.1.
// Hashes stand in a row, 32 bytes each; sizes are below 2^53, so no arithmetic of bits is used.

import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, HASH_BYTES, same } from "./bytes";
import { broken } from "./fault";

const LEAF = Uint8Array.of(0);
/** The root of a log without entries. */
export const EMPTY_ROOT: Bytes = sha256(new Uint8Array(0));

/** Returns SHA-256 of the bytes. */
export function digest(data: Bytes): Bytes {
  return sha256(data);
}

/** Returns the hash of an entry as a leaf (RFC 6962, 2.1): SHA-256(0x00 || entry). */
export function leafHash(entry: Bytes): Bytes {
  return sha256.create().update(LEAF).update(entry).digest();
}

/** Returns the hash of an inner node (RFC 6962, 2.1): SHA-256(0x01 || left || right). */
export function nodeHash(left: Bytes, right: Bytes): Bytes {
  const both = new Uint8Array(1 + 2 * HASH_BYTES);
  both[0] = 1;
  both.set(left, 1);
  both.set(right, 1 + HASH_BYTES);
  return sha256(both);
}

/** Returns the n-th of hashes in a row. */
export function hashAt(hashes: Bytes, n: number): Bytes {
  return hashes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES);
}

/** Returns how many whole hashes stand in a row. */
export function hashCount(hashes: Bytes): number {
  return Math.floor(hashes.length / HASH_BYTES);
}

/** Returns hashes in a row as a list, and refuses a rest that is none. */
export function splitHashes(hashes: Bytes): readonly Bytes[] {
  if (hashes.length % HASH_BYTES) broken("a proof that is not of whole hashes");
  return Array.from({ length: hashCount(hashes) }, (_, n) => hashAt(hashes, n));
}

/** Returns the largest power of two below a count: what stands left in a tree of that size. */
export function leftCount(count: number): number {
  let left = 1;
  while (left * 2 < count) left *= 2;
  return left;
}

/** Returns the row above: hashes over each two neighbours; a last one alone is left out. */
function rowAbove(row: Bytes): Bytes {
  const count = Math.floor(hashCount(row) / 2);
  const above = new Uint8Array(count * HASH_BYTES);
  const both = new Uint8Array(1 + 2 * HASH_BYTES);
  both[0] = 1;
  for (let n = 0; n < count; n++) {
    both.set(row.subarray(2 * n * HASH_BYTES, (2 * n + 2) * HASH_BYTES), 1);
    above.set(sha256(both), n * HASH_BYTES);
  }
  return above;
}

/** The tree over leaf hashes in a row, with its root at every earlier size (RFC 6962, 2.1). */
export class Tree {
  readonly size: number;
  private readonly rows: Bytes[];
  private readonly known = new Map<number, Bytes>();

  constructor(leaves: Bytes = new Uint8Array(0)) {
    this.size = hashCount(leaves);
    this.rows = [leaves];
    for (let row = leaves; hashCount(row) > 1; ) {
      row = rowAbove(row);
      this.rows.push(row);
    }
  }

  /** Returns the root as it was at a size, or null where the tree never had it. */
  root(size: number = this.size): Bytes | null {
    if (!Number.isInteger(size) || size < 0 || size > this.size) return null;
    if (size === 0) return EMPTY_ROOT;
    const known = this.known.get(size);
    if (known) return known;
    const root = this.span(0, size);
    this.known.set(size, root);
    return root;
  }

  /** Returns the root over `count` leaves from `start`, where a full subtree begins. */
  private span(start: number, count: number): Bytes {
    const peaks: Bytes[] = [];
    let at = start;
    for (let rest = count; rest > 0; ) {
      let level = 0;
      let full = 1;
      while (full * 2 <= rest) {
        full *= 2;
        level++;
      }
      peaks.push(hashAt(this.rows[level] ?? broken("no such row"), at / full));
      at += full;
      rest -= full;
    }
    return peaks.reduceRight((right, left) => nodeHash(left, right));
  }
}

/**
 * Returns the root of the tree of `size` leaves that a range and what is outside of it give.
 *
 * docs/pack.md, step 4: the proof is the hashes of the largest subtrees outside [start, end), from
 * left to right, where RFC 6962 (section 2.1) splits the tree; nothing of it may be left.
 */
export function rangeRoot(
  leaves: Bytes,
  start: number,
  size: number,
  proof: readonly Bytes[],
): Bytes {
  const end = start + hashCount(leaves);
  if (start < 0 || end > size) broken("a range that is not inside the log");
  let used = 0;
  const inside = (lo: number, hi: number): Bytes =>
    new Tree(leaves.subarray((lo - start) * HASH_BYTES, (hi - start) * HASH_BYTES)).root() ??
    broken("no root");
  const root = (lo: number, hi: number): Bytes => {
    if (hi <= start || end <= lo) return proof[used++] ?? broken("too few hashes in the proof");
    if (start <= lo && hi <= end) return inside(lo, hi);
    const middle = lo + leftCount(hi - lo);
    const left = root(lo, middle);
    return nodeHash(left, root(middle, hi));
  };
  const found = size === 0 ? EMPTY_ROOT : root(0, size);
  if (used !== proof.length) broken("too many hashes in the proof");
  return found;
}

interface StepDown {
  left: boolean;
  /** The part itself was split here, so that the sibling, on its left, is a piece of it. */
  part: boolean;
}

/** Returns the way from the root down to the subtree [start, end), or to its last full part. */
function descend(start: number, end: number, size: number): { whole: boolean; steps: StepDown[] } {
  const steps: StepDown[] = [];
  let [first, count, from, whole] = [0, size, start, true];
  while (from !== first || end !== first + count) {
    const half = leftCount(count);
    const split = first + half;
    if (end <= split) {
      steps.push({ left: false, part: false });
      count = half;
      continue;
    }
    steps.push({ left: true, part: from < split });
    if (from < split) {
      from = split;
      whole = false;
    }
    first = split;
    count -= half;
  }
  return { whole, steps };
}

/** Returns the hash of the subtree [start, end) and the root, as the proof gives them. */
function climb(
  start: number,
  end: number,
  size: number,
  found: Bytes,
  proof: readonly Bytes[],
): readonly [Bytes, Bytes] {
  if ([found, ...proof].some((one) => one.length !== HASH_BYTES)) broken("a hash of no 32 bytes");
  const { whole, steps } = descend(start, end, size);
  if (proof.length !== steps.length + (whole ? 0 : 1)) broken("a proof of another length");
  let used = 0;
  const next = (): Bytes => proof[used++] ?? broken("a proof of another length");
  let part = whole ? found : next();
  let root = part;
  for (const step of steps.reverse()) {
    const sibling = next();
    if (step.part) part = nodeHash(sibling, part);
    root = step.left ? nodeHash(sibling, root) : nodeHash(root, sibling);
  }
  return [part, root];
}

/** Refuses a leaf that the proof does not put at `index` under the root (RFC 9162, 2.1.3.2). */
export function verifyInclusion(
  leaf: Bytes,
  index: number,
  size: number,
  proof: readonly Bytes[],
  root: Bytes,
): void {
  if (index < 0 || index >= size) broken("an index that is not below the size");
  if (!same(climb(index, index + 1, size, leaf, proof)[1], root)) {
    broken("a proof that does not give the root of the checkpoint");
  }
}

/** Refuses a head that did not grow out of an older one (RFC 9162, 2.1.4.2). */
export function verifyConsistency(
  old: number,
  size: number,
  proof: readonly Bytes[],
  oldRoot: Bytes,
  root: Bytes,
): void {
  if (old <= 0 || old > size) broken("an old size that is not from 1 to the new one");
  const [oldFound, found] = climb(0, old, size, oldRoot, proof);
  if (!same(oldFound, oldRoot) || !same(found, root)) broken("roots that are not of one history");
}
